/* SPDX-License-Identifier: MIT */
/*
 * fcntl(2) for 32-bit programs: two calls, fcntl and fcntl64, of which the second has locks with
 * 64-bit offsets. All but the locks is the same for both widths. Linux's twin: fs/fcntl.c's compat
 * part. No state, no lock.
 */
#include <vitrix/compat.h>
#include "internal.h"
#include <generated/syscalls.h>

#define F_GETLK64	12
#define F_SETLK64	13
#define F_SETLKW64	14

static int get_lock(struct flock *lock, const void *from, bool wide)
{
	struct compat_flock64 l64;
	struct compat_flock l;

	if (wide) {
		if (copy_from_user(&l64, from, sizeof(l64)))
			return -EFAULT;
		*lock = (struct flock){ l64.l_type, l64.l_whence, l64.l_start, l64.l_len,
					l64.l_pid };
		return 0;
	}
	if (copy_from_user(&l, from, sizeof(l)))
		return -EFAULT;
	*lock = (struct flock){ l.l_type, l.l_whence, l.l_start, l.l_len, l.l_pid };
	return 0;
}

static int put_lock(const struct flock *lock, void *to, bool wide)
{
	struct compat_flock64 l64 = { lock->l_type, lock->l_whence, lock->l_start, lock->l_len,
				      lock->l_pid };
	struct compat_flock l = { lock->l_type, lock->l_whence, lock->l_start, lock->l_len,
				  lock->l_pid };

	if (wide)
		return copy_to_user(to, &l64, sizeof(l64)) ? -EFAULT : 0;
	/* A lock that begins too far away cannot be told; one that ends there is cut. */
	if (lock->l_start > 0x7fffffff)
		return -EOVERFLOW;
	if (lock->l_len > 0x7fffffff)
		l.l_len = 0;
	return copy_to_user(to, &l, sizeof(l)) ? -EFAULT : 0;
}

/* cmd: the 64-bit kernel's. */
static long lock_command(unsigned int fd, struct file *file, unsigned int cmd, void *arg, bool wide)
{
	struct flock lock;
	long error;

	if (get_lock(&lock, arg, wide))
		return -EFAULT;
	if (cmd != F_GETLK && cmd != F_OFD_GETLK)
		return fcntl_setlk(fd, file, cmd, &lock);
	error = fcntl_getlk(file, cmd, &lock);
	return error ? error : put_lock(&lock, arg, wide);
}

static long compat_fcntl(unsigned int fd, struct file *file, unsigned int cmd, u32 arg)
{
	void *uarg = compat_ptr(arg);

	switch (cmd) {
	case F_GETLK: case F_SETLK: case F_SETLKW:
		return lock_command(fd, file, cmd, uarg, false);
	case F_GETLK64:
		return lock_command(fd, file, F_GETLK, uarg, true);
	case F_SETLK64:
		return lock_command(fd, file, F_SETLK, uarg, true);
	case F_SETLKW64:
		return lock_command(fd, file, F_SETLKW, uarg, true);
	case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
		return lock_command(fd, file, cmd, uarg, true);
	}
	return do_fcntl(fd, cmd, arg, file);
}

long __ia32_sys_fcntl64(unsigned int fd, unsigned int cmd, u32 arg)
{
	struct fd f = fdget_raw(fd);
	long ret = -EBADF;

	if (!f.file)
		return ret;
	if (!(f.file->f_mode & FMODE_PATH) || fcntl_fine_with_path(cmd))
		ret = compat_fcntl(fd, f.file, cmd, arg);
	fdput(f);
	return ret;
}

/* i386, 55: does not know the locks of 64 bits. */
long __ia32_compat_sys_fcntl(unsigned int fd, unsigned int cmd, u32 arg)
{
	switch (cmd) {
	case F_GETLK64: case F_SETLK64: case F_SETLKW64:
	case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
		return -EINVAL;
	}
	return __ia32_sys_fcntl64(fd, cmd, arg);
}
