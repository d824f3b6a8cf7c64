/* SPDX-License-Identifier: MIT */
/* /dev/kmsg: records as dmesg and loggers read and write them; who may read the log. */
#include "abi.h"
#include <sys/klog.h>

#define RESTRICT "/proc/sys/kernel/dmesg_restrict"

static int wr;
static unsigned long long last_seq, last_us;

/* The next record's text without the head; its facility << 3 | level in *prio. "" if none. */
static char *next(int fd, int *prio)
{
	static char buf[8192];
	unsigned long long seq, us;
	char flag, *semicolon;
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	*prio = -1;
	if (n < 0) {
		FAIL("read: %s", strerrorname_np(errno));
		return "";
	}
	buf[n] = 0;
	semicolon = strchr(buf, ';');
	if (!semicolon || sscanf(buf, "%d,%llu,%llu,%c", prio, &seq, &us, &flag) != 4) {
		FAIL("no record: %s", buf);
		return "";
	}
	CHECK_EQ(flag, '-');
	CHECK(buf[n - 1] == '\n');
	CHECK(!last_seq || seq == last_seq + 1);
	CHECK(us >= last_us);
	last_seq = seq;
	last_us = us;
	/* Lines with a blank in front may follow: the dictionary. */
	semicolon[1 + strcspn(semicolon + 1, "\n")] = 0;
	return semicolon + 1;
}

/*
 * What is written comes back so. Linux shows a line without a newline only when the next one comes:
 * more might be added to it.
 */
static void echo(int fd, const char *text, int want_prio, const char *want)
{
	char *got;
	int prio;

	CHECK_EQ(write(wr, text, strlen(text)), strlen(text));
	got = next(fd, &prio);
	CHECK_EQ(prio, want_prio);
	CHECK_STR(got, want);
}

static int at_end(int flags)
{
	int fd = NEED(open("/dev/kmsg", flags));

	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	last_seq = last_us = 0;
	return fd;
}

static void reopen_writer(void)
{
	/* Linux lets through ten records in five seconds from each open file. */
	close(wr);
	wr = NEED(open("/dev/kmsg", O_WRONLY));
}

static void check_priorities(void)
{
	int fd = at_end(O_RDONLY | O_NONBLOCK);

	echo(fd, "plain\n", 12, "plain");
	echo(fd, "<15>debug, user\n", 15, "debug, user");
	echo(fd, "<7>kernel is not for programs\n", 15, "kernel is not for programs");
	echo(fd, "<31>daemon\n", 31, "daemon");
	echo(fd, "<191>local7\n", 191, "local7");
	echo(fd, "<x>no number\n", 12, "<x>no number");
	echo(fd, "<15 no end\n", 12, "<15 no end");
	reopen_writer();
	echo(fd, "<15>tab\there, back\\slash, \xc3\xa4\n", 15, "tab\\x09here, back\\x5cslash, \\xc3\\xa4");
	echo(fd, "<15>one\ntwo\n", 15, "one\\x0atwo");
	echo(fd, "<15>\n", 15, "");
	echo(fd, "<15> blank\n", 15, " blank");
	echo(fd, "<2063>big\n", 15, "big");	/* facility: eight bits */
	echo(fd, "<1x>letter\n", 12, "<1x>letter");
	close(fd);
}

static void check_read(void)
{
	struct iovec iov[2] = { { "<15>in two ", 11 }, { "pieces\n", 7 } };
	int fd = at_end(O_RDONLY | O_NONBLOCK), prio;
	struct pollfd p = { fd, POLLIN, 0 };
	static char all[1 << 20];
	char small[8], big[2000], *p1;
	int n;

	reopen_writer();
	CHECK_ERR(read(fd, big, sizeof(big)), EAGAIN);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(writev(wr, iov, 2), 18);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	/* Too small a buffer, and a bad one, leave the record where it is. */
	CHECK_ERR(read(fd, small, sizeof(small)), EINVAL);
	CHECK_ERR(read(fd, KERNEL, 4096), EFAULT);
	lseek(fd, 0, SEEK_END);
	CHECK_EQ(write(wr, "<15>again\n", 10), 10);
	CHECK_STR(next(fd, &prio), "again");
	CHECK_ERR(read(fd, big, sizeof(big)), EAGAIN);
	memset(big, 'x', sizeof(big));
	CHECK_ERR(write(wr, big, sizeof(big)), EINVAL);
	memcpy(big, "<15>", 4);
	big[899] = '\n';
	CHECK_EQ(write(wr, big, 900), 900);
	CHECK_EQ(strlen(next(fd, &prio)), 895);
	/* syslog(2) gives each line of a record a head of its own. */
	CHECK_EQ(write(wr, "<15>first\nsecond\n", 17), 17);
	n = CHECK_OK(klogctl(3, all, sizeof(all)));
	all[n] = 0;
	p1 = strstr(all, "] first\n<15>[");
	CHECK(p1 && strstr(p1, "] second\n"));
	CHECK_STR(next(fd, &prio), "first\\x0asecond");
	CHECK_ERR(write(wr, KERNEL, 10), EFAULT);
	CHECK_ERR(read(wr, big, 10), EBADF);
	CHECK_ERR(write(fd, "x", 1), EBADF);
	close(fd);
}

static void check_seek(void)
{
	int fd = NEED(open("/dev/kmsg", O_RDONLY | O_NONBLOCK)), prio;
	unsigned long long first;

	last_seq = last_us = 0;
	next(fd, &prio);
	first = last_seq;
	next(fd, &prio);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	last_seq = last_us = 0;
	next(fd, &prio);
	CHECK_EQ(last_seq, first);
	CHECK_ERR(lseek(fd, 1, SEEK_SET), ESPIPE);
	CHECK_ERR(lseek(fd, -1, SEEK_END), ESPIPE);
	CHECK_ERR(lseek(fd, 0, SEEK_CUR), EINVAL);
	CHECK_ERR(lseek(fd, 0, SEEK_HOLE), EINVAL);
	CHECK_ERR(lseek(fd, 0, 77), EINVAL);

	/* SEEK_DATA: behind the last "clear" of syslog(2), which takes nothing out. */
	reopen_writer();
	CHECK_EQ(write(wr, "<15>before\n", 11), 11);
	CHECK_OK(klogctl(5, NULL, 0));
	CHECK_EQ(write(wr, "<15>after\n", 10), 10);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 0);
	last_seq = last_us = 0;
	CHECK_STR(next(fd, &prio), "after");
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	last_seq = last_us = 0;
	next(fd, &prio);
	CHECK_EQ(last_seq, first);
	close(fd);
}

static void check_blocking(void)
{
	int fd = at_end(O_RDONLY), prio;
	pid_t pid;

	reopen_writer();
	pid = FORK();
	if (!pid) {
		abi_failed = 0;
		CHECK_STR(next(fd, &prio), "woken");
		_exit(abi_failed);
	}
	let_block(pid);
	CHECK_EQ(write(wr, "<15>woken\n", 10), 10);
	EXPECT_EXIT(pid, 0);
	close(fd);
}

static void check_signal(void)
{
	int fd = at_end(O_RDONLY);
	char buf[4096];

	ticks_start(0);
	CHECK_ERR(read(fd, buf, sizeof(buf)), EINTR);
	ticks_stop();
	close(fd);
}

/* A reader that is overtaken hears of it once. */
static void check_overrun(void)
{
	int fd = NEED(open("/dev/kmsg", O_RDONLY | O_NONBLOCK)), prio, full = 0;
	struct pollfd p = { fd, POLLIN | POLLPRI, 0 };
	char line[900], buf[8192];

	memset(line, 'y', sizeof(line));
	memcpy(line, "<15>", 4);
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 3000 && !full; i++) {
		if (i % 8 == 0)
			reopen_writer();
		CHECK_EQ(write(wr, line, sizeof(line)), sizeof(line));
		CHECK_EQ(poll(&p, 1, 0), 1);
		full = p.revents & POLLPRI;
	}
	CHECK_EQ(p.revents, POLLIN | POLLPRI | POLLERR);
	CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
	last_seq = last_us = 0;
	next(fd, &prio);
	next(fd, &prio);
	close(fd);
}

static void put(const char *path, const char *text)
{
	int fd = NEED(open(path, O_WRONLY));

	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void check_rights(void)
{
	char buf[4096], old[8];

	snprintf(old, sizeof(old), "%.1s", get_file(RESTRICT));
	put(RESTRICT, "1");
	CHECK_STR(get_file(RESTRICT), "1\n");
	CHECK_ERR(open("/nonexistent", O_RDONLY), ENOENT);
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(open("/dev/kmsg", O_RDONLY), EPERM);
		CHECK_ERR(open("/dev/kmsg", O_WRONLY), EACCES);
		CHECK_ERR(klogctl(3, buf, sizeof(buf)), EPERM);
		CHECK_ERR(klogctl(10, NULL, 0), EPERM);
		CHECK_ERR(open(RESTRICT, O_WRONLY), EACCES);
	});
	put(RESTRICT, "0");
	IN_CHILD({
		become_user(1000);
		close(CHECK_OK(open("/dev/kmsg", O_RDONLY)));
		CHECK_OK(klogctl(3, buf, sizeof(buf)));
		CHECK_OK(klogctl(10, NULL, 0));
		CHECK_ERR(klogctl(2, buf, sizeof(buf)), EPERM);
		CHECK_ERR(klogctl(5, NULL, 0), EPERM);
	});
	CHECK_ERR(write(NEED(open(RESTRICT, O_WRONLY)), "2", 1), EINVAL);
	put(RESTRICT, old);
}

int main(void)
{
	if (!access("/proc/sys/kernel/printk_devkmsg", W_OK))
		put("/proc/sys/kernel/printk_devkmsg", "on\n");
	CHECK_OK(klogctl(6, NULL, 0));		/* the console is for the results */
	wr = NEED(open("/dev/kmsg", O_WRONLY));
	check_priorities();
	check_read();
	check_seek();
	check_blocking();
	check_signal();
	check_overrun();
	check_rights();
	CHECK_OK(klogctl(7, NULL, 0));
	return abi_done();
}
