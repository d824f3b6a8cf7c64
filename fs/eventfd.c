/* SPDX-License-Identifier: MIT */
/*
 * eventfd(2): a counter of 64 bits with a wait queue. write(2) adds to it, read(2) takes all of it
 * (or one, with EFD_SEMAPHORE); who reads 0 or would bring it above 2^64 - 2 sleeps.
 *
 * wqh.lock protects the counter. It is never held while user memory is touched: a value that was
 * taken and could not be stored is lost, as on Linux. Called by the VFS and the system call table.
 * Linux's twin: fs/eventfd.c. Left out: eventfd_signal() and kin, which the kernel itself uses.
 */
#include <vitrix/anon_inodes.h>
#include <vitrix/eventpoll.h>
#include <vitrix/poll.h>
#include <vitrix/slab.h>
#include <generated/syscalls.h>

#define EFD_SEMAPHORE	1		/* <sys/eventfd.h>: no header of the ABI has it */
#define EFD_FLAGS_SET	(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE)
#define EVENTFD_MAX	(~0UL - 1)

struct eventfd_ctx {
	wait_queue_head_t wqh;
	u64 count;			/* wqh.lock */
	bool semaphore;
	int id;				/* for fdinfo */
};

static atomic_t last_id = ATOMIC_INIT(-1);

static ssize_t eventfd_read_one(struct file *file, struct iov_iter *to)
{
	struct eventfd_ctx *ctx = file->private_data;
	u64 value;

	if (iov_iter_count(to) < sizeof(value))
		return -EINVAL;
	spin_lock_irq(&ctx->wqh.lock);
	if (!ctx->count) {
		long error = -EAGAIN;

		if (!(file->f_flags & O_NONBLOCK))
			error = wait_event_interruptible_locked_irq(&ctx->wqh, ctx->count);
		if (error) {
			spin_unlock_irq(&ctx->wqh.lock);
			return error;
		}
	}
	value = ctx->semaphore ? 1 : ctx->count;
	WRITE_ONCE(ctx->count, ctx->count - value);
	if (waitqueue_active(&ctx->wqh))
		wake_up_locked_poll(&ctx->wqh, EPOLLOUT);
	spin_unlock_irq(&ctx->wqh.lock);
	return copy_to_iter(&value, sizeof(value), to) == sizeof(value) ? (ssize_t)sizeof(value)
									 : -EFAULT;
}

/* Of all the segments of a readv(2) together eight bytes are filled. */
static ssize_t eventfd_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	return eventfd_read_one(file, to);
}

static ssize_t eventfd_write_one(struct file *file, struct iov_iter *from)
{
	struct eventfd_ctx *ctx = file->private_data;
	long error = 0;
	u64 value;

	if (iov_iter_count(from) < sizeof(value))
		return -EINVAL;
	if (copy_from_iter(&value, sizeof(value), from) != sizeof(value))
		return -EFAULT;
	if (value > EVENTFD_MAX)
		return -EINVAL;
	spin_lock_irq(&ctx->wqh.lock);
	if (EVENTFD_MAX - ctx->count < value) {
		error = -EAGAIN;
		if (!(file->f_flags & O_NONBLOCK))
			error = wait_event_interruptible_locked_irq(
				&ctx->wqh, EVENTFD_MAX - ctx->count >= value);
	}
	if (!error) {
		WRITE_ONCE(ctx->count, ctx->count + value);
		if (waitqueue_active(&ctx->wqh))
			wake_up_locked_poll(&ctx->wqh, EPOLLIN);
	}
	spin_unlock_irq(&ctx->wqh.lock);
	return error ? error : (ssize_t)sizeof(value);
}

static ssize_t eventfd_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	if (likely(from->seg_left >= from->count))
		return eventfd_write_one(file, from);
	return anon_each_segment(file, from, eventfd_write_one);
}

/*
 * The counter is looked at after the caller is on the queue: a change from then on wakes it. The
 * queue's lock, taken for that, orders the two.
 */
static __poll_t eventfd_poll(struct file *file, poll_table *wait)
{
	struct eventfd_ctx *ctx = file->private_data;
	__poll_t events = 0;
	u64 count;

	poll_wait(file, &ctx->wqh, wait);
	count = READ_ONCE(ctx->count);
	if (count > 0)
		events |= EPOLLIN;
	if (count < EVENTFD_MAX)
		events |= EPOLLOUT;
	return events;
}

static void eventfd_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct eventfd_ctx *ctx = file->private_data;

	seq_printf(m, "eventfd-count: %16llx\n", READ_ONCE(ctx->count));
	seq_printf(m, "eventfd-id: %d\n", ctx->id);
}

static int eventfd_release(struct inode *inode, struct file *file)
{
	struct eventfd_ctx *ctx = file->private_data;

	ASSERT(!waitqueue_active(&ctx->wqh));
	kfree(ctx);
	return 0;
}

static const struct file_operations eventfd_fops = {
	.llseek = noop_llseek,
	.read_iter = eventfd_read,
	.write_iter = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
	.show_fdinfo = eventfd_show_fdinfo,
};

long __x64_sys_eventfd2(unsigned int count, int flags)
{
	struct eventfd_ctx *ctx;
	int fd;

	if (flags & ~EFD_FLAGS_SET)
		return -EINVAL;
	ctx = kzalloc(sizeof(*ctx), GFP_USER);
	if (!ctx)
		return -ENOMEM;
	init_waitqueue_head(&ctx->wqh);
	ctx->count = count;
	ctx->semaphore = flags & EFD_SEMAPHORE;
	ctx->id = atomic_inc_return(&last_id);
	fd = anon_inode_getfd("[eventfd]", &eventfd_fops, ctx,
			      O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

long __x64_sys_eventfd(unsigned int count)
{
	return __x64_sys_eventfd2(count, 0);
}
