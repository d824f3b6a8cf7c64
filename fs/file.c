/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables: from a small number to an open file.
 *
 *	task->files --> files_struct --fdt--> fdtable { max_fds, fd[], open_fds, close_on_exec }
 *	  (threads share, fork copies)            fd[n]: one reference on the file
 *
 * The first 64 descriptors live in the files_struct itself. A bigger table replaces the smaller one
 * as a whole, so that readers who go by RCU see either the old or the new one.
 *
 *	bit in open_fds	fd[n]
 *	0		NULL		free
 *	1		NULL		reserved: get_unused_fd_flags() till fd_install()
 *	1		file		open
 *
 * fdget() borrows the table's reference while the table belongs to one task alone, for then nobody
 * can close the descriptor behind its back. Other tasks (procfs) only ever read.
 *
 * Locks: file_lock to change anything. next_fd: no free descriptor below it.
 * The system calls dup, close_range and the like are in file_dup.c. Linux's twin: fs/file.c.
 */
#include <vitrix/slab.h>
#include <vitrix/vmalloc.h>
#include <vitrix/rcu.h>
#include <vitrix/bitmap.h>
#include <vitrix/nospec.h>
#include <vitrix/string.h>
#include "internal.h"

unsigned int sysctl_nr_open = 1024 * 1024;
static struct kmem_cache *files_cachep;

struct files_struct init_files = {
	.count = ATOMIC_INIT(1),
	.fdt = &init_files.fdtab,
	.fdtab = {
		.max_fds = NR_OPEN_DEFAULT,
		.fd = init_files.fd_array,
		.close_on_exec = init_files.close_on_exec_init,
		.open_fds = init_files.open_fds_init,
	},
	.file_lock = SPINLOCK_INIT(LC_FILES),
};

/* ---------------------------------------------------------------- tables */

/* For at least n descriptors, in one piece of memory; NULL without memory. May sleep. */
static struct fdtable *alloc_fdtable(unsigned int n)
{
	struct fdtable *fdt;

	n = roundup_pow_of_two(max(n, NR_OPEN_DEFAULT * 2U));
	fdt = kvmalloc(sizeof(*fdt) + n * sizeof(struct file *) + n / 4, GFP_USER | __GFP_ZERO);
	if (!fdt)
		return NULL;
	fdt->max_fds = n;
	fdt->fd = (void *)(fdt + 1);
	fdt->open_fds = (void *)(fdt->fd + n);
	fdt->close_on_exec = fdt->open_fds + n / 64;
	return fdt;
}

static void fdtable_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct fdtable, rcu));
}

/* After it was replaced. May sleep: vfree() cannot be done by a callback. */
static void retire_fdtable(struct files_struct *files, struct fdtable *fdt)
{
	if (fdt == &files->fdtab)
		return;
	if (!is_vmalloc_addr(fdt)) {
		call_rcu(&fdt->rcu, fdtable_free_rcu);
		return;
	}
	synchronize_rcu();
	kvfree(fdt);
}

static void copy_fdtable(struct fdtable *new, const struct fdtable *old, unsigned int n)
{
	memcpy(new->fd, old->fd, n * sizeof(struct file *));
	memcpy(new->open_fds, old->open_fds, n / 8);
	memcpy(new->close_on_exec, old->close_on_exec, n / 8);
}

/*
 * Makes room for descriptor nr. file_lock held, let go and taken again. 0: nothing was to be done;
 * 1: done, look again; -EMFILE, -ENOMEM.
 */
int expand_files(struct files_struct *files, unsigned int nr)
{
	struct fdtable *old, *new;

	if (likely(nr < files->fdt->max_fds))
		return 0;
	if (nr >= sysctl_nr_open)
		return -EMFILE;
	spin_unlock(&files->file_lock);
	new = alloc_fdtable(nr + 1);
	spin_lock(&files->file_lock);
	if (!new)
		return -ENOMEM;
	old = files->fdt;
	if (old->max_fds >= new->max_fds) {
		spin_unlock(&files->file_lock);
		kvfree(new);
		spin_lock(&files->file_lock);
		return 1;
	}
	copy_fdtable(new, old, old->max_fds);
	rcu_assign_pointer(files->fdt, new);
	spin_unlock(&files->file_lock);
	retire_fdtable(files, old);
	spin_lock(&files->file_lock);
	return 1;
}

/* file_lock held: the first free descriptor from start on, below end, now reserved. */
int alloc_fd_locked(struct files_struct *files, unsigned int start, unsigned int end,
		    unsigned int flags)
{
	struct fdtable *fdt;
	unsigned int fd;
	int error;

	do {
		fdt = files->fdt;
		fd = max(start, files->next_fd);
		if (likely(fd < NR_OPEN_DEFAULT && ~fdt->open_fds[0] >> fd))
			fd += __ffs(~fdt->open_fds[0] >> fd);
		else if (fd < fdt->max_fds)
			fd = find_next_zero_bit(fdt->open_fds, fdt->max_fds, fd);
		if (unlikely(fd >= end))
			return -EMFILE;
		error = expand_files(files, fd);
		if (unlikely(error < 0))
			return error;
	} while (unlikely(error));
	ASSERT(!fdt->fd[fd]);
	if (start <= files->next_fd)
		files->next_fd = fd + 1;
	__set_bit(fd, fdt->open_fds);
	if (flags & O_CLOEXEC)
		__set_bit(fd, fdt->close_on_exec);
	else
		__clear_bit(fd, fdt->close_on_exec);
	return fd;
}

int get_unused_fd_flags(unsigned int flags)
{
	struct files_struct *files = current->files;
	int fd;

	spin_lock(&files->file_lock);
	fd = alloc_fd_locked(files, 0, min(rlimit(RLIMIT_NOFILE), 0x7fffffffUL), flags);
	spin_unlock(&files->file_lock);
	return fd;
}

/* file_lock held */
static inline void release_fd(struct files_struct *files, struct fdtable *fdt, unsigned int fd)
{
	__clear_bit(fd, fdt->open_fds);
	if (fd < files->next_fd)
		files->next_fd = fd;
}

void put_unused_fd(unsigned int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	ASSERT(fd < files->fdt->max_fds && !files->fdt->fd[fd]);
	release_fd(files, files->fdt, fd);
	spin_unlock(&files->file_lock);
}

void fd_install(unsigned int fd, struct file *file)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	ASSERT(!files->fdt->fd[fd]);
	rcu_assign_pointer(files->fdt->fd[fd], file);
	spin_unlock(&files->file_lock);
}

/* ---------------------------------------------------------------- from a number to a file */

/* With a reference; mask: FMODE_* that the file must not have. */
static struct file *fget_files(struct files_struct *files, unsigned int fd, unsigned int mask)
{
	struct file *file = NULL;
	struct fdtable *fdt;

	rcu_read_lock();
	for (;;) {
		fdt = rcu_dereference(files->fdt);
		if (fd >= fdt->max_fds)
			break;
		file = rcu_dereference(fdt->fd[array_index_nospec(fd, fdt->max_fds)]);
		if (!file || (file->f_mode & mask)) {
			file = NULL;
			break;
		}
		/* A count of 0: it is being closed, so the table must have changed. */
		if (likely(refcount_inc_not_zero(&file->f_count)))
			break;
	}
	rcu_read_unlock();
	return file;
}

static __always_inline struct fd __fdget(unsigned int fd, unsigned int mask)
{
	struct files_struct *files = current->files;
	struct file *file;

	if (likely(atomic_read(&files->count) == 1)) {
		struct fdtable *fdt = files->fdt;

		array_index_or_goto(fd, fdt->max_fds, none);
		file = fdt->fd[fd];
		if (unlikely(!file || (file->f_mode & mask)))
			return (struct fd){ NULL, 0 };
		return (struct fd){ file, 0 };
	}
	file = fget_files(files, fd, mask);
	return (struct fd){ file, file != NULL };
none:
	return (struct fd){ NULL, 0 };
}

struct fd fdget(unsigned int fd)
{
	return __fdget(fd, FMODE_PATH);
}

struct fd fdget_raw(unsigned int fd)
{
	return __fdget(fd, 0);
}

/*
 * With the file's position locked, where others could use the same file (dup, fork, threads): read
 * and write move it, and what one call does is not to be mixed with another's.
 */
struct fd fdget_pos(unsigned int fd)
{
	struct fd f = __fdget(fd, FMODE_PATH);

	if (likely(f.file) && (f.file->f_mode & FMODE_ATOMIC_POS) &&
	    unlikely(atomic_read(&f.file->f_count) > 1)) {
		mutex_lock(&f.file->f_pos_lock);
		f.put |= 2;
	}
	return f;
}

void fdput_pos(struct fd f)
{
	if (unlikely(f.put & 2))
		mutex_unlock(&f.file->f_pos_lock);
	fdput(f);
}

struct file *fget(unsigned int fd)
{
	return fget_files(current->files, fd, FMODE_PATH);
}

struct file *fget_raw(unsigned int fd)
{
	return fget_files(current->files, fd, 0);
}

/* Another task's, O_PATH files too. */
struct file *fget_task(struct task_struct *task, unsigned int fd)
{
	struct file *file = NULL;

	spin_lock(&task->alloc_lock);
	if (task->files)
		file = fget_files(task->files, fd, 0);
	spin_unlock(&task->alloc_lock);
	return file;
}

/*
 * f_mode of another task's descriptor, 0 if it is not open. No reference is taken: it could become
 * the last one, and who asks holds a directory's i_mutex, under which no file may be released.
 */
unsigned int fd_mode_task(struct task_struct *task, unsigned int fd)
{
	unsigned int mode = 0;
	struct fdtable *fdt;
	struct file *file;

	spin_lock(&task->alloc_lock);
	if (task->files) {
		rcu_read_lock();
		fdt = rcu_dereference(task->files->fdt);
		if (fd < fdt->max_fds) {
			file = rcu_dereference(fdt->fd[array_index_nospec(fd, fdt->max_fds)]);
			if (file)
				mode = READ_ONCE(file->f_mode) | FMODE_OPENED;
		}
		rcu_read_unlock();
	}
	spin_unlock(&task->alloc_lock);
	return mode;
}

int next_open_fd(struct files_struct *files, unsigned int from)
{
	struct fdtable *fdt;
	int fd = -1;

	rcu_read_lock();
	fdt = rcu_dereference(files->fdt);
	for (; from < fdt->max_fds; from++) {
		from = find_next_bit(fdt->open_fds, fdt->max_fds, from);
		if (from < fdt->max_fds && rcu_dereference(fdt->fd[from])) {
			fd = from;
			break;
		}
	}
	rcu_read_unlock();
	return fd;
}

/* ---------------------------------------------------------------- closing */

/* file_lock held: what was there, out of the table; NULL. */
struct file *pick_file(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = files->fdt;
	struct file *file;

	if (unlikely(fd >= fdt->max_fds))
		return NULL;
	fd = array_index_nospec(fd, fdt->max_fds);
	file = fdt->fd[fd];
	if (likely(file)) {
		rcu_assign_pointer(fdt->fd[fd], NULL);
		release_fd(files, fdt, fd);
	}
	return file;
}

int close_fd(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct file *file;

	spin_lock(&files->file_lock);
	file = pick_file(files, fd);
	spin_unlock(&files->file_lock);
	return file ? filp_close(file, files) : -EBADF;
}

/* exec: nobody else uses the table any more. */
void do_close_on_exec(struct files_struct *files)
{
	unsigned int fd = 0;

	spin_lock(&files->file_lock);
	for (;;) {
		struct fdtable *fdt = files->fdt;
		struct file *file;

		fd = find_next_bit(fdt->close_on_exec, fdt->max_fds, fd);
		if (fd >= fdt->max_fds)
			break;
		__clear_bit(fd, fdt->close_on_exec);
		file = pick_file(files, fd);
		if (!file)
			continue;
		spin_unlock(&files->file_lock);
		filp_close(file, files);
		cond_resched();
		spin_lock(&files->file_lock);
	}
	spin_unlock(&files->file_lock);
}

void put_files_struct(struct files_struct *files)
{
	struct fdtable *fdt;
	unsigned int fd = 0;

	if (!refcount_dec_and_test(&files->count))
		return;
	ASSERT(files != &init_files);
	/* Nobody but us can see the table. */
	for (fdt = files->fdt; fd < fdt->max_fds; fd++) {
		fd = find_next_bit(fdt->open_fds, fdt->max_fds, fd);
		if (fd >= fdt->max_fds)
			break;
		if (fdt->fd[fd]) {
			filp_close(fdt->fd[fd], files);
			cond_resched();
		}
	}
	if (fdt != &files->fdtab)
		kvfree(fdt);
	kmem_cache_free(files_cachep, files);
}

/* ---------------------------------------------------------------- fork, exit, unshare */

/* A copy of the table: every open file gets one more reference. NULL and *error = -ENOMEM. */
struct files_struct *dup_fd(struct files_struct *old, int *error)
{
	struct files_struct *new = kmem_cache_zalloc(files_cachep, GFP_KERNEL);
	struct fdtable *from, *to;
	unsigned int n;

	*error = -ENOMEM;
	if (!new)
		return NULL;
	atomic_set(&new->count, 1);
	spin_lock_init(&new->file_lock, LC_FILES);
	new->fdtab.max_fds = NR_OPEN_DEFAULT;
	new->fdtab.fd = new->fd_array;
	new->fdtab.open_fds = new->open_fds_init;
	new->fdtab.close_on_exec = new->close_on_exec_init;
	to = &new->fdtab;

	for (;;) {
		spin_lock(&old->file_lock);
		from = old->fdt;
		/* as many words of descriptors as are in use */
		for (n = from->max_fds; n > NR_OPEN_DEFAULT && !from->open_fds[n / 64 - 1];)
			n -= 64;
		if (likely(n <= to->max_fds))
			break;
		spin_unlock(&old->file_lock);
		if (to != &new->fdtab)
			kvfree(to);
		to = alloc_fdtable(n);
		if (!to) {
			kmem_cache_free(files_cachep, new);
			return NULL;
		}
	}
	for (unsigned int w = 0; w < n / 64; w++) {
		unsigned long open = from->open_fds[w];

		to->open_fds[w] = open;
		to->close_on_exec[w] = from->close_on_exec[w] & open;
		for (; open; open &= open - 1) {
			unsigned int fd = w * 64 + __ffs(open);
			struct file *file = from->fd[fd];

			if (file)
				to->fd[fd] = get_file(file);
			else	/* reserved by another thread, which will not install it here */
				__clear_bit(fd, to->open_fds);
		}
	}
	new->next_fd = old->next_fd;
	spin_unlock(&old->file_lock);
	/* A reservation that was left out may lie below. */
	new->next_fd = min(new->next_fd, (unsigned int)find_next_zero_bit(to->open_fds, to->max_fds,
									  0));
	new->fdt = to;
	*error = 0;
	return new;
}

int copy_files(unsigned long clone_flags, struct task_struct *tsk)
{
	struct files_struct *old = current->files;
	int error = 0;

	if (!old)	/* a kernel thread's */
		return 0;
	if (clone_flags & CLONE_FILES)
		refcount_inc(&old->count);
	else
		tsk->files = dup_fd(old, &error);
	return error;
}

void exit_files(struct task_struct *tsk)
{
	struct files_struct *files = tsk->files;

	if (!files)
		return;
	spin_lock(&tsk->alloc_lock);
	tsk->files = NULL;
	spin_unlock(&tsk->alloc_lock);
	put_files_struct(files);
}

void file_tables_init(void)
{
	files_cachep = kmem_cache_create("files_cache", sizeof(struct files_struct), 8, SLAB_PANIC);
}
