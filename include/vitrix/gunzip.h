/* SPDX-License-Identifier: MIT */
/*
 * Decompression of one gzip member (RFC 1952) with zlib's inflate.
 *
 * The output is handed over in pieces as it is made, so the whole never needs to be in memory
 * twice. All memory comes from @workspace: state, 32 KiB of history, the rest is the piece
 * buffer. Caller: init/initramfs.c, once at boot.
 */
#ifndef _VITRIX_GUNZIP_H
#define _VITRIX_GUNZIP_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

/* Enough for every stream; more makes the pieces larger. Align to 16 bytes. */
#define GUNZIP_WORKSPACE_SIZE	(80 * 1024)

/*
 * @out gets each piece; an error from it ends the work and is returned (with *@error NULL).
 * *@in_used: bytes of the member, header and trailer included, or where it went wrong; what
 * follows (another member, zeros) is the caller's to look at. The CRC and the length are checked
 * after the last piece was handed over: only a return of 0 makes the output trustworthy.
 * Returns 0, -EINVAL (damaged, not gzip), -ENOMEM (workspace too small), the reason in *@error.
 */
int gunzip(const void *in, size_t in_len, size_t *in_used,
	   int (*out)(void *ctx, const void *data, size_t len), void *ctx,
	   void *workspace, size_t workspace_size, const char **error);

/* Does a gzip member begin here? */
static inline bool is_gzip(const void *in, size_t len)
{
	const u8 *p = in;

	return len >= 2 && p[0] == 0x1f && p[1] == 0x8b;
}

#endif
