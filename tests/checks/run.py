#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [PATTERN...]   does each check of the DEBUG build notice the bug that was planted for it?

The kernel says which bugs it has (selfcheck/bugs/), reports.txt what each must make it print. Those that it survives
are planted one after the other in one machine, where reports are only counted; each of the others has a machine of
its own, whose kernel panics. Every bug is a case: it fails if its report is missing or if reports.txt has no line for it.
PATTERN chooses those whose name contains it.  --smp N gives the machines N CPUs.
"""
import argparse
import collections
import concurrent.futures
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VM, VMError, BUILD, TOP         # noqa: E402

OUT = os.path.join(BUILD, "tests", "checks")
DEBUG = os.path.join(BUILD, "debug", "bzImage")
# More than what is asked for: a report about the report.
NEVER = re.compile(r"panic inside a panic|Oops inside")


def expected():
    """{name: [pattern]} of reports.txt"""
    table = collections.defaultdict(list)
    with open(os.path.join(HERE, "reports.txt")) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, pattern = line.strip().split(None, 1)
                table[name].append(re.compile(pattern))
    return table


def boot(opts, append, seconds):
    """What the machine said. A hang is said at the end."""
    with VM(kernel=opts.kernel, initrd=os.path.join(OUT, "init.cpio"), smp=opts.smp, mem="512M",
            append="console=ttyS0 panic=-1 " + append) as m:
        try:
            m.wait(seconds)
        except VMError as e:
            return m.text() + "\nHANG: %s\n" % str(e).splitlines()[0]
        return m.text()


def missing(said, patterns):
    """None if all patterns occur in this order, else the first that does not."""
    at = 0
    for p in patterns:
        m = p.search(said, at)
        if not m:
            return p.pattern
        at = m.end()
    return None


def judge(name, said, patterns, survived):
    """What is wrong with one case, or None."""
    if not patterns:
        return "tests/checks/reports.txt has no line for it"
    if pattern := missing(said, patterns):
        return "no %r" % pattern
    if m := NEVER.search(said):
        return m.group()
    if survived and not re.search(r"^PLANTED %s -?\d+ [1-9]" % name, said, re.M):
        return "no report was counted, or the kernel did not go on"
    return None


def cut(text, name):
    """The part of a machine's output that belongs to one bug."""
    m = re.search(r"^PLANT %s\n(.*?)(?=^PLANT |^DONE|\Z)" % name, text, re.M | re.S)
    return m.group() if m else ""


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("patterns", nargs="*")
    p.add_argument("--kernel", default=DEBUG)
    p.add_argument("--smp", type=int, default=1)
    p.add_argument("-v", "--verbose", action="store_true", help="print the reports, too")
    opts = p.parse_args()
    table = expected()
    if not os.path.exists(opts.kernel):
        print("SKIP: %s is not built (make DEBUG=1)" % os.path.relpath(opts.kernel, TOP))
        print("0 passed, 0 failed, %d skipped" % len(table))
        return 0
    os.makedirs(OUT, exist_ok=True)
    exe = V.cc(os.path.join(HERE, "init.c"), os.path.join(OUT, "init"), ["-O1", "-static", "-s", "-Wall"])
    archive = Archive()
    archive.copy(exe, "init")
    archive.write(os.path.join(OUT, "init.cpio"))

    listing = boot(opts, "plant=", 60)
    known = dict(re.findall(r"^LIST (\w+)( fatal)?$", listing, re.M))
    if not known or "DONE" not in listing:
        print("FAIL: the kernel lists no planted bugs\n" + listing[-3000:])
        print("0 passed, 1 failed")
        return 1
    wanted = lambda name: not opts.patterns or any(x in name for x in opts.patterns)
    soft = [n for n in known if not known[n] and wanted(n)]
    hard = [n for n in known if known[n] and wanted(n)]
    wrong = {n: "the kernel does not know this bug" for n in table if n not in known and wanted(n)}
    said = {}
    todo = list(soft)
    while todo:
        text = boot(opts, "selfcheck=count plant=" + ",".join(todo), 120)
        ran = [n for n in todo if cut(text, n)]
        for n in ran:
            said[n] = cut(text, n)
        # The machine ended too early: the last one that ran is to blame, the others get their turn.
        if not ran:
            wrong.update({n: "the machine did not come that far\n" + text[-2000:] for n in todo})
        todo = [n for n in todo if n not in ran] if ran else []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        texts = pool.map(lambda n: boot(opts, "plant=" + n, 60), hard)
        said.update({n: cut(t, n) for n, t in zip(hard, texts)})
    for n, text in said.items():
        if why := judge(n, text, table.get(n), n in soft):
            wrong[n] = why
    for n in sorted(set(said) | set(wrong)):
        print("%s %s%s" % ("FAIL" if n in wrong else "ok  ", n, ": " + wrong[n] if n in wrong else ""))
        if n in wrong or opts.verbose:
            print("".join("    | %s\n" % line for line in said.get(n, "").splitlines()[:60]), end="")
    print("%d passed, %d failed" % (len(set(said) - set(wrong)), len(wrong)))
    return 0 if said and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
