/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes: no file system here has any, so after the usual checks of path, descriptor,
 * name and flags the answer is -EOPNOTSUPP, and a list is empty; ls and cp ask, and are content
 * with that. Linux's twin: fs/xattr.c.
 */
#include <vitrix/cred.h>
#include <vitrix/string.h>
#include <linux/xattr.h>
#include "internal.h"
#include <generated/syscalls.h>

enum xattr_op { XATTR_GET, XATTR_SET, XATTR_LIST, XATTR_REMOVE };

static long check_name(const char __user *uname)
{
	char name[XATTR_NAME_MAX + 1];
	long len = strncpy_from_user(name, uname, sizeof(name));

	if (len < 0)
		return len;
	return len == 0 || len == sizeof(name) ? -ERANGE : 0;
}

static long xattr_on(const struct path *path, enum xattr_op op, const char __user *name,
		     size_t size)
{
	long error;

	if (op == XATTR_LIST)
		return 0;
	if (op == XATTR_SET && size > XATTR_SIZE_MAX)
		return -E2BIG;
	error = check_name(name);
	if (error)
		return error;
	if (op == XATTR_GET)
		return -EOPNOTSUPP;
	error = mnt_want_write(path->mnt);
	if (error)
		return error;
	mnt_drop_write(path->mnt);
	return -EOPNOTSUPP;
}

static long path_xattr(const char __user *pathname, unsigned int lookup, enum xattr_op op,
		       const char __user *name, size_t size)
{
	struct path path;
	long error = user_path_at(AT_FDCWD, pathname, lookup, &path);

	if (!error) {
		error = xattr_on(&path, op, name, size);
		path_put(&path);
	}
	return error;
}

static long fd_xattr(int fd, enum xattr_op op, const char __user *name, size_t size)
{
	struct fd f = fdget(fd);
	long error = -EBADF;

	if (f.file) {
		error = xattr_on(&f.file->f_path, op, name, size);
		fdput(f);
	}
	return error;
}

static bool bad_set_flags(int flags)
{
	return flags & ~(XATTR_CREATE | XATTR_REPLACE);
}

long __x64_sys_setxattr(const char __user *pathname, const char __user *name,
			const void __user *value, size_t size, int flags)
{
	if (bad_set_flags(flags))
		return -EINVAL;
	return path_xattr(pathname, LOOKUP_FOLLOW, XATTR_SET, name, size);
}

long __x64_sys_lsetxattr(const char __user *pathname, const char __user *name,
			 const void __user *value, size_t size, int flags)
{
	if (bad_set_flags(flags))
		return -EINVAL;
	return path_xattr(pathname, 0, XATTR_SET, name, size);
}

long __x64_sys_fsetxattr(int fd, const char __user *name, const void __user *value, size_t size,
			 int flags)
{
	if (bad_set_flags(flags))
		return -EINVAL;
	return fd_xattr(fd, XATTR_SET, name, size);
}

long __x64_sys_getxattr(const char __user *pathname, const char __user *name, void __user *value,
			size_t size)
{
	return path_xattr(pathname, LOOKUP_FOLLOW, XATTR_GET, name, size);
}

long __x64_sys_lgetxattr(const char __user *pathname, const char __user *name, void __user *value,
			 size_t size)
{
	return path_xattr(pathname, 0, XATTR_GET, name, size);
}

long __x64_sys_fgetxattr(int fd, const char __user *name, void __user *value, size_t size)
{
	return fd_xattr(fd, XATTR_GET, name, size);
}

long __x64_sys_listxattr(const char __user *pathname, char __user *list, size_t size)
{
	return path_xattr(pathname, LOOKUP_FOLLOW, XATTR_LIST, NULL, size);
}

long __x64_sys_llistxattr(const char __user *pathname, char __user *list, size_t size)
{
	return path_xattr(pathname, 0, XATTR_LIST, NULL, size);
}

long __x64_sys_flistxattr(int fd, char __user *list, size_t size)
{
	return fd_xattr(fd, XATTR_LIST, NULL, size);
}

long __x64_sys_removexattr(const char __user *pathname, const char __user *name)
{
	return path_xattr(pathname, LOOKUP_FOLLOW, XATTR_REMOVE, name, 0);
}

long __x64_sys_lremovexattr(const char __user *pathname, const char __user *name)
{
	return path_xattr(pathname, 0, XATTR_REMOVE, name, 0);
}

long __x64_sys_fremovexattr(int fd, const char __user *name)
{
	return fd_xattr(fd, XATTR_REMOVE, name, 0);
}
