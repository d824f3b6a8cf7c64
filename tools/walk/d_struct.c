/* SPDX-License-Identifier: MIT */
/*
 * Objects behind pointers, by the name of their type in syscalls.tbl. Long structs are shown with
 * the fields that strace shows by default, and "..." for the rest.
 */
#define _GNU_SOURCE
#include <asm/stat.h>
#include <linux/time_types.h>
#include <linux/rseq.h>
#include <linux/types.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <utime.h>

#include "decode.h"

#define S_IFMT_	0170000
#define is_device(mode)	(((mode) & S_IFMT_) == 0020000 || ((mode) & S_IFMT_) == 0060000)

static void print_stat(struct dec *d, const void *p)
{
	const struct stat *st = p;

	text_add(d->t, "{st_mode=");
	d_filemode(d, st->st_mode);
	if (is_device(st->st_mode)) {
		text_add(d->t, ", st_rdev=");
		d_dev(d, st->st_rdev);
	} else {
		text_addf(d->t, ", st_size=%lu", st->st_size);
	}
	text_add(d->t, ", ...}");
}

static void print_int(struct dec *d, const void *p) { text_addf(d->t, "%d", *(const int *)p); }
static void print_uint(struct dec *d, const void *p) { text_addf(d->t, "%u", *(const unsigned *)p); }
static void print_id(struct dec *d, const void *p) { d_uid(d, *(const unsigned *)p); }
static void print_long(struct dec *d, const void *p) { text_addf(d->t, "%ld", *(const long *)p); }
static void print_ulong(struct dec *d, const void *p)
{
	text_addf(d->t, "%lu", *(const unsigned long *)p);
}

static void print_sigset(struct dec *d, const void *p) { d_sigmask(d->t, *(const uint64_t *)p); }

static void print_timespec(struct dec *d, const void *p)
{
	const struct __kernel_timespec *ts = p;

	text_addf(d->t, "{tv_sec=%lld, tv_nsec=%lld}", (long long)ts->tv_sec, ts->tv_nsec);
}

static void print_timeval(struct dec *d, const void *p)
{
	const long *tv = p;

	text_addf(d->t, "{tv_sec=%ld, tv_usec=%ld}", tv[0], tv[1]);
}

/* Two of the same: interval and value. */
static void print_pair(struct dec *d, const void *p, void (*one)(struct dec *, const void *))
{
	text_add(d->t, "{it_interval=");
	one(d, p);
	text_add(d->t, ", it_value=");
	one(d, (const char *)p + 16);
	text_add(d->t, "}");
}

static void print_itimerval(struct dec *d, const void *p) { print_pair(d, p, print_timeval); }
static void print_itimerspec(struct dec *d, const void *p) { print_pair(d, p, print_timespec); }

static void print_timezone(struct dec *d, const void *p)
{
	const int *tz = p;

	text_addf(d->t, "{tz_minuteswest=%d, tz_dsttime=%d}", tz[0], tz[1]);
}

static void limit(struct dec *d, unsigned long v)
{
	if (v == -1UL)
		text_add(d->t, "RLIM64_INFINITY");
	else if (v > 1024 && v % 1024 == 0)
		text_addf(d->t, "%lu*1024", v / 1024);
	else
		text_addf(d->t, "%lu", v);
}

static void print_rlimit(struct dec *d, const void *p)
{
	const unsigned long *r = p;

	text_add(d->t, "{rlim_cur=");
	limit(d, r[0]);
	text_add(d->t, ", rlim_max=");
	limit(d, r[1]);
	text_add(d->t, "}");
}

static void print_rusage(struct dec *d, const void *p)
{
	const struct rusage *ru = p;

	text_add(d->t, "{ru_utime=");
	print_timeval(d, &ru->ru_utime);
	text_add(d->t, ", ru_stime=");
	print_timeval(d, &ru->ru_stime);
	text_add(d->t, ", ...}");
}

static void print_sysinfo(struct dec *d, const void *p)
{
	const struct sysinfo *s = p;

	text_addf(d->t, "{uptime=%ld, loads=[%lu, %lu, %lu], totalram=%lu, freeram=%lu, "
		  "sharedram=%lu, bufferram=%lu, totalswap=%lu, freeswap=%lu, procs=%u, "
		  "totalhigh=%lu, freehigh=%lu, mem_unit=%u}", s->uptime, s->loads[0], s->loads[1],
		  s->loads[2], s->totalram, s->freeram, s->sharedram, s->bufferram, s->totalswap,
		  s->freeswap, s->procs, s->totalhigh, s->freehigh, s->mem_unit);
}

static void print_tms(struct dec *d, const void *p)
{
	const struct tms *s = p;

	text_addf(d->t, "{tms_utime=%ld, tms_stime=%ld, tms_cutime=%ld, tms_cstime=%ld}",
		  s->tms_utime, s->tms_stime, s->tms_cutime, s->tms_cstime);
}

static void print_utsname(struct dec *d, const void *p)
{
	const struct utsname *u = p;

	text_add(d->t, "{sysname=");
	d_quote(d, u->sysname, strnlen(u->sysname, 65), false, QUOTE_PLAIN);
	text_add(d->t, ", nodename=");
	d_quote(d, u->nodename, strnlen(u->nodename, 65), false, QUOTE_PLAIN);
	text_add(d->t, ", ...}");
}

static void print_fsid(struct dec *d, const int *val)
{
	text_addf(d->t, ", f_fsid={val=[%#x, %#x]}", val[0], val[1]);
}

static void print_statfs(struct dec *d, const void *p)
{
	const struct statfs *s = p;
	int fsid[2];

	memcpy(fsid, &s->f_fsid, sizeof fsid);
	text_add(d->t, "{f_type=");
	set_value(d->t, &set_fs_magic, s->f_type);
	text_addf(d->t, ", f_bsize=%ld, f_blocks=%lu, f_bfree=%lu, f_bavail=%lu, f_files=%lu, "
		  "f_ffree=%lu", s->f_bsize, s->f_blocks, s->f_bfree, s->f_bavail, s->f_files,
		  s->f_ffree);
	print_fsid(d, fsid);
	text_addf(d->t, ", f_namelen=%ld, f_frsize=%ld, f_flags=", s->f_namelen, s->f_frsize);
	set_flags(d->t, &set_st_flags, s->f_flags);
	text_add(d->t, "}");
}

static void print_sched_param(struct dec *d, const void *p)
{
	text_addf(d->t, "[%d]", *(const int *)p);
}

static void print_utimbuf(struct dec *d, const void *p)
{
	const struct utimbuf *u = p;

	text_addf(d->t, "{actime=%ld, modtime=%ld}", (long)u->actime, (long)u->modtime);
}

static void print_epoll_event(struct dec *d, const void *p)
{
	const struct epoll_event *e = p;

	text_add(d->t, "{events=");
	set_flags(d->t, &set_epoll_events, e->events);
	text_addf(d->t, ", data={u32=%u, u64=%llu}}", e->data.u32,
		  (unsigned long long)e->data.u64);
}

static void print_sigaltstack(struct dec *d, const void *p)
{
	const struct { uint64_t sp; int flags; uint64_t size; } *ss = p;

	text_add(d->t, "{ss_sp=");
	d_addr(d, ss->sp);
	text_add(d->t, ", ss_flags=");
	set_value(d->t, &set_ss_flags, ss->flags);
	text_addf(d->t, ", ss_size=%llu}", (unsigned long long)ss->size);
}

static void print_byte(struct dec *d, const void *p)
{
	text_addf(d->t, "%u", *(const unsigned char *)p);
}

static const struct object objects[] = {
	{ "int", 4, print_int }, { "__s32", 4, print_int }, { "timer_t", 4, print_int },
	{ "unsigned int", 4, print_uint }, { "u32", 4, print_uint }, { "long", 8, print_long },
	{ "unsigned char", 1, print_byte },
	{ "unsigned long", 8, print_ulong }, { "size_t", 8, print_ulong },
	{ "loff_t", 8, print_long }, { "__kernel_old_time_t", 8, print_long },
	{ "uid_t", 4, print_id }, { "gid_t", 4, print_id }, { "sigset_t", 8, print_sigset },
	{ "struct stat", sizeof(struct stat), print_stat },
	{ "struct __kernel_timespec", 16, print_timespec },
	{ "struct __kernel_old_timeval", 16, print_timeval },
	{ "struct __kernel_itimerspec", 32, print_itimerspec },
	{ "struct __kernel_old_itimerval", 32, print_itimerval },
	{ "struct timezone", 8, print_timezone },
	{ "struct rlimit", 16, print_rlimit },
	{ "struct rlimit64", 16, print_rlimit },
	{ "struct rusage", sizeof(struct rusage), print_rusage },
	{ "struct sysinfo", sizeof(struct sysinfo), print_sysinfo },
	{ "struct tms", sizeof(struct tms), print_tms },
	{ "struct new_utsname", 390, print_utsname },
	{ "struct statfs", sizeof(struct statfs), print_statfs },
	{ "struct sched_param", 4, print_sched_param },
	{ "struct utimbuf", sizeof(struct utimbuf), print_utimbuf },
	{ "struct epoll_event", sizeof(struct epoll_event), print_epoll_event },
	{ "struct sigaltstack", 24, print_sigaltstack },
};

const struct object *d_object(const char *base)
{
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
		if (!strcmp(objects[i].base, base))
			return &objects[i];
	return NULL;
}

void d_object_at(struct dec *d, const char *base, uint64_t addr, enum phase phase)
{
	const struct object *o = d_object(base);
	char buf[512];
	bool scalar = o && strncmp(base, "struct", 6) && strcmp(base, "sigset_t");

	if (!o || !d_read(d, addr, buf, o->size, phase)) {
		d_addr(d, addr);
		return;
	}
	if (scalar)
		text_add(d->t, "[");
	o->print(d, buf);
	if (scalar)
		text_add(d->t, "]");
}

void d_timespec(struct dec *d, uint64_t addr, enum phase phase)
{
	d_object_at(d, "struct __kernel_timespec", addr, phase);
}

void d_timeval(struct dec *d, uint64_t addr, enum phase phase)
{
	d_object_at(d, "struct __kernel_old_timeval", addr, phase);
}
