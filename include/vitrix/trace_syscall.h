/* SPDX-License-Identifier: MIT */
/*
 * System calls as events, and what is known of their arguments: made from syscalls.tbl. The slow
 * path of the entry code calls the two functions for tasks that have TIF_SYSCALL_TRACEPOINT.
 * trace/trace_syscalls.c. Linux's twin: include/trace/syscall.h, kernel/trace/trace_syscalls.c.
 */
#ifndef VITRIX_TRACE_SYSCALL_H
#define VITRIX_TRACE_SYSCALL_H

#include <vitrix/types.h>

struct pt_regs;

/* What is behind an argument. */
enum syscall_arg_kind {
	SYS_ARG_VALUE,		/* nothing: it is a number, or an address that only means itself */
	SYS_ARG_STRING,		/* a string: path, name */
	SYS_ARG_STRINGS,	/* an array of strings, NULL at its end */
	SYS_ARG_MEMORY,		/* `count` objects of `size` bytes */
	SYS_ARG_IOVEC,		/* `count` struct iovec, whose buffers hold what ret says, or all */
};

#define SYS_ARG_IN	1	/* the kernel reads it: there at entry */
#define SYS_ARG_OUT	2	/* the kernel writes it: there at exit */
#define SYS_COUNT_RET	7	/* count_arg: what the call returned */
#define SYS_COUNT_FIXED	6	/* count_arg: `count` itself */

struct syscall_arg {
	const char *decl;		/* "const char *filename" */
	u8 kind, dir, count_arg;	/* count_arg: 0..5, or one of the two above */
	u16 size, count;
};

struct syscall_metadata {
	const char *name;		/* "openat"; NULL: nobody serves the number */
	const struct syscall_arg *args;
	u8 nr_args;
};
extern const struct syscall_metadata syscalls_metadata[];	/* NR_syscalls of them */
extern const struct syscall_metadata ia32_syscalls_metadata[];	/* IA32_NR_syscalls */

/* Interrupts on; may sleep, as the arguments may have to be paged in. */
void trace_sys_enter(struct pt_regs *regs);
void trace_sys_exit(struct pt_regs *regs);

#endif
