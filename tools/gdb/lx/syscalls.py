# SPDX-License-Identifier: MIT
"""
System calls: lx-syscall, and how a task came into the kernel.  Names and arguments come from syscalls.tbl, by the
parser that makes the kernel's own tables; where the table leads is read from the running kernel.
"""
import functools
import importlib.util
import os
import sys

import gdb

from lx.base import (TOP, Command, Failure, address, at, function_at, number, say, symbol_at, word)
from lx import unwind


@functools.lru_cache(maxsize=None)
def table():
    """The calls of syscalls.tbl."""
    spec = importlib.util.spec_from_file_location("gen_syscalls", os.path.join(TOP, "tools", "gen-syscalls.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["gen_syscalls"] = module    # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
        return module.parse(os.path.join(TOP, "syscalls.tbl"))
    except OSError as e:
        raise Failure("cannot read %s: %s" % (e.filename, e.strerror))


@functools.lru_cache(maxsize=None)
def by_number():
    return {c.nr64: c for c in table() if c.nr64 is not None}


def call_name(nr, int80=False):
    """`read` for 0; the number where there is none. int80: in the i386's table."""
    call = next((c for c in table() if c.nr32 == nr), None) if int80 else by_number().get(nr)
    return call.name if call else "%d" % nr


def entry_label(t):
    """
    The entry code on the task's stack below its pt_regs: (label, return address), or None.  The word is there while
    the task is in the kernel; after that it is what the last crossing left.
    """
    try:
        stack = unwind.Stack(t)
    except Failure:
        return None
    ret = stack.ret(stack.regs() - 8)
    return (function_at(ret - 1), ret) if unwind.in_entry_text(ret) else None


def entry_of(t):
    """`read` for a task in a system call, `page_fault` and the like for one in an exception; None: a kernel thread."""
    label = entry_label(t)
    if label is None:
        return None
    name = label[0] or "?"
    if name.startswith("ret_from_fork"):
        return "(new)" if int(regs_of(t)["cs"]) & 3 == 3 else None
    if not is_call(name):
        return name
    nr = number(regs_of(t)["orig_ax"])
    return call_name(nr & 0xffffffff, "INT80" in name) if not nr >> 63 else name


def is_call(label):
    """Is it the entry code of SYSCALL or of int $0x80?"""
    return bool(label) and ("SYSCALL" in label.upper() or "INT80" in label)


def regs_of(t):
    return at(unwind.Stack(t).regs(), "struct pt_regs")


class LxSyscall(Command):
    """lx-syscall [NUMBER | NAME]: a system call's number, arguments and function; without argument the whole table.
A name may be a part: `lx-syscall stat` shows them all."""
    name = "lx-syscall"

    def run(self, argv):
        chosen = self.choose(argv)
        base = address("sys_call_table")
        for call in chosen:
            target = number(word(base + 8 * call.nr64))
            name = symbol_at(target, exact=True) or "0x%x" % target
            say("%3d %-20s %-34s %s" % (call.nr64, call.name, name, where(call)))
            if len(chosen) <= 8 and call.served:
                say("      long %s(%s)" % (call.symbol, call.parameters()))
                if call.note:
                    say("      %s" % call.note)

    def choose(self, argv):
        calls = sorted((c for c in table() if c.nr64 is not None), key=lambda c: c.nr64)
        if not argv:
            return calls
        if argv[0].isdigit():
            if int(argv[0]) not in by_number():
                raise Failure("there is no call %s; the table ends at %d" % (argv[0], calls[-1].nr64))
            return [by_number()[int(argv[0])]]
        found = [c for c in calls if c.name == argv[0]] or [c for c in calls if argv[0] in c.name]
        if not found:
            raise Failure("no call has %s in its name" % argv[0])
        return found


def where(call):
    """file:line of the C function."""
    if not call.served:
        return "-ENOSYS"
    symbol = gdb.lookup_global_symbol(call.symbol)
    return "%s:%d" % (symbol.symtab.filename, symbol.line) if symbol else ""


LxSyscall()
