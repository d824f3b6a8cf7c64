/* SPDX-License-Identifier: MIT */
/*
 * Ways into the kernel and out of it. Linux's twin: arch/x86/entry/entry_64.S (4.14 for the fast
 * path).
 *
 *   user code                 here                                     C
 *   syscall ----------> entry_SYSCALL_64 --fast--> *sys_call_table ---> __x64_sys_*
 *                            |
 *                            +--slow--> do_syscall_64 ---------------> __x64_sys_*
 *   fault ------------> page_fault, general_protection, ... --------> do_*
 *   int $0x80,
 *   32-bit code ------> entry_64_compat.S ----------------------------> do_int80_syscall_32 ...
 *   interrupt --------> irq_entries_start -> common_interrupt ------> do_IRQ
 *
 * and back: syscall_return_via_sysret, or restore_regs_and_return_to_usermode (iretq).
 *
 * Invariants. In user mode MSR_GS_BASE is the user's and MSR_KERNEL_GS_BASE this CPU's per-CPU
 * offset; in the kernel the other way round: exactly one swapgs on each crossing. With PTI, user
 * mode runs on the user's page tables, which of the kernel map only this section (.entry.text), the
 * IDT and this CPU's entry pages (GDT, TSS, entry stack, rsp_scratch ...): nothing else may be
 * touched before SWITCH_TO_KERNEL_CR3 and after LOAD_USER_CR3. Interrupts are off wherever gs or
 * CR3 are in between.
 *
 * The kernel stack after entry is a struct pt_regs at its top: see arch/ptrace.h.
 */
#include <generated/syscall_nr.h>
#include "calling.h"

#define TASK_THREAD_FLAGS	0
#define TASK_STACK_CANARY	16
#define TASK_THREAD_SP		24
#define ENOSYS			38
#include <vitrix/thread_flags.h>

	.cfi_sections .debug_frame
	.section .entry.text, "ax"

/*
 * System call, 64-bit. The CPU has put rip into rcx and rflags into r11, loaded cs and ss from
 * MSR_STAR and cleared the flags in MSR_SYSCALL_MASK, IF among them. It has not touched rsp: the
 * stack is still the user's and must not be used.
 *
 *   rax  number         rdi rsi rdx r10 r8 r9  arguments         rcx r11  user's rip, rflags
 */
	.globl	entry_SYSCALL_64, entry_SYSCALL_64_after_swapgs, entry_SYSCALL_64_fastpath
	.globl	entry_SYSCALL64_slow_path, return_from_SYSCALL_64, syscall_return_via_sysret
	.globl	opportunistic_sysret_failed
	.type	entry_SYSCALL_64, @function
	.balign 64
entry_SYSCALL_64:
	.cfi_startproc simple
	.cfi_def_cfa %rsp, 0
	.cfi_undefined %rip			/* a backtrace ends here: user mode called */
	swapgs
entry_SYSCALL_64_after_swapgs:
	movq	%rsp, PER_CPU_VAR(rsp_scratch)
	SWITCH_TO_KERNEL_CR3 %rsp
	movq	PER_CPU_VAR(cpu_current_top_of_stack), %rsp

	pushq	$__USER_DS			/* pt_regs->ss */
	pushq	PER_CPU_VAR(rsp_scratch)	/* pt_regs->sp */
	pushq	%r11				/* pt_regs->flags */
	pushq	$__USER_CS			/* pt_regs->cs */
	pushq	%rcx				/* pt_regs->ip */
	pushq	%rax				/* pt_regs->orig_ax */
	pushq	%rdi				/* pt_regs->di */
	pushq	%rsi				/* pt_regs->si */
	pushq	%rdx				/* pt_regs->dx */
	pushq	%rcx				/* pt_regs->cx */
	pushq	$-ENOSYS			/* pt_regs->ax */
	pushq	%r8				/* pt_regs->r8 */
	pushq	%r9				/* pt_regs->r9 */
	pushq	%r10				/* pt_regs->r10 */
	pushq	%r11				/* pt_regs->r11 */
	subq	$(6 * 8), %rsp			/* pt_regs->bp, bx, r12 to r15: not saved yet */
	.cfi_def_cfa %rsp, PT_SIZE

#ifdef CONFIG_DEBUG
	POISON_STACK
	movq	PT_RDI(%rsp), %rdi
	movq	PT_ORIG_RAX(%rsp), %rax
#endif
	movq	PER_CPU_VAR(current_task), %r11
	testl	$(_TIF_WORK_SYSCALL_ENTRY | _TIF_ALLWORK_MASK), TASK_THREAD_FLAGS(%r11)
	ALTERNATIVE_2 "{disp32} jnz .Lslow_save", "{disp32} jmp .Lclear_regs", ALT_MITIGATIONS, \
		"{disp32} jmp .Lslow_always", ALT_SLOW_PATH

entry_SYSCALL_64_fastpath:
	sti
	cmpl	$NR_syscalls, %eax		/* the number is an int: no upper half */
	jae	1f				/* -ENOSYS is in pt_regs->ax already */
	movq	%r10, %rcx			/* C wants the fourth argument in rcx */
	/*
	 * r10: all ones, or 0 if the CPU goes on although the number is too large, guessing that
	 * the jump above is not taken: it must not read behind the table with it.
	 */
	sbbq	%r10, %r10
	andl	%r10d, %eax
	call	*sys_call_table(, %rax, 8)
.Lentry_SYSCALL_64_after_fastpath_call:
	movq	%rax, PT_RAX(%rsp)
1:
	CHECK_RETURN_TO_USER
	/* Exit work is looked at with interrupts off: one could bring some after the look. */
	cli
	movq	PER_CPU_VAR(current_task), %r11
	testl	$_TIF_ALLWORK_MASK, TASK_THREAD_FLAGS(%r11)
	ALTERNATIVE "{disp32} jnz .Lexit_work", "{disp32} jnz .Lexit_work_saved", ALT_MITIGATIONS

	/* pt_regs is as entry left it, so SYSRET can restore it: rcx and r11 are rip and rflags. */
	movq	PT_RIP(%rsp), %rcx
	movq	PT_EFLAGS(%rsp), %r11
	movq	PT_R10(%rsp), %r10
	movq	PT_R9(%rsp), %r9
	movq	PT_R8(%rsp), %r8
	movq	PT_RAX(%rsp), %rax
	movq	PT_RDX(%rsp), %rdx
	movq	PT_RSI(%rsp), %rsi
	ALTERNATIVE "{disp32} jmp syscall_return_via_sysret", \
		"{disp32} jmp .Lrestore_extra", ALT_MITIGATIONS

.Lexit_work:	/* Turned up during the call, a signal say: save the rest and go the long way. */
	SAVE_EXTRA_REGS
.Lexit_work_saved:
	sti
	movq	%rsp, %rdi
	call	syscall_return_slowpath		/* returns with interrupts off */
	jmp	return_from_SYSCALL_64

/*
 * The same with mitigations: the registers that C saves for its callers, and the fast path
 * therefore does not, are saved and cleared. ZF: nothing to do but the call.
 */
.Lclear_regs:
	SAVE_EXTRA_REGS
	jnz	.Lslow_clear
	CLEAR_EXTRA_REGS
	jmp	entry_SYSCALL_64_fastpath
.Lslow_always:
	SAVE_EXTRA_REGS
.Lslow_clear:
	CLEAR_ALL_REGS
	jmp	entry_SYSCALL64_slow_path
.Lrestore_extra:
	RESTORE_EXTRA_REGS
	jmp	syscall_return_via_sysret

.Lslow_save:
	SAVE_EXTRA_REGS
entry_SYSCALL64_slow_path:
	movq	%rsp, %rdi
	call	do_syscall_64			/* returns with interrupts off */

return_from_SYSCALL_64:
	RESTORE_EXTRA_REGS
	/*
	 * SYSRET, if it gives the user exactly what pt_regs holds: rip from rcx, rflags from r11,
	 * cs and ss fixed. All other returns go by iretq, which can load anything.
	 */
	movq	PT_RCX(%rsp), %rcx
	movq	PT_RIP(%rsp), %r11
	cmpq	%rcx, %r11
	jne	opportunistic_sysret_failed
	/*
	 * Security boundary: SYSRET to a non-canonical address faults on Intel CPUs in ring 0, with
	 * the user's rsp loaded. Sign-extend from bit 47: a change means not canonical.
	 */
	shlq	$16, %rcx
	sarq	$16, %rcx
	cmpq	%rcx, %r11
	jne	opportunistic_sysret_failed
	cmpq	$__USER_CS, PT_CS(%rsp)
	jne	opportunistic_sysret_failed
	movq	PT_R11(%rsp), %r11
	cmpq	%r11, PT_EFLAGS(%rsp)
	jne	opportunistic_sysret_failed
	/* SYSRET cannot set RF, and TF set by it traps one instruction too early. */
	testq	$(X86_EFLAGS_RF | X86_EFLAGS_TF), %r11
	jnz	opportunistic_sysret_failed
	cmpq	$__USER_DS, PT_SS(%rsp)
	jne	opportunistic_sysret_failed
	STATIC_JUMP trace_key_user_exit, .Ltrace_sysret
.Ltraced_sysret:
	movq	PT_R10(%rsp), %r10
	movq	PT_R9(%rsp), %r9
	movq	PT_R8(%rsp), %r8
	movq	PT_RAX(%rsp), %rax
	movq	PT_RDX(%rsp), %rdx
	movq	PT_RSI(%rsp), %rsi

/* All registers but rdi and rsp are the user's. */
syscall_return_via_sysret:
	PTI_ONLY_BEGIN .Lsysret_one_pgd
	/*
	 * The stack goes with the kernel's page tables: rdi and rsp pass through the entry pages.
	 */
	movq	PT_RDI(%rsp), %rdi
	movq	%rdi, PER_CPU_VAR(rdi_scratch)
	movq	PT_RSP(%rsp), %rdi
	movq	%rdi, PER_CPU_VAR(rsp_scratch)
	LOAD_USER_CR3 %rdi
	movq	PER_CPU_VAR(rdi_scratch), %rdi
	movq	PER_CPU_VAR(rsp_scratch), %rsp
	swapgs
	sysretq
.Lsysret_one_pgd:
	movq	PT_RDI(%rsp), %rdi
	movq	PT_RSP(%rsp), %rsp
	swapgs
	sysretq

opportunistic_sysret_failed:
	STATIC_JUMP trace_key_user_exit, .Ltrace_sysret_failed
	jmp	.Lrestore_regs
.Ltrace_sysret:
	movq	%rsp, %rdi
	movl	$CROSSING_SYSRET, %esi
	call	trace_user_exit
	movq	PT_RIP(%rsp), %rcx
	movq	PT_EFLAGS(%rsp), %r11
	jmp	.Ltraced_sysret
.Ltrace_sysret_failed:
	movq	%rsp, %rdi
	movl	$CROSSING_IRET_SYSCALL, %esi
	call	trace_user_exit
	jmp	.Lrestore_regs
	.cfi_endproc
	.size	entry_SYSCALL_64, . - entry_SYSCALL_64

/*
 * Calls that read or write the caller's whole register set (fork, execve, sigreturn) stand in the
 * table behind this stub: from the fast path it goes back and takes the slow one, which saves all
 * registers.
 * rax: the real function.
 */
	.type	stub_ptregs_64, @function
stub_ptregs_64:
	.cfi_startproc
	cmpq	$.Lentry_SYSCALL_64_after_fastpath_call, (%rsp)
	jne	1f
	cli
	addq	$8, %rsp
	movq	PT_RAX(%rsp), %rax
	ALTERNATIVE "{disp32} jmp .Lslow_save", "{disp32} jmp .Lslow_clear", ALT_MITIGATIONS
1:	jmp	*%rax
	.cfi_endproc
	.size	stub_ptregs_64, . - stub_ptregs_64

.macro ptregs_stub func
	.globl	ptregs_\func
	.type	ptregs_\func, @function
ptregs_\func:
	leaq	\func(%rip), %rax
	jmp	stub_ptregs_64
	.size	ptregs_\func, . - ptregs_\func
.endm
	ptregs_stub __x64_sys_clone
	ptregs_stub __x64_sys_clone3
	ptregs_stub __x64_sys_fork
	ptregs_stub __x64_sys_vfork
	ptregs_stub __x64_sys_execve
	ptregs_stub __x64_sys_execveat
	ptregs_stub __x64_sys_rt_sigreturn

/*
 * The way back by iretq. rsp: struct pt_regs; interrupts off; all exit work done.
 */
	.globl	restore_regs_and_return_to_usermode, irq_return_iret
	.type	restore_regs_and_return_to_usermode, @function
restore_regs_and_return_to_usermode:
	.cfi_startproc simple
	.cfi_signal_frame
	CFI_PT_REGS
	CFI_EXTRA_REGS
	STATIC_JUMP trace_key_user_exit, .Ltrace_iret
.Lrestore_regs:
	STATIC_JUMP ldt_key, .Lmaybe_espfix
.Lnot_espfix:
	PTI_ONLY_BEGIN .Lreturn_one_pgd
	POP_EXTRA_REGS
	POP_C_REGS
	/* rsp: orig_ax. The iret frame and rdi move to the entry stack: both page tables map it. */
	movq	%rdi, PER_CPU_VAR(rdi_scratch)
	movq	%rsp, %rdi
	movq	PER_CPU_VAR(cpu_tss + 4), %rsp	/* TSS.sp0: the entry stack */
	pushq	40(%rdi)			/* ss */
	pushq	32(%rdi)			/* sp */
	pushq	24(%rdi)			/* flags */
	pushq	16(%rdi)			/* cs */
	pushq	8(%rdi)				/* ip */
	LOAD_USER_CR3 %rdi
	movq	PER_CPU_VAR(rdi_scratch), %rdi
	swapgs
	jmp	irq_return_iret
.Lreturn_one_pgd:
	POP_EXTRA_REGS
	POP_C_REGS
	addq	$8, %rsp			/* orig_ax */
	swapgs
irq_return_iret:
	.cfi_def_cfa %rsp, 40
	/* A bad cs, ss, ip or stack of the user faults here, in ring 0 with the user's gs:
	 * error_entry knows this address. */
	iretq
	CFI_PT_REGS
.Ltrace_iret:
	movq	%rsp, %rdi
	movl	$CROSSING_IRET, %esi
	call	trace_user_exit
	jmp	.Lrestore_regs

.Lmaybe_espfix:
	testb	$SEGMENT_TI, PT_SS(%rsp)
	jz	.Lnot_espfix
/*
 * The stack segment is one of the program's own: maybe a 16-bit one. What iretq pops, and rax, are
 * written to this CPU's little stack, and read at the address of it that has the user's bits 16 to
 * 31 (espfix_64.c).
 */
	movq	PER_CPU_VAR(espfix_waddr), %rdi
	movq	PT_RAX(%rsp), %rax
	movq	%rax, (%rdi)
	.irp	word, 0, 8, 16, 24, 32
	movq	(PT_RIP + \word)(%rsp), %rax
	movq	%rax, (8 + \word)(%rdi)
	.endr
	movl	PT_RSP(%rsp), %eax
	andl	$0xffff0000, %eax
	orq	PER_CPU_VAR(espfix_stack), %rax
	POP_EXTRA_REGS
	movq	(PT_R11 - PT_R11)(%rsp), %r11
	movq	(PT_R10 - PT_R11)(%rsp), %r10
	movq	(PT_R9 - PT_R11)(%rsp), %r9
	movq	(PT_R8 - PT_R11)(%rsp), %r8
	movq	(PT_RCX - PT_R11)(%rsp), %rcx
	movq	(PT_RDX - PT_R11)(%rsp), %rdx
	movq	(PT_RSI - PT_R11)(%rsp), %rsi
	movq	(PT_RDI - PT_R11)(%rsp), %rdi
	PTI_ONLY_BEGIN .Lespfix_one_pgd
	movq	%rdi, PER_CPU_VAR(rdi_scratch)
	LOAD_USER_CR3 %rdi
	movq	PER_CPU_VAR(rdi_scratch), %rdi
.Lespfix_one_pgd:
	swapgs
	movq	%rax, %rsp
	popq	%rax
	/* A fault there cannot be pushed here: the double fault's handler knows. */
	jmp	irq_return_iret
	.cfi_endproc
	.size	restore_regs_and_return_to_usermode, . - restore_regs_and_return_to_usermode

/*
 * After the vector's own first pushes (error code or its stand-in, in the orig_ax slot): saves the
 * registers, makes gs and CR3 the kernel's and, if user mode was interrupted, stands on the task's
 * stack.
 *
 *   without PTI  the CPU took rsp0 = top of the task's stack: the frame is there already
 *   with PTI     rsp0 = the entry stack: the frame is copied to the task's stack
 *
 * An iretq that faulted is taken for user mode: fixup_bad_iret() moves what it was to load into a
 * frame of its own. The branch to .Lfrom_kernel is taken for interrupted kernel code.
 */
.macro ENTER_FROM_ANYWHERE
	ASM_CLAC
	cld
	PUSH_REGS
	CFI_PT_REGS
	CFI_EXTRA_REGS
	testb	$3, PT_CS(%rsp)
	jz	.Lfrom_kernel_\@
	swapgs
	ENTER_TASK_STACK
.Lentered_\@:
	.pushsection .entry.text, 1, "ax"	/* behind the rest: seldom */
.Lfrom_kernel_\@:
	leaq	irq_return_iret(%rip), %rax
	cmpq	%rax, PT_RIP(%rsp)
	ALTERNATIVE "{disp32} jne .Lentered_\@", "{disp32} jne .Lfence_\@", ALT_MITIGATIONS
	swapgs
	SWITCH_TO_KERNEL_CR3 %rax
	movq	%rsp, %rdi
	call	fixup_bad_iret			/* where the new pt_regs is */
	movq	%rax, %rsp
	CLEAR_ALL_REGS
	jmp	.Lentered_\@
.Lfence_\@:
	lfence
	jmp	.Lentered_\@
	.popsection
.endm

/* rsp: pt_regs, interrupts off or on. Back to what was interrupted. */
	.type	error_exit, @function
error_exit:
	.cfi_startproc simple
	.cfi_signal_frame
	CFI_PT_REGS
	CFI_EXTRA_REGS
	cli
	testb	$3, PT_CS(%rsp)
	jz	return_to_kernel
	CHECK_RETURN_TO_USER
	movq	PER_CPU_VAR(current_task), %rax
	testl	$_TIF_EXIT_WORK, TASK_THREAD_FLAGS(%rax)
	jz	restore_regs_and_return_to_usermode
	movq	%rsp, %rdi
	call	irqentry_exit_to_user_mode	/* returns with interrupts off */
	jmp	restore_regs_and_return_to_usermode
return_to_kernel:
	PREEMPT_FULL_BEGIN .Lrestore_kernel
	/* One word says that nothing is held and somebody waits: vitrix/preempt.h. */
	cmpl	$0, PER_CPU_VAR(__preempt_count)
	jne	.Lrestore_kernel
	testl	$X86_EFLAGS_IF, PT_EFLAGS(%rsp)
	jz	.Lrestore_kernel
	call	preempt_schedule_irq		/* returns with interrupts off */
.Lrestore_kernel:
	POP_EXTRA_REGS
	POP_C_REGS
	addq	$8, %rsp
	iretq
	.cfi_endproc
	.size	error_exit, . - error_exit

/* An exception of the running code; has_error_code: the CPU pushes one. */
.macro idtentry vector sym do_sym has_error_code:req
	.globl	\sym
	.type	\sym, @function
	.balign 16
\sym:
	.cfi_startproc simple
	CFI_IRET_FRAME (8*\has_error_code)
	.if !\has_error_code
	pushq	$-1
	.endif
	ENTER_FROM_ANYWHERE
	/* int3 is how that very jump is changed: do_int3() tells of it, behind text_poke's. */
	.if \vector != X86_TRAP_BP
	TRACE_USER_ENTER $\vector
	.endif
	movq	%rsp, %rdi
	movq	PT_ORIG_RAX(%rsp), %rsi		/* error code */
	movq	$-1, PT_ORIG_RAX(%rsp)		/* no system call to restart */
	call	\do_sym
	jmp	error_exit
	.cfi_endproc
	.size	\sym, . - \sym
.endm

	idtentry X86_TRAP_DE,       divide_error, do_divide_error, 0
	idtentry X86_TRAP_BP,       int3, do_int3, 0
	idtentry X86_TRAP_OF,       overflow, do_overflow, 0
	idtentry X86_TRAP_BR,       bounds, do_bounds, 0
	idtentry X86_TRAP_UD,       invalid_op, do_invalid_op, 0
	idtentry X86_TRAP_NM,       device_not_available, do_device_not_available, 0
	idtentry X86_TRAP_OLD_MF,   coprocessor_segment_overrun, do_coprocessor_segment_overrun, 0
	idtentry X86_TRAP_TS,       invalid_TSS, do_invalid_TSS, 1
	idtentry X86_TRAP_NP,       segment_not_present, do_segment_not_present, 1
	idtentry X86_TRAP_SS,       stack_segment, do_stack_segment, 1
	idtentry X86_TRAP_GP,       general_protection, do_general_protection, 1
	idtentry X86_TRAP_SPURIOUS, spurious_interrupt_bug, do_spurious_interrupt_bug, 0
	idtentry X86_TRAP_MF,       coprocessor_error, do_coprocessor_error, 0
	idtentry X86_TRAP_AC,       alignment_check, do_alignment_check, 1
	idtentry X86_TRAP_XF,       simd_coprocessor_error, do_simd_coprocessor_error, 0

/* A page fault: CR2 is read before anything else can fault. */
	.globl	page_fault
	.type	page_fault, @function
	.balign 16
page_fault:
	.cfi_startproc simple
	CFI_IRET_FRAME 8
	ENTER_FROM_ANYWHERE
	TRACE_USER_ENTER $X86_TRAP_PF
	movq	%rsp, %rdi
	movq	PT_ORIG_RAX(%rsp), %rsi
	movq	$-1, PT_ORIG_RAX(%rsp)
	movq	%cr2, %rdx
	call	do_page_fault
	jmp	error_exit
	.cfi_endproc
	.size	page_fault, . - page_fault

/*
 * Device interrupts: one 8-byte stub a vector, which pushes ~vector, cut to a byte, into the
 * orig_ax slot.
 */
	.globl	irq_entries_start
	.balign 16
irq_entries_start:
	vector = FIRST_EXTERNAL_VECTOR
	.rept	256 - FIRST_EXTERNAL_VECTOR
	.byte	0x6a, (~vector) & 0xff		/* pushq imm8 */
	.if vector == LOCAL_TIMER_VECTOR
	jmp	apic_timer_interrupt
	.else
	jmp	common_interrupt
	.endif
	.balign	IRQ_ENTRY_SIZE, 0xcc
	vector = vector + 1
	.endr

	.globl	common_interrupt
	.type	common_interrupt, @function
	.balign 16
common_interrupt:
	.cfi_startproc simple
	CFI_IRET_FRAME 8
	ENTER_FROM_ANYWHERE
	movzbl	PT_ORIG_RAX(%rsp), %ebx
	xorl	$0xff, %ebx			/* the vector */
	movq	$-1, PT_ORIG_RAX(%rsp)
	TRACE_USER_ENTER %ebx
	movq	%rsp, %rdi
	movl	%ebx, %esi
	call	do_IRQ
	jmp	error_exit
	.cfi_endproc
	.size	common_interrupt, . - common_interrupt

	.globl	apic_timer_interrupt
	.type	apic_timer_interrupt, @function
	.balign 16
apic_timer_interrupt:
	.cfi_startproc simple
	CFI_IRET_FRAME 8
	ENTER_FROM_ANYWHERE
	movq	$-1, PT_ORIG_RAX(%rsp)
	TRACE_USER_ENTER $LOCAL_TIMER_VECTOR
	movq	%rsp, %rdi
	call	smp_apic_timer_interrupt
	jmp	error_exit
	.cfi_endproc
	.size	apic_timer_interrupt, . - apic_timer_interrupt

/*
 * Exceptions that can hit anywhere, the entry code included (NMI, machine check, #DB after a
 * delayed stack load, double fault), come on stacks of their own (IST). From user mode they move to
 * the task's stack and are ordinary. From kernel mode nothing is known of gs and CR3: both are
 * looked at, and put back as they were.
 *
 * rsp: pt_regs, whole.
 */
.macro CALL_FROM_USER vector do_sym
	swapgs
	SWITCH_TO_KERNEL_CR3 %rax
	MOVE_TO_TASK_STACK
	ALTERNATIVE "jmp .Lentered_\@", "", ALT_MITIGATIONS
	CLEAR_ALL_REGS
.Lentered_\@:
	TRACE_USER_ENTER $\vector
	CALL_WITH_ERROR_CODE \do_sym
.endm

.macro CALL_WITH_ERROR_CODE do_sym
	movq	%rsp, %rdi
	movq	PT_ORIG_RAX(%rsp), %rsi
	movq	$-1, PT_ORIG_RAX(%rsp)
	call	\do_sym
.endm

/* All registers are then what they were, and rsp at pt_regs->orig_ax. In between:
 *   rbx  gs as it was      r14  CR3 as it was
 */
.macro CALL_FROM_KERNEL do_sym
	movq	%cr3, %r14
	movq	%r14, %rax
	PTI_ONLY_BEGIN .Lcr3_ok_\@
	LOAD_KERNEL_CR3 %rax
.Lcr3_ok_\@:
	SAVE_AND_SET_GS %rbx
	CALL_WITH_ERROR_CODE \do_sym
	cli
	PTI_ONLY_BEGIN .Lcr3_back_\@
	KEEP_TLB %r14			/* what the user's half missed waits for LOAD_USER_CR3 */
	movq	%r14, %cr3
.Lcr3_back_\@:
	RESTORE_GS %rbx
	POP_EXTRA_REGS
	POP_C_REGS
.endm

.macro ist_entry vector sym do_sym has_error_code:req
	.globl	\sym
	.type	\sym, @function
	.balign 16
\sym:
	.cfi_startproc simple
	CFI_IRET_FRAME (8*\has_error_code)
	.if !\has_error_code
	pushq	$-1
	.endif
	ASM_CLAC
	cld
	PUSH_REGS
	CFI_PT_REGS
	CFI_EXTRA_REGS
	testb	$3, PT_CS(%rsp)
	jz	.Lparanoid_\@
	CALL_FROM_USER \vector, \do_sym
	jmp	error_exit
.Lparanoid_\@:
	CALL_FROM_KERNEL \do_sym
	addq	$8, %rsp
	iretq
	.cfi_endproc
	.size	\sym, . - \sym
.endm

	ist_entry X86_TRAP_DB,       debug, do_debug, 0
	ist_entry X86_TRAP_DF,       double_fault, do_double_fault, 1
	ist_entry X86_TRAP_MC,       machine_check, do_machine_check, 0

/*
 * The NMI. The CPU lets no second one in until the next IRET: but that may be the one of a fault or
 * of a breakpoint (a tracer's) inside of do_nmi(), and the second takes the same stack from the top
 * again. So the first one works further below, with a copy of its frame:
 *
 *   top of the stack    | ss sp flags cs ip | rax |    the CPU's; written by each NMI
 *   NMI_STATE           | 0: nobody is below; 1: an NMI is served; 2: and another one came
 *   NMI_FRAME and below | ss sp flags cs ip | orig_ax ... r15 |    the one that is served
 *
 * A second one that finds 1 or 2 leaves a 2 and goes, with an IRET, so that a third may come. The
 * first counts down when it is through, and serves again if that does not give 0.
 *
 * Between the count and its own IRET it is still there, while NMI_STATE says 0. A second one that
 * interrupted it just there (between the labels nmi_leaving and nmi_left) would overwrite the frame
 * that the IRET needs. But all registers are then those of the interrupted code again, gs and CR3
 * too, and its frame lies in NMI_FRAME: so the second one takes that for its own, and the first is
 * never gone back to. rip cannot lie about this: user mode does not get there.
 *
 * From user mode the NMI works on the task's stack, which no other one takes. It looks for no exit
 * work: who had some for this task has sent an interrupt, too, which waits for the IRET.
 */
#define NMI_STATE	56		/* below the top */
#define NMI_FRAME	(NMI_STATE + 40)
/* rsp: the CPU's frame. */
.macro NMI_COPY_FRAME
	subq	$(NMI_STATE - 40), %rsp
	.rept	5
	pushq	(NMI_STATE - 8)(%rsp)
	.endr
	CFI_IRET_FRAME
.endm
	.globl	nmi, nmi_leaving, nmi_left
	.type	nmi, @function
	.balign 16
nmi:
	.cfi_startproc simple
	CFI_IRET_FRAME
	ASM_CLAC
	cld
	testb	$3, 8(%rsp)			/* cs */
	jnz	.Lnmi_from_user
	cmpq	$0, (40 - NMI_STATE)(%rsp)
	jne	.Lnmi_latch
	movq	$1, (40 - NMI_STATE)(%rsp)
	pushq	%rax
	CFI_IRET_FRAME 8
	leaq	nmi_leaving(%rip), %rax
	cmpq	%rax, 8(%rsp)			/* ip */
	jb	.Lnmi_copy_frame
	leaq	nmi_left(%rip), %rax
	cmpq	%rax, 8(%rsp)
	jae	.Lnmi_copy_frame
	popq	%rax
	subq	$(NMI_FRAME - 40), %rsp
	CFI_IRET_FRAME
	jmp	.Lnmi_serve
.Lnmi_copy_frame:
	popq	%rax
	NMI_COPY_FRAME
.Lnmi_serve:
	pushq	$-1
	PUSH_REGS
	CFI_PT_REGS
	CFI_EXTRA_REGS
	CALL_FROM_KERNEL do_nmi
	CFI_IRET_FRAME 8
	decq	(8 + NMI_FRAME - NMI_STATE)(%rsp)
nmi_leaving:
	jnz	.Lnmi_again
	addq	$8, %rsp
	iretq
nmi_left:
.Lnmi_again:
	addq	$8, %rsp
	CFI_IRET_FRAME
	movq	$1, (NMI_FRAME - NMI_STATE)(%rsp)
	jmp	.Lnmi_serve
.Lnmi_latch:
	movq	$2, (40 - NMI_STATE)(%rsp)
	iretq

.Lnmi_from_user:
	NMI_COPY_FRAME
	pushq	$-1
	PUSH_REGS
	CFI_PT_REGS
	CFI_EXTRA_REGS
	CALL_FROM_USER X86_TRAP_NMI, do_nmi
	CHECK_RETURN_TO_USER
	jmp	restore_regs_and_return_to_usermode
	.cfi_endproc
	.size	nmi, . - nmi

	.text
/*
 * struct task_struct *__switch_to_asm(prev, next): swaps kernel stacks. What C expects to survive a
 * call lies on prev's stack while it is away.
 *
 *   prev's stack              next's stack
 *   | ret to context_switch | ret to context_switch (or ret_from_fork) |
 *   | rbp rbx r12..r15      | rbp rbx r12..r15                         |
 *   +-- thread.sp           +-- thread.sp  <- rsp from here on
 *
 * Goes on in __switch_to(prev, next), which returns to next's caller. Interrupts off, run queue
 * locked.
 */
	.globl	__switch_to_asm
	.type	__switch_to_asm, @function
	.balign 16
__switch_to_asm:
	.cfi_startproc
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	.cfi_adjust_cfa_offset 48
	movq	%rsp, TASK_THREAD_SP(%rdi)
	movq	TASK_THREAD_SP(%rsi), %rsp
	movq	TASK_STACK_CANARY(%rsi), %rbx	/* what guards frames from here on */
	movq	%rbx, PER_CPU_VAR(__stack_chk_guard)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -48
	jmp	__switch_to
	.cfi_endproc
	.size	__switch_to_asm, . - __switch_to_asm

/*
 * A new task's first instruction: copy_thread_tls() built the stack that leads here, with pt_regs
 * below its top. rax: the task that ran before; rbx: a kernel thread's function (0: a user task,
 * whose pt_regs say rax = 0), r12: its argument.
 */
	.globl	ret_from_fork
	.type	ret_from_fork, @function
	.balign 16
ret_from_fork:
	.cfi_startproc simple
	.cfi_def_cfa %rsp, PT_SIZE
	.cfi_undefined %rip
	movq	%rax, %rdi
	call	schedule_tail			/* unlocks the run queue, interrupts on */
	testq	%rbx, %rbx
	jnz	1f
2:	movq	%rsp, %rdi
	call	syscall_return_slowpath		/* returns with interrupts off */
	jmp	return_from_SYSCALL_64
1:	movq	%r12, %rdi
	xorl	%ebp, %ebp
	call	*%rbx
	/* A kernel thread that became a program goes to user mode like any other. */
	movq	$0, PT_RAX(%rsp)
	jmp	2b
	.cfi_endproc
	.size	ret_from_fork, . - ret_from_fork

/*
 * void move_to_user_mode(struct pt_regs *regs): the first way into ring 3. regs is a frame that no
 * interrupt ever pushed; iretq does not know the difference.
 */
	.globl	move_to_user_mode
	.type	move_to_user_mode, @function
	.balign 16
move_to_user_mode:
	.cfi_startproc
	cli
	movq	%rdi, %rsp
	jmp	restore_regs_and_return_to_usermode
	.cfi_endproc
	.size	move_to_user_mode, . - move_to_user_mode

	.section .note.GNU-stack, "", @progbits
