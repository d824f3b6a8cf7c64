# SPDX-License-Identifier: MIT
"""The kernel as a whole: lx-version, lx-cmdline, lx-dmesg, lx-cpus, lx-interruptlist, lx-symbols."""
import struct

import gdb

from lx.base import (Command, Failure, LIMIT, in_user_mode, number, on_cpu, online_cpus, per_cpu, printable, read,
                     register, say, symbol_at, text_of, typ, var)
from lx import tasks


class LxVersion(Command):
    """lx-version: what /proc/version says."""
    name = "lx-version"

    def run(self, argv):
        say(text_of(var("linux_banner"), 1024).replace("\\x0a", ""))


class LxCmdline(Command):
    """lx-cmdline: the kernel's command line."""
    name = "lx-cmdline"

    def run(self, argv):
        say(text_of(var("boot_command_line"), 4096))


class LxSymbols(Command):
    """lx-symbols: nothing to do: there are no modules, and the kernel runs where it was linked. It is here so that
scripts made for Linux go on."""
    name = "lx-symbols"
    needs_kernel = False

    def run(self, argv):
        say("vmlinux has all symbols: this kernel has no modules, and runs where it was linked")


class LxDmesg(Command):
    """lx-dmesg [N]: the kernel's log, or its last N lines: also what the console was not shown."""
    name = "lx-dmesg"

    def run(self, argv):
        lines = self.records()
        if argv:
            if not argv[0].isdigit():
                self.usage()
            lines = lines[-int(argv[0]):] if int(argv[0]) else []
        for line in lines:
            say(line)

    def records(self):
        """log_buf's records, as kernel/printk.c stores them; see its head."""
        buf = var("log_buf", "printk.c")
        size = buf.type.sizeof
        data = read(buf.address, size)
        off = int(var("first_off", "printk.c"))
        first, following = (int(var(n, "printk.c")) for n in ("first_seq", "next_seq"))
        header = typ("struct log_entry").sizeof
        out = []
        for seq in range(first, min(following, first + LIMIT)):
            if off + header > size:
                return out + ["(the log is broken at offset %d)" % off]
            number_of, ts, _, _, length = struct.unpack_from("<QQBBH", data, off)
            if number_of != seq or off + header + length > size:
                return out + ["(the log is broken: record %d at offset %d)" % (seq, off)]
            text = data[off + header:off + header + length].decode("utf-8", "replace")
            out.append("[%5d.%06d] %s" % (ts // 10 ** 9, ts % 10 ** 9 // 1000, printable(text)))
            off += (header + length + 7) & ~7
            if off + header > size or struct.unpack_from("<QQBBH", data, off)[4] == 0xffff:
                off = 0
        return out


class LxCpus(Command):
    """lx-cpus: the CPUs, and what each does."""
    name = "lx-cpus"

    def run(self, argv):
        possible = max(int(var("nr_cpu_ids")), 1)
        online = online_cpus()
        say("Possible CPUs : %s" % list(range(possible)))
        say("Online CPUs   : %s" % online)
        for cpu in online:
            self.show(cpu)

    def show(self, cpu):
        t = tasks.current(cpu)
        try:
            with on_cpu(cpu):
                ip, user = register("rip"), in_user_mode()
        except Failure as e:
            say("CPU %d: %s" % (cpu, e))
            return
        count = int(per_cpu("__preempt_count", cpu)) & 0x7fffffff   # bit 31: vitrix/preempt.h
        context = [n for n, on in (("NMI", count >> 20 & 1), ("interrupt", count >> 16 & 15)) if on]
        say("CPU %d: %s, pid %d, %s, preempt_count 0x%x%s" % (
            cpu, text_of(t["comm"]), int(t["pid"]),
            "user mode at 0x%x" % ip if user else "at %s" % (symbol_at(ip) or "0x%x" % ip), count,
            ", in " + " and ".join(context) if context else ""))


class LxInterruptlist(Command):
    """lx-interruptlist: what /proc/interrupts says: how often each line interrupted each CPU, and whose it is."""
    name = "lx-interruptlist"
    SYSTEM = (("NMI", "nmi", "Non-maskable interrupts"), ("LOC", "timer", "Local timer interrupts"),
              ("SPU", "spurious", "Spurious interrupts"), ("RES", "resched", "Rescheduling interrupts"),
              ("MCE", "mce", "Machine check exceptions"), ("ERR", "error", "APIC errors"),
              ("UNX", "unexpected", "Unexpected vectors"))

    def run(self, argv):
        online = online_cpus()
        say("           " + "".join("CPU%-8d" % n for n in online))
        descs = var("irq_descs")
        counts = {cpu: per_cpu("irq_counts", cpu) for cpu in online}
        for irq in range(descs.type.range()[1] + 1):
            action, names, handlers = descs[irq]["action"], [], []
            while number(action) and len(names) < 64:
                names.append(text_of(gdb.Value(number(action["name"].address)).cast(typ("char").pointer())))
                handlers.append(symbol_at(action["handler"], exact=True) or "?")
                action = action["next"]
            if names:
                say("%3d: %s %8s %4d  %s  (%s%s)" % (
                    irq, "".join("%10d " % int(counts[cpu][irq]) for cpu in online),
                    text_of(descs[irq]["chip"]["name"]), irq, ", ".join(names), ", ".join(handlers),
                    "; masked" if int(descs[irq]["masked"]) else ""))
        for label, member, text in self.SYSTEM:
            say("%s: %s   %s" % (label, "".join("%10d " % number(per_cpu("irq_stat", cpu)[member]) for cpu in online),
                                 text))


for c in (LxVersion, LxCmdline, LxSymbols, LxDmesg, LxCpus, LxInterruptlist):
    c()
