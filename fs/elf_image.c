/* SPDX-License-Identifier: MIT */
/*
 * The headers of an ELF file: read, checked, and, for 32-bit programs, widened, so that
 * binfmt_elf.c has one form to deal with. elf(5). Linux's twin: fs/binfmt_elf.c, which is compiled
 * twice (fs/compat_binfmt_elf.c).
 *
 * A file can hold anything: each field is checked before use, and one that begins like ELF but is
 * broken gets a line in the log with the cause. No locks; the caller holds the file.
 */
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include "elf_image.h"

int bad_elf(const struct linux_binprm *bprm, const char *why)
{
	if (printk_ratelimit())
		pr_notice("exec: %s: bad ELF file: %s\n", bprm->interp, why);
	return -ENOEXEC;
}

int elf_read(struct file *file, void *buf, size_t len, loff_t pos)
{
	ssize_t n = kernel_read(file, buf, len, &pos);

	if (n < 0)
		return n;
	return n == len ? 0 : -EIO;
}

static void widen_header(struct elf64_hdr *to, const struct elf32_hdr *from)
{
	memcpy(to->e_ident, from->e_ident, EI_NIDENT);
	to->e_type = from->e_type;
	to->e_machine = from->e_machine;
	to->e_version = from->e_version;
	to->e_entry = from->e_entry;
	to->e_phoff = from->e_phoff;
	to->e_shoff = from->e_shoff;
	to->e_flags = from->e_flags;
	to->e_ehsize = from->e_ehsize;
	to->e_phentsize = from->e_phentsize;
	to->e_phnum = from->e_phnum;
	to->e_shentsize = from->e_shentsize;
	to->e_shnum = from->e_shnum;
	to->e_shstrndx = from->e_shstrndx;
}

static void widen_phdr(struct elf64_phdr *to, const struct elf32_phdr *from)
{
	*to = (struct elf64_phdr){
		.p_type = from->p_type, .p_flags = from->p_flags, .p_offset = from->p_offset,
		.p_vaddr = from->p_vaddr, .p_paddr = from->p_paddr, .p_filesz = from->p_filesz,
		.p_memsz = from->p_memsz, .p_align = from->p_align,
	};
}

bool elf_take_header(struct elf_image *image, const void *start)
{
	memcpy(&image->ehdr, start, sizeof(image->ehdr));
	if (memcmp(image->ehdr.e_ident, ELFMAG, SELFMAG))
		return false;
	image->ia32 = image->ehdr.e_ident[EI_CLASS] == ELFCLASS32;
	if (image->ia32)
		widen_header(&image->ehdr, start);
	return true;
}

/* The program headers as the file has them, in memory of their own: image->phdrs. */
static int read_table(struct elf_image *image)
{
	const struct elf64_hdr *eh = &image->ehdr;
	struct elf32_phdr *narrow;
	int error;

	image->phdrs = kvmalloc(eh->e_phnum * sizeof(struct elf64_phdr), GFP_KERNEL);
	if (!image->phdrs)
		return -ENOMEM;
	if (!image->ia32)
		return elf_read(image->file, image->phdrs, eh->e_phnum * sizeof(struct elf64_phdr),
				eh->e_phoff);
	narrow = kvmalloc(eh->e_phnum * sizeof(*narrow), GFP_KERNEL);
	if (!narrow)
		return -ENOMEM;
	error = elf_read(image->file, narrow, eh->e_phnum * sizeof(*narrow), eh->e_phoff);
	for (int i = 0; !error && i < eh->e_phnum; i++)
		widen_phdr(&image->phdrs[i], &narrow[i]);
	kvfree(narrow);
	return error;
}

static bool impossible_segment(const struct elf64_phdr *ph, unsigned long limit)
{
	unsigned long end;

	return ph->p_type == PT_LOAD &&
	       (ph->p_filesz > ph->p_memsz || ph->p_memsz > limit ||
		__builtin_add_overflow(ph->p_vaddr, ph->p_memsz, &end) || end > limit ||
		ELF_PAGEOFFSET(ph->p_vaddr) != ELF_PAGEOFFSET(ph->p_offset));
}

int elf_read_phdrs(const struct linux_binprm *bprm, struct elf_image *image)
{
	const struct elf64_hdr *eh = &image->ehdr;
	size_t entry = image->ia32 ? sizeof(struct elf32_phdr) : sizeof(struct elf64_phdr);
	const char *why = NULL;
	int error;

	if (image->ia32 ? eh->e_machine != EM_386 :
	    eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_machine != EM_X86_64)
		return bad_elf(bprm, "neither for x86-64 nor for i386");
	if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
		return bad_elf(bprm, "neither a program nor a shared object");
	if (eh->e_phentsize != entry)
		return bad_elf(bprm, "program headers of a wrong size");
	if (!eh->e_phnum || eh->e_phnum * entry > 65536)
		return bad_elf(bprm, "no program headers, or too many");
	error = read_table(image);
	if (error && error != -ENOMEM)
		why = "program headers cut off";
	for (int i = 0; !error && !why && i < eh->e_phnum; i++)
		if (impossible_segment(&image->phdrs[i],
				       image->ia32 ? IA32_PAGE_OFFSET : TASK_SIZE_MAX))
			why = "a segment with impossible addresses";
	if (!error && !why)
		return 0;
	kvfree(image->phdrs);
	image->phdrs = NULL;
	return why ? bad_elf(bprm, why) : error;
}

void elf_close_image(struct elf_image *image)
{
	kvfree(image->phdrs);
	if (image->file) {
		allow_write_access(image->file);
		fput(image->file);
	}
}

unsigned long elf_total_mapping_size(const struct elf_image *image)
{
	unsigned long low = -1UL, high = 0;

	for (int i = 0; i < image->ehdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &image->phdrs[i];

		if (ph->p_type != PT_LOAD)
			continue;
		low = min(low, ELF_PAGESTART(ph->p_vaddr));
		high = max(high, ph->p_vaddr + ph->p_memsz);
	}
	return high > low ? PAGE_ALIGN(high - low) : 0;
}

unsigned long elf_max_alignment(const struct elf_image *image)
{
	unsigned long align = 0;

	for (int i = 0; i < image->ehdr.e_phnum; i++)
		if (image->phdrs[i].p_type == PT_LOAD && is_power_of_2(image->phdrs[i].p_align))
			align = max(align, (unsigned long)image->phdrs[i].p_align);
	return max(align, PAGE_SIZE);
}

const struct elf64_phdr *elf_gnu_stack(const struct elf_image *image)
{
	for (int i = 0; i < image->ehdr.e_phnum; i++)
		if (image->phdrs[i].p_type == PT_GNU_STACK)
			return &image->phdrs[i];
	return NULL;
}
