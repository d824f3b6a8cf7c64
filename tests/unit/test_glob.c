/* SPDX-License-Identifier: MIT */
/* lib/glob.c against cases by hand, and against the definition taken literally. */
#include "unit.h"
#include <vitrix/glob.h>

TEST(by_hand)
{
	CHECK(glob_match("", ""));
	CHECK(!glob_match("", "a"));
	CHECK(!glob_match("a", ""));
	CHECK(glob_match("*", "") && glob_match("***", "abc"));
	CHECK(glob_match("sys_*", "sys_open") && !glob_match("sys_*", "sys"));
	CHECK(glob_match("*_open", "sys_open") && glob_match("*open*", "do_sys_openat2"));
	CHECK(glob_match("a?c", "abc") && !glob_match("a?c", "ac"));
	CHECK(glob_match("[a-c]x", "bx") && !glob_match("[a-c]x", "dx"));
	CHECK(glob_match("[!a-c]x", "dx") && !glob_match("[^a-c]x", "ax"));
	CHECK(glob_match("[]]", "]") && glob_match("[a-]", "-") && glob_match("[x", "[x"));
	CHECK(glob_match("\\*", "*") && !glob_match("\\*", "a") && glob_match("a\\", "a\\"));
	CHECK(glob_match("*ab*cd*", "xxabyyabzzcd"));
	CHECK(!glob_match("*ab*cd", "xxabyyabzzcdx"));
}

TEST(not_forever)
{
	static char text[5001], pattern[2001];

	for (int i = 0; i < 5000; i++)
		text[i] = 'a';
	for (int i = 0; i < 2000; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[1999] = 'b';
	CHECK(!glob_match(pattern, text));
}

static bool literally(const char *p, const char *t)
{
	if (!*p)
		return !*t;
	if (*p == '*')
		return literally(p + 1, t) || (*t && literally(p, t + 1));
	return *t && (*p == '?' || *p == *t) && literally(p + 1, t + 1);
}

TEST(random)
{
	for (int round = 0; round < 20000; round++) {
		char p[8], t[10];
		int np = unit_below(7), nt = unit_below(9);

		for (int i = 0; i < np; i++)
			p[i] = "ab?*"[unit_below(4)];
		for (int i = 0; i < nt; i++)
			t[i] = "ab"[unit_below(2)];
		p[np] = t[nt] = '\0';
		if (!CHECK_EQ(glob_match(p, t), literally(p, t)))
			unit_log("  '%s' '%s'\n", p, t);
	}
}
