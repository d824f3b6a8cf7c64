/* SPDX-License-Identifier: MIT */
/* epoll(7): level, edge and one-shot, nesting, errors. */
#include "abi.h"
#include <sys/epoll.h>

int main(void)
{
	struct epoll_event ev, out[8];
	int ep, ep2, p[2], q[2], fd;
	long long t;
	pid_t pid;
	char c;

	ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0 && errno == ENOSYS)
		SKIP("no epoll");
	NEED(ep);
	CHECK_EQ(fcntl(ep, F_GETFD), FD_CLOEXEC);
	NEED(pipe(p));
	NEED(pipe(q));
	ev = (struct epoll_event){ .events = EPOLLIN, .data.u64 = 0x123456789abcdef0 };
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 0);
	CHECK_EQ(write(p[1], "xy", 2), 2);
	/* Level: again and again until it is read. */
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(epoll_wait(ep, out, 8, -1), 1);
		CHECK_EQ(out[0].events, EPOLLIN);
		CHECK_EQ(out[0].data.u64, 0x123456789abcdef0);
	}
	/* Edge: once for each arrival. */
	ev.events = EPOLLIN | EPOLLET;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 1);
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 0);
	CHECK_EQ(write(p[1], "z", 1), 1);
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 1);
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 0);
	/* One shot: silent after the first until rearmed. */
	ev.events = EPOLLIN | EPOLLONESHOT;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 1);
	CHECK_EQ(write(p[1], "z", 1), 1);
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 0);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 1);

	/* EPOLLHUP needs no asking; several files; maxevents. */
	ev.events = 0;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, q[0], &ev));
	close(q[1]);
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 1);
	CHECK_EQ(out[0].events, EPOLLHUP);
	ev.events = EPOLLOUT;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &ev));
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 2);
	CHECK_EQ(epoll_wait(ep, out, 1, 0), 1);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, p[1], NULL));
	/* Closing the last descriptor takes the file out. */
	close(q[0]);
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 0);

	/* Waiting: time, another process, nesting. */
	t = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(epoll_wait(ep, out, 8, 30), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 29000000);
	while (read(p[0], out, 3) == 3)
		;
	ev.events = EPOLLIN;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
	ep2 = NEED(epoll_create(1));
	CHECK_OK(epoll_ctl(ep2, EPOLL_CTL_ADD, ep, &ev));
	if (epoll_wait(ep2, out, 8, 0) == 1)
		CHECK_EQ(read(p[0], out, 8) > 0, 1);
	pid = FORK();
	if (!pid) {
		msleep(30);
		_exit(write(p[1], "w", 1) != 1);
	}
	CHECK_EQ(epoll_wait(ep2, out, 8, -1), 1);
	CHECK_EQ(out[0].events, EPOLLIN);
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 1);
	CHECK_EQ(read(p[0], &c, 1), 1);

	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), EPERM);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), EEXIST);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_MOD, p[1], &ev), ENOENT);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_DEL, p[1], &ev), ENOENT);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev), EINVAL);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, ep2, &ev), ELOOP);
	CHECK_ERR(epoll_ctl(ep, 99, p[0], &ev), EINVAL);
	CHECK_ERR(epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &ev), EINVAL);
	CHECK_ERR(epoll_ctl(-1, EPOLL_CTL_ADD, p[1], &ev), EBADF);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, -1, &ev), EBADF);
	CHECK_ERR(epoll_wait(ep, out, 0, 0), EINVAL);
	CHECK_ERR(epoll_wait(ep, out, -1, 0), EINVAL);
	CHECK_ERR(epoll_wait(fd, out, 1, 0), EINVAL);
	CHECK_ERR(epoll_wait(-1, out, 1, 0), EBADF);
	CHECK_ERR(epoll_create(0), EINVAL);
	CHECK_ERR(epoll_create1(1), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, p[1], UNMAPPED), EFAULT);
	CHECK_ERR(syscall(SYS_epoll_wait, ep, KERNEL, 1, 0), EFAULT);
	return abi_done();
}
