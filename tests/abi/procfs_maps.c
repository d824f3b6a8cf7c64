/* SPDX-License-Identifier: MIT */
/* /proc/self/maps: form, order, what each column says. */
#include "abi.h"
#include <sys/sysmacros.h>

struct line {
	unsigned long start, end, offset, ino;
	unsigned maj, min;
	char perms[8], name[4096];
};

/* The line that covers an address. */
static struct line at(void *addr)
{
	struct line l = { 0 }, none = { 0 };
	char *p = get_file("/proc/self/maps");

	while (*p) {
		int len = strcspn(p, "\n"), n = 0;
		char text[4400];

		snprintf(text, sizeof(text), "%.*s", len, p);
		l.name[0] = 0;
		CHECK(sscanf(text, "%lx-%lx %4s %lx %x:%x %lu %n", &l.start, &l.end, l.perms,
			     &l.offset, &l.maj, &l.min, &l.ino, &n) >= 7);
		snprintf(l.name, sizeof(l.name), "%s", text + n);
		if (l.start <= (uintptr_t)addr && (uintptr_t)addr < l.end)
			return l;
		p += len + 1;
	}
	return none;
}

int main(void)
{
	char cwd[4096], want[4200], *p, *s;
	unsigned long last = 0, start, end;
	struct stat st;
	struct line l;
	int fd, n = 0;

	/* Sorted, not overlapping, each line of one form. */
	for (s = get_file("/proc/self/maps"); *s; s += strcspn(s, "\n") + 1, n++) {
		char perms[5];

		CHECK_EQ(sscanf(s, "%lx-%lx %4s", &start, &end, perms), 3);
		CHECK(start < end && start >= last && !(start & 0xfff) && !(end & 0xfff));
		CHECK(strchr("r-", perms[0]) && strchr("w-", perms[1]));
		CHECK(strchr("x-", perms[2]) && strchr("ps", perms[3]));
		last = end;
	}
	CHECK(n >= 5);

	/* The program, its heap and stack. */
	l = at((void *)&main);
	CHECK_STR(l.perms, "r-xp");
	CHECK(l.ino != 0 && l.name[0] == '/');
	CHECK_OK(stat("/proc/self/exe", &st));
	CHECK_EQ(l.ino, st.st_ino);
	CHECK_STR(at(&l).name, "[stack]");
	CHECK_STR(at(&l).perms, "rw-p");
	CHECK_STR(at(sbrk(0) - 1).name, "[heap]");

	/* Anonymous memory: neighbours of one kind are one line, mprotect splits it. */
	p = mmap((void *)0x200000000000, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	l = at(p);
	CHECK_EQ(l.start, (uintptr_t)p);
	CHECK_EQ(l.end - l.start, 5 * PAGE);
	CHECK_STR(l.perms, "rw-p");
	CHECK(l.ino == 0 && l.offset == 0 && l.name[0] == 0);
	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_READ | PROT_EXEC));
	CHECK_EQ(at(p).end, (uintptr_t)p + PAGE);
	CHECK_STR(at(p + PAGE).perms, "r-xp");
	CHECK_EQ(at(p + PAGE).end - at(p + PAGE).start, PAGE);
	CHECK_EQ(at(p + 2 * PAGE).end, (uintptr_t)p + 5 * PAGE);
	CHECK_OK(munmap(p + 3 * PAGE, PAGE));
	CHECK_EQ(at(p + 3 * PAGE).end, 0);
	CHECK_EQ(at(p + 4 * PAGE).start, (uintptr_t)p + 4 * PAGE);
	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
	CHECK_STR(at(p + PAGE).perms, "---p");
	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE));
	CHECK_EQ(at(p).end, (uintptr_t)p + 3 * PAGE);	/* merged again */

	/* Files: device, inode, offset, name; shared or private. */
	CHECK_OK(syscall(SYS_getcwd, cwd, sizeof(cwd)));
	fd = NEED(open("mapped file", O_CREAT | O_RDWR, 0600));
	CHECK_OK(ftruncate(fd, 4 * PAGE));
	CHECK_OK(fstat(fd, &st));
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	l = at(p);
	CHECK_STR(l.perms, "rw-s");
	CHECK_EQ(l.offset, PAGE);
	CHECK_EQ(l.ino, st.st_ino);
	CHECK_EQ(l.maj, major(st.st_dev));
	CHECK_EQ(l.min, minor(st.st_dev));
	snprintf(want, sizeof(want), "%s/mapped file", cwd);
	CHECK_STR(l.name, want);
	CHECK_OK(unlink("mapped file"));
	strcat(want, " (deleted)");
	CHECK_STR(at(p).name, want);
	CHECK_OK(munmap(p, PAGE));
	CHECK_EQ(at(p + PAGE).offset, 2 * PAGE);
	return abi_done();
}
