/* SPDX-License-Identifier: MIT */
/*
 * One ring, as the CPU that writes it and its readers see it. Nothing here knows which CPU runs or
 * how memory is had, so that tests/unit/test_trace_ring.c can take it apart on the host.
 * Linux's twin: the inner half of kernel/trace/ring_buffer.c. ring.c is around it.
 *
 *	      tail                read           committed   head
 *	       |                   |                 |        |
 *	  .....[ read already      | unread          | open   ].....
 *
 * Positions count slots and only grow; a slot is position & mask. All of them but `read` belong to
 * the ring's CPU: only it writes records. Whoever interrupts a writer writes behind it, is done
 * before it goes on, and so records are closed like brackets:
 *
 *	writer  reserve(A)            ...interrupt:  reserve(B) commit(B)        commit(A)
 *	nest       1                                    2         1                 0
 *
 * `open` is where the outermost writer began. Nothing below it is unfinished, so that is how far a
 * nested writer may overwrite; and when nest is 0 again everything up to head is whole: committed.
 *
 * A record must be contiguous: the slots are mapped twice in a row.
 *
 * Readers copy a record, then look whether tail has passed it meanwhile: the writer moves tail
 * before it writes. x86 keeps stores in order, and loads.
 */
#ifndef TRACE_RING_CORE_H
#define TRACE_RING_CORE_H

#include <vitrix/compiler.h>
#include <vitrix/string.h>
#include <vitrix/trace_ring.h>

#define RING_NEST_MAX	8		/* task, interrupt, fault, NMI: more is a loop */

struct ring {
	u8 *slots;
	u64 mask;			/* number of slots - 1 */
	u64 head, tail, open, committed;
	u64 read;			/* the readers' place */
	u64 overrun, dropped;
	int nest;
};

static __always_inline u64 cmpxchg_this_cpu(u64 *word, u64 old, u64 new)
{
	__asm__ volatile("cmpxchgq %2,%1" : "+a"(old), "+m"(*word) : "r"(new) : "memory", "cc");
	return old;
}

static __always_inline struct trace_record *ring_record(const struct ring *ring, u64 pos)
{
	return (struct trace_record *)(ring->slots + (pos & ring->mask) * TRACE_SLOT_SIZE);
}

/*
 * Makes room: nothing of what lies below limit is needed any more. false: what would go is
 * unfinished, or unread and to be kept.
 */
static inline bool ring_push_tail(struct ring *ring, u64 limit)
{
	u64 tail;

	while ((tail = READ_ONCE(ring->tail)) < limit) {
		u64 slots = ring_record(ring, tail)->stamp & 0xff, read = READ_ONCE(ring->read);

		if (tail >= ring->open || (tail >= read && !trace_overwrite))
			return false;
		if (cmpxchg_this_cpu(&ring->tail, tail, tail + slots) == tail && tail >= read)
			ring->overrun++;
	}
	return true;
}

/*
 * Room for a record of that many slots, of which only the number is set. NULL: none. The caller
 * stays on this CPU until ring_commit().
 */
static inline struct trace_record *ring_reserve(struct ring *ring, u64 slots)
{
	u64 size = ring->mask + 1, pos;

	if (ring->nest == 0)
		ring->open = ring->head;
	ring->nest++;
	barrier();
	if (unlikely(ring->nest > RING_NEST_MAX || slots > size))
		goto drop;
	do {
		pos = READ_ONCE(ring->head);
		if (pos + slots > READ_ONCE(ring->tail) + size &&
		    !ring_push_tail(ring, pos + slots - size))
			goto drop;
	} while (cmpxchg_this_cpu(&ring->head, pos, pos + slots) != pos);
	ring_record(ring, pos)->stamp = slots;
	return ring_record(ring, pos);
drop:
	ring->dropped++;
	ring->nest--;
	return NULL;
}

static inline void ring_commit(struct ring *ring)
{
	barrier();
	ring->nest--;
	barrier();
	/* Whoever interrupts here is an outermost writer itself, and done when we go on. */
	if (ring->nest == 0)
		smp_store_release(&ring->committed, READ_ONCE(ring->head));
}

/*
 * The record at or behind *pos, which moves up to it; NULL: none yet. A writer may overwrite it:
 * whoever has read it looks whether the tail has passed *pos.
 */
static inline const struct trace_record *ring_next(const struct ring *ring, u64 *pos)
{
	u64 tail = READ_ONCE(ring->tail);

	if (*pos < tail)
		*pos = tail;
	return *pos < smp_load_acquire(&ring->committed) ? ring_record(ring, *pos) : NULL;
}

/* The record at or behind *pos, which moves behind it. false: none that is whole and fits room. */
static inline bool ring_copy(const struct ring *ring, u64 *pos, struct trace_record *buf,
			     size_t room)
{
	for (;;) {
		const struct trace_record *rec = ring_next(ring, pos);
		size_t size;

		if (!rec)
			return false;
		size = trace_record_size(rec);
		if (size > room)
			return false;
		memcpy(buf, rec, size);
		barrier();
		if (READ_ONCE(ring->tail) > *pos)
			continue;	/* overwritten while it was copied */
		*pos += size / TRACE_SLOT_SIZE;
		if (buf->type)
			return true;
	}
}

/* Is the record at or behind *pos one that did not happen? Then *pos moves behind it. */
static inline bool ring_skip_discarded(const struct ring *ring, u64 *pos)
{
	for (;;) {
		const struct trace_record *rec = ring_next(ring, pos);
		u64 slots;
		u16 type;

		if (!rec)
			return false;
		slots = READ_ONCE(rec->stamp) & 0xff;
		type = READ_ONCE(rec->type);
		barrier();
		if (READ_ONCE(ring->tail) > *pos)
			continue;	/* overwritten meanwhile */
		if (type)
			return false;
		*pos += slots;
		return true;
	}
}

/* Positions go on: a reader that kept one from before finds itself behind. No writer is inside. */
static inline void ring_clear(struct ring *ring)
{
	ring->tail = ring->open = ring->committed = ring->read = ring->head;
	ring->overrun = ring->dropped = 0;
}

#endif
