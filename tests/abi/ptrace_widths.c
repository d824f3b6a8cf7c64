/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2) by tracers of either width, of code of either width: words, struct user, sets of registers. What a 32-bit
 * tracer sees is the i386's; what NT_PRSTATUS and its kin hold follows the code that the tracee runs.
 */
#include "abi.h"
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifndef NT_386_TLS
#define NT_386_TLS	0x200
#endif
#define NT_386_IO	0x201
#define NARROW		(sizeof(long) == 4)
#define GENERAL32	68
#define GENERAL64	216
#define FSAVE		108
#define FXSAVE		512

static volatile long words[2] = { 0x11223344, 0x55667788 };

static long trace(long request, pid_t pid, unsigned long addr, void *data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

static int stopped(pid_t pid)
{
	int st = 0;

	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSTOPPED(st));
	return WSTOPSIG(st);
}

/* A child that stops; then it runs the statements and exits with 7. */
#define TRACED(...) ({								\
	pid_t t_ = FORK();							\
	if (!t_) {								\
		trace(PTRACE_TRACEME, 0, 0, NULL);				\
		raise(SIGSTOP);							\
		__VA_ARGS__;							\
		_exit(7);							\
	}									\
	CHECK_EQ(stopped(t_), SIGSTOP);						\
	t_;									\
})

static long get_set(pid_t pid, unsigned long type, void *buf, size_t size)
{
	struct iovec iov = { buf, size };

	return trace(PTRACE_GETREGSET, pid, type, &iov) ? -errno : (long)iov.iov_len;
}

static long put_set(pid_t pid, unsigned long type, void *buf, size_t size)
{
	struct iovec iov = { buf, size };

	return trace(PTRACE_SETREGSET, pid, type, &iov) ? -errno : (long)iov.iov_len;
}

static void end(pid_t pid, int code)
{
	CHECK_OK(trace(PTRACE_CONT, pid, 0, NULL));
	EXPECT_EXIT(pid, code);
}

static void words_and_messages(void)
{
	pid_t pid = TRACED(if (!fork()) _exit(0); _exit(words[0] == 0x1234 && words[1] == 0x55667788 ? 8 : 9));
	unsigned long v[2] = { 0, 0x77 };
	siginfo_t si[2];
	int st;

	CHECK_OK(trace(PTRACE_PEEKDATA, pid, (unsigned long)&words[0], v));
	CHECK_EQ(v[0], 0x11223344);
	CHECK_EQ(v[1], 0x77);
	CHECK_OK(trace(PTRACE_POKEDATA, pid, (unsigned long)&words[0], (void *)0x1234));
	CHECK_ERR(trace(PTRACE_PEEKDATA, pid, 8, v), EIO);
	CHECK_ERR(trace(PTRACE_PEEKDATA, pid, (unsigned long)words, (void *)8), EFAULT);
	memset(si, 0x5a, sizeof(si));
	CHECK_OK(trace(PTRACE_GETSIGINFO, pid, 0, si));
	CHECK_EQ(si[0].si_signo, SIGSTOP);
	CHECK_EQ(si[0].si_pid, pid);
	CHECK_EQ(*(unsigned char *)&si[1], 0x5a);
	si[0].si_status = 0x4711;
	CHECK_OK(trace(PTRACE_SETSIGINFO, pid, 0, si));
	memset(si, 0, sizeof(si));
	CHECK_OK(trace(PTRACE_GETSIGINFO, pid, 0, si));
	CHECK_EQ(si[0].si_pid, pid);
	CHECK_EQ(si[0].si_value.sival_int, 0x4711);
	CHECK_OK(trace(PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACEFORK));
	CHECK_OK(trace(PTRACE_CONT, pid, 0, NULL));
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st >> 8, SIGTRAP | PTRACE_EVENT_FORK << 8);
	v[0] = v[1] = 0x77;
	CHECK_OK(trace(PTRACE_GETEVENTMSG, pid, 0, v));
	CHECK(v[0] > (unsigned long)pid && v[0] < (unsigned long)pid + 20);
	CHECK_EQ(v[1], 0x77);
	CHECK_OK(trace(PTRACE_DETACH, pid, 0, NULL));
	CHECK_EQ(waitpid(v[0], &st, __WALL), v[0]);
	CHECK_OK(trace(PTRACE_DETACH, v[0], 0, NULL));
	EXPECT_EXIT(pid, 8);
}

/* struct user of the tracer's width. */
static void user_area(void)
{
	struct user_regs_struct regs, again;
	pid_t pid = TRACED();
	const unsigned long size = sizeof(struct user), debug = offsetof(struct user, u_debugreg);
	unsigned long v[2];
	unsigned char fp[1024];

	CHECK_OK(trace(PTRACE_GETREGS, pid, 0, &regs));
	for (size_t off = 0; off < sizeof(regs); off += sizeof(long)) {
		v[0] = 1, v[1] = 0x77;
		CHECK_OK(trace(PTRACE_PEEKUSER, pid, off, v));
		CHECK_EQ(v[0], *(unsigned long *)((char *)&regs + off));
		CHECK_EQ(v[1], 0x77);
	}
	CHECK_EQ(get_set(pid, NT_PRSTATUS, &again, sizeof(again)), sizeof(again));
	CHECK(!memcmp(&regs, &again, sizeof(regs)));
	CHECK_EQ(get_set(pid, NT_PRSTATUS, &again, 3 * sizeof(long)), 3 * sizeof(long));
	CHECK_EQ(get_set(pid, NT_PRSTATUS, &again, 3 * sizeof(long) + 1), -EINVAL);
	CHECK_ERR(trace(PTRACE_PEEKUSER, pid, 1, v), EIO);
	CHECK_ERR(trace(PTRACE_PEEKUSER, pid, size + 64, v), EIO);
	CHECK_ERR(trace(PTRACE_POKEUSER, pid, size + 64, NULL), EIO);
#ifdef __i386__
	CHECK_EQ(regs.xcs, 0x23);
	CHECK_EQ(regs.xss, 0x2b);
	CHECK_OK(trace(PTRACE_PEEKUSER, pid, size, v));		/* one more, and the rest is dummies */
	CHECK_OK(trace(PTRACE_POKEUSER, pid, sizeof(regs), (void *)5));
	CHECK_OK(trace(PTRACE_PEEKUSER, pid, sizeof(regs), v));
	CHECK_EQ(v[0], 0);
	CHECK_ERR(trace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.xcs), (void *)0x20), EIO);
	CHECK_ERR(trace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.xcs), NULL), EIO);
	CHECK_ERR(trace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.xds), (void *)0x28), EIO);
	CHECK_OK(trace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.xds), (void *)0x2b));
	regs.esi = 0x51515151;
	regs.eflags ^= 0x40 | 0x3000;				/* ZF; not IOPL */
#else
	regs.r12 = 0x5151515151515151;
	regs.eflags ^= 0x40 | 0x3000;
#endif
	CHECK_OK(trace(PTRACE_SETREGS, pid, 0, &regs));
	regs.eflags ^= 0x3000;
	CHECK_OK(trace(PTRACE_GETREGS, pid, 0, &again));
	CHECK(!memcmp(&regs, &again, sizeof(regs)));
	/* Breakpoints: addresses of user space only. */
	CHECK_OK(trace(PTRACE_POKEUSER, pid, debug, (void *)words));
	CHECK_OK(trace(PTRACE_PEEKUSER, pid, debug, v));
	CHECK_EQ(v[0], (unsigned long)words);
	CHECK_OK(trace(PTRACE_POKEUSER, pid, debug + 7 * sizeof(long), (void *)0xd0001));
	CHECK_OK(trace(PTRACE_PEEKUSER, pid, debug + 7 * sizeof(long), v));
	CHECK_EQ(v[0] & ~0x400UL, 0xd0001);
	CHECK_OK(trace(PTRACE_POKEUSER, pid, debug + 7 * sizeof(long), NULL));
	/* Floating point in the form of the width. */
	memset(fp, 0x5a, sizeof(fp));
	CHECK_OK(trace(PTRACE_GETFPREGS, pid, 0, fp));
	CHECK_EQ(fp[NARROW ? FSAVE : FXSAVE], 0x5a);
	CHECK_EQ(fp[0] | fp[1] << 8, 0x37f);
	end(pid, 7);
}

/* x87 registers in FSAVE's and FXSAVE's form are the same ones. Sets of code of 32 bits; size of tracer's FPREGS. */
static void narrow_fp(pid_t pid)
{
	unsigned char narrow[FSAVE + 4], wide[FXSAVE + 8], xstate[4096];
	long n;

	memset(narrow, 0x5a, sizeof(narrow));
	CHECK_EQ(get_set(pid, NT_PRFPREG, narrow, sizeof(narrow)), FSAVE);
	CHECK_EQ(narrow[FSAVE], 0x5a);
	memset(wide, 0x5a, sizeof(wide));
	CHECK_EQ(get_set(pid, NT_PRXFPREG, wide, sizeof(wide)), FXSAVE);
	CHECK_EQ(wide[FXSAVE], 0x5a);
	CHECK_EQ(narrow[0] | narrow[1] << 8, wide[0] | wide[1] << 8);
	CHECK_EQ(narrow[2], 0xff);
	/* two values loaded: 1.0 on top, pi below it */
	CHECK_EQ(*(unsigned short *)(wide + 2) >> 11 & 7, 6);
	CHECK_EQ(wide[4], 0xc0);
	CHECK_EQ(*(unsigned int *)(narrow + 8), 0xffff0fff);
	CHECK(!memcmp(narrow + 28, wide + 32, 10));
	CHECK(!memcmp(narrow + 38, wide + 48, 10));
	/* Written in one form, read in the other. */
	narrow[28] = 0x77;
	*(unsigned int *)(narrow + 8) = 0xffff3fff;	/* the one on top is free now */
	CHECK_EQ(put_set(pid, NT_PRFPREG, narrow, FSAVE), FSAVE);
	CHECK_EQ(get_set(pid, NT_PRXFPREG, wide, FXSAVE), FXSAVE);
	CHECK_EQ(wide[32], 0x77);
	CHECK_EQ(wide[4], 0x80);
	*(unsigned short *)narrow = 0x27f;
	CHECK_EQ(put_set(pid, NT_PRFPREG, narrow, 4), -EINVAL);
	CHECK_EQ(put_set(pid, NT_PRXFPREG, wide, 504), -EINVAL);
	CHECK_EQ(put_set(pid, NT_PRFPREG, narrow, FSAVE), FSAVE);
	CHECK_EQ(get_set(pid, NT_PRFPREG, narrow, FSAVE), FSAVE);
	CHECK_EQ(*(unsigned int *)narrow, 0xffff027f);
	CHECK_EQ(narrow[28], 0x77);
	*(unsigned int *)(wide + 24) = 0xffffffff;	/* MXCSR: such bits do not exist */
	CHECK_EQ(put_set(pid, NT_PRXFPREG, wide, FXSAVE), -EINVAL);
	n = get_set(pid, NT_X86_XSTATE, xstate, sizeof(xstate));
	CHECK(n == -ENODEV || n >= 576);
}

static void narrow_tls(pid_t pid)
{
	struct { unsigned int entry, base, limit, flags; } tls[4] = { };

	tls[3].entry = 0x5a;
	CHECK_EQ(get_set(pid, NT_386_TLS, tls, sizeof(tls)), 48);
	CHECK_EQ(tls[3].entry, 0x5a);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(tls[i].entry, 12 + i);
	tls[1].entry = 99;		/* the place in the set counts */
	tls[1].base = 0x12345678;
	tls[1].limit = 0xfffff;
	tls[1].flags = 0x51;		/* 32 bits, pages, usable */
	CHECK_EQ(put_set(pid, NT_386_TLS, tls, 32), 32);
	CHECK_EQ(get_set(pid, NT_386_TLS, tls, 48), 48);
	CHECK_EQ(tls[1].entry, 13);
	CHECK_EQ(tls[1].base, 0x12345678);
	CHECK_EQ(tls[1].limit, 0xfffff);
	CHECK_EQ(tls[1].flags, 0x51);
	tls[1].flags = 0x57;		/* code */
	CHECK_EQ(put_set(pid, NT_386_TLS, tls, 32), -EINVAL);
	CHECK_EQ(get_set(pid, NT_386_TLS, tls, 24), -EINVAL);
	memset(tls, 0, sizeof(tls));
	CHECK_EQ(put_set(pid, NT_386_TLS, tls + 1, 16), 16);
	CHECK_EQ(get_set(pid, NT_386_IO, tls, 48), -ENXIO);
	CHECK_EQ(get_set(pid, 0x4711, tls, 48), -EINVAL);
}

/* Machine code that can be reached by a far jump of any width: below 4 GiB. */
static unsigned char *low_code(const void *code, size_t len)
{
	unsigned char *p = mmap((void *)0x10000000, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p == MAP_FAILED)
		_exit(1);
	memcpy(p, code, len);
	return p;
}

/* 32-bit code: fldpi; fld1; mov $0x87654321,%ebx; int3; mov $1,%eax; int $0x80 (exit) */
static const unsigned char code32[] = { 0xd9, 0xeb, 0xd9, 0xe8, 0xbb, 0x21, 0x43, 0x65, 0x87, 0xcc,
					0xb8, 1, 0, 0, 0, 0xcd, 0x80 };
/* 64-bit code: movabs $0x1122334455667788,%rbx; int3; mov $60,%eax; mov $9,%edi; syscall */
static const unsigned char code64[] = { 0x48, 0xbb, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0xcc,
					0xb8, 60, 0, 0, 0, 0xbf, 9, 0, 0, 0, 0x0f, 0x05 };

static void far_jump(const void *code, size_t len, unsigned int cs)
{
	struct { unsigned int ip; unsigned short cs; } __attribute__((packed)) to;

	to.ip = (unsigned long)low_code(code, len);
	to.cs = cs;
	asm volatile("ljmp *%0" : : "m"(to));
}

static void tracee_of_32(void)
{
	pid_t pid = TRACED(far_jump(code32, sizeof(code32), 0x23));
	unsigned int regs[64];
	unsigned long v[2];

	CHECK_OK(trace(PTRACE_CONT, pid, 0, NULL));
	CHECK_EQ(stopped(pid), SIGTRAP);
	memset(regs, 0x5a, sizeof(regs));
	CHECK_EQ(get_set(pid, NT_PRSTATUS, regs, sizeof(regs)), GENERAL32);
	CHECK_EQ(regs[17], 0x5a5a5a5a);
	CHECK_EQ(regs[0], 0x87654321);		/* ebx */
	CHECK_EQ(regs[12], 0x1000000a);		/* eip */
	CHECK_EQ(regs[13], 0x23);
	CHECK_EQ(regs[11], 0xffffffff);		/* orig_eax: not in a system call */
	regs[0] = 10;
	CHECK_EQ(put_set(pid, NT_PRSTATUS, regs, 4), 4);
	/* The tracer's own struct user has it where its width has it. */
	CHECK_OK(trace(PTRACE_PEEKUSER, pid, NARROW ? 0 : 5 * 8, v));
	CHECK_EQ(v[0], 10);
	narrow_fp(pid);
	narrow_tls(pid);
	end(pid, 10);
}

static void tracee_of_64(void)
{
	pid_t pid = TRACED(far_jump(code64, sizeof(code64), 0x33));
	unsigned long long regs[32];
	unsigned long v[2];
	unsigned char fp[1024];

	CHECK_OK(trace(PTRACE_CONT, pid, 0, NULL));
	CHECK_EQ(stopped(pid), SIGTRAP);
	memset(regs, 0x5a, sizeof(regs));
	CHECK_EQ(get_set(pid, NT_PRSTATUS, regs, sizeof(regs)), GENERAL64);
	CHECK_EQ(regs[27] == 0x5a5a5a5a5a5a5a5a, 1);
	CHECK_EQ(regs[5] == 0x1122334455667788, 1);
	CHECK_EQ(get_set(pid, NT_PRFPREG, fp, sizeof(fp)), FXSAVE);
	CHECK_EQ(put_set(pid, NT_PRFPREG, fp, FXSAVE - 8), -EINVAL);
	CHECK_EQ(put_set(pid, NT_PRFPREG, fp, FXSAVE), FXSAVE);
	CHECK_EQ(get_set(pid, NT_386_TLS, fp, 48), -EINVAL);
	CHECK_OK(trace(PTRACE_PEEKUSER, pid, NARROW ? 0 : 5 * 8, v));
	CHECK_EQ((unsigned int)v[0], 0x55667788);
	if (NARROW) {		/* a write clears the upper half */
		CHECK_OK(trace(PTRACE_POKEUSER, pid, 0, (void *)0x55667788));
		CHECK_EQ(get_set(pid, NT_PRSTATUS, regs, sizeof(regs)), GENERAL64);
		CHECK_EQ(regs[5] == 0x55667788, 1);
	}
	end(pid, 9);
}

/* A call that was interrupted begins again when a tracer puts all registers back as they were. */
static void put_back(void)
{
	int fds[2];
	pid_t pid;
	struct user_regs_struct regs;
	char c = 'x';

	NEED(pipe(fds));
	pid = TRACED(char in = 0; long n = read(fds[0], &in, 1); _exit(n == 1 && in == 'x' ? 8 : 9));
	CHECK_OK(trace(PTRACE_CONT, pid, 0, NULL));
	let_block(pid);
	kill(pid, SIGUSR1);
	CHECK_EQ(stopped(pid), SIGUSR1);
	CHECK_OK(trace(PTRACE_GETREGS, pid, 0, &regs));
#ifdef __i386__
	CHECK_EQ(regs.eax, -512);
	CHECK_EQ(regs.orig_eax, SYS_read);
#else
	CHECK_EQ(regs.rax, -512);
	CHECK_EQ(regs.orig_rax, SYS_read);
#endif
	CHECK_OK(trace(PTRACE_SETREGS, pid, 0, &regs));
	CHECK_OK(trace(PTRACE_CONT, pid, 0, NULL));
	let_block(pid);
	CHECK_EQ(write(fds[1], &c, 1), 1);
	EXPECT_EXIT(pid, 8);
}

int main(void)
{
	words_and_messages();
	user_area();
	tracee_of_32();
	tracee_of_64();
	put_back();
	return abi_done();
}
