/* SPDX-License-Identifier: MIT */
/* Between the machine of select.c and the calls of select_calls.c. */
#ifndef FS_SELECT_H
#define FS_SELECT_H

#include <vitrix/ktime.h>

enum { SET_IN, SET_OUT, SET_EX, NR_SETS };

struct poll_limit {
	ktime_t deadline;	/* KTIME_MAX: none; 0: do not sleep */
	bool given;
};

/* How the user keeps the time that is written back. */
enum time_form { FORM_TIMESPEC, FORM_TIMESPEC32, FORM_TIMEVAL, FORM_TIMEVAL32 };

/* The user's relative time: 0, -EINVAL. */
int limit_from_timespec(struct poll_limit *limit, const struct timespec64 *ts);
/* The same from user memory; uts NULL: no limit. -EFAULT. */
int get_poll_limit(struct poll_limit *limit, const void *uts, bool time32);
/* What is left of it goes back to utime; the call's result is ret, or -EINTR in its place. */
long write_back_limit(const struct poll_limit *limit, void *utime, enum time_form form, long ret);
long core_sys_select(int n, void *const usets[NR_SETS], ktime_t deadline, size_t word);

#endif
