/* SPDX-License-Identifier: MIT */
/* mprotect(2): splitting, every protection, executing, errors and what they leave done. */
#include "abi.h"

#define RW (PROT_READ | PROT_WRITE)

static int may_read(char *p)
{
	return FAULT(PEEK(p)) == 0;
}

static int may_write(char *p)
{
	return FAULT(POKE(p, 0xc3)) == 0;
}

static int may_exec(char *p)
{
	return FAULT(((void (*)(void))p)()) == 0;
}

int main(void)
{
	char *p = pages(5), *top;

	/* One page in the middle: its neighbours stay as they are. */
	for (int i = 0; i < 5; i++)
		p[i * PAGE] = 0xc3;
	CHECK_OK(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	for (int i = 0; i < 5; i++) {
		CHECK(may_read(p + i * PAGE));
		CHECK_EQ(may_write(p + i * PAGE), i != 2);
		CHECK(!may_exec(p + i * PAGE));
	}
	CHECK_OK(mprotect(p, 5 * PAGE, RW));
	CHECK(may_write(p + 2 * PAGE));

	CHECK_OK(mprotect(p, PAGE, PROT_NONE));
	CHECK(!may_read(p) && !may_write(p) && !may_exec(p));
	CHECK_OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	CHECK(may_read(p) && !may_write(p) && may_exec(p));
	CHECK_OK(mprotect(p, PAGE, RW | PROT_EXEC));
	CHECK(may_read(p) && may_write(p) && may_exec(p));
	/* On x86 write implies read (execute-only needs protection keys, so either). */
	CHECK_OK(mprotect(p, PAGE, PROT_WRITE));
	CHECK(may_read(p) && may_write(p) && !may_exec(p));
	CHECK_EQ((unsigned char)p[0], 0xc3);	/* the contents went through it all */

	/* A page never touched may change as well. */
	top = pages(2);
	CHECK_OK(mprotect(top, PAGE, PROT_NONE));
	CHECK(!may_read(top));
	CHECK_OK(mprotect(top, PAGE, PROT_READ));
	CHECK(may_read(top) && !may_write(top));
	CHECK_EQ(PEEK(top), 0);

	/* Holes: what lies before one is changed all the same. */
	p = pages(3);
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERR(mprotect(p, 3 * PAGE, PROT_READ), ENOMEM);
	CHECK(!may_write(p));
	CHECK(may_write(p + 2 * PAGE));
	CHECK_ERR(mprotect(p + PAGE, PAGE, PROT_READ), ENOMEM);

	CHECK_ERR(mprotect(p + 1, PAGE, RW), EINVAL);
	CHECK_ERR(mprotect(p, PAGE, 0x100), EINVAL);
	CHECK_ERR(mprotect(p, -4096UL, RW), ENOMEM);
	CHECK_ERR(mprotect(UNMAPPED, PAGE, RW), ENOMEM);
	CHECK_ERR(mprotect(KERNEL, PAGE, RW), ENOMEM);
	CHECK_ERR(mprotect(p, PAGE, RW | PROT_GROWSDOWN), EINVAL);
	CHECK_ERR(mprotect(p, PAGE, RW | PROT_GROWSDOWN | PROT_GROWSUP), EINVAL);
	CHECK_OK(mprotect(p, 0, RW));
	CHECK(!may_write(p));

	/* Text is not writable until one asks. */
	CHECK(!FAULT((void)PEEK((char *)&main)));
	CHECK_EQ(FAULT(POKE((char *)&main, 0)), SIGSEGV);
	/* The stack is not executable. */
	{
		char code[16] = { 0xc3 };

		CHECK_EQ(FAULT(((void (*)(void))code)()), SIGSEGV);
		CHECK_EQ(abi_fault_info.si_code, SEGV_ACCERR);
	}
	return abi_done();
}
