/* SPDX-License-Identifier: MIT */
/* run.c for main.c: the whole run; returns walk's exit status. */
#ifndef WALK_RUN_H
#define WALK_RUN_H

int run(void);

#endif
