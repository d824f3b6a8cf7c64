/* SPDX-License-Identifier: MIT */
/* Planted bugs of selfcheck/percpu.c. Callers: selfcheck/plant.c. */
#include <vitrix/selfcheck.h>
#include <vitrix/percpu.h>

static DEFINE_PER_CPU(int, planted);

/* Two increments may be made on one CPU at once, one of them lost. */
PLANT(percpu_moved)
{
	++*this_cpu_ptr(&planted);
}
