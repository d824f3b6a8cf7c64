/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the fuzzer share. Two programs are made of them: the 64-bit one is process 1 (fuzz.c, box.c) and
 * runs half of the workers; the other half executes the 32-bit one.
 *
 *	fuzz.c		rounds, counting, the end		64 bits
 *	selftest.c	are planted leaks found?		64
 *	box.c		the place where workers run		64
 *	worker.c	nannies and their batches		both
 *	calls.c		one call, many calls, threads		both
 *	args.c, paths.c, sets.c	arguments from the kinds of syscalls.tbl	both
 *	care.c		calls with a warning			both
 *	doors.c		the ways into the kernel		both
 *	leaks.c		what may not be in user memory		both
 *	frames.c	sigreturn frames			both
 *	tracees.c	ptrace on a process that stands		both
 *	storms.c, races.c	everything else			64
 */
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
#define WORKERS		8		/* even ones of 64 bits, odd ones of 32 */
#define MAX_CALLS	600		/* lines of the table */
#define BOX		"/box"

/* Descriptors that a nanny inherits. */
#define FD_KMSG		900
#define FD_PROC		901
#define FD_SHARED	902
#define FD_FUZZ32	903		/* the 32-bit program, where no batch can remove it */

typedef uint64_t u64;
typedef uint32_t u32;
typedef int64_t s64;

/* Memory that arguments point into: 32 bits can point there. args.c tells what lies where. */
#define ARENA		((char *)0x20000000)
#define ARENA_PAGES	64
#define ARENA_SOUND	(32 * PAGE)	/* mapped and writable, from the start */
/* The stack of a batch: 32-bit code of a 64-bit program needs one, too. */
#define LOW_STACK	((char *)0x10000000)
#define LOW_STACK_SIZE	(64 * PAGE)
/* Where signal frames are built. */
#define FRAMES		((char *)0x18000000)
#define FRAMES_SIZE	(16 * PAGE)
/*
 * What lies in memory that a call may fill. Whatever a call makes of it, its complement (a signal mask from which it was
 * taken), shifted or turned, is none of the kernel's words (leaks.c): 0xa5 would be, as its complement is 0x5a.
 */
#define FILL_BYTE	0xc3
#define FILLER		(FILL_BYTE * 0x0101010101010101ULL)
#define FDS		60		/* descriptors that open_files() uses; some have their places */
enum { FD_EPOLL = 48, FD_TIMER = 50, FD_SIGNAL, FD_EVENT, FD_PIPE, FD_MEMORY = FD_PIPE + 2 };

enum how {	/* how a value is made: the kinds of syscalls.tbl, and some base types of their own */
	HOW_EDGE, HOW_SET, HOW_EIGHT, HOW_PATH, HOW_STR, HOW_STRV, HOW_IOV, HOW_OUT, HOW_OUT_ANY, HOW_BYTES, HOW_MEM, HOW_TIME, HOW_SMALL,
	HOW_POLLFD, HOW_LDT, HOW_SEL, HOW_FD, HOW_EPFD, HOW_DIRFD, HOW_PID, HOW_SIG, HOW_MODE, HOW_ID, HOW_DEV, HOW_SIZE, HOW_MSEC,
	HOW_ADDR, HOW_NUMBER, HOW_HEX, HOW_TIMER, HOW_STATFS,
};

struct set;
struct arg {
	const char *name;
	const char *base;	/* C type without stars */
	const char *kind;
	int pointer;
	enum how how;		/* from here on: resolve_table() */
	int bits;		/* of the words that the type is made of */
	const struct set *set;
};

/* One line of syscalls.tbl; tools/fuzz writes the table into fuzz_table.h. */
struct call {
	const char *name;
	int nr64, nr32;		/* in each table, or -1 */
	int nargs64, nargs32;
	struct arg in64[6], in32[6];
	const struct care *care;	/* calls.c */
};
extern struct call table[];
extern const int nr_calls;

/* One stream of random choices. Passed around, since a fuzzed thread may lose its TLS. */
struct rng {
	u64 s;
};

enum door {
	SYSCALL64, INT80_64, INT80_FAR, SYSCALL64_FAR, INT80_32, SYSENTER, SYSCALL32, NR_DOORS
};
extern const char *const door_names[];

struct counts {
	u64 by_door[WORKERS][NR_DOORS];		/* calls made */
	u64 frames[WORKERS], batches[WORKERS], tracees[WORKERS], storms[WORKERS];
	u64 wrong;				/* answers that no kernel may give */
	u64 leaks;				/* words that are the kernel's, in user memory */
};

struct settings {
	int only, logging, storm_every, debug;
};

/*
 * Shared by all processes, and by the fuzzed ones at their own risk: numbers only, laid out alike in both widths.
 * Process 1 keeps what counts for itself, too: a batch may overwrite this.
 */
struct shared {
	u64 progress[WORKERS];			/* calls, frames and storms */
	struct counts counts;
	u64 doors_shut;				/* bits: this machine's 32-bit programs do not have them */
	int nanny[WORKERS], pid[WORKERS];
	u32 made[MAX_CALLS][2], succeeded[MAX_CALLS][2];	/* by line of the table, 32 bits and 64 */
	struct settings settings;
};
extern struct shared *shared;
extern int is_root;
extern int me;			/* which worker; its counters are mine */

static inline u64 rnd(struct rng *r)
{
	r->s ^= r->s << 13;
	r->s ^= r->s >> 7;
	r->s ^= r->s << 17;
	return r->s * 2685821657736338717ULL >> 8;
}

/* No division: this runs a dozen times a call. */
static inline u32 pick(struct rng *r, u32 n)
{
	return (rnd(r) >> 16 & 0xffffffff) * n >> 32;
}

static inline void count(u64 *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* A system call of the program's own width, by the door that it always has. */
#ifdef __x86_64__
static inline long raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}
#else
long raw(long nr, long a, long b, long c, long d, long e, long f);
#endif
#define raw0(nr)	raw(nr, 0, 0, 0, 0, 0, 0)

extern int doubtful;		/* this process's registers are changed by others: it tells nothing */

/* A line in the kernel's log and on its console; whole, whoever else prints. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* An answer that is wrong whatever the arguments were. */
void wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* doors.c */
void find_doors(void);
int door_exists(enum door door);
s64 through(enum door door, u64 nr, const u64 *v);
extern const enum door doors_here[];	/* of this width, with a count in front of them */
extern const int nr_doors_here;

/* args.c */
void resolve_table(void);
void resolve_care(void);		/* care.c */
void map_arena(struct rng *r);
void open_files(struct rng *r);
void begin_arguments(void);		/* of another call */
u64 argument(struct rng *r, const struct arg *a, int bits);
int was_filled(u64 at);
u64 edge(struct rng *r);
void fill(struct rng *r, void *mem, size_t len, int bits);
const char *random_path(struct rng *r, char *buf);
void user_desc(struct rng *r, void *mem);
int process_is_taboo(u64 pid);
int process_is_batch(u64 pid);
int known_value(u64 v);			/* one that the arguments are made of */

/* leaks.c */
enum { LEAK_POISON = 1, LEAK_WORDS = 2, LEAK_ADDRESS = 4 };
/* The first word that is the kernel's: its offset, or -1. */
int find_leak(const void *mem, size_t len, int what);
void check_memory(const char *who, const void *mem, size_t len, int what);

/* calls.c */
void calls_burst(struct rng *r, int n);
void one_random_call(struct rng *r);
const struct call *call_named(const char *name);
void count_call(enum door door);

/* frames.c, tracees.c */
void frames_burst(struct rng *r, int n);
void tracee_burst(struct rng *r, int n);

/* worker.c */
void nanny(int n, u64 seed) __attribute__((noreturn));

/* storms.c: each is one round of its kind; races.c: one, in a child of its own */
void storm(struct rng *r);
void race(struct rng *r);

/* selftest.c */
void selftest(void);

/* box.c */
extern int proc_fd;
int read_proc(const char *name, char *buf, int size);
void save_sysctls(void);
void restore_sysctls(void);
void make_box(int with_tty);
void remove_box(void);
void say_survivors(void);
int count_mounts(void);
void say_mounts(void);
int count_files(void);

#endif
