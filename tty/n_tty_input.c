/* SPDX-License-Identifier: MIT */
/*
 * The input half of the line discipline: what happens to each character that arrives. Linux's twin:
 * drivers/tty/n_tty.c (receive path); termios(3) for every flag.
 *
 * Runs in the driver's interrupt, under ldata->lock. Nothing may sleep here; signals are only noted
 * and sent after the lock is let go (tasklist_lock comes before it). Echoes go to the driver as far
 * as it has room, the rest waits in echo_buf for tty_wakeup(). Tested on the host:
 * tests/unit/test_n_tty.c. Left out: ECHOPRT (hard-copy erase) is treated as ECHOE.
 */
#include <vitrix/ctype.h>
#include <linux/eventpoll.h>
#include "tty_internal.h"

#define NO_CHAR (-1)

static u8 *buf_at(struct n_tty_data *ld, unsigned long pos)
{
	return &ld->read_buf[pos & (N_TTY_BUF_SIZE - 1)];
}

/* A byte of a UTF-8 character that takes no column of its own. */
static bool is_continuation(struct tty_struct *tty, u8 c)
{
	return T_I(tty, IUTF8) && (c & 0xc0) == 0x80;
}

/*
 * What c becomes on its way out (OPOST), into out[]; the cursor column follows. Returns the number
 * of bytes. ldata->lock held.
 */
unsigned int n_tty_output_char(struct tty_struct *tty, u8 c, u8 out[8])
{
	struct n_tty_data *ld = tty->ldata;
	unsigned int spaces;

	out[0] = c;
	if (!T_O(tty, OPOST))
		return 1;
	switch (c) {
	case '\n':
		if (T_O(tty, ONLRET))
			ld->column = 0;
		if (T_O(tty, ONLCR)) {
			ld->column = ld->canon_column = 0;
			out[0] = '\r';
			out[1] = '\n';
			return 2;
		}
		ld->canon_column = ld->column;
		return 1;
	case '\r':
		if (T_O(tty, ONOCR) && ld->column == 0)
			return 0;
		if (T_O(tty, OCRNL)) {
			out[0] = '\n';
			if (T_O(tty, ONLRET))
				ld->column = ld->canon_column = 0;
			return 1;
		}
		ld->column = ld->canon_column = 0;
		return 1;
	case '\t':
		spaces = 8 - (ld->column & 7);
		ld->column += spaces;
		if (T_O(tty, TABDLY) != XTABS)
			return 1;
		for (unsigned int i = 0; i < spaces; i++)
			out[i] = ' ';
		return spaces;
	case '\b':
		if (ld->column)
			ld->column--;
		return 1;
	default:
		if (!iscntrl(c)) {
			if (T_O(tty, OLCUC))
				out[0] = toupper(c);
			if (!is_continuation(tty, c))
				ld->column++;
		}
		return 1;
	}
}

static void write_echoes(struct tty_struct *tty)
{
	struct n_tty_data *ld = tty->ldata;

	while (ld->echo_tail != ld->echo_head) {
		unsigned int at = ld->echo_tail % ECHO_BUF_SIZE;
		unsigned int n = min(ld->echo_head - ld->echo_tail, ECHO_BUF_SIZE - at);
		int done = tty->ops->write(tty, ld->echo_buf + at, n);

		if (done <= 0)
			return;
		ld->echo_tail += done;
	}
}

/* One character may cause many (VKILL rubs out a whole line); what finds no room at all is lost. */
static void echo_raw(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *ld = tty->ldata;

	if (ld->echo_head - ld->echo_tail == ECHO_BUF_SIZE)
		write_echoes(tty);
	if (ld->echo_head - ld->echo_tail < ECHO_BUF_SIZE)
		ld->echo_buf[ld->echo_head++ % ECHO_BUF_SIZE] = c;
}

static void echo_output(struct tty_struct *tty, u8 c)
{
	u8 out[8];
	unsigned int n = n_tty_output_char(tty, c, out);

	for (unsigned int i = 0; i < n; i++)
		echo_raw(tty, out[i]);
}

/* As typed; control characters as ^X with ECHOCTL. */
static void echo_char(struct tty_struct *tty, u8 c)
{
	if (T_L(tty, ECHOCTL) && iscntrl(c) && c != '\t') {
		echo_output(tty, '^');
		echo_output(tty, c ^ 0x40);
	} else {
		echo_output(tty, c);
	}
}

/*
 * Waiting echoes to the driver. A driver that was stopped (VSTOP) has output of its own and nothing
 * that would start it again: the empty write does. ldata->lock held.
 */
void n_tty_flush_echoes(struct tty_struct *tty)
{
	struct n_tty_data *ld = tty->ldata;

	write_echoes(tty);
	if (!tty->flow_stopped && tty->ops->chars_in_buffer(tty))
		tty->ops->write(tty, ld->echo_buf, 0);
}

/* One slot is kept for the newline that completes a full line. */
static void put_char(struct n_tty_data *ld, u8 c)
{
	if (ld->read_head - ld->read_tail >= N_TTY_BUF_SIZE - 1) {
		ld->overrun = true;
		return;
	}
	clear_bit(ld->read_head & (N_TTY_BUF_SIZE - 1), ld->end_mark);
	*buf_at(ld, ld->read_head++) = c;
}

/* c ends a line: readers may have all up to here. */
static void put_line_end(struct n_tty_data *ld, u8 c)
{
	if (ld->read_head - ld->read_tail >= N_TTY_BUF_SIZE)
		return;
	set_bit(ld->read_head & (N_TTY_BUF_SIZE - 1), ld->end_mark);
	*buf_at(ld, ld->read_head++) = c;
	ld->canon_head = ld->read_head;
}

/* Columns that the tab at pos took on the screen, counted from the line's beginning. */
static unsigned int tab_width(struct tty_struct *tty, unsigned long pos)
{
	struct n_tty_data *ld = tty->ldata;
	unsigned int column = ld->canon_column;

	for (unsigned long i = ld->canon_head; i != pos; i++) {
		u8 c = *buf_at(ld, i);

		if (c == '\t')
			column = (column | 7) + 1;
		else if (iscntrl(c))
			column += T_L(tty, ECHOCTL) ? 2 : 0;
		else if (!is_continuation(tty, c))
			column++;
	}
	return 8 - (column & 7);
}

static void rub_out(struct tty_struct *tty, unsigned int columns)
{
	while (columns--) {
		echo_output(tty, '\b');
		echo_raw(tty, ' ');
		echo_raw(tty, '\b');
	}
}

/* Takes the last character of the line back, and off the screen. */
static void erase_one(struct tty_struct *tty)
{
	struct n_tty_data *ld = tty->ldata;
	u8 c;

	do {
		ld->read_head--;
		c = *buf_at(ld, ld->read_head);
	} while (is_continuation(tty, c) && ld->read_head != ld->canon_head);
	if (!T_L(tty, ECHO))
		return;
	if (!T_L(tty, ECHOE)) {
		echo_char(tty, T_CC(tty, VERASE));
		return;
	}
	if (c == '\t')
		rub_out(tty, tab_width(tty, ld->read_head));
	else if (iscntrl(c))
		rub_out(tty, T_L(tty, ECHOCTL) ? 2 : 0);
	else
		rub_out(tty, 1);
}

static void erase_word(struct tty_struct *tty)
{
	struct n_tty_data *ld = tty->ldata;
	bool seen_alnum = false;

	while (ld->read_head != ld->canon_head) {
		u8 c = *buf_at(ld, ld->read_head - 1);

		if (isalnum(c) || c == '_' || c >= 0x80)
			seen_alnum = true;
		else if (seen_alnum)
			break;
		erase_one(tty);
	}
}

static void kill_line(struct tty_struct *tty)
{
	struct n_tty_data *ld = tty->ldata;

	if (T_L(tty, ECHO) && T_L(tty, ECHOK) && T_L(tty, ECHOKE) && T_L(tty, ECHOE)) {
		while (ld->read_head != ld->canon_head)
			erase_one(tty);
		return;
	}
	if (ld->read_head == ld->canon_head)
		return;
	ld->read_head = ld->canon_head;
	if (T_L(tty, ECHO)) {
		echo_char(tty, T_CC(tty, VKILL));
		if (T_L(tty, ECHOK))
			echo_output(tty, '\n');
	}
}

static void reprint_line(struct tty_struct *tty)
{
	struct n_tty_data *ld = tty->ldata;

	echo_char(tty, T_CC(tty, VREPRINT));
	echo_output(tty, '\n');
	for (unsigned long i = ld->canon_head; i != ld->read_head; i++)
		echo_char(tty, *buf_at(ld, i));
}

static void reset_buffers(struct n_tty_data *ld)
{
	ld->read_head = ld->canon_head = ld->read_tail = 0;
	ld->lnext = false;
}

/* What was typed, and what waits to be printed, is dropped unless NOFLSH. */
static void note_signal(struct tty_struct *tty, int sig)
{
	struct n_tty_data *ld = tty->ldata;

	ld->signal |= 1 << sig;
	if (T_L(tty, NOFLSH))
		return;
	reset_buffers(ld);
	ld->echo_tail = ld->echo_head;
	if (tty->ops->flush_buffer)
		tty->ops->flush_buffer(tty);
}

/* True: c was a control character of ISIG or IXON and is used up. */
static bool receive_control(struct tty_struct *tty, u8 c)
{
	if (T_I(tty, IXON)) {
		if (is_cc(tty, VSTART, c)) {
			tty->flow_stopped = false;
			return true;
		}
		if (is_cc(tty, VSTOP, c)) {
			tty->flow_stopped = true;
			return true;
		}
		if (tty->flow_stopped && T_I(tty, IXANY))
			tty->flow_stopped = false;
	}
	if (T_L(tty, ISIG)) {
		int sig = is_cc(tty, VINTR, c) ? SIGINT : is_cc(tty, VQUIT, c) ? SIGQUIT :
			  is_cc(tty, VSUSP, c) ? SIGTSTP : 0;

		if (sig) {
			note_signal(tty, sig);
			if (T_I(tty, IXON))
				tty->flow_stopped = false;
			if (T_L(tty, ECHO))
				echo_char(tty, c);
			return true;
		}
	}
	return false;
}

/* ISTRIP, IUCLC: before a character is looked at at all. */
static u8 fold_input(struct tty_struct *tty, u8 c)
{
	if (T_I(tty, ISTRIP))
		c &= 0x7f;
	if (T_I(tty, IUCLC) && T_L(tty, IEXTEN))
		c = tolower(c);
	return c;
}

/* CR and NL swapped or dropped as the flags say; NO_CHAR: dropped. */
static int translate_input(struct tty_struct *tty, u8 c)
{
	if (c == '\r') {
		if (T_I(tty, IGNCR))
			return NO_CHAR;
		if (T_I(tty, ICRNL))
			return '\n';
	} else if (c == '\n' && T_I(tty, INLCR)) {
		return '\r';
	}
	return c;
}

/* True: an editing character of canonical mode, used up. */
static bool receive_editing(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *ld = tty->ldata;

	if (is_cc(tty, VERASE, c)) {
		if (ld->read_head != ld->canon_head)
			erase_one(tty);
		return true;
	}
	if (is_cc(tty, VKILL, c)) {
		kill_line(tty);
		return true;
	}
	if (T_L(tty, IEXTEN)) {
		if (is_cc(tty, VWERASE, c)) {
			erase_word(tty);
			return true;
		}
		if (is_cc(tty, VLNEXT, c)) {
			ld->lnext = true;
			if (T_L(tty, ECHO) && T_L(tty, ECHOCTL)) {
				echo_raw(tty, '^');
				echo_raw(tty, '\b');
			}
			return true;
		}
		if (is_cc(tty, VREPRINT, c) && T_L(tty, ECHO)) {
			reprint_line(tty);
			return true;
		}
	}
	return false;
}

/* True: c ends the line. */
static bool receive_line_end(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *ld = tty->ldata;

	if (c == '\n') {
		if (T_L(tty, ECHO) || T_L(tty, ECHONL))
			echo_output(tty, '\n');
	} else if (is_cc(tty, VEOF, c)) {
		/* Kept as 0: read() drops it, and an empty line is the end of the file. */
		put_line_end(ld, 0);
		return true;
	} else if (is_cc(tty, VEOL, c) || (is_cc(tty, VEOL2, c) && T_L(tty, IEXTEN))) {
		if (T_L(tty, ECHO))
			echo_char(tty, c);
	} else {
		return false;
	}
	put_line_end(ld, c);
	return true;
}

static void receive_plain(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *ld = tty->ldata;

	if (T_L(tty, ECHO)) {
		if (ld->read_head == ld->canon_head)
			ld->canon_column = ld->column;
		if (c == '\n')
			echo_output(tty, '\n');
		else
			echo_char(tty, c);
	}
	if (c == 0xff && T_I(tty, PARMRK))
		put_char(ld, c);
	put_char(ld, c);
}

static void receive_char(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *ld = tty->ldata;
	int translated;

	c = fold_input(tty, c);
	if (ld->lnext) {
		ld->lnext = false;
		receive_plain(tty, c);
		return;
	}
	if (receive_control(tty, c))
		return;
	translated = translate_input(tty, c);
	if (translated == NO_CHAR)
		return;
	c = translated;
	if (T_L(tty, ICANON) && (receive_editing(tty, c) || receive_line_end(tty, c)))
		return;
	receive_plain(tty, c);
}

/* IGNBRK, BRKINT, PARMRK (termios(3)): a break is a 0, unless it is a signal or nothing. */
static void receive_break(struct tty_struct *tty)
{
	struct n_tty_data *ld = tty->ldata;

	if (T_I(tty, IGNBRK))
		return;
	if (T_I(tty, BRKINT)) {
		note_signal(tty, SIGINT);
		return;
	}
	if (T_I(tty, PARMRK)) {
		put_char(ld, 0xff);
		put_char(ld, 0);
	}
	put_char(ld, 0);
}

/* INPCK, IGNPAR, PARMRK: c came with a wrong parity or stop bit. */
static void receive_parity_error(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *ld = tty->ldata;

	if (!T_I(tty, INPCK)) {
		put_char(ld, c);
	} else if (T_I(tty, IGNPAR)) {
		return;
	} else if (T_I(tty, PARMRK)) {
		put_char(ld, 0xff);
		put_char(ld, 0);
		put_char(ld, c);
	} else {
		put_char(ld, 0);
	}
}

static void receive_flagged(struct tty_struct *tty, u8 c, u8 flag)
{
	switch (flag) {
	case TTY_BREAK:
		receive_break(tty);
		break;
	case TTY_OVERRUN:	/* others were lost before this one, which is good */
		tty->ldata->overrun = true;
		receive_char(tty, c);
		break;
	default:
		receive_parity_error(tty, c);
	}
}

/* From tty_receive_buf(): interrupt context, any number of characters. */
void n_tty_receive_buf(struct tty_struct *tty, const u8 *data, const u8 *flags, int n)
{
	struct n_tty_data *ld = tty->ldata;
	unsigned long irqflags;
	unsigned long readable;
	unsigned int signals;
	bool stopped;

	spin_lock_irqsave(&ld->lock, irqflags);
	stopped = tty->flow_stopped;
	for (int i = 0; i < n; i++) {
		if (flags && flags[i] != TTY_NORMAL)
			receive_flagged(tty, data[i], flags[i]);
		else
			receive_char(tty, data[i]);
	}
	n_tty_flush_echoes(tty);
	/*
	 * Throttled only for what readers can take away: a long line without an end must go on, or
	 * neither its end nor the VKILL that clears it could ever arrive.
	 */
	readable = (T_L(tty, ICANON) ? ld->canon_head : ld->read_head) - ld->read_tail;
	if (!tty->throttled && readable > N_TTY_BUF_SIZE - 128 && tty->ops->throttle) {
		tty->throttled = true;
		tty->ops->throttle(tty);
	}
	stopped = stopped && !tty->flow_stopped;
	signals = ld->signal;
	ld->signal = 0;
	spin_unlock_irqrestore(&ld->lock, irqflags);

	if (signals) {
		struct pid *pgrp = tty_get_pgrp(tty);

		for (unsigned int rest = signals; pgrp && rest; rest &= rest - 1)
			kill_pgrp(pgrp, __ffs(rest), 1);
		put_pid(pgrp);
	}
	if (stopped)
		tty_wakeup(tty);
	if (readable || signals) {
		wake_up_interruptible_poll(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
		kill_fasync(&tty->fasync, POLL_IN);
	}
}
