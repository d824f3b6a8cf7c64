#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run-bench.py   what operations cost in instructions, on Linux and on Vitrix, and the ratio

Both kernels run tests/bench/bench.c as process 1 under `qemu -icount shift=0,sleep=off -cpu qemu64 -m 1024`: guest
time counts instructions, so the figures are the same on every run within a fraction of a per cent.  Linux has its
hardening switched off, and both have mitigations=off, so as to compare like with like.  Linux's figures are kept in build/bench/ under
a hash of the program, the kernel and the command line.

Rows that end in "pti=on" are of boots with pti=on behind mitigations=off, on both kernels.

Besides the operations:
  boot         instructions from the kernel's entry, already decompressed, to main() of /init.  Vitrix logs the time
               stamp counter at its first instruction; for Linux, gdb stops at the decompressed kernel's entry point
               and lets the guest execute one rdtsc there (once; then cached).
  memory       RAM given to QEMU less MemFree at the start of /init less the initramfs, in KiB: all that the
               kernel, its tables and the firmware's holes keep; and MemTotal less MemFree, what each kernel itself
               calls used.
  image        size of the kernel file.
"""
import argparse
import hashlib
import json
import os
import re
import subprocess
import sys

import vm as V
from vm import Archive, VM, VMError, BUILD, TOP

SRC = os.path.join(TOP, "tests", "bench", "bench.c")
SRC32 = os.path.join(TOP, "tests", "bench", "bench32.c")
OUT = os.path.join(BUILD, "bench")
MIB = 1024
APPEND = "console=ttyS0 panic=-1 quiet mitigations=off nokaslr"
LINUX = " init_on_alloc=0 lsm= randomize_kstack_offset=off audit=0"
LINUX_ENTRY = 0x1000000         # where Debian's kernel lies once decompressed, without KASLR

# Executed inside gdb, with the guest stopped before its first instruction.
GDB_RDTSC = """
import gdb
gdb.execute("hbreak *%#x")
gdb.execute("continue")
inf, pc = gdb.selected_inferior(), %#x
old = bytes(inf.read_memory(pc, 2))
inf.write_memory(pc, b"\\x0f\\x31")
gdb.execute("delete")
gdb.execute("stepi")
lo, hi = (int(gdb.parse_and_eval("$" + r)) & 0xffffffff for r in ("rax", "rdx"))
inf.write_memory(pc, old)
print("ENTRY TSC %%d" %% (hi << 32 | lo))
gdb.execute("kill")
"""


def linux_entry_tsc(kernel, archive, opts):
    """The time stamp counter when decompressed Linux begins."""
    port = V.free_port()
    script = os.path.join(OUT, "rdtsc.py")
    with open(script, "w") as f:
        f.write(GDB_RDTSC % (LINUX_ENTRY, LINUX_ENTRY))
    with VM(kernel, archive, APPEND + LINUX, cpu=opts.cpu, mem=MIB, icount=True, gdb=port, stopped=True):
        r = subprocess.run(["gdb", "-nx", "-batch", "-ex", "set architecture i386:x86-64", "-ex", V.GDB_PATIENCE, "-ex",
                            "target remote 127.0.0.1:%d" % port, "-x", script],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180)
    m = re.search(r"ENTRY TSC (\d+)", r.stdout)
    if not m:
        raise VMError("gdb did not find Linux's entry:\n" + r.stdout)
    return int(m.group(1))


def measure(kernel, archive, append, cpu):
    """Boot and return (info, figures) as dictionaries; a figure is a number or an error's text."""
    info, figures = {}, {}
    with VM(kernel, archive, append, cpu=cpu, mem=MIB, icount=True) as vm:
        try:
            for line in vm.lines(idle=60, total=300):
                if m := re.search(r"INFO (\S+) (-?\d+)$", line):
                    info[m.group(1)] = int(m.group(2))
                elif m := re.search(r"entry tsc=(\w+)", line):
                    info.setdefault("entry_tsc", int(m.group(1), 0))
                elif m := re.search(r"BENCH (.*) error (\d+)$", line):
                    figures[m.group(1)] = "errno %s (%s)" % (m.group(2), os.strerror(int(m.group(2))))
                elif m := re.search(r"BENCH (.*) (\d+)$", line):
                    figures[m.group(1)] = int(m.group(2))
                elif line == "DONE":
                    return info, figures
        except V.VMTimeout as e:
            print("stopped: %s" % e, file=sys.stderr)
        print("the benchmark did not finish; the end of the output:\n" + vm.tail(), file=sys.stderr)
    return info, figures


def with_derived(kernel, archive, info, figures):
    if "entry_tsc" in info and "init_tsc" in info:
        figures["boot: entry to init"] = info["init_tsc"] - info["entry_tsc"]
    if "mem_free_kib" in info:
        figures["memory in use, KiB"] = MIB * 1024 - info["mem_free_kib"] - os.path.getsize(archive) // 1024
        figures["MemTotal - MemFree, KiB"] = info["mem_total_kib"] - info["mem_free_kib"]
    figures["kernel image, bytes"] = os.path.getsize(kernel)
    if "calibrate" in info and not 990000 < info["calibrate"] < 1010000:
        print("warning: a loop of 1,000,000 instructions took %d ticks: the figures are not instruction counts"
              % info["calibrate"], file=sys.stderr)
    return figures


def add_doors(kernel, archive, append, cpu, figures):
    """
    The ways into the kernel once more: with page tables of user mode's own, and on a CPU that calls itself Intel's,
    where 32-bit programs come by SYSENTER. One that calls itself AMD's has only SYSCALL for them.
    """
    intel = cpu + ",vendor=GenuineIntel"
    for vendor, pti in (cpu, "on"), (intel, "off"), (intel, "on"):
        _, found = measure(kernel, archive, "%s pti=%s ONLY=null" % (append, pti), vendor)
        for name, n in found.items():
            if name.startswith("null call") and (vendor == cpu or name.endswith("sysenter")):
                figures[name + (", pti=on" if pti == "on" else "")] = n


def digest(*paths_and_words):
    h = hashlib.sha256()
    for p in paths_and_words:
        if os.path.exists(p):
            with open(p, "rb") as f:
                h.update(f.read())
        h.update(p.encode())
    return h.hexdigest()[:16]


def linux_figures(archive, opts):
    kernel = V.oracle()
    cached = os.path.join(OUT, "linux-%s.json" % digest(archive, kernel, APPEND + LINUX, opts.cpu, V.QEMU))
    if os.path.exists(cached) and not opts.again:
        with open(cached) as f:
            return json.load(f)
    print("measuring Linux (once; %s) ..." % os.path.basename(kernel), file=sys.stderr)
    info, figures = measure(kernel, archive, APPEND + LINUX, opts.cpu)
    info["entry_tsc"] = linux_entry_tsc(kernel, archive, opts)
    with_derived(kernel, archive, info, figures)
    add_doors(kernel, archive, APPEND + LINUX, opts.cpu, figures)
    if "fork+exec+wait" in figures:
        with open(cached, "w") as f:
            json.dump(figures, f, indent=1)
    return figures


def table(linux, vitrix):
    print("%-34s %13s %13s  %s" % ("instructions", "Linux", "Vitrix", "Vitrix/Linux"))
    over = 0
    for name in list(linux) + [n for n in vitrix if n not in linux]:
        a, b = linux.get(name), vitrix.get(name)
        ratio = ""
        if isinstance(a, int) and isinstance(b, int) and a > 0:
            ratio = "%6.2f%s" % (b / a, "  <-- more than Linux" if b > a else "")
            over += b > a
        print("%-34s %13s %13s  %s" % (name, *("-" if v is None else format(v, ",") if isinstance(v, int) else v
                                               for v in (a, b)), ratio))
    return over


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kernel", default=V.BZIMAGE, help="instead of build/bzImage")
    p.add_argument("--cpu", default="qemu64")
    p.add_argument("--append", default="", help="more command line for Vitrix; ONLY=word picks operations")
    p.add_argument("--linux-only", action="store_true")
    p.add_argument("--vitrix-only", action="store_true")
    p.add_argument("--again", action="store_true", help="measure Linux again although cached")
    p.add_argument("--json", metavar="FILE", help="write the figures there, too")
    opts = p.parse_args()

    os.makedirs(OUT, exist_ok=True)
    prog = V.cc(SRC, os.path.join(OUT, "bench"), ["-O2", "-static", "-pthread", "-Wall", "-Wextra", "-s"])
    a = Archive()
    a.copy(prog, "init")
    a.copy(V.cc(SRC32, os.path.join(OUT, "bench32"), ["-O2", "-m32", "-static", "-Wall", "-Wextra", "-s"]), "bench32")
    archive = a.write(os.path.join(OUT, "bench.cpio"))

    linux = vitrix = {}
    if not opts.vitrix_only:
        linux = linux_figures(archive, opts)
    if not opts.linux_only:
        if not os.path.exists(opts.kernel):
            raise SystemExit("%s is not there: run 'make' first (or --linux-only)" % opts.kernel)
        info, vitrix = measure(opts.kernel, archive, (APPEND + " " + opts.append).strip(), opts.cpu)
        with_derived(opts.kernel, archive, info, vitrix)
        if not opts.append:
            add_doors(opts.kernel, archive, APPEND, opts.cpu, vitrix)
            # What boot's own choice costs.
            _, hard = measure(opts.kernel, archive, APPEND.replace("=off", "=auto") + " ONLY=null", opts.cpu)
            vitrix.update((name + ", mitigations=auto", n) for name, n in hard.items())
    over = table(linux, vitrix)
    if opts.json:
        with open(opts.json, "w") as f:
            json.dump({"linux": linux, "vitrix": vitrix}, f, indent=1)
    if linux and vitrix:
        print("%d of %d figures are higher than Linux's" % (over, len(linux)))
    missing = not opts.linux_only and "fork+exec+wait" not in vitrix
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
