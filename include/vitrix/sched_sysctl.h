/* SPDX-License-Identifier: MIT */
/* The scheduler's variables in /proc/sys/kernel. Linux's twin: include/linux/sched/sysctl.h. */
#ifndef VITRIX_SCHED_SYSCTL_H
#define VITRIX_SCHED_SYSCTL_H

/* Real-time tasks get so much of each period; -1: all of it. kernel/sched/rt.c */
extern int sysctl_sched_rt_period_us, sysctl_sched_rt_runtime_us;

#endif
