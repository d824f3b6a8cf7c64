/* SPDX-License-Identifier: MIT */
/*
 * User memory. Every access goes through these: the range must lie below TASK_SIZE_MAX, SMAP is
 * opened for just this access, and a fault that cannot be served lands in the exception table and
 * comes back as an error, never as an oops. May sleep (faults) unless page faults are disabled.
 * Linux's twin: include/linux/uaccess.h, arch/x86/lib/usercopy_64.c, getuser.S.
 */
#ifndef VITRIX_UACCESS_H
#define VITRIX_UACCESS_H

#include <vitrix/types.h>
#include <vitrix/err.h>
#include <vitrix/fault_inject.h>
#include <vitrix/lockcheck.h>
#include <arch/page.h>
#include <arch/uaccess.h>

static __always_inline bool access_ok(const void *addr, size_t size)
{
	unsigned long a = (unsigned long)addr;

	return likely(size <= TASK_SIZE_MAX && a <= TASK_SIZE_MAX - size);
}

/* Bytes NOT copied (0: all). copy_from_user zeroes the rest of the destination. */
size_t copy_to_user(void *to, const void *from, size_t n) __must_check;
size_t copy_from_user(void *to, const void *from, size_t n) __must_check;
size_t clear_user(void *to, size_t n) __must_check;
#ifdef CONFIG_DEBUG
#define copy_to_user(to, from, n) ({						\
	size_t __n = (n);							\
	might_fault();								\
	should_fail(FAIL_USER) ? __n : (copy_to_user)(to, from, __n); })
#define copy_from_user(to, from, n) ({						\
	void *__to = (to);							\
	size_t __n = (n);							\
	might_fault();								\
	should_fail(FAIL_USER) ? (__builtin_memset(__to, 0, __n), __n) :	\
				 (copy_from_user)(__to, from, __n); })
#define clear_user(to, n)		({ might_fault(); (clear_user)(to, n); })
#endif
/* Length without NUL, size if there is no NUL within size, or -EFAULT. */
long strncpy_from_user(char *dst, const char *src, long size) __must_check;
/* Length with NUL; 0 on fault; > n if longer. */
long strnlen_user(const char *s, long n) __must_check;

/* Structs that grow with kernel versions (clone3, sched_setattr, openat2): 0, -E2BIG, -EFAULT. */
int copy_struct_from_user(void *dst, size_t ksize, const void *src, size_t usize) __must_check;

/* One value of 1, 2, 4 or 8 bytes; 0 or -EFAULT. */
#define get_user(x, ptr) ({							\
	const void *__p = (ptr);						\
	unsigned long __raw = 0;						\
	might_fault();								\
	int __e = access_ok(__p, sizeof(*(ptr))) ?				\
		__arch_get_user(&__raw, __p, sizeof(*(ptr))) : -EFAULT;		\
	(x) = (__typeof__(*(ptr)))__raw; __e; })
#define put_user(x, ptr) ({							\
	__typeof__(ptr) __p = (ptr);						\
	__typeof__(*__p) __v = (x);						\
	might_fault();								\
	access_ok(__p, sizeof(*__p)) ?						\
		__arch_put_user((const void *)&__v, __p, sizeof(*__p)) : -EFAULT; })

/* Faults fail at once instead of sleeping: under spinlocks (futex). */
void pagefault_disable(void);
void pagefault_enable(void);
bool pagefault_disabled(void);

/* Atomic compare-and-swap on a user word: 0 and *cur, or -EFAULT. Page faults may be disabled. */
int cmpxchg_user_u32(u32 *cur, u32 *uaddr, u32 old, u32 new);
/* FUTEX_WAKE_OP's atomic: 0 and *oldval, -EFAULT, -ENOSYS. */
int futex_atomic_op_inuser(int op, u32 oparg, int *oldval, u32 *uaddr);

/* exception table: the address of an instruction that may fault, and where to go then */
struct exception_table_entry { s32 insn, fixup; };	/* relative to the field's own address */
struct pt_regs;
bool fixup_exception(struct pt_regs *regs);	/* arch/x86/mm/extable.c */
bool has_fixup(unsigned long ip);	/* may the instruction at ip fault on user memory? */
void extable_init(void);		/* once memory can be allocated: makes searches fast */

#endif
