/* SPDX-License-Identifier: MIT */
/* epoll(7): epolls that watch epolls: events through several levels, loops, depth, closing. */
#include "abi.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int watch(int ep, int fd, unsigned events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

static int ready(int ep)
{
	struct epoll_event out[4];

	return epoll_wait(ep, out, 4, 0);
}

int main(void)
{
	struct epoll_event out[4];
	struct pollfd f;
	uint64_t v = 1;
	int chain[10], ep, ep2, fd, fd2;
	pid_t pid;

	/* An event goes up through five epolls, and away when it is read. */
	fd = NEED(eventfd(0, EFD_NONBLOCK));
	for (int i = 0; i < 5; i++) {
		chain[i] = NEED(epoll_create1(0));
		CHECK_OK(watch(chain[i], i ? chain[i - 1] : fd, EPOLLIN));
	}
	f = (struct pollfd){ chain[4], POLLIN, 0 };
	CHECK_EQ(poll(&f, 1, 0), 0);
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_EQ(poll(&f, 1, 0), 1);
	CHECK_EQ(f.revents, POLLIN);
	CHECK_EQ(ready(chain[4]), 1);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(ready(chain[4]), 0);
	CHECK_EQ(poll(&f, 1, 0), 0);
	pid = FORK();
	if (!pid) {
		msleep(20);
		v = 1;
		_exit(write(fd, &v, 8) != 8);
	}
	CHECK_EQ(poll(&f, 1, -1), 1);
	CHECK_EQ(epoll_wait(chain[4], out, 4, -1), 1);
	CHECK_EQ(out[0].data.fd, chain[3]);
	EXPECT_EXIT(pid, 0);

	/* A sixth above a file is one too many; a loop of any length is refused. */
	chain[5] = NEED(epoll_create1(0));
	CHECK_ERR(watch(chain[5], chain[4], EPOLLIN), ELOOP);
	CHECK_ERR(watch(chain[0], chain[4], EPOLLIN), ELOOP);
	CHECK_ERR(watch(chain[0], chain[1], EPOLLIN), ELOOP);
	CHECK_ERR(watch(chain[0], chain[0], EPOLLIN), EINVAL);
	/* The refused one is not left behind. */
	CHECK_ERR(epoll_ctl(chain[5], EPOLL_CTL_DEL, chain[4], NULL), ENOENT);
	CHECK_OK(epoll_ctl(chain[4], EPOLL_CTL_DEL, chain[3], NULL));
	CHECK_OK(watch(chain[5], chain[4], EPOLLIN));
	for (int i = 0; i < 6; i++)
		close(chain[i]);
	close(fd);

	/* The inner epoll goes: the outer one forgets it. */
	ep = NEED(epoll_create1(0));
	ep2 = NEED(epoll_create1(0));
	fd = NEED(eventfd(1, 0));
	CHECK_OK(watch(ep, ep2, EPOLLIN));
	CHECK_OK(watch(ep2, fd, EPOLLIN));
	CHECK_EQ(ready(ep), 1);
	close(ep2);
	CHECK_EQ(ready(ep), 0);
	/* Edge-triggered from above: once for each event below. */
	ep2 = NEED(epoll_create1(0));
	CHECK_OK(watch(ep, ep2, EPOLLIN | EPOLLET));
	CHECK_EQ(ready(ep), 0);
	CHECK_OK(watch(ep2, fd, EPOLLIN));
	CHECK_EQ(ready(ep), 1);
	CHECK_EQ(ready(ep), 0);
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_EQ(ready(ep), 1);
	CHECK_EQ(ready(ep), 0);
	CHECK_EQ(ready(ep2), 1);

	/* A file is known by its descriptor and its open file. */
	fd2 = NEED(dup(fd));
	CHECK_OK(watch(ep2, fd2, EPOLLIN));
	CHECK_EQ(ready(ep2), 2);
	close(fd2);
	CHECK_EQ(ready(ep2), 2);	/* the open file lives on by the other descriptor */
	CHECK_ERR(epoll_ctl(ep2, EPOLL_CTL_DEL, fd2, NULL), EBADF);
	close(fd);
	CHECK_EQ(ready(ep2), 0);
	return abi_done();
}
