/* SPDX-License-Identifier: MIT */
/*
 * Calls of the i386 table that know users and groups by 16 bits, as all Unix did once: wrappers of
 * the calls with 32 bits. Linux's twin: kernel/uid16.c. No state, no lock.
 *
 * In: 0xffff means -1, "leave it". Out: an id above 65535 is shown as 65534.
 */
#include <vitrix/cred.h>
#include <vitrix/err.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>

#define OVERFLOW_ID	65534

static u32 widen(u16 id)
{
	return id == (u16)-1 ? (u32)-1 : id;
}

static u16 narrow(u32 id)
{
	return id > 0xffff ? OVERFLOW_ID : id;
}

static long put_ids(u32 real, u32 effective, u32 saved, u16 *ruid, u16 *euid, u16 *suid)
{
	if (put_user(narrow(real), ruid) || put_user(narrow(effective), euid))
		return -EFAULT;
	return put_user(narrow(saved), suid);
}

long __ia32_sys_chown16(const char __user *filename, u16 user, u16 group)
{
	return __x64_sys_chown(filename, widen(user), widen(group));
}

long __ia32_sys_lchown16(const char __user *filename, u16 user, u16 group)
{
	return __x64_sys_lchown(filename, widen(user), widen(group));
}

long __ia32_sys_fchown16(unsigned int fd, u16 user, u16 group)
{
	return __x64_sys_fchown(fd, widen(user), widen(group));
}

long __ia32_sys_getuid16(void)
{
	return narrow(current_uid());
}

long __ia32_sys_geteuid16(void)
{
	return narrow(current_cred()->euid);
}

long __ia32_sys_getgid16(void)
{
	return narrow(current_gid());
}

long __ia32_sys_getegid16(void)
{
	return narrow(current_cred()->egid);
}

long __ia32_sys_setuid16(u16 uid)
{
	return __x64_sys_setuid(widen(uid));
}

long __ia32_sys_setgid16(u16 gid)
{
	return __x64_sys_setgid(widen(gid));
}

long __ia32_sys_setreuid16(u16 ruid, u16 euid)
{
	return __x64_sys_setreuid(widen(ruid), widen(euid));
}

long __ia32_sys_setregid16(u16 rgid, u16 egid)
{
	return __x64_sys_setregid(widen(rgid), widen(egid));
}

long __ia32_sys_setresuid16(u16 ruid, u16 euid, u16 suid)
{
	return __x64_sys_setresuid(widen(ruid), widen(euid), widen(suid));
}

long __ia32_sys_setresgid16(u16 rgid, u16 egid, u16 sgid)
{
	return __x64_sys_setresgid(widen(rgid), widen(egid), widen(sgid));
}

long __ia32_sys_getresuid16(u16 __user *ruidp, u16 __user *euidp, u16 __user *suidp)
{
	const struct cred *cred = current_cred();

	return put_ids(cred->uid, cred->euid, cred->suid, ruidp, euidp, suidp);
}

long __ia32_sys_getresgid16(u16 __user *rgidp, u16 __user *egidp, u16 __user *sgidp)
{
	const struct cred *cred = current_cred();

	return put_ids(cred->gid, cred->egid, cred->sgid, rgidp, egidp, sgidp);
}

long __ia32_sys_setfsuid16(u16 uid)
{
	return __x64_sys_setfsuid(widen(uid));
}

long __ia32_sys_setfsgid16(u16 gid)
{
	return __x64_sys_setfsgid(widen(gid));
}
