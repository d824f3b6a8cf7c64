/* SPDX-License-Identifier: MIT */
/*
 * The trace ring's core (trace/ring_core.h): writers inside of writers, overwriting, dropping, and
 * readers that are overtaken, against a model that knows which record is where.
 */
#include "unit.h"
#include "../../trace/ring_core.h"

bool trace_overwrite;

#define SLOTS 64U

static struct ring ring;
static u32 serial;			/* of the next record; each carries its own in pid */

static void setup(bool overwrite)
{
	memset(&ring, 0, sizeof(ring));
	/* Twice, as the kernel maps it; what runs over the end is copied by write(). */
	ring.slots = unit_zalloc(2 * SLOTS * TRACE_SLOT_SIZE);
	ring.mask = SLOTS - 1;
	trace_overwrite = overwrite;
	serial = 1;
}

static void teardown(void)
{
	unit_free(ring.slots);
}

/* What the second mapping does in the kernel. */
static void mirror(struct trace_record *rec)
{
	size_t at = (u8 *)rec - ring.slots, size = trace_record_size(rec);
	size_t half = SLOTS * TRACE_SLOT_SIZE;

	if (at + size > half)
		memcpy(ring.slots, ring.slots + half, at + size - half);
}

static void fill(struct trace_record *rec)
{
	size_t size = trace_record_size(rec);

	rec->type = 7;
	rec->pid = serial++;
	memset(rec->data, rec->pid & 0xff, size - sizeof(*rec));
	mirror(rec);
}

static bool write(u64 slots)
{
	struct trace_record *rec = ring_reserve(&ring, slots);

	if (!rec)
		return false;
	fill(rec);
	ring_commit(&ring);
	return true;
}

/* The next record's serial number, 0 if there is none; its bytes must be its own. */
static u32 read(void)
{
	static u8 buf[TRACE_RECORD_MAX];
	struct trace_record *rec = (struct trace_record *)buf;
	size_t size;

	if (!ring_copy(&ring, &ring.read, rec, sizeof(buf)))
		return 0;
	size = trace_record_size(rec);
	for (size_t i = sizeof(*rec); i < size; i++)
		CHECK_EQ(buf[i], rec->pid & 0xff);
	return rec->pid;
}

TEST(what_is_written_is_read_in_order)
{
	setup(true);
	for (int i = 0; i < 1000; i++) {
		CHECK(write(1 + unit_below(8)));
		CHECK_EQ(read(), i + 1);
		CHECK_EQ(read(), 0);
	}
	CHECK_EQ(ring.overrun, 0);
	teardown();
}

static void discard(u64 slots)
{
	struct trace_record *rec = ring_reserve(&ring, slots);

	CHECK(rec != NULL);
	rec->type = 0;
	mirror(rec);
	ring_commit(&ring);
}

TEST(what_did_not_happen_is_gone_over)
{
	setup(true);
	CHECK(!ring_skip_discarded(&ring, &ring.read));
	for (int i = 0; i < 1000; i++)		/* far more than there is room for */
		discard(1 + unit_below(8));
	CHECK_EQ(read(), 0);
	ring.read = 0;				/* a reader that has seen none of it */
	while (ring_skip_discarded(&ring, &ring.read))
		;
	CHECK_EQ(ring.read, ring.committed);
	discard(3);
	CHECK(write(2));
	discard(1);
	CHECK(ring_skip_discarded(&ring, &ring.read));
	CHECK(!ring_skip_discarded(&ring, &ring.read));		/* that one happened */
	CHECK_EQ(read(), 1);
	CHECK(ring_skip_discarded(&ring, &ring.read));
	CHECK_EQ(ring.read, ring.committed);
	teardown();
}

TEST(a_full_ring_overwrites_the_oldest)
{
	u32 last = 0, got, n = 0;

	setup(true);
	for (int i = 0; i < 500; i++)
		CHECK(write(1 + unit_below(5)));
	while ((got = read())) {
		CHECK(got > last);
		CHECK(!last || got == last + 1);
		last = got;
		n++;
	}
	CHECK_EQ(last, 500);
	CHECK_EQ(n + ring.overrun, 500);
	CHECK_EQ(ring.dropped, 0);
	teardown();
}

TEST(or_drops_the_newest)
{
	u32 n = 0;

	setup(false);
	for (u32 i = 0; i < SLOTS; i++)
		CHECK(write(1));
	CHECK(!write(1));
	CHECK_EQ(ring.dropped, 1);
	for (n = 1; n <= 10; n++)
		CHECK_EQ(read(), n);
	CHECK(write(4));
	CHECK(write(6));
	CHECK(!write(1));
	CHECK_EQ(ring.overrun, 0);
	teardown();
}

TEST(nested_writers_come_behind_and_are_whole_together)
{
	struct trace_record *outer, *inner;

	setup(true);
	outer = ring_reserve(&ring, 3);
	inner = ring_reserve(&ring, 2);
	CHECK(outer && inner && inner != outer);
	serial = 2;
	fill(inner);
	ring_commit(&ring);
	CHECK_EQ(read(), 0);		/* outer is still open */
	serial = 1;
	fill(outer);
	ring_commit(&ring);
	CHECK_EQ(read(), 1);
	CHECK_EQ(read(), 2);
	teardown();
}

TEST(a_nested_writer_never_overwrites_the_one_it_interrupted)
{
	struct trace_record *outer;
	u32 dropped = 0;

	setup(true);
	for (int i = 0; i < 30; i++)
		write(1);
	outer = ring_reserve(&ring, 2);
	CHECK(outer != NULL);
	for (u32 i = 0; i < 2 * SLOTS; i++)
		dropped += !write(1);
	CHECK_EQ(dropped, 2 * SLOTS - (SLOTS - 2));
	fill(outer);
	ring_commit(&ring);
	CHECK_EQ(ring.nest, 0);
	teardown();
}

TEST(nesting_without_end_is_stopped)
{
	int depth = 0;

	setup(true);
	while (ring_reserve(&ring, 1))
		depth++;
	CHECK_EQ(depth, RING_NEST_MAX);
	CHECK_EQ(ring.dropped, 1);
	while (depth--)
		ring_commit(&ring);
	CHECK_EQ(ring.nest, 0);
	teardown();
}

TEST(a_record_larger_than_the_ring_is_refused)
{
	setup(true);
	CHECK(!ring_reserve(&ring, SLOTS + 1));
	CHECK(write(SLOTS));
	CHECK_EQ(read(), 1);
	teardown();
}

TEST(discarded_records_are_skipped)
{
	struct trace_record *rec;

	setup(true);
	write(1);
	rec = ring_reserve(&ring, 2);
	fill(rec);
	rec->type = 0;
	mirror(rec);
	ring_commit(&ring);
	write(1);
	CHECK_EQ(read(), 1);
	CHECK_EQ(read(), 3);
	teardown();
}

/* Whoever kept a position from before must not take new records for read. */
TEST(a_cleared_ring_goes_on_where_it_was)
{
	u64 kept;

	setup(true);
	for (int i = 0; i < 5; i++)
		CHECK(write(3));
	kept = ring.committed;
	ring_clear(&ring);
	CHECK_EQ(read(), 0);
	CHECK(ring.read >= kept);
	for (int i = 0; i < 200; i++) {
		u32 mine = serial;

		CHECK(write(1 + unit_below(8)));
		CHECK(ring.committed > kept);
		CHECK_EQ(read(), mine);
	}
	CHECK_EQ(ring.overrun, 0);
	teardown();
}

TEST(random_writers_and_readers_lose_nothing_unnoticed)
{
	u64 seen = 0, written = 0;
	u32 last = 0, got;

	setup(true);
	for (int i = 0; i < 20000; i++) {
		if (unit_below(3)) {
			written += write(1 + unit_below(12));
		} else if ((got = read())) {
			CHECK(got > last);
			last = got;
			seen++;
		}
	}
	while (read())
		seen++;
	CHECK_EQ(seen + ring.overrun, written);
	teardown();
}
