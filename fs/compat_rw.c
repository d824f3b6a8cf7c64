/* SPDX-License-Identifier: MIT */
/*
 * Moving data for 32-bit programs: vectors, whose segments import_iovec() knows to be narrow by the
 * call that is running, and positions in two registers. Linux's twin: fs/read_write.c's compat
 * parts, arch/x86/kernel/sys_ia32.c. No state, no lock.
 */
#include <vitrix/compat.h>
#include <vitrix/err.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>

#define WIDE_VEC(vec)	((const struct iovec *)(vec))
#define POS(low, high)	((u64)(high) << 32 | (low))

long __ia32_compat_sys_readv(u32 fd, const struct compat_iovec __user *vec, u32 vlen)
{
	return __x64_sys_readv(fd, WIDE_VEC(vec), vlen);
}

long __ia32_compat_sys_writev(u32 fd, const struct compat_iovec __user *vec, u32 vlen)
{
	return __x64_sys_writev(fd, WIDE_VEC(vec), vlen);
}

long __ia32_compat_sys_preadv(u32 fd, const struct compat_iovec __user *vec, u32 vlen, u32 pos_l,
			      u32 pos_h)
{
	return __x64_sys_preadv(fd, WIDE_VEC(vec), vlen, POS(pos_l, pos_h), 0);
}

long __ia32_compat_sys_pwritev(u32 fd, const struct compat_iovec __user *vec, u32 vlen, u32 pos_l,
			       u32 pos_h)
{
	return __x64_sys_pwritev(fd, WIDE_VEC(vec), vlen, POS(pos_l, pos_h), 0);
}

long __ia32_compat_sys_preadv2(u32 fd, const struct compat_iovec __user *vec, u32 vlen, u32 pos_l,
			       u32 pos_h, int flags)
{
	return __x64_sys_preadv2(fd, WIDE_VEC(vec), vlen, POS(pos_l, pos_h), 0, flags);
}

long __ia32_compat_sys_pwritev2(u32 fd, const struct compat_iovec __user *vec, u32 vlen, u32 pos_l,
				u32 pos_h, int flags)
{
	return __x64_sys_pwritev2(fd, WIDE_VEC(vec), vlen, POS(pos_l, pos_h), 0, flags);
}

long __ia32_compat_sys_vmsplice(int fd, const struct compat_iovec __user *uiov, u32 nr_segs,
				unsigned int flags)
{
	return __x64_sys_vmsplice(fd, WIDE_VEC(uiov), nr_segs, flags);
}

/* ---- the i386's own ---- */

long __ia32_sys_truncate64(const char __user *filename, u32 offset_low, u32 offset_high)
{
	return __x64_sys_truncate(filename, POS(offset_low, offset_high));
}

long __ia32_sys_ftruncate64(unsigned int fd, u32 offset_low, u32 offset_high)
{
	return __x64_sys_ftruncate(fd, POS(offset_low, offset_high));
}

long __ia32_sys_fadvise64_64(int fd, u32 offset_low, u32 offset_high, u32 len_low, u32 len_high,
			     int advice)
{
	return __x64_sys_fadvise64(fd, POS(offset_low, offset_high), POS(len_low, len_high),
				   advice);
}
