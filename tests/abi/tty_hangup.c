/* SPDX-License-Identifier: MIT */
/* vhangup(2) on a serial line: what becomes of its open files, its settings, its session. */
#include "abi.h"
#include <termios.h>

#define LINE "/dev/ttyS0"

static volatile sig_atomic_t hups, conts;

static void count(int sig)
{
	if (sig == SIGHUP)
		hups++;
	else
		conts++;
}

static void dead_file(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	struct termios t;
	int n, flags;
	char c;

	CHECK_EQ(read(fd, &c, 1), 0);
	CHECK_ERR(write(fd, "x", 1), EIO);
	CHECK_ERR(write(fd, "", 0), EIO);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN | POLLOUT | POLLERR | POLLHUP);
	CHECK_ERR(tcgetattr(fd, &t), EIO);
	CHECK_ERR(ioctl(fd, FIONREAD, &n), EIO);
	CHECK_ERR(ioctl(fd, TIOCGPGRP, &n), EIO);
	CHECK_ERR(ioctl(fd, TIOCSPGRP, &n), ENOTTY);
	CHECK_ERR(ioctl(fd, TIOCSCTTY, 0), EIO);
	CHECK_ERR(lseek(fd, 0, SEEK_SET), ESPIPE);
	flags = NEED(fcntl(fd, F_GETFL));
	CHECK_OK(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
	CHECK_EQ(read(fd, &c, 1), 0);
}

/* The leader of a session with the line as its terminal, before and after. */
static void leader(int console)
{
	struct termios t, changed, after;
	struct winsize ws = { 33, 111, 0, 0 }, ws2;
	struct sigaction sa = { .sa_handler = count };
	int fd, again;
	pid_t child, sid;

	CHECK(setsid() > 0);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGCONT, &sa, NULL);
	fd = NEED(open(LINE, O_RDWR | O_NONBLOCK));
	CHECK_OK(ioctl(fd, TIOCGSID, &sid));
	CHECK_EQ(sid, getpid());
	NEED(tcgetattr(fd, &t));
	changed = t;
	changed.c_cc[VINTR] = 7;
	changed.c_lflag &= ~ECHO;
	CHECK_OK(tcsetattr(fd, TCSANOW, &changed));
	CHECK_OK(ioctl(fd, TIOCSWINSZ, &ws));
	child = FORK();
	if (!child) {
		pause();		/* dies of the SIGHUP of its group in the foreground */
		_exit(9);
	}
	signal(SIGTTOU, SIG_IGN);
	AWAIT(task_state(child) == 'S');
	sigaction(SIGHUP, &sa, NULL);

	CHECK_OK(syscall(SYS_vhangup));
	AWAIT(hups);
	CHECK_EQ(hups, 1);
	CHECK_EQ(conts, 1);
	dead_file(fd);
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_OK(kill(child, 0));
	CHECK_EQ(write(console, "", 0), 0);
	CHECK_OK(tcgetattr(console, &after));

	again = NEED(open(LINE, O_RDWR | O_NONBLOCK));
	CHECK_OK(tcgetattr(again, &after));
	CHECK_EQ(after.c_cc[VINTR], 7);
	CHECK_EQ(after.c_lflag & ECHO, 0);
	CHECK_EQ(after.c_cflag, t.c_cflag);
	CHECK_OK(ioctl(again, TIOCGWINSZ, &ws2));
	CHECK_EQ(ws2.ws_row, 33);
	CHECK_OK(tcsetattr(again, TCSANOW, &t));
	CHECK_OK(ioctl(again, TIOCGSID, &sid));
	CHECK_EQ(sid, getpid());
	dead_file(fd);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(fd);
	close(again);
}

/*
 * A process in a group of its own, which is in the foreground or not: it tells what signals came,
 * through the pipe, a letter each.
 */
static int told[2];

static void tell(int sig)
{
	(void)!write(told[1], sig == SIGHUP ? "h" : "c", 1);
}

static pid_t member(int line, int foreground)
{
	struct sigaction sa = { .sa_handler = tell };
	int ready[2];
	pid_t pid;
	char c;

	NEED(pipe(ready));
	pid = FORK();
	if (!pid) {
		setpgid(0, 0);
		sigaction(SIGHUP, &sa, NULL);
		sigaction(SIGCONT, &sa, NULL);
		signal(SIGTTOU, SIG_IGN);
		if (foreground)
			CHECK_OK(tcsetpgrp(line, getpid()));
		close(line);
		close(ready[0]);
		(void)!write(ready[1], "r", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	CHECK_EQ(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

/* What was told until now: so many SIGHUPs, and so many tens of SIGCONTs. */
static int heard(void)
{
	char buf[16];
	int n, sum = 0;

	msleep(100);
	n = read(told[0], buf, sizeof(buf));
	while (n-- > 0)
		sum += buf[n] == 'h' ? 1 : 10;
	return sum;
}

enum end { EXITS, GIVES_UP, HANGS_UP };

/* Who of the session hears of the end of its terminal. */
static void who_hears(enum end end)
{
	struct sigaction sa = { .sa_handler = count };
	int go[2], report[2];
	pid_t session, members[2];
	char c;

	NEED(pipe2(told, O_NONBLOCK));
	NEED(pipe(go));
	NEED(pipe(report));
	session = FORK();
	if (!session) {
		int line;

		setsid();
		sigaction(SIGHUP, &sa, NULL);
		sigaction(SIGCONT, &sa, NULL);
		signal(SIGTTOU, SIG_IGN);
		line = NEED(open(LINE, O_RDWR | O_NONBLOCK));
		members[0] = member(line, 1);
		members[1] = member(line, 0);
		(void)!write(report[1], members, sizeof(members));
		(void)!read(go[0], &c, 1);
		if (end == GIVES_UP)
			CHECK_OK(ioctl(line, TIOCNOTTY));
		else if (end == HANGS_UP)
			CHECK_OK(syscall(SYS_vhangup));
		CHECK_EQ(hups, end == HANGS_UP);
		CHECK_EQ(conts, end == HANGS_UP);
		(void)!write(report[1], "x", 1);
		(void)!read(go[0], &c, 1);
		_exit(abi_failed);
	}
	NEED(read(report[0], members, sizeof(members)));
	CHECK_EQ(heard(), 0);
	(void)!write(go[1], "x", 1);
	CHECK_EQ(read(report[0], &c, 1), 1);
	CHECK_EQ(heard(), end == GIVES_UP ? 11 : 0);
	(void)!write(go[1], "x", 1);
	EXPECT_EXIT(session, 0);
	CHECK_EQ(heard(), end == EXITS ? 1 : end == HANGS_UP ? 11 : 0);
	kill(members[0], SIGKILL);
	kill(members[1], SIGKILL);
}

int main(void)
{
	int console = open("/dev/console", O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (console < 0 || !isatty(console) || access(LINE, F_OK))
		SKIP("no serial line");
	IN_CHILD(leader(console));
	IN_CHILD(who_hears(EXITS));
	IN_CHILD(who_hears(GIVES_UP));
	IN_CHILD(who_hears(HANGS_UP));
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(syscall(SYS_vhangup), EPERM);
	});
	CHECK_OK(syscall(SYS_vhangup));		/* no terminal: nothing to do */
	return abi_done();
}
