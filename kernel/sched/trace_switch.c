/* SPDX-License-Identifier: MIT */
/*
 * The event of a switch, with both stacks. Only while somebody watches: schedule() and
 * finish_task_switch() call this through a static key.
 *
 *	prev, in schedule()                 next, in finish_task_switch()
 *	  trace_switch_begin                  trace_switch_end
 *	  why; CR3 as it was                  prev->thread.sp is what __switch_to_asm saved
 *	  ------- __switch_to_asm ------->    next->thread.sp is what it loaded
 *
 * So the event is written on next's side, before the run queue is unlocked: prev can neither run
 * nor end meanwhile, and its stack tells what it sleeps in. Interrupts off, rq locked.
 */
#include <vitrix/ftrace.h>
#include <vitrix/kallsyms.h>
#include <vitrix/stacktrace.h>
#include <vitrix/string.h>
#include <vitrix/trace_events.h>
#include <arch/tlbflush.h>
#include "sched.h"

enum { WHY_BLOCKED = 1, WHY_SLICE, WHY_PREEMPTED, WHY_YIELDED, WHY_EXITED, WHY_AFFINITY };

/* __switch_to_asm pushed six registers below its return address. */
#define SWITCH_FRAME_RETURN	6

static notrace u8 why_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	unsigned int state = READ_ONCE(prev->state);

	if (state & TASK_DEAD)
		return WHY_EXITED;
	if (state == TASK_WAKING)
		return WHY_AFFINITY;
	if (!prev->se.on_rq && prev != rq->idle)
		return WHY_BLOCKED;
	if (!rq->trace_resched)
		return prev == rq->idle ? WHY_PREEMPTED : WHY_YIELDED;
	return rq->trace_preempt_by == next->pid || prev == rq->idle ? WHY_PREEMPTED : WHY_SLICE;
}

notrace void trace_switch_begin(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	rq->trace_why = why_switch(rq, prev, next);
	rq->trace_resched = false;
	rq->trace_cr3 = read_cr3();
	rq->trace_preempt_by = 0;
}

/* p, just made runnable, is to run at once: schedule() will want to know who that was. */
notrace void trace_note_preemption(struct rq *rq, struct task_struct *p)
{
	if (test_tsk_thread_flag(rq->curr, TIF_NEED_RESCHED) && !rq->trace_preempt_by)
		rq->trace_preempt_by = p->pid;
}

static notrace void put_wait(struct trace_raw_context_switch *rec, struct task_struct *prev)
{
	const char *name;

	rec->wait_ip = rec->why == WHY_BLOCKED ? get_wchan(prev) : 0;
	name = rec->wait_ip ? kallsyms_lookup(rec->wait_ip, NULL, NULL) : NULL;
	strscpy(rec->wait_on, name ? name : "", sizeof(rec->wait_on));
}

/* The return address of __switch_to_asm, whatever the function tracer put in its place. */
static notrace unsigned long next_ip(const struct task_struct *next)
{
	const unsigned long *slot = (const unsigned long *)next->thread.sp + SWITCH_FRAME_RETURN;

	return ftrace_graph_ret_addr(next, *slot, slot);
}

notrace void trace_switch_end(struct rq *rq, struct task_struct *prev)
{
	struct task_struct *next = current;
	struct trace_raw_context_switch *rec;

	/* Watched only since the switch began: its first half is missing. */
	if (!rq->trace_why || (!trace_event_wanted(prev) && !trace_event_wanted(next)))
		return;
	rec = trace_reserve(EVENT_context_switch, sizeof(*rec));
	if (!rec)
		return;
	*rec = (struct trace_raw_context_switch){
		.prev_pid = prev->pid, .next_pid = next->pid,
		.prev_state = READ_ONCE(prev->state), .why = rq->trace_why,
		.by_pid = rq->trace_why == WHY_PREEMPTED ? next->waker_pid : 0,
		.prev_sp = prev->thread.sp, .next_sp = next->thread.sp,
		.prev_top = (unsigned long)prev->stack + THREAD_SIZE,
		.next_top = (unsigned long)next->stack + THREAD_SIZE,
		.cr3_before = rq->trace_cr3, .cr3_after = read_cr3(),
		.next_ip = next_ip(next),
	};
	memcpy(rec->prev_comm, prev->comm, sizeof(rec->prev_comm));
	memcpy(rec->next_comm, next->comm, sizeof(rec->next_comm));
	/* What is called to find a name is no part of the switch. */
	next->trace_flags |= TRACE_TASK_BUSY;
	put_wait(rec, prev);
	next->trace_flags &= ~TRACE_TASK_BUSY;
	rq->trace_why = 0;
	trace_commit(rec);
}
