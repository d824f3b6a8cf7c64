/* SPDX-License-Identifier: MIT */
/* Copy on write: who sees what after fork, in every order of writing and leaving. */
#include "abi.h"

static int p[2], q[2];

static void tell(int fd)
{
	char c = 0;

	CHECK_EQ(write(fd, &c, 1), 1);
}

static void hear(int fd)
{
	char c;

	CHECK_EQ(read(fd, &c, 1), 1);
}

int main(void)
{
	char *m = pages(64), *sh = shared_pages(2), *f, *fp, buf[8];
	pid_t pid, pid2;
	int fd;

	NEED(pipe(p));
	NEED(pipe(q));
	memset(m, 1, 64 * PAGE);

	/* The child writes first, then the parent, then they look. */
	pid = FORK();
	if (!pid) {
		m[0] = 2;
		m[PAGE] = 2;
		tell(p[1]);
		hear(q[0]);
		CHECK(m[0] == 2 && m[PAGE] == 2 && m[2 * PAGE] == 1 && m[PAGE + 1] == 1);
		_exit(abi_failed);
	}
	hear(p[0]);
	CHECK(m[0] == 1 && m[PAGE] == 1);
	m[0] = 3;
	m[2 * PAGE] = 3;
	tell(q[1]);
	EXPECT_EXIT(pid, 0);
	CHECK(m[0] == 3 && m[PAGE] == 1 && m[2 * PAGE] == 3);

	/* The parent writes first. */
	memset(m, 1, 64 * PAGE);
	pid = FORK();
	if (!pid) {
		hear(q[0]);
		for (int i = 0; i < 64 * (int)PAGE; i++)
			if (m[i] != 1) {
				FAIL("byte %d leaked to the child", i);
				break;
			}
		_exit(abi_failed);
	}
	memset(m, 9, 64 * PAGE);
	tell(q[1]);
	EXPECT_EXIT(pid, 0);

	/* Three generations; the middle one leaves. */
	m[0] = 1;
	pid = FORK();
	if (!pid) {
		m[0] = 2;
		pid2 = FORK();
		if (!pid2) {
			hear(q[0]);
			sh[0] = m[0];
			m[0] = 4;
			sh[1] = m[0];
			tell(p[1]);
			_exit(0);
		}
		m[0] = 3;
		_exit(0);
	}
	EXPECT_EXIT(pid, 0);
	m[0] = 5;
	tell(q[1]);
	hear(p[0]);
	CHECK_EQ(sh[0], 2);
	CHECK_EQ(sh[1], 4);
	CHECK_EQ(m[0], 5);

	/* The kernel's own writes copy, too: read into a shared page. */
	m[0] = 1;
	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(fd, "F", 1), 1);
	CHECK_OK(ftruncate(fd, PAGE));
	IN_CHILD({
		CHECK_EQ(pread(fd, m, 1, 0), 1);
		CHECK_EQ(m[0], 'F');
	});
	CHECK_EQ(m[0], 1);

	/* Shared stays shared, file or not; private file pages do not. */
	f = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	fp = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	fp[1] = 'p';
	sh[PAGE] = 1;
	IN_CHILD({
		CHECK_EQ(fp[1], 'p');
		f[2] = 's';
		fp[1] = 'q';
		sh[PAGE] = 2;
	});
	CHECK_EQ(f[2], 's');
	CHECK_EQ(fp[1], 'p');
	CHECK_EQ(sh[PAGE], 2);
	CHECK_EQ(pread(fd, buf, 3, 0), 3);
	CHECK(buf[0] == 'F' && buf[1] == 0 && buf[2] == 's');

	/* A read-only page written through mprotect after fork is a copy as well. */
	m[5 * PAGE] = 1;
	CHECK_OK(mprotect(m + 5 * PAGE, PAGE, PROT_READ));
	IN_CHILD({
		CHECK_OK(mprotect(m + 5 * PAGE, PAGE, PROT_READ | PROT_WRITE));
		m[5 * PAGE] = 2;
	});
	CHECK_EQ(m[5 * PAGE], 1);
	/* Pages only read so far (the zero page) give each writer its own. */
	m = pages(2);
	CHECK_EQ(PEEK(m), 0);
	CHECK_EQ(PEEK(m + PAGE), 0);
	m[0] = 1;
	CHECK_EQ(PEEK(m + PAGE), 0);
	IN_CHILD(m[PAGE] = 7);
	CHECK_EQ(m[PAGE], 0);
	return abi_done();
}
