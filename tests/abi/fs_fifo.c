/* SPDX-License-Identifier: MIT */
/* FIFOs: who waits for whom in open(2). */
#include "abi.h"

int main(void)
{
	char buf[16] = "";
	int r, w;
	pid_t pid;

	CHECK_OK(mkfifo("p", 0600));
	/* Nonblocking: a reader may come first, a writer may not. */
	CHECK_ERR(open("p", O_WRONLY | O_NONBLOCK), ENXIO);
	r = CHECK_OK(open("p", O_RDONLY | O_NONBLOCK));
	CHECK_EQ(read(r, buf, 10), 0);		/* no writer yet: end of file */
	w = CHECK_OK(open("p", O_WRONLY | O_NONBLOCK));
	CHECK_ERR(read(r, buf, 10), EAGAIN);
	CHECK_EQ(write(w, "abc", 3), 3);
	CHECK_EQ(read(r, buf, 10), 3);
	CHECK_ERR(lseek(r, 0, SEEK_SET), ESPIPE);
	close(w);
	CHECK_EQ(read(r, buf, 10), 0);
	/* It opens again, and what nobody read is gone with the last close. */
	w = CHECK_OK(open("p", O_WRONLY));
	CHECK_EQ(write(w, "lost", 4), 4);
	close(w);
	close(r);
	r = CHECK_OK(open("p", O_RDONLY | O_NONBLOCK));
	CHECK_EQ(read(r, buf, 10), 0);
	close(r);

	/* O_RDWR never waits (Linux). */
	r = CHECK_OK(open("p", O_RDWR));
	CHECK_EQ(write(r, "self", 4), 4);
	CHECK_EQ(read(r, buf, 10), 4);
	close(r);

	/* Blocking: each side waits for the other. */
	pid = FORK();
	if (!pid) {
		w = open("p", O_WRONLY);
		CHECK_EQ(write(w, "from child", 10), 10);
		_exit(abi_failed);
	}
	let_block(pid);
	r = CHECK_OK(open("p", O_RDONLY));
	CHECK_EQ(read(r, buf, 16), 10);
	CHECK_EQ(read(r, buf, 16), 0);
	EXPECT_EXIT(pid, 0);
	close(r);
	pid = FORK();
	if (!pid) {
		r = open("p", O_RDONLY);
		CHECK_EQ(read(r, buf, 16), 2);
		_exit(abi_failed);
	}
	let_block(pid);
	w = CHECK_OK(open("p", O_WRONLY));
	CHECK_EQ(write(w, "hi", 2), 2);
	EXPECT_EXIT(pid, 0);
	close(w);

	/* A signal ends the waiting open; a reader that came and went releases it. */
	IN_CHILD({
		ticks_start(0);
		CHECK_ERR(open("p", O_RDONLY), EINTR);
		CHECK_ERR(open("p", O_WRONLY), EINTR);
	});
	pid = FORK();
	if (!pid)
		_exit(open("p", O_WRONLY) < 0);
	let_block(pid);
	close(CHECK_OK(open("p", O_RDONLY | O_NONBLOCK)));
	EXPECT_EXIT(pid, 0);
	/* Removing the name leaves the FIFO. */
	r = CHECK_OK(open("p", O_RDONLY | O_NONBLOCK));
	w = CHECK_OK(open("p", O_WRONLY));
	CHECK_OK(unlink("p"));
	CHECK_EQ(write(w, "x", 1), 1);
	CHECK_EQ(read(r, buf, 16), 1);
	return abi_done();
}
