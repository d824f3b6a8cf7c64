# SPDX-License-Identifier: MIT
"""
Runs inside gdb, connected before the guest's first instruction; run.py starts it.  Stops forty times at the end of
each of both ways into __x64_sys_getppid and prints `DEPTH n`, the bytes between the stack's top and where the call
works; then `OK`.
"""
import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from inside_gdb import run, stop_in_main, value    # noqa: E402

DOORS = {110: "syscall", 64: "int80"}   # by the number of getppid
ORIG_AX_BELOW_TOP = 48                  # pt_regs->orig_ax


def main():
    stop_in_main()
    end = value("&__x64_sys_sync")
    gdb.execute("break *%d" % value("&__x64_sys_getppid"), to_string=True)
    gdb.execute("break *%d" % end, to_string=True)
    size = 16384
    door = None
    for _ in range(200):
        gdb.execute("continue", to_string=True)
        if value("$pc") == end:
            print("OK", flush=True)
            return
        # Stacks are as large as their alignment: below each is a guard page, so count from the page boundaries.
        depth = -value("$rsp") % size
        last, door = door, DOORS[value("*(unsigned long *)($rsp + %d)" % (depth - ORIG_AX_BELOW_TOP))]
        # The doors take turns: at the same one the emulator, interrupted, has stopped twice in one call.
        if door != last:
            print("DEPTH", door, depth, flush=True)


run(main)
