/* SPDX-License-Identifier: MIT */
/* int $0x80 from a 64-bit program: the 32-bit table, 32-bit arguments. Skipped without it. */
#include "abi.h"

static long int80(long nr, long b, long c, long d)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(b), "c"(c), "d"(d)
		     : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

int main(void)
{
	uint64_t r12 = 0x1212121212121212, flags;
	char *low;
	int fd;

	if (FAULT(int80(20, 0, 0, 0)) == SIGSEGV)
		SKIP("no int $0x80");
	CHECK_EQ(int80(20, 0, 0, 0), getpid());			/* getpid is 20 there */
	CHECK_EQ(int80(64, 0, 0, 0), getppid());
	CHECK_EQ(int80(0x100000014, 0, 0, 0), getpid());	/* rax is cut to 32 bits */
	low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		   -1, 0);
	CHECK(low != MAP_FAILED);
	strcpy(low, "made by open");
	fd = int80(5, (long)low, O_CREAT | O_RDWR, 0600);	/* open */
	CHECK(fd > 0);
	CHECK_EQ(int80(4, fd, (long)low, 12), 12);		/* write */
	/* The upper halves of arguments do not count, so a pointer above 4 GiB is not seen. */
	CHECK_EQ(int80(4, 0xffffffff00000000 | fd, (long)low, 12), 12);
	CHECK_EQ(int80(4, fd, (long)low | 0x7f0000000000, 12), 12);
	CHECK_STR(get_file("made by open"), "made by openmade by openmade by open");
	CHECK_EQ(int80(6, fd, 0, 0), 0);			/* close */
	CHECK_EQ(int80(6, fd, 0, 0), -EBADF);
	CHECK_EQ(int80(100000, 0, 0, 0), -ENOSYS);
	CHECK_EQ(int80(-1, 0, 0, 0), -ENOSYS);
	CHECK_EQ(int80(13, 0, 0, 0) - time(NULL) <= 1, 1);	/* time */
	/* Other registers and flags are kept. */
	asm volatile("mov %1, %%r12\n\tstd\n\tmov $20, %%eax\n\tint $0x80\n\tpushfq\n\tpop %0\n\t"
		     "cld\n\tmov %%r12, %1"
		     : "=&r"(flags), "+r"(r12) : : "rax", "r8", "r9", "r10", "r11", "r12", "memory",
		     "cc");
	CHECK_EQ(r12, 0x1212121212121212);
	CHECK_EQ(flags & 0x400, 0x400);
	return abi_done();
}
