/* SPDX-License-Identifier: MIT */
/*
 * What fs/pipe.c (reading and writing), fs/splice.c (moving whole pages) and fs/fifo.c (life and
 * size of a pipe) share.
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include <vitrix/poll.h>
#include <vitrix/mm.h>
#include <vitrix/splice.h>

#define PIPE_DEF_BUFFERS	16	/* 64 KiB */
#define PIPE_MIN_BUFFERS	2	/* what a user over the limit gets */

struct pipe_buffer {
	struct page *page;	/* the pipe's own reference; tee(2) shares pages */
	u32 offset;
	u16 len;		/* 1 .. PAGE_SIZE while in use */
	bool packet;		/* O_DIRECT: one read takes it or loses it */
	bool merge;		/* a write may append to it */
};

struct pipe_inode_info {	/* under mutex unless noted */
	struct mutex mutex;
	unsigned int head, tail;	/* free-running; also read without the mutex */
	unsigned int ring_size;		/* slots, a power of two */
	unsigned int reserved;		/* slots promised to splice(2) */
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

/* fs/tee.c; mutex held, and released while asleep */
int pipe_no_readers(void);
int pipe_wait_for_room(struct pipe_inode_info *pipe, unsigned int flags);
int pipe_wait_for_data(struct pipe_inode_info *pipe, unsigned int flags);
void pipe_take_bytes(struct pipe_inode_info *pipe, size_t n);
/* without it */
void wake_pipe(struct pipe_inode_info *pipe);
ssize_t splice_pipe_to_pipe(struct pipe_inode_info *in, struct pipe_inode_info *out, size_t len,
			    unsigned int flags);

/* NULL: it is none. */
static inline struct pipe_inode_info *file_pipe(struct file *file)
{
	return file_is_pipe(file) ? file->private_data : NULL;
}

static inline bool pipe_empty(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) == READ_ONCE(pipe->tail);
}

/* Slots in use or promised. */
static inline unsigned int pipe_used(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) - READ_ONCE(pipe->tail) + READ_ONCE(pipe->reserved);
}

static inline bool pipe_full(const struct pipe_inode_info *pipe)
{
	return pipe_used(pipe) >= READ_ONCE(pipe->ring_size);
}

/* mutex held */
static inline unsigned int pipe_room(const struct pipe_inode_info *pipe)
{
	return pipe_full(pipe) ? 0 : pipe->ring_size - pipe_used(pipe);
}

static inline struct pipe_buffer *pipe_buf(struct pipe_inode_info *pipe, unsigned int n)
{
	return &pipe->bufs[n & (pipe->ring_size - 1)];
}

/* What sleepers wait for; without the mutex. */
static inline bool pipe_readable(const struct pipe_inode_info *pipe)
{
	return !pipe_empty(pipe) || !READ_ONCE(pipe->writers);
}

static inline bool pipe_writable(const struct pipe_inode_info *pipe)
{
	return !pipe_full(pipe) || !READ_ONCE(pipe->readers);
}

/*
 * The mutex has just been released, which is a full barrier; a sleeper queues itself before it
 * looks at the ring. So whoever is not seen on the queue here sees the ring as we left it.
 */
static inline void wake_readers(struct pipe_inode_info *pipe)
{
	if (waitqueue_active(&pipe->rd_wait))
		wake_up_interruptible_poll(&pipe->rd_wait, EPOLLIN | EPOLLRDNORM);
}

static inline void wake_writers(struct pipe_inode_info *pipe)
{
	if (waitqueue_active(&pipe->wr_wait))
		wake_up_interruptible_poll(&pipe->wr_wait, EPOLLOUT | EPOLLWRNORM);
}

/* mutex held: the page of a buffer that was read to its end */
static inline void pipe_put_page(struct pipe_inode_info *pipe, struct page *page)
{
	/* tee(2) may have left a reference in another pipe. */
	if (!pipe->spare && page_count(page) == 1)
		pipe->spare = page;
	else
		put_page(page);
}

static inline struct page *pipe_get_page(struct pipe_inode_info *pipe)
{
	struct page *page = pipe->spare;

	if (likely(page)) {
		pipe->spare = NULL;
		return page;
	}
	return alloc_page(GFP_USER);
}

#endif
