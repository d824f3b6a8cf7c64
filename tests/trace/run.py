#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [PATTERN...]   the kernel watches itself: functions, events, static keys, while a load runs

Each case boots a machine with a program of tests/trace as /init, which says "ok NAME" or "FAIL NAME: why" for each
of its tests; a test of which nothing is heard has failed, and so has all that the kernel calls a bug.  PATTERN
chooses cases whose name contains it.  A case that is marked `linux` runs on Debian's kernel first: what it says is
right.  That it passed there is kept in build/tests/trace under a hash of the program and the kernel.
"""
import argparse
import contextlib
import hashlib
import os
import re
import socket
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VM, VMError, BUILD, TOP         # noqa: E402

OUT = os.path.join(BUILD, "tests", "trace")
DEBUG = os.path.join(BUILD, "debug", "bzImage")
BUG = re.compile(r"BUG|WARNING|Oops|Kernel panic|lock order|nobody knows where")
RESULT = re.compile(r"^(ok|FAIL) (\w+)(.*)$")
UNKNOWN_NMI = re.compile(r"\[ *\d+\.\d{6}\] NMI for an unknown reason.*\r?\n")      # may come amid a line of the program
CASES = []


class Case:
    """
    tests: of the program, by name.  linux: also there.  debug: on the debug kernel, if there is one.  nmi: inject
    them from when the program says "NMI please".  want, never: patterns on the console.
    """

    def __init__(self, name, tests, program="ftrace", append="", linux=False, debug=False, nmi=False, want=(), never=(),
                 bug=BUG, timeout=150, **vm):
        self.name, self.tests, self.program, self.append = name, tests.split(), program, append
        self.linux, self.debug, self.nmi, self.want, self.never = linux, debug, nmi, want, never
        self.bug, self.timeout, self.vm = bug, timeout, vm
        CASES.append(self)

    def boot(self, kernel):
        """What is wrong, a text for each."""
        monitor = os.path.join(OUT, "%s.monitor" % self.name)
        extra = ["-chardev", "socket,id=mon,path=%s,server=on,wait=off" % monitor, "-mon", "chardev=mon"]
        append = "console=ttyS0 panic=-1 %s tests=%s" % (self.append, ",".join(self.tests))
        with VM(kernel=kernel, initrd=os.path.join(OUT, self.program + ".cpio"), append=append, mem="256M",
                extra=extra if self.nmi else (), **self.vm) as m:
            try:
                if self.nmi:
                    m.expect("NMI please", self.timeout)
                    with injected(monitor):
                        m.wait(self.timeout)
                else:
                    m.wait(self.timeout)
            except VMError as e:
                return ["%s: %s" % (self.name, e)]
            return self.judge(m.text())

    def judge(self, text):
        wrong, heard = [], set()
        text = UNKNOWN_NMI.sub("", text)
        for line in text.splitlines():
            r = RESULT.match(line)
            if r:
                heard.add(r[2])
            if (r and r[1] == "FAIL") or (self.bug and self.bug.search(line)):
                wrong.append("%s: %s" % (self.name, line))
        wrong += ["%s: no word of %s" % (self.name, t) for t in self.tests if t not in heard | {"panic"}]
        wrong += ["%s: no %r" % (self.name, w) for w in self.want if not re.search(w, text, re.M)]
        wrong += ["%s: %r appeared" % (self.name, n) for n in self.never if re.search(n, text, re.M)]
        if wrong:
            tail = text.splitlines()[-60:]
            wrong[-1] += "".join("\n    | " + line for line in tail)
        return wrong


@contextlib.contextmanager
def injected(monitor):
    """NMIs all the time, until the machine ends or the caller gives up."""
    over = threading.Event()

    def inject():
        with socket.socket(socket.AF_UNIX) as s, contextlib.suppress(OSError):
            s.settimeout(10)
            s.connect(monitor)
            while not over.wait(0.01):
                s.sendall(b"nmi\n")
                s.recv(65536)           # its echo

    thread = threading.Thread(target=inject)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def pack(program):
    exe = os.path.join(OUT, program)
    V.cc(os.path.join(HERE, program + ".c"), exe,
         ["-O1", "-g", "-std=gnu11", "-static", "-Wall", "-Wno-unused-result", "-Wno-unused-function",
          "-I", HERE, "-I", os.path.join(BUILD, "include")],
         deps=[os.path.join(HERE, "trace.h"), os.path.join(BUILD, "include", "generated", "trace_events_abi.h")])
    a = Archive()
    a.copy(exe, "init")
    a.write(exe + ".cpio")


# ---- cases ------------------------------------------------------------------------------------------------------

RECORDS = "calls graph limits toggle keys stack"
CHAIN = [r"do_exit[.\w]*\+0x", r"__x64_sys_exit\+0x"]

Case("files", "files", linux=True)
Case("functions", RECORDS)
Case("functions-pti", RECORDS, append="pti=on")
Case("functions-max", RECORDS, cpu="max")
Case("functions-debug", RECORDS, debug=True, timeout=300)
Case("functions-debug-pti", RECORDS, append="pti=on", debug=True, cpu="max", timeout=300)
Case("boot", "boot calls graph", append="ftrace=function_graph ftrace_graph_filter=kernel_execve")
Case("nmi", "nmi", nmi=True, append="quiet")
Case("panic", "panic", bug=None, want=["Attempted to kill init"] + CHAIN, never=["return_to_handler"])


def on_linux(case):
    """What is wrong with the case on Debian's kernel."""
    kernel = V.oracle()
    with open(os.path.join(OUT, case.program), "rb") as f:
        key = hashlib.sha256(f.read() + repr([kernel, case.tests, case.append]).encode()).hexdigest()
    stamp = os.path.join(OUT, case.name + ".linux")
    if os.path.exists(stamp) and open(stamp).read() == key:
        return []
    wrong = case.boot(kernel)
    if not wrong:
        with open(stamp, "w") as f:
            f.write(key)
    return ["on Linux, " + w for w in wrong]


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("patterns", nargs="*")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--vitrix-only", action="store_true")
    opts = p.parse_args()
    os.makedirs(OUT, exist_ok=True)
    chosen = [c for c in CASES if not opts.patterns or any(x in c.name for x in opts.patterns)]
    if not chosen:
        sys.exit("no such case: " + " ".join(opts.patterns))
    for program in {c.program for c in chosen}:
        pack(program)
    passed = failed = skipped = 0
    for case in chosen:
        if case.debug and not os.path.exists(DEBUG):
            skipped += len(case.tests)
            print("SKIP %s: %s is not built" % (case.name, os.path.relpath(DEBUG, TOP)))
            continue
        wrong = on_linux(case) if case.linux and not opts.vitrix_only else []
        wrong += case.boot(DEBUG if case.debug else opts.kernel)
        for w in wrong:
            print("FAIL " + w)
        if wrong:
            failed += 1
        else:
            passed += len(case.tests)
            print("PASS %s" % case.name, flush=True)
    print("%d passed, %d failed" % (passed, failed) + (", %d skipped" % skipped if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
