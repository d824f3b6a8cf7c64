/* SPDX-License-Identifier: MIT */
/*
 * siginfo_t between kernel and user: sigaction(2), "The siginfo_t argument". Linux's twin:
 * kernel/signal.c. What the kernel keeps is smaller, and only the fields that belong to the signal
 * are copied: the rest of the 128 bytes is zero, never kernel memory. No state, no lock; user
 * memory is touched, so it may sleep.
 */
#include <vitrix/string.h>
#include <vitrix/trace_events.h>
#include <vitrix/uaccess.h>
#include "signal_internal.h"

#define SIGINFO_TRACED	48U	/* bytes: all that a signal of today's kernels fills */

/* si_signo may be anything that a user wrote there: a tracer, or sigqueueinfo to itself. */
static bool is_fault(const struct k_siginfo *from)
{
	if (from->si_code <= 0 || from->si_code == SI_KERNEL)
		return false;
	return from->si_signo > 0 && from->si_signo < SIGRTMIN && from->si_signo != SIGSYS &&
	       (sigmask(from->si_signo) & SYNCHRONOUS_MASK);
}

static void fill_fault(struct siginfo *si, const struct k_siginfo *from)
{
	si->_sifields._sigfault._addr = from->fault.addr;
	if (from->si_signo == SIGBUS &&
	    (from->si_code == BUS_MCEERR_AR || from->si_code == BUS_MCEERR_AO)) {
		si->_sifields._sigfault._addr_lsb = from->fault.addr_lsb;
	} else if (from->si_signo == SIGSEGV && from->si_code == SEGV_BNDERR) {
		si->_sifields._sigfault._addr_bnd._lower = from->fault.lower;
		si->_sifields._sigfault._addr_bnd._upper = from->fault.upper;
	} else if (from->si_signo == SIGSEGV && from->si_code == SEGV_PKUERR) {
		si->_sifields._sigfault._addr_pkey._pkey = from->fault.pkey;
	}
}

enum siginfo_layout siginfo_layout(const struct k_siginfo *info)
{
	switch (info->si_code) {
	case SI_TIMER:
		return LAYOUT_TIMER;
	case SI_SIGIO:
		return LAYOUT_POLL;
	case SI_USER:
		return LAYOUT_KILL;
	}
	if (info->si_code < 0)
		return LAYOUT_RT;
	if (is_fault(info))
		return LAYOUT_FAULT;
	if (info->si_signo == SIGCHLD && info->si_code != SI_KERNEL)
		return LAYOUT_CHLD;
	if (info->si_signo == SIGSYS && info->si_code != SI_KERNEL)
		return LAYOUT_SYS;
	return info->si_code >= POLL_IN && info->si_code <= POLL_HUP ? LAYOUT_POLL : LAYOUT_KILL;
}

static void fill_by_layout(struct siginfo *si, const struct k_siginfo *from)
{
	switch (siginfo_layout(from)) {
	case LAYOUT_TIMER:
		si->si_tid = from->timer.tid;
		si->si_overrun = from->timer.overrun;
		si->si_ptr = (void *)from->timer.value;
		break;
	case LAYOUT_POLL:
		si->si_band = from->poll.band;
		si->si_fd = from->poll.fd;
		break;
	case LAYOUT_RT:
		si->si_ptr = (void *)from->rt.value;
		fallthrough;
	case LAYOUT_KILL:
		si->si_pid = from->rt.pid;
		si->si_uid = from->rt.uid;
		break;
	case LAYOUT_CHLD:
		si->si_pid = from->chld.pid;
		si->si_uid = from->chld.uid;
		si->si_status = from->chld.status;
		si->si_utime = from->chld.utime;
		si->si_stime = from->chld.stime;
		break;
	case LAYOUT_SYS:
		si->_sifields._sigsys._call_addr = from->sys.call_addr;
		si->_sifields._sigsys._syscall = from->sys.syscall;
		si->_sifields._sigsys._arch = from->sys.arch;
		break;
	case LAYOUT_FAULT:
		fill_fault(si, from);
		break;
	}
}

static void fill_siginfo(struct siginfo *si, const struct k_siginfo *from)
{
	memset(si, 0, sizeof(*si));
	si->si_signo = from->si_signo;
	si->si_errno = from->si_errno;
	si->si_code = from->si_code;
	if (likely(from->si_code == SI_USER || from->si_code == SI_TKILL)) {
		si->si_pid = from->rt.pid;
		si->si_uid = from->rt.uid;
		si->si_ptr = (void *)from->rt.value;	/* a sender's own siginfo may have one */
	} else {
		fill_by_layout(si, from);
	}
}

int copy_siginfo_to_user(void *to, const struct k_siginfo *from)
{
	struct siginfo si;

	fill_siginfo(&si, from);
	return copy_to_user(to, &si, sizeof(si)) ? -EFAULT : 0;
}

void __trace_signal_info(struct task_struct *t, const struct k_siginfo *from, bool ignored)
{
	struct trace_raw_signal_info *rec;
	struct siginfo si;

	if (!trace_event_wanted(t))
		return;
	rec = trace_reserve(EVENT_signal_info, sizeof(*rec) + SIGINFO_TRACED);
	if (!rec)
		return;
	fill_siginfo(&si, from);
	rec->pid = t->pid;
	rec->ignored = ignored;
	memcpy(rec->info, &si, SIGINFO_TRACED);
	trace_commit(rec);
}

/*
 * A sender may write what it likes into its own siginfo: it is taken field by field as
 * sigqueue(3)'s.
 */
int copy_siginfo_from_user(struct k_siginfo *to, const struct siginfo *from)
{
	struct siginfo si;

	if (copy_from_user(&si, from, sizeof(si)))
		return -EFAULT;
	memset(to, 0, sizeof(*to));
	to->si_signo = si.si_signo;
	to->si_errno = si.si_errno;
	to->si_code = si.si_code;
	/*
	 * Both begin at offset 16 with the same order: pid, uid, value, or what else si_code means.
	 */
	static_assert(offsetof(struct k_siginfo, rt) == offsetof(struct siginfo, _sifields),
		      "same layout");
	static_assert(offsetof(struct k_siginfo, rt.value) == offsetof(struct siginfo, si_value),
		      "same layout");
	memcpy(&to->rt, &si._sifields, 32);
	return 0;
}
