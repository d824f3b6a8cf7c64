/* SPDX-License-Identifier: MIT */
/*
 * The types of file systems that the kernel knows, in the order of their registration. Types are
 * never unregistered, so a pointer once found stays good. Linux's twin: fs/filesystems.c.
 */
#include <vitrix/string.h>
#include "internal.h"

static struct file_system_type *file_systems;		/* file_systems_lock to add */
static DEFINE_SPINLOCK(file_systems_lock, LC_MISC_SPIN);

/* 0 or -EBUSY if the name is taken. Any context. */
int register_filesystem(struct file_system_type *fs)
{
	struct file_system_type **p;
	int error = 0;

	ASSERT(!fs->next && fs->fill_super);
	spin_lock(&file_systems_lock);
	for (p = &file_systems; *p && !error; p = &(*p)->next)
		if (!strcmp((*p)->name, fs->name))
			error = -EBUSY;
	if (!error)
		smp_store_release(p, fs);
	spin_unlock(&file_systems_lock);
	return error;
}

/* NULL if there is none. */
struct file_system_type *get_fs_type(const char *name)
{
	struct file_system_type *fs = smp_load_acquire(&file_systems);

	while (fs && strcmp(fs->name, name))
		fs = fs->next;
	return fs;
}

/* /proc/filesystems */
int filesystems_show(struct seq_file *m)
{
	for (struct file_system_type *fs = file_systems; fs; fs = fs->next)
		seq_printf(m, "%s\t%s\n", fs->fs_flags & FS_REQUIRES_DEV ? "" : "nodev", fs->name);
	return 0;
}
