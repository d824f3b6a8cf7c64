#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
synthetic.py [EVENTS] > walk.jsonl: a made-up walk, in the form that `walk --json` writes.

A program forks, the child takes page faults and exits, the parent waits; a timer interrupt takes the CPU
away once a round.  Every kind of line occurs.  Rounds are added until there are EVENTS lines, so that the
page can be tried on very long walks without a machine.  The same EVENTS give the same text.
"""
import json
import random
import sys

TOP = {12: 0xffffc90000058000, 13: 0xffffc9000005c000, 0: 0xffffffff80404000}
SP = {pid: top - 0x158 for pid, top in TOP.items()}
CR3 = {12: 0x1a2e000, 13: 0x1b44000, 0: 0x2a000}
TEXT = 0x401000
REGS = "r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss".split()


def hexed(value):
    return "0x%x" % (value & (1 << 64) - 1)


class Story:
    def __init__(self, seed=1):
        self.rand = random.Random(seed)
        self.t = 1_204_000_000
        self.lines = []
        self.depth = {}
        self.ip = TEXT + 0x234
        self.user = {"r15": 0, "r14": 0x4c6f80, "r13": 0x7ffd0a1e4c38, "r12": 1, "bp": 0x7ffd0a1e4b40, "bx": 1,
                     "r11": 0x246, "r10": 0, "r9": 0, "r8": 0, "ax": 0, "cx": 0, "dx": 0, "si": 0, "di": 0}

    def emit(self, ev, cpu=0, **fields):
        self.t += self.rand.randrange(40, 260)
        self.lines.append({"ev": ev, "t": self.t, "cpu": cpu, **fields})

    # -- crossings ------------------------------------------------------------------------------------

    def frame(self, pid, ip, orig_ax, flags=0x246, **over):
        r = dict(self.user, orig_ax=orig_ax, ip=ip, cs=0x33, flags=flags, sp=0x7ffd0a1e4b08, ss=0x2b)
        r.update(over)
        return {k: hexed(r[k]) for k in REGS}

    def enter(self, pid, how, vector=0, name="", error=0, cr2=0, ip=None, symbol="main+0x1f", insn="syscall", **over):
        ip = ip or self.ip
        flags = 0x246 if how == "syscall" else 0x202
        if how == "syscall":
            over.update(cx=ip, r11=flags)
        self.emit("enter", pid=pid, how=how, vector=vector, name=name, error=hexed(error), cr2=hexed(cr2),
                  cr3=[hexed(CR3[pid])] * 2, sp=["0x7ffd0a1e4b08", hexed(TOP[pid] - 168)], top=hexed(TOP[pid]),
                  regs=self.frame(pid, ip, over.pop("orig", -1), flags, **over),
                  user={"symbol": symbol, "insn": insn, "file": "/bin/fork"})
        self.last = (ip, flags, over)
        if how != "syscall":
            self.depth[pid] = 0

    def exit(self, pid, how, why="", ax=None, last=None, **over):
        ip, flags, old = last or self.last
        over = dict(old, **over)
        if ax is not None:
            over["ax"] = ax
        self.emit("exit", pid=pid, how=how, why=why, cr3=[hexed(CR3[pid])] * 2, top=hexed(TOP[pid]),
                  regs=self.frame(pid, ip, -1, flags, **over))

    # -- functions ------------------------------------------------------------------------------------

    def call(self, pid, fn):
        self.emit("call", pid=pid, fn=fn, depth=self.depth[pid])
        self.depth[pid] += 1
        return self.t

    def ret(self, pid, fn, began, value=0):
        self.depth[pid] -= 1
        self.emit("ret", pid=pid, fn=fn, depth=self.depth[pid], ret=hexed(value), dur=self.t - began)

    def tree(self, pid, nodes):
        """nodes: names, or (name, [nodes]), or functions to call in between."""
        for node in nodes:
            if callable(node):
                node()
                continue
            fn, inner = node if isinstance(node, tuple) else (node, [])
            began = self.call(pid, fn)
            self.tree(pid, inner)
            self.ret(pid, fn, began)

    # -- what happens ---------------------------------------------------------------------------------

    def syscall(self, pid, nr, name, args, ret, nodes, text, symbol):
        keys = ["di", "si", "dx", "r10", "r8", "r9"]
        over = dict(zip(keys, args))
        # Told once all registers are saved: after the call of the C function.
        self.depth[pid] = 0
        began = self.call(pid, "do_syscall_64")
        self.enter(pid, "syscall", symbol=symbol, orig=nr, ax=-38, **over)
        mine = self.last
        self.emit("sys_enter", pid=pid, nr=nr, name=name, args=[hexed(a) for a in args])
        self.tree(pid, [("__x64_sys_" + name, nodes)])
        self.emit("sys_exit", pid=pid, nr=nr, name=name, ret=hexed(ret), text="%s = %d" % (text, ret))
        self.tree(pid, ["syscall_return_slowpath"])
        self.ret(pid, "do_syscall_64", began)
        self.exit(pid, "sysret", ax=ret, last=mine)

    def fault(self, pid, address, done, nodes, error=6, symbol="main+0x44"):
        self.enter(pid, "exception", 14, "page_fault", error, address, ip=TEXT + 0x259, symbol=symbol,
                   insn="c7 00 01 00 00 00", ax=address)
        began = self.call(pid, "do_page_fault")
        self.emit("fault", pid=pid, address=hexed(address), ip=hexed(TEXT + 0x259),
                  access="write" if error & 2 else "read",
                  cause="protection" if error & 1 else "not present", done=done)
        self.emit("page_alloc", pid=pid, pfn=self.rand.randrange(4000, 9000), order=0)
        self.tree(pid, nodes)
        self.ret(pid, "do_page_fault", began)
        self.exit(pid, "iret", "it did not come in by syscall")

    def switch(self, prev, nxt, why, state, on="", by=0, at="schedule+0x1f2", comms=None):
        name = {12: "fork", 13: "fork", 0: "swapper/0"}
        self.emit("switch", pid=prev,
                  prev={"pid": prev, "comm": name[prev], "state": state, "sp": hexed(SP[prev]), "top": hexed(TOP[prev])},
                  next={"pid": nxt, "comm": name[nxt], "sp": hexed(SP[nxt]), "top": hexed(TOP[nxt]),
                        "ip": "0xffffffff8013a5f2", "at": at},
                  why=why, on=on, by=by, cr3=[hexed(CR3[prev]), hexed(CR3[nxt] if nxt else CR3[prev])])

    def timer(self, pid, inside=()):
        self.enter(pid, "interrupt", 0xec, "timer", ip=TEXT + 0x27c, symbol="work+0x1c",
                   insn="48 83 c0 01", ax=self.rand.randrange(1 << 20))
        mine = self.last
        self.emit("irq", pid=pid, irq=0xec, name="timer", phase="begin")
        self.tree(pid, [("smp_apic_timer_interrupt", [
            "irq_enter", ("timer_interrupt", ["hrtimer_interrupt", ("do_timer", [
                "account_process_tick", ("scheduler_tick", ["task_tick_fair", "resched_curr"])])]), "irq_exit"])])
        self.emit("irq", pid=pid, irq=0xec, name="timer", phase="end")
        for step in inside:
            step()
        self.exit(pid, "iret", "it did not come in by syscall", last=mine)

    def round(self):
        t = self.t
        self.syscall(12, 5, "newfstat", [1, 0x7ffd0a1e4a60], 0, [
            ("vfs_fstat", ["fget_raw", "vfs_getattr"]), "cp_new_stat"],
            "fstat(1, {st_mode=S_IFCHR|0620, st_rdev=makedev(0x88, 0), ...})", "__fstat64+0x13")
        self.syscall(12, 12, "brk", [0], 0x4c9000, [("down_write", []), "up_write"], "brk(NULL)", "__brk+0xb")
        child = lambda: self.emit("fork", pid=12, parent=12, child=13, comm="fork")
        woken = lambda: self.emit("wakeup", pid=12, target=13, comm="fork", new=True)
        self.syscall(12, 56, "clone", [0x1200011, 0, 0, 0x4c5ad0, 0], 13, [("_do_fork", [
            ("copy_process", [("dup_task_struct", ["alloc_thread_stack", "reset_task"]), "copy_creds", "sched_fork",
                              "copy_files", "copy_fs", "copy_sighand", "copy_signal",
                              ("copy_mm", [("dup_mm", [("dup_mmap", ["copy_page_range", "copy_page_range",
                                                                     "copy_page_range"])])]),
                              "copy_thread_tls", "alloc_pid", ("link_process", []), child]),
            ("wake_up_new_task", ["activate_task", "check_preempt_curr", woken])])],
            "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, "
            "child_tidptr=0x4c5ad0)", "_Fork+0x27")
        self.fault(12, 0x7ffd0a1e4ac8, "cow copy", [("handle_mm_fault", [
            ("do_wp_page", ["alloc_page", "copy_user_highpage", "page_add_new_anon_rmap"])])], error=7)

        self.depth[12] = 0
        outer = self.call(12, "do_syscall_64")
        self.enter(12, "syscall", symbol="wait4+0x16", orig=61, ax=-38, di=-1, si=0x7ffd0a1e4b1c, dx=0)
        parent = self.last
        self.emit("sys_enter", pid=12, nr=61, name="wait4", args=["0xffffffffffffffff", "0x7ffd0a1e4b1c", "0x0", "0x0"])
        began = [self.call(12, "__x64_sys_wait4"), self.call(12, "kernel_wait4"), self.call(12, "do_wait"),
                 self.call(12, "schedule"), self.call(12, "context_switch")]
        self.switch(12, 13, "blocked", "S", on="wait4", at="ret_from_fork")

        self.depth[13] = 0
        self.emit("task", pid=13, tgid=13, comm="fork")
        b = self.call(13, "schedule_tail")
        self.tree(13, ["finish_task_switch"])
        self.ret(13, "schedule_tail", b)
        self.tree(13, ["syscall_return_slowpath"])
        self.emit("sys_exit", pid=13, nr=56, name="clone", ret="0x0", text="clone(child_stack=NULL, "
                  "flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x4c5ad0) = 0")
        self.exit(13, "sysret", ax=0, last=(self.ip, 0x246, {"cx": self.ip, "r11": 0x246, "ax": 0}))
        self.fault(13, 0x4c5ad0, "cow copy", [("handle_mm_fault", [("do_wp_page", ["alloc_page"])])], error=7)
        self.fault(13, 0x4c9010, "zero page", [("handle_mm_fault", ["do_anonymous_page"])], error=4)
        self.fault(13, 0x4c9010, "new zeroed page", [("handle_mm_fault", [("do_anonymous_page", ["alloc_page"])])], error=6)
        self.t += 8000
        self.timer(13)
        self.t += 9000
        asleep = lambda: self.emit("page_free", pid=13, pfn=4711, order=0)
        self.depth[13] = 0
        self.call(13, "do_syscall_64")
        self.enter(13, "syscall", symbol="_exit+0x18", orig=231, ax=-38, di=7)
        self.emit("sys_enter", pid=13, nr=231, name="exit_group", args=["0x7"])
        for fn in ("__x64_sys_exit_group", "do_group_exit", "do_exit"):
            self.call(13, fn)
        self.tree(13, [("exit_mm", [("mmput", [("exit_mmap", ["unmap_vmas", asleep, "free_pgtables"])])]),
                       "exit_files", "exit_fs", ("exit_notify", ["do_notify_parent"])])
        self.emit("signal_generate", pid=13, sig="SIGCHLD", code="CLD_EXITED", target=12)
        self.emit("wakeup", pid=13, target=12, comm="fork", new=False)
        self.emit("task_exit", pid=13, code=7 << 8)
        self.call(13, "schedule")
        self.call(13, "context_switch")
        self.switch(13, 12, "exited", "Z")

        self.depth[12] = 6
        for fn in ("context_switch", "schedule"):
            self.ret(12, fn, began.pop())
        self.tree(12, ["wait_task_zombie"])
        for fn in ("do_wait", "kernel_wait4", "__x64_sys_wait4"):
            self.ret(12, fn, began.pop(), 13)
        self.emit("sys_exit", pid=12, nr=61, name="wait4", ret="0xd",
                  text="wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0, NULL) = 13")
        self.ret(12, "do_syscall_64", outer)
        self.emit("signal_deliver", pid=12, sig="SIGCHLD", code="CLD_EXITED", target=12)
        self.exit(12, "sysret", ax=13, last=parent)
        self.syscall(12, 1, "write", [1, 0x4c9020, 22], 22, [("ksys_write", [("vfs_write", [("tty_write", [
            "n_tty_write", "uart_write"])])])], 'write(1, "child ended with 7\\n", 19)', "write+0x14")

        def idle():
            self.emit("wakeup", pid=0, target=12, comm="fork", new=False)
        self.depth[12] = 0
        outer = self.call(12, "do_syscall_64")
        self.enter(12, "syscall", symbol="clock_nanosleep+0x3e", orig=35, ax=-38, di=0x7ffd0a1e4b00, si=0)
        mine = self.last
        self.emit("sys_enter", pid=12, nr=35, name="nanosleep", args=["0x7ffd0a1e4b00", "0x0"])
        began = [self.call(12, "__x64_sys_nanosleep"), self.call(12, "hrtimer_nanosleep"), self.call(12, "schedule"),
                 self.call(12, "context_switch")]
        self.switch(12, 0, "blocked", "S", on="hrtimer")
        self.t += 24_000
        self.emit("irq", pid=0, irq=0xec, name="timer", phase="begin")
        idle()
        self.emit("irq", pid=0, irq=0xec, name="timer", phase="end")
        self.switch(0, 12, "preempted", "R", by=12)
        self.depth[12] = 5
        for fn in ("context_switch", "schedule", "hrtimer_nanosleep", "__x64_sys_nanosleep"):
            self.ret(12, fn, began.pop())
        self.emit("sys_exit", pid=12, nr=35, name="nanosleep", ret="0x0",
                  text="nanosleep({tv_sec=0, tv_nsec=20000}, NULL) = 0")
        self.ret(12, "do_syscall_64", outer)
        self.exit(12, "sysret", ax=0, last=mine)
        self.t += 3000


def story(events=0, seed=1):
    s = Story(seed)
    s.lines.append({"ev": "meta", "version": 1, "kernel": "Vitrix 0.1 (made up)", "program": "/bin/fork",
                    "argv": ["fork"], "cpus": 1, "pti": False, "pid": 12, "start": s.t})
    s.emit("task", pid=12, tgid=12, comm="walk")
    s.emit("exec", pid=12, file="/bin/fork", old="walk")
    s.emit("task", pid=12, tgid=12, comm="fork")
    s.exit(12, "iret", "rcx is not rip", last=(TEXT, 0x202, {}))
    s.round()
    while len(s.lines) < events - 6:
        s.round()
    s.depth[12] = 0
    s.call(12, "do_syscall_64")
    s.enter(12, "syscall", symbol="_exit+0x18", orig=231, ax=-38, di=0)
    s.emit("sys_enter", pid=12, nr=231, name="exit_group", args=["0x0"])
    s.call(12, "__x64_sys_exit_group")
    s.emit("task_exit", pid=12, code=0)
    s.emit("end", status="exited 0", lost=0, events=len(s.lines))
    return s.lines


def text(events=0, seed=1):
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in story(events, seed))


if __name__ == "__main__":
    sys.stdout.write(text(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
