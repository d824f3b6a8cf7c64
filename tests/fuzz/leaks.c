/* SPDX-License-Identifier: MIT */
/*
 * What the kernel left in user memory that is its own: an address of its text, its data or of the memory it maps; and
 * in the DEBUG build what it fills its memory with: free slab objects and pages (0x6b), fresh ones (0x5a), and the
 * stack below each system call (0x57: calling.h). `tools/fuzz --selftest` shows that leaks of each kind are found.
 */
#include "fuzz.h"

static const unsigned char poison[] = { 0x6b, 0x5a, 0x57 };

static int is_poison(u64 v, int half)
{
	for (unsigned int i = 0; i < COUNT(poison); i++) {
		u32 word = poison[i] * 0x01010101u;

		if (half ? (u32)v == word : v == ((u64)word << 32 | word))
			return 1;
	}
	return 0;
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
	int at = find_leak(mem, len, what);
	size_t word = at & ~7;
	u64 v;

	if (at < 0 || doubtful || at % 4 || word + 8 > len)
		return;
	memcpy(&v, (const char *)mem + word, 8);
	if (find_leak(&v, 8, what) < 0)
		return;
	count(&shared->counts.leaks);
	wrong("%s leaks %#llx at +%d", who, (unsigned long long)v, at);
}
