/* SPDX-License-Identifier: MIT */
/*
 * iov_iter: one way to move data to or from whatever a read or write names. Most have one segment,
 * and the copy is one call; the loops are for readv(2) and writev(2).
 *
 *	base --> |....done....|~~~~seg_left~~~~|    iov --> [segment][segment]...   nr_segs of them
 *	                      base after the copy
 *
 * count is all that is left, and may be less than the segments hold (iov_iter_truncate).
 * Linux's twin: lib/iov_iter.c. Context: user memory may sleep, unless nofault is set.
 */
#include <vitrix/compat.h>
#include <vitrix/uio.h>
#include <vitrix/mm.h>
#include <vitrix/string.h>

#define MAX_RW_COUNT	(0x7fffffffUL & PAGE_MASK)

enum direction { TO_ITER, FROM_ITER, ZERO_ITER };

void iov_iter_init_iovec(struct iov_iter *i, const struct iovec *iov, unsigned long nr_segs,
			 size_t count)
{
	*i = (struct iov_iter){ .user = true, .count = count };
	if (nr_segs) {
		i->base = iov[0].iov_base;
		i->seg_left = iov[0].iov_len;
		i->iov = iov + 1;
		i->nr_segs = nr_segs - 1;
	}
}

/* Segments are narrower in a call of the i386 table. 0, -EFAULT; -EINVAL: too long for 32 bits. */
int copy_iovec_from_user(struct iovec *to, const struct iovec *uvec, unsigned long nr)
{
	struct compat_iovec narrow;

	if (likely(!in_ia32_syscall()))
		return copy_from_user(to, uvec, nr * sizeof(*to)) ? -EFAULT : 0;
	for (unsigned long s = 0; s < nr; s++) {
		if (copy_from_user(&narrow, (const struct compat_iovec *)uvec + s, sizeof(narrow)))
			return -EFAULT;
		if ((s32)narrow.iov_len < 0)
			return -EINVAL;
		to[s].iov_base = compat_ptr(narrow.iov_base);
		to[s].iov_len = narrow.iov_len;
	}
	return 0;
}

/* Bytes all told, or -EINVAL, -EFAULT, -ENOMEM: then *iov is NULL. */
ssize_t import_iovec(const struct iovec *uvec, unsigned long nr_segs, unsigned long nr_fast,
		     struct iovec *fast, struct iovec **iov, struct iov_iter *i)
{
	struct iovec *v = fast;
	size_t total = 0;
	ssize_t err;

	*iov = NULL;
	if (nr_segs > UIO_MAXIOV)
		return -EINVAL;
	if (nr_segs > nr_fast) {
		v = kmalloc(nr_segs * sizeof(*v), GFP_KERNEL);
		if (!v)
			return -ENOMEM;
	}
	err = copy_iovec_from_user(v, uvec, nr_segs);
	if (err)
		goto fail;
	err = -EINVAL;
	for (unsigned long s = 0; s < nr_segs; s++)
		if ((ssize_t)v[s].iov_len < 0)
			goto fail;
	err = -EFAULT;
	for (unsigned long s = 0; s < nr_segs; s++) {
		if (!access_ok(v[s].iov_base, v[s].iov_len))
			goto fail;
		if (v[s].iov_len > MAX_RW_COUNT - total)
			v[s].iov_len = MAX_RW_COUNT - total;
		total += v[s].iov_len;
	}
	*iov = v;
	iov_iter_init_iovec(i, v, nr_segs, total);
	return total;

fail:
	if (v != fast)
		kfree(v);
	return err;
}

/* n bytes of one segment. Returns bytes not done. */
static __always_inline size_t copy_part(void *seg, void *kern, size_t n, bool user,
					enum direction dir)
{
	if (!user) {
		if (dir == TO_ITER)
			memcpy(seg, kern, n);
		else if (dir == FROM_ITER)
			memcpy(kern, seg, n);
		else
			memset(seg, 0, n);
		return 0;
	}
	if (dir == TO_ITER)
		return copy_to_user(seg, kern, n);
	if (dir == FROM_ITER)
		return copy_from_user(kern, seg, n);
	return clear_user(seg, n);
}

static __always_inline void consume(struct iov_iter *i, size_t n)
{
	i->base += n;
	i->seg_left -= n;
	i->count -= n;
}

/* The next segment that has something; false: there is none. */
static bool next_segment(struct iov_iter *i)
{
	while (!i->seg_left) {
		if (!i->nr_segs)
			return false;
		i->base = i->iov->iov_base;
		i->seg_left = i->iov->iov_len;
		i->iov++;
		i->nr_segs--;
	}
	return true;
}

static noinline size_t copy_segments(void *kern, size_t n, struct iov_iter *i, enum direction dir)
{
	size_t done = 0;

	if (i->nofault)
		pagefault_disable();
	while (done < n && next_segment(i)) {
		size_t part = min(n - done, i->seg_left);
		size_t left = copy_part(i->base, kern + done, part, i->user, dir);

		consume(i, part - left);
		done += part - left;
		if (left)
			break;
	}
	if (i->nofault)
		pagefault_enable();
	return done;
}

static __always_inline size_t copy_iter(void *kern, size_t n, struct iov_iter *i,
					enum direction dir)
{
	size_t left;

	if (unlikely(n > i->count))
		n = i->count;
	if (unlikely(n > i->seg_left || i->nofault))
		return copy_segments(kern, n, i, dir);
	left = copy_part(i->base, kern, n, i->user, dir);
	consume(i, n - left);
	return n - left;
}

size_t copy_to_iter(const void *from, size_t n, struct iov_iter *i)
{
	return copy_iter((void *)from, n, i, TO_ITER);
}

size_t copy_from_iter(void *to, size_t n, struct iov_iter *i)
{
	return copy_iter(to, n, i, FROM_ITER);
}

ssize_t copy_text_from_iter(char *text, size_t size, struct iov_iter *i)
{
	size_t n = i->count;

	if (n >= size)
		return -EINVAL;
	if (copy_from_iter(text, n, i) != n)
		return -EFAULT;
	text[n] = '\0';
	return n;
}

size_t iov_iter_zero(size_t n, struct iov_iter *i)
{
	return copy_iter(NULL, n, i, ZERO_ITER);
}

size_t copy_page_to_iter(struct page *page, size_t offset, size_t n, struct iov_iter *i)
{
	return copy_iter((char *)page_address(page) + offset, n, i, TO_ITER);
}

size_t copy_page_from_iter(struct page *page, size_t offset, size_t n, struct iov_iter *i)
{
	return copy_iter((char *)page_address(page) + offset, n, i, FROM_ITER);
}

void iov_iter_advance(struct iov_iter *i, size_t n)
{
	n = min(n, i->count);
	while (n && next_segment(i)) {
		size_t part = min(n, i->seg_left);

		consume(i, part);
		n -= part;
	}
}

/* saved: a copy of *i made before; what was done since counts as not done. */
void iov_iter_revert_to(struct iov_iter *i, const struct iov_iter *saved)
{
	*i = *saved;
}

/* Reads a byte of each page of [base, base + n). -EFAULT if not even the first can be had. */
static int touch_pages(const char *base, size_t n)
{
	const char *p = base, *last = base + n - 1;
	char byte;

	if (get_user(byte, p))
		return -EFAULT;
	p = (const char *)(((unsigned long)p & PAGE_MASK) + PAGE_SIZE);
	for (; p <= last; p += PAGE_SIZE)
		if (get_user(byte, p))
			break;
	(void)byte;
	return 0;
}

int fault_in_iov_iter_readable(struct iov_iter *i, size_t bytes)
{
	const struct iovec *iov = i->iov;
	unsigned long nr = i->nr_segs;
	const char *base = i->base;
	size_t seg = i->seg_left;

	if (!i->user)
		return 0;
	bytes = min(bytes, i->count);
	while (!seg && nr) {
		base = iov->iov_base;
		seg = iov->iov_len;
		iov++;
		nr--;
	}
	if (!seg || !bytes)
		return 0;
	return touch_pages(base, min(bytes, seg));
}
