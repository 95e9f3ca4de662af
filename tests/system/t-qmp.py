#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The QMP and the readable monitor of rhea-system-riscv64, as clients use them; TAP."""
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.dont_write_bytecode = True
import tap
from tap import ok

build = os.path.abspath(os.environ.get("RHEA_BUILD", "."))
rhea = os.path.join(build, "bin/rhea-system-riscv64")
work = os.path.join(build, "tests/system/work-qmp")


class Machine:
    """A machine and its QMP connection."""
    def __init__(self, *args):
        self.path = os.path.join(work, "qmp")
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.err = open(os.path.join(work, "stderr"), "w+")
        self.p = subprocess.Popen([rhea, "-M", "virt", "-m", "64", "-display", "none", "-qmp",
                                   f"unix:{self.path},server,nowait", *args],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.err, cwd=work)
        self.connect()

    def connect(self):
        for _ in range(200):
            self.s = socket.socket(socket.AF_UNIX)
            try:
                self.s.connect(self.path)
                break
            except OSError:
                self.s.close()
                if self.p.poll() is not None:
                    raise SystemExit("the machine ended: " + open(self.err.name).read())
                time.sleep(0.05)
        self.s.settimeout(20)
        self.f = self.s.makefile("rb")
        self.events = []
        self.greeting = self.read()

    def read(self):
        line = self.f.readline()
        return json.loads(line) if line else None

    def answer(self):
        while True:
            r = self.read()
            if r is None or "event" not in r:
                return r
            self.events.append(r)

    def raw(self, text):
        self.s.sendall(text if isinstance(text, bytes) else text.encode())
        return self.answer()

    def do(self, name, /, **args):
        r = self.raw(json.dumps({"execute": name, "arguments": args} if args else {"execute": name}))
        return r.get("return", r.get("error"))

    def line(self, text):
        return self.do("human-monitor-command", **{"command-line": text})

    def end(self):
        self.do("quit")
        return self.p.wait(20)


def desc(r):
    return r.get("error", {}).get("desc", "") if r else ""


def test_protocol():
    m = Machine("-S")
    ok("qemu" in m.greeting["QMP"]["version"] and m.greeting["QMP"]["capabilities"] == [], "greeting", m.greeting)
    r = m.raw('{"execute": "query-status"}')
    ok(r["error"]["class"] == "CommandNotFound" and "negotiation" in desc(r), "negotiation comes first", r)
    ok(m.do("qmp_capabilities") == {}, "qmp_capabilities")
    r = m.raw('{"execute": "qmp_capabilities"}')
    ok(r["error"]["class"] == "CommandNotFound", "and comes once", r)
    ok(m.raw('{"execute": "query-status", "id": {"a": [1]}}').get("id") == {"a": [1]}, "id is given back")
    ok(m.raw("{'execute': 'query-name', 'id': 'it\\'s \"x\"'}").get("id") == 'it\'s "x"', "single quotes")
    for text, want in (('{"execute": "query-statuss"}', "did you mean query-status"),
                       ('{"arguments": {}}', "lacks member 'execute'"),
                       ('{"execute": 5}', "wrong type"),
                       ('{"exec-oob": "x"}', "not implemented"),
                       ('{"execute": "qom-get", "arguments": {"path": "/"}}', "Parameter 'property' is missing"),
                       ('{"execute": "qom-get", "arguments": {"path": 1, "property": "x"}}', "expected: string"),
                       ('{"execute": "stop", "arguments": {"x": 1}}', "Parameter 'x' is unexpected"),
                       ('{"execute": }', "JSON parse error"),
                       ('[1, 2]', "JSON parse error"),
                       ('garbage\n', "JSON parse error")):
        ok(want in desc(m.raw(text)), f"{text.strip()}: {want}")
    both = m.raw('{"execute": "query-status"}{"execute": "query-kvm"}')
    ok(both["return"]["status"] == "prelaunch" and m.answer()["return"] == {"enabled": False, "present": False},
       "two objects at once", both)
    for c in b'{"execute":"query-status"':
        m.s.sendall(bytes([c]))
    ok("return" in m.raw("}"), "an object byte by byte")
    ok("parse error" in desc(m.raw("{" * 3000 + "}" * 3000)), "deep nesting is refused")
    m.s.close()
    m.connect()
    ok("QMP" in m.greeting and "error" in m.raw('{"execute": "stop"}'), "a new client begins anew")
    m.do("qmp_capabilities")
    names = [c["name"] for c in m.do("query-commands")]
    schema = {e["name"]: e for e in m.do("query-qmp-schema")}
    ok(all(schema[c]["meta-type"] == "command" and schema[c]["arg-type"] in schema for c in names),
       "every command is in the schema")
    ok(m.end() == 0, "quit")


def test_running():
    m = Machine("-S", "-smp", "2")
    m.do("qmp_capabilities")
    ok(m.do("query-status") == {"status": "prelaunch", "running": False, "singlestep": False}, "prelaunch")
    m.do("cont")
    ok(m.do("query-status")["status"] == "running", "cont")
    m.do("stop")
    ok(m.do("query-status")["status"] == "paused", "stop")
    m.do("system_reset")
    m.do("system_powerdown")
    m.do("query-kvm")
    ok([e["event"] for e in m.events] == ["RESUME", "STOP", "RESET", "POWERDOWN"], "events", m.events)
    cpus = m.do("query-cpus-fast")
    ok(len(cpus) == 2 and cpus[1]["cpu-index"] == 1 and cpus[0]["thread-id"] > 0, "query-cpus-fast", cpus)
    ok(m.do("query-memory-size-summary")["base-memory"] == 64 << 20, "query-memory-size-summary")
    ok(m.do("query-target") == {"arch": "riscv64"}, "query-target")
    ok("x31" in m.line("info registers") and "mstatus" in m.line("info registers"), "info registers")
    ok("plic" in m.line("info mtree") and "dev: ns16550a" in m.line("info qtree"), "info mtree, info qtree")
    ok(m.line("xp /2xw 0x1000").startswith("0000000000001000: 0x"), "xp", m.line("xp /2xw 0x1000"))
    ok("unknown command" in m.line("info blok") and "info block" in m.line("info blok"), "a slip of the pen")
    m.end()


def test_objects():
    disk = os.path.join(work, "disk")
    with open(disk, "wb") as f:
        f.truncate(1 << 20)
    m = Machine("-S", "-drive", f"if=none,id=used,format=raw,file={disk}", "-device", "virtio-blk-device,id=vd,drive=used")
    m.do("qmp_capabilities")
    kinds = {p["name"]: p["type"] for p in m.do("qom-list", path="/machine")}
    ok(kinds.get("memory") == "size" and kinds.get("type") == "string", "qom-list", kinds)
    ok(m.do("qom-get", path="/machine", property="memory") == 64 << 20, "qom-get")
    ok(m.do("qom-get", path="/nowhere", property="x")["class"] == "DeviceNotFound", "qom-get: no such object")
    ok("nix" in m.do("qom-get", path="/machine", property="nix")["desc"], "qom-get: no such property")
    ok(any(t["name"] == "virtio-rng-pci" for t in m.do("qom-list-types")), "qom-list-types")
    ok(any(p["name"] == "drive" for p in m.do("device-list-properties", typename="virtio-blk-device")),
       "device-list-properties")
    ok(m.do("blockdev-add", driver="raw", **{"node-name": "d0", "file": {"driver": "file", "filename": disk}}) == {},
       "blockdev-add")
    ok("No such file" in m.do("blockdev-add", driver="raw", **{"node-name": "d1", "file": {"driver": "file",
       "filename": disk + "x"}})["desc"], "blockdev-add: no such file")
    ok("already" in m.do("blockdev-add", driver="raw", **{"node-name": "d0", "file": {"driver": "file",
       "filename": disk}})["desc"], "blockdev-add: twice")
    for more in ({"discard": "ignore"}, {"detect-zeroes": "on"}):
        r = m.do("blockdev-add", driver="raw", **{"node-name": "d2", "file": {"driver": "file", "filename": disk}}, **more)
        ok("not implemented" in r.get("desc", ""), f"blockdev-add: {more} is not taken silently", r)
    ok("unexpected" in m.do("migrate", uri="file:x", blk=True)["desc"], "migrate: nor is blk")
    ok("busy" in m.do("blockdev-del", **{"node-name": "used"})["desc"], "blockdev-del: in use")
    nodes = {b["device"]: b["inserted"] for b in m.do("query-block")}
    ok(nodes["d0"]["image"]["virtual-size"] == 1 << 20 and nodes["used"]["drv"] == "raw", "query-block", nodes)
    ok('dev: virtio-blk-device, id "vd"' in m.line("info qtree"), "info qtree: it is on its bus")
    ok("while the machine runs" in m.do("device_add", driver="virtio-blk-pci", id="vd0", drive="d0")["desc"],
       "device_add: a bus without hot-plug")
    ok("did you mean 'virtio-rng-pci'" in m.do("device_add", driver="virtio-rgn-pci")["desc"], "device_add: no such driver")
    ok(m.do("device_del", id="vd9")["class"] == "DeviceNotFound", "device_del: no such device")
    ok(m.do("device_del", id="vd")["class"] == "GenericError", "device_del: a bus without hot-plug")
    ok(m.do("blockdev-del", **{"node-name": "d0"}) == {} and len(m.do("query-block")) == 1, "blockdev-del")
    ok(m.do("chardev-add", id="c0", backend={"type": "ringbuf", "data": {"size": 4096}}) == {}, "chardev-add")
    pty = m.do("chardev-add", id="c1", backend={"type": "pty", "data": {}})
    ok(pty.get("pty", "").startswith("/dev/"), "chardev-add: pty", pty)
    ok({c["label"] for c in m.do("query-chardev")} >= {"c0", "c1"}, "query-chardev")
    ok(m.do("chardev-remove", id="c0") == {} and "not found" in m.do("chardev-remove", id="c0")["desc"],
       "chardev-remove")
    ok(m.do("chardev-remove", id="qmp0")["class"] == "GenericError", "chardev-remove: ours")
    m.end()


def test_plug():
    """What comes and goes while the machine runs."""
    disk = os.path.join(work, "disk")
    with open(disk, "wb") as f:
        f.truncate(1 << 20)
    m = Machine("-S", "-device", "pcie-root-port,id=rp1,chassis=1", "-device", "pcie-root-port,id=rp2,chassis=2",
                "-device", "pci-bridge,id=br,chassis_nr=3", "-device", "virtio-balloon-pci,id=bal,bus=br,addr=1",
                "-device", "virtio-keyboard-pci", "-device", "virtio-tablet-pci", "-name", "hot",
                "-uuid", "01234567-89ab-cdef-0123-456789abcdef")
    m.do("qmp_capabilities")
    ok(m.do("query-name") == {"name": "hot"} and m.do("query-uuid")["UUID"].startswith("01234567-"), "name and UUID")
    tree = m.line("info qom-tree")
    node = {"driver": "raw", "node-name": "d", "file": {"driver": "file", "filename": disk, "node-name": "f"}}
    ok(m.do("blockdev-add", **node) == {}, "blockdev-add: a format and its file")
    ok({n["node-name"] for n in m.do("query-named-block-nodes")} == {"d", "f"}, "two nodes")
    ok("busy" in m.do("blockdev-del", **{"node-name": "f"})["desc"], "the file's stays while the format's is there")
    for bad in ({"drive": "nix"}, {"drive": "d", "nix": 1}, {"drive": "d", "queue-size": 3}, {"drive": "d", "addr": "1"},
                {"drive": "d", "bus": "rp9"}, {"drive": "d", "bus": "br"}, {"drive": "d", "vectors": 99}, {}):
        before = m.line("info qom-tree")
        r = m.do("device_add", **{"driver": "virtio-blk-pci", "id": "hd", "bus": "rp1", **bad})
        ok(r.get("class") == "GenericError" and m.line("info qom-tree") == before, f"device_add {bad}: refused, and no trace", r)
    ok(m.do("device_add", driver="virtio-blk-pci", id="hd", bus="rp1", drive="d") == {}, "device_add")
    ok("already" in m.do("device_add", driver="virtio-rng-pci", id="hd", bus="rp2")["desc"], "the same id again")
    ok("full" in m.do("device_add", driver="virtio-rng-pci", bus="rp1")["desc"], "the same slot again")
    pci = {d["qdev_id"]: d for d in m.do("query-pci")[0]["devices"]}
    ok(pci["rp1"]["pci_bridge"]["devices"][0]["qdev_id"] == "hd" and pci["rp1"]["class_info"]["desc"] == "PCI bridge"
       and [r["size"] for r in pci["rp1"]["pci_bridge"]["devices"][0]["regions"]] == [4096, 16384], "query-pci", pci["rp1"])
    ok("busy" in m.do("blockdev-del", **{"node-name": "d"})["desc"], "its node is in use")
    ok(m.do("block_resize", **{"node-name": "d", "size": 2 << 20}) == {} and os.path.getsize(disk) == 2 << 20, "block_resize")
    ok(m.do("query-block")[0]["inserted"]["image"]["virtual-size"] in (1 << 20, 2 << 20), "query-block")
    ok("multiple" in m.do("block_resize", **{"node-name": "d", "size": 1000})["desc"], "block_resize: no whole sectors")
    ok(m.do("query-blockstats")[0]["stats"]["rd_operations"] == 0, "query-blockstats")
    ok(m.do("device_del", id="hd") == {}, "device_del: nobody uses it")
    gone = [e["data"] for e in m.events if e["event"] == "DEVICE_DELETED"]
    ok(gone == [{"device": "hd", "path": "/machine/peripheral/hd"}], "DEVICE_DELETED", gone)
    ok(m.do("blockdev-del", **{"node-name": "d"}) == {} and m.do("blockdev-del", **{"node-name": "f"}) == {},
       "blockdev-del of both")
    ok(m.do("device_del", id="rp1")["class"] == "GenericError", "a port is no card")
    ok(m.do("netdev_add", type="null", id="n") == {}, "netdev_add")
    ok(m.do("device_add", driver="virtio-net-pci", id="nic", bus="rp2", netdev="n", mac="52:54:00:00:00:01") == {}, "a NIC")
    ok("used" in m.do("netdev_del", id="n")["desc"], "netdev_del: in use")
    nic = m.do("query-rx-filter", name="nic")
    ok(len(nic) == 1 and nic[0]["main-mac"] == "52:54:00:00:00:01" and nic[0]["promiscuous"], "query-rx-filter", nic)
    ok("invalid net client" in m.do("query-rx-filter", name="peripheral")["desc"], "of what is no NIC")
    ok(m.do("set_link", name="n", up=False) == {} and m.do("set_link", name="nic", up=True) == {}, "set_link, by either name")
    ok(m.do("set_link", name="x", up=True)["class"] == "DeviceNotFound", "of nothing")
    ok(m.line("set_link nic off") == "" and "must be on or off" in m.line("set_link nic maybe"), "set_link for people")
    ok(m.do("device_del", id="nic") == {} and m.do("netdev_del", id="n") == {}, "both away")
    ok(m.do("netdev_del", id="n")["class"] == "DeviceNotFound", "once")
    ok(m.do("object-add", **{"qom-type": "rng-builtin", "id": "r"}) == {}, "object-add")
    ok(m.do("device_add", driver="virtio-rng-pci", id="rng", rng="r") == {}, "device_add without a bus: the first that takes it")
    ok("in use" in m.do("object-del", id="r")["desc"], "object-del: in use")
    ok(m.do("device_del", id="rng") == {} and m.do("object-del", id="r") == {}, "both away")
    ok("not found" in m.do("object-del", id="r")["desc"], "once")
    ok(m.line("info qom-tree") == tree, "the machine is what it was", m.line("info qom-tree"))
    ok(m.do("query-balloon") == {"actual": 64 << 20} and m.do("balloon", value=32 << 20) == {}, "balloon")
    ok("balloon: actual=64" in m.line("info balloon"), "info balloon")
    ok(m.do("qom-get", path="/machine/peripheral/bal", property="guest-stats")["last-update"] == 0, "guest-stats")
    key = {"type": "key", "data": {"down": True, "key": {"type": "qcode", "data": "a"}}}
    ok(m.do("input-send-event", events=[key]) == {}, "input-send-event")
    for bad in ({"type": "nix", "data": {}}, {"type": "key", "data": {"key": {"type": "qcode", "data": "nix"}}}, 5,
                {"type": "rel", "data": {"axis": "x", "value": 1}}, {"type": "btn", "data": {"button": "nix"}}):
        ok("desc" in m.do("input-send-event", events=[bad]), f"input-send-event {bad}")
    ok(m.line("sendkey ctrl-alt-delete") == "" and "no such key" in m.line("sendkey ctrl-nix"), "sendkey")
    ok([p["absolute"] for p in m.do("query-mice")] == [True], "query-mice")
    ok(any(o["option"] == "blockdev" for o in m.do("query-command-line-options")), "query-command-line-options")
    ok({t["name"] for t in m.do("qom-list-types")} >= {"virt-machine", "rng-random", "virtio-blk-pci-non-transitional"},
       "qom-list-types")
    ok({p["name"] for p in m.do("device-list-properties", typename="virtio-blk-pci")} >= {"drive", "addr", "packed"},
       "device-list-properties: also those of its parts")
    core, part = os.path.join(work, "core"), os.path.join(work, "part")
    ok(m.do("dump-guest-memory", paging=False, protocol=f"file:{core}") == {}, "dump-guest-memory")
    with open(core, "rb") as f:
        head = f.read(64 + 2 * 56)
    ok(head[:5] == b"\x7fELF\x02" and head[16] == 4 and int.from_bytes(head[64 + 56 + 24:64 + 56 + 32], "little") == 0x80000000
       and os.path.getsize(core) > 64 << 20, "a core file with RAM at its address")
    ok("not implemented" in m.do("dump-guest-memory", paging=True, protocol="file:x")["desc"], "dump-guest-memory: paging")
    ok(m.do("memsave", val=0x80000000, size=4096, filename=part) == {} and os.path.getsize(part) == 4096, "memsave")
    ok("no such CPU" in m.do("memsave", val=0, size=1, filename=part, **{"cpu-index": 7})["desc"], "memsave: no such CPU")
    m.do("chardev-add", id="ring", backend={"type": "ringbuf", "data": {"size": 64}})
    ok(m.do("ringbuf-read", device="ring", size=10) == "", "ringbuf-read")
    ok(m.do("ringbuf-read", device="qmp0", size=10)["class"] == "DeviceNotFound", "ringbuf-read: no ring")
    ok("pcie-root-port: PCI device 1b36:000c" in m.line("info pci") and "tablet (absolute)" in m.line("info mice"), "info pci")
    ok(m.line("p /d 0x10").strip() == "16" and "hot" in m.line("info name"), "p, info name")
    m.end()
    m = Machine("-M", "none", "-nodefaults", "-nographic")
    m.do("qmp_capabilities")
    ok(m.do("balloon", value=1)["class"] == "DeviceNotActive", "balloon: there is none")
    ok(m.do("query-cpus-fast") == [] and m.do("query-pci") == [] and m.do("query-status")["running"], "the machine none")
    ok(m.end() == 0, "quit")


PROGRAM = """
    li t0, 0x10000000
    li s0, 0
    la s1, count
1:  addi s0, s0, 1
    sw s0, 0(s1)
    fcvt.s.w f1, s0
    li t1, 100000
2:  addi t1, t1, -1
    bnez t1, 2b
    andi t2, s0, 63
    addi t2, t2, 48
    sb t2, 0(t0)
    li t3, 2000
    blt s0, t3, 1b
    li t4, 0x100000
    li t5, 0x5555
    sw t5, 0(t4)
3:  j 3b
    .data
count: .word 0
"""


LINE = """.option norelax
.globl _start
_start: csrr t0, mhartid
9:  bnez t0, 9b
    li s0, 0x10000000           # UART: an interrupt when it can send
    li s1, 0x0c000000           # PLIC: its source 10, for hart 0 in supervisor mode
    li t1, 1
    sw t1, 40(s1)
    li t2, 0x0c002080
    li t3, 1 << 10
    sw t3, 0(t2)
    li s2, 0x0c201000
    sw zero, 0(s2)
    li t1, 2
    sb t1, 1(s0)
    li s3, 0x0200bff8           # mtime
    ld t0, 0(s3)
    li t1, 40000000             # 4 s
    add t0, t0, t1
    csrr s4, mip                # high
    li t2, 'a'
    sb t2, 0(s0)
1:  ld t1, 0(s3)
    bltu t1, t0, 1b
    lw t1, 4(s2)
    sb zero, 1(s0)
    sw t1, 4(s2)
    csrr t2, mip                # low
    not t2, t2
    and t2, t2, s4
    srli t2, t2, 9
    andi t2, t2, 1
    li t5, 0x5555
    bnez t2, 2f
    li t5, 0x13333
2:  li t4, 0x100000
    sw t5, 0(t4)
3:  j 3b
"""


def assemble(name, text, what):
    """A program for the start of RAM: its ELF file; None, and what is skipped, without a compiler."""
    cc = shutil.which("riscv64-linux-gnu-gcc")
    if not cc:
        ok(True, f"{what} # SKIP no riscv64-linux-gnu-gcc")
        return None
    src, elf = os.path.join(work, name + ".S"), os.path.join(work, name + ".elf")
    with open(src, "w") as f:
        f.write(text)
    subprocess.run([cc, "-march=rv64gc", "-mabi=lp64d", "-nostdlib", "-static", "-no-pie", "-Wl,-Ttext=0x80000000",
                    "-Wl,--build-id=none", "-o", elf, src], check=True)
    return elf


def test_line():
    """An interrupt line that was high when the machine was kept is low when its device says so."""
    elf = assemble("line", LINE, "a line of a machine that moves")
    if not elf:
        return
    m = Machine("-bios", elf, "-serial", f"file:{work}/line.out")
    m.do("qmp_capabilities")
    while not os.path.getsize(os.path.join(work, "line.out")):
        time.sleep(0.01)
    ok(m.do("migrate", uri=f"file:{work}/line.state") == {}, "written while a line is high")
    m.end()
    there = subprocess.run([rhea, "-M", "virt", "-m", "64", "-display", "none", "-bios", elf, "-serial", "null", "-incoming",
                            f"file:{work}/line.state"], stdin=subprocess.DEVNULL, timeout=60)
    ok(there.returncode == 0, "it is low when the device lowers it", there.returncode)


def disk_goes(what, options, sock):
    at = lambda n: os.path.join(work, n)
    a = Machine("-S", *options)
    a.do("qmp_capabilities")
    refused = subprocess.run([rhea, "-M", "virt", "-display", "none", *options], stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, timeout=30)
    ok(refused.returncode == 1 and "in use" in refused.stderr, what + "nobody else has the disk of a machine", refused)
    os.rename(a.path, at("qmp-a"))
    b = Machine("-incoming", f"unix:{sock}", *options)
    b.do("qmp_capabilities")
    ok(b.do("query-status")["status"] == "inmigrate", what + "who waits for a machine answers")
    ok("with another machine" in b.do("block_resize", **{"node-name": "hd", "size": 2 << 20})["desc"], what + "and has no disk yet")
    ok(a.do("migrate", uri=f"unix:{sock}") == {} and wait(b, "MIGRATION", status="completed") is not None, what + "the machine goes")
    ok("in use" in a.do("cont")["desc"] and a.do("query-status")["status"] != "running", what + "and its disk with it")
    ok("kept" in b.line("savevm kept") + b.line("info snapshots"), what + "which is written there", b.line("info snapshots"))
    ok(b.end() == 0 and a.do("cont") == {} and a.do("query-status")["status"] == "running", what + "when that one ends it is free again")
    ok("kept" in a.line("info snapshots"), what + "with what was written meanwhile")
    ok(a.do("migrate", uri="unix:/nowhere/s").get("class") == "GenericError" and "kept" in a.line("info snapshots"),
       what + "a machine that cannot go keeps it")
    a.end()


def test_disk_goes():
    """A disk goes along with the machine: one of two programs has it."""
    if not shutil.which("qemu-img"):
        ok(True, "a disk goes along # SKIP qemu-img is not installed")
        return
    elf = assemble("line", LINE, "a disk goes along")
    if not elf:
        return
    at = lambda n: os.path.join(work, n)
    disk, sock = at("along.qcow2"), at("along.s")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", disk, "1M"], check=True)
    names = ["-blockdev", f"driver=file,node-name=low,filename={disk}", "-blockdev", "driver=qcow2,node-name=hd,file=low"]
    options = ["-bios", elf, *names, "-device", "virtio-blk-device,drive=hd"]
    disk_goes("nodes: ", options, sock)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", disk, "1M"], check=True)
    options = ["-bios", elf, "-drive", f"file={disk},format=qcow2,if=none,id=hd", "-device", "virtio-blk-device,drive=hd"]
    disk_goes("", options, sock)
    d = Machine("-S", "-snapshot", *options)
    d.do("qmp_capabilities")
    ok(d.do("migrate", uri=f"file:{at('along.state')}") == {} and "kept" not in d.line("info snapshots") and d.do("cont") == {},
       "what -snapshot made stays")
    d.end()
    e = Machine("-snapshot", "-incoming", f"file:{at('along.state')}", *options)
    e.do("qmp_capabilities")
    ok("no snapshot" in e.line("info snapshots") and e.end() == 0, "and is made anew")
    c = Machine("-incoming", f"unix:{sock}", *options)
    c.do("qmp_capabilities")
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(sock)
    time.sleep(0.2)
    ok(c.do("query-status")["status"] == "inmigrate", "who connects and says nothing stops nobody")
    peer.sendall(b"no machine" * 100)
    peer.close()
    ok(c.p.wait(20) == 1 and "no machine" not in open(c.err.name).read() and open(c.err.name).read().count("\n") == 1,
       "who says something else is refused", open(c.err.name).read())
    c = Machine("-incoming", f"unix:{sock}", *options)
    c.p.terminate()
    ok(c.p.wait(20) is not None and subprocess.run(["qemu-img", "check", "-q", disk]).returncode == 0, "who waits can be ended")


def test_move():
    """A busy machine is stopped, written, and goes on elsewhere; what it says in all is what it says in one piece."""
    start = ".option norelax\n.globl _start\n_start: csrr t0, mhartid\n9: bnez t0, 9b\n csrr t0, mstatus\n li t1, 0x2000\n or t0, t0, t1\n csrw mstatus, t0\n"
    elf = assemble("p", start + PROGRAM, "moving a machine")
    if not elf:
        return
    whole = "".join(chr(48 + (i & 63)) for i in range(1, 2001))
    out = [os.path.join(work, f"serial{i}") for i in range(3)]
    for kind in ("file", "exec", "unix"):
        state = os.path.join(work, "state")
        uri = {"file": f"file:{state}", "exec": f"exec:cat > {state}", "unix": f"unix:{state}.s"}[kind]
        back = {"file": uri, "exec": f"exec:cat {state}", "unix": uri}[kind]
        m = Machine("-bios", elf, "-serial", f"file:{out[0]}", "-smp", "2")
        m.do("qmp_capabilities")
        while not os.path.exists(out[0]) or os.path.getsize(out[0]) < 50:
            time.sleep(0.01)
        there = subprocess.Popen([rhea, "-M", "virt", "-m", "64", "-display", "none", "-bios", elf, "-smp", "2",
                                  "-serial", f"file:{out[1]}", "-incoming", back],
                                 stdin=subprocess.DEVNULL) if kind == "unix" else None
        while there and not os.path.exists(state + ".s"):
            time.sleep(0.01)
        time.sleep(0.1 if there else 0)
        r = m.do("migrate", uri=uri)
        ok(r == {} and m.do("query-migrate")["status"] == "completed", f"migrate {kind}", r)
        ok(m.do("query-status")["status"] == "postmigrate", "the machine stands")
        m.end()
        if not there:
            there = subprocess.Popen([rhea, "-M", "virt", "-m", "64", "-display", "none", "-bios", elf, "-smp", "2",
                                      "-serial", f"file:{out[1]}", "-incoming", back], stdin=subprocess.DEVNULL)
        status = there.wait(60)
        text = [open(o).read() for o in out[:2]]
        ok(status == 0 and text[0] + text[1] == whole and text[1], f"{kind}: it went on where it was",
           status, len(text[0]), len(text[1]), len(whole))
    bad = subprocess.run([rhea, "-M", "virt", "-m", "64", "-display", "none", "-incoming", f"file:{elf}"],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    ok(bad.returncode == 1 and bad.stderr.count("\n") == 1, "what is no saved machine is refused", bad)
    m = Machine("-bios", elf)
    m.do("qmp_capabilities")
    m.line("system_reset")
    m.do("query-kvm")
    ok([e["data"]["guest"] for e in m.events if e["event"] == "RESET"] == [False], "RESET: by the monitor", m.events)
    ok("must be file:" in m.do("migrate", uri="nowhere")["desc"] and m.do("query-status")["status"] == "running",
       "a migration that fails lets the machine run on")
    m.end()
    elf = assemble("reset", ".globl _start\n_start: li t4, 0x100000\n li t5, 0x7777\n sw t5, 0(t4)\n1: j 1b\n", "a reset")
    m = Machine("-S", "-bios", elf)
    m.do("qmp_capabilities")
    m.do("cont")
    while not any(e["event"] == "RESET" for e in m.events):
        m.do("query-kvm")
    ok(next(e for e in m.events if e["event"] == "RESET")["data"] == {"guest": True, "reason": "guest-reset"},
       "RESET: by the guest", m.events[:3])
    m.end()


def conclude(m, job):
    """What a job has said when it is done; it is forgotten."""
    for _ in range(200):
        j = [j for j in m.do("query-jobs") if j["id"] == job]
        if not j or j[0]["status"] == "concluded":
            break
        time.sleep(0.05)
    m.do("job-dismiss", id=job)
    return j[0] if j else {}


def test_jobs():
    if not shutil.which("qemu-img"):
        ok(True, "snapshots # SKIP qemu-img is not installed")
        return
    args = []
    for n in ("one", "two"):
        path = os.path.join(work, n + ".qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "1M"], check=True)
        args += ["-blockdev", f"driver=qcow2,node-name={n},file.driver=file,file.filename={path}",
                 "-device", f"virtio-blk-device,drive={n}"]
    m = Machine("-S", *args)
    m.do("qmp_capabilities")
    keep = {"tag": "s", "vmstate": "one", "devices": ["two", "one"]}
    ok(m.do("snapshot-save", **{"job-id": "j"}, **keep) == {}, "snapshot-save")
    ok(m.do("snapshot-save", **{"job-id": "j"}, **keep)["desc"] == "Job ID 'j' already in use", "one job of a name")
    j = conclude(m, "j")
    ok(j.get("type") == "snapshot-save" and "error" not in j, "it concludes", j)
    said = [e["data"]["status"] for e in m.events if e["event"] == "JOB_STATUS_CHANGE"]
    ok(said[:5] == ["created", "running", "waiting", "pending", "concluded"] and m.do("query-jobs") == [], "and tells", said)
    ok("not found" in m.do("job-dismiss", id="j")["desc"].lower(), "job-dismiss: once")
    ok("s " in m.line("info snapshots"), "it is there")
    m.do("snapshot-save", **{"job-id": "j"}, **keep)
    ok("already exists" in conclude(m, "j").get("error", ""), "a name that is taken")
    ok(m.do("snapshot-load", **{"job-id": "l"}, **keep) == {} and "error" not in conclude(m, "l"), "snapshot-load")
    for bad in ({"vmstate": "three"}, {"devices": ["one", "three"]}, {"devices": ["one", "one"]}, {"devices": []}, {"tag": "x"}):
        m.do("snapshot-load", **{"job-id": "l"}, **{**keep, **bad})
        ok("error" in conclude(m, "l"), f"snapshot-load of {bad}")
    ok("list" in m.do("snapshot-load", **{"job-id": "l"}, **{**keep, "devices": "one"})["desc"], "devices are a list")
    m.do("snapshot-delete", **{"job-id": "d"}, tag="s", devices=["one", "two"])
    ok("error" not in conclude(m, "d") and "no snapshot" in m.line("info snapshots"), "snapshot-delete")
    m.do("snapshot-save", **{"job-id": "late"}, **keep)
    ok(m.end() == 0, "a machine that ends with a job")
    for n in ("one", "two"):
        ok(subprocess.run(["qemu-img", "check", "-q", os.path.join(work, n + ".qcow2")]).returncode == 0, f"disk {n} is right")


def wait(m, name, **want):
    """Waits for an event with these members; its data."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for e in m.events:
            if e["event"] == name and all(e.get("data", {}).get(k) == v for k, v in want.items()):
                m.events.remove(e)
                return e.get("data", {})
        m.do("query-status")
        time.sleep(0.01)
    return None


def status_of(m, job):
    return next((j["status"] for j in m.do("query-jobs") if j["id"] == job), None)


def same(a, b, format_a="qcow2", format_b="raw"):
    return subprocess.run(["qemu-img", "compare", "-q", "-f", format_a, "-F", format_b, a, b]).returncode == 0


def test_copies():
    """Images put over a disk, and copies of it, while the machine is there; qemu-img looks at what they have."""
    if not shutil.which("qemu-img"):
        ok(True, "copies # SKIP qemu-img is not installed")
        return
    at = lambda n: os.path.join(work, n)
    with open(at("data.raw"), "wb") as f:
        f.write(random.Random(3).randbytes(900000) + bytes(1000000) + b"text" * 50000)
        f.truncate(3 << 20)
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", at("data.raw"), at("base.qcow2")], check=True)
    m = Machine("-S", "-drive", f"file={at('base.qcow2')},format=qcow2,if=none,id=hd", "-device", "virtio-blk-pci,drive=hd,id=d0")
    m.do("qmp_capabilities")
    drive = lambda: m.do("qom-get", path="/machine/peripheral/d0", property="drive").rsplit("/", 1)[-1]
    ok(m.do("blockdev-snapshot-sync", **{"device": "hd", "snapshot-file": at("one.qcow2"), "snapshot-node-name": "one"}) == {} and
       drive() == "one", "blockdev-snapshot-sync: the device uses the image over it", drive())
    nodes = {n["node-name"]: n for n in m.do("query-named-block-nodes")}
    ok(nodes["hd"]["ro"] and not nodes["one"]["ro"], "and the image below is only read", nodes)
    ok(nodes["one"]["backing_file_depth"] == 1 and nodes["one"]["backing_file"].endswith("base.qcow2") and
       nodes["one"]["cache"] == {"writeback": True, "direct": False, "no-flush": False} and not nodes["one"]["encrypted"],
       "as query-named-block-nodes says", nodes)
    ok("is busy" in m.do("blockdev-del", **{"node-name": "hd"})["desc"], "and stays", m.do("blockdev-del", **{"node-name": "hd"}))
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", "one.qcow2", "-F", "qcow2", at("two.qcow2")], check=True)
    for r in (m.do("block_resize", device="hd", size=4 << 20)["desc"], m.line("block_resize hd 4M")):
        ok("one (blockdev-qcow2): not implemented" in r, "block_resize of the disk: of its image", r)
    ok("hd (blockdev-qcow2): is read-only" in m.do("block_resize", **{"node-name": "hd", "size": 4 << 20})["desc"], "or of a node")
    r = m.do("blockdev-add", **{"driver": "qcow2", "node-name": "two", "file": {"driver": "file", "filename": at("two.qcow2")},
                                "backing": None})
    ok(r == {} and m.do("transaction", actions=[{"type": "blockdev-snapshot", "data": {"node": "one", "overlay": "two"}}]) == {} and
       drive() == "two", "blockdev-snapshot, in a transaction", r)
    ok("sync 'top': not implemented" in m.do("drive-mirror", device="hd", target=at("x"), sync="top")["desc"], "sync=top is refused")
    ok(m.do("drive-backup", **{"job-id": "b", "device": "hd", "target": at("backup.raw"), "format": "raw", "sync": "full",
                               "auto-dismiss": False}) == {}, "drive-backup")
    done = wait(m, "BLOCK_JOB_COMPLETED", device="b")
    ok(done and "error" not in done and done["len"] == done["offset"] == 3 << 20, "is completed", done)
    ok(status_of(m, "b") == "concluded" and m.do("job-dismiss", id="b") == {} and status_of(m, "b") is None, "and dismissed")
    ok(same(at("backup.raw"), at("data.raw"), "raw"), "and has the disk's bytes")
    ok(m.do("block-commit", **{"device": "hd", "job-id": "c"}) == {} and wait(m, "BLOCK_JOB_READY", device="c") is not None,
       "block-commit is ready", m.events)
    ok("cannot accept command verb 'dismiss'" in m.do("job-dismiss", id="c")["desc"], "and not over")
    job = m.do("query-block-jobs")[0]
    ok(job["type"] == "commit" and job["ready"] and job["status"] == "ready", "query-block-jobs", job)
    ok("already in use" in m.do("block-stream", **{"device": "hd", "job-id": "c"})["desc"], "one job of a name")
    ok("in use by block job" in m.do("block-stream", **{"device": "hd", "job-id": "e"})["desc"], "one job of a disk")
    ok(m.do("block-job-complete", device="c") == {} and wait(m, "BLOCK_JOB_COMPLETED", device="c") and drive() == "hd",
       "the disk is the image at the bottom again", drive())
    ok(m.do("query-block-jobs") == [], "and the job is gone")
    disks = [d for d in m.do("query-block") if d.get("qdev", "").startswith("/machine/peripheral/d0")]
    ok([d["device"] for d in disks] == ["hd"] and disks[0]["inserted"]["file"].endswith("base.qcow2"), "query-block", disks)
    ok(m.do("blockdev-del", **{"node-name": "two"}) == {} and m.do("blockdev-del", **{"node-name": "one"}) == {},
       "the images that were over it can go")
    ok(m.do("blockdev-snapshot-sync", **{"device": "hd", "snapshot-file": at("three.qcow2")}) == {}, "another")
    ok(m.do("block-stream", **{"device": "hd", "job-id": "s"}) == {} and "error" not in wait(m, "BLOCK_JOB_COMPLETED", device="s"),
       "block-stream")
    ok(m.line("drive_backup -f hd " + at("by-hand.raw") + " raw") == "" and wait(m, "BLOCK_JOB_COMPLETED", device="hd") is not None and
       same(at("by-hand.raw"), at("data.raw"), "raw"), "drive_backup by hand")
    ok(m.line("info block-jobs") == "No active jobs\r\n" or m.line("info block-jobs") == "No active jobs\n", "info block-jobs")
    ok("Block job 'hd' not found" in m.line("block_job_cancel hd"), "block_job_cancel by hand")
    ok(m.do("drive-mirror", **{"job-id": "m", "device": "hd", "target": at("mirror.qcow2"), "sync": "full", "speed": 1}) == {},
       "drive-mirror, slow")
    ok(m.do("block-job-pause", device="m") == {} and status_of(m, "m") == "paused" and m.do("job-resume", id="m") == {} and
       status_of(m, "m") == "running", "pause and resume")
    ok("cannot accept command verb 'complete'" in m.do("job-complete", id="m")["desc"], "not to be completed before it is ready")
    ok(m.do("block-job-set-speed", device="m", speed=0) == {} and wait(m, "BLOCK_JOB_READY", device="m") is not None, "fast")
    ok(m.do("job-complete", id="m") == {} and wait(m, "BLOCK_JOB_COMPLETED", device="m") is not None, "completed")
    os.link(at("mirror.qcow2"), at("link"))
    before = open(at("mirror.qcow2"), "rb").read()
    for mode in ({}, {"mode": "existing"}):
        for name, more in (("blockdev-snapshot-sync", {"snapshot-file": at("link")}),
                           ("drive-mirror", {"target": at("link"), "sync": "full"}),
                           ("drive-backup", {"target": at("link"), "sync": "full", "format": "raw"})):
            r = m.do(name, device="hd", **more, **mode)
            ok("is in use: node" in r.get("desc", "") and open(at("mirror.qcow2"), "rb").read() == before,
               f"{name} {mode} into the disk's own file, by another name", r)
    r = m.do("drive-backup", device="hd", target=at("base.qcow2"), sync="full")
    ok("is in use: node" in r.get("desc", "") and os.path.getsize(at("base.qcow2")) > 0, "nor into that of another node", r)
    for bad in ({"format": "vmdk"}, {"mode": "exsiting"}):
        r = m.do("drive-mirror", device="hd", target=at("backup.raw"), sync="full", **bad)
        ok("desc" in r and list(bad.values())[0] in r["desc"] and same(at("backup.raw"), at("data.raw"), "raw"),
           f"drive-mirror {bad} leaves the file as it was", r)
    m.do("blockdev-add", **{"driver": "file", "node-name": "t", "filename": at("backup.raw")})
    ok(m.do("blockdev-mirror", **{"job-id": "x", "device": "hd", "target": "t", "sync": "full", "speed": 1}) == {} and
       m.do("block-job-cancel", device="x") == {} and wait(m, "BLOCK_JOB_CANCELLED", device="x") is not None, "cancelled")
    ok(m.do("blockdev-backup", **{"job-id": "y", "device": drive(), "target": "t", "sync": "full", "speed": 1}) == {},
       "and one is under way when the machine ends")
    ok(m.end() == 0, "quit")
    for n in ("base", "three", "mirror"):
        ok(subprocess.run(["qemu-img", "check", "-q", at(n + ".qcow2")]).returncode == 0 and same(at(n + ".qcow2"), at("data.raw")),
           f"{n} is right and has the disk's bytes")
    info = json.loads(subprocess.run(["qemu-img", "info", "--output=json", at("three.qcow2")], capture_output=True).stdout)
    ok("backing-filename" not in info, "what was streamed names nothing below it", info)


def test_modes():
    """A disk keeps its promises about what it has written, whatever image it is, and a job that fails leaves no mess."""
    if not shutil.which("qemu-img"):
        ok(True, "cache modes # SKIP qemu-img is not installed")
        return
    at = lambda n: os.path.join(work, n)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", at("low.qcow2"), "1M"], check=True)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", "low.qcow2", "-F", "qcow2", at("high.qcow2")], check=True)
    m = Machine("-S", "-drive", f"file={at('high.qcow2')},format=qcow2,if=none,id=hd,cache=directsync", "-device",
                "pcie-root-port,id=rp1,chassis=1", "-device", "virtio-blk-pci,drive=hd,id=d0,bus=rp1")
    m.do("qmp_capabilities")
    path = lambda: m.do("qom-get", path="/machine/peripheral/d0", property="drive")
    cache = lambda: m.do("qom-get", path=path(), property="cache")
    ok(cache() == "directsync", "cache=directsync", cache())
    ok(m.do("block-commit", **{"device": "hd", "job-id": "c"}) == {} and wait(m, "BLOCK_JOB_READY", device="c") is not None and
       m.do("job-complete", id="c") == {} and cache() == "directsync" and path() != "/objects/hd", "block-commit keeps it", path())
    ok(m.do("drive-mirror", **{"device": "hd", "job-id": "m", "target": at("far.qcow2"), "node-name": "far", "sync": "full"}) == {} and
       wait(m, "BLOCK_JOB_READY", device="m") is not None and m.do("job-complete", id="m") == {} and
       path().endswith("/far") and cache() == "directsync", "so does drive-mirror", cache())
    for name, opts, want in (("n", {"direct": True}, "directsync"), ("w", {}, "writethrough"), ("u", {"no-flush": True}, "unsafe")):
        open(at(name), "wb").truncate(1 << 20)
        m.do("blockdev-add", driver="file", **{"node-name": name, "filename": at(name), "cache": opts})
        ok(m.do("blockdev-mirror", **{"device": "hd", "job-id": "m", "target": name, "sync": "full"}) == {} and
           wait(m, "BLOCK_JOB_READY", device="m") is not None and m.do("job-complete", id="m") == {} and cache() == want,
           f"a node with cache {opts} becomes {want}", cache())
        m.do("blockdev-mirror", **{"device": "hd", "job-id": "b", "target": "far", "sync": "full"})
        wait(m, "BLOCK_JOB_READY", device="b")
        ok(m.do("job-complete", id="b") == {} and cache() == "directsync", "and back", cache())
    for name, more in (("drive-mirror", {"target": at("x"), "sync": "full"}), ("block-stream", {})):
        r = m.do(name, device="hd", speed=-1, **more)
        ok("'speed' expects a non-negative value" in r.get("desc", "") and not os.path.exists(at("x")), f"{name}: no negative speed", r)
    ok(m.do("blockdev-snapshot-sync", **{"device": "hd", "snapshot-file": at("over.qcow2"), "snapshot-node-name": "over"}) == {} and
       m.do("block-commit", **{"device": "hd", "job-id": "k", "auto-dismiss": False}) == {} and
       wait(m, "BLOCK_JOB_READY", device="k") is not None, "another commit")
    ro = lambda: {n["node-name"]: n["ro"] for n in m.do("query-named-block-nodes")}["far"]
    ok(not ro() and m.do("device_del", id="d0") == {} and wait(m, "DEVICE_DELETED", device="d0"), "its device goes")
    m.do("job-complete", id="k")
    done = wait(m, "BLOCK_JOB_COMPLETED", device="k")
    ok(done and "no device uses it" in done.get("error", "") and ro(), "it fails, and what is below is only read again", done)
    ok("state 'concluded' cannot accept command verb 'set-speed'" in m.do("block-job-set-speed", device="k", speed=1)["desc"],
       "no speed of a job that is over")
    ok(m.do("job-dismiss", id="k") == {} and m.do("blockdev-del", **{"node-name": "over"}) == {}, "the image over it can go")
    ok(m.end() == 0, "quit")


def test_defer():
    """A machine that comes when the monitor says from where."""
    at = lambda n: os.path.join(work, n)
    m = Machine("-S")
    m.do("qmp_capabilities")
    m.do("human-monitor-command", **{"command-line": "xp /1xw 0x80000000"})
    ok("was not specified" in m.do("migrate-incoming", uri="file:x")["desc"], "migrate-incoming needs -incoming defer")
    ok(m.do("migrate", uri=f"file:{at('moved')}") == {}, "a machine is written")
    m.end()
    for uri in (f"file:{at('moved')}", f"unix:{at('moving')}"):
        m = Machine("-incoming", "defer")
        m.do("qmp_capabilities")
        ok(m.do("query-status")["status"] == "inmigrate", "inmigrate")
        ok("must be file:PATH" in m.do("migrate-incoming", uri="nix")["desc"], "a bad URI can be followed by")
        ok(m.do("migrate-incoming", uri=uri) == {}, f"a good one, {uri[:4]}")
        ok("already" in m.do("migrate-incoming", uri=uri)["desc"] or uri[0] == "f", "and that by none")
        if uri[0] == "u":
            with socket.socket(socket.AF_UNIX) as s, open(at("moved"), "rb") as f:
                s.connect(at("moving"))
                s.sendall(f.read())
        ok(wait(m, "MIGRATION", status="completed") is not None and m.do("query-status")["status"] == "running", "it comes, and runs")
        ok(m.end() == 0, "quit")
    m = Machine("-incoming", "defer")
    m.do("qmp_capabilities")
    m.do("stop")
    m.do("migrate-incoming", uri=f"file:{at('moved')}")
    ok(wait(m, "MIGRATION", status="completed") is not None and not m.do("query-status")["running"], "stop before it comes")
    m.end()
    m = Machine("-incoming", "defer", "-S")
    m.do("qmp_capabilities")
    with open(at("moved"), "rb") as f, open(at("broken"), "wb") as g:
        g.write(f.read()[:3000])
    m.do("migrate-incoming", uri=f"file:{at('broken')}")
    ok(m.p.wait(20) == 1 and "migrate-incoming: " in open(m.err.name).read(), "half a machine ends the program")


def test_fds():
    """Descriptors that a client sends: by name, and in sets."""
    at = lambda n: os.path.join(work, n)
    m = Machine("-S")
    m.do("qmp_capabilities")

    def send(name, fd, **args):
        socket.send_fds(m.s, [json.dumps({"execute": name, "arguments": args}).encode()], [fd])
        r = m.answer()
        return r.get("return", r.get("error"))

    ok("No file descriptor supplied" in m.do("getfd", fdname="x")["desc"], "getfd without one")
    with open(at("by-fd"), "wb") as f:
        ok(send("getfd", f.fileno(), fdname="out") == {}, "getfd")
        ok("not starting with a digit" in send("getfd", f.fileno(), fdname="1")["desc"], "a name that is none")
        r = send("add-fd", f.fileno(), opaque="mine")
        ok(r["fdset-id"] == 0 and r["fd"] > 2, "add-fd", r)
    ok(m.do("query-fdsets") == [{"fdset-id": 0, "fds": [{"fd": r["fd"], "opaque": "mine"}]}], "query-fdsets", m.do("query-fdsets"))
    ok(m.do("chardev-add", id="f", backend={"type": "file", "data": {"out": "/dev/fdset/0"}}) == {}, "a file of a set")
    ok(m.do("remove-fd", **{"fdset-id": 0}) == {} and m.do("query-fdsets") == [] and
       "not found" in m.do("remove-fd", **{"fdset-id": 0})["desc"], "remove-fd")
    fds = lambda: os.listdir(f"/proc/{m.p.pid}/fd")
    before = fds()
    with open(at("by-fd"), "rb") as f:
        send("getfd", f.fileno(), fdname="no-socket")
        send("getfd", f.fileno(), fdname="no-net")
    ok(len(fds()) == len(before) + 2, "two more descriptors")
    addr = {"type": "fd", "data": {"str": "no-socket"}}
    r = m.do("chardev-add", id="g", backend={"type": "socket", "data": {"addr": addr}})
    ok("no open socket" in r.get("desc", ""), "a back end refuses one", r)
    r = m.do("netdev_add", type="socket", id="g", fd="no-net")
    ok("desc" in r, "and another", r)
    ok(fds() == before, "what back ends refuse is closed", (before, fds()))
    ok(m.do("migrate", uri="fd:out") == {} and "not found" in m.do("migrate", uri="fd:out")["desc"], "migrate fd:, once")
    ok("not found" in m.do("closefd", fdname="out")["desc"], "closefd: it is used up")
    m.end()
    m = Machine("-incoming", "defer")
    m.do("qmp_capabilities")
    with open(at("by-fd"), "rb") as f:
        send("getfd", f.fileno(), fdname="in")
    ok(m.do("migrate-incoming", uri="fd:in") == {} and wait(m, "MIGRATION", status="completed") is not None, "and back")
    for _ in range(40):
        with open(at("by-fd"), "rb") as f:
            send("query-status", f.fileno())
    ok(len(os.listdir(f"/proc/{m.p.pid}/fd")) < 60, "what nobody asked for is not kept without end")
    ok(m.end() == 0, "quit")


def test_forwards():
    if "user " not in subprocess.run([rhea, "-netdev", "help"], capture_output=True, text=True).stdout:
        ok(True, "forwards # SKIP built without libslirp")
        return
    m = Machine("-S", "-netdev", "user,id=n")
    m.do("qmp_capabilities")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    ok(m.line(f"hostfwd_add tcp:127.0.0.1:{port}-:22") == "", "hostfwd_add")
    ok(f"{port}" in m.line("info usernet"), "info usernet", m.line("info usernet"))
    with socket.socket() as s:
        ok(s.connect_ex(("127.0.0.1", port)) == 0, "the host's port is open")
    ok(m.line(f"hostfwd_remove n tcp:127.0.0.1:{port}") == "", "hostfwd_remove")
    with socket.socket() as s:
        ok(s.connect_ex(("127.0.0.1", port)) != 0, "and closed")
    ok("of one that there is" in m.line(f"hostfwd_remove tcp:127.0.0.1:{port}"), "only once")
    ok("no user network m" in m.line("hostfwd_add m tcp::1-:22"), "of a network that there is")
    ok(m.end() == 0, "quit")


def test_lines():
    """Character back ends that change, share, and keep a copy."""
    m = Machine("-S", "-chardev", f"socket,id=s,path={work}/line,server=on,wait=off,mux=on,logfile={work}/line.log", "-serial",
                "chardev:s", "-mon", "chardev=s,mode=readline", "-chardev", "null,id=n",
                "-chardev", "null,id=mux[0],mux=yes", "-device", "virtio-console-device,chardev=n,id=c")
    m.do("qmp_capabilities")
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(20)
    line.connect(os.path.join(work, "line"))
    uart = 0x10000000
    ok(m.do("chardev-send-break", id="s") == {} and m.line(f"xp /1xb {uart + 5:#x}").split()[-1] == "0x71",
       "chardev-send-break reaches the port in focus: the UART's break, data ready, transmitter empty")
    r = m.do("chardev-remove", id="s")
    ok("busy" in r.get("desc", ""), "a multiplexer with front ends is busy", r)
    r = m.do("chardev-change", id="s", backend={"type": "null", "data": {}})
    ok("busy" in r.get("desc", ""), "and not changed", r)
    fronts = {c["label"]: c["frontend-open"] for c in m.do("query-chardev")}
    ok(fronts["s"] and not fronts["mux[0]"], "query-chardev: it has one, and a name like mux[0] brings no monitor", fronts)
    r = m.do("chardev-remove", id="mux[0]")
    ok(r == {} and "mux[0]" not in [c["label"] for c in m.do("query-chardev")], "one with none is removed", r)
    line.sendall(b"\x01cinfo status\n")
    got = b""
    while b"paused" not in got:
        got += line.recv(4096)
    ok(b"VM status" in got, "a multiplexer that was asked for: C-a c reaches the monitor", got)
    m.do("query-status")        # the copy is written behind the line itself
    ok(b"VM status" in open(os.path.join(work, "line.log"), "rb").read(), "and logfile= has what was written")
    r = m.do("chardev-change", id="n", backend={"type": "ringbuf", "data": {"size": 64}})
    ok(r == {} and m.do("ringbuf-read", device="n", size=10) == "", "chardev-change", r)
    ok(m.do("ringbuf-write", device="n", data="abc") == {} and m.do("ringbuf-read", device="n", size=10) == "abc", "ringbuf-write")
    r = m.do("chardev-change", id="n", backend={"type": "file", "data": {"out": "/none/x"}})
    ok("/none/x" in r.get("desc", "") and m.do("ringbuf-read", device="n", size=10) == "", "one that fails leaves the old one", r)
    ok("busy" in m.do("chardev-change", id="qmp0", backend={"type": "null", "data": {}})["desc"], "a monitor's is not changed")
    ok("not found" in m.do("chardev-change", id="x", backend={"type": "null", "data": {}})["desc"], "nor one that is not there")
    ok(m.do("set-action", reboot="shutdown", shutdown="pause") == {} and
       "does not accept value 'x'" in m.do("set-action", reboot="x")["desc"], "set-action")
    line.close()
    ok(m.end() == 0, "quit")


def test_people():
    path = os.path.join(work, "mon")
    m = Machine("-S", "-monitor", f"unix:{path},server,nowait")
    m.do("qmp_capabilities")
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.settimeout(20)

    def until(words):
        text = ""
        while words not in text:
            text += s.recv(4096).decode()
        return text
    until("(rhea) ")
    s.sendall(b"info stXX\x7f\x7fatus\n")
    ok("VM status: paused (prelaunch)" in until("(rhea) "), "a line with corrections")
    s.sendall(b"\x1b[A\n")
    ok("VM status" in until("(rhea) "), "the line before, by its key")
    s.sendall(b"qom-li\t /machine\n")
    ok("memory (size)" in until("(rhea) "), "completion")
    s.sendall(b"x /4xw 0x80000000\n")
    ok("0000000080000000:" in until("(rhea) "), "x")
    s.sendall(b"xp /4q 0x80000000\n")
    ok("Error:" in until("(rhea) "), "x: bad format")
    s.sendall(b"device_add nix\n")
    ok("Error: there is no device 'nix'" in until("(rhea) "), "errors")
    s.sendall(b"quit\n")
    ok(m.p.wait(20) == 0, "quit")


def test_terminal():
    p = subprocess.run([rhea, "-M", "virt", "-S", "-monitor", "stdio"], input="info status\nquit\n", capture_output=True,
                       text=True, timeout=30)
    ok(p.returncode == 0 and "prelaunch" in p.stdout, "-monitor stdio", p)
    p = subprocess.run([rhea, "-M", "virt", "-S", "-qmp", "stdio"], capture_output=True, text=True, timeout=30,
                       input='{"execute": "qmp_capabilities"}{"execute": "quit"}')
    ok(p.returncode == 0 and p.stdout.count('"return"') == 2, "-qmp stdio", p)
    p = subprocess.run([rhea, "-M", "virt", "-S", "-nographic", "-qmp", "stdio"], capture_output=True, text=True,
                       timeout=30, stdin=subprocess.DEVNULL)
    ok(p.returncode == 1 and "is used by serial0" in p.stderr, "two cannot have the terminal", p)


def test_hostile():
    """Random bytes and random commands: it stays alive and answers."""
    rnd = random.Random(5)
    m = Machine("-S")
    m.do("qmp_capabilities")
    for _ in range(200):
        m.s.sendall(bytes(rnd.choice(b'{}[]":,\\\'ex \n\t0a\xff\x00') for _ in range(rnd.randrange(1, 60))))
    m.s.close()
    m.connect()
    ok(m.do("qmp_capabilities") == {}, "random bytes")
    names = [c["name"] for c in m.do("query-commands") if c["name"] not in ("quit", "migrate", "pmemsave", "human-monitor-command")]
    values = [None, 1, -1, 1 << 62, 1.5, "", "x", "/", "/machine", "virtio-rng-pci", "a" * 3000, True, [], {}, {"type": "null"}]
    keys = ["path", "property", "value", "driver", "id", "bus", "typename", "backend", "node-name", "file", "enable", "flat"]
    for _ in range(1500):
        args = {rnd.choice(keys): rnd.choice(values) for _ in range(rnd.randrange(4))}
        m.raw(json.dumps({"execute": rnd.choice(names), "arguments": args}))
    ok("return" in m.raw('{"execute": "query-status"}'), "1500 random commands")
    rows = [("transaction", {"actions": [{"type": {}, "data": 3}]}), ("transaction", {"actions": [1]}),
            ("transaction", {"actions": [{"type": "blockdev-snapshot", "data": 3}]}),
            ("chardev-add", {"id": "x", "backend": {"type": {}}}), ("chardev-add", {"id": "x", "backend": {"type": 1, "data": []}}),
            ("chardev-add", {"id": "x", "backend": {"type": "file", "data": {"out": {}}}}),
            ("chardev-add", {"id": "x", "backend": {"type": "socket", "data": {"addr": {"type": "unix", "data": {"path": [1]}}}}}),
            ("send-key", {"keys": [{"type": "number", "data": {}}]}), ("input-send-event", {"events": [{"type": [], "data": {}}]}),
            ("migrate-set-capabilities", {"capabilities": [{"capability": [], "state": True}]}),
            ("blockdev-add", {"driver": [], "node-name": {}}), ("object-add", {"qom-type": {}, "id": 1}), ("device_add", {"driver": {}})]
    ok(all("class" in (m.do(name, **args) or {}) for name, args in rows), "members of other types are refused",
       [(name, args, r) for name, args in rows if "class" not in (r := m.do(name, **args) or {})])
    words = {e["name"]: e for e in m.do("query-qmp-schema")}
    arguments = {n: [a["name"] for a in words[words[n]["arg-type"]]["members"]] for n in names if n in words}
    inner = ["type", "data", "path", "addr", "out", "device", "key", "button", "axis", "str", "fd", "capability", "state", "value", "down"]
    kinds = ["file", "socket", "ringbuf", "unix", "inet", "key", "btn", "qcode", "number", "blockdev-snapshot", "blockdev-backup", "events"]

    def value(depth):
        if depth and rnd.random() < 0.6:
            return [value(depth - 1)] if rnd.random() < 0.4 else {rnd.choice(inner): value(depth - 1) for _ in range(3)}
        return rnd.choice(kinds + values)
    for _ in range(1500):
        name = rnd.choice([n for n in arguments if arguments[n]])
        m.raw(json.dumps({"execute": name, "arguments": {a: value(4) for a in arguments[name] if rnd.random() < 0.8}}))
    ok("return" in m.raw('{"execute": "query-status"}'), "1500 commands with random arguments of the right names")
    ok(m.end() == 0, "and it ends as it should")
    m.err.seek(0)
    ok("CRITICAL" not in (err := m.err.read()), "none was checked too late", err[:300])


if not os.path.exists(rhea):
    tap.skip("rhea-system-riscv64 is not built")
shutil.rmtree(work, ignore_errors=True)
os.makedirs(work)
test_protocol()
test_running()
test_objects()
test_plug()
test_line()
test_disk_goes()
test_move()
test_jobs()
test_copies()
test_modes()
test_defer()
test_fds()
test_forwards()
test_lines()
test_people()
test_terminal()
test_hostile()
tap.done()
