/* SPDX-License-Identifier: MIT */
/*
 * Calls of the i386 table through int $0x80: those whose arguments look the same in 32 bits, the
 * old ones that only this table has, signs, interrupted calls, signals at the exit.
 */
#include "abi.h"
#include <sys/utsname.h>

static char *low;		/* memory that 32 bits can point to */
#define L(offset) ((long)(low + (offset)))

static long int80(long nr, long b, long c, long d, long si, long di)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(b), "c"(c), "d"(d), "S"(si), "D"(di)
		     : "memory");
	return ret;
}
#define C0(nr)			int80(nr, 0, 0, 0, 0, 0)
#define C1(nr, a)		int80(nr, (long)(a), 0, 0, 0, 0)
#define C2(nr, a, b)		int80(nr, (long)(a), (long)(b), 0, 0, 0)
#define C3(nr, a, b, c)		int80(nr, (long)(a), (long)(b), (long)(c), 0, 0)

static long name(long offset, const char *text)
{
	strcpy(low + offset, text);
	return L(offset);
}

static void files(void)
{
	int fd = C2(8, name(0, "f"), 0640), *fds = (int *)(low + 512);

	CHECK(fd >= 0);						/* creat */
	CHECK_EQ(C3(4, fd, name(100, "0123456789"), 10), 10);	/* write */
	CHECK_EQ(C3(19, fd, -4, SEEK_END), 6);			/* lseek: the offset has a sign */
	CHECK_EQ(C3(19, fd, 0xfffffffcL, SEEK_END), 6);
	CHECK_EQ(C3(19, fd, -4, SEEK_SET), -EINVAL);
	CHECK_EQ(int80(140, fd, 1, 2, L(600), SEEK_SET), 0);	/* llseek */
	CHECK_EQ(*(long *)(low + 600), 0x100000002);
	CHECK_EQ(int80(140, fd, -1, -1, L(600), SEEK_SET), -EINVAL);
	CHECK_EQ(int80(140, fd, 0, 0, 8, SEEK_SET), -EFAULT);
	CHECK_EQ(C2(93, fd, 4), 0);				/* ftruncate */
	CHECK_EQ(C2(93, fd, 0x80000000L), -EINVAL);		/* a length has one, too */
	CHECK_EQ(C2(92, L(0), 0x80000000L), -EINVAL);		/* truncate */
	CHECK_EQ(C2(92, L(0), 3), 0);
	CHECK_STR(get_file("f"), "012");
	CHECK_EQ(fcntl(fd, F_GETFL), O_WRONLY | 0100000);	/* creat: O_LARGEFILE */
	CHECK_EQ(C1(6, fd), 0);
	fd = C3(5, L(0), O_RDONLY, 0);				/* open: without */
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDONLY);
	C1(6, fd);
	fd = int80(295, AT_FDCWD, L(0), O_RDONLY, 0, 0);	/* openat */
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDONLY);
	CHECK_EQ(C3(3, fd, L(700), 10), 3);			/* read */
	CHECK_EQ(C1(41, fd), fd + 1);				/* dup */
	CHECK_EQ(C2(63, fd, fd + 5), fd + 5);			/* dup2 */
	close(fd), close(fd + 1), close(fd + 5);
	CHECK_EQ(C2(9, L(0), name(20, "g")), 0);		/* link */
	CHECK_EQ(C2(38, L(20), name(40, "h")), 0);		/* rename */
	CHECK_EQ(C1(10, L(40)), 0);				/* unlink */
	CHECK_EQ(C1(10, L(40)), -ENOENT);
	CHECK_EQ(C2(39, name(60, "dir"), 0755), 0);		/* mkdir */
	CHECK_EQ(C1(12, L(60)), 0);				/* chdir */
	CHECK_EQ(C1(12, name(80, "..")), 0);
	CHECK_EQ(C1(40, L(60)), 0);				/* rmdir */
	CHECK_EQ(C2(15, L(0), 0604), 0);			/* chmod */
	CHECK_EQ(mode_of("f"), 0604);
	CHECK_EQ(C2(33, L(0), R_OK), 0);			/* access */
	CHECK_EQ(C3(14, name(200, "fifo"), S_IFIFO | 0600, 0), 0);	/* mknod */
	CHECK_EQ(stat_of("fifo").st_mode, S_IFIFO | 0600);
	CHECK_EQ(C1(60, 027), 022);				/* umask */
	CHECK_EQ(C1(60, 022), 027);
	CHECK_EQ(C1(42, L(512)), 0);				/* pipe */
	CHECK_EQ(C3(4, fds[1], L(0), 1), 1);
	close(fds[0]), close(fds[1]);
	CHECK_EQ(C0(36), 0);					/* sync */
	CHECK_EQ(C3(16, L(0), 1000, 0xffff), 0);		/* lchown16 */
	CHECK_EQ(stat_of("f").st_uid, 1000);
	CHECK_EQ(stat_of("f").st_gid, 0);
	NEED(chown("f", 0, 0));
	CHECK_EQ(C1(22, name(300, "nowhere")), -ENOENT);	/* umount */
	/* A path above 4 GiB is cut, and nothing is there. */
	CHECK_EQ(C3(5, 0x7f0000000000 | 8, O_RDONLY, 0), -EFAULT);
}

static void processes(void)
{
	int *status = (int *)low, pid, n;

	pid = C0(2);						/* fork */
	if (!pid)
		C1(1, 7);					/* exit */
	CHECK_EQ(C3(7, pid, L(0), 0), pid);			/* waitpid */
	CHECK_EQ(*status, 7 << 8);
	CHECK_EQ(C3(7, -1, 0, 0), -ECHILD);
	CHECK_EQ(C3(7, 0xffffffffL, 0, WNOHANG), -ECHILD);
	CHECK_EQ(C3(7, -1, 0, 0x40), -EINVAL);
	pid = C0(190);						/* vfork */
	if (!pid)
		C1(1, 3);
	CHECK_EQ(C3(7, pid, L(0), 0), pid);
	CHECK_EQ(*status, 3 << 8);
	CHECK_EQ(C0(20), getpid());
	CHECK_EQ(C0(64), getppid());
	CHECK_EQ(C0(65), getpgrp());
	CHECK_EQ(C1(147, 0), getsid(0));
	CHECK_EQ(C0(24), 0);					/* getuid16 */
	CHECK_EQ(C0(199), 0);
	IN_CHILD(
		CHECK_EQ(C2(57, 0, 0), 0);			/* setpgid */
		CHECK_EQ(C0(65), getpid());
		CHECK_EQ(C1(34, 5), 0);				/* nice */
		CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
		CHECK_EQ(C1(34, -100000), 0);
		CHECK_EQ(getpriority(PRIO_PROCESS, 0), -20);
		CHECK_EQ(C1(34, 0x7fffffff), 0);
		CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
		CHECK_EQ(C2(96, PRIO_PROCESS, 0), 1);		/* getpriority: 20 - nice */
	);
	IN_CHILD(
		CHECK_EQ(C1(213, 100000), 0);			/* setuid32 */
		CHECK_EQ(C0(24), 65534);
		CHECK_EQ(C0(49), 65534);
		CHECK_EQ(C1(34, -1), -EPERM);
		CHECK_EQ(C1(25, name(0, "xxxx")), -EPERM);	/* stime */
	);
	IN_CHILD(
		CHECK_EQ(C1(46, 3), 0);				/* setgid16 */
		CHECK_EQ(C2(71, 0xffff, 4), 0);			/* setregid16 */
		CHECK_EQ(getgid(), 3);
		CHECK_EQ(C0(50), 4);
		CHECK_EQ(C2(70, 0x10005, 0xffff), 0);		/* setreuid16: 16 bits count */
		CHECK_EQ(getuid(), 5);
		CHECK_EQ(C3(165, L(0), L(2), L(4)), 0);		/* getresuid16 */
		CHECK_EQ(*(uint16_t *)low, 5);
	);
	n = C1(27, 100);					/* alarm */
	CHECK_EQ(n, 0);
	n = C1(27, 0);
	CHECK(n == 100 || n == 99);
	CHECK_EQ(C1(25, 8), -EFAULT);
	CHECK_EQ(C1(13, L(0)), *status);			/* time */
	CHECK(labs(*status - time(NULL)) <= 1);
	CHECK_EQ(C1(13, 8), -EFAULT);
}

static void names(void)
{
	struct utsname u;

	NEED(uname(&u));
	memset(low, 'x', 400);
	CHECK_EQ(C1(109, L(0)), 0);				/* uname: five of 65 */
	CHECK_EQ(memcmp(low, &u, 5 * 65), 0);
	CHECK_EQ(low[5 * 65], 'x');
	memset(low, 'x', 100);
	CHECK_EQ(C1(59, L(0)), 0);				/* olduname: five of 9 */
	CHECK_STR(low, "Linux");
	CHECK_EQ(strncmp(low + 18, u.release, 8), 0);
	CHECK_EQ(low[26], 0);
	CHECK_STR(low + 36, "x86_64");
	CHECK_EQ(low[45], 'x');
	CHECK_EQ(C1(59, 8), -EFAULT);
	CHECK_EQ(C1(122, L(0)), 0);				/* newuname */
	CHECK_EQ(memcmp(low, &u, sizeof(u)), 0);
}

static volatile int caught;

static void on_signal(int sig)
{
	caught = sig;
}

static void masks(void)
{
	uint32_t *set = (uint32_t *)low;
	sigset_t all;

	catch_sig(SIGUSR1, on_signal, 0);
	CHECK_EQ(C1(69, 1 << (SIGUSR1 - 1)), 0);		/* ssetmask */
	CHECK_EQ(C0(68), 1 << (SIGUSR1 - 1));			/* sgetmask */
	CHECK_EQ(C2(37, getpid(), SIGUSR1), 0);			/* kill */
	CHECK_EQ(caught, 0);
	CHECK_EQ(C1(73, L(0)), 0);				/* sigpending */
	CHECK_EQ(*set, 1 << (SIGUSR1 - 1));
	CHECK_EQ(C3(72, 0, 0, 0), -EINTR);			/* sigsuspend */
	CHECK_EQ(caught, SIGUSR1);
	CHECK_EQ(C1(69, -1), 1 << (SIGUSR1 - 1));		/* the sign: all 64 */
	NEED(sigprocmask(SIG_BLOCK, NULL, &all));
	CHECK(sigismember(&all, 40));
	CHECK(!sigismember(&all, SIGKILL));
	*set = 1 << (SIGUSR2 - 1);
	CHECK_EQ(C3(126, SIG_SETMASK, L(0), L(8)), 0);		/* sigprocmask */
	CHECK_EQ(set[2], 0xfffbfeff);				/* all but KILL and STOP */
	NEED(sigprocmask(SIG_BLOCK, NULL, &all));
	CHECK(sigismember(&all, 40));				/* above 32: as they were */
	CHECK(!sigismember(&all, SIGUSR1));
	CHECK_EQ(C3(126, SIG_UNBLOCK, L(0), 0), 0);
	CHECK_EQ(C3(126, 9, L(0), 0), -EINVAL);
	CHECK_EQ(C3(126, 9, 0, L(0)), 0);
	CHECK_EQ(*set, 0);
	CHECK_EQ(C3(126, SIG_BLOCK, 8, 0), -EFAULT);
	C1(69, 0);
	/* A signal raised by the call itself is taken before the next instruction. */
	caught = 0;
	CHECK_EQ(C2(37, getpid(), SIGUSR1), 0);
	CHECK_EQ(caught, SIGUSR1);
}

/* poll goes on by restart_syscall after a signal that no handler takes: number 0 in this table. */
static void restart(void)
{
	struct pollfd *p = (struct pollfd *)low;
	int fds[2];
	pid_t child, self = getpid();
	char c;

	NEED(pipe(fds));
	child = FORK();
	if (!child) {
		for (int i = 0; i < 3; i++) {
			let_block(self);
			kill(self, SIGSTOP);
			wait_state(self, 'T');
			kill(self, SIGCONT);
		}
		msleep(20);
		_exit(write(fds[1], "x", 1) != 1);
	}
	*p = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	CHECK_EQ(C3(168, L(0), 1, 5000), 1);
	EXPECT_EXIT(child, 0);
	/* read begins anew after a handler with SA_RESTART. */
	NEED(read(fds[0], &c, 1));
	ticks_start(SA_RESTART);
	child = FORK();
	if (!child) {
		msleep(100);
		_exit(write(fds[1], "y", 1) != 1);
	}
	CHECK_EQ(C3(3, fds[0], L(0), 1), 1);
	CHECK_EQ(low[0], 'y');
	ticks_stop();
	EXPECT_EXIT(child, 0);
	ticks_start(0);
	CHECK_EQ(C3(3, fds[0], L(0), 1), -EINTR);
	ticks_stop();
	CHECK(abi_ticks > 0);
	close(fds[0]), close(fds[1]);
}

#define PATTERN(i) (0xa5a5000000000000UL + (i) * 0x1111111100000101UL)

/*
 * void int80_registers(u64 *regs): loads rbx rcx rdx rsi rdi rbp r8 to r15 out of regs[0..13], makes
 * the call in regs[14] and stores them again.
 */
void int80_registers(uint64_t *regs);
asm(".text\n"
    "int80_registers:\n\t"
    "push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\tpush %rdi\n\t"
    "mov 112(%rdi), %rax\n\t"
    "mov (%rdi), %rbx\n\tmov 8(%rdi), %rcx\n\tmov 16(%rdi), %rdx\n\tmov 24(%rdi), %rsi\n\t"
    "mov 40(%rdi), %rbp\n\tmov 48(%rdi), %r8\n\tmov 56(%rdi), %r9\n\tmov 64(%rdi), %r10\n\t"
    "mov 72(%rdi), %r11\n\tmov 80(%rdi), %r12\n\tmov 88(%rdi), %r13\n\tmov 96(%rdi), %r14\n\t"
    "mov 104(%rdi), %r15\n\tmov 32(%rdi), %rdi\n\t"
    "int $0x80\n\t"
    "xchg %rdi, (%rsp)\n\t"
    "mov %rax, 112(%rdi)\n\t"
    "mov %rbx, (%rdi)\n\tmov %rcx, 8(%rdi)\n\tmov %rdx, 16(%rdi)\n\tmov %rsi, 24(%rdi)\n\t"
    "pop %rax\n\tmov %rax, 32(%rdi)\n\t"
    "mov %rbp, 40(%rdi)\n\tmov %r8, 48(%rdi)\n\tmov %r9, 56(%rdi)\n\tmov %r10, 64(%rdi)\n\t"
    "mov %r11, 72(%rdi)\n\tmov %r12, 80(%rdi)\n\tmov %r13, 88(%rdi)\n\tmov %r14, 96(%rdi)\n\t"
    "mov %r15, 104(%rdi)\n\t"
    "pop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbp\n\tpop %rbx\n\tret");

/* What the kernel hands back: all registers but rax, with all their bits. */
static void registers(void)
{
	static const long calls[] = { 20, 64, 100000, -1, 0x7fffffff, 0x80000000, 17, 11, 106 };
	uint64_t regs[15];

	for (unsigned n = 0; n < sizeof(calls) / sizeof(*calls); n++) {
		for (int i = 0; i < 14; i++)
			regs[i] = PATTERN(i);
		regs[14] = calls[n] | 0xdead00000000;
		if (n >= 7)		/* execve, newstat: not on the pointers of this noise */
			regs[0] = 0;
		int80_registers(regs);
		for (int i = n >= 7; i < 14; i++)
			CHECK_EQ(regs[i], PATTERN(i));
		if (n == 0)
			CHECK_EQ(regs[14], getpid());
		else if (n >= 2 && n <= 6)
			CHECK_EQ(regs[14], -ENOSYS);
	}
}

int main(void)
{
	low = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED)
		FAIL("no memory below 2 GiB");
	files();
	processes();
	names();
	masks();
	restart();
	registers();
	return abi_done();
}
