/* SPDX-License-Identifier: MIT */
/*
 * signalfd(2): signals are read instead of delivered. The file holds nothing but a set; what
 * is read are the signals that wait for whoever reads, of that set. They have to be blocked,
 * or a handler is faster.
 *
 *	send_signal_locked() --> pending queue --> wakes sighand->signalfd_wqh
 *	read(2) --> dequeue_signal(), the same that delivery uses
 *
 * siglock protects the queues and the file's set (changed by signalfd(2) on an existing one, read
 * in the reader's own process: a reader in another process may see the old set for a while). The
 * wait queue belongs to the process that called poll or epoll_ctl, and may go before the file does:
 * signalfd_cleanup(). Called by the VFS, the system call table, and kernel/signal_struct.c.
 * Linux's twin: fs/signalfd.c.
 */
#include <vitrix/anon_inodes.h>
#include <vitrix/eventpoll.h>
#include <vitrix/poll.h>
#include <vitrix/signal.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <linux/signalfd.h>
#include <generated/syscalls.h>

struct signalfd_ctx {
	u64 blocked;			/* siglock: all signals but those to be read */
};

/* sighand goes: epoll items that still hang on its queue let go of it. */
void signalfd_cleanup(struct sighand_struct *sighand)
{
	wait_queue_head_t *wqh = &sighand->signalfd_wqh;

	if (likely(!waitqueue_active(wqh)))
		return;
	__wake_up(wqh, TASK_NORMAL, 0, (void *)(unsigned long)(EPOLLHUP | POLLFREE));
	ASSERT(!waitqueue_active(wqh));
}

static __poll_t signalfd_poll(struct file *file, poll_table *wait)
{
	struct signalfd_ctx *ctx = file->private_data;
	struct sighand_struct *sighand = current->sighand;
	u64 pending;

	poll_wait(file, &sighand->signalfd_wqh, wait);
	spin_lock_irq(&sighand->siglock);
	pending = current->pending.signal | current->signal->shared_pending.signal;
	pending &= ~ctx->blocked;
	spin_unlock_irq(&sighand->siglock);
	return pending ? EPOLLIN : 0;
}

/* ---------------------------------------------------------------- what a signal says */

static void fill_siginfo(struct signalfd_siginfo *out, const struct k_siginfo *info)
{
	memset(out, 0, sizeof(*out));
	out->ssi_signo = info->si_signo;
	out->ssi_errno = info->si_errno;
	out->ssi_code = info->si_code;
	switch (siginfo_layout(info)) {
	case LAYOUT_RT:
		out->ssi_ptr = info->rt.value;
		out->ssi_int = (int)info->rt.value;
		fallthrough;
	case LAYOUT_KILL:
		out->ssi_pid = info->rt.pid;
		out->ssi_uid = info->rt.uid;
		break;
	case LAYOUT_TIMER:
		out->ssi_tid = info->timer.tid;
		out->ssi_overrun = info->timer.overrun;
		out->ssi_ptr = info->timer.value;
		out->ssi_int = (int)info->timer.value;
		break;
	case LAYOUT_POLL:
		out->ssi_band = info->poll.band;
		out->ssi_fd = info->poll.fd;
		break;
	case LAYOUT_FAULT:
		out->ssi_addr = (unsigned long)info->fault.addr;
		if (info->si_signo == SIGBUS && info->si_code >= BUS_MCEERR_AR)
			out->ssi_addr_lsb = info->fault.addr_lsb;
		break;
	case LAYOUT_CHLD:
		out->ssi_pid = info->chld.pid;
		out->ssi_uid = info->chld.uid;
		out->ssi_status = info->chld.status;
		out->ssi_utime = info->chld.utime;
		out->ssi_stime = info->chld.stime;
		break;
	case LAYOUT_SYS:
		out->ssi_call_addr = (unsigned long)info->sys.call_addr;
		out->ssi_syscall = info->sys.syscall;
		out->ssi_arch = info->sys.arch;
		break;
	}
}

/* ---------------------------------------------------------------- reading */

/* The next signal's number; -EAGAIN, -ERESTARTSYS. */
static int signalfd_dequeue(struct signalfd_ctx *ctx, struct k_siginfo *info, bool nonblock)
{
	struct sighand_struct *sighand = current->sighand;
	DECLARE_WAITQUEUE(wait, current);
	int sig;

	spin_lock_irq(&sighand->siglock);
	sig = dequeue_signal(current, ctx->blocked, info);
	if (sig || nonblock) {
		spin_unlock_irq(&sighand->siglock);
		return sig ? sig : -EAGAIN;
	}
	add_wait_queue(&sighand->signalfd_wqh, &wait);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		sig = dequeue_signal(current, ctx->blocked, info);
		if (sig)
			break;
		if (signal_pending(current)) {
			sig = -ERESTARTSYS;
			break;
		}
		spin_unlock_irq(&sighand->siglock);
		schedule();
		spin_lock_irq(&sighand->siglock);
	}
	spin_unlock_irq(&sighand->siglock);
	remove_wait_queue(&sighand->signalfd_wqh, &wait);
	__set_current_state(TASK_RUNNING);
	return sig;
}

/* As many as fit and are there; sleeps for the first one only. */
static ssize_t signalfd_read_one(struct file *file, struct iov_iter *to)
{
	struct signalfd_ctx *ctx = file->private_data;
	bool nonblock = file->f_flags & O_NONBLOCK;
	struct signalfd_siginfo out;
	struct k_siginfo info;
	ssize_t done = 0;
	int ret;

	static_assert(sizeof(out) == 128, "struct signalfd_siginfo of the ABI");
	if (iov_iter_count(to) < sizeof(out))
		return -EINVAL;
	while (iov_iter_count(to) >= sizeof(out)) {
		ret = signalfd_dequeue(ctx, &info, nonblock);
		if (ret > 0) {
			fill_siginfo(&out, &info);
			if (copy_to_iter(&out, sizeof(out), to) != sizeof(out))
				ret = -EFAULT;
		}
		if (ret < 0)
			return done ? done : ret;
		done += sizeof(out);
		nonblock = true;
	}
	return done;
}

static ssize_t signalfd_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	if (likely(to->seg_left >= to->count))
		return signalfd_read_one(file, to);
	return anon_each_segment(file, to, signalfd_read_one);
}

static void signalfd_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct signalfd_ctx *ctx = file->private_data;

	seq_printf(m, "sigmask:\t%016llx\n", ~READ_ONCE(ctx->blocked));
}

static int signalfd_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations signalfd_fops = {
	.llseek = noop_llseek,
	.read_iter = signalfd_read,
	.poll = signalfd_poll,
	.release = signalfd_release,
	.show_fdinfo = signalfd_show_fdinfo,
};

/* ---------------------------------------------------------------- system calls */

static long signalfd_create(u64 blocked, int flags)
{
	struct signalfd_ctx *ctx = kmalloc(sizeof(*ctx), GFP_USER);
	int fd;

	if (!ctx)
		return -ENOMEM;
	ctx->blocked = blocked;
	fd = anon_inode_getfd("[signalfd]", &signalfd_fops, ctx,
			      O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

static long signalfd_change(int ufd, u64 blocked)
{
	struct fd f = fdget(ufd);
	struct signalfd_ctx *ctx;

	if (!f.file)
		return -EBADF;
	if (f.file->f_op != &signalfd_fops) {
		fdput(f);
		return -EINVAL;
	}
	ctx = f.file->private_data;
	spin_lock_irq(&current->sighand->siglock);
	WRITE_ONCE(ctx->blocked, blocked);
	spin_unlock_irq(&current->sighand->siglock);
	wake_up(&current->sighand->signalfd_wqh);
	fdput(f);
	return ufd;
}

long __x64_sys_signalfd4(int ufd, const unsigned long __user *user_mask, size_t sizemask, int flags)
{
	u64 set;

	if (sizemask != sizeof(set))
		return -EINVAL;
	if (get_user(set, user_mask))
		return -EFAULT;
	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	set &= ~SIG_KERNEL_ONLY_MASK;
	return ufd == -1 ? signalfd_create(~set, flags) : signalfd_change(ufd, ~set);
}

long __x64_sys_signalfd(int ufd, const unsigned long __user *user_mask, size_t sizemask)
{
	return __x64_sys_signalfd4(ufd, user_mask, sizemask, 0);
}
