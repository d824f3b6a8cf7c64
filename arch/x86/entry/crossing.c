/* SPDX-License-Identifier: MIT */
/*
 * The two events of a crossing: into the kernel from user mode, and back. entry_64.S calls them at
 * the places where it happens, through static keys: one nop each while nobody looks.
 *
 *	user mode --syscall--> do_syscall_64 --------------> trace_user_enter(SYSCALL)
 *	          --int 80---> do_int80_syscall_32 --------> trace_user_enter(INT80)
 *	          --vector---> idtentry, interrupts, NMI --> trace_user_enter_vector
 *	user mode <--sysretq-- return_from_SYSCALL_64 -----> trace_user_exit(SYSRET)
 *	          <--iretq---- restore_regs_and_return ----> trace_user_exit(IRET)
 *
 * Everything of an event is read, not remembered: registers from pt_regs, CR3 from the CPU. Under
 * PTI the CR3 of user mode differs from the kernel's in one bit, with PCIDs in two, which the entry
 * code has just cleared and will set again.
 *
 * notrace: an interrupt may come while the function tracer writes into functions, and on its way in
 * it comes through here: an int3 at one of these would call itself. For the same reason do_int3()
 * tells its own crossing, after it has looked whether it was meant.
 *
 * Context: the kernel's gs, page tables and stack, interrupts off; at an exit nothing can change
 * pt_regs any more. No locks. Linux has no twin: its tracers begin behind the crossing.
 */
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <vitrix/trace_events.h>
#include <arch/crossing.h>
#include <arch/pgtable.h>
#include <arch/processor.h>
#include <arch/tlbflush.h>
#include <arch/traps.h>

static __always_inline void put_regs(void *r15, const struct pt_regs *regs)
{
	static_assert(sizeof(*regs) == 21 * sizeof(u64), "the fields of `regs` in events.tbl");
	memcpy(r15, regs, sizeof(*regs));
}

static __always_inline u64 user_cr3(u64 kernel_cr3)
{
	if (!pti_enabled)
		return kernel_cr3;
	return kernel_cr3 | (this_cpu_read(tlb_user_cr3_bits) & ~CR3_NOFLUSH);
}

notrace void trace_user_enter(struct pt_regs *regs, unsigned int how, unsigned int vector)
{
	struct trace_raw_user_enter *rec;

	if (!user_mode(regs) || !trace_event_wanted(current))
		return;
	rec = trace_reserve(EVENT_user_enter, sizeof(*rec));
	if (!rec)
		return;
	*rec = (struct trace_raw_user_enter){
		.how = how, .vector = vector,
		.error_code = how == CROSSING_EXCEPTION ? regs->orig_ax : 0,
		.cr2 = vector == X86_TRAP_PF && how == CROSSING_EXCEPTION ? read_cr2() : 0,
		.cr3_after = read_cr3(),
		.sp_after = (unsigned long)regs, .top_of_stack = (unsigned long)(regs + 1),
	};
	rec->cr3_before = user_cr3(rec->cr3_after);
	put_regs(&rec->r15, regs);
	trace_commit(rec);
}

/* From the stubs of entry_64.S: orig_ax still holds what the CPU or the stub pushed. */
notrace void trace_user_enter_vector(struct pt_regs *regs, unsigned int vector)
{
	unsigned int how = vector == X86_TRAP_NMI ? CROSSING_NMI :
			   vector < FIRST_EXTERNAL_VECTOR ? CROSSING_EXCEPTION : CROSSING_INTERRUPT;

	trace_user_enter(regs, how, vector);
}

/* The tests of return_from_SYSCALL_64, in its order: which one spoke against SYSRET? */
static __always_inline unsigned int why_not_sysret(const struct pt_regs *regs)
{
	if (regs->cx != regs->ip)
		return EXIT_RCX_IS_NOT_RIP;
	if ((unsigned long)((long)(regs->cx << 16) >> 16) != regs->ip)
		return EXIT_RIP_NOT_CANONICAL;
	if (regs->cs != __USER_CS)
		return EXIT_SEGMENTS;
	if (regs->r11 != regs->flags)
		return EXIT_R11_IS_NOT_RFLAGS;
	if (regs->r11 & (X86_EFLAGS_RF | X86_EFLAGS_TF))
		return EXIT_RF_OR_TF;
	return EXIT_SEGMENTS;
}

notrace void trace_user_exit(struct pt_regs *regs, unsigned int how)
{
	struct trace_raw_user_exit *rec;

	if (!trace_event_wanted(current))
		return;
	rec = trace_reserve(EVENT_user_exit, sizeof(*rec));
	if (!rec)
		return;
	*rec = (struct trace_raw_user_exit){
		.how = how == CROSSING_SYSRET ? CROSSING_SYSRET : CROSSING_IRET,
		.why = how == CROSSING_IRET_SYSCALL ? why_not_sysret(regs) :
		       how == CROSSING_IRET ? EXIT_NO_SYSCALL : 0,
		.cr3_before = read_cr3(), .top_of_stack = (unsigned long)(regs + 1),
	};
	rec->cr3_after = user_cr3(rec->cr3_before);
	put_regs(&rec->r15, regs);
	trace_commit(rec);
}
