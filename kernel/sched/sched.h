/* SPDX-License-Identifier: MIT */
/*
 * Private to kernel/sched: the run queue and the interface of a policy.
 *
 *	schedule() --> for each class, best first:  rt  >  fair or counter  >  idle
 *	                   class->pick_next_task(rq)
 *
 * A task is "on the run queue" (se.on_rq) from enqueue to dequeue, also while it runs. The fair
 * class keeps the running task out of its tree; rt and counter keep it in their lists.
 *
 * Locks: rq->lock protects all of struct rq, task->cpu and the (r) fields of all tasks whose ->cpu
 * it is. Interrupts are off. Whoever needs two takes the lower CPU's first (double_rq_lock()). A
 * task that goes from one to the other without both held is in state TASK_WAKING, which no waker
 * touches. Linux's twin: kernel/sched/sched.h.
 */
#ifndef KERNEL_SCHED_SCHED_H
#define KERNEL_SCHED_SCHED_H

#include <vitrix/sched.h>
#include <vitrix/rcu.h>
#include <vitrix/err.h>
#include <vitrix/jump_label.h>
#include <vitrix/hrtimer.h>

#define TASK_WAKING	0x0200		/* between two run queues */

#define RT_PRIORITIES	100
#define RR_TIMESLICE	(100 * HZ / 1000)	/* ticks: 100 ms */

/* flags of enqueue_task and dequeue_task */
#define ENQUEUE_WAKEUP	1
#define ENQUEUE_NEW	2
#define DEQUEUE_SLEEP	1

struct fair_rq {
	struct rb_root_cached tree;	/* by vruntime; without the running task */
	u64 min_vruntime;		/* only grows; read by other CPUs without the lock */
	unsigned long weight;		/* of all on_rq, the running one included */
	unsigned int nr;
};

struct rt_rq {
	unsigned long bitmap[BITS_TO_LONGS(RT_PRIORITIES)];	/* bit n: queue[n] is not empty */
	struct list_head queue[RT_PRIORITIES];	/* 0 is rt_priority 99 */
	unsigned int nr;
	int top_priority;		/* of those on the queue; 0: none. Others read it, too */
	bool want_pull;			/* asked to look at other queues: rt_balance.c */
	u64 used_ns;			/* CPU time of real-time tasks on this CPU */
	u64 used_ns_at_tick;
	unsigned long used_avg;		/* the part of the last ticks that they used, of 1024 */
	u64 period_start;		/* ns; of the period to which used_in_period belongs */
	u64 used_in_period;
	bool throttled;			/* they had their part of it */
	struct hrtimer throttle_timer;
};

struct counter_rq {
	struct list_head queue;
	unsigned int nr;
	u64 epoch;			/* how often all counters were made anew */
};

struct rq {
	spinlock_t lock;		/* class LC_RQ */
	int cpu;
	unsigned int nr_running;	/* on_rq tasks; idle does not count */
	bool ready;			/* rq_init() was here */
	u64 clock;			/* ns; update_rq_clock() after taking the lock */
	struct task_struct *curr, *idle;
	struct mm_struct *prev_mm;	/* lent to a kernel thread; finish_task_switch() drops it */
	unsigned long load_avg;		/* weight that was runnable in the last ticks: balance.c */
	unsigned int balance_failed;	/* how often in a row nothing could be pulled */
	bool kicked;			/* idle, and asked to fetch a task: set by any CPU */
	u64 nr_switches;
	long nr_uninterruptible;	/* slept here less woken here: only the sum means much */
	u8 trace_why;			/* of the switch under way: trace_switch.c */
	bool trace_resched;		/* prev had TIF_NEED_RESCHED */
	pid_t trace_preempt_by;
	unsigned long trace_cr3;
	struct fair_rq fair;
	struct rt_rq rt;
	struct counter_rq counter;
};

DECLARE_PER_CPU(struct rq, runqueues);
#define this_rq()	this_cpu_ptr(&runqueues)
#define cpu_rq(cpu)	per_cpu_ptr(&runqueues, cpu)

/* What a CPU looks for in another's queue. */
struct move {
	u64 cpus;			/* the task may run on one of these */
	unsigned long max_weight;
	u64 cold_since;			/* it did not run after that */
};

/* A policy. All are called with rq->lock held and rq->clock fresh. */
struct sched_class {
	const char *name;
	int rank;			/* the higher class always runs first */
	void (*enqueue_task)(struct rq *rq, struct task_struct *p, int flags);
	void (*dequeue_task)(struct rq *rq, struct task_struct *p, int flags);
	void (*yield_task)(struct rq *rq, bool forced);	/* forced: by the schedule fuzzer */
	/*
	 * p of the running task's class became runnable: resched_curr() if it should run instead.
	 */
	void (*check_preempt_curr)(struct rq *rq, struct task_struct *p);
	/* NULL if the class has nothing to run; otherwise as if set_next_task() had been called. */
	struct task_struct *(*pick_next_task)(struct rq *rq);
	/* p stops running; on_rq says whether it wants to go on later. */
	void (*put_prev_task)(struct rq *rq, struct task_struct *p);
	/* p, on_rq, is the running one (from here, or from another class). */
	void (*set_next_task)(struct rq *rq, struct task_struct *p);
	void (*task_tick)(struct rq *rq, struct task_struct *curr);
	/* Before the first enqueue of p, which is new, or comes from another class. */
	void (*task_fork)(struct rq *rq, struct task_struct *p);
	void (*switched_to)(struct rq *rq, struct task_struct *p);
	void (*prio_changed)(struct rq *rq, struct task_struct *p);
	u64 (*get_rr_interval)(struct rq *rq, struct task_struct *p);	/* ns */
	/* A task that waits and is task_movable(), of the first few, or NULL. */
	struct task_struct *(*find_movable)(struct rq *rq, const struct move *move);
};

extern const struct sched_class rt_sched_class, fair_sched_class, counter_sched_class,
	idle_sched_class;
extern const struct sched_class *sched_other_class;	/* fair, or counter by sched=counter */

static inline bool rt_policy(int policy) { return policy == SCHED_FIFO || policy == SCHED_RR; }

static inline void update_rq_clock(struct rq *rq) { rq->clock = ktime_get(); }

/* Charges the time since the last call to the running task; returns it (ns). */
static inline u64 charge_runtime(struct rq *rq, struct task_struct *curr)
{
	s64 delta = (s64)(rq->clock - curr->se.exec_start);

	if (unlikely(delta <= 0))
		return 0;
	curr->se.exec_start = rq->clock;
	curr->se.sum_exec_runtime += delta;
	return delta;
}

static inline bool cpu_allowed(const struct task_struct *p, int cpu)
{
	return (p->cpus_mask >> cpu) & 1;
}

/* core.c */
struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags);
void task_rq_unlock(struct rq *rq, unsigned long flags);
void activate_task(struct rq *rq, struct task_struct *p, int flags);
void deactivate_task(struct rq *rq, struct task_struct *p, int flags);
void check_preempt_curr(struct rq *rq, struct task_struct *p);
int select_task_cpu(struct task_struct *p);		/* interrupts off */
struct rq *context_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next) __path;

/* Preemption is off, one level deep, and stays so. */
void schedule_once(bool preempted) __sched;

/* affinity.c */
void double_rq_lock(struct rq *a, struct rq *b);
void double_rq_unlock(struct rq *a, struct rq *b);
void set_task_cpu(struct task_struct *p, struct rq *from, struct rq *to);
void move_queued_task(struct rq *from, struct rq *to, struct task_struct *p);
int set_cpus_allowed(struct task_struct *p, u64 mask);	/* -EINVAL: no such CPU online; may sleep */

/* balance.c */
#define MOVABLE_LOOKED_AT	32	/* how many tasks find_movable() looks at */
DECLARE_STATIC_KEY_FALSE(sched_smp);	/* more than one CPU */
bool task_movable(const struct task_struct *p, const struct move *move);
void balance_note_tick(struct rq *rq);	/* rq locked */
void balance_tick(struct rq *rq);	/* interrupts off, no lock held */
void idle_balance(void);

/* rt.c */
void rt_rq_init(struct rt_rq *rt);
void rt_start_throttle_timer(struct rq *rq);

/* rt_balance.c: only while sched_smp is on. rq locked, but for the last two. */
void rt_enqueued(struct rq *rq, const struct task_struct *p);
void rt_dequeued(struct rq *rq);
bool rt_push(struct rq *rq, const struct task_struct *p);
void rt_offer(struct rq *rq, const struct task_struct *runs);
void rt_ask_self(struct rq *rq);
int rt_choose_cpu(const struct task_struct *p, u64 allowed);
void rt_pull(struct rq *rq);

/* policy.c */
extern const int sched_prio_to_weight[40];
void set_load_weight(struct task_struct *p);	/* se.weight and se.priority from policy and nice */
const struct sched_class *class_of_policy(int policy);
/* Checked values; p's rq is taken inside. false: p's policy is not from any more. */
bool change_policy(struct task_struct *p, int from, int policy, int rt_priority, int nice,
		   bool reset_on_fork);

/* cputime.c, loadavg.c; called by kernel/time/tick.c too */
#include <vitrix/cputime.h>

/* kernel/sched/trace_switch.c: only while trace_key_context_switch is on. rq locked. */
void trace_switch_begin(struct rq *rq, struct task_struct *prev, struct task_struct *next)
	__trace_emitter;
void trace_switch_end(struct rq *rq, struct task_struct *prev) __trace_emitter;
void trace_note_preemption(struct rq *rq, struct task_struct *p) __trace_emitter;

#endif
