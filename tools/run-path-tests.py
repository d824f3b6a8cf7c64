#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run-path-tests.py [PATH...]   prove with gdb that the kernel takes each path through the names that readers know

For each heading of tests/path/names.txt: boot build/bzImage under QEMU's gdb stub with tests/path/HEADING.c as
/init, set a breakpoint on each name, and see them fire in the listed order, with pti=off and with pti=on.
`CFLAGS: -m32` in a program's comment adds flags, `CPU: MODEL` names the CPU that it needs.  Also: the backtrace at
__x64_sys_clone, and the course's own steps, typed as a reader would type them.
"""
import argparse
import concurrent.futures
import os
import re
import socket
import subprocess
import sys
import time

import vm as V
from vm import Archive, VM, VMError, BUILD, TOP

HERE = os.path.join(TOP, "tests", "path")
OUT = os.path.join(BUILD, "tests", "path")
GDB = ["gdb", "-nx", "-batch", "-ex", "set pagination off", "-ex", "set architecture i386:x86-64", "-ex", V.GDB_PATIENCE]


def read_names(path):
    sections, current = {}, None
    with open(path) as f:
        for line in f:
            line = line.split("#")[0].strip()
            if line.startswith("["):
                current = sections.setdefault(line.strip("[]"), [])
            elif line:
                current.append(line)
    return sections


def note(section, word):
    """What stands behind `word:` in the comment of the program."""
    with open(os.path.join(HERE, section + ".c")) as f:
        m = re.search(r"^\W*%s:\s*([^\n*]*)" % word, f.read(), re.M)
    return m.group(1).strip() if m else ""


def archive_of(section):
    prog = V.cc(os.path.join(HERE, section + ".c"), os.path.join(OUT, section),
                ["-O1", "-g", "-static", "-Wall", "-Wextra", *note(section, "CFLAGS").split()])
    a = Archive()
    a.copy(prog, "init")
    return a.write(prog + ".cpio")


def address_of_main(section):
    out = subprocess.run(["nm", os.path.join(OUT, section)], stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.search(r"^([0-9a-f]+) T main$", out, re.M).group(1)


def run_gdb(cmd, env, seconds):
    """gdb's output, also when it has to be killed."""
    p = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, errors="replace", env=env)
    try:
        return p.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        p.kill()
        return p.communicate()[0] + "\nBAD nothing more within %d s\n" % seconds


def one(section, names, check, pti, opts):
    """Return None, or what went wrong."""
    port = V.free_port()
    program = "fork" if check == "clone-bt" else section
    env = dict(os.environ, PATH_NAMES=" ".join(names), PATH_CHECK=check, PATH_MAIN=address_of_main(program))
    with VM(opts.kernel, archive_of(program), "console=ttyS0 panic=-1 pti=" + pti,
            cpu=opts.cpu or note(program, "CPU") or None, mem="256M",
            gdb=port, stopped=True) as vm:
        out = run_gdb([*GDB, opts.vmlinux, "-ex", "target remote 127.0.0.1:%d" % port,
                       "-x", os.path.join(HERE, "ingdb.py")], env, opts.timeout)
        try:
            vm.wait(0.3)
        except VMError:
            pass
        console = vm.tail(12)
    if opts.verbose:
        print(out)
    if re.search(r"^OK$", out, re.M):
        return None
    hits = re.findall(r"^HIT (\S+)$", out, re.M)
    never = [n for n in names if n not in hits]
    quiet = r"^(HIT .*|MAIN|The target arch.*|0x0000\w* in .*|(Temporary |Hardware assisted )?[Bb]reakpoint \d.*|\s*)\n"
    why = ["\n".join(re.sub(quiet, "", out, flags=re.M).strip().splitlines()[-40:])]
    if check != "order" or names[0] != "start_kernel":
        if "MAIN\n" not in out:
            why.append("/init never came to main()")
    if hits:
        why.append("the last breakpoints: " + " ".join(hits[-12:]))
    if never and check != "clone-bt":
        why.append("never hit: " + " ".join(never))
    return "\n".join(why) + "\n" + console


COURSE_INIT = """#!/bin/sh
mount -t proc none /proc
mount -t sysfs none /sys
echo "Welcome"
/fork
exec /bin/sh
"""


def course(opts):
    """
    cpio and gzip, qemu -S -s, gdb, target remote:1234, b __x64_sys_clone, c, bt: as readers type it, but for the
    address, as a bare container has no /etc/hosts to name localhost.
    """
    root = os.path.join(OUT, "course")
    subprocess.run(["rm", "-rf", root], check=True)
    for d in ("bin", "dev", "proc", "sys"):
        os.makedirs(os.path.join(root, d))
    subprocess.run(["cp", V.busybox_path(), root + "/bin/busybox"], check=True)
    for applet in ("sh", "mount", "echo"):
        os.symlink("busybox", root + "/bin/" + applet)
    subprocess.run(["cp", V.cc(os.path.join(HERE, "fork.c"), os.path.join(OUT, "fork"),
                               ["-O1", "-g", "-static", "-Wall", "-Wextra"]), root + "/fork"], check=True)
    with open(root + "/init", "w") as f:
        f.write(COURSE_INIT)
    os.chmod(root + "/init", 0o755)
    r = subprocess.run("find . -print0 | cpio --null -ov --format=newc | gzip -9 > ../rootfs.cpio.gz", shell=True,
                       cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if r.returncode:
        return "cpio | gzip: " + r.stdout
    # Somebody else's QEMU may hold the port of -s for a while.
    for _ in range(60):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("", 1234))
                break
            except OSError:
                time.sleep(0.5)
    with VM.command([V.QEMU, "-kernel", opts.kernel, "-initrd", os.path.join(OUT, "rootfs.cpio.gz"), "-S", "-s",
                     "-nographic", "-append", "console=ttyS0"]) as vm:
        time.sleep(0.7)
        out = run_gdb(["gdb", "-nx", "-batch", opts.vmlinux, "-ex", "target remote 127.0.0.1:1234", "-ex",
                       "b __x64_sys_clone", "-ex", "c", "-ex", "bt", "-ex", "kill"], None, opts.timeout)
        console = vm.tail(12)
    if opts.verbose:
        print(out)
    for pattern in (r"^Breakpoint 1, (0x\w+ in )?__x64_sys_clone \(", r"^#0 .*__x64_sys_clone", r"^#1 .*do_syscall_64",
                    r"^#2 .*entry_SYSCALL_64"):
        if not re.search(pattern, out, re.M):
            return "gdb's output has no %r:\n%s\n%s" % (pattern, out, console)
    return None


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("path", nargs="*", help="only these headings (also: clone-bt, course)")
    p.add_argument("--pti", choices=("on", "off"), help="only with this")
    p.add_argument("--cpu")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--vmlinux", default=V.VMLINUX)
    p.add_argument("--names", default=os.path.join(HERE, "names.txt"))
    p.add_argument("--timeout", type=int, default=60, help="seconds for one path")
    p.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    p.add_argument("-v", "--verbose", action="store_true", help="show what gdb says")
    opts = p.parse_args()
    for f in (opts.kernel, opts.vmlinux):
        if not os.path.exists(f):
            raise SystemExit("%s is not there: run 'make' first" % f)
    sections = read_names(opts.names)
    os.makedirs(OUT, exist_ok=True)

    jobs = []
    for pti in [opts.pti] if opts.pti else ["off", "on"]:
        for section, names in sections.items():
            check = "user-interrupt" if section == "timer-switch" else "order"
            jobs.append(("%s, pti=%s" % (section, pti), section, one, (section, names, check, pti, opts)))
        jobs.append(("clone-bt, pti=%s" % pti, "clone-bt", one, ("clone-bt", ["__x64_sys_clone"], "clone-bt", pti, opts)))
    jobs.append(("course", "course", course, (opts,)))
    if opts.path:
        if unknown := set(opts.path) - {j[1] for j in jobs}:
            raise SystemExit("no such path: " + " ".join(sorted(unknown)))
        jobs = [j for j in jobs if j[1] in opts.path]
    for section in {"fork" if j[1] == "clone-bt" else j[1] for j in jobs} - {"course"}:
        archive_of(section)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(opts.jobs) as pool:
        futures = [pool.submit(j[2], *j[3]) for j in jobs]
        for job, future in zip(jobs, futures):
            try:
                why = future.result()
            except (VMError, OSError, subprocess.SubprocessError) as e:
                why = str(e)
            print("%-28s %s" % (job[0], "FAIL" if why else "PASS"), flush=True)
            if why:
                failed += 1
                print("      " + why.replace("\n", "\n      "), flush=True)
    print("%d passed, %d failed" % (len(jobs) - failed, failed))
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
