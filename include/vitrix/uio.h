/* SPDX-License-Identifier: MIT */
/*
 * iov_iter: where data goes to or comes from, whether user memory (one buffer or an iovec) or
 * kernel memory. Files have one read and one write operation, over an iov_iter. Linux's twin:
 * include/linux/uio.h.
 */
#ifndef VITRIX_UIO_H
#define VITRIX_UIO_H

#include <vitrix/uaccess.h>
#include <linux/uio.h>

struct page;

struct iov_iter {
	bool user;			/* addresses are the user's: checked and may fault */
	bool nofault;
	size_t count;			/* bytes left in all */
	void *base;			/* current segment: next byte */
	size_t seg_left;		/* bytes left in the current segment */
	const struct iovec *iov;	/* further segments */
	unsigned long nr_segs;
};

static inline void iov_iter_ubuf(struct iov_iter *i, void *buf, size_t count)
{
	*i = (struct iov_iter){ .user = true, .count = count, .base = buf, .seg_left = count };
}
static inline void iov_iter_kbuf(struct iov_iter *i, const void *buf, size_t count)
{
	*i = (struct iov_iter){ .count = count, .base = (void *)buf, .seg_left = count };
}
/* segments were checked by import_iovec() */
void iov_iter_init_iovec(struct iov_iter *i, const struct iovec *iov, unsigned long nr_segs,
			 size_t count);
/* Only copied; the lengths of 64-bit programs are not looked at. */
int copy_iovec_from_user(struct iovec *to, const struct iovec *uvec, unsigned long nr);
/* Copies and checks a user iovec array (readv(2) errors). *iov: fast[], or kmalloc'ed: kfree it. */
ssize_t import_iovec(const struct iovec *uvec, unsigned long nr_segs, unsigned long nr_fast,
		     struct iovec *fast, struct iovec **iov, struct iov_iter *i);

/* Bytes done; the iterator moves on by that. Fewer than n: a fault. */
size_t copy_to_iter(const void *from, size_t n, struct iov_iter *i);
size_t copy_from_iter(void *to, size_t n, struct iov_iter *i);
/* All that is left, with a '\0' behind it: its length, -EINVAL (no room for both), -EFAULT. */
ssize_t copy_text_from_iter(char *text, size_t size, struct iov_iter *i);
size_t iov_iter_zero(size_t n, struct iov_iter *i);
void iov_iter_advance(struct iov_iter *i, size_t n);
void iov_iter_revert_to(struct iov_iter *i, const struct iov_iter *saved);
size_t copy_page_to_iter(struct page *page, size_t offset, size_t n, struct iov_iter *i);
size_t copy_page_from_iter(struct page *page, size_t offset, size_t n, struct iov_iter *i);
static inline size_t iov_iter_count(const struct iov_iter *i) { return i->count; }
static inline void iov_iter_truncate(struct iov_iter *i, size_t n)
{
	if (i->count > n)
		i->count = n;
}
/* Touches the user buffer's first bytes so that a copy with locks held is likely to succeed. */
int fault_in_iov_iter_readable(struct iov_iter *i, size_t bytes);

#endif
