/* SPDX-License-Identifier: MIT */
/*
 * Signal-driven I/O: who has O_ASYNC set on a pipe or terminal gets SIGIO, or what F_SETSIG says,
 * when something happens there.
 *
 *	pipe->fasync_readers --> fasync --> fasync --> NULL	one for each open file with O_ASYNC
 *	                         file, fd   file, fd		file->f_owner says whom to signal
 *
 * Whoever owns a list passes its head to fasync_helper() from its .fasync, and calls kill_fasync()
 * where it wakes its sleepers. .fasync is called with on = 0 before a file goes away.
 *
 * Locks: fasync_mutex makes a change of a list and of FASYNC in f_flags one step: __fput() trusts
 * the flag. fasync_lock (LC_FASYNC, interrupts off) protects all lists; send_sigio() takes
 * tasklist_lock under it. Who signals takes neither while the list is empty.
 * Linux's twin: fs/fcntl.c.
 */
#include <vitrix/signal.h>
#include <vitrix/slab.h>
#include "internal.h"

struct fasync_struct {
	struct fasync_struct *next;
	struct file *file;	/* no reference: its last fput() removes us */
	int fd;			/* what si_fd says */
};

static DEFINE_MUTEX(fasync_mutex, LC_MISC_MUTEX);
static DEFINE_SPINLOCK(fasync_lock, LC_FASYNC);

/* Puts file on the list, or takes it off, and sets FASYNC. 0 or -ENOMEM (on only). May sleep. */
int fasync_helper(int fd, struct file *file, int on, struct fasync_struct **list)
{
	struct fasync_struct *entry, **at, *spare = NULL;
	unsigned long flags;

	if (on) {
		spare = kmalloc(sizeof(*spare), GFP_KERNEL);
		if (!spare)
			return -ENOMEM;
	}
	mutex_lock(&fasync_mutex);
	spin_lock_irqsave(&fasync_lock, flags);
	for (at = list; *at && (*at)->file != file; at = &(*at)->next)
		;
	entry = *at;
	if (!on) {
		if (entry)
			WRITE_ONCE(*at, entry->next);
		spare = entry;
	} else if (entry) {
		entry->fd = fd;
	} else {
		*spare = (struct fasync_struct){ .next = *list, .file = file, .fd = fd };
		WRITE_ONCE(*list, spare);
		spare = NULL;
	}
	spin_unlock_irqrestore(&fasync_lock, flags);
	spin_lock(&file->f_lock);
	file->f_flags = (file->f_flags & ~FASYNC) | (on ? FASYNC : 0);
	spin_unlock(&file->f_lock);
	mutex_unlock(&fasync_mutex);
	kfree(spare);
	return 0;
}

/* The list is not empty. Out of line, so that kill_fasync() costs a load and a branch. */
void __kill_fasync(struct fasync_struct **list, int band)
{
	struct fasync_struct *entry;
	unsigned long flags;

	spin_lock_irqsave(&fasync_lock, flags);
	for (entry = *list; entry; entry = entry->next)
		send_sigio(&entry->file->f_owner, entry->fd, band);
	spin_unlock_irqrestore(&fasync_lock, flags);
}
