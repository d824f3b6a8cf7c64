/* SPDX-License-Identifier: MIT */
/*
 * /proc/sys/kernel/sched_rt_period_us and sched_rt_runtime_us: a SCHED_FIFO loop that never sleeps leaves a part
 * of each period to others of its CPU. Where it does not, this test never ends.
 */
#include "abi.h"

#define PERIOD	"/proc/sys/kernel/sched_rt_period_us"
#define RUNTIME	"/proc/sys/kernel/sched_rt_runtime_us"

static int put(const char *path, const char *text)
{
	int fd = NEED(open(path, O_WRONLY)), ret = write(fd, text, strlen(text)), err = errno;

	close(fd);
	errno = err;
	return ret < 0 ? -1 : 0;
}

static void check_files(void)
{
	CHECK_STR(get_file(PERIOD), "1000000\n");
	CHECK_STR(get_file(RUNTIME), "950000\n");
	CHECK_ERR(put(RUNTIME, "1000001"), EINVAL);
	CHECK_ERR(put(PERIOD, "0"), EINVAL);
	CHECK_ERR(put(PERIOD, "1000"), EINVAL);
	CHECK_ERR(put(RUNTIME, "-2"), EINVAL);
	CHECK_ERR(put(RUNTIME, "much"), EINVAL);
	CHECK_STR(get_file(PERIOD), "1000000\n");
	CHECK_STR(get_file(RUNTIME), "950000\n");
	CHECK_OK(put(RUNTIME, "-1"));
	CHECK_STR(get_file(RUNTIME), "-1\n");
	CHECK_OK(put(RUNTIME, "1000000"));
	CHECK_OK(put(RUNTIME, "950000"));
}

/* Both on one CPU: the loop, and this process with its ordinary policy. */
static void check_throttling(int policy)
{
	struct sched_param rt = { .sched_priority = 50 };
	volatile int *up = shared_pages(1);
	pid_t hog;

	hog = FORK();
	if (!hog) {
		NEED(sched_setscheduler(0, policy, &rt));
		for (;;)
			(*up)++;
	}
	for (int i = 0; i < 20; i++) {
		int seen = *up;

		/* Each time the other one ran meanwhile, and let go again. */
		while (*up == seen)
			msleep(1);
	}
	CHECK_EQ(task_state(hog), 'R');
	kill(hog, SIGKILL);
	EXPECT_SIGNAL(hog, SIGKILL);
}

int main(void)
{
	stay_on_one_cpu();
	check_files();
	/* Twenty periods shall not take twenty seconds. */
	NEED(put(RUNTIME, "50000"));
	NEED(put(PERIOD, "100000"));
	check_throttling(SCHED_FIFO);
	check_throttling(SCHED_RR);
	CHECK_OK(put(PERIOD, "1000000"));
	CHECK_OK(put(RUNTIME, "950000"));
	return abi_done();
}
