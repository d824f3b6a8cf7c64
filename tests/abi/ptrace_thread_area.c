/* SPDX-License-Identifier: MIT */
/*
 * ptrace: PTRACE_GET_THREAD_AREA and PTRACE_SET_THREAD_AREA, the tracee's segments for thread-local data, which 64-bit
 * tracers have, too; and PTRACE_SINGLEBLOCK, a step from jump to jump where the CPU can, else of one instruction.
 */
#include "abi.h"
#include <asm/ldt.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#ifndef PTRACE_GET_THREAD_AREA
#define PTRACE_GET_THREAD_AREA	25
#define PTRACE_SET_THREAD_AREA	26
#endif
#ifndef PTRACE_SINGLEBLOCK
#define PTRACE_SINGLEBLOCK	33
#endif
#define FIRST	12		/* the GDT's slots for it */

static char word[64] = "thread-local";

static long request(int what, pid_t pid, long addr, void *data)
{
	return syscall(SYS_ptrace, what, pid, addr, data);
}

static pid_t stopped_child(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		body();
		_exit(abi_failed ? 1 : 0);
	}
	NEED(waitpid(pid, &status, 0));
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	return pid;
}

/* The tracer has put a segment into the slot FIRST + 1. */
static void use_segment(void)
{
	unsigned int found;

	asm volatile("mov %%fs, %%ecx; mov %1, %%fs; movl %%fs:0, %0; mov %%ecx, %%fs"
		     : "=r"(found) : "r"((FIRST + 1) * 8 + 3) : "ecx", "memory");
	CHECK(!memcmp(&found, word, 4));
}

static void do_nothing(void)
{
}

static void thread_areas(void)
{
	struct user_desc info = {
		.entry_number = 77, .base_addr = (unsigned long)word, .limit = sizeof(word) - 1, .seg_32bit = 1, .useable = 1,
	}, back;
	pid_t pid = stopped_child(sizeof(long) == 8 ? do_nothing : use_segment);
	int status;

	/* addr is the slot; entry_number does not count, but where addr is -1. */
	CHECK_OK(request(PTRACE_SET_THREAD_AREA, pid, FIRST + 1, &info));
	memset(&back, 0xff, sizeof(back));
	CHECK_OK(request(PTRACE_GET_THREAD_AREA, pid, FIRST + 1, &back));
	CHECK_EQ(back.entry_number, FIRST + 1);
	CHECK_EQ(back.base_addr, info.base_addr);
	CHECK_EQ(back.limit, info.limit);
	CHECK_EQ(back.seg_32bit, 1);
	CHECK_EQ(back.useable, 1);
	CHECK_EQ(back.contents, 0);
	CHECK_EQ(back.seg_not_present, 0);
	CHECK_OK(request(PTRACE_GET_THREAD_AREA, pid, FIRST + 2, &back));
	CHECK_EQ(back.entry_number, FIRST + 2);
	CHECK_EQ(back.base_addr, 0);
	CHECK_EQ(back.seg_not_present, 1);

	CHECK_ERR(request(PTRACE_GET_THREAD_AREA, pid, -1, &back), EIO);
	CHECK_ERR(request(PTRACE_SET_THREAD_AREA, pid, -1, &info), EIO);
	CHECK_ERR(request(PTRACE_GET_THREAD_AREA, pid, FIRST - 1, &back), EINVAL);
	CHECK_ERR(request(PTRACE_SET_THREAD_AREA, pid, FIRST + 3, &info), EINVAL);
	CHECK_ERR(request(PTRACE_GET_THREAD_AREA, pid, FIRST, NULL), EFAULT);
	CHECK_ERR(request(PTRACE_SET_THREAD_AREA, pid, FIRST, NULL), EFAULT);
	info.seg_32bit = 0;
	CHECK_ERR(request(PTRACE_SET_THREAD_AREA, pid, FIRST, &info), EINVAL);

	/* To empty one. */
	info.seg_32bit = 1;
	CHECK_OK(request(PTRACE_SET_THREAD_AREA, pid, FIRST + 2, &info));
	memset(&info, 0, sizeof(info));
	info.read_exec_only = info.seg_not_present = 1;
	CHECK_OK(request(PTRACE_SET_THREAD_AREA, pid, FIRST + 2, &info));
	CHECK_OK(request(PTRACE_GET_THREAD_AREA, pid, FIRST + 2, &back));
	CHECK_EQ(back.base_addr, 0);
	CHECK_EQ(back.limit, 0);

	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK_OK(waitpid(pid, &status, 0));
	CHECK_EQ(status, 0);
	CHECK_ERR(request(PTRACE_GET_THREAD_AREA, getpid(), FIRST, &back), ESRCH);
}

static unsigned long ip_of(pid_t pid)
{
#ifdef __x86_64__
	return ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, rip), 0);
#else
	return ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, eip), 0);
#endif
}

extern const char block_begin[], block_jump[], block_target[], block_end[];

static void run_block(void)
{
	asm volatile("int3; block_begin: nop; nop; block_jump: jmp block_target; ud2; block_target: nop; block_end:" : : : "memory");
}

/* Whatever the CPU can: the jump is a stop, and the instruction behind it comes next; then a plain step and none. */
static void blocks(void)
{
	pid_t pid = stopped_child(run_block);
	unsigned long ip = 0;
	siginfo_t info;
	int status, n;

	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK_OK(waitpid(pid, &status, 0));
	CHECK_EQ(ip_of(pid), (unsigned long)block_begin);
	for (n = 0; n < 4 && ip != (unsigned long)block_target; n++) {
		CHECK_OK(request(PTRACE_SINGLEBLOCK, pid, 0, NULL));
		CHECK_OK(waitpid(pid, &status, 0));
		CHECK_EQ(status, SIGTRAP << 8 | 0x7f);
		CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
		CHECK_EQ(info.si_code, TRAP_TRACE);
		ip = ip_of(pid);
	}
	CHECK_EQ(ip, (unsigned long)block_target);
	CHECK(n == 1 || n == 3);
	CHECK_OK(ptrace(PTRACE_SINGLESTEP, pid, 0, 0));
	CHECK_OK(waitpid(pid, &status, 0));
	CHECK_EQ(ip_of(pid), (unsigned long)block_end);
	CHECK_OK(request(PTRACE_SINGLEBLOCK, pid, 0, NULL));
	CHECK_OK(waitpid(pid, &status, 0));
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK_OK(waitpid(pid, &status, 0));
	CHECK_EQ(status, 0);

	/* A signal that is no signal. */
	pid = stopped_child(do_nothing);
	CHECK_ERR(request(PTRACE_SINGLEBLOCK, pid, 0, (void *)1000), EIO);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	waitpid(pid, &status, 0);
}

int main(void)
{
	thread_areas();
	blocks();
	return abi_done();
}
