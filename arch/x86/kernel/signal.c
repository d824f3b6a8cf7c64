/* SPDX-License-Identifier: MIT */
/*
 * Delivering a signal: the frame on the user's stack that makes a handler run, and rt_sigreturn(2),
 * which takes it down again. Frames of 32-bit handlers: arch/x86/ia32/signal.c. Linux's twin:
 * arch/x86/kernel/signal.c.
 *
 * Called from prepare_exit_to_usermode() (do_signal) with interrupts on. The handler is entered
 * like a function called from the interrupted instruction:
 *
 *   user stack, high
 *   | ... interrupted code's stack    |
 *   | red zone, 128 bytes             |  the ABI lets leaf functions use it below rsp
 *   | floating point state            |  64-byte aligned
 *   | siginfo                         |  <- rsi = third-last
 *   | ucontext: mask, altstack, regs  |  <- rdx
 *   | pretcode = sa_restorer          |  <- rsp at the handler's entry: its `ret` goes to the
 *                                        restorer, which calls rt_sigreturn
 *
 * What rt_sigreturn takes back from user memory can be anything: flags are filtered, cs and ss
 * forced to ring 3; an ip or selector that cannot be loaded faults at the iretq and becomes a
 * SIGSEGV.
 */
#include <vitrix/compat.h>
#include <vitrix/signal.h>
#include <vitrix/ptrace.h>
#include <vitrix/rseq.h>
#include <vitrix/uaccess.h>
#include <vitrix/string.h>
#include <vitrix/bug.h>
#include <generated/syscalls.h>
#include <arch/fpu.h>
#include <arch/signal.h>
#include <arch/traps.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <asm/unistd_64.h>
#include <linux/signal.h>

struct rt_sigframe {
	void *pretcode;
	struct ucontext uc;
	siginfo_t info;
};

#define RED_ZONE	128
#define IA32_NR_restart_syscall	0

static void fill_sigcontext(struct sigcontext *sc, const struct pt_regs *regs, u64 oldmask)
{
	*sc = (struct sigcontext){
		.r8 = regs->r8, .r9 = regs->r9, .r10 = regs->r10, .r11 = regs->r11,
		.r12 = regs->r12, .r13 = regs->r13, .r14 = regs->r14, .r15 = regs->r15,
		.rdi = regs->di, .rsi = regs->si, .rbp = regs->bp, .rbx = regs->bx,
		.rdx = regs->dx, .rax = regs->ax, .rcx = regs->cx, .rsp = regs->sp,
		.rip = regs->ip, .eflags = regs->flags, .cs = regs->cs, .ss = regs->ss,
		.err = current->thread.error_code, .trapno = current->thread.trap_nr,
		.oldmask = oldmask, .cr2 = current->thread.cr2,
	};
}

/*
 * What 64-bit code can have as its stack segment: present, ring 3, writable data. All else becomes
 * the usual one. In 64-bit mode ss means nothing, but iretq insists on one that is right.
 */
static void force_valid_ss(struct pt_regs *regs)
{
	/* P, DPL, S, code, writable of the descriptor; growing down and accessed do not matter */
	const unsigned int mask = 0xfa00, data = 0xf200;
	unsigned int rights = 0;

	__asm__("larl %1,%0\n jz 1f\n xorl %0,%0\n1:" : "+r"(rights)
		: "r"((unsigned int)regs->ss) : "cc");
	if ((rights & mask) != data)
		regs->ss = __USER_DS;
}

/* Where the frame goes: the handler's stack, the floating point state at fpstate above it. */
static struct rt_sigframe *get_sigframe(struct ksignal *ksig, const struct pt_regs *regs,
					void **fpstate)
{
	unsigned long sp = regs->sp - RED_ZONE;

	sp = sigsp(sp, ksig);
	sp = round_down(sp - fpu_frame_size(), 64);
	*fpstate = (void *)sp;
	sp -= sizeof(struct rt_sigframe);
	/* a function's entry: rsp + 8 is a multiple of 16 */
	return (struct rt_sigframe *)(round_down(sp, 16) - 8);
}

/* 0, or -EFAULT: the stack cannot hold it. regs change only when all is written. */
static int setup_rt_frame(struct ksignal *ksig, struct pt_regs *regs)
{
	struct rt_sigframe *frame;
	void *fpstate;
	struct {	/* frame's head, built here and copied out in one go */
		void *pretcode;
		struct ucontext uc;
	} head;
	const u64 *oldset = sigmask_to_save();
	unsigned long sp = regs->sp - RED_ZONE;

	frame = get_sigframe(ksig, regs, &fpstate);
	if (leaves_altstack(sigsp(sp, ksig) != sp, regs->sp, (unsigned long)frame))
		return -EFAULT;
	if (!(ksig->ka.flags & SA_RESTORER))
		return -EFAULT;
	if (fpu_save_to_frame(fpstate))
		return -EFAULT;
	memset(&head, 0, sizeof(head));
	head.pretcode = ksig->ka.restorer;
	head.uc.uc_flags = UC_SIGCONTEXT_SS;
	if (likely(user_64bit_mode(regs)))
		head.uc.uc_flags |= UC_STRICT_RESTORE_SS;
	if (cpu_has(X86_FEATURE_XSAVE))
		head.uc.uc_flags |= UC_FP_XSTATE;
	fill_sigcontext(&head.uc.uc_mcontext, regs, *oldset);
	head.uc.uc_mcontext.fpstate = fpstate;
	head.uc.uc_sigmask = *oldset;
	static_assert(offsetof(typeof(head), uc) == offsetof(struct rt_sigframe, uc), "head");
	if (copy_to_user(frame, &head, sizeof(head)))
		return -EFAULT;
	if (__save_altstack(&frame->uc.uc_stack, regs->sp))
		return -EFAULT;
	if (copy_siginfo_to_user(&frame->info, &ksig->info))
		return -EFAULT;

	/* point of no return: the handler runs next */
	regs->di = ksig->sig;
	regs->ax = 0;
	regs->si = (unsigned long)&frame->info;
	regs->dx = (unsigned long)&frame->uc;
	regs->ip = (unsigned long)ksig->ka.handler;
	regs->sp = (unsigned long)frame;
	regs->cs = __USER_CS;
	if (unlikely(regs->ss != __USER_DS))
		force_valid_ss(regs);
	return 0;
}

/* Not an exception or interrupt? The number is an int: what the upper half holds does not count. */
static bool in_syscall(const struct pt_regs *regs)
{
	return (int)regs->orig_ax != -1;
}

/* What the call came to. A tracer of 32 bits left no upper half. */
static long syscall_result(const struct pt_regs *regs)
{
	bool narrow = current->thread.status & (TS_COMPAT | TS_I386_REGS_POKED);

	return narrow ? (int)regs->ax : (long)regs->ax;
}

/* The number of restart_syscall, which goes on with an interrupted call, behind the same door. */
static unsigned long restart_syscall_nr(void)
{
	return current->thread.status & TS_COMPAT ? IA32_NR_restart_syscall : __NR_restart_syscall;
}

/*
 * A system call that a signal interrupted: again from the start, or -EINTR for the handler's
 * return?
 */
static void handle_interrupted_syscall(struct pt_regs *regs, const struct ksignal *ksig)
{
	switch (syscall_result(regs)) {
	case -ERESTART_RESTARTBLOCK:
	case -ERESTARTNOHAND:
		regs->ax = -EINTR;
		break;
	case -ERESTARTSYS:
		if (!(ksig->ka.flags & SA_RESTART)) {
			regs->ax = -EINTR;
			break;
		}
		fallthrough;
	case -ERESTARTNOINTR:
		regs->ax = regs->orig_ax;
		regs->ip -= 2;		/* the length of `syscall` and of `int $0x80` */
		break;
	}
}

static void handle_signal(struct ksignal *ksig, struct pt_regs *regs)
{
	bool stepping = test_thread_flag(TIF_SINGLESTEP);
	int failed;

	if (in_syscall(regs))
		handle_interrupted_syscall(regs, ksig);
	rseq_signal_deliver(ksig, regs);
	/* TF of a tracer is not for the frame; the step ends at the handler's first instruction. */
	if (unlikely(stepping))
		user_disable_single_step(current);
	/* The handler starts as a program does: forward strings, no single-stepping, fresh FPU. */
	failed = likely(!(ksig->ka.flags & SA_IA32_ABI)) ? setup_rt_frame(ksig, regs) :
		 ksig->ka.flags & SA_SIGINFO ? ia32_setup_rt_frame(ksig, regs) :
		 ia32_setup_frame(ksig, regs);
	if (!failed) {
		regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
		fpu_reset_current();
	}
	signal_setup_done(failed, ksig);
	if (unlikely(stepping) && !failed)
		ptrace_notify(SIGTRAP, 0);
}

/*
 * At the exit to user mode, TIF_SIGPENDING set: one handler's frame, or, without a handler to run,
 * the restart of an interrupted call. Default actions happen inside get_signal(), which may not
 * return.
 */
__bounded_frame void do_signal(struct pt_regs *regs)
{
	struct ksignal ksig;

	if (get_signal(&ksig)) {
		handle_signal(&ksig, regs);
		current->thread.status &= ~TS_I386_REGS_POKED;
		return;
	}
	if (in_syscall(regs)) {
		switch (syscall_result(regs)) {
		case -ERESTARTNOHAND:
		case -ERESTARTSYS:
		case -ERESTARTNOINTR:
			regs->ax = regs->orig_ax;
			regs->ip -= 2;
			break;
		case -ERESTART_RESTARTBLOCK:
			regs->ax = restart_syscall_nr();
			regs->ip -= 2;
			break;
		}
	}
	current->thread.status &= ~TS_I386_REGS_POKED;
	/* No handler ran: the mask that sigsuspend and kin had put aside comes back. */
	restore_saved_sigmask_unless(false);
}

static void restore_sigcontext(struct pt_regs *regs, const struct sigcontext *sc,
			       unsigned long uc_flags)
{
	regs->r8 = sc->r8; regs->r9 = sc->r9; regs->r10 = sc->r10; regs->r11 = sc->r11;
	regs->r12 = sc->r12; regs->r13 = sc->r13; regs->r14 = sc->r14; regs->r15 = sc->r15;
	regs->di = sc->rdi; regs->si = sc->rsi; regs->bp = sc->rbp; regs->bx = sc->rbx;
	regs->dx = sc->rdx; regs->cx = sc->rcx; regs->ax = sc->rax;
	regs->sp = sc->rsp;
	regs->ip = sc->rip;
	regs->cs = sc->cs | 3;
	regs->ss = sc->ss | 3;
	/* Old programs put rubbish there, unless they say that they know better. */
	if (unlikely(!(uc_flags & UC_STRICT_RESTORE_SS) && user_64bit_mode(regs)))
		force_valid_ss(regs);
	regs->flags = (regs->flags & ~FIX_EFLAGS) | (sc->eflags & FIX_EFLAGS);
	regs->orig_ax = -1UL;		/* no system call to restart */
}

/* The restorer's call: back to what the signal interrupted. Bad frame: SIGSEGV. */
long __x64_sys_rt_sigreturn(void)
{
	struct pt_regs *regs = current_pt_regs();
	/* `ret` popped pretcode */
	struct rt_sigframe *frame = (struct rt_sigframe *)(regs->sp - sizeof(long));
	struct ucontext uc;
	u64 set;

	current->restart_block.fn = do_no_restart_syscall;
	if (copy_from_user(&uc, &frame->uc, sizeof(uc)))
		goto badframe;
	set = uc.uc_sigmask;
	set_current_blocked(set);
	if (fpu_restore_from_frame((const void *)uc.uc_mcontext.fpstate))
		goto badframe;
	restore_sigcontext(regs, &uc.uc_mcontext, uc.uc_flags);
	if (restore_altstack(&frame->uc.uc_stack))
		goto badframe;
	return regs->ax;
badframe:
	force_sig(SIGSEGV);
	return 0;
}
