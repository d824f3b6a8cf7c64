#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-ftrace.py [BUILD/vmlinux]: is every function that can be watched as the tracer expects it?
Prints what is wrong and exits 1.

docs/tracing-functions.md has the picture: five bytes 2e before the function, two at its entry, which
are prefixes of its first instruction. Looked at are

    the bytes themselves, at every address that the section __patchable gives
    the first instruction: objdump knows it, with both prefixes, and it has at most 15 bytes
    the tables that know instructions by address: none of them is a first one
    all other instructions: none has such a prefix (but the linker's and the assembler's padding)
"""
import os
import re
import struct
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BEFORE, AT = 5, 2
PREFIX = 0x2e
LONGEST = 15
LINE = re.compile(r"^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t?(.*)$")


def table(vmlinux, name, stride):
    """The first words of a table's lines, made addresses: each is relative to itself."""
    out = subprocess.run(["nm", vmlinux], stdout=subprocess.PIPE, text=True, check=True).stdout
    sym = {p[2]: int(p[0], 16) for p in map(str.split, out.splitlines()) if len(p) == 3}
    start, stop = sym["__start_" + name], sym["__stop_" + name]
    with open(vmlinux, "rb") as f:
        elf = f.read()
    phoff, = struct.unpack_from("<Q", elf, 0x20)
    phentsize, phnum = struct.unpack_from("<HH", elf, 0x36)
    for n in range(phnum):
        _, _, offset, vaddr, _, filesz = struct.unpack_from("<IIQQQQ", elf, phoff + n * phentsize)
        if vaddr <= start and stop <= vaddr + filesz:
            return [at + struct.unpack_from("<i", elf, at - vaddr + offset)[0]
                    for at in range(start, stop, stride)]
    return []


def instructions(vmlinux):
    """{address: (bytes, text)} of all code."""
    out = subprocess.run(["objdump", "-d", "-w", vmlinux], stdout=subprocess.PIPE, text=True,
                         check=True).stdout
    found = {}
    for line in out.splitlines():
        m = LINE.match(line)
        if m:
            found[int(m[1], 16)] = (bytes.fromhex(m[2]), m[3])
    return found


def check(vmlinux):
    problems = []
    functions = table(vmlinux, "__patchable", 4)
    if not functions:
        return [f"{vmlinux}: no functions in __patchable"]
    code = instructions(vmlinux)
    for func in functions:
        before = b"".join(code.get(func - n, (b"", ""))[0][:1] for n in range(BEFORE, 0, -1))
        insn, text = code.get(func, (b"", "nothing"))
        if before != bytes([PREFIX] * BEFORE):
            problems.append(f"{func:#x}: {before.hex(' ')} before the function")
        if insn[:AT] != bytes([PREFIX] * AT) or "(bad)" in text or not text.startswith("cs cs "):
            problems.append(f"{func:#x}: first instruction {insn.hex(' ')} {text}")
        if len(insn) > LONGEST:
            problems.append(f"{func:#x}: first instruction is {len(insn)} bytes long")
    entry = set(functions)
    for name, stride in (("__ex_table", 8), ("smap_patch", 8), ("altinstructions", 12)):
        for addr in table(vmlinux, name, stride):
            if addr - AT in entry:
                problems.append(f"{addr - AT:#x}: {name} has the first instruction without its "
                                "prefixes")
    room = {func - n for func in functions for n in range(1, BEFORE + 1)}
    for addr, (insn, text) in code.items():
        if "cs " in text.split("nopw")[0] and "nopw" not in text and "nopl" not in text and \
                addr not in entry and addr not in room:
            problems.append(f"{addr:#x}: a prefix where none belongs: {insn.hex(' ')} {text}")
    return problems


def main():
    vmlinux = sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "build", "vmlinux")
    problems = check(vmlinux)
    for p in problems[:20]:
        print(p)
    if len(problems) > 20:
        print(f"... and {len(problems) - 20} more")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
