/* SPDX-License-Identifier: MIT */
/*
 * Calls that only the i386 table has, old forms of newer calls: waitpid, nice, time, stime, umount,
 * llseek, mmap and socketcall. Linux's twins: arch/x86/kernel/sys_ia32.c and the ends of
 * kernel/exit.c, kernel/sched/core.c, kernel/time/time.c, fs/namespace.c, fs/read_write.c.
 *
 * Called through ia32_sys_call_table by the doors of 32-bit programs. Each is its newer form with
 * the arguments put right; no state, no lock.
 */
#include <vitrix/cred.h>
#include <vitrix/err.h>
#include <vitrix/ktime.h>
#include <vitrix/sched.h>
#include <vitrix/uaccess.h>
#include <vitrix/compat.h>
#include <vitrix/mm.h>
#include <generated/syscalls.h>

long __ia32_sys_waitpid(pid_t pid, int __user *stat_addr, int options)
{
	return __x64_sys_wait4(pid, stat_addr, options, NULL);
}

/* Changes the nice value of the caller, who gets no more than the steps that there are. */
long __ia32_sys_nice(int increment)
{
	int most = MAX_NICE - MIN_NICE + 1;
	int nice = task_nice(current) + clamp(increment, -most, most);
	long err = __x64_sys_setpriority(PRIO_PROCESS, 0, nice);

	return err == -EACCES ? -EPERM : err;
}

/* Seconds since 1970, until 2038. */
long __ia32_sys_time32(s32 __user *tloc)
{
	s32 now = ktime_get_real_seconds();

	if (tloc && put_user(now, tloc))
		return -EFAULT;
	return now;
}

long __ia32_sys_stime32(s32 __user *tptr)
{
	struct timespec64 ts = { 0 };
	s32 seconds;

	if (get_user(seconds, tptr))
		return -EFAULT;
	ts.tv_sec = seconds;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	return timespec64_valid(&ts) ? do_settimeofday64(&ts) : -EINVAL;
}

long __ia32_sys_oldumount(char __user *name)
{
	return __x64_sys_umount(name, 0);
}

/* A file's offset has 64 bits also where registers have 32. */
long __ia32_sys_llseek(unsigned int fd, u32 offset_high, u32 offset_low, loff_t __user *result,
		       unsigned int whence)
{
	loff_t pos = __x64_sys_lseek(fd, (u64)offset_high << 32 | offset_low, whence);

	if (pos < 0)
		return pos;
	return put_user(pos, result);
}

/* ---- memory ---- */

/* i386, 192: the offset in pages, so that files may have 2^44 bytes. */
long __ia32_sys_mmap_pgoff(unsigned long addr, unsigned long len, unsigned long prot,
			   unsigned long flags, unsigned long fd, unsigned long pgoff)
{
	return __x64_sys_mmap(addr, len, prot, flags | MAP_COMPAT, fd, pgoff << PAGE_SHIFT);
}

/* i386, 90: six arguments were too many for registers once. */
long __ia32_sys_old_mmap(struct mmap_arg_struct32 __user *arg)
{
	struct mmap_arg_struct32 a;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	return __x64_sys_mmap(a.addr, a.len, a.prot, a.flags | MAP_COMPAT, a.fd, a.offset);
}

/* ---- sockets ---- */

#define LAST_SOCKETCALL	20	/* SYS_SENDMMSG of <linux/net.h> */

/*
 * i386, 102: one number for all calls on sockets, whose arguments lie in memory. There are no
 * sockets: each answers as its own number in the 64-bit table does.
 */
long __ia32_sys_socketcall(int call, u32 __user *args)
{
	u32 first __maybe_unused;

	if (call < 1 || call > LAST_SOCKETCALL)
		return -EINVAL;
	if (get_user(first, args))
		return -EFAULT;
	return -ENOSYS;
}
