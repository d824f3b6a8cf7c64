/* SPDX-License-Identifier: MIT */
/* getrusage(2), times(2), clock(3): time that was used, page faults, switches. */
#include "abi.h"
#include <sys/times.h>

static void burn(long ms)
{
	long long end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + ms * 1000000LL;

	while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
}

static long us(struct timeval *tv)
{
	return tv->tv_sec * 1000000 + tv->tv_usec;
}

int main(void)
{
	struct rusage a, b;
	struct tms t1, t2;
	clock_t c1, c2;
	long long cpu;
	char *m;
	pid_t pid;
	int st;

	memset(&a, 0xff, sizeof(a));
	CHECK_OK(getrusage(RUSAGE_SELF, &a));
	CHECK(a.ru_utime.tv_usec < 1000000 && a.ru_stime.tv_usec < 1000000);
	CHECK(a.ru_maxrss > 0 && a.ru_maxrss < 1 << 20);
	CHECK_EQ(a.ru_ixrss, 0);
	CHECK_EQ(a.ru_nsignals, 0);
	c1 = times(&t1);

	burn(120);
	CHECK_OK(getrusage(RUSAGE_SELF, &b));
	CHECK(us(&b.ru_utime) + us(&b.ru_stime) >= us(&a.ru_utime) + us(&a.ru_stime) + 90000);
	c2 = times(&t2);
	CHECK(c2 - c1 >= 9);
	CHECK(t2.tms_utime + t2.tms_stime >= t1.tms_utime + t1.tms_stime + 9);
	CHECK_EQ(t2.tms_cutime, 0);

	/* Page faults are counted, one for each new page. */
	m = pages(64);
	madvise(m, 64 * PAGE, MADV_NOHUGEPAGE);	/* where there are huge pages: none here */
	CHECK_OK(getrusage(RUSAGE_SELF, &a));
	for (int i = 0; i < 64; i++)
		POKE(m + i * PAGE, 1);
	CHECK_OK(getrusage(RUSAGE_SELF, &b));
	CHECK(b.ru_minflt - a.ru_minflt >= 64);
	/* Sleeping is a voluntary switch. */
	for (int i = 0; i < 5; i++)
		msleep(10);
	CHECK_OK(getrusage(RUSAGE_THREAD, &a));
	CHECK(a.ru_nvcsw >= 2);

	/* A child's time counts for its parent once it is waited for. */
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	pid = FORK();
	if (!pid) {
		burn(120);
		_exit(0);
	}
	CHECK(wait_state(pid, 'Z'));
	CHECK_OK(getrusage(RUSAGE_CHILDREN, &a));
	CHECK_EQ(us(&a.ru_utime) + us(&a.ru_stime), 0);
	CHECK_EQ(wait4(pid, &st, 0, &b), pid);
	CHECK(us(&b.ru_utime) + us(&b.ru_stime) >= 90000);
	CHECK_OK(getrusage(RUSAGE_CHILDREN, &a));
	CHECK(us(&a.ru_utime) + us(&a.ru_stime) >= 90000);
	times(&t2);
	CHECK(t2.tms_cutime + t2.tms_cstime >= 9);
	CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu >= 0);
	/* Children of children: only through waits all the way. */
	IN_CHILD(CHECK_OK(getrusage(RUSAGE_CHILDREN, &a));
		 CHECK_EQ(us(&a.ru_utime) + us(&a.ru_stime), 0));

	CHECK_ERR(getrusage(99, &a), EINVAL);
	CHECK_ERR(getrusage(-3, &a), EINVAL);
	CHECK(times(NULL) != -1);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_getrusage, RUSAGE_SELF, p), EFAULT);
		if (p)
			CHECK_ERR(syscall(SYS_times, p), EFAULT);
	}
	return abi_done();
}
