#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything that is made from trace/events.tbl.

    gen-events.py --WHAT trace/events.tbl [-o FILE]

    --trace_events_abi   ids and structs, for the kernel and for programs: <generated/trace_events_abi.h>
    --trace_events       trace_NAME() and the keys: <generated/trace_events.h>
    --trace_events_c     the table, the emitters and the printers: C
    --doc                docs/events.md
"""
import argparse
import re
import sys
from dataclasses import dataclass, field

MADE = "made from trace/events.tbl by tools/gen-events.py"
FIRST_FREE_ID = 32
REGS = ("r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss").split()
SIGNED = re.compile(r"^(s\d+|int|long|long long|pid_t|short|char|__s\d+)$")


@dataclass
class Field:
    ctype: str          # without the array
    name: str
    count: str = ""     # "16" for an array
    expr: str = ""
    dynamic: bool = False
    tail: bool = False  # char name[]: the rest of the record

    def declare(self):
        if self.tail:
            return f"char {self.name}[];"
        if self.dynamic:
            return f"__u32 __data_loc_{self.name};"
        return f"{self.ctype} {self.name}{f'[{self.count}]' if self.count else ''};"

    def format_type(self):
        """As the format file and Linux's tools write it."""
        if self.dynamic:
            return "__data_loc char[]", self.name
        if self.tail:
            return "char", self.name + "[]"
        return self.ctype, self.name + (f"[{self.count}]" if self.count else "")

    def signed(self):
        return int(bool(SIGNED.match(self.ctype)) or self.dynamic)


@dataclass
class Event:
    group: str
    name: str
    id: int
    args: str = "manual"
    tasks: str = "current"
    about: list = field(default_factory=list)
    fields: list = field(default_factory=list)
    print: str = '""'

    @property
    def manual(self):
        return self.args == "manual"

    @property
    def names(self):
        return ", ".join(re.search(r"(\w+)$", a.strip())[1] for a in self.args.split(","))


def parse_field(text):
    decl, _, expr = text.partition("=")
    m = re.match(r"^(.*?)(\w+)(?:\[(\w+)\])?\s*$", decl.strip())
    return Field(m[1].strip().replace(" *", " *"), m[2], m[3] or "", expr.strip())


def parse(path):
    events, group, next_id = [], None, FIRST_FREE_ID
    with open(path) as f:
        for lineno, line in enumerate(f, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            word, _, rest = line.partition(" ")
            try:
                if word == "group":
                    group = rest
                elif word == "event":
                    name, *number = rest.split()
                    if not number:
                        number, next_id = [next_id], next_id + 1
                    events.append(Event(group, name, int(number[0])))
                elif word in ("args", "tasks", "print"):
                    setattr(events[-1], word, rest)
                elif word == "about":
                    events[-1].about.append(rest)
                elif word == "field":
                    events[-1].fields.append(parse_field(rest))
                elif word == "str":
                    name, _, expr = rest.partition("=")
                    events[-1].fields.append(Field("char", name.strip(), expr=expr.strip(),
                                                   dynamic=True))
                elif word == "tail":
                    events[-1].fields.append(Field("char", rest, tail=True))
                elif word == "regs":
                    events[-1].fields += [Field("u64", r) for r in REGS]
                else:
                    raise ValueError(f"unknown word {word!r}")
            except (ValueError, IndexError, TypeError) as e:
                sys.exit(f"{path}:{lineno}: {e}")
    if len({e.id for e in events}) != len(events) or len({e.name for e in events}) != len(events):
        sys.exit(f"{path}: an id or a name stands twice")
    return events


TO_ABI = {"u8": "__u8", "u16": "__u16", "u32": "__u32", "u64": "__u64", "s32": "__s32",
          "s64": "__s64", "pid_t": "__s32"}


def gen_trace_events_abi(events):
    """Included by the kernel and by programs, so only <linux/types.h> may be known."""
    out = [f"/* {MADE} */", "#ifndef GENERATED_TRACE_EVENTS_ABI_H",
           "#define GENERATED_TRACE_EVENTS_ABI_H", "", "#include <linux/types.h>", "",
           "enum trace_event_id {"]
    out += [f"\tEVENT_{e.name} = {e.id}," for e in sorted(events, key=lambda e: e.id)]
    out += ["\tEVENT_FIRST_SYSCALL = 512,\t/* + 2 * nr: sys_enter_NAME, + 1: sys_exit_NAME */",
            "\tEVENT_LOST = 0xffff,\t/* only in records: __u64, so many events are missing here */",
            "};", ""]
    for e in events:
        out.append(f"struct trace_raw_{e.name} {{")
        for f in e.fields:
            abi = Field(TO_ABI.get(f.ctype, f.ctype), f.name, f.count, "", f.dynamic, f.tail)
            out.append("\t" + abi.declare())
        out += ["};", ""]
    return out + ["#endif"]


def gen_trace_events(events):
    out = [f"/* {MADE} */", "#ifndef GENERATED_TRACE_EVENTS_H", "#define GENERATED_TRACE_EVENTS_H",
           "", "#include <vitrix/jump_label.h>", "#include <generated/trace_events_abi.h>", "",
           "struct task_struct;", f"#define NR_TRACE_EVENTS {len(events)}", ""]
    for e in events:
        out.append(f"extern struct static_key trace_key_{e.name};")
    for e in events:
        if e.manual:
            continue
        out += ["", f"void __trace_{e.name}({e.args}) __trace_emitter;",
                f"static __always_inline void trace_{e.name}({e.args})", "{",
                f"\tif (static_branch_unlikely(&trace_key_{e.name}))",
                f"\t\t__trace_{e.name}({e.names});", "}"]
    return out + ["", "#endif"]


def emitter(e):
    out = [f"void __trace_{e.name}({e.args})", "{", f"\tstruct trace_raw_{e.name} *rec;"]
    strings = [f for f in e.fields if f.dynamic]
    for f in strings:
        out.append(f"\tu32 {f.name}_len = trace_str_len({f.expr});")
    extra = "".join(f" + {f.name}_len" for f in strings)
    wanted = " && ".join(f"!trace_event_wanted({t.strip()})" for t in e.tasks.split(","))
    out += ["", f"\tif ({wanted})", "\t\treturn;",
            f"\trec = trace_reserve(EVENT_{e.name}, sizeof(*rec){extra});", "\tif (!rec)",
            "\t\treturn;"]
    where = "sizeof(*rec)"
    for f in e.fields:
        if f.dynamic:
            out.append(f"\trec->__data_loc_{f.name} = trace_put_str(rec, {where}, {f.expr}, "
                       f"{f.name}_len);")
            where += f" + {f.name}_len"
        elif f.count:
            out.append(f"\ttrace_copy_comm(rec->{f.name}, {f.expr}, sizeof(rec->{f.name}));")
        else:
            out.append(f"\trec->{f.name} = {f.expr};")
    return out + [f"\ttrace_event_commit(&event_{e.name}, rec);", "}"]


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def gen_trace_events_c(events):
    out = [f"/* {MADE} */", "#include <vitrix/trace_events.h>", '#include "event_helpers.h"', ""]
    for e in events:
        out += [f"static const struct trace_field fields_{e.name}[] = {{"]
        for f in e.fields:
            ctype, name = f.format_type()
            member = f"__data_loc_{f.name}" if f.dynamic else f.name
            macro = "TRACE_FIELD_TAIL" if f.tail else "TRACE_FIELD"
            out.append(f"\t{macro}({e.name}, {member}, {c_string(ctype)}, {c_string(name)}, "
                       f"{f.signed()}),")
        out += ["};", "", f"static void print_{e.name}(struct trace_seq *s, const void *entry)", "{",
                f"\tconst struct trace_raw_{e.name} *REC __maybe_unused = entry + TRACE_ENTRY_SIZE;",
                "", f"\ttrace_seq_printf(s, {e.print});", "}", "",
                f"DEFINE_STATIC_KEY_FALSE(trace_key_{e.name});",
                f"static struct trace_event event_{e.name} = {{",
                f"\t.group = {c_string(e.group)}, .name = {c_string(e.name)}, .id = {e.id},",
                f"\t.fields = fields_{e.name}, .nr_fields = ARRAY_SIZE(fields_{e.name}),",
                f"\t.size = sizeof(struct trace_raw_{e.name}), .print = print_{e.name},",
                f"\t.print_fmt = {c_string(e.print)}, .key = &trace_key_{e.name},", "};", ""]
        if not e.manual:
            out += emitter(e) + [""]
    out += ["struct trace_event *const trace_events[NR_TRACE_EVENTS] = {"]
    out += [f"\t&event_{e.name}," for e in events]
    return out + ["};"]


def gen_doc(events):
    out = ["# The trace events", "", f"This page is {MADE}; change the table, not the page.", "",
           "`events/GROUP/NAME/` in tracefs turns an event on and describes it. Names, "
           "groups and fields are Linux's where Linux has the event; the group `glass` is ours. "
           "`events/syscalls/` has two more for each system call, out of `syscalls.tbl`."]
    group = None
    for e in events:
        if e.group != group:
            group = e.group
            out += ["", f"## {group}", "", "| event | what happened | fields |", "|---|---|---|"]
        names = [f.name for f in e.fields if not f.name.startswith("pad") and f.name not in REGS]
        if any(f.name == "r15" for f in e.fields):
            names.append("all of pt_regs")
        out.append(f"| {e.name} | {' '.join(e.about)} | {', '.join(names)} |")
    return out


GENERATORS = {"trace_events_abi": gen_trace_events_abi, "trace_events": gen_trace_events,
              "trace_events_c": gen_trace_events_c, "doc": gen_doc}


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    what = ap.add_mutually_exclusive_group(required=True)
    for name in GENERATORS:
        what.add_argument("--" + name, dest="what", action="store_const", const=name)
    ap.add_argument("table")
    ap.add_argument("-o", "--output")
    opts = ap.parse_args()
    text = "".join(line + "\n" for line in GENERATORS[opts.what](parse(opts.table)))
    if opts.output:
        with open(opts.output, "w") as f:
            f.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
