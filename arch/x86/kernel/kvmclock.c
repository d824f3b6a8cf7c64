/* SPDX-License-Identifier: MIT */
/*
 * Time from KVM: the host keeps in a page of ours how to make nanoseconds of the TSC, right even
 * when the guest moves to a host with another clock rate. Linux's twin:
 * arch/x86/kernel/kvmclock.c, arch/x86/kernel/pvclock.c; the ABI:
 * Documentation/virt/kvm/x86/msr.rst.
 *
 *   ns = system_time + ((tsc - tsc_timestamp) << shift) * mul / 2^32
 *
 * version is odd while the host writes, and changes with each update: read until it is the same
 * and even. One page a CPU; the host writes, only that CPU reads. QEMU's TCG does not offer it.
 */
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <arch/pgtable.h>
#include <arch/processor.h>
#include <arch/smp.h>
#include <arch/time.h>

#define MSR_KVM_SYSTEM_TIME_NEW	0x4b564d01
#define KVM_CLOCK_ENABLE	1UL
#define RATING_KVMCLOCK		400
#define RATING_BELOW_TSC	299	/* an invariant TSC needs no correction */

struct pvclock_vcpu_time_info {
	u32 version, pad0;
	u64 tsc_timestamp, system_time;
	u32 tsc_to_system_mul;
	s8 tsc_shift;
	u8 flags, pad[2];
};
static_assert(sizeof(struct pvclock_vcpu_time_info) == 32, "pvclock ABI");

static DEFINE_PER_CPU(struct pvclock_vcpu_time_info, pvclock) __aligned(64);

static u64 kvm_clock_read(void)
{
	const volatile struct pvclock_vcpu_time_info *t = this_cpu_ptr(&pvclock);
	u32 version;
	u64 ns;

	do {
		u64 delta;

		version = t->version;
		smp_rmb();
		delta = rdtsc_ordered() - t->tsc_timestamp;
		delta = t->tsc_shift >= 0 ? delta << t->tsc_shift : delta >> -t->tsc_shift;
		ns = t->system_time +
		     (u64)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
		smp_rmb();
	} while ((version & 1) || version != t->version);
	return ns;
}

static bool in_use;

static struct clocksource clocksource_kvm = {
	.name = "kvm-clock",
	.rating = RATING_KVMCLOCK,
	.read = kvm_clock_read,
	.mask = ~0ULL,
	.freq_hz = NSEC_PER_SEC,
};

/* kHz out of the scale: mul is 2^32 * 10^6 / kHz, shifted. */
static u32 __init tsc_khz_of_scale(const struct pvclock_vcpu_time_info *t)
{
	u64 khz = (1000000ULL << 32) / t->tsc_to_system_mul;

	return t->tsc_shift < 0 ? khz << -t->tsc_shift : khz >> t->tsc_shift;
}

/* The host finds this CPU's record, too. */
void kvmclock_secondary_init(void)
{
	if (in_use)
		wrmsr(MSR_KVM_SYSTEM_TIME_NEW, __pa(this_cpu_ptr(&pvclock)) | KVM_CLOCK_ENABLE);
}

bool __init kvmclock_init(void)
{
	struct pvclock_vcpu_time_info *t = this_cpu_ptr(&pvclock);

	if (!cpu_has(X86_FEATURE_KVM_CLOCK) || cmdline_has("no-kvmclock"))
		return false;
	if (wrmsr_safe(MSR_KVM_SYSTEM_TIME_NEW, __pa(t) | KVM_CLOCK_ENABLE))
		return false;
	if (!READ_ONCE(t->tsc_to_system_mul))
		return false;
	in_use = true;
	tsc_khz = tsc_khz_of_scale(t);
	if (cpu_has(X86_FEATURE_NONSTOP_TSC))
		clocksource_kvm.rating = RATING_BELOW_TSC;
	clocksource_register(&clocksource_kvm);
	return true;
}
