/* SPDX-License-Identifier: MIT */
/*
 * The rings that trace events are written to. Linux's twin: kernel/trace/ring_buffer.c.
 *
 *	      tail                read           committed   head
 *	       |                   |                 |        |
 *	  .....[ read already      | unread          | open   ].....
 *
 * Positions count slots and only grow; a slot is position & mask. All five words belong to the CPU:
 * only it writes records. Whoever interrupts a writer writes behind it, is done before it goes on,
 * and so records are closed like brackets:
 *
 *	writer  reserve(A)            ...interrupt:  reserve(B) commit(B)        commit(A)
 *	nest       1                                    2         1                 0
 *
 * `open` is where the outermost writer began. Nothing below it is unfinished, so that is how far a
 * nested writer may overwrite; and when nest is 0 again everything up to head is whole: committed.
 *
 * The pages are mapped twice in a row, so that a record that begins in the last slot is contiguous.
 *
 * Readers, on any CPU, hold the ring's mutex against each other. They copy a record, then look
 * whether tail has passed it meanwhile: the writer moves tail before it writes. x86 keeps stores in
 * order, and loads.
 *
 * Locks: ring->read_mutex (sleeping). resize_mutex outside of it. No lock on the writer's side:
 * trace_rings_live is cleared and a grace period waited for before slots are freed (preemption is
 * off in a writer). Nothing here may be traced itself.
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

#define NEST_MAX	8		/* task, interrupt, fault, NMI: more is a loop */
#define RING_KB_MAX	(1UL << 20)

struct trace_ring {
	u8 *slots;
	u64 mask;			/* number of slots - 1 */
	u64 head, tail, open, committed;
	u64 overrun, dropped;
	int nest;
	u64 read, nr_read, lost_told;	/* read_mutex */
	struct mutex read_mutex;
};

static DEFINE_PER_CPU(struct trace_ring, trace_rings);
static DEFINE_MUTEX(resize_mutex, LC_TRACE_RESIZE);
static bool trace_rings_live;
static unsigned long ring_kb = TRACE_RING_DEFAULT_KB;
static bool readers_wait;

bool trace_recording = true;
bool trace_overwrite = true;
DECLARE_WAIT_QUEUE_HEAD(trace_wait);

u64 trace_clock(void)
{
	u64 ticks = rdtsc() - boot_entry_tsc;

	if (unlikely(!tsc_khz))
		return 0;
	if (likely(ticks < ~0ULL / 1000000))
		return ticks * 1000000 / tsc_khz;
	return ticks / tsc_khz * 1000000;
}

static __always_inline u64 cmpxchg_this_cpu(u64 *word, u64 old, u64 new)
{
	__asm__ volatile("cmpxchgq %2,%1" : "+a"(old), "+m"(*word) : "r"(new) : "memory", "cc");
	return old;
}

static __always_inline struct trace_record *record_at(const struct trace_ring *ring, u64 pos)
{
	return (struct trace_record *)(ring->slots + (pos & ring->mask) * TRACE_SLOT_SIZE);
}

/* ---- writing ---- */

/*
 * Makes room: nothing of what lies below limit is needed any more. false: what would go is
 * unfinished, or unread and to be kept.
 */
static bool push_tail(struct trace_ring *ring, u64 limit)
{
	u64 tail;

	while ((tail = READ_ONCE(ring->tail)) < limit) {
		u64 slots = record_at(ring, tail)->stamp & 0xff, read = READ_ONCE(ring->read);

		if (tail >= ring->open || (tail >= read && !trace_overwrite))
			return false;
		if (cmpxchg_this_cpu(&ring->tail, tail, tail + slots) == tail && tail >= read)
			ring->overrun++;
	}
	return true;
}

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
	struct trace_record *rec;
	struct trace_ring *ring;
	u64 slots, pos;

	if (unlikely(!READ_ONCE(trace_rings_live) || !trace_recording || size > TRACE_DATA_MAX))
		return NULL;
	preempt_disable();
	ring = this_cpu_ptr(&trace_rings);
	slots = (sizeof(*rec) + size + TRACE_SLOT_SIZE - 1) / TRACE_SLOT_SIZE;
	if (unlikely(!READ_ONCE(trace_rings_live)))
		goto none;
	if (ring->nest == 0)
		ring->open = ring->head;
	ring->nest++;
	barrier();
	if (unlikely(ring->nest > NEST_MAX))
		goto drop;
	do {
		pos = READ_ONCE(ring->head);
		if (pos + slots > ring->tail + ring->mask + 1 &&
		    !push_tail(ring, pos + slots - ring->mask - 1))
			goto drop;
	} while (cmpxchg_this_cpu(&ring->head, pos, pos + slots) != pos);

	rec = record_at(ring, pos);
	rec->stamp = trace_clock() << 8 | slots;
	rec->type = type;
	rec->preempt_count = count & 0xff;
	rec->flags = context_flags(local_save_flags(), count);
	rec->pid = current->pid;
	return rec->data;
drop:
	ring->dropped++;
	ring->nest--;
none:
	preempt_enable();
	return NULL;
}

void trace_commit(void *data)
{
	struct trace_ring *ring = this_cpu_ptr(&trace_rings);

	barrier();
	ring->nest--;
	barrier();
	/* Whoever interrupts here is an outermost writer itself, and done when we go on. */
	if (ring->nest == 0)
		smp_store_release(&ring->committed, READ_ONCE(ring->head));
	preempt_enable();
}

void trace_discard(void *data)
{
	struct trace_record *rec = container_of(data, struct trace_record, data);

	rec->type = 0;
	trace_commit(data);
}

/* ---- reading ---- */

/*
 * The record at or behind *pos, which moves behind it. false: there is none that is whole. The
 * records that *pos had to skip because they were overwritten do not count here.
 */
static bool copy_record(struct trace_ring *ring, u64 *pos, struct trace_record *buf, size_t room)
{
	for (;;) {
		u64 tail = READ_ONCE(ring->tail);
		const struct trace_record *rec;
		size_t size;

		if (*pos < tail)
			*pos = tail;
		if (*pos >= smp_load_acquire(&ring->committed))
			return false;
		rec = record_at(ring, *pos);
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

static u64 lost_since(struct trace_ring *ring)
{
	u64 all = READ_ONCE(ring->overrun) + READ_ONCE(ring->dropped);
	u64 lost = all - ring->lost_told;

	ring->lost_told = all;
	return lost;
}

size_t trace_read_records(int cpu, void *buf, size_t size, u64 *lost)
{
	struct trace_ring *ring = per_cpu_ptr(&trace_rings, cpu);
	size_t done = 0;
	u64 pos;

	*lost = 0;
	mutex_lock(&ring->read_mutex);
	pos = ring->read;
	while (ring->slots && copy_record(ring, &pos, buf + done, size - done)) {
		done += trace_record_size(buf + done);
		ring->nr_read++;
		WRITE_ONCE(ring->read, pos);
	}
	if (pos > ring->read)
		WRITE_ONCE(ring->read, pos);
	*lost = lost_since(ring);
	mutex_unlock(&ring->read_mutex);
	return done;
}

int trace_read_record(int cpu, struct trace_record *buf, u64 *lost)
{
	struct trace_ring *ring = per_cpu_ptr(&trace_rings, cpu);
	int got;
	u64 pos;

	mutex_lock(&ring->read_mutex);
	pos = ring->read;
	got = ring->slots && copy_record(ring, &pos, buf, TRACE_RECORD_MAX);
	ring->nr_read += got;
	WRITE_ONCE(ring->read, pos);
	*lost = lost_since(ring);
	mutex_unlock(&ring->read_mutex);
	return got;
}

bool trace_ring_empty(int cpu)
{
	struct trace_ring *ring = per_cpu_ptr(&trace_rings, cpu);

	WRITE_ONCE(readers_wait, true);
	return max(READ_ONCE(ring->read), READ_ONCE(ring->tail)) >= READ_ONCE(ring->committed);
}

void trace_ring_iter_start(struct trace_ring_iter *it, int cpu)
{
	it->cpu = cpu;
	it->pos = READ_ONCE(per_cpu_ptr(&trace_rings, cpu)->read);
}

int trace_ring_iter_next(struct trace_ring_iter *it, struct trace_record *buf, u64 *lost)
{
	struct trace_ring *ring = per_cpu_ptr(&trace_rings, it->cpu);
	int got;

	mutex_lock(&ring->read_mutex);
	if (it->pos < ring->read)
		it->pos = ring->read;
	*lost = 0;
	got = ring->slots && copy_record(ring, &it->pos, buf, TRACE_RECORD_MAX);
	mutex_unlock(&ring->read_mutex);
	return got;
}

void trace_ring_stats(int cpu, struct trace_ring_stats *stats)
{
	struct trace_ring *ring = per_cpu_ptr(&trace_rings, cpu);
	u64 pos, end;

	memset(stats, 0, sizeof(*stats));
	mutex_lock(&ring->read_mutex);
	stats->overrun = ring->overrun;
	stats->dropped = ring->dropped;
	stats->read = ring->nr_read;
	pos = max(ring->read, READ_ONCE(ring->tail));
	end = READ_ONCE(ring->committed);
	if (ring->slots && pos < end) {
		stats->bytes = (end - pos) * TRACE_SLOT_SIZE;
		stats->oldest_ns = trace_record_ns(record_at(ring, pos));
	}
	while (ring->slots && pos < end) {
		u64 slots = READ_ONCE(record_at(ring, pos)->stamp) & 0xff;

		pos = max(pos + max(slots, 1ULL), READ_ONCE(ring->tail));
		stats->entries++;
	}
	mutex_unlock(&ring->read_mutex);
}

/* The idle loop and the tick: cheap while nobody reads. */
void trace_wake_readers(void)
{
	int cpu;

	if (likely(!READ_ONCE(readers_wait)))
		return;
	for_each_online_cpu(cpu) {
		struct trace_ring *ring = per_cpu_ptr(&trace_rings, cpu);

		if (READ_ONCE(ring->read) < READ_ONCE(ring->committed)) {
			WRITE_ONCE(readers_wait, false);
			wake_up_all(&trace_wait);
			return;
		}
	}
}

/* ---- making and unmaking ---- */

static void clear_ring(struct trace_ring *ring)
{
	ring->head = ring->tail = ring->open = ring->committed = 0;
	ring->overrun = ring->dropped = 0;
	ring->read = ring->nr_read = ring->lost_told = 0;
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
		struct trace_ring *ring = per_cpu_ptr(&trace_rings, cpu);

		ring->slots = vmalloc_ring(size);
		if (!ring->slots)
			return -ENOMEM;
		ring->mask = size / TRACE_SLOT_SIZE - 1;
		clear_ring(ring);
	}
	return 0;
}

static void empty_rings(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		struct trace_ring *ring = per_cpu_ptr(&trace_rings, cpu);

		mutex_lock(&ring->read_mutex);
		vfree(ring->slots);
		ring->slots = NULL;
		clear_ring(ring);
		mutex_unlock(&ring->read_mutex);
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
		struct trace_ring *ring = per_cpu_ptr(&trace_rings, cpu);

		if (only_cpu >= 0 && cpu != only_cpu)
			continue;
		mutex_lock(&ring->read_mutex);
		clear_ring(ring);
		mutex_unlock(&ring->read_mutex);
	}
	if (live)
		smp_store_release(&trace_rings_live, true);
	mutex_unlock(&resize_mutex);
}

static int __init trace_ring_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		mutex_init(&per_cpu_ptr(&trace_rings, cpu)->read_mutex, LC_TRACE_READ);
	return 0;
}
device_initcall(trace_ring_init);
