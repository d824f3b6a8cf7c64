/* SPDX-License-Identifier: MIT */
/*
 * CPUs that do not go on. Linux's twins: kernel/watchdog.c, and the buddy detector that later
 * versions have in kernel/watchdog_buddy.c.
 *
 *   soft lock-up  the kernel runs on a CPU, and does not schedule, for 2 * watchdog_thresh seconds
 *   hard lock-up  no interrupt comes to a CPU for watchdog_thresh seconds
 *
 * Nothing runs for it alone. Once in HZ ticks the tick of a CPU looks (look()):
 *
 *   at itself    Was there no switch since the last look, and was this look in the kernel as well,
 *                then TIF_NEED_RESCHED is set. Who looks at it calls schedule(), which clears it.
 *                If it is still set at the next look, nobody looks at it.
 *   at others    the next CPUs in a ring, up to the first whose interrupts come: that one looks
 *                after those behind it. CPUs that idle are passed over. When a CPU's interrupts
 *                have not come for long enough it gets an NMI with each look. Three in a row that
 *                were answered with interrupts off, and still no interrupt in between: a hard
 *                lock-up.
 *
 * A CPU without a tick looks after the others a few times in a watchdog_thresh, as long as one of
 * them has work. It sees that when it goes idle; who is the only one to run when he looks wakes an
 * idle CPU for it, once. An idle machine is not woken up.
 *
 * Time is what the CPU that counts has seen of it: ticks that it handled, not the clock. A virtual
 * CPU that its host does not run for a minute sees one tick after it, and answers no NMI meanwhile:
 * so it is neither locked up nor does it call others so.
 *
 * Not seen: a CPU that locks up hard within its first second, woken by its own timer, while all
 * others idle, until one of those wakes up; a CPU that answers no NMI either. RCU has no detector
 * of stalls of its own: in this kernel what holds a grace period up is a soft lock-up.
 *
 * Locks: none. struct watch belongs to its CPU, with interrupts off; seen, looked and still to
 * whoever looks at that CPU: two at once may count one second twice.
 */
#include <vitrix/init.h>
#include <vitrix/kstrtox.h>
#include <vitrix/nmi.h>
#include <vitrix/printk.h>
#include <vitrix/proc_fs.h>
#include <vitrix/sched.h>
#include <vitrix/sched_debug.h>
#include <vitrix/string.h>
#include <vitrix/tick.h>
#include <vitrix/watchdog.h>
#include <arch/irq.h>
#include <arch/processor.h>

#define NMI_ANSWERS	3

struct watch {
	unsigned long ticks, next_look;
	/* itself */
	u64 switches;			/* at the last look */
	unsigned int stuck;		/* looks without progress */
	bool asked_to_schedule;
	/* this CPU idles */
	unsigned long idle_look;	/* jiffies */
	ktime_t idle_deadline;		/* KTIME_MAX: it does not look */
	/* what another CPU saw of this one */
	unsigned long seen;		/* interrupts */
	unsigned long looked;		/* jiffies */
	unsigned int still;		/* seconds without a new one */
	unsigned int answers;		/* NMIs answered meanwhile; written by the NMI */
	bool reported;
};
static DEFINE_PER_CPU(struct watch, watches) = {
	.next_look = HZ, .idle_deadline = KTIME_MAX,
};

int watchdog_thresh = 10;
int softlockup_panic, hardlockup_panic;
/* What was asked for, and what is on: the first of them is the switch of both others. */
static int watchdog_user = 1, soft_watchdog_user = 1, nmi_watchdog_user = 1;
static int watchdog_on, soft_watchdog, nmi_watchdog;
static int softlockup_all_cpu_backtrace, hardlockup_all_cpu_backtrace;

/* ---- at itself ------------------------------------------------------------------------------ */

static void report_soft_lockup(struct pt_regs *regs, unsigned int seconds)
{
	pr_emerg("watchdog: BUG: soft lockup - CPU#%d stuck for %us! [%s:%d]\n", smp_processor_id(),
		 seconds, current->comm, current->pid);
	show_regs(regs);
	show_waited_spinlock(this_cpu_read(spin_waits_for));
	show_held_locks(current);
	if (softlockup_all_cpu_backtrace)
		trigger_allbutself_cpu_backtrace();
	if (softlockup_panic)
		panic("softlockup: hung tasks");
}

static void check_self(struct watch *w, struct pt_regs *regs)
{
	u64 switches = cpu_nr_switches(smp_processor_id());
	unsigned int thresh = 2 * READ_ONCE(watchdog_thresh);

	if (user_mode(regs) || switches != w->switches ||
	    (w->asked_to_schedule && !need_resched())) {
		w->switches = switches;
		w->stuck = 0;
		w->asked_to_schedule = false;
		return;
	}
	w->stuck++;
	set_thread_flag(TIF_NEED_RESCHED);
	set_preempt_need_resched();
	w->asked_to_schedule = true;
	if (w->stuck > thresh && w->stuck % thresh == 1)
		report_soft_lockup(regs, w->stuck);
}

/* ---- at others ------------------------------------------------------------------------------ */

/* Grows with each interrupt that comes to the CPU. */
static unsigned long progress(int cpu)
{
	const struct irq_cpustat *stat = per_cpu_ptr(&irq_stat, cpu);

	return READ_ONCE(stat->timer) + READ_ONCE(stat->resched) + READ_ONCE(stat->call);
}

void watchdog_nmi(struct pt_regs *regs)
{
	struct watch *w = this_cpu_ptr(&watches);
	bool deaf = !(regs->flags & X86_EFLAGS_IF_BIT) &&
		    progress(smp_processor_id()) == w->seen;

	WRITE_ONCE(w->answers, deaf ? w->answers + 1 : 0);
}

static void report_hard_lockup(int cpu)
{
	pr_emerg("watchdog: Watchdog detected hard LOCKUP on cpu %d\n", cpu);
	print_cpu_backtrace(cpu);
	if (hardlockup_all_cpu_backtrace)
		trigger_cpumask_backtrace(~BIT(cpu));
	if (hardlockup_panic)
		panic("Hard LOCKUP");
}

/*
 * Do interrupts come to it? seconds: since this CPU looked last. Others may look, too; together
 * they count no more than the time that has passed.
 */
static bool check_cpu(int cpu, unsigned int seconds)
{
	struct watch *w = per_cpu_ptr(&watches, cpu);
	unsigned long now = progress(cpu), passed = (jiffies - w->looked) / HZ;

	if (w->seen != now) {
		w->seen = now;
		w->looked = jiffies;
		w->still = 0;
		w->answers = 0;
		w->reported = false;
		return true;
	}
	if (!passed)
		return false;
	w->looked = jiffies;
	w->still += min_t(unsigned long, seconds, passed);
	if (w->still < READ_ONCE(watchdog_thresh) || w->reported)
		return false;
	if (READ_ONCE(w->answers) < NMI_ANSWERS) {
		watchdog_send_nmi(cpu);
		return false;
	}
	w->reported = true;
	report_hard_lockup(cpu);
	return false;
}

static int next_online_cpu(int cpu)
{
	do
		cpu = cpu + 1 < nr_cpu_ids ? cpu + 1 : 0;
	while (!cpu_online(cpu));
	return cpu;
}

/* Idle, and not stuck in an interrupt that came meanwhile. */
static bool rests(int cpu)
{
	return tick_is_stopped(cpu) && !(per_cpu(__preempt_count, cpu) & HARDIRQ_MASK);
}

/* true: one of them runs, and its interrupts come. */
static bool check_others(unsigned int seconds)
{
	int self = smp_processor_id();

	for (int cpu = next_online_cpu(self); cpu != self; cpu = next_online_cpu(cpu))
		if (!rests(cpu) && check_cpu(cpu, seconds))
			return true;
	return false;
}

/* This is the only CPU that runs: another shall look after it. */
static void find_watcher(void)
{
	int cpu = next_online_cpu(smp_processor_id());

	if (rests(cpu) && READ_ONCE(per_cpu(watches, cpu).idle_deadline) == KTIME_MAX)
		smp_send_reschedule(cpu);
}

static noinline void look(struct watch *w, struct pt_regs *regs)
{
	if (!READ_ONCE(watchdog_on) || !READ_ONCE(watchdog_thresh))
		return;
	if (READ_ONCE(soft_watchdog))
		check_self(w, regs);
	if (READ_ONCE(nmi_watchdog) && num_online_cpus() > 1 && !check_others(1))
		find_watcher();
}

void watchdog_tick(struct pt_regs *regs)
{
	struct watch *w = this_cpu_ptr(&watches);

	if (likely(++w->ticks < w->next_look))
		return;
	w->next_look = w->ticks + HZ;
	look(w, regs);
}

/* ---- a CPU without a tick ------------------------------------------------------------------- */

static bool others_work(void)
{
	int self = smp_processor_id();

	for (int cpu = next_online_cpu(self); cpu != self; cpu = next_online_cpu(cpu))
		if (cpu_has_work(cpu) || !rests(cpu))
			return true;
	return false;
}

ktime_t watchdog_idle_deadline(void)
{
	struct watch *w = this_cpu_ptr(&watches);
	int thresh = READ_ONCE(watchdog_thresh);
	unsigned int seconds = max(thresh * 2 / 5, 1);

	if (num_online_cpus() == 1)
		return KTIME_MAX;
	if (!thresh || !READ_ONCE(watchdog_on) || !READ_ONCE(nmi_watchdog) || !others_work()) {
		WRITE_ONCE(w->idle_deadline, KTIME_MAX);
		return KTIME_MAX;
	}
	if (w->idle_deadline != KTIME_MAX && (long)(jiffies - w->idle_look) < 0)
		return w->idle_deadline;
	if (w->idle_deadline != KTIME_MAX)
		check_others(seconds);
	w->idle_look = jiffies + seconds * HZ;
	WRITE_ONCE(w->idle_deadline, ktime_get() + seconds * NSEC_PER_SEC);
	return w->idle_deadline;
}

/* ---- what can be set ------------------------------------------------------------------------ */

static int __init nowatchdog_setup(const char *value)
{
	watchdog_user = 0;
	return 0;
}
__setup("nowatchdog", nowatchdog_setup);

static int __init nosoftlockup_setup(const char *value)
{
	soft_watchdog_user = 0;
	return 0;
}
__setup("nosoftlockup", nosoftlockup_setup);

static int __init softlockup_panic_setup(const char *value)
{
	return kstrtoint(value, 0, &softlockup_panic);
}
__setup("softlockup_panic=", softlockup_panic_setup);

static int __init watchdog_thresh_setup(const char *value)
{
	int error = kstrtoint(value, 0, &watchdog_thresh);

	watchdog_thresh = clamp(watchdog_thresh, 0, 60);
	return error;
}
__setup("watchdog_thresh=", watchdog_thresh_setup);

/* 0, 1, panic, nopanic; several with commas in between. */
static int __init nmi_watchdog_setup(const char *value)
{
	if (strstr(value, "nopanic"))
		hardlockup_panic = 0;
	else if (strstr(value, "panic"))
		hardlockup_panic = 1;
	if (value[0] == '0' || value[0] == '1')
		nmi_watchdog_user = value[0] - '0';
	return 0;
}
__setup("nmi_watchdog=", nmi_watchdog_setup);

static void update(void)
{
	soft_watchdog = watchdog_user && soft_watchdog_user;
	nmi_watchdog = watchdog_user && nmi_watchdog_user;
	watchdog_on = soft_watchdog || nmi_watchdog;
}

/* The files are written into what they tell. */
static void watchdog_written(void)
{
	watchdog_user = watchdog_on;
	update();
}

static void soft_watchdog_written(void)
{
	soft_watchdog_user = soft_watchdog;
	update();
}

static void nmi_watchdog_written(void)
{
	nmi_watchdog_user = nmi_watchdog;
	update();
}

static int __init watchdog_init(void)
{
	update();
	proc_sysctl_int_hook("kernel/watchdog", 0644, &watchdog_on, 0, 1, watchdog_written);
	proc_sysctl_int_hook("kernel/soft_watchdog", 0644, &soft_watchdog, 0, 1,
			     soft_watchdog_written);
	proc_sysctl_int_hook("kernel/nmi_watchdog", 0644, &nmi_watchdog, 0, 1,
			     nmi_watchdog_written);
	proc_sysctl_int("kernel/watchdog_thresh", 0644, &watchdog_thresh, 0, 60);
	proc_sysctl_int("kernel/softlockup_panic", 0644, &softlockup_panic, 0, 1);
	proc_sysctl_int("kernel/hardlockup_panic", 0644, &hardlockup_panic, 0, 1);
	proc_sysctl_int("kernel/softlockup_all_cpu_backtrace", 0644,
			&softlockup_all_cpu_backtrace, 0, 1);
	proc_sysctl_int("kernel/hardlockup_all_cpu_backtrace", 0644,
			&hardlockup_all_cpu_backtrace, 0, 1);
	return 0;
}
device_initcall(watchdog_init);
