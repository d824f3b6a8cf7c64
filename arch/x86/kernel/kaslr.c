/* SPDX-License-Identifier: MIT */
/*
 * `kaslr` on the command line: the image moves to virtual addresses that nobody knows beforehand.
 * Linux's twins: arch/x86/boot/compressed/{kaslr,misc}.c.
 *
 *	physical   1 MiB .. _end                             stays
 *	virtual    ffffffff80000000 + slide + physical       slide: 2 MiB times 0 to 500
 *
 * x86_64_start_kernel() calls, on head_64.S's page tables, at the address of the link. The tables
 * get the second window; then each place where the image says one of its own addresses is changed
 * (.relocs, tools/relocs.py). While that goes on both windows lead to the same memory, so code that
 * runs is right with its old addresses and with its new ones. The last step is a jump into the
 * second window; nothing on the stack is used again. What C has computed of the image's addresses
 * until then would be wrong behind it: that is only the early IDT.
 *
 * Not the default, other than on Linux: gdb, recordings and traces then agree with vmlinux as they
 * are. `nokaslr` is stronger than `kaslr`.
 *
 * Left out: moving the image in physical memory, and the direct map. Who can read and write the
 * kernel's memory finds its data through the direct map, at ffff888000100000, where Linux's data
 * would be moved twice; what is hidden are the addresses of code and of data as code says them.
 */
#include <vitrix/init.h>
#include <vitrix/string.h>
#include <arch/pgtable.h>
#include <arch/processor.h>
#include <arch/setup.h>
#include <arch/tlbflush.h>

extern u64 early_pmd_high[];			/* head_64.S */
extern const u8 __relocs_start[];

/* What __pa() takes from an address of the image. */
unsigned long kernel_image_base = __START_KERNEL_map;

/* The command line is not parsed yet, and must not be: pointers into it would have to move. */
static bool __init early_cmdline_has(const char *word)
{
	size_t len = strlen(word);

	for (const char *p = boot_command_line; *p; ) {
		if (!strncmp(p, word, len) && (p[len] == ' ' || !p[len]))
			return true;
		while (*p && *p != ' ')
			p++;
		while (*p == ' ')
			p++;
	}
	return false;
}

static u64 __init early_random(void)
{
	u64 x = rdtsc() ^ boot_entry_tsc << 32, hw;
	u32 a, b, c, d;

	cpuid_count(1, 0, &a, &b, &c, &d);
	if (c >> 30 & 1) {
		__asm__ volatile("rdrand %0" : "=r"(hw) : : "cc");
		x ^= hw;
	}
	/* Every bit of x counts in the upper ones. */
	x *= 0x9e3779b97f4a7c15;
	x ^= x >> 32;
	x *= 0x9e3779b97f4a7c15;
	return x >> 40;
}

/* Both windows lead to the image. Its pages beyond _end are nobody's. */
static void __init open_window(unsigned long slot, unsigned long nr_slots)
{
	for (unsigned long i = 0; i < nr_slots; i++)
		early_pmd_high[slot + i] = early_pmd_high[i];
	write_cr3(read_cr3());
}

static void __init relocate(unsigned long slide)
{
	const u8 *p = __relocs_start;
	u8 *place = (u8 *)_text;
	u32 value;

	while (*p) {
		u32 distance = *p++;

		if (distance == 255) {
			memcpy(&distance, p, sizeof(distance));
			p += sizeof(distance);
		}
		place += distance;
		memcpy(&value, place, sizeof(value));
		value += slide;
		memcpy(place, &value, sizeof(value));
	}
}

/*
 * Returns if the image stays. Else goes on at next, which is in the new place then. Interrupts off;
 * the early stack.
 */
void __init __path kaslr_move(void (*next)(void))
{
	unsigned long nr_slots = DIV_ROUND_UP(__pa(_end), PMD_SIZE), slot, slide;

	if (!early_cmdline_has("kaslr") || early_cmdline_has("nokaslr"))
		return;
	slot = nr_slots + early_random() % (PTRS_PER_TABLE - 2 * nr_slots);
	slide = slot * PMD_SIZE;
	open_window(slot, nr_slots);
	kernel_image_base += slide;
	relocate(slide);
	/* Serialising: what was prefetched of the old code is dropped. */
	write_cr3(read_cr3());
	__asm__ volatile("addq %0,%%rsp; xorl %%ebp,%%ebp; jmp *%1"
			 : : "r"(slide), "r"((unsigned long)next + slide) : "memory");
	unreachable();
}
