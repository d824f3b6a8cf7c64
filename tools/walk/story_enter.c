/* SPDX-License-Identifier: MIT */
/*
 * One crossing in full: what the instruction was, what the CPU does by itself, what the entry code
 * does, each word of pt_regs; and the way out. What the CPU does is the manuals' word (SDM vol. 2,
 * SYSCALL, SYSRET, IRET; vol. 3, 6.14); the values are those of the record.
 */
#include "story.h"

#include <arch/ptrace.h>
#include <arch/segment.h>
#include <stddef.h>
#include <string.h>

#define WORDS (PT_SIZE / 8)

/* "0x246 (IF ZF PF)" */
static void flags_text(struct text *t, uint64_t flags)
{
	static const struct { uint64_t bit; const char *name; } bits[] = {
		{ X86_EFLAGS_CF, "CF" }, { X86_EFLAGS_PF, "PF" }, { X86_EFLAGS_AF, "AF" },
		{ X86_EFLAGS_ZF, "ZF" }, { X86_EFLAGS_SF, "SF" }, { X86_EFLAGS_TF, "TF" },
		{ X86_EFLAGS_IF, "IF" }, { X86_EFLAGS_DF, "DF" }, { X86_EFLAGS_OF, "OF" },
		{ X86_EFLAGS_IOPL, "IOPL=3" }, { X86_EFLAGS_NT, "NT" }, { X86_EFLAGS_RF, "RF" },
		{ X86_EFLAGS_AC, "AC" } };
	const char *sep = " (";

	text_addf(t, "0x%llx", (unsigned long long)flags);
	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
		if ((flags & bits[i].bit) == bits[i].bit) {
			text_addf(t, "%s%s", sep, bits[i].name);
			sep = " ";
		}
	if (strcmp(sep, " ("))
		text_add(t, ")");
}

static void step(enum colour c, const char *who, const char *what, const char *why)
{
	print(c, "    %-10s %s", who, what);
	if (why && *why)
		print(DIM, "%*s%s", strlen(what) < 46 ? (int)(46 - strlen(what)) : 2, "", why);
	fputc('\n', out);
}

/* value and explanation, in columns */
#define STEP(c, who, why, ...) do {				\
	struct text step_text = {0};				\
								\
	text_addf(&step_text, __VA_ARGS__);			\
	step(c, who, step_text.s, why);				\
	text_free(&step_text);					\
} while (0)

#define X(v) (unsigned long long)(v)

static void user_side(struct task *t, const struct trace_raw_user_enter *u)
{
	struct text insn = {0}, symbol = {0};
	uint64_t at = u->how <= 3 ? u->ip - 2 : u->ip;
	const char *file = "";

	space_symbol(t->space, at, &symbol, &file);
	user_instruction(&insn, t->space, u->how, u->ip);
	STEP(USER, "user", file, "0x%llx%s%s%s  %s", X(at), symbol.len ? " <" : "",
	     symbol.len ? symbol.s : "", symbol.len ? ">" : "", insn.len ? insn.s : "");
	if (u->how == 1 && !is_compat(u))
		STEP(USER, "", "the number, and up to six arguments",
		     "rax=%llu rdi=%#llx rsi=%#llx rdx=%#llx r10=%#llx r8=%#llx r9=%#llx",
		     X(u->orig_ax), X(u->di), X(u->si), X(u->dx), X(u->r10), X(u->r8), X(u->r9));
	else if (u->how <= 3)
		STEP(USER, "", "the number, and up to six arguments",
		     "eax=%llu ebx=%#llx ecx=%#llx edx=%#llx esi=%#llx edi=%#llx ebp=%#llx",
		     X(u->orig_ax), X(u->bx), X(u->cx), X(u->dx), X(u->si), X(u->di), X(u->bp));
	text_free(&insn);
	text_free(&symbol);
}

static void cpu_syscall(const struct trace_raw_user_enter *u)
{
	struct text flags = {0}, entry = {0};
	bool compat = is_compat(u);
	const char *name = compat ? "entry_SYSCALL_compat" : "entry_SYSCALL_64";
	uint64_t lstar = kernel_address(name);

	flags_text(&flags, u->flags);
	STEP(CPU, "the CPU", "where to go on afterwards", "rcx <- rip      %#llx", X(u->ip));
	STEP(CPU, "", "what the flags were", "r11 <- rflags   %s", flags.s);
	STEP(CPU, "", "from MSR_STAR, bits 47..32: ring 3 becomes ring 0",
	     "cs %#llx -> %#x, ss %#llx -> %#x", X(u->cs), __KERNEL_CS, X(u->ss), __KERNEL_DS);
	STEP(CPU, "", "what MSR_SYSCALL_MASK names: no interrupts, no single step",
	     "rflags: TF DF IF IOPL AC NT are cleared");
	text_addf(&entry, "rip <- %s ", compat ? "MSR_CSTAR" : "MSR_LSTAR");
	if (lstar)		/* /proc/kallsyms may hide addresses */
		text_addf(&entry, "%#llx ", X(lstar));
	STEP(CPU, "", "", "%s= %s", entry.s, name);
	STEP(CPU, "", "the CPU does not touch it: still the user's stack", "rsp stays %#llx", X(u->sp));
	text_free(&flags);
	text_free(&entry);
}

static void cpu_sysenter(void)
{
	uint64_t entry = kernel_address("entry_SYSENTER_compat");

	STEP(CPU, "the CPU", "and ss behind it: ring 3 becomes ring 0", "cs <- MSR_IA32_SYSENTER_CS");
	STEP(CPU, "", "no interrupts for now", "rflags: IF is cleared");
	STEP(CPU, "", "", "rip <- MSR_IA32_SYSENTER_EIP %#llx = entry_SYSENTER_compat", X(entry));
	STEP(CPU, "", "", "rsp <- MSR_IA32_SYSENTER_ESP");
	STEP(CPU, "", "the vDSO, which did it, knows where to go on and left esp in ebp",
	     "eip and esp of the program: nowhere");
}

static void cpu_gate(const struct trace_raw_user_enter *u)
{
	bool pti = u->cr3_before != u->cr3_after;
	bool error = u->how == 4 && ((1U << u->vector) & 0x27d00);	/* 8, 10..14, 17 */
	uint64_t top = u->top_of_stack;
	struct text flags = {0};

	flags_text(&flags, u->flags);
	STEP(CPU, "the CPU", "the gate in the IDT says where to go and to which ring",
	     "vector %u: gate %u of the IDT", u->vector ? u->vector : 0x80, u->vector ? u->vector : 0x80);
	if (pti)
		STEP(CPU, "", "PTI: it is the small entry stack; the words are moved on from there",
		     "rsp <- rsp0 of the TSS");
	else
		STEP(CPU, "", "the top of this task's kernel stack", "rsp <- rsp0 of the TSS %#llx", X(top));
	STEP(CPU, "", "five words: where the program was", "push ss         %#llx", X(u->ss));
	STEP(CPU, "", "", "push rsp        %#llx", X(u->sp));
	STEP(CPU, "", "", "push rflags     %s", flags.s);
	STEP(CPU, "", "", "push cs         %#llx", X(u->cs));
	STEP(CPU, "", "", "push rip        %#llx", X(u->ip));
	if (error)
		STEP(CPU, "", "a sixth word for this kind of exception", "push error code %#llx",
		     X(u->error_code));
	if (u->how == 4 && u->vector == 14)
		STEP(CPU, "", "the address that was asked for", "cr2 <-          %#llx", X(u->cr2));
	STEP(CPU, "", "an interrupt gate: no more interrupts for now",
	     "cs <- %#x, IF cleared", __KERNEL_CS);
	text_free(&flags);
}

static const char *slot_note(const struct trace_raw_user_enter *u, int i)
{
	bool call = u->how == 1 && !is_compat(u);

	if (u->how == 3 || (u->how == 1 && !call))
		return i * 8 >= PT_RIP ? "pushed by the entry code" :
		       i * 8 == PT_ORIG_RAX ? "the number of the call" :
		       i * 8 == PT_R15 ? "struct pt_regs begins here" : "";

	switch (i * 8) {
	case PT_SS: return call ? "pushed by entry_SYSCALL_64: __USER_DS" : "pushed by the CPU";
	case PT_RSP: return call ? "from rsp_scratch" : "pushed by the CPU";
	case PT_EFLAGS: return call ? "from r11" : "pushed by the CPU";
	case PT_CS: return call ? "__USER_CS" : "pushed by the CPU";
	case PT_RIP: return call ? "from rcx" : "pushed by the CPU";
	case PT_ORIG_RAX: return u->how <= 3 ? "the number of the call" :
		u->how == 4 ? "error code, or -1" : "-1 - vector";
	case PT_RAX: return u->how <= 3 ? "-ENOSYS until there is a result" : "";
	case PT_RCX: return call ? "overwritten by syscall: rip" : "";
	case PT_R11: return call ? "overwritten by syscall: rflags" : "";
	case PT_R15: return "struct pt_regs begins here";
	default: return "";
	}
}


static void pt_regs_picture(const struct trace_raw_user_enter *u)
{
	static const char *const names[WORDS] = { "r15", "r14", "r13", "r12", "bp", "bx", "r11",
		"r10", "r9", "r8", "ax", "cx", "dx", "si", "di", "orig_ax", "ip", "cs", "flags",
		"sp", "ss" };
	const __u64 *words = &u->r15;

	print(DIM, "    pt_regs    the user's registers, saved at the top of the kernel stack "
	      "(%#llx)\n", X(u->top_of_stack));
	for (int i = WORDS - 1; i >= 0; i--) {
		const char *note = slot_note(u, i);

		print(KERNEL, "               %#llx  %-8s %#18llx", X(u->sp_after + 8 * i), names[i],
		      X(words[i]));
		print(DIM, "  %s\n", note);
	}
}

void story_enter_full(struct task *t, const struct trace_raw_user_enter *u)
{
	user_side(t, u);
	if (u->how == 1)
		cpu_syscall(u);
	else if (u->how == 3)
		cpu_sysenter();
	else
		cpu_gate(u);
	STEP(KERNEL, "entry", "%gs: from the program's data to this CPU's", "swapgs");
	if (u->cr3_before != u->cr3_after)
		STEP(KERNEL, "", "PTI: from the user's page tables to the kernel's",
		     "cr3 %#llx -> %#llx", X(u->cr3_before), X(u->cr3_after));
	else
		STEP(KERNEL, "", "the same page tables", "cr3 stays %#llx", X(u->cr3_after));
	if (u->how == 1 || u->how == 3)
		STEP(KERNEL, "", "from cpu_current_top_of_stack: the task's kernel stack",
		     "rsp %#llx -> %#llx", X(u->sp), X(u->top_of_stack));
	pt_regs_picture(u);
	if (u->how == 1 && !is_compat(u) && first_time("slow path"))
		print(DIM, "               (a task that is watched takes the slow path, do_syscall_64: "
		      "docs/paths/system-call.md)\n");
}

void story_exit_full(struct task *t, const struct trace_raw_user_exit *u)
{
	struct text symbol = {0}, flags = {0};
	const char *file = "";

	flags_text(&flags, u->flags);
	space_symbol(t->space, u->ip, &symbol, &file);
	if (u->how == 1) {
		STEP(KERNEL, "way back", "rcx is rip, r11 is rflags, cs and ss are the user's: the fast way",
		     "SYSRET");
		if (first_time("why not sysret"))
			print(DIM, "               (it would be IRET if one of the tests failed: rcx = rip? "
			      "rip canonical? cs, ss? r11 = rflags? no RF, TF?)\n");
	} else {
		STEP(KERNEL, "way back", u->why == 6 ? "an interrupt or exception goes back by IRET" :
		     "SYSRET could not do it", "IRET%s%s", u->why && u->why != 6 ? ": " : "",
		     u->why && u->why != 6 ? why_iret(u->why) : "");
	}
	if (u->cr3_before != u->cr3_after)
		STEP(KERNEL, "", "PTI: back to the user's page tables", "cr3 %#llx -> %#llx",
		     X(u->cr3_before), X(u->cr3_after));
	STEP(KERNEL, "", "%gs is the program's again", "registers from pt_regs, swapgs");
	if (u->how == 1) {
		STEP(CPU, "the CPU", "", "rip <- rcx      %#llx", X(u->ip));
		STEP(CPU, "", "", "rflags <- r11   %s", flags.s);
		STEP(CPU, "", "from MSR_STAR, bits 63..48: ring 0 becomes ring 3",
		     "cs <- %#llx, ss <- %#llx", X(u->cs), X(u->ss));
	} else {
		STEP(CPU, "the CPU", "the five words at the top of the stack",
		     "pop rip %#llx, cs %#llx", X(u->ip), X(u->cs));
		STEP(CPU, "", "ring 0 becomes ring 3", "pop rflags %s, rsp %#llx, ss %#llx", flags.s,
		     X(u->sp), X(u->ss));
	}
	STEP(USER, "user", file, "%#llx%s%s%s  rax=%#llx", X(u->ip), symbol.len ? " <" : "",
	     symbol.len ? symbol.s : "", symbol.len ? ">" : "", X(u->ax));
	text_free(&symbol);
	text_free(&flags);
}
