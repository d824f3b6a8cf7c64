/* SPDX-License-Identifier: MIT */
/*
 * rseq(2), restartable sequences: a thread updates data of the CPU that it runs on without a lock.
 * If it is interrupted in between, by another task, by a signal, by a move to another CPU, the
 * kernel sends it to a place from where it begins again.
 *
 *   struct rseq, one a thread, registered        struct rseq_cs, one a sequence, constant
 *   | cpu_id_start, cpu_id: the kernel writes |  | start_ip, length: the sequence           |
 *   | rseq_cs: the program writes, or NULL ---+->| abort_ip: behind the registered signature|
 *
 * Nothing is done at a switch but to set TIF_NOTIFY_RESUME; the work is that of the way back to
 * user mode (prepare_exit_to_usermode) and of signal delivery, which may sleep on user memory. Who
 * sets it:
 *
 *   irqentry_exit_to_user_mode()   an interrupt or exception found work to do: maybe a switch
 *   schedule(), cond_resched()     a page fault that had to wait
 *   place_task(), wake_up_new_task another CPU: cpu_id changes
 *
 * A system call does not set it, unlike on Linux: a sequence may not make one, so that nothing can
 * have to begin again. All of it is the user's memory; garbage there is a SIGSEGV. Everything here
 * is the current task's own. Linux's twin: kernel/rseq.c.
 */
#include <vitrix/mm_types.h>
#include <vitrix/rseq.h>
#include <vitrix/signal.h>
#include <vitrix/printk.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <linux/rseq.h>

/* 0 or -EFAULT. */
static int write_cpu_id(struct rseq __user *rseq, u32 start, u32 cpu_id)
{
	if (put_user(start, &rseq->cpu_id_start) || put_user(cpu_id, &rseq->cpu_id))
		return -EFAULT;
	return 0;
}

/* The signature keeps an attacker from having just any code run as an abort. */
static int check_cs(const struct rseq_cs *cs)
{
	u32 signature;

	if (cs->start_ip >= TASK_SIZE || cs->start_ip + cs->post_commit_offset >= TASK_SIZE ||
	    cs->start_ip + cs->post_commit_offset < cs->start_ip ||
	    cs->abort_ip >= TASK_SIZE || cs->version > 0)
		return -EINVAL;
	if (cs->abort_ip - cs->start_ip < cs->post_commit_offset)
		return -EINVAL;			/* the abort in the sequence itself */
	if (get_user(signature, (u32 __user *)(cs->abort_ip - sizeof(u32))))
		return -EFAULT;
	if (signature != current->rseq_sig) {
		if (printk_ratelimit())
			pr_warn("%s[%d]: rseq: signature %x at the abort, not %x\n", current->comm,
				current->pid, signature, current->rseq_sig);
		return -EINVAL;
	}
	return cs->flags ? -EINVAL : 0;		/* flags: of older kernels */
}

/* Out of a sequence, to its abort; the pointer is cleared, since no sequence is active then. */
static int fixup_ip(struct pt_regs *regs)
{
	struct rseq __user *rseq = current->rseq;
	struct rseq_cs cs;
	u32 flags;
	u64 ptr;

	if (get_user(ptr, &rseq->rseq_cs))
		return -EFAULT;
	if (!ptr)
		return 0;
	if (ptr >= TASK_SIZE)
		return -EINVAL;
	if (copy_from_user(&cs, (void __user *)ptr, sizeof(cs)))
		return -EFAULT;
	if (check_cs(&cs))
		return -EINVAL;
	if (regs->ip - cs.start_ip < cs.post_commit_offset) {
		if (get_user(flags, &rseq->flags) || flags)
			return -EINVAL;
		regs->ip = cs.abort_ip;
	}
	return put_user(0UL, (u64 __user *)&rseq->rseq_cs);
}

/* A handler's frame is about to be built: what it returns to is the sequence's abort. */
void rseq_signal_deliver(struct ksignal *ksig, struct pt_regs *regs)
{
	u64 ptr;

	/* Most often no sequence is active, and that is all there is to do. */
	if (!current->rseq)
		return;
	if (__arch_get_user(&ptr, (void __user *)&current->rseq->rseq_cs, sizeof(ptr)) || ptr)
		__rseq_handle_notify_resume(ksig, regs);
}

void __rseq_handle_notify_resume(struct ksignal *ksig, struct pt_regs *regs)
{
	u32 cpu = READ_ONCE(current->cpu);

	if (unlikely(current->flags & PF_EXITING))
		return;
	if (fixup_ip(regs) || (!ksig && write_cpu_id(current->rseq, cpu, cpu)))
		force_sigsegv(ksig ? ksig->sig : 0);
}

static long unregister(struct rseq __user *rseq, u32 len, u32 sig)
{
	if (!current->rseq || current->rseq != rseq || len != sizeof(*rseq))
		return -EINVAL;
	if (current->rseq_sig != sig)
		return -EPERM;
	if (write_cpu_id(rseq, 0, RSEQ_CPU_ID_UNINITIALIZED))
		return -EFAULT;
	current->rseq = NULL;
	return 0;
}

long __x64_sys_rseq(struct rseq __user *rseq, unsigned int len, int flags, unsigned int sig)
{
	u32 cpu;

	if (flags & RSEQ_FLAG_UNREGISTER)
		return flags == RSEQ_FLAG_UNREGISTER ? unregister(rseq, len, sig) : -EINVAL;
	if (flags)
		return -EINVAL;
	if (current->rseq) {
		if (current->rseq != rseq || len != sizeof(*rseq))
			return -EINVAL;
		return current->rseq_sig == sig ? -EBUSY : -EPERM;
	}
	if (((unsigned long)rseq & (__alignof__(*rseq) - 1)) || len != sizeof(*rseq))
		return -EINVAL;
	if (!access_ok(rseq, len))
		return -EFAULT;
	/* At once, without the way through TIF_NOTIFY_RESUME: each program's start does this. */
	cpu = READ_ONCE(current->cpu);
	if (put_user(0UL, (u64 __user *)&rseq->rseq_cs) || write_cpu_id(rseq, cpu, cpu))
		return -EFAULT;
	current->rseq_sig = sig;
	current->rseq = rseq;
	/* Moved meanwhile: what moves a task tells it only if it has an area. */
	barrier();
	if (unlikely(READ_ONCE(current->cpu) != cpu))
		rseq_set_notify_resume(current);
	return 0;
}
