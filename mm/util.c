/* SPDX-License-Identifier: MIT */
/*
 * Promises of memory. A writable private area is a promise of so many pages; what is promised in
 * all is vm_committed_as. Whether one more may be made is the policy of sysctl_overcommit_memory:
 *
 *	0  heuristic: refuse only what RAM could never hold, even empty
 *	1  always
 *	2  never more than sysctl_overcommit_ratio percent of RAM
 *
 * Linux's twin: mm/util.c. Any context that may read current. No lock: vm_committed_as is atomic,
 * and may be overdrawn for a moment by two at once.
 */
#include "internal.h"

int sysctl_overcommit_memory;
int sysctl_overcommit_ratio = 50;
atomic_long_t vm_committed_as;
atomic_long_t nr_file_pages, nr_shmem_pages, nr_anon_pages, nr_file_mapped;

#define RESERVE_PAGES	(8UL << (20 - PAGE_SHIFT))	/* mode 2: kept for root to log in with */

long vm_commit_limit(void)
{
	return totalram_pages * sysctl_overcommit_ratio / 100;
}

void vm_unacct_memory(long pages)
{
	if (pages)
		atomic_long_sub(pages, &vm_committed_as);
}

int vm_enough_memory(struct mm_struct *mm, long pages)
{
	long committed = atomic_long_add_return(pages, &vm_committed_as), limit;

	if (likely(sysctl_overcommit_memory == 0)) {
		if (likely(pages <= (long)totalram_pages))
			return 0;
	} else if (sysctl_overcommit_memory == 1) {
		return 0;
	} else {
		limit = vm_commit_limit();
		if (!capable(CAP_SYS_ADMIN))
			limit -= min(RESERVE_PAGES, totalram_pages / 32);
		if (mm)		/* one process may not take it all */
			limit -= min(mm->total_vm / 32, RESERVE_PAGES * 16);
		if (committed < limit)
			return 0;
	}
	vm_unacct_memory(pages);
	return -ENOMEM;
}

/* Pages that are mapped now, shared ones counted whole. */
unsigned long mm_rss(struct mm_struct *mm)
{
	long rss = atomic_long_read(&mm->rss_file) + atomic_long_read(&mm->rss_anon) +
		   atomic_long_read(&mm->rss_shmem);

	return rss > 0 ? rss : 0;
}
