/* SPDX-License-Identifier: MIT */
/*
 * Terminals: a driver (the uart) below, the line discipline (n_tty) in the
 * middle, the file operations and job control above. Linux's twin: include/linux/tty*.h,
 * drivers/tty/.
 *
 *   read/write/ioctl (tty_io.c) -> n_tty.c (echo, editing, signals) -> tty_operations of the driver
 *   interrupt -> tty_receive_buf() -> n_tty: from interrupt context
 */
#ifndef VITRIX_TTY_H
#define VITRIX_TTY_H

#include <vitrix/fs.h>
#include <asm/termbits.h>
#include <asm/termios.h>

struct tty_struct;
struct tty_driver;

struct tty_operations {
	int (*open)(struct tty_struct *tty);
	void (*close)(struct tty_struct *tty);		/* last close */
	/* Queues up to n bytes for output, returns how many; never sleeps. */
	int (*write)(struct tty_struct *tty, const u8 *buf, int n);
	unsigned int (*write_room)(struct tty_struct *tty);
	unsigned int (*chars_in_buffer)(struct tty_struct *tty);
	void (*set_termios)(struct tty_struct *tty, const struct ktermios *old);
	void (*throttle)(struct tty_struct *tty);	/* input buffer nearly full */
	void (*unthrottle)(struct tty_struct *tty);
	void (*flush_buffer)(struct tty_struct *tty);	/* drops queued output */
	void (*hangup)(struct tty_struct *tty);
	int (*break_ctl)(struct tty_struct *tty, int state);
	int (*tiocmget)(struct tty_struct *tty);
	int (*tiocmset)(struct tty_struct *tty, unsigned int set, unsigned int clear);
	long (*ioctl)(struct tty_struct *tty, unsigned int cmd, unsigned long arg);
	void (*send_xchar)(struct tty_struct *tty, char c);
};

struct tty_driver {
	const char *driver_name, *name;		/* "serial", "ttyS" */
	int major, minor_start, num;
	short type;
	struct ktermios init_termios;
	const struct tty_operations *ops;
	struct tty_struct **ttys;		/* tty_mutex */
	struct tty_driver *next;
};

struct n_tty_data;
struct tty_struct {
	atomic_t count_ref;
	int index, open_count;			/* open_count: tty_mutex */
	struct tty_driver *driver;
	const struct tty_operations *ops;
	char name[16];
	dev_t dev;
	struct ktermios termios;		/* termios_mutex */
	struct mutex termios_mutex, write_mutex;
	struct winsize winsize;			/* termios_mutex */
	spinlock_t ctrl_lock;			/* pgrp, session, flow */
	struct pid *pgrp, *session;	/* ctrl_lock; foreground group; session it controls */
	bool flow_stopped, packet, throttled, exclusive;
	u64 hangup_count;			/* open files of an older count are dead */
	struct tty_struct *link;		/* pty: the other end */
	wait_queue_head_t read_wait, write_wait;
	struct fasync_struct *fasync;		/* fs/fasync.c's lock */
	struct n_tty_data *ldata;		/* the line discipline's state, own lock */
	void *driver_data;
};

int tty_register_driver(struct tty_driver *driver);	/* chrdev, device nodes */
/* Input arrived; flags[i] or NULL: TTY_NORMAL.. Interrupt context. */
void tty_receive_buf(struct tty_struct *tty, const u8 *data, const u8 *flags, int n);
#define TTY_NORMAL 0
#define TTY_BREAK 1
#define TTY_FRAME 2
#define TTY_PARITY 3
#define TTY_OVERRUN 4
void tty_wakeup(struct tty_struct *tty);	/* output room appeared; any context */
void tty_hangup(struct tty_struct *tty);	/* may sleep */
/* Session leader exits: SIGHUP to the foreground group, terminal let go. */
void disassociate_ctty(int on_exit);
void proc_clear_tty(struct task_struct *p);
int tty_check_change(struct tty_struct *tty);	/* SIGTTOU rule: 0, -EIO, -ERESTARTSYS */
dev_t tty_devnum(struct tty_struct *tty);
struct tty_struct *get_current_tty(void);	/* with a reference */
void tty_kref_put(struct tty_struct *tty);
static inline struct tty_struct *tty_kref_get(struct tty_struct *t)
{
	if (t)
		refcount_inc(&t->count_ref);
	return t;
}
extern struct ktermios tty_std_termios;

/* n_tty.c; pure line-discipline core is in n_tty_core.c, tested on the host */
int n_tty_open(struct tty_struct *tty);
void n_tty_close(struct tty_struct *tty);
ssize_t n_tty_read(struct tty_struct *tty, struct file *file, struct iov_iter *to);
ssize_t n_tty_write(struct tty_struct *tty, struct file *file, struct iov_iter *from);
__poll_t n_tty_poll(struct tty_struct *tty, struct file *file, struct poll_table_struct *wait);
int n_tty_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd, unsigned long arg);
void n_tty_set_termios(struct tty_struct *tty, const struct ktermios *old);
void n_tty_receive_buf(struct tty_struct *tty, const u8 *data, const u8 *flags, int n);
void n_tty_flush_buffer(struct tty_struct *tty);
/* TCGETS.. */
int tty_mode_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd, unsigned long arg);
void tty_wait_until_sent(struct tty_struct *tty, long timeout_jiffies);

#endif
