/* SPDX-License-Identifier: MIT */
/*
 * File calls with every kind of argument that walk decodes, right and wrong ones. The traces of
 * Linux and of Vitrix must be the same text, so nothing here depends on time or on free space.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

#define CALL(name, ...) syscall(SYS_##name, __VA_ARGS__)
#define BAD ((void *)8)

static char buf[4096];
static struct stat st;

static void opening(void)
{
	open("new", O_RDWR | O_CREAT | O_EXCL | O_NOCTTY | O_APPEND | O_NONBLOCK | O_SYNC | O_NOFOLLOW |
	     O_NOATIME | O_CLOEXEC, 0644);
	open("new", O_RDWR | O_CREAT | O_EXCL, 0600);
	open(".", O_PATH | O_DIRECTORY);
	open("missing", O_WRONLY | O_TRUNC);
	open(BAD, O_RDONLY);
	open(NULL, O_RDONLY);
	CALL(open, "missing", O_RDONLY);
	creat("created", 0640);
	close(99);
	CALL(openat2, AT_FDCWD, "missing", (long[]){ O_RDWR | O_CREAT, 0600, 0 }, 12);
}

static void asking(void)
{
	CALL(stat, "new", &st);
	CALL(lstat, "/proc/self/exe", &st);
	CALL(fstat, 3, &st);
	stat("/dev/null", &st);
	stat("new", BAD);
	lstat("missing", &st);
	CALL(newfstatat, 3, "", &st, AT_EMPTY_PATH | AT_NO_AUTOMOUNT);
	access("new", F_OK);
	access("new", R_OK | X_OK);
	faccessat(AT_FDCWD, "new", W_OK, 0);
	CALL(faccessat2, AT_FDCWD, "missing", R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW);
	statx(AT_FDCWD, "missing", AT_STATX_DONT_SYNC | AT_EMPTY_PATH, STATX_MODE | STATX_SIZE, (void *)buf);
	CALL(getcwd, buf, sizeof buf);
	CALL(getcwd, buf, 1);
	readlink("missing", buf, 10);
	umask(022);
}

static void moving(int fd)
{
	int p[2];

	CALL(pipe, p);
	pipe2(p, O_CLOEXEC | O_NONBLOCK);
	memset(buf, 0, sizeof buf);
	memcpy(buf, "tab\t nl\n esc\033 nul\0 7 \001\0018 quote\" back\\ high\377", 46);
	write(p[1], buf, 46);
	write(p[1], buf, 4000);
	read(p[0], buf, 100);
	read(p[0], buf, 0);
	read(-1, buf, 10);
	write(p[1], BAD, 10);
	struct iovec out[3] = { { "ab", 2 }, { "cde", 3 }, { buf, 50 } };
	struct iovec in[2] = { { buf, 3 }, { buf + 100, 60 } };

	writev(p[1], out, 3);
	readv(p[0], in, 2);
	readv(-1, in, 2);
	writev(-1, BAD, 2);
	writev(-1, out, 0);
	pwrite(fd, "position", 8, 100);
	pread(fd, buf, 8, 100);
	pread(fd, buf, 8, 104);
	preadv(-1, in, 2, 55);
	pwritev(-1, out, 1, 5);
	lseek(fd, 5, SEEK_SET);
	lseek(fd, 0, SEEK_END);
	lseek(fd, 0, 77);
	ftruncate(fd, 50);
	truncate("created", 20);
	fsync(fd);
	sendfile(p[1], open("created", O_RDONLY), NULL, 5);
	off_t from = 3;
	sendfile(p[1], open("created", O_RDONLY), &from, 5);
	dup(fd);
	dup2(fd, 50);
	dup3(fd, 51, O_CLOEXEC);
	dup3(fd, fd, 0);
}

static void commands(int fd)
{
	struct flock fl = { F_RDLCK, SEEK_SET, 1, 2, 0 };
	int n = 0;

	fcntl(fd, F_GETFL);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	fcntl(fd, F_DUPFD, 60);
	fcntl(fd, F_DUPFD_CLOEXEC, 60);
	fcntl(fd, F_SETLK, &fl);
	fl.l_type = F_WRLCK;
	fcntl(fd, F_GETLK, &fl);
	fcntl(fd, F_SETLKW, BAD);
	fcntl(fd, 99, 7);
	flock(fd, LOCK_EX | LOCK_NB);
	flock(fd, LOCK_UN);
	ioctl(fd, TCGETS, buf);
	ioctl(fd, TIOCGWINSZ, buf);
	ioctl(fd, FIONBIO, &n);
	ioctl(fd, FIOCLEX);
	ioctl(fd, 0x1234, 5);
}

static void names(void)
{
	struct timespec when[2] = { { 1000, 5 }, { 0, UTIME_OMIT } };
	struct timeval old[2] = { { 1, 2 }, { 3, 4 } };

	mkdir("dir", 0755);
	mkdirat(AT_FDCWD, "dir", 0700);
	chdir("dir");
	chdir("..");
	rmdir("dir");
	symlink("new", "link");
	readlink("link", buf, 100);
	readlink("link", buf, 2);
	link("new", "hard");
	rename("hard", "harder");
	CALL(renameat2, AT_FDCWD, "harder", AT_FDCWD, "new", RENAME_NOREPLACE);
	chmod("harder", 04755);
	chown("harder", -1, 0);
	fchownat(AT_FDCWD, "harder", 1, 2, AT_SYMLINK_NOFOLLOW);
	unlink("harder");
	unlinkat(AT_FDCWD, "harder", 0);
	unlinkat(AT_FDCWD, "missing", AT_REMOVEDIR);
	mknod("fifo", S_IFIFO | 0600, 0);
	mknod("null", S_IFCHR | 0600, makedev(1, 3));
	utimensat(AT_FDCWD, "new", when, 0);
	utimensat(AT_FDCWD, "missing", NULL, AT_SYMLINK_NOFOLLOW);
	CALL(utimes, "missing", old);
	CALL(getdents64, open("/dev/fd", O_RDONLY | O_DIRECTORY), buf, 1);
	CALL(getdents64, 3, buf, 100);
	getxattr("new", "user.x", buf, 10);
	umount2("missing", MNT_DETACH);
	mount("none", "missing", "proc", MS_NOSUID | MS_RDONLY, NULL);
}

static void waiting(int fd)
{
	int p[2];

	CALL(pipe2, p, 0);
	struct pollfd f[2] = { { p[0], POLLIN | POLLPRI, 0 }, { p[1], POLLOUT, 0 } };
	struct timespec now = { 0, 0 };
	struct timeval tv = { 0, 0 };
	fd_set r, w;

	poll(f, 2, 10);
	poll(f, 0, 1);
	poll(f, 1, 0);
	f[0].fd = -1;
	ppoll(f, 2, &now, NULL);
	CALL(poll, BAD, 2, 0);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	CALL(select, p[1] + 1, &r, &w, NULL, NULL);
	CALL(select, 0, NULL, NULL, NULL, &tv);
	FD_ZERO(&r);
	CALL(pselect6, p[1] + 1, &r, NULL, NULL, &now, NULL);
	CALL(select, 20, BAD, NULL, NULL, NULL);
	int e = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev = { EPOLLOUT | EPOLLET, { .u64 = 0x123456789abcULL } }, got[4];

	epoll_ctl(e, EPOLL_CTL_ADD, p[1], &ev);
	epoll_ctl(e, EPOLL_CTL_MOD, p[0], &ev);
	epoll_wait(e, got, 4, 100);
	epoll_wait(e, got, 4, 0);
	epoll_ctl(e, EPOLL_CTL_DEL, p[1], NULL);
	epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev);
	eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK);
	timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	getrandom(buf, 5, GRND_NONBLOCK);
	CALL(memfd_create, "name", 1);
	CALL(close_range, 100, ~0U, 0);
}

static void memory(int fd)
{
	char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(m, 4096, PROT_NONE);
	mprotect(m, 4096, PROT_READ | PROT_WRITE);
	madvise(m, 4096, MADV_DONTNEED);
	madvise(m, 1, 99);
	msync(m, 4096, MS_SYNC);
	mremap(m, 8192, 4096, 0);
	munmap(m, 8192);
	mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0x1000);
	mmap(NULL, 0, PROT_READ, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, 0);
	mmap(NULL, 4096, 7, 0, 3, 0);
	munmap((void *)1, 1);
}

int main(void)
{
	int fd;

	opening();
	fd = open("new", O_RDWR);
	asking();
	moving(fd);
	commands(fd);
	names();
	waiting(fd);
	memory(fd);
	return 3;
}
