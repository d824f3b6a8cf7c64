/* SPDX-License-Identifier: MIT */
/*
 * User and group ids: who a process is. Linux's twin: the middle of kernel/sys.c; credentials(7).
 *
 * Four of each: real (who started it), effective (whose rights it has), saved (what effective may
 * go back to), and fs (the effective one, but for file access; moves along with it). Without
 * CAP_SETUID or CAP_SETGID an id may only become another that the process has already. No lock:
 * each call commits new credentials. Left out: user namespaces.
 */
#include <vitrix/cred.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>

#define KEEP	((uid_t)-1)		/* of the *re* and *res* calls: leave this one */

long __x64_sys_getuid(void)
{
	return current_cred()->uid;
}

long __x64_sys_geteuid(void)
{
	return current_cred()->euid;
}

long __x64_sys_getgid(void)
{
	return current_cred()->gid;
}

long __x64_sys_getegid(void)
{
	return current_cred()->egid;
}

/* ---- users ---- */

static bool is_own_uid(const struct cred *c, uid_t uid)
{
	return uid == KEEP || uid == c->uid || uid == c->euid || uid == c->suid;
}

/* new->uid changed: count for the new user from here on. -EAGAIN without memory. */
static int set_user(struct cred *new)
{
	struct user_struct *user = alloc_uid(new->uid);

	if (!user)
		return -EAGAIN;
	free_uid(new->user);
	new->user = user;
	/* setuid() itself must not fail for this: programs forget to check. execve(2) does. */
	if (atomic_read(&user->processes) >= rlimit(RLIMIT_NPROC) && user != &root_user)
		current->flags |= PF_NPROC_EXCEEDED;
	else
		current->flags &= ~PF_NPROC_EXCEEDED;
	return 0;
}

/* Ends each of the calls below: commits new, or drops it if err is set. */
static long finish_setuid(struct cred *new, const struct cred *old, int err)
{
	if (!err && new->uid != old->uid)
		err = set_user(new);
	if (err) {
		abort_creds(new);
		return err;
	}
	new->fsuid = new->euid;
	cap_fix_setuid(new, old);
	return commit_creds(new);
}

long __x64_sys_setuid(uid_t uid)
{
	const struct cred *old = current_cred();
	struct cred *new;
	int err = 0;

	if (uid == (uid_t)-1)
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (capable(CAP_SETUID))
		new->uid = new->suid = uid;
	else if (uid != old->uid && uid != old->suid)
		err = -EPERM;
	new->euid = uid;
	return finish_setuid(new, old, err);
}

long __x64_sys_setreuid(uid_t ruid, uid_t euid)
{
	const struct cred *old = current_cred();
	struct cred *new = prepare_creds();
	int err = 0;

	if (!new)
		return -ENOMEM;
	if (ruid != KEEP) {
		new->uid = ruid;
		if (ruid != old->uid && ruid != old->euid && !capable(CAP_SETUID))
			err = -EPERM;
	}
	if (euid != KEEP) {
		new->euid = euid;
		if (!is_own_uid(old, euid) && !capable(CAP_SETUID))
			err = -EPERM;
	}
	if (ruid != KEEP || (euid != KEEP && euid != old->uid))
		new->suid = new->euid;
	return finish_setuid(new, old, err);
}

long __x64_sys_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (!(is_own_uid(old, ruid) && is_own_uid(old, euid) && is_own_uid(old, suid)) &&
	    !capable(CAP_SETUID))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (ruid != KEEP)
		new->uid = ruid;
	if (euid != KEEP)
		new->euid = euid;
	if (suid != KEEP)
		new->suid = suid;
	return finish_setuid(new, old, 0);
}

long __x64_sys_getresuid(uid_t __user *ruidp, uid_t __user *euidp, uid_t __user *suidp)
{
	const struct cred *c = current_cred();

	if (put_user(c->uid, ruidp) || put_user(c->euid, euidp) || put_user(c->suid, suidp))
		return -EFAULT;
	return 0;
}

/* Returns the old fsuid, whether it worked or not. */
long __x64_sys_setfsuid(uid_t uid)
{
	const struct cred *old = current_cred();
	uid_t old_fsuid = old->fsuid;
	struct cred *new;

	if (uid == (uid_t)-1 || uid == old_fsuid)
		return old_fsuid;
	if (!is_own_uid(old, uid) && !capable(CAP_SETUID))
		return old_fsuid;
	new = prepare_creds();
	if (!new)
		return old_fsuid;
	new->fsuid = uid;
	cap_fix_setfsuid(new, old);
	commit_creds(new);
	return old_fsuid;
}

/* ---- groups ---- */

static bool is_own_gid(const struct cred *c, gid_t gid)
{
	return gid == KEEP || gid == c->gid || gid == c->egid || gid == c->sgid;
}

static long finish_setgid(struct cred *new, int err)
{
	if (err) {
		abort_creds(new);
		return err;
	}
	new->fsgid = new->egid;
	return commit_creds(new);
}

long __x64_sys_setgid(gid_t gid)
{
	const struct cred *old = current_cred();
	struct cred *new;
	int err = 0;

	if (gid == (gid_t)-1)
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (capable(CAP_SETGID))
		new->gid = new->sgid = gid;
	else if (gid != old->gid && gid != old->sgid)
		err = -EPERM;
	new->egid = gid;
	return finish_setgid(new, err);
}

long __x64_sys_setregid(gid_t rgid, gid_t egid)
{
	const struct cred *old = current_cred();
	struct cred *new = prepare_creds();
	int err = 0;

	if (!new)
		return -ENOMEM;
	if (rgid != KEEP) {
		new->gid = rgid;
		if (rgid != old->gid && rgid != old->egid && !capable(CAP_SETGID))
			err = -EPERM;
	}
	if (egid != KEEP) {
		new->egid = egid;
		if (!is_own_gid(old, egid) && !capable(CAP_SETGID))
			err = -EPERM;
	}
	if (rgid != KEEP || (egid != KEEP && egid != old->gid))
		new->sgid = new->egid;
	return finish_setgid(new, err);
}

long __x64_sys_setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (!(is_own_gid(old, rgid) && is_own_gid(old, egid) && is_own_gid(old, sgid)) &&
	    !capable(CAP_SETGID))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (rgid != KEEP)
		new->gid = rgid;
	if (egid != KEEP)
		new->egid = egid;
	if (sgid != KEEP)
		new->sgid = sgid;
	return finish_setgid(new, 0);
}

long __x64_sys_getresgid(gid_t __user *rgidp, gid_t __user *egidp, gid_t __user *sgidp)
{
	const struct cred *c = current_cred();

	if (put_user(c->gid, rgidp) || put_user(c->egid, egidp) || put_user(c->sgid, sgidp))
		return -EFAULT;
	return 0;
}

long __x64_sys_setfsgid(gid_t gid)
{
	const struct cred *old = current_cred();
	gid_t old_fsgid = old->fsgid;
	struct cred *new;

	if (gid == (gid_t)-1 || gid == old_fsgid)
		return old_fsgid;
	if (!is_own_gid(old, gid) && !capable(CAP_SETGID))
		return old_fsgid;
	new = prepare_creds();
	if (!new)
		return old_fsgid;
	new->fsgid = gid;
	commit_creds(new);
	return old_fsgid;
}
