/* SPDX-License-Identifier: MIT */
/*
 * Where trace events go: one ring of 32-byte slots for each CPU, written without locks from any
 * context, NMI and scheduler included. trace/ring.c; Linux's twin: include/linux/ring_buffer.h.
 *
 *	writer   p = trace_reserve(type, size);  fill p;  trace_commit(p);
 *	reader   trace_read_record(): takes out      trace_ring_iter_*(): looks only
 *
 * A record is the same in the ring, in per_cpu/cpuN/records and, from `type` on, in Linux's
 * ring-buffer pages, where events/GROUP/NAME/format describes it.
 */
#ifndef VITRIX_TRACE_RING_H
#define VITRIX_TRACE_RING_H

#include <vitrix/types.h>
#include <vitrix/wait.h>

#define TRACE_SLOT_SIZE		32U
#define TRACE_RECORD_MAX	(255U * TRACE_SLOT_SIZE)	/* bytes, header included */
#define TRACE_ENTRY_SIZE	8U	/* type, flags, preempt_count, pid: Linux's common fields */
#define TRACE_DATA_MAX		(TRACE_RECORD_MAX - 16)
#define TRACE_RING_DEFAULT_KB	1408UL	/* a CPU, as on Linux */

struct trace_record {
	u64 stamp;		/* bits 63..8: trace_clock(), ns; 7..0: slots, >= 1 */
	u16 type;		/* event id; 0: nothing, to be skipped */
	u8 flags;		/* TRACE_FLAG_* */
	u8 preempt_count;
	s32 pid;
	u8 data[];
};
static_assert(sizeof(struct trace_record) == 16, "data begins behind Linux's common fields");

/* Linux's bits, which its tools print as "d.h." */
#define TRACE_FLAG_IRQS_OFF	0x01
#define TRACE_FLAG_NEED_RESCHED	0x04
#define TRACE_FLAG_HARDIRQ	0x08
#define TRACE_FLAG_NMI		0x40

static inline u64 trace_record_ns(const struct trace_record *r) { return r->stamp >> 8; }
static inline unsigned int trace_record_size(const struct trace_record *r)
{
	return (r->stamp & 0xff) * TRACE_SLOT_SIZE;
}

/* ns as the log counts them, from the TSC; any context. Not steered as the clocks are. */
u64 trace_clock(void);

/*
 * Room for an event with size bytes behind the common fields. NULL: tracing is off, there is no
 * room, or size is more than TRACE_DATA_MAX. Between the two calls the caller may be interrupted
 * but may not sleep. trace_discard() instead of trace_commit(): the event did not happen.
 */
void *trace_reserve(u16 type, size_t size);
void trace_commit(void *data);
void trace_discard(void *data);

/* Rings are there from the first use of tracing on. 0, -ENOMEM. May sleep. */
int trace_ring_alloc(void);
/* All rings anew, empty; -EINVAL: too small or too large. May sleep. */
int trace_ring_resize(unsigned long kb_per_cpu);
unsigned long trace_ring_kb(void);	/* per CPU, also before there are any */
void trace_ring_reset(int cpu);		/* -1: all. May sleep */

extern bool trace_rings_live;		/* there are rings */
extern bool trace_recording;		/* the file tracing_on */
extern bool trace_overwrite;		/* full: the oldest go; else the newest are dropped */

struct trace_ring_stats {
	u64 entries;		/* unread now */
	u64 overrun;		/* overwritten unread */
	u64 dropped;		/* not written */
	u64 read;		/* taken out */
	u64 bytes;		/* unread now */
	u64 oldest_ns;		/* time of the oldest that is there; 0: none */
};
void trace_ring_stats(int cpu, struct trace_ring_stats *stats);

/*
 * Takes the oldest event out. buf: TRACE_RECORD_MAX bytes. 1: got one, 0: empty. *lost: how many
 * events were overwritten or dropped since the last one. Task context, sleeps for other readers.
 */
int trace_read_record(int cpu, struct trace_record *buf, u64 *lost);
bool trace_ring_empty(int cpu);
/* The same for several: fills buf with whole records. Returns bytes; 0: empty. */
size_t trace_read_records(int cpu, void *buf, size_t size, u64 *lost);

/* From the oldest unread to the newest, without taking out. Each call copies into buf. */
struct trace_ring_iter { int cpu; u64 pos; };
void trace_ring_iter_start(struct trace_ring_iter *it, int cpu);
int trace_ring_iter_next(struct trace_ring_iter *it, struct trace_record *buf, u64 *lost);
/*
 * What lies before it is read: nr records. Returns how many were lost since the last one that was
 * taken out. Callers keep each other off: two could take the same record.
 */
u64 trace_ring_iter_consume(struct trace_ring_iter *it, unsigned int nr);
/*
 * Goes over what lies oldest and did not happen. Who found nothing to read does it before it asks
 * whether the ring is empty. May sleep.
 */
void trace_ring_skip_discarded(int cpu);
u64 trace_ring_end(int cpu);	/* an iterator's pos behind what is there now */
/* Unread bytes, and the room that there is; *size may be NULL. As trace_ring_empty(). */
size_t trace_ring_unread(int cpu, size_t *size);

/* Readers wait here; woken at the next tick or before the CPU idles. */
extern wait_queue_head_t trace_wait;
void trace_wake_readers(void);		/* interrupts off or on; not from an NMI */

#endif
