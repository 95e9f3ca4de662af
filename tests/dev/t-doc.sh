#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# rhea-doc: every type of models.list is in every form; what it writes is well-formed. TAP.
build=${RHEA_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
src=${RHEA_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
doc=$build/bin/rhea-doc
[ -x "$doc" ] || { echo "1..0 # SKIP built without machines"; exit 0; }
n=0
ok() { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi; }

for form in text man html; do
    "$doc" -f $form > "$build/tests/doc.$form"
    ok $? "the manual as $form"
    for t in $(sed -n 's/.*\.name = "\([a-z][a-zA-Z0-9._-]*\)", *\.text.*/\1/p' "$src"/system/dev/*/*.c "$src"/system/back/*/*.c |
        grep -vx 'chardev-fd\|chardev\|chardev-mux\|chardev-mux-port\|blockdev\|pci-device\|pci-to-pci-bridge\|virtio-device\|last-update\|opener' | sort -u); do
        sed 's/\\-/-/g' "$build/tests/doc.$form" | grep -qwF -- "$t"
        ok $? "$form has $t"
    done
done
for form in text man html; do
    sed 's/\\-/-/g' "$build/tests/doc.$form" | grep -q 'Not implemented' && sed 's/\\-/-/g' "$build/tests/doc.$form" | grep -qwF vhost-vsock-device
    ok $? "$form says what is not there"
done
"$doc" ns16550a | grep -q 'reg-shift (uint8)'
ok $? "one type, with its properties"
[ "$("$doc" ns16550 2>&1 >&-)" = "rhea-doc: there is no device, bus or back end 'ns16550'; did you mean 'ns16550a'?" ]
ok $? "a wrong name suggests the nearest"
"$doc" -x > /dev/null 2>&1
[ $? = 2 ]
ok $? "wrong usage is status 2"
if command -v man > /dev/null 2>&1; then
    w=$(MANROFFSEQ='' man --warnings -E UTF-8 -l "$build/tests/doc.man" 2>&1 > /dev/null)
    [ -z "$w" ]
    ok $? "the manual page has no warnings"
else
    n=$((n + 1)); echo "ok $n # SKIP man is not installed"
fi
python3 - "$build/tests/doc.html" << 'END'
import html.parser, sys
open_tags, bad = [], []
class P(html.parser.HTMLParser):
    def handle_starttag(self, t, a):
        if t not in ("meta",): open_tags.append(t)
    def handle_endtag(self, t):
        if not open_tags or open_tags.pop() != t: bad.append(t)
P().feed(open(sys.argv[1]).read())
sys.exit(1 if bad or open_tags else 0)
END
ok $? "the HTML page closes what it opens"
echo "1..$n"
