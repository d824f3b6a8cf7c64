/* SPDX-License-Identifier: MIT */
/*
 * Allocations that fail on purpose, and who owns those that did not: selfcheck/fault_inject.c,
 * selfcheck/owners.c. In a plain build all of it is nothing. Linux's twins: include/linux/
 * fault-inject.h, mm/page_owner.c.
 */
#ifndef VITRIX_FAULT_INJECT_H
#define VITRIX_FAULT_INJECT_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

enum fail_kind { FAIL_SLAB, FAIL_PAGE, FAIL_VMALLOC, FAIL_USER, NR_FAIL_KINDS };

/* Return addresses of who allocated an object, innermost first, as their low halves. */
#define OWNER_FRAMES	4
struct owner {
	u32 ip[OWNER_FRAMES];
};

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

void note_owner(struct owner *owner);
/* mm/slab.c: fn for each object in use. What others allocate and free meanwhile may be missed. */
void slab_for_each_used(void (*fn)(const char *cache, size_t size, const struct owner *owner,
				   void *arg), void *arg);
#else
static __always_inline bool should_fail(enum fail_kind kind) { return false; }
#define fail_new_task(task) do { } while (0)
#endif

#endif
