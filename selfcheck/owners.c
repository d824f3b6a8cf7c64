/* SPDX-License-Identifier: MIT */
/*
 * Who owns the kernel's memory: /sys/kernel/debug/owners.
 *
 *	objects 12 kmalloc-64 do_thing+0x12/0x34 < caller ...  live slab objects, by cache and site
 *	pages 345 slab                                         pages by what they are used for
 *
 * A site is the innermost SITE_FRAMES return addresses. Before it is read, "settle" written to it
 * lets go of what nobody uses: tasks that are on their way out, callbacks of RCU, unused dentries
 * and inodes, idle stacks, and of the writer's CPU the page tables kept and the empty slabs. What
 * is still there, and more each time a workload is run, is a leak: tests/checks/leaks.h compares.
 *
 * Callers: debugfs. mm/slab_debug.h notes who takes an object. No lock is held while the pages are
 * looked at, so the counts are exact only if nobody works. Linux's twins: mm/page_owner.c,
 * /sys/kernel/slab's alloc_traces.
 */
#include <vitrix/dcache.h>
#include <vitrix/debugfs.h>
#include <vitrix/init.h>
#include <vitrix/kasan.h>
#include <vitrix/memblock.h>
#include <vitrix/mm.h>
#include <vitrix/rcu.h>
#include <vitrix/sched.h>
#include <vitrix/seq_file.h>
#include <vitrix/slab.h>
#include <vitrix/slab_debug.h>
#include <vitrix/smp.h>
#include <vitrix/string.h>
#include <vitrix/uio.h>
#include <vitrix/vmalloc.h>
#include <arch/pgtable.h>

#define NR_SITES	8192		/* power of two */
#define SITE_FRAMES	4
#define SETTLE_ROUNDS	3
#define SETTLE_MOST	300		/* a task that somebody has a reference of does not go */
#define TEXT_HIGH	0xffffffff00000000UL

/* ---------------------------------------------------------------- counting */

struct site {
	const char *cache;
	u32 callers[SITE_FRAMES];
	unsigned long count;
};

struct sites {
	struct site *site;
	unsigned long left_out;
};

static void count_object(const char *cache, const struct slab_track *by, void *arg)
{
	struct sites *sites = arg;
	u32 at = (u32)(unsigned long)cache;

	for (int i = 0; i < SITE_FRAMES; i++)
		at = (at ^ by->callers[i]) * 0x9e3779b1u;
	at >>= 8;
	for (int tries = 0; tries < 64; tries++, at++) {
		struct site *s = &sites->site[at & (NR_SITES - 1)];

		if (!s->count) {
			s->cache = cache;
			memcpy(s->callers, by->callers, sizeof(s->callers));
		} else if (s->cache != cache ||
			   memcmp(s->callers, by->callers, sizeof(s->callers))) {
			continue;
		}
		s->count++;
		return;
	}
	sites->left_out++;
}

static void show_sites(struct seq_file *m, struct sites *sites)
{
	for (int i = 0; i < NR_SITES; i++) {
		const struct site *s = &sites->site[i];

		if (!s->count)
			continue;
		seq_printf(m, "objects %lu %s", s->count, s->cache);
		for (int f = 0; f < SITE_FRAMES && s->callers[f]; f++)
			seq_printf(m, "%s%pS", f ? " < " : " ",
				   (void *)(TEXT_HIGH | s->callers[f]));
		seq_printf(m, "\n");
	}
	if (sites->left_out)
		seq_printf(m, "objects %lu others\n", sites->left_out);
}

/*
 * Shadow and page tables of vmalloc's addresses. They stay when the addresses are free, so there
 * are as many as the most stacks there were at once need: no leak.
 */
static atomic_long_t nr_map_pages;

static const char *page_kind(const struct page *page)
{
	unsigned int flags = READ_ONCE(page->flags);

	if (flags & (BIT(PG_buddy) | BIT(PG_pcp) | BIT(PG_fresh)))
		return NULL;
	if (flags & BIT(PG_reserved))
		return "reserved";
	if (flags & BIT(PG_slab))
		return "slab";
	if (flags & BIT(PG_head))
		return "large-kmalloc";
	if (flags & BIT(PG_pgtable))
		return "page-table";
	if (flags & BIT(PG_shmem))
		return "shmem";
	if (flags & BIT(PG_file))
		return "file";
	return page_count((struct page *)page) ? "anonymous-or-kernel" : NULL;
}

static void show_pages(struct seq_file *m)
{
	static const char *const kinds[] = { "reserved", "slab", "large-kmalloc", "page-table",
					     "shmem", "file", "anonymous-or-kernel" };
	unsigned long nr[ARRAY_SIZE(kinds)] = { };

	for (int r = 0; r < memblock_memory.cnt; r++) {
		unsigned long pfn = PFN_UP(memblock_memory.regions[r].base);
		unsigned long end = PFN_DOWN(memblock_memory.regions[r].base +
					     memblock_memory.regions[r].size);

		for (; pfn < end; pfn++) {
			const struct page *page = pfn_to_page(pfn);
			const char *kind;

			/* The other struct pages of a block may never have been initialised. */
			if (page->flags & BIT(PG_buddy)) {
				pfn += (1UL << (READ_ONCE(page->order) % MAX_ORDER)) - 1;
				continue;
			}
			kind = page_kind(page);
			for (int i = 0; kind && i < ARRAY_SIZE(kinds); i++)
				nr[i] += !strcmp(kind, kinds[i]);
		}
	}
	/* Their pages bear no mark; those of stacks without a task are nobody's. */
	nr[ARRAY_SIZE(kinds) - 1] -= atomic_long_read(&nr_vmalloc_pages) +
				     atomic_long_read(&nr_kstack_pages) +
				     atomic_long_read(&nr_map_pages);
	for (int i = 0; i < ARRAY_SIZE(kinds); i++)
		seq_printf(m, "pages %lu %s\n", nr[i], kinds[i]);
	seq_printf(m, "pages %lu vmalloc\npages %lu vmalloc-maps\n",
		   atomic_long_read(&nr_vmalloc_pages), atomic_long_read(&nr_map_pages));
	seq_printf(m, "pages %lu stacks\npages %lu free\n",
		   nr_stacks_in_use() << THREAD_SIZE_ORDER, nr_free_pages());
}

/* Those of boot are reserved. */
void debug_map_page(void)
{
	if (totalram_pages)
		atomic_long_inc(&nr_map_pages);
}

static int show_owners(struct seq_file *m, void *v)
{
	struct sites sites = { .site = vzalloc(NR_SITES * sizeof(struct site)) };

	if (!sites.site)
		return -ENOMEM;
	slab_for_each_used(count_object, &sites);
	show_sites(m, &sites);
	vfree(sites.site);
	show_pages(m);
	return 0;
}

/* ---------------------------------------------------------------- settling */

/*
 * A stack is left that no task on the lists has, nor an idle task: its owner has still to switch
 * away for the last time, on whatever CPU, or RCU has it. The first CPU's idle task has none of
 * these stacks.
 */
static bool tasks_are_ending(void)
{
	return nr_stacks_in_use() > READ_ONCE(nr_threads) + num_online_cpus() - 1;
}

/*
 * What is freed by RCU frees more by RCU, on each CPU: several rounds, with a tick between in which
 * the callbacks run.
 */
static void settle(void)
{
	for (int i = 0; i < SETTLE_ROUNDS || (i < SETTLE_MOST && tasks_are_ending()); i++) {
		synchronize_rcu();
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(2);
		while (shrink_dcache(1024))
			cond_resched();
	}
	stack_cache_shrink();
	pgtable_cache_shrink();
	kmem_cache_reap();
}

static ssize_t owners_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	char word[16];
	ssize_t count = copy_text_from_iter(word, sizeof(word), from);

	if (count < 0)
		return count;
	if (strcmp(strim(word), "settle"))
		return -EINVAL;
	settle();
	return count;
}

static int owners_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_owners, NULL);
}

static const struct file_operations owners_fops = {
	.open = owners_open,
	.read_iter = seq_read_iter,
	.write_iter = owners_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct kernfs_entry files[] = { { "owners", 0600, .fops = &owners_fops }, { } };
static struct kernfs_table table = { .files = files };

static int __init owners_init(void)
{
	debugfs_register(&table);
	return 0;
}
device_initcall(owners_init);
