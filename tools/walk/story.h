/* SPDX-License-Identifier: MIT */
/*
 * Inside of the story. A crossing is told in full (each step on lines of its own) or short: one line
 * when it is over, with what happened meanwhile indented below it.
 *
 *	story.c          which event is told, and how much of it; the short form
 *	story_enter.c    a way into the kernel, in full; a way out, in full
 *	story_events.c   switches, forks, new images, faults, signals
 *	story_tree.c     functions (-g)
 */
#ifndef WALK_STORY_H
#define WALK_STORY_H

#include "walk.h"

struct scene {
	int number;		/* of the crossing that is open; 0: in user mode */
	uint64_t ns;
	bool full;		/* told step by step */
	bool shown;		/* -n, -e: told at all */
	bool begun;		/* short, but its first half had to be printed */
	bool handler;		/* a signal's handler is where it goes on */
	struct text head;	/* of an exception or interrupt, the short line */
	struct text where;	/* "main+0x1f" */
	struct text below;	/* lines that follow the short line */
	/* the function that was entered last: it may turn out to have called none */
	uint64_t func;
	int depth;
	bool func_open;
};
struct scene *scene_of(struct task *t);

/* A line, or part of one, of what happens inside of a crossing: at once, or below its short line. */
void tell(struct task *t, enum colour c, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Explanations are given once: true the first time that this word comes. */
bool first_time(const char *word);
double us_since_start(uint64_t ns);

void story_enter_full(struct task *t, const struct trace_raw_user_enter *u);
void story_exit_full(struct task *t, const struct trace_raw_user_exit *u);
void story_switch(const struct event *e);
void story_fork(const struct event *e);
void story_image(const struct event *e);
void story_fault(const struct event *e);
void story_signal(const struct event *e);
void story_other(const struct event *e);
void story_function(const struct event *e);
void story_functions_end(struct task *t);

#endif
