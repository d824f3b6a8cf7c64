/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of the fuzzer: bad input of every kind, for SECONDS= (from the kernel's command line).
 *
 * Time is cut into rounds. In each, WORKERS processes run in a fresh chroot with files of every kind: system calls
 * with random arguments (calls.c), and storms of mappings, /proc files, signal frames, program files and traps
 * (storms.c). A worker that makes no progress gets a signal, then SIGKILL; some get it at random. At the end of a
 * round everything is killed, reaped, unmounted, and the free memory is counted.
 *
 * Says `FUZZ seed n`, `FUZZ round n free k kB calls c`, `FUZZ slab name +n`, `FUZZ WRONG ...`, `FUZZ done`; tools/fuzz judges.
 * SEED= repeats the choices (not the timing), FUZZLOG=1 says each call before it is made, ONLY=n makes one call only.
 */
#include "fuzz.h"
#include <dirent.h>
#include <ftw.h>
#include <stdarg.h>

#define BOX		"/box"
#define ROUND_MS	3000
#define TICK_MS		50

struct shared *shared;
int is_root = 1, logging, only;
static int kmsg = 2, proc = -1;
static struct rng rng;

static void vsay(const char *tag, const char *fmt, va_list ap)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "<0>FUZZ %s", tag);

	n += vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	raw(SYS_write, kmsg, (long)line, n, 0, 0, 0);
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay("", fmt, ap);
	va_end(ap);
}

void wrong(const char *fmt, ...)
{
	va_list ap;

	shared->wrong++;
	va_start(ap, fmt);
	vsay("WRONG ", fmt, ap);
	va_end(ap);
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static long env(const char *name, long otherwise)
{
	return getenv(name) ? atol(getenv(name)) : otherwise;
}

/* A file below /proc, through a descriptor that no worker can take away. */
static int read_proc(const char *name, char *buf, int size)
{
	int fd = openat(proc, name, O_RDONLY), n = 0, got;

	if (fd < 0)
		return -1;
	while (n < size - 1 && (got = read(fd, buf + n, size - 1 - n)) > 0)
		n += got;
	buf[n] = 0;
	close(fd);
	return n;
}

/* ---- what a worker could have changed for all ------------------------------------------------------------------ */

static struct {
	const char *name;
	char value[64];
} sysctls[] = {
	{ "sys/kernel/pid_max", "" }, { "sys/kernel/threads-max", "" }, { "sys/vm/overcommit_memory", "" },
	{ "sys/vm/overcommit_ratio", "" }, { "sys/vm/max_map_count", "" }, { "sys/fs/file-max", "" },
	{ "sys/fs/nr_open", "" }, { "sys/kernel/randomize_va_space", "" },
};

static void save_sysctls(void)
{
	for (unsigned int i = 0; i < COUNT(sysctls); i++)
		read_proc(sysctls[i].name, sysctls[i].value, sizeof(sysctls[i].value));
}

static void restore_sysctls(void)
{
	for (unsigned int i = 0; i < COUNT(sysctls); i++) {
		int fd = openat(proc, sysctls[i].name, O_WRONLY);

		if (fd >= 0) {
			(void)!write(fd, sysctls[i].value, strlen(sysctls[i].value));
			close(fd);
		}
	}
}

/* ---- the box --------------------------------------------------------------------------------------------------- */

static void make_file(const char *name, int mode, long size)
{
	char page[PAGE];
	int fd = open(name, O_CREAT | O_RDWR, 0600);

	fill(&rng, page, sizeof(page));
	for (long at = 0; at < size; at += sizeof(page))
		(void)!write(fd, page, size - at < (long)PAGE ? size - at : (long)PAGE);
	fchmod(fd, mode);
	close(fd);
}

static void make_box(int with_tty)
{
	static const struct {
		const char *name;
		int major, minor;
	} nodes[] = {
		{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 },
		{ "tty", 5, 0 }, { "none", 77, 7 },
	};
	char path[64], *proc_self[] = { "proc", "m" };
	int fd;

	mkdir(BOX, 0755);
	if (mount("box", BOX, "tmpfs", 0, "mode=777,size=8M"))
		say("cannot mount the box: errno %d", errno);
	if (chdir(BOX))
		return;
	for (unsigned int i = 0; i < COUNT(proc_self); i++)
		mkdir(proc_self[i], 0777);
	mkdir("dev", 0777);
	mkdir("d", 0777);
	mkdir("d/d", 0777);
	mkdir("d/d/d", 0777);
	mkdir("sticky", 01777);
	mkdir("locked", 0700);
	mount("proc", "proc", "proc", 0, NULL);
	mount("m", "m", "tmpfs", 0, "mode=777,size=64k");
	for (unsigned int i = 0; i < COUNT(nodes); i++) {
		snprintf(path, sizeof(path), "dev/%s", nodes[i].name);
		mknod(path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor));
		chmod(path, 0666);
	}
	if (with_tty)
		mknod("dev/ttyS0", S_IFCHR | 0600, makedev(4, 64));
	mknod("blk", S_IFBLK | 0666, makedev(7, 0));
	mkfifo("fifo", 0666);
	make_file("f0", 0666, 0);
	make_file("f1", 0666, 5000);
	make_file("f2", 0666, 3 * PAGE);
	make_file("f3", 0444, 100);
	make_file("locked/f", 0600, 100);
	make_file("suid", 06755, 100);
	make_file("d/d/f", 0666, PAGE);
	fd = open("sparse", O_CREAT | O_RDWR, 0666);
	(void)!ftruncate(fd, 1L << 40);
	close(fd);
	(void)!symlink("f1", "l1");
	(void)!symlink("loop", "loop");
	(void)!symlink("nowhere/x", "dangling");
	(void)!symlink("/proc/self", "pself");
	(void)!symlink("d/../d/./d", "ld");
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = { "f0", "f1", "f2", "d" };

		(void)!chmod(names[i], 0777);
	}
	(void)!chdir("/");
}

/* From the newest to the oldest, again and again: some are hidden until what covers them has gone. */
static void unmount_below(void)
{
	static char mounts[65536];
	char where[512], *at;
	int progress = 1;

	while (progress) {
		int len = read_proc("self/mounts", mounts, sizeof(mounts));

		progress = 0;
		for (at = mounts + len; at > mounts; *at = 0) {
			while (at > mounts && *--at != '\n')
				;
			if (sscanf(at, "%*s %511s", where) == 1 && !strncmp(where, BOX, strlen(BOX)))
				progress |= !umount2(where, MNT_DETACH);
		}
	}
}

/* ---- workers --------------------------------------------------------------------------------------------------- */

static void on_alarm(int sig)
{
}

static void worker(int n, u64 seed)
{
	struct rng r = { seed | 1 };
	struct sigaction sa = { .sa_handler = on_alarm };
	struct rlimit rl;

	for (int i = 0; i < 8; i++)
		rnd(&r);
	setsid();
	if (chroot(BOX) || chdir("/") || access("/f0", F_OK))
		_exit(1);		/* another worker has unmounted the box */
	sigaction(SIGALRM, &sa, NULL);
	rl.rlim_cur = rl.rlim_max = 64;
	setrlimit(RLIMIT_NPROC, &rl);
	rl.rlim_cur = rl.rlim_max = 1 << 20;
	setrlimit(RLIMIT_FSIZE, &rl);
	rl.rlim_cur = rl.rlim_max = 1UL << 30;
	if (pick(&r, 4))
		setrlimit(RLIMIT_AS, &rl);
	if (n & 1) {
		is_root = 0;
		if (setgid(1000) || setuid(1000))
			_exit(1);
	}
	calls_open_files(&r);
	calls_map_arena(&r);
	for (;;) {
		if (only < 0 && !pick(&r, 4))
			storm(&r, n);
		else
			calls_burst(&r, n, 100 + pick(&r, 900));
	}
}

static void start_worker(int n)
{
	u64 seed = rnd(&rng);
	int pid = fork();

	if (!pid) {
		worker(n, seed);
		_exit(0);
	}
	if (pid < 0)
		restore_sysctls();
	shared->pid[n] = pid > 0 ? pid : 0;
}

static void reap(void)
{
	int pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (int i = 0; i < WORKERS; i++)
			if (shared->pid[i] == pid)
				shared->pid[i] = 0;
}

static void run_workers(long end)
{
	u64 seen[WORKERS] = { 0 };
	int stuck[WORKERS] = { 0 };
	long before, asleep;
	struct timespec tick = { 0, TICK_MS * 1000000 };

	while (now_ms() < end) {
		before = now_ms();
		reap();
		for (int i = 0; i < WORKERS; i++) {
			if (!shared->pid[i]) {
				start_worker(i);
				stuck[i] = 0;
				continue;
			}
			stuck[i] = shared->progress[i] == seen[i] ? stuck[i] + 1 : 0;
			seen[i] = shared->progress[i];
			if (stuck[i] == 4)
				kill(shared->pid[i], SIGALRM);
			if (stuck[i] > 8 || !pick(&rng, 60))
				kill(shared->pid[i], SIGKILL);
		}
		asleep = now_ms();
		nanosleep(&tick, NULL);
		if (now_ms() - before > 1000)
			say("slow: %ld ms for a look around, %ld ms asleep", asleep - before, now_ms() - asleep);
	}
}

/* Say where those are that do not die of SIGKILL. */
static void say_survivors(void)
{
	static char text[4096];
	struct dirent *e;
	DIR *dir = fdopendir(openat(proc, ".", O_RDONLY | O_DIRECTORY));
	char name[300];

	while (dir && (e = readdir(dir))) {
		if (atoi(e->d_name) <= 1)
			continue;
		snprintf(name, sizeof(name), "%s/stat", e->d_name);
		if (read_proc(name, text, sizeof(text)) > 0)
			say("survivor %.200s", text);
		snprintf(name, sizeof(name), "%s/stack", e->d_name);
		if (read_proc(name, text, sizeof(text)) > 0)
			say("stack %.400s", text);
		snprintf(name, sizeof(name), "%s/status", e->d_name);
		if (read_proc(name, text, sizeof(text)) > 0)
			say("status %.400s", text);
	}
	if (dir)
		closedir(dir);
}

static void kill_all(void)
{
	long start = now_ms();
	int pid, told = 0;

	for (;;) {
		kill(-1, SIGKILL);
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			break;
		usleep(2000);
		if (!told && now_ms() - start > 10000) {
			told = 1;
			wrong("processes survive SIGKILL");
			say_survivors();
		}
		if (now_ms() - start > 20000)
			break;
	}
	memset(shared->pid, 0, sizeof(shared->pid));
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

static long meminfo(const char *field)
{
	static char text[8192];
	char *at;

	if (read_proc("meminfo", text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, field);
	return at ? strtol(at + strlen(field), NULL, 10) : -1;
}

struct slab {
	char name[32];
	long objects;
};

static int read_slabs(struct slab *slabs, int max)
{
	static char text[65536];
	int n = 0;

	if (read_proc("slabinfo", text, sizeof(text)) < 0)
		return 0;
	for (char *line = strtok(text, "\n"); line && n < max; line = strtok(NULL, "\n"))
		if (sscanf(line, "%31s %ld", slabs[n].name, &slabs[n].objects) == 2)
			n++;
	return n;
}

static void say_growth(const struct slab *old, int n_old)
{
	static struct slab slabs[128];
	int n = read_slabs(slabs, 128);

	for (int i = 0; i < n; i++)
		for (int k = 0; k < n_old; k++)
			if (!strcmp(slabs[i].name, old[k].name) && slabs[i].objects != old[k].objects)
				say("slab %s %ld -> %ld", old[k].name, old[k].objects, slabs[i].objects);
}

static int count_mounts(void)
{
	static char text[65536];
	int n = 0;

	read_proc("self/mounts", text, sizeof(text));
	for (char *p = text; *p; p++)
		n += *p == '\n';
	return n;
}

static void say_mounts(void)
{
	static char text[65536];

	read_proc("self/mounts", text, sizeof(text));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		say("mount %s", line);
}

static int files;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	remove(path);
	return 0;
}

static int count_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	files++;
	return 0;
}

/* What a worker left behind in init's own file systems is no leak. */
static int count_files(void)
{
	files = 0;
	nftw("/", count_one, 10, FTW_PHYS | FTW_MOUNT);
	nftw("/dev", count_one, 10, FTW_PHYS | FTW_MOUNT);
	return files;
}

static void do_round(int n)
{
	static struct slab slabs[128];
	u64 calls = 0;
	long filp = 0;

	long t0, t1, t2, t3;

	make_box(n % 6 == 5);		/* noise in the log: seldom */
	t0 = now_ms();
	run_workers(t0 + ROUND_MS);
	t1 = now_ms();
	kill_all();
	t2 = now_ms();
	restore_sysctls();
	unmount_below();
	nftw(BOX, remove_one, 10, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
	t3 = now_ms();
	if (t3 - t0 > ROUND_MS + 1500)
		say("slow: %ld ms over time, %ld ms to kill all, %ld ms to clean up", t1 - t0 - ROUND_MS, t2 - t1, t3 - t2);
	usleep(50000);			/* freeing is deferred a little */
	for (int i = 0; i < WORKERS; i++)
		calls += shared->progress[i];
	for (int i = read_slabs(slabs, 128) - 1; i >= 0; i--)
		if (!strcmp(slabs[i].name, "filp"))
			filp = slabs[i].objects;
	say("round %d free %ld kB slab %ld mounts %d files %d filp %ld calls %llu", n, meminfo("MemFree:"),
	    meminfo("Slab:"), count_mounts(), count_files(), filp, (unsigned long long)calls);
}

int main(void)
{
	static struct slab base[128];
	struct sched_param sp = { .sched_priority = 50 };
	long end = now_ms() + env("SECONDS", 60) * 1000;
	int n_base = 0, fd;

	if (getpid() != 1)		/* a worker executed itself */
		return 0;
	rng.s = env("SEED", 1) * 2654435761u + 1;
	for (int i = 0; i < 16; i++)
		rnd(&rng);
	mkdir("/proc", 0555);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	kmsg = fd < 0 ? 2 : fcntl(fd, F_DUPFD_CLOEXEC, 900);
	fd = open("/proc", O_RDONLY | O_DIRECTORY);
	proc = fcntl(fd, F_DUPFD_CLOEXEC, 901);
	sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &sp);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	logging = env("FUZZLOG", 0);
	only = env("ONLY", -1);
	save_sysctls();
	say("seed %ld", env("SEED", 1));
	for (int n = 0; now_ms() < end; n++) {
		do_round(n);
		if (n == 2)
			n_base = read_slabs(base, 128);
	}
	if (n_base)
		say_growth(base, n_base);
	calls_say_idle();
	if (count_mounts() > 3)
		say_mounts();
	say("done");
	sync();
	return syscall(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc, NULL);
}
