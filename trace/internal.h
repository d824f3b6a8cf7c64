/* SPDX-License-Identifier: MIT */
/* What the files of trace/ share and nobody else needs. */
#ifndef TRACE_INTERNAL_H
#define TRACE_INTERNAL_H

#include <vitrix/bitops.h>
#include <vitrix/printf.h>
#include <vitrix/trace_events.h>
#include <generated/syscall_nr.h>

extern unsigned long trace_syscall_enter_on[BITS_TO_LONGS(NR_syscalls)];
extern unsigned long trace_syscall_exit_on[BITS_TO_LONGS(NR_syscalls)];

/* As trace_ring_iter_next(), but takes no lock: for panic. trace/ring.c */
bool trace_ring_peek(struct trace_ring_iter *it, struct trace_record *buf);

/* id: from EVENT_FIRST_SYSCALL on. trace/filter.c */
bool trace_syscall_filter_match(unsigned int id, const void *entry);

#endif
