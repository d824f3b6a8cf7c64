/* SPDX-License-Identifier: MIT */
/* The guard of stack frames. kernel/stackprotector.c. */
#ifndef VITRIX_STACKPROTECTOR_H
#define VITRIX_STACKPROTECTOR_H

#include <vitrix/percpu.h>

DECLARE_PER_CPU(unsigned long, __stack_chk_guard);

unsigned long new_stack_canary(void);
/* Referred to by gcc. */
void __noreturn __stack_chk_fail(void);

#endif
