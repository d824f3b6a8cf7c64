/* SPDX-License-Identifier: MIT */
/*
 * Random system calls, of both tables and through all doors. Checked after each: the error number is one that user
 * space knows, and what the arguments point to holds nothing of the kernel's.
 *
 * Some bursts have threads that make calls with the same memory and descriptors, and change what the others' arguments
 * point to while the kernel looks at it.
 */
#include "fuzz.h"
#include "care.h"

static int threads;		/* others write to the arena, too */

#define MAX_THREADS	4
/* Each thread's arguments, for the others to spoil. */
static volatile u64 arguments[MAX_THREADS][6];

void count_call(enum door door)
{
	count(&shared->counts.by_door[me][door]);
	count(&shared->progress[me]);
}

static int is_64(enum door door)
{
	return door == SYSCALL64 || door == SYSCALL64_FAR;
}

static enum door random_door(struct rng *r)
{
	for (;;) {
		/* The program's own first: it is there always. */
		enum door door = doors_here[pick(r, 3) ? pick(r, nr_doors_here) : 0];

		if (door_exists(door))
			return door;
	}
}

static int refuse(struct rng *r, const struct care *care, const u64 *v)
{
	if (!care)
		return 0;
	if (care->odds > 1 && pick(r, care->odds))
		return 1;
	if (care->flags & NOT_ROOT && is_root)
		return 1;
	if (care->flags & LOG_TYPE && (int)v[0] >= 6 && (int)v[0] <= 8)
		return 1;
	if (care->flags & NOT_OTHERS && (process_is_batch(v[0]) || process_is_batch(v[1])))
		return 1;
	return care->flags & PIDS && (process_is_taboo(v[0]) || process_is_taboo(v[1]));
}

static void say_call(void (*how)(const char *, ...), const char *name, enum door door, const u64 *v, s64 ret)
{
	typedef unsigned long long ull;

	how("%s by %s (%#llx, %#llx, %#llx, %#llx, %#llx, %#llx) = %lld", name, door_names[door], (ull)v[0], (ull)v[1],
	    (ull)v[2], (ull)v[3], (ull)v[4], (ull)v[5], (long long)ret);
}

/* Do other arguments, strings among them, lie in the 512 bytes from v[i] on? */
static int is_shared(const u64 *v, int i)
{
	for (int k = 0; k < 6; k++)
		if (k != i && v[k] + 5200 - v[i] < 5200 + 512)
			return 1;
	return 0;
}

/* What one argument points to, if it is sound memory. */
static void check_argument(const struct call *c, const struct arg *a, u64 at, int shared)
{
	u64 left = (unsigned long)ARENA + ARENA_SOUND - at;
	int what = LEAK_POISON;

	if (at < (unsigned long)ARENA || left > ARENA_SOUND)
		return;
	if (left > 512)
		left = 512;
	/* An out buffer that was FILLER, and whose last word still is. */
	if ((a->how == HOW_OUT || a->how == HOW_OUT_ANY) && !threads && !shared && was_filled(at) && left == 512 &&
	    ((u64 *)(unsigned long)at)[63] == FILLER) {
		what |= LEAK_WORDS | LEAK_ADDRESS;
		if (a->how == HOW_OUT_ANY)
			what = LEAK_POISON;
	}
	check_memory(c->name, (void *)(unsigned long)at, left, what);
}

/* A number that nobody serves. */
static void wrong_number(struct rng *r, enum door door)
{
	u64 v[6] = { rnd(r), edge(r) };
	u64 nr = pick(r, 2) ? 336 + pick(r, 88) : (edge(r) & 0xffffffff) | 0x1000;
	s64 ret = through(door, nr, v);

	count_call(door);
	/* Of the i386's table some of these numbers are served. */
	if (is_64(door) && ret != -ENOSYS)
		say_call(wrong, "a number that is none", door, v, ret);
}

/* The number and arguments as the door takes them. Upper halves that a door cannot see hold rubbish. */
static s64 make_call(struct rng *r, const struct call *c, enum door door, u64 *v)
{
	u64 nr = is_64(door) ? c->nr64 : c->nr32;

	if (door == INT80_64 || door == INT80_FAR)
		for (int i = 0; i < 6; i++)
			v[i] = pick(r, 2) ? v[i] : (u32)v[i] | rnd(r) << 32;
	/* The number is an int: the upper half counts nowhere. */
	if (door != INT80_32 && door != SYSENTER && door != SYSCALL32 && !pick(r, 8))
		nr |= rnd(r) << 32;
	return through(door, nr, v);
}

static void check_call(const struct call *c, enum door door, const u64 *v, s64 ret)
{
	int n = is_64(door) ? c->nargs64 : c->nargs32;
	const struct arg *args = is_64(door) ? c->in64 : c->in32;
	int i = c - table;
	u64 w[6];

	shared->made[i][is_64(door)]++;
	shared->succeeded[i][is_64(door)] += ret >= 0 || ret < -4095;
	if (ret < -133 && ret >= -4095 && !(c->care && c->care->flags & ANY_RESULT))
		say_call(wrong, c->name, door, v, ret);
	for (i = 0; i < 6; i++)
		w[i] = is_64(door) ? v[i] : (u32)v[i];
	for (i = 0; i < n; i++)
		if (args[i].pointer || args[i].how == HOW_HEX)
			check_argument(c, &args[i], w[i], is_shared(w, i));
}

/* The call that was made, or NULL. */
static const struct call *one_call(struct rng *r, int thread)
{
	const struct call *c = &table[pick(r, nr_calls)];
	enum door door = random_door(r);
	int bits = is_64(door) ? 64 : 32;
	const struct arg *args;
	u64 v[6] = { 0 };
	s64 ret;
	int n;

	if (!pick(r, 300))
		wrong_number(r, door);
	if (shared->settings.only >= 0 && pick(r, 3))
		c = &table[shared->settings.only];
	if ((bits == 64 ? c->nr64 : c->nr32) < 0)
		return NULL;
	args = bits == 64 ? c->in64 : c->in32;
	n = bits == 64 ? c->nargs64 : c->nargs32;
	begin_arguments();
	for (int i = 0; i < n; i++)
		arguments[thread][i] = v[i] = argument(r, &args[i], bits);
	if (refuse(r, c->care, v))
		return NULL;
	if (shared->settings.logging)
		say_call(say, c->name, door, v, 0);
	count_call(door);
	ret = make_call(r, c, door, v);
	check_call(c, door, v, ret);
	return c;
}

void one_random_call(struct rng *r)
{
	while (!one_call(r, 0))
		;
}

/* Who comes back from a fork: most children end at once, some go on a little. */
static int after_fork(struct rng *r, long *tid, int n)
{
	if (raw0(SYS_gettid) == *tid) {
		threads = threads ? threads : 1;	/* the other may share the memory */
		return n;
	}
	if (pick(r, 4))
		raw0(SYS_exit_group);
	*tid = raw0(SYS_gettid);
	r->s ^= *tid * 0x9e3779b97f4a7c15;
	return n > 50 ? 50 : n;
}

static void be_preemptible(void)
{
	int policy = raw0(SYS_sched_getscheduler) & 3, zero = 0;

	if (policy == SCHED_FIFO || policy == SCHED_RR)
		raw(SYS_sched_setscheduler, 0, 0, (long)&zero, 0, 0, 0);
}

/* Another thread's arguments change while it is in the kernel, or just before. */
static void spoil_others(struct rng *r, int thread)
{
	for (int n = 1 + pick(r, 40); n; n--) {
		u64 at = arguments[pick(r, threads + 1)][pick(r, 6)] + pick(r, 16) * 4;

		if (at < (unsigned long)ARENA || at > (unsigned long)ARENA + ARENA_SOUND - 8)
			continue;
		if (pick(r, 2))
			*(volatile u32 *)(unsigned long)(at & ~3) = edge(r);
		else
			*(volatile u64 *)(unsigned long)(at & ~7) = edge(r);
	}
}

static void calls(struct rng *r, int n, int thread)
{
	long tid = raw0(SYS_gettid);
	const struct call *c;

	while (n--) {
		if (threads && !pick(r, 4))
			spoil_others(r, thread);
		c = one_call(r, thread);
		if (!c || !c->care)
			continue;
		if (c->care->flags & FORKS)
			n = after_fork(r, &tid, n);
		if (c->care->flags & POLICY)
			be_preemptible();
	}
}

struct helper {
	struct rng r;
	int n, thread;
};

static int helper(void *arg)
{
	struct helper *h = arg;

	calls(&h->r, h->n, h->thread);
	raw0(SYS_exit);
	return 0;
}

/* The last thing that a batch does, if there are threads: their stacks are free again only in a new process. */
void calls_burst(struct rng *r, int n)
{
	static struct helper h[MAX_THREADS];
	static char stacks[MAX_THREADS][32768] __attribute__((aligned(16)));
	int share = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND;

	threads = pick(r, 3) ? 0 : 1 + pick(r, MAX_THREADS - 1);
	/* Threads, or processes that share memory and descriptors. */
	for (int i = 1; i <= threads; i++) {
		h[i - 1] = (struct helper){ { rnd(r) | 1 }, n, i };
		clone(helper, stacks[i] + sizeof(stacks[i]) - 64, pick(r, 3) ? share | CLONE_THREAD | CLONE_SYSVSEM :
		      CLONE_VM | CLONE_FILES | SIGCHLD, &h[i - 1]);
	}
	calls(r, n, 0);
	if (threads)
		raw0(SYS_exit_group);
}

const struct call *call_named(const char *name)
{
	for (int i = 0; i < nr_calls; i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}
