/* SPDX-License-Identifier: MIT */
/*
 * The ways into the kernel, each with six arguments.
 *
 *	SYSCALL64	syscall in 64-bit code, of a 64-bit program
 *	INT80_64	int $0x80 in 64-bit code: the i386 table, only half of each register counts
 *	INT80_FAR	the same program jumps to 32-bit code (cs 0x23) for it
 *	SYSCALL64_FAR	a 32-bit program jumps to 64-bit code (cs 0x33): the 64-bit table
 *	INT80_32, SYSENTER, SYSCALL32	of a 32-bit program. Not every CPU has the last two.
 *
 * The two fast doors end in the vdso, wherever they were used: what they push it pops. The far ones need all code and
 * the stack below 4 GiB. They are jumps: far calls and returns QEMU makes with the kernel's rights, which SMAP refuses.
 */
#include "fuzz.h"

const char *const door_names[] = {
	"syscall64", "int80/64", "int80/far32", "syscall64/far64", "int80/32", "sysenter", "syscall32",
};

#ifdef __x86_64__
const enum door doors_here[] = { SYSCALL64, INT80_64, INT80_FAR };

asm(".pushsection .text; .code32\n"
    "code32_int80: int $0x80; ljmp $0x33, $code64_back\n"
    ".code64\n"
    "code64_back: ret\n"
    "int80_from_32: ljmp *far32\n"
    ".popsection\n"
    ".pushsection .data\n"
    ".globl far32\nfar32: .long code32_int80; .word 0x23\n"
    ".popsection");

static long int80(u64 nr, const u64 *v)
{
	register u64 rbp asm("r12") = v[5];
	long ret;

	asm volatile("push %%rbp\n\tmov %%r12, %%rbp\n\tint $0x80\n\tpop %%rbp" : "=a"(ret)
		     : "0"(nr), "b"(v[0]), "c"(v[1]), "d"(v[2]), "S"(v[3]), "D"(v[4]), "r"(rbp)
		     : "memory", "cc");
	return ret;
}

static long int80_far(u64 nr, const u64 *v)
{
	register u64 rbp asm("r12") = v[5];
	long ret;

	asm volatile("push %%rbp\n\tmov %%r12, %%rbp\n\tcall int80_from_32\n\tpop %%rbp" : "=a"(ret)
		     : "0"(nr), "b"(v[0]), "c"(v[1]), "d"(v[2]), "S"(v[3]), "D"(v[4]), "r"(rbp)
		     : "memory", "cc", "r8", "r9", "r10", "r11", "r13", "r14", "r15");
	return ret;
}

s64 through(enum door door, u64 nr, const u64 *v)
{
	switch (door) {
	case SYSCALL64:
		return raw(nr, v[0], v[1], v[2], v[3], v[4], v[5]);
	case INT80_64:
		return (int)int80(nr, v);
	default:
		return (int)int80_far(nr, v);
	}
}

void find_doors(void)
{
}
#else
const enum door doors_here[] = { INT80_32, SYSENTER, SYSCALL32, SYSCALL64_FAR };

/* long door32(nr, const u32 *v, void (*way)(void)): the seven registers, and a call of the way. */
long door32(u32 nr, const u32 *v, void (*way)(void));
void way_int80(void);
void way_sysenter(void);
void way_syscall(void);
/* s64 door64(nr, const u64 *v): to 64-bit code and back, the result in edx:eax. */
s64 door64(u32 nr, const u64 *v);

asm(".pushsection .text\n"
    "door32:\n"
    "	push %ebp; push %ebx; push %esi; push %edi\n"
    "	mov 20(%esp), %eax; mov 24(%esp), %ebx; push 28(%esp)\n"
    "	mov 4(%ebx), %ecx; mov 8(%ebx), %edx; mov 12(%ebx), %esi; mov 16(%ebx), %edi; mov 20(%ebx), %ebp; mov (%ebx), %ebx\n"
    "	call *(%esp)\n"
    "	lea 4(%esp), %esp\n"
    "	pop %edi; pop %esi; pop %ebx; pop %ebp\n"
    "	ret\n"
    "way_int80: int $0x80; ret\n"
    "way_sysenter: push %ecx; push %edx; push %ebp; mov %esp, %ebp; sysenter; ud2\n"
    "way_syscall: push %ecx; push %edx; push %ebp; mov %ecx, %ebp; syscall; ud2\n"
    "door64:\n"
    "	push %ebp; push %ebx; push %esi; push %edi\n"
    "	mov 20(%esp), %eax; mov 24(%esp), %ebx; mov $far_back, %ebp\n"
    "	call to_code64\n"
    "	pop %edi; pop %esi; pop %ebx; pop %ebp\n"
    "	ret\n"
    "code32_back: ret\n"
    "to_code64: ljmp $0x33, $code64_syscall\n"
    ".globl to_code64\n"
    ".code64\n"
    "code64_syscall:\n"
    "	mov %eax, %eax\n"
    "	mov (%rbx), %rdi; mov 8(%rbx), %rsi; mov 16(%rbx), %rdx; mov 24(%rbx), %r10; mov 32(%rbx), %r8; mov 40(%rbx), %r9\n"
    "	syscall\n"
    "	mov %rax, %rdx; shr $32, %rdx\n"
    "	ljmp *(%rbp)\n"
    ".code32; .popsection\n"
    ".pushsection .data\n"
    "far_back: .long code32_back; .word 0x23\n"
    ".popsection");

long raw(long nr, long a, long b, long c, long d, long e, long f)
{
	return door32(nr, (u32[]){ a, b, c, d, e, f }, way_int80);
}

int door_exists(enum door door)
{
	return !(shared->doors_shut >> door & 1);
}

s64 through(enum door door, u64 nr, const u64 *v)
{
	u32 w[6] = { v[0], v[1], v[2], v[3], v[4], v[5] };

	switch (door) {
	case SYSCALL64_FAR:
		return door64(nr, v);
	case SYSENTER:
		return door32(nr, w, way_sysenter);
	case SYSCALL32:
		return door32(nr, w, way_syscall);
	default:
		return door32(nr, w, way_int80);
	}
}

/* A child tries each: does getpid() come back with its number? */
void find_doors(void)
{
	for (unsigned int i = 0; i < COUNT(doors_here); i++) {
		int status = -1, pid = fork();

		if (!pid) {
			u64 v[6] = { 0 };
			long nr = doors_here[i] == SYSCALL64_FAR ? 39 : SYS_getpid;

			_exit(through(doors_here[i], nr, v) != getpid());
		}
		waitpid(pid, &status, 0);
		if (status)
			__atomic_fetch_or(&shared->doors_shut, 1 << doors_here[i], __ATOMIC_RELAXED);
	}
}
#endif
#ifdef __x86_64__
int door_exists(enum door door)
{
	return 1;
}
#endif
const int nr_doors_here = COUNT(doors_here);
