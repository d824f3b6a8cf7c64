/* SPDX-License-Identifier: MIT */
/*
 * Frames for sigreturn and rt_sigreturn, of both widths, through every door that takes them. Each begins as one that
 * would lead to landed(), with the floating point state of a frame that the kernel wrote; then some of it is spoilt:
 * edges in registers, segments that are none or of the LDT, flags, addresses that are not canonical, the fpstate's
 * pointer, header and contents. What faults ends in crashed(), on the alternate stack.
 *
 *	FRAMES		2 pages: the frame	2 pages: floating point state	8 pages: the alternate stack
 *	+ 2 pages	+ 4 pages		+ 8 pages
 *
 * Before that the kernel's own frame is looked through for what is not the program's.
 */
#include "fuzz.h"

#define FRAME		(FRAMES + 2 * PAGE + 1024)
#define FPSTATE		(FRAMES + 4 * PAGE)
#define FPSTATE_MAX	(3 * PAGE)
#define ALTSTACK	(FRAMES + 8 * PAGE)
#define FSAVE		112		/* what stands before the FXSAVE image in 32-bit frames */

/* Where things lie: in the frame, and `sp` counted from its start at the time of the call. */
static const struct layout {
	int bits, nr, sp, context, size;
	int reg_ip, reg_sp, reg_flags, reg_cs, reg_ss, fpstate, mask;
} layouts[] = {
	{ 64, 15, 8, 48, 440, 48 + 128, 48 + 120, 48 + 136, 48 + 144, 48 + 150, 48 + 184, 48 + 256 },
	{ 32, 119, 8, 8, 96, 8 + 56, 8 + 28, 8 + 64, 8 + 60, 8 + 72, 8 + 76, 8 + 80 },
	{ 32, 173, 4, 164, 260, 164 + 56, 164 + 28, 164 + 64, 164 + 60, 164 + 72, 164 + 76, 252 },
};

static void *back[5];
static char fpstate[FPSTATE_MAX];	/* as the kernel wrote it */
static size_t fpstate_size;

#ifdef __x86_64__
static unsigned long saved_base;

static inline __attribute__((always_inline)) void repair(void)
{
	/* A 32-bit frame loads fs; flags may hold AC. */
	asm volatile("push $0x202; popf" : : : "memory", "cc");
	raw(SYS_arch_prctl, 0x1002, saved_base, 0, 0, 0, 0);
}

static void save_segments(void)
{
	raw(SYS_arch_prctl, 0x1003, (long)&saved_base, 0, 0, 0, 0);
}

#define CS		0x33
asm(".pushsection .text\n"
    "landing: call landed\n"
    ".popsection");
#else
static unsigned short saved_gs;

static inline __attribute__((always_inline)) void repair(void)
{
	asm volatile("push $0x202; popf; mov %0, %%gs" : : "m"(saved_gs) : "memory", "cc");
}

static void save_segments(void)
{
	asm volatile("mov %%gs, %0" : "=r"(saved_gs));
}

#define CS		0x23
asm(".pushsection .text\n"
    "landing: mov $0x2b, %eax; mov %eax, %ds; mov %eax, %es; cld; call landed\n"
    ".popsection");
#endif
extern char landing[];

/* The frame was good, or good enough. */
__attribute__((used, noinline)) void landed(void)
{
	repair();
	__builtin_longjmp(back, 1);
}

static void crashed(int sig)
{
	repair();
	__builtin_longjmp(back, 1);
}

/* ---- the kernel's own frame ------------------------------------------------------------------------------------- */

static void look_at_frame(int sig)
{
	char *frame = (char *)__builtin_frame_address(0) + sizeof(long), *end = ALTSTACK + 8 * PAGE;

	frame = (char *)(((unsigned long)frame + 7) & -8);
	check_memory("a signal frame", frame, end - frame, LEAK_POISON | LEAK_WORDS);
	/* Behind the registers lies the floating point state, and any value. */
	check_memory("a signal frame", frame, layouts[sizeof(long) == 4].size & -8, LEAK_ADDRESS);
}

static void keep_fpstate(int sig, siginfo_t *info, void *context)
{
#ifdef __x86_64__
	char *at = *(char **)((char *)context + 40 + 184);
#else
	char *at = *(char **)((char *)context + 20 + 76);

	at = at ? at + FSAVE : NULL;
#endif
	if (at) {
		fpstate_size = ((u32 *)(at + 464))[0] == 0x46505853 ? ((u32 *)(at + 464))[1] : 512;
		if (fpstate_size > FPSTATE_MAX)
			fpstate_size = FPSTATE_MAX;
		memcpy(fpstate, at, fpstate_size);
	}
	look_at_frame(sig);
}

static void set_up(void)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	struct sigaction sa = { .sa_handler = crashed, .sa_flags = SA_ONSTACK | SA_NODEFER };
	stack_t ss = { .ss_sp = ALTSTACK, .ss_size = 8 * PAGE };
	sigset_t none;

	mmap(FRAMES, FRAMES_SIZE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&ss, NULL);
	for (unsigned int i = 0; i < COUNT(sigs); i++)
		sigaction(sigs[i], &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	save_segments();
	memset(ALTSTACK, FILL_BYTE, 8 * PAGE);
	sa.sa_sigaction = keep_fpstate;
	sa.sa_flags |= SA_SIGINFO;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	memset(ALTSTACK, FILL_BYTE, 8 * PAGE);
	sa.sa_handler = look_at_frame;
	sa.sa_flags &= ~SA_SIGINFO;
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR2);
}

/* ---- frames ----------------------------------------------------------------------------------------------------- */

static void put(const struct layout *l, int at, u64 v)
{
	memcpy(FRAME + at, &v, l->bits / 8);
}

static void put16(int at, unsigned int v)
{
	memcpy(FRAME + at, &v, 2);
}

static void good_frame(const struct layout *l)
{
	memset(FRAME, 0, l->size);
	memcpy(FPSTATE, fpstate, fpstate_size);
	if (l->bits == 32)
		for (int seg = 0; seg < 4; seg++)	/* gs fs es ds */
			put16(l->context + seg * 4, seg < 2 ? 0 : 0x2b);
	put(l, l->reg_ip, (unsigned long)landing);
	put(l, l->reg_sp, (unsigned long)FRAMES + PAGE);
	put(l, l->reg_flags, 0x202);
	put16(l->reg_cs, CS);
	put16(l->reg_ss, 0x2b);
	put(l, l->fpstate, (unsigned long)(l->bits == 32 ? FPSTATE - FSAVE : FPSTATE));
}

static unsigned int selector(struct rng *r)
{
	static const unsigned short selectors[] = {
		0, 1, 2, 3, 4, 7, 8, 0xf, 0x10, 0x17, 0x18, 0x1b, 0x1f, 0x23, 0x27, 0x28, 0x2b, 0x30, 0x33, 0x3b, 0x40, 0x43, 0x53, 0x63,
		0x6b, 0x73, 0x7b, 0x83, 0xffff, 0xfff8, 0xfffc,
	};

	return pick(r, 10) ? selectors[pick(r, COUNT(selectors))] : rnd(r) & 0xffff;
}

static u64 anything(struct rng *r)
{
	return pick(r, 2) ? edge(r) : rnd(r) << pick(r, 64);
}

static void spoil_fpstate(struct rng *r, const struct layout *l)
{
	u64 v = anything(r);

	switch (pick(r, 7)) {
	case 0:
		put(l, l->fpstate, pick(r, 3) ? v : 0);
		break;
	case 1:		/* somewhere else, or not aligned */
		put(l, l->fpstate, (unsigned long)FPSTATE + pick(r, 200) - 100);
		break;
	case 2:		/* MXCSR, or its mask */
		memcpy(FPSTATE + 24 + 4 * pick(r, 2), &v, 4);
		break;
	case 3:		/* the header: what it holds, whether packed, reserved words */
		memcpy(FPSTATE + 512 + 8 * pick(r, pick(r, 2) ? 2 : 8), &v, 8);
		break;
	case 4:		/* what the software wrote: magic, sizes, features */
		memcpy(FPSTATE + 464 + 4 * pick(r, 12), &v, 4);
		break;
	case 5:		/* the end's magic */
		memcpy(FPSTATE + (fpstate_size > 512 ? fpstate_size - 4 : 0), &v, 4);
		break;
	default:
		for (int n = pick(r, 50); n; n--)
			FPSTATE[pick(r, fpstate_size ? fpstate_size : 512)] = rnd(r);
	}
}

static void spoil(struct rng *r, const struct layout *l)
{
	switch (pick(r, 12)) {
	case 0:
		put(l, l->reg_ip, anything(r));
		break;
	case 1:
		put(l, l->reg_sp, anything(r));
		break;
	case 2:
		put(l, l->reg_flags, anything(r));
		break;
	case 3:
		put16(l->reg_cs, selector(r));
		break;
	case 4:
		put16(l->reg_ss, selector(r));
		break;
	case 5:		/* 32 bits: gs, fs, es, ds */
		put16(l->context + (l->bits == 32 ? 4 * pick(r, 4) : 146 + 2 * pick(r, 2)), selector(r));
		break;
	case 6 ... 8:
		spoil_fpstate(r, l);
		break;
	case 9:		/* flags and the alternate stack, before the registers */
		put(l, pick(r, l->context / 8) * 8, anything(r));
		break;
	case 10:
		put(l, l->context + pick(r, (l->size - l->context) / 8) * 8, anything(r));
		break;
	case 11:
		if (!pick(r, 4))
			fill(r, FRAME + l->context, l->fpstate - l->context, l->bits);
		else if (!pick(r, 4))
			put(l, l->mask, rnd(r));
	}
}

/* sp: where the stack shall be when the call is made. */
static void __attribute__((noreturn)) jump(enum door door, int nr, unsigned long sp)
{
	count_call(door);
	count(&shared->counts.frames[me]);
#ifdef __x86_64__
	switch (door) {
	case SYSCALL64:
		asm volatile("mov %0, %%rsp; syscall; ud2" : : "r"(sp), "a"(nr) : "memory");
	case INT80_64:
		asm volatile("mov %0, %%rsp; int $0x80; ud2" : : "r"(sp), "a"(nr) : "memory");
	default:
		asm volatile("mov %0, %%rsp; ljmp *far32; ud2" : : "r"(sp), "a"(nr) : "memory");
	}
#else
	switch (door) {
	case SYSENTER:
		asm volatile("mov %0, %%esp; mov %%esp, %%ebp; sysenter; ud2" : : "r"(sp), "a"(nr) : "memory");
	case SYSCALL32:
		asm volatile("mov %0, %%esp; syscall; ud2" : : "r"(sp), "a"(nr) : "memory");
	case SYSCALL64_FAR:
		asm volatile("mov %0, %%esp; jmp to_code64; ud2" : : "r"(sp), "a"(nr), "b"(FRAME) : "memory");
	default:
		asm volatile("mov %0, %%esp; int $0x80; ud2" : : "r"(sp), "a"(nr) : "memory");
	}
#endif
	__builtin_unreachable();
}

static __attribute__((noinline)) void one_frame(struct rng *r)
{
	enum door door = doors_here[pick(r, nr_doors_here)];
	int is_64 = door == SYSCALL64 || door == SYSCALL64_FAR;
	const struct layout *l = is_64 ? &layouts[0] : &layouts[1 + pick(r, 2)];

	if (!door_exists(door))
		return;
	good_frame(l);
	for (int n = pick(r, 5); n; n--)
		spoil(r, l);
	if (!__builtin_setjmp(back))
		jump(door, l->nr, (unsigned long)FRAME + l->sp);
}

static void new_segment(struct rng *r)
{
	user_desc(r, FRAMES);
	raw(SYS_modify_ldt, pick(r, 2) ? 1 : 0x11, (long)FRAMES, 16, 0, 0, 0);
}

void frames_burst(struct rng *r, int n)
{
	set_up();
	while (n--) {
		if (!pick(r, 20))
			new_segment(r);
		one_frame(r);
	}
}
