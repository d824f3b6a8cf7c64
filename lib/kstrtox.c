/* SPDX-License-Identifier: MIT */
/*
 * Text to numbers (Linux's lib/kstrtox.c; simple_strtoul and memparse of lib/vsprintf.c and
 * lib/cmdline.c). Callers: the command line, /proc and /sys files that are written to.
 */
#include <vitrix/kstrtox.h>
#include <vitrix/ctype.h>
#include <vitrix/err.h>

/* The value of a digit, or something no base reaches. */
static unsigned int digit_value(char c)
{
	if (isdigit(c))
		return c - '0';
	if (isalpha((unsigned char)c))
		return (c | 0x20) - 'a' + 10;
	return 255;
}

/* Step over 0x or decide on octal. A lone "0x" is the number 0 and then text. */
static const char *parse_base(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && (s[1] | 0x20) == 'x' && isxdigit((unsigned char)s[2]);

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return *base == 16 && hex ? s + 2 : s;
}

static int parse_all(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long value = 0;
	const char *start;

	if (*s == '+')
		s++;
	s = parse_base(s, &base);
	for (start = s; digit_value(*s) < base; s++) {
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit_value(*s), &value))
			return -ERANGE;
	}
	if (s == start)
		return -EINVAL;
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	*res = value;
	return 0;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	return parse_all(s, base, res);
}

int kstrtoll(const char *s, unsigned int base, long long *res)
{
	const unsigned long long limit = 1ull << 63;
	unsigned long long value;
	bool negative = *s == '-';
	int err;

	if (negative && s[1] == '+')
		return -EINVAL;
	err = parse_all(s + negative, base, &value);
	if (err)
		return err;
	if (value > limit || (value == limit && !negative))
		return -ERANGE;
	*res = (long long)(negative ? -value : value);
	return 0;
}

int kstrtoul(const char *s, unsigned int base, unsigned long *res)
{
	unsigned long long value;
	int err = parse_all(s, base, &value);

	if (!err)
		*res = value;
	return err;
}

int kstrtol(const char *s, unsigned int base, long *res)
{
	long long value;
	int err = kstrtoll(s, base, &value);

	if (!err)
		*res = value;
	return err;
}

int kstrtouint(const char *s, unsigned int base, unsigned int *res)
{
	unsigned long long value;
	int err = parse_all(s, base, &value);

	if (err)
		return err;
	if (value != (unsigned int)value)
		return -ERANGE;
	*res = value;
	return 0;
}

int kstrtoint(const char *s, unsigned int base, int *res)
{
	long long value;
	int err = kstrtoll(s, base, &value);

	if (err)
		return err;
	if (value != (int)value)
		return -ERANGE;
	*res = value;
	return 0;
}

/* y, t, 1, on and n, f, 0, off, in either case; only the deciding letters are looked at. */
int kstrtobool(const char *s, bool *res)
{
	char c;

	if (!s)
		return -EINVAL;
	c = tolower((unsigned char)s[0]);
	if (c == 'o' && s[0]) {
		c = tolower((unsigned char)s[1]);
		if (c != 'n' && c != 'f')
			return -EINVAL;
		*res = c == 'n';
		return 0;
	}
	if (c == 'y' || c == 't' || c == '1')
		*res = true;
	else if (c == 'n' || c == 'f' || c == '0')
		*res = false;
	else
		return -EINVAL;
	return 0;
}

unsigned long long simple_strtoull(const char *s, char **end, unsigned int base)
{
	unsigned long long value = 0;

	s = parse_base(s, &base);
	for (; digit_value(*s) < base; s++)
		value = value * base + digit_value(*s);
	if (end)
		*end = (char *)s;
	return value;
}

unsigned long simple_strtoul(const char *s, char **end, unsigned int base)
{
	return simple_strtoull(s, end, base);
}

long simple_strtol(const char *s, char **end, unsigned int base)
{
	if (*s == '-')
		return -simple_strtoull(s + 1, end, base);
	return simple_strtoull(s, end, base);
}

unsigned long long memparse(const char *s, char **end)
{
	char *p;
	unsigned long long value = simple_strtoull(s, &p, 0);
	unsigned int shift = 0;

	switch (*p | 0x20) {
	case 'k': shift = 10; break;
	case 'm': shift = 20; break;
	case 'g': shift = 30; break;
	case 't': shift = 40; break;
	case 'p': shift = 50; break;
	case 'e': shift = 60; break;
	}
	if (end)
		*end = p + (shift != 0);
	return value << shift;
}
