/* SPDX-License-Identifier: MIT */
/*
 * Where the memory is: what /proc/meminfo, sysinfo(2) and the OOM killer's report tell. Linux's
 * twins: mm/vmstat.c, fs/proc/meminfo.c. Each counter is kept by its owner's file; they are read
 * one after the other, so that their sum is exact only on an idle machine. No locks: atomic
 * counters.
 */
#include <vitrix/mm.h>

static unsigned long pages(const atomic_long_t *counter)
{
	long n = atomic_long_read(counter);

	return n < 0 ? 0 : n;
}

void si_meminfo_pages(struct meminfo *mi)
{
	*mi = (struct meminfo) {
		.total = totalram_pages,
		.free = nr_free_pages(),
		.cached = pages(&nr_file_pages),
		.shmem = pages(&nr_shmem_pages),
		.slab = pages(&nr_slab_pages),
		.anon = pages(&nr_anon_pages),
		.mapped = pages(&nr_file_mapped),
		.pagetables = pages(&nr_pagetable_pages),
		.kernel_stacks = pages(&nr_kstack_pages),
		.vmalloc = pages(&nr_vmalloc_pages),
	};
}
