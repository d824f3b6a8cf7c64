/* SPDX-License-Identifier: MIT */
/*
 * What the vDSOs of both widths share: reading the timekeeper's page. Each width has its own way of
 * making a system call, of multiplying and of dividing; the calls themselves are vclock_gettime.c's
 * and vdso32/vclock_gettime.c's. No libgcc: nothing here may need a division of 64 bits.
 */
#ifndef VDSO_VCLOCK_H
#define VDSO_VCLOCK_H

#include <vitrix/vdso_data.h>
#include <asm/unistd.h>

#define NSEC_PER_SEC	1000000000UL
#define TICK_NSEC	(NSEC_PER_SEC / 100)

#define HRES_CLOCKS	(BIT(CLOCK_REALTIME) | BIT(CLOCK_MONOTONIC) | BIT(CLOCK_MONOTONIC_RAW) | \
			 BIT(CLOCK_BOOTTIME) | BIT(CLOCK_TAI))
#define COARSE_CLOCKS	(BIT(CLOCK_REALTIME_COARSE) | BIT(CLOCK_MONOTONIC_COARSE))

/* Hidden: addressed relative to rip, without a GOT. Not const: the kernel changes it meanwhile. */
extern struct vdso_data vvar __attribute__((visibility("hidden")));

#ifdef __x86_64__

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

/* (cycles * mult + frac) >> shift, by way of 128 bits. */
static __always_inline u64 cycles_to_ns(u64 cycles)
{
	u64 high;

	__asm__("mulq %2; addq %3, %0; adcq $0, %1; shrdq %%cl, %1, %0"
		: "+a"(cycles), "=&d"(high)
		: "m"(vvar.mult), "m"(vvar.frac), "c"(vvar.shift) : "cc");
	return cycles;
}

/* ns / 10^9, for what a ktime_t can be (below 2^63), by the reciprocal. */
static __always_inline u64 whole_seconds(u64 ns)
{
	const u64 reciprocal = ((unsigned __int128)1 << 93) / NSEC_PER_SEC + 1;

	return (u64)((unsigned __int128)ns * reciprocal >> 64) >> 29;
}

#else

/* By the slowest door, which needs no stack of its own. */
static __always_inline long syscall2(long nr, long a, void *b)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "0"(nr), "b"(a), "c"(b) : "memory");
	return ret;
}

static __always_inline u64 read_tsc(void)
{
	u64 tsc;

	__asm__ volatile("lfence; rdtsc" : "=A"(tsc) : : "memory");
	return tsc;
}

/* The same out of three products of 32 bits: mult is below 2^33. */
static __always_inline u64 cycles_to_ns(u64 cycles)
{
	u32 mult = vvar.mult, shift = vvar.shift;
	u64 low = (u64)(u32)cycles * mult, mid = (cycles >> 32) * mult, high, before = low;

	if (vvar.mult >> 32)
		mid += cycles;		/* cycles << 32; a carry would take 136 years */
	high = mid >> 32;
	low += mid << 32;
	high += low < before;
	before = low;
	low += vvar.frac;
	high += low < before;
	return shift ? low >> shift | high << (64 - shift) : low;
}

/* One `div`: seconds fit into 32 bits until 2106. */
static __always_inline u64 whole_seconds(u64 ns)
{
	u32 seconds, rest;

	__asm__("divl %4" : "=a"(seconds), "=d"(rest)
		: "0"((u32)ns), "1"((u32)(ns >> 32)), "rm"((u32)NSEC_PER_SEC) : "cc");
	return seconds;
}

#endif

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

#endif
