#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
walk.py [OPTIONS] PROG [ARGS...]   run a program on Vitrix and draw what the kernel did for it
walk.py --from FILE                the same from a walk.jsonl that is there already

PROG is a program of this machine (./fork; with its libraries), a C file (fork.c; compiled first), or a program in
the archive (/bin/ls).  What comes out is in build/walk/PROG/:

    walk.txt     the story, from top to bottom
    index.html   the picture: one page without any need of a network
    trace.json   for Perfetto (ui.perfetto.dev) and chrome://tracing
    walk.jsonl   the data behind all three, one event a line

`make walk PROG=./fork ARGS='-v'` is the same.  docs/walk-page.md explains the page.
"""
import argparse
import os
import re
import shlex
import sys
import time

import guest
import vm as V
from vm import BUILD, TOP, VMError
from walkpage import chrome, html, machine, model, sources

OUT = os.path.join(BUILD, "walk")
WALK = os.path.join(BUILD, "bin", "walk")
# Functions, children, and interrupts besides what the story tells: the lanes need them.
WANTED = "-g -f -e story,irq"


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("prog", nargs="?")
    p.add_argument("args", nargs=argparse.REMAINDER)
    p.add_argument("--from", dest="source", metavar="FILE", help="draw this walk.jsonl; nothing is booted")
    p.add_argument("--from-env", action="store_true", help="take PROG, ARGS, WALK, ARCHIVE, SMP ... from the environment")
    p.add_argument("--options", default="-g -f", metavar="'...'", help="options of the guest's walk; default: -g -f")
    p.add_argument("--archive", help="a cpio archive instead of busybox alone")
    p.add_argument("--smp", type=int, default=1)
    p.add_argument("--cpu")
    p.add_argument("--mem", default="512M")
    p.add_argument("--append", default="", help="more kernel command line")
    p.add_argument("--host-time", action="store_true", help="real time instead of a nanosecond an instruction")
    p.add_argument("--seconds", type=int, default=180, help="how long the machine may take")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--vmlinux", default=V.VMLINUX, help="where the sources are found by")
    p.add_argument("--walk", default=WALK, help="the guest's walk")
    p.add_argument("--out", help="a directory instead of build/walk/PROG")
    opts = p.parse_args()
    if opts.from_env:
        from_environment(opts)
    return opts


def from_environment(opts):
    env = os.environ
    opts.prog = env.get("PROG", "")
    opts.args = machine.split(env.get("ARGS"), "ARGS")
    opts.options = env.get("WALK") or opts.options
    opts.archive = env.get("ARCHIVE") or None
    opts.cpu, opts.append = env.get("CPU") or None, env.get("APPEND", "")
    opts.host_time = env.get("HOST_TIME", "0") not in ("", "0")
    opts.mem = env.get("MEM") or opts.mem
    if opts.mem.isdigit():
        opts.mem += "M"
    for name in ("smp", "seconds"):
        text = env.get(name.upper()) or str(getattr(opts, name))
        if not text.isdigit() or not int(text):
            raise SystemExit("%s=%s is no number" % (name.upper(), text))
        setattr(opts, name, int(text))


def find(opts):
    """The program, compiled if it is a C file."""
    prog = opts.prog or ""
    if prog.endswith(".c"):
        if not os.path.isfile(prog):
            raise SystemExit("PROG=%s: there is no such file" % prog)
        prog = machine.compile_source(prog, os.path.join(OUT, "bin", os.path.basename(prog)[:-2]))
    elif os.path.exists(prog) and "/" not in prog and not opts.archive:
        prog = "./" + prog
    return guest.find(prog, opts.args, opts.archive)


def put(path, data):
    with open(path, "wb") as f:
        f.write(data)


def record(opts, prog, out):
    """Run it; walk.jsonl and walk.txt are there afterwards.  The program's output goes to this terminal."""
    for path, how in ((opts.kernel, "make"), (opts.walk, "make")):
        if not os.path.exists(path):
            raise SystemExit("%s is not there: run '%s' first" % (os.path.relpath(path), how))
    wanted = machine.split(opts.options, "WALK")
    return machine.boot(prog, opts.walk, wanted + ["--json=/tmp/.walk/walk.jsonl", "-o", "/tmp/.walk/walk.txt"],
                        opts.archive, out, opts.smp, opts.cpu, opts.mem, opts.append, opts.seconds,
                        lambda line: print(line, flush=True), opts.kernel, opts.host_time)


def draw(lines, out, vmlinux, program=None, clock=""):
    """walk.jsonl -> trace.json, index.html.  program: the file that ran, for its own source lines."""
    m = model.Model(lines)
    ips = {int(e["regs"]["ip"], 16) for e in m.events if e["ev"] in ("enter", "exit") and "ip" in e.get("regs", {})}
    user = sources.of_program(program, ips)
    found = sources.Sources(vmlinux, TOP) if os.path.exists(vmlinux) else None
    chrome.write(m, os.path.join(out, "trace.json"))
    html.write(m, os.path.join(out, "index.html"), found, user, clock)
    return m


def told(out, m, names):
    print("\n%s: %s events, %d system calls%s; it %s" % (
        " ".join(map(shlex.quote, m.meta.get("argv") or ["the program"])), format(len(m.events), ","), len(m.calls),
        ", %s events LOST (a larger buffer: WALK='%s -b MB')" % (format(m.lost, ","), WANTED) if m.lost else "",
        m.finish.get("status", "had not ended")))
    for name in names:
        path = os.path.join(out, name)
        if os.path.exists(path):
            print("    %-44s %9s" % (os.path.relpath(path), size(os.path.getsize(path))))


def size(n):
    return "%d B" % n if n < 10_000 else "%.0f KB" % (n / 1e3) if n < 1e6 else "%.1f MB" % (n / 1e6)


def main():
    V.exit_on_signals()
    opts = options()
    if opts.source:
        out = opts.out or os.path.dirname(os.path.abspath(opts.source))
        os.makedirs(out, exist_ok=True)
        try:
            with open(opts.source, errors="replace") as f:
                m = draw(f, out, opts.vmlinux)
        except OSError as e:
            raise SystemExit("%s: %s" % (opts.source, e.strerror))
        told(out, m, ["index.html", "trace.json"])
        return 0
    prog = find(opts)
    out = opts.out or os.path.join(OUT, prog.name)
    os.makedirs(out, exist_ok=True)
    start = time.monotonic()
    run = record(opts, prog, out)
    data = run.files.get("walk.jsonl", b"")
    if not data:
        raise machine.WalkFailed("walk wrote nothing (its exit status: %s)%s" % (
            run.status, "".join("\n    | " + line for line in run.output[-12:])))
    for name, content in run.files.items():
        if re.fullmatch(r"walk\.(jsonl|txt)", name):
            put(os.path.join(out, name), content)
    m = draw(data.decode("utf-8", "replace").splitlines(), out, opts.vmlinux, prog.source,
             "the host's" if opts.host_time else "a nanosecond an instruction")
    told(out, m, ["walk.txt", "index.html", "trace.json", "walk.jsonl"])
    print("    after %.1f s; open index.html in a browser" % (time.monotonic() - start))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (VMError, machine.WalkFailed, model.WalkError) as e:
        print("walk.py: %s" % e, file=sys.stderr)
        sys.exit(1)
