/* SPDX-License-Identifier: MIT */
/*
 * gunzip: members of each kind, cut off at every byte and damaged at every byte.
 * SOURCES: lib/gunzip.c build/zlib/inflate.c build/zlib/inftrees.c build/zlib/inffast.c
 * SOURCES: build/zlib/zutil.c build/zlib/adler32.c build/zlib/crc32.c
 */
#include "unit.h"
#include <vitrix/gunzip.h>
#include <vitrix/string.h>
#include <vitrix/err.h>
#include <zlib.h>
#include <gunzip_data.h>

static void *workspace;

struct sink {
	const u8 *want;
	size_t want_len, len;
	bool wrong;
	int pieces, fail_at;
	u32 crc;
};

static int take(void *ctx, const void *data, size_t len)
{
	struct sink *sink = ctx;

	if (sink->want) {
		if (sink->len + len > sink->want_len ||
		    memcmp(sink->want + sink->len, data, len))
			sink->wrong = true;
	}
	sink->crc = crc32(sink->crc, data, len);
	sink->len += len;
	return ++sink->pieces == sink->fail_at ? -ENOSPC : 0;
}

static int unpack(const u8 *in, size_t len, struct sink *sink, size_t *used, const char **error)
{
	u8 *copy = unit_dup(in, len);
	int err;

	if (!workspace)
		workspace = unit_alloc(GUNZIP_WORKSPACE_SIZE);
	err = gunzip(copy, len, used, take, sink, workspace, GUNZIP_WORKSPACE_SIZE, error);
	CHECK(*used <= len);
	if (err == -EINVAL)
		CHECK(*error != NULL);
	unit_free(copy);
	return err;
}

TEST(whole)
{
	const char *error;
	size_t used;

	for (int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sink sink = { cases[i].want, cases[i].want_len };

		if (!CHECK_EQ(unpack(cases[i].in, cases[i].in_len, &sink, &used, &error), 0))
			unit_log("  %s: %s\n", cases[i].name, error);
		CHECK(error == NULL);
		CHECK_EQ(used, cases[i].in_len);
		CHECK_EQ(sink.len, cases[i].want_len);
		CHECK(!sink.wrong);
	}
}

TEST(large)
{
	struct sink sink = { NULL };
	const char *error;
	size_t used;

	CHECK_EQ(unpack(z_large, sizeof(z_large), &sink, &used, &error), 0);
	CHECK_EQ(sink.len, LARGE_LEN);
	CHECK_EQ(sink.crc, LARGE_CRC);
	CHECK_EQ(used, sizeof(z_large));
	CHECK(sink.pieces > 3);

	sink = (struct sink) { .fail_at = 2 };
	CHECK_EQ(unpack(z_large, sizeof(z_large), &sink, &used, &error), -ENOSPC);
	CHECK(error == NULL && sink.pieces == 2);
}

/* What follows the member is the caller's. */
TEST(two_members)
{
	size_t a = sizeof(z_dynamic), b = sizeof(z_stored), used;
	u8 *both = unit_alloc(a + b);
	struct sink sink = { text, sizeof(text) };
	const char *error;

	memcpy(both, z_dynamic, a);
	memcpy(both + a, z_stored, b);
	CHECK_EQ(unpack(both, a + b, &sink, &used, &error), 0);
	CHECK_EQ(used, a);
	sink = (struct sink) { noise, sizeof(noise) };
	CHECK_EQ(unpack(both + used, a + b - used, &sink, &used, &error), 0);
	CHECK(used == b && sink.len == sizeof(noise) && !sink.wrong);
	unit_free(both);
}

TEST(cut_anywhere)
{
	const char *error;
	size_t used;

	for (int i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t len = 0; len < cases[i].in_len; len++) {
			struct sink sink = { cases[i].want, cases[i].want_len };

			CHECK_EQ(unpack(cases[i].in, len, &sink, &used, &error), -EINVAL);
			CHECK(!sink.wrong);
		}
	}
}

/* Either an error, or the change was in a header byte that says nothing about the contents. */
TEST(damage_anywhere)
{
	const char *error;
	size_t used;

	for (int i = 0; i < ARRAY_SIZE(cases); i++) {
		u8 *copy = unit_dup(cases[i].in, cases[i].in_len);

		for (size_t at = 0; at < cases[i].in_len; at++) {
			u8 old = copy[at];
			struct sink sink = { cases[i].want, cases[i].want_len };

			copy[at] ^= 1 << unit_below(8);
			if (unpack(copy, cases[i].in_len, &sink, &used, &error) == 0)
				CHECK(sink.len == cases[i].want_len && !sink.wrong);
			copy[at] = old;
		}
		unit_free(copy);
	}
}

TEST(noise_is_not_gzip)
{
	const char *error;
	size_t used;

	for (int round = 0; round < 5000; round++) {
		u8 junk[64] = { 0x1f, 0x8b, 8, unit_below(4) ? 0 : unit_rand() };
		struct sink sink = { NULL };

		for (int i = 4; i < 64; i++)
			junk[i] = unit_rand();
		CHECK(unpack(junk, unit_below(65), &sink, &used, &error) == -EINVAL);
	}
	CHECK(is_gzip("\x1f\x8b", 2) && !is_gzip("\x1f", 1) && !is_gzip("ab", 2));
}

TEST(small_workspace)
{
	struct sink sink = { NULL };
	const char *error;
	size_t used;

	for (size_t size = 0; size < 48 * 1024; size += 1000) {
		void *space = unit_alloc(size);
		int err = gunzip(z_large, sizeof(z_large), &used, take, &sink, space, size, &error);

		CHECK(err == 0 || (err == -ENOMEM && error));
		unit_free(space);
	}
}
