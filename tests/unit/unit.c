/* SPDX-License-Identifier: MIT */
/*
 * The host's side of the unit tests: main, the checks, memory, and what stands in for printk and
 * panic. Compiled with the host's headers; must not include a kernel header.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test {
	const char *name;
	void (*fn)(void);
} tests[256];
static int num_tests;

static int failures;		/* checks of the test that runs */
static uint64_t seed = 1, state;
static bool expecting;
static void *panic_buf[5];	/* what __builtin_setjmp takes */

void unit_register(const char *name, void (*fn)(void))
{
	if (num_tests == 256)
		abort();
	tests[num_tests++] = (struct test) { name, fn };
}

static void fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	if (++failures > 10)	/* the same in a loop */
		return;
	printf("  %s:%d: ", file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

bool unit_check(bool ok, const char *text, const char *file, int line)
{
	if (!ok)
		fail(file, line, "%s", text);
	return ok;
}

bool unit_check_eq(long a, long b, const char *text, const char *file, int line)
{
	if (a != b)
		fail(file, line, "%s: %ld (%#lx) and %ld (%#lx)", text, a, a, b, b);
	return a == b;
}

bool unit_check_str(const char *a, const char *b, const char *text, const char *file, int line)
{
	bool ok = a && b && !strcmp(a, b);

	if (!ok)
		fail(file, line, "%s: \"%s\" and \"%s\"", text, a ? a : "NULL", b ? b : "NULL");
	return ok;
}

void **unit_expect_panic(void)
{
	expecting = true;
	return panic_buf;
}

void unit_no_panic(const char *text, const char *file, int line)
{
	expecting = false;
	fail(file, line, "no panic: %s", text);
}

void unit_log(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

/* xorshift64*, by Vigna */
uint64_t unit_rand64(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717ull;
}

uint32_t unit_rand(void)
{
	return unit_rand64() >> 32;
}

void *unit_alloc(size_t size)
{
	void *mem = malloc(size);

	if (!mem && size)
		abort();
	return mem;
}

void *unit_zalloc(size_t size)
{
	return memset(unit_alloc(size), 0, size);
}

void *unit_dup(const void *data, size_t size)
{
	void *mem = unit_alloc(size);

	if (size)
		memcpy(mem, data, size);
	return mem;
}

void unit_free(void *mem)
{
	free(mem);
}

int unit_host_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	return vsnprintf(buf, size, fmt, args);
}

static void stop(const char *what)
{
	if (expecting) {
		expecting = false;
		__builtin_longjmp(panic_buf, 1);
	}
	printf("  %s\n", what);
	fflush(stdout);
	abort();
}

/* What kernel code calls; weak, so that a test may bring its own. */

__attribute__((weak)) void panic(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	stop(text);
}

__attribute__((weak)) void assert_failed(const char *expr, const char *file, int line)
{
	char text[512];

	snprintf(text, sizeof(text), "assertion at %s:%d: %s", file, line, expr);
	stop(text);
}

__attribute__((weak)) void warn_failed(const char *expr, const char *file, int line)
{
	fail(file, line, "WARN_ON: %s", expr);
}

__attribute__((weak)) int printk(const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vprintf(fmt, args);
	va_end(args);
	return len;
}

int main(int argc, char **argv)
{
	const char *env = getenv("UNIT_SEED");
	int passed = 0, failed = 0;

	if (env)
		seed = strtoull(env, NULL, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < num_tests; i++) {
		if (argc > 1 && strcmp(argv[1], tests[i].name))
			continue;
		state = seed * 0x9e3779b97f4a7c15ull + 1;
		failures = 0;
		tests[i].fn();
		if (failures) {
			printf("FAIL %s (%d checks; UNIT_SEED=%llu)\n", tests[i].name, failures,
			       (unsigned long long)seed);
			failed++;
		} else {
			passed++;
		}
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
