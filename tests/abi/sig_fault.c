/* SPDX-License-Identifier: MIT */
/* Signals from the CPU: SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP with si_code and si_addr. */
#include "abi.h"

static char *insn;

static void divide(int by)
{
	asm volatile("cltd; idivl %0" : : "r"(by), "a"(INT_MIN) : "edx", "cc");
}

static void run(const char *bytes, int n)
{
	memcpy(insn, bytes, n);
	insn[n] = 0xc3;
	((void (*)(void))insn)();
}

int main(void)
{
	char *p, *m;
	int fd;

	insn = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	CHECK(insn != MAP_FAILED);
	p = pages(1);

	/* Nothing mapped there. */
	CHECK_FAULT(SIGSEGV, SEGV_MAPERR, UNMAPPED, PEEK(UNMAPPED));
	CHECK_FAULT(SIGSEGV, SEGV_MAPERR, UNMAPPED + 5, POKE(UNMAPPED + 5, 1));
	CHECK_FAULT(SIGSEGV, SEGV_MAPERR, NULL, PEEK(NULL));
	CHECK_FAULT(SIGSEGV, SEGV_MAPERR, (void *)123, POKE((void *)123, 1));
	/* Mapped, but not for this. */
	CHECK_OK(mprotect(p, PAGE, PROT_READ));
	CHECK_EQ(PEEK(p), 0);
	CHECK_FAULT(SIGSEGV, SEGV_ACCERR, p + 17, POKE(p + 17, 1));
	CHECK_OK(mprotect(p, PAGE, PROT_NONE));
	CHECK_FAULT(SIGSEGV, SEGV_ACCERR, p + 4095, PEEK(p + 4095));
	/* Executing data, and nothing. */
	CHECK_OK(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	p[0] = 0xc3;
	CHECK_FAULT(SIGSEGV, SEGV_ACCERR, p, ((void (*)(void))p)());
	CHECK_FAULT(SIGSEGV, SEGV_MAPERR, UNMAPPED, ((void (*)(void))UNMAPPED)());
	/* Kernel addresses: whether mapped or not is nobody's business. */
	CHECK_FAULT(SIGSEGV, SEGV_MAPERR, KERNEL, PEEK(KERNEL));
	CHECK_FAULT(SIGSEGV, SEGV_MAPERR, (void *)-8L, POKE((void *)-8L, 1));
	/* Not an address at all: a general protection fault, which knows no address. */
	CHECK_FAULT(SIGSEGV, SI_KERNEL, NULL, PEEK(NONCANON));
	CHECK_FAULT(SIGSEGV, SI_KERNEL, NULL, POKE((void *)0xdeadbeefdeadbeef, 1));

	/* Past the end of a mapped file; in the last, partial page it is allowed. */
	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_OK(ftruncate(fd, 100));
	m = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK_EQ(PEEK(m + 4000), 0);
	CHECK_FAULT(SIGBUS, BUS_ADRERR, m + PAGE + 5, PEEK(m + PAGE + 5));
	CHECK_FAULT(SIGBUS, BUS_ADRERR, m + PAGE, POKE(m + PAGE, 1));
	CHECK_OK(ftruncate(fd, 0));
	CHECK_FAULT(SIGBUS, BUS_ADRERR, m, PEEK(m));

	/* Division. */
	CHECK_EQ(FAULT(divide(0)), SIGFPE);
	CHECK_EQ(abi_fault_info.si_code, FPE_INTDIV);
	CHECK(abi_fault_info.si_addr != NULL);
	/* idiv of INT_MIN by -1 overflows: the same trap */
	CHECK_EQ(FAULT(divide(-1)), SIGFPE);

	/* Instructions: si_addr is where the bad one stands. */
	CHECK_FAULT(SIGILL, ILL_ILLOPN, insn, run("\x0f\x0b", 2));		/* ud2 */
	CHECK_EQ(FAULT(run("\xf4", 1)), SIGSEGV);				/* hlt */
	CHECK_EQ(abi_fault_info.si_code, SI_KERNEL);
	CHECK_EQ(abi_fault_info.si_addr, NULL);
	CHECK_EQ(FAULT(run("\xcc", 1)), SIGTRAP);				/* int3 */
	CHECK_EQ(abi_fault_info.si_code, SI_KERNEL);
	CHECK_EQ(FAULT(run("\xcd\x03", 2)), SIGTRAP);				/* int $3 */

	/* A blocked or ignored fault kills all the same. */
	DIES_BY(SIGSEGV, {
		sigset_t set;

		sigfillset(&set);
		sigprocmask(SIG_BLOCK, &set, NULL);
		POKE(NULL, 1);
	});
	DIES_BY(SIGSEGV, signal(SIGSEGV, SIG_IGN); POKE(NULL, 1));
	DIES_BY(SIGFPE, signal(SIGFPE, SIG_IGN); divide(0));
	DIES_BY(SIGILL, run("\x0f\x0b", 2));
	DIES_BY(SIGTRAP, run("\xcc", 1));
	/* Sent by kill they obey block and ignore. */
	IN_CHILD(signal(SIGSEGV, SIG_IGN); kill(getpid(), SIGSEGV));
	return abi_done();
}
