# SPDX-License-Identifier: MIT
"""Tests of what is made of a walk, without a browser: the model, the Chrome trace, the sources."""
import collections
import json
import os

import synthetic
import vm as V
from walkpage import chrome, html, model, sources


def check(ok, what):
    if not ok:
        raise AssertionError(what)


def the_model(out):
    m = model.Model(synthetic.text().splitlines())
    check([l.name for l in m.lanes] == ["CPU 0", "fork 12", "fork 13"], "lanes: %s" % [l.name for l in m.lanes])
    for lane in m.lanes:
        check(lane.at == sorted(set(lane.at)) and lane.at[0] == 0, "%s: segments not in order" % lane.name)
    check([c["name"] for c in m.calls][:4] == ["newfstat", "brk", "clone", "wait4"], "calls out of order")
    check(sum(c["text"].startswith("clone(") for c in m.calls) == 2, "a fork returns twice")
    check(m.flows[0][0] == "fork" and m.flows[0][3:] == (12, 13), "the first flow is no fork")
    for tree in m.trees.values():
        for row, items in enumerate(tree.rows):
            for a, b in zip(items, items[1:]):
                check(a[1] <= b[0], "two slices of row %d overlap: %s %s" % (row, a, b))
    state = dict(zip(m.lanes[1].at, m.lanes[1].state))
    check(model.ASLEEP in state.values() and model.USER in state.values(), "fork 12 neither slept nor ran")


def rubbish(out):
    for text, word in (("", "empty"), ("not json\n", "line 1"), ('{"ev":"meta"}\n[1]\n', "line 2"), ("{}\n", "line 1")):
        try:
            model.Model(text.splitlines())
        except model.WalkError as e:
            check(word in str(e), "%r: says %r" % (text, str(e)))
        else:
            check(False, "%r is taken for a walk" % text)


def torn(out):
    """A walk may begin and end anywhere, and lack lines."""
    lines = synthetic.text(1500).splitlines()
    for part in (lines[40:], lines[:-30], lines[100:130], lines[1:2], [l for n, l in enumerate(lines) if n % 7],
                 [l for l in lines if '"ret"' not in l], [l for l in lines if '"enter"' not in l]):
        m = model.Model(part)
        list(chrome.events(m))
        html.block(m)
        for tree in m.trees.values():
            for items in tree.rows:
                check(all(s[0] <= s[1] for s in items), "a slice ends before it begins")


def chrome_trace(out):
    m = model.Model(synthetic.text(3000).splitlines())
    path = os.path.join(out, "trace.json")
    chrome.write(m, path)
    sound_trace(path)


def sound_trace(path):
    with open(path) as f:
        trace = json.load(f)
    tracks, flows, names = collections.defaultdict(list), collections.Counter(), set()
    for e in trace["traceEvents"]:
        names.add(e["ph"])
        if e["ph"] == "X":
            tracks[e["pid"], e["tid"]].append((round(e["ts"] * 1000), round((e["ts"] + e["dur"]) * 1000)))
        elif e["ph"] in "sf":
            flows[e["id"]] += 1 if e["ph"] == "s" else 100
    check(names == set("MXisf"), "phases: %s" % sorted(names))
    check(flows and set(flows.values()) == {101}, "an arrow without one of its ends")
    for track, items in tracks.items():
        stack = []
        for a, b in items:              # outer ones first, as they are written
            while stack and stack[-1] <= a:
                stack.pop()
            check(not stack or b <= stack[-1], "track %s: a slice ends behind the one around it" % (track,))
            stack.append(b)


def the_sources(out):
    if not os.path.exists(V.VMLINUX):
        return "build/vmlinux is not there"
    s = sources.Sources(V.VMLINUX, V.TOP)
    found = s.collect(["entry_SYSCALL_64", "page_fault", "schedule", "apic_timer_interrupt", "__switch_to_asm", "no_such"])
    check("no_such" not in found and len(found) == 5, "found: %s" % sorted(found))
    for name, entries in found.items():
        e = entries[0]
        line = e["text"].split("\n")[e["line"] - e["first"]]
        check(name in line, "%s is said to be the line %r" % (name, line))
        check(e["text"].rstrip().endswith("}") or ".size" in e["text"].split("\n")[-1], "%s: no end" % name)
    slots = sources.pushes(s)
    check(set(slots["syscall"]) == set("ss sp flags cs ip orig_ax di si dx cx ax r8 r9 r10 r11".split()),
          "pushes of a system call: %s" % sorted(slots["syscall"]))
    check(len(slots["trap"]) == 15 and len(slots["extra"]) == 6, "pushes of traps: %s" % slots["trap"])
    return None


TESTS = [("model: lanes, trees, calls", the_model), ("model: rubbish is refused", rubbish),
         ("model: a walk with holes", torn), ("trace.json is sound", chrome_trace), ("sources by DWARF", the_sources)]
