#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [PATTERN...]   the gdb commands of tools/gdb: what they print, on machines in known states

Each scene boots build/bzImage with tests/gdb/init.c as /init, under gdb from the first instruction, goes to a place
in the kernel or in the program, and types commands there.  A command passes when its output has all its patterns;
a trace of Python anywhere fails.  PATTERN chooses scenes whose name contains it.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VM, VMError, BUILD, TOP         # noqa: E402

OUT = os.path.join(BUILD, "tests", "gdb")
DEBUG = os.path.join(BUILD, "debug")
MARK = "@@@@ "
SCENES = []
ALL = ("lx-ps", "lx-current", "lx-bt", "lx-stack", "lx-regs", "lx-switch", "lx-vmas", "lx-fdtable", "lx-mounts",
       "lx-locks", "lx-runqueues", "lx-timerlist", "lx-interruptlist", "lx-cpus", "lx-dmesg", "lx-version",
       "lx-cmdline", "lx-syscall 0", "lx-symbols", "lx-pgtable 0 0xffffffff80100000", "p $lx_current().comm",
       "p $lx_task_by_pid(0).pid")
FIRST = ["hbreak start_kernel", "c", "delete"]
TO_SYNC = FIRST + ["b __x64_sys_sync", "c"]
TO_SPIN = TO_SYNC + ["delete", "hbreak *spin", "c"]

# What lx-ps says of tests/gdb/init.c's children: name, state, system call, where it sleeps.
SLEEPERS = (("reads_pipe", "S", "read", "pipe_read"), ("sleeps", "S", "clock_nanosleep", "hrtimer_nanosleep"),
            ("waits", "S", "wait4", "do_wait"), ("polls", "S", "poll", "do_sys_poll"),
            ("in_futex", "S", "futex", "futex_wait"), ("by_int80", "S", "pause", "__x64_sys_pause"),
            ("stops", "T", r"\w*kill", "do_signal_stop"),
            ("dies", "Z", "-", "-"), ("thread", "S", "pause", "__x64_sys_pause"),
            ("writes_tty", "S", "write", "n_tty_write"), ("waits_tty", "S", "write", "n_tty_write .tty->write_mutex."))


class Scene:
    """
    before: commands that go to the place; checks: (command, patterns), the command typed there.  tries: where a CPU
    is just running, the moment may be that of an interrupt; then it is looked at another one.
    """

    def __init__(self, name, before, checks, append="pti=off", kernel=None, tries=1, **vm):
        self.name, self.before, self.checks, self.append, self.vm = name, before, checks, append, vm
        self.kernel, self.tries = kernel, tries
        SCENES.append(self)

    def commands(self):
        yield from self.before
        for i, (command, _) in enumerate(self.checks):
            yield "echo \\n%s%d\\n" % (MARK, i)
            yield command
        yield "echo \\n%send\\n" % MARK
        yield "kill"

    def run(self, opts):
        """[(check's name, what is wrong or None)]"""
        for _ in range(self.tries):
            results = self.run_once(opts)
            if not any(wrong for _, wrong in results):
                break
        return results

    def run_once(self, opts):
        build = self.kernel or os.path.dirname(opts.vmlinux)
        port = V.free_port()
        cmd = ["gdb", "-nx", "-batch", "-iex", "add-auto-load-safe-path " + build, os.path.join(build, "vmlinux"),
               "-ex", "set pagination off", "-ex", "set confirm off", "-ex", "set architecture i386:x86-64", "-ex", V.GDB_PATIENCE,
               "-ex", "target remote 127.0.0.1:%d" % port]
        for c in self.commands():
            cmd += ["-ex", c.replace("*spin", "*0x" + opts.spin)]
        with VM(os.path.join(build, "bzImage"), opts.archive, "console=ttyS0 panic=-1 " + self.append, mem="256M",
                gdb=port, stopped=True, **self.vm) as vm:
            out = run_gdb(cmd, opts.timeout)
            console = vm.tail(8)
        if opts.verbose:
            print(out)
        return self.judge(out, console)

    def judge(self, out, console):
        parts = re.split("^" + MARK + r"(\w+)\n", out, flags=re.M)
        texts = dict(zip(parts[1::2], parts[2::2]))
        results = []
        if "Python Exception" in out or "Traceback" in out:
            results.append((self.name + ": no trace of Python", out[-3000:]))
        for i, (command, patterns) in enumerate(self.checks):
            text = texts.get(str(i))
            why = None
            if text is None:
                why = "never typed; gdb's last words:\n%s\n%s" % (parts[-1][-1500:], console)
            else:
                missing = [p for p in patterns if not re.search(p, text, re.M)]
                if missing:
                    lines = text.strip().splitlines()
                    why = "no %s in:\n%s" % (", ".join(map(repr, missing)), "\n".join(lines[:15] + lines[15:][-25:]))
            results.append(("%s: %s" % (self.name, command), why))
        return results


def run_gdb(cmd, seconds):
    p = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace")
    try:
        return p.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        p.kill()
        return p.communicate()[0] + "\n(nothing more within %d s)\n" % seconds


# ---------------------------------------------------------------- the scenes

def ps_patterns():
    return [r"^0x\w+ +\d+ +\d+ +\d+ +\d %s  %s +%s +%s$" % (s, name, call, re.escape(where) if where == "-" else
                                                          where + "( .*)?")
            for name, s, call, where in SLEEPERS]


def define_scenes():
    Scene("first instruction", [], [(c, [r"not in memory yet"]) for c in ALL if c != "lx-symbols"])
    Scene("start_kernel", FIRST, [(c, []) for c in ALL if c not in ("lx-ps", "lx-version", "lx-syscall 0")] +
          [("lx-ps", [r" 0 +0 +0 +\*0 R  swapper"]), ("lx-version", [r"^Vitrix version"]),
           ("lx-syscall 0", [r"^ *0 read +__x64_sys_read +fs/read_write\.c:\d+"])])
    for pti in "off", "on":
        at_sync("pti=" + pti)
        in_user_mode("pti=" + pti)
    Scene("a switch", FIRST + ["b __x64_sys_pause", "c", "delete", "b context_switch", "c"], [
        ("lx-switch", [r"^from  by_int80, pid \d+, TASK_INTERRUPTIBLE", r"^why   it sleeps: .*, in __x64_sys_pause",
                       r"^to    ", r"^      goes on at 0x\w+ (context_switch\+0x\w+|ret_from_fork)", r"^CPU 0, switch",
                       r"^CR3   0x\w+"]),
        ("lx-bt", [r"^#0  context_switch", r"^#1 .*schedule", r"^user mode: ip "]),
        ("lx-runqueues", [r"^CPU 0: .*lock held"]),
        ("lx-locks", [r"run queue +held"])])
    Scene("a machine with two CPUs", TO_SPIN, [
        ("lx-cpus", [r"^Possible CPUs : \[0", r"^CPU \d: init, pid 1, user mode at 0x\w+"]),
        ("lx-ps", [r" 1 +1 +0 +\*\d R  init +user"] + ps_patterns()),
        ("lx-runqueues", [r"^CPU 0:", r"runs: init, pid 1"]),
        ("lx-bt 0", [r"^#\d+ +(0x\w+ in )?sched_idle_loop"]),
        ("lx-bt 1", [r"^user mode, this moment: ip 0x\w+ sp 0x\w+ in /init"])], tries=4, smp=2,
        extra=["-accel", "tcg,thread=multi"])
    Scene("four CPUs", TO_SYNC, [
        ("lx-cpus", [r"^CPU 0: init, pid 1, at __x64_sys_sync", r"^CPU 1: in_user, pid \d+, user mode at 0x",
                     r"^CPU 2: in_syscall, pid \d+, at ", r"^CPU 3: swapper/3, pid 0, at sched_idle_loop"]),
        ("thread apply all bt", [r"^#0 +__x64_sys_sync", r"^#\d+ .*__x64_sys_read \(", r"^#\d+ .*sched_idle_loop",
                                 r"^Thread 1 ", r"^Thread 2 ", r"^Thread 3 ", r"^Thread 4 "]),
        ("lx-bt in_user", [r"^in_user, pid \d+, TASK_RUNNING, runs on CPU 1",
                           r"^user mode, this moment: ip 0x\w+ sp 0x\w+ in /init"]),
        ("lx-bt in_syscall", [r"^in_syscall, pid \d+, TASK_RUNNING, runs on CPU 2", r"^#\d+ .*__x64_sys_read \(fd=",
                              r"^#\d+ .*entry_SYSCALL_64", r"^user mode: ip 0x\w+ sp 0x\w+ in /init"]),
        ("lx-bt reads_pipe", [r"^#[23] .*pipe_read"]),
        ("thread 2", []),
        ("lx-bt reads_pipe", [r"^#[23] .*pipe_read"]),
        ("lx-current", [r"\*1 R  in_user +user"]),
        ("thread 4", []),
        ("bt", [r"^#\d+ .*sched_idle_loop", r"^#\d+ .*start_secondary \(\)(?!.*\nBacktrace stopped)"]),
        ("lx-bt in_syscall", [r"^#\d+ .*__x64_sys_read \(fd="]),
        ("lx-ps", [r"\*1 R  in_user", r"\*2 R  in_syscall +read"] + ps_patterns())],
        append="pti=on four=on", tries=4, smp=4, extra=["-accel", "tcg,thread=multi"])
    Scene("sched=counter", TO_SYNC, [
        ("lx-runqueues", [r"^policy counter", r"^  counter: \d+ tasks?", r"init .*counter \d+ of 20"])],
        append="sched=counter")
    Scene("trace", FIRST + ["lx-trace", "b __x64_sys_sync", "c"], [
        ("lx-trace 400", [r"^ +init-1 +\[000\] [d.][N.][hz.]\S\. +\d+\.\d{6}: sys_enter: NR 162 \(",
                          r": sched_switch: prev_comm=\w+ prev_pid=\d+ prev_prio=120 prev_state=S ==> next_comm=",
                          r": context_switch: waits_tty/\d+ \(blocked\) ==> .* waits in n_tty_write$",
                          r": user_enter: syscall vector=0 ", r": user_exit: sysret cr3=",
                          r": sys_write: \(fd: 1, buf: \w+, count: 100000\)$",
                          r": sys_clock_nanosleep -> 0x0: 0$", r"^CPU 0: \d+ slots of 32 bytes in use"]),
        ("lx-trace 2", [r"sys_sync"]),
        ("lx-trace many", [r"usage: lx-trace"]),
        ("set var $lx_per_cpu(trace_rings, 0).ring.mask = 77", []),
        ("lx-trace", [r"ring is broken"])],
        append="trace_event=sched:sched_switch,raw_syscalls,user_enter,user_exit,context_switch")
    Scene("function graph", TO_SYNC, [
        ("lx-ps", [r" 1 +1 +0 +\*0 R  init +sync +-$"] + ps_patterns()),
        ("lx-bt reads_pipe", [r"^#0 .*context_switch \(", r"^#[12] .*schedule \(", r"^#[23] .*pipe_read \(file=0x",
                              r"^#\d .*__x64_sys_read \(", r"^#\d .*entry_SYSCALL_64", r"^user mode: ip"]),
        ("lx-stack reads_pipe", [r"return to pipe_read\+0x"]),
        ("lx-bt", [r"__x64_sys_sync", r"entry_SYSCALL_64"]),
        ("lx-locks", [r"tty->write_mutex +held by writes_tty", r"waits: waits_tty"]),
        ("lx-trace 5", [r": funcgraph_(entry|exit): "])], append="graph=on")
    Scene("locks", FIRST + ["b __x64_sys_pipe2", "c", "delete", "b handle_mm_fault", "c"], [
        ("lx-locks", [r"^rw_semaphore +0x\w+ +mm->mmap_lock +held by 1 reader"]),
        ("delete", []), ("b do_mmap", []), ("c", []),
        ("lx-locks", [r"^rw_semaphore +0x\w+ +mm->mmap_lock +held for writing by \w+, pid \d+"])])
    broken()
    if os.path.exists(os.path.join(DEBUG, "bzImage")):
        Scene("debug kernel", FIRST + ["b __x64_sys_pause", "c", "delete", "b context_switch", "c"], [
            ("lx-locks", [r"holds 1 lock$", r"run queue +taken at schedule\+0x",
                          r"run queue +held by CPU 0 since schedule"])], kernel=DEBUG)


def at_sync(append):
    Scene("at sync, " + append, TO_SYNC, [
        ("lx-ps", [r" 1 +1 +0 +\*0 R  init +sync +-$"] + ps_patterns()),
        ("lx-current", [r"\*0 R  init +sync"]),
        ("lx-cpus", [r"^CPU 0: init, pid 1, at __x64_sys_sync"]),
        ("lx-cmdline", [r"^console=ttyS0 panic=-1 " + append]),
        ("lx-version", [r"^Vitrix version \S+ \(gcc "]),
        ("lx-dmesg", [r"^\[ +\d+\.\d{6}\] Command line: console=ttyS0", r"Run /init as init process$"]),
        ("lx-dmesg 1", [r"^\[.*Run /init as init process$"]),
        ("lx-bt reads_pipe", [r"^reads_pipe, pid \d+, TASK_INTERRUPTIBLE", r"^#0 .*context_switch \(",
                                        r"^#[12] .*schedule \(\)", r"^#[23] .*pipe_read \(file=0x",
                                        r"^#\d .*__x64_sys_read \(", r"^#\d .*entry_SYSCALL_64",
                                        r"^user mode: ip 0x\w+ sp 0x\w+ in /init\+0x"]),
        ("lx-bt waits_tty", [r"mutex_lock_slow \(lock=0x", r"n_tty_write"]),
        ("lx-bt", [r"^#0  __x64_sys_sync"]),
        ("lx-bt 0", [r"^#\d .*sched_idle_loop"]),
        ("bt", [r"^#0  __x64_sys_sync", r"entry_SYSCALL_64"]),
        ("lx-task reads_pipe", [r"^#1 .*context_switch"]),
        ("bt", [r"^#[34] .*pipe_read"]),
        ("lx-task off", []),
        ("bt 1", [r"^#0  __x64_sys_sync"]),
        ("lx-regs sleeps", [r"^came in by SYSCALL: clock_nanosleep", r"orig_ax +0{14}e6  system call",
                                      r"flags +\w+  .*IF", r"cs +0{14}33  __USER_CS", r" ax +f+da  -ENOSYS"]),
        ("lx-regs by_int80", [r"^came in by int .0x80: pause", r"orig_ax +0{14}1d  system call pause", r" di +0{15}5"]),
        ("lx-stack sleeps", [r"<- top: 16 KiB, \d+ bytes used", r"pt_regs.ss +__USER_DS",
                                       r"return to hrtimer_nanosleep\+0x", r"r15  __switch_to_asm saved it   <- sp"]),
        ("lx-stack", [r"pt_regs.orig_ax", r"return to entry_SYSCALL_64\+0x\w+   <- sp"]),
        ("lx-vmas 1", [r"^mm 0x\w+: \d+ areas", r"^0x\w+ 000000401000-\w+ r-xp +1000 /init$", r"\[stack\]$",
                       r"\[heap\]$", r"\[vdso\]$"]),
        ("lx-vmas 0", [r"lx-vmas: swapper/0 has no address space"]),
        ("lx-pgtable 1 0x401000", [r"^  pgd .*PRESENT", r"^  pte .*PRESENT USER",
                                   r"user (mode|and kernel) may read, execute$", r"_refcount \d+, flags .*file"]),
        ("lx-pgtable 1 &init_task", [r"^  pmd|^  pte", r"the kernel alone may read, write$"]),
        ("lx-pgtable 1 0x10", [r"not present", r"no area holds the address: SIGSEGV"]),
        ("lx-pgtable 1 0x1234567890123456", [r"is not canonical"]),
        ("lx-pgtable 1", [r"usage: lx-pgtable PID ADDRESS"]),
        ("lx-fdtable 1", [r"^ +3 0x\w+ RDONLY\|CLOEXEC +0 +\d+ fifo +pipe:\[\d+\]$",
                          r"^ +5 0x\w+ RDWR\|APPEND(\|LARGEFILE)? +6 +\d+ file +/data$", r"char +/dev/console$"]),
        ("lx-fdtable dies", [r"lx-fdtable: dies has no descriptors"]),
        ("lx-mounts", [r"^0x\w+ 0x\w+ rootfs / rootfs rw", r" none /proc proc rw,nosuid", r" none /dev devtmpfs rw"]),
        ("lx-locks", [r"^mutex +0x\w+ +tty->write_mutex +held by writes_tty, pid \d+", r"waits: waits_tty, pid \d+$",
                      r"\d+ held of \d+ looked at"]),
        ("lx-timerlist", [r"^cpu: 0", r"wake_sleeper, wakes sleeps, pid \d+$", r"expires at \d+ nsecs"]),
        ("lx-interruptlist", [r"^ +CPU0", r"^ +4: .*ttyS", r"^LOC: +\d+ "]),
        ("lx-runqueues", [r"^policy fair", r"^  runs: init, pid 1, fair"]),
        ("lx-syscall newfstat", [r"^ +5 newfstat +__x64_sys_newfstat +fs/stat.c:\d+", r"struct stat __user"]),
        ("lx-syscall getpid", [r"^ +39 getpid +__x64_sys_getpid +\S+\.c:\d+"]),
        ("lx-syscall clone", [r"^ +56 clone +ptregs___x64_sys_clone "]),
        ("lx-syscall 99999", [r"there is no call 99999"]),
        ("lx-syscall nosuchcall", [r"no call has nosuchcall"]),
        ("lx-switch", [r"not at a switch"]),
        ("p $lx_current().comm", [r'= "init']),
        ("p $lx_task_by_pid(3).comm", [r'= "\w+']),
        ("p $lx_task_by_pid(4242)", [r"no task has the pid 4242"]),
        ("p $lx_per_cpu(runqueues).curr->pid", [r"= 1$"]),
        ("p $lx_per_cpu(\"cpu_number\", 0)", [r"= 0$"]),
        ("p $lx_per_cpu(runqueues, 99)", [r"there is no CPU 99"]),
        ("p $container_of(&$lx_current().tasks, \"struct task_struct\", \"tasks\").pid", [r"= 1$"]),
        ("lx-bt 4242", [r"no task has the pid 4242"]),
        ("p $lx_task_by_pid($void)", [r"lx_task_by_pid: "]),
        ("lx-bt nonsense", [r"nonsense is not a pid or a task's name"]),
        ("lx-regs 0xffffdead00000000", [r"no task_struct at"])], append=append)


def in_user_mode(append):
    Scene("user mode, " + append, TO_SPIN, [
        ("set $before = $cr3", []),
        ("lx-ps", [r" 1 +1 +0 +\*0 R  init +user +-$"] + ps_patterns()),
        ("lx-current", [r"init +user"]),
        ("lx-bt", [r"^user mode, this moment: ip 0x\w+ sp 0x\w+ in /init\+0x"]),
        ("lx-stack", [r"the stack is empty: the CPU is in user mode"]),
        ("lx-regs", [r"^in user mode: these are the registers of the crossing before"]),
        ("lx-dmesg 1", [r"Run /init"]),
        ("lx-vmas", [r"/init$"]),
        ("lx-locks", [r"held by writes_tty"]),
        ("p $lx_current().pid", [r"= 1$"]),
        ("p $cr3 == $before", [r"= 1$"])], append=append)


def broken():
    """Lists that lead nowhere or in circles: said, not followed."""
    Scene("broken lists", TO_SYNC, [
        ("set $n = init_task.tasks.next", []),
        ("set $keep = *$n", []),
        ("set var $n->next = (struct list_head *)0x10", []),
        ("lx-ps", [r"swapper", r"^\(the list at 0x\w+ is broken: "]),
        ("lx-bt 4242", [r"the list at 0x\w+ is broken"]),
        ("set var $n->next = $n", []),
        ("lx-ps", [r"the list at 0x\w+ is broken"]),
        ("set var *$n = $keep", []),
        ("set var $lx_current().mm->mmap->vm_next = (struct vm_area_struct *)0x30", []),
        ("lx-vmas", [r"the list of areas is broken at 0x30"]),
        ("set var $lx_current().files->fdt->fd[3] = (struct file *)0x50", []),
        ("lx-fdtable", [r"^ +3 0x50  .broken"]),
        ("set var $lx_current().files->fdt->max_fds = 0xffffffff", []),
        ("lx-fdtable", [r"the table is broken"]),
        ("set var $lx_task_by_pid(2).thread.sp = 0x1230", []),
        ("lx-bt 2", [r"is not in the task's stack"]),
        ("lx-ps", [r" 2 +2 +1 .* reads_pipe +read +-$"]),
        ("set var $lx_per_cpu(runqueues).fair.tree.rb_root.rb_node = (struct rb_node *)0x70", []),
        ("lx-runqueues", [r"^CPU 0"]),
        ("set var 'kernel/printk.c'::first_off = 0x77", []),
        ("lx-dmesg", [r"the log is broken"])])


def hint(opts):
    """What `make debug` prints can be typed as it stands."""
    name = "the words of make debug"
    port = V.free_port()
    env = dict(os.environ, GDB_PORT=str(port), PYTHONDONTWRITEBYTECODE="1")
    vm = VM.command(["env", "GDB_PORT=%d" % port, os.path.join(TOP, "tools", "run-vm.sh"), "--gdb", opts.vmlinux,
                     os.path.join(os.path.dirname(opts.vmlinux), "bzImage"), opts.archive])
    with vm:
        vm.expect(rb"Leave QEMU with", 10)
        m = re.search(r"^ +(gdb (?:.*\\\n)*.*)$", vm.text(), re.M)
        if not m:
            return [(name, "no command in:\n" + vm.text())]
        command = m[1].replace("gdb ", "gdb -nx -batch ", 1) + " -ex lx-version -ex lx-ps -ex kill"
        p = subprocess.run(command, shell=True, cwd=TOP, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=opts.timeout)
    good = re.search(r"^Vitrix version", p.stdout, re.M) and "swapper/0" in p.stdout
    return [(name, None if good else m[0] + "\n" + p.stdout[-2000:])]


class Hint:
    name, checks = "the words of make debug", (1, 2)
    run = staticmethod(hint)


def prepare(opts):
    os.makedirs(OUT, exist_ok=True)
    prog = V.cc(os.path.join(HERE, "init.c"), os.path.join(OUT, "init"),
                ["-O1", "-g", "-static", "-Wall", "-Wextra", "-Wno-unused-result"])
    a = Archive()
    a.copy(prog, "init")
    opts.archive = a.write(prog + ".cpio")
    out = subprocess.run(["nm", prog], stdout=subprocess.PIPE, text=True, check=True).stdout
    opts.spin = re.search(r"^([0-9a-f]+) T spin$", out, re.M)[1]


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("pattern", nargs="*")
    p.add_argument("--vmlinux", default=V.VMLINUX, help="with bzImage and vmlinux-gdb.py beside it")
    p.add_argument("--timeout", type=int, default=120, help="seconds for one scene")
    p.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    p.add_argument("-l", "--list", action="store_true")
    p.add_argument("-v", "--verbose", action="store_true", help="show what gdb says")
    opts = p.parse_args()
    define_scenes()
    SCENES.append(Hint)
    scenes = [s for s in SCENES if not opts.pattern or any(x in s.name for x in opts.pattern)]
    if opts.list:
        print("\n".join(s.name for s in scenes))
        return 0
    if not os.path.exists(os.path.join(os.path.dirname(opts.vmlinux), "vmlinux-gdb.py")):
        raise SystemExit("%s has no vmlinux-gdb.py beside it: run 'make' first" % opts.vmlinux)
    prepare(opts)
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(opts.jobs) as pool:
        for scene, future in [(s, pool.submit(s.run, opts)) for s in scenes]:
            try:
                results = future.result()
            except (VMError, OSError) as e:
                results = [(scene.name, str(e))]
            bad = [r for r in results if r[1]]
            print("%-24s %3d commands  %s" % (scene.name, len(scene.checks), "FAIL" if bad else "PASS"), flush=True)
            for name, why in bad:
                print("    %s\n      %s" % (name, why.replace("\n", "\n      ")), flush=True)
            passed += len(results) - len(bad)
            failed += len(bad)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except VMError as e:
        raise SystemExit(str(e))
