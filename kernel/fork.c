/* SPDX-License-Identifier: MIT */
/*
 * fork: one task becomes two. Linux's twin: kernel/fork.c.
 *
 *   __x64_sys_clone/clone3/fork/vfork, kernel_thread
 *     _do_fork
 *       copy_process             builds the child; nobody sees it before link_process()
 *         dup_task_struct        task_struct and kernel stack
 *         copy_creds, _files, _fs, _sighand, _signal, _mm    each shares its piece or copies it,
 *                                                            as the CLONE_* flags say
 *         copy_thread_tls        the stack that lets the child return 0 from the same system call
 *         alloc_pid, link_process   point of no return: the child is in the lists
 *       wake_up_new_task         and may run; its first step is ret_from_fork
 *
 * A task_struct begins with two references: one is the scheduler's, dropped when the task has
 * switched away for ever; the other is dropped by release_task() a grace period after the task left
 * the lists. So whoever finds a task under rcu_read_lock() or tasklist_lock may take a reference.
 *
 * tasklist_lock protects the family tree, the lists of processes and threads and the pids' lists;
 * an interrupt handler that signals a process group takes it, so it is held with interrupts off.
 * Left out: pidfds, namespaces, cgroups.
 */
#include <vitrix/sched.h>
#include <vitrix/signal.h>
#include <vitrix/cred.h>
#include <vitrix/fs.h>
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/pid.h>
#include <vitrix/printf.h>
#include <vitrix/ptrace.h>
#include <vitrix/rcu.h>
#include <vitrix/stackprotector.h>
#include <vitrix/string.h>
#include <vitrix/tty.h>
#include <vitrix/uaccess.h>
#include <vitrix/vmalloc.h>
#include <vitrix/ftrace.h>
#include <vitrix/trace_events.h>
#include <vitrix/tracer.h>
#include <linux/signal.h>
#include <generated/syscalls.h>
#include "fork_internal.h"

DEFINE_SPINLOCK(tasklist_lock, LC_TASKLIST);
int nr_threads;
unsigned long total_forks;
int max_threads;

static struct kmem_cache *task_struct_cachep;

/* ---- the system calls ---- */

/* The i386's last two arguments are the other way round; tls is a struct user_desc's address. */
__path long __ia32_compat_sys_clone(u32 clone_flags, u32 newsp, int __user *parent_tidptr, u32 tls,
				    int __user *child_tidptr)
{
	return __x64_sys_clone(clone_flags, newsp, parent_tidptr, child_tidptr, tls);
}

__path long __x64_sys_clone(unsigned long clone_flags, unsigned long newsp,
			    int __user *parent_tidptr, int __user *child_tidptr, unsigned long tls)
{
	struct kernel_clone_args args = {
		.flags		= (u32)clone_flags & ~CSIGNAL,
		.pidfd		= parent_tidptr,
		.child_tid	= child_tidptr,
		.parent_tid	= parent_tidptr,
		.exit_signal	= clone_flags & CSIGNAL,
		.stack		= newsp,
		.tls		= tls,
	};

	return _do_fork(&args);
}

__path long __x64_sys_fork(void)
{
	struct kernel_clone_args args = { .exit_signal = SIGCHLD };

	return _do_fork(&args);
}

__path long __x64_sys_vfork(void)
{
	struct kernel_clone_args args = { .flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD };

	return _do_fork(&args);
}

long __x64_sys_set_tid_address(int __user *tidptr)
{
	current->clear_child_tid = tidptr;
	return current->pid;
}

/*
 * A thread without user memory that runs fn(arg); flags as of clone(2). The pid or -errno. May
 * sleep.
 */
pid_t kernel_thread(int (*fn)(void *), void *arg, unsigned long flags)
{
	struct kernel_clone_args args = {
		.flags		= ((u32)flags | CLONE_VM | CLONE_UNTRACED) & ~CSIGNAL,
		.exit_signal	= flags & CSIGNAL,
		.fn		= fn,
		.fn_arg		= arg,
		.kthread	= true,
	};

	return _do_fork(&args);
}

/*
 * vfork: sleeps until the child has let go of our memory (mm_release() at its exec or exit). If we
 * are killed meanwhile the child must not complete a variable on a stack that is gone: false then.
 */
static bool wait_for_vfork_done(struct task_struct *child, struct completion *vfork)
{
	bool done = !wait_for_completion_killable(vfork);

	if (!done) {
		task_lock(child);
		child->vfork_done = NULL;
		task_unlock(child);
	}
	put_task_struct(child);
	return done;
}

/* The event that current's tracer wants to hear of this fork; 0: none. */
static int fork_event(const struct kernel_clone_args *args)
{
	int event = args->flags & CLONE_VFORK ? PTRACE_EVENT_VFORK :
		    args->exit_signal != SIGCHLD ? PTRACE_EVENT_CLONE : PTRACE_EVENT_FORK;

	return !(args->flags & CLONE_UNTRACED) && ptrace_event_enabled(current, event) ? event : 0;
}

__path long _do_fork(struct kernel_clone_args *args)
{
	struct completion vfork;
	struct task_struct *p;
	pid_t nr;

	if (unlikely(current->ptrace))
		args->trace_event = fork_event(args);
	p = copy_process(NULL, args);
	if (IS_ERR(p))
		return PTR_ERR(p);

	/* p is not running yet: from wake_up_new_task() on it may exit and vanish at any moment. */
	nr = p->pid;
	if (args->flags & CLONE_PARENT_SETTID)
		(void)put_user(nr, args->parent_tid);
	if (args->flags & CLONE_VFORK) {
		init_completion(&vfork);
		p->vfork_done = &vfork;
		get_task_struct(p);
	}
	ftrace_graph_init_task(p);
	trace_sched_process_fork(current, p);
	wake_up_new_task(p);
	if (unlikely(args->trace_event))
		ptrace_event(args->trace_event, nr);
	if ((args->flags & CLONE_VFORK) && wait_for_vfork_done(p, &vfork))
		ptrace_event(PTRACE_EVENT_VFORK_DONE, nr);
	return nr;
}

/* ---- building the child ---- */

#define CLONE_NAMESPACES						\
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |	\
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)

/* clone(2), ERRORS. There are no namespaces and no pidfds here: asking for one is -EINVAL. */
static int check_clone_flags(u64 flags)
{
	if ((flags & CLONE_FS) && (flags & (CLONE_NEWNS | CLONE_NEWUSER)))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	/* A sibling of init would be reaped by nobody. */
	if ((flags & CLONE_PARENT) && (current->signal->flags & SIGNAL_UNKILLABLE))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)))
		return -EINVAL;
	if (flags & CLONE_PIDFD)
		return -EINVAL;
	if (unlikely(flags & CLONE_NAMESPACES)) {
		if ((flags & CLONE_NAMESPACES & ~(u64)CLONE_NEWUSER) && !capable(CAP_SYS_ADMIN))
			return -EPERM;
		return -EINVAL;
	}
	return 0;
}

/* A copy of orig with a stack of its own, on nobody's list; NULL without memory. */
__path struct task_struct *dup_task_struct(struct task_struct *orig)
{
	struct task_struct *tsk;
	void *stack;

	tsk = kmem_cache_alloc(task_struct_cachep, GFP_KERNEL);
	if (!tsk)
		return NULL;
	stack = alloc_thread_stack();
	if (!stack)
		goto free_tsk;
	*tsk = *orig;
	tsk->ret_stack = NULL;
	if (arch_dup_task_struct(tsk, orig))
		goto free_stack;
	tsk->stack = stack;
	tsk->stack_canary = new_stack_canary();
	atomic_set(&tsk->usage, 2);
	tsk->on_cpu = 0;
	lockcheck_new_task(tsk);
	fail_new_task(tsk);
	return tsk;

free_stack:
	free_thread_stack(stack);
free_tsk:
	kmem_cache_free(task_struct_cachep, tsk);
	return NULL;
}

static void free_task(struct task_struct *tsk)
{
	ftrace_graph_exit_task(tsk);
	arch_release_task_struct(tsk);
	if (tsk->stack)
		free_thread_stack(tsk->stack);
	kmem_cache_free(task_struct_cachep, tsk);
}

/* Work that the parent still has to do on its way to user mode is not the child's. */
#define TIF_NOT_INHERITED						\
	(BIT(TIF_SYSCALL_TRACE) | BIT(TIF_NOTIFY_RESUME) | BIT(TIF_SIGPENDING) | \
	 BIT(TIF_NEED_RESCHED) | BIT(TIF_SINGLESTEP) | BIT(TIF_MEMDIE) | \
	 BIT(TIF_SYSCALL_EMU) | BIT(TIF_PTRACED))

/* What the child neither shares nor copies: its own times, counts, list heads and addresses. */
static void reset_task(struct task_struct *p, struct kernel_clone_args *args)
{
	p->thread_flags &= ~TIF_NOT_INHERITED;
	p->flags &= ~(PF_SUPERPRIV | PF_IDLE | PF_KTHREAD | PF_SIGNALED);
	p->flags |= PF_FORKNOEXEC | (args->kthread ? PF_KTHREAD : 0) | (args->idle ? PF_IDLE : 0);
	p->exit_state = p->exit_code = p->pdeath_signal = 0;
	p->utime = p->stime = 0;
	p->default_timer_slack_ns = current->timer_slack_ns;
	p->nvcsw = p->nivcsw = 0;
	p->min_flt = p->maj_flt = 0;
	memset(&p->ioac, 0, sizeof(p->ioac));
	p->start_time = p->start_boottime = ktime_get();
	p->wait_name = NULL;

	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->sibling);
	INIT_LIST_HEAD(&p->tasks);
	INIT_LIST_HEAD(&p->reap_entry);
	spin_lock_init(&p->alloc_lock, LC_ALLOC);
	p->vfork_done = NULL;
	p->set_child_tid = (args->flags & CLONE_CHILD_SETTID) ? args->child_tid : NULL;
	p->clear_child_tid = (args->flags & CLONE_CHILD_CLEARTID) ? args->child_tid : NULL;
	p->robust_list = NULL;
	if (args->flags & CLONE_VM)
		p->rseq = NULL;		/* the area is the parent's own */
	p->nameidata = NULL;

	INIT_LIST_HEAD(&p->pending.list);
	p->pending.signal = 0;
	p->jobctl = 0;
	p->restore_sigmask = false;
	p->restart_block.fn = do_no_restart_syscall;
	/*
	 * A thread on the parent's memory would run its handlers on the parent's alternate stack.
	 */
	if ((args->flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM) {
		p->sas_ss_sp = p->sas_ss_size = 0;
		p->sas_ss_flags = SS_DISABLE;
	}
	p->blocked_on = (struct sleeping_lock_ref){ };
	p->hung_checks = 0;
	p->in_execve = 0;
	p->kthread = NULL;
	if (!trace_event_fork)
		p->trace_flags &= ~TRACE_TASK_EVENTS;
	if (!trace_function_fork)
		p->trace_flags &= ~TRACE_TASK_FTRACE;
}

/* RLIMIT_NPROC of the user that p counts for; root and the trusted may exceed it. */
static bool over_process_limit(struct task_struct *p)
{
	struct user_struct *user = p->real_cred->user;

	return (unsigned long)atomic_read(&user->processes) > rlimit(RLIMIT_NPROC) &&
	       user != &root_user && !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN);
}

/* Kernel threads belong to pid 0's session, whoever starts them. */
static void link_leader(struct task_struct *p, struct pid *pid)
{
	struct task_struct *from = (p->flags & PF_KTHREAD) ? &init_task : current;
	struct signal_struct *sig = p->signal;

	sig->pids[PIDTYPE_TGID] = pid;
	sig->pids[PIDTYPE_PGID] = task_pgrp(from);
	sig->pids[PIDTYPE_SID] = task_session(from);
	if (pid->nr == 1)
		sig->flags |= SIGNAL_UNKILLABLE;
	sig->tty = tty_kref_get(from->signal->tty);
	sig->has_child_subreaper = p->real_parent->signal->has_child_subreaper ||
				   p->real_parent->signal->is_child_subreaper;
	list_add_tail(&p->sibling, &p->real_parent->children);
	list_add_tail(&p->tasks, &init_task.tasks);
	attach_pid(p, PIDTYPE_TGID);
	attach_pid(p, PIDTYPE_PGID);
	attach_pid(p, PIDTYPE_SID);
}

static void link_thread(struct task_struct *p)
{
	struct signal_struct *sig = current->signal;

	sig->nr_threads++;
	atomic_inc(&sig->live);
	refcount_inc(&sig->sigcnt);
	task_join_group_stop(p);
	list_add_tail(&p->thread_node, &sig->thread_head);
	/* What waits for the group may be for the new thread alone, if all others block it. */
	if (recalc_sigpending_tsk(p))
		set_tsk_thread_flag(p, TIF_SIGPENDING);
}

/*
 * Makes p visible. A signal that arrived while p was being built would miss it if it was meant for
 * the whole process group (then group_signals is no more what it was) or, a SIGKILL, for the thread
 * group: then fork starts again after the signal. Others wait for fork's end: a timer's signals may
 * come faster than a large process can be copied.
 */
static int link_process(struct task_struct *p, struct pid *pid, struct kernel_clone_args *args,
			unsigned int group_signals)
{
	u64 flags = args->flags;
	int err = 0;

	/* locked: tasklist_lock, siglock (of current) */
	spin_lock_irq(&tasklist_lock);
	if (flags & (CLONE_PARENT | CLONE_THREAD)) {
		p->real_parent = current->real_parent;
		p->exit_signal = (flags & CLONE_THREAD) ? -1 : current->group_leader->exit_signal;
	} else {
		p->real_parent = args->kthread ? &init_task : current;
		p->exit_signal = args->exit_signal;
	}
	p->parent = p->real_parent;

	spin_lock(&current->sighand->siglock);
	recalc_sigpending();
	if (unlikely(signal_pending(current) && !args->kthread &&
		     (fatal_signal_pending(current) ||
		      current->signal->group_signals != group_signals))) {
		err = -ERESTARTNOINTR;
		goto unlock;
	}
	/* point of no return */
	trace_update_task(p);
	p->thread_pid = pid;
	if (likely(p->pid)) {
		if (flags & CLONE_THREAD)
			link_thread(p);
		else
			link_leader(p, pid);
		ptrace_init_task(p, (flags & CLONE_PTRACE) || args->trace_event);
		attach_pid(p, PIDTYPE_PID);
		nr_threads++;
	} else {
		for (int type = PIDTYPE_TGID; type < PIDTYPE_MAX; type++)
			p->signal->pids[type] = pid;
	}
	total_forks++;
unlock:
	spin_unlock(&current->sighand->siglock);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

/*
 * Builds a child of current: linked into all lists, not yet running. pid: NULL, or the pid of an
 * idle task, which gets no number. May sleep. The task, or ERR_PTR(-EAGAIN, -EINVAL, -ENOMEM,
 * -EPERM, -EEXIST, -ERESTARTNOINTR).
 */
__path struct task_struct *copy_process(struct pid *pid, struct kernel_clone_args *args)
{
	/* before signal_pending() is looked at */
	unsigned int group_signals = smp_load_acquire(&current->signal->group_signals);
	u64 flags = args->flags;
	struct task_struct *p;
	int err;

	ASSERT(!pid || args->idle);
	err = check_clone_flags(flags);
	if (err)
		return ERR_PTR(err);
	if (signal_pending(current) && !args->kthread)
		return ERR_PTR(-ERESTARTNOINTR);
	p = dup_task_struct(current);
	if (!p)
		return ERR_PTR(-ENOMEM);
	reset_task(p, args);

	err = copy_creds(p, flags);
	if (err)
		goto free_task;
	err = -EAGAIN;
	if (over_process_limit(p) || READ_ONCE(nr_threads) >= max_threads)
		goto exit_creds;
	err = sched_fork(flags, p);
	if (err)
		goto exit_creds;
	err = copy_files(flags, p);
	if (err)
		goto exit_creds;
	err = copy_fs(flags, p);
	if (err)
		goto exit_files;
	err = copy_sighand(flags, p);
	if (err)
		goto exit_fs;
	err = copy_signal(flags, p);
	if (err)
		goto cleanup_sighand;
	err = copy_mm(flags, p, args->kthread || args->idle);
	if (err)
		goto cleanup_signal;
	err = copy_thread_tls(flags, args->stack, args->fn, args->fn_arg, p, args->tls);
	if (err)
		goto put_mm;
	if (!pid) {
		pid = alloc_pid(args->set_tid_size ? args->set_tid[0] : 0);
		if (IS_ERR(pid)) {
			err = PTR_ERR(pid);
			goto exit_thread;
		}
	}
	p->pid = pid->nr;
	p->tgid = (flags & CLONE_THREAD) ? current->tgid : p->pid;
	p->group_leader = (flags & CLONE_THREAD) ? current->group_leader : p;
	err = link_process(p, pid, args, group_signals);
	if (err)
		goto free_pid;
	return p;

free_pid:
	if (!args->idle)
		free_pid(pid);
exit_thread:
	exit_thread(p);
put_mm:
	if (p->mm)
		mmput(p->mm);
cleanup_signal:
	if (!(flags & CLONE_THREAD))
		free_signal_struct(p->signal);
cleanup_sighand:
	__cleanup_sighand(p->sighand);
exit_fs:
	exit_fs(p);
exit_files:
	exit_files(p);
exit_creds:
	atomic_dec(&p->real_cred->user->processes);
	exit_creds(p);
free_task:
	free_task(p);
	return ERR_PTR(err);
}

/* The task that an additional CPU runs when it has nothing else: pid 0, on no list. May sleep. */
struct task_struct *fork_idle(int cpu)
{
	struct kernel_clone_args args = { .flags = CLONE_VM, .idle = true, .kthread = true };
	struct task_struct *p = copy_process(&init_struct_pid, &args);

	if (IS_ERR(p))
		return p;
	init_idle(p, cpu);
	snprintf(p->comm, sizeof(p->comm), "swapper/%d", cpu);
	return p;
}

/* ---- life of a task_struct ---- */

void get_task_struct(struct task_struct *t)
{
	DEBUG_ASSERT(atomic_read(&t->usage) > 0);
	refcount_inc(&t->usage);
}

/* Any context; never the running task's last reference. */
void put_task_struct(struct task_struct *t)
{
	if (!refcount_dec_and_test(&t->usage))
		return;
	ASSERT(t->exit_state && t != current && !t->sighand);
	exit_creds(t);
	put_signal_struct(t->signal);
	free_task(t);
}

void set_task_comm(struct task_struct *tsk, const char *buf)
{
	task_lock(tsk);
	memset(tsk->comm, 0, sizeof(tsk->comm));
	strscpy(tsk->comm, buf, sizeof(tsk->comm));
	task_unlock(tsk);
}

void get_task_comm(char buf[16], struct task_struct *tsk)
{
	task_lock(tsk);
	memcpy(buf, tsk->comm, sizeof(tsk->comm));
	task_unlock(tsk);
}

/* Kernel stacks may take an eighth of RAM; the default RLIMIT_NPROC is half of what fits there. */
void __init fork_init(void)
{
	struct rlimit *rlim = init_task.signal->rlim;
	u64 fit = (u64)totalram_pages * PAGE_SIZE / (THREAD_SIZE * 8);

	task_struct_cachep = KMEM_CACHE(task_struct, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
	mm_cache_init();
	signal_cache_init();
	max_threads = clamp(fit, 20ULL, (u64)PID_MAX_LIMIT);
	rlim[RLIMIT_NPROC].rlim_cur = rlim[RLIMIT_NPROC].rlim_max = max_threads / 2;
	rlim[RLIMIT_SIGPENDING] = rlim[RLIMIT_NPROC];
}
