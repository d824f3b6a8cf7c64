/* SPDX-License-Identifier: MIT */
/* What the numbers in the records are called. The numbers are those of trace/events.tbl. */
#include "walk.h"

#include <arch/segment.h>
#include <string.h>

#define NAME_OF(table, i) ((i) < sizeof table / sizeof *table && table[i] ? table[i] : "?")

bool is_compat(const struct trace_raw_user_enter *u)
{
	return u->how == 2 || u->how == 3 || (u->how == 1 && u->cs == __USER32_CS);
}

const char *how_entered(unsigned int how)
{
	static const char *const names[] = { [1] = "syscall", "int80", "sysenter", "exception",
					     "interrupt", "nmi" };

	return NAME_OF(names, how);
}

const char *how_left(unsigned int how)
{
	static const char *const names[] = { [1] = "sysret", "iret", "sysexit" };

	return NAME_OF(names, how);
}

const char *why_iret(unsigned int why)
{
	static const char *const names[] = { [0] = "", "rcx is not rip", "rip is not canonical",
		"r11 is not rflags", "cs or ss is not the user's", "RF or TF is set in rflags",
		"it did not come in by syscall" };

	return NAME_OF(names, why);
}

const char *vector_name(unsigned int how, unsigned int vector)
{
	static const char *const names[] = { "divide_error", "debug", "nmi", "int3", "overflow",
		"bounds", "invalid_op", "device_not_available", "double_fault",
		"coprocessor_segment_overrun", "invalid_TSS", "segment_not_present",
		"stack_segment", "general_protection", "page_fault", "spurious",
		"coprocessor_error", "alignment_check", "machine_check",
		"simd_coprocessor_error" };

	if (how < 4)
		return "system call";
	if (how == 5)
		return vector == 0xec ? "timer" : "interrupt";
	return NAME_OF(names, vector);
}

const char *fault_done(unsigned int done)
{
	static const char *const names[] = { "tried again", "zero page", "file page", "cow copy",
		"cow take-back", "new zeroed page", "SIGSEGV", "SIGBUS", "made writable",
		"no memory", "kernel fixup", "private copy of file page" };

	return NAME_OF(names, done);
}

const char *switch_why(unsigned int why)
{
	static const char *const names[] = { [1] = "blocked", "slice used up", "preempted",
		"yielded", "exited", "affinity" };

	return NAME_OF(names, why);
}

/* The error code of a page fault: bit 0 present, 1 write, 2 user, 3 reserved bit, 4 fetch. */
void fault_cause(struct text *t, uint64_t error, const char **access)
{
	*access = error & 16 ? "execute" : error & 2 ? "write" : "read";
	text_add(t, error & 8 ? "a reserved bit is set" : error & 1 ? "not allowed" : "not present");
}

const char *task_state(unsigned int state)
{
	return !state ? "R" : state & 1 ? "S" : state & 2 ? "D" : state & 4 ? "T" :
	       state & 0x10 ? "X" : state & 0x20 ? "Z" : state & 0x80 ? "X" : "R";
}

bool name_wanted(const struct call *c)
{
	const struct call_desc *d = call_desc(c);

	if (!opt.name)
		return true;
	return d && (!strcmp(d->abi, opt.name) || !strcmp(d->name, opt.name) || !strcmp(d->abi32, opt.name));
}

void end_text(struct text *t, const struct task *task)
{
	unsigned int code = task->exit_code;

	if (code & 0x7f) {
		text_add(t, "killed by ");
		signal_name(t, code & 0x7f);
		if (code & 0x80)
			text_add(t, " (core dumped)");
	} else {
		text_addf(t, "exited with %u", code >> 8 & 0xff);
	}
}

const char *record_string(const struct event *e, uint32_t loc)
{
	uint32_t at = loc & 0xffff, len = loc >> 16;
	const size_t common = 8;	/* the offset counts from the record's type on */

	if (at < common || !len || at - common + len > e->len ||
	    ((const char *)e->data)[at - common + len - 1])
		return "";
	return (const char *)e->data + at - common;
}

void user_instruction(struct text *t, struct space *s, unsigned int how, uint64_t ip)
{
	unsigned char code[8];
	size_t n;

	if (how >= 1 && how <= 3) {
		text_add(t, how == 1 ? "syscall" : how == 2 ? "int $0x80" : "sysenter");
		return;
	}
	n = space_code(s, ip, code, sizeof code);
	for (size_t i = 0; i < n; i++)
		text_addf(t, "%s%02x", i ? " " : "", code[i]);
}
