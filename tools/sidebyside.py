# SPDX-License-Identifier: MIT
"""
Two traces beside each other: which line of one belongs to which of the other, and a table for a terminal.

    pairs = pair_processes(linux, vitrix)           # [(Process or None, Process or None)]
    rows = align(a.events, b.events)                # [Row]
    print_rows(rows, Table(width, colour))

A Row is SAME, DIFFERS (the same call with another text), LEFT or RIGHT (only there), or TIMING: a call or a signal
whose place is chance (syscall_text.Event.timing), which is no difference.
"""
import collections
import difflib
import re
import textwrap

SAME, DIFFERS, LEFT, RIGHT, TIMING = " ", "!", "<", ">", "~"
Row = collections.namedtuple("Row", "mark left right")
COLOURS = {SAME: "", DIFFERS: "31", LEFT: "31", RIGHT: "31", TIMING: "2"}
CONTEXT = 3             # equal rows around a difference
SHORT = 40              # a process of so many rows is shown whole


def relabel(text, old, new):
    """The text of a thread as if the thread had another label."""
    return re.sub(r"<%s>" % re.escape(old), "<%s>" % new, re.sub(r"@%s\b(?!\.)" % re.escape(old), "@" + new, text))


def pair_processes(a, b):
    """
    Which process of one trace is which of the other: by label.  Threads that began in one order may have been served
    in another; those of one parent are paired by what they did, as far as they did the same.
    """
    def body(p):
        return [relabel(e.text, p.label, "*") for e in p.events if not e.timing]

    def parent(p):
        return p.label.rpartition(".")[0] if p.thread else None

    partner, taken = {}, set()
    threads = collections.defaultdict(list)
    for q in b.processes.values():
        threads[parent(q)].append(q)
    for p in a.processes.values():
        same = [q for q in threads[parent(p)] if q.thread and q.label not in taken] if p.thread else []
        same.sort(key=lambda q: q.label != p.label)
        for q in same:
            if body(p) == body(q):
                partner[p.label] = q
                taken.add(q.label)
                break
    for p in a.processes.values():
        q = b.processes.get(p.label)
        if p.label not in partner and p.thread:
            q = q if q and q.label not in taken else next(
                (t for t in threads[parent(p)] if t.thread and t.label not in taken), None)
        if p.label not in partner and q and q.label not in taken:
            partner[p.label] = q
            taken.add(q.label)
    pairs = [(p, partner.get(p.label)) for p in a.processes.values()]
    for p, q in pairs:
        if q and q.label != p.label:
            for e in q.events:
                e.text = relabel(e.text, q.label, p.label)
    return pairs + [(None, q) for q in b.processes.values() if q.label not in taken]


def changed(left, right):
    """Rows for two runs of events that are not the same: those of the same call beside each other."""
    rows = []
    while left and right:
        if left[0].name == right[0].name:
            rows.append((left.pop(0), right.pop(0)))
            continue
        # Whose call comes up sooner on the other side waits for it.
        ahead_r = next((i for i, e in enumerate(right) if e.name == left[0].name), None)
        ahead_l = next((i for i, e in enumerate(left) if e.name == right[0].name), None)
        if ahead_r is None and ahead_l is None:
            rows += [(left.pop(0), None), (None, right.pop(0))]
        elif ahead_l is None or (ahead_r is not None and ahead_r <= ahead_l):
            rows.append((None, right.pop(0)))
        else:
            rows.append((left.pop(0), None))
    return rows + [(e, None) for e in left] + [(None, e) for e in right]


def align(a, b):
    """Rows of two lists of events.  Those whose place is chance are laid between the others afterwards."""
    solid_a, solid_b = ([e for e in x if not e.timing] for x in (a, b))
    pairs = []
    matcher = difflib.SequenceMatcher(None, [e.text for e in solid_a], [e.text for e in solid_b], autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        pairs += list(zip(solid_a[i:j], solid_b[k:m])) if what == "equal" else changed(solid_a[i:j], solid_b[k:m])
    before = [collections.defaultdict(list), collections.defaultdict(list)]
    for side, events in enumerate((a, b)):
        waiting = []
        for e in events:
            if e.timing:
                waiting.append(e)
            else:
                before[side][id(e)], waiting = waiting, []
        before[side][None] = waiting
    rows = []

    def put_timing(left, right):
        left, right = list(left), list(right)
        while left and right and left[0].text == right[0].text:
            rows.append(Row(SAME, left.pop(0).text, right.pop(0).text))
        for k in range(max(len(left), len(right))):
            rows.append(Row(TIMING, left[k].text if k < len(left) else "", right[k].text if k < len(right) else ""))

    for x, y in pairs:
        put_timing(before[0].get(id(x), ()) if x else (), before[1].get(id(y), ()) if y else ())
        if x and y:
            rows.append(Row(SAME if x.text == y.text else DIFFERS, x.text, y.text))
        else:
            rows.append(Row(LEFT, x.text, "") if x else Row(RIGHT, "", y.text))
    put_timing(before[0][None], before[1][None])
    return rows


def align_lines(a, b):
    """Rows of two texts."""
    rows = []
    a, b = a.splitlines(), b.splitlines()
    for what, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        for n in range(max(j - i, m - k)):
            left, right = i + n < j, k + n < m
            mark = SAME if what == "equal" else DIFFERS if left and right else LEFT if left else RIGHT
            rows.append(Row(mark, a[i + n] if left else "", b[k + n] if right else ""))
    return rows


class Table:
    """Two columns with a mark between them."""

    def __init__(self, width=100, colour=False, all_rows=False):
        self.width, self.colour, self.all = max(width, 40), colour, all_rows
        self.column = (self.width - 3) // 2

    def paint(self, text, code):
        return "\033[%sm%s\033[0m" % (code, text) if self.colour and code and text.strip() else text

    def head(self, text):
        print(self.paint(text, "1"))

    def row(self, row):
        """One row.  What is equal is cut to the column, what differs is wrapped, so that all of it can be read."""
        if row.mark in (SAME, TIMING):
            cells = [[t if len(t) <= self.column else t[:self.column - 1] + "\u2026"] for t in row[1:]]
        else:
            cells = [textwrap.wrap(t, self.column, subsequent_indent="  ", break_on_hyphens=False,
                                   drop_whitespace=False) or [""] for t in row[1:]]
        for i in range(max(map(len, cells))):
            left, right = (c[i] if i < len(c) else "" for c in cells)
            line = "%-*s %s %s" % (self.column, left, row.mark, right)
            print(self.paint(line.rstrip(), COLOURS[row.mark]))

    def rows(self, rows):
        """All of a short list; of a long one what differs, with some rows around."""
        near = set()
        for i, row in enumerate(rows):
            if row.mark not in (SAME, TIMING) or self.all or len(rows) <= SHORT:
                near.update(range(i - CONTEXT, i + CONTEXT + 1))
        hidden = 0
        for i, row in enumerate(rows):
            if i in near:
                self.hidden(hidden)
                hidden = 0
                self.row(row)
            else:
                hidden += 1
        self.hidden(hidden)

    def hidden(self, n):
        if n:
            print(self.paint("    (%d equal row%s)" % (n, "s" * (n > 1)), "2"))
