#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [NAME...]   real programs: the same words on Linux and on Vitrix, and an interactive session of a shell

The programs here are compiled on the host (static, static-PIE, C++, threads, and one dynamically linked with the
host's ld.so and libraries beside it) and run on Debian's kernel and on Vitrix; what they print and how they end
must be the same.  What Linux said is kept in build/tests/programs/ under a hash of the archive.  A few of busybox's
applets and shell scripts are compared the same way.  shares prints percentages of CPU time; they must lie within
bounds, on Linux and on Vitrix, and (shares-counter) on Vitrix with sched=counter.  Then session.py types at a shell.
"""
import argparse
import glob
import hashlib
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VM, VMError, BUILD, TOP         # noqa: E402
import session                                          # noqa: E402

OUT = os.path.join(BUILD, "tests", "programs")
STATIC = ["-O1", "-g", "-Wall", "-Wextra", "-static"]
PROGRAMS = {            # name: (source, flags, compiler)
    "fork": ("fork.c", STATIC, "gcc"),
    "fstat": ("fstat.c", STATIC, "gcc"),
    "throw": ("throw.cpp", STATIC, "g++"),
    "pie": ("pie.c", ["-O1", "-g", "-static-pie", "-fPIE"], "gcc"),
    "threads": ("threads.c", STATIC + ["-pthread"], "gcc"),
    "segv": ("segv.c", STATIC, "gcc"),
    "shares": ("shares.c", STATIC, "gcc"),
    "dynamic": ("dynamic.c", ["-O1", "-g", "-Wall", "-fno-builtin"], "gcc"),
    "dynamic-cxx": ("throw.cpp", ["-O1", "-g"], "g++"),
}
LIBS = {"dynamic": ["-lm"]}
ARGS = {"dynamic": "one two", "shares": "5 15"}
# Debuggers, out of the host's Debian, and what they are to say about traced.c.  Addresses and pids are not compared.
DEBUGGERS = {           # name: (the tool, a script that calls it)
    "strace": ("/usr/bin/strace",
               "/usr/bin/strace -f -o s.out /programs/traced; echo status $?; "
               "grep -E 'execve|clone|wait4|exit|SIG|write' s.out | grep -v rseq | "
               "sed -E 's/0x[0-9a-f]+/ADDR/g; s/^[0-9]+ +//; s/(wait4\\(|= |si_pid=)[0-9]{1,4}\\b/\\1N/g'\n"),
    "gdb": ("/usr/bin/gdb",
            "LC_ALL=C /usr/bin/gdb -nx -q -batch -x /programs/gdb.cmd /programs/traced 2>/dev/null | "
            "sed -E 's/(process )[0-9]+/\\1N/g; s/ +Frame/ Frame/; s/  +/ /g'\n"),
}
PYTHON = "/usr/lib/python3.11"          # gdb is linked with it and wants the library's beginnings
UNORDERED = {"fork"}    # whose lines may come in any order
# Policy: {nice: least and greatest share in percent, beside a task of nice 0}.  By docs/scheduling.md fair gives 25
# and 3.4 %, counter 43 and 20 % in the long run, and more at first: a child begins with its parent's ticks.
SHARES = {"fair": {5: (20, 30), 15: (1, 7)}, "counter": {5: (36, 50), 15: (14, 35)}}
SCRIPTS = {             # name: a script for busybox's sh
    "sh-pipeline": "seq 1 1000 | grep 7 | sort -rn | head -5\n",
    "sh-loop": "i=0; while [ $i -lt 200 ]; do i=$((i+1)); done; echo $i; for f in a b c; do echo $f > $f; done; cat a b c\n",
    "sh-here": "cat <<X | tr a-z A-Z\nhere is a document\nof two lines\nX\n",
    "sh-subst": "x=$(echo inner | sed s/inner/outer/); echo \"$x $(printf %05d 42)\"; echo $((7*6)); [ -d /proc ] && echo yes\n",
    "sh-trap": "trap 'echo caught' USR1; kill -USR1 $$; echo after; (exit 3); echo $?; sh -c 'kill -9 $$'; echo $?\n",
    "sh-redirect": "mkdir -p r; cd r; echo a >f; echo b >>f; wc -l <f; ls nothing 2>err; wc -l <err; cat f - <<X 3>&1 1>&3\nc\nX\n",
    "find-tar": "mkdir -p d/e/f; echo x >d/e/f/g; ln -s g d/e/f/l; tar cf t.tar d; rm -r d; tar xf t.tar; "
                "find d | sort; readlink d/e/f/l; cat d/e/f/l; gzip -c t.tar | gunzip | tar tf - | sort\n",
    "awk": "ps >/dev/null; awk 'BEGIN{for(i=0;i<5;i++)s+=i*i; print s}'; seq 10 | awk '{t+=$1} END{print t}'\n",
    "md5": "dd if=/dev/zero bs=64k count=16 2>/dev/null | md5sum; head -c 100000 /dev/zero | tr '\\0' 'x' >big; "
           "sha256sum <big; cp big big2; cmp big big2 && echo same; ls -l big2 | awk '{print $5}'\n",
    "many": "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sh -c 'exit 0' & done; wait; echo waited\n",
    "yes-head": "yes | head -2000 | wc -l; yes | sed 100q | uniq -c | sed 's/^ *//'\n",
    "deep": "f() { [ $1 -eq 0 ] && echo bottom || f $(($1-1)); }; f 200\n",
    "users": "id; umask; ls -ld /proc/1 | cut -c1-10; readlink /proc/self/cwd; tr '\\0' ' ' </proc/self/cmdline; echo\n",
}


def libraries(prog):
    """The interpreter and the libraries that ldd names, as on the host."""
    out = subprocess.run(["ldd", prog], stdout=subprocess.PIPE, text=True, check=True).stdout
    return sorted(set(re.findall(r"(/\S+) \(0x", out)))


def gdb_files():
    """Without these gdb's Python does not start, and gdb ends."""
    files = set()
    for top in ("", "encodings", "importlib", "collections", "re", "json"):
        files.update(glob.glob(os.path.join(PYTHON, top, "*.py")))
    for where, _, names in os.walk("/usr/share/gdb"):
        files.update(os.path.join(where, n) for n in names if n.endswith((".py", ".xml", ".dtd")))
    return files


def pack(names):
    a = Archive()
    a.busybox()
    for d in ("proc", "sys", "root", "tmp"):
        a.dir(d)
    libs, traced = set(), False
    for name in names:
        if name in SCRIPTS:
            a.file("programs/" + name, "#!/bin/sh\n" + SCRIPTS[name], 0o755)
            continue
        if name in DEBUGGERS:
            tool, script = DEBUGGERS[name]
            a.file("programs/" + name, "#!/bin/sh\n" + script, 0o755)
            libs.update(libraries(tool), [tool])
            if name == "gdb":
                libs.update(gdb_files())
                a.copy(os.path.join(HERE, "gdb.cmd"), "programs/gdb.cmd")
            traced = True
            continue
        source, flags, compiler = PROGRAMS[name]
        prog = os.path.join(OUT, name)
        # Libraries follow the source: ld takes from them only what is already wanted.
        V.cc(os.path.join(HERE, source), prog, flags + ["-Wl,--no-as-needed"] + LIBS.get(name, []), compiler)
        stripped = prog + ".stripped"
        subprocess.run(["strip", "-o", stripped, prog], check=True)
        a.copy(stripped, "programs/" + name)
        if "-static" not in flags and "-static-pie" not in flags:
            libs.update(libraries(prog))
    if traced:
        V.cc(os.path.join(HERE, "traced.c"), os.path.join(OUT, "traced"), STATIC, "gcc")
        a.copy(os.path.join(OUT, "traced"), "programs/traced")
    for lib in sorted(libs):
        a.copy(os.path.realpath(lib), lib)
    a.file("programs/list", "".join("%s %s\n" % (n, ARGS.get(n, "")) for n in names))
    a.copy(os.path.join(HERE, "init.sh"), "init")
    return a.write(os.path.join(OUT, "programs.cpio"))


def run(kernel, archive, opts, append=""):
    """{name: what it printed, with its exit status} and the console's tail."""
    results, name, lines = {}, None, []
    with VM(kernel, archive, "console=ttyS0 panic=-1 quiet " + append, mem="512M", cpu=opts.cpu) as vm:
        try:
            for line in vm.lines(idle=60):
                if m := re.match(r"BEGIN (\S+)$", line):
                    name, lines = m.group(1), []
                elif name and (m := re.match(r"(.*)END %s (\d+)$" % re.escape(name), line)):
                    results[name] = "\n".join(lines + ([m.group(1)] if m.group(1) else [])
                                              + ["exit status " + m.group(2)])
                    name = None
                elif name and not re.match(r"\[ *\d+\.\d+\] ", line):
                    lines.append(line)
        except V.VMTimeout as e:
            lines.append(str(e))
        return results, "\n".join(lines[-30:]) if name else vm.tail()


def linux_results(names, archive, opts):
    kernel = V.oracle()
    with open(archive, "rb") as f:
        digest = hashlib.sha256(f.read() + kernel.encode()).hexdigest()[:16]
    cached = os.path.join(OUT, "linux-%s.json" % digest)
    if os.path.exists(cached):
        with open(cached) as f:
            return json.load(f)
    results, tail = run(kernel, archive, opts)
    if set(results) == set(names):
        with open(cached, "w") as f:
            json.dump(results, f)
    else:
        print("Linux did not run them all; the end of its output:\n" + tail)
    return results


def within(policy, said):
    found = {int(n): float(share) for n, share in re.findall(r"^nice (\d+): ([\d.]+) %$", said or "", re.M)}
    return all(lo <= found.get(n, -1) <= hi for n, (lo, hi) in SHARES[policy].items())


def shares_counter(opts):
    """shares under the other policy, which Linux has not: a boot of its own."""
    results, tail = run(opts.kernel, pack(["shares"]), opts, "sched=counter")
    said = results.get("shares", "(it did not finish)\n" + tail)
    good = within("counter", said)
    print("%-24s %s" % ("shares-counter", "PASS" if good else "FAIL"))
    if opts.verbose or not good:
        print("      " + said.replace("\n", "\n      "))
    return good


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name", nargs="*", help="only these (also: shares-counter, session)")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--cpu")
    p.add_argument("-v", "--verbose", action="store_true")
    opts = p.parse_args()
    everything = list(PROGRAMS) + list(SCRIPTS) + [d for d in DEBUGGERS if os.path.exists(DEBUGGERS[d][0])]
    if unknown := set(opts.name) - set(everything) - {"shares-counter", "session"}:
        raise SystemExit("no such program: " + " ".join(sorted(unknown)))
    names = [n for n in everything if not opts.name or n in opts.name]
    if not os.path.exists(opts.kernel):
        raise SystemExit("%s is not there: run 'make' first" % opts.kernel)
    os.makedirs(OUT, exist_ok=True)

    passed = failed = 0
    if names:
        archive = pack(names)
        linux = linux_results(names, archive, opts)
        vitrix, tail = run(opts.kernel, archive, opts)
        for n in names:
            want, have = linux.get(n), vitrix.get(n)
            if n in UNORDERED and want and have:
                want, have = ("\n".join(sorted(x.split("\n"))) for x in (want, have))
            same = want is not None and want == have
            if n == "shares":
                same = within("fair", want) and within("fair", have)
            passed += same
            failed += not same
            print("%-24s %s" % (n, "PASS" if same else "FAIL"))
            if opts.verbose or not same:
                print("      Linux:\n        " + (want or "(nothing)").replace("\n", "\n        "))
            if not same or (opts.verbose and want != have):
                if have is None:
                    have, tail = "(it did not finish)\n" + tail, "(see above)"
                print("      Vitrix:\n        " + have.replace("\n", "\n        "))
    if not opts.name or "shares-counter" in opts.name:
        good = shares_counter(opts)
        passed += good
        failed += not good
    if not opts.name or "session" in opts.name:
        good, bad = session.run(opts.kernel, opts.cpu, opts.verbose)
        passed += good
        failed += bad
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except VMError as e:
        raise SystemExit(str(e))
