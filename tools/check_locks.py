#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
check_locks.py [TOP]   does docs/locking.md say what the sources say of locks? Part of `make check`.

    classes     the tables of classes are lock_classes.h, in its order: that order the DEBUG build enforces
                (selfcheck/lockcheck.c compares the numbers of the enum, which that list makes)
    locks       the last table has each lock of the sources, and no other: its class, its file; ordered by class
    sources     each lock has one class, of its own kind; each class has a lock, or says that it has none
    order       "a → b → c" of a sequence, and "`a` stands below `b`", agree with the classes

A lock is a spinlock_t, mutex or rw_semaphore that is defined anywhere, in a struct too; a wait queue that is given a
class of its own; the page lock's bit; a counter that readers retry on. Its class comes from its initialiser. Where
initialisers of fields of that name differ, the line that declares the field says "class LC_...".
tests/checks/locking_page.py tries this program on pages and sources that are wrong.
"""
import bisect
import glob
import os
import re
import sys

TREES = ("arch", "init", "kernel", "mm", "fs", "tty", "net", "drivers", "lib", "trace", "include", "selfcheck")
PAGE, HEADER = "docs/locking.md", "include/vitrix/lock_classes.h"
KINDS = {"spinlock_t": "spin", "struct mutex": "mutex", "struct rw_semaphore": "rwsem"}
INITS = {"spin_lock_init": "spin", "mutex_init": "mutex", "init_rwsem": "rwsem", "SPINLOCK_INIT": "spin", "MUTEX_INIT": "mutex",
         "RWSEM_INIT": "rwsem"}
DEFINES = {"DEFINE_SPINLOCK": "spin", "DEFINE_MUTEX": "mutex", "DECLARE_RWSEM": "rwsem"}
# The files that make the kinds themselves.
MAKERS = {"include/vitrix/spinlock.h", "include/vitrix/mutex.h", "kernel/locking/mutex.c", "kernel/locking/rwsem.c"}


class Lock:
    """defined: its class stands where it is defined."""
    def __init__(self, name, kind, path, line, cls=None, defined=False):
        self.name, self.kind, self.path, self.line, self.cls, self.defined = name, kind, path, line, cls, defined

    def field(self):
        return self.name.rsplit(".", 1)[-1]


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def without_comments(text):
    """Comments and strings as blanks: places and lines stay."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def closing(text, at):
    """Where the bracket that opens at `at` closes."""
    depth = 0
    for m in re.compile(r"[{}]").finditer(text, at):
        depth += 1 if m[0] == "{" else -1
        if depth == 0:
            return m.start()
    return len(text)


def struct_around(text, at):
    """The name of the struct in whose body `at` lies, or None. Unions and structs without a name are passed through."""
    depth = 0
    for i in range(at - 1, -1, -1):
        if text[i] == "}":
            depth += 1
        elif text[i] == "{" and depth:
            depth -= 1
        elif text[i] == "{":
            m = re.search(r"\b(struct|union)\s*(\w*)\s*$", text[:i])
            if not m:
                return None
            if m[2]:
                return m[2]
            behind = re.match(r"\}\s*(\w+)", text[closing(text, i):])
            outer = struct_around(text, i)
            if outer:
                return outer
            return behind[1] if behind else None
    return None


class Tree:
    def __init__(self, top):
        self.top, self.problems, self.locks, self.inits = top, [], [], []
        self.raw = {}
        for tree in TREES:
            for ext in "ch":
                for path in glob.glob(os.path.join(top, tree, "**", "*." + ext), recursive=True):
                    rel = os.path.relpath(path, top)
                    if not rel.startswith("selfcheck/bugs/"):
                        with open(path, errors="replace") as f:
                            self.raw[rel] = f.read()
        header = self.raw[HEADER]
        self.classes = [(m[1], m[2], m[3]) for m in re.finditer(r'^\s*X\((LC_\w+),\s*"([^"]+)",\s*"([^"]+)"\)', header, re.M)]
        self.order = {c[0]: i for i, c in enumerate(self.classes)}
        self.kinds = {c[0]: c[2].split(",")[0] for c in self.classes}
        for path in sorted(self.raw):
            self.read(path)
        self.settle()

    def wrong(self, path, line, text):
        self.problems.append("%s:%d: %s" % (path, line, text))

    def read(self, path):
        text = without_comments(self.raw[path])
        starts = [0] + [m.end() for m in re.finditer("\n", text)]
        lines = self.raw[path].split("\n")
        at_line = lambda pos: bisect.bisect_right(starts, pos)
        if path in MAKERS:
            return
        for m in re.finditer(r"\b(%s)\(\s*(\w+)\s*,\s*(LC_\w+)" % "|".join(DEFINES), text):
            self.locks.append(Lock(m[2], DEFINES[m[1]], path, at_line(m.start()), m[3], True))
        for m in re.finditer(r"(\w+)?[ \t]*\b(DEFINE_PER_CPU\w*\(\s*)?(%s)\s*(,?)\s*(\w+(?:\[[^\]]*\])?(?:,\s*\w+)*)\s*([;=)])" %
                             "|".join(KINDS), text):
            if m[1] == "extern" or (m[6] == ")") != bool(m[2]) or bool(m[4]) != bool(m[2]):
                continue
            line = at_line(m.start(3))
            struct = struct_around(text, m.start())
            says = re.search(r"/\*.*\bclass (LC_\w+)", lines[line - 1])
            for name in re.findall(r"(\w+)(?:\[[^\]]*\])?", re.sub(r"\[[^\]]*\]", "", m[5])):
                lock = Lock("%s.%s" % (struct, name) if struct else name, KINDS[m[3]], path, line, says[1] if says else None)
                self.locks.append(lock)
        for m in re.finditer(r"\b(%s)\(((?:[^()]|\([^()]*\))*?)(LC_\w+)\s*\)" % "|".join(INITS), text):
            name = re.findall(r"\w+(?:\.\w+)*", re.sub(r"\[[^\]]*\]", "", m[2].rstrip(" ,").replace("->", " ")).replace(", cpu", ""))
            given = re.search(r"(?:\.|\b)(\w+)\s*=\s*(?:\(\w+\))?\s*(?:\{\s*)?(?:\[[^\]]*\]\s*=\s*)?$", text[:m.start()])
            field = (given[1] if given else None) if m[1].endswith("_INIT") else name[-1] if name else None
            if field:
                self.inits.append((field, INITS[m[1]], m[3], path, at_line(m.start())))
        for m in re.finditer(r"\b(\w*read_retry)\(u32 seq\)\s*\{", text):
            self.locks.append(Lock(m[1] + "()", "seq", path, at_line(m.start())))
        if re.search(r"lockcheck_before\(page, LC_PAGE_SLEEP", text):
            self.locks.append(Lock("PG_locked", "bit", path, 1, "LC_PAGE_SLEEP"))

    def settle(self):
        """The class of each lock; each initialiser has its lock."""
        last = lambda field: field.rsplit(".", 1)[-1]
        for field, kind, cls, path, line in self.inits:
            # A wait queue with a class of its own: spin_lock_init(&x->wq.lock, ...)
            if "." in field and kind == "spin" and cls != "LC_WAITQUEUE" and \
               (owner := self.wait_queue_owner(field.split(".")[-2])):
                self.locks.append(Lock("%s.%s" % (owner[0], ".".join(field.split(".")[-2:])), "spin", owner[1], owner[2], cls, True))
        for lock in self.locks:
            if lock.kind in ("seq", "bit") or lock.defined:
                continue
            fits = [i for i in self.inits if last(i[0]) == lock.field() and i[1] == lock.kind]
            here = [i for i in fits if i[3] == lock.path]
            found = {i[2] for i in (here if lock.path.endswith(".c") and here else fits)}
            if lock.cls is None and len(found) == 1:
                lock.cls = found.pop()
            elif lock.cls is None:
                self.wrong(lock.path, lock.line, "%s: %s" % (lock.name, "its line must say which class it has: %s" %
                           ", ".join(sorted(found)) if found else "nothing gives it a class"))
            elif found and lock.cls not in found:
                self.wrong(lock.path, lock.line, "%s is said to be %s, and initialised as %s" %
                           (lock.name, lock.cls, ", ".join(sorted(found))))
        have = {(lock.field(), lock.cls) for lock in self.locks}
        for field, kind, cls, path, line in self.inits:
            if cls not in self.order:
                self.wrong(path, line, "%s: there is no class %s" % (field, cls))
            elif self.kinds[cls] != kind:
                self.wrong(path, line, "%s is a %s, its class %s a %s" % (field, kind, cls, self.kinds[cls]))
            elif (last(field), cls) not in have:
                self.wrong(path, line, "%s is initialised as %s: no lock of that name has that class" % (field, cls))
        for lock in self.locks:
            if lock.cls and lock.cls in self.order and self.kinds[lock.cls] != lock.kind:
                self.wrong(lock.path, lock.line, "%s is a %s, its class %s a %s" %
                           (lock.name, lock.kind, lock.cls, self.kinds[lock.cls]))
            elif lock.cls and lock.cls not in self.order:
                self.wrong(lock.path, lock.line, "%s: there is no class %s" % (lock.name, lock.cls))

    def wait_queue_owner(self, field):
        for path in self.raw:
            text = without_comments(self.raw[path])
            for m in re.finditer(r"\bwait_queue_head_t\s+%s\s*[;,]" % field, text):
                if struct := struct_around(text, m.start()):
                    return struct, path, text.count("\n", 0, m.start()) + 1
        return None


class Page:
    def __init__(self, tree):
        self.tree = tree
        with open(os.path.join(tree.top, PAGE)) as f:
            self.text = f.read()
        self.alias = {}
        self.classes()
        self.locks()
        self.sequences()

    def wrong(self, at, text):
        self.tree.wrong(PAGE, self.text.count("\n", 0, at) + 1, text)

    def classes(self):
        rows = list(re.finditer(r"^\| `(LC_\w+)` \| `([^`]+)` \| ([^|]+?) \| ([^|]+) \| ([^|]+) \|$", self.text, re.M))
        want = {c[0]: c for c in self.tree.classes}
        for m in rows:
            if m[1] not in want:
                self.wrong(m.start(), "there is no class %s in %s" % (m[1], HEADER))
            elif (m[2], m[3]) != want[m[1]][1:]:
                self.wrong(m.start(), "%s is \"%s\", \"%s\" in %s" % (*want[m[1]], HEADER))
        have = [m[1] for m in rows]
        for cls in want:
            if have.count(cls) != 1:
                self.wrong(0, "class %s has %s line" % (cls, "no" if cls not in have else "more than one"))
        above = -1
        for m in rows:
            at = self.tree.order.get(m[1], above)
            if at < above:
                self.wrong(m.start(), "order: %s stands below %s, the checker has it above" % (m[1], self.tree.classes[above][0]))
            above = max(at, above)
        for m in rows:
            self.alias[m[2]] = m[1]
        lockless = {m[1] for m in rows if "no lock has this class" in m[4]}
        used = {lock.cls for lock in self.tree.locks}
        for cls in want:
            if cls not in used and cls not in lockless:
                self.tree.wrong(HEADER, 1, "no lock has class %s" % cls)
            elif cls in used and cls in lockless:
                self.tree.wrong(HEADER, 1, "a lock has class %s, %s says that none has" % (cls, PAGE))

    def locks(self):
        rows = list(re.finditer(r"^\| `([\w.]+(?:\(\))?)` \| (?:`(LC_\w+)`|none) \| `([\w./-]+\.[ch])` \| ([^|]+) \|$", self.text, re.M))
        have = {}
        above = -1
        for m in rows:
            key = (m[1], m[3])
            if key in have:
                self.wrong(m.start(), "%s in %s has two lines" % key)
            have[key] = m
            at = self.tree.order.get(m[2], len(self.tree.order))
            if at < above:
                self.wrong(m.start(), "order: %s (%s) stands too low, a lock of %s is above it" %
                           (m[1], m[2], self.tree.classes[above][0]))
            above = max(above, at if m[2] else above)
        locks = {}
        for lock in self.tree.locks:
            locks.setdefault((lock.name, lock.path), lock)
        for key, lock in locks.items():
            if key not in have:
                self.tree.wrong(lock.path, lock.line, "%s (%s) has no line in %s" % (lock.name, lock.cls or lock.kind, PAGE))
            elif have[key][2] != lock.cls:
                self.wrong(have[key].start(), "%s has class %s in the sources" % (lock.name, lock.cls))
        for key, m in have.items():
            if key not in locks:
                self.wrong(m.start(), "there is no lock %s in %s" % key)
        for (name, path), lock in locks.items():
            self.alias.setdefault(name if name != "lock" else path, lock.cls)
            if "." in name and lock.field() != "lock":
                self.alias.setdefault(lock.field(), lock.cls)

    def find(self, name, at):
        name = re.sub(r"\s*\([^)]*\)", "", name).strip(" `.,")
        name = re.sub(r" of (each|a file's page)$", "", name)
        cls = self.alias.get(name) or "->" in name and self.alias.get(name.rsplit("->", 1)[-1])
        if not cls:
            self.wrong(at, "which lock is \"%s\"?" % name)
        return cls

    def sequences(self):
        for m in re.finditer(r"[^\n]*→[^.:]*?(?=[.:;]\s|\n\n|\n- |\Z)", self.text, re.S):
            names = re.split(r"\s*→\s*", re.sub(r"\s+", " ", re.split(r"[:.]\s", m[0])[-1]).strip())
            # A comma goes on with another lock in the same place: "wait queue, run queue"
            known = [[self.find(n, m.start()) for n in re.split(r", (?:or )?| or ", part) if n.strip()] for part in names]
            for outer, inner in zip(known, known[1:]):
                for a in outer:
                    for b in inner:
                        if a and b and self.tree.order[a] > self.tree.order[b]:
                            self.wrong(m.start(), "order: %s → %s, the checker has it the other way round" % (a, b))
        for m in re.finditer(r"`([\w>-]+)` stands (below|above) `([\w>-]+)`", self.text):
            a, b = self.find(m[1], m.start()), self.find(m[3], m.start())
            if a and b and (self.tree.order[a] > self.tree.order[b]) != (m[2] == "below"):
                self.wrong(m.start(), "order: %s does not stand %s %s" % (a, m[2], b))


def check(top):
    tree = Tree(top)
    Page(tree)
    return tree.problems


if __name__ == "__main__":
    found = check(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
