/* SPDX-License-Identifier: MIT */
/*
 * Whose translations one CPU's TLB holds under which number, and whether they are still right:
 * the bookkeeping of pcid.c, without the CPU, so that tests/unit/test_asid.c can try it.
 *
 * An ASID is an index into a CPU's own few slots. It names an address space by ctx_id, which no
 * other one ever has again, and says by tlb_gen how much of what happened to that mm's tables the
 * TLB has been told: mm->tlb_gen counts the changes.
 *
 *	mm->ctx_id 17, tlb_gen 9       CPU 0's slots                    CPU 1's
 *	                               0: ctx 17, gen 9   up to date    0: ctx 12, gen 3
 *	                               1: ctx 12, gen 2   behind        1: ctx 17, gen 7   behind
 *
 * A slot that is behind is no harm while it is not loaded. No locks: each CPU has its own, and
 * touches them with interrupts off.
 */
#ifndef ARCH_X86_MM_ASID_H
#define ARCH_X86_MM_ASID_H

#include <vitrix/types.h>

#define NR_ASIDS	6	/* tasks that may take turns on a CPU; a search looks at all */
#define ASID_NONE	-1	/* before the first user mm: what boot left loaded */

struct asid {
	u64 ctx_id;		/* 0: nobody's */
	u64 tlb_gen;
	bool user_stale;	/* PTI: the user's half of it is to be flushed before it is used */
};
struct asids {
	struct asid slot[NR_ASIDS];
	int loaded;
	unsigned int next;	/* the one to give away */
};

/*
 * ctx_id, whose generation was read as tlb_gen, shall be loaded: chooses its slot, or takes
 * another's. true: what the TLB holds under it is not to be used.
 */
static inline bool asid_load(struct asids *a, u64 ctx_id, u64 tlb_gen)
{
	bool stale = true;
	int n;

	for (n = 0; n < NR_ASIDS; n++)
		if (a->slot[n].ctx_id == ctx_id)
			break;
	if (n < NR_ASIDS) {
		stale = a->slot[n].tlb_gen < tlb_gen;
	} else {
		n = a->next;
		a->next = n + 1 < NR_ASIDS ? n + 1 : 0;
	}
	a->loaded = n;
	a->slot[n].ctx_id = ctx_id;
	a->slot[n].tlb_gen = tlb_gen;
	if (stale)
		a->slot[n].user_stale = true;
	return stale;
}

enum asid_flush { ASID_FLUSH_NOTHING, ASID_FLUSH_RANGE, ASID_FLUSH_ALL };

/*
 * A change of ctx_id's tables has made it generation wanted; mm->tlb_gen, read since, is now. What
 * is to be flushed? The change's own pages, if the TLB knows all changes before it and there is
 * none after it. Else everything; whoever asks for one of the others then finds nothing to do.
 */
static inline enum asid_flush asid_catch_up(struct asids *a, u64 ctx_id, u64 wanted, u64 now)
{
	struct asid *slot = &a->slot[a->loaded];
	u64 known;

	if (a->loaded == ASID_NONE || slot->ctx_id != ctx_id)
		return ASID_FLUSH_NOTHING;	/* it looks when it loads it the next time */
	known = slot->tlb_gen;
	if (known >= now)
		return ASID_FLUSH_NOTHING;
	slot->tlb_gen = now;
	return known + 1 == wanted && wanted == now ? ASID_FLUSH_RANGE : ASID_FLUSH_ALL;
}

/* Something changed in all address spaces, and only the loaded one has been flushed. */
static inline void asid_forget_others(struct asids *a)
{
	for (int n = 0; n < NR_ASIDS; n++)
		if (n != a->loaded)
			a->slot[n].ctx_id = 0;
}

#endif
