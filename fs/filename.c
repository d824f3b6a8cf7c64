/* SPDX-License-Identifier: MIT */
/*
 * Path names, copied from the user into the kernel before anything is done with them, so that
 * nobody can change them in between.
 *
 *	struct filename | text up to about 230 bytes |      one object of a cache
 *	     \--name--> PATH_MAX bytes of their own            for the few longer ones
 *
 * Linux's twin: the beginning of fs/namei.c.
 */
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include "internal.h"

#define FILENAME_SIZE 256	/* most names are short: header and text in one object */
#define SHORT_NAME ((long)(FILENAME_SIZE - sizeof(struct filename)))
static struct kmem_cache *filename_cachep;

void namei_init(void)
{
	filename_cachep = kmem_cache_create("filename", FILENAME_SIZE, 8, SLAB_PANIC);
}

/* A name that does not fit: text gets its own PATH_MAX bytes. Its length or -errno. */
static long getname_long(struct filename *n, const char *uname)
{
	char *text = kmalloc(PATH_MAX, GFP_KERNEL);
	long len;

	if (!text)
		return -ENOMEM;
	len = strncpy_from_user(text, uname, PATH_MAX);
	if (len >= 0 && len < PATH_MAX) {
		n->name = text;
		return len;
	}
	kfree(text);
	return len < 0 ? len : -ENAMETOOLONG;
}

struct filename *getname_flags(const char *uname, int flags)
{
	struct filename *n = kmem_cache_alloc(filename_cachep, GFP_KERNEL);
	long len;

	if (unlikely(!n))
		return ERR_PTR(-ENOMEM);
	n->name = n->iname;
	n->uptr = uname;
	atomic_set(&n->refcnt, 1);
	len = strncpy_from_user(n->iname, uname, SHORT_NAME);
	if (unlikely(len == SHORT_NAME))
		len = getname_long(n, uname);
	if (likely(len > 0) || (len == 0 && (flags & LOOKUP_EMPTY)))
		return n;
	kmem_cache_free(filename_cachep, n);
	return ERR_PTR(len ? len : -ENOENT);
}

struct filename *getname(const char *uname)
{
	return getname_flags(uname, 0);
}

struct filename *getname_kernel(const char *name)
{
	struct filename *n;
	size_t len = strlen(name);

	if (len >= PATH_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	n = kmem_cache_alloc(filename_cachep, GFP_KERNEL);
	if (!n)
		return ERR_PTR(-ENOMEM);
	n->name = n->iname;
	n->uptr = NULL;
	atomic_set(&n->refcnt, 1);
	if (len < SHORT_NAME) {
		memcpy(n->iname, name, len + 1);
		return n;
	}
	n->name = kmemdup(name, len + 1, GFP_KERNEL);
	if (n->name)
		return n;
	kmem_cache_free(filename_cachep, n);
	return ERR_PTR(-ENOMEM);
}

void putname(struct filename *name)
{
	if (IS_ERR_OR_NULL(name))
		return;
	if (atomic_read(&name->refcnt) != 1 && !atomic_dec_and_test(&name->refcnt))
		return;
	if (unlikely(name->name != name->iname))
		kfree(name->name);
	kmem_cache_free(filename_cachep, name);
}
