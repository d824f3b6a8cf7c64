# SPDX-License-Identifier: MIT
"""
lx-locks: which locks are held, by whom, and who waits.

A mutex knows its owner, a rw_semaphore its writer and how many readers it has (not who), a spinlock that it is held
and how many wait.  The debug kernel's spinlocks also know the CPU and the place, and each task has a list of all locks
that it holds.  No list of all locks exists: looked at are the global ones (from vmlinux's debug information), those of what
tasks have (address space, descriptors, signals, open files and their inodes, pipes), the CPUs' own, and every lock
that a sleeping task stands in front of, which its stack tells.
"""
import re

import gdb

from lx.base import (Broken, Command, at, has_member, list_nodes, number, offset_of, online_cpus, per_cpu, say,
                     symbol_at, text_of, var)
from lx import tasks, unwind

KINDS = ("struct mutex", "struct rw_semaphore", "spinlock_t")
SLOW = {"mutex_lock_slow": ("struct mutex", "lock"), "rwsem_down_slow": ("struct rw_semaphore", "sem")}


def class_name(nr):
    names = var("lock_class_names")
    return text_of(names[nr]) if 0 <= nr <= names.type.range()[1] else "class %d" % nr


def who(task):
    if not number(task):
        return "nobody"
    try:
        return "%s, pid %d" % (text_of(task["comm"]), int(task["pid"]))
    except gdb.MemoryError:
        return "(broken: 0x%x)" % number(task)


def global_locks():
    """(kind, name, address) of the locks that are variables."""
    for kind in KINDS:
        text = gdb.execute("info variables -q -t %s" % kind.split()[-1] if kind == "spinlock_t" else
                           "info variables -q -t '%s'" % kind, to_string=True)
        file = ""
        for line in text.splitlines():
            m = re.match(r"^File (.*):$", line)
            if m:
                file = m[1]
            m = re.match(r"^\d+:\s+(?:static )?(?:%s) (\w+);$" % re.escape(kind), line)
            if m:
                value = var(m[1], file) if file else var(m[1])
                yield kind, m[1], number(value.address)


def task_locks():
    """The same for what hangs on tasks."""
    for t in tasks.all_tasks():
        name = "%s[%d]" % (text_of(t["comm"]), int(t["pid"]))
        yield "spinlock_t", name + " alloc_lock", number(t["alloc_lock"].address)
        if number(t["mm"]):
            yield "struct rw_semaphore", name + " mm->mmap_lock", number(t["mm"]["mmap_lock"].address)
            yield "spinlock_t", name + " mm->page_table_lock", number(t["mm"]["page_table_lock"].address)
        if number(t["sighand"]):
            yield "spinlock_t", name + " siglock", number(t["sighand"]["siglock"].address)
        if number(t["signal"]) and number(t["signal"]["cred_guard_mutex"]):
            yield "struct mutex", name + " cred_guard_mutex", number(t["signal"]["cred_guard_mutex"])
        if number(t["files"]):
            yield "spinlock_t", name + " file_lock", number(t["files"]["file_lock"].address)
            yield from file_locks(t, name)


def file_locks(t, name):
    fdt = t["files"]["fdt"]
    for fd in range(min(int(fdt["max_fds"]), 1024)):
        file = fdt["fd"][fd]
        if not number(file):
            continue
        yield "struct mutex", "%s fd %d f_pos_lock" % (name, fd), number(file["f_pos_lock"].address)
        inode = file["f_inode"]
        if number(inode):
            yield "struct mutex", "%s fd %d inode i_mutex" % (name, fd), number(inode["i_mutex"].address)
            if int(inode["i_mode"]) & 0o170000 == 0o010000 and number(inode["i_pipe"]):
                yield "struct mutex", "%s fd %d pipe" % (name, fd), number(inode["i_pipe"]["mutex"].address)


def cpu_locks():
    for cpu in online_cpus():
        yield "spinlock_t", "CPU %d run queue" % cpu, number(per_cpu("runqueues", cpu)["lock"].address)
        yield "spinlock_t", "CPU %d timers" % cpu, number(per_cpu("hrtimer_bases", cpu)["lock"].address)


def waited_for():
    """(kind, address, task) of locks that sleeping tasks stand in front of."""
    for t in tasks.all_tasks():
        if not int(t["state"]) or tasks.running_on(t) is not None or not number(t["stack"]):
            continue
        names = [symbol_at(ret - 1) or "" for _, ret in unwind.frames(unwind.Stack(t))]
        if not any(n.split("+")[0] in SLOW for n in names):
            continue
        with unwind.chosen(t) as frame:
            while frame and frame.name() not in SLOW:
                frame = frame.older()
            if frame:
                kind, local = SLOW[frame.name()]
                value = frame.read_var(local)
                if not value.is_optimized_out:
                    yield kind, number(value), t


def waiters(lock, kind):
    """Tasks on its list, first come first."""
    waiter = "struct mutex_waiter" if kind == "struct mutex" else "struct rwsem_waiter"
    offset = offset_of(waiter, "node")
    for node in list_nodes(lock["wait"]["head"].address):
        w = at(node - offset, waiter)
        role = "" if kind == "struct mutex" else " (to write)" if int(w["writer"]) else " (to read)"
        yield who(w["task"]) + role


def is_held(lock, kind):
    if kind == "struct mutex":
        return number(lock["owner"]) != 0
    if kind == "struct rw_semaphore":
        return int(lock["count"]) != 0
    return int(lock["locked"]) != 0


def owner(lock, kind):
    if kind == "struct mutex":
        return "held by %s" % who(lock["owner"]) if number(lock["owner"]) else "free"
    if kind == "struct rw_semaphore":
        count = int(lock["count"])
        if count < 0:
            return "held for writing by %s" % who(lock["writer"])
        return "held by %d reader%s" % (count, "s" * (count > 1)) if count else "free"
    waiting = sum(number(per_cpu("spin_waits_for", cpu)) == number(lock.address) for cpu in online_cpus())
    text = "held" + (", %d wait" % waiting if waiting else "")
    if has_member("struct spinlock", "holder_ip") and int(lock["holder_cpu"]):
        text += " by CPU %d since %s" % (int(lock["holder_cpu"]) - 1, symbol_at(lock["holder_ip"]) or "?")
    return text


class LxLocks(Command):
    """lx-locks: locks that are held, with their owners and those who wait. Of spinlocks only the debug kernel
(make DEBUG=1) knows who holds them."""
    name = "lx-locks"

    def run(self, argv):
        seen, shown = set(), 0
        sources = list(global_locks())
        try:
            sources += [(k, "", a) for k, a, _ in waited_for()]
            sources += task_locks()
        except Broken as e:
            say("(%s)" % e)
        sources += cpu_locks()
        for kind, name, addr in sources:
            if addr in seen:
                continue
            seen.add(addr)
            lock = at(addr, kind)
            if not is_held(lock, kind):
                continue
            shown += 1
            say("%-12s 0x%x  %-22s %s%s" % (kind.replace("struct ", "").replace("_t", ""), addr,
                                          class_name(int(lock["class"])), owner(lock, kind),
                                          "  (%s)" % name if name else ""))
            if kind != "spinlock_t":
                try:
                    for w in waiters(lock, kind):
                        say("               waits: %s" % w)
                except Broken as e:
                    say("               (%s)" % e)
        say("%d held of %d looked at" % (shown, len(seen)))
        self.held_lists()

    def held_lists(self):
        """The debug kernel's."""
        if not has_member("struct spinlock", "holder_ip"):
            say("(this kernel does not record who holds a spinlock: make DEBUG=1 does)")
            return
        for task in tasks.all_tasks():
            held = task["held_locks"]
            n = int(held["n"])
            if not n:
                continue
            say("%s holds %d lock%s" % (who(task.address), n, "s" * (n != 1)))
            for i in range(min(n, held["lock"].type.range()[1] + 1)):
                h = held["lock"][i]
                say("  0x%x  %-22s taken at %s%s" % (
                    number(h["lock"]), class_name(int(h["class"])), symbol_at(h["ip"]) or "?",
                    ", in an interrupt" if int(h["in_irq"]) else ""))


LxLocks()
