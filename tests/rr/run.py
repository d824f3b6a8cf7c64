#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [NAME...]   record and replay: the course of the machine comes again, and gdb goes backwards in it

same        two recordings of a program, and two replays of one, cross into the kernel and switch at the same
            instructions with the same registers, and the console says the same, byte for byte
walk        the walk of a program is the same, byte for byte, in two recordings and in a replay
back        reverse-stepi over the syscall instruction and over the change of stacks, reverse-continue to a switch
input       what the program read is replayed, too
interactive what someone typed is replayed, too
never-ends  a recording that is cut off can be replayed
errors      each wrong use and each spoilt recording ends in one clear line
"""
import argparse
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import BUILD, TOP                               # noqa: E402

OUT = os.path.join(BUILD, "tests", "rr")
TOOL = [sys.executable, os.path.join(TOP, "tools", "record.py")]
RECORDS = os.path.join(BUILD, "record")


class Failure(Exception):
    pass


def tool(*args, env=None, status=0, says=None, seconds=200):
    """Run tools/record.py; Failure unless it ends and speaks as expected."""
    try:
        r = subprocess.run([*TOOL, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                           text=True, errors="replace", timeout=seconds, env=dict(os.environ, **(env or {})))
    except subprocess.TimeoutExpired as e:
        raise Failure("%s: nothing more within %d s\n%s" % (" ".join(args), seconds, e.stdout))
    if r.returncode != status:
        raise Failure("%s: status %d\n%s" % (" ".join(args), r.returncode, r.stdout))
    if says and not re.search(says, r.stdout, re.M):
        raise Failure("%s does not say %r but:\n%s" % (" ".join(args), says, r.stdout))
    if status and len(r.stdout.strip().splitlines()) > 1:
        raise Failure("%s: an error is one line, not:\n%s" % (" ".join(args), r.stdout))
    return r.stdout


def in_gdb(name, check):
    out = tool("replay", "--gdb", name, "--gdb-args", "-nx", "-batch", "-x", os.path.join(HERE, "ingdb.py"),
               env={"RR_CHECK": check})
    if not re.search(r"^OK$", out, re.M):
        raise Failure(out)
    return out


def console(name):
    with open(os.path.join(RECORDS, name, "console.txt"), "rb") as f:
        return f.read()


def record_fork(name):
    prog = V.cc(os.path.join(TOP, "tests", "programs", "fork.c"), os.path.join(OUT, "fork"),
                ["-O1", "-g", "-static", "-Wall", "-Wextra"])
    tool("record", "--name", name, prog, says=r"^child complete, status 7$")


def same():
    for name in ("test-a", "test-b"):
        record_fork(name)
    if console("test-a") != console("test-b"):
        raise Failure("two recordings differ on the console")
    runs = []
    for name in ("test-a", "test-a", "test-b"):
        runs.append(re.findall(r"^CROSS .*$", in_gdb(name, "crossings"), re.M))
        if len(runs[0]) < 30 or not any(" context_switch " in line for line in runs[0]):
            raise Failure("only %d crossings:\n%s" % (len(runs[0]), "\n".join(runs[0])))
    for other, what in ((runs[1], "a second replay"), (runs[2], "a second recording")):
        for i, (x, y) in enumerate(zip(runs[0], other)):
            if x != y:
                raise Failure("%s differs at crossing %d:\n%s\n%s" % (what, i, x, y))
        if len(runs[0]) != len(other):
            raise Failure("%s has %d crossings, not %d" % (what, len(other), len(runs[0])))
    return "%d crossings and switches" % len(runs[0])


def walk():
    walks = []
    for name in ("test-walk-a", "test-walk-b"):
        tool("record", "--name", name, "--walk=-g -f", os.path.join(TOP, "tests", "programs", "fork.c"), says="^child complete")
        where = os.path.join(RECORDS, name)
        walks.append({f: open(os.path.join(where, f), "rb").read() for f in ("walk.jsonl", "walk.txt")})
    if walks[0]["walk.jsonl"].count(b'"ev":"enter"') < 20:
        raise Failure("hardly a crossing in %s/walk.jsonl" % where)
    for f in walks[0]:
        if walks[0][f] != walks[1][f]:
            raise Failure("%s of two recordings differs (%s)" % (f, RECORDS))
    tool("replay", "--check", "test-walk-a", says="byte for byte")
    with open(os.path.join(RECORDS, "test-walk-a", "port"), "rb") as f, \
            open(os.path.join(RECORDS, "test-walk-a", "replay-port"), "rb") as g:
        if f.read() != g.read():
            raise Failure("a replay's walk is another")
    return "%d bytes" % len(walks[0]["walk.jsonl"])


def back():
    record_fork("test-back")
    in_gdb("test-back", "back")


def input_():
    path = os.path.join(OUT, "words")
    with open(path, "w") as f:
        f.write("one\ntwo\n")
    tool("record", "--name", "test-input", "--stdin", path, "sort", "-r", says=r"^two\none$")
    tool("replay", "--check", "test-input", says="byte for byte")


def never_ends():
    out = tool("record", "--name", "test-never", "--timeout", "4", "sh", "-c", "echo begun; while :; do :; done")
    if "begun" not in out or "cut off" not in out:
        raise Failure(out)
    tool("replay", "--check", "test-never", says="test-never replayed")


def interactive():
    """Someone types at a shell, in a terminal; the replay has what was typed, and when."""
    pid, fd = pty.fork()
    if not pid:
        os.execv(TOOL[0], [*TOOL, "record", "--interactive", "--name", "test-typed", "sh"])
    out = b""
    try:
        for want, answer in ((b"# ", b"echo ty$((1 + 1))ped\r"), (b"ty2ped", b"exit 5\r"), (b"ended with status 5", b"")):
            end = time.monotonic() + 90
            while want not in out:
                if time.monotonic() > end or not select.select([fd], [], [], 1)[0]:
                    if time.monotonic() > end:
                        raise Failure("no %r in:\n%s" % (want, out.decode(errors="replace")))
                    continue
                out += os.read(fd, 4096)
            out = out.split(want, 1)[1]
            for c in answer:
                os.write(fd, bytes([c]))
                time.sleep(0.02)
        os.waitpid(pid, 0)
        pid = 0
    except OSError:
        raise Failure("the recording ended too soon:\n" + out.decode(errors="replace"))
    finally:
        if pid:
            os.kill(pid, 15)
            os.waitpid(pid, 0)
        os.close(fd)
    tool("replay", "--check", "test-typed", says="byte for byte")


def errors():
    text = os.path.join(OUT, "text")
    with open(text, "w") as f:
        f.write("no program\n")
    os.chmod(text, 0o644)
    tool("record", status=1, says="which program")
    tool("record", "./nothing-here", status=1, says="no such file")
    tool("record", OUT, status=1, says="is a directory")
    tool("record", text, status=1, says="is not executable")
    os.chmod(text, 0o755)
    tool("record", text, status=1, says="is no program")
    tool("record", "no-such-applet", status=1, says="no such program")
    tool("record", "--archive", text, "ls", status=1, says="is no archive")
    tool("record", "--kernel", text + "x", "ls", status=1, says="run 'make' first")
    tool("record", "--stdin", text + "x", "ls", status=1, says="No such file")
    tool("record", "--from-env", status=1, says="ARGS=", env={"PROG": "ls", "ARGS": "'"})
    tool("replay", "no-such-recording", status=1, says="there is no recording no-such-recording")
    tool("record", "--name", "test-spoilt", "true", says="Recorded")
    broken = os.path.join(RECORDS, "test-spoilt")
    with open(os.path.join(broken, "bzImage"), "ab") as f:
        f.write(b"x")
    tool("replay", "--check", "test-spoilt", status=1, says="is not the kernel that was recorded")
    os.remove(os.path.join(broken, "bzImage"))
    tool("replay", "--check", "test-spoilt", status=1, says="has lost its kernel")
    fake = os.path.join(OUT, "qemu")
    with open(fake, "w") as f:
        f.write("#!/bin/sh\ncase $* in *rr=record*) echo \"qemu: Record/replay is not supported\" >&2; exit 1;; esac\n"
                "exec %s \"$@\"\n" % shutil.which(V.QEMU))
    os.chmod(fake, 0o755)
    tool("record", "--name", "test-spoilt", "true", env={"QEMU": fake}, status=1,
         says="QEMU cannot record: Record/replay is not supported")


TESTS = {"same": same, "walk": walk, "back": back, "input": input_, "interactive": interactive, "never-ends": never_ends, "errors": errors}


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name", nargs="*", help="only these")
    opts = p.parse_args()
    if unknown := set(opts.name) - set(TESTS):
        raise SystemExit("no such test: " + " ".join(sorted(unknown)))
    if not os.path.exists(V.BZIMAGE):
        raise SystemExit("%s is not there: run 'make' first" % V.BZIMAGE)
    os.makedirs(OUT, exist_ok=True)
    # Which recording was the user's last stays so.
    last = os.path.join(RECORDS, "last")
    kept = open(last).read() if os.path.exists(last) else None
    passed = failed = 0
    for name, test in TESTS.items():
        if opts.name and name not in opts.name:
            continue
        try:
            note = test()
            print("%-24s PASS%s" % (name, "  " + note if note else ""), flush=True)
            passed += 1
        except (Failure, V.VMError) as e:
            print("%-24s FAIL\n      %s" % (name, str(e).replace("\n", "\n      ")), flush=True)
            failed += 1
    for name in os.listdir(RECORDS) if os.path.isdir(RECORDS) and not failed else []:
        if name.startswith("test-"):
            shutil.rmtree(os.path.join(RECORDS, name))
    if kept is not None:
        with open(last, "w") as f:
            f.write(kept)
    elif os.path.exists(last):
        os.remove(last)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
