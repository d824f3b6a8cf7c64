/* SPDX-License-Identifier: MIT */
/* An ELF file's headers, read and checked. fs/elf_image.c. */
#ifndef FS_ELF_IMAGE_H
#define FS_ELF_IMAGE_H

#include <vitrix/binfmts.h>
#include <linux/elf.h>

#define ELF_PAGESTART(v) ((v) & PAGE_MASK)
#define ELF_PAGEOFFSET(v) ((v) & ~PAGE_MASK)

/* An open ELF file. The headers of a 32-bit one are widened: what follows knows one form only. */
struct elf_image {
	struct file *file;
	struct elf64_hdr ehdr;
	struct elf64_phdr *phdrs;
	bool ia32;
};

/* Logs why, if the log is not full of it. Always -ENOEXEC. */
int bad_elf(const struct linux_binprm *bprm, const char *why);
/* 0, or -EIO for what the file does not have. */
int elf_read(struct file *file, void *buf, size_t len, loff_t pos);
/* From the file's first bytes (sizeof(ehdr) of them). false: it is not ELF. */
bool elf_take_header(struct elf_image *image, const void *start);
/* Checks ehdr and reads the program headers. -ENOEXEC with a log line, -ENOMEM, -EIO. */
int elf_read_phdrs(const struct linux_binprm *bprm, struct elf_image *image);
void elf_close_image(struct elf_image *image);

/* Bytes from the first segment's page to the last one's end; 0 if there is none. */
unsigned long elf_total_mapping_size(const struct elf_image *image);
/* The largest alignment that a segment asks for, at least a page. */
unsigned long elf_max_alignment(const struct elf_image *image);
/* PT_GNU_STACK; NULL: the file has none. */
const struct elf64_phdr *elf_gnu_stack(const struct elf_image *image);

#endif
