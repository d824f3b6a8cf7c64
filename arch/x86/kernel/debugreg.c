/* SPDX-License-Identifier: MIT */
/*
 * Hardware breakpoints (SDM vol. 3, 17.2): a tracer writes its tracee's debug registers by
 * PTRACE_POKEUSER. Linux's twins: arch/x86/kernel/hw_breakpoint.c and a part of ptrace.c.
 *
 *   DR0..DR3  addresses      DR7  for each: on?  2 bits; what, 2 bits; how many bytes, 2 bits
 *   DR6       what happened: the CPU sets, do_debug() clears and keeps it in thread.virtual_dr6
 *
 * A breakpoint may lie in user space only, and must be one that the CPU takes: so the kernel's own
 * code and data never raise #DB, but copies to and from user memory may. Bits of the system in DR7
 * (GD) never reach it. The CPU has the running task's registers; switch_debugregs() is called where
 * one of the two tasks has RARE_DEBUG.
 *
 * thread.debugreg and dr7 belong to the task; its tracer writes them while it is stopped.
 */
#include <vitrix/nospec.h>
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <arch/debugreg.h>

#define DR7_USER_MASK	0xffff03ffUL	/* types, lengths, local and global enable */
#define TYPE_EXECUTE	0U
#define TYPE_IO		2U

static bool enabled(unsigned long dr7, int n)
{
	return dr7 >> (n * 2) & 3;
}

static unsigned int type_of(unsigned long dr7, int n)
{
	return dr7 >> (16 + n * 4) & 3;
}

static unsigned long length_of(unsigned long dr7, int n)
{
	static const unsigned char length[] = { 1, 2, 8, 4 };

	return length[dr7 >> (18 + n * 4) & 3];
}

bool debugreg_is_execute(const struct thread_struct *thread, int n)
{
	return type_of(thread->dr7, n) == TYPE_EXECUTE;
}

/* Would the CPU, and the kernel, take breakpoint n at addr as dr7 describes it? */
static bool acceptable(unsigned long dr7, int n, unsigned long addr)
{
	unsigned long length = length_of(dr7, n);

	if (type_of(dr7, n) == TYPE_IO || (type_of(dr7, n) == TYPE_EXECUTE && length != 1))
		return false;
	return addr < TASK_SIZE_MAX && addr + length <= TASK_SIZE_MAX && !(addr & (length - 1));
}

static void load(const struct thread_struct *thread)
{
	__asm__ volatile("movq %0,%%db0" : : "r"(thread->debugreg[0]));
	__asm__ volatile("movq %0,%%db1" : : "r"(thread->debugreg[1]));
	__asm__ volatile("movq %0,%%db2" : : "r"(thread->debugreg[2]));
	__asm__ volatile("movq %0,%%db3" : : "r"(thread->debugreg[3]));
	__asm__ volatile("movq %0,%%db7" : : "r"((thread->dr7 & DR7_USER_MASK) | DR7_FIXED));
}

void switch_debugregs(const struct thread_struct *next)
{
	__asm__ volatile("movq %0,%%db7" : : "r"(DR7_FIXED) : "memory");
	if (next->rare & RARE_DEBUG)
		load(next);
}

void flush_debugregs(struct task_struct *task)
{
	struct thread_struct *thread = &task->thread;

	memset(thread->debugreg, 0, sizeof(thread->debugreg));
	thread->dr7 = thread->virtual_dr6 = 0;
	thread->rare &= ~RARE_DEBUG;
	if (task == current)
		switch_debugregs(thread);
}

unsigned long ptrace_get_debugreg(struct task_struct *child, int n)
{
	if (n < 4)
		return child->thread.debugreg[array_index_nospec(n, 4)];
	if (n == 6)
		return child->thread.virtual_dr6 ^ DR6_RESERVED;
	return n == 7 ? child->thread.dr7 : 0;
}

static long set_dr7(struct thread_struct *thread, unsigned long value)
{
	bool any = false;

	for (int n = 0; n < 4; n++) {
		if (!enabled(value, n))
			continue;
		if (!acceptable(value, n, thread->debugreg[n]))
			return -EINVAL;
		any = true;
	}
	thread->dr7 = value;
	if (any)
		thread->rare |= RARE_DEBUG;
	else
		thread->rare &= ~RARE_DEBUG;
	return 0;
}

long ptrace_set_debugreg(struct task_struct *child, int n, unsigned long value)
{
	struct thread_struct *thread = &child->thread;

	if (n < 4) {
		if (value >= TASK_SIZE_MAX ||
		    (enabled(thread->dr7, n) && !acceptable(thread->dr7, n, value)))
			return -EINVAL;
		thread->debugreg[n] = value;
		return 0;
	}
	if (n == 6) {
		thread->virtual_dr6 = value ^ DR6_RESERVED;
		return 0;
	}
	return n == 7 ? set_dr7(thread, value) : -EIO;
}
