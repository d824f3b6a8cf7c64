/* SPDX-License-Identifier: MIT */
/*
 * What a system call costs a 32-bit program, in instructions: by int $0x80, and by the door that
 * the vDSO has chosen for this CPU (SYSCALL on AMD's, SYSENTER on Intel's). bench.c starts it last;
 * its lines are of the same form.
 */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#define CALLS	1000
#define BATCHES	9
#define NR_getppid 64

static unsigned long vsyscall;

static unsigned long long ticks(void)
{
	unsigned int lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (unsigned long long)hi << 32 | lo;
}

static void by_int80(void)
{
	int ret;

	asm volatile("int $0x80" : "=a"(ret) : "0"(NR_getppid) : "memory");
}

static void by_vdso(void)
{
	int ret;

	asm volatile("call *%2" : "=a"(ret) : "0"(NR_getppid), "m"(vsyscall) : "memory");
}

static void measure(const char *name, void (*call)(void))
{
	unsigned long long best = ~0ULL;

	for (int b = 0; b < BATCHES; b++) {
		unsigned long long start = ticks();

		for (int i = 0; i < CALLS; i++)
			call();
		start = ticks() - start;
		if (start < best)
			best = start;
	}
	printf("BENCH %s %llu\n", name, (best + CALLS / 2) / CALLS);
}

int main(void)
{
	unsigned int a, b, c, d;

	__cpuid(0, a, b, c, d);
	vsyscall = getauxval(AT_SYSINFO);
	measure("null call, 32-bit, int 0x80", by_int80);
	if (vsyscall)
		measure(b == signature_AMD_ebx ? "null call, 32-bit, syscall" :
						 "null call, 32-bit, sysenter", by_vdso);
	return 0;
}
