/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of the boot tests: says what it sees, then does what DO= on the kernel's command line tells it, which
 * reaches it in the environment: poweroff (also without DO=), reboot, exit, segv, use-memory, cpus, irqs-MASK,
 * contend, hang-up; or letters for sysrq.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

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

#define CONTENDERS	6

/* The bucket's list of waiters would be lost, or a CPU would wait for ever, if two got its lock at once or none. */
static int contender(unsigned int *word)
{
	struct timespec soon = { 0, 1000000 };

	for (int i = 0; i < 500; i++) {
		if (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) < 0)
			return 1;
		if (i % 50 == 0)
			syscall(SYS_futex, word, FUTEX_WAIT, 0, &soon, NULL, 0);
		__atomic_fetch_add(word + 1, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

/* All CPUs want one spinlock all the time. */
static void contend(void)
{
	unsigned int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, bad = 0;

	for (int i = 0; i < CONTENDERS; i++)
		if (!fork())
			_exit(contender(word));
	while (wait(&status) > 0)
		bad += status != 0;
	printf("CONTENDED %u, %d bad\n", word[1], bad);
}

/* Write to most of the free memory and read it back. */
static int use_memory(void)
{
	size_t n = (size_t)meminfo("MemFree") / 4 * 3 * 1024 / sizeof(long), i;
	unsigned long *p = malloc(n * sizeof(long));

	if (!p)
		return 1;
	for (i = 0; i < n; i += 64)
		p[i] = i ^ 0x5aa5;
	for (i = 0; i < n; i += 64)
		if (p[i] != (i ^ 0x5aa5))
			return 1;
	printf("used %zu MiB\n", n * sizeof(long) >> 20);
	return 0;
}

/* "0-2,5": the numbers behind word at the start of lines of file that begin with it. */
static void print_numbers(const char *what, const char *file, const char *word)
{
	char line[4096];
	FILE *f = fopen(file, "r");
	int from = -1, last = -2, n;

	printf("%s ", what);
	while (f && fgets(line, sizeof(line), f)) {
		const char *p = line + strlen(word);

		if (strncmp(line, word, strlen(word)))
			continue;
		p += strspn(p, "\t:");
		if (sscanf(p, "%d", &n) != 1 || (*word == 'c' && *p == ' '))
			continue;
		if (n != last + 1) {
			if (from >= 0)
				printf(last > from ? "-%d," : ",", last);
			printf("%d", from = n);
		}
		last = n;
	}
	printf(last > from ? "-%d\n" : "\n", last);
	if (f)
		fclose(f);
}

static void print_file(const char *what, const char *file)
{
	char line[4096] = "?";
	FILE *f = fopen(file, "r");

	if (f && fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = '\0';
	printf("%s %s\n", what, line);
	if (f)
		fclose(f);
}

/* Goes to each CPU that it may use, the last one included, and must then run there. */
static void visit_cpus(void)
{
	cpu_set_t mine, one;
	unsigned int cpu;
	int visited = 0;

	sched_getaffinity(0, sizeof(mine), &mine);
	printf("NPROC %d\n", CPU_COUNT(&mine));
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &mine))
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		if (sched_setaffinity(0, sizeof(one), &one) || getcpu(&cpu, NULL) || (int)cpu != i)
			printf("NOT on CPU %d but on %u\n", i, cpu);
		else
			visited++;
	}
	printf("VISITED %d\n", visited);
	CPU_ZERO(&one);
	CPU_SET(CPU_COUNT(&mine), &one);
	printf("BEYOND %s\n", sched_setaffinity(0, sizeof(one), &one) ? "refused" : "possible");
}

/* Where the last CPU is among sockets, cores and threads. */
static void print_topology(void)
{
	static const char *const files[] = { "physical_package_id", "core_id", "core_siblings_list", "core_siblings",
					     "thread_siblings_list" };
	char path[128];

	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/topology/%s",
			 sysconf(_SC_NPROCESSORS_ONLN) - 1, files[i]);
		print_file(files[i], path);
	}
}

static void show_cpus(void)
{
	mkdir("/sys", 0755);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	print_numbers("CPUINFO", "/proc/cpuinfo", "processor");
	print_numbers("STAT", "/proc/stat", "cpu");
	print_file("POSSIBLE", "/sys/devices/system/cpu/possible");
	print_file("PRESENT", "/sys/devices/system/cpu/present");
	print_file("ONLINE", "/sys/devices/system/cpu/online");
	print_topology();
	visit_cpus();
}

/* To which CPUs the lines of the two serial ports go; that of the second with another default, unless that is "". */
static void show_irqs(const char *mask)
{
	int fd = open("/proc/irq/default_smp_affinity", O_WRONLY);

	if (*mask && write(fd, mask, strlen(mask)) != (ssize_t)strlen(mask))
		printf("NO default\n");
	mknod("/ttyS1", S_IFCHR | 0600, makedev(4, 65));
	print_file("BEFORE 3", "/proc/irq/3/effective_affinity_list");
	fd = open("/ttyS1", O_RDWR | O_NOCTTY | O_NONBLOCK);
	print_file("IRQ 4", "/proc/irq/4/effective_affinity_list");
	print_file("IRQ 3", "/proc/irq/3/effective_affinity_list");
	close(fd);
}

/*
 * A session has the second serial port, and a child of its leader the foreground. The hang-up tells the leader, too,
 * which is not the youngest of its session.
 */
static void hang_up(void)
{
	int ready[2], status = 0, fd;
	pid_t pid;
	char c;

	mknod("/ttyS1", S_IFCHR | 0600, makedev(4, 65));
	if (pipe(ready) || !(pid = fork())) {
		setsid();
		fd = open("/ttyS1", O_RDWR | O_NONBLOCK);
		if (!fork()) {
			signal(SIGTTOU, SIG_IGN);
			setpgid(0, 0);
			if (tcsetpgrp(fd, getpid()))
				printf("NO foreground\n");
			(void)!write(ready[1], "x", 1);
		}
		for (;;)
			pause();
	}
	if (read(ready[0], &c, 1) != 1)
		printf("NO child\n");
	fd = open("/ttyS1", O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (ioctl(fd, TIOCVHANGUP, 0))
		printf("NO hang-up\n");
	waitpid(pid, &status, 0);
	printf("LEADER %s\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP ? "hung up" : "lives on");
}

/* One child runs in user mode on CPU 1, all other CPUs but this one idle. */
static void press_sysrq(const char *letters)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY), ready[2];
	cpu_set_t set;
	char c;

	if (pipe(ready) || fork() == 0) {
		CPU_ZERO(&set);
		CPU_SET(1, &set);
		sched_setaffinity(0, sizeof(set), &set);
		while (write(ready[1], "x", 1) == 1)
			for (;;)
				;
	}
	if (read(ready[0], &c, 1) != 1)
		printf("NO child\n");
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (; *letters; letters++)
		if (write(fd, letters, 1) != 1)
			printf("NO sysrq %c\n", *letters);
}

int main(int argc, char **argv, char **envp)
{
	const char *what = getenv("DO") ? getenv("DO") : "poweroff";
	static volatile int *volatile bad = (int *)8;
	struct utsname u;
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	uname(&u);
	printf("INIT pid %d, %s %s %s\n", getpid(), u.sysname, u.release, u.machine);
	for (i = 0; i < argc; i++)
		printf("ARG %d %s\n", i, argv[i]);
	for (i = 0; envp[i]; i++)
		printf("ENV %s\n", envp[i]);
	printf("CPUS %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	printf("MEM %ld kB, free %ld kB\n", meminfo("MemTotal"), meminfo("MemFree"));
	if (!access("/second", R_OK))
		printf("SECOND archive is there\n");
	if (!strcmp(what, "contend"))
		contend();
	if (!strcmp(what, "exit"))
		return 3;
	if (!strcmp(what, "segv"))
		*bad = 1;
	if (!strcmp(what, "use-memory"))
		printf("MEMORY %s\n", use_memory() ? "BAD" : "good");
	if (!strcmp(what, "cpus"))
		show_cpus();
	if (!strncmp(what, "irqs-", 5))
		show_irqs(what + 5);
	if (!strcmp(what, "hang-up"))
		hang_up();
	if (!strncmp(what, "sysrq-", 6))
		press_sysrq(what + 6);
	printf("END\n");
	reboot(!strcmp(what, "reboot") ? RB_AUTOBOOT : RB_POWER_OFF);
	perror("reboot");
	for (;;)
		pause();
}
