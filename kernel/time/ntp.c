/* SPDX-License-Identifier: MIT */
/*
 * adjtimex(2), clock_adjtime(2): the clock's discipline, by which a daemon makes a machine's clock
 * run at the right rate and brings it to the right time without a jump.
 *
 *	rate of the clock = the counter's own
 *	                  + freq                 ADJ_FREQUENCY; the PLL corrects it, too
 *	                  + tick - 10 ms a tick  ADJ_TICK
 *	                  + slew                 a part of what is left of ADJ_OFFSET (the PLL's: a
 *	                                         quarter or less a second) and of adjtime(3)'s
 *	                                         ADJ_OFFSET_SINGLESHOT (500 us a second)
 *
 * Once a second ntp_tick() takes off what was slewed and computes the rate anew. Numbers scaled by
 * 2^32 are "nanoseconds a second": 1000 is one part in a million.
 *
 * Locks: ntp_lock for all of it; the new rate is told to the timekeeper after it is let go, so
 * that two changes at the same time may arrive in the wrong order until the next second.
 * Linux's twin: kernel/time/ntp.c, and do_adjtimex() of timekeeping.c. Left out: leap seconds
 * (STA_INS, STA_DEL), pulse per second, the offset of TAI: -EINVAL.
 */
#include <vitrix/cred.h>
#include <vitrix/err.h>
#include <vitrix/uaccess.h>
#include <linux/time.h>
#include <linux/timex.h>
#include <generated/syscalls.h>
#include "internal.h"

#define ADJ_ADJTIME		0x8000	/* in ADJ_OFFSET_SINGLESHOT and ADJ_OFFSET_SS_READ */
#define ADJ_OFFSET_READONLY	0x2000
#define NTP_SHIFT		32
#define PPM_SCALE		(1000LL << (NTP_SHIFT - 16))	/* txc->freq: ppm, 16 bits behind */
#define MAX_FREQ		(500000LL << NTP_SHIFT)		/* 500 ppm */
#define PHASE_LIMIT		16000000LL	/* us: so wrong is "not synchronized" */
#define MAX_PHASE		500000000LL	/* ns that the PLL takes at once */
#define ERROR_GROWTH		500		/* us a second that a clock may be off by itself */
#define TICK_USEC		(1000000 / USER_HZ)
#define MAX_SLEW_US		500		/* a second, for adjtime(3) */
#define PLL_SHIFT		2
#define FLL_SHIFT		2
#define MAX_TIMECONST		10
#define FLL_MIN_SECS		256
#define FLL_SURE_SECS		2048
#define STA_LEFT_OUT		(STA_INS | STA_DEL | STA_PPSFREQ | STA_PPSTIME)

static struct {
	s64 freq;		/* scaled */
	s64 offset;		/* ns that the PLL has still to slew */
	s64 adjust;		/* ns that adjtime(3) has still to slew */
	s64 offset_slew, adjust_slew;	/* ns a second of them, now */
	ktime_t slewed;		/* up to when that is taken off */
	long tick;		/* us a tick */
	int status;		/* STA_* */
	long constant, maxerror, esterror;
	time64_t error_since;	/* maxerror grows from then on; CLOCK_MONOTONIC, s */
	time64_t offset_time;	/* when the PLL had its last offset */
} ntp = {
	.tick = TICK_USEC,
	.status = STA_UNSYNC,
	.constant = 2,
	.maxerror = PHASE_LIMIT,
	.esterror = PHASE_LIMIT,
};
static DEFINE_SPINLOCK(ntp_lock, LC_TIMEKEEPER);
static bool slewing;		/* ntp_lock to change */

static s64 clamp_abs(s64 v, s64 limit)
{
	return v > limit ? limit : v < -limit ? -limit : v;
}

/* Takes off what is slewed, chooses the next second's part. The rate, scaled. ntp_lock held. */
static s64 ntp_update(ktime_t now)
{
	s64 elapsed_us = (now - ntp.slewed) / NSEC_PER_USEC;

	ntp.offset -= ntp.offset_slew * elapsed_us / USEC_PER_SEC;
	ntp.adjust -= ntp.adjust_slew * elapsed_us / USEC_PER_SEC;
	ntp.slewed = now;
	ntp.offset_slew = ntp.offset / (1L << (PLL_SHIFT + ntp.constant));
	ntp.adjust_slew = clamp_abs(ntp.adjust, MAX_SLEW_US * NSEC_PER_USEC);
	WRITE_ONCE(slewing, ntp.offset_slew || ntp.adjust_slew);
	return ntp.freq + ((ntp.tick - TICK_USEC) * (s64)USER_HZ * NSEC_PER_USEC +
			   ntp.offset_slew + ntp.adjust_slew) * (1LL << NTP_SHIFT);
}

bool ntp_slewing(void)
{
	return READ_ONCE(slewing);
}

/* From the tick that moves the clock's base; now: CLOCK_MONOTONIC. Interrupts off. */
void ntp_tick(ktime_t now)
{
	s64 rate;

	if (likely(!READ_ONCE(slewing)))
		return;
	spin_lock(&ntp_lock);
	if (now - ntp.slewed < NSEC_PER_SEC) {
		spin_unlock(&ntp_lock);
		return;
	}
	rate = ntp_update(now);
	spin_unlock(&ntp_lock);
	timekeeping_set_rate(rate);
}

/* The wall clock was set: what was to be slewed is void. Any context. */
void ntp_clear(void)
{
	unsigned long flags;
	s64 rate;

	spin_lock_irqsave(&ntp_lock, flags);
	ntp.offset = ntp.offset_slew = 0;
	ntp.adjust = ntp.adjust_slew = 0;
	ntp.status |= STA_UNSYNC;
	ntp.maxerror = ntp.esterror = PHASE_LIMIT;
	rate = ntp_update(ktime_get());
	spin_unlock_irqrestore(&ntp_lock, flags);
	timekeeping_set_rate(rate);
}

/* ---- what the user changes; all with ntp_lock held ---- */

static void set_status(int status, time64_t secs)
{
	if ((ntp.status & STA_PLL) && !(status & STA_PLL))
		ntp.status = STA_UNSYNC;
	if (!(ntp.status & STA_PLL) && (status & STA_PLL))
		ntp.offset_time = secs;
	ntp.status = (ntp.status & STA_RONLY) | (status & ~STA_RONLY);
}

/* The clock is off by that much: slews, and learns from it how wrong the rate is. */
static void set_offset(s64 offset, time64_t secs)
{
	s64 since = ntp.status & STA_FREQHOLD ? 0 : secs - ntp.offset_time, freq = 0;

	if (!(ntp.status & STA_PLL))
		return;
	if (!(ntp.status & STA_NANO))
		offset = clamp_abs(offset, USEC_PER_SEC) * NSEC_PER_USEC;
	offset = clamp_abs(offset, MAX_PHASE);
	ntp.offset_time = secs;
	if (since >= FLL_MIN_SECS) {
		ntp.status &= ~STA_MODE;
		if ((ntp.status & STA_FLL) || since > FLL_SURE_SECS) {
			ntp.status |= STA_MODE;
			freq = offset * (1LL << (NTP_SHIFT - FLL_SHIFT)) / since;
		}
	}
	since = min(since, (s64)(1L << (PLL_SHIFT + 1 + ntp.constant)));
	freq += offset * since * (1LL << (NTP_SHIFT - 2 * (PLL_SHIFT + 2 + ntp.constant)));
	ntp.freq = clamp_abs(ntp.freq + freq, MAX_FREQ);
	ntp.offset = offset;
	ntp.offset_slew = 0;
}

static void set_modes(const struct __kernel_timex *txc, time64_t secs)
{
	unsigned int modes = txc->modes;

	if (modes & ADJ_STATUS)
		set_status(txc->status, secs);
	if (modes & ADJ_NANO)
		ntp.status |= STA_NANO;
	if (modes & ADJ_MICRO)
		ntp.status &= ~STA_NANO;
	if (modes & ADJ_FREQUENCY)
		ntp.freq = clamp_abs(txc->freq * PPM_SCALE, MAX_FREQ);
	if (modes & ADJ_MAXERROR) {
		ntp.maxerror = clamp(txc->maxerror, 0LL, PHASE_LIMIT);
		ntp.error_since = secs;
	}
	if (modes & ADJ_ESTERROR)
		ntp.esterror = clamp(txc->esterror, 0LL, PHASE_LIMIT);
	if (modes & ADJ_TIMECONST) {
		ntp.constant = clamp(txc->constant, 0LL, (long long)MAX_TIMECONST);
		if (!(ntp.status & STA_NANO))
			ntp.constant = min(ntp.constant + 4, (long)MAX_TIMECONST);
	}
	if (modes & ADJ_OFFSET)
		set_offset(txc->offset, secs);
	if (modes & ADJ_TICK)
		ntp.tick = txc->tick;
}

/* A clock that nobody corrects gets worse, until it cannot be called synchronized. */
static void age_errors(time64_t secs)
{
	if (ntp.maxerror >= PHASE_LIMIT)
		return;
	ntp.maxerror = min(ntp.maxerror + (secs - ntp.error_since) * ERROR_GROWTH,
			   (s64)PHASE_LIMIT);
	ntp.error_since = secs;
	if (ntp.maxerror == PHASE_LIMIT)
		ntp.status |= STA_UNSYNC;
}

static void report(struct __kernel_timex *txc)
{
	txc->freq = ntp.freq / PPM_SCALE;
	txc->maxerror = ntp.maxerror;
	txc->esterror = ntp.esterror;
	txc->status = ntp.status;
	txc->constant = ntp.constant;
	txc->precision = 1;
	txc->tolerance = MAX_FREQ / PPM_SCALE;
	txc->tick = ntp.tick;
	txc->tai = 0;
	txc->ppsfreq = txc->jitter = txc->stabil = txc->jitcnt = 0;
	txc->calcnt = txc->errcnt = txc->stbcnt = 0;
	txc->shift = 0;
}

/* ---- the calls ---- */

static int validate(const struct __kernel_timex *txc)
{
	unsigned int modes = txc->modes;

	if (modes & ADJ_ADJTIME) {
		if (!(modes & ADJ_OFFSET))
			return -EINVAL;
		if (!(modes & ADJ_OFFSET_READONLY) && !capable(CAP_SYS_TIME))
			return -EPERM;
		return 0;
	}
	if (modes && !capable(CAP_SYS_TIME))
		return -EPERM;
	if ((modes & ADJ_TICK) &&
	    (txc->tick < 900000 / USER_HZ || txc->tick > 1100000 / USER_HZ))
		return -EINVAL;
	if ((modes & ADJ_SETOFFSET) && (txc->time.tv_usec < 0 ||
	    txc->time.tv_usec >= (modes & ADJ_NANO ? NSEC_PER_SEC : USEC_PER_SEC)))
		return -EINVAL;
	if ((modes & ADJ_FREQUENCY) && (txc->freq > KTIME_MAX / PPM_SCALE ||
					txc->freq < -KTIME_MAX / PPM_SCALE))
		return -EINVAL;
	if ((modes & ADJ_STATUS) && (txc->status & STA_LEFT_OUT))
		return -EINVAL;
	return (modes & ADJ_TAI) && txc->constant ? -EINVAL : 0;
}

/* ADJ_SETOFFSET: a jump. */
static int inject_offset(const struct __kernel_timex *txc)
{
	s64 sub = txc->modes & ADJ_NANO ? txc->time.tv_usec : txc->time.tv_usec * NSEC_PER_USEC;
	struct timespec64 ts;

	if (txc->time.tv_sec > KTIME_SEC_MAX || txc->time.tv_sec < -KTIME_SEC_MAX)
		return -EINVAL;
	ktime_get_real_ts64(&ts);
	ts.tv_sec += txc->time.tv_sec;
	ts.tv_nsec += sub;
	if (ts.tv_nsec >= NSEC_PER_SEC) {
		ts.tv_nsec -= NSEC_PER_SEC;
		ts.tv_sec++;
	}
	return do_settimeofday64(&ts);
}

/* The clock's state, TIME_*; -EINVAL, -EPERM. */
int do_adjtimex(struct __kernel_timex *txc)
{
	ktime_t now;
	time64_t secs;
	struct timespec64 ts;
	s64 rate;
	int ret = validate(txc);

	if (!ret && !(txc->modes & ADJ_ADJTIME) && (txc->modes & ADJ_SETOFFSET))
		ret = inject_offset(txc);
	if (ret)
		return ret;
	ktime_get_real_ts64(&ts);
	now = ktime_get();
	secs = now / NSEC_PER_SEC;
	spin_lock_irq(&ntp_lock);
	age_errors(secs);
	ntp_update(now);
	if (txc->modes & ADJ_ADJTIME) {
		s64 left = ntp.adjust / NSEC_PER_USEC;

		if (!(txc->modes & ADJ_OFFSET_READONLY)) {
			ntp.adjust = NSEC_PER_USEC *
				     clamp_abs(txc->offset, KTIME_MAX / NSEC_PER_SEC);
			ntp.adjust_slew = 0;
		}
		txc->offset = left;
	} else {
		set_modes(txc, secs);
		txc->offset = ntp.status & STA_NANO ? ntp.offset : ntp.offset / NSEC_PER_USEC;
	}
	rate = ntp_update(now);
	report(txc);
	txc->time.tv_sec = ts.tv_sec;
	txc->time.tv_usec = ntp.status & STA_NANO ? ts.tv_nsec : ts.tv_nsec / NSEC_PER_USEC;
	ret = ntp.status & (STA_UNSYNC | STA_CLOCKERR) ? TIME_ERROR : TIME_OK;
	spin_unlock_irq(&ntp_lock);
	timekeeping_set_rate(rate);
	return ret;
}

/* Which clock, then do_adjtimex(). */
int clock_adjtime(clockid_t which_clock, struct __kernel_timex *txc)
{
	ktime_t ignored;

	if (which_clock != CLOCK_REALTIME)
		return posix_clock_get(which_clock, &ignored) ? -EINVAL : -EOPNOTSUPP;
	return do_adjtimex(txc);
}

long __x64_sys_clock_adjtime(clockid_t which_clock, struct __kernel_timex __user *utx)
{
	struct __kernel_timex txc;
	int ret;

	if (copy_from_user(&txc, utx, sizeof(txc)))
		return -EFAULT;
	ret = clock_adjtime(which_clock, &txc);
	return ret >= 0 && copy_to_user(utx, &txc, sizeof(txc)) ? -EFAULT : ret;
}

long __x64_sys_adjtimex(struct __kernel_timex __user *txc_p)
{
	struct __kernel_timex txc;
	int ret;

	if (copy_from_user(&txc, txc_p, sizeof(txc)))
		return -EFAULT;
	ret = do_adjtimex(&txc);
	return copy_to_user(txc_p, &txc, sizeof(txc)) ? -EFAULT : ret;
}
