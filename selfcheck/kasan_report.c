/* SPDX-License-Identifier: MIT */
/*
 * What the address sanitizer says:
 *
 *	BUG: address sanitizer: use after free in FUNCTION: read of 8 bytes at ADDRESS
 *	  what lies there, and how far in or behind; who allocated it, who freed it
 *	  the shadow around, each byte of which stands for eight
 *
 * Also of what the shadow cannot say, since there is none: NULL, a program's addresses, and those
 * of nobody. gcc's look at such a shadow faults, and the exception's handler asks here.
 *
 * Any context but NMI. Reads the tables of slab and pages without a lock: a race only makes the
 * text wrong. Linux's twins: mm/kasan/{report,report_generic}.c.
 */
#include <vitrix/init.h>
#include <vitrix/memblock.h>
#include <vitrix/mm.h>
#include <vitrix/preempt.h>
#include <vitrix/printk.h>
#include <vitrix/printf.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/slab_debug.h>
#include <vitrix/string.h>
#include <vitrix/vmalloc.h>
#include <arch/ptrace.h>
#include "kasan.h"

bool kasan_ready;

#define SHADOW_ROW	16
#define SHADOW_ROWS	5
#define FRAME_MAGIC	0x41b58ab3UL	/* gcc's, at the lower end of a frame with redzones */

/* ---- what lies there ---- */

static const char *what_happened(u8 why)
{
	switch (why) {
	case KASAN_FREE_PAGE:
	case KASAN_FRESH_PAGE:
	case KASAN_SLAB_FREE:
	case KASAN_VMALLOC_FREE:
		return "use after free";
	case KASAN_STACK_SCOPE:
		return "use after scope";
	case KASAN_STACK_LEFT:
	case KASAN_STACK_MID:
	case KASAN_STACK_RIGHT:
	case KASAN_STACK_PARTIAL:
		return "stack out of bounds";
	case KASAN_GLOBAL_REDZONE:
		return "global out of bounds";
	case KASAN_VMALLOC_NONE:
		return "vmalloc out of bounds";
	}
	return "out of bounds";
}

/* Of the first byte that is forbidden. Within a granule that is allowed in part, the next tells. */
static u8 reason(unsigned long bad)
{
	u8 why = *shadow_of(bad);

	return why < 8 ? (u8)*(shadow_of(bad) + 1) : why;
}

static void print_track(const char *what, const struct slab_track *track)
{
	if (track->pid < 0)
		return;
	pr_emerg("%s by pid %d:\n", what, track->pid);
	for (int i = 0; i < TRACK_DEPTH && track->callers[i]; i++)
		pr_emerg("  %pS\n", (void *)(0xffffffff00000000UL | track->callers[i]));
}

static void print_offset(unsigned long addr, unsigned long start, unsigned long size,
			 const char *what)
{
	if (addr < start + size)
		pr_emerg("%lu bytes inside of the %lu bytes of %s at %lx\n", addr - start, size,
			 what, start);
	else
		pr_emerg("%lu bytes behind the %lu bytes of %s at %lx\n", addr - start - size,
			 size, what, start);
}

/* The first page of the large kmalloc() that the page is a part of, or NULL. */
static struct page *find_head(const struct page *page)
{
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		struct page *head = pfn_to_page(page_to_pfn(page) >> order << order);

		if (head->flags == BIT(PG_head) && head->large_order >= order)
			return head;
	}
	return NULL;
}

static void print_page(unsigned long addr)
{
	struct page *page = virt_to_page((void *)addr), *head = find_head(page);
	struct slab_object object;

	if (slab_find_object(addr, &object)) {
		print_offset(addr, object.start, object.size, object.cache);
		print_track("Allocated", object.alloc);
		print_track("Freed", object.free);
		return;
	}
	if (head)
		print_offset(addr, (unsigned long)page_address(head),
			     PAGE_SIZE << head->large_order, "a large kmalloc()");
	else
		pr_emerg("page frame %#lx, flags %#x, references %d\n", page_to_pfn(page),
			 page->flags, page_count(page));
}

static void print_global(unsigned long addr)
{
	const struct asan_global *g = kasan_find_global(addr);
	char name[96];

	if (!g)
		return;
	snprintf(name, sizeof(name), "%s, %s", g->name, g->file);
	print_offset(addr, g->start, g->size, name);
}

/* Its lower end is where the last left redzone below addr begins. */
static void print_frame(unsigned long addr)
{
	unsigned long start = addr & ~7UL, low = (unsigned long)current->stack;
	const unsigned long *words;

	if (addr - low >= THREAD_SIZE)
		return;
	while (start > low && (u8)*shadow_of(start) != KASAN_STACK_LEFT)
		start -= 8;
	while (start > low && (u8)*shadow_of(start - 8) == KASAN_STACK_LEFT)
		start -= 8;
	words = (const unsigned long *)start;
	if (words[0] != FRAME_MAGIC)
		return;
	/* number of variables; of each its offset, size, length of name, name:line */
	pr_emerg("byte %lu of the frame of %pS, whose variables are: %s\n", addr - start,
		 (void *)words[2], (const char *)words[1]);
}

static void print_object(unsigned long addr)
{
	if (addr >= (unsigned long)_text && addr < (unsigned long)_end)
		print_global(addr);
	else if (addr >= PAGE_OFFSET && addr < PAGE_OFFSET + PFN_PHYS(max_pfn))
		print_page(addr);
	else if (addr - (unsigned long)current->stack < THREAD_SIZE)
		print_frame(addr);
	else if (is_vmalloc_addr((void *)addr))
		pr_emerg("in the vmalloc area\n");
}

static bool has_shadow(unsigned long addr)
{
	return (addr >= (unsigned long)_text && addr < (unsigned long)_end) ||
	       (addr >= PAGE_OFFSET && addr < PAGE_OFFSET + PFN_PHYS(max_pfn) &&
		memblock_is_memory(addr - PAGE_OFFSET, 1)) ||
	       is_vmalloc_addr((void *)addr);
}

static void print_shadow(unsigned long addr)
{
	unsigned long row = ((unsigned long)shadow_of(addr) & ~(SHADOW_ROW - 1UL)) -
			    SHADOW_ROWS / 2 * SHADOW_ROW;
	char text[4 * SHADOW_ROW];

	pr_emerg("Shadow, a byte for eight:\n");
	for (int r = 0; r < SHADOW_ROWS; r++, row += SHADOW_ROW) {
		unsigned long start = shadow_to_address(row);
		size_t n = 0;

		if ((row ^ (unsigned long)shadow_of(addr)) & PAGE_MASK)
			continue;	/* may be none */
		for (int i = 0; i < SHADOW_ROW; i++)
			n += scnprintf(text + n, sizeof(text) - n, "%c%02x",
				       (s8 *)row + i == shadow_of(addr) ? '>' : ' ',
				       ((u8 *)row)[i]);
		pr_emerg(" %lx:%s\n", start, text);
	}
}

static void print_details(const void *addr)
{
	if (!has_shadow((unsigned long)addr))
		return;
	print_object((unsigned long)addr);
	print_shadow((unsigned long)addr);
}

/* ---- reports ---- */

static bool reportable(void)
{
	return kasan_ready && !in_nmi() && selfcheck_active();
}

static const char *kind_of_address(unsigned long addr)
{
	return addr < PAGE_SIZE ? "NULL pointer" : addr < KERNEL_HALF ? "user memory access" :
	       "wild access";
}

void kasan_report(unsigned long addr, size_t size, bool write, unsigned long ip)
{
	unsigned long bad;
	const char *what;

	if (!reportable())
		return;
	if (addr < KERNEL_HALF || addr + size < addr) {
		bad = addr;
		what = kind_of_address(addr);
	} else {
		bad = kasan_first_bad(addr, size);
		if (!bad)
			return;		/* no more: somebody has just been given it */
		what = what_happened(reason(bad));
	}
	selfcheck_report_more(print_details, (void *)bad,
			      "address sanitizer: %s in %pS: %s of %zu bytes at %lx", what,
			      (void *)ip, write ? "write" : "read", size, addr);
}

void kasan_report_free(const void *p, const char *what)
{
	if (reportable())
		selfcheck_report_more(print_details, p, "address sanitizer: %s of %p", what, p);
}

bool kasan_may_free(const void *p)
{
	unsigned long addr = (unsigned long)p;

	if (addr >= PAGE_OFFSET && addr < PAGE_OFFSET + PFN_PHYS(max_pfn)) {
		struct page *page = virt_to_page(p);

		if (page->flags & BIT(PG_slab) ||
		    (page->flags == BIT(PG_head) && !offset_in_page(p)))
			return true;
	}
	kasan_report_free(p, "invalid free");
	return false;
}

/* ---- there is no shadow ---- */

static void report_no_shadow(const struct pt_regs *regs, unsigned long shadow)
{
	unsigned long addr = shadow_to_address(shadow);

	if (reportable())
		selfcheck_report("address sanitizer: %s in %pS: at %lx", kind_of_address(addr),
				 (void *)regs->ip, addr);
}

void kasan_explain_fault(const struct pt_regs *regs, unsigned long address)
{
	if (address >= SHADOW_START && address < SHADOW_END)
		report_no_shadow(regs, address);
}

static unsigned long register_value(const struct pt_regs *regs, unsigned int number)
{
	const unsigned long values[16] = {
		regs->ax, regs->cx, regs->dx, regs->bx, regs->sp, regs->bp, regs->si, regs->di,
		regs->r8, regs->r9, regs->r10, regs->r11,
		regs->r12, regs->r13, regs->r14, regs->r15,
	};

	return values[number];
}

/*
 * The memory operand of the instruction: base, index and displacement of an opcode that gcc looks
 * at the shadow with. 0: another instruction. SDM vol. 2, 2.1.5.
 */
static unsigned long operand_address(const struct pt_regs *regs)
{
	const u8 *p = (const u8 *)regs->ip;
	unsigned int rex = 0, mod, rm;
	unsigned long addr = 0;

	while (*p == 0x66 || *p == 0xf3)
		p++;
	if ((*p & 0xf0) == 0x40)
		rex = *p++;
	if (*p == 0x0f)
		p++;
	p++;			/* the opcode */
	mod = *p >> 6;
	rm = *p++ & 7;
	if (mod == 3)
		return 0;
	if (rm == 4) {
		unsigned int index = (*p >> 3 & 7) | (rex & 2) << 2;

		if (index != 4)
			addr = register_value(regs, index) << (*p >> 6);
		rm = *p++ & 7;
	}
	if (rm != 5 || mod)
		addr += register_value(regs, rm | (rex & 1) << 3);
	if (mod == 1)
		addr += *(const s8 *)p;
	else if (mod == 2 || rm == 5)
		addr += *(const s32 *)p;
	return addr;
}

/* An address that is none: if it is the shadow's of one of the lower half, that is meant. */
void kasan_explain_gp(const struct pt_regs *regs)
{
	unsigned long addr;

	if (regs->ip < (unsigned long)_text || regs->ip >= (unsigned long)_etext)
		return;
	addr = operand_address(regs);
	if (addr && shadow_to_address(addr) < KERNEL_HALF && addr >= KASAN_SHADOW_OFFSET)
		report_no_shadow(regs, addr);
}
