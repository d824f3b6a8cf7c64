/* SPDX-License-Identifier: MIT */
/*
 * Gets to know the boot CPU and sets it up. Linux's twin: arch/x86/kernel/cpu/common.c.
 *
 * start_kernel() calls cpu_early_init() (CPUID, control registers) once this CPU's per-CPU area
 * is in its place; trap_init() calls cpu_init() (GDT, TSS, stacks), when PTI is decided. No
 * locks: interrupts are off and the CPU is alone.
 *
 *   GDTR --> cpu_gdt   1 kernel 32 | 2 kernel code | 3 kernel data | 4 user 32 | 5 user data
 *                      6 user code | 8-9 TSS | 12-14 TLS | 15 CPU number, for LSL
 *   TR ----> cpu_tss   sp0     user -> kernel: the task's stack; with PTI cpu_entry_stack
 *                      ist[i]  exception_stacks[i]: double fault, NMI, #DB, machine check
 *
 * All of these lie in the entry pages (<vitrix/percpu.h>), because with PTI the CPU uses them on
 * the user's page tables. Left out: microcode, 5-level paging, LDT, per-CPU differences of
 * features.
 */
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <vitrix/spinlock.h>
#include <vitrix/string.h>
#include <vitrix/bug.h>
#include <arch/desc.h>
#include <arch/irqflags.h>
#include <arch/mitigations.h>
#include <arch/pgtable.h>
#include <arch/smp.h>
#include "cpu.h"

struct cpuinfo_x86 boot_cpu_data;
u32 cpuid_words[NR_CPUID_WORDS];

DEFINE_PER_CPU_ENTRY(struct exception_stacks, exception_stacks) __aligned(64);
DEFINE_PER_CPU_ENTRY(char[PAGE_SIZE], cpu_entry_stack) __aligned(64);
/* SDM vol. 3, 8.2.1: the TSS's first 104 bytes may not cross a page. */
DEFINE_PER_CPU_ENTRY(struct x86_hw_tss, cpu_tss) __aligned(128);
DEFINE_PER_CPU_ENTRY(u64[GDT_ENTRIES], cpu_gdt) __aligned(128) = {
	/* flat, present, accessed (so that the CPU need not write to mark them) */
	[GDT_ENTRY_KERNEL32_CS]		= 0x00cf9b000000ffff,
	[GDT_ENTRY_KERNEL_CS]		= 0x00af9b000000ffff,
	[GDT_ENTRY_KERNEL_DS]		= 0x00cf93000000ffff,
	[GDT_ENTRY_DEFAULT_USER32_CS]	= 0x00cffb000000ffff,
	[GDT_ENTRY_DEFAULT_USER_DS]	= 0x00cff3000000ffff,
	[GDT_ENTRY_DEFAULT_USER_CS]	= 0x00affb000000ffff,
};
static_assert(offsetof(struct x86_hw_tss, io_bitmap) == 104, "TSS");

#define TSS_AVAILABLE	0x89UL		/* type and present, ring 0 */

/* Where CPUID shows each feature of enum x86_feature. */
static const struct { u8 feature, word, bit; } features[] = {
	{ X86_FEATURE_FPU, CPUID_1_EDX, 0 },
	{ X86_FEATURE_TSC, CPUID_1_EDX, 4 },
	{ X86_FEATURE_APIC, CPUID_1_EDX, 9 },
	{ X86_FEATURE_SYSENTER, CPUID_1_EDX, 11 },
	{ X86_FEATURE_PGE, CPUID_1_EDX, 13 },
	{ X86_FEATURE_PAT, CPUID_1_EDX, 16 },
	{ X86_FEATURE_FXSR, CPUID_1_EDX, 24 },
	{ X86_FEATURE_PCID, CPUID_1_ECX, 17 },
	{ X86_FEATURE_X2APIC, CPUID_1_ECX, 21 },
	{ X86_FEATURE_TSC_DEADLINE, CPUID_1_ECX, 24 },
	{ X86_FEATURE_XSAVE, CPUID_1_ECX, 26 },
	{ X86_FEATURE_AVX, CPUID_1_ECX, 28 },
	{ X86_FEATURE_RDRAND, CPUID_1_ECX, 30 },
	{ X86_FEATURE_HYPERVISOR, CPUID_1_ECX, 31 },
	{ X86_FEATURE_FSGSBASE, CPUID_7_EBX, 0 },
	{ X86_FEATURE_SMEP, CPUID_7_EBX, 7 },
	{ X86_FEATURE_ERMS, CPUID_7_EBX, 9 },
	{ X86_FEATURE_INVPCID, CPUID_7_EBX, 10 },
	{ X86_FEATURE_RDSEED, CPUID_7_EBX, 18 },
	{ X86_FEATURE_SMAP, CPUID_7_EBX, 20 },
	{ X86_FEATURE_UMIP, CPUID_7_ECX, 2 },
	{ X86_FEATURE_PKU, CPUID_7_ECX, 3 },
	{ X86_FEATURE_RDPID, CPUID_7_ECX, 22 },
	{ X86_FEATURE_XSAVEOPT, CPUID_D_1_EAX, 0 },
	{ X86_FEATURE_XSAVEC, CPUID_D_1_EAX, 1 },
	{ X86_FEATURE_ARAT, CPUID_6_EAX, 2 },
	{ X86_FEATURE_NX, CPUID_80000001_EDX, 20 },
	{ X86_FEATURE_GBPAGES, CPUID_80000001_EDX, 26 },
	{ X86_FEATURE_RDTSCP, CPUID_80000001_EDX, 27 },
	{ X86_FEATURE_NONSTOP_TSC, CPUID_80000007_EDX, 8 },
	{ X86_FEATURE_CONSTANT_TSC, CPUID_80000007_EDX, 8 },
	{ X86_FEATURE_KVM_CLOCK, CPUID_KVM_EAX, 3 },
};
static_assert(NR_X86_FEATURES <= 64, "boot_cpu_data.features is one word");

static bool __init vendor_is(const char *id)
{
	return !strcmp(boot_cpu_data.vendor_id, id);
}

/* The CPUID leaves that the feature table and /proc/cpuinfo read. */
static void __init read_cpuid_words(void)
{
	struct cpuinfo_x86 *c = &boot_cpu_data;
	u32 *w = cpuid_words, a, b, cx, d;

	cpuid_count(1, 0, &a, &b, &w[CPUID_1_ECX], &w[CPUID_1_EDX]);
	if (c->cpuid_level >= 6)
		cpuid_count(6, 0, &w[CPUID_6_EAX], &b, &cx, &d);
	if (c->cpuid_level >= 7)
		cpuid_count(7, 0, &a, &w[CPUID_7_EBX], &w[CPUID_7_ECX], &w[CPUID_7_EDX]);
	if (c->cpuid_level >= 0xd && (w[CPUID_1_ECX] >> 26 & 1))
		cpuid_count(0xd, 1, &w[CPUID_D_1_EAX], &b, &cx, &d);
	if (c->ext_level >= 0x80000001)
		cpuid_count(0x80000001, 0, &a, &b, &w[CPUID_80000001_ECX],
			    &w[CPUID_80000001_EDX]);
	if (c->ext_level >= 0x80000007)
		cpuid_count(0x80000007, 0, &a, &b, &cx, &w[CPUID_80000007_EDX]);
	if (c->ext_level >= 0x80000008)
		cpuid_count(0x80000008, 0, &a, &w[CPUID_80000008_EBX], &cx, &d);
	if (w[CPUID_1_ECX] >> 31) {
		char signature[13] = "";

		cpuid_count(0x40000000, 0, &a, (u32 *)signature, (u32 *)(signature + 4),
			    (u32 *)(signature + 8));
		if (!strcmp(signature, "KVMKVMKVM"))
			cpuid_count(0x40000001, 0, &w[CPUID_KVM_EAX], &b, &cx, &d);
	}
}

/* SDM vol. 2, CPUID leaf 1: family and model each have an extension. */
static void __init decode_signature(struct cpuinfo_x86 *c)
{
	u32 a, b, cx, d;

	cpuid_count(1, 0, &a, &b, &cx, &d);
	c->stepping = a & 15;
	c->model = a >> 4 & 15;
	c->family = a >> 8 & 15;
	if (c->family == 6 || c->family == 15)
		c->model |= a >> 12 & 0xf0;
	if (c->family == 15)
		c->family += a >> 20 & 0xff;
	c->initial_apicid = b >> 24;
	c->clflush_size = d >> 19 & 1 ? (b >> 8 & 0xff) * 8 : 64;
}

static void __init decode_extended(struct cpuinfo_x86 *c)
{
	u32 a, b, cx, d, *name = (u32 *)c->model_id;

	c->phys_bits = 36;
	c->virt_bits = 48;
	if (c->ext_level >= 0x80000004)
		for (u32 i = 0; i < 3; i++, name += 4)
			cpuid_count(0x80000002 + i, 0, name, name + 1, name + 2, name + 3);
	c->model_id[48] = '\0';
	if (!c->model_id[0])
		strscpy(c->model_id, "unknown", sizeof(c->model_id));
	strscpy(c->model_id, strim(c->model_id), sizeof(c->model_id));
	if (c->ext_level >= 0x80000006) {
		cpuid_count(0x80000006, 0, &a, &b, &cx, &d);
		c->cache_kb = cx >> 16;
	}
	if (c->ext_level >= 0x80000008) {
		cpuid_count(0x80000008, 0, &a, &b, &cx, &d);
		c->phys_bits = a & 0xff;
		c->virt_bits = a >> 8 & 0xff;
	}
}

/* Nobody sees it from here on, /proc/cpuinfo neither. */
static void __init forget_feature(enum x86_feature feature)
{
	boot_cpu_data.features &= ~BIT(feature);
	for (int i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].feature == feature)
			cpuid_words[features[i].word] &= ~BIT(features[i].bit);
}

static void __init forget_unwanted_features(void)
{
	if (cmdline_has("nosmep"))
		forget_feature(X86_FEATURE_SMEP);
	if (cmdline_has("nosmap"))
		forget_feature(X86_FEATURE_SMAP);
	if (cmdline_has("nofsgsbase"))
		forget_feature(X86_FEATURE_FSGSBASE);
	/* CR4.PGE is how all PCIDs are flushed. */
	if (cmdline_has("nopcid") || !cpu_has(X86_FEATURE_PGE))
		forget_feature(X86_FEATURE_PCID);
	if (cmdline_has("noinvpcid"))
		forget_feature(X86_FEATURE_INVPCID);
}

static void __init identify_cpu(void)
{
	struct cpuinfo_x86 *c = &boot_cpu_data;
	u32 b, cx, d;

	cpuid_count(0, 0, &c->cpuid_level, (u32 *)c->vendor_id, (u32 *)(c->vendor_id + 8),
		    (u32 *)(c->vendor_id + 4));
	cpuid_count(0x80000000, 0, &c->ext_level, &b, &cx, &d);
	if (c->ext_level >> 16 != 0x8000)
		c->ext_level = 0;
	read_cpuid_words();
	decode_signature(c);
	decode_extended(c);
	for (int i = 0; i < ARRAY_SIZE(features); i++)
		if (cpuid_words[features[i].word] >> features[i].bit & 1)
			c->features |= BIT(features[i].feature);
	c->cap_1_edx = cpuid_words[CPUID_1_EDX];
	c->cap_1_ecx = cpuid_words[CPUID_1_ECX];
	/*
	 * Intel's TSC ran at a constant rate before there was a CPUID bit for it: P4 model 3,
	 * Core.
	 */
	if (vendor_is("GenuineIntel") &&
	    ((c->family == 15 && c->model >= 3) || (c->family == 6 && c->model >= 14)))
		c->features |= BIT(X86_FEATURE_CONSTANT_TSC);
	forget_unwanted_features();
	cpu_find_bugs();
}

/*
 * CR0: WP makes the kernel obey read-only pages (copy-on-write depends on it), NE reports floating
 * point errors as #MF, AM lets users ask for #AC. CR4: what the CPU has. UMIP hides table
 * addresses from users; SMEP and SMAP keep the kernel off user pages. fpu.c sets OSXSAVE.
 */
static void setup_control_registers(void)
{
	unsigned long cr4 = read_cr4();

	write_cr0((read_cr0() & ~(X86_CR0_EM | X86_CR0_TS)) |
		  X86_CR0_WP | X86_CR0_NE | X86_CR0_MP | X86_CR0_AM);
	cr4 |= X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
	if (cpuid_words[CPUID_1_EDX] >> 7 & 1)
		cr4 |= X86_CR4_MCE;	/* else a machine check is a silent shutdown */
	if (cpu_has(X86_FEATURE_PGE))
		cr4 |= X86_CR4_PGE;
	if (cpu_has(X86_FEATURE_PCID))
		cr4 |= X86_CR4_PCIDE;	/* CR3's PCID is 0: boot's tables */
	if (cpu_has(X86_FEATURE_SMEP))
		cr4 |= X86_CR4_SMEP;
	if (cpu_has(X86_FEATURE_SMAP))
		cr4 |= X86_CR4_SMAP;
	if (cpu_has(X86_FEATURE_UMIP))
		cr4 |= X86_CR4_UMIP;
	if (cpu_has(X86_FEATURE_FSGSBASE))
		cr4 |= X86_CR4_FSGSBASE;
	write_cr4(cr4);
}

static void setup_tss(struct x86_hw_tss *tss)
{
	struct exception_stacks *stacks = this_cpu_ptr(&exception_stacks);

	memset(tss, 0, sizeof(*tss));
	for (int i = 0; i < NR_IST_STACKS; i++)
		tss->ist[i] = (u64)stacks->stack[i] + EXCEPTION_STKSZ;
	tss->io_bitmap_base = IO_BITMAP_INVALID;
	if (pti_enabled)
		tss->sp0 = (u64)this_cpu_ptr(&cpu_entry_stack) + PAGE_SIZE;
	else
		tss->sp0 = this_cpu_read(cpu_current_top_of_stack);
}

static void setup_gdt(u64 *gdt, const struct x86_hw_tss *tss)
{
	u64 base = (u64)tss, limit = sizeof(*tss) - 1;

	gdt[GDT_ENTRY_TSS] = limit | (base & 0xffffff) << 16 | TSS_AVAILABLE << 40 |
			     (base >> 24 & 0xff) << 56;
	gdt[GDT_ENTRY_TSS + 1] = base >> 32;
	/* A data segment that nobody loads: its limit is the CPU's number, LSL reads it. */
	gdt[GDT_ENTRY_CPUNODE] = 0x0040f50000000000 | smp_processor_id();
}

void cpu_init(void)
{
	struct x86_hw_tss *tss = this_cpu_ptr(&cpu_tss);
	u64 *gdt = *this_cpu_ptr(&cpu_gdt);
	struct desc_ptr gdtr = { sizeof(cpu_gdt) - 1, (unsigned long)gdt };

	ASSERT(irqs_disabled());
	setup_tss(tss);
	setup_gdt(gdt, tss);
	__asm__ volatile("lgdt %0" : : "m"(gdtr));
	/* SS must be a real segment in ring 0 only for SYSRET's sake; DS and ES are nobody's. */
	__asm__ volatile("movl %0,%%ss; movl %1,%%ds; movl %1,%%es"
			 : : "r"(__KERNEL_DS), "r"(0) : "memory");
	__asm__ volatile("ltr %w0; lldt %w1" : : "r"(GDT_ENTRY_TSS * 8), "r"(0));
	espfix_init_cpu();
	if (cpu_has(X86_FEATURE_RDTSCP) || cpu_has(X86_FEATURE_RDPID))
		wrmsr(MSR_TSC_AUX, smp_processor_id());
	if (pti_enabled)
		write_cr4(read_cr4() & ~X86_CR4_PGE);
}

void __init cpu_early_init(void)
{
	identify_cpu();
	spin_unfair = cpu_has(X86_FEATURE_HYPERVISOR);
	setup_control_registers();
	pr_info("CPU: %s %s, family %u model %u stepping %u%s\n", boot_cpu_data.vendor_id,
		boot_cpu_data.model_id, boot_cpu_data.family, boot_cpu_data.model,
		boot_cpu_data.stepping, cpu_has_bug(X86_BUG_MELTDOWN) ? ", Meltdown" : "");
}

/* Another CPU, which is taken for one of the boot CPU's kind. */
void cpu_secondary_init(void)
{
	setup_control_registers();
	cpu_init();
}
