# SPDX-License-Identifier: MIT
"""
Runs inside gdb, at main() of the recorded program; tests/rr/run.py starts it and reads its lines.  RR_CHECK says
what to do:

    back        step back over the syscall instruction of the next system call, and over the next context switch
    crossings   from here to the machine's end, one line for each crossing and each switch: the count of instructions
                since the start, where, and every register

Prints `OK` last, or `BAD reason`.
"""
import os

import gdb

REGS = "rip rsp rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 eflags cs ss cr3".split()
WHERE = ["entry_SYSCALL_64", "syscall_return_via_sysret", "page_fault", "apic_timer_interrupt", "context_switch"]
LIMIT = 5000


def say(text):
    print(text, flush=True)


def run(command):
    return gdb.execute(command, to_string=True)


def reg(name):
    """Of any type, the CR registers with their flags too, as a number."""
    text = gdb.parse_and_eval("$" + name).format_string(format="x")
    return int(text, 16) & (1 << 64) - 1


def address(name):
    return int(gdb.parse_and_eval("(unsigned long)&'%s'" % name)) & (1 << 64) - 1


def count():
    """Instructions since the machine started, as QEMU counts them."""
    return int(run("monitor info replay").rsplit("=", 1)[1])


def check(what, have, want):
    if have != want:
        raise gdb.GdbError("%s is %s, not %s" % (what, have, want))
    say("%s: %s" % (what, have))


def stop_at(name):
    run("hbreak *%#x" % address(name))
    run("continue")
    check("stopped at", gdb.newest_frame().name(), name)
    run("delete")


def back_over_syscall():
    stop_at("entry_SYSCALL_64")
    inside = {r: reg(r) for r in REGS}
    n = count()
    run("reverse-stepi")
    check("instructions taken back", n - count(), 1)
    check("the user's instruction", run("x/i $pc").split(":", 1)[1].split()[0], "syscall")
    check("rcx would become the address behind it", hex(inside["rcx"]), hex(reg("rip") + 2))
    check("r11 would become the flags", hex(inside["r11"] & ~0x10000), hex(reg("eflags") & ~0x10000))
    check("user mode's cs", hex(reg("cs")), "0x33")
    for r in ("rax", "rdi", "rsi", "rdx", "rsp", "rbx", "r8", "r9", "r10"):
        if reg(r) != inside[r]:
            raise gdb.GdbError("%s differs over the syscall instruction" % r)
    run("stepi")
    check("forwards again", gdb.newest_frame().name(), "entry_SYSCALL_64")
    if {r: reg(r) for r in REGS} != inside:
        raise gdb.GdbError("the registers are not those of the first time")


def back_over_switch():
    stop_at("__switch_to_asm")
    prev, start = reg("rsp"), count()
    for _ in range(20):
        run("stepi")
        if abs(reg("rsp") - prev) > 256:
            break
    else:
        raise gdb.GdbError("no other stack within 20 instructions of __switch_to_asm")
    other = reg("rsp")
    run("reverse-stepi")
    say("the next task's stack %#x, back on the previous one's %#x" % (other, reg("rsp")))
    if not prev - 256 < reg("rsp") <= prev:
        raise gdb.GdbError("reverse-stepi did not come back to the previous stack")
    run("hbreak *%#x" % address("context_switch"))
    run("reverse-continue")
    check("reverse-continue came to", gdb.newest_frame().name(), "context_switch")
    if count() >= start:
        raise gdb.GdbError("that lies ahead, not behind")
    run("delete")


def crossings():
    where = {address(n): n for n in WHERE}
    for a in where:
        run("hbreak *%#x" % a)
    gdb.events.exited.connect(lambda e: None)
    for i in range(LIMIT):
        run("continue")
        if not gdb.selected_inferior().pid:
            break
        name = where.get(reg("rip"))
        if not name:
            break
        say("CROSS %d %s %s" % (count(), name, " ".join("%s=%x" % (r, reg(r)) for r in REGS)))


def main():
    try:
        run("set pagination off")
        if os.environ["RR_CHECK"] == "back":
            back_over_syscall()
            back_over_switch()
        else:
            crossings()
        say("OK")
    except (gdb.error, gdb.GdbError, gdb.MemoryError, ValueError) as e:
        say("BAD %s" % e)


main()
