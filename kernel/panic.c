/* SPDX-License-Identifier: MIT */
/*
 * The end: an invariant is broken and going on would do harm. Linux's twin: kernel/panic.c.
 *
 *   ASSERT, BUG_ON --> assert_failed --+
 *   die() of a task that cannot die ---+--> panic --> report --> panic=   0: halts for ever
 *   no init, no memory at boot, ... ---+                                 <0: resets at once
 *                                                                        >0: resets after seconds
 *
 * Any context. The report must come out although the very thing that prints it may be broken:
 * console locks are broken open first, a panic inside a panic goes to the serial port by polling
 * and stops. The other CPUs are stopped, within two seconds whatever they do, and the report shows
 * what each did; one that panics at the same time leaves its words and stops as well.
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/kstrtox.h>
#include <vitrix/lockcheck.h>
#include <vitrix/mm.h>
#include <vitrix/nmi.h>
#include <vitrix/printf.h>
#include <vitrix/printk.h>
#include <vitrix/reboot.h>
#include <vitrix/sched.h>
#include <vitrix/smp.h>
#include <vitrix/string.h>
#include <vitrix/trace_ring.h>
#include <arch/irqflags.h>
#include <arch/processor.h>
#include <arch/setup.h>
#include <arch/time.h>

int panic_timeout;

static int panic_cpu = -1;		/* atomic: the CPU that reports */
/* What the others said that panicked, too. */
static DEFINE_PER_CPU(char[128], also_panicked);

/* The last trace events, if the tracer is part of this kernel: it has the real one. */
void __weak trace_dump_tail(void)
{
}

static int __init panic_setup(const char *value)
{
	return kstrtoint(value, 0, &panic_timeout);
}
__setup("panic=", panic_setup);

static void __noreturn stop_for_ever(void)
{
	for (;;) {
		local_irq_disable();
		halt();
	}
}

/* panic() was called while panic() ran: nothing of the kernel's is to be relied on. */
static void __noreturn nested_panic(const char *msg)
{
	static int depth;

	if (depth++ == 0) {
		early_serial_write("\npanic inside a panic: ", 23);
		early_serial_write(msg, strlen(msg));
		early_serial_write("\n", 1);
		if (panic_timeout)
			emergency_restart();
	}
	stop_for_ever();
}

/* Returns on the CPU whose panic is the first. */
static void claim_panic(const struct pt_regs *regs, const char *fmt, va_list args)
{
	int cpu = raw_smp_processor_id(), none = -1;
	static char msg[256];

	if (__atomic_compare_exchange_n(&panic_cpu, &none, cpu, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		return;
	if (none == cpu) {
		vscnprintf(msg, sizeof(msg), fmt, args);
		nested_panic(msg);
	}
	vscnprintf(*raw_this_cpu_ptr(&also_panicked), sizeof(also_panicked), fmt, args);
	stop_this_cpu(regs);
}

/* They have stopped, or do not answer at all. */
static void print_other_cpus(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		if (cpu == raw_smp_processor_id())
			continue;
		if (per_cpu(also_panicked, cpu)[0])
			pr_emerg("CPU %d panicked, too: %s\n", cpu, per_cpu(also_panicked, cpu));
		if (!cpu_has_stopped(cpu) || !print_cpu_backtrace(cpu))
			pr_emerg("CPU %d does not answer\n", cpu);
	}
}

static void print_memory(void)
{
	if (!totalram_pages)
		return;
	pr_emerg("Memory: %lu of %lu KiB free\n", nr_free_pages() * (PAGE_SIZE / 1024),
		 totalram_pages * (PAGE_SIZE / 1024));
}

/* Seconds, with interrupts off. */
static void wait_for_reader(int seconds)
{
	pr_emerg("Rebooting in %d seconds\n", seconds);
	console_flush_on_panic();
	while (seconds-- > 0)
		mdelay(1000);
}

void panic(const char *fmt, ...)
{
	static char msg[256];		/* panic_cpu owns it */
	struct pt_regs regs;
	va_list args;

	capture_regs(&regs);
	local_irq_disable();
	preempt_disable();
	va_start(args, fmt);
	claim_panic(&regs, fmt, args);
	vscnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	trace_recording = false;	/* what led here stays in the rings */
	smp_send_stop();

	console_loglevel = 15;
	console_flush_on_panic();
	pr_emerg("Kernel panic - not syncing: %s\n", msg);
	show_held_locks(current);
	show_regs(&regs);
	print_other_cpus();
	show_all_held_locks();
	print_memory();
	trace_dump_tail();
	if (panic_timeout > 0)
		wait_for_reader(panic_timeout);
	if (panic_timeout) {
		console_flush_on_panic();
		emergency_restart();
	}
	pr_emerg("---[ end Kernel panic - not syncing: %s ]---\n", msg);
	console_flush_on_panic();
	stop_for_ever();
}

void assert_failed(const char *expr, const char *file, int line)
{
	panic("%s:%d: assertion failed: %s", file, line, expr);
}

/* The caller goes on; the report is for the log. */
void warn_failed(const char *expr, const char *file, int line)
{
	pr_warn("WARNING: %s:%d: %s\n", file, line, expr);
	dump_stack();
}
