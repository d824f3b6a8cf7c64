#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [NAME...]   walk in the guest: the story, JSON, and what it says to bad input

All tests run in one machine, one after the other, each a few lines of shell; what they print is judged here. After
each, every setting of tracefs must be as it was. tests/golden compares the lines with strace's.
"""
import argparse
import base64
import json
import os
import re
import subprocess
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VM, BUILD, TOP                  # noqa: E402

OUT = os.path.join(BUILD, "tests", "walk")
WALK = os.path.join(BUILD, "bin", "walk")
STATIC = ["-O1", "-g", "-w", "-static", "-pthread", "-no-pie"]
PROGRAMS = {name: os.path.join(TOP, "tests", path) for name, path in {
    "fork": "programs/fork.c", "crash": "walk/crash.c", "threads": "programs/threads.c", "signals": "golden/signals.c",
    "cow": "golden/cow.c", "execve": "golden/execve.c", "bomb": "walk/bomb.c", "int80": "walk/int80.c"}.items()}


class Said:
    """What a test printed: its lines, the exit status of the last walk, files that it sent."""

    def __init__(self):
        self.lines, self.status, self.files, self.settings = [], None, {}, None

    @property
    def text(self):
        return "\n".join(self.lines)


def wants(said, status, *patterns):
    assert said.status == status, "exit status %s, not %d" % (said.status, status)
    for p in patterns:
        assert re.search(p, said.text, re.M), "nothing like %r" % p


def story(said):
    wants(said, 0)
    text = said.files["text"]
    for p in (r"^\[\d+\] +[\d.]+ us  (\w+/\d+  )?system call 59, execve", r"rcx <- rip +0x[0-9a-f]+ ", r"r11 <- rflags +0x[0-9a-f]+ \(.*IF\)",
              r"MSR_LSTAR 0xf{8}8[0-9a-f]{7} = entry_SYSCALL_64", r"cs 0x33 -> 0x10, ss 0x2b -> 0x18", r"^    entry +swapgs",
              r"cr3 stays 0x", r"rsp 0x7f\w+ -> 0xffff\w+ ", r"sys_call_table\[59\] = ptregs___x64_sys_execve",
              r"exception 14, page_fault", r"push rip +0x", r"cr2 <- ", r"way back +SYSRET", r"way back +IRET",
              r"^\[\d+\] .*clone\(.*\) = \d+ ", r"fork +fork/\d+ has a child", r"the second return of the fork, rax = 0",
              r"^====== .* fork/\d+ -> fork/\d+ ", r"runs for the first time", r"cow copy +<", r"exited with 7", r"new image  /t/fork"):
        assert re.search(p, text, re.M), "the story has nothing like %r" % p
    words = re.findall(r"0xffff[0-9a-f]{12}  (\w+) +0x[0-9a-f]+|0xffff[0-9a-f]{12}  (\w+) +0 ", text)
    assert len(words) >= 42, "only %d slots of pt_regs are told" % len(words)
    assert "\033" not in text, "colours in a file"


def functions(said):
    wants(said, 0)
    text = said.files["text"]
    assert re.search(r"^ +__x64_sys_clone\(\) \{\n(.*\n)* +\} __x64_sys_clone = \d+  [\d.]+ us", text, re.M), "no tree of clone"
    names = set(re.findall(r"^ +(\w+)\(\)", text, re.M))
    assert {"do_syscall_64", "_do_fork", "copy_process"} & names and len(names) > 50, "functions: %s" % sorted(names)[:40]


FIELDS = {"enter": "cpu pid how vector name error cr2 cr3 sp top regs user", "exit": "cpu pid how why cr3 top regs",
          "sys_enter": "cpu pid nr name args", "sys_exit": "nr name ret text", "call": "fn depth", "ret": "fn depth ret dur",
          "switch": "cpu prev next why on by cr3", "fault": "pid address ip access cause done", "task": "pid tgid comm",
          "fork": "parent child comm", "exec": "pid file old", "task_exit": "pid code", "wakeup": "pid target comm new",
          "signal_generate": "sig code target", "signal_deliver": "sig code", "lost": "cpu count",
          "end": "status lost events", "meta": "version kernel program argv cpus pti pid start"}


def as_json(said):
    wants(said, 0)
    events = [json.loads(x) for x in said.files["json"].splitlines()]
    assert events[0]["ev"] == "meta" and events[-1]["ev"] == "end", "it begins or ends otherwise"
    kinds = {e["ev"] for e in events}
    missing = {"enter", "exit", "sys_enter", "sys_exit", "call", "ret", "switch", "fault", "task", "fork", "exec", "task_exit"} - kinds
    assert not missing, "no %s" % missing
    for e in events:
        if e["ev"] != "meta":
            assert isinstance(e["t"], int), e
        lack = set(FIELDS.get(e["ev"], "").split()) - set(e)
        assert not lack, "%s lacks %s" % (e, lack)
    regs = next(e for e in events if e["ev"] == "enter")["regs"]
    assert len(regs) == 21 and all(re.fullmatch("0x[0-9a-f]+", v) for v in regs.values()), regs
    calls = [e for e in events if e["ev"] == "enter" and e["how"] == "syscall" and e["user"]["symbol"]]
    assert calls and all(e["user"]["insn"] == "syscall" for e in calls)
    late = [e for a, e in zip(events, events[1:]) if e["ev"] != "sys_enter" and a.get("t", 0) > e["t"]]
    assert not late, "not in the order of time: %s" % late[0]
    assert said.files["text"].count("us") > 50, "no text beside the JSON"


def two_cpus(said):
    wants(said, 0, r"^counter 8000")
    assert re.search(r"0 signals taken; \d+ events\.$", said.files["text"].strip()), "no end, or events lost"


def bomb(said):
    wants(said, 143, r"more than 1024 tasks at once")
    assert re.search(r"^LEFT 0$", said.text, re.M), "some of them still run"


# name: (shell, judge). $W is walk; its status is noted after each test. send FILE NAME hands a file over.
TESTS = {
    "story": ("taskset 1 $W -f -o /tmp/o /t/fork; S=$?; send /tmp/o text", story),
    "functions": ("$W -g -n clone -o /tmp/o /t/fork; S=$?; send /tmp/o text", functions),
    "json": ("$W -f -g --json=/tmp/j -o /tmp/o /t/fork; S=$?; send /tmp/j json; send /tmp/o text", as_json),
    "json-alone": ("$W --json true | tail -n 1; S=$?", lambda s: wants(s, 0, r'^\{"ev":"end",.*"status":"exited 0"')),
    "threads": ("$W -f -o /tmp/o /t/threads; S=$?; send /tmp/o text", two_cpus),
    "signals": ("$W /t/signals >/tmp/o; S=$?; cat /tmp/o", lambda s: wants(
        s, 15, r"SIGUSR1 is taken: its handler is 0x\w+ <handler\+0x0>", r"iret as rcx is not rip", r"rt_sigreturn\(\{mask=\[\]\}\)")),
    "int80": ("$W -n write /t/int80 >/tmp/o; S=$?; cat /tmp/o", lambda s: wants(
        s, 0, r"int \$0x80", r"ia32_sys_call_table\[4\] = __ia32_sys_write", r'result +write\(1, "by int 80\\n", 10\) += 10')),
    "colours": ("$W --color=always true | head -n 9; S=0", lambda s: wants(s, 0, "")),
    "events": ("$W -e timer,irq,mem sleep 0.02 | cat; S=$?", lambda s: wants(s, 0, r"^    timer +set: wake_sleeper", r"^    page +takes frame")),
    "missing": ("$W /t/nothing; S=$?", lambda s: wants(s, 127, r"^walk: /t/nothing: No such file or directory$")),
    "missing-on-path": ("$W nothing; S=$?", lambda s: wants(s, 127, r"^walk: nothing: no such program on PATH$")),
    "not-executable": ("echo x >/tmp/x; $W /tmp/x; S=$?", lambda s: wants(s, 126, r"^walk: /tmp/x: Permission denied$")),
    "no-program": ("echo x >/tmp/x; chmod +x /tmp/x; $W --syscalls /tmp/x; S=$?",
                   lambda s: wants(s, 126, r"^walk: /tmp/x: Exec format error$", r"^execve\(.*-1 ENOEXEC")),
    "directory": ("$W /tmp; S=$?", lambda s: wants(s, 126, r"^walk: /tmp is a directory$")),
    "crash": ("$W -e signals /t/crash; S=$?", lambda s: wants(s, 139, r"^killed by SIGSEGV\.")),
    "status": ("$W -o /dev/null sh -c 'exit 42'; S=$?", lambda s: wants(s, 42)),
    "killed": ("$W -o /dev/null sh -c 'kill -9 $$'; S=$?", lambda s: wants(s, 137)),
    "bomb": ("$W -f -o /dev/null /t/bomb; S=$?; echo LEFT $(ps | grep -c '/t/[b]omb')", bomb),
    "interrupted": ("timeout -s INT 1 $W -o /tmp/o sleep 50; S=$?; tail -n 1 /tmp/o; ps | grep '[s]leep 50'",
                    lambda s: wants(s, 130, r"^stopped by SIGINT\.")),
    # walk is stopped meanwhile: it must not be quick enough to empty the buffers.
    "too-small": ("$W -b 1 -g -f -o /tmp/o sh -c 'kill -STOP $PPID; for i in 1 2 3 4 5 6 7 8 9 a b c d e f g h i j k l; do ls >/dev/null; done; kill -CONT $PPID'; S=$?; tail -n 1 /tmp/o; grep -c '!!!' /tmp/o",
                  lambda s: wants(s, 0, r"^walk: \d+ events were lost: .*-b MB", r"\d+ LOST\.$", r"^[1-9]\d*$")),
    "too-large": ("$W -b 4096 true; S=$?", lambda s: wants(s, 1, r"^walk: no room for buffers of 4096 MB a CPU")),
    "no-match": ("$W -n reboot true >/dev/null; S=$?", lambda s: wants(s, 0, r"^walk: -n reboot: no call of that name was made$")),
    "no-such-call": ("$W -n nonsense true; S=$?", lambda s: wants(s, 2, r"^walk: -n: there is no system call 'nonsense'$")),
    "no-such-event": ("$W -e nonsense true; S=$?", lambda s: wants(s, 2, r"^walk: -e: there are no events called 'nonsense'$")),
    "nothing": ("$W; S=$?", lambda s: wants(s, 2, r"^walk: which program\?")),
    "both": ("$W -p 1 true; S=$?", lambda s: wants(s, 2, r"not both$")),
    "no-pid": ("$W -p 4000000; S=$?", lambda s: wants(s, 1, r"^walk: -p 4000000: no such process$")),
    "pid": ("sleep 50 & P=$!; (sleep 0.5; kill $P) & $W --syscalls -p $P; S=$?",
            lambda s: wants(s, 0, r"^--- SIGTERM \{si_signo=SIGTERM, si_code=SI_USER", r"^\+\+\+ killed by SIGTERM \+\+\+$")),
    "twice": ("$W -o /dev/null $W true; S=$?", lambda s: wants(s, 1, r"^walk: another walk is running$")),
    "output": ("$W -o /nothing/x true; S=$?", lambda s: wants(s, 1, r"^walk: /nothing/x: No such file")),
    "unmounted": ("umount /sys/kernel/tracing; $W --syscalls true | tail -n 1; S=$?", lambda s: wants(s, 0, r"^\+\+\+ exited with 0")),
    "not-root": ("chmod 755 /bin/walk; su -s /bin/sh nobody -c '/bin/walk true'; S=$?", lambda s: wants(s, 1, r"^walk: only root may trace$")),
}

SCRIPT = """#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t tmpfs tmpfs /tmp; mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
W=/bin/walk
send() { echo "FILE $2"; gzip -c $1 | base64; echo "FILE END"; }
settings() {
	cd /sys/kernel/tracing
	cat set_event_pid set_ftrace_pid current_tracer tracing_on buffer_size_kb max_graph_depth options/event-fork \\
		options/function-fork options/overwrite events/*/*/enable | md5sum
	cd /tmp
}
cd /tmp
settings >/dev/null
"""


def build():
    os.makedirs(OUT, exist_ok=True)
    a = Archive()
    a.busybox()
    for d in ("proc", "sys", "root", "tmp"):
        a.dir(d, 0o1777 if d == "tmp" else 0o755)
    a.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
    a.file("etc/group", "root:x:0:\nnogroup:x:65534:\n")
    a.copy(WALK, "bin/walk")
    for name, source in PROGRAMS.items():
        a.copy(V.cc(source, os.path.join(OUT, name), STATIC), "t/" + name)
    return a


def boot(archive, names, opts):
    """{name: Said}"""
    script = SCRIPT + "".join('echo "TEST %s"\n%s\necho "STATUS $S"\nsettings\necho "DONE"\n' % (n, TESTS[n][0]) for n in names)
    archive.file("init", script + "echo ALL DONE\npoweroff -f\n", 0o755)
    image = archive.write(os.path.join(OUT, "walk.cpio"))
    results, said, sent = {}, None, None
    extra = ["-accel", "tcg,thread=multi"] if opts.smp > 1 else ()
    with VM(opts.kernel, image, "console=ttyS0 panic=-1 quiet " + opts.append, smp=opts.smp, extra=extra) as vm:
        try:
            for line in vm.lines(idle=120):
                if m := re.match(r"TEST (\S+)$", line):
                    said, name = Said(), m[1]
                elif line == "ALL DONE":
                    return results
                elif not said:
                    continue
                elif m := re.match(r"FILE (\w+)$", line):
                    if m[1] == "END":
                        said.files[file] = zlib.decompress(base64.b64decode("".join(sent)), 31).decode("utf-8", "replace")
                    file, sent = m[1], [] if m[1] != "END" else None
                elif sent is not None:
                    sent.append(line)
                elif m := re.search(r"STATUS (\d+)$", line):
                    said.status = int(m[1])
                elif m := re.match(r"([0-9a-f]{32})  -$", line):
                    said.settings = m[1]
                elif line == "DONE":
                    results[name], said = said, None
                else:
                    said.lines.append(line)
        except V.VMError as e:
            print(e)
        print("the machine did not come to its end:\n" + vm.tail())
    return results


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name", nargs="*")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--append", default="")
    p.add_argument("--smp", type=int, default=2)
    p.add_argument("-v", "--verbose", action="store_true")
    opts = p.parse_args()
    if unknown := set(opts.name) - set(TESTS):
        raise SystemExit("no such test: " + " ".join(sorted(unknown)))
    names = opts.name or list(TESTS)
    if not os.path.exists(WALK) or not os.path.exists(opts.kernel):
        raise SystemExit("run 'make' first")
    results = boot(build(), names, opts)
    settings = next((s.settings for s in results.values()), None)
    passed = failed = 0
    for name in names:
        said, why = results.get(name), None
        try:
            assert said, "it did not run to its end"
            TESTS[name][1](said)
            assert said.settings == settings, "settings of tracefs are not as they were"
        except (AssertionError, KeyError, ValueError) as e:
            why = str(e) or repr(e)
        print("%-20s %s" % (name, "FAIL  " + why if why else "PASS"))
        if why and said or opts.verbose:
            print("".join("      | %s\n" % x for x in said.lines[-40:]), end="")
        passed += not why
        failed += bool(why)
    print("%d passed, %d failed" % (passed, failed))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
