/* SPDX-License-Identifier: MIT */
/*
 * The rings of all CPUs as one sequence in the order of time: of each CPU the next record is copied
 * out, and the oldest of those is the current one.
 *
 *	cpu0   . . . [rec] . . .     pos behind rec
 *	cpu1   . . [rec] . . . .     the older: it->rec points to a copy of it
 *
 * Looking changes nothing; who takes records out (trace_pipe) holds trace_access of the CPUs, so
 * that between the look and the taking nobody else takes the same. Records that are overwritten
 * meanwhile are skipped by the ring. A CPU that does not run has no ring and nothing of its own to
 * lock. Linux's twin: find_next_entry in kernel/trace/trace.c.
 */
#include <vitrix/mm.h>
#include <vitrix/percpu.h>
#include "control.h"

static DEFINE_PER_CPU(struct mutex, trace_access);

void trace_access_lock(int only)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (only < 0 || cpu == only)
			mutex_lock(per_cpu_ptr(&trace_access, cpu));
}

void trace_access_unlock(int only)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (only < 0 || cpu == only)
			mutex_unlock(per_cpu_ptr(&trace_access, cpu));
}

void trace_rings_skip_discarded(int only)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (only < 0 || cpu == only)
			trace_ring_skip_discarded(cpu);
}

bool trace_rings_empty(int only)
{
	int cpu;

	for_each_online_cpu(cpu)
		if ((only < 0 || cpu == only) && !trace_ring_empty(cpu))
			return false;
	return true;
}

struct trace_iterator *trace_iterator_alloc(int cpu)
{
	struct trace_iterator *it = kzalloc(sizeof(*it), GFP_KERNEL);
	int n = nr_cpu_ids;

	if (!it)
		return NULL;
	it->cpu = cpu;
	it->nr_cpus = n;
	it->cpus = kvmalloc(n * sizeof(*it->cpus), GFP_KERNEL | __GFP_ZERO);
	it->rec = kvmalloc(TRACE_RECORD_MAX, GFP_KERNEL);
	it->text = kvmalloc(TRACE_LINE_MAX, GFP_KERNEL);
	if (it->cpus && it->rec && it->text) {
		trace_seq_init(&it->seq, it->text, TRACE_LINE_MAX);
		trace_iterator_start(it);
		trace_graph_forget(it);
		return it;
	}
	trace_iterator_free(it);
	return NULL;
}

void trace_iterator_free(struct trace_iterator *it)
{
	for (int cpu = 0; it->cpus && cpu < it->nr_cpus; cpu++)
		kvfree(it->cpus[cpu].rec);
	kvfree(it->cpus);
	kvfree(it->rec);
	kvfree(it->text);
	kfree(it);
}

void trace_iterator_start(struct trace_iterator *it)
{
	for (int cpu = 0; cpu < it->nr_cpus; cpu++) {
		struct trace_cpu_iter *c = &it->cpus[cpu];

		trace_ring_iter_start(&c->pos, cpu);
		c->end = cpu_online(cpu) ? trace_ring_end(cpu) : 0;
		c->valid = false;
	}
}

/* The next record of this CPU, or NULL. Its buffer comes with the first record. */
static const struct trace_record *next_of(struct trace_cpu_iter *c)
{
	u64 lost;

	if (c->valid)
		return c->rec;
	/* Showing makes events itself, if functions are traced: it would never come to an end. */
	if (c->pos.pos >= c->end)
		return NULL;
	if (!c->rec)
		c->rec = kvmalloc(TRACE_RECORD_MAX, GFP_KERNEL);
	if (!c->rec)
		return NULL;
	c->valid = trace_ring_iter_next(&c->pos, c->rec, &lost) && c->pos.pos <= c->end;
	return c->valid ? c->rec : NULL;
}

bool trace_iterator_next(struct trace_iterator *it)
{
	struct trace_cpu_iter *best = NULL;

	for (int cpu = 0; cpu < it->nr_cpus; cpu++) {
		struct trace_cpu_iter *c = &it->cpus[cpu];
		const struct trace_record *rec;

		if (!cpu_online(cpu) || (it->cpu >= 0 && cpu != it->cpu))
			continue;
		rec = next_of(c);
		if (rec && (!best || trace_record_ns(rec) < trace_record_ns(best->rec)))
			best = c;
	}
	if (!best)
		return false;
	memcpy(it->rec, best->rec, trace_record_size(best->rec));
	it->rec_cpu = best->pos.cpu;
	best->valid = false;
	it->nr++;
	return true;
}

const struct trace_record *trace_iterator_peek(struct trace_iterator *it)
{
	return next_of(&it->cpus[it->rec_cpu]);
}

/* Not after trace_iterator_peek() of something that stays: the position is behind that, too. */
u64 trace_iterator_consume(struct trace_iterator *it)
{
	struct trace_cpu_iter *c = &it->cpus[it->rec_cpu];
	struct trace_ring_iter pos = c->pos;

	if (c->valid)
		pos.pos -= trace_record_size(c->rec) / TRACE_SLOT_SIZE;
	return trace_ring_iter_consume(&pos, 1);
}

static int __init trace_iterator_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		mutex_init(per_cpu_ptr(&trace_access, cpu), LC_TRACE_ACCESS);
	return 0;
}
device_initcall(trace_iterator_init);
