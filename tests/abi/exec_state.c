/* SPDX-License-Identifier: MIT */
/* execve(2): what survives it and what is reset, exec(2)'s long list. */
#include "abi.h"
#include <sys/prctl.h>

static char altstack[65536];

static void handler(int sig)
{
}

static int second(char **argv)
{
	struct sigaction sa;
	struct itimerval it;
	struct rlimit rl;
	sigset_t set;
	stack_t ss;
	char name[17] = "", cwd[4096];

	/* Kept. */
	CHECK_EQ(getpid(), atoi(argv[2]));
	CHECK_EQ(getppid(), atoi(argv[3]));
	CHECK_EQ(getpgrp(), atoi(argv[4]));
	CHECK_OK(syscall(SYS_getcwd, cwd, sizeof(cwd)));
	CHECK_STR(cwd, argv[5]);
	CHECK_EQ(umask(0), 031);
	CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(sigismember(&set, SIGUSR1) && !sigismember(&set, SIGUSR2));
	CHECK_OK(sigpending(&set));
	CHECK(sigismember(&set, SIGUSR1));
	CHECK_OK(getitimer(ITIMER_REAL, &it));
	CHECK(it.it_value.tv_sec > 50);
	CHECK_OK(getrlimit(RLIMIT_CPU, &rl));
	CHECK_EQ(rl.rlim_cur, 1000);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
	CHECK_OK(fcntl(50, F_GETFD));
	CHECK_EQ(lseek(50, 0, SEEK_CUR), 3);

	/* Ignored stays ignored, caught becomes default, flags go. */
	CHECK_OK(sigaction(SIGHUP, NULL, &sa));
	CHECK(sa.sa_handler == SIG_IGN);
	CHECK_OK(sigaction(SIGUSR2, NULL, &sa));
	CHECK(sa.sa_handler == SIG_DFL);
	CHECK_EQ(sa.sa_flags & (SA_RESTART | SA_SIGINFO), 0);
	CHECK(!sigismember(&sa.sa_mask, SIGTERM));
	CHECK_OK(sigaltstack(NULL, &ss));
	CHECK_EQ(ss.ss_flags, SS_DISABLE);
	/* Reset. */
	CHECK_ERR(fcntl(51, F_GETFD), EBADF);
	CHECK_OK(prctl(PR_GET_NAME, name, 0, 0, 0));
	CHECK_STR(name, "exe");
	CHECK_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	CHECK_ERR(msync(UNMAPPED, PAGE, MS_ASYNC), ENOMEM);
	CHECK_ERR(msync((void *)0x200000000000, PAGE, MS_ASYNC), ENOMEM);
	_exit(abi_failed);
}

int main(int argc, char **argv)
{
	char pid[16], ppid[16], pgrp[16], cwd[4096];
	struct itimerval it = { { 0, 0 }, { 100, 0 } };
	struct rlimit rl = { 1000, RLIM_INFINITY };
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	stack_t ss = { .ss_sp = altstack, .ss_size = sizeof(altstack) };
	sigset_t set;
	pid_t c;
	int fd;

	if (argc > 1)
		second(argv);
	c = FORK();
	if (!c) {
		setpgid(0, 0);
		snprintf(pid, 16, "%d", getpid());
		snprintf(ppid, 16, "%d", getppid());
		snprintf(pgrp, 16, "%d", getpgrp());
		CHECK_OK(syscall(SYS_getcwd, cwd, sizeof(cwd)));
		umask(031);
		signal(SIGHUP, SIG_IGN);
		sigaddset(&sa.sa_mask, SIGTERM);
		CHECK_OK(sigaction(SIGUSR2, &sa, NULL));
		CHECK_OK(sigaltstack(&ss, NULL));
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
		raise(SIGUSR1);
		CHECK_OK(setitimer(ITIMER_REAL, &it, NULL));
		CHECK_OK(setrlimit(RLIMIT_CPU, &rl));
		CHECK_OK(setpriority(PRIO_PROCESS, 0, 5));
		CHECK_OK(prctl(PR_SET_NAME, "other", 0, 0, 0));
		CHECK_OK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
		CHECK(mmap((void *)0x200000000000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
			   MAP_FIXED, -1, 0) != MAP_FAILED);
		fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
		CHECK_EQ(write(fd, "abc", 3), 3);
		CHECK_EQ(dup2(fd, 50), 50);
		CHECK_EQ(dup3(fd, 51, O_CLOEXEC), 51);
		if (abi_failed)
			_exit(1);
		execl("/proc/self/exe", "x", "second", pid, ppid, pgrp, cwd, NULL);
		_exit(2);
	}
	EXPECT_EXIT(c, 0);
	return abi_done();
}
