#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The gdb server of rhea-system-riscv64, driven by gdb-multiarch; TAP.
build=${RHEA_BUILD:-.}
rhea=$build/bin/rhea-system-riscv64
work=$build/tests/system/work-gdb
cc=riscv64-linux-gnu-gcc
n=0
[ -x "$rhea" ] || { echo "1..0 # SKIP rhea-system-riscv64 is not built"; exit 0; }
for tool in $cc gdb-multiarch; do
    command -v $tool > /dev/null 2>&1 || { echo "1..0 # SKIP no $tool"; exit 0; }
done
rm -rf "$work"
mkdir -p "$work"
cat > "$work/p.S" <<'END'
.option norelax
.globl _start
_start:
    csrr t0, mhartid
1:  bnez t0, 1b
    la s1, count
    li s0, 0
loop:
    addi s0, s0, 1
    sd s0, 0(s1)
after:
    call sub
    j loop
sub:
    addi a0, s0, 100
    ret
.data
.balign 8
count: .dword 0
END
if ! $cc -g -march=rv64gc -mabi=lp64d -nostdlib -static -no-pie -Wl,-Ttext=0x80000000 -Wl,--build-id=none \
    -o "$work/p.elf" "$work/p.S" > "$work/cc" 2>&1; then
    echo "1..0 # SKIP $cc: $(head -1 "$work/cc")"
    exit 0
fi

# session TIER COMMAND...: what gdb prints for the commands
session() {
    tier=$1
    shift
    rm -f "$work/s"
    timeout -k 5 "${limit:-60}" "$rhea" -tier "$tier" -M virt -cpu "rv64,v=on,vlen=128" -m 64 -display none -smp 2 -bios "$work/p.elf" -S -gdb "unix:$work/s" \
        > "$work/machine" 2>&1 < /dev/null &
    pid=$!
    i=0
    while [ ! -S "$work/s" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
    timeout 50 gdb-multiarch -nx -batch -ex "set pagination off" -ex "set confirm off" -ex "set architecture riscv:rv64" \
        -ex "file $work/p.elf" -ex "target remote $work/s" "$@" < /dev/null > "$work/out" 2>&1
    wait $pid
    status=$?
}

has() {
    n=$((n + 1))
    if grep -qE -- "$1" "$work/out"; then
        echo "ok $n - tier $tier: $2"
    else
        echo "not ok $n - tier $tier: $2"
        echo "# no line with: $1"
        tail -12 "$work/out" | sed 's/^/# /'
    fi
}

seq 1 1300 | head -c 5000 > "$work/bytes"
for t in 0 1; do
    rm -f "$work/back"
    session $t -ex "info registers pc" -ex "break after" -ex c -ex 'printf "first %d\n", $s0' -ex c -ex 'printf "second %d\n", $s0' \
        -ex "x/gx &count" -ex stepi -ex stepi -ex 'printf "a0 before %d\n", $a0' -ex stepi -ex 'printf "a0 after %d\n", $a0' \
        -ex 'printf "mstatus %lx\n", $mstatus' -ex "info threads" -ex 'set $s0=1000' -ex c -ex 'printf "third %d\n", $s0' \
        -ex "monitor info status" -ex delete -ex 'set var *(long*)&count=7' -ex "x/gx &count" \
        -ex 'set $f1.double=1.5' -ex 'printf "f1 %.1f\n", $f1.double' -ex "x/i loop" -ex "break sub if \$s0 == 1010" -ex c \
        -ex 'printf "fourth %d\n", $s0' -ex "x/gx 0x10" \
        -ex 'printf "vlenb before %d\n", $vlenb' -ex 'set $mstatus = $mstatus | 0x600' -ex 'printf "vlenb %d\n", $vlenb' \
        -ex 'set $v3.w[1] = 0x01020304' -ex 'printf "v3 %d %d\n", $v3.b[4], $v3.l[0] >> 56' -ex "p \$v31.q" \
        -ex 'set $pmpaddr2 = 0x1234' -ex 'printf "pmpaddr2 %lx priv %d\n", $pmpaddr2, $priv' \
        -ex 'set $frm = 3' -ex 'printf "fcsr %x\n", $fcsr' -ex 'set $satp = 0x8000000000080000' -ex 'printf "satp %lx\n", $satp' \
        -ex "monitor info registers -v 1" -ex "monitor info registers 7" -ex "info registers csr" \
        -ex "restore $work/bytes binary 0x80100001" -ex "dump binary memory $work/back 0x80100001 0x80101389" \
        -ex "monitor cont" -ex "monitor info status" -ex kill
    has '^pc +0x1000' "it stands at the reset vector"
    has '^first 1$' "a breakpoint"
    has '^second 2$' "and the next time round"
    has '0x0+2$' "memory"
    has '^a0 before 101$' "single steps into a call"
    has '^a0 after 102$' "and one more"
    has '^mstatus a00000000$' "a control and status register"
    has '2 +Thread 2 \(CPU 1\)' "CPUs are threads"
    has '^third 1001$' "a register that was set"
    has 'VM status: paused' "monitor commands"
    has '0x0+7$' "memory that was set"
    has '^f1 1.5$' "a floating-point register"
    has 'addi?.*s0,s0,1' "code"
    has '^fourth 1010$' "a condition"
    has 'Cannot access memory at address 0x10' "memory that is not there"
    has '^vlenb 16$' "the length of vector registers, once mstatus.VS permits it"
    has '^v3 4 1$' "a vector register, by lanes of each width"
    has '^\$[0-9]+ = (\{0\}|\{0x0\})$' "as one number"
    has '^pmpaddr2 1234 priv 3$' "registers of physical memory protection, the privilege mode"
    has '^fcsr 60$' "the rounding mode"
    has '^satp 8000000000080000$' "satp"
    has '^ v31 0000000000000000 0000000000000000$' "info registers -v"
    has "there is no CPU '7'" "of a CPU that is not there"
    n=$((n + 1))
    if cmp -s "$work/bytes" "$work/back"; then echo "ok $n - tier $t: memory that was set, more than a packet's worth"
    else echo "not ok $n - tier $t: memory that was set, more than a packet's worth"; fi
    n=$((n + 1))
    if [ "$(grep -c 'VM status: paused' "$work/out")" = 2 ]; then echo "ok $n - tier $t: what runs by another's word stands when gdb asks"
    else echo "not ok $n - tier $t: what runs by another's word stands when gdb asks"; fi
    has '^scounteren +0x' "a list of all"
    n=$((n + 1))
    [ $status = 0 ] && echo "ok $n - tier $t: kill ends the machine" || echo "not ok $n - tier $t: kill ends the machine ($status)"
done
limit=5
session 1 -ex "break after" -ex c -ex detach
n=$((n + 1))
[ $status = 124 ] && echo "ok $n - a machine runs on when gdb leaves it" || echo "not ok $n - a machine runs on when gdb leaves it ($status)"
echo "1..$n"
