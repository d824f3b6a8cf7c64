# SPDX-License-Identifier: MIT
"""
Debian's stress-ng in the guest: one stressor after the other, each for some seconds, and how it ended.

    for name, verdict, words in run(kernel, names, seconds=3, smp=4): ...

verdict is "passed", "failed" (a check of stress-ng's own, or a signal), "lacks" (stress-ng finds that the kernel has
not what it wants, or is out of resources), "hang" or "panic".  tests/stress/stress-ng.txt names the stressors that
are not run, with the reasons.
"""
import os
import re
import stat
import subprocess

import vm as V
from vm import Archive, VM, BUILD, TOP

DIR = os.path.join(BUILD, "stress-ng")
LIST = os.path.join(TOP, "tests", "stress", "stress-ng.txt")
REPORT = re.compile(r"Kernel panic|BUG:|Oops|assertion failed|WARNING:|double fault|page allocation failure|possible .* lock"
                    r"|UBSAN:|KASAN:|lock order")
# What stress-ng's exit statuses say.
VERDICT = {0: "passed", 3: "lacks", 4: "lacks", 7: "passed"}

# stress-ng asks for hundreds of megabytes where it is not told otherwise.
SIZES = ("--vm-bytes 8m --bigheap-growth 64k --mmap-bytes 8m --memfd-bytes 8m --shm-bytes 1m --shm-sysv-bytes 1m "
         "--vm-rw-bytes 4m --mremap-bytes 8m --msync-bytes 8m --mlockmany-procs 32 --hdd-bytes 8m --iomix-bytes 8m "
         "--readahead-bytes 8m --fallocate-bytes 8m --sendfile-size 1m --cyclic-dist 250 --stream-l3-size 1m")

INIT = """#!/bin/sh
export PATH=/usr/bin:/bin LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu:/lib/x86_64-linux-gnu HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm /dev/pts /tmp
mount -t tmpfs -o size=400m tmpfs /tmp
mount -t tmpfs -o size=64m tmpfs /dev/shm
free() { sed -n 's/^MemFree: *//p' /proc/meminfo; }
for name in $(cat /names); do
	mkdir -p /tmp/ng
	echo "BEGIN $name"
	timeout -s KILL $((SECONDS_EACH + 60)) stress-ng --$name $WORKERS --timeout ${SECONDS_EACH}s --temp-path /tmp/ng \\
		--seed $SEED --verify --oomable $SIZES \
		> /tmp/out 2>&1 < /dev/null
	status=$?
	sed 's/^/SAID /' /tmp/out | tail -n 40
	rm -rf /tmp/ng
	echo "END $name $status free $(free)"
done
echo DONE
poweroff -f
"""


def unpacked():
    if not os.path.exists(os.path.join(DIR, "usr", "bin", "stress-ng")):
        subprocess.run([os.path.join(TOP, "tools", "fetch-stress-ng.sh"), DIR], check=True)
    return DIR


def needed(path, where, found):
    """The libraries that an ELF file loads, from below `where`, and theirs: {name: file} in found."""
    out = subprocess.run(["readelf", "-d", path], stdout=subprocess.PIPE, text=True).stdout
    for name in re.findall(r"\(NEEDED\).*\[(.*)\]", out):
        if name in found:
            continue
        for d in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"):
            lib = os.path.join(where, d, name)
            if os.path.exists(lib):
                found[name] = lib
                needed(lib, where, found)
                break
        else:
            raise SystemExit("stress-ng wants %s, which tools/fetch-stress-ng.sh does not fetch" % name)
    return found


def pack(names, path):
    """The archive, but for what the command line says."""
    top = unpacked()
    prog = os.path.join(top, "usr", "bin", "stress-ng")
    a = Archive()
    a.busybox()
    a.copy(prog, "usr/bin/stress-ng")
    libs = needed(prog, top, {})
    libs["libgcc_s.so.1"] = os.path.realpath(subprocess.run(
        ["gcc", "-print-file-name=libgcc_s.so.1"], stdout=subprocess.PIPE, text=True).stdout.strip())
    for name, lib in sorted(libs.items()):
        where = "lib64" if name.startswith("ld-linux") else "usr/lib/x86_64-linux-gnu"
        a.copy(os.path.realpath(lib), "%s/%s" % (where, name))
    a.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
    a.file("etc/group", "root:x:0:\nnogroup:x:65534:\n")
    a.file("names", "\n".join(names) + "\n")
    a.file("init", INIT.replace("$SIZES", SIZES), 0o755)
    for d in ("proc", "sys", "tmp", "root"):
        a.dir(d)
    return a.write(path)


def all_stressors():
    """What this stress-ng can do."""
    top = unpacked()
    env = dict(os.environ, LD_LIBRARY_PATH=os.path.join(top, "usr/lib/x86_64-linux-gnu"))
    r = subprocess.run([os.path.join(top, "usr/bin/stress-ng"), "--stressors"], stdout=subprocess.PIPE, text=True, env=env)
    return r.stdout.split()


def left_out():
    """{stressor: reason} of those that are not run."""
    reasons = {}
    with open(LIST) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, reason = line.strip().split(None, 1)
                reasons[name] = reason
    return reasons


def run(kernel, names, seconds=3, workers=2, smp=1, mem="1G", append="", seed=1, cpu=None, echo=None):
    """Yields (stressor, verdict, its last words).  A machine that panics or hangs is started again for the others."""
    names = list(names)
    archive = os.path.join(BUILD, "tests", "stress-ng-%d.cpio" % os.getpid())
    line_append = "console=ttyS0 panic=-1 quiet SECONDS_EACH=%d WORKERS=%d SEED=%d %s" % (seconds, workers, seed, append)
    extra = ["-accel", "tcg,thread=multi"] if smp > 1 else []
    try:
        while names:
            pack(names, archive)
            name, said, why = None, [], None
            with VM(kernel, archive, line_append.strip(), cpu=cpu, mem=mem, smp=smp, extra=extra) as vm:
                try:
                    for line in vm.lines(idle=seconds + 120):
                        if echo:
                            echo(line)
                        if m := re.match(r"BEGIN (\S+)", line):
                            name, said = m.group(1), []
                        elif m := re.search(r"END (\S+) (\d+)", line):
                            status = int(m.group(2))
                            verdict = VERDICT.get(status, "failed")
                            if why:
                                verdict = "panic"
                            names.remove(m.group(1))
                            yield m.group(1), verdict, said + ["status %d" % status]
                            name, why = None, None
                        elif REPORT.search(line) and not line.startswith("SAID"):
                            why = "panic"
                            said.append(line)
                        elif name:
                            said.append(line[5:] if line.startswith("SAID ") else line)
                except V.VMTimeout as e:
                    why = "hang"
                    said.append(str(e))
                if name:
                    names.remove(name)
                    yield name, why or "panic", said[-60:]
                elif names:
                    yield names.pop(0), why or "panic", ["the machine ended by itself"] + vm.tail().splitlines()
    finally:
        if os.path.exists(archive):
            os.unlink(archive)
