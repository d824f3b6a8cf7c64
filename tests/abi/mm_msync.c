/* SPDX-License-Identifier: MIT */
/* msync(2), mincore(2), mlock(2) and kin. */
#include "abi.h"

int main(void)
{
	unsigned char vec[8];
	char *p, *f;
	int fd;

	put_file("f", "text");
	fd = NEED(open("f", O_RDWR));
	f = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	f[0] = 'T';
	CHECK_OK(msync(f, PAGE, MS_SYNC));
	CHECK_OK(msync(f, PAGE, MS_ASYNC));
	CHECK_OK(msync(f, PAGE, MS_SYNC | MS_INVALIDATE));
	CHECK_OK(msync(f, 0, MS_SYNC));
	CHECK_STR(get_file("f"), "Text");
	CHECK_ERR(msync(f, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERR(msync(f, PAGE, 0x100), EINVAL);
	CHECK_ERR(msync(f + 1, PAGE, MS_SYNC), EINVAL);
	CHECK_ERR(msync(UNMAPPED, PAGE, MS_SYNC), ENOMEM);
	CHECK_ERR(msync(KERNEL, PAGE, MS_SYNC), ENOMEM);
	p = pages(4);
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERR(msync(p, 3 * PAGE, MS_SYNC), ENOMEM);

	/* mincore: touched pages are there, others not. */
	p = pages(4);
	p[PAGE] = 1;
	p[3 * PAGE] = 1;
	memset(vec, 0xff, sizeof(vec));
	CHECK_OK(mincore(p, 3 * PAGE + 1, vec));
	CHECK_EQ(vec[0] & 1, 0);
	CHECK_EQ(vec[1] & 1, 1);
	CHECK_EQ(vec[2] & 1, 0);
	CHECK_EQ(vec[3] & 1, 1);
	CHECK_EQ(vec[4], 0xff);
	CHECK_OK(mincore(p, 0, vec));
	CHECK_ERR(mincore(p + 1, PAGE, vec), EINVAL);
	CHECK_ERR(mincore(UNMAPPED, PAGE, vec), ENOMEM);
	CHECK_ERR(mincore(p, PAGE, UNMAPPED), EFAULT);
	CHECK_ERR(mincore(KERNEL, PAGE, vec), ENOMEM);

	/* mlock brings pages in. */
	p = pages(4);
	CHECK_OK(mlock(p, 2 * PAGE));
	CHECK_OK(mincore(p, 4 * PAGE, vec));
	CHECK((vec[0] & 1) && (vec[1] & 1) && !(vec[3] & 1));
	CHECK_OK(munlock(p, 2 * PAGE));
	CHECK_OK(mlock(p + 100, 10));
	CHECK_OK(mlock(p, 0));
	CHECK_ERR(mlock(UNMAPPED, PAGE), ENOMEM);
	CHECK_ERR(mlockall(0), EINVAL);
	CHECK_ERR(mlockall(0x100), EINVAL);
	CHECK_OK(munlockall());
	IN_CHILD({
		struct rlimit rl = { 0, 0 };

		CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &rl));
		become_user(1000);
		CHECK_ERR(mlock(p, PAGE), EPERM);
		CHECK_ERR(mlockall(MCL_CURRENT), EPERM);
	});
	IN_CHILD({
		struct rlimit rl = { 2 * PAGE, 2 * PAGE };

		CHECK_OK(munlockall());
		CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &rl));
		become_user(1000);
		CHECK_OK(mlock(p, 2 * PAGE));
		CHECK_ERR(mlock(p + 2 * PAGE, PAGE), ENOMEM);
	});
	return abi_done();
}
