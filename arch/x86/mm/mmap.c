/* SPDX-License-Identifier: MIT */
/*
 * Where things lie in an address space, and how much of that is chance.
 *
 *	0          program   heap ->            <- mmap_base   gap      stack   TASK_SIZE
 *	|.............|=====|-->................<--|.............|<------|====|.|
 *	              (PIE: at 2/3; 1/3 + 16 MiB    random start  at least 128 MiB + guard
 *	               of a 32-bit program)
 *
 * Mappings are placed from mmap_base downwards. mmap_base lies below the room that the stack may
 * take (RLIMIT_STACK), less a random number of pages. With the personality's ADDR_COMPAT_LAYOUT
 * they are placed upwards from a third of the address space instead.
 *
 * A 32-bit program has the same below 4 GiB (arch_set_program_width()). A 64-bit program that maps
 * by a call of the i386 table (MAP_COMPAT) gets addresses there, too, from mmap_compat_base down.
 *
 * Linux's twin: arch/x86/mm/mmap.c, arch/x86/kernel/sys_x86_64.c. Callers: exec (layout),
 * mm/mmap.c.
 */
#include "../../../mm/internal.h"
#include <vitrix/random.h>
#include <linux/personality.h>

#define MMAP_RND_BITS		28	/* Linux's default for x86-64, in pages */
#define MMAP_RND_BITS_COMPAT	8
#define STACK_RND_PAGES		0x3fffffUL	/* exec moves the stack down by up to this */
#define STACK_RND_PAGES_COMPAT	0x7ffUL
#define BRK_RND_BYTES		0x02000000UL
#define GAP_MIN			(128UL << 20)
#define MAP_32BIT_LOW		0x40000000UL
#define MAP_32BIT_HIGH		0x80000000UL

int randomize_va_space = 2;

bool aslr_enabled(void)
{
	return randomize_va_space && !(current->personality & ADDR_NO_RANDOMIZE);
}

static unsigned long random_pages(unsigned long limit)
{
	return aslr_enabled() ? (get_random_u64() % limit) << PAGE_SHIFT : 0;
}

unsigned long ia32_task_size(void)
{
	return current->personality & ADDR_LIMIT_3GB ? IA32_PAGE_OFFSET_3GB : IA32_PAGE_OFFSET;
}

/*
 * exec, in the new address space, before anything is mapped into it: from here on the task is a
 * 32-bit program, or a 64-bit one. What call brought us here does not count any more.
 */
void arch_set_program_width(bool ia32)
{
	current->mm->task_size = ia32 ? ia32_task_size() : TASK_SIZE_MAX;
	if (ia32) {
		set_thread_flag(TIF_ADDR32);
		current->thread.status |= TS_COMPAT;
	} else {
		clear_thread_flag(TIF_ADDR32);
		current->thread.status &= ~TS_COMPAT;
	}
}

/* Where mappings begin below size, the stack's room left free. */
static unsigned long pick_base(unsigned long size, const struct rlimit *rlim_stack, bool ia32)
{
	unsigned long gap = rlim_stack->rlim_cur, gap_max = size / 6 * 5;
	unsigned long pad = stack_guard_gap << PAGE_SHIFT;
	unsigned long rnd = random_pages(1UL << (ia32 ? MMAP_RND_BITS_COMPAT : MMAP_RND_BITS));

	if (current->personality & ADDR_COMPAT_LAYOUT)
		return PAGE_ALIGN(size / 3) + rnd;
	if (aslr_enabled())
		pad += (ia32 ? STACK_RND_PAGES_COMPAT : STACK_RND_PAGES) << PAGE_SHIFT;
	if (gap + pad > gap)
		gap += pad;
	gap = clamp(gap, GAP_MIN, gap_max);
	return PAGE_ALIGN(size - gap - rnd);
}

/* exec: the stack's limit decides where mappings begin. mm is new. */
void arch_pick_mmap_layout(struct mm_struct *mm, struct rlimit *rlim_stack)
{
	bool ia32 = test_thread_flag(TIF_ADDR32);

	if (current->personality & ADDR_COMPAT_LAYOUT)
		mm->flags |= 1UL << MMF_LEGACY_LAYOUT;
	else
		mm->flags &= ~(1UL << MMF_LEGACY_LAYOUT);
	mm->mmap_base = pick_base(mm->task_size, rlim_stack, ia32);
	mm->mmap_compat_base = ia32 ? mm->mmap_base : 0;
}

/* exec: where a program without fixed addresses goes. */
unsigned long arch_pie_base(void)
{
	if (test_thread_flag(TIF_ADDR32))
		return PAGE_ALIGN(TASK_SIZE / 3) + 0x1000000 +
		       random_pages(1UL << MMAP_RND_BITS_COMPAT);
	return TASK_SIZE / 3 * 2 + random_pages(1UL << MMAP_RND_BITS);
}

unsigned long arch_randomize_brk(struct mm_struct *mm)
{
	if (!aslr_enabled() || randomize_va_space < 2)
		return mm->brk;
	return PAGE_ALIGN(mm->brk + random_pages(BRK_RND_BYTES >> PAGE_SHIFT));
}

/* Asked for by MAP_32BIT, or by a call of the i386 table. */
static unsigned long get_low_area(struct mm_struct *mm, unsigned long len, unsigned long flags)
{
	unsigned long found;

	if (flags & MAP_32BIT)
		return find_gap_bottomup(mm, len,
					 MAP_32BIT_LOW + random_pages(BRK_RND_BYTES >> PAGE_SHIFT),
					 MAP_32BIT_HIGH);
	if (!mm->mmap_compat_base)	/* the first time that a 64-bit program asks */
		mm->mmap_compat_base = pick_base(ia32_task_size(),
						 &current->signal->rlim[RLIMIT_STACK], true);
	if (mm->flags & (1UL << MMF_LEGACY_LAYOUT))
		return find_gap_bottomup(mm, len, mm->mmap_compat_base, ia32_task_size());
	found = find_gap_topdown(mm, len, mmap_min_addr, mm->mmap_compat_base);
	if (!IS_ERR_VALUE(found))
		return found;
	return find_gap_bottomup(mm, len, PAGE_ALIGN(ia32_task_size() / 3), ia32_task_size());
}

/* addr: a hint, page-aligned; 0: anywhere. Address or -ENOMEM. */
unsigned long arch_get_unmapped_area(unsigned long addr, unsigned long len, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long found;

	if (addr && addr <= mm->task_size - len && addr >= mmap_min_addr) {
		struct vm_area_struct *next, *prev = find_vma_prev(mm, addr, &next);

		if ((!next || addr + len <= vm_start_gap(next)) && (!prev || addr >= prev->vm_end))
			return addr;
	}
	if (flags & (MAP_32BIT | MAP_COMPAT))
		return get_low_area(mm, len, flags);
	if (mm->flags & (1UL << MMF_LEGACY_LAYOUT))
		return find_gap_bottomup(mm, len, mm->mmap_base, mm->task_size);

	found = find_gap_topdown(mm, len, mmap_min_addr, mm->mmap_base);
	if (!IS_ERR_VALUE(found))
		return found;
	/* Nothing below: what lies above mmap_base is better than nothing. */
	return find_gap_bottomup(mm, len, PAGE_ALIGN(mm->task_size / 3), mm->task_size);
}
