/* SPDX-License-Identifier: MIT */
/* x87, SSE and AVX state: over signals, fork, switches, threads, and fresh after exec. */
#include "abi.h"
#include <cpuid.h>

static int avx;

static void fill(uint64_t seed)
{
	uint64_t v[16][4];

	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 4; k++)
			v[i][k] = seed * 1000003 + i * 16 + k;
#define LD(n) "vmovdqu " #n "*32(%0), %%ymm" #n "\n\t"
#define LS(n) "movdqu " #n "*32(%0), %%xmm" #n "\n\t"
	if (avx)
		asm volatile(LD(0) LD(1) LD(2) LD(3) LD(4) LD(5) LD(6) LD(7) LD(8) LD(9) LD(10)
			     LD(11) LD(12) LD(13) LD(14) LD(15) : : "r"(v) : "memory");
	else
		asm volatile(LS(0) LS(1) LS(2) LS(3) LS(4) LS(5) LS(6) LS(7) LS(8) LS(9) LS(10)
			     LS(11) LS(12) LS(13) LS(14) LS(15) : : "r"(v) : "memory");
}

static int holds(uint64_t seed)
{
	uint64_t v[16][4];

#define ST(n) "vmovdqu %%ymm" #n ", " #n "*32(%0)\n\t"
#define SS(n) "movdqu %%xmm" #n ", " #n "*32(%0)\n\t"
	if (avx)
		asm volatile(ST(0) ST(1) ST(2) ST(3) ST(4) ST(5) ST(6) ST(7) ST(8) ST(9) ST(10)
			     ST(11) ST(12) ST(13) ST(14) ST(15) : : "r"(v) : "memory");
	else
		asm volatile(SS(0) SS(1) SS(2) SS(3) SS(4) SS(5) SS(6) SS(7) SS(8) SS(9) SS(10)
			     SS(11) SS(12) SS(13) SS(14) SS(15) : : "r"(v) : "memory");
	for (int i = 0; i < 16; i++)
		for (int k = 0; k < (avx ? 4 : 2); k++)
			if (v[i][k] != seed * 1000003 + i * 16 + k)
				return 0;
	return 1;
}

/* System calls straight from here, so that no library touches the registers between. */
static long raw(long nr, long a, long b, long c, long d)
{
	register long r10 asm("r10") = d;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
		     : "rcx", "r11", "memory");
	return ret;
}

static volatile int ran, clean_in_handler;

static void spoils(int sig)
{
	uint16_t cw;
	uint32_t mxcsr;

	asm volatile("fnstcw %0; stmxcsr %1" : "=m"(cw), "=m"(mxcsr));
	clean_in_handler = cw == 0x37f && (mxcsr & 0xffc0) == 0x1f80;
	fill(999);
	cw = 0x27f;
	mxcsr = 0x9fc0;
	asm volatile("fldcw %0; ldmxcsr %1; fldpi" : : "m"(cw), "m"(mxcsr));
	ran++;
}

static void over_signal(void)
{
	uint16_t cw = 0xf7f, cw2;
	uint32_t mx = 0x3f80, mx2;
	long double st = 1.25L;

	catch_sig(SIGUSR1, spoils, 0);
	fill(1);
	asm volatile("fldcw %0; ldmxcsr %1; fldt %2" : : "m"(cw), "m"(mx), "m"(st));
	raw(SYS_kill, getpid(), SIGUSR1, 0, 0);
	st = 0;
	asm volatile("fstpt %2; fnstcw %0; stmxcsr %1" : "=m"(cw2), "=m"(mx2), "=m"(st));
	CHECK(holds(1));
	CHECK_EQ(ran, 1);
	CHECK_EQ(clean_in_handler, 1);
	CHECK(st == 1.25L);
	CHECK_EQ(cw2, cw);
	CHECK_EQ(mx2 & 0xffc0, mx);
	cw = 0x37f;
	mx = 0x1f80;
	asm volatile("fldcw %0; ldmxcsr %1" : : "m"(cw), "m"(mx));
}

/* Two processes with different values take turns. */
static void over_switch(void)
{
	int p[2], q[2];
	char c = 0;
	pid_t pid, me;

	NEED(pipe(p));
	NEED(pipe(q));
	fill(2);
	/* the child is a copy, registers too */
	pid = raw(SYS_clone, SIGCHLD, 0, 0, 0);
	me = pid ? 3 : 4;
	if (!pid && !holds(2)) {
		FAIL("fork lost the registers");
		_exit(1);
	}
	for (int i = 0; i < 50; i++) {
		fill(me * 100 + i);
		if (pid) {
			raw(SYS_write, p[1], (long)&c, 1, 0);
			raw(SYS_read, q[0], (long)&c, 1, 0);
		} else {
			raw(SYS_read, p[0], (long)&c, 1, 0);
			raw(SYS_write, q[1], (long)&c, 1, 0);
		}
		if (!holds(me * 100 + i)) {
			FAIL("round %d lost the registers", i);
			break;
		}
	}
	if (!pid)
		_exit(abi_failed);
	EXPECT_EXIT(pid, 0);
}

/* Two busy processes that the timer switches. */
static void over_preemption(void)
{
	pid_t pid[2];

	for (int i = 0; i < 2; i++) {
		pid[i] = FORK();
		if (!pid[i]) {
			long long end = now_ns(CLOCK_MONOTONIC) + 150000000;
			int n = 0;

			do {
				fill(i * 7 + 1);
				for (volatile int k = 0; k < 20000; k++)
					;
				if (!holds(i * 7 + 1))
					_exit(1);
				n++;
			} while (now_ns(CLOCK_MONOTONIC) < end);
			_exit(0);
		}
	}
	EXPECT_EXIT(pid[0], 0);
	EXPECT_EXIT(pid[1], 0);
}

int main(int argc, char **argv)
{
	unsigned a, b, c, d;
	uint16_t cw;
	uint32_t mxcsr;
	pid_t pid;

	if (argc > 1) {
		asm volatile("fnstcw %0; stmxcsr %1" : "=m"(cw), "=m"(mxcsr));
		_exit(cw == 0x37f && mxcsr == 0x1f80 ? 0 : 1);
	}
	if (__get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE) && (c & bit_AVX)) {
		asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
		avx = (a & 6) == 6;
	}
	over_signal();
	over_switch();
	over_preemption();

	/* exec starts with the ABI's default control words. */
	pid = FORK();
	if (!pid) {
		cw = 0xf7f;
		mxcsr = 0x7f80;
		asm volatile("fldcw %0; ldmxcsr %1" : : "m"(cw), "m"(mxcsr));
		execl("/proc/self/exe", "x", "check", NULL);
		_exit(2);
	}
	EXPECT_EXIT(pid, 0);

	/*
	 * Unmasked x87 exceptions become SIGFPE with their kind. (SIMD ones do too, on real
	 * machines; QEMU's TCG never raises them.)
	 */
	cw = 0x37f & ~4;
	CHECK_EQ(FAULT(asm volatile("fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(cw))), SIGFPE);
	CHECK_EQ(abi_fault_info.si_code, FPE_FLTDIV);
	asm volatile("fninit");
	return abi_done();
}
