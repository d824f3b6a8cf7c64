/* SPDX-License-Identifier: MIT */
/* The stack: grows on demand to its limit, not into others, MAP_GROWSDOWN. */
#include "abi.h"

static int __attribute__((noinline)) dig(int n)
{
	volatile char hole[1024];

	memset((char *)hole, n, sizeof(hole));
	return n > 1 ? dig(n - 1) + hole[3] : hole[3];
}

int main(void)
{
	char *p, *sp = __builtin_frame_address(0);
	struct rlimit rl;
	char *maps, *line;
	unsigned long lo, hi;

	dig(500);	/* half a MiB down */
	/* A far jump down within the limit is served (no red zone check below sp). */
	POKE(sp - (1 << 20), 1);
	CHECK_EQ(PEEK(sp - (1 << 20)), 1);
	CHECK_EQ(PEEK(sp - (1 << 20) - PAGE * 3), 0);
	maps = get_file("/proc/self/maps");
	line = strstr(maps, "[stack]");
	CHECK(line != NULL);
	if (line) {
		while (line > maps && line[-1] != '\n')
			line--;
		CHECK_EQ(sscanf(line, "%lx-%lx rw-p", &lo, &hi), 2);
		CHECK((unsigned long)sp >= lo && (unsigned long)sp < hi);
		CHECK((unsigned long)sp - (1 << 20) >= lo);
	}

	/* Past the limit: SIGSEGV. */
	IN_CHILD({
		CHECK_OK(getrlimit(RLIMIT_STACK, &rl));
		rl.rlim_cur = 2 << 20;
		CHECK_OK(setrlimit(RLIMIT_STACK, &rl));
		DIES_BY(SIGSEGV, dig(3000));
		DIES_BY(SIGSEGV, POKE(sp - (4 << 20), 1));
		rl.rlim_cur = 4 << 20;
		CHECK_OK(setrlimit(RLIMIT_STACK, &rl));
		dig(3000);
	});

	/* Something mapped below keeps its distance: a guard gap of 256 pages. */
	IN_CHILD({
		char *below = (char *)(((uintptr_t)sp - (3 << 20)) & -PAGE);

		if (mmap(below, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
			 MAP_FIXED_NOREPLACE, -1, 0) == below) {
			POKE(below + PAGE + 300 * PAGE, 1);
			DIES_BY(SIGSEGV, POKE(below + PAGE + 100 * PAGE, 1));
			DIES_BY(SIGSEGV, POKE(below + PAGE, 1));
			POKE(below, 2);
		}
	});

	/* MAP_GROWSDOWN: the page below the mapping appears when it is touched. */
	p = mmap((void *)0x200000000000, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	CHECK(p != MAP_FAILED);
	POKE(p, 1);
	CHECK_EQ(FAULT(POKE(p - 8, 2)), 0);
	CHECK_EQ(PEEK(p - 8), 2);
	CHECK_EQ(FAULT(PEEK(p - 1000 * PAGE)), 0);
	/* Not upwards. */
	CHECK_EQ(FAULT(PEEK(p + 4 * PAGE)), SIGSEGV);
	return abi_done();
}
