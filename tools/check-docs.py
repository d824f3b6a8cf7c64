#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-docs.py: do the pages in docs/ and labs/ say what the sources say? Prints what differs and exits 1.

    functions   `file.c:name()` is defined in that file, `file.S:label` is a label there
    files       `dir/file` in backquotes, and link targets, exist
    paths       docs/paths/*.md names the symbols of its headings of tests/path/names.txt, in their order
    locks       docs/locking.md has the classes and locks of the sources, in their order: check_locks.py
    languages   README.zh-CN.md has the commands and the links of README.md
    parameters  docs/debugging.md has every parameter that the kernel reads or keeps from init, and no other
"""
import glob
import os
import re
import sys

import check_locks

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TREES = ("arch", "docs", "drivers", "fs", "include", "init", "kernel", "labs", "lib", "mm", "net", "rootfs", "selfcheck", "tests",
         "tools", "trace", "tty")
REFERENCE = re.compile(r"`([\w./-]+\.[chS]):(\w+)(\(\))?`")
QUOTED = re.compile(r"`((?:%s)/[\w./-]*)`" % "|".join(TREES))
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")

problems = []
texts = {}


def read(path):
    if path not in texts:
        with open(os.path.join(TOP, path), errors="replace") as f:
            texts[path] = f.read()
    return texts[path]


def wrong(page, position, text):
    line = read(page).count("\n", 0, position) + 1
    problems.append("%s:%d: %s" % (page, line, text))


def sources():
    for tree in ("arch", "init", "kernel", "mm", "fs", "tty", "net", "drivers", "lib", "trace", "selfcheck"):
        for ext in ("c", "h"):
            for path in glob.glob(os.path.join(TOP, tree, "**", "*." + ext), recursive=True):
                yield os.path.relpath(path, TOP)


def defines(path, name, is_function):
    """Is there a definition of name in path?"""
    text = read(path)
    if path.endswith(".S"):
        if re.search(r"^%s:" % re.escape(name), text, re.M):
            return True
        # By a macro: `idtentry NAME ...`, `ptregs_stub NAME` (which makes ptregs_NAME).
        stub = name[len("ptregs_"):] if name.startswith("ptregs_") else None
        return bool(re.search(r"^\s+(?:idtentry|ist_entry)\s+%s\b" % re.escape(name), text, re.M) or
                    stub and re.search(r"^\s+ptregs_stub\s+%s\b" % re.escape(stub), text, re.M))
    if not is_function:
        return bool(re.search(r"\b%s\b" % re.escape(name), text))
    if re.search(r"^#\s*define\s+%s\b" % re.escape(name), text, re.M):
        return True
    # At the line's beginning a type, then NAME(...), and no semicolon behind the closing parenthesis.
    for m in re.finditer(r"^(?![ \t#*/])[^\n;={}]*?\b%s\(" % re.escape(name), text, re.M):
        depth, i = 1, m.end()
        while depth and i < len(text):
            depth += {"(": 1, ")": -1}.get(text[i], 0)
            i += 1
        if re.match(r"\s*(?:__\w+(?:\([^)]*\))?\s*)*\{", text[i:]):
            return True
    return False


def check_references(page):
    text = read(page)
    for m in REFERENCE.finditer(text):
        path, name, call = m.groups()
        if not os.path.isfile(os.path.join(TOP, path)):
            wrong(page, m.start(), "there is no file %s" % path)
        elif not defines(path, name, bool(call)):
            wrong(page, m.start(), "%s does not define %s" % (path, name))
    for m in QUOTED.finditer(text):
        if not os.path.exists(os.path.join(TOP, m[1])) and not re.search(r"[A-Z]{4}", os.path.basename(m[1])):
            wrong(page, m.start(), "there is no %s" % m[1])
    for m in LINK.finditer(text):
        if not os.path.exists(os.path.join(TOP, os.path.dirname(page), m[1])):
            wrong(page, m.start(), "link to %s, which is not there" % m[1])


def path_names():
    sections, current = {}, None
    for line in read("tests/path/names.txt").splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line:
            current.append(line)
    return sections


def check_path_pages(pages):
    sections = path_names()
    told = set()
    for page in pages:
        text = read(page)
        head = re.search(r"^Path tests?: (.*)$", text, re.M)
        for heading in re.findall(r"\[([\w-]+)\]", head[1]) if head else []:
            told.add(heading)
            if heading not in sections:
                wrong(page, head.start(), "tests/path/names.txt has no [%s]" % heading)
                continue
            at = head.end()
            for name in sections[heading]:
                m = re.compile(r"\b%s\b" % re.escape(name)).search(text, at)
                if not m:
                    wrong(page, head.start(), "[%s]: %s does not appear behind the names before it" % (heading, name))
                    break
                at = m.end()
    for heading in sections.keys() - told:
        problems.append("docs/paths: no page tells of [%s] of tests/path/names.txt" % heading)


def check_languages():
    """Commands without their comments, and where links lead: labs/ has a page of its own in each language."""
    def essence(page):
        text = read(page)
        commands = [line.split("#")[0].rstrip() for line in re.findall(r"^    (\S.*)$", text, re.M)]
        links = [t.replace("labs/README.zh-CN.md", "labs/README.md") for t in LINK.findall(text)]
        return commands, sorted(t for t in links if not t.startswith("README"))

    for have, want, what in zip(essence("README.zh-CN.md"), essence("README.md"), ("commands", "links")):
        for item in [i for i in want if i not in have] + [i for i in have if i not in want]:
            problems.append("README.md and README.zh-CN.md have different %s: %s" % (what, item))


def check_parameters():
    page = "docs/debugging.md"
    reads = {}
    for path in sources():
        for m in re.finditer(r'\b(?:__setup|cmdline_find|cmdline_has|early_cmdline_has|cmdline_is|limit)\("([\w-]+)=?"', read(path)):
            reads[m[1].replace("_", "-")] = path
    kept = re.search(r"kernel_names\[\][^;{]*=\s*\{(.*?)\}", read("kernel/params.c"), re.S)
    kept = {n.replace("_", "-") for n in re.findall(r'"([\w-]+)"', kept[1])}
    text = read(page)
    rows = {m[1].replace("_", "-"): m for m in re.finditer(r"^\| `([\w-]+)(?:=[^`]*)?` \|.*\| `([^`]+)` \|$", text, re.M)}
    no_effect = re.search(r"^These are Linux's and mean nothing here.*?(?:\n\n|\Z)", text, re.M | re.S)
    idle = {n.replace("_", "-") for n in re.findall(r"`([\w-]+)`", no_effect[0])} if no_effect else set()
    for name, path in sorted(reads.items()):
        if name not in rows:
            problems.append("%s: no row for %s, which %s reads" % (page, name, path))
        elif rows[name][2] != path and not re.search(r'"%s=?"' % re.sub("[-_]", "[-_]", name), read(rows[name][2])):
            wrong(page, rows[name].start(), "%s is not read in %s" % (name, rows[name][2]))
    for name, m in rows.items():
        if name not in reads:
            wrong(page, m.start(), "nothing reads %s" % name)
    for name in sorted(kept - reads.keys() - idle):
        problems.append("%s: %s of kernel/params.c is missing" % (page, name))
    for name in sorted(idle - (kept - reads.keys())):
        problems.append("%s: %s is said to mean nothing: not in kernel/params.c, or read after all" % (page, name))


def main():
    pages = [os.path.relpath(p, TOP) for p in glob.glob(os.path.join(TOP, "docs", "**", "*.md"), recursive=True)]
    pages = sorted(set(pages) - {"docs/abi.md"})
    labs = [os.path.relpath(p, TOP) for p in glob.glob(os.path.join(TOP, "labs", "**", "*.md"), recursive=True)]
    for page in pages + sorted(labs) + ["README.md", "README.zh-CN.md"]:
        check_references(page)
    check_languages()
    check_path_pages([p for p in pages if p.startswith("docs/paths/")])
    problems.extend(check_locks.check(TOP))
    check_parameters()
    for p in problems:
        print(p)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
