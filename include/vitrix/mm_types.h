/* SPDX-License-Identifier: MIT */
/*
 * The objects of memory management: page frame, address space, mapped area.
 * Linux's twin: include/linux/mm_types.h.
 */
#ifndef VITRIX_MM_TYPES_H
#define VITRIX_MM_TYPES_H

#include <vitrix/list.h>
#include <vitrix/rbtree.h>
#include <vitrix/refcount.h>
#include <vitrix/mutex.h>
#include <arch/pgtable.h>

struct kmem_cache;
struct address_space;
struct file;
struct linux_binfmt;

/*
 * One per page frame of RAM, in mem_map order; 32 bytes. Who owns the frame says which union is
 * live:
 *
 *   free in the buddy allocator   buddy list, order
 *   slab                          cache, freelist, counts
 *   page cache                    mapping, index         (PG_locked while it is filled)
 *   anonymous memory, page table  mapping NULL
 *
 * _refcount: 0 free; each user holds one: the page cache, each page table entry, each temporary
 * holder. An anonymous page with one reference belongs to one page table alone: a write fault may
 * take it back instead of copying.
 */
struct page {
	unsigned int flags;		/* PG_*; set by SetPageFlag() (atomic) */
	atomic_t _refcount;
	union {
		struct {		/* page cache */
			struct address_space *mapping;
			pgoff_t index;
			unsigned long private;	/* file system's own */
		};
		struct {		/* buddy: zone lock */
			struct list_head buddy_list;
			unsigned int order;
		};
		struct {		/* slab: cache lock */
			struct kmem_cache *slab_cache;
			void *freelist;
			struct page *next_partial;
		};
		struct {		/* kmalloc larger than a slab */
			unsigned long large_order;
		};
	};
};
static_assert(sizeof(struct page) == 32, "struct page grew: mem_map costs 1/128 of RAM");

#define PG_locked	0	/* being filled, truncated: lock_page() */
#define PG_uptodate	1
#define PG_dirty	2
#define PG_buddy	3	/* head of a free block */
#define PG_slab		4
#define PG_reserved	5	/* never given out: kernel image, firmware, holes */
#define PG_head		6	/* first page of a higher-order allocation */
#define PG_waiters	7	/* somebody sleeps for PG_locked */
#define PG_pgtable	8
#define PG_file		11	/* is or was in a page cache; without it a user page is anonymous */
#define PG_shmem	12	/* with PG_file: of a file that lives in memory only */
#define PG_pcp		9	/* free, on a CPU's list of single pages */
#define PG_fresh	10	/* free block whose other struct pages were never initialised */
/* A slab page counts its objects in use in _refcount's place. */

struct vm_operations_struct;

struct vm_area_struct {
	unsigned long vm_start, vm_end;		/* [start, end), bytes */
	struct vm_area_struct *vm_next, *vm_prev;
	struct rb_node vm_rb;
	unsigned long rb_subtree_gap;		/* largest hole before a VMA of this subtree */
	struct mm_struct *vm_mm;
	pgprot_t vm_page_prot;	/* for PTEs; without RW where writes must fault first (COW) */
	unsigned long vm_flags;			/* VM_* */
	const struct vm_operations_struct *vm_ops;
	unsigned long vm_pgoff;			/* of vm_start in the file, in pages */
	struct file *vm_file;			/* holds a reference; NULL: anonymous */
	struct list_head i_mmap_link;		/* mapping->i_mmap_lock: all VMAs of the file */
	bool has_anon;		/* anonymous pages may be mapped: fork must copy entries */
};

/* Everything under mmap_lock (write to change, read to use) unless noted. */
struct mm_struct {
	struct vm_area_struct *mmap;		/* list by address */
	struct rb_root mm_rb;
	struct vm_area_struct *mmap_cache;	/* last found; plain hint */
	pgd_t *pgd;
	atomic_t mm_users;			/* threads and temporary users */
	atomic_t mm_count;		/* 1 for all mm_users, plus lazy users (active_mm) */
	int map_count;
	struct rw_semaphore mmap_lock;		/* class LC_MMAP */
	spinlock_t page_table_lock;		/* class LC_PAGE_TABLE: all entries of the tables */
	atomic_long_t pgtables_bytes;
	unsigned long mmap_base;		/* mmap grows down from here */
	unsigned long mmap_compat_base;		/* for mmap by an i386 call; 0: not chosen yet */
	unsigned long task_size;		/* TASK_SIZE_MAX, or less for 32-bit programs */
	unsigned long vdso32;			/* the 32-bit vDSO's code; 0: there is none */
	unsigned long highest_vm_end;
	unsigned long total_vm, locked_vm, data_vm, exec_vm, stack_vm;	/* pages */
	unsigned long def_flags;
	atomic_long_t rss_file, rss_anon, rss_shmem;	/* pages */
	unsigned long hiwater_rss;
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long start_brk, brk, start_stack, arg_start, arg_end, env_start, env_end;
	unsigned long saved_auxv[64];
	struct file *exe_file;			/* for /proc/PID/exe; holds a reference */
	unsigned long flags;			/* MMF_* */
	struct ldt_struct *ldt;			/* segments of its own, or NULL: arch's ldt.c */
	u64 cpu_bitmap;				/* CPUs that have it loaded; atomic */
	/* With PCIDs only, arch's pcid.c: a number of its own, and how often its tables changed. */
	u64 ctx_id;
	atomic_long_t tlb_gen;
	struct rcu_head rcu;
	int dumpable;				/* PR_SET_DUMPABLE */
};
#define MMF_OOM_KILLED	0
#define MMF_LEGACY_LAYOUT 1			/* mmap_base is the bottom: areas grow up */

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned int flags;			/* FAULT_FLAG_* */
	pgoff_t pgoff;				/* in the file */
	unsigned long address;			/* page-aligned */
	pmd_t *pmd;
	pte_t *pte;
	pte_t orig_pte;
	/* result of ->fault, with a reference, uptodate, locked if VM_FAULT_LOCKED */
	struct page *page;
};

typedef unsigned int vm_fault_t;
#define VM_FAULT_OOM		0x01
#define VM_FAULT_SIGBUS		0x02
#define VM_FAULT_MAJOR		0x04
#define VM_FAULT_SIGSEGV	0x40
#define VM_FAULT_NOPAGE		0x100		/* ->fault installed the PTE itself */
#define VM_FAULT_LOCKED		0x200
#define VM_FAULT_RETRY		0x400
#define VM_FAULT_ERROR		(VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)
#define FAULT_FLAG_WRITE	0x01
#define FAULT_FLAG_USER		0x40
#define FAULT_FLAG_INSTRUCTION	0x100

struct vm_operations_struct {
	void (*open)(struct vm_area_struct *vma); /* a copy of the VMA came to be (fork, split) */
	void (*close)(struct vm_area_struct *vma);
	void (*mremap)(struct vm_area_struct *vma); /* it has moved here, by mremap(2) */
	vm_fault_t (*fault)(struct vm_fault *vmf); /* mmap_lock read; may sleep; sets vmf->page */
	vm_fault_t (*page_mkwrite)(struct vm_fault *vmf); /* first write to a shared file page */
	/* Maps pages of [start_pgoff, end_pgoff] that are in the page cache around the fault; page
	 * table locked; no sleep. Returns how many were mapped. */
	int (*map_pages)(struct vm_fault *vmf, pgoff_t start_pgoff, pgoff_t end_pgoff);
	const char *(*name)(struct vm_area_struct *vma);	/* for /proc/PID/maps */
};

#endif
