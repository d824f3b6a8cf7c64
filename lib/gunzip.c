/* SPDX-License-Identifier: MIT */
/*
 * Decompression of a gzip member (RFC 1952); Linux's twin: lib/decompress_inflate.c.
 *
 * The wrapper is parsed here: header, CRC-32 and length at the end. The deflate stream inside
 * goes through zlib's inflate (fetched and built by the Makefile with Z_SOLO, without libc).
 *
 *	workspace:  [ inflate's state 7 KiB | its window 32 KiB | spare ][ the piece: the rest ]
 *	            |-------------------- ARENA_SIZE -------------------|
 *
 * inflate asks for its window only when the first piece is full.
 */
#include <vitrix/gunzip.h>
#include <vitrix/string.h>
#include <vitrix/err.h>
#include <vitrix/bug.h>
#include <zlib.h>

#define ARENA_SIZE	(44 * 1024)
#define MIN_PIECE	4096
#define MAX_INPUT	(1u << 30)	/* what fits zlib's counters, per call */

/* Bits of the header's flags. */
#define FHCRC		0x02
#define FEXTRA		0x04
#define FNAME		0x08
#define FCOMMENT	0x10
#define FRESERVED	0xe0

struct arena {
	u8 *pos, *end;
};

static const char *parse_header(const u8 *in, size_t len, size_t *header_len);
static const char *inflate_all(z_stream *s, const u8 *end, u8 *piece, size_t piece_size,
			       int (*out)(void *ctx, const void *data, size_t len), void *ctx,
			       u32 *crc, int *err);

static u32 get_le32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

static void *arena_alloc(void *opaque, unsigned int items, unsigned int size)
{
	struct arena *arena = opaque;
	size_t bytes = ALIGN((size_t)items * size, 16);
	void *mem = arena->pos;

	if (bytes > (size_t)(arena->end - arena->pos))
		return NULL;
	arena->pos += bytes;
	return mem;
}

/* All of it goes with the workspace. */
static void arena_free(void *opaque, void *mem)
{
}

int gunzip(const void *in, size_t in_len, size_t *in_used,
	   int (*out)(void *ctx, const void *data, size_t len), void *ctx,
	   void *workspace, size_t workspace_size, const char **error)
{
	const u8 *start = in, *end = start + in_len;
	struct arena arena = { workspace, (u8 *)workspace + ARENA_SIZE };
	z_stream s = { .zalloc = arena_alloc, .zfree = arena_free, .opaque = &arena };
	size_t header_len;
	u32 crc = 0;
	int err = -EINVAL;

	*in_used = 0;
	*error = parse_header(start, in_len, &header_len);
	if (*error)
		return -EINVAL;
	*error = "gzip: workspace is too small";
	if (workspace_size < ARENA_SIZE + MIN_PIECE)
		return -ENOMEM;
	if (inflateInit2(&s, -MAX_WBITS) != Z_OK)	/* minus: no zlib header */
		return -ENOMEM;

	s.next_in = (Bytef *)(start + header_len);
	*error = inflate_all(&s, end, (u8 *)workspace + ARENA_SIZE, workspace_size - ARENA_SIZE,
			     out, ctx, &crc, &err);
	*in_used = s.next_in - start;
	if (err)
		return err;
	if (end - s.next_in < 8)
		*error = "gzip: data is cut off in the trailer";
	else if (get_le32(s.next_in) != crc)
		*error = "gzip: CRC of the contents is wrong";
	else if (get_le32(s.next_in + 4) != (u32)s.total_out)
		*error = "gzip: length of the contents is wrong";
	if (*error)
		return -EINVAL;
	*in_used += 8;
	return 0;
}

/* Runs the deflate stream to its end. Returns NULL with *@err = 0, or the reason and its errno;
 * the callback's errors have no reason here. */
static const char *inflate_all(z_stream *s, const u8 *end, u8 *piece, size_t piece_size,
			       int (*out)(void *ctx, const void *data, size_t len), void *ctx,
			       u32 *crc, int *err)
{
	for (;;) {
		size_t made;
		int status;

		s->avail_in = min_t(size_t, end - s->next_in, MAX_INPUT);
		s->next_out = piece;
		s->avail_out = piece_size;
		status = inflate(s, Z_NO_FLUSH);

		made = piece_size - s->avail_out;
		if (made) {
			*crc = crc32(*crc, piece, made);
			*err = out(ctx, piece, made);
			if (*err)
				return NULL;
		}
		switch (status) {
		case Z_STREAM_END:
			*err = 0;
			return NULL;
		case Z_OK:
			break;
		case Z_BUF_ERROR:	/* no progress: there is no more input */
			*err = -EINVAL;
			return "gzip: data is cut off";
		case Z_MEM_ERROR:
			*err = -ENOMEM;
			return "gzip: workspace is too small";
		default:
			*err = -EINVAL;
			return s->msg ? s->msg : "gzip: data is damaged";
		}
	}
}

/* A zero-terminated string of the header: the place behind it, or @len if it does not end. */
static size_t skip_string(const u8 *in, size_t len, size_t pos)
{
	const u8 *nul = memchr(in + pos, 0, len - pos);

	return nul ? (size_t)(nul + 1 - in) : len;
}

static const char *parse_header(const u8 *in, size_t len, size_t *header_len)
{
	size_t pos = 10;
	u8 flags;

	if (!is_gzip(in, len))
		return "gzip: no magic number";
	if (len < pos)
		return "gzip: data is cut off in the header";
	if (in[2] != Z_DEFLATED)
		return "gzip: compression method is not deflate";
	flags = in[3];
	if (flags & FRESERVED)
		return "gzip: header has unknown flags";
	if (flags & FEXTRA) {
		if (len - pos < 2)
			return "gzip: data is cut off in the header";
		pos += 2 + (in[pos] | in[pos + 1] << 8);
		if (pos > len)
			return "gzip: data is cut off in the header";
	}
	if (flags & FNAME)
		pos = skip_string(in, len, pos);
	if (flags & FCOMMENT)
		pos = skip_string(in, len, pos);
	if (flags & FHCRC) {
		if (len - pos < 2)
			return "gzip: data is cut off in the header";
		if ((crc32(0, in, pos) & 0xffff) != (in[pos] | in[pos + 1] << 8))
			return "gzip: CRC of the header is wrong";
		pos += 2;
	}
	*header_len = pos;
	return NULL;
}
