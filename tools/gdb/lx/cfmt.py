# SPDX-License-Identifier: MIT
"""
The print formats of trace events, as the kernel and events/GROUP/NAME/format have them, carried out here:

    "comm=%s state=%s", REC->comm, REC->state ? __print_flags(REC->state, "|", { 1, "S" }, { 2, "D" }) : "R"

The arguments are C expressions of a few kinds; each is turned into one of Python.
"""
import re

from lx.base import symbol_at

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
CAST = re.compile(r"\((?:const |unsigned |signed )*(?:void|char|int|long|u64|s64|u32|s32|pid_t|long long) ?\**\)")
SPEC = re.compile(r"%(?P<flags>[-+ #0]*)(?P<width>\d*)(?:\.(?P<prec>\d+))?(?P<len>hh|h|ll|l|z)?"
                  r"(?P<conv>[diuxXcsp%])(?P<ext>[sSf]?)")


class Unknown(Exception):
    pass


def split_top(text, separator):
    """At the separator, but not inside of brackets and strings."""
    parts, depth, start, i = [], 0, 0, 0
    while i < len(text):
        c = text[i]
        if c == '"':
            i = STRING.match(text, i).end()
            continue
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == separator and not depth:
            parts.append(text[start:i])
            start = i + 1
        i += 1
    return parts + [text[start:]]


def to_python(text):
    """One C expression."""
    condition = split_top(text, "?")
    if len(condition) == 2:
        yes, no = (split_top(condition[1], ":") + [""])[:2]
        return "(%s if %s else %s)" % (to_python(yes), to_python(condition[0]), to_python(no))
    out, i = "", 0
    for m in list(STRING.finditer(text)) + [None]:
        piece = text[i:m.start() if m else len(text)]
        piece = CAST.sub("", piece).replace("REC->", "rec.").replace("{", "(").replace("}", ")")
        piece = re.sub(r"__get_str\((\w+)\)", r"rec.\1", piece)
        piece = piece.replace("&&", " and ").replace("||", " or ").replace("->", ".")
        piece = re.sub(r"(?<![\w!=<>])!(?!=)", " not ", piece)
        piece = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", piece)
        out += piece + (m[0] if m else "")
        i = m.end() if m else 0
    return out.strip()


def print_symbolic(value, *pairs):
    return next((text for number, text in pairs if number == value), "0x%x" % value)


def print_flags(value, between, *pairs):
    names = []
    for bit, text in pairs:
        if bit and value & bit == bit:
            names.append(text)
            value &= ~bit
    if value:
        names.append("0x%x" % value)
    return between.join(names)


def pointer(value, ext):
    value &= (1 << 64) - 1
    if ext:
        name = symbol_at(value) or "0x%x" % value
        return name if ext == "S" else name.split("+")[0]
    return "0x%x" % value


def convert(m, value):
    flags, width = m["flags"], m["width"]
    conv = m["conv"]
    if conv == "s":
        text = str(value)[:int(m["prec"])] if m["prec"] else str(value)
        return "%%%s%ss" % (flags.replace("0", ""), width) % text
    if conv == "p":
        return pointer(value, m["ext"])
    if conv == "c":
        return chr(value & 127)
    bits = {"l": 64, "ll": 64, "z": 64}.get(m["len"], 32)
    value &= (1 << bits) - 1
    if conv in "di" and value >> bits - 1:
        value -= 1 << bits
    return "%%%s%s%s" % (flags, width, "d" if conv in "diu" else conv) % value


def carry_out(print_fmt, rec):
    """The text; rec has the event's fields as attributes. Unknown: an expression that is not understood."""
    fmt, *args = split_top(print_fmt.strip(), ",")
    fmt = bytes(STRING.match(fmt.strip())[0][1:-1], "utf-8").decode("unicode_escape")
    names = {"rec": rec, "__print_symbolic": print_symbolic, "__print_flags": print_flags, "__builtins__": {}}
    try:
        values = iter([eval(to_python(a), names) for a in args])    # noqa: S307  text of our own kernel
        return SPEC.sub(lambda m: "%" if m["conv"] == "%" else convert(m, next(values)) +
                        (m["ext"] if m["conv"] != "p" else ""), fmt)
    except (SyntaxError, NameError, AttributeError, TypeError, ValueError, StopIteration, IndexError) as e:
        raise Unknown(str(e))
