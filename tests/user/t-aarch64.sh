#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The guest tests of this folder under rhea-aarch64.
arch=aarch64
cc="aarch64-linux-gnu-gcc -static"
run=${RHEA_BUILD:-../../build}/bin/rhea-aarch64
tiers=${RHEA_TIERS:-"0 1 auto"}

# A static program whose GNU property asks for guarded pages: landing is what its function begins with.
guarded() {
    n=$((n + 1))
    printf '.globl _start\n_start: bti c\nadr x1, f\nblr x1\nmov x8, #93\nsvc #0\n.org 64\nf: %s\nmov x0, #7\nret\n' "$1" > "$work/g.s"
    if ! ${cc%% *} -nostdlib -static -Wl,-z,force-bti -o "$work/g" "$work/g.s" 2> "$work/g.cc"; then
        echo "not ok $n - $arch guarded program does not link"
        return
    fi
    (ulimit -c 0; $run "$work/g" 2> /dev/null) 2> /dev/null
    status=$?
    [ $status = $2 ] && echo "ok $n - $arch guarded program, $1" || echo "not ok $n - $arch guarded program, $1: $status"
}

# Alignment of atomics, guarded pages.
more() {
    guarded "bti c" 7
    guarded "bti j" 132
    guarded nop 132
    if ! $cc -O1 -w -o "$work/u-a64" "$src/u-a64.c" 2> "$work/a64.cc"; then
        n=$((n + 1))
        echo "not ok $n - $arch a64 does not compile"
        sed 's/^/# /' "$work/a64.cc" | head -5
        return
    fi
    for tier in $tiers; do
        one "a64-tier$tier" $run -tier $tier "$work/u-a64"
    done
    one "a64-single" $run -one-insn-per-tb "$work/u-a64"
}
. "${RHEA_SRC:-../..}/tests/user/run-user.sh"
