/* SPDX-License-Identifier: MIT */
/*
 * The text of /proc/cpuinfo, in Linux's form: programs look for "processor", "flags", "model
 * name". Linux's twin: arch/x86/kernel/cpu/{proc,capflags}.c. Called by fs/proc; the flags are
 * what CPUID said.
 */
#include <vitrix/bitops.h>
#include <vitrix/fs.h>
#include <vitrix/percpu.h>
#include <vitrix/proc_fs.h>
#include <arch/apic.h>
#include <arch/mitigations.h>
#include <arch/pgtable.h>
#include <arch/time.h>
#include <arch/topology.h>
#include "cpu.h"

/*
 * Names of the bits of a CPUID word, from bit 0 on, parted by blanks; "-" is a bit without a
 * name.
 */
static const struct { enum cpuid_word word; const char *names; } flag_names[] = {
	{ CPUID_1_EDX, "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 "
		"pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe" },
	{ CPUID_80000001_EDX, "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - "
		"fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow" },
	{ CPUID_80000007_EDX, "- - - - - - - - constant_tsc" },
	{ CPUID_1_ECX, "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma "
		"cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt "
		"tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor" },
	{ CPUID_80000001_ECX, "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse "
		"3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 tce - nodeid_msr - tbm "
		"topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx" },
	{ CPUID_7_EBX, "fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - "
		"mpx rdt_a avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb "
		"intel_pt avx512pf avx512er avx512cd sha_ni avx512bw avx512vl" },
	{ CPUID_D_1_EAX, "xsaveopt xsavec xgetbv1 xsaves" },
	{ CPUID_80000008_EBX, "clzero irperf xsaveerptr - rdpru - - - - wbnoinvd - - ibpb - ibrs "
		"stibp - - - - - - - - ssbd virt_ssbd" },
	{ CPUID_6_EAX, "dtherm ida arat - pln - pts hwp hwp_notify hwp_act_window hwp_epp "
		"hwp_pkg_req" },
	{ CPUID_7_ECX, "- avx512vbmi umip pku - waitpkg avx512_vbmi2 - gfni vaes vpclmulqdq "
		"avx512_vnni avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - rdpid - "
		"bus_lock_detect cldemote - movdiri movdir64b enqcmd" },
	{ CPUID_7_EDX, "- - avx512_4vnniw avx512_4fmaps fsrm - - - avx512_vp2intersect - "
		"md_clear - - - serialize - tsxldtrk - pconfig arch_lbr - - amx_bf16 "
		"avx512_fp16 amx_tile amx_int8 - - flush_l1d arch_capabilities" },
};

static void show_word(struct seq_file *m, u32 bits, const char *names)
{
	while (bits && *names) {
		size_t len = 0;

		while (names[len] && names[len] != ' ')
			len++;
		if ((bits & 1) && *names != '-') {
			seq_putc(m, ' ');
			seq_write(m, names, len);
		}
		bits >>= 1;
		names += len;
		if (*names)
			names++;
	}
}

static void show_flags(struct seq_file *m)
{
	seq_puts(m, "flags\t\t:");
	for (int i = 0; i < ARRAY_SIZE(flag_names); i++)
		show_word(m, cpuid_words[flag_names[i].word], flag_names[i].names);
	if (pti_enabled)
		seq_puts(m, " pti");
	seq_putc(m, '\n');
	show_cpu_bugs(m);
}

static void show_cpu(struct seq_file *m, int cpu)
{
	const struct cpuinfo_x86 *c = &boot_cpu_data;

	seq_printf(m, "processor\t: %d\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n"
		   "model name\t: %s\nstepping\t: %u\n",
		   cpu, c->vendor_id, c->family, c->model, c->model_id, c->stepping);
	seq_printf(m, "cpu MHz\t\t: %u.%03u\n", tsc_khz / 1000, tsc_khz % 1000);
	if (c->cache_kb)
		seq_printf(m, "cache size\t: %u KB\n", c->cache_kb);
	seq_printf(m, "physical id\t: %u\nsiblings\t: %d\ncore id\t\t: %u\ncpu cores\t: %u\n",
		   topology_package_id(cpu), hweight64(topology_package_cpus(cpu)),
		   topology_core_id(cpu), topology_nr_cores(cpu));
	seq_printf(m, "apicid\t\t: %u\ninitial apicid\t: %u\nfpu\t\t: yes\nfpu_exception\t: yes\n"
		   "cpuid level\t: %u\nwp\t\t: yes\n",
		   smp_cpu_apic_id(cpu), smp_cpu_apic_id(cpu), c->cpuid_level);
	show_flags(m);
	/* A jump and a decrement took one cycle each of the CPU that the name comes from. */
	seq_printf(m, "bogomips\t: %u.%02u\n", tsc_khz / 500, tsc_khz / 5 % 100);
	seq_printf(m, "clflush size\t: %u\ncache_alignment\t: %u\n"
		   "address sizes\t: %u bits physical, %u bits virtual\npower management:\n\n",
		   c->clflush_size, c->clflush_size, c->phys_bits, c->virt_bits);
}

/* All of /proc/cpuinfo. May sleep. */
void show_cpuinfo(struct seq_file *m)
{
	int cpu;

	for_each_online_cpu(cpu)
		show_cpu(m, cpu);
}
