/* SPDX-License-Identifier: MIT */
/*
 * File systems that are described by tables and functions (include/vitrix/kernfs.h).
 *
 *	lookup(name)   table, then entry(0), entry(1) ... until the name fits  -> a fresh inode
 *	readdir        the same walk; position in the file = 2 + number of the entry
 *
 * Nothing is kept but what the dentry cache keeps, and that only for names that exist. chmod and
 * chown would be forgotten with the inode, so they pin its dentry.
 * An inode's number is its directory's, shifted, and its own number there: the same each time.
 *
 * No locks of its own: tables are constant. Linux's twin: fs/kernfs/, which keeps a node for each
 * name; in what it does for tracefs, fs/tracefs/event_inode.c.
 */
#include <vitrix/kernfs.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>

#define ROOT_INO	1
#define INO_SHIFT	12
#define DT(mode)	(((mode) >> 12) & 15)	/* d_type of getdents(2) */

struct kernfs_inode {
	const struct kernfs_dir *dir;
	bool pinned;			/* the dentry has a reference of ours; i_mutex */
	struct inode vfs_inode;		/* i_private: data */
};

static struct kmem_cache *kernfs_inode_cachep;

static inline struct kernfs_inode *KERNFS_I(const struct inode *inode)
{
	return container_of((struct inode *)inode, struct kernfs_inode, vfs_inode);
}

static inline ino_t entry_ino(ino_t dir, unsigned int n)
{
	return dir << INO_SHIFT | (n + 2);
}

static inline umode_t entry_mode(const struct kernfs_entry *e)
{
	return (e->dir ? S_IFDIR : S_IFREG) | e->mode;
}

/* ---------------------------------------------------------------- what a directory says */

static unsigned int table_size(const struct kernfs_dir *dir)
{
	unsigned int n = 0;

	while (dir->table && dir->table[n].name)
		n++;
	return n;
}

static bool tables_entry(struct kernfs_table *t, unsigned int n, struct kernfs_entry *e)
{
	for (; t; t = t->next)
		for (const struct kernfs_entry *f = t->files; f->name; f++)
			if (n-- == 0) {
				*e = *f;
				return true;
			}
	return false;
}

void kernfs_add_table(struct kernfs_table **tables, struct kernfs_table *table)
{
	ASSERT(!table->next);
	while (*tables)
		tables = &(*tables)->next;
	*tables = table;
}

/* The n'th entry of all; its data filled in. false: there are less. */
static bool nth_entry(const struct kernfs_dir *dir, void *data, unsigned int n,
		      struct kernfs_entry *e)
{
	unsigned int fixed = table_size(dir);

	if (n >= KERNFS_MAX_ENTRIES)
		return false;
	if (n < fixed) {
		*e = dir->table[n];
	} else if (dir->tables) {
		if (!tables_entry(*dir->tables, n - fixed, e))
			return false;
	} else {
		*e = (struct kernfs_entry){ };
		if (!dir->entry || !dir->entry(data, n - fixed, e))
			return false;
	}
	if (!e->data)
		e->data = data;
	return true;
}

static bool find_entry(const struct kernfs_dir *dir, void *data, const char *name,
		       struct kernfs_entry *e, unsigned int *n)
{
	unsigned int fixed = table_size(dir), i;

	if (dir->find) {
		*e = (struct kernfs_entry){ };
		if (dir->find(data, name, e, &i)) {
			*n = fixed + i;
			if (!e->data)
				e->data = data;
			return true;
		}
	}
	for (*n = 0; (!dir->find || *n < fixed) && nth_entry(dir, data, *n, e); ++*n)
		if (!strcmp(e->name, name))
			return true;
	return false;
}

static unsigned int count_links(const struct kernfs_entry *self)
{
	struct kernfs_entry e;
	unsigned int links = 2;

	if (!self->dir)
		return 1;
	for (unsigned int n = 0; nth_entry(self->dir, self->data, n, &e); n++)
		links += e.dir != NULL;
	return links;
}

/* ---------------------------------------------------------------- for the VFS */

static const struct inode_operations kernfs_dir_iops, kernfs_file_iops;
static const struct file_operations kernfs_dir_fops;

static struct inode *make_inode(struct super_block *sb, const struct kernfs_entry *e, ino_t ino)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = ino;
	inode->i_mode = entry_mode(e);
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_private = e->data;
	KERNFS_I(inode)->dir = e->dir;
	set_nlink(inode, count_links(e));
	inode->i_op = e->dir ? &kernfs_dir_iops : &kernfs_file_iops;
	inode->i_fop = e->dir ? &kernfs_dir_fops : e->fops;
	if (!e->dir)
		inode->i_size = (loff_t)(unsigned long)sb->s_fs_info;
	return inode;
}

static struct dentry *kernfs_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct kernfs_entry e;
	struct inode *inode = NULL;
	unsigned int n;

	if (dentry->d_name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	if (find_entry(KERNFS_I(dir)->dir, dir->i_private, dentry->d_name.name, &e, &n)) {
		inode = make_inode(dir->i_sb, &e, entry_ino(dir->i_ino, n));
		if (!inode)
			return ERR_PTR(-ENOMEM);
	}
	d_add(dentry, inode);
	return NULL;
}

static int kernfs_readdir(struct file *file, struct dir_context *ctx)
{
	struct dentry *dentry = file_dentry(file);
	struct inode *inode = d_inode(dentry);
	struct kernfs_entry e;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, inode->i_ino, DT(S_IFDIR)))
			return 0;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, d_inode(dentry->d_parent)->i_ino, DT(S_IFDIR)))
			return 0;
		ctx->pos = 2;
	}
	if (ctx->pos > KERNFS_MAX_ENTRIES)
		return 0;
	while (nth_entry(KERNFS_I(inode)->dir, inode->i_private, ctx->pos - 2, &e)) {
		if (!dir_emit(ctx, e.name, strlen(e.name), entry_ino(inode->i_ino, ctx->pos - 2),
			      DT(entry_mode(&e))))
			break;
		ctx->pos++;
	}
	return 0;
}

/* The size is nobody's to change; O_TRUNC is a matter of the file's own open. */
static int kernfs_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int error = setattr_prepare(dentry, attr);

	if (error)
		return error;
	setattr_copy(inode, attr);
	if ((attr->ia_valid & (ATTR_MODE | ATTR_UID | ATTR_GID)) && !KERNFS_I(inode)->pinned) {
		KERNFS_I(inode)->pinned = true;
		dget(dentry);
	}
	return 0;
}

static const struct inode_operations kernfs_dir_iops = {
	.lookup = kernfs_lookup,
	.setattr = kernfs_setattr,
};
static const struct inode_operations kernfs_file_iops = { .setattr = kernfs_setattr };
static const struct file_operations kernfs_dir_fops = {
	.llseek = generic_file_llseek,
	.iterate = kernfs_readdir,
	.fsync = noop_fsync,
};

/* Names that do not exist are not kept: anybody can ask for any number of them. */
static int kernfs_delete_dentry(const struct dentry *dentry)
{
	return d_is_negative(dentry);
}

static const struct dentry_operations kernfs_dops = { .d_delete = kernfs_delete_dentry };

static struct inode *kernfs_alloc_inode(struct super_block *sb)
{
	struct kernfs_inode *ki = kmem_cache_alloc(kernfs_inode_cachep, GFP_KERNEL);

	if (!ki)
		return NULL;
	ki->dir = NULL;
	ki->pinned = false;
	return &ki->vfs_inode;
}

static void kernfs_free_inode(struct inode *inode)
{
	kmem_cache_free(kernfs_inode_cachep, KERNFS_I(inode));
}

static const struct super_operations kernfs_sops = {
	.alloc_inode = kernfs_alloc_inode,
	.free_inode = kernfs_free_inode,
	.statfs = simple_statfs,
};

int kernfs_fill_super(struct super_block *sb, unsigned long magic, const struct kernfs_entry *root,
		      loff_t file_size)
{
	struct inode *inode;

	ASSERT(root->dir);
	if (!kernfs_inode_cachep)	/* mounts are made one at a time */
		kernfs_inode_cachep = KMEM_CACHE(kernfs_inode, SLAB_PANIC);
	sb->s_magic = magic;
	sb->s_op = &kernfs_sops;
	sb->s_iflags |= SB_I_NOEXEC;
	sb->s_d_op = &kernfs_dops;
	sb->s_fs_info = (void *)(unsigned long)file_size;
	inode = make_inode(sb, root, ROOT_INO);
	if (!inode)
		return -ENOMEM;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}
