/* SPDX-License-Identifier: MIT */
/* splice(2), tee(2), vmsplice(2): moving data through pipes. */
#include "abi.h"

static int p[2], q[2];

static void new_pipes(void)
{
	for (int i = 0; i < 2; i++) {
		close(p[i]);
		close(q[i]);
	}
	NEED(pipe(p));
	NEED(pipe(q));
}

static void basics(void)
{
	char buf[100] = "";
	struct iovec v = { "user memory", 11 };
	int in, out;
	loff_t off = 2;

	put_file("in", "0123456789");
	in = NEED(open("in", O_RDWR));
	out = NEED(open("out", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(splice(in, &off, p[1], NULL, 5, 0), 5);
	CHECK_EQ(off, 7);
	CHECK_EQ(tee(p[0], q[1], 100, 0), 5);
	CHECK_EQ(splice(p[0], NULL, out, NULL, 100, 0), 5);
	CHECK_STR(get_file("out"), "23456");
	CHECK_EQ(read(q[0], buf, 100), 5);
	CHECK_STR(buf, "23456");
	CHECK_EQ(vmsplice(p[1], &v, 1, 0), 11);
	CHECK_EQ(splice(p[0], NULL, q[1], NULL, 4, 0), 4);
	CHECK_EQ(read(q[0], buf, 100), 4);
	CHECK_EQ(read(p[0], buf, 100), 7);
	CHECK(!memcmp(buf, " memory", 7));

	CHECK_ERR(splice(in, NULL, out, NULL, 5, 0), EINVAL);
	CHECK_ERR(splice(p[0], &off, out, NULL, 5, 0), ESPIPE);
	CHECK_ERR(splice(in, NULL, p[1], &off, 5, 0), ESPIPE);
	CHECK_ERR(splice(-1, NULL, p[1], NULL, 5, 0), EBADF);
	CHECK_ERR(splice(p[0], NULL, -1, NULL, 5, 0), EBADF);
	CHECK_ERR(splice(p[1], NULL, q[1], NULL, 5, 0), EBADF);
	CHECK_ERR(splice(in, NULL, p[0], NULL, 5, 0), EBADF);
	CHECK_ERR(splice(p[0], NULL, q[1], NULL, 5, 0x100), EINVAL);
	CHECK_EQ(splice(-1, NULL, -1, NULL, 0, 0x100), 0);
	CHECK_ERR(splice(p[0], NULL, q[1], NULL, 5, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERR(tee(p[0], out, 5, 0), EINVAL);
	CHECK_ERR(tee(p[0], q[1], 0, 0x100), EINVAL);
	CHECK_EQ(tee(-1, -1, 0, 0), 0);
	CHECK_ERR(tee(p[0], q[0], 5, 0), EBADF);
	CHECK_ERR(tee(p[0], p[1], 5, 0), EINVAL);
	CHECK_ERR(tee(p[0], q[1], 5, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERR(splice(p[0], NULL, p[1], NULL, 5, SPLICE_F_NONBLOCK), EINVAL);
	EACH_BAD_NONNULL(bad) {
		CHECK_ERR(splice(in, bad, q[1], NULL, 5, 0), EFAULT);
		CHECK_ERR(splice(p[0], NULL, out, bad, 5, 0), EFAULT);
	}
	off = -1;
	CHECK_ERR(splice(in, &off, q[1], NULL, 5, 0), EINVAL);
	close(in);
	close(out);
}

/* The file's own position moves, or the one that is given. */
static void positions(void)
{
	int in = NEED(open("in", O_RDWR)), out = NEED(open("out2", O_CREAT | O_RDWR, 0644)), app;
	loff_t off;

	CHECK_EQ(splice(in, NULL, p[1], NULL, 3, 0), 3);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 3);
	CHECK_EQ(splice(in, NULL, p[1], NULL, 100, 0), 7);
	CHECK_EQ(splice(in, NULL, p[1], NULL, 100, 0), 0);
	off = 4;
	CHECK_EQ(splice(p[0], NULL, out, &off, 3, 0), 3);
	CHECK_EQ(off, 7);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 0);
	CHECK_EQ(stat_of("out2").st_size, 7);
	CHECK_EQ(splice(p[0], NULL, out, NULL, 4, 0), 4);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 4);
	CHECK_STR(get_file("out2"), "3456012");
	app = NEED(open("out2", O_WRONLY | O_APPEND));
	CHECK_ERR(splice(p[0], NULL, app, NULL, 1, 0), EINVAL);
	CHECK_EQ(splice(p[0], NULL, out, NULL, 100, 0), 3);
	close(in);
	close(out);
	close(app);
}

/* More than fits, ends that close, a reader that goes. */
static void limits(void)
{
	static char big[3 * 65536] __attribute__((aligned(4096))), back[3 * 65536];
	int fd = NEED(open("big", O_CREAT | O_RDWR, 0644));
	struct iovec v[2] = { { big, 69632 }, { big + 69632, 100 } };
	loff_t off = 0;
	long n;

	for (unsigned int i = 0; i < sizeof(big); i++)
		big[i] = i * 7 + i / 251;
	CHECK_EQ(write(fd, big, sizeof(big)), (long)sizeof(big));
	CHECK_EQ(splice(fd, &off, p[1], NULL, sizeof(big), 0), 65536);
	CHECK_EQ(off, 65536);
	CHECK_ERR(splice(fd, &off, p[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERR(vmsplice(p[1], v, 2, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_EQ(tee(p[0], q[1], 5000, 0), 5000);
	CHECK_EQ(read(q[0], back, sizeof(back)), 5000);
	CHECK(!memcmp(back, big, 5000));
	/* A page is free again, and a write may not go into the one that is shared. */
	CHECK_EQ(tee(p[0], q[1], 100, 0), 100);
	CHECK_EQ(write(q[1], "end", 3), 3);
	CHECK_EQ(read(p[0], back, sizeof(back)), 65536);
	CHECK(!memcmp(back, big, 65536));
	CHECK_EQ(read(q[0], back, sizeof(back)), 103);
	CHECK(!memcmp(back, big, 100) && !memcmp(back + 100, "end", 3));

	/* from user memory: as much as there is room */
	CHECK_EQ(vmsplice(p[1], v, 2, 0), 65536);
	n = CHECK_OK(splice(p[0], NULL, q[1], NULL, sizeof(big), 0));
	CHECK_EQ(n, 65536);
	v[0] = (struct iovec){ back, 10 };
	v[1] = (struct iovec){ back + 10, sizeof(back) - 10 };
	CHECK_EQ(vmsplice(q[0], v, 2, 0), 65536);
	CHECK(!memcmp(back, big, 65536));
	CHECK_ERR(vmsplice(q[0], v, 2, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERR(vmsplice(fd, v, 1, 0), EBADF);
	CHECK_ERR(vmsplice(-1, v, 1, 0), EBADF);
	CHECK_ERR(vmsplice(p[1], v, 1, 0x100), EINVAL);
	CHECK_ERR(vmsplice(p[1], v, -1, 0), EINVAL);
	CHECK_EQ(vmsplice(p[1], v, 0, 0), 0);
	EACH_BAD_NONNULL(bad) {
		CHECK_ERR(vmsplice(p[1], bad, 1, 0), EFAULT);
		v[0] = (struct iovec){ bad, 10 };
		CHECK_ERR(vmsplice(p[1], v, 1, 0), EFAULT);
	}

	CHECK_EQ(write(p[1], "abc", 3), 3);
	close(p[1]);
	CHECK_EQ(splice(p[0], NULL, fd, &off, 100, 0), 3);
	CHECK_EQ(splice(p[0], NULL, fd, &off, 100, 0), 0);
	CHECK_EQ(splice(p[0], NULL, q[1], NULL, 100, 0), 0);
	CHECK_EQ(tee(p[0], q[1], 100, 0), 0);
	close(q[0]);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERR(splice(fd, NULL, q[1], NULL, 100, 0), EPIPE);
	CHECK_ERR(vmsplice(q[1], &(struct iovec){ back, 1 }, 1, 0), EPIPE);
	signal(SIGPIPE, SIG_DFL);
	DIES_BY(SIGPIPE, off = 0; splice(fd, &off, q[1], NULL, 100, 0));
	close(fd);
}

/* A pipe's slot is a page, however little is in it. */
static void slots(void)
{
	loff_t off = 0;
	int fd = NEED(open("in", O_RDONLY)), i;

	for (i = 0; i < 100 && splice(fd, &off, p[1], NULL, 1, SPLICE_F_NONBLOCK) == 1; i++)
		off = 0;
	CHECK_EQ(i, 16);
	CHECK_EQ(errno, EAGAIN);
	close(fd);
}

/* What sleeps is woken, and a signal ends it. */
static void sleeping(void)
{
	int fd = NEED(open("in", O_RDONLY)), out = NEED(open("out3", O_CREAT | O_WRONLY, 0644));
	char buf[65536] = "";
	pid_t pid = FORK();

	if (!pid) {
		close(p[1]);
		close(q[1]);
		_exit(splice(p[0], NULL, out, NULL, 100, 0) != 5);
	}
	let_block(pid);
	CHECK_EQ(write(p[1], "later", 5), 5);
	EXPECT_EXIT(pid, 0);
	CHECK_STR(get_file("out3"), "later");

	CHECK_EQ(write(p[1], buf, 65536), 65536);
	pid = FORK();
	if (!pid) {
		loff_t off = 0;

		_exit(splice(fd, &off, p[1], NULL, 10, 0) != 10);
	}
	let_block(pid);
	CHECK_EQ(read(p[0], buf, 65536), 65536);
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(read(p[0], buf, 65536), 10);

	pid = FORK();
	if (!pid)
		_exit(tee(p[0], q[1], 100, 0) != 3);
	let_block(pid);
	CHECK_EQ(write(p[1], "tee", 3), 3);
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(read(q[0], buf, 10), 3);
	CHECK_EQ(read(p[0], buf, 10), 3);

	ticks_start(0);
	CHECK_ERR(splice(p[0], NULL, q[1], NULL, 10, 0), EINTR);
	CHECK_ERR(splice(p[0], NULL, out, NULL, 10, 0), EINTR);
	CHECK_ERR(tee(p[0], q[1], 10, 0), EINTR);
	CHECK_ERR(vmsplice(p[0], &(struct iovec){ buf, 10 }, 1, 0), EINTR);
	ticks_stop();
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	CHECK_ERR(splice(p[0], NULL, out, NULL, 10, 0), EAGAIN);
	CHECK_ERR(splice(p[0], NULL, q[1], NULL, 10, 0), EAGAIN);
	CHECK_ERR(tee(p[0], q[1], 10, 0), EAGAIN);
	close(fd);
	close(out);
}

/* Which files can be spliced at all. */
static void kinds(void)
{
	int null = NEED(open("/dev/null", O_RDWR)), fd;
	int random = NEED(open("/dev/urandom", O_RDONLY)), zero = NEED(open("/dev/zero", O_RDWR));

	CHECK_ERR(splice(null, NULL, p[1], NULL, 10, 0), EINVAL);
	CHECK_ERR(splice(zero, NULL, p[1], NULL, 10, 0), EINVAL);
	CHECK_EQ(splice(random, NULL, p[1], NULL, 5000, 0), 5000);
	CHECK_EQ(splice(p[0], NULL, null, NULL, 10000, 0), 5000);
	fd = NEED(open("/proc/version", O_RDONLY));
	CHECK(splice(fd, NULL, p[1], NULL, 100, 0) > 10);
	close(fd);
	fd = NEED(open("/proc/self/maps", O_RDONLY));
	CHECK_ERR(splice(fd, NULL, p[1], NULL, 100, 0), EINVAL);
	close(fd);
	fd = NEED(open("/", O_RDONLY));
	CHECK_ERR(splice(fd, NULL, p[1], NULL, 100, 0), EINVAL);
	close(fd);
	close(null);
	close(zero);
	close(random);
}

int main(void)
{
	void (*const parts[])(void) = { basics, positions, limits, slots, sleeping, kinds };

	p[0] = p[1] = q[0] = q[1] = -1;
	for (unsigned int i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		new_pipes();
		parts[i]();
	}
	return abi_done();
}
