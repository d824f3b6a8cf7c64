/* SPDX-License-Identifier: MIT */
/*
 * /proc/meminfo, vmstat and slabinfo: where the memory is, for free, top and vmstat. Linux's twins:
 * fs/proc/meminfo.c, mm/vmstat.c. There is no swap and there are no huge pages: their lines are
 * there, since programs look for them, and say 0.
 */
#include "internal.h"

#define PAGES_TO_KB(n)	((unsigned long)(n) << (PAGE_SHIFT - 10))

static void kb(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%-16s%8lu kB\n", name, PAGES_TO_KB(pages));
}

static int meminfo_show(struct seq_file *m, void *v)
{
	struct meminfo mi;
	unsigned long file;
	long committed = atomic_long_read(&vm_committed_as);

	si_meminfo_pages(&mi);
	/* can be read again: may be dropped */
	file = mi.cached > mi.shmem ? mi.cached - mi.shmem : 0;
	kb(m, "MemTotal:", mi.total);
	kb(m, "MemFree:", mi.free);
	kb(m, "MemAvailable:", min(mi.free + file, mi.total));
	kb(m, "Buffers:", 0);
	kb(m, "Cached:", mi.cached);
	kb(m, "SwapCached:", 0);
	kb(m, "Active:", mi.anon);
	kb(m, "Inactive:", mi.cached);
	kb(m, "Active(anon):", mi.anon);
	kb(m, "Inactive(anon):", mi.shmem);
	kb(m, "Active(file):", 0);
	kb(m, "Inactive(file):", file);
	kb(m, "Unevictable:", 0);
	kb(m, "Mlocked:", 0);
	kb(m, "SwapTotal:", 0);
	kb(m, "SwapFree:", 0);
	kb(m, "Dirty:", 0);
	kb(m, "Writeback:", 0);
	kb(m, "AnonPages:", mi.anon);
	kb(m, "Mapped:", mi.mapped);
	kb(m, "Shmem:", mi.shmem);
	kb(m, "KReclaimable:", 0);
	kb(m, "Slab:", mi.slab);
	kb(m, "SReclaimable:", 0);
	kb(m, "SUnreclaim:", mi.slab);
	kb(m, "KernelStack:", mi.kernel_stacks);
	kb(m, "PageTables:", mi.pagetables);
	kb(m, "CommitLimit:", vm_commit_limit());
	kb(m, "Committed_AS:", max(committed, 0L));
	seq_printf(m, "VmallocTotal:   %8lu kB\n", (VMALLOC_END - VMALLOC_START) >> 10);
	kb(m, "VmallocUsed:", mi.vmalloc);
	seq_puts(m, "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\n"
		 "HugePages_Surp:        0\nHugepagesize:       2048 kB\n"
		 "Hugetlb:               0 kB\n");
	return 0;
}

static int vmstat_show(struct seq_file *m, void *v)
{
	struct meminfo mi;

	si_meminfo_pages(&mi);
	seq_printf(m, "nr_free_pages %lu\nnr_anon_pages %lu\nnr_mapped %lu\nnr_file_pages %lu\n"
		   "nr_shmem %lu\n",
		   mi.free, mi.anon, mi.mapped, mi.cached, mi.shmem);
	seq_printf(m, "nr_slab_unreclaimable %lu\nnr_page_table_pages %lu\nnr_kernel_stack %lu\n",
		   mi.slab, mi.pagetables, PAGES_TO_KB(mi.kernel_stacks));
	return 0;
}

static int slabinfo_seq_show(struct seq_file *m, void *v)
{
	slabinfo_show(m);
	return 0;
}

void __init proc_meminfo_init(void)
{
	proc_create_single("meminfo", 0444, meminfo_show, NULL);
	proc_create_single("vmstat", 0444, vmstat_show, NULL);
	proc_create_single("slabinfo", 0400, slabinfo_seq_show, NULL);
}
