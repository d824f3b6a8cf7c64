/* SPDX-License-Identifier: MIT */
/*
 * The queues of waiting signals. Linux's twin: the first part of kernel/signal.c.
 *
 *   sigpending:  signal = bit set of what waits;  list = one sigqueue for each, with its siginfo
 *
 * Signals below SIGRTMIN wait once; real-time signals as often as they were sent, in order. A bit
 * without a sigqueue is a signal whose details were lost for want of memory. Each sigqueue counts
 * for the receiver's user against RLIMIT_SIGPENDING. Locks: siglock.
 */
#include <vitrix/cred.h>
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include <vitrix/string.h>
#include "signal_internal.h"

static struct kmem_cache *sigqueue_cachep;

void __init signals_init(void)
{
	static_assert(sizeof(struct siginfo) == 128, "siginfo_t of the ABI");
	static_assert(sizeof(struct sigaction) == sizeof(struct k_sigaction), "same layout");
	sigqueue_cachep = KMEM_CACHE(sigqueue, SLAB_PANIC);
}

struct sighand_struct *lock_task_sighand(struct task_struct *t, unsigned long *flags)
{
	struct sighand_struct *sighand;

	/*
	 * The struct stays readable for a grace period; an exec or the end of t may change the
	 * pointer.
	 */
	rcu_read_lock();
	for (;;) {
		sighand = smp_load_acquire(&t->sighand);
		if (!sighand)
			break;
		spin_lock_irqsave(&sighand->siglock, *flags);
		if (likely(sighand == READ_ONCE(t->sighand)))
			break;
		spin_unlock_irqrestore(&sighand->siglock, *flags);
	}
	rcu_read_unlock();
	return sighand;
}

/* For t's user; NULL without memory or beyond the limit. t's siglock held, or t is current. */
struct sigqueue *sigqueue_new(int sig, struct task_struct *t, gfp_t gfp, bool override_rlimit)
{
	struct user_struct *user;
	struct sigqueue *q = NULL;
	unsigned long n, limit = READ_ONCE(t->signal->rlim[RLIMIT_SIGPENDING].rlim_cur);

	rcu_read_lock();
	user = get_uid(__task_cred(t)->user);
	rcu_read_unlock();
	n = atomic_inc_return(&user->sigpending);
	if (override_rlimit || n <= limit)
		q = kmem_cache_alloc(sigqueue_cachep, gfp);
	if (!q) {
		atomic_dec(&user->sigpending);
		free_uid(user);
		return NULL;
	}
	INIT_LIST_HEAD(&q->list);
	q->flags = 0;
	q->user = user;
	q->uid = user->uid;
	return q;
}

static void free_sigqueue(struct sigqueue *q)
{
	if (q->flags & SIGQUEUE_PREALLOC)
		return;
	ASSERT(list_empty(&q->list));
	atomic_dec(&q->user->sigpending);
	free_uid(q->user);
	kmem_cache_free(sigqueue_cachep, q);
}

/* ---- a posix timer's own ---- */

struct sigqueue *sigqueue_alloc(void)
{
	struct sigqueue *q = sigqueue_new(-1, current, GFP_KERNEL, false);

	if (q) {
		memset(&q->info, 0, sizeof(q->info));
		q->flags = SIGQUEUE_PREALLOC;
		q->overrun_last = 0;
	}
	return q;
}

/* The timer goes. If its signal still waits, delivery frees q. */
void sigqueue_free(struct sigqueue *q)
{
	spinlock_t *lock = &current->sighand->siglock;
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	ASSERT(q->flags & SIGQUEUE_PREALLOC);
	q->flags &= ~SIGQUEUE_PREALLOC;
	if (!list_empty(&q->list))
		q = NULL;
	spin_unlock_irqrestore(lock, flags);
	if (q)
		free_sigqueue(q);
}

/* ---- taking signals off ---- */

void flush_sigqueue(struct sigpending *queue)
{
	struct sigqueue *q, *n;

	queue->signal = 0;
	list_for_each_entry_safe(q, n, &queue->list, list) {
		list_del_init(&q->list);
		free_sigqueue(q);
	}
}

void flush_sigqueue_mask(u64 mask, struct sigpending *s)
{
	struct sigqueue *q, *n;

	if (!(s->signal & mask))
		return;
	s->signal &= ~mask;
	list_for_each_entry_safe(q, n, &s->list, list) {
		if (mask & sigmask(q->info.si_signo)) {
			list_del_init(&q->list);
			free_sigqueue(q);
		}
	}
}

/* The oldest sig comes off the list; its bit stays if there are more. */
static void collect_signal(int sig, struct sigpending *pending, struct k_siginfo *info)
{
	struct sigqueue *q, *first = NULL;

	list_for_each_entry(q, &pending->list, list) {
		if (q->info.si_signo != sig)
			continue;
		if (first)
			goto still_pending;
		first = q;
	}
	sigdelset(&pending->signal, sig);
still_pending:
	if (!first) {
		memset(info, 0, sizeof(*info));
		info->si_signo = sig;
		info->si_code = SI_USER;
		return;
	}
	list_del_init(&first->list);
	*info = first->info;
	if (first->flags & SIGQUEUE_PREALLOC)
		WRITE_ONCE(first->overrun_last, info->timer.overrun);
	free_sigqueue(first);
}

/* Faults of the thread itself first: their siginfo describes the instruction it stands on. */
static int next_signal(const struct sigpending *pending, u64 mask)
{
	u64 ready = pending->signal & ~mask;

	if (!ready)
		return 0;
	if (ready & SYNCHRONOUS_MASK)
		ready &= SYNCHRONOUS_MASK;
	return __ffs(ready) + 1;
}

/* The next signal for tsk (which is current) that is not in mask; 0: none. Fills info. */
int dequeue_signal(struct task_struct *tsk, u64 mask, struct k_siginfo *info)
{
	struct sigpending *from = &tsk->pending;
	int sig = next_signal(from, mask);

	if (!sig) {
		from = &tsk->signal->shared_pending;
		sig = next_signal(from, mask);
	}
	if (sig)
		collect_signal(sig, from, info);
	recalc_sigpending();
	/* do_signal_stop() looks whether a SIGCONT came after this. */
	if (sig && sig_kernel_stop(sig))
		current->jobctl |= JOBCTL_STOP_DEQUEUED;
	return sig;
}

/* A fault that the CPU or a system call raised in current, ahead of one that somebody sent. */
int dequeue_synchronous_signal(struct k_siginfo *info)
{
	struct sigpending *pending = &current->pending;
	u64 ready = pending->signal & ~current->blocked & SYNCHRONOUS_MASK;
	struct sigqueue *q;

	if (likely(!ready))
		return 0;
	list_for_each_entry(q, &pending->list, list) {
		if ((ready & sigmask(q->info.si_signo)) && q->info.si_code > SI_USER) {
			int sig = q->info.si_signo;

			collect_signal(sig, pending, info);
			recalc_sigpending();
			return sig;
		}
	}
	return 0;
}

/* ---- TIF_SIGPENDING ---- */

/* Sets the flag if t has something to do in get_signal(); never clears it: only t itself may. */
bool recalc_sigpending_tsk(struct task_struct *t)
{
	u64 waiting = t->pending.signal | t->signal->shared_pending.signal;

	if ((waiting & ~t->blocked) || (t->jobctl & JOBCTL_PENDING_MASK)) {
		set_tsk_thread_flag(t, TIF_SIGPENDING);
		return true;
	}
	return false;
}

void recalc_sigpending(void)
{
	if (!recalc_sigpending_tsk(current) && signal_pending(current))
		clear_thread_flag(TIF_SIGPENDING);
}

bool __fatal_signal_pending(struct task_struct *t)
{
	return sigismember(&t->pending.signal, SIGKILL);
}
