/* SPDX-License-Identifier: MIT */
/* Where a task is in the kernel: /proc/PID/{wchan,stack,syscall}, and who may know. */
#include "abi.h"
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/select.h>

static int pipefd[2], word;
static volatile int spinning;

static char *proc(pid_t pid, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return path;
}

/* What the file says, or the errno of open or read as text. */
static char *say(pid_t pid, const char *name)
{
	static char buf[8192];
	int fd = open(proc(pid, name), O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (n < 0)
		snprintf(buf, sizeof(buf), "%s", strerrorname_np(errno));
	else
		buf[n] = 0;
	if (fd >= 0)
		close(fd);
	return buf;
}

static void in_pipe(void)
{
	char c;

	read(pipefd[0], &c, 1);
}

static void in_nanosleep(void)
{
	msleep(100000);
}

static void in_wait(void)
{
	if (!fork())
		pause();
	waitpid(-1, NULL, 0);
}

static void in_poll(void)
{
	struct pollfd p = { pipefd[0], POLLIN, 0 };

	poll(&p, 1, -1);
}

static void in_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(pipefd[0], &set);
	select(pipefd[0] + 1, &set, NULL, NULL, NULL);
}

static void in_futex(void)
{
	/* Arguments that are all different; the fifth means nothing. */
	syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, NULL, 0x5555, 0x66);
}

static void stopped(void)
{
	raise(SIGSTOP);
}

static void in_pause(void)
{
	pause();
}

__attribute__((noinline)) static void spin(void)
{
	spinning = 1;
	for (;;)
		__asm__ volatile("pause" ::: "memory");
}

static pid_t start(void (*work)(void), char state)
{
	pid_t pid = FORK();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		work();
		_exit(1);
	}
	if (state)
		CHECK(wait_state(pid, state));
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	abi_wait(pid);
}

/* "[<0>] name+0x12/0x34" a line, from the innermost; the first is wchan, the last entry code. */
static void check_stack(pid_t pid, const char *first)
{
	char *line, *save, name[128] = "", module[8];
	unsigned long offset, size;
	int n = 0;

	for (line = strtok_r(say(pid, "stack"), "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *plus = strchr(line, '+');

		CHECK(!strncmp(line, "[<0>] ", 6) && plus);
		if (!plus)
			return;
		CHECK_EQ(sscanf(plus, "+0x%lx/0x%lx%7s", &offset, &size, module), 2);
		CHECK(offset <= size && size);
		snprintf(name, sizeof(name), "%.*s", (int)(plus - line - 6), line + 6);
		if (!n++ && first)
			CHECK_STR(name, first);
	}
	CHECK(n >= 2);
	CHECK(!strncmp(name, "entry_SYSCALL_64", 16));
}

static void check_wait(void (*work)(void), char state, const char *wchan, long nr)
{
	pid_t pid = start(work, state);
	long got;

	if (wchan)
		CHECK_STR(say(pid, "wchan"), wchan);
	else
		CHECK(strcmp(say(pid, "wchan"), "0") && strlen(say(pid, "wchan")) > 3);
	check_stack(pid, wchan);
	CHECK_EQ(sscanf(say(pid, "syscall"), "%ld ", &got), 1);
	if (nr >= 0)
		CHECK_EQ(got, nr);
	end(pid);
}

static void check_syscall(void)
{
	pid_t pid = start(in_futex, 'S');
	unsigned long a[6], sp, ip;
	char newline;
	int nr, n;

	n = sscanf(say(pid, "syscall"), "%d 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx%c", &nr,
		   a, a + 1, a + 2, a + 3, a + 4, a + 5, &sp, &ip, &newline);
	CHECK_EQ(n, 10);
	CHECK_EQ(newline, '\n');
	CHECK_EQ(nr, SYS_futex);
	CHECK_EQ(a[0], &word);
	CHECK_EQ(a[1], FUTEX_WAIT_BITSET);
	CHECK_EQ(a[2], 0);
	CHECK_EQ(a[3], 0);
	CHECK_EQ(a[4], 0x5555);
	CHECK_EQ(a[5], 0x66);
	CHECK(sp > (unsigned long)&ip - 65536 && sp < (unsigned long)&ip + 65536);
	/* The instruction before it is SYSCALL. */
	CHECK(!memcmp((char *)ip - 2, "\x0f\x05", 2));
	end(pid);
}

/* pause(2) by int $0x80: number and arguments are the i386's, in its registers. */
static void in_int80(void)
{
	long ret = 29;

	__asm__ volatile("push %%rbp; mov $0x66, %%ebp; int $0x80; pop %%rbp" : "+a"(ret)
			 : "b"(0x11L), "c"(0x22L), "d"(0x33L), "S"(0x44L), "D"(0x55L)
			 : "memory", "r8", "r9", "r10", "r11");
}

static void check_int80(void)
{
	pid_t pid = start(in_int80, 'S');

	CHECK(!strncmp(say(pid, "syscall"), "29 0x11 0x22 0x33 0x44 0x55 0x66 0x7ff", 38));
	end(pid);
}

static void check_running(void)
{
	pid_t pid = start(spin, 0);
	unsigned long sp, ip;
	char newline;
	int nr;

	msleep(50);
	CHECK_STR(say(pid, "wchan"), "0");
	CHECK_STR(say(pid, "syscall"), "running\n");
	/* Stopped in user code: in no call. */
	kill(pid, SIGSTOP);
	CHECK(wait_state(pid, 'T'));
	CHECK_EQ(sscanf(say(pid, "syscall"), "%d 0x%lx 0x%lx%c", &nr, &sp, &ip, &newline), 4);
	CHECK_EQ(nr, -1);
	CHECK_EQ(newline, '\n');
	CHECK(ip >= (unsigned long)spin && ip < (unsigned long)spin + 64);
	CHECK_STR(say(pid, "wchan"), "do_signal_stop");
	kill(pid, SIGKILL);
	CHECK(wait_state(pid, 'Z'));
	CHECK_STR(say(pid, "wchan"), "0");
	CHECK_STR(say(pid, "stack"), "");
	CHECK_STR(say(pid, "syscall"), "-1 0x0 0x0\n");
	abi_wait(pid);
	CHECK_STR(say(pid, "syscall"), "ENOENT");
}

/* A file that was opened in time says that the process is gone. */
static void check_gone(void)
{
	pid_t pid = start(in_pause, 'S');
	int fd[3] = { NEED(open(proc(pid, "wchan"), O_RDONLY)),
		      NEED(open(proc(pid, "stack"), O_RDONLY)),
		      NEED(open(proc(pid, "syscall"), O_RDONLY)) };
	char buf[256];

	end(pid);
	for (int i = 0; i < 3; i++)
		CHECK_ERR(read(fd[i], buf, sizeof(buf)), ESRCH);
}

static void check_self(void)
{
	char buf[4096];
	unsigned long a[3];
	int fd = NEED(open("/proc/self/syscall", O_RDONLY)), nr, n;

	n = NEED(read(fd, buf, sizeof(buf) - 1));
	buf[n] = 0;
	CHECK_EQ(sscanf(buf, "%d 0x%lx 0x%lx 0x%lx ", &nr, a, a + 1, a + 2), 4);
	CHECK_EQ(nr, SYS_read);
	CHECK_EQ(a[0], fd);
	CHECK_EQ(a[1], buf);
	CHECK_EQ(a[2], sizeof(buf) - 1);
	close(fd);
	CHECK_STR(say(getpid(), "wchan"), "0");
	check_stack(getpid(), "proc_pid_stack");
}

static void *thread(void *arg)
{
	*(pid_t *)arg = syscall(SYS_gettid);
	in_pipe();
	return NULL;
}

static void check_thread(void)
{
	volatile pid_t tid = 0;
	pthread_t t;
	char name[64];

	pthread_create(&t, NULL, thread, (void *)&tid);
	AWAIT(tid);
	CHECK(wait_state(tid, 'S'));
	snprintf(name, sizeof(name), "task/%d/wchan", tid);
	CHECK_STR(say(getpid(), name), "pipe_read");
	snprintf(name, sizeof(name), "task/%d/syscall", tid);
	CHECK(!strncmp(say(getpid(), name), "0 0x", 4));
	snprintf(name, sizeof(name), "task/%d/stack", tid);
	CHECK(strstr(say(getpid(), name), "] pipe_read+0x"));
	CHECK_EQ(write(pipefd[1], "x", 1), 1);
	pthread_join(t, NULL);
}

static int mode(pid_t pid, const char *name)
{
	struct stat st;

	NEED(stat(proc(pid, name), &st));
	return st.st_mode & 07777;
}

static void check_rights(void)
{
	pid_t root = start(in_pipe, 'S'), own;
	char buf[256];
	int fd;

	CHECK_EQ(mode(root, "wchan"), 0444);
	CHECK_EQ(mode(root, "stack"), 0400);
	CHECK_EQ(mode(root, "syscall"), 0400);
	IN_CHILD({
		become_user(1000);
		CHECK_STR(say(root, "wchan"), "0");
		CHECK_STR(say(root, "stack"), "EACCES");
		CHECK_STR(say(root, "syscall"), "EACCES");
		/* A process of the same user, but not dumpable, and then one that is. */
		CHECK_STR(say(getpid(), "syscall"), "EACCES");
		CHECK_OK(prctl(PR_SET_DUMPABLE, 1));
		own = start(in_pipe, 'S');
		CHECK_STR(say(own, "wchan"), "pipe_read");
		CHECK(!strncmp(say(own, "syscall"), "0 0x", 4));
		CHECK_STR(say(own, "stack"), "EACCES");
		CHECK_STR(say(getpid(), "stack"), "EACCES");
		end(own);
	});
	/* Opened by root, read without rights: the stack asks the opener, the call the reader. */
	fd = NEED(open(proc(root, "syscall"), O_RDONLY));
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(read(fd, buf, sizeof(buf)), EPERM);
	});
	end(root);
}

int main(void)
{
	NEED(pipe(pipefd));
	check_wait(in_pipe, 'S', "pipe_read", SYS_read);
	check_wait(in_nanosleep, 'S', "hrtimer_nanosleep", SYS_clock_nanosleep);
	check_wait(in_wait, 'S', "do_wait", SYS_wait4);
	check_wait(in_poll, 'S', "do_sys_poll", SYS_poll);
	check_wait(in_select, 'S', "do_select", -1);
	check_wait(in_futex, 'S', NULL, SYS_futex);
	check_wait(in_pause, 'S', NULL, SYS_pause);
	check_wait(stopped, 'T', "do_signal_stop", -1);
	check_syscall();
	check_int80();
	check_running();
	check_gone();
	check_self();
	check_thread();
	check_rights();
	return abi_done();
}
