#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
compare.py [OPTIONS] PROG [ARGS...]   one program on Debian's Linux and on Vitrix, beside each other

The same archive boots on both kernels.  On Linux, Debian's strace -f watches the program, on Vitrix the guest's
walk --syscalls -f.  Shown are the system calls of each process with results and errnos, their counts, what the
program printed and how it ended; left is Linux, right is Vitrix.  Between them:

    !  the same call, but other arguments or another result        <  >  only on this side
    ~  here now, there then: a futex, a signal's moment; no difference

Exit status: 0 they agree (or the one that --only names could run it), 1 they differ, 2 an error: one of them could
not run it, then the other is shown, or none could.
What counts as different is told in docs/compare.md.
"""
import argparse
import base64
import collections
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import shutil
import sys

import guest
import sidebyside as S
import syscall_text
import vm as V
from vm import VM, BUILD

OUT = os.path.join(BUILD, "compare")
WALK = os.path.join(BUILD, "bin", "walk")
NOT_ASKED = "not asked"
IN = "/%s/" % guest.GLASS
TRACERS = {"strace": [IN + "bin/strace", "-f", "-o", IN + "trace"],
           "walk": [IN + "bin/walk", "--syscalls", "-f", "-o", IN + "trace"]}
# The program writes into pipes, so that what a process sees of its output does not depend on what another wrote.
# Its pids are above 3000: as long as one another, and hardly to be mistaken for another number in what it prints.
SCRIPT = guest.PROLOGUE + """
$B mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
[ -w /proc/sys/kernel/ns_last_pid ] && echo 3000 >/proc/sys/kernel/ns_last_pid
pid=$($B sh -c 'echo $$')
while [ $pid -lt 3000 ]; do (:); pid=$((pid + 1)); done
cd /.glass
$B mkfifo out.pipe err.pipe
$B cat out.pipe >out & O=$!
$B cat err.pipe >err & E=$!
cd /{home}
case $($B cat /proc/cmdline) in
*glass=strace*) $B timeout -s KILL {seconds} {strace} <{stdin} >/.glass/out.pipe 2>/.glass/err.pipe ;;
*)              $B timeout -s KILL {seconds} {walk} <{stdin} >/.glass/out.pipe 2>/.glass/err.pipe ;;
esac
status=$?
$B sleep 0.1
$B kill $O $E 2>/dev/null
wait $O $E
cd /.glass
echo "STATUS $status"
for f in out err trace; do echo "FILE $f"; $B base64 $f; done
echo DONE
$B poweroff -f
"""


class Result:
    """What one kernel made of the program; `error` says why there is nothing."""

    def __init__(self, error=None, status=None, out="", err="", trace=""):
        self.error, self.status, self.out, self.err, self.trace_text = error, status, out, err, trace
        self.trace = syscall_text.read(trace)


def boot(kernel, image, tracer, opts):
    append = "console=ttyS0 panic=-1 quiet rdinit=%sinit glass=%s %s" % (IN, tracer, opts.append)
    with VM(kernel, image, append, mem=opts.mem, cpu=opts.cpu) as vm:
        try:
            vm.expect(rb"^DONE\r?$", opts.timeout + 60, "end of the program")
        except V.VMError as e:
            return Result(str(e))
        text = vm.text()
    files = {}
    for name, data in re.findall(r"^FILE (\w+)\n(.*?)(?=^(?:FILE \w+|DONE)$)", text, re.M | re.S):
        # The kernel may have said something between the lines.
        data = re.sub(r"^\[ *\d+\.\d+\] .*\n", "", data, flags=re.M)
        try:
            files[name] = base64.b64decode(data, validate=False).decode("utf-8", "backslashreplace")
        except ValueError:
            return Result("its console garbled the file %s\n%s" % (name, vm.tail()))
    status = int(re.search(r"^STATUS (\d+)$", text, re.M).group(1))
    if status == 137 and "+++ killed by SIGKILL" not in files["trace"]:
        return Result("the program did not end within %d s" % opts.timeout)
    if not re.search(r"\w+\(", files["trace"]):
        return Result("%s has seen nothing; it said:\n%s" % (tracer, files["err"].strip() or "(nothing)"))
    return Result(None, status, files["out"], files["err"], files["trace"])


def digest(*parts):
    h = hashlib.sha256()
    for p in parts:
        if isinstance(p, str) and os.path.isfile(p):
            with open(p, "rb") as f:
                h.update(hashlib.sha256(f.read()).digest())
        else:
            h.update(repr(p).encode() + b"\0")
    return h.hexdigest()[:20]


def on_linux(image, prog, strace, opts):
    """Linux's answer does not change; it is kept."""
    try:
        kernel = V.oracle()
    except SystemExit as e:
        return Result(str(e))
    if not strace:
        return Result("strace is not installed (tools/install-deps.sh installs it)")
    files = [x for pair in sorted(prog.files.items()) for x in pair]
    key = digest(kernel, strace, SCRIPT, prog.argv, opts.archive, opts.stdin, opts.append, opts.cpu, opts.mem, *files)
    kept = os.path.join(OUT, "linux-%s.json" % key)
    if os.path.exists(kept) and not opts.fresh:
        with open(kept) as f:
            return Result(None, **json.load(f))
    r = boot(kernel, image, "strace", opts)
    if not r.error:
        with open(kept + ".%d" % os.getpid(), "w") as f:
            json.dump({"status": r.status, "out": r.out, "err": r.err, "trace": r.trace_text}, f)
        os.rename(f.name, kept)
    return r


def on_vitrix(image, opts):
    if opts.tracer == "walk" and not os.path.isfile(opts.walk):
        return Result("%s is not there: run 'make' first" % os.path.relpath(opts.walk))
    return boot(opts.kernel, image, opts.tracer, opts)


def run_both(prog, opts):
    """(Linux's Result, Vitrix's Result), from one archive."""
    strace = shutil.which("strace")
    tools = [(n, p) for n, p in (("strace", strace), ("walk", opts.walk)) if p and os.path.isfile(p)]
    if opts.stdin:
        prog.files[IN + "stdin"] = opts.stdin
    script = SCRIPT.format(home=guest.HOME, seconds=int(opts.timeout), stdin=IN + "stdin" if opts.stdin else "/dev/null",
                           **{t: guest.command(prog, TRACERS[t]) for t in TRACERS})
    image = guest.pack(prog, tools, script, os.path.join(OUT, "%s-%d.cpio" % (prog.name, os.getpid())), opts.archive)
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            linux = pool.submit(on_linux, image, prog, strace, opts) if opts.only != "vitrix" else None
            vitrix = pool.submit(on_vitrix, image, opts) if opts.only != "linux" else None
            return [f.result() if f else Result(NOT_ASKED) for f in (linux, vitrix)]
    finally:
        os.remove(image)


def counts(trace):
    """{call: (how often, how often in vain)}"""
    n = collections.defaultdict(lambda: [0, 0])
    for p in trace.processes.values():
        for e in p.calls:
            n[e.name][0] += 1
            n[e.name][1] += bool(e.errno)
    return n


def show_counts(a, b, table):
    left, right = counts(a.trace), counts(b.trace)
    print()
    table.head("%-20s %18s %18s" % ("system calls", "Linux", "Vitrix"))
    for name in sorted(set(left) | set(right), key=lambda n: (-max(left[n][0], right[n][0]), n)):
        cells = ["%d%s" % (n, " (%d failed)" % bad if bad else "") if n else "-" for n, bad in (left[name], right[name])]
        mark = S.SAME if left[name] == right[name] else S.TIMING if name in syscall_text.TIMING else S.DIFFERS
        print(table.paint("%-20s %18s %18s %s" % (name, *cells, mark), S.COLOURS[mark]).rstrip())
    print("%-20s %18d %18d" % ("all", *(sum(n for n, _ in x.values()) for x in (left, right))))


def signal_rows(left, right):
    """
    Rows of what differs.  Two SIGCHLD that came at once are one (signal(7)), of which it is chance whose: one more or
    of another child is no difference, as long as both sides have one.
    """
    def merged(row):
        said = [t for t in row[1:] if t]
        pids = {re.sub(r".*si_pid=([^,}]*).*", r"\1", t) for t in said}
        return all(t.startswith("--- SIGCHLD") for t in said) and len(pids) == len(said)

    both = all(any(t.startswith("--- SIGCHLD") for t in x) for x in (left, right))
    rows = [r for r in S.align_lines("\n".join(left), "\n".join(right)) if r.mark != S.SAME]
    return [S.Row(S.TIMING, *r[1:]) if both and merged(r) else r for r in rows]


def show_signals(p, q, table):
    rows = signal_rows(p.signals, q.signals)
    if rows:
        print("    signals and ends of children, whenever they came:")
    for r in rows:
        table.row(r)
    return sum(r.mark != S.TIMING for r in rows)


def show_processes(a, b, table):
    """The rows of each process; how many of them differ."""
    bad = 0
    for p, q in S.pair_processes(a.trace, b.trace):
        either = p or q
        print()
        table.head("%s <%s> %s" % ("thread" if either.thread else "process", either.label, either.comm))
        rows = S.align(p.events if p else [], q.events if q else [])
        table.rows(rows)
        bad += sum(r.mark not in (S.SAME, S.TIMING) for r in rows)
        if p and q:
            bad += show_signals(p, q, table)
    return bad


def show_output(what, a, b, left, right, table):
    """What was printed, on one descriptor; how many lines differ."""
    if not left and not right:
        return 0
    print()
    x, y = a.trace.output(left), b.trace.output(right)
    rows = S.align_lines(x, y)
    bad = sum(r.mark != S.SAME for r in rows)
    many = any(sum(any(c.name.startswith("write") for c in p.calls) for p in r.trace.processes.values()) > 1 for r in (a, b))
    if bad and many and sorted(x.splitlines()) == sorted(y.splitlines()):
        table.head(what + ": the same lines, in the order in which the processes came to it")
        bad = 0
        rows = [S.Row(S.TIMING if r.mark != S.SAME else r.mark, r.left, r.right) for r in rows]
    else:
        table.head(what)
    table.rows(rows)
    return bad


def show_one(name, r, table):
    """What the one kernel did that could run it."""
    for p in r.trace.processes.values():
        print()
        table.head("process <%s> %s, on %s only" % (p.label, p.comm, name))
        for e in p.events:
            print(e.text)
    for what, text in (("standard output", r.out), ("standard error", r.err)):
        if text:
            print()
            table.head(what)
            print(text, end="" if text.endswith("\n") else "\n")


def show(prog, linux, vitrix, opts):
    """Print all; the exit status."""
    colour = opts.color == "always" or opts.color == "auto" and sys.stdout.isatty()
    table = S.Table(opts.width, colour, opts.all)
    failed = [(n, r) for n, r in (("Linux", linux), ("Vitrix", vitrix)) if r.error]
    if failed:
        for name, r in (("Linux", linux), ("Vitrix", vitrix)):
            if not r.error:
                show_one(name, r, table)
        print()
        for name, r in failed:
            if r.error is NOT_ASKED:
                continue
            print("%s on %s: %s" % (shlex.join(prog.argv), name, r.error))
        return 0 if opts.only and len(failed) == 1 else 2
    for r in (linux, vitrix):
        for p in r.trace.processes.values():
            p.events = [e for e in p.events if e.kind != "call" or e.name not in opts.ignore.split(",")]
    table.head("%-*s   %s" % (table.column, "Linux", "Vitrix"))
    calls = show_processes(linux, vitrix, table)
    show_counts(linux, vitrix, table)
    lines = show_output("standard output", linux, vitrix, linux.out, vitrix.out, table)
    lines += show_output("standard error", linux, vitrix, linux.err, vitrix.err, table)
    print()
    if linux.status != vitrix.status:
        table.row(S.Row(S.DIFFERS, "exit status %d" % linux.status, "exit status %d" % vitrix.status))
    if not calls and not lines and linux.status == vitrix.status:
        print("%s: Linux and Vitrix agree (%d calls, exit status %d)" % (
            shlex.join(prog.argv), sum(len(p.calls) for p in linux.trace.processes.values()), linux.status))
        return 0
    print("%s: Linux and Vitrix differ in %s" % (shlex.join(prog.argv), ", ".join(
        x for x in ("%d row%s of calls" % (calls, "s" * (calls != 1)) if calls else "",
                    "%d line%s of output" % (lines, "s" * (lines != 1)) if lines else "",
                    "the exit status" if linux.status != vitrix.status else "") if x)))
    return 1


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    guest.add_program_options(p)
    p.add_argument("--walk", default=WALK, help="the guest's walk")
    p.add_argument("--tracer", choices=sorted(TRACERS), default="walk", help="on Vitrix; default: walk")
    p.add_argument("--stdin", help="a file for the program's standard input, else /dev/null")
    p.add_argument("--width", type=int, default=shutil.get_terminal_size((120, 24)).columns, help="of the table")
    p.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    p.add_argument("--all", action="store_true", help="show every row of long processes, too")
    p.add_argument("--ignore", metavar="CALL,...", default="", help="system calls that are not compared")
    p.add_argument("--only", choices=("linux", "vitrix"), help="ask one kernel")
    p.add_argument("--fresh", action="store_true", help="ask Linux again, though its answer is kept")
    p.add_argument("--timeout", type=float, default=60, help="seconds for the program, on each kernel")
    opts = p.parse_args()
    guest.program_options(opts)
    if opts.stdin:
        guest.check_readable(opts.stdin, "--stdin")
    if opts.timeout < 1:
        raise SystemExit("--timeout %g: at least a second" % opts.timeout)
    if opts.only != "linux" and not os.path.isfile(opts.kernel):
        raise SystemExit("%s is not there: run 'make' first" % opts.kernel)
    prog = guest.find(opts.prog, opts.args, opts.archive)
    os.makedirs(OUT, exist_ok=True)
    return show(prog, *run_both(prog, opts), opts)


if __name__ == "__main__":
    try:
        status = main()
        sys.stdout.flush()
        sys.exit(status)
    except SystemExit as e:
        # A message is an error, and 1 would say that the kernels differ.
        if isinstance(e.code, str):
            print(e.code, file=sys.stderr)
            e.code = 2
        raise
    except V.VMError as e:
        print(e, file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        guest.reader_gone()
