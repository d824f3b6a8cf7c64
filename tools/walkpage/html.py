# SPDX-License-Identifier: MIT
"""
index.html: one self-contained page of a walk.

page.html is the frame; page.css and the scripts of SCRIPTS are put into it, and the data as one gzipped,
base64-coded block. The block is a length, a head in JSON of that length, then the arrays that the head
names, each at a multiple of 8: so the browser makes typed arrays of it without reading a number.

    t type cpu pid name ret     one entry an event
    detail, detail_at           the events as JSON, except calls and returns, and where each begins
    lane*_..., tree*_...        segments and slices: see model.py
"""
import array
import base64
import gzip
import html
import json
import os
import re
import sys

from . import model as M

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = ["data", "view", "draw", "flame", "input", "words", "moment", "registers", "stack", "source", "lists",
           "search", "main"]
# What can lie around the crossings, besides the functions that were called.
ALWAYS = ["entry_SYSCALL_64", "entry_INT80_compat", "page_fault", "apic_timer_interrupt", "common_interrupt",
          "ret_from_fork", "restore_regs_and_return_to_usermode", "__switch_to_asm", "__switch_to",
          "do_syscall_64", "do_int80_syscall_32", "prepare_exit_to_usermode", "syscall_return_slowpath", "start_thread",
          "stub_ptregs_64", "error_exit",
          "context_switch", "schedule", "do_page_fault", "smp_apic_timer_interrupt"]


def read(*names):
    with open(os.path.join(HERE, *names), encoding="utf-8") as f:
        return f.read()


class Block:
    """The arrays, and the head that says where they are."""

    def __init__(self):
        self.parts, self.where, self.size = [], {}, 0

    def add(self, name, code, values):
        data = values if isinstance(values, bytes) else array.array(code, values)
        raw = bytes(data)
        if code != "s" and sys.byteorder == "big":
            data.byteswap()
            raw = bytes(data)
        self.where[name] = [code, self.size, len(data)]
        raw += b"\0" * (-len(raw) % 8)
        self.parts.append(raw)
        self.size += len(raw)

    def bytes(self, head):
        head = dict(head, arrays=self.where)
        text = json.dumps(head, separators=(",", ":")).encode()
        text += b" " * (-(len(text) + 8) % 8)
        return len(text).to_bytes(8, "little") + text + b"".join(self.parts)


def details(m):
    """One JSON line for each event but calls and returns; where each begins."""
    silent = {M.TYPE["call"], M.TYPE["ret"]}
    lines, at, size = [], [0], 0
    for e, kind in zip(m.events, m.type):
        if kind not in silent:
            line = json.dumps({k: v for k, v in e.items() if k not in ("t", "cpu")}, separators=(",", ":")) + "\n"
            lines.append(line)
            size += len(line)
        at.append(size)
    return "".join(lines).encode("ascii"), at


def returns(m):
    ret = M.TYPE["ret"]
    for e, kind in zip(m.events, m.type):
        try:
            yield int(str(e.get("ret", "0")), 0) & (1 << 64) - 1 if kind == ret else 0
        except ValueError:
            yield 0


def arrays(m):
    b = Block()
    # Times are doubles: exact up to 2^53 ns, a hundred days.
    b.add("t", "d", m.t)
    b.add("type", "B", m.type)
    b.add("cpu", "B", [c & 255 for c in m.cpu])
    b.add("pid", "i", m.pid)
    b.add("name", "I", m.name)
    b.add("ret", "Q", returns(m))
    text, at = details(m)
    b.add("detail", "s", text)
    b.add("detail_at", "I", at)
    lanes, trees = [], []
    for n, lane in enumerate(m.lanes):
        b.add("lane%d_at" % n, "I", lane.at)
        b.add("lane%d_state" % n, "B", lane.state)
        b.add("lane%d_who" % n, "i", lane.who)
        entry = {"kind": lane.kind, "id": lane.ident, "name": lane.name}
        if lane.kind == "task":
            task = m.tasks[lane.ident]
            entry.update(tgid=task.tgid, comm=task.comm, parent=task.parent)
        lanes.append(entry)
    for n, tree in enumerate(m.trees.values()):
        for row, slices in enumerate(tree.rows):
            for k, field in enumerate(("from", "to", "name", "kind")):
                b.add("tree%d_%d_%s" % (n, row, field), "B" if field == "kind" else "I", [s[k] for s in slices])
        trees.append({"key": tree.key, "rows": len(tree.rows)})
    return b, lanes, trees


def block(m, sources=None, user=None, clock=""):
    b, lanes, trees = arrays(m)
    head = {
        "meta": m.meta, "end": m.finish, "lost": m.lost, "start": m.start, "states": M.STATES, "types": M.TYPES,
        "names": m.names, "lanes": lanes, "trees": trees, "calls": m.calls, "flows": m.flows,
        "comms": {str(p): t.comm for p, t in m.tasks.items()},
        "sources": {}, "pushes": {},
        "user": user or {}, "insns": {}, "clock": clock,
    }
    if sources:
        from . import sources as S
        wanted = set(m.functions()) | set(ALWAYS)
        wanted |= {"__x64_sys_" + c["name"] for c in m.calls}
        wanted |= {e.get("name") for e in m.events if e["ev"] == "enter" and e.get("name")}
        head["insns"] = S.disassemble({e["user"].get("insn", "") for e in m.events if "user" in e})
        head["sources"] = sources.collect(sorted(wanted))
        head["sources"].update(S.macros(sources))
        head["pushes"] = S.pushes(sources)
    return b.bytes(head)


def page(m, sources=None, user=None, clock=""):
    data = base64.b64encode(gzip.compress(block(m, sources, user, clock), 6, mtime=0)).decode()
    title = " ".join(m.meta.get("argv") or [m.meta.get("program", "?")])
    parts = {"TITLE": html.escape(title), "CSS": read("page.css") + read("moment.css"), "DATA": data,
             "JS": "\n".join(read("js", name + ".js") for name in SCRIPTS)}
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda m: parts[m.group(1)], read("page.html"))


def write(m, path, sources=None, user=None, clock=""):
    with open(path, "w", encoding="utf-8") as f:
        f.write(page(m, sources, user, clock))
