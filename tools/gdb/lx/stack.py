# SPDX-License-Identifier: MIT
"""
Where a task is: lx-bt, lx-task, lx-stack, lx-regs, lx-switch.  lx/unwind.py reads the stacks.
"""
import re

import gdb

from lx.base import (Command, Failure, address, has_symbol, in_user_mode, number, on_cpu, per_cpu, register, say,
                     symbol_at, text_of, this_cpu)
from lx import mm, regs, syscalls, tasks, unwind


def title(t):
    cpu = tasks.running_on(t)
    return "%s, pid %d, %s%s" % (text_of(t["comm"]), int(t["pid"]), tasks.state_names(int(t["state"])),
                                 ", runs on CPU %d" % cpu if cpu is not None else "")


# ---------------------------------------------------------------- lx-bt

def renumber(text, skip):
    """gdb's frames without the first `skip`, counted from 0."""
    out, shown = [], False
    for line in text.splitlines():
        m = re.match(r"#(\d+)( +)(.*)", line)
        if m:
            n = int(m[1]) - skip
            shown = n >= 0
            if shown:
                out.append("#%-3d%s" % (n, m[3]))
        elif shown and not line.startswith("Backtrace stopped"):
            out.append(line)
    return out


def kernel_frames(lines):
    """Up to the user's, which gdb shows as a number without a name."""
    out = []
    for line in lines:
        m = re.match(r"#\d+ +0x0*([0-9a-f]+) in \?\? \(\)", line)
        if m and not int(m[1], 16) >> 47:
            break
        out.append(line)
    return out


def backtrace(skip):
    """The kernel's frames; what the function graph tracer put in between is not one."""
    frames = gdb.execute("bt -frame-arguments scalars", to_string=True)
    lines = kernel_frames(renumber(frames, skip))
    detour = "0x%016x in " % address("return_to_handler") if has_symbol("return_to_handler") else None
    if detour and any(detour in line for line in lines):
        lines = count_anew([line for line in lines if detour not in line])
    return lines


def count_anew(lines):
    out, n = [], 0
    for line in lines:
        m = re.match(r"#\d+ +(.*)", line)
        out.append("#%-3d%s" % (n, m[1]) if m else line)
        n += bool(m)
    return out


def user_frame(t):
    """Where in the program; None for a kernel thread."""
    try:
        r = syscalls.regs_of(t)
        if int(r["cs"]) & 3 != 3 or tasks.is_kthread(t):
            return None
    except Failure:
        return None
    return "user mode: ip 0x%x sp 0x%x%s" % (int(r["ip"]), int(r["sp"]), mm.where(t, int(r["ip"])))


class LxBt(Command):
    """lx-bt [PID]: the kernel's backtrace of any task, asleep or running, and where the program is behind it."""
    name = "lx-bt"

    def run(self, argv):
        t = tasks.task_argument(argv)
        say(title(t))
        cpu = tasks.running_on(t)
        if cpu is not None:
            self.running(t, cpu)
            return
        if not number(t["stack"]):
            raise Failure("it is dead: its kernel stack is gone")
        with unwind.chosen(t):
            say("\n".join(backtrace(1)))
        tail = user_frame(t)
        if tail:
            say(tail)

    def running(self, t, cpu):
        with on_cpu(cpu):
            user = in_user_mode()
            if not user:
                frame = gdb.selected_frame()
                gdb.newest_frame().select()
                say("\n".join(backtrace(0)))
                frame.select()
            else:
                ip, sp = register("rip"), register("rsp")
        if user:
            say("user mode, this moment: ip 0x%x sp 0x%x%s" % (ip, sp, mm.where(t, ip)))
        elif user_frame(t):
            say(user_frame(t))


class LxTask(Command):
    """lx-task PID | off: bt, up, frame and info locals show that sleeping task until the machine runs on, or `off`.
Frame 0 stays the CPU's; the task's begin with 1."""
    name = "lx-task"

    def run(self, argv):
        if not argv:
            self.usage()
        if argv[0] == "off":
            unwind.SLEEPER.disarm()
            return
        t = tasks.task_argument(argv)
        if tasks.running_on(t) is not None:
            raise Failure("it runs on CPU %d: thread %d" % (tasks.running_on(t), tasks.running_on(t) + 1))
        unwind.choose(t)
        frame = gdb.newest_frame().older()
        if frame is None:
            unwind.SLEEPER.disarm()
            raise Failure("gdb cannot unwind its stack")
        frame.select()
        say(title(t))
        gdb.execute("frame")


# ---------------------------------------------------------------- lx-regs

class LxRegs(Command):
    """lx-regs [PID]: the pt_regs of a task's last crossing into the kernel, each slot named and decoded."""
    name = "lx-regs"

    def run(self, argv):
        t = tasks.task_argument(argv)
        stack = unwind.Stack(t)
        base = stack.regs()
        say(title(t))
        label = syscalls.entry_label(t)
        cpu = tasks.running_on(t)
        if tasks.is_kthread(t):
            raise Failure("a kernel thread: it never came from user mode")
        if cpu is not None and self.is_user(cpu):
            say("in user mode: these are the registers of the crossing before, now used up")
        elif label:
            door = "int $0x80: " if "INT80" in label[0] else "SYSCALL: " if syscalls.is_call(label[0]) else ""
            say("came in by %s%s" % (door, syscalls.entry_of(t)))
        fast = regs.from_fast_path(stack)
        real = self.callee_saved(t) if fast and cpu is None else {}
        for i in reversed(range(len(regs.SLOTS))):
            name, value = regs.SLOTS[i], stack.word(base + 8 * i)
            if fast and name in regs.CALLEE_SAVED:
                note = "not saved on the fast path"
                if name in real:
                    note += "; the user's is 0x%x, saved by a function below" % real[name]
            else:
                note = regs.meaning(name, value, label[0] if label else None)
            say(("  0x%x  %-8s %016x  %s" % (base + 8 * i, name, value, note)).rstrip())

    def is_user(self, cpu):
        with on_cpu(cpu):
            return in_user_mode()

    def callee_saved(self, t):
        """What the functions on the stack have put away for entry_SYSCALL_64."""
        with unwind.chosen(t) as frame:
            while frame and not unwind.in_entry_text(int(frame.pc())):
                frame = frame.older()
            if not frame:
                return {}
            return {slot: number(frame.read_register(reg)) for slot, reg in regs.CALLEE_SAVED.items()}


# ---------------------------------------------------------------- lx-stack

def labels(stack, t):
    """{address: text} for every word of the stack that is known."""
    out = {}
    base = stack.regs()
    label = syscalls.entry_label(t)
    fast = regs.from_fast_path(stack)
    for i, name in enumerate(regs.SLOTS):
        note = regs.meaning(name, stack.word(base + 8 * i), label[0] if label else None)
        if fast and name in regs.CALLEE_SAVED:
            note = "not saved on the fast path"
        out[base + 8 * i] = ("pt_regs.%-8s %s" % (name, note)).rstrip()
    for where, ret in unwind.frames(stack):
        out[where] = "return to %s" % (symbol_at(ret) or "?") if not where >= base else out.get(where, "")
        if stack.has(where - 8) and where - 8 not in out:
            out[where - 8] = "rbp"
    if stack.has(stack.sp, 56):
        for i, name in enumerate(unwind.SWITCH_SAVED):
            out[stack.sp + 8 * i] = "%-4s __switch_to_asm saved it" % name
    return out


class LxStack(Command):
    """lx-stack [PID]: a picture of a task's kernel stack, its top first: pt_regs, frames, what a switch saved."""
    name = "lx-stack"

    def run(self, argv):
        t = tasks.task_argument(argv)
        stack = unwind.Stack(t)
        cpu = tasks.running_on(t)
        sp, known = stack.sp, {}
        if cpu is not None:
            with on_cpu(cpu):
                sp = register("rsp")
                user = in_user_mode()
            if user or not stack.has(sp & ~7):
                say(title(t))
                say("the stack is empty: the CPU is %s" % ("in user mode" if user else "on another stack"))
                return
            sp &= ~7
            known = self.running_labels(stack, cpu, sp)
        else:
            known = labels(stack, t)
        say(title(t))
        say("  0x%x  <- top: 16 KiB, %d bytes used" % (stack.end, stack.end - sp))
        self.draw(stack, sp, known)
        say("  0x%x  <- lowest address; below it a guard page" % stack.begin)

    def running_labels(self, stack, cpu, sp):
        """Through rbp, as the code that runs has it now."""
        known = {stack.regs() + 8 * i: "pt_regs.%s" % n for i, n in enumerate(regs.SLOTS)}
        with on_cpu(cpu):
            bp = register("rbp")
        for _ in range(unwind.MAX_FRAMES):
            if not stack.has(bp, 16) or not unwind.in_text(stack.word(bp + 8)):
                break
            known.setdefault(bp, "rbp")
            known[bp + 8] = "return to %s" % (symbol_at(stack.word(bp + 8)) or "?")
            if unwind.in_entry_text(stack.word(bp + 8)) or stack.word(bp) <= bp:
                break
            bp = stack.word(bp)
        if unwind.in_text(stack.word(sp)):
            known.setdefault(sp, "return to %s" % symbol_at(stack.word(sp)))    # before push %rbp
        return known

    def draw(self, stack, sp, known):
        skipped = 0
        for addr in range(stack.end - 8, sp - 8, -8):
            value, note = stack.word(addr), known.get(addr)
            if note is None and not value:
                skipped += 1
                continue
            if skipped:
                say("  %18s  %d word%s of 0" % ("...", skipped, "s" * (skipped > 1)))
                skipped = 0
            if note is None:
                symbol = symbol_at(value) if value >> 47 else None
                note = "(%s)" % symbol if symbol else ""
            say(("  0x%x  %016x  %s%s" % (addr, value, note, "   <- sp" if addr == sp else "")).rstrip())
        if skipped:
            say("  %18s  %d word%s of 0" % ("...", skipped, "s" * (skipped > 1)))


# ---------------------------------------------------------------- lx-switch

def switching():
    """(prev, next) of the switch that the CPU is in, or None."""
    frame = gdb.newest_frame()
    for _ in range(4):
        if frame is None:
            return None
        name = frame.name()
        if name == "__switch_to_asm":
            regs_of = [frame.read_register(r) for r in ("rdi", "rsi")]
            return tuple(v.cast(gdb.lookup_type("struct task_struct").pointer()).dereference() for v in regs_of)
        if name in ("context_switch", "__switch_to"):
            try:
                pair = [frame.read_var(n) for n in ("prev", "next")]
                if not any(v.is_optimized_out for v in pair):
                    return tuple(v.dereference() for v in pair)
            except (gdb.error, ValueError):
                pass
        frame = frame.older()
    return None


def goes_on_at(t):
    stack = unwind.Stack(t)
    ret = stack.word(stack.sp + 48) if stack.has(stack.sp, 56) else 0
    sal = gdb.find_pc_line(ret - 1) if ret else None
    line = " at %s:%d" % (sal.symtab.filename, sal.line) if sal and sal.symtab else ""
    return "0x%x %s%s" % (ret, symbol_at(ret) or "?", line)


def cr3_of(t):
    mm_struct = t["mm"] if number(t["mm"]) else t["active_mm"]
    return number(mm_struct["pgd"]) - mm.PAGE_OFFSET if number(mm_struct) else 0


class LxSwitch(Command):
    """lx-switch: at a breakpoint on context_switch, __switch_to_asm or __switch_to: who goes, why, who comes, and
where it goes on."""
    name = "lx-switch"

    def run(self, argv):
        pair = switching()
        if pair is None:
            raise Failure("this CPU is not at a switch: b context_switch, c, lx-switch")
        prev, nxt = pair
        rq = per_cpu("runqueues", this_cpu())
        say("CPU %d, switch %d" % (this_cpu(), int(rq["nr_switches"])))
        for what, t in (("from", prev), ("to", nxt)):
            say("%-5s %s" % (what, title(t)))
            try:
                stack = unwind.Stack(t)
            except Failure:
                continue
            say("      stack 0x%x - 0x%x" % (stack.begin, stack.end))
            if t is nxt:
                say("      thread.sp 0x%x: rsp will be this" % stack.sp)
                say("      goes on at %s" % goes_on_at(t))
                if unwind.wait_channel(t):
                    say("      in %s" % unwind.wait_channel(t))
        say("why   %s" % self.why(prev, nxt))
        old, new = cr3_of(prev), cr3_of(nxt)
        if not number(nxt["mm"]):
            say("CR3   0x%x stays: %s has no address space of its own" % (old, text_of(nxt["comm"])))
        else:
            say("CR3   0x%x -> 0x%x%s" % (old, new, " (the same)" if old == new else ""))

    def why(self, prev, nxt):
        state = int(prev["state"])
        if tasks.is_kthread(prev) and not int(prev["pid"]):
            return "the idle task gives way"
        if state & tasks.defines(tasks.SCHED_H)["TASK_DEAD"]:
            return "it is dead: do_task_dead()"
        if state == 0:
            return "it could go on: its slice is used up, it was preempted, or it yielded"
        return "it sleeps: %s, in %s" % (tasks.state_names(state), self.caller())

    def caller(self):
        """The innermost frame of the CPU that is not the scheduler's."""
        frame = gdb.newest_frame()
        for _ in range(unwind.MAX_FRAMES):
            if frame is None:
                break
            inner = unwind.in_sched(int(frame.pc())) or frame.name() in ("__switch_to_asm", "__switch_to")
            if frame.type() != gdb.INLINE_FRAME and not inner:
                return frame.name() or "?"
            frame = frame.older()
        return "?"


for c in (LxBt, LxTask, LxRegs, LxStack, LxSwitch):
    c()
