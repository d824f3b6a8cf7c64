/* SPDX-License-Identifier: MIT */
/* Descriptors over execve: kept or closed by FD_CLOEXEC, locks and offsets, a shared table. */
#include "abi.h"

static int child(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	for (int fd = 20; fd < 30; fd++)
		CHECK_EQ(fcntl(fd, F_GETFD), fd & 1 ? -1 : 0);
	CHECK_EQ(lseek(20, 0, SEEK_CUR), 4);
	CHECK_EQ(write(20, "more", 4), 4);
	/* Record locks belong to the process, which is still the same. */
	IN_CHILD({
		CHECK_OK(fcntl(19, F_GETLK, &fl));
		CHECK_EQ(fl.l_type, F_WRLCK);
		CHECK_EQ(fl.l_pid, getppid());
	});
	_exit(abi_failed);
}

static int sharer(void *arg)
{
	for (;;)
		pause();
	return 0;
}

int main(int argc, char **argv)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *stack = pages(4);
	int fd;
	pid_t pid, other;

	if (argc > 1)
		child();
	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(fd, "some", 4), 4);
	pid = FORK();
	if (!pid) {
		for (int i = 20; i < 30; i++)
			NEED(dup3(fd, i, i & 1 ? O_CLOEXEC : 0));
		/* in a file of its own: closing any descriptor of a file drops its locks */
		close(fd);
		fd = NEED(open("locked", O_CREAT | O_RDWR, 0600));
		NEED(dup2(fd, 19));
		close(fd);
		CHECK_OK(fcntl(19, F_SETLK, &fl));
		execl("/proc/self/exe", "x", "child", NULL);
		_exit(9);
	}
	EXPECT_EXIT(pid, 0);
	CHECK_STR(get_file("f"), "somemore");

	/* A table shared by CLONE_FILES is unshared by exec: the sharer's stays open. */
	CHECK_EQ(dup3(fd, 41, O_CLOEXEC), 41);
	other = CHECK_OK(clone(sharer, stack + 4 * PAGE, CLONE_VM | CLONE_FILES | SIGCHLD, NULL));
	pid = vfork();
	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(0);
	}
	abi_wait(pid);
	CHECK_EQ(fcntl(41, F_GETFD), FD_CLOEXEC);
	kill(other, SIGKILL);
	EXPECT_SIGNAL(other, SIGKILL);
	return abi_done();
}
