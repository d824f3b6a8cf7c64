/* SPDX-License-Identifier: MIT */
/*
 * Credentials: whose rights a task acts with. A struct cred never changes once it is in use; a task
 * that changes its rights builds a new one and swaps the pointer. Linux's twin: kernel/cred.c.
 */
#ifndef VITRIX_CRED_H
#define VITRIX_CRED_H

#include <vitrix/sched.h>
#include <linux/capability.h>

struct group_info { atomic_t usage; int ngroups; gid_t gid[]; };	/* sorted */

struct cred {
	atomic_t usage;
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	u64 cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	unsigned int securebits;
	struct user_struct *user;
	struct group_info *group_info;
	struct rcu_head rcu;
};
#define CAP_FULL_SET	((1ULL << (CAP_LAST_CAP + 1)) - 1)

extern struct cred init_cred;
#define current_cred()	((const struct cred *)current->cred)
#define current_uid()	(current_cred()->uid)
#define current_gid()	(current_cred()->gid)
#define current_euid()	(current_cred()->euid)
#define current_egid()	(current_cred()->egid)
#define current_fsuid()	(current_cred()->fsuid)
#define current_fsgid()	(current_cred()->fsgid)
/* Another task's; under rcu_read_lock. */
#define __task_cred(t)	((const struct cred *)READ_ONCE((t)->real_cred))

static inline const struct cred *get_cred(const struct cred *c)
{
	refcount_inc(&((struct cred *)c)->usage);
	return c;
}
void put_cred(const struct cred *cred);
const struct cred *get_task_cred(struct task_struct *t);
struct cred *prepare_creds(void);		/* a copy to change; NULL without memory */
int commit_creds(struct cred *new);		/* current now acts with it; 0 */
void abort_creds(struct cred *new);
int copy_creds(struct task_struct *p, unsigned long clone_flags);
void exit_creds(struct task_struct *p);
bool capable(int cap);
bool in_group_p(gid_t gid);			/* fsgid or a supplementary group */
struct group_info *groups_alloc(int n);
void put_group_info(struct group_info *gi);
extern struct group_info init_groups;		/* nobody: no supplementary groups */
/* Changes of the uids that carry capabilities with them (capabilities(7)): kernel/capability.c */
void cap_fix_setuid(struct cred *new, const struct cred *old);
void cap_fix_setfsuid(struct cred *new, const struct cred *old);
/* prctl(2)'s options about capabilities; -ENOSYS: not one of them. */
long cap_task_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4,
		    unsigned long arg5);

#endif
