#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The built-in firmware, called by a program of ours (sbi.S); TAP.
build=${RHEA_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
src=${RHEA_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/system
rhea=$build/bin/rhea-system-riscv64
work=$build/tests/system/work-sbi
[ -x "$rhea" ] || { echo "1..0 # SKIP rhea-system-riscv64 is not built"; exit 0; }
command -v riscv64-linux-gnu-gcc > /dev/null 2>&1 || { echo "1..0 # SKIP riscv64-linux-gnu-gcc is not installed"; exit 0; }
mkdir -p "$work" && cd "$work" || exit 1
riscv64-linux-gnu-gcc -nostdlib -static -Wl,-Ttext=0x80200000 -Wl,--build-id=none -Wl,-N -Wl,--no-warn-rwx-segments \
    -o sbi.elf "$src/sbi.S" || { echo "Bail out! sbi.S does not assemble"; exit 1; }
n=0
for tier in 0 1; do
    timeout 60 "$rhea" -tier $tier -kernel sbi.elf -serial stdio -display none < /dev/null > out 2> err
    status=$?
    n=$((n + 1))
    if [ "$(head -1 out)" = ok ]; then echo "ok $n - tier $tier: known calls have their answers"
    else echo "not ok $n - tier $tier: known calls have their answers"; head -1 out | cut -c1-80 | sed 's/^/# /'; fi
    n=$((n + 1))
    if [ $status = 0 ] && [ "$(tail -1 out)" = done ] && [ ! -s err ]; then echo "ok $n - tier $tier: 20000 calls of all kinds"
    else echo "not ok $n - tier $tier: 20000 calls of all kinds"; echo "# status $status"; fi
done
# A file that was linked for no place runs where firmware is.
cat > pie.S <<'END'
_start:
    lla t0, _start
    li t1, 0x80000000
    li t2, 0x100000             # the finisher
    li t3, 0x13333              # status 1
    bne t0, t1, 1f
    li t3, 0x5555
1:  sw t3, 0(t2)
    j 1b
END
n=$((n + 1))
if ! riscv64-linux-gnu-gcc -nostdlib -shared -Wl,-Ttext=0 -Wl,--build-id=none -Wl,-z,norelro -o pie.elf pie.S 2> err; then
    echo "not ok $n - position-independent firmware does not link"
elif timeout 20 "$rhea" -bios pie.elf -serial null -display none < /dev/null > out 2> err; then
    echo "ok $n - position-independent firmware"
else
    echo "not ok $n - position-independent firmware"; head -2 err | sed 's/^/# /'
fi
echo "1..$n"
