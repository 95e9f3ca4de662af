#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A Debian 13 system with systemd on rhea-system-riscv64: login on the serial console, programs, apt-get install from a
# mirror on the host's loopback, power-off; then its disk is looked at. TAP. For check-full: RHEA_REAL=full. See README.md.
build=${RHEA_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
src=${RHEA_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/linux
rhea=${RHEA_LINUX_PROGRAM:-$build/bin/rhea-system-riscv64}
work=$build/tests/linux/debian
n=0 server=

skip_all() { echo "1..0 # SKIP $*"; exit 0; }
[ "$RHEA_REAL" = full ] || skip_all "only in make check-full"
[ -x "$rhea" ] || skip_all "rhea-system-riscv64 is not built"
for p in python3 qemu-img e2fsck; do
    PATH=$PATH:/sbin:/usr/sbin command -v $p > /dev/null 2>&1 || skip_all "$p is not installed"
done
why=$(sh "$src/make-debian" "$build" 2>&1) || skip_all "$why"
kernel=$(ls "$build"/foreign/riscv64/kernel/boot/vmlinu?-* | head -1)
mkdir -p "$work" || exit 1
"$rhea" -M virt,dumpdtb="$work/tree" -netdev user,id=n > /dev/null 2>&1 || skip_all "built without libslirp"

# The mirror: Python's server, on a port of its own choice that it says.
python3 -u -c 'import functools, http.server, sys
h = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), h)
print(s.server_port)
s.serve_forever()' "$build/debian/mirror" > "$work/port" 2> /dev/null &
server=$!
trap 'kill $server 2> /dev/null' EXIT
while [ ! -s "$work/port" ] && kill -0 $server 2> /dev/null; do sleep 0.1; done
read -r port < "$work/port"

cat > "$work/script" <<END
< login:
> root
< Password:
> rhea
< root@debian:~#
> export TERM=dumb; systemctl --failed --no-legend | wc -l
< ^0$
> python3 -c 'import ssl, sqlite3; print(sum(x * x for x in range(1000)))'
< ^332833500$
> perl -e 'print join(",", map { \$_ ** 3 } 1..5), "\\n"'
< ^1,8,27,64,125$
> seq 1 100000 > n && gzip -k n && gzip -dc n.gz | cmp - n && sha256sum n
< ^$(seq 1 100000 | sha256sum | cut -c1-64)
> git init -q g && cp n g && git -C g add n && git -C g -c user.name=a -c user.email=b commit -qm first && git -C g log --oneline | wc -l
< ^1$
> echo "deb [trusted=yes] http://10.0.2.2:$port ./" > /etc/apt/sources.list; apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install hello jq < /dev/null; echo inst''alled
< ^installed$
> hello; echo '{"a": [1, 2]}' | jq -c .a
< ^Hello, world!$
< ^\[1,2\]$
> openssl dgst -sha512 n | tail -c 17
< ^$(seq 1 100000 | sha512sum | cut -c113-128)$
> nproc; poweroff
< ^CPUS$
END

ok() { n=$((n + 1)); if [ "$2" = 0 ]; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi; }

# debian NAME CPUS OPTIONS...
debian() {
    name=$1 cpus=$2
    shift 2
    cp "$build/debian/disk.qcow2" "$work/disk.qcow2"
    sed "s/CPUS/$cpus/" "$work/script" > "$work/$name.script"
    timeout 900 python3 "$src/console.py" "$work/$name.script" "$work/$name.out" 180 "$rhea" -M virt -m 1G -smp "$cpus" -nographic \
        -no-reboot -kernel "$kernel" -initrd "$build/debian/initrd" -append console=ttyS0 \
        -drive "file=$work/disk.qcow2,format=qcow2,if=virtio" -netdev user,id=n -device virtio-net-device,netdev=n "$@" \
        > /dev/null 2> "$work/$name.err"
    status=$?
    ok "$name: from boot to power-off" $status
    [ $status = 0 ] || sed 's/^/# /' "$work/$name.err"
    qemu-img check -q "$work/disk.qcow2"
    ok "$name: the image is sound" $?
    qemu-img convert -O raw "$work/disk.qcow2" "$work/disk" && PATH=$PATH:/sbin:/usr/sbin e2fsck -fn "$work/disk" > "$work/$name.fsck" 2>&1
    ok "$name: the file system is sound" $?
    rm -f "$work/disk" "$work/disk.qcow2"
}

debian one 1
debian four 4
debian vectors 2 -cpu rv64,v=on,vlen=256
debian opensbi 2 -bios /usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin
echo "1..$n"
