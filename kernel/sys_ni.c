/* SPDX-License-Identifier: MIT */
/*
 * The system call that does not exist.
 *
 * Every number of the table that no function serves leads here; so does, at link time, a call that
 * syscalls.tbl promises and no object defines (tools/gen-syscalls.py, `make check` lists them).
 * Linux's twin: kernel/sys_ni.c. Called from the entry code through sys_call_table. No locks.
 */
#include <asm/errno.h>
#include <generated/syscalls.h>

long sys_ni_syscall(void)
{
	return -ENOSYS;
}
