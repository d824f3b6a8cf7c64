/* SPDX-License-Identifier: MIT */
/*
 * ioctl(2) on terminals: settings (termios), window size, flushing, flow control, modem lines.
 * Linux's twin: drivers/tty/tty_ioctl.c and tty_ioctl() in tty_io.c; ioctl_tty(2).
 *
 * termios_mutex guards the settings. Calls that change them are refused to background groups
 * (SIGTTOU).
 */
#include <vitrix/string.h>
#include <generated/syscalls.h>
#include "tty_internal.h"

static const unsigned int baud_table[] = {
	0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
};
static const unsigned int high_baud_table[] = {
	57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000,
	2500000, 3000000, 3500000, 4000000,
};

/* c_cflag's speed code in bits a second; c_ospeed for BOTHER. */
static unsigned int termios_baud(const struct ktermios *t)
{
	unsigned int code = t->c_cflag & CBAUD;

	if (code == BOTHER)
		return t->c_ospeed;
	if (code & CBAUDEX) {
		code = (code & ~CBAUDEX) - 1;
		return code < ARRAY_SIZE(high_baud_table) ? high_baud_table[code] : 0;
	}
	return baud_table[code];
}

static void change_termios(struct tty_struct *tty, const struct ktermios *new)
{
	struct ktermios old;

	mutex_lock(&tty->termios_mutex);
	old = tty->termios;
	tty->termios = *new;
	tty->termios.c_ospeed = termios_baud(&tty->termios);
	tty->termios.c_ispeed = tty->termios.c_ospeed;
	if (tty->ops->set_termios)
		tty->ops->set_termios(tty, &old);
	n_tty_set_termios(tty, &old);
	mutex_unlock(&tty->termios_mutex);
}

static void get_termios_copy(struct tty_struct *tty, struct ktermios *out)
{
	mutex_lock(&tty->termios_mutex);
	*out = tty->termios;
	mutex_unlock(&tty->termios_mutex);
}

/* struct termios and termios2 are struct ktermios without and with the speeds at the end. */
static int read_user_termios(struct tty_struct *tty, struct ktermios *new, unsigned int cmd,
			     const void *arg)
{
	struct termio old_style;

	get_termios_copy(tty, new);
	switch (cmd) {
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		if (copy_from_user(&old_style, arg, sizeof(old_style)))
			return -EFAULT;
		new->c_iflag = (new->c_iflag & 0xffff0000) | old_style.c_iflag;
		new->c_oflag = (new->c_oflag & 0xffff0000) | old_style.c_oflag;
		new->c_cflag = (new->c_cflag & 0xffff0000) | old_style.c_cflag;
		new->c_lflag = (new->c_lflag & 0xffff0000) | old_style.c_lflag;
		new->c_line = old_style.c_line;
		memcpy(new->c_cc, old_style.c_cc, NCC);
		return 0;
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return copy_from_user(new, arg, sizeof(struct termios2)) ? -EFAULT : 0;
	default:
		return copy_from_user(new, arg, sizeof(struct termios)) ? -EFAULT : 0;
	}
}

static int set_termios(struct tty_struct *tty, unsigned int cmd, const void *arg, bool wait,
		       bool flush)
{
	struct ktermios new;
	int error = tty_check_change(tty);

	if (error)
		return error;
	error = read_user_termios(tty, &new, cmd, arg);
	if (error)
		return error;
	if (flush)
		n_tty_flush_buffer(tty);
	if (wait) {
		tty_wait_until_sent(tty, 0);
		if (signal_pending(current))
			return -ERESTARTSYS;
	}
	change_termios(tty, &new);
	return 0;
}

static int get_old_style(struct tty_struct *tty, void *arg)
{
	struct ktermios t;
	struct termio out;

	get_termios_copy(tty, &t);
	memset(&out, 0, sizeof(out));
	out.c_iflag = t.c_iflag;
	out.c_oflag = t.c_oflag;
	out.c_cflag = t.c_cflag;
	out.c_lflag = t.c_lflag;
	out.c_line = t.c_line;
	memcpy(out.c_cc, t.c_cc, NCC);
	return copy_to_user(arg, &out, sizeof(out)) ? -EFAULT : 0;
}

static int flush_queues(struct tty_struct *tty, unsigned long queue)
{
	int error = tty_check_change(tty);

	if (error)
		return error;
	if (queue != TCIFLUSH && queue != TCOFLUSH && queue != TCIOFLUSH)
		return -EINVAL;
	if (queue != TCOFLUSH)
		n_tty_flush_buffer(tty);
	if (queue != TCIFLUSH && tty->ops->flush_buffer)
		tty->ops->flush_buffer(tty);
	return 0;
}

static int flow_control(struct tty_struct *tty, unsigned long action)
{
	int error = tty_check_change(tty);

	if (error)
		return error;
	switch (action) {
	case TCOOFF:
		tty->flow_stopped = true;
		return 0;
	case TCOON:
		tty->flow_stopped = false;
		tty_wakeup(tty);
		return 0;
	case TCIOFF:
	case TCION:
		if (tty->ops->send_xchar)
			tty->ops->send_xchar(tty, T_CC(tty, action == TCIOFF ? VSTOP : VSTART));
		return 0;
	default:
		return -EINVAL;
	}
}

int tty_mode_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ktermios t;
	void *p = (void *)arg;

	switch (cmd) {
	case TCGETS:
		get_termios_copy(tty, &t);
		return copy_to_user(p, &t, sizeof(struct termios)) ? -EFAULT : 0;
	case TCGETS2:
		get_termios_copy(tty, &t);
		return copy_to_user(p, &t, sizeof(struct termios2)) ? -EFAULT : 0;
	case TCGETA:
		return get_old_style(tty, p);
	case TCSETS:
	case TCSETS2:
	case TCSETA:
		return set_termios(tty, cmd, p, false, false);
	case TCSETSW:
	case TCSETSW2:
	case TCSETAW:
		return set_termios(tty, cmd, p, true, false);
	case TCSETSF:
	case TCSETSF2:
	case TCSETAF:
		return set_termios(tty, cmd, p, true, true);
	case TCFLSH:
		return flush_queues(tty, arg);
	case TCXONC:
		return flow_control(tty, arg);
	default:
		return -ENOIOCTLCMD;
	}
}

static int set_winsize(struct tty_struct *tty, const void *arg)
{
	struct winsize ws;
	struct pid *pgrp = NULL;

	if (copy_from_user(&ws, arg, sizeof(ws)))
		return -EFAULT;
	mutex_lock(&tty->termios_mutex);
	if (memcmp(&ws, &tty->winsize, sizeof(ws))) {
		tty->winsize = ws;
		pgrp = tty_get_pgrp(tty);
	}
	mutex_unlock(&tty->termios_mutex);
	if (pgrp)
		kill_pgrp(pgrp, SIGWINCH, 1);
	put_pid(pgrp);
	return 0;
}

static int send_break(struct tty_struct *tty, unsigned int duration_ms)
{
	int error = tty_check_change(tty);

	if (error)
		return error;
	tty_wait_until_sent(tty, 0);
	if (signal_pending(current))
		return -ERESTARTSYS;
	if (!tty->ops->break_ctl || !duration_ms)
		return 0;
	error = tty->ops->break_ctl(tty, -1);
	if (!error) {
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule_timeout(duration_ms / (1000 / HZ));
		error = tty->ops->break_ctl(tty, 0);
	}
	return error;
}

/* TIOCSTI: as if typed. The caller's own terminal, or root. */
static int simulate_input(struct tty_struct *tty, const u8 *arg)
{
	u8 c;

	if (current->signal->tty != tty && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(c, arg))
		return -EFAULT;
	tty_receive_buf(tty, &c, NULL, 1);
	return 0;
}

static int modem_lines(struct tty_struct *tty, unsigned int cmd, const unsigned int *arg)
{
	unsigned int value, set, clear;

	if (!tty->ops->tiocmset)
		return -ENOTTY;
	if (get_user(value, arg))
		return -EFAULT;
	set = cmd == TIOCMBIC ? 0 : value;
	clear = cmd == TIOCMBIS ? 0 : cmd == TIOCMBIC ? value : ~value;
	return tty->ops->tiocmset(tty, set & (TIOCM_DTR | TIOCM_RTS),
				  clear & (TIOCM_DTR | TIOCM_RTS));
}

static long tty_own_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	void *p = (void *)arg;
	struct winsize ws;
	int value;

	switch (cmd) {
	case TIOCGWINSZ:
		mutex_lock(&tty->termios_mutex);
		ws = tty->winsize;
		mutex_unlock(&tty->termios_mutex);
		return copy_to_user(p, &ws, sizeof(ws)) ? -EFAULT : 0;
	case TIOCSWINSZ:
		return set_winsize(tty, p);
	case TIOCSTI:
		return simulate_input(tty, p);
	case TIOCEXCL:
		tty->exclusive = true;
		return 0;
	case TIOCNXCL:
		tty->exclusive = false;
		return 0;
	case TIOCGEXCL:
		return put_user((int)tty->exclusive, (int *)p);
	case TIOCGETD:
		return put_user(0, (int *)p);
	case TIOCSETD:
		if (get_user(value, (int *)p))
			return -EFAULT;
		return value == 0 ? 0 : -EINVAL;
	case TIOCVHANGUP:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		tty_hangup(tty);
		return 0;
	case TIOCGDEV:
		return put_user((unsigned int)new_encode_dev(tty->dev), (unsigned int *)p);
	case TCSBRK:
		return send_break(tty, arg ? 0 : 250);
	case TCSBRKP:
		return send_break(tty, arg ? arg * 100 : 250);
	case TIOCMGET:
		value = tty->ops->tiocmget ? tty->ops->tiocmget(tty) : -ENOTTY;
		return value < 0 ? value : put_user(value, (int *)p);
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return modem_lines(tty, cmd, p);
	default:
		return -ENOIOCTLCMD;
	}
}

long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct tty_struct *tty = file_tty(file);
	long ret;

	if (tty_hung_up_p(file))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	ret = tty_own_ioctl(tty, file, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = tty_jobctrl_ioctl(tty, file, cmd, arg);
	if (ret == -ENOIOCTLCMD && tty->ops->ioctl)
		ret = tty->ops->ioctl(tty, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = n_tty_ioctl(tty, file, cmd, arg);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

/* vhangup(2) */
long __x64_sys_vhangup(void)
{
	struct tty_struct *tty;

	if (!capable(CAP_SYS_TTY_CONFIG))
		return -EPERM;
	tty = get_current_tty();
	if (tty)
		tty_hangup(tty);
	tty_kref_put(tty);
	return 0;
}
