/* SPDX-License-Identifier: MIT */
/*
 * task->thread_flags: bits that the entry code looks at on the way in and out; set from anywhere
 * with set_bit(). C and assembler. Linux's twin: arch/x86/include/asm/thread_info.h.
 */
#ifndef VITRIX_THREAD_FLAGS_H
#define VITRIX_THREAD_FLAGS_H

#define TIF_SYSCALL_TRACE	0
#define TIF_NOTIFY_RESUME	1
#define TIF_SIGPENDING		2
#define TIF_NEED_RESCHED	3
#define TIF_SINGLESTEP		4
#define TIF_FORCED_TF		5		/* a tracer set TF, not the program */
#define TIF_SYSCALL_EMU		6		/* PTRACE_SYSEMU: calls are not made */
#define TIF_SYSCALL_AUDIT	7
#define TIF_SECCOMP		8
#define TIF_SYSCALL_TRACEPOINT	9		/* crossings are being watched */
#define TIF_PTRACED		11		/* all registers are saved at each entry */
#define TIF_MEMDIE		20
#define TIF_ADDR32		29		/* a 32-bit program, set by exec */
#define _TIF_WORK_SYSCALL_ENTRY	((1 << TIF_SYSCALL_TRACE) | (1 << TIF_SYSCALL_AUDIT) | \
				 (1 << TIF_SECCOMP) | (1 << TIF_SYSCALL_TRACEPOINT) | \
				 (1 << TIF_SYSCALL_EMU) | (1 << TIF_PTRACED))
#define _TIF_WORK_SYSCALL_EXIT	((1 << TIF_SYSCALL_TRACE) | (1 << TIF_SINGLESTEP) | \
				 (1 << TIF_SYSCALL_TRACEPOINT))
#define _TIF_EXIT_WORK		((1 << TIF_NOTIFY_RESUME) | (1 << TIF_SIGPENDING) | \
				 (1 << TIF_NEED_RESCHED))
#define _TIF_ALLWORK_MASK	(_TIF_WORK_SYSCALL_ENTRY | _TIF_EXIT_WORK | (1 << TIF_SINGLESTEP))

#endif
