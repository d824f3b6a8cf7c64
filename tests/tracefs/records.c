/* SPDX-License-Identifier: MIT */
/*
 * per_cpu/cpu0/records, which Linux has not: whole records, waiting, what is lost, buffers that are
 * too small, readers that are killed, and that each record has what the text of `trace` says.
 */
#include "../abi/tracefs.h"

struct record {
	uint64_t stamp;
	uint16_t type;
	uint8_t flags, preempt_count;
	int32_t pid;
	uint8_t data[];
};
#define SIZE(r) ((long)((r)->stamp & 0xff) * 32)
#define EVENT_PRINT 5
#define EVENT_LOST 0xffff

static _Alignas(8) char buf[65536];

/* The n'th record of type in buf[0..len), or NULL. Complains of what is no record. */
static struct record *find(long len, unsigned type, int n)
{
	struct record *r = (void *)buf;

	for (long at = 0; at < len; at += SIZE(r)) {
		r = (void *)(buf + at);
		if (SIZE(r) < 32 || at + SIZE(r) > len) {
			FAIL("a record of %d bytes at %ld of %ld", (int)SIZE(r), at, len);
			return NULL;
		}
		if (r->type == type && n-- == 0)
			return r;
	}
	return NULL;
}

static int nonblocking(void)
{
	return NEED(open("per_cpu/cpu0/records", O_RDONLY | O_NONBLOCK));
}

static void contents(void)
{
	int fd = nonblocking();
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct record *r;
	long n;

	CHECK_ERR(read(fd, buf, sizeof(buf)), EAGAIN);
	CHECK_EQ(poll(&p, 1, 0), 0);
	tr_mark("one");
	tr_mark("two");
	CHECK_EQ(poll(&p, 1, 1000), 1);
	n = CHECK_OK(read(fd, buf, sizeof(buf)));
	CHECK_EQ(n % 32, 0);
	r = find(n, EVENT_PRINT, 0);
	CHECK(r && r->pid == getpid() && !strcmp((char *)r->data + 8, "one\n"));
	r = find(n, EVENT_PRINT, 1);
	CHECK(r && !strcmp((char *)r->data + 8, "two\n"));
	CHECK(!find(n, EVENT_LOST, 0));
	CHECK_ERR(read(fd, buf, sizeof(buf)), EAGAIN);
	TR_HAS_NOT("trace", "tracing_mark_write");
	CHECK_ERR(lseek(fd, 0, SEEK_SET), ESPIPE);
	CHECK_ERR(pread(fd, buf, 100, 0), ESPIPE);
	CHECK_ERR(write(fd, buf, 100), EBADF);
	close(fd);
}

static void small_buffers(void)
{
	char text[900] = "";
	int fd = nonblocking();
	long n;

	memset(text, 'a', sizeof(text) - 1);
	tr_mark(text);
	CHECK_ERR(read(fd, buf, 31), EINVAL);
	CHECK_ERR(read(fd, buf, 64), EINVAL);
	CHECK_ERR(read(fd, buf, 900), EINVAL);
	n = CHECK_OK(read(fd, buf, 1024));
	CHECK(find(n, EVENT_PRINT, 0) != NULL);
	tr_mark("1");
	tr_mark("2");
	n = CHECK_OK(read(fd, buf, 80));	/* 32 are kept for what may be lost */
	CHECK(find(n, EVENT_PRINT, 0) && !find(n, EVENT_PRINT, 1));
	n = CHECK_OK(read(fd, buf, 80));
	CHECK(find(n, EVENT_PRINT, 0) != NULL);
	EACH_BAD_NONNULL(bad) {
		tr_mark("x");
		CHECK_ERR(read(fd, bad, 4096), EFAULT);
	}
	close(fd);
}

static void waiting(void)
{
	int fd = NEED(open("per_cpu/cpu0/records", O_RDONLY));
	pid_t pid;

	pid = FORK();
	if (!pid)
		_exit(read(fd, buf, sizeof(buf)) <= 0);
	let_block(pid);
	tr_mark("wake up");
	EXPECT_EXIT(pid, 0);
	ticks_start(0);
	CHECK_ERR(read(fd, buf, sizeof(buf)), EINTR);
	ticks_stop();

	/* killed while it waits, killed while it is busy */
	for (int i = 0; i < 3; i++) {
		pid = FORK();
		if (!pid)
			for (;;)
				read(fd, buf, 200);
		if (!i)
			let_block(pid);
		for (int n = 0; n < 100; n++)
			tr_mark("for the one who dies");
		kill(pid, SIGKILL);
		EXPECT_SIGNAL(pid, SIGKILL);
	}
	tr_mark("for the next");
	CHECK(read(fd, buf, sizeof(buf)) > 0);
	close(fd);
}

static void lost(void)
{
	int fd = nonblocking(), got = 0;
	struct record *r;
	uint64_t missing = 0;
	long n;

	TR_SET("buffer_size_kb", "4");
	for (int i = 0; i < 1000; i++)
		tr_mark("too many");
	n = CHECK_OK(read(fd, buf, sizeof(buf)));
	r = (void *)buf;
	CHECK_EQ(r->type, EVENT_LOST);
	/* A merge of CPUs needs stamps that never go back, this one's neither. */
	CHECK(r->stamp >> 8 <= ((struct record *)(buf + 32))->stamp >> 8);
	CHECK_EQ(SIZE(r), 32);
	memcpy(&missing, r->data, 8);
	while (find(n, EVENT_PRINT, got))
		got++;
	CHECK_EQ(missing + got, 1000);
	for (int i = 0; i < 10; i++)
		tr_mark("few");
	n = CHECK_OK(read(fd, buf, sizeof(buf)));
	CHECK(!find(n, EVENT_LOST, 0) && find(n, EVENT_PRINT, 9));
	close(fd);
}

/* Two who read share: each record comes once. */
static void two_readers(void)
{
	int fd = nonblocking(), p[2], got = 0;
	long n;
	pid_t pid;

	NEED(pipe(p));
	for (int i = 0; i < 2000; i++)
		tr_mark("shared");
	for (int i = 0; i < 2; i++) {
		pid = FORK();
		if (!pid) {
			int mine = nonblocking();

			while ((n = read(mine, buf, 1000)) > 0)
				for (int k = 0; find(n, EVENT_PRINT, k); k++)
					write(p[1], "x", 1);
			_exit(0);
		}
	}
	for (int i = 0; i < 2; i++)
		wait(NULL);
	close(p[1]);
	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		got += n;
	CHECK_EQ(got, 2000);
	close(p[0]);
	close(fd);
}

int main(void)
{
	void (*const parts[])(void) = { contents, small_buffers, waiting, lost, two_readers };

	tracefs_mount();
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		tr_reset();
		parts[i]();
	}
	tr_reset();
	puts(abi_failed ? "RECORDS FAILED" : "RECORDS PASSED");
	return abi_done();
}
