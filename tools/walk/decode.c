/* SPDX-License-Identifier: MIT */
/*
 * System calls as text, in the words of strace(1): arguments by the kinds of syscalls.tbl, results,
 * errors. Calls whose arguments depend on each other have a printer of their own in d_*.c.
 *
 * A call that is not done yet is printed with what is known when it begins. The text is cut where
 * the first argument comes that the kernel fills: the rest is printed when the call returns, and the
 * two parts together are the whole.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "decode.h"

const struct call_desc *call_desc(const struct call *c)
{
	if (c->compat)
		return c->nr >= 0 && c->nr < nr_calls_32 ? call_table_32[c->nr] : NULL;
	return c->nr >= 0 && c->nr < nr_calls_64 ? call_table_64[c->nr] : NULL;
}

const char *call_name(const struct call *c)
{
	const struct call_desc *d = call_desc(c);
	static char unknown[32];

	if (d)
		return c->compat ? d->abi32 : d->abi;
	snprintf(unknown, sizeof unknown, "syscall_%#lx", c->nr);
	return unknown;
}

void d_next(struct dec *d)
{
	if (d->printed < 6 && d->split[0])
		d->t = d->split[d->printed];
	else if (d->printed)
		text_add(d->t, ", ");
	d->printed++;
}

void d_need_exit(struct dec *d)
{
	if (d->exit || d->collect || d->cut)
		return;
	d->cut = true;
	d->cut_at = d->t->len;
}

bool d_read(struct dec *d, uint64_t addr, void *buf, size_t len, enum phase phase)
{
	/* what the tables say of a struct holds for 64 bits: rather an address than a wrong word */
	if (d->c->compat && d->desc && d->desc->other32)
		return false;
	return addr && d->c->mem && d->c->mem->peek(d->c->mem, addr, len, phase, buf) == len;
}

bool d_failed(struct dec *d)
{
	return d->exit && d->c->ret < 0 && d->c->ret >= -4095;
}

bool d_filled(struct dec *d)
{
	d_need_exit(d);
	return (d->exit || d->collect) && !d_failed(d);
}

void d_addr(struct dec *d, uint64_t addr)
{
	if (addr)
		text_addf(d->t, "0x%llx", (unsigned long long)addr);
	else
		text_add(d->t, "NULL");
}

void d_fd(struct dec *d, uint64_t v)
{
	text_addf(d->t, "%d", (int)v);
}

void d_mode(struct dec *d, unsigned int mode)
{
	text_addf(d->t, "%#03o", mode);
}

void d_filemode(struct dec *d, unsigned int mode)
{
	static const struct name types[] = {
		{ S_IFREG, "S_IFREG" }, { S_IFSOCK, "S_IFSOCK" }, { S_IFIFO, "S_IFIFO" },
		{ S_IFLNK, "S_IFLNK" }, { S_IFDIR, "S_IFDIR" }, { S_IFBLK, "S_IFBLK" },
		{ S_IFCHR, "S_IFCHR" }, { 0, NULL } };
	const struct set set = { NULL, types, 0 };
	const char *type = set_name(&set, mode & S_IFMT);

	if (type)
		text_addf(d->t, "%s%s%s%s|", type, mode & S_ISUID ? "|S_ISUID" : "",
			  mode & S_ISGID ? "|S_ISGID" : "", mode & S_ISVTX ? "|S_ISVTX" : "");
	d_mode(d, type ? mode & 0777 : mode);
}

void d_dev(struct dec *d, unsigned long long dev)
{
	text_addf(d->t, "makedev(%#x, %#x)", major(dev), minor(dev));
}

void d_uid(struct dec *d, unsigned int id)
{
	if (id == -1U)
		text_add(d->t, "-1");
	else
		text_addf(d->t, "%u", id);
}

/* The argument's bits, of which the call sees no more than its type has. */
static uint64_t narrow(const struct arg_desc *a, uint64_t v)
{
	switch (a->width) {
	case 1: return (uint8_t)v;
	case 2: return (uint16_t)v;
	case 4: return (uint32_t)v;
	case -4: return (int64_t)(int32_t)v;
	default: return v;
	}
}

void d_value(struct dec *d, const struct arg_desc *a, uint64_t v)
{
	struct text *t = d->t;

	v = narrow(a, v);
	switch (a->kind) {
	case KIND_fd: d_fd(d, v); break;
	case KIND_dirfd:
		if ((int)v == -100)
			text_add(t, "AT_FDCWD");
		else
			d_fd(d, v);
		break;
	case KIND_uid: case KIND_gid: d_uid(d, v); break;
	case KIND_pid: case KIND_msec: text_addf(t, "%d", (int)v); break;
	case KIND_sig: signal_name(t, (int)v); break;
	case KIND_mode: d_mode(d, v); break;
	case KIND_dev: d_dev(d, v); break;
	case KIND_key: text_addf(t, "%#x", (unsigned int)v); break;
	case KIND_addr: d_addr(d, v); break;
	case KIND_hex: text_addf(t, "%#llx", (unsigned long long)v); break;
	case KIND_uint: case KIND_size: text_addf(t, "%llu", (unsigned long long)v); break;
	case KIND_set:
		if (a->set)
			set_text(t, a->set, a->width < 0 && a->width > -8 ? (uint32_t)v : v);
		else
			text_addf(t, "%#llx", (unsigned long long)v);
		break;
	default:
		text_addf(t, a->width < 0 ? "%lld" : "%llu", (long long)v);
	}
}

/* How many objects lie behind pointer argument n. */
static uint64_t count_of(struct dec *d, const struct arg_desc *a)
{
	if (a->count == COUNT_ONE)
		return 1;
	if (a->count == COUNT_RET)
		return d->exit && d->c->ret > 0 ? d->c->ret : 0;
	if (a->count <= COUNT_ARG(0)) {
		int n = COUNT_ARG(0) - a->count;

		return narrow(&d->desc->args[n], d->c->args[n]);
	}
	return a->count;
}

/* "[1, 2]" */
static void d_array(struct dec *d, const struct object *o, uint64_t addr, uint64_t count,
		    enum phase phase)
{
	char buf[512];

	if (!count) {
		text_add(d->t, "[]");
		return;
	}
	if (o->size > sizeof buf || !d_read(d, addr, buf, o->size, phase)) {
		d_addr(d, addr);
		return;
	}
	text_add(d->t, "[");
	for (uint64_t i = 0; i < count; i++) {
		if (i)
			text_add(d->t, ", ");
		if (i >= d->c->limit) {
			text_add(d->t, "...");
			break;
		}
		if (!d_read(d, addr + i * o->size, buf, o->size, phase)) {
			text_addf(d->t, "... /* 0x%llx */", (unsigned long long)(addr + i * o->size));
			break;
		}
		o->print(d, buf);
	}
	text_add(d->t, "]");
}

static void d_pointer(struct dec *d, const struct arg_desc *a, uint64_t addr)
{
	const struct object *o = d_object(a->base);
	enum phase phase = a->kind == KIND_out ? PHASE_EXIT : PHASE_ENTER;
	bool bytes = !strcmp(a->base, "char") || !strcmp(a->base, "void");

	if (phase == PHASE_EXIT && !d_filled(d)) {
		d_addr(d, addr);
	} else if (!addr) {
		text_add(d->t, "NULL");
	} else if (bytes && a->count != COUNT_ONE) {
		d_buf(d, addr, count_of(d, a), phase, QUOTE_PLAIN);
	} else if (!o) {
		d_addr(d, addr);
	} else if (a->count == COUNT_ONE) {
		d_object_at(d, a->base, addr, phase);
	} else {
		d_array(d, o, addr, count_of(d, a), phase);
	}
}

void d_arg(struct dec *d, int n)
{
	const struct arg_desc *a = &d->desc->args[n];
	uint64_t v = d->c->args[n];

	d_next(d);
	switch (a->kind) {
	case KIND_path: d_path(d, v); break;
	case KIND_str: d_str(d, v, PHASE_ENTER); break;
	case KIND_strv: d_strv(d, v); break;
	case KIND_iov_in: d_iov(d, v, count_of(d, a), PHASE_ENTER, -1); break;
	case KIND_iov_out:
		if (d_filled(d))
			d_iov(d, v, count_of(d, a), PHASE_EXIT, d->exit ? d->c->ret : 0);
		else
			d_iov(d, v, count_of(d, a), PHASE_EXIT, 0);
		break;
	case KIND_in: case KIND_out: case KIND_inout: d_pointer(d, a, v); break;
	default: d_value(d, a, v);
	}
}

void d_args(struct dec *d, int from, int to)
{
	for (int i = from; i < to; i++)
		d_arg(d, i);
}

static const struct special *special_of(const struct call_desc *desc)
{
	static const struct special *const tables[] = {
		file_calls, process_calls, memory_calls, wait_calls, net_calls };

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct special *s = tables[i]; s->abi; s++)
			if (!strcmp(s->abi, desc->abi))
				return s;
	return NULL;
}

static void print_args(struct dec *d)
{
	const struct special *s = d->desc ? special_of(d->desc) : NULL;

	if (s && s->print)
		s->print(d);
	else if (d->desc && d->desc->nr_args >= 0)
		d_args(d, 0, d->desc->nr_args);
	else
		for (int i = 0; i < 6; i++) {
			d_next(d);
			text_addf(d->t, "%#llx", (unsigned long long)d->c->args[i]);
		}
}

void errno_text(struct text *t, int err)
{
	/* What the kernel says to itself: no program sees these, strace does. */
	static const struct { int err; const char *text; } inner[] = {
		{ 512, "ERESTARTSYS (To be restarted if SA_RESTART is set)" },
		{ 513, "ERESTARTNOINTR (To be restarted)" },
		{ 514, "ERESTARTNOHAND (To be restarted if no handler)" },
		{ 516, "ERESTART_RESTARTBLOCK (Interrupted by signal)" },
	};
	const char *name = strerrorname_np(err);

	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
		if (inner[i].err == err) {
			text_addf(t, "? %s", inner[i].text);
			return;
		}
	if (name)
		text_addf(t, "-1 %s (%s)", name, strerrordesc_np(err));
	else
		text_addf(t, "-1 (errno %d)", err);
}

static void result(struct dec *d, struct text *t)
{
	const struct special *s = d->desc ? special_of(d->desc) : NULL;

	if (d->c->never || !d->c->done)
		text_add(t, "?");
	else if (d_failed(d))
		errno_text(t, -d->c->ret);
	else if (s && s->result)
		s->result(d, t);
	else
		text_addf(t, "%lld", (long long)d->c->ret);
}

void call_result(struct text *t, const struct call *c)
{
	struct dec d = { .t = t, .c = c, .desc = call_desc(c), .exit = c->done };

	result(&d, t);
}

void call_text(struct text *t, const struct call *c)
{
	struct dec d = { .t = t, .c = c, .desc = call_desc(c), .exit = c->done };
	size_t start = t->len;

	text_addf(t, "%s(", call_name(c));
	print_args(&d);
	if (d.cut) {
		t->len = d.cut_at;
		t->s[t->len] = 0;
	}
	if (!c->done && !c->never)
		return;
	text_add(t, ")");
	text_pad(t, start + 39);
	text_add(t, " = ");
	result(&d, t);
}

int call_args(struct text args[6], const struct call *c)
{
	struct dec d = { .t = &args[0], .c = c, .desc = call_desc(c), .exit = c->done };

	d.collect = !c->done;
	for (int i = 0; i < 6; i++)
		d.split[i] = &args[i];
	print_args(&d);
	return d.printed < 6 ? d.printed : 6;
}
