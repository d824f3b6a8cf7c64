/* SPDX-License-Identifier: MIT */
/* fallocate(2) on tmpfs: preallocation and punching holes. */
#include "abi.h"

#define KEEP FALLOC_FL_KEEP_SIZE
#define PUNCH (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

int main(void)
{
	static char buf[4 * PAGE], zero[4 * PAGE];
	int fd, p[2];

	fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	if (fallocate(fd, 0, 0, 1) == -1 && errno == EOPNOTSUPP)
		SKIP("no fallocate on this file system");
	CHECK_OK(fallocate(fd, 0, 0, 10000));
	CHECK_EQ(stat_of("f").st_size, 10000);
	CHECK_EQ(stat_of("f").st_blocks, 3 * 8);
	CHECK_EQ(pread(fd, buf, 10000, 0), 10000);
	CHECK(!memcmp(buf, zero, 10000));
	/* An allocation never shrinks a file, and with KEEP_SIZE never grows it. */
	CHECK_OK(fallocate(fd, 0, 0, 100));
	CHECK_EQ(stat_of("f").st_size, 10000);
	CHECK_OK(fallocate(fd, KEEP, 5 * PAGE, PAGE));
	CHECK_EQ(stat_of("f").st_size, 10000);

	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(pwrite(fd, buf, 4 * PAGE, 0), 4 * PAGE);
	CHECK_OK(fallocate(fd, PUNCH, PAGE + 100, 2 * PAGE));
	CHECK_EQ(stat_of("f").st_size, 4 * PAGE);
	CHECK_EQ(pread(fd, buf, 4 * PAGE, 0), 4 * PAGE);
	CHECK(buf[PAGE + 99] == 'x' && buf[3 * PAGE + 100] == 'x');
	CHECK(!memcmp(buf + PAGE + 100, zero, 2 * PAGE));
	CHECK_OK(fallocate(fd, PUNCH, 0, 1L << 40));
	CHECK_EQ(stat_of("f").st_size, 4 * PAGE);
	CHECK_EQ(stat_of("f").st_blocks, 0);

	CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERR(fallocate(fd, 0, -1, 10), EINVAL);
	CHECK_ERR(fallocate(fd, 0, 0, -1), EINVAL);
	CHECK_ERR(fallocate(fd, 0, LONG_MAX, 10), EFBIG);
	CHECK_ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10), EOPNOTSUPP);
	CHECK_ERR(fallocate(fd, 0x8000, 0, 10), EOPNOTSUPP);
	CHECK_ERR(fallocate(-1, 0, 0, 10), EBADF);
	CHECK_ERR(fallocate(open("f", O_RDONLY), 0, 0, 10), EBADF);
	NEED(pipe(p));
	CHECK_ERR(fallocate(p[1], 0, 0, 10), ESPIPE);
	CHECK_ERR(fallocate(open("/dev/null", O_RDWR), 0, 0, 10), ENODEV);
	CHECK_ERR(fallocate(open(".", O_RDONLY), 0, 0, 10), EBADF);
	/* RLIMIT_FSIZE holds behind the end of the file, too. */
	IN_CHILD({
		struct rlimit r = { PAGE, PAGE };

		NEED(setrlimit(RLIMIT_FSIZE, &r));
		signal(SIGXFSZ, SIG_IGN);
		fd = NEED(open("limited", O_CREAT | O_RDWR, 0600));
		CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, PAGE));
		CHECK_ERR(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 2 * PAGE), EFBIG);
		CHECK_ERR(fallocate(fd, 0, PAGE, 1), EFBIG);
		CHECK_EQ(stat_of("limited").st_size, 0);
	});
	/* The set-user-id bit goes when somebody else writes, and this is a kind of writing. */
	NEED(chmod(".", 0777));
	fd = NEED(open("suid", O_CREAT | O_RDWR, 0600));
	NEED(fchmod(fd, 06777));
	IN_CHILD({
		NEED(setresgid(1000, 1000, 1000));
		NEED(setresuid(1000, 1000, 1000));
		CHECK_OK(fallocate(NEED(open("suid", O_RDWR)), 0, 0, 10));
	});
	CHECK_EQ(stat_of("suid").st_mode & 07777, 0777);
	return abi_done();
}
