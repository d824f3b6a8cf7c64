# SPDX-License-Identifier: MIT
"""
One run of a program under `walk` in a machine, and its walk taken out.

Process 1 is a script: it mounts, runs walk, and sends what walk wrote through the second serial port, where
QEMU writes it into a file: a tar archive, gzipped, since the port takes some 300 KB a second. That loses
nothing (a file is never slow) and leaves the console to the program. The console's lines `WALK ...` tell how
far the script came, so that an error can be told from a program that is slow.
"""
import io
import os
import re
import shlex
import tarfile
import time

import guest
import vm as V
from vm import VM

SCRIPT = guest.PROLOGUE + """
$B mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
$B mkdir -p /tmp/.walk
echo "WALK BEGIN"
{run}
echo "WALK END $?"
$B stty -F /dev/ttyS1 raw -echo 2>/dev/null
cd /tmp/.walk
$B ls -l
$B tar -cf - * | $B gzip -1 > /dev/ttyS1
echo "WALK SENT"
$B poweroff -f
"""


class WalkFailed(Exception):
    """The machine or walk did not do it; str() says what, with what they said."""


class Run:
    """What came of it: the program's output, walk's exit status, and the files that walk wrote."""

    def __init__(self):
        self.output, self.status, self.files = [], None, {}


def compile_source(path, out):
    """A C file becomes a static program with its symbols."""
    return V.cc(path, out, ["-O1", "-g", "-std=gnu11", "-static", "-fno-omit-frame-pointer", "-pthread"])


def script(prog, options):
    walk = ["/%s/bin/walk" % guest.GLASS, *options]
    return SCRIPT.format(run=guest.command(prog, walk) + " < /dev/null")


def boot(prog, walk, options, archive=None, out="build/walk/run", smp=1, cpu=None, mem="512M", append="", seconds=180,
         show=None, kernel=V.BZIMAGE, host_time=False):
    """
    Boot, run, take the files out.  show(line) gets each line of the program's output as it comes.
    Time counts instructions, one a nanosecond, so that what the host does meanwhile is not in the picture;
    with host_time it is the host's, and several CPUs run at once.
    """
    os.makedirs(out, exist_ok=True)
    image = guest.pack(prog, [("walk", walk)], script(prog, options), os.path.join(out, "guest.cpio"), archive)
    port = os.path.join(out, "port")
    serial = ["-serial", "stdio", "-chardev", "file,id=walk,path=" + port.replace(",", ",,"), "-serial", "chardev:walk"]
    extra = ["-accel", "tcg,thread=multi"] if smp > 1 and host_time else []
    run, stage = Run(), "boot"
    line_of = "console=ttyS0 panic=-1 quiet rdinit=/%s/init %s" % (guest.GLASS, append)
    try:
        with VM(kernel, image, line_of.strip(), cpu=cpu, mem=mem, smp=smp, serial=serial, extra=extra,
                icount=not host_time) as vm:
            try:
                stage = follow(vm, run, stage, seconds, show)
            except V.VMTimeout:
                raise WalkFailed("%s does not end (%d s were allowed: SECONDS=)\n%s" % (
                    {"boot": "booting", "run": "the program or its walk", "send": "taking the walk out"}[stage_of(vm)],
                    seconds, vm.tail())) from None
            if stage != "sent":
                raise WalkFailed("the machine ended before %s\n%s" % (
                    {"boot": "the program began", "run": "the program's walk did", "send": "the walk was out"}[stage],
                    vm.tail()))
        with open(port, "rb") as f:
            run.files = unpack(f.read())
    finally:
        for path in (image, port):
            if os.path.exists(path):
                os.unlink(path)
    return run


def stage_of(vm):
    text = vm.text()
    return "send" if re.search("^WALK END", text, re.M) else "run" if re.search("^WALK BEGIN", text, re.M) else "boot"


def follow(vm, run, stage, seconds, show):
    end = time.monotonic() + seconds
    for line in vm.lines(idle=seconds, total=seconds):
        if time.monotonic() > end:
            raise V.VMTimeout("time is up")
        if line == "WALK BEGIN":
            stage = "run"
        elif m := re.search(r"WALK END (\d+)$", line):
            # The program's last line may lack its newline.
            if line[:m.start()]:
                run.output.append(line[:m.start()])
                if show:
                    show(line[:m.start()])
            run.status, stage = int(m.group(1)), "send"
        elif line == "WALK SENT":
            stage = "sent"
        elif stage == "run":
            run.output.append(line)
            if show:
                show(line)
    return stage


def unpack(data):
    """{name: bytes} of the archive that came through the port."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
            return {os.path.basename(m.name): tar.extractfile(m).read() for m in tar if m.isfile()}
    except (tarfile.TarError, EOFError, OSError) as e:
        raise WalkFailed("what came out of the machine is broken: %s (%d bytes)" % (e, len(data))) from None


def split(text, what):
    """Words as a shell would, or SystemExit."""
    try:
        return shlex.split(text or "")
    except ValueError as e:
        raise SystemExit("%s: %s" % (what, e))
