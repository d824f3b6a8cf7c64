/* SPDX-License-Identifier: MIT */
/*
 * The local APIC: takes interrupts for its CPU, and has a timer of its own. Linux's twin:
 * arch/x86/kernel/apic/{apic,x2apic_phys}.c; SDM vol. 3, chapter 11.
 *
 *   LVTT   timer, vector 0xec: one-shot, or TSC deadline where the CPU has it
 *   LVT0   the 8259's INTR: masked, unless the 8259 is the controller
 *   LVT1   the NMI line
 *   LVTERR bad messages, vector 0xfe
 *
 * lapic_init() runs on each CPU as it comes up, interrupts off; the timer's functions with
 * interrupts off on the CPU whose timer it is. No locks: nobody touches another CPU's local APIC.
 */
#include <vitrix/init.h>
#include <vitrix/hrtimer.h>
#include <vitrix/irq.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include <vitrix/vmalloc.h>
#include <arch/apic.h>
#include <arch/smp.h>
#include <arch/time.h>
#include <arch/traps.h>

#define APICBASE_ENABLE		(1UL << 11)
#define APICBASE_X2APIC		(1UL << 10)
#define APICBASE_ADDRESS	0x000ffffffffff000UL
#define DFR_FLAT		0xffffffff
#define NSHIFT			32	/* ns to timer ticks: (ns * mult) >> NSHIFT */
#define MAX_ONESHOT_TICKS	0x7fffffffUL

bool x2apic_mode, apic_usable;
volatile char *apic_base;

static int nmi_lint = 1;
static bool timer_usable;
static u64 timer_mult;		/* TSC ticks (deadline) or timer ticks a ns, 32.32 fixed point */

u32 read_apic_id(void)
{
	return x2apic_mode ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void __init lapic_set_nmi_lint(int lint)
{
	nmi_lint = lint;
}

/*
 * x2APIC is used if the firmware has switched it on (there is no way back but through off), and
 * under hypervisors that route interrupts to it without remapping hardware, as long as the
 * IOAPIC's 8 bits can name all CPUs: an MSR write is cheaper than a trip to the MMIO page.
 */
static bool __init want_x2apic(u64 base)
{
	char signature[13] = "";
	u32 a;

	if (!cpu_has(X86_FEATURE_X2APIC))
		return false;
	if (base & APICBASE_X2APIC)
		return true;
	if (cmdline_has("nox2apic") || !cpu_has(X86_FEATURE_HYPERVISOR))
		return false;
	cpuid_count(0x40000000, 0, &a, (u32 *)signature, (u32 *)(signature + 4),
		    (u32 *)(signature + 8));
	return !strcmp(signature, "KVMKVMKVM") || !strcmp(signature, "TCGTCGTCGTCG");
}

/* SDM vol. 3, 11.12.5: from off, first the one bit, then both. */
static void enable_x2apic(u64 base)
{
	wrmsr(MSR_IA32_APICBASE, base | APICBASE_ENABLE);
	wrmsr(MSR_IA32_APICBASE, base | APICBASE_ENABLE | APICBASE_X2APIC);
}

static bool __init find_apic(void)
{
	u64 base;

	if (!cpu_has(X86_FEATURE_APIC) || cmdline_has("nolapic")) {
		pr_info("apic: no local APIC\n");
		return false;
	}
	base = rdmsr(MSR_IA32_APICBASE);
	if (want_x2apic(base)) {
		x2apic_mode = true;
		enable_x2apic(base);
		return true;
	}
	if (!(base & APICBASE_ENABLE))
		wrmsr(MSR_IA32_APICBASE, base | APICBASE_ENABLE);
	apic_base = ioremap(base & APICBASE_ADDRESS, PAGE_SIZE);
	return apic_base != NULL;
}

/* Nothing may be left of what the firmware had in service, or lower vectors stay blocked. */
static void drop_stale_interrupts(void)
{
	for (int word = 7; word >= 0; word--)
		for (int n = 0; n < 32 && apic_read(APIC_ISR + word * 0x10); n++)
			apic_eoi();
}

/* What the PC's own lines bring, INTR and NMI, goes to the boot CPU alone. */
static void setup_lapic(bool boot_cpu)
{
	u32 masked = boot_cpu ? 0 : APIC_LVT_MASKED;

	apic_write(APIC_LVTT, APIC_LVT_MASKED | LOCAL_TIMER_VECTOR);
	apic_write(APIC_LVTPC, APIC_LVT_MASKED | LOCAL_TIMER_VECTOR);
	if (!x2apic_mode) {		/* logical destinations: flat, though none are used */
		apic_write(APIC_DFR, DFR_FLAT);
		apic_write(APIC_LDR, 1 << 24);
	}
	apic_write(APIC_TASKPRI, 0);
	drop_stale_interrupts();
	apic_write(APIC_SPIV, APIC_SPIV_ENABLED | SPURIOUS_APIC_VECTOR);
	apic_write(APIC_LVT0, nmi_lint == 0 ? masked | APIC_LVT_NMI :
					      APIC_LVT_MASKED | APIC_LVT_EXTINT);
	apic_write(APIC_LVT1, nmi_lint == 1 ? masked | APIC_LVT_NMI :
					      APIC_LVT_MASKED | APIC_LVT_NMI);
	apic_write(APIC_LVTERR, ERROR_APIC_VECTOR);
	apic_write(APIC_ESR, 0);
}

bool __init lapic_init(void)
{
	if (!find_apic())
		return false;
	if (!x2apic_mode && (apic_read(APIC_LVR) & 0xff) == 0xff) {
		pr_warn("apic: nothing answers at its address\n");
		return false;
	}
	setup_lapic(true);
	apic_usable = true;
	pr_info("apic: id %u, version %x, %s\n", read_apic_id(), apic_read(APIC_LVR) & 0xff,
		x2apic_mode ? "x2APIC" : "xAPIC");
	return true;
}

void lapic_secondary_init(void)
{
	u64 base = rdmsr(MSR_IA32_APICBASE);

	if (x2apic_mode)
		enable_x2apic(base);
	else if (!(base & APICBASE_ENABLE))
		wrmsr(MSR_IA32_APICBASE, base | APICBASE_ENABLE);
	setup_lapic(false);
}

void show_apic_error(void)
{
	apic_write(APIC_ESR, 0);	/* the write latches what has gathered */
	if (printk_ratelimit())
		pr_warn("apic: error %02x on CPU %d\n", apic_read(APIC_ESR), smp_processor_id());
}

static void oneshot_next_event(u64 delta_ns)
{
	u64 ticks = (u64)(((unsigned __int128)delta_ns * timer_mult) >> NSHIFT);

	/* 0 would stop the timer */
	apic_write(APIC_TMICT, ticks ? min_t(u64, ticks, MAX_ONESHOT_TICKS) : 1);
}

static void deadline_next_event(u64 delta_ns)
{
	u64 ticks = (u64)(((unsigned __int128)delta_ns * timer_mult) >> NSHIFT);

	wrmsr(MSR_IA32_TSC_DEADLINE, rdtsc() + ticks);
}

static struct clock_event_device lapic_clockevent = {
	.name = "lapic",
	.set_next_event = oneshot_next_event,
	.min_delta_ns = 1000,
};

static bool use_deadline(void)
{
	return cpu_has(X86_FEATURE_TSC_DEADLINE) && tsc_khz;
}

void apic_timer_calibrated(u64 ticks_per_sec)
{
	timer_mult = (ticks_per_sec << NSHIFT) / NSEC_PER_SEC;
	lapic_clockevent.max_delta_ns = MAX_ONESHOT_TICKS * NSEC_PER_SEC / (ticks_per_sec ?: 1);
}

/* This CPU's timer, in the mode that all use. Interrupts off. */
static void start_timer(void)
{
	if (use_deadline()) {
		apic_write(APIC_LVTT, APIC_LVTT_TSCDEADLINE | LOCAL_TIMER_VECTOR);
		smp_mb();	/* SDM vol. 3, 11.5.4.1: the mode before the first deadline */
	} else {
		apic_write(APIC_TDCR, APIC_TDR_DIV_16);
		apic_write(APIC_LVTT, APIC_LVTT_ONESHOT | LOCAL_TIMER_VECTOR);
	}
	clockevents_register_device(&lapic_clockevent);
}

bool __init apic_timer_init(void)
{
	if (!apic_usable)
		return false;
	if (use_deadline()) {
		lapic_clockevent.name = "lapic-deadline";
		lapic_clockevent.set_next_event = deadline_next_event;
		lapic_clockevent.max_delta_ns = 3600 * NSEC_PER_SEC;
		timer_mult = ((u64)tsc_khz << NSHIFT) / NSEC_PER_MSEC;
	}
	timer_usable = timer_mult != 0;
	if (timer_usable)
		start_timer();
	return timer_usable;
}

bool apic_timer_usable(void)
{
	return timer_usable;
}

/* The one device serves all CPUs: it has no state, each CPU writes its own registers. */
void apic_timer_secondary_init(void)
{
	start_timer();
}
