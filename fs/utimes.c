/* SPDX-License-Identifier: MIT */
/*
 * utimensat(2) and its ancestors: setting access and modification times.
 *
 * "Now" for both may be set by whoever may write the file; anything else by its owner only.
 * Linux's twin: fs/utimes.c.
 */
#include <vitrix/cred.h>
#include <linux/utime.h>
#include <linux/time.h>
#include "internal.h"
#include <vitrix/compat.h>
#include <generated/syscalls.h>

#define UTIME_NOW	((1l << 30) - 1l)
#define UTIME_OMIT	((1l << 30) - 2l)

static bool nsec_valid(long nsec)
{
	return nsec == UTIME_NOW || nsec == UTIME_OMIT || (nsec >= 0 && nsec < NSEC_PER_SEC);
}

static void explicit_times(struct iattr *attr, const struct timespec64 times[2])
{
	if (times[0].tv_nsec == UTIME_OMIT) {
		attr->ia_valid &= ~ATTR_ATIME;
	} else if (times[0].tv_nsec != UTIME_NOW) {
		attr->ia_atime = times[0];
		attr->ia_valid |= ATTR_ATIME_SET;
	}
	if (times[1].tv_nsec == UTIME_OMIT) {
		attr->ia_valid &= ~ATTR_MTIME;
	} else if (times[1].tv_nsec != UTIME_NOW) {
		attr->ia_mtime = times[1];
		attr->ia_valid |= ATTR_MTIME_SET;
	}
}

/* times NULL: now, both. tv_nsec may be UTIME_NOW or UTIME_OMIT. 0, -EINVAL, -EACCES, -EPERM,
 * -EROFS. */
int vfs_utimes(const struct path *path, const struct timespec64 times[2])
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr attr = { .ia_valid = ATTR_CTIME | ATTR_MTIME | ATTR_ATIME };
	int error;

	if (times && (!nsec_valid(times[0].tv_nsec) || !nsec_valid(times[1].tv_nsec)))
		return -EINVAL;
	if (times && times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW)
		times = NULL;
	error = mnt_want_write(path->mnt);
	if (error)
		return error;
	inode_lock(inode);
	if (times)
		explicit_times(&attr, times);
	if (IS_IMMUTABLE(inode) || (times && IS_APPEND(inode)))
		error = -EPERM;
	else if (!inode_owner_or_capable(inode))
		error = times ? -EPERM : inode_permission(inode, MAY_WRITE);
	if (!error)
		error = notify_change(path->dentry, &attr);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return error;
}

/* filename NULL: the descriptor itself. */
static long do_utimes(int dfd, const char __user *filename, const struct timespec64 *times,
		      int flags)
{
	unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int error;

	if (!filename && dfd != AT_FDCWD) {
		struct fd f;

		if (flags)
			return -EINVAL;
		f = fdget(dfd);
		if (!f.file)
			return -EBADF;
		error = vfs_utimes(&f.file->f_path, times);
		fdput(f);
		return error;
	}
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	error = user_path_at(dfd, filename, lookup, &path);
	if (!error) {
		error = vfs_utimes(&path, times);
		path_put(&path);
	}
	return error;
}

static long do_utimensat(int dfd, const char __user *filename, const void *utimes, int flags,
			 bool time32)
{
	struct timespec64 ts[2];

	if (!utimes)
		return do_utimes(dfd, filename, NULL, flags);
	/* The pair has the layout of a struct itimerspec. */
	if (get_itimerspec(&ts[1], &ts[0], utimes, time32))
		return -EFAULT;
	/* Nothing to do: not even the path is looked at. */
	if (ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
		return 0;
	return do_utimes(dfd, filename, ts, flags);
}

long __x64_sys_utimensat(int dfd, const char __user *filename,
			 struct __kernel_timespec __user *utimes, int flags)
{
	return do_utimensat(dfd, filename, utimes, flags, false);
}

long __ia32_sys_utimensat_time32(int dfd, const char __user *filename,
				 struct old_timespec32 __user *utimes, int flags)
{
	return do_utimensat(dfd, filename, utimes, flags, true);
}

/* tv: the kernel's copy, or NULL. */
static long do_futimesat(int dfd, const char __user *filename,
			 const struct __kernel_old_timeval *tv)
{
	struct timespec64 ts[2];

	if (!tv)
		return do_utimes(dfd, filename, NULL, 0);
	for (int i = 0; i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= USEC_PER_SEC)
			return -EINVAL;
		ts[i].tv_sec = tv[i].tv_sec;
		ts[i].tv_nsec = tv[i].tv_usec * NSEC_PER_USEC;
	}
	return do_utimes(dfd, filename, ts, 0);
}

long __x64_sys_futimesat(int dfd, const char __user *filename,
			 struct __kernel_old_timeval __user *utimes)
{
	struct __kernel_old_timeval tv[2];

	if (utimes && copy_from_user(tv, utimes, sizeof(tv)))
		return -EFAULT;
	return do_futimesat(dfd, filename, utimes ? tv : NULL);
}

long __ia32_compat_sys_futimesat(int dfd, const char __user *filename,
				 struct old_timeval32 __user *utimes)
{
	struct __kernel_old_timeval tv[2];
	struct old_timeval32 tv32[2];

	if (utimes && copy_from_user(tv32, utimes, sizeof(tv32)))
		return -EFAULT;
	for (int i = 0; utimes && i < 2; i++)
		tv[i] = (struct __kernel_old_timeval){ tv32[i].tv_sec, tv32[i].tv_usec };
	return do_futimesat(dfd, filename, utimes ? tv : NULL);
}

long __ia32_compat_sys_utimes(char __user *filename, struct old_timeval32 __user *utimes)
{
	return __ia32_compat_sys_futimesat(AT_FDCWD, filename, utimes);
}

long __x64_sys_utimes(char __user *filename, struct __kernel_old_timeval __user *utimes)
{
	return __x64_sys_futimesat(AT_FDCWD, filename, utimes);
}

static long do_utime(const char __user *filename, s64 actime, s64 modtime)
{
	struct timespec64 ts[2] = { { actime, 0 }, { modtime, 0 } };

	return do_utimes(AT_FDCWD, filename, ts, 0);
}

long __x64_sys_utime(const char __user *filename, struct utimbuf __user *times)
{
	struct utimbuf u;

	if (!times)
		return do_utimes(AT_FDCWD, filename, NULL, 0);
	if (copy_from_user(&u, times, sizeof(u)))
		return -EFAULT;
	return do_utime(filename, u.actime, u.modtime);
}

long __ia32_compat_sys_utime(const char __user *filename, struct old_utimbuf32 __user *times)
{
	struct old_utimbuf32 u;

	if (!times)
		return do_utimes(AT_FDCWD, filename, NULL, 0);
	if (copy_from_user(&u, times, sizeof(u)))
		return -EFAULT;
	return do_utime(filename, u.actime, u.modtime);
}
