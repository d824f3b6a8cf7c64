/* SPDX-License-Identifier: MIT */
/*
 * /proc/self and /proc/thread-self: links to whoever looks. Linux's twins:
 * fs/proc/{self,thread_self}.c.
 */
#include "internal.h"

static const char *link_text(char *text, void **to_free)
{
	*to_free = text;
	return text ? text : ERR_PTR(-ENOMEM);
}

static const char *self_get_link(struct dentry *dentry, struct inode *inode, void **to_free)
{
	return link_text(kasprintf(GFP_KERNEL, "%d", current->tgid), to_free);
}

static const char *thread_self_get_link(struct dentry *dentry, struct inode *inode, void **to_free)
{
	return link_text(kasprintf(GFP_KERNEL, "%d/task/%d", current->tgid, current->pid), to_free);
}

void __init proc_self_init(void)
{
	proc_create_link("self", self_get_link);
	proc_create_link("thread-self", thread_self_get_link);
}
