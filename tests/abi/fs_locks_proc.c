/* SPDX-License-Identifier: MIT */
/* /proc/locks: who has what of a file, who waits for it, and whom an unlock wakes. */
#include "abi.h"
#include <sys/file.h>
#include <sys/sysmacros.h>

/* The number in front of the line that ends with this text; 0: there is none. */
static int line_of(int fd, const char *what, const char *mode, pid_t pid, const char *range)
{
	struct stat st;
	char want[128], buf[16384], *line, *at;
	int n = 0;

	fstat(fd, &st);
	snprintf(want, sizeof(want), "%s %s %d %02x:%02x:%lu %s", what, mode, pid, major(st.st_dev), minor(st.st_dev),
		 (unsigned long)st.st_ino, range);
	snprintf(buf, sizeof(buf), "%s", get_file("/proc/locks"));
	for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n")) {
		at = strstr(line, ": ");
		if (at && !strcmp(at + 2, want))
			n = atoi(line);
	}
	return n;
}

static pid_t waiter(int fd, off_t start, off_t len)
{
	pid_t pid = FORK();

	if (!pid) {
		CHECK_OK(lock_range(fd, F_SETLKW, F_WRLCK, start, len));
		_exit(abi_failed);
	}
	let_block(pid);
	return pid;
}

int main(void)
{
	int fd = NEED(open("f", O_CREAT | O_RDWR, 0644)), other = NEED(open("f", O_RDWR)), n;
	pid_t me = getpid(), low, high, flocker;

	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 10));
	CHECK_OK(lock_range(fd, F_SETLK, F_RDLCK, 100, 0));
	CHECK_OK(flock(fd, LOCK_EX));
	CHECK(line_of(fd, "POSIX  ADVISORY ", "WRITE", me, "0 9"));
	CHECK(line_of(fd, "POSIX  ADVISORY ", "READ", me, "100 EOF"));
	CHECK(line_of(fd, "FLOCK  ADVISORY ", "WRITE", me, "0 EOF"));
	CHECK_OK(lock_range(other, F_OFD_SETLK, F_RDLCK, 50, 1));
	CHECK(line_of(fd, "OFDLCK ADVISORY ", "READ", -1, "50 50"));

	/* Those who wait stand below what they wait for, with its number. */
	low = waiter(fd, 5, 1);
	high = waiter(fd, 200, 0);
	flocker = FORK();
	if (!flocker) {
		CHECK_OK(flock(other, LOCK_SH));
		_exit(abi_failed);
	}
	let_block(flocker);
	n = line_of(fd, "POSIX  ADVISORY ", "WRITE", me, "0 9");
	CHECK_EQ(line_of(fd, "-> POSIX  ADVISORY ", "WRITE", low, "5 5"), n);
	n = line_of(fd, "POSIX  ADVISORY ", "READ", me, "100 EOF");
	CHECK_EQ(line_of(fd, "-> POSIX  ADVISORY ", "WRITE", high, "200 EOF"), n);
	n = line_of(fd, "FLOCK  ADVISORY ", "WRITE", me, "0 EOF");
	CHECK_EQ(line_of(fd, "-> FLOCK  ADVISORY ", "READ", flocker, "0 EOF"), n);

	/* Less of a lock lets in who wanted what is free. The others wait on, for what is left of it. */
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 5, 2));
	EXPECT_EXIT(low, 0);
	CHECK(line_of(fd, "-> POSIX  ADVISORY ", "WRITE", high, "200 EOF"));
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 0, 150));
	let_block(high);
	CHECK(line_of(fd, "-> POSIX  ADVISORY ", "WRITE", high, "200 EOF"));
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 0, 0));
	EXPECT_EXIT(high, 0);
	CHECK_OK(flock(fd, LOCK_SH));		/* from exclusive to shared: the other one gets in, too */
	EXPECT_EXIT(flocker, 0);
	CHECK_OK(flock(fd, LOCK_UN));
	return abi_done();
}
