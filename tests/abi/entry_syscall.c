/* SPDX-License-Identifier: MIT */
/* The syscall instruction: numbers that do not exist, and what happens to every register. */
#include "abi.h"

struct regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, flags, ip;
};

/* Not static: the assembly below names them. */
struct regs in, out;

/* Load all of in, do a system call, store all of out. */
static void __attribute__((noinline)) call(void)
{
	asm volatile(
		"push %%rbx\n\tpush %%rbp\n\tpush %%r12\n\tpush %%r13\n\t"
		"push %%r14\n\tpush %%r15\n\t"
		"pushq in+120(%%rip)\n\tpopfq\n\t"
		"mov in(%%rip), %%rax\n\tmov in+8(%%rip), %%rbx\n\tmov in+24(%%rip), %%rdx\n\t"
		"mov in+32(%%rip), %%rsi\n\tmov in+40(%%rip), %%rdi\n\tmov in+48(%%rip), %%rbp\n\t"
		"mov in+56(%%rip), %%r8\n\tmov in+64(%%rip), %%r9\n\tmov in+72(%%rip), %%r10\n\t"
		"mov in+88(%%rip), %%r12\n\tmov in+96(%%rip), %%r13\n\t"
		"mov in+104(%%rip), %%r14\n\tmov in+112(%%rip), %%r15\n\t"
		"syscall\n"
		"1:\n\t"
		"mov %%rax, out(%%rip)\n\tmov %%rbx, out+8(%%rip)\n\tmov %%rcx, out+16(%%rip)\n\t"
		"mov %%rdx, out+24(%%rip)\n\tmov %%rsi, out+32(%%rip)\n\t"
		"mov %%rdi, out+40(%%rip)\n\t"
		"mov %%rbp, out+48(%%rip)\n\tmov %%r8, out+56(%%rip)\n\t"
		"mov %%r9, out+64(%%rip)\n\t"
		"mov %%r10, out+72(%%rip)\n\tmov %%r11, out+80(%%rip)\n\t"
		"mov %%r12, out+88(%%rip)\n\t"
		"mov %%r13, out+96(%%rip)\n\tmov %%r14, out+104(%%rip)\n\t"
		"mov %%r15, out+112(%%rip)\n\t"
		"pushfq\n\tpopq out+120(%%rip)\n\t"
		"lea 1b(%%rip), %%rax\n\tmov %%rax, out+128(%%rip)\n\t"
		"cld\n\t"
		"pop %%r15\n\tpop %%r14\n\tpop %%r13\n\tpop %%r12\n\tpop %%rbp\n\tpop %%rbx"
		: : : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

static void do_call(uint64_t nr, uint64_t flags)
{
	in = (struct regs){
		.rax = nr, .rbx = 0xb0b0b0b0b0b0b0b0, .rdx = 0xd0d0d0d0d0d0d0d0,
		.rsi = 0x5151515151515151, .rdi = 0xd1d1d1d1d1d1d1d1, .rbp = 0xbebebebebebebebe,
		.r8 = 0x0808080808080808, .r9 = 0x0909090909090909, .r10 = 0x1010101010101010,
		.r12 = 0x1212121212121212, .r13 = 0x1313131313131313, .r14 = 0x1414141414141414,
		.r15 = 0x1515151515151515, .flags = flags,
	};
	call();
	CHECK_EQ(out.rbx, in.rbx);
	CHECK_EQ(out.rdx, in.rdx);
	CHECK_EQ(out.rsi, in.rsi);
	CHECK_EQ(out.rdi, in.rdi);
	CHECK_EQ(out.rbp, in.rbp);
	CHECK_EQ(out.r8, in.r8);
	CHECK_EQ(out.r9, in.r9);
	CHECK_EQ(out.r10, in.r10);
	CHECK_EQ(out.r12, in.r12);
	CHECK_EQ(out.r13, in.r13);
	CHECK_EQ(out.r14, in.r14);
	CHECK_EQ(out.r15, in.r15);
	/* The instruction itself puts the return address and the flags there. */
	CHECK_EQ(out.rcx, out.ip);
	CHECK_EQ(out.r11 & ~0x10000, out.flags & ~0x10000);
	CHECK_EQ(out.flags & 0xcd5, flags & 0xcd5);	/* CF PF AF ZF SF DF OF */
}

int main(void)
{
	static const uint64_t none[] = {
		-1, -2, -4096, 600, 1000, 4095, 4096, 65536, 0x40000000 + 600, 0x40000000,
		0x40000000 | SYS_getpid, 0x7fffffff, 0x80000000, 0xffffffff,
	};
	static const uint64_t flags[] = { 0x202, 0x246, 0x602, 0xa02, 0xad7, 0x200ad7 & ~0x400 };

	for (unsigned f = 0; f < sizeof(flags) / sizeof(*flags); f++) {
		do_call(SYS_getpid, flags[f]);
		CHECK_EQ(out.rax, getpid());
		/* Five calls do nothing but answer; errors keep the registers, too. */
		do_call(SYS_getppid, flags[f]);
		CHECK_EQ(out.rax, getppid());
		do_call(SYS_sched_yield, flags[f]);
		CHECK_EQ(out.rax, 0);
		do_call(SYS_close, flags[f]);
		CHECK_EQ(out.rax, -EBADF);
		do_call(SYS_read, flags[f]);
		CHECK_EQ(out.rax, -EBADF);
		do_call(SYS_mkdir, flags[f]);
		CHECK_EQ(out.rax, -EFAULT);
	}
	for (unsigned i = 0; i < sizeof(none) / sizeof(*none); i++) {
		do_call(none[i], 0x202);
		CHECK_EQ(out.rax, -ENOSYS);
	}
	/* Holes in the table: the numbers of calls that are gone or never were. */
	for (int nr = 500; nr < 512; nr++) {
		do_call(nr, 0x202);
		CHECK_EQ(out.rax, -ENOSYS);
	}
	/* Only the low half of rax is the number. */
	do_call(0xffffffff00000000 | SYS_getpid, 0x202);
	CHECK_EQ(out.rax, getpid());
	do_call(0x100000000 | SYS_getpid, 0x202);
	CHECK_EQ(out.rax, getpid());
	return abi_done();
}
