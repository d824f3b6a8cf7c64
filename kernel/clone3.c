/* SPDX-License-Identifier: MIT */
/*
 * clone3(2), whose arguments come in a struct that may grow, and unshare(2). Linux's twin: the last
 * third of kernel/fork.c. No state and no lock of its own: fork.c does the work. Left out:
 * namespaces, pidfds, cgroups (-EINVAL).
 */
#include <vitrix/sched.h>
#include <vitrix/signal.h>
#include <vitrix/cred.h>
#include <vitrix/fs.h>
#include <vitrix/mm.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include "fork_internal.h"

#define MAX_PID_NS_LEVEL 32

/* What the user passed, checked one field at a time. */
static int read_clone_args(struct kernel_clone_args *kargs, struct clone_args __user *uargs,
			   size_t usize, pid_t *set_tid)
{
	struct clone_args args;
	int err;

	if (usize > PAGE_SIZE)
		return -E2BIG;
	if (usize < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	err = copy_struct_from_user(&args, sizeof(args), uargs, usize);
	if (err)
		return err;
	if (args.set_tid_size > MAX_PID_NS_LEVEL || !args.set_tid != !args.set_tid_size)
		return -EINVAL;
	if (!valid_signal(args.exit_signal))
		return -EINVAL;
	*kargs = (struct kernel_clone_args){
		.flags		= args.flags,
		.pidfd		= (int *)args.pidfd,
		.child_tid	= (int *)args.child_tid,
		.parent_tid	= (int *)args.parent_tid,
		.exit_signal	= args.exit_signal,
		.stack		= args.stack,
		.stack_size	= args.stack_size,
		.tls		= args.tls,
		.set_tid	= set_tid,
		.set_tid_size	= args.set_tid_size,
	};
	if (args.set_tid_size &&
	    copy_from_user(set_tid, (const void *)args.set_tid, args.set_tid_size * sizeof(pid_t)))
		return -EFAULT;
	return 0;
}

static int check_clone3_args(struct kernel_clone_args *kargs)
{
	u64 flags = kargs->flags;

	if (flags & ~(0xffffffffULL | CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if (flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((flags & (CLONE_THREAD | CLONE_PARENT)) && kargs->exit_signal)
		return -EINVAL;
	if (!kargs->stack != !kargs->stack_size)
		return -EINVAL;
	if (!access_ok((void *)kargs->stack, kargs->stack_size))
		return -EINVAL;
	/* There is one level of pid numbers. */
	if (kargs->set_tid_size > 1)
		return -EINVAL;
	/* Stacks grow down; the user gives the lowest address. */
	kargs->stack += kargs->stack_size;
	return 0;
}

long __x64_sys_clone3(struct clone_args __user *uargs, size_t size)
{
	struct kernel_clone_args kargs;
	pid_t set_tid[MAX_PID_NS_LEVEL];
	int err;

	err = read_clone_args(&kargs, uargs, size, set_tid);
	if (!err)
		err = check_clone3_args(&kargs);
	return err ? err : _do_fork(&kargs);
}

/* ---- unshare ---- */

/* A table of descriptors of current's own, if it shares one: in *new, else NULL. */
static int unshare_fd(struct files_struct **new)
{
	int err = 0;

	*new = NULL;
	if (atomic_read(&current->files->count) > 1)
		*new = dup_fd(current->files, &err);
	return err;
}

static void install_files(struct files_struct *new, struct files_struct **old)
{
	task_lock(current);
	*old = current->files;
	current->files = new;
	task_unlock(current);
}

/*
 * exec: current gets a table of its own, if it shares one. displaced: where the shared one goes
 * (NULL if there was none), for the caller to put; NULL: it is put here. May sleep.
 */
int unshare_files(struct files_struct **displaced)
{
	struct files_struct *new, *old = NULL;
	int err = unshare_fd(&new);

	if (!err && new)
		install_files(new, &old);
	if (displaced)
		*displaced = old;
	else if (old)
		put_files_struct(old);
	return err;
}

#define UNSHARE_NAMESPACES						\
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET |	\
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWCGROUP | CLONE_NEWTIME)
#define UNSHARE_FLAGS							\
	(CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | \
	 CLONE_SYSVSEM | UNSHARE_NAMESPACES)

/* unshare(2), ERRORS: memory and handlers can be "unshared" only by one who has them alone. */
static int check_unshare_flags(unsigned long flags)
{
	if (flags & ~(unsigned long)UNSHARE_FLAGS)
		return -EINVAL;
	if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) && !thread_group_empty(current))
		return -EINVAL;
	if ((flags & (CLONE_SIGHAND | CLONE_VM)) && atomic_read(&current->sighand->count) > 1)
		return -EINVAL;
	if ((flags & CLONE_VM) && current->mm && atomic_read(&current->mm->mm_users) > 1)
		return -EINVAL;
	if (flags & UNSHARE_NAMESPACES) {
		if ((flags & UNSHARE_NAMESPACES & ~CLONE_NEWUSER) && !capable(CAP_SYS_ADMIN))
			return -EPERM;
		return -EINVAL;
	}
	return 0;
}

/* CLONE_SYSVSEM asks for nothing: there are no System V semaphores, so no undo lists to share. */
long __x64_sys_unshare(unsigned long flags)
{
	struct files_struct *new = NULL, *old;
	int err;

	if (flags & CLONE_NEWUSER)
		flags |= CLONE_THREAD | CLONE_FS;
	if (flags & CLONE_VM)
		flags |= CLONE_SIGHAND;
	if (flags & CLONE_SIGHAND)
		flags |= CLONE_THREAD;
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	err = check_unshare_flags(flags);
	if (err)
		return err;
	if (flags & CLONE_FILES) {
		err = unshare_fd(&new);
		if (err)
			return err;
	}
	if (flags & CLONE_FS) {
		err = unshare_fs_struct();
		if (err) {
			if (new)
				put_files_struct(new);
			return err;
		}
	}
	/* point of no return */
	if (new) {
		install_files(new, &old);
		put_files_struct(old);
	}
	return 0;
}
