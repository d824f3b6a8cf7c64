/* SPDX-License-Identifier: MIT */
/*
 * Magic SysRq: a letter that is written to /proc/sysrq-trigger makes the kernel tell something, or
 * do something drastic, whatever state its programs are in. Linux's twin: drivers/tty/sysrq.c.
 *
 *	# echo l > /proc/sysrq-trigger
 *
 * Task context of root. Left out: the key on a keyboard and the BREAK on a serial line, so also
 * /proc/sys/kernel/sysrq, which says what they may do; signals to all (e, i), renice (n), frozen
 * file systems (j), remounting (u), timers (q), keyboard modes (k, r).
 */
#include <vitrix/init.h>
#include <vitrix/lockcheck.h>
#include <vitrix/mm.h>
#include <vitrix/nmi.h>
#include <vitrix/printk.h>
#include <vitrix/proc_fs.h>
#include <vitrix/reboot.h>
#include <vitrix/sched.h>
#include <vitrix/sched_debug.h>
#include <vitrix/uio.h>
#include <arch/processor.h>

static void sysrq_reboot(char key)
{
	emergency_restart();
}

static void sysrq_crash(char key)
{
	panic("sysrq triggered crash");
}

#ifdef CONFIG_DEBUG
static void sysrq_show_locks(char key)
{
	show_held_locks(current);
	show_all_held_locks();
}
#endif

/* Any CPU may be deaf to interrupts: they are asked by NMI. */
static void sysrq_show_all_cpus(char key)
{
	trigger_all_cpu_backtrace();
}

static void sysrq_show_memory(char key)
{
	pr_emerg("Memory: %lu of %lu KiB free\n", nr_free_pages() * (PAGE_SIZE / 1024),
		 totalram_pages * (PAGE_SIZE / 1024));
}

static void sysrq_poweroff(char key)
{
	kernel_power_off();
}

static void sysrq_show_regs(char key)
{
	struct pt_regs regs;

	capture_regs(&regs);
	show_regs(&regs);
}

static void sysrq_show_state(char key)
{
	show_state_filter(0);
}

static void sysrq_show_blocked(char key)
{
	show_state_filter(TASK_UNINTERRUPTIBLE);
}

static void sysrq_loglevel(char key)
{
	console_loglevel = key - '0';
	pr_info("Loglevel set to %d\n", key - '0');
}

static const struct sysrq_key {
	char key;
	void (*handler)(char key);
	const char *help, *action;
} keys[] = {
	{ 'b', sysrq_reboot, "reboot(b)", "Resetting" },
	{ 'c', sysrq_crash, "crash(c)", "Trigger a crash" },
#ifdef CONFIG_DEBUG
	{ 'd', sysrq_show_locks, "show-all-locks(d)", "Show Locks Held" },
#endif
	{ 'l', sysrq_show_all_cpus, "show-backtrace-all-active-cpus(l)",
	  "Show backtrace of all active CPUs" },
	{ 'm', sysrq_show_memory, "show-memory-usage(m)", "Show Memory" },
	{ 'o', sysrq_poweroff, "poweroff(o)", "Power Off" },
	{ 'p', sysrq_show_regs, "show-registers(p)", "Show Regs" },
	{ 't', sysrq_show_state, "show-task-states(t)", "Show State" },
	{ 'w', sysrq_show_blocked, "show-blocked-tasks(w)", "Show Blocked State" },
};

static void print_help(void)
{
	pr_info("sysrq: HELP : loglevel(0-9)");
	for (int i = 0; i < ARRAY_SIZE(keys); i++)
		pr_cont(" %s", keys[i].help);
	pr_cont("\n");
}

static void handle_sysrq(char key)
{
	/* What is done is on the console whatever its level is. */
	int level = console_loglevel;

	console_loglevel = 7;
	if (key >= '0' && key <= '9') {
		pr_info("sysrq: Changing Loglevel\n");
		sysrq_loglevel(key);
		return;
	}
	for (int i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].key != key)
			continue;
		pr_info("sysrq: %s\n", keys[i].action);
		console_loglevel = level;
		keys[i].handler(key);
		return;
	}
	print_help();
	console_loglevel = level;
}

/* The first letter counts. */
static ssize_t sysrq_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	size_t count = iov_iter_count(from);
	char key;

	if (!count)
		return 0;
	if (copy_from_iter(&key, 1, from) != 1)
		return -EFAULT;
	handle_sysrq(key);
	return count;
}

static const struct file_operations sysrq_fops = {
	.read_iter = proc_no_transfer,
	.write_iter = sysrq_write,
	.llseek = noop_llseek,
};

static int __init sysrq_init(void)
{
	return proc_create("sysrq-trigger", 0200, &sysrq_fops, NULL);
}
device_initcall(sysrq_init);
