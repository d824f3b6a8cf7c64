/* SPDX-License-Identifier: MIT */
/*
 * rdfsbase, wrfsbase, rdgsbase, wrgsbase: a program's own bases of fs and gs, where AT_HWCAP2 promises the
 * instructions; else they are invalid. Across switches, signals, fork, ptrace; beside arch_prctl() and selectors.
 * tests/boot runs this program as /init on a CPU that has them.
 */
#include "abi.h"
#include <asm/prctl.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/user.h>

#define HWCAP2_FSGSBASE_BIT	2

static unsigned long rdgs(void)
{
	unsigned long v;

	asm volatile("rdgsbase %0" : "=r"(v));
	return v;
}

static unsigned long rdfs(void)
{
	unsigned long v;

	asm volatile("rdfsbase %0" : "=r"(v));
	return v;
}

static void wrgs(unsigned long v)
{
	asm volatile("wrgsbase %0" : : "r"(v));
}

static unsigned long prctl_get(int what)
{
	unsigned long v = ~0UL;

	CHECK_OK(syscall(SYS_arch_prctl, what, &v));
	return v;
}

/* Not of user space, not of the kernel's: any canonical address is a base. */
static const unsigned long bases[] = {
	0, 1, 0x5000, 0x123456789abc, 0x7fffffffffff, 0xffff800000000000, 0xffffffff81000000, ~0UL,
};

static void invalid(void)
{
	DIES_BY(SIGILL, rdgs());
	DIES_BY(SIGILL, wrgs(0));
}

static void and_arch_prctl(void)
{
	CHECK_EQ(rdfs(), prctl_get(ARCH_GET_FS));
	CHECK_OK(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x7000));
	CHECK_EQ(rdgs(), 0x7000);
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		wrgs(bases[i]);
		CHECK_EQ(rdgs(), bases[i]);
		CHECK_EQ(prctl_get(ARCH_GET_GS), bases[i]);
		sched_yield();
		CHECK_EQ(rdgs(), bases[i]);
	}
}

/* Two threads with different bases take turns. */
static int turn;

static void *other_thread(void *arg)
{
	(void)arg;
	wrgs(0x2222);
	for (int i = 0; i < 200; i++) {
		while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != 1)
			sched_yield();
		CHECK_EQ(rdgs(), 0x2222);
		__atomic_store_n(&turn, 0, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void across_switches(void)
{
	unsigned long fs = rdfs();
	pthread_t t;

	wrgs(0x1111);
	pthread_create(&t, NULL, other_thread, NULL);
	for (int i = 0; i < 200; i++) {
		__atomic_store_n(&turn, 1, __ATOMIC_RELEASE);
		while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE))
			sched_yield();
		CHECK_EQ(rdgs(), 0x1111);
	}
	pthread_join(t, NULL);
	CHECK_EQ(rdfs(), fs);
	IN_CHILD({
		CHECK_EQ(rdgs(), 0x1111);
		wrgs(0x3333);
	});
	CHECK_EQ(rdgs(), 0x1111);
}

/* The base is its own, whatever the selector: both are kept. */
static void with_a_selector(void)
{
	unsigned int sel = 0x2b, old, now;

	asm volatile("mov %%gs, %0" : "=r"(old));
	asm volatile("mov %0, %%gs" : : "r"(sel));
	CHECK_EQ(rdgs(), 0);
	wrgs(0x4444);
	for (int i = 0; i < 5; i++) {
		usleep(1000);
		asm volatile("mov %%gs, %0" : "=r"(now));
		CHECK_EQ(now, sel);
		CHECK_EQ(rdgs(), 0x4444);
	}
	asm volatile("mov %0, %%gs" : : "r"(old));
}

/* A handler begins with the bases of the code that it interrupts, and what it sets stays. */
static volatile unsigned long in_handler;

static void on_usr1(int sig)
{
	(void)sig;
	in_handler = rdgs();
	wrgs(0x6666);
}

static void across_signals(void)
{
	signal(SIGUSR1, on_usr1);
	wrgs(0x5555);
	raise(SIGUSR1);
	CHECK_EQ(in_handler, 0x5555);
	CHECK_EQ(rdgs(), 0x6666);
}

static void with_ptrace(void)
{
	struct user_regs_struct regs;
	int status;
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		wrgs(0x7777);
		raise(SIGSTOP);
		CHECK_EQ(rdgs(), 0x8888);
		wrgs(0xffffffff81000000);
		raise(SIGSTOP);
		CHECK_EQ(rdgs(), 0x9999);
		_exit(abi_failed);
	}
	NEED(waitpid(pid, &status, 0));
	CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &regs));
	CHECK_EQ(regs.gs_base, 0x7777);
	CHECK_EQ(regs.fs_base, rdfs());
	CHECK_OK(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, gs_base), 0x8888));
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK_OK(waitpid(pid, &status, 0));
	/* One that a tracer could not set can be seen. */
	CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &regs));
	CHECK_EQ(regs.gs_base, 0xffffffff81000000);
	CHECK_ERR(ptrace(PTRACE_SETREGS, pid, 0, &regs), EIO);
	CHECK_ERR(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, gs_base), 1UL << 63), EIO);
	/* A selector does not take the base along. */
	regs.gs_base = 0x9999;
	regs.gs = 0;
	CHECK_OK(ptrace(PTRACE_SETREGS, pid, 0, &regs));
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK_OK(waitpid(pid, &status, 0));
	CHECK_EQ(status, 0);
}

int main(void)
{
	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT)) {
		invalid();
		return abi_done();
	}
	and_arch_prctl();
	across_switches();
	with_a_selector();
	across_signals();
	with_ptrace();
	if (getpid() == 1) {
		dprintf(1, "FSGSBASE %s\n", abi_failed ? "wrong" : "right");
		reboot(RB_POWER_OFF);
	}
	return abi_done();
}
