/* SPDX-License-Identifier: MIT */
/*
 * tmpfs files without a name: the memory behind MAP_SHARED | MAP_ANONYMOUS, and memfd_create(2)
 * with its seals (fcntl F_ADD_SEALS), by which who made a file promises others that it will not
 * change.
 *
 * A write seal and a new writable mapping race: sealing looks through the file's mappings and sets
 * the seal under i_mmap_lock; mmap puts its area on that list under the lock, then looks for the
 * seal (memfd_write_sealed), and undoes the mapping. One of them sees the other. munmap takes the
 * pages out of the area, and flushes, before the area leaves the list (memfd_sealable).
 *
 * Linux's twin: mm/memfd.c, mm/shmem.c.
 */
#include "shmem.h"
#include <vitrix/printf.h>
#include <linux/memfd.h>
#include <generated/syscalls.h>

#define MEMFD_PREFIX	"memfd:"
#define MEMFD_NAME_MAX	(NAME_MAX - (sizeof(MEMFD_PREFIX) - 1))
#define ALL_SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | \
			 F_SEAL_FUTURE_WRITE)

/* ---- the mount that nobody sees ---- */

static struct vfsmount *shm_mnt;

/* "/memfd:x (deleted)", as it stands in /proc/PID/maps. */
static char *shm_dname(struct dentry *dentry, char *buf, int buflen)
{
	int n = snprintf(buf, buflen, "/%s (deleted)", dentry->d_name.name);

	return n < buflen ? buf : ERR_PTR(-ENAMETOOLONG);
}

static const struct dentry_operations shm_dentry_operations = { .d_dname = shm_dname };

static int shm_fill_super(struct super_block *sb, const char *source, void *data, int silent)
{
	sb->s_d_op = &shm_dentry_operations;
	return shmem_fill_unlimited(sb);
}

static struct file_system_type shm_type = {
	.name = "tmpfs",
	.fill_super = shm_fill_super,
};

static int shm_mount_init(void)
{
	shm_mnt = kern_mount(&shm_type);
	if (IS_ERR(shm_mnt))
		panic("tmpfs: no internal mount: %ld", PTR_ERR(shm_mnt));
	return 0;
}
device_initcall(shm_mount_init);

/* ---- files ---- */

/*
 * An unnamed file of size bytes, open for reading and writing. Unless vm_flags has VM_NORESERVE its
 * memory is promised now. ERR_PTR(-EINVAL, -ENOMEM, -ENFILE, -ENOSPC). May sleep.
 */
struct file *shmem_file_setup(const char *name, loff_t size, unsigned long vm_flags)
{
	long pages = 0;
	struct inode *inode;
	struct file *file;

	if (size < 0)
		return ERR_PTR(-EINVAL);
	if (!(vm_flags & VM_NORESERVE)) {
		pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
		if (vm_enough_memory(current->mm, pages))
			return ERR_PTR(-ENOMEM);
	}
	inode = shmem_get_inode(shm_mnt->mnt_sb, NULL, S_IFREG | 0777, 0);
	if (!inode) {
		vm_unacct_memory(pages);
		return ERR_PTR(-ENOSPC);
	}
	SHMEM_I(inode)->committed = pages;	/* given back when the inode goes */
	inode->i_size = size;
	clear_nlink(inode);
	file = alloc_file_pseudo(inode, shm_mnt, name, O_RDWR | O_LARGEFILE,
				 &shmem_file_operations);
	if (IS_ERR(file))
		iput(inode);
	return file;
}

/* Gives a shared anonymous area its file. mmap_lock held for write. */
int shmem_zero_setup(struct vm_area_struct *vma)
{
	struct file *file = shmem_file_setup("dev/zero", vma->vm_end - vma->vm_start,
					     vma->vm_flags);

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (vma->vm_file)
		fput(vma->vm_file);
	vma->vm_file = file;
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}

long __x64_sys_memfd_create(const char __user *uname, unsigned int flags)
{
	char name[sizeof(MEMFD_PREFIX) + MEMFD_NAME_MAX] = MEMFD_PREFIX;
	char *tail = name + sizeof(MEMFD_PREFIX) - 1;
	struct file *file;
	long len;
	int fd;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	len = strncpy_from_user(tail, uname, MEMFD_NAME_MAX + 1);
	if (len < 0)
		return len;
	if (len > MEMFD_NAME_MAX)
		return -EINVAL;
	fd = get_unused_fd_flags(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		return fd;
	file = shmem_file_setup(name, 0, VM_NORESERVE);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	if (flags & MFD_ALLOW_SEALING)
		SHMEM_I(file_inode(file))->seals &= ~F_SEAL_SEAL;
	fd_install(fd, file);
	return fd;
}

/* ---- seals ---- */

static bool is_shmem_file(struct file *file)
{
	return file->f_op == &shmem_file_operations;
}

/* May somebody forbid writing to it yet? */
bool memfd_sealable(struct file *file)
{
	return is_shmem_file(file) && !(READ_ONCE(SHMEM_I(file_inode(file))->seals) & F_SEAL_SEAL);
}

/* An area was just put on the file's list: is it one that a seal forbids? */
bool memfd_write_sealed(struct file *file)
{
	struct address_space *mapping = file->f_mapping;
	bool sealed;

	if (likely(!is_shmem_file(file)))
		return false;
	spin_lock(&mapping->i_mmap_lock);
	sealed = SHMEM_I(mapping->host)->seals & F_SEAL_WRITE;
	spin_unlock(&mapping->i_mmap_lock);
	return sealed;
}

/* Sets seals, unless they forbid writing and somebody can, through a mapping. i_mutex held. */
static int set_seals(struct inode *inode, unsigned int seals)
{
	struct address_space *mapping = inode->i_mapping;
	struct vm_area_struct *vma;
	int err = 0;

	spin_lock(&mapping->i_mmap_lock);
	if ((seals & F_SEAL_WRITE) && !(SHMEM_I(inode)->seals & F_SEAL_WRITE))
		list_for_each_entry(vma, &mapping->i_mmap, i_mmap_link)
			if (vma->vm_flags & VM_SHARED)
				err = -EBUSY;
	if (!err)
		SHMEM_I(inode)->seals |= seals;
	spin_unlock(&mapping->i_mmap_lock);
	return err;
}

static long add_seals(struct file *file, unsigned int seals)
{
	struct inode *inode = file_inode(file);
	long err;

	if (!(file->f_mode & FMODE_WRITE))
		return -EPERM;
	if (seals & ~ALL_SEALS)
		return -EINVAL;
	if (!is_shmem_file(file))
		return -EINVAL;
	inode_lock(inode);
	err = SHMEM_I(inode)->seals & F_SEAL_SEAL ? -EPERM : set_seals(inode, seals);
	inode_unlock(inode);
	return err;
}

/* fcntl(2): F_ADD_SEALS, F_GET_SEALS. */
long shmem_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_ADD_SEALS:
		return add_seals(file, arg);
	case F_GET_SEALS:
		return is_shmem_file(file) ? (long)SHMEM_I(file_inode(file))->seals : -EINVAL;
	default:
		return -EINVAL;
	}
}
