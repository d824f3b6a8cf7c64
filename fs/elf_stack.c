/* SPDX-License-Identifier: MIT */
/*
 * The new program's stack as its first instruction finds it (System V ABI for x86-64, 3.4.1;
 * getauxval(3)).
 * Linux's twin: create_elf_tables() in fs/binfmt_elf.c.
 *
 *   high | filename, env and arg strings (exec.c copied them) |
 *        | "x86_64", 16 random bytes                          |
 *        | auxv: pairs, ended by AT_NULL                      |
 *        | envp pointers, NULL                                |
 *        | argv pointers, NULL                                |
 *   low  | argc                                               | <- rsp, 16-byte aligned
 *
 * Runs in the new address space, after the point of no return.
 */
#include <vitrix/binfmts.h>
#include <vitrix/cred.h>
#include <vitrix/random.h>
#include <vitrix/string.h>
#include <arch/fpu.h>
#include <arch/processor.h>
#include <linux/auxvec.h>
#include "elf_stack.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#define MAX_AUXV	24
#define SIGFRAME_BASE	1440	/* frame without its floating point part, rounded up */

struct auxv_builder { u64 pair[MAX_AUXV][2]; int n; };

static void add_aux(struct auxv_builder *b, u64 id, u64 value)
{
	ASSERT(b->n < MAX_AUXV);
	b->pair[b->n][0] = id;
	b->pair[b->n][1] = value;
	b->n++;
}

static void fill_auxv(struct auxv_builder *b, const struct linux_binprm *bprm,
		      const struct elf_tables *t, unsigned long random, unsigned long platform)
{
	const struct cred *cred = current_cred();

	if (t->vdso)
		add_aux(b, AT_SYSINFO_EHDR, t->vdso);
	add_aux(b, AT_MINSIGSTKSZ, SIGFRAME_BASE + fpu_frame_size());
	add_aux(b, AT_HWCAP, boot_cpu_data.cap_1_edx);
	add_aux(b, AT_PAGESZ, PAGE_SIZE);
	add_aux(b, AT_CLKTCK, USER_HZ);
	add_aux(b, AT_PHDR, t->phdr);
	add_aux(b, AT_PHENT, 56);
	add_aux(b, AT_PHNUM, t->phnum);
	add_aux(b, AT_BASE, t->base);
	add_aux(b, AT_FLAGS, 0);
	add_aux(b, AT_ENTRY, t->entry);
	add_aux(b, AT_UID, cred->uid);
	add_aux(b, AT_EUID, cred->euid);
	add_aux(b, AT_GID, cred->gid);
	add_aux(b, AT_EGID, cred->egid);
	add_aux(b, AT_SECURE, bprm->secureexec);
	add_aux(b, AT_RANDOM, random);
	add_aux(b, AT_HWCAP2, 0);
	add_aux(b, AT_EXECFN, bprm->exec);
	add_aux(b, AT_PLATFORM, platform);
	add_aux(b, AT_NULL, 0);
}

/* n pointers to consecutive strings, then NULL; *str moves behind the last. */
static int put_pointers(u64 **slot, int n, unsigned long *str)
{
	while (n-- > 0) {
		long len;

		if (put_user(*str, (*slot)++))
			return -EFAULT;
		len = strnlen_user((const char *)*str, MAX_ARG_STRLEN);
		if (!len || len > MAX_ARG_STRLEN)
			return -EINVAL;
		*str += len;
	}
	return put_user(0UL, (*slot)++);
}

int create_elf_tables(struct linux_binprm *bprm, const struct elf_tables *t)
{
	static const char platform_name[] = "x86_64";
	struct mm_struct *mm = current->mm;
	struct auxv_builder auxv = { .n = 0 };
	unsigned long p, str, platform, random;
	u8 random_bytes[16];
	size_t words;
	u64 *slot;

	p = arch_align_stack(bprm->p);
	platform = p - sizeof(platform_name);
	random = (platform - sizeof(random_bytes)) & ~15UL;
	get_random_bytes(random_bytes, sizeof(random_bytes));
	if (copy_to_user((void *)platform, platform_name, sizeof(platform_name)) ||
	    copy_to_user((void *)random, random_bytes, sizeof(random_bytes)))
		return -EFAULT;
	fill_auxv(&auxv, bprm, t, random, platform);

	words = 1 + bprm->argc + 1 + bprm->envc + 1 + 2 * auxv.n;
	bprm->p = (random - words * sizeof(u64)) & ~15UL;
	slot = (u64 *)bprm->p;
	if (put_user((u64)bprm->argc, slot++))
		return -EFAULT;
	str = mm->arg_start = mm->start_stack;
	if (put_pointers(&slot, bprm->argc, &str))
		return -EFAULT;
	mm->arg_end = mm->env_start = str;
	if (put_pointers(&slot, bprm->envc, &str))
		return -EFAULT;
	mm->env_end = str;
	mm->start_stack = bprm->p;
	if (copy_to_user(slot, auxv.pair, 16 * auxv.n))
		return -EFAULT;
	memset(mm->saved_auxv, 0, sizeof(mm->saved_auxv));
	memcpy(mm->saved_auxv, auxv.pair, 16 * auxv.n);
	return 0;
}
