/* SPDX-License-Identifier: MIT */
/*
 * Which CPUs share a package, and which a core: an APIC id is made of numbers for both.
 *
 *	| package | core | thread |
 *	           <------> package_bits
 *	                  <> thread_bits        (of the whole id: how many bits lie below)
 *
 * CPUID says how wide they are, each vendor and generation in another leaf; the boot CPU's
 * answer is taken for all. Linux 6.1 believes leaf 0xb of an AMD only beside TOPOEXT; without,
 * each thread is a core. So it is here: programs shall see the same under both. Numbers of cores
 * may have holes. Linux's twins: arch/x86/kernel/cpu/topology.c,
 * detect_ht() of common.c, amd_detect_cmp() of amd.c. Left out: dies, nodes, clusters.
 *
 * Boot writes, everybody reads. Callers: proc.c, fs/sysfs.
 */
#include <vitrix/bitops.h>
#include <vitrix/init.h>
#include <vitrix/percpu.h>
#include <vitrix/string.h>
#include <arch/apic.h>
#include <arch/processor.h>
#include <arch/topology.h>
#include "cpu.h"

#define LEAF_TOPOLOGY	0xb
#define LEVEL_THREADS	1
#define LEVEL_CORES	2

static unsigned int package_bits, thread_bits;

/* Bits that number n things. */
static unsigned int __init bits_for(unsigned int n)
{
	unsigned int bits = 0;

	while (1U << bits < n)
		bits++;
	return bits;
}

static bool __init is_amd(void)
{
	return !strcmp(boot_cpu_data.vendor_id, "AuthenticAMD");
}

static bool __init has_topoext(void)
{
	return cpuid_words[CPUID_80000001_ECX] >> 22 & 1;
}

/* One level a sub-leaf: its type, and the bits below the next level. */
static bool __init by_topology_leaf(void)
{
	u32 a, b, c, d;

	if (boot_cpu_data.cpuid_level < LEAF_TOPOLOGY || (is_amd() && !has_topoext()))
		return false;
	for (u32 level = 0; level < 8; level++) {
		cpuid_count(LEAF_TOPOLOGY, level, &a, &b, &c, &d);
		if (!(c >> 8 & 0xff) || !b)
			return level > 0;
		if ((c >> 8 & 0xff) == LEVEL_THREADS)
			thread_bits = package_bits = a & 31;
		else if ((c >> 8 & 0xff) == LEVEL_CORES)
			package_bits = a & 31;
	}
	return true;
}

/* AMD: how many CPUs in a package, or the bits themselves. Threads count as cores. */
static bool __init by_amd_leaf(void)
{
	u32 a, b, c, d;

	if (!is_amd() || boot_cpu_data.ext_level < 0x80000008)
		return false;
	cpuid_count(0x80000008, 0, &a, &b, &c, &d);
	package_bits = c >> 12 & 15 ?: bits_for((c & 0xff) + 1);
	return true;
}

/* Leaf 1: room for so many CPUs in a package; leaf 4: for so many cores. */
static void __init by_old_leaves(void)
{
	unsigned int cores = 1;
	u32 a, b, c, d;

	cpuid_count(1, 0, &a, &b, &c, &d);
	if (!(d >> 28 & 1))		/* HTT */
		return;
	package_bits = bits_for(b >> 16 & 0xff);
	if (boot_cpu_data.cpuid_level >= 4) {
		cpuid_count(4, 0, &a, &b, &c, &d);
		if (a & 31)
			cores = (a >> 26) + 1;
	}
	thread_bits = package_bits - min(package_bits, bits_for(cores));
}

static int __init topology_init(void)
{
	if (!by_topology_leaf() && !by_amd_leaf())
		by_old_leaves();
	return 0;
}
device_initcall(topology_init);

unsigned int topology_package_id(int cpu)
{
	return smp_cpu_apic_id(cpu) >> package_bits;
}

unsigned int topology_core_id(int cpu)
{
	return (smp_cpu_apic_id(cpu) & ((1U << package_bits) - 1)) >> thread_bits;
}

u64 topology_package_cpus(int cpu)
{
	u64 cpus = 0;
	int other;

	for_each_online_cpu(other)
		if (topology_package_id(other) == topology_package_id(cpu))
			cpus |= BIT(other);
	return cpus;
}

u64 topology_core_cpus(int cpu)
{
	u64 cpus = topology_package_cpus(cpu);

	for (u64 rest = cpus; rest; rest &= rest - 1)
		if (topology_core_id(__ffs(rest)) != topology_core_id(cpu))
			cpus &= ~BIT(__ffs(rest));
	return cpus;
}

unsigned int topology_nr_cores(int cpu)
{
	unsigned int cores = 0;

	for (u64 rest = topology_package_cpus(cpu); rest; rest &= rest - 1)
		if (__ffs(topology_core_cpus(__ffs(rest))) == __ffs(rest))
			cores++;
	return cores;
}
