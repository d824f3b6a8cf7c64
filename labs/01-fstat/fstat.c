/* SPDX-License-Identifier: MIT */
/*
 * fstat(2) by its own number, 5. The system call instruction stands here, not in libc, between two
 * labels that gdb and walk can name.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* syscall takes the number from rax, arguments from rdi and rsi, and spoils rcx and r11. */
static __attribute__((noinline)) long call_fstat(long fd, struct stat *st)
{
	long ret;

	asm volatile("the_syscall:	syscall\n"
		     "behind_it:"
		     : "=a"(ret) : "a"(5L), "D"(fd), "S"(st) : "rcx", "r11", "memory");
	return ret;
}

int main(int argc, char **argv)
{
	struct stat st;
	int fd = open(argc > 1 ? argv[1] : argv[0], O_RDONLY);
	long ret;

	if (fd < 0) {
		perror("open");
		return 1;
	}
	ret = call_fstat(fd, &st);
	if (ret < 0) {
		printf("fstat: error %ld\n", -ret);
		return 1;
	}
	printf("%ld bytes, mode %o\n", (long)st.st_size, st.st_mode);
	close(fd);
	return 0;
}
