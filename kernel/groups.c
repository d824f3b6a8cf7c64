/* SPDX-License-Identifier: MIT */
/*
 * Supplementary groups. Linux's twin: kernel/groups.c. A group_info is sorted, for the search at
 * each permission check, and constant once credentials have it. No lock: setgroups(2) commits new
 * credentials. Callers: permission checks, the system calls here.
 */
#include <vitrix/cred.h>
#include <vitrix/mm.h>
#include <vitrix/sort.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <linux/limits.h>

/*
 * n groups, not filled in, one reference; NULL without memory. kmalloc: freed in RCU's callbacks.
 */
struct group_info *groups_alloc(int n)
{
	struct group_info *gi = kmalloc(sizeof(*gi) + n * sizeof(gi->gid[0]), GFP_KERNEL);

	if (!gi)
		return NULL;
	atomic_set(&gi->usage, 1);
	gi->ngroups = n;
	return gi;
}

void put_group_info(struct group_info *gi)
{
	if (refcount_dec_and_test(&gi->usage)) {
		ASSERT(gi != &init_groups);
		kfree(gi);
	}
}

static bool groups_search(const struct group_info *gi, gid_t gid)
{
	int left = 0, right = gi->ngroups;

	while (left < right) {
		int mid = (left + right) / 2;

		if (gid == gi->gid[mid])
			return true;
		if (gid > gi->gid[mid])
			left = mid + 1;
		else
			right = mid;
	}
	return false;
}

bool in_group_p(gid_t gid)
{
	const struct cred *cred = current_cred();

	return gid == cred->fsgid || groups_search(cred->group_info, gid);
}

static int compare_gids(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

long __x64_sys_getgroups(int gidsetsize, gid_t __user *grouplist)
{
	const struct group_info *gi = current_cred()->group_info;
	int n = gi->ngroups;

	if (gidsetsize < 0)
		return -EINVAL;
	if (gidsetsize) {
		if (n > gidsetsize)
			return -EINVAL;
		if (copy_to_user(grouplist, gi->gid, n * sizeof(gid_t)))
			return -EFAULT;
	}
	return n;
}

/* wide: gids of 32 bits; else of 16, where 0xffff means -1. */
static int read_groups(struct group_info *gi, const void *grouplist, bool wide)
{
	u16 gid;

	if (wide && copy_from_user(gi->gid, grouplist, gi->ngroups * sizeof(gid_t)))
		return -EFAULT;
	for (int i = 0; !wide && i < gi->ngroups; i++) {
		if (get_user(gid, (const u16 *)grouplist + i))
			return -EFAULT;
		gi->gid[i] = gid == (u16)-1 ? (gid_t)-1 : gid;
	}
	for (int i = 0; i < gi->ngroups; i++)
		if (gi->gid[i] == (gid_t)-1)
			return -EINVAL;
	sort(gi->gid, gi->ngroups, sizeof(gid_t), compare_gids);
	return 0;
}

static long do_setgroups(int gidsetsize, const void *grouplist, bool wide)
{
	struct group_info *gi;
	struct cred *new;
	int err;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if ((unsigned int)gidsetsize > NGROUPS_MAX)
		return -EINVAL;
	gi = groups_alloc(gidsetsize);
	if (!gi)
		return -ENOMEM;
	err = read_groups(gi, grouplist, wide);
	if (err)
		goto put_groups;
	err = -ENOMEM;
	new = prepare_creds();
	if (!new)
		goto put_groups;
	/* point of no return */
	put_group_info(new->group_info);
	new->group_info = gi;
	return commit_creds(new);

put_groups:
	put_group_info(gi);
	return err;
}

long __x64_sys_setgroups(int gidsetsize, gid_t __user *grouplist)
{
	return do_setgroups(gidsetsize, grouplist, true);
}

/* ---- i386, 80 and 81: group numbers of 16 bits ---- */

long __ia32_sys_setgroups16(int gidsetsize, u16 __user *grouplist)
{
	return do_setgroups(gidsetsize, grouplist, false);
}

long __ia32_sys_getgroups16(int gidsetsize, u16 __user *grouplist)
{
	const struct group_info *gi = current_cred()->group_info;

	if (gidsetsize < 0 || (gidsetsize && gi->ngroups > gidsetsize))
		return -EINVAL;
	for (int i = 0; gidsetsize && i < gi->ngroups; i++)
		if (put_user((u16)(gi->gid[i] > 0xffff ? 65534 : gi->gid[i]), grouplist + i))
			return -EFAULT;
	return gi->ngroups;
}
