/* SPDX-License-Identifier: MIT */
/* arch_prctl(2): the FS and GS bases, over switches, fork and signals. */
#include "abi.h"
#include <asm/prctl.h>

static long arch(int op, unsigned long arg)
{
	return syscall(SYS_arch_prctl, op, arg);
}

static unsigned long gs0(void)
{
	unsigned long v;

	asm volatile("mov %%gs:0, %0" : "=r"(v));
	return v;
}

static unsigned long fs0(void)
{
	unsigned long v;

	asm volatile("mov %%fs:0, %0" : "=r"(v));
	return v;
}

static volatile unsigned long in_handler;

static void on_sig(int sig)
{
	in_handler = gs0();
}

int main(void)
{
	static unsigned long a[2] = { 0xaaaa1, 0 }, b[2] = { 0xbbbb1, 0 };
	unsigned long fs, v;
	int p[2];
	char c;
	pid_t pid;

	CHECK_OK(arch(ARCH_GET_FS, (long)&fs));
	CHECK_EQ(fs0(), fs);	/* glibc keeps the base at its own start */
	CHECK_OK(arch(ARCH_GET_GS, (long)&v));
	CHECK_EQ(v, 0);
	CHECK_OK(arch(ARCH_SET_GS, (long)a));
	CHECK_EQ(gs0(), 0xaaaa1);
	CHECK_OK(arch(ARCH_GET_GS, (long)&v));
	CHECK_EQ(v, (long)a);
	CHECK_EQ(fs0(), fs);

	/* Parent and child have different bases and switch back and forth. */
	NEED(pipe(p));
	pid = FORK();
	if (!pid) {
		CHECK_EQ(gs0(), 0xaaaa1);
		CHECK_OK(arch(ARCH_SET_GS, (long)b));
		for (int i = 0; i < 20; i++) {
			sched_yield();
			CHECK_EQ(gs0(), 0xbbbb1);
			CHECK_EQ(write(p[1], "x", 1), 1);
		}
		_exit(abi_failed);
	}
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(read(p[0], &c, 1), 1);
		CHECK_EQ(gs0(), 0xaaaa1);
	}
	EXPECT_EXIT(pid, 0);

	catch_sig(SIGUSR1, on_sig, 0);
	raise(SIGUSR1);
	CHECK_EQ(in_handler, 0xaaaa1);
	CHECK_EQ(gs0(), 0xaaaa1);

	/* Bases beyond user space are refused, and nothing changes. */
	CHECK_ERR(arch(ARCH_SET_GS, 0x800000000000), EPERM);
	CHECK_ERR(arch(ARCH_SET_GS, (long)KERNEL), EPERM);
	CHECK_ERR(arch(ARCH_SET_FS, 0xffff800000000000), EPERM);
	CHECK_ERR(arch(ARCH_SET_FS, (long)NONCANON), EPERM);
	CHECK_EQ(gs0(), 0xaaaa1);
	CHECK_EQ(fs0(), fs);
	CHECK_ERR(arch(0x7777, 0), EINVAL);
	EACH_BAD(q) {
		CHECK_ERR(arch(ARCH_GET_FS, (long)q), EFAULT);
		CHECK_ERR(arch(ARCH_GET_GS, (long)q), EFAULT);
	}
	CHECK_OK(arch(ARCH_SET_GS, 0));
	DIES_BY(SIGSEGV, gs0());
	/* A null selector takes the base away: from the one that loads it, not from its relatives. */
	{
		volatile int *turns = shared_pages(1);
		pid_t pid = FORK();

		if (!pid)
			asm volatile("mov %0, %%fs\n1: lock incl %1\n jmp 1b" :: "r"(0), "m"(*turns));
		for (int i = 0; i < 20; i++)
			for (int seen = *turns; *turns == seen;)
				sched_yield();
		CHECK_EQ(fs0(), fs);
		kill(pid, SIGKILL);
		EXPECT_SIGNAL(pid, SIGKILL);
	}
	/* CPUID is not to be taken away: no CPU here can fault it. */
	CHECK_EQ(arch(ARCH_GET_CPUID, 0), 1);
	CHECK_ERR(arch(ARCH_SET_CPUID, 0), ENODEV);
	return abi_done();
}
