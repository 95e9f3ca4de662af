#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Golden host code: that of the cases in <guest>/*.list, for fixed sets of host features, is what <guest>/*.txt say.
# RENEW=1 writes them anew (make codegen-renew): review the diff.
dir=${RHEA_SRC:?}/tests/codegen
if ! command -v python3 > /dev/null; then echo "1..0 # SKIP python3 is missing"; exit 0; fi
if ! echo '0x0: 90' | "${RHEA_BUILD:?}/bin/rhea-dis" | grep -q nop; then
    echo "1..0 # SKIP rhea-dis was built without capstone"; exit 0
fi
out=$(mktemp) || exit 99
trap 'rm -f "$out"' EXIT
set -- "$dir"/*/*.list
echo 1..$((2 * $#))
n=0
for list; do
    guest=$(basename "$(dirname "$list")") name=$(basename "$list" .list)
    for level in base avx2; do
        n=$((n + 1)) title="$guest $name, $level" golden=${list%.list}.$level.txt features=base
        if [ $level = avx2 ]; then
            features=avx,avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt,aes,pclmul
            missing=$(for f in avx avx2 fma f16c bmi1 bmi2 abm popcnt aes pclmulqdq; do
                grep -qw $f /proc/cpuinfo || echo $f; done)
            if [ "$missing" ]; then echo "ok $n - $title # SKIP this machine has no" $missing; continue; fi
        fi
        if ! ISA_HOST=$features "$dir/survey" "$guest" --list "$list" > "$out" 2>&1; then
            sed 's/^/# /' "$out"; echo "not ok $n - $title"
        elif [ "$RENEW" ]; then
            cp "$out" "$golden" && echo "ok $n - $title"
        elif diff -U 2 "$golden" "$out" > "$out.diff"; then
            echo "ok $n - $title"
        else
            head -n 60 "$out.diff" | sed 's/^/# /'
            echo "# make codegen-renew writes what is generated now; review the diff"
            echo "not ok $n - $title"
        fi
        rm -f "$out.diff"
    done
done
