#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The guest tests of this folder under rhea-riscv64.
arch=riscv64
cc="riscv64-linux-gnu-gcc -static"
run=${RHEA_BUILD:-../../build}/bin/rhea-riscv64
tiers=${RHEA_TIERS:-"0 1 auto"}

# Vectors of 128 and 256 bits; what the kernels there compute is what qemu-user makes of them.
more() {
    if ! $cc -O1 -w -ffp-contract=off -o "$work/u-vectors" "$src/u-vectors.c" "$src/rvv-kernels.S" -lm 2> "$work/vectors.cc"; then
        n=$((n + 1))
        echo "not ok $n - $arch vectors do not compile"
        sed 's/^/# /' "$work/vectors.cc" | head -5
        return
    fi
    for vlen in 128 256; do
        for tier in $tiers; do
            one "vectors-$vlen-tier$tier" $run -tier $tier -cpu max,vlen=$vlen "$work/u-vectors"
        done
        n=$((n + 1)) name="$arch vectors of $vlen bits as in qemu-user"
        if ! command -v qemu-riscv64-static > /dev/null; then
            echo "ok $n - $name # SKIP qemu-riscv64-static is missing"
            continue
        fi
        have=$($run -cpu rv64,v=true,vlen=$vlen "$work/u-vectors" sums)
        want=$(qemu-riscv64-static -cpu rv64,v=true,vext_spec=v1.0,vlen=$vlen "$work/u-vectors" sums)
        [ -n "$have" ] && [ "$have" = "$want" ] && echo "ok $n - $name" || echo "not ok $n - $name: $have, not $want"
    done
}
. "${RHEA_SRC:-../..}/tests/user/run-user.sh"
