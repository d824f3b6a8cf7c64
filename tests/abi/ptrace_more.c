/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2): register sets, watchpoints, signal masks, what a call is, emulated calls, steps over
 * calls and into handlers, job control of the seized, and what is left of a tracee without a tracer.
 * TIMEOUT: 60
 */
#include "abi.h"
#include <elf.h>
#include <linux/ptrace.h>
#include <sys/user.h>
#undef ptrace

static long ptrace(long request, pid_t pid, unsigned long addr, void *data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

#define DATA(n) ((void *)(long)(n))

static int wait_stop(pid_t pid)
{
	int st = 0;

	CHECK_EQ(waitpid(pid, &st, __WALL), pid);
	return st;
}

#define STOPPED(pid, code) CHECK_EQ(wait_stop(pid), (code) << 8 | 0x7f)

/* A child that asks to be traced and stops itself; then runs the body. */
#define TRACED(...) ({								\
	pid_t t_ = FORK();							\
	if (!t_) {								\
		ptrace(PTRACE_TRACEME, 0, 0, NULL);				\
		raise(SIGSTOP);							\
		__VA_ARGS__;							\
		_exit(7);							\
	}									\
	STOPPED(t_, SIGSTOP);							\
	t_;									\
})

static void register_sets(void)
{
	struct user_regs_struct r, before;
	struct user_fpregs_struct fp;
	char small[16], big[8192];
	struct iovec iov = { &r, sizeof(r) };
	pid_t pid = TRACED();

	CHECK_OK(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	CHECK_EQ(iov.iov_len, sizeof(r));
	CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &before));
	CHECK(!memcmp(&r, &before, sizeof(r)));
	iov = (struct iovec){ small, sizeof(small) };
	CHECK_OK(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	CHECK_EQ(iov.iov_len, sizeof(small));
	iov.iov_len = 3;
	CHECK_ERR(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov), EINVAL);
	iov = (struct iovec){ big, sizeof(big) };
	CHECK_ERR(ptrace(PTRACE_GETREGSET, pid, 0x7777, &iov), EINVAL);
	CHECK_ERR(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, UNMAPPED), EFAULT);
	CHECK_OK(ptrace(PTRACE_GETREGSET, pid, NT_PRFPREG, &iov));
	CHECK_EQ(iov.iov_len, sizeof(fp));
	CHECK_OK(ptrace(PTRACE_GETFPREGS, pid, 0, &fp));
	CHECK_EQ(fp.cwd, 0x37f);
	CHECK_EQ(fp.mxcsr, 0x1f80);
	fp.xmm_space[4] = 0x1234;
	CHECK_OK(ptrace(PTRACE_SETFPREGS, pid, 0, &fp));
	memset(&fp, 0, sizeof(fp));
	CHECK_OK(ptrace(PTRACE_GETFPREGS, pid, 0, &fp));
	CHECK_EQ(fp.xmm_space[4], 0x1234);
	fp.mxcsr = -1;
	CHECK_ERR(ptrace(PTRACE_SETFPREGS, pid, 0, &fp), EINVAL);

	/* What is no user's is refused, or left out. */
	r = before;
	r.cs = 0x10;
	CHECK_ERR(ptrace(PTRACE_SETREGS, pid, 0, &r), EIO);
	r = before;
	r.fs_base = (unsigned long)KERNEL;
	CHECK_ERR(ptrace(PTRACE_SETREGS, pid, 0, &r), EIO);
	r = before;
	r.eflags = -1UL;
	CHECK_OK(ptrace(PTRACE_SETREGS, pid, 0, &r));
	CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &r));
	CHECK_EQ(r.eflags & 0x3200, before.eflags & 0x3200);	/* IF, IOPL */
	CHECK_OK(ptrace(PTRACE_SETREGS, pid, 0, &before));
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, NULL));
	EXPECT_EXIT(pid, 7);
}

static volatile long watched;

#define DEBUGREG(n) (offsetof(struct user, u_debugreg) + (n) * 8)

static void watchpoints(void)
{
	siginfo_t si;
	pid_t pid = TRACED(watched = 5; watched = 6);

	CHECK_ERR(ptrace(PTRACE_POKEUSR, pid, DEBUGREG(0), KERNEL), EINVAL);
	CHECK_ERR(ptrace(PTRACE_POKEUSR, pid, DEBUGREG(4), NULL), EIO);
	CHECK_OK(ptrace(PTRACE_POKEUSR, pid, DEBUGREG(0), (void *)&watched));
	CHECK_ERR(ptrace(PTRACE_POKEUSR, pid, DEBUGREG(7), DATA(0x60001)), EINVAL);	/* I/O */
	CHECK_OK(ptrace(PTRACE_POKEUSR, pid, DEBUGREG(7), DATA(0x90001)));	/* 8 bytes, writes */
	for (int i = 5; i < 7; i++) {
		long v = 0;

		CHECK_OK(ptrace(PTRACE_CONT, pid, 0, NULL));
		STOPPED(pid, SIGTRAP);
		CHECK_OK(ptrace(PTRACE_PEEKDATA, pid, (long)&watched, &v));
		CHECK_EQ(v, i);
		CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, 0, &si));
		CHECK_EQ(si.si_code, TRAP_HWBKPT);
		CHECK_OK(ptrace(PTRACE_PEEKUSR, pid, DEBUGREG(6), &v));
		CHECK_EQ(v & 0xf, 1);
	}
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, NULL));
	EXPECT_EXIT(pid, 7);
}

static volatile int handled;

static void on(int sig)
{
	handled = sig;
}

static void masks_and_calls(void)
{
	struct ptrace_syscall_info info;
	struct ptrace_peeksiginfo_args args = { .nr = 4 };
	siginfo_t infos[4];
	uint64_t set = 0;
	pid_t pid = TRACED(syscall(SYS_getpid, 1, 2, 3); syscall(SYS_close, -1));

	CHECK_ERR(ptrace(PTRACE_GETSIGMASK, pid, 4, &set), EINVAL);
	set = 1 << (SIGUSR1 - 1) | 1 << (SIGKILL - 1);
	CHECK_OK(ptrace(PTRACE_SETSIGMASK, pid, 8, &set));
	CHECK_OK(ptrace(PTRACE_GETSIGMASK, pid, 8, &set));
	CHECK_EQ(set, 1 << (SIGUSR1 - 1));
	syscall(SYS_tkill, pid, SIGUSR1);
	CHECK_EQ(ptrace(PTRACE_PEEKSIGINFO, pid, (long)&args, infos), 1);
	CHECK_EQ(infos[0].si_signo, SIGUSR1);
	args.flags = 2;
	CHECK_ERR(ptrace(PTRACE_PEEKSIGINFO, pid, (long)&args, infos), EINVAL);
	CHECK_EQ(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info), 24);
	CHECK_EQ(info.op, PTRACE_SYSCALL_INFO_NONE);
	CHECK_OK(ptrace(PTRACE_SETOPTIONS, pid, 0, DATA(PTRACE_O_TRACESYSGOOD)));
	for (int n = 0; n < 12; n++) {
		CHECK_OK(ptrace(PTRACE_SYSCALL, pid, 0, NULL));
		int st = wait_stop(pid);
		if (st != ((SIGTRAP | 0x80) << 8 | 0x7f))
			break;
		long size = ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
		CHECK_EQ(info.arch, 0xc000003e);
		if (n % 2) {
			CHECK_EQ(size, 33);
			CHECK_EQ(info.op, PTRACE_SYSCALL_INFO_EXIT);
		} else {
			CHECK_EQ(size, 80);
			CHECK_EQ(info.op, PTRACE_SYSCALL_INFO_ENTRY);
			if (info.entry.nr == SYS_getpid)
				CHECK(info.entry.args[0] == 1 && info.entry.args[2] == 3);
		}
	}
}

static void emulated(void)
{
	struct user_regs_struct r;
	pid_t pid = TRACED(_exit(syscall(SYS_getppid) == 4711 ? 3 : 4));

	do {
		CHECK_OK(ptrace(PTRACE_SYSEMU, pid, 0, NULL));
		STOPPED(pid, SIGTRAP);
		CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &r));
	} while (r.orig_rax != SYS_getppid);
	r.rax = 4711;
	CHECK_OK(ptrace(PTRACE_SETREGS, pid, 0, &r));
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, NULL));
	EXPECT_EXIT(pid, 3);
}

/* One step: over the call, and from a signal to the first instruction of its handler. */
static void steps(void)
{
	extern char at_call[], behind_call[], at_int80[], behind_int80[];
	struct user_regs_struct r;
	pid_t pid = TRACED(
		signal(SIGUSR2, on);
		asm volatile("mov $39, %%eax; .globl at_call, behind_call; at_call: syscall; "
			     "behind_call: nop; mov $20, %%eax; .globl at_int80, behind_int80;"
			     "at_int80: int $0x80; behind_int80: nop" : : : "rax", "rcx", "r11");
	);
	int seen = 0;

	for (int i = 0; i < 3000; i++) {
		unsigned long before;

		CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &r));
		CHECK_EQ(r.eflags & 0x100, 0);		/* TF is the tracer's matter */
		before = r.rip;
		CHECK_OK(ptrace(PTRACE_SINGLESTEP, pid, 0, NULL));
		STOPPED(pid, SIGTRAP);
		CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &r));
		if (before == (unsigned long)at_call) {
			CHECK_EQ(r.rip, (unsigned long)behind_call);
			seen |= 1;
		}
		if (before == (unsigned long)at_int80) {
			CHECK_EQ(r.rip, (unsigned long)behind_int80);
			seen |= 2;
			break;
		}
	}
	CHECK_EQ(seen, 3);
	CHECK_OK(ptrace(PTRACE_SINGLESTEP, pid, 0, DATA(SIGUSR2)));
	STOPPED(pid, SIGTRAP);
	CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &r));
	CHECK_EQ(r.rip, (unsigned long)on);
	CHECK_EQ(r.rdi, SIGUSR2);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, NULL));
	EXPECT_EXIT(pid, 7);
}

static void job_control(void)
{
	pid_t pid = FORK();
	int st;

	if (!pid)
		for (;;)
			pause();
	CHECK_ERR(ptrace(PTRACE_SEIZE, pid, 1, NULL), EIO);
	CHECK_ERR(ptrace(PTRACE_SEIZE, pid, 0, DATA(1 << 15)), EIO);
	CHECK_OK(ptrace(PTRACE_SEIZE, pid, 0, NULL));
	kill(pid, SIGSTOP);
	STOPPED(pid, SIGSTOP);				/* the signal */
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, DATA(SIGSTOP)));
	CHECK_EQ(wait_stop(pid), PTRACE_EVENT_STOP << 16 | SIGSTOP << 8 | 0x7f);
	CHECK_OK(ptrace(PTRACE_LISTEN, pid, 0, NULL));
	CHECK_EQ(waitpid(pid, &st, WNOHANG | __WALL), 0);
	CHECK_ERR(ptrace(PTRACE_CONT, pid, 0, NULL), ESRCH);
	kill(pid, SIGCONT);
	CHECK_EQ(wait_stop(pid), PTRACE_EVENT_STOP << 16 | SIGTRAP << 8 | 0x7f);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, NULL));
	STOPPED(pid, SIGCONT);
	/* Attached while stopped by job control: in a stop when the call returns. */
	CHECK_OK(ptrace(PTRACE_DETACH, pid, 0, NULL));
	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK_OK(ptrace(PTRACE_ATTACH, pid, 0, NULL));
	CHECK_EQ(waitpid(pid, &st, WNOHANG), pid);
	CHECK_EQ(st, SIGSTOP << 8 | 0x7f);
	kill(pid, SIGKILL);
	EXPECT_SIGNAL(pid, SIGKILL);
}

static void tracer_dies(void)
{
	int st;
	pid_t victim = FORK();

	if (!victim)
		for (;;)
			pause();
	for (int kill_it = 0; kill_it < 2; kill_it++) {
		pid_t tracer = FORK();

		if (!tracer) {
			CHECK_OK(ptrace(PTRACE_SEIZE, victim, 0,
					DATA(kill_it ? PTRACE_O_EXITKILL : 0)));
			_exit(abi_failed);
		}
		EXPECT_EXIT(tracer, 0);
		if (!kill_it)
			CHECK_EQ(waitpid(victim, &st, WNOHANG), 0);
	}
	EXPECT_SIGNAL(victim, SIGKILL);

	/* A tracee's zombie is its tracer's, then its parent's. */
	pid_t child = FORK();
	if (!child) {
		pause();
		_exit(9);
	}
	pid_t tracer = FORK();
	if (!tracer) {
		CHECK_OK(ptrace(PTRACE_SEIZE, child, 0, NULL));
		kill(child, SIGKILL);
		CHECK_EQ(waitpid(child, &st, __WALL), child);
		CHECK_EQ(st, SIGKILL);
		_exit(abi_failed);
	}
	EXPECT_EXIT(tracer, 0);
	EXPECT_SIGNAL(child, SIGKILL);
}

int main(void)
{
	register_sets();
	watchpoints();
	masks_and_calls();
	emulated();
	steps();
	job_control();
	tracer_dies();
	return abi_done();
}
