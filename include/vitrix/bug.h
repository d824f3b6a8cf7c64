/* SPDX-License-Identifier: MIT */
/*
 * Assertions. ASSERT stays in every build (use it where an invariant lives, off the fastest paths);
 * DEBUG_ASSERT only with CONFIG_DEBUG. Both end in panic() with the expression, file and line.
 */
#ifndef VITRIX_BUG_H
#define VITRIX_BUG_H

#include <vitrix/compiler.h>

void panic(const char *fmt, ...) __printf(1, 2) __noreturn __cold;
void assert_failed(const char *expr, const char *file, int line) __noreturn __cold;
void warn_failed(const char *expr, const char *file, int line) __cold;

#define ASSERT(cond) \
	do { if (unlikely(!(cond))) assert_failed(#cond, __FILE__, __LINE__); } while (0)
#define BUG()		assert_failed("BUG", __FILE__, __LINE__)
#define BUG_ON(cond) \
	do { if (unlikely(cond)) assert_failed("BUG_ON " #cond, __FILE__, __LINE__); } while (0)
#define WARN_ON(cond) ({						\
	bool __w = !!(cond);						\
	if (unlikely(__w)) warn_failed(#cond, __FILE__, __LINE__);	\
	unlikely(__w); })
#ifdef CONFIG_DEBUG
#define DEBUG_ASSERT(cond) ASSERT(cond)
#else
#define DEBUG_ASSERT(cond) ((void)sizeof(cond))
#endif

#endif
