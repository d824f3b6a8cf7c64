/* SPDX-License-Identifier: MIT */
/* Flags over kernel entries: direction, trap, alignment check, nested task, I/O privilege. */
#include "abi.h"
#include <ucontext.h>

static volatile int traps;
static volatile uint64_t ips[64];

static void on_trap(int sig, siginfo_t *si, void *arg)
{
	ucontext_t *uc = arg;

	if (traps < 64)
		ips[traps] = uc->uc_mcontext.gregs[REG_RIP];
	if (si->si_code != TRAP_TRACE)
		FAIL("si_code %d", si->si_code);
	traps++;
}

static uint64_t flags_with(uint64_t set)
{
	uint64_t f;

	asm volatile("pushfq\n\t"
		     "orq %1, (%%rsp)\n\t"
		     "popfq\n\t"
		     "mov $39, %%eax\n\t"		/* getpid */
		     "syscall\n\t"
		     "pushfq\n\t"
		     "pop %0\n\t"
		     "pushq $0x202\n\t"
		     "popfq"
		     : "=&r"(f) : "r"(set) : "rax", "rcx", "r11", "memory", "cc");
	return f;
}

int main(void)
{
	uint64_t start, end;
	int alone, st;
	pid_t pid;

	/* What a user may set comes through; IOPL and IF do not obey popf. */
	CHECK_EQ(flags_with(0x400) & 0x400, 0x400);		/* DF */
	CHECK_EQ(flags_with(0x4000) & 0x4000, 0x4000);		/* NT */
	CHECK_EQ(flags_with(0x200000) & 0x200000, 0x200000);	/* ID */
	CHECK_EQ(flags_with(0x3000) & 0x3000, 0);		/* IOPL */
	CHECK_EQ(flags_with(0) & 0x200, 0x200);
	asm volatile("pushfq; andq $~0x200, (%%rsp); popfq; pushfq; pop %0" : "=r"(start) : :
		     "memory", "cc");
	CHECK_EQ(start & 0x200, 0x200);
	/* DF, NT, AC set during faults and signals as well. */
	CHECK_EQ(FAULT(asm volatile("std; movb (%0), %%al" : : "r"(UNMAPPED) : "al")), SIGSEGV);
	asm volatile("cld");
	CHECK_EQ(flags_with(0x40000) & 0x40000, 0x40000);	/* AC over a system call */

	/* TF: one trap after each instruction, none lost at the system call. */
	catch_info(SIGTRAP, on_trap, 0);
	asm volatile("pushfq\n\t"
		     "orq $0x100, (%%rsp)\n\t"
		     "popfq\n"
		     "2: nop\n\t"
		     "nop\n\t"
		     "mov $39, %%eax\n\t"
		     "syscall\n\t"
		     "nop\n\t"
		     "pushfq\n\t"
		     "andq $~0x100, (%%rsp)\n\t"
		     "popfq\n"
		     "3: lea 2b(%%rip), %0\n\t"
		     "lea 3b(%%rip), %1"
		     : "=&r"(start), "=&r"(end) : : "rax", "rcx", "r11", "memory", "cc");
	CHECK(traps >= 6 && traps <= 8);
	CHECK_EQ(ips[0], start + 1);
	CHECK_EQ(ips[1], start + 2);
	CHECK_EQ(ips[2], start + 7);
	for (int i = 0; i < traps && i < 64; i++)
		CHECK(ips[i] > start && ips[i] <= end);
	alone = traps;
	asm volatile("nop; nop");
	CHECK_EQ(traps, alone);

	/* AC with an unaligned access: the CPU checks in user mode, Linux sends SIGBUS. (QEMU's
	 * TCG does not check, so both.) The kernel itself must not stumble on it. */
	pid = FORK();
	if (!pid) {
		char buf[16] __attribute__((aligned(16))) = "";

		asm volatile("pushfq; orq $0x40000, (%%rsp); popfq; movl %%eax, 1(%0);"
			     "pushfq; andq $~0x40000, (%%rsp); popfq"
			     : : "r"(buf) : "memory", "cc");
		_exit(0);
	}
	st = abi_wait(pid);
	CHECK(st == 0 || st == SIGBUS);
	return abi_done();
}
