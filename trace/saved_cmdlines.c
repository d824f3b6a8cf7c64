/* SPDX-License-Identifier: MIT */
/*
 * Which name a pid in the trace had. A living task is asked; one that ended while there were
 * buffers has left its name in a ring here, of which saved_cmdlines_size says how long it is.
 *
 *	do_exit -> trace_save_cmdline      a nop until tracing is first used
 *
 * saved_lock protects the ring; it is a leaf. Linux's twin: the saved_cmdlines of
 * kernel/trace/trace.c, which notes names at each switch of tasks instead.
 */
#include <vitrix/mm.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include "control.h"

#define DEFAULT_SIZE	128
#define MAX_SIZE	32768		/* PID_MAX_DEFAULT */

struct saved_task {
	pid_t pid, tgid;		/* pid 0: free */
	char comm[TASK_COMM_LEN];
};

static DEFINE_SPINLOCK(saved_lock, LC_MISC_SPIN);
static struct saved_task first_tasks[DEFAULT_SIZE], *saved = first_tasks;
static unsigned int saved_size = DEFAULT_SIZE, saved_next;

void trace_save_cmdline(struct task_struct *tsk)
{
	struct saved_task *t;

	if (!trace_opt(TRACE_OPT_RECORD_CMD))
		return;
	spin_lock(&saved_lock);
	t = &saved[saved_next];
	saved_next = (saved_next + 1) % saved_size;
	t->pid = tsk->pid;
	t->tgid = tsk->tgid;
	strscpy(t->comm, tsk->comm, sizeof(t->comm));
	spin_unlock(&saved_lock);
}

/* The latest of that pid. */
static bool find_saved(pid_t pid, struct saved_task *found)
{
	bool got = false;

	spin_lock(&saved_lock);
	for (unsigned int i = 1; i <= saved_size && !got; i++) {
		const struct saved_task *t = &saved[(saved_next + saved_size - i) % saved_size];

		if (t->pid == pid) {
			*found = *t;
			got = true;
		}
	}
	spin_unlock(&saved_lock);
	return got;
}

static bool find_living(pid_t pid, struct saved_task *found)
{
	struct task_struct *t;

	rcu_read_lock();
	t = find_task_by_vpid(pid);
	if (t) {
		found->pid = t->pid;
		found->tgid = t->tgid;
		strscpy(found->comm, t->comm, sizeof(found->comm));
	}
	rcu_read_unlock();
	return t != NULL;
}

void trace_find_comm(pid_t pid, char comm[TASK_COMM_LEN])
{
	struct saved_task t;

	if (!pid)
		strscpy(comm, "<idle>", TASK_COMM_LEN);
	else if (find_living(pid, &t) || find_saved(pid, &t))
		strscpy(comm, t.comm, TASK_COMM_LEN);
	else
		strscpy(comm, "<...>", TASK_COMM_LEN);
}

pid_t trace_find_tgid(pid_t pid)
{
	struct saved_task t;

	return pid && (find_living(pid, &t) || find_saved(pid, &t)) ? t.tgid : 0;
}

/* ---------------------------------------------------------------- files */

static void show_task(struct seq_file *m, pid_t pid, pid_t tgid, const char *comm, bool tgids)
{
	if (tgids)
		seq_printf(m, "%d %d\n", pid, tgid);
	else
		seq_printf(m, "%d %s\n", pid, comm);
}

/* The ended ones first: a reader who takes the last line of a pid has the living one. */
static void show_tasks(struct seq_file *m, bool tgids)
{
	struct task_struct *p, *t;

	spin_lock(&saved_lock);
	for (unsigned int i = 0; i < saved_size; i++)
		if (saved[i].pid)
			show_task(m, saved[i].pid, saved[i].tgid, saved[i].comm, tgids);
	spin_unlock(&saved_lock);
	spin_lock_irq(&tasklist_lock);
	for_each_process(p)
		for_each_thread(p, t)
			show_task(m, t->pid, t->tgid, t->comm, tgids);
	spin_unlock_irq(&tasklist_lock);
}

static int show_cmdlines(struct seq_file *m, void *obj)
{
	show_tasks(m, false);
	return 0;
}

static int show_tgids(struct seq_file *m, void *obj)
{
	if (trace_opt(TRACE_OPT_RECORD_TGID))
		show_tasks(m, true);
	return 0;
}

static int show_size(struct seq_file *m, void *obj)
{
	seq_printf(m, "%u\n", saved_size);
	return 0;
}

/* What was there is forgotten. trace_types_lock held. */
static int store_size(char *text, void *obj)
{
	struct saved_task *fresh, *old = saved;
	unsigned long size;
	int error = trace_store_number(text, &size);

	if (error)
		return error;
	if (!size || size > MAX_SIZE)
		return -EINVAL;
	fresh = kvmalloc(size * sizeof(*fresh), GFP_KERNEL | __GFP_ZERO);
	if (!fresh)
		return -ENOMEM;
	spin_lock(&saved_lock);
	saved = fresh;
	saved_size = size;
	saved_next = 0;
	spin_unlock(&saved_lock);
	if (old != first_tasks)
		kvfree(old);
	return 0;
}

static const struct kernfs_entry files[] = {
	TRACE_FILE("saved_cmdlines", 0440, .show = show_cmdlines),
	TRACE_FILE("saved_cmdlines_size", 0640, .show = show_size, .store = store_size),
	TRACE_FILE("saved_tgids", 0440, .show = show_tgids),
	{ }
};
static struct kernfs_table table = { .files = files };

static int __init saved_cmdlines_init(void)
{
	tracefs_register(&table);
	return 0;
}
device_initcall(saved_cmdlines_init);
