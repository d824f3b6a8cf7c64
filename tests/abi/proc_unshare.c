/* SPDX-License-Identifier: MIT */
/* unshare(2) of what threads share: directory and descriptors. Namespaces are not asked for. */
#include "abi.h"

static int fd;

static void *thread(void *arg)
{
	if (unshare(CLONE_FS) == -1 && errno == ENOSYS)
		return (void *)77L;
	CHECK_OK(chdir("/"));
	umask(0111);
	CHECK_OK(unshare(CLONE_FILES));
	CHECK_OK(close(fd));
	return NULL;
}

int main(void)
{
	char a[4096], b[4096];
	pthread_t t;
	void *ret;

	umask(022);
	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_OK(syscall(SYS_getcwd, a, sizeof(a)));
	CHECK_EQ(pthread_create(&t, NULL, thread, NULL), 0);
	CHECK_EQ(pthread_join(t, &ret), 0);
	if (ret)
		SKIP("no unshare");
	CHECK_OK(syscall(SYS_getcwd, b, sizeof(b)));
	CHECK_STR(b, a);
	CHECK_EQ(umask(022), 022);
	CHECK_OK(fcntl(fd, F_GETFD));
	CHECK_OK(unshare(0));
	CHECK_ERR(unshare(1), EINVAL);
	CHECK_ERR(unshare(CLONE_VM | 0xff), EINVAL);
	return abi_done();
}
