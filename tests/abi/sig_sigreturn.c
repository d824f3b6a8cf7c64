/* SPDX-License-Identifier: MIT */
/* rt_sigreturn(2) from a handler that spoiled its frame: a signal, never more. */
#include "abi.h"
#include <ucontext.h>

static void (*spoil)(greg_t *, ucontext_t *);

static void on(int sig, siginfo_t *si, void *arg)
{
	spoil(((ucontext_t *)arg)->uc_mcontext.gregs, arg);
}

#define SPOIL(name, ...) static void name(greg_t *g, ucontext_t *uc) { __VA_ARGS__; }

SPOIL(rip_noncanon, g[REG_RIP] = 0x8000000000000000)
SPOIL(rip_noncanon2, g[REG_RIP] = 0x0000800000000000)
SPOIL(rip_kernel, g[REG_RIP] = 0xffffffff81000000)
SPOIL(rip_top, g[REG_RIP] = 0x00007ffffffffffe)
SPOIL(rip_zero, g[REG_RIP] = 0)
SPOIL(rsp_zero, g[REG_RSP] = 0)
SPOIL(rsp_kernel, g[REG_RSP] = 0xffff888000000000)
SPOIL(rsp_noncanon, g[REG_RSP] = 0xdead000000000000)
SPOIL(cs_null, g[REG_CSGSFS] &= ~0xffffL)
SPOIL(cs_kernel, g[REG_CSGSFS] = (g[REG_CSGSFS] & ~0xffffL) | 0x10)
SPOIL(cs_data, g[REG_CSGSFS] = (g[REG_CSGSFS] & ~0xffffL) | 0x2b)
SPOIL(cs_junk, g[REG_CSGSFS] = (g[REG_CSGSFS] & ~0xffffL) | 0xfffb)
SPOIL(cs_tss, g[REG_CSGSFS] = (g[REG_CSGSFS] & ~0xffffL) | 0x43)
SPOIL(fp_junk, uc->uc_mcontext.fpregs = (void *)0x100000000000)
SPOIL(fp_kernel, uc->uc_mcontext.fpregs = (void *)0xffff888000000000)
SPOIL(fp_noncanon, uc->uc_mcontext.fpregs = (void *)0x8000000000000000)
SPOIL(fp_null, uc->uc_mcontext.fpregs = NULL)
SPOIL(flags_iopl, g[REG_EFL] |= 0x3000)
SPOIL(flags_all, g[REG_EFL] = ~0x10100L)	/* all but TF and RF */
SPOIL(flags_noif, g[REG_EFL] &= ~0x200L)
SPOIL(flags_nt, g[REG_EFL] |= 0x4000)
SPOIL(mxcsr, uc->uc_mcontext.fpregs->mxcsr = 0xffffffff)

/* One signal; what came of it: the wait status of the child, 0 if it went on. */
static int try(void (*fn)(greg_t *, ucontext_t *))
{
	pid_t pid = FORK();

	if (!pid) {
		spoil = fn;
		catch_info(SIGUSR1, on, 0);
		raise(SIGUSR1);
		/* Whatever was planted: no I/O rights, interrupts still come. */
		asm volatile("pushfq; andq $~0x40400, (%%rsp); popfq" : : : "memory", "cc");
		getppid();
		_exit(0);
	}
	return abi_wait(pid);
}

static void check_flags(void)
{
	uint64_t f;

	spoil = flags_all;
	catch_info(SIGUSR1, on, 0);
	raise(SIGUSR1);
	asm volatile("pushfq; popq %0; pushq $0x202; popfq" : "=r"(f) : : "memory", "cc");
	CHECK_EQ(f & 0x3000, 0);		/* IOPL cannot be had */
	CHECK_EQ(f & 0x200, 0x200);		/* IF cannot be lost */
	CHECK_EQ(f & 0x20000, 0);		/* nor VM */
}

int main(void)
{
	int st;

	CHECK_EQ(try(rip_noncanon), SIGSEGV);
	CHECK_EQ(try(rip_noncanon2), SIGSEGV);
	CHECK_EQ(try(rip_kernel), SIGSEGV);
	CHECK_EQ(try(rip_top), SIGSEGV);
	CHECK_EQ(try(rip_zero), SIGSEGV);
	CHECK_EQ(try(rsp_zero), SIGSEGV);
	CHECK_EQ(try(rsp_kernel), SIGSEGV);
	CHECK(try(rsp_noncanon) == SIGBUS || try(rsp_noncanon) == SIGSEGV);
	/* Selectors get user privilege forced on, then must be loadable code. */
	CHECK_EQ(try(cs_null), SIGSEGV);
	CHECK_EQ(try(cs_data), SIGSEGV);
	CHECK_EQ(try(cs_junk), SIGSEGV);
	CHECK_EQ(try(cs_tss), SIGSEGV);
	CHECK(try(cs_kernel) != 0);
	/* A bad FPU pointer is a bad frame; none at all means a fresh FPU. */
	CHECK_EQ(try(fp_junk), SIGSEGV);
	CHECK_EQ(try(fp_kernel), SIGSEGV);
	CHECK_EQ(try(fp_noncanon), SIGSEGV);
	CHECK_EQ(try(fp_null), 0);
	/* Reserved MXCSR bits fault on real CPUs; QEMU's TCG drops them. Linux lives either way. */
	st = try(mxcsr);
	CHECK(st == 0 || st == SIGSEGV);
	CHECK_EQ(try(flags_iopl), 0);
	CHECK_EQ(try(flags_noif), 0);
	CHECK_EQ(try(flags_nt), 0);
	IN_CHILD(check_flags());

	/* No frame at all. */
	DIES_BY(SIGSEGV, asm volatile("mov %0, %%rsp; mov $15, %%eax; syscall" : :
				      "r"(UNMAPPED) : "rax", "rcx", "r11", "memory"));
	DIES_BY(SIGSEGV, asm volatile("mov %0, %%rsp; mov $15, %%eax; syscall" : :
				      "r"(KERNEL) : "rax", "rcx", "r11", "memory"));
	DIES_BY(SIGSEGV, asm volatile("mov %0, %%rsp; mov $15, %%eax; syscall" : :
				      "r"(NONCANON) : "rax", "rcx", "r11", "memory"));
	/* A frame of zeros. */
	{
		char *z = pages(4);

		DIES_BY(SIGSEGV, asm volatile("mov %0, %%rsp; mov $15, %%eax; syscall" : :
					      "r"(z + 2 * PAGE) : "rax", "rcx", "r11", "memory"));
	}
	return abi_done();
}
