/* SPDX-License-Identifier: MIT */
/* Files whose text is made while it is read (/proc). fs/seq_file.c. */
#ifndef VITRIX_SEQ_FILE_H
#define VITRIX_SEQ_FILE_H

#include <vitrix/file.h>

struct seq_operations {
	void *(*start)(struct seq_file *m, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	int (*show)(struct seq_file *m, void *v);
};
struct seq_file {
	char *buf;
	size_t size, from, count;
	loff_t index, read_pos;
	struct mutex lock;		/* class LC_SEQ_FILE */
	const struct seq_operations *op;
	struct file *file;
	void *private;
};
int seq_open(struct file *file, const struct seq_operations *op);
ssize_t seq_read_iter(struct file *file, struct iov_iter *to, loff_t *pos);
loff_t seq_lseek(struct file *file, loff_t offset, int whence);
int seq_release(struct inode *inode, struct file *file);
int single_open(struct file *file, int (*show)(struct seq_file *, void *), void *data);
int single_open_pwrite(struct file *file, int (*show)(struct seq_file *, void *), void *data);
int single_release(struct inode *inode, struct file *file);
void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t len);
void seq_escape(struct seq_file *m, const char *s, const char *esc);	/* as \ooo */
void seq_path(struct seq_file *m, const struct path *path, const char *esc);

#endif
