#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [NAME...]   tracefs and Linux's own tools on it

    records      per_cpu/cpuN/records: records.c
    rubbish      rubbish into the files that Linux has, too: the same errors as there (rubbish.c; what Linux said is
                 kept in build/tests/tracefs/ under a hash of the archive)
    everything   rubbish into each of the thousands of files; after it all works as before
    graph        trace-cmd record -p function_graph -F fstat; its report in the guest and, of the same file, on the host
    events       trace-cmd record -e sched_switch -e syscalls, of a pipeline of the shell; both reports
    kernelshark  what KernelShark's library makes of the same file; skipped without it
    tools        trace-cmd list, start, show, stop, clear, reset, stat, extract, stream
    parser       the text of `trace` through catapult's importer (of Chrome's trace viewer), out of npm's bigrig

What lies in the way of a test (no trace-cmd, no npm) skips it; tools/install-deps.sh installs trace-cmd.
"""
import argparse
import base64
import glob
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
import vm as V                                          # noqa: E402
from vm import Archive, VM, VMError, BUILD, TOP         # noqa: E402

OUT = os.path.join(BUILD, "tests", "tracefs")
CACHE = os.environ.get("VITRIX_CACHE") or os.path.expanduser("~/.cache/vitrix")
BIGRIG = "bigrig@1.3.0"
INIT = """#!/bin/sh
export PATH=/bin HOME=/root
mount -t proc proc /proc; mount -t devtmpfs dev /dev; mount -t sysfs sysfs /sys; mount -t tmpfs tmp /tmp
mount -t tracefs nodev /sys/kernel/tracing
get() { echo "FILE $1"; gzip -c "$1" | base64; echo "END FILE"; }
cd /tmp
echo BEGIN
%s
echo
echo 'END OF SCRIPT'
poweroff -f
"""
# What Linux answers otherwise, and why that is no fault here: (file, what).
KNOWN = [
    (r"(per_cpu/cpu0/)?trace_pipe(_raw)?", r"read-1|read-bad"),         # what is in it just then
    (r".*", r"lseek|lseek-minus"),                                      # some of Linux's files cannot seek
    # On Linux these are over after the first read, however little it took.
    (r"events/header_page|events/.*/filter|available_filter_functions|enabled_functions", r"read-bad"),
    # Linux takes the last word when the file is closed, and functions by number.
    (r"set_ftrace_filter|set_ftrace_notrace|set_graph_function|set_graph_notrace|set_ftrace_pid|set_event|set_event_pid",
     r"input-\d+|write-bad|truncated"),
    (r"events/syscalls/sys_enter_close/filter", r"input-\d+"),          # two things wrong: which is told first
]


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def trace_cmd():
    if path := shutil.which("trace-cmd"):
        return path
    raise Skip("no trace-cmd (tools/install-deps.sh installs it)")


def pack(name, script, programs=(), tools=()):
    a = Archive()
    a.busybox()
    for d in ("proc", "sys", "root", "tmp"):
        a.dir(d)
    libs = {}
    for prog in programs:
        a.copy(prog, "bin/" + os.path.basename(prog))
    for tool in tools:
        a.copy(tool, "bin/" + os.path.basename(tool))
        libs.update(guest.libraries(tool))
        # trace-cmd prints some events by plugins of its own.
        for plugin in glob.glob("/usr/lib/*/traceevent/plugins/*.so"):
            libs[plugin] = plugin
    for lib, path in sorted(libs.items()):
        a.copy(path, lib)
    a.file("init", INIT % script, 0o755)
    return a.write(os.path.join(OUT, name + ".cpio"))


def boot(kernel, archive, opts, timeout=600):
    """What the script printed; the files that it handed out by `get`."""
    with VM(kernel, archive, "console=ttyS0 panic=-1 quiet", mem="512M", cpu=opts.cpu) as vm:
        vm.expect(rb"^END OF SCRIPT", timeout=timeout)
        text = V.clean(vm.output)
    if m := re.search(r"^(\[ *\d+\.\d+\] (?:BUG|WARNING|Oops|Kernel panic).*(?:\n.*){0,20})", text, re.M):
        raise Failure("the kernel complains:\n" + m[1])
    files = {}

    def take(m):
        files[os.path.basename(m[1])] = m[2]
        return ""
    text = re.sub(r"^FILE (\S+)\n([A-Za-z0-9+/=\n]*)END FILE\n", take, text.split("BEGIN\n", 1)[-1], flags=re.M)
    paths = {}
    for name, data in files.items():
        paths[name] = os.path.join(OUT, os.path.basename(archive) + "." + name)
        raw = subprocess.run(["gzip", "-dc"], input=base64.b64decode(data), stdout=subprocess.PIPE, check=True).stdout
        with open(paths[name], "wb") as f:
            f.write(raw)
    return text.split("\nEND OF SCRIPT")[0], paths


def cc(name, *flags):
    return V.cc(os.path.join(HERE, name + ".c"), os.path.join(OUT, name),
                ["-O1", "-g", "-std=gnu11", "-pthread", "-static", "-Wall", "-Wextra", "-Wno-unused-result",
                 "-I", os.path.join(TOP, "tests", "abi"), *flags],
                deps=[os.path.join(TOP, "tests", "abi", h) for h in ("abi.h", "tracefs.h")])


def need(text, *patterns):
    for p in patterns:
        if not re.search(p, text, re.M):
            raise Failure("nothing like %r in\n%s" % (p, text[:3000]))


def need_not(text, *patterns):
    for p in patterns:
        if m := re.search(p, text, re.M):
            raise Failure("there is %r in\n%s" % (m[0], text[max(0, m.start() - 500):][:2000]))


# ---- our own programs ----

def records(opts):
    text, _ = boot(opts.kernel, pack("records", "records", [cc("records")]), opts)
    if "RECORDS PASSED" not in text:
        raise Failure(text)


def said(text):
    if "RUBBISH IS OVER" not in text:
        raise Failure("it did not come to its end:\n" + text[-2000:])
    lines = (line.split() for line in text.splitlines())
    return {(w[0], w[1]): w[2] for w in lines if len(w) == 3 and w[0] != "FILE"}


def rubbish(opts):
    archive = pack("rubbish", "rubbish", [cc("rubbish")])
    kernel = V.oracle()
    with open(archive, "rb") as f:
        digest = hashlib.sha256(f.read() + kernel.encode()).hexdigest()[:16]
    cached = os.path.join(OUT, "linux-%s.json" % digest)
    if os.path.exists(cached):
        with open(cached) as f:
            linux = dict(((a, b), c) for a, b, c in json.load(f))
    else:
        linux = said(boot(kernel, archive, opts)[0])
        with open(cached, "w") as f:
            json.dump([(a, b, c) for (a, b), c in linux.items()], f)
    vitrix = said(boot(opts.kernel, archive, opts)[0])
    if len(vitrix) < 1000:
        raise Failure("only %d answers" % len(vitrix))
    wrong = ["%-40s %-12s Linux %-10s Vitrix %s" % (*k, linux.get(k), vitrix.get(k))
             for k in sorted(linux.keys() | vitrix.keys()) if linux.get(k) != vitrix.get(k)
             and not any(re.fullmatch(f, k[0]) and re.fullmatch(w, k[1]) for f, w in KNOWN)]
    if wrong:
        raise Failure("%d differ:\n%s" % (len(wrong), "\n".join(wrong[:60])))


def everything(opts):
    script = """rubbish all > /tmp/said; tail -1 /tmp/said; grep -c ^FILE /tmp/said
cd /sys/kernel/tracing; find . -type f | wc -l
echo 1 > events/sched/enable; echo still works > trace_marker; cat /dev/null; echo 0 > events/sched/enable
grep -c sched_switch: trace; grep 'still works' trace; cat /proc/meminfo | head -2"""
    text, _ = boot(opts.kernel, pack("everything", script, [cc("rubbish")]), opts)
    need(text, r"RUBBISH IS OVER\n(\d+)\n(\d+)\n", r"tracing_mark_write: still works")
    tried, there = map(int, re.search(r"OVER\n(\d+)\n(\d+)\n", text).groups())
    if tried < 1000 or tried != there:
        raise Failure("%d of %d files were tried" % (tried, there))


# ---- trace-cmd ----

def report(path, *flags):
    """What the host's own trace-cmd makes of a file from the guest."""
    r = subprocess.run([trace_cmd(), "report", *flags, "-i", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True, errors="replace")
    if r.returncode or "rror" in r.stderr:
        raise Failure("trace-cmd report on the host: status %d, %s" % (r.returncode, r.stderr))
    need_not(r.stdout, r"FAILED TO PARSE", r"UNKNOWN", r"\[INVALID")
    return r.stdout


def same_reports(paths):
    here = report(paths["trace.dat"])
    with open(paths["report.txt"], errors="replace") as f:
        there = f.read()
    if here != there:
        a, b = here.splitlines(), there.splitlines()
        n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        raise Failure("the reports differ in line %d:\nhost  %s\nguest %s" % (n, a[n:n + 1], b[n:n + 1]))
    return here


# trace-cmd's recorder misses a program that is over before it is ready itself; then once more.
RECORD = """echo hello > file.txt
for try in 1 2 3 4 5; do
	trace-cmd record %s > out 2>&1; cat out
	grep -q ' 0 bytes in size' out || break
done
trace-cmd report > report.txt 2> err; cat err
get trace.dat
get report.txt"""


def graph(opts):
    prog = V.cc(os.path.join(TOP, "tests", "programs", "fstat.c"), os.path.join(OUT, "fstat"), ["-O1", "-static"])
    archive = pack("graph", RECORD % "-p function_graph -F fstat", [prog], [trace_cmd()])
    text, paths = boot(opts.kernel, archive, opts)
    need(text, r"plugin 'function_graph'", r"CPU0 data recorded at offset=")
    lines = same_reports(paths)
    need(lines, r"^ +fstat-\d+ +\[000\] +\d+\.\d+: funcgraph_entry: +\| +do_syscall_64\(\) \{",
         r"funcgraph_entry: .*\|  +__x64_sys_execve\(\) \{", r"funcgraph_entry: .*__x64_sys_newfstat\(\)",
         r"funcgraph_entry: +\S? ?\d+\.\d+ us +\|  +\w+\(\);", r"funcgraph_exit: +\S? *\d+\.\d+ us +\| +\}")
    if len(lines.splitlines()) < 300:
        raise Failure("only %d lines" % len(lines.splitlines()))


def events(opts):
    archive = pack("events", RECORD % "-e sched_switch -e sched_process_exec -e syscalls -e signal "
                   "sh -c 'ls -l /bin | grep busy | sort | head -3; sleep 0.1; kill -CONT $$'", (), [trace_cmd()])
    text, paths = boot(opts.kernel, archive, opts)
    lines = same_reports(paths)
    need(lines, r"^ +sh-\d+ +\[000\] +\d+\.\d+: sys_enter_pipe2?: ", r": sys_enter_clone: +clone_flags: 0x",
         r": sys_exit_read: +0x", r": sched_switch: +sh:\d+ \[120\] S ==> \w+:\d+ \[120\]",
         r": sched_process_exec: +filename=\S+ pid=\d+ old_pid=\d+", r": sys_enter_clock_nanosleep: ",
         r": signal_generate: +sig=18 ")
    times = [float(t) for t in re.findall(r"^ +\S+-\d+ +\[\d+\] +(\d+\.\d+): ", lines, re.M)]
    if len(times) < 200 or times != sorted(times):
        raise Failure("%d events, %s" % (len(times), "in order" if times == sorted(times) else "not in order"))
    # A program of the shell's is seen whole: an exit for each entry.
    for call in ("openat", "close", "brk"):
        n = [len(re.findall(r": sys_%s_%s: " % (w, call), lines)) for w in ("enter", "exit")]
        if n[0] != n[1] or not n[0]:
            raise Failure("%d entries and %d exits of %s" % (*n, call))


def kernelshark(opts):
    path = os.path.join(OUT, "events.cpio.trace.dat")
    if not os.path.exists("/usr/include/kernelshark/libkshark.h") or not os.path.exists("/usr/include/json-c/json.h"):
        raise Skip("apt-get install libkshark-dev libjson-c-dev libtraceevent-dev libtracefs-dev libtracecmd-dev, "
                   "if you want it")
    if not os.path.exists(path):
        events(opts)
    flags = ["-O1", "-Wall", *("-I/usr/include/" + d for d in ("kernelshark", "traceevent", "tracefs", "trace-cmd"))]
    prog = V.cc(os.path.join(HERE, "kshark.c"), os.path.join(OUT, "kshark"), [*flags, "-Wl,--no-as-needed", "-lkshark"])
    r = subprocess.run([prog, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    if r.returncode:
        raise Failure("kshark: status %d, %s" % (r.returncode, r.stderr))
    lines = r.stdout.splitlines()
    # An entry of KernelShark's own (a gap) has no event of ours.
    mine = [line for line in lines if re.match(r"\d+ 0 \S+ \d+ (sched|syscalls|signal)/", line)]
    theirs = len(re.findall(r"^ +\S+-\d+ +\[\d+\] +\d+\.\d+: ", report(path), re.M))
    if len(mine) != theirs or len(lines) - len(mine) > 5:
        raise Failure("%d events of %d" % (len(mine), theirs))
    need(r.stdout, r"^\d+ 0 sh \d+ syscalls/sys_enter_clone ", r"^\d+ 0 \S+ \d+ sched/sched_switch \w+:\d+ ")


def tools(opts):
    script = """trace-cmd list -t; echo =1; trace-cmd list -e | wc -l; trace-cmd list -f | grep -c .; trace-cmd list -o | grep -c .
trace-cmd list -e sched_switch -F; echo =2
trace-cmd start -e sched; sleep 0.1; trace-cmd stop; trace-cmd show | tail -5; trace-cmd stat; echo =3
trace-cmd extract -o x.dat; trace-cmd report x.dat | grep -c sched_switch; get x.dat; echo =4
trace-cmd start -p function_graph -g do_syscall_64; cat /dev/null; trace-cmd stop; trace-cmd show | head -12; echo =5
trace-cmd clear; trace-cmd show | grep -vc ^#; trace-cmd reset; cat /sys/kernel/tracing/current_tracer; echo =6
(trace-cmd stream -e sched_switch sleep 0.1) 2>&1 | grep -c sched_switch; echo =7
trace-cmd record -o y.dat -e all true | tail -1; trace-cmd reset; trace-cmd stat; trace-cmd report y.dat | wc -l; get y.dat"""
    text, paths = boot(opts.kernel, pack("tools", script, (), [trace_cmd()]), opts)
    parts = re.split(r"^=\d\n", text, flags=re.M)
    need(parts[0], r"\bfunction_graph\b.*\bfunction\b.*\bnop$")
    n = [int(x) for x in re.findall(r"^(\d+)$", parts[1], re.M)]
    if len(n) < 3 or n[0] < 400 or n[1] < 1000 or n[2] < 10:
        raise Failure("lists of %s" % n)
    need(parts[1], r"^system: sched\nname: sched_switch\n", r"field:char prev_comm\[16\]")
    need(parts[2], r"^ +\S+-\d+ +\[000\] \S{5} +\d+\.\d+: sched_\w+: ", r"^Tracing is disabled")
    need(parts[3], r"^[1-9]\d*\n")
    report(paths["x.dat"])
    need(parts[4], r"^# tracer: function_graph$", r"^ 0\) .*\| +do_syscall_64\(\) \{")
    need(parts[5], r"^0\nnop$")
    need(parts[6], r"^[1-9]")
    need(parts[7], r"^Tracing is enabled")
    report(paths["y.dat"])


# ---- the text, through a parser that is not ours ----

def bigrig():
    """Where npm put it; kept outside of the tree."""
    if not shutil.which("npm") or not shutil.which("node"):
        raise Skip("no npm")
    top = os.path.join(CACHE, "npm", BIGRIG)
    if not os.path.exists(os.path.join(top, "node_modules", "bigrig", "package.json")):
        os.makedirs(top, exist_ok=True)
        r = subprocess.run(["npm", "install", "--ignore-scripts", "--no-save", "--prefix", top, BIGRIG],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if r.returncode:
            raise Skip("npm cannot have %s: %s" % (BIGRIG, r.stdout.strip().splitlines()[-1:]))
    return os.path.join(top, "node_modules", "bigrig")


def parser(opts):
    where = bigrig()
    # It was written before the column for migrate-disable came, and for sched_wakeup with success=, as Linux once
    # had it: so without these columns, and with the events that it knows.
    script = """cd /sys/kernel/tracing
echo 0 > options/irq-info; echo 1 > events/sched/sched_switch/enable
for i in 1 2 3; do ls / | wc -l > /dev/null; sleep 0.03; done
echo 0 > tracing_on; cat trace > /tmp/trace.txt; get /tmp/trace.txt"""
    _, paths = boot(opts.kernel, pack("parser", script), opts)
    r = subprocess.run(["node", os.path.join(HERE, "parser.js"), where, paths["trace.txt"]], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True)
    if r.returncode:
        raise Failure("parser.js: " + r.stdout[-2000:])
    got = json.loads(r.stdout)
    with open(paths["trace.txt"]) as f:
        text = f.read()
    if got["warnings"]:
        raise Failure("it complains %d times, first: %s" % (len(got["warnings"]), got["warnings"][:3]))
    with open(paths["trace.txt"]) as f:
        text = f.read()
    # It knows only some of Linux's events; what it does not know it says so of.
    if bad := [w for w in got["warnings"] if not re.match(r"Unknown event sched_(process_\w+|wakeup_new|waking)\b", w)]:
        raise Failure("it complains %d times, first: %s" % (len(bad), bad[:3]))
    # A slice of the CPU begins with each switch to a task, and ends with the next one; the idle task has none.
    want = [[comm, int(pid)] for comm, pid in re.findall(r" ==> next_comm=(\S+) next_pid=(\d+) ", text) if pid != "0"]
    slices = got["slices"]
    if slices != want[:len(slices)] or len(slices) < max(10, len(want) - 1):
        raise Failure("slices of CPU 0:\n%s\nswitches:\n%s" % (slices, want))


TESTS = {f.__name__: f for f in (records, rubbish, everything, graph, events, kernelshark, tools, parser)}


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name", nargs="*", help="only these")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--cpu")
    opts = p.parse_args()
    if unknown := set(opts.name) - set(TESTS):
        raise SystemExit("no such test: " + " ".join(sorted(unknown)))
    if not os.path.exists(opts.kernel):
        raise SystemExit("%s is not there: run 'make' first" % opts.kernel)
    os.makedirs(OUT, exist_ok=True)
    counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}
    for name, test in TESTS.items():
        if opts.name and name not in opts.name:
            continue
        why = ""
        try:
            test(opts)
            result = "PASS"
        except Skip as e:
            result, why = "SKIP", str(e)
        except (Failure, VMError) as e:
            result, why = "FAIL", str(e)
        counts[result] += 1
        print("%-24s %s" % (name, result), flush=True)
        if why:
            print("      " + why.replace("\n", "\n      "), flush=True)
    print("%d passed, %d failed" % (counts["PASS"], counts["FAIL"]) +
          (", %d skipped" % counts["SKIP"] if counts["SKIP"] else ""))
    return 1 if counts["FAIL"] or not counts["PASS"] else 0


if __name__ == "__main__":
    sys.exit(main())
