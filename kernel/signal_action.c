/* SPDX-License-Identifier: MIT */
/*
 * What happens on a signal, and on which stack: sigaction(2), sigaltstack(2). Linux's twin:
 * kernel/signal.c. Actions belong to the sighand and change under siglock; the alternate stack is
 * the thread's own.
 */
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <arch/processor.h>
#include <vitrix/compat.h>
#include <vitrix/nospec.h>
#include <generated/syscalls.h>
#include "signal_internal.h"

/* All that a user may set or will see; SA_UNSUPPORTED is not in it, so that programs can probe. */
#define UAPI_SA_FLAGS	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | \
			 SA_NODEFER | SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER)

int do_sigaction(int sig, struct k_sigaction *act, struct k_sigaction *oact)
{
	struct task_struct *p = current, *t;
	struct k_sigaction *k;

	if (sig < 1 || !valid_signal(sig) || (act && sig_kernel_only(sig)))
		return -EINVAL;
	k = &p->sighand->action[array_index_nospec(sig - 1, _NSIG)];
	spin_lock_irq(&p->sighand->siglock);
	if (oact) {
		*oact = *k;
		oact->flags &= ~(unsigned long)SA_IA32_ABI;
	}
	if (act) {
		*k = *act;
		k->flags &= UAPI_SA_FLAGS;
		/* The frame that the handler will get has the width of this call. */
		if (in_ia32_syscall())
			k->flags |= SA_IA32_ABI;
		k->mask &= ~SIG_KERNEL_ONLY_MASK;
		/* POSIX: to ignore a signal discards it if it waits, blocked or not. */
		if (sig_handler_ignored(k->handler, sig)) {
			flush_sigqueue_mask(sigmask(sig), &p->signal->shared_pending);
			for_each_thread(p, t)
				flush_sigqueue_mask(sigmask(sig), &t->pending);
		}
	}
	spin_unlock_irq(&p->sighand->siglock);
	return 0;
}

long __x64_sys_rt_sigaction(int sig, const struct sigaction __user *act,
			    struct sigaction __user *oact, size_t sigsetsize)
{
	struct k_sigaction new, old;
	int err;

	static_assert(offsetof(struct k_sigaction, flags) == offsetof(struct sigaction, sa_flags),
		      "same layout");
	static_assert(offsetof(struct k_sigaction, mask) == offsetof(struct sigaction, sa_mask),
		      "same layout");
	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (act && copy_from_user(&new, act, sizeof(new)))
		return -EFAULT;
	err = do_sigaction(sig, act ? &new : NULL, oact ? &old : NULL);
	if (!err && oact && copy_to_user(oact, &old, sizeof(old)))
		return -EFAULT;
	return err;
}

/*
 * exec: handlers are gone with their code, ignored signals stay ignored (force_default: none does).
 */
void flush_signal_handlers(struct task_struct *t, int force_default)
{
	struct k_sigaction *ka = t->sighand->action;

	for (int i = 0; i < _NSIG; i++, ka++) {
		void *handler = force_default || ka->handler != SIG_IGN ? SIG_DFL : SIG_IGN;

		*ka = (struct k_sigaction){ .handler = handler };
	}
}

/* Would sig end tsk with nobody to handle it? For the log. */
int unhandled_signal(struct task_struct *tsk, int sig)
{
	void *handler = sig_handler(tsk, sig);

	return is_global_init(tsk) || handler == SIG_IGN || handler == SIG_DFL;
}

/* ---- the alternate stack ---- */

static bool on_sig_stack(unsigned long sp)
{
	/* Disarmed while its handler runs: then it may be replaced. */
	if (current->sas_ss_flags & SS_AUTODISARM)
		return false;
	return sp > current->sas_ss_sp && sp - current->sas_ss_sp <= current->sas_ss_size;
}

static int sas_ss_flags(unsigned long sp)
{
	if (!current->sas_ss_size)
		return SS_DISABLE;
	return on_sig_stack(sp) ? SS_ONSTACK : 0;
}

/* sp: the user's, where the call or the signal came from. */
static __always_inline int do_sigaltstack(const stack_t *ss, stack_t *oss, unsigned long sp)
{
	unsigned int mode;

	if (oss) {
		memset(oss, 0, sizeof(*oss));
		oss->ss_sp = (void *)current->sas_ss_sp;
		oss->ss_size = current->sas_ss_size;
		oss->ss_flags = sas_ss_flags(sp) | (current->sas_ss_flags & SS_FLAG_BITS);
	}
	if (!ss)
		return 0;
	if (on_sig_stack(sp))
		return -EPERM;
	mode = ss->ss_flags & ~SS_FLAG_BITS;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode != SS_DISABLE && ss->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	current->sas_ss_sp = mode == SS_DISABLE ? 0 : (unsigned long)ss->ss_sp;
	current->sas_ss_size = mode == SS_DISABLE ? 0 : ss->ss_size;
	current->sas_ss_flags = ss->ss_flags;
	return 0;
}

long __x64_sys_sigaltstack(const struct sigaltstack __user *uss, struct sigaltstack __user *uoss)
{
	stack_t new, old;
	int err;

	if (uss && copy_from_user(&new, uss, sizeof(new)))
		return -EFAULT;
	err = do_sigaltstack(uss ? &new : NULL, uoss ? &old : NULL, current_pt_regs()->sp);
	if (!err && uoss && copy_to_user(uoss, &old, sizeof(old)))
		return -EFAULT;
	return err;
}

/* rt_sigreturn: the stack as it was; nonsense in the frame is not worth a SIGSEGV. 0 or -EFAULT. */
int restore_altstack(const void *uss)
{
	stack_t ss;

	if (copy_from_user(&ss, uss, sizeof(ss)))
		return -EFAULT;
	(void)do_sigaltstack(&ss, NULL, current_pt_regs()->sp);
	return 0;
}

/* Into the frame. 0 or -EFAULT. */
int __save_altstack(void *uss, unsigned long sp)
{
	stack_t ss;

	memset(&ss, 0, sizeof(ss));
	ss.ss_sp = (void *)current->sas_ss_sp;
	ss.ss_flags = current->sas_ss_flags;
	ss.ss_size = current->sas_ss_size;
	return copy_to_user(uss, &ss, sizeof(ss)) ? -EFAULT : 0;
}

/* ---- the same for 32-bit programs ---- */

long __ia32_compat_sys_sigaltstack(const struct compat_sigaltstack __user *uss,
				   struct compat_sigaltstack __user *uoss)
{
	struct compat_sigaltstack ss32;
	stack_t new, old;
	int err;

	if (uss) {
		if (copy_from_user(&ss32, uss, sizeof(ss32)))
			return -EFAULT;
		new = (stack_t){ compat_ptr(ss32.ss_sp), ss32.ss_flags, ss32.ss_size };
	}
	err = do_sigaltstack(uss ? &new : NULL, &old, current_pt_regs()->sp);
	if (err || !uoss)
		return err;
	ss32.ss_sp = ptr_to_compat(old.ss_sp);
	ss32.ss_flags = old.ss_flags;
	ss32.ss_size = old.ss_size;
	return copy_to_user(uoss, &ss32, sizeof(ss32)) ? -EFAULT : 0;
}

int compat_restore_altstack(const struct compat_sigaltstack *uss)
{
	long err = __ia32_compat_sys_sigaltstack(uss, NULL);

	return err == -EFAULT ? err : 0;
}

int __compat_save_altstack(struct compat_sigaltstack *uss, unsigned long sp)
{
	struct compat_sigaltstack ss = {
		.ss_sp = current->sas_ss_sp, .ss_flags = current->sas_ss_flags,
		.ss_size = current->sas_ss_size,
	};

	return copy_to_user(uss, &ss, sizeof(ss)) ? -EFAULT : 0;
}

/* Where the handler's frame goes: the interrupted stack, or the top of the alternate one. */
unsigned long sigsp(unsigned long sp, struct ksignal *ksig)
{
	if ((ksig->ka.flags & SA_ONSTACK) && !sas_ss_flags(sp))
		return current->sas_ss_sp + current->sas_ss_size;
	return sp;
}
