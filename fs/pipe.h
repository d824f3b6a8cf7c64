/* SPDX-License-Identifier: MIT */
/* What fs/pipe.c (reading and writing) and fs/fifo.c (life and size of a pipe) share. */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include <vitrix/fs.h>

#define PIPE_DEF_BUFFERS	16	/* 64 KiB */
#define PIPE_MIN_BUFFERS	2	/* what a user over the limit gets */

struct pipe_buffer {
	struct page *page;	/* the pipe's own reference, the only one */
	u32 offset;
	u16 len;		/* 1 .. PAGE_SIZE while in use */
	bool packet;		/* O_DIRECT: one read takes it or loses it */
};

struct pipe_inode_info {	/* under mutex unless noted */
	struct mutex mutex;
	unsigned int head, tail;	/* free-running; also read without the mutex */
	unsigned int ring_size;		/* slots, a power of two */
	unsigned int readers, writers;	/* open ends */
	unsigned int r_counter, w_counter;	/* ends ever opened: for those who wait in open() */
	unsigned int files;		/* inode->i_lock */
	bool poll_usage;
	struct page *spare;
	struct user_struct *user;	/* the maker, who is charged for ring_size; a reference */
	struct pipe_buffer *bufs;	/* inline_bufs, or kvmalloc'ed */
	wait_queue_head_t rd_wait, wr_wait;
	struct fasync_struct *fasync_readers, *fasync_writers;	/* fs/fasync.c's lock */
	struct pipe_buffer inline_bufs[PIPE_DEF_BUFFERS];
};

int fifo_open(struct inode *inode, struct file *file);
void put_pipe_info(struct inode *inode, struct pipe_inode_info *pipe);

#endif
