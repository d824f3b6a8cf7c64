/* SPDX-License-Identifier: MIT */
/*
 * Included before all kernel code in unit tests: names that libc has too.
 *
 * The printf family is always ours, under another name, so that the harness keeps the host's.
 * Memory and string functions are the host's, which the sanitizers watch; but where
 * UNIT_OWN_STRING is set (lib/string.c, the assembly, their test) ours, under another name.
 */
#ifndef UNIT_RENAME_H
#define UNIT_RENAME_H

#define snprintf	vx_snprintf
#define vsnprintf	vx_vsnprintf

#ifdef UNIT_OWN_STRING
#define memcpy		vx_memcpy
#define memmove		vx_memmove
#define memset		vx_memset
#define memcmp		vx_memcmp
#define memchr		vx_memchr
#define strlen		vx_strlen
#define strnlen		vx_strnlen
#define strcmp		vx_strcmp
#define strncmp		vx_strncmp
#define strcasecmp	vx_strcasecmp
#define strchr		vx_strchr
#define strrchr		vx_strrchr
#define strstr		vx_strstr
#define strspn		vx_strspn
#define strcspn		vx_strcspn
#define strpbrk		vx_strpbrk
#define strsep		vx_strsep
#endif

#endif
