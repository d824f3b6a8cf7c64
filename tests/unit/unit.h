/* SPDX-License-Identifier: MIT */
/*
 * The harness of the unit tests; README.md tells how to use it. This header belongs to the world
 * of kernel headers; unit.c, behind it, to the host's. Only plain types cross between them.
 */
#ifndef UNIT_H
#define UNIT_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

#define TEST(name)								\
	static void test_##name(void);						\
	static void __attribute__((constructor)) register_##name(void)		\
	{									\
		unit_register(#name, test_##name);				\
	}									\
	static void test_##name(void)

/* A check that fails is printed and fails its test, which goes on. */
#define CHECK(cond)		unit_check(!!(cond), #cond, __FILE__, __LINE__)
#define CHECK_EQ(a, b)		unit_check_eq((long)(a), (long)(b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_STR(a, b)		unit_check_str(a, b, #a " is " #b, __FILE__, __LINE__)

/* The statement must end in panic(); locks and memory that it took are lost. */
#define CHECK_PANICS(statement)								\
	do {										\
		if (!__builtin_setjmp(unit_expect_panic())) {				\
			statement;							\
			unit_no_panic(#statement, __FILE__, __LINE__);			\
		}									\
	} while (0)

void unit_register(const char *name, void (*fn)(void));
bool unit_check(bool ok, const char *text, const char *file, int line);
bool unit_check_eq(long a, long b, const char *text, const char *file, int line);
bool unit_check_str(const char *a, const char *b, const char *text, const char *file, int line);
void **unit_expect_panic(void);
void unit_no_panic(const char *text, const char *file, int line);
void unit_log(const char *fmt, ...) __printf(1, 2);

/* Pseudo-random, the same on each run with the same UNIT_SEED. */
u32 unit_rand(void);
u64 unit_rand64(void);
static inline u32 unit_below(u32 limit) { return unit_rand() % limit; }

/* The host's malloc; an allocation is fenced on both sides, so sizes should be exact. */
void *unit_alloc(size_t size);
void *unit_zalloc(size_t size);
void *unit_dup(const void *data, size_t size);
void unit_free(void *mem);

/* The host's own printf into a buffer, to compare with. */
int unit_host_vsnprintf(char *buf, size_t size, const char *fmt, va_list args);

#endif
