/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/maps: the areas of an address space, one line each. Linux's twin: fs/proc/task_mmu.c.
 * Left out: smaps, pagemap, clear_refs, numa_maps.
 *
 *	start-end perms offset dev inode        name
 *
 * The right to look is checked once, when the file is opened; the mm it had then is what the file
 * shows, held by mm_count, so that an open file does not keep a dead process's memory. Each read
 * takes a user reference (or finds that everybody has gone: end of file) and mmap_lock from start
 * to stop. Between reads the place is kept as an address: areas may come and go.
 */
#include <arch/vsyscall.h>
#include "internal.h"

#define NAME_COLUMN	72

struct maps_private {
	struct mm_struct *mm;		/* mm_count; NULL: the task has none */
};

/* No area of any mm: the page in the kernel's half that 64-bit programs may call. */
static struct vm_area_struct vsyscall_vma = {
	.vm_start = VSYSCALL_ADDR, .vm_end = VSYSCALL_ADDR + PAGE_SIZE,
};

/* Behind the last area. */
static struct vm_area_struct *last_vma(struct mm_struct *mm)
{
	vsyscall_vma.vm_flags = vsyscall_vm_flags();
	return vsyscall_vma.vm_flags && mm->task_size == TASK_SIZE_MAX ? &vsyscall_vma : NULL;
}

static void *maps_start(struct seq_file *m, loff_t *pos)
{
	struct maps_private *priv = m->private;
	struct vm_area_struct *vma;

	if (*pos < 0 || !priv->mm || !mmget_not_zero(priv->mm))
		return NULL;
	mmap_read_lock(priv->mm);
	vma = find_vma(priv->mm, *pos);
	if (!vma)
		vma = last_vma(priv->mm);
	if (vma)
		return vma;
	mmap_read_unlock(priv->mm);
	mmput(priv->mm);
	return NULL;
}

static void *maps_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct maps_private *priv = m->private;
	struct vm_area_struct *vma = v, *next = vma->vm_next;

	if (vma != &vsyscall_vma) {
		*pos = vma->vm_end;
		if (!next)
			next = last_vma(priv->mm);
		if (next)
			return next;
	}
	*pos = -1;
	mmap_read_unlock(priv->mm);
	mmput(priv->mm);
	return NULL;
}

/* NULL: start or next have let go already. */
static void maps_stop(struct seq_file *m, void *v)
{
	struct maps_private *priv = m->private;

	if (!v || IS_ERR(v))
		return;
	mmap_read_unlock(priv->mm);
	mmput(priv->mm);
}

static const char *vma_name(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;

	if (vma == &vsyscall_vma)
		return "[vsyscall]";
	if (vma->vm_ops && vma->vm_ops->name) {
		const char *name = vma->vm_ops->name(vma);

		if (name)
			return name;
	}
	if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk)
		return "[heap]";
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

static int maps_show(struct seq_file *m, void *v)
{
	struct vm_area_struct *vma = v;
	struct inode *inode = vma->vm_file ? file_inode(vma->vm_file) : NULL;
	unsigned long flags = vma->vm_flags;
	dev_t dev = inode ? inode->i_sb->s_dev : 0;
	size_t line = m->count;
	const char *name = NULL;

	seq_printf(m, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %lu ", vma->vm_start, vma->vm_end,
		   flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
		   flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p',
		   inode ? (u64)vma->vm_pgoff << PAGE_SHIFT : 0, MAJOR(dev),
		   MINOR(dev), inode ? inode->i_ino : 0);
	if (!inode)
		name = vma_name(vma);
	if (inode || name) {
		while (m->count - line < NAME_COLUMN && m->count < m->size)
			seq_putc(m, ' ');
		seq_putc(m, ' ');
		if (inode)
			seq_path(m, &vma->vm_file->f_path, "\n");
		else
			seq_puts(m, name);
	}
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations maps_seq_ops = {
	.start = maps_start,
	.next = maps_next,
	.stop = maps_stop,
	.show = maps_show,
};

static int maps_open(struct inode *inode, struct file *file)
{
	struct maps_private *priv = kzalloc(sizeof(*priv), GFP_KERNEL);
	struct task_struct *task = get_proc_task(inode);
	struct mm_struct *mm;
	int error = -ESRCH;

	if (!priv || !task) {
		error = priv ? error : -ENOMEM;
		goto out;
	}
	mm = mm_access(task, PTRACE_MODE_FSCREDS);
	error = PTR_ERR_OR_ZERO(mm);
	if (error)
		goto out;
	error = seq_open(file, &maps_seq_ops);
	if (!error) {
		priv->mm = mm;
		if (mm)
			mmgrab(mm);
		((struct seq_file *)file->private_data)->private = priv;
		priv = NULL;
	}
	if (mm)
		mmput(mm);
out:
	if (task)
		put_task_struct(task);
	kfree(priv);
	return error;
}

static int maps_release(struct inode *inode, struct file *file)
{
	struct maps_private *priv = ((struct seq_file *)file->private_data)->private;

	if (priv->mm)
		mmdrop(priv->mm);
	kfree(priv);
	return seq_release(inode, file);
}

const struct file_operations proc_pid_maps_operations = {
	.open = maps_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = maps_release,
};
