/* SPDX-License-Identifier: MIT */
/*
 * devtmpfs: a tmpfs in which the kernel itself makes the device nodes, so that user space only has
 * to mount it on /dev. There is one, mounted inside the kernel from the first node on; each mount
 * by user space shows it. What programs create in it (links, directories, sockets) lives beside the
 * kernel's nodes.
 *
 * Called by drivers, when they register. Everything goes through the file system's own operations
 * with the directory's i_mutex held, but without permission checks: the nodes are root's, whoever
 * caused them. Linux's twin: drivers/base/devtmpfs.c, which needs a thread of its own for that.
 * Left out: uevents.
 */
#include <vitrix/fs.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>

static struct vfsmount *dev_mnt;		/* set once, under dev_mutex */
static DEFINE_MUTEX(dev_mutex, LC_CRED_GUARD);	/* outside of what mounting takes */

static int devtmpfs_fill_super(struct super_block *sb, const char *source, void *data, int silent)
{
	struct file_system_type *tmpfs = get_fs_type("tmpfs");
	int error;

	if (!tmpfs)
		return -ENODEV;
	error = tmpfs->fill_super(sb, source, NULL, silent);
	if (!error)
		sb->s_root->d_inode->i_mode = S_IFDIR | 0755;
	return error;
}

static struct file_system_type devtmpfs_type = {
	.name = "devtmpfs",
	.fill_super = devtmpfs_fill_super,
	.single = true,
};

/* The root directory, or ERR_PTR if there is no devtmpfs. May sleep. */
static struct dentry *devtmpfs_root(void)
{
	struct vfsmount *mnt = smp_load_acquire(&dev_mnt);

	if (unlikely(!mnt)) {
		mutex_lock(&dev_mutex);
		mnt = dev_mnt;
		if (!mnt) {
			register_filesystem(&devtmpfs_type);
			mnt = kern_mount(&devtmpfs_type);
			if (!IS_ERR(mnt))
				smp_store_release(&dev_mnt, mnt);
		}
		mutex_unlock(&dev_mutex);
		if (IS_ERR(mnt))
			return ERR_CAST(mnt);
	}
	return dget(mnt->mnt_root);
}

/* dir's i_mutex held: its child of that name, negative if there is none. */
static struct dentry *dev_lookup(struct dentry *dir, const char *name, int len)
{
	struct qstr q = { .name = name, .len = len };
	struct dentry *d = d_lookup(dir, &q), *found;

	if (d)
		return d;
	d = d_alloc(dir, &q);
	if (!d)
		return ERR_PTR(-ENOMEM);
	found = d_inode(dir)->i_op->lookup(d_inode(dir), d, 0);
	if (!found)
		return d;
	dput(d);
	return found;
}

/* dir's i_mutex held, dentry negative. dev 0: a directory. */
static int dev_create(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct inode *inode;
	int error;

	if (S_ISDIR(mode))
		error = dir->i_op->mkdir(dir, dentry, mode & ~S_IFMT);
	else
		error = dir->i_op->mknod(dir, dentry, mode, dev);
	inode = dentry->d_inode;
	if (error || !inode)
		return error;
	inode_lock(inode);
	inode->i_mode = (inode->i_mode & S_IFMT) | (mode & ~S_IFMT);
	inode->i_uid = 0;
	inode->i_gid = 0;
	inode_unlock(inode);
	return 0;
}

/*
 * The directory that holds the last component of name, referenced; *last is that component. create:
 * makes the directories on the way, as mode 0755.
 */
static struct dentry *dev_parent(const char *name, const char **last, bool create)
{
	struct dentry *dir = devtmpfs_root(), *child;
	const char *slash;
	int error;

	while (!IS_ERR(dir) && (slash = strchr(name, '/'))) {
		inode_lock(d_inode(dir));
		child = dev_lookup(dir, name, slash - name);
		error = PTR_ERR_OR_ZERO(child);
		if (!error && d_is_negative(child))
			error = !create ? -ENOENT :
				dev_create(d_inode(dir), child, S_IFDIR | 0755, 0);
		if (!error && !d_is_dir(child))
			error = -ENOTDIR;
		inode_unlock(d_inode(dir));
		if (error && !IS_ERR(child))
			dput(child);
		dput(dir);
		dir = error ? ERR_PTR(error) : child;
		name = slash + 1;
	}
	*last = name;
	return dir;
}

/* name "input/event0"; mode without type: a character device. 0, -EEXIST, -ENOMEM. May sleep. */
int devtmpfs_create_node(const char *name, umode_t mode, dev_t dev)
{
	struct dentry *dir = dev_parent(name, &name, true), *dentry;
	int error;

	if (IS_ERR(dir))
		return PTR_ERR(dir);
	if (!(mode & S_IFMT))
		mode |= S_IFCHR;
	ASSERT(S_ISCHR(mode) || S_ISBLK(mode));
	inode_lock(d_inode(dir));
	dentry = dev_lookup(dir, name, strlen(name));
	error = PTR_ERR_OR_ZERO(dentry);
	if (!error) {
		error = !d_is_negative(dentry) ? -EEXIST :
			dev_create(d_inode(dir), dentry, mode, dev);
		dput(dentry);
	}
	inode_unlock(d_inode(dir));
	dput(dir);
	return error;
}

/* Only a device node goes, not what user space put in its place. 0, -ENOENT, -EPERM. Sleeps. */
int devtmpfs_delete_node(const char *name)
{
	struct dentry *dir = dev_parent(name, &name, false), *dentry;
	struct inode *inode;
	int error;

	if (IS_ERR(dir))
		return PTR_ERR(dir);
	inode_lock(d_inode(dir));
	dentry = dev_lookup(dir, name, strlen(name));
	error = PTR_ERR_OR_ZERO(dentry);
	if (!error) {
		inode = dentry->d_inode;
		if (!inode)
			error = -ENOENT;
		else if (!S_ISCHR(inode->i_mode) && !S_ISBLK(inode->i_mode))
			error = -EPERM;
		if (!error) {
			inode_lock(inode);
			error = d_inode(dir)->i_op->unlink(d_inode(dir), dentry);
			inode_unlock(inode);
		}
		if (!error)
			d_delete(dentry);
		dput(dentry);
	}
	inode_unlock(d_inode(dir));
	dput(dir);
	return error;
}

/* User space may mount it even if no driver made a node. */
static int __init devtmpfs_init(void)
{
	struct dentry *root = devtmpfs_root();

	if (IS_ERR(root))
		return PTR_ERR(root);
	dput(root);
	return 0;
}
device_initcall(devtmpfs_init);
