/* SPDX-License-Identifier: MIT */
/*
 * What the kernel left in user memory that is its own: an address of its text, its data or of the memory it maps; and
 * what the DEBUG build fills its memory with: free slab objects and pages (0x6b), fresh ones (0x5a), and the stack below
 * each system call (0x57: calling.h). `tools/fuzz --selftest` shows that leaks of each kind are found.
 */
#include "fuzz.h"

/* One of those bytes, all over. Nothing here makes such a word: ptrace would find it in a register of who looks. */
static int is_poison(u64 v, int half)
{
	if (half ? (u32)v != ((u32)v << 8 | (u32)v >> 24) : v != (v << 8 | v >> 56))
		return 0;
	switch (v & 0xff) {
	case 0x6b:
	case 0x5a:
	case 0x57:
		return shared->settings.debug;
	default:
		return 0;
	}
}

/*
 * The direct map, vmalloc, page structures, and the text and data: docs/memory.md. Not the 2 GiB in
 * which the image may lie: small negative numbers are there, too.
 */
static int is_address(u64 v)
{
	int high = v >> 36 == 0xffff888 || v >> 32 == 0xffffc900 || v >> 32 == 0xffffea00;
	int text = v >= 0xffffffff80100000 && v < 0xffffffff81000000;

	return (high || text) && !known_value(v);
}

int find_leak(const void *mem, size_t len, int what)
{
	const char *p = mem;

	for (size_t at = 0; at + 8 <= len; at += 8) {
		u64 v;

		memcpy(&v, p + at, 8);
		if (what & LEAK_POISON && is_poison(v, 0))
			return at;
		if (what & LEAK_WORDS && is_poison(v, 1))
			return at;
		if (what & LEAK_WORDS && is_poison(v >> 32, 1))
			return at + 4;
		if (what & LEAK_ADDRESS && is_address(v))
			return at;
	}
	return -1;
}

/*
 * A call may have made a thread that runs on this very stack, or one that writes to this very memory.
 * So what was found must still be there, at a place where one looks.
 */
void check_memory(const char *who, const void *mem, size_t len, int what)
{
	int at = doubtful ? -1 : find_leak(mem, len, what);
	size_t word = at & ~7;
	u64 v;

	if (at < 0 || at % 4 || word + 8 > len)
		return;
	memcpy(&v, (const char *)mem + word, 8);
	if (find_leak(&v, 8, what) < 0)
		return;
	count(&shared->counts.leaks);
	wrong("%s leaks %#llx at +%d", who, (unsigned long long)v, at);
}
