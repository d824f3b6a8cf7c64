# SPDX-License-Identifier: MIT
"""
Runs inside gdb for tools/lab.py, connected to QEMU before the guest's first instruction: obeys one JSON request a line
and answers each with one line.  LAB_FD is the socket, LAB_PROGRAM the program (it is /init), not position independent.

    {"go": [SYMBOL, ...], "if": EXPR}  run until one of them is reached and EXPR is not 0   {"at": SYMBOL}
    {"eval": EXPR}                     a number, 64 bits unsigned                           {"value": N}
    {"do": COMMAND}                    any gdb command                                      {"value": its output}
The first answer comes unasked, when the program is at main().  The end of the requests kills the machine.  An answer {"error": "..."} says what went wrong.
"""
import json
import os
import re
import socket

import gdb

MASK = (1 << 64) - 1
ENTRY = 0xffffffffff000         # of a page table entry: the page frame


def number(expr):
    return int(gdb.parse_and_eval("(unsigned long)(%s)" % expr)) & MASK


def address(name):
    """Of a function or a label: a breakpoint there, not behind the prologue, fires on any way in."""
    return number(name[1:] if name.startswith("*") else "&'%s'" % name)


def pc():
    return number("$pc")


class Pte(gdb.Function):
    """$pte(ADDRESS): the page table entry of the running address space, 0 if there is none."""

    def __init__(self):
        super().__init__("pte")

    def invoke(self, at):
        at, table = int(at) & MASK, number("$cr3") & ENTRY
        gdb.execute("maintenance packet Qqemu.PhyMemMode:1", to_string=True)
        try:
            for shift in (39, 30, 21, 12):
                where = table + (at >> shift & 511) * 8
                entry = int.from_bytes(bytes(gdb.selected_inferior().read_memory(where, 8)), "little")
                if not entry & 1 or shift == 12:
                    return entry
                table = entry & ENTRY
        finally:
            gdb.execute("maintenance packet Qqemu.PhyMemMode:0", to_string=True)


def set_variables():
    """What all sessions may use: $flags; in the kernel, behind the swapgs, $current and $regs."""
    # gdb does not calculate with $eflags, which it shows as a set of names.
    flags = re.search(r"0x[0-9a-f]+", gdb.execute("info registers eflags", to_string=True))[0]
    gdb.execute("set $flags = %sUL" % flags)
    if number("$cs") & 3 == 0 and number("$gs_base") >> 63:
        gdb.execute("set $current = *(struct task_struct **)($gs_base + (unsigned long)&current_task)")
        gdb.execute("set $regs = (struct pt_regs *)($current->stack + 16384) - 1")


def go(places, condition=None):
    """Run until one of them is reached."""
    where = {address(p): p for p in places}
    breakpoints = []
    for at in where:
        b = gdb.Breakpoint("*%d" % at)
        b.silent = True
        if condition:
            b.condition = condition
        breakpoints.append(b)
    try:
        gdb.execute("continue", to_string=True)
    finally:
        for b in breakpoints:
            b.delete()
    if pc() not in where:
        raise gdb.GdbError("stopped at %#x instead of %s" % (pc(), " or ".join(places)))
    set_variables()
    return where[pc()]


def start(program):
    """From the first instruction to the program's main(): breakpoints elsewhere are set only then."""
    gdb.execute("hbreak *%d" % address("start_kernel"), to_string=True)
    gdb.execute("continue", to_string=True)
    gdb.execute("delete")
    gdb.execute("add-symbol-file %s" % program, to_string=True)
    gdb.execute("hbreak *%d" % address("main"), to_string=True)
    gdb.execute("continue", to_string=True)
    gdb.execute("delete")
    if pc() != address("main"):
        raise gdb.GdbError("stopped at %#x instead of main of %s" % (pc(), program))
    return "main"


def serve(request):
    if "go" in request:
        return {"at": go(request["go"], request.get("if"))}
    if "eval" in request:
        return {"value": number(request["eval"])}
    return {"value": gdb.execute(request["do"], to_string=True)}


def attempt(what, *args):
    try:
        return what(*args)
    except (gdb.error, gdb.GdbError, KeyError) as e:
        return {"error": str(e) or repr(e)}


def main():
    channel = socket.socket(fileno=int(os.environ["LAB_FD"])).makefile("rw")
    for c in ("pagination off", "confirm off", "breakpoint pending off"):
        gdb.execute("set " + c)
    Pte()
    answer = attempt(lambda: {"at": start(os.environ["LAB_PROGRAM"])})
    while True:
        channel.write(json.dumps(answer) + "\n")
        channel.flush()
        line = channel.readline()
        if not line:
            break
        answer = attempt(serve, json.loads(line))
    attempt(lambda: gdb.execute("kill", to_string=True))


main()
