/* SPDX-License-Identifier: MIT */
/*
 * The way back to a 16-bit stack. iretq to a stack segment that is not "big" loads only the lower
 * half of esp: bits 16 to 31 stay what they were, a piece of the kernel's stack pointer, which
 * programs must not see, and which 16-bit emulators stumble over. Linux's twin:
 * arch/x86/kernel/espfix_64.c.
 *
 * So the last iretq runs on a stack whose address has the user's own bits there. Each CPU has 64
 * bytes of one page, which lies 65536 times in the address space, once for each value of these
 * bits:
 *
 *   ESPFIX_BASE + | user's esp, bits 31..16 | 0000 | this CPU's 64 bytes, bits 11..0 |
 *
 *     64 bytes:   | rax | ip | cs | flags | sp | ss | - | - |
 *                 written through the kernel's own mapping, read by pop and iretq (entry_64.S)
 *
 * These mappings are read-only. If that iretq faults, nothing can be pushed there: a double fault
 * on its own stack comes of it, which fixup_espfix() makes the #GP that it should have been.
 *
 * The tables are the same in every address space, and under PTI in the user's half, too; they exist
 * before the first mm copies the upper half. Left out: random places for the page.
 */
#include <vitrix/init.h>
#include <vitrix/string.h>
#include <arch/desc.h>
#include <arch/pgtable.h>
#include <arch/traps.h>
#include "traps.h"

#define ESPFIX_STACK_SIZE	64
#define BIT_LOW			16		/* of the address: the user's begin here ... */
#define BIT_HIGH		32		/* ... and end below this one */
#define FRAME_WORDS		5		/* what iretq pops */

static_assert(NR_CPUS * ESPFIX_STACK_SIZE <= PAGE_SIZE, "one page for all CPUs");

static char espfix_page[PAGE_SIZE] __aligned(4096) __section(".bss..page_aligned");
static u64 pte_table[PTRS_PER_TABLE] __aligned(4096) __section(".bss..page_aligned");
static u64 pmd_table[PTRS_PER_TABLE] __aligned(4096) __section(".bss..page_aligned");
static u64 pud_table[PTRS_PER_TABLE] __aligned(4096) __section(".bss..page_aligned");

/* Read by entry_64.S: where this CPU's 64 bytes are written, and where they are read. */
DEFINE_PER_CPU(char *, espfix_waddr);
DEFINE_PER_CPU(unsigned long, espfix_stack);

void espfix_init_cpu(void)
{
	unsigned int offset = smp_processor_id() * ESPFIX_STACK_SIZE;

	this_cpu_write(espfix_waddr, espfix_page + offset);
	this_cpu_write(espfix_stack, ESPFIX_BASE + offset);
}

/* Once, after paging_init(), before the first user mm. */
void __init espfix_init(void)
{
	u64 pte = __pa(espfix_page) | (pgprot_val(PAGE_KERNEL_RO) & __supported_pte_mask &
				__default_kernel_pte_mask);
	u64 pgd = __pa(pud_table) | _KERNPG_TABLE;

	for (int i = 0; i < PTRS_PER_TABLE; i += 1 << (BIT_LOW - PAGE_SHIFT))
		pte_table[i] = pte;
	for (int i = 0; i < PTRS_PER_TABLE; i++)
		pmd_table[i] = __pa(pte_table) | _KERNPG_TABLE;
	for (int i = 0; i < 1 << (BIT_HIGH - PUD_SHIFT); i++)
		pud_table[i] = __pa(pmd_table) | _KERNPG_TABLE;
	pgd_offset_pgd(init_top_pgt, ESPFIX_BASE)->pgd = pgd;
	if (pti_enabled)
		pgd_offset_pgd(kernel_to_user_pgd(init_top_pgt), ESPFIX_BASE)->pgd = pgd;
}

/*
 * A double fault: was it the iretq on that stack? Then it goes on as a #GP that came from user mode
 * at the place where iretq was to go: regs is where the double fault returns to, and made to be the
 * vector's first instruction, with the CPU's push on the stack that an entry from user mode has.
 * The selector in the error code is lost. Interrupts are off, so nobody else takes that stack.
 */
notrace bool fixup_espfix(struct pt_regs *regs)
{
	struct pt_regs *gp = (struct pt_regs *)this_cpu_ptr(&cpu_tss)->sp0 - 1;

	if (user_mode(regs) || regs->ip != (unsigned long)irq_return_iret ||
	    regs->sp >> PGDIR_SHIFT != ESPFIX_BASE >> PGDIR_SHIFT)
		return false;
	memcpy(&gp->ip, (const void *)regs->sp, FRAME_WORDS * sizeof(long));
	gp->orig_ax = 0;
	regs->ip = (unsigned long)general_protection;
	regs->sp = (unsigned long)&gp->orig_ax;
	return true;
}
