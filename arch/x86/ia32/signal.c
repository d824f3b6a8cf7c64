/* SPDX-License-Identifier: MIT */
/*
 * Signal frames of 32-bit programs, and the two calls that take them down. Linux's twin:
 * arch/x86/ia32/ia32_signal.c; the common part is arch/x86/kernel/signal.c.
 *
 *   sigaction's frame             rt_sigaction's (SA_SIGINFO)        both, above the frame
 *   | pretcode                  | | pretcode                    |    | FXSAVE or XSAVE image   |
 *   | sig                       | | sig, &info, &uc             |    | FSAVE image, 112 bytes  |
 *   | sigcontext: registers     | | info                        |      the second is what a
 *   | room of an old FPU state  | | uc: flags, altstack,        |      386's libc looks at
 *   | upper half of the mask    | |     sigcontext, mask        |
 *   | code: sigreturn           | | code: rt_sigreturn          |
 *
 * pretcode is where the handler returns to: sa_restorer, or the vDSO's trampoline, or, without a
 * vDSO, the code in the frame, which only an executable stack can run. The arguments lie on the
 * stack and, for programs of -mregparm=3, also in eax, edx, ecx.
 *
 * Which frame a handler gets was settled by the call that set it (SA_IA32_ABI), not by what was
 * interrupted: a 64-bit program can have 32-bit handlers. What comes back from user memory may be
 * anything; what cannot be loaded faults at the iretq, as a SIGSEGV of the program.
 */
#include <vitrix/compat.h>
#include <vitrix/mm_types.h>
#include <vitrix/signal.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <generated/vdso32.h>
#include <arch/desc.h>
#include <arch/fpu.h>
#include <arch/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>

#define IA32_NR_sigreturn	119
#define IA32_NR_rt_sigreturn	173

struct sigframe_ia32 {
	u32 pretcode;
	s32 sig;
	struct sigcontext_32 sc;
	struct _fpstate_32 fpstate_unused;
	u32 extramask;
	u8 retcode[8];
};

struct ucontext_ia32 {
	u32 uc_flags, uc_link;
	struct compat_sigaltstack uc_stack;
	struct sigcontext_32 uc_mcontext;
	u64 uc_sigmask;
} __compat_packed;

struct rt_sigframe_ia32 {
	u32 pretcode;
	s32 sig;
	u32 pinfo, puc;
	struct compat_siginfo info;
	struct ucontext_ia32 uc;
	u8 retcode[8];
};

/* popl %eax; movl $119, %eax; int $0x80 */
static const u8 sigreturn_code[8] = { 0x58, 0xb8, IA32_NR_sigreturn, 0, 0, 0, 0xcd, 0x80 };
/* movl $173, %eax; int $0x80; a byte of nothing */
static const u8 rt_sigreturn_code[8] = { 0xb8, IA32_NR_rt_sigreturn, 0, 0, 0, 0xcd, 0x80, 0 };

static void fill_sigcontext(struct sigcontext_32 *sc, const struct pt_regs *regs,
			    const void *fpstate, u32 oldmask)
{
	struct user_selectors sel;

	read_user_selectors(&sel);
	memset(sc, 0, sizeof(*sc));
	sc->gs = sel.gs;
	sc->fs = sel.fs;
	sc->es = sel.es;
	sc->ds = sel.ds;
	sc->di = regs->di;
	sc->si = regs->si;
	sc->bp = regs->bp;
	sc->sp = sc->sp_at_signal = regs->sp;
	sc->bx = regs->bx;
	sc->dx = regs->dx;
	sc->cx = regs->cx;
	sc->ax = regs->ax;
	sc->trapno = current->thread.trap_nr;
	sc->err = current->thread.error_code;
	sc->ip = regs->ip;
	sc->cs = regs->cs;
	sc->flags = regs->flags;
	sc->ss = regs->ss;
	sc->fpstate = ptr_to_compat(fpstate);
	sc->oldmask = oldmask;
	sc->cr2 = current->thread.cr2;
}

/*
 * Where a frame of size bytes goes, the floating point state above it already written. NULL: it
 * cannot be written, or the alternate stack has no room for it.
 */
static void *get_sigframe(struct ksignal *ksig, struct pt_regs *regs, size_t size, void **fpstate)
{
	unsigned long sp = regs->sp, start, fx;

	start = sp;
	if (ksig->ka.flags & SA_ONSTACK)
		sp = start = sigsp(sp, ksig);
	/* Before SA_ONSTACK there was this: a restorer that is none names another stack. */
	else if (regs->ss != __USER_DS && !(ksig->ka.flags & SA_RESTORER) && ksig->ka.restorer)
		sp = (unsigned long)ksig->ka.restorer;
	fx = round_down(sp - fpu_frame_size(), 64);
	sp = fx - FSAVE_SIZE;
	*fpstate = (void *)sp;
	/* at a function's entry sp + 4 is a multiple of 16 */
	sp = round_down(sp - size + 4, 16) - 4;
	if (sp >> 32 || leaves_altstack(start != regs->sp, regs->sp, sp))
		return NULL;
	return fpu_save_to_frame32(*fpstate, (void *)fx) ? NULL : (void *)sp;
}

static u32 return_address(const struct ksignal *ksig, unsigned long trampoline, const u8 *retcode)
{
	if (ksig->ka.flags & SA_RESTORER)
		return ptr_to_compat(ksig->ka.restorer);
	if (current->mm->vdso32)
		return current->mm->vdso32 + trampoline;
	return ptr_to_compat(retcode);
}

/* The handler runs next, with flat segments. dx, cx: its second and third argument in registers. */
static void enter_handler(struct ksignal *ksig, struct pt_regs *regs, void *frame, unsigned long dx,
			  unsigned long cx)
{
	regs->sp = (unsigned long)frame;
	regs->ip = (unsigned long)ksig->ka.handler;
	regs->ax = ksig->sig;
	regs->dx = dx;
	regs->cx = cx;
	regs->cs = __USER32_CS;
	regs->ss = __USER_DS;
	load_user_data_segments(__USER_DS, __USER_DS);
}

int ia32_setup_frame(struct ksignal *ksig, struct pt_regs *regs)
{
	u64 set = *sigmask_to_save();
	struct sigframe_ia32 frame, *uframe;
	void *fpstate;

	uframe = get_sigframe(ksig, regs, sizeof(frame), &fpstate);
	if (!uframe)
		return -EFAULT;
	memset(&frame, 0, sizeof(frame));
	frame.sig = ksig->sig;
	fill_sigcontext(&frame.sc, regs, fpstate, set);
	frame.extramask = set >> 32;
	frame.pretcode = return_address(ksig, VDSO32_sigreturn, uframe->retcode);
	memcpy(frame.retcode, sigreturn_code, sizeof(frame.retcode));
	if (copy_to_user(uframe, &frame, sizeof(frame)))
		return -EFAULT;
	enter_handler(ksig, regs, uframe, 0, 0);
	return 0;
}

int ia32_setup_rt_frame(struct ksignal *ksig, struct pt_regs *regs)
{
	u64 set = *sigmask_to_save();
	struct rt_sigframe_ia32 frame, *uframe;
	void *fpstate;

	uframe = get_sigframe(ksig, regs, sizeof(frame), &fpstate);
	if (!uframe)
		return -EFAULT;
	memset(&frame, 0, sizeof(frame));
	frame.sig = ksig->sig;
	frame.pinfo = ptr_to_compat(&uframe->info);
	frame.puc = ptr_to_compat(&uframe->uc);
	if (cpu_has(X86_FEATURE_XSAVE))
		frame.uc.uc_flags = UC_FP_XSTATE;
	fill_sigcontext(&frame.uc.uc_mcontext, regs, fpstate, set);
	frame.uc.uc_sigmask = set;
	frame.pretcode = return_address(ksig, VDSO32_rt_sigreturn, uframe->retcode);
	memcpy(frame.retcode, rt_sigreturn_code, sizeof(frame.retcode));
	if (copy_to_user(uframe, &frame, sizeof(frame)) ||
	    copy_siginfo_to_user32(&uframe->info, &ksig->info) ||
	    __compat_save_altstack(&uframe->uc.uc_stack, regs->sp))
		return -EFAULT;
	enter_handler(ksig, regs, uframe, frame.pinfo, frame.puc);
	return 0;
}

/* ---- and back ---- */

static int restore_sigcontext(struct pt_regs *regs, const struct sigcontext_32 *sc)
{
	regs->bx = sc->bx;
	regs->cx = sc->cx;
	regs->dx = sc->dx;
	regs->si = sc->si;
	regs->di = sc->di;
	regs->bp = sc->bp;
	regs->ax = sc->ax;
	regs->sp = sc->sp;
	regs->ip = sc->ip;
	regs->cs = sc->cs | 3;
	regs->ss = sc->ss | 3;
	regs->flags = (regs->flags & ~FIX_EFLAGS) | (sc->flags & FIX_EFLAGS);
	regs->orig_ax = -1UL;		/* no system call to restart */
	load_user_selectors(&(struct user_selectors){ sc->ds | 3, sc->es | 3, sc->fs | 3,
						      sc->gs | 3 });
	return fpu_restore_from_frame32(compat_ptr(sc->fpstate));
}

static long bad_frame(void)
{
	force_sig(SIGSEGV);
	return 0;
}

/* i386, 119. The trampoline has popped the signal's number, `ret` before it pretcode. */
long __ia32_sys_sigreturn(void)
{
	struct pt_regs *regs = current_pt_regs();
	struct sigframe_ia32 *frame = compat_ptr(regs->sp - 8);
	struct sigcontext_32 sc;
	u32 high;

	current->restart_block.fn = do_no_restart_syscall;
	if (copy_from_user(&sc, &frame->sc, sizeof(sc)) || get_user(high, &frame->extramask))
		return bad_frame();
	set_current_blocked((u64)high << 32 | sc.oldmask);
	return restore_sigcontext(regs, &sc) ? bad_frame() : (long)regs->ax;
}

long __ia32_compat_sys_rt_sigreturn(void)
{
	struct pt_regs *regs = current_pt_regs();
	struct rt_sigframe_ia32 *frame = compat_ptr(regs->sp - 4);
	struct ucontext_ia32 uc;

	current->restart_block.fn = do_no_restart_syscall;
	if (copy_from_user(&uc, &frame->uc, sizeof(uc)))
		return bad_frame();
	set_current_blocked(uc.uc_sigmask);
	if (restore_sigcontext(regs, &uc.uc_mcontext) ||
	    compat_restore_altstack(&frame->uc.uc_stack))
		return bad_frame();
	return regs->ax;
}
