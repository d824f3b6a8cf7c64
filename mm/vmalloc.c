/* SPDX-License-Identifier: MIT */
/*
 * Kernel addresses that are contiguous though their frames are not, device memory, kernel stacks.
 * Linux's twins: mm/vmalloc.c, mm/ioremap.c, the stack part of kernel/fork.c.
 *
 *	VMALLOC_START
 *	|  stacks, slots of 2 x THREAD_SIZE:     2 GiB
 *	|    | guard, never mapped | stack | guard, never mapped | stack | ...
 *	|  guard, 1 GiB
 *	|  areas, first fit, a guard page behind each:   vmalloc, ioremap, memremap
 *	VMALLOC_START + 512 GiB      (what paging_init() made a table for)
 *
 * Stacks are made and freed at each fork and exit, so a stack that is freed stays mapped: first on
 * its CPU's short list, then on one for all, linked through its lowest word. Those above
 * STACKS_IDLE, or all when memory is short, are unmapped; that waits for other CPUs to flush their
 * TLBs, so it is done for a batch at once and only where waiting is allowed. Reused stacks are not
 * cleared: only the kernel reads them.
 *
 * Locks: vmalloc_lock for the areas, stack_lock (interrupts off: freeing happens anywhere) for idle
 * stacks and slots. Page tables need none, the owner of the addresses writes them (pgtable.c).
 */
#include <vitrix/bitops.h>
#include <vitrix/bug.h>
#include <vitrix/fault_inject.h>
#include <vitrix/kasan.h>
#include <vitrix/memblock.h>
#include <vitrix/mm.h>
#include <vitrix/string.h>
#include <vitrix/vmalloc.h>
#include <arch/pgtable.h>
#include <arch/tlbflush.h>

#define STACK_SLOT	(2 * THREAD_SIZE)
#define STACK_SLOTS	65536UL
#define STACKS_START	VMALLOC_START
#define STACKS_END	(STACKS_START + STACK_SLOTS * STACK_SLOT)
#define STACK_PAGES	(1UL << THREAD_SIZE_ORDER)
#define STACKS_PER_CPU	4
#define STACKS_IDLE	32
#define STACKS_BATCH	16			/* unmapped with one flush */

#define AREAS_START	(STACKS_END + PUD_SIZE)
#define AREAS_END	(VMALLOC_START + PGDIR_SIZE)
#define AREA_MAX	(64UL << 30)

atomic_long_t nr_kstack_pages, nr_vmalloc_pages;

/* ---- areas ---- */

struct vm_area {
	struct list_head list;		/* by address: vmalloc_lock */
	unsigned long start, size;	/* bytes; size without the guard page */
	unsigned long nr_pages;		/* 0: the frames are not ours */
	struct page *pages[];
};

static DEFINE_SPINLOCK(vmalloc_lock, LC_VMALLOC);
static LIST_HEAD(areas);

/* Finds a hole for the area and links it there. -ENOMEM: no addresses left. */
static int insert_area(struct vm_area *area, unsigned long align)
{
	unsigned long start = ALIGN(AREAS_START, align);
	struct vm_area *next;
	int err = -ENOMEM;

	spin_lock(&vmalloc_lock);
	list_for_each_entry(next, &areas, list) {
		if (start + area->size + PAGE_SIZE <= next->start)
			break;
		start = ALIGN(next->start + next->size + PAGE_SIZE, align);
	}
	if (start + area->size + PAGE_SIZE <= AREAS_END) {
		area->start = start;
		list_add_tail(&area->list, &next->list);	/* before next, or at the end */
		err = 0;
	}
	spin_unlock(&vmalloc_lock);
	return err;
}

static void unlink_area(struct vm_area *area)
{
	spin_lock(&vmalloc_lock);
	list_del(&area->list);
	spin_unlock(&vmalloc_lock);
}

/* An area with its addresses and room for nr page pointers, nothing mapped. NULL: no memory. */
static struct vm_area *get_area(unsigned long size, unsigned long align, unsigned long nr)
{
	struct vm_area *area;

	if (!size || size > AREA_MAX || should_fail(FAIL_VMALLOC))
		return NULL;
	area = kvmalloc(sizeof(*area) + nr * sizeof(area->pages[0]), GFP_KERNEL);
	if (!area)
		return NULL;
	area->size = size;
	area->nr_pages = 0;
	if (insert_area(area, align)) {
		kvfree(area);
		return NULL;
	}
	if (kasan_populate(area->start, area->size + PAGE_SIZE)) {
		unlink_area(area);
		kvfree(area);
		return NULL;
	}
	return area;
}

/* Unmaps first, then frees the addresses, then the frames. */
static void put_area(struct vm_area *area)
{
	kasan_poison((void *)area->start, area->size, KASAN_VMALLOC_FREE);
	kernel_unmap_range(area->start, area->size);
	unlink_area(area);
	atomic_long_sub(area->nr_pages, &nr_vmalloc_pages);
	for (unsigned long i = 0; i < area->nr_pages; i++)
		__free_page(area->pages[i]);
	kvfree(area);
}

static struct vm_area *find_area(unsigned long start)
{
	struct vm_area *area, *found = NULL;

	spin_lock(&vmalloc_lock);
	list_for_each_entry(area, &areas, list) {
		if (area->start == start) {
			found = area;
			break;
		}
	}
	spin_unlock(&vmalloc_lock);
	return found;
}

/* Frames for the area, up to nr. false: no memory; put_area() frees those that it got. */
static bool add_pages(struct vm_area *area, unsigned long nr, gfp_t gfp)
{
	while (area->nr_pages < nr) {
		struct page *page = alloc_page(gfp);

		if (!page)
			return false;
		atomic_long_inc(&nr_vmalloc_pages);
		area->pages[area->nr_pages++] = page;
	}
	return true;
}

static void *vmalloc_gfp(unsigned long size, gfp_t gfp)
{
	unsigned long __maybe_unused wanted = size;
	struct vm_area *area;

	if (size > AREA_MAX)
		return NULL;
	size = PAGE_ALIGN(size);
	if (size >> PAGE_SHIFT > totalram_pages)
		return NULL;
	area = get_area(size, PAGE_SIZE, size >> PAGE_SHIFT);
	if (!area)
		return NULL;
	if (!add_pages(area, size >> PAGE_SHIFT, gfp) ||
	    kernel_map_pages(area->start, area->pages, area->nr_pages, PAGE_KERNEL)) {
		put_area(area);
		return NULL;
	}
	kasan_cut((void *)area->start, wanted, size, KASAN_VMALLOC_NONE);
	return (void *)area->start;
}

void *vmalloc(unsigned long size)
{
	return vmalloc_gfp(size, GFP_KERNEL);
}

void *vzalloc(unsigned long size)
{
	return vmalloc_gfp(size, GFP_KERNEL | __GFP_ZERO);
}

/*
 * The same size bytes twice in a row: what runs over the end of a ring goes on at its beginning.
 * size: whole pages; zeroed. vfree() it. May sleep; NULL without memory.
 */
void *vmalloc_ring(unsigned long size)
{
	struct vm_area *area;
	unsigned long nr = size >> PAGE_SHIFT;

	ASSERT(size && !offset_in_page(size));
	if (nr > totalram_pages / 2)
		return NULL;
	area = get_area(size * 2, PAGE_SIZE, nr);
	if (!area)
		return NULL;
	if (!add_pages(area, nr, GFP_KERNEL | __GFP_ZERO) ||
	    kernel_map_pages(area->start, area->pages, nr, PAGE_KERNEL) ||
	    kernel_map_pages(area->start + size, area->pages, nr, PAGE_KERNEL)) {
		put_area(area);
		return NULL;
	}
	kasan_unpoison((void *)area->start, area->size);
	return (void *)area->start;
}

void vfree(const void *addr)
{
	struct vm_area *area;

	if (!addr)
		return;
	area = find_area((unsigned long)addr);
	ASSERT(area);
	put_area(area);
}

bool is_vmalloc_addr(const void *addr)
{
	return (unsigned long)addr >= VMALLOC_START && (unsigned long)addr < AREAS_END;
}

/* Frames that belong to somebody else. May sleep. NULL: no memory, or an impossible range. */
static void *map_physical(phys_addr_t phys, unsigned long size, pgprot_t prot)
{
	unsigned long offset = offset_in_page(phys);
	struct vm_area *area;

	if (!size || phys + size < phys || (phys + size) & ~(PTE_PFN_MASK | ~PAGE_MASK))
		return NULL;
	size = PAGE_ALIGN(size + offset);
	phys -= offset;
	area = get_area(size, size >= PMD_SIZE ? PMD_SIZE : PAGE_SIZE, 0);
	if (!area)
		return NULL;
	if (kernel_map_range(area->start, phys, size, prot)) {
		put_area(area);
		return NULL;
	}
	kasan_unpoison((void *)area->start, size);
	return (void *)(area->start + offset);
}

/* Refuses RAM: a frame mapped both cached and uncached is undefined (SDM vol. 3, 11.12.4). */
void *ioremap(phys_addr_t phys, unsigned long size)
{
	if (WARN_ON(memblock_is_memory(phys, 1)))
		return NULL;
	return map_physical(phys, size, PAGE_KERNEL_NOCACHE);
}

/* RAM is mapped already; anything else gets addresses of its own. iounmap() both. */
void *memremap(phys_addr_t phys, unsigned long size)
{
	if (memblock_is_memory(phys, size))
		return __va(phys);
	return map_physical(phys, size, PAGE_KERNEL);
}

void iounmap(volatile void *addr)
{
	if (is_vmalloc_addr((void *)addr))
		vfree((void *)((unsigned long)addr & PAGE_MASK));
}

/* ---- kernel stacks ---- */

struct stack_cache {
	unsigned int count;
	void *stacks[STACKS_PER_CPU];
};
static DEFINE_PER_CPU(struct stack_cache, stack_cache);	/* interrupts off */

static DEFINE_SPINLOCK(stack_lock, LC_STACKS);
static void *idle_stacks;			/* mapped, linked through the lowest word */
static unsigned int nr_idle_stacks;
static unsigned long slots[BITS_TO_LONGS(STACK_SLOTS)];	/* bit set: in use or idle */
static unsigned long slot_hint;			/* word of slots[] to look at first */

/* The lowest address of the stack in a new slot, unmapped; 0: none left. */
static unsigned long get_slot(void)
{
	unsigned long addr = 0, flags;

	spin_lock_irqsave(&stack_lock, flags);
	for (unsigned long i = 0; i < ARRAY_SIZE(slots); i++) {
		unsigned long word = (slot_hint + i) % ARRAY_SIZE(slots);

		if (~slots[word]) {
			unsigned int bit = ffz(slots[word]);

			slots[word] |= BIT(bit);
			slot_hint = word;
			addr = STACKS_START + (word * 64 + bit) * STACK_SLOT + THREAD_SIZE;
			break;
		}
	}
	spin_unlock_irqrestore(&stack_lock, flags);
	return addr;
}

static void put_slot(unsigned long addr)
{
	unsigned long nr = (addr - STACKS_START) / STACK_SLOT, flags;

	spin_lock_irqsave(&stack_lock, flags);
	ASSERT(slots[nr / 64] & BIT(nr % 64));
	slots[nr / 64] &= ~BIT(nr % 64);
	slot_hint = min(slot_hint, nr / 64);	/* low slots first: their page tables exist */
	spin_unlock_irqrestore(&stack_lock, flags);
}

static void *make_stack(void)
{
	struct page *pages[STACK_PAGES];
	unsigned long addr = get_slot();
	unsigned int n;

	if (!addr)
		return NULL;
	for (n = 0; n < STACK_PAGES; n++) {
		pages[n] = alloc_page(GFP_USER);	/* not from the kernel's reserve */
		if (!pages[n])
			goto fail;
	}
	if (kasan_populate(addr - THREAD_SIZE, STACK_SLOT) ||
	    kernel_map_pages(addr, pages, STACK_PAGES, PAGE_KERNEL))
		goto fail;
	kasan_unpoison((void *)addr, THREAD_SIZE);
	debug_stack_new((void *)addr);
	atomic_long_add(STACK_PAGES, &nr_kstack_pages);
	return (void *)addr;
fail:
	while (n-- > 0)
		__free_page(pages[n]);
	put_slot(addr);
	return NULL;
}

static void *pop_idle(void)
{
	unsigned long flags;
	void *stack;

	spin_lock_irqsave(&stack_lock, flags);
	stack = idle_stacks;
	if (stack) {
		idle_stacks = *(void **)stack;
		nr_idle_stacks--;
	}
	spin_unlock_irqrestore(&stack_lock, flags);
	return stack;
}

/*
 * Unmaps up to STACKS_BATCH idle stacks, then has all CPUs flush their TLBs, once. Only after that
 * are the frames and the addresses free. May wait for other CPUs. Returns pages.
 */
static unsigned long destroy_idle_stacks(void)
{
	struct page *pages[STACKS_BATCH][STACK_PAGES];
	void *stacks[STACKS_BATCH];
	unsigned int n;

	for (n = 0; n < STACKS_BATCH && (stacks[n] = pop_idle()); n++) {
		unsigned long addr = (unsigned long)stacks[n];

		for (unsigned int i = 0; i < STACK_PAGES; i++)
			pages[n][i] = pte_page(*kernel_lookup_pte(addr + i * PAGE_SIZE));
		kernel_clear_range(addr, THREAD_SIZE);
	}
	if (!n)
		return 0;
	flush_tlb_kernel_range(STACKS_START, STACKS_END);
	for (unsigned int k = 0; k < n; k++) {
		for (unsigned int i = 0; i < STACK_PAGES; i++)
			__free_page(pages[k][i]);
		put_slot((unsigned long)stacks[k]);
	}
	atomic_long_sub(n * STACK_PAGES, &nr_kstack_pages);
	return n * STACK_PAGES;
}

/* May sleep. */
void *alloc_thread_stack(void)
{
	unsigned long flags = local_irq_save();
	unsigned int n = __gs_var(stack_cache.count);
	void *stack = NULL;

	if (likely(n)) {
		__gs_var(stack_cache.count) = --n;
		stack = __gs_var(stack_cache.stacks[n]);
	}
	local_irq_restore(flags);
	if (unlikely(!stack))
		stack = pop_idle();
	return stack ? stack : make_stack();
}

/* Any context, though not on the stack itself. Of its last frames redzones may be left. */
void free_thread_stack(void *stack)
{
	unsigned long flags = local_irq_save();
	unsigned int n = __gs_var(stack_cache.count);

	ASSERT((unsigned long)stack % STACK_SLOT == THREAD_SIZE);
	kasan_unpoison(stack, THREAD_SIZE);
	debug_stack_free(stack);
	if (likely(n < STACKS_PER_CPU)) {
		__gs_var(stack_cache.stacks[n]) = stack;
		__gs_var(stack_cache.count) = n + 1;
		stack = NULL;
	}
	local_irq_restore(flags);
	if (likely(!stack))
		return;
	spin_lock_irqsave(&stack_lock, flags);
	*(void **)stack = idle_stacks;
	idle_stacks = stack;
	n = ++nr_idle_stacks;
	spin_unlock_irqrestore(&stack_lock, flags);
	if (n >= STACKS_IDLE + STACKS_BATCH && !in_atomic() && !irqs_disabled())
		destroy_idle_stacks();
}

unsigned long stack_cache_shrink(void)
{
	unsigned long freed = 0, n;

	while ((n = destroy_idle_stacks()))
		freed += n;
	return freed;
}

#ifdef CONFIG_DEBUG
unsigned long nr_stacks_in_use(void)
{
	unsigned long idle = READ_ONCE(nr_idle_stacks);
	int cpu;

	for_each_possible_cpu(cpu)
		idle += per_cpu(stack_cache, cpu).count;
	return atomic_long_read(&nr_kstack_pages) / STACK_PAGES - idle;
}
#endif

bool is_stack_guard(unsigned long addr)
{
	return addr >= STACKS_START && addr < STACKS_END &&
	       (addr - STACKS_START) % STACK_SLOT < THREAD_SIZE;
}

void __init vmalloc_init(void)
{
	static_assert(STACKS_END < AREAS_START && AREAS_END <= VMALLOC_END, "vmalloc layout");
	static_assert(IS_ALIGNED(VMALLOC_START, PGDIR_SIZE), "one pud table for all of it");
	ASSERT(list_empty(&areas));
}
