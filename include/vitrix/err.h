/* SPDX-License-Identifier: MIT */
/* A pointer or a negative errno in one word: the last 4095 addresses are never valid pointers. */
#ifndef VITRIX_ERR_H
#define VITRIX_ERR_H

#include <vitrix/types.h>
#include <asm/errno.h>

#define MAX_ERRNO	4095
#define IS_ERR_VALUE(x)	unlikely((unsigned long)(void *)(x) >= (unsigned long)-MAX_ERRNO)

/* Internal results of interrupted calls; signal delivery turns them into -EINTR or a restart. */
#define ERESTARTSYS	512
#define ERESTARTNOINTR	513
#define ERESTARTNOHAND	514	/* restart only if no handler runs */
#define ENOIOCTLCMD	515	/* no ioctl of that number: ENOTTY for the user */
#define ERESTART_RESTARTBLOCK 516 /* restart by sys_restart_syscall */

static inline void *ERR_PTR(long error) { return (void *)error; }
static inline long PTR_ERR(const void *ptr) { return (long)ptr; }
static inline bool IS_ERR(const void *ptr) { return IS_ERR_VALUE((unsigned long)ptr); }
static inline bool IS_ERR_OR_NULL(const void *ptr) { return unlikely(!ptr) || IS_ERR(ptr); }
static inline void *ERR_CAST(const void *ptr) { return (void *)ptr; }
static inline int PTR_ERR_OR_ZERO(const void *ptr) { return IS_ERR(ptr) ? (int)PTR_ERR(ptr) : 0; }

#endif
