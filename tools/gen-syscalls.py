#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything that is made from syscalls.tbl.

    gen-syscalls.py --WHAT syscalls.tbl [-o FILE]

    --syscalls           prototypes: <generated/syscalls.h>
    --syscall_nr         NR_syscalls, for C and assembler: <generated/syscall_nr.h>
    --syscall_table_64   sys_call_table, assembler
    --syscall_table_32   ia32_sys_call_table and the functions __ia32_sys_* that widen arguments, C
    --syscalls_metadata  what the tracer knows of arguments: syscalls_metadata[] and the i386's, C
    --syscall_ni         a linker script: calls that no object defines become sys_ni_syscall
    --walk               what walk's decoders know of each call, C
    --abi                docs/abi.md
    --check              is the table sound, and does it agree with <asm/unistd_*.h>?

The parser is a module for other tools too (the file's name has a hyphen: use importlib):
parse(path) gives a list of Call, each with its Args.
"""
import argparse
import os
import re
import sys
from dataclasses import dataclass, field
from typing import List, Optional

STATUS = ("full", "partial", "none")

# Kernel types that <vitrix/types.h> and <linux/types.h> do not have under the same name.
BASE_TYPES = {"sigset_t": "unsigned long", "compat_sigset_t": "unsigned long"}
# Types whose text needs no declaration besides <vitrix/types.h>.
KNOWN_TYPES = set("""int long char void u16 u32 u64 __s32 size_t loff_t off_t umode_t pid_t uid_t gid_t
    clockid_t timer_t sigset_t __kernel_old_time_t __kernel_fd_set s32""".split()) | {
    "unsigned int", "unsigned long", "unsigned char"}
FLAGS = {"ptregs", "ia32", "compat"}
# Of signed types a 32-bit register holds the low half: its sign goes on into the upper one.
SIGNED = {"int", "long", "off_t", "pid_t", "clockid_t", "timer_t", "__s32"}
# What takes two 32-bit registers, the low half first.
WIDE = {"loff_t", "u64"}
# Structs with the same layout in 32-bit programs: no long, no pointer, no padding that differs.
SAME_LAYOUT = {"struct " + s for s in """pollfd rseq new_utsname sched_param sched_attr epoll_event rlimit64 statx
    open_how linux_dirent64 getcpu_cache __user_cap_header_struct __user_cap_data_struct
    __kernel_timespec __kernel_itimerspec old_utsname oldold_utsname __kernel_timex clone_args""".split()}
KIND = re.compile(r"^[a-z_0-9]+(\[[a-z_0-9]+\])?$")


class TableError(Exception):
    pass


@dataclass
class Arg:
    """One parameter: `const char *buf:in[count]` has base 'char', const, stars 1, kind 'in', count."""
    name: str
    base: str           # the C type without const and stars
    decl: str           # the type as it stands in the table, `const char *`
    stars: int
    kind: str           # never empty: see default_kind()
    count: Optional[str] = None     # what stands in the kind's brackets

    @property
    def pointer(self):
        return self.stars > 0

    @property
    def wide(self):
        return not self.stars and self.base in WIDE

    @property
    def same_in_32(self):
        """Can the i386 call's argument be handed on, its upper half cleared or filled with its sign?"""
        if not self.stars:
            return True
        if self.stars > 1 or self.base in ("long", "unsigned long", "size_t"):
            return False
        return not self.base.startswith(("struct", "union")) or self.base in SAME_LAYOUT

    def widened(self):
        """The argument of the 64-bit function, from the u32 of the same name."""
        if self.stars:
            return f"({self.prototype()[:-len(self.name)]})(unsigned long){self.name}"
        if self.wide:
            return f"(u64){self.name}_hi << 32 | {self.name}_lo"
        return f"(s32){self.name}" if self.base in SIGNED else self.name

    def prototype(self):
        """The C type and name, with __user before the last star and base types in place of ours."""
        text = re.sub(r"\b[a-z_]+_t\b", lambda m: BASE_TYPES.get(m[0], m[0]), self.decl)
        if self.stars:
            # Each level of the pointer lives in user memory.
            text = re.sub(r"\s*\*", " __user *", text)
            return text + self.name
        return f"{text} {self.name}"


@dataclass
class Call:
    nr64: Optional[int]
    nr32: Optional[int]
    name: str
    status: str
    ptregs: bool
    args: Optional[List[Arg]]       # None where the table says `-`
    note: str = ""
    ia32: bool = False              # int $0x80 leads to the same function
    compat: bool = False            # int $0x80 leads to a function of its own
    line: int = field(default=0, compare=False)
    own_args32: Optional[List[Arg]] = None      # what stands behind the bar

    @property
    def args32(self):
        """The arguments as the i386's call has them."""
        if self.own_args32 is not None or not self.args:
            return self.own_args32 if self.own_args32 is not None else self.args
        split = []
        for a in self.args:
            split += [Arg(f"{a.name}_{half}", "u32", "u32", 0, a.kind) for half in ("lo", "hi")] \
                if a.wide else [a]
        return split

    @property
    def served(self):
        return self.status != "none"

    @property
    def symbol(self):
        return f"__x64_sys_{self.name}"

    @property
    def entry(self):
        """What the 64-bit table holds for it."""
        if not self.served:
            return "sys_ni_syscall"
        return ("ptregs_" if self.ptregs else "") + self.symbol

    @property
    def entry32(self):
        """What the i386 table holds for it."""
        if not self.served:
            return "sys_ni_syscall"
        if self.compat:
            return f"__ia32_compat_sys_{self.name}"
        return f"__ia32_sys_{self.name}" if self.ia32 else "sys_ni_syscall"

    @property
    def served32(self):
        return self.nr32 is not None and self.entry32 != "sys_ni_syscall"

    def parameters(self):
        return ", ".join(a.prototype() for a in self.args) or "void"

    def parameters32(self):
        return ", ".join(a.prototype() for a in self.args32) or "void"


def default_kind(base, stars):
    if stars:
        return "addr"
    return {"size_t": "size", "unsigned int": "uint", "unsigned long": "hex", "u32": "uint",
            "u64": "hex"}.get(base, "dec")


def parse_arg(text):
    decl, _, kind = text.partition(":")
    m = re.match(r"^(.*?[\s*])([A-Za-z_]\w*)$", decl.strip())
    if not m:
        raise TableError(f"no type and name in {text!r}")
    decl, name = m[1].strip(), m[2]
    stars = decl.count("*")
    if stars:
        decl = re.sub(r"\s*\*", " *", decl)
    base = " ".join(re.sub(r"\bconst\b|\*", " ", decl).split())
    if base not in KNOWN_TYPES and not re.match(r"^(struct|union) \w+$", base):
        raise TableError(f"unknown type {base!r}")
    if not kind:
        kind = default_kind(base, stars)
    if not KIND.match(kind):
        raise TableError(f"bad kind {kind!r}")
    kind, _, count = kind.partition("[")
    return Arg(name, base, decl, stars, kind, count[:-1] or None)


def parse_args(text):
    if text in ("-", "void"):
        return None if text == "-" else []
    return [parse_arg(a.strip()) for a in text.split(",")]


def parse_line(text, lineno):
    body, _, note = text.partition("#")
    parts = body.split(None, 4)
    if len(parts) != 5:
        raise TableError("five columns expected: nr64 nr32 name status arguments")
    nrs = [None if p == "-" else int(p) for p in parts[:2]]
    status, *flags = parts[3].split(",")
    if status not in STATUS:
        raise TableError(f"status {status!r} is none of {', '.join(STATUS)}")
    if set(flags) - FLAGS:
        raise TableError(f"unknown flag in {parts[3]!r}")
    text, bar, text32 = parts[4].partition("|")
    args = parse_args(text.strip())
    call = Call(nrs[0], nrs[1], parts[2], status, "ptregs" in flags, args, note.strip(),
                "ia32" in flags, "compat" in flags, lineno, parse_args(text32.strip()) if bar else None)
    if bar and not call.compat:
        raise TableError("arguments of the i386's own are for compat")
    if call.served and args is None:
        raise TableError("a call that is served needs its arguments")
    for some in (args or [], call.args32 or []):
        if len(some) > 6:
            raise TableError("more than six arguments")
        for a in some:
            if a.count and not a.count.isdigit() and a.count != "ret" and \
                    a.count not in [b.name for b in some]:
                raise TableError(f"{a.name}: no argument is called {a.count!r}")
    if (call.ia32 or call.compat) and (call.nr32 is None or not call.served):
        raise TableError("ia32 and compat are for calls that are served and have an i386 number")
    if call.ia32 and call.nr64 is not None:
        for a in args:
            if not a.same_in_32:
                raise TableError(f"{a.name} needs a conversion in 32 bits: compat, not ia32")
    if call.served and call.nr64 is None and not call.ia32:
        raise TableError("a call of the i386 table alone is served with the flag ia32")
    if status == "partial" and not note.strip():
        raise TableError("partial: the note must say what is missing")
    return call


def parse(path):
    """The calls of the table, in its order. Raises TableError."""
    calls, seen = [], {}
    with open(path) as f:
        for lineno, text in enumerate(f, 1):
            if not text.strip() or text.startswith("#"):
                continue
            try:
                call = parse_line(text, lineno)
                for key in (("x86-64", call.nr64), ("i386", call.nr32), ("name", call.name)):
                    if key[1] in (None, "ni_syscall"):
                        continue
                    if key in seen:
                        raise TableError(f"{key[0]} {key[1]} is in line {seen[key]} already")
                    seen[key] = lineno
            except (TableError, ValueError) as e:
                raise TableError(f"{path}:{lineno}: {e}") from None
            calls.append(call)
    return calls


def nr_syscalls(calls):
    return max(c.nr64 for c in calls if c.nr64 is not None) + 1


MADE = "made from syscalls.tbl by tools/gen-syscalls.py"


def gen_syscalls(calls):
    named = [c for c in calls if c.args is not None and c.nr64 is not None]
    # The i386 forms that are written by hand.
    own32 = [c for c in calls if c.served32 and (c.compat or c.nr64 is None)]
    tags = sorted({a.base for c in named + own32 for a in c.args + c.args32 if a.base.startswith(("struct", "union"))})
    out = [f"/* {MADE} */", "#ifndef GENERATED_SYSCALLS_H", "#define GENERATED_SYSCALLS_H", "",
           "#include <vitrix/types.h>", "#include <generated/syscall_nr.h>", ""]
    out += [f"{t};" for t in tags]
    out += ["", "/* What every entry of sys_call_table takes: six registers. */",
            "typedef long (*sys_call_ptr_t)(unsigned long, unsigned long, unsigned long,",
            "\t\t\t       unsigned long, unsigned long, unsigned long);",
            "extern const sys_call_ptr_t sys_call_table[NR_syscalls];",
            "/* The same for int $0x80, which has 32 bits of each register. */",
            "extern const sys_call_ptr_t ia32_sys_call_table[IA32_NR_syscalls];", "",
            "long sys_ni_syscall(void);"]
    out += [f"long {c.symbol}({c.parameters()});" for c in named]
    out += [f"long {c.entry32}({c.parameters32()});" for c in own32]
    return out + ["", "#endif"]


def gen_syscall_nr(calls):
    return [f"/* {MADE} */", "#ifndef GENERATED_SYSCALL_NR_H", "#define GENERATED_SYSCALL_NR_H", "",
            f"#define NR_syscalls {nr_syscalls(calls)}",
            f"#define IA32_NR_syscalls {max(c.nr32 for c in calls if c.nr32 is not None) + 1}", "", "#endif"]


def gen_syscall_table_64(calls):
    """Its label and its size are for gdb; the entry code indexes it by 8."""
    table = {c.nr64: c for c in calls if c.nr64 is not None}
    out = [f"/* {MADE} */", '\t.section .rodata, "a", @progbits', "\t.balign 64",
           "\t.globl sys_call_table", "\t.type sys_call_table, @object", "sys_call_table:"]
    for nr in range(nr_syscalls(calls)):
        call = table.get(nr)
        out.append(f"\t.quad {call.entry if call else 'sys_ni_syscall'}\t/* {nr}"
                   f"{' ' + call.name if call else ''} */")
    return out + ["\t.size sys_call_table, . - sys_call_table",
                  '\t.section .note.GNU-stack, "", @progbits']


def gen_syscall_table_32(calls):
    """
    A function of 32-bit arguments for each call that both tables share; calls of the i386 table
    alone, and those with the flag compat, have one in the kernel's sources.
    """
    out = [f"/* {MADE} */", "#include <generated/syscalls.h>", "#include <vitrix/compiler.h>", ""]
    for c in calls:
        if not c.ia32 or c.nr64 is None:
            continue
        params = ", ".join(f"u32 {a.name}" for a in c.args32) or "void"
        values = ", ".join(a.widened() for a in c.args)
        out += [f"long {c.entry32}({params});", f"__path long {c.entry32}({params})", "{",
                f"\treturn {c.symbol}({values});", "}"]
    table = {c.nr32: c for c in calls if c.nr32 is not None}
    out += ["", "const sys_call_ptr_t ia32_sys_call_table[IA32_NR_syscalls] = {"]
    for nr in range(max(table) + 1):
        call = table.get(nr)
        out.append(f"\t[{nr}] = (void *){call.entry32 if call else 'sys_ni_syscall'},"
                   f"{' /* ' + call.name + ' */' if call else ''}")
    return out + ["};"]


def gen_syscall_ni(calls):
    """PROVIDE gives a symbol its value only if an object needs it and none defines it."""
    out = [f"/* {MADE}: promised and not there is ENOSYS too */"]
    for c in calls:
        if c.served and c.nr64 is not None:
            out.append(f"PROVIDE({c.symbol} = sys_ni_syscall);")
            if c.ptregs:
                out.append(f"PROVIDE({c.entry} = {c.symbol});")
    return out


# Types that the ABI's headers know only by another name, or that the kernel copies in another size.
METADATA_SIZES = {"sigset_t": "8", "char": "1", "void": "1", "__kernel_fd_set": "128",
                  "struct siginfo": "128", "struct sigevent": "64", "struct sigaction": "32",
                  "struct linux_dirent": "1", "struct linux_dirent64": "1",
                  "struct open_how": "24", "struct sigaltstack": "24", "struct ustat": "32",
                  "struct clone_args": "88"}
METADATA_HEADERS = """asm/stat.h asm/statfs.h asm/termbits.h linux/capability.h linux/eventpoll.h
    linux/futex.h linux/resource.h linux/sched.h linux/sched/types.h linux/stat.h linux/sysinfo.h
    linux/time.h linux/time_types.h linux/times.h linux/timex.h linux/types.h linux/uio.h
    linux/utime.h linux/utsname.h asm/poll.h linux/time.h vitrix/compat.h asm/ldt.h""".split()
DIRECTIONS = {"in": "SYS_ARG_IN", "out": "SYS_ARG_OUT", "inout": "SYS_ARG_IN | SYS_ARG_OUT",
              "path": "SYS_ARG_IN", "str": "SYS_ARG_IN", "strv": "SYS_ARG_IN",
              "iov_in": "SYS_ARG_IN", "iov_out": "SYS_ARG_IN | SYS_ARG_OUT"}
ARG_KINDS = {"path": "STRING", "str": "STRING", "strv": "STRINGS", "in": "MEMORY", "out": "MEMORY",
             "inout": "MEMORY", "iov_in": "IOVEC", "iov_out": "IOVEC"}


def metadata_arg(args, arg):
    decl = f"{arg.decl}{'' if arg.stars else ' '}{arg.name}"
    if not arg.pointer or arg.kind not in ARG_KINDS:
        return f'\t{{ .decl = "{decl}" }},'
    size = "8" if arg.stars > 1 else METADATA_SIZES.get(arg.base, f"sizeof({arg.base})")
    if arg.count in ("size", "usize", "len") or (arg.base == "unsigned long" and arg.count == "ret"):
        size = "1"      # the count is one of bytes
    names = [a.name for a in args]
    if arg.count is None:
        count, count_arg = "1", "SYS_COUNT_FIXED"
    elif arg.count.isdigit():
        count, count_arg = arg.count, "SYS_COUNT_FIXED"
    elif arg.count == "ret":
        count, count_arg = "0", "SYS_COUNT_RET"
    else:
        count, count_arg = "0", str(names.index(arg.count))
    return (f'\t{{ .decl = "{decl}", .kind = SYS_ARG_{ARG_KINDS[arg.kind]}, '
            f'.dir = {DIRECTIONS[arg.kind]},\n'
            f'\t  .size = {size}, .count = {count}, .count_arg = {count_arg} }},')


def gen_syscalls_metadata(calls):
    tables = {"syscalls_metadata[NR_syscalls]":
              {c.nr64: c for c in calls if c.served and c.nr64 is not None},
              "ia32_syscalls_metadata[IA32_NR_syscalls]": {c.nr32: c for c in calls if c.served32}}
    served = {c.name: c for table in tables.values() for c in table.values()}
    out = [f"/* {MADE} */", "#include <vitrix/trace_syscall.h>", "#include <generated/syscall_nr.h>"]
    out += [f"#include <{h}>" for h in METADATA_HEADERS] + [""]
    for c in served.values():
        if c.args:
            out += [f"static const struct syscall_arg args_{c.name}[] = {{"]
            out += [metadata_arg(c.args, a) for a in c.args] + ["};"]
        if c.served32 and c.args32 != c.args:
            out += [f"static const struct syscall_arg args32_{c.name}[] = {{"]
            out += [metadata_arg(c.args32, a) for a in c.args32] + ["};"]
    for name, table in tables.items():
        ia32 = name.startswith("ia32")
        out += ["", f"const struct syscall_metadata {name} = {{"]
        for nr, c in sorted(table.items()):
            args = f", args_{c.name}, {len(c.args)}" if c.args else ""
            if ia32 and c.args32 != c.args:
                args = f", args32_{c.name}, {len(c.args32)}"
            out.append(f'\t[{nr}] = {{ "{c.name}"{args} }},')
        out.append("};")
    return out


# Kinds that are no names of sets; <call.h> of tools/walk has KIND_ for each.
WALK_KINDS = """dec uint hex size addr msec fd dirfd pid uid gid sig mode dev key in out inout path str
    strv iov_in iov_out""".split()
WALK_WIDTHS = {"char": -1, "unsigned char": 1, "u16": 2, "umode_t": 2, "int": -4, "__s32": -4,
               "pid_t": -4, "clockid_t": -4, "timer_t": -4, "unsigned int": 4, "u32": 4, "uid_t": 4,
               "gid_t": 4, "long": -8, "off_t": -8, "loff_t": -8, "__kernel_old_time_t": -8}


def walk_arg(args, arg):
    names = [a.name for a in args]
    kind, of = ("KIND_" + arg.kind, "NULL") if arg.kind in WALK_KINDS else ("KIND_set", "&set_" + arg.kind)
    count = ("COUNT_ONE" if arg.count is None else "COUNT_RET" if arg.count == "ret" else
             arg.count if arg.count.isdigit() else f"COUNT_ARG({names.index(arg.count)})")
    width = 8 if arg.pointer else WALK_WIDTHS.get(arg.base, 8)
    return f'\t\t{{ "{arg.name}", "{arg.base}", {width}, {kind}, {count}, {of} }},'


def gen_walk(calls):
    """A set without a table of names in tools/walk is a weak symbol, NULL, and shown as a number."""
    abi64, abi32 = unistd_names(64), unistd_names(32)
    forms = [(c, c.args) for c in calls]
    # A call that has other arguments in 32 bits is described twice.
    forms += [(c, c.args32) for c in calls if c.served32 and c.args32 != c.args]
    sets = sorted({a.kind for _, args in forms for a in args or [] if a.kind not in WALK_KINDS})
    out = [f"/* {MADE} */", "#include <stddef.h>", "", '#include "call.h"', ""]
    out += [f"extern const struct set set_{s} __attribute__((weak));" for s in sets]
    out += ["", "static const struct call_desc calls[] = {"]
    for c, args in forms:
        abi = abi64.get(c.nr64) or abi32.get(c.nr32) or c.name
        out.append(f'\t{{ "{c.name}", "{abi}", "{abi32.get(c.nr32, abi)}", "{c.entry}", '
                   f'"{c.entry32}", {"true" if c.compat else "false"}, '
                   f'{-1 if args is None else len(args)}, {{')
        out += [walk_arg(args, a) for a in args or []] + ["\t} },"]
    out.append("};")
    for bits, get in ((64, lambda c: c.nr64), (32, lambda c: c.nr32)):
        some = enumerate(forms) if bits == 32 else enumerate(forms[:len(calls)])
        table = {get(c): i for i, (c, _) in some if get(c) is not None}
        out += ["", f"const struct call_desc *const call_table_{bits}[] = {{"]
        out += [f"\t[{nr}] = &calls[{i}]," for nr, i in sorted(table.items())]
        out += ["};", f"const int nr_calls_{bits} = {max(table) + 1};"]
    return out


def gen_abi(calls):
    def nr(n):
        return "" if n is None else str(n)

    def count(status):
        return sum(c.status == status and c.nr64 is not None for c in calls)

    out = ["# The system calls of Vitrix", "",
           f"This page is {MADE}; change the table, not the page.", "",
           f"Of the {nr_syscalls(calls)} numbers of the x86-64 table {count('full')} behave as on "
           f"Linux 6.1, {count('partial')} serve programs in part (the note says what is missing); "
           "the others answer ENOSYS and are listed by name at the end.", "",
           "The i386 column is the number for 32-bit programs, by `int $0x80`, SYSENTER or SYSCALL "
           f"([paths/int80.md](paths/int80.md)): {sum(c.served32 for c in calls)} calls. A number in "
           "brackets answers ENOSYS there. Where a struct looks different in 32 bits, or a 64-bit "
           "offset comes in two registers, the call has a function of its own.", "",
           "| x86-64 | i386 | call | status | arguments | note |",
           "|---:|---:|---|---|---|---|"]
    for c in sorted((c for c in calls if c.served), key=lambda c: c.name):
        args = ", ".join(f"{a.decl}{'' if a.stars else ' '}{a.name}" for a in c.args).replace("*", r"\*")
        nr32 = nr(c.nr32) if c.served32 or c.nr32 is None else f"({c.nr32})"
        out.append(f"| {nr(c.nr64)} | {nr32} | {c.name} | {c.status} | {args or 'void'} "
                   f"| {c.note} |")
    missing = sorted({c.name for c in calls if not c.served and c.nr64 is not None} - {"ni_syscall"})
    out += ["", "## Not there", "", ", ".join(missing) + "."]
    return out


def unistd_names(bits):
    """{number: name} of the ABI's headers; empty without the headers."""
    for base in ("/usr/include/x86_64-linux-gnu/asm", "/usr/include/asm"):
        path = os.path.join(base, f"unistd_{bits}.h")
        if os.path.exists(path):
            with open(path) as f:
                return {int(m[2]): m[1] for m in re.finditer(r"#define __NR_(\w+)\s+(\d+)", f.read())}
    return {}


def gen_check(calls):
    out = []
    for bits, get in ((64, lambda c: c.nr64), (32, lambda c: c.nr32)):
        have = {get(c) for c in calls} - {None}
        want = set(unistd_names(bits))
        if want:
            # 450 is the last number of Linux 6.1; newer headers know more.
            want = {n for n in want if n <= 450}
            out += [f"syscalls.tbl: {bits}-bit number {n} is missing" for n in sorted(want - have)]
            out += [f"syscalls.tbl: Linux has no {bits}-bit number {n}" for n in sorted(have - want)]
    return out


GENERATORS = {"syscalls": gen_syscalls, "syscall_nr": gen_syscall_nr,
              "syscall_table_64": gen_syscall_table_64, "syscall_table_32": gen_syscall_table_32,
              "syscalls_metadata": gen_syscalls_metadata, "syscall_ni": gen_syscall_ni, "walk": gen_walk,
              "abi": gen_abi, "check": gen_check}


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    what = ap.add_mutually_exclusive_group(required=True)
    for name in GENERATORS:
        what.add_argument("--" + name, dest="what", action="store_const", const=name)
    ap.add_argument("table")
    ap.add_argument("-o", "--output")
    opts = ap.parse_args()
    try:
        lines = GENERATORS[opts.what](parse(opts.table))
    except TableError as e:
        sys.exit(str(e))
    text = "".join(line + "\n" for line in lines)
    if opts.output:
        with open(opts.output, "w") as f:
            f.write(text)
    else:
        sys.stdout.write(text)
    if opts.what == "check" and lines:
        sys.exit(1)


if __name__ == "__main__":
    main()
