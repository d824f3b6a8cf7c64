/* SPDX-License-Identifier: MIT */
/*
 * Signals inside the kernel. A set is a u64, bit n-1 for signal n (the same as the user's
 * sigset_t). Sending: kernel/signal.c; delivery (frames on the user's stack):
 * arch/x86/kernel/signal.c.
 * Linux's twin: include/linux/signal.h, kernel/signal.c.
 */
#ifndef VITRIX_SIGNAL_H
#define VITRIX_SIGNAL_H

#include <vitrix/sched.h>
#include <asm/signal.h>
#include <asm/siginfo.h>

typedef struct k_siginfo kernel_siginfo_t;

#define _NSIG 64				/* SIGRTMAX */
static inline bool valid_signal(unsigned long sig) { return sig <= _NSIG; }	/* 0 asks only */

#define sigmask(sig)	(1UL << ((sig) - 1))
static inline void sigaddset(u64 *set, int sig) { *set |= sigmask(sig); }
static inline void sigdelset(u64 *set, int sig) { *set &= ~sigmask(sig); }
static inline bool sigismember(const u64 *set, int sig) { return *set & sigmask(sig); }

#define SIG_KERNEL_ONLY_MASK	(sigmask(SIGKILL) | sigmask(SIGSTOP))
#define SIG_KERNEL_STOP_MASK \
	(sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
#define SIG_KERNEL_COREDUMP_MASK \
	(sigmask(SIGQUIT) | sigmask(SIGILL) | sigmask(SIGTRAP) | sigmask(SIGABRT) | \
	 sigmask(SIGFPE) | sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGSYS) | \
	 sigmask(SIGXCPU) | sigmask(SIGXFSZ))
#define SIG_KERNEL_IGNORE_MASK \
	(sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) | sigmask(SIGURG))
#define SYNCHRONOUS_MASK \
	(sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | sigmask(SIGTRAP) | \
	 sigmask(SIGFPE) | sigmask(SIGSYS))

/* info: these instead of a pointer */
#define SEND_SIG_NOINFO	((struct k_siginfo *)0)		/* SI_USER from current */
#define SEND_SIG_PRIV	((struct k_siginfo *)1)		/* SI_KERNEL */

/* t's sighand, locked, interrupts off; NULL if t is already released. Any context. */
struct sighand_struct *lock_task_sighand(struct task_struct *t, unsigned long *flags);
static inline void unlock_task_sighand(struct task_struct *t, unsigned long *flags)
{
	spin_unlock_irqrestore(&t->sighand->siglock, *flags);
}

/* Any context unless noted; none sleeps. 0 or negative errno. */
int send_sig(int sig, struct task_struct *p, int priv);
int send_sig_info(int sig, struct k_siginfo *info, struct task_struct *p);
/* checks permission */
int group_send_sig_info(int sig, struct k_siginfo *info, struct task_struct *p);
int do_send_sig_info(int sig, struct k_siginfo *info, struct task_struct *p, enum pid_type type);
int kill_pid_info(int sig, struct k_siginfo *info, struct pid *pid);
int kill_pid(struct pid *pid, int sig, int priv);
int kill_pgrp(struct pid *pid, int sig, int priv);
int __kill_pgrp_info(int sig, struct k_siginfo *info, struct pid *pgrp); /* tasklist_lock held */
/* A synchronous signal that current cannot block or ignore (it is killed then). */
void force_sig(int sig);
void force_sig_fault(int sig, int code, void *addr);
void force_sigsegv(int sig);
bool do_notify_parent(struct task_struct *tsk, int sig);	/* tasklist_lock; true: autoreap */
void do_notify_parent_cldstop(struct task_struct *tsk, bool for_ptracer, int why);
void wake_up_parent(struct task_struct *p, struct task_struct *parent);	/* the same lock */
void zap_other_threads(struct task_struct *p);	/* siglock; SIGKILL to all others of the group */
int zap_other_threads_count(struct task_struct *p);
void flush_signal_handlers(struct task_struct *t, int force_default);	/* exec */
void flush_sigqueue(struct sigpending *queue);
/* siglock held, tsk is current: takes the next signal not in mask; 0: none. Fills info. */
int dequeue_signal(struct task_struct *tsk, u64 mask, struct k_siginfo *info);
/* fs/signalfd.c: sighand is about to be freed */
void signalfd_cleanup(struct sighand_struct *sighand);
void recalc_sigpending(void);		/* siglock held: recomputes TIF_SIGPENDING of current */
void signal_wake_up(struct task_struct *t, bool fatal);	/* siglock held */
int unhandled_signal(struct task_struct *tsk, int sig);
int sigprocmask(int how, u64 *set, u64 *oldset);
void set_current_blocked(u64 newset);		/* KILL and STOP are taken out */
/* for pselect & co: saves and marks restore */
int set_user_sigmask(const void *umask, size_t sigsetsize);
void restore_saved_sigmask_unless(bool interrupted);
int do_sigaction(int sig, struct k_sigaction *act, struct k_sigaction *oact);
/* Which fields of a siginfo its signal and code make use of. */
enum siginfo_layout {
	LAYOUT_KILL, LAYOUT_RT, LAYOUT_TIMER, LAYOUT_POLL, LAYOUT_CHLD, LAYOUT_SYS, LAYOUT_FAULT
};
enum siginfo_layout siginfo_layout(const struct k_siginfo *info);
/* Fills a user siginfo_t, all 128 bytes. 0 or -EFAULT. */
int copy_siginfo_to_user(void *to, const struct k_siginfo *from);
struct sigqueue *sigqueue_alloc(void);		/* for posix timers: preallocated */
void sigqueue_free(struct sigqueue *q);
int send_sigqueue(struct sigqueue *q, struct pid *pid, enum pid_type type, u64 missed);
void copy_signal_defaults(struct signal_struct *sig);

struct ksignal { struct k_sigaction ka; struct k_siginfo info; int sig; };
/* Takes the next signal that has a handler; runs default actions (stop, kill) itself: may sleep,
 * may not return. false: nothing to deliver. */
bool get_signal(struct ksignal *ksig);
/* After the frame is set up: blocks sa_mask, SA_NODEFER, SA_RESETHAND. failed: SIGSEGV instead. */
void signal_setup_done(int failed, struct ksignal *ksig);
unsigned long sigsp(unsigned long sp, struct ksignal *ksig); /* stack for the frame (sigaltstack) */
int restore_altstack(const void *uss);
int __save_altstack(void *uss, unsigned long sp);
void do_signal(struct pt_regs *regs) __path;	/* arch/x86/kernel/signal.c: at the exit to user */
/* restart after ERESTARTNOHAND-like results */
long do_no_restart_syscall(struct restart_block *param);

/* signal side of posix timers and itimers (kernel/time/) */
void exit_itimers(struct task_struct *tsk);
void flush_itimer_signals(void);

#endif
