#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What users see when something is wrong: one line that says what would be right, and the exit status.
build=${RHEA_BUILD:-../../build}
work=$build/tests/user/work-messages
n=0
mkdir -p "$work"

# expect NAME STATUS PATTERN COMMAND...
expect() {
    name=$1 want=$2 pattern=$3; shift 3
    n=$((n + 1))
    "$@" > "$work/out" 2> "$work/err" < /dev/null
    have=$?
    if [ $have = "$want" ] && cat "$work/out" "$work/err" | grep -q -- "$pattern" &&
       [ "$(wc -l < "$work/err")" -le 1 ]; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        echo "# exit status $have, want $want; pattern: $pattern"
        head -3 "$work/err" | sed 's/^/# /'
    fi
}

make_elf() {    # FILE MACHINE: an ELF header only
    printf '\177ELF\002\001\001\0\0\0\0\0\0\0\0\0\002\0' > "$1"
    printf "\\$(printf %o $(($2 & 255)))\\$(printf %o $(($2 >> 8)))" >> "$1"
    printf '\001\0\0\0' >> "$1"
    chmod +x "$1"
}

echo text > "$work/text"
chmod 644 "$work/text"
cp "$work/text" "$work/textx"
chmod 755 "$work/textx"
: > "$work/empty"
chmod 755 "$work/empty"
printf '#!/nonexistent/interp\n' > "$work/script"
printf '#!' > "$work/script2"
chmod 755 "$work/script" "$work/script2"
make_elf "$work/arm" 40
make_elf "$work/aarch64" 183
make_elf "$work/riscv64" 243
make_elf "$work/weird" 9999

for arch in aarch64 riscv64; do
    r=$build/bin/rhea-$arch
    other=riscv64
    [ $arch = riscv64 ] && other=aarch64
    if [ ! -x "$r" ]; then
        n=$((n + 1))
        echo "ok $n - rhea-$arch # SKIP not built"
        continue
    fi
    expect "$arch version" 0 "^rhea-$arch version [0-9.]* (qemu-$arch" "$r" --version
    expect "$arch help" 0 "-strace" "$r" --help
    expect "$arch cpu help" 0 "max" "$r" -cpu help
    expect "$arch log help" 0 "in_asm" "$r" -d help
    expect "$arch no program" 2 "no program given" "$r"
    expect "$arch unknown option" 2 "unknown option -foo" "$r" -foo x
    expect "$arch near option" 2 "did you mean -strace" "$r" -starce x
    expect "$arch missing argument" 2 "needs an argument" "$r" -L
    expect "$arch unknown cpu" 2 "unknown CPU model nosuch.*max" "$r" -cpu nosuch "$work/text"
    expect "$arch unknown log item" 2 "unknown item nosuch" "$r" -d nosuch "$work/text"
    expect "$arch log file" 1 "/nonexistent/log" "$r" -d unimp -D /nonexistent/log "$work/text"
    expect "$arch guest base" 1 "only 0" "$r" -B 0x1000 "$work/text"
    expect "$arch no such file" 127 "no such file" "$r" "$work/nonexistent"
    expect "$arch directory" 126 "is a directory" "$r" "$work"
    expect "$arch not executable" 126 "permission denied" "$r" "$work/text"
    expect "$arch text" 126 "not an ELF program" "$r" "$work/textx"
    expect "$arch empty file" 126 "not an ELF program" "$r" "$work/empty"
    expect "$arch script without interpreter" 127 "interpreter /nonexistent/interp" "$r" "$work/script"
    expect "$arch empty script" 126 "not an ELF program" "$r" "$work/script2"
    expect "$arch own header, truncated" 126 "truncated" "$r" "$work/$arch"
    expect "$arch the other guest" 126 "rhea-$other runs it" "$r" "$work/$other"
    expect "$arch a machine nobody runs" 126 "program for arm" "$r" "$work/arm"
    expect "$arch an unknown machine" 126 "9999" "$r" "$work/weird"
    expect "$arch native program" 126 "this machine" "$r" /bin/ls
    if command -v $arch-linux-gnu-gcc > /dev/null 2>&1; then
        echo 'int main(void) { return 0; }' > "$work/m.c"
        $arch-linux-gnu-gcc -o "$work/dyn-$arch" "$work/m.c"
        [ -e /lib/ld-linux-$arch.so.1 ] || [ -e /lib/ld-linux-riscv64-lp64d.so.1 ] ||
            expect "$arch missing interpreter" 127 "give -L DIR" "$r" "$work/dyn-$arch"
    fi
done
echo "1..$n"
