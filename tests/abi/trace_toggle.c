/* SPDX-License-Identifier: MIT */
/*
 * Events and tracers that are switched on and off while programs run through them: the code changes
 * below those that execute it, system calls, timer ticks, page faults and breakpoints among them.
 * TIMEOUT: 60
 */
#include "tracefs.h"
#include <sys/mman.h>
#include <time.h>

#define SECONDS	4

static const char *const events[] = {
	"raw_syscalls/sys_enter", "raw_syscalls/sys_exit", "sched/sched_switch", "sched/sched_wakeup",
	"exceptions/page_fault_user", "signal/signal_deliver",
	/* These are here only. */
	"glass/user_enter", "glass/user_exit", "glass/context_switch",
};

static volatile sig_atomic_t traps;

static void on_trap(int sig)
{
	traps++;
}

static void busy(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	signal(SIGTRAP, on_trap);
	for (;;) {
		for (int i = 0; i < 200; i++)
			getppid();
		traps = 0;
		__asm__ volatile("int3");
		if (traps != 1)
			_exit(1);
		page[0] = 1;
		madvise(page, 4096, MADV_DONTNEED);
		sched_yield();
	}
}

int main(void)
{
	time_t end = time(NULL) + SECONDS;
	pid_t pids[2];
	int status;

	tracefs_mount();
	for (int i = 0; i < 2; i++) {
		pids[i] = NEED(fork());
		if (!pids[i])
			busy();
	}
	for (unsigned n = 0; time(NULL) < end; n++) {
		/* On an emulated machine this alone keeps Linux busy for a minute. */
		if (n % 8 == 0 && !access("events/glass", F_OK))
			CHECK_EQ(tr_write("current_tracer", n % 16 ? "function" : "nop", 0), 0);
		for (unsigned i = 0; i < sizeof(events) / sizeof(*events); i++) {
			char name[80];

			snprintf(name, sizeof(name), "events/%s/enable", events[i]);
			if (access(name, F_OK) && !strncmp(events[i], "glass/", 6))
				continue;
			CHECK_EQ(tr_write(name, n % 2 ? "0" : "1", 0), 0);
		}
	}
	tr_reset();
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(waitpid(pids[i], &status, WNOHANG), 0);
		kill(pids[i], SIGKILL);
		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
	}
	return abi_done();
}
