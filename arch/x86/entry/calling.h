/* SPDX-License-Identifier: MIT */
/*
 * Assembler macros of the entry code: pt_regs on the stack, page tables under PTI, unwind notes.
 * Linux's twin: arch/x86/entry/calling.h.
 */
#include <arch/ptrace.h>
#include <arch/page.h>
#include <arch/traps.h>
#include <arch/uaccess.h>
#include <arch/crossing.h>
#include <arch/alternative.h>
#include <vitrix/jump_label.h>

#define PER_CPU_VAR(v) %gs:v(%rip)

/* For debuggers: where the interrupted registers lie from here on. %rsp is a struct pt_regs *. */
.macro CFI_PT_REGS
	.cfi_def_cfa %rsp, PT_SIZE
	.cfi_offset %rip, PT_RIP - PT_SIZE
	.cfi_offset %rsp, PT_RSP - PT_SIZE
.endm
/* The same in a vector's first instruction: only the CPU's five words, and `more` bytes below. */
.macro CFI_IRET_FRAME more=0
	.cfi_signal_frame
	.cfi_def_cfa %rsp, (40 + \more)
	.cfi_offset %rip, PT_RIP - PT_SIZE
	.cfi_offset %rsp, PT_RSP - PT_SIZE
.endm
.macro CFI_EXTRA_REGS
	.cfi_offset %rbx, PT_RBX - PT_SIZE
	.cfi_offset %rbp, PT_RBP - PT_SIZE
	.cfi_offset %r12, PT_R12 - PT_SIZE
	.cfi_offset %r13, PT_R13 - PT_SIZE
	.cfi_offset %r14, PT_R14 - PT_SIZE
	.cfi_offset %r15, PT_R15 - PT_SIZE
.endm

/* orig_ax and above are on the stack: the rest of pt_regs. */
.macro PUSH_REGS
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro POP_EXTRA_REGS
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
.endm

.macro POP_C_REGS
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

.macro SAVE_EXTRA_REGS
	movq	%r15, PT_R15(%rsp)
	movq	%r14, PT_R14(%rsp)
	movq	%r13, PT_R13(%rsp)
	movq	%r12, PT_R12(%rsp)
	movq	%rbp, PT_RBP(%rsp)
	movq	%rbx, PT_RBX(%rsp)
.endm

.macro RESTORE_EXTRA_REGS
	movq	PT_R15(%rsp), %r15
	movq	PT_R14(%rsp), %r14
	movq	PT_R13(%rsp), %r13
	movq	PT_R12(%rsp), %r12
	movq	PT_RBP(%rsp), %rbp
	movq	PT_RBX(%rsp), %rbx
.endm

/* Off, one nop. On, a C function tells of the crossing: crossing.c. rsp: pt_regs. */
.macro TRACE_USER_ENTER vector
	STATIC_JUMP trace_key_user_enter, .Ltrace_enter_\@
.Ltraced_enter_\@:
	.pushsection .text, "ax"
.Ltrace_enter_\@:
	movq	%rsp, %rdi
	movl	\vector, %esi
	call	trace_user_enter_vector
	jmp	.Ltraced_enter_\@
	.popsection
.endm

/*
 * The debug build: what lies below the frame is filled, so that a byte of it that reaches the user
 * is known (0x57: tests/fuzz/leaks.c), and a variable that nobody has set has no value by chance.
 * rsp: pt_regs, rdi, rcx and rax saved there. They are lost; rdi and rax can be had again.
 */
#define POISON_STACK_BYTES	4096	/* what most calls need, of 16384 */
.macro POISON_STACK
#ifdef CONFIG_DEBUG
	movabsq	$0x5757575757575757, %rax
	movl	$(POISON_STACK_BYTES / 8), %ecx
	leaq	-POISON_STACK_BYTES(%rsp), %rdi
	rep stosq
#endif
.endm
/* The debug build: nothing may be held. rsp: pt_regs. Clobbers what a C function may. */
.macro CHECK_RETURN_TO_USER
#ifdef CONFIG_DEBUG
	call	lockcheck_return_to_user
#endif
.endm

/*
 * One instruction that boot chooses: \old as it stands here, \new where the feature is on
 * (arch/x86/kernel/alternative.c, before the text becomes read-only). An empty \new is a nop. What
 * is shorter is filled up with one nop; \new may not be longer: a jump away is {disp32}.
 */
.macro ALTERNATIVE old:req, new, feature:req
.Lalt_\@:
	\old
.Lalt_end_\@:
	ALT_ENTRY .Lalt_\@, .Lalt_end_\@, "\new", \feature
.endm
/* With both features on, the second counts. */
.macro ALTERNATIVE_2 old:req, new1, feature1:req, new2, feature2:req
.Lalt_\@:
	\old
.Lalt_end_\@:
	ALT_ENTRY .Lalt_\@, .Lalt_end_\@, "\new1", \feature1
	ALT_ENTRY .Lalt_\@, .Lalt_end_\@, "\new2", \feature2
.endm
.macro ALT_ENTRY from:req, to:req, new, feature:req
	.pushsection .altinstr_replacement, "ax"
.Lalt_new_\@:
	\new
.Lalt_new_end_\@:
	.popsection
	.pushsection .altinstructions, "a"
	.long	\from - ., .Lalt_new_\@ - .
	.byte	\to - \from, .Lalt_new_end_\@ - .Lalt_new_\@, \feature, 0
	.popsection
.endm

/* Code for PTI only. As assembled, a jump leads over it. */
.macro PTI_ONLY_BEGIN end
	ALTERNATIVE "jmp \end", "", ALT_PTI
.endm

/*
 * The kernel shall not compute with what the user left in the registers, not even in an execution
 * that the CPU guessed and takes back: a mispredicted jump could make it an address. All of them
 * are in pt_regs.
 */
.macro CLEAR_EXTRA_REGS
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
.endm
.macro CLEAR_ALL_REGS
	xorl	%eax, %eax
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%esi, %esi
	xorl	%edi, %edi
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	CLEAR_EXTRA_REGS
.endm

/* Code for preempt=full only. */
.macro PREEMPT_FULL_BEGIN end
	ALTERNATIVE "jmp \end", "", ALT_PREEMPT
.endm

/* The same for CPUs with FSGSBASE. */
.macro FSGSBASE_ONLY_BEGIN end
	ALTERNATIVE "jmp \end", "", ALT_FSGSBASE
.endm

/*
 * What a CPU that has interrupted the kernel's entry or exit does about gs, which may be the user's
 * still or again. save: keeps what RESTORE_GS needs. rax, rcx, rdx are lost.
 *
 * Without FSGSBASE a base in the upper half is the kernel's: no user can set one. With it, user
 * code can have any base, so the kernel's is loaded from the table, by this CPU's number, which
 * only the limit of a segment tells without gs.
 */
.macro SAVE_AND_SET_GS save:req
	FSGSBASE_ONLY_BEGIN .Lgs_by_sign_\@
	rdgsbase \save
	movl	$__CPUNODE_SEG, %eax
	lsl	%eax, %eax
	leaq	__per_cpu_offset(%rip), %rcx
	movq	(%rcx, %rax, 8), %rax
	wrgsbase %rax
	jmp	.Lgs_set_\@
.Lgs_by_sign_\@:
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	movl	%edx, %eax
	cltq					/* negative: the kernel's */
	movq	%rax, \save
	testq	%rax, %rax
	js	.Lgs_set_\@
	swapgs
.Lgs_set_\@:
.endm

.macro RESTORE_GS save:req
	FSGSBASE_ONLY_BEGIN .Lgs_back_by_sign_\@
	wrgsbase \save
	jmp	.Lgs_back_\@
.Lgs_back_by_sign_\@:
	testq	\save, \save
	js	.Lgs_back_\@
	swapgs
.Lgs_back_\@:
.endm

/* Inside a PTI_ONLY block. With PCIDs, the TLB keeps what it has under this number: CR3_NOFLUSH. */
.macro KEEP_TLB cr3:req
	ALTERNATIVE ".byte 0x0f, 0x1f, 0x44, 0x00, 0x00", "btsq $63, \cr3", ALT_PCID
.endm
.macro LOAD_KERNEL_CR3 scratch:req
	andq	$~PTI_USER_CR3_MASK, \scratch
	KEEP_TLB \scratch
	movq	\scratch, %cr3
.endm

.macro SWITCH_TO_KERNEL_CR3 scratch:req
	PTI_ONLY_BEGIN .Lkernel_cr3_\@
	movq	%cr3, \scratch
	LOAD_KERNEL_CR3 \scratch
.Lkernel_cr3_\@:
.endm

/* From user mode, gs is the kernel's: pt_regs moves from where rsp is to the task's stack. */
.macro MOVE_TO_TASK_STACK
	movq	%rsp, %rsi
	movq	PER_CPU_VAR(cpu_current_top_of_stack), %rdi
	subq	$PT_SIZE, %rdi
	movq	%rdi, %rsp
	movl	$(PT_SIZE / 8), %ecx
	rep movsq
.endm

/*
 * The same after a vector that uses TSS.sp0: with PTI that is the entry stack, without it the
 * task's already. All registers are saved; with mitigations they are then cleared. lfence: the CPU
 * may have guessed that it came from the kernel, and go on with the user's gs, or the other way
 * round; it waits here until it knows.
 */
.macro ENTER_TASK_STACK
	ALTERNATIVE_2 "{disp32} jmp .Lon_task_stack_\@", \
		"{disp32} jmp .Lclear_\@", ALT_MITIGATIONS, "", ALT_PTI
	movq	%cr3, %rax
	LOAD_KERNEL_CR3 %rax
	MOVE_TO_TASK_STACK
	ALTERNATIVE "jmp .Lon_task_stack_\@", "", ALT_MITIGATIONS
.Lclear_\@:
	lfence
	CLEAR_ALL_REGS
.Lon_task_stack_\@:
.endm

/*
 * Inside a PTI_ONLY block. With PCIDs, whoever changed the user's tables may have taken NOFLUSH out
 * of tlb_user_cr3_bits (mm/pcid.c). Then this drops what the TLB has of them, and the next time
 * need not: NOFLUSH is the one bit of the last byte. Nobody takes it out in between, as interrupts
 * are off and NMIs change no tables.
 */
.macro LOAD_USER_CR3 scratch:req
	movq	%cr3, \scratch
	orq	PER_CPU_VAR(tlb_user_cr3_bits), \scratch
	ALTERNATIVE "jmp .Luser_cr3_\@", "", ALT_PCID
	movb	$0x80, PER_CPU_VAR(tlb_user_cr3_bits + 7)
.Luser_cr3_\@:
	movq	\scratch, %cr3
.endm
