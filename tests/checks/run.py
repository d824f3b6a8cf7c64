#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [PATTERN...]   does each check of the DEBUG build notice the bug that was planted for it?

The kernel says which bugs it has (selfcheck/bugs/), reports.txt what each must make it print. Those that it survives
are planted one after the other in one machine, where reports are only counted; each of the others has a machine of
its own, whose kernel panics, with two CPUs for those of lock-ups. Those that show only when an allocation fails are calls of fail_nth.c. A race must not show
by itself, must show with one of the first seeds of schedfuzz, and with that seed again, the same way. Every bug is a
case: it fails if its report is missing or if reports.txt has no line for it. The other cases plant nothing, and nothing bad
may come of them: in calls_without_memory, fail_nth.c lets the allocations of some eighty calls fail; in knobs, fail_knobs.c
turns each knob of failure injection; in workload, workload.c does a bit of everything on two CPUs, and leaks nothing.
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
SEEDS = 12
# Nothing of the outer world gets in: each boot goes through the same instructions.
REPEATABLE = dict(icount=True, extra=["-rtc", "base=2026-01-01,clock=vm"])


def expected():
    """{name: [pattern]} of reports.txt"""
    table = collections.defaultdict(list)
    with open(os.path.join(HERE, "reports.txt")) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, pattern = line.strip().split(None, 1)
                table[name].append(re.compile(pattern))
    return table


def boot(opts, append, seconds, init="init", **machine):
    """What the machine said. A hang is said at the end."""
    with VM(kernel=opts.kernel, initrd=os.path.join(OUT, init + ".cpio"), mem="512M",
            append="console=ttyS0 panic=-1 " + append, **{"smp": opts.smp, **machine}) as m:
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


def archive(name, flags=()):
    exe = V.cc(os.path.join(HERE, name + ".c"), os.path.join(OUT, name), ["-O1", "-static", "-s", "-Wall", *flags],
               deps=[os.path.join(HERE, h) for h in ("calls.h", "leaks.h")])
    a = Archive()
    a.copy(exe, "init")
    a.write(os.path.join(OUT, name + ".cpio"))


def run_race(opts, name, pattern):
    """What the machine said with the first seed that finds it, and what is wrong, or None."""
    say = lambda text: [m[0] for m in pattern[0].finditer(text)] if pattern else []
    ask = lambda append: boot(opts, append + " selfcheck=count plant=" + name, 120, smp=1, **REPEATABLE)
    text = ask("")
    if say(text):
        return text, "it shows without schedfuzz"
    for seed in range(1, SEEDS + 1):
        text = ask("schedfuzz=%d" % seed)
        if say(text):
            again = ask("schedfuzz=%d" % seed)
            return text, None if say(again) == say(text) else "seed %d: %s, then %s" % (seed, say(text), say(again))
    return text, "no seed up to %d finds it" % SEEDS


# Cases that plant nothing: the program, what it says of each thing that it did, and a machine of another kind.
UNPLANTED = {
    "calls_without_memory": ("fail_nth", r"^CALL \S+ \d+$", {}),
    "knobs": ("fail_knobs", r"^KNOB \S+$", {}),
    "workload": ("workload", r"^JOB \S+$", dict(smp=2, extra=["-serial", "null"])),
}


def unplanted(opts, case):
    """What is wrong, or None."""
    program, did, machine = UNPLANTED[case]
    text = boot(opts, "%s only=%s" % (opts.append, opts.only) if opts.only else opts.append, 900, program,
                **machine)
    done = re.findall(did, text, re.M)
    if opts.verbose:
        print("".join("    | %s\n" % line for line in done))
    bad = [line for line in text.splitlines() if re.search(r"^BAD |^LEAK |BUG: |Kernel panic|HANG|Oops", line)]
    if bad or not done or not re.search(r"^DONE 0$", text, re.M):
        return "\n".join(bad[:60] or ["no end:", text[-3000:]])
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
    p.add_argument("--append", default="", help="more kernel command line for the cases that plant nothing")
    p.add_argument("--only", metavar="CALL,CALL", help="of calls_without_memory and workload")
    p.add_argument("-v", "--verbose", action="store_true", help="print the reports, too")
    opts = p.parse_args()
    table = expected()
    if not os.path.exists(opts.kernel):
        print("SKIP: %s is not built (make DEBUG=1)" % os.path.relpath(opts.kernel, TOP))
        print("0 passed, 0 failed, %d skipped" % len(table))
        return 0
    os.makedirs(OUT, exist_ok=True)
    archive("init")
    for program, _, _ in UNPLANTED.values():
        archive(program, ["-pthread"])

    if len(opts.patterns) == 1 and opts.patterns[0] in UNPLANTED:
        why = unplanted(opts, opts.patterns[0])
        print(why or "ok   " + opts.patterns[0])
        print("%d passed, %d failed" % (not why, bool(why)))
        return 1 if why else 0
    listing = boot(opts, "plant=", 60)
    known = dict(re.findall(r"^LIST (\w+)( \w+)?$", listing, re.M))
    if not known or "DONE" not in listing:
        print("FAIL: the kernel lists no planted bugs\n" + listing[-3000:])
        print("0 passed, 1 failed")
        return 1
    wanted = lambda name: not opts.patterns or any(x in name for x in opts.patterns)
    soft = [n for n in known if not known[n] and wanted(n)]
    hard = [n for n in known if known[n] == " fatal" and wanted(n)]
    fail = [n for n in known if known[n] == " fail" and wanted(n)]
    race = [n for n in known if known[n] == " race" and wanted(n)]
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
        texts = pool.map(lambda n: boot(opts, "plant=" + n, 120, smp=max(opts.smp, 2 if n.startswith("lockup") else 1)), hard)
        said.update({n: cut(t, n) for n, t in zip(hard, texts)})
        said.update(zip(fail, pool.map(lambda n: boot(opts, "plant=" + n, 180, "fail_nth"), fail)))
        for n, (text, why) in zip(race, pool.map(lambda n: run_race(opts, n, table.get(n)), race)):
            said[n] = text
            if why:
                wrong[n] = why
    for case in filter(wanted, UNPLANTED):
        said[case] = ""
        if why := unplanted(opts, case):
            wrong[case] = why
    for n, text in said.items():
        if n in wrong or not text:
            continue
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
