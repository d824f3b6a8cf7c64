/* SPDX-License-Identifier: MIT */
/*
 * For file systems that have no disk: their directories are the dentry cache itself.
 *
 * Each entry is pinned by one extra reference from its creation to its removal, so it never leaves
 * the cache; a lookup that misses therefore means that there is no such name.
 *
 *	create: d_instantiate(dentry, inode); dget(dentry)
 *	unlink: drop_nlink(inode); dput(dentry)
 *
 * Reading such a directory: entries have ids that fall along d_subdirs (newest first), and the
 * position in the file follows from the id. So a reader finds its way back after entries came and
 * went, and never sees one twice.
 *
 *	position   0    1    2 + (DIR_ID_TOP - d_id)
 *	           .    ..   entries
 *
 * Linux's twin: fs/libfs.c.
 */
#include <vitrix/mm.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <asm/statfs.h>
#include <linux/fs.h>
#include "internal.h"

#define DIR_ID_TOP 0x7ffffff0L		/* no d_id is higher: see attach_child() */
#define DT(mode) (((mode) >> 12) & 15)	/* d_type of getdents(2) */

/* ---------------------------------------------------------------- directories */

struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	if (dentry->d_name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	d_add(dentry, NULL);
	return NULL;
}

int dcache_dir_open(struct inode *inode, struct file *file)
{
	return 0;
}

int dcache_dir_close(struct inode *inode, struct file *file)
{
	return 0;
}

loff_t dcache_dir_lseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

static loff_t entry_pos(const struct dentry *d)
{
	return 2 + DIR_ID_TOP - d->d_id;
}

/*
 * The first entry at pos or behind it, with a reference. prev (whose reference goes): the one just
 * before pos if nothing moved, to start from there.
 */
static struct dentry *next_entry(struct dentry *dir, loff_t pos, struct dentry *prev)
{
	struct list_head *from = &dir->d_subdirs;
	struct dentry *d, *found = NULL;

	spin_lock(&dir->d_lock);
	if (prev && prev->d_parent == dir && !list_empty(&prev->d_child) &&
	    entry_pos(prev) + 1 == pos)
		from = &prev->d_child;
	for (from = from->next; from != &dir->d_subdirs; from = from->next) {
		d = list_entry(from, struct dentry, d_child);
		if (entry_pos(d) < pos)
			continue;
		spin_lock(&d->d_lock);
		if (d->d_inode && !d_unhashed(d) && atomic_read(&d->d_count) >= 0)
			found = dget(d);
		spin_unlock(&d->d_lock);
		if (found)
			break;
	}
	spin_unlock(&dir->d_lock);
	dput(prev);
	return found;
}

/* The directory's i_mutex is held, so names in it stand still. */
int dcache_readdir(struct file *file, struct dir_context *ctx)
{
	struct dentry *dir = file_dentry(file), *parent, *d = NULL;
	bool ok;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, dir->d_inode->i_ino, DT(S_IFDIR)))
			return 0;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		parent = dget_parent(dir);
		ok = dir_emit(ctx, "..", 2, parent->d_inode->i_ino, DT(S_IFDIR));
		dput(parent);
		if (!ok)
			return 0;
		ctx->pos = 2;
	}
	while ((d = next_entry(dir, ctx->pos, d))) {
		ctx->pos = entry_pos(d);
		if (!dir_emit(ctx, d->d_name.name, d->d_name.len, d->d_inode->i_ino,
			      DT(d->d_inode->i_mode))) {
			dput(d);
			break;
		}
		ctx->pos++;
	}
	return 0;
}

const struct file_operations simple_dir_operations = {
	.open = dcache_dir_open,
	.release = dcache_dir_close,
	.llseek = dcache_dir_lseek,
	.iterate = dcache_readdir,
	.fsync = noop_fsync,
};

const struct inode_operations simple_dir_inode_operations = {
	.lookup = simple_lookup,
};

/* ---------------------------------------------------------------- names come and go */

int simple_empty(struct dentry *dentry)
{
	struct dentry *d;
	int empty = 1;

	spin_lock(&dentry->d_lock);
	list_for_each_entry(d, &dentry->d_subdirs, d_child)
		if (d->d_inode && !d_unhashed(d)) {
			empty = 0;
			break;
		}
	spin_unlock(&dentry->d_lock);
	return empty;
}

/* ---------------------------------------------------------------- attributes, links */

int simple_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	int error = setattr_prepare(dentry, attr);

	if (error)
		return error;
	if ((attr->ia_valid & ATTR_SIZE) && attr->ia_size != i_size_read(inode)) {
		truncate_setsize(inode, attr->ia_size);
		inode->i_mtime = inode->i_ctime = current_time(inode);
	}
	setattr_copy(inode, attr);
	return 0;
}

int simple_statfs(struct dentry *dentry, struct statfs *buf)
{
	buf->f_type = dentry->d_sb->s_magic;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX;
	return 0;
}

const char *simple_get_link(struct dentry *dentry, struct inode *inode, void **to_free)
{
	return inode->i_private;
}

/* ---------------------------------------------------------------- files */

/* The part of from[0..available) that lies at *pos. */
ssize_t simple_read_from_buffer(struct iov_iter *to, loff_t *pos, const void *from,
				size_t available)
{
	size_t n, done;

	if (*pos < 0)
		return -EINVAL;
	if (*pos >= available || !iov_iter_count(to))
		return 0;
	n = min(iov_iter_count(to), available - (size_t)*pos);
	done = copy_to_iter(from + *pos, n, to);
	*pos += done;
	return done ? (ssize_t)done : -EFAULT;
}

int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return 0;
}

static const struct super_operations pseudo_ops = { .statfs = simple_statfs };

/* Pipes, anonymous inodes: a root that nobody ever walks from. For fill_super. */
int init_pseudo_sb(struct super_block *sb, unsigned long magic)
{
	struct inode *root;

	sb->s_magic = magic;
	sb->s_op = &pseudo_ops;
	root = new_inode(sb);
	if (!root)
		return -ENOMEM;
	root->i_ino = 1;
	root->i_mode = S_IFDIR | S_IRUSR | S_IWUSR;
	root->i_op = &simple_dir_inode_operations;
	root->i_fop = &simple_dir_operations;
	root->i_atime = root->i_mtime = root->i_ctime = current_time(root);
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}
