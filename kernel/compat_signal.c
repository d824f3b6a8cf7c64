/* SPDX-License-Identifier: MIT */
/*
 * Signals as 32-bit programs see them: sigaction in its three ages (signal, sigaction,
 * rt_sigaction) and siginfo with pointers of four bytes. Linux's twin: the compat parts of
 * kernel/signal.c. The frames are arch/x86/ia32/signal.c's. No state, no lock; may sleep.
 */
#include <vitrix/compat.h>
#include <vitrix/signal.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>

/* ---- actions ---- */

long __ia32_compat_sys_rt_sigaction(int sig, const struct compat_sigaction __user *act,
				    struct compat_sigaction __user *oact, u32 sigsetsize)
{
	struct k_sigaction new = { 0 }, old;
	struct compat_sigaction a;
	int err;

	if (sigsetsize != sizeof(a.sa_mask))
		return -EINVAL;
	if (act) {
		if (copy_from_user(&a, act, sizeof(a)))
			return -EFAULT;
		new.handler = compat_ptr(a.sa_handler);
		new.flags = a.sa_flags;
		new.restorer = compat_ptr(a.sa_restorer);
		new.mask = a.sa_mask;
	}
	err = do_sigaction(sig, act ? &new : NULL, oact ? &old : NULL);
	if (err || !oact)
		return err;
	a.sa_handler = ptr_to_compat(old.handler);
	a.sa_flags = old.flags;
	a.sa_restorer = ptr_to_compat(old.restorer);
	a.sa_mask = old.mask;
	return copy_to_user(oact, &a, sizeof(a)) ? -EFAULT : 0;
}

/* i386, 67: signals above 32 are not known to it, and stay out of the mask. */
long __ia32_sys_sigaction(int sig, const struct compat_old_sigaction __user *act,
			  struct compat_old_sigaction __user *oact)
{
	struct k_sigaction new = { 0 }, old;
	struct compat_old_sigaction a;
	int err;

	if (act) {
		if (copy_from_user(&a, act, sizeof(a)))
			return -EFAULT;
		new.handler = compat_ptr(a.sa_handler);
		new.flags = a.sa_flags;
		new.restorer = compat_ptr(a.sa_restorer);
		new.mask = a.sa_mask;
	}
	err = do_sigaction(sig, act ? &new : NULL, oact ? &old : NULL);
	if (err || !oact)
		return err;
	a.sa_handler = ptr_to_compat(old.handler);
	a.sa_mask = old.mask;
	a.sa_flags = old.flags;
	a.sa_restorer = ptr_to_compat(old.restorer);
	return copy_to_user(oact, &a, sizeof(a)) ? -EFAULT : 0;
}

/* i386, 48: the handler is gone after one signal, which is not blocked meanwhile. */
long __ia32_sys_signal(int sig, void __user *handler)
{
	struct k_sigaction new = { .handler = handler, .flags = SA_ONESHOT | SA_NOMASK }, old;
	int err = do_sigaction(sig, &new, &old);

	return err ? err : (long)old.handler;
}

/* ---- siginfo ---- */

static void narrow_fault(struct compat_siginfo *si, const struct k_siginfo *from)
{
	si->fault.addr = ptr_to_compat(from->fault.addr);
	if (from->si_signo == SIGBUS &&
	    (from->si_code == BUS_MCEERR_AR || from->si_code == BUS_MCEERR_AO)) {
		si->fault.addr_lsb = from->fault.addr_lsb;
	} else if (from->si_signo == SIGSEGV && from->si_code == SEGV_BNDERR) {
		si->fault.bnd.lower = ptr_to_compat(from->fault.lower);
		si->fault.bnd.upper = ptr_to_compat(from->fault.upper);
	} else if (from->si_signo == SIGSEGV && from->si_code == SEGV_PKUERR) {
		si->fault.pkey.pkey = from->fault.pkey;
	}
}

/* All 128 bytes are written: what the signal has no use for is zero. */
int copy_siginfo_to_user32(struct compat_siginfo *to, const struct k_siginfo *from)
{
	struct compat_siginfo si;

	memset(&si, 0, sizeof(si));
	si.si_signo = from->si_signo;
	si.si_errno = from->si_errno;
	si.si_code = from->si_code;
	switch (siginfo_layout(from)) {
	case LAYOUT_KILL:
		si.rt.pid = from->rt.pid;
		si.rt.uid = from->rt.uid;
		break;
	case LAYOUT_RT:
		si.rt.pid = from->rt.pid;
		si.rt.uid = from->rt.uid;
		si.rt.value = from->rt.value;
		break;
	case LAYOUT_TIMER:
		si.timer.tid = from->timer.tid;
		si.timer.overrun = from->timer.overrun;
		si.timer.value = from->timer.value;
		break;
	case LAYOUT_POLL:
		si.poll.band = from->poll.band;
		si.poll.fd = from->poll.fd;
		break;
	case LAYOUT_CHLD:
		si.chld.pid = from->chld.pid;
		si.chld.uid = from->chld.uid;
		si.chld.status = from->chld.status;
		si.chld.utime = from->chld.utime;
		si.chld.stime = from->chld.stime;
		break;
	case LAYOUT_SYS:
		si.sys.call_addr = ptr_to_compat(from->sys.call_addr);
		si.sys.syscall = from->sys.syscall;
		si.sys.arch = from->sys.arch;
		break;
	case LAYOUT_FAULT:
		narrow_fault(&si, from);
		break;
	}
	return copy_to_user(to, &si, sizeof(si)) ? -EFAULT : 0;
}

/*
 * A sender's own siginfo: taken by what its si_code says that it is of signal sig. sig 0: of the
 * signal that it names itself.
 */
int copy_siginfo_from_user32(struct k_siginfo *to, int sig, const struct compat_siginfo *from)
{
	struct compat_siginfo si;

	if (copy_from_user(&si, from, sizeof(si)))
		return -EFAULT;
	memset(to, 0, sizeof(*to));
	to->si_signo = sig ?: si.si_signo;
	to->si_errno = si.si_errno;
	to->si_code = si.si_code;
	switch (siginfo_layout(to)) {
	case LAYOUT_TIMER:
		to->timer.tid = si.timer.tid;
		to->timer.overrun = si.timer.overrun;
		to->timer.value = si.timer.value;
		break;
	case LAYOUT_POLL:
		to->poll.band = si.poll.band;
		to->poll.fd = si.poll.fd;
		break;
	case LAYOUT_CHLD:
		to->chld.pid = si.chld.pid;
		to->chld.uid = si.chld.uid;
		to->chld.status = si.chld.status;
		to->chld.utime = si.chld.utime;
		to->chld.stime = si.chld.stime;
		break;
	case LAYOUT_FAULT:
		to->fault.addr = compat_ptr(si.fault.addr);
		break;
	case LAYOUT_SYS:
		to->sys.call_addr = compat_ptr(si.sys.call_addr);
		to->sys.syscall = si.sys.syscall;
		to->sys.arch = si.sys.arch;
		break;
	default:
		to->rt.pid = si.rt.pid;
		to->rt.uid = si.rt.uid;
		to->rt.value = si.rt.value;
	}
	return 0;
}
