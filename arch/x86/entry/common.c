/* SPDX-License-Identifier: MIT */
/*
 * The C half of entering and leaving the kernel: the slow path of system calls, the doors of 32-bit
 * programs, and the work that is done before user mode is entered again. Linux's twin:
 * arch/x86/entry/common.c.
 *
 * Called by entry_64.S. The loop below is the one place where a task, about to leave the kernel,
 * gives way to another (schedule) and takes its signals (do_signal); it ends with interrupts off
 * and no work left.
 *
 * Left out: seccomp and audit work at entry: nothing sets their flags.
 */
#include <vitrix/sched.h>
#include <vitrix/signal.h>
#include <vitrix/ptrace.h>
#include <vitrix/rseq.h>
#include <vitrix/string.h>
#include <vitrix/bug.h>
#include <vitrix/mm_types.h>
#include <vitrix/nospec.h>
#include <vitrix/randomize_kstack.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <generated/vdso32.h>
#include <vitrix/trace_syscall.h>
#include <generated/trace_events.h>
#include <arch/crossing.h>
#include <arch/traps.h>

void do_syscall_64(struct pt_regs *regs) __path;
void do_int80_syscall_32(struct pt_regs *regs) __path;
bool do_SYSENTER_32(struct pt_regs *regs) __path;
bool do_SYSCALL_32(struct pt_regs *regs) __path;
bool do_fast_syscall_32(struct pt_regs *regs) __path;
void syscall_return_slowpath(struct pt_regs *regs) __path;
void irqentry_exit_to_user_mode(struct pt_regs *regs) __path;
void prepare_exit_to_usermode(struct pt_regs *regs) __path;
struct pt_regs *fixup_bad_iret(struct pt_regs *bad_regs);

/*
 * Somebody watches system calls. A tracer may change the number and the arguments, or have the call
 * not made. The number to call, -1: none, and regs->ax is what the tracer wants it to be.
 */
static noinline unsigned int syscall_trace_enter(struct pt_regs *regs)
{
	unsigned long flags = READ_ONCE(current->thread_flags);

	if (flags & (1 << TIF_SYSCALL_TRACE | 1 << TIF_SYSCALL_EMU)) {
		if (!ptrace_report_syscall_entry(regs) || (flags & 1 << TIF_SYSCALL_EMU))
			return -1;
		if ((int)regs->orig_ax != -1)
			regs->ax = -ENOSYS;	/* for a number that nobody serves */
	}
	if (test_thread_flag(TIF_SYSCALL_TRACEPOINT))
		trace_sys_enter(regs);
	return regs->orig_ax;
}

static noinline void syscall_exit_work(struct pt_regs *regs)
{
	unsigned long flags = READ_ONCE(current->thread_flags);
	/* A call that was only to be emulated was no step of the tracee's. */
	bool step = (flags & 1 << TIF_SINGLESTEP) && !(flags & 1 << TIF_SYSCALL_EMU);

	if (flags & 1 << TIF_SYSCALL_TRACEPOINT)
		trace_sys_exit(regs);
	if (step || (flags & 1 << TIF_SYSCALL_TRACE))
		ptrace_report_syscall_exit(regs, step);
}

/* A system call with all of pt_regs saved. Interrupts are off at entry and at return. */
__no_stack_protector void do_syscall_64(struct pt_regs *regs)
{
	unsigned int nr = regs->orig_ax;	/* the upper half does not count */

	add_random_kstack_offset();
	if (static_branch_unlikely(&trace_key_user_enter))
		trace_user_enter(regs, CROSSING_SYSCALL, 0);
	local_irq_enable();
	if (unlikely(READ_ONCE(current->thread_flags) & _TIF_WORK_SYSCALL_ENTRY))
		nr = syscall_trace_enter(regs);
	if (likely(nr < NR_syscalls))
		regs->ax = sys_call_table[array_index_nospec(nr, NR_syscalls)](
			regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9);
	syscall_return_slowpath(regs);
}

/*
 * A system call by int $0x80, from a program of any width: 32 bits of each register count, and the
 * table is the i386's. All of pt_regs is saved; interrupts are off at entry and at return.
 */
__no_stack_protector void do_int80_syscall_32(struct pt_regs *regs)
{
	unsigned int nr = regs->orig_ax;

	add_random_kstack_offset();
	current->thread.status |= TS_COMPAT;
	if (static_branch_unlikely(&trace_key_user_enter))
		trace_user_enter(regs, CROSSING_INT80, IA32_SYSCALL_VECTOR);
	local_irq_enable();
	if (unlikely(READ_ONCE(current->thread_flags) & _TIF_WORK_SYSCALL_ENTRY))
		nr = syscall_trace_enter(regs);
	array_index_or_goto(nr, IA32_NR_syscalls, none);
	regs->ax = ia32_sys_call_table[nr]((u32)regs->bx, (u32)regs->cx, (u32)regs->dx,
					   (u32)regs->si, (u32)regs->di, (u32)regs->bp);
none:
	syscall_return_slowpath(regs);
}

/*
 * Both fast doors. Where the program was is not known, or of no use: it goes on in its vDSO, behind
 * the `int $0x80` that a restarted call begins anew with. ebp, the sixth argument, lies where the
 * stack pointer points.
 *
 * true: SYSRETL gives the program all that pt_regs holds, but ecx and r8 to r15, which it does not
 * expect. Interrupts are off at entry and at return.
 */
__no_stack_protector bool do_fast_syscall_32(struct pt_regs *regs)
{
	unsigned long landing_pad = current->mm->vdso32 + VDSO32_int80_landing_pad;
	unsigned int nr = regs->orig_ax;
	u32 bp = 0;
	int error;

	add_random_kstack_offset();
	current->thread.status |= TS_COMPAT;
	regs->ip = landing_pad;
	local_irq_enable();
	error = get_user(bp, (u32 *)(unsigned long)(u32)regs->sp);
	regs->bp = bp;
	if (error) {
		/* There is no such call: nothing to restart or to tell. */
		local_irq_disable();
		regs->ax = error;
		regs->orig_ax = -1UL;
		prepare_exit_to_usermode(regs);
		current->thread.status &= ~TS_COMPAT;
		return false;
	}
	if (unlikely(READ_ONCE(current->thread_flags) & _TIF_WORK_SYSCALL_ENTRY))
		nr = syscall_trace_enter(regs);
	array_index_or_goto(nr, IA32_NR_syscalls, none);
	regs->ax = ia32_sys_call_table[nr]((u32)regs->bx, (u32)regs->cx, (u32)regs->dx,
					   (u32)regs->si, (u32)regs->di, (u32)regs->bp);
none:
	syscall_return_slowpath(regs);
	return regs->cs == __USER32_CS && regs->ss == __USER_DS && regs->ip == landing_pad &&
	       !(regs->flags & (X86_EFLAGS_RF | X86_EFLAGS_TF));
}

/* From the labels of entry_64_compat.S. */
bool do_SYSENTER_32(struct pt_regs *regs)
{
	/* __kernel_vsyscall saved esp in ebp; interrupts were on, since user mode has no choice. */
	regs->sp = regs->bp;
	regs->flags |= X86_EFLAGS_IF;
	if (static_branch_unlikely(&trace_key_user_enter))
		trace_user_enter(regs, CROSSING_SYSENTER, 0);
	return do_fast_syscall_32(regs);
}

bool do_SYSCALL_32(struct pt_regs *regs)
{
	if (static_branch_unlikely(&trace_key_user_enter))
		trace_user_enter(regs, CROSSING_SYSCALL, 0);
	return do_fast_syscall_32(regs);
}

/* After a system call, interrupts on: leaves with interrupts off and nothing left to do. */
void syscall_return_slowpath(struct pt_regs *regs)
{
	if (unlikely(READ_ONCE(current->thread_flags) & _TIF_WORK_SYSCALL_EXIT))
		syscall_exit_work(regs);
	local_irq_disable();
	prepare_exit_to_usermode(regs);
	current->thread.status &= ~(TS_COMPAT | TS_I386_REGS_POKED);
}

/* From interrupts and exceptions, some work to do: what was interrupted may have to begin again. */
void irqentry_exit_to_user_mode(struct pt_regs *regs)
{
	rseq_set_notify_resume(current);
	prepare_exit_to_usermode(regs);
}

/*
 * Interrupts are off at entry and at return, on while work is done: each piece may bring new work,
 * so the flags are read again until none is left.
 */
void prepare_exit_to_usermode(struct pt_regs *regs)
{
	unsigned long flags;

	DEBUG_ASSERT(irqs_disabled());
	lockcheck_return_to_user();
	while ((flags = READ_ONCE(current->thread_flags)) & _TIF_EXIT_WORK) {
		local_irq_enable();
		if (flags & (1 << TIF_NEED_RESCHED))
			schedule();
		if (flags & (1 << TIF_SIGPENDING))
			do_signal(regs);
		if (flags & (1 << TIF_NOTIFY_RESUME)) {
			clear_thread_flag(TIF_NOTIFY_RESUME);
			rseq_handle_notify_resume(regs);
		}
		local_irq_disable();
	}
}

/*
 * The iretq to user mode faulted: what pt_regs held cannot be loaded (a bad cs, ss or ip that the
 * user planted). The exception is made to look as if user mode had raised it: the general registers
 * are the user's already, the rest is taken from the frame that iretq was reading. Interrupts off.
 *
 *   task's stack top                         stack on which iretq ran (with PTI: the entry stack)
 *   | ss sp flags cs ip | <-- copied from -- | ss sp flags cs ip |  <- bad_regs->sp
 *   | orig_ax: error    | <-- copied from -- | bad_regs          |
 *   | registers         |                    |   of the fault    |
 */
struct pt_regs *fixup_bad_iret(struct pt_regs *bad_regs)
{
	struct pt_regs copy = *bad_regs, *regs = current_pt_regs();
	const size_t frame_size = 5 * sizeof(unsigned long);

	memcpy(&copy.ip, (const void *)bad_regs->sp, frame_size);
	*regs = copy;
	ASSERT(user_mode(regs));
	return regs;
}
