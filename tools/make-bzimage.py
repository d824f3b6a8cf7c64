#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bzImage = real-mode setup, padded to its setup_sects, then the kernel as a flat binary.

Fills in what only the build knows, at the offsets that the Linux boot protocol gives
(Documentation/arch/x86/boot.rst; struct setup_header in <asm/bootparam.h>):

    setup_sects 0x1f1   from the size of setup.bin; the file may ask for more
    syssize     0x1f4   the kernel in 16-byte units
    init_size   0x260   memory that the kernel needs from its load address on: _end - _text

Everything else in the header is written in arch/x86/boot/setup.S.
"""
import argparse
import struct
import sys

SECTOR = 512


def symbols(path):
    with open(path) as f:
        return {p[2]: int(p[0], 16) for p in (line.split() for line in f) if len(p) == 3}


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--setup", required=True)
    ap.add_argument("--payload", required=True)
    ap.add_argument("--map", required=True, help="System.map, for _text and _end")
    ap.add_argument("-o", "--output", required=True)
    args = ap.parse_args()

    setup = bytearray(open(args.setup, "rb").read())
    payload = open(args.payload, "rb").read()
    payload += b"\0" * (-len(payload) % 16)
    if len(setup) < 0x264 + 4 or setup[0x202:0x206] != b"HdrS":
        sys.exit(f"make-bzimage: {args.setup} has no setup header (HdrS at 0x202)")
    if setup[0x1fe:0x200] != b"\x55\xaa":
        sys.exit(f"make-bzimage: {args.setup} has no boot_flag 0xaa55 at 0x1fe")

    sects = max((len(setup) + SECTOR - 1) // SECTOR - 1, setup[0x1f1], 4)
    if sects > 63:
        sys.exit("make-bzimage: the setup code is over 32 KiB")
    setup += b"\0" * ((sects + 1) * SECTOR - len(setup))

    sym = symbols(args.map)
    size = (sym["_end"] - sym["_text"] + 0xfff) & ~0xfff
    setup[0x1f1] = sects
    struct.pack_into("<I", setup, 0x1f4, len(payload) // 16)
    struct.pack_into("<I", setup, 0x260, max(size, len(payload)))

    with open(args.output, "wb") as f:
        f.write(setup + payload)


if __name__ == "__main__":
    main()
