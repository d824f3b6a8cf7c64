/* SPDX-License-Identifier: MIT */
/*
 * A system call as the decoders see it: number, six words, the result, and what user memory held
 * behind the pointers. The description of each call is made from syscalls.tbl.
 */
#ifndef WALK_CALL_H
#define WALK_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "sets.h"
#include "text.h"

/* The kinds of syscalls.tbl that are no sets; the made table says KIND_fd and so on. */
enum kind {
	KIND_dec, KIND_uint, KIND_hex, KIND_size, KIND_addr, KIND_msec, KIND_fd, KIND_dirfd,
	KIND_pid, KIND_uid, KIND_gid, KIND_sig, KIND_mode, KIND_dev, KIND_key,
	KIND_in, KIND_out, KIND_inout, KIND_path, KIND_str, KIND_strv, KIND_iov_in, KIND_iov_out,
	KIND_set,
};

#define COUNT_ONE	(-1)	/* no brackets: one object */
#define COUNT_RET	(-2)	/* as many as the call returned */
#define COUNT_ARG(n)	(-16 - (n))	/* as many as the argument of this number says */

struct arg_desc {
	const char *name;
	const char *base;	/* the C type without const and stars */
	signed char width;	/* bytes of the value; negative for signed types; 8 for pointers */
	unsigned char kind;
	short count;		/* a number, or one of COUNT_ */
	const struct set *set;	/* KIND_set; NULL if walk has no table of that name */
};

struct call_desc {
	const char *name;	/* as the kernel's symbol has it, __x64_sys_NAME */
	const char *abi;	/* as the ABI's headers and strace have it */
	const char *abi32;	/* the i386 headers' name */
	const char *entry;	/* what sys_call_table holds */
	const char *entry32;	/* and ia32_sys_call_table */
	bool other32;		/* a 32-bit program's structs look different */
	signed char nr_args;	/* -1: not known */
	struct arg_desc args[6];
};

extern const struct call_desc *const call_table_64[], *const call_table_32[];
extern const int nr_calls_64, nr_calls_32;
struct call;
/* NULL for numbers that no table knows */
const struct call_desc *call_desc(const struct call *c);
/* "fstat", "ugetrlimit" in a 32-bit program, "syscall_0x1f4" */
const char *call_name(const struct call *c);

enum phase { PHASE_ENTER, PHASE_EXIT };

/* Where user memory comes from: records of the ring, or in tests a live process. */
struct memory {
	/* how many of the bytes at addr are known, at most len; they are copied to buf */
	size_t (*peek)(struct memory *m, uint64_t addr, size_t len, enum phase phase, void *buf);
	/* the n-th string of a NULL-ended array: 1, 0 at the end, -1 if it is not known */
	int (*strv)(struct memory *m, uint64_t addr, int n, struct text *out);
};

struct call {
	long nr;
	bool compat;		/* made with int $0x80: a number of the i386 table */
	uint64_t args[6];
	int64_t ret;
	bool done;		/* ret is valid, and what was there at exit */
	bool never;		/* it does not return: "= ?" */
	struct memory *mem;
	size_t limit;		/* of printed strings, -s */
};

/*
 * The call as strace prints it, "close(3) = 0" with the = in column 40. Of one that is not done the
 * text ends where strace would have stopped: in front of the first argument that the kernel fills.
 */
void call_text(struct text *t, const struct call *c);
/* what stands left of the =, and right of it (done calls only) */
void call_result(struct text *t, const struct call *c);
/* each argument for itself, for JSON; returns how many there are */
int call_args(struct text args[6], const struct call *c);
/* "SIGINT", "SIGRT_3" */
void signal_name(struct text *t, int sig);
bool signal_stops(int sig);	/* by default */
/* "{si_signo=SIGINT, ...}" of a struct siginfo of 128 bytes, or of as many as there are */
void siginfo_text(struct text *t, const void *info, size_t len);
/* "-1 ENOENT (No such file or directory)" or "? ERESTARTSYS (...)" */
void errno_text(struct text *t, int err);

#endif
