#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boots Debian's kernel on rhea-system-riscv64; TAP. See README.md.
build=${RHEA_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
src=${RHEA_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/linux
rhea=${RHEA_LINUX_PROGRAM:-$build/bin/rhea-system-riscv64}
deb=$build/foreign/riscv64
work=$build/tests/linux/work
sbi=/usr/lib/riscv64-linux-gnu/opensbi/generic
uboot=/usr/lib/u-boot/qemu-riscv64_smode
n=0
seconds=120 typed=

skip_all() { echo "1..0 # SKIP $*"; exit 0; }
[ -x "$rhea" ] || skip_all "rhea-system-riscv64 is not built"
command -v cpio > /dev/null 2>&1 || skip_all "cpio is not installed"
kernel=$(ls "$deb"/kernel/boot/vmlinu?-* 2> /dev/null | head -1)
[ -n "$kernel" ] || skip_all "no kernel: run ./quickstart check"
box=$(ls "$deb"/root/usr/bin/busybox "$deb"/root/bin/busybox 2> /dev/null | head -1)
[ -n "$box" ] || skip_all "no busybox for riscv64: run ./quickstart check"

rm -rf "$work"
mkdir -p "$work/root/bin" "$work/root/dev" || exit 1
cp "$box" "$work/root/bin/busybox"
cp "$src/init" "$work/root/init"
chmod 755 "$work/root/init"
cc=riscv64-linux-gnu-gcc
perf=
if command -v $cc > /dev/null 2>&1; then
    $cc -O1 -static -o "$work/root/perf-count" "$src/perf-count.c" || exit 1
    perf=perf,
fi
# In the order of loading; names are those of the kernel's folders.
mkdir "$work/root/modules"
i=10
for m in virtio_mmio virtio_blk virtio-rng qemu_fw_cfg failover net_failover virtio_net; do
    f=$(find "$deb/kernel/" -name "$m.ko.xz" | head -1)
    [ -n "$f" ] && xz -dc "$f" > "$work/root/modules/$i-$m.ko"
    i=$((i + 1))
done
(cd "$work/root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 2> /dev/null) > "$work/initrd" || exit 1
gzip -1 < "$kernel" > "$work/kernel.gz"
sum=$(seq 1 20000 | sha256sum | cut -c1-64)
loop=$(i=0 n=0; while [ $i -lt 3000 ]; do i=$((i + 1)); n=$((n * 31 + i & 0xffffff)); done; echo $n)
harmonic=$(awk 'BEGIN { for (i = 1; i <= 1000; i++) s += 1 / i; printf "%.15f", s }')

new_disk() {        # 4 MiB: 1 MiB of lines, then zeros
    { seq -f 'line %.0f of the disk' 1 60000 | head -c 1048576; head -c 3145728 /dev/zero; } > "$work/disk"
    disk_sha=$(sha256sum < "$work/disk" | cut -c1-64)
    disk_sum=$(head -c 1048576 "$work/disk" | sha256sum | cut -c1-64)
}
disk_is_written() {
    [ "$(tail -c +2097153 "$work/disk" | head -c 1048576 | sha256sum)" = \
      "$(head -c 1048576 "$work/disk" | tr 'a-y' 'b-z' | sha256sum)" ]
}

disk_is_old() { [ "$(tail -c 3145728 "$work/disk" | tr -d '\0' | wc -c)" = 0 ]; }

# want CPUS WORDS: the lines that init prints
want() {
    cpus=$1
    shift
    echo "T: Linux riscv64"
    echo "T: cpus $cpus"
    echo "T: sum $sum"
    echo "T: shell $loop"
    echo "T: clock set"
    for w in "$@"; do
        case $w in
        disk) echo "T: disk 8192 sectors, $disk_sum"; echo "T: written 0" ;;
        rng) echo "T: rng virtio_rng.0 64" ;;
        console) echo "T: by hvc0" ;;
        fpu) echo "T: fpu $harmonic" ;;
        net) echo "T: dhcp 10.0.2.15 10.0.2.2 10.0.2.3"; echo "T: mac 52:54:00:12:34:56"
            echo "T: fetched $disk_sha"; echo "T: listening"; echo "T: heard hello guest" ;;
        perf) echo "T: perf cycles:counts instructions:counts misses:none" ;;
        fwcfg) echo "T: fwcfg 3 bios-geometry bootorder etc " ;;
        pci) echo "T: pci  2 0x1af4 1 0x1b36 " ;;
        storm) echo "T: storm  72 300" ;;
        esac
    done
    echo "T: bye"
}

# want_twice CPUS: a boot that ends in a reset, and another
want_twice() {
    want "$1" | sed 's/bye/reboot/'
    want "$1" | sed '$d'
    echo "T: second time"
    echo "T: bye"
}

# boot NAME CPUS WORDS OPTIONS...: WORDS is what init looks at, comma-separated
boot() {
    name=$1 cpus=$2 words=$3
    shift 3
    [ -z "$RHEA_LINUX_ONLY" ] || [ "$RHEA_LINUX_ONLY" = "$name" ] || return
    n=$((n + 1))
    new_disk
    [ "$name" != qcow2 ] || qemu-img convert -O qcow2 "$work/disk" "$work/disk.qcow2"
    # shellcheck disable=SC2086
    want "$cpus" $(echo "${words%% *}" | tr ',' ' ') > "$work/want"
    if [ -z "$typed" ]; then
        set -- -initrd "$work/initrd" -append "console=ttyS0 loglevel=4 T=$words" "$@"
    fi
    [ "$words" != reboot ] && set -- -no-reboot "$@" || want_twice "$cpus" > "$work/want"
    timeout "$seconds" "$rhea" -M virt -smp "$cpus" -nographic "$@" > "$work/$name.out" 2> "$work/$name.err" \
        < "${typed:-/dev/null}"
    status=$?
    tr -d '\r' < "$work/$name.out" | grep -a '^T: ' > "$work/have"
    case $words in *console*) tr -d '\r' < "$work/hvc" >> "$work/have"; sort -o "$work/have" "$work/have"
        sort -o "$work/want" "$work/want" ;; esac
    bad=
    [ $status = 0 ] || bad="status $status"
    [ ! -s "$work/$name.err" ] || bad="$bad said: $(head -1 "$work/$name.err")"
    cmp -s "$work/want" "$work/have" || bad="$bad other lines"
    case $name,$words in
    qcow2,*)
        qemu-img check -q "$work/disk.qcow2" && qemu-img convert -O raw "$work/disk.qcow2" "$work/disk" && disk_is_written ||
            bad="$bad the image has not what was written" ;;
    snapshot,*) disk_is_old || bad="$bad the disk was written" ;;
    *disk*) disk_is_written || bad="$bad the disk has not what was written" ;;
    esac
    if [ -z "$bad" ]; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name:$bad"
        diff "$work/want" "$work/have" | sed 's/^/# /'
        tail -5 "$work/$name.out" | sed 's/^/# /' | cut -c1-150
    fi
}

# net NAME DEVICE: a server of files on the loopback, a port that leads to the guest
net() {
    command -v python3 > /dev/null 2>&1 || { skip "$1" "python3 is not installed"; return; }
    [ -z "$RHEA_LINUX_ONLY" ] || [ "$RHEA_LINUX_ONLY" = "$1" ] || return
    rm -f "$work/port" "$work/said"
    python3 "$src/peer.py" "$work" "$work/$1.out" &
    peer=$!
    i=0
    while [ ! -s "$work/port" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
    read -r port forward < "$work/port"
    forward=hostfwd=tcp:127.0.0.1:$forward-:7
    case $2 in
    nic) boot "$1" 1 "net PORT=$port" -m 256M -kernel "$kernel" -nic "user,$forward" ;;
    *) boot "$1" 1 "net PORT=$port" -m 256M -kernel "$kernel" -device "$2,netdev=n" -netdev "user,id=n,$forward" ;;
    esac
    kill $peer 2> /dev/null
    wait $peer 2> /dev/null
    n=$((n + 1))
    if [ "$(cat "$work/said" 2> /dev/null)" = "hello host" ]; then echo "ok $n - $1: the host hears the guest"
    else echo "not ok $n - $1: the host hears the guest"; fi
}

# uboot NAME OPTIONS...: U-Boot, typed to, reads kernel and initial RAM disk from a disk and starts them
uboot() {
    k=$((($(stat -c %s "$kernel") + 511) / 512)) i=$(stat -c %s "$work/initrd")
    dd if="$kernel" of="$work/both" bs=512 conv=sync status=none
    dd if="$work/initrd" of="$work/both" bs=512 seek=$k conv=sync,notrunc status=none
    # The first lines end the wait for a key, and may be lost with what follows them.  The tree needs room to grow.
    set_args='setenv bootargs console=ttyS0 loglevel=4 T=rng'
    printf "\r\r\r\r\r\r\r\r\r$set_args\r$set_args\r" > "$work/typed"
    printf 'virtio dev 0\rvirtio read ${kernel_addr_r} 0 %x\r' $k >> "$work/typed"
    printf 'fdt move ${fdtcontroladdr} ${fdt_addr_r} 20000\r' >> "$work/typed"
    printf 'virtio read ${ramdisk_addr_r} %x %x\rbooti ${kernel_addr_r} ${ramdisk_addr_r}:%x ${fdt_addr_r}\r' \
        $k $(((i + 511) / 512)) "$i" >> "$work/typed"
    typed=$work/typed
    name=$1
    shift
    boot "$name" 1 rng -m 512M -drive "file=$work/both,format=raw,readonly=on" -device virtio-rng-device "$@"
    typed=
}

# A flash chip with U-Boot, which was linked for RAM, behind a few instructions that put it there.
make_flash() {
    cat > "$work/flash.S" <<'END'
    li t0, 0x20001000           # from, in flash
    li t1, 0x80200000           # to
    li t2, 0x80400000           # its end
1:  ld t3, 0(t0)
    sd t3, 0(t1)
    addi t0, t0, 8
    addi t1, t1, 8
    bltu t1, t2, 1b
    fence.i
    li t1, 0x80200000
    jr t1
END
    $cc -nostdlib -static -Wl,-Ttext=0x20000000 -Wl,--build-id=none -o "$work/flash.elf" "$work/flash.S" 2> /dev/null &&
        riscv64-linux-gnu-objcopy -O binary "$work/flash.elf" "$work/flash" && truncate -s 4096 "$work/flash" &&
        cat "$1" >> "$work/flash" && truncate -s 32M "$work/flash"
}

# same NAME CPUS WORDS: twice with time by instructions, the consoles are the same to the byte
same() {
    boot "$1" "$2" "$3" -m 256M -icount shift=3,sleep=off -kernel "$kernel"
    [ -e "$work/$1.out" ] || return
    cp "$work/$1.out" "$work/$1.first"
    boot "$1" "$2" "$3" -m 256M -icount shift=3,sleep=off -kernel "$kernel"
    n=$((n + 1))
    if cmp "$work/$1.first" "$work/$1.out" > "$work/$1.cmp" 2>&1; then
        echo "ok $n - $1: the same twice"
    else
        echo "not ok $n - $1: the same twice: $(cat "$work/$1.cmp")"
    fi
}

# kept NAME: a machine and its disk are kept, changed, and again what they were; qemu-img looks at the image
kept() {
    [ -z "$RHEA_LINUX_ONLY" ] || [ "$RHEA_LINUX_ONLY" = "$1" ] || return
    command -v python3 > /dev/null 2>&1 && command -v qemu-img > /dev/null 2>&1 ||
        { skip "$1" "python3 or qemu-img is not installed"; return; }
    rm -f "$work/kept.qcow2"
    qemu-img create -q -f qcow2 "$work/kept.qcow2" 64M
    cat > "$work/kept.script" <<'END'
< ~ #
> X=one; echo hello one | dd of=/dev/vda conv=fsync 2> /dev/null; echo re''ady
< ^ready$
sleep 1
> ^Acsavevm first
sleep 3
> info snapshots
< 1 +first
> ^Ac
sleep 1
> X=two; (seq 1 300000 > /dev/vda; sync); echo re''ady2
< ^ready2$
sleep 1
> ^Acsavevm second
sleep 3
> loadvm first
sleep 3
> ^Ac
sleep 1
> echo $X; echo 3 > /proc/sys/vm/drop_caches; head -1 /dev/vda; echo re''ady3
< ^one$
< ^hello one$
< ^ready3$
> ^Acdelvm first
sleep 2
> info snapshots
< 2 +second
> quit
END
    n=$((n + 1))
    bad=
    timeout "$seconds" python3 "$src/console.py" "$work/kept.script" "$work/$1.out" 60 "$rhea" -M virt -m 256M -nographic \
        -kernel "$kernel" -initrd "$work/initrd" -append "console=ttyS0 loglevel=3 T=shell" \
        -drive "file=$work/kept.qcow2,format=qcow2" > /dev/null 2> "$work/$1.err" || bad="status $?"
    qemu-img check -q "$work/kept.qcow2" || bad="$bad, the image is not sound"
    cat > "$work/kept.script" <<'END'
> 
< ~ #
> echo $X; head -2 /dev/vda | tail -1; poweroff -f
< ^two$
< ^2$
END
    timeout "$seconds" python3 "$src/console.py" "$work/kept.script" "$work/$1.out2" 60 "$rhea" -M virt -m 256M -nographic \
        -kernel "$kernel" -initrd "$work/initrd" -append "console=ttyS0 loglevel=3 T=shell" -loadvm second \
        -drive "file=$work/kept.qcow2,format=qcow2" > /dev/null 2>> "$work/$1.err" || bad="$bad, -loadvm: status $?"
    if [ -z "$bad" ]; then echo "ok $n - $1"; else echo "not ok $n - $1: $bad"; sed 's/^/# /' "$work/$1.err" | head -5; fi
}

# suspended NAME: to RAM, until a key wakes it
suspended() {
    [ -z "$RHEA_LINUX_ONLY" ] || [ "$RHEA_LINUX_ONLY" = "$1" ] || return
    command -v python3 > /dev/null 2>&1 || { skip "$1" "python3 is not installed"; return; }
    cat > "$work/suspended.script" <<'END'
< ~ #
> for f in $(find /sys/devices -path '*power/wakeup'); do echo enabled > $f; done; echo re''ady
< ^ready$
> echo mem > /sys/power/state; echo wo''ke $?
< CPU1: off
sleep 2
> 
< CPU1 is up
> 
< ^woke 0$
> poweroff -f
END
    n=$((n + 1))
    if timeout "$seconds" python3 "$src/console.py" "$work/suspended.script" "$work/$1.out" 60 "$rhea" -M virt -m 256M -smp 2 \
        -nographic -kernel "$kernel" -initrd "$work/initrd" -append "console=ttyS0 loglevel=7 no_console_suspend T=shell" \
        > /dev/null 2> "$work/$1.err"
    then echo "ok $n - $1"; else echo "not ok $n - $1"; sed 's/^/# /' "$work/$1.err" | head -5; fi
}

# efi NAME: U-Boot loads the kernel's EFI application from a file system, which loads the initial RAM disk from there
efi() {
    [ -z "$RHEA_LINUX_ONLY" ] || [ "$RHEA_LINUX_ONLY" = "$1" ] || return
    PATH=$PATH:/sbin:/usr/sbin command -v mkfs.ext4 > /dev/null 2>&1 && command -v python3 > /dev/null 2>&1 ||
        { skip "$1" "mkfs.ext4 or python3 is not installed"; return; }
    rm -rf "$work/efi"
    mkdir "$work/efi"
    cp "$kernel" "$work/efi/Image"
    cp "$work/initrd" "$work/efi/initrd"
    truncate -s 96M "$work/efi.disk"
    PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -O ^metadata_csum,^64bit -d "$work/efi" "$work/efi.disk" || return
    cat > "$work/efi.script" <<'END'
< Hit any key
> 
< =>
> setenv bootargs initrd=/initrd console=ttyS0 loglevel=4 T=rng
< =>
> virtio scan; load virtio 0 ${kernel_addr_r} Image
< =>
> bootefi ${kernel_addr_r} ${fdtcontroladdr}
< EFI stub: Loaded initrd
< T: bye
END
    n=$((n + 1))
    want 1 rng > "$work/want"
    timeout "$seconds" python3 "$src/console.py" "$work/efi.script" "$work/$1.out" 60 "$rhea" -M virt -m 512M -nographic \
        -no-reboot -kernel $uboot/u-boot.bin -drive "file=$work/efi.disk,format=raw,if=virtio" -device virtio-rng-device \
        > /dev/null 2> "$work/$1.err"
    status=$?
    tr -d '\r' < "$work/$1.out" | grep -a '^T: ' > "$work/have"
    if [ $status = 0 ] && cmp -s "$work/want" "$work/have"; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1: status $status"
        head -3 "$work/$1.err" | sed 's/^/# /'
        diff "$work/want" "$work/have" | sed 's/^/# /'
    fi
}

skip() {    # NAME WHY
    n=$((n + 1))
    echo "ok $n - $1 # SKIP $2"
}

[ -n "$perf" ] || skip perf "no $cc"
boot built-in 1 disk,fpu -m 128M -kernel "$kernel" -drive "file=$work/disk,format=raw,if=virtio"
boot snapshot 1 disk -m 128M -kernel "$kernel" -snapshot -drive "file=$work/disk,format=raw"
same icount 1 fpu
boot smp 4 "rng,${perf}storm" -m 256M -kernel "$kernel" -device virtio-rng-device
boot reset 2 reboot -m 128M -kernel "$kernel" -drive "file=$work/disk,format=raw"
if [ -e $sbi/fw_dynamic.bin ]; then
    boot opensbi 2 "${perf}fwcfg" -m 256M -bios $sbi/fw_dynamic.bin -kernel "$kernel"
else
    skip opensbi "the package opensbi is not installed"
fi
if "$rhea" -M virt,dumpdtb=$work/tree -netdev user,id=n > /dev/null 2>&1; then
    net net virtio-net-device
else
    skip net "built without libslirp"
fi
if [ "$RHEA_REAL" = full ]; then
    same icount-smp 3 storm
    suspended suspended
    kept kept
    net net-pci virtio-net-pci
    net nic nic
    boot gzip 1 "" -m 256M -kernel "$work/kernel.gz"
    boot pci 1 disk,rng,pci -m 256M -kernel "$kernel" -device virtio-rng-pci \
        -drive "file=$work/disk,format=raw,if=none,id=d" -device virtio-blk-pci,drive=d
    if command -v qemu-img > /dev/null 2>&1; then
        boot qcow2 1 disk -m 256M -kernel "$kernel" -drive "file=$work/disk.qcow2"
    else
        skip qcow2 "qemu-img is not installed"
    fi
    boot large 4 disk,storm -m 8G -kernel "$kernel" -drive "file=$work/disk,format=raw,if=virtio"
    boot opensbi-reset 2 reboot -m 256M -bios $sbi/fw_dynamic.bin -kernel "$kernel" -drive "file=$work/disk,format=raw"
    boot eight 8 storm -m 512M -kernel "$kernel"
    boot aclint 4 storm -m 256M -M aclint=on -kernel "$kernel"
    boot by-slot 1 disk,rng -m 256M -kernel "$kernel" -drive "file=$work/disk,format=raw,if=none,id=d" \
        -device virtio-rng-device,bus=virtio-mmio-bus.0 -device virtio-blk-device,drive=d,bus=virtio-mmio-bus.3
    boot packed 1 disk -m 256M -kernel "$kernel" -drive "file=$work/disk,format=raw,if=none,id=d" \
        -device virtio-blk-device,drive=d,packed=on
    boot hvc 1 console -m 256M -kernel "$kernel" -chardev "file,id=h,path=$work/hvc" -device virtio-console-device,chardev=h
    seconds=400
    boot tier0 1 "" -tier 0 -m 256M -kernel "$kernel"
    boot tier1 1 "" -tier 1 -m 256M -kernel "$kernel"
    seconds=120
    if [ -e $uboot/u-boot.bin ]; then
        uboot uboot -kernel $uboot/u-boot.bin
        if [ -n "$perf" ] && make_flash $uboot/u-boot.bin; then
            uboot uboot-pflash -drive "if=pflash,format=raw,readonly=on,file=$work/flash"
        else
            skip uboot-pflash "no $cc"
        fi
        uboot opensbi-uboot -bios $sbi/fw_dynamic.bin -kernel $uboot/u-boot.bin
        efi uboot-efi
    else
        skip uboot "the package u-boot-qemu is not installed"
    fi
    if [ -e $sbi/fw_jump.elf ]; then
        boot opensbi-jump 1 disk -m 512M -bios $sbi/fw_jump.elf -kernel "$kernel" \
            -drive "file=$work/disk,format=raw,if=virtio"
        boot opensbi-8 8 storm -m 2G -bios $sbi/fw_dynamic.bin -kernel "$kernel"
    fi
fi
echo "1..$n"
