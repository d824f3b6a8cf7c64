/* SPDX-License-Identifier: MIT */
/*
 * Files that show a process's memory: mem, environ, auxv, cmdline. Linux's twin: fs/proc/base.c.
 *
 * mem, environ and auxv check the right to look when they are opened and keep that mm (by mm_count;
 * each read takes a user reference, or finds end of file). cmdline is everybody's to read.
 */
#include "internal.h"

static int mem_open_mm(struct inode *inode, struct file *file)
{
	struct task_struct *task = get_proc_task(inode);
	struct mm_struct *mm;

	if (!task)
		return -ESRCH;
	mm = mm_access(task, PTRACE_MODE_FSCREDS);
	put_task_struct(task);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	if (mm) {
		mmgrab(mm);
		mmput(mm);
	}
	file->private_data = mm;
	return 0;
}

static int mem_release(struct inode *inode, struct file *file)
{
	if (file->private_data)
		mmdrop(file->private_data);
	return 0;
}

/*
 * Copies [start, start + len) of mm through a page of our own; *pos moves. Bytes, -EFAULT of the
 * reader's buffer, or `unreadable` if not even the first byte is there.
 */
static ssize_t mm_to_iter(struct mm_struct *mm, unsigned long start, size_t len,
			  struct iov_iter *to, int unreadable)
{
	char *page = (char *)__get_free_page(GFP_KERNEL);
	ssize_t done = 0;

	if (!page)
		return -ENOMEM;
	while (len && iov_iter_count(to)) {
		size_t want = min_t(size_t, min(len, PAGE_SIZE), iov_iter_count(to)), copied;
		int n = access_remote_vm(mm, start, page, want, false);

		if (n <= 0) {
			done = done ? done : unreadable;
			break;
		}
		copied = copy_to_iter(page, n, to);
		done += copied;
		if (copied < n) {
			done = done ? done : -EFAULT;
			break;
		}
		start += n;
		len -= n;
		if (fatal_signal_pending(current))
			break;
	}
	free_page((unsigned long)page);
	return done;
}

/* ---------------------------------------------------------------- mem: position = address */

static ssize_t mem_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct mm_struct *mm = file->private_data;
	ssize_t n;

	if (!mm || !mmget_not_zero(mm))
		return 0;
	n = mm_to_iter(mm, *pos, iov_iter_count(to), to, -EIO);
	mmput(mm);
	if (n > 0)
		*pos += n;
	return n;
}

static ssize_t mem_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct mm_struct *mm = file->private_data;
	ssize_t done = 0;
	char *page;

	if (!mm || !mmget_not_zero(mm))
		return 0;
	page = (char *)__get_free_page(GFP_KERNEL);
	if (!page) {
		mmput(mm);
		return -ENOMEM;
	}
	while (iov_iter_count(from)) {
		size_t want = min_t(size_t, iov_iter_count(from), PAGE_SIZE);
		size_t got = copy_from_iter(page, want, from);
		int n = got ? access_remote_vm(mm, *pos + done, page, got, true) : -EFAULT;

		if (n <= 0) {
			done = done ? done : got ? -EIO : -EFAULT;
			break;
		}
		done += n;
		if (n < want || fatal_signal_pending(current))
			break;
	}
	free_page((unsigned long)page);
	mmput(mm);
	if (done > 0)
		*pos += done;
	return done;
}

static loff_t mem_llseek(struct file *file, loff_t offset, int whence)
{
	if (whence == 1)	/* SEEK_CUR */
		offset += file->f_pos;
	else if (whence != 0)
		return -EINVAL;
	return file->f_pos = offset;
}

const struct file_operations proc_mem_operations = {
	.open = mem_open_mm,
	.release = mem_release,
	.read_iter = mem_read,
	.write_iter = mem_write,
	.llseek = mem_llseek,
};

/* ---------------------------------------------------------------- environ, auxv */

/* The part of [start, end) from *pos on. */
static ssize_t read_window(struct mm_struct *mm, unsigned long start, unsigned long end,
			   struct iov_iter *to, loff_t *pos)
{
	ssize_t n;

	if (*pos < 0 || start >= end || *pos >= end - start)
		return 0;
	n = mm_to_iter(mm, start + *pos, end - start - *pos, to, -EIO);
	if (n > 0)
		*pos += n;
	return n;
}

static ssize_t environ_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct mm_struct *mm = file->private_data;
	unsigned long start, end;
	ssize_t n;

	/* env_end is 0 while exec is still building the new memory */
	if (!mm || !READ_ONCE(mm->env_end) || !mmget_not_zero(mm))
		return 0;
	mmap_read_lock(mm);
	start = mm->env_start;
	end = mm->env_end;
	mmap_read_unlock(mm);
	n = read_window(mm, start, end, to, pos);
	mmput(mm);
	return n;
}

const struct file_operations proc_environ_operations = {
	.open = mem_open_mm,
	.release = mem_release,
	.read_iter = environ_read,
	.llseek = mem_llseek,
};

static ssize_t auxv_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct mm_struct *mm = file->private_data;
	size_t words = 0;

	if (!mm)
		return 0;
	do
		words += 2;
	while (words < ARRAY_SIZE(mm->saved_auxv) && mm->saved_auxv[words - 2]);
	return simple_read_from_buffer(to, pos, mm->saved_auxv, words * sizeof(long));
}

const struct file_operations proc_auxv_operations = {
	.open = mem_open_mm,
	.release = mem_release,
	.read_iter = auxv_read,
	.llseek = generic_file_llseek,
};

/* ---------------------------------------------------------------- cmdline */

/*
 * A program that overwrote its arguments' last NUL has written its title there (setproctitle(3)):
 * then the line ends at the first NUL, which may lie in what was the environment.
 */
static unsigned long title_end(struct mm_struct *mm, unsigned long arg_start, unsigned long arg_end,
			       unsigned long env_end)
{
	unsigned long limit = min(env_end, arg_start + PAGE_SIZE);
	char *page, last = 0;
	int n;

	if (access_remote_vm(mm, arg_end - 1, &last, 1, false) != 1 || !last)
		return arg_end;
	page = (char *)__get_free_page(GFP_KERNEL);
	if (!page)
		return arg_end;
	n = limit > arg_start ? access_remote_vm(mm, arg_start, page, limit - arg_start, false) : 0;
	if (n > 0) {
		size_t len = strnlen(page, n);

		arg_end = arg_start + len + (len < n);
	}
	free_page((unsigned long)page);
	return arg_end;
}

static ssize_t cmdline_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct task_struct *task = get_proc_task(file_inode(file));
	unsigned long arg_start, arg_end, env_end;
	struct mm_struct *mm;
	ssize_t n = 0;

	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (!mm)
		return 0;
	mmap_read_lock(mm);
	arg_start = mm->arg_start;
	arg_end = mm->arg_end;
	env_end = mm->env_end;
	mmap_read_unlock(mm);
	if (env_end && arg_start < arg_end)
		n = read_window(mm, arg_start, title_end(mm, arg_start, arg_end, env_end), to, pos);
	mmput(mm);
	return n == -EIO ? 0 : n;
}

const struct file_operations proc_pid_cmdline_operations = {
	.read_iter = cmdline_read,
	.llseek = generic_file_llseek,
};
