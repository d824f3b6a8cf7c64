/* SPDX-License-Identifier: MIT */
/*
 * The kernel's command line: "name", "name=value", "name=\"with blanks\"" (Linux's
 * lib/cmdline.c and kernel/params.c). Caller: init/main.c, which knows the names.
 */
#ifndef _VITRIX_CMDLINE_H
#define _VITRIX_CMDLINE_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

/*
 * Cuts the first argument out of @args (writes NULs into it, strips the quotes). *@param is its
 * name; *@val its value, or NULL without '='. Returns the rest. @args must not be empty after
 * skip_spaces(); an argument never is empty, but its name may be ("=x").
 */
char *next_arg(char *args, char **param, char **val);

/*
 * Calls @fn for each argument. A lone "--" ends the kernel's part: *@rest (if not NULL) is what
 * follows, or NULL. Returns 0 or the first error of @fn, after which nothing more is parsed.
 */
int parse_args(char *args, int (*fn)(void *ctx, char *param, char *val), void *ctx, char **rest);

/*
 * One number of a list "a,b,c-d": 0 no number, 1 the last, 2 a comma follows, 3 a range starts
 * (*@str is at the '-'). *@str is moved behind the number and the comma.
 */
int get_option(char **str, int *value);

/* Up to @n - 1 numbers of a list with ranges into @ints[1..]; @ints[0] is how many. Returns the
 * place where parsing ended. */
char *get_options(const char *str, int n, int *ints);

#endif
