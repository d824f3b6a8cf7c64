/* SPDX-License-Identifier: MIT */
/* ptrace(2): stops, registers, memory, stepping, system call stops. Skipped without it. */
#include "abi.h"
#include <sys/ptrace.h>
#include <sys/user.h>

static volatile long word = 0x1111;

#define STOPPED(pid, sig) do {							\
	int st_ = 0;								\
	CHECK_EQ(waitpid(pid, &st_, __WALL), pid);				\
	CHECK_EQ(st_, (sig) << 8 | 0x7f);					\
} while (0)

/* A child that asks to be traced and stops itself; then runs the body. */
#define TRACED(...) ({								\
	pid_t t_ = FORK();							\
	if (!t_) {								\
		ptrace(PTRACE_TRACEME, 0, 0, 0);				\
		raise(SIGSTOP);							\
		__VA_ARGS__;							\
		_exit(7);							\
	}									\
	STOPPED(t_, SIGSTOP);							\
	t_;									\
})

static void memory_and_registers(void)
{
	struct user_regs_struct r;
	pid_t pid = TRACED(_exit(word == 0x2222 ? 10 : 11));
	long v;

	errno = 0;
	v = ptrace(PTRACE_PEEKDATA, pid, &word, 0);
	CHECK_EQ(v, 0x1111);
	CHECK_EQ(errno, 0);
	CHECK_OK(ptrace(PTRACE_POKEDATA, pid, &word, 0x2222));
	CHECK_EQ(word, 0x1111);
	CHECK_EQ(ptrace(PTRACE_PEEKTEXT, pid, &word, 0), 0x2222);
	CHECK_ERR(ptrace(PTRACE_PEEKDATA, pid, UNMAPPED, 0), EIO);
	CHECK_ERR(ptrace(PTRACE_POKEDATA, pid, KERNEL, 0), EIO);
	/* Read-only text can be written, that is how breakpoints work. */
	v = ptrace(PTRACE_PEEKTEXT, pid, &memory_and_registers, 0);
	CHECK_OK(ptrace(PTRACE_POKETEXT, pid, &memory_and_registers, v ^ 1));
	CHECK_EQ(ptrace(PTRACE_PEEKTEXT, pid, &memory_and_registers, 0), v ^ 1);
	CHECK_EQ(*(volatile long *)&memory_and_registers, v);
	CHECK_OK(ptrace(PTRACE_POKETEXT, pid, &memory_and_registers, v));

	CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &r));
	CHECK_EQ(r.cs, 0x33);
	CHECK_EQ(r.ss, 0x2b);
	CHECK_EQ(ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.rip), 0), (long)r.rip);
	CHECK_EQ(ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.rsp), 0), (long)r.rsp);
	r.r15 = 0x1515;
	CHECK_OK(ptrace(PTRACE_SETREGS, pid, 0, &r));
	CHECK_EQ(ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.r15), 0), 0x1515);
	CHECK_ERR(ptrace(PTRACE_PEEKUSER, pid, 3, 0), EIO);
	CHECK_ERR(ptrace(PTRACE_PEEKUSER, pid, 1 << 20, 0), EIO);
	CHECK_ERR(ptrace(PTRACE_GETREGS, pid, 0, UNMAPPED), EFAULT);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EXIT(pid, 10);
}

static void syscall_stops(void)
{
	struct user_regs_struct r;
	pid_t pid = TRACED(syscall(SYS_getppid); syscall(9999, 1, 2, 3); syscall(SYS_close, -1));
	int st, entries = 0, seen = 0;

	CHECK_OK(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	for (int n = 0; n < 20; n++) {
		CHECK_OK(ptrace(PTRACE_SYSCALL, pid, 0, 0));
		CHECK_EQ(waitpid(pid, &st, 0), pid);
		if (WIFEXITED(st))
			break;
		CHECK_EQ(st >> 8, SIGTRAP | 0x80);
		CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &r));
		if (n % 2 == 0) {
			entries++;
			CHECK_EQ(r.rax, -ENOSYS);
			/* Turn one call into another on its way in. */
			if (r.orig_rax == 9999) {
				CHECK(r.rdi == 1 && r.rsi == 2 && r.rdx == 3);
				r.orig_rax = SYS_getpid;
				CHECK_OK(ptrace(PTRACE_SETREGS, pid, 0, &r));
				seen |= 1;
			}
		} else {
			if (r.orig_rax == SYS_getpid)
				CHECK_EQ(r.rax, pid);
			if (r.orig_rax == SYS_getppid)
				CHECK_EQ(r.rax, getpid());
			if (r.orig_rax == SYS_close) {
				CHECK_EQ(r.rax, -EBADF);
				seen |= 2;
			}
		}
	}
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 7);
	CHECK_EQ(seen, 3);
	CHECK(entries >= 4);
}

static void stepping(void)
{
	struct user_regs_struct r;
	unsigned long last = 0;
	pid_t pid = TRACED(asm volatile("nop; nop; nop"));
	int st, moved = 0;

	for (int i = 0; i < 20; i++) {
		CHECK_OK(ptrace(PTRACE_SINGLESTEP, pid, 0, 0));
		CHECK_EQ(waitpid(pid, &st, 0), pid);
		CHECK_EQ(st, SIGTRAP << 8 | 0x7f);
		CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &r));
		moved += r.rip != last;
		last = r.rip;
	}
	CHECK_EQ(moved, 20);
	CHECK_OK(ptrace(PTRACE_KILL, pid, 0, 0));
	EXPECT_SIGNAL(pid, SIGKILL);
}

static volatile int got;

static void on(int sig)
{
	got = sig;
}

static void signals(void)
{
	siginfo_t si;
	pid_t pid = TRACED(catch_sig(SIGUSR1, on, 0); raise(SIGUSR1); raise(SIGUSR2);
			   _exit(got == SIGUSR1 ? 12 : 13));

	/* Every signal stops; the tracer passes it on, changes or drops it. */
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	STOPPED(pid, SIGUSR1);
	CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, 0, &si));
	CHECK_EQ(si.si_signo, SIGUSR1);
	CHECK_EQ(si.si_pid, pid);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, SIGUSR1));
	STOPPED(pid, SIGUSR2);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EXIT(pid, 12);
	pid = TRACED(raise(SIGUSR2));
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	STOPPED(pid, SIGUSR2);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, SIGTERM));
	EXPECT_SIGNAL(pid, SIGTERM);
}

static void events(void)
{
	unsigned long msg;
	pid_t pid, child;
	int st;

	pid = TRACED({
		pid_t c = fork();

		if (!c)
			_exit(0);
		waitpid(c, NULL, 0);
		execl("/nonexistent", "x", NULL);
	});
	CHECK_OK(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT |
			PTRACE_O_TRACECLONE));
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st >> 8, SIGTRAP | PTRACE_EVENT_FORK << 8);
	CHECK_OK(ptrace(PTRACE_GETEVENTMSG, pid, 0, &msg));
	child = msg;
	STOPPED(child, SIGSTOP);	/* the new one is traced, too */
	CHECK_OK(ptrace(PTRACE_DETACH, child, 0, 0));
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	for (;;) {
		CHECK_EQ(waitpid(pid, &st, 0), pid);
		if (!WIFSTOPPED(st) || st >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
			break;
		ptrace(PTRACE_CONT, pid, 0, WSTOPSIG(st) == SIGCHLD ? SIGCHLD : 0);
	}
	CHECK_OK(ptrace(PTRACE_GETEVENTMSG, pid, 0, &msg));
	CHECK_EQ(msg, 7 << 8);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EXIT(pid, 7);

	/* Without options a successful exec is a SIGTRAP. */
	pid = TRACED(execl("/proc/self/exe", "x", "exit", NULL));
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	STOPPED(pid, SIGTRAP);
	CHECK_OK(ptrace(PTRACE_DETACH, pid, 0, 0));
	EXPECT_EXIT(pid, 33);
}

static void attaching(void)
{
	pid_t pid = FORK();

	if (!pid)
		for (;;)
			pause();
	CHECK_OK(ptrace(PTRACE_ATTACH, pid, 0, 0));
	STOPPED(pid, SIGSTOP);
	CHECK(strstr(get_file("/proc/self/status"), "\nTracerPid:\t0\n"));
	CHECK_ERR(ptrace(PTRACE_ATTACH, pid, 0, 0), EPERM);
	CHECK_OK(ptrace(PTRACE_DETACH, pid, 0, 0));
	CHECK_ERR(ptrace(PTRACE_CONT, pid, 0, 0), ESRCH);
	CHECK_OK(ptrace(PTRACE_SEIZE, pid, 0, 0));
	CHECK_ERR(ptrace(PTRACE_GETREGS, pid, 0, UNMAPPED), ESRCH);	/* it runs */
	CHECK_OK(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	CHECK_EQ(abi_wait(pid) >> 16, PTRACE_EVENT_STOP);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	kill(pid, SIGKILL);
	EXPECT_SIGNAL(pid, SIGKILL);

	CHECK_ERR(ptrace(PTRACE_CONT, 0x3fffffff, 0, 0), ESRCH);
	CHECK_ERR(ptrace(PTRACE_ATTACH, getpid(), 0, 0), EPERM);
	CHECK_ERR(ptrace(PTRACE_ATTACH, 0x3fffffff, 0, 0), ESRCH);
	pid = TRACED();
	CHECK_ERR(ptrace(0x9999, pid, 0, 0), EIO);
	CHECK_ERR(ptrace(PTRACE_CONT, pid, 0, 999), EIO);
	CHECK_ERR(ptrace(PTRACE_SETOPTIONS, pid, 0, 1 << 15), EINVAL);
	IN_CHILD(CHECK_ERR(ptrace(PTRACE_CONT, pid, 0, 0), ESRCH));	/* not its tracer */
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EXIT(pid, 7);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		_exit(33);
	IN_CHILD({
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1 && errno == ENOSYS)
			_exit(0);
		abi_failed = 0;
		CHECK_ERR(ptrace(PTRACE_TRACEME, 0, 0, 0), EPERM);
	});
	if (ptrace(PTRACE_CONT, 0x3fffffff, 0, 0) == -1 && errno == ENOSYS)
		SKIP("no ptrace");
	memory_and_registers();
	syscall_stops();
	stepping();
	signals();
	events();
	attaching();
	return abi_done();
}
