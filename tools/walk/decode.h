/* SPDX-License-Identifier: MIT */
/* Inside of the decoders: what decode.c offers to the d_*.c, and what they offer to it. */
#ifndef WALK_DECODE_H
#define WALK_DECODE_H

#include "call.h"

struct dec {
	struct text *t;
	const struct call *c;
	const struct call_desc *desc;
	bool exit;		/* results and filled memory may be looked at */
	bool collect;		/* not done, but go on to the end: used to find what is read */
	bool cut;		/* strace would have stopped at cut_at */
	size_t cut_at;
	int printed;		/* arguments so far */
	struct text *split[6];	/* each argument into a text of its own */
};

/* the separator in front of an argument; every printer of an argument begins with it */
void d_next(struct dec *d);
/* from here on the text needs what is known at exit only */
void d_need_exit(struct dec *d);
/* the whole object, or false */
bool d_read(struct dec *d, uint64_t addr, void *buf, size_t len, enum phase phase);
/* an output that the kernel has filled: exit, no error */
bool d_filled(struct dec *d);
bool d_failed(struct dec *d);

void d_addr(struct dec *d, uint64_t addr);
/* argument n as the table says, with the separator */
void d_arg(struct dec *d, int n);
void d_args(struct dec *d, int from, int to);
/* one value by kind, without separator */
void d_value(struct dec *d, const struct arg_desc *a, uint64_t v);
void d_fd(struct dec *d, uint64_t v);
void d_mode(struct dec *d, unsigned int mode);		/* 0644 */
void d_filemode(struct dec *d, unsigned int mode);	/* S_IFREG|0644 */
void d_dev(struct dec *d, unsigned long long dev);
void d_uid(struct dec *d, unsigned int id);

/* d_string.c */
enum quote { QUOTE_PLAIN, QUOTE_HEX };
void d_quote(struct dec *d, const void *bytes, size_t len, bool more, enum quote how);
void d_path(struct dec *d, uint64_t addr);
void d_path_n(struct dec *d, uint64_t addr, size_t len, enum phase phase);
void d_str(struct dec *d, uint64_t addr, enum phase phase);
void d_buf(struct dec *d, uint64_t addr, uint64_t len, enum phase phase, enum quote how);
void d_iov(struct dec *d, uint64_t addr, uint64_t nr, enum phase phase, uint64_t total);
void d_strv(struct dec *d, uint64_t addr);
void d_strv_count(struct dec *d, uint64_t addr);

/* d_struct.c: objects by the name of their type */
struct object {
	const char *base;
	size_t size;
	void (*print)(struct dec *d, const void *p);
};
const struct object *d_object(const char *base);
void d_timespec(struct dec *d, uint64_t addr, enum phase phase);
void d_timeval(struct dec *d, uint64_t addr, enum phase phase);
void d_object_at(struct dec *d, const char *base, uint64_t addr, enum phase phase);
void d_sigset(struct dec *d, uint64_t addr, uint64_t size, enum phase phase);
void d_sigmask(struct text *t, uint64_t mask);
void d_siginfo(struct dec *d, uint64_t addr, enum phase phase);
void d_wait_status(struct dec *d, int status);

/* printers of whole calls, by their ABI name; NULL-ended */
struct special {
	const char *abi;
	void (*print)(struct dec *d);
	/* what stands behind = when the call succeeded; NULL: a decimal number */
	void (*result)(struct dec *d, struct text *t);
};
extern const struct special file_calls[], process_calls[], memory_calls[], wait_calls[], net_calls[];

#endif
