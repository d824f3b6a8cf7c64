#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [PATTERN...]   boots: machines, CPUs, memory sizes, ways in, and archives that are broken

Each case boots once with a small /init and says what must appear on the console; PATTERN chooses cases whose name
contains it.  A boot that fails must say why and end (panic=-1 restarts the machine at once, and -no-reboot turns
that into the end of QEMU): a hang is always a failure.
"""
import argparse
import concurrent.futures
import gzip
import os
import re
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VM, VMError, BUILD, TOP         # noqa: E402

OUT = os.path.join(BUILD, "tests", "boot")
CASES = []


class Case:
    """
    want: patterns that must appear; never: patterns that must not.  ends: QEMU must end by itself.  linux: whether
    Debian's kernel gives the same (run.py --kernel $(tools/oracle.sh) --linux then proves the case itself).
    """

    def __init__(self, name, want, archive="init.cpio", append="", never=(), ends=True, linux=True, timeout=25, **vm):
        self.name, self.want, self.never, self.archive = name, want, never, archive
        self.append, self.ends, self.linux, self.timeout, self.vm = append, ends, linux, timeout, vm
        CASES.append(self)

    def run(self, opts):
        vm = dict(self.vm)
        vm.setdefault("kernel", opts.kernel)
        if vm["kernel"] == "vmlinux":
            vm["kernel"] = opts.vmlinux
        archive = self.archive and os.path.join(OUT, self.archive)
        with VM(initrd=archive, append=("console=ttyS0 panic=-1 " + self.append).strip(), **vm) as m:
            try:
                m.wait(self.timeout * (4 if opts.linux else 1))
            except V.VMTimeout as e:
                if self.ends:
                    return "HANG: " + str(e)
            text = m.text()
            tail = m.tail(25)
        for w in self.want:
            if not re.search(w, text, re.M):
                return "no %r in:\n%s" % (w, tail)
        for n in self.never:
            if found := re.search(n, text, re.M):
                return "%r appeared:\n%s" % (found.group(), tail)
        return None


# ---- archives ---------------------------------------------------------------------------------------------------

def write(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)


def archive_with(data, mode=0o755, name="init"):
    a = Archive()
    a.file(name, data, mode)
    return a.bytes()


def patched(elf, offset, fmt, value):
    b = bytearray(elf)
    struct.pack_into(fmt, b, offset, value)
    return bytes(b)


def make_archives():
    os.makedirs(OUT, exist_ok=True)
    prog = V.cc(os.path.join(HERE, "init.c"), os.path.join(OUT, "init"), ["-Os", "-static", "-s", "-Wall", "-Wextra"])
    with open(prog, "rb") as f:
        elf = f.read()
    good = archive_with(elf)
    packed = gzip.compress(good, 6, mtime=0)
    second = Archive(console=False)
    second.file("second", "x")
    write("init.cpio", good)
    write("init.cpio.gz", packed)
    write("elsewhere.cpio", archive_with(elf, name="hello"))
    write("sbin.cpio", archive_with(elf, name="sbin/init"))
    write("big.cpio", good + bytes(8 << 20))
    write("two.cpio", good + gzip.compress(second.bytes()))
    write("two-gz.cpio", packed + gzip.compress(second.bytes()))
    write("no-init.cpio", archive_with("nothing", 0o644, "readme"))
    write("script.cpio", script_archive())
    write("plain-text.cpio", b"this is no archive of any kind\n" * 100)
    write("xz.cpio", b"\xfd7zXZ\0" + bytes(range(256)) * 20)
    write("cut.cpio", good[:len(good) // 2])
    write("cut.cpio.gz", packed[:len(packed) // 2])
    middle = bytearray(packed)
    for i in range(len(middle) // 2, len(middle) // 2 + 64):
        middle[i] ^= 0xff
    write("damaged.cpio.gz", bytes(middle))
    write("crc.cpio.gz", packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:])
    first = good.find(b"070701", 6)
    write("magic.cpio", good[:first] + b"070799" + good[first + 6:])
    write("huge-size.cpio", good.replace(b"%08x" % len(elf), b"fffffff0", 1))
    phoff, phentsize = struct.unpack_from("<Q", elf, 32)[0], 56
    write("elf-cut.cpio", archive_with(elf[:40]))
    write("elf-arm.cpio", archive_with(patched(elf, 18, "<H", 183)))
    write("elf-entry.cpio", archive_with(patched(elf, 24, "<Q", 0xffff800000000000)))
    write("elf-phnum.cpio", archive_with(patched(elf, 56, "<H", 0xffff)))
    write("elf-phoff.cpio", archive_with(patched(elf, 32, "<Q", 1 << 60)))
    kernel_half = elf
    for i in range(struct.unpack_from("<H", elf, 56)[0]):
        if struct.unpack_from("<I", elf, phoff + i * phentsize)[0] == 1:
            kernel_half = patched(kernel_half, phoff + i * phentsize + 16, "<Q", 0xffffffff80000000)
    write("elf-kernel-half.cpio", archive_with(kernel_half))
    write("not-executable.cpio", archive_with(elf, 0o644))
    write("zero-length.cpio", archive_with(b""))
    write("empty", b"")
    for abi, flags in ("entry_vsyscall", []), ("entry_fsgsbase", []), ("entry_step32", ["-m32"]):
        prog = V.cc(os.path.join(HERE, "..", "abi", abi + ".c"), os.path.join(OUT, abi),
                    ["-O1", "-static", "-s", "-Wall", "-pthread", *flags],
                    deps=[os.path.join(HERE, "..", "abi", "abi.h")])
        with open(prog, "rb") as f:
            write(abi + ".cpio", archive_with(f.read()))


def script_archive():
    a = Archive()
    a.busybox(["sh", "echo"])
    a.file("init", "#!/bin/sh\necho INIT is a script\nexec /hello\n", 0o755)
    a.copy(os.path.join(OUT, "init"), "hello")
    return a.bytes()


# ---- cases ------------------------------------------------------------------------------------------------------

UP = [r"^INIT pid 1, Linux 6\.1\.", r"^END$"]
PANIC = r"[Pp]anic"


def cpus_case(name, smp, online, possible, append="", want=(), **vm):
    """One of /init's DO=cpus: what a program can find out about CPUs says the same everywhere."""
    def upto(n):
        return "0-%d" % (n - 1) if n > 1 else "0"
    Case(name, UP + ["^CPUS %d$" % online, "^CPUINFO %s$" % upto(online), "^STAT %s$" % upto(online),
                     "^POSSIBLE %s$" % upto(possible), "^PRESENT %s$" % upto(possible), "^ONLINE %s$" % upto(online),
                     "^NPROC %d$" % online, "^VISITED %d$" % online, "^BEYOND refused$"] + list(want),
         append=("DO=cpus " + append).strip(), never=["^NOT on"], smp=smp, timeout=60, **vm)


def define_cases():
    for machine in ("pc", "q35", "microvm"):
        for cpu in ("qemu64", "max"):
            # microvm has no power button that every kernel knows: there the test restarts.
            Case("machine %s, cpu %s" % (machine, cpu), UP, machine=machine, cpu=cpu,
                 append="DO=reboot" if machine == "microvm" else "", linux=machine != "microvm")
    Case("microvm without ACPI, PIC, PIT", UP, machine="microvm,acpi=off,pic=off,pit=off", append="DO=reboot",
         linux=False)
    for cpu in ("Nehalem", "Skylake-Client", "EPYC"):
        Case("cpu " + cpu, UP, cpu=cpu)
    Case("restart", UP, append="DO=reboot")
    Case("pti=on", UP, append="pti=on")
    Case("pti=off", UP, append="pti=off")
    Case("quiet", UP, append="quiet")
    Case("steps through SYSENTER", ["^STEPS right$"], "entry_step32.cpio", cpu="qemu64,vendor=GenuineIntel")
    Case("FSGSBASE", ["^FSGSBASE right$"], "entry_fsgsbase.cpio", cpu="max", smp=2)
    for mode in ("xonly", "emulate", "emulate pti=on"):
        Case("vsyscall=" + mode, ["^VSYSCALL right$"], "entry_vsyscall.cpio", append="vsyscall=" + mode)
    for smp in (1, 2, 4, 8, 16, 64):
        cpus_case("%d CPUs" % smp, smp, smp, smp)
    for mask, cpu in ("", 1), ("1", 0), ("2", 1):
        Case("interrupts are spread over CPUs " + mask, UP + ["^BEFORE 3 ?$", "^IRQ 4 0$", "^IRQ 3 %d$" % cpu],
             append="DO=irqs-" + mask, never=["^NO default"], smp=2, extra=["-serial", "null"], linux=False)
    Case("a hang-up reaches the leader of the session", UP + ["^LEADER hung up$"], append="DO=hang-up", never=["^NO "],
         extra=["-serial", "null"])
    for word, online, possible in (("maxcpus=2", 2, 4), ("maxcpus=1", 1, 4), ("maxcpus=0", 1, 1), ("nosmp", 1, 1),
                                   ("nr_cpus=3", 3, 3), ("nr_cpus=1", 1, 1), ("nr_cpus=99 maxcpus=3", 3, 4)):
        cpus_case("4 CPUs, " + word, 4, online, possible, word)
    # A thread of an AMD without TOPOEXT is a core, for Linux 6.1.
    for word, cpu, core, threads in (("AMD", "max", 3, "7"), ("Intel, leaf 4", "core2duo", 1, "6-7"),
                                     ("Intel, leaf 11", "Nehalem", 1, "6-7")):
        cpus_case("2 sockets, 2 cores, 2 threads, " + word, "8,sockets=2,cores=2,threads=2", 8, 8, cpu=cpu, want=[
            "^physical_package_id 1$", "^core_id %d$" % core, "^core_siblings_list 4-7$", "^core_siblings f0$",
            "^thread_siblings_list %s$" % threads])
    # Three cores leave a hole in the APIC ids.
    cpus_case("2 sockets, 3 cores", "6,sockets=2,cores=3,threads=1", 6, 6, want=[
        "^physical_package_id 1$", "^core_id 2$", "^core_siblings_list 3-5$", "^core_siblings 38$",
        "^thread_siblings_list 5$"])
    cpus_case("q35, 4 CPUs, max", 4, 4, 4, machine="q35", cpu="max")
    # Waiting CPUs queue for a spinlock where there is no hypervisor: kernel/locking/spinlock.c.
    for where, cpu in ("a machine", "qemu64,-hypervisor"), ("a virtual machine", "qemu64"):
        Case("4 CPUs of %s want one lock" % where, UP + ["^CONTENDED 3000, 0 bad$"], append="DO=contend", smp=4, cpu=cpu,
             timeout=120)
    cpus = [r"^\[.*NMI backtrace for cpu 1$", r"CPU: 1 PID: \d+ Comm: init, preempt count 0, interrupts on",
            r"^\[.*  user mode: RIP 0033:", r"NMI backtrace for cpu 2 skipped: idling at sched_idle_loop\+",
            r"NMI backtrace for cpu 3 skipped: idling at sched_idle_loop\+"]
    Case("sysrq tells of CPUs and tasks", UP + cpus + [
        r"sysrq: Show backtrace of all active CPUs$", r"NMI backtrace for cpu 0$", r"\] sysrq_write\+0x",
        r"sysrq: Show State$", r"task:init +state:R pid:1 ", "sysrq: HELP : loglevel"],
        append="DO=sysrq-lth quiet", never=["no answer", "^NO sysrq"], smp=4, linux=False)
    Case("a panic tells of all CPUs", cpus + [PANIC + ".*sysrq triggered crash", r"\] sysrq_crash\+0x"],
         append="DO=sysrq-c", never=["does not answer", "^END"], smp=4, linux=False)
    Case("memory 16 MiB", UP, mem="16M", linux=False)
    Case("memory 32 MiB, used", UP + ["^MEMORY good$"], mem="32M", append="DO=use-memory", linux=False)
    Case("memory 3584 MiB", UP + [r"^MEM 3[4-6]\d{5} kB"], mem="3584M")
    Case("memory 8 GiB", UP + [r"^MEM 8[0-3]\d{5} kB"], mem="8G")
    Case("memory 5 GiB, used", UP + ["^MEMORY good$"], mem="5G", append="DO=use-memory", timeout=60)
    # QEMU puts the archive at the end of memory, which mem= cuts off: the kernel moves it.
    Case("mem= limits it", UP + [r"^MEM 2[0-6]\d{4} kB"], mem="512M", append="mem=256M")
    Case("mem=32M", UP + [r"^MEM [23]\d{4} kB"], mem="512M", append="mem=32M", linux=False)
    Case("mem= cuts through the archive", UP, mem="512M", append="mem=0x1ffa0000")
    Case("mem= has no room for the archive", [PANIC, "initrd.*mem="], "big.cpio", append="mem=8M", linux=False)
    Case("PVH (build/vmlinux)", UP, kernel="vmlinux", linux=False)
    Case("PVH, q35, max", UP, kernel="vmlinux", machine="q35", cpu="max", linux=False)
    Case("kaslr", UP, append="kaslr")
    Case("kaslr, 4 CPUs, PTI, all of it", UP, append="kaslr pti=on preempt=full randomize_kstack_offset=on", smp=4)
    Case("kaslr, PVH, 16 MiB", UP, kernel="vmlinux", mem="16M", append="kaslr", linux=False)
    Case("gzipped archive", UP, "init.cpio.gz")
    Case("two archives, one after the other", UP + ["^SECOND"], "two.cpio")
    Case("two gzipped archives", UP + ["^SECOND"], "two-gz.cpio")
    Case("rdinit=/sbin/init", UP + [r"^ARG 0 /sbin/init$"], "sbin.cpio",
         append="rdinit=/sbin/init")
    Case("rdinit=/hello", UP + [r"^ARG 0 /hello$"], "elsewhere.cpio", append="rdinit=/hello")
    Case("a script as /init", UP + ["^INIT is a script$"], "script.cpio")
    Case("unknown words go to init", UP + ["^ARG 1 fancy$", "^ENV COLOUR=blue$", "^ENV HOME=/$", "^ENV TERM=linux$"],
         append="fancy COLOUR=blue")
    Case("words after -- go to init", UP + ["^ARG 1 one$", "^ARG 2 two$"], append="-- one two")
    Case("a long command line", UP + [r"^ARG \d+ last$"], append="x" * 400 + " last", linux=True)
    Case("init ends", [r"^END$|INIT pid 1", PANIC, r"exitcode=0x0*300"], append="DO=exit")
    Case("init gets a signal", [r"INIT pid 1", PANIC, r"exitcode=0x0*b"], append="DO=segv")

    # What was tried must be named; no file system can be mounted in its place.
    Case("no init: the paths tried", [PANIC, "/init", "/sbin/init", "/etc/init", "/bin/init", "/bin/sh"],
         "no-init.cpio", linux=False)
    Case("no archive at all", [PANIC, "/sbin/init"], None, linux=False)
    Case("an empty archive", [PANIC], "empty", linux=False)
    Case("rdinit= names nothing", [PANIC, r"/nothing\b"], append="rdinit=/nothing", linux=False)
    bad = r"(?i)(initramfs|initrd|cpio|archive).*"
    Case("archive is plain text", [PANIC, bad], "plain-text.cpio", linux=False)
    Case("archive is xz", [PANIC, bad], "xz.cpio", linux=False)
    Case("cpio cut off", [bad + "(trunc|cut|short|end|unexpected|incomplete|broken|too)"], "cut.cpio", linux=False)
    Case("cpio with a bad magic", [bad + "(magic|header|broken|bad|invalid|junk|format)"], "magic.cpio", linux=False)
    Case("cpio with an absurd size", [bad], "huge-size.cpio", linux=False)
    zipped = r"(?i)(gzip|gunzip|inflate|decompress|crc|initramfs|archive).*"
    Case("gzip cut off", [zipped + "(trunc|cut|short|end|unexpected|incomplete|broken|too)"], "cut.cpio.gz",
         linux=False)
    Case("gzip damaged", [zipped], "damaged.cpio.gz", never=["^END$"], linux=False)
    Case("gzip with a wrong check sum", [r"(?i)(crc|check ?sum)"], "crc.cpio.gz", linux=False)
    # -8 is ENOEXEC, -13 EACCES; the line that names /init gives the reason.
    refused = r"(?i)/init.*(-\d+|exec|error|format|permission|access|denied|header)"
    for name in ("elf-cut", "elf-arm", "elf-phnum", "elf-phoff", "not-executable", "zero-length"):
        Case("init is " + name.replace("-", " "), [PANIC, refused], name + ".cpio", never=["^INIT"], linux=False)
    Case("init wants the kernel's half", [PANIC], "elf-kernel-half.cpio", never=["^INIT"], linux=False)
    Case("init begins outside of memory", [PANIC], "elf-entry.cpio", never=["^INIT"], linux=False)


def course_command(opts):
    """The plain command line that every course uses, typed exactly so, with the archive that `make rootfs` makes."""
    rootfs = os.path.join(BUILD, "rootfs.cpio.gz")
    if not os.path.exists(rootfs):
        return "build/rootfs.cpio.gz is not there: make rootfs"
    with VM.command([V.QEMU, "-kernel", opts.kernel, "-initrd", rootfs, "-nographic", "-append", "console=ttyS0",
                     "-no-reboot"]) as vm:
        return shell_answers(vm, 120 if opts.linux else 30)


def grub_iso(opts):
    """GRUB's CD from `make iso`, by BIOS; Vitrix must come up on the serial line to a shell."""
    return boot_cd(["make", "-s", "iso"], os.path.join(BUILD, "vitrix.iso"))


def grub_iso_16(opts):
    """The same through the 16-bit entry: GRUB's linux16 asks the kernel's own setup code, not the BIOS, for memory."""
    iso = os.path.join(OUT, "linux16.iso")
    return boot_cd(["tools/make-iso.sh", iso, opts.kernel, os.path.join(BUILD, "rootfs.cpio.gz"), "linux16"], iso)


def boot_cd(make, iso):
    r = subprocess.run(make, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if r.returncode or not os.path.exists(iso):
        return " ".join(make) + ": " + r.stdout[-2000:]
    with VM(kernel=None, extra=["-cdrom", iso, "-boot", "d"]) as vm:
        try:
            # What is typed before would go to GRUB's menu, and stop it.
            vm.expect(rb"\] Run /\S+ as init process", 60, "start of init")
        except VMError as e:
            return str(e)
        return shell_answers(vm, 60)


def shell_answers(vm, timeout):
    try:
        end = time.monotonic() + timeout
        while True:
            # A shell that waits for Enter, or that has its prompt already, answers this either way.
            vm.send("\necho up and $((6*7))\n")
            try:
                vm.expect(rb"^up and 42\r?$", 3, "answer of a shell")
                break
            except V.VMTimeout:
                if time.monotonic() > end:
                    raise
        vm.send("poweroff -f\n")
        vm.wait(20)
    except VMError as e:
        return str(e)
    return None


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("pattern", nargs="*")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--vmlinux", default=V.VMLINUX)
    p.add_argument("--linux", action="store_true", help="--kernel is Linux: only the cases that hold there")
    p.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    p.add_argument("-l", "--list", action="store_true")
    opts = p.parse_args()
    define_cases()
    jobs = [(c.name, c.run) for c in CASES if c.linux or not opts.linux]
    jobs.append(("as the course types it", course_command))
    if not opts.linux:
        jobs += [("GRUB from CD", grub_iso), ("GRUB from CD, linux16", grub_iso_16)]
    jobs = [j for j in jobs if not opts.pattern or any(x in j[0] for x in opts.pattern)]
    if opts.list:
        print("\n".join(j[0] for j in jobs))
        return 0
    for f in [opts.kernel] + ([] if opts.linux else [opts.vmlinux]):
        if not os.path.exists(f):
            raise SystemExit("%s is not there: run 'make' first" % f)
    make_archives()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(opts.jobs) as pool:
        futures = [pool.submit(j[1], opts) for j in jobs]
        for (name, _), future in zip(jobs, futures):
            try:
                why = future.result()
            except (VMError, OSError) as e:
                why = str(e)
            print("%-48s %s" % (name, "FAIL" if why else "PASS"), flush=True)
            if why:
                failed += 1
                print("      " + why.replace("\n", "\n      "), flush=True)
    print("%d passed, %d failed" % (len(jobs) - failed, failed))
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except VMError as e:
        raise SystemExit(str(e))
