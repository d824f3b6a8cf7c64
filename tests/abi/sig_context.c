/* SPDX-License-Identifier: MIT */
/* The frame a handler gets: registers can be read and changed, and come back on return. */
#include "abi.h"
#include <ucontext.h>

static volatile greg_t rip_seen, err_seen, trapno_seen, cr2_seen;
static volatile uint64_t regs_in[16];

/* Step over the two-byte instruction that faulted and set rax. */
static void skip(int sig, siginfo_t *si, void *arg)
{
	ucontext_t *uc = arg;
	greg_t *g = uc->uc_mcontext.gregs;

	rip_seen = g[REG_RIP];
	err_seen = g[REG_ERR];
	trapno_seen = g[REG_TRAPNO];
	cr2_seen = g[REG_CR2];
	g[REG_RIP] += 2;
	g[REG_RAX] = 0x1234;
	sigaddset(&uc->uc_sigmask, SIGUSR2);	/* the mask returned to is the frame's */
}

static void look(int sig, siginfo_t *si, void *arg)
{
	greg_t *g = ((ucontext_t *)arg)->uc_mcontext.gregs;

	regs_in[0] = g[REG_RBX];
	regs_in[1] = g[REG_RBP];
	regs_in[2] = g[REG_R8];
	regs_in[3] = g[REG_R9];
	regs_in[4] = g[REG_R12];
	regs_in[5] = g[REG_R13];
	regs_in[6] = g[REG_R14];
	regs_in[7] = g[REG_R15];
	regs_in[8] = g[REG_RAX];
	regs_in[9] = g[REG_CSGSFS] & 0xffff;
}

static volatile uint64_t entry_flags, entry_rsp, entry_rax, entry_rdi;

/* A handler in assembly: note the state on entry. */
asm(".globl raw_handler\n"
    "raw_handler:\n\t"
    "mov %rax, entry_rax(%rip)\n\t"
    "mov %rsp, entry_rsp(%rip)\n\t"
    "mov %rdi, entry_rdi(%rip)\n\t"
    "pushfq\n\t"
    "popq entry_flags(%rip)\n\t"
    "ret\n");
extern void raw_handler(int sig);

int main(void)
{
	sigset_t now;
	long rax, fault_at;
	uint64_t flags;

	/* Read from an address that is not there: mov (%rbx),%al is two bytes. */
	catch_info(SIGSEGV, skip, 0);
	asm volatile("lea 1f(%%rip), %1\n"
		     "1: movb (%2), %%al\n\t"
		     : "=&a"(rax), "=&r"(fault_at) : "b"(UNMAPPED + 7) : "memory");
	CHECK_EQ(rax, 0x1234);
	CHECK_EQ(rip_seen, fault_at);
	CHECK_EQ(err_seen, 4);		/* user, read, not present */
	CHECK_EQ(trapno_seen, 14);
	CHECK_EQ(cr2_seen, (long)UNMAPPED + 7);
	asm volatile("movb %%al, (%1)\n\t" : "=a"(rax) : "b"(UNMAPPED) : "memory");
	CHECK_EQ(err_seen, 6);		/* user, write */
	CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGUSR2) && !sigismember(&now, SIGSEGV));

	/* ud2: trap 6; the general registers are in the frame. */
	catch_info(SIGILL, skip, 0);
	asm volatile("ud2" : "=a"(rax) : : "memory");
	CHECK_EQ(rax, 0x1234);
	CHECK_EQ(trapno_seen, 6);
	catch_info(SIGUSR1, look, 0);
	asm volatile("push %%rbx\n\tpush %%rbp\n\t"
		     "mov $1, %%ebx\n\tmov $2, %%ebp\n\tmov $3, %%r8d\n\tmov $4, %%r9d\n\t"
		     "mov $5, %%r12d\n\tmov $6, %%r13d\n\tmov $7, %%r14d\n\tmov $-8, %%r15\n\t"
		     "syscall\n\t"
		     "pop %%rbp\n\tpop %%rbx"
		     : "=a"(rax) : "a"(SYS_kill), "D"(getpid()), "S"(SIGUSR1)
		     : "rcx", "r11", "r8", "r9", "r12", "r13", "r14", "r15", "memory");
	CHECK_EQ(rax, 0);
	for (int i = 0; i < 7; i++)
		CHECK_EQ(regs_in[i], i + 1);
	CHECK_EQ(regs_in[7], -8);
	CHECK_EQ(regs_in[8], 0);	/* the interrupted kill's result */
	CHECK_EQ(regs_in[9], 0x33);	/* the code segment */

	/* Entry state: signal number first, aligned stack as after a call, DF clear. */
	catch_sig(SIGUSR1, raw_handler, 0);
	asm volatile("std\n\t"
		     "syscall\n\t"
		     "pushfq\n\t"
		     "cld\n\t"
		     "popq %1"
		     : "=a"(rax), "=&r"(flags) : "a"(SYS_kill), "D"(getpid()), "S"(SIGUSR1)
		     : "rcx", "r11", "memory");
	CHECK_EQ(entry_rdi, SIGUSR1);
	CHECK_EQ(entry_rax, 0);
	CHECK_EQ(entry_rsp & 15, 8);
	CHECK_EQ(entry_flags & 0x400, 0);
	CHECK_EQ(flags & 0x400, 0x400);	/* and the interrupted program's comes back */
	return abi_done();
}
