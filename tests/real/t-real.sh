#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the rows of programs.list for one architecture; TAP. Called by t-<arch>.sh with arch and deb (Debian's name) set.
#
# RHEA_REAL=full       all rows, not only the fast ones
# RHEA_REAL_ONLY=RE    rows whose name matches
# RHEA_REAL_ROOT=DIR   another foreign root; with arch=native the programs of DIR run without an emulator
build=${RHEA_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
src=${RHEA_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/real
root=${RHEA_REAL_ROOT:-$build/roots/$deb}
rhea=$build/bin/rhea-$arch
work=$build/tests/real/work-$arch
seconds=${RHEA_REAL_SECONDS:-120}

if [ $arch != native ] && [ ! -x "$rhea" ]; then
    echo "1..0 # SKIP rhea-$arch is not built"
    exit 0
fi
if [ ! -e "$root/usr/bin/bash" ]; then
    echo "1..0 # SKIP no foreign root: $(cat "$root.why" 2> /dev/null || echo 'run ./quickstart check')"
    exit 0
fi

# Each row becomes NAME.sh, NAME.want and a line of rows: NAME SET WHERE.
rm -rf "$work"
mkdir -p "$work"
awk -v arch=$arch -v work="$work" '
    function flush_row() {
        if (name == "") return
        printf "%s", want > (work "/" name ".want")
        close(work "/" name ".want")
        print name, set, where > (work "/rows")
        name = ""
    }
    /^#/ || /^$/ { next }
    /^[^ ]/ {
        flush_row()
        if ($2 != "all" && $2 != arch && arch != "native") next
        name = $1; set = $3; where = $4; want = ""
        line = $0
        sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ */, "", line)
        print line > (work "/" name ".sh")
        next
    }
    name == "" { next }
    /^ *\| ?/ { sub(/^ *\| ?/, ""); print > (work "/" name ".sh"); next }
    /^ *=/ {
        tag = $1
        if (tag != "=" && tag != "=" arch) next
        sub(/^ *=[^ ]* ?/, "")
        want = want $0 "\n"
    }
    END { flush_row() }
' "$src/programs.list"

# Enters the root: in name spaces of its own (so that nothing outlives a test), with /proc, /dev and an empty /tmp.
user_ns=
[ "$(id -u)" = 0 ] || user_ns=-r
enter='mount -t proc proc "$1/proc" 2> /dev/null || mount --rbind /proc "$1/proc" || exit 99
    mount --rbind /dev "$1/dev" && mount -t tmpfs tmpfs "$1/tmp" || exit 99
    r=$1; shift
    chroot "$r" "$@"'
in_root() {
    timeout -k 5 "$seconds" unshare $user_ns -m -p -f --kill-child sh -c "$enter" sh "$root" "$@"
}

mkdir -p "$root/rhea" "$root/real"
emulator=
if [ $arch != native ]; then
    cp "$rhea" "$root/rhea/rhea-$arch.$$" && mv "$root/rhea/rhea-$arch.$$" "$root/rhea/rhea-$arch"
    emulator=/rhea/rhea-$arch
fi
cp "$work"/*.sh "$root/real/"
cp "$src"/guest/* "$root/real/" 2> /dev/null
can_enter=$(in_root $emulator /bin/sh -c 'echo entered' 2> "$work/enter.err")

port=21380
[ $arch = riscv64 ] && port=21480
[ $arch = native ] && port=21580
guest_env="PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp TMPDIR=/tmp LC_ALL=C.UTF-8 TZ=UTC PORT=$port"

run_row() {     # NAME WHERE: output to NAME.out and NAME.err
    case $2 in
    L)  env -i $guest_env RHEA="$rhea" ROOT="$root" timeout -k 5 "$seconds" \
            sh -c 'run() { p=$1; shift; "$RHEA" -L "$ROOT" "$ROOT/usr/bin/$p" "$@"; }; cd "${TMPDIR:-/tmp}"; . "$0"' \
            "$work/$1.sh" ;;
    *)  env -i PATH="$PATH" timeout -k 5 "$seconds" unshare $user_ns -m -p -f --kill-child \
            sh -c "$enter" sh "$root" $emulator /usr/bin/env -i $guest_env sh "/real/$1.sh" ;;
    esac > "$work/$1.out" 2> "$work/$1.err" < /dev/null
    status=$?
    [ $status = 0 ] || echo "exit $status" >> "$work/$1.out"
}

why_not() {     # NAME SET WHERE: the reason to skip the row
    case $3 in
    L) [ $arch != native ] || echo "runs by -L only" ;;
    *) [ "$can_enter" = entered ] || echo "cannot enter a chroot: $(head -1 "$work/enter.err")" ;;
    esac
    [ $3 != uid0 ] || [ "$(id -u)" = 0 ] || echo "needs root"
}

todo() {
    awk -v n="$1" -v a=$arch '$1 == n && ($2 == a || $2 == "all") { $1 = $2 = ""; print; exit }' "$src/todo.list"
}

n=0
while read -r name set where; do
    [ $set = fast ] || [ "${RHEA_REAL-}" = full ] || continue
    [ -z "${RHEA_REAL_ONLY-}" ] || echo "$name" | grep -qE "$RHEA_REAL_ONLY" || continue
    n=$((n + 1))
    skip=$(why_not "$name" $set $where)
    if [ -n "$skip" ]; then
        echo "ok $n - $arch $name # SKIP $skip"
        continue
    fi
    run_row "$name" $where
    if cmp -s "$work/$name.out" "$work/$name.want"; then
        echo "ok $n - $arch $name"
        continue
    fi
    todo=$(todo "$name")
    echo "not ok $n - $arch $name${todo:+ # TODO$todo}"
    diff "$work/$name.want" "$work/$name.out" | head -6 | sed 's/^/#   /'
    head -3 "$work/$name.err" | cut -c1-200 | sed 's/^/#   stderr: /'
done < "$work/rows"
echo "1..$n"
