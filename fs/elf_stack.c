/* SPDX-License-Identifier: MIT */
/*
 * The new program's stack as its first instruction finds it (System V ABI for x86-64, 3.4.1; for
 * i386, 2.3.1; getauxval(3)). A 32-bit program finds the same in words of four bytes.
 * Linux's twin: create_elf_tables() in fs/binfmt_elf.c.
 *
 *   high | filename, env and arg strings (exec.c copied them) |
 *        | "x86_64" or "i686", 16 random bytes                |
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
#include <arch/vdso.h>
#include <generated/vdso32.h>
#include <asm/hwcap2.h>
#include <linux/auxvec.h>
#include <linux/elf.h>
#include "elf_stack.h"

#ifndef AT_SYSINFO
#define AT_SYSINFO	32	/* of 32-bit programs only */
#endif
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#define MAX_AUXV	24	/* half of saved_auxv's words, at most */
#define SIGFRAME_BASE	928	/* frame without its floating point part, as Linux says it */

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

	if (t->vdso && t->ia32)
		add_aux(b, AT_SYSINFO, t->vdso + VDSO32_vsyscall);
	if (t->vdso)
		add_aux(b, AT_SYSINFO_EHDR, t->vdso);
	add_aux(b, AT_MINSIGSTKSZ, round_up(SIGFRAME_BASE + fpu_frame_size(), 16));
	add_aux(b, AT_HWCAP, boot_cpu_data.cap_1_edx);
	add_aux(b, AT_PAGESZ, PAGE_SIZE);
	add_aux(b, AT_CLKTCK, USER_HZ);
	add_aux(b, AT_PHDR, t->phdr);
	add_aux(b, AT_PHENT, t->ia32 ? sizeof(struct elf32_phdr) : sizeof(struct elf64_phdr));
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
	add_aux(b, AT_HWCAP2, cpu_has(X86_FEATURE_FSGSBASE) ? HWCAP2_FSGSBASE : 0);
	add_aux(b, AT_EXECFN, bprm->exec);
	add_aux(b, AT_PLATFORM, platform);
	add_aux(b, AT_NULL, 0);
}

/* The words of the stack, from low to high: of 4 bytes or of 8. */
struct word_writer { unsigned long at; bool ia32; };

static int put_word(struct word_writer *w, u64 value)
{
	int error = w->ia32 ? put_user((u32)value, (u32 *)w->at) : put_user(value, (u64 *)w->at);

	w->at += w->ia32 ? sizeof(u32) : sizeof(u64);
	return error;
}

/* n pointers to consecutive strings, then NULL; *str moves behind the last. */
static int put_pointers(struct word_writer *w, int n, unsigned long *str)
{
	while (n-- > 0) {
		long len;

		if (put_word(w, *str))
			return -EFAULT;
		len = strnlen_user((const char *)*str, MAX_ARG_STRLEN);
		if (!len || len > MAX_ARG_STRLEN)
			return -EINVAL;
		*str += len;
	}
	return put_word(w, 0);
}

/* The vector at at, and where /proc/PID/auxv finds it. The narrow one is made from the wide. */
static int put_auxv(unsigned long at, struct auxv_builder *b, bool ia32)
{
	size_t size = sizeof(b->pair[0]) * b->n;
	struct mm_struct *mm = current->mm;

	if (ia32) {
		u32 *narrow = (u32 *)b->pair;
		const u64 *wide = (const u64 *)b->pair;

		for (int i = 0; i < 2 * b->n; i++)
			narrow[i] = wide[i];
		size /= 2;
	}
	if (copy_to_user((void *)at, b->pair, size))
		return -EFAULT;
	memset(mm->saved_auxv, 0, sizeof(mm->saved_auxv));
	memcpy(mm->saved_auxv, b->pair, size);
	return 0;
}

int create_elf_tables(struct linux_binprm *bprm, const struct elf_tables *t)
{
	const char *platform_name = t->ia32 ? "i686" : "x86_64";
	size_t name_size = t->ia32 ? sizeof("i686") : sizeof("x86_64");
	struct word_writer w = { .ia32 = t->ia32 };
	struct mm_struct *mm = current->mm;
	struct auxv_builder auxv = { .n = 0 };
	unsigned long p, str, platform, random;
	u8 random_bytes[16];
	size_t words;

	p = arch_align_stack(bprm->p);
	platform = p - name_size;
	random = (platform - sizeof(random_bytes)) & ~15UL;
	get_random_bytes(random_bytes, sizeof(random_bytes));
	if (copy_to_user((void *)platform, platform_name, name_size) ||
	    copy_to_user((void *)random, random_bytes, sizeof(random_bytes)))
		return -EFAULT;
	fill_auxv(&auxv, bprm, t, random, platform);

	words = 1 + bprm->argc + 1 + bprm->envc + 1 + 2 * auxv.n;
	bprm->p = (random - words * (t->ia32 ? sizeof(u32) : sizeof(u64))) & ~15UL;
	w.at = bprm->p;
	if (put_word(&w, bprm->argc))
		return -EFAULT;
	str = mm->arg_start = mm->start_stack;
	if (put_pointers(&w, bprm->argc, &str))
		return -EFAULT;
	mm->arg_end = mm->env_start = str;
	if (put_pointers(&w, bprm->envc, &str))
		return -EFAULT;
	mm->env_end = str;
	mm->start_stack = bprm->p;
	return put_auxv(w.at, &auxv, t->ia32);
}
