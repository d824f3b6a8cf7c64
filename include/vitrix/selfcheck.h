/* SPDX-License-Identifier: MIT */
/*
 * What the checks of the DEBUG build have in common: how they report, and how each is tried.
 *
 * A check that finds a bug calls selfcheck_report(), which prints "BUG: ...", who holds which lock,
 * and the stack. Then the kernel panics; with selfcheck=count on the command line it counts the
 * report and goes on, as far as that is possible.
 *
 * A planted bug is a function of its own that does the wrong thing on purpose, so that a test can
 * see whether the check notices:
 *
 *	PLANT(two_locks_in_wrong_order)		// the kernel can go on after the report
 *	{
 *		...
 *	}
 *	PLANT_FATAL(lock_taken_twice)		// it cannot: tried without selfcheck=count
 *	PLANT_FAIL(...), PLANT_RACE(...)	// shows if an allocation fails; with schedfuzz=
 *
 * Its name, written to /sys/kernel/debug/plant, runs it as the writing task. They stand in
 * selfcheck/bugs/; what each must make the kernel say stands in tests/checks/reports.txt.
 * selfcheck/report.c, selfcheck/plant.c. Linux's twins: lib/fault-inject.c, drivers/misc/lkdtm/.
 */
#ifndef VITRIX_SELFCHECK_H
#define VITRIX_SELFCHECK_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

#ifdef CONFIG_DEBUG

/* Both from any context but NMI. fatal: there is no going on, selfcheck=count or not. */
void selfcheck_fatal(const char *fmt, ...) __printf(1, 2) __noreturn __cold;
void selfcheck_report(const char *fmt, ...) __printf(1, 2) __cold;
/* The same, and more(arg) prints what else there is to say. */
void selfcheck_report_more(void (*more)(const void *arg), const void *arg, const char *fmt, ...)
	__printf(3, 4) __cold;
/*
 * false: do not check. The kernel is on its way down, or this CPU prints a report right now, which
 * takes locks and memory itself.
 */
bool selfcheck_active(void);

struct plant {
	const char *name;
	void (*run)(void);
	const char *how;		/* what else a test must do; "": nothing */
};

/* What the write to the file answers instead of success: for a bug that is a wrong answer. */
extern int plant_result;

#define __PLANT(pname, how_found)						\
	static void plant_##pname(void);					\
	static const struct plant __plant_##pname __used __section(".plants") __aligned(8) = { \
		.name = #pname, .run = plant_##pname, .how = how_found };	\
	static noinline void plant_##pname(void)
#define PLANT(name)		__PLANT(name, "")
#define PLANT_FATAL(name)	__PLANT(name, " fatal")
#define PLANT_FAIL(name)	__PLANT(name, " fail")
#define PLANT_RACE(name)	__PLANT(name, " race")
/* No report: bytes of the kernel reach the writer's buffer, and tools/fuzz finds them there. */
#define PLANT_LEAK(name)	__PLANT(name, " leak")

extern const struct plant __start_plants[], __stop_plants[];

#endif
#endif
