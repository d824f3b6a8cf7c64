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
 * A 32-bit program's list has words of four bytes: its head's address is kept with ROBUST_COMPAT
 * set, a bit that no address has.
 * Task context. Linux's twin: kernel/futex/core.c, syscalls.c.
 */
#include <vitrix/cred.h>
#include <vitrix/err.h>
#include <vitrix/futex.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include <linux/futex.h>
#include <vitrix/compat.h>
#include <generated/syscalls.h>
#include "futex.h"

#define ROBUST_COMPAT	(1UL << 63)

static bool is_compat(const struct robust_list_head *head)
{
	return (unsigned long)head & ROBUST_COMPAT;
}

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

long __ia32_compat_sys_set_robust_list(struct compat_robust_list_head __user *head, u32 len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current->robust_list = (void *)((unsigned long)head | ROBUST_COMPAT);
	return 0;
}

/* *head: NULL also for a list of the other width. 0, -ESRCH, -EPERM. */
static long find_robust_list(int pid, bool compat, struct robust_list_head **head)
{
	struct task_struct *p;
	long ret = -ESRCH;

	rcu_read_lock();
	p = pid ? find_task_by_vpid(pid) : current;
	if (p) {
		ret = -EPERM;
		if (may_look_into(p)) {
			*head = p->robust_list;
			ret = 0;
		}
	}
	rcu_read_unlock();
	if (!ret && is_compat(*head) != compat)
		*head = NULL;
	return ret;
}

long __ia32_compat_sys_get_robust_list(int pid, u32 __user *head_ptr, u32 __user *len_ptr)
{
	struct robust_list_head *head;
	long ret = find_robust_list(pid, true, &head);

	if (ret)
		return ret;
	if (put_user((u32)sizeof(struct compat_robust_list_head), len_ptr))
		return -EFAULT;
	return put_user(ptr_to_compat(head), head_ptr);
}

long __x64_sys_get_robust_list(int pid, struct robust_list_head __user * __user *head_ptr,
			       size_t __user *len_ptr)
{
	struct robust_list_head *head;
	long ret = find_robust_list(pid, false, &head);

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

/* A word of the list's: a pointer, or the offset, which has a sign. 0 or -EFAULT. */
static int get_word(long *word, unsigned long from, bool compat)
{
	s32 narrow;

	if (!compat)
		return get_user(*word, (long *)from);
	if (get_user(narrow, (s32 *)from))
		return -EFAULT;
	*word = narrow;
	return 0;
}

/* A pointer of the list, without its flag. */
static int get_entry(unsigned long *entry, bool *pi, unsigned long from, bool compat)
{
	long value;

	*entry = 0;
	*pi = false;
	if (get_word(&value, from, compat))
		return -EFAULT;
	*entry = (compat ? (u32)value : value) & ~1UL;
	*pi = value & 1;
	return 0;
}

/* The lock word of an entry. */
static u32 *futex_of(unsigned long entry, long offset, bool compat)
{
	return (u32 *)(compat ? (u32)(entry + offset) : entry + offset);
}

void exit_robust_list(struct task_struct *tsk)
{
	bool compat = is_compat(tsk->robust_list), pi, next_pi, pending_pi;
	unsigned long head = (unsigned long)tsk->robust_list & ~ROBUST_COMPAT;
	size_t word = compat ? sizeof(u32) : sizeof(long);
	unsigned long entry, next, pending;
	int limit = ROBUST_LIST_LIMIT, err;
	long offset;

	ASSERT(tsk == current);
	/* the head: list, futex_offset, list_op_pending */
	if (get_entry(&entry, &pi, head, compat) || get_word(&offset, head + word, compat) ||
	    get_entry(&pending, &pending_pi, head + 2 * word, compat))
		return;
	while (entry != head && limit--) {
		/*
		 * Read before the word is marked: from then on another thread may free the entry.
		 */
		err = get_entry(&next, &next_pi, entry, compat);
		if (entry != pending &&
		    lock_owner_died(futex_of(entry, offset, compat), pi, false))
			return;
		if (err)
			return;
		entry = next;
		pi = next_pi;
		cond_resched();
	}
	if (pending)
		lock_owner_died(futex_of(pending, offset, compat), pending_pi, true);
}

/* current leaves its memory, by exit or exec. May sleep. */
void futex_exit_release(struct task_struct *tsk)
{
	if (!tsk->robust_list)
		return;
	exit_robust_list(tsk);
	tsk->robust_list = NULL;
}
