/* SPDX-License-Identifier: MIT */
/* clone(2) as a thread library uses it: CLONE_THREAD, CLONE_SETTLS, CHILD_CLEARTID and futex. */
#include "abi.h"
#include <asm/prctl.h>
#include <linux/futex.h>

#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static volatile int ctid, ptid, in_child;
static volatile long seen_tid, seen_pid, seen_fs;
static char fake_tls[256] __attribute__((aligned(64)));

/* Runs without a usable TLS: raw system calls only. */
static long raw(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c)
		     : "rcx", "r11", "memory");
	return ret;
}

/* Start fn on the stack with these flags; the thread ends by exit when fn returns. */
static long start(void (*fn)(void), void *top, long flags, void *tls)
{
	register long r10 asm("r10") = (long)&ctid;
	register void *r8 asm("r8") = tls;
	register void *r12 asm("r12") = fn;
	long ret;

	asm volatile("syscall\n\t"
		     "test %%rax, %%rax\n\t"
		     "jnz 1f\n\t"
		     "xor %%ebp, %%ebp\n\t"
		     "call *%%r12\n\t"
		     "mov $60, %%eax\n\t"
		     "xor %%edi, %%edi\n\t"
		     "syscall\n"
		     "1:"
		     : "=a"(ret)
		     : "a"(SYS_clone), "D"(flags), "S"(top), "d"(&ptid), "r"(r10), "r"(r8), "r"(r12)
		     : "rcx", "r11", "memory");
	return ret;
}

static void thread(void)
{
	seen_tid = raw(SYS_gettid, 0, 0, 0);
	seen_pid = raw(SYS_getpid, 0, 0, 0);
	raw(SYS_arch_prctl, ARCH_GET_FS, (long)&seen_fs, 0);
	in_child = 1;
}

static void join(int tid)
{
	int v;

	while ((v = ctid))
		syscall(SYS_futex, &ctid, FUTEX_WAIT, v, NULL, NULL, 0);
}

int main(void)
{
	char *stack = pages(4), *top = stack + 4 * PAGE;
	unsigned long fs;
	long tid;

	ctid = 1;
	tid = start(thread, top, THREAD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |
		    CLONE_CHILD_CLEARTID | CLONE_SETTLS, fake_tls);
	CHECK(tid > 0);
	CHECK_EQ(ptid, tid);
	join(tid);
	CHECK_EQ(in_child, 1);
	CHECK_EQ(seen_tid, tid);
	CHECK_EQ(seen_pid, getpid());
	CHECK_EQ(seen_fs, (long)fake_tls);
	/* A thread is nobody's child. */
	CHECK_ERR(waitpid(tid, NULL, __WALL), ECHILD);

	/* Without CLONE_SETTLS it inherits the base. */
	CHECK_OK(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs));
	ctid = 1;
	in_child = 0;
	tid = start(thread, top, THREAD | CLONE_CHILD_CLEARTID, NULL);
	CHECK(tid > 0);
	join(tid);
	CHECK_EQ(in_child, 1);
	CHECK_EQ(seen_fs, fs);

	/* A TLS base that no user may have. */
	tid = start(thread, top, THREAD | CLONE_SETTLS, KERNEL);
	CHECK_EQ(tid, -EPERM);
	/* set_tid_address tells the caller's tid, and the word is cleared at its end. */
	IN_CHILD({
		static volatile int word = 1;

		CHECK_EQ(syscall(SYS_set_tid_address, &word), getpid());
		CHECK_EQ(syscall(SYS_set_tid_address, NULL), getpid());
		CHECK_EQ(syscall(SYS_set_tid_address, KERNEL), getpid());
	});
	{
		volatile int *w = shared_pages(1);
		pid_t pid;

		*w = 7;
		pid = FORK();
		if (!pid) {
			syscall(SYS_set_tid_address, w);
			_exit(0);
		}
		EXPECT_EXIT(pid, 0);
		/* Only where others still share the memory map; a lone process leaves it. */
		CHECK_EQ(*w, 7);
	}
	return abi_done();
}
