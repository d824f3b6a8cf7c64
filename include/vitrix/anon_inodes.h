/* SPDX-License-Identifier: MIT */
/*
 * Open files without a place in any directory: eventfd, epoll, timerfd, signalfd, pidfd. All share
 * one inode and differ in their operations and private_data. Linux's twin:
 * include/linux/anon_inodes.h.
 */
#ifndef VITRIX_ANON_INODES_H
#define VITRIX_ANON_INODES_H

#include <vitrix/fs.h>

/*
 * name: "[eventfd]", which /proc/PID/fd shows as anon_inode:[eventfd]; must live for ever. flags:
 * O_ACCMODE and O_NONBLOCK count. On failure priv still belongs to the caller. May sleep.
 * ERR_PTR(-ENFILE, -ENOMEM).
 */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv,
				int flags);
/* The same at a new descriptor; O_CLOEXEC counts too. Also -EMFILE. */
int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags);

/*
 * readv(2) and writev(2) of a file whose operation is meant for one buffer: calls one() for each
 * segment until one fails or does not use its segment up. Bytes, or the first one's error.
 */
ssize_t anon_each_segment(struct file *file, struct iov_iter *iter,
			  ssize_t (*one)(struct file *file, struct iov_iter *segment));

#endif
