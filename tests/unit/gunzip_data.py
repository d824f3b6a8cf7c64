#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints a C header with gzip members of many kinds and what is in them, for test_gunzip.c."""
import random
import struct
import zlib

random.seed(1)


def member(data, level=9, strategy=zlib.Z_DEFAULT_STRATEGY, flags=0, extra=b""):
    c = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    body = c.compress(data) + c.flush()
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\2\3" + extra
    if flags & 2:
        head += struct.pack("<H", zlib.crc32(head) & 0xffff)
    return head + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xffffffff)


def array(name, data):
    lines = [", ".join(str(b) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
    print(f"static const u8 {name}[] = {{\n\t" + ",\n\t".join(lines) + "\n};")


text = b"".join(b"%d: the quick brown fox jumps over %d lazy dogs\n" % (i, i * i) for i in range(12))
noise = bytes(random.randrange(256) for _ in range(3000))
# 300 KiB, more than the window and than one piece: far matches must work over pieces
words = [bytes(random.choices(b"abcdefghij", k=random.randrange(2, 9))) for _ in range(3000)]
large = b" ".join(random.choice(words) for _ in range(60000))[:300 * 1024]

array("text", text)
array("noise", noise)
print(f"#define LARGE_LEN {len(large)}\n#define LARGE_CRC {zlib.crc32(large):#x}u")
cases = [
    ("dynamic", "text", member(text)),
    ("fixed", "text", member(text, strategy=zlib.Z_FIXED)),
    ("stored", "noise", member(noise, level=0)),
    ("huffman", "noise", member(noise, strategy=zlib.Z_HUFFMAN_ONLY)),
    ("empty", None, member(b"")),
    ("all_fields", "text", member(text, flags=0x1e,
                                  extra=b"\4\0abcd" + b"name\0" + b"comment\0")),
    ("name_only", "text", member(text, flags=8, extra=b"name\0")),
]
for name, _, data in cases:
    array("z_" + name, data)
array("z_large", member(large))
print("static const struct gz_case {\n\tconst char *name;\n\tconst u8 *in;\n\tsize_t in_len;\n"
      "\tconst u8 *want;\n\tsize_t want_len;\n} cases[] = {")
for name, want, _ in cases:
    w = f"{want}, sizeof({want})" if want else "NULL, 0"
    print(f'\t{{ "{name}", z_{name}, sizeof(z_{name}), {w} }},')
print("};")
