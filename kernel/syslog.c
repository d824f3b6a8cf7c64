/* SPDX-License-Identifier: MIT */
/*
 * syslog(2): how dmesg and klogd read the log. Linux's twin: do_syslog() in kernel/printk/printk.c.
 * Lines go out as "<level>[ seconds] text\n". May sleep (SYSLOG_ACTION_READ). Locks: syslog_mutex
 * for the readers' place; the log has its own.
 */
#include <vitrix/printk.h>
#include <vitrix/printf.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <vitrix/sched.h>
#include <vitrix/cred.h>
#include <vitrix/uaccess.h>
#include <vitrix/ktime.h>
#include <generated/syscalls.h>

#define SYSLOG_ACTION_CLOSE		0
#define SYSLOG_ACTION_OPEN		1
#define SYSLOG_ACTION_READ		2
#define SYSLOG_ACTION_READ_CLEAR	4
#define SYSLOG_ACTION_CLEAR		5
#define SYSLOG_ACTION_CONSOLE_OFF	6
#define SYSLOG_ACTION_CONSOLE_ON	7
#define SYSLOG_ACTION_CONSOLE_LEVEL	8
#define SYSLOG_ACTION_SIZE_UNREAD	9
#define SYSLOG_ACTION_SIZE_BUFFER	10

#define LINE_SIZE	(LOG_LINE_MAX + 32)

static DEFINE_MUTEX(syslog_mutex, LC_KMSG);
static u64 syslog_seq;		/* SYSLOG_ACTION_READ goes on here; syslog_mutex */
static u64 clear_seq;		/* READ_ALL starts here; syslog_mutex */
static int saved_loglevel = -1;
int dmesg_restrict;

u64 log_clear_seq(void)
{
	return READ_ONCE(clear_seq);
}

int check_syslog_permissions(int type)
{
	bool open_to_all = type == SYSLOG_ACTION_READ_ALL || type == SYSLOG_ACTION_SIZE_BUFFER;

	if (open_to_all && !READ_ONCE(dmesg_restrict))
		return 0;
	return capable(CAP_SYSLOG) || capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

/* One record as a line, or as several, each with its head; its length. Cut at LINE_SIZE. */
static int format_line(u64 *seq, char *out, char *text)
{
	struct log_entry e;
	int done = 0, n = 0;
	char *newline;

	if (!log_read(seq, &e, text))
		return 0;
	do {
		newline = memchr(text + done, '\n', e.len - done);
		n += scnprintf(out + n, LINE_SIZE - n, "<%u>[%5llu.%06llu] %.*s\n",
			       e.facility << 3 | e.level, e.ts_nsec / NSEC_PER_SEC,
			       e.ts_nsec % NSEC_PER_SEC / 1000,
			       newline ? (int)(newline - text) - done : e.len - done, text + done);
		done = newline ? newline - text + 1 : 0;
	} while (newline);
	out[n - 1] = '\n';
	return n;
}

/* What is unread, whole lines, at least one. */
static long syslog_read(char *buf, int size, char *scratch)
{
	char *out = scratch, *text = scratch + LINE_SIZE;
	int done = 0, n, error;

	log_wait_for(READ_ONCE(syslog_seq), &error);
	if (error)
		return error;
	mutex_lock(&syslog_mutex);
	while ((n = format_line(&syslog_seq, out, text)) && done + n <= size) {
		if (copy_to_user(buf + done, out, n)) {
			done = done ? done : -EFAULT;
			break;
		}
		done += n;
		syslog_seq++;
	}
	mutex_unlock(&syslog_mutex);
	return done;
}

/* The last lines that fit into size bytes. */
static long syslog_read_all(char *buf, int size, bool clear, char *scratch)
{
	char *out = scratch, *text = scratch + LINE_SIZE;
	u64 first, seq;
	long total = 0;
	int done = 0, n;

	mutex_lock(&syslog_mutex);
	first = max(clear_seq, log_first_seq());
	for (seq = first; (n = format_line(&seq, out, text)); seq++)
		total += n;
	for (seq = first; total > size && (n = format_line(&seq, out, text)); seq++)
		total -= n;
	while ((n = format_line(&seq, out, text)) && done + n <= size) {
		if (copy_to_user(buf + done, out, n)) {
			done = -EFAULT;
			break;
		}
		done += n;
		seq++;
	}
	if (clear && done >= 0)
		clear_seq = log_next_seq();
	mutex_unlock(&syslog_mutex);
	return done;
}

static long syslog_unread(char *scratch)
{
	u64 seq;
	long total = 0;
	int n;

	mutex_lock(&syslog_mutex);
	for (seq = syslog_seq; (n = format_line(&seq, scratch, scratch + LINE_SIZE)); seq++)
		total += n;
	mutex_unlock(&syslog_mutex);
	return total;
}

static long do_syslog(int type, char *buf, int len, char *scratch)
{
	switch (type) {
	case SYSLOG_ACTION_CLOSE:
	case SYSLOG_ACTION_OPEN:
		return 0;
	case SYSLOG_ACTION_READ:
	case SYSLOG_ACTION_READ_ALL:
	case SYSLOG_ACTION_READ_CLEAR:
		if (!buf || len < 0)
			return -EINVAL;
		if (!len)
			return 0;
		if (!access_ok(buf, len))
			return -EFAULT;
		if (type == SYSLOG_ACTION_READ)
			return syslog_read(buf, len, scratch);
		return syslog_read_all(buf, len, type == SYSLOG_ACTION_READ_CLEAR, scratch);
	case SYSLOG_ACTION_CLEAR:
		mutex_lock(&syslog_mutex);
		clear_seq = log_next_seq();
		mutex_unlock(&syslog_mutex);
		return 0;
	case SYSLOG_ACTION_CONSOLE_OFF:
		if (saved_loglevel < 0)
			saved_loglevel = console_loglevel;
		console_loglevel = 1;
		return 0;
	case SYSLOG_ACTION_CONSOLE_ON:
		if (saved_loglevel >= 0)
			console_loglevel = saved_loglevel;
		saved_loglevel = -1;
		return 0;
	case SYSLOG_ACTION_CONSOLE_LEVEL:
		if (len < 1 || len > 8)
			return -EINVAL;
		console_loglevel = len;
		saved_loglevel = -1;
		return 0;
	case SYSLOG_ACTION_SIZE_UNREAD:
		return syslog_unread(scratch);
	case SYSLOG_ACTION_SIZE_BUFFER:
		return LOG_BUF_SIZE;
	default:
		return -EINVAL;
	}
}

long __x64_sys_syslog(int type, char __user *buf, int len)
{
	char *scratch;
	long ret = check_syslog_permissions(type);

	if (ret)
		return ret;
	scratch = kmalloc(2 * LINE_SIZE, GFP_KERNEL);
	if (!scratch)
		return -ENOMEM;
	ret = do_syslog(type, buf, len, scratch);
	kfree(scratch);
	return ret;
}
