/* SPDX-License-Identifier: MIT */
/*
 * getdents(2), getdents64(2): f_op->iterate emits names, filldir lays them out in the user's
 * buffer.
 *
 * An entry's d_off tells where the next one is, which is known only when the next one comes: so
 * each entry is completed by its successor, the last by the end of the call.
 *
 * Locks: the directory's i_mutex over the whole iteration (the buffer may fault meanwhile: LC_MMAP
 * lies below LC_INODE). Linux's twin: fs/readdir.c.
 */
#include "internal.h"
#include <vitrix/compat.h>
#include <generated/syscalls.h>

/* The old layout: no header of the ABI has it. The type of the entry is its last byte. */
struct linux_dirent {
	unsigned long d_ino, d_off;
	unsigned short d_reclen;
	char d_name[];
};

struct linux_dirent64 {
	u64 d_ino;
	s64 d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};

struct getdents {
	struct dir_context ctx;
	char __user *next;		/* where the next entry goes */
	void __user *prev_off;		/* d_off of the last one; NULL: there is none yet */
	bool narrow;			/* d_off has 32 bits */
	int left;			/* bytes of buffer */
	int error;
};

int iterate_dir(struct file *file, struct dir_context *ctx)
{
	struct inode *inode = file_inode(file);
	int error = -ENOTDIR;

	if (!file->f_op->iterate)
		return error;
	error = mutex_lock_killable(&inode->i_mutex);
	if (error)
		return error;
	error = -ENOENT;
	if (!IS_DEADDIR(inode)) {
		ctx->pos = file->f_pos;
		error = file->f_op->iterate(file, ctx);
		file->f_pos = ctx->pos;
		file_accessed(file);
	}
	inode_unlock(inode);
	return error;
}

static int put_offset(struct getdents *g, loff_t offset)
{
	return g->narrow ? put_user((u32)offset, (u32 __user *)g->prev_off) :
			   put_user((s64)offset, (s64 __user *)g->prev_off);
}

/* Room for `size` more bytes, and the previous entry completed? */
static bool begin_entry(struct getdents *g, int size, loff_t offset)
{
	g->error = -EINVAL;		/* what it means if not a single entry fits */
	if (size > g->left)
		return false;
	if (g->prev_off && signal_pending(current)) {
		g->error = -EINTR;	/* seen only if nothing was delivered */
		return false;
	}
	g->error = -EFAULT;
	return !g->prev_off || !put_offset(g, offset);
}

static void end_entry(struct getdents *g, int size, void __user *off)
{
	g->prev_off = off;
	g->next += size;
	g->left -= size;
	g->error = 0;
}

static bool filldir64(struct dir_context *ctx, const char *name, int len, loff_t offset, u64 ino,
		      unsigned int type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	struct linux_dirent64 __user *d = (void *)g->next;
	int size = ALIGN((int)offsetof(struct linux_dirent64, d_name) + len + 1, 8);

	if (!begin_entry(g, size, offset))
		return false;
	if (put_user(ino, &d->d_ino) || put_user((unsigned short)size, &d->d_reclen) ||
	    put_user((unsigned char)type, &d->d_type) || !access_ok(d, size) ||
	    copy_to_user(d->d_name, name, len) || put_user('\0', d->d_name + len))
		return false;
	end_entry(g, size, (s64 *)&d->d_off);
	return true;
}

static bool filldir(struct dir_context *ctx, const char *name, int len, loff_t offset, u64 ino,
		    unsigned int type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	struct linux_dirent __user *d = (void *)g->next;
	int size = ALIGN((int)offsetof(struct linux_dirent, d_name) + len + 2, 8);

	if (!begin_entry(g, size, offset))
		return false;
	if (put_user((unsigned long)ino, &d->d_ino) || put_user((unsigned short)size,
								&d->d_reclen) ||
	    copy_to_user(d->d_name, name, len) || put_user('\0', d->d_name + len) ||
	    put_user((char)type, (char *)d + size - 1))
		return false;
	end_entry(g, size, (s64 *)&d->d_off);
	return true;
}

static long do_getdents(unsigned int fd, void __user *buf, unsigned int count, filldir_t actor,
			bool narrow)
{
	struct getdents g = { .ctx.actor = actor, .next = buf, .left = min(count, 0x7fffffffU),
			      .narrow = narrow };
	struct fd f = fdget_pos(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = f.file->f_mode & FMODE_READ ? iterate_dir(f.file, &g.ctx) : -EBADF;
	if (error >= 0)
		error = g.error;
	if (g.prev_off)
		error = put_offset(&g, g.ctx.pos) ? -EFAULT : g.next - (char *)buf;
	fdput_pos(f);
	return error;
}

long __x64_sys_getdents(unsigned int fd, struct linux_dirent __user *dirent, unsigned int count)
{
	return do_getdents(fd, dirent, count, filldir, false);
}

long __x64_sys_getdents64(unsigned int fd, struct linux_dirent64 __user *dirent, unsigned int count)
{
	return do_getdents(fd, dirent, count, filldir64, false);
}

/* ---- 32-bit programs ---- */

static bool compat_filldir(struct dir_context *ctx, const char *name, int len, loff_t offset,
			   u64 ino, unsigned int type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	struct compat_linux_dirent __user *d = (void *)g->next;
	int size = ALIGN((int)offsetof(struct compat_linux_dirent, d_name) + len + 2, 4);

	if (!begin_entry(g, size, offset))
		return false;
	if ((u32)ino != ino) {
		g->error = -EOVERFLOW;
		return false;
	}
	if (put_user((u32)ino, &d->d_ino) || put_user((u16)size, &d->d_reclen) ||
	    copy_to_user(d->d_name, name, len) || put_user('\0', d->d_name + len) ||
	    put_user((char)type, (char *)d + size - 1))
		return false;
	end_entry(g, size, &d->d_off);
	return true;
}

long __ia32_compat_sys_getdents(unsigned int fd, struct compat_linux_dirent __user *dirent,
				unsigned int count)
{
	return do_getdents(fd, dirent, count, compat_filldir, true);
}

/* i386, 89: one name a call. */
struct readdir_one {
	struct dir_context ctx;
	struct compat_old_linux_dirent __user *dirent;
	int result;			/* 1: it has been told, -errno */
};

static bool fill_one(struct dir_context *ctx, const char *name, int len, loff_t offset, u64 ino,
		     unsigned int type)
{
	struct readdir_one *r = container_of(ctx, struct readdir_one, ctx);
	struct compat_old_linux_dirent __user *d = r->dirent;

	if (r->result)
		return false;
	r->result = 1;
	if ((u32)ino != ino)
		r->result = -EOVERFLOW;
	else if (put_user((u32)ino, &d->d_ino) || put_user((u32)offset, &d->d_offset) ||
		 put_user((u16)len, &d->d_namlen) || copy_to_user(d->d_name, name, len) ||
		 put_user('\0', d->d_name + len))
		r->result = -EFAULT;
	return r->result > 0;
}

/* 1, 0 at the end, or -errno. */
long __ia32_sys_old_readdir(unsigned int fd, struct compat_old_linux_dirent __user *dirent,
			    unsigned int count)
{
	struct readdir_one r = { .ctx.actor = fill_one, .dirent = dirent };
	struct fd f = fdget_pos(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = f.file->f_mode & FMODE_READ ? iterate_dir(f.file, &r.ctx) : -EBADF;
	fdput_pos(f);
	return r.result ? r.result : error;
}
