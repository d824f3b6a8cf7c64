/* SPDX-License-Identifier: MIT */
/*
 * die(): kernel code did what it must not. Reports it and ends the task, if only the task is
 * lost; else the machine. Linux's twins: die() in arch/x86/kernel/dumpstack.c, make_task_dead()
 * in kernel/exit.c.
 *
 *   in an interrupt or NMI, idle task, process 1, panic_on_oops   -> panic()
 *   any other task                                                -> do_exit(SIGSEGV)
 *
 * Locks that the task held stay held: the machine goes on as well as it can, for its owner to look.
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/kstrtox.h>
#include <vitrix/printk.h>
#include <vitrix/sched.h>
#include <asm/signal.h>
#include <arch/traps.h>
#include <arch/irqflags.h>
#include "dumpstack.h"

static int panic_on_oops;
static int oops_count;			/* atomic; #1 is the one to look at */
static int dying_cpu = -1;		/* atomic: whose report is being printed */

static int __init panic_on_oops_setup(const char *value)
{
	return kstrtoint(value, 0, &panic_on_oops);
}
__setup("panic_on_oops=", panic_on_oops_setup);

static int __init oops_setup(const char *value)
{
	panic_on_oops = value[0] == 'p';	/* oops=panic */
	return 0;
}
__setup("oops=", oops_setup);

/* Reports of several CPUs one after the other; one inside another on the same CPU goes on. */
static bool begin_report(void)
{
	int cpu = raw_smp_processor_id(), none = -1;

	while (!__atomic_compare_exchange_n(&dying_cpu, &none, cpu, false, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED)) {
		if (none == cpu)
			return false;
		none = -1;
		cpu_relax();
	}
	return true;
}

static void __used __noreturn oops_exit(void)
{
	pr_emerg("task %s[%d] is killed\n", current->comm, current->pid);
	if (in_atomic()) {
		pr_emerg("it held %d locks or had preemption off\n", preempt_count());
		preempt_count_forget();
	}
	local_irq_enable();
	do_exit(SIGSEGV);
}

/*
 * The stack may be an exception's, or be overflown: do_exit() runs from the top of the task's
 * own, just below its pt_regs. What was there is not needed any more.
 */
static void __noreturn rewind_stack_and_exit(void)
{
	__asm__ volatile("xorl %%ebp,%%ebp\n movq %0,%%rsp\n call oops_exit\n"
			 : : "r"(current_pt_regs()) : "memory");
	unreachable();
}

void __noreturn die(const char *what, struct pt_regs *regs, long error_code)
{
	bool outermost;
	int nth;

	local_irq_disable();
	outermost = begin_report();
	if (!outermost)
		panic("oops inside an oops: %s at %pS", what, (void *)regs->ip);
	console_loglevel = 15;
	nth = __atomic_add_fetch(&oops_count, 1, __ATOMIC_RELAXED);
	pr_emerg("%s: %04lx [#%d]\n", what, error_code & 0xffff, nth);
	show_regs(regs);
	if (in_interrupt())
		panic("Fatal exception in interrupt");
	if (panic_on_oops)
		panic("Fatal exception");
	if (!current->pid)
		panic("Fatal exception in the idle task");
	if (is_global_init(current))
		panic("Fatal exception in init");
	__atomic_store_n(&dying_cpu, -1, __ATOMIC_RELEASE);
	rewind_stack_and_exit();
}
