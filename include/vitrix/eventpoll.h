/* SPDX-License-Identifier: MIT */
/* What the rest of the kernel owes to epoll. Linux's twin: include/linux/eventpoll.h. */
#ifndef VITRIX_EVENTPOLL_H
#define VITRIX_EVENTPOLL_H

#include <vitrix/fs.h>

/*
 * Key bit of the last wake-up of a wait queue that goes before the files that were polled on it:
 * who still hangs there takes itself off before it returns. Only epoll can be found there.
 */
#define POLLFREE	0x4000u

void eventpoll_release_file(struct file *file);
/* The last reference to file is gone, its operations still work: epoll forgets it. May sleep. */
static inline void eventpoll_release(struct file *file)
{
	if (unlikely(!hlist_empty(&file->f_ep)))
		eventpoll_release_file(file);
}

#endif
