/* SPDX-License-Identifier: MIT */
/*
 * The fixed part of /proc: a tree of proc_dir_entry, into which other parts of the kernel put files
 * by path ("meminfo", "sys/kernel/pid_max"); directories on the way come into being.
 *
 * proc_tree_lock protects the children lists; entries are never removed, so a pointer found stays
 * good, and a walk may drop the lock between two entries. Names that do not exist are not cached:
 * they may come. Linux's twin: fs/proc/generic.c.
 */
#include "internal.h"

static DEFINE_SPINLOCK(proc_tree_lock, LC_MISC_SPIN);
static ino_t next_ino = 0xf0000000;		/* proc_tree_lock */

struct proc_dir_entry proc_root = {
	.parent = &proc_root,
	.children = LIST_HEAD_INIT(proc_root.children),
	.mode = S_IFDIR | 0555,
	.nlink = 2,
	.ino = PROC_ROOT_INO,
};

/* proc_tree_lock held */
static struct proc_dir_entry *find_entry(struct proc_dir_entry *dir, const char *name, u32 len)
{
	struct proc_dir_entry *pde;

	list_for_each_entry(pde, &dir->children, node)
		if (pde->len == len && !memcmp(pde->name, name, len))
			return pde;
	return NULL;
}

/* Puts a fresh entry into dir. Returns it, or the one of that name that is there. */
static struct proc_dir_entry *add_entry(struct proc_dir_entry *dir, struct proc_dir_entry *fresh)
{
	struct proc_dir_entry *old;

	ASSERT(S_ISDIR(dir->mode));
	spin_lock(&proc_tree_lock);
	old = find_entry(dir, fresh->name, fresh->len);
	if (!old) {
		fresh->parent = dir;
		fresh->ino = next_ino++;
		list_add_tail(&fresh->node, &dir->children);
		if (S_ISDIR(fresh->mode))
			dir->nlink++;
	}
	spin_unlock(&proc_tree_lock);
	return old ? old : fresh;
}

static struct proc_dir_entry *new_entry(const char *name, u32 len, umode_t mode)
{
	struct proc_dir_entry *pde = kzalloc(sizeof(*pde) + len + 1, GFP_KERNEL);

	if (!pde)
		return NULL;
	memcpy(pde->name, name, len);
	pde->len = len;
	pde->mode = mode;
	pde->nlink = S_ISDIR(mode) ? 2 : 1;
	INIT_LIST_HEAD(&pde->children);
	return pde;
}

/*
 * The directory that "dir/.../name" lies in; *last is the name. NULL: no memory, or a file is in
 * the way.
 */
static struct proc_dir_entry *parent_of(const char *path, const char **last)
{
	struct proc_dir_entry *dir = &proc_root, *pde, *fresh;
	const char *slash;

	while ((slash = strchr(path, '/'))) {
		fresh = new_entry(path, slash - path, S_IFDIR | 0555);
		if (!fresh)
			return NULL;
		pde = add_entry(dir, fresh);
		if (pde != fresh)
			kfree(fresh);
		if (!S_ISDIR(pde->mode))
			return NULL;
		dir = pde;
		path = slash + 1;
	}
	*last = path;
	return dir;
}

/* Takes over what `template` says. 0, -EEXIST, -ENOMEM. */
static int create_entry(const char *path, const struct proc_dir_entry *template)
{
	const char *name;
	struct proc_dir_entry *dir = parent_of(path, &name), *pde;

	if (!dir)
		return -ENOMEM;
	pde = new_entry(name, strlen(name), template->mode);
	if (!pde)
		return -ENOMEM;
	pde->fops = template->fops;
	pde->show = template->show;
	pde->data = template->data;
	pde->target = template->target;
	pde->get_link = template->get_link;
	if (add_entry(dir, pde) != pde) {
		kfree(pde);
		return -EEXIST;
	}
	return 0;
}

/* ---------------------------------------------------------------- for the rest of the kernel */

/* read_iter or write_iter of a file that root may open so, and nobody can use so. */
ssize_t proc_no_transfer(struct file *file, struct iov_iter *iter, loff_t *pos)
{
	return -EIO;
}

static int proc_single_open(struct inode *inode, struct file *file)
{
	struct proc_dir_entry *pde = PROC_I(inode)->pde;

	return single_open(file, pde->show, pde->data);
}

static const struct file_operations proc_single_fops = {
	.open = proc_single_open,
	.read_iter = seq_read_iter,
	.write_iter = proc_no_transfer,
	.splice_read = generic_file_splice_read,
	.llseek = seq_lseek,
	.release = single_release,
};

int proc_create_single(const char *name, umode_t mode, int (*show)(struct seq_file *m, void *v),
		       void *data)
{
	return create_entry(name, &(struct proc_dir_entry){
		.mode = S_IFREG | (mode ? mode : 0444), .fops = &proc_single_fops, .show = show,
		.data = data });
}

/* data is the inode's i_private. */
int proc_create(const char *name, umode_t mode, const struct file_operations *fops, void *data)
{
	return create_entry(name, &(struct proc_dir_entry){
		.mode = S_IFREG | (mode ? mode : 0444), .fops = fops, .data = data });
}

int proc_mkdir(const char *name)
{
	int error = create_entry(name, &(struct proc_dir_entry){ .mode = S_IFDIR | 0555 });

	return error == -EEXIST ? 0 : error;
}

int proc_symlink(const char *name, const char *target)
{
	char *text = kstrdup(target, GFP_KERNEL);
	int error;

	if (!text)
		return -ENOMEM;
	error = create_entry(name, &(struct proc_dir_entry){
		.mode = S_IFLNK | 0777, .target = text });
	if (error)
		kfree(text);
	return error;
}

/* A link whose text depends on the reader. */
int proc_create_link(const char *name, proc_link_fn get_link)
{
	return create_entry(name, &(struct proc_dir_entry){
		.mode = S_IFLNK | 0777, .get_link = get_link });
}

/* ---------------------------------------------------------------- for the VFS */

static const char *proc_get_link(struct dentry *dentry, struct inode *inode, void **to_free)
{
	struct proc_dir_entry *pde = PROC_I(inode)->pde;

	return pde->get_link ? pde->get_link(dentry, inode, to_free) : pde->target;
}

static int proc_readdir(struct file *file, struct dir_context *ctx)
{
	return proc_readdir_fixed(file, ctx, PROC_I(file_inode(file))->pde);
}

static const struct inode_operations proc_link_iops = {
	.get_link = proc_get_link,
	.setattr = proc_setattr,
};
static const struct inode_operations proc_file_iops = { .setattr = proc_setattr };
static const struct inode_operations proc_dir_iops = {
	.lookup = proc_lookup,
	.setattr = proc_setattr,
};
static const struct file_operations proc_dir_fops = {
	.llseek = generic_file_llseek,
	.iterate = proc_readdir,
	.fsync = noop_fsync,
};

struct inode *proc_get_inode(struct super_block *sb, struct proc_dir_entry *pde)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = pde->ino;
	inode->i_mode = pde->mode;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	PROC_I(inode)->pde = pde;
	set_nlink(inode, READ_ONCE(pde->nlink));
	if (pde == &proc_root) {
		inode->i_op = &proc_root_inode_operations;
		inode->i_fop = &proc_root_operations;
	} else if (S_ISDIR(pde->mode)) {
		inode->i_op = &proc_dir_iops;
		inode->i_fop = &proc_dir_fops;
	} else if (S_ISLNK(pde->mode)) {
		inode->i_op = &proc_link_iops;
	} else {
		inode->i_op = &proc_file_iops;
		inode->i_fop = pde->fops;
		inode->i_private = pde->data;
	}
	return inode;
}

struct dentry *proc_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct proc_dir_entry *pde;
	struct inode *inode;

	spin_lock(&proc_tree_lock);
	pde = find_entry(PROC_I(dir)->pde, dentry->d_name.name, dentry->d_name.len);
	spin_unlock(&proc_tree_lock);
	if (!pde)
		return ERR_PTR(-ENOENT);
	inode = proc_get_inode(dir->i_sb, pde);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	d_add(dentry, inode);
	return NULL;
}

/* Positions 0 and 1 of every directory here. false: no room. */
bool proc_dir_emit_dots(struct file *file, struct dir_context *ctx)
{
	struct dentry *dentry = file_dentry(file);

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, d_inode(dentry)->i_ino, MODE_DT(S_IFDIR)))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, d_inode(dentry->d_parent)->i_ino, MODE_DT(S_IFDIR)))
			return false;
		ctx->pos = 2;
	}
	return true;
}

/* Positions 2 .. 2 + number of entries - 1. 1: all told, 0: no room. */
int proc_readdir_fixed(struct file *file, struct dir_context *ctx, struct proc_dir_entry *dir)
{
	struct list_head *p;
	loff_t n = 2;

	if (!proc_dir_emit_dots(file, ctx))
		return 0;
	spin_lock(&proc_tree_lock);
	for (p = dir->children.next; p != &dir->children; p = p->next, n++) {
		struct proc_dir_entry *pde = list_entry(p, struct proc_dir_entry, node);
		bool room;

		if (n < ctx->pos)
			continue;
		spin_unlock(&proc_tree_lock);
		room = dir_emit(ctx, pde->name, pde->len, pde->ino, MODE_DT(pde->mode));
		if (!room)
			return 0;
		ctx->pos = n + 1;
		spin_lock(&proc_tree_lock);
	}
	spin_unlock(&proc_tree_lock);
	return 1;
}
