# SPDX-License-Identifier: MIT
"""
Tasks: lx-ps, lx-current, $lx_current(), $lx_task_by_pid(), $lx_per_cpu(), $container_of().

All tasks hang on init_task.tasks (leaders of processes) and signal->thread_head (threads); the CPUs' idle tasks on
their run queues.  Where a task is in the kernel is read from its stack: lx/unwind.py.
"""
import re

import gdb

from lx.base import (Broken, Command, Failure, Function, at, container_of, defines, in_user_mode, integer, list_of,
                     number, on_cpu, online_cpus, per_cpu, say, text_of, this_cpu, var)
from lx import syscalls, unwind

SCHED_H = "include/vitrix/sched.h"


# ---------------------------------------------------------------- finding them

def idle_tasks():
    """Each CPU's; init_task is CPU 0's also before there are run queues."""
    yield var("init_task")
    for cpu in online_cpus():
        idle = per_cpu("runqueues", cpu)["idle"]
        if number(idle) not in (0, number(var("init_task").address)):
            yield idle.dereference()


def all_tasks():
    """The idle tasks, then process after process, each with its threads."""
    yield from idle_tasks()
    for leader in list_of(var("init_task")["tasks"].address, "struct task_struct", "tasks"):
        signal = leader["signal"]
        seen = False
        if number(signal):
            for thread in list_of(signal["thread_head"].address, "struct task_struct", "thread_node"):
                seen |= number(thread.address) == number(leader.address)
                yield thread
        if not seen:
            yield leader


def task_by_pid(pid):
    for t in all_tasks():
        if int(t["pid"]) == pid:
            return t
    raise Failure("no task has the pid %d" % pid)


def current(cpu=None):
    return per_cpu("current_task", this_cpu() if cpu is None else cpu).dereference()


def task_argument(argv):
    """The task that a command is about: PID, NAME, the address of a task_struct, or none for the running one."""
    if not argv:
        return current()
    if not re.match(r"\d|\$", argv[0]):
        named = [t for t in all_tasks() if text_of(t["comm"]) == argv[0]]
        if len(named) == 1:
            return named[0]
        if named:
            raise Failure("%s is the name of the pids %s" % (argv[0], ", ".join(str(int(t["pid"])) for t in named)))
    value = integer(argv[0], "a pid or a task's name")
    if value < 0 and value >> 47 == -1 or value >> 47:
        t = at(value, "struct task_struct")
        try:
            int(t["pid"])
        except gdb.MemoryError:
            raise Failure("there is no task_struct at 0x%x" % (value & (1 << 64) - 1))
        return t
    return task_by_pid(value)


# ---------------------------------------------------------------- what they do

def state_letter(t):
    """As /proc/PID/stat says it: task_state_to_char()."""
    d = defines(SCHED_H)
    state, exit_state = int(t["state"]), int(t["exit_state"])
    if exit_state & d["EXIT_DEAD"]:
        return "X"
    if exit_state & d["EXIT_ZOMBIE"]:
        return "Z"
    for name, letter in (("TASK_INTERRUPTIBLE", "S"), ("TASK_UNINTERRUPTIBLE", "D"), ("__TASK_STOPPED", "T"),
                         ("__TASK_TRACED", "t"), ("TASK_DEAD", "X")):
        if state & d[name]:
            return letter
    return "R"


def state_names(value):
    """TASK_INTERRUPTIBLE and so on, of a task's state."""
    d = defines(SCHED_H)
    names = [n for n in ("TASK_INTERRUPTIBLE", "TASK_UNINTERRUPTIBLE", "__TASK_STOPPED", "__TASK_TRACED", "TASK_DEAD",
                         "TASK_WAKEKILL", "TASK_NEW") if value & d[n]]
    if value & 0x200:
        names.append("TASK_WAKING")
    return "|".join(names) or "TASK_RUNNING"


def is_kthread(t):
    return bool(int(t["flags"]) & defines(SCHED_H)["PF_KTHREAD"]) or not int(t["pid"])


def running_on(t):
    """The CPU that runs t this very moment, or None."""
    if not int(t["on_cpu"]):
        return None
    cpu = int(t["cpu"])
    return cpu if number(current(cpu).address) == number(t.address) else None


def place(t):
    """(how it came into the kernel, where it waits) for a line of lx-ps."""
    if state_letter(t) in "ZX":
        return "-", "-"
    cpu = running_on(t)
    if cpu is not None:
        with on_cpu(cpu):
            if in_user_mode():
                return "user", "-"
    wait = unwind.wait_channel(t) if cpu is None and state_letter(t) != "R" else None
    if wait and number(t["wait_name"]):
        wait += " (%s)" % text_of(t["wait_name"])
    return syscalls.entry_of(t) or "-", wait or "-"


def line_of(t):
    cpu = running_on(t)
    parent = t["real_parent"]
    how, wait = place(t)
    return "0x%x %6d %6d %6d %4s %s  %-16s %-20s %s" % (
        number(t.address), int(t["pid"]), int(t["tgid"]), int(parent["pid"]) if number(parent) else 0,
        "*%d" % cpu if cpu is not None else int(t["cpu"]), state_letter(t), text_of(t["comm"]), how, wait)


HEADING = "%-18s %6s %6s %6s %4s %s  %-16s %-20s %s" % (
    "TASK", "PID", "TGID", "PPID", "CPU", "S", "COMM", "IN", "WAITS IN")


class LxPs(Command):
    """lx-ps: all tasks: pid, process, parent, CPU (* where it runs now), state, name, the system call or exception
it is in, and the function in which it sleeps."""
    name = "lx-ps"

    def run(self, argv):
        say(HEADING)
        try:
            for t in all_tasks():
                say(line_of(t))
        except Broken as e:
            say("(%s)" % e)


class LxCurrent(Command):
    """lx-current: the task that runs on the chosen CPU (gdb's thread N is CPU N - 1)."""
    name = "lx-current"

    def run(self, argv):
        say(HEADING)
        say(line_of(current()))


# ---------------------------------------------------------------- functions

class LxCurrentFunction(Function):
    """$lx_current([CPU]): struct task_struct of the task that runs on the chosen, or that, CPU."""
    name = "lx_current"

    def run(self, cpu=None):
        return current(None if cpu is None else int(cpu))


class LxTaskByPid(Function):
    """$lx_task_by_pid(PID): the struct task_struct with that pid."""
    name = "lx_task_by_pid"

    def run(self, pid):
        return task_by_pid(int(pid))


class LxPerCpu(Function):
    """$lx_per_cpu(VARIABLE[, CPU]): a per-CPU variable of the chosen, or that, CPU. The name may stand in quotes."""
    name = "lx_per_cpu"

    def run(self, variable, cpu=None):
        if variable.type.strip_typedefs().code == gdb.TYPE_CODE_ARRAY and variable.address is None:
            variable = variable.string()
        return per_cpu(variable, this_cpu() if cpu is None else int(cpu))


class ContainerOf(Function):
    """$container_of(POINTER, "TYPE", "MEMBER"): the object that has MEMBER at POINTER."""
    name = "container_of"

    def run(self, pointer, type_name, member):
        return container_of(number(pointer), type_name.string(), member.string())


for c in (LxPs, LxCurrent, LxCurrentFunction, LxTaskByPid, LxPerCpu, ContainerOf):
    c()
