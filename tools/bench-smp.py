#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
bench-smp.py              two workers on one and on two virtual CPUs, on Linux and on Vitrix: nanoseconds per operation
bench-smp.py --simulate   eight CPUs by simulation: what part of the instructions waits for locks

Beside Linux: four machines (Linux and Vitrix, with one and two CPUs, `-accel tcg,thread=multi`) run
tests/bench/scale.c and take turns, row by row and round by round, so that a slow minute of this computer is slow for
all.  What is compared is wall-clock time, and this computer may be busy: the host tells for how long a machine's
CPUs stood in its queue, and a sample in which that was more than 5 % of the time is disturbed.  A figure is the
median of the undisturbed samples, rounds go on until each machine has enough of them or --rounds are over; a figure
of too few undisturbed samples is the least of all samples, and is marked with "!": believe no small difference there.
A second table tells how much time of the host's CPUs the machine used for an operation.  That holds on a busy
computer, too, and shows waiting loops, but not virtual CPUs that had nothing to do.

By simulation: -smp 8 with -icount runs one CPU at a time and counts instructions, so the figures hold on any computer and
however busy it is.  The kernel counts how often its waiting loops went round (/sys/kernel/debug/lock_contention).
Linux has Debian's defaults, but for its mitigations, which are off.
"""
import argparse
import json
import os
import re
import statistics
import sys

import vm as V
from vm import Archive, VM, BUILD, TOP

SRC = os.path.join(TOP, "tests", "bench", "scale.c")
OUT = os.path.join(BUILD, "bench")
APPEND = "console=ttyS0 panic=-1 quiet"
LINUX = " mitigations=off init_on_alloc=0 lsm= randomize_kstack_offset=off audit=0 nowatchdog"
SAMPLE_NS = 80e6                # a sample's length on one CPU of Linux
DISTURBED = 0.05                # of the time waiting for a CPU of the host
TURN = 8                        # instructions of a turn of a waiting loop, at most
SPIN_LIMIT = 0.01
# Operations of each worker in a simulation: five million instructions or more for a row.
SIMULATE = {"getppid": 8000, "fork+exit": 100, "fault-processes": 700, "fault-threads": 700, "refault-threads": 700,
            "mmap-threads": 200, "pipe-pairs": 150, "pipe-streams": 300, "futex-pairs": 150, "futex-wake": 4000,
            "open-one-dir": 300, "open-one-file": 300, "create-one-dir": 130, "dup-threads": 1000,
            "pread-one-file": 600}


class Machine:
    """One virtual machine that takes orders."""

    def __init__(self, label, kernel, archive, append, cpus, opts):
        self.label, self.cpus = label, cpus
        self.vm = VM(kernel, archive, append, cpu=opts.cpu, mem=opts.mem, smp=cpus,
                     extra=["-accel", "tcg,thread=multi", "-name", "debug-threads=on"])
        self.samples = []       # of the row: (nanoseconds per operation, the host's CPU time for it, disturbed)

    def boot(self):
        self.vm.__enter__()
        cpus = int(self.vm.expect(r"^CPUS (\d+)\r?\n", timeout=120).group(1))
        rows = self.vm.expect(r"^ROWS (.*)\n", timeout=30).group(1).decode().split()
        if cpus != self.cpus:
            print("note: %s runs %d of %d CPUs" % (self.label, cpus, self.cpus), file=sys.stderr)
        return rows

    def host_times(self):
        """Nanoseconds that the virtual CPUs' threads have (run, waited for a CPU of the host)."""
        run = wait = 0
        base = "/proc/%d/task" % self.vm.proc.pid
        for tid in os.listdir(base):
            try:
                with open("%s/%s/comm" % (base, tid)) as f:
                    if not f.read().startswith("CPU "):
                        continue
                with open("%s/%s/schedstat" % (base, tid)) as f:
                    a, b, _ = f.read().split()
                run, wait = run + int(a), wait + int(b)
            except (OSError, ValueError):
                pass
        return run, wait

    def order(self, row, units, n):
        """Nanoseconds that the row took, that the host's CPUs ran, the part of the first that their queue cost."""
        before = self.host_times()
        self.vm.send("%s %d %d\n" % (row, units, n))
        m = self.vm.expect(r"^(?:TIME (\d+) TICKS (\d+)|ERROR (.*))\r?\n((?:WAIT .*\n)*)DONE", timeout=120,
                           what="answer of %s to '%s'" % (self.label, row))
        after = self.host_times()
        if m.group(3):
            raise V.VMError("%s: %s: %s" % (self.label, row, m.group(3).decode().strip()))
        ns = int(m.group(1))
        return ns, after[0] - before[0], (after[1] - before[1]) / max(ns, 1)

    def undisturbed(self):
        return [t for t, _, disturbed in self.samples if not disturbed]

    def figure(self, enough):
        """(ns per operation, is it sure, CPU time per operation)."""
        clean = self.undisturbed()
        sure = len(clean) >= enough
        return (statistics.median(clean) if sure else min(t for t, _, _ in self.samples), sure,
                statistics.median(c for _, c, _ in self.samples))


def calibrate(machine, row, units):
    """How many operations of each worker make a sample."""
    n = 8
    while True:
        ns, ran, _ = machine.order(row, units, n)
        ns = min(ns, ran)       # a busy computer stretches the one, taking orders counts to the other
        if ns > SAMPLE_NS / 2:
            return max(1, int(n * SAMPLE_NS / ns))
        n *= 3


def measure_row(machines, row, opts):
    units = 2
    n = calibrate(machines[0], row, units)
    for m in machines:
        m.samples = []
        m.order(row, units, max(1, n // 4))     # caches fill
    for r in range(opts.rounds):
        for m in machines[r % len(machines):] + machines[:r % len(machines)]:
            if len(m.undisturbed()) < opts.enough:
                ns, ran, waited = m.order(row, units, n)
                m.samples.append((ns / (units * n), ran / (units * n), waited > DISTURBED))
        if all(len(m.undisturbed()) >= opts.enough for m in machines):
            break
    return {m.label: m.figure(opts.enough) for m in machines}


def table(title, figures, pick):
    """pick(figure) is (number, is it sure). Returns the rows in which Vitrix is above Linux."""
    print("%-16s %10s %10s %6s  %10s %10s %6s   %8s %8s" % (
        title, "Linux 1", "Vitrix 1", "V/L", "Linux 2", "Vitrix 2", "V/L", "Linux x", "Vitrix x"))
    worse = []
    for row, f in figures.items():
        val = {k: pick(v)[0] for k, v in f.items()}
        cell = {k: "%.0f%s" % (pick(v)[0], "" if pick(v)[1] else "!") for k, v in f.items()}

        def ratio(a, b):
            return "%.2f" % (val[a] / val[b]) if val.get(a) and val.get(b) else "-"
        print("%-16s %10s %10s %6s  %10s %10s %6s   %8s %8s" % (
            row, cell.get("Linux 1", "-"), cell.get("Vitrix 1", "-"), ratio("Vitrix 1", "Linux 1"),
            cell.get("Linux 2", "-"), cell.get("Vitrix 2", "-"), ratio("Vitrix 2", "Linux 2"),
            ratio("Linux 1", "Linux 2"), ratio("Vitrix 1", "Vitrix 2")))
        if any(val.get("Vitrix " + c, 0) > val.get("Linux " + c, float("inf")) for c in "12"):
            worse.append(row)
    return worse


def show(figures):
    worse = table("time, ns", figures, lambda f: (f[0], f[1]))
    table("CPU time, ns", figures, lambda f: (f[2], True))
    print("%d of %d rows take longer than Linux's somewhere%s" % (
        len(worse), len(figures), ": " + ", ".join(worse) if worse else ""))
    unsure = sum(any(not f[1] for f in row.values()) for row in figures.values())
    if unsure:
        print("this computer was too busy for %d of %d rows (figures with !)" % (unsure, len(figures)))


def beside_linux(archive, opts):
    kinds = []
    for cpus in (1, 2):
        if not opts.vitrix_only:
            kinds.append(("Linux %d" % cpus, V.oracle(), APPEND + LINUX, cpus))
        if not opts.linux_only:
            kinds.append(("Vitrix %d" % cpus, opts.kernel, (APPEND + " " + opts.append).strip(), cpus))
    machines = [Machine(label, kernel, archive, append, cpus, opts) for label, kernel, append, cpus in kinds]
    figures = {}
    try:
        for m in machines:
            rows = m.boot()
        for row in rows:
            if not opts.row or any(re.search(p, row) for p in opts.row):
                figures[row] = measure_row(machines, row, opts)
                print("  " + row + ": " + ", ".join("%s %.0f%s" % (k, v, "" if sure else "!")
                                                      for k, (v, sure, _) in figures[row].items()), file=sys.stderr)
    finally:
        for m in machines:
            m.vm.kill()
    show(figures)
    return figures


def simulate(archive_path, prog, opts):
    rows = [r for r in SIMULATE if not opts.row or any(re.search(p, r) for p in opts.row)]
    a = Archive()
    a.copy(prog, "init")
    # once for the caches, once to be measured
    a.file("orders", "".join("%s %d %d\n" % (r, opts.cpus, max(1, SIMULATE[r] // k)) for r in rows for k in (4, 1)))
    archive = a.write(archive_path)
    figures, answers = {}, []
    print("%-16s %14s %10s %7s   %s" % ("%d CPUs" % opts.cpus, "instructions", "turns", "part",
                                        "waited for"))
    with VM(opts.kernel, archive, (APPEND + " " + opts.append).strip(), cpu=opts.cpu, mem=opts.mem, smp=opts.cpus,
            icount=True) as vm:
        ticks, waits = None, []
        for line in vm.lines(idle=120):
            if m := re.match(r"TIME (\d+) TICKS (\d+)", line):
                ticks = int(m.group(2))
            elif m := re.match(r"ERROR (.*)", line):
                ticks = None
                print("error: " + m.group(1))
            elif m := re.match(r"WAIT (\d+) (\d+) (.*)", line):
                waits.append((int(m.group(2)), int(m.group(1)), m.group(3)))
            elif line == "DONE":
                answers.append((ticks, sorted(waits, reverse=True)))
                ticks, waits = None, []
                if len(answers) % 2 == 0:
                    row = rows[len(answers) // 2 - 1]
                    figures[row] = simulated_row(row, *answers[-1])
    over = [r for r, f in figures.items() if f is None or f["part"] >= SPIN_LIMIT]
    print("%d of %d rows wait for less than %g %% of their instructions" % (
        len(figures) - len(over), len(rows), SPIN_LIMIT * 100) + ("; more: " + ", ".join(over) if over else ""))
    if len(figures) < len(rows):
        print("the machine ended early:\n" + vm.tail())
    return figures


def simulated_row(row, ticks, waits):
    if not ticks:
        print("%-16s failed" % row)
        return None
    turns = sum(t for t, _, _ in waits)
    names = ", ".join("%s %.2f %% (%d times)" % (name, 100 * TURN * t / ticks, times) for t, times, name in waits[:3])
    print("%-16s %14s %10s %6.2f%%   %s" % (row, format(ticks, ","), format(turns, ","), 100 * TURN * turns / ticks,
                                            names))
    return {"instructions": ticks, "turns": turns, "part": TURN * turns / ticks, "waits": waits}


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("row", nargs="*", help="regular expressions that pick rows")
    p.add_argument("--simulate", action="store_true")
    p.add_argument("--cpus", type=int, default=8, help="of the simulated machine (8)")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--append", default="", help="more command line for Vitrix")
    p.add_argument("--cpu", default="qemu64")
    p.add_argument("--mem", default="512M")
    p.add_argument("--rounds", type=int, default=40, help="at most (40)")
    p.add_argument("--enough", type=int, default=7, help="undisturbed samples that make a figure (7)")
    p.add_argument("--linux-only", action="store_true")
    p.add_argument("--vitrix-only", action="store_true")
    p.add_argument("--json", metavar="FILE", help="write the figures there, too")
    opts = p.parse_args()
    os.makedirs(OUT, exist_ok=True)
    prog = V.cc(SRC, os.path.join(OUT, "scale"), ["-O2", "-static", "-pthread", "-Wall", "-Wextra",
                                                  "-Wno-unused-parameter", "-s"])
    if opts.simulate:
        figures = simulate(os.path.join(OUT, "scale-sim.cpio"), prog, opts)
    else:
        a = Archive()
        a.copy(prog, "init")
        figures = beside_linux(a.write(os.path.join(OUT, "scale.cpio")), opts)
    if opts.json:
        with open(opts.json, "w") as f:
            json.dump(figures, f, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
