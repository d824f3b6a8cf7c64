/* SPDX-License-Identifier: MIT */
/* open(2), openat(2), creat(2): bad paths, bad pointers, and what runs out. */
#include "abi.h"

int main(void)
{
	char *end, longname[300], path[5000];
	struct rlimit rl;
	int fd;

	put_file("file", "x");
	CHECK_OK(mkdir("dir", 0755));
	CHECK_OK(symlink("loop", "loop"));

	CHECK_ERR(open("", O_RDONLY), ENOENT);
	CHECK_ERR(open("none", O_RDONLY), ENOENT);
	CHECK_ERR(open("none/", O_RDONLY), ENOENT);
	CHECK_ERR(open("none/x", O_CREAT | O_RDWR, 0600), ENOENT);
	CHECK_ERR(open("file/x", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("file/", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("file/.", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("file/..", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("loop", O_RDONLY), ELOOP);
	CHECK_ERR(open("loop/x", O_RDONLY), ELOOP);
	CHECK_ERR(open("new/", O_CREAT | O_RDWR, 0600), EISDIR);
	CHECK_ERR(open("dir/", O_CREAT | O_RDWR, 0600), EISDIR);
	CHECK_ERR(open("dir/.", O_RDWR), EISDIR);
	CHECK_ERR(open("dir/..", O_CREAT | O_RDWR, 0600), EISDIR);
	CHECK_ERR(open("/", O_CREAT | O_RDWR, 0600), EISDIR);

	/* 255 characters are a name, 256 are not; 4095 are a path, 4096 are not. */
	memset(longname, 'n', sizeof(longname));
	longname[255] = 0;
	fd = CHECK_OK(open(longname, O_CREAT | O_RDWR, 0600));
	close(fd);
	longname[255] = 'n';
	longname[256] = 0;
	CHECK_ERR(open(longname, O_CREAT | O_RDWR, 0600), ENAMETOOLONG);
	CHECK_ERR(open(longname, O_RDONLY), ENAMETOOLONG);
	memset(path, '/', sizeof(path));
	strcpy(path + 4095 - 3, "dev");
	fd = CHECK_OK(open(path, O_RDONLY));
	close(fd);
	memset(path, '/', sizeof(path));
	strcpy(path + 4096 - 3, "dev");
	CHECK_ERR(open(path, O_RDONLY), ENAMETOOLONG);

	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_open, p, O_RDONLY, 0), EFAULT);
		CHECK_ERR(syscall(SYS_openat, AT_FDCWD, p, O_CREAT | O_RDWR, 0600), EFAULT);
		CHECK_ERR(syscall(SYS_creat, p, 0600), EFAULT);
	}
	/* A string may end at the last byte before a hole, but not run into it. */
	end = edge(5);
	memcpy(end, "file", 5);
	fd = CHECK_OK(open(end, O_RDONLY));
	close(fd);
	memcpy(end, "./fil", 5);
	CHECK_ERR(open(end, O_RDONLY), EFAULT);

	CHECK_ERR(syscall(SYS_openat, -1, "file", O_RDONLY), EBADF);
	CHECK_ERR(syscall(SYS_openat, 9999, "file", O_RDONLY), EBADF);
	fd = NEED(open("file", O_RDONLY));
	CHECK_ERR(openat(fd, "x", O_RDONLY), ENOTDIR);
	CHECK_ERR(openat(fd, "", O_RDONLY), ENOENT);
	close(fd);

	/* creat is open(O_CREAT|O_WRONLY|O_TRUNC). */
	fd = CHECK_OK(syscall(SYS_creat, "file", 0600));
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	CHECK_EQ(stat_of("file").st_size, 0);
	close(fd);

	/* Out of descriptors. */
	CHECK_OK(getrlimit(RLIMIT_NOFILE, &rl));
	fd = NEED(open("file", O_RDONLY));
	rl.rlim_cur = fd + 1;
	CHECK_OK(setrlimit(RLIMIT_NOFILE, &rl));
	CHECK_ERR(open("file", O_RDONLY), EMFILE);
	CHECK_ERR(open("uncreated", O_CREAT | O_RDWR, 0600), EMFILE);
	CHECK_ERR(access("uncreated", F_OK), ENOENT);
	close(fd);
	CHECK_EQ(open("file", O_RDONLY), fd);
	return abi_done();
}
