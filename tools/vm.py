# SPDX-License-Identifier: MIT
"""
Run a kernel under QEMU and talk to its serial line: the one place where the tests start a virtual machine.

    with VM(kernel="build/bzImage", initrd="a.cpio", append="console=ttyS0") as vm:
        vm.expect(rb"# $", timeout=10)
        vm.send("echo hello\n")

The QEMU process never outlives the block, the Python process, or a signal to it.  Serial output is bytes;
text() gives it decoded with carriage returns taken out.  TCG only: no test depends on KVM.
Also here: newc cpio archives made in memory (Archive), and the paths every tool needs.
"""
import atexit
import ctypes
import os
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, "build")
BZIMAGE = os.path.join(BUILD, "bzImage")
VMLINUX = os.path.join(BUILD, "vmlinux")
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
APPEND = "console=ttyS0 panic=-1"
GDB_PATIENCE = "set remotetimeout 60"   # of 2 s by default: on a busy host QEMU answers later

_libc = ctypes.CDLL(None)
_live = set()


class VMError(Exception):
    """The machine did not do what was expected; str() says what, with the end of its output."""


class VMTimeout(VMError):
    pass


class VMDied(VMError):
    pass


def _die_with_parent():
    _libc.prctl(1, signal.SIGKILL)      # PR_SET_PDEATHSIG
    os.setsid()                         # a ^C at the terminal goes to Python, which kills QEMU itself


def _kill_all():
    for vm in list(_live):
        vm.kill()


atexit.register(_kill_all)


def exit_on_signals():
    """Turn SIGTERM and SIGHUP into an ordinary exit, so that clean-up runs."""
    for sig in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, lambda *_: sys.exit(128 + sig))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def oracle():
    """Path of Debian's vmlinuz; SystemExit with a plain message when it cannot be had."""
    r = subprocess.run([os.path.join(TOP, "tools", "oracle.sh")], stdout=subprocess.PIPE, text=True)
    if r.returncode:
        raise SystemExit("no oracle kernel (see the message above)")
    return r.stdout.strip()


def clean(data):
    """Serial bytes as text: no carriage returns, no terminal escapes."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc", "", text).replace("\r", "")


class VM:
    """
    One QEMU.  kernel=None boots whatever `extra` says (a CD, say).  icount=True makes guest time count
    instructions.  gdb=PORT opens a gdb stub and, with stopped=True, waits for gdb before the first instruction.
    """

    def __init__(self, kernel=BZIMAGE, initrd=None, append=APPEND, machine="pc", cpu=None, mem="512M", smp=1,
                 icount=False, gdb=None, stopped=False, serial=None, extra=()):
        cmd = [QEMU, "-M", machine, "-accel", "tcg", "-m", str(mem), "-smp", str(smp), "-no-reboot",
               "-display", "none", "-monitor", "none", "-nic", "none"]
        cmd += serial if serial is not None else ["-serial", "stdio"]
        if machine.startswith("microvm"):
            cmd += ["-no-user-config", "-nodefaults"]
        if kernel:
            cmd += ["-kernel", kernel]
            if append:
                cmd += ["-append", append]
        if initrd:
            cmd += ["-initrd", initrd]
        if cpu:
            cmd += ["-cpu", cpu]
        if icount:
            cmd += ["-icount", "shift=0,sleep=off"]
        if gdb:
            cmd += ["-gdb", "tcp:127.0.0.1:%d" % gdb]
        if stopped:
            cmd += ["-S"]
        self.cmd = cmd + list(extra)
        self.output = b""
        self.pos = 0            # where the next expect() begins to look
        self.proc = None

    @classmethod
    def command(cls, cmd):
        """A machine from a whole command line, as a reader would type it."""
        vm = cls(kernel=None)
        vm.cmd = list(cmd)
        return vm

    def __enter__(self):
        try:
            self.proc = subprocess.Popen(self.cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, bufsize=0, preexec_fn=_die_with_parent)
        except FileNotFoundError:
            raise SystemExit("%s is not installed (tools/install-deps.sh installs it)" % self.cmd[0])
        _live.add(self)
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        if self.proc and self.proc.poll() is None:
            self.proc.kill()
        if self.proc:
            self.proc.wait()
            self.proc.stdin.close()
            self.proc.stdout.close()
            self.proc = None
        _live.discard(self)

    def send(self, text):
        data = text.encode() if isinstance(text, str) else text
        try:
            self.proc.stdin.write(data)
        except BrokenPipeError:
            raise VMDied("QEMU ended before it could be sent %r\n%s" % (text, self.tail()))

    def _read(self, timeout):
        """Append what comes within `timeout`; False at the end of the output."""
        if not select.select([self.proc.stdout], [], [], max(0, timeout))[0]:
            return True
        data = os.read(self.proc.stdout.fileno(), 65536)
        self.output += data
        return bool(data)

    def expect(self, pattern, timeout=30, what=None):
        """Wait for the regular expression in output not yet matched; return the match object."""
        rx = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.M)
        end = time.monotonic() + timeout
        alive = True
        while True:
            m = rx.search(self.output, self.pos)
            if m:
                self.pos = m.end()
                return m
            what_ = what or repr(rx.pattern.decode("utf-8", "replace"))
            if not alive:
                raise VMDied("QEMU ended before %s\n%s" % (what_, self.tail()))
            left = end - time.monotonic()
            if left <= 0:
                raise VMTimeout("no %s within %g s\n%s" % (what_, timeout, self.tail()))
            alive = self._read(left)

    def lines(self, idle, total=None, boot=None):
        """
        Yield lines as they come, until the output ends.  VMTimeout after `idle` silent seconds; before the first
        byte, which a quiet kernel's init says, after `boot` (default: idle).
        """
        start = last = time.monotonic()
        alive = True
        while True:
            while (nl := self.output.find(b"\n", self.pos)) >= 0:
                line = self.output[self.pos:nl]
                self.pos = nl + 1
                yield clean(line)
            if not alive:
                if self.pos < len(self.output):
                    yield clean(self.output[self.pos:])
                    self.pos = len(self.output)
                return
            seen = len(self.output)
            alive = self._read(0.5)
            now = time.monotonic()
            if len(self.output) != seen:
                last = now
            if now - last > (idle if self.output else boot or idle) or (total and now - start > total):
                raise VMTimeout("silent for %g s" % (now - last))

    def wait(self, timeout=30):
        """Wait for QEMU to end by itself; return its exit status."""
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise VMTimeout("QEMU still runs after %g s\n%s" % (timeout, self.tail()))
            if not self._read(left):
                break
        try:
            return self.proc.wait(timeout=10)
        except subprocess.TimeoutExpired:
            raise VMTimeout("QEMU closed its output but does not end\n" + self.tail())

    def text(self):
        return clean(self.output)

    def tail(self, lines=30):
        return "\n".join("    | " + line for line in self.text().splitlines()[-lines:])


class Archive:
    """A newc cpio archive (initramfs): add files, directories, links and nodes, then write or take the bytes."""

    def __init__(self, console=True):
        self.parts = []
        self.names = set()
        self.ino = 0
        self.dir("dev")
        if console:
            self._entry("dev/console", stat.S_IFCHR | 0o600, b"", rdev=(5, 1))

    def _entry(self, name, mode, data, rdev=(0, 0), mtime=0):
        self.ino += 1
        raw = name.encode() + b"\0"
        head = b"070701" + b"".join(b"%08x" % v for v in (
            self.ino, mode, 0, 0, 1, mtime, len(data), 0, 0, rdev[0], rdev[1], len(raw), 0))
        part = head + raw
        part += b"\0" * (-len(part) % 4) + data
        self.parts.append(part + b"\0" * (-len(part) % 4))
        self.names.add(name)

    def _parents(self, name):
        parent = os.path.dirname(name)
        if parent and parent not in self.names:
            self.dir(parent)

    def dir(self, name, mode=0o755):
        name = name.strip("/")
        if name not in self.names:
            self._parents(name)
            self._entry(name, stat.S_IFDIR | mode, b"")

    def file(self, name, data, mode=0o644, mtime=0):
        name = name.strip("/")
        self._parents(name)
        self._entry(name, stat.S_IFREG | mode, data.encode() if isinstance(data, str) else data, mtime=mtime)

    def copy(self, src, name, mode=0o755, mtime=0):
        with open(src, "rb") as f:
            self.file(name, f.read(), mode, mtime)

    def link(self, target, name):
        name = name.strip("/")
        self._parents(name)
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def busybox(self, applets=None):
        """Debian's static busybox at /bin/busybox with links; applets=None makes all that it has."""
        path = busybox_path()
        self.copy(path, "bin/busybox")
        if applets is None:
            applets = subprocess.run([path, "--list"], stdout=subprocess.PIPE, text=True).stdout.split()
        for a in applets:
            if a != "busybox":
                self.link("/bin/busybox", "bin/" + a)

    def bytes(self):
        trailer = Archive.__new__(Archive)
        trailer.parts, trailer.names, trailer.ino = [], set(), -1
        trailer._entry("TRAILER!!!", 0, b"")
        data = b"".join(self.parts + trailer.parts)
        return data + b"\0" * (-len(data) % 512)

    def write(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(self.bytes())
        return path


def busybox_path():
    for p in ("/bin/busybox", "/usr/bin/busybox"):
        if os.path.exists(p):
            with open(p, "rb") as f:
                if b"/ld-linux" not in f.read(4096):      # no interpreter: static
                    return p
    raise SystemExit("no static busybox here (Debian: apt-get install busybox-static; tools/install-deps.sh does)")


def cc(src, out, flags=("-O2",), compiler="gcc", deps=()):
    """Compile `src` to `out` unless nothing changed since the last time.  VMError carries gcc's words."""
    stamp = out + ".cmd"
    newest = max(os.path.getmtime(p) for p in [src, *deps])
    cmd = [compiler, *flags, src]
    if os.path.exists(out) and os.path.exists(stamp) and os.path.getmtime(out) > newest:
        with open(stamp) as f:
            if f.read() == " ".join(cmd):
                return out
    os.makedirs(os.path.dirname(out), exist_ok=True)
    tmp = "%s.%d.tmp" % (out, os.getpid())
    r = subprocess.run([*cmd, "-o", tmp], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if r.returncode:
        raise VMError("%s does not compile:\n%s" % (os.path.relpath(src, TOP), r.stdout))
    if r.stdout.strip():
        sys.stderr.write(r.stdout)
    os.rename(tmp, out)
    with open(stamp, "w") as f:
        f.write(" ".join(cmd))
    return out
