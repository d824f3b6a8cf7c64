/* SPDX-License-Identifier: MIT */
/*
 * /sys/kernel/debug/stack_usage: how much of its kernel stack the deepest task used that has ended.
 * A new stack is full of a pattern; what is left of it when the task is gone was never reached.
 * One that runs over hits the guard page below: arch/x86/kernel/traps.c tells of it.
 *
 * Called by mm/vmalloc.c, which owns the stack. Its lowest word is the allocator's. The record is
 * written without a lock: a race may lose the smaller of two. Linux's twin: check_stack_usage() of
 * kernel/exit.c.
 */
#include <vitrix/debugfs.h>
#include <vitrix/init.h>
#include <vitrix/kasan.h>
#include <vitrix/seq_file.h>
#include <vitrix/string.h>
#include <arch/page.h>

#define PATTERN		0x5a57ac4a5a57ac4aUL
#define NR_WORDS	(THREAD_SIZE / sizeof(unsigned long))

static size_t first_used = NR_WORDS;	/* the lowest word that a task has written to */

void debug_stack_new(void *stack)
{
	for (size_t i = 0; i < NR_WORDS; i++)
		((unsigned long *)stack)[i] = PATTERN;
}

void debug_stack_free(const void *stack)
{
	const unsigned long *words = stack;
	size_t most = READ_ONCE(first_used);

	for (size_t i = 1; i < most; i++) {
		if (words[i] != PATTERN) {
			WRITE_ONCE(first_used, i);
			return;
		}
	}
}

static int show_usage(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu of %lu\n", (NR_WORDS - READ_ONCE(first_used)) * sizeof(unsigned long),
		   THREAD_SIZE);
	return 0;
}

static int usage_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_usage, NULL);
}

static const struct file_operations usage_fops = {
	.open = usage_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct kernfs_entry entries[] = { { "stack_usage", 0444, .fops = &usage_fops }, { } };
static struct kernfs_table table = { .files = entries };

static int __init stack_usage_init(void)
{
	debugfs_register(&table);
	return 0;
}
device_initcall(stack_usage_init);
