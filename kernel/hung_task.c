/* SPDX-License-Identifier: MIT */
/*
 * Tasks that sleep for too long where no signal wakes them. Linux's twin: kernel/hung_task.c.
 *
 * A timer goes through all tasks twice in hung_task_timeout_secs. One that is in state D and has
 * not been switched to since the last pass is counted; the third pass that finds it so reports it:
 * what it waits in, for which lock, who holds that. Passes are counted and not seconds, so that a
 * machine that its host stopped for minutes reports nobody.
 *
 * The passes run in the timer interrupt, with tasklist_lock held. It does not wait for that lock:
 * who has it may wait for another (alloc_lock) which the interrupted code holds. hung_switches and
 * hung_checks of a task are theirs. One wake-up a minute is what it costs a machine that idles.
 */
#include <vitrix/hrtimer.h>
#include <vitrix/init.h>
#include <vitrix/kstrtox.h>
#include <vitrix/mutex.h>
#include <vitrix/nmi.h>
#include <vitrix/printk.h>
#include <vitrix/proc_fs.h>
#include <vitrix/sched.h>
#include <vitrix/sched_debug.h>
#include <vitrix/watchdog.h>

#define PASSES		2		/* in one timeout */
#define RETRY_NS	(10 * NSEC_PER_MSEC)

int hung_task_timeout_secs = 120;
int hung_task_panic;
static int hung_task_warnings = 10;	/* so many are still printed; -1: all */
static int hung_task_all_cpu_backtrace;
static struct hrtimer timer;
static DEFINE_MUTEX(restart_mutex, LC_MISC_MUTEX);

static ktime_t interval(void)
{
	return (ktime_t)READ_ONCE(hung_task_timeout_secs) * NSEC_PER_SEC / PASSES;
}

/* true: it has slept since before the timeout began. */
static bool is_hung(struct task_struct *p)
{
	unsigned int state = READ_ONCE(p->state);
	unsigned long switches = READ_ONCE(p->nvcsw) + READ_ONCE(p->nivcsw);

	if (!(state & TASK_UNINTERRUPTIBLE) || (state & TASK_WAKEKILL) || !switches ||
	    p->hung_switches != switches) {
		p->hung_switches = switches;
		p->hung_checks = 0;
		return false;
	}
	return ++p->hung_checks % (PASSES + 1) == PASSES;
}

static void report(struct task_struct *p)
{
	if (hung_task_warnings) {
		if (hung_task_warnings > 0)
			hung_task_warnings--;
		pr_err("INFO: task %s:%d blocked for more than %d seconds.\n", p->comm, p->pid,
		       hung_task_timeout_secs);
		pr_err("\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this.\n");
		sched_show_task(p);
		if (hung_task_all_cpu_backtrace)
			trigger_all_cpu_backtrace();
	}
	if (hung_task_panic)
		panic("hung_task: blocked tasks");
}

static enum hrtimer_restart check_all_tasks(struct hrtimer *t)
{
	struct task_struct *leader, *p;

	if (!interval())
		return HRTIMER_NORESTART;
	if (!spin_trylock(&tasklist_lock)) {
		hrtimer_forward_now(t, RETRY_NS);
		return HRTIMER_RESTART;
	}
	for_each_process(leader)
		for_each_thread(leader, p)
			if (is_hung(p))
				report(p);
	spin_unlock(&tasklist_lock);
	hrtimer_forward_now(t, interval());
	return HRTIMER_RESTART;
}

/* May sleep. One at a time: of two who start one timer, neither knows of the other. */
void hung_task_restart(void)
{
	mutex_lock(&restart_mutex);
	hrtimer_cancel(&timer);
	if (interval())
		hrtimer_start(&timer, interval(), HRTIMER_MODE_REL);
	mutex_unlock(&restart_mutex);
}

static int __init hung_task_panic_setup(const char *value)
{
	return kstrtoint(value, 0, &hung_task_panic);
}
__setup("hung_task_panic=", hung_task_panic_setup);

static int __init hung_task_init(void)
{
	hrtimer_init(&timer, CLOCK_MONOTONIC, check_all_tasks);
	hung_task_restart();
	proc_sysctl_int_hook("kernel/hung_task_timeout_secs", 0644, &hung_task_timeout_secs, 0,
			     0x7fffffff, hung_task_restart);
	proc_sysctl_int("kernel/hung_task_panic", 0644, &hung_task_panic, 0, 1);
	proc_sysctl_int("kernel/hung_task_warnings", 0644, &hung_task_warnings, -1, 0x7fffffff);
	proc_sysctl_int("kernel/hung_task_all_cpu_backtrace", 0644, &hung_task_all_cpu_backtrace,
			0, 1);
	return 0;
}
device_initcall(hung_task_init);
