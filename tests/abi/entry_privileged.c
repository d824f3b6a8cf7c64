/* SPDX-License-Identifier: MIT */
/* What user mode must not do: privileged instructions, kernel addresses, other gates. */
#include "abi.h"

static char *code;

static void run(const char *bytes, int n)
{
	memcpy(code, bytes, n);
	code[n] = 0xc3;
	((void (*)(void))code)();
}

/* These end in a general protection fault, which Linux reports as SIGSEGV without address. */
#define GP(bytes) do {								\
	CHECK_EQ(FAULT(run(bytes, sizeof(bytes) - 1)), SIGSEGV);		\
	CHECK_EQ(abi_fault_info.si_code, SI_KERNEL);				\
} while (0)

int main(void)
{
	char gate[] = "\xcd\x00";

	code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	CHECK(code != MAP_FAILED);

	GP("\xf4");			/* hlt */
	GP("\xfa");			/* cli */
	GP("\xfb");			/* sti */
	GP("\xec");			/* in (%dx), %al */
	GP("\xee");			/* out %al, (%dx) */
	GP("\x6c");			/* insb */
	GP("\x0f\x30");			/* wrmsr */
	GP("\x0f\x32");			/* rdmsr */
	GP("\x0f\x20\xc0");		/* mov %cr0, %rax */
	GP("\x0f\x22\xc0");		/* mov %rax, %cr0 */
	GP("\x0f\x20\xd8");		/* mov %cr3, %rax */
	GP("\x0f\x22\xe0");		/* mov %rax, %cr4 */
	GP("\x0f\x23\xc0");		/* mov %rax, %db0 */
	GP("\x0f\x06");			/* clts */
	GP("\x0f\x08");			/* invd */
	GP("\x0f\x09");			/* wbinvd */
	GP("\x0f\x01\x38");		/* invlpg (%rax) */
	GP("\x0f\x01\xf8");		/* swapgs */
	GP("\x0f\x01\x10");		/* lgdt (%rax) */
	GP("\x0f\x01\x18");		/* lidt (%rax) */
	GP("\x0f\x00\xd8");		/* ltr %ax */
	GP("\x0f\x00\xd0");		/* lldt %ax */
	GP("\x0f\x01\xf0");		/* lmsw %ax */
	GP("\x0f\x07");			/* sysret */

	/* Software interrupts: every gate but 3, 4 and 0x80 is the kernel's own. */
	for (int n = 0; n < 256; n++) {
		if (n == 3 || n == 4 || n == 0x80)
			continue;
		gate[1] = n;
		if (FAULT(run(gate, 2)) != SIGSEGV)
			FAIL("int $0x%x gave signal %d", n, abi_fault_info.si_signo);
	}

	/* Jumping and calling into the kernel's half, and to what is no address. */
	CHECK_EQ(FAULT(((void (*)(void))KERNEL)()), SIGSEGV);
	CHECK_EQ(FAULT(((void (*)(void))0xffff800000000000)()), SIGSEGV);
	CHECK_EQ(FAULT(((void (*)(void))0x7ffffffff000)()), SIGSEGV);
	CHECK_EQ(FAULT(((void (*)(void))NONCANON)()), SIGSEGV);
	CHECK_EQ(FAULT(((void (*)(void))0x800000000000)()), SIGSEGV);
	/* A push into the kernel: no stack for a handler either. */
	DIES_BY(SIGSEGV, asm volatile("mov %0, %%rsp; push %%rax" : : "r"(KERNEL) : "memory"));

	/* Loading segment registers with the kernel's selectors. */
	CHECK_EQ(FAULT(asm volatile("mov %0, %%ds" : : "r"(0x10))), SIGSEGV);
	CHECK_EQ(FAULT(asm volatile("mov %0, %%ss" : : "r"(0x18))), SIGSEGV);
	CHECK_EQ(FAULT(asm volatile("mov %0, %%es" : : "r"(0xfff8))), SIGSEGV);
	CHECK_EQ(FAULT(asm volatile("mov %0, %%ds; mov %0, %%es" : : "r"(0))), 0);

	/* A far jump and an iret of one's own making to ring 0. */
	CHECK_EQ(FAULT(asm volatile("pushq $0x10\n\tpushq %0\n\tlretq" : : "r"(&main) : "memory")),
		 SIGSEGV);
	CHECK_EQ(FAULT(asm volatile("mov %%rsp, %%rax\n\tpushq $0x18\n\tpushq %%rax\n\tpushfq\n\t"
				    "pushq $0x10\n\tpushq %0\n\tiretq" : : "r"(&main)
				    : "rax", "memory")), SIGSEGV);
	/* A page fault in the middle of a system call's return address: the last page's end. */
	{
		char *p = mmap((void *)0x7fffffffd000, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (p == (void *)0x7fffffffd000) {
			/* mov $39, %eax; syscall, right before the next page */
			memcpy(p + PAGE - 7, "\xb8\x27\x00\x00\x00\x0f\x05", 7);
			CHECK_EQ(FAULT(((void (*)(void))(p + PAGE - 7))()), SIGSEGV);
			CHECK_EQ(abi_fault_info.si_addr, p + PAGE);
		}
	}
	return abi_done();
}
