/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/fail-nth and make-it-fail, in debug builds: which allocations of a task fail.
 * selfcheck/fault_inject.c tells what the numbers mean. Neither file allocates when it is read or
 * written, so a task can ask after a call how far the count came in it. Callers: fs/proc/base.c. No
 * locks: single words. Linux's twin: the CONFIG_FAULT_INJECTION parts of fs/proc/base.c.
 */
#ifdef CONFIG_DEBUG
#include <vitrix/cred.h>
#include <vitrix/kstrtox.h>
#include <vitrix/uio.h>
#include "internal.h"

/* "N" or "N M" in text, cut there; -EINVAL, -EFAULT, -EPERM, -ESRCH. Who may: root. */
static int get_numbers(struct file *file, struct iov_iter *from, unsigned int *number,
		       struct task_struct **task)
{
	char text[32], *rest = text;
	ssize_t count = copy_text_from_iter(text, sizeof(text), from);

	if (count < 0)
		return count;
	for (int i = 0; i < 2 && rest; i++) {
		char *word = strsep(&rest, " ");

		if (kstrtouint(strim(word), 0, &number[i]))
			return -EINVAL;
	}
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	*task = get_proc_task(file_inode(file));
	return *task ? 0 : -ESRCH;
}

static ssize_t show_number(struct file *file, struct iov_iter *to, loff_t *pos,
			   unsigned int (*get)(struct task_struct *))
{
	struct task_struct *task = get_proc_task(file_inode(file));
	char text[16];
	size_t n;

	if (!task)
		return -ESRCH;
	n = snprintf(text, sizeof(text), "%u\n", get(task));
	put_task_struct(task);
	if (*pos >= n)
		return 0;
	n = copy_to_iter(text + *pos, n - *pos, to);
	*pos += n;
	return n;
}

static unsigned int get_nth(struct task_struct *task) { return READ_ONCE(task->fail.nth); }
static unsigned int get_chosen(struct task_struct *task) { return READ_ONCE(task->fail.chosen); }

static ssize_t fail_nth_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	return show_number(file, to, pos, get_nth);
}

static ssize_t fail_nth_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	size_t count = iov_iter_count(from);
	unsigned int number[2] = { };
	struct task_struct *task;
	int error = get_numbers(file, from, number, &task);

	if (error)
		return error;
	WRITE_ONCE(task->fail.every, number[1]);
	WRITE_ONCE(task->fail.nth, number[0]);
	put_task_struct(task);
	return count;
}

static ssize_t make_it_fail_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	return show_number(file, to, pos, get_chosen);
}

static ssize_t make_it_fail_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	size_t count = iov_iter_count(from);
	unsigned int number[2] = { };
	struct task_struct *task;
	int error = get_numbers(file, from, number, &task);

	if (error)
		return error;
	error = number[0] > 1 ? -EINVAL : 0;
	if (!error)
		WRITE_ONCE(task->fail.chosen, number[0]);
	put_task_struct(task);
	return error ? error : count;
}

const struct file_operations proc_fail_nth_operations = {
	.read_iter = fail_nth_read,
	.write_iter = fail_nth_write,
	.llseek = generic_file_llseek,
};

const struct file_operations proc_make_it_fail_operations = {
	.read_iter = make_it_fail_read,
	.write_iter = make_it_fail_write,
	.llseek = generic_file_llseek,
};
#endif
