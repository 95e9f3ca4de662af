#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Devices under Debian's kernel, with a shell on the serial line and QMP: bridges, cards that come and go, the balloon,
keys and pointers, a directory of the host, serial ports, disks copied at work, busy machines that move; TAP. See README.md."""
import glob
import json
import lzma
import os
import select
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.dont_write_bytecode = True
import tap
from tap import ok

build = os.environ.get("RHEA_BUILD", ".")
rhea = os.environ.get("RHEA_LINUX_PROGRAM", os.path.join(build, "bin/rhea-system-riscv64"))
deb = os.path.join(build, "foreign/riscv64")
work = os.path.join(build, "tests/linux/work-devices")
MODULES = ("virtio_mmio virtio_blk virtio-rng virtio_balloon failover net_failover virtio_net evdev virtio_input netfs 9pnet 9pnet_virtio 9p").split()
INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /mnt
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PATH=/bin PS1=
for m in /modules/*.ko; do insmod "$m"; done
stty -echo -onlcr < /dev/ttyS0
echo READY
sh < /dev/ttyS0
poweroff -f
"""


def make_initrd(box):
    root = os.path.join(work, "root")
    os.makedirs(os.path.join(root, "bin"))
    os.makedirs(os.path.join(root, "dev"))
    os.makedirs(os.path.join(root, "modules"))
    shutil.copy(box, os.path.join(root, "bin/busybox"))
    with open(os.path.join(root, "init"), "w") as f:
        f.write(INIT)
    os.chmod(os.path.join(root, "init"), 0o755)
    for i, m in enumerate(MODULES):
        found = glob.glob(f"{deb}/kernel/**/{m}.ko.xz", recursive=True)
        if found:
            with lzma.open(found[0]) as a, open(os.path.join(root, f"modules/{10 + i}-{m}.ko"), "wb") as b:
                b.write(a.read())
    names = subprocess.run(["find", "."], cwd=root, capture_output=True, check=True).stdout
    with open(os.path.join(work, "initrd"), "wb") as f:
        subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0"], cwd=root, input=names, stdout=f, check=True,
                       stderr=subprocess.DEVNULL)


class Guest:
    def __init__(self, kernel, *args, qmp="qmp", comes=False):
        path = os.path.join(work, qmp)
        self.p = subprocess.Popen([rhea, "-M", "virt", "-m", "256", "-display", "none", "-no-reboot", "-serial", "stdio",
                                   "-kernel", kernel, "-initrd", os.path.join(work, "initrd"), "-append",
                                   "console=ttyS0 loglevel=4", "-qmp", f"unix:{path},server,nowait", *args],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.p.stdout.fileno(), False)
        self.marks, self.events = 0, []
        self.text = "" if comes else self.until(b"READY\n", 120)
        self.s = socket.socket(socket.AF_UNIX)
        end = time.time() + 20
        while self.s.connect_ex(path) and time.time() < end and self.p.poll() is None:
            time.sleep(0.05)
        if self.p.poll() is not None:
            raise SystemExit("the machine ended: " + (self.p.stdout.read() or b"").decode())
        self.s.settimeout(30)
        self.f = self.s.makefile("rb")
        self.f.readline()
        self.do("qmp_capabilities")

    def until(self, what, seconds):
        out, end = b"", time.time() + seconds
        while what not in out and time.time() < end:
            if select.select([self.p.stdout], [], [], 0.2)[0]:
                piece = self.p.stdout.read()
                if not piece:
                    break
                out += piece
        return out.decode(errors="replace").replace("\r", "")

    def run(self, line):
        """A line of the guest's shell; what it says."""
        self.marks += 1
        mark = f"=={self.marks}=="
        self.p.stdin.write(f'{line}\necho "=""={self.marks}=""="\n'.encode())
        self.p.stdin.flush()
        text = self.until(mark.encode() + b"\n", 60)
        return text.replace(mark, "").strip()

    def wait(self, line, want, seconds=20):
        """Until the line says what is wanted."""
        end = time.time() + seconds
        have = self.run(line)
        while have != want and time.time() < end:
            time.sleep(0.2)
            have = self.run(line)
        return have == want

    def do(self, name, /, **args):
        self.s.sendall(json.dumps({"execute": name, "arguments": args}).encode())
        while True:
            r = json.loads(self.f.readline())
            if "event" not in r:
                return r.get("return", r.get("error"))
            self.events.append(r)

    def end(self):
        self.p.stdin.write(b"poweroff -f\n")
        self.p.stdin.flush()
        return self.p.wait(30)


def talk(path, say, want, seconds=20):
    """Says something at a socket until the answer has what is wanted; all that came."""
    got, end = b"", time.time() + seconds
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.settimeout(0.5)
        while want not in got and time.time() < end:
            s.sendall(say)
            try:
                got += s.recv(4096)
            except TimeoutError:
                pass
    return got


def ports(kernel):
    """Serial ports: a channel with a name, a console, one that comes and goes."""
    at = lambda n: os.path.join(work, n)
    g = Guest(kernel, "-device", "virtio-serial-pci,id=vs", "-chardev", f"socket,id=a,path={at('agent')},server=on,wait=off",
              "-device", "virtserialport,bus=vs.0,chardev=a,name=org.qemu.guest_agent.0,id=ch", "-chardev",
              f"socket,id=h,path={at('hvc')},server=on,wait=off", "-device", "virtconsole,chardev=h")
    ok(g.wait("cat /sys/class/virtio-ports/vport*p1/name; echo /dev/vport*",
              "org.qemu.guest_agent.0\n/dev/vport0p0 /dev/vport0p1"), "a console and a port with its name")
    g.run("(exec 5<> /dev/vport0p1; while :; do read -r line <&5 && echo \"guest: $line\" >&5 || sleep 0.1; done) > /dev/null 2>&1 &")
    ok(b"guest: hello" in talk(at("agent"), b"hello\n", b"guest: hello"), "a program answers at the port")
    ok(b"guest: again" in talk(at("agent"), b"again\n", b"guest: again"), "and the next client")
    g.do("query-status")
    ok([e["data"] for e in g.events if e["event"] == "VSERPORT_CHANGE"] == [{"id": "ch", "open": True}], "VSERPORT_CHANGE", g.events)
    g.run("(sh < /dev/hvc0 > /dev/hvc0 2>&1 &)")
    ok(b"is 42" in talk(at("hvc"), b"echo is $((6*7))\n", b"is 42"), "a shell on the console")
    g.do("chardev-add", id="n", backend={"type": "ringbuf", "data": {"size": 64}})
    ok(g.do("device_add", driver="virtserialport", bus="vs.0", chardev="n", name="hot", id="ch1") == {} and
       g.wait("cat /sys/class/virtio-ports/vport*p2/name", "hot"), "a port comes")
    g.run("echo hi > /dev/vport0p2")
    ok(g.do("ringbuf-read", device="n", size=10) == "hi\n", "what is written to it arrives")
    ok(g.do("device_del", id="ch1") == {} and g.wait("echo /dev/vport*", "/dev/vport0p0 /dev/vport0p1"), "and goes")
    ok("port 1 is there already" in g.do("device_add", driver="virtserialport", nr=1)["desc"], "two of one number")
    ok(g.end() == 0, "the guest powers off")


def churn(g, seconds):
    """The guest writes to its disk all the time; a file says how often it went round."""
    g.run("(n=0; while [ ! -e /tmp/stop ]; do n=$((n + 1)); dd if=/dev/urandom of=/dev/vda bs=64k count=40 seek=$((n * 37 % 200)) "
          "conv=notrunc 2> /dev/null; done; sync; echo $n > /tmp/rounds) &")
    time.sleep(seconds)


def settle(g):
    g.run("touch /tmp/stop; wait; sync; echo 3 > /proc/sys/vm/drop_caches; rm /tmp/stop")
    return int(g.run("cat /tmp/rounds")), g.run("md5sum < /dev/vda").split()[0]


def job(g, wanted, seconds=60):
    """Until a copy's job is ready, or (None) gone."""
    end = time.time() + seconds
    while time.time() < end:
        jobs = g.do("query-block-jobs")
        if (wanted is None and not jobs) or (jobs and jobs[0]["status"] == wanted):
            return True
        time.sleep(0.05)
    return False


def copies(kernel):
    """Disks are copied, and get images over them, while the guest writes to them."""
    if not shutil.which("qemu-img"):
        ok(True, "copies # SKIP qemu-img is not installed")
        return
    at = lambda n: os.path.join(work, n)
    disk = lambda n: subprocess.run(f"qemu-img convert -O raw {at(n)} {at('flat')} && md5sum < {at('flat')}", shell=True,
                                    capture_output=True, text=True).stdout.split()[0]
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", at("hd.qcow2"), "16M"], check=True)
    g = Guest(kernel, "-smp", "2", "-drive", f"file={at('hd.qcow2')},format=qcow2,if=none,id=hd,cache=none", "-device",
              "virtio-blk-device,drive=hd")
    churn(g, 1)
    ok(g.do("blockdev-snapshot-sync", **{"device": "hd", "snapshot-file": at("over.qcow2"), "snapshot-node-name": "over"}) == {},
       "an image is put over the disk of a guest that writes")
    time.sleep(0.5)
    ok(g.do("drive-mirror", **{"job-id": "m", "device": "hd", "target": at("mirror.raw"), "format": "raw", "sync": "full"}) == {} and
       job(g, "ready"), "it is copied, and the copy is ready while the guest writes")
    time.sleep(0.5)
    ok(g.do("block-job-complete", device="m") == {} and job(g, None), "the guest goes on with the copy")
    rounds, sum = settle(g)
    g.do("query-block")
    ok(rounds > 3 and disk("mirror.raw") == sum, f"which has what it has written ({rounds} rounds)", sum)
    churn(g, 0.3)
    node = [b["device"] for b in g.do("query-block") if b["inserted"]["file"].endswith("mirror.raw")][0]
    ok(g.do("blockdev-snapshot-sync", **{"device": node, "snapshot-file": at("top.qcow2")}) == {}, "another image over the copy")
    time.sleep(0.3)
    ok(g.do("block-commit", **{"job-id": "c", "device": node}) == {} and job(g, "ready"), "which is written back into it")
    ok(g.do("job-complete", id="c") == {} and job(g, None), "and gone")
    rounds, sum = settle(g)
    ok(disk("mirror.raw") == sum, f"the copy has what the guest has written ({rounds} rounds)", sum)
    ok(g.do("blockdev-snapshot-sync", **{"device": node, "snapshot-file": at("last.qcow2")}) == {}, "and another")
    churn(g, 0.3)
    ok(g.do("block-stream", **{"job-id": "s", "device": node}) == {} and job(g, None), "that takes in all that is below it")
    rounds, sum = settle(g)
    ok(g.do("drive-backup", **{"job-id": "b", "device": node, "target": at("backup.qcow2"), "format": "qcow2", "sync": "full",
                               "speed": 8 << 20}) == {}, "a backup")
    churn(g, 0.2)
    ok(job(g, None), "is done while the guest writes")
    rounds, now = settle(g)
    ok(disk("backup.qcow2") == sum and now != sum, f"and has what the disk had ({rounds} rounds)", (sum, now))
    ok(g.end() == 0, "the guest powers off")
    os.unlink(at("mirror.raw"))
    ok(disk("last.qcow2") == now and subprocess.run(["qemu-img", "check", "-q", at("last.qcow2")]).returncode == 0,
       "the image that was streamed has all without the one below")


CARDS = (("virtio-blk-pci", {"drive": "x"}, "1042"), ("virtio-net-pci", {"netdev": "nx"}, "1041"), ("virtio-rng-pci", {}, "1044"),
         ("virtio-balloon-pci", {}, "1045"), ("virtio-console-pci", {"chardev": "cx"}, "1043"), ("virtio-serial-pci", {}, "1043"),
         ("virtio-keyboard-pci", {}, "1052"), ("virtio-mouse-pci", {}, "1052"), ("virtio-tablet-pci", {}, "1052"),
         ("virtio-9p-pci", {"fsdev": "fx", "mount_tag": "hot"}, "1049"))


def cards(kernel):
    """Every kind of card comes and goes, twice, with packed rings that its driver takes."""
    with open(os.path.join(work, "x"), "wb") as f:
        f.write(bytes(65536))
    g = Guest(kernel, "-device", "pcie-root-port,id=rp,chassis=1,slot=1,power_controller_present=off", "-fsdev",
              f"local,id=fx,path={work}/share,security_model=none", "-chardev", "null,id=cx", "-netdev",
              "socket,id=nx,listen=127.0.0.1:0", "-blockdev", f"raw,node-name=x,file.driver=file,file.filename={work}/x")
    for driver, extra, number in CARDS:
        for turn in ("comes", "comes again"):
            r = g.do("device_add", driver=driver, id="hot", bus="rp", packed=True, **extra)
            g.run("echo 1 > /sys/bus/pci/rescan")
            bits = "cd /sys/bus/pci/devices/0000:01:00.0; cat device; cut -c33,35 virtio*/features; ls virtio*/driver | grep -c ^virtio"
            there = g.wait(bits, f"0x{number}\n11\n1", 10)
            g.run("echo 1 > /sys/bus/pci/devices/0000:01:00.0/remove")
            gone = g.do("device_del", id="hot")
            end = time.time() + 10
            while not any(e["event"] == "DEVICE_DELETED" for e in g.events) and time.time() < end:
                time.sleep(0.05)
                g.do("query-status")
            ok(r == {} and there and gone == {} and g.events, f"{driver} {turn}", r, g.run(bits), gone, g.events)
            g.events.clear()
    ok(g.end() == 0, "the guest powers off")


WORK = """(i=0; while [ $i -lt 10 ]; do seq 1 20000 | sha256sum; i=$((i + 1)); done > /tmp/w%d;
 awk 'BEGIN { for (i = 1; i <= 20000; i++) s += 1 / i; printf "%%.12f\\n", s }' >> /tmp/w%d; touch /tmp/done%d) &"""
WRITE = """(n=0; while [ $n -lt 60 ]; do n=$((n + 1)); dd if=/bin/busybox of=/dev/vda bs=4k count=100 seek=$((n * 37 % 700)) conv=notrunc;
 sync; done; touch /tmp/done0) > /dev/null 2>&1 &"""


def moves(kernel):
    """Four busy CPUs and a disk at work: kept, changed and taken back, then moved twice; nothing is other than at rest."""
    if not shutil.which("qemu-img"):
        ok(True, "moves # SKIP qemu-img is not installed")
        return
    at = lambda n: os.path.join(work, n)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", at("moving.qcow2"), "16M"], check=True)
    options = ["-smp", "4", "-drive", f"file={at('moving.qcow2')},format=qcow2,if=virtio,cache=none", "-device", "virtio-rng-pci"]
    g = Guest(kernel, *options)
    for i in range(1, 5):
        g.run(WORK.replace("\n", "") % (i, i, i))
    g.run(WRITE.replace("\n", ""))
    g.run("(while :; do head -c 1000 /dev/hwrng > /dev/null; done) &")
    hmp = lambda line: g.do("human-monitor-command", **{"command-line": line})
    time.sleep(0.5)
    ok(hmp("savevm busy") == "", "savevm of a busy machine")
    time.sleep(0.5)
    ok(hmp("loadvm busy") == "", "and loadvm")
    for i, uri in enumerate((f"unix:{at('move')}", f"file:{at('moved')}")):
        if uri.startswith("unix"):
            there = Guest(kernel, *options, "-incoming", uri, qmp=f"qmp{i}", comes=True)
        sent = g.do("migrate", uri=uri)
        g.do("query-status")
        g.s.close()
        g.p.stdin.close()
        g.p.kill()
        g.p.wait()
        if uri.startswith("file"):
            there = Guest(kernel, *options, "-incoming", uri, qmp=f"qmp{i}", comes=True)
        g = there
        time.sleep(0.3)
        status = g.do("query-status")
        ok(sent == {} and status.get("status") == "running", f"moved by {uri.split(':')[0]}", sent, status)
    ok(g.wait("ls /tmp/done* | wc -l", "5", 60), "the work comes to its end", g.run("ls /tmp"))
    have = g.run("cat /tmp/w1 /tmp/w2 /tmp/w3 /tmp/w4 | sort | uniq -c").split()
    sums = subprocess.run("seq 1 20000 | sha256sum", shell=True, capture_output=True, text=True).stdout.split()[0]
    ok(have[:3] == ["40", sums, "-"] or have[2:5] == ["40", sums, "-"], "with the right sums", have)
    ok(len(have) == 5 and "4" in have, "and the same floating point on all CPUs", have)
    said = g.run("dmesg | grep -iE 'lockup|stalls|BUG:|oops|hung|I/O error'")
    ok(said == "", "the kernel has nothing to say", said)
    ok(g.run("sync; echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/vda bs=4k skip=120 count=100 2> /dev/null | md5sum") ==
       g.run("dd if=/bin/busybox bs=4k count=100 2> /dev/null | md5sum"), "the disk has what was written last")
    ok(g.end() == 0, "the guest powers off")
    ok(subprocess.run(["qemu-img", "check", "-q", at("moving.qcow2")]).returncode == 0, "the image is sound")


def functions(g):
    """Bridges, and cards that come and go under a kernel without a driver for slots."""
    have = g.run("for d in /sys/bus/pci/devices/*; do echo $(basename $d) $(cat $d/vendor $d/device); done").split("\n")
    want = {"0000:00:00.0 0x1b36 0x0008", "0000:00:08.0 0x1b36 0x000c", "0000:00:09.0 0x1b36 0x000c",
            "0000:00:0a.0 0x1b36 0x0001", "0000:01:00.0 0x1af4 0x1042", "0000:03:01.0 0x1af4 0x1044"}
    ok(want <= set(have), "a host bridge, two ports, a bridge; a disk and an entropy device behind them", have)
    ok(g.run("dd if=/dev/vda bs=64k 2> /dev/null | sha256sum | cut -c1-8") == g.sum, "the disk behind the port")
    ok(g.run("head -c 100 /dev/hwrng | wc -c") == "100", "the entropy device behind the bridge")
    ok(g.do("device_add", driver="virtio-rng-pci", id="hot", bus="rp2") == {}, "a card comes")
    g.run("echo 1 > /sys/bus/pci/rescan")
    ok(g.run("cat /sys/bus/pci/devices/0000:02:00.0/device") == "0x1044", "the guest finds it")
    ok(g.run("head -c 100 /dev/hwrng | wc -c; ls /sys/bus/virtio/drivers/virtio_rng | grep -c ^virtio") == "100\n2",
       "and drives it")
    ok(g.do("device_del", id="hot") == {} and not g.events, "in use it stays")
    ok("process" in g.do("device_del", id="hot")["desc"], "asked for once")
    g.run("echo 1 > /sys/bus/pci/devices/0000:02:00.0/remove")
    g.run("true")
    ok(g.do("device_add", driver="virtio-rng-pci", id="hot", bus="rp2").get("class") == "GenericError", "its slot is taken")


def balloon(g):
    before = int(g.run("awk '/MemTotal/ { print $2 }' /proc/meminfo"))
    g.do("qom-set", path="/machine/peripheral/bal", property="guest-stats-polling-interval", value=1)
    ok(g.do("balloon", value=128 << 20) == {}, "balloon: keep 128 of 256 MiB")
    ok(g.wait("awk '/MemTotal/ { print $2 < %d }' /proc/meminfo" % (before - 130000), "1"), "the guest has less")
    ok(g.do("query-balloon") == {"actual": 128 << 20}, "query-balloon")
    time.sleep(2.5)
    stats = g.do("qom-get", path="/machine/peripheral/bal", property="guest-stats")
    ok(stats["last-update"] > 0 and stats["stats"]["stat-total-memory"] < 128 << 20, "its statistics", stats)
    changes = [e["data"]["actual"] for e in g.events if e["event"] == "BALLOON_CHANGE"]
    ok(changes and changes[-1] == 128 << 20 and len(changes) <= 8, "BALLOON_CHANGE, once a second", changes)
    g.do("balloon", value=256 << 20)
    ok(g.wait("awk '/MemTotal/ { print $2 == %d }' /proc/meminfo" % before, "1"), "and gets it back")


def keys(g):
    names = g.run("sed -n 's/^N: Name=//p' /proc/bus/input/devices | sort").split("\n")
    ok(names == ['"rhea virtio keyboard"', '"rhea virtio mouse"', '"rhea virtio tablet"'], "three devices", names)
    g.run("for i in 0 1 2; do (dd if=/dev/input/event$i bs=24 count=3 of=/tmp/e$i 2> /dev/null &) ; done; sleep 1")
    g.do("human-monitor-command", **{"command-line": "sendkey a"})
    g.do("human-monitor-command", **{"command-line": "mouse_move 5 -3"})
    g.do("input-send-event", events=[{"type": "abs", "data": {"axis": "x", "value": 1000}},
                                     {"type": "abs", "data": {"axis": "y", "value": 2000}}])
    time.sleep(0.5)
    have = g.run("""for i in 0 1 2; do hexdump -v -e '24/1 "%02x" "\\n"' /tmp/e$i | cut -c33-48; done | sort -u""")
    want = {"01001e0001000000", "0200000005000000", "02000100fdffffff", "03000000e8030000", "03000100d0070000"}
    ok(want <= set(have.split("\n")), "a key, a movement, a position arrive", have)


def directory(g):
    ok(g.run("mount -t 9p -o trans=virtio,version=9p2000.L,msize=131072 share /mnt; echo $?") == "0", "mount")
    ok(g.run("cat /mnt/lines | sha256sum | cut -c1-8") == g.sum, "a file of the host")
    ok(g.run("find /mnt | wc -l") == "204", "find: 200 files")
    ok(g.run("mkdir /mnt/new; cd /mnt/new; tar cf t -C /mnt many lines; tar xf t; diff -r many ../many && cmp lines ../lines; "
             "echo $?") == "0", "tar out of it and into it")
    ok(g.run("mv lines l2; ln l2 l3; ln -s l2 l4; readlink l4; cat l4 | wc -c; rm l3; stat -c %h l2").split()
       == ["l2", "1048576", "1"], "names")
    ok(g.run("echo a > x; exec 5< x; rm x; cat <&5; exec 5<&-; ls x 2>&1 | grep -c 'No such'") == "a\n1", "open and removed")
    ok(g.run("chmod 640 l2; touch -d '2020-01-01 00:00' l2; truncate -s 99 l2; stat -c '%a %s' l2") == "640 99", "attributes")
    ok(g.run("cat /mnt/out 2>&1 | grep -c 'No such'") == "1", "a link that leads out leads to the guest's own files")
    ok(g.run("i=0; while [ $i -lt 600 ]; do echo $i > d$i; i=$((i+1)); done; ls | grep -c ^d") == "600", "600 new files")
    ok(g.run("rm d*; cd /; rm -rf /mnt/new; umount /mnt; echo $?") == "0", "all of it away")
    left = sorted(os.listdir(os.path.join(work, "share")))
    ok(left == ["lines", "many", "out"] and len(os.listdir(os.path.join(work, "share/many"))) == 200, "as the host sees", left)


if not os.path.exists(rhea):
    tap.skip("rhea-system-riscv64 is not built")
if not shutil.which("cpio"):
    tap.skip("cpio is not installed")
kernels = glob.glob(f"{deb}/kernel/boot/vmlinu?-*")
boxes = glob.glob(f"{deb}/root/usr/bin/busybox") + glob.glob(f"{deb}/root/bin/busybox")
if not kernels or not boxes:
    tap.skip("no kernel or busybox: run ./quickstart check")
shutil.rmtree(work, ignore_errors=True)
os.makedirs(os.path.join(work, "share/many"))
make_initrd(boxes[0])
lines = "".join(f"line {i} of a file\n" for i in range(60000))[:1 << 20].encode()
for name in ("share/lines", "disk"):
    with open(os.path.join(work, name), "wb") as f:
        f.write(lines)
for i in range(200):
    with open(os.path.join(work, f"share/many/{i}"), "w") as f:
        f.write(f"file {i}\n")
os.symlink("/etc/passwd", os.path.join(work, "share/out"))
guest = Guest(kernels[0], "-device", "pcie-root-port,id=rp1,chassis=1,slot=1,addr=8", "-device",
              "pcie-root-port,id=rp2,chassis=1,slot=2,addr=9,power_controller_present=off", "-device", "pci-bridge,id=br,chassis_nr=2,addr=a",
              "-drive", f"if=none,id=d,format=raw,file={work}/disk", "-device", "virtio-blk-pci,drive=d,bus=rp1",
              "-device", "virtio-rng-pci,bus=br,addr=1", "-device", "virtio-balloon-pci,id=bal", "-device",
              "virtio-keyboard-device", "-device", "virtio-mouse-pci", "-device", "virtio-tablet-pci", "-virtfs",
              f"local,path={work}/share,mount_tag=share,security_model=none")
guest.sum = subprocess.run(["sha256sum"], input=lines, capture_output=True, check=True).stdout.decode()[:8]
if not guest.text.endswith("READY\n"):
    ok(False, "the guest starts", guest.text[-1000:])
else:
    functions(guest)
    balloon(guest)
    keys(guest)
    directory(guest)
    ok(guest.end() == 0, "power-off")
ports(kernels[0])
copies(kernels[0])
if os.environ.get("RHEA_REAL") == "full":
    cards(kernels[0])
    moves(kernels[0])
tap.done()
