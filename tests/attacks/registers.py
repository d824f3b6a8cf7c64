# SPDX-License-Identifier: MIT
"""
Runs inside gdb, connected before the guest's first instruction; run.py starts it.  ATTACK_MAIN is the address of
main() in /init (registers.c), ATTACK_DOORS the functions behind its doors, each with the registers that may hold what
the program left there, as they are arguments: NAME or NAME:rdi,rsi.

Prints `LEFT function register` for each register that still holds one of the program's marks, `SEEN function`, `OK`.
"""
import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from inside_gdb import run, stop_in_main, value    # noqa: E402

REGS = ("rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15").split()


def marked(v):
    return v >> 16 in (0x5ec7e7000000, 0x5ec7) and (v >> 16 != 0x5ec7 or v >> 8 == 0x5ec7e7)


def main():
    allowed = {}
    for word in os.environ["ATTACK_DOORS"].split():
        name, _, regs = word.partition(":")
        allowed[name] = regs.split(",") if regs else []
    stop_in_main()
    where = {value("&'%s'" % name): name for name in [*allowed, "__x64_sys_sync"]}
    for address in where:
        gdb.execute("break *%d" % address, to_string=True)
    for _ in range(400):
        gdb.execute("continue", to_string=True)
        name = where.get(value("$pc"))
        if name == "__x64_sys_sync":
            print("OK", flush=True)
            return
        # A fault of the kernel's own has the kernel's registers.
        if not allowed[name] and not value("*(unsigned long *)($rdi + 136)") & 3:      # pt_regs->cs
            continue
        left = [r for r in REGS if marked(value("$" + r))]
        print("SEEN", name, flush=True)
        for r in left:
            if r not in allowed[name]:
                print("LEFT", name, r, flush=True)


run(main)
