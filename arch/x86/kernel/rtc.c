/* SPDX-License-Identifier: MIT */
/*
 * The battery-backed clock: what time it is when the machine starts. Linux's twin:
 * arch/x86/kernel/rtc.c, drivers/rtc/rtc-mc146818-lib.c; Motorola's MC146818 data sheet.
 *
 * Its registers are CMOS bytes behind an index port. For some microseconds each second it updates
 * them; update-in-progress warns 244 us ahead. rtc_lock orders the two port accesses of a byte.
 */
#include <vitrix/acpi.h>
#include <vitrix/hrtimer.h>
#include <vitrix/printk.h>
#include <vitrix/spinlock.h>
#include <arch/io.h>
#include <arch/processor.h>
#include <arch/time.h>

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define RTC_SECONDS	0
#define RTC_MINUTES	2
#define RTC_HOURS	4
#define RTC_DAY		7
#define RTC_MONTH	8
#define RTC_YEAR	9
#define RTC_REG_A	10
#define RTC_REG_B	11
#define RTC_REG_D	13
#define REG_A_UPDATING	0x80
#define REG_B_BINARY	0x04
#define REG_B_24H	0x02
#define HOURS_PM	0x80
#define UPDATE_MAX_US	3000

struct rtc_time { unsigned int sec, min, hour, day, month, year, century; };

static DEFINE_SPINLOCK(rtc_lock, LC_MISC_SPIN);

static u8 cmos_read(u8 reg)
{
	outb(reg, CMOS_INDEX);
	return inb(CMOS_DATA);
}

static void read_registers(struct rtc_time *t)
{
	t->sec = cmos_read(RTC_SECONDS);
	t->min = cmos_read(RTC_MINUTES);
	t->hour = cmos_read(RTC_HOURS);
	t->day = cmos_read(RTC_DAY);
	t->month = cmos_read(RTC_MONTH);
	t->year = cmos_read(RTC_YEAR);
	t->century = acpi_info.century_register ? cmos_read(acpi_info.century_register) : 0;
}

/*
 * Outside of an update, and the same second before and after; else an update has mixed two times.
 */
static bool read_stable(struct rtc_time *t)
{
	for (int us = 0; us < UPDATE_MAX_US; us += 10) {
		if (cmos_read(RTC_REG_A) & REG_A_UPDATING) {
			udelay(10);
			continue;
		}
		read_registers(t);
		if (cmos_read(RTC_SECONDS) == t->sec && !(cmos_read(RTC_REG_A) & REG_A_UPDATING))
			return true;
	}
	return false;
}

static unsigned int from_bcd(unsigned int v)
{
	return (v & 15) + (v >> 4) * 10;
}

/* Binary, 24 hours, a full year. */
static void normalise(struct rtc_time *t, u8 reg_b)
{
	bool pm = !(reg_b & REG_B_24H) && (t->hour & HOURS_PM);

	if (!(reg_b & REG_B_24H))
		t->hour &= ~HOURS_PM;
	if (!(reg_b & REG_B_BINARY)) {
		t->sec = from_bcd(t->sec);
		t->min = from_bcd(t->min);
		t->hour = from_bcd(t->hour);
		t->day = from_bcd(t->day);
		t->month = from_bcd(t->month);
		t->year = from_bcd(t->year);
		t->century = from_bcd(t->century);
	}
	if (!(reg_b & REG_B_24H))	/* 12 am is hour 0, 12 pm hour 12 */
		t->hour = t->hour % 12 + (pm ? 12 : 0);
	if (t->century >= 19 && t->century <= 29)
		t->year += t->century * 100;
	else
		t->year += t->year < 70 ? 2000 : 1900;
}

static bool sane(const struct rtc_time *t)
{
	return t->sec < 60 && t->min < 60 && t->hour < 24 && t->day >= 1 && t->day <= 31 &&
	       t->month >= 1 && t->month <= 12;
}

/* Days since 1970-01-01: years begin in March, so that the leap day is the last of its year. */
static s64 days_since_epoch(unsigned int year, unsigned int month, unsigned int day)
{
	unsigned int y = month <= 2 ? year - 1 : year;
	unsigned int m = month <= 2 ? month + 9 : month - 3;
	s64 days = 365LL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;

	return days - 719468;		/* 0000-03-01 to 1970-01-01 */
}

/* UTC. Without a clock: 1970. Called by the timekeeping, interrupts off or on. */
void read_persistent_clock64(struct timespec64 *ts)
{
	struct rtc_time t;
	unsigned long flags;
	bool ok = false;
	u8 reg_b;

	*ts = (struct timespec64){ 0, 0 };
	spin_lock_irqsave(&rtc_lock, flags);
	reg_b = cmos_read(RTC_REG_B);
	/* Nobody there: all ones. Register D has only its top bit. */
	if (!acpi_info.no_cmos_rtc && !(cmos_read(RTC_REG_D) & 0x7f))
		ok = read_stable(&t);
	spin_unlock_irqrestore(&rtc_lock, flags);
	if (ok) {
		normalise(&t, reg_b);
		ok = sane(&t);
	}
	if (!ok) {
		pr_notice("rtc: no clock, time starts in 1970\n");
		return;
	}
	ts->tv_sec = (days_since_epoch(t.year, t.month, t.day) * 24 + t.hour) * 3600 + t.min * 60 +
		     t.sec;
}
