/* SPDX-License-Identifier: MIT */
/*
 * Terminals as files: which device number is which terminal, open, read, write, close, hang-up.
 * Linux's twin: drivers/tty/tty_io.c.
 *
 *   5:0 /dev/tty       the caller's controlling terminal
 *   5:1 /dev/console   the terminal of the last console= on the command line
 *   4:64 /dev/ttyS0    a driver's terminal
 *
 * A tty_struct is made at the first open and stays (its settings survive the last close, as on
 * a serial line). tty_mutex: open, close, the drivers' tables. A hang-up raises hangup_count; files
 * opened before are dead from then on (tty_hung_up_p), but for those of /dev/console: init keeps
 * its voice. The settings stay.
 */
#include <vitrix/init.h>
#include <vitrix/printf.h>
#include <vitrix/printk.h>
#include <vitrix/poll.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <linux/eventpoll.h>
#include <linux/major.h>
#include "tty_internal.h"

DEFINE_MUTEX(tty_mutex, LC_TTY_MUTEX);
static struct tty_driver *tty_drivers;		/* tty_mutex; only grows */

struct ktermios tty_std_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = { [VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VMIN] = 1,
		  [VSTART] = 17, [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15,
		  [VWERASE] = 23, [VLNEXT] = 22 },
	.c_ispeed = 38400, .c_ospeed = 38400,
};

/* The driver of a device number, and which of its terminals. tty_mutex held. */
static struct tty_driver *get_tty_driver(dev_t dev, int *index)
{
	for (struct tty_driver *d = tty_drivers; d; d = d->next) {
		int i = (int)MINOR(dev) - d->minor_start;

		if (d->major == MAJOR(dev) && i >= 0 && i < d->num) {
			*index = i;
			return d;
		}
	}
	return NULL;
}

static struct tty_struct *alloc_tty(struct tty_driver *driver, int index)
{
	struct tty_struct *tty = kzalloc(sizeof(*tty), GFP_KERNEL);

	if (!tty)
		return ERR_PTR(-ENOMEM);
	atomic_set(&tty->count_ref, 1);
	tty->index = index;
	tty->driver = driver;
	tty->ops = driver->ops;
	tty->dev = MKDEV(driver->major, driver->minor_start + index);
	snprintf(tty->name, sizeof(tty->name), "%s%d", driver->name, index);
	tty->termios = driver->init_termios;
	mutex_init(&tty->termios_mutex, LC_TTY_TERMIOS);
	mutex_init(&tty->write_mutex, LC_TTY_WRITE);
	spin_lock_init(&tty->ctrl_lock, LC_TTY_CTRL);
	init_waitqueue_head(&tty->read_wait);
	init_waitqueue_head(&tty->write_wait);
	if (n_tty_open(tty)) {
		kfree(tty);
		return ERR_PTR(-ENOMEM);
	}
	return tty;
}

void tty_kref_put(struct tty_struct *tty)
{
	if (!tty || !refcount_dec_and_test(&tty->count_ref))
		return;
	n_tty_close(tty);
	put_pid(tty->pgrp);
	put_pid(tty->session);
	kfree(tty);
}

/* The terminal of a driver, opened once more. tty_mutex held. */
static struct tty_struct *open_tty(struct tty_driver *driver, int index)
{
	struct tty_struct *tty = driver->ttys[index];
	int error;

	if (!tty) {
		tty = alloc_tty(driver, index);
		if (IS_ERR(tty))
			return tty;
		driver->ttys[index] = tty;
	}
	if (tty->exclusive && !capable(CAP_SYS_ADMIN))
		return ERR_PTR(-EBUSY);
	if (!tty->open_count && tty->ops->open) {
		error = tty->ops->open(tty);
		if (error)
			return ERR_PTR(error);
	}
	tty->open_count++;
	return tty;
}

/* /dev/tty, /dev/console or a driver's own number. tty_mutex held. */
static struct tty_struct *lookup_and_open(dev_t dev)
{
	struct tty_driver *driver;
	struct console *con;
	int index;

	if (dev == MKDEV(TTYAUX_MAJOR, 0)) {
		struct tty_struct *tty = get_current_tty();

		if (!tty)
			return ERR_PTR(-ENXIO);
		tty_kref_put(tty);	/* the driver's table keeps it */
		return open_tty(tty->driver, tty->index);
	}
	if (dev == MKDEV(TTYAUX_MAJOR, 1)) {
		con = preferred_console();
		if (!con || !con->device)
			return ERR_PTR(-ENODEV);
		dev = con->device(con);
	}
	driver = get_tty_driver(dev, &index);
	return driver ? open_tty(driver, index) : ERR_PTR(-ENXIO);
}

static int tty_open(struct inode *inode, struct file *file)
{
	dev_t dev = inode->i_rdev;
	struct tty_struct *tty;

	mutex_lock(&tty_mutex);
	tty = lookup_and_open(dev);
	if (IS_ERR(tty)) {
		mutex_unlock(&tty_mutex);
		return PTR_ERR(tty);
	}
	file->private_data = tty_kref_get(tty);
	file->f_version = dev == MKDEV(TTYAUX_MAJOR, 1) ? NEVER_HUNG_UP :
							  READ_ONCE(tty->hangup_count);
	stream_open(inode, file);
	/* /dev/console never becomes a controlling terminal by being opened (console(4)). */
	if (!(file->f_flags & O_NOCTTY) && dev != MKDEV(TTYAUX_MAJOR, 1) &&
	    dev != MKDEV(TTYAUX_MAJOR, 0))
		tty_open_proc_set_tty(file, tty);
	mutex_unlock(&tty_mutex);
	return 0;
}

static int tty_release(struct inode *inode, struct file *file)
{
	struct tty_struct *tty = file_tty(file);

	mutex_lock(&tty_mutex);
	ASSERT(tty->open_count > 0);
	if (tty->open_count == 1) {
		/* A stopped terminal takes its time: others open and close theirs meanwhile. */
		mutex_unlock(&tty_mutex);
		tty_wait_until_sent(tty, 30 * HZ);
		mutex_lock(&tty_mutex);
	}
	if (--tty->open_count == 0) {
		tty->exclusive = false;
		if (tty->ops->close)
			tty->ops->close(tty);
		n_tty_flush_buffer(tty);
	}
	mutex_unlock(&tty_mutex);
	tty_kref_put(tty);
	return 0;
}

static ssize_t tty_read_iter(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct tty_struct *tty = file_tty(file);

	if (tty_hung_up_p(file))
		return 0;
	return n_tty_read(tty, file, to);
}

static ssize_t tty_write_iter(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct tty_struct *tty = file_tty(file);

	if (tty_hung_up_p(file))
		return -EIO;
	return n_tty_write(tty, file, from);
}

static __poll_t tty_poll(struct file *file, struct poll_table_struct *wait)
{
	struct tty_struct *tty = file_tty(file);

	if (tty_hung_up_p(file))
		return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM | EPOLLWRNORM;
	return n_tty_poll(tty, file, wait);
}

/* O_ASYNC without F_SETOWN: the foreground group is told, or else the caller. */
static int tty_fasync(int fd, struct file *file, int on)
{
	struct tty_struct *tty = file_tty(file);
	struct pid *pgrp;

	if (on && !file->f_owner.pid) {
		pgrp = tty_get_pgrp(tty);
		if (pgrp)
			f_setown(file, pid_vnr(pgrp), FOWN_PGRP);
		else
			f_setown(file, current->tgid, FOWN_PID);
		put_pid(pgrp);
	}
	return fasync_helper(fd, file, on, &tty->fasync);
}

static const struct file_operations tty_fops = {
	.llseek = no_llseek,
	.read_iter = tty_read_iter,
	.write_iter = tty_write_iter,
	.splice_read = generic_file_splice_read,
	.splice_write = tty_write_iter,
	.poll = tty_poll,
	.unlocked_ioctl = tty_ioctl,
	.open = tty_open,
	.release = tty_release,
	.fasync = tty_fasync,
};

void tty_receive_buf(struct tty_struct *tty, const u8 *data, const u8 *flags, int n)
{
	if (READ_ONCE(tty->open_count))
		n_tty_receive_buf(tty, data, flags, n);
}

/*
 * Waiting echoes go first, then writers may go on. Any context; the driver holds no lock of its
 * own.
 */
void tty_wakeup(struct tty_struct *tty)
{
	unsigned long flags;

	spin_lock_irqsave(&tty->ldata->lock, flags);
	n_tty_flush_echoes(tty);
	spin_unlock_irqrestore(&tty->ldata->lock, flags);
	wake_up_interruptible_poll(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
}

/*
 * All open files die but the console's, and the session loses its terminal. exit_session: the
 * caller is the leader, and at its end. If the terminal is another session's by now, nothing
 * happens.
 */
void __tty_hangup(struct tty_struct *tty, bool exit_session)
{
	mutex_lock(&tty_mutex);
	if (exit_session && tty->session != task_session(current)) {
		mutex_unlock(&tty_mutex);
		return;
	}
	tty_signal_session_leader(tty, exit_session);
	WRITE_ONCE(tty->hangup_count, tty->hangup_count + 1);
	tty->flow_stopped = false;
	n_tty_flush_buffer(tty);
	if (tty->ops->hangup)
		tty->ops->hangup(tty);
	mutex_unlock(&tty_mutex);
	wake_up_interruptible_all(&tty->read_wait);
	wake_up_interruptible_all(&tty->write_wait);
}

void tty_hangup(struct tty_struct *tty)
{
	__tty_hangup(tty, false);
}

/* Until the driver has sent everything, the time is over, or a signal comes. */
void tty_wait_until_sent(struct tty_struct *tty, long timeout_jiffies)
{
	s64 ns = timeout_jiffies ? timeout_jiffies * (s64)TICK_NSEC : -1;

	(void)wait_event_interruptible_timeout_ns(&tty->write_wait, !tty->ops->chars_in_buffer(tty),
						  ns);
}

dev_t tty_devnum(struct tty_struct *tty)
{
	return tty ? tty->dev : 0;
}

int tty_register_driver(struct tty_driver *driver)
{
	char name[24];
	int error;

	driver->ttys = kcalloc(driver->num, sizeof(*driver->ttys), GFP_KERNEL);
	if (!driver->ttys)
		return -ENOMEM;
	error = register_chrdev_region_fops(driver->major, driver->minor_start, driver->num,
					    driver->driver_name, &tty_fops);
	if (error) {
		kfree(driver->ttys);
		return error;
	}
	mutex_lock(&tty_mutex);
	driver->next = tty_drivers;
	tty_drivers = driver;
	mutex_unlock(&tty_mutex);
	for (int i = 0; i < driver->num; i++) {
		snprintf(name, sizeof(name), "%s%d", driver->name, i);
		devtmpfs_create_node(name, S_IFCHR | 0660,
				     MKDEV(driver->major, driver->minor_start + i));
	}
	return 0;
}

static int __init tty_class_init(void)
{
	int error = register_chrdev_region_fops(TTYAUX_MAJOR, 0, 2, "/dev/tty", &tty_fops);

	if (error)
		return error;
	devtmpfs_create_node("tty", S_IFCHR | 0666, MKDEV(TTYAUX_MAJOR, 0));
	return devtmpfs_create_node("console", S_IFCHR | 0600, MKDEV(TTYAUX_MAJOR, 1));
}
device_initcall(tty_class_init);
