/* SPDX-License-Identifier: MIT */
/*
 * Waiting for several files at once: poll(2), ppoll(2), and what select(2) and pselect6(2) of
 * select_calls.c stand on.
 *
 *	round 1    ask each file; ->poll hangs an entry on the wait queues that matter
 *	sleep      until one of the entries is called back (triggered), a signal or the deadline
 *	round 2..  ask again, hanging nothing more on; until something is ready
 *
 *	task's stack: struct poll_wqueues --inline_entries[]--> on wait queues of pipes, ttys ...
 *	                                  --more-------------> further blocks of entries
 *
 * As soon as one file is ready there will be no sleep, and the others are only asked. An entry
 * holds a reference to its file, which keeps the wait queue alive. `triggered` is set by wakers
 * under their queue's lock and cleared by the task before the next round. Called by the system call
 * table; epoll has its own machine. Linux's twin: fs/select.c.
 */
#include <vitrix/poll.h>
#include <vitrix/slab.h>
#include <vitrix/signal.h>
#include <vitrix/hrtimer.h>
#include <vitrix/rcu.h>
#include <vitrix/string.h>
#include <linux/personality.h>
#include <linux/time.h>
#include <vitrix/compat.h>
#include <generated/syscalls.h>
#include "select.h"

#define NR_INLINE_ENTRIES	8
#define NR_BLOCK_ENTRIES	63
#define NR_STACK_POLLFDS	32
#define STACK_SET_WORDS		4	/* of each of select's six bitmaps: 256 descriptors */

struct poll_entry {
	struct poll_wqueues *pwq;
	struct file *file;
	wait_queue_head_t *wq;
	__poll_t key;
	struct wait_queue_entry wait;
};

struct poll_block {
	struct poll_block *next;
	unsigned int used;
	struct poll_entry entries[NR_BLOCK_ENTRIES];
};

struct poll_wqueues {
	poll_table pt;
	struct task_struct *task;
	bool triggered;
	int error;		/* -ENOMEM: an entry could not be hung on */
	unsigned int used;
	struct poll_block *more;
	struct poll_entry inline_entries[NR_INLINE_ENTRIES];
};

/* ---------------------------------------------------------------- the sleeping machine */

static int pollwake(struct wait_queue_entry *wait, unsigned int mode, void *key)
{
	struct poll_entry *entry = container_of(wait, struct poll_entry, wait);
	struct task_struct *task = entry->pwq->task;

	if (key && !((unsigned long)key & entry->key))
		return 0;
	WRITE_ONCE(entry->pwq->triggered, true);
	smp_mb();		/* pairs with set_current_state() in poll_sleep() */
	return try_to_wake_up(task, mode);
}

static struct poll_entry *new_entry(struct poll_wqueues *pwq)
{
	struct poll_block *block = pwq->more;

	if (pwq->used < NR_INLINE_ENTRIES)
		return &pwq->inline_entries[pwq->used++];
	if (!block || block->used == NR_BLOCK_ENTRIES) {
		block = kmalloc(sizeof(*block), GFP_USER);
		if (!block) {
			pwq->error = -ENOMEM;
			return NULL;
		}
		block->used = 0;
		block->next = pwq->more;
		pwq->more = block;
	}
	return &block->entries[block->used++];
}

static void poll_hang_on(struct file *file, wait_queue_head_t *wq, poll_table *pt)
{
	struct poll_wqueues *pwq = container_of(pt, struct poll_wqueues, pt);
	struct poll_entry *entry = new_entry(pwq);

	if (!entry)
		return;
	entry->pwq = pwq;
	entry->file = get_file(file);
	entry->wq = wq;
	entry->key = pt->key;
	entry->wait.func = pollwake;
	entry->wait.private = NULL;
	INIT_LIST_HEAD(&entry->wait.entry);
	add_wait_queue(wq, &entry->wait);
}

static void poll_initwait(struct poll_wqueues *pwq)
{
	pwq->pt.qproc = poll_hang_on;
	pwq->pt.key = ~0u;
	pwq->task = current;
	pwq->triggered = false;
	pwq->error = 0;
	pwq->used = 0;
	pwq->more = NULL;
}

static void free_entry(struct poll_entry *entry)
{
	remove_wait_queue(entry->wq, &entry->wait);
	fput(entry->file);
}

static void poll_freewait(struct poll_wqueues *pwq)
{
	struct poll_block *block;

	for (unsigned int i = 0; i < pwq->used; i++)
		free_entry(&pwq->inline_entries[i]);
	while ((block = pwq->more)) {
		pwq->more = block->next;
		for (unsigned int i = 0; i < block->used; i++)
			free_entry(&block->entries[i]);
		kfree(block);
	}
}

/* deadline: ktime, KTIME_MAX for ever. true: it is over. */
static bool poll_sleep(struct poll_wqueues *pwq, ktime_t deadline)
{
	bool over = false;

	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(pwq->triggered))
		over = schedule_hrtimeout(deadline) == 0;
	__set_current_state(TASK_RUNNING);
	/* Cleared before the files are asked again: a waker after that sets it anew. */
	WRITE_ONCE(pwq->triggered, false);
	smp_mb();
	return over;
}

/*
 * Between two rounds. *count is what the round found, *over whether this was the last one. true: go
 * on with another round.
 */
static bool __sched poll_next_round(struct poll_wqueues *pwq, ktime_t deadline, long *count,
				    bool *over)
{
	pwq->pt.qproc = NULL;
	if (*count)
		return false;
	if (pwq->error)
		*count = pwq->error;
	else if (signal_pending(current))
		*count = -ERESTARTNOHAND;
	if (*count || *over)
		return false;
	*over = poll_sleep(pwq, deadline);
	return true;
}

/* ---------------------------------------------------------------- time limits and signal masks */

/* The user's relative time. -EINVAL. */
int limit_from_timespec(struct poll_limit *limit, const struct timespec64 *ts)
{
	if (!timespec64_valid(ts))
		return -EINVAL;
	limit->given = true;
	limit->deadline = 0;
	if (ts->tv_sec || ts->tv_nsec)
		limit->deadline = ktime_add_safe(ktime_get(), timespec64_to_ktime(*ts));
	return 0;
}

int get_poll_limit(struct poll_limit *limit, const void *uts, bool time32)
{
	struct timespec64 ts;

	*limit = (struct poll_limit){ .deadline = KTIME_MAX };
	if (!uts)
		return 0;
	if (get_timespec(&ts, uts, time32))
		return -EFAULT;
	return limit_from_timespec(limit, &ts);
}

static int put_limit(const struct timespec64 *left, void *utime, enum time_form form)
{
	struct __kernel_old_timeval tv = { left->tv_sec, left->tv_nsec / 1000 };
	struct old_timeval32 tv32 = { tv.tv_sec, tv.tv_usec };

	switch (form) {
	case FORM_TIMEVAL:
		return copy_to_user(utime, &tv, sizeof(tv)) ? -EFAULT : 0;
	case FORM_TIMEVAL32:
		return copy_to_user(utime, &tv32, sizeof(tv32)) ? -EFAULT : 0;
	default:
		return put_timespec(left, utime, form == FORM_TIMESPEC32);
	}
}

/*
 * Linux hands back the time that was left. Where it cannot be written (constant memory), or the
 * personality says so, the call must not be restarted with the full time: EINTR.
 */
long write_back_limit(const struct poll_limit *limit, void *utime, enum time_form form, long ret)
{
	struct timespec64 left = { 0, 0 };
	ktime_t now;
	int error;

	if (!utime)
		return ret;
	if (current->personality & STICKY_TIMEOUTS)
		goto sticky;
	if (!limit->deadline)
		return ret;
	now = ktime_get();
	if (limit->deadline > now)
		left = ns_to_timespec64(limit->deadline - now);
	error = put_limit(&left, utime, form);
	if (!error)
		return ret;
sticky:
	return ret == -ERESTARTNOHAND ? -EINTR : ret;
}

/* ---------------------------------------------------------------- poll */

/* Events that are ready, of those asked for and the ones that are always told. */
static __poll_t poll_one(struct pollfd *pfd, poll_table *pt)
{
	__poll_t filter = (u16)pfd->events | EPOLLERR | EPOLLHUP, mask;
	struct fd f;

	if (pfd->fd < 0)
		return 0;
	f = fdget(pfd->fd);
	if (!f.file)
		return POLLNVAL;
	pt->key = filter;
	mask = vfs_poll(f.file, pt) & filter;
	fdput(f);
	return mask;
}

/* Fills revents. How many entries have some, 0 when time is over, -ERESTARTNOHAND, -ENOMEM. */
static long do_poll(struct pollfd *fds, unsigned int nfds, ktime_t deadline)
{
	struct poll_wqueues pwq;
	bool over = !deadline;
	long count;

	poll_initwait(&pwq);
	if (over)
		pwq.pt.qproc = NULL;
	do {
		count = 0;
		for (unsigned int i = 0; i < nfds; i++) {
			__poll_t mask = poll_one(&fds[i], &pwq.pt);

			fds[i].revents = mask;
			if (mask) {
				count++;
				pwq.pt.qproc = NULL;
			}
		}
	} while (poll_next_round(&pwq, deadline, &count, &over));
	poll_freewait(&pwq);
	return count;
}

static long do_sys_poll(struct pollfd *ufds, unsigned int nfds, ktime_t deadline)
{
	struct pollfd on_stack[NR_STACK_POLLFDS], *fds = on_stack;
	long ret;

	if (nfds > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (nfds > NR_STACK_POLLFDS) {
		fds = kvmalloc(nfds * sizeof(*fds), GFP_USER);
		if (!fds)
			return -ENOMEM;
	}
	ret = -EFAULT;
	if (nfds && copy_from_user(fds, ufds, nfds * sizeof(*fds)))
		goto out;
	ret = do_poll(fds, nfds, deadline);
	for (unsigned int i = 0; i < nfds; i++)
		if (put_user(fds[i].revents, &ufds[i].revents)) {
			ret = -EFAULT;
			break;
		}
out:
	if (fds != on_stack)
		kvfree(fds);
	return ret;
}

static long poll_restart(struct restart_block *block);

/* After a stop or another signal without a handler poll goes on, towards the same deadline. */
static long poll_or_restart(struct pollfd *ufds, unsigned int nfds, ktime_t deadline)
{
	struct restart_block *block = &current->restart_block;
	long ret = do_sys_poll(ufds, nfds, deadline);

	if (ret != -ERESTARTNOHAND)
		return ret;
	block->fn = poll_restart;
	block->poll.ufds = ufds;
	block->poll.nfds = nfds;
	block->poll.has_timeout = deadline != KTIME_MAX;
	block->poll.deadline = deadline;
	return -ERESTART_RESTARTBLOCK;
}

static long poll_restart(struct restart_block *block)
{
	return poll_or_restart(block->poll.ufds, block->poll.nfds, block->poll.deadline);
}

long __x64_sys_poll(struct pollfd __user *ufds, unsigned int nfds, int timeout_msecs)
{
	ktime_t deadline = KTIME_MAX;

	if (!timeout_msecs)
		deadline = 0;
	else if (timeout_msecs > 0)
		deadline = ktime_add_safe(ktime_get(), timeout_msecs * NSEC_PER_MSEC);
	return poll_or_restart(ufds, nfds, deadline);
}

static long do_ppoll(struct pollfd *ufds, unsigned int nfds, void *tsp, const void *sigmask,
		     size_t sigsetsize, bool time32)
{
	struct poll_limit limit;
	long ret = get_poll_limit(&limit, tsp, time32);

	if (!ret)
		ret = set_user_sigmask(sigmask, sigsetsize);
	if (ret)
		return ret;
	ret = do_sys_poll(ufds, nfds, limit.deadline);
	restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	return write_back_limit(&limit, tsp, time32 ? FORM_TIMESPEC32 : FORM_TIMESPEC, ret);
}

long __x64_sys_ppoll(struct pollfd __user *ufds, unsigned int nfds,
		     struct __kernel_timespec __user *tsp,
		     const unsigned long __user *sigmask, size_t sigsetsize)
{
	return do_ppoll(ufds, nfds, tsp, sigmask, sigsetsize, false);
}

long __ia32_sys_ppoll_time32(struct pollfd __user *ufds, unsigned int nfds,
			     struct old_timespec32 __user *tsp,
			     const unsigned long __user *sigmask, size_t sigsetsize)
{
	return do_ppoll(ufds, nfds, tsp, sigmask, sigsetsize, true);
}

/* ---------------------------------------------------------------- select */

/* What makes a descriptor count as readable, writable, exceptional. */
static const __poll_t set_events[NR_SETS] = {
	EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLNVAL,
	EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR | EPOLLNVAL,
	EPOLLPRI | EPOLLNVAL,
};

struct select_sets {
	unsigned long *want[NR_SETS], *got[NR_SETS];
	unsigned int words;
};

static inline unsigned long wanted_bits(const struct select_sets *s, unsigned int w)
{
	return s->want[SET_IN][w] | s->want[SET_OUT][w] | s->want[SET_EX][w];
}

/* One above the highest descriptor asked for, or -EBADF if one of them is not open. */
static int select_limit(const struct select_sets *s, unsigned int n)
{
	struct fdtable *fdt;
	int limit = 0;

	rcu_read_lock();
	fdt = rcu_dereference(current->files->fdt);
	for (unsigned int w = 0; w < s->words; w++) {
		unsigned long bits = wanted_bits(s, w);

		if (n - w * BITS_PER_LONG < BITS_PER_LONG)
			bits &= BIT(n % BITS_PER_LONG) - 1;
		if (!bits)
			continue;
		if (w * BITS_PER_LONG >= fdt->max_fds || (bits & ~READ_ONCE(fdt->open_fds[w]))) {
			limit = -EBADF;
			break;
		}
		limit = w * BITS_PER_LONG + fls64(bits);
	}
	rcu_read_unlock();
	return limit;
}

/* Asks one descriptor; sets its bits in got, returns how many. */
static int select_one(struct select_sets *s, unsigned int fd, poll_table *pt)
{
	unsigned int w = fd / BITS_PER_LONG;
	unsigned long bit = BIT(fd % BITS_PER_LONG);
	__poll_t mask = EPOLLNVAL;
	struct fd f = fdget(fd);
	int count = 0;

	if (f.file) {
		pt->key = set_events[SET_EX];
		if (s->want[SET_IN][w] & bit)
			pt->key |= set_events[SET_IN];
		if (s->want[SET_OUT][w] & bit)
			pt->key |= set_events[SET_OUT];
		mask = vfs_poll(f.file, pt);
		fdput(f);
	}
	for (int i = 0; i < NR_SETS; i++)
		if ((s->want[i][w] & bit) && (mask & set_events[i])) {
			s->got[i][w] |= bit;
			count++;
		}
	if (count)
		pt->qproc = NULL;
	return count;
}

/* Bits set in got, which is zeroed; 0 when time is over, -ERESTARTNOHAND, -EBADF, -ENOMEM. */
static noinline long do_select(struct select_sets *s, unsigned int n, ktime_t deadline)
{
	struct poll_wqueues pwq;
	bool over = !deadline;
	int limit = select_limit(s, n);
	long count;

	if (limit < 0)
		return limit;
	poll_initwait(&pwq);
	if (over)
		pwq.pt.qproc = NULL;
	do {
		count = 0;
		for (unsigned int w = 0; w * BITS_PER_LONG < limit; w++) {
			unsigned long bits = wanted_bits(s, w);

			for (; bits; bits &= bits - 1) {
				unsigned int fd = w * BITS_PER_LONG + __ffs(bits);

				if (fd < limit)
					count += select_one(s, fd, &pwq.pt);
			}
		}
	} while (poll_next_round(&pwq, deadline, &count, &over));
	poll_freewait(&pwq);
	return count;
}

/* word: bytes of a word of the user's bitmaps, no more of which are touched than n bits need. */
long core_sys_select(int n, void *const usets[NR_SETS], ktime_t deadline, size_t word)
{
	unsigned long on_stack[2 * NR_SETS * STACK_SET_WORDS], *bits = on_stack;
	struct select_sets s;
	unsigned int max_fds;
	size_t bytes, ubytes;
	long ret;

	if (n < 0)
		return -EINVAL;
	/* Like Linux, do not look at descriptors above the size of the table. */
	rcu_read_lock();
	max_fds = rcu_dereference(current->files->fdt)->max_fds;
	rcu_read_unlock();
	n = min_t(unsigned int, n, max_fds);
	s.words = BITS_TO_LONGS(n);
	bytes = s.words * sizeof(long);
	ubytes = DIV_ROUND_UP(n, word * 8) * word;
	if (s.words > STACK_SET_WORDS) {
		bits = kvmalloc(2 * NR_SETS * bytes, GFP_USER);
		if (!bits)
			return -ENOMEM;
	}
	memset(bits, 0, 2 * NR_SETS * bytes);
	ret = -EFAULT;
	for (int i = 0; i < NR_SETS; i++) {
		s.want[i] = bits + i * s.words;
		s.got[i] = bits + (NR_SETS + i) * s.words;
		if (usets[i] && copy_from_user(s.want[i], usets[i], ubytes))
			goto out;
	}
	ret = do_select(&s, n, deadline);
	if (ret < 0)
		goto out;
	if (!ret && signal_pending(current)) {
		ret = -ERESTARTNOHAND;
		goto out;
	}
	for (int i = 0; i < NR_SETS; i++)
		if (usets[i] && copy_to_user(usets[i], s.got[i], ubytes))
			ret = -EFAULT;
out:
	if (bits != on_stack)
		kvfree(bits);
	return ret;
}
