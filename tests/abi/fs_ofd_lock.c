/* SPDX-License-Identifier: MIT */
/* fcntl(2) open file description locks: owned by the open file, not the process. */
#include "abi.h"

int main(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int a, b, c;

	a = NEED(open("f", O_CREAT | O_RDWR, 0644));
	b = NEED(open("f", O_RDWR));
	c = dup(a);
	CHECK_OK(lock_range(a, F_OFD_SETLK, F_WRLCK, 0, 10));
	/* The same process conflicts with itself through another open file ... */
	CHECK_ERR(lock_range(b, F_OFD_SETLK, F_WRLCK, 5, 1), EAGAIN);
	CHECK_ERR(lock_range(b, F_SETLK, F_WRLCK, 5, 1), EAGAIN);
	CHECK_OK(lock_range(b, F_OFD_SETLK, F_WRLCK, 10, 5));
	/* ... but not through a duplicate, nor through what a child inherited. */
	CHECK_OK(lock_range(c, F_OFD_SETLK, F_WRLCK, 0, 5));
	IN_CHILD(CHECK_OK(lock_range(a, F_OFD_SETLK, F_WRLCK, 2, 2)));
	CHECK_OK(fcntl(b, F_OFD_GETLK, &fl));
	CHECK_EQ(fl.l_type, F_WRLCK);
	CHECK_EQ(fl.l_pid, -1);
	CHECK_EQ(fl.l_len, 10);
	/* Closing another descriptor of the file drops nothing; the last one does. */
	close(NEED(open("f", O_RDONLY)));
	close(a);
	CHECK_ERR(lock_range(b, F_OFD_SETLK, F_WRLCK, 5, 1), EAGAIN);
	close(c);
	CHECK_OK(lock_range(b, F_OFD_SETLK, F_WRLCK, 5, 1));
	fl = (struct flock){ .l_type = F_WRLCK, .l_pid = 1 };
	CHECK_ERR(fcntl(b, F_OFD_SETLK, &fl), EINVAL);
	return abi_done();
}
