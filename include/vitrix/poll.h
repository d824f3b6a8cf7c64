/* SPDX-License-Identifier: MIT */
/*
 * poll: a file's ->poll says what is ready and, if asked to (table with a queue function), hangs
 * the caller on the wait queues that will be woken. Linux's twin: include/linux/poll.h,
 * fs/select.c.
 */
#ifndef VITRIX_POLL_H
#define VITRIX_POLL_H

#include <vitrix/fs.h>
#include <linux/poll.h>
#include <linux/eventpoll.h>

typedef struct poll_table_struct {
	/* NULL: do not wait */
	void (*qproc)(struct file *file, wait_queue_head_t *wq, struct poll_table_struct *pt);
	__poll_t key;			/* events that interest the caller */
} poll_table;

static inline void poll_wait(struct file *file, wait_queue_head_t *wq, poll_table *pt)
{
	if (pt && pt->qproc)
		pt->qproc(file, wq, pt);
}
#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)
static inline __poll_t vfs_poll(struct file *file, poll_table *pt)
{
	return file->f_op->poll ? file->f_op->poll(file, pt) : DEFAULT_POLLMASK;
}

#endif
