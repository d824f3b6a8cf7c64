/* SPDX-License-Identifier: MIT */
/*
 * ELF programs: static, static-PIE, and with an interpreter (the dynamic linker), of 64 and of 32
 * bits. Linux's twin: fs/binfmt_elf.c; elf(5), and the System V ABI for what the program finds on
 * its stack.
 *
 *   low                                                                        high
 *   | program: its segments, bss | brk heap -> ... <- mmap | interpreter | ... | stack |
 *     at its address; a PIE at                                one block          argc, argv,
 *     a base + random                                                            envp, auxv
 *
 * Headers come from elf_image.c, checked, and those of 32-bit files widened: what is left to ask of
 * the width here is where things go (arch_set_program_width() sets TASK_SIZE).
 * Left out: core dumps, GNU properties.
 */
#include <vitrix/binfmts.h>
#include <vitrix/cred.h>
#include <vitrix/init.h>
#include <vitrix/random.h>
#include <vitrix/string.h>
#include <generated/trace_events.h>
#include <arch/processor.h>
#include <arch/vdso.h>
#include <linux/auxvec.h>
#include <linux/personality.h>
#include "elf_image.h"
#include "elf_stack.h"

/* Where its segments came to lie. */
struct elf_extent {
	unsigned long load_bias, start_code, end_code, start_data, end_data, brk, phdr_addr;
};

static unsigned long segment_prot(u32 p_flags)
{
	return ((p_flags & PF_R) ? PROT_READ : 0) | ((p_flags & PF_W) ? PROT_WRITE : 0) |
	       ((p_flags & PF_X) ? PROT_EXEC : 0);
}

/*
 * Maps one segment at bias + its address. total > 0: reserves the whole image's size in one go and
 * gives back what is behind this segment, so that the rest finds its place free. Address or -errno.
 */
static unsigned long map_segment(struct file *file, const struct elf64_phdr *ph, unsigned long bias,
				 unsigned long flags, unsigned long total)
{
	unsigned long addr = bias + ELF_PAGESTART(ph->p_vaddr);
	unsigned long size = PAGE_ALIGN(ph->p_filesz + ELF_PAGEOFFSET(ph->p_vaddr));
	unsigned long offset = ph->p_offset - ELF_PAGEOFFSET(ph->p_vaddr), mapped;

	if (!size)
		return addr;
	if (!total)
		return vm_mmap(file, addr, size, segment_prot(ph->p_flags), flags, offset);
	mapped = vm_mmap(file, addr, max(total, size), segment_prot(ph->p_flags), flags, offset);
	if (!IS_ERR_VALUE(mapped) && total > size)
		vm_munmap(mapped + size, total - size);
	return mapped;
}

/*
 * The rest of a segment that the file does not fill: zeroes, first to the page's end, then whole
 * pages.
 */
static int map_bss(const struct elf64_phdr *ph, unsigned long bias)
{
	unsigned long start = bias + ph->p_vaddr + ph->p_filesz;
	unsigned long end = bias + ph->p_vaddr + ph->p_memsz;
	unsigned long page = PAGE_ALIGN(start);

	if (start == end)
		return 0;
	if (ELF_PAGEOFFSET(start) && ph->p_filesz && (ph->p_flags & PF_W) &&
	    clear_user((void *)start, min(page, PAGE_ALIGN(end)) - start))
		return -EFAULT;
	if (!ph->p_filesz)
		page = ELF_PAGESTART(start);
	end = PAGE_ALIGN(end);
	if (end <= page)
		return 0;
	return vm_brk_flags(page, end - page, (ph->p_flags & PF_X) ? VM_EXEC : 0);
}

static void note_extent(struct elf_extent *x, const struct elf_image *image,
			const struct elf64_phdr *ph)
{
	unsigned long start = x->load_bias + ph->p_vaddr, file_end = start + ph->p_filesz;

	if (image->ehdr.e_phoff >= ph->p_offset &&
	    image->ehdr.e_phoff < ph->p_offset + ph->p_filesz)
		x->phdr_addr = image->ehdr.e_phoff - ph->p_offset + ph->p_vaddr + x->load_bias;
	if ((ph->p_flags & PF_X) && start < x->start_code)
		x->start_code = start;
	if (start > x->start_data)
		x->start_data = start;
	if ((ph->p_flags & PF_X) && file_end > x->end_code)
		x->end_code = file_end;
	x->end_data = max(x->end_data, file_end);
	x->brk = max(x->brk, start + ph->p_memsz);
}

/*
 * Maps all segments. bias: where address 0 of the file goes; first_flags: how the first one is
 * placed. x is filled in. 0 or -errno.
 */
static int map_image(const struct elf_image *image, unsigned long bias, unsigned long first_flags,
		     bool reserve, struct elf_extent *x)
{
	bool first = true;

	*x = (struct elf_extent){ .load_bias = bias, .start_code = -1UL };
	for (int i = 0; i < image->ehdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &image->phdrs[i];
		unsigned long flags = MAP_PRIVATE | (first ? first_flags : MAP_FIXED), addr;
		int error;

		if (ph->p_type != PT_LOAD)
			continue;
		addr = map_segment(image->file, ph, x->load_bias, flags,
				   first && reserve ? elf_total_mapping_size(image) : 0);
		if (IS_ERR_VALUE(addr))
			return addr;
		if (first && image->ehdr.e_type == ET_DYN)
			x->load_bias += addr - (x->load_bias + ELF_PAGESTART(ph->p_vaddr));
		first = false;
		if (x->load_bias + ph->p_vaddr + ph->p_memsz > TASK_SIZE)
			return -ENOMEM;
		error = map_bss(ph, x->load_bias);
		if (error)
			return error;
		note_extent(x, image, ph);
	}
	return first ? -ENOEXEC : 0;
}

/* The file that PT_INTERP names, its headers checked. 0 with interp->file NULL: there is none. */
static int open_interpreter(struct linux_binprm *bprm, const struct elf_image *image,
			    struct elf_image *interp)
{
	for (int i = 0; i < image->ehdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &image->phdrs[i];
		char *path, start[sizeof(interp->ehdr)];
		int error;

		if (ph->p_type != PT_INTERP)
			continue;
		if (ph->p_filesz > PATH_MAX || ph->p_filesz < 2)
			return bad_elf(bprm, "interpreter's name of a wrong size");
		path = kmalloc(ph->p_filesz, GFP_KERNEL);
		if (!path)
			return -ENOMEM;
		error = elf_read(image->file, path, ph->p_filesz, ph->p_offset);
		if (error || path[ph->p_filesz - 1]) {
			kfree(path);
			return error ? error : bad_elf(bprm, "interpreter's name does not end");
		}
		interp->file = open_exec(path);
		kfree(path);
		if (IS_ERR(interp->file)) {
			error = PTR_ERR(interp->file);
			interp->file = NULL;
			return error;
		}
		if (elf_read(interp->file, start, sizeof(start), 0) ||
		    !elf_take_header(interp, start) || interp->ia32 != image->ia32) {
			bad_elf(bprm, "interpreter is not an ELF file of the same width");
			return -ELIBBAD;
		}
		error = elf_read_phdrs(bprm, interp);
		return error == -ENOEXEC ? -ELIBBAD : error;
	}
	return 0;
}

/*
 * Programs without PT_GNU_STACK are old. Old 32-bit ones may execute whatever they may read, their
 * stack too.
 */
static bool choose_executable_stack(const struct elf_image *image)
{
	const struct elf64_phdr *ph = elf_gnu_stack(image);

	if (!ph && image->ia32)
		current->personality |= READ_IMPLIES_EXEC;
	return ph ? ph->p_flags & PF_X : image->ia32;
}

/* Where a program without fixed addresses goes. 0: wherever mmap finds room. */
static unsigned long pie_bias(const struct elf_image *image, bool has_interp)
{
	unsigned long bias = arch_pie_base(), first = 0;

	if (!has_interp)
		return 0;
	for (int i = 0; i < image->ehdr.e_phnum; i++)
		if (image->phdrs[i].p_type == PT_LOAD) {
			first = image->phdrs[i].p_vaddr;
			break;
		}
	bias &= ~(elf_max_alignment(image) - 1);
	return ELF_PAGESTART(bias - first);
}

/*
 * Both images into the new address space, mm's fields set. *entry: where the first instruction is.
 */
static int map_program(struct linux_binprm *bprm, struct elf_image *image, struct elf_image *interp,
		       struct elf_extent *x, unsigned long *interp_base, unsigned long *entry)
{
	bool fixed = image->ehdr.e_type == ET_EXEC;
	unsigned long bias = fixed ? 0 : pie_bias(image, interp->file);
	struct mm_struct *mm = current->mm;
	int error;

	error = map_image(image, bias, fixed || bias ? MAP_FIXED_NOREPLACE : 0, !fixed, x);
	if (error)
		return error;
	*entry = image->ehdr.e_entry + x->load_bias;
	if (interp->file) {
		struct elf_extent ix;

		error = map_image(interp, 0,
				  interp->ehdr.e_type == ET_EXEC ? MAP_FIXED_NOREPLACE : 0,
				  interp->ehdr.e_type == ET_DYN, &ix);
		if (error)
			return error;
		*interp_base = ix.load_bias;
		*entry = interp->ehdr.e_entry + ix.load_bias;
	}
	if (*entry >= TASK_SIZE)
		return -EINVAL;
	mm->start_code = x->start_code;
	mm->end_code = x->end_code;
	mm->start_data = x->start_data;
	mm->end_data = x->end_data;
	mm->start_brk = mm->brk = PAGE_ALIGN(x->brk);
	if (randomize_va_space > 1 && !(current->personality & ADDR_NO_RANDOMIZE))
		mm->brk = mm->start_brk = arch_randomize_brk(mm);
	return 0;
}

__path int load_elf_binary(struct linux_binprm *bprm)
{
	struct elf_image image = { .file = bprm->file }, interp = { };
	unsigned long interp_base = 0, entry, vdso;
	struct elf_extent extent;
	bool executable_stack;
	int error;

	if (!elf_take_header(&image, bprm->buf))
		return -ENOEXEC;
	error = elf_read_phdrs(bprm, &image);
	if (error)
		return error;
	error = open_interpreter(bprm, &image, &interp);
	if (error)
		goto out;

	/* point of no return: the old program is let go in here */
	error = begin_new_exec(bprm);
	if (error)
		goto out;
	arch_set_program_width(image.ia32);
	executable_stack = choose_executable_stack(&image);
	setup_new_exec(bprm);
	error = setup_arg_pages(bprm, executable_stack);
	if (error)
		goto out;
	error = map_program(bprm, &image, &interp, &extent, &interp_base, &entry);
	if (error)
		goto out;
	error = arch_setup_additional_pages(&vdso);
	if (error)
		goto out;
	error = create_elf_tables(bprm, &(struct elf_tables){
		.phdr = extent.phdr_addr, .phnum = image.ehdr.e_phnum,
		.entry = image.ehdr.e_entry + extent.load_bias, .base = interp_base,
		.vdso = vdso, .ia32 = image.ia32 });
	if (error)
		goto out;
	finalize_exec(bprm);
	trace_new_image(entry, bprm->p, extent.load_bias, bprm->filename);
	if (image.ia32)
		compat_start_thread(current_pt_regs(), entry, bprm->p);
	else
		start_thread(current_pt_regs(), entry, bprm->p);
out:
	kvfree(image.phdrs);
	elf_close_image(&interp);
	return error;
}

static struct linux_binfmt elf_format = { .name = "elf", .load_binary = load_elf_binary };

static int __init init_elf_binfmt(void)
{
	register_binfmt(&elf_format);
	return 0;
}
device_initcall(init_elf_binfmt);
