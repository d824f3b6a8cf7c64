/* SPDX-License-Identifier: MIT */
/* Path resolution, path_resolution(7): dots, slashes, links, limits. */
#include "abi.h"

static int same(const char *a, const char *b)
{
	struct stat sa, sb;

	return !stat(a, &sa) && !stat(b, &sb) && sa.st_ino == sb.st_ino && sa.st_dev == sb.st_dev;
}

static void dots_and_slashes(void)
{
	CHECK(same(".", "./"));
	CHECK(same(".", "d/.."));
	CHECK(same("d/f", "d//f"));
	CHECK(same("d/f", "./d/./././f"));
	CHECK(same("d/f", "d/../d/e/../f"));
	CHECK(same("d", "d/"));
	CHECK(same("d", "d///"));
	CHECK(same("d", "d/."));
	CHECK(same("/", "/.."));
	CHECK(same("/", "/../../.."));
	CHECK(same("/", "//"));
	/* ".." is resolved in the tree, not in the text. */
	CHECK_ERR(access("none/..", F_OK), ENOENT);
	CHECK_ERR(access("d/f/..", F_OK), ENOTDIR);
	CHECK_ERR(access("d/f/.", F_OK), ENOTDIR);
	CHECK_ERR(access("d/f/", F_OK), ENOTDIR);
	/* "..." and names with odd bytes are just names. */
	put_file("...", "x");
	put_file("a\nb\xff\x01", "y");
	CHECK_STR(get_file("..."), "x");
	CHECK_STR(get_file("./a\nb\xff\x01"), "y");
}

static void links(void)
{
	char from[32], to[32];
	int i;

	CHECK_OK(symlink("d/e", "toe"));
	CHECK(same("toe/..", "d"));
	CHECK(same("toe/../f", "d/f"));
	CHECK_OK(symlink("../f", "d/e/up"));
	CHECK(same("d/e/up", "d/f"));
	CHECK(same("toe/up", "d/f"));
	CHECK_OK(symlink("/dev/null", "abs"));
	CHECK(same("abs", "/dev/null"));
	CHECK_OK(symlink("d/", "slash"));
	CHECK(same("slash/f", "d/f"));
	CHECK_OK(symlink("d/f/", "fslash"));
	CHECK_ERR(access("fslash", F_OK), ENOTDIR);
	CHECK_OK(symlink(".", "dot"));
	CHECK(same("dot/dot/dot/d/f", "d/f"));

	/* 40 links in one path are followed, 41 are not. */
	put_file("l0", "end");
	for (i = 1; i <= 41; i++) {
		snprintf(from, sizeof(from), "l%d", i);
		snprintf(to, sizeof(to), "l%d", i - 1);
		CHECK_OK(symlink(to, from));
	}
	CHECK_OK(access("l40", F_OK));
	CHECK_ERR(access("l41", F_OK), ELOOP);
	CHECK_OK(symlink("y", "x"));
	CHECK_OK(symlink("x", "y"));
	CHECK_ERR(access("x", F_OK), ELOOP);
	CHECK_ERR(access("x/f", F_OK), ELOOP);
}

static void limits(void)
{
	char name[300], path[6000], *p = path;
	int i;

	memset(name, 'n', sizeof(name));
	name[255] = 0;
	put_file(name, "");
	CHECK_OK(access(name, F_OK));
	name[255] = 'n';
	name[256] = 0;
	CHECK_ERR(access(name, F_OK), ENAMETOOLONG);
	snprintf(path, sizeof(path), "none/%s", name);
	CHECK_ERR(access(path, F_OK), ENOENT);

	/* A path of 4095 bytes, then one of 4096. */
	for (i = 0; i < 2047; i++) {
		*p++ = '.';
		*p++ = '/';
	}
	strcpy(p, "d");
	CHECK_EQ(strlen(path), 4095);
	CHECK_OK(access(path, F_OK));
	strcpy(p, "./");
	CHECK_ERR(access(path, F_OK), ENAMETOOLONG);
	/* Deeper than any path can name, step by step. */
	IN_CHILD({
		memset(name, 'q', 200);
		name[200] = 0;
		for (i = 0; i < 30; i++) {
			CHECK_OK(mkdir(name, 0755));
			CHECK_OK(chdir(name));
		}
		CHECK_ERR(syscall(SYS_getcwd, path, sizeof(path)), ENAMETOOLONG);
		put_file("bottom", "deep");
		CHECK_STR(get_file("bottom"), "deep");
		unlink("bottom");
		for (i = 0; i < 30; i++) {
			CHECK_OK(chdir(".."));
			CHECK_OK(rmdir(name));
		}
	});
}

static void search_permission(void)
{
	chmod(".", 0755);
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(access("closed/f", F_OK), EACCES);
		CHECK_ERR(access("closed/none", F_OK), EACCES);
		CHECK_ERR(access("closed/..", F_OK), EACCES);
		CHECK_OK(access("closed", F_OK));
		/* x without r: walk through, but do not list. */
		CHECK_OK(access("xonly/f", F_OK));
		CHECK_ERR(open("xonly", O_RDONLY), EACCES);
		/* r without x: the other way round. */
		CHECK_OK(open("ronly", O_RDONLY));
		CHECK_ERR(access("ronly/f", F_OK), EACCES);
	});
}

int main(void)
{
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/e", 0755));
	put_file("d/f", "file");
	CHECK_OK(mkdir("closed", 0755));
	CHECK_OK(mkdir("xonly", 0755));
	CHECK_OK(mkdir("ronly", 0755));
	put_file("closed/f", "");
	put_file("xonly/f", "");
	put_file("ronly/f", "");
	chmod("closed", 0700);
	chmod("xonly", 0711);
	chmod("ronly", 0744);
	dots_and_slashes();
	links();
	limits();
	search_permission();
	return abi_done();
}
