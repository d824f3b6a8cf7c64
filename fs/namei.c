/* SPDX-License-Identifier: MIT */
/*
 * From a path to a dentry: one component after the other.
 *
 *	"/usr/bin/vi", /usr/bin/vi -> ../lib/vim
 *
 *	nd->path:  /  --usr-->  /usr  --bin-->  /usr/bin  --vi: a link-->  stays, and walks
 *	    "../lib/vim" before what is left of the path; nd->stack remembers the link and the rest
 *
 * link_path_walk() does all components but the last, since what becomes of the last is the caller's
 * matter: look it up (here), open it (namei_open.c), create or remove it (namei_ops.c).
 *
 * Names come from getname() (filename.c). Each step: may the directory be searched; is the name in
 * the dentry cache, without any lock; if not, ask the file system with the directory's i_mutex
 * held; cross mounts; follow links. Where the walk stands it holds references, so no removal or
 * umount can pull the ground away.
 *
 * Linux's twin: fs/namei.c. Left out: walking without references (RCU-walk), automounts, case
 * folding.
 */
#include <vitrix/slab.h>
#include <vitrix/hash.h>
#include <vitrix/string.h>
#include <vitrix/cred.h>
#include "internal.h"

/* ---------------------------------------------------------------- beginning and end of a walk */

void nd_set(struct nameidata *nd, int dfd, struct filename *name, unsigned int flags,
	    const struct path *root)
{
	nd->path = (struct path){ NULL, NULL };
	nd->root = (struct path){ NULL, NULL };
	if (root) {
		nd->root = *root;
		path_get(root);
	}
	nd->flags = flags;
	nd->last_type = LAST_ROOT;
	nd->links = 0;
	nd->depth = 0;
	nd->name = name;
	nd->dfd = dfd;
}

static void set_root(struct nameidata *nd)
{
	if (!nd->root.mnt)
		get_fs_root(current->fs, &nd->root);
}

/* Where openat2(2) says "beneath" or "in root", the starting point is the root of the walk. */
static void start_is_root(struct nameidata *nd)
{
	if (nd->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)) {
		nd->root = nd->path;
		path_get(&nd->root);
	}
}

static int start_at_fd(struct nameidata *nd, const char *s)
{
	struct fd f = fdget_raw(nd->dfd);
	int error = 0;

	if (!f.file)
		return -EBADF;
	if (*s && !d_is_dir(f.file->f_path.dentry)) {
		error = -ENOTDIR;
	} else {
		nd->path = f.file->f_path;
		path_get(&nd->path);
	}
	fdput(f);
	return error;
}

/* Sets nd->path to where the walk begins; the text to walk, or ERR_PTR(-EBADF,
 * -ENOTDIR, -EXDEV). */
const char *path_init(struct nameidata *nd)
{
	const char *s = nd->name->name;
	int error;

	if (*s == '/' && !(nd->flags & LOOKUP_IN_ROOT)) {
		if (nd->flags & LOOKUP_BENEATH)
			return ERR_PTR(-EXDEV);
		if (nd->root.mnt) {
			nd->path = nd->root;
			path_get(&nd->path);
		} else {
			get_fs_root(current->fs, &nd->path);
		}
		return s;
	}
	if (nd->root.mnt) {			/* the caller gave a root: relative to it too */
		nd->path = nd->root;
		path_get(&nd->path);
		return s;
	}
	if (nd->dfd == AT_FDCWD) {
		get_fs_pwd(current->fs, &nd->path);
	} else {
		error = start_at_fd(nd, s);
		if (error)
			return ERR_PTR(error);
	}
	start_is_root(nd);
	return s;
}

/* Forgets the topmost link; what stands behind it in the path (NULL: it ended the path). */
static const char *pop_link(struct nameidata *nd)
{
	struct saved_link *l;

	ASSERT(nd->depth > 0);
	l = &nd->stack[--nd->depth];
	path_put(&l->link);
	if (l->to_free)
		kfree(l->to_free);
	return l->rest;
}

void terminate_walk(struct nameidata *nd)
{
	while (nd->depth)
		pop_link(nd);
	path_put(&nd->path);
	path_put(&nd->root);
	nd->path = nd->root = (struct path){ NULL, NULL };
}

/* ---------------------------------------------------------------- one component */

/* d (consumed) if the file system still stands by it, else NULL; ERR_PTR from d_revalidate. */
static struct dentry *revalidate(struct dentry *d, unsigned int flags)
{
	int valid;

	if (!d || !d->d_op || !d->d_op->d_revalidate)
		return d;
	valid = d->d_op->d_revalidate(d, flags);
	if (likely(valid > 0))
		return d;
	if (!valid)
		d_invalidate(d);
	dput(d);
	return valid ? ERR_PTR(valid) : NULL;
}

/* In the cache and still valid: a reference; NULL: not there; ERR_PTR from d_revalidate. */
struct dentry *lookup_fast(struct dentry *parent, const struct qstr *name, unsigned int flags)
{
	return revalidate(__d_lookup(parent, name), flags);
}

/* The parent's i_mutex is held, name->hash set. Asks the file system if need be; may
 * be negative. */
struct dentry *lookup_locked(struct dentry *parent, const struct qstr *name, unsigned int flags)
{
	struct inode *dir = parent->d_inode;
	struct dentry *d = lookup_fast(parent, name, flags), *other;

	if (d)
		return d;
	if (IS_DEADDIR(dir))
		return ERR_PTR(-ENOENT);
	if (unlikely(!dir->i_op->lookup))
		return ERR_PTR(-ENOTDIR);
	d = d_alloc(parent, name);
	if (!d)
		return ERR_PTR(-ENOMEM);
	other = dir->i_op->lookup(dir, d, flags);
	if (likely(!other))
		return d;
	dput(d);
	return other;
}

static struct dentry *lookup_slow(struct dentry *parent, const struct qstr *name,
				  unsigned int flags)
{
	struct dentry *d;

	inode_lock(parent->d_inode);
	d = lookup_locked(parent, name, flags);
	inode_unlock(parent->d_inode);
	return d;
}

/*
 * nd->last in nd->path, mounts crossed, links not followed: *next, whose mnt is referenced only if
 * it is not nd->path.mnt. May be negative. 0 or -errno.
 */
int lookup_component(struct nameidata *nd, struct path *next)
{
	struct dentry *parent = nd->path.dentry, *d;

	if (unlikely(nd->last.len > NAME_MAX))
		return -ENAMETOOLONG;
	nd->last.hash = full_name_hash(parent, nd->last.name, nd->last.len);
	d = __d_lookup(parent, &nd->last);
	if (unlikely(!d || d->d_op)) {
		d = revalidate(d, nd->flags);
		if (!d)
			d = lookup_slow(parent, &nd->last, nd->flags);
		if (IS_ERR(d))
			return PTR_ERR(d);
	}
	next->mnt = nd->path.mnt;
	next->dentry = d;
	if (unlikely(READ_ONCE(d->d_flags) & DCACHE_MOUNTED))
		follow_mounts(next, nd->path.mnt);
	return 0;
}

static void put_next(struct nameidata *nd, struct path *next)
{
	dput(next->dentry);
	if (next->mnt != nd->path.mnt)
		mntput(next->mnt);
}

static int jump_to_root(struct nameidata *nd)
{
	if (nd->flags & LOOKUP_BENEATH)
		return -EXDEV;
	set_root(nd);
	if ((nd->flags & LOOKUP_NO_XDEV) && nd->root.mnt != nd->path.mnt)
		return -EXDEV;
	path_get(&nd->root);
	path_put(&nd->path);
	nd->path = nd->root;
	return 0;
}

/* A link that leads to an object, not to a text (/proc/PID/fd/N): the walk goes on there. */
static int follow_magic_link(struct nameidata *nd, struct path *link)
{
	struct path target;
	int error = -ELOOP;

	if (!(nd->flags & LOOKUP_NO_MAGICLINKS))
		error = link->dentry->d_inode->i_op->get_link_path(link->dentry,
								   link->dentry->d_inode, &target);
	path_put(link);
	if (error)
		return error;
	if ((nd->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)) ||
	    ((nd->flags & LOOKUP_NO_XDEV) && target.mnt != nd->path.mnt)) {
		path_put(&target);
		return -EXDEV;
	}
	path_put(&nd->path);
	nd->path = target;
	return 0;
}

/* link's references are consumed. The text to walk next, NULL after a magic link, or ERR_PTR. */
static const char *follow_link(struct nameidata *nd, struct path *link, const char *rest)
{
	const struct inode_operations *op = link->dentry->d_inode->i_op;
	struct saved_link *l;
	const char *text;
	int error = -ELOOP;

	if (link->mnt == nd->path.mnt)
		mntget(link->mnt);
	if (nd->links++ >= MAXSYMLINKS || (nd->flags & LOOKUP_NO_SYMLINKS))
		goto fail;
	touch_atime(link);
	if (op->get_link_path)
		return ERR_PTR(follow_magic_link(nd, link));
	l = &nd->stack[nd->depth];
	l->to_free = NULL;
	error = -EINVAL;
	if (!op->get_link)
		goto fail;
	text = op->get_link(link->dentry, link->dentry->d_inode, &l->to_free);
	if (IS_ERR_OR_NULL(text)) {
		error = text ? PTR_ERR(text) : -ENOENT;
		goto fail;
	}
	l->link = *link;
	l->rest = rest;
	nd->depth++;
	error = *text == '/' ? jump_to_root(nd) : *text ? 0 : -ENOENT;
	return error ? ERR_PTR(error) : text;
fail:
	path_put(link);
	return ERR_PTR(error);
}

/* What step_into() did not do at once: links, mounts, names that are not there. */
const char *step_into_slow(struct nameidata *nd, struct path *next, const char *rest, bool follow)
{
	struct inode *inode = next->dentry->d_inode;

	if (unlikely(!inode)) {
		put_next(nd, next);
		return ERR_PTR(-ENOENT);
	}
	if (unlikely((nd->flags & LOOKUP_NO_XDEV) && next->mnt != nd->path.mnt)) {
		put_next(nd, next);
		return ERR_PTR(-EXDEV);
	}
	if (unlikely(S_ISLNK(inode->i_mode)) && follow)
		return follow_link(nd, next, rest);
	dput(nd->path.dentry);
	if (unlikely(next->mnt != nd->path.mnt))
		mntput(nd->path.mnt);
	nd->path = *next;
	return NULL;
}

/* ".." never leaves the root of the walk, and leaves a mount through the directory that
 * it covers. */
static int follow_dotdot(struct nameidata *nd)
{
	struct vfsmount *start = nd->path.mnt;
	struct dentry *parent;

	set_root(nd);
	for (;;) {
		if (path_equal(&nd->path, &nd->root)) {
			if (nd->flags & LOOKUP_BENEATH)
				return -EXDEV;
			break;
		}
		if (nd->path.dentry != nd->path.mnt->mnt_root) {
			parent = dget_parent(nd->path.dentry);
			dput(nd->path.dentry);
			nd->path.dentry = parent;
			/* A rename may have moved us out of what a bind mount shows. */
			if (unlikely(nd->path.mnt->mnt_root != parent->d_sb->s_root) &&
			    !is_subdir(parent, nd->path.mnt->mnt_root))
				return -ENOENT;
			break;
		}
		if (!follow_up(&nd->path))
			break;
	}
	follow_mounts(&nd->path, NULL);
	if ((nd->flags & LOOKUP_NO_XDEV) && nd->path.mnt != start)
		return -EXDEV;
	return 0;
}

/* A last component that is no name. */
const char *handle_dots(struct nameidata *nd)
{
	return nd->last_type == LAST_DOTDOT ? ERR_PTR(follow_dotdot(nd)) : NULL;
}

/* ---------------------------------------------------------------- the walk */

static inline int may_search(struct nameidata *nd)
{
	struct inode *dir = nd->path.dentry->d_inode;

	if (likely(!dir->i_op->permission && (dir->i_mode & 0111) == 0111))
		return 0;
	return inode_permission(dir, MAY_EXEC);
}

/* Sets nd->last and last_type; returns what follows the name. */
static inline const char *next_name(struct nameidata *nd, const char *s)
{
	const char *start = s;

	while (*s && *s != '/')
		s++;
	nd->last.name = start;
	nd->last.len = s - start;
	nd->last_type = LAST_NORM;
	if (unlikely(*start == '.')) {
		if (nd->last.len == 1)
			nd->last_type = LAST_DOT;
		else if (nd->last.len == 2 && start[1] == '.')
			nd->last_type = LAST_DOTDOT;
	}
	return s;
}

/* All but the last component of s and of the links on the way. 0: nd->last is to be dealt with. */
__bounded_frame int link_path_walk(const char *s, struct nameidata *nd)
{
	const char *end;
	struct path next;
	int error;

	if (IS_ERR(s))
		return PTR_ERR(s);
	for (;;) {
		while (*s == '/')
			s++;
		if (!*s) {
			if (nd->depth && nd->stack[nd->depth - 1].rest) {
				s = pop_link(nd);	/* the link was just "/" */
				continue;
			}
			nd->last_type = LAST_ROOT;
			return 0;
		}
		error = may_search(nd);
		if (error)
			return error;
		end = s = next_name(nd, s);
		while (*s == '/')
			s++;
		if (!*s && !(nd->depth && nd->stack[nd->depth - 1].rest)) {
			if (s != end)
				nd->flags |= LOOKUP_DIRECTORY | LOOKUP_FOLLOW;
			return 0;
		}
		if (nd->last_type == LAST_NORM) {
			error = lookup_component(nd, &next);
			if (error)
				return error;
			/* The name may lie in the link's text: only from here on it is
			 * not needed. */
			if (!*s)
				s = pop_link(nd);
			end = step_into(nd, &next, s, true);
			if (IS_ERR(end))
				return PTR_ERR(end);
			if (end) {
				s = end;
				continue;
			}
		} else {
			error = nd->last_type == LAST_DOTDOT ? follow_dotdot(nd) : 0;
			if (error)
				return error;
			if (!*s)
				s = pop_link(nd);
		}
		if (unlikely(!d_is_dir(nd->path.dentry)))
			return -ENOTDIR;
	}
}

/* A path that ends in a slash, or was asked to be one, must be a directory. */
int complete_walk(struct nameidata *nd)
{
	if ((nd->flags & LOOKUP_DIRECTORY) && !d_is_dir(nd->path.dentry))
		return -ENOTDIR;
	return 0;
}

static const char *lookup_last(struct nameidata *nd)
{
	struct path next;
	int error;

	if (nd->last_type != LAST_NORM)
		return handle_dots(nd);
	error = lookup_component(nd, &next);
	if (error)
		return ERR_PTR(error);
	return step_into(nd, &next, NULL, nd->flags & LOOKUP_FOLLOW);
}

static int path_lookupat(struct nameidata *nd, struct path *path)
{
	const char *s = path_init(nd);
	int error;

	while (!(error = link_path_walk(s, nd))) {
		s = lookup_last(nd);
		if (!s)
			break;
	}
	if (!error)
		error = complete_walk(nd);
	if (!error) {
		*path = nd->path;
		nd->path = (struct path){ NULL, NULL };
	}
	terminate_walk(nd);
	return error;
}

/* Consumes name (which may be an ERR_PTR). root: instead of the task's; NULL otherwise. */
__bounded_frame
int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path,
		    const struct path *root)
{
	struct nameidata nd;
	int error;

	if (IS_ERR(name))
		return PTR_ERR(name);
	nd_set(&nd, dfd, name, flags, root);
	error = path_lookupat(&nd, path);
	putname(name);
	return error;
}

/* nd->path is the directory, nd->last the name in it. On failure nothing is held. */
int path_parentat(struct nameidata *nd)
{
	int error = link_path_walk(path_init(nd), nd);

	if (error)
		terminate_walk(nd);
	return error;
}

/* The directory of name and the last component, whose text lies in name. *slash: ended in
 * a slash. */
int filename_parentat(int dfd, struct filename *name, struct path *parent, struct qstr *last,
		      int *type, bool *slash)
{
	struct nameidata nd;
	int error;

	nd_set(&nd, dfd, name, 0, NULL);
	error = path_parentat(&nd);
	if (error)
		return error;
	ASSERT(nd.depth == 0);		/* only links on the way were followed */
	*parent = nd.path;
	nd.path = (struct path){ NULL, NULL };
	*last = nd.last;
	*type = nd.last_type;
	*slash = nd.flags & LOOKUP_DIRECTORY;
	terminate_walk(&nd);
	return 0;
}

int user_path_at(int dfd, const char *uname, unsigned int flags, struct path *path)
{
	return filename_lookup(dfd, getname_flags(uname, flags), flags, path, NULL);
}

int kern_path(const char *name, unsigned int flags, struct path *path)
{
	return filename_lookup(AT_FDCWD, getname_kernel(name), flags, path, NULL);
}
