/* SPDX-License-Identifier: MIT */
/* Memory, futexes, scheduling, clocks: calls whose arguments depend on each other. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <linux/time_types.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "decode.h"

static void d_mmap(struct dec *d)
{
	const uint64_t *a = d->c->args;
	unsigned long rest = a[3] & ~(unsigned long)MAP_TYPE;

	d_args(d, 0, 3);
	d_next(d);
	set_value(d->t, &set_map_type, a[3] & MAP_TYPE);
	if (rest) {
		text_add(d->t, "|");
		set_flags(d->t, &set_map_flags, rest);
	}
	d_next(d);
	d_fd(d, a[4]);
	d_next(d);
	text_addf(d->t, "%#llx", (unsigned long long)a[5]);
}

static void d_mremap(struct dec *d)
{
	d_args(d, 0, 4);
	if (d->c->args[3] & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		d_arg(d, 4);
}

static void r_hex(struct dec *d, struct text *t)
{
	text_addf(t, "%#llx", (unsigned long long)d->c->ret);
}

static void futex_timeout(struct dec *d, uint64_t addr)
{
	d_next(d);
	d_timespec(d, addr, PHASE_ENTER);
}

static void number(struct dec *d, uint64_t v, const char *fmt)
{
	d_next(d);
	text_addf(d->t, fmt, (unsigned int)v);
}

static void futex_wake_op(struct dec *d, unsigned int op)
{
	static const char *const ops[] = { "FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR",
					   "FUTEX_OP_ANDN", "FUTEX_OP_XOR" };
	static const char *const cmps[] = { "FUTEX_OP_CMP_EQ", "FUTEX_OP_CMP_NE",
		"FUTEX_OP_CMP_LT", "FUTEX_OP_CMP_LE", "FUTEX_OP_CMP_GT", "FUTEX_OP_CMP_GE" };
	unsigned int what = op >> 28 & 7, cmp = op >> 24 & 15;

	d_next(d);
	if (op >> 31)
		text_add(d->t, "FUTEX_OP_OPARG_SHIFT<<28|");
	if (what < 5)
		text_add(d->t, ops[what]);
	else
		text_addf(d->t, "%#x /* FUTEX_OP_??? */", what);
	text_addf(d->t, "<<28|%s%x<<12|", op >> 12 & 0xfff ? "0x" : "", op >> 12 & 0xfff);
	if (cmp < 6)
		text_add(d->t, cmps[cmp]);
	else
		text_addf(d->t, "%#x /* FUTEX_OP_CMP_??? */", cmp);
	text_addf(d->t, "<<24|%#x", op & 0xfff);
}

static void futex_bitset(struct dec *d, unsigned int bits)
{
	d_next(d);
	if (bits == FUTEX_BITSET_MATCH_ANY)
		text_add(d->t, "FUTEX_BITSET_MATCH_ANY");
	else
		text_addf(d->t, "%#x", bits);
}

static void d_futex(struct dec *d)
{
	const uint64_t *a = d->c->args;
	int cmd = a[1] & 127;

	d_next(d);
	d_addr(d, a[0]);
	d_arg(d, 1);
	if (cmd != FUTEX_LOCK_PI && cmd != FUTEX_UNLOCK_PI && cmd != FUTEX_TRYLOCK_PI)
		number(d, a[2], "%u");
	switch (cmd) {
	case FUTEX_WAIT: case FUTEX_LOCK_PI:
		futex_timeout(d, a[3]);
		break;
	case FUTEX_WAIT_BITSET:
		futex_timeout(d, a[3]);
		futex_bitset(d, a[5]);
		break;
	case FUTEX_WAKE: case FUTEX_FD: case FUTEX_UNLOCK_PI: case FUTEX_TRYLOCK_PI:
		break;
	case FUTEX_WAKE_BITSET:
		futex_bitset(d, a[5]);
		break;
	case FUTEX_REQUEUE: case FUTEX_CMP_REQUEUE: case FUTEX_CMP_REQUEUE_PI:
	case FUTEX_WAKE_OP:
		number(d, a[3], "%u");
		d_next(d);
		d_addr(d, a[4]);
		if (cmd == FUTEX_WAKE_OP)
			futex_wake_op(d, a[5]);
		else if (cmd != FUTEX_REQUEUE)
			number(d, a[5], "%u");
		break;
	default:
		d_next(d);
		text_addf(d->t, "%#llx", (unsigned long long)a[3]);
		d_next(d);
		d_addr(d, a[4]);
		number(d, a[5], "%#x");
	}
}

static void cpus(struct dec *d, uint64_t addr, uint64_t size, enum phase phase)
{
	unsigned long word;
	const char *sep = "";

	if (!addr || size < 8 || !d_read(d, addr, &word, sizeof word, phase)) {
		d_addr(d, addr);
		return;
	}
	text_add(d->t, "[");
	for (uint64_t i = 0; i < size * 8 && i < 8192; i++) {
		if (i % 64 == 0 && !d_read(d, addr + i / 8, &word, sizeof word, phase))
			break;
		if (!(word >> i % 64 & 1))
			continue;
		text_addf(d->t, "%s%llu", sep, (unsigned long long)i);
		sep = " ";
	}
	text_add(d->t, "]");
}

static void d_setaffinity(struct dec *d)
{
	d_args(d, 0, 2);
	d_next(d);
	cpus(d, d->c->args[2], (unsigned int)d->c->args[1], PHASE_ENTER);
}

static void d_getaffinity(struct dec *d)
{
	d_args(d, 0, 2);
	d_next(d);
	if (d_filled(d))
		cpus(d, d->c->args[2], d->exit ? d->c->ret : 8, PHASE_EXIT);
	else
		d_addr(d, d->c->args[2]);
}

static void r_policy(struct dec *d, struct text *t)
{
	text_addf(t, "%lld (", (long long)d->c->ret);
	set_value(t, &set_sched_policy, d->c->ret);
	text_add(t, ")");
}

static void d_timer_create(struct dec *d)
{
	struct sigevent se;

	d_arg(d, 0);
	d_next(d);
	if (!d_read(d, d->c->args[1], &se, sizeof se, PHASE_ENTER)) {
		d_addr(d, d->c->args[1]);
	} else {
		text_addf(d->t, "{sigev_value={sival_int=%d, sival_ptr=", se.sigev_value.sival_int);
		d_addr(d, (uintptr_t)se.sigev_value.sival_ptr);
		text_add(d->t, "}, sigev_signo=");
		signal_name(d->t, se.sigev_signo);
		text_add(d->t, ", sigev_notify=");
		set_value(d->t, &set_sigev, se.sigev_notify);
		if (se.sigev_notify == SIGEV_THREAD_ID)
			text_addf(d->t, ", sigev_notify_thread_id=%d",
				  ((const int *)&se)[4]);
		text_add(d->t, "}");
	}
	d_arg(d, 2);
}

static void r_personality(struct dec *d, struct text *t)
{
	text_addf(t, "%s%llx (", d->c->ret ? "0x" : "", (long long)d->c->ret);
	set_value(t, &set_personality, d->c->ret & 0xff);
	text_add(t, ")");
}

static void d_personality(struct dec *d)
{
	d_next(d);
	if ((unsigned int)d->c->args[0] == 0xffffffff)
		text_add(d->t, "0xffffffff");
	else
		set_value(d->t, &set_personality, (unsigned int)d->c->args[0]);
}

static void r_time(struct dec *d, struct text *t)
{
	time_t when = d->c->ret;
	char buf[64];
	struct tm tm;

	text_addf(t, "%lld", (long long)d->c->ret);
	if (localtime_r(&when, &tm) && strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%S%z", &tm))
		text_addf(t, " (%s)", buf);
}

/* The last argument means something only with a flag that nobody sets. */
static void d_membarrier(struct dec *d)
{
	d_arg(d, 0);
	d_next(d);
	text_addf(d->t, "%u", (unsigned int)d->c->args[1]);
}

static void r_membarrier(struct dec *d, struct text *t)
{
	if (d->c->args[0]) {
		text_addf(t, "%lld", (long long)d->c->ret);
		return;
	}
	text_addf(t, "%#llx (", (long long)d->c->ret);
	set_flags(t, &set_membarrier, d->c->ret);
	text_add(t, ")");
}

static void cap_set(struct dec *d, const char *name, unsigned long long bits)
{
	const char *sep = "";

	text_addf(d->t, "%s=", name);
	if (!bits)
		text_add(d->t, "0");
	for (int i = 0; i < 64; i++)
		if (bits >> i & 1) {
			const char *cap = set_name(&set_cap, i);

			if (cap)
				text_addf(d->t, "%s1<<%s", sep, cap);
			else
				text_addf(d->t, "%s%#llx", sep, 1ULL << i);
			sep = "|";
		}
}

/* The sets come in two halves of 32 bits, three words each. */
static void d_cap(struct dec *d)
{
	struct { unsigned int version; int pid; } head;
	unsigned int data[6];
	bool get = !strcmp(d->desc->abi, "capget");
	uint64_t addr = d->c->args[1];

	d_next(d);
	if (!d_read(d, d->c->args[0], &head, sizeof head, PHASE_ENTER)) {
		d_addr(d, d->c->args[0]);
	} else {
		text_add(d->t, "{version=");
		set_value(d->t, &set_cap_version, head.version);
		text_addf(d->t, ", pid=%d}", head.pid);
	}
	d_next(d);
	if ((get && !d_filled(d)) ||
	    !d_read(d, addr, data, sizeof data, get ? PHASE_EXIT : PHASE_ENTER)) {
		d_addr(d, addr);
		return;
	}
	cap_set(d, "{effective", data[0] | (unsigned long long)data[3] << 32);
	cap_set(d, ", permitted", data[1] | (unsigned long long)data[4] << 32);
	cap_set(d, ", inheritable", data[2] | (unsigned long long)data[5] << 32);
	text_add(d->t, "}");
}

static void d_sched_attr(struct dec *d)
{
	struct {
		unsigned int size, policy;
		unsigned long long flags;
		int nice;
		unsigned int priority;
		unsigned long long runtime, deadline, period;
		unsigned int util_min, util_max;
	} a = {0};
	bool get = !strcmp(d->desc->abi, "sched_getattr");
	uint64_t addr = d->c->args[1];

	d_arg(d, 0);
	d_next(d);
	if ((get && !d_filled(d)) ||
	    !d_read(d, addr, &a, sizeof a, get ? PHASE_EXIT : PHASE_ENTER)) {
		d_addr(d, addr);
	} else {
		text_addf(d->t, "{size=%u, sched_policy=", a.size);
		set_value(d->t, &set_sched_policy, a.policy);
		text_addf(d->t, ", sched_flags=%s%llx, sched_nice=%d, sched_priority=%u, "
			  "sched_runtime=%llu, sched_deadline=%llu, sched_period=%llu, "
			  "sched_util_min=%u, sched_util_max=%u}", a.flags ? "0x" : "", a.flags,
			  a.nice, a.priority, a.runtime, a.deadline, a.period, a.util_min,
			  a.util_max);
	}
	d_args(d, 2, d->desc->nr_args);
}

static void d_close_range(struct dec *d)
{
	for (int n = 0; n < 2; n++) {
		d_next(d);
		text_addf(d->t, "%u", (unsigned int)d->c->args[n]);
	}
	d_next(d);
	text_addf(d->t, "%#x", (unsigned int)d->c->args[2]);
}

static void d_get_robust_list(struct dec *d)
{
	uint64_t head;

	d_arg(d, 0);
	d_next(d);
	if (d_filled(d) && d_read(d, d->c->args[1], &head, sizeof head, PHASE_EXIT)) {
		text_add(d->t, "[");
		d_addr(d, head);
		text_add(d->t, "]");
	} else {
		d_addr(d, d->c->args[1]);
	}
	d_arg(d, 2);
}

static void d_rseq(struct dec *d)
{
	d_arg(d, 0);
	for (int n = 1; n < 4; n++) {
		d_next(d);
		text_addf(d->t, "%#x", (unsigned int)d->c->args[n]);
	}
}

const struct special memory_calls[] = {
	{ "mmap", d_mmap, r_hex }, { "mremap", d_mremap, r_hex }, { "brk", NULL, r_hex },
	{ "futex", d_futex, NULL }, { "sched_setaffinity", d_setaffinity, NULL },
	{ "sched_getaffinity", d_getaffinity, NULL }, { "sched_getscheduler", NULL, r_policy },
	{ "timer_create", d_timer_create, NULL }, { "personality", d_personality, r_personality },
	{ "time", NULL, r_time }, { "rseq", d_rseq, NULL }, { "membarrier", d_membarrier, r_membarrier },
	{ "capget", d_cap, NULL }, { "capset", d_cap, NULL }, { "sched_getattr", d_sched_attr, NULL },
	{ "sched_setattr", d_sched_attr, NULL }, { "close_range", d_close_range, NULL },
	{ "get_robust_list", d_get_robust_list, NULL },
	{ 0 }
};
