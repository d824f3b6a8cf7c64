/* SPDX-License-Identifier: MIT */
/*
 * Names: a dentry joins a name in a directory to an inode, or says that there is none.
 * fs/dcache.c, fs/dcache_lru.c, fs/d_path.c. Linux's twin: include/linux/dcache.h.
 */
#ifndef VITRIX_DCACHE_H
#define VITRIX_DCACHE_H

#include <vitrix/inode.h>

struct dentry_operations {
	int (*d_revalidate)(struct dentry *dentry, unsigned int flags);	/* 0: gone, look up again */
	int (*d_delete)(const struct dentry *dentry);	/* 1: do not cache when unused */
	void (*d_release)(struct dentry *dentry);
	char *(*d_dname)(struct dentry *dentry, char *buf, int len);	/* pipe:[123] */
};

#define DNAME_INLINE_LEN 40
struct dentry {
	unsigned int d_flags;		/* d_lock; DCACHE_* */
	atomic_t d_count;		/* references; 0: cached, on the LRU */
	struct hlist_node d_hash;	/* bucket lock */
	struct dentry *d_parent;	/* d_lock + rename: root points to itself */
	struct qstr d_name;
	struct inode *d_inode;		/* NULL: negative (known not to exist) */
	char d_iname[DNAME_INLINE_LEN];
	spinlock_t d_lock;
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
	struct list_head d_lru, d_child, d_subdirs;	/* d_child, d_subdirs: parent's d_lock */
	u32 d_id;			/* place in the parent's listing; parent's d_lock */
	u32 d_next_id;			/* d_id for the next child; d_lock */
	struct hlist_node d_alias;	/* inode->i_lock */
	struct rcu_head d_rcu;
};
#define DCACHE_MOUNTED		0x01	/* something is mounted on it */
#define DCACHE_DISCONNECTED	0x04
#define DCACHE_DONTCACHE	0x08
#define DCACHE_LRU		0x20

/* unhashed, negative, count 1 */
struct dentry *d_alloc(struct dentry *parent, const struct qstr *name);
struct dentry *d_make_root(struct inode *inode); /* consumes the inode, also on failure (NULL) */
struct dentry *d_alloc_pseudo(struct super_block *sb, const struct qstr *name);
void d_instantiate(struct dentry *dentry, struct inode *inode);	/* consumes the inode reference */
/* instantiate and hash; inode may be NULL */
void d_add(struct dentry *dentry, struct inode *inode);
void d_rehash(struct dentry *dentry);
void d_drop(struct dentry *dentry);		/* unhash: later lookups miss it */
void d_delete(struct dentry *dentry);		/* after unlink: becomes negative or unhashed */
void d_move(struct dentry *dentry, struct dentry *target);	/* rename */
void d_exchange(struct dentry *a, struct dentry *b);
void d_invalidate(struct dentry *dentry);
struct dentry *d_lookup(struct dentry *parent, const struct qstr *name); /* reference or NULL */
static inline struct dentry *dget(struct dentry *d) { if (d) atomic_inc(&d->d_count); return d; }
void dput(struct dentry *dentry);		/* may sleep */
struct dentry *dget_parent(struct dentry *dentry);
bool is_subdir(struct dentry *dentry, struct dentry *ancestor);
struct dentry *d_ancestor(struct dentry *a, struct dentry *b);
void shrink_dcache_parent(struct dentry *parent);	/* frees unused children; may sleep */
/* memory is short: frees unused dentries, returns how many */
unsigned long shrink_dcache(unsigned long nr);
static inline bool d_unhashed(const struct dentry *d) { return hlist_unhashed(&d->d_hash); }
static inline bool d_is_negative(const struct dentry *d) { return !d->d_inode; }
static inline bool d_is_dir(const struct dentry *d)
{
	return d->d_inode && S_ISDIR(d->d_inode->i_mode);
}
#define d_inode(d)		((d)->d_inode)
/* Path from the caller's root, " (deleted)" appended: pointer into buf, ERR_PTR(-ENAMETOOLONG). */
char *d_path(const struct path *path, char *buf, int buflen);
char *dentry_path_raw(struct dentry *dentry, char *buf, int buflen);

#endif
