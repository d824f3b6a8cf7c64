/* SPDX-License-Identifier: MIT */
/*
 * Storms of several processes or threads on the same objects: names, mounts, descriptors, locks, futexes, timers; and
 * hogs, which take one kind of thing until there is no more. Each runs in a child of its own (storms.c).
 */
#include "fuzz.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/uio.h>

#define SHARED	((char *)0x310000000000)

/* `n` copies of this process run `fn`; the first one waits for the others. Some are killed on the way. */
static void together(struct rng *r, int n, void (*fn)(struct rng *))
{
	int pids[8], i;

	for (i = 0; i < n; i++) {
		pids[i] = fork();
		r->s = r->s * 6364136223846793005 + i;
		if (!pids[i]) {
			fn(r);
			_exit(0);
		}
	}
	fn(r);
	for (i = 0; i < n; i++)
		if (pids[i] > 1 && !pick(r, 3))
			kill(pids[i], SIGKILL);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

static char *tree_path(struct rng *r, char *buf)
{
	int depth = 1 + pick(r, 4);

	strcpy(buf, "/sticky/t");
	while (depth--)
		sprintf(buf + strlen(buf), "/%c", 'a' + pick(r, 4));
	if (!pick(r, 20))
		strcat(buf, pick(r, 2) ? "/.." : "/.");
	return buf;
}

static void tree(struct rng *r)
{
	char a[200], b[200], buf[1000];
	struct stat st;
	int fd = -1;

	for (int i = 0; i < 400; i++) {
		tree_path(r, a);
		tree_path(r, b);
		switch (pick(r, 16)) {
		case 0 ... 2:
			mkdir(a, 0777);
			break;
		case 3:
			rmdir(a);
			break;
		case 4:
			close(open(a, O_CREAT | O_RDWR | (pick(r, 3) ? 0 : O_EXCL), 0666));
			break;
		case 5:
			unlink(a);
			break;
		case 6 ... 8:
			syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, pick(r, 3) ? 0 : pick(r, 8));
			break;
		case 9:
			link(a, b);
			break;
		case 10:
			symlink(pick(r, 2) ? b : "../a", a);
			break;
		case 11:
			stat(a, &st);
			break;
		case 12:
			if (!chdir(a) && pick(r, 2))
				getcwd(buf, sizeof(buf));
			break;
		case 13:
			close(fd);
			fd = open(a, O_RDONLY | O_NONBLOCK);
			break;
		case 14:
			syscall(SYS_getdents64, fd, buf, pick(r, sizeof(buf)));
			if (pick(r, 2))
				lseek(fd, pick(r, 10), SEEK_SET);
			break;
		case 15:
			openat(fd, pick(r, 2) ? "a/b" : "../b", O_CREAT | O_RDWR, 0666);
			for (int k = 60; k < 80; k++)
				close(k);
		}
	}
}

static void names(struct rng *r)
{
	mkdir("/sticky/t", 0777);
	together(r, 3, tree);
}

static void mounting(struct rng *r)
{
	static const char *const types[] = { "tmpfs", "proc", "devtmpfs", "tmpfs" };
	static const int flags[] = { 0, 0, MS_BIND, MS_BIND | MS_REC, MS_MOVE, MS_REMOUNT | MS_BIND | MS_RDONLY, MS_REMOUNT,
		MS_PRIVATE, MS_RDONLY };
	char a[200], b[200];

	for (int i = 0; i < 100; i++) {
		tree_path(r, a);
		tree_path(r, b);
		switch (pick(r, 8)) {
		case 0 ... 2:
			mount(a, b, types[pick(r, 4)], flags[pick(r, COUNT(flags))], NULL);
			break;
		case 3:
			umount2(a, pick(r, 3) ? MNT_DETACH : 0);
			break;
		case 4:
			if (!pick(r, 5))
				syscall(SYS_pivot_root, a, b);
			else if (!pick(r, 5))
				chroot(a);
			break;
		default:
			tree(r);
			i += 20;
		}
	}
}

static void mounts(struct rng *r)
{
	mkdir("/sticky/t", 0777);
	if (is_root)
		together(r, 2, mounting);
}

/* ---- descriptors ------------------------------------------------------------------------------------------------ */

static void use_fds(struct rng *r)
{
	static char buf[70000];
	struct iovec iov = { buf, 5000 };
	struct pollfd pfd[20];
	struct timespec ts = { 0, 1000 };
	int p[2];

	for (int i = 0; i < 300; i++) {
		int fd = 60 + pick(r, 20), other = 60 + pick(r, 20);

		switch (pick(r, 16)) {
		case 0:
			dup2(fd, other);
			break;
		case 1:
			close(fd);
			break;
		case 2:
			if (!pipe2(p, pick(r, 3) ? O_NONBLOCK : 0)) {
				dup2(p[0], fd);
				dup2(p[1], other);
				close(p[0]);
				close(p[1]);
			}
			break;
		case 3:
		case 4:
			(void)!write(fd, buf, pick(r, pick(r, 9) ? 5000 : sizeof(buf)));
			break;
		case 5:
		case 6:
			(void)!read(fd, buf, pick(r, pick(r, 9) ? 5000 : sizeof(buf)));
			break;
		case 7:
			for (int k = 0; k < 20; k++)
				pfd[k] = (struct pollfd){ 60 + pick(r, 20), rnd(r), 0 };
			syscall(SYS_ppoll, pfd, 20, &ts, NULL, 8);
			break;
		case 8:
			fd = open(pick(r, 2) ? "/fifo" : "/f1", (pick(r, 3) ? O_NONBLOCK : 0) | pick(r, 3));
			dup2(fd, other);
			close(fd);
			break;
		case 9:
			fcntl(fd, 1031, pick(r, 2) ? pick(r, 200000) : rnd(r));
			break;
		case 10:
			syscall(SYS_sendfile, fd, other, NULL, pick(r, 100000));
			break;
		case 11:
			readv(fd, &iov, 1);
			break;
		case 12:
			fcntl(fd, F_SETFL, pick(r, 2) ? O_NONBLOCK : rnd(r));
			break;
		case 13:
			syscall(SYS_splice, fd, NULL, other, NULL, pick(r, 100000), pick(r, 16));
			break;
		case 14:
			syscall(SYS_close_range, fd, other, pick(r, 8));
			break;
		case 15:
			if (!pick(r, 10) && !fork())
				_exit(0);
		}
	}
}

static int thread_fds(void *arg)
{
	use_fds(&(struct rng){ (u64)arg | 1 });
	raw(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

static void descriptors(struct rng *r)
{
	static char stacks[3][32768] __attribute__((aligned(16)));

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 3; i++)
		clone(thread_fds, stacks[i] + 32000, CLONE_VM | CLONE_FILES | CLONE_SIGHAND | (pick(r, 2) ? CLONE_THREAD : CLONE_FS),
		      (void *)rnd(r));
	use_fds(r);
	if (!pick(r, 3))	/* exec with threads about */
		execl("/proc/self/exe", "x", NULL);
}

/* ---- locks ------------------------------------------------------------------------------------------------------- */

static void lock_files(struct rng *r)
{
	static const char *const files[] = { "/f0", "/f1", "/f2" };
	int fds[4], fd;

	for (int i = 0; i < 4; i++)
		fds[i] = open(files[pick(r, 3)], O_RDWR);
	for (int i = 0; i < 300; i++) {
		static const int cmds[] = { F_SETLK, F_SETLKW, F_GETLK, 36, 37, 38, F_SETLK };
		struct flock fl = { .l_type = pick(r, 3), .l_whence = pick(r, 3), .l_start = pick(r, 40),
			.l_len = (int)pick(r, 40) - 10 };

		if (!pick(r, 15))
			fl.l_start = rnd(r) << pick(r, 16);
		if (!pick(r, 15))
			fl.l_len = rnd(r) << pick(r, 16);
		fd = fds[pick(r, 4)];
		if (!pick(r, 4))
			flock(fd, pick(r, 16));
		else if (!pick(r, 30))
			close(dup(fd));
		else
			fcntl(fd, cmds[pick(r, COUNT(cmds))], &fl);
	}
}

static void locks(struct rng *r)
{
	together(r, 4, lock_files);
}

/* ---- futexes ----------------------------------------------------------------------------------------------------- */

static void use_futexes(struct rng *r)
{
	u64 *list = (u64 *)(SHARED + PAGE);

	for (int i = 0; i < 500; i++) {
		struct timespec ts = { 0, pick(r, 200000) };
		unsigned int *f = (unsigned int *)SHARED + pick(r, 4), *g = (unsigned int *)SHARED + pick(r, 4);
		int op = pick(r, 14) | (pick(r, 2) ? 128 : 0);

		if (!pick(r, 3))
			*f = pick(r, 2) ? raw(SYS_gettid, 0, 0, 0, 0, 0, 0) | (pick(r, 3) ? 0 : 1U << 31) : pick(r, 4);
		syscall(SYS_futex, f, op, pick(r, 3), op % 128 == 3 || op % 128 == 4 || op % 128 == 5 || op % 128 == 12 ?
			(void *)(u64)pick(r, 5) : (void *)&ts, pick(r, 9) ? g : (unsigned int *)rnd(r), pick(r, 3));
	}
	/* A robust list made of anything, then the end. */
	for (int i = 0; i < 64; i++)
		list[i] = (u64)(list + pick(r, 64)) | (pick(r, 5) ? 0 : pick(r, 8));
	if (!pick(r, 3))
		fill(r, list, 100, 64);
	list[1] = pick(r, 3) ? (u64)pick(r, 64) * 4 - 128 : rnd(r);
	syscall(SYS_set_robust_list, list, 24);
	syscall(SYS_set_tid_address, pick(r, 2) ? (char *)rnd(r) : SHARED + pick(r, PAGE * 3));
}

static void futexes(struct rng *r)
{
	mmap(SHARED, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | (pick(r, 4) ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
	together(r, 3, use_futexes);
}

/* ---- timers ------------------------------------------------------------------------------------------------------ */

static void handled(int sig)
{
}

static void timers(struct rng *r)
{
	int ids[16] = { 0 };

	for (int i = 32; i < 65; i++)
		signal(i, pick(r, 2) ? handled : SIG_IGN);
	signal(SIGALRM, handled);
	signal(SIGPROF, handled);
	signal(SIGVTALRM, handled);
	for (int i = 0; i < 400; i++) {
		struct sigevent ev = { .sigev_notify = pick(r, 5), .sigev_signo = 30 + pick(r, 36) };
		struct itimerspec its = { { 0, pick(r, 3) ? 0 : pick(r, 30000) }, { 0, pick(r, 100000) } }, old;
		struct itimerval itv = { { 0, pick(r, 200) }, { 0, pick(r, 2000) } };
		int n = pick(r, 16);

		ev._sigev_un._tid = raw(SYS_gettid, 0, 0, 0, 0, 0, 0) + (pick(r, 5) ? 0 : 1);
		switch (pick(r, 8)) {
		case 0 ... 1:
			syscall(SYS_timer_create, pick(r, 2) ? pick(r, 12) : 1, pick(r, 4) ? &ev : NULL, &ids[n]);
			break;
		case 2:
			if (!pick(r, 4))
				fill(r, &its, sizeof(its), 64);
			syscall(SYS_timer_settime, ids[n], pick(r, 2), &its, &old);
			break;
		case 3:
			syscall(SYS_timer_delete, ids[n]);
			break;
		case 4:
			syscall(SYS_timer_gettime, ids[n], &old);
			syscall(SYS_timer_getoverrun, ids[n]);
			break;
		case 5:
			setitimer(pick(r, 3), &itv, NULL);
			break;
		case 6:
			syscall(SYS_clock_nanosleep, pick(r, 2), pick(r, 2), &its.it_value, NULL);
			break;
		case 7:
			for (volatile int k = 0; k < 20000; k++)
				;
			if (!pick(r, 20) && !fork())
				_exit(0);
		}
	}
}

/* ---- event files ------------------------------------------------------------------------------------------------- */

static int event_fd(struct rng *r, int p[2])
{
	u64 mask = rnd(r);

	switch (pick(r, 8)) {
	case 0 ... 1:
		return syscall(SYS_epoll_create1, 0);
	case 2:
		return syscall(SYS_eventfd2, pick(r, 5), O_NONBLOCK | (pick(r, 2)));
	case 3:
		return syscall(SYS_timerfd_create, pick(r, 2), O_NONBLOCK);
	case 4:
		return syscall(SYS_signalfd4, -1, &mask, 8, O_NONBLOCK);
	case 5:
		return open(pick(r, 2) ? "/fifo" : "/proc/mounts", O_RDWR | O_NONBLOCK);
	default:
		if (pipe2(p, O_NONBLOCK))
			return -1;
		dup2(p[1], 60 + pick(r, 20));
		close(p[1]);
		return p[0];
	}
}

static void use_events(struct rng *r)
{
	static char buf[4096];

	for (int i = 0; i < 500; i++) {
		struct epoll_event ev = { pick(r, 2) ? pick(r, 32) : rnd(r) << pick(r, 20), { 0 } }, got[8];
		struct itimerspec its = { { 0, pick(r, 3) ? 0 : pick(r, 300000) }, { 0, pick(r, 100000) } };
		int fd = 60 + pick(r, 20), other = 60 + pick(r, 20), p[2], new;
		u64 mask = rnd(r);

		switch (pick(r, 12)) {
		case 0:
			new = event_fd(r, p);
			dup2(new, fd);
			close(new);
			break;
		case 1 ... 3:
			epoll_ctl(fd, 1 + pick(r, 3), other, &ev);
			break;
		case 4:
			syscall(SYS_epoll_wait, fd, got, 1 + pick(r, 8), pick(r, 3));
			break;
		case 5:
			close(fd);
			break;
		case 6:
			dup2(fd, other);
			break;
		case 7:
			(void)!write(fd, &mask, pick(r, 2) ? 8 : pick(r, 4000));
			break;
		case 8:
			(void)!read(fd, buf, pick(r, 2) ? 8 : pick(r, 4000));
			break;
		case 9:
			syscall(SYS_timerfd_settime, fd, pick(r, 4), &its, pick(r, 2) ? (void *)buf : NULL);
			break;
		case 10:
			if (pick(r, 2))
				syscall(SYS_signalfd4, fd, &mask, 8, 0);
			else
				kill(getpid(), SIGUSR1);
			break;
		case 11:
			poll(&(struct pollfd){ fd, rnd(r), 0 }, 1, pick(r, 2));
			if (!pick(r, 20) && !fork())
				_exit(0);
		}
	}
}

static int thread_events(void *arg)
{
	use_events(&(struct rng){ (u64)arg | 1 });
	raw(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

static void events(struct rng *r)
{
	static char stacks[2][32768] __attribute__((aligned(16)));

	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, handled);
	for (int i = 0; i < 2; i++)
		clone(thread_events, stacks[i] + 32000, CLONE_VM | CLONE_FILES | CLONE_SIGHAND | (pick(r, 2) ? CLONE_THREAD : CLONE_FS),
		      (void *)rnd(r));
	use_events(r);
}

/* ---- hogs -------------------------------------------------------------------------------------------------------- */

static void hog(struct rng *r)
{
	static char buf[65536];
	char name[64], *p;
	int how = pick(r, 14), fd, q[2];
	struct rlimit many = { 20000, 20000 };
	unsigned long limit = 1UL << 30;

	if (is_root)
		setrlimit(RLIMIT_NOFILE, &many);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ limit, limit });
	chdir("/sticky");
	fd = syscall(SYS_memfd_create, "hog", 0);
	for (unsigned long i = 0; i < 30000; i++) {
		switch (how) {
		case 0:		/* memory */
			p = mmap(NULL, 64 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
			if (p == MAP_FAILED)
				return;
			memset(p, 1, 64 * PAGE);
			break;
		case 1:		/* page tables */
			p = mmap((void *)(0x400000000000 + i * (1UL << 21)), PAGE, 3, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (p == MAP_FAILED)
				return;
			*p = 1;
			break;
		case 2:		/* pages of a file */
			if (write(fd, buf, sizeof(buf)) <= 0)
				return;
			break;
		case 3:		/* pipes */
			if (pipe2(q, O_NONBLOCK))
				return;
			fcntl(q[1], 1031, 1 << 20);
			(void)!write(q[1], buf, sizeof(buf));
			break;
		case 4:		/* processes */
			if (i > 2000 || fork() < 0)
				return;
			*(volatile char *)buf = 1;
			break;
		case 5:		/* areas */
			if (mmap(NULL, PAGE, i & 1 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
				return;
			break;
		case 6:		/* directories, ever deeper */
			if (mkdir("deep", 0777) || chdir("deep"))
				return;
			break;
		case 7:		/* files */
			sprintf(name, "hog%ld-%d", i, (int)getpid());
			close(open(name, O_CREAT | O_WRONLY, 0666));
			break;
		case 8:		/* open files */
			if (open("/f1", O_RDONLY) < 0)
				return;
			break;
		case 9:		/* timers */
			if (syscall(SYS_timer_create, 1, NULL, buf))
				return;
			break;
		case 10: {	/* locks */
			struct flock fl = { .l_type = F_WRLCK, .l_start = i * 2, .l_len = 1 };

			if (i > 3000 || fcntl(fd, F_SETLK, &fl))
				return;
			break;
		}
		case 11: {	/* signals */
			sigset_t set;

			sigfillset(&set);
			sigprocmask(SIG_BLOCK, &set, NULL);
			if (sigqueue(getpid(), 40, (union sigval){ 0 }))
				return;
			break;
		}
		case 12: {	/* arguments */
			static char *argv[3000];

			memset(buf, 'x', sizeof(buf) - 1);
			for (int k = 0; k < 2999; k++)
				argv[k] = buf + pick(r, pick(r, 9) ? 1000 : 60000);
			execve("/proc/self/exe", argv, argv);
			return;
		}
		case 13: {	/* groups */
			static int groups[65536];

			syscall(SYS_setgroups, pick(r, 65537), groups);
			if (i > 20)
				return;
			if (!pick(r, 3) && !fork())
				usleep(1000), _exit(0);
		}
		}
	}
}

static void hogs(struct rng *r)
{
	together(r, pick(r, 4), hog);
}

void race(struct rng *r)
{
	static void (*const races[])(struct rng *) = {
		names, mounts, descriptors, locks, futexes, timers, events, events, hogs,
	};

	races[pick(r, COUNT(races))](r);
}
