/* SPDX-License-Identifier: MIT */
/*
 * A ring of bytes of a power-of-two size (Linux's include/linux/kfifo.h, bytes only).
 *
 * in and out only grow (and wrap at 2^32); the low bits are the place in the buffer, their
 * difference is the fill. So full and empty differ and no byte is wasted:
 *
 *	buf:  [ . . o x x x x i . . ]     out & mask = o, in & mask = i, in - out = 5
 *
 * Locks: the caller's.
 */
#ifndef _VITRIX_KFIFO_H
#define _VITRIX_KFIFO_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

struct kfifo {
	u8 *buf;
	u32 mask;	/* size - 1 */
	u32 in;		/* bytes ever put, mod 2^32 */
	u32 out;	/* bytes ever taken, mod 2^32 */
};

/* @size: a power of two, at most 2^31. */
static inline void kfifo_init(struct kfifo *f, void *buf, u32 size)
{
	f->buf = buf;
	f->mask = size - 1;
	f->in = 0;
	f->out = 0;
}

static inline void kfifo_reset(struct kfifo *f)
{
	f->out = f->in;
}

static inline u32 kfifo_size(const struct kfifo *f)
{
	return f->mask + 1;
}

static inline u32 kfifo_len(const struct kfifo *f)
{
	return f->in - f->out;
}

static inline u32 kfifo_avail(const struct kfifo *f)
{
	return kfifo_size(f) - kfifo_len(f);
}

static inline bool kfifo_is_empty(const struct kfifo *f)
{
	return f->in == f->out;
}

static inline bool kfifo_is_full(const struct kfifo *f)
{
	return kfifo_len(f) > f->mask;
}

/* One byte; false when full. */
static inline bool kfifo_put(struct kfifo *f, u8 c)
{
	if (kfifo_is_full(f))
		return false;
	f->buf[f->in++ & f->mask] = c;
	return true;
}

/* One byte; false when empty. */
static inline bool kfifo_get(struct kfifo *f, u8 *c)
{
	if (kfifo_is_empty(f))
		return false;
	*c = f->buf[f->out++ & f->mask];
	return true;
}

/* As many of @len bytes as fit or are there; return how many. peek takes nothing out. */
u32 kfifo_in(struct kfifo *f, const void *src, u32 len);
u32 kfifo_out(struct kfifo *f, void *dst, u32 len);
u32 kfifo_peek(const struct kfifo *f, void *dst, u32 len);

/* Drop the oldest @len bytes, at most what is there. */
static inline void kfifo_skip(struct kfifo *f, u32 len)
{
	f->out += len < kfifo_len(f) ? len : kfifo_len(f);
}

#endif
