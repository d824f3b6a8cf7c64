/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of the stress test: for SECONDS= (from the kernel's command line) workers fork, exec, map memory, push
 * data through pipes, send signals, make files and run threads, all at once, and check what they get.
 *
 * Prints `FREE kB when` lines (at the start, once caches are warm; now and then; at the end), `WORKER name FAILED`
 * where a check fails, `DONE`. tools/stress-load judges. WORKERS= is how many of each kind (1), SEED= seeds the choices.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

static unsigned int seed = 1;
static const char *worker = "init";

static unsigned int pick(unsigned int n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* A check failed: say so, and end this worker. */
static void __attribute__((format(printf, 1, 2), noreturn)) bad(const char *fmt, ...)
{
	va_list ap;

	printf("WORKER %s FAILED: ", worker);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (errno %d)\n", errno);
	fflush(stdout);
	_exit(1);
}

/* Running out of memory or processes is no failure; pause and go on. */
static int lacking(void)
{
	if (errno != ENOMEM && errno != EAGAIN)
		return 0;
	usleep(10000);
	return 1;
}

static void reap(pid_t pid, int want)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			bad("waitpid %d", pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != want)
		bad("child ended with %#x, not exit status %d", status, want);
}

/* A family of processes, each of which changes memory shared copy-on-write and must see only its own change. */
static void forker(void)
{
	static int shared[8 * PAGE / sizeof(int)];
	int n = 2 + pick(6), i, k;
	pid_t pid[8];

	for (i = 0; i < 8; i++)
		shared[i * PAGE / sizeof(int)] = -1;
	for (i = 0; i < n; i++) {
		pid[i] = fork();
		if (pid[i] < 0 && !lacking())
			bad("fork");
		if (pid[i] == 0) {
			for (k = 0; k < 8; k++)
				shared[k * PAGE / sizeof(int)] = i;
			if (pick(2))
				sched_yield();
			for (k = 0; k < 8; k++)
				if (shared[k * PAGE / sizeof(int)] != i)
					_exit(99);
			_exit(i);
		}
	}
	for (i = 0; i < n; i++)
		if (pid[i] > 0)
			reap(pid[i], i);
	for (i = 0; i < 8; i++)
		if (shared[i * PAGE / sizeof(int)] != -1)
			bad("a child's write came through");
}

static void execer(void)
{
	char status[8];
	int n = pick(100);
	pid_t pid;

	snprintf(status, sizeof(status), "%d", n);
	pid = pick(2) ? fork() : vfork();
	if (pid == 0) {
		execl("/init", "stress", "exit", status, NULL);
		_exit(127);
	}
	if (pid > 0)
		reap(pid, n);
	else if (!lacking())
		bad("fork");
}

static void shell(void)
{
	static const char *const scripts[] = {
		"test $(seq 1 200 | grep 1 | sort -n | tail -1) = 199",
		"for i in 1 2 3; do (exit $i) & wait $!; [ $? = $i ] || exit 1; done",
		"x=$(head -c 5000 /dev/zero | tr '\\0' a | wc -c); [ $x = 5000 ]",
		"ls -lR /proc/self >/dev/null 2>&1; ps >/dev/null; true",
		"sleep 0.01 & kill $!; wait; true",
	};
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", scripts[pick(5)], NULL);
		_exit(127);
	}
	if (pid > 0)
		reap(pid, 0);
	else if (!lacking())
		bad("fork");
}

/* Map, use, protect, move, cut and unmap memory. */
static void mapper(void)
{
	size_t pages = 1 + pick(200), i;
	unsigned char *p, *q;

	p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		 (pick(4) ? MAP_PRIVATE : MAP_SHARED) | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		if (!lacking())
			bad("mmap");
		return;
	}
	for (i = 0; i < pages; i++) {
		if (p[i * PAGE] || p[i * PAGE + PAGE - 1])
			bad("fresh memory is not zero");
		p[i * PAGE + i % PAGE] = i + 1;
	}
	if (mprotect(p + pages / 2 * PAGE, PAGE, PROT_READ) && !lacking())
		bad("mprotect");
	if (pages > 4 && munmap(p + PAGE, PAGE) && !lacking())
		bad("munmap of a hole");
	for (i = 0; i < pages; i++)
		if ((pages <= 4 || i != 1) && p[i * PAGE + i % PAGE] != (unsigned char)(i + 1))
			bad("page %zu of %zu changed", i, pages);
	if (pages > 8) {
		q = mremap(p + 4 * PAGE, (pages - 4) * PAGE, (pages + 4) * PAGE, MREMAP_MAYMOVE);
		if (q != MAP_FAILED)
			munmap(q, (pages + 4) * PAGE);
	}
	munmap(p, pages * PAGE);
}

/* A pipe or, where the kernel has sockets, a socket pair. */
static int channel(int fd[2])
{
	if (pick(2)) {
		if (!socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
			return 0;
		if (errno != ENOSYS)
			return -1;
	}
	return pipe(fd);
}

/* Bytes through a chain of processes, each adding one; a socket pair at times instead of a pipe. */
static void piper(void)
{
	int n = 1 + pick(5), i, k, in[2], next[2];
	unsigned char buf[3000];
	pid_t pid[6];

	if (pipe(in))
		bad("pipe");
	next[0] = in[0];
	for (i = 0; i < n; i++) {
		int source = next[0];

		if (channel(next))
			bad("pipe or socketpair");
		pid[i] = fork();
		if (pid[i] == 0) {
			ssize_t got;

			close(in[1]);
			close(next[0]);
			while ((got = read(source, buf, 1 + pick(sizeof(buf)))) > 0) {
				for (k = 0; k < got; k++)
					buf[k]++;
				if (write(next[1], buf, got) != got)
					_exit(1);
			}
			_exit(got ? 1 : 0);
		}
		close(source);
		close(next[1]);
		if (pid[i] < 0) {
			if (!lacking())
				bad("fork");
			n = i;
			close(next[0]);
			close(in[1]);
			goto reap_all;
		}
	}
	for (k = 0; k < (int)sizeof(buf); k++)
		buf[k] = k;
	if (write(in[1], buf, sizeof(buf)) != sizeof(buf))
		bad("write into the chain");
	close(in[1]);
	for (k = 0; k < (int)sizeof(buf);) {
		ssize_t got = read(next[0], buf + k, sizeof(buf) - k);

		if (got <= 0)
			bad("the chain gave %d of %zu bytes", k, sizeof(buf));
		k += got;
	}
	close(next[0]);
	for (k = 0; k < (int)sizeof(buf); k++)
		if (buf[k] != (unsigned char)(k + n))
			bad("byte %d came out wrong", k);
reap_all:
	for (i = 0; i < n; i++)
		reap(pid[i], 0);
}

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	(void)sig;
	caught++;
}

/* A child that is stopped, continued, signalled and killed; a timer that interrupts sleeping. */
static void signaller(void)
{
	struct itimerval soon = { .it_value.tv_usec = 2000 + pick(3000) }, off = { { 0, 0 }, { 0, 0 } };
	int status, i, n = 1 + pick(20);
	pid_t pid;

	signal(SIGUSR1, on_signal);
	signal(SIGALRM, on_signal);
	caught = 0;
	for (i = 0; i < n; i++)
		raise(SIGUSR1);
	if (caught != n)
		bad("%d signals of %d came", (int)caught, n);
	pid = fork();
	if (pid == 0) {
		for (;;)
			if (pick(2))
				usleep(100);
	}
	if (pid < 0) {
		if (!lacking())
			bad("fork");
		return;
	}
	if (pick(2)) {
		kill(pid, SIGSTOP);
		if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
			bad("the child did not stop: %#x", status);
		kill(pid, SIGCONT);
	}
	setitimer(ITIMER_REAL, &soon, NULL);
	usleep(100000);
	setitimer(ITIMER_REAL, &off, NULL);
	if (caught == n)
		bad("the timer did not come");
	n = pick(2) ? SIGKILL : SIGTERM;
	kill(pid, n);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != n)
		bad("killed by %d, ended with %#x", n, status);
}

/* Files and directories: what was written is read back, by read and by mapping, under its new name. */
static void filer(void)
{
	char dir[64], a[96], b[96];
	unsigned char buf[PAGE + 100], *map;
	int fd, i, n = 1 + pick(20), entries = 0;
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof(dir), "/tmp/files-%d", getpid());
	snprintf(a, sizeof(a), "%s/first", dir);
	snprintf(b, sizeof(b), "%s/second", dir);
	if (mkdir(dir, 0700))
		bad("mkdir %s", dir);
	fd = open(a, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		bad("create %s", a);
	for (i = 0; i < n; i++) {
		memset(buf, i + 1, sizeof(buf));
		if (write(fd, buf, sizeof(buf)) != sizeof(buf)) {
			if (errno != ENOSPC && !lacking())
				bad("write %s", a);
			n = i;
		}
	}
	if (rename(a, b))
		bad("rename");
	map = n ? mmap(NULL, n * sizeof(buf), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	for (i = 0; i < n; i++) {
		if (pread(fd, buf, sizeof(buf), i * sizeof(buf)) != sizeof(buf) || buf[pick(sizeof(buf))] != i + 1)
			bad("read back of block %d", i);
		if (map != MAP_FAILED && map[i * sizeof(buf) + 5] != i + 1)
			bad("mapping of block %d", i);
	}
	if (map != MAP_FAILED)
		munmap(map, n * sizeof(buf));
	ftruncate(fd, pick(PAGE));
	close(fd);
	for (i = 0; i < n; i++) {
		snprintf(a, sizeof(a), "%s/%d", dir, i);
		if (pick(2) ? symlink("second", a) : link(b, a))
			bad("link %s", a);
	}
	d = opendir(dir);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.') {
			snprintf(a, sizeof(a), "%s/%.20s", dir, e->d_name);
			if (unlink(a))
				bad("unlink %s", a);
			entries++;
		}
	if (d)
		closedir(d);
	if (entries != n + 1)
		bad("%d entries of %d", entries, n + 1);
	if (rmdir(dir))
		bad("rmdir");
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long counter;

static void *add(void *arg)
{
	long i, n = (long)arg;

	for (i = 0; i < n; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void threader(void)
{
	long n = 1 + pick(8), i, made, rounds = 100 + pick(500);
	pthread_t t[8];

	counter = 0;
	for (made = 0; made < n; made++)
		if (pthread_create(&t[made], NULL, add, (void *)rounds))
			break;
	for (i = 0; i < made; i++)
		pthread_join(t[i], NULL);
	if (counter != made * rounds)
		bad("%ld threads counted %ld of %ld", made, counter, made * rounds);
}

static const struct {
	const char *name;
	void (*once)(void);
} kinds[] = {
	{ "fork", forker }, { "exec", execer }, { "shell", shell }, { "mmap", mapper }, { "pipe", piper },
	{ "signal", signaller }, { "file", filer }, { "thread", threader },
};
#define KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

static pid_t workers[64];
static int started;

static void start(int kind, int number, time_t end)
{
	pid_t pid = fork();

	if (pid && started < 64)
		workers[started++] = pid;
	if (pid)
		return;
	worker = kinds[kind].name;
	seed += kind * 7919 + number * 104729;
	while (time(NULL) < end)
		kinds[kind].once();
	_exit(0);
}

static long mem_free(void)
{
	char buf[4096], *p;
	int fd = open("/proc/meminfo", O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	buf[n > 0 ? n : 0] = 0;
	p = strstr(buf, "MemFree:");
	return p ? strtol(p + 8, NULL, 10) : -1;
}

static long number(const char *name, long otherwise)
{
	return getenv(name) ? strtol(getenv(name), NULL, 10) : otherwise;
}

/* Run all kinds for so many seconds; report what failed. */
static void all_for(long seconds)
{
	time_t now = time(NULL), end = now + seconds, told = now;
	long per_kind = number("WORKERS", 1), k, i;

	fflush(stdout);
	started = 0;
	for (k = 0; k < KINDS; k++)
		for (i = 0; i < per_kind; i++)
			start(k, i, end);
	while (time(NULL) < end + 60) {
		/* Orphans of workers are reaped here, too. */
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0)
			return;
		if (pid == 0)
			usleep(50000);
		if (time(NULL) - told >= 10) {
			told = time(NULL);
			printf("FREE %ld kB after %ld s\n", mem_free(), (long)(told - now));
		}
	}
	for (i = 0; i < started; i++)
		if (!kill(workers[i], 0))
			printf("WORKER %s FAILED: process %d does not end\n",
			       kinds[i / per_kind].name, workers[i]);
	kill(-1, SIGKILL);
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	long first, last;

	if (argc == 3 && !strcmp(argv[1], "exit"))
		_exit(atoi(argv[2]));
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/proc", 0755);
	mkdir("/tmp", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, "size=64m");
	setenv("PATH", "/bin", 1);
	seed = number("SEED", 1);
	all_for(number("WARM", 10));
	sleep(2);
	first = mem_free();
	printf("FREE %ld kB at the start\n", first);
	all_for(number("SECONDS", 60));
	sleep(2);
	last = mem_free();
	printf("FREE %ld kB at the end\n", last);
	printf("LOST %ld kB\n", first - last);
	printf("DONE\n");
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
