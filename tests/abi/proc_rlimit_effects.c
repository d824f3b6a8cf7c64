/* SPDX-License-Identifier: MIT */
/* What resource limits do: NOFILE, FSIZE, NPROC, STACK, AS, DATA, CPU. */
#include "abi.h"

static volatile int got;

static void on_sig(int sig)
{
	got = sig;
}

static void limit(int what, rlim_t cur)
{
	struct rlimit rl;

	CHECK_OK(getrlimit(what, &rl));
	rl.rlim_cur = cur;
	CHECK_OK(setrlimit(what, &rl));
}

static void nofile(void)
{
	int p[2], n = dup(0);

	limit(RLIMIT_NOFILE, n);
	CHECK_ERR(dup(0), EMFILE);
	close(n);
	limit(RLIMIT_NOFILE, n + 1);
	CHECK_EQ(dup(0), n);
	CHECK_ERR(dup(0), EMFILE);
	CHECK_ERR(pipe(p), EMFILE);
	CHECK_ERR(open("/", O_RDONLY), EMFILE);
	close(n);
	CHECK_ERR(pipe(p), EMFILE);	/* one is free, two are needed */
	CHECK_EQ(dup(0), n);
}

static void fsize(void)
{
	char buf[200] = "";
	int fd = NEED(open("f", O_CREAT | O_RDWR, 0600));

	catch_sig(SIGXFSZ, on_sig, 0);
	limit(RLIMIT_FSIZE, 1000);
	CHECK_EQ(pwrite(fd, buf, 200, 900), 100);	/* up to the limit */
	CHECK_EQ(got, 0);
	CHECK_ERR(pwrite(fd, buf, 200, 1000), EFBIG);
	CHECK_EQ(got, SIGXFSZ);
	got = 0;
	CHECK_ERR(ftruncate(fd, 1001), EFBIG);
	CHECK_EQ(got, SIGXFSZ);
	CHECK_OK(ftruncate(fd, 1000));
	signal(SIGXFSZ, SIG_IGN);
	CHECK_ERR(pwrite(fd, buf, 1, 1000), EFBIG);
	signal(SIGXFSZ, SIG_DFL);
	DIES_BY(SIGXFSZ, pwrite(fd, buf, 1, 1000));
	CHECK_EQ(stat_of("f").st_size, 1000);
}

static void nproc(void)
{
	pid_t pid;

	NEED(setresuid(4321, 4321, 4321));
	limit(RLIMIT_NPROC, 2);
	pid = CHECK_OK(fork());
	if (!pid)
		for (;;)
			pause();
	CHECK_ERR(fork(), EAGAIN);
	kill(pid, SIGKILL);
	EXPECT_SIGNAL(pid, SIGKILL);
	pid = CHECK_OK(fork());
	if (!pid)
		_exit(0);
	EXPECT_EXIT(pid, 0);
}

static void as(void)
{
	limit(RLIMIT_AS, 64 << 20);
	CHECK_ERR((long)mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		  ENOMEM);
	CHECK(mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	CHECK_ERR(brk(sbrk(0) + (256 << 20)), ENOMEM);
}

static void data(void)
{
	char *now = sbrk(0);

	limit(RLIMIT_DATA, 8 << 20);
	CHECK_ERR(brk(now + (16 << 20)), ENOMEM);
	CHECK_OK(brk(now + 4096));
	CHECK_ERR((long)mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0), ENOMEM);
	CHECK(mmap(NULL, 16 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static int __attribute__((noinline)) dig(int kb)
{
	volatile char hole[1024];

	hole[0] = kb;
	return kb ? dig(kb - 1) + hole[0] : 0;
}

static void stack(void)
{
	limit(RLIMIT_STACK, 256 << 10);
	dig(100);
	DIES_BY(SIGSEGV, dig(600));
}

static void cpu(void)
{
	pid_t pid = FORK();
	int st;

	if (!pid) {
		struct rlimit rl = { 1, 2 };

		setrlimit(RLIMIT_CPU, &rl);
		for (;;)
			;
	}
	st = abi_wait(pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGXCPU);
}

int main(void)
{
	IN_CHILD(nofile());
	IN_CHILD(fsize());
	IN_CHILD(nproc());
	IN_CHILD(as());
	IN_CHILD(data());
	IN_CHILD(stack());
	IN_CHILD(cpu());
	return abi_done();
}
