#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
record.py record [OPTIONS] PROG [ARGS...]   run a program on Vitrix and keep the machine's whole course
record.py replay [OPTIONS] [NAME]           the same course again, for gdb, which can now step backwards, too
record.py list                              what was recorded

A recording lies in build/record/NAME, whole: kernel, archive, QEMU's log of all that came from outside the machine,
and a snapshot of its beginning.  docs/record-replay.md is the guide.

Two recordings of a program are alike to the last instruction, because nothing of the host gets in: time counts
instructions (-icount) and jumps over idle moments (sleep=off), the clock of the year starts at a fixed date, random
numbers come from a fixed seed.  --interactive gives that up: who types does so at a moment of his own.
"""
import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import guest
import vm as V
from vm import VM, BUILD, VMLINUX
from walkpage import machine

TOP_DIR = os.path.join(BUILD, "record")
WALK = os.path.join(BUILD, "bin", "walk")
WALK_FILES = ["--json=/tmp/.walk/walk.jsonl", "-o", "/tmp/.walk/walk.txt"]
DATE = "2024-01-01T00:00:00"
# qboot, because SeaBIOS waits for time that passes outside; no kvmvapic, because resetting it waits for the CPU's
# thread, which waits for the replay: the way back to a snapshot would stop there for ever.
MACHINE = ["-M", "pc", "-bios", "qboot.rom", "-global", "apic-common.vapic=off", "-rtc", "base=%s,clock=vm" % DATE,
           "-seed", "1", "-nic", "none", "-no-reboot", "-display", "none", "-monitor", "none"]


SCRIPT = guest.PROLOGUE + """
$B mkdir -p /tmp/.walk
[ -d /sys/kernel/tracing ] && $B mount -t tracefs tracefs /sys/kernel/tracing
echo BEGIN
%s
echo "END $?"
cd /tmp/.walk
if [ -s walk.jsonl ]; then
	$B stty -F /dev/ttyS1 raw -echo
	$B tar -cf - * | $B gzip -1 >/dev/ttyS1
fi
$B poweroff -f
"""


def qemu_version():
    try:
        out = subprocess.run([V.QEMU, "--version"], stdout=subprocess.PIPE, text=True).stdout
    except OSError as e:
        raise SystemExit("%s cannot be run: %s (tools/install-deps.sh installs it)" % (V.QEMU, e.strerror))
    return out.splitlines()[0] if out else "?"


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def make_qcow2(path):
    """An empty qcow2 image for the snapshots.  QEMU itself makes it, which spares a dependency on qemu-img."""
    open(path, "wb").close()
    cmds = [{"execute": "qmp_capabilities"},
            {"execute": "blockdev-add", "arguments": {"driver": "file", "filename": path, "node-name": "f"}},
            {"execute": "blockdev-create", "arguments": {"job-id": "j", "options": {
                "driver": "qcow2", "file": "f", "size": 1 << 20}}}]
    p = subprocess.Popen([V.QEMU, "-M", "none", "-nodefaults", "-display", "none", "-qmp", "stdio"], text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
    p.stdin.write("".join(json.dumps(c) + "\n" for c in cmds))
    for line in p.stdout:
        answer = json.loads(line)
        if "error" in answer:
            p.kill()
            raise SystemExit("QEMU makes no qcow2 image: " + answer["error"]["desc"])
        if answer.get("data", {}).get("status") == "concluded":
            break
    p.stdin.write('{"execute": "quit"}\n')
    p.communicate(timeout=20)


class Recording:
    """The files of one recording."""

    def __init__(self, name):
        self.name = name
        self.dir = os.path.join(TOP_DIR, name)
        self.bzImage, self.vmlinux, self.initrd, self.snapshots, self.log, self.console, self.recording, self.port = (
            os.path.join(self.dir, f) for f in ("bzImage", "vmlinux", "initrd.cpio", "snapshots.qcow2", "rr.log",
                                                "console.txt", "recording.json", "port"))

    def qemu(self, mode, info, console, port):
        icount = "shift=0,%srr=%s,rrfile=%s,rrsnapshot=start" % (
            "" if info["interactive"] else "sleep=off,", mode, self.log)
        return [V.QEMU, *MACHINE, "-cpu", info["cpu"], "-m", info["mem"], "-kernel", self.bzImage,
                "-initrd", self.initrd, "-append", info["append"],
                "-chardev", "stdio,id=console,signal=off,logfile=" + console, "-serial", "chardev:console",
                "-chardev", "file,id=port,path=" + port, "-serial", "chardev:port",
                "-drive", "file=%s,if=none,id=snapshots" % self.snapshots, "-icount", icount]

    def load(self):
        """recording.json, once all is as it was.  SystemExit when not."""
        try:
            with open(self.recording) as f:
                info = json.load(f)
        except FileNotFoundError:
            raise SystemExit("there is no recording %s%s" % (self.name, recorded_names()))
        except ValueError:
            raise SystemExit("%s is broken; record again" % self.recording)
        for what, path in (("kernel", self.bzImage), ("vmlinux", self.vmlinux), ("archive", self.initrd), ("log", self.log)):
            if not os.path.exists(path):
                raise SystemExit("the recording %s has lost its %s (%s); record again" % (self.name, what, path))
            if digest(path) != info["sha256"][what]:
                raise SystemExit("%s is not the %s that was recorded; record again" % (path, what))
        if (now := qemu_version()) != info["qemu"]:
            raise SystemExit("the recording was made by another QEMU (%s; here is %s); record again" % (info["qemu"], now))
        return info


def recorded_names():
    names = sorted(n for n in os.listdir(TOP_DIR) if os.path.exists(os.path.join(TOP_DIR, n, "recording.json"))
                   ) if os.path.isdir(TOP_DIR) else []
    return "; there are: " + " ".join(names) if names else "; make one with: make record PROG=./program"


def guest_script(prog, opts):
    """Process 1: mounts, runs the program with the console as its output, and powers off."""
    redirect = "" if opts.interactive else " <" + ("/%s/stdin" % guest.GLASS if opts.stdin else "/dev/null")
    tracer = ["/%s/bin/walk" % guest.GLASS, *opts.walk_options, *WALK_FILES] if opts.walk_options is not None else []
    return SCRIPT % (guest.command(prog, tracer) + redirect)


def run(cmd, seconds, interactive):
    """QEMU to its end.  It is asked, not killed: only then is its log whole.  False when time was up."""
    vm = VM.command(cmd)
    if interactive:
        import termios
        import tty
        old = termios.tcgetattr(0) if os.isatty(0) else None
        try:
            if old:
                tty.setraw(0)
            return subprocess.run(cmd).returncode == 0
        finally:
            if old:
                termios.tcsetattr(0, termios.TCSADRAIN, old)
    with vm:
        shown, end = False, time.monotonic() + seconds
        try:
            for line in vm.lines(idle=seconds, total=seconds):
                said = line.startswith("END ")
                if shown and not said:
                    print(line, flush=True)
                shown = not said and (shown or line == "BEGIN")
            vm.proc.wait(max(1, end - time.monotonic()))
        except (V.VMTimeout, subprocess.TimeoutExpired, KeyboardInterrupt):
            vm.proc.send_signal(signal.SIGTERM)
            try:
                vm.proc.wait(20)
            except subprocess.TimeoutExpired:
                raise SystemExit("QEMU does not end; there is no recording")
            return False
        if vm.proc.returncode:
            why = re.findall(r"^qemu\S*: (.*)$", vm.text(), re.M)
            raise SystemExit("QEMU cannot record: " + (why[-1] if why else vm.tail(5)))
    return True


def record(opts):
    if opts.timeout <= 0:
        raise SystemExit("--timeout %g: a number of seconds above 0" % opts.timeout)
    for f in (opts.kernel, opts.vmlinux):
        if not os.path.isfile(f):
            raise SystemExit("%s is not there: run 'make' first" % f)
    prog = guest.find(opts.prog, opts.args, opts.archive)
    name = opts.name or prog.name
    if not re.fullmatch(r"\w[\w.+-]*", name):
        raise SystemExit("--name %s: letters, digits and . + - _ only" % name)
    version = qemu_version()
    rec = Recording(name)
    shutil.rmtree(rec.dir, ignore_errors=True)
    os.makedirs(rec.dir)
    shutil.copy(opts.kernel, rec.bzImage)
    shutil.copy(opts.vmlinux, rec.vmlinux)
    if opts.stdin:
        prog.files["/%s/stdin" % guest.GLASS] = opts.stdin
    guest.pack(prog, [("walk", opts.walk_program)] if opts.walk_options is not None else [], guest_script(prog, opts), rec.initrd, opts.archive)
    make_qcow2(rec.snapshots)
    info = {"argv": prog.argv, "source": prog.source and os.path.abspath(prog.source), "qemu": version,
            "interactive": opts.interactive, "cpu": opts.cpu, "mem": opts.mem,
            "append": "console=ttyS0 panic=-1 quiet rdinit=/%s/init %s" % (guest.GLASS, opts.append)}
    whole = run(rec.qemu("record", info, rec.console, rec.port), opts.timeout, opts.interactive)
    walked = take_walk(rec) if opts.walk_options is not None else ""
    with open(rec.console, errors="replace") as f:
        text = f.read().replace("\r", "")
    m = re.search(r"^END (\d+)$", text, re.M)
    info["status"] = int(m.group(1)) if m else None
    info["sha256"] = {"kernel": digest(rec.bzImage), "vmlinux": digest(rec.vmlinux), "archive": digest(rec.initrd),
                      "log": digest(rec.log), "console": digest(rec.console)}
    with open(rec.recording, "w") as f:
        json.dump(info, f, indent=1)
    with open(os.path.join(TOP_DIR, "last"), "w") as f:
        f.write(name)
    ended = "ended with status %s" % m.group(1) if m else "was cut off after %g s" % opts.timeout if not whole else (
        "did not come to its end: see " + os.path.relpath(rec.console))
    print("%s %s.  Recorded in %s (%d KB of log)." % (
        shlex.join(prog.argv), ended, os.path.relpath(rec.dir), os.path.getsize(rec.log) // 1024) + walked)
    print("Replay it with: make replay NAME=%s (GDB=1 starts gdb, CHECK=1 only compares)" % name)
    return 0 if m or not whole else 1


def take_walk(rec):
    """walk.txt and walk.jsonl out of what came through the port; a sentence about them."""
    with open(rec.port, "rb") as f:
        data = f.read()
    if not data:
        raise SystemExit("walk wrote nothing: see %s" % os.path.relpath(rec.console))
    for name, content in machine.unpack(data).items():
        with open(os.path.join(rec.dir, name), "wb") as f:
            f.write(content)
    return "\nIts walk is there, too; tools/walk.py --from %s draws it." % os.path.relpath(os.path.join(rec.dir, "walk.jsonl"))


def symbols(info):
    """(gdb's commands that load the program's symbols, does it have a main()).  Only where it is linked to run."""
    path = info["source"]
    if not path or not os.path.exists(path):
        return [], False
    with open(path, "rb") as f:
        head = f.read(18)
    if head[:4] != b"\x7fELF" or head[16:18] != b"\x02\0":
        return [], False
    nm = subprocess.run(["nm", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return ["add-symbol-file " + path], bool(re.search(r" T main$", nm, re.M))


def gdb_commands(info, port):
    load, has_main = symbols(info)
    start = ["hbreak *main", "continue", "delete", "monitor savevm main"] if has_main else ["hbreak start_kernel", "continue", "delete"]
    lx = os.path.join(BUILD, "vmlinux-gdb.py")
    return ["set confirm off", "set architecture i386:x86-64", V.GDB_PATIENCE, *(["source " + lx] if os.path.exists(lx) else []), *load,
            "target remote 127.0.0.1:%d" % port, *start]


ATTACH = """\
The replay of %(argv)s waits at the machine's first instruction.  In another terminal:

    gdb %(vmlinux)s -x %(script)s

gdb goes to main() of the program, if it knows one, else to start_kernel().  Then, for example:

    hbreak *&entry_SYSCALL_64         the first instruction of the kernel in a system call
    continue                          forwards to it
    reverse-stepi                     back over the syscall instruction, into the program
    hbreak context_switch
    reverse-continue                  back to the switch before
    monitor savevm here               a snapshot: from now on, the way back is shorter

End it with ^C here, or `kill` in gdb.
"""


def replay(opts):
    name = opts.recording
    if not name:
        try:
            with open(os.path.join(TOP_DIR, "last")) as f:
                name = f.read().strip()
        except OSError:
            raise SystemExit("nothing was recorded yet" + recorded_names())
    rec = Recording(os.path.basename(name))
    info = rec.load()
    # The replay may write snapshots; what it says is a file of its own.
    said = os.path.join(rec.dir, "replay.txt")
    cmd = rec.qemu("replay", info, said, os.path.join(rec.dir, "replay-port"))
    if opts.check:
        with VM.command(cmd) as vm:
            vm.wait(opts.timeout)
        with open(said, "rb") as f, open(rec.console, "rb") as g:
            same = f.read() == g.read()
        print("%s replayed: %s" % (rec.name, "the console says the same, byte for byte" if same else
                                   "the console differs: compare %s and %s" % (rec.console, said)))
        return 0 if same else 1
    if opts.port is not None and not 0 < opts.port < 65536:
        raise SystemExit("%d is no port" % opts.port)
    port = opts.port or V.free_port()
    script = os.path.join(rec.dir, "replay.gdb")
    with open(script, "w") as f:
        f.write("\n".join(gdb_commands(info, port)) + "\n")
    if os.path.exists(V.BZIMAGE) and digest(V.BZIMAGE) != info["sha256"]["kernel"]:
        print("note: the kernel was built anew since; this replays the recorded one, whose lines may have moved")
    cmd += ["-gdb", "tcp:127.0.0.1:%d" % port, "-S"]
    if not opts.gdb:
        print(ATTACH % {"argv": shlex.join(info["argv"]), "vmlinux": os.path.relpath(rec.vmlinux),
                        "script": os.path.relpath(script)}, flush=True)
        return subprocess.run(cmd, stdin=subprocess.DEVNULL).returncode
    if not shutil.which("gdb"):
        raise SystemExit("gdb is not installed (tools/install-deps.sh installs it)")
    with open(os.path.join(rec.dir, "qemu.txt"), "wb") as log:
        qemu = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=V._die_with_parent)
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)        # ^C is gdb's
        return subprocess.run(["gdb", rec.vmlinux, "-x", script, *opts.gdb_args]).returncode
    finally:
        qemu.kill()
        qemu.wait()


def listing(_):
    for name in sorted(os.listdir(TOP_DIR)) if os.path.isdir(TOP_DIR) else []:
        try:
            with open(Recording(name).recording) as f:
                info = json.load(f)
        except (OSError, ValueError):
            continue
        print("%-16s status %-5s %s" % (name, info["status"], shlex.join(info["argv"])))
    return 0


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest="what", required=True)
    r = sub.add_parser("record", help="run a program and keep its course")
    guest.add_program_options(r)
    r.add_argument("--vmlinux", default=VMLINUX)
    r.add_argument("--name", help="of the recording, instead of the program's")
    r.add_argument("--stdin", help="a file for the program's standard input, else /dev/null")
    r.add_argument("--interactive", action="store_true", help="the program reads this terminal")
    r.add_argument("--timeout", type=float, default=300, help="end the recording after so many seconds")
    r.add_argument("--walk", nargs="?", const="-g -f", metavar="OPTIONS", help="run it under walk; default: '-g -f'")
    r.add_argument("--walk-program", default=WALK, help="instead of build/bin/walk")
    g = sub.add_parser("replay", help="take that course again")
    g.add_argument("recording", nargs="?", metavar="NAME", help="the last one, if not given")
    g.add_argument("--gdb", action="store_true", help="start gdb on this terminal")
    g.add_argument("--gdb-args", nargs=argparse.REMAINDER, default=[], help="more arguments for gdb; the last option")
    g.add_argument("--check", action="store_true", help="replay to the end and compare what the console says")
    g.add_argument("--port", type=int, help="for gdb, instead of a free one")
    g.add_argument("--timeout", type=float, default=600)
    sub.add_parser("list", help="what was recorded")
    opts = p.parse_args()
    if opts.what == "record":
        guest.program_options(opts)
        if opts.stdin:
            guest.check_readable(opts.stdin, "--stdin")
        opts.walk_options = machine.split(opts.walk, "--walk") if opts.walk is not None else None
        if opts.walk is not None and not os.path.isfile(opts.walk_program):
            raise SystemExit("%s is not there: run 'make' first" % os.path.relpath(opts.walk_program))
        if opts.interactive and opts.stdin:
            raise SystemExit("--interactive and --stdin exclude each other")
        return record(opts)
    return replay(opts) if opts.what == "replay" else listing(opts)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (V.VMError, machine.WalkFailed) as e:
        raise SystemExit(str(e))
    except BrokenPipeError:
        guest.reader_gone()
