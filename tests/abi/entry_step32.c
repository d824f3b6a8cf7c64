/* SPDX-License-Identifier: MIT */
/*
 * Steps through a system call of a 32-bit program, by the vDSO's door and by int $0x80: TF set by the program itself,
 * with NT, too, and by a tracer. SYSENTER, which a CPU that calls itself Intel's has, brings TF and NT into the kernel:
 * tests/boot runs this program as /init on such a one.
 * CFLAGS: -m32
 */
#include "abi.h"
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/user.h>

#define TF	0x100UL
#define NT	0x4000UL
#define I386_getppid	64
#define I386_none	9999

static volatile int traps, others;

extern const char call_out[];

static void on_trap(int sig, siginfo_t *info, void *uc)
{
	traps++;
	if (info->si_code != TRAP_TRACE)
		others++;
}

/* The call with these flags set; *flags: what they are behind it. */
static long call(int vdso, long nr, unsigned long set, unsigned long *flags)
{
	long ret;

	if (vdso)
		asm volatile("pushf; orl %3, (%%esp); popf\n call *%%gs:0x10\n"
			     "pushf; pop %1; pushf; andl $~0x4100, (%%esp); popf"
			     : "=a"(ret), "=&D"(*flags) : "0"(nr), "S"(set) : "memory", "cc");
	else
		asm volatile("pushf; orl %3, (%%esp); popf\n int $0x80\n"
			     "pushf; pop %1; pushf; andl $~0x4100, (%%esp); popf"
			     : "=a"(ret), "=&D"(*flags) : "0"(nr), "S"(set) : "memory", "cc");
	return ret;
}

static void by_itself(int vdso)
{
	unsigned long flags;

	for (int i = 0; i < 3; i++) {
		traps = others = 0;
		CHECK_EQ(call(vdso, I386_getppid, TF, &flags), getppid());
		CHECK_EQ(flags & TF, TF);
		/* The five behind the call, and by the vDSO its own on both sides of the door. */
		CHECK(traps >= (vdso ? 10 : 5));
		CHECK_EQ(others, 0);
		traps = 0;
		CHECK_EQ(call(vdso, I386_none, TF, &flags), -ENOSYS);
		CHECK_EQ(flags & TF, TF);
		CHECK(traps >= 5);
		traps = 0;
		CHECK_EQ(call(vdso, I386_getppid, NT, &flags), getppid());
		CHECK_EQ(flags & (TF | NT), NT);
		CHECK_EQ(traps, 0);
		CHECK_EQ(call(vdso, I386_getppid, TF | NT, &flags), getppid());
		CHECK_EQ(flags & (TF | NT), TF | NT);
		CHECK(traps >= 5);
		CHECK_EQ(others, 0);
	}
}

static struct user_regs_struct regs_of(pid_t pid)
{
	struct user_regs_struct regs;

	CHECK_OK(ptrace(PTRACE_GETREGS, pid, 0, &regs));
	return regs;
}

/* A tracer's step ends behind the call, at the first instruction of the program that runs again. */
static void by_a_tracer(void)
{
	struct user_regs_struct regs;
	unsigned long before = 0;
	int status, steps = 0, in_call = 0;
	pid_t pid = fork();

	if (!pid) {
		long ret;

		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		asm volatile("call *%%gs:0x10\n.globl call_out\ncall_out: nop" : "=a"(ret) : "0"(I386_getppid) : "memory");
		_exit(ret != getppid());
	}
	NEED(waitpid(pid, &status, 0));
	do {
		CHECK_OK(ptrace(PTRACE_SINGLESTEP, pid, 0, 0));
		CHECK_OK(waitpid(pid, &status, 0));
		if (!WIFSTOPPED(status))
			break;
		regs = regs_of(pid);
		CHECK_EQ(regs.eflags & TF, 0);
		CHECK((unsigned long)regs.eip != before);
		before = regs.eip;
		in_call += regs.eip == (long)call_out;
	} while (++steps < 100000 && !in_call);
	CHECK_EQ(in_call, 1);
	CHECK_EQ(regs.eax, getpid());
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK_OK(waitpid(pid, &status, 0));
	CHECK_EQ(status, 0);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	int boot = getpid() == 1;

	sigaction(SIGTRAP, &sa, NULL);
	by_itself(1);
	by_itself(0);
	by_a_tracer();
	if (boot) {
		dprintf(1, "STEPS %s\n", abi_failed ? "wrong" : "right");
		reboot(RB_POWER_OFF);
	}
	return abi_done();
}
