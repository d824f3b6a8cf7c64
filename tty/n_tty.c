/* SPDX-License-Identifier: MIT */
/*
 * The line discipline towards programs: read, write, poll. Linux's twin: drivers/tty/n_tty.c; the
 * input half is n_tty_input.c.
 *
 * Locks: ldata->read_mutex keeps readers apart, ldata->lock guards the buffer against the
 * interrupt; tty->write_mutex keeps writers apart so that lines do not mix. User memory is touched
 * only
 * with mutexes held.
 */
#include <vitrix/poll.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <vitrix/hrtimer.h>
#include <linux/eventpoll.h>
#include "tty_internal.h"

#define CHUNK 256

int n_tty_open(struct tty_struct *tty)
{
	struct n_tty_data *ld = kzalloc(sizeof(*ld), GFP_KERNEL);

	if (!ld)
		return -ENOMEM;
	spin_lock_init(&ld->lock, LC_TTY_READ);
	mutex_init(&ld->read_mutex, LC_TTY_LDISC);
	tty->ldata = ld;
	return 0;
}

void n_tty_close(struct tty_struct *tty)
{
	kfree(tty->ldata);
	tty->ldata = NULL;
}

/* Room again: a driver that was told to hold its input back may go on. lock held. */
static void unthrottle_if_room(struct tty_struct *tty)
{
	struct n_tty_data *ld = tty->ldata;

	if (tty->throttled && ld->read_head - ld->read_tail < N_TTY_BUF_SIZE / 2) {
		tty->throttled = false;
		if (tty->ops->unthrottle)
			tty->ops->unthrottle(tty);
	}
}

static void check_unthrottle(struct tty_struct *tty)
{
	unsigned long flags;

	if (!READ_ONCE(tty->throttled))
		return;
	spin_lock_irqsave(&tty->ldata->lock, flags);
	unthrottle_if_room(tty);
	spin_unlock_irqrestore(&tty->ldata->lock, flags);
}

void n_tty_flush_buffer(struct tty_struct *tty)
{
	struct n_tty_data *ld = tty->ldata;
	unsigned long flags;

	spin_lock_irqsave(&ld->lock, flags);
	ld->read_head = ld->canon_head = ld->read_tail = 0;
	ld->lnext = false;
	unthrottle_if_room(tty);
	spin_unlock_irqrestore(&ld->lock, flags);
}

/* Is there something that read() would return? lock held. */
static bool input_available(struct tty_struct *tty, unsigned long min_chars)
{
	struct n_tty_data *ld = tty->ldata;

	if (T_L(tty, ICANON))
		return ld->canon_head != ld->read_tail;
	return ld->read_head - ld->read_tail >= max(min_chars, 1UL);
}

static bool input_available_p(struct tty_struct *tty, unsigned long min_chars)
{
	unsigned long flags;
	bool yes;

	spin_lock_irqsave(&tty->ldata->lock, flags);
	yes = input_available(tty, min_chars);
	spin_unlock_irqrestore(&tty->ldata->lock, flags);
	return yes;
}

/*
 * Takes up to max characters into buf. Canonical: at most to the end of the line (*line_end says
 * that it was reached; the EOF character is taken but not given).
 */
static unsigned int take_input(struct tty_struct *tty, u8 *buf, unsigned int max, bool *line_end)
{
	struct n_tty_data *ld = tty->ldata;
	bool canon = T_L(tty, ICANON);
	unsigned long flags, end;
	unsigned int n = 0;

	*line_end = false;
	spin_lock_irqsave(&ld->lock, flags);
	end = canon ? ld->canon_head : ld->read_head;
	while (ld->read_tail != end && !*line_end) {
		unsigned long at = ld->read_tail & (N_TTY_BUF_SIZE - 1);
		u8 c = ld->read_buf[at];

		if (canon && test_bit(at, ld->end_mark)) {
			*line_end = true;
			clear_bit(at, ld->end_mark);
			if (c == 0) {
				ld->read_tail++;
				break;
			}
		}
		if (n == max) {
			if (*line_end)
				set_bit(at, ld->end_mark);
			*line_end = false;
			break;
		}
		buf[n++] = c;
		ld->read_tail++;
	}
	if (!canon)
		ld->canon_head = max(ld->canon_head, ld->read_tail);
	spin_unlock_irqrestore(&ld->lock, flags);
	return n;
}

/* Sleeps for input. 0: look again; 1: VTIME is over; else -errno. */
static int wait_for_input(struct tty_struct *tty, struct file *file, unsigned long min_chars,
			  s64 timeout_ns)
{
	int ret;

	if (tty_hung_up_p(file))
		return 1;
	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&tty->ldata->read_mutex);
	ret = wait_event_interruptible_timeout_ns(&tty->read_wait,
			input_available_p(tty, min_chars) || tty_hung_up_p(file), timeout_ns);
	mutex_lock(&tty->ldata->read_mutex);
	return ret == -ETIME ? 1 : ret;
}

/*
 * read(2) on a terminal. Canonical: one line at most. Else VMIN and VTIME (termios(3)): VMIN
 * characters, with VTIME tenths of a second between them, or with VMIN 0 VTIME for the first.
 */
ssize_t n_tty_read(struct tty_struct *tty, struct file *file, struct iov_iter *to)
{
	struct n_tty_data *ld = tty->ldata;
	unsigned long minimum = 1;
	s64 timeout_ns = -1;
	ssize_t done = 0;
	int error = tty_check_background(tty, SIGTTIN);
	u8 chunk[CHUNK];

	if (error)
		return error;
	if (mutex_lock_interruptible(&ld->read_mutex))
		return -ERESTARTSYS;
	if (!T_L(tty, ICANON)) {
		minimum = T_CC(tty, VMIN);
		if (T_CC(tty, VTIME))
			timeout_ns = T_CC(tty, VTIME) * (NSEC_PER_SEC / 10);
		else if (!minimum)
			timeout_ns = 0;
	}
	while (iov_iter_count(to)) {
		bool line_end;
		unsigned int n;

		if (!input_available_p(tty, 1)) {
			/* with VMIN the clock starts at the first character */
			bool timed = timeout_ns >= 0 && (!minimum || done);

			if (done && (T_L(tty, ICANON) || done >= minimum))
				break;
			error = wait_for_input(tty, file, 1, timed ? timeout_ns : -1);
			if (error)
				break;
			continue;
		}
		n = take_input(tty, chunk, min_t(size_t, iov_iter_count(to), CHUNK), &line_end);
		if (copy_to_iter(chunk, n, to) != n) {
			error = -EFAULT;
			break;
		}
		done += n;
		if (line_end ||
		    (!T_L(tty, ICANON) && done >= max(minimum, 1UL) && !input_available_p(tty, 1)))
			break;
	}
	mutex_unlock(&ld->read_mutex);
	check_unthrottle(tty);
	if (done || error == 1)
		return done;
	return error;
}

/* Translates chunk (OPOST) and hands it to the driver. Returns how many of its bytes are out. */
static int output_chunk(struct tty_struct *tty, const u8 *chunk, int n)
{
	struct n_tty_data *ld = tty->ldata;
	unsigned long flags;
	int i = 0;

	spin_lock_irqsave(&ld->lock, flags);
	n_tty_flush_echoes(tty);
	if (!T_O(tty, OPOST)) {
		i = tty->ops->write(tty, chunk, n);
	} else {
		for (; i < n && tty->ops->write_room(tty) >= 8; i++) {
			u8 out[8];

			tty->ops->write(tty, out, n_tty_output_char(tty, chunk[i], out));
		}
	}
	spin_unlock_irqrestore(&ld->lock, flags);
	return i;
}

/* Sleeps until the driver has room. */
static int wait_for_room(struct tty_struct *tty, struct file *file)
{
	if (tty_hung_up_p(file))
		return -EIO;
	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(&tty->write_wait,
			(tty->ops->write_room(tty) >= 8 && !READ_ONCE(tty->flow_stopped)) ||
			tty_hung_up_p(file));
}

ssize_t n_tty_write(struct tty_struct *tty, struct file *file, struct iov_iter *from)
{
	ssize_t done = 0;
	u8 chunk[CHUNK];
	int error = 0;

	if (T_L(tty, TOSTOP)) {
		error = tty_check_change(tty);
		if (error)
			return error;
	}
	if (mutex_lock_interruptible(&tty->write_mutex))
		return -ERESTARTSYS;
	while (!error && iov_iter_count(from)) {
		int n = copy_from_iter(chunk, min_t(size_t, iov_iter_count(from), CHUNK), from);
		int out = 0;

		if (!n) {
			error = -EFAULT;
			break;
		}
		while (out < n) {
			int k = 0;

			if (!READ_ONCE(tty->flow_stopped))
				k = output_chunk(tty, chunk + out, n - out);
			out += k;
			if (out < n && !k) {
				error = wait_for_room(tty, file);
				if (error)
					break;
			}
		}
		done += out;
	}
	mutex_unlock(&tty->write_mutex);
	return done ? done : error;
}

__poll_t n_tty_poll(struct tty_struct *tty, struct file *file, struct poll_table_struct *wait)
{
	__poll_t mask = 0;
	unsigned long minimum = T_L(tty, ICANON) || T_CC(tty, VTIME) ? 1 : T_CC(tty, VMIN);

	poll_wait(file, &tty->read_wait, wait);
	poll_wait(file, &tty->write_wait, wait);
	if (input_available_p(tty, minimum))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (tty_hung_up_p(file))
		mask |= EPOLLHUP;
	if (!READ_ONCE(tty->flow_stopped) && tty->ops->write_room(tty) > 0)
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/* FIONREAD: what the next reads could give. */
static int count_readable(struct tty_struct *tty)
{
	struct n_tty_data *ld = tty->ldata;
	unsigned long flags;
	int n = 0;

	spin_lock_irqsave(&ld->lock, flags);
	if (!T_L(tty, ICANON)) {
		n = ld->read_head - ld->read_tail;
	} else {
		for (unsigned long i = ld->read_tail; i != ld->canon_head; i++) {
			unsigned long at = i & (N_TTY_BUF_SIZE - 1);

			n += !(test_bit(at, ld->end_mark) && ld->read_buf[at] == 0);
		}
	}
	spin_unlock_irqrestore(&ld->lock, flags);
	return n;
}

int n_tty_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case TIOCINQ:
		return put_user(count_readable(tty), (int *)arg);
	case TIOCOUTQ:
		return put_user((int)tty->ops->chars_in_buffer(tty), (int *)arg);
	default:
		return tty_mode_ioctl(tty, file, cmd, arg);
	}
}

/* Between canonical and not: a line half typed becomes readable at once. */
void n_tty_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
	struct n_tty_data *ld = tty->ldata;
	unsigned long flags;

	spin_lock_irqsave(&ld->lock, flags);
	if ((old->c_lflag ^ tty->termios.c_lflag) & ICANON) {
		memset(ld->end_mark, 0, sizeof(ld->end_mark));
		if (T_L(tty, ICANON) && ld->read_head != ld->read_tail)
			set_bit((ld->read_head - 1) & (N_TTY_BUF_SIZE - 1), ld->end_mark);
		ld->canon_head = ld->read_head;
		ld->lnext = false;
	}
	if (!T_I(tty, IXON) && tty->flow_stopped)
		tty->flow_stopped = false;
	spin_unlock_irqrestore(&ld->lock, flags);
	tty_wakeup(tty);
	wake_up_interruptible(&tty->read_wait);
}
