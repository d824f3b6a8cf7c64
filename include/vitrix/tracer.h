/* SPDX-License-Identifier: MIT */
/*
 * Tracers: what current_tracer chooses between. trace/tracers.c; Linux's twin: struct tracer of
 * kernel/trace/trace.h.
 */
#ifndef VITRIX_TRACER_H
#define VITRIX_TRACER_H

#include <vitrix/types.h>

struct tracer {
	const char *name;
	/* Both with trace_types_lock held; may sleep. The rings are there. 0 or -errno */
	int (*init)(void);
	void (*reset)(void);		/* it is no longer the current one */
	bool graph;			/* its events are drawn as C: trace/output_graph.c */
	struct tracer *next;
};

void register_tracer(struct tracer *tracer);	/* at boot; it stays for ever */

/* options/function-fork: children are traced like their parents */
extern bool trace_function_fork;

#endif
