/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2), the machine's part: a stopped task's registers as a tracer sees and changes them.
 * Linux's twin: arch/x86/kernel/ptrace.c.
 *
 *   struct user            PTRACE_PEEKUSER, POKEUSER: one word at an offset
 *   | user_regs_struct     PTRACE_GETREGS, SETREGS, NT_PRSTATUS
 *   | ...
 *   | u_debugreg[8]        debugreg.c
 *
 * General registers lie in the tracee's pt_regs; segments, their bases and the floating point state
 * in its thread_struct, since it is switched out. What a tracer may write is what the task itself
 * could have: no selector of another ring, no base outside of user space, no flag of the system. An
 * ip or selector that cannot be loaded faults at the iretq and is the tracee's SIGSEGV.
 *
 * The requests of a 32-bit tracer are in ia32/ptrace.c, sets of registers in regset.c.
 */
#include <vitrix/ptrace.h>
#include <vitrix/uaccess.h>
#include <arch/debugreg.h>
#include <arch/regset.h>
#include <arch/traps.h>
#include <arch/user.h>
#include <asm/ptrace-abi.h>
#include <asm/prctl.h>
#include <linux/audit.h>

/* What a tracer may set in rflags. */
#define FLAG_MASK	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
			 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | \
			 X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_NT)

#define REG(name)	offsetof(struct user_regs_struct, name)
#define NR_REGS		(sizeof(struct user_regs_struct) / sizeof(long))
#define DEBUGREG	offsetof(struct user, u_debugreg)

static_assert(REG(flags) == offsetof(struct pt_regs, flags), "user_regs_struct begins as pt_regs");
static_assert(REG(ss) == offsetof(struct pt_regs, ss), "user_regs_struct begins as pt_regs");

static unsigned long *pt_reg(struct task_struct *task, unsigned long offset)
{
	return (unsigned long *)((char *)task_pt_regs(task) + offset);
}

static unsigned short *segment_field(struct task_struct *task, unsigned long offset)
{
	switch (offset) {
	case REG(ds): return &task->thread.ds;
	case REG(es): return &task->thread.es;
	case REG(fs): return &task->thread.fsindex;
	case REG(gs): return &task->thread.gsindex;
	default: return NULL;
	}
}

unsigned long ptrace_getreg(struct task_struct *task, unsigned long offset)
{
	unsigned short *seg = segment_field(task, offset);
	unsigned long flags;

	if (seg)
		return *seg;
	switch (offset) {
	case REG(fs_base):
		return task_fsbase(task);
	case REG(gs_base):
		return task_gsbase(task);
	case REG(flags):
		flags = *pt_reg(task, offset);
		return test_tsk_thread_flag(task, TIF_FORCED_TF) ? flags & ~X86_EFLAGS_TF : flags;
	default:
		return *pt_reg(task, offset);
	}
}

static void set_flags(struct task_struct *task, unsigned long value)
{
	unsigned long *flags = pt_reg(task, REG(flags));

	/* TF in value is meant for the program; without it a step that is on goes on. */
	if (value & X86_EFLAGS_TF)
		clear_tsk_thread_flag(task, TIF_FORCED_TF);
	else if (test_tsk_thread_flag(task, TIF_FORCED_TF))
		value |= X86_EFLAGS_TF;
	*flags = (*flags & ~FLAG_MASK) | (value & FLAG_MASK);
}

/* 0 or -EIO. */
long ptrace_putreg(struct task_struct *task, unsigned long offset, unsigned long value)
{
	unsigned short *seg = segment_field(task, offset);

	switch (offset) {
	case REG(cs):
	case REG(ss):
		if ((value & 3) != 3 || value > 0xffff)
			return -EIO;
		*pt_reg(task, offset) = value;
		return 0;
	case REG(flags):
		set_flags(task, value);
		return 0;
	case REG(fs_base):
	case REG(gs_base):
		if (value >= TASK_SIZE_MAX)
			return -EIO;
		if (offset == REG(fs_base))
			task->thread.fsbase = value;
		else
			task->thread.gsbase = value;
		return 0;
	}
	if (seg) {
		value &= 0xffff;
		if (value && (value & 3) != 3)
			return -EIO;
		*seg = value;
		return 0;
	}
	*pt_reg(task, offset) = value;
	return 0;
}

long regset_general_get(struct task_struct *task, void *user, size_t size)
{
	unsigned long regs[NR_REGS];

	for (int i = 0; i < NR_REGS; i++)
		regs[i] = ptrace_getreg(task, i * sizeof(long));
	return copy_to_user(user, regs, size) ? -EFAULT : 0;
}

/* What stands before a bad one is set. */
long regset_general_set(struct task_struct *task, void *user, size_t size)
{
	unsigned long regs[NR_REGS];
	long ret = 0;

	if (copy_from_user(regs, user, size))
		return -EFAULT;
	for (int i = 0; i < size / sizeof(long) && !ret; i++)
		ret = ptrace_putreg(task, i * sizeof(long), regs[i]);
	return ret;
}

/* ---- struct user, word by word ---- */

static bool bad_user_offset(unsigned long addr)
{
	return (addr & (sizeof(long) - 1)) || addr >= sizeof(struct user);
}

static unsigned long peek_user(struct task_struct *child, unsigned long addr)
{
	if (addr < sizeof(struct user_regs_struct))
		return ptrace_getreg(child, addr);
	if (addr >= DEBUGREG && addr < DEBUGREG + 8 * sizeof(long))
		return ptrace_get_debugreg(child, (addr - DEBUGREG) / sizeof(long));
	return 0;
}

static long poke_user(struct task_struct *child, unsigned long addr, unsigned long data)
{
	if (addr < sizeof(struct user_regs_struct))
		return ptrace_putreg(child, addr, data);
	if (addr >= DEBUGREG && addr < DEBUGREG + 8 * sizeof(long))
		return ptrace_set_debugreg(child, (addr - DEBUGREG) / sizeof(long), data);
	return -EIO;
}

static long bases(struct task_struct *child, unsigned long arg, long option)
{
	switch (option) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (arg >= TASK_SIZE_MAX)
			return -EPERM;
		if (option == ARCH_SET_FS) {
			child->thread.fsindex = 0;
			child->thread.fsbase = arg;
		} else {
			child->thread.gsindex = 0;
			child->thread.gsbase = arg;
		}
		return 0;
	case ARCH_GET_FS:
		return put_user(task_fsbase(child), (unsigned long *)arg);
	case ARCH_GET_GS:
		return put_user(task_gsbase(child), (unsigned long *)arg);
	default:
		return -EINVAL;
	}
}

long arch_ptrace_common(struct task_struct *child, long request, unsigned long addr,
			unsigned long data)
{
	if (request == PTRACE_GET_THREAD_AREA || request == PTRACE_SET_THREAD_AREA)
		return ptrace_thread_area(child, addr, (struct user_desc *)data,
					  request == PTRACE_SET_THREAD_AREA);
	return ptrace_request(child, request, addr, data);
}

long arch_ptrace(struct task_struct *child, long request, unsigned long addr, unsigned long data)
{
	void *user = (void *)data;

	if (in_ia32_syscall())
		return ia32_arch_ptrace(child, request, addr, data);
	switch (request) {
	case PTRACE_PEEKUSR:
		if (bad_user_offset(addr))
			return -EIO;
		return put_user(peek_user(child, addr), (unsigned long *)user);
	case PTRACE_POKEUSR:
		return bad_user_offset(addr) ? -EIO : poke_user(child, addr, data);
	case PTRACE_GETREGS:
		return regset_general_get(child, user, sizeof(struct user_regs_struct));
	case PTRACE_SETREGS:
		return regset_general_set(child, user, sizeof(struct user_regs_struct));
	case PTRACE_GETFPREGS:
		return regset_fx_get(child, user, sizeof(struct user_i387_struct));
	case PTRACE_SETFPREGS:
		return regset_fx_set(child, user, sizeof(struct user_i387_struct));
	case PTRACE_ARCH_PRCTL:
		return bases(child, addr, data);
	default:
		return arch_ptrace_common(child, request, addr, data);
	}
}

void ptrace_disable(struct task_struct *child)
{
	user_disable_single_step(child);
}

/* A copy of a traced task: neither stepping nor breakpoints go on in it. */
void arch_ptrace_init_child(struct task_struct *child)
{
	user_disable_single_step(child);
	flush_debugregs(child);
}

/* The part of PTRACE_GET_SYSCALL_INFO that lies in registers; op is set. */
void ptrace_syscall_info(struct task_struct *child, struct ptrace_syscall_info *info)
{
	struct pt_regs *regs = task_pt_regs(child);
	bool compat = child->thread.status & TS_COMPAT;

	info->arch = compat ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
	info->instruction_pointer = regs->ip;
	info->stack_pointer = regs->sp;
	if (info->op == PTRACE_SYSCALL_INFO_ENTRY) {
		info->entry.nr = (int)regs->orig_ax;
		info->entry.args[0] = compat ? (u32)regs->bx : regs->di;
		info->entry.args[1] = compat ? (u32)regs->cx : regs->si;
		info->entry.args[2] = compat ? (u32)regs->dx : regs->dx;
		info->entry.args[3] = compat ? (u32)regs->si : regs->r10;
		info->entry.args[4] = compat ? (u32)regs->di : regs->r8;
		info->entry.args[5] = compat ? (u32)regs->bp : regs->r9;
	} else if (info->op == PTRACE_SYSCALL_INFO_EXIT) {
		info->exit.rval = compat ? (int)regs->ax : (long)regs->ax;
		info->exit.is_error = (unsigned long)info->exit.rval >= -4095UL;
	}
}
