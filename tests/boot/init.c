/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of the boot tests: says what it sees, then does what DO= on the kernel's command line tells it, which
 * reaches it in the environment: poweroff (also without DO=), reboot, exit, segv, use-memory.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
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
	if (!strcmp(what, "exit"))
		return 3;
	if (!strcmp(what, "segv"))
		*bad = 1;
	if (!strcmp(what, "use-memory"))
		printf("MEMORY %s\n", use_memory() ? "BAD" : "good");
	printf("END\n");
	reboot(!strcmp(what, "reboot") ? RB_AUTOBOOT : RB_POWER_OFF);
	perror("reboot");
	for (;;)
		pause();
}
