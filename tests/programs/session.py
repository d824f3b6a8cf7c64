#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
A person at busybox's shell: job control, pipelines, an editor, the usual tools, and switching the machine off.

Each step types something and says what must come back; the shell's prompt ends it.  A step that fails is reported
and the session goes on with ^C.  run() is called by run.py; alone, `session.py [KERNEL]` runs it on any kernel.
"""
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VM, VMError, BUILD              # noqa: E402

PROMPT = rb"VX# (\x1b\[6n)?$"        # the line editor may ask where the cursor is
CTRL_C, CTRL_D, CTRL_Z, ESC = "\x03", "\x04", "\x1a", "\x1b"

# `cttyhack` gives the shell a controlling terminal: without one there is no job control on any kernel.  The shell
# is not process 1: children of process 1 are an orphaned group, which ^Z does not stop.
INIT = """#!/bin/sh
export PATH=/bin HOME=/root TERM=vt100 PS1='VX# '
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /tmp /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
cd /tmp
setsid cttyhack sh
poweroff -f
"""


class Session:
    def __init__(self, vm):
        self.vm = vm

    def prompt(self, timeout=20):
        return self.vm.expect(PROMPT, timeout, "the shell's prompt")

    def run(self, line, *wanted, timeout=20):
        """Type a line; everything up to the next prompt must match each pattern.  Returns that text."""
        start = self.vm.pos
        self.vm.send(line + "\n")
        self.prompt(timeout)
        text = V.clean(self.vm.output[start:self.vm.pos])
        # The first line is the terminal's echo of what was typed.
        text = text.split("\n", 1)[1] if "\n" in text else text
        for w in wanted:
            if not re.search(w, text, re.M):
                raise VMError("after %r no %r in:\n%s" % (line, w, text))
        return text


def step_echo(s):
    s.run("echo hello, world", r"^hello, world$")


def step_backspace(s):
    s.run("echo abcx\x7fd", r"^abcd$")


def step_pipeline_of_four(s):
    s.run("cat /etc/words | grep o | sort -r | head -2", r"^two\none$")


def step_background_and_fg(s):
    s.run("sleep 100 &")
    s.run("jobs", r"\[1\].*Running.*sleep 100")
    s.vm.send("fg\n")
    s.vm.expect(rb"sleep 100\r?\n", 10)
    time.sleep(0.3)
    s.vm.send(CTRL_Z)
    s.prompt()
    s.run("jobs", r"\[1\].*Stopped.*sleep 100")
    s.run("bg", r"sleep 100")
    s.run("jobs", r"\[1\].*Running.*sleep 100")
    s.vm.send("fg\n")
    s.vm.expect(rb"sleep 100\r?\n", 10)
    time.sleep(0.3)
    s.vm.send(CTRL_C)
    s.prompt()
    text = s.run("jobs; echo end of jobs", r"^end of jobs$")
    if "sleep" in text:
        raise VMError("^C did not end it:\n" + text)


def step_interrupt(s):
    s.vm.send("sleep 1000\n")
    time.sleep(0.5)
    s.vm.send(CTRL_C)
    s.prompt(5)
    s.run("echo $?", r"^130$")


def step_interrupt_a_loop(s):
    s.vm.send("while :; do :; done\n")
    time.sleep(0.7)
    s.vm.send(CTRL_C)
    s.prompt(5)
    s.run("echo alive", r"^alive$")


def step_interrupt_a_pipeline(s):
    s.vm.send("yes | cat >/dev/null\n")
    time.sleep(0.7)
    s.vm.send(CTRL_C)
    s.prompt(5)
    s.run("echo alive", r"^alive$")


def step_stop_a_pipeline(s):
    s.vm.send("yes | cat >/dev/null\n")
    time.sleep(0.5)
    s.vm.send(CTRL_Z)
    s.prompt(5)
    s.run("jobs", r"Stopped")
    s.run("kill %1; fg 2>/dev/null; wait; jobs; echo gone", r"^gone$")


def step_end_of_file(s):
    s.vm.send("cat >typed\n")
    time.sleep(0.5)             # the shell's line editor would read ahead
    s.vm.send("first\nsecond\n" + CTRL_D)
    s.prompt()
    s.run("cat typed", r"^first\nsecond$")


def step_ls(s):
    s.run("mkdir -p /tmp/l/d; touch /tmp/l/f; ln -s f /tmp/l/s; ls -l /tmp/l",
          r"^drwxr-xr-x .* d$", r"^-rw-r--r-- .* 0 .* f$", r"^lrwxrwxrwx .* s -> f$")
    s.run("ls /", r"\bbin\b", r"\bproc\b")
    s.run("ls -la /dev/console /dev/null", r"^c.* 5, +1 .*console$", r"^crw-rw-rw- .* 1, +3 .*null$")


def step_ps(s):
    s.run("ps", r"^ *PID", r"^ *1 root .*", r"\bps\b")


def step_top(s):
    s.run("top -b -n1 | head -20", r"^Mem: \d+K used, \d+K free", r"^CPU: ", r"^Load average: ", r"PID.*COMMAND")


def step_vi(s):
    s.vm.send("vi note.txt\n")
    time.sleep(1)
    s.vm.send("iwritten in vi" + "\r" + "second line" + ESC)
    time.sleep(0.5)
    s.vm.send(":wq\r")
    s.prompt()
    s.run("cat note.txt", r"^written in vi\nsecond line$")
    # The terminal is back in cooked mode.
    s.run("echo sane", r"^sane$")


def step_tools(s):
    s.run("mkdir -p t/u; echo needle >t/u/x; find t -name x -type f", r"^t/u/x$")
    s.run("grep -rn needle t", r"^t/u/x:1:needle$")
    s.run("echo 1 2 3 | awk '{print $3-$1}'", r"^2$")
    s.run("tar czf t.tgz t && rm -r t && tar xzf t.tgz && cat t/u/x", r"^needle$")


def step_dmesg(s):
    s.run("dmesg | wc -l", r"^[1-9]\d*$")


def step_mount_and_df(s):
    s.run("mount", r"^proc on /proc type proc", r"^tmpfs on /tmp type tmpfs")
    s.run("df", r"^tmpfs .* /tmp$")
    s.run("mkdir -p m; mount -t tmpfs none m && echo x >m/x && ls m && umount m && ls m | wc -l", r"^x$", r"^0$")


def step_proc(s):
    s.run("cat /proc/version", r"^\S+ version ")
    s.run("uname -sr", r"^Linux 6\.1\.")
    s.run("cat /proc/uptime", r"^\d+\.\d+ \d+\.\d+$")
    s.run("free | head -2", r"^Mem: +\d+")
    s.run("cat /proc/self/maps | tail -4", r"\[stack\]")
    s.run("stty -a", r"speed \d+ baud", r"icanon")


def step_time(s):
    s.run("time sleep 1", r"real\s+0m 1\.\d+s")
    s.run("date +%s", r"^1[6-9]\d{8}$|^[2-9]\d{9}$")


def step_subshells(s):
    s.run("(cd / && pwd); pwd", r"^/$", r"^/tmp$")
    s.run("sh -c 'exit 5'; echo $?", r"^5$")
    s.run("nosuchcommand; echo $?", r"not found", r"^127$")
    s.run("sh -c 'kill -SEGV $$'; echo $?", r"139")


STEPS = [step_echo, step_backspace, step_pipeline_of_four, step_background_and_fg, step_interrupt,
         step_interrupt_a_loop, step_interrupt_a_pipeline, step_stop_a_pipeline, step_end_of_file, step_ls, step_ps,
         step_top, step_vi, step_tools, step_dmesg, step_mount_and_df, step_proc, step_time, step_subshells]


def pack():
    a = Archive()
    a.busybox()
    for d in ("proc", "sys", "root", "tmp"):
        a.dir(d)
    a.file("etc/words", "one\ntwo\nthree\nfour\n")
    a.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    a.file("init", INIT, 0o755)
    return a.write(os.path.join(BUILD, "tests", "programs", "session.cpio"))


def run(kernel=V.BZIMAGE, cpu=None, verbose=False):
    """(passed, failed)"""
    passed = failed = 0

    def note(name, why=None):
        nonlocal passed, failed
        passed += why is None
        failed += why is not None
        print("%-24s %s" % ("session: " + name, "FAIL" if why else "PASS"), flush=True)
        if why:
            print("      " + why.replace("\n", "\n      "), flush=True)

    with VM(kernel, pack(), "console=ttyS0 panic=-1 quiet", cpu=cpu) as vm:
        s = Session(vm)
        try:
            s.prompt(90)
        except VMError as e:
            note("prompt", str(e))
            return passed, failed
        note("prompt")
        for i, step in enumerate(STEPS):
            name = step.__name__[5:].replace("_", " ")
            try:
                step(s)
                note(name)
            except VMError as e:
                note(name, str(e))
                if isinstance(e, V.VMDied):
                    break
                # Leave an editor or a running command, and find the prompt again.
                try:
                    vm.send(CTRL_C + ESC + ":q!\r" + CTRL_C + "\n")
                    time.sleep(1)
                    vm.send("echo resyn''ced\n")
                    vm.expect(rb"resynced\r?\n", 10)
                    s.prompt(5)
                except VMError as e2:
                    note("the steps after that (%d)" % (len(STEPS) - i - 1), "no way back to the prompt: %s" % e2)
                    return passed, failed
        try:
            vm.send("poweroff -f\n")
            vm.wait(20)
            note("poweroff")
        except VMError as e:
            note("poweroff", str(e))
        if verbose:
            print(vm.text())
    return passed, failed


if __name__ == "__main__":
    V.exit_on_signals()
    good, bad = run(*sys.argv[1:2], verbose=True)
    print("%d passed, %d failed" % (good, bad))
    sys.exit(1 if bad or not good else 0)
