/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables of the CPU: GDT and TSS (arch/x86/kernel/cpu/common.c), IDT (idt.c), and the
 * stacks that they lead to. Linux's twin: arch/x86/include/asm/{desc,cpu_entry_area}.h.
 */
#ifndef ARCH_DESC_H
#define ARCH_DESC_H

#include <arch/processor.h>
#include <arch/segment.h>

#define NR_IST_STACKS	4	/* IST_INDEX_* */
struct exception_stacks {
	char stack[NR_IST_STACKS][EXCEPTION_STKSZ];
};
/* All in the entry pages: the CPU reads and writes them before CR3 is the kernel's. */
DECLARE_PER_CPU(struct exception_stacks, exception_stacks);
DECLARE_PER_CPU(char[PAGE_SIZE], cpu_entry_stack);	/* TSS.sp0 with PTI */
DECLARE_PER_CPU(u64[GDT_ENTRIES], cpu_gdt);

struct desc_ptr { u16 size; unsigned long address; } __packed;

/* Where entries from user mode find their stack. Only without PTI does it follow the task. */

/*
 * Loads this CPU's GDT and TSS, out of its per-CPU area: once the area is in its final place and
 * PTI is decided. Interrupts off.
 */
void cpu_init(void);
void idt_setup(void);	/* fills the table and loads it: once */
void load_idt(void);	/* on a CPU that comes later */

/* espfix_64.c: the way back to 16-bit stacks */
void espfix_init(void);
void espfix_init_cpu(void);

/* tls.c, process.c: segments of a thread's own; ldt.c has those of an address space */
struct user_desc;
u64 desc_of_user(const struct user_desc *info);	/* as the GDT and an LDT want it */
#define DESC_AVL	(1UL << 52)		/* the bit that is software's: info->useable */
bool desc_is_empty(const struct user_desc *info);	/* it says "no segment" */
void load_TLS(const struct thread_struct *next);
int do_set_thread_area(struct task_struct *p, struct user_desc *u_info);
/* A descriptor has changed: where current's ds, es, fs or gs name it, they are loaded again. */
void refresh_segments(unsigned int selector);
/* The LDT has changed: the same for ds and es. fs and gs keep the bases that they have. */
void refresh_ldt_segments(void);

#endif
