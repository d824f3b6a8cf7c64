# SPDX-License-Identifier: MIT
"""
What all commands stand on: a base class that turns every failure into one line of text, the kernel's memory also
while user mode runs on page tables of its own, symbols and types, per-CPU variables, lists that may be broken.

Nothing here writes to the machine but see_kernel(), which puts back what it changed.
"""
import contextlib
import functools
import os
import re
import struct

import gdb

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
MASK = (1 << 64) - 1
LIMIT = 20000           # members of a list, nodes of a tree: more is a loop
PTI_USER_PGD = 1 << 12  # in CR3: the user's half of a pair of top-level tables


class Failure(Exception):
    """What the user is told; no trace of Python."""


def say(text=""):
    gdb.write(text + "\n")


# ---------------------------------------------------------------- numbers, symbols, types

def number(value):
    """A pointer or an integer as an unsigned 64-bit number."""
    if isinstance(value, gdb.Value) and value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
        value = value.cast(typ("unsigned long"))
    return int(value) & MASK


@functools.lru_cache(maxsize=None)
def typ(name):
    """A type by its C name: `struct task_struct`, `unsigned long`; a `*` at the end makes the pointer."""
    if name.endswith("*"):
        return typ(name[:-1].strip()).pointer()
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        raise Failure("no type %s: is vmlinux loaded (file build/vmlinux), with its debug information?" % name)


def var(name, file=None):
    """A global or static variable, whatever the selected frame calls by that name."""
    found = [s for s in [gdb.lookup_global_symbol(name)] + list(gdb.lookup_static_symbols(name))
             if s and (not file or s.symtab.filename.endswith(file))]
    for s in found:
        if s.addr_class != gdb.SYMBOL_LOC_UNRESOLVED:
            return s.value()
    return found[0].value() if found else missing(name)


def missing(name):
    raise Failure("no symbol %s: is this vmlinux the kernel that runs?" % name)


@functools.lru_cache(maxsize=None)
def address(name):
    """Of a function, a label of assembler, a variable."""
    try:
        return int(gdb.parse_and_eval("(unsigned long)&'%s'" % name)) & MASK
    except gdb.error:
        return missing(name)


def has_symbol(name):
    try:
        return bool(address(name)) or True
    except Failure:
        return False


def at(where, type_name):
    """The object of that type at an address."""
    return gdb.Value(number(where)).cast(typ(type_name).pointer()).dereference()


def container_of(pointer, type_name, member):
    return at(number(pointer) - offset_of(type_name, member), type_name)


@functools.lru_cache(maxsize=None)
def offset_of(type_name, member):
    """In bytes; the member may be `a.b`."""
    t, offset = typ(type_name), 0
    for part in member.split("."):
        field = next((f for f in t.strip_typedefs().fields() if f.name == part), None)
        if field is None:
            raise Failure("%s has no %s" % (type_name, member))
        offset += field.bitpos // 8
        t = field.type
    return offset


def has_member(type_name, member):
    return any(f.name == member for f in typ(type_name).fields())


@functools.lru_cache(maxsize=None)
def defines(path):
    """{name: number} of a header's plain #defines: gdb knows no macros."""
    found = {}
    try:
        with open(os.path.join(TOP, path)) as f:
            text = f.read()
    except OSError as e:
        raise Failure("cannot read %s: %s" % (path, e.strerror))
    for m in re.finditer(r"^#define\s+(\w+)\s+\(?(?:(0x[0-9a-fA-F]+|\d+)U?L?|BIT\((\d+)\)|\(?1UL?\s*<<\s*(\d+)\)?)\)?"
                         r"\s*(?:/[*].*)?$", text, re.M):
        found[m[1]] = int(m[2], 0) if m[2] else 1 << int(m[3] or m[4])
    return found


def define(path, name):
    try:
        return defines(path)[name]
    except KeyError:
        raise Failure("%s does not define %s" % (path, name))


def symbol_at(addr, exact=False):
    """`name+0x12`, `name`, or None for what is no function or variable of the kernel."""
    addr = number(addr)
    text = gdb.Value(addr).cast(typ("void").pointer()).format_string(symbols=True)
    m = re.search(r"<(.*?)(?:\+(\d+))?>", text)
    if not m:
        return None
    if not m[2]:
        return m[1]
    return None if exact else "%s+0x%x" % (m[1], int(m[2]))


def function_at(addr):
    name = symbol_at(addr)
    return name.split("+")[0] if name else None


def counter(value):
    """An atomic_t or atomic_long_t."""
    return int(value[value.type.fields()[0]]) if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT \
        else int(value)


# ---------------------------------------------------------------- memory

def read(addr, size):
    return bytes(gdb.selected_inferior().read_memory(number(addr), size))


def word(addr):
    return struct.unpack("<Q", read(addr, 8))[0]


def words(addr, count):
    return struct.unpack("<%dQ" % count, read(addr, 8 * count))


def text_of(value, limit=256):
    """A C string, from a pointer or an array; broken bytes do no harm."""
    code = value.type.strip_typedefs().code
    if code == gdb.TYPE_CODE_ARRAY and value.type.sizeof > 1:
        data = bytes(int(value[i]) & 255 for i in range(min(limit, value.type.range()[1] + 1)))
    else:
        addr, data = number(value.address if code == gdb.TYPE_CODE_ARRAY else value), b""
        while addr and len(data) < limit and b"\0" not in data:
            # Never across a page that may not be there.
            data += read(addr + len(data), min(64, 4096 - (addr + len(data)) % 4096, limit - len(data)))
    return printable(data.split(b"\0")[0].decode("utf-8", "replace"))


def printable(text):
    return "".join(c if c.isprintable() else "\\x%02x" % ord(c) for c in text)


def register(name):
    """Of the selected CPU, or None: not all of QEMU's targets have them all."""
    try:
        frame = gdb.newest_frame()
        return int(frame.read_register(name).cast(typ("unsigned long"))) & MASK
    except (gdb.error, ValueError):
        return None


def in_user_mode():
    cs = register("cs")
    return cs is not None and cs & 3 == 3


@contextlib.contextmanager
def see_kernel():
    """
    With page table isolation (pti=on) a CPU in user mode has page tables that leave the kernel out, and gdb looks
    through them.  For as long as the block lasts CR3 is that of the kernel's half of the pair.
    """
    cr3 = register("cr3")
    if not cr3 or not cr3 & PTI_USER_PGD or mapped():
        yield
        return
    try:
        set_cr3(cr3 & ~PTI_USER_PGD)
    except gdb.error:
        raise Failure("this CPU is in user mode, without the kernel's page tables: stop it in the kernel")
    try:
        yield
    finally:
        set_cr3(cr3)


def set_cr3(value):
    # gdb gives the register a type of its own, into which a bare number cannot be cast.
    gdb.execute("set $cr3 = $cr3 & 0 | %d" % value, to_string=True)


def mapped():
    try:
        word(address("init_task"))
        return True
    except gdb.MemoryError:
        return False


@contextlib.contextmanager
def on_cpu(cpu):
    """gdb's thread N is CPU N - 1.  Back to the chosen thread and frame afterwards."""
    old, frame = gdb.selected_thread(), gdb.selected_frame()
    thread = next((t for t in gdb.selected_inferior().threads() if t.num == cpu + 1), None)
    if thread is None:
        raise Failure("gdb has no thread for CPU %d" % cpu)
    if thread.num == old.num:
        yield
        return
    thread.switch()
    try:
        with see_kernel():
            yield
    finally:
        old.switch()
        if frame.is_valid():
            frame.select()


# ---------------------------------------------------------------- CPUs

def this_cpu():
    thread = gdb.selected_thread()
    return thread.num - 1 if thread else 0


def online_cpus():
    """CPU 0 also before it has said that it is online."""
    bits = int(var("cpu_online_bits")[0]) & MASK | 1
    return [n for n in range(64) if bits >> n & 1]


def per_cpu(variable, cpu):
    """A CPU's copy of a per-CPU variable (a Value or a name)."""
    if isinstance(variable, str):
        variable = var(variable)
    if cpu not in range(64):
        raise Failure("there is no CPU %d" % cpu)
    offset = int(var("__per_cpu_offset")[cpu]) & MASK
    return at((number(variable.address) + offset) & MASK, str(variable.type)) if variable.type.name else \
        gdb.Value((number(variable.address) + offset) & MASK).cast(variable.type.pointer()).dereference()


# ---------------------------------------------------------------- lists and trees

class Broken(Failure):
    pass


def list_nodes(head):
    """Addresses of the nodes of a struct list_head; ends with Broken where the list is not one."""
    head = number(head)
    node, before, count = word(head), head, 0
    if not node:
        return              # not initialised yet
    while node != head:
        try:
            following, back = words(node, 2)
        except gdb.MemoryError:
            raise Broken("the list at 0x%x is broken: 0x%x points to 0x%x" % (head, before, node))
        if back != before:
            raise Broken("the list at 0x%x is broken: 0x%x does not point back to 0x%x" % (head, node, before))
        yield node
        count += 1
        if count > LIMIT:
            raise Broken("the list at 0x%x has no end" % head)
        before, node = node, following


def list_of(head, type_name, member):
    for node in list_nodes(head):
        yield container_of(node, type_name, member)


def rb_nodes(root):
    """Addresses of struct rb_node in order; root is a struct rb_root."""
    stack, node, count = [], number(root["rb_node"]), 0
    while stack or node:
        while node:
            stack.append(node)
            count += 1
            if count > LIMIT or len(stack) > 128:
                raise Broken("the tree at 0x%x has no end" % number(root.address))
            node = rb_link(node, "rb_left")
        node = stack.pop()
        yield node
        node = rb_link(node, "rb_right")


def rb_link(node, which):
    try:
        return number(at(node, "struct rb_node")[which])
    except gdb.MemoryError:
        raise Broken("a tree is broken: a node points to 0x%x" % node)


def rb_of(root, type_name, member):
    for node in rb_nodes(root):
        yield container_of(node, type_name, member)


# ---------------------------------------------------------------- commands

def require_kernel():
    """Memory holds the kernel: at QEMU's first instruction it does not."""
    try:
        inferior = gdb.selected_inferior()
        if not inferior.threads():
            raise Failure("no machine: target remote :1234 connects to one that `make debug` started")
        if read(address("linux_banner"), 8) == b"Vitrix v":
            return
    except gdb.MemoryError:
        pass
    raise Failure("the kernel is not in memory yet: hbreak start_kernel, c")


class Command(gdb.Command):
    """A command whose run(argv) prints; what goes wrong becomes one line."""
    needs_kernel = True

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA)

    def invoke(self, arg, from_tty):
        try:
            argv = gdb.string_to_argv(arg)
            if not self.needs_kernel:
                self.run(argv)
                return
            with see_kernel():
                require_kernel()
                self.run(argv)
        except Failure as e:
            raise gdb.GdbError("%s: %s" % (self.name, e))
        except gdb.MemoryError as e:
            raise gdb.GdbError("%s: memory that should be the kernel's is not there (%s)" % (self.name, e))
        except gdb.error as e:
            raise gdb.GdbError("%s: %s" % (self.name, e))

    def usage(self):
        raise Failure("usage: %s" % self.__doc__.strip().split("\n")[0].split(":")[0])


class Function(gdb.Function):
    """A $function(...); as Command."""

    def __init__(self):
        super().__init__(self.name)

    def invoke(self, *args):
        try:
            with see_kernel():
                require_kernel()
                value = self.run(*args)
                value.fetch_lazy()      # later the kernel may be out of sight again
                return value
        except (Failure, gdb.error, ValueError) as e:
            raise gdb.GdbError("$%s: %s" % (self.name, e))


def integer(text, what="a number"):
    """A command's argument: any expression that gdb can evaluate."""
    try:
        return int(gdb.parse_and_eval(text).cast(typ("long")))
    except (gdb.error, ValueError):
        raise Failure("%s is not %s" % (printable(text), what))
