/* SPDX-License-Identifier: MIT */
/*
 * Each CPU's copy of the per-CPU variables; <vitrix/percpu.h> has the picture. Linux's twin:
 * arch/x86/kernel/setup_percpu.c.
 *
 *	copy (whole pages)   | entry part: stacks, TSS, GDT | all other variables |
 *	                     ^ user page tables have it too, under PTI
 *	GS base = __per_cpu_offset[cpu] = copy - __per_cpu_start
 *
 * The image lies in the last 2 GiB of the address space and copies in the direct map below, so
 * that every offset but 0 has its sign bit set. The NMI entry relies on it: a GS base without the
 * sign is a user's.
 *
 * Until setup_per_cpu_areas() CPU 0 uses the template itself, with offset 0; what was written to it
 * becomes part of everybody's first state. CPUs that have no copy have offset 0 as well, so that
 * a loop over possible CPUs finds zeroes and initial values.
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/memblock.h>
#include <vitrix/mm.h>
#include <vitrix/string.h>
#include <arch/processor.h>
#include <arch/setup.h>
#include "mm_internal.h"

unsigned long __per_cpu_offset[NR_CPUS];
DEFINE_PER_CPU(unsigned long, this_cpu_off);
DEFINE_PER_CPU(int, cpu_number);

static void install_copy(int cpu, void *copy)
{
	unsigned long offset = (unsigned long)copy - (unsigned long)__per_cpu_start;

	ASSERT((long)offset < 0);
	ASSERT(IS_ALIGNED((unsigned long)copy, PAGE_SIZE));
	memcpy(copy, __per_cpu_start, __per_cpu_end - __per_cpu_start);
	__per_cpu_offset[cpu] = offset;
	per_cpu(this_cpu_off, cpu) = offset;
	per_cpu(cpu_number, cpu) = cpu;
}

/* The boot CPU's copy, from memblock; interrupts off. From here on the template is constant. */
void __init setup_per_cpu_areas(void)
{
	size_t size = __per_cpu_end - __per_cpu_start;
	phys_addr_t phys = memblock_alloc_raw(size, PAGE_SIZE, EARLY_DIRECT_MAP_END);

	if (!phys)
		panic("no memory for per-CPU data");
	install_copy(0, __va(phys));
	wrmsr(MSR_GS_BASE, __per_cpu_offset[0]);
}

/*
 * A copy for a CPU that was found later and does not run yet. May sleep. Called once for each, by
 * one CPU at a time: 0 or -ENOMEM. Its GS base is the CPU's own to load: __per_cpu_offset[cpu].
 */
int setup_per_cpu_area(int cpu)
{
	size_t size = __per_cpu_end - __per_cpu_start;
	unsigned int order = 0;
	unsigned long copy;
	int err;

	ASSERT(cpu > 0 && cpu < NR_CPUS && !__per_cpu_offset[cpu]);
	while ((PAGE_SIZE << order) < size)
		order++;
	copy = __get_free_pages(GFP_KERNEL, order);
	if (!copy)
		return -ENOMEM;
	err = pti_map_percpu_entry(copy);
	if (err) {
		free_pages(copy, order);
		return err;
	}
	/* point of no return */
	install_copy(cpu, (void *)copy);
	return 0;
}
