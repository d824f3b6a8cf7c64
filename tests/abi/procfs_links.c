/* SPDX-License-Identifier: MIT */
/* /proc/self and the links exe, cwd, root, fd; directories task and fd; owner and modes. */
#include "abi.h"
#include <dirent.h>

static char *link_text(const char *path)
{
	static char buf[4200];
	int n = readlink(path, buf, sizeof(buf) - 1);

	if (n < 0)
		FAIL("readlink %s: %s", path, strerror(errno));
	buf[n < 0 ? 0 : n] = 0;
	return buf;
}

static volatile int stop;

static void *thread(void *arg)
{
	*(volatile pid_t *)arg = syscall(SYS_gettid);
	while (!stop)
		msleep(2);
	return NULL;
}

static int list(const char *path, const char *want)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int found = 0;

	if (!d) {
		FAIL("opendir %s: %s", path, strerror(errno));
		return 0;
	}
	while ((e = readdir(d)))
		found += !strcmp(e->d_name, want);
	closedir(d);
	return found;
}

int main(void)
{
	char want[4200], path[64], cwd[4096];
	volatile pid_t tid = 0;
	struct stat a, b;
	pthread_t t;
	int fd;

	snprintf(want, sizeof(want), "%d", getpid());
	CHECK_STR(link_text("/proc/self"), want);
	CHECK_EQ(list("/proc", want), 1);
	CHECK_EQ(list("/proc", "1"), 1);
	CHECK_EQ(list("/proc", "self"), 1);
	CHECK_EQ(list("/proc", "meminfo"), 1);
	snprintf(want, sizeof(want), "%d/task/%ld", getpid(), syscall(SYS_gettid));
	CHECK_STR(link_text("/proc/thread-self"), want);

	CHECK_OK(syscall(SYS_getcwd, cwd, sizeof(cwd)));
	CHECK_STR(link_text("/proc/self/cwd"), cwd);
	CHECK_STR(link_text("/proc/self/root"), "/");
	CHECK_EQ(link_text("/proc/self/exe")[0], '/');
	CHECK_OK(stat("/proc/self/exe", &a));
	CHECK(S_ISREG(a.st_mode) && a.st_size > 10000);
	/* They lead there by themselves, whatever their texts say. */
	put_file("here", "x");
	CHECK_STR(get_file("/proc/self/cwd/here"), "x");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(stat("d", &a));
	IN_CHILD({
		CHECK_OK(chdir("d"));
		CHECK_OK(rmdir("../d"));
		CHECK_OK(stat("/proc/self/cwd", &b));
		CHECK_EQ(a.st_ino, b.st_ino);
		CHECK(strstr(link_text("/proc/self/cwd"), "/d (deleted)"));
	});

	fd = NEED(open("here", O_RDWR | O_APPEND));
	CHECK_EQ(pwrite(fd, "yz", 2, 0), 2);
	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	snprintf(path, sizeof(path), "%d", fd);
	CHECK_EQ(list("/proc/self/fd", path), 1);
	CHECK_EQ(list("/proc/self/fd", "77"), 0);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (!access(path, R_OK)) {
		CHECK(strstr(get_file(path), "pos:\t2\n"));
		CHECK(strstr(get_file(path), "flags:\t0102002\n") ||
		      strstr(get_file(path), "flags:\t02002\n"));
	}

	/* Threads. */
	CHECK_EQ(pthread_create(&t, NULL, thread, (void *)&tid), 0);
	AWAIT(tid);
	snprintf(path, sizeof(path), "%d", tid);
	CHECK_EQ(list("/proc/self/task", path), 1);
	CHECK_EQ(list("/proc", path), 0);	/* not listed, but there */
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	CHECK_OK(access(path, R_OK));
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
	CHECK_STR(get_file(path), get_file("/proc/self/comm"));
	CHECK(strstr(get_file("/proc/self/status"), "\nThreads:\t2\n"));
	stop = 1;
	pthread_join(t, NULL);

	/* Owners and rights. */
	CHECK_OK(stat("/proc/self", &a));
	CHECK_EQ(a.st_mode, S_IFDIR | 0555);
	CHECK_OK(lstat("/proc/self", &a));
	CHECK_EQ(a.st_mode, S_IFLNK | 0777);
	CHECK_OK(stat("/proc/self/fd", &a));
	CHECK_EQ(a.st_mode, S_IFDIR | 0500);
	CHECK_OK(stat("/proc/meminfo", &a));
	CHECK_EQ(a.st_mode, S_IFREG | 0444);
	CHECK_EQ(a.st_size, 0);
	IN_CHILD({
		snprintf(path, sizeof(path), "/proc/%d/fd", getppid());
		become_user(1000);
		CHECK_ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/exe", getppid());
		CHECK_ERR(readlink(path, want, sizeof(want)), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/fdinfo", getppid());
		CHECK_ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/0", getppid());
		CHECK_ERR(open(path, O_RDONLY), EACCES);
		CHECK_ERR(readlink(path, want, sizeof(want)), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/stat", getppid());
		CHECK_OK(open(path, O_RDONLY));
	});
	/* Nothing can be made or removed there. */
	CHECK_ERR(open("/proc/new", O_CREAT | O_RDWR, 0600), ENOENT);
	CHECK(mkdir("/proc/new", 0755) == -1 && (errno == ENOENT || errno == EPERM));
	CHECK(unlink("/proc/meminfo") == -1 && (errno == EPERM || errno == EACCES));
	return abi_done();
}
