#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
bench-latency.py              how late a real-time task is woken: cyclictest beside hackbench, on Linux and on Vitrix
bench-latency.py --simulate   the same on one CPU with -icount, where a nanosecond is an instruction

cyclictest and hackbench --pipe (Debian's rt-tests) run on two virtual CPUs, `-accel tcg,thread=multi`, on Debian's kernel and on
Vitrix with preempt=none and preempt=full.  A SCHED_FIFO thread sleeps for a millisecond, --loops times, and notes how much
later than that it ran: the least, the median, what 99 of 100 do not exceed, and the worst, in microseconds; once on the idle machine, once beside hackbench.

Beside each other in real time: virtual CPUs are threads of this computer.  While one of them waits for a real CPU its guest stands still, and that is in
the worst case and, if the computer is busy, in the others: run it with `nice -n -10` where others work, and twice.
By simulation nothing of this computer shows: late by a microsecond means that the CPU did a thousand instructions first.
"""
import argparse
import os
import re
import shutil
import sys

import guest
import vm as V
from vm import Archive, VM, BUILD

OUT = os.path.join(BUILD, "bench")
APPEND = "console=ttyS0 panic=-1 quiet"
LINUX = " mitigations=off init_on_alloc=0 lsm= randomize_kstack_offset=off audit=0 nowatchdog"
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /dev/shm /tmp
mount -t tmpfs tmpfs /dev/shm
echo "CPUS $(grep -c ^processor /proc/cpuinfo)"
measure() {
	echo "BEGIN $1"
	cyclictest -m -p 80 -i 1000 -l LOOPS -q -h 60000 >/tmp/said 2>&1
	status=$?
	grep -v ' 000000$' /tmp/said
	echo "END $1 $status"
}
measure idle
(while :; do hackbench --pipe -g 2 -l 200 >/tmp/load 2>&1 || echo "LOAD failed: $(cat /tmp/load)"; done) &
sleep 1
measure hackbench
poweroff -f
"""


def pack(loops):
    a = Archive()
    a.busybox()
    for d in ("proc", "sys", "root", "tmp"):
        a.dir(d)
    files = {}
    for name in ("cyclictest", "hackbench"):
        path = shutil.which(name)
        if not path:
            raise SystemExit("there is no %s: apt-get install rt-tests" % name)
        files.update(guest.with_needs(path, "/bin/" + name))
    for name, source in sorted(files.items()):
        a.copy(source, name)
    a.file("init", INIT.replace("LOOPS", str(loops)), 0o755)
    return a.write(os.path.join(OUT, "latency.cpio"))


def run(kernel, archive, append, opts):
    """{load: (least, median, 99th of 100, worst) in microseconds}"""
    figures, said = {}, []
    how = {"icount": True} if opts.simulate else {"extra": ["-accel", "tcg,thread=multi"]}
    with VM(kernel, archive, append, cpu=opts.cpu, mem="512M", smp=opts.smp, **how) as vm:
        try:
            for line in vm.lines(idle=60, total=60 + opts.loops // 10):
                if m := re.match(r"CPUS (\d+)", line):
                    if int(m.group(1)) != opts.smp:
                        raise V.VMError("%s of %d CPUs run" % (m.group(1), opts.smp))
                elif re.match(r"BEGIN ", line):
                    said = []
                elif m := re.match(r"END (\S+) (\d+)", line):
                    text = "\n".join(said)
                    worst = re.search(r"Max Latencies: *(\d+)", text)
                    late = sorted(int(us) for us, n in re.findall(r"^(\d{6}) (\d+)$", text, re.M) for _ in range(int(n)))
                    if m.group(2) != "0" or not worst or not late:
                        raise V.VMError("cyclictest ended with %s:\n%s" % (m.group(2), text))
                    figures[m.group(1)] = (late[0], late[len(late) // 2], late[len(late) * 99 // 100], int(worst.group(1)))
                elif line.startswith("LOAD failed"):
                    raise V.VMError(line)
                else:
                    said.append(line)
        except V.VMTimeout as e:
            raise V.VMError("%s\n%s" % (e, vm.tail()))
        if len(figures) < 2:
            raise V.VMError("the machine ended early\n" + vm.tail())
    return figures


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--loops", type=int, default=3000)
    p.add_argument("--simulate", action="store_true")
    p.add_argument("--cpu", default="qemu64")
    p.add_argument("--vitrix-only", action="store_true")
    opts = p.parse_args()
    opts.smp = 1 if opts.simulate else 2
    os.makedirs(OUT, exist_ok=True)
    archive = pack(opts.loops)
    kinds = [] if opts.vitrix_only else [("Linux", V.oracle(), APPEND + LINUX)]
    kinds += [("Vitrix preempt=" + how, opts.kernel, APPEND + " preempt=" + how) for how in ("none", "full")]
    print("%-22s %32s   %32s" % ("microseconds late", "idle: least median 99 % worst", "hackbench: least median 99 % worst"))
    failed = False
    for label, kernel, append in kinds:
        try:
            f = run(kernel, archive, append, opts)
            print("%-22s %11d %6d %6d %6d   %11d %6d %6d %6d" % ((label,) + f["idle"] + f["hackbench"]), flush=True)
        except V.VMError as e:
            failed = True
            print("%-22s failed: %s" % (label, e), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
