/* SPDX-License-Identifier: MIT */
/*
 * For the programs of tests/trace, each process 1 of a machine of its own: checks, the files of
 * tracefs, raw records, and a load that uses many parts of the kernel and knows what must come out.
 */
#ifndef TESTS_TRACE_H
#define TESTS_TRACE_H

#define _GNU_SOURCE
#include <generated/trace_events_abi.h>	/* first: it has fields called errno and sa_handler */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"

/* ---- saying and checking ---- */

static const char *test_name;
static int failures;

static void say(const char *format, ...)
{
	char line[400];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	write(1, line, n);
}

__attribute__((format(printf, 1, 2))) static void fail(const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (failures++ < 10)
		say("FAIL %s: %s\n", test_name, text);
}

#define CHECK(what) \
	do { if (!(what)) fail("line %d: %s (errno %d)", __LINE__, #what, errno); } while (0)
#define CHECK_EQ(a, b) do {							\
	long long __a = (a), __b = (b);						\
	if (__a != __b)								\
		fail("line %d: %s is %lld, not %lld", __LINE__, #a, __a, __b);	\
} while (0)
#define CHECK_STR(file, text) do {						\
	char __t[300] = "";							\
	get(file, __t, sizeof(__t));						\
	if (strcmp(__t, text))							\
		fail("line %d: %s says \"%s\"", __LINE__, file, __t);		\
} while (0)

static void run_test(const char *name, void (*run)(void))
{
	int before = failures;

	test_name = name;
	run();
	if (failures == before)
		say("ok %s\n", name);
}

/* ---- files ---- */

static const char *in_tracing(const char *name)
{
	static char path[200];

	if (name[0] == '/')
		return name;
	snprintf(path, sizeof(path), TRACING "%s", name);
	return path;
}

static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool get(const char *name, char *buf, size_t size)
{
	int fd = open_file(in_tracing(name));
	size_t have = 0;
	ssize_t n = -1;

	while (fd >= 0 && have < size - 1 && (n = read(fd, buf + have, size - 1 - have)) > 0)
		have += n;
	buf[have] = 0;
	close(fd);
	return fd >= 0 && n >= 0;
}

static int put_flags(const char *name, const char *text, int flags)
{
	int fd = open(in_tracing(name), O_WRONLY | O_CLOEXEC | flags), error = 0;
	char line[4096];
	int n = snprintf(line, sizeof(line), "%s\n", text);

	if (fd < 0)
		return errno;
	if (write(fd, line, n) < 0)
		error = errno;
	if (close(fd) && !error)
		error = errno;
	return error;
}

/* As `echo text > file` and `echo text >> file`: 0 or an error number. */
static int put(const char *name, const char *text) { return put_flags(name, text, O_TRUNC); }
static int append(const char *name, const char *text) { return put_flags(name, text, 0); }

static void put_number(const char *name, long number)
{
	char text[30];

	snprintf(text, sizeof(text), "%ld", number);
	CHECK(put(name, text) == 0);
}

static bool has_line(const char *name, const char *line)
{
	static char text[1 << 20];
	size_t n = strlen(line);

	get(name, text, sizeof(text));
	for (char *p = text; (p = strstr(p, line)); p++)
		if ((p == text || p[-1] == '\n') && (p[n] == '\n' || p[n] == ' '))
			return true;
	return false;
}

static unsigned long symbol(const char *name)
{
	char line[300], found[200];
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long addr = 0, a;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx %*c %199s", &a, found) == 2 && !strcmp(found, name))
			addr = a;
	if (f)
		fclose(f);
	CHECK(addr);
	return addr;
}

/* Nothing is traced, everything is as after boot, and there are no records. */
static void quiet(void)
{
	CHECK(put("events/enable", "0") == 0);
	CHECK(put("current_tracer", "nop") == 0);
	CHECK(put("set_ftrace_filter", "") == 0);
	CHECK(put("set_ftrace_notrace", "") == 0);
	CHECK(put("set_graph_function", "") == 0);
	CHECK(put("set_graph_notrace", "") == 0);
	CHECK(put("max_graph_depth", "0") == 0);
	CHECK(put("set_ftrace_pid", "") == 0);
	CHECK(put("tracing_on", "1") == 0);
	CHECK(put("trace", "") == 0);
}

/* ---- raw records: include/vitrix/trace_ring.h ---- */

struct record {
	uint64_t stamp;
	uint16_t type;
	uint8_t flags, preempt_count;
	int32_t pid;
	uint8_t data[];
};

static struct record *next_record(void)
{
	static char buf[65536];
	static ssize_t have, at;
	static int fd = -1;
	struct record *r;

	if (fd < 0)
		fd = open(TRACING "per_cpu/cpu0/records", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (at >= have) {
		have = read(fd, buf, sizeof(buf));
		at = 0;
		if (have <= 0) {
			have = 0;
			return NULL;
		}
	}
	r = (struct record *)(buf + at);
	at += (r->stamp & 0xff) * 32;
	return r;
}

/* ---- a load ---- */

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	alarms++;
}

static int load_processes(void)
{
	int status, bad = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/init", "init", "child", NULL);
		_exit(9);
	}
	bad |= waitpid(pid, &status, 0) != pid || status;
	pid = vfork();
	if (pid == 0)
		_exit(getppid() == 0);
	bad |= waitpid(pid, &status, 0) != pid || status;
	return bad;
}

static int load_pipe(void)
{
	char buf[5000], back[5000];
	int fd[2], bad = 0, status;
	pid_t pid;

	if (pipe(fd))
		return 1;
	memset(buf, 'x', sizeof(buf));
	pid = fork();
	if (pid == 0) {
		for (size_t n = 0; n < sizeof(buf); n += 100)
			if (write(fd[1], buf + n, 100) != 100)
				_exit(1);
		_exit(0);
	}
	close(fd[1]);
	for (size_t n = 0; n < sizeof(back); ) {
		ssize_t got = read(fd[0], back + n, sizeof(back) - n);

		if (got <= 0) {
			if (got < 0 && errno == EINTR)
				continue;
			bad = 1;
			break;
		}
		n += got;
	}
	bad |= memcmp(buf, back, sizeof(buf)) != 0;
	close(fd[0]);
	bad |= waitpid(pid, &status, 0) != pid || status;
	return bad;
}

static int load_memory(void)
{
	size_t size = 1 << 20;
	unsigned char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0);
	unsigned int sum = 0;

	if (p == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < size; i += 4096)
		p[i] = i >> 12;
	for (size_t i = 0; i < size; i += 4096)
		sum += p[i];
	munmap(p, size);
	return sum != 255 * 256 / 2;
}

static int load_files(void)
{
	char name[40], text[20] = "", path[40];
	struct stat st;
	int bad = 0, fd;

	snprintf(name, sizeof(name), "/tmp/file.%d", getpid());
	snprintf(path, sizeof(path), "/proc/%d/stat", getpid());
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bad |= write(fd, "seventeen letters", 17) != 17;
	bad |= pread(fd, text, 17, 0) != 17 || strcmp(text, "seventeen letters");
	bad |= fstat(fd, &st) || st.st_size != 17;
	close(fd);
	bad |= unlink(name) != 0;
	bad |= !get(path, text, sizeof(text)) || atoi(text) != getpid();
	bad |= open("/no/such/file", O_RDONLY) != -1 || errno != ENOENT;
	return bad;
}

/* 0, or 1: something came out wrong. Under a timer's signals. */
static int load(int rounds)
{
	struct itimerval timer = { { 0, 2000 }, { 0, 2000 } }, none = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	int bad = 0;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (int i = 0; i < rounds && !bad; i++) {
		pid_t parent = getppid();

		bad |= load_processes() << 0 | load_pipe() << 1 | load_memory() << 2 |
		       load_files() << 3;
		bad |= (getppid() != parent) << 4;
	}
	setitimer(ITIMER_REAL, &none, NULL);
	if (bad)
		say("load: bits %x went wrong\n", bad);
	return bad != 0;
}

/* ---- beginning ---- */

static char tests_wanted[300];

/* tests=a,b,c on the command line; none: all but panic */
static bool wanted(const char *name)
{
	size_t n = strlen(name);

	for (char *p = tests_wanted; (p = strstr(p, name)); p++)
		if ((p == tests_wanted || p[-1] == ',') && (p[n] == ',' || p[n] == 0))
			return true;
	return false;
}

static void start(void)
{
	static char text[2000];
	char *p;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	get("/proc/cmdline", text, sizeof(text));
	p = strstr(text, "tests=");
	if (p)
		sscanf(p, "tests=%299s", tests_wanted);
}

#endif
