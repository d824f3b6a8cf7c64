# SPDX-License-Identifier: MIT
"""
lx-trace: the last events of the trace rings, also of those that were read already and are not overwritten yet.

A ring is an array of 32-byte slots; positions count slots and only grow.  A record's first word has its length in
slots in the lowest byte, and its time above: include/vitrix/trace_ring.h, trace/ring_core.h.  What an event's fields
mean is read from the kernel's own table, trace_events[].
"""
import functools
import struct
from types import SimpleNamespace


from lx.base import Command, Failure, number, online_cpus, per_cpu, read, say, symbol_at, text_of, var
from lx import cfmt, syscalls, tasks

SLOT = 32
FIRST_SYSCALL = 512
DEFAULT = 20


class Record:
    def __init__(self, cpu, data):
        stamp, self.type, self.flags, self.preempt, self.pid = struct.unpack_from("<QHBBi", data)
        self.ns, self.cpu, self.entry = stamp >> 8, cpu, data[8:]       # entry: as Linux has it, from `type` on


class Text(str):
    """A string of C: behind its end stands a 0."""

    def __getitem__(self, i):
        if isinstance(i, slice):
            return str.__getitem__(self, i)
        return ord(str.__getitem__(self, i)) if i < len(self) else 0


class Event:
    """A line of trace_events[]."""

    def __init__(self, te):
        self.group, self.name = text_of(te["group"]), text_of(te["name"])
        self.print_fmt = text_of(te["print_fmt"], 4096)
        self.fields = []
        for i in range(int(te["nr_fields"])):
            f = te["fields"][i]
            self.fields.append((text_of(f["name"]), text_of(f["type"]), int(f["offset"]), int(f["size"]),
                                bool(f["is_signed"])))

    def decode(self, entry):
        """{name: value} of a record's fields."""
        out = {}
        for name, kind, offset, size, signed in self.fields:
            plain = name.split("[")[0]
            if kind.startswith("__data_loc"):
                where = struct.unpack_from("<I", entry, offset)[0]
                data = entry[where & 0xffff:(where & 0xffff) + (where >> 16)]
                out[plain] = Text(data.split(b"\0")[0].decode("utf-8", "replace"))
            elif "[" in name and kind in ("char", "const char"):
                data = entry[offset:offset + size] if size else entry[offset:]
                out[plain] = Text(data.split(b"\0")[0].decode("utf-8", "replace"))
            elif "[" in name:
                count = int(name.split("[")[1].rstrip("]") or 0) or 1
                step = size // count
                out[plain] = [int.from_bytes(entry[offset + i * step:offset + (i + 1) * step], "little", signed=signed)
                              for i in range(count)]
            else:
                out[plain] = int.from_bytes(entry[offset:offset + size], "little", signed=signed)
        return out


@functools.lru_cache(maxsize=None)
def events():
    table = var("trace_events")
    out = {}
    for i in range(table.type.range()[1] + 1):
        te = table[i]
        out[int(te["id"])] = Event(te.dereference())
    return out


# ---------------------------------------------------------------- the rings

def records(cpu, count):
    """The newest `count` whole records of a CPU's ring, oldest first."""
    ring = per_cpu("trace_rings", cpu)["ring"]
    base, mask = number(ring["slots"]), number(ring["mask"])
    tail, committed = number(ring["tail"]), number(ring["committed"])
    if not base or tail >= committed:
        return []
    if committed - tail > mask + 1 or mask & (mask + 1):
        raise Failure("CPU %d's ring is broken: tail %d, committed %d, mask 0x%x" % (cpu, tail, committed, mask))
    places, pos = [], tail
    # Once through the lengths; a ring of the usual size is read in a few large pieces.
    data = ring_bytes(base, mask, tail, committed)
    while pos < committed:
        slots = data[(pos - tail) * SLOT]
        if not slots or pos + slots > committed:
            say("(CPU %d's ring is broken at slot %d)" % (cpu, pos))
            break
        places.append((pos, slots))
        pos += slots
    out = []
    for pos, slots in reversed(places):
        at = (pos - tail) * SLOT
        record = Record(cpu, data[at:at + slots * SLOT])
        if record.type:
            out.append(record)
        if len(out) == count:
            break
    return out[::-1]


def ring_bytes(base, mask, tail, committed):
    first, total = tail & mask, committed - tail
    size = min(total, mask + 1 - first)
    data = read(base + first * SLOT, size * SLOT)
    return data + (read(base, (total - size) * SLOT) if total > size else b"")


# ---------------------------------------------------------------- text

def flags_text(r):
    """The five columns of the file trace."""
    return "%s%s%s%s." % ("d" if r.flags & 1 else ".", "N" if r.flags & 4 else ".",
                          "z" if r.flags & 0x40 else "h" if r.flags & 8 else ".",
                          "%x" % (r.preempt & 15) if r.preempt & 15 else ".")


def text_of_record(r):
    """(name, text)"""
    if r.type >= FIRST_SYSCALL:
        return syscall_text(r)
    event = events().get(r.type)
    if event is None:
        return "event_%d" % r.type, r.entry[8:].hex(" ")
    values = event.decode(r.entry)
    try:
        return event.name, cfmt.carry_out(event.print_fmt, SimpleNamespace(**values)).strip()
    except cfmt.Unknown:
        return event.name, " ".join("%s=%s" % (k, value_text(v)) for k, v in values.items())


def value_text(v):
    if isinstance(v, int) and v >> 47:
        return symbol_at(v) or "0x%x" % (v & (1 << 64) - 1)
    return str(v)


def syscall_text(r):
    nr = (r.type - FIRST_SYSCALL) // 2
    name = syscalls.call_name(nr)
    words = struct.unpack_from("<%dQ" % ((len(r.entry) - 16) // 8), r.entry, 16)
    if r.type & 1:
        value = words[0] - (1 << 64) if words[0] >> 63 else words[0]
        return "sys_%s -> 0x%x" % (name, value & (1 << 64) - 1), "%d" % value
    call = syscalls.by_number().get(nr)
    args = call.args if call and call.args is not None else []
    return "sys_" + name, "(%s)" % ", ".join("%s: %x" % (a.name, w) for a, w in zip(args, words))


class LxTrace(Command):
    """lx-trace [N]: the last N (20) events of the trace rings of all CPUs, in order of time, as the file trace shows
them; what was read already is still there until it is overwritten."""
    name = "lx-trace"

    def run(self, argv):
        if argv and not argv[0].isdigit():
            self.usage()
        count = int(argv[0]) if argv else DEFAULT
        if not int(var("trace_rings_live")):
            raise Failure("there is no ring: nothing was traced yet (echo 1 > /sys/kernel/tracing/events/enable)")
        newest = sorted((r for cpu in online_cpus() for r in records(cpu, count)), key=lambda r: r.ns)
        newest = newest[-count:] if count else []
        names = {int(t["pid"]): text_of(t["comm"]) for t in tasks.all_tasks()}
        for r in newest:
            name, text = text_of_record(r)
            comm = names.get(r.pid, "<...>") if r.pid else "<idle>"
            say("%16s-%-7d [%03d] %s %5d.%06d: %s: %s" % (comm, r.pid, r.cpu, flags_text(r), r.ns // 10 ** 9,
                                                         r.ns % 10 ** 9 // 1000, name, text))
        for cpu in online_cpus():
            ring = per_cpu("trace_rings", cpu)["ring"]
            say("CPU %d: %d slots of 32 bytes in use of %d, %d events overwritten, %d dropped%s" % (
                cpu, number(ring["committed"]) - number(ring["tail"]), number(ring["mask"]) + 1,
                number(ring["overrun"]), number(ring["dropped"]),
                "" if int(var("trace_recording")) else "; tracing_on is 0"))


LxTrace()
