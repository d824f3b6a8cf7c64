/* SPDX-License-Identifier: MIT */
/*
 * What a task keeps of the CPU: its first kernel stack, the switch between two tasks, the start of
 * a program. Linux's twin: arch/x86/kernel/process.c, process_64.c.
 *
 * Called by fork (copy_thread_tls), the scheduler (__switch_to, from __switch_to_asm) and exec
 * (start_thread, flush_thread). The segment registers and bases of the running task live in the
 * CPU; thread_struct has them while it is away. User code can load fs, gs, ds and es itself, so
 * they are read at each switch; the bases change only by arch_prctl, clone and exec - but with
 * FSGSBASE, where user code has instructions for them. Then they are read and written at each
 * switch, too, and a base is one's own whatever the selector says.
 */
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <vitrix/err.h>
#include <vitrix/uaccess.h>
#include <vitrix/random.h>
#include <generated/syscalls.h>
#include <arch/debugreg.h>
#include <arch/desc.h>
#include <arch/fpu.h>
#include <arch/ioport.h>
#include <arch/ldt.h>
#include <arch/pgtable.h>
#include <arch/signal.h>
#include <arch/traps.h>
#include <asm/prctl.h>
#include <linux/personality.h>

static_assert(offsetof(struct pt_regs, r15) == PT_R15, "PT_R15");
static_assert(offsetof(struct pt_regs, bx) == PT_RBX, "PT_RBX");
static_assert(offsetof(struct pt_regs, ax) == PT_RAX, "PT_RAX");
static_assert(offsetof(struct pt_regs, orig_ax) == PT_ORIG_RAX, "PT_ORIG_RAX");
static_assert(offsetof(struct pt_regs, ss) == PT_SS && sizeof(struct pt_regs) == PT_SIZE,
	      "PT_SIZE");
static_assert(offsetof(struct task_struct, thread_flags) == TASK_THREAD_FLAGS, "thread_flags");
static_assert(offsetof(struct task_struct, stack) == TASK_STACK, "stack");
static_assert(offsetof(struct task_struct, thread.sp) == TASK_THREAD_SP, "thread.sp");
static_assert(offsetof(struct x86_hw_tss, sp0) == 4, "entry_64.S reads TSS.sp0");

/* Read by the entry code before it has a stack: in the pages that PTI leaves mapped. */
DEFINE_PER_CPU_ENTRY(unsigned long, cpu_current_top_of_stack);
DEFINE_PER_CPU_ENTRY(unsigned long, rsp_scratch);
DEFINE_PER_CPU_ENTRY(unsigned long, rdi_scratch);
DEFINE_PER_CPU_ENTRY(struct task_struct *, current_task) = &init_task;

/* What __switch_to_asm pops, in that order, on a task's first switch-in. */
struct inactive_task_frame {
	unsigned long r15, r14, r13, r12, bx, bp;
	unsigned long ret_addr;
};
struct fork_frame {
	struct inactive_task_frame frame;
	struct pt_regs regs;
};

void ret_from_fork(void);

#define READ_SEGMENT(seg) ({							\
	unsigned int __s;							\
	__asm__ volatile("movl %%" #seg ",%0" : "=r"(__s));			\
	__s; })
/* A selector that went bad while the task was away (its LDT changed, say) loads as 0. */
#define LOAD_SEGMENT(seg, value) do {						\
	unsigned int __v = (value);						\
	__asm__ volatile("1: movl %0,%%" #seg "\n2:\n"				\
		" .pushsection .text.fixup,\"ax\"\n"				\
		"3: xorl %k0,%k0\n jmp 1b\n .popsection\n"			\
		_ASM_EXTABLE(1b, 3b) : "+r"(__v) : : "memory");			\
} while (0)

/* Will the CPU take it as a data segment, in the kernel and in ring 3? Interrupts off. */
static bool can_load(unsigned int selector)
{
	const unsigned int present = 1 << 15, segment = 1 << 12, code = 1 << 11, readable = 1 << 9;
	unsigned int rights = 0;

	if (!(selector & ~3U))
		return true;
	__asm__ volatile("larl %1,%0\n jz 1f\n xorl %0,%0\n1:" : "+r"(rights) : "r"(selector)
			 : "cc");
	return (rights & present) && (rights & segment) &&
	       ((rights & readable) || !(rights & code));
}

/*
 * Loading gs overwrites the base: it is done with the user's swapped in. A fault in between would
 * be served with the user's base for the kernel's, so there must be none: the selector is looked at
 * first. It stays as good as it is, since tables change with interrupts on. Interrupts off.
 */
static void load_gs_index(unsigned int selector)
{
	if (!can_load(selector))
		selector = 0;
	__asm__ volatile("swapgs\n movl %0,%%gs\n swapgs" : : "r"(selector) : "memory");
}

/* On from boot on, where the CPU has them: rdfsbase and kin. */
static DEFINE_STATIC_KEY_FALSE(fsgsbase_key);

static int __init fsgsbase_init(void)
{
	if (cpu_has(X86_FEATURE_FSGSBASE))
		static_key_inc(&fsgsbase_key);
	return 0;
}
device_initcall(fsgsbase_init);

/* Of user mode: gs is swapped out. Interrupts off. */
static __always_inline unsigned long rdgsbase_user(void)
{
	unsigned long base;

	__asm__ volatile("swapgs\n rdgsbase %0\n swapgs" : "=r"(base) : : "memory");
	return base;
}
static __always_inline void wrgsbase_user(unsigned long base)
{
	__asm__ volatile("swapgs\n wrgsbase %0\n swapgs" : : "r"(base) : "memory");
}

/*
 * Builds the child's kernel stack by hand: the parent's registers with rax = 0, and below them what
 * __switch_to_asm expects of a task that was switched out, so that its first switch-in "returns" to
 * ret_from_fork.
 *
 *   top  | pt_regs: copy of the parent's, ax = 0, sp = the new one | <- to user mode from here
 *        | ret_addr = ret_from_fork                                |
 *        | bp, bx = fn, r12 = fn_arg, r13..r15                     | <- thread.sp
 *
 * fn: a kernel thread. Fails before anything is shared: 0, -EPERM (tls), -ENOMEM.
 */
__path int copy_thread_tls(unsigned long clone_flags, unsigned long sp, int (*fn)(void *),
			   void *fn_arg,
			   struct task_struct *p, unsigned long tls)
{
	struct pt_regs *childregs = task_pt_regs(p);
	struct fork_frame *fork_frame = container_of(childregs, struct fork_frame, regs);
	struct inactive_task_frame *frame = &fork_frame->frame;

	*frame = (struct inactive_task_frame){ .ret_addr = (unsigned long)ret_from_fork };
	p->thread.sp = (unsigned long)fork_frame;
	p->thread.trap_nr = p->thread.error_code = p->thread.cr2 = 0;
	if (fn) {
		p->thread.status = 0;
		memset(childregs, 0, sizeof(*childregs));
		frame->bx = (unsigned long)fn;
		frame->r12 = (unsigned long)fn_arg;
		return 0;
	}
	if ((clone_flags & CLONE_SETTLS) && !in_ia32_syscall() && tls >= TASK_SIZE_MAX)
		return -EPERM;
	*childregs = *current_pt_regs();
	childregs->ax = 0;
	if (sp)
		childregs->sp = sp;
	p->thread.fsindex = READ_SEGMENT(fs);
	p->thread.gsindex = READ_SEGMENT(gs);
	p->thread.ds = READ_SEGMENT(ds);
	p->thread.es = READ_SEGMENT(es);
	p->thread.fsbase = rdmsr(MSR_FS_BASE);
	p->thread.gsbase = rdmsr(MSR_KERNEL_GS_BASE);
	if (!(clone_flags & CLONE_SETTLS))
		return 0;
	/* 32-bit: a struct user_desc, which says what one of the GDT's slots shall be. */
	if (in_ia32_syscall())
		return do_set_thread_area(p, (struct user_desc *)(unsigned long)(u32)tls);
	p->thread.fsindex = 0;
	p->thread.fsbase = tls;
	return 0;
}

int arch_dup_task_struct(struct task_struct *dst, struct task_struct *src)
{
	int error;

	dst->thread.fpu = NULL;
	error = fpu_clone(dst, src);
	if (!error && unlikely(dst->thread.rare & RARE_IO))
		io_bitmap_share(dst);
	return error;
}

void arch_release_task_struct(struct task_struct *tsk)
{
	fpu_free(tsk);
	if (unlikely(tsk->thread.rare & RARE_IO))
		io_bitmap_exit(tsk);
}

void exit_thread(struct task_struct *tsk)
{
	if (unlikely(tsk->thread.rare & RARE_IO))
		io_bitmap_exit(tsk);
}

static void switch_rare(struct thread_struct *prev, struct thread_struct *next)
{
	if ((prev->rare | next->rare) & RARE_TLS)
		load_TLS(next);
	if ((prev->rare | next->rare) & RARE_DEBUG)
		switch_debugregs(next);
	if ((prev->rare | next->rare) & RARE_IO)
		switch_io_bitmap(next);
	if ((prev->rare ^ next->rare) & RARE_BLOCKSTEP)
		switch_block_step(next);
	LOAD_SEGMENT(ds, next->ds);
	LOAD_SEGMENT(es, next->es);
}

/* One of the two has selectors in use, or segments of its own: 32-bit programs, all of them. */
static void switch_selectors(struct thread_struct *prev, struct thread_struct *next)
{
	if (prev->fsindex)
		prev->fsbase = 0;
	if (prev->gsindex)
		prev->gsbase = 0;
	switch_rare(prev, next);
	LOAD_SEGMENT(fs, next->fsindex);
	if (!next->fsindex)
		wrmsr(MSR_FS_BASE, next->fsbase);
	load_gs_index(next->gsindex);
	if (!next->gsindex)
		wrmsr(MSR_KERNEL_GS_BASE, next->gsbase);
}

void refresh_segments(unsigned int selector)
{
	if (READ_SEGMENT(ds) == selector)
		LOAD_SEGMENT(ds, selector);
	if (READ_SEGMENT(es) == selector)
		LOAD_SEGMENT(es, selector);
	if (READ_SEGMENT(fs) == selector)
		LOAD_SEGMENT(fs, selector);
	if (READ_SEGMENT(gs) == selector)
		load_gs_index(selector);
}

void refresh_ldt_segments(void)
{
	unsigned int ds = READ_SEGMENT(ds), es = READ_SEGMENT(es);

	if (ds & SEGMENT_TI)
		LOAD_SEGMENT(ds, ds);
	if (es & SEGMENT_TI)
		LOAD_SEGMENT(es, es);
}

void read_user_selectors(struct user_selectors *sel)
{
	sel->ds = READ_SEGMENT(ds);
	sel->es = READ_SEGMENT(es);
	sel->fs = READ_SEGMENT(fs);
	sel->gs = READ_SEGMENT(gs);
}

void load_user_data_segments(unsigned int ds, unsigned int es)
{
	LOAD_SEGMENT(ds, ds);
	LOAD_SEGMENT(es, es);
}

/* What is there already is not loaded again: a base that arch_prctl() has set shall stay. */
void load_user_selectors(const struct user_selectors *sel)
{
	load_user_data_segments(sel->ds, sel->es);
	local_irq_disable();
	if ((READ_SEGMENT(fs) | 3) != sel->fs)
		LOAD_SEGMENT(fs, sel->fs);
	if ((READ_SEGMENT(gs) | 3) != sel->gs)
		load_gs_index(sel->gs);
	local_irq_enable();
}

/* With FSGSBASE: the CPU alone knows the bases. */
static noinline void switch_bases(struct thread_struct *prev, struct thread_struct *next)
{
	__asm__ volatile("rdfsbase %0" : "=r"(prev->fsbase));
	prev->gsbase = rdgsbase_user();
	if (unlikely(prev->selectors | next->selectors | prev->rare | next->rare)) {
		switch_rare(prev, next);
		/* A selector brings a base along: the task's own comes after it. */
		if (prev->fsindex | next->fsindex)
			LOAD_SEGMENT(fs, next->fsindex);
		if (prev->gsindex | next->gsindex)
			load_gs_index(next->gsindex);
	}
	__asm__ volatile("wrfsbase %0" : : "r"(next->fsbase));
	wrgsbase_user(next->gsbase);
}

static void switch_segments(struct thread_struct *prev, struct thread_struct *next)
{
	prev->fsindex = READ_SEGMENT(fs);
	prev->gsindex = READ_SEGMENT(gs);
	prev->ds = READ_SEGMENT(ds);
	prev->es = READ_SEGMENT(es);
	if (static_branch_unlikely(&fsgsbase_key)) {
		switch_bases(prev, next);
		return;
	}
	/*
	 * A selector that the user loaded brought its own base along (0 for the flat segments); so
	 * does a null one on some CPUs, which leaves no trace here: a base other than 0 is always
	 * written, also if it is the one that prev should have.
	 */
	if (unlikely(prev->selectors | next->selectors | prev->rare | next->rare)) {
		switch_selectors(prev, next);
		return;
	}
	if (prev->fsbase | next->fsbase)
		wrmsr(MSR_FS_BASE, next->fsbase);
	if (prev->gsbase | next->gsbase)
		wrmsr(MSR_KERNEL_GS_BASE, next->gsbase);
}

/*
 * The rest of the switch, on next's stack already: everything of the CPU that belongs to a task but
 * is not on its stack. Run queue locked, interrupts off. Returns prev, to next's caller.
 */
__path struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next)
{
	unsigned long top = (unsigned long)next->stack + THREAD_SIZE;

	switch_fpu(prev, next);
	switch_segments(&prev->thread, &next->thread);
	this_cpu_write(current_task, next);
	this_cpu_write(cpu_current_top_of_stack, top);
	/* With PTI entries from user mode start on the entry stack: sp0 never changes. */
	if (!pti_enabled)
		__gs_vol(cpu_tss).sp0 = top;
	return prev;
}

unsigned long task_segment_base(struct task_struct *task, unsigned int selector)
{
	unsigned int slot = selector >> 3;
	u64 desc = 0;			/* flat */

	if (selector & SEGMENT_TI) {
		struct mm_struct *mm = get_task_mm(task);

		if (mm) {
			desc = ldt_entry(mm, slot);
			mmput(mm);
		}
	} else if (slot >= GDT_ENTRY_TLS_MIN && slot <= GDT_ENTRY_TLS_MAX) {
		desc = task->thread.tls_array[slot - GDT_ENTRY_TLS_MIN];
	}
	return (desc >> 16 & 0xffffff) | (desc >> 56 & 0xff) << 24;
}

unsigned long task_fsbase(struct task_struct *task)
{
	struct thread_struct *thread = &task->thread;

	if (thread->fsindex && !cpu_has(X86_FEATURE_FSGSBASE))
		return task_segment_base(task, thread->fsindex);
	return thread->fsbase;
}

unsigned long task_gsbase(struct task_struct *task)
{
	struct thread_struct *thread = &task->thread;

	if (thread->gsindex && !cpu_has(X86_FEATURE_FSGSBASE))
		return task_segment_base(task, thread->gsindex);
	return thread->gsbase;
}

/* exec: the new program starts with no segments, no TLS and fresh floating point. */
void flush_thread(void)
{
	struct thread_struct *thread = &current->thread;

	local_irq_disable();
	LOAD_SEGMENT(ds, 0);
	LOAD_SEGMENT(es, 0);
	LOAD_SEGMENT(fs, 0);
	load_gs_index(0);
	wrmsr(MSR_FS_BASE, 0);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	thread->fsbase = thread->gsbase = 0;
	thread->selectors = 0;
	if (unlikely(thread->rare & RARE_TLS)) {
		memset(thread->tls_array, 0, sizeof(thread->tls_array));
		load_TLS(thread);
	}
	if (unlikely(thread->rare & RARE_DEBUG))
		flush_debugregs(current);
	thread->rare &= RARE_IO;	/* ports stay */
	local_irq_enable();
}

/* The new program's registers, in the frame that the way back to user mode will load. */
__path void start_thread(struct pt_regs *regs, unsigned long new_ip, unsigned long new_sp)
{
	unsigned long nr = regs->orig_ax;

	memset(regs, 0, sizeof(*regs));
	/* The call is not over: who watches it sees execve end. */
	regs->orig_ax = nr;
	regs->ip = new_ip;
	regs->sp = new_sp;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	/* Not what SYSRET would give: the program's rcx and r11 are 0, so the way back is iretq. */
}

/* The same for a 32-bit program, which expects flat data segments, too. */
__path void compat_start_thread(struct pt_regs *regs, unsigned long new_ip, unsigned long new_sp)
{
	start_thread(regs, new_ip, new_sp);
	regs->cs = __USER32_CS;
	LOAD_SEGMENT(ds, __USER_DS);
	LOAD_SEGMENT(es, __USER_DS);
}

unsigned long arch_align_stack(unsigned long sp)
{
	if (!(current->personality & ADDR_NO_RANDOMIZE))
		sp -= get_random_u64() % 8192;
	return sp & ~0xfUL;
}

long __ia32_compat_sys_arch_prctl(int option, u32 arg2)
{
	/* The bases are no matter of 32-bit programs. */
	if (option != ARCH_GET_CPUID && option != ARCH_SET_CPUID)
		return -EINVAL;
	return __x64_sys_arch_prctl(option, arg2);
}

/* arch_prctl(2): the bases of fs and gs. Addresses that are not the user's: -EPERM. */
long __x64_sys_arch_prctl(int option, unsigned long addr)
{
	struct thread_struct *thread = &current->thread;
	unsigned long base;

	switch (option) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= TASK_SIZE_MAX)
			return -EPERM;
		local_irq_disable();
		if (option == ARCH_SET_FS) {
			LOAD_SEGMENT(fs, 0);
			thread->fsbase = addr;
			wrmsr(MSR_FS_BASE, addr);
		} else {
			load_gs_index(0);
			thread->gsbase = addr;
			wrmsr(MSR_KERNEL_GS_BASE, addr);
		}
		local_irq_enable();
		return 0;
	case ARCH_GET_FS:
		base = rdmsr(MSR_FS_BASE);	/* also what a selector brought along */
		return put_user(base, (unsigned long *)addr);
	case ARCH_GET_GS:
		base = rdmsr(MSR_KERNEL_GS_BASE);
		return put_user(base, (unsigned long *)addr);
	case ARCH_GET_CPUID:	/* user code may execute CPUID, and nothing here takes it away */
		return 1;
	case ARCH_SET_CPUID:
		return -ENODEV;
	default:
		return -EINVAL;
	}
}
