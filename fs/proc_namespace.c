/* SPDX-License-Identifier: MIT */
/*
 * The tree of mounts as text: /proc/PID/mounts (fstab(5)'s format) and mountinfo, as the reader
 * sees it from its root. Linux's twin: fs/proc_namespace.c.
 */
#include <vitrix/string.h>
#include <vitrix/slab.h>
#include <linux/mount.h>
#include "internal.h"

#define ESCAPED " \t\n\\#"

static void show_mnt_opts(struct seq_file *m, int flags)
{
	static const struct { int flag; const char *text; } names[] = {
		{ MNT_NOSUID, ",nosuid" }, { MNT_NODEV, ",nodev" }, { MNT_NOEXEC, ",noexec" },
		{ MNT_NOATIME, ",noatime" }, { MNT_NODIRATIME, ",nodiratime" },
		{ MNT_RELATIME, ",relatime" },
	};

	for (int i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			seq_puts(m, names[i].text);
}

static void show_sb_opts(struct seq_file *m, struct vfsmount *mnt)
{
	struct super_block *sb = mnt->mnt_sb;

	if (sb->s_flags & MS_SYNCHRONOUS)
		seq_puts(m, ",sync");
	if (sb->s_flags & MS_DIRSYNC)
		seq_puts(m, ",dirsync");
	if (sb->s_flags & MS_LAZYTIME)
		seq_puts(m, ",lazytime");
	if (sb->s_op->show_options)
		sb->s_op->show_options(m, mnt->mnt_root);
}

static void show_mount(struct seq_file *m, struct vfsmount *mnt, const char *where)
{
	bool ro = (mnt->mnt_flags & MNT_READONLY) || sb_rdonly(mnt->mnt_sb);

	seq_escape(m, mnt->mnt_devname, ESCAPED);
	seq_putc(m, ' ');
	seq_escape(m, where, ESCAPED);
	seq_printf(m, " %s %s", mnt->mnt_sb->s_type->name, ro ? "ro" : "rw");
	show_mnt_opts(m, mnt->mnt_flags);
	show_sb_opts(m, mnt);
	seq_puts(m, " 0 0\n");
}

static void show_mountinfo(struct seq_file *m, struct vfsmount *mnt, const char *where, char *buf)
{
	struct super_block *sb = mnt->mnt_sb;
	char *root = dentry_path_raw(mnt->mnt_root, buf, PATH_MAX);

	seq_printf(m, "%d %d %u:%u ", mnt->mnt_id, mnt->mnt_parent->mnt_id, MAJOR(sb->s_dev),
		   MINOR(sb->s_dev));
	seq_escape(m, IS_ERR(root) ? "?" : root, ESCAPED);
	seq_putc(m, ' ');
	seq_escape(m, where, ESCAPED);
	seq_puts(m, mnt->mnt_flags & MNT_READONLY ? " ro" : " rw");
	show_mnt_opts(m, mnt->mnt_flags);
	if (mnt->mnt_flags & MNT_UNBINDABLE)
		seq_puts(m, " unbindable");
	seq_printf(m, " - %s ", sb->s_type->name);
	seq_escape(m, mnt->mnt_devname, ESCAPED);
	seq_puts(m, sb_rdonly(sb) ? " ro" : " rw");
	show_sb_opts(m, mnt);
	seq_putc(m, '\n');
}

/* kind 0: mounts, 1: mountinfo. 0 or -ENOMEM. */
int mounts_show(struct seq_file *m, int kind)
{
	char *buf = kmalloc(2 * PATH_MAX, GFP_KERNEL), *p;
	struct vfsmount *mnt;
	struct path root, path;

	if (!buf)
		return -ENOMEM;
	get_fs_root(current->fs, &root);
	down_read(&namespace_sem);
	list_for_each_entry(mnt, &all_mounts, mnt_list) {
		p = buf + PATH_MAX;
		*--p = '\0';
		path = (struct path){ mnt, mnt->mnt_root };
		if (prepend_path(&path, &root, buf, &p))
			continue;	/* outside of the reader's root */
		if (kind)
			show_mountinfo(m, mnt, p, buf + PATH_MAX);
		else
			show_mount(m, mnt, p);
	}
	up_read(&namespace_sem);
	path_put(&root);
	kfree(buf);
	return 0;
}
