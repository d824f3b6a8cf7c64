/* SPDX-License-Identifier: MIT */
/*
 * Hash functions for tables of a power-of-two size (Linux's include/linux/hash.h).
 *
 * Multiplying by an odd constant near 2^n / golden ratio spreads neighbouring keys over the high
 * bits (Knuth vol. 3, 6.4); so the result is the top @bits bits. Not for untrusted data where
 * flooding matters: full_name_hash takes a salt for that.
 */
#ifndef _VITRIX_HASH_H
#define _VITRIX_HASH_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

#define GOLDEN_RATIO_32		0x61C88647u
#define GOLDEN_RATIO_64		0x61C8864680B583EBull

/* @bits: 1 to 32. */
static inline u32 hash_32(u32 key, unsigned int bits)
{
	return (key * GOLDEN_RATIO_32) >> (32 - bits);
}

/* @bits: 1 to 32. */
static inline u32 hash_64(u64 key, unsigned int bits)
{
	return (u32)((key * GOLDEN_RATIO_64) >> (64 - bits));
}

static inline u32 hash_long(unsigned long key, unsigned int bits)
{
	return hash_64(key, bits);
}

static inline u32 hash_ptr(const void *ptr, unsigned int bits)
{
	return hash_64((unsigned long)ptr, bits);
}

/* Hash of a path component; @salt (the parent directory) keeps equal names apart. */
u32 full_name_hash(const void *salt, const char *name, unsigned int len);

#endif
