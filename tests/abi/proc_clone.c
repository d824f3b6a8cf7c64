/* SPDX-License-Identifier: MIT */
/* clone(2): what each sharing flag shares, tid words, flags that exclude one another. */
#include "abi.h"

static char *stack;
static volatile int word;
static int fd;

#define CLONE(fn, flags, ...) clone(fn, stack + 64 * 1024, flags, NULL, ##__VA_ARGS__)

static int poke(void *arg)
{
	word = 1;
	return 5;
}

static int closes(void *arg)
{
	close(fd);
	return 0;
}

static int moves(void *arg)
{
	umask(0123);
	return chdir("/");
}

static void on_usr1(int sig)
{
}

static int handles(void *arg)
{
	signal(SIGUSR1, on_usr1);
	return 0;
}

static int lingers(void *arg)
{
	msleep(30);
	return 0;
}

static void vm(void)
{
	int st;
	pid_t pid;

	word = 0;
	pid = CHECK_OK(CLONE(poke, SIGCHLD));
	EXPECT_EXIT(pid, 5);
	CHECK_EQ(word, 0);
	pid = CHECK_OK(CLONE(poke, CLONE_VM | SIGCHLD));
	EXPECT_EXIT(pid, 5);
	CHECK_EQ(word, 1);
	word = 0;
	pid = CHECK_OK(CLONE(poke, CLONE_VM | CLONE_VFORK | SIGCHLD));
	CHECK_EQ(word, 1);
	EXPECT_EXIT(pid, 5);

	/* Another exit signal than SIGCHLD (or none) needs __WALL or __WCLONE to wait for. */
	pid = CHECK_OK(CLONE(poke, CLONE_VM));
	CHECK_ERR(waitpid(pid, &st, 0), ECHILD);
	CHECK_EQ(waitpid(pid, &st, __WALL), pid);
	CHECK_EQ(st, 5 << 8);
	signal(SIGUSR2, SIG_IGN);
	pid = CHECK_OK(CLONE(poke, CLONE_VM | SIGUSR2));
	CHECK_EQ(waitpid(pid, &st, __WCLONE), pid);
}

static void files(void)
{
	char home[4096], cwd[4096];

	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	EXPECT_EXIT(CLONE(closes, SIGCHLD), 0);
	CHECK_OK(fcntl(fd, F_GETFD));
	EXPECT_EXIT(CLONE(closes, CLONE_FILES | SIGCHLD), 0);
	CHECK_ERR(fcntl(fd, F_GETFD), EBADF);

	CHECK_OK(syscall(SYS_getcwd, home, sizeof(home)));
	umask(022);
	EXPECT_EXIT(CLONE(moves, SIGCHLD), 0);
	CHECK_OK(syscall(SYS_getcwd, cwd, sizeof(cwd)));
	CHECK_STR(cwd, home);
	EXPECT_EXIT(CLONE(moves, CLONE_FS | SIGCHLD), 0);
	CHECK_OK(syscall(SYS_getcwd, cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/");
	CHECK_EQ(umask(022), 0123);
	CHECK_OK(chdir(home));

	signal(SIGUSR1, SIG_IGN);
	EXPECT_EXIT(CLONE(handles, CLONE_VM | SIGCHLD), 0);
	CHECK(signal(SIGUSR1, SIG_IGN) == SIG_IGN);
	EXPECT_EXIT(CLONE(handles, CLONE_VM | CLONE_SIGHAND | SIGCHLD), 0);
	CHECK(signal(SIGUSR1, SIG_DFL) == on_usr1);
}

static void tids(void)
{
	volatile pid_t ptid = 0, ctid = 77;
	pid_t pid;

	pid = CLONE(lingers, CLONE_PARENT_SETTID | SIGCHLD, &ptid, NULL, &ctid);
	CHECK_EQ(ptid, pid);
	CHECK_EQ(ctid, 77);
	EXPECT_EXIT(pid, 0);
	pid = CLONE(lingers, CLONE_VM | CLONE_CHILD_SETTID | SIGCHLD, &ptid, NULL, &ctid);
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(ctid, pid);
	pid = CLONE(lingers, CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, &ptid,
		    NULL, &ctid);
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(ctid, 0);
	/* In its own memory the child sees its tid, the parent does not. */
	ctid = 77;
	pid = syscall(SYS_clone, CLONE_CHILD_SETTID | SIGCHLD, 0L, 0L, &ctid, 0L);
	if (!pid)
		_exit(ctid == syscall(SYS_gettid) ? 11 : 12);
	EXPECT_EXIT(pid, 11);
	CHECK_EQ(ctid, 77);
	/* CLONE_PARENT: a sister, not a child; nobody here may wait for her. */
	IN_CHILD({
		pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0L, 0L, 0L, 0L);
		if (!pid)
			_exit(0);
		CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);
	});
	CHECK(waitpid(-1, NULL, 0) > 0);
	CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
}

static void refused(void)
{
	CHECK_ERR(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0L, 0L, 0L, 0L), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_THREAD, 0L, 0L, 0L, 0L), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND, 0L, 0L, 0L, 0L), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_THREAD | CLONE_VM, 0L, 0L, 0L, 0L), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0L, 0L, 0L, 0L), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0L, &word, 0L,
			  0L), EINVAL);
	CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
	/* The parent's tid word may be bad: the child is made all the same. */
	{
		pid_t pid = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0L, UNMAPPED, 0L, 0L);

		if (!pid)
			_exit(0);
		CHECK(pid > 0);
		EXPECT_EXIT(pid, 0);
	}
}

int main(void)
{
	stack = pages(16);
	vm();
	files();
	tids();
	refused();
	return abi_done();
}
