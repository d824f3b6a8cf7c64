#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [N...]   the labs: both languages, the sessions, and the commands of their pages

For each of labs/*/: README.md and README.zh-CN.md have the same commands; lab.toml has both languages; `lab.py --auto`
agrees with the machine; the blocks ```guest, ```gdb and the walks of ```host run, and their outputs are those of
expected-guest.txt, expected-gdb.txt and expected.txt (see match.py).  --save DIR keeps the outputs.
"""
import argparse
import concurrent.futures
import os
import re
import shlex
import subprocess
import sys
import threading
import time
import tomllib

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tools"), os.path.dirname(os.path.abspath(__file__))]

import lab as L             # noqa: E402
import match                # noqa: E402
import vm as V              # noqa: E402
from vm import VM, VMError  # noqa: E402

ROOTFS = os.path.join(V.BUILD, "rootfs.cpio.gz")
LANGUAGES = {"README.md": "README.zh-CN.md", "README.zh-CN.md": "README.md"}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


class Failed(Exception):
    pass


def read(*path):
    with open(os.path.join(TOP, *path)) as f:
        return f.read()


def commands(lab, page="README.md"):
    """{kind: its lines} of all marked blocks of a page."""
    out = {}
    for kind, text in BLOCK.findall(read("labs", lab, page)):
        if kind:
            out.setdefault(kind, []).extend(text.splitlines())
    return out


def compare(lab, name, text, opts):
    if opts.save:
        os.makedirs(opts.save, exist_ok=True)
        with open(os.path.join(opts.save, "%s-%s" % (lab, name)), "w") as f:
            f.write(text)
    path = os.path.join(TOP, "labs", lab, name)
    if not os.path.exists(path):
        raise Failed("labs/%s/%s is not there" % (lab, name))
    why = match.mismatch(read(path), text)
    if why:
        raise Failed("%s:\n%s" % (name, why))


# ---- without a machine

def texts_of(value, where):
    """Every table that has one language must have the other, and neither may be empty."""
    if isinstance(value, dict):
        if ("en" in value) != ("zh" in value) or not value.get("en", "x").strip() or not value.get("zh", "x").strip():
            raise Failed("%s: one language is missing: %s" % (where, str(value)[:80]))
        for key, v in value.items():
            texts_of(v, where + "." + key)
    elif isinstance(value, list):
        for i, v in enumerate(value):
            texts_of(v, "%s[%d]" % (where, i))


def languages(lab, opts):
    pages = {page: commands(lab, page) for page in LANGUAGES}
    if pages["README.md"] != pages["README.zh-CN.md"]:
        raise Failed("the pages of the two languages have different commands")
    for kind in ("host", "guest", "gdb"):
        if not pages["README.md"].get(kind):
            raise Failed("no block of commands ```%s" % kind)
    heads = {page: len(re.findall(r"^## ", read("labs", lab, page), re.M)) for page in LANGUAGES}
    if len(set(heads.values())) != 1:
        raise Failed("the pages have different numbers of sections: %s" % heads)
    for page, other in LANGUAGES.items():
        text = read("labs", lab, page)
        if "](%s)" % other not in text:
            raise Failed("%s does not lead to %s" % (page, other))
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            if not os.path.exists(os.path.join(TOP, "labs", lab, link)):
                raise Failed("%s: there is no %s" % (page, link))
    if not re.search("[\u4e00-\u9fff]", read("labs", lab, "README.zh-CN.md")):
        raise Failed("README.zh-CN.md has no Chinese")
    texts_of(tomllib.loads(read("labs", lab, "lab.toml")), "lab.toml")


# ---- with one

def session(lab, opts):
    r = subprocess.run([sys.executable, os.path.join(TOP, "tools", "lab.py"), lab, "--auto", "--lang", "en",
                        "--kernel", opts.kernel, "--vmlinux", opts.vmlinux],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=opts.timeout)
    m = re.search(r"^(\d+) of (\d+) predictions were right", r.stdout, re.M)
    if r.returncode or not m or m[1] != m[2] or int(m[2]) < 5:
        raise Failed("\n".join(r.stdout.splitlines()[-25:]))


def guest(lab, opts):
    """Type the commands into a shell; what comes is in expected-guest.txt."""
    said = []
    with VM(opts.kernel, ROOTFS, "console=ttyS0 panic=-1 quiet", mem="512M") as vm:
        vm.expect(r"/ # ", 60, "a shell")
        vm.send("PS1='<ready> '\n")
        vm.expect(r"^<ready> ", 20)
        for line in commands(lab)["guest"]:
            start = len(vm.output)
            vm.send(line + "\n")
            vm.expect(r"^<ready> ", opts.timeout, "the end of: " + line)
            text = V.clean(vm.output[start:]).split("\n", 1)[1].rsplit("<ready>", 1)[0]
            said.append("$ %s\n%s" % (line, text))
    compare(lab, "expected-guest.txt", "".join(said), opts)


def gdb(lab, opts):
    """gdb's commands after those of labs/README.md, while a shell starts the program."""
    first = ["target remote 127.0.0.1:%d", V.GDB_PATIENCE, "hbreak start_kernel", "continue", "delete"]
    program = os.path.join("/labs", os.path.basename(L.build(lab)))
    lines = commands(lab)["gdb"]
    port = V.free_port()
    cmd = ["gdb", "-nx", "-batch", "-iex", "add-auto-load-safe-path %s-gdb.py" % opts.vmlinux, "-ex",
           "set pagination off", "-ex", "set confirm off", "-ex",
           "set architecture i386:x86-64", opts.vmlinux]
    for line in [first[0] % port] + first[1:]:
        cmd += ["-ex", line]
    for line in lines:
        cmd += ["-ex", "echo (gdb) %s\\n" % line.replace("\\", "\\\\"), "-ex", line]
    with VM(opts.kernel, ROOTFS, "console=ttyS0 panic=-1 quiet", mem="256M", gdb=port, stopped=True) as vm:
        def type_it():
            try:
                vm.expect(r"/ # ", opts.timeout)
                vm.send(program + "\n")
            except (VMError, AttributeError, OSError):
                pass
        typist = threading.Thread(target=type_it)
        typist.start()
        p = subprocess.Popen(cmd + ["-ex", "kill"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.STDOUT, cwd=TOP, errors="replace")
        try:
            text = p.communicate(timeout=opts.timeout)[0]
        except subprocess.TimeoutExpired:
            p.kill()
            text = p.communicate()[0] + "\n(nothing more within %d s)\n" % opts.timeout
        finally:
            vm.kill()
            typist.join()
    compare(lab, "expected-gdb.txt", text[text.find("(gdb) "):], opts)


def walk(lab, opts):
    """The `make walk` lines of ```host."""
    for line in commands(lab)["host"]:
        words = shlex.split(line)
        if words[:2] != ["make", "walk"]:
            continue
        env = dict(w.split("=", 1) for w in words[2:])
        out = os.path.join(V.BUILD, "tests", "labs", lab)
        r = subprocess.run([sys.executable, "tools/walk.py", "--from-env", "--kernel", opts.kernel, "--out", out],
                           env=dict(os.environ, **env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           timeout=opts.timeout, cwd=TOP)
        if r.returncode:
            raise Failed("%s: status %d\n%s" % (line, r.returncode, r.stdout[-2000:]))
        with open(os.path.join(out, "walk.txt")) as f:
            compare(lab, "expected.txt", f.read(), opts)


CHECKS = {"languages": languages, "session": session, "guest": guest, "gdb": gdb, "walk": walk}


def one(lab, check, opts):
    try:
        CHECKS[check](lab, opts)
        return None
    except (Failed, L.LabError, VMError, OSError, subprocess.SubprocessError, ValueError) as e:
        return str(e) or repr(e)


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("lab", nargs="*", metavar="N")
    p.add_argument("--only", action="append", choices=sorted(CHECKS), help="this check alone")
    p.add_argument("--save", metavar="DIR", help="keep what the commands printed")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--vmlinux", default=V.VMLINUX)
    p.add_argument("--timeout", type=int, default=240, help="seconds for each check")
    p.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    opts = p.parse_args()
    try:
        labs = [L.find(n) for n in opts.lab] or L.all_labs()
    except L.LabError as e:
        raise SystemExit(str(e))
    for f in (opts.kernel, opts.vmlinux, ROOTFS):
        if not os.path.exists(f):
            raise SystemExit("%s is not there: run 'make all rootfs' first" % f)
    for name in labs:
        L.build(name)
    jobs = [(name, check) for name in labs for check in opts.only or CHECKS]
    failed, start = 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(opts.jobs) as pool:
        futures = [pool.submit(one, *job, opts) for job in jobs]
        for (name, check), future in zip(jobs, futures):
            why = future.result()
            print("%-26s %-10s %s" % (name, check, "FAIL" if why else "PASS"), flush=True)
            if why:
                failed += 1
                print("      " + why.replace("\n", "\n      "), flush=True)
    print("%.0f s" % (time.monotonic() - start))
    print("%d passed, %d failed" % (len(jobs) - failed, failed))
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
