/* SPDX-License-Identifier: MIT */
/* Calls that would end the batch, the machine or what process 1 needs; those come seldom, or not with every argument. */
#include "fuzz.h"
#include "care.h"

static const struct care cares[] = {
	{ "reboot", 1, NOT_ROOT }, { "syslog", 1, LOG_TYPE },
	{ "sigreturn", 30, 0 }, { "rt_sigreturn", 30, 0 },
	/* They sleep, or end the batch. */
	{ "exit", 60, 0 }, { "exit_group", 60, 0 }, { "pause", 60, 0 }, { "sigsuspend", 60, 0 }, { "rt_sigsuspend", 60, 0 },
	{ "wait4", 3, 0 }, { "waitid", 3, 0 }, { "waitpid", 3, 0 }, { "execve", 20, 0 }, { "execveat", 20, 0 },
	{ "clock_nanosleep", 2, 0 }, { "clock_nanosleep_time32", 2, 0 }, { "rt_sigtimedwait", 3, 0 },
	{ "rt_sigtimedwait_time32", 3, 0 },
	{ "alarm", 4, ANY_RESULT }, { "setitimer", 4, 0 }, { "timer_create", 4, 0 }, { "timer_settime", 4, 0 },
	{ "timer_settime32", 4, 0 },
	/* Two come back. */
	{ "clone", 10, FORKS }, { "clone3", 10, FORKS }, { "fork", 10, FORKS }, { "vfork", 60, FORKS },
	/* What is taken away is missing afterwards. */
	{ "arch_prctl", 10, 0 }, { "set_thread_area", 3, 0 }, { "brk", 8, 0 }, { "close_range", 12, 0 }, { "mlockall", 20, 0 },
	{ "munmap", 3, 0 }, { "mremap", 2, 0 }, { "mmap", 2, 0 }, { "mmap_pgoff", 2, 0 }, { "old_mmap", 2, 0 }, { "mprotect", 2, 0 },
	{ "setrlimit", 4, 0 }, { "prlimit64", 4, PIDS }, { "personality", 4, ANY_RESULT }, { "chroot", 20, 0 }, { "vhangup", 10, 0 },
	{ "setuid", 20, 0 }, { "setreuid", 20, 0 }, { "setresuid", 20, 0 },
	{ "setuid16", 20, 0 }, { "setreuid16", 20, 0 }, { "setresuid16", 20, 0 },
	/* Other processes. */
	{ "kill", 5, PIDS }, { "tkill", 5, PIDS }, { "tgkill", 5, PIDS }, { "rt_sigqueueinfo", 5, PIDS },
	{ "rt_tgsigqueueinfo", 5, PIDS }, { "ptrace", 4, PIDS | NOT_OTHERS }, { "setpgid", 1, PIDS }, { "setpriority", 1, PIDS },
	{ "sched_setaffinity", 1, PIDS }, { "sched_setscheduler", 4, PIDS | POLICY }, { "sched_setparam", 4, PIDS | POLICY },
	{ "sched_setattr", 4, PIDS | POLICY }, { "process_vm_writev", 1, PIDS | NOT_OTHERS },
	/* Numbers of the user's own come back, and may look like errors. */
	{ "fcntl", 1, ANY_RESULT }, { "fcntl64", 1, ANY_RESULT }, { "prctl", 1, ANY_RESULT }, { "setfsuid", 1, ANY_RESULT },
	{ "setfsgid", 1, ANY_RESULT }, { "setfsuid16", 1, ANY_RESULT }, { "setfsgid16", 1, ANY_RESULT }, { "getuid", 1, ANY_RESULT }, { "geteuid", 1, ANY_RESULT }, { "getgid", 1, ANY_RESULT },
	{ "getegid", 1, ANY_RESULT }, { "signal", 1, ANY_RESULT }, { "sgetmask", 1, ANY_RESULT }, { "ssetmask", 1, ANY_RESULT },
	{ "times", 1, ANY_RESULT },
};

void resolve_care(void)
{
	for (int i = 0; i < nr_calls; i++)
		for (unsigned int k = 0; k < COUNT(cares); k++)
			if (!strcmp(table[i].name, cares[k].name))
				table[i].care = &cares[k];
}
