/* SPDX-License-Identifier: MIT */
/*
 * The kernel's log: a ring of records, kept for dmesg and /dev/kmsg, written to the consoles.
 * Linux's twin: include/linux/printk.h, kernel/printk/.
 */
#ifndef VITRIX_PRINTK_H
#define VITRIX_PRINTK_H

#include <vitrix/types.h>

#define KERN_EMERG	"\0010"
#define KERN_ALERT	"\0011"
#define KERN_CRIT	"\0012"
#define KERN_ERR	"\0013"
#define KERN_WARNING	"\0014"
#define KERN_NOTICE	"\0015"
#define KERN_INFO	"\0016"
#define KERN_DEBUG	"\0017"
#define KERN_CONT	"\001c"

/* Any context, NMI included. */
int printk(const char *fmt, ...) __printf(1, 2);
int vprintk(const char *fmt, va_list args);
#define pr_emerg(fmt, ...)	printk(KERN_EMERG fmt, ##__VA_ARGS__)
#define pr_err(fmt, ...)	printk(KERN_ERR fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)	printk(KERN_WARNING fmt, ##__VA_ARGS__)
#define pr_notice(fmt, ...)	printk(KERN_NOTICE fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)	printk(KERN_INFO fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...)	printk(KERN_DEBUG fmt, ##__VA_ARGS__)
#define pr_cont(fmt, ...)	printk(KERN_CONT fmt, ##__VA_ARGS__)

/* A place where log lines appear. write() is called with interrupts off and may only poll. */
struct console {
	char name[16];
	int index;
	void (*write)(struct console *con, const char *s, size_t n);
	/* dev_t of the tty behind /dev/console if this is the preferred console */
	dev_t (*device)(struct console *con);
	bool boot_console;		/* unregistered when the first real console comes */
	struct console *next;
};

void register_console(struct console *con);
struct console *preferred_console(void); /* chosen by console= on the command line; may be NULL */
extern int console_loglevel;
void console_flush_on_panic(void);	/* breaks locks: the machine is going down */
bool printk_ratelimit(void);

/* ---- readers: dmesg through syslog(2) (kernel/syslog.c) and /dev/kmsg ---- */
struct log_entry {
	u64 seq, ts_nsec;
	u8 level;			/* 0..7 */
	u8 facility;		/* 0: kernel; others: written by programs through /dev/kmsg */
	u16 len;			/* bytes of text, no newline */
};
#define LOG_LINE_MAX	1024
/*
 * The first record with a number >= *seq: its text into buf (LOG_LINE_MAX bytes, not
 * NUL-terminated), *seq set to it. false: there is none yet. Records that were overwritten are
 * skipped.
 */
bool log_read(u64 *seq, struct log_entry *entry, char *buf);
u64 log_first_seq(void);
u64 log_next_seq(void);
u64 log_clear_seq(void);	/* first after SYSLOG_ACTION_CLEAR; kernel/syslog.c */
/* May the caller do that with the log? 0 or -EPERM. Opening /dev/kmsg is READ_ALL. */
#define SYSLOG_ACTION_READ_ALL		3
int check_syslog_permissions(int type);
extern int dmesg_restrict;	/* 1: reading the log takes CAP_SYSLOG */
void log_write(int facility, int level, const char *text, size_t len); /* one record; any context */
/* sleeps until log_next_seq() > seq; *error: -ERESTARTSYS or 0 */
void log_wait_for(u64 seq, int *error);
struct wait_queue_head;
extern struct wait_queue_head log_wait;
/* The tick wakes readers for records that came in contexts where waking is not allowed. */
void printk_tick(void);
#define LOG_BUF_SIZE	(64 * 1024)

#endif
