/* SPDX-License-Identifier: MIT */
/*
 * The local descriptor table: up to 8192 segments of an address space's own, by modify_ldt(2).
 * Emulators of 16-bit systems live on it. Linux's twin: arch/x86/kernel/ldt.c.
 *
 *   selector  | index: 13 bits | 1 = LDT | 3 = ring |
 *                      |
 *   LDT_BASE  +--------v------------------+   mapped read-only in this mm's page tables alone, in
 *     slot 0  | descriptors, 8 bytes each |   the kernel's and, under PTI, in the user's: the CPU
 *     slot 1  | the next table            |   reads the LDT whenever user code loads a selector,
 *             +---------------------------+   and iretq reads it on the user's tables
 *
 * A table never changes. Who wants another entry makes a new table, maps it in the slot that is
 * free, has all CPUs that run the mm load it (LDTR holds address and size) and only then lets the
 * old one go. All descriptors are marked accessed, so the CPU never writes to them.
 *
 * mm->ldt is changed under mmap_lock for writing. switch_mm() reads it without: it has set the
 * CPU's bit in cpu_bitmap before, so that it sees the new table or is told of it (tlb.c has the
 * same argument for page tables). The table's pages are seen by user mode only through what
 * segments do; call gates and system segments cannot be made.
 *
 * 16-bit stacks need help on the way out: espfix.c.
 */
#include <vitrix/err.h>
#include <vitrix/mm.h>
#include <vitrix/sched.h>
#include <vitrix/slab.h>
#include <vitrix/smp.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <arch/desc.h>
#include <arch/irqflags.h>
#include <arch/ldt.h>
#include <arch/pgtable.h>
#include <arch/tlbflush.h>
#include "../mm/mm_internal.h"
#include <asm/ldt.h>

#define ENTRIES_PER_PAGE	(PAGE_SIZE / LDT_ENTRY_SIZE)
#define MAX_PAGES		(LDT_ENTRIES / ENTRIES_PER_PAGE)
#define SLOT_SIZE		(MAX_PAGES * PAGE_SIZE)
#define DEFAULT_LDT_SIZE	128UL		/* bytes of zeroes, for who asks for them */
#define TYPE_LDT		0x82UL		/* a system descriptor, present */

/* Two slots are neighbours in one page table. */
static_assert(LDT_BASE % PMD_SIZE == 0 && 2 * SLOT_SIZE <= PMD_SIZE, "LDT_BASE");

struct ldt_struct {
	unsigned int nr_entries;
	unsigned int slot;
	u64 *page[MAX_PAGES];
};

DEFINE_STATIC_KEY_FALSE(ldt_key);

static unsigned int nr_pages(unsigned int nr_entries)
{
	return DIV_ROUND_UP(nr_entries, ENTRIES_PER_PAGE);
}

static u64 *entry(const struct ldt_struct *ldt, unsigned int n)
{
	return &ldt->page[n / ENTRIES_PER_PAGE][n % ENTRIES_PER_PAGE];
}

static unsigned long slot_address(const struct ldt_struct *ldt)
{
	return LDT_BASE + ldt->slot * SLOT_SIZE;
}

/* ---- a table ---- */

static void free_table(struct ldt_struct *ldt)
{
	for (unsigned int i = 0; i < MAX_PAGES && ldt->page[i]; i++)
		free_page((unsigned long)ldt->page[i]);
	kfree(ldt);
}

/* nr_entries, those that from has are copied. from: NULL or a table no larger. NULL: no memory. */
static struct ldt_struct *copy_table(const struct ldt_struct *from, unsigned int nr_entries)
{
	struct ldt_struct *ldt = kzalloc(sizeof(*ldt), GFP_KERNEL);

	if (!ldt)
		return NULL;
	ldt->nr_entries = nr_entries;
	for (unsigned int i = 0; i < nr_pages(nr_entries); i++) {
		ldt->page[i] = (u64 *)get_zeroed_page(GFP_KERNEL);
		if (!ldt->page[i]) {
			free_table(ldt);
			return NULL;
		}
		if (from && i < nr_pages(from->nr_entries))
			memcpy(ldt->page[i], from->page[i], PAGE_SIZE);
	}
	return ldt;
}

/* ---- its mapping ---- */

/* The one page table that both slots share. NULL: this mm never had an LDT. */
static u64 *slots_table(struct mm_struct *mm)
{
	pgd_t *pgd = pgd_offset_pgd(mm->pgd, LDT_BASE);
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(*pgd))
		return NULL;
	pud = pud_offset(pgd, LDT_BASE);
	if (pud_none(*pud))
		return NULL;
	pmd = pmd_offset(pud, LDT_BASE);
	return pmd_none(*pmd) ? NULL : &pte_offset(pmd, LDT_BASE)->pte;
}

static void unmap_slot(struct mm_struct *mm, unsigned int slot)
{
	u64 *pte = slots_table(mm);

	for (unsigned int i = 0; pte && i < MAX_PAGES; i++)
		WRITE_ONCE(pte[slot * MAX_PAGES + i], 0);
}

/* 0, or -ENOMEM: nothing of ldt is mapped. Nobody uses the slot. */
static int map_slot(struct mm_struct *mm, const struct ldt_struct *ldt)
{
	/* Not global: other address spaces have others here. */
	pgprot_t prot = __pgprot(pgprot_val(PAGE_KERNEL_RO) & ~_PAGE_GLOBAL);
	pgd_t *pgd = pgd_offset_pgd(mm->pgd, LDT_BASE);

	for (unsigned int i = 0; i < nr_pages(ldt->nr_entries); i++) {
		if (map_range(mm->pgd, slot_address(ldt) + i * PAGE_SIZE, __pa(ldt->page[i]),
			      PAGE_SIZE, prot, PAGE_SIZE)) {
			unmap_slot(mm, ldt->slot);
			return -ENOMEM;
		}
	}
	if (pti_enabled)
		WRITE_ONCE(kernel_to_user_pgd(pgd)->pgd, pgd->pgd);
	return 0;
}

/* The pgd must be as it was made: the next mm may get it. */
static void free_slots(struct mm_struct *mm)
{
	pgd_t *pgd = pgd_offset_pgd(mm->pgd, LDT_BASE);
	void *table[3] = { NULL };
	pud_t *pud;

	if (pgd_none(*pgd))
		return;
	pud = pud_offset(pgd, LDT_BASE);
	table[0] = (void *)((unsigned long)pud & PAGE_MASK);
	if (!pud_none(*pud)) {
		table[1] = (void *)((unsigned long)pmd_offset(pud, LDT_BASE) & PAGE_MASK);
		table[2] = slots_table(mm);
	}
	pgd->pgd = 0;
	if (pti_enabled)
		kernel_to_user_pgd(pgd)->pgd = 0;
	for (int i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i])
			kernel_table_free(table[i]);
}

/* ---- the CPU's ---- */

void ldt_load(const struct mm_struct *mm)
{
	const struct ldt_struct *ldt = smp_load_acquire(&mm->ldt);
	u64 *gdt = *this_cpu_ptr(&cpu_gdt), base, limit;
	u16 selector = 0;

	if (ldt) {
		base = slot_address(ldt);
		limit = ldt->nr_entries * LDT_ENTRY_SIZE - 1;
		gdt[GDT_ENTRY_LDT] = limit | (base & 0xffffff) << 16 | TYPE_LDT << 40 |
				     (base >> 24 & 0xff) << 56;
		gdt[GDT_ENTRY_LDT + 1] = base >> 32;
		selector = GDT_ENTRY_LDT * 8;
	}
	__asm__ volatile("lldt %0" : : "r"(selector) : "memory");
}

/* On each CPU that may run mm. */
static void reload(void *data)
{
	struct mm_struct *mm = data;

	if (current->active_mm != mm)
		return;
	ldt_load(mm);
	refresh_ldt_segments();
}

static void reload_cpus(struct mm_struct *mm)
{
	preempt_disable();
	smp_mb();		/* the new table is seen before the CPUs are looked at */
	smp_call_function_many(READ_ONCE(mm->cpu_bitmap), reload, mm, true);
	local_irq_disable();
	reload(mm);
	local_irq_enable();
	preempt_enable();
}

/* ---- of an mm ---- */

/* new takes the place of mm's table. mmap_lock for writing. 0 or -ENOMEM: new is freed. */
static int replace_table(struct mm_struct *mm, struct ldt_struct *new)
{
	struct ldt_struct *old = mm->ldt;

	new->slot = old ? !old->slot : 0;
	if (map_slot(mm, new)) {
		free_table(new);
		return -ENOMEM;
	}
	/* point of no return */
	smp_store_release(&mm->ldt, new);
	reload_cpus(mm);
	if (old) {
		unmap_slot(mm, old->slot);
		/* Lazy CPUs too: the next reload() may read what lies there. */
		flush_tlb_mm_range(mm, slot_address(old), slot_address(old) + SLOT_SIZE, true);
		free_table(old);
	}
	return 0;
}

int ldt_dup(struct mm_struct *mm, struct mm_struct *oldmm)
{
	struct ldt_struct *ldt = copy_table(oldmm->ldt, oldmm->ldt->nr_entries);

	if (!ldt)
		return -ENOMEM;
	if (map_slot(mm, ldt)) {
		free_table(ldt);
		return -ENOMEM;
	}
	mm->ldt = ldt;
	return 0;
}

void ldt_destroy(struct mm_struct *mm)
{
	free_slots(mm);
	if (mm->ldt)
		free_table(mm->ldt);
	mm->ldt = NULL;
}

u64 ldt_entry(struct mm_struct *mm, unsigned int n)
{
	u64 desc = 0;

	mmap_read_lock(mm);
	if (mm->ldt && n < mm->ldt->nr_entries)
		desc = *entry(mm->ldt, n);
	mmap_read_unlock(mm);
	return desc;
}

/* ---- modify_ldt(2) ---- */

static long read_default_ldt(void __user *ptr, unsigned long size)
{
	size = min(size, DEFAULT_LDT_SIZE);
	return clear_user(ptr, size) ? -EFAULT : (long)size;
}

/* All entries up to the last one ever set, and zeroes behind, size bytes altogether. */
static long read_ldt(u8 __user *ptr, unsigned long size)
{
	struct mm_struct *mm = current->mm;
	struct ldt_struct *copy = NULL;
	unsigned long filled, done = 0;
	bool any;

	size = min(size, (unsigned long)LDT_ENTRY_SIZE * LDT_ENTRIES);
	/* Users' memory cannot be written under mmap_lock. */
	mmap_read_lock(mm);
	any = mm->ldt;
	if (any)
		copy = copy_table(mm->ldt, mm->ldt->nr_entries);
	mmap_read_unlock(mm);
	if (!any)
		return 0;
	if (!copy)
		return -ENOMEM;
	filled = min(size, (unsigned long)copy->nr_entries * LDT_ENTRY_SIZE);
	while (done < filled) {
		unsigned long n = min(filled - done, PAGE_SIZE);

		if (copy_to_user(ptr + done, copy->page[done / PAGE_SIZE], n))
			break;
		done += n;
	}
	if (done < filled || clear_user(ptr + done, size - done))
		size = -EFAULT;
	free_table(copy);
	return size;
}

/* The entry that info describes; false: none that a program may have. */
static bool entry_of_user(const struct user_desc *info, bool oldmode, u64 *desc)
{
	/* 3: a conforming code segment. */
	if (info->contents == 3 && (oldmode || !info->seg_not_present))
		return false;
	if ((oldmode && !info->base_addr && !info->limit) || desc_is_empty(info))
		*desc = 0;
	else
		*desc = desc_of_user(info) & ~(oldmode ? DESC_AVL : 0);
	return true;
}

static long write_ldt(void __user *ptr, unsigned long size, bool oldmode)
{
	struct mm_struct *mm = current->mm;
	struct ldt_struct *new;
	struct user_desc info;
	unsigned int nr;
	long err = -ENOMEM;
	u64 desc;

	if (size != sizeof(info))
		return -EINVAL;
	if (copy_from_user(&info, ptr, sizeof(info)))
		return -EFAULT;
	if (info.entry_number >= LDT_ENTRIES || !entry_of_user(&info, oldmode, &desc))
		return -EINVAL;
	if (!static_key_enabled(&ldt_key))
		static_key_inc(&ldt_key);
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	nr = info.entry_number + 1;
	if (mm->ldt)
		nr = max(nr, mm->ldt->nr_entries);
	new = copy_table(mm->ldt, nr);
	if (new) {
		*entry(new, info.entry_number) = desc;
		err = replace_table(mm, new);
	}
	mmap_write_unlock(mm);
	return err;
}

/* 0 read, 1 write as before Linux 2.1.42, 2 read the default, 17 write. */
long __x64_sys_modify_ldt(int func, void __user *ptr, unsigned long bytecount)
{
	long ret = -ENOSYS;

	switch (func) {
	case 0:
		ret = read_ldt(ptr, bytecount);
		break;
	case 1:
		ret = write_ldt(ptr, bytecount, true);
		break;
	case 2:
		ret = read_default_ldt(ptr, bytecount);
		break;
	case 0x11:
		ret = write_ldt(ptr, bytecount, false);
		break;
	}
	/* An int, whose sign does not reach the upper half of rax: so it has always been. */
	return (unsigned int)ret;
}
