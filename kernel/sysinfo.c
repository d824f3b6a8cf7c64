/* SPDX-License-Identifier: MIT */
/* sysinfo(2): uptime, load and memory in one struct. Linux's twin: kernel/sys.c. */
#include <vitrix/mm.h>
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <linux/sysinfo.h>

long __x64_sys_sysinfo(struct sysinfo __user *uinfo)
{
	struct sysinfo info;
	struct meminfo mi;

	memset(&info, 0, sizeof(info));
	si_meminfo_pages(&mi);
	/* A second that has begun counts. */
	info.uptime = DIV_ROUND_UP(ktime_get_boottime(), NSEC_PER_SEC);
	get_avenrun(info.loads);
	info.totalram = mi.total << PAGE_SHIFT;
	info.freeram = mi.free << PAGE_SHIFT;
	info.sharedram = mi.shmem << PAGE_SHIFT;
	info.procs = nr_threads;
	info.mem_unit = 1;
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : 0;
}
