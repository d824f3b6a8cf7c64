#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [PATTERN...]   attacks on the kernel: each fails with the measure against it, and succeeds without

An attack is a program, and where the emulator cannot show what it would gain on a CPU that guesses, gdb, which looks
where that CPU would.  docs/hardening.md has the table of what is attacked.  PATTERN chooses cases whose name
contains it.
"""
import argparse
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
import vm as V                                          # noqa: E402
from vm import Archive, VM, VMError, BUILD, TOP         # noqa: E402

OUT = os.path.join(BUILD, "tests", "attacks")
CASES = []


def case(fn):
    CASES.append((fn.__name__.replace("_", "-"), fn))
    return fn


class Failed(Exception):
    pass


def program(name, flags=(), out=None):
    """(archive with it as /init, path of the program)"""
    prog = V.cc(os.path.join(HERE, name + ".c"), os.path.join(OUT, out or name),
                ["-O1", "-g", "-static", "-Wall", "-Wextra", "-Wno-unused-parameter", *flags])
    a = Archive()
    a.copy(prog, "init")
    for d in ("proc", "sys", "dev", "tmp"):
        a.dir(d)
    return a.write(prog + ".cpio"), prog


def symbol(prog, name):
    out = subprocess.run(["nm", prog], stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.search(r"^([0-9a-f]+) [Tt] %s$" % name, out, re.M).group(1)


def under_gdb(opts, archive, script, env, append, cpu=None):
    port = V.free_port()
    cmd = ["gdb", "-nx", "-batch", opts.vmlinux, "-ex", "set architecture i386:x86-64", "-ex", V.GDB_PATIENCE,
           "-ex", "target remote 127.0.0.1:%d" % port, "-x", os.path.join(HERE, script)]
    with VM(opts.kernel, archive, "console=ttyS0 panic=-1 nokaslr " + append, cpu=cpu, mem="256M", gdb=port,
            stopped=True) as vm:
        try:
            out = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True, env=dict(os.environ, **env), timeout=opts.timeout).stdout
        except subprocess.TimeoutExpired as e:
            raise Failed("nothing more within %d s:\n%s\n%s" % (opts.timeout, e.stdout, vm.tail(12)))
        if "\nOK\n" not in "\n" + out:
            raise Failed("gdb did not come to the end:\n%s\n%s" % (out[-2000:], vm.tail(12)))
    return out


# ---- registers ----------------------------------------------------------------------------------------------------

ARGUMENTS = "rdi,rsi,rdx,rcx,r8,r9"
DOORS64 = "__x64_sys_getppid:%s do_syscall_64 do_int80_syscall_32 do_page_fault do_invalid_op" % ARGUMENTS


def registers(opts, doors, append, cpu=None, flags=(), out=None):
    """Registers left, as {function: [register]}"""
    archive, prog = program("registers", flags, out)
    said = under_gdb(opts, archive, "registers.py", {"ATTACK_MAIN": symbol(prog, "main"), "ATTACK_DOORS": doors},
                     append, cpu)
    seen = set(re.findall(r"^SEEN (\S+)$", said, re.M))
    never = [d for d in re.sub(r":\S+", "", doors).split() if d not in seen]
    if never:
        raise Failed("never came to " + ", ".join(never))
    left = {}
    for fn, reg in re.findall(r"^LEFT (\S+) (\S+)$", said, re.M):
        left.setdefault(fn, []).append(reg)
    return left


def registers_case(opts, doors, **how):
    for pti in ("off", "on"):
        left = registers(opts, doors, "pti=" + pti, **how)
        if left:
            raise Failed("pti=%s: the user's registers are left in %s" % (pti, left))
    left = registers(opts, doors, "mitigations=off", **how)
    blind = [d for d in re.sub(r":\S+", "", doors).split() if d not in left]
    if blind:
        raise Failed("mitigations=off: no register is left in %s: the attack sees nothing" % ", ".join(blind))


@case
def registers_64(opts):
    """No register of the user's is left when C begins: syscall both ways, int $0x80, exceptions."""
    registers_case(opts, DOORS64)


@case
def registers_32_syscall(opts):
    """The same for the doors of 32-bit programs, on a CPU of AMD's."""
    registers_case(opts, "do_SYSCALL_32 do_int80_syscall_32", flags=["-m32"], out="registers32")


@case
def registers_32_sysenter(opts):
    """... and of Intel's."""
    registers_case(opts, "do_SYSENTER_32 do_int80_syscall_32", flags=["-m32"], out="registers32", cpu="core2duo")


# ---- where on its stack the kernel works ---------------------------------------------------------------------------

def depths(opts, append):
    """{door: the depths seen}"""
    archive, prog = program("depths")
    said = under_gdb(opts, archive, "depths.py", {"ATTACK_MAIN": symbol(prog, "main")}, append)
    found = {}
    for door, n in re.findall(r"^DEPTH (\S+) (\d+)$", said, re.M):
        found.setdefault(door, []).append(int(n))
    if [len(found.get(d, [])) for d in ("syscall", "int80")] != [40, 40]:
        raise Failed("not forty calls by each door: %s" % found)
    return found


@case
def kernel_stack_offset(opts):
    """How deep on the stack a call works: predicted with randomize_kstack_offset=off, not with on."""
    for door, seen in depths(opts, "randomize_kstack_offset=off").items():
        if len(set(seen)) != 1:
            raise Failed("%s, off: %s" % (door, sorted(set(seen))))
    for more in ("", " mitigations=off pti=on"):
        for door, seen in depths(opts, "randomize_kstack_offset=on" + more).items():
            common = max(seen.count(n) for n in seen)
            if len(set(seen)) < 8 or common > 20 or any(n % 16 != seen[0] % 16 for n in seen):
                raise Failed("%s, on%s: %s" % (door, more, sorted(seen)))


# ---- what user mode's page tables map -------------------------------------------------------------------------------

def mapped(opts, append, **how):
    """({symbol: mapped?}, bytes of the kernel's half)"""
    archive, prog = program("depths")
    said = under_gdb(opts, archive, "mapped.py", {"ATTACK_MAIN": symbol(prog, "main"),
                                                  "ATTACK_BACK": symbol(prog, "back_in_user_mode")}, append, **how)
    sizes = [int(b, 16) - int(a, 16) for a, b in re.findall(r"^MAPPED (\w+) (\w+)$", said, re.M)]
    return {name: word == "yes" for name, word in re.findall(r"^IS (\S+) (yes|no)$", said, re.M)}, sum(sizes)


@case
def page_tables(opts):
    """Meltdown: in user mode nothing of the kernel is mapped but its doors, with pti=on; all of it with pti=off."""
    for append, how in (("pti=on", {}), ("", {"cpu": "core2duo"})):
        there, size = mapped(opts, append, **how)
        if [name for name in there if there[name]] != ["entry_SYSCALL_64"] or size > 256 << 10:
            raise Failed("%s %s: %d KiB of the kernel are mapped in user mode: %s" % (append, how, size >> 10, there))
    there, size = mapped(opts, "pti=off")
    if not all(there.values()) or size < 200 << 20:
        raise Failed("pti=off: the attack does not see the kernel: %d KiB, %s" % (size >> 10, there))


# ---- where the kernel is ------------------------------------------------------------------------------------------

def addresses(opts, append, kernel=None, **machine):
    """(address of do_syscall_64, leaks)"""
    archive, _ = program("addresses")
    with VM(kernel or opts.kernel, archive, "console=ttyS0 panic=-1 " + append, mem="256M", **machine) as vm:
        try:
            vm.wait(60)
        except VMError as e:
            raise Failed("%s\n%s" % (e, vm.tail(12)))
        said = vm.text()
    if "LOOKED" not in said:
        raise Failed("the machine ended early:\n" + said[-2000:])
    where = re.search(r"^ADDRESS (\w{16})", said, re.M)
    if not where:
        raise Failed("root is not told either:\n" + said[-2000:])
    return int(where.group(1), 16), re.findall(r"^LEAK (.*?)\r?$", said, re.M)


@case
def kernel_addresses(opts):
    """Where the kernel's code is: known from the file with nokaslr, not with kaslr; and nobody tells a user."""
    linked = int(symbol(opts.vmlinux, "do_syscall_64"), 16)
    machines = [dict(), dict(smp=2), dict(cpu="max"), dict(kernel=opts.vmlinux)]
    for more in ("nokaslr", "nokaslr kaslr"):
        if addresses(opts, more)[0] != linked:
            raise Failed("%s: the kernel moved" % more)
    moved = []
    for n, machine in enumerate(machines * 2):
        where, leaks = addresses(opts, "kaslr" + (" pti=on" if n % 2 else ""), **machine)
        if leaks:
            raise Failed("user 1000 is told kernel addresses: " + ", ".join(leaks))
        if (where - linked) % (2 << 20) or not 0xffffffff80000000 <= where < 0xffffffffc0000000:
            raise Failed("do_syscall_64 at %#x" % where)
        moved.append(where)
    if len(set(moved)) < 6 or linked in moved:
        raise Failed("kaslr: do_syscall_64 at " + ", ".join(map(hex, moved)))


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("pattern", nargs="*")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--vmlinux", default=os.path.join(BUILD, "vmlinux"))
    p.add_argument("--timeout", type=float, default=120)
    opts = p.parse_args()
    os.makedirs(OUT, exist_ok=True)
    passed = failed = 0
    for name, fn in CASES:
        if opts.pattern and not any(w in name for w in opts.pattern):
            continue
        try:
            fn(opts)
            passed += 1
            print("%-28s PASS" % name, flush=True)
        except (Failed, VMError, subprocess.CalledProcessError) as e:
            failed += 1
            print("%-28s FAIL\n      %s" % (name, str(e).replace("\n", "\n      ")), flush=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
