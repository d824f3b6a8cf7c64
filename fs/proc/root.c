/* SPDX-License-Identifier: MIT */
/*
 * The proc file system, its root directory and its start. Linux's twin: fs/proc/root.c.
 *
 * The root shows the fixed entries (generic.c) and after them the processes (base.c). In its
 * listing:
 *
 *	position 0, 1 . and ..    2 ... fixed entries    FIRST_PROCESS_ENTRY + pid
 */
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include "internal.h"

static struct dentry *proc_root_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct dentry *found = proc_pid_lookup(dentry);

	return found == ERR_PTR(-ENOENT) ? proc_lookup(dir, dentry, flags) : found;
}

static int proc_root_readdir(struct file *file, struct dir_context *ctx)
{
	int ret;

	if (ctx->pos < FIRST_PROCESS_ENTRY) {
		ret = proc_readdir_fixed(file, ctx, &proc_root);
		if (ret <= 0)
			return ret;
		ASSERT(ctx->pos <= FIRST_PROCESS_ENTRY);
		ctx->pos = FIRST_PROCESS_ENTRY;
	}
	return proc_pid_readdir(file, ctx);
}

const struct inode_operations proc_root_inode_operations = { .lookup = proc_root_lookup };
const struct file_operations proc_root_operations = {
	.llseek = generic_file_llseek,
	.iterate = proc_root_readdir,
	.fsync = noop_fsync,
};

static struct file_system_type proc_fs_type = {
	.name = "proc",
	.fs_flags = FS_USERNS_MOUNT,
	.fill_super = proc_fill_super,
	.single = true,
};

/* NULL before the first mount. It stays: a single super block lives for ever. */
struct dentry *proc_root_dentry(void)
{
	struct super_block *sb = READ_ONCE(proc_fs_type.single_sb);

	return sb ? sb->s_root : NULL;
}

void __init proc_root_init(void)
{
	proc_inode_cache_init();
	proc_self_init();
	proc_stat_init();
	proc_meminfo_init();
	proc_misc_init();
	proc_kallsyms_init();
	proc_sys_init();
	if (register_filesystem(&proc_fs_type))
		pr_err("proc: cannot register\n");
}
