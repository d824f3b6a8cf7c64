/* SPDX-License-Identifier: MIT */
/* ioperm(2), iopl(2): which ports a program may use, who inherits that, and what stays forbidden. */
#include "abi.h"
#include <sys/io.h>

#define DELAY 0x80	/* a port that does nothing */

static void in(int port)
{
	asm volatile("inb %w0, %%al" : : "d"(port) : "al");
}

int main(void)
{
	DIES_BY(SIGSEGV, in(DELAY));
	CHECK_ERR(ioperm(0, 65537, 1), EINVAL);
	CHECK_ERR(ioperm(65536, 1, 1), EINVAL);
	CHECK_ERR(ioperm(-1UL, 2, 1), EINVAL);
	CHECK_ERR(ioperm(5, 0, 1), EINVAL);
	CHECK_ERR(iopl(4), EINVAL);
	CHECK_OK(ioperm(DELAY, 1, 0));		/* nothing to take away */
	IN_CHILD(
		become_user(1000);
		CHECK_ERR(ioperm(DELAY, 1, 1), EPERM);
		CHECK_ERR(iopl(3), EPERM);
		CHECK_OK(iopl(0));
	);

	CHECK_OK(ioperm(DELAY, 1, 1));
	in(DELAY);
	DIES_BY(SIGSEGV, in(DELAY + 1));
	DIES_BY(SIGSEGV, asm volatile("inw %%dx, %%ax" : : "d"(DELAY) : "ax"));	/* two ports */
	DIES_BY(SIGSEGV, in(0xffff));
	IN_CHILD(
		in(DELAY);			/* inherited, and then its own */
		CHECK_OK(ioperm(0xfff0, 16, 1));
		in(0xffff);
		CHECK_OK(ioperm(DELAY, 1, 0));
		DIES_BY(SIGSEGV, in(DELAY));
	);
	in(DELAY);
	DIES_BY(SIGSEGV, in(0xffff));
	CHECK_OK(ioperm(0, 65536, 0));
	DIES_BY(SIGSEGV, in(DELAY));

	/* All ports, but no more than ports. */
	CHECK_OK(iopl(3));
	in(DELAY);
	in(0xffff);
	asm volatile("cli; sti");
	unsigned long flags;
	asm volatile("pushfq; popq %0" : "=r"(flags));
	CHECK_EQ(flags & 0x3200, 0x200);
	DIES_BY(SIGSEGV, asm volatile("hlt"));
	CHECK_OK(iopl(1));
	DIES_BY(SIGSEGV, in(DELAY));
	DIES_BY(SIGSEGV, asm volatile("cli"));
	return abi_done();
}
