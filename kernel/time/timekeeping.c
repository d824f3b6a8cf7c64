/* SPDX-License-Identifier: MIT */
/*
 * What time is it? CLOCK_MONOTONIC is a base that each tick moves forward, plus what the
 * clocksource has counted since; the other clocks are an offset away.
 *
 *	       base (cycle_last)                now
 *	---------|-------------------------------|------->
 *	         |<-- (cycles * mult + frac) >> shift -->|
 *
 *	CLOCK_REALTIME = CLOCK_MONOTONIC + offs_real	(settimeofday, clock_settime move offs_real)
 *	CLOCK_BOOTTIME = CLOCK_MONOTONIC		(nothing suspends)
 *	CLOCK_TAI      = CLOCK_REALTIME			(nobody set the number of leap seconds)
 *	CLOCK_MONOTONIC_RAW = CLOCK_MONOTONIC		(so it is corrected too, unlike Linux's)
 *	*_COARSE: the base alone
 *
 * Monotonic means never back. The fraction of a ns that moving the base cuts off stays in frac; a
 * change of clocksource first moves the base by the old one; a counter that another CPU reads a
 * little behind cycle_last counts as no time.
 *
 * Locks: tk_lock for writers, with interrupts off. Readers take none: seq is odd while a writer is
 * at work, and different after it; then they read again. An NMI may have interrupted the writer: it
 * reads one of two copies, of which the writer changes one at a time. The state lies in a page that
 * programs see (vitrix/vdso_data.h): the vDSO reads it as the functions here do. Linux's twin:
 * kernel/time/timekeeping.c. The rate (mult) is the counter's own, corrected by what ntp.c says.
 */
#include <vitrix/init.h>
#include <vitrix/math64.h>
#include <vitrix/err.h>
#include <vitrix/preempt.h>
#include <vitrix/vdso_data.h>
#include <arch/page.h>
#include "internal.h"

static u64 no_clock(void) { return 0; }

/* User space reads it too: a page of its own. */
union vdso_page vdso_page __section(".data..page_aligned") __aligned(PAGE_SIZE) = {
	.data = { .mask = ~0UL, .mult = 1, .tsc_last = NO_USER_TSC },
};
static struct vdso_data *const tk = &vdso_page.data;
static u64 (*tk_read)(void) = no_clock;
static bool tk_is_tsc;
static u32 tk_own_mult = 1;	/* of the clocksource, without correction; tk_lock */
static s64 tk_rate;		/* correction, as parts of one, scaled by 2^32; tk_lock */

static DEFINE_SPINLOCK(tk_lock, LC_TIMEKEEPER);

/* For NMIs. The copy that seq's last bit chooses is complete. */
static struct {
	u32 seq;
	struct tk_copy {
		struct vdso_data tk;
		u64 (*read)(void);
	} copy[2];
} tk_fast = { .copy = { { .read = no_clock }, { .read = no_clock } } };

static __always_inline u32 tk_read_begin(void)
{
	u32 seq;

	while (unlikely((seq = READ_ONCE(tk->seq)) & 1))
		cpu_relax();
	smp_rmb();
	return seq;
}

static __always_inline bool tk_read_retry(u32 seq)
{
	smp_rmb();
	return unlikely(READ_ONCE(tk->seq) != seq);
}

/*
 * Shifted ns since cycle_last. A counter of 64 bits may be read before cycle_last on another CPU.
 */
static __always_inline unsigned __int128 tk_elapsed(const struct vdso_data *tk, u64 now)
{
	u64 cycles = (now - tk->cycle_last) & tk->mask;

	if (unlikely(cycles & ~(tk->mask >> 1)))
		cycles = 0;
	return (unsigned __int128)cycles * tk->mult + tk->frac;
}

/* CLOCK_MONOTONIC in ns. Any context but NMI. */
ktime_t ktime_get(void)
{
	ktime_t ns;
	u32 seq;

	DEBUG_ASSERT(!in_nmi());
	do {
		seq = tk_read_begin();
		ns = tk->base + (ktime_t)(tk_elapsed(tk, tk_read()) >> tk->shift);
	} while (tk_read_retry(seq));
	return ns;
}

/* CLOCK_MONOTONIC in ns. Any context. While another CPU moves the base it may be a bit behind. */
ktime_t ktime_get_mono_fast_ns(void)
{
	const struct tk_copy *c;
	ktime_t ns;
	u32 seq;

	do {
		seq = READ_ONCE(tk_fast.seq);
		smp_rmb();
		c = &tk_fast.copy[seq & 1];
		ns = c->tk.base + (ktime_t)(tk_elapsed(&c->tk, c->read()) >> c->tk.shift);
		smp_rmb();
	} while (unlikely(READ_ONCE(tk_fast.seq) != seq));
	return ns;
}

ktime_t ktime_get_real(void)
{
	ktime_t ns;
	u32 seq;

	do {
		seq = tk_read_begin();
		ns = tk->base + (ktime_t)(tk_elapsed(tk, tk_read()) >> tk->shift);
		ns += tk->offs[CLOCK_REALTIME];
	} while (tk_read_retry(seq));
	return ns;
}

ktime_t ktime_get_boottime(void)
{
	return ktime_get();
}

void ktime_get_real_ts64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(ktime_get_real());
}

ktime_t ktime_get_coarse(void)
{
	return READ_ONCE(tk->base);
}

ktime_t ktime_get_coarse_real(void)
{
	ktime_t ns;
	u32 seq;

	do {
		seq = tk_read_begin();
		ns = tk->base + tk->offs[CLOCK_REALTIME];
	} while (tk_read_retry(seq));
	return ns;
}

time64_t ktime_get_real_seconds(void)
{
	return ktime_get_coarse_real() / NSEC_PER_SEC;
}

struct timespec64 current_time_coarse(void)
{
	return ns_to_timespec64(ktime_get_coarse_real());
}

ktime_t timekeeping_offs_real(void)
{
	return READ_ONCE(tk->offs[CLOCK_REALTIME]);
}

/* A quarter of the time in which a narrow counter comes round; wide ones hold for centuries. */
u64 timekeeping_max_idle_ns(void)
{
	u64 mask = READ_ONCE(tk->mask);

	if (ntp_slewing())
		return NSEC_PER_SEC;
	return mask == ~0UL ? KTIME_MAX : mul_u64_u64_shr(mask >> 2, tk->mult, tk->shift);
}

static void tk_write_begin(void)
{
	WRITE_ONCE(tk->seq, tk->seq + 1);
	smp_wmb();
}

static void tk_write_end(void)
{
	smp_wmb();
	WRITE_ONCE(tk->seq, tk->seq + 1);
	for (int i = 0; i < 2; i++) {
		WRITE_ONCE(tk_fast.seq, tk_fast.seq + 1);	/* who looks reads the other one */
		smp_wmb();
		tk_fast.copy[i].tk = *tk;
		tk_fast.copy[i].read = tk_read;
		smp_wmb();
	}
}

/* Moves the base to now. Between tk_write_begin() and _end(). */
static void tk_forward(void)
{
	u64 now = tk_read();
	unsigned __int128 ns = tk_elapsed(tk, now);

	/* Never back: a counter read behind cycle_last leaves it where it is. */
	if ((now - tk->cycle_last) & tk->mask & ~(tk->mask >> 1))
		return;
	tk->cycle_last = now;
	tk->tsc_last = tk_is_tsc ? now : NO_USER_TSC;
	WRITE_ONCE(tk->base, tk->base + (ktime_t)(ns >> tk->shift));
	tk->frac = (u64)ns & ((1UL << tk->shift) - 1);
}

void timekeeping_tick(void)
{
	unsigned long flags;

	spin_lock_irqsave(&tk_lock, flags);
	tk_write_begin();
	tk_forward();
	tk_write_end();
	spin_unlock_irqrestore(&tk_lock, flags);
	ntp_tick(tk->base);
}

/* tk_lock held, the base at now. */
static void apply_rate(void)
{
	tk->mult = tk_own_mult + ((tk_own_mult * tk_rate) >> 32);
}

void timekeeping_set_rate(s64 rate)
{
	unsigned long flags;

	rate /= NSEC_PER_SEC;
	ASSERT(rate < 1L << 30 && rate > -(1L << 30));	/* a quarter: the product below fits */
	spin_lock_irqsave(&tk_lock, flags);
	if (rate != tk_rate) {
		tk_write_begin();
		tk_forward();
		tk_rate = rate;
		apply_rate();
		tk_write_end();
	}
	spin_unlock_irqrestore(&tk_lock, flags);
}

void timekeeping_set_clocksource(struct clocksource *cs)
{
	unsigned long flags;

	spin_lock_irqsave(&tk_lock, flags);
	tk_write_begin();
	tk_forward();
	tk_read = cs->read;
	tk->mask = cs->mask;
	tk_own_mult = cs->mult;
	apply_rate();
	tk->shift = cs->shift;
	tk_is_tsc = cs->is_tsc;
	tk->cycle_last = cs->read();
	tk->tsc_last = cs->is_tsc ? tk->cycle_last : NO_USER_TSC;
	tk->frac = 0;
	tk_write_end();
	spin_unlock_irqrestore(&tk_lock, flags);
}

/* Between tk_write_begin() and _end(). */
static void set_offs_real(ktime_t offs)
{
	WRITE_ONCE(tk->offs[CLOCK_REALTIME], offs);
	tk->offs[CLOCK_REALTIME_COARSE] = offs;
	tk->offs[CLOCK_TAI] = offs;
}

/* Sets the wall clock. -EINVAL: no time, or one before the machine's start. Task context. */
int do_settimeofday64(const struct timespec64 *ts)
{
	unsigned long flags;
	int ret = -EINVAL;
	ktime_t wall;

	if (!timespec64_valid(ts) || ts->tv_sec >= KTIME_SEC_MAX - 30 * 365 * 24 * 3600L)
		return -EINVAL;
	wall = timespec64_to_ktime(*ts);
	spin_lock_irqsave(&tk_lock, flags);
	tk_write_begin();
	tk_forward();
	if (wall >= tk->base) {
		set_offs_real(wall - tk->base);
		ret = 0;
	}
	tk_write_end();
	spin_unlock_irqrestore(&tk_lock, flags);
	if (!ret) {
		ntp_clear();
		clock_was_set();
	}
	return ret;
}

/* The wall clock starts with what the battery-backed clock says. Boot, interrupts off. */
void __init timers_init(void)
{
	struct timespec64 ts = { 0, 0 };

	read_persistent_clock64(&ts);
	if (timespec64_valid(&ts))
		do_settimeofday64(&ts);
}
