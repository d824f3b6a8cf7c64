/* SPDX-License-Identifier: MIT */
/*
 * personality(2): whose habits a program expects. Linux's twin: kernel/exec_domain.c. Read by exec
 * (ADDR_NO_RANDOMIZE and kin), uname (UNAME26, PER_LINUX32); inherited over fork. No lock: only the
 * task itself changes its own.
 */
#include <vitrix/sched.h>
#include <generated/syscalls.h>

long __x64_sys_personality(unsigned int personality)
{
	unsigned int old = current->personality;

	if (personality != 0xffffffff)		/* which only asks */
		current->personality = personality;
	return old;
}
