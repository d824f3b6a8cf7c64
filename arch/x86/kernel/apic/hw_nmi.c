/* SPDX-License-Identifier: MIT */
/*
 * What do the other CPUs do? An NMI asks them, so that they answer with interrupts off, too.
 * Linux's twins: arch/x86/kernel/apic/hw_nmi.c, lib/nmi_backtrace.c.
 *
 *   asks                                        is asked
 *     nmi_wanted[cpu] |= WANT_BACKTRACE
 *     NMI  ----------------------------------->   do_nmi -> nmi_from_other_cpu()
 *                                                   registers, chain of calls -> snapshot
 *     waits for it, ten seconds at most  <-------   done
 *     prints one CPU after the other
 *
 * The NMI only collects, and who asked prints: the CPU that was interrupted may hold the log's
 * lock, and lines of several CPUs would mix. A CPU that stops for ever, or panics while another one
 * does, leaves a snapshot in the same way; panic() prints them.
 *
 * One asks at a time: asking. A snapshot is written by its CPU alone, and read by who waited for
 * it; one that came late may be torn, which only spoils its text. In NMIs nothing here is traced,
 * takes a lock, or faults.
 */
#include <vitrix/atomic.h>
#include <vitrix/bitops.h>
#include <vitrix/kallsyms.h>
#include <vitrix/nmi.h>
#include <vitrix/printk.h>
#include <vitrix/sched.h>
#include <vitrix/smp.h>
#include <vitrix/string.h>
#include <vitrix/watchdog.h>
#include <arch/irq.h>
#include <arch/irqflags.h>
#include <arch/smp.h>
#include <arch/time.h>
#include "../dumpstack.h"

#define WANT_BACKTRACE	1UL		/* bits of nmi_wanted */
#define WANT_WATCHDOG	2UL
#define WAIT_MS		10000
#define MAX_ENTRIES	32

struct cpu_snapshot {
	unsigned int taken;		/* how often; odd: being written */
	struct pt_regs regs;
	struct task_struct *task;
	unsigned int preempt_count;
	const spinlock_t *waits_for;
	int nr_entries;
	struct { enum stack_entry kind; unsigned long value; } entry[MAX_ENTRIES];
	struct pt_regs user_regs;	/* of the chain's end */
};
static DEFINE_PER_CPU(struct cpu_snapshot, snapshots);
static DEFINE_PER_CPU(unsigned long, nmi_wanted);	/* atomic */
/* NMIs on their way: two may come as one, so sent - seen is their greatest number. */
static DEFINE_PER_CPU(unsigned long, nmi_sent);		/* atomic */
static DEFINE_PER_CPU(unsigned long, nmi_seen);
static unsigned long asking;				/* one bit: somebody asks */

/* ---- the CPU that is looked at -------------------------------------------------------------- */

static void keep_entry(void *arg, enum stack_entry kind, unsigned long value)
{
	struct cpu_snapshot *s = arg;

	if (s->nr_entries == MAX_ENTRIES)
		return;
	if (kind == STACK_USER) {
		s->user_regs = *(const struct pt_regs *)value;
		value = (unsigned long)&s->user_regs;
	}
	s->entry[s->nr_entries].kind = kind;
	s->entry[s->nr_entries].value = value;
	s->nr_entries++;
}

void save_cpu_backtrace(const struct pt_regs *regs)
{
	struct cpu_snapshot *s = raw_this_cpu_ptr(&snapshots);

	WRITE_ONCE(s->taken, s->taken | 1);
	smp_wmb();
	s->regs = *regs;
	s->task = current;
	s->preempt_count = preempt_count() & ~NMI_MASK;
	if (regs == get_irq_regs())	/* less the interrupt that made this CPU tell */
		s->preempt_count -= HARDIRQ_OFFSET;
	s->waits_for = this_cpu_read(spin_waits_for);
	s->nr_entries = 0;
	if (!user_mode(regs))
		walk_interrupted(regs, keep_entry, s);
	smp_store_release(&s->taken, (s->taken | 1) + 1);
}

bool nmi_from_other_cpu(struct pt_regs *regs)
{
	unsigned long wanted = xchg(raw_this_cpu_ptr(&nmi_wanted), 0);

	if (!wanted && this_cpu_read(nmi_seen) == this_cpu_read(nmi_sent))
		return false;
	/* Without a wish it is the second of two whose wishes came with the first. */
	if (wanted)
		this_cpu_inc(nmi_seen);
	else
		this_cpu_write(nmi_seen, this_cpu_read(nmi_sent));
	if (wanted)
		save_cpu_backtrace(regs);
	if (wanted & WANT_WATCHDOG)
		watchdog_nmi(regs);
	return true;
}

/* ---- the CPU that looks --------------------------------------------------------------------- */

static void ask(int cpu, unsigned long what)
{
	(void)__atomic_fetch_or(per_cpu_ptr(&nmi_wanted, cpu), what, __ATOMIC_SEQ_CST);
	(void)__atomic_fetch_add(per_cpu_ptr(&nmi_sent, cpu), 1, __ATOMIC_SEQ_CST);
	apic_send_nmi(cpu);
}

void watchdog_send_nmi(int cpu)
{
	ask(cpu, WANT_WATCHDOG);
}

/* In the idle loop there is nothing to be seen. */
static bool is_idling(const struct cpu_snapshot *s)
{
	unsigned long offset;

	return (s->task->flags & PF_IDLE) && !user_mode(&s->regs) &&
	       kallsyms_lookup(s->regs.ip, &offset, NULL) &&
	       s->regs.ip - offset == (unsigned long)sched_idle_loop;
}

static void print_snapshot(int cpu, const struct cpu_snapshot *s)
{
	pr_emerg("NMI backtrace for cpu %d\n", cpu);
	pr_emerg("CPU: %d PID: %d Comm: %s%s, preempt count %x, interrupts %s\n", cpu, s->task->pid,
		 s->task->comm, s->preempt_count & HARDIRQ_MASK ? " (interrupt)" : "",
		 s->preempt_count,
		 s->regs.flags & X86_EFLAGS_IF_BIT ? "on" : "off");
	if (user_mode(&s->regs)) {
		print_user_frame(&s->regs);
	} else {
		show_registers(&s->regs);
		pr_emerg("Call Trace:\n");
		for (int i = 0; i < s->nr_entries; i++)
			print_stack_entry(s->entry[i].kind, s->entry[i].value);
	}
	show_waited_spinlock(s->waits_for);
	show_held_locks(s->task);
}

bool print_cpu_backtrace(int cpu)
{
	const struct cpu_snapshot *s = per_cpu_ptr(&snapshots, cpu);

	if (!smp_load_acquire(&s->taken))
		return false;
	if (is_idling(s))
		pr_emerg("NMI backtrace for cpu %d skipped: idling at %pS\n", cpu,
			 (void *)s->regs.ip);
	else
		print_snapshot(cpu, s);
	return true;
}

/* Returns those that have answered. */
static u64 collect(u64 mask)
{
	unsigned int before[NR_CPUS];
	u64 waiting = mask;

	for (u64 rest = mask; rest; rest &= rest - 1) {
		int cpu = __ffs(rest);

		before[cpu] = READ_ONCE(per_cpu(snapshots, cpu).taken) & ~1U;
		ask(cpu, WANT_BACKTRACE);
	}
	for (int ms = 0; waiting && ms < WAIT_MS * 10; ms++) {
		for (u64 rest = waiting; rest; rest &= rest - 1) {
			int cpu = __ffs(rest);
			unsigned int taken = smp_load_acquire(&per_cpu(snapshots, cpu).taken);

			if (!(taken & 1) && taken != before[cpu])
				waiting &= ~BIT(cpu);
		}
		if (waiting)
			udelay(100);
	}
	return mask & ~waiting;
}

bool trigger_cpumask_backtrace(u64 mask)
{
	struct pt_regs here;
	u64 answered, self;
	int cpu;

	capture_regs(&here);
	preempt_disable();		/* nor do tasks go away before they are printed: RCU */
	self = BIT(smp_processor_id());
	mask &= READ_ONCE(cpu_online_bits[0]);
	if (xchg(&asking, 1)) {
		preempt_enable();
		return false;
	}
	if (mask & self)
		save_cpu_backtrace(&here);
	answered = collect(mask & ~self) | (mask & self);
	for_each_online_cpu(cpu) {
		if (answered & BIT(cpu))
			print_cpu_backtrace(cpu);
		else if (mask & BIT(cpu))
			pr_emerg("NMI backtrace for cpu %d: no answer\n", cpu);
	}
	smp_store_release(&asking, 0);
	preempt_enable();
	return true;
}

void trigger_all_cpu_backtrace(void)
{
	trigger_cpumask_backtrace(~0UL);
}

void trigger_allbutself_cpu_backtrace(void)
{
	trigger_cpumask_backtrace(~BIT(raw_smp_processor_id()));
}
