/* SPDX-License-Identifier: MIT */
/* sysinfo(2): uptime, load and memory in one struct. Linux's twin: kernel/sys.c. */
#include <vitrix/mm.h>
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <vitrix/compat.h>
#include <generated/syscalls.h>
#include <linux/sysinfo.h>

static void do_sysinfo(struct sysinfo *info)
{
	struct meminfo mi;

	memset(info, 0, sizeof(*info));
	si_meminfo_pages(&mi);
	/* A second that has begun counts. */
	info->uptime = DIV_ROUND_UP(ktime_get_boottime(), NSEC_PER_SEC);
	get_avenrun(info->loads);
	info->totalram = mi.total << PAGE_SHIFT;
	info->freeram = mi.free << PAGE_SHIFT;
	info->sharedram = mi.shmem << PAGE_SHIFT;
	info->procs = nr_threads;
	info->mem_unit = 1;
}

/* Memory of 4 GiB and more is told to 32-bit programs in units of a page. */
long __ia32_compat_sys_sysinfo(struct compat_sysinfo __user *uinfo)
{
	struct compat_sysinfo info32;
	struct sysinfo info;
	int shift;

	do_sysinfo(&info);
	shift = info.totalram >> 32 ? PAGE_SHIFT : 0;
	info32 = (struct compat_sysinfo){
		.uptime = info.uptime,
		.loads = { info.loads[0], info.loads[1], info.loads[2] },
		.totalram = info.totalram >> shift, .freeram = info.freeram >> shift,
		.sharedram = info.sharedram >> shift, .procs = info.procs,
		.mem_unit = 1U << shift,
	};
	return copy_to_user(uinfo, &info32, sizeof(info32)) ? -EFAULT : 0;
}

long __x64_sys_sysinfo(struct sysinfo __user *uinfo)
{
	struct sysinfo info;

	do_sysinfo(&info);
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : 0;
}
