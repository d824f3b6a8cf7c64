/* SPDX-License-Identifier: MIT */
/*
 * epoll(7): waiting for many files with a cost that depends only on how many are ready.
 *
 *	something happens to a watched file
 *	  wake_up(file's queue) --> ep_poll_callback: item to ep->rdllist, wakes one of ep->wq
 *	epoll_wait
 *	  rdllist empty? sleep on ep->wq, exclusively
 *	  ep_send_events: for each item of rdllist, in turn:
 *	    asks the file (->poll) if it is really ready; if not, the item leaves the list
 *	    tells the user; level-triggered items go to the end of the list again, so that the next
 *	    call asks them first; edge-triggered ones stay off until the next wake-up
 *
 * A scan takes the whole rdllist for itself, since asking files and writing to the user cannot be
 * done under a spinlock. Wake-ups meanwhile put their items on ovflist, which the end of the scan
 * joins with what is left:
 *
 *	rdllist = ovflist, rest of the scan's list, level-triggered items that were told
 *
 * An epoll file can be watched by another: it is ready when one of its items is. How deep that may
 * go is bounded by eventpoll_ctl.c, so recursion here (ep_item_poll, ep_poll_callback) is too.
 * Locks: eventpoll.h. Called by the VFS, wake-ups, and the system call table.
 * Linux's twin: fs/eventpoll.c. Left out: EPOLLWAKEUP (nothing suspends), busy polling.
 */
#include <vitrix/anon_inodes.h>
#include <vitrix/cred.h>
#include <vitrix/hrtimer.h>
#include <vitrix/rcu.h>
#include <vitrix/signal.h>
#include <vitrix/slab.h>
#include <generated/syscalls.h>
#include "eventpoll.h"

/* ---------------------------------------------------------------- what becomes ready */

static bool ep_events_available(struct eventpoll *ep)
{
	return !list_empty(&ep->rdllist) || READ_ONCE(ep->ovflist) != EP_NO_SCAN;
}

/* Without the lock both look empty at the moment when a scan takes the list or gives it back. */
static bool ep_events_available_surely(struct eventpoll *ep)
{
	bool yes;

	spin_lock_irq(&ep->wq.lock);
	yes = ep_events_available(ep);
	spin_unlock_irq(&ep->wq.lock);
	return yes;
}

/* wq.lock held. */
static void ep_wake_one(struct eventpoll *ep)
{
	if (waitqueue_active(&ep->wq))
		__wake_up_locked(&ep->wq, TASK_NORMAL, 1, NULL);
}

/* Whoever watches this epoll: poll(2), other epolls. Under no lock but those of watched queues. */
void ep_poll_safewake(struct eventpoll *ep)
{
	wake_up_poll(&ep->poll_wait, EPOLLIN);
}

void ep_item_ready(struct epitem *epi)
{
	struct eventpoll *ep = epi->ep;
	bool watched = false;

	spin_lock_irq(&ep->wq.lock);
	ASSERT(ep->ovflist == EP_NO_SCAN);	/* we hold mtx */
	if (list_empty(&epi->rdllink)) {
		list_add_tail(&epi->rdllink, &ep->rdllist);
		ep_wake_one(ep);
		watched = waitqueue_active(&ep->poll_wait);
	}
	spin_unlock_irq(&ep->wq.lock);
	if (watched)
		ep_poll_safewake(ep);
}

/*
 * EPOLLEXCLUSIVE: did the wake-up serve somebody here, so that no other epoll need be woken? Not if
 * it said only "readable" and the item waits for "writable".
 */
static bool exclusive_served(__poll_t wanted, __poll_t events)
{
	switch (events & (EPOLLIN | EPOLLOUT)) {
	case EPOLLIN:
		return wanted & EPOLLIN;
	case EPOLLOUT:
		return wanted & EPOLLOUT;
	case 0:
		return true;
	}
	return false;
}

/*
 * A watched file's queue is woken; its lock is held, interrupts are off. key: the events, or 0 if
 * the waker does not say.
 */
int ep_poll_callback(struct wait_queue_entry *wait, unsigned int mode, void *key)
{
	struct eppoll_entry *entry = container_of(wait, struct eppoll_entry, wait);
	struct epitem *epi = entry->epi;
	struct eventpoll *ep = epi->ep;
	__poll_t events = (unsigned long)key, wanted;
	bool woken = false, watched = false;

	spin_lock(&ep->wq.lock);
	wanted = READ_ONCE(epi->event.events);
	if (!(wanted & ~EP_PRIVATE_BITS) || (events && !(events & wanted)))
		goto out;
	if (unlikely(ep->ovflist != EP_NO_SCAN)) {
		if (epi->next == EP_NO_SCAN) {
			epi->next = ep->ovflist;
			ep->ovflist = epi;
		}
	} else if (list_empty(&epi->rdllink)) {
		list_add_tail(&epi->rdllink, &ep->rdllist);
	}
	if (waitqueue_active(&ep->wq)) {
		woken = exclusive_served(wanted, events);
		ep_wake_one(ep);
	}
	watched = waitqueue_active(&ep->poll_wait);
out:
	spin_unlock(&ep->wq.lock);
	if (watched)
		ep_poll_safewake(ep);
	if (unlikely(events & POLLFREE)) {
		list_del_init(&wait->entry);
		/* The entry may be freed once this is seen: ep_unregister_waits(). */
		smp_store_release(&entry->whead, NULL);
	}
	return woken || !(wanted & EPOLLEXCLUSIVE);
}

/* ---------------------------------------------------------------- scanning the ready list */

/* mtx held. txlist gets the items. */
static void ep_start_scan(struct eventpoll *ep, struct list_head *txlist)
{
	spin_lock_irq(&ep->wq.lock);
	list_splice_init(&ep->rdllist, txlist);
	WRITE_ONCE(ep->ovflist, NULL);
	spin_unlock_irq(&ep->wq.lock);
}

static void ep_done_scan(struct eventpoll *ep, struct list_head *txlist)
{
	struct epitem *epi, *next;

	spin_lock_irq(&ep->wq.lock);
	/* The newest is first on ovflist, and each goes to the head: the order comes out right. */
	for (epi = ep->ovflist; unlikely(epi); epi = next) {
		next = epi->next;
		epi->next = EP_NO_SCAN;
		if (list_empty(&epi->rdllink))
			list_add(&epi->rdllink, &ep->rdllist);
	}
	WRITE_ONCE(ep->ovflist, EP_NO_SCAN);
	if (unlikely(!list_empty(txlist)))
		list_splice_init(txlist, &ep->rdllist);
	if (!list_empty(&ep->rdllist))
		ep_wake_one(ep);
	spin_unlock_irq(&ep->wq.lock);
}

/* Is one of the items ready? Those that are not leave the list. */
static __poll_t __ep_eventpoll_poll(struct file *file, poll_table *pt)
{
	struct eventpoll *ep = file->private_data;
	struct epitem *epi, *next;
	LIST_HEAD(txlist);
	__poll_t ret = 0;

	poll_wait(file, &ep->poll_wait, pt);
	mutex_lock(&ep->mtx);
	ep_start_scan(ep, &txlist);
	list_for_each_entry_safe(epi, next, &txlist, rdllink) {
		if (ep_item_poll(epi, NULL)) {
			ret = EPOLLIN | EPOLLRDNORM;
			break;
		}
		list_del_init(&epi->rdllink);
	}
	ep_done_scan(ep, &txlist);
	mutex_unlock(&ep->mtx);
	return ret;
}

__poll_t ep_item_poll(struct epitem *epi, poll_table *pt)
{
	__poll_t events = epi->event.events;

	if (pt)
		pt->key = events;
	return vfs_poll(epi->file, pt) & events;
}

/* A struct epoll_event, which is packed. 0 or -EFAULT. */
static inline int ep_put_event(void __user *to, __poll_t events, u64 data)
{
	static_assert(sizeof(struct epoll_event) == sizeof(events) + sizeof(data), "packed");
	if (put_user(events, (__poll_t *)to))
		return -EFAULT;
	return put_user(data, (u64 *)(to + sizeof(events)));
}

/* How many were told, maybe 0; -EFAULT, -EINTR if it was killed. */
static int ep_send_events(struct eventpoll *ep, struct epoll_event __user *to, int maxevents)
{
	struct epitem *epi, *next;
	LIST_HEAD(txlist);
	int count = 0;

	/* A task that will die must not be kept busy here by files that are always ready. The
	 * wake-up that it got may be the only one. */
	if (fatal_signal_pending(current)) {
		spin_lock_irq(&ep->wq.lock);
		if (ep_events_available(ep))
			ep_wake_one(ep);
		spin_unlock_irq(&ep->wq.lock);
		return -EINTR;
	}
	mutex_lock(&ep->mtx);
	ep_start_scan(ep, &txlist);
	list_for_each_entry_safe(epi, next, &txlist, rdllink) {
		__poll_t revents;

		if (count >= maxevents)
			break;
		/* Off the list first: an event after the question below puts it on again. */
		list_del_init(&epi->rdllink);
		revents = ep_item_poll(epi, NULL);
		if (!revents)
			continue;
		if (unlikely(ep_put_event(&to[count], revents, epi->event.data))) {
			list_add(&epi->rdllink, &txlist);
			count = count ? count : -EFAULT;
			break;
		}
		count++;
		if (epi->event.events & EPOLLONESHOT)
			epi->event.events &= EP_PRIVATE_BITS;
		else if (!(epi->event.events & EPOLLET))
			/* Nobody else touches rdllist during a scan. */
			list_add_tail(&epi->rdllink, &ep->rdllist);
	}
	ep_done_scan(ep, &txlist);
	mutex_unlock(&ep->mtx);
	return count;
}

/* ---------------------------------------------------------------- waiting */

/* Takes the entry off even if the task was awake: who finds it off knows that it was meant. */
static int ep_autoremove_wake(struct wait_queue_entry *wait, unsigned int mode, void *key)
{
	bool woken = try_to_wake_up(wait->private, mode);

	list_del_init(&wait->entry);
	return woken;
}

/*
 * Sleeps until something may be ready, a signal or the deadline. true: time is over, and nobody
 * woke us.
 */
static bool ep_sleep(struct eventpoll *ep, ktime_t deadline)
{
	DEFINE_WAIT_FUNC(wait, ep_autoremove_wake);
	bool over = false;

	wait.flags = WQ_FLAG_EXCLUSIVE;
	spin_lock_irq(&ep->wq.lock);
	/* Under the lock: a wake-up comes either before, and is seen here, or finds us asleep. */
	if (ep_events_available(ep)) {
		spin_unlock_irq(&ep->wq.lock);
		return false;
	}
	set_current_state(TASK_INTERRUPTIBLE);
	list_add_tail(&wait.entry, &ep->wq.head);
	spin_unlock_irq(&ep->wq.lock);
	current->wait_name = "epoll";
	over = schedule_hrtimeout(deadline) == 0;
	current->wait_name = NULL;
	__set_current_state(TASK_RUNNING);
	spin_lock_irq(&ep->wq.lock);
	/*
	 * A wake-up that chose us at the last moment must not be lost: no other sleeper got it. So
	 * one more look at the list.
	 */
	if (list_empty(&wait.entry))
		over = false;
	else
		list_del_init(&wait.entry);
	spin_unlock_irq(&ep->wq.lock);
	return over;
}

/* deadline: KTIME_MAX for ever, 0 not at all. Events told, 0 when time is over, -EINTR, -EFAULT. */
static int ep_poll(struct eventpoll *ep, struct epoll_event __user *events, int maxevents,
		   ktime_t deadline)
{
	bool over = !deadline;
	int ret;

	for (;;) {
		if (ep_events_available(ep) || (over && ep_events_available_surely(ep))) {
			ret = ep_send_events(ep, events, maxevents);
			if (ret)
				return ret;
		}
		if (over)
			return 0;
		if (signal_pending(current))
			return -EINTR;
		over = ep_sleep(ep, deadline);
	}
}

static long do_epoll_wait(int epfd, struct epoll_event __user *events, int maxevents,
			  ktime_t deadline)
{
	struct fd f;
	long ret = -EINVAL;

	if (maxevents <= 0 || maxevents > EP_MAX_EVENTS)
		return -EINVAL;
	if (!access_ok(events, maxevents * sizeof(*events)))
		return -EFAULT;
	f = fdget(epfd);
	if (unlikely(!f.file))
		return -EBADF;
	if (likely(is_file_epoll(f.file)))
		ret = ep_poll(f.file->private_data, events, maxevents, deadline);
	fdput(f);
	return ret;
}

static ktime_t deadline_from_ms(int ms)
{
	if (ms <= 0)
		return ms ? KTIME_MAX : 0;
	return ktime_add_safe(ktime_get(), ms * NSEC_PER_MSEC);
}

long __x64_sys_epoll_wait(int epfd, struct epoll_event __user *events, int maxevents, int timeout)
{
	return do_epoll_wait(epfd, events, maxevents, deadline_from_ms(timeout));
}

static long do_epoll_pwait(int epfd, struct epoll_event __user *events, int maxevents,
			   ktime_t deadline, const unsigned long __user *sigmask, size_t sigsetsize)
{
	long ret = set_user_sigmask(sigmask, sigsetsize);

	if (ret)
		return ret;
	ret = do_epoll_wait(epfd, events, maxevents, deadline);
	restore_saved_sigmask_unless(ret == -EINTR);
	return ret;
}

long __x64_sys_epoll_pwait(int epfd, struct epoll_event __user *events, int maxevents, int timeout,
			   const unsigned long __user *sigmask, size_t sigsetsize)
{
	return do_epoll_pwait(epfd, events, maxevents, deadline_from_ms(timeout), sigmask,
			      sigsetsize);
}

long __x64_sys_epoll_pwait2(int epfd, struct epoll_event __user *events, int maxevents,
			    const struct __kernel_timespec __user *timeout,
			    const unsigned long __user *sigmask, size_t sigsetsize)
{
	ktime_t deadline = KTIME_MAX;
	struct timespec64 ts;

	if (timeout) {
		if (get_timespec64(&ts, timeout))
			return -EFAULT;
		if (!timespec64_valid(&ts))
			return -EINVAL;
		deadline = 0;
		if (ts.tv_sec || ts.tv_nsec)
			deadline = ktime_add_safe(ktime_get(), timespec64_to_ktime(ts));
	}
	return do_epoll_pwait(epfd, events, maxevents, deadline, sigmask, sigsetsize);
}

/* ---------------------------------------------------------------- the file */

static __poll_t ep_eventpoll_poll(struct file *file, poll_table *pt)
{
	return __ep_eventpoll_poll(file, pt);
}

static int ep_eventpoll_release(struct inode *inode, struct file *file)
{
	ep_free(file->private_data);
	return 0;
}

static void ep_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct eventpoll *ep = file->private_data;
	struct rb_node *node;

	mutex_lock(&ep->mtx);
	for (node = rb_first(&ep->rbr); node; node = rb_next(node)) {
		struct epitem *epi = rb_entry(node, struct epitem, rbn);
		struct inode *inode = file_inode(epi->file);

		seq_printf(m, "tfd: %8d events: %8x data: %16llx  pos:%lld ino:%lx sdev:%x\n",
			   epi->fd, epi->event.events, (unsigned long long)epi->event.data,
			   (long long)epi->file->f_pos, (unsigned long)inode->i_ino,
			   (unsigned int)inode->i_sb->s_dev);
	}
	mutex_unlock(&ep->mtx);
}

const struct file_operations eventpoll_fops = {
	.llseek = noop_llseek,
	.poll = ep_eventpoll_poll,
	.release = ep_eventpoll_release,
	.show_fdinfo = ep_show_fdinfo,
};

static struct eventpoll *ep_alloc(void)
{
	struct eventpoll *ep = kzalloc(sizeof(*ep), GFP_KERNEL);

	if (!ep)
		return NULL;
	mutex_init(&ep->mtx, LC_EPOLL);
	init_waitqueue_head(&ep->wq);
	spin_lock_init(&ep->wq.lock, LC_EPOLL_WQ);
	init_waitqueue_head(&ep->poll_wait);
	spin_lock_init(&ep->poll_wait.lock, LC_EPOLL_POLL);
	INIT_LIST_HEAD(&ep->rdllist);
	ep->rbr = RB_ROOT;
	ep->ovflist = EP_NO_SCAN;
	ep->user = get_uid(current_cred()->user);
	return ep;
}

long __x64_sys_epoll_create1(int flags)
{
	struct eventpoll *ep;
	struct file *file;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	ep = ep_alloc();
	if (!ep)
		return -ENOMEM;
	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd < 0)
		goto free;
	file = anon_inode_getfile("[eventpoll]", &eventpoll_fops, ep, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
		goto free;
	}
	/* point of no return */
	ep->file = file;
	fd_install(fd, file);
	return fd;
free:
	ep_free(ep);
	return fd;
}

long __x64_sys_epoll_create(int size)
{
	return size <= 0 ? -EINVAL : __x64_sys_epoll_create1(0);
}
