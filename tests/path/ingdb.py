# SPDX-License-Identifier: MIT
"""
Runs inside gdb, connected to QEMU before the guest's first instruction; tools/run-path-tests.py starts it and reads
its lines.  The environment says what to do: PATH_NAMES, the symbols in order; PATH_MAIN, the address of main() in
/init; PATH_CHECK, one of `order`, `user-interrupt` (order, and the first must be hit on top of an interrupt frame
from user mode), `clone-bt`.

The kernel's breakpoints are set at start_kernel, once memory holds the kernel, and enabled at main(), so that
nothing of the boot counts.  With page tables split, user mode could not even see where to set them.

Prints `HIT name` for each breakpoint, then `OK` or `BAD reason`.
"""
import os
import re
import struct

import gdb

LIMIT = 10000           # breakpoints hit before giving up


def say(text):
    print(text, flush=True)


def address(name):
    """Of a function or an assembly label.  A breakpoint there, not after the prologue, fires on any way in."""
    return int(gdb.parse_and_eval("(unsigned long)&'%s'" % name)) & (1 << 64) - 1


def pc():
    return int(gdb.parse_and_eval("(unsigned long)$pc")) & (1 << 64) - 1


def frame_from_user():
    """Does an interrupt frame from user mode (ip, cs=33, flags, sp, ss=2b) lie on the kernel's stack?"""
    sp = int(gdb.parse_and_eval("(unsigned long)$sp")) & (1 << 64) - 1
    inf = gdb.selected_inferior()
    for i in range(0, 16384, 8):
        try:
            ip, cs, _, usp, ss = struct.unpack("<5Q", bytes(inf.read_memory(sp + i, 40)))
        except gdb.MemoryError:
            return False
        if cs == 0x33 and ss == 0x2b and ip < 1 << 47 and usp < 1 << 47:
            return True
    return False


def go():
    gdb.execute("continue", to_string=True)


def to_start_kernel():
    gdb.execute("hbreak *%d" % address("start_kernel"), to_string=True)
    go()
    if pc() != address("start_kernel"):
        raise gdb.GdbError("stopped at %#x instead of start_kernel" % pc())
    gdb.execute("delete")


def to_main(breakpoints):
    """On from start_kernel to /init's main(), with `breakpoints` asleep until then."""
    for b in breakpoints:
        b.enabled = False
    main = int(os.environ["PATH_MAIN"], 16)
    gdb.execute("hbreak *%d" % main, to_string=True)
    go()
    if pc() != main:
        raise gdb.GdbError("stopped at %#x instead of main() of /init" % pc())
    say("MAIN")
    gdb.breakpoints()[-1].delete()
    for b in breakpoints:
        b.enabled = True


def order(names, from_user=False):
    where = {}
    for n in names:
        where.setdefault(address(n), n)
    if len(where) < len(set(names)):
        same = [n for n in names if where[address(n)] != n]
        raise gdb.GdbError("%s lies at the address of %s" % (same[0], where[address(same[0])]))
    nexts = 0
    to_start_kernel()
    boot = names[0] == "start_kernel"
    if boot:
        say("HIT start_kernel")
        nexts = 1
    breakpoints = [gdb.Breakpoint("*%d" % a) for a, n in where.items() if n != "start_kernel"]
    if not boot:
        to_main(breakpoints)
    for _ in range(LIMIT):
        if nexts == len(names):
            say("OK")
            return
        go()
        name = where.get(pc())
        if name is None:
            raise gdb.GdbError("stopped at %#x, which is no breakpoint" % pc())
        say("HIT " + name)
        if name == names[0]:
            # Each time that the path begins, the count begins anew.
            nexts = 1 if not from_user or frame_from_user() else 0
        elif nexts and name == names[nexts]:
            nexts += 1
    raise gdb.GdbError("%d breakpoints hit, never all in order" % LIMIT)


def source_line(frame):
    sal = frame.find_sal()
    if not sal.symtab:
        raise gdb.GdbError("no source for %s" % frame.name())
    with open(sal.symtab.fullname()) as f:
        lines = f.read().split("\n")
    return sal.symtab.filename, sal.line, lines[sal.line - 1]


def clone_bt():
    """The backtrace that the course shows: clone, called by do_syscall_64, called by entry_SYSCALL_64."""
    to_start_kernel()
    to_main([gdb.Breakpoint("__x64_sys_clone")])
    go()
    text = gdb.execute("bt", to_string=True)
    say(text)
    frames, f = [], gdb.newest_frame()
    while f and f.pc() >> 47:
        frames.append(f)
        f = f.older()
    want = ["__x64_sys_clone", "do_syscall_64", "entry_SYSCALL_64"]
    have = [f.name() for f in frames]
    # The assembly frame may carry the name of the nearest label before the call.
    if have[:2] != want[:2] or len(have) < 3 or not (have[2] or "").startswith("entry_SYSCALL"):
        raise gdb.GdbError("backtrace is %s, not %s" % (have, want))
    if len(have) > 3:
        raise gdb.GdbError("frames above entry_SYSCALL_64: %s" % have[3:])
    if "??" in text.split("entry_SYSCALL", 1)[0]:
        raise gdb.GdbError("unnamed frames before entry_SYSCALL_64")
    # libc's fork() passes CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD.
    first = text.splitlines()[0]
    if not re.search(r"=(0x0*1200011|18874385)\b", text.split("do_syscall_64")[0]):
        raise gdb.GdbError("clone's flags are not among the arguments: " + first)
    for frame, callee in ((frames[1], None), (frames[2], "do_syscall_64")):
        name, line, source = source_line(frame)
        say("LINE %s:%d: %s" % (name, line, source.strip()))
        if callee and callee not in source:
            raise gdb.GdbError("%s:%d is not the call of %s: %r" % (name, line, callee, source))
    if "fork.c" not in source_line(frames[0])[0]:
        raise gdb.GdbError("__x64_sys_clone is not in fork.c")
    say("OK")


def main():
    names = os.environ["PATH_NAMES"].split()
    check = os.environ["PATH_CHECK"]
    try:
        gdb.execute("set pagination off")
        gdb.execute("set confirm off")
        gdb.execute("set breakpoint pending off")
        if check == "clone-bt":
            clone_bt()
        else:
            order(names, check == "user-interrupt")
    except (gdb.error, gdb.GdbError, OSError) as e:
        say("BAD %s" % e)
    try:
        gdb.execute("kill", to_string=True)
    except gdb.error:
        pass


main()
