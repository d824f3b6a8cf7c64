/* SPDX-License-Identifier: MIT */
/*
 * Process 1 under Bochs: says what CPUs there are, runs the programs in /t one after the other, tells what each said,
 * and switches off. What was written to the terminal must be on the line before that.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* The lines of a file that begin with word. */
static void print_lines(const char *file, const char *word)
{
	static char line[4096];
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line + strspn(line, " "), word, strlen(word)))
			printf("%s: %s", file, line);
	if (f)
		fclose(f);
}

static void run(const char *name)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl(name, name, NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	printf("TEST %s %s\n", name, status ? "FAIL" : "PASS");
}

int main(void)
{
	struct dirent *d;
	DIR *dir;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	print_lines("/proc/cpuinfo", "flags");
	if (!chdir("/t") && (dir = opendir("."))) {
		while ((d = readdir(dir)))
			if (d->d_name[0] != '.')
				run(d->d_name);
		closedir(dir);
	}
	print_lines("/proc/interrupts", "TLB");
	print_lines("/proc/interrupts", "LOC");
	print_lines("/proc/interrupts", "ERR");
	printf("END\n");
	tcdrain(1);
	reboot(RB_POWER_OFF);
	return 1;
}
