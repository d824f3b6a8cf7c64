/* SPDX-License-Identifier: MIT */
/* getrandom(2). */
#include "abi.h"
#include <sys/random.h>

int main(void)
{
	static unsigned char a[4096], b[4096], zero[64];
	int counts[256] = { 0 };
	unsigned char *e;

	CHECK_EQ(getrandom(a, 64, 0), 64);
	CHECK_EQ(getrandom(b, 64, GRND_NONBLOCK), 64);
	CHECK(memcmp(a, b, 64) && memcmp(a, zero, 64));
	CHECK_EQ(getrandom(a, 4096, 0), 4096);
	for (int i = 0; i < 4096; i++)
		counts[a[i]]++;
	for (int i = 0; i < 256; i++)
		CHECK(counts[i] < 64);	/* 16 expected */
	CHECK_EQ(getrandom(a, 16, GRND_RANDOM | GRND_NONBLOCK), 16);
	CHECK_EQ(getrandom(a, 0, 0), 0);
	CHECK_EQ(getrandom(NULL, 0, 0), 0);
	/* A child draws other numbers than its parent. */
	{
		unsigned char *sh = shared_pages(1);

		IN_CHILD(CHECK_EQ(getrandom(sh, 32, 0), 32));
		CHECK_EQ(getrandom(a, 32, 0), 32);
		CHECK(memcmp(a, sh, 32));
	}
	CHECK_ERR(getrandom(a, 1, 8), EINVAL);
	CHECK_ERR(getrandom(a, 1, GRND_INSECURE | GRND_RANDOM), EINVAL);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_getrandom, p, 32, 0), EFAULT);
	e = edge(32);
	CHECK_EQ(getrandom(e, 32, 0), 32);
	return abi_done();
}
