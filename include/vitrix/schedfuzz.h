/* SPDX-License-Identifier: MIT */
/*
 * The schedule fuzzer of the DEBUG build: selfcheck/schedfuzz.c. In a plain build, and without
 * schedfuzz=SEED on the command line, all of it is nothing. Unit tests have none of it either.
 */
#ifndef VITRIX_SCHEDFUZZ_H
#define VITRIX_SCHEDFUZZ_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

#if defined(CONFIG_DEBUG) && !__STDC_HOSTED__
extern bool schedfuzz_on;
void __schedfuzz_point(void);
void __schedfuzz_delay(void);
void __schedfuzz_irq_exit(void);
void __schedfuzz_gap(void);

/*
 * Between two steps that others may come in between: perhaps they do. Any context; the task gives
 * the CPU away only where it could be preempted anyway.
 */
static __always_inline void schedfuzz_point(void)
{
	if (unlikely(schedfuzz_on))
		__schedfuzz_point();
}

/* Before a lock is taken: perhaps another CPU is quicker. */
static __always_inline void schedfuzz_delay(void)
{
	if (unlikely(schedfuzz_on))
		__schedfuzz_delay();
}

/* Both: another task comes in between on this CPU, or another CPU does. Any context. */
static __always_inline void schedfuzz_gap(void)
{
	if (unlikely(schedfuzz_on))
		__schedfuzz_gap();
}

/* Perhaps the interrupted task gives way. Interrupts off. */
static __always_inline void schedfuzz_irq_exit(void)
{
	if (unlikely(schedfuzz_on))
		__schedfuzz_irq_exit();
}
#else
static __always_inline void schedfuzz_point(void) { }
static __always_inline void schedfuzz_delay(void) { }
static __always_inline void schedfuzz_irq_exit(void) { }
static __always_inline void schedfuzz_gap(void) { }
#endif

#endif
