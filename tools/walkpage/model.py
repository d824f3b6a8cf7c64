# SPDX-License-Identifier: MIT
"""
The model of a walk: what the page and the Chrome trace are drawn from.

Reads the lines of `walk --json` (one object a line, in the order of time) and follows each CPU and each
task through them.  Everything refers to an event by its number, so time is said once only, in `t`.

    lanes    one for each CPU, one for each task: a row of segments, each from an event to the next
             segment's event, in one of the STATES
    trees    one for each task (for the idle task: one a CPU): rows of slices; row 0 has the crossings,
             row d + 1 the functions of depth d
    calls    the system calls, as strace lists them

A walk may begin and end anywhere and may have lost events: what is open at the end ends with the last
event, a return without a call is left out, a call that never returned ends when its caller does.
"""
import json

USER, KERNEL, INTERRUPT, IDLE, OTHER, READY, ASLEEP, NONE = range(8)
STATES = ["user", "kernel", "interrupt", "idle", "other task", "waiting for a CPU", "asleep", "not there"]
TYPES = ["meta", "task", "enter", "exit", "sys_enter", "sys_exit", "call", "ret", "switch", "wakeup", "fork", "exec",
         "task_exit", "fault", "signal_generate", "signal_deliver", "irq", "timer", "page_alloc", "page_free",
         "migrate", "lost", "end", "other"]
TYPE = {name: n for n, name in enumerate(TYPES)}
# Functions that record the walk itself, and those that interrupts begin with.
OWN = {"trace_user_enter", "trace_user_exit", "trace_user_enter_vector"}
HANDLERS = {"smp_apic_timer_interrupt", "do_IRQ", "smp_reschedule_interrupt", "smp_call_function_interrupt"}
KINDS = ["system call", "exception", "interrupt", "function"]


class WalkError(Exception):
    """The lines are no walk; str() says which and why."""


class Lane:
    """A row of segments: at[i] is the event where segment i begins; the last one goes to the end."""

    def __init__(self, kind, ident):
        self.kind, self.ident, self.name = kind, ident, ""
        self.at, self.state, self.who = [0], [NONE], [0]

    def set(self, event, state, who=0):
        if self.state[-1] == state and self.who[-1] == who:
            return
        if self.at[-1] == event:
            self.state[-1], self.who[-1] = state, who
        else:
            self.at.append(event)
            self.state.append(state)
            self.who.append(who)


class Tree:
    """Slices by row.  A slice is [first event, last event, name, kind]."""

    def __init__(self, key):
        self.key = key
        self.rows = []
        self.open = []          # (row, slice), outermost first

    def begin(self, row, event, name, kind):
        self.close(row, event)
        while len(self.rows) <= row:
            self.rows.append([])
        s = [event, event, name, kind]
        self.rows[row].append(s)
        self.open.append((row, s))
        return s

    def cross(self, event, name, kind):
        """
        A crossing.  Row 0 begins with it, or with what the kernel had called by then since user mode: the entry
        code tells of a crossing only once all registers are saved.
        """
        if not self.open or self.open[0][0] == 0:
            return self.begin(0, event, name, kind)
        if not self.rows:
            self.rows.append([])
        s = [self.open[0][1][0], event, name, kind]
        self.rows[0].append(s)
        self.open.insert(0, (0, s))
        return s

    def close(self, row, event):
        """End what is open in `row` and below."""
        while self.open and self.open[-1][0] >= row:
            self.open.pop()[1][1] = event

    def end(self, row, event, name):
        """A return: it ends its call and what that left open; without a call it is left out."""
        if any(r == row and s[2] == name for r, s in self.open):
            self.close(row, event)


class Task:
    def __init__(self, pid):
        self.pid, self.tgid, self.comm = pid, pid, ""
        self.mode = KERNEL      # what it does when no interrupt handler runs on it
        self.handlers = 0
        self.lane = Lane("task", pid)
        self.first = None       # the first event of its own
        self.cpu = None         # where it runs now
        self.parent = None


class Model:
    def __init__(self, lines):
        self.meta, self.finish = {}, {}
        self.events = []
        self.t, self.type, self.cpu, self.pid, self.name = [], [], [], [], []
        self.names, self._name_of = [], {}
        self.tasks, self.cpus, self.trees = {}, {}, {}
        self.calls = []         # {"pid", "from", "to", "name", "text", "done"}
        self.flows = []         # (kind, from event, to event, from pid, to pid)
        self.lost = 0
        self._pending, self._flow_to = {}, {}
        self._read(lines)
        if not self.events:
            raise WalkError("the walk is empty")
        self.seen = {p for e, p in zip(self.events, self.pid) if e["ev"] not in ("switch", "wakeup", "task", "lost")}
        for n, e in enumerate(self.events):
            self._follow(n, e)
        self._finish()

    # -- reading --------------------------------------------------------------------------------------

    def _read(self, lines):
        start = None
        for nr, line in enumerate(lines, 1):
            line = line.strip()
            if not line:
                continue
            try:
                e = json.loads(line)
                ev = e["ev"]
                if not isinstance(ev, str):
                    raise TypeError
            except (ValueError, KeyError, TypeError):
                raise WalkError("line %d is not an event: %.80s" % (nr, line)) from None
            if ev == "meta":
                self.meta = e
                continue
            if ev == "end":
                self.finish = e
            if ev in ("call", "ret") and e.get("fn") in OWN:
                continue
            start = e.get("t", 0) if start is None else start
            self.events.append(e)
            self.t.append(max(e.get("t", start) - start, self.t[-1] if self.t else 0))
            self.type.append(TYPE.get(ev, TYPE["other"]))
            self.cpu.append(e.get("cpu", 0))
            self.pid.append(self._pid_of(e))
            self.name.append(self.intern(self._title(e)))
        self.start = start or 0

    @staticmethod
    def _pid_of(e):
        if "pid" in e:
            return e["pid"]
        if e["ev"] == "switch":
            return e.get("prev", {}).get("pid", 0)
        return e.get("parent", 0)

    @staticmethod
    def _title(e):
        ev = e["ev"]
        if ev in ("call", "ret"):
            return e.get("fn", "?")
        if ev == "enter":
            return e["how"] if e.get("how") == "syscall" else e.get("name") or e.get("how", "?")
        if ev == "switch":
            return e.get("why", "")
        return str(e.get("name") or e.get("sig") or e.get("how") or e.get("done") or e.get("comm") or "")

    def intern(self, text):
        n = self._name_of.get(text)
        if n is None:
            n = self._name_of[text] = len(self.names)
            self.names.append(text)
        return n

    # -- following ------------------------------------------------------------------------------------

    def task(self, pid):
        t = self.tasks.get(pid)
        if t is None:
            t = self.tasks[pid] = Task(pid)
            t.tgid = pid
        return t

    def cpu_lane(self, cpu):
        if cpu not in self.cpus:
            self.cpus[cpu] = Lane("cpu", cpu)
        return self.cpus[cpu]

    def tree(self, pid, cpu):
        key = pid if pid else -1 - cpu
        if key not in self.trees:
            self.trees[key] = Tree(key)
        return self.trees[key]

    def _show(self, n, task, cpu):
        """The lanes of a running task and its CPU, after something changed."""
        state = INTERRUPT if task.handlers else IDLE if not task.pid else task.mode
        self.cpu_lane(cpu).set(n, state, task.pid)
        task.cpu = cpu
        if task.pid:
            task.lane.set(n, state, cpu)

    def _follow(self, n, e):
        ev, cpu, pid = e["ev"], self.cpu[n], self.pid[n]
        if ev in ("lost", "end") or "pid" not in e and ev not in ("switch", "fork"):
            self.lost += e.get("count", 0) if ev == "lost" else 0
            return
        task = self.task(pid)
        if ev == "task":            # may be told of a task that does not run
            task.tgid, task.comm = e.get("tgid", pid), e.get("comm", "")
        elif ev == "switch":
            self._switch(n, e, cpu)
        else:
            if task.first is None:
                task.first = n
            handler = getattr(self, "_on_" + ev, None)
            if handler:
                handler(n, e, task, cpu)
            if ev != "migrate":
                self._show(n, task, cpu)

    def _switch(self, n, e, cpu):
        prev, nxt = self.task(e["prev"]["pid"]), self.task(e["next"]["pid"])
        for task, said in ((prev, e["prev"]), (nxt, e["next"])):
            task.comm = said.get("comm") or task.comm
        state = e["prev"].get("state", "R")[:1]
        prev.lane.set(n, READY if state == "R" else NONE if state in "XZ" else ASLEEP)
        prev.cpu = None
        if state in "XZ":
            self._gone(n, prev, cpu)
        if nxt.pid and nxt.pid not in self.seen:
            self.cpu_lane(cpu).set(n, OTHER, nxt.pid)
            nxt.cpu = cpu
            return
        nxt.mode, nxt.handlers = KERNEL, 0
        self._show(n, nxt, cpu)
        begun = self._flow_to.pop(nxt.pid, None)
        if begun:
            self.flows.append((begun[0], begun[1], n, begun[2], nxt.pid))

    def _gone(self, n, task, cpu):
        """Its last moment: what it had begun ends here."""
        self.tree(task.pid, cpu).close(0, n)
        begun = self._pending.pop(task.pid, None)
        if begun is not None:
            self._unfinished(task.pid, begun, n)

    def _unfinished(self, pid, begun, n):
        e = self.events[begun]
        name = e.get("name", "?")
        text = "%s(%s) = ?" % (name, ", ".join(map(str, e.get("args", []))))
        self.calls.append({"pid": pid, "from": begun, "to": n, "name": name, "text": text, "done": 0})

    def _on_enter(self, n, e, task, cpu):
        how = e.get("how", "")
        system_call = how in ("syscall", "int80", "sysenter")
        interrupt = how in ("interrupt", "nmi")
        task.handlers = 0
        task.mode = INTERRUPT if interrupt else KERNEL
        kind = 0 if system_call else 2 if interrupt else 1
        self.tree(task.pid, cpu).cross(n, self.name[n], kind)

    def _on_exit(self, n, e, task, cpu):
        self.tree(task.pid, cpu).close(0, n)
        task.mode, task.handlers = USER, 0

    def _on_irq(self, n, e, task, cpu):
        self._handler(task, e.get("phase") == "begin")

    @staticmethod
    def _handler(task, begins):
        if begins:
            task.handlers += 1
        else:
            task.handlers = max(0, task.handlers - 1)
            if task.mode == INTERRUPT and not task.handlers:
                task.mode = KERNEL      # what follows is the way out: process context again

    def _on_sys_enter(self, n, e, task, cpu):
        self._pending[task.pid] = n
        opened = self.tree(task.pid, cpu).open
        if opened and opened[0][0] == 0:
            opened[0][1][2] = self.name[n]

    def _on_sys_exit(self, n, e, task, cpu):
        begun = self._pending.pop(task.pid, n)
        self.calls.append({"pid": task.pid, "from": begun, "to": n, "name": e.get("name", "?"),
                           "text": e.get("text") or "%s(...) = %s" % (e.get("name", "?"), e.get("ret", "?")), "done": 1})

    def _on_call(self, n, e, task, cpu):
        if task.mode == USER:
            task.mode = KERNEL      # its crossing is told in a moment: see cross()
        if e.get("fn") in HANDLERS:
            self._handler(task, True)
        self.tree(task.pid, cpu).begin(e.get("depth", 0) + 1, n, self.name[n], 3)

    def _on_ret(self, n, e, task, cpu):
        if e.get("fn") in HANDLERS:
            self._handler(task, False)
        self.tree(task.pid, cpu).end(e.get("depth", 0) + 1, n, self.name[n])

    def _on_fork(self, n, e, task, cpu):
        child = self.task(e["child"])
        child.parent, child.comm = task.pid, e.get("comm") or task.comm
        self._flow_to[child.pid] = ("fork", n, task.pid)

    def _on_wakeup(self, n, e, task, cpu):
        target = self.task(e["target"])
        target.comm = target.comm or e.get("comm", "")
        if target.cpu is None:
            target.lane.set(n, READY)
        self._flow_to.setdefault(target.pid, ("wakeup", n, task.pid))

    def _on_exec(self, n, e, task, cpu):
        self.tree(task.pid, cpu)

    def _finish(self):
        last = len(self.events) - 1
        for pid, n in sorted(self._pending.items(), key=lambda item: item[1]):
            self._unfinished(pid, n, last)
        self.calls.sort(key=lambda c: (c["from"], c["to"]))
        for tree in self.trees.values():
            tree.close(0, last)
        for cpu, lane in self.cpus.items():
            lane.name = "CPU %d" % cpu
        shown = [t for t in self.tasks.values() if t.pid and t.first is not None]
        for t in shown:
            t.lane.name = "%s %d" % (t.comm or "task", t.pid)
        shown.sort(key=lambda t: (t.first, t.pid))
        self.lanes = [self.cpus[c] for c in sorted(self.cpus)] + [t.lane for t in shown]

    def functions(self):
        """Names of all functions that were called."""
        called = {n for n, t in zip(self.name, self.type) if t in (TYPE["call"], TYPE["ret"])}
        return sorted(self.names[n] for n in called)
