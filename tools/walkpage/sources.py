# SPDX-License-Identifier: MIT
"""
The source text of kernel functions, for the page to show.

nm says where a function is, addr2line (by the DWARF in vmlinux) which file and line that is, and the file
itself where the function ends: in C at the first closing brace in column one, in assembler at its .size.
The comment above a function belongs to it.  Several static functions may share a name: all are kept, the
page takes the one in its caller's file.  An inlined function has no address and so no place here.
"""
import bisect
import os
import re
import subprocess
import tempfile

MOST_LINES = 220            # of one function
SUFFIX = re.compile(r"\.(isra|constprop|part|cold)\b.*$")


class Sources:
    def __init__(self, vmlinux, top):
        self.vmlinux, self.top = vmlinux, top
        self.files = {}
        self.at = {}            # name -> [address]
        self.names = {}         # address -> name
        out = subprocess.run(["nm", "-n", vmlinux], stdout=subprocess.PIPE, text=True, check=True).stdout
        for line in out.splitlines():
            words = line.split()
            if len(words) == 3 and words[1] in "tTwW":
                self.at.setdefault(words[2], []).append(int(words[0], 16))
                self.names.setdefault(int(words[0], 16), words[2])
        self.order = sorted(self.names)
        self._labels = None

    def lines_of(self, path):
        if path not in self.files:
            try:
                with open(os.path.join(self.top, path), errors="replace") as f:
                    self.files[path] = f.read().split("\n")
            except OSError:
                self.files[path] = []
        return self.files[path]

    def places(self, addresses):
        """{address: (file below top, line)} for what DWARF knows."""
        addresses = list(addresses)
        text = "\n".join("0x%x" % a for a in addresses) + "\n"
        out = subprocess.run(["addr2line", "-e", self.vmlinux], input=text, stdout=subprocess.PIPE, text=True,
                             check=True).stdout.splitlines()
        found = {}
        for address, line in zip(addresses, out):
            m = re.match(r"(.+):(\d+)", line)
            if not m or m.group(1) == "??":
                continue
            path = os.path.normpath(os.path.join(self.top, m.group(1)))
            if path.startswith(self.top + os.sep):
                found[address] = (os.path.relpath(path, self.top), int(m.group(2)))
        return found

    def symbol(self, address):
        """name+0xoffset of a kernel address, or ''."""
        n = bisect.bisect_right(self.order, address) - 1
        if n < 0 or address - self.order[n] > 1 << 16:
            return ""
        return "%s+0x%x" % (self.names[self.order[n]], address - self.order[n])

    def label(self, name):
        """The assembler file that has the label, or None."""
        if self._labels is None:
            self._labels = {}
            for where, _, files in sorted(os.walk(os.path.join(self.top, "arch"))):
                for file in files:
                    if file.endswith(".S"):
                        path = os.path.relpath(os.path.join(where, file), self.top)
                        for line in self.lines_of(path):
                            if m := re.match(r"([A-Za-z_]\w*):", line):
                                self._labels.setdefault(m.group(1), path)
        return self._labels.get(name)

    def function(self, name, path, line):
        """(file, first line, last line, line of the name) of a function that DWARF places at path:line."""
        # A macro's lines mislead in assembler, even about the file; labels do not.
        if not path.endswith(".c"):
            path = self.label(name) or path
        text = self.lines_of(path)
        if path.endswith(".S"):
            extent = asm_extent(text, name)
        else:
            extent = c_extent(text, line) if line <= len(text) else None
        return (path, *extent) if extent else None

    def collect(self, names):
        """{name: [{"file", "first", "name_line", "text"}]} for those of `names` that have a place."""
        wanted = {}
        for name in names:
            for symbol in (name, SUFFIX.sub("", name)):
                if symbol in self.at:
                    wanted[name] = (symbol, self.at[symbol])
                    break
        places = self.places({a for _, addresses in wanted.values() for a in addresses})
        found = {}
        for name, (symbol, addresses) in wanted.items():
            for address in addresses:
                path, line = places.get(address) or (self.label(symbol), 0)
                if not path:
                    continue
                extent = self.function(symbol, path, line)
                if not extent:
                    continue
                path, first, last, named = extent
                last = min(last, first + MOST_LINES)
                entry = {"file": path, "first": first, "line": named,
                         "text": "\n".join(self.lines_of(path)[first - 1:last])}
                if entry not in found.setdefault(name, []):
                    found[name].append(entry)
        return {name: entries for name, entries in found.items() if entries}


def of_program(path, addresses):
    """
    The lines of a program's own code at `addresses`: {"functions": [...], "places": {"0x..": [function, line]}}.
    Only for what its DWARF knows, and where the source still is; else empty.
    """
    addresses = sorted(addresses)
    if not path or not addresses:
        return {}
    p = subprocess.run(["addr2line", "-f", "-e", path], input="".join("0x%x\n" % a for a in addresses), text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines, functions, places, known, texts = p.stdout.splitlines(), [], {}, {}, {}
    for address, name, place in zip(addresses, lines[0::2], lines[1::2]):
        m = re.match(r"(.+):(\d+)", place)
        if not m or m.group(1) == "??" or not os.path.isfile(m.group(1)):
            continue
        file, line = m.group(1), int(m.group(2))
        if file not in texts:
            with open(file, errors="replace") as f:
                texts[file] = f.read().split("\n")
        if (file, name) not in known:
            first, last, _ = c_extent(texts[file], line)
            known[file, name] = len(functions)
            functions.append({"name": name, "file": os.path.basename(file), "first": first,
                              "text": "\n".join(texts[file][first - 1:min(last, first + MOST_LINES)])})
        places["0x%x" % address] = [known[file, name], line]
    return {"functions": functions, "places": places}


def disassemble(codes):
    """{"c7 00 01 00 00 00 8b": "movl $0x1,(%rax)"}: the first instruction of each string of bytes."""
    codes = sorted({c for c in codes if re.fullmatch(r"[0-9a-f]{2}( [0-9a-f]{2})*", c)})
    if not codes:
        return {}
    # Each in 16 bytes of its own, filled up with nops.
    with tempfile.NamedTemporaryFile() as f:
        for c in codes:
            f.write(bytes.fromhex(c)[:15].ljust(16, b"\x90"))
        f.flush()
        out = subprocess.run(["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-w", f.name], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    at = {}
    for m in re.finditer(r"^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t(.*)$", out, re.M):
        at[int(m.group(1), 16)] = (len(m.group(2).split()), " ".join(m.group(3).split("#")[0].split()))
    found = {}
    for n, c in enumerate(codes):
        length, text = at.get(16 * n, (0, ""))
        # Cut off, or no address of its own to jump to: then the bytes say more.
        if text and length <= len(c.split()) and not re.match(r"\(bad\)|j|call|loop", text):
            found[c] = text
    return found


def comment_above(text, first):
    """The line where the comment that ends right above line `first` begins, or `first`."""
    n = first - 1
    if n < 1 or not text[n - 1].rstrip().endswith("*/"):
        return first
    while n >= 1 and "/*" not in text[n - 1]:
        n -= 1
    # A comment behind code is that line's; one at the head of the file is the file's.
    return n if n > 2 and text[n - 1].lstrip().startswith("/*") else first


def c_extent(text, line):
    first = line
    while first > 1 and not re.match(r"[A-Za-z_]", text[first - 1]):
        first -= 1
    # The type may stand on a line of its own.
    while first > 1 and re.match(r"[A-Za-z_][^;{}()]*$", text[first - 2]):
        first -= 1
    last = line
    if not re.search(r"\{.*\}\s*$", text[first - 1]):
        while last < len(text) and not text[last - 1].startswith("}"):
            last += 1
    return comment_above(text, first), last, first


def asm_extent(text, name):
    """From the label to the .size below; of a function that a macro makes, the macro."""
    named = find(text, r"%s:" % re.escape(name))
    if not named:
        macros = {m.group(1): n for n, line in enumerate(text, 1) if (m := re.match(r"\.macro\s+(\w+)", line))}
        for line in text:
            words = re.findall(r"\w+", line)
            if words and words[0] in macros and name in words[1:]:
                named = macros[words[0]]
                break
        else:
            return None
    last = named
    while last < len(text) and not re.match(r"\s*\.(size|endm)\b", text[last - 1]):
        last += 1
    first = named
    while first > 1 and re.match(r"\s*\.(globl|type|balign|section|text)\b", text[first - 2]):
        first -= 1
    return comment_above(text, first), last, named


def macros(sources):
    """The macros that save registers, as if they were functions: the stack picture leads to their lines."""
    path, found = "arch/x86/entry/calling.h", {}
    text = sources.lines_of(path)
    for name in ("PUSH_REGS", "SAVE_EXTRA_REGS"):
        first = find(text, r"\.macro\s+%s\b" % name)
        if first:
            last = next(n for n in range(first, len(text) + 1) if text[n - 1].startswith(".endm"))
            found[name] = [{"file": path, "first": first, "line": first, "text": "\n".join(text[first - 1:last])}]
    return found


def find(text, pattern):
    rx = re.compile(pattern)
    return next((n for n, line in enumerate(text, 1) if rx.match(line)), None)


def pushes(sources):
    """
    Which line of the entry code fills each slot of pt_regs: {"syscall" | "trap": {slot: [file, line]}}.
    System calls: the comment beside each push names its slot.  Traps: the macros of calling.h.
    """
    entry, macros = "arch/x86/entry/entry_64.S", "arch/x86/entry/calling.h"
    found = {"syscall": {}, "trap": {}, "extra": {}}
    inside = None
    for nr, line in enumerate(sources.lines_of(entry), 1):
        if m := re.match(r"(entry_\w+):", line):
            inside = m.group(1)
        m = re.search(r"pushq.*pt_regs->(\w+)", line)
        if m and inside and inside.startswith("entry_SYSCALL_64"):
            found["syscall"].setdefault(m.group(1), [entry, nr])
    macro = None
    for nr, line in enumerate(sources.lines_of(macros), 1):
        if m := re.match(r"\.macro\s+(\w+)", line):
            macro = m.group(1)
        elif line.startswith(".endm"):
            macro = None
        elif macro == "PUSH_REGS" and (m := re.match(r"\s*pushq\s+%r(\w+)", line)):
            found["trap"][m.group(1) if m.group(1)[0] not in "89" and not m.group(1)[0].isdigit()
                          else "r" + m.group(1)] = [macros, nr]
        elif macro == "SAVE_EXTRA_REGS" and (m := re.match(r"\s*movq\s+%r(\w+)", line)):
            found["extra"]["r" + m.group(1) if m.group(1)[0].isdigit() else m.group(1)] = [macros, nr]
    return found
