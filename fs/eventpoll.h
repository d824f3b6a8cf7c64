/* SPDX-License-Identifier: MIT */
/*
 * Private to fs/eventpoll.c (waiting) and fs/eventpoll_ctl.c (what is watched).
 *
 *	struct eventpoll --rbr--> epitem (file, fd, events wanted) --waits--> eppoll_entry
 *	    |  wq: in epoll_wait()       |                                        |
 *	    |  poll_wait: who polls us   +-- file->f_ep                           +-- on the file's
 *	    +--rdllist--> items that may be ready                                     wait queues
 *
 * An item holds no reference to its file: when the file goes (eventpoll_release_file()), the item
 * does. Locks, outermost first:
 *
 *	epmutex      changes to who watches which epoll, and the end of epolls and watched files
 *	ep->mtx      the items and their events; held by one reader of rdllist at a time. Sleeps
 *	file->f_lock the file's f_ep
 *	ep->wq.lock  rdllist, ovflist, sleepers; taken by wake-ups from interrupts
 */
#ifndef FS_EVENTPOLL_H
#define FS_EVENTPOLL_H

#include <vitrix/eventpoll.h>
#include <vitrix/poll.h>
#include <vitrix/rbtree.h>

#define EP_MAX_NESTS	4
#define EP_MAX_EVENTS	(0x7fffffff / (int)sizeof(struct epoll_event))

/* In events, but no event: an item with none but these is disabled (EPOLLONESHOT has fired). */
#define EP_PRIVATE_BITS	(EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

struct eventpoll {
	wait_queue_head_t wq;		/* its lock also protects rdllist and ovflist */
	struct list_head rdllist;	/* of struct epitem, by rdllink */
	struct epitem *ovflist;		/* became ready during a scan; EP_NO_SCAN outside of one */
	struct mutex mtx;
	struct rb_root rbr;		/* mtx: items by (file, fd) */
	wait_queue_head_t poll_wait;
	struct file *file;		/* (constant) the one whose private_data this is */
	struct user_struct *user;	/* (constant) who pays for the items */
	u64 gen;			/* epmutex: the walk that visited it last */
	struct rcu_head rcu;
};
#define EP_NO_SCAN	((struct epitem *)-1L)

/* One wait queue that an item hangs on. */
struct eppoll_entry {
	struct eppoll_entry *next;
	struct epitem *epi;
	struct wait_queue_entry wait;
	wait_queue_head_t *whead;	/* NULL: the queue is gone (POLLFREE) */
};

struct epitem {
	struct list_head rdllink;	/* wq.lock; on rdllist or on a scan's list */
	struct epitem *next;		/* wq.lock: on ovflist; EP_NO_SCAN: not */
	struct eventpoll *ep;
	struct file *file;
	struct epoll_event event;	/* mtx; events are read by wake-ups too */
	int fd;
	struct rb_node rbn;		/* mtx */
	struct hlist_node fllink;	/* file->f_lock; walked under RCU too */
	struct eppoll_entry *waits;	/* mtx */
	struct eppoll_entry first_wait;	/* most files have one queue */
	struct rcu_head rcu;
};

extern const struct file_operations eventpoll_fops;
static inline bool is_file_epoll(const struct file *file)
{
	return file->f_op == &eventpoll_fops;
}

/* eventpoll.c */
/* Which events that the item wants are there. pt: to hang on the file's queues; NULL. mtx held. */
__poll_t ep_item_poll(struct epitem *epi, poll_table *pt);
/* The item may be ready: to the list, and wakes. mtx held. */
void ep_item_ready(struct epitem *epi);
int ep_poll_callback(struct wait_queue_entry *wait, unsigned int mode, void *key);
void ep_poll_safewake(struct eventpoll *ep);

/* eventpoll_ctl.c */
void ep_free(struct eventpoll *ep);		/* last reference gone; may sleep */

#endif
