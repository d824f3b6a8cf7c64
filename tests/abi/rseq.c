/* SPDX-License-Identifier: MIT */
/*
 * rseq(2): registration and its errors, the cpu_id fields, and that a critical section is left for
 * its abort by a signal, by preemption, and after a fault; bad sections are a SIGSEGV.
 * TIMEOUT: 60
 */
#include "abi.h"
#include <linux/rseq.h>
#include <ucontext.h>

#define SIGNATURE 0x53053053
#define SIG_TEXT "0x53053053"

static struct rseq area, other;

static long rseq(void *p, unsigned int len, int flags, unsigned int sig)
{
	return syscall(SYS_rseq, p, len, flags, sig);
}

/* glibc has registered an area of its own at the start: this one is the test's from now on. */
static void take_over(void)
{
	extern const ptrdiff_t __rseq_offset __attribute__((weak));
	extern const unsigned int __rseq_size __attribute__((weak));
	char *tp = __builtin_thread_pointer();

	if (&__rseq_size && __rseq_size)
		NEED(rseq(tp + __rseq_offset, 32, RSEQ_FLAG_UNREGISTER, SIGNATURE));
}

static void registration(void)
{
	struct rseq *r = &area;

	CHECK_ERR(rseq(r, 32, 2, SIGNATURE), EINVAL);
	CHECK_ERR(rseq(r, 32, 3, SIGNATURE), EINVAL);
	CHECK_ERR(rseq(r, 31, 0, SIGNATURE), EINVAL);
	CHECK_ERR(rseq(r, 0, 0, SIGNATURE), EINVAL);
	CHECK_ERR(rseq((char *)r + 8, 32, 0, SIGNATURE), EINVAL);
	CHECK_ERR(rseq(NULL, 32, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	CHECK_ERR(rseq(r, 32, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	CHECK_ERR(rseq(KERNEL, 32, 0, SIGNATURE), EFAULT);

	r->cpu_id_start = r->cpu_id = 77;
	r->rseq_cs = 1;
	CHECK_OK(rseq(r, 32, 0, SIGNATURE));
	CHECK_EQ(r->cpu_id, sched_getcpu());
	CHECK_EQ(r->cpu_id_start, sched_getcpu());
	CHECK_EQ(r->rseq_cs, 0);
	CHECK_ERR(rseq(r, 32, 0, SIGNATURE), EBUSY);
	CHECK_ERR(rseq(r, 32, 0, SIGNATURE + 1), EPERM);
	CHECK_ERR(rseq(&other, 32, 0, SIGNATURE), EINVAL);
	CHECK_ERR(rseq(r, 64, 0, SIGNATURE), EINVAL);
	CHECK_ERR(rseq(&other, 32, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	CHECK_ERR(rseq(r, 64, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	CHECK_ERR(rseq(r, 32, RSEQ_FLAG_UNREGISTER, SIGNATURE + 1), EPERM);
	CHECK_OK(rseq(r, 32, RSEQ_FLAG_UNREGISTER, SIGNATURE));
	CHECK_EQ((int)r->cpu_id, RSEQ_CPU_ID_UNINITIALIZED);
	CHECK_EQ(r->cpu_id_start, 0);
}

static void bad_area(void)
{


	CHECK_ERR(rseq(UNMAPPED, 32, 0, SIGNATURE), EFAULT);
	IN_CHILD(
		CHECK_OK(rseq(&area, 32, 0, SIGNATURE));
		pid_t pid = fork();
		if (!pid)
			_exit(rseq(&area, 32, 0, SIGNATURE) == -1 && errno == EBUSY ? 0 : 1);
		int st;
		NEED(waitpid(pid, &st, 0));
		CHECK_EQ(st, 0);
	);

}

static void *thread(void *unused)
{
	/* A thread begins without one; glibc gives it none if the first has none. */
	CHECK_OK(rseq(&other, 32, 0, SIGNATURE));
	CHECK_EQ(other.cpu_id, sched_getcpu());
	CHECK_OK(rseq(&other, 32, RSEQ_FLAG_UNREGISTER, SIGNATURE));
	return unused;
}

/*
 * Counts in a section that ends only when *flag, or a fault, or patience does. Returns 1 if it was
 * aborted, 0 if it came to its end. touch: read once inside the section.
 */
static int section(volatile long *touch, long rounds)
{
	int aborted;

	__asm__ volatile(
		".pushsection .data.rel, \"aw\"\n .balign 32\n"
		"9: .long 0, 0\n .quad 1f, 2f - 1f, 4f\n .popsection\n"
		"leaq 9b(%%rip), %%rax\n"
		"movq %%rax, %[cs]\n"
		"1: movq (%[touch]), %%rax\n"
		"3: decq %[rounds]\n jnz 3b\n"
		"2: xorl %[aborted], %[aborted]\n jmp 5f\n"
		".byte 0x0f, 0xb9, 0x3d\n .long " SIG_TEXT "\n"
		"4: movl $1, %[aborted]\n"
		"5:\n"
		: [aborted] "=&r"(aborted), [rounds] "+&r"(rounds), [cs] "=m"(area.rseq_cs)
		: [touch] "r"(touch) : "rax", "memory", "cc");
	return aborted;
}

static volatile long ticks;
static volatile unsigned long handler_saw_cs;

static void on_alarm(int sig, siginfo_t *info, void *uc)
{
	(void)sig, (void)info, (void)uc;
	handler_saw_cs = area.rseq_cs;
	ticks++;
}

static void aborts(void)
{
	struct sigaction sa = { .sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct itimerval it = { { 0, 20000 }, { 0, 20000 } }, off = { 0 };
	volatile long word = 0;

	CHECK_OK(rseq(&area, 32, 0, SIGNATURE));
	/* to its end: short enough to meet no tick most of the time */
	int done = 0;
	for (int i = 0; i < 100 && !done; i++)
		done = !section(&word, 10);
	CHECK_EQ(done, 1);
	/* the pointer stays until the kernel comes by: outside of the section it is cleared */

	NEED(sigaction(SIGALRM, &sa, NULL));
	NEED(setitimer(ITIMER_REAL, &it, NULL));
	while (!ticks)		/* other reasons may come first */
		CHECK_EQ(section(&word, 1L << 62), 1);
	NEED(setitimer(ITIMER_REAL, &off, NULL));
	CHECK_EQ(handler_saw_cs, 0);
	CHECK_EQ(area.rseq_cs, 0);
}

static void preempted(void)
{
	cpu_set_t one;
	volatile long word = 0;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	NEED(sched_setaffinity(0, sizeof(one), &one));
	pid_t pid = NEED(fork());
	if (!pid)
		for (;;)
			;
	CHECK_EQ(section(&word, 1L << 62), 1);
	CHECK_EQ(area.rseq_cs, 0);
	CHECK_EQ(area.cpu_id, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A pointer outside of its section is cleared by the next signal. */
static void outside(void)
{
	struct sigaction sa = { .sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO };
	static struct rseq_cs cs __attribute__((aligned(32)));
	extern char etext[];

	NEED(sigaction(SIGUSR1, &sa, NULL));
	cs = (struct rseq_cs){ .start_ip = (unsigned long)etext - 4096, .post_commit_offset = 1 };
	static unsigned int sig[2] __attribute__((aligned(8))) = { SIGNATURE, 0 };
	cs.abort_ip = (unsigned long)&sig[1];
	area.rseq_cs = (unsigned long)&cs;
	raise(SIGUSR1);
	CHECK_EQ(handler_saw_cs, 0);
	CHECK_EQ(area.rseq_cs, 0);
}

static struct rseq_cs bad __attribute__((aligned(32)));
static unsigned int sigs[2] = { SIGNATURE, 0 };

static void good_cs(void)
{
	extern char etext[];

	bad = (struct rseq_cs){ .start_ip = (unsigned long)etext - 4096, .post_commit_offset = 1,
				.abort_ip = (unsigned long)&sigs[1] };
	area.rseq_cs = (unsigned long)&bad;
}

static void bad_sections(void)
{
	signal(SIGUSR1, SIG_IGN);
	struct sigaction sa = { .sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO };

	NEED(sigaction(SIGUSR1, &sa, NULL));
	DIES_BY(SIGSEGV, good_cs(); area.rseq_cs = (unsigned long)KERNEL; raise(SIGUSR1));
	DIES_BY(SIGSEGV, good_cs(); area.rseq_cs = (unsigned long)UNMAPPED; raise(SIGUSR1));
	DIES_BY(SIGSEGV, good_cs(); bad.abort_ip = (unsigned long)&sigs[0]; raise(SIGUSR1));
	DIES_BY(SIGSEGV, good_cs(); bad.abort_ip = (unsigned long)KERNEL; raise(SIGUSR1));
	DIES_BY(SIGSEGV, good_cs(); bad.abort_ip = 0; raise(SIGUSR1));
	DIES_BY(SIGSEGV, good_cs(); bad.abort_ip = bad.start_ip; raise(SIGUSR1));
	DIES_BY(SIGSEGV, good_cs(); bad.version = 1; raise(SIGUSR1));
	DIES_BY(SIGSEGV, good_cs(); bad.start_ip = (unsigned long)KERNEL; raise(SIGUSR1));
	DIES_BY(SIGSEGV, good_cs(); bad.post_commit_offset = -1UL; raise(SIGUSR1));
}

int main(void)
{
	pthread_t t;

	take_over();
	registration();
	bad_area();
	CHECK_EQ(pthread_create(&t, NULL, thread, NULL), 0);
	pthread_join(t, NULL);
	aborts();
	preempted();
	outside();
	bad_sections();
	return abi_done();
}
