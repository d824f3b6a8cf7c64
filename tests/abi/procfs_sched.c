/* SPDX-License-Identifier: MIT */
/* /proc/PID/sched and schedstat: the scheduler's figures, in Linux's shape. */
#include "abi.h"
#include <sys/prctl.h>

/* The figure of that name, in text[0]'s lines "name   :   value"; -1 if there is none. */
static double figure(const char *text, const char *name)
{
	const char *p = text;
	size_t n = strlen(name);

	while ((p = strstr(p, name))) {
		const char *colon = p + n + strspn(p + n, " ");

		if ((p == text || p[-1] == '\n') && *colon == ':') {
			/* 45 columns of name. */
			CHECK_EQ(colon - p, 45);
			return atof(colon + 1);
		}
		p += n;
	}
	FAIL("no %s", name);
	return -1;
}

static char *sched(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/sched", pid);
	return get_file(path);
}

static void check_figures(void)
{
	char want[128], *s;
	double switches, voluntary, runtime;

	prctl(PR_SET_NAME, "figures");
	s = sched(getpid());
	snprintf(want, sizeof(want), "figures (%d, #threads: 1)\n%.67s\n", getpid(),
		 "----------------------------------------------------------------------------");
	CHECK(!strncmp(s, want, strlen(want)));
	CHECK(figure(s, "se.exec_start") > 0);
	CHECK(figure(s, "se.vruntime") >= 0);
	runtime = figure(s, "se.sum_exec_runtime");
	CHECK(runtime > 0);
	CHECK(figure(s, "se.nr_migrations") >= 0);
	switches = figure(s, "nr_switches");
	voluntary = figure(s, "nr_voluntary_switches");
	CHECK_EQ(switches, voluntary + figure(s, "nr_involuntary_switches"));
	CHECK_EQ(figure(s, "se.load.weight"), 1048576);
	CHECK_EQ(figure(s, "policy"), SCHED_OTHER);
	CHECK_EQ(figure(s, "prio"), 120);
	CHECK(figure(s, "clock-delta") >= 0);
	/* On a busy host a sleep can be over before the switch: then it counts none. */
	for (int i = 0; i < 50; i++) {
		msleep(5);
		s = sched(getpid());
		if (figure(s, "nr_voluntary_switches") > voluntary)
			break;
	}
	CHECK(figure(s, "nr_voluntary_switches") > voluntary);
	CHECK(figure(s, "se.sum_exec_runtime") >= runtime);
}

static void check_policies(void)
{
	struct sched_param p = { .sched_priority = 10 };
	char *s;

	IN_CHILD({
		CHECK_EQ(nice(5), 5);
		s = sched(getpid());
		CHECK_EQ(figure(s, "prio"), 125);
		CHECK_EQ(figure(s, "se.load.weight"), 335L << 10);
	});
	IN_CHILD({
		CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &p));
		s = sched(getpid());
		CHECK_EQ(figure(s, "prio"), 99 - 10);
		CHECK_EQ(figure(s, "policy"), SCHED_FIFO);
	});
}

static void check_rights(void)
{
	char path[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/sched", getpid());
	NEED(stat(path, &st));
	CHECK_EQ(st.st_mode & 07777, 0644);
	fd = NEED(open(path, O_RDWR));
	CHECK_EQ(write(fd, "0", 1), 1);
	CHECK_EQ(write(fd, "rubbish", 7), 7);
	close(fd);
	IN_CHILD({
		become_user(1000);
		CHECK(!strncmp(get_file(path), "figures (", 9));
		CHECK_ERR(open(path, O_WRONLY), EACCES);
	});
	snprintf(path, sizeof(path), "/proc/self/task/%d/sched", getpid());
	CHECK(!strncmp(get_file(path), "figures (", 9));
}

static void check_schedstat(void)
{
	unsigned long long ran, waited, slices;
	char end;

	CHECK_EQ(sscanf(get_file("/proc/self/schedstat"), "%llu %llu %llu%c", &ran, &waited, &slices,
			&end), 4);
	CHECK(ran > 0 && slices > 0 && end == '\n');
}

int main(void)
{
	check_figures();
	check_policies();
	check_rights();
	check_schedstat();
	return abi_done();
}
