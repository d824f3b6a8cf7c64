/* SPDX-License-Identifier: MIT */
/* /proc/pid/mem and process_vm_readv(2): one's own memory. */
#include "abi.h"

int main(void)
{
	char *p = pages(2), buf[32] = "";
	struct iovec l = { buf, 11 }, r = { p, 11 };
	int fd = open("/proc/self/mem", O_RDWR);

	if (fd < 0)
		SKIP("no /proc/self/mem");
	strcpy(p, "some memory");
	CHECK_EQ(pread64(fd, buf, 11, (unsigned long)p), 11);
	CHECK_STR(buf, "some memory");
	CHECK_EQ(pwrite64(fd, "S", 1, (unsigned long)p), 1);
	CHECK_EQ(p[0], 'S');
	CHECK_ERR(pread64(fd, buf, 1, (unsigned long)UNMAPPED), EIO);
	CHECK_EQ(process_vm_readv(getpid(), &l, 1, &r, 1, 0), 11);
	CHECK_STR(buf, "Some memory");
	memcpy(buf, "other", 5);
	l.iov_len = r.iov_len = 5;
	CHECK_EQ(process_vm_writev(getpid(), &l, 1, &r, 1, 0), 5);
	CHECK(!memcmp(p, "other", 5));
	r.iov_base = UNMAPPED;
	CHECK_ERR(process_vm_readv(getpid(), &l, 1, &r, 1, 0), EFAULT);
	CHECK_ERR(process_vm_readv(0x3fffffff, &l, 1, &r, 1, 0), ESRCH);
	CHECK_ERR(process_vm_readv(getpid(), &l, 1, &r, 1, 1), EINVAL);
	r.iov_len = (unsigned long)LONG_MAX + 1;
	CHECK_ERR(process_vm_readv(getpid(), &l, 1, &r, 1, 0), EINVAL);
	return abi_done();
}
