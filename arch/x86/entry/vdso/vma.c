/* SPDX-License-Identifier: MIT */
/*
 * Gives each program the vDSO: two pages that it did not ask for. Linux's twin:
 * arch/x86/entry/vdso/vma.c; vdso(7).
 *
 *	   stack   |<- random, where there is room ->| [vvar] | [vdso] |
 *	-----------+                                 |  r--p  |  r-xp  |
 *	                                                 |         |
 *	        vdso_page, the timekeeper's own <--------+         +--> a frame with the ELF image
 *
 * They lie above the stack and below the border of its page table, so that no further table is
 * needed; without room there, mmap's rules find them a place. Their entries are set at exec, both
 * in one go, since each libc reads the image's symbols at start. After fork (which copies no
 * entries) and MADV_DONTNEED the fault handlers here set them again.
 *
 * Entries are special: they hold no reference, and count as nobody's memory. [vdso] may be written
 * by debuggers: a breakpoint makes a private copy. A program may move, protect or unmap both areas;
 * the kernel does not look there again (signal frames bring their own restorer, from libc).
 *
 * A 32-bit program gets another image, where mmap's rules have it. That one the kernel does look
 * for: fast system calls return into it, and signal handlers, so mm->vdso32 follows when it moves.
 */
#include <vitrix/binfmts.h>
#include <vitrix/init.h>
#include <vitrix/random.h>
#include <vitrix/string.h>
#include <vitrix/vdso_data.h>
#include <arch/processor.h>
#include <arch/vdso.h>
#include <generated/vdso32.h>

#define VVAR_FLAGS	(VM_READ | VM_MAYREAD | VM_IO | VM_DONTEXPAND | VM_DONTDUMP)
#define VDSO_FLAGS	(VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_DONTEXPAND)

extern const char vdso_image[], vdso_image_end[], vdso32_image[], vdso32_image_end[];
static void *image_page, *image32_page;		/* set once at boot; NULL: programs do without */
static bool wanted = true, wanted32 = true;

static_assert(sizeof(union vdso_page) == PAGE_SIZE, "[vvar] is one page");

static int __init vdso_setup(const char *value)
{
	wanted = value[0] != '0';
	return 0;
}
__setup("vdso=", vdso_setup);

static int __init vdso32_setup(const char *value)
{
	wanted32 = value[0] != '0';
	return 0;
}
__setup("vdso32=", vdso32_setup);

static void *__init make_image(const char *start, const char *end)
{
	void *page = (void *)get_zeroed_page(GFP_KERNEL);

	ASSERT(end - start <= PAGE_SIZE);
	if (page)
		memcpy(page, start, end - start);
	return page;
}

/* __kernel_vsyscall's four nops become the fastest door. AMD has no SYSENTER in long mode. */
static void __init choose_fast_door(void *image)
{
	/* movl %esp, %ebp; sysenter, and movl %ecx, %ebp; syscall */
	static const u8 sysenter[4] = { 0x89, 0xe5, 0x0f, 0x34 };
	static const u8 syscall[4] = { 0x89, 0xcd, 0x0f, 0x05 };
	const char *vendor = boot_cpu_data.vendor_id;

	if (!strcmp(vendor, "AuthenticAMD") || !strcmp(vendor, "HygonGenuine"))
		memcpy(image + VDSO32_vsyscall_fast_door, syscall, sizeof(syscall));
	else if (cpu_has(X86_FEATURE_SYSENTER))
		memcpy(image + VDSO32_vsyscall_fast_door, sysenter, sizeof(sysenter));
}

static int __init init_vdso(void)
{
	if (wanted)
		image_page = make_image(vdso_image, vdso_image_end);
	if (wanted32)
		image32_page = make_image(vdso32_image, vdso32_image_end);
	if (image32_page)
		choose_fast_door(image32_page);
	return (wanted && !image_page) || (wanted32 && !image32_page) ? -ENOMEM : 0;
}
device_initcall(init_vdso);

/* ---- pages ---- */

/* page_table_lock held. An entry that is there stays: it may be a debugger's copy. */
static void set_entry(pte_t *pte, const void *page, pgprot_t prot)
{
	if (pte_none(*pte))
		set_pte(pte, pte_mkspecial(pfn_pte(__pa(page) >> PAGE_SHIFT, prot)));
}

static vm_fault_t fault_in(struct vm_fault *vmf, const void *page)
{
	struct mm_struct *mm = vmf->vma->vm_mm;

	spin_lock(&mm->page_table_lock);
	set_entry(vmf->pte, page, vmf->vma->vm_page_prot);
	spin_unlock(&mm->page_table_lock);
	return VM_FAULT_NOPAGE;
}

static vm_fault_t vvar_fault(struct vm_fault *vmf)
{
	return fault_in(vmf, &vdso_page);
}

static vm_fault_t vdso_fault(struct vm_fault *vmf)
{
	return fault_in(vmf, image_page);
}

static vm_fault_t vdso32_fault(struct vm_fault *vmf)
{
	return fault_in(vmf, image32_page);
}

/* The very call that moves it was to return to the old place. */
static void vdso32_mremap(struct vm_area_struct *vma)
{
	struct pt_regs *regs = current_pt_regs();

	if (in_ia32_syscall() && regs->ip == current->mm->vdso32 + VDSO32_int80_landing_pad)
		regs->ip = vma->vm_start + VDSO32_int80_landing_pad;
	current->mm->vdso32 = vma->vm_start;
}

static const char *vvar_name(struct vm_area_struct *vma)
{
	return "[vvar]";
}

static const char *vdso_name(struct vm_area_struct *vma)
{
	return "[vdso]";
}

static const struct vm_operations_struct vvar_ops = { .fault = vvar_fault, .name = vvar_name };
static const struct vm_operations_struct vdso_ops = { .fault = vdso_fault, .name = vdso_name };
static const struct vm_operations_struct vdso32_ops = {
	.fault = vdso32_fault, .name = vdso_name, .mremap = vdso32_mremap
};

/* Both entries at once, if one table has them. Without memory for it faults will do it. */
static void map_now(struct vm_area_struct *vvar, struct vm_area_struct *vdso, const void *page)
{
	struct mm_struct *mm = vvar->vm_mm;
	pmd_t *pmd;
	pte_t *pte;

	if ((vvar->vm_start ^ vdso->vm_start) & PMD_MASK)
		return;
	pte = pte_alloc_map(mm, vvar->vm_start, &pmd);
	if (!pte)
		return;
	spin_lock(&mm->page_table_lock);
	set_entry(pte, &vdso_page, vvar->vm_page_prot);
	set_entry(pte + 1, page, vdso->vm_page_prot);
	spin_unlock(&mm->page_table_lock);
}

/* ---- areas ---- */

/* A random place for two pages between the stack and its page table's border; 0: no room. */
static unsigned long choose_address(struct mm_struct *mm)
{
	unsigned long start = find_vma(mm, mm->start_stack)->vm_end;
	unsigned long end = min(ALIGN(start, PMD_SIZE), TASK_SIZE);
	unsigned long places = (end - start) >> PAGE_SHIFT;

	if (places < 2)
		return 0;
	return aslr_enabled() ? start + (get_random_u64() % (places - 1) << PAGE_SHIFT) : start;
}

/*
 * exec, in the new address space, its stack in place: maps both areas. *vdso: the ELF header's
 * address for AT_SYSINFO_EHDR, 0 if there is none. 0 or -errno. May sleep.
 */
int arch_setup_additional_pages(unsigned long *vdso)
{
	bool ia32 = test_thread_flag(TIF_ADDR32);
	const void *page = ia32 ? image32_page : image_page;
	struct vm_area_struct *vvar, *text;
	struct mm_struct *mm = current->mm;
	unsigned long addr;
	int error = 0;

	*vdso = 0;
	if (!page)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	addr = get_unmapped_area(NULL, ia32 ? 0 : choose_address(mm), 2 * PAGE_SIZE, 0, 0);
	if (IS_ERR_VALUE(addr)) {
		error = addr;
		goto out;
	}
	vvar = install_special_mapping(mm, addr, PAGE_SIZE, VVAR_FLAGS, &vvar_ops);
	if (IS_ERR(vvar)) {
		error = PTR_ERR(vvar);
		goto out;
	}
	text = install_special_mapping(mm, addr + PAGE_SIZE, PAGE_SIZE, VDSO_FLAGS,
				       ia32 ? &vdso32_ops : &vdso_ops);
	if (IS_ERR(text)) {
		do_munmap(mm, addr, PAGE_SIZE);
		error = PTR_ERR(text);
		goto out;
	}
	map_now(vvar, text, page);
	*vdso = addr + PAGE_SIZE;
	if (ia32)
		mm->vdso32 = *vdso;
out:
	mmap_write_unlock(mm);
	return error;
}
