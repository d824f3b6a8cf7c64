/* SPDX-License-Identifier: MIT */
/*
 * Code that depends on the CPU and the command line, settled once at boot instead of asked each
 * time:
 *
 *   .smap_patch       nops around user accesses become stac and clac where the CPU has SMAP, and
 *                     lfence before what is read with mitigations=auto
 *   .altinstructions  an instruction of the entry code becomes another where a feature is on
 *   .preempt_patch    with preempt=full each preempt_enable() looks whether to give way
 *
 * Called by start_kernel() after the CPU is known and PTI decided, before the text becomes
 * read-only: one CPU, interrupts off. Linux's twin: arch/x86/kernel/alternative.c.
 */
#include <vitrix/init.h>
#include <vitrix/string.h>
#include <vitrix/bug.h>
#include <vitrix/randomize_kstack.h>
#include <vitrix/sched.h>
#include <arch/alternative.h>
#include <arch/mitigations.h>
#include <arch/processor.h>
#include <arch/pgtable.h>
#include <arch/uaccess.h>

struct smap_patch { s32 insn; s32 what; };	/* insn: relative to the field */
extern struct smap_patch __start_smap_patch[], __stop_smap_patch[];
extern s32 __start_preempt_patch[], __stop_preempt_patch[];
void preempt_schedule_thunk(void);

/* An ALTERNATIVE of arch/x86/entry/calling.h. */
struct alt_entry {
	s32 insn, replacement;		/* each relative to the field */
	u8 len, new_len, feature, pad;
};
extern struct alt_entry __start_altinstructions[], __stop_altinstructions[];

static void __init patch_user_access(bool smap, bool fence)
{
	static const u8 nop3[] = { 0x0f, 0x1f, 0x00 }, stac_insn[] = { 0x0f, 0x01, 0xcb },
		clac_insn[] = { 0x0f, 0x01, 0xca }, lfence[] = { 0x0f, 0xae, 0xe8 };

	for (struct smap_patch *p = __start_smap_patch; p < __stop_smap_patch; p++) {
		u8 *insn = (u8 *)&p->insn + p->insn;

		if (p->what == SMAP_PATCH_LOAD && (smap || fence)) {
			memcpy(insn, smap ? stac_insn : lfence, 3);
			memcpy(insn + 3, smap && fence ? lfence : nop3, 3);
		} else if (p->what != SMAP_PATCH_LOAD && smap) {
			ASSERT(!memcmp(insn, nop3, 3));
			memcpy(insn, p->what == SMAP_PATCH_STAC ? stac_insn : clac_insn, 3);
		}
	}
}

/* Of the replacements only jumps say a distance, from where they stand. */
static void __init move_jump(u8 *insn, s64 distance)
{
	u8 *rel32 = insn[0] == 0xe9 ? insn + 1 : insn[0] == 0x0f && (insn[1] & 0xf0) == 0x80 ?
		    insn + 2 : NULL;
	s32 value;

	if (!rel32)
		return;
	memcpy(&value, rel32, sizeof(value));
	value -= distance;
	memcpy(rel32, &value, sizeof(value));
}

static void __init patch_alternative(const struct alt_entry *a)
{
	static const char nops[][9] = {
		"", "\x90", "\x66\x90", "\x0f\x1f\x00", "\x0f\x1f\x40\x00", "\x0f\x1f\x44\x00\x00",
		"\x66\x0f\x1f\x44\x00\x00",
	};
	u8 *insn = (u8 *)&a->insn + a->insn;
	const u8 *new = (const u8 *)&a->replacement + a->replacement;
	size_t rest = a->len - a->new_len;

	ASSERT(a->len >= a->new_len && rest < ARRAY_SIZE(nops));
	memcpy(insn, new, a->new_len);
	move_jump(insn, insn - new);
	memcpy(insn + a->new_len, nops[rest], rest);
}

static void __init patch_entry(unsigned long features)
{
	for (struct alt_entry *a = __start_altinstructions; a < __stop_altinstructions; a++)
		if (features & BIT(a->feature))
			patch_alternative(a);
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

	bool mitigations = cpu_mitigations != MITIGATIONS_OFF;

	patch_user_access(cpu_has(X86_FEATURE_SMAP), mitigations);
	patch_entry((pti_enabled ? BIT(ALT_PTI) : 0) | (mitigations ? BIT(ALT_MITIGATIONS) : 0) |
		    (preempt_full ? BIT(ALT_PREEMPT) : 0) |
		    (randomize_kstack_wanted() ? BIT(ALT_SLOW_PATH) : 0) |
		    (cpu_has(X86_FEATURE_FSGSBASE) ? BIT(ALT_FSGSBASE) : 0) |
		    (cpu_has(X86_FEATURE_PCID) ? BIT(ALT_PCID) : 0));
	if (preempt_full)
		patch_preempt();
	/* A serialising instruction: what was prefetched of the old code is dropped. */
	cpuid_count(0, 0, &a, &b, &c, &d);
}
