/* SPDX-License-Identifier: MIT */
/* The cpio parser: archives built here, whole, cut off at every byte, and damaged at every byte. */
#include "unit.h"
#include <vitrix/cpio.h>
#include <vitrix/printf.h>
#include <vitrix/string.h>
#include <vitrix/err.h>

static char archive[8192];
static size_t length;

static void pad(void)
{
	while (length % 4)
		archive[length++] = 0;
}

static void add(const char *magic, const char *name, u32 mode, const char *data, u32 check)
{
	u32 size = data ? strlen(data) : 0;

	length += snprintf(archive + length, 200,
			   "%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08zx%08x",
			   magic, 11, mode, 22, 33, 1, 0x5f000000, size, 44, 55, 66, 77,
			   strlen(name) + 1, check);
	memcpy(archive + length, name, strlen(name) + 1);
	length += strlen(name) + 1;
	pad();
	if (size)
		memcpy(archive + length, data, size);
	length += size;
	pad();
}

static void build(void)
{
	length = 0;
	add("070701", "bin", 0040755, NULL, 0);
	add("070701", "bin/hello", 0100755, "Hello, world", 0);
	add("070701", "link", 0120777, "bin/hello", 0);
	add("070701", "TRAILER!!!", 0, NULL, 0);
	while (length % 512)
		archive[length++] = 0;
	add("070702", "sum", 0100644, "abc", 'a' + 'b' + 'c');
	add("070702", "TRAILER!!!", 0, NULL, 0);
}

struct seen {
	int entries, trailers;
	unsigned int sum;
	int fail_at;
};

static int see(void *ctx, const struct cpio_entry *entry)
{
	struct seen *seen = ctx;

	CHECK(strlen(entry->name) > 0);
	for (size_t i = 0; i < entry->size; i++)	/* all of it can be read */
		seen->sum += ((const u8 *)entry->data)[i];
	if (++seen->entries == seen->fail_at)
		return -ENOSPC;
	return 0;
}

static void see_trailer(void *ctx)
{
	((struct seen *)ctx)->trailers++;
}

static const struct cpio_ops ops = { see, see_trailer };

static int walk(const void *data, size_t len, struct seen *seen, size_t *used, const char **error)
{
	void *copy = unit_dup(data, len);
	int err;

	*seen = (struct seen) { .fail_at = seen->fail_at };
	err = cpio_walk(copy, len, &ops, seen, used, error);
	CHECK(*used <= len);
	CHECK((err == -EINVAL) == (*error != NULL));
	unit_free(copy);
	return err;
}

static int check_entry(void *ctx, const struct cpio_entry *e)
{
	if (strcmp(e->name, "bin/hello"))
		return 0;
	++*(int *)ctx;
	CHECK_EQ(e->mode, 0100755);
	CHECK(e->ino == 11 && e->uid == 22 && e->gid == 33 && e->nlink == 1);
	CHECK(e->mtime == 0x5f000000 && e->dev_major == 44 && e->dev_minor == 55);
	CHECK(e->rdev_major == 66 && e->rdev_minor == 77);
	CHECK_EQ(e->size, 12);
	CHECK(!memcmp(e->data, "Hello, world", 12));
	return 0;
}

TEST(whole)
{
	static const struct cpio_ops only_entry = { check_entry, NULL };
	struct seen seen = { 0 };
	const char *error;
	size_t used;
	int found = 0;

	build();
	CHECK_EQ(walk(archive, length, &seen, &used, &error), 0);
	CHECK(seen.entries == 4 && seen.trailers == 2);
	CHECK_EQ(used, length);
	CHECK_EQ(cpio_walk(archive, length, &only_entry, &found, &used, &error), 0);
	CHECK_EQ(found, 1);

	seen.fail_at = 2;
	CHECK_EQ(walk(archive, length, &seen, &used, &error), -ENOSPC);
	CHECK(error == NULL && seen.entries == 2);
}

TEST(nothing_and_others)
{
	struct seen seen = { 0 };
	const char *error;
	size_t used;

	CHECK_EQ(walk("", 0, &seen, &used, &error), 0);
	CHECK_EQ(used, 0);
	CHECK_EQ(walk("\0\0\0", 3, &seen, &used, &error), 0);
	CHECK_EQ(used, 3);
	CHECK_EQ(walk("\0\0\x1f\x8b\x08", 5, &seen, &used, &error), 0);
	CHECK_EQ(used, 2);
	CHECK_EQ(walk("070707000", 9, &seen, &used, &error), -EINVAL);
	CHECK(strstr(error, "octal"));

	/* compressed data behind an archive is left to the caller; garbage inside is an error */
	build();
	memcpy(archive + length, "\x1f\x8b", 2);
	CHECK_EQ(walk(archive, length + 2, &seen, &used, &error), 0);
	CHECK_EQ(used, length);
	length = 0;
	add("070701", "a", 0100644, "x", 0);
	memcpy(archive + length, "\x1f\x8bxxxx", 6);
	CHECK_EQ(walk(archive, length + 6, &seen, &used, &error), -EINVAL);
	CHECK_EQ(used, length);
	/* no trailer, as the format allows */
	CHECK_EQ(walk(archive, length, &seen, &used, &error), 0);
	CHECK(seen.entries == 1 && seen.trailers == 1);
}

/* A cut is an error, or shows in *consumed, or lies between entries or in zeros. */
TEST(cut_anywhere)
{
	struct seen whole = { 0 }, seen = { 0 };
	const char *error;
	size_t used;

	build();
	walk(archive, length, &whole, &used, &error);
	for (size_t len = 0; len < length; len++) {
		int err = walk(archive, len, &seen, &used, &error);

		CHECK(err == 0 || err == -EINVAL);
		CHECK(seen.entries <= whole.entries && seen.sum <= whole.sum);
		if (err == 0 && used == len)	/* then the next byte starts an entry or is padding */
			CHECK(len == 0 || archive[len] == '0' || archive[len] == 0);
	}
}

TEST(damage_anywhere)
{
	struct seen seen = { 0 };
	const char *error;
	size_t used;

	build();
	for (size_t at = 0; at < length; at++) {
		char old = archive[at];

		for (int round = 0; round < 8; round++) {
			archive[at] = "fF0\0g9"[unit_below(6)];
			if (round > 5)
				archive[at] = unit_rand();
			int err = walk(archive, length, &seen, &used, &error);
			CHECK(err == 0 || err == -EINVAL);
		}
		archive[at] = old;
	}
}

static const char *error_of(const char *magic, const char *name, const char *data, u32 check,
			    int field, const char *hex)
{
	struct seen seen = { 0 };
	const char *error;
	size_t used;

	length = 0;
	add(magic, name, 0100644, data, check);
	if (hex)
		memcpy(archive + 6 + field * 8, hex, 8);
	walk(archive, length, &seen, &used, &error);
	return error ? error : "none";
}

TEST(causes)
{
	CHECK(strstr(error_of("070702", "a", "abc", 5, 0, NULL), "checksum"));
	CHECK(strstr(error_of("070703", "a", "abc", 5, 0, NULL), "magic"));
	CHECK(strstr(error_of("070701", "a", "abc", 0, 0, "0000000g"), "hexadecimal"));
	CHECK(strstr(error_of("070701", "a", "abc", 0, 0, "0x000000"), "hexadecimal"));
	CHECK(strstr(error_of("070701", "a", "abc", 0, 6, "00000009"), "contents"));
	CHECK(strstr(error_of("070701", "a", "abc", 0, 6, "ffffffff"), "contents"));
	CHECK(strstr(error_of("070701", "a", "abc", 0, 11, "ffffffff"), "cut off in a name"));
	CHECK(strstr(error_of("070701", "a", "abc", 0, 11, "00000000"), "empty"));
	CHECK(strstr(error_of("070701", "a", "abc", 0, 11, "00000001"), "empty"));
	CHECK(strstr(error_of("070701", "", "abc", 0, 11, "00000002"), "empty"));
	CHECK(strstr(error_of("070701", "abcdef", "abc", 0, 11, "00000003"), "zero byte"));
	CHECK_STR(error_of("070701", "a", "abc", 99, 0, NULL), "none");
}
