# SPDX-License-Identifier: MIT
"""
Runs inside gdb, connected before the guest's first instruction; run.py starts it.  Stops forty times at the end of
each of both ways into __x64_sys_getppid and prints `DEPTH n`, the bytes between the stack's top and where the call
works; then `OK`.
"""
import os

import gdb


def value(text):
    return int(gdb.parse_and_eval("(unsigned long)" + text)) & (1 << 64) - 1


def stop_at(address):
    gdb.execute("hbreak *%d" % address, to_string=True)
    gdb.execute("continue", to_string=True)
    gdb.execute("delete")


def main():
    gdb.execute("set pagination off")
    gdb.execute("set confirm off")
    stop_at(value("&start_kernel"))
    stop_at(int(os.environ["ATTACK_MAIN"], 16))
    end = value("&__x64_sys_sync")
    gdb.execute("break *%d" % value("&__x64_sys_getppid"), to_string=True)
    gdb.execute("break *%d" % end, to_string=True)
    size = 16384
    for i in range(100):
        gdb.execute("continue", to_string=True)
        if value("$pc") == end:
            print("OK", flush=True)
            return
        # Stacks are as large as their alignment: below each is a guard page, so count from the page boundaries.
        print("DEPTH", ("syscall", "int80")[i % 2], -value("$rsp") % size, flush=True)


try:
    main()
except gdb.error as e:
    print("BAD", e, flush=True)
try:
    gdb.execute("kill", to_string=True)
except gdb.error:
    pass
