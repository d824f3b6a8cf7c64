/* SPDX-License-Identifier: MIT */
/* Where the text goes, in which colours; and messages to whoever started walk. */
#include "walk.h"

#include <stdarg.h>
#include <stdlib.h>

FILE *out, *json_out;

const char *colour(enum colour c)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m", [BOLD] = "\033[1m", [DIM] = "\033[2m", [USER] = "\033[32m",
		[KERNEL] = "\033[34m", [CPU] = "\033[35m", [SWITCH] = "\033[36m",
		[FAULT] = "\033[33m", [SIGNAL] = "\033[1;33m", [RED] = "\033[1;31m" };

	return opt.colour ? codes[c] : "";
}

void print(enum colour c, const char *fmt, ...)
{
	va_list ap;

	if (c != PLAIN)
		fputs(colour(c), out);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	if (c != PLAIN)
		fputs(colour(PLAIN), out);
}

void complain(const char *fmt, ...)
{
	va_list ap;

	fputs("walk: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void die(int status, const char *fmt, ...)
{
	va_list ap;

	fputs("walk: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	tracefs_restore();
	exit(status);
}
