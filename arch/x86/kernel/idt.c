/* SPDX-License-Identifier: MIT */
/*
 * The interrupt descriptor table: for each of 256 vectors the address of an entry stub, who may
 * call it by an INT instruction, and the stack to take (SDM vol. 3, 6.10 - 6.14). Linux's twin:
 * arch/x86/kernel/idt.c.
 *
 *   vector     stub                 stack
 *     0 -  19  entry_64.S labels    task's (from user mode: TSS.sp0), or IST:
 *                                     1 #DB   2 NMI   8 double fault   18 machine check
 *    32 - 255  irq_entries_start    task's
 *   128        entry_INT80_compat   task's; a system call, open to user mode
 *
 * An IST stack is taken even if the CPU is in the kernel already: those four can come where the
 * stack pointer is not the kernel's yet (right after SYSCALL) or is the very problem (overflow).
 * The price: a second exception of the same kind on top of the first would overwrite its frame.
 *
 * One table for all CPUs, in the entry pages: with PTI the CPU reads it on the user's page
 * tables. Written once by trap_init() with interrupts off, read-only from then on. INT n from
 * user mode raises #GP but for n = 3, 4 and 0x80.
 */
#include <vitrix/init.h>
#include <arch/desc.h>
#include <arch/traps.h>

struct gate_desc {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_middle;
	u32 offset_high, reserved;
} __packed;

#define GATE_INTERRUPT	0x8e	/* present, clears IF */
#define GATE_USER	0x60	/* DPL 3: INT n from user mode is allowed */
#define NR_VECTORS	256

static struct gate_desc idt_table[NR_VECTORS] __entry_data __aligned(4096);

static const struct { u8 vector, ist, type; char *stub; } exceptions[] __initconst = {
	{ X86_TRAP_DE, 0, 0, divide_error },
	{ X86_TRAP_DB, IST_INDEX_DB + 1, 0, debug },
	{ X86_TRAP_NMI, IST_INDEX_NMI + 1, 0, nmi },
	{ X86_TRAP_BP, 0, GATE_USER, int3 },
	{ X86_TRAP_OF, 0, GATE_USER, overflow },
	{ X86_TRAP_BR, 0, 0, bounds },
	{ X86_TRAP_UD, 0, 0, invalid_op },
	{ X86_TRAP_NM, 0, 0, device_not_available },
	{ X86_TRAP_DF, IST_INDEX_DF + 1, 0, double_fault },
	{ X86_TRAP_OLD_MF, 0, 0, coprocessor_segment_overrun },
	{ X86_TRAP_TS, 0, 0, invalid_TSS },
	{ X86_TRAP_NP, 0, 0, segment_not_present },
	{ X86_TRAP_SS, 0, 0, stack_segment },
	{ X86_TRAP_GP, 0, 0, general_protection },
	{ X86_TRAP_PF, 0, 0, page_fault },
	{ X86_TRAP_SPURIOUS, 0, 0, spurious_interrupt_bug },
	{ X86_TRAP_MF, 0, 0, coprocessor_error },
	{ X86_TRAP_AC, 0, 0, alignment_check },
	{ X86_TRAP_MC, IST_INDEX_MCE + 1, 0, machine_check },
	{ X86_TRAP_XF, 0, 0, simd_coprocessor_error },
};

static void __init set_gate(int vector, const char *stub, u8 ist, u8 type)
{
	u64 address = (u64)stub;

	idt_table[vector] = (struct gate_desc) {
		.offset_low = address, .offset_middle = address >> 16, .offset_high = address >> 32,
		.selector = __KERNEL_CS, .ist = ist, .type = GATE_INTERRUPT | type,
	};
}

void load_idt(void)
{
	struct desc_ptr idtr = { sizeof(idt_table) - 1, (unsigned long)idt_table };

	__asm__ volatile("lidt %0" : : "m"(idtr));
}

void __init idt_setup(void)
{
	for (int i = 0; i < ARRAY_SIZE(exceptions); i++)
		set_gate(exceptions[i].vector, exceptions[i].stub, exceptions[i].ist,
			 exceptions[i].type);
	for (int v = FIRST_EXTERNAL_VECTOR; v < NR_VECTORS; v++)
		set_gate(v, irq_entries_start + (v - FIRST_EXTERNAL_VECTOR) * IRQ_ENTRY_SIZE, 0, 0);
	set_gate(IA32_SYSCALL_VECTOR, entry_INT80_compat, 0, GATE_USER);
	load_idt();
}
