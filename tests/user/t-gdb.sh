#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The gdb server of -g, driven by gdb-multiarch. TAP.
build=${RHEA_BUILD:-.}
src=${RHEA_SRC:-../..}/tests/user
work=$build/tests/user/work-gdb
n=0

if ! command -v gdb-multiarch > /dev/null 2>&1; then
    echo "1..0 # SKIP gdb-multiarch is not installed"
    exit 0
fi
rm -rf "$work"
mkdir -p "$work"

# session NAME "ARGUMENTS" < gdb commands: what gdb and the program print is in $work/NAME.log. $program is run, with $cpu
session() {
    name=$1 target=$work/${program:-target}-$arch
    sock=/tmp/rhea-gdb-$$-$name
    {
        echo 'set pagination off'
        echo 'set confirm off'
        echo "target remote $sock"
        cat
    } > "$work/$name.gdb"
    timeout 60 "$build/bin/rhea-$arch" ${cpu:+-cpu $cpu} -g "$sock" "$target" $2 > "$work/$name.out" 2>&1 < /dev/null &
    rhea=$!
    tries=0
    while [ ! -S "$sock" ] && [ $tries -lt 200 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    timeout 60 gdb-multiarch -nx -batch -x "$work/$name.gdb" "$target" > "$work/$name.log" 2>&1 < /dev/null &
    gdb=$!
    [ -z "$3" ] || { sleep "$3"; kill -INT $(pgrep -P $gdb || echo $gdb); }
    wait $gdb
    wait $rhea
    echo "status $?" >> "$work/$name.log"
    rm -f "$sock"
}

# expect NAME "WHAT" REGEX...: all of these are in the log, in any order
expect() {
    n=$((n + 1))
    name=$1 what=$2 good=ok
    shift 2
    for line in "$@"; do
        grep -qE -e "$line" "$work/$name.log" || { good="not ok"; missing=$line; }
    done
    echo "$good $n - $arch: $what"
    [ "$good" = ok ] || { echo "# no line: $missing"; tail -25 "$work/$name.log" | sed 's/^/# /'; }
}

for arch in aarch64 riscv64; do
    if [ ! -x "$build/bin/rhea-$arch" ] ||
        ! $arch-linux-gnu-gcc -g -O0 -w -static -o "$work/target-$arch" "$src/gdb-target.c" -lpthread 2> "$work/cc.log"; then
        n=$((n + 1))
        echo "ok $n # SKIP $arch: no rhea-$arch, or no compiler"
        continue
    fi

    session basic <<'X'
break add
continue
bt
info args
finish
print number
print pair
set var pair.a = 5
print pair
info registers sp pc
stepi
next
info threads
info auxv
continue
info threads
delete
continue
print counter
next
next
next
info signals SIGUSR1
continue
X
    expect basic "stops at a breakpoint, with arguments and callers" 'Breakpoint 1, add \(a=4, b=2\)' '^#1 .* in main \(argc=1'
    expect basic "finish tells the value" 'Value returned is .* = 42'
    expect basic "reads and writes memory" '= 1\.5$' '= \{a = 3, b = 4\}' '= \{a = 5, b = 4\}'
    expect basic "registers" '^sp +0x' '^pc +0x.*main'
    expect basic "the auxiliary vector" 'AT_PAGESZ.* 4096' 'AT_ENTRY'
    expect basic "a breakpoint in a thread" 'Thread 2 .*hit Breakpoint 1, add \(a=1, b=5\)' '^\* 2 +Thread'
    expect basic "a signal is told and handed on" 'received signal SIGUSR1' 'exited with code 011' '^status 9'

    session fault fault <<'X'
continue
print $_siginfo.si_signo
continue
X
    expect fault "a fault stops where it happens, and ends the program" 'received signal SIGSEGV' 'in main .*gdb-target.c|main \(argc' \
        '= 11$' 'terminated with signal SIGSEGV' '^status 139'

    session values <<'X'
break add
continue
set var $x = 1
print/x $pc == (unsigned long)&add || $_
set var a = 6
finish
return
X
    expect values "variables in registers and memory can be changed" 'Value returned is .* = 62'

    session fork fork <<'X'
break add
continue
info args
continue
X
    expect fork "a child of fork runs without the debugger" 'Breakpoint 1, add \(a=0, b=6\)' 'exited with code 06' '^status 6'

    session spin spin 1.5 <<'X'
continue
print counter > 1000
set var counter = -5
stepi 20
kill
X
    expect spin "Ctrl-C stops a loop" 'received signal SIGINT' '= 1$' '^status 137'

    session sleep sleep 1.5 <<'X'
continue
bt
detach
X
    expect sleep "Ctrl-C stops a system call; after detach the program goes on to its end" 'received signal SIGINT' \
        'nanosleep|sleep' '^status 3$'

    # Vectors: read, changed, and behind the frame of a signal.
    case $arch in
    aarch64) march=armv8.2-a+sve lanes=s.u short=max,sve256=off long=max more='p $p1
p $p2
p $vg' ;;
    *) march=rv64gcv lanes=w short=rv64,v=true,vlen=128 long=rv64,v=true,vlen=256 more='p $vl
p $vlenb' ;;
    esac
    if ! $arch-linux-gnu-gcc -g -O0 -w -static -march=$march -o "$work/vectors-$arch" "$src/gdb-vectors.c" 2> "$work/cc.log"; then
        n=$((n + 1))
        echo "ok $n # SKIP $arch: the compiler has no vectors"
        continue
    fi
    program=vectors
    for cpu in $short $long; do
        session vectors <<X
handle SIGUSR1 nostop noprint pass
break filled
continue
p \$v3.$lanes
$([ $arch = aarch64 ] && echo "p \$z3.$lanes")
$more
set var \$$([ $arch = aarch64 ] && echo z3 || echo v3).$lanes[0] = 77
delete
break handler
continue
bt
continue
X
        case $cpu in
        *sve256=off) set -- '= \{1, 2, 3, 4\}$' '= \{17, 17\}$' '= \{7, 0\}$' '= 2$' ;;
        max) set -- '= \{1, 2, 3, 4, 5, 6, 7, 8\}$' '= \{17, 17, 17, 17\}$' '= \{7, 0, 0, 0\}$' '= 4$' ;;
        *128) set -- '= \{1, 2, 3, 4\}$' '= 4$' '= 16$' ;;
        *) set -- '= \{1, 2, 3, 4, 0, 0, 0, 0\}$' '= 4$' '= 32$' ;;
        esac
        expect vectors "vector registers, $cpu" "$@"
        expect vectors "callers of a signal handler behind a record of vectors, $cpu" '<signal handler called>' '^#[0-9]+ .* in main '
        n=$((n + 1))
        grep -q '^after 77 4' "$work/vectors.out" && echo "ok $n - $arch: a vector register is changed, $cpu" \
            || echo "not ok $n - $arch: a vector register is changed, $cpu"
    done
    program= cpu=
done
echo "1..$n"
