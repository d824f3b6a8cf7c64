# SPDX-License-Identifier: MIT
"""
Runs inside gdb, connected before the guest's first instruction; run.py starts it.  Stops in user mode, behind a
system call, and has QEMU list what the page tables of that moment map.  What they map of
the kernel's half could be read by a CPU that looks at permissions too late.

Prints `MAPPED first last` (addresses, last excluded) for each range of the kernel's half, `IS name yes|no` for some
symbols, then `OK`.
"""
import os
import re
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from inside_gdb import run, stop_at, stop_in_main, value    # noqa: E402

ESPFIX = 0xffffff0000000000
SYMBOLS = "entry_SYSCALL_64 start_kernel do_syscall_64 init_task sys_call_table boot_command_line kallsyms_names"


def ranges():
    found = []
    for line in gdb.execute("monitor info mem", to_string=True).splitlines():
        m = re.match(r"([0-9a-f]{16})-([0-9a-f]{16}) ", line)
        first, last = (int(m[1], 16), int(m[2], 16)) if m else (0, 0)
        # ESPFIX's 65536 aliases of one page of stack stubs for 16-bit programs: arch/x86/kernel/espfix_64.c.
        if first >> 47 and not ESPFIX <= first < ESPFIX + (1 << 39):
            found.append((first, last))
    return found


def main():
    names = {name: value("&%s" % name) for name in SYMBOLS.split()}
    stop_in_main()
    stop_at(value("&__x64_sys_sync"))
    stop_at(int(os.environ["ATTACK_BACK"], 16))
    if value("$cs") & 3 != 3:
        raise gdb.error("not in user mode")
    seen = ranges()
    for first, last in seen:
        print("MAPPED %x %x" % (first, last), flush=True)
    for name, address in names.items():
        print("IS", name, "yes" if any(f <= address < e for f, e in seen) else "no", flush=True)
    print("OK", flush=True)


run(main)
