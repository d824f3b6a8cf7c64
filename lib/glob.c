/* SPDX-License-Identifier: MIT */
/*
 * Names against patterns. A star is tried with as little text as possible first, and given more
 * when the rest does not fit; only the last star has to be remembered, since an earlier one that
 * took more would find nothing that the last one cannot. So the time is at most the product of the
 * two lengths. Linux's twin: lib/glob.c. Any context, no locks.
 */
#include <vitrix/glob.h>
#include <vitrix/string.h>

/* p stands behind '['. Where the class ends, or NULL: no ']', so '[' means itself. */
static const char *match_class(const char *p, unsigned char c, bool *matched)
{
	bool invert = *p == '!' || *p == '^', found = false;
	const char *first = p += invert;

	for (; *p != ']' || p == first; p++) {
		unsigned char low = *p, high = low;

		if (!low)
			return NULL;
		if (p[1] == '-' && p[2] && p[2] != ']') {
			high = p[2];
			p += 2;
		}
		found |= low <= c && c <= high;
	}
	*matched = found != invert;
	return p + 1;
}

/* One character of text against one element of the pattern: what follows it, or NULL. */
static const char *match_one(const char *p, unsigned char c)
{
	const char *behind;
	bool matched;

	switch (*p) {
	case '\0':
		return NULL;
	case '?':
		return p + 1;
	case '[':
		behind = match_class(p + 1, c, &matched);
		if (behind)
			return matched ? behind : NULL;
		break;
	case '\\':
		if (p[1])
			p++;
		break;
	}
	return (unsigned char)*p == c ? p + 1 : NULL;
}

bool glob_match(const char *pattern, const char *text)
{
	const char *star = NULL, *star_text = NULL, *next;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			star_text = text;
			continue;
		}
		next = match_one(pattern, *text);
		if (next) {
			pattern = next;
			text++;
		} else if (star) {
			pattern = star;
			text = ++star_text;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
