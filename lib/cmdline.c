/* SPDX-License-Identifier: MIT */
/*
 * Parsing of the kernel's command line (Linux's lib/cmdline.c and parse_args of kernel/params.c).
 *
 * Pure text work on a buffer that the caller lets be cut up. Quotes hold blanks together and are
 * stripped around a whole argument or a whole value; there is no escape character.
 */
#include <vitrix/cmdline.h>
#include <vitrix/string.h>
#include <vitrix/ctype.h>
#include <vitrix/kstrtox.h>

/* Length of the argument at @s: up to a blank that is not inside of quotes. */
static size_t arg_length(const char *s)
{
	bool quoted = false;
	size_t len = 0;

	for (; s[len]; len++) {
		if (s[len] == '"')
			quoted = !quoted;
		else if (isspace((unsigned char)s[len]) && !quoted)
			break;
	}
	return len;
}

char *next_arg(char *args, char **param, char **val)
{
	size_t len = arg_length(args);
	char *end = args + len;
	char *next = *end ? end + 1 : end;
	char *equals;

	*end = '\0';
	if (*args == '"') {	/* the quotes are around all of it: "name=a b" */
		args++;
		if (end > args && end[-1] == '"')
			*--end = '\0';
	}
	equals = strchr(args, '=');
	*param = args;
	*val = NULL;
	if (equals) {
		*equals = '\0';
		*val = equals + 1;
		if (**val == '"') {
			++*val;
			if (end > *val && end[-1] == '"')
				end[-1] = '\0';
		}
	}
	return skip_spaces(next);
}

int parse_args(char *args, int (*fn)(void *ctx, char *param, char *val), void *ctx, char **rest)
{
	char *param, *val;
	int err;

	if (rest)
		*rest = NULL;
	args = skip_spaces(args);
	while (*args) {
		args = next_arg(args, &param, &val);
		if (!val && !strcmp(param, "--")) {
			if (rest)
				*rest = args;
			return 0;
		}
		err = fn(ctx, param, val);
		if (err)
			return err;
	}
	return 0;
}

int get_option(char **str, int *value)
{
	char *s = *str, *end;

	if (!s || !*s)
		return 0;
	*value = (int)simple_strtol(s, &end, 0);
	if (end == s || (*s == '-' && end == s + 1))
		return 0;
	*str = end;
	if (*end == ',') {
		++*str;
		return 2;
	}
	return *end == '-' ? 3 : 1;
}

char *get_options(const char *str, int n, int *ints)
{
	char *s = (char *)str;
	int count = 0;

	while (count + 1 < n) {
		int res = get_option(&s, &ints[count + 1]);

		if (!res)
			break;
		count++;
		if (res == 3) {		/* a range: fill in what lies between */
			int from = ints[count], to;

			s++;
			res = get_option(&s, &to);
			if (!res)
				break;
			while (from < to && count + 1 < n)
				ints[++count] = ++from;
		}
		if (res == 1)
			break;
	}
	ints[0] = count;
	return s;
}
