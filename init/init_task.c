/* SPDX-License-Identifier: MIT */
/*
 * The task that nobody forked: pid 0, the context in which the boot CPU runs start_kernel(), and
 * later that CPU's idle task. It is the ancestor of all, the head of the list of processes, and
 * what the first fork copies. Linux's twin: init/init_task.c.
 *
 * Static, since there is no allocator yet when it begins to run. pid 0 is in no table: no lookup
 * finds it, no signal reaches it. rlim[] is completed by fork_init(), which knows the size of RAM.
 */
#include <vitrix/sched.h>
#include <vitrix/signal.h>
#include <vitrix/cred.h>
#include <vitrix/fs.h>
#include <vitrix/mm.h>
#include <vitrix/pid.h>

/*
 * The stack of pid 0, without a guard page: it runs little more than start_kernel() and the idle
 * loop.
 */
char init_stack[THREAD_SIZE] __section(".bss..page_aligned") __aligned(THREAD_SIZE);

static struct mutex init_cred_guard = MUTEX_INIT(init_cred_guard, LC_CRED_GUARD);

struct group_info init_groups = { .usage = ATOMIC_INIT(2) };

struct cred init_cred = {
	.usage			= ATOMIC_INIT(4),
	.cap_permitted		= CAP_FULL_SET,
	.cap_effective		= CAP_FULL_SET,
	.cap_bset		= CAP_FULL_SET,
	.user			= &root_user,
	.group_info		= &init_groups,
};

/* The kernel's own page tables. Threads without an address space run on whatever is loaded. */
struct mm_struct init_mm = {
	.mm_rb			= RB_ROOT,
	.pgd			= init_top_pgt,
	.mm_users		= ATOMIC_INIT(2),
	.mm_count		= ATOMIC_INIT(2),	/* its own, and init_task.active_mm */
	.mmap_lock		= RWSEM_INIT(init_mm.mmap_lock, LC_MMAP),
	.page_table_lock	= SPINLOCK_INIT(LC_PAGE_TABLE),
};

struct pid init_struct_pid = {
	.count			= ATOMIC_INIT(1),
	.tasks			= {
		LIST_HEAD_INIT(init_struct_pid.tasks[PIDTYPE_PID]),
		LIST_HEAD_INIT(init_struct_pid.tasks[PIDTYPE_TGID]),
		LIST_HEAD_INIT(init_struct_pid.tasks[PIDTYPE_PGID]),
		LIST_HEAD_INIT(init_struct_pid.tasks[PIDTYPE_SID]),
	},
	.wait_pidfd		= WAIT_QUEUE_HEAD_INIT(init_struct_pid.wait_pidfd),
};

static struct sighand_struct init_sighand = {
	.siglock		= SPINLOCK_INIT(LC_SIGHAND),
	.count			= ATOMIC_INIT(1),
	.signalfd_wqh		= WAIT_QUEUE_HEAD_INIT(init_sighand.signalfd_wqh),
};

#define LIMIT(cur, max)		{ .rlim_cur = (cur), .rlim_max = (max) }
#define NO_LIMIT		LIMIT(RLIM_INFINITY, RLIM_INFINITY)

static struct signal_struct init_signals = {
	.sigcnt			= ATOMIC_INIT(1),
	.live			= ATOMIC_INIT(1),
	.nr_threads		= 1,
	.thread_head		= LIST_HEAD_INIT(init_task.thread_node),
	.wait_chldexit		= WAIT_QUEUE_HEAD_INIT(init_signals.wait_chldexit),
	.curr_target		= &init_task,
	.shared_pending		= { .list = LIST_HEAD_INIT(init_signals.shared_pending.list) },
	.posix_timers		= LIST_HEAD_INIT(init_signals.posix_timers),
	.pids			= {
		[PIDTYPE_TGID]	= &init_struct_pid,
		[PIDTYPE_PGID]	= &init_struct_pid,
		[PIDTYPE_SID]	= &init_struct_pid,
	},
	.rlim			= {
		[RLIMIT_CPU]		= NO_LIMIT,
		[RLIMIT_FSIZE]		= NO_LIMIT,
		[RLIMIT_DATA]		= NO_LIMIT,
		[RLIMIT_STACK]		= LIMIT(8UL << 20, RLIM_INFINITY),
		[RLIMIT_CORE]		= LIMIT(0, RLIM_INFINITY),
		[RLIMIT_RSS]		= NO_LIMIT,
		[RLIMIT_NOFILE]		= LIMIT(1024, 4096),
		[RLIMIT_MEMLOCK]	= LIMIT(8UL << 20, 8UL << 20),
		[RLIMIT_AS]		= NO_LIMIT,
		[RLIMIT_LOCKS]		= NO_LIMIT,
		[RLIMIT_MSGQUEUE]	= LIMIT(819200, 819200),
		[RLIMIT_RTTIME]		= NO_LIMIT,
	},
	.cred_guard_mutex	= &init_cred_guard,
};

struct task_struct init_task = {
	.stack			= init_stack,
	.thread			= { .sp = (unsigned long)init_stack + THREAD_SIZE },
	.state			= TASK_RUNNING,
	.flags			= PF_IDLE | PF_KTHREAD,
	.usage			= ATOMIC_INIT(2),
	.on_cpu			= 1,
	.se			= {
		.run_list	= LIST_HEAD_INIT(init_task.se.run_list),
		.weight		= 1024,
	},
	.policy			= SCHED_NORMAL,
	.static_prio		= 120,
	.cpus_mask		= ~0UL,
	.active_mm		= &init_mm,
	.thread_pid		= &init_struct_pid,
	.pid_links		= {
		LIST_HEAD_INIT(init_task.pid_links[PIDTYPE_PID]),
		LIST_HEAD_INIT(init_task.pid_links[PIDTYPE_TGID]),
		LIST_HEAD_INIT(init_task.pid_links[PIDTYPE_PGID]),
		LIST_HEAD_INIT(init_task.pid_links[PIDTYPE_SID]),
	},
	.real_parent		= &init_task,
	.parent			= &init_task,
	.children		= LIST_HEAD_INIT(init_task.children),
	.sibling		= LIST_HEAD_INIT(init_task.sibling),
	.ptraced		= LIST_HEAD_INIT(init_task.ptraced),
	.ptrace_entry		= LIST_HEAD_INIT(init_task.ptrace_entry),
	.group_leader		= &init_task,
	.thread_node		= LIST_HEAD_INIT(init_signals.thread_head),
	.tasks			= LIST_HEAD_INIT(init_task.tasks),
	.reap_entry		= LIST_HEAD_INIT(init_task.reap_entry),
	.real_cred		= &init_cred,
	.cred			= &init_cred,
	.comm			= "swapper/0",
	.fs			= &init_fs,
	.files			= &init_files,
	.signal			= &init_signals,
	.sighand		= &init_sighand,
	.pending		= { .list = LIST_HEAD_INIT(init_task.pending.list) },
	.restart_block		= { .fn = do_no_restart_syscall },
	.alloc_lock		= SPINLOCK_INIT(LC_ALLOC),
	.timer_slack_ns		= 50000,
	.default_timer_slack_ns	= 50000,
};
