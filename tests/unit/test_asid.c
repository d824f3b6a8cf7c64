/* SPDX-License-Identifier: MIT */
/*
 * A CPU's ASIDs against a TLB that is modelled: what is looked up must be what the tables say, whatever was loaded,
 * changed and flushed before, in any order. And it must not flush all the time.
 */
#include "unit.h"
#include <vitrix/string.h>
#include "../../arch/x86/mm/asid.h"

#define NR_MMS	9
#define PAGES	4

static struct { u64 ctx_id, gen; int page[PAGES]; } mms[NR_MMS];
static struct asids cpu;
static int tlb[NR_ASIDS][PAGES];	/* 0: it does not know */
static int user_tlb[NR_ASIDS][PAGES];
static int loaded;			/* of mms */
static int nr_kept, nr_dropped, nr_ranges;

/* Flushes that the CPU has been asked for, and did not hear of yet. */
static struct { int mm, page; u64 gen; } asked[20];
static int nr_asked;

static void start(void)
{
	memset(&cpu, 0, sizeof(cpu));
	cpu.loaded = ASID_NONE;
	memset(tlb, 0, sizeof(tlb));
	memset(user_tlb, 0, sizeof(user_tlb));
	nr_asked = nr_kept = nr_dropped = nr_ranges = 0;
	for (int n = 0; n < NR_MMS; n++) {
		mms[n].ctx_id = n + 1;
		mms[n].gen = 1;
		for (int p = 0; p < PAGES; p++)
			mms[n].page[p] = 1000 * (n + 1);
	}
}

static void load(int n)
{
	struct asid *slot;

	if (asid_load(&cpu, mms[n].ctx_id, mms[n].gen)) {
		memset(tlb[cpu.loaded], 0, sizeof(tlb[0]));
		nr_dropped++;
	} else {
		nr_kept++;
	}
	slot = &cpu.slot[cpu.loaded];
	if (slot->user_stale)
		memset(user_tlb[cpu.loaded], 0, sizeof(user_tlb[0]));
	slot->user_stale = false;
	loaded = n;
}

/* Any one of what it has been asked for: interrupts come in any order. */
static void hear(void)
{
	int k = unit_below(nr_asked), n = asked[k].mm;

	switch (asid_catch_up(&cpu, mms[n].ctx_id, asked[k].gen, mms[n].gen)) {
	case ASID_FLUSH_NOTHING:
		break;
	case ASID_FLUSH_RANGE:
		CHECK_EQ(n, loaded);
		tlb[cpu.loaded][asked[k].page] = user_tlb[cpu.loaded][asked[k].page] = 0;
		nr_ranges++;
		break;
	case ASID_FLUSH_ALL:
		CHECK_EQ(n, loaded);
		memset(tlb[cpu.loaded], 0, sizeof(tlb[0]));
		memset(user_tlb[cpu.loaded], 0, sizeof(user_tlb[0]));
		break;
	}
	asked[k] = asked[--nr_asked];
}

/* Only CPUs that have it loaded are asked. */
static void change(int n)
{
	int page = unit_below(PAGES);

	mms[n].page[page]++;
	mms[n].gen++;
	if (n == loaded && cpu.loaded != ASID_NONE) {
		asked[nr_asked].mm = n;
		asked[nr_asked].page = page;
		asked[nr_asked++].gen = mms[n].gen;
	}
}

static void look_up(int known[PAGES])
{
	int page = unit_below(PAGES);

	if (!known[page])
		known[page] = mms[loaded].page[page];
	CHECK_EQ(known[page], mms[loaded].page[page]);
}

TEST(random_operations)
{
	start();
	load(0);
	for (int i = 0; i < 50000; i++) {
		switch (unit_below(10)) {
		case 0:
			load(unit_below(NR_MMS));
			break;
		case 1:
			if (nr_asked < 20)
				change(unit_below(2) ? loaded : unit_below(NR_MMS));
			break;
		case 2:
			if (nr_asked)
				hear();
			break;
		case 3:			/* the kernel's part of all */
			if (!unit_below(20))
				asid_forget_others(&cpu);
			break;
		case 4:			/* exec: another mm in its place */
			if (!unit_below(10)) {
				int n = unit_below(NR_MMS);

				if (n != loaded)
					mms[n].ctx_id += 1000;
			}
			break;
		default:
			/* Until it has heard of all it may be behind. */
			while (nr_asked)
				hear();
			look_up(tlb[cpu.loaded]);
			look_up(user_tlb[cpu.loaded]);
		}
	}
	CHECK(nr_kept > 100);
	CHECK(nr_dropped > 100);
	CHECK(nr_ranges > 100);
}

TEST(two_that_take_turns_keep_theirs)
{
	start();
	load(0);
	load(1);
	for (int i = 0; i < 10; i++)
		load(i % 2);
	CHECK_EQ(nr_dropped, 2);
}

TEST(as_many_as_there_are_numbers)
{
	start();
	for (int i = 0; i < 10 * NR_ASIDS; i++)
		load(i % NR_ASIDS);
	CHECK_EQ(nr_dropped, NR_ASIDS);
}

TEST(a_change_of_what_is_not_loaded_is_seen_at_the_next_load)
{
	start();
	load(0);
	load(1);
	change(0);
	CHECK_EQ(nr_asked, 0);
	load(0);
	CHECK_EQ(nr_dropped, 3);
}

TEST(one_change_is_flushed_alone_and_two_are_not)
{
	start();
	load(0);
	mms[0].gen = 2;
	CHECK_EQ(asid_catch_up(&cpu, 1, 2, 2), ASID_FLUSH_RANGE);
	CHECK_EQ(asid_catch_up(&cpu, 1, 2, 2), ASID_FLUSH_NOTHING);
	CHECK_EQ(asid_catch_up(&cpu, 1, 3, 4), ASID_FLUSH_ALL);
	CHECK_EQ(asid_catch_up(&cpu, 1, 4, 4), ASID_FLUSH_NOTHING);
	CHECK_EQ(asid_catch_up(&cpu, 1, 6, 6), ASID_FLUSH_ALL);
	CHECK_EQ(asid_catch_up(&cpu, 2, 7, 7), ASID_FLUSH_NOTHING);
}
