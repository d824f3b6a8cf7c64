/* SPDX-License-Identifier: MIT */
/* The periodic tick of each CPU, towards idle, hrtimers and the clock event. kernel/time/tick.c. */
#ifndef VITRIX_TICK_H
#define VITRIX_TICK_H

#include <vitrix/types.h>

/* This CPU has a clock event device: its tick begins. Interrupts off. */
void tick_setup(void);
/* Idle is about to halt, interrupts off: arms what must wake it. */
void tick_nohz_arm(void);
bool tick_is_stopped(int cpu);

#endif
