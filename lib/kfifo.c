/* SPDX-License-Identifier: MIT */
/*
 * Runs of bytes in and out of a ring (Linux's lib/kfifo.c). A run is at most two pieces: up to
 * the end of the buffer, and the rest from its start.
 */
#include <vitrix/kfifo.h>
#include <vitrix/string.h>

u32 kfifo_in(struct kfifo *f, const void *src, u32 len)
{
	u32 pos = f->in & f->mask, first;

	len = min(len, kfifo_avail(f));
	first = min(len, kfifo_size(f) - pos);
	memcpy(f->buf + pos, src, first);
	memcpy(f->buf, (const u8 *)src + first, len - first);
	f->in += len;
	return len;
}

u32 kfifo_peek(const struct kfifo *f, void *dst, u32 len)
{
	u32 pos = f->out & f->mask, first;

	len = min(len, kfifo_len(f));
	first = min(len, kfifo_size(f) - pos);
	memcpy(dst, f->buf + pos, first);
	memcpy((u8 *)dst + first, f->buf, len - first);
	return len;
}

u32 kfifo_out(struct kfifo *f, void *dst, u32 len)
{
	len = kfifo_peek(f, dst, len);
	f->out += len;
	return len;
}
