/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's core: going to sleep, waking up, and switching from one task to the next.
 *
 *	schedule()            rq->lock taken, interrupts off
 *	  put_prev_task         prev runs no more; off the queue if it sleeps
 *	  pick_next_task        the best class that has a task
 *	  context_switch()
 *	    switch_mm             next's page tables
 *	    __switch_to_asm       prev's registers on prev's stack, stack pointer := next's
 *	    ... another task runs here ...
 *	    finish_task_switch    back, on this task's stack: rq->lock released
 *
 * The lock taken by one task is released by the next: by finish_task_switch() in a task that was
 * switched out earlier, by schedule_tail() in a new one, whose stack was built to land there.
 * While a task holds its run queue's lock across the switch it still has on_cpu = 1; so whoever
 * holds that lock and finds on_rq = 0 knows that the task's registers are saved and another CPU may
 * run it.
 *
 * No lost wake-up: the sleeper sets its state, then looks at its condition, then schedule()s; the
 * waker makes the condition true, then try_to_wake_up() looks at the state. Both have a full
 * barrier in between, and both touch the state under the run queue's lock, where a sleeper that is
 * still on the queue is merely set running again.
 *
 * Kernel threads have no mm: they run on the page tables that the CPU has loaded (active_mm),
 * counted in mm_count, so that a switch to a kernel thread and back reloads nothing.
 *
 * Who should give way finds TIF_NEED_RESCHED on the way to user mode, in cond_resched() and in the
 * idle loop; with preempt=full anywhere in the kernel where nothing is held: preempt.c. Preemption
 * is off across the switch, once: __preempt_count is the CPU's, and the same before and after.
 *
 * A CPU is chosen here at fork and wake-up; later, balance.c moves who waits. Linux's twin:
 * kernel/sched/core.c. Locks: see sched.h.
 */
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/uaccess.h>
#include <vitrix/rseq.h>
#include <vitrix/string.h>
#include <generated/trace_events.h>
#include <arch/tlbflush.h>
#include "sched.h"

DEFINE_PER_CPU(struct rq, runqueues) = { .lock = SPINLOCK_INIT(LC_RQ) };
/* <vitrix/preempt.h> */
DEFINE_PER_CPU(unsigned int, __preempt_count) = PREEMPT_NO_RESCHED;

struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags)
{
	for (;;) {
		struct rq *rq;

		*flags = local_irq_save();
		rq = cpu_rq(READ_ONCE(p->cpu));
		spin_lock(&rq->lock);
		if (likely(rq->cpu == p->cpu))
			return rq;
		spin_unlock(&rq->lock);
		local_irq_restore(*flags);
	}
}

void task_rq_unlock(struct rq *rq, unsigned long flags)
{
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* The running task of rq shall give way as soon as it can. rq locked. */
void resched_curr(struct rq *rq)
{
	struct task_struct *curr = rq->curr;

	assert_spin_locked(&rq->lock);
	if (test_tsk_thread_flag(curr, TIF_NEED_RESCHED))
		return;
	set_tsk_thread_flag(curr, TIF_NEED_RESCHED);
	if (rq->cpu == smp_processor_id())
		set_preempt_need_resched();
	else
		smp_send_reschedule(rq->cpu);
}

/* In the interrupt: maybe another CPU set current's TIF_NEED_RESCHED; this one's word follows. */
void scheduler_ipi(void)
{
	if (unlikely(READ_ONCE(this_rq()->rt.want_pull)))
		rt_pull(this_rq());
	if (need_resched())
		set_preempt_need_resched();
}

void activate_task(struct rq *rq, struct task_struct *p, int flags)
{
	p->sched_class->enqueue_task(rq, p, flags);
	p->se.on_rq = 1;
	rq->nr_running++;
}

void deactivate_task(struct rq *rq, struct task_struct *p, int flags)
{
	ASSERT(p->se.on_rq && rq->nr_running);
	p->sched_class->dequeue_task(rq, p, flags);
	p->se.on_rq = 0;
	rq->nr_running--;
}

void check_preempt_curr(struct rq *rq, struct task_struct *p)
{
	const struct sched_class *running = rq->curr->sched_class;

	if (p->sched_class == running)
		running->check_preempt_curr(rq, p);
	else if (p->sched_class->rank > running->rank)
		resched_curr(rq);
}

/* ---- choosing a CPU ------------------------------------------------------------------------ */

#define SHORT_RUN	(200 * NSEC_PER_USEC)

/*
 * p is woken, and its waker is alone on this CPU and will sleep soon: on the average of its life it
 * did after less than SHORT_RUN. Two that talk to each other by turns so share a CPU; on two of
 * them, each word would cost an interrupt of a CPU that has just gone idle.
 */
static bool waker_makes_room(const struct task_struct *p, u64 allowed)
{
	const struct task_struct *waker = current;

	return ((allowed >> smp_processor_id()) & 1) && !in_interrupt() &&
	       this_rq()->nr_running == 1 && this_rq()->curr == waker &&
	       (READ_ONCE(p->state) & TASK_NORMAL) && p->sched_class != &rt_sched_class &&
	       waker->se.sum_exec_runtime < waker->nvcsw * SHORT_RUN;
}

/*
 * Where p should run: with its waker, if that makes room; where it was if that CPU has nothing to
 * do; else on the least busy allowed one. Interrupts off.
 */
static __always_inline int choose_cpu(struct task_struct *p)
{
	u64 allowed = p->cpus_mask & READ_ONCE(cpu_online_bits[0]);
	int best = p->cpu;
	unsigned int least = ~0u;

	if (likely(allowed == BIT(best)))
		return best;
	if (!allowed)
		allowed = cpu_online_bits[0];
	if (unlikely(p->sched_class == &rt_sched_class))
		return rt_choose_cpu(p, allowed);
	if (waker_makes_room(p, allowed))
		return smp_processor_id();
	if ((allowed >> best) & 1) {
		least = READ_ONCE(cpu_rq(best)->nr_running);
		if (!least)
			return best;
	}
	for (u64 rest = allowed; rest; rest &= rest - 1) {
		int cpu = __ffs(rest);
		unsigned int n = READ_ONCE(cpu_rq(cpu)->nr_running);

		if (n < least) {
			least = n;
			best = cpu;
		}
	}
	return best;
}

int select_task_cpu(struct task_struct *p)
{
	return choose_cpu(p);
}

/*
 * Moves p, which is on no run queue, to the CPU it should run on. rq is p's, locked; returns p's
 * run queue, locked. In between p is TASK_WAKING, so that no second waker takes it.
 */
static struct rq *place_task(struct rq *rq, struct task_struct *p)
{
	int cpu;

	while (unlikely((cpu = choose_cpu(p)) != rq->cpu)) {
		struct rq *to = cpu_rq(cpu);

		WRITE_ONCE(p->state, TASK_WAKING);
		set_task_cpu(p, rq, to);
		spin_unlock(&rq->lock);
		spin_lock(&to->lock);
		rq = to;
		update_rq_clock(rq);
		if (cpu_allowed(p, cpu))
			break;
	}
	return rq;
}

/* p was taken off its CPU because it may not run there: puts it where it may. Interrupts off. */
static void requeue_elsewhere(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	update_rq_clock(rq);
	rq = place_task(rq, p);
	activate_task(rq, p, 0);
	WRITE_ONCE(p->state, TASK_RUNNING);
	check_preempt_curr(rq, p);
	task_rq_unlock(rq, flags);
}

/* ---- waking up ----------------------------------------------------------------------------- */

/*
 * Makes p run if its state is one of those in state. Any context; no lock of class LC_RQ or below
 * may be held. false: its state was another one.
 */
__bounded_frame bool try_to_wake_up(struct task_struct *p, unsigned int state)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	bool woken = false;
	unsigned int old;

	while ((old = READ_ONCE(p->state)) & state) {
		woken = true;
		if (p->se.on_rq) {
			/* On its way to sleep, or into another state: only the first is undone. */
			if (cmpxchg(&p->state, old, TASK_RUNNING) == old)
				break;
			woken = false;
			continue;
		}
		ASSERT(!p->on_cpu);
		trace_sched_waking(p);
		if (static_branch_unlikely(&trace_key_context_switch))
			p->waker_pid = current->pid;
		if (old & TASK_UNINTERRUPTIBLE)
			rq->nr_uninterruptible--;
		update_rq_clock(rq);
		rq = place_task(rq, p);
		activate_task(rq, p, ENQUEUE_WAKEUP);
		WRITE_ONCE(p->state, TASK_RUNNING);
		trace_sched_wakeup(p);
		check_preempt_curr(rq, p);
		if (static_branch_unlikely(&trace_key_context_switch))
			trace_note_preemption(rq, p);
		break;
	}
	task_rq_unlock(rq, flags);
	return woken;
}

bool wake_up_process(struct task_struct *p)
{
	schedfuzz_gap();
	return try_to_wake_up(p, TASK_NORMAL);
}

bool wake_up_state(struct task_struct *p, unsigned int state)
{
	schedfuzz_gap();
	return try_to_wake_up(p, state);
}

/*
 * p is on its way to sleep, and nobody will wake it: returns when its registers are saved for good.
 * A preempted task has left its CPU too, but goes on. May sleep.
 */
void wait_task_inactive(struct task_struct *p)
{
	for (;;) {
		unsigned long flags;
		struct rq *rq;
		bool queued;

		while (READ_ONCE(p->on_cpu))
			cpu_relax();
		rq = task_rq_lock(p, &flags);
		queued = p->se.on_rq || p->on_cpu;
		task_rq_unlock(rq, flags);
		if (likely(!queued))
			return;
		__set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(1);
	}
}

/* ---- a new task ---------------------------------------------------------------------------- */

/*
 * While current was copied another task may have changed its policy: the copy would be half of the
 * old one and half of the new.
 */
static void copy_policy(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(current, &flags);

	p->policy = current->policy;
	p->rt_priority = current->rt_priority;
	p->static_prio = current->static_prio;
	p->sched_reset_on_fork = current->sched_reset_on_fork;
	task_rq_unlock(rq, flags);
}

/* Fills the scheduling half of p, a copy of current that nobody else sees. 0. */
int sched_fork(unsigned long clone_flags, struct task_struct *p)
{
	u64 vruntime = p->se.vruntime;

	copy_policy(p);
	p->state = TASK_NEW;
	p->on_cpu = 0;
	p->cpu = raw_smp_processor_id();	/* place_task() will choose */
	memset(&p->se, 0, sizeof(p->se));
	p->se.vruntime = vruntime;
	p->utime = p->stime = 0;
	p->nvcsw = p->nivcsw = 0;
	p->wait_name = NULL;
	clear_tsk_thread_flag(p, TIF_NEED_RESCHED);
	if (current->sched_class == &idle_sched_class)
		p->cpus_mask = ~0UL;	/* idle tasks are bound to their CPU, their children not */
	if (p->sched_reset_on_fork) {
		if (rt_policy(p->policy)) {
			p->policy = SCHED_NORMAL;
			p->rt_priority = 0;
			p->static_prio = 120;
		} else if (p->static_prio < 120) {
			p->static_prio = 120;
		}
		p->sched_reset_on_fork = false;
	}
	p->sched_class = class_of_policy(p->policy);
	set_load_weight(p);
	return 0;
}

/* p runs for the first time. */
__bounded_frame void __path wake_up_new_task(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	ASSERT(p->state == TASK_NEW && !p->se.on_rq);
	update_rq_clock(rq);
	rq = place_task(rq, p);
	WRITE_ONCE(p->state, TASK_RUNNING);
	p->sched_class->task_fork(rq, p);
	activate_task(rq, p, ENQUEUE_NEW);
	trace_sched_wakeup_new(p);
	check_preempt_curr(rq, p);
	if (static_branch_unlikely(&trace_key_context_switch))
		trace_note_preemption(rq, p);
	task_rq_unlock(rq, flags);
}

/* ---- the switch ---------------------------------------------------------------------------- */

/*
 * On the stack of the task that runs now; prev ran before. Releases the lock of __schedule(), and
 * leaves preemption off, as it found it.
 */
static __always_inline void finish_task_switch(struct rq *rq, struct task_struct *prev)
{
	struct mm_struct *mm = rq->prev_mm;
	unsigned int prev_state = READ_ONCE(prev->state);

	if (static_branch_unlikely(&trace_key_context_switch))
		trace_switch_end(rq, prev);

	rq->prev_mm = NULL;
	/* From here on another CPU may run prev: all that was read of it was read before. */
	smp_store_release(&prev->on_cpu, 0);
	__spin_unlock(&rq->lock);
	local_irq_enable();
	if (unlikely(mm != NULL))
		mmdrop(mm);
	if (unlikely(prev_state & (TASK_DEAD | TASK_WAKING))) {
		if (prev_state == TASK_WAKING)
			requeue_elsewhere(prev);
		else
			put_task_struct(prev);	/* the reference that running meant */
	}
}

/*
 * First thing in a new task, from ret_from_fork: rq locked, interrupts off. They are on afterwards.
 */
void schedule_tail(struct task_struct *prev)
{
	finish_task_switch(this_rq(), prev);
	preempt_enable();
	ASSERT(!in_atomic());
	/* CLONE_CHILD_SETTID; a bad address is nobody's error, as clone(2) has returned already. */
	if (current->set_child_tid)
		(void)put_user(current->pid, current->set_child_tid);
}

struct rq __path __sched *context_switch(struct rq *rq, struct task_struct *prev,
					 struct task_struct *next)
{
	struct mm_struct *lent = prev->active_mm;

	if (!next->mm) {
		next->active_mm = lent;
		enter_lazy_tlb();
		if (prev->mm)
			mmgrab(lent);
		else
			prev->active_mm = NULL;	/* its reference moves on to next */
	} else {
		activate_mm(lent, next->mm);
		if (!prev->mm) {
			prev->active_mm = NULL;
			rq->prev_mm = lent;
		}
	}
	lockcheck_switch(prev, next);
	prev = __switch_to_asm(prev, next);
	/* Other locals are those of the time before, and the CPU may be another one. */
	rq = this_rq();
	finish_task_switch(rq, prev);
	return rq;
}

static __always_inline struct task_struct *pick_next_task(struct rq *rq)
{
	struct task_struct *next;

	if (unlikely(rq->rt.nr)) {
		next = rt_sched_class.pick_next_task(rq);
		if (next)
			return next;
	}
	if (rq->nr_running) {
		next = sched_other_class->pick_next_task(rq);
		if (next)
			return next;
	}
	return idle_sched_class.pick_next_task(rq);
}

/*
 * Takes prev off the queue if it goes to sleep or must leave this CPU. preempted: it did not ask,
 * so whatever its state is, it does not sleep. rq locked. Returns which of prev's counts of
 * switches this one belongs to.
 */
static __always_inline unsigned long *retire_prev(struct rq *rq, struct task_struct *prev,
						  bool preempted)
{
	unsigned int state = READ_ONCE(prev->state);

	if (preempted)
		rseq_sched_out(prev);
	if (state == TASK_RUNNING) {
		if (unlikely(!cpu_allowed(prev, rq->cpu))) {
			deactivate_task(rq, prev, 0);
			WRITE_ONCE(prev->state, TASK_WAKING);
		}
		return &prev->nivcsw;
	}
	if (preempted)
		return &prev->nivcsw;
	if (unlikely(signal_pending_state(state, prev))) {
		WRITE_ONCE(prev->state, TASK_RUNNING);
		return &prev->nivcsw;
	}
	if (state & TASK_UNINTERRUPTIBLE) {
		rq->nr_uninterruptible++;
		rseq_sched_out(prev);	/* a page fault never sleeps in another way */
	}
	deactivate_task(rq, prev, DEQUEUE_SLEEP);
	return &prev->nvcsw;
}

/* As Linux's tools read it: one bit of the low byte, or 0x100 for one that was made to go. */
static __trace_emitter void tell_switch(struct task_struct *prev, struct task_struct *next,
				       bool preempted)
{
	unsigned int state = READ_ONCE(prev->state);

	if (preempted)
		state = 0x100;
	else if (state & TASK_DEAD)
		state = prev->exit_state & (EXIT_ZOMBIE | EXIT_DEAD);
	else
		state = state == TASK_RUNNING ? 0x100 : state & 0xf;
	trace_sched_switch(prev, state, next);
}

/*
 * The choice and the switch. Preemption is off, one level deep and no more; interrupts are on
 * afterwards.
 */
static __always_inline void __schedule(bool preempted)
{
	struct task_struct *prev = current, *next;
	unsigned long *switches;
	struct rq *rq;

	local_irq_disable();
	rq = this_rq();
	__spin_lock(&rq->lock);
	rcu_note_quiescent();
	update_rq_clock(rq);
	switches = retire_prev(rq, prev, preempted);
	prev->sched_class->put_prev_task(rq, prev);
	if (test_tsk_thread_flag(prev, TIF_NEED_RESCHED)) {
		clear_tsk_thread_flag(prev, TIF_NEED_RESCHED);
		clear_preempt_need_resched();
		if (static_branch_unlikely(&trace_key_context_switch))
			rq->trace_resched = true;
	}
	next = pick_next_task(rq);
	if (likely(prev != next)) {
		rq->nr_switches++;
		++*switches;
		if (static_branch_unlikely(&trace_key_context_switch))
			trace_switch_begin(rq, prev, next);
		if (static_branch_unlikely(&trace_key_sched_switch))
			tell_switch(prev, next, preempted);
		rq->curr = next;
		next->on_cpu = 1;
		context_switch(rq, prev, next);
	} else {
		__spin_unlock(&rq->lock);
		local_irq_enable();
	}
}

/*
 * Gives the CPU away: to sleep if the caller has set its state, else for as long as others deserve
 * it. Task context, no spinlock held. Interrupts are on afterwards.
 */
void __path __sched schedule(void)
{
	lockcheck_schedule(_RET_IP_);
	do {
		preempt_disable();
		__schedule(false);
		preempt_enable_no_resched();
	} while (unlikely(need_resched()));
}

/* As __schedule(), for the callers that are not hot. */
noinline __sched void schedule_once(bool preempted)
{
	__schedule(preempted);
}

/*
 * Long loops in the kernel call this: gives way if somebody else should run. May sleep. A task that
 * has set its state to sleep does so soon anyway, and must look at its condition before.
 */
void __sched cond_resched(void)
{
	if (unlikely(need_resched()) && READ_ONCE(current->state) == TASK_RUNNING) {
		rseq_sched_out(current);
		schedule();
	}
}

/* The end of do_exit(). Whoever runs next drops the task's last own reference. */
void __noreturn do_task_dead(void)
{
	unsigned long flags;
	struct rq *rq;

	preempt_disable();
	rq = task_rq_lock(current, &flags);
	/* Under the lock, so that a late try_to_wake_up() does not overwrite it. */
	WRITE_ONCE(current->state, TASK_DEAD);
	task_rq_unlock(rq, flags);
	schedule_once(false);
	panic("a dead task runs: pid %d", current->pid);
}

void scheduler_tick(void)
{
	struct rq *rq = this_rq();

	spin_lock(&rq->lock);
	update_rq_clock(rq);
	rq->curr->sched_class->task_tick(rq, rq->curr);
	if (static_branch_unlikely(&sched_smp))
		balance_note_tick(rq);
	spin_unlock(&rq->lock);
	if (unlikely(rq->rt.throttled))
		rt_start_throttle_timer(rq);
	if (static_branch_unlikely(&sched_smp))
		balance_tick(rq);
}

/* ---- boot ---------------------------------------------------------------------------------- */

static void rq_init(struct rq *rq, int cpu)
{
	spin_lock_init(&rq->lock, LC_RQ);
	rq->cpu = cpu;
	rt_rq_init(&rq->rt);
	INIT_LIST_HEAD(&rq->counter.queue);
	rq->fair.tree = RB_ROOT_CACHED;
	rq->ready = true;
}

/* idle becomes the task that this CPU runs when it has nothing else. Before the CPU schedules. */
void init_idle(struct task_struct *idle, int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	if (!rq->ready)
		rq_init(rq, cpu);
	idle->sched_class = &idle_sched_class;
	idle->policy = SCHED_NORMAL;
	idle->static_prio = 120;
	idle->rt_priority = 0;
	set_load_weight(idle);
	idle->cpus_mask = BIT(cpu);
	idle->cpu = cpu;
	idle->state = TASK_RUNNING;
	idle->flags |= PF_IDLE;
	idle->on_cpu = 1;
	idle->se.exec_start = ktime_get();
	rq->curr = rq->idle = idle;
}

void __init sched_init(void)
{
	/* The other CPUs' run queues come to be with their per-CPU copies: init_idle(). */
	init_idle(&init_task, smp_processor_id());
	if (!init_task.active_mm) {
		init_task.active_mm = &init_mm;
		mmgrab(&init_mm);
	}
}
