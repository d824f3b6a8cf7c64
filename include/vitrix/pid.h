/* SPDX-License-Identifier: MIT */
/*
 * Process numbers. A struct pid is one number in use, with the tasks that carry it as thread id,
 * process id, process group or session; it outlives the tasks while somebody (a tty, a file) holds
 * it.
 * Lookup by RCU-like read under pidmap_lock; the lists by tasklist_lock. Linux's twin:
 * kernel/pid.c.
 */
#ifndef VITRIX_PID_H
#define VITRIX_PID_H

#include <vitrix/sched.h>

#define PID_MAX_DEFAULT	32768
#define PID_MAX_LIMIT	(4 * 1024 * 1024)
#define RESERVED_PIDS	300

struct pid {
	atomic_t count;
	int nr;				/* constant */
	bool in_proc;		/* /proc/nr was looked up: proc_flush_pid() when it is released */
	struct list_head tasks[PIDTYPE_MAX];	/* tasklist_lock; through task->pid_links[type] */
	wait_queue_head_t wait_pidfd;
	struct rcu_head rcu;
};

extern int pid_max;
struct pid *alloc_pid(pid_t wanted);	/* 0: next free. ERR_PTR(-EAGAIN, -ENOMEM, -EEXIST) */
void free_pid(struct pid *pid);		/* the number may be used again */
struct pid *get_pid(struct pid *pid);	/* NULL stays NULL */
void put_pid(struct pid *pid);
struct pid *find_get_pid(pid_t nr);	/* NULL or with a reference */
struct pid *find_pid(pid_t nr);		/* under rcu_read_lock() or tasklist_lock: no reference */
int last_pid_nr(void);		/* given out last, for /proc/loadavg */
struct pid *find_ge_pid(int nr);	/* next in use: for /proc; under rcu_read_lock() */
void attach_pid(struct task_struct *task, enum pid_type type);	/* tasklist_lock */
void detach_pid(struct task_struct *task, enum pid_type type);
/* exec by thread left: it swaps thread ids with the dead leader right, and takes right's place as
 * the one that stands for the process, its group and its session. tasklist_lock. */
void exchange_tids(struct task_struct *left, struct task_struct *right);
void change_pid(struct task_struct *task, enum pid_type type, struct pid *pid);
/* tasklist_lock or RCU; no reference */
struct task_struct *pid_task(struct pid *pid, enum pid_type type);
struct task_struct *find_task_by_vpid(pid_t nr);	/* the same; a thread id */
struct task_struct *find_get_task_by_vpid(pid_t nr);	/* with a reference */
struct task_struct *get_pid_task(struct pid *pid, enum pid_type type);
static inline pid_t pid_vnr(struct pid *pid) { return pid ? pid->nr : 0; }
static inline struct pid *task_pid(struct task_struct *t) { return t->thread_pid; }
static inline struct pid *task_tgid(struct task_struct *t) { return t->signal->pids[PIDTYPE_TGID]; }
static inline struct pid *task_pgrp(struct task_struct *t) { return t->signal->pids[PIDTYPE_PGID]; }
static inline struct pid *task_session(struct task_struct *t)
{
	return t->signal->pids[PIDTYPE_SID];
}
#define do_each_pid_task(pid, type, task) \
	list_for_each_entry(task, &(pid)->tasks[type], pid_links[type])
bool is_current_pgrp_orphaned(void);
bool session_of_pgrp_is(struct pid *pgrp, struct pid *session);

#endif
