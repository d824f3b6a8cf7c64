/* SPDX-License-Identifier: MIT */
/*
 * Capabilities: the pieces of root's power. capabilities(7). Linux's twin: kernel/capability.c,
 * security/commoncap.c.
 *
 * A task has five sets: permitted (what it may use), effective (what it uses), inheritable and
 * ambient (what an exec keeps), and the bounding set (what no exec goes beyond). They are part of
 * its credentials. No lock: credentials are constant while somebody can see them; capset(2) commits
 * new ones. Callers: everybody who asks capable(). Left out: file capabilities, user namespaces.
 */
#include <vitrix/cred.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

#define CAP_BIT(cap)	(1ULL << (cap))

/* May current use cap now? Having used it is remembered (acct's ASU). */
bool capable(int cap)
{
	ASSERT(cap_valid(cap));
	if (!(current_cred()->cap_effective & CAP_BIT(cap)))
		return false;
	if (!(current->flags & PF_SUPERPRIV))
		current->flags |= PF_SUPERPRIV;
	return true;
}

/* ---- what a change of uids does to the sets: capabilities(7), "Effect of user ID changes" ---- */

static bool issecure(const struct cred *cred, int bit)
{
	return cred->securebits & issecure_mask(bit);
}

static bool any_root(const struct cred *c)
{
	return !c->uid || !c->euid || !c->suid;
}

void cap_fix_setuid(struct cred *new, const struct cred *old)
{
	if (issecure(new, SECURE_NO_SETUID_FIXUP))
		return;
	if (any_root(old) && !any_root(new)) {
		if (!issecure(new, SECURE_KEEP_CAPS))
			new->cap_permitted = new->cap_effective = 0;
		new->cap_ambient = 0;
	}
	if (!old->euid && new->euid)
		new->cap_effective = 0;
	if (old->euid && !new->euid)
		new->cap_effective = new->cap_permitted;
}

#define CAP_FS_SET							\
	(CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) | CAP_BIT(CAP_DAC_READ_SEARCH) | \
	 CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_FSETID) | CAP_BIT(CAP_LINUX_IMMUTABLE) | \
	 CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_MAC_OVERRIDE))

void cap_fix_setfsuid(struct cred *new, const struct cred *old)
{
	if (issecure(new, SECURE_NO_SETUID_FIXUP))
		return;
	if (!old->fsuid && new->fsuid)
		new->cap_effective &= ~CAP_FS_SET;
	if (old->fsuid && !new->fsuid)
		new->cap_effective |= new->cap_permitted & CAP_FS_SET;
}

/* ---- capget(2), capset(2) ---- */

/* How many 32-bit halves the caller's version has; unknown: tells ours. */
static int cap_halves(struct __user_cap_header_struct __user *header, unsigned int *halves)
{
	u32 version;

	if (get_user(version, &header->version))
		return -EFAULT;
	switch (version) {
	case _LINUX_CAPABILITY_VERSION_1:
		*halves = _LINUX_CAPABILITY_U32S_1;
		return 0;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		*halves = _LINUX_CAPABILITY_U32S_3;
		return 0;
	default:
		if (put_user(_LINUX_CAPABILITY_VERSION_3, &header->version))
			return -EFAULT;
		return -EINVAL;
	}
}

/* The sets of the thread pid (0: current). */
static int cap_get_task(pid_t pid, u64 *eff, u64 *perm, u64 *inh)
{
	struct task_struct *t = current;
	const struct cred *cred;
	int err = -ESRCH;

	rcu_read_lock();
	if (pid)
		t = find_task_by_vpid(pid);
	if (t) {
		cred = __task_cred(t);
		*eff = cred->cap_effective;
		*perm = cred->cap_permitted;
		*inh = cred->cap_inheritable;
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

long __x64_sys_capget(struct __user_cap_header_struct __user *header,
		      struct __user_cap_data_struct __user *dataptr)
{
	struct __user_cap_data_struct data[2];
	u64 eff, perm, inh;
	unsigned int halves;
	pid_t pid;
	int err;

	err = cap_halves(header, &halves);
	if (err == -EINVAL && !dataptr)
		return 0;		/* a question for the version only */
	if (err || !dataptr)
		return err;
	if (get_user(pid, &header->pid))
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;
	err = cap_get_task(pid, &eff, &perm, &inh);
	if (err)
		return err;
	for (int i = 0; i < 2; i++) {
		data[i].effective = eff >> (32 * i);
		data[i].permitted = perm >> (32 * i);
		data[i].inheritable = inh >> (32 * i);
	}
	return copy_to_user(dataptr, data, halves * sizeof(data[0])) ? -EFAULT : 0;
}

static bool is_subset(u64 a, u64 set)
{
	return !(a & ~set);
}

long __x64_sys_capset(struct __user_cap_header_struct __user *header,
		      const struct __user_cap_data_struct __user *udata)
{
	struct __user_cap_data_struct data[2] = { };
	const struct cred *old = current_cred();
	u64 eff, perm, inh;
	struct cred *new;
	unsigned int halves;
	pid_t pid;
	int err;

	err = cap_halves(header, &halves);
	if (err)
		return err;
	if (get_user(pid, &header->pid))
		return -EFAULT;
	if (pid && pid != current->pid)
		return -EPERM;
	if (copy_from_user(data, udata, halves * sizeof(data[0])))
		return -EFAULT;
	eff = (data[0].effective | (u64)data[1].effective << 32) & CAP_FULL_SET;
	perm = (data[0].permitted | (u64)data[1].permitted << 32) & CAP_FULL_SET;
	inh = (data[0].inheritable | (u64)data[1].inheritable << 32) & CAP_FULL_SET;
	if (!is_subset(inh, old->cap_inheritable | old->cap_permitted) && !capable(CAP_SETPCAP))
		return -EPERM;
	if (!is_subset(inh, old->cap_inheritable | old->cap_bset) ||
	    !is_subset(perm, old->cap_permitted) || !is_subset(eff, perm))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->cap_effective = eff;
	new->cap_permitted = perm;
	new->cap_inheritable = inh;
	new->cap_ambient &= perm & inh;
	return commit_creds(new);
}

/* ---- prctl(2) ---- */

static long drop_from_bset(unsigned long cap)
{
	struct cred *new;

	if (!capable(CAP_SETPCAP))
		return -EPERM;
	if (cap > CAP_LAST_CAP)
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->cap_bset &= ~CAP_BIT(cap);
	return commit_creds(new);
}

static long set_securebits(unsigned long bits)
{
	unsigned int old = current_cred()->securebits;
	unsigned int locked = (old & SECURE_ALL_LOCKS) >> 1;
	struct cred *new;

	/* no locked bit may change, no lock be opened, no unknown bit be set */
	if ((locked & (old ^ bits)) || (old & SECURE_ALL_LOCKS & ~bits) ||
	    (bits & ~(unsigned long)(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) || !capable(CAP_SETPCAP))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->securebits = bits;
	return commit_creds(new);
}

static long set_keepcaps(unsigned long on)
{
	struct cred *new;

	if (on > 1)
		return -EINVAL;
	if (issecure(current_cred(), SECURE_KEEP_CAPS_LOCKED))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (on)
		new->securebits |= issecure_mask(SECURE_KEEP_CAPS);
	else
		new->securebits &= ~issecure_mask(SECURE_KEEP_CAPS);
	return commit_creds(new);
}

static long cap_ambient(unsigned long op, unsigned long cap, unsigned long arg4, unsigned long arg5)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (arg4 | arg5)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_CLEAR_ALL ? cap != 0 : cap > CAP_LAST_CAP)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_IS_SET)
		return !!(old->cap_ambient & CAP_BIT(cap));
	if (op != PR_CAP_AMBIENT_RAISE && op != PR_CAP_AMBIENT_LOWER &&
	    op != PR_CAP_AMBIENT_CLEAR_ALL)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_RAISE &&
	    (!(old->cap_permitted & old->cap_inheritable & CAP_BIT(cap)) ||
	     issecure(old, SECURE_NO_CAP_AMBIENT_RAISE)))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (op == PR_CAP_AMBIENT_RAISE)
		new->cap_ambient |= CAP_BIT(cap);
	else if (op == PR_CAP_AMBIENT_LOWER)
		new->cap_ambient &= ~CAP_BIT(cap);
	else
		new->cap_ambient = 0;
	return commit_creds(new);
}

long cap_task_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4,
		    unsigned long arg5)
{
	switch (option) {
	case PR_CAPBSET_READ:
		if (arg2 > CAP_LAST_CAP)
			return -EINVAL;
		return !!(current_cred()->cap_bset & CAP_BIT(arg2));
	case PR_CAPBSET_DROP:
		return drop_from_bset(arg2);
	case PR_GET_SECUREBITS:
		return current_cred()->securebits;
	case PR_SET_SECUREBITS:
		return set_securebits(arg2);
	case PR_GET_KEEPCAPS:
		return issecure(current_cred(), SECURE_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		return set_keepcaps(arg2);
	case PR_CAP_AMBIENT:
		return cap_ambient(arg2, arg3, arg4, arg5);
	default:
		return -ENOSYS;
	}
}
