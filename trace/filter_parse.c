/* SPDX-License-Identifier: MIT */
/*
 * The language of filters, as on Linux:
 *
 *	or      and { "||" and }
 *	and     not { "&&" not }
 *	not     "!" not | "(" or ")" | FIELD OP VALUE
 *	OP      == != < <= > >= &     of numbers, in decimal, octal or hexadecimal
 *	        == != ~               of strings in quotes; ~ has a glob
 *
 * FIELD is one of events/GROUP/NAME/format, or comm or cpu of whoever tells the event.
 * Recursive descent; operations come out in postfix order, and nesting has a limit, as the kernel's
 * stack has. Linux's twin: kernel/trace/trace_events_filter.c.
 */
#include "filter.h"

#define MAX_NESTING 24

struct parser {
	char *p;			/* in filter->strings, which is cut up as it is read */
	struct trace_filter *filter;
	event_handle event;
	int nesting;
};

static int parse_or(struct parser *ps);

static bool accept(struct parser *ps, const char *token)
{
	size_t len = strlen(token);

	ps->p = skip_spaces(ps->p);
	if (strncmp(ps->p, token, len))
		return false;
	ps->p += len;
	return true;
}

static struct filter_op *new_op(struct parser *ps, enum filter_kind kind)
{
	struct filter_op *op;

	if (ps->filter->nr >= FILTER_MAX_OPS)
		return NULL;
	op = &ps->filter->ops[ps->filter->nr++];
	op->kind = kind;
	return op;
}

static int emit(struct parser *ps, enum filter_kind kind)
{
	return new_op(ps, kind) ? 0 : -ENOSPC;
}

/* ---------------------------------------------------------------- fields */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* "comm[16]" is the field comm. */
static bool same_name(const char *field, const char *name, size_t len)
{
	return !strncmp(field, name, len) && (field[len] == '\0' || field[len] == '[');
}

static int use_field(struct filter_op *op, const struct trace_field *f)
{
	op->offset = f->offset;
	op->size = f->size;
	if (!strncmp(f->type, "__data_loc", 10))
		op->kind = FILTER_DYN_STRING;
	else if (!strcmp(f->type, "char") && strchr(f->name, '['))
		op->kind = FILTER_STRING;
	else if (f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8)
		op->kind = f->is_signed ? FILTER_INT : FILTER_UINT;
	else
		return -EINVAL;
	return 0;
}

static int find_field(struct parser *ps, const char *name, size_t len, struct filter_op *op)
{
	struct trace_field f;
	char buf[64];

	for (int i = 0; i < NR_COMMON_FIELDS; i++)
		if (same_name(event_common_fields[i].name, name, len))
			return use_field(op, &event_common_fields[i]);
	for (unsigned int n = 0; event_field(ps->event, n, &f, buf); n++)
		if (same_name(f.name, name, len))
			return use_field(op, &f);
	if (same_name("comm", name, len) || same_name("COMM", name, len))
		op->kind = FILTER_COMM;
	else if (same_name("cpu", name, len) || same_name("CPU", name, len))
		op->kind = FILTER_CPU;
	else
		return -EINVAL;
	return 0;
}

/* ---------------------------------------------------------------- comparisons */

static int parse_cmp(struct parser *ps)
{
	static const struct { const char *text; enum filter_cmp cmp; } ops[] = {
		{ "==", CMP_EQ }, { "!=", CMP_NE }, { "<=", CMP_LE }, { ">=", CMP_GE },
		{ "<", CMP_LT }, { ">", CMP_GT }, { "&", CMP_AND }, { "~", CMP_GLOB },
	};

	for (int i = 0; i < ARRAY_SIZE(ops); i++)
		if (accept(ps, ops[i].text))
			return ops[i].cmp;
	return -EINVAL;
}

static int parse_string(struct parser *ps, struct filter_op *op)
{
	char quote = *ps->p, *end;

	if (quote != '"' && quote != '\'')
		return -EINVAL;
	if (op->cmp != CMP_EQ && op->cmp != CMP_NE && op->cmp != CMP_GLOB)
		return -EINVAL;
	end = strchr(ps->p + 1, quote);
	if (!end)
		return -EINVAL;
	*end = '\0';
	op->string = ps->p + 1;
	ps->p = end + 1;
	return 0;
}

static int parse_number(struct parser *ps, struct filter_op *op)
{
	char *end = ps->p, saved;
	long long value;
	int error;

	if (op->cmp == CMP_GLOB)
		return -EINVAL;
	if (*end == '-')
		end++;
	while (is_name_char(*end))
		end++;
	if (end == ps->p)
		return -EINVAL;
	saved = *end;
	*end = '\0';
	if (*ps->p == '-')
		error = kstrtoll(ps->p, 0, &value);
	else
		error = kstrtoull(ps->p, 0, (unsigned long long *)&value);
	*end = saved;
	op->value = value;
	ps->p = end;
	return error ? -EINVAL : 0;
}

static int parse_comparison(struct parser *ps)
{
	struct filter_op *op = new_op(ps, FILTER_INT);
	const char *name;
	int ret;

	if (!op)
		return -ENOSPC;
	ps->p = skip_spaces(ps->p);
	name = ps->p;
	while (is_name_char(*ps->p))
		ps->p++;
	if (ps->p == name)
		return -EINVAL;
	ret = find_field(ps, name, ps->p - name, op);
	if (ret)
		return ret;
	ret = parse_cmp(ps);
	if (ret < 0)
		return ret;
	op->cmp = ret;
	ps->p = skip_spaces(ps->p);
	if (op->kind == FILTER_STRING || op->kind == FILTER_DYN_STRING || op->kind == FILTER_COMM)
		return parse_string(ps, op);
	return parse_number(ps, op);
}

/* ---------------------------------------------------------------- && || ! ( ) */

static int parse_not(struct parser *ps)
{
	int error;

	if (++ps->nesting > MAX_NESTING)
		return -EINVAL;
	if (accept(ps, "!")) {
		error = parse_not(ps);
		if (!error)
			error = emit(ps, FILTER_NOT);
	} else if (accept(ps, "(")) {
		error = parse_or(ps);
		if (!error && !accept(ps, ")"))
			error = -EINVAL;
	} else {
		error = parse_comparison(ps);
	}
	ps->nesting--;
	return error;
}

static int parse_and(struct parser *ps)
{
	int error = parse_not(ps);

	while (!error && accept(ps, "&&")) {
		error = parse_not(ps);
		if (!error)
			error = emit(ps, FILTER_AND);
	}
	return error;
}

static int parse_or(struct parser *ps)
{
	int error = parse_and(ps);

	while (!error && accept(ps, "||")) {
		error = parse_and(ps);
		if (!error)
			error = emit(ps, FILTER_OR);
	}
	return error;
}

int filter_parse(struct trace_filter *filter, event_handle e)
{
	struct parser ps = { .p = filter->strings, .filter = filter, .event = e };
	int error = parse_or(&ps);

	if (!error && *skip_spaces(ps.p))
		error = -EINVAL;
	return error;
}
