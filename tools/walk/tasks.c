/* SPDX-License-Identifier: MIT */
/*
 * The tasks that are watched: what each is doing, and what its system call in progress has shown of
 * user memory. A hash table by pid. A task is forgotten when it has ended, so that a program that
 * forks without end does not fill memory.
 *
 * sys_data's `arg` is the number of the argument; of the i-th string or buffer of an array it is
 * that plus 8 * (i + 1).
 */
#include <stdlib.h>
#include <string.h>

#include "walk.h"

#define BUCKETS 1024
#define PIECES_MAX (1 << 20)	/* bytes of one call */

static struct task *buckets[BUCKETS];
static int count;

/* How many bytes at addr are known. The newest piece that has all of them wins, else the longest. */
static size_t peek(struct memory *m, uint64_t addr, size_t len, enum phase phase, void *buf)
{
	struct task *t = (struct task *)m;
	const struct piece *best = NULL;
	size_t best_len = 0;

	for (const struct piece *p = t->pieces; p; p = p->next) {
		size_t n;

		if (p->phase != phase || p->bad || addr < p->addr || addr > p->addr + p->len)
			continue;
		n = p->addr + p->len - addr;
		/* a string comes without its NUL, which is part of it */
		if (addr + n == p->addr + p->len && n < len && p->len == p->wanted) {
			const struct call_desc *d = call_desc(&t->call);
			int kind = d && p->arg < 8 && p->arg < d->nr_args ?
				   d->args[p->arg].kind : -1;

			if (kind == KIND_path || kind == KIND_str ||
			    (d && !strcmp(d->abi, "prctl"))) {
				memcpy(buf, p->bytes + (addr - p->addr), n);
				((char *)buf)[n] = 0;
				return n + 1;
			}
		}
		if (n > len)
			n = len;
		if (n >= best_len && n) {
			best = p;
			best_len = n;
		}
	}
	if (best)
		memcpy(buf, best->bytes + (addr - best->addr), best_len);
	return best_len;
}

static const struct piece *piece_of(struct task *t, unsigned int arg)
{
	for (const struct piece *p = t->pieces; p; p = p->next)
		if (p->arg == arg && p->phase == PHASE_ENTER)
			return p;
	return NULL;
}

static int strv(struct memory *m, uint64_t addr, int n, struct text *out)
{
	struct task *t = (struct task *)m;
	const struct piece *array = NULL, *p;

	for (array = t->pieces; array; array = array->next)
		if (array->addr == addr && array->phase == PHASE_ENTER && array->arg < 8)
			break;
	if (!array || array->bad)
		return -1;
	if ((uint32_t)n >= array->wanted)
		return 0;
	p = piece_of(t, array->arg + 8 * (n + 1));
	if (p && !p->bad)
		text_addn(out, p->bytes, p->len);
	return 1;
}

struct task *task_find(pid_t pid)
{
	for (struct task *t = buckets[pid % BUCKETS]; t; t = t->next)
		if (t->pid == pid)
			return t;
	return NULL;
}

struct task *task_get(pid_t pid)
{
	struct task *t = task_find(pid);

	if (t)
		return t;
	t = calloc(1, sizeof *t);
	if (!t)
		die(1, "out of memory");
	t->mem = (struct memory){ peek, strv };
	t->pid = t->tgid = pid;
	t->tail = &t->pieces;
	t->next = buckets[pid % BUCKETS];
	buckets[pid % BUCKETS] = t;
	count++;
	return t;
}

void task_forget(struct task *t)
{
	struct task **p = &buckets[t->pid % BUCKETS];

	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	task_clear_call(t);
	space_put(t->space);
	scene_free(t);
	free(t);
	count--;
}

int task_count(void)
{
	return count;
}

void task_each(void (*fn)(struct task *t))
{
	for (int i = 0; i < BUCKETS; i++)
		for (struct task *t = buckets[i], *next; t; t = next) {
			next = t->next;
			fn(t);
		}
}

void task_clear_call(struct task *t)
{
	while (t->pieces) {
		struct piece *p = t->pieces;

		t->pieces = p->next;
		free(p);
	}
	t->tail = &t->pieces;
	t->in_call = t->call_told = false;
}

void task_start_call(struct task *t, const struct trace_raw_sys_enter *e, uint64_t ns)
{
	task_clear_call(t);
	t->call = (struct call){ .nr = e->id, .mem = &t->mem, .limit = opt.limit };
	for (int i = 0; i < 6; i++)
		t->call.args[i] = e->args[i];
	t->in_call = true;
	t->call_ns = ns;
}

void task_add_data(struct task *t, const struct trace_raw_sys_data *d, size_t len)
{
	size_t n = len > sizeof *d ? len - sizeof *d : 0;
	struct piece *p;

	if (n > d->len)
		n = d->len;
	p = malloc(sizeof *p + n);
	if (!p)
		return;
	*p = (struct piece){ .addr = d->addr, .len = n, .wanted = d->wanted, .arg = d->arg,
			     .phase = d->phase, .bad = d->status != 0 };
	memcpy(p->bytes, (const char *)d + sizeof *d, n);
	*t->tail = p;
	t->tail = &p->next;
	/* where the kernel found the mask that rt_sigreturn restores */
	const struct call_desc *desc = call_desc(&t->call);

	if (desc && !strcmp(desc->abi, "rt_sigreturn"))
		t->call.args[0] = d->addr;
}
