/* SPDX-License-Identifier: MIT */
/*
 * Single-stepping: a tracer has its tracee execute one instruction. The CPU does it, by TF in the
 * flags: a #DB after each instruction that began with TF set. Linux's twin: arch/x86/kernel/step.c.
 *
 *   TIF_SINGLESTEP   the tracer wants a step: TF is set in pt_regs, and the end of a system call is
 *                    the end of a step, before the next instruction (ptrace_report_syscall_exit)
 *   TIF_FORCED_TF    TF is the tracer's: hidden from whoever looks at the flags (PTRACE_GETREGS, a
 *                    signal frame). Not set if the program had set TF itself, or is about to
 *
 * PTRACE_SINGLEBLOCK: RARE_BLOCKSTEP has the CPU's BTF on (MSR_DEBUGCTL) while the task runs: with
 * TF set, only a jump that is taken ends a step. The #DB switches BTF off. A CPU that does not have
 * it, as QEMU's, ends the step at each instruction, which tracers must expect in any case.
 *
 * No door leads into the kernel with TF on, but SYSENTER, see do_debug(). A handler begins with TF
 * clear: the step ends before its first instruction (handle_signal()). The tracee is stopped, or
 * current, or new.
 */
#include <vitrix/mm.h>
#include <vitrix/ptrace.h>
#include <vitrix/signal.h>
#include <arch/debugreg.h>
#include <arch/traps.h>

#define MSR_DEBUGCTL	0x1d9
#define DEBUGCTL_BTF	2UL

/* Does the byte insn only change what follows it means? REX is one in 64-bit mode. */
static bool is_prefix(u8 insn, bool mode64)
{
	switch (insn) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66: case 0x67:
	case 0xf0: case 0xf2: case 0xf3:
		return true;
	default:
		return mode64 && (insn & 0xf0) == 0x40;
	}
}

/* Is the next instruction one that loads the flags: popf or iret? Then TF will be its own. */
static bool is_setting_trap_flag(struct task_struct *child, const struct pt_regs *regs)
{
	struct mm_struct *mm = get_task_mm(child);
	u8 insn[15];
	int n = 0;

	if (mm) {
		n = access_remote_vm(mm, regs->ip, insn, sizeof(insn), false);
		mmput(mm);
	}
	for (int i = 0; i < n; i++) {
		if (insn[i] == 0x9d || insn[i] == 0xcf)
			return true;
		if (!is_prefix(insn[i], regs->cs == __USER_CS))
			return false;
	}
	return false;
}

/* The two differ. */
void switch_block_step(const struct thread_struct *next)
{
	u64 debugctl = rdmsr(MSR_DEBUGCTL) & ~DEBUGCTL_BTF;

	wrmsr(MSR_DEBUGCTL, debugctl | (next->rare & RARE_BLOCKSTEP ? DEBUGCTL_BTF : 0));
}

static void enable_step(struct task_struct *child)
{
	struct pt_regs *regs = task_pt_regs(child);
	bool was_set = regs->flags & X86_EFLAGS_TF;

	set_tsk_thread_flag(child, TIF_SINGLESTEP);
	regs->flags |= X86_EFLAGS_TF;
	if (is_setting_trap_flag(child, regs))
		clear_tsk_thread_flag(child, TIF_FORCED_TF);
	else if (!was_set)
		set_tsk_thread_flag(child, TIF_FORCED_TF);
}

void user_enable_single_step(struct task_struct *child)
{
	enable_step(child);
	child->thread.rare &= ~RARE_BLOCKSTEP;
}

void user_enable_block_step(struct task_struct *child)
{
	enable_step(child);
	/* Else popf or iret comes next, and the TF that it loads is the program's own. */
	if (test_tsk_thread_flag(child, TIF_FORCED_TF))
		child->thread.rare |= RARE_BLOCKSTEP;
	else
		child->thread.rare &= ~RARE_BLOCKSTEP;
}

void user_disable_single_step(struct task_struct *child)
{
	child->thread.rare &= ~RARE_BLOCKSTEP;
	clear_tsk_thread_flag(child, TIF_SINGLESTEP);
	if (test_tsk_thread_flag(child, TIF_FORCED_TF)) {
		clear_tsk_thread_flag(child, TIF_FORCED_TF);
		task_pt_regs(child)->flags &= ~X86_EFLAGS_TF;
	}
}

/* The step over a system call is over. */
void user_single_step_report(struct pt_regs *regs)
{
	current->thread.trap_nr = X86_TRAP_DB;
	current->thread.error_code = 0;
	force_sig_fault(SIGTRAP, TRAP_BRKPT, (void *)regs->ip);
}
