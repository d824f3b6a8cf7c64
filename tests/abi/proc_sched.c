/* SPDX-License-Identifier: MIT */
/* sched_*(2): policies, parameters, affinity, yield. */
#include "abi.h"

int main(void)
{
	struct sched_param sp = { 0 };
	struct timespec ts;
	cpu_set_t set;
	unsigned long mask[128];
	int n;
	pid_t pid;

	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
	CHECK_EQ(sched_getscheduler(getpid()), SCHED_OTHER);
	CHECK_OK(sched_getparam(0, &sp));
	CHECK_EQ(sp.sched_priority, 0);
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_FIFO), 1);
	CHECK_EQ(sched_get_priority_max(SCHED_RR), 99);
	CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
	CHECK_EQ(sched_get_priority_min(SCHED_BATCH), 0);
	CHECK_ERR(sched_get_priority_max(77), EINVAL);
	CHECK_ERR(sched_get_priority_min(-1), EINVAL);

	IN_CHILD({
		sp.sched_priority = 0;
		CHECK_OK(sched_setscheduler(0, SCHED_BATCH, &sp));
		CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
		CHECK_ERR(sched_setscheduler(0, SCHED_FIFO, &sp), EINVAL);
		sp.sched_priority = 100;
		CHECK_ERR(sched_setscheduler(0, SCHED_FIFO, &sp), EINVAL);
		sp.sched_priority = 10;
		CHECK_ERR(sched_setscheduler(0, SCHED_OTHER, &sp), EINVAL);
		CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &sp));
		CHECK_EQ(sched_getscheduler(0), SCHED_FIFO);
		sp.sched_priority = 20;
		CHECK_OK(sched_setparam(0, &sp));
		sp.sched_priority = 0;
		CHECK_OK(sched_getparam(0, &sp));
		CHECK_EQ(sp.sched_priority, 20);
		IN_CHILD(CHECK_EQ(sched_getscheduler(0), SCHED_FIFO));
		CHECK_OK(sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &sp));
		CHECK_EQ(sched_getscheduler(0), SCHED_RR | SCHED_RESET_ON_FORK);
		IN_CHILD(CHECK_EQ(sched_getscheduler(0), SCHED_OTHER));
		CHECK_OK(sched_rr_get_interval(0, &ts));
		CHECK(ts.tv_nsec > 0 || ts.tv_sec > 0);
	});
	IN_CHILD({
		become_user(1000);
		sp.sched_priority = 10;
		CHECK_ERR(sched_setscheduler(0, SCHED_FIFO, &sp), EPERM);
		sp.sched_priority = 0;
		CHECK_OK(sched_setscheduler(0, SCHED_BATCH, &sp));
		CHECK_ERR(sched_setscheduler(1, SCHED_BATCH, &sp), EPERM);
	});
	CHECK_ERR(sched_setscheduler(0, 99, &sp), EINVAL);
	CHECK_ERR(sched_setscheduler(-1, 0, &sp), EINVAL);
	CHECK_ERR(sched_getscheduler(-1), EINVAL);
	CHECK_ERR(sched_getscheduler(0x3fffffff), ESRCH);
	CHECK_ERR(sched_getparam(0x3fffffff, &sp), ESRCH);
	CHECK_ERR(sched_getparam(0, NULL), EINVAL);
	CHECK_ERR(sched_setparam(0, NULL), EINVAL);
	CHECK_ERR(sched_getparam(0, UNMAPPED), EFAULT);
	CHECK_ERR(sched_setparam(0, KERNEL), EFAULT);

	/* Affinity: the raw call answers with the bytes it wrote. */
	n = CHECK_OK(syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask));
	CHECK(n >= 8 && n % 8 == 0 && n <= (int)sizeof(mask));
	CHECK_OK(sched_getaffinity(0, sizeof(set), &set));
	CHECK(CPU_COUNT(&set) >= 1);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 7, mask), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 0, mask), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0x3fffffff, sizeof(mask), mask), ESRCH);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, sizeof(mask), UNMAPPED), EFAULT);
	IN_CHILD({
		int cpu = 0;

		while (!CPU_ISSET(cpu, &set))
			cpu++;
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		CHECK_OK(sched_setaffinity(0, sizeof(set), &set));
		CHECK_EQ(sched_getcpu(), cpu);
		CHECK_OK(sched_getaffinity(0, sizeof(set), &set));
		CHECK_EQ(CPU_COUNT(&set), 1);
		IN_CHILD({
			CHECK_OK(sched_getaffinity(0, sizeof(set), &set));
			CHECK_EQ(CPU_COUNT(&set), 1);
		});
		CPU_ZERO(&set);
		CHECK_ERR(sched_setaffinity(0, sizeof(set), &set), EINVAL);
	});

	/* Yielding lets a sibling on the same CPU run. */
	pid = FORK();
	if (!pid)
		_exit(0);
	for (n = 0; n < 100; n++)
		CHECK_OK(sched_yield());
	EXPECT_EXIT(pid, 0);
	return abi_done();
}
