/* SPDX-License-Identifier: MIT */
/* The console as a terminal: termios, window size, sessions. Skipped if it is none. */
#include "abi.h"
#include <termios.h>

int main(void)
{
	struct termios t, t2;
	struct winsize ws, ws2;
	struct stat st;
	pid_t sid, pgrp;
	int fd = open("/dev/console", O_RDWR | O_NOCTTY | O_NONBLOCK), n;

	if (fd < 0 || !isatty(fd))
		SKIP("/dev/console is no terminal");
	CHECK_OK(fstat(fd, &st));
	CHECK(S_ISCHR(st.st_mode));

	memset(&t, 0xff, sizeof(t));
	NEED(tcgetattr(fd, &t));
	CHECK(t.c_cflag & CREAD);
	CHECK_EQ(t.c_cflag & CSIZE, CS8);
	/* Change and read back; then as it was. */
	t2 = t;
	t2.c_lflag &= ~(ICANON | ECHO);
	t2.c_cc[VMIN] = 0;
	t2.c_cc[VTIME] = 0;
	t2.c_cc[VINTR] = 7;
	CHECK_OK(ioctl(fd, TCSETS, &t2));
	memset(&t2, 0, sizeof(t2));
	CHECK_OK(tcgetattr(fd, &t2));
	CHECK(!(t2.c_lflag & (ICANON | ECHO)));
	CHECK_EQ(t2.c_cc[VINTR], 7);
	CHECK_EQ(t2.c_cc[VMIN], 0);
	CHECK_OK(tcsetattr(fd, TCSADRAIN, &t));
	CHECK_OK(tcgetattr(fd, &t2));
	CHECK_EQ(t2.c_lflag, t.c_lflag);
	CHECK_EQ(t2.c_cc[VINTR], t.c_cc[VINTR]);

	CHECK_OK(ioctl(fd, TIOCGWINSZ, &ws));
	ws2 = (struct winsize){ 33, 111, 0, 0 };
	CHECK_OK(ioctl(fd, TIOCSWINSZ, &ws2));
	memset(&ws2, 0, sizeof(ws2));
	CHECK_OK(ioctl(fd, TIOCGWINSZ, &ws2));
	CHECK(ws2.ws_row == 33 && ws2.ws_col == 111);
	CHECK_OK(ioctl(fd, TIOCSWINSZ, &ws));
	CHECK_OK(ioctl(fd, TIOCOUTQ, &n));
	CHECK(n >= 0);
	CHECK_OK(ioctl(fd, FIONREAD, &n));
	CHECK_EQ(write(fd, "", 0), 0);

	/* In a session without this terminal the job control calls are refused. */
	IN_CHILD({
		setsid();
		CHECK_ERR(ioctl(fd, TIOCGPGRP, &pgrp), ENOTTY);
		CHECK_ERR(ioctl(fd, TIOCGSID, &sid), ENOTTY);
		pgrp = getpgrp();
		CHECK_ERR(ioctl(fd, TIOCSPGRP, &pgrp), ENOTTY);
		CHECK_ERR(ioctl(fd, TIOCNOTTY), ENOTTY);
		CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	});
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_ioctl, fd, TCGETS, p), EFAULT);
		CHECK_ERR(syscall(SYS_ioctl, fd, TCSETS, p), EFAULT);
		CHECK_ERR(syscall(SYS_ioctl, fd, TIOCGWINSZ, p), EFAULT);
		CHECK_ERR(syscall(SYS_ioctl, fd, TIOCSWINSZ, p), EFAULT);
	}
	CHECK_ERR(ioctl(fd, 0x54ff, &n), ENOTTY);
	CHECK_ERR(lseek(fd, 0, SEEK_SET), ESPIPE);
	return abi_done();
}
