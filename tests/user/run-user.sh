# SPDX-License-Identifier: BSD-2-Clause
# Sourced by t-<arch>.sh: compiles the guest tests of this folder for one architecture and runs each of them; every
# program writes TAP itself, and counts here as one test. Needs: arch, cc, run (command before the program); more, if it is
# defined, runs what only this architecture has.
n=0
work=${RHEA_BUILD:-.}/tests/user/work-$arch
src=${RHEA_SRC:-../..}/tests/user
programs="files signals threads process mem faults ipc proc code atomics inject storm seccomp shifts wide sysfile sysproc sysmem syssock systime rseq ptrace children"

mkdir -p "$work"
if ! command -v ${cc%% *} > /dev/null 2>&1; then
    echo "1..0 # SKIP no compiler for $arch (${cc%% *})"
    exit 0
fi
if [ -n "$run" ] && [ ! -x "${run%% *}" ]; then
    echo "1..0 # SKIP ${run%% *} is not built"
    exit 0
fi

one() {
    name=$1; shift
    n=$((n + 1))
    timeout -s KILL 120 "$@" > "$work/$name.out" 2> "$work/$name.err" < /dev/null
    status=$?
    if [ $status = 0 ] && grep -q '^1\.\.' "$work/$name.out" && ! grep -q '^not ok' "$work/$name.out"; then
        echo "ok $n - $arch $name ($(grep -c '^ok' "$work/$name.out") checks)"
    else
        echo "not ok $n - $arch $name"
        echo "# exit status $status"
        grep -A3 '^not ok' "$work/$name.out" | sed 's/^/# /'
        tail -3 "$work/$name.err" | sed 's/^/# /'
    fi
}

for p in $programs; do
    if ! $cc -O1 -w -o "$work/u-$p" "$src/u-$p.c" -lpthread -lm -lrt 2> "$work/$p.cc"; then
        n=$((n + 1))
        echo "not ok $n - $arch $p does not compile"
        sed 's/^/# /' "$work/$p.cc" | head -5
        continue
    fi
    if [ -z "$run" ]; then
        one "$p" "$work/u-$p"
        continue
    fi
    for tier in $tiers; do
        one "$p-tier$tier" $run -tier $tier "$work/u-$p"
    done
done
if [ -n "$run" ]; then
    # What children lack their parent makes: a few of the forty build it, not each.
    n=$((n + 1))
    at=$($run -d in_asm -D "$work/children.log" "$work/u-children" loop)
    built=$(grep -c "^IN: $at\$" "$work/children.log")
    [ -n "$at" ] && [ "$built" -ge 1 ] && [ "$built" -le 6 ] && echo "ok $n - $arch children find what earlier ones lacked" ||
        echo "not ok $n - $arch children find what earlier ones lacked: built $built times at '$at'"
fi
command -v more > /dev/null && more
echo "1..$n"
