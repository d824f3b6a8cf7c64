/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU data. The linker gathers DEFINE_PER_CPU variables into one template; each CPU has a copy.
 * The address of a variable plus the CPU's offset is its copy; %gs holds the running CPU's offset,
 * so this_cpu_*() is one instruction and needs no lock against other CPUs. Against being moved to
 * another CPU in the middle, hold preempt_disable() or have interrupts off where it matters.
 *
 *   template (link address)        CPU 0's copy        CPU 1's copy
 *   __per_cpu_start  var ---- +offset[0] --> var ---- +offset[1] --> var
 *
 * Linux's twin: include/linux/percpu-defs.h, arch/x86/include/asm/percpu.h.
 */
#ifndef VITRIX_PERCPU_H
#define VITRIX_PERCPU_H

#include <vitrix/types.h>

#define NR_CPUS 64

#define DEFINE_PER_CPU(type, name)	__section(".data..percpu") __typeof__(type) name
/* Pages that stay mapped in user mode under PTI: only what the entry code itself needs. */
#define DEFINE_PER_CPU_ENTRY(type, name) __section(".data..percpu..entry") __typeof__(type) name
#define DECLARE_PER_CPU(type, name)	extern __typeof__(type) name

extern unsigned long __per_cpu_offset[NR_CPUS];
DECLARE_PER_CPU(unsigned long, this_cpu_off);
DECLARE_PER_CPU(int, cpu_number);

#define __gs_var(v)	(*(__typeof__(v) __seg_gs *)(uintptr_t)&(v))
#define __gs_vol(v)	(*(volatile __typeof__(v) __seg_gs *)(uintptr_t)&(v))
#define this_cpu_read(v)	__gs_vol(v)
#define this_cpu_write(v, val)	(__gs_vol(v) = (val))
/* One instruction each: safe against interrupts of this CPU. v is 4 or 8 bytes wide. */
#define this_cpu_add(v, n) do {							\
	if (sizeof(v) == 8)							\
		__asm__ volatile("addq %1,%%gs:%0" : "+m"(v) : "er"((long)(n)) : "memory", "cc"); \
	else									\
		__asm__ volatile("addl %1,%%gs:%0" : "+m"(v) : "er"((int)(n)) : "memory", "cc"); \
} while (0)
#define this_cpu_inc(v)		this_cpu_add(v, 1)
#define this_cpu_dec(v)		this_cpu_add(v, -1)

#define per_cpu_ptr(ptr, cpu) \
	((__typeof__(ptr))((uintptr_t)(ptr) + __per_cpu_offset[cpu]))
#define per_cpu(var, cpu)	(*per_cpu_ptr(&(var), cpu))
#define raw_this_cpu_ptr(ptr) \
	((__typeof__(ptr))((uintptr_t)(ptr) + this_cpu_read(this_cpu_off)))
#define raw_smp_processor_id()	this_cpu_read(cpu_number)

/*
 * "This CPU" must stay this CPU for as long as the answer is used: preemption or interrupts are
 * off. The raw forms are for guesses, which do no harm if they are wrong a moment later.
 */
#ifdef CONFIG_DEBUG
void check_pinned(void);			/* selfcheck/percpu.c */
#define this_cpu_ptr(ptr)	({ check_pinned(); raw_this_cpu_ptr(ptr); })
#define smp_processor_id()	({ check_pinned(); raw_smp_processor_id(); })
#else
#define this_cpu_ptr(ptr)	raw_this_cpu_ptr(ptr)
#define smp_processor_id()	raw_smp_processor_id()
#endif

/* CPUs found in the firmware's tables; CPUs that run. arch/x86/kernel/smpboot.c */
extern int nr_cpu_ids;			/* possible CPUs: 0 .. nr_cpu_ids - 1 */
extern unsigned long cpu_online_bits[1];
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++)
#define for_each_online_cpu(cpu) for_each_possible_cpu(cpu) if (cpu_online(cpu))
static inline bool cpu_online(int cpu) { return (cpu_online_bits[0] >> cpu) & 1; }
static inline int num_online_cpus(void)
{
	int n = 0;

	for (unsigned long x = cpu_online_bits[0]; x; x &= x - 1)
		n++;
	return n;
}

#endif
