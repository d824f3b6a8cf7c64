/* SPDX-License-Identifier: MIT */
/* Pseudo terminals: line discipline, sessions, job control. Skipped without /dev/ptmx. */
#include "abi.h"
#include <termios.h>

static int m, s;
static char name[64];

static int open_pair(void)
{
	int unlock = 0, n;

	m = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (m < 0 || ioctl(m, TIOCSPTLCK, &unlock) || ioctl(m, TIOCGPTN, &n))
		return -1;
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	s = open(name, O_RDWR | O_NOCTTY);
	return s;
}

/* What the master has to read, waiting a little for the first byte. */
static const char *out(void)
{
	static char buf[256];
	struct pollfd f = { m, POLLIN, 0 };
	int n = poll(&f, 1, 500) == 1 ? read(m, buf, sizeof(buf) - 1) : 0;

	buf[n < 0 ? 0 : n] = 0;
	return buf;
}

static void raw(void)
{
	struct termios t;

	CHECK_OK(tcgetattr(s, &t));
	cfmakeraw(&t);
	CHECK_OK(tcsetattr(s, TCSANOW, &t));
}

static void discipline(void)
{
	char buf[64];
	struct termios t;
	int n;

	/* Lines: nothing to read before the newline; echo; erase and kill edit. */
	CHECK_EQ(write(m, "ab", 2), 2);
	CHECK_OK(ioctl(s, FIONREAD, &n));
	CHECK_EQ(n, 0);
	CHECK_EQ(write(m, "x\177c\n", 4), 4);
	CHECK_EQ(read(s, buf, sizeof(buf)), 4);
	CHECK(!memcmp(buf, "abc\n", 4));
	CHECK_STR(out(), "abx\b \bc\r\n");
	CHECK_EQ(write(m, "gone\025kept\r", 10), 10);
	CHECK_EQ(read(s, buf, sizeof(buf)), 5);
	CHECK(!memcmp(buf, "kept\n", 5));
	out();
	/* A line is read in pieces; ^D ends a read without a newline, or the file. */
	CHECK_EQ(write(m, "12345\n", 6), 6);
	CHECK_EQ(read(s, buf, 2), 2);
	CHECK_EQ(read(s, buf, 64), 4);
	CHECK_EQ(write(m, "part\004", 5), 5);
	CHECK_EQ(read(s, buf, 64), 4);
	CHECK_EQ(write(m, "\004", 1), 1);
	CHECK_EQ(read(s, buf, 64), 0);
	out();
	/* Output: newline becomes two. */
	CHECK_EQ(write(s, "a\nb", 3), 3);
	CHECK_STR(out(), "a\r\nb");

	/* Raw: bytes as they come. */
	CHECK_OK(tcgetattr(s, &t));
	raw();
	CHECK_EQ(write(m, "\003\177\r", 3), 3);
	CHECK_EQ(read(s, buf, 64), 3);
	CHECK(!memcmp(buf, "\003\177\r", 3));
	CHECK_EQ(write(s, "\n", 1), 1);
	CHECK_STR(out(), "\n");
	CHECK_OK(tcsetattr(s, TCSANOW, &t));
}

static volatile int got;

static void on(int sig)
{
	got = sig;
}

static void job_control(void)
{
	struct winsize ws = { 10, 20, 0, 0 };
	pid_t bg, pgrp = 0;
	int st, fd;

	/* A session leader opening it gets it as controlling terminal. */
	setsid();
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	fd = NEED(open(name, O_RDWR));
	CHECK_OK(open("/dev/tty", O_RDWR));
	CHECK_OK(ioctl(fd, TIOCGPGRP, &pgrp));
	CHECK_EQ(pgrp, getpgrp());
	CHECK_OK(ioctl(fd, TIOCGSID, &pgrp));
	CHECK_EQ(pgrp, getsid(0));
	/* Special characters and a new size signal the foreground group. */
	catch_sig(SIGINT, on, 0);
	catch_sig(SIGQUIT, on, 0);
	catch_sig(SIGWINCH, on, 0);
	CHECK_EQ(write(m, "\003", 1), 1);
	AWAIT(got == SIGINT);
	CHECK_EQ(write(m, "\034", 1), 1);
	AWAIT(got == SIGQUIT);
	CHECK_OK(ioctl(m, TIOCSWINSZ, &ws));
	AWAIT(got == SIGWINCH);
	/* A background group is stopped when it reads. */
	bg = FORK();
	if (!bg) {
		char c;

		setpgid(0, 0);
		read(fd, &c, 1);
		_exit(0);
	}
	setpgid(bg, bg);
	CHECK_EQ(waitpid(bg, &st, WUNTRACED), bg);
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGTTIN);
	CHECK_OK(ioctl(fd, TIOCSPGRP, &bg));
	CHECK_OK(ioctl(fd, TIOCGPGRP, &pgrp));
	CHECK_EQ(pgrp, bg);
	CHECK_OK(kill(bg, SIGCONT));
	CHECK_EQ(write(m, "x\n", 2), 2);
	EXPECT_EXIT(bg, 0);
	/* Setting the foreground group from the background stops, or not if SIGTTOU is ignored. */
	signal(SIGTTOU, SIG_IGN);
	pgrp = getpgrp();
	CHECK_OK(ioctl(fd, TIOCSPGRP, &pgrp));
	pgrp = 0x3fffffff;
	CHECK_ERR(ioctl(fd, TIOCSPGRP, &pgrp), ESRCH);
	/* Hanging up: the session leader gets SIGHUP, reads end. */
	catch_sig(SIGHUP, on, 0);
	close(m);
	AWAIT(got == SIGHUP);
	CHECK_EQ(read(fd, &st, 1), 0);
	CHECK_ERR(write(fd, "x", 1), EIO);
}

int main(void)
{
	pid_t pid;

	if (open_pair() < 0)
		SKIP("no pseudo terminals");
	discipline();
	close(s);
	pid = FORK();
	if (!pid) {
		job_control();
		_exit(abi_failed);
	}
	close(m);	/* so that the child's close is the last */
	EXPECT_EXIT(pid, 0);
	return abi_done();
}
