/* SPDX-License-Identifier: MIT */
/* signalfd4(2): reading signals. Skipped where there is none. */
#include "abi.h"
#include <sys/epoll.h>
#include <sys/signalfd.h>

int main(void)
{
	struct signalfd_siginfo s[2];
	struct pollfd f;
	sigset_t set;
	pid_t pid;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0 && errno == ENOSYS)
		SKIP("no signalfd");
	NEED(fd);
	CHECK_EQ(sizeof(s[0]), 128);
	CHECK_ERR(read(fd, s, sizeof(s)), EAGAIN);
	f = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_EQ(poll(&f, 1, 0), 0);
	sigqueue(getpid(), SIGUSR2, (union sigval){ .sival_int = 5 });
	kill(getpid(), SIGUSR1);
	CHECK_EQ(poll(&f, 1, 0), 1);
	CHECK_ERR(read(fd, s, 127), EINVAL);
	CHECK_EQ(read(fd, s, sizeof(s)), (long)sizeof(s));
	CHECK_EQ(s[0].ssi_signo, SIGUSR1);
	CHECK_EQ(s[0].ssi_pid, getpid());
	CHECK_EQ(s[0].ssi_code, SI_USER);
	CHECK_EQ(s[1].ssi_signo, SIGUSR2);
	CHECK_EQ(s[1].ssi_int, 5);
	CHECK_ERR(read(fd, s, sizeof(s)), EAGAIN);
	/* The set of an existing one can change. */
	sigdelset(&set, SIGUSR1);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	kill(getpid(), SIGUSR1);
	CHECK_ERR(read(fd, s, sizeof(s)), EAGAIN);
	close(fd);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = NEED(signalfd(-1, &set, 0));
	CHECK_EQ(read(fd, s, sizeof(s)), 128);	/* left over from above */
	CHECK_EQ(s[0].ssi_signo, SIGUSR1);
	/* Real-time signals queue, each with its value; low numbers first. */
	for (long i = 0; i < 3; i++)
		sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_ptr = (void *)(i << 40 | i) });
	kill(getpid(), SIGUSR2);
	CHECK_EQ(read(fd, s, 128), 128);
	CHECK_EQ(s[0].ssi_signo, SIGUSR2);
	CHECK_EQ(s[0].ssi_uid, 0);
	for (long i = 0; i < 3; i++) {
		CHECK_EQ(read(fd, s, 255), 128);
		CHECK_EQ(s[0].ssi_signo, SIGRTMIN + 1);
		CHECK_EQ(s[0].ssi_code, SI_QUEUE);
		CHECK_EQ(s[0].ssi_ptr, i << 40 | i);
		CHECK_EQ(s[0].ssi_int, i);
		CHECK_EQ(s[0].ssi_pid, getpid());
	}
	/* A child's end, while we sleep. */
	pid = FORK();
	if (!pid) {
		msleep(20);
		_exit(7);
	}
	CHECK_EQ(read(fd, s, sizeof(s)), 128);
	CHECK_EQ(s[0].ssi_signo, SIGCHLD);
	CHECK_EQ(s[0].ssi_code, CLD_EXITED);
	CHECK_EQ(s[0].ssi_pid, pid);
	CHECK_EQ(s[0].ssi_status, 7);
	EXPECT_EXIT(pid, 7);
	/* A timer's. */
	{
		struct sigevent sev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM,
					.sigev_value.sival_int = 42 };
		struct itimerspec its = { { 0, 0 }, { 0, 1000000 } };
		timer_t id;

		NEED(timer_create(CLOCK_MONOTONIC, &sev, &id));
		CHECK_OK(timer_settime(id, 0, &its, NULL));
		CHECK_EQ(read(fd, s, 128), 128);
		CHECK_EQ(s[0].ssi_code, SI_TIMER);
		CHECK_EQ(s[0].ssi_int, 42);
		CHECK_EQ(s[0].ssi_overrun, 0);
		timer_delete(id);
	}
	/* Another signal's handler ends the wait. */
	catch_sig(SIGHUP, abi_tick, 0);
	pid = FORK();
	if (!pid) {
		signal(SIGHUP, SIG_DFL);
		let_block(getppid());
		_exit(kill(getppid(), SIGHUP) != 0);
	}
	errno = 0;
	CHECK(read(fd, s, 128) == 128 || errno == EINTR);
	EXPECT_EXIT(pid, 0);
	CHECK_OK(fcntl(fd, F_SETFL, O_NONBLOCK));
	while (read(fd, s, 128) == 128)
		;
	/* Through epoll: also when the one who watched it has gone, and its signals with it. */
	{
		int ep = NEED(epoll_create1(0));
		struct epoll_event ev = { .events = EPOLLIN }, out;

		CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
		CHECK_EQ(epoll_wait(ep, &out, 1, 0), 0);
		kill(getpid(), SIGUSR1);
		CHECK_EQ(epoll_wait(ep, &out, 1, -1), 1);
		CHECK_EQ(read(fd, s, sizeof(s)), 128);
		CHECK_EQ(epoll_wait(ep, &out, 1, 0), 0);
		CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
		pid = FORK();
		if (!pid)
			_exit(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) != 0);
		EXPECT_EXIT(pid, 0);
		while (read(fd, s, 128) == 128)
			;
		msleep(20);
		epoll_wait(ep, &out, 1, 0);
		kill(getpid(), SIGUSR1);
		CHECK_EQ(epoll_wait(ep, &out, 1, 0), 0);	/* hangs on the child's queue, gone */
		CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
		CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
		CHECK_EQ(epoll_wait(ep, &out, 1, 0), 1);
		close(ep);
		CHECK_EQ(read(fd, s, sizeof(s)), 128);
	}
	/* SIGKILL and SIGSTOP are taken out silently. */
	sigaddset(&set, SIGKILL);
	sigaddset(&set, SIGSTOP);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	CHECK_ERR(write(fd, s, 128), EINVAL);
	CHECK_ERR(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL);
	CHECK_ERR(syscall(SYS_signalfd4, -1, UNMAPPED, 8, 0), EFAULT);
	CHECK_ERR(syscall(SYS_signalfd, 999, &set, 8), EBADF);
	kill(getpid(), SIGUSR1);
	CHECK_ERR(read(fd, UNMAPPED, 128), EFAULT);
	CHECK_ERR(signalfd(0, &set, 0), EINVAL);
	CHECK_ERR(signalfd(-2, &set, 0), EBADF);
	CHECK_ERR(signalfd(-1, &set, 1), EINVAL);
	return abi_done();
}
