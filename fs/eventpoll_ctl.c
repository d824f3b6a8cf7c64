/* SPDX-License-Identifier: MIT */
/*
 * epoll_ctl(2): which files an epoll watches; and the end of epolls and of watched files.
 *
 * An epoll may watch epolls, and wake-ups run upwards through all of them, in the context of
 * whoever wakes. So before an epoll is put into another, or a file into an epoll that is watched
 * itself:
 *
 *	no loops         ep_loop_check: from the new one down, ep must not be met        -ELOOP
 *	not too deep     the whole chain is at most EP_MAX_CHAIN epolls                  -ELOOP
 *	not too many     ep_path_check: for each file below, the ways up to epolls that
 *	                 nobody watches are counted by length, and bounded               -EINVAL
 *
 * epmutex is held over the check and the insertion, so that two insertions cannot make together
 * what neither of them makes alone. Taking items away needs no check: watched epolls and ways only
 * get fewer.
 *
 * Locks: eventpoll.h. Linux's twin: fs/eventpoll.c.
 */
#include <vitrix/cred.h>
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/proc_fs.h>
#include <vitrix/rcu.h>
#include <vitrix/slab.h>
#include <generated/syscalls.h>
#include "eventpoll.h"

#define EP_MAX_CHAIN	5	/* epolls watching each other in a row; bounds the kernel stack */

/* What may go together with EPOLLEXCLUSIVE. */
#define EXCLUSIVE_OK	(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | \
			 EPOLLEXCLUSIVE)

static DEFINE_MUTEX(epmutex, LC_EPOLL_CTL);
static struct kmem_cache *epi_cache, *entry_cache;
static int max_user_watches;		/* /proc/sys/fs/epoll/max_user_watches */

/* ---------------------------------------------------------------- items */

/* Where (file, fd) is in the tree or would be. mtx held. */
static struct epitem *ep_find(struct eventpoll *ep, struct file *file, int fd,
			      struct rb_node **parent, struct rb_node ***link)
{
	struct rb_node **p = &ep->rbr.rb_node;

	*parent = NULL;
	while (*p) {
		struct epitem *epi = rb_entry(*p, struct epitem, rbn);

		if (file == epi->file && fd == epi->fd)
			return epi;
		*parent = *p;
		if (file < epi->file || (file == epi->file && fd < epi->fd))
			p = &(*p)->rb_left;
		else
			p = &(*p)->rb_right;
	}
	*link = p;
	return NULL;
}

/* What ->poll is called with when an item is new. */
struct ep_queue {
	poll_table pt;
	struct epitem *epi;
	bool no_memory;
};

/* Hangs the item on one of its file's queues. */
static void ep_ptable_queue(struct file *file, wait_queue_head_t *whead, poll_table *pt)
{
	struct ep_queue *q = container_of(pt, struct ep_queue, pt);
	struct epitem *epi = q->epi;
	struct eppoll_entry *entry = &epi->first_wait;

	if (unlikely(epi->waits)) {
		entry = kmem_cache_alloc(entry_cache, GFP_KERNEL);
		if (!entry) {
			q->no_memory = true;
			return;
		}
	}
	entry->epi = epi;
	entry->whead = whead;
	entry->wait = (struct wait_queue_entry){ .func = ep_poll_callback };
	INIT_LIST_HEAD(&entry->wait.entry);
	entry->next = epi->waits;
	epi->waits = entry;
	if (epi->event.events & EPOLLEXCLUSIVE)
		add_wait_queue_exclusive(whead, &entry->wait);
	else
		add_wait_queue(whead, &entry->wait);
}

/* After it no wake-up can reach the item. mtx held, or nobody else has ep. */
static void ep_unregister_waits(struct epitem *epi)
{
	struct eppoll_entry *entry;

	while ((entry = epi->waits)) {
		wait_queue_head_t *whead;

		epi->waits = entry->next;
		/* A queue that goes (POLLFREE) is freed a grace period after whead is NULL. */
		rcu_read_lock();
		whead = smp_load_acquire(&entry->whead);
		if (whead)
			remove_wait_queue(whead, &entry->wait);
		rcu_read_unlock();
		if (entry != &epi->first_wait)
			kmem_cache_free(entry_cache, entry);
	}
}

static void epi_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(epi_cache, container_of(head, struct epitem, rcu));
}

/* mtx held. */
static void ep_remove(struct eventpoll *ep, struct epitem *epi)
{
	ep_unregister_waits(epi);
	spin_lock(&epi->file->f_lock);
	hlist_del_init(&epi->fllink);
	spin_unlock(&epi->file->f_lock);
	rb_erase(&epi->rbn, &ep->rbr);
	spin_lock_irq(&ep->wq.lock);
	ASSERT(ep->ovflist == EP_NO_SCAN && epi->next == EP_NO_SCAN);
	list_del_init(&epi->rdllink);
	spin_unlock_irq(&ep->wq.lock);
	atomic_dec(&ep->user->epoll_watches);
	/* Walks over f_ep may still stand on it. */
	call_rcu(&epi->rcu, epi_free_rcu);
}

static void ep_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct eventpoll, rcu));
}

/* Whoever watched ep has forgotten it already: eventpoll_release_file() comes before ->release. */
void ep_free(struct eventpoll *ep)
{
	struct rb_node *node;

	ASSERT(!waitqueue_active(&ep->wq) && !waitqueue_active(&ep->poll_wait));
	/* Files that end at the same time find their items' ep through them. */
	mutex_lock(&epmutex);
	mutex_lock(&ep->mtx);
	while ((node = rb_first(&ep->rbr)))
		ep_remove(ep, rb_entry(node, struct epitem, rbn));
	mutex_unlock(&ep->mtx);
	mutex_unlock(&epmutex);
	free_uid(ep->user);
	call_rcu(&ep->rcu, ep_free_rcu);
}

/*
 * No descriptor leads to the file any more, so no new item can come and nobody but the end of its
 * epoll can take one away: that is what epmutex is for.
 */
void eventpoll_release_file(struct file *file)
{
	struct epitem *epi;

	mutex_lock(&epmutex);
	while ((epi = hlist_entry_safe(file->f_ep.first, struct epitem, fllink))) {
		struct eventpoll *ep = epi->ep;

		mutex_lock(&ep->mtx);
		ep_remove(ep, epi);
		mutex_unlock(&ep->mtx);
	}
	mutex_unlock(&epmutex);
}

/* ---------------------------------------------------------------- epolls that watch epolls */

static u64 walk_gen;			/* epmutex: number of the last walk downwards */

/*
 * Levels of epolls from ep downwards, 1 if it watches none; -ELOOP: `into` is one of them, or they
 * are too deep. epmutex held, but not into's mtx.
 */
static int ep_loop_check(struct eventpoll *ep, struct eventpoll *into, int depth)
{
	struct rb_node *node;
	int levels = 1, below;

	if (ep == into || depth >= EP_MAX_CHAIN - 1)
		return -ELOOP;
	mutex_lock(&ep->mtx);
	for (node = rb_first(&ep->rbr); node && levels > 0; node = rb_next(node)) {
		struct file *file = rb_entry(node, struct epitem, rbn)->file;

		if (!is_file_epoll(file))
			continue;
		below = ep_loop_check(file->private_data, into, depth + 1);
		levels = below < 0 ? below : max(levels, below + 1);
	}
	mutex_unlock(&ep->mtx);
	return levels;
}

/* Levels of epolls above one with these watchers, 0 if there are none. epmutex, RCU. */
static int ep_levels_above(struct hlist_head *watchers, int depth)
{
	struct epitem *epi;
	int levels = 0;

	if (depth >= EP_MAX_CHAIN)
		return 0;
	hlist_for_each_entry(epi, watchers, fllink)
		levels = max(levels, 1 + ep_levels_above(&epi->ep->file->f_ep, depth + 1));
	return levels;
}

/* May `into` watch `ep`? 0 or -ELOOP. epmutex held. */
static int ep_nesting_check(struct eventpoll *into, struct eventpoll *ep)
{
	int above, below = ep_loop_check(ep, into, 0);

	if (below < 0)
		return below;
	rcu_read_lock();
	above = ep_levels_above(&into->file->f_ep, 0);
	rcu_read_unlock();
	return above + 1 + below > EP_MAX_CHAIN ? -ELOOP : 0;
}

/*
 * How many ways of that many epolls a file may have; of one epoll: any number. A wake-up goes all
 * of them.
 */
static const int path_limits[EP_MAX_NESTS + 1] = { 0, 500, 100, 50, 10 };

static int ep_count_paths(struct hlist_head *watchers, int nests, int counts[EP_MAX_NESTS + 1])
{
	struct epitem *epi;
	int error = 0;

	if (nests > EP_MAX_NESTS)
		return -EINVAL;
	hlist_for_each_entry(epi, watchers, fllink) {
		struct hlist_head *above = &epi->ep->file->f_ep;

		if (!hlist_empty(above))
			error = ep_count_paths(above, nests + 1, counts);
		else if (nests && ++counts[nests] > path_limits[nests])
			error = -EINVAL;
		if (error)
			break;
	}
	return error;
}

/* For the file, or if it is an epoll, for all files below it. epmutex held. 0 or -EINVAL. */
static int ep_path_check(struct file *file)
{
	struct eventpoll *ep = file->private_data;
	struct rb_node *node;
	int error = 0;

	if (!is_file_epoll(file)) {
		int counts[EP_MAX_NESTS + 1] = { 0 };

		rcu_read_lock();
		error = ep_count_paths(&file->f_ep, 0, counts);
		rcu_read_unlock();
		return error;
	}
	if (ep->gen == walk_gen)
		return 0;
	ep->gen = walk_gen;
	mutex_lock(&ep->mtx);
	for (node = rb_first(&ep->rbr); node && !error; node = rb_next(node))
		error = ep_path_check(rb_entry(node, struct epitem, rbn)->file);
	mutex_unlock(&ep->mtx);
	return error;
}

/* ---------------------------------------------------------------- add, modify */

/* nested: the paths are to be checked, and epmutex is held. mtx held. */
static int ep_insert(struct eventpoll *ep, const struct epoll_event *event, struct file *file,
		     int fd, bool nested, struct rb_node *parent, struct rb_node **link)
{
	struct ep_queue q = { .pt.qproc = ep_ptable_queue };
	struct epitem *epi;
	__poll_t revents;

	if (atomic_inc_return(&ep->user->epoll_watches) > READ_ONCE(max_user_watches)) {
		atomic_dec(&ep->user->epoll_watches);
		return -ENOSPC;
	}
	epi = kmem_cache_zalloc(epi_cache, GFP_KERNEL);
	if (!epi) {
		atomic_dec(&ep->user->epoll_watches);
		return -ENOMEM;
	}
	INIT_LIST_HEAD(&epi->rdllink);
	epi->next = EP_NO_SCAN;
	epi->ep = ep;
	epi->file = file;
	epi->fd = fd;
	epi->event = *event;
	spin_lock(&file->f_lock);
	hlist_add_head(&epi->fllink, &file->f_ep);
	spin_unlock(&file->f_lock);
	rb_link_node(&epi->rbn, parent, link);
	rb_insert_color(&epi->rbn, &ep->rbr);
	if (nested) {
		walk_gen++;
		if (ep_path_check(file)) {
			ep_remove(ep, epi);
			return -EINVAL;
		}
	}
	q.epi = epi;
	revents = ep_item_poll(epi, &q.pt);
	if (q.no_memory) {
		ep_remove(ep, epi);
		return -ENOMEM;
	}
	/* point of no return */
	if (revents)
		ep_item_ready(epi);
	return 0;
}

/*
 * The new events are set before the file is asked. A wake-up for what happened before the question
 * may have looked at the old ones, but then the answer says so; one after it sees the new ones.
 */
static void ep_modify(struct epitem *epi, const struct epoll_event *event)
{
	WRITE_ONCE(epi->event.events, event->events);
	epi->event.data = event->data;
	smp_mb();
	if (ep_item_poll(epi, NULL))
		ep_item_ready(epi);
}

/* mtx held, and epmutex if nested. */
static int ep_ctl_locked(struct eventpoll *ep, int op, int fd, struct file *file,
			 struct epoll_event *event, bool nested)
{
	struct rb_node *parent, **link = NULL;
	struct epitem *epi = ep_find(ep, file, fd, &parent, &link);

	event->events |= EPOLLERR | EPOLLHUP;
	switch (op) {
	case EPOLL_CTL_ADD:
		return epi ? -EEXIST : ep_insert(ep, event, file, fd, nested, parent, link);
	case EPOLL_CTL_DEL:
		if (!epi)
			return -ENOENT;
		ep_remove(ep, epi);
		return 0;
	case EPOLL_CTL_MOD:
		if (!epi)
			return -ENOENT;
		if (epi->event.events & EPOLLEXCLUSIVE)
			return -EINVAL;
		ep_modify(epi, event);
		return 0;
	}
	return -EINVAL;
}

static int ep_ctl(struct file *epfile, int op, int fd, struct file *file, struct epoll_event *event)
{
	struct eventpoll *ep = epfile->private_data;
	bool nested;
	int error = 0;

	if (!file->f_op->poll)
		return -EPERM;
	if (epfile == file || !is_file_epoll(epfile))
		return -EINVAL;
	if (op != EPOLL_CTL_DEL && (event->events & EPOLLEXCLUSIVE) &&
	    (op == EPOLL_CTL_MOD || (op == EPOLL_CTL_ADD && (is_file_epoll(file) ||
	     (event->events & ~EXCLUSIVE_OK)))))
		return -EINVAL;
	event->events &= ~EPOLLWAKEUP;
	nested = op == EPOLL_CTL_ADD && (is_file_epoll(file) || !hlist_empty(&epfile->f_ep));
	if (unlikely(nested)) {
		mutex_lock(&epmutex);
		if (is_file_epoll(file))
			error = ep_nesting_check(ep, file->private_data);
	}
	if (!error) {
		mutex_lock(&ep->mtx);
		error = ep_ctl_locked(ep, op, fd, file, event, nested);
		mutex_unlock(&ep->mtx);
	}
	if (unlikely(nested))
		mutex_unlock(&epmutex);
	return error;
}

long __x64_sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event __user *event)
{
	struct epoll_event kevent = { 0, 0 };
	struct fd f, tf;
	long ret = -EBADF;

	if (op != EPOLL_CTL_DEL && copy_from_user(&kevent, event, sizeof(kevent)))
		return -EFAULT;
	f = fdget(epfd);
	if (!f.file)
		return -EBADF;
	tf = fdget(fd);
	if (tf.file) {
		ret = ep_ctl(f.file, op, fd, tf.file, &kevent);
		fdput(tf);
	}
	fdput(f);
	return ret;
}

/* At most a twenty-fifth of RAM for all items of one user. */
static int __init eventpoll_init(void)
{
	unsigned long watches = totalram_pages / 25 * PAGE_SIZE / sizeof(struct epitem);

	epi_cache = KMEM_CACHE(epitem, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
	entry_cache = KMEM_CACHE(eppoll_entry, SLAB_PANIC);
	max_user_watches = min(watches, 0x7fffffffUL);
	return proc_sysctl_int("fs/epoll/max_user_watches", 0644, &max_user_watches, 0, 0x7fffffff);
}
device_initcall(eventpoll_init);
