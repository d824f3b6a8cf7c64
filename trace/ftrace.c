/* SPDX-License-Identifier: MIT */
/*
 * Which functions are watched. Linux's twin: kernel/trace/ftrace.c.
 *
 *	current_tracer  --> ftrace_set_tracer ---+
 *	set_ftrace_filter                        +--> update(): each function's entry is patched, if
 *	  and kin       --> ftrace_set_filter ---+              that is not how it is already
 *	set_ftrace_pid  --> ftrace_pid_add       looked at by each call: ftrace_record.c, fgraph.c
 *
 * The table of functions is made from the section __patchable when somebody first asks, sorted by
 * address, without those that were freed with the rest of __init. It is never freed, and its
 * addresses never change.
 *
 * Locks: ftrace_lock for all changes. Calls read the tracer, the lists' bits and counts without: a
 * change may be seen one function earlier or later, which does not matter.
 */
#include <vitrix/ftrace.h>
#include <vitrix/bug.h>
#include <vitrix/err.h>
#include <vitrix/glob.h>
#include <vitrix/init.h>
#include <vitrix/kallsyms.h>
#include <vitrix/mm.h>
#include <vitrix/mutex.h>
#include <vitrix/pid.h>
#include <vitrix/sort.h>
#include <vitrix/string.h>
#include <arch/ftrace.h>
#include <arch/text_poke.h>
#include "ftrace_internal.h"

extern const s32 __start___patchable[], __stop___patchable[];

struct watchable {
	u32 offset;			/* from _text */
	u8 lists;			/* bit n: is in list n */
	bool prepared, on;		/* the bytes before it; the bytes at its entry */
};

static DEFINE_MUTEX(ftrace_lock, LC_FTRACE);
static struct watchable *functions;	/* NULL: not made yet */
static unsigned int nr_functions;
static unsigned int list_count[NR_FTRACE_LISTS];
bool ftrace_graph_lists;

static unsigned long address(const struct watchable *f)
{
	return (unsigned long)_text + f->offset;
}

static int cmp_offset(const void *a, const void *b)
{
	const struct watchable *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* ftrace_lock. 0 or -ENOMEM. */
static int make_table(void)
{
	struct watchable *table;
	unsigned int n = 0;

	if (functions)
		return 0;
	table = kvmalloc((__stop___patchable - __start___patchable) * sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (const s32 *e = __start___patchable; e < __stop___patchable; e++) {
		unsigned long addr = (unsigned long)e + *e;

		if (addr < (unsigned long)_etext)
			table[n++] = (struct watchable){ .offset = addr - (unsigned long)_text };
	}
	sort(table, n, sizeof(*table), cmp_offset);
	nr_functions = n;
	smp_store_release(&functions, table);
	return 0;
}

unsigned int ftrace_nr_functions(void)
{
	int err;

	mutex_lock(&ftrace_lock);
	err = make_table();
	mutex_unlock(&ftrace_lock);
	return err ? 0 : nr_functions;
}

unsigned long ftrace_function(unsigned int nr)
{
	const struct watchable *table = smp_load_acquire(&functions);

	return table && nr < nr_functions ? address(&table[nr]) : 0;
}

/* ---- the lists ---- */

bool ftrace_list_limits(enum ftrace_list which)
{
	return READ_ONCE(list_count[which]) != 0;
}

bool ftrace_list_is_empty(enum ftrace_list which)
{
	return !ftrace_list_limits(which);
}

int ftrace_list_next(enum ftrace_list which, unsigned int nr)
{
	const struct watchable *table = smp_load_acquire(&functions);

	for (; table && nr < nr_functions; nr++)
		if (READ_ONCE(table[nr].lists) & 1 << which)
			return nr;
	return -1;
}

bool ftrace_is_on(unsigned int nr)
{
	const struct watchable *table = smp_load_acquire(&functions);

	return table && nr < nr_functions && READ_ONCE(table[nr].on);
}

/* Any context. */
unsigned int ftrace_lists_of(unsigned long func)
{
	const struct watchable *table = smp_load_acquire(&functions);
	unsigned int lo = 0, hi = nr_functions, offset = func - (unsigned long)_text;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (table[mid].offset == offset)
			return READ_ONCE(table[mid].lists);
		if (table[mid].offset < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

static void set_listed(struct watchable *f, enum ftrace_list which, bool listed)
{
	if (!!(f->lists & 1 << which) == listed)
		return;
	WRITE_ONCE(f->lists, f->lists ^ 1 << which);
	WRITE_ONCE(list_count[which], list_count[which] + (listed ? 1 : -1));
}

/* ---- the bytes ---- */

static bool to_be_watched(const struct watchable *f)
{
	if (ftrace_tracer == FTRACE_NOP || (f->lists & 1 << FTRACE_NOTRACE))
		return false;
	return !list_count[FTRACE_FILTER] || (f->lists & 1 << FTRACE_FILTER);
}

/* ftrace_lock */
static void update(void)
{
	WRITE_ONCE(ftrace_graph_lists,
		   list_count[FTRACE_GRAPH_FUNCTION] || list_count[FTRACE_GRAPH_NOTRACE]);
	text_poke_begin();
	for (unsigned int i = 0; i < nr_functions; i++) {
		struct watchable *f = &functions[i];

		if (to_be_watched(f) && !f->prepared) {
			ftrace_arch_prepare(address(f));
			f->prepared = true;
		}
	}
	text_poke_end();
	text_poke_begin();
	for (unsigned int i = 0; i < nr_functions; i++) {
		struct watchable *f = &functions[i];

		if (to_be_watched(f) != f->on) {
			f->on = !f->on;
			ftrace_arch_switch(address(f), f->on);
		}
	}
	text_poke_end();
}

int ftrace_set_filter(enum ftrace_list which, const char *glob, bool reset)
{
	bool add = true;
	int err, matched = 0;

	mutex_lock(&ftrace_lock);
	err = make_table();
	if (err)
		goto unlock;
	if (reset)
		for (unsigned int i = 0; i < nr_functions; i++)
			set_listed(&functions[i], which, false);
	if (glob) {
		if (*glob == '!') {
			add = false;
			glob++;
		}
		for (unsigned int i = 0; i < nr_functions; i++) {
			const char *name = kallsyms_lookup(address(&functions[i]), NULL, NULL);

			cond_resched();
			if (!name || !glob_match(glob, name))
				continue;
			matched++;
			set_listed(&functions[i], which, add);
		}
		if (!matched)
			err = -EINVAL;
	}
	update();
unlock:
	mutex_unlock(&ftrace_lock);
	return err;
}

enum ftrace_tracer ftrace_get_tracer(void)
{
	return READ_ONCE(ftrace_tracer);
}

int ftrace_set_tracer(enum ftrace_tracer tracer)
{
	int err;

	mutex_lock(&ftrace_lock);
	err = make_table();
	if (!err && tracer == FTRACE_GRAPH)
		err = fgraph_alloc_all();
	if (!err) {
		WRITE_ONCE(ftrace_tracer, tracer);
		if (tracer != FTRACE_GRAPH)
			WRITE_ONCE(ftrace_graph_active, false);
		update();
	}
	mutex_unlock(&ftrace_lock);
	return err;
}

/* ---- whose calls ---- */

int ftrace_pid_add(pid_t pid)
{
	struct task_struct *t;

	spin_lock_irq(&tasklist_lock);
	t = find_task_by_vpid(pid);
	if (t)
		t->trace_flags |= TRACE_TASK_FTRACE;
	spin_unlock_irq(&tasklist_lock);
	WRITE_ONCE(ftrace_pid_filter, true);
	return t ? 0 : -ESRCH;
}

void ftrace_pid_clear(void)
{
	struct task_struct *p, *t;

	WRITE_ONCE(ftrace_pid_filter, false);
	spin_lock_irq(&tasklist_lock);
	for_each_process(p)
		for_each_thread(p, t)
			t->trace_flags &= ~TRACE_TASK_FTRACE;
	spin_unlock_irq(&tasklist_lock);
}
