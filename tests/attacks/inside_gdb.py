# SPDX-License-Identifier: MIT
"""
What the scripts that run.py starts inside of gdb have in common: gdb is connected before the guest's first
instruction; the guest is killed when the script ends.
"""
import os

import gdb


def value(text):
    return int(gdb.parse_and_eval("(unsigned long)" + text)) & (1 << 64) - 1


def stop_at(address):
    gdb.execute("hbreak *%d" % address, to_string=True)
    gdb.execute("continue", to_string=True)
    gdb.execute("delete")


def stop_in_main():
    """On to main() of /init, by way of the kernel's own start: breakpoints in the kernel stand from there on."""
    stop_at(value("&start_kernel"))
    stop_at(int(os.environ["ATTACK_MAIN"], 16))


def run(main):
    gdb.execute("set pagination off")
    gdb.execute("set confirm off")
    try:
        main()
    except gdb.error as e:
        print("BAD", e, flush=True)
    try:
        gdb.execute("kill", to_string=True)
    except gdb.error:
        pass
