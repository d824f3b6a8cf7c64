/* SPDX-License-Identifier: MIT */
/*
 * Sets of CPUs as text: lib/cpumask.c. A set is a u64, bit n for CPU n (NR_CPUS is 64). Linux's
 * twins: include/linux/cpumask.h, lib/bitmap.c.
 *
 *	mask   "3", "0000000f,ffffffff"		hexadecimal, groups of 32 bits, the highest first
 *	list   "0-2,5"
 */
#ifndef VITRIX_CPUMASK_H
#define VITRIX_CPUMASK_H

#include <vitrix/percpu.h>

struct seq_file;

/* Those that there may ever be. */
static inline u64 cpu_possible_bits(void)
{
	return ~0UL >> (NR_CPUS - nr_cpu_ids);
}

/* With a newline. Of the mask as many digits as nr_cpu_ids takes. */
void seq_cpumask(struct seq_file *m, u64 cpus);
void seq_cpulist(struct seq_file *m, u64 cpus);

/*
 * Up to the end of the line. -EINVAL: something else; -EOVERFLOW, of a list -ERANGE: a CPU that is
 * not possible. Nothing at all is the empty set.
 */
int cpumask_parse(const char *text, u64 *cpus);
int cpulist_parse(const char *text, u64 *cpus);

#endif
