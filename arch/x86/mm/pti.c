/* SPDX-License-Identifier: MIT */
/*
 * Page table isolation: user mode runs on page tables that hold next to nothing of the kernel, so
 * that a CPU which reads ahead of its permission checks (Meltdown) finds nothing to read.
 * Linux's twin: arch/x86/mm/pti.c.
 *
 *	          kernel's pgd                    user's pgd, 4 KiB above: CR3 bit 12
 *	  0  255  user's entries, NX              user's entries
 *	  direct  all RAM                         entry part of each CPU's per-CPU copy
 *	  vmalloc, mem_map: all                   -
 *	  image   all                             .entry.text r-x, .data..entry rw-
 *
 * What the user's pgd has of the upper half lies at the same addresses as in the kernel's, by
 * 4 KiB pages, in tables of its own: the second half of init_top_pgt is their root, copied by
 * pgd_alloc(). The pud tables under it all exist from pti_init() on, so that a CPU can be added
 * to all mms at once.
 *
 * pti=on | off | auto (default: where the CPU needs it), nopti, mitigations=off: as on Linux.
 * No lock: pti_init() runs before the first user mm; later additions come from one CPU (smpboot.c).
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include <arch/mitigations.h>
#include <arch/processor.h>
#include "mm_internal.h"

bool pti_enabled;

static bool __init cmdline_is(const char *name, const char *value)
{
	const char *given = cmdline_find(name);

	return given && !strcmp(given, value);
}

void __init pti_check_boottime_disable(void)
{
	if (cmdline_is("pti", "on"))
		pti_enabled = true;
	else if (cmdline_is("pti", "off"))
		pti_enabled = false;
	else if (!cmdline_is("pti", "auto") &&
		 (cmdline_has("nopti") || cpu_mitigations == MITIGATIONS_OFF))
		pti_enabled = false;
	else
		pti_enabled = cpu_has_bug(X86_BUG_MELTDOWN);
}

/* [start, end) of the kernel's addresses, mapped in the user's tables to the same frames. */
static int share(unsigned long start, unsigned long end, pgprot_t prot)
{
	phys_addr_t phys = __pa((void *)start);

	ASSERT(IS_ALIGNED(start | end, PAGE_SIZE));
	return map_range(kernel_to_user_pgd(init_top_pgt), start, phys, end - start, prot,
			 PAGE_SIZE);
}

int pti_map_percpu_entry(unsigned long copy)
{
	unsigned long size = __per_cpu_entry_end - __per_cpu_entry_start;

	if (!pti_enabled)
		return 0;
	ASSERT(&__per_cpu_entry_start[0] == &__per_cpu_start[0]);
	ASSERT(!pgd_none(*pgd_offset_pgd(kernel_to_user_pgd(init_top_pgt), copy)));
	return share(copy, copy + size, PAGE_KERNEL);
}

/* Once, in start_kernel() after mm_init(), before the first user mm. */
void __init pti_init(void)
{
	pgd_t *user = kernel_to_user_pgd(init_top_pgt);
	unsigned long end = PAGE_OFFSET + PFN_PHYS(max_pfn);
	int err;

	if (!pti_enabled)
		return;
	for (unsigned long addr = PAGE_OFFSET; addr < end; addr += PGDIR_SIZE)
		pgd_offset_pgd(user, addr)->pgd = table_entry(kernel_table_alloc());
	err = share((unsigned long)__entry_text_start, (unsigned long)__entry_text_end,
		    PAGE_KERNEL_RX);
	if (!err)
		err = share((unsigned long)__entry_data_start, (unsigned long)__entry_data_end,
			    PAGE_KERNEL);
	if (!err)
		err = pti_map_percpu_entry(__per_cpu_offset[0] + (unsigned long)__per_cpu_start);
	if (err)
		panic("no memory for page table isolation");
	printk(KERN_INFO "Kernel/User page tables isolation: enabled\n");
}
