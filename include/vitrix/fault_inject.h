/* SPDX-License-Identifier: MIT */
/*
 * Allocations that fail on purpose: selfcheck/fault_inject.c. In a plain build all of it is
 * nothing. Linux's twin: include/linux/fault-inject.h.
 */
#ifndef VITRIX_FAULT_INJECT_H
#define VITRIX_FAULT_INJECT_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

enum fail_kind { FAIL_SLAB, FAIL_PAGE, FAIL_VMALLOC, FAIL_USER, NR_FAIL_KINDS };

#ifdef CONFIG_DEBUG

/* A part of each task. Its own; others write nth and every through /proc/PID/fail-nth. */
struct task_fail {
	unsigned int nth;		/* that allocation fails, counted down; 0: none */
	unsigned int every;		/* and then every such one; 0: no more */
	bool chosen;			/* /proc/PID/make-it-fail; children have it, too */
};

/* Must this one fail? Any context; in an interrupt never. */
bool should_fail(enum fail_kind kind);
#define fail_new_task(task)	((task)->fail.nth = (task)->fail.every = 0)
#else
static __always_inline bool should_fail(enum fail_kind kind) { return false; }
#define fail_new_task(task) do { } while (0)
#endif

#endif
