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
    # Machines are linked dynamically: they use libraries that have no static form.
    if [ "$program" = system ]; then
        needs=SYSTEM flags= libs='$(system_ldadd)'
    else
        needs= flags='$(USER_LDFLAGS)' libs="$program/lib$program.la libtcg/libtcg.la lib/libbase.la \$(GLIB_STATIC_LIBS)"
    fi
    cat >> targets.mk <<EOF
${needs:+if $needs}
if $cond
bin_PROGRAMS += bin/$name
endif
${needs:+endif}
${var}_SOURCES = bin/$name.c
${var}_CPPFLAGS = \$(AM_CPPFLAGS) \$($(echo "$program" | tr - _)_includes)
${var}_LDFLAGS = $flags
${var}_LDADD = $libs
EOF
done

# system/dev/models.list into the list of sources (system/models.mk) and the arrays of types (system/models-list.c).
# Types of some buses are larger constants, whose DevType is their member dev.
cd ../system
grep -v '^#' dev/models.list | awk '
    BEGIN { kind["virtio-bus"] = "SysVirtioType"; kind["pci-bus"] = kind["pcie-bus"] = "SysPciType" }
    $1 == "todo" {
        m = split($3, t, ",")
        for (i = 1; i <= m; i++) todo = todo "    { \"" t[i] "\", \"" $2 "\" },\n"
        next
    }
    NF {
        file[++n] = $1
        types = $3
        if (types == "") { types = $1; sub(/.*\//, "", types) }
        gsub(/-/, "_", types)
        m = split(types, t, ",")
        for (i = 1; i <= m; i++) { all = all " " t[i]; bus[$2] = bus[$2] " " t[i]; on[t[i]] = $2 }
    }
    function array(name, list,    i, m, t) {
        m = split(list, t, " ")
        print "const DevType *const " name "[] = {" > out
        for (i = 1; i <= m; i++) print "    &sys_" t[i] (on[t[i]] in kind ? ".dev" : "") "," > out
        print "    NULL,\n};" > out
    }
    END {
        mk = "models.mk"; out = "models-list.c"
        print "system_models =" > mk
        for (i = 1; i <= n; i++) print "system_models += system/dev/" file[i] ".c" > mk
        print "/* SPDX-License-Identifier: BSD-2-Clause */" > out
        print "/* Made by bin/gen-lists.sh from dev/models.list. */" > out
        print "#include \"models.h\"\n\n#include \"dev/pci/pci.h\"\n#include \"dev/virtio/virtio.h\"\n" > out
        m = split(all, t, " ")
        for (i = 1; i <= m; i++) print "extern const " (on[t[i]] in kind ? kind[on[t[i]]] : "DevType") " sys_" t[i] ";" > out
        array("sys_models", all)
        print "const SysModelTodo sys_models_todo[] = {\n" todo "    { NULL, NULL },\n};" > out
        for (b in bus) { name = b; gsub(/-/, "_", name); array("sys_models_" name, bus[b]) }
    }'
