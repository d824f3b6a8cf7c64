#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The kernel's own symbol table, as an assembler file.

    nm vmlinux.0 | kallsyms.py > kallsyms.S      the table
    kallsyms.py --empty > kallsyms0.S            one without symbols, for the first link
    nm vmlinux | kallsyms.py --verify kallsyms.S fails if the second link moved anything

The section .kallsyms holds, for the functions and labels of .text and .init.text in address order:

    kallsyms_base           u64   address of _text
    kallsyms_num_syms       u32
    kallsyms_offsets        u32[] address - kallsyms_base, ascending
    kallsyms_name_offsets   u32[] where in kallsyms_names the name starts
    kallsyms_types          u8[]  what nm says of it: T global, t local, W or w weak
    kallsyms_names          NUL-terminated names

Of several names for one address all are kept, the global ones last: a search for the last offset
that is not above the address finds a global name. Names that stand for sys_ni_syscall are dropped.
"""
import sys


def text_symbols(lines):
    """nm's output -> (base, [(offset, name, type)]) of the text, sorted."""
    syms = {}
    code = []
    for line in lines:
        parts = line.split()
        if len(parts) != 3:
            continue
        addr, kind, name = int(parts[0], 16), parts[1], parts[2]
        syms.setdefault(name, addr)
        if kind in "tTwW":
            code.append((addr, kind in "TW", name, kind))
    base, end = syms.get("_text"), syms.get("_etext")
    if base is None or end is None:
        sys.exit("kallsyms: vmlinux has no _text or no _etext")
    init = range(syms.get("_sinittext", 0), syms.get("_einittext", 0))
    stub = syms.get("sys_ni_syscall")
    out = []
    for addr, _, name, kind in sorted(code):
        if not (base <= addr < end or addr in init):
            continue
        if name.startswith(".L") or name in ("_text", "_stext", "_sinittext", "__init_begin"):
            continue
        if addr == stub and name != "sys_ni_syscall":
            continue
        out.append((addr - base, name, kind))
    return base, out


def emit(base, syms):
    names, pos = [], 0
    out = ["/* made by tools/kallsyms.py */", '\t.section .kallsyms, "a", @progbits']

    def label(name, align):
        out.append(f"\t.balign {align}\n\t.globl {name}\n{name}:")

    label("kallsyms_base", 8)
    out.append("\t.quad _text")
    label("kallsyms_num_syms", 4)
    out.append(f"\t.long {len(syms)}")
    label("kallsyms_offsets", 4)
    out += [f"\t.long {off:#x}\t/* {name} */" for off, name, _ in syms]
    label("kallsyms_name_offsets", 4)
    for _, name, _ in syms:
        names.append(f'\t.asciz "{name}"')
        out.append(f"\t.long {pos}")
        pos += len(name) + 1
    label("kallsyms_types", 1)
    if syms:
        out.append('\t.ascii "%s"' % "".join(kind for _, _, kind in syms))
    label("kallsyms_names", 1)
    out += names
    out.append('\t.byte 0\n\t.section .note.GNU-stack, "", @progbits')
    return "\n".join(out) + "\n"


def main():
    if sys.argv[1:] == ["--empty"]:
        sys.stdout.write(emit(0, []))
    elif sys.argv[1:2] == ["--verify"]:
        with open(sys.argv[2]) as f:
            if f.read() != emit(*text_symbols(sys.stdin)):
                sys.exit("kallsyms: the second link moved the text; "
                         ".kallsyms must lie behind it in vmlinux.lds.S")
    else:
        sys.stdout.write(emit(*text_symbols(sys.stdin)))


if __name__ == "__main__":
    main()
