/* SPDX-License-Identifier: MIT */
/*
 * ioctl(2): what is the same for all files, then f_op->unlocked_ioctl. Linux's twin: fs/ioctl.c.
 */
#include <linux/fs.h>
#include <asm/ioctls.h>
#include "internal.h"
#include <vitrix/compat.h>
#include <generated/syscalls.h>

static long set_nonblock(struct file *file, const int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	spin_lock(&file->f_lock);
	file->f_flags = on ? file->f_flags | O_NONBLOCK : file->f_flags & ~O_NONBLOCK;
	spin_unlock(&file->f_lock);
	return 0;
}

static long set_async(unsigned int fd, struct file *file, const int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	if (!on == !(file->f_flags & FASYNC))
		return 0;
	return file->f_op->fasync ? file->f_op->fasync(fd, file, on) : -ENOTTY;
}

static long file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long ret;

	if (!file->f_op->unlocked_ioctl)
		return -ENOTTY;
	ret = file->f_op->unlocked_ioctl(file, cmd, arg);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

static long do_ioctl(unsigned int fd, struct file *file, unsigned int cmd, unsigned long arg)
{
	struct inode *inode = file_inode(file);
	void __user *uarg = (void __user *)arg;
	long ret;

	switch (cmd) {
	case FIOCLEX:
		set_close_on_exec(fd, 1);
		return 0;
	case FIONCLEX:
		set_close_on_exec(fd, 0);
		return 0;
	case FIONBIO:
		return set_nonblock(file, uarg);
	case FIOASYNC:
		return set_async(fd, file, uarg);
	case FIOQSIZE:
		if (!S_ISDIR(inode->i_mode) && !S_ISREG(inode->i_mode) && !S_ISLNK(inode->i_mode))
			return -ENOTTY;
		return put_user((loff_t)inode->i_blocks << 9, (loff_t __user *)uarg);
	case FIGETBSZ:
		if (!S_ISREG(inode->i_mode))
			break;
		return put_user((int)inode->i_sb->s_blocksize, (int __user *)uarg);
	case FIONREAD:
		if (!S_ISREG(inode->i_mode))
			break;
		return put_user((int)(i_size_read(inode) - file->f_pos), (int __user *)uarg);
	case FS_IOC_GETFLAGS:
	case FS_IOC_SETFLAGS:
	case FS_IOC_FSGETXATTR:
	case FS_IOC_FSSETXATTR:
		ret = ioctl_fileattr(file, cmd, uarg);
		if (ret != -ENOIOCTLCMD)
			return ret;
	}
	return file_ioctl(file, cmd, arg);
}

long __x64_sys_ioctl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct fd f = fdget(fd);
	long error;

	if (!f.file)
		return -EBADF;
	error = do_ioctl(fd, f.file, cmd, arg);
	fdput(f);
	return error;
}

/*
 * 32-bit programs: nothing that this kernel's files answer to has longs or pointers in it (termios,
 * winsize, ints, the 64 bits of FIOQSIZE), so the argument needs no more than to be an address. The
 * names of two say `long`, which is a part of their numbers, and mean int.
 */
long __ia32_compat_sys_ioctl(unsigned int fd, unsigned int cmd, u32 arg)
{
	if (cmd == FS_IOC32_GETFLAGS)
		cmd = FS_IOC_GETFLAGS;
	else if (cmd == FS_IOC32_SETFLAGS)
		cmd = FS_IOC_SETFLAGS;
	return __x64_sys_ioctl(fd, cmd, arg);
}
