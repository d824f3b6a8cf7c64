/* SPDX-License-Identifier: MIT */
/*
 * The exception table: instructions that may fault on user memory, each with the place to go on at
 * then. The linker gathers __ex_table from all files in link order; at boot a sorted copy is
 * made, so that a search is a bisection. Until then, and should there be no memory, it is linear.
 *
 * Linux's twin: arch/x86/mm/extable.c, lib/extable.c. Any context; constant after boot.
 */
#include <vitrix/uaccess.h>
#include <vitrix/slab.h>
#include <vitrix/sort.h>
#include <vitrix/bug.h>
#include <arch/ptrace.h>

extern const struct exception_table_entry __start___ex_table[], __stop___ex_table[];

struct fixup { unsigned long insn, fixup; };
static struct fixup *sorted;
static unsigned long nr_fixups;

static struct fixup decode(const struct exception_table_entry *e)
{
	return (struct fixup){
		.insn = (unsigned long)&e->insn + e->insn,
		.fixup = (unsigned long)&e->fixup + e->fixup,
	};
}

static int cmp_fixup(const void *a, const void *b)
{
	const struct fixup *x = a, *y = b;

	return x->insn < y->insn ? -1 : x->insn > y->insn;
}

void extable_init(void)
{
	unsigned long n = __stop___ex_table - __start___ex_table;
	struct fixup *table = kmalloc(n * sizeof(*table), GFP_KERNEL);

	if (!table)
		return;
	for (unsigned long i = 0; i < n; i++)
		table[i] = decode(&__start___ex_table[i]);
	sort(table, n, sizeof(*table), cmp_fixup);
	nr_fixups = n;
	smp_store_release(&sorted, table);
}

/* Where to go on after a fault at ip; 0: that must not fault. */
static unsigned long search_fixup(unsigned long ip)
{
	const struct fixup *table = smp_load_acquire(&sorted);
	unsigned long lo = 0, hi = nr_fixups;

	if (unlikely(!table)) {
		const struct exception_table_entry *e;

		for (e = __start___ex_table; e < __stop___ex_table; e++)
			if (decode(e).insn == ip)
				return decode(e).fixup;
		return 0;
	}
	while (lo < hi) {
		unsigned long mid = (lo + hi) / 2;

		if (table[mid].insn == ip)
			return table[mid].fixup;
		if (table[mid].insn < ip)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

bool has_fixup(unsigned long ip)
{
	return search_fixup(ip) != 0;
}

bool fixup_exception(struct pt_regs *regs)
{
	unsigned long to = search_fixup(regs->ip);

	if (!to)
		return false;
	regs->ip = to;
	return true;
}
