/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2) for 32-bit tracers, and the registers of 32-bit code for tracers of any width. Linux's
 * twin: the ia32 parts of arch/x86/kernel/ptrace.c.
 *
 *   struct user32 (arch/user32.h)   PTRACE_PEEKUSER, POKEUSER by a 32-bit tracer
 *   | user_regs_struct32            its PTRACE_GETREGS, SETREGS; NT_PRSTATUS of 32-bit code
 *   | ...
 *   | u_debugreg[8]
 *
 * A word is the lower half of a 64-bit register; written, it clears the upper one. So a 32-bit
 * tracer may look at a 64-bit tracee, but sees half of it.
 */
#include <vitrix/ptrace.h>
#include <vitrix/uaccess.h>
#include <arch/debugreg.h>
#include <arch/ioport.h>
#include <arch/regset.h>
#include <arch/segment.h>
#include <arch/user.h>
#include <arch/user32.h>
#include <asm/ldt.h>
#include <asm/ptrace-abi.h>
#include <linux/elf.h>

#define NR_REGS32	(sizeof(struct user_regs_struct32) / sizeof(u32))
#define REG(name)	offsetof(struct user_regs_struct, name)
#define DEBUGREG	offsetof(struct user32, u_debugreg)

/* Where user_regs_struct has the nth word of user_regs_struct32. */
static const u8 wide_offset[] = {
	REG(bx), REG(cx), REG(dx), REG(si), REG(di), REG(bp), REG(ax), REG(ds), REG(es), REG(fs),
	REG(gs), REG(orig_ax), REG(ip), REG(cs), REG(flags), REG(sp), REG(ss)
};
static_assert(ARRAY_SIZE(wide_offset) == NR_REGS32, "user_regs_struct32");

static u32 getreg32(struct task_struct *task, unsigned int n)
{
	return ptrace_getreg(task, wide_offset[n]);
}

/* fs and gs bring their segment's base along, which 32-bit tracers have no other way to set. */
static long put_segment(struct task_struct *task, unsigned long offset, u32 value)
{
	struct thread_struct *thread = &task->thread;
	long ret = ptrace_putreg(task, offset, value);

	if (ret)
		return ret;
	if (offset == REG(fs))
		thread->fsbase = task_segment_base(task, thread->fsindex);
	else
		thread->gsbase = task_segment_base(task, thread->gsindex);
	return 0;
}

static long putreg32(struct task_struct *task, unsigned int n, u32 value)
{
	unsigned long offset = wide_offset[n];

	if (offset == REG(fs) || offset == REG(gs))
		return put_segment(task, offset, value);
	/*
	 * A debugger puts back the registers of a task that it stopped in a system call: its eax,
	 * say -512 in 32 bits, means a call to be restarted even if the task was not in one of the
	 * i386's when it was written.
	 */
	if (offset == REG(orig_ax) && (s32)value >= 0)
		task->thread.status |= TS_I386_REGS_POKED;
	return ptrace_putreg(task, offset, value);
}

static long general32_get(struct task_struct *task, void *user, size_t size)
{
	u32 regs[NR_REGS32];

	for (unsigned int i = 0; i < NR_REGS32; i++)
		regs[i] = getreg32(task, i);
	return copy_to_user(user, regs, size) ? -EFAULT : 0;
}

/* What stands before a bad one is set. */
static long general32_set(struct task_struct *task, void *user, size_t size)
{
	u32 regs[NR_REGS32];
	long ret = 0;

	if (copy_from_user(regs, user, size))
		return -EFAULT;
	for (unsigned int i = 0; i < size / sizeof(u32) && !ret; i++)
		ret = putreg32(task, i, regs[i]);
	return ret;
}

static const struct regset sets_32[] = {
	{ NT_PRSTATUS, sizeof(u32), sizeof(struct user_regs_struct32),
	  general32_get, general32_set },
	{ NT_PRFPREG, sizeof(u32), sizeof(struct user_i387_ia32_struct),
	  regset_fsave_get, regset_fsave_set },
	{ NT_PRXFPREG, sizeof(u32), sizeof(struct user_i387_struct), regset_fx_get, regset_fx_set },
	{ NT_X86_XSTATE, sizeof(u64), 0, regset_xstate_get, regset_xstate_set },
	{ NT_386_TLS, sizeof(struct user_desc), GDT_ENTRY_TLS_ENTRIES * sizeof(struct user_desc),
	  regset_tls_get, regset_tls_set },
	{ NT_386_IOPERM, sizeof(u32), IO_BITMAP_BYTES, regset_ioperm_get, NULL },
};
const struct regset_view regset_view_32 = { sets_32, ARRAY_SIZE(sets_32) };

/* ---- struct user32, word by word ---- */

static bool bad_user_offset(unsigned long addr)
{
	return (addr & (sizeof(u32) - 1)) || addr > sizeof(struct user32);
}

static u32 peek_user(struct task_struct *child, unsigned long addr)
{
	if (addr < sizeof(struct user_regs_struct32))
		return getreg32(child, addr / sizeof(u32));
	if (addr >= DEBUGREG && addr < DEBUGREG + 8 * sizeof(u32))
		return ptrace_get_debugreg(child, (addr - DEBUGREG) / sizeof(u32));
	return 0;
}

/* Its other words can be written, and stay what they are. */
static long poke_user(struct task_struct *child, unsigned long addr, u32 data)
{
	if (addr < sizeof(struct user_regs_struct32))
		return putreg32(child, addr / sizeof(u32), data);
	if (addr >= DEBUGREG && addr < DEBUGREG + 8 * sizeof(u32))
		return ptrace_set_debugreg(child, (addr - DEBUGREG) / sizeof(u32), data);
	return 0;
}

long ia32_arch_ptrace(struct task_struct *child, long request, unsigned long addr,
		      unsigned long data)
{
	void *user = (void *)data;

	switch (request) {
	case PTRACE_PEEKUSR:
		if (bad_user_offset(addr))
			return -EIO;
		return put_user(peek_user(child, addr), (u32 *)user);
	case PTRACE_POKEUSR:
		return bad_user_offset(addr) ? -EIO : poke_user(child, addr, data);
	case PTRACE_GETREGS:
		return general32_get(child, user, sizeof(struct user_regs_struct32));
	case PTRACE_SETREGS:
		return general32_set(child, user, sizeof(struct user_regs_struct32));
	case PTRACE_GETFPREGS:
		return regset_fsave_get(child, user, sizeof(struct user_i387_ia32_struct));
	case PTRACE_SETFPREGS:
		return regset_fsave_set(child, user, sizeof(struct user_i387_ia32_struct));
	case PTRACE_GETFPXREGS:
		return regset_fx_get(child, user, sizeof(struct user_i387_struct));
	case PTRACE_SETFPXREGS:
		return regset_fx_set(child, user, sizeof(struct user_i387_struct));
	default:
		return arch_ptrace_common(child, request, addr, data);
	}
}
