/* SPDX-License-Identifier: MIT */
/*
 * The box: a tmpfs with files of every kind, in which the batches of a round run; and what process 1 reads of /proc to
 * see what they left.
 */
#include "fuzz.h"
#include <dirent.h>
#include <ftw.h>

int proc_fd = -1;
static struct rng rng = { 12345 };

/* A file below /proc, through a descriptor that no worker can take away. */
int read_proc(const char *name, char *buf, int size)
{
	int fd = openat(proc_fd, name, O_RDONLY), n = 0, got;

	if (fd < 0)
		return -1;
	while (n < size - 1 && (got = read(fd, buf + n, size - 1 - n)) > 0)
		n += got;
	buf[n] = 0;
	close(fd);
	return n;
}

/* ---- what a worker could have changed for all ------------------------------------------------------------------ */

/* With values: what this fuzzer wants. The look at all tasks for hung ones, else once a minute, comes amid the rest. */
static struct {
	const char *name;
	char value[64];
} sysctls[] = {
	{ "sys/kernel/pid_max", "" }, { "sys/kernel/threads-max", "" }, { "sys/vm/overcommit_memory", "" },
	{ "sys/vm/overcommit_ratio", "" }, { "sys/vm/max_map_count", "" }, { "sys/fs/file-max", "" },
	{ "sys/fs/nr_open", "" }, { "sys/kernel/randomize_va_space", "" },
	{ "sys/kernel/hung_task_timeout_secs", "2" }, { "sys/kernel/hung_task_warnings", "0" },
};

void save_sysctls(void)
{
	for (unsigned int i = 0; i < COUNT(sysctls); i++)
		if (!sysctls[i].value[0])
			read_proc(sysctls[i].name, sysctls[i].value, sizeof(sysctls[i].value));
	restore_sysctls();
}

void restore_sysctls(void)
{
	for (unsigned int i = 0; i < COUNT(sysctls); i++) {
		int fd = openat(proc_fd, sysctls[i].name, O_WRONLY);

		if (fd >= 0) {
			(void)!write(fd, sysctls[i].value, strlen(sysctls[i].value));
			close(fd);
		}
	}
}

/* ---- the box --------------------------------------------------------------------------------------------------- */

static void make_file(const char *name, int mode, long size)
{
	char page[PAGE];
	int fd = open(name, O_CREAT | O_RDWR, 0600);

	fill(&rng, page, sizeof(page), 64);
	for (long at = 0; at < size; at += sizeof(page))
		(void)!write(fd, page, size - at < (long)PAGE ? size - at : (long)PAGE);
	fchmod(fd, mode);
	close(fd);
}

void make_box(int with_tty)
{
	static const struct {
		const char *name;
		int major, minor;
	} nodes[] = {
		{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 },
		{ "tty", 5, 0 }, { "none", 77, 7 },
	};
	char path[64], *proc_self[] = { "proc", "m" };
	int fd;

	mkdir(BOX, 0755);
	if (mount("box", BOX, "tmpfs", 0, "mode=777,size=8M"))
		say("cannot mount the box: errno %d", errno);
	if (chdir(BOX))
		return;
	for (unsigned int i = 0; i < COUNT(proc_self); i++)
		mkdir(proc_self[i], 0777);
	mkdir("dev", 0777);
	mkdir("d", 0777);
	mkdir("d/d", 0777);
	mkdir("d/d/d", 0777);
	mkdir("sticky", 01777);
	mkdir("locked", 0700);
	mount("proc", "proc", "proc", 0, NULL);
	mount("m", "m", "tmpfs", 0, "mode=777,size=64k");
	for (unsigned int i = 0; i < COUNT(nodes); i++) {
		snprintf(path, sizeof(path), "dev/%s", nodes[i].name);
		mknod(path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor));
		chmod(path, 0666);
	}
	if (with_tty)
		mknod("dev/ttyS0", S_IFCHR | 0600, makedev(4, 64));
	mknod("blk", S_IFBLK | 0666, makedev(7, 0));
	mkfifo("fifo", 0666);
	make_file("f0", 0666, 0);
	make_file("f1", 0666, 5000);
	make_file("f2", 0666, 3 * PAGE);
	make_file("f3", 0444, 100);
	make_file("locked/f", 0600, 100);
	make_file("suid", 06755, 100);
	make_file("d/d/f", 0666, PAGE);
	fd = open("sparse", O_CREAT | O_RDWR, 0666);
	(void)!ftruncate(fd, 1L << 40);
	close(fd);
	(void)!symlink("f1", "l1");
	(void)!symlink("loop", "loop");
	(void)!symlink("nowhere/x", "dangling");
	(void)!symlink("/proc/self", "pself");
	(void)!symlink("d/../d/./d", "ld");
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = { "f0", "f1", "f2", "d" };

		(void)!chmod(names[i], 0777);
	}
	(void)!chdir("/");
}

/* From the newest to the oldest, again and again: some are hidden until what covers them has gone. */
static void unmount_below(void)
{
	static char mounts[65536];
	char where[512], *at;
	int progress = 1;

	while (progress) {
		int len = read_proc("self/mounts", mounts, sizeof(mounts));

		progress = 0;
		for (at = mounts + len; at > mounts; *at = 0) {
			while (at > mounts && *--at != '\n')
				;
			if (sscanf(at, "%*s %511s", where) == 1 && !strncmp(where, BOX, strlen(BOX)))
				progress |= !umount2(where, MNT_DETACH);
		}
	}
}

static int files;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	remove(path);
	return 0;
}

static int count_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	files++;
	return 0;
}

/* What a worker left behind in init's own file systems is no leak. */
int count_files(void)
{
	files = 0;
	nftw("/", count_one, 10, FTW_PHYS | FTW_MOUNT);
	nftw("/dev", count_one, 10, FTW_PHYS | FTW_MOUNT);
	return files;
}

void remove_box(void)
{
	unmount_below();
	nftw(BOX, remove_one, 10, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
}

/* ---- what is left ----------------------------------------------------------------------------------------------- */

/* Say where those are that do not die of SIGKILL. */
void say_survivors(void)
{
	static char text[4096];
	struct dirent *e;
	DIR *dir = fdopendir(openat(proc_fd, ".", O_RDONLY | O_DIRECTORY));
	char name[300];

	while (dir && (e = readdir(dir))) {
		if (atoi(e->d_name) <= 1)
			continue;
		snprintf(name, sizeof(name), "%s/stat", e->d_name);
		if (read_proc(name, text, sizeof(text)) > 0)
			say("survivor %.200s", text);
		snprintf(name, sizeof(name), "%s/stack", e->d_name);
		if (read_proc(name, text, sizeof(text)) > 0)
			say("stack %.400s", text);
		snprintf(name, sizeof(name), "%s/status", e->d_name);
		if (read_proc(name, text, sizeof(text)) > 0)
			say("status %.400s", text);
	}
	if (dir)
		closedir(dir);
}

int count_mounts(void)
{
	static char text[65536];
	int n = 0;

	read_proc("self/mounts", text, sizeof(text));
	for (char *p = text; *p; p++)
		n += *p == '\n';
	return n;
}

void say_mounts(void)
{
	static char text[65536];

	read_proc("self/mounts", text, sizeof(text));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		say("mount %s", line);
}
