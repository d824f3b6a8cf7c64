/* SPDX-License-Identifier: MIT */
/* Between the files of arch/x86/kernel/cpu: the words of CPUID as the CPU gave them. */
#ifndef X86_KERNEL_CPU_H
#define X86_KERNEL_CPU_H

#include <arch/processor.h>

enum cpuid_word {
	CPUID_1_EDX, CPUID_80000001_EDX, CPUID_1_ECX, CPUID_80000001_ECX, CPUID_7_EBX,
	CPUID_D_1_EAX, CPUID_80000008_EBX, CPUID_6_EAX, CPUID_7_ECX, CPUID_80000007_EDX,
	CPUID_7_EDX, CPUID_KVM_EAX, NR_CPUID_WORDS
};
extern u32 cpuid_words[NR_CPUID_WORDS];

#endif
