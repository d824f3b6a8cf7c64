/* SPDX-License-Identifier: MIT */
/* adjtimex(2), clock_adjtime(2): reading the clock's discipline. Skipped where there is none. */
#include "abi.h"
#include <sys/timex.h>

/* How fast CLOCK_MONOTONIC goes. */
static double ns_per_cycle(void)
{
	unsigned long long cycles = __builtin_ia32_rdtsc();
	long long ns = now_ns(CLOCK_MONOTONIC);

	msleep(300);
	cycles = __builtin_ia32_rdtsc() - cycles;
	return (double)(now_ns(CLOCK_MONOTONIC) - ns) / cycles;
}

int main(void)
{
	struct timex tx = { 0 };
	long long now, mono;
	double plain, fast;

	if (syscall(SYS_adjtimex, &tx) == -1 && errno == ENOSYS)
		SKIP("no adjtimex");
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	CHECK(tx.tick >= 9000 && tx.tick <= 11000);
	CHECK(tx.time.tv_sec >= time(NULL) - 1);
	CHECK(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &tx) >= 0);
	CHECK_ERR(syscall(SYS_clock_adjtime, 99, &tx), EINVAL);
	CHECK_ERR(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &tx), EOPNOTSUPP);
	CHECK_EQ(tx.precision, 1);
	CHECK_EQ(tx.tolerance, 500 << 16);

	/* The rate is kept, and bounded to 500 ppm; the tick to a tenth. */
	tx = (struct timex){ .modes = ADJ_FREQUENCY, .freq = 100 << 16 };
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	CHECK_EQ(tx.freq, 100 << 16);
	tx = (struct timex){ .modes = ADJ_FREQUENCY, .freq = -(600 << 16) };
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	CHECK_EQ(tx.freq, -(500 << 16));
	tx = (struct timex){ .modes = ADJ_FREQUENCY };
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	tx = (struct timex){ .modes = ADJ_TICK, .tick = 8999 };
	CHECK_ERR(syscall(SYS_adjtimex, &tx), EINVAL);
	tx.tick = 11001;
	CHECK_ERR(syscall(SYS_adjtimex, &tx), EINVAL);
	tx.tick = 10000;
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	CHECK_EQ(tx.tick, 10000);
	/* A tenth faster, as the processor's counter sees it. */
	plain = ns_per_cycle();
	tx.tick = 11000;
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	fast = ns_per_cycle();
	tx.tick = 10000;
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	CHECK(fast / plain > 1.05 && fast / plain < 1.15);

	/* Synchronized is who says so; setting the clock ends it. */
	tx = (struct timex){ .modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR | ADJ_NANO,
			     .status = STA_PLL, .maxerror = 1000, .esterror = 500 };
	CHECK_EQ(syscall(SYS_adjtimex, &tx), TIME_OK);
	CHECK_EQ(tx.status & (STA_PLL | STA_NANO | STA_UNSYNC), STA_PLL | STA_NANO);
	CHECK(tx.maxerror >= 1000 && tx.maxerror < 20000);
	CHECK_EQ(tx.esterror, 500);
	/* A jump: in nanoseconds and in microseconds, forward and back. */
	now = now_ns(CLOCK_REALTIME);
	mono = now_ns(CLOCK_MONOTONIC);
	tx = (struct timex){ .modes = ADJ_SETOFFSET | ADJ_NANO, .time = { 1000, 999999999 } };
	CHECK_EQ(syscall(SYS_adjtimex, &tx), TIME_ERROR);
	CHECK(now_ns(CLOCK_REALTIME) - now >= 1000999999999LL);
	CHECK(now_ns(CLOCK_MONOTONIC) - mono < 900000000000LL);
	tx = (struct timex){ .modes = ADJ_SETOFFSET | ADJ_MICRO, .time = { -1001, 1 } };
	CHECK_EQ(syscall(SYS_adjtimex, &tx), TIME_ERROR);
	CHECK(now_ns(CLOCK_REALTIME) - now < 900000000000LL);
	CHECK_EQ(tx.status & (STA_NANO | STA_UNSYNC), STA_UNSYNC);
	tx = (struct timex){ .modes = ADJ_SETOFFSET, .time = { 0, 1000000 } };
	CHECK_ERR(syscall(SYS_adjtimex, &tx), EINVAL);
	tx.time.tv_usec = -1;
	CHECK_ERR(syscall(SYS_adjtimex, &tx), EINVAL);

	/* adjtime(3): what is left comes back; not together with other changes. */
	tx = (struct timex){ .modes = ADJ_OFFSET_SINGLESHOT, .offset = 100000 };
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	CHECK_EQ(tx.offset, 0);
	tx = (struct timex){ .modes = ADJ_OFFSET_SS_READ };
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	CHECK(tx.offset > 90000 && tx.offset <= 100000);
	tx = (struct timex){ .modes = ADJ_OFFSET_SINGLESHOT };
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	CHECK(tx.offset > 90000 && tx.offset <= 100000);
	tx = (struct timex){ .modes = 0x8000 };
	CHECK_ERR(syscall(SYS_adjtimex, &tx), EINVAL);
	IN_CHILD({
		become_user(1000);
		tx.modes = ADJ_OFFSET;
		CHECK_ERR(syscall(SYS_adjtimex, &tx), EPERM);
		tx.modes = ADJ_OFFSET_SINGLESHOT;
		CHECK_ERR(syscall(SYS_adjtimex, &tx), EPERM);
		tx.modes = ADJ_OFFSET_SS_READ;
		CHECK(syscall(SYS_adjtimex, &tx) >= 0);
		tx.modes = 0;
		CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	});
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_adjtimex, p), EFAULT);
	return abi_done();
}
