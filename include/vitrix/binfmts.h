/* SPDX-License-Identifier: MIT */
/*
 * exec: what is known of the program to come, while it is being checked; and the formats that can
 * load one. fs/exec.c drives, fs/binfmt_elf.c and fs/binfmt_script.c load. Linux's twin:
 * include/linux/binfmts.h.
 */
#ifndef VITRIX_BINFMTS_H
#define VITRIX_BINFMTS_H

#include <vitrix/fs.h>
#include <vitrix/mm.h>

#define BINPRM_BUF_SIZE 256
#define MAX_ARG_STRLEN	(PAGE_SIZE * 32)

struct linux_binprm {
	struct vm_area_struct *vma;	/* the new stack, while strings are copied */
	struct mm_struct *mm;		/* the new address space */
	unsigned long p;		/* current top of the new stack */
	unsigned long argmin;		/* rlimit marker for the stack strings */
	struct file *file;
	struct file *interpreter;	/* #! : the next file to try */
	struct cred *cred;		/* new credentials */
	int argc, envc;
	const char *filename;		/* as exec saw it; AT_EXECFN points to a copy */
	const char *interp;		/* differs from filename for scripts */
	unsigned int have_execfd:1, point_of_no_return:1, secureexec:1, script:1;
	int fd;
	struct rlimit rlim_stack;
	unsigned long exec, vma_pages;
	char buf[BINPRM_BUF_SIZE];	/* start of the file */
};

struct linux_binfmt {
	const char *name;
	/* 0; -ENOEXEC: not mine; other -errno. After begin_new_exec() errors kill the task. */
	int (*load_binary)(struct linux_binprm *bprm);
	struct linux_binfmt *next;
};
void register_binfmt(struct linux_binfmt *fmt);

long do_execve(struct filename *filename, const char *const *argv, const char *const *envp) __path;
/* process 1 */
long kernel_execve(const char *filename, const char *const *argv, const char *const *envp);
int exec_binprm(struct linux_binprm *bprm) __path;
int search_binary_handler(struct linux_binprm *bprm) __path;
int load_elf_binary(struct linux_binprm *bprm) __path;
/* Point of no return: other threads die, the new mm replaces the old, CLOEXEC files close. */
int begin_new_exec(struct linux_binprm *bprm);
void setup_new_exec(struct linux_binprm *bprm);
int setup_arg_pages(struct linux_binprm *bprm, bool executable_stack);
unsigned long exec_random_stack_top(const struct linux_binprm *bprm, unsigned long top,
				    unsigned long random_pages);
int copy_string_kernel(const char *arg, struct linux_binprm *bprm);
int remove_arg_zero(struct linux_binprm *bprm);
int bprm_change_interp(const char *interp, struct linux_binprm *bprm);
struct file *open_exec(const char *name);	/* ERR_PTR; write access denied */
void finalize_exec(struct linux_binprm *bprm);
int de_thread(struct task_struct *tsk);

#endif
