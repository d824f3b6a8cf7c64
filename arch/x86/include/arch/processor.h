/* SPDX-License-Identifier: MIT */
/*
 * The CPU: what a task keeps of it while it does not run (thread_struct), the TSS, control
 * registers, MSRs, CPUID, features. Linux's twin:
 * arch/x86/include/asm/{processor,msr,special_insns,cpufeature}.h.
 */
#ifndef ARCH_PROCESSOR_H
#define ARCH_PROCESSOR_H

#include <arch/page.h>
#include <arch/ptrace.h>
#include <vitrix/percpu.h>

/*
 * The hardware's task state segment, 64-bit (SDM vol. 3, 8.7): stacks for entries from user mode.
 */
#define IO_BITMAP_BYTES		8192
#define IO_BITMAP_INVALID	0x8000	/* beyond the limit: no ports */
struct x86_hw_tss {
	u32 reserved1;
	u64 sp0, sp1, sp2;
	u64 reserved2;
	u64 ist[7];
	u64 reserved3;
	u16 reserved4, io_bitmap_base;
	u8 io_bitmap[IO_BITMAP_BYTES + 1];	/* ports for users: ioport.c */
} __packed;

#define IST_INDEX_DF	0	/* ist[0], descriptor value 1 */
#define IST_INDEX_NMI	1
#define IST_INDEX_DB	2
#define IST_INDEX_MCE	3
#define EXCEPTION_STKSZ	8192

DECLARE_PER_CPU(struct x86_hw_tss, cpu_tss);		/* in the entry pages */
DECLARE_PER_CPU(unsigned long, cpu_current_top_of_stack);	/* in the entry pages */
DECLARE_PER_CPU(unsigned long, rsp_scratch);		/* in the entry pages */

struct fpu;
struct io_bitmap;
struct thread_struct {
	unsigned long sp;		/* kernel stack pointer while switched out */
	unsigned long fsbase, gsbase;	/* user's; live in the MSRs while it runs */
	union {
		struct { unsigned short ds, es, fsindex, gsindex; };
		unsigned long selectors;	/* all four, to ask for any */
	};
	unsigned long rare;		/* RARE_*: what most tasks do not have */
	u64 tls_array[3];		/* the GDT's slots 12 to 14 while it runs */
	/* of the last fault, for sigcontext and core dumps */
	unsigned long cr2, trap_nr, error_code;
	unsigned long debugreg[4], dr7;	/* breakpoints: debugreg.c */
	struct io_bitmap *io_bitmap;	/* ports; NULL: none */
	unsigned int iopl;		/* as by iopl(2); 3: all ports */
	unsigned long virtual_dr6;	/* what DR6 said at the last #DB */
	struct fpu *fpu;		/* XSAVE area; live in the CPU while it runs */
	unsigned int status;		/* TS_*: the task's, or its tracer's while stopped */
};

/* thread->rare: looked at together at each switch */
#define RARE_TLS	1	/* one of tls_array is set */
#define RARE_DEBUG	2	/* a breakpoint is on */
#define RARE_IO		4	/* ports, by ioperm or iopl */
#define RARE_BLOCKSTEP	8	/* steps end at jumps: step.c */

#define TS_COMPAT	2	/* in a system call of the i386 table */
#define TS_I386_REGS_POKED 4	/* stopped, and a 32-bit tracer wrote orig_eax */
/* The running call's table; current must be known. */
#define in_ia32_syscall()	(current->thread.status & TS_COMPAT)

static inline void cpuid_count(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	__asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(sub));
}
static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (u64)hi << 32 | lo;
}
static inline void wrmsr(u32 msr, u64 val)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)val), "d"((u32)(val >> 32)) : "memory");
}
/* A #GP becomes -EIO. */
int wrmsr_safe(u32 msr, u64 val);
static __always_inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}
static inline u64 rdtsc_ordered(void)
{
	__asm__ volatile("lfence" ::: "memory");
	return rdtsc();
}
#define DEFINE_CR(n)								\
static inline unsigned long read_cr##n(void)					\
{ unsigned long v; __asm__ volatile("movq %%cr" #n ",%0" : "=r"(v) : : "memory"); return v; } \
static inline void write_cr##n(unsigned long v)					\
{ __asm__ volatile("movq %0,%%cr" #n : : "r"(v) : "memory"); }
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(4)
static inline void safe_halt(void) { __asm__ volatile("sti; hlt" ::: "memory"); }
static inline void halt(void) { __asm__ volatile("hlt" ::: "memory"); }

#define X86_CR0_TS	(1UL << 3)
#define X86_CR0_EM	(1UL << 2)
#define X86_CR0_MP	(1UL << 1)
#define X86_CR0_NE	(1UL << 5)
#define X86_CR0_WP	(1UL << 16)
#define X86_CR0_AM	(1UL << 18)
#define X86_CR4_MCE	(1UL << 6)
#define X86_CR4_PGE	(1UL << 7)
#define X86_CR4_OSFXSR	(1UL << 9)
#define X86_CR4_OSXMMEXCPT (1UL << 10)
#define X86_CR4_UMIP	(1UL << 11)
#define X86_CR4_FSGSBASE (1UL << 16)
#define X86_CR4_PCIDE	(1UL << 17)
#define X86_CR4_OSXSAVE	(1UL << 18)
#define X86_CR4_SMEP	(1UL << 20)
#define X86_CR4_SMAP	(1UL << 21)

#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_SYSCALL_MASK	0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103
#define MSR_IA32_APICBASE	0x0000001b
#define MSR_IA32_SYSENTER_CS	0x00000174
#define MSR_IA32_SYSENTER_ESP	0x00000175
#define MSR_IA32_SYSENTER_EIP	0x00000176
#define MSR_IA32_TSC_DEADLINE	0x000006e0
#define EFER_SCE		(1UL << 0)

/* What this kernel asks of the CPU: arch/x86/kernel/cpu/common.c, from CPUID of the boot CPU. */
enum x86_feature {
	X86_FEATURE_FPU, X86_FEATURE_TSC, X86_FEATURE_APIC, X86_FEATURE_PGE, X86_FEATURE_PAT,
	X86_FEATURE_FXSR, X86_FEATURE_XSAVE, X86_FEATURE_XSAVEOPT, X86_FEATURE_XSAVEC,
	X86_FEATURE_AVX,
	X86_FEATURE_X2APIC, X86_FEATURE_TSC_DEADLINE, X86_FEATURE_HYPERVISOR, X86_FEATURE_PCID,
	X86_FEATURE_INVPCID, X86_FEATURE_RDRAND, X86_FEATURE_RDSEED, X86_FEATURE_FSGSBASE,
	X86_FEATURE_SMEP, X86_FEATURE_SMAP, X86_FEATURE_UMIP, X86_FEATURE_ERMS, X86_FEATURE_PKU,
	X86_FEATURE_NX, X86_FEATURE_GBPAGES, X86_FEATURE_RDTSCP, X86_FEATURE_CONSTANT_TSC,
	X86_FEATURE_NONSTOP_TSC, X86_FEATURE_KVM_CLOCK, X86_FEATURE_SYSENTER, X86_FEATURE_RDPID,
	X86_FEATURE_ARAT, NR_X86_FEATURES
};
struct cpuinfo_x86 {
	char vendor_id[13], model_id[49];
	u32 family, model, stepping, phys_bits, virt_bits, cpuid_level, ext_level;
	u32 cache_kb, initial_apicid, clflush_size;
	u32 bugs;			/* bits of enum x86_bug: <arch/mitigations.h> */
	u64 features;			/* bits of enum x86_feature */
	u32 cap_1_edx, cap_1_ecx;	/* AT_HWCAP is cap_1_edx */
};
extern struct cpuinfo_x86 boot_cpu_data;
#define cpu_has(f)	((boot_cpu_data.features >> (f)) & 1)

struct task_struct;
/* arch/x86/kernel/process.c. Runs on next's stack when it returns; see entry_64.S. */
struct task_struct *__switch_to_asm(struct task_struct *prev, struct task_struct *next);
struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next);
struct kernel_clone_args;
/* Builds p's kernel stack so that its first switch-in lands in ret_from_fork. fn: kernel thread. */
int copy_thread_tls(unsigned long clone_flags, unsigned long sp, int (*fn)(void *), void *fn_arg,
		    struct task_struct *p, unsigned long tls);
/* Of a task that does not run: where its segments begin. May sleep. */
unsigned long task_fsbase(struct task_struct *task);
unsigned long task_gsbase(struct task_struct *task);
/* What a selector says about that, if it is one of the task's own segments; else 0. */
unsigned long task_segment_base(struct task_struct *task, unsigned int selector);
void flush_thread(void);		/* exec: fpu, TLS, debug state as new */
void exit_thread(struct task_struct *tsk);
void start_thread(struct pt_regs *regs, unsigned long new_ip, unsigned long new_sp);
void compat_start_thread(struct pt_regs *regs, unsigned long new_ip, unsigned long new_sp);
/* exec: arch/x86/mm/mmap.c */
void arch_set_program_width(bool ia32);
unsigned long arch_pie_base(void);
/* Frees what dup_task_struct() and copy_thread_tls() allocated for the architecture (fpu). */
void arch_release_task_struct(struct task_struct *tsk);
/* copies fpu; -ENOMEM */
int arch_dup_task_struct(struct task_struct *dst, struct task_struct *src);
void __noreturn move_to_user_mode(struct pt_regs *regs);
void show_regs(struct pt_regs *regs);
void dump_stack(void);
/*
 * This very moment's registers, for a report: call it first, before the compiler has used them.
 * The offsets are those of struct pt_regs.
 */
static __always_inline void capture_regs(struct pt_regs *regs)
{
	__asm__ volatile("movq %%r15,0(%0); movq %%r14,8(%0)\n"
		"movq %%r13,16(%0); movq %%r12,24(%0); movq %%rbp,32(%0)\n"
		"movq %%rbx,40(%0); movq %%r11,48(%0); movq %%r10,56(%0)\n"
		"movq %%r9,64(%0); movq %%r8,72(%0); movq %%rax,80(%0); movq %%rcx,88(%0)\n"
		"movq %%rdx,96(%0); movq %%rsi,104(%0); movq %%rdi,112(%0); movq $-1,120(%0)\n"
		"movq %%rsp,152(%0); pushfq; popq 144(%0)\n" : : "r"(regs) : "memory");
	__asm__ volatile("leaq 0(%%rip),%0" : "=r"(regs->ip));
	regs->cs = __KERNEL_CS;
	regs->ss = __KERNEL_DS;
}
unsigned long arch_align_stack(unsigned long sp);

static inline struct pt_regs *stack_top_regs(void *stack)
{
	return (struct pt_regs *)((char *)stack + THREAD_SIZE) - 1;
}
#define task_pt_regs(tsk)	stack_top_regs((tsk)->stack)
#define current_pt_regs()	((struct pt_regs *)this_cpu_read(cpu_current_top_of_stack) - 1)

#endif
