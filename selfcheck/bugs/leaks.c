/* SPDX-License-Identifier: MIT */
/*
 * Planted leaks: the write(2) that asks for one gets its buffer back, bytes of the kernel in it.
 * Nothing in the kernel notices; the fuzzer must, by what the DEBUG build fills its memory with
 * (mm/slab_debug.h, mm/page_alloc.c, POISON_STACK). Callers: selfcheck/plant.c, for
 * `tools/fuzz --selftest`.
 */
#include <vitrix/bug.h>
#include <vitrix/mm.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/slab.h>
#include <vitrix/uaccess.h>
#include <arch/processor.h>

/* gcc knows nothing of what is there. */
#define HIDE(what)	__asm__ volatile("" : : "r"(what) : "memory")

/*
 * To the buffer of a caller by the 64-bit door. The address sanitizer would find some of the leaks
 * first; what an instruction of our own reads it does not see.
 */
static void give(const void *from, size_t len)
{
	char copy[512];
	void *to = copy;
	size_t left = len;

	ASSERT(len <= sizeof(copy));
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(left) : : "memory");
	from = copy;
	if (copy_to_user((void *)current_pt_regs()->si, from, len))
		selfcheck_report("a planted leak has nowhere to go");
}

PLANT_LEAK(leak_nothing)
{
	const char clean[64] = "nothing";

	give(clean, sizeof(clean));
}

/* A struct on the stack of which only the ends are set. */
PLANT_LEAK(leak_stack)
{
	struct { long first; long gap[62]; long last; } s;

	HIDE(&s);
	s.first = s.last = 1;
	give(&s, sizeof(s));
}

PLANT_LEAK(leak_slab)
{
	void *mem = kmalloc(64, GFP_KERNEL);

	if (mem)
		give(mem, 64);
	kfree(mem);
}

PLANT_LEAK(leak_slab_freed)
{
	void *mem = kmalloc(64, GFP_KERNEL);

	kfree(mem);
	HIDE(mem);
	if (mem)
		give(mem, 64);
}

PLANT_LEAK(leak_page)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (page) {
		give(page_address(page) + 128, 64);
		__free_page(page);
	}
}

PLANT_LEAK(leak_address)
{
	struct task_struct *me = current;

	give(&me, sizeof(me));
}
