/* SPDX-License-Identifier: MIT */
/*
 * Where things lie in a 64-bit address space, and how much of that is chance.
 *
 *	0          program   heap ->            <- mmap_base   gap      stack   TASK_SIZE
 *	|.............|=====|-->................<--|.............|<------|====|.|
 *	              (PIE: at 2/3)    random start  at least 128 MiB + guard
 *
 * Mappings are placed from mmap_base downwards. mmap_base lies below the room that the stack may
 * take (RLIMIT_STACK), less a random number of pages. With the personality's ADDR_COMPAT_LAYOUT
 * they are placed upwards from a third of the address space instead.
 *
 * Linux's twin: arch/x86/mm/mmap.c, arch/x86/kernel/sys_x86_64.c. Callers: exec (layout),
 * mm/mmap.c.
 */
#include "../../../mm/internal.h"
#include <vitrix/random.h>
#include <linux/personality.h>

#define MMAP_RND_BITS		28	/* Linux's default for x86-64, in pages */
#define STACK_RND_PAGES		0x3fffffUL	/* exec moves the stack down by up to this */
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

/* exec: the stack's limit decides where mappings begin. mm is new. */
void arch_pick_mmap_layout(struct mm_struct *mm, struct rlimit *rlim_stack)
{
	unsigned long gap = rlim_stack->rlim_cur, gap_max = TASK_SIZE / 6 * 5;
	unsigned long pad = stack_guard_gap << PAGE_SHIFT;
	unsigned long rnd = random_pages(1UL << MMAP_RND_BITS);

	if (current->personality & ADDR_COMPAT_LAYOUT) {
		mm->flags |= 1UL << MMF_LEGACY_LAYOUT;
		mm->mmap_base = PAGE_ALIGN(TASK_SIZE / 3) + rnd;
		return;
	}
	mm->flags &= ~(1UL << MMF_LEGACY_LAYOUT);
	if (aslr_enabled())
		pad += STACK_RND_PAGES << PAGE_SHIFT;
	if (gap + pad > gap)
		gap += pad;
	gap = clamp(gap, GAP_MIN, gap_max);
	mm->mmap_base = PAGE_ALIGN(TASK_SIZE - gap - rnd);
}

unsigned long arch_randomize_brk(struct mm_struct *mm)
{
	if (!aslr_enabled() || randomize_va_space < 2)
		return mm->brk;
	return PAGE_ALIGN(mm->brk + random_pages(BRK_RND_BYTES >> PAGE_SHIFT));
}

/* addr: a hint, page-aligned; 0: anywhere. Address or -ENOMEM. */
unsigned long arch_get_unmapped_area(unsigned long addr, unsigned long len, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long found;

	if (addr && addr <= TASK_SIZE - len && addr >= mmap_min_addr) {
		struct vm_area_struct *next, *prev = find_vma_prev(mm, addr, &next);

		if ((!next || addr + len <= vm_start_gap(next)) && (!prev || addr >= prev->vm_end))
			return addr;
	}
	if (flags & MAP_32BIT)
		return find_gap_bottomup(mm, len,
					 MAP_32BIT_LOW + random_pages(BRK_RND_BYTES >> PAGE_SHIFT),
					 MAP_32BIT_HIGH);
	if (mm->flags & (1UL << MMF_LEGACY_LAYOUT))
		return find_gap_bottomup(mm, len, mm->mmap_base, TASK_SIZE);

	found = find_gap_topdown(mm, len, mmap_min_addr, mm->mmap_base);
	if (!IS_ERR_VALUE(found))
		return found;
	/* Nothing below: what lies above mmap_base is better than nothing. */
	return find_gap_bottomup(mm, len, PAGE_ALIGN(TASK_SIZE / 3), TASK_SIZE);
}
