/* SPDX-License-Identifier: MIT */
/* Open files shared over fork: one offset, writes that do not overwrite each other. */
#include "abi.h"

int main(void)
{
	char buf[9], all[4 * 50 * 8 + 1];
	int fd, i, k, n;
	pid_t pid[4];
	int count[4] = { 0 };

	/* Shared offset. */
	fd = NEED(open("shared", O_CREAT | O_RDWR, 0600));
	for (i = 0; i < 4; i++) {
		pid[i] = FORK();
		if (!pid[i]) {
			for (k = 0; k < 50; k++) {
				snprintf(buf, sizeof(buf), "%d-%05d\n", i, k);
				if (write(fd, buf, 8) != 8)
					_exit(1);
			}
			_exit(0);
		}
	}
	for (i = 0; i < 4; i++)
		EXPECT_EXIT(pid[i], 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4 * 50 * 8);
	n = pread(fd, all, sizeof(all), 0);
	CHECK_EQ(n, 4 * 50 * 8);
	for (i = 0; i + 8 <= n; i += 8) {
		k = all[i] - '0';
		CHECK(k >= 0 && k < 4 && all[i + 1] == '-' && all[i + 7] == '\n');
		/* Each writer's lines are in order. */
		if (k >= 0 && k < 4)
			CHECK_EQ(atoi(all + i + 2), count[k]++);
	}
	close(fd);

	/* O_APPEND through separate opens. */
	for (i = 0; i < 4; i++) {
		pid[i] = FORK();
		if (!pid[i]) {
			fd = open("append", O_CREAT | O_WRONLY | O_APPEND, 0600);
			for (k = 0; k < 50; k++)
				if (write(fd, "line...\n", 8) != 8)
					_exit(1);
			_exit(0);
		}
	}
	for (i = 0; i < 4; i++)
		EXPECT_EXIT(pid[i], 0);
	CHECK_EQ(stat_of("append").st_size, 4 * 50 * 8);

	/* A child's closing does not close the parent's; its F_SETFL does reach the parent. */
	fd = NEED(open("shared", O_RDWR));
	IN_CHILD({
		CHECK_OK(fcntl(fd, F_SETFL, O_APPEND));
		CHECK_OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
		CHECK_OK(close(fd));
	});
	CHECK_EQ(fcntl(fd, F_GETFL) & O_APPEND, O_APPEND);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	return abi_done();
}
