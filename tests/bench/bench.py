#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""rhea, qemu-user and native in one run: cpu time (user + system, of the process and its children), medians.

bench.py BUILD SOURCE [--runs N] [--only RE] [--arch A]
Prints a table and writes it to BUILD/bench.txt. The ratio is rhea / qemu; a class's is the geometric mean of its rows.
"""
import argparse, math, os, re, resource, shutil, statistics, subprocess, sys

import machines

ARCHES = {"aarch64": "arm64", "riscv64": "riscv64"}
C_CLASSES = {"int": "integer loops", "call": "calls and dispatch", "fp": "scalar floating point", "simd": "SIMD", "vec": "vectors",
             "fork": "fork + wait"}
TARGETS = {"integer loops": 0.45, "calls and dispatch": {"aarch64": 0.30, "riscv64": 0.22}, "start-up": 0.25,
           "real programs": 0.45, "fork + wait": 0.3,
           "scalar floating point": 0.15, "SIMD": {"aarch64": 0.15}, "vectors": 0.15, "crypto": {"aarch64": 0.25}}
ENV = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LC_ALL": "C", "PYTHONHASHSEED": "0"}


def run(cmd, data=None):
    """CPU seconds, peak KiB, output; None if it failed."""
    r, w = os.pipe()
    # not fork: copying this interpreter, and what exec throws away of it, would count as the program's
    try:
        pid = os.posix_spawn(cmd[0], cmd, ENV, file_actions=[
            (os.POSIX_SPAWN_DUP2, w, 1), (os.POSIX_SPAWN_OPEN, 0, data or "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)])
    except OSError:
        os.close(r)
        os.close(w)
        return None
    os.close(w)
    try:
        resource.prlimit(pid, resource.RLIMIT_CPU, (120, 120))
    except ProcessLookupError:
        pass                    # it is done already
    out = b""
    while chunk := os.read(r, 65536):
        out += chunk
    os.close(r)
    _, status, use = os.wait4(pid, 0)
    return (use.ru_utime + use.ru_stime, use.ru_maxrss, out) if status == 0 else None


def measure(cmd, runs, repeat=1, data=None):
    times, peak, out = [], 0, b""
    for _ in range(runs):
        total = 0.0
        for _ in range(repeat):
            one = run(cmd, data)
            if one is None:
                return None
            total += one[0]
            peak, out = max(peak, one[1]), one[2]
        times.append(total / repeat)
    return statistics.median(times), peak, out


class Bench:
    def __init__(self, args):
        self.args, self.lines, self.work = args, [], os.path.join(args.build, "bench")
        os.makedirs(self.work, exist_ok=True)

    def say(self, text=""):
        print(text, flush=True)
        self.lines.append(text)

    def compile(self, arch, name, static=True, sve=False, high=False):
        cc = "cc" if arch == "native" else f"{arch}-linux-gnu-gcc"
        if not shutil.which(cc):
            return None
        out = os.path.join(self.work, f"{name}-{arch}" + ("" if static else "-dyn") + ("-sve" if sve else "") + ("-high" if high else ""))
        src = os.path.join(self.args.source, "tests/bench", name + ".c")
        flags = ["-O3"] if name.startswith("simd") else ["-O2"]
        flags += ["-march=armv9-a"] if sve else []
        flags += ["-Wl,-Ttext-segment=0x10000000"] if high else []
        cmd = [cc, "-w", *flags, *(["-static"] if static else []), "-o", out, src, "-lm"]
        return out if subprocess.run(cmd, stderr=subprocess.DEVNULL).returncode == 0 else None

    def row(self, klass, name, rhea, qemu, native, repeat=1, data=None):
        if self.args.only and not re.search(self.args.only, f"{klass} {name}"):
            return
        runs = self.args.runs
        got = [measure(c, runs, repeat, data) if c and os.path.exists(c[0]) else None for c in (rhea, qemu, native)]
        same = len({g[2] for g in got[:2] if g}) <= 1
        cell = [f"{g[0] * 1000:9.1f}" if g else "        -" for g in got]
        ratio = got[0][0] / got[1][0] if got[0] and got[1] and got[1][0] else None
        slow = got[0][0] / got[2][0] if got[0] and got[2] and got[2][0] else None
        if ratio:
            self.ratios.setdefault(klass, []).append(ratio)
        self.say(f"  {name:22}{cell[0]}{cell[1]}{cell[2]}   {f'{ratio:.3f}' if ratio else '-':>7}   "
                 f"{f'{slow:.2f}' if slow else '-':>7}" + ("" if same else "   OUTPUT DIFFERS")
                 + ("" if got[0] else "   rhea FAILED"))

    def programs(self, arch, emu, rhea, qemu):
        """The start-up, shell-script and real-program classes: commands below a root."""
        root = os.path.join(self.args.build, "roots", ARCHES[arch])
        fixed = self.fixed_inputs()

        def both(path, *argv):
            p = os.path.join(root, path.lstrip("/"))
            host = path if os.path.exists(path) else None
            return ([rhea, "-L", root, p, *argv], [qemu, "-L", root, p, *argv], [host, *argv] if host else None)

        hello = self.compile(arch, "start-hello")
        native = self.compile("native", "start-hello")
        if hello:
            self.row("start-up", "static hello", [rhea, hello], [qemu, hello], [native], 20)
        dyn = self.compile(arch, "start-hello", False)
        if not os.path.isdir(os.path.join(root, "usr")):
            self.say("  (no foreign root: ./quickstart check makes it)")
            return
        if dyn:
            self.row("start-up", "dynamic hello", [rhea, "-L", root, dyn], [qemu, "-L", root, dyn],
                     [self.compile("native", "start-hello", False)], 20)
        self.row("start-up", "bash -c true", *both("/usr/bin/bash", "-c", "true"), 10)
        self.row("start-up", "python3 -c pass", *both("/usr/bin/python3", "-c", "pass"), 3)
        self.row("shell scripts", "bash substitutions", *both("/usr/bin/bash", fixed["sh"]))
        self.row("real programs", "python3", *both("/usr/bin/python3", "-S", fixed["py"]))
        self.row("real programs", "sqlite3", *both("/usr/bin/sqlite3", ":memory:"), data=fixed["sql"])
        self.row("real programs", "xz -6", *both("/usr/bin/xz", "-6c", fixed["text"]))
        self.row("real programs", "xz -d", *both("/usr/bin/xz", "-dc", fixed["xz"]))
        version = {"arm64": 12, "riscv64": 14}[ARCHES[arch]]
        cc1 = f"/usr/libexec/gcc/{arch}-linux-gnu/{version}/cc1"
        if not os.path.exists(root + cc1):
            cc1 = cc1.replace("libexec", "lib")
        self.row("real programs", "gcc (cc1 -O2)", *both(cc1, "-quiet", "-O2", fixed["i"], "-o", "/dev/null"))
        self.row("real programs", "perl", *both("/usr/bin/perl", fixed["pl"]))

    def crypto(self, arch, rhea, qemu):
        """openssl's own code for the CPU's extensions, on 64 MiB."""
        root = os.path.join(self.args.build, "roots", ARCHES[arch])
        path = os.path.join(self.work, "fixed.bin")
        if not os.path.exists(path) or os.path.getsize(path) != 64 << 20:
            with open(path, "wb") as f:
                f.write(bytes(range(256)) * (1 << 18))
        key, iv = "00112233445566778899aabbccddeeff", "0f" * 16
        for name, argv in (("sha256", ["dgst", "-sha256", path]), ("sha1", ["dgst", "-sha1", path]),
                           ("sha512", ["dgst", "-sha512", path]),
                           ("aes-128-ctr", ["enc", "-aes-128-ctr", "-K", key, "-iv", iv, "-in", path, "-out", "/dev/null"]),
                           ("aes-128-cbc -d", ["enc", "-d", "-nopad", "-aes-128-cbc", "-K", key, "-iv", iv, "-in", path,
                                               "-out", "/dev/null"]),
                           ("chacha20", ["enc", "-chacha20", "-K", key * 2, "-iv", iv, "-in", path, "-out", "/dev/null"])):
            p = os.path.join(root, "usr/bin/openssl")
            if os.path.exists(p):
                self.row("crypto", "openssl " + name, [rhea, "-L", root, p, *argv], [qemu, "-L", root, p, *argv],
                         ["/usr/bin/openssl", *argv])

    def fixed_inputs(self):
        put = {
            "py": "import json, re\nd = {}\nfor i in range(60000):\n    d[i % 997] = d.get(i % 997, '') + chr(97 + i % 26)\n"
                  "s = json.dumps(d)\nprint(len(s), len(re.findall('[aeiou]+', s)), sum(x * x % 7 for x in range(300000)))\n"
                  "class A:\n    def __init__(self, n): self.n = n\n    def f(self): return self.n + 1\n"
                  "print(sum(A(i).f() for i in range(100000)), sorted(d.values())[5][:9])\n",
            "sql": "create table t(a integer primary key, b text, c);\nwith recursive r(x) as (select 1 union all select x+1 from r"
                   " where x<60000) insert into t select x, printf('%08x', x*7919), x%1013 from r;\ncreate index i on t(c);\n"
                   "select count(*), sum(a) from t where c between 100 and 300;\nselect c, count(*), max(b) from t group by c"
                   " order by 3 desc limit 3;\nselect count(*) from t x join t y on x.a = y.c where x.b like '%ab%';\n",
            "pl": "my %h; for my $i (1 .. 150000) { my $k = ($i * 7919) % 4001; $h{$k} .= chr(97 + $i % 26); }\n"
                  "my $n = 0; for (sort keys %h) { $n++ while $h{$_} =~ /[aeiou][^aeiou]/g } print \"$n\\n\";\n",
            "sh": "for i in 1 2 3 4 5 6 7 8 9 10; do for j in 1 2 3 4 5 6 7 8 9 10; do\n"
                  "x=$(echo $i$j$x | { read a; echo ${a:0:9}x; }); done; done; echo $x\n",
            "text": "".join(f"{i * 7919 % 10007:05d} {'lorem ipsum dolor sit amet'[i % 20:]} {i:x}\n" for i in range(40000)),
        }
        paths = {}
        for name, text in put.items():
            paths[name] = os.path.join(self.work, "fixed." + name)
            with open(paths[name], "w") as f:
                f.write(text)
        paths["i"] = os.path.join(self.work, "fixed.i")
        body = "".join(f"unsigned f{i}(unsigned *p, unsigned n) {{ unsigned s = {i}; for (unsigned i = 0; i < n; i++) "
                       f"{{ s = s * {2 * i + 3} + p[i]; if (s & {1 << i % 20}) s ^= p[n - i - 1] >> {i % 31}; "
                       f"switch (s % 7) {{ case 0: s += {i}; break; case 3: s = f{max(i - 1, 0)}(p, n / 2); break; }} }} return s; }}\n"
                       for i in range(120))
        with open(paths["i"], "w") as f:
            f.write(body)
        paths["xz"] = os.path.join(self.work, "fixed.xz")
        if shutil.which("xz") and not os.path.exists(paths["xz"]):
            with open(paths["xz"], "wb") as f:
                subprocess.run(["xz", "-6c", paths["text"]], stdout=f)
        return paths

    def memory(self, arch, rhea, qemu):
        hello = self.compile(arch, "start-hello")
        if not hello or self.args.only:
            return
        peak = self.compile("native", "peak")
        got = [run([peak, e, hello]) for e in (rhea, qemu)]
        strip = os.path.join(self.work, "stripped")
        size = os.path.getsize(rhea)
        if shutil.which("strip") and subprocess.run(["strip", "-o", strip, rhea]).returncode == 0:
            size = os.path.getsize(strip)
        self.say("  peak memory of hello, MiB: " + ", ".join(
            f"{n} {int(g[2]) / 1024:.1f}" for n, g in zip(("rhea", "qemu"), got) if g))
        self.say(f"  one stripped executable, MiB: rhea {size / 2 ** 20:.1f}, qemu "
                 f"{os.path.getsize(qemu) / 2 ** 20 if os.path.exists(qemu) else 0:.1f}")

    def translation(self, arch, rhea):
        """Host instructions spent in the translator per guest instruction translated."""
        hello = self.compile(arch, "start-hello", high=True)      # valgrind loads rhea where programs usually are
        if self.args.only:
            return
        if not hello or not shutil.which("valgrind"):
            self.say("  translation: valgrind is not installed")
            return
        log = os.path.join(self.work, "stats")
        out = os.path.join(self.work, "callgrind.out")
        # functions of which none calls another, and none is inlined: each in a file of its own
        steps = ("tcg_build_block", "tcg_kept_put", "tcg_kept_get", "tcg_host_compile", "tcg_block_publish")
        p = subprocess.run(["valgrind", "--tool=callgrind", *("--toggle-collect=" + s for s in steps), "--dump-line=no",
                            f"--callgrind-out-file={out}", rhea, "-d", "stats", "-D", log, hello],
                           capture_output=True, text=True, timeout=300)
        total = re.search(r"Collected *: *(\d+)", p.stderr)
        # of the same run: under valgrind the host has other features, and the guest may run other code
        insns = re.search(r"(\d+) guest instructions", open(log).read() if os.path.exists(log) else "")
        if total and int(total[1]) and insns:
            self.say(f"  translation: {int(total[1]) / int(insns[1]):.0f} host instructions per guest instruction "
                     f"({insns[1]} of them in hello)")
        else:
            self.say("  translation: callgrind did not collect")

    def arch(self, arch):
        rhea = os.path.join(self.args.build, "bin", "rhea-" + arch)
        qemu = shutil.which(f"qemu-{arch}-static") or shutil.which(f"qemu-{arch}") or "qemu-absent"
        if not os.path.exists(rhea):
            return
        self.ratios = {}
        self.say(f"\n{arch}: cpu ms, median of {self.args.runs}      rhea     qemu   native   rhea/qemu rhea/native")
        for f in sorted(os.listdir(os.path.join(self.args.source, "tests/bench"))):
            name, ext = os.path.splitext(f)
            klass = C_CLASSES.get(name.split("-")[0])
            if ext != ".c" or not klass:
                continue
            guest = self.compile(arch, name)
            if guest:
                qemu_cpu = ["-cpu", "rv64,v=true,vext_spec=v1.0"] if klass == "vectors" else []
                native = self.compile("native", name)
                self.row(klass, name, [rhea, guest], [qemu, *qemu_cpu, guest], [native] if native else None)
            if arch == "aarch64" and klass == "SIMD" and (guest := self.compile(arch, name, sve=True)):
                qemu_cpu = ["-cpu", "max,sve-max-vq=2,sve-default-vector-length=32"]
                self.row("vectors", name.replace("simd", "sve"), [rhea, "-cpu", "max", guest], [qemu, *qemu_cpu, guest], None)
        self.programs(arch, None, rhea, qemu)
        self.crypto(arch, rhea, qemu)
        self.say(f"\n{arch}: rhea / qemu by class (geometric mean; the aim)")
        for klass, r in self.ratios.items():
            aim = TARGETS.get(klass)
            aim = aim.get(arch) if isinstance(aim, dict) else aim
            mean = math.exp(sum(map(math.log, r)) / len(r))
            self.say(f"  {klass:24}{mean:7.3f}" + (f"   (<= {aim:.2f})  {'ok' if mean <= aim else 'SHORT'}" if aim else ""))
        self.memory(arch, rhea, qemu)
        self.translation(arch, rhea)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build")
    p.add_argument("source")
    p.add_argument("--runs", type=int, default=5)
    p.add_argument("--only")
    p.add_argument("--arch", choices=list(ARCHES))
    args = p.parse_args()
    args.build, args.source = os.path.abspath(args.build), os.path.abspath(args.source)
    b = Bench(args)
    for a in [args.arch] if args.arch else ARCHES:
        b.arch(a)
    if args.arch in (None, "riscv64") and (not args.only or re.search(args.only, "machines")):
        machines.run(b)
    with open(os.path.join(args.build, "bench.txt"), "w") as f:
        f.write("\n".join(b.lines) + "\n")


if __name__ == "__main__":
    main()
