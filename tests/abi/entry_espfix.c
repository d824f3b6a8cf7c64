/* SPDX-License-Identifier: MIT */
/*
 * A 16-bit stack segment: the upper half of esp is the program's own, and comes back from system
 * calls, traps and interrupts as it was.
 * CFLAGS: -m32
 */
#include "abi.h"
#include <asm/ldt.h>

#define UPPER 0x5aad0000u

static char *stack16;		/* 64 KiB */

static int set_ldt(unsigned int n, int big)
{
	struct user_desc d = { .entry_number = n, .base_addr = (unsigned long)stack16,
			       .limit = 0xffff, .seg_32bit = big };

	return syscall(SYS_modify_ldt, 0x11, &d, sizeof(d));
}

/* esp behind insn, which ran on the LDT's segment 0 with eax, and UPPER + 0xf000 in esp. */
#define ESP_AFTER(insn, eax) ({							\
	unsigned int esp_, ax_ = (eax);						\
	asm volatile("movl %%ss, %%ebx\n\tmovl %%esp, %%edi\n\t"		\
		     "movl %3, %%esi\n\tmovl %2, %%ss\n\tmovl %%esi, %%esp\n\t"	\
		     insn "\n\tmovl %%esp, %%esi\n\t"				\
		     "movl %%ebx, %%ss\n\tmovl %%edi, %%esp\n\t"		\
		     : "=&S"(esp_), "+a"(ax_) : "c"(7), "i"(UPPER + 0xf000)	\
		     : "ebx", "edi", "memory");					\
	CHECK_EQ(ax_ != 0, 1);							\
	esp_; })

static volatile unsigned int ss_seen, esp_seen;

static void on_trap(int sig, siginfo_t *info, void *uc)
{
	(void)sig, (void)info;
	ss_seen = ((ucontext_t *)uc)->uc_mcontext.gregs[REG_SS];
	esp_seen = ((ucontext_t *)uc)->uc_mcontext.gregs[REG_ESP];
}

int main(void)
{
	static char alt[65536];
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) };

	stack16 = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(stack16 != MAP_FAILED);
	NEED(set_ldt(0, 0));
	NEED(sigaltstack(&ss, NULL));

	CHECK_EQ(ESP_AFTER("int $0x80", SYS_getpid), UPPER + 0xf000);
	CHECK_EQ(ESP_AFTER("int $0x80", 100000), UPPER + 0xf000);	/* no such call */
	/* Interrupts come in here, and other tasks. */
	CHECK_EQ(ESP_AFTER("movl $30000000, %%eax\n1:\tdecl %%eax\n\tjnz 1b\n\tincl %%eax", 0),
		 UPPER + 0xf000);
	CHECK_EQ(ESP_AFTER("pushl %%eax\n\tint $0x80\n\taddl $2, %%esp", SYS_getpid),
		 UPPER + 0xeffe);

	/* A trap, its handler and sigreturn: all of esp is there, and back. */
	catch_info(SIGTRAP, on_trap, SA_ONSTACK);
	CHECK_EQ(ESP_AFTER("int3", 1), UPPER + 0xf000);
	CHECK_EQ(ss_seen & 0xffff, 7);
	CHECK_EQ(esp_seen, UPPER + 0xf000);

	/* The segment goes while the program stands on it: the way out fails, which is its fault. */
	DIES_BY(SIGSEGV,
		struct user_desc none = { .read_exec_only = 1, .seg_not_present = 1 };
		asm volatile("movl %0, %%ss\n\tmovl %1, %%eax\n\tint $0x80"
			     : : "r"(7), "i"(SYS_modify_ldt), "b"(0x11), "c"(&none),
			       "d"(sizeof(none)) : "eax", "memory"));
	return abi_done();
}
