/* SPDX-License-Identifier: MIT */
/*
 * Tells this CPU where system calls go (SDM vol. 3, 5.8.8; AMD APM vol. 2, 6.1).
 * Linux's twin: syscall_init() in arch/x86/kernel/cpu/common.c. Called for each CPU as it comes up.
 */
#include <vitrix/init.h>
#include <arch/desc.h>
#include <arch/processor.h>
#include <arch/segment.h>
#include <arch/traps.h>

__path void syscall_init(void)
{
	/*
	 * bits 32..47: kernel cs, ss behind it; 48..63: base of the user's three (SYSRET: +8, +16)
	 */
	wrmsr(MSR_STAR, (u64)__USER32_CS << 48 | (u64)__KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (u64)entry_SYSCALL_64);
	wrmsr(MSR_CSTAR, (u64)entry_SYSCALL_compat);
	/*
	 * For 32-bit programs. AMD's CPUs have these and no SYSENTER in long mode. The stack is
	 * nobody's: the entry takes the task's before it pushes anything.
	 */
	wrmsr_safe(MSR_IA32_SYSENTER_CS, __KERNEL_CS);
	wrmsr_safe(MSR_IA32_SYSENTER_ESP, (u64)this_cpu_ptr(&cpu_entry_stack) + PAGE_SIZE);
	wrmsr_safe(MSR_IA32_SYSENTER_EIP, (u64)entry_SYSENTER_compat);
	/* cleared at entry: the kernel starts with IF, DF and TF off */
	wrmsr(MSR_SYSCALL_MASK, X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_IF | X86_EFLAGS_IOPL |
				X86_EFLAGS_AC | X86_EFLAGS_NT);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
}
