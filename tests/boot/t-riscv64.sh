#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The bare-metal programs of riscv64/ in each tier, and one on the board; TAP, one test per run.
build=${RHEA_BUILD:-.}
src=${RHEA_SRC:-../..}/tests/boot
work=$build/tests/boot/work-riscv64
cc=${CC_RISCV64:-riscv64-linux-gnu-gcc}
n=0

mkdir -p "$work"
if ! command -v "${cc%% *}" > /dev/null 2>&1; then
    echo "1..0 # SKIP no compiler for riscv64 (${cc%% *})"
    exit 0
fi

# one PROGRAM NAME OPTIONS...
one() {
    program=$1 name=$2; shift 2
    n=$((n + 1))
    timeout -s KILL 120 "$build/tests/boot/boot-host" -n 4 "$@" "$work/$program.elf" > "$work/$program-$name.out" 2> "$work/$program-$name.err"
    status=$?
    if [ $status = 0 ] && grep -q '^done 0*$' "$work/$program-$name.out" && ! grep -q '^not ok' "$work/$program-$name.out" &&
            cmp -s "$work/$program-$name.out" "$work/$program-tier0.out"; then
        echo "ok $n - $program $name ($(grep -c '^ok' "$work/$program-$name.out") checks)"
    else
        echo "not ok $n - $program $name"
        echo "# exit status $status"
        grep -A1 '^not ok' "$work/$program-$name.out" | head -20 | sed 's/^/# /'
        tail -3 "$work/$program-$name.err" | sed 's/^/# /'
    fi
}

for p in traps mmu code interrupts smp vectors; do
    if ! CC_RISCV64=$cc "$src/riscv64/build" "$src/riscv64/$p.c" "$work/$p.elf" 2> "$work/$p.cc"; then
        n=$((n + 1))
        echo "not ok $n - $p does not compile"
        sed 's/^/# /' "$work/$p.cc" | head -5
        continue
    fi
    one $p tier0 -t 0
    one $p tier1 -t 1
    one $p auto -t auto
    one $p auto-little -t auto -c 2
    one $p tier1-base -t 1 -H base
    one $p tier1-short -t 1 -1
    one $p tier1-little -t 1 -c 2
done

# What sleeps, and what has devices, is the board, not libtcg.
rhea=$build/bin/rhea-system-riscv64

# board PROGRAM CHECKS OPTIONS...
board() {
    p=$1 checks=$2; shift 2
    n=$((n + 1))
    if [ ! -x "$rhea" ]; then
        echo "ok $n - $p # SKIP rhea-system-riscv64 is not built"
        return
    fi
    if ! CC_RISCV64=$cc "$src/riscv64/build" "$src/riscv64/$p.c" "$work/$p.elf" 2> "$work/$p.cc"; then
        echo "not ok $n - $p does not compile"
        sed 's/^/# /' "$work/$p.cc" | head -5
        return
    fi
    timeout -s KILL 60 "$rhea" -M virt -smp 2 -m 128M -display none -serial stdio -monitor none -no-reboot \
        -bios "$work/$p.elf" "$@" > "$work/$p.out" 2>&1 < /dev/null
    status=$?
    if [ $status = 0 ] && [ "$(grep -c '^ok' "$work/$p.out")" = "$checks" ] && grep -q '^done 0*$' "$work/$p.out"; then
        echo "ok $n - $p $1 $2"
    else
        echo "not ok $n - $p $1 $2: status $status"
        grep -v '^ok' "$work/$p.out" | tail -5 | sed 's/^/# /'
    fi
}

board polls 3
{ printf 'rhea\n'; head -c 1018 /dev/zero; printf h; head -c 31744 /dev/zero; } > "$work/disk"
for t in 0 1; do
    board virtio 19 -tier $t -drive "file=$work/disk,format=raw,if=virtio" -device virtio-rng-device
done
n=$((n + 1))
if [ ! -x "$rhea" ] || [ "$(tail -c 512 "$work/disk" | od -An -tu1 -N4 | tr -s ' ')" = " 2 9 16 23" ]; then
    echo "ok $n - virtio: what it wrote is in the file"
else
    echo "not ok $n - virtio: what it wrote is in the file"
fi
echo "1..$n"
