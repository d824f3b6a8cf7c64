/* SPDX-License-Identifier: MIT */
/*
 * The vDSO's clocks: user code that the kernel brings along. It runs in ring 3, in the program's
 * thread, on the program's stack; vdso(7). Linux's twin: arch/x86/entry/vdso/vclock_gettime.c.
 *
 *	libc's clock_gettime() -> here -+- the TSC and [vvar] tell: no system call
 *	                                +- another clock, or no TSC: the system call
 *
 * The page of data lies just below the code (vma.c maps both, vdso.lds.S names it vvar). A writer
 * in the kernel makes seq odd, writes, and makes it even: who saw it odd, or different at the end,
 * reads again. A bad pointer is a SIGSEGV of the program, not -EFAULT, as on Linux.
 *
 * Position-independent without relocations: no pointer may stand in initialised data.
 */
#include <vitrix/vdso_data.h>
#include <asm/unistd.h>

#define NSEC_PER_SEC	1000000000UL
#define TICK_NSEC	(NSEC_PER_SEC / 100)

#define HRES_CLOCKS	(BIT(CLOCK_REALTIME) | BIT(CLOCK_MONOTONIC) | BIT(CLOCK_MONOTONIC_RAW) | \
			 BIT(CLOCK_BOOTTIME) | BIT(CLOCK_TAI))
#define COARSE_CLOCKS	(BIT(CLOCK_REALTIME_COARSE) | BIT(CLOCK_MONOTONIC_COARSE))

/* Hidden: addressed relative to rip, without a GOT. Not const: the kernel changes it meanwhile. */
extern struct vdso_data vvar __attribute__((visibility("hidden")));

int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts);
int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res);
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
__kernel_old_time_t __vdso_time(__kernel_old_time_t *t);
#define WEAK_ALIAS(of)	__attribute__((weak, alias(#of)))
int clock_gettime(clockid_t, struct __kernel_timespec *) WEAK_ALIAS(__vdso_clock_gettime);
int clock_getres(clockid_t, struct __kernel_timespec *) WEAK_ALIAS(__vdso_clock_getres);
int gettimeofday(struct __kernel_old_timeval *, struct timezone *) WEAK_ALIAS(__vdso_gettimeofday);
__kernel_old_time_t time(__kernel_old_time_t *) WEAK_ALIAS(__vdso_time);

static __always_inline long syscall2(long nr, long a, void *b)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return ret;
}

/* LFENCE: not before the loads that stand before it (SDM vol. 2, RDTSC). */
static __always_inline u64 read_tsc(void)
{
	u64 tsc;

	__asm__ volatile("lfence; rdtsc; shlq $32, %%rdx; orq %%rdx, %0"
			 : "=a"(tsc) : : "rdx", "cc", "memory");
	return tsc;
}

static __always_inline u32 read_begin(void)
{
	u32 seq;

	while (unlikely((seq = READ_ONCE(vvar.seq)) & 1))
		cpu_relax();
	smp_rmb();
	return seq;
}

static __always_inline bool read_retry(u32 seq)
{
	smp_rmb();
	return unlikely(READ_ONCE(vvar.seq) != seq);
}

/* (cycles * mult + frac) >> shift, by way of 128 bits. */
static __always_inline u64 cycles_to_ns(u64 cycles)
{
	u64 high;

	__asm__("mulq %2; addq %3, %0; adcq $0, %1; shrdq %%cl, %1, %0"
		: "+a"(cycles), "=&d"(high)
		: "m"(vvar.mult), "m"(vvar.frac), "c"(vvar.shift) : "cc");
	return cycles;
}

/* ns of a clock of HRES_CLOCKS. false: only the kernel can tell. */
static __always_inline bool read_hres(u32 clock, u64 *ns)
{
	u64 cycles;
	u32 seq;

	do {
		seq = read_begin();
		cycles = read_tsc() - vvar.tsc_last;
		if (unlikely((s64)cycles < 0)) {
			if (vvar.tsc_last == NO_USER_TSC)
				return false;
			/* This CPU's TSC is a little behind that of the one that wrote tsc_last. */
			cycles = 0;
		}
		*ns = cycles_to_ns(cycles) + vvar.base + vvar.offs[clock];
	} while (read_retry(seq));
	return true;
}

static __always_inline u64 read_coarse(u32 clock)
{
	u64 ns;
	u32 seq;

	do {
		seq = read_begin();
		ns = vvar.base + vvar.offs[clock];
	} while (read_retry(seq));
	return ns;
}

static __always_inline bool clock_among(u32 clock, unsigned int clocks)
{
	return clock < 32 && (clocks >> clock & 1);
}

/* ns / 10^9, for what a ktime_t can be (below 2^63), by the reciprocal. */
static __always_inline u64 whole_seconds(u64 ns)
{
	const u64 reciprocal = ((unsigned __int128)1 << 93) / NSEC_PER_SEC + 1;

	return (u64)((unsigned __int128)ns * reciprocal >> 64) >> 29;
}

int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
{
	u64 ns;

	if (likely(clock_among(clock, HRES_CLOCKS))) {
		if (unlikely(!read_hres(clock, &ns)))
			return syscall2(__NR_clock_gettime, clock, ts);
	} else if (clock_among(clock, COARSE_CLOCKS)) {
		ns = read_coarse(clock);
	} else {
		return syscall2(__NR_clock_gettime, clock, ts);
	}
	ts->tv_sec = whole_seconds(ns);
	ts->tv_nsec = ns - ts->tv_sec * NSEC_PER_SEC;
	return 0;
}

int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res)
{
	if (unlikely(!clock_among(clock, HRES_CLOCKS | COARSE_CLOCKS)))
		return syscall2(__NR_clock_getres, clock, res);
	if (res) {
		res->tv_sec = 0;
		res->tv_nsec = clock_among(clock, HRES_CLOCKS) ? 1 : TICK_NSEC;
	}
	return 0;
}

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	u64 ns;

	if (likely(tv)) {
		if (unlikely(!read_hres(CLOCK_REALTIME, &ns)))
			return syscall2(__NR_gettimeofday, (long)tv, tz);
		tv->tv_sec = whole_seconds(ns);
		tv->tv_usec = (u32)(ns - tv->tv_sec * NSEC_PER_SEC) / 1000;
	}
	if (unlikely(tz))
		*tz = vvar.tz;
	return 0;
}

__kernel_old_time_t __vdso_time(__kernel_old_time_t *t)
{
	__kernel_old_time_t now = whole_seconds(read_coarse(CLOCK_REALTIME));

	if (unlikely(t))
		*t = now;
	return now;
}
