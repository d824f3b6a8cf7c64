/* SPDX-License-Identifier: MIT */
/* What a program finds on its stack. fs/elf_stack.c. */
#ifndef FS_ELF_STACK_H
#define FS_ELF_STACK_H

struct linux_binprm;

/* For the auxiliary vector: addresses in the new program. */
struct elf_tables { unsigned long phdr, phnum, entry, base, vdso; bool ia32; };
/* Writes argc, argv, envp and auxv below bprm->p and moves it there. 0 or -EFAULT. */
int create_elf_tables(struct linux_binprm *bprm, const struct elf_tables *t);

#endif
