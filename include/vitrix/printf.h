/* SPDX-License-Identifier: MIT */
/*
 * Formatted output into a buffer (Linux's lib/vsprintf.c).
 *
 * Conversions: %d %i %u %x %X %o %c %s %p %pS %% with the flags - + space # 0, width and
 * precision (also *), and the sizes hh h l ll z t. No floating point and no %n.
 *   %p   0x and 16 digits, %s of NULL "(null)"
 *   %pS  symbol+0xoffset/0xsize of a code address, through printf_symbol
 *
 * vsnprintf and snprintf return what the whole text needs (without the NUL), as in C;
 * vscnprintf and scnprintf return what was stored, which is the one to add to a position.
 * All write a NUL when @size is not 0. Any context.
 */
#ifndef _VITRIX_PRINTF_H
#define _VITRIX_PRINTF_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

#ifndef va_start
typedef __builtin_va_list va_list;
#define va_start(ap, last)	__builtin_va_start(ap, last)
#define va_end(ap)		__builtin_va_end(ap)
#define va_arg(ap, type)	__builtin_va_arg(ap, type)
#define va_copy(dst, src)	__builtin_va_copy(dst, src)
#endif

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));
int snprintf(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int scnprintf(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Names a code address for %pS: writes at most @size bytes with a NUL into @buf, which it returns.
 * lib/ calls nothing above itself: sprint_symbol's owner sets this once at boot. While it is
 * NULL, %pS prints as %p.
 */
extern const char *(*printf_symbol)(unsigned long addr, char *buf, size_t size);

#endif
