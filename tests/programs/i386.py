#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
i386.py [NAME...]   Debian's programs of architecture i386: the same words on Linux and on Vitrix

busybox-static, bash (dynamic, PIE) and perl run scripts on Debian's 64-bit kernel and on Vitrix, on a CPU of AMD's make
(their system calls come by SYSCALL) and on one of Intel's (by SYSENTER); what they print must be the same.
The packages come by tools/fetch-i386.sh and stay outside the project.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VM, VMError, BUILD, TOP         # noqa: E402

ROOT = os.path.join(BUILD, "tests", "i386")
CPUS = {"amd": "qemu64", "intel": "qemu64,vendor=GenuineIntel"}
SCRIPTS = {
    "busybox-files": "/bin/busybox sh -c 'mkdir -p /tmp/d/e; cd /tmp; seq 1 1000 > f; wc f; md5sum f; cp f d/e; ls -l d/e | "
                     "awk \"{print \\$5}\"; tar cf t.tar d; tar tf t.tar; stat -c %s f; gzip -c f | gunzip | cmp - f; echo $?; "
                     "dd if=/dev/zero of=big bs=1M count=3 seek=5 2>/dev/null; stat -c \"%s %b\" big; rm -r d f t.tar big; ls'",
    "busybox-processes": "/bin/busybox sh -c 'i=0; while [ $i -lt 50 ]; do i=$((i+1)); busybox true; done; echo $i; busybox sleep "
                         "0.05; (exit 3); echo $?; busybox sh -c \"kill -9 \\$\\$\"; echo $?; busybox time -f %x busybox true; "
                         "busybox nice busybox nice; busybox timeout 1 busybox sleep 5; echo $?'",
    "bash-language": "/bin/bash -c 'for i in {1..5}; do printf \"%d \" $((i**9)); done; echo; declare -A a=([x]=1 [y]=2); "
                     "echo ${#a[@]}; echo ${BASH_VERSINFO[5]}; f() { [ $1 = 0 ] && echo bottom || f $(($1-1)); }; f 100; "
                     "echo $((2**62)); [[ abc =~ b(.) ]] && echo ${BASH_REMATCH[1]}'",
    "bash-jobs": "/bin/bash -c 'trap \"echo usr1\" USR1; kill -USR1 $$; (kill -TERM $BASHPID); echo $?; "
                 "/bin/busybox sleep 0.1 & wait $!; echo $?; coproc /bin/busybox cat; echo hi >&${COPROC[1]}; read x <&${COPROC[0]}; echo $x; "
                 "ulimit -n; echo a | { read y; echo $y; }; /bin/busybox cat <(echo subst)'",
    "perl-calls": "/usr/bin/perl -e 'my $p=fork(); exit 7 unless $p; waitpid($p,0); print $?>>8,\"\\n\"; $SIG{ALRM}=sub{print "
                  "\"alarm\\n\"}; alarm 1; select(undef,undef,undef,3); open(F,\">/tmp/x\"); print F \"hi\\n\"x1000; close F; "
                  "print -s \"/tmp/x\",\"\\n\"; my @s=stat(\"/tmp/x\"); printf \"%o %d\\n\",$s[2],$s[3]; utime 5,6,\"/tmp/x\"; @s=stat "
                  "_ if stat(\"/tmp/x\"); print \"$s[8] $s[9]\\n\"; pipe(R,W); print W \"\" ; opendir(D,\"/\"); print join(\" \",sort "
                  "grep {!/^\\./} readdir D),\"\\n\"; print 1/3,\" \",2**53+1,\"\\n\"; kill 9,$$ if !fork(); wait; print $?,\"\\n\"; "
                  "print time()>1e9?1:0,\"\\n\"; my $s=0; $s+=$_ for 1..50000; print \"$s\\n\"'",
}


def pack(names):
    a = Archive()
    a.busybox()
    for d in ("proc", "i386/proc", "i386/tmp", "i386/dev"):
        a.dir(d)
    for sub in ("bin", "lib", "usr/bin", "usr/lib", "sbin", "usr/lib32"):
        for at, dirs, files in os.walk(os.path.join(ROOT, sub)):
            dirs[:] = [d for d in dirs if d not in ("gconv", "perl-base")]
            for f in files:
                path = os.path.join(at, f)
                rel = "i386/" + os.path.relpath(path, ROOT)
                if os.path.islink(path):
                    a.link(os.readlink(path), rel)
                else:
                    a.copy(path, rel)
    lines = ["#!/bin/sh", "mount -t proc proc /proc", "mount -t proc proc /i386/proc", "mount -t tmpfs tmp /i386/tmp"]
    for name in names:
        a.file("i386/scripts/" + name, SCRIPTS[name] + "\n", 0o755)
        lines += ["echo BEGIN %s" % name, "chroot /i386 /bin/busybox sh /scripts/%s 2>&1" % name, "echo END %s $?" % name]
    a.file("init", "\n".join(lines + ["echo DONE", "poweroff -f"]) + "\n", 0o755)
    return a.write(os.path.join(BUILD, "tests", "i386.cpio"))


def run(kernel, archive, cpu):
    said, name = {}, None
    with VM(kernel, archive, "console=ttyS0 panic=-1 quiet", cpu=cpu, mem="512M") as vm:
        for line in vm.lines(idle=120, total=None):
            if m := re.match(r"BEGIN (\S+)$", line):
                name = m[1]
                said[name] = []
            elif line == "DONE":
                break
            elif name:
                said[name].append(line)
                if line.startswith("END " + name):
                    name = None
    return said


def main():
    V.exit_on_signals()
    names = sys.argv[1:] or list(SCRIPTS)
    if not os.path.exists(os.path.join(ROOT, "bin", "busybox")):
        os.makedirs(os.path.dirname(ROOT), exist_ok=True)
        subprocess.run([os.path.join(TOP, "tools", "fetch-i386.sh"), ROOT], check=True)
    archive = pack(names)
    passed = failed = 0
    for make, cpu in CPUS.items():
        try:
            linux, vitrix = run(V.oracle(), archive, cpu), run(V.BZIMAGE, archive, cpu)
        except VMError as e:
            print("%s: %s" % (make, e))
            failed += len(names)
            continue
        for name in names:
            want, got = linux.get(name, ["nothing"]), vitrix.get(name, ["nothing"])
            ok = want == got and want[-1].startswith("END")
            print("%-24s %s" % (name + ", " + make, "PASS" if ok else "FAIL"))
            if not ok:
                print("    Linux:  " + "\n            ".join(want) + "\n    Vitrix: " + "\n            ".join(got))
            passed += ok
            failed += not ok
    print("%d passed, %d failed" % (passed, failed))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
