/* SPDX-License-Identifier: MIT */
/* SA_SIGINFO: who sent what, and why, for each way to send a signal. */
#include "abi.h"

static siginfo_t si;
static volatile int got;
static ucontext_t uc_copy;

static void on(int sig, siginfo_t *i, void *uc)
{
	si = *i;
	uc_copy = *(ucontext_t *)uc;
	got = sig;
}

static void take(void)
{
	for (int i = 0; !got && i < 400; i++)
		msleep(5);
	got = 0;
}

int main(void)
{
	union sigval v = { .sival_ptr = (void *)0x1122334455667788 };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec its = { { 0, 0 }, { 0, 1000000 } };
	struct itimerval it = { { 0, 0 }, { 0, 1000 } };
	timer_t t;
	pid_t pid;

	catch_info(SIGUSR1, on, 0);
	catch_info(SIGALRM, on, 0);
	catch_info(SIGCHLD, on, SA_NOCLDSTOP);

	CHECK_OK(kill(getpid(), SIGUSR1));
	take();
	CHECK_EQ(si.si_signo, SIGUSR1);
	CHECK_EQ(si.si_errno, 0);
	CHECK_EQ(si.si_code, SI_USER);
	CHECK_EQ(si.si_pid, getpid());
	CHECK_EQ(si.si_uid, 0);
	CHECK(!sigismember(&uc_copy.uc_sigmask, SIGUSR1));

	CHECK_OK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
	take();
	CHECK_EQ(si.si_code, SI_TKILL);
	CHECK_EQ(si.si_pid, getpid());

	CHECK_OK(sigqueue(getpid(), SIGUSR1, v));
	take();
	CHECK_EQ(si.si_code, SI_QUEUE);
	CHECK_EQ(si.si_pid, getpid());
	CHECK(si.si_ptr == v.sival_ptr);

	CHECK_OK(setitimer(ITIMER_REAL, &it, NULL));
	take();
	CHECK_EQ(si.si_signo, SIGALRM);
	CHECK_EQ(si.si_code, SI_KERNEL);

	ev.sigev_value = v;
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &ev, &t));
	CHECK_OK(timer_settime(t, 0, &its, NULL));
	take();
	CHECK_EQ(si.si_code, SI_TIMER);
	CHECK(si.si_ptr == v.sival_ptr);
	CHECK_EQ(si.si_overrun, 0);
	CHECK_OK(timer_delete(t));

	/* From another user. */
	pid = FORK();
	if (!pid) {
		signal(SIGCHLD, SIG_DFL);
		NEED(setresuid(1234, 0, 0));
		kill(getppid(), SIGUSR1);
		pause();
	}
	take();
	CHECK_EQ(si.si_signo, SIGUSR1);
	CHECK_EQ(si.si_code, SI_USER);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_uid, 1234);	/* the sender's real id */
	kill(pid, SIGKILL);
	take();
	CHECK_EQ(si.si_code, CLD_KILLED);
	CHECK_EQ(si.si_uid, 1234);
	EXPECT_SIGNAL(pid, SIGKILL);

	/* SIGCHLD tells how the child went. */
	got = 0;
	pid = FORK();
	if (!pid)
		_exit(44);
	take();
	CHECK_EQ(si.si_signo, SIGCHLD);
	CHECK_EQ(si.si_code, CLD_EXITED);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_status, 44);
	EXPECT_EXIT(pid, 44);
	got = 0;
	pid = FORK();
	if (!pid)
		for (;;)
			pause();
	kill(pid, SIGTERM);
	take();
	CHECK_EQ(si.si_code, CLD_KILLED);
	CHECK_EQ(si.si_status, SIGTERM);
	EXPECT_SIGNAL(pid, SIGTERM);

	/* SA_NOCLDSTOP held stops back; without it they come. */
	catch_info(SIGCHLD, on, 0);
	got = 0;
	pid = FORK();
	if (!pid)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	take();
	CHECK_EQ(si.si_code, CLD_STOPPED);
	CHECK_EQ(si.si_status, SIGSTOP);
	CHECK_EQ(si.si_pid, pid);
	kill(pid, SIGCONT);
	take();
	CHECK_EQ(si.si_code, CLD_CONTINUED);
	CHECK_EQ(si.si_status, SIGCONT);
	catch_info(SIGCHLD, on, SA_NOCLDSTOP);
	got = 0;
	kill(pid, SIGSTOP);
	CHECK(wait_state(pid, 'T'));
	msleep(10);
	CHECK_EQ(got, 0);
	kill(pid, SIGKILL);
	EXPECT_SIGNAL(pid, SIGKILL);
	return abi_done();
}
