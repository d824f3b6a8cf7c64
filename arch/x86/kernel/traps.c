/* SPDX-License-Identifier: MIT */
/*
 * What the CPU's exceptions mean: a signal for the user program that caused it, a detour through
 * the exception table for kernel code that had foreseen it, the end of the task for all other
 * kernel code. Linux's twin: arch/x86/kernel/traps.c. Page faults: arch/x86/mm/fault.c.
 *
 *   entry_64.S          here                     user mode                kernel mode
 *   divide_error -----> do_divide_error -------> SIGFPE  FPE_INTDIV       die
 *   debug ------------> do_debug --------------> SIGTRAP TRAP_TRACE ...   TF is cleared
 *   int3 -------------> do_int3 ---------------> SIGTRAP SI_KERNEL        die
 *   invalid_op -------> do_invalid_op ---------> SIGILL  ILL_ILLOPN       die
 *   general_protection  do_general_protection -> SIGSEGV SI_KERNEL        fixup_exception, die
 *   double_fault -----> do_double_fault -------> -                        stack overflow?  die
 *   ...
 *
 * All are called with interrupts off and return so; from user mode on the task's stack. Signals
 * are only made pending here: the way out of the kernel delivers them. The si_codes are those of
 * Linux 6.1. Left out: bus lock and split lock detection.
 */
#include <vitrix/kasan.h>
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <vitrix/signal.h>
#include <vitrix/uaccess.h>
#include <vitrix/vmalloc.h>
#include <generated/trace_events.h>
#include <arch/crossing.h>
#include <arch/debugreg.h>
#include <arch/desc.h>
#include <arch/text_poke.h>
#include <arch/traps.h>
#include "traps.h"

__path void trap_init(void)
{
	cpu_init();
	idt_setup();
}

/* For sigcontext: what happened last to this task. */
void note_trap(int trapnr, long error_code)
{
	current->thread.trap_nr = trapnr;
	current->thread.error_code = error_code;
}

/* A program that dies of a fault leaves a line in the log; one that handles it does not. */
static void log_user_trap(const char *what, int sig, struct pt_regs *regs, long error_code)
{
	if (!unhandled_signal(current, sig) || !printk_ratelimit())
		return;
	pr_info("%s[%d] trap %s ip:%lx sp:%lx error:%lx\n", current->comm, current->pid, what,
		regs->ip, regs->sp, error_code);
}

/*
 * The common course. code 0: the signal carries SI_KERNEL and no address. what names the
 * exception in the log. Does not return for kernel code without a fixup.
 */
static void do_trap(int trapnr, int sig, int code, void *addr, const char *what,
		    struct pt_regs *regs, long error_code)
{
	if (!user_mode(regs)) {
		if (fixup_exception(regs))
			return;
		if (trapnr == X86_TRAP_GP)
			kasan_explain_gp(regs);
		note_trap(trapnr, error_code);
		die(what, regs, error_code);
	}
	note_trap(trapnr, error_code);
	log_user_trap(what, sig, regs, error_code);
	if (code)
		force_sig_fault(sig, code, addr);
	else
		force_sig(sig);
}

void do_divide_error(struct pt_regs *regs, long error_code)
{
	do_trap(X86_TRAP_DE, SIGFPE, FPE_INTDIV, (void *)regs->ip, "divide error", regs, 0);
}

void do_overflow(struct pt_regs *regs, long error_code)
{
	do_trap(X86_TRAP_OF, SIGSEGV, 0, NULL, "overflow", regs, 0);
}

void do_bounds(struct pt_regs *regs, long error_code)
{
	do_trap(X86_TRAP_BR, SIGSEGV, 0, NULL, "bounds", regs, 0);
}

void do_invalid_op(struct pt_regs *regs, long error_code)
{
	do_trap(X86_TRAP_UD, SIGILL, ILL_ILLOPN, (void *)regs->ip, "invalid opcode", regs, 0);
}

void do_coprocessor_segment_overrun(struct pt_regs *regs, long error_code)
{
	do_trap(X86_TRAP_OLD_MF, SIGFPE, 0, NULL, "coprocessor segment overrun", regs, 0);
}

void do_invalid_TSS(struct pt_regs *regs, long error_code)
{
	do_trap(X86_TRAP_TS, SIGSEGV, 0, NULL, "invalid TSS", regs, error_code);
}

void do_segment_not_present(struct pt_regs *regs, long error_code)
{
	do_trap(X86_TRAP_NP, SIGBUS, 0, NULL, "segment not present", regs, error_code);
}

void do_stack_segment(struct pt_regs *regs, long error_code)
{
	do_trap(X86_TRAP_SS, SIGBUS, 0, NULL, "stack segment", regs, error_code);
}

/*
 * A program with iopl(3) that switches interrupts off and on, as it could when IOPL was real: the
 * instruction does nothing. It faulted, since IOPL is 0.
 */
static bool fixup_iopl_exception(struct pt_regs *regs)
{
	u8 insn;

	if (current->thread.iopl != 3 || regs->cs != __USER_CS ||
	    get_user(insn, (u8 *)regs->ip) || (insn != 0xfa && insn != 0xfb))
		return false;
	if (printk_ratelimit())
		pr_info("%s[%d]: cli or sti without effect, ip:%lx\n", current->comm, current->pid,
			regs->ip);
	regs->ip++;
	return true;
}

void do_general_protection(struct pt_regs *regs, long error_code)
{
	bool done;

	if (user_mode(regs) && unlikely(current->thread.rare & RARE_IO)) {
		local_irq_enable();
		done = fixup_iopl_exception(regs);
		local_irq_disable();
		if (done)
			return;
	}
	if (user_mode(regs) && cpu_has(X86_FEATURE_UMIP)) {
		local_irq_enable();
		done = fixup_umip_exception(regs);
		local_irq_disable();
		if (done)
			return;
	}
	do_trap(X86_TRAP_GP, SIGSEGV, 0, NULL, "general protection fault", regs, error_code);
}

void do_alignment_check(struct pt_regs *regs, long error_code)
{
	do_trap(X86_TRAP_AC, SIGBUS, BUS_ADRALN, NULL, "alignment check", regs, error_code);
}

/* INT3, the breakpoint that debuggers plant; in the kernel, text_poke.c. */
notrace void do_int3(struct pt_regs *regs, long error_code)
{
	if (!user_mode(regs) && poke_int3_handler(regs))
		return;
	if (user_mode(regs) && static_branch_unlikely(&trace_key_user_enter))
		trace_user_enter_vector(regs, X86_TRAP_BP);
	do_trap(X86_TRAP_BP, SIGTRAP, 0, NULL, "int3", regs, 0);
}

/*
 * The way the FPU asks for lazy loading of its registers, which this kernel does not do: CR0.TS
 * is never set. A program that got here would loop for ever, so it is an error in the kernel.
 */
void do_device_not_available(struct pt_regs *regs, long error_code)
{
	die("unexpected #NM exception", regs, 0);
}

/*
 * An unmasked floating point exception; the FPU's state says which. si_code 0: it is gone
 * already.
 */
static void math_error(struct pt_regs *regs, int trapnr, const char *what)
{
	int code;

	if (!user_mode(regs)) {
		do_trap(trapnr, SIGFPE, 0, NULL, what, regs, 0);
		return;
	}
	code = fpu__exception_code(trapnr);
	if (code)
		do_trap(trapnr, SIGFPE, code, (void *)regs->ip, what, regs, 0);
}

void do_coprocessor_error(struct pt_regs *regs, long error_code)
{
	math_error(regs, X86_TRAP_MF, "fpu exception");
}

void do_simd_coprocessor_error(struct pt_regs *regs, long error_code)
{
	math_error(regs, X86_TRAP_XF, "simd exception");
}

/* Vector 15 is the 8259's way to say that a request vanished; the CPU itself never raises it. */
void do_spurious_interrupt_bug(struct pt_regs *regs, long error_code)
{
	pr_warn("spurious interrupt on vector 15\n");
}

static __always_inline unsigned long read_and_clear_dr6(void)
{
	unsigned long dr6;

	__asm__ volatile("movq %%db6,%0" : "=r"(dr6));
	__asm__ volatile("movq %0,%%db6" : : "r"(DR6_RESERVED));
	return dr6 ^ DR6_RESERVED;	/* some bits are 1 at rest */
}

static bool in_sysenter_entry(unsigned long ip)
{
	return ip >= (unsigned long)__begin_SYSENTER_singlestep_region &&
	       ip < (unsigned long)__end_SYSENTER_singlestep_region;
}

/* Which of the task's breakpoints hit: the CPU also tells of those that match but are off. */
static __always_inline unsigned long breakpoints_hit(struct pt_regs *regs, unsigned long dr6)
{
	const struct thread_struct *thread = &current->thread;
	unsigned long hit = 0;

	for (int n = 0; n < 4; n++) {
		if (!(dr6 >> n & 1) || !(thread->dr7 >> (n * 2) & 3))
			continue;
		hit |= 1UL << n;
		/* It is reported before the instruction, which has to run some time: not again. */
		if (debugreg_is_execute(thread, n))
			regs->flags |= X86_EFLAGS_RF;
	}
	return hit;
}

/*
 * Single step (EFLAGS.TF), a breakpoint of a tracer's (debugreg.c), or the INT1 instruction. In
 * kernel mode, and on the #DB stack, a step can only be one that the user began: the flags that
 * SYSCALL clears (MSR_SYSCALL_MASK) hold TF, and gates clear it, so clearing it once more and going
 * on is right. A breakpoint hit there is a copy from or to user memory, or was delayed by a load of
 * ss: the task's DR6 tells of it, but there is no signal, as on Linux.
 */
notrace void do_debug(struct pt_regs *regs, long error_code)
{
	unsigned long dr6 = read_and_clear_dr6(), hit = 0;

	current->thread.rare &= ~RARE_BLOCKSTEP;	/* the CPU has switched it off */
	if (unlikely(dr6 & DR_TRAP_BITS))
		hit = breakpoints_hit(regs, dr6);
	if (!user_mode(regs)) {
		/* SYSENTER leaves TF as it is: its entry saves TF first, then clears it. */
		if (!in_sysenter_entry(regs->ip))
			regs->flags &= ~X86_EFLAGS_TF;
		current->thread.virtual_dr6 |= hit;
		return;
	}
	current->thread.virtual_dr6 = (dr6 & DR_STEP) | hit;
	if (!(dr6 & DR_STEP) && !hit && dr6)
		return;			/* one that is off */
	note_trap(X86_TRAP_DB, 0);
	force_sig_fault(SIGTRAP, dr6 & DR_STEP ? TRAP_TRACE : hit ? TRAP_HWBKPT : TRAP_BRKPT,
			(void *)regs->ip);
}

/*
 * A fault while the CPU was starting to serve a fault: most often the stack pointer had left the
 * stack, so that not even the frame of the page fault could be pushed. CR2 is that page fault's.
 */
notrace void do_double_fault(struct pt_regs *regs, long error_code)
{
	unsigned long cr2 = read_cr2();

	if (fixup_espfix(regs))
		return;
	note_trap(X86_TRAP_DF, error_code);
	current->thread.cr2 = cr2;
	if (!user_mode(regs) && (is_stack_guard(cr2) || is_stack_guard(regs->sp))) {
		pr_emerg("BUG: kernel stack overflow: guard page hit at %lx (stack is %lx..%lx)\n",
			 cr2, (unsigned long)current->stack,
			 (unsigned long)current->stack + THREAD_SIZE);
		die("kernel stack overflow (double fault)", regs, error_code);
	}
	pr_emerg("double fault, cr2 %lx\n", cr2);
	die("double fault", regs, error_code);
}
