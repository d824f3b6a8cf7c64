# SPDX-License-Identifier: MIT
"""
The kernel's gdb commands: lx-ps, lx-bt and so on; `apropos lx-` in gdb lists them, docs/gdb.md shows them.

make puts a copy beside vmlinux, where gdb finds it by its name and loads it if auto-load safe-path allows; `source`
does the same by hand.  The code is in tools/gdb/lx, of the source tree that the copy lies in.
"""
import os
import sys


def find_lx():
    """The directory that holds the package lx: here, or tools/gdb of a directory above."""
    here = os.path.dirname(os.path.abspath(__file__))
    while True:
        for d in (here, os.path.join(here, "tools", "gdb")):
            if os.path.exists(os.path.join(d, "lx", "base.py")):
                return d
        if here == os.path.dirname(here):
            return None
        here = os.path.dirname(here)


def load():
    where = find_lx()
    if not where:
        raise ImportError("vmlinux-gdb.py: there is no tools/gdb/lx above %s" % os.path.abspath(__file__))
    if where not in sys.path:
        sys.path.insert(0, where)
    # Sourced again after an edit: what is there is made anew.
    for name in [n for n in sys.modules if n == "lx" or n.startswith("lx.")]:
        del sys.modules[name]
    sys.dont_write_bytecode = True
    import lx.commands      # noqa: F401


load()
