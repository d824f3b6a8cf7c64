/* SPDX-License-Identifier: MIT */
/* The periodic tick of each CPU, towards idle, hrtimers and the clock event. kernel/time/tick.c. */
#ifndef VITRIX_TICK_H
#define VITRIX_TICK_H

#include <vitrix/types.h>

void tick_setup(void);		/* this CPU has a clock event device: its tick begins; interrupts off */
void tick_nohz_arm(void);	/* idle is about to halt, interrupts off: arms what must wake it */

#endif
