/* SPDX-License-Identifier: MIT */
/*
 * The schedule fuzzer: a race that needs an unlikely moment gets many of them.
 *
 *	schedfuzz=SEED   preempt_enable(), which ends each spinlock too,  } perhaps the task gives
 *	                 marked points between atomic steps, the way out  } way to another at once
 *	                 of an interrupt
 *	                 before a lock is waited for, in RCU read         } perhaps this CPU is late
 *	                 sections, at marked points
 *
 * Marked, by schedfuzz_gap(), is where races live: a sleeping lock is wanted, or given back; a
 * reference is taken, or dropped and what follows from that is still to be done; a task has looked
 * whether it must sleep and not yet said so, or has said so and not yet looked again; something is
 * true and who waits for it is not yet woken; what RCU shall free is out of sight and not yet
 * handed over; a page table is changed and no TLB flushed.
 *
 * Whether, a sequence of numbers tells that SEED and the CPU begin. On one CPU under -icount all
 * else repeats too, so a seed shows the same race again: tests/checks/run.py wants that. On several
 * it repeats the choices, not the moments. The seed also chooses how often: every 4th to every
 * 256th time.
 *
 * A task gives way only where preempt=full might preempt it: nothing held, interrupts on. The rest
 * of the kernel sees a preemption like any other, so preempt=none, too, gets them, but for the way
 * out of interrupts, where that kernel does not look.
 *
 * Callers: <vitrix/preempt.h>, <vitrix/spinlock.h> by way of lockcheck.c, kernel/irq/handle.c, and
 * schedfuzz_gap() wherever it is written. State: one sequence a CPU, used with interrupts off.
 * Left out: changing who is picked next, timers that come late.
 */
#include <vitrix/schedfuzz.h>
#include <vitrix/init.h>
#include <vitrix/kstrtox.h>
#include <vitrix/percpu.h>
#include <vitrix/preempt.h>
#include <vitrix/printk.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/smp.h>
#include <arch/irqflags.h>
#include <arch/processor.h>

#define LONGEST_DELAY	512		/* turns */
#define MEAN_DELAY	4		/* turns each time, whether late or not */

bool schedfuzz_on;
static bool wanted;
static u64 seed;
static u32 one_in;			/* power of two */
static u32 longest_delay;		/* turns: the more often, the shorter */
/* This CPU's sequence; and one is being drawn right now, so what the drawing calls draws none. */
static DEFINE_PER_CPU(u64, sequence);

static int __init schedfuzz_setup(const char *value)
{
	unsigned long long number;

	if (!value || kstrtoull(value, 0, &number))
		return -EINVAL;
	seed = number;
	wanted = true;
	return 0;
}
__setup("schedfuzz=", schedfuzz_setup);

static u64 mix(u64 x)
{
	x += 0x9e3779b97f4a7c15UL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
	return x ^ (x >> 31);
}

/* The next number of this CPU's sequence. */
static u32 draw(void)
{
	unsigned long flags = local_irq_save();
	u64 x = this_cpu_read(sequence) + 0x9e3779b97f4a7c15UL;

	this_cpu_write(sequence, x);
	local_irq_restore(flags);
	return mix(x) >> 32;
}

static bool perhaps(u32 number)
{
	return !(number & (one_in - 1));
}

void __schedfuzz_point(void)
{
	if (preempt_count() || irqs_disabled() || !selfcheck_active())
		return;
	if (current->flags & PF_IDLE || !perhaps(draw()))
		return;
	preempt_schedule_yield();
}

void __schedfuzz_delay(void)
{
	u32 number;

	if (num_online_cpus() == 1 || in_nmi())
		return;
	number = draw();
	if (perhaps(number))
		for (u32 i = (number >> 16) % longest_delay; i; i--)
			cpu_relax();
}

void __schedfuzz_gap(void)
{
	__schedfuzz_delay();
	__schedfuzz_point();
}

void __schedfuzz_irq_exit(void)
{
	if (preempt_count() || current->flags & PF_IDLE || !perhaps(draw()))
		return;
	set_tsk_thread_flag(current, TIF_NEED_RESCHED);
	set_preempt_need_resched();
}

/* The last of boot: nothing before can be fuzzed. */
static int __init schedfuzz_init(void)
{
	int cpu;

	if (!wanted)
		return 0;
	one_in = 4u << (mix(seed) % 7);
	longest_delay = min_t(u32, LONGEST_DELAY, 2 * MEAN_DELAY * one_in);
	for_each_possible_cpu(cpu)
		per_cpu(sequence, cpu) = mix(seed ^ mix(cpu));
	pr_info("schedfuzz: seed %llu, one in %u\n", seed, one_in);
	WRITE_ONCE(schedfuzz_on, true);
	return 0;
}
device_initcall(schedfuzz_init);
