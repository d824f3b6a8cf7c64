/* SPDX-License-Identifier: MIT */
/* The same system call forty times, by either door: depths.py looks how deep on its stack the kernel is each time. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

/* mapped.py stops here. */
__attribute__((noinline)) void back_in_user_mode(void)
{
	asm volatile("" : : : "memory");
}

int main(void)
{
	long ret;

	for (int i = 0; i < 40; i++) {
		asm volatile("syscall" : "=a"(ret) : "0"(SYS_getppid) : "rcx", "r11", "memory");
		asm volatile("int $0x80" : "=a"(ret) : "0"(64) : "memory");
	}
	sync();
	back_in_user_mode();
	for (;;)
		pause();
}
