/* SPDX-License-Identifier: MIT */
/*
 * this_cpu_ptr() and smp_processor_id() by somebody who may be moved to another CPU before the
 * answer is used: with preempt=full at any instruction. The check does not wait for that to happen,
 * and looks with preempt=none, too.
 *
 * Called by <vitrix/percpu.h>. Any context; no locks. Linux's twin: lib/smp_processor_id.c.
 */
#include <vitrix/selfcheck.h>
#include <vitrix/preempt.h>
#include <vitrix/sched.h>
#include <arch/irqflags.h>

void check_pinned(void)
{
	if (likely(preempt_count() || irqs_disabled()))
		return;
	/* An idle task never leaves its CPU. Boot is one, too. */
	if (current->flags & PF_IDLE || !selfcheck_active())
		return;
	selfcheck_report("this CPU's data used at %pS, which may be moved to another CPU",
			 (void *)_RET_IP_);
}
