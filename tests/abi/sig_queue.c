/* SPDX-License-Identifier: MIT */
/* Realtime signals: queued, in order, with values; rt_sigqueueinfo(2), rt_tgsigqueueinfo(2). */
#include "abi.h"

static volatile int n;
static int sigs[64], vals[64];

static void on(int sig, siginfo_t *si, void *uc)
{
	sigs[n & 63] = sig;
	vals[n & 63] = si->si_int;
	n++;
}

static void queue(int sig, int val)
{
	CHECK_OK(sigqueue(getpid(), sig, (union sigval){ .sival_int = val }));
}

int main(void)
{
	siginfo_t si;
	sigset_t set;
	int lo = SIGRTMIN, hi = SIGRTMIN + 5;

	catch_info(lo, on, 0);
	catch_info(hi, on, 0);
	catch_info(SIGUSR1, on, 0);
	sigemptyset(&set);
	sigaddset(&set, lo);
	sigaddset(&set, hi);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	for (int i = 0; i < 5; i++) {
		queue(hi, 100 + i);
		queue(lo, i);
		queue(SIGUSR1, 50 + i);
	}
	/* Taken by hand: lowest number first, each kind in order of sending. */
	CHECK_EQ(sigwaitinfo(&set, &si), SIGUSR1);
	CHECK_EQ(si.si_int, 50);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(sigwaitinfo(&set, &si), lo);
		CHECK_EQ(si.si_int, i);
		CHECK_EQ(si.si_code, SI_QUEUE);
	}
	CHECK_EQ(sigwaitinfo(&set, &si), hi);
	CHECK_EQ(si.si_int, 100);
	/* Delivered: each once, handlers of one number in order of sending. */
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	CHECK_EQ(n, 4);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(sigs[i], hi);
		CHECK_EQ(vals[i], 101 + i);
	}
	/* kill(2) queues realtime signals as well. */
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	n = 0;
	for (int i = 0; i < 3; i++)
		CHECK_OK(kill(getpid(), lo));
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	CHECK_EQ(n, 3);

	/* The queue has a limit. */
	IN_CHILD({
		struct rlimit rl = { 10, 10 };
		int k;

		NEED(setresuid(3456, 3456, 3456));
		CHECK_OK(setrlimit(RLIMIT_SIGPENDING, &rl));
		CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
		for (k = 0; k < 20; k++)
			if (sigqueue(getpid(), lo, (union sigval){ .sival_int = k }))
				break;
		CHECK_EQ(errno, EAGAIN);
		CHECK(k >= 9 && k <= 11);
		CHECK_OK(kill(getpid(), SIGUSR1));	/* standard ones always go through */
		CHECK_EQ(sigwaitinfo(&set, NULL), SIGUSR1);
	});

	/* The raw calls: a code that only the kernel may use is for oneself alone. */
	memset(&si, 0, sizeof(si));
	si.si_code = SI_USER;
	CHECK_OK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &si));
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &si), EPERM);
	si.si_code = SI_TKILL;
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &si), EPERM);
	si.si_code = SI_QUEUE;
	CHECK_OK(syscall(SYS_rt_sigqueueinfo, getpid(), 0, &si));
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, 0x3fffffff, SIGUSR1, &si), ESRCH);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), 65, &si), EINVAL);
	n = 0;
	CHECK_OK(syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), lo, &si));
	CHECK_EQ(n, 1);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, 0, getpid(), lo, &si), EINVAL);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), -1, lo, &si), EINVAL);
	/* The signal is the one of the call, whatever the siginfo says. */
	si.si_code = 2;
	for (int signo = -1; signo < 70; signo += 70) {
		si.si_signo = signo;
		CHECK_OK(syscall(SYS_rt_sigqueueinfo, getpid(), lo, &si));
	}
	CHECK_EQ(n, 3);
	CHECK_EQ(sigs[2], lo);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, p), EFAULT);
	return abi_done();
}
