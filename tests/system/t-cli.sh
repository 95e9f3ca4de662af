#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The command line of rhea-system-riscv64: errors, help, exit statuses; TAP.
build=${RHEA_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
rhea=$build/bin/rhea-system-riscv64
work=$build/tests/system/work
n=0
[ -x "$rhea" ] || { echo "1..0 # SKIP rhea-system-riscv64 is not built"; exit 0; }
rm -rf "$work"
mkdir -p "$work" && cd "$work" || exit 1
printf 'not a kernel, but bytes' > plain
: > empty
printf '\037\213\010\000 damaged gzip data follows here' > damaged.gz
head -c 100000 /dev/zero | gzip > small.gz
head -c 3000000 /dev/zero | gzip > large.gz
printf '\177ELF\002\001\001\000' > short.elf
{ printf 'QFI\373'; head -c 1020 /dev/zero; } > looks
head -c 4096 /dev/zero > disk
cp disk 'a,b'

result() {      # GOOD NAME
    n=$((n + 1))
    if [ "$1" = 1 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# fails STATUS TEXT WORDS...: one line on standard error has TEXT; nothing else is said
fails() {
    want=$1 text=$2
    shift 2
    timeout 20 "$rhea" "$@" > out 2> err < /dev/null
    status=$?
    good=0
    [ $status = "$want" ] && [ ! -s out ] && [ "$(wc -l < err)" = 1 ] && grep -qF -- "$text" err && good=1
    result $good "$*: $text"
    [ $good = 1 ] || { echo "# status $status"; head -3 err out | sed 's/^/# /' | cut -c1-200; }
}

# says TEXT WORDS...: status 0, standard output has TEXT
says() {
    text=$1
    shift
    timeout 20 "$rhea" "$@" > out 2> err < /dev/null
    status=$?
    good=0
    [ $status = 0 ] && [ ! -s err ] && grep -qF -- "$text" out && good=1
    result $good "$*: $text"
    [ $good = 1 ] || { echo "# status $status"; head -3 err out | sed 's/^/# /' | cut -c1-200; }
}

fails 2 "there is no option '-kernl'; did you mean '-kernel'?" -kernl x
fails 2 "-m needs a value: SIZE" -m
fails 2 "shift=12: must be a number from 0 to 10" -icount shift=12
fails 2 "shift=auto is not implemented" -icount auto
fails 2 "rr=record: shift=, sleep= and align= are there" -icount shift=3,rr=record
fails 2 "align=on needs sleep=on" -icount shift=3,sleep=off,align=on
fails 1 "there is no disk that can keep the machine" -loadvm x
fails 1 "h=on: not implemented: it can only be off" -kernel plain -cpu rv64,h=on
fails 1 "sv39=maybe: it can be on or off" -kernel plain -cpu rv64,sv39=maybe
fails 1 "did you mean 'rv64'" -kernel plain -cpu rv65
fails 1 "vlen=100: it can be 128 or 256" -kernel plain -cpu rv64,v=on,vlen=100
says "PROPERTY=on or off" -cpu help
fails 2 "-icount nix: " -icount nix
fails 1 "discard=ignore: not implemented" -drive file=disk,format=raw,discard=ignore
fails 2 "-tier 2: must be 0, 1 or auto" -tier 2
fails 2 "-accel kvm: this program has only tcg" -accel kvm
fails 2 "-display gtk: not implemented" -display gtk
fails 1 "there is no machine 'vrt'; did you mean 'virt'?" -M vrt
fails 1 "there is no property 'aclnt'; did you mean 'aclint'?" -M virt,aclnt=on
fails 1 "aclint: 'perhaps' is not 'on' or 'off'" -M virt,aclint=perhaps
fails 1 "accel=kvm: this program has only tcg" -M virt,accel=kvm
fails 1 "-cpu mx: cpu[0] (rv64-riscv-cpu): model: there is no CPU model 'mx'; did you mean 'max'?" -cpu mx -kernel plain
fails 1 "-m 1x: must be a size" -m 1x
fails 1 "memory: 65536 is out of range: 1M to 1T" -m 64K
fails 1 "is out of range: 1M to 1T" -m 2T
fails 1 "65 CPUs: this machine can have 1 to 64" -smp 65
fails 1 "-smp 0: cpus must be a number from 1 to 4096" -smp 0
fails 1 "-smp 4,maxcpus=2: maxcpus must be at least the 4 CPUs that there are" -smp 4,maxcpus=2
fails 1 "nothing to run: give it a -kernel, a -bios or a -drive if=pflash"
fails 1 "kernel 'none': No such file or directory" -kernel none
fails 1 "kernel 'empty': the file is empty" -kernel empty
fails 1 "kernel '.': " -kernel .
fails 1 "kernel 'damaged.gz': damaged gzip data" -kernel damaged.gz
fails 1 "kernel 'large.gz': unpacked, it is larger than the machine's memory" -m 2 -kernel large.gz
fails 1 "kernel '/bin/sh': an ELF file for another architecture" -kernel /bin/sh
fails 1 "kernel 'short.elf': a truncated ELF file" -kernel short.elf
fails 1 "firmware '/bin/sh': an ELF file for another architecture" -bios /bin/sh
fails 1 "no memory for it at 0x80200000" -m 2 -kernel plain
fails 1 "initrd 'none': No such file" -kernel plain -initrd none
fails 1 "-initrd needs a -kernel" -bios plain -initrd plain
fails 1 "-append needs a -kernel" -bios plain -append x
fails 1 "plain: no usable device tree" -kernel plain -dtb plain
fails 1 "-drive file=none: " -drive file=none -kernel plain
fails 1 "if=ide: not implemented; virtio, pflash and none are there" -drive file=disk,if=ide -kernel plain
fails 1 "the words are file, format" -drive file=disk,fromat=raw -kernel plain
fails 1 "file= is missing" -drive if=virtio -kernel plain
fails 1 "'looks' looks like a qcow2 image: say format=qcow2 or format=raw" -drive file=looks -kernel plain
fails 1 "there is no block back end 'blockdev-rw'; did you mean 'blockdev-raw'?" -drive file=disk,format=rw -kernel plain
fails 1 "a flash chip needs exactly 33554432" -drive file=disk,if=pflash -kernel plain
fails 1 "this machine has 2 flash chips" -drive file=disk,if=pflash,unit=2 -kernel plain
fails 1 "there is no device 'virtio-blk-devic'; did you mean 'virtio-blk-device'?" -device virtio-blk-devic
fails 1 "virtio-mmio is part of boards and cannot be added" -device virtio-mmio
fails 1 "drive: must be set" -device virtio-blk-device -kernel plain
fails 1 "drive: there is no blockdev 'd'" -device virtio-blk-device,drive=d -kernel plain
fails 1 "is used by another device" -drive file=disk,id=d -device virtio-blk-device,drive=d -kernel plain
fails 1 "there is no bus 'nowhere'" -device virtio-rng-device,bus=nowhere -kernel plain
fails 1 "another device is in that slot" -device virtio-rng-pci,addr=0 -kernel plain
fails 1 "is full: it holds 1" -device virtio-rng-device,bus=virtio-mmio-bus.1 -device virtio-rng-device,bus=virtio-mmio-bus.1
fails 1 "there is no device 'virtio-rng'" -device virtio-rng,help
fails 1 "device 'vhost-vsock-pci': not implemented" -device vhost-vsock-pci,guest-cid=3 -kernel plain
fails 1 "device 'virtio-scsi-pci': not implemented" -device virtio-scsi-pci,help
fails 1 "-serial foo: there is no such back end" -serial foo
fails 1 "-serial null: this machine has 1 serial lines" -serial null -serial null
fails 1 "-chardev fiel,id=x: there is no character back end 'chardev-fiel'; did you mean 'chardev-file'?" -chardev fiel,id=x
fails 1 "there is no network back end 'netdev-usr'; did you mean" -netdev usr,id=n
fails 1 "needs a name (id=...)" -netdev null
fails 1 "netdev: there is no netdev 'n'" -device virtio-net-device,netdev=n -kernel plain
fails 1 "is no address of a device" -device virtio-net-device,mac=1:2:3:4:5:6 -kernel plain
if "$rhea" -M virt,dumpdtb=x -netdev user,id=n; then
    fails 1 "must be [tcp|udp]:[HOST]:PORT-[GUEST]:PORT" -netdev user,id=n,hostfwd=tcp:22-22 -kernel plain
    fails 1 "net=10.0.2.0/99: must be an IPv4 network" -netdev user,id=n,net=10.0.2.0/99 -kernel plain
fi
fails 1 "-nic null,model=virtio-net: there is no device" -nic null,model=virtio-net -kernel plain
fails 1 "-nic nul: there is no network back end" -nic nul -kernel plain
fails 1 "-d foo: 'foo' is no item" -d foo -kernel plain

says "usage: rhea-system-riscv64" -help
says "rhea-system-riscv64 version " -version
says "virt                 RISC-V VirtIO board (default)" -M help
says "aclint=<bool>" -M virt,help
says "RV64GC with" -cpu help
says "virtio-blk-pci" -device help
says "packed=<bool>" -device virtio-blk-pci,help
says "guest_errors" -d help
says "memory-backend-file" -object help
says "socket" -chardev help
says "null" -netdev help

# What QEMU has and this program has not is said by its name, with what to use instead.
fails 2 "-trace: not implemented: trace points; -d has what can be logged" -trace x
fails 1 "-drive file=none,media=cdrom,format=raw: " -cdrom none
fails 1 "-net user: a device (-net nic) is missing beside it" -net user -kernel plain
fails 1 "-net nic: one nic and one back end are there" -net nic -net nic -net user -kernel plain
fails 1 "cache= and its parts" -drive file=disk,format=raw,cache=none,cache.direct=on -kernel plain
fails 1 "werror=stop: not implemented; report is what there is" -drive file=disk,format=raw,werror=stop -kernel plain
fails 1 "pflash2: this machine has 2 flash chips" -M virt,pflash2=x -kernel plain
fails 1 "there is no blockdev 'x'" -M virt,pflash0=x -kernel plain
fails 1 "reconnect: only for who connects" -chardev socket,id=x,path=sock,server=on,reconnect=1 -kernel plain
fails 1 "logfile: '/none/x'" -chardev null,id=x,logfile=/none/x -kernel plain
fails 1 "mux: 'maybe' is not 'on' or 'off'" -chardev null,id=x,mux=maybe -S
fails 1 "pretty: '1' is not" -chardev null,id=x -mon x,mode=control,pretty=1 -S
fails 1 "takes 4 front ends" -chardev null,id=x,mux=on -serial chardev:x -mon x -mon x -mon x -mon x -S -kernel plain
fails 1 "physical_block_size: is less than logical" -drive file=disk,format=raw,if=none,id=d -device virtio-blk-pci,drive=d,logical_block_size=4096 -kernel plain
fails 1 "must be a power of two" -drive file=disk,format=raw,if=none,id=d -device virtio-blk-pci,drive=d,logical_block_size=1000 -kernel plain
fails 2 "-enable-kvm: not implemented: KVM" -enable-kvm
fails 2 "-sandbox on: not implemented; -sandbox off is what there is" -sandbox on
fails 2 "-overcommit x: must be mem-lock=on or mem-lock=off" -overcommit x
fails 2 "-action panic: must be" -action panic
fails 1 "aia=aplic: not implemented: APLIC and IMSIC" -M virt,aia=aplic
fails 1 "usb=on: not implemented" -M virt,usb=on
fails 1 "throttle-group: not implemented" -object throttle-group,id=x
fails 1 "there is no object type 'rng-buildin'; did you mean 'rng-builtin'?" -object rng-buildin,id=x
fails 1 "Parameter 'id' is missing" -object rng-builtin
fails 1 "filename 'none': No such file" -object rng-random,id=x,filename=none
fails 1 "size: must be set" -object memory-backend-ram,id=x
fails 1 "is not as large as the machine's memory" -object memory-backend-ram,id=x,size=64M -M virt,memory-backend=x -kernel plain
fails 1 "there is no memory-backend 'y'" -M virt,memory-backend=y -kernel plain
fails 1 "there is no device 'virtio-blk-pcx'" -global virtio-blk-pcx.a=b
fails 1 "-global: " -global virtio-blk-pci.nix=1 -drive file=disk,format=raw,if=none,id=d -device virtio-blk-pci,drive=d -kernel plain
fails 1 "must be DRIVER.PROPERTY=VALUE" -global nix
fails 1 "must be name=NAME and file=FILE or string=TEXT" -fw_cfg name=opt/x
fails 1 "-rtc base=x: base is utc, localtime, or a time" -rtc base=x
fails 1 "-uuid 1: must be such as" -uuid 1
fails 1 "cpu-num: not implemented" -device loader,file=plain,cpu-num=0 -kernel plain
fails 1 "must be file= and perhaps addr=" -device loader,addr=0x80000000 -kernel plain
fails 1 "overlap in memory" -device loader,addr=0x80200000,data=1,data-len=4 -kernel plain
fails 1 "Parameter 'node-name' is missing" -blockdev driver=file,filename=disk
fails 1 "Parameter 'filename' is missing" -blockdev driver=file,node-name=x
fails 1 "'nix': this driver has no such option" -blockdev driver=file,filename=disk,node-name=x,nix=1
fails 1 "cache.direct=maybe" -drive file=disk,format=raw,cache.direct=maybe
fails 1 "Cannot find device='y'" -blockdev driver=raw,file=y,node-name=x
fails 1 "Block node 'y' is read-only" -blockdev driver=file,filename=disk,node-name=y,read-only=on -blockdev driver=raw,file=y,node-name=x
fails 1 "Block node 'y' is read-only" -blockdev driver=file,filename=disk,node-name=y,read-only=yes -blockdev driver=raw,file=y,node-name=x
fails 1 "1:10: Parse error" -blockdev '{"driver":'
fails 1 "to at most 32 letters" -virtfs local,path=.,security_model=none -kernel plain
fails 1 "security_model must be one of" -virtfs local,path=.,mount_tag=t -kernel plain
fails 1 "'none': No such file" -fsdev local,path=none,security_model=none,id=f -kernel plain
fails 1 "-runas nobody-here: there is no such user" -runas nobody-here -bios plain -S
printf 'x = "1"\n' > bad.cfg
fails 2 "line 1: must be [section] or name" -readconfig bad.cfg
fails 1 "the machine 'none' runs nothing" -M none -kernel plain

timeout 20 "$rhea" -M virt,dumpdtb=tree.dtb -smp 3 -m 1G > out 2>&1
result $([ $? = 0 ] && [ ! -s out ] && [ "$(od -An -tx1 -N4 tree.dtb | tr -d ' ')" = d00dfeed ] && echo 1) "dumpdtb writes a device tree"
mkfifo fifo && (timeout 20 cat fifo > piped) & sleep 0.2
timeout 20 "$rhea" -M virt,dumpdtb=fifo -smp 3 -m 1G > out 2>&1
wait
result $([ -p fifo ] && [ -s piped ] && echo 1) "into what is no file, too, which stays what it is"
if command -v dtc > /dev/null 2>&1; then
    dtc -q -I dtb -O dts tree.dtb > tree.dts 2> err
    result $([ ! -s err ] && [ "$(grep -c 'riscv,cpu-intc' tree.dts)" = 3 ] &&
        grep -q 'reg = <0x00 0x80000000 0x00 0x40000000>' tree.dts && echo 1) "which dtc reads: 3 harts, 1 GiB"
    sed '/mmu-type/d' tree.dts | dtc -q -I dts -O dtb -o mine.dtb
    timeout 20 "$rhea" -M virt,dumpdtb=again.dtb -dtb mine.dtb > out 2>&1
    dtc -q -I dtb -O dts again.dtb | grep -q mmu-type
    result $([ $? = 1 ] && echo 1) "-dtb takes its place"
else
    n=$((n + 2)); echo "ok $((n - 1)) - dtc # SKIP dtc is not installed"; echo "ok $n - dtc # SKIP dtc is not installed"
fi

# Guests: a few instructions that store value to the test finisher, after "hi" on the UART.
guest() {       # FILE VALUE
    {   printf '\363\042\100\361\143\220\002\000'   # csrr t0, mhartid; bnez t0, .: one hart speaks
        printf '\267\002\000\020'               # lui  t0, 0x10000
        printf '\023\003\200\006\043\200\142\000'   # li t1, 'h'; sb t1, 0(t0)
        printf '\023\003\220\006\043\200\142\000'   # li t1, 'i'; sb
        printf '\267\002\020\000'               # lui  t0, 0x100
        # lw t1, 12(pc): auipc t1, 0; lw t1, 12(t1); sw t1, 0(t0); j .
        printf '\027\003\000\000\003\043\003\001\043\240\142\000\157\000\000\000'
        printf "$2"; } > "$1"
}
guest off '\125\125\000\000'
guest code '\063\063\005\000'
guest again '\167\167\000\000'
for t in 0 1; do
    timeout 20 "$rhea" -tier $t -bios off -serial stdio -display none < /dev/null > out 2> err
    result $([ $? = 0 ] && [ "$(cat out)" = hi ] && [ ! -s err ] && echo 1) "tier $t: a guest prints and powers off"
    timeout 20 "$rhea" -tier $t -bios code -serial stdio < /dev/null > out 2> err
    result $([ $? = 5 ] && [ "$(cat out)" = hi ] && echo 1) "tier $t: its status is the program's"
done
timeout 20 "$rhea" -bios none -kernel off -serial file:said < /dev/null > out 2> err
result $([ $? = 0 ] && [ "$(cat said)" = hi ] && [ ! -s out ] && echo 1) "-bios none -kernel, the serial line in a file"
timeout 20 "$rhea" -bios again -no-reboot -serial stdio < /dev/null > out 2> err
result $([ $? = 0 ] && [ "$(cat out)" = hi ] && echo 1) "-no-reboot: a reset ends it"
timeout 3 "$rhea" -bios again -serial stdio < /dev/null > out 2> err
result $([ "$(head -c 20 out)" = hihihihihihihihihihi ] && echo 1) "a reset begins anew, many times"
timeout 2 "$rhea" -S -bios off -serial stdio < /dev/null > out 2> err
result $([ $? = 124 ] && [ ! -s out ] && echo 1) "-S: nothing runs"
timeout 2 "$rhea" -no-shutdown -bios off -serial stdio < /dev/null > out 2> err
result $([ $? = 124 ] && [ "$(cat out)" = hi ] && echo 1) "-no-shutdown: it stays"
timeout 20 "$rhea" -S -bios off -display none -pidfile pid < /dev/null > out 2> err &
while [ ! -s pid ]; do sleep 0.1; done
sleep 0.5
kill "$(cat pid)" && wait $!
result $([ ! -e pid ] && [ ! -s err ] && echo 1) "pidfile: there while the machine is, and gone after it"
timeout 20 "$rhea" -daemonize -S -bios off -pidfile pid -display none < /dev/null > out 2> err
status=$?
[ -s pid ] && kill -0 "$(cat pid)" && kill "$(cat pid)"
result $([ $? = 0 ] && [ $status = 0 ] && [ ! -s err ] && echo 1) "daemonize: the machine is made when the command ends"
timeout 20 "$rhea" -daemonize -S -bios nowhere -display none < /dev/null > out 2> err
result $([ $? = 1 ] && grep -q "No such file" err && echo 1) "daemonize: a failure is told, and is the status"
cat > good.cfg <<EOF
# a comment
[machine]
  type = "virt"
[memory]
  size = "64M"
[drive "d"]
  file = "a,b"
  format = "raw"
  if = "none"
[device "disk0"]
  driver = "virtio-blk-pci"
  drive = "d"
EOF
timeout 20 "$rhea" -readconfig good.cfg -bios off -serial stdio < /dev/null > out 2> err
result $([ $? = 0 ] && [ "$(cat out)" = hi ] && echo 1) "readconfig"
timeout 20 "$rhea" -bios off -serial stdio -blockdev driver=file,node-name=f,filename=a,,b -name x,debug-threads=on -msg timestamp=on \
    -blockdev '{"driver": "raw", "node-name": "d", "file": "f", "cache": {"no-flush": true}}' -boot strict=on -overcommit mem-lock=off \
    -device '{"driver": "virtio-blk-pci", "drive": "d", "id": "x", "bootindex": 1}' -object rng-builtin,id=r -L /usr/share/x \
    -device virtio-rng-pci,rng=r -object iothread,id=t -global virtio-blk-pci.iothread=t -M virt -machine accel=tcg,usb=off \
    -uuid 01234567-89ab-cdef-0123-456789abcdef -rtc base=2020-02-03T04:05:06,clock=vm -fw_cfg name=opt/x,string=y -parallel none \
    -object memory-backend-file,id=m,size=128M,mem-path=.,share=on -machine memory-backend=m -action reboot=shutdown \
    < /dev/null > out 2> err
result $([ $? = 0 ] && [ "$(cat out)" = hi ] && [ ! -s err ] && echo 1) "what QEMU's users write"
head -c 33554432 /dev/zero > flash
timeout 20 "$rhea" -chardev stdio,id=c,mux=on,signal=off,logfile=log -serial chardev:c -mon chardev=c,mode=readline -bios off \
    -drive file=disk,format=raw,if=none,id=d,cache=none,aio=native,werror=report -cdrom disk -net none \
    -device virtio-blk-pci,drive=d,write-cache=on,num-queues=1,logical_block_size=4096,physical_block_size=4096 \
    -drive file='a,,b',format=raw,media=cdrom,cache.direct=on,cache.writeback=off -monitor telnet:127.0.0.1:0,server,nowait \
    -blockdev driver=file,node-name=f,filename=flash -machine pflash1=f -smp 1,maxcpus=4 < /dev/null > out 2> err
result $([ $? = 0 ] && [ "$(cat out)" = hi ] && [ "$(cat log)" = hi ] && [ ! -s err ] && echo 1) "and more of it"
timeout 20 "$rhea" -device loader,file=off,addr=0x80000000,force-raw=on -bios none -serial stdio < /dev/null > out 2> err
result $([ $? = 0 ] && [ "$(cat out)" = hi ] && echo 1) "device loader"
(sleep 1; printf '\001h'; sleep 1; printf '\001x') | timeout 20 "$rhea" -S -bios off -nographic > out 2> err
result $([ $? = 0 ] && grep -q 'C-a x  end the emulator' out && echo 1) "C-a h, C-a x"
timeout 20 "$rhea" -bios off -drive 'file=a,,b,format=raw,id=d' -serial stdio < /dev/null > out 2> err
result $([ $? = 0 ] && [ "$(cat out)" = hi ] && echo 1) "a comma in a file's name"
cp off pad && truncate -s 32M pad
timeout 20 "$rhea" -bios none -drive if=pflash,file=pad,format=raw -serial stdio < /dev/null > out 2> err
result $([ $? = 0 ] && [ "$(cat out)" = hi ] && echo 1) "code in flash runs"
echo "1..$n"
