# SPDX-License-Identifier: MIT
"""Tests of tools/walk.py: a real walk, and what it says when it cannot be made."""
import json
import os
import subprocess

import vm as V
from models import check, sound_trace
from walkpage import model

HERE = os.path.dirname(os.path.abspath(__file__))
WALK = os.path.join(V.BUILD, "bin", "walk")
REAL = os.path.join(V.BUILD, "tests", "page", "walked")


def walk(*args, **env):
    return subprocess.run([os.path.join(V.TOP, "tools", "walk.py"), *args], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env=dict(os.environ, **env), timeout=400)


def a_walk(out):
    """The whole way: compile, boot, walk, draw."""
    if not os.path.exists(WALK):
        return "build/bin/walk is not there"
    p = walk("--out", REAL, "--seconds", "300", os.path.join(HERE, "walked.c"))
    check(p.returncode == 0, "exit status %d:\n%s" % (p.returncode, p.stdout))
    check("child ended with 7, signal 17" in p.stdout, "the program's output is not shown:\n" + p.stdout)
    with open(os.path.join(REAL, "walk.jsonl")) as f:
        m = model.Model(f)
    names = [c["name"] for c in m.calls]
    for name in ("execve", "clone", "wait4", "write", "exit_group"):
        check(name in names, "no %s among the calls: %s" % (name, names))
    check(m.lost == 0, "%d events were lost" % m.lost)
    kinds = {e["ev"] for e in m.events}
    check({"enter", "exit", "call", "ret", "switch", "fault", "fork", "wakeup", "signal_deliver"} <= kinds, "only %s" % kinds)
    states = {s for lane in m.lanes for s in lane.state}
    check({model.USER, model.KERNEL, model.INTERRUPT, model.ASLEEP} <= states, "lanes show only %s" % states)
    check(len([l for l in m.lanes if l.kind == "task"]) == 2, "tasks: %s" % [l.name for l in m.lanes])
    check(any(f[0] == "fork" for f in m.flows), "no arrow for the fork")
    entered = sum(e["ev"] == "enter" for e in m.events)
    left = sum(e["ev"] == "exit" for e in m.events)
    check(abs(entered - left) <= 3, "%d crossings in and %d out" % (entered, left))
    sound_trace(os.path.join(REAL, "trace.json"))
    with open(os.path.join(REAL, "walk.txt")) as f:
        check("clone(" in f.read(), "walk.txt does not tell of clone")
    return None


def refusals(out):
    broken = os.path.join(out, "broken.jsonl")
    with open(broken, "w") as f:
        f.write("no walk\n")
    plain = os.path.join(out, "plain.txt")
    with open(plain, "w") as f:
        f.write("text\n")
    bad_c = os.path.join(out, "bad.c")
    with open(bad_c, "w") as f:
        f.write("int main(void) { return nothing; }\n")
    cases = [(["/no/such/program"], {}, "no such file"), ([out], {}, "directory"), ([plain], {}, "not executable"),
             ([bad_c], {}, "does not compile"), (["--from", broken], {}, "line 1"),
             (["--from", "/no/such.jsonl"], {}, "No such file"), (["--from-env"], {"PROG": ""}, "which program"),
             (["--from-env"], {"PROG": "ls", "ARGS": "'"}, "ARGS"), (["--from-env"], {"PROG": "ls", "SMP": "two"}, "SMP"),
             (["--from-env"], {"PROG": "ls", "ARCHIVE": plain}, "no archive"),
             (["--kernel", "/no/kernel", "ls"], {}, "not there")]
    for args, env, word in cases:
        p = walk(*args, **dict({"PROG": "", "ARGS": "", "ARCHIVE": "", "SMP": "", "WALK": ""}, **env))
        check(p.returncode != 0 and word in p.stdout and "Traceback" not in p.stdout,
              "%s %s: status %d, says %r" % (args, env, p.returncode, p.stdout[-300:]))


def failing_walks(out):
    """What goes wrong inside the machine comes out as an error, too."""
    if not os.path.exists(WALK):
        return "build/bin/walk is not there"
    where = os.path.join(out, "failing")
    p = walk("--out", where, "--options", "-e nothing", "ls")
    check(p.returncode == 1 and "walk" in p.stdout and "-e" in p.stdout, "walk's own error is lost: " + p.stdout)
    p = walk("--out", where, "--append", "init=/none rdinit=/none", "--seconds", "60", "ls")
    check(p.returncode == 1 and "before the program began" in p.stdout, "a boot that fails: " + p.stdout[-500:])
    crash = os.path.join(out, "crash.c")
    with open(crash, "w") as f:
        f.write("int main(void) { return *(volatile int *)8; }\n")
    p = walk("--out", where, "--options=-f", crash)
    check(p.returncode == 0 and "SIGSEGV" in p.stdout, "a program that crashes: " + p.stdout)
    with open(os.path.join(where, "walk.jsonl")) as f:
        last = [json.loads(line) for line in f][-1]
    check("SIGSEGV" in last["status"], "the end is %s" % last)
    return None


TESTS = [("walk.py: a program, whole", a_walk), ("walk.py: refusals", refusals), ("walk.py: failures inside", failing_walks)]
