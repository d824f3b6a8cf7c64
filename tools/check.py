#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py [BUILD]: the static checks of `make check`. Prints what is wrong and exits 1, or what is
merely worth a look ("note:") and exits 0.

    headers    every source file says its license in its first lines
    layout     no blanks at line ends; kernel lines have at most 100 columns, files end in a newline
    layering   a leaf's private header is used in that leaf only (LEAVES)
    syscalls   syscalls.tbl is sound, agrees with the ABI's headers, with docs/abi.md, and with
               the calls that BUILD/vmlinux really has
    scripts    Python and shell files parse
    tracing    each function's entry has the tracer's room: check-ftrace.py
    docs       what docs/ names is there: check-docs.py; the check of locks is tried on pages that are wrong
    notes      files over 500 lines, functions over 80
"""
import ast
import collections
import importlib.util
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KERNEL = ("arch", "init", "kernel", "mm", "fs", "tty", "net", "drivers", "lib", "trace", "selfcheck",
          "include")
# Directories that are leaves of the layering; below fs and drivers each directory is one.
LEAVES = re.compile(r"^(fs/[^/]+|drivers/[^/]+|tty|net)/")
SOURCE = (".c", ".h", ".S", ".py", ".sh", ".lds")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)

problems = []
notes = []


def wrong(path, line, text):
    problems.append(f"{path}:{line}: {text}" if line else f"{path}: {text}")


def all_files():
    """What git has or would have; in an unpacked archive, everything but build/."""
    p = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = p.stdout.splitlines()
    if p.returncode:
        for top, dirs, files in os.walk(TOP):
            dirs[:] = [d for d in dirs if d not in ("build", "__pycache__") and d[0] != "."]
            out += [os.path.relpath(os.path.join(top, f), TOP) for f in files]
    return sorted({f for f in out if os.path.isfile(os.path.join(TOP, f))})


def read(path):
    with open(os.path.join(TOP, path), errors="replace") as f:
        return f.read()


def is_script(path, text):
    return text.startswith("#!") or path.endswith((".py", ".sh"))


def check_header(path, text):
    if path.endswith(SOURCE) or text.startswith("#!") or os.path.basename(path) == "Makefile":
        if path.startswith("rootfs/"):
            return
        if "SPDX-License-Identifier: MIT" not in "\n".join(text.split("\n", 3)[:3]):
            wrong(path, 1, "no line SPDX-License-Identifier: MIT at the top")


def check_layout(path, text):
    if text and not text.endswith("\n"):
        wrong(path, 0, "no newline at the end")
    wide = path.startswith(KERNEL) and path.endswith((".c", ".h", ".S"))
    long = []
    for n, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            wrong(path, n, "blanks at the end of the line")
        if wide and len(line.expandtabs(8)) > 100:
            long.append(n)
    if long:
        wrong(path, long[0], f"more than 100 columns (in {len(long)} lines of this file)")


def leaf(path):
    m = LEAVES.match(path)
    return m[1] if m else None


def check_layering(path, text):
    if not path.startswith(KERNEL):
        return
    for m in INCLUDE.finditer(text):
        # Quotes: from the including file's directory, or from the top.
        for base in (os.path.dirname(path), ""):
            target = os.path.normpath(os.path.join(base, m[1]))
            if os.path.exists(os.path.join(TOP, target)):
                break
        owner = leaf(target)
        if owner and owner != leaf(path):
            line = text.count("\n", 0, m.start()) + 1
            wrong(path, line, f"{m[1]} is private to {owner}/; what others need belongs into "
                  "include/vitrix")


def check_script(path, text):
    if path.endswith(".py") or text.startswith("#!/usr/bin/env python3"):
        try:
            ast.parse(text)
        except SyntaxError as e:
            wrong(path, e.lineno, e.msg)
    elif is_script(path, text) and re.match(r"#!.*\b(ba)?sh\b", text):
        shell = "bash" if "bash" in text.split("\n", 1)[0] else "sh"
        p = subprocess.run([shell, "-n", os.path.join(TOP, path)], stderr=subprocess.PIPE, text=True)
        if p.returncode:
            wrong(path, 0, p.stderr.strip())


def note_sizes(path, text):
    if not path.startswith(KERNEL) or not path.endswith((".c", ".h", ".S")):
        return
    lines = text.split("\n")
    if len(lines) > 501:
        notes.append(f"{path}: {len(lines) - 1} lines")
    if not path.endswith(".c"):
        return
    start = None
    for n, line in enumerate(lines, 1):
        if line == "{":
            start = n
        elif line == "}" and start:
            if n - start > 81:
                notes.append(f"{path}:{start}: a function of {n - start - 1} lines")
            start = None


def load_generator():
    spec = importlib.util.spec_from_file_location("gen_syscalls",
                                                  os.path.join(TOP, "tools", "gen-syscalls.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["gen_syscalls"] = module
    spec.loader.exec_module(module)
    return module


def check_old_calls(calls):
    """docs/linux-0.11-calls.md: a line for each of the 72, and ENOSYS exactly where the table says so."""
    page = "docs/linux-0.11-calls.md"
    rows = re.findall(r"^\| (\d+) \| (\w+) \|.*\| ([^|]*) \|$", read(page), re.M)
    if [int(nr) for nr, _, _ in rows] != list(range(72)):
        problems.append(f"{page}: not the numbers 0 to 71, one line each")
    served = {c.nr32 for c in calls if c.served32}
    for nr, name, ours in rows:
        if int(nr) in served if ours == "ENOSYS" else int(nr) not in served and "abi.md" not in ours:
            problems.append(f"{page}: {name} says {ours!r}, syscalls.tbl something else")


def check_syscalls(build):
    gen = load_generator()
    try:
        calls = gen.parse(os.path.join(TOP, "syscalls.tbl"))
    except gen.TableError as e:
        problems.append(str(e))
        return
    problems.extend(gen.gen_check(calls))
    check_old_calls(calls)
    page = os.path.join(TOP, "docs", "abi.md")
    if not os.path.exists(page) or read("docs/abi.md") != "\n".join(gen.gen_abi(calls)) + "\n":
        problems.append("docs/abi.md: older than syscalls.tbl; run make docs/abi.md")

    vmlinux = os.path.join(build, "vmlinux")
    if not os.path.exists(vmlinux):
        notes.append(f"{vmlinux} is not built: which calls it has was not checked")
        return
    out = subprocess.run(["nm", vmlinux], stdout=subprocess.PIPE, text=True, check=True).stdout
    syms = collections.defaultdict(set)
    for parts in map(str.split, out.splitlines()):
        if len(parts) == 3:
            syms[parts[2]].add(parts[0])
    stub = syms["sys_ni_syscall"]
    missing = []
    for c in calls:
        if c.nr64 is None or c.name == "ni_syscall":
            continue
        there = bool(syms[c.symbol] - stub)
        if c.served and not there:
            missing.append(c.name)
        elif not c.served and there:
            problems.append(f"syscalls.tbl:{c.line}: {c.name} is none, and {c.symbol} exists")
        elif c.ptregs and c.served and syms[c.entry] <= syms[c.symbol]:
            problems.append(f"syscalls.tbl:{c.line}: no entry code has the label {c.entry}")
    if missing:
        problems.append(f"syscalls.tbl promises {len(missing)} calls that {vmlinux} does not have: "
                        + " ".join(missing))


def run_check(script, *args):
    p = subprocess.run([sys.executable, os.path.join(TOP, "tools", script), *args], text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if p.returncode:
        problems.extend(p.stdout.splitlines())


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "build")
    for path in all_files():
        text = read(path)
        if "\0" in text:
            continue
        for check in (check_header, check_layout, check_layering, check_script, note_sizes):
            check(path, text)
    check_syscalls(build)
    run_check("check-docs.py")
    run_check("../tests/checks/locking_page.py")
    vmlinux = os.path.join(build, "vmlinux")
    if os.path.exists(vmlinux):
        run_check("check-ftrace.py", vmlinux)
    for n in notes:
        print("note: " + n)
    for p in problems:
        print(p)
    print(f"check: {len(problems)} problem{'s' * (len(problems) != 1)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
