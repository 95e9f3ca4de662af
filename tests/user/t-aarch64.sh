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

# SVE with vectors of 128 and 256 bits; what loops compute is what qemu-user makes of them.
scalable() {
    vec="$cc -w -ffp-contract=off"
    if ! { $vec -O3 -march=armv9-a -DPREFIX=sve_ -c -o "$work/sve-1.o" "$src/sve-loops.c" \
            && $vec -O1 -fno-tree-vectorize -DPREFIX=plain_ -c -o "$work/sve-2.o" "$src/sve-loops.c" \
            && $vec -O1 -march=armv9-a -o "$work/u-sve" "$src/u-sve.c" "$work/sve-1.o" "$work/sve-2.o" -lpthread
    } 2> "$work/sve.cc"; then
        n=$((n + 1))
        echo "not ok $n - $arch sve does not compile"
        sed 's/^/# /' "$work/sve.cc" | head -5
        return
    fi
    for bits in 128 256; do
        model=max; theirs=max,sve-max-vq=2,sve-default-vector-length=32
        [ $bits = 128 ] && model=max,sve256=off theirs=max,sve128=on,sve256=off
        for tier in $tiers; do
            one "sve-$bits-tier$tier" $run -tier $tier -cpu $model "$work/u-sve"
        done
        n=$((n + 1)) name="$arch loops with vectors of $bits bits as in qemu-user"
        if ! command -v qemu-aarch64-static > /dev/null; then
            echo "ok $n - $name # SKIP qemu-aarch64-static is missing"
            continue
        fi
        have=$($run -cpu $model "$work/u-sve" sums | tail -n 1)
        want=$(qemu-aarch64-static -cpu $theirs "$work/u-sve" sums | tail -n 1)
        [ -n "$have" ] && [ "$have" = "$want" ] && echo "ok $n - $name" || echo "not ok $n - $name: $have, not $want"
    done
    one "sve-default" $run "$work/u-sve"
    n=$((n + 1))
    [ "$($run "$work/u-sve" told)$($run -cpu max "$work/u-sve" told)" = noyes ] \
        && echo "ok $n - $arch SVE is told by -cpu max only" || echo "not ok $n - $arch SVE is told by -cpu max only"
    n=$((n + 1))
    $run -cpu max,sve=off "$work/u-sve" > /dev/null 2>&1
    [ $? = 132 ] && echo "ok $n - $arch no SVE, SIGILL" || echo "not ok $n - $arch no SVE, SIGILL"
}

# Alignment of atomics, guarded pages, ptrace of a program whose V registers are a part of others.
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
    for tier in $tiers; do
        one "ptrace-max-tier$tier" $run -tier $tier -cpu max "$work/u-ptrace"
    done
    one "a64-single" $run -one-insn-per-tb "$work/u-a64"
    scalable
}
. "${RHEA_SRC:-../..}/tests/user/run-user.sh"
