/* SPDX-License-Identifier: MIT */
/*
 * The CPUs of the machine: which there are, which run. Linux's twin: arch/x86/kernel/smpboot.c.
 *
 * The firmware's tables (MADT, MP) name each CPU by its APIC id. Kernel numbers are given in that
 * order, but the one that boots is 0. Only it runs: the others stay where the firmware left them,
 * waiting for an INIT that does not come ("parked"). possible = 0 .. nr_cpu_ids - 1; online =
 * cpu_online_bits.
 *
 * Boot only, no locks. nosmp, maxcpus=, nr_cpus= as on Linux.
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/kstrtox.h>
#include <vitrix/percpu.h>
#include <vitrix/printk.h>
#include <arch/apic.h>

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
	if (nr_found <= 1)
		return;
	pr_info("smp: %d CPUs found, %d possible, 1 runs; %d parked\n", nr_found, nr_cpu_ids,
		nr_found - 1);
}
