/* SPDX-License-Identifier: MIT */
/*
 * Text to numbers (Linux's include/linux/kstrtox.h).
 *
 * kstrto*: the whole string must be one number: digits of @base with an optional sign ('-' only
 * for the signed ones), one newline at the end is accepted. @base 0 takes 0x and 0 prefixes.
 * Return 0, -EINVAL (no number) or -ERANGE (does not fit); *@res is written on success only.
 *
 * simple_strto*: as many digits as there are, overflow wraps, *@end (if not NULL) points behind.
 * memparse: the same with a suffix K M G T P E (either case), powers of 1024.
 */
#ifndef _VITRIX_KSTRTOX_H
#define _VITRIX_KSTRTOX_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

int __must_check kstrtoull(const char *s, unsigned int base, unsigned long long *res);
int __must_check kstrtoll(const char *s, unsigned int base, long long *res);
int __must_check kstrtoul(const char *s, unsigned int base, unsigned long *res);
int __must_check kstrtol(const char *s, unsigned int base, long *res);
int __must_check kstrtouint(const char *s, unsigned int base, unsigned int *res);
int __must_check kstrtoint(const char *s, unsigned int base, int *res);
int __must_check kstrtobool(const char *s, bool *res);

unsigned long long simple_strtoull(const char *s, char **end, unsigned int base);
unsigned long simple_strtoul(const char *s, char **end, unsigned int base);
long simple_strtol(const char *s, char **end, unsigned int base);
unsigned long long memparse(const char *s, char **end);

#endif
