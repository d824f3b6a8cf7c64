/* SPDX-License-Identifier: MIT */
/* sigaltstack(2) and SA_ONSTACK: where handlers run, stack overflow, nesting, errors. */
#include "abi.h"

#define SIZE 32768

static char *alt;
static volatile uintptr_t sp1, sp2;
static volatile int flags1, change_errno;

static int on_alt(uintptr_t sp)
{
	return sp >= (uintptr_t)alt && sp < (uintptr_t)alt + SIZE;
}

static void inner(int sig)
{
	sp2 = (uintptr_t)__builtin_frame_address(0);
}

static void outer(int sig)
{
	stack_t ss, other = { .ss_sp = alt, .ss_size = SIZE };

	sp1 = (uintptr_t)__builtin_frame_address(0);
	sigaltstack(NULL, &ss);
	flags1 = ss.ss_flags;
	errno = 0;
	sigaltstack(&other, NULL);
	change_errno = errno;
	raise(SIGUSR2);
}

static int __attribute__((noinline)) overflow(int n)
{
	volatile char hole[4096];

	hole[0] = n;
	return n ? overflow(n + 1) + hole[0] : 0;
}

static void on_segv(int sig, siginfo_t *si, void *uc)
{
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

	_exit(on_alt(sp) && si->si_code == SEGV_MAPERR ? 11 : 12);
}

int main(void)
{
	stack_t ss, old;
	pid_t pid;

	alt = pages(SIZE / PAGE);
	CHECK_OK(sigaltstack(NULL, &old));
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	ss = (stack_t){ .ss_sp = alt, .ss_size = SIZE };
	CHECK_OK(sigaltstack(&ss, &old));
	CHECK_OK(sigaltstack(NULL, &old));
	CHECK(old.ss_sp == alt && old.ss_size == SIZE && old.ss_flags == 0);

	/* Without SA_ONSTACK it is not used. */
	catch_sig(SIGUSR1, outer, 0);
	catch_sig(SIGUSR2, inner, 0);
	raise(SIGUSR1);
	CHECK(!on_alt(sp1) && !on_alt(sp2));
	CHECK_EQ(flags1, 0);
	CHECK_EQ(change_errno, 0);
	/* With it, and a second signal goes deeper in the same stack. */
	catch_sig(SIGUSR1, outer, SA_ONSTACK);
	catch_sig(SIGUSR2, inner, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(on_alt(sp1) && on_alt(sp2) && sp2 < sp1);
	CHECK_EQ(flags1, SS_ONSTACK);
	CHECK_EQ(change_errno, EPERM);
	/* A handler without the flag stays on the stack that is in use: the alternate one. */
	catch_sig(SIGUSR2, inner, 0);
	raise(SIGUSR1);
	CHECK(on_alt(sp2) && sp2 < sp1);

	/* The reason it exists: an overflowing stack. */
	IN_CHILD({
		struct rlimit rl = { 256 << 10, 256 << 10 };
		pid_t c;

		CHECK_OK(setrlimit(RLIMIT_STACK, &rl));
		c = FORK();
		if (!c) {
			catch_info(SIGSEGV, on_segv, SA_ONSTACK);
			overflow(1);
		}
		EXPECT_EXIT(c, 11);
		/* Without an alternate stack the handler has nowhere to run. */
		c = FORK();
		if (!c) {
			ss = (stack_t){ .ss_flags = SS_DISABLE };
			CHECK_OK(sigaltstack(&ss, NULL));
			catch_info(SIGSEGV, on_segv, SA_ONSTACK);
			overflow(1);
		}
		EXPECT_SIGNAL(c, SIGSEGV);
	});
	/* An alternate stack that is not there. */
	pid = FORK();
	if (!pid) {
		ss = (stack_t){ .ss_sp = UNMAPPED, .ss_size = SIZE };
		CHECK_OK(sigaltstack(&ss, NULL));
		catch_sig(SIGUSR1, inner, SA_ONSTACK);
		raise(SIGUSR1);
		_exit(1);
	}
	EXPECT_SIGNAL(pid, SIGSEGV);
	/* fork keeps it. */
	IN_CHILD({
		CHECK_OK(sigaltstack(NULL, &old));
		CHECK(old.ss_sp == alt && old.ss_flags == 0);
	});

	ss = (stack_t){ .ss_sp = alt, .ss_size = 2047 };
	CHECK_ERR(sigaltstack(&ss, NULL), ENOMEM);
	ss = (stack_t){ .ss_sp = alt, .ss_size = SIZE, .ss_flags = 0x100 };
	CHECK_ERR(sigaltstack(&ss, NULL), EINVAL);
	ss = (stack_t){ .ss_flags = SS_DISABLE };
	CHECK_OK(sigaltstack(&ss, NULL));
	CHECK_OK(sigaltstack(NULL, &old));
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	EACH_BAD_NONNULL(p) {
		CHECK_ERR(syscall(SYS_sigaltstack, p, NULL), EFAULT);
		CHECK_ERR(syscall(SYS_sigaltstack, NULL, p), EFAULT);
	}
	return abi_done();
}
