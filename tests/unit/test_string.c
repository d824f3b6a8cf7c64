/* SPDX-License-Identifier: MIT */
/* lib/string.c and the movers of arch/x86/lib, byte for byte against the obvious loops. */
#include "unit.h"
#include <vitrix/string.h>
#include <vitrix/err.h>

#define ROOM	700

static void fill(u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = unit_rand();
}

static bool same(const u8 *a, const u8 *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

TEST(memcpy_all_sizes)
{
	static u8 src[ROOM], dst[ROOM], want[ROOM];

	for (size_t n = 0; n < 300; n++) {
		for (int round = 0; round < 4; round++) {
			size_t so = unit_below(16), to = unit_below(16);

			fill(src, ROOM);
			fill(dst, ROOM);
			for (size_t i = 0; i < ROOM; i++)
				want[i] = i >= to && i < to + n ? src[so + i - to] : dst[i];
			CHECK(memcpy(dst + to, src + so, n) == dst + to);
			CHECK(same(dst, want, ROOM));
		}
	}
}

TEST(memmove_all_overlaps)
{
	static u8 buf[ROOM], old[ROOM], want[ROOM];

	for (size_t n = 0; n < 140; n++) {
		for (int shift = -150; shift <= 150; shift += n < 40 ? 1 : 3) {
			size_t from = 200, to = from + shift;

			fill(buf, ROOM);
			for (size_t i = 0; i < ROOM; i++)
				old[i] = buf[i];
			for (size_t i = 0; i < ROOM; i++)
				want[i] = i >= to && i < to + n ? old[from + i - to] : old[i];
			CHECK(memmove(buf + to, buf + from, n) == buf + to);
			if (!CHECK(same(buf, want, ROOM)))
				unit_log("  n %zu shift %d\n", n, shift);
		}
	}
}

TEST(memset_all_sizes)
{
	static u8 buf[ROOM], want[ROOM];

	for (size_t n = 0; n < 300; n++) {
		size_t at = unit_below(16);
		int c = unit_rand();

		fill(buf, ROOM);
		for (size_t i = 0; i < ROOM; i++)
			want[i] = i >= at && i < at + n ? (u8)c : buf[i];
		CHECK(memset(buf + at, c, n) == buf + at);
		CHECK(same(buf, want, ROOM));
	}
}

TEST(pages)
{
	static u8 a[3 * 4096] __aligned(4096), b[3 * 4096] __aligned(4096);

	fill(a, sizeof(a));
	fill(b, sizeof(b));
	copy_page(b + 4096, a + 4096);
	CHECK(same(b + 4096, a + 4096, 4096));
	CHECK(!same(b + 2 * 4096, a + 2 * 4096, 16) && !same(b + 4080, a + 4080, 16));
	b[4095] = b[2 * 4096] = 7;
	clear_page(b + 4096);
	for (int i = 0; i < 4096; i++)
		CHECK(b[4096 + i] == 0);
	CHECK(b[4095] == 7 && b[2 * 4096] == 7);
}

TEST(memcmp_and_searches)
{
	for (int round = 0; round < 20000; round++) {
		size_t n = unit_below(40);
		u8 *a = unit_alloc(n), *b;
		size_t i;
		int c = 'a' + unit_below(3), want = 0;
		void *found;

		for (i = 0; i < n; i++)
			a[i] = 'a' + unit_below(2);
		b = unit_dup(a, n);
		if (n && unit_below(2))
			b[unit_below(n)] = unit_rand();
		for (i = 0; i < n && !want; i++)
			want = a[i] - b[i];
		i = memcmp(a, b, n) < 0 ? -1 : memcmp(a, b, n) > 0;
		CHECK_EQ((int)i, want < 0 ? -1 : want > 0);

		for (i = 0; i < n && b[i] != c; i++)
			;
		found = memchr(b, c, n);
		CHECK(found == (i < n ? b + i : NULL));
		for (i = 0; i < n && b[i] == 'a'; i++)
			;
		CHECK(memchr_inv(b, 'a', n) == (i < n ? b + i : NULL));
		unit_free(a);
		unit_free(b);
	}
	CHECK(memchr("x", 'x', ~0ul) != NULL);

	/* the word that holds the end goes on behind it, with matches that do not count */
	for (size_t end = 0; end < 40; end++) {
		char text[50] = "";

		for (size_t i = end; i < 49; i++)
			text[i] = 'x';
		for (size_t from = 0; from <= end; from++)
			CHECK(memchr(text + from, 'x', end - from) == NULL);
		CHECK(memchr(text, 'x', end + 1) == text + end);
	}
}

TEST(lengths)
{
	for (size_t n = 0; n < 50; n++) {
		for (int off = 0; off < 8; off++) {
			char *s = unit_alloc(off + n + 1);

			for (size_t i = 0; i < off + n; i++)
				s[i] = i < off ? 0 : unit_below(2) ? 0x80 : 0x01;
			s[off + n] = 0;
			CHECK_EQ(strlen(s + off), n);
			for (size_t max = 0; max < 60; max++)
				CHECK_EQ(strnlen(s + off, max), min(n, max));
			CHECK_EQ(strnlen(s + off, ~0ul), n);
			unit_free(s);
		}
	}
}

TEST(compare)
{
	CHECK(strcmp("", "") == 0);
	CHECK(strcmp("a", "") > 0 && strcmp("", "a") < 0);
	CHECK(strcmp("abc", "abd") < 0 && strcmp("\xff", "a") > 0);
	CHECK(strncmp("abc", "abd", 2) == 0 && strncmp("abc", "abd", 3) < 0);
	CHECK(strncmp("a", "b", 0) == 0 && strncmp("a", "a", 100) == 0);
	CHECK(strcasecmp("HeLLo", "hEllO") == 0 && strcasecmp("a", "B") < 0);
	CHECK_EQ(str_has_prefix("console=tty", "console="), 8);
	CHECK_EQ(str_has_prefix("cons", "console="), 0);
}

TEST(find_in_strings)
{
	const char *s = "hello, world";

	CHECK(strchr(s, 'o') == s + 4 && strchr(s, 'z') == NULL && strchr(s, 0) == s + 12);
	CHECK(strrchr(s, 'o') == s + 8 && strrchr(s, 'z') == NULL && strrchr(s, 0) == s + 12);
	CHECK(strnchr(s, 4, 'o') == NULL && strnchr(s, 5, 'o') == s + 4);
	CHECK(strnchr(s, 100, 'z') == NULL);
	CHECK(strstr(s, "world") == s + 7 && strstr(s, "worlds") == NULL && strstr(s, "") == s);
	CHECK(strstr("aaab", "aab") != NULL && strstr("", "a") == NULL);
	CHECK_EQ(strspn(s, "hel"), 4);
	CHECK_EQ(strspn(s, ""), 0);
	CHECK_EQ(strcspn(s, ", "), 5);
	CHECK_EQ(strcspn(s, "z"), 12);
	CHECK(strpbrk(s, "wo") == s + 4 && strpbrk(s, "z") == NULL);
}

TEST(cutting)
{
	char text[] = "a,b;;c", *p = text;
	char blanks[] = " \t two words \n", only[] = "   ";
	char small[4];

	CHECK_STR(strsep(&p, ",;"), "a");
	CHECK_STR(strsep(&p, ",;"), "b");
	CHECK_STR(strsep(&p, ",;"), "");
	CHECK_STR(strsep(&p, ",;"), "c");
	CHECK(p == NULL && strsep(&p, ",;") == NULL);

	CHECK_STR(strim(blanks), "two words");
	CHECK_STR(strim(only), "");

	CHECK_EQ(strscpy(small, "abc", sizeof(small)), 3);
	CHECK_STR(small, "abc");
	CHECK_EQ(strscpy(small, "abcd", sizeof(small)), -E2BIG);
	CHECK_STR(small, "abc");
	CHECK_EQ(strscpy(small, "", sizeof(small)), 0);
	CHECK_STR(small, "");
	CHECK_EQ(strscpy(small, "x", 0), -E2BIG);
	CHECK_EQ(strscpy(small, "x", 1), -E2BIG);
	CHECK_STR(small, "");
}
