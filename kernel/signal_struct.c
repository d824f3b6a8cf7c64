/* SPDX-License-Identifier: MIT */
/*
 * The two pieces of a process that concern signals: sighand_struct (what to do on each signal;
 * shared by CLONE_SIGHAND) and signal_struct (the process itself; shared by CLONE_THREAD). Linux's
 * twin: the middle of kernel/fork.c.
 *
 * References to a sighand: one per task. It is freed a grace period late, for lock_task_sighand(),
 * which reads task->sighand without a lock. References to a signal_struct: one per task_struct, so
 * that a task found anywhere has one, dead or alive.
 */
#include <vitrix/sched.h>
#include <vitrix/signal.h>
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include <vitrix/string.h>
#include "fork_internal.h"

/* The guard that exec holds lies behind the struct that points to it. */
struct process {
	struct signal_struct sig;
	struct mutex cred_guard;
};

static struct kmem_cache *sighand_cachep, *process_cachep;

void __init signal_cache_init(void)
{
	sighand_cachep = KMEM_CACHE(sighand_struct, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
	process_cachep = kmem_cache_create("signal_struct", sizeof(struct process),
					   __alignof__(struct process),
					   SLAB_PANIC | SLAB_HWCACHE_ALIGN);
}

struct sighand_struct *alloc_sighand(void)
{
	struct sighand_struct *sighand = kmem_cache_alloc(sighand_cachep, GFP_KERNEL);

	if (!sighand)
		return NULL;
	spin_lock_init(&sighand->siglock, LC_SIGHAND);
	atomic_set(&sighand->count, 1);
	init_waitqueue_head(&sighand->signalfd_wqh);
	return sighand;
}

static void sighand_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(sighand_cachep, container_of(head, struct sighand_struct, rcu));
}

/* Drops one task's reference. Any context. */
void __cleanup_sighand(struct sighand_struct *sighand)
{
	if (!refcount_dec_and_test(&sighand->count))
		return;
	signalfd_cleanup(sighand);
	call_rcu(&sighand->rcu, sighand_free_rcu);
}

int copy_sighand(u64 flags, struct task_struct *p)
{
	struct sighand_struct *sighand;

	if (flags & CLONE_SIGHAND) {
		refcount_inc(&current->sighand->count);
		return 0;
	}
	sighand = alloc_sighand();
	if (!sighand)
		return -ENOMEM;
	spin_lock_irq(&current->sighand->siglock);
	memcpy(sighand->action, current->sighand->action, sizeof(sighand->action));
	spin_unlock_irq(&current->sighand->siglock);
	p->sighand = sighand;
	if (flags & CLONE_CLEAR_SIGHAND)
		flush_signal_handlers(p, 0);
	return 0;
}

/* The fields of a zeroed signal_struct that are neither zero nor the parent's. */
void copy_signal_defaults(struct signal_struct *sig)
{
	atomic_set(&sig->sigcnt, 1);
	atomic_set(&sig->live, 1);
	sig->nr_threads = 1;
	INIT_LIST_HEAD(&sig->thread_head);
	init_waitqueue_head(&sig->wait_chldexit);
	INIT_LIST_HEAD(&sig->shared_pending.list);
	INIT_LIST_HEAD(&sig->posix_timers);
}

int copy_signal(u64 flags, struct task_struct *p)
{
	struct process *process;
	struct signal_struct *sig;

	if (flags & CLONE_THREAD)
		return 0;
	process = kmem_cache_zalloc(process_cachep, GFP_KERNEL);
	if (!process)
		return -ENOMEM;
	sig = &process->sig;
	copy_signal_defaults(sig);
	list_add(&p->thread_node, &sig->thread_head);
	sig->curr_target = p;
	mutex_init(&process->cred_guard, LC_CRED_GUARD);
	sig->cred_guard_mutex = &process->cred_guard;
	spin_lock_irq(&current->sighand->siglock);
	memcpy(sig->rlim, current->signal->rlim, sizeof(sig->rlim));
	spin_unlock_irq(&current->sighand->siglock);
	sig->oom_score_adj = current->signal->oom_score_adj;
	sig->oom_score_adj_min = current->signal->oom_score_adj_min;
	p->signal = sig;
	return 0;
}

/* Of a process that never came to be, or whose last task_struct is gone. Any context. */
void free_signal_struct(struct signal_struct *sig)
{
	ASSERT(!sig->tty && list_empty(&sig->posix_timers));
	ASSERT(list_empty(&sig->shared_pending.list));
	put_pid(sig->tty_old_pgrp);
	kmem_cache_free(process_cachep, container_of(sig, struct process, sig));
}

void put_signal_struct(struct signal_struct *sig)
{
	if (refcount_dec_and_test(&sig->sigcnt))
		free_signal_struct(sig);
}
