/* SPDX-License-Identifier: MIT */
/*
 * mmap(2): areas come to be. No page is touched for that: faults bring the pages (mm/memory.c). How
 * areas go: mm/munmap.c.
 *
 *	do_mmap      the rules: flags, rights, limits, in Linux's order of errors
 *	mmap_region  the deed: make room, charge, merge or make an area, let the file have its say
 *
 * Linux's twin: mm/mmap.c. Callers: system calls, exec, drivers. Lock: mmap_lock for write.
 * Left out: huge pages, protection keys.
 */
#include "internal.h"
#include <generated/syscalls.h>
#include <linux/personality.h>

int sysctl_max_map_count = 65530;
unsigned long stack_guard_gap = 256;

/* Private areas start without RW, even where writing is allowed: the first write copies. */
#define P_NONE	__pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define P_R	__pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED | _PAGE_NX)
#define P_RX	__pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)
#define P_RW	__pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED | _PAGE_NX | _PAGE_RW)
#define P_RWX	__pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED | _PAGE_RW)
pgprot_t protection_map[16] = {
	[0] = P_NONE,
	[VM_READ] = P_R,
	[VM_WRITE] = P_R,
	[VM_WRITE | VM_READ] = P_R,
	[VM_EXEC] = P_RX,
	[VM_EXEC | VM_READ] = P_RX,
	[VM_EXEC | VM_WRITE] = P_RX,
	[VM_EXEC | VM_WRITE | VM_READ] = P_RX,
	[VM_SHARED] = P_NONE,
	[VM_SHARED | VM_READ] = P_R,
	[VM_SHARED | VM_WRITE] = P_RW,
	[VM_SHARED | VM_WRITE | VM_READ] = P_RW,
	[VM_SHARED | VM_EXEC] = P_RX,
	[VM_SHARED | VM_EXEC | VM_READ] = P_RX,
	[VM_SHARED | VM_EXEC | VM_WRITE] = P_RWX,
	[VM_SHARED | VM_EXEC | VM_WRITE | VM_READ] = P_RWX,
};

void __init mmap_init(void)
{
	/*
	 * Without NX in the CPU the bit is reserved; _PAGE_GLOBAL in P_NONE is our own mark and
	 * stays.
	 */
	if (!(__supported_pte_mask & _PAGE_NX))
		for (int i = 0; i < 16; i++)
			protection_map[i].pgprot &= ~_PAGE_NX;
	vma_cache_init();
	extable_init();
}

/* ---- system calls ---- */

long __x64_sys_mmap(unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
		    unsigned long fd, unsigned long off)
{
	struct file *file = NULL;
	unsigned long ret;

	if (offset_in_page(off))
		return -EINVAL;
	if (flags & MAP_ANONYMOUS) {
		if (flags & MAP_HUGETLB)
			return -ENOMEM;		/* as where the pool of huge pages is empty */
	} else {
		file = fget(fd);
		if (!file)
			return -EBADF;
		if (flags & MAP_HUGETLB) {
			fput(file);
			return -EINVAL;
		}
	}
	ret = vm_mmap(file, addr, len, prot, flags, off);
	if (file)
		fput(file);
	return ret;
}

static bool wants_populate(unsigned long flags, unsigned long def_flags)
{
	if ((flags & MAP_LOCKED) || (def_flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED)
		return true;
	return (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
}

/* offset in bytes, page-aligned. Address or -errno. May sleep. */
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long offset)
{
	struct mm_struct *mm = current->mm;
	unsigned long ret;
	bool populate;

	if (unlikely(offset_in_page(offset)))
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_mmap(file, addr, len, prot, flags, offset >> PAGE_SHIFT);
	populate = !IS_ERR_VALUE(ret) && wants_populate(flags, mm->def_flags);
	mmap_write_unlock(mm);
	if (unlikely(populate))
		mm_populate(ret, PAGE_ALIGN(len));
	return ret;
}

/* ---- the rules ---- */

/* A place for len bytes (whole pages): address or -errno. MAP_FIXED: addr itself, checked. */
unsigned long get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
				unsigned long pgoff, unsigned long flags)
{
	unsigned long task_size = TASK_SIZE;

	if (!(flags & MAP_FIXED)) {
		if (len > task_size)
			return -ENOMEM;
		if (file && file->f_op->get_unmapped_area)
			addr = file->f_op->get_unmapped_area(file, addr, len, pgoff, flags);
		else
			addr = arch_get_unmapped_area(PAGE_ALIGN(addr), len, flags);
		if (IS_ERR_VALUE(addr))
			return addr;
	}
	if (addr + len > task_size || addr + len < addr)
		return -ENOMEM;
	if (offset_in_page(addr))
		return -EINVAL;
	if (addr < mmap_min_addr && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	return addr;
}

static unsigned long vm_flags_of(struct mm_struct *mm, unsigned long prot, unsigned long flags)
{
	unsigned long vm_flags = mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

	static_assert(PROT_READ == VM_READ && PROT_WRITE == VM_WRITE && PROT_EXEC == VM_EXEC,
		      "PROT_* are the low bits of VM_*");
	vm_flags |= prot & VM_ACCESS_FLAGS;
	if (flags & MAP_GROWSDOWN)
		vm_flags |= VM_GROWSDOWN;
	if (flags & MAP_LOCKED)
		vm_flags |= VM_LOCKED;
	return vm_flags;
}

/* All the flags that were ever defined before MAP_SHARED_VALIDATE promised to check. */
#define LEGACY_MAP_MASK (MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS |		\
	MAP_DENYWRITE | MAP_EXECUTABLE | MAP_UNINITIALIZED | MAP_GROWSDOWN | MAP_LOCKED |	\
	MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_32BIT)

/* Could the file system have bytes as far out as that? Devices may use all offsets. */
static bool offset_fits(struct inode *inode, unsigned long pgoff, unsigned long len)
{
	unsigned long max = S_ISREG(inode->i_mode) ? (unsigned long)inode->i_sb->s_maxbytes : ~0UL;

	return len <= max && pgoff <= (max - len) >> PAGE_SHIFT;
}

/* What the open file and its mount allow. 0 or -errno; *vm_flags is completed. */
static int check_file_mapping(struct file *file, unsigned long prot, unsigned long flags,
			      unsigned long *vm_flags)
{
	struct inode *inode = file_inode(file);

	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
		flags &= LEGACY_MAP_MASK;
		fallthrough;
	case MAP_SHARED_VALIDATE:
		if (flags & ~LEGACY_MAP_MASK & ~(unsigned long)MAP_SHARED_VALIDATE)
			return -EOPNOTSUPP;
		if ((prot & PROT_WRITE) && !(file->f_mode & FMODE_WRITE))
			return -EACCES;
		if ((inode->i_flags & S_APPEND_FLAG) && (file->f_mode & FMODE_WRITE))
			return -EACCES;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		if (!(file->f_mode & FMODE_WRITE))
			*vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
		fallthrough;
	case MAP_PRIVATE:
		if (!(file->f_mode & FMODE_READ))
			return -EACCES;
		if (path_noexec(&file->f_path)) {
			if (*vm_flags & VM_EXEC)
				return -EPERM;
			*vm_flags &= ~VM_MAYEXEC;
		}
		if (!file->f_op->mmap)
			return -ENODEV;
		if (*vm_flags & VM_GROWSDOWN)
			return -EINVAL;
		return 0;
	default:
		return -EINVAL;
	}
}

static unsigned long mmap_region(struct file *file, unsigned long addr, unsigned long len,
				 unsigned long vm_flags, unsigned long pgoff);

unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	unsigned long vm_flags;
	int err;

	if (!len)
		return -EINVAL;
	if ((prot & PROT_READ) && (current->personality & READ_IMPLIES_EXEC) &&
	    !(file && path_noexec(&file->f_path)))
		prot |= PROT_EXEC;
	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED;
	if (!(flags & MAP_FIXED)) {
		addr &= PAGE_MASK;
		if (addr && addr < mmap_min_addr)
			addr = mmap_min_addr;
	}
	len = PAGE_ALIGN(len);
	if (!len)
		return -ENOMEM;
	if (pgoff + (len >> PAGE_SHIFT) < pgoff)
		return -EOVERFLOW;
	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;

	addr = get_unmapped_area(file, addr, len, pgoff, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	if ((flags & MAP_FIXED_NOREPLACE) && find_vma_intersection(mm, addr, addr + len))
		return -EEXIST;

	vm_flags = vm_flags_of(mm, prot, flags);
	if ((flags & MAP_LOCKED) && !can_do_mlock())
		return -EPERM;
	if (mlock_future_check(mm, vm_flags, len))
		return -EAGAIN;

	if (file) {
		if (!offset_fits(file_inode(file), pgoff, len))
			return -EOVERFLOW;
		err = check_file_mapping(file, prot, flags, &vm_flags);
		if (err)
			return err;
	} else if ((flags & MAP_TYPE) == MAP_SHARED) {
		if (vm_flags & VM_GROWSDOWN)
			return -EINVAL;
		pgoff = 0;
		vm_flags |= VM_SHARED | VM_MAYSHARE;
	} else if ((flags & MAP_TYPE) == MAP_PRIVATE) {
		pgoff = addr >> PAGE_SHIFT;
	} else {
		return -EINVAL;
	}
	if ((flags & MAP_NORESERVE) && sysctl_overcommit_memory != 2)
		vm_flags |= VM_NORESERVE;
	return mmap_region(file, addr, len, vm_flags, pgoff);
}

/* ---- limits ---- */

static bool is_data_mapping(unsigned long flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

/* RLIMIT_AS and RLIMIT_DATA. */
bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long npages)
{
	if (mm->total_vm + npages > rlimit(RLIMIT_AS) >> PAGE_SHIFT)
		return false;
	if (is_data_mapping(vm_flags) && mm->data_vm + npages > rlimit(RLIMIT_DATA) >> PAGE_SHIFT) {
		unsigned long hard = current->signal->rlim[RLIMIT_DATA].rlim_max;

		/* A limit of 0 binds brk(2) alone: old programs set it to do without brk. */
		return rlimit(RLIMIT_DATA) == 0 && mm->data_vm + npages <= hard >> PAGE_SHIFT;
	}
	return true;
}

void vm_stat_account(struct mm_struct *mm, unsigned long flags, long npages)
{
	mm->total_vm += npages;
	if ((flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC)
		mm->exec_vm += npages;
	else if (flags & VM_GROWSDOWN)
		mm->stack_vm += npages;
	else if (is_data_mapping(flags))
		mm->data_vm += npages;
}

/* Pages of [addr, end) that areas hold. */
static unsigned long count_vma_pages(struct mm_struct *mm, unsigned long addr, unsigned long end)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, addr, end);
	unsigned long n = 0;

	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		n += (min(end, vma->vm_end) - max(addr, vma->vm_start)) >> PAGE_SHIFT;
	return n;
}

/* ---- the deed ---- */

static struct vm_area_struct *new_area(struct file *file, unsigned long addr, unsigned long len,
				       unsigned long vm_flags, unsigned long pgoff)
{
	struct vm_area_struct *vma = vm_area_alloc(current->mm);
	int err = 0;

	if (!vma)
		return ERR_PTR(-ENOMEM);
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_flags = vm_flags;
	vma->vm_page_prot = vm_get_page_prot(vm_flags);
	vma->vm_pgoff = pgoff;
	if (file) {
		vma->vm_file = get_file(file);
		err = file->f_op->mmap(file, vma);
		/* ->mmap may choose flags and ops, not the place */
		ASSERT(err || (vma->vm_start == addr && vma->vm_end == addr + len));
	} else if (vm_flags & VM_SHARED) {
		err = shmem_zero_setup(vma);
	}
	if (err) {
		if (vma->vm_file) {
			/* a driver may have got half-way */
			unmap_region(current->mm, addr, addr + len, addr, addr + len);
			fput(vma->vm_file);
		}
		vm_area_free(vma);
		return ERR_PTR(err);
	}
	vma_set_page_prot(vma);
	return vma;
}

static unsigned long mmap_region(struct file *file, unsigned long addr, unsigned long len,
				 unsigned long vm_flags, unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma, *prev, *next;
	unsigned long end = addr + len;
	long npages = len >> PAGE_SHIFT, charged = 0;
	int err;

	if (!may_expand_vm(mm, vm_flags, npages) &&
	    !may_expand_vm(mm, vm_flags, npages - count_vma_pages(mm, addr, end)))
		return -ENOMEM;
	prev = find_vma_prev(mm, addr, &next);
	if (next && next->vm_start < end) {
		err = do_munmap(mm, addr, len);
		if (err)
			return err;
		prev = find_vma_prev(mm, addr, &next);
	}
	if ((vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE) {
		charged = npages;
		if (vm_enough_memory(mm, charged))
			return -ENOMEM;
		vm_flags |= VM_ACCOUNT;
	}

	vma = NULL;
	/* each shared anonymous area is a file of its own */
	if (file || !(vm_flags & VM_SHARED))
		vma = vma_merge(mm, prev, addr, end, vm_flags, file, pgoff);
	if (!vma) {
		vma = new_area(file, addr, len, vm_flags, pgoff);
		if (IS_ERR(vma)) {
			vm_unacct_memory(charged);
			return PTR_ERR(vma);
		}
		vma_link(mm, vma, prev);
	}
	vm_stat_account(mm, vm_flags, npages);
	if (vm_flags & VM_LOCKED) {
		if (vma->vm_flags & (VM_IO | VM_PFNMAP))
			vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
		else
			mm->locked_vm += npages;
	}
	/* Nobody has written yet: mmap_lock is held. */
	if (file && (vm_flags & VM_SHARED) && unlikely(memfd_write_sealed(file))) {
		do_munmap(mm, addr, len);
		return -EPERM;
	}
	return addr;
}

struct vm_area_struct *install_special_mapping(struct mm_struct *mm, unsigned long addr,
					       unsigned long len, unsigned long vm_flags,
					       const struct vm_operations_struct *ops)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);
	int error;

	if (!vma)
		return ERR_PTR(-ENOMEM);
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_flags = vm_flags;
	vma->vm_page_prot = vm_get_page_prot(vm_flags);
	vma->vm_ops = ops;
	error = insert_vm_struct(mm, vma);
	if (error) {
		vm_area_free(vma);
		return ERR_PTR(error);
	}
	vm_stat_account(mm, vm_flags, len >> PAGE_SHIFT);
	return vma;
}
