/* SPDX-License-Identifier: MIT */
/*
 * The vDSO's getcpu(2). Each CPU's GDT has a segment that nobody loads: its limit is the CPU's
 * number, and the node's above (arch/x86/kernel/cpu/common.c). LSL reads it from user mode. The
 * answer may be old when it arrives. Linux's twin: arch/x86/entry/vdso/vgetcpu.c.
 */
#include <vitrix/types.h>
#include <arch/segment.h>

#define CPU_BITS	12

long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused);
long getcpu(unsigned int *, unsigned int *, void *)
	__attribute__((weak, alias("__vdso_getcpu")));

long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	unsigned int limit;

	__asm__ volatile("lsl %1, %0" : "=r"(limit) : "r"(__CPUNODE_SEG) : "cc");
	if (cpu)
		*cpu = limit & (BIT(CPU_BITS) - 1);
	if (node)
		*node = limit >> CPU_BITS;
	return 0;
}
