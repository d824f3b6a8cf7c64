/* SPDX-License-Identifier: MIT */
/* What the parts of the fuzzer share: fuzz.c (process 1), calls.c (system calls), storms.c (everything else). */
#ifndef FUZZ_H
#define FUZZ_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096UL
#define COUNT(a)	(sizeof(a) / sizeof(*(a)))
#define WORKERS		4

typedef uint64_t u64;

#define I386(nr)	(512 + (nr))

/* One line of syscalls.tbl; tools/fuzz writes the table into fuzz_table.h. */
struct call {
	const char *name;
	int nr;			/* from I386(0) on: of the i386 table alone */
	int nr32;		/* by int $0x80, or -1 */
	int nargs;
	struct arg {
		const char *name;
		const char *base;	/* C type without stars */
		const char *kind;
		int pointer;
	} arg[6];
};

/* One stream of random choices. Passed around, since a fuzzed thread may lose its TLS. */
struct rng {
	u64 s;
};

/* Shared by all processes, and by the fuzzed ones at their own risk: numbers only. */
struct shared {
	u64 progress[WORKERS];		/* calls made */
	u64 wrong;			/* answers that no kernel may give */
	int pid[WORKERS];
	unsigned int made[1024], succeeded[1024];		/* by system call number */
};

extern struct shared *shared;
extern int is_root;
extern int logging;		/* each call goes to the log before it is made */
extern int only;		/* one system call number, or -1 */

static inline u64 rnd(struct rng *r)
{
	r->s ^= r->s << 13;
	r->s ^= r->s >> 7;
	r->s ^= r->s << 17;
	return r->s * 2685821657736338717UL >> 8;
}

static inline unsigned int pick(struct rng *r, unsigned int n)
{
	return rnd(r) % n;
}

static inline long raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

/* The same by int $0x80, with all 64 bits of each register: only half of them may count. */
static inline long raw32(u64 nr, const u64 *v)
{
	register u64 rbp asm("r12") = v[5];
	long ret;

	asm volatile("push %%rbp\n\tmov %%r12, %%rbp\n\tint $0x80\n\tpop %%rbp" : "=a"(ret)
		     : "0"(nr), "b"(v[0]), "c"(v[1]), "d"(v[2]), "S"(v[3]), "D"(v[4]), "r"(rbp)
		     : "memory", "cc");
	return ret;
}

/* A line in the kernel's log and on its console; whole, whoever else prints. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* An answer that is wrong whatever the arguments were. */
void wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* calls.c */
void calls_open_files(struct rng *r);
void calls_map_arena(struct rng *r);
void calls_say_idle(void);
void calls_burst(struct rng *r, int worker, int n);
const char *random_path(struct rng *r, char *buf);
void fill(struct rng *r, void *mem, size_t len);

/* storms.c: each is one round of its kind */
void storm(struct rng *r, int worker);
/* races.c: one, in a child of its own */
void race(struct rng *r);

#endif
