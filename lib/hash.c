/* SPDX-License-Identifier: MIT */
/*
 * Hash of a name (Linux's full_name_hash in fs/namei.c). Caller: the dentry cache.
 *
 * Eight bytes a round: xor, multiply, fold the good high bits back down. The tail is loaded by
 * overlapping reads that stay inside of the name; the length goes in first, so that tails of
 * different lengths that load alike do not collide.
 */
#include <vitrix/hash.h>

typedef u64 __attribute__((may_alias, aligned(1))) load64_t;
typedef u32 __attribute__((may_alias, aligned(1))) load32_t;

static __always_inline u64 mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * GOLDEN_RATIO_64;
	return hash ^ (hash >> 32);
}

u32 full_name_hash(const void *salt, const char *name, unsigned int len)
{
	u64 hash = (unsigned long)salt + len;

	for (; len >= 8; len -= 8, name += 8)
		hash = mix(hash, *(const load64_t *)name);
	if (len >= 4)
		hash = mix(hash, *(const load32_t *)name |
				 (u64)*(const load32_t *)(name + len - 4) << 32);
	else if (len)
		hash = mix(hash, (u8)name[0] | (u64)(u8)name[len / 2] << 8 |
				 (u64)(u8)name[len - 1] << 16);
	return (u32)((hash * GOLDEN_RATIO_64) >> 32);
}
