/* SPDX-License-Identifier: MIT */
/*
 * Kernel threads: start a function as a task of its own, ask it to end, get its result.
 *
 * struct kthread is shared by the thread and whoever may stop it. A thread that returns without
 * being asked frees it itself (nobody may call kthread_stop() then); one that was asked leaves it
 * to the asker. state decides which, by one atomic step on either side.
 *
 * Linux's twin: kernel/kthread.c. Left out: kthreadd, parking; the caller is the parent.
 */
#include <vitrix/mutex.h>
#include <vitrix/printf.h>
#include <vitrix/sched.h>
#include <vitrix/slab.h>
#include <vitrix/err.h>

#define KTHREAD_SHOULD_STOP	1u
#define KTHREAD_ENDED		2u

struct kthread {
	int (*fn)(void *arg);
	void *arg;
	unsigned int state;		/* atomic */
	int result;
	struct starter {		/* on the stack of kthread_run() */
		struct task_struct *task;
		struct completion started;
	} *starter;
	struct completion ended;
	char comm[16];
};

static int kthread_main(void *data)
{
	struct kthread *k = data;
	int result;

	current->kthread = k;
	set_task_comm(current, k->comm);
	k->starter->task = current;
	complete(&k->starter->started);
	result = k->fn(k->arg);
	k->result = result;
	if (__atomic_fetch_or(&k->state, KTHREAD_ENDED, __ATOMIC_SEQ_CST) & KTHREAD_SHOULD_STOP) {
		current->kthread = NULL;
		complete(&k->ended);	/* k is gone */
	} else {
		current->kthread = NULL;
		kfree(k);
	}
	do_exit(0);
}

/* Runs fn(arg) in a new task of that name. ERR_PTR on failure. May sleep. */
struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *namefmt, ...)
{
	struct kthread *k = kzalloc(sizeof(*k), GFP_KERNEL);
	struct starter starter;
	va_list args;
	pid_t pid;

	if (!k)
		return ERR_PTR(-ENOMEM);
	k->fn = fn;
	k->arg = arg;
	k->starter = &starter;
	init_completion(&starter.started);
	init_completion(&k->ended);
	va_start(args, namefmt);
	vsnprintf(k->comm, sizeof(k->comm), namefmt, args);
	va_end(args);
	pid = kernel_thread(kthread_main, k, CLONE_FS | CLONE_FILES);
	if (pid < 0) {
		kfree(k);
		return ERR_PTR(pid);
	}
	/* From here on k is the thread's: a short one may have freed it already. */
	wait_for_completion(&starter.started);
	return starter.task;
}

/* Sets kthread_should_stop() in t, wakes it and waits for its end; its result. May sleep. */
int kthread_stop(struct task_struct *t)
{
	struct kthread *k = t->kthread;
	int result;

	ASSERT(k && t != current);
	get_task_struct(t);
	if (__atomic_fetch_or(&k->state, KTHREAD_SHOULD_STOP, __ATOMIC_SEQ_CST) & KTHREAD_ENDED)
		panic("kthread_stop: %s ended unasked", t->comm);
	wake_up_process(t);
	wait_for_completion(&k->ended);
	result = k->result;
	kfree(k);
	put_task_struct(t);
	return result;
}

/* Has somebody called kthread_stop() on this thread? */
bool kthread_should_stop(void)
{
	struct kthread *k = current->kthread;

	ASSERT(k);
	return READ_ONCE(k->state) & KTHREAD_SHOULD_STOP;
}
