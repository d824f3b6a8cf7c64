/* SPDX-License-Identifier: MIT */
/* Names of files in the box, good and bad ones, and the files that a batch has open from the start. */
#include "fuzz.h"

/* ---- paths ----------------------------------------------------------------------------------------------------- */

static const char *const names[] = {
	"f0", "f1", "f2", "f3", "d", "d/d", "d/d/d", "d/d/f", "fifo", "l1", "loop", "dangling", "ld", "sparse", "blk",
	"suid", "locked", "locked/f", "sticky", "m", "m/x", "m/y", "dev/null", "dev/zero", "dev/full", "dev/random",
	"dev/tty", "dev/none", "proc", "new", "new2", "d/new", "d/new/x", ".", "..", "", "/", "f1/", "f1/x",
	"d/", "fifo/", "proc/self/maps", "proc/self/mem", "proc/self/fd", "proc/self/exe", "proc/self/cwd",
	"proc/self/root", "proc/self/environ", "proc/self/task", "proc/self/comm", "proc/self/oom_score_adj",
	"proc/self/stat", "proc/self/status", "proc/self/fdinfo", "proc/meminfo", "proc/slabinfo", "proc/mounts",
	"proc/kallsyms", "proc/sys", "proc/sys/kernel/hostname", "proc/self/auxv", "proc/self/pagemap",
	"proc/thread-self", "proc/self/limits", "proc/self/smaps", "proc/self/mountinfo", "pself/fd/3", "pself/cwd/f1",
};

/* Follow random names down from /proc. */
static void proc_path(struct rng *r, char *buf)
{
	char entries[1024];
	int fd, n, depth = 1 + pick(r, 4), len;

	strcpy(buf, pick(r, 2) ? "/proc" : "/proc/self");
	while (depth--) {
		char *at = entries, *name = NULL;
		int seen = 0;

		fd = raw(SYS_open, (long)buf, O_RDONLY | O_DIRECTORY, 0, 0, 0, 0);
		if (fd < 0)
			return;
		if (pick(r, 2))
			raw(SYS_lseek, fd, pick(r, 300), SEEK_SET, 0, 0, 0);
		n = raw(SYS_getdents64, fd, (long)entries, sizeof(entries), 0, 0, 0);
		raw(SYS_close, fd, 0, 0, 0, 0, 0);
		while (at < entries + n) {
			if (at[19] != '.' && !pick(r, ++seen))
				name = at + 19;
			at += *(unsigned short *)(at + 16);
		}
		if (!name)
			return;
		len = strlen(buf);
		snprintf(buf + len, 250 - len, "/%s", name);
	}
}

/* buf has room for 5000 bytes. */
const char *random_path(struct rng *r, char *buf)
{
	int n;

	switch (pick(r, 14)) {
	case 0:
		proc_path(r, buf);
		return buf;
	case 1:		/* around NAME_MAX */
		n = 253 + pick(r, 5);
		memset(buf, 'n', n);
		buf[n] = 0;
		return buf;
	case 2:		/* around PATH_MAX */
		n = 4090 + pick(r, 9);
		for (int i = 0; i < n; i++)
			buf[i] = "./"[i & 1];
		buf[n] = 0;
		return buf;
	case 3:		/* deep */
		buf[0] = 0;
		for (n = 1 + pick(r, 30); n; n--)
			strcat(buf, "d/../" + (pick(r, 5) ? 0 : 2));
		return strcat(buf, names[pick(r, COUNT(names))]);
	case 4:		/* noise */
		n = pick(r, 40);
		for (int i = 0; i < n; i++)
			buf[i] = pick(r, 3) ? 1 + pick(r, 255) : "/.%s"[pick(r, 4)];
		buf[n] = 0;
		return buf;
	case 5:
		sprintf(buf, "/proc/self/fd/%d", pick(r, FDS));
		return buf;
	case 6:
		sprintf(buf, "/m/%d", pick(r, 20));
		return buf;
	case 7:
		sprintf(buf, "/%s/%s", names[pick(r, COUNT(names))], names[pick(r, COUNT(names))]);
		return buf;
	default:
		sprintf(buf, "%s%s", pick(r, 2) ? "/" : "", names[pick(r, COUNT(names))]);
		return buf;
	}
}
static void put_at(int fd, int where)
{
	if (fd >= 0 && fd != where) {
		dup2(fd, where);
		close(fd);
	}
}

void open_files(struct rng *r)
{
	static const char *const files[] = {
		"/f0", "/f1", "/f2", "/f3", "/d", "/", "/d/d/f", "/sparse", "/fifo", "/dev/null", "/dev/zero", "/dev/full",
		"/dev/random", "/dev/tty", "/dev/ttyS0", "/proc", "/proc/self/maps", "/proc/self/mem", "/proc/self/fd",
		"/proc/self/stat", "/proc/self/status", "/proc/self/environ", "/proc/self/cmdline", "/proc/self/pagemap",
		"/proc/self/smaps", "/proc/kallsyms", "/proc/meminfo", "/proc/self/mounts", "/proc/sys/kernel/hostname",
		"/proc/self/comm", "/proc/self/task", "/m/y",
	};
	static const int modes[] = { O_RDONLY, O_RDWR, O_WRONLY, O_RDWR | O_APPEND, O_PATH, O_RDWR | O_CREAT };
	int p[2], fd;

	for (unsigned int i = 0; i < COUNT(files); i++) {
		if (!strcmp(files[i], "/dev/ttyS0") && pick(r, 4))
			continue;	/* it is the console: noise in the log */
		fd = open(files[i], modes[pick(r, COUNT(modes))] | O_NONBLOCK | O_NOCTTY, 0666);
		if (fd < 0)
			open(files[i], O_RDONLY | O_NONBLOCK | O_NOCTTY);
	}
	open("/m", O_TMPFILE | O_RDWR, 0600);
	while ((fd = open("/f2", O_RDWR)) >= 0 && fd < FD_EPOLL - 1)
		;
	for (int i = 0; i < 2; i++)
		put_at(syscall(SYS_epoll_create1, 0), FD_EPOLL + i);
	put_at(syscall(SYS_timerfd_create, 1, O_NONBLOCK), FD_TIMER);
	put_at(syscall(SYS_signalfd4, -1, &(u64){ rnd(r) }, 8, O_NONBLOCK), FD_SIGNAL);
	put_at(syscall(SYS_eventfd2, pick(r, 3), O_NONBLOCK), FD_EVENT);
	if (!pipe2(p, O_NONBLOCK)) {
		if (pick(r, 2))
			(void)!write(p[1], files, sizeof(files));
		put_at(p[0], FD_PIPE);
		put_at(p[1], FD_PIPE + 1);
	}
	(void)!pipe2(p, pick(r, 4) ? O_NONBLOCK : O_DIRECT);
	put_at(syscall(SYS_memfd_create, "fuzz", 2), FD_MEMORY);
	(void)!ftruncate(FD_MEMORY, 2 * PAGE + 10);
	fd = syscall(SYS_memfd_create, "sealed", 3);
	fcntl(fd, 1033, pick(r, 32));
}
