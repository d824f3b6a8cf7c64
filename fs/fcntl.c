/* SPDX-License-Identifier: MIT */
/*
 * fcntl(2): descriptor flags, file flags, owners for SIGIO; record locks are in locks.c.
 *
 * Who owns a file (f_owner: a thread, process or group, and the ids of the one who set it) gets a
 * signal when it becomes ready: send_sigio(), called by fs/fasync.c.
 *
 * Locks: file->f_lock for f_flags, tasklist_lock for f_owner. Linux's twin: fs/fcntl.c. Left out:
 * leases, dnotify.
 */
#include <vitrix/cred.h>
#include <vitrix/pid.h>
#include <vitrix/signal.h>
#include <vitrix/poll.h>
#include <vitrix/rcu.h>
#include "internal.h"
#include <generated/syscalls.h>

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

/* mm/shmem.c: memfd seals. */
long shmem_fcntl(struct file *file, unsigned int cmd, unsigned long arg) __weak;

static int setfl(unsigned int fd, struct file *file, unsigned long arg)
{
	struct inode *inode = file_inode(file);
	int error = 0;

	if ((file->f_flags & O_APPEND) && !(arg & O_APPEND) && IS_APPEND(inode))
		return -EPERM;
	if ((arg & O_NOATIME) && !(file->f_flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	if (((arg ^ file->f_flags) & FASYNC) && file->f_op->fasync) {
		error = file->f_op->fasync(fd, file, !!(arg & FASYNC));
		if (error < 0)
			return error;
	}
	spin_lock(&file->f_lock);
	file->f_flags = (arg & SETFL_MASK) | (file->f_flags & ~SETFL_MASK);
	spin_unlock(&file->f_lock);
	return 0;
}

/* ---------------------------------------------------------------- owners and SIGIO */

static void set_owner(struct file *file, struct pid *pid, int type)
{
	struct pid *old;

	get_pid(pid);
	/* tasklist_lock: send_sigio() follows the pointer under it, in any context. */
	spin_lock_irq(&tasklist_lock);
	old = file->f_owner.pid;
	file->f_owner.pid = pid;
	file->f_owner.type = type;
	file->f_owner.uid = current_uid();
	file->f_owner.euid = current_euid();
	spin_unlock_irq(&tasklist_lock);
	if (old)
		put_pid(old);
}

static int set_owner_nr(struct file *file, int nr, int type)
{
	struct pid *pid = NULL;

	if (nr) {
		pid = find_get_pid(nr);
		if (!pid)
			return -ESRCH;
	}
	set_owner(file, pid, type);
	if (pid)
		put_pid(pid);
	return 0;
}

/* who: a number; type: FOWN_*. Unknown numbers are no owner. */
void f_setown(struct file *file, int who, int type)
{
	set_owner_nr(file, who, type);
}

static int setown(struct file *file, int who)
{
	if (who == -0x7fffffff - 1)
		return -EINVAL;
	return who < 0 ? set_owner_nr(file, -who, FOWN_PGRP) : set_owner_nr(file, who, FOWN_PID);
}

static int owner_nr(struct file *file, int *type)
{
	int nr;

	spin_lock_irq(&tasklist_lock);
	nr = pid_vnr(file->f_owner.pid);
	*type = file->f_owner.type;
	spin_unlock_irq(&tasklist_lock);
	return nr;
}

static long setown_ex(struct file *file, const struct f_owner_ex __user *arg)
{
	static const u8 types[] = { [F_OWNER_TID] = FOWN_TID, [F_OWNER_PID] = FOWN_PID,
				    [F_OWNER_PGRP] = FOWN_PGRP };
	struct f_owner_ex owner;

	if (copy_from_user(&owner, arg, sizeof(owner)))
		return -EFAULT;
	if (owner.type < 0 || owner.type >= ARRAY_SIZE(types))
		return -EINVAL;
	return set_owner_nr(file, owner.pid, types[owner.type]);
}

static long getown_ex(struct file *file, struct f_owner_ex __user *arg)
{
	static const int types[] = { [FOWN_TID] = F_OWNER_TID, [FOWN_PID] = F_OWNER_PID,
				     [FOWN_PGRP] = F_OWNER_PGRP };
	struct f_owner_ex owner;
	int type;

	owner.pid = owner_nr(file, &type);
	owner.type = types[type];
	return copy_to_user(arg, &owner, sizeof(owner)) ? -EFAULT : 0;
}

static bool may_signal(struct task_struct *p, const struct fown_struct *fown)
{
	const struct cred *c;
	bool ok;

	rcu_read_lock();
	c = __task_cred(p);
	ok = !fown->euid || fown->euid == c->suid || fown->euid == c->uid ||
	     fown->uid == c->suid || fown->uid == c->uid;
	rcu_read_unlock();
	return ok;
}

static void sigio_to_task(struct task_struct *p, const struct fown_struct *fown, int fd, int band,
			  enum pid_type type)
{
	static const long bands[] = { [POLL_IN] = EPOLLIN | EPOLLRDNORM,
		[POLL_OUT] = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND,
		[POLL_MSG] = EPOLLIN | EPOLLRDNORM | EPOLLMSG, [POLL_ERR] = EPOLLERR,
		[POLL_PRI] = EPOLLPRI | EPOLLRDBAND, [POLL_HUP] = EPOLLHUP | EPOLLERR };
	struct k_siginfo info = { .si_signo = fown->signum, .si_code = band };

	if (!may_signal(p, fown))
		return;
	if (fown->signum) {
		info.poll.band = band > 0 && band < ARRAY_SIZE(bands) ? bands[band] : 0;
		info.poll.fd = fd;
		if (!do_send_sig_info(fown->signum, &info, p, type))
			return;
	}
	/* none chosen, or its queue is full */
	do_send_sig_info(SIGIO, SEND_SIG_PRIV, p, type);
}

/* band: POLL_IN, POLL_OUT ... Any context. */
void send_sigio(struct fown_struct *fown, int fd, int band)
{
	struct task_struct *p;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (!fown->pid) {
		/* nobody wants to know */
	} else if (fown->type == FOWN_PGRP) {
		do_each_pid_task(fown->pid, PIDTYPE_PGID, p)
			sigio_to_task(p, fown, fd, band, PIDTYPE_TGID);
	} else {
		p = pid_task(fown->pid, fown->type == FOWN_TID ? PIDTYPE_PID : PIDTYPE_TGID);
		if (p)
			sigio_to_task(p, fown, fd, band,
				      fown->type == FOWN_TID ? PIDTYPE_PID : PIDTYPE_TGID);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

/* ---------------------------------------------------------------- the call */

static long lock_command(unsigned int fd, struct file *file, unsigned int cmd, void __user *arg)
{
	struct flock lock;
	long error;

	if (copy_from_user(&lock, arg, sizeof(lock)))
		return -EFAULT;
	if (cmd != F_GETLK && cmd != F_OFD_GETLK)
		return fcntl_setlk(fd, file, cmd, &lock);
	error = fcntl_getlk(file, cmd, &lock);
	if (!error && copy_to_user(arg, &lock, sizeof(lock)))
		error = -EFAULT;
	return error;
}

long do_fcntl(unsigned int fd, unsigned int cmd, unsigned long arg, struct file *file)
{
	int type, nr;

	switch (cmd) {
	case F_DUPFD:
		return f_dupfd(arg, file, 0);
	case F_DUPFD_CLOEXEC:
		return f_dupfd(arg, file, O_CLOEXEC);
	case F_GETFD:
		return get_close_on_exec(fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		set_close_on_exec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return file->f_flags;
	case F_SETFL:
		return setfl(fd, file, arg);
	case F_GETLK: case F_SETLK: case F_SETLKW:
	case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
		return lock_command(fd, file, cmd, (void __user *)arg);
	case F_GETOWN:
		nr = owner_nr(file, &type);
		return type == FOWN_PGRP ? -nr : nr;
	case F_SETOWN:
		return setown(file, arg);
	case F_GETOWN_EX:
		return getown_ex(file, (void __user *)arg);
	case F_SETOWN_EX:
		return setown_ex(file, (void __user *)arg);
	case F_GETSIG:
		return file->f_owner.signum;
	case F_SETSIG:
		if (arg > _NSIG)
			return -EINVAL;
		file->f_owner.signum = arg;
		return 0;
	case F_GETPIPE_SZ: case F_SETPIPE_SZ:
		return file_is_pipe(file) ? pipe_fcntl(file, cmd, arg) : -EBADF;
	case F_ADD_SEALS: case F_GET_SEALS:
		return shmem_fcntl ? shmem_fcntl(file, cmd, arg) : -EINVAL;
	}
	return -EINVAL;
}

/* What an O_PATH descriptor can do. */
bool fcntl_fine_with_path(unsigned int cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD ||
	       cmd == F_GETFL;
}

long __x64_sys_fcntl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct fd f = fdget_raw(fd);
	long ret = -EBADF;

	if (!f.file)
		return ret;
	if (likely(!(f.file->f_mode & FMODE_PATH)) || fcntl_fine_with_path(cmd))
		ret = do_fcntl(fd, cmd, arg, f.file);
	fdput(f);
	return ret;
}
