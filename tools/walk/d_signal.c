/* SPDX-License-Identifier: MIT */
/* Signals as text: names, sets, struct siginfo, wait statuses. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "decode.h"

#define RTMIN 32	/* the kernel's: libc's SIGRTMIN keeps two for itself */
#define NSIG_KERNEL 64

static const char *short_name(int sig)
{
	if (sig == SIGIO)
		return "IO";	/* libc prefers its other name, POLL */
	return sig > 0 && sig < RTMIN ? sigabbrev_np(sig) : NULL;
}

void signal_name(struct text *t, int sig)
{
	const char *name = short_name(sig);

	if (name)
		text_addf(t, "SIG%s", name);
	else if (sig == RTMIN)
		text_add(t, "SIGRTMIN");
	else if (sig > RTMIN && sig <= NSIG_KERNEL)
		text_addf(t, "SIGRT_%d", sig - RTMIN);
	else
		text_addf(t, "%d", sig);
}

bool signal_stops(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

void d_sigmask(struct text *t, uint64_t mask)
{
	int set = __builtin_popcountll(mask);
	bool inverted = set >= NSIG_KERNEL * 2 / 3;
	const char *sep = "";

	if (inverted)
		mask = ~mask;
	text_add(t, inverted ? "~[" : "[");
	for (int sig = 1; sig <= NSIG_KERNEL; sig++) {
		if (!(mask >> (sig - 1) & 1))
			continue;
		text_add(t, sep);
		if (short_name(sig))
			text_add(t, short_name(sig));
		else if (sig == RTMIN)
			text_add(t, "RTMIN");
		else
			text_addf(t, "RT_%d", sig - RTMIN);
		sep = " ";
	}
	text_add(t, "]");
}

void d_sigset(struct dec *d, uint64_t addr, uint64_t size, enum phase phase)
{
	uint64_t mask;

	if (size != sizeof mask || !d_read(d, addr, &mask, sizeof mask, phase))
		d_addr(d, addr);
	else
		d_sigmask(d->t, mask);
}

static void code_name(struct text *t, int sig, int code)
{
	const struct set *s = sig == SIGCHLD ? &set_si_chld : sig == SIGSEGV ? &set_si_segv :
			      sig == SIGBUS ? &set_si_bus : sig == SIGFPE ? &set_si_fpe :
			      sig == SIGILL ? &set_si_ill : NULL;
	const char *name = set_name(&set_si_code, code);

	if (!name && s)
		name = set_name(s, code);
	if (name)
		text_add(t, name);
	else
		text_addf(t, "%#x", code);
}

static void value_text(struct text *t, const siginfo_t *si)
{
	text_addf(t, ", si_int=%d, si_ptr=", si->si_int);
	if (si->si_ptr)
		text_addf(t, "%p", si->si_ptr);
	else
		text_add(t, "NULL");
}

static void child_text(struct text *t, const siginfo_t *si)
{
	text_addf(t, ", si_pid=%d, si_uid=%u, si_status=", si->si_pid, si->si_uid);
	if (si->si_code == CLD_EXITED)
		text_addf(t, "%d", si->si_status);
	else
		signal_name(t, si->si_status);
	for (int i = 0; i < 2; i++) {
		long ticks = i ? si->si_stime : si->si_utime;

		text_addf(t, ", si_%ctime=%ld", i ? 's' : 'u', ticks);
		if (ticks)
			text_addf(t, " /* %ld.%02ld s */", ticks / 100, ticks % 100);
	}
}

void siginfo_text(struct text *t, const void *info, size_t len)
{
	siginfo_t si;

	memset(&si, 0, sizeof si);
	memcpy(&si, info, len < sizeof si ? len : sizeof si);
	if (!si.si_signo) {
		text_add(t, "{}");
		return;
	}
	text_add(t, "{si_signo=");
	signal_name(t, si.si_signo);
	text_add(t, ", si_code=");
	code_name(t, si.si_signo, si.si_code);
	if (si.si_errno) {
		const char *name = strerrorname_np(si.si_errno);

		text_addf(t, ", si_errno=%s", name ? name : "?");
	}
	if (si.si_signo == SIGCHLD && si.si_code > 0) {
		child_text(t, &si);
	} else if (si.si_code == SI_TIMER) {
		text_addf(t, ", si_timerid=%#x, si_overrun=%d", si.si_timerid, si.si_overrun);
		value_text(t, &si);
	} else if (si.si_code > 0 && (si.si_signo == SIGSEGV || si.si_signo == SIGBUS ||
				      si.si_signo == SIGFPE || si.si_signo == SIGILL ||
				      si.si_signo == SIGTRAP)) {
		if (si.si_addr)
			text_addf(t, ", si_addr=%p", si.si_addr);
		else
			text_add(t, ", si_addr=NULL");
	} else if (si.si_code <= 0) {
		text_addf(t, ", si_pid=%d, si_uid=%u", si.si_pid, si.si_uid);
		if (si.si_code == SI_QUEUE || si.si_int)
			value_text(t, &si);
	}
	text_add(t, "}");
}

void d_siginfo(struct dec *d, uint64_t addr, enum phase phase)
{
	siginfo_t si;

	if (!d_read(d, addr, &si, sizeof si, phase))
		d_addr(d, addr);
	else
		siginfo_text(d->t, &si, sizeof si);
}

void d_wait_status(struct dec *d, int status)
{
	struct text *t = d->t;

	text_add(t, "{");
	if (WIFSTOPPED(status)) {
		text_add(t, "WIFSTOPPED(s) && WSTOPSIG(s) == ");
		signal_name(t, WSTOPSIG(status));
	} else if (WIFSIGNALED(status)) {
		text_add(t, "WIFSIGNALED(s) && WTERMSIG(s) == ");
		signal_name(t, WTERMSIG(status));
		if (WCOREDUMP(status))
			text_add(t, " && WCOREDUMP(s)");
	} else if (WIFEXITED(status)) {
		text_addf(t, "WIFEXITED(s) && WEXITSTATUS(s) == %d", WEXITSTATUS(status));
	} else if (WIFCONTINUED(status)) {
		text_add(t, "WIFCONTINUED(s)");
	} else {
		text_addf(t, "%#x", status);
	}
	text_add(t, "}");
}
