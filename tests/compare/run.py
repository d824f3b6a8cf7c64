#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [NAME...]   tools/compare.py: what it makes of given traces, and of programs on both kernels

texts.py has the tests without a machine.  Here: programs that must agree on Linux and Vitrix to the last system call,
one that is made to differ, and the ways to use it wrongly, each of which must end in one clear line and status 2.
"""
import argparse
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
sys.path.insert(0, HERE)
import vm as V                                          # noqa: E402
from vm import BUILD, TOP                               # noqa: E402
import texts                                            # noqa: E402

OUT = os.path.join(BUILD, "tests", "compare")
PROGRAMS = os.path.join(TOP, "tests", "programs")
AGREE = {
    "ls": ["ls", "-l", "/etc"],
    "fork": [os.path.join(PROGRAMS, "fork.c")],
    "fstat": [os.path.join(PROGRAMS, "fstat.c")],
    "pipe": ["sh", "-c", "echo hello | cat | wc -c"],
    "threads": [os.path.join(PROGRAMS, "threads.c")],
    "python": ["python3", "-c", "print(sum(range(10)))"],
    "segv": [os.path.join(PROGRAMS, "segv.c")],
}


def compare(*args, status, says, seconds=300, env=None):
    r = subprocess.run([sys.executable, os.path.join(TOP, "tools", "compare.py"), "--width", "160", *args],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                       errors="replace", timeout=seconds, env=dict(os.environ, **(env or {})))
    assert r.returncode == status, "status %d, not %d:\n%s" % (r.returncode, status, r.stdout[-6000:])
    assert re.search(says, r.stdout, re.M), "nothing like %r in:\n%s" % (says, r.stdout[-6000:])
    return r.stdout


def agree(name):
    compare(*AGREE[name], status=0, says=r"Linux and Vitrix agree \(\d+ calls")


def differs():
    out = compare(os.path.join(HERE, "release.c"), status=1, says=r"differ in \d+ rows? of calls, 1 line of output$")
    line = re.search(r"^6\.1\.\S+ +! \S+$", out, re.M)
    assert line, "the line that differs is not shown:\n" + out


def one_kernel():
    out = compare("--walk", os.path.join(OUT, "nothing"), "true", status=2, says=r"on Vitrix: .*nothing is not there")
    assert "execve" in out, "Linux's side is not shown:\n" + out
    compare("--only", "linux", "true", status=0, says="on Linux only")


def wrong(*args, says, env=None):
    out = compare(*args, status=2, says=says, env=env)
    assert len(out.strip().splitlines()) == 1, "an error is one line, not:\n" + out


def errors():
    text = os.path.join(OUT, "text")
    with open(text, "w") as f:
        f.write("no program\n")
    os.chmod(text, 0o644)
    wrong(says="which program")
    wrong("", says="which program")
    wrong("./nothing-here", says="no such file")
    wrong(OUT, says="is a directory")
    wrong(text, says="is not executable")
    os.chmod(text, 0o755)
    wrong(text, says="is no program")
    wrong("no-such-applet", says="no such program")
    wrong("--archive", text, "ls", says="is no archive")
    wrong("--archive", text + "x", "ls", says="cannot be read")
    wrong("--kernel", text + "x", "ls", says="run 'make' first")
    wrong("--timeout", "0", "ls", says="at least a second")
    wrong("--from-env", says="ARGS=", env={"PROG": "ls", "ARGS": '"'})


TESTS = {t.__name__: t for t in texts.TESTS}
TESTS.update({name: (lambda name=name: agree(name)) for name in AGREE})
TESTS.update(differs=differs, one_kernel=one_kernel, errors=errors)


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
    passed = failed = 0
    for name, test in TESTS.items():
        if opts.name and name not in opts.name:
            continue
        try:
            test()
            print("%-24s PASS" % name, flush=True)
            passed += 1
        except (AssertionError, V.VMError, subprocess.TimeoutExpired) as e:
            print("%-24s FAIL\n      %s" % (name, str(e).replace("\n", "\n      ")), flush=True)
            failed += 1
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
