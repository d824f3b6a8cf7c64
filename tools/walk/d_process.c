/* SPDX-License-Identifier: MIT */
/* Processes and signals: clone, execve, wait, sigaction, prctl. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "decode.h"

static void clone_flag_text(struct text *t, unsigned long flags, int sig)
{
	if (flags || !sig)
		set_flags(t, &set_clone_flags, flags);
	if (sig) {
		text_add(t, flags ? "|" : "");
		signal_name(t, sig);
	}
}

static void tid_at(struct dec *d, uint64_t addr)
{
	int tid;

	if (d->exit && !d_failed(d) && d_read(d, addr, &tid, sizeof tid, PHASE_EXIT))
		text_addf(d->t, "[%d]", tid);
	else
		d_addr(d, addr);
}

static void d_clone(struct dec *d)
{
	const uint64_t *a = d->c->args;

	d_next(d);
	text_add(d->t, "child_stack=");
	d_addr(d, a[1]);
	d_next(d);
	text_add(d->t, "flags=");
	clone_flag_text(d->t, a[0] & ~0xffUL, a[0] & 0xff);
	d_need_exit(d);
	if (a[0] & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
		d_next(d);
		text_add(d->t, "parent_tid=");
		tid_at(d, a[2]);
	}
	if (a[0] & CLONE_SETTLS) {
		d_next(d);
		text_add(d->t, "tls=");
		d_addr(d, a[4]);
	}
	if (a[0] & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
		d_next(d);
		text_add(d->t, "child_tidptr=");
		d_addr(d, a[3]);
	}
}

static void d_clone3(struct dec *d)
{
	struct clone_args ca = {0};
	uint64_t addr = d->c->args[0], size = d->c->args[1];
	size_t n = size < sizeof ca ? size : sizeof ca;

	d_next(d);
	if (size < CLONE_ARGS_SIZE_VER0 || !d_read(d, addr, &ca, n, PHASE_ENTER)) {
		d_addr(d, addr);
		d_arg(d, 1);
		return;
	}
	text_add(d->t, "{flags=");
	set_flags(d->t, &set_clone_flags, ca.flags);
	if (ca.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
		text_add(d->t, ", child_tid=");
		d_addr(d, ca.child_tid);
	}
	if (ca.flags & CLONE_PARENT_SETTID) {
		text_add(d->t, ", parent_tid=");
		d_addr(d, ca.parent_tid);
	}
	text_add(d->t, ", exit_signal=");
	signal_name(d->t, ca.exit_signal);
	text_add(d->t, ", stack=");
	d_addr(d, ca.stack);
	text_addf(d->t, ", stack_size=%s%llx", ca.stack_size ? "0x" : "", ca.stack_size);
	if (ca.flags & CLONE_SETTLS) {
		text_add(d->t, ", tls=");
		d_addr(d, ca.tls);
	}
	if (ca.set_tid_size) {
		text_add(d->t, ", set_tid=");
		d_addr(d, ca.set_tid);
		text_addf(d->t, ", set_tid_size=%llu", ca.set_tid_size);
	}
	text_add(d->t, "}");
	d_need_exit(d);
	if (d->exit && !d_failed(d) && ca.flags & CLONE_PARENT_SETTID) {
		text_add(d->t, " => {parent_tid=");
		tid_at(d, ca.parent_tid);
		text_add(d->t, "}");
	}
	d_arg(d, 1);
}

static void d_execve(struct dec *d)
{
	bool at = !strcmp(d->desc->abi, "execveat");

	d_args(d, 0, at ? 3 : 2);
	d_next(d);
	d_strv_count(d, d->c->args[at ? 3 : 2]);
	if (at)
		d_arg(d, 4);
}

/* 1: filled in; 0, or an error: only the addresses are shown */
static void d_wait4(struct dec *d)
{
	const uint64_t *a = d->c->args;
	int status;
	bool some;

	d_arg(d, 0);
	d_next(d);
	some = d_filled(d) && (d->collect || d->c->ret > 0);
	if (some && d_read(d, a[1], &status, sizeof status, PHASE_EXIT)) {
		text_add(d->t, "[");
		d_wait_status(d, status);
		text_add(d->t, "]");
	} else {
		d_addr(d, a[1]);
	}
	d_next(d);
	/* WUNTRACED and WSTOPPED are one bit; strace says the latter */
	set_flags(d->t, &set_wait_options, (unsigned int)a[2]);
	d_next(d);
	if (some)
		d_object_at(d, "struct rusage", a[3], PHASE_EXIT);
	else
		d_addr(d, a[3]);
}

static void d_waitid(struct dec *d)
{
	const uint64_t *a = d->c->args;

	d_args(d, 0, 2);
	d_next(d);
	if (d_filled(d))
		d_siginfo(d, a[2], PHASE_EXIT);
	else
		d_addr(d, a[2]);
	d_arg(d, 3);
	d_next(d);
	if (d_filled(d))
		d_object_at(d, "struct rusage", a[4], PHASE_EXIT);
	else
		d_addr(d, a[4]);
}

/* The kernel's struct sigaction: handler, flags, restorer, mask. */
static void sigaction_text(struct dec *d, uint64_t addr, enum phase phase)
{
	struct { uint64_t handler, flags, restorer, mask; } sa;

	if (!d_read(d, addr, &sa, sizeof sa, phase)) {
		d_addr(d, addr);
		return;
	}
	text_add(d->t, "{sa_handler=");
	if (sa.handler == (uintptr_t)SIG_DFL)
		text_add(d->t, "SIG_DFL");
	else if (sa.handler == (uintptr_t)SIG_IGN)
		text_add(d->t, "SIG_IGN");
	else if (sa.handler == (uintptr_t)SIG_ERR)
		text_add(d->t, "SIG_ERR");
	else
		d_addr(d, sa.handler);
	text_add(d->t, ", sa_mask=");
	d_sigmask(d->t, sa.mask);
	text_add(d->t, ", sa_flags=");
	set_flags(d->t, &set_sa_flags, sa.flags);
	if (sa.flags & 0x04000000) {	/* SA_RESTORER */
		text_add(d->t, ", sa_restorer=");
		d_addr(d, sa.restorer);
	}
	text_add(d->t, "}");
}

static void d_sigaction(struct dec *d)
{
	d_arg(d, 0);
	d_next(d);
	sigaction_text(d, d->c->args[1], PHASE_ENTER);
	d_next(d);
	if (d_filled(d))
		sigaction_text(d, d->c->args[2], PHASE_EXIT);
	else
		d_addr(d, d->c->args[2]);
	d_arg(d, 3);
}

static void d_sigprocmask(struct dec *d)
{
	d_arg(d, 0);
	d_next(d);
	d_sigset(d, d->c->args[1], d->c->args[3], PHASE_ENTER);
	d_next(d);
	if (d_filled(d))
		d_sigset(d, d->c->args[2], d->c->args[3], PHASE_EXIT);
	else
		d_addr(d, d->c->args[2]);
	d_arg(d, 3);
}

/* a set and its size, the size in argument n + 1 */
static void d_sigsuspend(struct dec *d)
{
	d_next(d);
	d_sigset(d, d->c->args[0], d->c->args[1], PHASE_ENTER);
	d_arg(d, 1);
}

static void d_sigtimedwait(struct dec *d)
{
	d_next(d);
	d_sigset(d, d->c->args[0], d->c->args[3], PHASE_ENTER);
	d_next(d);
	if (d_filled(d))
		d_siginfo(d, d->c->args[1], PHASE_EXIT);
	else
		d_addr(d, d->c->args[1]);
	d_next(d);
	d_timespec(d, d->c->args[2], PHASE_ENTER);
	d_arg(d, 3);
}

static void r_sigtimedwait(struct dec *d, struct text *t)
{
	text_addf(t, "%lld (", (long long)d->c->ret);
	signal_name(t, d->c->ret);
	text_add(t, ")");
}

static void d_sigqueueinfo(struct dec *d)
{
	int n = d->desc->nr_args - 1;

	d_args(d, 0, n);
	d_next(d);
	d_siginfo(d, d->c->args[n], PHASE_ENTER);
}

/* The mask lies in the frame on the user's stack; its address is passed as argument 0. */
static void d_sigreturn(struct dec *d)
{
	d_next(d);
	text_add(d->t, "{mask=");
	d_sigset(d, d->c->args[0], 8, PHASE_ENTER);
	text_add(d->t, "}");
}

static void d_restart(struct dec *d)
{
	d_next(d);
	text_add(d->t, "<... resuming interrupted system call ...>");
}

static void d_arch_prctl(struct dec *d)
{
	uint64_t v, arg = d->c->args[1];

	d_arg(d, 0);
	switch ((int)d->c->args[0]) {
	case ARCH_GET_FS: case ARCH_GET_GS:
		d_next(d);
		if (d_filled(d) && d_read(d, arg, &v, sizeof v, PHASE_EXIT)) {
			text_add(d->t, "[");
			d_addr(d, v);
			text_add(d->t, "]");
		} else {
			d_addr(d, arg);
		}
		break;
	case ARCH_GET_CPUID:
		break;
	default:
		d_arg(d, 1);
	}
}

static void prctl_out(struct dec *d, uint64_t addr, bool sig)
{
	int v;

	if (!d_filled(d) || !d_read(d, addr, &v, sizeof v, PHASE_EXIT)) {
		d_addr(d, addr);
		return;
	}
	text_add(d->t, "[");
	if (sig)
		signal_name(d->t, v);
	else
		text_addf(d->t, "%d", v);
	text_add(d->t, "]");
}

static void d_prctl(struct dec *d)
{
	const uint64_t *a = d->c->args;

	d_arg(d, 0);
	switch ((int)a[0]) {
	case PR_GET_DUMPABLE: case PR_GET_KEEPCAPS: case PR_GET_SECCOMP: case PR_GET_TIMING:
	case PR_GET_TIMERSLACK: case PR_GET_SECUREBITS:
		return;
	}
	d_next(d);
	switch ((int)a[0]) {
	case PR_SET_NAME: {
		const struct call *c = d->c;
		struct call shorter = *c;	/* the kernel looks at 15 bytes */

		shorter.limit = c->limit < 15 ? c->limit : 15;
		d->c = &shorter;
		d_str(d, a[1], PHASE_ENTER);
		d->c = c;
		break;
	}
	case PR_GET_NAME:
		if (d_filled(d))
			d_str(d, a[1], PHASE_EXIT);
		else
			d_addr(d, a[1]);
		break;
	case PR_SET_PDEATHSIG: signal_name(d->t, a[1]); break;
	case PR_GET_PDEATHSIG: prctl_out(d, a[1], true); break;
	case PR_GET_CHILD_SUBREAPER: prctl_out(d, a[1], false); break;
	case PR_SET_CHILD_SUBREAPER: case PR_SET_KEEPCAPS: case PR_SET_TIMERSLACK:
	case PR_SET_TIMING:
		text_addf(d->t, "%llu", (unsigned long long)a[1]);
		break;
	case PR_CAPBSET_READ: case PR_CAPBSET_DROP: set_value(d->t, &set_cap, a[1]); break;
	case PR_SET_DUMPABLE:
		if (a[1] < 3)
			text_add(d->t, a[1] == 0 ? "SUID_DUMP_DISABLE" :
				 a[1] == 1 ? "SUID_DUMP_USER" : "SUID_DUMP_ROOT");
		else
			text_addf(d->t, "%#llx /* SUID_DUMP_??? */", (unsigned long long)a[1]);
		break;
	case PR_SET_NO_NEW_PRIVS: case PR_GET_NO_NEW_PRIVS: case PR_SET_THP_DISABLE:
		text_addf(d->t, "%llu", (unsigned long long)a[1]);
		for (int n = 2; n < 5; n++) {
			d_next(d);
			text_addf(d->t, "%#llx", (unsigned long long)a[n]);
		}
		break;
	default:
		text_addf(d->t, "%#llx", (unsigned long long)a[1]);
		for (int n = 2; n < 5; n++) {
			d_next(d);
			text_addf(d->t, "%#llx", (unsigned long long)a[n]);
		}
	}
}

static void r_prctl(struct dec *d, struct text *t)
{
	text_addf(t, "%lld", (long long)d->c->ret);
	if ((int)d->c->args[0] == PR_GET_DUMPABLE)
		text_add(t, d->c->ret == 1 ? " (SUID_DUMP_USER)" : " (SUID_DUMP_DISABLE)");
}

const struct special process_calls[] = {
	{ "clone", d_clone, NULL }, { "clone3", d_clone3, NULL }, { "execve", d_execve, NULL },
	{ "execveat", d_execve, NULL }, { "wait4", d_wait4, NULL }, { "waitid", d_waitid, NULL },
	{ "rt_sigaction", d_sigaction, NULL }, { "rt_sigprocmask", d_sigprocmask, NULL },
	{ "rt_sigsuspend", d_sigsuspend, NULL },
	{ "rt_sigtimedwait", d_sigtimedwait, r_sigtimedwait },
	{ "rt_sigqueueinfo", d_sigqueueinfo, NULL },
	{ "rt_tgsigqueueinfo", d_sigqueueinfo, NULL }, { "rt_sigreturn", d_sigreturn, NULL },
	{ "restart_syscall", d_restart, NULL }, { "arch_prctl", d_arch_prctl, NULL },
	{ "prctl", d_prctl, r_prctl }, { 0 }
};
