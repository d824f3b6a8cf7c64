# SPDX-License-Identifier: MIT
"""
The stack of a task that sleeps, read two ways.

By hand, through frame pointers, as the kernel's own get_wchan() does: quick, for a line of lx-ps and for the picture
that lx-stack draws.

By gdb, for lx-bt and lx-task: an unwinder that, while it is armed, tells gdb that the newest frame of the CPU was
called by the task that sleeps; the frames behind are then gdb's own, with arguments and variables.  Nothing is written
to the machine: its registers stay what they are.

    thread.sp -> | r15 r14 r13 r12 rbx rbp | return address into context_switch | ...     __switch_to_asm

While the function_graph tracer is on, return_to_handler stands where the return addresses of functions stood; those
are on the task's return stack (trace/fgraph.c).  Both ways look there.
"""
import contextlib
import struct

import gdb
import gdb.unwinder

from lx.base import Failure, address, function_at, has_symbol, number, offset_of, per_cpu, read, typ

PT_REGS_SIZE = 168
PAGE_SIZE = 4096
SWITCH_SAVED = ("r15", "r14", "r13", "r12", "rbx", "rbp")   # upwards from thread.sp
MAX_FRAMES = 64


class Stack:
    """A copy of a task's kernel stack."""

    def __init__(self, task):
        size = number(gdb.parse_and_eval("sizeof(init_stack)"))
        self.begin, self.end = number(task["stack"]), number(task["stack"]) + size
        self.sp = number(task["thread"]["sp"])
        self.task = task
        if number(task.address) == address("init_task"):
            self.begin, self.end = address("boot_stack"), address("boot_stack_top")
        if not self.begin:
            raise Failure("the task has no kernel stack: it is dead")
        self.data = read(self.begin, self.end - self.begin)

    def has(self, addr, size=8):
        return addr % 8 == 0 and self.begin <= addr <= self.end - size

    def word(self, addr):
        return struct.unpack_from("<Q", self.data, addr - self.begin)[0]

    def ret(self, slot):
        """The return address at slot, as the function graph tracer left it or has put it away."""
        return graph_return(self.task, slot, self.word(slot))

    def regs(self):
        """Where the pt_regs of the last entry from user mode begin."""
        return self.end - PT_REGS_SIZE


def graph_return(task, slot, ret):
    """Where a call really returns to, as ftrace_graph_ret_addr()."""
    if not has_symbol("return_to_handler") or ret != address("return_to_handler") or not number(task["ret_stack"]):
        return ret
    entry, size = typ("struct ftrace_ret"), typ("struct ftrace_ret").sizeof
    first = offset_of("struct ftrace_ret_stack", "entry")
    slot_at, ret_at = (offset_of("struct ftrace_ret", m) for m in ("slot", "ret"))
    page = read(task["ret_stack"], PAGE_SIZE)
    for at in range(first, PAGE_SIZE - size + 1, entry.sizeof):
        if struct.unpack_from("<Q", page, at + slot_at)[0] == slot:
            return struct.unpack_from("<Q", page, at + ret_at)[0]
    return ret


def in_text(addr):
    return address("_text") <= addr < address("_etext")


def in_sched(addr):
    return address("__sched_text_start") <= addr < address("__sched_text_end")


def in_entry_text(addr):
    """Behind such a return address stands a struct pt_regs."""
    fork = address("ret_from_fork")
    return address("__entry_text_start") <= addr < address("__entry_text_end") or fork <= addr < fork + 64


def frames(stack):
    """
    (address where the return address stands, return address) of a task that is switched out, innermost first.  Where
    kernel code was interrupted: (where its ip stands, ip).
    """
    if not stack.has(stack.sp, 56):
        return
    ret_at, bp = stack.sp + 48, stack.word(stack.sp + 40)
    if not in_text(stack.ret(ret_at)):
        return
    yield ret_at, stack.ret(ret_at)
    for _ in range(MAX_FRAMES):
        if not stack.has(bp, 16):
            return
        ret = stack.ret(bp + 8)
        if not in_text(ret):
            return
        yield bp + 8, ret
        following = stack.word(bp)
        if in_entry_text(ret):
            regs = bp + 16
            if not stack.has(regs, PT_REGS_SIZE) or stack.word(regs + 136) in (0, 0x33, 0x23):
                return
            yield regs + 128, stack.word(regs + 128)
            following = stack.word(regs + 32)
        if following <= bp:
            return
        bp = following


def wait_channel(task):
    """The innermost function that is not the scheduler's, as /proc/PID/wchan; None if there is none."""
    try:
        stack = Stack(task)
    except Failure:
        return None
    for _, ret in frames(stack):
        if not in_sched(ret):
            return function_at(ret - 1)
    return None


# ---------------------------------------------------------------- by gdb's unwinder

class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class SleepingTask(gdb.unwinder.Unwinder):
    """Registers of the chosen task in place of those of whoever called the CPU's newest frame."""

    def __init__(self):
        super().__init__("vitrix-sleeping-task")
        self.saved = None

    def __call__(self, pending):
        if self.saved is None or not is_newest(pending):
            return None
        # An id below all others: the next frame may not be "inner" to this one.
        info = pending.create_unwind_info(FrameId(gdb.Value(8).cast(typ("unsigned long")),
                                                  pending.read_register("rip")))
        for name, value in self.saved.items():
            t = typ("long") if name not in ("rip", "rsp") else pending.read_register(name).type
            info.add_saved_register(name, gdb.Value(value).cast(typ("unsigned long")).cast(t))
        return info

    def arm(self, saved):
        self.saved = saved
        gdb.invalidate_cached_frames()

    def disarm(self, *_):
        if self.saved is not None:
            self.saved = self.task = None
            gdb.invalidate_cached_frames()


def is_newest(pending):
    """Of the CPU: pc and sp are the CPU's own."""
    try:
        return (number(pending.read_register("rsp")), number(pending.read_register("rip"))) == SLEEPER.top
    except (gdb.error, ValueError):
        return False


class GraphReturn(gdb.unwinder.Unwinder):
    """A frame whose pc is return_to_handler: nobody runs there yet, its caller is on the return stack."""
    SAME = ("rsp", "rbp", "rbx", "r12", "r13", "r14", "r15")

    def __init__(self):
        super().__init__("vitrix-function-graph")

    def __call__(self, pending):
        try:
            here = address("return_to_handler")
            if number(pending.read_register("rip")) != here:
                return None
            sp = number(pending.read_register("rsp"))
            ret = graph_return(SLEEPER.task or running_task(), sp - 8, here)
        except (Failure, gdb.error, ValueError):
            return None
        if ret == here:
            return None
        info = pending.create_unwind_info(FrameId(pending.read_register("rsp"), pending.read_register("rip")))
        for name in self.SAME:
            info.add_saved_register(name, pending.read_register(name))
        info.add_saved_register("rip", gdb.Value(ret).cast(pending.read_register("rip").type))
        return info


def running_task():
    cpu = gdb.selected_thread().num - 1
    return per_cpu("current_task", cpu).dereference()


SLEEPER = SleepingTask()
SLEEPER.top = SLEEPER.task = None
gdb.unwinder.register_unwinder(None, SLEEPER, replace=True)
gdb.unwinder.register_unwinder(None, GraphReturn(), replace=True)
gdb.events.cont.connect(SLEEPER.disarm)
gdb.events.exited.connect(SLEEPER.disarm)


def saved_registers(task):
    """What __switch_to_asm will load when the task goes on."""
    stack = Stack(task)
    if not stack.has(stack.sp, 56):
        raise Failure("thread.sp 0x%x is not in the task's stack" % stack.sp)
    saved = {name: stack.word(stack.sp + 8 * i) for i, name in enumerate(SWITCH_SAVED)}
    saved["rip"] = stack.ret(stack.sp + 48)
    saved["rsp"] = stack.sp + 56
    return saved


def choose(task):
    """gdb's frames are the task's from here on, until the machine runs or SLEEPER.disarm()."""
    SLEEPER.disarm()
    frame = gdb.newest_frame()
    SLEEPER.top = number(frame.read_register("rsp")), number(frame.read_register("rip"))
    SLEEPER.arm(saved_registers(task))
    SLEEPER.task = task


@contextlib.contextmanager
def chosen(task):
    """The newest frame that is the task's; gdb is as before afterwards."""
    level = gdb.selected_frame().level() if gdb.selected_thread() else 0
    choose(task)
    try:
        frame = gdb.newest_frame().older()
        if frame is None:
            raise Failure("gdb finds no frame: %s" % gdb.frame_stop_reason_string(
                gdb.newest_frame().unwind_stop_reason()))
        yield frame
    finally:
        SLEEPER.disarm()
        frame = gdb.newest_frame()
        for _ in range(level):
            frame = frame.older() or frame
        frame.select()
