/* SPDX-License-Identifier: MIT */
/*
 * Random system calls. syscalls.tbl says what kind each argument is of; most are of that kind and at an edge of it, some
 * are anything. Checked after each call: the error number is one that user space knows, and what came back
 * in memory holds no kernel address and no poison of freed memory.
 */
#include "fuzz.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/uio.h>
#include "fuzz_table.h"

#define ARENA		((char *)0x20000000)	/* 32 bits can point to it */
#define ARENA_PAGES	64
#define FDS		60		/* descriptors that calls_open_files() uses */
#define FILLER		0xa5a5a5a5a5a5a5a5UL
#define CHECKED		512		/* bytes behind an out pointer that are looked through */

/* Sets of flags and enumerations, by the names in syscalls.tbl. Flags are or-ed together, values are not. */
static const struct set {
	const char *name;
	int flags;
	long v[40];
} sets[] = {
	{ "access_mode", 1, { 1, 2, 4 } },
	{ "arch_prctl", 0, { 0x1001, 0x1002, 0x1003, 0x1004, 0x1011, 0x1012, 0x1021, 0x1022 } },
	{ "at_flags", 1, { 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000 } },
	{ "clock", 0, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1, -2, -3, -6, -7, -11, 16 } },
	{ "clone_flags", 1, { 17, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000, 0x10000, 0x20000,
		0x40000, 0x80000, 0x100000, 0x200000, 0x400000, 0x800000, 0x1000000, 0x2000000, 0x4000000,
		0x10000000, 0x20000000, 0x40000000, 0x80000000, 0x100000000, 0x200000000 } },
	{ "epoll_op", 0, { 1, 2, 3 } },
	{ "fadvise", 0, { 0, 1, 2, 3, 4, 5, 6 } },
	{ "falloc_mode", 1, { 1, 2, 4, 8, 16, 32, 64 } },
	{ "fcntl", 0, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 17, 36, 37, 38, 1024, 1025, 1026, 1029, 1030,
		1031, 1032, 1033, 1034, 1035, 1036, 1037, 1038 } },
	{ "flock", 1, { 1, 2, 4, 8, 32 } },
	{ "futex_op", 1, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 128, 256 } },
	{ "idtype", 0, { 0, 1, 2, 3, 4 } },
	{ "ioctl", 0, { 0x5401, 0x5402, 0x5403, 0x5404, 0x5405, 0x5406, 0x5407, 0x5408, 0x5409, 0x540b, 0x540c, 0x540d,
		0x540e, 0x540f, 0x5410, 0x5411, 0x5412, 0x5413, 0x5414, 0x5415, 0x5418, 0x541b, 0x541d, 0x541e,
		0x5420, 0x5421, 0x5422, 0x5423, 0x5424, 0x5425, 0x5429, 0x5450, 0x5451, 0x5452, 0x5460, 0x5422,
		0x80085204, 0x5207, 0x80086601 } },
	{ "itimer", 0, { 0, 1, 2 } },
	{ "madvise", 0, { 0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 100 } },
	{ "map_flags", 1, { 1, 2, 3, 2, 2, 2, 0x10, 0x20, 0x20, 0x20, 0x20, 0x20, 0x40, 0x100, 0x800, 0x2000, 0x4000,
		0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000 } },
	{ "memfd_flags", 1, { 1, 2, 2, 2, 4 } },
	{ "mlock_flags", 1, { 1 } },
	{ "mlockall_flags", 1, { 1, 2, 4 } },
	{ "mount_flags", 1, { 1, 2, 4, 8, 16, 32, 64, 128, 1024, 2048, 4096, 4096, 8192, 16384, 32768, 1 << 16, 1 << 17,
		1 << 18, 1 << 19, 1 << 20, 1 << 21, 1 << 24, 1 << 25, 0xc0ed0000 } },
	{ "mremap_flags", 1, { 1, 2, 4, 1, 1 } },
	{ "msync_flags", 1, { 1, 2, 4 } },
	{ "open_flags", 1, { 1, 2, 2, 2, 3, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x800, 0x800, 0x1000, 0x2000, 0x4000,
		0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x101000, 0x200000, 0x410000 } },
	{ "personality", 1, { 0x0020000, 0x0040000, 0x0080000, 0x0100000, 0x0200000, 0x0400000, 0x0800000, 0x1000000,
		0x2000000, 0x4000000, 0x8000000, 8, -1 } },
	{ "prctl", 0, { 1, 2, 3, 4, 7, 8, 13, 14, 15, 16, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 35, 36, 37, 38, 39, 40,
		41, 42, 47, 50, 52, 53, 55, 56, 60, 62, 0x59616d61, 0x53564d41 } },
	{ "prio_which", 0, { 0, 1, 2 } },
	{ "prot", 1, { 1, 3, 3, 3, 2, 4, 7, 8, 0x1000000, 0x2000000 } },
	{ "random_flags", 1, { 1, 2, 4 } },
	{ "rename_flags", 1, { 1, 2, 4 } },
	{ "rlimit", 0, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } },
	{ "rusage_who", 0, { 0, -1, -2, 1 } },
	{ "rwf", 1, { 1, 2, 4, 8, 16 } },
	{ "sched_policy", 1, { 1, 2, 3, 5, 6, 0x40000000 } },
	{ "sig_how", 0, { 0, 1, 2 } },
	{ "statx_mask", 1, { 0x7ff, 0x800, 0x1000, 0x80000000 } },
	{ "timer_flags", 1, { 1, 2 } },
	{ "timerfd_flags", 1, { 0x800, 0x80000 } },
	{ "umount_flags", 1, { 1, 2, 4, 8 } },
	{ "wait_options", 1, { 1, 1, 1, 2, 4, 8, 0x1000000, 0x20000000, 0x40000000, 0x80000000 } },
	{ "whence", 0, { 0, 1, 2, 3, 4 } },
	{ "xattr_flags", 1, { 1, 2 } },
};

static const u64 edges[] = {
	0, 1, 2, 3, 7, 8, 16, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 1000, 1023, 1024, 1025, 4094, 4095, 4096, 4097,
	8191, 8192, 65535, 65536, 0xfffff, 0x100000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff,
	0x100000000, 0x7ffffffff000, 0x7fffffffffff, 0x800000000000, 0x7fffffffffffffff, 0x8000000000000000,
	-1UL, -2UL, -14UL, -100UL, -4095UL, -4096UL, -4097UL, -8192UL, 0xffffffff80000000, 0x1fffffffffffff,
};

/* Where only the kernel may go: its text, the direct map, vmalloc, and addresses that are none. */
static const u64 kernel_addrs[] = {
	0xffffffff81000000, 0xffff888000000000, 0xffff888000001000, 0xffff888001000000, 0xffffc90000000000,
	0xffff800000000000, 0xfffffe0000000000, 0xffffffffffffffff, 0xfffffffffffff000, 0xffffffffff600000,
	0xffffea0000000000, 0x800000000000, 0x0000deadbeef0000 << 8, 0x7ffffffff000, 0x7fffffffffff,
};

static u64 edge(struct rng *r)
{
	switch (pick(r, 8)) {
	case 0:
		return 1UL << pick(r, 64);
	case 1:
		return (1UL << pick(r, 64)) - 1;
	case 2:
		return -(u64)pick(r, 70);
	case 3:
		return pick(r, 70);
	case 4:
		return rnd(r) & 0xffffffff;
	default:
		return edges[pick(r, COUNT(edges))];
	}
}

static u64 size(struct rng *r)
{
	switch (pick(r, 6)) {
	case 0:
		return edge(r);
	case 1:
		return PAGE * pick(r, 20) - 8 + pick(r, 16);
	case 2:
		return PAGE * pick(r, 20);
	default:
		return pick(r, 300);
	}
}

/*
 * Pages 0-31 can be written; 32-35 hold nothing; 36-39 cannot be written; 40-43 nothing; 44-51 are a file of five
 * pages, so three give SIGBUS; 52-55 nothing; 56-63 are shared memory.
 */
void calls_map_arena(struct rng *r)
{
	int rw = PROT_READ | PROT_WRITE, fd;

	mmap(ARENA, 32 * PAGE, rw, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fill(r, ARENA, 32 * PAGE);
	mmap(ARENA + 36 * PAGE, 4 * PAGE, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fd = open("/d/map", O_CREAT | O_RDWR, 0666);
	(void)!ftruncate(fd, 5 * PAGE - 100);
	mmap(ARENA + 44 * PAGE, 8 * PAGE, rw, MAP_FIXED | MAP_SHARED, fd, 0);
	close(fd);
	mmap(ARENA + 56 * PAGE, 8 * PAGE, rw, MAP_FIXED | MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static u64 address(struct rng *r)
{
	switch (pick(r, 16)) {
	case 0:
		return 0;
	case 1:
		return kernel_addrs[pick(r, COUNT(kernel_addrs))];
	case 2:
		return edge(r);
	case 3:		/* the last bytes before a hole */
		return (u64)ARENA + 32 * PAGE - pick(r, 70);
	case 4:		/* read-only */
		return (u64)ARENA + 40 * PAGE - pick(r, 4 * PAGE);
	case 5:		/* a file's end, and beyond */
		return (u64)ARENA + 49 * PAGE - 200 + pick(r, 400);
	case 6:		/* across two pages */
		return (u64)ARENA + (1 + pick(r, 31)) * PAGE - pick(r, 64);
	case 7:		/* any page */
		return (u64)ARENA + pick(r, ARENA_PAGES) * PAGE;
	case 8:
		return (u64)ARENA + 56 * PAGE + pick(r, 8 * PAGE);
	default:	/* sound */
		return (u64)ARENA + 8 * pick(r, 30 * PAGE / 8);
	}
}

/* Memory as programs may pass it: zeros, small numbers, edges, pointers, noise. */
void fill(struct rng *r, void *mem, size_t len)
{
	u64 *p = mem;
	int how = pick(r, 6);

	for (size_t i = 0; i < len / 8; i++) {
		switch (how == 5 ? pick(r, 5) : how) {
		case 0:
			p[i] = 0;
			break;
		case 1:
			p[i] = pick(r, 1000) | (u64)pick(r, 3) << 32;
			break;
		case 2:
			p[i] = edge(r);
			break;
		case 3:
			p[i] = address(r);
			break;
		default:
			p[i] = rnd(r) & 0x7fffffffffffffff;
		}
	}
}

/* A page that can be written, for the next pointer argument; NULL now and then turns into a bad address. */
static char *space(struct rng *r)
{
	return ARENA + pick(r, 30) * PAGE + 8 * pick(r, 64);
}

static int readable(u64 at, u64 len)
{
	return at >= (u64)ARENA && at + len <= (u64)ARENA + 32 * PAGE;
}

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

/* The string in user memory; sometimes so that its end lies at the end of what is mapped, or beyond. */
static u64 put_string(struct rng *r, const char *s)
{
	size_t len = strlen(s) + 1;
	char *at = pick(r, 8) ? space(r) : ARENA + 32 * PAGE - len;

	memcpy(at, s, len);
	return (u64)at + (pick(r, 40) ? 0 : (u64)ARENA + 32 * PAGE - (u64)at - pick(r, 4));
}

static u64 strings(struct rng *r)
{
	u64 *v = (u64 *)(ARENA + 31 * PAGE);
	int n = pick(r, 5);

	for (int i = 0; i < n; i++)
		v[i] = pick(r, 10) ? (u64)space(r) : address(r);
	v[n] = 0;
	return (u64)v;
}

static u64 iovecs(struct rng *r)
{
	struct iovec *v = (struct iovec *)space(r);

	for (int i = 0; i < 12; i++) {
		v[i].iov_base = (void *)address(r);
		v[i].iov_len = pick(r, 20) ? pick(r, 5000) : size(r);
	}
	return (u64)v;
}

/* ---- descriptors ----------------------------------------------------------------------------------------------- */

void calls_open_files(struct rng *r)
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
	if (!pipe2(p, O_NONBLOCK) && pick(r, 2))
		(void)!write(p[1], files, sizeof(files));
	(void)!pipe2(p, pick(r, 4) ? O_NONBLOCK : O_DIRECT);
	fd = syscall(SYS_memfd_create, "fuzz", 2);
	(void)!ftruncate(fd, 2 * PAGE + 10);
	fd = syscall(SYS_memfd_create, "sealed", 3);
	fcntl(fd, 1033, pick(r, 32));
	for (int i = 0; i < 2; i++)
		syscall(SYS_epoll_create1, 0);
	syscall(SYS_eventfd2, pick(r, 3), O_NONBLOCK);
	syscall(SYS_timerfd_create, 1, O_NONBLOCK);
	syscall(SYS_signalfd4, -1, &(u64){ rnd(r) }, 8, O_NONBLOCK);
	open("/m", O_TMPFILE | O_RDWR, 0600);
	while ((fd = open("/f2", O_RDWR)) >= 0 && fd < FDS - 4)
		;
}

static u64 descriptor(struct rng *r)
{
	switch (pick(r, 12)) {
	case 0:
		return edge(r);
	case 1:
		return FDS + pick(r, 10);
	default:
		return pick(r, FDS);
	}
}

/* Process 1 and everybody (-1) are out of bounds: init has to see the end. */
static u64 process(struct rng *r)
{
	int pid;

	switch (pick(r, 8)) {
	case 0:
		pid = edge(r);
		break;
	case 1:
	case 2:
		pid = shared->pid[pick(r, WORKERS)];
		break;
	case 3:
		pid = shared->pid[pick(r, WORKERS)] + 1 + pick(r, 5);
		break;
	case 4:
		pid = -shared->pid[pick(r, WORKERS)];
		break;
	case 5:
		pid = raw(SYS_gettid, 0, 0, 0, 0, 0, 0);
		break;
	case 6:
		pid = raw(SYS_getpid, 0, 0, 0, 0, 0, 0);
		break;
	default:
		pid = 0;
	}
	return pid == 1 || pid == -1 ? 0 : pid;
}

/* ---- one argument ---------------------------------------------------------------------------------------------- */

static u64 from_set(struct rng *r, const char *kind)
{
	for (unsigned int i = 0; i < COUNT(sets); i++) {
		u64 value = 0;
		int n = 0, bits;

		if (strcmp(sets[i].name, kind))
			continue;
		for (n = COUNT(sets[i].v); n > 1 && !sets[i].v[n - 1]; n--)
			;
		if (!sets[i].flags)
			return sets[i].v[pick(r, n)];
		for (bits = pick(r, 5); bits; bits--)
			value |= sets[i].v[pick(r, n)];
		return value;
	}
	return edge(r);
}

static int is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

static u64 filled;		/* the out argument that begins as FILLER */

static u64 memory(struct rng *r, const struct arg *a)
{
	char *at;

	if (!pick(r, 12))
		return 0;
	if (!pick(r, 4))
		return address(r);
	at = space(r);
	if (!strncmp(a->kind, "out", 3) && strncmp(a->base, "struct iovec", 12)) {
		for (int i = 0; i < CHECKED / 8; i++)
			((u64 *)at)[i] = FILLER;
		filled = (u64)at;
		return (u64)at;
	}
	fill(r, at, 256);
	/* Times: short ones, or nothing ever comes back. */
	if (strstr(a->base, "time") && pick(r, 6)) {
		u64 *t = (u64 *)at;

		for (int i = 0; i < 4; i++)
			t[i] = i & 1 ? pick(r, 2000000) : 0;
	}
	/* Structures with their own size or flags in front: small numbers. */
	if (strstr(a->base, "open_how") || strstr(a->base, "clone_args") || strstr(a->base, "sched_attr"))
		for (int i = 0; i < 8; i++)
			if (pick(r, 3))
				((u64 *)at)[i] = pick(r, 4) ? 0 : edge(r);
	if (strstr(a->base, "pollfd"))
		for (int i = 0; i < 32; i++)
			((struct pollfd *)at)[i] = (struct pollfd){ pick(r, FDS), rnd(r), 0 };
	return (u64)at;
}

static u64 argument(struct rng *r, const struct arg *a)
{
	static const char *const words[] = { "tmpfs", "proc", "devtmpfs", "ramfs", "user.x", "", "mode=1777,size=4k",
		"size=999999999999999999", "security.x", "trusted.y", "a%n%s", "system.posix_acl_access", "uid=1000" };
	char buf[5120];

	if (!pick(r, 25))
		return pick(r, 2) ? edge(r) : address(r);
	if (is(a->name, "sigsetsize") || is(a->name, "sizemask"))
		return 8;
	if (a->pointer) {
		if (is(a->kind, "path"))
			return put_string(r, random_path(r, buf));
		if (is(a->kind, "str"))
			return put_string(r, words[pick(r, COUNT(words))]);
		if (is(a->kind, "strv"))
			return strings(r);
		if (!strncmp(a->kind, "iov", 3))
			return iovecs(r);
		return memory(r, a);
	}
	if (is(a->kind, "fd"))
		return descriptor(r);
	if (is(a->kind, "dirfd"))
		return pick(r, 2) ? (u64)AT_FDCWD : descriptor(r);
	if (is(a->kind, "pid"))
		return process(r);
	if (is(a->kind, "sig"))
		return pick(r, 5) ? pick(r, 66) : edge(r);
	if (is(a->kind, "mode"))
		return rnd(r) & 0177777;
	if (is(a->kind, "uid") || is(a->kind, "gid"))
		return pick(r, 3) ? (pick(r, 2) ? 1000 : 0) : edge(r);
	if (is(a->kind, "dev"))
		return pick(r, 2) ? makedev(pick(r, 10), pick(r, 70)) : edge(r);
	if (is(a->kind, "size"))
		return size(r);
	if (is(a->kind, "msec"))
		return pick(r, 4) ? pick(r, 3) : edge(r);
	if (is(a->kind, "addr"))
		return pick(r, 3) ? address(r) & -PAGE : address(r);
	if (is(a->kind, "dec") || is(a->kind, "uint"))
		return pick(r, 2) ? pick(r, 20) : size(r);
	if (is(a->kind, "hex"))
		return pick(r, 3) ? address(r) : edge(r);
	return from_set(r, a->kind);
}

/* ---- one call -------------------------------------------------------------------------------------------------- */

/* Calls that would end the worker, the machine or what init needs; and others less often. */
static int refuse(struct rng *r, const struct call *c, u64 *v)
{
	switch (c->nr) {
	case SYS_reboot:
	case SYS_rt_sigreturn:
		return 1;
	case I386(72):		/* sigsuspend */
	case SYS_exit:
	case SYS_exit_group:
	case SYS_pause:
	case SYS_rt_sigsuspend:
	case SYS_arch_prctl:
	case SYS_vfork:
		return pick(r, 50);
	case SYS_clone:
	case SYS_clone3:
	case SYS_fork:
	case SYS_brk:
	case SYS_execve:
	case SYS_execveat:
		return pick(r, 8);
	case I386(23):		/* setuid16, setreuid16, setresuid16 */
	case I386(70):
	case I386(164):
	case SYS_chroot:
	case SYS_setuid:
	case SYS_setreuid:
	case SYS_setresuid:
		return pick(r, 20);
	case SYS_kill:
	case SYS_tkill:
	case SYS_tgkill:
	case SYS_rt_sigqueueinfo:
	case SYS_rt_tgsigqueueinfo:
		for (int i = 0; i < 2; i++)
			if ((int)v[i] == 1 || (int)v[i] == -1)
				return 1;
		return pick(r, 5);
	case SYS_sched_setscheduler:	/* init must come before all of them */
	case SYS_sched_setparam:
	case SYS_sched_setattr:
		if ((int)v[0] == 1)
			return 1;
		return is_root && pick(r, 10);
	case SYS_sched_setaffinity:
	case SYS_setpriority:
	case SYS_prlimit64:
	case SYS_setpgid:
		return (int)v[0] == 1 || (int)v[1] == 1;
	case SYS_syslog:
		return (int)v[0] >= 6 && (int)v[0] <= 8;
	case SYS_prctl:
		return (int)v[0] == 22;		/* seccomp: no way back */
	case SYS_alarm:
	case SYS_setitimer:
	case SYS_timer_create:
		return pick(r, 4);
	}
	return 0;
}

static int threads;		/* others write to the arena too: nothing can be said about it */

/* Does memory that the kernel filled hold what is not the caller's? */
static void check_out(const struct call *c, const struct arg *a, u64 at, long ret)
{
	const u64 *p = (u64 *)at;

	if (threads || (at & 7) || !readable(at, CHECKED) || at != filled ||
	    strncmp(a->kind, "out", 3) || is(a->base, "char") || is(a->base, "void") ||
	    is(a->base, "gid_t") || is(a->base, "sigset_t"))
		return;		/* a list of groups, a mask: any value at all that was set before */
	for (int i = 0; i < CHECKED / 8 && p[i] != FILLER; i++) {
		u64 v = p[i];
		/* The direct map and vmalloc for their first 4 GiB, the kernel's own text and data. */
		int known = v >> 32 != 0xffff8880 && v >> 32 != 0xffffc900 && v >> 26 != 0xffffffff80000000 >> 26;

		if (v == 0x6b6b6b6b6b6b6b6b || v == 0x5a5a5a5a5a5a5a5a)
			known = 0;
		for (unsigned int k = 0; k < COUNT(kernel_addrs); k++)
			known |= v - kernel_addrs[k] < PAGE || kernel_addrs[k] - v < PAGE;
		for (unsigned int k = 0; k < COUNT(edges); k++)
			known |= v == edges[k];
		if (!known)
			wrong("%s(%s) = %ld gives away %#llx at +%d", c->name, a->base, ret, (unsigned long long)v,
			      i * 8);
	}
}

/* Rubbish in the upper halves, which the kernel must not see; now and then a number that is none. */
static long by_int80(struct rng *r, const struct call *c, const u64 *v)
{
	u64 w[6], nr = c->nr32;

	for (int i = 0; i < 6; i++)
		w[i] = pick(r, 2) ? v[i] : (uint32_t)v[i] | rnd(r) << 32;
	if (!pick(r, 20))
		nr = (uint32_t)edge(r) | 0x1000;
	return raw32(nr | (pick(r, 2) ? rnd(r) << 32 : 0), w);
}

static int one_call(struct rng *r, const struct call *c)
{
	u64 v[6] = { 0 };
	long ret;

	filled = 0;
	for (int i = 0; i < c->nargs; i++)
		v[i] = argument(r, &c->arg[i]);
	if (refuse(r, c, v))
		return 0;
	if (logging)
		say("%d %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)", (int)raw(SYS_gettid, 0, 0, 0, 0, 0, 0), c->name, v[0], v[1],
		    v[2], v[3], v[4], v[5]);
	if (c->nr32 >= 0 && (c->nr >= I386(0) || !pick(r, 8)))
		ret = by_int80(r, c, v);
	else
		ret = raw(c->nr, v[0], v[1], v[2], v[3], v[4], v[5]);
	shared->made[c->nr]++;
	shared->succeeded[c->nr] += ret >= 0;
	if (ret < -133 && ret >= -4095)
		wrong("%s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx) = %ld", c->name, v[0], v[1], v[2], v[3], v[4], v[5], ret);
	for (int i = 0; i < c->nargs; i++)
		if (c->arg[i].pointer)
			check_out(c, &c->arg[i], v[i], ret);
	return 1;
}

static void calls(struct rng *r, int worker, int n)
{
	long tid = raw(SYS_gettid, 0, 0, 0, 0, 0, 0);
	const struct call *c;
	int policy;

	while (n--) {
		c = &table[pick(r, COUNT(table))];
		if (only >= 0 && pick(r, 3))
			for (c = table; c->nr != only; c++)
				;
		if (!one_call(r, c))
			continue;
		__atomic_fetch_add(&shared->progress[worker], 1, __ATOMIC_RELAXED);
		if (raw(SYS_gettid, 0, 0, 0, 0, 0, 0) != tid) {
			/* A child: most end at once, some go on a little. */
			if (pick(r, 4))
				raw(SYS_exit_group, 0, 0, 0, 0, 0, 0);
			tid = raw(SYS_gettid, 0, 0, 0, 0, 0, 0);
			r->s ^= tid * 0x9e3779b97f4a7c15;
			n = n > 100 ? 100 : n;
		}
		policy = raw(SYS_sched_getscheduler, 0, 0, 0, 0, 0, 0) & 3;
		if (policy == SCHED_FIFO || policy == SCHED_RR) {
			int zero = 0;

			raw(SYS_sched_setscheduler, 0, 0, (long)&zero, 0, 0, 0);
		}
	}
}

struct helper {
	struct rng r;
	int worker, n;
};

static int helper(void *arg)
{
	struct helper *h = arg;

	calls(&h->r, h->worker, h->n);
	raw(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

void calls_burst(struct rng *r, int worker, int n)
{
	static struct helper h[3];
	static char stacks[3][32768] __attribute__((aligned(16)));
	int share = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND;

	threads = pick(r, 2) ? 0 : pick(r, 4);
	/* Threads, or processes that share memory and descriptors. */
	for (int i = 0; i < threads; i++) {
		h[i] = (struct helper){ { rnd(r) | 1 }, worker, n };
		clone(helper, stacks[i] + sizeof(stacks[i]) - 64, pick(r, 3) ? share | CLONE_THREAD | CLONE_SYSVSEM :
		      CLONE_VM | CLONE_FILES | SIGCHLD, &h[i]);
	}
	calls(r, worker, n);
	/* The helpers' stacks are free again only in a new process. */
	if (threads)
		raw(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}

/* Calls that never succeeded: where the arguments are not good enough to get anywhere. */
void calls_say_idle(void)
{
	for (unsigned int i = 0; i < COUNT(table); i++)
		if (!shared->succeeded[table[i].nr])
			say("no success in %u of %s", shared->made[table[i].nr], table[i].name);
}
