# SPDX-License-Identifier: BSD-2-Clause
"""rhea-system-riscv64 and Debian's qemu-system-riscv64 in one run: a kernel's boot and programs in the guest.

One boot of each in turn, several times; the guest's init tells where a piece of work begins and ends. A row is the
cpu time of all threads in between (user + system), or for disks the time on the clock; medians.
"""
import glob, math, os, re, shutil, statistics, subprocess, threading, time

AIMS = {"boot": 0.5, "shell, gzip, python3": 0.45, "FP and vectors": 0.2}
CLASSES = {"boot": "boot", "shell-loop": "shell, gzip, python3", "gzip": "shell, gzip, python3", "python3": "shell, gzip, python3"}
RAM_MIB = 512


def klass(row):
    return CLASSES.get(row) or ("disk" if row.startswith("disk") else "FP and vectors")


def cpu_s(pid):
    """Seconds of cpu of all threads, those that ended too [man 5 proc, /proc/PID/stat, fields 14 and 15]."""
    with open(f"/proc/{pid}/stat") as f:
        words = f.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def beyond_ram_mib(pid):
    """Memory in use that is not the guest's RAM, which is the mapping of its size. A page that is mapped twice (code, to
    be written and to be run) counts once: Pss [man 5 proc, /proc/PID/smaps]."""
    total = ram = size = 0
    with open(f"/proc/{pid}/smaps") as f:
        for line in f:
            if m := re.match(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)", line):
                size = int(m[2], 16) - int(m[1], 16)
            elif line.startswith("Pss:"):
                kib = int(line.split()[1])
                total += kib
                ram = max(ram, kib) if size >= RAM_MIB << 20 else ram
    return (total - ram) / 1024


class Boot:
    """One run; the console's lines with what they cost so far."""

    def __init__(self, cmd):
        self.rows, self.said, self.failed, self.rss = {}, {}, set(), None
        p = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        timer = threading.Timer(600, p.kill)
        timer.start()
        begun, name = (0.0, time.monotonic()), None
        try:
            for line in p.stdout:
                words = line.decode(errors="replace").split()
                if words[:1] != ["B:"]:
                    continue
                now = (cpu_s(p.pid), time.monotonic())
                if words[1] == "shell":
                    self.rows["boot"] = (now[0], now[1] - begun[1])
                elif words[1] == "begin":
                    name, begun = words[2], now
                elif words[1] == "said":
                    self.said[name] = words[2]
                elif words[1] == "failed":
                    self.failed.add(name)
                elif words[1] == "end":
                    self.rows[name] = (now[0] - begun[0], now[1] - begun[1])
                elif words[1] == "bye":
                    self.rss = beyond_ram_mib(p.pid)
                    p.stdin.write(b"\n")
                    p.stdin.flush()
        finally:
            timer.cancel()
            p.stdin.close()
            p.wait()


def make_initrd(bench, deb, box):
    """busybox, the kernel's modules of virtio-blk, python3, the programs of tests/bench."""
    root = os.path.join(bench.work, "machine-root")
    shutil.rmtree(root, ignore_errors=True)
    for d in ("bin", "dev", "bench", "modules", "usr/bin", "usr/lib"):
        os.makedirs(os.path.join(root, d))
    shutil.copy(box, os.path.join(root, "bin/busybox"))
    shutil.copy(os.path.join(bench.args.source, "tests/bench/machine-init"), os.path.join(root, "init"))
    os.chmod(os.path.join(root, "init"), 0o755)
    for i, m in enumerate(("virtio_mmio", "virtio_blk")):
        for f in glob.glob(os.path.join(deb, "kernel/**", m + ".ko.xz"), recursive=True)[:1]:
            with open(os.path.join(root, f"modules/{i}-{m}.ko"), "wb") as out:
                subprocess.run(["xz", "-dc", f], stdout=out, check=True)
    fixed = bench.fixed_inputs()
    for n in ("text", "py"):
        shutil.copy(fixed[n], os.path.join(root, "bench"))
    for name in ("fp-linpack", "fp-nbody", "fp-mandel", "vec-loops", "vec-bytes", "disk-read"):
        if p := bench.compile("riscv64", name):
            shutil.copy(p, os.path.join(root, "bench", name))
    guest = os.path.join(bench.args.build, "roots/riscv64")
    if os.path.exists(os.path.join(guest, "usr/bin/python3")):
        add_python(guest, root)
    initrd = os.path.join(bench.work, "machine-initrd")
    with open(initrd, "wb") as out:
        find = subprocess.Popen(["find", "."], cwd=root, stdout=subprocess.PIPE)
        subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0"], cwd=root, stdin=find.stdout, stdout=out,
                       stderr=subprocess.DEVNULL, check=True)
        find.wait()
    return initrd


def add_python(guest, root):
    shutil.copy(os.path.join(guest, "usr/bin/python3"), os.path.join(root, "usr/bin/python3"))
    os.symlink("usr/lib", os.path.join(root, "lib"))
    shutil.copy(os.path.join(guest, "usr/lib/ld-linux-riscv64-lp64d.so.1"), os.path.join(root, "usr/lib"))
    libs = os.path.join(root, "usr/lib/riscv64-linux-gnu")
    os.makedirs(libs)
    for n in ("libc.so.6", "libm.so.6", "libz.so.1", "libexpat.so.1", "libatomic.so.1"):
        p = os.path.join(guest, "usr/lib/riscv64-linux-gnu", n)
        if os.path.exists(p):
            shutil.copy(p, libs)
    for std in glob.glob(os.path.join(guest, "usr/lib/python3.*")):
        shutil.copytree(std, os.path.join(root, "usr/lib", os.path.basename(std)), symlinks=False, ignore_dangling_symlinks=True,
                        ignore=shutil.ignore_patterns("__pycache__", "test", "idlelib", "ensurepip", "config-*", "unittest", "pydoc_data"))


def missing(rhea, qemu, kernel, box):
    return ("rhea-system-riscv64 is not built" if not os.path.exists(rhea) else "qemu-system-riscv64 is not installed" if not qemu
            else "no kernel: ./quickstart check fetches it" if not kernel or not box
            else "cpio or xz is not installed" if not shutil.which("cpio") or not shutil.which("xz") else None)


def run(bench):
    rhea, qemu = os.path.join(bench.args.build, "bin/rhea-system-riscv64"), shutil.which("qemu-system-riscv64")
    deb = os.path.join(bench.args.build, "foreign/riscv64")
    kernel = sorted(glob.glob(os.path.join(deb, "kernel/boot/vmlinu?-*")))
    box = [p for p in (os.path.join(deb, d, "busybox") for d in ("root/usr/bin", "root/bin")) if os.path.exists(p)]
    bench.say(f"\nmachines (riscv64, {RAM_MIB} MiB, one CPU): cpu ms, median of {bench.args.runs}      rhea     qemu   rhea/qemu")
    if why := missing(rhea, qemu, kernel, box):
        bench.say("  not measured: " + why)
        return
    disk = os.path.join(bench.work, "machine-disk")
    with open(disk, "wb") as f:
        f.write(os.urandom(1 << 20) * 256)
    common = ["-M", "virt", "-m", str(RAM_MIB), "-nographic", "-no-reboot", "-kernel", kernel[-1], "-initrd", make_initrd(bench, deb, box[0]),
              "-append", "console=ttyS0 quiet", "-drive", f"file={disk},format=raw,if=none,id=d", "-device", "virtio-blk-device,drive=d"]
    got = {"rhea": [], "qemu": []}
    for _ in range(bench.args.runs):
        got["rhea"].append(Boot([rhea, *common, "-cpu", "rv64,v=true,vlen=128"]))
        got["qemu"].append(Boot([qemu, *common, "-cpu", "rv64,v=true,vlen=128,vext_spec=v1.0"]))
    report(bench, got)


def report(bench, got):
    ratios = {}
    names = [n for n in got["qemu"][0].rows if n != "disk-warm"]
    for n in names:
        k, column = klass(n), 1 if n.startswith("disk") else 0
        try:
            a, b = (statistics.median(x.rows[n][column] for x in got[w]) for w in ("rhea", "qemu"))
        except KeyError:
            bench.say(f"  {n:22} did not end")
            continue
        if any(n in x.failed for w in got for x in got[w]):
            bench.say(f"  {n:22} FAILED in the guest")
            continue
        same = len({x.said.get(n) for w in got for x in got[w]}) == 1
        ratios.setdefault(k, []).append(a / b if b else math.nan)
        bench.say(f"  {n:22}{a * 1000:9.0f}{b * 1000:9.0f}   {a / b if b else math.nan:7.3f}"
                  + ("   (on the clock)" if column else "") + ("" if same else "   OUTPUT DIFFERS"))
    for k, r in ratios.items():
        mean = math.exp(sum(map(math.log, r)) / len(r))
        if k == "disk":
            bench.say(f"  {k:24}{1 / mean:7.3f} of its throughput   (>= 1.00)  {'ok' if mean <= 1 else 'SHORT'}")
        else:
            bench.say(f"  {k:24}{mean:7.3f}   (<= {AIMS[k]:.2f})  {'ok' if mean <= AIMS[k] else 'SHORT'}")
    a, b = (statistics.median(x.rss or math.nan for x in got[w]) for w in ("rhea", "qemu"))
    bench.say(f"  memory beyond the guest's, MiB: rhea {a:.0f}, qemu {b:.0f}   (<= 64)  {'ok' if a <= 64 else 'SHORT'}")
