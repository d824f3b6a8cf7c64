/* SPDX-License-Identifier: MIT */
/*
 * /proc/stat, uptime and loadavg: what the machine as a whole has done, for top, uptime and w.
 * Linux's twins: fs/proc/{stat,uptime,loadavg}.c.
 */
#include <vitrix/irq.h>
#include "internal.h"

struct cpu_times { u64 user, nice, system, idle, irq; };

static void get_cpu_times(int cpu, struct cpu_times *t)
{
	cpu_times_ns(cpu, &t->user, &t->nice, &t->system, &t->idle, &t->irq);
}

/* user nice system idle iowait irq softirq steal guest guest_nice, in ticks of USER_HZ */
static void show_cpu_line(struct seq_file *m, const struct cpu_times *t)
{
	seq_printf(m, " %llu %llu %llu %llu 0 %llu 0 0 0 0\n", t->user / NS_PER_TICK,
		   t->nice / NS_PER_TICK, t->system / NS_PER_TICK, t->idle / NS_PER_TICK,
		   t->irq / NS_PER_TICK);
}

static int stat_show(struct seq_file *m, void *v)
{
	struct cpu_times sum = { 0 }, t;
	int cpu;

	for_each_online_cpu(cpu) {
		get_cpu_times(cpu, &t);
		sum.user += t.user;
		sum.nice += t.nice;
		sum.system += t.system;
		sum.idle += t.idle;
		sum.irq += t.irq;
	}
	seq_puts(m, "cpu ");
	show_cpu_line(m, &sum);
	for_each_online_cpu(cpu) {
		get_cpu_times(cpu, &t);
		seq_printf(m, "cpu%d", cpu);
		show_cpu_line(m, &t);
	}
	seq_printf(m, "intr %llu\n", irq_count_total());
	seq_printf(m, "ctxt %llu\nbtime %lld\nprocesses %lu\nprocs_running %lu\nprocs_blocked 0\n",
		   nr_context_switches(),
		   (long long)((ktime_get_real() - ktime_get_boottime()) / NSEC_PER_SEC),
		   READ_ONCE(total_forks), nr_running());
	seq_puts(m, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
	return 0;
}

static int uptime_show(struct seq_file *m, void *v)
{
	u64 up = ktime_get_boottime(), idle = 0;
	int cpu;

	for_each_online_cpu(cpu)
		idle += cpu_idle_time_ns(cpu);
	seq_printf(m, "%llu.%02llu %llu.%02llu\n", up / NSEC_PER_SEC, up % NSEC_PER_SEC / 10000000,
		   idle / NSEC_PER_SEC, idle % NSEC_PER_SEC / 10000000);
	return 0;
}

static int loadavg_show(struct seq_file *m, void *v)
{
	unsigned long loads[3];

	get_avenrun(loads);	/* 16 bits behind the point */
	for (int i = 0; i < 3; i++) {
		unsigned long rounded = loads[i] + (1 << 16) / 200;

		seq_printf(m, "%lu.%02lu ", rounded >> 16, (rounded & 0xffff) * 100 >> 16);
	}
	seq_printf(m, "%lu/%d %d\n", nr_running(), READ_ONCE(nr_threads), last_pid_nr());
	return 0;
}

void __init proc_stat_init(void)
{
	proc_create_single("stat", 0444, stat_show, NULL);
	proc_create_single("uptime", 0444, uptime_show, NULL);
	proc_create_single("loadavg", 0444, loadavg_show, NULL);
}
