/* SPDX-License-Identifier: MIT */
/* socketpair(2) and AF_UNIX sockets, as far as programs lean on them. */
#include "abi.h"
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "sock" };
	char buf[32] = "", ctl[64];
	struct iovec v = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ctl };
	struct cmsghdr *c;
	int s[2], l, a, fd;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0 &&
	    (errno == ENOSYS || errno == EAFNOSUPPORT))
		SKIP("no unix sockets");
	CHECK_EQ(write(s[0], "hello", 5), 5);
	CHECK_EQ(write(s[1], "back", 4), 4);
	CHECK_EQ(read(s[1], buf, 32), 5);
	CHECK_EQ(read(s[0], buf, 32), 4);
	CHECK_OK(shutdown(s[0], SHUT_WR));
	CHECK_EQ(read(s[1], buf, 32), 0);
	CHECK_EQ(write(s[1], "x", 1), 1);
	close(s[1]);
	CHECK_EQ(read(s[0], buf, 32), 1);
	CHECK_EQ(read(s[0], buf, 32), 0);
	CHECK_ERR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	DIES_BY(SIGPIPE, write(s[0], "x", 1));
	close(s[0]);

	/* Datagrams keep their edges. */
	NEED(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s));
	CHECK_EQ(write(s[0], "one", 3), 3);
	CHECK_EQ(write(s[0], "three", 5), 5);
	CHECK_EQ(read(s[1], buf, 2), 2);
	CHECK_EQ(read(s[1], buf, 32), 5);
	CHECK_ERR(read(s[1], buf, 32), EAGAIN);

	/* Pass a descriptor. */
	put_file("f", "passed");
	fd = NEED(open("f", O_RDONLY));
	m.msg_controllen = CMSG_SPACE(sizeof(int));
	c = CMSG_FIRSTHDR(&m);
	*c = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	v.iov_len = 1;
	CHECK_EQ(sendmsg(s[0], &m, 0), 1);
	close(fd);
	m.msg_controllen = sizeof(ctl);
	CHECK_EQ(recvmsg(s[1], &m, 0), 1);
	c = CMSG_FIRSTHDR(&m);
	CHECK(c && c->cmsg_type == SCM_RIGHTS);
	if (c) {
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		CHECK_EQ(read(fd, buf, 32), 6);
		CHECK(!memcmp(buf, "passed", 6));
	}

	/* A named server. */
	l = NEED(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_OK(bind(l, (void *)&un, sizeof(un)));
	CHECK(S_ISSOCK(stat_of("sock").st_mode));
	CHECK_ERR(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&un, sizeof(un)), EADDRINUSE);
	CHECK_ERR(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&un, sizeof(un)), ECONNREFUSED);
	CHECK_OK(listen(l, 3));
	a = NEED(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_OK(connect(a, (void *)&un, sizeof(un)));
	fd = CHECK_OK(accept(l, NULL, NULL));
	CHECK_EQ(write(a, "to server", 9), 9);
	CHECK_EQ(read(fd, buf, 32), 9);
	CHECK_ERR(accept(a, NULL, NULL), EINVAL);
	CHECK_ERR(accept(0, NULL, NULL), ENOTSOCK);
	return abi_done();
}
