# SPDX-License-Identifier: MIT
"""
Expected output with parts left open, as labs/*/expected*.txt have it.

    ...         a line of three dots: any number of lines
    {x}         a hexadecimal number, with 0x or without      {n}  a decimal one
    {*}         anything within the line

    ~ LINE      this line comes somewhere: what the program itself prints may get between any two lines of the story

All else stands for itself; a run of blanks is as good as any other.  Lines without dots between them must follow one
another; blank lines do not count.
"""
import re

HOLES = {"{x}": r"(?:0x)?[0-9a-f]+", "{n}": r"-?[0-9]+", "{*}": r".*"}


def line_pattern(line):
    parts = re.split(r"(\{[xn*]\})", " ".join(line.split()))
    return re.compile("".join(HOLES.get(p) or re.escape(p) for p in parts) + r"\Z")


def blocks(text):
    """Lists of patterns, each list without dots inside; and whether dots stand before and behind it."""
    out = [[]]
    for line in text.splitlines():
        if line.strip() == "...":
            out.append([])
        elif line.strip() and not line.startswith("~ "):
            out[-1].append((line.strip(), line_pattern(line)))
    return out


def mismatch(expected, text):
    """None, or what the first difference is."""
    have = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    for line in expected.splitlines():
        if line.startswith("~ "):
            pattern = line_pattern(line[2:])
            found = next((h for h in have if pattern.match(h)), None)
            if found is None:
                return "nowhere: " + line[2:]
            have.remove(found)
    parts = blocks(expected)
    at = 0
    for i, block in enumerate(parts):
        anchored = i == 0
        last = i == len(parts) - 1
        starts = [at] if anchored else range(at, len(have) + 1)
        if last and not anchored:
            starts = [len(have) - len(block)] if block else [at]
        best, told = -1, ""
        for start in starts:
            n = 0
            while n < len(block) and start + n < len(have) and block[n][1].match(have[start + n]):
                n += 1
            if n == len(block):
                at = start + n
                break
            if n > best:
                best = n
                there = have[start + n] if start + n < len(have) else "(the end)"
                told = "expected: %s\nthere is: %s" % (block[n][0], there)
                if n:
                    told = "behind:   %s\n" % block[n - 1][0] + told
        else:
            return told if len(list(starts)) == 1 or best > 0 else "not there: %s" % block[0][0]
    if parts[-1] and at != len(have) and len(parts) == 1:
        return "more than expected: %s" % have[at]
    return None
