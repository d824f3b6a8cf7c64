/* SPDX-License-Identifier: MIT */
/* Events that a filter rejects are no events: whoever reads finds nothing, and does not hang. */
#include "tracefs.h"

#define EVENT "events/sched/sched_switch/"

static void switches(void)
{
	for (int i = 0; i < 20; i++)
		msleep(1);
}

/* Nothing but rejected ones; then a marker behind them. */
static void reads(const char *file)
{
	char buf[4096];
	int fd = NEED(open(file, O_RDONLY | O_NONBLOCK));

	CHECK_EQ(tr_write("trace", "", O_TRUNC), 0);
	switches();
	alarm(10);
	CHECK_ERR(read(fd, buf, sizeof(buf)), EAGAIN);
	CHECK_EQ(tr_write(EVENT "enable", "0", 0), 0);
	tr_mark("behind them");
	CHECK(read(fd, buf, sizeof(buf)) > 0);
	CHECK_ERR(read(fd, buf, sizeof(buf)), EAGAIN);
	CHECK_EQ(tr_write(EVENT "enable", "1", 0), 0);
	alarm(0);
	close(fd);
}

int main(void)
{
	cpu_set_t cpu0;

	CPU_ZERO(&cpu0);
	CPU_SET(0, &cpu0);
	NEED(sched_setaffinity(0, sizeof(cpu0), &cpu0));
	tracefs_mount();
	tr_reset();
	CHECK_EQ(tr_write(EVENT "filter", "prev_pid == 2000000000", 0), 0);
	CHECK_EQ(tr_write(EVENT "enable", "1", 0), 0);
	switches();
	TR_HAS("trace", "entries-in-buffer/entries-written: 0/0 ");
	reads("trace_pipe");
	reads("per_cpu/cpu0/trace_pipe");
	reads("per_cpu/cpu0/trace_pipe_raw");
	CHECK_EQ(tr_write(EVENT "enable", "0", 0), 0);
	CHECK_EQ(tr_write(EVENT "filter", "0", 0), 0);
	tr_reset();
	return abi_done();
}
