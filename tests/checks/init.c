/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of the tests of the DEBUG build's checks: plants the bugs that the command line names,
 * plant=a,b,c, or all that the kernel survives, plant=survivable. Prints
 *     LIST name [fatal]        for each bug that the kernel knows
 *     PLANT name               before one is planted, by a child of its own
 *     PLANTED name STATUS N    after it: wait status of the child, reports counted since
 *     DONE                     at the end, and the machine powers off
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEBUGFS "/sys/kernel/debug"

static int reports(void)
{
	FILE *f = fopen(DEBUGFS "/reports", "re");
	int n = -1;

	if (!f || fscanf(f, "%d", &n) != 1)
		printf("init: no reports\n");
	if (f)
		fclose(f);
	return n;
}

static void plant(const char *name)
{
	int status = 0, before = reports();
	pid_t pid;

	printf("PLANT %s\n", name);
	pid = fork();
	if (pid == 0) {
		int fd = open(DEBUGFS "/plant", O_WRONLY);

		_exit(write(fd, name, strlen(name)) != (ssize_t)strlen(name));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		perror("init: fork");
	printf("PLANTED %s %d %d\n", name, status, reports() - before);
}

int main(void)
{
	char line[128], names[200][64];
	char *wanted, *word;
	int n = 0;
	FILE *f;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) || mount("sysfs", "/sys", "sysfs", 0, NULL) ||
	    mount("debugfs", DEBUGFS, "debugfs", 0, NULL))
		perror("init: mount");
	f = fopen(DEBUGFS "/plant", "re");
	while (f && fgets(line, sizeof(line), f)) {
		printf("LIST %s", line);
		line[strcspn(line, "\n")] = '\0';
		if (!strchr(line, ' ') && n < 200)
			snprintf(names[n++], sizeof(names[0]), "%.63s", line);
	}
	if (f)
		fclose(f);
	wanted = getenv("plant");		/* a word that the kernel does not know */
	if (wanted && !strcmp(wanted, "survivable")) {
		for (int i = 0; i < n; i++)
			plant(names[i]);
	} else if (wanted) {
		for (word = strtok(wanted, ","); word; word = strtok(NULL, ","))
			plant(word);
	}
	printf("DONE\n");
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
