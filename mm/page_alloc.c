/* SPDX-License-Identifier: MIT */
/*
 * Page frames. Linux's twin: mm/page_alloc.c. Everything that needs memory ends up here: slab,
 * page tables, the page cache, anonymous memory.
 *
 *	alloc_page() <--> this CPU's array of free pages  <-- 16 at once --  buddy lists  (buddy.h)
 *	                  interrupts off, no lock         -- 32 at once -->  one lock
 *
 * Two zones, below and above 4 GiB, differ in nothing but who is asked first: memory above is
 * used up before memory below, which devices with 32-bit addresses need (__GFP_DMA32).
 *
 * The last pages are a reserve. From many to few that must stay free after an allocation:
 *
 *	__GFP_ACCOUNT  2 x reserve   memory of users: the OOM killer comes before the kernel suffers
 *	GFP_KERNEL     reserve
 *	__GFP_HIGH     reserve / 4   contexts that can neither wait nor fail well
 *	TIF_MEMDIE     0             the OOM killer's victim on its way out
 *
 * Flags of a page tell where it is: PG_buddy in the lists, PG_pcp in a CPU's array, 0 with its
 * owner, PG_reserved never to be had. So freeing twice is caught by one comparison.
 *
 * Locks: zone_lock, interrupts off. Any context, except that __GFP_RECLAIM may sleep. Left out:
 * NUMA, migration, compaction, swapping.
 */
#include <vitrix/fault_inject.h>
#include <vitrix/fs.h>
#include <vitrix/init.h>
#include <vitrix/kasan.h>
#include <vitrix/memblock.h>
#include <vitrix/mm.h>
#include <vitrix/printk.h>
#include <vitrix/signal.h>
#include <vitrix/vmalloc.h>
#include <generated/trace_events.h>
#include "buddy.h"

static_assert(BUDDY_ORDERS == MAX_ORDER, "MAX_ORDER");

#define PCP_PAGES	64		/* that a CPU keeps at most */
#define PCP_REFILL	4		/* order that it takes at once: 16 pages */
#define COSTLY_ORDER	3		/* above: not worth a kill */
#define OOM_WAITS	50		/* ticks that a caller waits for victims to die */
#define DMA32_PFNS	(1UL << (32 - PAGE_SHIFT))

/* What no page with an owner may have when it is freed. */
#define FLAGS_NOT_FREE	(BIT(PG_locked) | BIT(PG_buddy) | BIT(PG_slab) | BIT(PG_reserved) | \
			 BIT(PG_waiters) | BIT(PG_pcp) | BIT(PG_pgtable))

enum { ZONE_DMA32, ZONE_NORMAL, NR_ZONES };

static DEFINE_SPINLOCK(zone_lock, LC_ZONE);
static struct buddy zones[NR_ZONES];		/* zone_lock */
static unsigned long reserve_pages;
unsigned long totalram_pages;

/* This CPU's free pages, the last freed on top; interrupts off. */
struct page_stack {
	unsigned int count;
	struct page *pages[PCP_PAGES];
};
static DEFINE_PER_CPU(struct page_stack, pcp);

static struct page *alloc_slow(gfp_t gfp, unsigned int order);

static noinline __cold void bad_page(struct page *page, const char *what)
{
	panic("%s: frame %#lx, flags %#x, references %d", what, page_to_pfn(page), page->flags,
	      page_count(page));
}

static __always_inline struct buddy *page_zone(struct page *page)
{
	return &zones[page >= pfn_to_page(DMA32_PFNS) ? ZONE_NORMAL : ZONE_DMA32];
}

/* Pages that must stay free when an allocation with these flags is done. */
static unsigned long reserve_for(gfp_t gfp)
{
	if (unlikely(test_thread_flag(TIF_MEMDIE) || (current->flags & PF_MEMALLOC)))
		return 0;
	if (gfp & __GFP_HIGH)
		return reserve_pages / 4;
	return gfp & __GFP_ACCOUNT ? 2 * reserve_pages : reserve_pages;
}

/* From the zones' lists, the reserve left alone; zone_lock held. NULL: nothing to be had. */
static struct page *take_block(gfp_t gfp, unsigned int order, unsigned long reserve)
{
	struct page *page = NULL;

	if (zones[ZONE_DMA32].nr_free + zones[ZONE_NORMAL].nr_free < reserve + (1UL << order))
		return NULL;
	if (!(gfp & __GFP_DMA32))
		page = buddy_take(&zones[ZONE_NORMAL], order);
	return page ? page : buddy_take(&zones[ZONE_DMA32], order);
}

/* Fills the empty array with small free blocks, or with a part of a larger one. Interrupts off. */
static noinline unsigned int refill(gfp_t gfp)
{
	struct page_stack *stack = this_cpu_ptr(&pcp);
	unsigned long reserve = reserve_for(gfp);

	ASSERT(stack->count == 0);
	spin_lock(&zone_lock);
	while (stack->count < 1U << PCP_REFILL) {
		unsigned int small = (zones[ZONE_DMA32].nonempty | zones[ZONE_NORMAL].nonempty) &
				     ((2U << PCP_REFILL) - 1);
		unsigned int order = small ? __ffs(small) : PCP_REFILL;
		struct page *page = take_block(gfp, order, reserve);

		if (!page)
			break;
		for (unsigned int i = 1U << order; i-- > 0; ) {
			page[i].flags = BIT(PG_pcp);
			stack->pages[stack->count++] = page + i;
		}
	}
	spin_unlock(&zone_lock);
	ASSERT(stack->count <= PCP_PAGES);
	return stack->count;
}

/* Gives the oldest nr pages of this CPU back to the lists. Interrupts off. */
static noinline void drain(unsigned int nr)
{
	struct page_stack *stack = this_cpu_ptr(&pcp);

	ASSERT(nr <= stack->count && stack->count <= PCP_PAGES);
	spin_lock(&zone_lock);
	for (unsigned int i = 0; i < nr; i++) {
		struct page *page = stack->pages[i];

		if (unlikely(page->flags != BIT(PG_pcp)))
			bad_page(page, "a free page was written to");
		page->flags = 0;
		buddy_give(page_zone(page), page, 0);
	}
	spin_unlock(&zone_lock);
	stack->count -= nr;
	memmove(&stack->pages[0], &stack->pages[nr], stack->count * sizeof(stack->pages[0]));
}

static __always_inline struct page *prepare(struct page *page, gfp_t gfp, unsigned int order)
{
	page->flags = 0;
	page->_refcount.counter = 1;
	page->mapping = NULL;
	debug_pages_alloc(page, order);
	trace_mm_page_alloc(page_to_pfn(page), order, gfp);
	if (gfp & __GFP_ZERO) {
		char *mem = page_address(page);

		clear_page(mem);
		for (unsigned int i = 1; i < 1U << order; i++)
			clear_page(mem + i * PAGE_SIZE);
	}
	return page;
}

/* A block of order > 0, or one page that must lie low. */
static struct page *alloc_block(gfp_t gfp, unsigned int order)
{
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&zone_lock, flags);
	page = take_block(gfp, order, reserve_for(gfp));
	spin_unlock_irqrestore(&zone_lock, flags);
	return page;
}

/* What alloc_pages() has not got at hand: a block, a low page, or one after refill() failed. */
static noinline struct page *alloc_other(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (WARN_ON(order >= MAX_ORDER))
		return NULL;
	page = alloc_block(gfp, order);
	if (unlikely(!page))
		page = alloc_slow(gfp, order);
	return page ? prepare(page, gfp, order) : NULL;
}

/* Interrupts are off; flags is how they were. */
static noinline struct page *alloc_from_empty(gfp_t gfp, unsigned long flags)
{
	struct page *page = NULL;
	unsigned int n = refill(gfp);

	if (likely(n)) {
		page = __gs_var(pcp.pages[n - 1]);
		__gs_var(pcp.count) = n - 1;
	}
	local_irq_restore(flags);
	return page ? prepare(page, gfp, 0) : alloc_other(gfp, 0);
}

/* The fast path is kept free of calls: whatever is rare returns through another function. */
struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	unsigned long flags;
	struct page *page;
	unsigned int n;

	might_alloc(gfp);
	if (should_fail(FAIL_PAGE))
		return NULL;
	if (unlikely(order || (gfp & __GFP_DMA32)))
		return alloc_other(gfp, order);
	flags = local_irq_save();
	n = __gs_var(pcp.count);
	if (unlikely(!n))
		return alloc_from_empty(gfp, flags);
	__gs_var(pcp.count) = --n;
	page = __gs_var(pcp.pages[n]);
	local_irq_restore(flags);
	if (unlikely(page->flags != BIT(PG_pcp)))
		bad_page(page, "a free page was written to");
	return prepare(page, gfp, 0);
}

/* Of a block: its pages must be without flags, but for what the first may keep from its owner. */
static void free_block(struct page *page, unsigned int order)
{
	unsigned long flags;

	page->flags = 0;
	spin_lock_irqsave(&zone_lock, flags);
	buddy_give(page_zone(page), page, order);
	spin_unlock_irqrestore(&zone_lock, flags);
}

static noinline void free_to_full(struct page *page, unsigned long flags)
{
	drain(PCP_PAGES / 2);
	__gs_var(pcp.pages[__gs_var(pcp.count)]) = page;
	__gs_var(pcp.count)++;
	local_irq_restore(flags);
}

static __always_inline void do_free_pages(struct page *page, unsigned int order)
{
	unsigned long flags;
	unsigned int n;

	if (unlikely(page->flags & FLAGS_NOT_FREE))
		bad_page(page, "freed page is not in use");
	debug_pages_free(page, order);
	trace_mm_page_free(page_to_pfn(page), order);
	page->_refcount.counter = 0;
	if (unlikely(order)) {
		free_block(page, order);
		return;
	}
	page->flags = BIT(PG_pcp);
	flags = local_irq_save();
	n = __gs_var(pcp.count);
	if (unlikely(n == PCP_PAGES)) {
		free_to_full(page, flags);
		return;
	}
	__gs_var(pcp.pages[n]) = page;
	__gs_var(pcp.count) = n + 1;
	local_irq_restore(flags);
}

void __free_pages(struct page *page, unsigned int order)
{
	do_free_pages(page, order);
}

/* put_page() dropped the last reference; any context. */
void __put_page(struct page *page)
{
	unsigned int order = 0;

	ASSERT(page_count(page) == 0);
	if (unlikely(PageFlag(page, PG_head)))
		order = page->large_order;
	else
		DEBUG_ASSERT(!page->mapping);	/* the page cache holds a reference of its own */
	do_free_pages(page, order);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	return page ? (unsigned long)page_address(page) : 0;
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (!addr)
		return;
	ASSERT(IS_ALIGNED(addr, PAGE_SIZE << order));
	__free_pages(virt_to_page((void *)addr), order);
}

/* An estimate: other CPUs go on. */
unsigned long nr_free_pages(void)
{
	unsigned long sum = READ_ONCE(zones[ZONE_DMA32].nr_free) +
			    READ_ONCE(zones[ZONE_NORMAL].nr_free);
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(pcp, cpu).count);
	return sum;
}

/* ---- memory is short ---- */

static struct page *try_again(gfp_t gfp, unsigned int order)
{
	unsigned long flags = local_irq_save();

	if (__gs_var(pcp.count))
		drain(__gs_var(pcp.count));
	local_irq_restore(flags);
	return alloc_block(gfp, order);
}

/* Caches give up what nobody uses. Returns how many pages came back, roughly. May sleep. */
static unsigned long reclaim(void)
{
	unsigned long freed;

	current->flags |= PF_MEMALLOC;
	freed = shrink_dcache(1024);
	freed += pgtable_cache_shrink();
	freed += stack_cache_shrink();
	freed += kmem_cache_reap();
	current->flags &= ~PF_MEMALLOC;
	return freed;
}

/*
 * Someone is dying, or is chosen to: waits until that has freed something. A victim that waits
 * for a lock of ours never would, hence the limit.
 */
static struct page *wait_for_victims(gfp_t gfp, unsigned int order)
{
	for (int i = 0; i < OOM_WAITS; i++) {
		struct page *page;

		if (!out_of_memory(gfp, order))
			return NULL;
		page = try_again(gfp, order);		/* we may be the victim: no reserve */
		if (page || test_thread_flag(TIF_MEMDIE))
			return page;
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(1);
		page = try_again(gfp, order);
		if (page)
			return page;
	}
	return NULL;
}

/* A raw block, not yet prepared; NULL when all else failed. */
static noinline struct page *alloc_slow(gfp_t gfp, unsigned int order)
{
	bool may_wait = (gfp & __GFP_RECLAIM) && !in_atomic() && !irqs_disabled() &&
			!(current->flags & PF_MEMALLOC) && system_state == SYSTEM_RUNNING;
	struct page *page;

	kmem_cache_reap();
	page = try_again(gfp, order);
	if (!page && may_wait) {
		reclaim();
		page = try_again(gfp, order);
		if (!page && order <= COSTLY_ORDER && !(gfp & __GFP_NORETRY))
			page = wait_for_victims(gfp, order);
	}
	if (!page && !(gfp & __GFP_NOWARN) && printk_ratelimit())
		pr_warn("%s: page allocation failure: order:%u, mode:%#x, free:%lukB\n",
			current->comm, order, gfp, nr_free_pages() << (PAGE_SHIFT - 10));
	return page;
}

/* ---- from memblock to the lists ---- */

/* Aligned blocks, as large as fit, of frames [pfn, end) whose struct pages are initialised. */
static void give_range(unsigned long pfn, unsigned long end)
{
	totalram_pages += end - pfn;
	kasan_poison(__va(PFN_PHYS(pfn)), PFN_PHYS(end - pfn), KASAN_FRESH_PAGE);
	while (pfn < end) {
		unsigned int order = pfn ? min(__ffs(pfn), MAX_ORDER - 1U) : MAX_ORDER - 1;
		struct page *page = pfn_to_page(pfn);

		while ((1UL << order) > end - pfn)
			order--;
		for (unsigned long i = 0; i < 1UL << order; i++)
			page[i].flags = 0;
		free_block(page, order);
		pfn += 1UL << order;
	}
}

/*
 * The first free range of frames at or after pfn and before end, clipped to it; false: none. A page
 * with a reserved byte is reserved. *i is where the search in memblock_reserved goes on.
 */
static bool __init next_free(unsigned long pfn, unsigned long end, int *i,
			     unsigned long *free_start, unsigned long *free_end)
{
	for (; *i < memblock_reserved.cnt; ++*i) {
		const struct memblock_region *r = &memblock_reserved.regions[*i];

		if (PFN_UP(r->base + r->size) <= pfn)
			continue;
		if (PFN_DOWN(r->base) > pfn)
			break;
		pfn = PFN_UP(r->base + r->size);
	}
	if (pfn >= end)
		return false;
	*free_start = pfn;
	*free_end = end;
	if (*i < memblock_reserved.cnt)
		*free_end = min(end, PFN_DOWN(memblock_reserved.regions[*i].base));
	return true;
}

/* All struct pages of the blocks that [pfn, end) touches, from *done on: zero and reserved. */
static void __init init_blocks(unsigned long pfn, unsigned long end, unsigned long *done)
{
	for (pfn = max(ALIGN_DOWN(pfn, BUDDY_BLOCK), *done); pfn < end; pfn += BUDDY_BLOCK) {
		struct page *page = pfn_to_page(pfn);

		buddy_init_block(page);
		for (unsigned long n = 0; n < BUDDY_BLOCK; n++)
			page[n].flags = BIT(PG_reserved);
		*done = pfn + BUDDY_BLOCK;
	}
}

static void __init add_free_range(unsigned long start, unsigned long end, unsigned long *done)
{
	unsigned long first = min(ALIGN(start, BUDDY_BLOCK), end);
	unsigned long last = max(ALIGN_DOWN(end, BUDDY_BLOCK), first);

	if (start < first) {
		init_blocks(start, first, done);
		give_range(start, first);
	}
	kasan_poison(__va(PFN_PHYS(first)), PFN_PHYS(last - first), KASAN_FRESH_PAGE);
	for (unsigned long pfn = first; pfn < last; pfn += BUDDY_BLOCK)
		buddy_add_fresh(page_zone(pfn_to_page(pfn)), pfn_to_page(pfn));
	totalram_pages += last - first;
	*done = max(*done, last);
	if (last < end) {
		init_blocks(last, end, done);
		give_range(last, end);
	}
}

/* Once, in mm_init(), with the final page tables. From here on memblock is constant. */
void __init page_alloc_init(void)
{
	unsigned long done = 0, start, end, sqrt = 1;

	for (int z = 0; z < NR_ZONES; z++)
		buddy_init(&zones[z]);
	for (int i = 0; i < memblock_memory.cnt; i++) {
		const struct memblock_region *r = &memblock_memory.regions[i];
		unsigned long pfn = PFN_UP(r->base), last = PFN_DOWN(r->base + r->size);
		int reserved = 0;	/* a reservation may reach into several regions */

		while (next_free(pfn, last, &reserved, &start, &end)) {
			init_blocks(pfn, start, &done);		/* the reserved ones before it */
			add_free_range(start, end, &done);
			pfn = end;
		}
		init_blocks(pfn, last, &done);
	}
	ASSERT(totalram_pages);
	/* 4 x sqrt(KiB) KiB, as Linux: 0.5 MiB of 16, 4 MiB of 1 GiB. */
	while (sqrt * sqrt < totalram_pages * 4)
		sqrt++;
	reserve_pages = min(sqrt, totalram_pages / 16);
}

/* Gives memory that was reserved at boot: whole pages within [start, end). May sleep. */
void free_reserved_range(phys_addr_t start, phys_addr_t end)
{
	unsigned long pfn = PFN_UP(start), last = PFN_DOWN(end);

	for (unsigned long i = pfn; i < last; i++) {
		ASSERT(PageReserved(pfn_to_page(i)));
		debug_pages_free(pfn_to_page(i), 0);
	}
	if (pfn < last)
		give_range(pfn, last);
}
