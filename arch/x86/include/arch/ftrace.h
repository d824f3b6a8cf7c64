/* SPDX-License-Identifier: MIT */
/* The arch part of watching functions: arch/x86/kernel/ftrace.c, ftrace_64.S. */
#ifndef ARCH_FTRACE_H
#define ARCH_FTRACE_H

#include <vitrix/types.h>

/* Bytes that tools/patchable.awk has put before each function, and into it. */
#define FTRACE_ROOM_BEFORE	5
#define FTRACE_ROOM_AT		2

/* Between text_poke_begin() and _end(). prepare: once a function, before the first switch. */
void ftrace_arch_prepare(unsigned long func);
void ftrace_arch_switch(unsigned long func, bool on);
/* Is it the address of a function that has the room, watched or not? Any context. */
bool ftrace_has_room(unsigned long func);

void ftrace_caller(void);		/* labels */
void return_to_handler(void);

/*
 * ftrace_64.S calls these, in any context. slot: where the address lies that func returns to.
 * ftrace_return() tells that address, once.
 */
void ftrace_entry(unsigned long func, unsigned long *slot);
unsigned long ftrace_return(unsigned long retval, unsigned long *slot);

#endif
