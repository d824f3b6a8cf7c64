/* SPDX-License-Identifier: MIT */
/* Two calls by int $0x80: getpid, write. */
int main(void)
{
	static char text[] = "by int 80\n";
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "0"(20L) : "memory");
	asm volatile("int $0x80" : "=a"(ret) : "0"(4L), "b"(1L), "c"(text), "d"(10L) : "memory");
	return ret != 10;
}
