/* SPDX-License-Identifier: MIT */
/*
 * User memory in other ways than by plain copies (usercopy_64.S): strings, atomic words, structs
 * that have grown. Linux's twins: lib/strncpy_from_user.c, lib/strnlen_user.c,
 * arch/x86/include/asm/futex.h.
 *
 * Strings are read a word at a time where the word does not cross a page: so no page is touched
 * that the string does not reach. May sleep in a fault, unless faults are disabled.
 */
#include <vitrix/uaccess.h>
#include <vitrix/preempt.h>
#include <vitrix/string.h>
#include <linux/futex.h>

/* One load between stac() and clac(); jumps to label on a fault. */
#define unsafe_load(insn, val, ptr, label)					\
	__asm__ goto("1: " insn " %1,%0\n" _ASM_EXTABLE(1b, %l[label])		\
		     : "=r"(val) : "m"(*(ptr)) : : label)

#define ONES	0x0101010101010101UL
#define HIGHS	0x8080808080808080UL

/* Bit 7 of the lowest zero byte is the lowest bit set; 0: none is zero. */
static __always_inline unsigned long zero_bytes(unsigned long word)
{
	return (word - ONES) & ~word & HIGHS;
}

/* A word may be read at p without looking at another page. */
static __always_inline bool word_fits(const char *p)
{
	return offset_in_page(p) <= PAGE_SIZE - sizeof(long);
}

/* Bytes that may be read from s on, at most max; 0: none. */
static unsigned long readable_range(const char *s, unsigned long max)
{
	unsigned long addr = (unsigned long)s;

	return addr < TASK_SIZE_MAX ? min(max, TASK_SIZE_MAX - addr) : 0;
}

long strncpy_from_user(char *dst, const char *src, long size)
{
	unsigned long max, done = 0;

	might_fault();
	if (unlikely(size <= 0))
		return 0;
	max = readable_range(src, size);
	if (unlikely(!max))
		return -EFAULT;
	stac_load();
	while (done < max) {
		unsigned long word, zeros;
		unsigned int byte;

		if (likely(max - done >= sizeof(word) && word_fits(src + done))) {
			unsafe_load("movq", word, (const unsigned long *)(src + done), fault);
			zeros = zero_bytes(word);
			if (zeros) {
				unsigned int bits = __builtin_ctzl(zeros) & ~7u;

				/* the bytes behind the NUL are none of ours */
				*(unsigned long *)(dst + done) = word & ((1UL << bits) - 1);
				clac();
				return done + bits / 8;
			}
			*(unsigned long *)(dst + done) = word;
			done += sizeof(word);
			continue;
		}
		unsafe_load("movzbl", byte, (const unsigned char *)(src + done), fault);
		dst[done] = byte;
		if (!byte) {
			clac();
			return done;
		}
		done++;
	}
	clac();
	return done == size ? size : -EFAULT;	/* ran into the end of user space */
fault:
	clac();
	return -EFAULT;
}

long strnlen_user(const char *s, long n)
{
	unsigned long max, done = 0;

	if (unlikely(n <= 0))
		return 0;
	max = readable_range(s, n);
	stac_load();
	while (done < max) {
		unsigned long word, zeros;
		unsigned int byte;

		if (likely(max - done >= sizeof(word) && word_fits(s + done))) {
			unsafe_load("movq", word, (const unsigned long *)(s + done), fault);
			zeros = zero_bytes(word);
			if (zeros) {
				clac();
				return done + __builtin_ctzl(zeros) / 8 + 1;
			}
			done += sizeof(word);
			continue;
		}
		unsafe_load("movzbl", byte, (const unsigned char *)(s + done), fault);
		done++;
		if (!byte) {
			clac();
			return done;
		}
	}
	clac();
	return max == n ? n + 1 : 0;
fault:
	clac();
	return 0;
}

/* Bytes of src beyond ksize must be zero: they ask for something that we do not know. */
int copy_struct_from_user(void *dst, size_t ksize, const void *src, size_t usize)
{
	size_t size = min(ksize, usize);

	for (size_t i = ksize; i < usize; i++) {
		unsigned char byte;

		if (get_user(byte, (const unsigned char *)src + i))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	if (usize < ksize)
		memset((char *)dst + size, 0, ksize - usize);
	return copy_from_user(dst, src, size) ? -EFAULT : 0;
}

/* ---- faults off: a count of preempt_disable(), which the fault handler looks at ---- */

void pagefault_disable(void)
{
	preempt_disable();
	lockcheck_faults_off(1);
}

void pagefault_enable(void)
{
	lockcheck_faults_off(-1);
	preempt_enable();
}

bool pagefault_disabled(void)
{
	return in_atomic();
}

/* ---- atomic words ---- */

int cmpxchg_user_u32(u32 *cur, u32 *uaddr, u32 old, u32 new)
{
	if (!access_ok(uaddr, sizeof(*uaddr)))
		return -EFAULT;
	stac_load();
	__asm__ goto("1: lock; cmpxchgl %2,%1\n" _ASM_EXTABLE(1b, %l[fault])
		     : "+a"(old), "+m"(*uaddr) : "r"(new) : "memory", "cc" : fault);
	clac();
	*cur = old;
	return 0;
fault:
	clac();
	return -EFAULT;
}

static u32 futex_combine(int op, u32 val, u32 arg)
{
	switch (op) {
	case FUTEX_OP_OR:
		return val | arg;
	case FUTEX_OP_ANDN:
		return val & ~arg;
	case FUTEX_OP_XOR:
		return val ^ arg;
	case FUTEX_OP_ADD:
		return val + arg;
	default:	/* FUTEX_OP_SET */
		return arg;
	}
}

int futex_atomic_op_inuser(int op, u32 oparg, int *oldval, u32 *uaddr)
{
	u32 old, seen;

	if (op < FUTEX_OP_SET || op > FUTEX_OP_XOR)
		return -ENOSYS;
	if (get_user(old, uaddr))
		return -EFAULT;
	/* Other threads of the program may fight for the word: each round one of them gets on. */
	while (true) {
		if (cmpxchg_user_u32(&seen, uaddr, old, futex_combine(op, old, oparg)))
			return -EFAULT;
		if (seen == old)
			break;
		old = seen;
	}
	*oldval = old;
	return 0;
}
