/* SPDX-License-Identifier: MIT */
/*
 * The second half of exec: from the point where the format says "mine" to the point where the new
 * program's memory can be filled. Linux's twin: fs/exec.c (begin_new_exec, de_thread,
 * setup_new_exec ...), and cap_bprm_creds_from_file() of security/commoncap.c.
 *
 * Called by binfmt_elf.c with the new mm built and signal->cred_guard_mutex held.
 */
#include <vitrix/ptrace.h>
#include <vitrix/binfmts.h>
#include <vitrix/cred.h>
#include <vitrix/futex.h>
#include <vitrix/pid.h>
#include <vitrix/printf.h>
#include <vitrix/rcu.h>
#include <vitrix/signal.h>
#include <vitrix/string.h>
#include <generated/trace_events.h>
#include <arch/fpu.h>
#include <arch/tlbflush.h>
#include <linux/personality.h>
#include <linux/securebits.h>
#include "exec.h"

int exec_check_nproc(void)
{
	struct user_struct *user = current_cred()->user;

	if ((current->flags & PF_NPROC_EXCEEDED) &&
	    atomic_read(&user->processes) > rlimit(RLIMIT_NPROC) &&
	    user != &root_user && !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		return -EAGAIN;
	current->flags &= ~PF_NPROC_EXCEEDED;
	return 0;
}

/*
 * What AT_EXECFN and script interpreters are told: the path, or /dev/fd/N for execveat by
 * descriptor.
 */
const char *exec_display_name(int dfd, struct filename *name, char *buf, size_t size)
{
	if (dfd == AT_FDCWD || name->name[0] != '\0')
		return name->name;
	snprintf(buf, size, "/dev/fd/%d", dfd);
	return buf;
}

/*
 * Rights of the new program (capabilities(7)): set-user-id and set-group-id files change the
 * effective ids, unless the mount or no_new_privs forbids; root gets all capabilities of its
 * bounding set.
 */
static void bprm_fill_creds(struct linux_binprm *bprm)
{
	struct cred *new = bprm->cred;
	const struct cred *old = current_cred();
	struct inode *inode = file_inode(bprm->file);
	umode_t mode = READ_ONCE(inode->i_mode);
	bool no_root = new->securebits & issecure_mask(SECURE_NOROOT), set_id, shared;
	uid_t uid;
	gid_t gid;

	new->euid = old->euid;
	new->egid = old->egid;
	if (unlikely(mode & (S_ISUID | S_ISGID)) &&
	    !(bprm->file->f_path.mnt->mnt_flags & MNT_NOSUID) && !current->no_new_privs) {
		/* chown(2) sets the owner, then takes the bits away: not what lies in between. */
		inode_lock(inode);
		mode = inode->i_mode;
		uid = inode->i_uid;
		gid = inode->i_gid;
		inode_unlock(inode);
		if (mode & S_ISUID) {
			current->personality &= ~(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC |
						  MMAP_PAGE_ZERO);
			new->euid = uid;
		}
		if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
			current->personality &= ~(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC |
						  MMAP_PAGE_ZERO);
			new->egid = gid;
		}
	}
	/*
	 * Another process, which keeps its rights, could move the new program's root and working
	 * directory under its feet (CLONE_FS); a tracer could do anything with it: then there is
	 * nothing to gain. Own threads are gone.
	 */
	set_id = new->euid != old->uid || new->egid != old->gid;
	shared = set_id && (atomic_read(&current->fs->users) > 1 ||
			    (current->ptrace && !ptracer_capable(current, CAP_SYS_PTRACE)));
	if (shared && !capable(CAP_SETUID)) {
		new->euid = new->uid;
		new->egid = new->gid;
	}
	new->suid = new->fsuid = new->euid;
	new->sgid = new->fsgid = new->egid;

	if (new->euid != new->uid || new->egid != new->gid)
		new->cap_ambient = 0;
	if (!no_root && (!new->euid || !new->uid)) {
		new->cap_permitted = new->cap_bset | new->cap_inheritable;
		new->cap_effective = new->euid ? new->cap_ambient : new->cap_permitted;
	} else {
		new->cap_permitted = new->cap_ambient;
		new->cap_effective = new->cap_ambient;
	}
	if (shared) {
		new->cap_permitted &= old->cap_permitted;
		new->cap_effective &= new->cap_permitted;
	}
	new->securebits &= ~issecure_mask(SECURE_KEEP_CAPS);
	bprm->secureexec = set_id;
}

/* exec by a thread that is not the leader: it takes the dead leader's place and number. */
static void take_leaders_place(struct task_struct *tsk)
{
	struct task_struct *leader = tsk->group_leader;

	/* zombie leader, all others gone: the process goes on under the leader's pid */
	tsk->start_time = leader->start_time;
	tsk->start_boottime = leader->start_boottime;
	exchange_tids(tsk, leader);
	list_del_init(&tsk->sibling);
	list_add_tail(&tsk->sibling, &leader->sibling);
	list_del_init(&tsk->tasks);
	list_add_tail(&tsk->tasks, &leader->tasks);
	list_del_init(&leader->tasks);
	tsk->group_leader = tsk;
	leader->group_leader = tsk;
	tsk->exit_signal = SIGCHLD;
	leader->exit_signal = -1;
	ASSERT(leader->exit_state == EXIT_ZOMBIE);
	leader->exit_state = EXIT_DEAD;
	/* Its tracer may wait for it, and it goes without a word: the wait is to begin again. */
	if (unlikely(leader->ptrace))
		wake_up_parent(leader, leader->parent);
}

/* All other threads die first: 0, or -EAGAIN if another exec or a fatal signal got there before. */
int de_thread(struct task_struct *tsk)
{
	struct signal_struct *sig = tsk->signal;
	struct task_struct *leader = NULL;

	if (thread_group_empty(tsk))
		goto no_thread_group;

	spin_lock_irq(&tsk->sighand->siglock);
	if ((sig->flags & SIGNAL_GROUP_EXIT) || sig->group_exec_task) {
		spin_unlock_irq(&tsk->sighand->siglock);
		return -EAGAIN;
	}
	sig->group_exec_task = tsk;
	sig->notify_count = zap_other_threads_count(tsk);
	if (!thread_group_leader(tsk))
		sig->notify_count--;
	while (sig->notify_count) {
		__set_current_state(TASK_KILLABLE);
		spin_unlock_irq(&tsk->sighand->siglock);
		schedule();
		if (__fatal_signal_pending(tsk))
			goto killed;
		spin_lock_irq(&tsk->sighand->siglock);
	}
	spin_unlock_irq(&tsk->sighand->siglock);

	if (!thread_group_leader(tsk)) {
		for (;;) {
			spin_lock_irq(&tasklist_lock);
			/* exit_notify() of the leader wakes us when this is negative */
			sig->notify_count = -1;
			if (tsk->group_leader->exit_state)
				break;
			__set_current_state(TASK_KILLABLE);
			spin_unlock_irq(&tasklist_lock);
			schedule();
			if (__fatal_signal_pending(tsk))
				goto killed;
		}
		leader = tsk->group_leader;
		take_leaders_place(tsk);
		sig->group_exec_task = NULL;
		sig->notify_count = 0;
		spin_unlock_irq(&tasklist_lock);
		release_task(leader);
		goto no_thread_group;
	}
	sig->group_exec_task = NULL;
	sig->notify_count = 0;
no_thread_group:
	tsk->exit_signal = SIGCHLD;
	return 0;
killed:
	/* exit_notify() looks at them under the one, get_signal() under the other. */
	spin_lock_irq(&tasklist_lock);
	spin_lock(&tsk->sighand->siglock);
	sig->group_exec_task = NULL;
	sig->notify_count = 0;
	spin_unlock(&tsk->sighand->siglock);
	spin_unlock_irq(&tasklist_lock);
	return -EAGAIN;
}

/* Handlers shared with other processes (CLONE_SIGHAND without CLONE_THREAD) become our own. */
static int unshare_sighand(void)
{
	struct sighand_struct *old = current->sighand, *new;

	if (atomic_read(&old->count) == 1)
		return 0;
	new = alloc_sighand();
	if (!new)
		return -ENOMEM;
	spin_lock_irq(&tasklist_lock);
	spin_lock(&old->siglock);
	memcpy(new->action, old->action, sizeof(new->action));
	rcu_assign_pointer(current->sighand, new);
	spin_unlock(&old->siglock);
	spin_unlock_irq(&tasklist_lock);
	__cleanup_sighand(old);
	return 0;
}

/* The new address space becomes current's; the old one is let go. */
static void exec_mmap(struct mm_struct *mm)
{
	struct task_struct *tsk = current;
	struct mm_struct *old_mm = tsk->mm, *active_mm;

	if (old_mm)
		mm_release(tsk, old_mm);
	spin_lock(&tsk->alloc_lock);
	local_irq_disable();
	active_mm = tsk->active_mm;
	tsk->active_mm = mm;
	tsk->mm = mm;
	activate_mm(active_mm, mm);
	local_irq_enable();
	spin_unlock(&tsk->alloc_lock);
	if (old_mm) {
		BUG_ON(active_mm != old_mm);
		tsk->signal->maxrss = max(tsk->signal->maxrss, max(old_mm->hiwater_rss,
					  mm_rss(old_mm)) << (PAGE_SHIFT - 10));
		mmput(old_mm);
	} else {
		mmdrop(active_mm);
	}
}

static void set_comm_from_path(const char *filename)
{
	const char *base = strrchr(filename, '/');

	set_task_comm(current, base ? base + 1 : filename);
}

int begin_new_exec(struct linux_binprm *bprm)
{
	struct task_struct *me = current;
	int error;

	/* point of no return: from here on errors kill the task */
	bprm->point_of_no_return = 1;
	error = de_thread(me);
	if (error)
		return error;
	bprm_fill_creds(bprm);
	error = unshare_files(NULL);
	if (error)
		return error;
	bprm->mm->exe_file = get_file(bprm->file);
	exe_file_deny(bprm->file);
	exit_itimers(me);
	flush_itimer_signals();
	error = unshare_sighand();
	if (error)
		return error;
	exec_mmap(bprm->mm);
	bprm->mm = NULL;
	error = fpu_reset_current();
	if (error)
		return error;
	me->flags &= ~PF_FORKNOEXEC;
	me->personality &= ~(unsigned long)READ_IMPLIES_EXEC;
	flush_thread();
	do_close_on_exec(me->files);
	/* Who may run a file but not read it shall not read it out of the process either. */
	me->mm->dumpable = current_euid() == current_uid() && current_egid() == current_gid() &&
			   !inode_permission(file_inode(bprm->file), MAY_READ);
	if (bprm->secureexec)
		me->pdeath_signal = 0;
	set_comm_from_path(bprm->filename);
	trace_sched_process_exec(me, me->pid, bprm->filename);
	me->sas_ss_sp = me->sas_ss_size = 0;
	me->rseq = NULL;
	flush_signal_handlers(me, 0);
	commit_creds(bprm->cred);
	bprm->cred = NULL;
	mutex_unlock(me->signal->cred_guard_mutex);
	return 0;
}

/* The limits and layout that mmap() will go by. */
void setup_new_exec(struct linux_binprm *bprm)
{
	arch_pick_mmap_layout(current->mm, &bprm->rlim_stack);
	if (bprm->secureexec && bprm->rlim_stack.rlim_cur > 8 * 1024 * 1024)
		bprm->rlim_stack.rlim_cur = 8 * 1024 * 1024;
}

/*
 * The stack of a 32-bit program, which was begun where 64-bit ones have it, goes below 4 GiB: an
 * area of the same size there, the page table entries, then the old area goes.
 */
static int move_stack_down(struct linux_binprm *bprm)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *old = bprm->vma, *new = vm_area_alloc(mm);
	unsigned long top = exec_random_stack_top(bprm, TASK_SIZE, 0x7ff), len, shift;
	int error;

	if (!new)
		return -ENOMEM;
	len = old->vm_end - old->vm_start;
	shift = old->vm_end - top;
	new->vm_end = top;
	new->vm_start = top - len;
	new->vm_flags = old->vm_flags;
	new->vm_page_prot = old->vm_page_prot;
	error = insert_vm_struct(mm, new);
	if (error) {
		vm_area_free(new);
		return error;
	}
	vm_stat_account(mm, new->vm_flags, len >> PAGE_SHIFT);
	if (move_page_tables(old, old->vm_start, new, new->vm_start, len) < len)
		return -ENOMEM;
	/* The old one lies where the program may have nothing. */
	mm->task_size = TASK_SIZE_MAX;
	error = do_munmap(mm, old->vm_start, len);
	mm->task_size = ia32_task_size();
	bprm->vma = new;
	bprm->p -= shift;
	bprm->exec -= shift;
	return error;
}

/*
 * The stack area gets its final place and protection. Grown by 128 KiB at once so that the first
 * pushes cost no fault in the middle of a call.
 */
int setup_arg_pages(struct linux_binprm *bprm, bool executable_stack)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long grow = 128 * 1024, base;
	int error = 0;

	mmap_write_lock(mm);
	if (bprm->vma->vm_end > mm->task_size)
		error = move_stack_down(bprm);
	vma = bprm->vma;
	if (!error && executable_stack)	/* the pages that hold the strings are mapped already */
		error = mprotect_fixup(vma, vma->vm_start, vma->vm_end, vma->vm_flags | VM_EXEC);
	base = vma->vm_start - min(grow, (unsigned long)bprm->rlim_stack.rlim_cur -
				   min((unsigned long)bprm->rlim_stack.rlim_cur,
				       vma->vm_end - vma->vm_start));
	base = PAGE_ALIGN(base);
	mm->start_stack = bprm->p;
	if (!error && base < vma->vm_start)
		error = expand_stack(vma, base);
	mmap_write_unlock(mm);
	return error ? -EFAULT : 0;
}

void finalize_exec(struct linux_binprm *bprm)
{
	spin_lock_irq(&current->sighand->siglock);
	current->signal->rlim[RLIMIT_STACK] = bprm->rlim_stack;
	spin_unlock_irq(&current->sighand->siglock);
}
