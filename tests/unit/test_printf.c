/* SPDX-License-Identifier: MIT */
/* vsnprintf against the host's, with random formats, values and buffer sizes. */
#include "unit.h"
#include <vitrix/printf.h>
#include <vitrix/string.h>

static int host(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = unit_host_vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

/* Formats that gcc would rather not see are what is tested here. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-overflow"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-zero-length"

/* The same call of both, into exact buffers, so that a byte too many is seen. */
#define COMPARE(size, fmt, args...)							\
	do {										\
		size_t __size = (size);							\
		char *__a = unit_alloc(__size), *__b = unit_alloc(__size);		\
		int __m = snprintf(__a, __size, fmt, ##args);				\
		int __h = host(__b, __size, fmt, ##args);				\
											\
		if (!CHECK_EQ(__m, __h) || (__size && !CHECK_STR(__a, __b)))		\
			unit_log("  format \"%s\" size %zu\n", fmt, __size);		\
		unit_free(__a);								\
		unit_free(__b);								\
	} while (0)

static void random_format(char *fmt, const char *size, char conv)
{
	char *p = fmt;

	*p++ = '<';
	*p++ = '%';
	for (int i = unit_below(4); i > 0; i--)
		*p++ = "-+ #0"[unit_below(5)];
	if (unit_below(2))
		p += host(p, 8, "%u", unit_below(30) + 1);
	if (unit_below(3) == 0)
		p += host(p, 8, ".%u", unit_below(26));
	p += host(p, 16, "%s%c>", size, conv);
}

static u64 random_value(void)
{
	static const u64 special[] = { 0, 1, 9, 10, 255, 0x7fffffff, 0x80000000, 0xffffffff,
				       0x7fffffffffffffff, 0x8000000000000000, ~0ull };

	if (unit_below(3) == 0)
		return special[unit_below(ARRAY_SIZE(special))];
	return unit_rand64() >> unit_below(64);
}

TEST(integers)
{
	static const char *const sizes[] = { "hh", "h", "", "l", "ll", "z", "t" };
	char fmt[64];

	for (int round = 0; round < 60000; round++) {
		int size = unit_below(ARRAY_SIZE(sizes));
		u64 value = random_value();

		random_format(fmt, sizes[size], "diuxXo"[unit_below(6)]);
		if (size < 3)
			COMPARE(unit_below(50), fmt, (int)value);
		else
			COMPARE(unit_below(50), fmt, value);
	}
}

/* Without flags and widths, many in a row: the way of most formats, cut off anywhere. */
TEST(plain)
{
	for (int round = 0; round < 20000; round++) {
		u64 a = random_value(), b = random_value(), c = random_value();

		COMPARE(unit_below(130), "%d %u (%s) %ld%lu,%lld %llu %c%zu", (int)a, (unsigned int)b,
			"text", a, b, c, c, 'x', a ^ b);
	}
}

TEST(strings)
{
	COMPARE(20, "%s", "hello");
	COMPARE(20, "[%10s]", "hello");
	COMPARE(20, "[%-10s]", "hello");
	COMPARE(20, "[%.3s]", "hello");
	COMPARE(20, "[%8.3s]", "hello");
	COMPARE(20, "[%*.*s]", 8, 2, "hello");
	COMPARE(20, "[%*s]", -8, "hello");
	COMPARE(20, "[%.*s]", -1, "hello");
	COMPARE(20, "[%.s]", "hello");
	COMPARE(5, "%s", "hello");
	COMPARE(6, "%s", "hello");
	COMPARE(1, "%s", "hello");
	COMPARE(0, "%s", "hello");
	COMPARE(20, "%s and %s", "a", "b");
	COMPARE(20, "%c%5c%-5c|", 'x', 'y', 'z');
	COMPARE(20, "100%% %d", 5);
	COMPARE(20, "%s", "");
	COMPARE(20, "");
}

/* Without a NUL, bounded by the precision. */
TEST(unterminated)
{
	char *text = unit_dup("abcd", 4);
	char buf[16];

	CHECK_EQ(snprintf(buf, sizeof(buf), "%.4s", text), 4);
	CHECK_STR(buf, "abcd");
	unit_free(text);
}

static const char *name_it(unsigned long addr, char *buf, size_t size)
{
	snprintf(buf, size, "sym_%lx+0x1/0x2", addr);
	return buf;
}

TEST(own_conversions)
{
	char buf[64];
	const char *nothing = NULL;

	snprintf(buf, sizeof(buf), "%s", nothing);
	CHECK_STR(buf, "(null)");
	snprintf(buf, sizeof(buf), "%p", (void *)0x1234);
	CHECK_STR(buf, "0x0000000000001234");
	snprintf(buf, sizeof(buf), "%p", NULL);
	CHECK_STR(buf, "0x0000000000000000");
	snprintf(buf, sizeof(buf), "%20p|", (void *)~0ul);
	CHECK_STR(buf, "  0xffffffffffffffff|");
	snprintf(buf, sizeof(buf), "%pS.", (void *)0x12);
	CHECK_STR(buf, "0x0000000000000012.");
	printf_symbol = name_it;
	snprintf(buf, sizeof(buf), "%pS %d", (void *)0x12, 7);
	CHECK_STR(buf, "sym_12+0x1/0x2 7");
	printf_symbol = NULL;
}

TEST(odd_formats)
{
	char buf[64];

	CHECK_EQ(snprintf(buf, sizeof(buf), "a%"), 2);
	CHECK_STR(buf, "a%");
	CHECK_EQ(snprintf(buf, sizeof(buf), "%y %d", 3), 4);
	CHECK_STR(buf, "%y 3");
	CHECK_EQ(snprintf(buf, sizeof(buf), "%-5"), 3);
	CHECK_STR(buf, "%-5");
	CHECK_EQ(snprintf(NULL, 0, "%999999999999d", 1) > 0, 1);
}

TEST(stored_lengths)
{
	char buf[8];

	CHECK_EQ(scnprintf(buf, sizeof(buf), "%s", "abc"), 3);
	CHECK_EQ(scnprintf(buf, sizeof(buf), "%s", "abcdefghij"), 7);
	CHECK_STR(buf, "abcdefg");
	CHECK_EQ(scnprintf(buf, 1, "%s", "abc"), 0);
	CHECK_EQ(scnprintf(buf, 0, "%s", "abc"), 0);
}
