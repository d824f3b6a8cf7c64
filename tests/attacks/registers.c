/* SPDX-License-Identifier: MIT */
/*
 * Goes into the kernel by every door, each time with all registers full of words that nobody else has. gdb
 * (registers.py) stops at the first C function behind each door and looks whether one of them is still there: a
 * CPU that guesses wrong could be made to use it as an address.
 *
 * 64-bit: syscall, both ways, int $0x80, a page fault, an invalid instruction. With -m32: the vDSO's door, which is
 * sysenter or syscall as the CPU has it, and int $0x80.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static sigjmp_buf back;

static void on_signal(int sig)
{
	siglongjmp(back, 1);
}

#ifdef __x86_64__
#define MARK(n)	"movabsq $0x5ec7e7000000" n ", "
/* Everything but rax and rsp, which the door needs; `before` may set more. */
#define DOOR(before, insn)							\
	asm volatile("push %%rbp\n push %%rbx\n"				\
		MARK("0001") "%%rbx\n" MARK("0002") "%%rcx\n" MARK("0003") "%%rdx\n"	\
		MARK("0004") "%%rsi\n" MARK("0005") "%%rdi\n" MARK("0006") "%%rbp\n"	\
		MARK("0008") "%%r8\n" MARK("0009") "%%r9\n" MARK("0010") "%%r10\n"	\
		MARK("0011") "%%r11\n" MARK("0012") "%%r12\n" MARK("0013") "%%r13\n"	\
		MARK("0014") "%%r14\n" MARK("0015") "%%r15\n"				\
		before "\n" insn "\n pop %%rbx\n pop %%rbp"			\
		: : : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",	\
		  "memory", "cc")

static void doors(void)
{
	DOOR("mov $110, %%eax", "syscall");			/* getppid: the fast path */
	/* clone(CLONE_SIGHAND): EINVAL, by the slow path, as it reads all registers */
	DOOR("mov $0x800, %%edi\n mov $56, %%eax", "syscall");
	DOOR("mov $64, %%eax", "int $0x80");			/* getppid of the i386 table */
	if (!sigsetjmp(back, 1))
		DOOR(MARK("0007") "%%rax", "movl %%eax, 16");
	if (!sigsetjmp(back, 1))
		DOOR(MARK("0007") "%%rax", "ud2");
}
#else
#define DOOR(insn)								\
	asm volatile("push %%ebp\n push %%ebx\n"				\
		"mov $0x5ec7e701, %%ebx\n mov $0x5ec7e702, %%ecx\n mov $0x5ec7e703, %%edx\n"	\
		"mov $0x5ec7e704, %%esi\n mov $0x5ec7e705, %%edi\n mov $0x5ec7e706, %%ebp\n"	\
		"mov $64, %%eax\n" insn "\n pop %%ebx\n pop %%ebp"		\
		: : : "eax", "ecx", "edx", "esi", "edi", "memory", "cc")

static void doors(void)
{
	DOOR("call *%%gs:0x10");				/* __kernel_vsyscall */
	DOOR("int $0x80");
}
#endif

int main(void)
{
	signal(SIGSEGV, on_signal);
	signal(SIGILL, on_signal);
	doors();
	sync();			/* gdb: the end */
	for (;;)
		pause();
}
