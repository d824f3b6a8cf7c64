/* SPDX-License-Identifier: MIT */
/*
 * Failure injection: an allocation fails although there is memory, so that what is written for that
 * case runs at all. Three ways to choose which:
 *
 *	/proc/PID/fail-nth      "N": the task's N'th from now on; "N M": then every M'th, too. Read:
 *	                        how many are still to come; 0: it has failed
 *	function NAME           all in whose stack that function is
 *	probability, interval   of those, so many in a hundred by a sequence that `seed` repeats, of
 *	                        the rest every `interval`th
 *
 * The second and third are set in /sys/kernel/debug/fail_alloc, by lines "key value"; reading it
 * tells them all. They meet every task, or with task-filter 1 those with 1 in
 * /proc/PID/make-it-fail and their children. `kinds` chooses among slab, page, vmalloc and user
 * (copies from and to user memory end at once); `times` bounds how many fail, -1: no bound.
 *
 * A slab object may need a new slab, whose pages are counted as well. Nothing fails in interrupts,
 * which have no task, and before /init runs.
 *
 * Callers: mm/slab.c, mm/page_alloc.c, mm/vmalloc.c, <vitrix/uaccess.h>; fs/proc/base.c has the two
 * files of a process. Any context. No locks: the settings are words, read once each. Linux's twins:
 * lib/fault-inject.c, mm/failslab.c, mm/fail_page_alloc.c.
 */
#include <vitrix/debugfs.h>
#include <vitrix/fault_inject.h>
#include <vitrix/init.h>
#include <vitrix/kallsyms.h>
#include <vitrix/kstrtox.h>
#include <vitrix/preempt.h>
#include <vitrix/printk.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/seq_file.h>
#include <vitrix/string.h>
#include <vitrix/uio.h>

#define WALK_FRAMES	32		/* that are searched for `function` */

static struct {
	int probability, interval, times, task_filter, verbose, kinds;
	int seed;
	unsigned long start, end;	/* of the function; 0: any */
} set = {
	.interval = 1, .times = -1, .kinds = BIT(FAIL_SLAB) | BIT(FAIL_PAGE) | BIT(FAIL_VMALLOC),
};

static const char *const kind_names[NR_FAIL_KINDS] = { "slab", "page", "vmalloc", "user" };
static atomic_t asked, failed, in_interval;

static u64 mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
	return x ^ (x >> 31);
}

/* Is a call of the chosen function on this task's stack? */
static bool function_on_stack(void)
{
	unsigned long *fp = __builtin_frame_address(0), bottom = (unsigned long)current->stack;

	for (int i = 0; i < WALK_FRAMES; i++) {
		if ((unsigned long)fp - bottom >= THREAD_SIZE - 16 || (unsigned long)fp & 7)
			return false;
		if (fp[1] >= set.start && fp[1] < set.end)
			return true;
		if (fp[0] <= (unsigned long)fp)
			return false;
		fp = (unsigned long *)fp[0];
	}
	return false;
}

static bool chosen_by_settings(enum fail_kind kind)
{
	int times = READ_ONCE(set.times);

	if (!(READ_ONCE(set.kinds) & BIT(kind)) || !times)
		return false;
	if (READ_ONCE(set.task_filter) && !current->fail.chosen)
		return false;
	if (READ_ONCE(set.end) && !function_on_stack())
		return false;
	if (set.interval > 1 && atomic_inc_return(&in_interval) % set.interval)
		return false;
	if (set.probability < 100 &&
	    mix(((u64)set.seed << 32) + atomic_inc_return(&asked)) % 100 >= set.probability)
		return false;
	if (times > 0)
		WRITE_ONCE(set.times, times - 1);
	return true;
}

static bool chosen_by_count(struct task_fail *fail)
{
	if (!fail->nth || --fail->nth)
		return false;
	fail->nth = fail->every;
	return true;
}

bool should_fail(enum fail_kind kind)
{
	struct task_struct *task = current;

	if (likely(!READ_ONCE(set.probability)) && (!task || !task->fail.nth))
		return false;
	if (in_interrupt() || !selfcheck_active() || system_state != SYSTEM_RUNNING)
		return false;
	/* The count is of allocations: a task cannot know how often its arguments are copied. */
	if (!(kind != FAIL_USER && chosen_by_count(&task->fail)) &&
	    !(READ_ONCE(set.probability) && chosen_by_settings(kind)))
		return false;
	atomic_inc(&failed);
	if (READ_ONCE(set.verbose)) {
		pr_info("fault injection: no %s for %d (%s)\n", kind_names[kind], task->pid,
			task->comm);
		if (set.verbose > 1)
			dump_stack();
	}
	return true;
}

/* ---------------------------------------------------------------- /sys/kernel/debug/fail_alloc */

static const struct { const char *name; int *value; int min, max; } keys[] = {
	{ "probability", &set.probability, 0, 100 },
	{ "interval", &set.interval, 1, 1000000000 },
	{ "times", &set.times, -1, 1000000000 },
	{ "task-filter", &set.task_filter, 0, 1 },
	{ "verbose", &set.verbose, 0, 2 },
	{ "seed", &set.seed, 0, 2000000000 },
};

static int show_fail(struct seq_file *m, void *v)
{
	for (int i = 0; i < ARRAY_SIZE(keys); i++)
		seq_printf(m, "%s %d\n", keys[i].name, *keys[i].value);
	seq_printf(m, "kinds");
	for (int i = 0; i < NR_FAIL_KINDS; i++)
		if (set.kinds & BIT(i))
			seq_printf(m, " %s", kind_names[i]);
	seq_printf(m, "\nfunction %s\nfailed %d\n",
		   set.end ? kallsyms_lookup(set.start, NULL, NULL) : "", atomic_read(&failed));
	return 0;
}

static int set_function(const char *name)
{
	unsigned long start = *name ? kallsyms_lookup_name(name) : 0, size = 0;

	if (*name && (!start || !kallsyms_lookup(start, NULL, &size)))
		return -EINVAL;
	WRITE_ONCE(set.end, 0);
	set.start = start;
	WRITE_ONCE(set.end, start + size);
	return 0;
}

static int set_kinds(char *names)
{
	int kinds = 0;

	while (names && *names) {
		char *name = strsep(&names, " ");
		int i = 0;

		while (i < NR_FAIL_KINDS && strcmp(name, kind_names[i]))
			i++;
		if (i == NR_FAIL_KINDS)
			return -EINVAL;
		kinds |= BIT(i);
	}
	WRITE_ONCE(set.kinds, kinds);
	return 0;
}

/* "key value": the sequence begins anew. */
static int set_key(char *line)
{
	char *value = strchr(line, ' ');
	int number, error;

	if (value)
		*value++ = '\0';
	else
		value = line + strlen(line);
	if (!strcmp(line, "function"))
		return set_function(value);
	if (!strcmp(line, "kinds"))
		return set_kinds(value);
	error = kstrtoint(value, 0, &number);
	if (error)
		return error;
	for (int i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(line, keys[i].name))
			continue;
		if (number < keys[i].min || number > keys[i].max)
			return -EINVAL;
		atomic_set(&asked, 0);
		atomic_set(&in_interval, 0);
		atomic_set(&failed, 0);
		WRITE_ONCE(*keys[i].value, number);
		return 0;
	}
	return -EINVAL;
}

static ssize_t fail_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	char text[256], *rest = text;
	ssize_t count = copy_text_from_iter(text, sizeof(text), from);
	int error = 0;

	if (count < 0)
		return count;
	while (rest && !error) {
		char *line = strim(strsep(&rest, "\n"));

		if (*line)
			error = set_key(line);
	}
	return error ? error : count;
}

static int fail_open(struct inode *inode, struct file *file)
{
	return single_open_pwrite(file, show_fail, NULL);
}

static const struct file_operations fail_fops = {
	.open = fail_open,
	.read_iter = seq_read_iter,
	.write_iter = fail_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct kernfs_entry files[] = { { "fail_alloc", 0600, .fops = &fail_fops }, { } };
static struct kernfs_table table = { .files = files };

static int __init fault_inject_init(void)
{
	debugfs_register(&table);
	return 0;
}
device_initcall(fault_inject_init);
