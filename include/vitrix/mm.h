/* SPDX-License-Identifier: MIT */
/*
 * Memory management, the public face. Linux's twin: include/linux/mm.h, gfp.h, part of pagemap.h.
 */
#ifndef VITRIX_MM_H
#define VITRIX_MM_H

#include <vitrix/mm_types.h>
#include <vitrix/slab.h>
#include <vitrix/sched.h>
#include <vitrix/err.h>
#include <linux/mman.h>

/* ---- page frames: mm/page_alloc.c; any context ---- */
#define MAX_ORDER 11				/* largest block: 2^10 pages */
struct page *alloc_pages(gfp_t gfp, unsigned int order); /* refcount 1; NULL without memory */
#define alloc_page(gfp)	alloc_pages(gfp, 0)
/* refcount is ignored: the caller owns it */
void __free_pages(struct page *page, unsigned int order);
#define __free_page(page) __free_pages(page, 0)
/* direct-map address, 0 without memory */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
#define __get_free_page(gfp)	__get_free_pages(gfp, 0)
#define get_zeroed_page(gfp)	__get_free_pages((gfp) | __GFP_ZERO, 0)
void free_pages(unsigned long addr, unsigned int order);
#define free_page(addr)	free_pages(addr, 0)
static inline int page_count(struct page *page) { return atomic_read(&page->_refcount); }
static inline void get_page(struct page *page) { refcount_inc(&page->_refcount); }
void __put_page(struct page *page);		/* the last reference went */
static inline void put_page(struct page *page)
{
	if (refcount_dec_and_test(&page->_refcount))
		__put_page(page);
}
static inline bool PageFlag(struct page *page, int bit)
{
	return (READ_ONCE(page->flags) >> bit) & 1;
}
static inline void SetPageFlag(struct page *page, int bit)
{
	__atomic_fetch_or(&page->flags, 1u << bit, __ATOMIC_SEQ_CST);
}
static inline void ClearPageFlag(struct page *page, int bit)
{
	__atomic_fetch_and(&page->flags, ~(1u << bit), __ATOMIC_SEQ_CST);
}
#define PageUptodate(p)	PageFlag(p, PG_uptodate)
#define SetPageUptodate(p) SetPageFlag(p, PG_uptodate)
#define PageDirty(p)	PageFlag(p, PG_dirty)
#define SetPageDirty(p)	SetPageFlag(p, PG_dirty)
#define PageReserved(p)	PageFlag(p, PG_reserved)
unsigned long nr_free_pages(void);
extern unsigned long totalram_pages;		/* that the allocator was given, in pages */
/* All zeroes, shared read-only; its PTEs are marked special, its users not counted. */
extern struct page *empty_zero_page;

struct meminfo {				/* in pages */
	unsigned long total, free, cached, shmem, slab, anon, mapped, pagetables, kernel_stacks;
	unsigned long vmalloc;
};
void si_meminfo_pages(struct meminfo *mi);
extern atomic_long_t nr_file_pages, nr_shmem_pages, nr_slab_pages, nr_pagetable_pages,
	nr_kstack_pages, nr_anon_pages, nr_file_mapped, nr_vmalloc_pages;
/* No page to be had: kills the worst process, says why in the log. false: none can be killed. */
bool out_of_memory(gfp_t gfp, unsigned int order);	/* mm/oom_kill.c */
long oom_badness(struct task_struct *p);
/*
 * Promises of user memory that RAM can never hold are refused (heuristic overcommit): 0, and the
 * pages are counted in vm_committed_as; or -ENOMEM.
 */
int vm_enough_memory(struct mm_struct *mm, long pages);
void vm_unacct_memory(long pages);		/* gives them back */
extern atomic_long_t vm_committed_as;		/* pages promised */
extern int sysctl_overcommit_ratio;		/* percent of RAM, for mode 2 */
long vm_commit_limit(void);			/* pages */

/* ---- VMAs ---- */
#define VM_READ		0x00000001
#define VM_WRITE	0x00000002
#define VM_EXEC		0x00000004
#define VM_SHARED	0x00000008
#define VM_MAYREAD	0x00000010
#define VM_MAYWRITE	0x00000020
#define VM_MAYEXEC	0x00000040
#define VM_MAYSHARE	0x00000080
#define VM_GROWSDOWN	0x00000100
#define VM_PFNMAP	0x00000400	/* frames without struct page */
#define VM_LOCKED	0x00002000
#define VM_IO		0x00004000
#define VM_SEQ_READ	0x00008000	/* MADV_SEQUENTIAL */
#define VM_RAND_READ	0x00010000	/* MADV_RANDOM */
#define VM_DONTCOPY	0x00020000
#define VM_DONTEXPAND	0x00040000
#define VM_LOCKONFAULT	0x00080000	/* with VM_LOCKED: lock pages as they come, fetch none */
#define VM_ACCOUNT	0x00100000
#define VM_NORESERVE	0x00200000
#define VM_WIPEONFORK	0x02000000
#define VM_DONTDUMP	0x04000000
#define VM_MIXEDMAP	0x10000000
#define VM_STACK_FLAGS	(VM_GROWSDOWN | VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | \
			 VM_MAYEXEC | VM_ACCOUNT)
#define VM_ACCESS_FLAGS	(VM_READ | VM_WRITE | VM_EXEC)
#define VM_DATA_DEFAULT_FLAGS (VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
extern pgprot_t protection_map[16];		/* by VM_READ|WRITE|EXEC|SHARED */
static inline pgprot_t vm_get_page_prot(unsigned long vm_flags)
{
	return protection_map[vm_flags & 15];
}
static inline bool vma_is_anonymous(struct vm_area_struct *vma) { return !vma->vm_ops; }
static inline unsigned long vma_pages(struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}
static inline bool is_cow_mapping(unsigned long flags)
{
	return (flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}
extern int sysctl_max_map_count, sysctl_overcommit_memory, randomize_va_space;
extern unsigned long stack_guard_gap;		/* pages below a stack that stay free: 256 */

static inline void mmap_read_lock(struct mm_struct *mm) { down_read(&mm->mmap_lock); }
static inline void mmap_read_unlock(struct mm_struct *mm) { up_read(&mm->mmap_lock); }
static inline void mmap_write_lock(struct mm_struct *mm) { down_write(&mm->mmap_lock); }
static inline int mmap_write_lock_killable(struct mm_struct *mm)
{
	return down_write_killable(&mm->mmap_lock);
}
static inline void mmap_write_unlock(struct mm_struct *mm) { up_write(&mm->mmap_lock); }

/* mm/mmap.c; mmap_lock held for write unless noted */
/* first with addr < vm_end; read */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start,
					     unsigned long end);
unsigned long get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
				unsigned long pgoff, unsigned long flags);
unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long pgoff);	/* address or -errno */
int do_munmap(struct mm_struct *mm, unsigned long start, size_t len);
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long offset);	/* takes the lock itself */
int vm_munmap(unsigned long start, size_t len);
int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long vm_flags);
/* An area that the kernel gives a program: ops->fault brings its pages. ERR_PTR(-ENOMEM) */
struct vm_area_struct *install_special_mapping(struct mm_struct *mm, unsigned long addr,
					       unsigned long len, unsigned long vm_flags,
					       const struct vm_operations_struct *ops);
int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma);
void vm_stat_account(struct mm_struct *mm, unsigned long flags, long npages);
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
struct vm_area_struct *vm_area_dup(struct vm_area_struct *orig);
void vm_area_free(struct vm_area_struct *vma);
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, int new_below);
struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev,
				 unsigned long addr, unsigned long end, unsigned long vm_flags,
				 struct file *file, pgoff_t pgoff);
int expand_stack(struct vm_area_struct *vma, unsigned long address);
int vma_adjust(struct vm_area_struct *vma, unsigned long start, unsigned long end, pgoff_t pgoff);
bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long npages);
int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm);	/* fork; takes both locks */
void exit_mmap(struct mm_struct *mm);		/* last user gone: frees all areas and tables */
#define MAP_COMPAT	(1UL << 40)	/* in mmap's flags: below 4 GiB. Not the ABI's */
unsigned long ia32_task_size(void);
void arch_pick_mmap_layout(struct mm_struct *mm, struct rlimit *rlim_stack);
unsigned long arch_randomize_brk(struct mm_struct *mm);

bool aslr_enabled(void);	/* randomize_va_space, and the task's personality allows it */
/* New access rights for all of [start, end), which lies in vma. mm/mprotect.c */
int mprotect_fixup(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		   unsigned long newflags);
/* Moves a VMA's page table entries to another place of the same mm. Bytes moved. mm/mremap.c */
unsigned long move_page_tables(struct vm_area_struct *vma, unsigned long old_addr,
			       struct vm_area_struct *new_vma, unsigned long new_addr,
			       unsigned long len);

/* mm struct life: kernel/fork.c */
struct mm_struct *mm_alloc(void);		/* empty, mm_users 1; NULL without memory */
void mmput(struct mm_struct *mm);		/* may sleep */
void mmdrop(struct mm_struct *mm);		/* mm_count */
static inline void mmget(struct mm_struct *mm) { refcount_inc(&mm->mm_users); }
static inline bool mmget_not_zero(struct mm_struct *mm)
{
	return refcount_inc_not_zero(&mm->mm_users);
}
static inline void mmgrab(struct mm_struct *mm) { refcount_inc(&mm->mm_count); }
extern struct mm_struct init_mm;
struct mm_struct *mm_access(struct task_struct *task, unsigned int mode);	/* PTRACE_MODE_* */

/* mm/memory.c */
/* fault.done in trace/events.tbl: what a page fault came to */
#define FAULT_DONE_NOTHING	0
#define FAULT_DONE_ZERO_PAGE	1
#define FAULT_DONE_FILE_PAGE	2
#define FAULT_DONE_COW_COPY	3
#define FAULT_DONE_TAKEN_BACK	4
#define FAULT_DONE_NEW_PAGE	5
#define FAULT_DONE_SIGSEGV	6
#define FAULT_DONE_SIGBUS	7
#define FAULT_DONE_WRITABLE	8
#define FAULT_DONE_NO_MEMORY	9
#define FAULT_DONE_FIXUP	10
#define FAULT_DONE_FILE_COPY	11
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address,
			   unsigned int flags) __path;
vm_fault_t do_wp_page(struct vm_fault *vmf) __path;
int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma);
/* Unmaps and frees pages in [start, end) of vma; tables stay. */
void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* NULL without memory; may sleep */
pte_t *pte_alloc_map(struct mm_struct *mm, unsigned long addr, pmd_t **pmdp);
pte_t *pte_lookup(struct mm_struct *mm, unsigned long addr);	/* NULL if no table */
int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn,
		    unsigned long size, pgprot_t prot);
void unmap_mapping_range(struct address_space *mapping, loff_t holebegin, loff_t holelen,
			 int even_cows);
int populate_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end, bool write);
/* mmap_lock read */
int populate_vma_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
void mm_populate(unsigned long addr, unsigned long len);	/* no lock held */
/* Reads or writes another process's memory, breaking COW where needed. Bytes done. May sleep. */
int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len, bool write);
unsigned long mm_rss(struct mm_struct *mm);	/* pages */
void do_page_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address) __path;

/* mm/shmem.c: files that live in the page cache only (tmpfs, MAP_SHARED|MAP_ANONYMOUS) */
struct file *shmem_file_setup(const char *name, loff_t size, unsigned long vm_flags);
int shmem_zero_setup(struct vm_area_struct *vma);
bool memfd_write_sealed(struct file *file);
bool memfd_sealable(struct file *file);
/* mm/shmem_super.c: for ->fill_super of mounts that no path leads to: no limits, no options */
struct super_block;
int shmem_fill_unlimited(struct super_block *sb);
/* F_ADD_SEALS, F_GET_SEALS; mm/memfd.c */
long shmem_fcntl(struct file *file, unsigned int cmd, unsigned long arg);

/* mm init order: mm_init() in mm/init.c calls these */
void page_alloc_init(void);
void kmem_cache_init(void);
void vmalloc_init(void);
void mmap_init(void);
void free_initmem(void);			/* __init text and data go back to the allocator */
void free_reserved_range(phys_addr_t start, phys_addr_t end);	/* e.g. the initrd */

/*
 * mm/gup.c: a page of another mm, to be written (exec's strings); mmap_lock held. Referenced;
 * ERR_PTR.
 */
struct page *get_user_page_for_write(struct mm_struct *mm, unsigned long addr);

#endif
