# SPDX-License-Identifier: MIT
"""Who runs, who waits to run, and what the clocks will do: lx-runqueues, lx-timerlist."""
import gdb

from lx.base import (Broken, Command, Failure, container_of, list_of, number, online_cpus, per_cpu, rb_of, say,
                     symbol_at, text_of, var)


def waiting(t, extra):
    return "  0x%x %6d  %-16s nice %-3d %s" % (number(t.address), int(t["pid"]), text_of(t["comm"]),
                                             int(t["static_prio"]) - 120, extra)


class LxRunqueues(Command):
    """lx-runqueues: each CPU's run queue: who runs, and who waits, in the order in which they will be chosen."""
    name = "lx-runqueues"

    def run(self, argv):
        other = var("sched_other_class")
        say("policy %s" % (text_of(other["name"]) if number(other) else "(not chosen yet)"))
        for cpu in online_cpus():
            rq = per_cpu("runqueues", cpu)
            say("CPU %d: rq 0x%x, %d runnable, %d switches, clock %d ns, lock %s" % (
                cpu, number(rq.address), int(rq["nr_running"]), int(rq["nr_switches"]), number(rq["clock"]),
                "held" if int(rq["lock"]["locked"]) else "free"))
            if not number(rq["curr"]):
                say("  not set up yet")
                continue
            curr = rq["curr"].dereference()
            say("  runs: %s, pid %d, %s" % (text_of(curr["comm"]), int(curr["pid"]), self.kept(curr)))
            for queue in (self.rt, self.fair, self.counter):
                try:
                    queue(rq)
                except Broken as e:
                    say("  (%s)" % e)

    def kept(self, t):
        se = t["se"]
        name = text_of(t["sched_class"]["name"]) if number(t["sched_class"]) else "no class"
        return "%s, vruntime %d, ran %d ns in all, weight %d" % (
            name, number(se["vruntime"]), number(se["sum_exec_runtime"]), number(se["weight"]))

    def fair(self, rq):
        fair = rq["fair"]
        if not int(fair["nr"]):
            return
        say("  fair: %d tasks, weight %d, min_vruntime %d" % (
            int(fair["nr"]), number(fair["weight"]), number(fair["min_vruntime"])))
        for t in rb_of(fair["tree"]["rb_root"], "struct task_struct", "se.run_node"):
            ahead = number(t["se"]["vruntime"]) - number(fair["min_vruntime"])
            say(waiting(t, "vruntime min%+d" % ahead))

    def rt(self, rq):
        if not int(rq["rt"]["nr"]):
            return
        say("  rt: %d tasks" % int(rq["rt"]["nr"]))
        queues = rq["rt"]["queue"]
        for i in range(queues.type.range()[1] + 1):
            for t in list_of(queues[i].address, "struct task_struct", "se.run_list"):
                say(waiting(t, "rt_priority %d%s" % (99 - i, ", runs" if int(t["on_cpu"]) else "")))

    def counter(self, rq):
        if not int(rq["counter"]["nr"]):
            return
        say("  counter: %d tasks, recalculated %d times" % (int(rq["counter"]["nr"]), number(rq["counter"]["epoch"])))
        for t in list_of(rq["counter"]["queue"].address, "struct task_struct", "se.run_list"):
            say(waiting(t, "counter %d of %d%s" % (int(t["se"]["counter"]), int(t["se"]["priority"]),
                                                  ", runs" if int(t["on_cpu"]) else "")))


class LxTimerlist(Command):
    """lx-timerlist: the timers of each CPU and clock, the next one first, and what they will do."""
    name = "lx-timerlist"

    def run(self, argv):
        now = int(var("vdso_page")["data"]["base"])
        offset = int(var("vdso_page")["data"]["offs"][0])
        say("now at %d nsecs, by the last tick" % now)
        for cpu in online_cpus():
            base = per_cpu("hrtimer_bases", cpu)
            say("cpu: %d" % cpu)
            for clock, name, shift in ((0, "CLOCK_MONOTONIC", 0), (1, "CLOCK_REALTIME", offset)):
                say(" clock %d: %s, offset %d nsecs" % (clock, name, shift))
                try:
                    for i, timer in enumerate(rb_of(base["tree"][clock]["rb_root"], "struct hrtimer", "node")):
                        say(self.line(i, timer, now + shift))
                except Broken as e:
                    say("  (%s)" % e)
            if number(base["running"]):
                say(" runs now: 0x%x" % number(base["running"]))
            dev = per_cpu("cpu_clockevent", cpu)
            if number(dev):
                say(" device: %s" % text_of(dev["name"]))

    def line(self, i, timer, now):
        function = symbol_at(timer["function"], exact=True) or "0x%x" % number(timer["function"])
        expires = int(timer["expires"])
        return "  #%d: <0x%x>, %s%s\n  # expires at %d nsecs [in %d nsecs]" % (
            i, number(timer.address), function, self.whose(timer, function), expires, expires - now)

    def whose(self, timer, function):
        """A sleeper's task."""
        if function != "wake_sleeper":
            return ""
        try:
            task = container_of(timer.address, "struct sleeper", "timer")["task"]
            return ", wakes %s, pid %d" % (text_of(task["comm"]), int(task["pid"])) if number(task) else ""
        except (Failure, gdb.error):
            return ""


for c in (LxRunqueues, LxTimerlist):
    c()
