/* SPDX-License-Identifier: MIT */
/* The size and kind of a file, by libc's fstat() and by system call 5 in assembly. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static long fstat_by_number(int fd, struct stat *st)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(5L), "D"((long)fd), "S"(st) : "rcx", "r11", "memory");
	return ret;
}

static void show(const char *how, long ret, const struct stat *st)
{
	printf("%s: %ld, mode %o, %ld bytes, %ld link, %ld:%ld\n", how, ret, st->st_mode, (long)st->st_size,
	       (long)st->st_nlink, (long)st->st_uid, (long)st->st_gid);
}

int main(void)
{
	struct stat st;
	int fd = open("file.txt", O_RDWR);

	if (fd < 0) {
		perror("file.txt");
		return 1;
	}
	show("fstat()", fstat(fd, &st), &st);
	show("call 5", fstat_by_number(fd, &st), &st);
	show("closed", (close(fd), fstat_by_number(fd, &st)), &st);
	return 0;
}
