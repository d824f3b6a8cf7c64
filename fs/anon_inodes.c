/* SPDX-License-Identifier: MIT */
/*
 * Files that are nothing but their operations and private_data: epoll, eventfd, timerfd, signalfd,
 * pidfd. They all stand on one inode of a pseudo file system that nobody can mount or walk.
 *
 *	descriptor --> file (own f_op, private_data) --> dentry "[eventfd]" --+
 *	descriptor --> file                          --> dentry "[timerfd]" --+--> the one inode
 *
 * So fstat(2) says the same of all of them: mode 0600 without a file type. They have no position:
 * pread(2) is -ESPIPE, though lseek(2) succeeds and does nothing. Opening one again by its link
 * in /proc/PID/fd is -ENXIO. Linux's twin: fs/anon_inodes.c.
 */
#include <vitrix/anon_inodes.h>
#include <vitrix/printf.h>
#include <vitrix/string.h>
#include <linux/magic.h>

static struct vfsmount *anon_inode_mnt;
static struct inode *anon_inode;

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv,
				int flags)
{
	struct file *file;

	ihold(anon_inode);
	file = alloc_file_pseudo(anon_inode, anon_inode_mnt, name,
				 flags & (O_ACCMODE | O_NONBLOCK), fops);
	if (IS_ERR(file)) {
		iput(anon_inode);
		return file;
	}
	file->f_mode &= ~(FMODE_PREAD | FMODE_PWRITE);
	file->private_data = priv;
	return file;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	int fd = get_unused_fd_flags(flags & O_CLOEXEC);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, priv, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	/* point of no return */
	fd_install(fd, file);
	return fd;
}

ssize_t anon_each_segment(struct file *file, struct iov_iter *iter,
			  ssize_t (*one)(struct file *file, struct iov_iter *segment))
{
	ssize_t done = 0, ret;

	for (;;) {
		size_t len = min(iter->count, iter->seg_left);
		struct iov_iter segment;

		iov_iter_ubuf(&segment, iter->base, len);
		ret = one(file, &segment);
		if (ret < 0)
			return done ? done : ret;
		done += ret;
		iter->count -= ret;
		if (ret != len || !iter->count)
			return done;
		do {
			ASSERT(iter->nr_segs);
			iter->base = iter->iov->iov_base;
			iter->seg_left = iter->iov->iov_len;
			iter->iov++;
			iter->nr_segs--;
		} while (!iter->seg_left);
	}
}

static char *anon_inodefs_dname(struct dentry *dentry, char *buf, int len)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "anon_inode:%s", dentry->d_name.name) + 1;

	if (n > len)
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buf + len - n, text, n);
}

static const struct dentry_operations anon_inodefs_dentry_ops = { .d_dname = anon_inodefs_dname };

static int anon_inodefs_fill_super(struct super_block *sb, const char *source, void *data,
				   int silent)
{
	sb->s_d_op = &anon_inodefs_dentry_ops;
	return init_pseudo_sb(sb, ANON_INODE_FS_MAGIC);
}

static struct file_system_type anon_inodefs_type = {
	.name = "anon_inodefs",
	.fill_super = anon_inodefs_fill_super,
};

static int anon_inode_no_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}

static const struct file_operations anon_inode_fops = { .open = anon_inode_no_open };

static int __init anon_inode_init(void)
{
	anon_inode_mnt = kern_mount(&anon_inodefs_type);
	if (IS_ERR(anon_inode_mnt))
		panic("cannot mount anon_inodefs");
	anon_inode = alloc_anon_inode(anon_inode_mnt->mnt_sb);
	if (IS_ERR(anon_inode))
		panic("no memory for the anonymous inode");
	anon_inode->i_fop = &anon_inode_fops;
	return 0;
}
device_initcall(anon_inode_init);
