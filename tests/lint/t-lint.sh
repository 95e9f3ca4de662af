#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The rules of the house as checks; TAP. One function per rule: it prints what breaks it, nothing if all is well.
# What is excepted stands in exceptions.list: rule, file or symbol, reason.
build=${RHEA_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
src=${RHEA_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
cd "$src" || exit 1
LC_ALL=C
export LC_ALL
n=0

# rule FUNCTION TEXT
rule() {
    n=$((n + 1))
    $1 > "$build/tests/lint-$1.out" 2>&1
    awk -v rule="$1" 'NR == FNR { if ($1 == rule) skip[$2] = 1; next }
        { split($0, w, /[ :]/); if (!(w[1] in skip)) print }' tests/lint/exceptions.list \
        "$build/tests/lint-$1.out" > "$build/tests/lint-$1.left"
    if [ -s "$build/tests/lint-$1.left" ]; then
        echo "not ok $n - $2"
        head -12 "$build/tests/lint-$1.left" | sed 's/^/# /'
    else
        echo "ok $n - $2"
    fi
}

sources() { find lib libobject libdev libtcg linux-user system bin -name '*.[ch]' | sort; }
quiet_sources() { find lib libobject libdev libtcg linux-user system -name '*.c' | grep -v '^libtcg/gen/' | sort; }     # not a program's own main
code() { sed -E 's://.*$::; s:/\*.*\*/::; /^ *\*/d; s:"([^"\\]|\\.)*":"":g' "$1"; }

# --- layers ------------------------------------------------------------------------------------------------
archive() {
    case $1 in
    lib) echo "$build/lib/.libs/libbase.a" ;;
    libobject) echo "$build/libobject/.libs/libobject.a" ;;
    libdev) echo "$build/libdev/.libs/libdev.a" ;;
    system) echo "$build/system/.libs/libsystem.a" ;;
    libtcg) echo "$build/libtcg/.libs/libtcg.a" ;;
    linux-user) echo "$build/linux-user/.libs/liblinux-user.a" ;;
    esac
}
# What each may not use, where it was built (configure --disable-system leaves the machines out).
above() { case $1 in
    lib) echo libobject libdev libtcg linux-user system ;; libobject) echo libdev libtcg linux-user system ;;
    libdev) echo libtcg linux-user system ;; libtcg) echo libobject libdev linux-user system ;;
    linux-user) echo libobject libdev system ;; system) echo linux-user ;; esac; }
layers() {
    for low in lib libobject libdev libtcg linux-user system; do
        [ -e "$(archive $low)" ] || continue
        nm -u "$(archive $low)" 2> /dev/null | awk 'NF == 2 { print $2 }' | sort -u > "$build/tests/lint-undefined"
        nm -g --defined-only "$(archive $low)" | awk 'NF == 3 { print $3 }' | sort -u > "$build/tests/lint-own"
        for high in $(above $low); do
            [ -e "$(archive $high)" ] || continue
            nm -g --defined-only "$(archive $high)" | awk 'NF == 3 { print $3 }' | sort -u |
                comm -12 - "$build/tests/lint-undefined" | comm -23 - "$build/tests/lint-own" |
                sed "s:$: of $high is used by $low:"
        done
    done
}
prefixes() {
    nm -g --defined-only "$(archive lib)" | awk 'NF == 3 && $3 !~ /^(fp|log|elf|near|base)_/ { print $3, "in lib" }'
    for a in libobject:obj libdev:dev system:sys; do
        [ ! -e "$(archive ${a%:*})" ] || nm -g --defined-only "$(archive ${a%:*})" |
            awk -v a="$a" '{ split(a, w, ":") } NF == 3 && index($3, w[2] "_") != 1 { print $3, "in", w[1] }'
    done
    nm -g --defined-only "$(archive libtcg)" |
        awk 'NF == 3 && $3 !~ /^(tcg|a64|rv|hx|hx86|em|fl|ra|x)_/ { print $3, "in libtcg" }'
    nm -g --defined-only "$(archive linux-user)" | awk 'NF == 3 && $3 !~ /^lu_/ { print $3, "in linux-user" }'
}
includes() {        # each layer includes only its own and lower public headers
    grep -nE '#include "(tcg|dev|obj)/' -r lib --include='*.[ch]'
    grep -nE '#include "(tcg|dev)/' -r libobject --include='*.[ch]'
    grep -nE '#include "tcg/' -r libdev system/dev system/back --include='*.[ch]'
    grep -nE '#include "(dev|obj|linux-user)/' -r libtcg --include='*.[ch]'
    grep -nE '#include "(ir|opt|run|gen|guest|host)/' -r linux-user --include='*.[ch]'
    grep -nE '#include [<"][^">]*\.c[">]' -r lib libobject libdev libtcg linux-user system bin
}
headers() {
    for h in $(find lib libobject libdev libtcg linux-user system -name '*.h' | sort); do
        case $h in
        lib/*) inc="-Ilib/include -Ilib" ;;
        libobject/* | libdev/* | system/*)
            json=$(pkg-config --cflags json-glib-1.0 gio-2.0 2> /dev/null) || continue
            inc="-Ilibobject/include -Ilibobject -Ilib/include $json"
            case $h in libobject/*) ;; *) inc="-Ilibdev/include -Ilibdev -Isystem $inc" ;; esac
            case $h in system/*) inc="$inc -Ilibtcg/include" ;; esac ;;
        libtcg/*) inc="-Ilibtcg/include -Ilibtcg -Ilib/include -I$build/libtcg" ;;
        linux-user/*) inc="-iquote linux-user -Ilibtcg/include -Ilib/include" ;;
        esac
        # shellcheck disable=SC2086
        ${CC:-cc} -std=gnu11 -include "$build/config.h" $inc -fsyntax-only -x c "$h" 2>&1 |
            grep -m1 'error:' | sed "s|^|$h is not self-contained: |"
    done
}

# --- sizes -------------------------------------------------------------------------------------------------
file_sizes() {
    for f in $(find lib libobject libdev libtcg linux-user system bin tests -name '*.c'); do
        l=$(wc -l < "$f"); [ "$l" -le 1200 ] || echo "$f has $l lines"
    done
    for f in $(find lib libobject libdev libtcg linux-user system -name '*.h'); do
        l=$(wc -l < "$f"); [ "$l" -le 300 ] || echo "$f has $l lines"
    done
}
function_sizes() {
    for f in $(sources); do
        awk -v f="$f" '/^[a-z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
            /^{/ { start = NR } /^}/ && start { if (NR - start > 120) print f ": " name " has " NR - start " lines"; start = 0 }' "$f"
    done
}
line_lengths() { find lib libobject libdev libtcg linux-user system bin -name '*.[ch]' -exec awk 'length > 120 { print FILENAME ":" FNR ": " length " columns" }' {} +; }

# --- calls -------------------------------------------------------------------------------------------------
calls() {   # REGEX MESSAGE FILES...
    re=$1 message=$2; shift 2
    for f in "$@"; do code "$f" | grep -nE "(^|[^a-zA-Z0-9_>.])($re) *\(" | sed "s|^|$f: $message |"; done
}
banned_calls() { calls 'strcpy|strcat|sprintf|vsprintf|gets|alloca|mktemp|tmpnam|strtok|atoi' banned: $(sources); }
exit_and_print() { calls 'exit|printf|puts|putchar|perror' 'only main.c may:' $(quiet_sources | grep -vE '^(linux-user|system)/main\.c'); }
guest_asserts() { calls 'assert' 'a guest may reach it:' $(find linux-user -name '*.c'); }
guest_names() {
    grep -nEi '^# *(if|ifdef|elif)[^/]*(aarch64|riscv|a64|arm|mips|ppc)' $(sources) /dev/null | grep -vE '#ifndef [A-Z0-9_]+_H$'
    grep -nE '__attribute__ *\(\(.*constructor' $(sources) /dev/null
}

# --- papers ------------------------------------------------------------------------------------------------
licences() { for f in $(sources) $(find tests bin man -name '*.[cS]' -o -name '*.sh' -o -name '*.list'); do
    head -3 "$f" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' || echo "$f has no SPDX line"; done; }
readmes() {
    for d in lib libobject libdev system system/dev system/back libtcg libtcg/gen linux-user linux-user/syscall linux-user/abi $(ls -d libtcg/guest/*/ \
        libtcg/host/*/ tests/*/); do
        [ "$(ls "$d" | wc -l)" = 0 ] || [ -s "${d%/}/README.md" ] || echo "${d%/} has no README.md"
    done
}
tests_listed() {
    find tests -name local.mk -exec cat {} + > "$build/tests/lint-tests.mk"
    for f in $(find tests -name 't-*.c' -o -name 't-*.sh' -o -name '*.vec' | sort); do
        grep -qF "${f%.c}" "$build/tests/lint-tests.mk" || echo "$f is in no local.mk"
    done
    for f in $(grep -oE 'tests/[a-z0-9/-]+\.(sh|vec|c)( |$)' "$build/tests/lint-tests.mk" | sort -u); do
        [ -e "$f" ] || echo "$f is listed and absent"
    done
}
man_pages() {
    { awk '!/^#/ && NF { print $1 }' bin/targets.list; sed -n 's:^bin_PROGRAMS += bin/::p' bin/local.mk; } | while read -r p; do
        grep -qE "(^|[ /])$p\.1" man/local.mk "$build/man-aliases" 2> /dev/null || grep -qw "$p" man/*.1 || echo "$p has no man page"
    done
    [ ! -s man/rhea-user.1 ] || sed -n 's/^    { "\([a-zA-Z0-9-]*\)", .*, "[a-z].*/\1/p' linux-user/options.c | while read -r o; do
        grep -qE "^\.(B|BI|BR) \\\\?-$(echo "$o" | sed 's/-/\\\\?-/g')" man/rhea-user.1 || echo "man/rhea-user.1 lacks option -$o"
    done
    sed -n 's/^    { "\([a-zA-Z-]*\)", .*\(FLAG\|TEXT\|LIST\|CHECK\|IGNORE\),.*/\1/p' system/cli.c | while read -r o; do
        grep -qE "^\.(B|BI|BR) .*\\\\-$(echo "$o" | sed 's/-/\\\\-/g')\\b" man/rhea-system.1 || echo "man/rhea-system.1 lacks option -$o"
    done
}
references() {
    grep -ohE '\[[A-Z][A-Za-z]+[0-9]* [0-9A-Z]+\.[0-9.]+\]' $(sources) /dev/null | sed 's/^\[//; s/ .*//' | sort -u |
        grep -vxE 'ArmARM|SDM|RVU|RVP|RVZ[a-z]*|RVA|RVD|SBI|Debug|PCI|PCIe|PCIB|9P|9P2000.L|JESD[0-9]*|VIRTIO|psABI|IEEE|ACLINT|PLIC|AAPCS64|FIPS[0-9]*|ELF|PL[0-9]+'
}
own_paths() { grep -rnE '/(work|home)/[a-z]' lib libobject libdev libtcg linux-user system bin man tests quickstart README.md HACKING.md | grep -vE 'tests/lint/t-lint|/home/user'; }
top_files() {       # what a command left there and was committed; nothing to see in a released tree
    git ls-files 2> /dev/null | grep -v / |
        grep -vxE '\.gitignore|(README|HACKING|NEWS)\.md|LICENSE|Makefile\.am|autogen\.sh|configure\.ac|quickstart'
}
rows_sane() {
    awk '!/^#/ && /^[^ ]/ && (NF < 4 || $3 !~ /^(fast|full)$/ || $4 !~ /^(L|root|uid0)$/) { print "tests/real/programs.list:" FNR ": " $1 }
        !/^#/ && /^[^ ]/ && seen[$1]++ { print "tests/real/programs.list:" FNR ": " $1 " is there twice" }' tests/real/programs.list
    awk '!/^#/ && NF { print $1 }' tests/real/todo.list | while read -r r; do
        grep -q "^$r " tests/real/programs.list || echo "todo.list names $r, which is no row"
    done
}

rule layers "no archive uses one above it"
rule prefixes "global symbols carry their library's prefix"
rule includes "includes go down, and no .c is included"
rule headers "every header compiles alone"
rule file_sizes ".c up to 1200 lines, .h up to 300"
rule function_sizes "functions up to 120 lines"
rule line_lengths "lines up to 120 columns"
rule banned_calls "no banned calls"
rule exit_and_print "exit and stdio output only in main.c"
rule guest_asserts "no plain assert in user mode"
rule guest_names "no #if on guests, no constructors"
rule licences "every source has its SPDX line"
rule readmes "a README per folder"
rule tests_listed "tests listed = tests present"
rule man_pages "every program has a man page, every option is in it"
rule references "manual references in the known form"
rule own_paths "no paths of one machine"
rule top_files "no stray files at the top"
rule rows_sane "rows of programs.list and todo.list"
echo "1..$n"
