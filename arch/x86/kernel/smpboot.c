/* SPDX-License-Identifier: MIT */
/*
 * The CPUs of the machine: which there are, and how they start. Linux's twin:
 * arch/x86/kernel/smpboot.c.
 *
 * The firmware's tables (MADT, MP) name each CPU by its APIC id. Kernel numbers are given in that
 * order, but the one that boots is 0. The others wait where the firmware left them until process 1
 * starts them, one after the other:
 *
 *	CPU 0, smp_init()                        CPU n
 *	  per-CPU copy, idle task, parameters
 *	  INIT, start-up  ------------------->   trampoline_64.S
 *	  sleeps                                 start_secondary(): sets itself up
 *	  sees it online  <-------------------   its bit in cpu_online_bits
 *	                                         sched_idle_loop(): takes tasks
 *
 * possible = 0 .. nr_cpu_ids - 1; online = cpu_online_bits, which only grows. Boot only, no locks.
 * nosmp, maxcpus=, nr_cpus= as on Linux. Left out: taking CPUs away again.
 */
#include <vitrix/bitops.h>
#include <vitrix/bug.h>
#include <vitrix/cputime.h>
#include <vitrix/err.h>
#include <vitrix/hrtimer.h>
#include <vitrix/init.h>
#include <vitrix/kstrtox.h>
#include <vitrix/mm.h>
#include <vitrix/printk.h>
#include <vitrix/sched.h>
#include <vitrix/stackprotector.h>
#include <vitrix/string.h>
#include <arch/apic.h>
#include <arch/desc.h>
#include <arch/irqflags.h>
#include <arch/pgtable.h>
#include <arch/smp.h>
#include <arch/time.h>
#include <arch/tlbflush.h>

#define EFER_LMA	(1UL << 10)	/* set by the CPU */
#define POLL_NS		(50 * NSEC_PER_USEC)
#define START_TIMEOUT_MS 10000

int nr_cpu_ids = 1;
unsigned long cpu_online_bits[1] = { 1 };
static_assert(NR_CPUS <= 64, "cpu_online_bits is one word");

static u32 apic_ids[NR_CPUS];	/* as found, then by CPU number */
static int nr_found;

void __init smp_register_cpu(u32 apic_id)
{
	for (int i = 0; i < nr_found; i++)
		if (apic_ids[i] == apic_id)
			return;		/* MADT may name one twice: xAPIC and x2APIC entry */
	if (nr_found == NR_CPUS) {
		pr_warn("smp: more than %d CPUs, APIC id %u is left out\n", NR_CPUS, apic_id);
		return;
	}
	apic_ids[nr_found++] = apic_id;
}

/* Makes the running CPU number 0. */
void __init smp_prepare_boot_cpu(u32 apic_id)
{
	int i;

	for (i = 0; i < nr_found && apic_ids[i] != apic_id; i++)
		;
	if (i == nr_found) {		/* no tables, or tables that do not know it */
		if (nr_found < NR_CPUS)
			nr_found++;
		else
			i = NR_CPUS - 1;
	}
	for (; i > 0; i--)
		apic_ids[i] = apic_ids[i - 1];
	apic_ids[0] = apic_id;
}

u32 smp_cpu_apic_id(int cpu)
{
	ASSERT(cpu >= 0 && cpu < NR_CPUS);
	return apic_ids[cpu];
}

int smp_nr_cpus_found(void)
{
	return nr_found;
}

/* Value of a limit on the command line, NR_CPUS if it is not given. */
static int __init limit(const char *name)
{
	const char *value = cmdline_find(name);
	int n;

	if (!value || kstrtoint(value, 0, &n) || n < 0)
		return NR_CPUS;
	return min(n, NR_CPUS);
}

void __init smp_found_cpus_report(void)
{
	int possible = min(nr_found, max(limit("nr_cpus"), 1));

	if (cmdline_has("nosmp") || limit("maxcpus") == 0)
		possible = 1;
	nr_cpu_ids = max(possible, 1);
	ASSERT(cpu_online(0) && num_online_cpus() == 1);
	if (nr_found > 1)
		pr_info("smp: %d CPUs found, %d possible\n", nr_found, nr_cpu_ids);
}

/* ---- starting them -------------------------------------------------------------------------- */

/*
 * On the idle task's stack, per-CPU data in place, interrupts off. The order is the boot CPU's, of
 * start_kernel(); when the CPU counts as online, tasks and calls may come to it at once.
 */
void start_secondary(void)
{
	int cpu = smp_processor_id();

	cpu_secondary_init();
	load_idt();
	fpu_secondary_init();
	lapic_secondary_init();
	kvmclock_secondary_init();
	syscall_init();
	account_cpu_online(ktime_get());
	apic_timer_secondary_init();
	set_bit(cpu, cpu_online_bits);
	/* Who changed the kernel's page tables before that did not ask this CPU. */
	flush_tlb_local_all();
	local_irq_enable();
	sched_idle_loop();
}

/* What the CPU finds when it wakes up. -ENOMEM. */
static int __init prepare(int cpu)
{
	struct trampoline_params *params = __va(SMP_TRAMPOLINE_PHYS) +
					   ((char *)&smp_trampoline_params - smp_trampoline);
	struct task_struct *idle;
	unsigned long top;
	int err = setup_per_cpu_area(cpu);

	if (err)
		return err;
	idle = fork_idle(cpu);
	if (IS_ERR(idle))
		return PTR_ERR(idle);
	idle->active_mm = &init_mm;
	mmgrab(&init_mm);
	set_bit(cpu, (unsigned long *)&init_mm.cpu_bitmap);
	top = (unsigned long)idle->stack + THREAD_SIZE;
	per_cpu(current_task, cpu) = idle;
	per_cpu(cpu_current_top_of_stack, cpu) = top;
	per_cpu(__stack_chk_guard, cpu) = idle->stack_canary;
	*params = (struct trampoline_params){
		.early_cr3 = __pa(early_top_pgt),
		.efer = rdmsr(MSR_EFER) & ~EFER_LMA,
		.kernel_cr3 = __pa(init_top_pgt),
		.entry = (u64)secondary_startup_64,
		.stack = (u64)task_pt_regs(idle),
		.gs_base = __per_cpu_offset[cpu],
	};
	return 0;
}

/* Sleeps while it waits: where all CPUs share one of the host's, that lets the new one run. */
static bool __init wait_until_online(int cpu, unsigned int ms)
{
	ktime_t end = ktime_get() + ms * NSEC_PER_MSEC;

	while (!cpu_online(cpu) && ktime_get() < end) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_hrtimeout(ktime_get() + POLL_NS);
	}
	return cpu_online(cpu);
}

/*
 * MultiProcessor Specification 1.4, B.4: INIT, 10 ms, start-up, 200 us, start-up. CPUs since the
 * Pentium 4 and K8 need no rest after the INIT.
 */
static bool __init kick(int cpu)
{
	u32 apic_id = apic_ids[cpu];

	apic_send_init(apic_id);
	if (boot_cpu_data.family < 6)
		mdelay(10);
	apic_send_startup(apic_id, SMP_TRAMPOLINE_PHYS);
	if (wait_until_online(cpu, 1))
		return true;
	apic_send_startup(apic_id, SMP_TRAMPOLINE_PHYS);
	if (wait_until_online(cpu, START_TIMEOUT_MS))
		return true;
	apic_send_init(apic_id);	/* it must not come when the next one has its turn */
	return false;
}

static int __init boot_cpu(int cpu)
{
	int err;

	err = prepare(cpu);
	if (!err && !kick(cpu))
		err = -EIO;
	if (err)
		pr_err("smp: CPU %d (APIC id %u) does not start: %d\n", cpu, apic_ids[cpu], err);
	return err;
}

void __init smp_init(void)
{
	int most = min(nr_cpu_ids, limit("maxcpus"));

	if (most <= 1)
		return;
	if (!apic_usable || !apic_timer_usable()) {
		pr_warn("smp: without a local APIC and its timer the other CPUs cannot run\n");
		return;
	}
	memcpy(__va(SMP_TRAMPOLINE_PHYS), smp_trampoline, smp_trampoline_end - smp_trampoline);
	flush_tlb_others = smp_flush_tlb_others;
	for (int cpu = 1; cpu < most; cpu++)
		boot_cpu(cpu);
	if (num_online_cpus() > 1)
		static_key_inc(&tlb_lazy_key);
	pr_info("smp: Brought up 1 node, %d CPUs\n", num_online_cpus());
}
