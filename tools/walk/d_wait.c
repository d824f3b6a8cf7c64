/* SPDX-License-Identifier: MIT */
/* Calls that wait: poll, select, epoll, sleeping; and ioctl on terminals. */
#define _GNU_SOURCE
#include <asm/ioctls.h>
#include <linux/ioctl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "decode.h"

static void poll_list(struct dec *d, uint64_t addr, uint64_t nfds)
{
	struct pollfd p;

	if (!nfds) {
		text_add(d->t, "[]");
		return;
	}
	for (uint64_t i = 0; i < nfds; i++) {
		if (!d_read(d, addr + i * sizeof p, &p, sizeof p, PHASE_ENTER)) {
			if (!i)
				d_addr(d, addr);
			else
				text_addf(d->t, ", ... /* %#llx */]",
					  (unsigned long long)(addr + i * sizeof p));
			return;
		}
		text_add(d->t, i ? ", " : "[");
		if (i >= d->c->limit) {
			text_add(d->t, "...");
			break;
		}
		text_addf(d->t, "{fd=%d", p.fd);
		if (p.fd >= 0) {
			text_add(d->t, ", events=");
			set_flags(d->t, &set_poll_events, (unsigned short)p.events);
		}
		text_add(d->t, "}");
	}
	text_add(d->t, "]");
}

static void d_poll(struct dec *d)
{
	d_next(d);
	poll_list(d, d->c->args[0], (unsigned int)d->c->args[1]);
	d_args(d, 1, 3);
}

/* strace says "= 1 ([{fd=0, revents=POLLIN}])" */
static void r_poll(struct dec *d, struct text *t)
{
	struct pollfd p;
	const char *sep = "";

	text_addf(t, "%lld", (long long)d->c->ret);
	if (!d->c->ret) {
		text_add(t, " (Timeout)");
		return;
	}
	text_add(t, " ([");
	for (uint64_t i = 0; i < (unsigned int)d->c->args[1]; i++) {
		if (!d_read(d, d->c->args[0] + i * sizeof p, &p, sizeof p, PHASE_EXIT))
			break;
		if (!p.revents)
			continue;
		text_addf(t, "%s{fd=%d, revents=", sep, p.fd);
		set_flags(t, &set_poll_events, (unsigned short)p.revents);
		text_add(t, "}");
		sep = ", ";
	}
	text_add(t, "]");
	if (!strcmp(d->desc->abi, "ppoll") && d->c->args[2]) {
		struct text left = {0};
		struct dec sub = *d;

		sub.t = &left;
		d_timespec(&sub, d->c->args[2], PHASE_EXIT);
		text_addf(t, ", left %s", left.s);
		text_free(&left);
	}
	text_add(t, ")");
}

static void d_ppoll(struct dec *d)
{
	d_next(d);
	poll_list(d, d->c->args[0], (unsigned int)d->c->args[1]);
	d_arg(d, 1);
	d_next(d);
	d_timespec(d, d->c->args[2], PHASE_ENTER);
	d_next(d);
	d_sigset(d, d->c->args[3], d->c->args[4], PHASE_ENTER);
	d_arg(d, 4);
}

/* "[3 5]"; nothing when it cannot be read */
static bool fd_set_text(struct dec *d, struct text *t, uint64_t addr, int nfds, enum phase phase)
{
	unsigned long word;
	const char *sep = "";

	if (nfds > 1024)
		nfds = 1024;
	for (int i = 0; i < nfds; i++) {
		if (i % 64 == 0 && !d_read(d, addr + i / 8, &word, sizeof word, phase))
			return false;
		if (i == 0)
			text_add(t, "[");
		if (!(word >> i % 64 & 1))
			continue;
		text_addf(t, "%s%d", sep, i);
		sep = " ";
	}
	if (nfds <= 0)
		text_add(t, "[");
	text_add(t, "]");
	return true;
}

static void select_sets(struct dec *d)
{
	d_arg(d, 0);
	for (int n = 1; n <= 3; n++) {
		struct text s = {0};

		d_next(d);
		if (d->c->args[n] &&
		    fd_set_text(d, &s, d->c->args[n], (int)d->c->args[0], PHASE_ENTER))
			text_add(d->t, s.s);
		else
			d_addr(d, d->c->args[n]);
		text_free(&s);
	}
	d_next(d);
}

static void d_select(struct dec *d)
{
	select_sets(d);
	d_timeval(d, d->c->args[4], PHASE_ENTER);
}

static void d_pselect6(struct dec *d)
{
	uint64_t sig[2];

	select_sets(d);
	d_timespec(d, d->c->args[4], PHASE_ENTER);
	d_next(d);
	if (!d_read(d, d->c->args[5], sig, sizeof sig, PHASE_ENTER)) {
		d_addr(d, d->c->args[5]);
		return;
	}
	text_add(d->t, "{sigmask=");
	d_sigset(d, sig[0], sig[1], PHASE_ENTER);
	text_addf(d->t, ", sigsetsize=%llu}", (unsigned long long)sig[1]);
}

static void r_select(struct dec *d, struct text *t)
{
	static const char *const names[] = { "in", "out", "except" };
	struct text left = {0};
	const char *sep = " (";

	text_addf(t, "%lld", (long long)d->c->ret);
	if (!d->c->ret) {
		text_add(t, " (Timeout)");
		return;
	}
	for (int n = 1; n <= 3; n++) {
		struct text s = {0};

		if (d->c->args[n] &&
		    fd_set_text(d, &s, d->c->args[n], (int)d->c->args[0], PHASE_EXIT) &&
		    s.len > 2) {
			text_addf(t, "%s%s %s", sep, names[n - 1], s.s);
			sep = ", ";
		}
		text_free(&s);
	}
	if (d->c->args[4]) {
		struct dec sub = *d;

		sub.t = &left;
		if (!strcmp(d->desc->abi, "select"))
			d_timeval(&sub, d->c->args[4], PHASE_EXIT);
		else
			d_timespec(&sub, d->c->args[4], PHASE_EXIT);
		text_addf(t, "%sleft %s", sep, left.s);
		text_free(&left);
		sep = ", ";
	}
	if (strcmp(sep, " ("))
		text_add(t, ")");
}

static void d_epoll_ctl(struct dec *d)
{
	d_args(d, 0, 3);
	d_next(d);
	if (d->c->args[1] == EPOLL_CTL_DEL)
		d_addr(d, d->c->args[3]);
	else
		d_object_at(d, "struct epoll_event", d->c->args[3], PHASE_ENTER);
}

/* The array lies in a record as a whole; an empty one is shown as such. */
static void epoll_list(struct dec *d)
{
	d_args(d, 0, 3);
}

static void d_epoll_wait(struct dec *d)
{
	epoll_list(d);
	d_arg(d, 3);
}

static void d_epoll_pwait(struct dec *d)
{
	epoll_list(d);
	d_arg(d, 3);
	d_next(d);
	d_sigset(d, d->c->args[4], d->c->args[5], PHASE_ENTER);
	d_arg(d, 5);
}

/* The remaining time is written only when a signal came. */
static void remaining(struct dec *d, uint64_t addr)
{
	d_next(d);
	d_need_exit(d);
	if ((d->exit && (d->c->ret == -516 || d->c->ret == -514 || d->c->ret == -4)) || d->collect)
		d_timespec(d, addr, PHASE_EXIT);
	else
		d_addr(d, addr);
}

static void sleep_time(struct dec *d, uint64_t addr)
{
	unsigned long ts[2];

	d_next(d);
	if (!d_read(d, addr, ts, sizeof ts, PHASE_ENTER))
		d_addr(d, addr);
	else if (ts[1] < 1000000000)
		d_timespec(d, addr, PHASE_ENTER);
	else
		text_addf(d->t, "{tv_sec=%ld, tv_nsec=%lu}", ts[0], ts[1]);
}

static void d_nanosleep(struct dec *d)
{
	sleep_time(d, d->c->args[0]);
	remaining(d, d->c->args[1]);
}

static void d_clock_nanosleep(struct dec *d)
{
	d_args(d, 0, 2);
	sleep_time(d, d->c->args[2]);
	if (d->c->args[1] & 1) {	/* TIMER_ABSTIME */
		d_next(d);
		d_addr(d, d->c->args[3]);
	} else {
		remaining(d, d->c->args[3]);
	}
}

const struct special wait_calls[] = {
	{ "poll", d_poll, r_poll }, { "ppoll", d_ppoll, r_poll }, { "select", d_select, r_select },
	{ "pselect6", d_pselect6, r_select }, { "epoll_ctl", d_epoll_ctl, NULL },
	{ "epoll_wait", d_epoll_wait, NULL }, { "epoll_pwait", d_epoll_pwait, NULL },
	{ "nanosleep", d_nanosleep, NULL }, { "clock_nanosleep", d_clock_nanosleep, NULL }, { 0 }
};
