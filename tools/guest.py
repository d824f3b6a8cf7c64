# SPDX-License-Identifier: MIT
"""
Take a program into a virtual machine and run it there: what `make compare` and `make record` have in common.

    prog = find("./fork", ["-v"], archive=None)     # SystemExit with one clear line when it cannot be run
    image = pack(prog, [("strace", strace_path())], script, "build/compare/fork.cpio")

find() looks where a shell would: a name with a slash is a file of the host, but /bin/ls is the archive's when one is
given and has it; a name without is one of the archive's programs (or of busybox, without an archive), else one on the host's PATH.  A C file
is compiled first.  What comes from the host brings its interpreter and its libraries along, and python3 its standard library.

pack() makes one archive after the other in one file, which both kernels unpack in turn: the user's, untouched, then
ours, which has everything in /.glass: busybox for the script, the script (process 1 through rdinit=), the tools.
So a program sees the same files on both kernels, whatever the archive is.
"""
import argparse
import os
import re
import shlex
import shutil
import stat
import subprocess
import zlib

import vm as V

GLASS = ".glass"
HOME = "root"
# Without RDRAND, a Linux that has just booted has no random numbers to give.
CPU = "qemu64,+rdrand"
# Of python's library these are never imported by a program that is looked at here, and they are half of it.
PYTHON_WITHOUT = {"test", "tests", "idlelib", "tkinter", "ensurepip", "lib2to3", "pydoc_data", "turtledemo", "distutils",
                  "unittest", "dist-packages", "site-packages", "venv", "curses", "dbm", "sqlite3", "xmlrpc", "wsgiref"}


class Program:
    """argv as the guest runs it, and the files of the host that it needs: {path in the guest: path here}."""

    def __init__(self, argv, files=None, source=None):
        self.argv = argv
        self.files = files or {}
        self.source = source            # the host's file, for its symbols

    @property
    def name(self):
        return re.sub(r"[^\w.+-]", "_", os.path.basename(self.argv[0])) or "program"


def one_archive(data, path, names):
    """Note the {name: mode} of the archive that data begins with; return where it ends."""
    at = 0
    while at < len(data):
        head = data[at:at + 110]
        try:
            mode, size, name_len = (int(head[o:o + 8], 16) for o in (14, 54, 94))
        except ValueError:
            raise SystemExit("the archive %s is broken at byte %d" % (path, at))
        name = data[at + 110:at + 110 + name_len - 1].decode("utf-8", "replace")
        start = at + 110 + name_len
        start += -start % 4
        if len(head) < 110 or start + size > len(data):
            break
        if name == "TRAILER!!!":
            return start
        names[name.lstrip("./")] = mode
        at = start + size
        at += -at % 4
    raise SystemExit("the archive %s ends in the middle" % path)


def archive_names(path):
    """{name: mode} of the files in a newc archive, gzipped or not.  SystemExit when it is none."""
    try:
        with open(path, "rb") as f:
            data = f.read()
    except OSError as e:
        raise SystemExit("the archive %s cannot be read: %s" % (path, e.strerror))
    if not data:
        raise SystemExit("the archive %s is empty" % path)
    names = {}
    while data:
        if data[:2] == b"\x1f\x8b":
            z = zlib.decompressobj(31)          # one member of gzip's format
            try:
                data = z.decompress(data) + z.unused_data
            except zlib.error as e:
                raise SystemExit("the archive %s is broken: %s" % (path, e))
            if not z.eof:
                raise SystemExit("the archive %s ends in the middle" % path)
        if data[:5] != b"07070":
            raise SystemExit("%s is no archive: it must be cpio's format newc, gzipped or not" % path)
        data = data[one_archive(data, path, names):].lstrip(b"\0")
    return names


def check_runnable(path, what="PROG"):
    """SystemExit unless the host's file is a program that exec would take."""
    try:
        st = os.stat(path)
    except OSError as e:
        raise SystemExit("%s=%s: %s" % (what, path, e.strerror))
    if stat.S_ISDIR(st.st_mode):
        raise SystemExit("%s=%s is a directory" % (what, path))
    if not stat.S_ISREG(st.st_mode):
        raise SystemExit("%s=%s is no regular file" % (what, path))
    if not st.st_mode & 0o111:
        raise SystemExit("%s=%s is not executable (chmod +x?)" % (what, path))
    try:
        with open(path, "rb") as f:
            head = f.read(20)
    except OSError as e:
        raise SystemExit("%s=%s: %s" % (what, path, e.strerror))
    if head[:2] == b"#!":
        return head
    if head[:4] != b"\x7fELF":
        raise SystemExit("%s=%s is no program: neither an ELF file nor a script with #!" % (what, path))
    if head[18:20] not in (b"\x3e\0", b"\x03\0"):
        raise SystemExit("%s=%s is an ELF file for another machine than x86" % (what, path))
    return head


def libraries(path):
    """What ldd says that an ELF file of the host loads: its interpreter and its libraries."""
    r = subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if missing := re.findall(r"(\S+) => not found", r.stdout):
        raise SystemExit("%s needs libraries that this machine has not: %s" % (path, " ".join(missing)))
    return {lib: os.path.realpath(lib) for lib in re.findall(r"(/\S+) \(0x", r.stdout)}


def tree(top, without=()):
    """Every file below a directory of the host."""
    files = {}
    for where, dirs, names in os.walk(top):
        dirs[:] = sorted(d for d in dirs if d not in without and not d.startswith("config-"))
        for name in sorted(names):
            path = os.path.join(where, name)
            if os.path.isfile(path):
                files[path] = os.path.realpath(path)
    return files


def with_needs(path, guest):
    """The file under its name in the guest, and what it loads."""
    files = {guest: os.path.realpath(path)}
    with open(path, "rb") as f:
        head = f.readline(256)
    if head[:2] == b"#!":
        # /bin/sh and its like are the archive's own; others come along.
        words = head[2:].split()
        interpreter = words[0].decode() if words else ""
        if not interpreter:
            raise SystemExit("%s: its first line names no interpreter" % path)
        if not os.path.exists(interpreter) and os.path.basename(interpreter) not in busybox_applets():
            raise SystemExit("%s: there is no %s, which its first line names" % (path, interpreter))
        if os.path.basename(interpreter) != "sh" and os.path.exists(interpreter):
            files.update(with_needs(interpreter, interpreter))
    else:
        files.update(libraries(path))
    if re.match(r"python3(\.\d+)?$", os.path.basename(path)):
        code = "import os; print(os.path.dirname(os.__file__))"
        lib = subprocess.run([path, "-c", code], stdout=subprocess.PIPE, text=True).stdout.strip()
        files.update(tree(lib, PYTHON_WITHOUT))
        for f in list(files):
            if "/lib-dynload/" in f:
                files.update(libraries(f))
    return files


def busybox_applets():
    return subprocess.run([V.busybox_path(), "--list"], stdout=subprocess.PIPE, text=True).stdout.split()


def compile_source(path):
    """A C file as a static program under build/bin/guest."""
    out = os.path.join(V.BUILD, "bin", "guest", os.path.splitext(os.path.basename(path))[0])
    try:
        return V.cc(os.path.abspath(path), out, ["-O1", "-g", "-std=gnu11", "-static", "-fno-omit-frame-pointer", "-pthread"])
    except V.VMError as e:
        raise SystemExit(str(e))


def find(prog, args=(), archive=None):
    """A Program, or SystemExit with the reason."""
    if not prog or not prog.strip():
        raise SystemExit("which program?  Say PROG=./program or PROG=ls (and ARGS='...')")
    inside = archive_names(archive) if archive else {}
    args = list(args)
    if prog.endswith(".c") and os.path.isfile(prog):
        prog = compile_source(prog)
    if "/" in prog:
        mode = inside.get(prog.lstrip("/")) if prog.startswith("/") else None
        if mode is None and os.path.lexists(prog):
            check_runnable(prog)
            guest = "/%s/%s" % (HOME, os.path.basename(prog))
            return Program(["./" + os.path.basename(prog)] + args, with_needs(prog, guest), prog)
        if mode is None:
            raise SystemExit("PROG=%s: there is no such file%s" % (prog, ", neither here nor in " + archive if archive else ""))
        if stat.S_ISDIR(mode):
            raise SystemExit("PROG=%s is a directory in %s" % (prog, archive))
        if not stat.S_ISLNK(mode) and not mode & 0o111:
            raise SystemExit("PROG=%s is not executable in %s" % (prog, archive))
        return Program([prog] + args)
    for d in ("bin", "usr/bin", "sbin", "usr/sbin"):
        if "%s/%s" % (d, prog) in inside:
            return Program(["/%s/%s" % (d, prog)] + args)
    if not archive and prog in busybox_applets() + ["busybox"]:
        return Program(["/bin/" + prog] + args)
    path = shutil.which(prog)
    if path:
        check_runnable(path)
        return Program([path] + args, with_needs(path, path), path)
    hint = " (PROG=./%s for the file here)" % prog if os.path.exists(prog) else ""
    raise SystemExit("PROG=%s: there is no such program in %s, nor on this machine's PATH%s" % (
        prog, archive or "busybox", hint))


def pack(prog, tools, script, path, archive=None):
    """
    Write the archive.  tools: [(name in /.glass/bin, file of the host)]; script: the text of process 1.
    """
    base = b""
    if archive:
        with open(archive, "rb") as f:
            base = f.read()
        base += b"\0" * (-len(base) % 512)
    a = V.Archive(console=True)
    if not archive:
        # As `find . | cpio` would have it; without, each kernel has a mode of its own for its root.
        a._entry(".", stat.S_IFDIR | 0o755, b"")
        a.busybox()
        a.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
        a.file("etc/group", "root:x:0:\n")
    for d in ("proc", "sys", "dev", "tmp", HOME):
        a.dir(d)
    a.copy(V.busybox_path(), GLASS + "/bin/busybox")
    wanted = dict(prog.files)
    for name, source in tools:
        wanted["/%s/bin/%s" % (GLASS, name)] = source
        wanted.update(libraries(source))
    for guest, here in sorted(wanted.items()):
        st = os.stat(here)
        a.copy(here, guest, stat.S_IMODE(st.st_mode) & 0o755 | 0o444, mtime=int(st.st_mtime))
    a.file(GLASS + "/init", script, 0o755)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(base + a.bytes())
    return path


PROLOGUE = """#!/{glass}/bin/busybox sh
B=/{glass}/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sysfs /sys 2>/dev/null
$B mount -t devtmpfs devtmpfs /dev 2>/dev/null
$B mount -t tmpfs tmpfs /tmp
cd /{home}
""".format(glass=GLASS, home=HOME)


def command(prog, tracer=()):
    """The shell command that runs the program, under `tracer`, with the same small environment everywhere."""
    env = ["$B", "env", "-i", "PATH=/bin:/usr/bin:/sbin:/usr/sbin", "HOME=/" + HOME, "TERM=linux"]
    return " ".join(env + [shlex.quote(w) for w in [*tracer, *prog.argv]])


def add_program_options(parser):
    """What every tool that runs a program takes; program_options() completes it."""
    parser.add_argument("prog", nargs="?", metavar="PROG", help="a file of the host, or a program of the archive")
    parser.add_argument("args", nargs=argparse.REMAINDER, metavar="ARGS")
    parser.add_argument("--from-env", action="store_true", help="PROG and ARGS from the environment, as make passes them")
    parser.add_argument("--archive", help="cpio archive to run it in, instead of a busybox's")
    parser.add_argument("--kernel", default=V.BZIMAGE, help="instead of build/bzImage")
    parser.add_argument("--append", default="", help="more kernel command line")
    parser.add_argument("--cpu", default=CPU)
    parser.add_argument("--mem", default="512M")


def program_options(opts):
    if opts.from_env:
        opts.prog = os.environ.get("PROG", "")
        try:
            opts.args = shlex.split(os.environ.get("ARGS", ""))
        except ValueError as e:
            raise SystemExit("ARGS=%s: %s" % (os.environ["ARGS"], e))
        for name in ("archive", "cpu", "append", "mem"):
            setattr(opts, name, os.environ.get(name.upper()) or getattr(opts, name))


def check_readable(path, what):
    try:
        with open(path, "rb") as f:
            f.read(1)
    except OSError as e:
        raise SystemExit("%s %s: %s" % (what, path, e.strerror))


def reader_gone():
    """Who reads what we print has seen enough (`| head`).  End without a word, with SIGPIPE's status."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    raise SystemExit(128 + 13)
