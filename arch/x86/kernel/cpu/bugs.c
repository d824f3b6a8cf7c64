/* SPDX-License-Identifier: MIT */
/*
 * Which mistakes this CPU has that programs can use against the kernel, and what the kernel does
 * about each: the line `bugs` of /proc/cpuinfo, the files of
 * /sys/devices/system/cpu/vulnerabilities, and the command line's mitigations=. Linux's twins:
 * arch/x86/kernel/cpu/{bugs,common}.c.
 *
 *	CPUID's vendor, family, model --> two tables below --> boot_cpu_data.bugs
 *	mitigations=off | auto        --> cpu_mitigations  --> alternative.c, pti.c
 *
 * mitigations=auto (also auto,nosmt: no CPU here is the sibling of another) takes what there is:
 *
 *	Meltdown          page tables of its own for user mode: pti.c
 *	Spectre v1        <vitrix/nospec.h> on indexes; lfence behind access_ok() and swapgs
 *	all that guess    no register of the user's survives entry: calling.h
 *
 * There are no retpolines and no IBRS (Spectre v2, Retbleed, SRSO), no VERW (MDS, TAA, MMIO), no
 * SSBD, and a PROT_NONE page's entry keeps its address (L1TF): the files say "Vulnerable" where the
 * CPU is. The tables say what was known of CPUs in 2023; which of the later finds concern a CPU
 * (BHI, ITS, RFDS, TSA, VMSCAPE) is not said.
 *
 * Set once at boot, then only read.
 */
#include <vitrix/fs.h>
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include <arch/mitigations.h>
#include <arch/pgtable.h>
#include "cpu.h"

enum cpu_mitigations cpu_mitigations = MITIGATIONS_AUTO;

#define MSR_ARCH_CAPABILITIES	0x10a
#define ALL_MODELS	0xffff
/* bits of X86_BUG_* that a CPU is known not to have */
#define CURED_AMD	(BIT(X86_BUG_MELTDOWN) | BIT(X86_BUG_L1TF) | BIT(X86_BUG_MDS) |		\
			 BIT(X86_BUG_SWAPGS) | BIT(X86_BUG_ITLB_MULTIHIT))
#define NO_GUESSES	(CURED_AMD | BIT(X86_BUG_SPECTRE_V1) | BIT(X86_BUG_SPECTRE_V2) |	\
			 BIT(X86_BUG_SPEC_STORE_BYPASS))
#define SMALL_CORE	(BIT(X86_BUG_L1TF) | BIT(X86_BUG_SWAPGS) | BIT(X86_BUG_ITLB_MULTIHIT))

struct cpu_match {
	const char *vendor;		/* "": any */
	u16 family, model;
	u32 bugs;
};
#define AMD(family, bugs)	{ "AuthenticAMD", family, ALL_MODELS, bugs }
#define INTEL6(model, bugs)	{ "GenuineIntel", 6, model, bugs }

/* The first line that fits counts: what the CPU does not have. */
static const struct cpu_match cured[] __initconst = {
	{ "", 4, ALL_MODELS, NO_GUESSES },
	{ "GenuineIntel", 5, ALL_MODELS, NO_GUESSES },
	{ "CentaurHauls", 5, ALL_MODELS, NO_GUESSES },
	/* Saltwell, Bonnell: in order */
	INTEL6(0x36, NO_GUESSES), INTEL6(0x35, NO_GUESSES), INTEL6(0x27, NO_GUESSES),
	INTEL6(0x1c, NO_GUESSES), INTEL6(0x26, NO_GUESSES),
	/* Silvermont, Airmont, Knights */
	INTEL6(0x37, SMALL_CORE | BIT(X86_BUG_SPEC_STORE_BYPASS)),
	INTEL6(0x4d, SMALL_CORE | BIT(X86_BUG_SPEC_STORE_BYPASS)),
	INTEL6(0x4a, SMALL_CORE | BIT(X86_BUG_SPEC_STORE_BYPASS)),
	INTEL6(0x4c, SMALL_CORE | BIT(X86_BUG_SPEC_STORE_BYPASS)),
	INTEL6(0x57, SMALL_CORE | BIT(X86_BUG_SPEC_STORE_BYPASS)),
	INTEL6(0x85, SMALL_CORE | BIT(X86_BUG_SPEC_STORE_BYPASS)),
	INTEL6(0x5a, SMALL_CORE), INTEL6(0x75, SMALL_CORE),
	/* Goldmont */
	INTEL6(0x5c, SMALL_CORE | BIT(X86_BUG_MDS)), INTEL6(0x5f, SMALL_CORE | BIT(X86_BUG_MDS)),
	INTEL6(0x7a, SMALL_CORE | BIT(X86_BUG_MDS)),
	INTEL6(0x86, BIT(X86_BUG_ITLB_MULTIHIT)),
	AMD(0x0f, CURED_AMD | BIT(X86_BUG_SPEC_STORE_BYPASS)),
	AMD(0x10, CURED_AMD | BIT(X86_BUG_SPEC_STORE_BYPASS)),
	AMD(0x11, CURED_AMD | BIT(X86_BUG_SPEC_STORE_BYPASS)),
	AMD(0x12, CURED_AMD | BIT(X86_BUG_SPEC_STORE_BYPASS)),
	{ "AuthenticAMD", ALL_MODELS, ALL_MODELS, CURED_AMD },
	{ "HygonGenuine", ALL_MODELS, ALL_MODELS, CURED_AMD },
	{ "CentaurHauls", 7, ALL_MODELS, BIT(X86_BUG_SPECTRE_V2) | BIT(X86_BUG_SWAPGS) },
	{ "  Shanghai  ", 7, ALL_MODELS, BIT(X86_BUG_SPECTRE_V2) | BIT(X86_BUG_SWAPGS) },
};

/* The first line that fits: what it has in addition. */
#define SKYLAKE	(BIT(X86_BUG_MMIO_STALE_DATA) | BIT(X86_BUG_RETBLEED) | BIT(X86_BUG_GDS))
#define ICELAKE	(BIT(X86_BUG_MMIO_STALE_DATA) | BIT(X86_BUG_GDS))
static const struct cpu_match found[] __initconst = {
	/* Ivy Bridge, Haswell, Broadwell */
	INTEL6(0x3a, BIT(X86_BUG_SRBDS)), INTEL6(0x3c, BIT(X86_BUG_SRBDS)),
	INTEL6(0x45, BIT(X86_BUG_SRBDS)), INTEL6(0x46, BIT(X86_BUG_SRBDS)),
	INTEL6(0x47, BIT(X86_BUG_SRBDS)), INTEL6(0x3d, BIT(X86_BUG_SRBDS)),
	INTEL6(0x3f, BIT(X86_BUG_MMIO_STALE_DATA)), INTEL6(0x56, BIT(X86_BUG_MMIO_STALE_DATA)),
	INTEL6(0x4f, BIT(X86_BUG_MMIO_STALE_DATA)),
	/* Skylake and its kin */
	INTEL6(0x55, SKYLAKE), INTEL6(0x4e, SKYLAKE | BIT(X86_BUG_SRBDS)),
	INTEL6(0x5e, SKYLAKE | BIT(X86_BUG_SRBDS)), INTEL6(0x8e, SKYLAKE | BIT(X86_BUG_SRBDS)),
	INTEL6(0x9e, SKYLAKE | BIT(X86_BUG_SRBDS)), INTEL6(0x66, BIT(X86_BUG_RETBLEED)),
	INTEL6(0xa5, SKYLAKE), INTEL6(0xa6, SKYLAKE), INTEL6(0xa7, SKYLAKE),
	/* Ice Lake, Tiger Lake, Lakefield */
	INTEL6(0x7e, SKYLAKE), INTEL6(0x6c, ICELAKE), INTEL6(0x6a, ICELAKE),
	INTEL6(0x8c, BIT(X86_BUG_GDS)), INTEL6(0x8d, BIT(X86_BUG_GDS)),
	INTEL6(0x8a, BIT(X86_BUG_MMIO_STALE_DATA) | BIT(X86_BUG_RETBLEED)),
	AMD(0x15, BIT(X86_BUG_RETBLEED)), AMD(0x16, BIT(X86_BUG_RETBLEED)),
	AMD(0x17, BIT(X86_BUG_RETBLEED) | BIT(X86_BUG_SMT_RSB) | BIT(X86_BUG_SRSO)),
	{ "HygonGenuine", 0x18, ALL_MODELS,
	  BIT(X86_BUG_RETBLEED) | BIT(X86_BUG_SMT_RSB) | BIT(X86_BUG_SRSO) },
	AMD(0x19, BIT(X86_BUG_SRSO)),
};

static u32 __init match(const struct cpu_match *table, int n)
{
	const struct cpuinfo_x86 *c = &boot_cpu_data;

	for (int i = 0; i < n; i++) {
		const struct cpu_match *m = &table[i];

		if ((!m->vendor[0] || !strcmp(m->vendor, c->vendor_id)) &&
		    (m->family == ALL_MODELS || m->family == c->family) &&
		    (m->model == ALL_MODELS || m->model == c->model))
			return m->bugs;
	}
	return 0;
}

/* What newer CPUs say themselves (SDM vol. 4, IA32_ARCH_CAPABILITIES). */
static u32 __init cured_by_capabilities(void)
{
	static const struct { u8 bit, bug; } cap[] __initconst = {
		{ 0, X86_BUG_MELTDOWN }, { 0, X86_BUG_L1TF }, { 4, X86_BUG_SPEC_STORE_BYPASS },
		{ 5, X86_BUG_MDS }, { 6, X86_BUG_ITLB_MULTIHIT }, { 26, X86_BUG_GDS },
	};
	u32 bugs = 0;
	u64 said;

	if (!(cpuid_words[CPUID_7_EDX] >> 29 & 1))
		return 0;
	said = rdmsr(MSR_ARCH_CAPABILITIES);
	for (int i = 0; i < ARRAY_SIZE(cap); i++)
		if (said >> cap[i].bit & 1)
			bugs |= BIT(cap[i].bug);
	return bugs;
}

/* What is no door, but has to be known: fpu.c, entry_64.S and process.c assume the worst anyway. */
static u32 __init amd_oddities(const struct cpuinfo_x86 *c)
{
	u32 bugs = BIT(X86_BUG_SYSRET_SS_ATTRS), a = 0, b, cx, d;

	if (!(cpuid_words[CPUID_80000008_EBX] >> 2 & 1))	/* XSAVEERPTR */
		bugs |= BIT(X86_BUG_FXSAVE_LEAK);
	if (c->ext_level >= 0x80000021)
		cpuid_count(0x80000021, 0, &a, &b, &cx, &d);
	if (!(a >> 6 & 1))				/* a null selector clears the base */
		bugs |= BIT(X86_BUG_NULL_SEG);
	if (c->family == 15)
		bugs |= BIT(X86_BUG_SWAPGS_FENCE);
	if ((c->family == 15 && c->model > 0x41) || (c->family == 16 && c->model >= 2))
		bugs |= BIT(X86_BUG_AMD_E400);
	return bugs;
}

void __init cpu_find_bugs(void)
{
	struct cpuinfo_x86 *c = &boot_cpu_data;
	bool amd = !strcmp(c->vendor_id, "AuthenticAMD") || !strcmp(c->vendor_id, "HygonGenuine");
	u32 bugs = BIT(X86_BUG_SPECTRE_V1) | BIT(X86_BUG_SPECTRE_V2) |
		   BIT(X86_BUG_SPEC_STORE_BYPASS) | BIT(X86_BUG_MELTDOWN) | BIT(X86_BUG_L1TF) |
		   BIT(X86_BUG_MDS) | BIT(X86_BUG_SWAPGS) | BIT(X86_BUG_ITLB_MULTIHIT);

	bugs &= ~match(cured, ARRAY_SIZE(cured));
	bugs |= match(found, ARRAY_SIZE(found));
	bugs &= ~cured_by_capabilities();
	/* Only Intel's translation caches have it. */
	if (strcmp(c->vendor_id, "GenuineIntel"))
		bugs &= ~BIT(X86_BUG_ITLB_MULTIHIT);
	if (amd)
		bugs |= amd_oddities(c);
	c->bugs = bugs;
}

void __init mitigations_init(void)
{
	const char *value = cmdline_find("mitigations");

	if (value && !strcmp(value, "off"))
		cpu_mitigations = MITIGATIONS_OFF;
	else if (value && strcmp(value, "auto") && strcmp(value, "auto,nosmt"))
		pr_warn("mitigations=%s: there is off, auto and auto,nosmt. It is auto.\n", value);
}

static const char *const bug_names[NR_X86_BUGS] = {
	[X86_BUG_FXSAVE_LEAK] = "fxsave_leak",
	[X86_BUG_SYSRET_SS_ATTRS] = "sysret_ss_attrs",
	[X86_BUG_NULL_SEG] = "null_seg",
	[X86_BUG_SWAPGS_FENCE] = "swapgs_fence",
	[X86_BUG_AMD_E400] = "amd_e400",
	[X86_BUG_MELTDOWN] = "cpu_meltdown",
	[X86_BUG_SPECTRE_V1] = "spectre_v1",
	[X86_BUG_SPECTRE_V2] = "spectre_v2",
	[X86_BUG_SPEC_STORE_BYPASS] = "spec_store_bypass",
	[X86_BUG_L1TF] = "l1tf",
	[X86_BUG_MDS] = "mds",
	[X86_BUG_SWAPGS] = "swapgs",
	[X86_BUG_ITLB_MULTIHIT] = "itlb_multihit",
	[X86_BUG_SRBDS] = "srbds",
	[X86_BUG_MMIO_STALE_DATA] = "mmio_stale_data",
	[X86_BUG_RETBLEED] = "retbleed",
	[X86_BUG_SMT_RSB] = "smt_rsb",
	[X86_BUG_GDS] = "gds",
	[X86_BUG_SRSO] = "srso",
};

/* The line of /proc/cpuinfo. */
void show_cpu_bugs(struct seq_file *m)
{
	seq_puts(m, "bugs\t\t:");
	for (int i = 0; i < NR_X86_BUGS; i++)
		if (cpu_has_bug(i))
			seq_printf(m, " %s", bug_names[i]);
	seq_putc(m, '\n');
}

/* What stands in a file of vulnerabilities/ if the CPU has the bug. */
static const char *measure(enum x86_bug bug)
{
	bool on = cpu_mitigations != MITIGATIONS_OFF;

	switch (bug) {
	case X86_BUG_MELTDOWN:
		return pti_enabled ? "Mitigation: PTI" : "Vulnerable";
	case X86_BUG_SPECTRE_V1:
		if (on)
			return "Mitigation: usercopy/swapgs barriers and "
			       "__user pointer sanitization";
		return "Vulnerable: array index masks only; no usercopy barriers and "
		       "no swapgs barriers";
	case X86_BUG_SPECTRE_V2:
		if (on)
			return "Vulnerable: registers cleared at entry only; no retpolines";
		return "Vulnerable";
	case X86_BUG_ITLB_MULTIHIT:
		return "KVM: Mitigation: no KVM";
	default:
		return "Vulnerable";
	}
}

int show_vulnerability(struct seq_file *m, enum x86_bug bug)
{
	seq_printf(m, "%s\n", cpu_has_bug(bug) ? measure(bug) : "Not affected");
	return 0;
}
