/* SPDX-License-Identifier: MIT */
/*
 * What happens at each call of a watched function. Linux's twins: the function callbacks of
 * kernel/trace/trace_functions.c, kernel/trace/trace_recursion.h.
 *
 * Called by ftrace_caller (arch/x86/kernel/ftrace_64.S), in any context: interrupts, the scheduler
 * with its run queue locked, NMI. No locks, nothing that sleeps or faults. Interrupts are off
 * inside, so only an NMI can come between: it has a busy mark of its own, and a function that the
 * tracer itself calls finds the mark set and is not told.
 */
#include <vitrix/ftrace.h>
#include <vitrix/preempt.h>
#include <arch/ftrace.h>
#include <arch/irqflags.h>
#include <arch/processor.h>
#include "ftrace_internal.h"

enum ftrace_tracer ftrace_tracer;
bool ftrace_pid_filter;

/* /proc/sys/kernel/ftrace_enabled. 0: functions may be watched, but their calls are not told. */
int ftrace_enabled = 1;

/* Is the tracer at work on this CPU? [1]: in an NMI. */
static DEFINE_PER_CPU(struct { int level[2]; }, ftrace_busy);

void *ftrace_reserve(u16 type, size_t size, unsigned long irq_flags)
{
	void *data = trace_reserve(type, size);

	if (data && (irq_flags & X86_EFLAGS_IF))
		container_of(data, struct trace_record, data)->flags &= ~TRACE_FLAG_IRQS_OFF;
	return data;
}

static void record_call(unsigned long func, unsigned long *slot, unsigned long irq_flags)
{
	struct trace_raw_function *rec;

	if (!ftrace_task_wanted(current))
		return;
	rec = ftrace_reserve(EVENT_function, sizeof(*rec), irq_flags);
	if (!rec)
		return;
	rec->ip = func;
	rec->parent_ip = ftrace_graph_ret_addr(current, *slot, slot);
	trace_commit(rec);
}

void ftrace_entry(unsigned long func, unsigned long *slot)
{
	unsigned long irq_flags = local_irq_save();
	int *busy = &this_cpu_ptr(&ftrace_busy)->level[in_nmi() ? 1 : 0];

	if (!*busy && likely(READ_ONCE(ftrace_enabled))) {
		*busy = 1;
		barrier();
		switch (READ_ONCE(ftrace_tracer)) {
		case FTRACE_FUNCTION:
			record_call(func, slot, irq_flags);
			break;
		case FTRACE_GRAPH:
			fgraph_enter(func, slot, irq_flags);
			break;
		default:
			break;
		}
		barrier();
		*busy = 0;
	}
	local_irq_restore(irq_flags);
}
