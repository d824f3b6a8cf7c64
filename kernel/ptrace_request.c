/* SPDX-License-Identifier: MIT */
/*
 * The requests of ptrace(2) that read and write the tracee, as far as they are the same on every
 * machine: memory, signals, what it stopped for, sets of registers. The tracee is frozen in its
 * stop. Called by arch_ptrace() for what is not its own. Words, pointers and siginfo are as wide as
 * the tracer's call is. Linux's twin: kernel/ptrace.c.
 */
#include <vitrix/compat.h>
#include <vitrix/mm.h>
#include <vitrix/ptrace.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <linux/rseq.h>
#include <linux/uio.h>
#include "signal_internal.h"

/* What the tracer calls a word. */
static int word_size(void)
{
	return in_ia32_syscall() ? sizeof(u32) : sizeof(long);
}

static long put_word(unsigned long word, void *to)
{
	return copy_to_user(to, &word, word_size()) ? -EFAULT : 0;
}

/* 0 or -EIO. */
static long access_word(struct task_struct *child, unsigned long addr, unsigned long *word,
			bool write)
{
	struct mm_struct *mm = get_task_mm(child);
	int n = 0;

	if (mm) {
		n = access_remote_vm(mm, addr, word, word_size(), write);
		mmput(mm);
	}
	return n == word_size() ? 0 : -EIO;
}

static long peek(struct task_struct *child, unsigned long addr, void *to)
{
	unsigned long word;
	long ret = access_word(child, addr, &word, false);

	return ret ? ret : put_word(word, to);
}

/* ---- signals ---- */

static int put_siginfo(void *to, const struct k_siginfo *info)
{
	return in_ia32_syscall() ? copy_siginfo_to_user32(to, info) :
				   copy_siginfo_to_user(to, info);
}

static long get_siginfo(struct task_struct *child, void *to)
{
	struct k_siginfo info;
	unsigned long flags;
	bool there;

	if (!lock_task_sighand(child, &flags))
		return -ESRCH;
	there = child->last_siginfo;
	if (there)
		info = *child->last_siginfo;
	unlock_task_sighand(child, &flags);
	return there ? put_siginfo(to, &info) : -EINVAL;
}

static long set_siginfo(struct task_struct *child, const void *from)
{
	struct k_siginfo info;
	unsigned long flags;
	long ret = -EINVAL;

	if (in_ia32_syscall() ? copy_siginfo_from_user32(&info, 0, from) :
				copy_siginfo_from_user(&info, from))
		return -EFAULT;
	if (!lock_task_sighand(child, &flags))
		return -ESRCH;
	if (child->last_siginfo) {
		*child->last_siginfo = info;
		ret = 0;
	}
	unlock_task_sighand(child, &flags);
	return ret;
}

/* The queued signal number off of child, or of its process. */
static bool nth_siginfo(struct task_struct *child, bool shared, u64 off, struct k_siginfo *info)
{
	struct sigpending *pending = shared ? &child->signal->shared_pending : &child->pending;
	struct sigqueue *q;
	bool found = false;

	spin_lock_irq(&child->sighand->siglock);
	list_for_each_entry(q, &pending->list, list) {
		if (off--)
			continue;
		*info = q->info;
		found = true;
		break;
	}
	spin_unlock_irq(&child->sighand->siglock);
	return found;
}

/* How many were copied. */
static long peek_siginfo(struct task_struct *child, const void *uargs, char *to)
{
	struct ptrace_peeksiginfo_args args;
	struct k_siginfo info;
	long n;

	if (copy_from_user(&args, uargs, sizeof(args)))
		return -EFAULT;
	if ((args.flags & ~PTRACE_PEEKSIGINFO_SHARED) || args.nr < 0)
		return -EINVAL;
	for (n = 0; n < args.nr; n++) {
		if (!nth_siginfo(child, args.flags & PTRACE_PEEKSIGINFO_SHARED, args.off + n,
				 &info))
			break;
		if (put_siginfo(to + n * sizeof(siginfo_t), &info))
			return n ? n : -EFAULT;
		if (signal_pending(current))
			return n + 1;
	}
	return n;
}

static long get_sigmask(struct task_struct *child, unsigned long size, u64 *to)
{
	u64 mask = child->restore_sigmask ? child->saved_sigmask : child->blocked;

	if (size != sizeof(mask))
		return -EINVAL;
	return copy_to_user(to, &mask, sizeof(mask)) ? -EFAULT : 0;
}

/* The child looks what is pending under the new mask when it goes on. */
static long set_sigmask(struct task_struct *child, unsigned long size, const u64 *from)
{
	u64 mask;

	if (size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, from, sizeof(mask)))
		return -EFAULT;
	child->restore_sigmask = false;
	spin_lock_irq(&child->sighand->siglock);
	child->blocked = mask & ~SIG_KERNEL_ONLY_MASK;
	spin_unlock_irq(&child->sighand->siglock);
	return 0;
}

/* ---- what it stopped for ---- */

/* Returns the size of what there is, whatever room the caller has. */
static long get_syscall_info(struct task_struct *child, unsigned long room, void *to)
{
	int code = child->last_siginfo ? child->last_siginfo->si_code : 0;
	struct ptrace_syscall_info info = { .op = PTRACE_SYSCALL_INFO_NONE };
	unsigned long size = offsetof(struct ptrace_syscall_info, entry);

	if (code == (SIGTRAP | 0x80)) {
		if (child->ptrace_message == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
			info.op = PTRACE_SYSCALL_INFO_ENTRY;
			size = offsetof(struct ptrace_syscall_info, entry.args) +
			       sizeof(info.entry.args);
		} else if (child->ptrace_message == PTRACE_EVENTMSG_SYSCALL_EXIT) {
			info.op = PTRACE_SYSCALL_INFO_EXIT;
			size = offsetof(struct ptrace_syscall_info, exit.is_error) +
			       sizeof(info.exit.is_error);
		}
	}
	ptrace_syscall_info(child, &info);
	return copy_to_user(to, &info, min(size, room)) ? -EFAULT : (long)size;
}

static long get_rseq(struct task_struct *child, unsigned long room, void *to)
{
	struct ptrace_rseq_configuration conf = {
		.rseq_abi_pointer = (unsigned long)child->rseq,
		.rseq_abi_size = sizeof(struct rseq),
		.signature = child->rseq_sig,
	};

	return copy_to_user(to, &conf, min(room, sizeof(conf))) ? -EFAULT : (long)sizeof(conf);
}

static long regset32(struct task_struct *child, long request, unsigned long type,
		     struct compat_iovec *uiov)
{
	struct compat_iovec narrow;
	struct iovec iov;
	long ret;

	if (copy_from_user(&narrow, uiov, sizeof(narrow)))
		return -EFAULT;
	iov.iov_base = compat_ptr(narrow.iov_base);
	iov.iov_len = narrow.iov_len;
	ret = ptrace_regset(child, request, type, &iov);
	return ret ? ret : put_user((u32)iov.iov_len, &uiov->iov_len);
}

static long regset(struct task_struct *child, long request, unsigned long type, struct iovec *uiov)
{
	struct iovec iov;
	long ret;

	if (copy_from_user(&iov, uiov, sizeof(iov)))
		return -EFAULT;
	ret = ptrace_regset(child, request, type, &iov);
	return ret ? ret : put_user(iov.iov_len, &uiov->iov_len);
}

long ptrace_request(struct task_struct *child, long request, unsigned long addr,
		    unsigned long data)
{
	void *user = (void *)data;

	switch (request) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek(child, addr, user);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return access_word(child, addr, &data, true);
	case PTRACE_GETEVENTMSG:
		return put_word(child->ptrace_message, user);
	case PTRACE_GETSIGINFO:
		return get_siginfo(child, user);
	case PTRACE_SETSIGINFO:
		return set_siginfo(child, user);
	case PTRACE_PEEKSIGINFO:
		return peek_siginfo(child, (void *)addr, user);
	case PTRACE_GETSIGMASK:
		return get_sigmask(child, addr, user);
	case PTRACE_SETSIGMASK:
		return set_sigmask(child, addr, user);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return in_ia32_syscall() ? regset32(child, request, addr, user) :
					   regset(child, request, addr, user);
	case PTRACE_GET_SYSCALL_INFO:
		return get_syscall_info(child, addr, user);
	case PTRACE_GET_RSEQ_CONFIGURATION:
		return get_rseq(child, addr, user);
	default:
		return -EIO;
	}
}
