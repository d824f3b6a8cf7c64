#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run-tests.py abi [TEST...]   the system call tests, tests/abi/*.c: first on real Linux (the oracle), then on Vitrix
run-tests.py all             every suite that SUITES below names; the last line is 'N passed, N failed',
                             and ', N skipped' behind it if any was

A test is one C file: a static program without arguments, run as root in an empty directory on tmpfs; exit status
0 passes, 1 fails, 77 skips.  It has 20 seconds, or what a line `TIMEOUT: 60` in a comment says; a line
`CFLAGS: -m32` in a comment adds flags.  A test that fails on Linux is a broken test and counts as failed.
tests/abi/both-widths.txt names those that run a second time as 32-bit programs, NAME-32.
tests/abi/later.txt names those that may still skip on Vitrix alone, as it has not that call yet: they count as
skipped.  Any other test that Linux passes must pass.
What Linux answered is kept in build/tests/oracle.json under a hash of everything that went in.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time

import vm as V
from vm import Archive, VM, VMError, BUILD, TOP

ABI = os.path.join(TOP, "tests", "abi")
OUT = os.path.join(BUILD, "tests", "abi")
LATER = os.path.join(ABI, "later.txt")
CACHE = os.path.join(BUILD, "tests", "oracle.json")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
SUITES = {
    "unit": ["tests/unit/run"],
    "abi": ["tools/run-tests.py", "abi"],
    "abi-smp": ["tools/run-tests.py", "abi", "--smp", "2", "--linux-smp", "1"],
    "abi-debug": ["tools/run-tests.py", "abi", "--smp", "4", "--linux-smp", "1", "--kernel", "build/debug/bzImage"],
    "path": ["tools/run-path-tests.py"],
    "gdb": ["tests/gdb/run.py"],
    "programs": ["tests/programs/run.py"],
    "i386": ["tests/programs/i386.py"],
    "golden": ["tests/golden/run.py"],
    "labs": ["tests/labs/run.py"],
    "walk": ["tests/walk/run.py"],
    "boot": ["tests/boot/run.py"],
    "compare": ["tests/compare/run.py"],
    "rr": ["tests/rr/run.py"],
    "trace": ["tests/trace/run.py"],
    "tracefs": ["tests/tracefs/run.py"],
    "checks": ["tests/checks/run.py"],
    "page": ["tests/page/run.py"],
    "bochs": ["tests/bochs/run.py"],
    "attacks": ["tests/attacks/run.py"],
    "nmi": ["tests/nmi/run.py"],
    "fuzz": ["tools/fuzz", "--smoke"],
}


class Test:
    def __init__(self, src, bits=64):
        self.src = src
        self.name = os.path.splitext(os.path.basename(src))[0] + ("-32" if bits == 32 else "")
        self.bits = bits
        with open(src, errors="replace") as f:
            text = f.read()
        m = re.search(r"^\W*TIMEOUT:\s*(\d+)", text, re.M)
        self.seconds = int(m.group(1)) if m else 20
        m = re.search(r"^\W*CFLAGS:\s*([^\n*]*)", text, re.M)
        self.cflags = m.group(1).split() if m else []
        self.error = None
        self.digest = None

    def build(self):
        """Compile and strip; the unstripped program stays in build/ for gdb."""
        headers = [os.path.join(ABI, f) for f in os.listdir(ABI) if f.endswith(".h")]
        prog = os.path.join(OUT, self.name)
        flags = ["-O1", "-g", "-std=gnu11", "-pthread", "-static", "-Wall", "-I", ABI, *self.cflags]
        if self.bits == 32:
            flags += ["-m32", "-D_FILE_OFFSET_BITS=64", "-Wno-int-to-pointer-cast", "-Wno-pointer-to-int-cast"]
        try:
            V.cc(self.src, prog, flags, deps=headers)
            stripped = prog + ".stripped"
            if not os.path.exists(stripped) or os.path.getmtime(stripped) < os.path.getmtime(prog):
                subprocess.run(["strip", "-o", stripped, prog], check=True)
            with open(stripped, "rb") as f:
                self.digest = hashlib.sha256(f.read() + b"%d" % self.seconds).hexdigest()
        except (VMError, subprocess.CalledProcessError) as e:
            self.error = str(e)


def pack(tests, init, patience, path):
    a = Archive()
    a.busybox(["sh", "cat", "echo", "true", "false", "sleep", "ls", "kill", "ps"])
    a.copy(init, "init")
    a.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
    a.file("etc/group", "root:x:0:\nnogroup:x:65534:\n")
    for d in ("root", "proc", "sys", "tmp"):
        a.dir(d)
    a.file("tests/list", "".join("%s %d\n" % (t.name, t.seconds * patience) for t in tests))
    for t in tests:
        a.copy(os.path.join(OUT, t.name + ".stripped"), "tests/" + t.name)
    return a.write(path)


def boot_once(tests, kernel, init, opts, label, results):
    """Boot with `tests`, note each result; return the tests still to run (empty when all have run)."""
    archive = pack(tests, init, opts.patience, os.path.join(BUILD, "tests", "abi-%s.cpio" % label.lower()))
    waiting = {t.name: t for t in tests}
    current, detail, ended, why = None, [], None, None
    append = "console=ttyS0 panic=-1 quiet " + opts.append
    with VM(kernel, archive, append, cpu=opts.cpu, mem=opts.mem, smp=opts.smp,
            extra=["-accel", "tcg,thread=multi"] if opts.smp > 1 else ()) as vm:
        since = 0
        try:
            # A debug build takes a minute for 200 MB of archive when the computer has others to serve.
            idle = (45 if label == "Linux" else 60) * opts.patience
            for line in vm.lines(idle, boot=5 * idle):
                since = since + 1
                if m := re.match(r"^RUN (\S+)$", line):
                    current, detail = m.group(1), []
                elif m := re.match(r"^(.*)TEST (\S+) (PASS|FAIL|TIMEOUT|SKIP)$", line):
                    if m.group(1):
                        detail.append(m.group(1))
                    results[m.group(2)] = [m.group(3), list(detail)]
                    ended, current = m.group(2), None
                    waiting.pop(ended, None)
                    detail = results[ended][1]
                elif line == "DONE":
                    current = ended = None
                    vm.wait(20)
                    break
                else:
                    detail.append(line)
        except V.VMTimeout as e:
            why = str(e)
    if current in waiting:
        results[current] = ["CRASH" if not why else "HANG", detail[-40:] + ([why] if why else [])]
        del waiting[current]
        # The culprit's neighbours still get their turn.
        return list(waiting.values())
    if waiting:
        said = "\n".join(vm.text().splitlines()[-30:])
        for name in waiting:
            results[name] = ["NOBOOT", [why or "the machine ended before this test", said]]
            said = "(see above)"
    elif why:
        results["power-off"] = ["HANG", ["all tests ran, then: " + why]]
    return []


def run_on(tests, kernel, init, opts, label):
    results = {}
    while tests:
        tests = boot_once(tests, kernel, init, opts, label, results)
    return results


def run_oracle(tests, init, opts):
    """As run_on, but only for what is not in the cache."""
    kernel = V.oracle()
    opts = argparse.Namespace(**vars(opts))
    opts.smp = opts.linux_smp or opts.smp
    env = [os.path.basename(kernel), opts.append, opts.cpu, opts.mem, opts.smp]
    with open(init, "rb") as f:
        env.append(hashlib.sha256(f.read()).hexdigest())
    try:
        with open(CACHE) as f:
            cache = json.load(f)
    except (OSError, ValueError):
        cache = {}

    def key(t):
        return t.name + " " + hashlib.sha256(repr([t.digest, env]).encode()).hexdigest()

    results = {t.name: cache[key(t)] for t in tests if key(t) in cache}
    todo = [t for t in tests if t.name not in results]
    if todo:
        print("running %d test%s on Linux %s" % (len(todo), "s" * (len(todo) > 1), env[0]), flush=True)
        new = run_on(todo, kernel, init, opts, "Linux")
        results.update(new)
        keep = {key(t): new[t.name] for t in todo if t.name in new and new[t.name][0] in ("PASS", "SKIP")}
        # Read again: another run may have written meanwhile; one entry a test is enough.
        try:
            with open(CACHE) as f:
                cache = json.load(f)
        except (OSError, ValueError):
            pass
        cache.update(keep)
        with open(CACHE + ".%d" % os.getpid(), "w") as f:
            json.dump(cache, f, indent=0)
        os.rename(f.name, CACHE)
    return results


def show(label, name, result):
    print("%-8s %-32s %s" % (label, name, result[0]))
    for line in "\n".join(result[1]).splitlines()[-60:]:
        print("      " + line)


def summary(passed, failed, skipped):
    return "%d passed, %d failed" % (passed, failed) + (", %d skipped" % skipped if skipped else "")


def read_later(tests):
    """{test: why Vitrix skips it} from later.txt."""
    with open(LATER) as f:
        lines = [line.split(None, 1) for line in f if line.strip() and not line.startswith("#")]
    later = {words[0]: " ".join(words[1:]).strip() for words in lines}
    if unknown := set(later) - {t.name for t in tests}:
        raise SystemExit("%s names no test: %s" % (os.path.relpath(LATER, TOP), " ".join(sorted(unknown))))
    return later


def abi(opts):
    start = time.monotonic()
    sources = sorted(os.path.join(ABI, f) for f in os.listdir(ABI) if f.endswith(".c"))
    tests = [Test(s) for s in sources]
    with open(os.path.join(ABI, "both-widths.txt")) as f:
        tests += [Test(os.path.join(ABI, name + ".c"), 32) for name in f.read().split("\n") if name and name[0] != "#"]
    later, arrived = read_later(tests), []
    wanted = set(opts.test + (opts.only or []))
    if unknown := wanted - {t.name for t in tests}:
        raise SystemExit("no such test in tests/abi: " + " ".join(sorted(unknown)))
    if wanted:
        tests = [t for t in tests if t.name in wanted]
    os.makedirs(OUT, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(Test.build, tests))
    init = V.cc(os.path.join(ABI, "init", "init.c"), os.path.join(BUILD, "tests", "init"),
                ["-O1", "-static", "-s", "-Wall"])

    passed = failed = skipped = 0
    broken = [t for t in tests if t.error]
    for t in broken:
        show("gcc", t.name, ["FAIL", [t.error]])
    failed += len(broken)
    tests = [t for t in tests if not t.error]
    linux = vitrix = {}
    if not opts.vitrix_only:
        linux = run_oracle(tests, init, opts)
    if not opts.linux_only:
        if not os.path.exists(opts.kernel):
            raise SystemExit("%s is not there: run 'make' first (or --linux-only)" % opts.kernel)
        print("running %d tests on %s" % (len(tests), os.path.relpath(opts.kernel, TOP)), flush=True)
        vitrix = run_on(tests, opts.kernel, init, opts, "Vitrix")

    for t in tests:
        on_linux = linux.get(t.name, ["PASS", []])
        verdict = vitrix.get(t.name, on_linux)
        if on_linux[0] not in ("PASS", "SKIP"):
            show("Linux", t.name, [on_linux[0] + "  (a broken test: Linux is right)", on_linux[1]])
            failed += 1
        elif verdict[0] == "PASS":
            passed += 1
            if t.name in later and t.name in vitrix:
                arrived.append(t.name)
            if opts.verbose:
                show("Vitrix" if vitrix else "Linux", t.name, ["PASS", []])
        elif verdict[0] == "SKIP" and on_linux[0] == "SKIP":
            skipped += 1
            show("both", t.name, ["SKIP", verdict[1]])
        elif verdict[0] == "SKIP" and t.name in later:
            skipped += 1
            show("Vitrix", t.name, ["SKIP  later: " + later[t.name], []])
        else:
            if verdict[0] == "SKIP":
                verdict = ["SKIP  (Linux passes it)", verdict[1]]
            show("Vitrix" if vitrix else "Linux", t.name, verdict)
            failed += 1
    for results, label in ((linux, "Linux"), (vitrix, "Vitrix")):
        if "power-off" in results:
            show(label, "power-off", results["power-off"])
            failed += 1
    if arrived:
        print("no longer for later; take out of %s: %s" % (os.path.relpath(LATER, TOP), " ".join(arrived)))
    print("%.0f s" % (time.monotonic() - start))
    print(summary(passed, failed, skipped))
    return 0 if passed and not failed else 1


def all_suites(opts):
    """Run every suite, pass its output on, and add up the counts."""
    passed = failed = skipped = 0
    for name in opts.suites.split(",") if opts.suites else SUITES:
        cmd = [os.path.join(TOP, SUITES[name][0])] + SUITES[name][1:]
        print("== %s" % name, flush=True)
        start = time.monotonic()
        counts = None
        try:
            p = subprocess.Popen(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 errors="replace", cwd=TOP)
        except OSError as e:
            print("   cannot run: %s" % e)
            failed += 1
            continue
        for line in p.stdout:
            if m := SUMMARY.match(line.rstrip("\n")):
                counts = [int(n or 0) for n in m.groups()]
            else:
                print("   " + line, end="", flush=True)
        status = p.wait()
        if counts is None or (status and not counts[1]):
            print("   %s ended with status %d and %s" % (
                name, status, "no count" if counts is None else "no failed test"))
            counts = counts or [0, 0, 0]
            counts[1] += 1
        print("== %s: %s in %.0f s" % (name, summary(*counts), time.monotonic() - start), flush=True)
        passed += counts[0]
        failed += counts[1]
        skipped += counts[2]
    print(summary(passed, failed, skipped))
    return 0 if passed and not failed else 1


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest="what", required=True)
    a = sub.add_parser("abi")
    a.add_argument("test", nargs="*", help="run only these")
    a.add_argument("--only", nargs="+", metavar="NAME", help="the same")
    which = a.add_mutually_exclusive_group()
    which.add_argument("--linux-only", action="store_true")
    which.add_argument("--vitrix-only", action="store_true")
    a.add_argument("--kernel", default=V.BZIMAGE, help="instead of build/bzImage")
    a.add_argument("--append", default="", help="more kernel command line, on both kernels")
    a.add_argument("--cpu", default=None)
    a.add_argument("--mem", default="1G")     # the archive, twice: packed and unpacked
    a.add_argument("--smp", type=int, default=1)
    a.add_argument("--linux-smp", type=int, help="CPUs of the Linux machine, if not as many")
    a.add_argument("--patience", type=int, default=1, help="every test has so many times the seconds that it asks for")
    a.add_argument("-v", "--verbose", action="store_true", help="name the tests that pass, too")
    b = sub.add_parser("all")
    b.add_argument("--suites", help="comma separated: " + ",".join(SUITES))
    opts = p.parse_args()
    return abi(opts) if opts.what == "abi" else all_suites(opts)


if __name__ == "__main__":
    sys.exit(main())
