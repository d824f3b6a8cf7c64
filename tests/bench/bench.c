/* SPDX-License-Identifier: MIT */
/*
 * What each operation costs, in instructions.
 *
 * Runs as process 1 under `qemu -icount shift=0`, where one instruction moves the time stamp counter by one tick
 * (each iteration of a rep instruction is an instruction of its own). Every figure therefore is a count, user
 * side and kernel side together, and the same on every run within a fraction of a per cent. tools/run-bench.py
 * runs it on Linux and on Vitrix and sets the figures beside each other.
 *
 * Prints `BENCH name value`, `BENCH name error N` (errno; the kernel lacks something) and `INFO name value` lines,
 * then powers off. ONLY=word on the kernel's command line picks operations. A figure is the median of BATCHES
 * batches, so that a timer tick in one of them does not count.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define MIB (1024 * 1024)
#define BATCHES 7
#define HOPPERS 16

static inline unsigned long ticks(void)
{
	unsigned int lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (unsigned long)hi << 32 | lo;
}

/* The raw system call, so that libc's wrapping does not show. */
static inline long call3(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return ret;
}

static int fail_errno;

/* Note why an operation cannot be measured; the figure becomes an error line. */
static long failed(void)
{
	fail_errno = errno ? errno : EIO;
	return -1;
}

static void quit(int status)
{
	call3(SYS_exit_group, status, 0, 0);
	__builtin_unreachable();
}

/* One system call, over and over: with the loop, about four instructions in user mode. */
static long repeat(long n, long nr, long a, long b, long c)
{
	unsigned long start = ticks();
	long i;

	for (i = 0; i < n; i++)
		call3(nr, a, b, c);
	return ticks() - start;
}

static long op_getppid(long n)
{
	return repeat(n, SYS_getppid, 0, 0, 0);
}

/* The i386's door, which 64-bit programs may use, too; 64 is its getppid. */
static long op_int80(long n)
{
	unsigned long start = ticks();
	long i, ret = -1;

	for (i = 0; i < n; i++)
		asm volatile("int $0x80" : "=a"(ret) : "0"(64L) : "memory");
	start = ticks() - start;
	if (ret != getppid()) {
		errno = ENOSYS;
		return failed();
	}
	return start;
}

static long op_getpid(long n)
{
	return repeat(n, SYS_getpid, 0, 0, 0);
}

static long op_enosys(long n)
{
	return repeat(n, 400, 0, 0, 0);
}

static long op_clock_call(long n)
{
	struct timespec ts;

	return repeat(n, SYS_clock_gettime, CLOCK_MONOTONIC, (long)&ts, 0);
}

static long op_clock_libc(long n)
{
	unsigned long start = ticks();
	struct timespec ts;
	long i;

	for (i = 0; i < n; i++)
		clock_gettime(CLOCK_MONOTONIC, &ts);
	return ticks() - start;
}

static long op_yield(long n)
{
	return repeat(n, SYS_sched_yield, 0, 0, 0);
}

static long op_fstat(long n)
{
	int fd = open("/tmp/file", O_RDWR | O_CREAT, 0644);
	struct stat st;
	long t;

	if (fd < 0 || call3(SYS_fstat, fd, (long)&st, 0))
		return failed();
	t = repeat(n, SYS_fstat, fd, (long)&st, 0);
	close(fd);
	return t;
}

static long op_stat(long n)
{
	struct stat st;

	if (stat("/tmp/file", &st))
		return failed();
	return repeat(n, SYS_stat, (long)"/tmp/file", (long)&st, 0);
}

static long op_open_close(long n)
{
	unsigned long start;
	long i, fd;

	fd = open("/tmp/file", O_RDWR | O_CREAT, 0644);
	if (fd < 0)
		return failed();
	close(fd);
	start = ticks();
	for (i = 0; i < n; i++) {
		fd = call3(SYS_open, (long)"/tmp/file", O_RDWR, 0);
		call3(SYS_close, fd, 0, 0);
	}
	return ticks() - start;
}

static long one_byte(long n, long nr, const char *path, int flags)
{
	int fd = open(path, flags);
	char c = 0;
	long t;

	if (fd < 0 || call3(nr, fd, (long)&c, 1) != 1)
		return failed();
	t = repeat(n, nr, fd, (long)&c, 1);
	close(fd);
	return t;
}

static long op_read_zero(long n)
{
	return one_byte(n, SYS_read, "/dev/zero", O_RDONLY);
}

static long op_write_null(long n)
{
	return one_byte(n, SYS_write, "/dev/null", O_WRONLY);
}

/* 4 KiB at offset 0 of a file on tmpfs. */
static long file_page(long n, int write)
{
	int fd = open("/tmp/page", O_RDWR | O_CREAT, 0644);
	static char buf[PAGE];
	unsigned long start;
	long i;

	if (fd < 0 || pwrite(fd, buf, PAGE, 0) != PAGE || pread(fd, buf, PAGE, 0) != PAGE)
		return failed();
	start = ticks();
	for (i = 0; i < n; i++) {
		if (write)
			pwrite(fd, buf, PAGE, 0);
		else
			pread(fd, buf, PAGE, 0);
	}
	start = ticks() - start;
	close(fd);
	return start;
}

static long op_read_page(long n)
{
	return file_page(n, 0);
}

static long op_write_page(long n)
{
	return file_page(n, 1);
}

static long op_create_unlink(long n)
{
	unsigned long start = ticks();
	long i;
	int fd;

	for (i = 0; i < n; i++) {
		fd = open("/tmp/new", O_WRONLY | O_CREAT | O_EXCL, 0644);
		if (fd < 0)
			return failed();
		close(fd);
		if (unlink("/tmp/new"))
			return failed();
	}
	return ticks() - start;
}

/* A byte there and back between two processes: two writes, two reads, two switches. */
static long round_trip(long n, int to[2], int from[2])
{
	unsigned long start;
	pid_t pid;
	char c = 0;
	long i;

	pid = fork();
	if (pid < 0)
		return failed();
	if (pid == 0) {
		close(to[1]);
		if (from[1] != to[0])
			close(from[0]);
		while (call3(SYS_read, to[0], (long)&c, 1) == 1)
			call3(SYS_write, from[1], (long)&c, 1);
		quit(0);
	}
	close(to[0]);
	call3(SYS_write, to[1], (long)&c, 1);
	call3(SYS_read, from[0], (long)&c, 1);
	start = ticks();
	for (i = 0; i < n; i++) {
		call3(SYS_write, to[1], (long)&c, 1);
		if (call3(SYS_read, from[0], (long)&c, 1) != 1)
			return failed();
	}
	start = ticks() - start;
	close(to[1]);
	waitpid(pid, NULL, 0);
	return start;
}

static long op_pipe(long n)
{
	int to[2], from[2];
	long t;

	if (pipe(to) || pipe(from))
		return failed();
	t = round_trip(n, to, from);
	close(from[0]);
	close(from[1]);
	return t;
}

static long op_socketpair(long n)
{
	int sv[2];
	int to[2], from[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv))
		return failed();
	to[1] = from[0] = sv[0];
	to[0] = from[1] = sv[1];
	return round_trip(n, to, from);
}

/* One pipe in one process, no switch. */
static long op_pipe_self(long n)
{
	unsigned long start;
	int fd[2];
	char c = 0;
	long i;

	if (pipe(fd))
		return failed();
	start = ticks();
	for (i = 0; i < n; i++) {
		call3(SYS_write, fd[1], (long)&c, 1);
		call3(SYS_read, fd[0], (long)&c, 1);
	}
	start = ticks() - start;
	close(fd[0]);
	close(fd[1]);
	return start;
}

/*
 * A token around a ring of processes; one hop is a write, a switch and a read.
 *
 *   parent -> pipe[0] -> child 1 -> pipe[1] -> child 2 ... child 15 -> pipe[15] -> parent
 */
static long op_hop(long n)
{
	int ring[HOPPERS][2];
	unsigned long start;
	char c = 0;
	long i, k;

	for (i = 0; i < HOPPERS; i++)
		if (pipe(ring[i]))
			return failed();
	for (i = 1; i < HOPPERS; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return failed();
		if (pid)
			continue;
		/* Only the two ends in use stay open, so that the ring drains when the parent closes. */
		for (k = 0; k < HOPPERS; k++) {
			if (k != i)
				close(ring[k][1]);
			if (k != i - 1)
				close(ring[k][0]);
		}
		while (call3(SYS_read, ring[i - 1][0], (long)&c, 1) == 1)
			call3(SYS_write, ring[i][1], (long)&c, 1);
		quit(0);
	}
	for (k = 1; k < HOPPERS; k++)
		close(ring[k][1]);
	for (k = 0; k < HOPPERS - 1; k++)
		close(ring[k][0]);
	start = 0;
	for (i = -1; i < n / HOPPERS; i++) {
		if (i == 0)
			start = ticks();
		call3(SYS_write, ring[0][1], (long)&c, 1);
		if (call3(SYS_read, ring[HOPPERS - 1][0], (long)&c, 1) != 1)
			return failed();
	}
	start = ticks() - start;
	close(ring[0][1]);
	while (wait(NULL) > 0)
		;
	close(ring[HOPPERS - 1][0]);
	return start;
}

static long op_fork(long n)
{
	unsigned long start = ticks();
	long i;

	for (i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			quit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			return failed();
	}
	return ticks() - start;
}

/* The smallest program that there is: one page, exit(0). */
static int write_tiny(const char *path)
{
	static const unsigned char code[] = {
		0x31, 0xff,				/* xor %edi,%edi */
		0xb8, 0x3c, 0x00, 0x00, 0x00,		/* mov $SYS_exit,%eax */
		0x0f, 0x05,				/* syscall */
	};
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph;
		unsigned char text[sizeof(code)];
	} image = {
		.eh = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			.e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
			.e_entry = 0x400000 + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
		},
		.ph = {
			.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x400000,
			.p_paddr = 0x400000, .p_align = PAGE,
			.p_filesz = sizeof(image), .p_memsz = sizeof(image),
		},
	};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755), ok;

	if (fd < 0)
		return -1;
	memcpy(image.text, code, sizeof(code));
	ok = write(fd, &image, sizeof(image)) == sizeof(image);
	close(fd);
	return ok ? 0 : -1;
}

static long fork_exec(long n, int vforked)
{
	char *argv[] = { "/tmp/tiny", NULL }, *envp[] = { NULL };
	unsigned long start;
	int status;
	long i;

	if (write_tiny(argv[0]))
		return failed();
	start = ticks();
	for (i = 0; i < n; i++) {
		pid_t pid = vforked ? vfork() : fork();

		if (pid == 0) {
			call3(SYS_execve, (long)argv[0], (long)argv, (long)envp);
			quit(1);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return failed();
		if (status) {
			errno = ENOEXEC;
			return failed();
		}
	}
	return ticks() - start;
}

static long op_fork_exec(long n)
{
	return fork_exec(n, 0);
}

static long op_vfork_exec(long n)
{
	return fork_exec(n, 1);
}

static void *nothing(void *arg)
{
	return arg;
}

static long op_thread(long n)
{
	unsigned long start = ticks();
	pthread_t t;
	long i;

	for (i = 0; i < n; i++) {
		errno = pthread_create(&t, NULL, nothing, NULL);
		if (errno)
			return failed();
		pthread_join(t, NULL);
	}
	return ticks() - start;
}

/* Two threads hand a word to each other; one operation is there and back. */
static int baton;

static void pass_baton(int mine, int theirs)
{
	while (__atomic_load_n(&baton, __ATOMIC_ACQUIRE) != mine)
		syscall(SYS_futex, &baton, FUTEX_WAIT_PRIVATE, theirs, NULL, NULL, 0);
	__atomic_store_n(&baton, theirs, __ATOMIC_RELEASE);
	syscall(SYS_futex, &baton, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *baton_thread(void *arg)
{
	long n = (long)arg;

	while (n--)
		pass_baton(1, 0);
	return NULL;
}

static long op_futex(long n)
{
	unsigned long start;
	pthread_t t;
	long i;

	baton = 0;
	errno = pthread_create(&t, NULL, baton_thread, (void *)n);
	if (errno)
		return failed();
	start = ticks();
	for (i = 0; i < n; i++)
		pass_baton(0, 1);
	pthread_join(t, NULL);
	return ticks() - start;
}

static char *some_pages(long n)
{
	char *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		madvise(p, n * PAGE, MADV_NOHUGEPAGE);
	return p;
}

static unsigned long touch(char *p, long n)
{
	unsigned long start = ticks();
	long i;

	for (i = 0; i < n; i++)
		((volatile char *)p)[i * PAGE] = 1;
	return ticks() - start;
}

static long op_page_fault(long n)
{
	char *p = some_pages(n);
	long t;

	if (p == MAP_FAILED)
		return failed();
	t = touch(p, n);
	munmap(p, n * PAGE);
	return t;
}

/* The child writes to pages that it shares with its parent, which still holds them: each one is copied. */
static long op_cow_fault(long n)
{
	char *p = some_pages(n);
	unsigned long *result;
	long t = -1;
	pid_t pid;

	result = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || result == MAP_FAILED)
		return failed();
	touch(p, n);
	pid = fork();
	if (pid == 0) {
		*result = touch(p, n);
		quit(0);
	}
	if (pid > 0 && waitpid(pid, NULL, 0) == pid)
		t = *result;
	munmap(p, n * PAGE);
	munmap(result, PAGE);
	return t > 0 ? t : failed();
}

static long map_unmap(long n, int use)
{
	unsigned long start = ticks();
	long i;

	for (i = 0; i < n; i++) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return failed();
		if (use)
			*(volatile char *)p = 1;
		munmap(p, MIB);
	}
	return ticks() - start;
}

static long op_mmap(long n)
{
	return map_unmap(n, 0);
}

/* One page of it is used: the page tables come and go as well. */
static long op_mmap_touch(long n)
{
	return map_unmap(n, 1);
}

static long op_brk(long n)
{
	unsigned long start = ticks();
	long i;

	for (i = 0; i < n; i++) {
		if (sbrk(PAGE) == (void *)-1)
			return failed();
		sbrk(-PAGE);
	}
	return ticks() - start;
}

static volatile long caught;

static void on_signal(int sig)
{
	(void)sig;
	caught++;
}

static long op_signal(long n)
{
	unsigned long start;
	long i, pid = getpid();

	signal(SIGUSR1, on_signal);
	caught = 0;
	start = ticks();
	for (i = 0; i < n; i++)
		call3(SYS_kill, pid, SIGUSR1, 0);
	start = ticks() - start;
	signal(SIGUSR1, SIG_DFL);
	if (caught != n) {
		errno = EINVAL;
		return failed();
	}
	return start;
}

static long op_poll(long n)
{
	struct pollfd p = { .events = POLLIN };
	int fd[2];
	long t;

	if (pipe(fd))
		return failed();
	p.fd = fd[0];
	t = repeat(n, SYS_poll, (long)&p, 1, 0);
	close(fd[0]);
	close(fd[1]);
	return t;
}

static long op_epoll(long n)
{
	struct epoll_event ev = { .events = EPOLLIN }, out;
	int fd[2], ep = epoll_create1(0);
	unsigned long start;
	long i;

	if (ep < 0 || pipe(fd) || epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &ev) || write(fd[1], "x", 1) != 1)
		return failed();
	start = ticks();
	for (i = 0; i < n; i++)
		if (epoll_wait(ep, &out, 1, 0) != 1)
			return failed();
	start = ticks() - start;
	close(ep);
	close(fd[0]);
	close(fd[1]);
	return start;
}

static long op_proc_read(long n)
{
	unsigned long start = ticks();
	static char buf[PAGE];
	long i;
	int fd;

	for (i = 0; i < n; i++) {
		fd = open("/proc/self/stat", O_RDONLY);
		if (fd < 0 || read(fd, buf, sizeof(buf)) <= 0)
			return failed();
		close(fd);
	}
	return ticks() - start;
}

static const struct op {
	const char *name;
	long (*run)(long n);
	long n;
} ops[] = {
	{ "null call (getppid)", op_getppid, 1000 },
	{ "null call, int 0x80", op_int80, 1000 },
	{ "getpid", op_getpid, 1000 },
	{ "unknown call (ENOSYS)", op_enosys, 1000 },
	{ "clock_gettime, the call", op_clock_call, 1000 },
	{ "clock_gettime, libc's", op_clock_libc, 1000 },
	{ "sched_yield, alone", op_yield, 1000 },
	{ "fstat", op_fstat, 1000 },
	{ "stat", op_stat, 1000 },
	{ "open+close", op_open_close, 1000 },
	{ "create+close+unlink", op_create_unlink, 200 },
	{ "read 1 byte of /dev/zero", op_read_zero, 1000 },
	{ "write 1 byte to /dev/null", op_write_null, 1000 },
	{ "read 4 KiB of a file", op_read_page, 300 },
	{ "write 4 KiB of a file", op_write_page, 300 },
	{ "open+read+close /proc/self/stat", op_proc_read, 100 },
	{ "poll 1 pipe", op_poll, 500 },
	{ "epoll_wait, ready", op_epoll, 500 },
	{ "pipe write+read, one process", op_pipe_self, 500 },
	{ "pipe round trip", op_pipe, 300 },
	{ "socketpair round trip", op_socketpair, 300 },
	{ "hop among 16 processes", op_hop, 640 },
	{ "signal to self", op_signal, 300 },
	{ "page fault", op_page_fault, 400 },
	{ "copy-on-write fault", op_cow_fault, 400 },
	{ "mmap+munmap 1 MiB", op_mmap, 200 },
	{ "mmap+touch+munmap 1 MiB", op_mmap_touch, 200 },
	{ "brk up and down", op_brk, 200 },
	{ "fork+exit+wait", op_fork, 50 },
	{ "fork+exec+wait", op_fork_exec, 30 },
	{ "vfork+exec+wait", op_vfork_exec, 30 },
	{ "futex round trip of threads", op_futex, 300 },
	{ "thread create+join", op_thread, 50 },
};

static int by_value(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static void measure(const struct op *op)
{
	long t[BATCHES];
	int i;

	/* One batch unmeasured: caches of the kernel fill. */
	errno = 0;
	for (i = -1; i < BATCHES; i++) {
		long v = op->run(op->n);

		if (v < 0) {
			printf("BENCH %s error %d\n", op->name, fail_errno);
			return;
		}
		if (i >= 0)
			t[i] = v;
	}
	qsort(t, BATCHES, sizeof(t[0]), by_value);
	printf("BENCH %s %ld\n", op->name, (t[BATCHES / 2] + op->n / 2) / op->n);
}

static long meminfo(const char *key)
{
	char line[128];
	long kib = -1;
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':')
			kib = strtol(line + strlen(key) + 1, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

/* Vitrix notes the time stamp counter at its first instruction in its log. */
static void show_entry(void)
{
	static char log[262144];
	int n = klogctl(3 /* SYSLOG_ACTION_READ_ALL */, log, sizeof(log) - 1);
	char *p;

	if (n <= 0)
		return;
	log[n] = 0;
	p = strstr(log, "entry tsc=");
	if (p)
		printf("INFO entry_tsc %lu\n", strtoul(p + 10, NULL, 0));
}

/* About 1,000,000 instructions; tells whether the counter counts what it should. */
static unsigned long calibrate(void)
{
	unsigned long start = ticks(), n = 500000;

	asm volatile("1: dec %0\n\tjnz 1b" : "+r"(n));
	return ticks() - start;
}

int main(void)
{
	unsigned long begin = ticks();
	const char *only = getenv("ONLY");
	unsigned int i;

	if (getpid() == 1) {
		mkdir("/proc", 0755);
		mkdir("/tmp", 0755);
		mkdir("/dev", 0755);
		mount("proc", "/proc", "proc", 0, NULL);
		printf("INFO init_tsc %lu\n", begin);
		printf("INFO mem_total_kib %ld\n", meminfo("MemTotal"));
		printf("INFO mem_free_kib %ld\n", meminfo("MemFree"));
		mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
		mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
		show_entry();
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("INFO calibrate %lu\n", calibrate());
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!only || strstr(ops[i].name, only))
			measure(&ops[i]);
	/* The doors of 32-bit programs are measured by one. */
	if (!access("/bench32", X_OK) && (!only || strstr("null call, 32-bit", only))) {
		fflush(stdout);
		if (!vfork()) {
			execl("/bench32", "bench32", NULL);
			_exit(127);
		}
		wait(NULL);
	}
	printf("DONE\n");
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
