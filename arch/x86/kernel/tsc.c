/* SPDX-License-Identifier: MIT */
/*
 * The time stamp counter: the cheapest clock there is, once its rate is known.
 * Linux's twin: arch/x86/kernel/tsc.c.
 *
 * The rate comes from CPUID where CPU or hypervisor tell it, else from a few milliseconds against a
 * counter of known rate. The local APIC's timer is measured in the same window.
 *
 *   sample                                       sample
 *     | TSC, reference, LAPIC count                | TSC, reference, LAPIC count
 *     +----------------- WINDOW -------------------+
 *
 * A sample is the best of several tries: an interrupt of the hypervisor between the readings
 * would move them apart. With 5 ms and a 3.58 MHz reference the error stays below 150 ppm. The
 * window is what booting costs most, in instructions and in time: it is not longer than that.
 *
 * Is the TSC fit to keep the time? If it is invariant, or under a hypervisor (which keeps it
 * going), yes; else it may stop in deep sleep, and any other clock is preferred. Called by
 * time_init(), interrupts off.
 */
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <arch/apic.h>
#include <arch/time.h>

#define WINDOW_MS	5
#define SHORT_WINDOW_MS	1	/* the TSC's rate is known, only the APIC timer's is not */
#define TRIES		6
#define GUESS_KHZ	4000000	/* for waiting, as long as nothing is known: rather too long */
#define HYPERVISOR_APIC_HZ 1000000000ULL	/* QEMU's and KVM's local APIC counts ns */
#define CPUID_TSC	0x15
#define CPUID_FREQUENCY	0x16
#define CPUID_HV_TIMING	0x40000010

u32 tsc_khz;

struct sample { u64 tsc, ref, apic; };

/*
 * CPUID 0x15: the TSC as a fraction of the crystal; where the crystal is not told, 0x16 has the
 * base frequency in MHz. Hypervisors: 0x40000010, in kHz. 0: nobody tells.
 */
static u32 __init tsc_khz_from_cpuid(void)
{
	u32 a, b, c, d;

	if (cpu_has(X86_FEATURE_HYPERVISOR)) {
		cpuid_count(0x40000000, 0, &a, &b, &c, &d);
		if (a >= CPUID_HV_TIMING && a < 0x40010000) {
			cpuid_count(CPUID_HV_TIMING, 0, &a, &b, &c, &d);
			if (b)
				apic_timer_calibrated((u64)b * 1000 / APIC_TIMER_DIVISOR);
			if (a)
				return a;
		}
	}
	if (boot_cpu_data.cpuid_level < CPUID_TSC)
		return 0;
	cpuid_count(CPUID_TSC, 0, &a, &b, &c, &d);
	if (!a || !b)
		return 0;
	if (c)
		return (u64)c * b / a / 1000;
	if (boot_cpu_data.cpuid_level < CPUID_FREQUENCY)
		return 0;
	cpuid_count(CPUID_FREQUENCY, 0, &a, &b, &c, &d);
	return (a & 0xffff) * 1000;
}

static void __init take_sample(const struct ref_counter *ref, struct sample *s)
{
	u64 best = ~0ULL;

	for (int i = 0; i < TRIES; i++) {
		u64 begin = rdtsc_ordered(), value, end;
		u64 apic = apic_usable ? apic_read(APIC_TMCCT) : 0;

		value = ref->read();
		end = rdtsc_ordered();
		if (end - begin >= best)
			continue;
		best = end - begin;
		*s = (struct sample){ begin + (end - begin) / 2, value, apic };
	}
}

static u64 tsc_ref_read(void)
{
	return rdtsc();
}

/* Lets the window pass. false: the counter stands still. */
static bool __init wait_window(const struct ref_counter *ref, u64 start, unsigned int ms)
{
	u64 ticks = ref->freq_hz * ms / 1000, begin = rdtsc();

	while (((ref->read() - start) & ref->mask) < ticks)
		if (rdtsc() - begin > (u64)GUESS_KHZ * 10 * ms)
			return false;
	return true;
}

/* Both timers against ref; rates in Hz, *apic_hz of the divided APIC timer. */
static bool __init measure(const struct ref_counter *ref, unsigned int ms, u64 *tsc_hz,
			   u64 *apic_hz)
{
	struct sample a, b;
	u64 ref_ticks;

	if (ref->start && !ref->start())
		return false;
	if (apic_usable) {
		apic_write(APIC_TDCR, APIC_TDR_DIV_16);
		apic_write(APIC_TMICT, 0xffffffff);	/* masked: it only counts */
	}
	take_sample(ref, &a);
	if (!wait_window(ref, a.ref, ms))
		return false;
	take_sample(ref, &b);
	if (apic_usable)
		apic_write(APIC_TMICT, 0);
	ref_ticks = (b.ref - a.ref) & ref->mask;
	*tsc_hz = (b.tsc - a.tsc) * ref->freq_hz / ref_ticks;
	*apic_hz = (u64)(u32)(a.apic - b.apic) * ref->freq_hz / ref_ticks;
	return true;
}

static void __init calibrate_by_reference(void)
{
	static const struct ref_counter *const refs[] = { &pm_timer_ref, &hpet_ref, &pit_ref };
	u64 tsc_hz, apic_hz;

	for (int i = 0; i < ARRAY_SIZE(refs); i++) {
		if (!refs[i]->freq_hz || !measure(refs[i], WINDOW_MS, &tsc_hz, &apic_hz))
			continue;
		tsc_khz = tsc_hz / 1000;
		apic_timer_calibrated(apic_hz);
		pr_info("tsc: %u.%03u MHz, measured by %s\n", tsc_khz / 1000, tsc_khz % 1000,
			refs[i]->name);
		return;
	}
}

/*
 * The last resort of a virtual machine without any timer chip: its APIC timer's rate is a
 * convention.
 */
static void __init calibrate_by_apic(void)
{
	u64 start, ticks = HYPERVISOR_APIC_HZ / APIC_TIMER_DIVISOR * WINDOW_MS / 1000;

	if (!apic_usable || !cpu_has(X86_FEATURE_HYPERVISOR))
		return;
	apic_write(APIC_TDCR, APIC_TDR_DIV_16);
	apic_write(APIC_TMICT, 0xffffffff);
	start = rdtsc();
	while (0xffffffff - apic_read(APIC_TMCCT) < ticks && rdtsc() - start < GUESS_KHZ * 1000UL)
		;
	tsc_khz = (rdtsc() - start) / WINDOW_MS;
	apic_write(APIC_TMICT, 0);
	apic_timer_calibrated(HYPERVISOR_APIC_HZ / APIC_TIMER_DIVISOR);
	pr_info("tsc: %u kHz, measured by the local APIC (taken for 1 GHz)\n", tsc_khz);
}

void __init tsc_calibrate(void)
{
	struct ref_counter tsc_ref = { .name = "tsc", .read = tsc_ref_read, .mask = ~0ULL };
	u64 unused, apic_hz;

	if (!tsc_khz)		/* kvmclock may have set it */
		tsc_khz = tsc_khz_from_cpuid();
	if (!tsc_khz) {
		calibrate_by_reference();
	} else {
		pr_info("tsc: %u.%03u MHz\n", tsc_khz / 1000, tsc_khz % 1000);
		tsc_ref.freq_hz = (u64)tsc_khz * 1000;
		if (!cpu_has(X86_FEATURE_TSC_DEADLINE) &&
		    measure(&tsc_ref, SHORT_WINDOW_MS, &unused, &apic_hz))
			apic_timer_calibrated(apic_hz);
	}
	if (!tsc_khz)
		calibrate_by_apic();
	if (!tsc_khz) {
		tsc_khz = GUESS_KHZ;
		pr_err("tsc: no counter to measure it by; time will be wrong\n");
	}
}

static u64 read_tsc(void)
{
	return rdtsc();
}

static struct clocksource clocksource_tsc = {
	.name = "tsc",
	.read = read_tsc,
	.mask = ~0ULL,
	.is_tsc = true,
};

void __init tsc_clocksource_register(void)
{
	const char *choice = cmdline_find("tsc");
	bool fit = cpu_has(X86_FEATURE_NONSTOP_TSC) || cpu_has(X86_FEATURE_HYPERVISOR) || choice;

	if (choice && choice[0] == 'u')		/* tsc=unstable */
		fit = false;
	clocksource_tsc.rating = fit ? 300 : 150;
	clocksource_tsc.freq_hz = (u64)tsc_khz * 1000;
	clocksource_register(&clocksource_tsc);
}

void udelay(unsigned long usecs)
{
	u64 khz = READ_ONCE(tsc_khz) ?: GUESS_KHZ, begin = rdtsc();

	while (rdtsc() - begin < khz * usecs / 1000)
		cpu_relax();
}

void mdelay(unsigned long msecs)
{
	while (msecs--)
		udelay(1000);
}
