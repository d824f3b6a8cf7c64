/* SPDX-License-Identifier: MIT */
/* /proc/PID/mounts and mountinfo can be waited for: poll(2) tells of each change once (proc(5)). */
#include "abi.h"
#include <sys/epoll.h>
#include <sys/mount.h>

static int seen(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLPRI, 0 };

	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK(p.revents & POLLIN);
	return p.revents & ~POLLIN;
}

static void told_once(int fd)
{
	CHECK_EQ(seen(fd), POLLPRI | POLLERR);
	CHECK_EQ(seen(fd), 0);
}

static void each_change(const char *path)
{
	int fd = NEED(open(path, O_RDONLY)), other;
	char buf[64];

	CHECK_EQ(seen(fd), 0);
	CHECK_OK(mkdir("m", 0700));
	CHECK_OK(mkdir("n", 0700));
	CHECK_EQ(seen(fd), 0);
	CHECK_OK(mount("x", "m", "tmpfs", 0, NULL));
	other = NEED(open(path, O_RDONLY));
	CHECK_EQ(seen(other), 0);		/* that was before it was opened */
	told_once(fd);
	CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	told_once(fd);
	told_once(other);
	CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT, NULL));
	told_once(fd);
	CHECK_OK(mount("m", "n", NULL, MS_BIND, NULL));
	told_once(fd);
	CHECK_OK(umount("n"));
	told_once(fd);
	CHECK_OK(mount("m", "n", NULL, MS_MOVE, NULL));
	told_once(fd);
	CHECK_OK(umount2("n", MNT_DETACH));
	CHECK(read(fd, buf, sizeof(buf)) > 0);	/* reading takes nothing away */
	told_once(fd);
	told_once(other);
	CHECK_ERR(umount("n"), EINVAL);
	CHECK_EQ(seen(fd), 0);
	CHECK_OK(rmdir("n"));
	CHECK_OK(rmdir("m"));
	close(fd);
	close(other);
}

static void waited_for(void)
{
	struct epoll_event ev = { .events = EPOLLPRI }, got;
	int fd = NEED(open("/proc/mounts", O_RDONLY)), ep = NEED(epoll_create1(0));
	pid_t pid;

	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
	CHECK_OK(mkdir("m", 0700));
	pid = FORK();
	if (!pid) {
		msleep(50);
		CHECK_OK(mount("x", "m", "tmpfs", 0, NULL));
		_exit(abi_failed);
	}
	CHECK_EQ(epoll_wait(ep, &got, 1, 10000), 1);
	CHECK_EQ(got.events, EPOLLPRI | EPOLLERR);
	EXPECT_EXIT(pid, 0);
	CHECK_OK(umount("m"));
	CHECK_OK(rmdir("m"));
	close(fd);
	close(ep);
}

int main(void)
{
	each_change("/proc/self/mounts");
	each_change("/proc/self/mountinfo");
	waited_for();
	return abi_done();
}
