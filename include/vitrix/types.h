/* SPDX-License-Identifier: MIT */
/*
 * The kernel's basic types. Linux's twin: include/linux/types.h.
 * Sizes and layouts that user programs see come from <linux/types.h> (the ABI's headers).
 */
#ifndef VITRIX_TYPES_H
#define VITRIX_TYPES_H

#include <linux/types.h>
#include <vitrix/compiler.h>

typedef __u8  u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8  s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

typedef unsigned long uintptr_t;
typedef long intptr_t;
typedef u8 uint8_t;
typedef u16 uint16_t;
typedef u32 uint32_t;
typedef unsigned long uint64_t;
typedef s32 int32_t;
typedef long int64_t;

typedef long ssize_t;
typedef __kernel_loff_t loff_t;
typedef __kernel_off_t off_t;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned short umode_t;
typedef u32 dev_t;		/* major << 20 | minor; encoded for users by new_encode_dev() */
typedef unsigned long ino_t;
typedef u64 phys_addr_t;	/* bytes */
typedef unsigned long pgoff_t;	/* offset in a file, in pages */
typedef unsigned int gfp_t;
typedef s64 ktime_t;		/* nanoseconds */
typedef unsigned int __poll_t;
typedef long time64_t;		/* seconds */
typedef __kernel_clock_t clock_t;
typedef __kernel_clockid_t clockid_t;
typedef __kernel_timer_t timer_t;
typedef u64 sector_t;		/* units of 512 bytes */

typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;

struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };

/* Called back after a grace period (kernel/rcu.c). */
struct rcu_head { struct rcu_head *next; void (*func)(struct rcu_head *head); };

#define MINORBITS	20
#define MKDEV(ma, mi)	((dev_t)(((ma) << MINORBITS) | (mi)))
#define MAJOR(dev)	((unsigned int)((dev) >> MINORBITS))
#define MINOR(dev)	((unsigned int)((dev) & ((1U << MINORBITS) - 1)))

static inline u64 new_encode_dev(dev_t dev)
{
	unsigned int major = MAJOR(dev), minor = MINOR(dev);

	return (minor & 0xff) | (major << 8) | ((minor & ~0xffU) << 12);
}

static inline dev_t new_decode_dev(u32 dev)
{
	return MKDEV((dev & 0xfff00) >> 8, (dev & 0xff) | ((dev >> 12) & 0xfff00));
}

#endif
