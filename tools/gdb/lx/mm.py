# SPDX-License-Identifier: MIT
"""Memory of a task: lx-vmas, lx-pgtable."""
import gdb

from lx.base import (MASK, Command, Failure, LIMIT, Broken, address, counter, define, integer, number, say, text_of,
                     var, word)
from lx import files, tasks

PAGE_OFFSET = 0xffff888000000000
PFN_MASK = 0x000ffffffffff000
# (name, lowest bit of the index)
LEVELS = (("pgd", 39), ("pud", 30), ("pmd", 21), ("pte", 12))
BITS = ((0, "PRESENT"), (1, "RW"), (2, "USER"), (3, "PWT"), (4, "PCD"), (5, "ACCESSED"), (6, "DIRTY"), (7, "PSE"),
        (8, "GLOBAL"), (9, "SPECIAL"), (63, "NX"))


def mm_of(t):
    if number(t["mm"]):
        return t["mm"].dereference()
    raise Failure("%s has no address space of its own: it is a kernel thread, or has ended" % text_of(t["comm"]))


def areas(mm):
    """The VMAs by address, also of a list that is broken."""
    vma, end, count = mm["mmap"], 0, 0
    while number(vma):
        try:
            v = vma.dereference()
            start, following = number(v["vm_start"]), v["vm_next"]
        except gdb.MemoryError:
            raise Broken("the list of areas is broken at 0x%x" % number(vma))
        if start < end or count > LIMIT:
            raise Broken("the list of areas is broken at 0x%x: it does not go up" % number(vma))
        yield v
        end, count, vma = number(v["vm_end"]), count + 1, following


def area_at(mm, addr):
    for v in areas(mm):
        if number(v["vm_start"]) <= addr < number(v["vm_end"]):
            return v
    return None


def area_name(mm, v):
    if number(v["vm_file"]):
        return files.path_of(v["vm_file"]["f_path"])
    start, end = number(v["vm_start"]), number(v["vm_end"])
    if start <= number(mm["start_brk"]) < end or start < number(mm["brk"]) <= end:
        return "[heap]"
    if start <= number(mm["start_stack"]) < end:
        return "[stack]"
    if number(v["vm_ops"]) and number(v["vm_ops"]["name"]):
        return "[%s]" % ("vdso" if number(v["vm_flags"]) & 4 else "vvar")
    return ""


def where(t, ip):
    """` in FILE+0xOFFSET` for an address of the program, or nothing."""
    try:
        v = area_at(mm_of(t), ip)
    except (Failure, gdb.MemoryError):
        return ""
    if v is None:
        return ", where nothing is mapped"
    name = area_name(mm_of(t), v) or "anonymous memory"
    offset = ip - number(v["vm_start"]) + (number(v["vm_pgoff"]) << 12 if number(v["vm_file"]) else 0)
    return " in %s+0x%x" % (name, offset)


class LxVmas(Command):
    """lx-vmas [PID]: the mapped areas of a task, as /proc/PID/maps, with the address of each vm_area_struct."""
    name = "lx-vmas"

    def run(self, argv):
        mm = mm_of(tasks.task_argument(argv))
        say("mm 0x%x: %d areas, pgd 0x%x, mm_users %d, mm_count %d, rss %d+%d+%d pages (file, anonymous, shared)" % (
            number(mm.address), int(mm["map_count"]), number(mm["pgd"]), counter(mm["mm_users"]),
            counter(mm["mm_count"]), counter(mm["rss_file"]), counter(mm["rss_anon"]), counter(mm["rss_shmem"])))
        n = 0
        for v in areas(mm):
            flags = number(v["vm_flags"])
            rights = "".join(c if flags >> bit & 1 else "-" for bit, c in enumerate("rwx"))
            rights += "s" if flags & 8 else "p"
            say(("0x%x %012x-%012x %s %8x %s" % (number(v.address), number(v["vm_start"]), number(v["vm_end"]), rights,
                                                 number(v["vm_pgoff"]) << 12, area_name(mm, v))).rstrip())
            n += 1
        if n != int(mm["map_count"]):
            say("(map_count says %d, the list has %d)" % (int(mm["map_count"]), n))


# ---------------------------------------------------------------- page tables

def bit_names(entry, leaf):
    names = []
    for bit, name in BITS:
        if not entry >> bit & 1 or bit == 7 and leaf == "pte":
            continue
        names.append("PROTNONE" if bit == 8 and not entry & 1 else name)
    return " ".join(names)


def rights(who, entries):
    """What the CPU allows after all levels: the upper ones can only take away."""
    return "%s may read%s%s" % (who, ", write" if all(e >> 1 & 1 for e in entries) else "",
                                ", execute" if not any(e >> 63 & 1 for e in entries) else "")


def canonical(addr):
    return addr >> 47 in (0, 0x1ffff)


class LxPgtable(Command):
    """lx-pgtable PID ADDRESS: the way from CR3 down to the page, each entry with its bits explained."""
    name = "lx-pgtable"

    def run(self, argv):
        if len(argv) != 2:
            self.usage()
        t = tasks.task_argument(argv[:1])
        addr = integer(argv[1], "an address") & MASK
        if not canonical(addr):
            raise Failure("0x%x is not canonical: bits 63 to 47 are not all the same" % addr)
        if number(t["mm"]):
            pgd = number(t["mm"]["pgd"])
        elif addr >> 47:
            pgd = address("init_top_pgt")
        else:
            mm_of(t)
        say("0x%x: pgd[%d] pud[%d] pmd[%d] pte[%d] + 0x%x, tables of %s" % (
            (addr,) + tuple(addr >> shift & 511 for _, shift in LEVELS) + (addr & 4095, text_of(t["comm"]))))
        top = None
        if int(var("pti_enabled")):
            slot = (pgd | 4096) + 8 * (addr >> 39 & 511)
            top = word(slot)
            say("page table isolation: user mode runs on another pgd, the rest is shared")
            say("  pgd  0x%x  %016x  %s" % (slot, top, bit_names(top, "pgd") or "empty"))
        self.walk(t, pgd, addr, top)

    def walk(self, t, table, addr, top):
        """top: the entry of the user's own pgd, if there is one."""
        entries = []
        for name, shift in LEVELS:
            slot = table + 8 * (addr >> shift & 511)
            entry = word(slot)
            say("  %s  0x%x  %016x  %s" % (name, slot, entry, bit_names(entry, name) or "empty"))
            if not entry & 1:
                self.absent(t, name, entry, addr)
                return
            entries.append(entry)
            if name == "pte" or entry >> 7 & 1 and name != "pgd":
                size = 1 << shift
                phys = entry & PFN_MASK & ~(size - 1) | addr & (size - 1)
                say("  page  physical 0x%x, %s, in the direct map 0x%x" % (
                    phys, "4 KiB" if size == 4096 else "%d MiB" % (size >> 20) if size < 1 << 30 else "1 GiB",
                    PAGE_OFFSET + phys))
                for who, way in self.parties(entries, top):
                    say("  %s" % rights(who, way))
                self.page(phys >> 12, entry)
                return
            table = PAGE_OFFSET + (entry & PFN_MASK)

    def parties(self, entries, top):
        """(who, the entries that rule)."""
        user = all(e >> 2 & 1 for e in entries)
        if top is None:
            return [("user and kernel" if user else "the kernel alone", entries)]
        if user and top & 1:
            return [("user mode", [top] + entries[1:]), ("the kernel", entries)]
        return [("the kernel alone", entries)]

    def absent(self, t, name, entry, addr):
        if name == "pte" and entry >> 8 & 1:
            say("  PROT_NONE: there is a page, and nobody may touch it")
            return
        say("  not present: touching it is a page fault")
        if addr >> 47:
            return
        v = area_at(mm_of(t), addr)
        if v is None:
            say("  and no area holds the address: SIGSEGV")
        else:
            say("  the area %012x-%012x %s holds the address: the fault brings the page in" % (
                number(v["vm_start"]), number(v["vm_end"]), area_name(mm_of(t), v) or "(anonymous)"))

    def page(self, pfn, entry):
        """What struct page knows of a frame of RAM."""
        if pfn >= int(var("max_pfn")):
            say("  no RAM: a device's registers")
            return
        page = gdb.Value(0xffffea0000000000 + 32 * pfn).cast(gdb.lookup_type("struct page").pointer()).dereference()
        try:
            count, flags = counter(page["_refcount"]), int(page["flags"])
        except gdb.MemoryError:
            say("  no struct page")
            return
        names = [n for n in ("locked", "uptodate", "dirty", "buddy", "slab", "reserved", "head", "waiters", "pgtable",
                             "pcp", "fresh", "file", "shmem")
                 if flags >> define("include/vitrix/mm_types.h", "PG_" + n) & 1]
        say("  struct page 0x%x, _refcount %d, flags %s" % (number(page.address), count, " ".join(names) or "none"))
        if entry & 4 and not entry & 2 and "file" not in names and count > 1:
            say("  not writable, and held %d times: if the area is writable the first write copies it" % count)


for c in (LxVmas, LxPgtable):
    c()
