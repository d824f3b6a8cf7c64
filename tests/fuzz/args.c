/* SPDX-License-Identifier: MIT */
/*
 * Arguments. syscalls.tbl says what kind each is of; most are of that kind and at an edge of it, some are anything. What
 * a pointer leads to is made for the width of the call: the form of syscalls.tbl names the struct.
 *
 * The kinds are looked up once, before the first fork (resolve_table()).
 */
#include "sets.h"
#include "fuzz_table.h"

const int nr_calls = COUNT(table);

static const u64 edges[] = {
	0, 1, 2, 3, 7, 8, 16, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 1000, 1023, 1024, 1025, 4094, 4095, 4096, 4097,
	8191, 8192, 65535, 65536, 0xfffff, 0x100000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff,
	0x100000000, 0x7ffffffff000, 0x7fffffffffff, 0x800000000000, 0x7fffffffffffffff, 0x8000000000000000,
	-1ULL, -2ULL, -14ULL, -100ULL, -4095ULL, -4096ULL, -4097ULL, -8192ULL, 0xffffffff80000000, 0x1fffffffffffff,
};

/* Where only the kernel may go: its text, the direct map, vmalloc, and addresses that are none. */
static const u64 kernel_addrs[] = {
	0xffffffff81000000, 0xffff888000000000, 0xffff888000001000, 0xffff888001000000, 0xffffc90000000000,
	0xffff800000000000, 0xfffffe0000000000, 0xffffffffffffffff, 0xfffffffffffff000, 0xffffffffff600000,
	0xffffea0000000000, 0x800000000000, 0xdeadbeef000000, 0x7ffffffff000, 0x7fffffffffff,
};

u64 edge(struct rng *r)
{
	switch (pick(r, 8)) {
	case 0:
		return 1ULL << pick(r, 64);
	case 1:
		return (1ULL << pick(r, 64)) - 1;
	case 2:
		return -(u64)pick(r, 70);
	case 3:
		return pick(r, 70);
	case 4:
		return rnd(r) & 0xffffffff;
	default:
		return edges[pick(r, COUNT(edges))];
	}
}

/* Did fill() or address() make this? Only asked of values in the kernel's half. */
int known_value(u64 v)
{
	for (unsigned int k = 0; k < COUNT(kernel_addrs); k++)
		if (v - kernel_addrs[k] < 2 * PAGE || kernel_addrs[k] - v < 2 * PAGE)
			return 1;
	for (unsigned int k = 0; k < COUNT(edges); k++)
		if (v == edges[k])
			return 1;
	return 0;
}

static u64 size(struct rng *r)
{
	switch (pick(r, 8)) {
	case 0:
		return edge(r);
	case 1:
		return PAGE * pick(r, 20) - 8 + pick(r, 16);
	case 2:
		return PAGE * pick(r, 20);
	default:
		return pick(r, 300);
	}
}

/*
 * Pages 0-31 can be written; 32-35 hold nothing; 36-39 cannot be written; 40-43 nothing; 44-51 are a file of five
 * pages, so three give SIGBUS; 52-55 nothing; 56-63 are shared memory.
 */
void map_arena(struct rng *r)
{
	int rw = PROT_READ | PROT_WRITE, fd;

	mmap(ARENA, ARENA_SOUND, rw, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 32; i++)
		fill(r, ARENA + i * PAGE, 512, 64);
	mmap(ARENA + 36 * PAGE, 4 * PAGE, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fd = open("/d/map", O_CREAT | O_RDWR, 0666);
	(void)!ftruncate(fd, 5 * PAGE - 100);
	mmap(ARENA + 44 * PAGE, 8 * PAGE, rw, MAP_FIXED | MAP_SHARED, fd, 0);
	close(fd);
	mmap(ARENA + 56 * PAGE, 8 * PAGE, rw, MAP_FIXED | MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static u64 at_arena(u64 offset)
{
	return (unsigned long)ARENA + offset;
}

static u64 address(struct rng *r)
{
	switch (pick(r, 20)) {
	case 0:
		return 0;
	case 1:
		return kernel_addrs[pick(r, COUNT(kernel_addrs))];
	case 2:
		return edge(r);
	case 3:		/* the last bytes before a hole */
		return at_arena(ARENA_SOUND - pick(r, 70));
	case 4:		/* read-only */
		return at_arena(40 * PAGE - pick(r, 4 * PAGE));
	case 5:		/* a file's end, and beyond */
		return at_arena(49 * PAGE - 200 + pick(r, 400));
	case 6:		/* across two pages */
		return at_arena((1 + pick(r, 31)) * PAGE - pick(r, 64));
	case 7:		/* any page */
		return at_arena(pick(r, ARENA_PAGES) * PAGE);
	case 8:
		return at_arena(56 * PAGE + pick(r, 8 * PAGE));
	default:	/* sound */
		return at_arena(8 * pick(r, 30 * PAGE / 8));
	}
}

static u64 one_word(struct rng *r, int how)
{
	switch (how) {
	case 0:
		return 0;
	case 1:
		return pick(r, 1000) | (u64)pick(r, 3) << 32;
	case 2:
		return edge(r);
	case 3:
		return address(r);
	default:
		return rnd(r) & 0x7fffffffffffffff;
	}
}

/* Memory as programs may pass it: zeros, small numbers, edges, pointers, noise. */
void fill(struct rng *r, void *mem, size_t len, int bits)
{
	int how = pick(r, 6);

	for (size_t i = 0; i < len / (bits / 8); i++) {
		u64 v = one_word(r, how == 5 ? (int)pick(r, 5) : how);

		if (bits == 32)
			((u32 *)mem)[i] = v;
		else
			((u64 *)mem)[i] = v;
	}
}

/* Sound memory for one object. */
static char *space(struct rng *r)
{
	return ARENA + pick(r, 30) * PAGE + 8 * pick(r, 64);
}

/* ---- what pointers lead to ------------------------------------------------------------------------------------ */

/* The string in user memory; sometimes so that its end lies at the end of what is mapped, or beyond. */
static u64 put_string(struct rng *r, const char *s)
{
	size_t len = strlen(s) + 1;
	char *at = pick(r, 8) ? space(r) : ARENA + ARENA_SOUND - len;

	memcpy(at, s, len);
	return (unsigned long)(pick(r, 40) ? at : ARENA + ARENA_SOUND - pick(r, 4));
}

static void put_word(char *at, int bits, u64 v)
{
	memcpy(at, &v, bits / 8);
}

static u64 strings(struct rng *r, int bits)
{
	char *v = ARENA + 31 * PAGE;
	int n = pick(r, 5);

	for (int i = 0; i < n; i++)
		put_word(v + i * bits / 8, bits, pick(r, 10) ? (unsigned long)space(r) : address(r));
	put_word(v + n * bits / 8, bits, 0);
	return (unsigned long)v;
}

static u64 iovecs(struct rng *r, int bits)
{
	char *v = space(r);

	for (int i = 0; i < 12; i++) {
		put_word(v + i * bits / 4, bits, address(r));
		put_word(v + i * bits / 4 + bits / 8, bits, pick(r, 20) ? pick(r, 5000) : size(r));
	}
	return (unsigned long)v;
}

/* Times are short ones, or nothing ever comes back. */
static void put_times(struct rng *r, char *at, int bits)
{
	for (int i = 0; i < 4; i++)
		put_word(at + i * bits / 8, bits, i & 1 && pick(r, 3) ? pick(r, 1000) : 0);
	if (!pick(r, 20))
		put_word(at + bits / 8, bits, edge(r));
}

/* A segment that is plausible: modify_ldt, set_thread_area. */
void user_desc(struct rng *r, void *mem)
{
	u32 *d = mem;

	d[0] = pick(r, 2) ? pick(r, 5) : pick(r, 2) ? 5 + pick(r, 5) : (u32)edge(r);
	d[1] = pick(r, 2) ? 0 : (u32)address(r);
	d[2] = pick(r, 2) ? 0xfffff : (u32)edge(r);
	d[3] = pick(r, 3) ? 0x51 ^ (1 << pick(r, 8)) : rnd(r) & 0xff;
}

/* Where this call's out buffers are: FILLER before it. Elsewhere lies what earlier calls left. */
static u64 filled[8];
static unsigned int nr_filled;

void begin_arguments(void)
{
	nr_filled = 0;
}

int was_filled(u64 at)
{
	for (unsigned int i = 0; i < nr_filled && i < COUNT(filled); i++)
		if (filled[i] == at)
			return 1;
	return 0;
}

static u64 memory(struct rng *r, const struct arg *a)
{
	char *at;

	if (!pick(r, 12))
		return 0;
	if (!pick(r, 6))
		return address(r);
	at = space(r);
	if (a->how == HOW_OUT || a->how == HOW_OUT_ANY || a->how == HOW_BYTES) {
		for (int i = 0; i < 64; i++)
			((u64 *)at)[i] = FILLER;
		filled[nr_filled++ % COUNT(filled)] = (unsigned long)at;
		return (unsigned long)at;
	}
	fill(r, at, 128, a->bits);
	switch (pick(r, 8) ? a->how : HOW_MEM) {
	case HOW_TIME:
		put_times(r, at, a->bits);
		break;
	case HOW_SMALL:		/* structs with their own size or flags in front */
		for (int i = 0; i < 8; i++)
			if (pick(r, 3))
				((u64 *)at)[i] = pick(r, 4) ? 0 : edge(r);
		break;
	case HOW_POLLFD:
		for (int i = 0; i < 32; i++)
			((u64 *)at)[i] = pick(r, FDS) | rnd(r) << 48 >> 16;
		break;
	case HOW_LDT:
		user_desc(r, at);
		break;
	case HOW_SEL:
		for (int i = 0; i < 4; i++)
			put_word(at + 4 + i * 4, 32, address(r));
		put_word(at, 32, pick(r, 64));
		break;
	default:
		break;
	}
	return (unsigned long)at;
}

/* ---- one argument ----------------------------------------------------------------------------------------------- */

static u64 descriptor(struct rng *r)
{
	switch (pick(r, 16)) {
	case 0:
		return edge(r);
	case 1:
		return FDS + pick(r, 10);
	default:
		return pick(r, FDS);
	}
}

/* Process 1, the nannies and everybody (-1) are out of bounds: somebody has to see the end. */
int process_is_taboo(u64 arg)
{
	int pid = arg;

	for (int i = 0; i < WORKERS; i++)
		if (pid && (pid == shared->nanny[i] || pid == -shared->nanny[i]))
			return 1;
	return pid == 1 || pid == -1;
}

/* One that works now, but for the caller. */
int process_is_batch(u64 arg)
{
	int pid = arg;

	for (int i = 0; i < WORKERS; i++)
		if (pid > 1 && pid == shared->pid[i] && i != me)
			return 1;
	return 0;
}

static u64 process(struct rng *r)
{
	int pid;

	switch (pick(r, 8)) {
	case 0:
		pid = edge(r);
		break;
	case 1:
	case 2:
		pid = shared->pid[pick(r, WORKERS)];
		break;
	case 3:
		pid = shared->pid[pick(r, WORKERS)] + 1 + pick(r, 5);
		break;
	case 4:
		pid = -shared->pid[pick(r, WORKERS)];
		break;
	case 5:
		pid = raw0(SYS_gettid);
		break;
	case 6:
		pid = raw0(SYS_getpid);
		break;
	default:
		pid = 0;
	}
	return process_is_taboo(pid) ? 0 : pid;
}

static u64 from_set(struct rng *r, const struct set *set)
{
	u64 value = 0;
	int n;

	for (n = COUNT(set->v); n > 1 && !set->v[n - 1]; n--)
		;
	if (!set->flags)
		return set->v[pick(r, n)];
	for (int bits = pick(r, 5); bits; bits--)
		value |= set->v[pick(r, n)];
	return value;
}

u64 argument(struct rng *r, const struct arg *a, int bits)
{
	static const char *const words[] = { "tmpfs", "proc", "devtmpfs", "ramfs", "user.x", "", "mode=1777,size=4k",
		"size=999999999999999999", "security.x", "trusted.y", "a%n%s", "system.posix_acl_access", "uid=1000" };
	char buf[5120];

	if (!pick(r, 25))
		return pick(r, 2) ? edge(r) : address(r);
	switch (a->how) {
	case HOW_SET:
		return from_set(r, a->set);
	case HOW_EIGHT:
		return 8;
	case HOW_PATH:
		return put_string(r, random_path(r, buf));
	case HOW_STR:
		return put_string(r, words[pick(r, COUNT(words))]);
	case HOW_STRV:
		return strings(r, bits);
	case HOW_IOV:
		return iovecs(r, bits);
	case HOW_OUT: case HOW_OUT_ANY: case HOW_BYTES: case HOW_MEM: case HOW_TIME: case HOW_SMALL: case HOW_POLLFD: case HOW_LDT: case HOW_SEL:
		return memory(r, a);
	case HOW_FD:
		return descriptor(r);
	case HOW_EPFD:
		return FD_EPOLL + pick(r, 6);
	case HOW_DIRFD:
		return pick(r, 2) ? (u64)AT_FDCWD : descriptor(r);
	case HOW_PID:
		return process(r);
	case HOW_SIG:
		return pick(r, 5) ? pick(r, 66) : edge(r);
	case HOW_MODE:
		return rnd(r) & 0177777;
	case HOW_ID:
		return pick(r, 3) ? (pick(r, 2) ? 1000 : 0) : edge(r);
	case HOW_DEV:
		return pick(r, 2) ? makedev(pick(r, 10), pick(r, 70)) : edge(r);
	case HOW_SIZE:
		return size(r);
	case HOW_MSEC:
		return pick(r, 10) ? pick(r, 2) : edge(r);
	case HOW_ADDR:
		/* Mostly where nothing else is, for mappings come and go there. */
		return pick(r, 10) ? at_arena((32 + pick(r, 32)) * PAGE) : pick(r, 2) ? address(r) & -PAGE : address(r);
	case HOW_NUMBER:
		return pick(r, 2) ? pick(r, 20) : size(r);
	case HOW_HEX:
		return pick(r, 3) ? address(r) : edge(r);
	case HOW_TIMER:
		return pick(r, 8);
	case HOW_STATFS:	/* the size of struct compat_statfs64, for the i386 and for ARM */
		return 84 + 4 * pick(r, 2);
	default:
		return edge(r);
	}
}

/* ---- the kinds of the table, once ------------------------------------------------------------------------------- */

static int is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* Groups, masks and names: what somebody has set before, so any value at all. */
static int any_value(const char *base)
{
	return is(base, "gid_t") || is(base, "sigset_t") || is(base, "u16") || strstr(base, "utsname");
}

static enum how pointer_how(const struct arg *a)
{
	if (is(a->kind, "path"))
		return HOW_PATH;
	if (is(a->kind, "str"))
		return HOW_STR;
	if (is(a->kind, "strv"))
		return HOW_STRV;
	if (!strncmp(a->kind, "iov", 3) || (is(a->base, "struct iovec") && is(a->kind, "in")))
		return HOW_IOV;
	if (is(a->kind, "out"))
		return is(a->base, "char") || is(a->base, "void") ? HOW_BYTES : any_value(a->base) ? HOW_OUT_ANY : HOW_OUT;
	if (strstr(a->base, "time"))
		return HOW_TIME;
	if (strstr(a->base, "open_how") || strstr(a->base, "clone_args") || strstr(a->base, "sched_attr"))
		return HOW_SMALL;
	if (strstr(a->base, "pollfd"))
		return HOW_POLLFD;
	if (strstr(a->base, "user_desc"))
		return HOW_LDT;
	if (strstr(a->base, "sel_arg") || strstr(a->base, "mmap_arg"))
		return HOW_SEL;
	return HOW_MEM;
}

static enum how value_how(const struct arg *a)
{
	static const struct {
		const char *kind;
		enum how how;
	} kinds[] = {
		{ "fd", HOW_FD }, { "dirfd", HOW_DIRFD }, { "pid", HOW_PID }, { "sig", HOW_SIG }, { "mode", HOW_MODE },
		{ "uid", HOW_ID }, { "gid", HOW_ID }, { "dev", HOW_DEV }, { "size", HOW_SIZE }, { "msec", HOW_MSEC },
		{ "addr", HOW_ADDR }, { "dec", HOW_NUMBER }, { "uint", HOW_NUMBER }, { "hex", HOW_HEX },
	};

	if (is(a->name, "sigsetsize") || is(a->name, "sizemask"))
		return HOW_EIGHT;
	if (is(a->name, "epfd") || is(a->name, "ufd"))
		return HOW_EPFD;
	if (is(a->base, "timer_t"))
		return HOW_TIMER;
	for (unsigned int i = 0; i < COUNT(kinds); i++)
		if (is(a->kind, kinds[i].kind))
			return kinds[i].how;
	return HOW_EDGE;
}

static void resolve(struct arg *a, int bits)
{
	a->bits = bits == 64 || strstr(a->base, "__kernel_") ? 64 : 32;
	a->how = a->pointer ? pointer_how(a) : value_how(a);
	for (int i = 0; i < nr_sets && !a->pointer; i++)
		if (is(sets[i].name, a->kind)) {
			a->how = HOW_SET;
			a->set = &sets[i];
		}
}

void resolve_table(void)
{
	for (int i = 0; i < nr_calls; i++) {
		struct call *c = &table[i];

		for (int k = 0; k < c->nargs64; k++)
			resolve(&c->in64[k], 64);
		for (int k = 0; k < c->nargs32; k++) {
			resolve(&c->in32[k], 32);
			if (is(c->name, "statfs64") || is(c->name, "fstatfs64"))
				if (c->in32[k].how == HOW_SIZE)
					c->in32[k].how = HOW_STATFS;
		}
	}
	resolve_care();
}
