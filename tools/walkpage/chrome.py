# SPDX-License-Identifier: MIT
"""
trace.json: a walk as Chrome trace events, which Perfetto (ui.perfetto.dev) and chrome://tracing open.

Process 0 has a track for each CPU: who was on it, and in which state.  Each task group of the guest is a
process, each task a thread of it: its states, and below them its crossings and functions.  The process
number of a group is that of the guest; the idle task's functions are tracks of process 0, too.
Fork and wake-up are arrows from the one who did it to the moment when the other first ran.
Times are in microseconds with three decimals: the nanoseconds are all there.
"""
import json

from . import model as M

CPUS = 0
COLOURS = {M.USER: "thread_state_running", M.KERNEL: "thread_state_runnable", M.INTERRUPT: "terrible", M.IDLE: "grey",
           M.OTHER: "generic_work", M.READY: "thread_state_iowait", M.ASLEEP: "thread_state_sleeping"}
INSTANTS = {"wakeup": "wakes {comm} {target}", "fork": "fork: child {child}", "exec": "exec {file}",
            "signal_generate": "{sig} to {target}", "signal_deliver": "{sig} delivered", "task_exit": "exit, code {code}",
            "fault": "fault: {access} {address}, {done}", "migrate": "to CPU {to}", "lost": "{count} events lost"}


class _Loose(dict):
    def __missing__(self, key):
        return "?"


def track(pid, tid, name, order):
    yield {"ph": "M", "pid": pid, "tid": tid, "name": "thread_name", "args": {"name": name}}
    yield {"ph": "M", "pid": pid, "tid": tid, "name": "thread_sort_index", "args": {"sort_index": order}}


def slices(m, pid, tid, items, category):
    """items: (first event, last event, name, args).  Complete events, outer ones first."""
    for first, last, name, args in items:
        e = {"ph": "X", "pid": pid, "tid": tid, "cat": category, "name": name,
             "ts": m.t[first] / 1000, "dur": (m.t[last] - m.t[first]) / 1000}
        if args:
            args = dict(args)
            if "cname" in args:
                e["cname"] = args.pop("cname")
            if args:
                e["args"] = args
        yield e


def lane_items(m, lane):
    ends = lane.at[1:] + [len(m.t) - 1]
    for at, end, state, who in zip(lane.at, ends, lane.state, lane.who):
        if state == M.NONE:
            continue
        name = M.STATES[state]
        if lane.kind == "cpu" and state in (M.USER, M.KERNEL, M.INTERRUPT, M.OTHER):
            name = "%s: %s %d" % (name, m.tasks[who].comm, who) if who else name
        yield at, end, name, {"cname": COLOURS[state]}


def tree_items(m, tree):
    """All slices of a tree, each before those inside it."""
    flat = [(s[0], row, s) for row, items in enumerate(tree.rows) for s in items]
    flat.sort(key=lambda x: x[:2])
    ret = m.TYPE_RET
    for _, row, (first, last, name, kind) in flat:
        args = None
        if kind == 3 and m.type[last] == ret and m.name[last] == name:
            args = {"returns": m.events[last].get("ret", "")}
        yield first, last, m.names[name], args


def events(m):
    m.TYPE_RET = M.TYPE["ret"]
    group = {pid: t.tgid or pid for pid, t in m.tasks.items()}
    group[0] = CPUS
    yield {"ph": "M", "pid": CPUS, "name": "process_name", "args": {"name": "CPUs"}}
    yield {"ph": "M", "pid": CPUS, "name": "process_sort_index", "args": {"sort_index": -1}}
    for lane in m.lanes:
        if lane.kind == "cpu":
            yield from track(CPUS, lane.ident, lane.name, lane.ident)
            yield from slices(m, CPUS, lane.ident, lane_items(m, lane), "cpu")
            continue
        task = m.tasks[lane.ident]
        if task.pid == task.tgid:
            yield {"ph": "M", "pid": group[task.pid], "name": "process_name", "args": {"name": task.comm}}
        # Two tracks a task: states overlap with slices of functions, which begin and end in the kernel.
        states = 1_000_000 + task.pid
        yield from track(group[task.pid], states, "state of %d" % task.pid, 2 * task.first)
        yield from slices(m, group[task.pid], states, lane_items(m, lane), "state")
        yield from track(group[task.pid], task.pid, lane.name, 2 * task.first + 1)
    for tree in m.trees.values():
        if tree.key > 0:
            pid, tid = group[tree.key], tree.key
        else:
            pid, tid = CPUS, 2_000_000 - 1 - tree.key
            yield from track(CPUS, tid, "idle task of CPU %d" % (-1 - tree.key), tid)
        yield from slices(m, pid, tid, tree_items(m, tree), "kernel")
    for n, e in enumerate(m.events):
        text = INSTANTS.get(e["ev"])
        if text:
            pid = m.pid[n]
            yield {"ph": "i", "s": "t", "pid": group.get(pid, pid), "tid": pid if pid else m.cpu[n],
                   "ts": m.t[n] / 1000, "cat": e["ev"], "name": text.format_map(_Loose(e)),
                   "args": {k: v for k, v in e.items() if k not in ("ev", "t")}}
    for ident, (kind, src, dst, a, b) in enumerate(m.flows, 1):
        for ph, n, pid in (("s", src, a), ("f", dst, b)):
            e = {"ph": ph, "id": ident, "cat": kind, "name": kind, "pid": group[pid],
                 "tid": (1_000_000 + pid) if pid else m.cpu[n], "ts": m.t[n] / 1000}
            if ph == "f":
                e["bp"] = "e"
            yield e


def write(m, path):
    with open(path, "w") as f:
        f.write('{"displayTimeUnit":"ns","otherData":%s,"traceEvents":[\n' % json.dumps(
            {"program": m.meta.get("program", ""), "kernel": m.meta.get("kernel", ""), "lost": m.lost}))
        first = True
        for e in events(m):
            f.write(("" if first else ",\n") + json.dumps(e, separators=(",", ":")))
            first = False
        f.write("\n]}\n")
