/* SPDX-License-Identifier: MIT */
/*
 * splice: what a file gives to a pipe, and takes from one, in whole pages. fs/splice.c.
 * Linux's twin: include/linux/splice.h, which hands out the pipe itself.
 */
#ifndef VITRIX_SPLICE_H
#define VITRIX_SPLICE_H

#include <vitrix/types.h>

struct page;

/* flags of splice(2): part of the ABI, which has no header of its own for them */
#define SPLICE_F_MOVE		0x01
#define SPLICE_F_NONBLOCK	0x02
#define SPLICE_F_MORE		0x04
#define SPLICE_F_GIFT		0x08
#define SPLICE_F_ALL		0x0f

#define SPLICE_MAX_PAGES	16

/* Fresh pages on their way into a pipe: filled from the start, in order. */
struct splice_pages {
	unsigned int max;		/* slots that the pipe has free, 1 .. SPLICE_MAX_PAGES */
	unsigned int nr;
	struct page *page[SPLICE_MAX_PAGES];
	u32 len[SPLICE_MAX_PAGES];	/* 1 .. PAGE_SIZE */
};

#endif
