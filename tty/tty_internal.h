/* SPDX-License-Identifier: MIT */
/* Shared by the files of tty/ only. */
#ifndef TTY_INTERNAL_H
#define TTY_INTERNAL_H

#include <vitrix/tty.h>
#include <vitrix/pid.h>
#include <vitrix/signal.h>
#include <vitrix/uaccess.h>
#include <vitrix/cred.h>
#include <vitrix/hrtimer.h>

extern struct mutex tty_mutex;		/* open and close, drivers' tables: class LC_TTY_MUTEX */

static inline struct tty_struct *file_tty(struct file *file) { return file->private_data; }
#define NEVER_HUNG_UP	~0ULL		/* f_version of a file of /dev/console */

/* The terminal was hung up after this file was opened: reads find the end, writes -EIO. */
static inline bool tty_hung_up_p(struct file *file)
{
	return file->f_version != READ_ONCE(file_tty(file)->hangup_count) &&
	       file->f_version != NEVER_HUNG_UP;
}

/* tty_jobctrl.c */
void tty_open_proc_set_tty(struct file *file, struct tty_struct *tty);
long tty_jobctrl_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd,
		       unsigned long arg);
struct pid *tty_get_pgrp(struct tty_struct *tty);
int tty_check_background(struct tty_struct *tty, int sig);
void tty_signal_session_leader(struct tty_struct *tty, bool exit_session);
/* tty_ioctl.c */
long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
/* tty_io.c */
void __tty_hangup(struct tty_struct *tty, bool exit_session);

/*
 * The line discipline's state. All under lock, but where noted.
 *
 *   read_buf:  | consumed ... | lines, complete | line being typed |  free |
 *                             ^read_tail        ^canon_head        ^read_head
 *
 * The three are counters, masked where they index. In canonical mode read() sees only what lies
 * before canon_head; end_mark has a bit for each position that ends a line (newline, EOL or the EOF
 * character, which is itself not delivered).
 */
#define N_TTY_BUF_SIZE	4096
#define ECHO_BUF_SIZE	1024

struct n_tty_data {
	spinlock_t lock;			/* class LC_TTY_READ: interrupts off */
	unsigned long read_head, canon_head, read_tail;
	unsigned long end_mark[N_TTY_BUF_SIZE / 64];
	u8 read_buf[N_TTY_BUF_SIZE];
	bool lnext;				/* the next character is literal (VLNEXT) */
	bool overrun;
	unsigned int column, canon_column;	/* cursor; where the line being typed began */
	u8 echo_buf[ECHO_BUF_SIZE];		/* output that waits for room in the driver */
	unsigned int echo_head, echo_tail;
	unsigned int signal;		/* bit n: signal n is to be sent once the lock is let go */
	struct mutex read_mutex;		/* one reader at a time: class LC_TTY_LDISC */
};

/* n_tty_input.c */
void n_tty_flush_echoes(struct tty_struct *tty);
unsigned int n_tty_output_char(struct tty_struct *tty, u8 c, u8 out[8]);

#define T_I(tty, flag)	((tty)->termios.c_iflag & (flag))
#define T_O(tty, flag)	((tty)->termios.c_oflag & (flag))
#define T_L(tty, flag)	((tty)->termios.c_lflag & (flag))
#define T_CC(tty, n)	((tty)->termios.c_cc[n])
/* A control character that is switched off has the value 0 (_POSIX_VDISABLE). */
static inline bool is_cc(const struct tty_struct *tty, int n, u8 c)
{
	return c && T_CC(tty, n) == c;
}

#endif
