/* SPDX-License-Identifier: MIT */
/*
 * Code that depends on the CPU and the command line, settled once at boot instead of asked each
 * time:
 *
 *   .smap_patch  3-byte nops around user accesses become stac and clac where the CPU has SMAP
 *   .pti_patch   short jumps over PTI's code become nops where PTI is on
 *
 * Called by start_kernel() after the CPU is known and PTI decided, before the text becomes
 * read-only: one CPU, interrupts off. Linux's twin: arch/x86/kernel/alternative.c.
 */
#include <vitrix/init.h>
#include <vitrix/string.h>
#include <vitrix/bug.h>
#include <arch/alternative.h>
#include <arch/processor.h>
#include <arch/pgtable.h>

struct smap_patch { s32 insn; s32 open; };	/* insn: relative to the field */
extern struct smap_patch __start_smap_patch[], __stop_smap_patch[];
extern s32 __start_pti_patch[], __stop_pti_patch[];

static void __init patch_smap(void)
{
	static const u8 nop3[] = { 0x0f, 0x1f, 0x00 }, stac_insn[] = { 0x0f, 0x01, 0xcb },
		clac_insn[] = { 0x0f, 0x01, 0xca };

	for (struct smap_patch *p = __start_smap_patch; p < __stop_smap_patch; p++) {
		u8 *insn = (u8 *)&p->insn + p->insn;

		ASSERT(!memcmp(insn, nop3, 3));
		memcpy(insn, p->open ? stac_insn : clac_insn, 3);
	}
}

static void __init patch_pti(void)
{
	for (s32 *p = __start_pti_patch; p < __stop_pti_patch; p++) {
		u8 *insn = (u8 *)p + *p;

		ASSERT(insn[0] == 0xeb || insn[0] == 0xe9);
		if (insn[0] == 0xeb)
			memcpy(insn, "\x66\x90", 2);
		else
			memcpy(insn, "\x0f\x1f\x44\x00\x00", 5);
	}
}

void __init apply_alternatives(void)
{
	u32 a, b, c, d;

	if (cpu_has(X86_FEATURE_SMAP))
		patch_smap();
	if (pti_enabled)
		patch_pti();
	/* A serialising instruction: what was prefetched of the old code is dropped. */
	cpuid_count(0, 0, &a, &b, &c, &d);
}
