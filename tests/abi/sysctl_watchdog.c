/* SPDX-License-Identifier: MIT */
/* /proc/sys/kernel: the detectors of lock-ups and hung tasks; /proc/sysrq-trigger. */
#include "abi.h"

#define DIR "/proc/sys/kernel/"

static int write_to(const char *name, const char *text)
{
	char path[64];
	int fd, error = 0;

	snprintf(path, sizeof(path), DIR "%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		error = errno;
	close(fd);
	return error;
}

static const char *value_of(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), DIR "%s", name);
	return get_file(path);
}

/* Takes it, tells it, and refuses what lies outside. */
static void range(const char *name, const char *usual, const char *good, const char *bad)
{
	char line[32];

	snprintf(line, sizeof(line), "%s\n", usual);
	CHECK_STR(value_of(name), line);
	CHECK_EQ(write_to(name, bad), EINVAL);
	CHECK_STR(value_of(name), line);
	CHECK_EQ(write_to(name, good), 0);
	snprintf(line, sizeof(line), "%s\n", good);
	CHECK_STR(value_of(name), line);
	CHECK_EQ(write_to(name, usual), 0);
}

int main(void)
{
	struct stat st;

	range("watchdog_thresh", "10", "30", "61");
	range("watchdog_thresh", "10", "0", "-1");
	range("softlockup_panic", "0", "1", "2");
	range("softlockup_all_cpu_backtrace", "0", "1", "2");
	range("hung_task_panic", "0", "1", "2");
	range("hung_task_timeout_secs", "120", "240", "-1");
	range("hung_task_warnings", "10", "-1", "-2");
	range("hung_task_all_cpu_backtrace", "0", "1", "2");

	/* One switch for all, and one for the soft ones alone. */
	CHECK_STR(value_of("watchdog"), "1\n");
	CHECK_STR(value_of("soft_watchdog"), "1\n");
	CHECK_EQ(write_to("watchdog", "0"), 0);
	CHECK_STR(value_of("watchdog"), "0\n");
	/* Linux forgets what soft_watchdog was if it is read meanwhile. */
	CHECK_EQ(write_to("watchdog", "1"), 0);
	CHECK_STR(value_of("watchdog"), "1\n");
	CHECK_STR(value_of("soft_watchdog"), "1\n");

	CHECK_OK(stat("/proc/sysrq-trigger", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0200);
	CHECK_EQ(st.st_size, 0);
	put_file("/proc/sysrq-trigger", "h");
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(open("/proc/sysrq-trigger", O_WRONLY), EACCES);
		CHECK_ERR(open(DIR "watchdog", O_WRONLY), EACCES);
	});
	return abi_done();
}
