/* SPDX-License-Identifier: MIT */
/*
 * What the signal files share: kernel/signal_{queue,send,kill,stop,deliver,mask,action,info}.c.
 *
 *   kill, tgkill, ...  (signal_kill.c)      get_signal (signal_deliver.c)
 *          |                                     ^            |
 *          v                                     |            v
 *   send_signal_locked (signal_send.c) --> pending queue   stop, die, or a handler's frame
 *          |               one per thread, one per process    (arch/x86/kernel/signal.c)
 *          v
 *   complete_signal: picks a thread, sets its TIF_SIGPENDING, wakes it
 *
 * All queues, masks and jobctl words of a process are under sighand->siglock, taken with interrupts
 * off and inside tasklist_lock.
 */
#ifndef KERNEL_SIGNAL_INTERNAL_H
#define KERNEL_SIGNAL_INTERNAL_H

#include <vitrix/signal.h>
#include <generated/trace_events.h>
#include <vitrix/bug.h>
#include <linux/signal.h>

#define SIGQUEUE_PREALLOC	1	/* sigqueue->flags: stays its timer's when delivered */

/* signal->flags about stopping */
#define SIGNAL_CLD_MASK		(SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED)
#define SIGNAL_STOP_MASK	(SIGNAL_CLD_MASK | SIGNAL_STOP_STOPPED | SIGNAL_STOP_CONTINUED)

/* task->jobctl: the low 16 bits are the signal that asked for the group stop */
#define JOBCTL_STOP_SIGMASK	0xffffUL
#define JOBCTL_STOP_DEQUEUED	BIT(16)		/* took a stop signal, and no SIGCONT since */
#define JOBCTL_STOP_PENDING	BIT(17)		/* stop at the next get_signal() */
#define JOBCTL_STOP_CONSUME	BIT(18)		/* counted in signal->group_stop_count */
#define JOBCTL_TRAP_STOP	BIT(19)		/* traced: stop for a group stop or INTERRUPT */
#define JOBCTL_TRAP_NOTIFY	BIT(20)		/* seized: tell of job control */
#define JOBCTL_TRAPPING		BIT(21)		/* PTRACE_ATTACH waits for STOPPED -> TRACED */
#define JOBCTL_LISTENING	BIT(22)		/* PTRACE_LISTEN: stopped, and not for the tracer */
#define JOBCTL_PTRACE_FROZEN	BIT(24)		/* a request is under way: even SIGKILL waits */
#define JOBCTL_STOPPED		BIT(26)		/* sleeps in the group stop */
#define JOBCTL_TRACED		BIT(27)		/* sleeps in a ptrace stop */
#define JOBCTL_TRAP_MASK	(JOBCTL_TRAP_STOP | JOBCTL_TRAP_NOTIFY)
#define JOBCTL_PENDING_MASK	(JOBCTL_STOP_PENDING | JOBCTL_TRAP_MASK)

static inline bool sig_kernel_only(int sig) { return sigmask(sig) & SIG_KERNEL_ONLY_MASK; }
static inline bool sig_kernel_stop(int sig) { return sigmask(sig) & SIG_KERNEL_STOP_MASK; }
static inline bool sig_kernel_coredump(int sig) { return sigmask(sig) & SIG_KERNEL_COREDUMP_MASK; }
static inline bool sig_kernel_ignore(int sig) { return sigmask(sig) & SIG_KERNEL_IGNORE_MASK; }

static inline void *sig_handler(struct task_struct *t, int sig)
{
	return t->sighand->action[sig - 1].handler;
}
static inline bool sig_handler_ignored(void *handler, int sig)
{
	return handler == SIG_IGN || (handler == SIG_DFL && sig_kernel_ignore(sig));
}
static inline bool is_si_special(const struct k_siginfo *info) { return info <= SEND_SIG_PRIV; }

/* The thread after t in its group, around the ring. siglock held. */
static inline struct task_struct *next_thread(struct task_struct *t)
{
	struct list_head *next = t->thread_node.next;

	if (next == &t->signal->thread_head)
		next = next->next;
	return list_entry(next, struct task_struct, thread_node);
}

/* All below with siglock held unless noted. */

/* signal_queue.c */
struct sigqueue *sigqueue_new(int sig, struct task_struct *t, gfp_t gfp, bool override_rlimit);
void flush_sigqueue_mask(u64 mask, struct sigpending *s);
int dequeue_signal(struct task_struct *tsk, u64 mask, struct k_siginfo *info);
int dequeue_synchronous_signal(struct k_siginfo *info);
bool recalc_sigpending_tsk(struct task_struct *t);

/* signal_send.c */
int send_signal_locked(int sig, struct k_siginfo *info, struct task_struct *t, enum pid_type type);

/* signal_kill.c: no lock needed */
int check_kill_permission(int sig, struct k_siginfo *info, struct task_struct *t);

/* signal_stop.c */
bool task_set_jobctl_pending(struct task_struct *task, unsigned long mask);
void task_clear_jobctl_pending(struct task_struct *task, unsigned long mask);
void signal_set_stop_flags(struct signal_struct *sig, unsigned int flags);
bool do_signal_stop(int signr);			/* true: siglock was dropped, start again */

bool task_participate_group_stop(struct task_struct *task);
void task_clear_jobctl_trapping(struct task_struct *task);
extern wait_queue_head_t jobctl_trapping_wait;

/* ptrace_stop.c */
int ptrace_signal(int signr, struct k_siginfo *info);
void do_jobctl_trap(void);
void ptrace_signal_wake_up(struct task_struct *t, bool resume);
void ptrace_trap_notify(struct task_struct *t);

/* signal_mask.c */
void set_task_blocked(struct task_struct *tsk, u64 newset);
void retarget_shared_pending(struct task_struct *tsk, u64 which);

/* signal_info.c: no lock; what the user passed to rt_sigqueueinfo, 0 or -EFAULT */
int copy_siginfo_from_user(struct k_siginfo *to, const struct siginfo *from);

/* The event that tells what t is sent; ignored: it was thrown away. */
void __trace_signal_info(struct task_struct *t, const struct k_siginfo *from, bool ignored);
static inline void trace_signal_info(struct task_struct *t, const struct k_siginfo *from)
{
	if (static_branch_unlikely(&trace_key_signal_info))
		__trace_signal_info(t, from, false);
}

#endif
