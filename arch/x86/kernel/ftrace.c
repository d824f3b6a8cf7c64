/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a function that is watched. Linux's twin: arch/x86/kernel/ftrace.c.
 *
 *	             f - 5               f
 *	at first     2e 2e 2e 2e 2e      2e 2e 55      cs cs push %rbp
 *	prepared     e8 rel32            2e 2e 55      (call ftrace_caller, not reached)
 *	watched      e8 rel32            eb f9 55      jmp f - 5; push %rbp, at f + 2
 *
 * Called by trace/ftrace.c inside of a job of text_poke.c, whose lock it is. Nothing here may be
 * traced.
 */
#include <vitrix/string.h>
#include <arch/ftrace.h>
#include <arch/text_poke.h>

static const u8 off_insn[FTRACE_ROOM_AT] = { 0x2e, 0x2e };
static const u8 on_insn[FTRACE_ROOM_AT] = { 0xeb, 0xf9 };

void ftrace_arch_prepare(unsigned long func)
{
	u8 call[FTRACE_ROOM_BEFORE] = { 0xe8 };
	s32 distance = (unsigned long)ftrace_caller - func;

	memcpy(call + 1, &distance, sizeof(distance));
	/* Nobody executes it yet, so where to go on instead does not matter. */
	text_poke_queue((void *)(func - FTRACE_ROOM_BEFORE), call, sizeof(call), (void *)func);
}

void ftrace_arch_switch(unsigned long func, bool on)
{
	text_poke_queue((void *)func, on ? on_insn : off_insn, FTRACE_ROOM_AT,
			(void *)(on ? func - FTRACE_ROOM_BEFORE : func + FTRACE_ROOM_AT));
}

bool ftrace_has_room(unsigned long func)
{
	return !memcmp((void *)func, off_insn, FTRACE_ROOM_AT) ||
	       !memcmp((void *)func, on_insn, FTRACE_ROOM_AT);
}
