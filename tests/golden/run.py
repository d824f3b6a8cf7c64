#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [NAME...]   walk's lines against strace's: the same calls, arguments and results

Each program runs under Debian's `strace -f` on Debian's Linux and under `walk --syscalls -f` on Vitrix, both in
QEMU from one archive. tools/syscall_text.py takes out what differs from run to run (pids, addresses, times); then
each process of each program must have the same lines, but for ALLOWED below. What Linux said is kept in
build/tests/golden/ under a hash of everything that went in.

  --host    instead: the decoders under ptrace (host_trace.c) against strace on this machine, without any QEMU
"""
import argparse
import base64
import difflib
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import guest                                            # noqa: E402
import syscall_text                                     # noqa: E402
import vm as V                                          # noqa: E402
from vm import Archive, VM, BUILD, TOP                  # noqa: E402

OUT = os.path.join(BUILD, "tests", "golden")
WALK = os.path.join(BUILD, "bin", "walk")
STATIC = ["-O1", "-g", "-w", "-static", "-pthread"]
PROGRAMS = os.path.join(TOP, "tests", "programs")
LABS = os.path.join(TOP, "labs")
SOURCES = {             # name: C file
    "fork": os.path.join(PROGRAMS, "fork.c"),
    "fstat": os.path.join(PROGRAMS, "fstat.c"),
    "pthread": os.path.join(HERE, "pthread.c"),
    "execve": os.path.join(HERE, "execve.c"),
    "cow": os.path.join(HERE, "cow.c"),
    "signals": os.path.join(HERE, "signals.c"),
    "mapfile": os.path.join(HERE, "mapfile.c"),
    "calls-files": os.path.join(HERE, "calls_files.c"),
    "calls-process": os.path.join(HERE, "calls_process.c"),
}
COMMANDS = {            # name: command line
    "ls": ["/bin/busybox", "ls", "-l", "/bin", "/dev/null"],
    "sh-pipe": ["/bin/busybox", "sh", "-c", "echo one two | wc -w"],
    "python3": ["python3", "-I", "-S", "-B", "-c", "print(sum(range(10)))"],
}
LAB_PROGRAMS = ["01-fstat/fstat.c", "02-fork/fork.c", "03-execve/execve.c", "06-cow/cow.c", "08-signals/signals.c"]

# (programs or None for all, pattern, replacement, why). On both sides, line by line; an empty line is left out.
ALLOWED = [
    (None, r"^(uname\(\{)sysname=[^}]*\}", r"\1...}", "the names of the machines"),
    (None, r"^(newfstatat|fstat)\((1|2), .*", r"\1(\2, output)", "the console is another device"),
    (None, r"(st_mode=S_IFDIR\|[^,]*), st_size=\d+", r"\1, st_size=N", "directories have no size to agree on"),
    (None, r"^(getdents64\(\d+, [^ ]*) /\* .*", r"\1", "what is in /bin, /dev and /proc, in which order"),
    (None, r"^(prlimit64|getrlimit|setrlimit)\((.*RLIMIT_(?:NPROC|SIGPENDING|NOFILE|MEMLOCK|CORE)).*", r"\1(\2)",
     "limits that Linux derives from the size of memory or init sets"),
    (None, r"^ioctl\(1, TCGETS.*", "ioctl(1, TCGETS)", "the speed of the console's line"),
    (("lab-02-fork",), r'I am \d+"\.\.\.', 'I am PID"...', "strace shows 32 bytes of a string: a pid is cut in two"),
    (("calls-files",), r"^(socket|memfd_create)\(.*", r"\1", "the number of the descriptor"),
]


def compile_all(names):
    """{name: (argv in the guest, {guest path: file here})}"""
    programs = {}
    for name in names:
        if name in COMMANDS:
            argv = COMMANDS[name]
            path = shutil.which(argv[0]) or V.busybox_path()
            files = {} if "busybox" in argv[0] else guest.with_needs(path, path)
            programs[name] = ([path if files else argv[0]] + argv[1:], files)
        else:
            prog = V.cc(SOURCES[name], os.path.join(OUT, name), STATIC)
            stripped = prog + ".stripped"
            subprocess.run(["strip", "-o", stripped, prog], check=True)
            programs[name] = (["/golden/bin/" + name], {"/golden/bin/" + name: stripped})
    return programs


SCRIPT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t tmpfs tmpfs /tmp
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
TZ=UTC; export TZ
[ -w /proc/sys/kernel/ns_last_pid ] && echo 3000 >/proc/sys/kernel/ns_last_pid
while [ $(sh -c 'echo $$') -lt 3000 ]; do (:); (:); (:); (:); done
dd if=/dev/random of=/dev/null bs=1 count=1 2>/dev/null		# from now on there is entropy
case $(cat /proc/cmdline) in *golden=strace*) T="/golden/strace -f -o /golden/trace";; *) T="/golden/walk --syscalls -f -o /golden/trace";; esac
one() {
	name=$1; shift
	mkdir -p /tmp/$name; cd /tmp/$name
	echo "the size of this file is fixed" > file.txt
	env -i PATH=/bin TZ=UTC timeout -s KILL 60 $T "$@" >/golden/out 2>/golden/err </dev/null
	echo "STATUS $name $?"
	gzip -c /golden/trace | base64
	echo "ERR $name"
	head -c 2000 /golden/err | base64
	echo "END $name"
	rm -f /golden/trace
}
"""


def pack(programs, strace):
    a = Archive()
    a.busybox()
    for d in ("proc", "sys", "root", "tmp", "golden"):
        a.dir(d)
    a.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    a.file("etc/group", "root:x:0:\n")
    files = {"/golden/strace": strace, "/golden/walk": WALK, **guest.libraries(strace)}
    for _, needs in programs.values():
        files.update(needs)
    for where, here in sorted(files.items()):
        a.copy(os.path.realpath(here), where)
    lines = ["one %s %s" % (n, " ".join("'%s'" % w for w in argv)) for n, (argv, _) in programs.items()]
    a.file("init", SCRIPT + "\n".join(lines) + "\necho ALL DONE\npoweroff -f\n", 0o755)
    return a.write(os.path.join(OUT, "golden.cpio"))


def boot(kernel, archive, tracer, smp):
    """{name: (status, trace text, stderr)}"""
    results = {}
    with VM(kernel, archive, "console=ttyS0 panic=-1 quiet golden=" + tracer, mem="768M", smp=smp) as vm:
        name, lines = None, []
        try:
            for line in vm.lines(idle=120):
                if m := re.search(r"STATUS (\S+) (\d+)$", line):
                    name, status, lines = m[1], int(m[2]), []
                elif m := re.match(r"ERR (\S+)$", line):
                    trace, lines = lines, []
                elif name and line == "END " + name:
                    text = gzip.decompress(base64.b64decode("".join(trace)))
                    results[name] = (status, text.decode("utf-8", "backslashreplace"),
                                     base64.b64decode("".join(lines)).decode("utf-8", "replace"))
                    name = None
                elif line == "ALL DONE":
                    return results
                elif name and re.fullmatch(r"[A-Za-z0-9+/=]*", line):
                    lines.append(line)
        except (V.VMError, OSError, ValueError) as e:
            print("%s: %s" % (tracer, e))
        print("the machine under %s did not come to its end:\n%s" % (tracer, vm.tail()))
    return results


def on_linux(programs, strace):
    kernel = V.oracle()
    h = hashlib.sha256(repr([kernel, SCRIPT, {n: a for n, (a, _) in programs.items()}]).encode())
    for path in sorted({strace, *(p for _, f in programs.values() for p in f.values())}):
        with open(path, "rb") as f:
            h.update(hashlib.sha256(f.read()).digest())
    kept = os.path.join(OUT, "linux-%s.json" % h.hexdigest()[:20])
    if os.path.exists(kept):
        with open(kept) as f:
            return json.load(f)
    results = boot(kernel, pack(programs, strace), "strace", 1)
    if set(results) == set(programs):
        with open(kept, "w") as f:
            json.dump(results, f)
    return results


def allowed(name, line):
    for programs, pattern, replacement, _ in ALLOWED:
        if programs is None or name in programs:
            line = re.sub(pattern, replacement, line)
    return line


def printed_pids(line, trace):
    """A program that prints its pid: the machines begin to count at the same number of digits."""
    if not line.startswith("write("):
        return line
    return re.sub(r"\b\d{4}\b", lambda m: "<%s>" % trace.pids[int(m[0])] if int(m[0]) in trace.pids else m[0], line)


def compared(name, text):
    """{process: its lines as they have to agree}; what timing decides is left out, signals are sorted."""
    trace = syscall_text.read(text)
    out = {}
    for p in trace.processes.values():
        lines = [allowed(name, printed_pids(e.text, trace)) for e in p.events if not e.timing]
        out[p.label] = [x for x in lines if x] + p.signals
    return out, trace.noise


def differences(name, left, right):
    a, noise_a = compared(name, left)
    b, noise_b = compared(name, right)
    out = ["no line of a trace: " + x for x in noise_a + noise_b]
    for label in sorted(set(a) | set(b)):
        for line in difflib.unified_diff(a.get(label, []), b.get(label, []), "strace", "walk", lineterm="", n=0):
            if line[:3] not in ("---", "+++") or line[3:4] not in (" ", ""):
                if not line.startswith("@@"):
                    out.append("<%s> %s" % (label, line))
    return out, sum(len(x) for x in a.values())


def judge(names, linux, vitrix, opts):
    passed = failed = 0
    for name in names:
        if name not in linux or name not in vitrix:
            diff, count = ["it did not run on " + ("Linux" if name not in linux else "Vitrix")], 0
        else:
            diff, count = differences(name, linux[name][1], vitrix[name][1])
            if linux[name][0] != vitrix[name][0]:
                diff.append("exit status %d on Linux, %d on Vitrix" % (linux[name][0], vitrix[name][0]))
            if diff and vitrix[name][2].strip():
                diff.append("walk said: " + vitrix[name][2].strip())
            if opts.keep:
                for who, r in (("strace", linux), ("walk", vitrix)):
                    with open(os.path.join(OUT, "%s.%s" % (name, who)), "w") as f:
                        f.write(r[name][1])
        if not count and not diff:
            diff = ["there is no line to compare"]
        print("%-24s %s  (%d lines)" % (name, "FAIL" if diff else "PASS", count))
        for line in diff[:40]:
            print("      " + line)
        passed += not diff
        failed += bool(diff)
    return passed, failed


def build_host_trace():
    """walk's decoders with a tracer of the host."""
    calls = os.path.join(OUT, "calls.c")
    subprocess.run([sys.executable, os.path.join(TOP, "tools", "gen-syscalls.py"), "--walk",
                    os.path.join(TOP, "syscalls.tbl"), "-o", calls], check=True)
    walk = os.path.join(TOP, "tools", "walk")
    parts = [f for f in sorted(os.listdir(walk)) if re.match(r"(d_\w+|text|decode|sets|set_tables\d*)\.c$", f)]
    out = os.path.join(OUT, "host_trace")
    subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-g", "-fsanitize=address,undefined", "-I", walk,
                    os.path.join(HERE, "host_trace.c"), calls, *[os.path.join(walk, p) for p in parts], "-o", out], check=True)
    return out


def on_host(programs, tracer, name):
    work = os.path.join(OUT, "host", name)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    with open(os.path.join(work, "file.txt"), "w") as f:
        f.write("the size of this file is fixed\n")
    argv, files = programs[name]
    argv = [files.get(argv[0], argv[0])] + argv[1:]
    trace = os.path.join(OUT, "host", name + ".trace")
    r = subprocess.run([*tracer, "-o", trace, *argv], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, text=True, timeout=60, env={"PATH": "/bin", "TZ": "UTC"})
    with open(trace, errors="backslashreplace") as f:
        return 0, f.read(), r.stderr


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name", nargs="*")
    p.add_argument("--host", action="store_true")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--smp", type=int, default=1)
    p.add_argument("--keep", action="store_true", help="leave the traces in build/tests/golden/")
    opts = p.parse_args()
    for lab in LAB_PROGRAMS:
        if os.path.exists(os.path.join(LABS, lab)):
            SOURCES["lab-" + lab.split("/")[0]] = os.path.join(LABS, lab)
    names = list(SOURCES) + list(COMMANDS)
    if unknown := set(opts.name) - set(names):
        raise SystemExit("no such program: %s (there are: %s)" % (" ".join(sorted(unknown)), " ".join(names)))
    names = opts.name or names
    strace = shutil.which("strace")
    if not strace:
        print("strace is not installed (tools/install-deps.sh installs it)\n0 passed, 0 failed, %d skipped" % len(names))
        return 0
    os.makedirs(OUT, exist_ok=True)
    programs = compile_all(names)
    if opts.host:
        tracer = build_host_trace()
        linux = {n: on_host(programs, [strace, "-f"], n) for n in names}
        vitrix = {n: on_host(programs, [tracer], n) for n in names}
    else:
        if not os.path.exists(WALK) or not os.path.exists(opts.kernel):
            raise SystemExit("run 'make' first")
        linux = on_linux(programs, strace)
        vitrix = boot(opts.kernel, pack(programs, strace), "walk", opts.smp)
    passed, failed = judge(names, linux, vitrix, opts)
    print("%d passed, %d failed" % (passed, failed))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
