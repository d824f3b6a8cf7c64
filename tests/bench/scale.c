/* SPDX-License-Identifier: MIT */
/*
 * Operations done by several tasks at once: how well do they get along on several CPUs?
 *
 * Runs as process 1 of a machine and takes its orders from the console, so that tools/bench-smp.py can have several
 * machines take turns, or from the file /orders if there is one. An order is a line
 *
 *	ROW UNITS N	UNITS workers (or pairs of them) do the operation N times each
 *
 * and the answer: `TIME ns TICKS ticks` from the start until the last worker is done, or `ERROR words`; a line
 * `WAIT times turns class` for each class of locks that /sys/kernel/debug/lock_contention has counted something for;
 * `DONE`. The first line tells the rows: `ROWS name name ...`. The end of the orders ends the machine.
 *
 * Workers are processes, or threads of one process, as the row says. All wait at a gate until all are there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define MAX_WORKERS 128
#define REGION (2UL << 20)	/* that a worker of the page fault rows maps: a page table of its own */
#define DIR "/tmp/dir"

/* Shared by all workers, and by the parent. */
static struct gate {
	unsigned int arrived, open;
	unsigned int failed;
	char why[120];
	struct {
		unsigned long end, end_ticks;
		unsigned int word;		/* of the futex rows: whose turn it is */
		char pad[104];
	} w[MAX_WORKERS];
} *gate;

static int pipes[MAX_WORKERS][2];

static unsigned long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000UL + ts.tv_nsec;
}

static inline unsigned long ticks(void)
{
	unsigned int lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (unsigned long)hi << 32 | lo;
}

static long futex(unsigned int *word, int op, unsigned int val)
{
	return syscall(SYS_futex, word, op, val, NULL, NULL, 0);
}

/* The first failure is what the parent reports. */
static void __attribute__((format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list ap;

	if (__atomic_exchange_n(&gate->failed, 1, __ATOMIC_SEQ_CST))
		return;
	va_start(ap, fmt);
	vsnprintf(gate->why, sizeof(gate->why), fmt, ap);
	va_end(ap);
}

static int check(int ok, const char *what)
{
	if (!ok)
		fail("%s: %s", what, strerror(errno));
	return ok;
}

/* ---- operations: worker id does it n times ---- */

static void do_getppid(int id, long n)
{
	while (n--)
		syscall(SYS_getppid);
}

static void do_fork(int id, long n)
{
	while (n--) {
		pid_t pid = fork();

		if (pid == 0)
			syscall(SYS_exit_group, 0);
		if (!check(pid > 0, "fork") || !check(waitpid(pid, NULL, 0) == pid, "waitpid"))
			return;
	}
}

/* One is a page touched for the first time; the regions come and go, too. */
static void do_faults(int id, long n)
{
	while (n > 0) {
		char *p = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (!check(p != MAP_FAILED, "mmap"))
			return;
		for (unsigned long at = 0; at < REGION && n > 0; at += PAGE, n--)
			p[at] = 1;
		munmap(p, REGION);
	}
}

/* The same, of memory that stays mapped: no writer of the address space comes in between. */
static void do_refaults(int id, long n)
{
	char *p = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!check(p != MAP_FAILED, "mmap"))
		return;
	while (n > 0) {
		for (unsigned long at = 0; at < REGION && n > 0; at += PAGE, n--)
			p[at] = 1;
		madvise(p, REGION, MADV_DONTNEED);
	}
	munmap(p, REGION);
}

static void do_mmap(int id, long n)
{
	while (n--) {
		char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (!check(p != MAP_FAILED, "mmap"))
			return;
		*p = 1;
		munmap(p, 16 * PAGE);
	}
}

/* Pipe 2k goes from worker 2k to its partner 2k + 1, pipe 2k + 1 back. */
static void do_pipe_pair(int id, long n)
{
	int out = pipes[id][1], in = pipes[id ^ 1][0];
	char c = 0;

	while (n--) {
		if (!(id & 1) && !check(write(out, &c, 1) == 1, "write"))
			return;
		if (!check(read(in, &c, 1) == 1, "read"))
			return;
		if ((id & 1) && !check(write(out, &c, 1) == 1, "write"))
			return;
	}
}

static void do_pipe_stream(int id, long n)
{
	char buf[1024];

	memset(buf, id, sizeof(buf));
	while (n--) {
		if (!(id & 1) && !check(write(pipes[id][1], buf, sizeof(buf)) == sizeof(buf), "write"))
			return;
		if ((id & 1) && !check(read(pipes[id ^ 1][0], buf, sizeof(buf)) == sizeof(buf), "read"))
			return;
	}
}

/* Partners take turns: the even one's word says 1 when it is the odd one's turn. */
static void do_futex_pair(int id, long n)
{
	int private = FUTEX_PRIVATE_FLAG;
	unsigned int *word = &gate->w[id & ~1].word, me = id & 1;

	while (n--) {
		unsigned int v;

		while ((v = __atomic_load_n(word, __ATOMIC_SEQ_CST)) != me)
			futex(word, FUTEX_WAIT | private, v);
		__atomic_store_n(word, !me, __ATOMIC_SEQ_CST);
		futex(word, FUTEX_WAKE | private, 1);
	}
}

/* The words of all workers are different; nobody ever waits. */
static void do_futex_wake(int id, long n)
{
	unsigned int word = 0;

	while (n--)
		futex(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

static void open_close(const char *path, long n)
{
	while (n--) {
		int fd = open(path, O_RDONLY | O_CREAT, 0644);

		if (!check(fd >= 0, path))
			return;
		close(fd);
	}
}

static void do_open_own(int id, long n)
{
	char path[40];

	snprintf(path, sizeof(path), DIR "/file%d", id);
	open_close(path, n);
}

static void do_open_one(int id, long n)
{
	open_close(DIR "/file", n);
}

static void do_create(int id, long n)
{
	char path[40];

	snprintf(path, sizeof(path), DIR "/new%d", id);
	while (n--) {
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

		if (!check(fd >= 0, path))
			return;
		close(fd);
		unlink(path);
	}
}

/* Descriptors of one table come and go. */
static void do_dup(int id, long n)
{
	while (n--) {
		int fd = dup(0);

		if (!check(fd >= 0, "dup"))
			return;
		close(fd);
	}
}

/* One file's page cache; each worker its own descriptor. */
static void do_pread(int id, long n)
{
	int fd = open(DIR "/page", O_RDWR | O_CREAT, 0644);
	static __thread char buf[PAGE];

	if (!check(fd >= 0, "page"))
		return;
	if (!check(pwrite(fd, buf, PAGE, 0) == PAGE, "pwrite"))
		return;
	while (n--)
		pread(fd, buf, PAGE, 0);
	close(fd);
}

enum kind { PROCESSES, THREADS };

static const struct row {
	const char *name;
	enum kind kind;
	int tasks;			/* of a unit: 2 for pairs */
	void (*work)(int id, long n);
} rows[] = {
	{ "getppid", PROCESSES, 1, do_getppid },
	{ "fork+exit", PROCESSES, 1, do_fork },
	{ "fault-processes", PROCESSES, 1, do_faults },
	{ "fault-threads", THREADS, 1, do_faults },
	{ "refault-threads", THREADS, 1, do_refaults },
	{ "mmap-threads", THREADS, 1, do_mmap },
	{ "pipe-pairs", PROCESSES, 2, do_pipe_pair },
	{ "pipe-streams", PROCESSES, 2, do_pipe_stream },
	{ "futex-pairs", THREADS, 2, do_futex_pair },
	{ "futex-wake", THREADS, 1, do_futex_wake },
	{ "open-one-dir", PROCESSES, 1, do_open_own },
	{ "open-one-file", PROCESSES, 1, do_open_one },
	{ "create-one-dir", PROCESSES, 1, do_create },
	{ "dup-threads", THREADS, 1, do_dup },
	{ "pread-one-file", PROCESSES, 1, do_pread },
};
#define NR_ROWS (int)(sizeof(rows) / sizeof(rows[0]))

/* ---- the gate ---- */

struct job {
	const struct row *row;
	int id;
	long n;
};

static void *worker(void *arg)
{
	const struct job *job = arg;

	__atomic_add_fetch(&gate->arrived, 1, __ATOMIC_SEQ_CST);
	futex(&gate->arrived, FUTEX_WAKE, INT_MAX);
	while (!__atomic_load_n(&gate->open, __ATOMIC_SEQ_CST))
		futex(&gate->open, FUTEX_WAIT, 0);
	job->row->work(job->id, job->n);
	gate->w[job->id].end = now();
	gate->w[job->id].end_ticks = ticks();
	return NULL;
}

/* In a process of its own: the workers of a row of threads. */
static void run_threads(struct job *jobs, int nr)
{
	pthread_t t[MAX_WORKERS];
	int i;

	for (i = 0; i < nr; i++)
		if (pthread_create(&t[i], NULL, worker, &jobs[i]))
			fail("pthread_create");
	for (i = 0; i < nr; i++)
		pthread_join(t[i], NULL);
}

static void start(const struct row *row, struct job *jobs, int nr)
{
	int i;

	fflush(stdout);
	for (i = 0; i < (row->kind == THREADS ? 1 : nr); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (row->kind == THREADS)
				run_threads(jobs, nr);
			else
				worker(&jobs[i]);
			syscall(SYS_exit_group, 0);
		}
		check(pid > 0, "fork");
	}
}

static void run(const struct row *row, int units, long n)
{
	static struct job jobs[MAX_WORKERS];
	int nr = units * row->tasks, i;
	unsigned long t0, c0, t1 = 0, c1 = 0;
	unsigned int seen;

	if (nr < 1 || nr > MAX_WORKERS) {
		printf("ERROR so many workers\n");
		return;
	}
	memset(gate, 0, sizeof(*gate));
	for (i = 0; i < nr; i++) {
		jobs[i] = (struct job){ row, i, n };
		if (row->tasks == 2)
			check(pipe(pipes[i]) == 0, "pipe");
	}
	start(row, jobs, nr);
	while (!gate->failed && (seen = __atomic_load_n(&gate->arrived, __ATOMIC_SEQ_CST)) < (unsigned int)nr)
		futex(&gate->arrived, FUTEX_WAIT, seen);
	t0 = now();
	c0 = ticks();
	__atomic_store_n(&gate->open, 1, __ATOMIC_SEQ_CST);
	futex(&gate->open, FUTEX_WAKE, INT_MAX);
	while (wait(NULL) > 0)
		;
	for (i = 0; i < nr; i++) {
		t1 = gate->w[i].end > t1 ? gate->w[i].end : t1;
		c1 = gate->w[i].end_ticks > c1 ? gate->w[i].end_ticks : c1;
		if (row->tasks == 2) {
			close(pipes[i][0]);
			close(pipes[i][1]);
		}
	}
	if (gate->failed)
		printf("ERROR %s\n", gate->why);
	else
		printf("TIME %lu TICKS %lu\n", t1 - t0, c1 - c0);
}

/* ---- what locks were waited for ---- */

struct waits {
	int nr;
	struct {
		char name[40];
		unsigned long times, turns;
	} class[128];
};

static void read_waits(struct waits *w)
{
	FILE *f = fopen("/sys/kernel/debug/lock_contention", "r");
	char line[128];

	w->nr = 0;
	while (f && w->nr < 128 && fgets(line, sizeof(line), f))
		if (sscanf(line, "%39[^\t] %lu %lu", w->class[w->nr].name, &w->class[w->nr].times,
			   &w->class[w->nr].turns) == 3)
			w->nr++;
	if (f)
		fclose(f);
}

static void show_waits(const struct waits *before, const struct waits *after)
{
	for (int i = 0; i < after->nr; i++) {
		unsigned long times = after->class[i].times, turns = after->class[i].turns;

		for (int k = 0; k < before->nr; k++)
			if (!strcmp(before->class[k].name, after->class[i].name)) {
				times -= before->class[k].times;
				turns -= before->class[k].turns;
			}
		if (times)
			printf("WAIT %lu %lu %s\n", times, turns, after->class[i].name);
	}
}

static void setup(void)
{
	struct termios t;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/tmp", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	mkdir(DIR, 0755);
	if (!tcgetattr(0, &t)) {
		t.c_lflag &= ~ECHO;
		tcsetattr(0, TCSANOW, &t);
	}
	if (!access("/orders", R_OK) && !freopen("/orders", "r", stdin))
		perror("/orders");
	setvbuf(stdout, NULL, _IOLBF, 0);
	gate = mmap(NULL, sizeof(*gate), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
	static struct waits before, after;
	char line[128], name[64];
	int units;
	long n;

	setup();
	printf("CPUS %ld\nROWS", sysconf(_SC_NPROCESSORS_ONLN));
	for (int i = 0; i < NR_ROWS; i++)
		printf(" %s", rows[i].name);
	printf("\n");
	while (fgets(line, sizeof(line), stdin) && sscanf(line, "%63s %d %ld", name, &units, &n) == 3) {
		int i = 0;

		while (i < NR_ROWS && strcmp(rows[i].name, name))
			i++;
		if (i == NR_ROWS) {
			printf("ERROR no such row\n");
			continue;
		}
		read_waits(&before);
		run(&rows[i], units, n);
		read_waits(&after);
		show_waits(&before, &after);
		printf("DONE\n");
	}
	reboot(RB_POWER_OFF);
	return 0;
}
