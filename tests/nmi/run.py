#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [PATTERN...]   an NMI before every instruction of the ways into the kernel and out of it

/init (doors.c) goes through each door once, with words of its own in all registers, and looks at them afterwards.
From before a door to behind it this program steps the CPU, by QEMU's gdb stub; before each instruction of the entry
code, and the first of each C function that it calls, it has an NMI come, lets do_nmi() run, and wants the CPU to be
exactly where and what it was: all registers, CR2, CR3 and the bases of gs, too.

"nested" does what a fault inside of do_nmi() does to the CPU: an IRET, after which the next NMI comes, on the same
stack.  Then it has a second one come before each instruction that the first has left; both must be served, and the
interrupted code must not notice.
"""
import argparse
import os
import re
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VM, VMError, BUILD              # noqa: E402

OUT = os.path.join(BUILD, "tests", "nmi")
RSP, RIP = 7 * 8, 16 * 8        # in the answer to `g`; then flags, cs, ss ... of four bytes
FLAGS = RIP + 8
SEGMENTS = FLAGS + 4
MAX_STEPS = 3000
STEP_ALONE, STEP_OPEN = 7, 1                # QEMU: no interrupts and no timers while stepping, or both


class Wrong(Exception):
    pass


class Cpu:
    """The machine's one CPU, by gdb's remote protocol."""

    def __init__(self, port):
        end = time.monotonic() + 20
        while True:
            try:
                self.s = socket.create_connection(("127.0.0.1", port))
                break
            except ConnectionRefusedError:      # not up yet
                if time.monotonic() > end:
                    raise Wrong("the machine does not start")
                time.sleep(0.05)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s.settimeout(20)
        self.buf = b""
        self.ask("?")

    def packet(self):
        while not (m := re.search(rb"\$([^#]*)#..", self.buf)):
            more = self.s.recv(65536)
            if not more:
                raise Wrong("the machine ended")
            self.buf += more
        self.buf = self.buf[m.end():]
        self.s.sendall(b"+")
        return m.group(1).decode()

    def ask(self, text):
        self.s.sendall(b"$%s#%02x" % (text.encode(), sum(text.encode()) & 255))
        try:
            return self.packet()
        except socket.timeout:
            raise Wrong("the CPU runs away" if text == "c" else "no answer to %r" % text)

    def go(self, how):
        answer = self.ask(how)
        if not answer.startswith("T05"):
            raise Wrong("%r is answered by %r" % (how, answer))

    def regs(self):
        return bytes.fromhex(self.ask("g"))

    def set_regs(self, regs):
        if self.ask("G" + regs.hex()) != "OK":
            raise Wrong("registers cannot be set")

    def word(self, address):
        return struct.unpack("<Q", bytes.fromhex(self.ask("m%x,8" % address)))[0]

    def write(self, address, data):
        if self.ask("M%x,%x:%s" % (address, len(data), data.hex())) != "OK":
            raise Wrong("%#x cannot be written" % address)

    def breakpoint(self, address, on=True):
        if self.ask("%s0,%x,1" % ("Z" if on else "z", address)) != "OK":
            raise Wrong("no breakpoint at %#x" % address)

    def run_to(self, *addresses):
        """To one of them; which."""
        for a in addresses:
            self.breakpoint(a)
        self.go("c")
        for a in addresses:
            self.breakpoint(a, False)
        return at(self.regs(), RIP)

    def stepping(self, mode):
        self.ask("Qqemu.sstep=%x" % mode)

    def nmi(self, handler):
        """One comes: the CPU is at the first instruction of the kernel's handler. false: none came."""
        self.s.sendall(b"$qRcmd,6e6d69#%02x" % (sum(b"qRcmd,6e6d69") & 255))
        while self.packet() != "OK":
            pass
        self.stepping(STEP_OPEN)
        pc = at(self.regs(), RIP)
        for _ in range(20):             # a step that the emulator's own events end is none
            self.go("s")
            if at(self.regs(), RIP) != pc:
                break
        self.stepping(STEP_ALONE)
        return at(self.regs(), RIP) == handler


def at(regs, offset):
    return struct.unpack_from("<Q", regs, offset)[0]


def stays(regs):
    """What an NMI must not change. RF is set while the CPU is between two tries of an instruction."""
    flags = struct.unpack_from("<I", regs, FLAGS)[0] & ~0x10000
    return regs[:FLAGS] + struct.pack("<I", flags) + regs[FLAGS + 4:]


class Machine:
    def __init__(self, cpu, kernel, user):
        self.cpu, self.kernel, self.user = cpu, kernel, user
        self.served, self.c_functions = 0, set()

    def name(self, address):
        below = [(v, n) for n, v in [*self.kernel.items(), *self.user.items()] if v <= address]
        v, n = max(below)
        return "%s+%#x" % (n, address - v)

    def in_entry(self, pc):
        return self.kernel["__entry_text_start"] <= pc < self.kernel["__entry_text_end"]

    def expect(self, before, what):
        """The CPU is where and what it was before."""
        after = self.cpu.regs()
        if stays(after) != stays(before):
            diff = [i for i in range(0, len(after) - 7, 8) if after[i:i + 8] != before[i:i + 8]]
            raise Wrong("%s at %s: the CPU is at %s, and differs in %s" % (
                what, self.name(at(before, RIP)), self.name(at(after, RIP)),
                ", ".join("word %d: %s for %s" % (i // 8, after[i:i + 8][::-1].hex(), before[i:i + 8][::-1].hex())
                          for i in diff)))

    def begin_nmi(self, before):
        """An NMI, on to do_nmi()."""
        if not self.cpu.nmi(self.kernel["nmi"]):
            raise Wrong("no NMI came at %s, but %s" % (self.name(at(before, RIP)), self.name(at(self.cpu.regs(), RIP))))
        self.cpu.run_to(self.kernel["do_nmi"])
        self.served += 1

    def nmi_here(self, before):
        pc = at(before, RIP)
        self.begin_nmi(before)
        for _ in range(4):
            if self.cpu.run_to(pc) == pc and at(self.cpu.regs(), RSP) == at(before, RSP):
                break
        self.expect(before, "an NMI")

    def iret(self):
        """As a fault's last instruction: back to where the CPU is, and NMIs can come again."""
        before = self.cpu.regs()
        frame = at(before, RSP) - 256
        cs, ss = struct.unpack_from("<II", before, SEGMENTS)
        flags = struct.unpack_from("<I", before, FLAGS)[0]
        self.cpu.write(frame, struct.pack("<5Q", at(before, RIP), cs, flags, at(before, RSP), ss))
        changed = bytearray(before)
        struct.pack_into("<Q", changed, RSP, frame)
        struct.pack_into("<Q", changed, RIP, self.kernel["irq_return_iret"])
        self.cpu.set_regs(bytes(changed))
        self.cpu.go("s")
        self.expect(before, "a planted IRET")

    def nested_here(self, before, n):
        """An NMI, its IRET too early, and a second one n instructions behind do_nmi(). false: there are not so many."""
        pc, do_nmi = at(before, RIP), self.kernel["do_nmi"]
        self.begin_nmi(before)
        self.cpu.run_to(self.cpu.word(at(self.cpu.regs(), RSP)))
        self.iret()
        for _ in range(n):
            self.cpu.go("s")
            here = self.cpu.regs()
            if at(here, RIP) == pc and at(here, RSP) == at(before, RSP):
                self.expect(before, "an NMI")
                return False
        if not self.cpu.nmi(self.kernel["nmi"]):
            raise Wrong("no second NMI came")
        where = self.name(at(here, RIP)) if n else "the return of do_nmi"
        if self.cpu.run_to(do_nmi, pc) != do_nmi:
            raise Wrong("the second NMI, at %s, is not served" % where)
        self.served += 2
        self.cpu.run_to(pc)
        self.expect(before, "a second NMI at %s, after one" % where)
        return True

    def door(self, name, visit):
        """From in_NAME to out_NAME, visit(registers) at each instruction of the entry code. How many."""
        cpu, end, seen = self.cpu, self.user["out_" + name], 0
        cpu.run_to(self.user["in_" + name])
        for _ in range(MAX_STEPS):
            regs = cpu.regs()
            pc = at(regs, RIP)
            visit(regs)
            seen += 1
            if pc == end:
                return seen
            if pc in self.c_functions:
                # A C function: on to where it returns to, if it does; else the way out is another one.
                cpu.run_to(cpu.word(at(regs, RSP)), end)
                continue
            was_entry = self.in_entry(pc)
            cpu.go("s")
            pc = at(cpu.regs(), RIP)
            if was_entry and pc >= self.kernel["_text"] and not self.in_entry(pc):
                self.c_functions.add(pc)
        raise Wrong("%s: no way out within %d steps; at %s" % (name, MAX_STEPS, self.name(pc)))



def symbols(path):
    out = subprocess.run(["nm", path], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name: int(value, 16) for value, name in re.findall(r"^([0-9a-f]+) \S ([\w.]+)$", out, re.M)}


def every_instruction(m, doors):
    said = []
    for name in doors:
        said.append("%s %d" % (name, m.door(name, m.nmi_here)))
    return ", ".join(said)


def nested(m, doors):
    """At the first instruction, with the user's gs, CR3 and stack, and at the first C function."""
    tries = 0

    def visit(regs):
        nonlocal tries
        if at(regs, RIP) in places:
            places.remove(at(regs, RIP))
            n = 0
            while m.nested_here(regs, n):
                n += 1
            if n < 20:
                raise Wrong("behind do_nmi() are only %d instructions" % n)
            tries += n

    places = {m.kernel["entry_SYSCALL_64"], m.kernel["__x64_sys_getppid"]}
    m.door("fast", visit)
    if places:
        raise Wrong("never came to " + ", ".join(map(m.name, places)))
    return "a second NMI at %d places" % tries


DOORS64, DOORS32 = "fast slow int80 fault ud2", "vdso int80"
CASES = {
    "64-bare": (every_instruction, DOORS64, "mitigations=off", None),
    "64-pti-max": (every_instruction, DOORS64, "pti=on", "max"),
    "32-syscall": (every_instruction, DOORS32, "pti=off", None),
    "32-sysenter-pti": (every_instruction, DOORS32, "pti=on", "qemu64,vendor=GenuineIntel"),
    "nested": (nested, DOORS64, "pti=off", None),
    "nested-pti-max": (nested, DOORS64, "pti=on", "max"),
}
# With --all: combinations of what stands above.
MORE = {
    "64": (every_instruction, DOORS64, "pti=off", None),
    "64-pti": (every_instruction, DOORS64, "pti=on", None),
    "32-syscall-pti": (every_instruction, DOORS32, "pti=on", None),
    "32-sysenter": (every_instruction, DOORS32, "pti=off", "qemu64,vendor=GenuineIntel"),
    "nested-pti": (nested, DOORS64, "pti=on", None),
}


def build(bits):
    prog = V.cc(os.path.join(HERE, "doors.c"), os.path.join(OUT, "doors" + bits),
                ["-O1", "-static", "-no-pie", "-Wall", "-Wextra", "-Wno-unused-parameter", "-m" + bits])
    a = Archive()
    a.copy(prog, "init")
    return prog, a.write(prog + ".cpio")


def run(case, opts):
    """What was done; raises Wrong or VMError."""
    test, doors, append, model = {**CASES, **MORE}[case]
    prog, archive = build("32" if doors == DOORS32 else "64")
    kernel, user = symbols(opts.vmlinux), symbols(prog)
    port = V.free_port()
    with VM(opts.kernel, archive, "console=ttyS0 panic=-1 nokaslr " + append, cpu=model, mem="128M", gdb=port,
            stopped=True) as vm:
        try:
            m = Machine(Cpu(port), kernel, user)
            m.cpu.run_to(kernel["start_kernel"])
            m.cpu.run_to(user["main"])
            done = test(m, doors.split())
            m.cpu.ask("D")
            vm.wait(30)
        except Wrong as e:
            raise Wrong("%s\n%s" % (e, vm.tail(12)))
        text = vm.text()
    bad = re.findall(r"^(?:FAIL .*|.*(?:BUG|Oops|Kernel panic).*)$", text, re.M)
    bad += ["nothing heard of " + d for d in doors.split() if not re.search(r"^ok %s\r?$" % d, text, re.M)]
    if bad:
        raise Wrong("; ".join(bad))
    return "%s; %d NMIs" % (done, m.served)


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("pattern", nargs="*")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--vmlinux", default=os.path.join(BUILD, "vmlinux"))
    p.add_argument("--all", action="store_true", help="more combinations of CPU and command line")
    opts = p.parse_args()
    os.makedirs(OUT, exist_ok=True)
    passed = failed = 0
    for case in [*CASES, *(MORE if opts.all else ())]:
        if opts.pattern and not any(w in case for w in opts.pattern):
            continue
        try:
            print("%-18s PASS  %s" % (case, run(case, opts)), flush=True)
            passed += 1
        except (Wrong, VMError) as e:
            print("%-18s FAIL\n      %s" % (case, str(e).replace("\n", "\n      ")), flush=True)
            failed += 1
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
