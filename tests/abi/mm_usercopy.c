/* SPDX-License-Identifier: MIT */
/* Pointers at the very edges: strings and structs that cross into nothing, overlap, wrap. */
#include "abi.h"
#include <sys/utsname.h>

int main(void)
{
	char *e, *top = (char *)0x7ffffffff000;
	struct timespec *ts;
	int p[2];

	NEED(pipe(p));
	/* Structs that fit exactly, and by one byte not. */
	e = edge(sizeof(struct utsname));
	CHECK_OK(syscall(SYS_uname, e));
	CHECK_ERR(syscall(SYS_uname, e + 1), EFAULT);
	ts = edge(sizeof(*ts));
	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, ts));
	CHECK_ERR(syscall(SYS_clock_getres, CLOCK_MONOTONIC, (char *)ts + 8), EFAULT);
	e = edge(sizeof(struct stat));
	CHECK_OK(syscall(SYS_fstat, p[0], e));
	CHECK_ERR(syscall(SYS_fstat, p[0], e + 8), EFAULT);

	/* Unaligned is fine. */
	e = (char *)pages(1) + 3;
	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, e));
	CHECK_OK(syscall(SYS_pipe, e));
	/* Over a page boundary whose pages were never touched. */
	e = (char *)pages(2) + PAGE - 7;
	CHECK_OK(syscall(SYS_uname, e));
	CHECK_STR(e, "Linux");
	e = (char *)pages(2) + PAGE - 3;
	memcpy(e, "/dev/null", 10);
	CHECK_OK(open(e, O_RDONLY));

	/* Lengths that wrap around the end of the address space. */
	CHECK_ERR(syscall(SYS_write, p[1], top - 100, 200UL), EFAULT);
	CHECK_ERR(syscall(SYS_write, p[1], e, -4096UL), EFAULT);
	CHECK_ERR(syscall(SYS_read, p[0], (void *)-100L, 200UL), EFAULT);
	CHECK_ERR(syscall(SYS_write, p[1], (void *)100, -50UL), EFAULT);
	CHECK_ERR(syscall(SYS_write, p[1], KERNEL, 0x7fffffffUL), EFAULT);
	CHECK_ERR(syscall(SYS_getcwd, KERNEL, 1UL << 40), EFAULT);
	CHECK_ERR(syscall(SYS_getrandom, NONCANON, 100, 0), EFAULT);

	/* The kernel must not write to what the user may only read: text, the zero page. */
	CHECK_ERR(syscall(SYS_uname, (void *)&main), EFAULT);
	e = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_ERR(syscall(SYS_uname, e), EFAULT);
	CHECK_EQ(PEEK(e), 0);
	/* And does its copy on write itself. */
	e = pages(1);
	e[0] = 'x';
	IN_CHILD({
		CHECK_OK(syscall(SYS_uname, e));
		CHECK_STR(e, "Linux");
	});
	CHECK_EQ(e[0], 'x');
	return abi_done();
}
