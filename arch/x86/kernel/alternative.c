/* SPDX-License-Identifier: MIT */
/*
 * Code that depends on the CPU and the command line, settled once at boot instead of asked each
 * time:
 *
 *   .smap_patch  3-byte nops around user accesses become stac and clac where the CPU has SMAP
 *   .pti_patch   short jumps over PTI's code become nops where PTI is on
 *   .preempt_patch  with preempt=full each preempt_enable() looks whether to give way
 *   .preempt_jump   so does the way out of interrupts: likewise short jumps
 *
 * Called by start_kernel() after the CPU is known and PTI decided, before the text becomes
 * read-only: one CPU, interrupts off. Linux's twin: arch/x86/kernel/alternative.c.
 */
#include <vitrix/init.h>
#include <vitrix/string.h>
#include <vitrix/bug.h>
#include <vitrix/sched.h>
#include <arch/alternative.h>
#include <arch/processor.h>
#include <arch/pgtable.h>

struct smap_patch { s32 insn; s32 open; };	/* insn: relative to the field */
extern struct smap_patch __start_smap_patch[], __stop_smap_patch[];
extern s32 __start_pti_patch[], __stop_pti_patch[];
extern s32 __start_preempt_patch[], __stop_preempt_patch[];
extern s32 __start_preempt_jump[], __stop_preempt_jump[];
void preempt_schedule_thunk(void);

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

/* Jumps over code that is wanted become nops. */
static void __init remove_jumps(s32 *p, s32 *end)
{
	for (; p < end; p++) {
		u8 *insn = (u8 *)p + *p;

		ASSERT(insn[0] == 0xeb || insn[0] == 0xe9);
		if (insn[0] == 0xeb)
			memcpy(insn, "\x66\x90", 2);
		else
			memcpy(insn, "\x0f\x1f\x44\x00\x00", 5);
	}
}

/*
 * As assembled (include/vitrix/preempt.h)        with preempt=full
 *
 *	3e 3e 3e 3e 3e 3e 3e                        65 ff 0d rel32    decl %gs:__preempt_count
 *	65 ff 0d rel32                              75 05             jnz over the call
 *	                                            e8 rel32          call preempt_schedule_thunk
 *
 * The word is 0 where nothing is held any more and somebody waits.
 */
static void __init patch_preempt(void)
{
	static const u8 none[] = { 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x65, 0xff, 0x0d };
	const unsigned int idle = 7, total = 14;

	for (s32 *p = __start_preempt_patch; p < __stop_preempt_patch; p++) {
		u8 *insn = (u8 *)p + *p;
		s32 to_count, to_thunk = (u8 *)preempt_schedule_thunk - (insn + total);

		ASSERT(!memcmp(insn, none, sizeof(none)));
		memcpy(&to_count, insn + sizeof(none), sizeof(to_count));
		to_count += idle;
		memcpy(insn, none + idle, 3);
		memcpy(insn + 3, &to_count, sizeof(to_count));
		memcpy(insn + 7, "\x75\x05\xe8", 3);
		memcpy(insn + 10, &to_thunk, sizeof(to_thunk));
	}
}

void __init apply_alternatives(void)
{
	u32 a, b, c, d;

	if (cpu_has(X86_FEATURE_SMAP))
		patch_smap();
	if (pti_enabled)
		remove_jumps(__start_pti_patch, __stop_pti_patch);
	if (preempt_full) {
		patch_preempt();
		remove_jumps(__start_preempt_jump, __stop_preempt_jump);
	}
	/* A serialising instruction: what was prefetched of the old code is dropped. */
	cpuid_count(0, 0, &a, &b, &c, &d);
}
