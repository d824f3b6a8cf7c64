/* SPDX-License-Identifier: MIT */
/*
 * Goes into the kernel by one door after the other, with a word of its own in each register, and looks at what is in
 * them afterwards. run.py stops at in_NAME, has an NMI come before each instruction from there to out_NAME, and reads
 * the "ok NAME" and "FAIL NAME".
 *
 * 64-bit: syscall, both ways, int $0x80, a page fault, an invalid instruction. With -m32: the vDSO's door, which is
 * sysenter or syscall as the CPU has it, and int $0x80.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef __x86_64__
#define NR_REGS	16
#define NAMES	"rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15"
unsigned long want[NR_REGS], got[NR_REGS];

/* Registers from want[], the door, registers to got[]. rsp goes to both. */
#define DOOR(name, insn)							\
	void door_##name(void);							\
	extern const char in_##name[], out_##name[];				\
	asm(".pushsection .text\n"						\
	    "door_" #name ":\n"							\
	    "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"	\
	    "mov %rsp, want+32(%rip)\n"						\
	    "mov want(%rip), %rax; mov want+8(%rip), %rcx; mov want+16(%rip), %rdx\n"	\
	    "mov want+24(%rip), %rbx; mov want+40(%rip), %rbp; mov want+48(%rip), %rsi\n"	\
	    "mov want+56(%rip), %rdi; mov want+64(%rip), %r8; mov want+72(%rip), %r9\n"	\
	    "mov want+80(%rip), %r10; mov want+88(%rip), %r11; mov want+96(%rip), %r12\n"	\
	    "mov want+104(%rip), %r13; mov want+112(%rip), %r14; mov want+120(%rip), %r15\n"	\
	    ".globl in_" #name ", out_" #name "\n"				\
	    "in_" #name ": " insn "\n"						\
	    "out_" #name ":\n"							\
	    "mov %rax, got(%rip); mov %rcx, got+8(%rip); mov %rdx, got+16(%rip)\n"	\
	    "mov %rbx, got+24(%rip); mov %rbp, got+40(%rip); mov %rsi, got+48(%rip)\n"	\
	    "mov %rdi, got+56(%rip); mov %r8, got+64(%rip); mov %r9, got+72(%rip)\n"	\
	    "mov %r10, got+80(%rip); mov %r11, got+88(%rip); mov %r12, got+96(%rip)\n"	\
	    "mov %r13, got+104(%rip); mov %r14, got+112(%rip); mov %r15, got+120(%rip)\n"	\
	    "mov %rsp, got+32(%rip)\n"						\
	    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"	\
	    ".popsection")
#else
#define NR_REGS	8
#define NAMES	"eax ecx edx ebx esp ebp esi edi"
unsigned long want[NR_REGS], got[NR_REGS];

#define DOOR(name, insn)							\
	void door_##name(void);							\
	extern const char in_##name[], out_##name[];				\
	asm(".pushsection .text\n"						\
	    "door_" #name ":\n"							\
	    "push %ebx; push %ebp; push %esi; push %edi\n"			\
	    "mov %esp, want+16\n"						\
	    "mov want, %eax; mov want+4, %ecx; mov want+8, %edx; mov want+12, %ebx\n"	\
	    "mov want+20, %ebp; mov want+24, %esi; mov want+28, %edi\n"		\
	    ".globl in_" #name ", out_" #name "\n"				\
	    "in_" #name ": " insn "\n"						\
	    "out_" #name ":\n"							\
	    "mov %eax, got; mov %ecx, got+4; mov %edx, got+8; mov %ebx, got+12\n"	\
	    "mov %esp, got+16; mov %ebp, got+20; mov %esi, got+24; mov %edi, got+28\n"	\
	    "pop %edi; pop %esi; pop %ebp; pop %ebx; ret\n"			\
	    ".popsection")
#endif

/* free: those, as a mask, that the door may change; rax: what it must be behind it. */
static void go(const char *name, void (*door)(void), unsigned long nr, unsigned int free, unsigned long rax)
{
	static const char *const names = NAMES;
	const char *reg = names;
	int wrong = 0;

	for (int i = 0; i < NR_REGS; i++)
		want[i] = ~(unsigned long)0 / 257 * (i + 3);
	want[0] = nr;
	door();
	want[0] = rax;
	for (int i = 0; i < NR_REGS; i++, reg = strchr(reg, ' ') + 1)
		if (!(free >> i & 1) && got[i] != want[i]) {
			dprintf(1, "FAIL %s: %.3s is %lx, not %lx\n", name, reg, got[i], want[i]);
			wrong = 1;
		}
	if (!wrong)
		dprintf(1, "ok %s\n", name);
}

#ifdef __x86_64__
#define RCX_R11	(1 << 1 | 1 << 11)
DOOR(fast, "syscall");
DOOR(slow, "syscall");
DOOR(int80, "int $0x80");
DOOR(fault, "mov untouched+4096(%rip), %rax");
DOOR(ud2, "ud2");

char untouched[3 * 4096] __attribute__((aligned(4096)));

/* Goes on behind the instruction, with everything else as it was. */
static void on_ill(int sig, siginfo_t *info, void *uc)
{
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] = (long)out_ud2;
}

static void doors(void)
{
	struct sigaction sa = { .sa_sigaction = on_ill, .sa_flags = SA_SIGINFO };

	sigaction(SIGILL, &sa, NULL);
	go("fast", door_fast, SYS_getppid, RCX_R11, 0);
	/* The arguments are rubbish: E2BIG, by the way of those calls that read all registers. */
	go("slow", door_slow, SYS_clone3, RCX_R11, -7);
	go("int80", door_int80, 64, 0, 0);
	go("fault", door_fault, 1, 0, 0);
	go("ud2", door_ud2, 1, 0, 1);
}
#else
DOOR(vdso, "call *%gs:0x10");
DOOR(int80, "int $0x80");

static void doors(void)
{
	go("vdso", door_vdso, 64, 0, 0);
	go("int80", door_int80, 64, 0, 0);
}
#endif

int main(void)
{
	doors();
	dprintf(1, "DONE\n");
	reboot(RB_POWER_OFF);
	return 0;
}
