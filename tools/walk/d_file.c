/* SPDX-License-Identifier: MIT */
/* File calls whose arguments depend on each other: open, fcntl, directories, times. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/time_types.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "decode.h"

/* the access mode is a number in the two lowest bits, the rest are bits */
static void open_flags(struct text *t, unsigned int flags)
{
	const char *acc = set_name(&set_open_acc, flags & O_ACCMODE);

	text_add(t, acc);
	if (flags & ~O_ACCMODE) {
		struct text rest = {0};

		set_flags(&rest, &set_open_flags, flags & ~O_ACCMODE);
		/* a number without any name stands alone behind the mode */
		char *comment = strstr(rest.s, " /* ");

		text_add(t, "|");
		text_addn(t, rest.s, comment ? (size_t)(comment - rest.s) : rest.len);
		text_free(&rest);
	}
}

static void open_from(struct dec *d, int first)
{
	unsigned int flags = d->c->args[first + 1];

	d_args(d, 0, first + 1);
	d_next(d);
	open_flags(d->t, flags);
	if (flags & O_CREAT || (flags & __O_TMPFILE) == __O_TMPFILE)
		d_arg(d, first + 2);
}

static void d_open(struct dec *d) { open_from(d, 0); }
static void d_openat(struct dec *d) { open_from(d, 1); }

static void d_openat2(struct dec *d)
{
	uint64_t how[3];

	d_args(d, 0, 2);
	d_next(d);
	if (d->c->args[3] < sizeof how || !d_read(d, d->c->args[2], how, sizeof how, PHASE_ENTER)) {
		d_addr(d, d->c->args[2]);
	} else {
		text_add(d->t, "{flags=");
		open_flags(d->t, how[0]);
		if (how[0] & (O_CREAT | __O_TMPFILE)) {
			text_add(d->t, ", mode=");
			d_mode(d, how[1]);
		}
		text_addf(d->t, ", resolve=%#llx}", (unsigned long long)how[2]);
	}
	d_arg(d, 3);
}

static void lock_text(struct dec *d, const struct flock *fl, bool pid)
{
	text_add(d->t, "{l_type=");
	set_value(d->t, &set_flock_type, (unsigned short)fl->l_type);
	text_add(d->t, ", l_whence=");
	set_value(d->t, &set_whence, (unsigned short)fl->l_whence);
	text_addf(d->t, ", l_start=%ld, l_len=%ld", fl->l_start, fl->l_len);
	if (pid)
		text_addf(d->t, ", l_pid=%d", fl->l_pid);
	text_add(d->t, "}");
}

static void owner(struct dec *d, uint64_t addr, bool get)
{
	struct f_owner_ex o;

	if ((get && !d_filled(d)) ||
	    !d_read(d, addr, &o, sizeof o, get ? PHASE_EXIT : PHASE_ENTER)) {
		d_addr(d, addr);
		return;
	}
	text_addf(d->t, "{type=%s, pid=%d}", o.type == F_OWNER_TID ? "F_OWNER_TID" :
		  o.type == F_OWNER_PID ? "F_OWNER_PID" : "F_OWNER_PGRP", o.pid);
}

static void d_fcntl(struct dec *d)
{
	uint64_t arg = d->c->args[2];
	unsigned int cmd = d->c->args[1];
	struct flock fl;
	bool get = cmd == F_GETLK || cmd == F_OFD_GETLK;

	d_args(d, 0, 2);
	switch (cmd) {
	case F_GETFD: case F_GETFL: case F_GETOWN: case F_GETSIG: case F_GETLEASE:
	case F_GETPIPE_SZ: case F_GET_SEALS:
		return;
	}
	d_next(d);
	switch (cmd) {
	case F_DUPFD: case F_DUPFD_CLOEXEC: case F_SETOWN: case F_SETPIPE_SZ:
		text_addf(d->t, "%d", (int)arg);
		break;
	case F_SETSIG: signal_name(d->t, arg); break;
	case F_SETFD: set_flags(d->t, &set_fd_flags, arg); break;
	case F_SETFL: open_flags(d->t, arg); break;
	case F_GETLK: case F_SETLK: case F_SETLKW:
	case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
		if ((get && !d_filled(d)) ||
		    !d_read(d, arg, &fl, sizeof fl, get ? PHASE_EXIT : PHASE_ENTER))
			d_addr(d, arg);
		else
			lock_text(d, &fl, get);
		break;
	case F_GETOWN_EX: case F_SETOWN_EX:
		owner(d, arg, cmd == F_GETOWN_EX);
		break;
	default:
		text_addf(d->t, "%#llx", (unsigned long long)arg);
	}
}

static void r_fcntl(struct dec *d, struct text *t)
{
	unsigned int cmd = d->c->args[1];

	if (cmd == F_GETFD || cmd == F_GETFL) {
		text_addf(t, "%#llx", (unsigned long long)d->c->ret);
		if (cmd == F_GETFL || d->c->ret) {
			text_add(t, " (flags ");
			if (cmd == F_GETFL)
				open_flags(t, d->c->ret);
			else
				set_flags(t, &set_fd_flags, d->c->ret);
			text_add(t, ")");
		}
	} else {
		text_addf(t, "%lld", (long long)d->c->ret);
	}
}

/* Only how many entries there are; the names lie in d_reclen steps behind each other. */
static void d_getdents(struct dec *d)
{
	uint64_t addr = d->c->args[1], size = d->c->ret, pos = 0;
	unsigned short reclen;
	int n = 0;

	d_arg(d, 0);
	d_next(d);
	if (!d_filled(d)) {
		d_addr(d, addr);
	} else {
		for (; d->exit && pos + 18 <= size; pos += reclen, n++)
			if (!d_read(d, addr + pos + 16, &reclen, 2, PHASE_EXIT) || !reclen)
				break;
		d_addr(d, addr);
		text_addf(d->t, " /* %d entries */", n);
	}
	d_arg(d, 2);
}

static void d_getcwd(struct dec *d)
{
	d_next(d);
	if (d_filled(d))
		d_path_n(d, d->c->args[0], d->exit && d->c->ret ? d->c->ret - 1 : 0, PHASE_EXIT);
	else
		d_addr(d, d->c->args[0]);
	d_arg(d, 1);
}

/* mknod: a device number only where there is one */
static void mknod_from(struct dec *d, int first)
{
	unsigned int mode = d->c->args[first + 1];

	d_args(d, 0, first + 1);
	d_next(d);
	d_filemode(d, mode);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		d_arg(d, first + 2);
}

static void d_mknod(struct dec *d) { mknod_from(d, 0); }
static void d_mknodat(struct dec *d) { mknod_from(d, 1); }

/* " / * 1970-01-01T00:00:01.000002+0000 * /" */
static void date_comment(struct text *t, long sec, long frac, int digits)
{
	char buf[64];
	time_t when = sec;
	struct tm tm;

	if (!localtime_r(&when, &tm) || !strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%S", &tm))
		return;
	text_addf(t, " /* %s", buf);
	if (frac)
		text_addf(t, ".%0*ld", digits, frac);
	strftime(buf, sizeof buf, "%z", &tm);
	text_addf(t, "%s */", buf);
}

static void two_times(struct dec *d, int n, bool nanoseconds)
{
	long tv[4];

	d_next(d);
	if (!d_read(d, d->c->args[n], tv, sizeof tv, PHASE_ENTER)) {
		d_addr(d, d->c->args[n]);
		return;
	}
	for (int i = 0; i < 2; i++) {
		long sec = tv[2 * i], frac = tv[2 * i + 1];

		text_add(d->t, i ? ", " : "[");
		if (nanoseconds && frac == UTIME_NOW) {
			text_add(d->t, "UTIME_NOW");
		} else if (nanoseconds && frac == UTIME_OMIT) {
			text_add(d->t, "UTIME_OMIT");
		} else {
			text_addf(d->t, "{tv_sec=%ld, tv_%csec=%ld}", sec, nanoseconds ? 'n' : 'u',
				  frac);
			date_comment(d->t, sec, frac, nanoseconds ? 9 : 6);
		}
	}
	text_add(d->t, "]");
}

static void d_utimes(struct dec *d)
{
	d_arg(d, 0);
	two_times(d, 1, false);
}

static void d_futimesat(struct dec *d)
{
	d_args(d, 0, 2);
	two_times(d, 2, false);
}

static void d_utimensat(struct dec *d)
{
	d_args(d, 0, 2);
	two_times(d, 2, true);
	d_arg(d, 3);
}

static void d_utime(struct dec *d)
{
	long times[2];

	d_arg(d, 0);
	d_next(d);
	if (!d_read(d, d->c->args[1], times, sizeof times, PHASE_ENTER)) {
		d_addr(d, d->c->args[1]);
		return;
	}
	text_addf(d->t, "{actime=%ld", times[0]);
	date_comment(d->t, times[0], 0, 0);
	text_addf(d->t, ", modtime=%ld", times[1]);
	date_comment(d->t, times[1], 0, 0);
	text_add(d->t, "}");
}

static void d_statx(struct dec *d)
{
	struct statx st;
	unsigned int flags = d->c->args[2];

	d_args(d, 0, 2);
	d_next(d);
	set_value(d->t, &set_statx_sync, flags & AT_STATX_SYNC_TYPE);
	if (flags & ~AT_STATX_SYNC_TYPE) {
		text_add(d->t, "|");
		set_flags(d->t, &set_at_flags, flags & ~AT_STATX_SYNC_TYPE);
	}
	d_arg(d, 3);
	d_next(d);
	if (!d_filled(d) || !d_read(d, d->c->args[4], &st, sizeof st, PHASE_EXIT)) {
		d_addr(d, d->c->args[4]);
		return;
	}
	text_add(d->t, "{stx_mask=");
	set_flags(d->t, &set_statx_mask, st.stx_mask);
	text_add(d->t, ", stx_attributes=");
	set_flags(d->t, &set_statx_attr, st.stx_attributes);
	text_add(d->t, ", stx_mode=");
	d_filemode(d, st.stx_mode);
	text_addf(d->t, ", stx_size=%llu, ...}", (unsigned long long)st.stx_size);
}

/* offsets that the call moves on: "[5] => [15]" */
static void moved(struct dec *d, int n)
{
	uint64_t addr = d->c->args[n];
	long before, after;

	d_next(d);
	if (!d_read(d, addr, &before, sizeof before, PHASE_ENTER)) {
		d_addr(d, addr);
		return;
	}
	text_addf(d->t, "[%ld]", before);
	d_need_exit(d);
	if ((d->exit || d->collect) && !d_failed(d) && d->c->ret != 0 &&
	    d_read(d, addr, &after, sizeof after, PHASE_EXIT))
		text_addf(d->t, " => [%ld]", after);
}

static void d_sendfile(struct dec *d)
{
	d_args(d, 0, 2);
	moved(d, 2);
	d_arg(d, 3);
}

static void d_getrandom(struct dec *d)
{
	d_next(d);
	if (d_filled(d))
		d_buf(d, d->c->args[0], d->exit ? d->c->ret : 0, PHASE_EXIT, QUOTE_HEX);
	else
		d_addr(d, d->c->args[0]);
	d_args(d, 1, 3);
}

/* the position comes in two halves, of which the second is empty on 64-bit machines */
static void d_preadv(struct dec *d)
{
	d_args(d, 0, 4);
	if (d->desc->nr_args > 5)
		d_arg(d, 5);
}

static void d_syslog(struct dec *d)
{
	static const char *const what[] = { "CLOSE", "OPEN", "READ", "READ_ALL", "READ_CLEAR",
		"CLEAR", "CONSOLE_OFF", "CONSOLE_ON", "CONSOLE_LEVEL", "SIZE_UNREAD",
		"SIZE_BUFFER" };
	unsigned int type = d->c->args[0];

	d_arg(d, 0);
	if (type < sizeof what / sizeof *what)
		text_addf(d->t, " /* SYSLOG_ACTION_%s */", what[type]);
	else
		text_add(d->t, " /* SYSLOG_ACTION_??? */");
	if (type >= 2 && type <= 4)
		d_args(d, 1, 3);
	else if (type == 8) {
		d_next(d);
		d_addr(d, d->c->args[1]);
		d_arg(d, 2);
	}
}

static void d_fchmodat(struct dec *d) { d_args(d, 0, 3); }

static void r_octal(struct dec *d, struct text *t) { text_addf(t, "%#03llo", (long long)d->c->ret); }

const struct special file_calls[] = {
	{ "open", d_open, NULL }, { "openat", d_openat, NULL }, { "openat2", d_openat2, NULL },
	{ "fcntl", d_fcntl, r_fcntl }, { "getdents", d_getdents, NULL },
	{ "getdents64", d_getdents, NULL }, { "getcwd", d_getcwd, NULL },
	{ "mknod", d_mknod, NULL }, { "mknodat", d_mknodat, NULL },
	{ "utimes", d_utimes, NULL }, { "futimesat", d_futimesat, NULL },
	{ "utimensat", d_utimensat, NULL }, { "utime", d_utime, NULL }, { "statx", d_statx, NULL },
	{ "sendfile", d_sendfile, NULL }, { "getrandom", d_getrandom, NULL },
	{ "fchmodat", d_fchmodat, NULL }, { "umask", NULL, r_octal },
	{ "preadv", d_preadv, NULL }, { "pwritev", d_preadv, NULL },
	{ "preadv2", d_preadv, NULL }, { "pwritev2", d_preadv, NULL },
	{ "syslog", d_syslog, NULL }, { 0 }
};
