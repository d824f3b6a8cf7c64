/* SPDX-License-Identifier: MIT */
/* Where in a file of proc and sysfs a write goes: pwrite(2), and a second write(2). */
#include "abi.h"

static void one_place(const char *path, const char *text)
{
	int fd = NEED(open(path, O_RDWR));
	char buf[64];

	CHECK(pread(fd, buf, sizeof(buf), 0) > 0);
	CHECK_ERR(pwrite(fd, text, strlen(text), 0), ESPIPE);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static long value_of(const char *path)
{
	char buf[64] = "";
	int fd = NEED(open(path, O_RDONLY));

	CHECK(read(fd, buf, sizeof(buf) - 1) > 0);
	close(fd);
	return atol(buf);
}

static void any_place(const char *path)
{
	int fd = NEED(open(path, O_RDWR));

	CHECK_EQ(pwrite(fd, "3", 1, 0), 1);
	CHECK_EQ(value_of(path), 3);
	close(fd);
}

/* Only a write at the beginning sets a variable; behind it, it is taken and forgotten. */
static void beginning_counts(const char *path, long old)
{
	int fd = NEED(open(path, O_RDWR));

	CHECK_EQ(write(fd, "1", 1), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 1);
	CHECK_EQ(write(fd, "2", 1), 1);
	CHECK_EQ(value_of(path), 1);
	CHECK_EQ(pwrite(fd, "2", 1, 5), 1);
	CHECK_EQ(value_of(path), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "2", 1), 1);
	CHECK_EQ(value_of(path), 2);
	CHECK_EQ(pwrite(fd, old ? "1" : "0", 1, 0), 1);
	CHECK_EQ(value_of(path), old != 0);
	close(fd);
}

static void name_of_the_host(void)
{
	char old[128] = "", buf[128] = "";
	int fd = NEED(open("/proc/sys/kernel/hostname", O_RDWR));
	ssize_t n = NEED(read(fd, old, sizeof(old)));

	CHECK_EQ(pwrite(fd, "abcdef", 6, 0), 6);
	CHECK_EQ(pwrite(fd, "XY\n", 3, 3), 3);
	CHECK_EQ(pread(fd, buf, sizeof(buf), 0), 6);
	CHECK(!strcmp(buf, "abcXY\n"));
	CHECK_EQ(pwrite(fd, "ZZ\n", 3, 100), 3);
	CHECK_EQ(pread(fd, buf, sizeof(buf), 0), 6);
	CHECK_EQ(pwrite(fd, old, n, 0), n);
	close(fd);
}

int main(void)
{
	one_place("/proc/self/comm", "abc");
	any_place("/proc/self/oom_score_adj");
	beginning_counts("/proc/sys/vm/overcommit_memory", 0);
	name_of_the_host();
	return abi_done();
}
