/* SPDX-License-Identifier: MIT */
/*
 * Robust futexes: a thread keeps in user memory a list of the locks that it holds, and tells the
 * kernel where that list is. When it dies the kernel marks each of them (FUTEX_OWNER_DIED) and
 * wakes a waiter.
 *
 *	robust_list_head { list, futex_offset, list_op_pending }
 *	       '--> entry -> entry -> back to the head        lock word = entry + futex_offset
 *
 * All of it is the user's memory and may be garbage: every access may fault, the list may have no
 * end, and then the rest is given up silently. Bit 0 of a pointer means a priority-inheriting lock.
 * Task context. Linux's twin: kernel/futex/core.c, syscalls.c.
 */
#include <vitrix/cred.h>
#include <vitrix/err.h>
#include <vitrix/futex.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include <linux/futex.h>
#include <generated/syscalls.h>
#include "futex.h"

long __x64_sys_set_robust_list(struct robust_list_head __user *head, size_t len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

/* May current read what only p itself should know? */
static bool may_look_into(struct task_struct *p)
{
	const struct cred *cred = __task_cred(p);

	if (same_thread_group(p, current))
		return true;
	if (current_uid() == cred->uid && current_uid() == cred->euid &&
	    current_uid() == cred->suid)
		return true;
	return capable(CAP_SYS_PTRACE);
}

long __x64_sys_get_robust_list(int pid, struct robust_list_head __user * __user *head_ptr,
			       size_t __user *len_ptr)
{
	struct robust_list_head *head = NULL;
	struct task_struct *p;
	long ret = -ESRCH;

	rcu_read_lock();
	p = pid ? find_task_by_vpid(pid) : current;
	if (p) {
		ret = -EPERM;
		if (may_look_into(p)) {
			head = p->robust_list;
			ret = 0;
		}
	}
	rcu_read_unlock();
	if (ret)
		return ret;
	if (put_user(sizeof(*head), len_ptr))
		return -EFAULT;
	return put_user(head, head_ptr);
}

/*
 * current dies and holds the lock, if the word says so; pending: it was about to take or release
 * it. 0, or -1 if the word cannot be reached.
 */
static int lock_owner_died(u32 *uaddr, bool pi, bool pending)
{
	u32 value, cur, dead;

	if ((unsigned long)uaddr % sizeof(u32) || get_user(value, uaddr))
		return -1;
	for (;;) {
		/* Released, but died before it could wake the next: that is done here. */
		if (pending && !pi && !value) {
			futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
			return 0;
		}
		if ((value & FUTEX_TID_MASK) != (u32)current->pid)
			return 0;
		dead = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		if (cmpxchg_user_u32(&cur, uaddr, value, dead))
			return -1;
		if (cur == value)
			break;
		value = cur;
	}
	if (!pi && (value & FUTEX_WAITERS))
		futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
	return 0;
}

/* A pointer of the list, without its flag. 0 or -EFAULT. */
static int get_entry(unsigned long *entry, bool *pi, struct robust_list **from)
{
	unsigned long value;

	if (get_user(value, (unsigned long *)from))
		return -EFAULT;
	*entry = value & ~1UL;
	*pi = value & 1;
	return 0;
}

void exit_robust_list(struct task_struct *tsk)
{
	struct robust_list_head *head = tsk->robust_list;
	unsigned long entry, next, pending, end = (unsigned long)&head->list;
	int limit = ROBUST_LIST_LIMIT, err;
	bool pi, next_pi, pending_pi;
	long offset;

	ASSERT(tsk == current);
	if (get_entry(&entry, &pi, &head->list.next) || get_user(offset, &head->futex_offset) ||
	    get_entry(&pending, &pending_pi, &head->list_op_pending))
		return;
	while (entry != end && limit--) {
		/*
		 * Read before the word is marked: from then on another thread may free the entry.
		 */
		err = get_entry(&next, &next_pi, &((struct robust_list *)entry)->next);
		if (entry != pending && lock_owner_died((u32 *)(entry + offset), pi, false))
			return;
		if (err)
			return;
		entry = next;
		pi = next_pi;
		cond_resched();
	}
	if (pending)
		lock_owner_died((u32 *)(pending + offset), pending_pi, true);
}

/* current leaves its memory, by exit or exec. May sleep. */
void futex_exit_release(struct task_struct *tsk)
{
	if (!tsk->robust_list)
		return;
	exit_robust_list(tsk);
	tsk->robust_list = NULL;
}
