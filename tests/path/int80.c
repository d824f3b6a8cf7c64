/* SPDX-License-Identifier: MIT */
/*
 * fork as a program of Linux 0.11 asks for it: 32 bits, a macro that makes the function, `int $0x80`.
 * CFLAGS: -m32
 */
#include <stddef.h>
#include <sys/wait.h>

#define __NR_exit	1
#define __NR_fork	2

#define _syscall0(type, name)						\
static type old_##name(void)						\
{									\
	long res;							\
	asm volatile("int $0x80" : "=a"(res) : "0"(__NR_##name) : "memory"); \
	return (type)res;						\
}
#define _syscall1(type, name, atype, a)					\
static type old_##name(atype a)						\
{									\
	long res;							\
	asm volatile("int $0x80" : "=a"(res) : "0"(__NR_##name), "b"((long)(a)) : "memory"); \
	return (type)res;						\
}

_syscall0(int, fork)
_syscall1(int, exit, int, status)

int main(void)
{
	for (;;) {
		if (old_fork() == 0)
			old_exit(0);
		wait(NULL);
	}
}
