/* SPDX-License-Identifier: MIT */
/*
 * How pipes come into being and go: pipe(2) with its pseudo file system, open(2) of FIFOs, and
 * F_SETPIPE_SZ. What goes through them: fs/pipe.c. Linux's twin: fs/pipe.c.
 *
 * A pipe is charged to the user who made it, a slot for a page, as if it were full. Beyond
 * pipe-user-pages-soft new pipes are small, beyond -hard there are none (pipe(7)); 0: no limit.
 *
 *	pipe(2)      pseudo inode on pipefs, one file for each end, no name but "pipe:[ino]"
 *	FIFO         inode of any file system; the pipe hangs on it while somebody has it open
 *	             open for reading waits for a writer and vice versa (fifo(7))
 */
#include <vitrix/poll.h>
#include <vitrix/mm.h>
#include <vitrix/cred.h>
#include <vitrix/proc_fs.h>
#include <vitrix/printf.h>
#include <vitrix/string.h>
#include <linux/magic.h>
#include <generated/syscalls.h>
#include "pipe.h"

static struct kmem_cache *pipe_cachep;
static struct vfsmount *pipe_mnt;
static int pipe_max_size = 1048576;	/* bytes; /proc/sys/fs/pipe-max-size */

/* pages a user; /proc/sys/fs/pipe-user-pages-soft and -hard */
static int pipe_user_pages_soft = 16384, pipe_user_pages_hard;

/* What the user has now. */
static long charge(struct user_struct *user, long slots)
{
	return atomic_long_add_return(slots, &user->pipe_bufs);
}

/* Rare: the capabilities are looked at only beyond a limit. */
static bool over_limit(long slots, const int *limit)
{
	int max = READ_ONCE(*limit);

	return unlikely(max && slots > max) &&
	       !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN);
}

/* Charges a new pipe and tells how many slots it gets; 0: the user has too many. */
static unsigned int charge_new(struct user_struct *user)
{
	unsigned int slots = PIPE_DEF_BUFFERS, max = READ_ONCE(pipe_max_size) >> PAGE_SHIFT;
	long now;

	if (unlikely(slots > max) && !capable(CAP_SYS_RESOURCE))
		slots = rounddown_pow_of_two(max);
	now = charge(user, slots);
	if (over_limit(now, &pipe_user_pages_soft) && slots > PIPE_MIN_BUFFERS) {
		now = charge(user, (long)PIPE_MIN_BUFFERS - slots);
		slots = PIPE_MIN_BUFFERS;
	}
	if (!over_limit(now, &pipe_user_pages_hard))
		return slots;
	charge(user, -(long)slots);
	return 0;
}

static struct pipe_inode_info *alloc_pipe_info(void)
{
	struct user_struct *user = current_cred()->user;
	unsigned int slots = charge_new(user);
	struct pipe_inode_info *pipe;

	if (!slots)
		return NULL;
	pipe = kmem_cache_zalloc(pipe_cachep, GFP_USER);
	if (!pipe) {
		charge(user, -(long)slots);
		return NULL;
	}
	pipe->user = get_uid(user);
	mutex_init(&pipe->mutex, LC_PIPE);
	init_waitqueue_head(&pipe->rd_wait);
	init_waitqueue_head(&pipe->wr_wait);
	pipe->bufs = pipe->inline_bufs;
	ASSERT(slots <= PIPE_DEF_BUFFERS && is_power_of_2(slots));
	pipe->ring_size = slots;
	/* A file's f_version is 0 at first: differs, so a reader without writer has POLLHUP. */
	pipe->r_counter = pipe->w_counter = 1;
	pipe->files = 1;
	return pipe;
}

static void free_pipe_info(struct pipe_inode_info *pipe)
{
	ASSERT(list_empty(&pipe->rd_wait.head) && list_empty(&pipe->wr_wait.head));
	for (unsigned int n = pipe->tail; n != pipe->head; n++)
		put_page(pipe->bufs[n & (pipe->ring_size - 1)].page);
	if (pipe->spare)
		put_page(pipe->spare);
	charge(pipe->user, -(long)pipe->ring_size);
	free_uid(pipe->user);
	if (pipe->bufs != pipe->inline_bufs)
		kvfree(pipe->bufs);
	kmem_cache_free(pipe_cachep, pipe);
}

/* One file less. The others are through with the mutex before they come here. */
void put_pipe_info(struct inode *inode, struct pipe_inode_info *pipe)
{
	bool last;

	spin_lock(&inode->i_lock);
	last = --pipe->files == 0;
	if (last)
		inode->i_pipe = NULL;
	spin_unlock(&inode->i_lock);
	if (last)
		free_pipe_info(pipe);
}

/* ---------------------------------------------------------------- opening a FIFO */

/* The inode's pipe, made if it has none, with pipe->files counted. NULL without memory. */
static struct pipe_inode_info *get_pipe_info(struct inode *inode)
{
	struct pipe_inode_info *pipe, *fresh = NULL;

	if (!READ_ONCE(inode->i_pipe)) {
		fresh = alloc_pipe_info();
		if (!fresh)
			return NULL;
	}
	for (;;) {
		spin_lock(&inode->i_lock);
		pipe = inode->i_pipe;
		if (pipe) {
			pipe->files++;
		} else if (fresh) {
			pipe = inode->i_pipe = fresh;
			fresh = NULL;
		}
		spin_unlock(&inode->i_lock);
		if (pipe)
			break;
		fresh = alloc_pipe_info();	/* the one we saw went away */
		if (!fresh)
			return NULL;
	}
	if (fresh)
		free_pipe_info(fresh);
	return pipe;
}

/* mutex held, released while asleep: waits until *counter moves. */
static int wait_for_partner(struct pipe_inode_info *pipe, unsigned int *counter)
{
	unsigned int old = *counter;

	mutex_unlock(&pipe->mutex);
	wait_event_interruptible(&pipe->rd_wait, READ_ONCE(*counter) != old);
	mutex_lock(&pipe->mutex);
	return *counter == old ? -ERESTARTSYS : 0;
}

/* All opening sleepers wait on rd_wait, whichever side they are. */
static void wake_up_partner(struct pipe_inode_info *pipe)
{
	wake_up_interruptible_all(&pipe->rd_wait);
}

static int open_for_read(struct pipe_inode_info *pipe, struct file *file, bool rendezvous)
{
	pipe->r_counter++;
	if (pipe->readers++ == 0)
		wake_up_partner(pipe);
	if (!rendezvous || pipe->writers)
		return 0;
	if (file->f_flags & O_NONBLOCK) {
		/* no POLLHUP before a writer has come and gone */
		file->f_version = pipe->w_counter;
		return 0;
	}
	if (!wait_for_partner(pipe, &pipe->w_counter))
		return 0;
	if (!--pipe->readers)
		wake_up_interruptible_all(&pipe->wr_wait);
	return -ERESTARTSYS;
}

static int open_for_write(struct pipe_inode_info *pipe, struct file *file, bool rendezvous)
{
	if (rendezvous && (file->f_flags & O_NONBLOCK) && !pipe->readers)
		return -ENXIO;
	pipe->w_counter++;
	if (pipe->writers++ == 0)
		wake_up_partner(pipe);
	if (!rendezvous || pipe->readers || !wait_for_partner(pipe, &pipe->r_counter))
		return 0;
	if (!--pipe->writers)
		wake_up_interruptible_all(&pipe->rd_wait);
	return -ERESTARTSYS;
}

/* Also opens a pipe of pipe(2) anew, through /proc/PID/fd: then there is nobody to wait for. */
int fifo_open(struct inode *inode, struct file *file)
{
	bool rendezvous = inode->i_sb->s_magic != PIPEFS_MAGIC;
	struct pipe_inode_info *pipe = get_pipe_info(inode);
	int error = 0;

	if (!pipe)
		return -ENOMEM;
	file->private_data = pipe;
	file->f_version = 0;
	stream_open(inode, file);
	mutex_lock(&pipe->mutex);
	switch (file->f_mode & (FMODE_READ | FMODE_WRITE)) {
	case FMODE_READ:
		error = open_for_read(pipe, file, rendezvous);
		break;
	case FMODE_WRITE:
		error = open_for_write(pipe, file, rendezvous);
		break;
	case FMODE_READ | FMODE_WRITE:	/* never waits: it is its own partner */
		error = open_for_read(pipe, file, false);
		if (!error)
			error = open_for_write(pipe, file, false);
		break;
	default:
		error = -EINVAL;
	}
	mutex_unlock(&pipe->mutex);
	if (error)
		put_pipe_info(inode, pipe);
	return error;
}

/* ---------------------------------------------------------------- pipe(2) */

static char *pipefs_dname(struct dentry *dentry, char *buf, int len)
{
	char text[32];
	int n = scnprintf(text, sizeof(text), "pipe:[%lu]", dentry->d_inode->i_ino) + 1;

	if (n > len)
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buf + len - n, text, n);
}

static const struct dentry_operations pipefs_dentry_ops = { .d_dname = pipefs_dname };

static int pipefs_fill_super(struct super_block *sb, const char *source, void *data, int silent)
{
	sb->s_d_op = &pipefs_dentry_ops;
	return init_pseudo_sb(sb, PIPEFS_MAGIC);
}

static struct file_system_type pipefs_type = { .name = "pipefs", .fill_super = pipefs_fill_super };

bool file_is_pipe(struct file *file)
{
	return file->f_op == &pipefifo_fops && !(file->f_mode & FMODE_PATH);
}

/* The two ends as open files: files[0] reads, files[1] writes. */
static int create_pipe_files(struct file *files[2], int flags)
{
	struct pipe_inode_info *pipe;
	struct inode *inode = alloc_anon_inode(pipe_mnt->mnt_sb);
	int error;

	if (IS_ERR(inode))
		return PTR_ERR(inode) == -ENOMEM ? -ENFILE : PTR_ERR(inode);
	inode->i_mode = S_IFIFO | S_IRUSR | S_IWUSR;
	inode->i_fop = &pipefifo_fops;
	pipe = alloc_pipe_info();
	if (!pipe) {
		iput(inode);
		return -ENFILE;
	}
	pipe->writers = 1;
	inode->i_pipe = pipe;
	files[1] = alloc_file_pseudo(inode, pipe_mnt, "",
				     O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)),
				     &pipefifo_fops);
	if (IS_ERR(files[1])) {
		error = PTR_ERR(files[1]);
		put_pipe_info(inode, pipe);
		iput(inode);
		return error;
	}
	files[1]->private_data = pipe;
	stream_open(inode, files[1]);
	/* Goes through fifo_open(), which counts the reader. */
	files[0] = dentry_open(&files[1]->f_path, O_RDONLY | (flags & O_NONBLOCK), current_cred());
	if (IS_ERR(files[0])) {
		error = PTR_ERR(files[0]);
		fput(files[1]);
		return error;
	}
	return 0;
}

/* Descriptors are reserved, not yet installed. -EINVAL, -ENFILE, -EMFILE, -ENOMEM. */
int do_pipe_flags(int fds[2], struct file *files[2], int flags)
{
	int error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	error = create_pipe_files(files, flags);
	if (error)
		return error;
	error = fds[0] = get_unused_fd_flags(flags & O_CLOEXEC);
	if (error < 0)
		goto put_files;
	error = fds[1] = get_unused_fd_flags(flags & O_CLOEXEC);
	if (error < 0)
		goto put_fd0;
	return 0;
put_fd0:
	put_unused_fd(fds[0]);
put_files:
	fput(files[0]);
	fput(files[1]);
	return error;
}

long __x64_sys_pipe2(int __user *fildes, int flags)
{
	struct file *files[2];
	int fds[2];
	int error = do_pipe_flags(fds, files, flags);

	if (error)
		return error;
	if (copy_to_user(fildes, fds, sizeof(fds))) {
		put_unused_fd(fds[0]);
		put_unused_fd(fds[1]);
		fput(files[0]);
		fput(files[1]);
		return -EFAULT;
	}
	/* point of no return */
	fd_install(fds[0], files[0]);
	fd_install(fds[1], files[1]);
	return 0;
}

long __x64_sys_pipe(int __user *fildes)
{
	return __x64_sys_pipe2(fildes, 0);
}

/* ---------------------------------------------------------------- capacity */

/* Slots for a pipe of at least that many bytes, 0 if it cannot be. */
static unsigned int pipe_slots(unsigned long size)
{
	if (size > 1UL << 31)
		return 0;
	return roundup_pow_of_two(max(size, PAGE_SIZE)) >> PAGE_SHIFT;
}

/* However much memory there is: the size in bytes is fcntl(2)'s answer, an int. */
#define PIPE_MAX_SLOTS	(1U << 16)

/* mutex held. head and tail stay, so those who look without the mutex are not misled. */
static int resize_ring(struct pipe_inode_info *pipe, unsigned int slots)
{
	struct pipe_buffer *bufs;

	if (pipe_used(pipe) > slots)
		return -EBUSY;
	if (slots > PIPE_MAX_SLOTS)
		return -ENOMEM;
	bufs = kvmalloc(slots * sizeof(*bufs), GFP_USER | __GFP_ZERO);
	if (!bufs)
		return -ENOMEM;
	for (unsigned int n = pipe->tail; n != pipe->head; n++)
		bufs[n & (slots - 1)] = pipe->bufs[n & (pipe->ring_size - 1)];
	if (pipe->bufs != pipe->inline_bufs)
		kvfree(pipe->bufs);
	pipe->bufs = bufs;
	WRITE_ONCE(pipe->ring_size, slots);
	return 0;
}

static long pipe_set_size(struct pipe_inode_info *pipe, unsigned long arg)
{
	unsigned int slots = pipe_slots(arg), old;
	long extra, now;
	int error = 0;

	if (!slots)
		return -EINVAL;
	if (slots > pipe->ring_size &&
	    (unsigned long)slots << PAGE_SHIFT > READ_ONCE(pipe_max_size) &&
	    !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	mutex_lock(&pipe->mutex);
	old = pipe->ring_size;
	extra = (long)slots - old;
	now = charge(pipe->user, extra);
	if (extra > 0 && (over_limit(now, &pipe_user_pages_soft) ||
			  over_limit(now, &pipe_user_pages_hard)))
		error = -EPERM;
	else if (extra)
		error = resize_ring(pipe, slots);
	if (error)
		charge(pipe->user, -extra);
	mutex_unlock(&pipe->mutex);
	if (error)
		return error;
	if (slots > old)
		wake_up_interruptible_all(&pipe->wr_wait);
	return (long)slots << PAGE_SHIFT;
}

/* F_SETPIPE_SZ and F_GETPIPE_SZ of fcntl(2): bytes, -EBADF if it is no pipe. May sleep. */
long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *pipe = file->private_data;

	if (!file_is_pipe(file))
		return -EBADF;
	if (cmd == F_SETPIPE_SZ)
		return pipe_set_size(pipe, (unsigned int)arg);
	if (cmd == F_GETPIPE_SZ)
		return (long)READ_ONCE(pipe->ring_size) << PAGE_SHIFT;
	return -EINVAL;
}

/* May be called more than once: by the VFS as it comes up, and as an initcall. */
void pipe_init(void)
{
	if (pipe_mnt)
		return;
	pipe_cachep = KMEM_CACHE(pipe_inode_info, SLAB_PANIC);
	register_filesystem(&pipefs_type);
	pipe_mnt = kern_mount(&pipefs_type);
	if (IS_ERR(pipe_mnt))
		panic("cannot mount pipefs");
}

static int __init pipe_initcall(void)
{
	int error;

	pipe_init();
	error = proc_sysctl_int("fs/pipe-max-size", 0644, &pipe_max_size, PAGE_SIZE, 0x7fffffff);
	if (!error)
		error = proc_sysctl_int("fs/pipe-user-pages-soft", 0644, &pipe_user_pages_soft, 0,
					0x7fffffff);
	if (!error)
		error = proc_sysctl_int("fs/pipe-user-pages-hard", 0644, &pipe_user_pages_hard, 0,
					0x7fffffff);
	return error;
}
device_initcall(pipe_initcall);
