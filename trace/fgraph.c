/* SPDX-License-Identifier: MIT */
/*
 * Entry and return of functions. A function that is entered has its return address taken off the
 * stack and put on its task's return stack; it returns to return_to_handler instead, which tells of
 * the return and goes where the function meant to go. Linux's twins: kernel/trace/fgraph.c,
 * trace_functions_graph.c.
 *
 *	task's stack                      task->ret_stack (one page)
 *	| return_to_handler |  slot 1 --> | ret 1, slot 1, func 1, when |  [0]
 *	| ...               |             |                             |
 *	| return_to_handler |  slot 2 --> | ret 2, slot 2, func 2, when |  [nr - 1], the newest
 *
 * Per task, so that a switch in the middle of a function (schedule) brings the next task's entries
 * along with its stack. What interrupts a task lies above it on both.
 *
 * A function need not return: do_exit, or the kernel_init that became a program. Its entry is stale
 * when something is entered or returns whose slot lies as high or higher. Only calls on the task's
 * own stack are told: not those of NMIs, nor those of __switch_to, which stands on the next task's
 * stack while current is still the one before.
 *
 * Called with interrupts off, by the task itself: no locks. Other contexts only read, to show call
 * chains (ftrace_graph_ret_addr). Stacks are given to all tasks when the tracer is turned on, under
 * tasklist_lock, and freed with the task: a function may be on its way long after the tracer is
 * off.
 */
#include <vitrix/bug.h>
#include <vitrix/err.h>
#include <vitrix/mm.h>
#include <vitrix/sched.h>
#include <arch/ftrace.h>
#include <arch/irqflags.h>
#include "ftrace_internal.h"

struct ftrace_ret {
	unsigned long ret, func;
	unsigned long *slot;
	u64 calltime;
	u8 kind;
};
#define KIND_TOLD	1		/* its return is told, too */
#define KIND_ROOT	2		/* of set_graph_function: what it calls is told */
#define KIND_HIDDEN	4		/* of set_graph_notrace: what it calls is not */

struct ftrace_ret_stack {
	unsigned int nr;		/* entries */
	unsigned int told, roots, hidden;	/* of them */
	unsigned int overrun;		/* calls that found no room */
	struct ftrace_ret entry[];
};
#define RET_STACK_MAX \
	((PAGE_SIZE - sizeof(struct ftrace_ret_stack)) / sizeof(struct ftrace_ret))

unsigned int ftrace_max_graph_depth;
bool ftrace_graph_active;

static void count(struct ftrace_ret_stack *rs, u8 kind, int by)
{
	rs->nr += by;
	if (kind & KIND_TOLD)
		rs->told += by;
	if (kind & KIND_ROOT)
		rs->roots += by;
	if (kind & KIND_HIDDEN)
		rs->hidden += by;
}

/* Takes off what is below limit on the stack: those functions are gone. */
static void drop_below(struct ftrace_ret_stack *rs, unsigned long *limit)
{
	while (rs->nr && rs->entry[rs->nr - 1].slot < limit)
		count(rs, rs->entry[rs->nr - 1].kind, -1);
}

static bool on_task_stack(const unsigned long *slot)
{
	unsigned long offset = (unsigned long)slot - (unsigned long)current->stack;

	return offset < THREAD_SIZE;
}

/* What is to be done about a call; 0: nothing. */
static u8 judge(const struct ftrace_ret_stack *rs, unsigned long func)
{
	unsigned int lists = 0;
	u8 kind = KIND_TOLD;

	if (rs->hidden || !ftrace_task_wanted(current))
		return 0;
	if (READ_ONCE(ftrace_graph_lists)) {
		lists = ftrace_lists_of(func);
		if (lists & 1 << FTRACE_GRAPH_NOTRACE)
			return KIND_HIDDEN;
		if (lists & 1 << FTRACE_GRAPH_FUNCTION)
			kind |= KIND_ROOT;
		else if (!rs->roots && ftrace_list_limits(FTRACE_GRAPH_FUNCTION))
			return 0;
	}
	if (ftrace_max_graph_depth && rs->told >= ftrace_max_graph_depth)
		return 0;
	return kind;
}

static bool tell_entry(unsigned long func, int depth, unsigned long irq_flags)
{
	struct trace_raw_funcgraph_entry *rec;

	rec = ftrace_reserve(EVENT_funcgraph_entry, sizeof(*rec), irq_flags);
	if (!rec)
		return false;
	rec->func = func;
	rec->depth = depth;
	trace_commit(rec);
	return true;
}

static void tell_return(const struct ftrace_ret *e, const struct ftrace_ret_stack *rs,
			unsigned long retval, unsigned long irq_flags)
{
	struct trace_raw_funcgraph_exit *rec;

	rec = ftrace_reserve(EVENT_funcgraph_exit, sizeof(*rec), irq_flags);
	if (!rec)
		return;
	rec->func = e->func;
	rec->retval = retval;
	rec->depth = rs->told;
	rec->overrun = rs->overrun;
	rec->calltime = e->calltime;
	rec->rettime = trace_clock();
	trace_commit(rec);
}

void fgraph_enter(unsigned long func, unsigned long *slot, unsigned long irq_flags)
{
	struct ftrace_ret_stack *rs = READ_ONCE(current->ret_stack);
	struct ftrace_ret *e;
	u8 kind;

	if (!rs || !on_task_stack(slot))
		return;
	drop_below(rs, slot + 1);
	kind = judge(rs, func);
	if (!kind)
		return;
	if (rs->nr == RET_STACK_MAX) {
		rs->overrun++;
		return;
	}
	if ((kind & KIND_TOLD) && !tell_entry(func, rs->told, irq_flags))
		return;
	e = &rs->entry[rs->nr];
	*e = (struct ftrace_ret){ .ret = *slot, .func = func, .slot = slot, .kind = kind,
				  .calltime = trace_clock() };
	barrier();			/* an NMI's backtrace finds it, or has no need of it */
	count(rs, kind, 1);
	barrier();
	*slot = (unsigned long)return_to_handler;
}

/* Also for functions that were entered before the tracer was turned off. */
unsigned long ftrace_return(unsigned long retval, unsigned long *slot)
{
	unsigned long irq_flags = local_irq_save(), ret;
	struct ftrace_ret_stack *rs = current->ret_stack;
	struct ftrace_ret *e;

	drop_below(rs, slot);
	e = &rs->entry[rs->nr - 1];
	if (unlikely(!rs->nr || e->slot != slot))
		panic("function graph: nobody knows where the call at %px returns to", slot);
	ret = e->ret;
	count(rs, e->kind, -1);
	if ((e->kind & KIND_TOLD) && READ_ONCE(ftrace_tracer) == FTRACE_GRAPH)
		tell_return(e, rs, retval, irq_flags);
	local_irq_restore(irq_flags);
	return ret;
}

unsigned long ftrace_graph_ret_addr(const struct task_struct *task, unsigned long ret,
				    const void *slot)
{
	const struct ftrace_ret_stack *rs;

	if (likely(ret != (unsigned long)return_to_handler))
		return ret;
	rs = READ_ONCE(task->ret_stack);
	if (!rs)
		return ret;
	/* From the oldest on, and all of them: one is still there while it is being taken off. */
	for (unsigned int i = 0; i < RET_STACK_MAX; i++)
		if (rs->entry[i].slot == slot)
			return rs->entry[i].ret;
	return ret;
}

/* ---- return stacks ---- */

void ftrace_graph_alloc_task(struct task_struct *task)
{
	struct ftrace_ret_stack *rs = (void *)get_zeroed_page(GFP_KERNEL);

	if (rs && cmpxchg(&task->ret_stack, NULL, rs))
		free_page((unsigned long)rs);
}

/* Nobody runs on task's stack any more. */
void ftrace_graph_free_task(struct task_struct *task)
{
	free_page((unsigned long)task->ret_stack);
	task->ret_stack = NULL;
}

#define AT_ONCE	32

static void give(struct task_struct *t, void **pages, unsigned int *nr, bool *more)
{
	if (READ_ONCE(t->ret_stack))
		return;
	if (!*nr)
		*more = true;
	else if (!cmpxchg(&t->ret_stack, NULL, pages[*nr - 1]))
		--*nr;
}

/* Gives stacks to tasks without one. Are there more such tasks than pages? */
static bool give_all(void **pages, unsigned int *nr)
{
	struct task_struct *p, *t;
	bool more = false;
	int cpu;

	for_each_online_cpu(cpu)
		give(idle_task(cpu), pages, nr, &more);
	spin_lock_irq(&tasklist_lock);
	for_each_process(p)
		for_each_thread(p, t)
			give(t, pages, nr, &more);
	spin_unlock_irq(&tasklist_lock);
	return more;
}

/* Afterwards every task has one, and every new task gets one. */
int fgraph_alloc_all(void)
{
	void *pages[AT_ONCE];
	unsigned int nr = 0;
	int err = 0;

	WRITE_ONCE(ftrace_graph_active, true);
	smp_mb();			/* a task that is not in the lists yet sees it */
	while (give_all(pages, &nr)) {
		while (nr < AT_ONCE) {
			pages[nr] = (void *)get_zeroed_page(GFP_KERNEL);
			if (!pages[nr])
				break;
			nr++;
		}
		if (!nr) {
			err = -ENOMEM;
			break;
		}
	}
	while (nr)
		free_page((unsigned long)pages[--nr]);
	if (err)
		WRITE_ONCE(ftrace_graph_active, false);
	return err;
}
