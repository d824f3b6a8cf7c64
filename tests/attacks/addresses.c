/* SPDX-License-Identifier: MIT */
/*
 * Where is the kernel? Root is told (ADDRESS); user 1000 looks into everything that might say it, and what looks like
 * an address of the kernel's image or of its memory is a LEAK.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[1 << 20];

/* Sixteen hexadecimal digits, ffff8... to ffffc... or ffffffff8... to ffffffffb...; the vsyscall page is not secret. */
static void look(const char *where, ssize_t len)
{
	for (ssize_t i = 0; i + 16 <= len; i++) {
		char word[17];

		if (strncmp(text + i, "ffff", 4) || (i && strchr("0123456789abcdef", text[i - 1])))
			continue;
		memcpy(word, text + i, 16);
		word[16] = 0;
		if (strspn(word, "0123456789abcdef") != 16)
			continue;
		if (strchr("89abc", word[4]) || (!strncmp(word, "ffffffff", 8) && strchr("89ab", word[8]))) {
			printf("LEAK %s %s\n", where, word);
			return;
		}
	}
}

static void look_into(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	ssize_t n, len = 0;

	if (fd < 0)
		return;
	while (len < (ssize_t)sizeof(text) && (n = read(fd, text + len, sizeof(text) - len)) > 0)
		len += n;
	close(fd);
	look(path, len);
}

static void look_below(const char *dir, int depth)
{
	DIR *d = opendir(dir);
	char path[600];

	for (struct dirent *e; d && (e = readdir(d)); ) {
		struct stat st;

		if (e->d_name[0] == '.' || !strcmp(e->d_name, "kmsg"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (lstat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode) && depth)
			look_below(path, depth - 1);
		if (S_ISREG(st.st_mode))
			look_into(path);
	}
	if (d)
		closedir(d);
}

int main(void)
{
	char line[256];
	FILE *f;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	f = fopen("/proc/kallsyms", "r");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, " do_syscall_64\n"))
			printf("ADDRESS %.16s\n", line);
	fflush(stdout);
	if (!fork()) {
		if (setgid(1000) || setuid(1000))
			_exit(1);
		look_below("/proc", 3);
		look_below("/sys", 6);
		look("syslog", klogctl(3, text, sizeof(text)));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	puts("LOOKED");
	fflush(stdout);
	reboot(RB_POWER_OFF);
}
