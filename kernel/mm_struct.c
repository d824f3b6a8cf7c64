/* SPDX-License-Identifier: MIT */
/*
 * The life of an address space: made by exec (mm_alloc) or fork (copy_mm), gone with its last user.
 * Linux's twin: the mm half of kernel/fork.c.
 *
 *   mm_users   threads that run in it, and whoever looks inside (get_task_mm). At 0 the areas,
 *              pages and tables go: mmput() -> exit_mmap()
 *   mm_count   one for all mm_users together, one for each CPU that idles or runs a kernel thread
 *              on its tables (active_mm). At 0 the pgd and the struct go: mmdrop()
 *
 * task->mm is changed by the task itself under alloc_lock; others read it under alloc_lock.
 * exe_file is set once, by exec, before the mm is anybody's; while an mm has it nobody may write to
 * the file (-ETXTBSY).
 */
#include <vitrix/ptrace.h>
#include <vitrix/mm.h>
#include <vitrix/sched.h>
#include <vitrix/cred.h>
#include <vitrix/fs.h>
#include <vitrix/futex.h>
#include <vitrix/init.h>
#include <vitrix/rcu.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <arch/ldt.h>
#include <arch/tlbflush.h>
#include "fork_internal.h"

static struct kmem_cache *mm_cachep;

void __init mm_cache_init(void)
{
	mm_cachep = KMEM_CACHE(mm_struct, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
}

/* No areas, no pages, one user, tables that map the kernel only. Frees mm on failure. */
static struct mm_struct *mm_setup(struct mm_struct *mm)
{
	mm->mmap = mm->mmap_cache = NULL;
	mm->mm_rb = RB_ROOT;
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	mm->map_count = 0;
	init_rwsem(&mm->mmap_lock, LC_MMAP);
	spin_lock_init(&mm->page_table_lock, LC_PAGE_TABLE);
	atomic_long_set(&mm->pgtables_bytes, 0);
	atomic_long_set(&mm->rss_file, 0);
	atomic_long_set(&mm->rss_anon, 0);
	atomic_long_set(&mm->rss_shmem, 0);
	mm->task_size = TASK_SIZE_MAX;
	mm->vdso32 = 0;
	mm->highest_vm_end = 0;
	mm->total_vm = mm->locked_vm = mm->data_vm = mm->exec_vm = mm->stack_vm = 0;
	mm->def_flags = 0;
	mm->hiwater_rss = 0;
	mm->flags = 0;
	mm->cpu_bitmap = 0;
	init_new_context(mm);
	mm->ldt = NULL;
	mm->pgd = pgd_alloc();
	if (mm->pgd)
		return mm;
	kmem_cache_free(mm_cachep, mm);
	return NULL;
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_zalloc(mm_cachep, GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->dumpable = current->mm ? current->mm->dumpable : 1;
	return mm_setup(mm);
}

void mmdrop(struct mm_struct *mm)
{
	if (!refcount_dec_and_test(&mm->mm_count))
		return;
	ASSERT(mm != &init_mm && atomic_read(&mm->mm_users) == 0);
	if (static_branch_unlikely(&ldt_key))
		ldt_destroy(mm);
	pgd_free(mm->pgd);
	kmem_cache_free(mm_cachep, mm);
}

void mmput(struct mm_struct *mm)
{
	might_sleep();
	if (!refcount_dec_and_test(&mm->mm_users))
		return;
	exit_mmap(mm);
	if (mm->exe_file) {
		allow_write_access(mm->exe_file);
		fput(mm->exe_file);
		mm->exe_file = NULL;
	}
	mmdrop(mm);
}

/* A copy of oldmm, its pages shared copy-on-write; NULL without memory. */
static struct mm_struct *dup_mm(struct mm_struct *oldmm)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cachep, GFP_KERNEL);

	if (!mm)
		return NULL;
	*mm = *oldmm;
	if (!mm_setup(mm))
		return NULL;
	if (mm->exe_file) {
		get_file(mm->exe_file);
		exe_file_deny(mm->exe_file);
	}
	if (dup_mmap(mm, oldmm)) {
		mmput(mm);
		return NULL;
	}
	mm->hiwater_rss = mm_rss(mm);
	return mm;
}

int copy_mm(u64 flags, struct task_struct *p, bool kthread)
{
	struct mm_struct *mm = current->mm;

	p->mm = p->active_mm = NULL;
	if (kthread || !mm)
		return 0;
	if (flags & CLONE_VM) {
		mmget(mm);
	} else {
		mm = dup_mm(mm);
		if (!mm)
			return -ENOMEM;
	}
	p->mm = p->active_mm = mm;
	return 0;
}

struct mm_struct *get_task_mm(struct task_struct *task)
{
	struct mm_struct *mm;

	task_lock(task);
	mm = (task->flags & PF_KTHREAD) ? NULL : task->mm;
	if (mm)
		mmget(mm);
	task_unlock(task);
	return mm;
}

/*
 * task's mm with a user reference if current may read it; NULL: it has none; ERR_PTR(-EACCES,
 * -EINTR).
 */
struct mm_struct *mm_access(struct task_struct *task, unsigned int mode)
{
	struct mm_struct *mm;

	/* Not while an exec changes the rights of task. */
	if (mutex_lock_killable(task->signal->cred_guard_mutex))
		return ERR_PTR(-EINTR);
	mm = get_task_mm(task);
	if (mm && mm != current->mm && !ptrace_may_access(task, mode)) {
		mmput(mm);
		mm = ERR_PTR(-EACCES);
	}
	mutex_unlock(task->signal->cred_guard_mutex);
	return mm;
}

static void complete_vfork_done(struct task_struct *tsk)
{
	/* The parent may be killed and take its completion away: wait_for_vfork_done(). */
	task_lock(tsk);
	if (tsk->vfork_done) {
		complete(tsk->vfork_done);
		tsk->vfork_done = NULL;
	}
	task_unlock(tsk);
}

/*
 * tsk, which is current, is about to leave mm, at exec or exit: what it owes to others through that
 * memory is settled while it still can be reached. May sleep.
 */
void mm_release(struct task_struct *tsk, struct mm_struct *mm)
{
	ASSERT(tsk == current);
	if (tsk->robust_list) {
		futex_exit_release(tsk);
		tsk->robust_list = NULL;
	}
	/* CLONE_CHILD_CLEARTID: pthread_join() sleeps on this word. */
	if (tsk->clear_child_tid) {
		if (mm && atomic_read(&mm->mm_users) > 1 && !put_user(0, tsk->clear_child_tid))
			do_futex_wake((unsigned int *)tsk->clear_child_tid, 1);
		tsk->clear_child_tid = NULL;
	}
	if (tsk->vfork_done)
		complete_vfork_done(tsk);
}
