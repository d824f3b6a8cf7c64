# SPDX-License-Identifier: MIT
"""Files: lx-fdtable, lx-mounts, and paths from dentries, for other commands too."""
import gdb

from lx.base import Command, Failure, LIMIT, counter, list_of, number, say, text_of, var
from lx import tasks

O_FLAGS = ((0o100, "CREAT"), (0o200, "EXCL"), (0o400, "NOCTTY"), (0o1000, "TRUNC"), (0o2000, "APPEND"),
           (0o4000, "NONBLOCK"), (0o10000, "DSYNC"), (0o20000, "ASYNC"), (0o40000, "DIRECT"), (0o100000, "LARGEFILE"),
           (0o200000, "DIRECTORY"), (0o400000, "NOFOLLOW"), (0o1000000, "NOATIME"), (0o2000000, "CLOEXEC"),
           (0o10000000, "PATH"), (0o20000000, "TMPFILE"))
MOUNT_FLAGS = ((0x40, "ro"), (0x01, "nosuid"), (0x02, "nodev"), (0x04, "noexec"), (0x08, "noatime"),
               (0x10, "nodiratime"), (0x20, "relatime"))
KINDS = {0o010000: "fifo", 0o020000: "char", 0o040000: "dir", 0o060000: "block", 0o100000: "file", 0o120000: "link",
         0o140000: "socket"}


def name_of(dentry):
    return text_of(dentry["d_name"]["name"])


def path_of(path):
    """The name of a struct path from the root of all mounts; `pipe:[N]` and the like for what has none."""
    dentry, mnt = path["dentry"], path["mnt"]
    if not number(dentry) or not number(mnt):
        return "(none)"
    if number(dentry["d_parent"]) == number(dentry) and number(mnt["mnt_parent"]) == number(mnt) and \
            text_of(mnt["mnt_sb"]["s_type"]["name"]) in ("pipefs", "sockfs", "anon_inodefs", "pseudo"):
        return nameless(dentry)
    parts = []
    for _ in range(LIMIT):
        if number(dentry) == number(mnt["mnt_root"]):
            if number(mnt["mnt_parent"]) in (number(mnt), 0):
                return "/" + "/".join(reversed(parts))
            dentry, mnt = mnt["mnt_mountpoint"], mnt["mnt_parent"]
            continue
        if number(dentry["d_parent"]) == number(dentry):
            break
        parts.append(name_of(dentry))
        dentry = dentry["d_parent"]
    return nameless(path["dentry"]) if not parts else "(unreachable) " + "/".join(reversed(parts))


def nameless(dentry):
    inode = dentry["d_inode"]
    ino = int(inode["i_ino"]) if number(inode) else 0
    kind = KINDS.get(int(inode["i_mode"]) & 0o170000, "?") if number(inode) else "?"
    if kind == "fifo":
        return "pipe:[%d]" % ino
    if kind == "socket":
        return "socket:[%d]" % ino
    return "anon_inode:%s" % name_of(dentry)


def open_flags(flags):
    names = [("RDONLY", "WRONLY", "RDWR", "3")[flags & 3]]
    names += [n for bit, n in O_FLAGS if flags & bit]
    return "|".join(names)


class LxFdtable(Command):
    """lx-fdtable [PID]: the open files of a task: descriptor, struct file, flags, position, references, kind, name."""
    name = "lx-fdtable"

    def run(self, argv):
        t = tasks.task_argument(argv)
        if not number(t["files"]):
            raise Failure("%s has no descriptors: it has ended" % text_of(t["comm"]))
        fdt = t["files"]["fdt"]
        size = int(fdt["max_fds"])
        if not 0 < size <= 1 << 20:
            raise Failure("the table is broken: max_fds is %d" % size)
        say("%4s %-18s %-24s %8s %4s %-6s %s" % ("FD", "FILE", "FLAGS", "POS", "REF", "KIND", "NAME"))
        for fd in range(size):
            file = fdt["fd"][fd]
            if not number(file):
                continue
            try:
                say(self.line(fdt, fd, file))
            except gdb.MemoryError:
                say("%4d 0x%x  (broken: not a struct file)" % (fd, number(file)))

    def line(self, fdt, fd, file):
        cloexec = int(fdt["close_on_exec"][fd // 64]) >> fd % 64 & 1
        inode = file["f_inode"]
        kind = KINDS.get(int(inode["i_mode"]) & 0o170000, "?") if number(inode) else "?"
        return "%4d 0x%x %-24s %8d %4d %-6s %s" % (
            fd, number(file), open_flags(int(file["f_flags"]) | 0o2000000 * cloexec), int(file["f_pos"]),
            counter(file["f_count"]), kind, path_of(file["f_path"]))


class LxMounts(Command):
    """lx-mounts: all mounts, with their structures, as /proc/mounts."""
    name = "lx-mounts"

    def run(self, argv):
        say("%-18s %-18s %s" % ("mount", "super_block", "devname pathname fstype options"))
        for mnt in list_of(var("all_mounts").address, "struct vfsmount", "mnt_list"):
            flags = int(mnt["mnt_flags"])
            ro = flags & 0x40 or int(mnt["mnt_sb"]["s_flags"]) & 1
            options = ",".join(["ro" if ro else "rw"] + [n for bit, n in MOUNT_FLAGS[1:] if flags & bit])
            say("0x%x 0x%x %s %s %s %s 0 0" % (
                number(mnt.address), number(mnt["mnt_sb"]), text_of(mnt["mnt_devname"]), self.place(mnt),
                text_of(mnt["mnt_sb"]["s_type"]["name"]), options))

    def place(self, mnt):
        parts = []
        for _ in range(LIMIT):
            if number(mnt["mnt_parent"]) in (number(mnt.address), 0):
                return "/" + "/".join(reversed(parts))
            dentry, mnt = mnt["mnt_mountpoint"], mnt["mnt_parent"].dereference()
            for _ in range(LIMIT):
                if number(dentry) == number(mnt["mnt_root"]) or number(dentry["d_parent"]) == number(dentry):
                    break
                parts.append(name_of(dentry))
                dentry = dentry["d_parent"]
        return "(a loop)"


for c in (LxFdtable, LxMounts):
    c()
