/* SPDX-License-Identifier: MIT */
/*
 * The task: what the kernel knows of one thread. What threads of a process share hangs off it in
 * reference-counted pieces, each of which clone(2) shares or copies on its own:
 *
 *   task_struct --> mm_struct        address space          CLONE_VM
 *               --> files_struct     descriptors            CLONE_FILES
 *               --> fs_struct        root, cwd, umask       CLONE_FS
 *               --> sighand_struct   handlers, siglock      CLONE_SIGHAND
 *               --> signal_struct    the process: rlimits, times, tty, pids  CLONE_THREAD
 *               --> cred             uids, gids, capabilities (immutable, replaced whole)
 *
 * A letter beside each field names its lock:
 *   (c) constant after creation   (o) only the task itself   (t) tasklist_lock
 *   (r) the run queue's lock      (a) alloc_lock             (s) sighand->siglock   (A) atomic
 * Linux's twin: include/linux/sched.h, sched/signal.h.
 */
#ifndef VITRIX_SCHED_H
#define VITRIX_SCHED_H

#include <vitrix/fault_inject.h>
#include <vitrix/types.h>
#include <vitrix/list.h>
#include <vitrix/rbtree.h>
#include <vitrix/refcount.h>
#include <vitrix/bitops.h>
#include <vitrix/spinlock.h>
#include <vitrix/lockcheck.h>
#include <vitrix/wait.h>
#include <vitrix/ktime.h>
#include <vitrix/thread_flags.h>
#include <arch/processor.h>
#include <linux/sched.h>
#include <linux/resource.h>

/* task->state */
#define TASK_RUNNING		0x0000
#define TASK_INTERRUPTIBLE	0x0001
#define TASK_UNINTERRUPTIBLE	0x0002
#define __TASK_STOPPED		0x0004
#define __TASK_TRACED		0x0008
#define TASK_DEAD		0x0080
#define TASK_WAKEKILL		0x0100
#define TASK_NEW		0x0800
#define TASK_KILLABLE		(TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_STOPPED		(TASK_WAKEKILL | __TASK_STOPPED)
#define TASK_NORMAL		(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
/* task->exit_state */
#define EXIT_DEAD		0x0010
#define EXIT_ZOMBIE		0x0020
#define EXIT_TRACE		(EXIT_ZOMBIE | EXIT_DEAD)	/* reaped by its tracer */

/* task->flags: (o) */
#define PF_IDLE			0x00000002
#define PF_EXITING		0x00000004
#define PF_FORKNOEXEC		0x00000040	/* forked but did not exec */
#define PF_SUPERPRIV		0x00000100
#define PF_MEMALLOC		0x00000800	/* frees memory: may use the reserve */
#define PF_NPROC_EXCEEDED	0x00001000	/* setuid() passed RLIMIT_NPROC: exec looks again */
#define PF_SIGNALED		0x00000400	/* killed by a signal */
#define PF_KTHREAD		0x00200000

struct mm_struct;
struct files_struct;
struct fs_struct;
struct cred;
struct pid;
struct sched_class;
struct rq;
struct task_struct;
struct tty_struct;
struct robust_list_head;
struct mutex;
struct rw_semaphore;

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

struct sigqueue {
	struct list_head list;
	int flags;			/* SIGQUEUE_PREALLOC: belongs to a posix timer */
	int overrun_last;		/* of the timer's signal that was taken last */
	struct k_siginfo {		/* kernel's form; copied out as siginfo_t */
		int si_signo, si_errno, si_code;
		union {
			/* rt: also for kill, sigqueue */
			struct { pid_t pid; uid_t uid; unsigned long value; } rt;
			struct { int tid, overrun; unsigned long value; int sys_private; } timer;
			struct { pid_t pid; uid_t uid; int status; clock_t utime, stime; } chld;
			struct {
				void *addr;
				int trapno;
				unsigned short addr_lsb;
				void *lower, *upper;
				u32 pkey;
			} fault;
			struct { long band; int fd; } poll;
			struct { void *call_addr; int syscall; unsigned int arch; } sys;
		};
	} info;
	uid_t uid;			/* whose RLIMIT_SIGPENDING pays */
	struct user_struct *user;
};

struct sigpending {
	struct list_head list;		/* (s) of struct sigqueue */
	u64 signal;			/* (s) bit n-1: signal n */
};

/* Per real user id: counts that rlimits bound. kernel/user.c */
struct user_struct {
	atomic_t count;
	atomic_t processes, sigpending, epoll_watches;
	atomic_long_t pipe_bufs;	/* slots of all the pipes that this user made or resized */
	uid_t uid;
	struct hlist_node hash;
};

/* O(log n) position in the fair queue, and what the other policies keep. */
struct sched_entity {
	struct rb_node run_node;	/* (r) fair */
	struct list_head run_list;	/* (r) rt, counter */
	u64 vruntime;			/* (r) fair: weighted ns */
	u64 exec_start;			/* (r) ns when it last began to run */
	u64 sum_exec_runtime;		/* (r) ns of CPU in all */
	u64 slice_start_runtime;	/* (r) sum_exec_runtime when the slice began */
	unsigned long weight;		/* (r) from nice */
	int on_rq;			/* (r) */
	int time_slice;			/* (r) rt: ticks left */
	long counter;		/* (r) counter policy: ticks left of the slice (Linux 0.11) */
	long priority;			/* (r) counter policy: ticks a slice gets */
	u64 epoch;			/* (r) counter policy: recalculations seen */
	u64 prev_utime, prev_stime;	/* (r) as last told: neither may go back */
	u64 nr_migrations;
};

struct task_struct {
	/* Offsets known to entry_64.S: see TASK_* below */
	unsigned long thread_flags;	/* (A) TIF_* bits */
	void *stack;			/* (c) lowest address of the kernel stack */
	unsigned long stack_canary;	/* (c) kernel/stackprotector.c */
	struct thread_struct thread;

	unsigned int state;	/* TASK_*: set by the task itself, or by a waker under (r) */
	unsigned int flags;		/* (o) PF_* */
	atomic_t usage;
	int on_cpu;			/* running this very moment */
	int cpu;			/* (r) whose run queue */
	int exit_state, exit_code, exit_signal;	/* (t) */
	int pdeath_signal;		/* (o) */

	/* scheduling */
	const struct sched_class *sched_class;	/* (r) */
	struct sched_entity se;		/* (r) */
	unsigned int policy;		/* (r) SCHED_* */
	int static_prio;		/* (r) nice + 120 */
	int rt_priority;		/* (r) 1..99, 0 for the others */
	bool sched_reset_on_fork;	/* (r) */
	u64 cpus_mask;			/* (r) bit n: may run on CPU n */
	unsigned long nvcsw, nivcsw;	/* (o) voluntary and involuntary switches */
	u64 utime, stime;		/* (o) ns; in whole ticks or finer */
	unsigned long min_flt, maj_flt;	/* (o) */
	u64 start_time, start_boottime;	/* (c) ns, monotonic */
	const char *wait_name;		/* what it sleeps in, for the glass; may be NULL */

	struct mm_struct *mm, *active_mm;	/* (a) mm: NULL for kernel threads */

	pid_t pid, tgid;		/* (c) */
	struct pid *thread_pid;		/* (c) until exit, then NULL under (t) */
	struct list_head pid_links[PIDTYPE_MAX];	/* (t) on struct pid's lists */

	struct task_struct *real_parent, *parent;	/* (t) */
	struct list_head children, sibling;	/* (t) */
	struct task_struct *group_leader;	/* (t) */
	struct list_head thread_node;	/* (t)(s) on signal->thread_head */
	struct list_head tasks;		/* (t) all thread groups' leaders, from init_task */
	struct list_head reap_entry;	/* of the exiting task's list of those to release */

	struct completion *vfork_done;	/* (o)(a) */
	int *set_child_tid, *clear_child_tid;	/* (o) user addresses */
	struct robust_list_head *robust_list;	/* (o) user address */
	struct rseq *rseq;		/* (o) user address: kernel/rseq.c */
	u32 rseq_sig;			/* (o) */

	/* replaced by the task; read by others under (a)/RCU */
	const struct cred *real_cred, *cred;
	char comm[16];			/* (a) */
	struct fs_struct *fs;		/* (a) */
	struct files_struct *files;	/* (a) */
	struct nameidata *nameidata;

	struct signal_struct *signal;	/* (t)(s) */
	struct sighand_struct *sighand;	/* (t); NULL when released */
	u64 blocked, real_blocked;	/* (s) */
	u64 saved_sigmask;		/* (o) */
	bool restore_sigmask;		/* (o) put saved_sigmask back at the return to user */
	struct sigpending pending;	/* (s) */
	unsigned long sas_ss_sp;	/* (o) alternate signal stack */
	size_t sas_ss_size;
	unsigned int sas_ss_flags;
	unsigned long jobctl;		/* (s) JOBCTL_* */

	/* ptrace(2): kernel/ptrace.c */
	unsigned int ptrace;		/* (t)(s) PT_*; 0: not traced */
	unsigned long ptrace_message;	/* (o) while it does not stop, else its tracer's */
	struct k_siginfo *last_siginfo;	/* (s) of the stop */
	const struct cred *ptracer_cred;	/* (t) what the tracer could do when it attached */
	struct list_head ptraced, ptrace_entry;	/* (t) those it traces; on its tracer's list */

	struct restart_block {		/* (o) for sys_restart_syscall */
		long (*fn)(struct restart_block *);
		union {
			struct { u32 *uaddr; u32 val, flags, bitset; u64 time; } futex;
			struct { int clockid; bool time32; void *rmtp; u64 expires; } nanosleep;
			struct { void *ufds; int nfds; bool has_timeout; u64 deadline; } poll;
		};
	} restart_block;

	spinlock_t alloc_lock;
	/* (o) for reports: what it sleeps for in the slow half of a sleeping lock; one or none */
	struct sleeping_lock_ref {
		const struct mutex *mutex;
		const struct rw_semaphore *rwsem;
	} blocked_on;
	unsigned long hung_switches;	/* kernel/hung_task.c: how often it had been switched, */
	unsigned int hung_checks;	/* and in how many checks one after the other */
	void *kthread;			/* (o) kernel threads: kernel/kthread.c */
	struct ftrace_ret_stack *ret_stack;	/* (o) function graph: trace/fgraph.c */
	unsigned long personality;	/* (o) */
	unsigned int no_new_privs:1, in_execve:1;	/* (o) */
	u8 trace_flags;			/* TRACE_TASK_*: <vitrix/trace_events.h> */
	u8 trace_fault_done;		/* (o) what a page fault came to, for its event */
	pid_t waker_pid;		/* (r) who woke it last, while switches are watched */
	unsigned long timer_slack_ns, default_timer_slack_ns;	/* (o) */
	struct { u64 rchar, wchar, syscr, syscw; } ioac;
	struct rcu_head rcu;
#ifdef CONFIG_DEBUG
	struct held_locks held_locks;	/* (o) selfcheck/lockcheck.c */
	struct task_fail fail;		/* (o) selfcheck/fault_inject.c */
#endif
};

/* known to entry_64.S and switch code; checked in arch/x86/kernel/asm-offsets.c */
#define TASK_THREAD_FLAGS	0
#define TASK_STACK		8
#define TASK_STACK_CANARY	16
#define TASK_THREAD_SP		24

struct sighand_struct {
	spinlock_t siglock;		/* class LC_SIGHAND */
	atomic_t count;
	struct rcu_head rcu;		/* freed a grace period late: lock_task_sighand() */
	wait_queue_head_t signalfd_wqh;
	struct k_sigaction {
		void *handler;		/* SIG_DFL, SIG_IGN or a user address */
		unsigned long flags;
		void *restorer;
		u64 mask;
	} action[64];
};

struct cpu_itimer { u64 expires, incr; };	/* ns of CPU time */

/* The process: what all threads of a group share. Locks: (s) unless noted. */
struct signal_struct {
	atomic_t sigcnt;		/* references */
	atomic_t live;			/* threads not yet in exit */
	int nr_threads;
	struct list_head thread_head;	/* (t)(s) */
	wait_queue_head_t wait_chldexit;	/* wait4() of this process sleeps here */
	struct task_struct *curr_target;
	struct sigpending shared_pending;
	int group_exit_code;
	int notify_count;		/* exec: threads that still have to die */
	struct task_struct *group_exec_task;
	int group_stop_count;
	unsigned int group_signals;	/* tasklist_lock: sent to its process group or to all */
	unsigned int flags;		/* SIGNAL_* */
	unsigned int is_child_subreaper:1, has_child_subreaper:1;
	struct list_head posix_timers;
	int next_posix_timer_id;
	struct hrtimer *real_timer;	/* ITIMER_REAL; allocated on first use */
	ktime_t it_real_incr;
	struct cpu_itimer it_virt, it_prof;
	struct pid *pids[PIDTYPE_MAX];	/* (t) TGID, PGID, SID */
	struct pid *tty_old_pgrp;
	bool leader;			/* of its session */
	struct tty_struct *tty;		/* controlling terminal; NULL if none */
	u64 utime, stime, cutime, cstime;	/* ns of dead threads, of waited-for children */
	unsigned long nvcsw, nivcsw, cnvcsw, cnivcsw, min_flt, maj_flt, cmin_flt, cmaj_flt;
	unsigned long maxrss, cmaxrss;	/* KiB */
	u64 sum_sched_runtime;
	struct rlimit rlim[RLIM_NLIMITS];
	short oom_score_adj, oom_score_adj_min;
	struct mutex *cred_guard_mutex;	/* held by exec while credentials change */
};
#define SIGNAL_STOP_STOPPED	0x00000001
#define SIGNAL_STOP_CONTINUED	0x00000002
#define SIGNAL_GROUP_EXIT	0x00000004
#define SIGNAL_CLD_STOPPED	0x00000010	/* tell the parent */
#define SIGNAL_CLD_CONTINUED	0x00000020
#define SIGNAL_UNKILLABLE	0x00000040	/* init */

DECLARE_PER_CPU(struct task_struct *, current_task);	/* in the entry pages */
static __always_inline struct task_struct *get_current(void)
{
	struct task_struct *t;

	/* not volatile: the value is the same wherever the same code runs, so gcc may keep it */
	__asm__("movq %%gs:%1,%0" : "=r"(t) : "m"(current_task));
	return t;
}
#define current get_current()

extern struct task_struct init_task;		/* the boot CPU's idle task, pid 0 */
extern spinlock_t tasklist_lock;		/* class LC_TASKLIST; take with spin_lock_irq */
extern int nr_threads;				/* (t) */
extern unsigned long total_forks;		/* (t) */
extern int max_threads;			/* from the size of RAM */

#define set_current_state(s)	do {						\
		schedfuzz_gap();						\
		WRITE_ONCE(current->state, (s));				\
		smp_mb();							\
		schedfuzz_gap();						\
	} while (0)
#define __set_current_state(s)	WRITE_ONCE(current->state, (s))

static inline void set_tsk_thread_flag(struct task_struct *t, int f)
{
	set_bit(f, &t->thread_flags);
}
static inline void clear_tsk_thread_flag(struct task_struct *t, int f)
{
	clear_bit(f, &t->thread_flags);
}
static inline bool test_tsk_thread_flag(struct task_struct *t, int f)
{
	return test_bit(f, &t->thread_flags);
}
#define set_thread_flag(f)	set_tsk_thread_flag(current, f)
#define clear_thread_flag(f)	clear_tsk_thread_flag(current, f)
#define test_thread_flag(f)	test_tsk_thread_flag(current, f)
static inline bool need_resched(void) { return test_thread_flag(TIF_NEED_RESCHED); }
static inline bool signal_pending(struct task_struct *t)
{
	return unlikely(test_tsk_thread_flag(t, TIF_SIGPENDING));
}
bool __fatal_signal_pending(struct task_struct *t);
static inline bool fatal_signal_pending(struct task_struct *t)
{
	return signal_pending(t) && __fatal_signal_pending(t);
}
static inline bool signal_pending_state(unsigned int state, struct task_struct *t)
{
	if (likely(!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL))) || !signal_pending(t))
		return false;
	return (state & TASK_INTERRUPTIBLE) || __fatal_signal_pending(t);
}

/* kernel/sched/core.c */
void schedule(void) __path;			/* may sleep: not in_atomic() */
extern bool preempt_full;			/* preempt=full */
void preempt_schedule(void);			/* preempt_enable() calls it: preempt=full */
void preempt_schedule_yield(void);		/* somebody else goes first: schedfuzz */
void preempt_schedule_irq(void);		/* the way out of an interrupt, likewise */
void cond_resched(void);			/* gives way if need_resched(); may sleep */
void wait_task_inactive(struct task_struct *p);
bool wake_up_process(struct task_struct *p);	/* any context; false: was already running */
bool wake_up_state(struct task_struct *p, unsigned int state);
bool try_to_wake_up(struct task_struct *p, unsigned int state);
void wake_up_new_task(struct task_struct *p) __path;
int sched_fork(unsigned long clone_flags, struct task_struct *p);
void scheduler_tick(void);			/* from the timer interrupt, interrupts off */
void schedule_tail(struct task_struct *prev);	/* first thing a new task does */
void __noreturn do_task_dead(void);		/* last schedule(); never comes back */
void sched_idle_loop(void) __noreturn;		/* cpu_idle: what idle tasks do */
void resched_curr(struct rq *rq);		/* rq locked */
bool task_is_running_on_cpu(const struct task_struct *p);
long schedule_timeout(long timeout_jiffies);	/* jiffies left; state set before */
void set_user_nice(struct task_struct *p, long nice);
static inline int task_nice(const struct task_struct *p) { return p->static_prio - 120; }
unsigned long nr_running(void);
u64 nr_context_switches(void);
void get_avenrun(unsigned long loads[3]);	/* fixed point, 11 bits, as sysinfo wants shifted */
void task_cputime(struct task_struct *p, u64 *utime_ns, u64 *stime_ns);
u64 task_sched_runtime(struct task_struct *p);	/* ns */
int sched_prio_for_proc(struct task_struct *p);	/* field 18 of /proc/PID/stat */
char task_state_to_char(struct task_struct *p);	/* R S D T t Z X I */
u64 cpu_idle_time_ns(int cpu);
void cpu_times_ns(int cpu, u64 *user, u64 *nice, u64 *system, u64 *idle, u64 *irq);
struct task_struct *idle_task(int cpu);
/* makes it that CPU's idle task; before it runs */
void init_idle(struct task_struct *idle, int cpu);
void smp_send_reschedule(int cpu);		/* arch: that CPU looks at TIF_NEED_RESCHED soon */
void scheduler_ipi(void);			/* it is about to */
int sched_set_fifo(struct task_struct *p, int rt_priority);	/* kernel threads: 1..99 */

/* kernel threads: kernel/kthread.c */
struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *namefmt, ...)
	__printf(3, 4);
int kthread_stop(struct task_struct *t);
bool kthread_should_stop(void);

/* kernel/fork.c */
struct kernel_clone_args {
	u64 flags;
	int *pidfd, *child_tid, *parent_tid;	/* user addresses */
	int exit_signal;
	unsigned long stack, stack_size, tls;
	int (*fn)(void *);			/* kernel thread */
	void *fn_arg;
	pid_t *set_tid;
	size_t set_tid_size;
	int trace_event;			/* PTRACE_EVENT_* that this fork is, or 0 */
	bool idle, kthread;
};
long _do_fork(struct kernel_clone_args *args) __path;	/* pid of the child or error */
struct task_struct *copy_process(struct pid *pid, struct kernel_clone_args *args) __path;
struct task_struct *fork_idle(int cpu);
struct task_struct *dup_task_struct(struct task_struct *orig) __path;
pid_t kernel_thread(int (*fn)(void *), void *arg, unsigned long flags);
void get_task_struct(struct task_struct *t);
void put_task_struct(struct task_struct *t);	/* any context */
void put_signal_struct(struct signal_struct *sig);
void __cleanup_sighand(struct sighand_struct *sighand);
/* count 1, actions not filled in; NULL without memory */
struct sighand_struct *alloc_sighand(void);
/* NULL or with a user reference: mmput() it */
struct mm_struct *get_task_mm(struct task_struct *task);
void mm_release(struct task_struct *tsk, struct mm_struct *mm);
int unshare_files(struct files_struct **displaced);
void set_task_comm(struct task_struct *tsk, const char *buf);
void get_task_comm(char buf[16], struct task_struct *tsk);
struct user_struct *get_uid(struct user_struct *u);
struct user_struct *alloc_uid(uid_t uid);	/* finds or makes; NULL without memory */
void free_uid(struct user_struct *u);
extern struct user_struct root_user;

/* kernel/exit.c */
void do_exit(long code) __noreturn;		/* code as in wait status */
void do_group_exit(int exit_code) __noreturn;
void release_task(struct task_struct *p);
void exit_signals(struct task_struct *tsk);
/* CPU time of all threads, dead ones too, in ns; (t) or (s) held. */
void thread_group_cputime(struct task_struct *tsk, u64 *utime, u64 *stime);
void getrusage(struct task_struct *p, int who, struct rusage *r);	/* RUSAGE_*; no lock held */
/* Next thread of p's group, or NULL after the last: (t) or (s) held. */
#define for_each_thread(p, t) list_for_each_entry(t, &(p)->signal->thread_head, thread_node)
#define for_each_process(p) \
	for (p = list_entry(init_task.tasks.next, struct task_struct, tasks); p != &init_task; \
	     p = list_entry(p->tasks.next, struct task_struct, tasks))
static inline bool thread_group_leader(struct task_struct *p) { return p->exit_signal >= 0; }
static inline bool thread_group_empty(struct task_struct *p)
{
	return p->signal->thread_head.next == p->signal->thread_head.prev;
}
static inline bool same_thread_group(struct task_struct *a, struct task_struct *b)
{
	return a->signal == b->signal;
}
static inline bool is_global_init(struct task_struct *t) { return t->tgid == 1; }
static inline unsigned long rlimit(unsigned int limit)
{
	return READ_ONCE(current->signal->rlim[limit].rlim_cur);
}

#define MAX_NICE	19
#define MIN_NICE	-20
#define HZ		100
#define USER_HZ		100
#define TICK_NSEC	(1000000000UL / HZ)
extern unsigned long volatile jiffies;

#include <vitrix/mutex.h>

#endif
