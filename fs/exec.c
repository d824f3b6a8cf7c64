/* SPDX-License-Identifier: MIT */
/*
 * execve(2): the process stays, its program goes. Linux's twin: fs/exec.c.
 *
 *   __x64_sys_execve -> do_execve -> exec_binprm -> search_binary_handler -> load_elf_binary
 *                                                     -> begin_new_exec (point of no return)
 *                                                     -> start_thread
 *
 * All that can fail without harm comes first: opening the file, building a new address space with
 * the argument strings at the top of its stack, recognising the format. At begin_new_exec() the old
 * address space is let go; what fails later can only kill the task.
 *
 *   new stack, high:  | null word | filename | env strings | arg strings |  <- bprm->p
 *
 * Locks: signal->cred_guard_mutex over the change of credentials. The new mm is nobody else's until
 * then.
 */
#include <vitrix/ptrace.h>
#include <vitrix/binfmts.h>
#include <vitrix/cred.h>
#include <vitrix/printk.h>
#include <vitrix/random.h>
#include <vitrix/signal.h>
#include <vitrix/string.h>
#include <generated/syscalls.h>
#include <arch/fpu.h>
#include <arch/tlbflush.h>
#include <linux/personality.h>
#include "exec.h"

#define MAX_INTERP_DEPTH 5

/* argv or envp: an array in user memory, or the kernel's own for process 1. */
struct arg_array {
	const char *const *user;
	const char *const *kernel;
	const u32 *compat;		/* the user's pointers have 32 bits */
};

static struct linux_binfmt *formats;
static DEFINE_SPINLOCK(binfmt_lock, LC_MISC_SPIN);

void register_binfmt(struct linux_binfmt *fmt)
{
	spin_lock(&binfmt_lock);
	fmt->next = formats;
	formats = fmt;
	spin_unlock(&binfmt_lock);
}

/* The nth string's address; NULL at the end; ERR_PTR(-EFAULT). */
static const char *arg_ptr(struct arg_array args, int n)
{
	const char *p;
	u32 narrow;

	if (args.kernel)
		return args.kernel[n];
	if (unlikely(args.compat)) {
		if (get_user(narrow, args.compat + n))
			return ERR_PTR(-EFAULT);
		return (const char *)(unsigned long)narrow;
	}
	if (get_user(p, args.user + n))
		return ERR_PTR(-EFAULT);
	return p;
}

static int count_args(struct arg_array args, int max)
{
	int n = 0;

	if (!args.user && !args.kernel && !args.compat)
		return 0;
	for (;; n++) {
		const char *p = arg_ptr(args, n);

		if (!p)
			return n;
		if (IS_ERR(p))
			return -EFAULT;
		if (n >= max)
			return -E2BIG;
		if (fatal_signal_pending(current))
			return -ERESTARTNOHAND;
		cond_resched();
	}
}

/*
 * How far down the strings may reach: a quarter of the stack limit, at least ARG_MAX, at most 6
 * MiB, less the pointers that will be pushed for them (execve(2), "Limits on size of arguments and
 * environment").
 */
static int set_arg_limits(struct linux_binprm *bprm)
{
	unsigned long limit = 8 * 1024 * 1024 / 4 * 3, ptr_size;

	limit = min(limit, (unsigned long)bprm->rlim_stack.rlim_cur / 4);
	limit = max_t(unsigned long, limit, ARG_MAX);
	ptr_size = (max(bprm->argc, 1) + bprm->envc) * sizeof(void *);
	if (limit <= ptr_size)
		return -E2BIG;
	bprm->argmin = bprm->p - (limit - ptr_size);
	return 0;
}

/* The stack page that holds pos, from the new mm, referenced. */
static struct page *get_arg_page(struct linux_binprm *bprm, unsigned long pos)
{
	struct page *page;

	mmap_write_lock(bprm->mm);
	if (pos < bprm->vma->vm_start && expand_stack(bprm->vma, pos)) {
		mmap_write_unlock(bprm->mm);
		return ERR_PTR(-E2BIG);
	}
	page = get_user_page_for_write(bprm->mm, pos & PAGE_MASK);
	mmap_write_unlock(bprm->mm);
	return page;
}

/* Copies len bytes to just below bprm->p. src is the user's, or the kernel's. */
static int push_bytes(struct linux_binprm *bprm, const char *src, size_t len, bool user)
{
	unsigned long pos = bprm->p;

	if (len > pos || pos - len < bprm->argmin)
		return -E2BIG;
	bprm->p -= len;
	while (len) {
		size_t offset = (pos - 1) & ~PAGE_MASK, bytes = min(len, offset + 1);
		struct page *page;
		char *to;
		int error = 0;

		if (fatal_signal_pending(current))
			return -ERESTARTNOHAND;
		cond_resched();
		pos -= bytes;
		len -= bytes;
		page = get_arg_page(bprm, pos);
		if (IS_ERR(page))
			return PTR_ERR(page);
		to = (char *)page_address(page) + offset_in_page(pos);
		if (user)
			error = copy_from_user(to, src + len, bytes) ? -EFAULT : 0;
		else
			memcpy(to, src + len, bytes);
		put_page(page);
		if (error)
			return error;
	}
	return 0;
}

int copy_string_kernel(const char *arg, struct linux_binprm *bprm)
{
	size_t len = strnlen(arg, MAX_ARG_STRLEN) + 1;

	return len > MAX_ARG_STRLEN ? -E2BIG : push_bytes(bprm, arg, len, false);
}

/* From the last to the first, so that the first lies lowest. */
static int copy_strings(int n, struct arg_array args, struct linux_binprm *bprm)
{
	while (n-- > 0) {
		const char *str = arg_ptr(args, n);
		long len;
		int error;

		if (IS_ERR_OR_NULL(str))
			return -EFAULT;
		if (args.kernel) {
			error = copy_string_kernel(str, bprm);
		} else {
			len = strnlen_user(str, MAX_ARG_STRLEN);
			if (!len)
				return -EFAULT;
			if (len > MAX_ARG_STRLEN)
				return -E2BIG;
			error = push_bytes(bprm, str, len, true);
		}
		if (error)
			return error;
	}
	return 0;
}

/* For #! scripts: the first argument goes, the interpreter's name takes its place. */
int remove_arg_zero(struct linux_binprm *bprm)
{
	unsigned long offset;
	bool end = false;

	if (!bprm->argc)
		return 0;
	while (!end) {
		struct page *page = get_arg_page(bprm, bprm->p);
		const char *kaddr;

		if (IS_ERR(page))
			return -EFAULT;
		kaddr = page_address(page);
		for (offset = offset_in_page(bprm->p); offset < PAGE_SIZE && !end;
		     offset++, bprm->p++)
			end = !kaddr[offset];
		put_page(page);
	}
	bprm->argc--;
	return 0;
}

int bprm_change_interp(const char *interp, struct linux_binprm *bprm)
{
	char *copy = kstrdup(interp, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	if (bprm->interp != bprm->filename)
		kfree(bprm->interp);
	bprm->interp = copy;
	return 0;
}

/*
 * The top of the new stack: settled at the beginning for a 64-bit program; that of a 32-bit one
 * moves down once it is known to be one. random_pages: a mask. A set-id program is not to be found
 * at an address of the caller's choice.
 */
unsigned long exec_random_stack_top(const struct linux_binprm *bprm, unsigned long top,
				    unsigned long random_pages)
{
	bool set_id = file_inode(bprm->file)->i_mode & (S_ISUID | S_ISGID);

	if (randomize_va_space && (set_id || !(current->personality & ADDR_NO_RANDOMIZE)))
		top -= (get_random_u64() & random_pages) << PAGE_SHIFT;
	return top;
}

/* A new address space with nothing but one page of stack. */
static int bprm_mm_init(struct linux_binprm *bprm)
{
	struct vm_area_struct *vma;
	struct mm_struct *mm = mm_alloc();
	int error = -ENOMEM;

	if (!mm)
		return -ENOMEM;
	bprm->mm = mm;
	bprm->rlim_stack = current->signal->rlim[RLIMIT_STACK];
	mmap_write_lock(mm);
	vma = vm_area_alloc(mm);
	if (!vma)
		goto unlock;
	vma->vm_end = exec_random_stack_top(bprm, STACK_TOP, 0x3fffff);
	vma->vm_start = vma->vm_end - PAGE_SIZE;
	vma->vm_flags = VM_STACK_FLAGS;
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	error = insert_vm_struct(mm, vma);
	if (error) {
		vm_area_free(vma);
		goto unlock;
	}
	mm->stack_vm = mm->total_vm = 1;
	bprm->vma = vma;
	bprm->p = vma->vm_end - sizeof(void *);
unlock:
	mmap_write_unlock(mm);
	return error;
}

struct file *open_exec(const char *name)
{
	struct file *file;
	int error;

	file = filp_open(name, O_RDONLY | __FMODE_EXEC_FLAG, 0);
	if (IS_ERR(file))
		return file;
	error = exec_check_file(file);
	if (error) {
		fput(file);
		return ERR_PTR(error);
	}
	return file;
}

/* Regular, executable, on a mount that allows it, and from here on not to be written. */
int exec_check_file(struct file *file)
{
	if (!S_ISREG(file_inode(file)->i_mode) || path_noexec(&file->f_path))
		return -EACCES;
	return deny_write_access(file);
}

static struct file *do_open_execat(int dfd, struct filename *name, int flags)
{
	struct open_flags op = {
		.open_flag = O_RDONLY | O_LARGEFILE | __FMODE_EXEC_FLAG,
		.acc_mode = MAY_EXEC | MAY_OPEN,
		.lookup_flags = LOOKUP_FOLLOW,
	};
	struct file *file;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return ERR_PTR(-EINVAL);
	if (flags & AT_SYMLINK_NOFOLLOW)
		op.lookup_flags &= ~LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		op.lookup_flags |= LOOKUP_EMPTY;
	file = do_filp_open(dfd, name, &op);
	if (IS_ERR(file))
		return file;
	error = exec_check_file(file);
	if (error) {
		fput(file);
		return ERR_PTR(error);
	}
	return file;
}

static void free_bprm(struct linux_binprm *bprm)
{
	if (bprm->mm)
		mmput(bprm->mm);
	if (bprm->cred) {
		mutex_unlock(current->signal->cred_guard_mutex);
		abort_creds(bprm->cred);
	}
	if (bprm->file) {
		allow_write_access(bprm->file);
		fput(bprm->file);
	}
	if (bprm->interp != bprm->filename)
		kfree(bprm->interp);
	kfree(bprm);
}

/* Each format is asked in turn until one does not say -ENOEXEC. */
__path int search_binary_handler(struct linux_binprm *bprm)
{
	int error = -ENOEXEC;
	loff_t pos = 0;
	ssize_t n;

	memset(bprm->buf, 0, BINPRM_BUF_SIZE);
	n = kernel_read(bprm->file, bprm->buf, BINPRM_BUF_SIZE, &pos);
	if (n < 0)
		return n;
	for (struct linux_binfmt *fmt = formats; fmt && error == -ENOEXEC; fmt = fmt->next) {
		error = fmt->load_binary(bprm);
		if (bprm->point_of_no_return)
			break;
	}
	return error;
}

/* The program, or, for scripts, its interpreter, and so on: each format may name the next file. */
__path int exec_binprm(struct linux_binprm *bprm)
{
	for (int depth = 0;; depth++) {
		struct file *file;
		int error;

		if (depth > MAX_INTERP_DEPTH)
			return -ELOOP;
		error = search_binary_handler(bprm);
		if (error < 0)
			return error;
		if (!bprm->interpreter)
			return 0;
		file = bprm->file;
		bprm->file = bprm->interpreter;
		bprm->interpreter = NULL;
		allow_write_access(file);
		fput(file);
	}
}

/* Strings and file into bprm, then the formats. */
static int bprm_execve(struct linux_binprm *bprm, struct arg_array argv, struct arg_array envp)
{
	pid_t old_pid;		/* a thread's, which becomes the leader's */
	int error;

	error = set_arg_limits(bprm);
	if (error)
		return error;
	error = copy_string_kernel(bprm->filename, bprm);
	if (error)
		return error;
	bprm->exec = bprm->p;
	error = copy_strings(bprm->envc, envp, bprm);
	if (error)
		return error;
	error = copy_strings(bprm->argc, argv, bprm);
	if (error)
		return error;
	/* An empty argv gets one empty string, so that programs find an argv[0]. */
	if (!bprm->argc) {
		error = copy_string_kernel("", bprm);
		if (error)
			return error;
		bprm->argc = 1;
	}
	if (mutex_lock_interruptible(current->signal->cred_guard_mutex))
		return -ERESTARTNOINTR;
	bprm->cred = prepare_creds();
	if (!bprm->cred) {
		mutex_unlock(current->signal->cred_guard_mutex);
		return -ENOMEM;
	}
	old_pid = current->pid;
	error = exec_binprm(bprm);
	if (!error)
		ptrace_event(PTRACE_EVENT_EXEC, old_pid);
	/* The old program is gone and the new one is not there: nobody is left to tell. */
	if (error && bprm->point_of_no_return && !fatal_signal_pending(current))
		force_sig(SIGSEGV);
	return error;
}

/* Consumes name. */
static int do_execveat_common(int dfd, struct filename *name, struct arg_array argv,
			      struct arg_array envp, int flags)
{
	struct linux_binprm *bprm;
	char fd_path[32];
	int error;

	if (IS_ERR(name))
		return PTR_ERR(name);
	/* Over its RLIMIT_NPROC after setuid() it may not start programs (execve(2), EAGAIN). */
	error = exec_check_nproc();
	if (error)
		goto out_name;
	error = -ENOMEM;
	bprm = kzalloc(sizeof(*bprm), GFP_KERNEL);
	if (!bprm)
		goto out_name;
	bprm->filename = bprm->interp = exec_display_name(dfd, name, fd_path, sizeof(fd_path));
	/* Before the file is looked for: of two errors this one wins, as on Linux. */
	error = bprm->argc = count_args(argv, MAX_ARG_STRINGS);
	if (error < 0)
		goto out_bprm;
	error = bprm->envc = count_args(envp, MAX_ARG_STRINGS);
	if (error < 0)
		goto out_bprm;
	bprm->file = do_open_execat(dfd, name, flags);
	if (IS_ERR(bprm->file)) {
		error = PTR_ERR(bprm->file);
		bprm->file = NULL;
		goto out_bprm;
	}
	error = bprm_mm_init(bprm);
	if (!error) {
		current->in_execve = 1;
		error = bprm_execve(bprm, argv, envp);
		current->in_execve = 0;
	}
out_bprm:
	free_bprm(bprm);
out_name:
	putname(name);
	return error;
}

__path long do_execve(struct filename *filename, const char *const *argv, const char *const *envp)
{
	struct arg_array args = { .user = argv }, env = { .user = envp };

	return do_execveat_common(AT_FDCWD, filename, args, env, 0);
}

/* Process 1's first program: strings are the kernel's. The caller goes to user mode itself. */
long kernel_execve(const char *filename, const char *const *argv, const char *const *envp)
{
	struct arg_array args = { .kernel = argv }, env = { .kernel = envp };
	int error;

	error = do_execveat_common(AT_FDCWD, getname_kernel(filename), args, env, 0);
	if (!error)
		current->flags &= ~PF_KTHREAD;
	return error;
}

__path long __x64_sys_execve(const char __user *filename, const char __user *const __user *argv,
			     const char __user *const __user *envp)
{
	return do_execve(getname(filename), argv, envp);
}

__path long __x64_sys_execveat(int dfd, const char __user *filename,
			       const char __user *const __user *argv,
			       const char __user *const __user *envp, int flags)
{
	struct arg_array args = { .user = argv }, env = { .user = envp };

	struct filename *name = getname_flags(filename,
					      (flags & AT_EMPTY_PATH) ? LOOKUP_EMPTY : 0);

	return do_execveat_common(dfd, name, args, env, flags);
}

/* argv and envp of a 32-bit program are arrays of 32-bit pointers. */
__path long __ia32_compat_sys_execve(const char __user *filename, const u32 __user *argv,
				     const u32 __user *envp)
{
	struct arg_array args = { .compat = argv }, env = { .compat = envp };

	return do_execveat_common(AT_FDCWD, getname(filename), args, env, 0);
}

__path long __ia32_compat_sys_execveat(int dfd, const char __user *filename,
				       const u32 __user *argv, const u32 __user *envp, int flags)
{
	struct arg_array args = { .compat = argv }, env = { .compat = envp };
	struct filename *name = getname_flags(filename,
					      (flags & AT_EMPTY_PATH) ? LOOKUP_EMPTY : 0);

	return do_execveat_common(dfd, name, args, env, flags);
}
