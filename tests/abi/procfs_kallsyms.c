/* SPDX-License-Identifier: MIT */
/* /proc/kallsyms: every line "address type name"; who sees addresses, by kptr_restrict. */
#include "abi.h"

#define RESTRICT "/proc/sys/kernel/kptr_restrict"

struct seen {
	long lines, zero, global, local, weak;
	unsigned long clone;		/* address of __x64_sys_clone */
	char clone_type;
};

static struct seen look(FILE *f)
{
	struct seen s = { 0 };
	unsigned long addr;
	char line[512], name[256], type, digits[20];

	while (fgets(line, sizeof(line), f)) {
		s.lines++;
		if (sscanf(line, "%16[0-9a-f] %c %255s", digits, &type, name) != 3 ||
		    strlen(digits) != 16 || line[16] != ' ' || line[18] != ' ') {
			FAIL("line %ld: %s", s.lines, line);
			break;
		}
		addr = strtoul(digits, NULL, 16);
		s.zero += !addr;
		s.global += type == 'T';
		s.local += type == 't';
		s.weak += type == 'W' || type == 'w';
		if (!strcmp(name, "__x64_sys_clone")) {
			s.clone = addr;
			s.clone_type = type;
		}
	}
	return s;
}

static struct seen look_path(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	struct seen s;

	NEED(f ? 0 : -1);
	s = look(f);
	fclose(f);
	return s;
}

static void restrict_to(const char *text)
{
	int fd = NEED(open(RESTRICT, O_WRONLY));

	CHECK_EQ(write(fd, text, 1), 1);
	close(fd);
}

static void check_hidden(void)
{
	struct seen s = look_path();

	CHECK(s.lines > 1000);
	CHECK_EQ(s.zero, s.lines);
	CHECK_EQ(s.clone, 0);
	CHECK_EQ(s.clone_type, 'T');
}

int main(void)
{
	struct seen s;
	char old[8], buf[64];
	struct stat st;
	int fd;
	FILE *f;

	NEED(stat("/proc/kallsyms", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0444);
	snprintf(old, sizeof(old), "%.1s", get_file(RESTRICT));
	for (const char *level = "01"; *level; level++) {
		restrict_to(level);
		s = look_path();
		CHECK(s.lines > 1000 && s.global > 200 && s.local > 200);
		CHECK(s.zero < s.lines / 2);
		CHECK(s.clone >> 32 == 0xffffffff);
		CHECK_EQ(s.clone_type, 'T');
		IN_CHILD({
			become_user(1000);
			check_hidden();
			CHECK_ERR(open(RESTRICT, O_WRONLY), EACCES);
		});
	}
	restrict_to("2");
	check_hidden();
	fd = NEED(open(RESTRICT, O_WRONLY));
	CHECK_ERR(write(fd, "3", 1), EINVAL);
	CHECK_ERR(write(fd, "-1", 2), EINVAL);
	close(fd);

	/* What counts is who opened it. */
	restrict_to("1");
	f = fopen("/proc/kallsyms", "re");
	NEED(f ? 0 : -1);
	IN_CHILD({
		become_user(1000);
		CHECK(look(f).clone != 0);
	});
	fclose(f);
	/* Pieces of any size, and seeking back. */
	fd = NEED(open("/proc/kallsyms", O_RDONLY));
	CHECK_EQ(read(fd, buf, 7), 7);
	CHECK_EQ(read(fd, buf + 7, 10), 10);
	CHECK_EQ(pread(fd, buf + 32, 17, 0), 17);
	CHECK(!memcmp(buf, buf + 32, 17));
	CHECK_EQ(buf[16], ' ');
	close(fd);
	restrict_to(old);
	return abi_done();
}
