#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make-rootfs.py FILE: a small root file system as a gzipped cpio archive, for -initrd.

Debian's static busybox with a link for each of its applets, walk, the files of rootfs/ over it, and
the programs of the labs in /labs. It boots on Linux in the same way. Needs no root: the device nodes
exist in the archive only.
"""
import gzip
import os
import sys

import lab
import vm

ROOTFS = os.path.join(vm.TOP, "rootfs")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.splitlines()[0])
    a = vm.Archive()
    for name in ("proc", "sys", "mnt", "run", "sbin", "usr", "var"):
        a.dir(name)
    a.dir("root", 0o700)
    a.dir("tmp", 0o1777)
    a.busybox()
    a.copy(os.path.join(vm.BUILD, "bin", "walk"), "bin/walk")
    a.link("/bin/busybox", "sbin/init")
    a.link("/sbin/init", "init")
    a.link("/bin", "usr/bin")
    for top, dirs, files in os.walk(ROOTFS):
        dirs.sort()
        for name in sorted(files):
            path = os.path.join(top, name)
            mode = 0o755 if os.access(path, os.X_OK) else 0o644
            a.copy(path, os.path.relpath(path, ROOTFS), mode)
    try:
        for name in lab.all_labs():
            program = lab.build(name)
            a.copy(program, "labs/" + os.path.basename(program))
    except vm.VMError as e:
        print("note: no labs in the archive: %s" % e, file=sys.stderr)
    os.makedirs(os.path.dirname(os.path.abspath(sys.argv[1])), exist_ok=True)
    # Under another name first: who reads the archive meanwhile has the old one, whole.
    new = "%s.%d" % (sys.argv[1], os.getpid())
    with open(new, "wb") as f:
        # No name and no time inside: the same input makes the same file.
        f.write(gzip.compress(a.bytes(), 9, mtime=0))
    os.replace(new, sys.argv[1])


if __name__ == "__main__":
    main()
