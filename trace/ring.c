/* SPDX-License-Identifier: MIT */
/*
 * The rings that trace events are written to, one a CPU: ring_core.h has the picture.
 * Linux's twin: kernel/trace/ring_buffer.c.
 *
 * Locks: ring->read_mutex (sleeping) between readers. resize_mutex outside of it. No lock on the
 * writer's side: trace_rings_live is cleared and a grace period waited for before slots are freed,
 * as preemption is off in a writer. Nothing here may be traced itself.
 */
#include <vitrix/bug.h>
#include <vitrix/err.h>
#include <vitrix/init.h>
#include <vitrix/mutex.h>
#include <vitrix/preempt.h>
#include <vitrix/rcu.h>
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <vitrix/trace_ring.h>
#include <vitrix/vmalloc.h>
#include <arch/irqflags.h>
#include <arch/time.h>
#include "internal.h"
#include "ring_core.h"

#define RING_KB_MAX	(1UL << 20)

struct trace_ring {
	struct ring ring;
	struct mutex read_mutex;	/* class LC_TRACE_READ */
	u64 nr_read, lost_told;		/* read_mutex */
};

static DEFINE_PER_CPU(struct trace_ring, trace_rings);
static DEFINE_MUTEX(resize_mutex, LC_TRACE_RESIZE);
bool trace_rings_live;
static unsigned long ring_kb = TRACE_RING_DEFAULT_KB;
static bool readers_wait;

bool trace_recording = true;
bool trace_overwrite = true;
DECLARE_WAIT_QUEUE_HEAD(trace_wait);

static s64 clock_offset;	/* to CLOCK_MONOTONIC, as the log has it; set once */

u64 trace_clock(void)
{
	u64 ticks = rdtsc() - boot_entry_tsc;

	if (unlikely(!tsc_khz))
		return 0;
	if (likely(ticks < ~0ULL / 1000000))
		return ticks * 1000000 / tsc_khz + clock_offset;
	return ticks / tsc_khz * 1000000 + clock_offset;
}

/* ---- writing ---- */

static u8 context_flags(unsigned long irq_flags, int count)
{
	return (irq_flags & X86_EFLAGS_IF ? 0 : TRACE_FLAG_IRQS_OFF) |
	       (test_thread_flag(TIF_NEED_RESCHED) ? TRACE_FLAG_NEED_RESCHED : 0) |
	       (count & HARDIRQ_MASK ? TRACE_FLAG_HARDIRQ : 0) |
	       (count & NMI_MASK ? TRACE_FLAG_NMI : 0);
}

void *trace_reserve(u16 type, size_t size)
{
	int count = preempt_count();
	struct trace_record *rec = NULL;
	u64 slots = (sizeof(*rec) + size + TRACE_SLOT_SIZE - 1) / TRACE_SLOT_SIZE;

	if (unlikely(!READ_ONCE(trace_rings_live) || !trace_recording || size > TRACE_DATA_MAX))
		return NULL;
	preempt_disable();
	if (likely(READ_ONCE(trace_rings_live)))
		rec = ring_reserve(&this_cpu_ptr(&trace_rings)->ring, slots);
	if (unlikely(!rec)) {
		preempt_enable();
		return NULL;
	}
	rec->stamp = trace_clock() << 8 | slots;
	rec->type = type;
	rec->preempt_count = count & 0xff;
	rec->flags = context_flags(local_save_flags(), count);
	rec->pid = current->pid;
	return rec->data;
}

void trace_commit(void *data)
{
	ring_commit(&this_cpu_ptr(&trace_rings)->ring);
	preempt_enable();
}

void trace_discard(void *data)
{
	struct trace_record *rec = container_of(data, struct trace_record, data);

	rec->type = 0;
	trace_commit(data);
}

/* ---- reading ---- */

static u64 lost_since(struct trace_ring *tr)
{
	u64 all = READ_ONCE(tr->ring.overrun) + READ_ONCE(tr->ring.dropped);
	u64 lost = all - tr->lost_told;

	tr->lost_told = all;
	return lost;
}

size_t trace_read_records(int cpu, void *buf, size_t size, u64 *lost)
{
	struct trace_ring *tr = per_cpu_ptr(&trace_rings, cpu);
	size_t done = 0;
	u64 pos;

	*lost = 0;
	mutex_lock(&tr->read_mutex);
	pos = tr->ring.read;
	while (tr->ring.slots && ring_copy(&tr->ring, &pos, buf + done, size - done)) {
		done += trace_record_size(buf + done);
		tr->nr_read++;
		WRITE_ONCE(tr->ring.read, pos);
	}
	if (pos > tr->ring.read)
		WRITE_ONCE(tr->ring.read, pos);
	*lost = lost_since(tr);
	mutex_unlock(&tr->read_mutex);
	return done;
}

int trace_read_record(int cpu, struct trace_record *buf, u64 *lost)
{
	struct trace_ring *tr = per_cpu_ptr(&trace_rings, cpu);
	int got;
	u64 pos;

	mutex_lock(&tr->read_mutex);
	pos = tr->ring.read;
	got = tr->ring.slots && ring_copy(&tr->ring, &pos, buf, TRACE_RECORD_MAX);
	tr->nr_read += got;
	WRITE_ONCE(tr->ring.read, pos);
	*lost = lost_since(tr);
	mutex_unlock(&tr->read_mutex);
	return got;
}

bool trace_ring_empty(int cpu)
{
	struct trace_ring *tr = per_cpu_ptr(&trace_rings, cpu);

	WRITE_ONCE(readers_wait, true);
	return max(READ_ONCE(tr->ring.read), READ_ONCE(tr->ring.tail)) >=
	       READ_ONCE(tr->ring.committed);
}

void trace_ring_iter_start(struct trace_ring_iter *it, int cpu)
{
	it->cpu = cpu;
	it->pos = READ_ONCE(per_cpu_ptr(&trace_rings, cpu)->ring.read);
}

int trace_ring_iter_next(struct trace_ring_iter *it, struct trace_record *buf, u64 *lost)
{
	struct trace_ring *tr = per_cpu_ptr(&trace_rings, it->cpu);
	int got;

	mutex_lock(&tr->read_mutex);
	if (it->pos < tr->ring.read)
		it->pos = tr->ring.read;
	*lost = 0;
	got = tr->ring.slots && ring_copy(&tr->ring, &it->pos, buf, TRACE_RECORD_MAX);
	mutex_unlock(&tr->read_mutex);
	return got;
}

bool trace_ring_peek(struct trace_ring_iter *it, struct trace_record *buf)
{
	struct trace_ring *tr = per_cpu_ptr(&trace_rings, it->cpu);

	return tr->ring.slots && ring_copy(&tr->ring, &it->pos, buf, TRACE_RECORD_MAX);
}

u64 trace_ring_iter_consume(struct trace_ring_iter *it, unsigned int nr)
{
	struct trace_ring *tr = per_cpu_ptr(&trace_rings, it->cpu);
	u64 lost;

	mutex_lock(&tr->read_mutex);
	if (it->pos > tr->ring.read && it->pos <= READ_ONCE(tr->ring.committed)) {
		WRITE_ONCE(tr->ring.read, it->pos);
		tr->nr_read += nr;
	}
	lost = lost_since(tr);
	mutex_unlock(&tr->read_mutex);
	return lost;
}

void trace_ring_skip_discarded(int cpu)
{
	struct trace_ring *tr = per_cpu_ptr(&trace_rings, cpu);
	u64 pos;

	mutex_lock(&tr->read_mutex);
	pos = tr->ring.read;
	while (tr->ring.slots && ring_skip_discarded(&tr->ring, &pos))
		;
	if (pos > tr->ring.read)
		WRITE_ONCE(tr->ring.read, pos);
	mutex_unlock(&tr->read_mutex);
}

u64 trace_ring_end(int cpu)
{
	return READ_ONCE(per_cpu_ptr(&trace_rings, cpu)->ring.committed);
}

size_t trace_ring_unread(int cpu, size_t *size)
{
	const struct ring *ring = &per_cpu_ptr(&trace_rings, cpu)->ring;
	u64 from, to;

	WRITE_ONCE(readers_wait, true);
	from = max(READ_ONCE(ring->read), READ_ONCE(ring->tail));
	to = READ_ONCE(ring->committed);
	if (size)
		*size = ring->slots ? (ring->mask + 1) * TRACE_SLOT_SIZE : 0;
	return to > from ? (to - from) * TRACE_SLOT_SIZE : 0;
}

void trace_ring_stats(int cpu, struct trace_ring_stats *stats)
{
	struct trace_ring *tr = per_cpu_ptr(&trace_rings, cpu);
	u64 pos, end;

	memset(stats, 0, sizeof(*stats));
	mutex_lock(&tr->read_mutex);
	stats->overrun = tr->ring.overrun;
	stats->dropped = tr->ring.dropped;
	stats->read = tr->nr_read;
	pos = max(tr->ring.read, READ_ONCE(tr->ring.tail));
	end = READ_ONCE(tr->ring.committed);
	if (tr->ring.slots && pos < end) {
		stats->bytes = (end - pos) * TRACE_SLOT_SIZE;
		stats->oldest_ns = trace_record_ns(ring_record(&tr->ring, pos));
	}
	while (tr->ring.slots && pos < end) {
		const struct trace_record *rec = ring_record(&tr->ring, pos);
		u64 slots = READ_ONCE(rec->stamp) & 0xff;

		stats->entries += READ_ONCE(rec->type) != 0;
		pos = max(pos + max(slots, 1ULL), READ_ONCE(tr->ring.tail));
	}
	mutex_unlock(&tr->read_mutex);
}

/* The idle loop and the tick: cheap while nobody reads. */
void trace_wake_readers(void)
{
	int cpu;

	if (likely(!READ_ONCE(readers_wait)))
		return;
	for_each_online_cpu(cpu) {
		struct trace_ring *tr = per_cpu_ptr(&trace_rings, cpu);

		if (READ_ONCE(tr->ring.read) < READ_ONCE(tr->ring.committed)) {
			WRITE_ONCE(readers_wait, false);
			wake_up_all(&trace_wait);
			return;
		}
	}
}

/* ---- making and unmaking ---- */

static void clear_ring(struct trace_ring *tr)
{
	ring_clear(&tr->ring);
	tr->nr_read = tr->lost_told = 0;
}

/* No writer is inside any more, and none comes until the rings are made live again. */
static void stop_writers(void)
{
	WRITE_ONCE(trace_rings_live, false);
	synchronize_rcu();
}

/* The largest power of two of slots that fits into kb, at least a page. */
static int fill_rings(unsigned long kb)
{
	unsigned long size = PAGE_SIZE;
	int cpu;

	while (size * 2 <= kb * 1024)
		size *= 2;
	for_each_online_cpu(cpu) {
		struct trace_ring *tr = per_cpu_ptr(&trace_rings, cpu);

		tr->ring.slots = vmalloc_ring(size);
		if (!tr->ring.slots)
			return -ENOMEM;
		tr->ring.mask = size / TRACE_SLOT_SIZE - 1;
		clear_ring(tr);
	}
	return 0;
}

static void empty_rings(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		struct trace_ring *tr = per_cpu_ptr(&trace_rings, cpu);

		mutex_lock(&tr->read_mutex);
		vfree(tr->ring.slots);
		tr->ring.slots = NULL;
		clear_ring(tr);
		mutex_unlock(&tr->read_mutex);
	}
}

/* resize_mutex held. */
static int make_rings(unsigned long kb)
{
	int err = fill_rings(kb);

	if (err)
		empty_rings();
	else
		smp_store_release(&trace_rings_live, true);
	return err;
}

int trace_ring_alloc(void)
{
	int err = 0;

	mutex_lock(&resize_mutex);
	if (!trace_rings_live)
		err = make_rings(ring_kb);
	mutex_unlock(&resize_mutex);
	return err;
}

int trace_ring_resize(unsigned long kb)
{
	int err = 0;

	if (kb < 1 || kb > RING_KB_MAX)
		return -EINVAL;
	mutex_lock(&resize_mutex);
	if (trace_rings_live) {
		stop_writers();
		empty_rings();
		err = make_rings(kb);
		if (err)	/* what was there before may still fit */
			make_rings(ring_kb);
	}
	if (!err)
		ring_kb = kb;
	mutex_unlock(&resize_mutex);
	return err;
}

unsigned long trace_ring_kb(void)
{
	return READ_ONCE(ring_kb);
}

void trace_ring_reset(int only_cpu)
{
	bool live;
	int cpu;

	mutex_lock(&resize_mutex);
	live = trace_rings_live;
	if (live)
		stop_writers();
	for_each_online_cpu(cpu) {
		struct trace_ring *tr = per_cpu_ptr(&trace_rings, cpu);

		if (only_cpu >= 0 && cpu != only_cpu)
			continue;
		mutex_lock(&tr->read_mutex);
		clear_ring(tr);
		mutex_unlock(&tr->read_mutex);
	}
	if (live)
		smp_store_release(&trace_rings_live, true);
	mutex_unlock(&resize_mutex);
}

static int __init trace_ring_init(void)
{
	int cpu;

	clock_offset = ktime_get() - (s64)trace_clock();
	for_each_possible_cpu(cpu)
		mutex_init(&per_cpu_ptr(&trace_rings, cpu)->read_mutex, LC_TRACE_READ);
	return 0;
}
device_initcall(trace_ring_init);
