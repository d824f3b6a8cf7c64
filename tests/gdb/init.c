/* SPDX-License-Identifier: MIT */
/*
 * Process 1 for the tests of the gdb commands: children that sleep in known places, a mutex with an
 * owner and a waiter; then sync(2), where gdb waits for it, then spin() in user mode.
 *
 * A child's name says what it does; tests/gdb/ingdb.py looks for the names.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int pipefd[2];
static char *page;

static void child(const char *name, void (*work)(void))
{
	if (fork())
		return;
	prctl(PR_SET_NAME, name);
	work();
	_exit(1);
}

static void reads_pipe(void)
{
	char c;

	read(pipefd[0], &c, 1);
}

static void sleeps(void)
{
	struct timespec t = { 1000, 0 };

	nanosleep(&t, NULL);
}

static void waits(void)
{
	child("grandchild", sleeps);
	wait(NULL);
}

static void polls(void)
{
	struct pollfd p = { pipefd[0], POLLIN, 0 };

	poll(&p, 1, -1);
}

static void in_futex(void)
{
	static int word;

	syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

/* pause(2) of the i386's table */
static void by_int80(void)
{
	long ret = 29;

	__asm__ volatile("int $0x80" : "+a"(ret) : "b"(1L), "c"(2L), "d"(3L), "S"(4L), "D"(5L)
			 : "memory", "r8", "r9", "r10", "r11");
}

static void stops(void)
{
	raise(SIGSTOP);
}

static void dies(void)
{
	_exit(3);
}

static void *thread(void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "thread");
	pause();
	return NULL;
}

static void has_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
}

/* Its output is stopped: who fills the buffer sleeps with the terminal's mutex held. */
static void writes_tty(void)
{
	static char text[1 << 20];

	memset(text, 'x', sizeof(text));
	for (;;)
		write(1, text, sizeof(text));
}

__attribute__((noinline)) void spin(void)
{
	for (;;)
		__asm__ volatile("pause");
}

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		_exit(1);
}

static void in_user(void)
{
	pin_to(1);
	for (;;)
		__asm__ volatile("pause");
}

/* Almost always: one call makes sixteen MiB of random bytes. */
static void in_syscall(void)
{
	static char buf[16 << 20];
	int fd = open("/dev/urandom", O_RDONLY);

	pin_to(2);
	memset(buf, 1, sizeof(buf));
	for (;;)
		if (read(fd, buf, sizeof(buf)) != (ssize_t)sizeof(buf))
			_exit(1);
}

/* four=on: four CPUs, in the kernel, in user mode, in the kernel for a call, and idle. */
static void use_four_cpus(void)
{
	if (!getenv("four"))
		return;
	child("in_user", in_user);
	child("in_syscall", in_syscall);
	pin_to(0);
}

/*
 * With trace_event= on the command line also the events of single system calls; with graph=on every
 * function, so that the stacks are full of the tracer's return addresses.
 */
static void trace(void)
{
	static char line[4096];
	int fd = open("/proc/cmdline", O_RDONLY);

	read(fd, line, sizeof(line) - 1);
	close(fd);
	if (!strstr(line, "trace_event=") && !strstr(line, "graph=on"))
		return;
	mkdir("/sys", 0755);
	mount("none", "/sys", "sysfs", 0, NULL);
	mount("none", "/sys/kernel/tracing", "tracefs", 0, NULL);
	if (strstr(line, "graph=on")) {
		fd = open("/sys/kernel/tracing/current_tracer", O_WRONLY);
		write(fd, "function_graph", 14);
	} else {
		fd = open("/sys/kernel/tracing/events/syscalls/enable", O_WRONLY);
		write(fd, "1", 1);
	}
	close(fd);
}

int main(void)
{
	struct timespec second = { 1, 0 };
	int file;

	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	mount("none", "/proc", "proc", MS_NOSUID, NULL);
	mount("none", "/dev", "devtmpfs", 0, NULL);
	trace();
	pipe2(pipefd, O_CLOEXEC);
	file = open("/data", O_RDWR | O_CREAT | O_APPEND, 0644);
	write(file, "hello\n", 6);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	strcpy(page, "shared till somebody writes");

	use_four_cpus();
	child("reads_pipe", reads_pipe);
	child("sleeps", sleeps);
	child("waits", waits);
	child("polls", polls);
	child("in_futex", in_futex);
	child("by_int80", by_int80);
	child("stops", stops);
	child("dies", dies);
	child("has_thread", has_thread);
	tcflow(1, TCOOFF);
	child("writes_tty", writes_tty);
	nanosleep(&second, NULL);
	child("waits_tty", writes_tty);
	nanosleep(&second, NULL);
	/* gdb's breakpoint: everybody is where it should be. */
	syscall(SYS_sync);
	spin();
}
