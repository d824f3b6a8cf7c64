#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where the kernel's image says its own addresses, as an assembler file: what has to change when it runs elsewhere.

    relocs.py vmlinux.0 > relocs.S      of a link with --emit-relocs
    relocs.py --empty > relocs0.S       none, for that link itself

The section .relocs holds the places from _text on, in order, as distances: a byte from 1 to 254, or 255 and the
distance as a long; 0 ends it. At each place the low 32 bits of an address lie; its upper half stays, as nothing carries
(arch/x86/kernel/kaslr.c). What is below 1 GiB is a physical address, of head_64.S, and stays, too. Other numbers may
be an image's address less a constant, as gcc folds them.
"""
import struct
import sys

KERNEL_MAP, SIZE = 0xffffffff80000000, 1 << 30
R_64, R_PC32, R_PLT32, R_32, R_32S, R_PC64, R_NONE = 1, 2, 4, 10, 11, 24, 0
SHT_SYMTAB, SHT_RELA, SHT_NOBITS, SHF_ALLOC = 2, 4, 8, 2
SHN_UNDEF, SHN_ABS = 0, 0xfff1


def sections(elf):
    """[(name, type, flags, addr, offset, size, info)]"""
    shoff, = struct.unpack_from("<Q", elf, 0x28)
    size, num, names = struct.unpack_from("<HHH", elf, 0x3a)
    raw = [struct.unpack_from("<IIQQQQIIQQ", elf, shoff + i * size) for i in range(num)]
    strings = raw[names][4]
    return [(elf[strings + s[0]:elf.index(b"\0", strings + s[0])].decode(), s[1], s[2], s[3], s[4], s[5], s[7])
            for s in raw]


def in_image(elf, symtab, n):
    """Does the symbol move with the image? Not if it is a number."""
    section, value = struct.unpack_from("<HQ", elf, symtab + n * 24 + 6)
    return section not in (SHN_UNDEF, SHN_ABS) and value >= KERNEL_MAP


def places(elf):
    found, all_sections = set(), sections(elf)
    symtab = next(s[4] for s in all_sections if s[1] == SHT_SYMTAB)
    for name, kind, _, _, offset, size, info in all_sections:
        if kind != SHT_RELA:
            continue
        target = all_sections[info]
        if not target[2] & SHF_ALLOC or target[1] == SHT_NOBITS:
            continue
        for at in range(offset, offset + size, 24):
            where, what, _ = struct.unpack_from("<QQq", elf, at)
            symbol, what = what >> 32, what & 0xffffffff
            if what in (R_PC32, R_PLT32, R_PC64, R_NONE):
                continue
            if what not in (R_64, R_32, R_32S):
                sys.exit("relocs: %s: type %d at %#x" % (name, what, where))
            value, = struct.unpack_from("<q" if what == R_64 else "<i", elf, where - target[3] + target[4])
            if in_image(elf, symtab, symbol) and not 0 <= value < SIZE:
                if (value & 0xffffffff) + SIZE > 1 << 32:
                    sys.exit("relocs: %#x: %#x would carry into its upper half" % (where, value))
                found.add(where)
    return sorted(found), next(s[3] for s in all_sections if s[0] == ".text")


def main():
    out = ["/* made by tools/relocs.py */", '\t.section .relocs, "a", @progbits']
    if sys.argv[1:] != ["--empty"]:
        with open(sys.argv[1], "rb") as f:
            where, last = places(f.read())
        for at in where:
            distance, last = at - last, at
            out.append("\t.byte %d" % distance if 0 < distance < 255 else "\t.byte 255\n\t.long %d" % distance)
    out += ["\t.byte 0", '\t.section .note.GNU-stack, "", @progbits']
    print("\n".join(out))


if __name__ == "__main__":
    main()
