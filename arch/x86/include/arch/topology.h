/* SPDX-License-Identifier: MIT */
/*
 * Packages, cores and threads: arch/x86/kernel/cpu/topology.c. Linux's twin:
 * arch/x86/include/asm/topology.h. Any context, after boot.
 */
#ifndef ARCH_TOPOLOGY_H
#define ARCH_TOPOLOGY_H

#include <vitrix/types.h>

unsigned int topology_package_id(int cpu);
unsigned int topology_core_id(int cpu);		/* within its package; there may be holes */
unsigned int topology_nr_cores(int cpu);	/* of its package, with a CPU online */
u64 topology_package_cpus(int cpu);		/* online ones, bit n: CPU n; cpu is one of them */
u64 topology_core_cpus(int cpu);

#endif
