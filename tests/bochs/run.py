#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [PATTERN...]   boots from a CD under Bochs, whose CPUs have what QEMU's TCG has not: PCIDs and x2APIC

Bochs interprets one instruction after the other; a boot is a quarter of a billion of them. It takes CR3's NOFLUSH
bit and flushes all the same: it finds a wrong number or a wrong bit in CR3, but no translation that was kept too
long. BOCHS=PATH runs another Bochs, one that keeps them, say.

Its screen is a terminal that nobody looks at; what the kernel says goes to a file. Bochs is installed when it is
missing (tools/install-deps.sh bochs); where that fails the cases are skipped.
"""
import argparse
import concurrent.futures
import glob
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VMError, BUILD, TOP             # noqa: E402

OUT = os.path.join(BUILD, "tests", "bochs")
BOCHS = os.environ.get("BOCHS", "bochs")
BIOS, VGABIOS = "/usr/share/bochs/BIOS-bochs-latest", "/usr/share/bochs/VGABIOS-lgpl-latest"
PROGRAMS = ["mm_tlb_switches"]
PATIENCE = 300          # seconds; alone on a machine it takes ten

GRUB = """set timeout=0
linux /boot/bzImage console=ttyS0 panic=-1 %s
initrd /boot/archive
%s
boot
"""
# What firmware does that leaves its CPUs in x2APIC mode: IA32_APIC_BASE with both bits.
X2APIC = "wrmsr 0x1b 0xfee00d00"

CONFIG = """display_library: %(display)s
romimage: file=%(bios)s
vgaromimage: file=%(vgabios)s
megs: 256
cpu: count=%(cpus)d, ips=50000000, model=%(model)s, reset_on_triple_fault=0
clock: sync=none
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=%(iso)s, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=%(serial)s
log: %(log)s
panic: action=fatal
error: action=report
info: action=ignore
"""

# Debian's dies of a machine without sound.
DEBIAN = """speaker: enabled=0
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
"""

# A program whose own memory is wrong may well end as if nothing were.
PASSED = ["^ROUNDS 416$"] + [r"^TEST %s PASS$" % re.escape(p) for p in PROGRAMS] + ["^END$"]
FAILED = r"^\w+\.c:\d+: .*"
PTI = "page tables isolation: enabled"


class Case:
    def __init__(self, name, want, append="", never=(), grub="", cpus=2, model="corei7_haswell_4770"):
        self.name, self.want, self.append, self.never = name, want, append, never
        self.grub, self.cpus, self.model = grub, cpus, model


CASES = [
    Case("2 CPUs, PCIDs, PTI, xAPIC", PASSED + [PTI, r"apic: id 0, .* xAPIC", r"flags.* pcid .* invpcid"]),
    Case("2 CPUs, PCIDs, x2APIC, no INVPCID", PASSED + [r"apic: id 0, .* x2APIC", "Brought up 1 node, 2 CPUs",
                                                        r"flags.* pcid "],
         append="noinvpcid pti=off", never=[PTI, r"flags.* invpcid"], grub=X2APIC),
]
MORE = [
    Case("2 CPUs, PCIDs, PTI, x2APIC, no INVPCID", PASSED + [PTI, r"flags.* pcid ", r"x2APIC"],
         append="noinvpcid", never=[r"flags.* invpcid"], grub=X2APIC),
    Case("2 CPUs, PCIDs, no PTI", PASSED + [r"flags.* pcid .* invpcid"], append="pti=off", never=[PTI]),
    Case("2 CPUs, nopcid", PASSED + [PTI], append="nopcid", never=[r"flags.* pcid "]),
    Case("1 CPU, PCIDs, PTI", PASSED + [PTI, r"flags.* pcid .* invpcid"], cpus=1),
    Case("4 CPUs, PCIDs, PTI, Broadwell", PASSED + [PTI, "1 node, 4 CPUs", r"flags.* pcid .* invpcid"], cpus=4,
         model="broadwell_ult"),
]


def make_archive():
    os.makedirs(OUT, exist_ok=True)
    a = Archive()
    a.copy(V.cc(os.path.join(HERE, "init.c"), os.path.join(OUT, "init"), ["-Os", "-static", "-s", "-Wall", "-Wextra"]),
           "init")
    for p in PROGRAMS:
        src = os.path.join(TOP, "tests", "abi", p + ".c")
        a.copy(V.cc(src, os.path.join(OUT, p), ["-O1", "-static", "-s", "-Wall", "-pthread"],
                    deps=[os.path.join(TOP, "tests", "abi", "abi.h")]), "t/" + p)
    return a.write(os.path.join(OUT, "archive.cpio"))


def make_iso(where, case, kernel, archive):
    tree = os.path.join(where, "tree")
    os.makedirs(os.path.join(tree, "boot", "grub"))
    shutil.copy(kernel, os.path.join(tree, "boot", "bzImage"))
    shutil.copy(archive, os.path.join(tree, "boot", "archive"))
    with open(os.path.join(tree, "boot", "grub", "grub.cfg"), "w") as f:
        f.write(GRUB % (case.append, case.grub))
    iso = os.path.join(where, "cd.iso")
    # Only what is needed of GRUB: the BIOS loads the CD slowly.
    r = subprocess.run(["grub-mkrescue", "-o", iso, "--install-modules=linux normal iso9660 biosdisk wrmsr",
                        "--fonts=", "--locales=", "--themes=", tree],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if r.returncode:
        raise VMError("grub-mkrescue: " + r.stdout[-2000:])
    return iso


def read(path):
    try:
        with open(path, "rb") as f:
            return V.clean(f.read())
    except FileNotFoundError:
        return ""


def drain(fd, screen):
    """What Bochs draws is read, so that it never waits for the terminal; screen[0] is the last of it."""
    try:
        while data := os.read(fd, 65536):
            screen[0] = (screen[0] + data)[-4000:]
    except OSError:
        pass


def bochs(where, case, iso, display):
    """What the machine said on its serial line until it was switched off."""
    serial, log = os.path.join(where, "serial.txt"), os.path.join(where, "bochs.log")
    config, go = os.path.join(where, "bochsrc"), os.path.join(where, "go")
    with open(config, "w") as f:
        f.write(CONFIG % dict(display=display, bios=BIOS, vgabios=VGABIOS, cpus=case.cpus, model=case.model,
                              iso=iso, serial=serial, log=log))
        if display == "term":
            f.write(DEBIAN)
    cmd = [BOCHS, "-q", "-f", config]
    if display == "term":
        # Debian's has the debugger in it, which stops before the first instruction.
        with open(go, "w") as f:
            f.write("c\n")
        cmd += ["-rc", go]
    screen = [b""]
    master, slave = pty.openpty()
    with subprocess.Popen(cmd, stdin=slave, stdout=slave, stderr=slave, cwd=where, env=dict(os.environ, TERM="xterm"),
                          preexec_fn=V._die_with_parent) as p:
        os.close(slave)
        threading.Thread(target=drain, args=(master, screen), daemon=True).start()
        end = time.monotonic() + PATIENCE
        try:
            # After the power-off Bochs waits for a key.
            while p.poll() is None and "soft power off" not in read(log):
                if time.monotonic() > end:
                    raise VMError("still runs after %d s\n%s\n%s" % (PATIENCE, tail(read(serial)), tail(read(log))))
                time.sleep(0.1)
        finally:
            p.kill()
            p.wait()
            os.close(master)
    return read(serial), read(log) or V.clean(screen[0])


def tail(text, lines=25):
    return "\n".join("    | " + line for line in text.splitlines()[-lines:])


def run(case, opts, archive, display):
    with tempfile.TemporaryDirectory(dir=OUT) as where:
        text, log = bochs(where, case, make_iso(where, case, opts.kernel, archive), display)
    if opts.verbose:
        print(text)
    for w in case.want:
        if not re.search(w, text, re.M):
            return "no %r in:\n%s\n%s" % (w, tail(text), tail(log))
    for n in [*case.never, FAILED]:
        if found := re.search(n, text, re.M):
            return "%r appeared:\n%s" % (found.group(), tail(text))
    return None


def what_is_missing():
    if not shutil.which(BOCHS):
        return "there is no " + BOCHS
    if BOCHS == "bochs" and not glob.glob("/usr/lib/*/bochs/plugins/libbx_term_gui.so"):
        return "Bochs cannot draw on a terminal (Debian's package bochs-term)"
    for f in BIOS, VGABIOS:
        if not os.path.exists(f):
            return "there is no " + f
    return None


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("pattern", nargs="*")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--all", action="store_true", help="more combinations of CPUs and command line")
    p.add_argument("-v", "--verbose", action="store_true", help="print what the machine said")
    p.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    opts = p.parse_args()
    cases = [c for c in CASES + (MORE if opts.all else [])
             if not opts.pattern or any(w in c.name for w in opts.pattern)]
    if what_is_missing() and BOCHS == "bochs":
        subprocess.run([os.path.join(TOP, "tools", "install-deps.sh"), "bochs"])
    if missing := what_is_missing():
        print("SKIP: %s" % missing)
        print("0 passed, 0 failed, %d skipped" % len(cases))
        return 0
    archive = make_archive()
    display = "term" if BOCHS == "bochs" else "nogui"
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(opts.jobs) as pool:
        futures = [pool.submit(run, c, opts, archive, display) for c in cases]
        for case, future in zip(cases, futures):
            try:
                why = future.result()
            except (VMError, OSError) as e:
                why = str(e)
            print("%-48s %s" % (case.name, "FAIL" if why else "PASS"), flush=True)
            if why:
                print("      " + why.replace("\n", "\n      "))
            failed += bool(why)
            passed += not why
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
