#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Turns bin/targets.list into bin/targets.m4 (configure) and bin/targets.mk (automake).
set -e
cd "$(dirname "$0")"
: > targets.m4
: > targets.mk
grep -v '^#' targets.list | while read -r name guest program abi; do
    [ -n "$name" ] || continue
    cond=TARGET_$(echo "$name" | tr 'a-z-' 'A-Z_')
    var=bin_$(echo "$name" | tr - _)
    cat >> targets.m4 <<EOF
AM_CONDITIONAL([$cond], [case ",\$enable_targets," in *,all,* | *,$name,*) true ;; *) false ;; esac])
EOF
    cat >> targets.mk <<EOF
if $cond
bin_PROGRAMS += bin/$name
endif
${var}_SOURCES = bin/$name.c
${var}_CPPFLAGS = \$(AM_CPPFLAGS) \$(${program_var:=$(echo "$program" | tr - _)}_includes)
${var}_LDFLAGS = \$(USER_LDFLAGS)
${var}_LDADD = $program/lib$program.la libtcg/libtcg.la lib/libbase.la \$(GLIB_STATIC_LIBS)
EOF
    program_var=
done
