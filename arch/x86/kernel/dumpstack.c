/* SPDX-License-Identifier: MIT */
/*
 * Showing where the kernel is and how it came there: registers, instruction bytes, call chain;
 * and the death of a task whose kernel code went wrong. Linux's twins:
 * arch/x86/kernel/{dumpstack,unwind_frame}.c.
 *
 * Every C function keeps a frame pointer, so frames are a list; entry code calls C with %rsp
 * pointing at a struct pt_regs, so where a return address lies in entry code the interrupted
 * context follows:
 *
 *   rbp -> | rbp of caller | return address |   ... locals of the caller ...
 *              |                  in .entry.text, or ret_from_fork:
 *              |             | pt_regs |  -> go on with its ip and bp, or stop: it was user mode
 *              v
 *          | rbp of caller | return address |
 *
 * Called by panic, oopses, WARN, anybody's dump_stack(); by apic/hw_nmi.c, which keeps what the
 * walk finds for another CPU to print. Reads only inside of stacks that it knows, so that a broken
 * chain ends the walk and causes no fault. No locks; any context, NMI included. The stacks of
 * exceptions are looked for on this CPU: another's chain has to be walked by that CPU.
 */
#include <vitrix/bug.h>
#include <vitrix/ftrace.h>
#include <vitrix/init.h>
#include <vitrix/kallsyms.h>
#include <vitrix/printf.h>
#include <vitrix/printk.h>
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <arch/desc.h>
#include <arch/ftrace.h>
#include <arch/pgtable.h>
#include <arch/setup.h>
#include <arch/tlbflush.h>
#include "dumpstack.h"

#define MAX_FRAMES	64
#define CODE_BYTES	64
#define CODE_PROLOGUE	43		/* of them before the instruction */

void ret_from_fork(void);

struct stack_info { unsigned long begin, end; const char *name; };

static bool in_stack(const struct stack_info *info, unsigned long addr, size_t size)
{
	return IS_ALIGNED(addr, 8) && addr >= info->begin && addr <= info->end - size;
}

/* Which stack is it? false: none that we know, not to be read. */
static bool find_stack(struct task_struct *tsk, unsigned long addr, struct stack_info *info)
{
	static const char *const ist_name[NR_IST_STACKS] = { "#DF", "NMI", "#DB", "#MC" };
	struct exception_stacks *ist = raw_this_cpu_ptr(&exception_stacks);

	info->begin = (unsigned long)tsk->stack;
	info->end = info->begin + THREAD_SIZE;
	info->name = "task";
	if (info->begin && in_stack(info, addr, 8))
		return true;
	info->begin = (unsigned long)boot_stack;
	info->end = (unsigned long)boot_stack_top;
	info->name = "boot";
	if (in_stack(info, addr, 8))
		return true;
	for (int i = 0; i < NR_IST_STACKS; i++) {
		info->begin = (unsigned long)ist->stack[i];
		info->end = info->begin + EXCEPTION_STKSZ;
		info->name = ist_name[i];
		if (in_stack(info, addr, 8))
			return true;
	}
	info->begin = (unsigned long)raw_this_cpu_ptr(&cpu_entry_stack);
	info->end = info->begin + PAGE_SIZE;
	info->name = "entry";
	return in_stack(info, addr, 8);
}

static bool is_kernel_text(unsigned long addr)
{
	return (addr >= (unsigned long)_text && addr < (unsigned long)_etext) ||
	       (system_state == SYSTEM_BOOTING && addr >= (unsigned long)__init_begin &&
		addr < (unsigned long)__init_end);
}

/* The graph tracer may have put it away. */
static unsigned long return_address(const struct task_struct *tsk, const unsigned long *slot)
{
	return ftrace_graph_ret_addr(tsk, *slot, slot);
}

static bool calls_c_with_regs(unsigned long addr)
{
	unsigned long fork = (unsigned long)ret_from_fork;

	return (addr >= (unsigned long)__entry_text_start &&
		addr < (unsigned long)__entry_text_end) ||
	       (addr >= fork && addr < fork + 64);
}

static void print_address(unsigned long addr, const char *note)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol(name, sizeof(name), addr);
	printk(KERN_EMERG "  [<%016lx>] %s%s\n", addr, name, note);
}

/*
 * Where a call returns to. A call that never returns may be its function's last instruction: the
 * symbol is that of the call itself.
 */
static void print_return_address(unsigned long addr)
{
	unsigned long offset, size;
	const char *name = kallsyms_lookup(addr - 1, &offset, &size);

	if (!name)
		print_address(addr, "");
	else
		printk(KERN_EMERG "  [<%016lx>] %s+0x%lx/0x%lx\n", addr, name, offset + 1, size);
}

void print_user_frame(const struct pt_regs *regs)
{
	printk(KERN_EMERG "  user mode: RIP %04lx:%lx RSP %04lx:%lx RFLAGS %lx ORIG_RAX %lx\n",
	       regs->cs, regs->ip, regs->ss, regs->sp, regs->flags, regs->orig_ax);
}

void print_stack_entry(enum stack_entry kind, unsigned long value)
{
	switch (kind) {
	case STACK_RETURN:
		print_return_address(value);
		break;
	case STACK_INTERRUPTED:
		print_address(value, "   <- interrupted here");
		break;
	case STACK_USER:
		print_user_frame((const struct pt_regs *)value);
		break;
	case STACK_BROKEN:
		printk(KERN_EMERG "  (the chain ends: no frame at %lx)\n", value);
	}
}

static void print_it(void *arg, enum stack_entry kind, unsigned long value)
{
	print_stack_entry(kind, value);
}

/*
 * An exception can hit between a call and the callee's "mov %rsp,%rbp": the caller is then not on
 * the list yet, and its return address is at the top of the stack, or below the pushed rbp. 0: it
 * is on the list.
 */
static unsigned long missing_caller(struct task_struct *tsk, const struct pt_regs *regs)
{
	const unsigned long *sp = (const unsigned long *)regs->sp;
	unsigned long offset;
	struct stack_info info;

	if (!find_stack(tsk, regs->sp, &info) || !in_stack(&info, regs->sp, 16))
		return 0;
	if (!is_kernel_text(regs->ip))		/* a call through a bad pointer */
		return is_kernel_text(sp[0]) ? return_address(tsk, &sp[0]) : 0;
	if (!kallsyms_lookup(regs->ip, &offset, NULL))
		return 0;
	/* A watched function's first instruction begins behind the room for the tracer. */
	if (offset >= FTRACE_ROOM_AT && ftrace_has_room(regs->ip - offset))
		offset -= FTRACE_ROOM_AT;
	if (offset == 0)
		return return_address(tsk, &sp[0]);
	if (offset == 1 && *(const u8 *)(regs->ip - 1) == 0x55)		/* push %rbp is done */
		return return_address(tsk, &sp[1]);
	return 0;
}

static void tell_missing_caller(struct task_struct *tsk, const struct pt_regs *regs,
				stack_entry_fn tell, void *arg)
{
	unsigned long caller = missing_caller(tsk, regs);

	if (caller)
		tell(arg, STACK_RETURN, caller);
}

/* Follows the frames from bp on. */
static void walk_frames(struct task_struct *tsk, unsigned long bp, stack_entry_fn tell, void *arg)
{
	struct stack_info info;

	for (int i = 0; i < MAX_FRAMES && bp; i++) {
		unsigned long next, ret;

		if (!find_stack(tsk, bp, &info) || !in_stack(&info, bp, 16)) {
			tell(arg, STACK_BROKEN, bp);
			return;
		}
		next = ((const unsigned long *)bp)[0];
		ret = return_address(tsk, &((const unsigned long *)bp)[1]);
		if (!is_kernel_text(ret))
			return;
		tell(arg, STACK_RETURN, ret);
		if (calls_c_with_regs(ret)) {
			const struct pt_regs *regs = (const struct pt_regs *)(bp + 16);

			if (!in_stack(&info, bp + 16, sizeof(*regs)) || !regs->cs)
				return;		/* a kernel thread's empty frame */
			if (user_mode(regs)) {
				tell(arg, STACK_USER, (unsigned long)regs);
				return;
			}
			tell(arg, STACK_INTERRUPTED, regs->ip);
			tell_missing_caller(tsk, regs, tell, arg);
			bp = regs->bp;
			continue;
		}
		/* On one stack callers lie above: anything else is a loop or rubbish. */
		if (next <= bp && in_stack(&info, next, 8))
			return;
		bp = next;
	}
}

void walk_interrupted(const struct pt_regs *regs, stack_entry_fn tell, void *arg)
{
	tell_missing_caller(current, regs, tell, arg);
	walk_frames(current, regs->bp, tell, arg);
}

static void print_trace(struct task_struct *tsk, unsigned long bp)
{
	printk(KERN_EMERG "Call Trace:\n");
	walk_frames(tsk, bp, print_it, NULL);
}

void print_task_line(void)
{
	printk(KERN_EMERG "CPU: %d PID: %d Comm: %s%s\n", raw_smp_processor_id(), current->pid,
	       current->comm, in_nmi() ? " (NMI)" : in_interrupt() ? " (interrupt)" : "");
}

void dump_stack(void)
{
	print_task_line();
	print_trace(current, (unsigned long)__builtin_frame_address(0));
}

/* The instruction at ip in <>, and what is around it; objdump or a decoder script reads it. */
static void show_code(const struct pt_regs *regs)
{
	char text[3 * CODE_BYTES + 3];
	unsigned long start = regs->ip - CODE_PROLOGUE;
	size_t n = 0, failed = 0;
	u8 code[CODE_BYTES];

	if (user_mode(regs)) {
		pagefault_disable();
		failed = copy_from_user(code, (const void *)start, sizeof(code));
		pagefault_enable();
	} else if (is_kernel_text(start) && is_kernel_text(start + CODE_BYTES - 1)) {
		memcpy(code, (const void *)start, sizeof(code));
	} else {
		failed = CODE_BYTES;
	}
	if (failed) {
		printk(KERN_EMERG "Code: no bytes to be read around RIP %lx\n", regs->ip);
		return;
	}
	for (int i = 0; i < CODE_BYTES; i++)
		n += scnprintf(text + n, sizeof(text) - n,
			       i == CODE_PROLOGUE ? " <%02x>" : " %02x", code[i]);
	printk(KERN_EMERG "Code:%s\n", text);
}

void show_registers(const struct pt_regs *regs)
{
	char name[KSYM_SYMBOL_LEN] = "";

	if (!user_mode(regs))
		sprint_symbol(name, sizeof(name), regs->ip);
	printk(KERN_EMERG "RIP: %04lx:%016lx %s\n", regs->cs & 0xffff, regs->ip, name);
	show_code(regs);
	printk(KERN_EMERG "RSP: %04lx:%016lx EFLAGS: %08lx ORIG_RAX: %016lx\n", regs->ss & 0xffff,
	       regs->sp, regs->flags, regs->orig_ax);
	printk(KERN_EMERG "RAX: %016lx RBX: %016lx RCX: %016lx\n", regs->ax, regs->bx, regs->cx);
	printk(KERN_EMERG "RDX: %016lx RSI: %016lx RDI: %016lx\n", regs->dx, regs->si, regs->di);
	printk(KERN_EMERG "RBP: %016lx R08: %016lx R09: %016lx\n", regs->bp, regs->r8, regs->r9);
	printk(KERN_EMERG "R10: %016lx R11: %016lx R12: %016lx\n", regs->r10, regs->r11, regs->r12);
	printk(KERN_EMERG "R13: %016lx R14: %016lx R15: %016lx\n", regs->r13, regs->r14, regs->r15);
}

void show_control_registers(void)
{
	printk(KERN_EMERG "FS: %016llx GS: %016llx user GS: %016llx\n", rdmsr(MSR_FS_BASE),
	       rdmsr(MSR_GS_BASE), rdmsr(MSR_KERNEL_GS_BASE));
	printk(KERN_EMERG "CR0: %016lx CR2: %016lx CR3: %016lx CR4: %016lx\n", read_cr0(),
	       read_cr2(), read_cr3(), read_cr4());
}

/* Everything about an interrupted context; of user mode there is no call chain. */
void show_regs(struct pt_regs *regs)
{
	print_task_line();
	show_registers(regs);
	show_control_registers();
	if (user_mode(regs))
		return;
	printk(KERN_EMERG "Call Trace:\n");
	walk_interrupted(regs, print_it, NULL);
}
