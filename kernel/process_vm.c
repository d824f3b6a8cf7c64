/* SPDX-License-Identifier: MIT */
/*
 * process_vm_readv(2), process_vm_writev(2): copies between the caller's memory and another
 * process's, through a page of the kernel's own. Who may ptrace(2) it may. What was copied before
 * the first address that is not there counts. Linux's twin: mm/process_vm_access.c.
 */
#include <vitrix/compat.h>
#include <vitrix/err.h>
#include <vitrix/mm.h>
#include <vitrix/pid.h>
#include <vitrix/ptrace.h>
#include <vitrix/signal.h>
#include <vitrix/slab.h>
#include <vitrix/uaccess.h>
#include <vitrix/uio.h>
#include <generated/syscalls.h>
#include <arch/vsyscall.h>
#include <linux/uio.h>

/* One remote piece. What could be copied; less than len: the end. */
static size_t copy_piece(struct mm_struct *mm, unsigned long addr, size_t len,
			 struct iov_iter *local, char *page, bool write)
{
	size_t done = 0;

	while (done < len && iov_iter_count(local)) {
		size_t want = min(min(len - done, PAGE_SIZE - ((addr + done) & (PAGE_SIZE - 1))),
				  iov_iter_count(local));
		size_t got;

		if (write) {
			got = copy_from_iter(page, want, local);
			got = got ? access_remote_vm(mm, addr + done, page, got, true) : 0;
		} else {
			got = access_remote_vm(mm, addr + done, page, want, false);
			if (!got)
				got = read_vsyscall_page(mm, addr + done, page, want);
			got = got ? copy_to_iter(page, got, local) : 0;
		}
		done += got;
		if (got < want || fatal_signal_pending(current))
			break;
	}
	return done;
}

/* Bytes, or -EFAULT, -ESRCH, -EPERM, -ENOMEM. */
static ssize_t copy_all(pid_t pid, struct iov_iter *local, const struct iovec *remote,
			unsigned long nr, bool write)
{
	struct task_struct *task = find_get_task_by_vpid(pid);
	struct mm_struct *mm;
	ssize_t done = 0;
	char *page;

	if (!task)
		return -ESRCH;
	mm = mm_access(task, PTRACE_MODE_REALCREDS);
	put_task_struct(task);
	if (IS_ERR_OR_NULL(mm))
		return !mm ? -ESRCH : PTR_ERR(mm) == -EACCES ? -EPERM : PTR_ERR(mm);
	page = (char *)__get_free_page(GFP_KERNEL);
	if (!page) {
		mmput(mm);
		return -ENOMEM;
	}
	for (unsigned long i = 0; i < nr && iov_iter_count(local); i++) {
		size_t want = min(remote[i].iov_len, iov_iter_count(local));
		size_t n = copy_piece(mm, (unsigned long)remote[i].iov_base, want, local, page,
				      write);

		done += n;
		if (n < want) {
			if (!done)
				done = -EFAULT;
			break;
		}
	}
	free_page((unsigned long)page);
	mmput(mm);
	return done;
}

/* The remote pieces are no addresses of ours: only their lengths can be wrong. */
static long read_remote_iovec(const struct iovec *uvec, unsigned long nr, struct iovec **to)
{
	struct iovec *vec;
	long err;

	*to = NULL;
	if (!nr)
		return 0;
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	vec = kmalloc(nr * sizeof(*vec), GFP_KERNEL);
	if (!vec)
		return -ENOMEM;
	*to = vec;
	err = copy_iovec_from_user(vec, uvec, nr);
	for (unsigned long i = 0; i < nr && !err; i++)
		if ((ssize_t)vec[i].iov_len < 0)
			err = -EINVAL;
	return err;
}

static ssize_t process_vm_rw(pid_t pid, const struct iovec *lvec, unsigned long liovcnt,
			     const struct iovec *rvec, unsigned long riovcnt, unsigned long flags,
			     bool write)
{
	struct iovec fast[8], *local, *remote = NULL;
	struct iov_iter iter;
	ssize_t ret;

	if (flags)
		return -EINVAL;
	ret = import_iovec(lvec, liovcnt, ARRAY_SIZE(fast), fast, &local, &iter);
	if (ret < 0)
		return ret;
	if (ret) {
		ret = read_remote_iovec(rvec, riovcnt, &remote);
		if (!ret)
			ret = copy_all(pid, &iter, remote, riovcnt, write);
		kfree(remote);
	}
	if (local != fast)
		kfree(local);
	return ret;
}

long __x64_sys_process_vm_readv(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt,
				const struct iovec __user *rvec, unsigned long riovcnt,
				unsigned long flags)
{
	return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, false);
}

long __x64_sys_process_vm_writev(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt,
				 const struct iovec __user *rvec, unsigned long riovcnt,
				 unsigned long flags)
{
	return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, true);
}

/* copy_iovec_from_user() knows by the call that is running how wide the vectors are. */
#define WIDE_VEC(vec)	((const struct iovec *)(vec))

long __ia32_compat_sys_process_vm_readv(u32 pid, const struct compat_iovec __user *lvec,
					u32 liovcnt, const struct compat_iovec __user *rvec,
					u32 riovcnt, u32 flags)
{
	return process_vm_rw(pid, WIDE_VEC(lvec), liovcnt, WIDE_VEC(rvec), riovcnt, flags, false);
}

long __ia32_compat_sys_process_vm_writev(u32 pid, const struct compat_iovec __user *lvec,
					 u32 liovcnt, const struct compat_iovec __user *rvec,
					 u32 riovcnt, u32 flags)
{
	return process_vm_rw(pid, WIDE_VEC(lvec), liovcnt, WIDE_VEC(rvec), riovcnt, flags, true);
}
