/* SPDX-License-Identifier: MIT */
/*
 * The language of filters, as on Linux:
 *
 *	filter   operand { ("&&" | "||") operand }      && binds closer
 *	operand  "!" operand | "(" filter ")" | FIELD OP VALUE
 *	OP       == != < <= > >= &     of numbers, in decimal, octal or hexadecimal
 *	         == != ~               of strings in quotes; ~ has a glob
 *
 * FIELD is one of events/GROUP/NAME/format, or comm or cpu of whoever tells the event.
 *
 * Operators wait on a stack until what they bind is complete, then go to the program behind it: no
 * recursion, as the kernel's stack is small and parentheses come cheap.
 * Linux's twin: kernel/trace/trace_events_filter.c. Left out: .ustring and .function, so strings
 * behind pointers cannot be compared.
 */
#include "filter.h"

#define MAX_PENDING 256
#define PAREN 0xff

struct parser {
	char *p;			/* in filter->strings, which is cut up as it is read */
	struct trace_filter *filter;
	event_handle event;
	const char *error;		/* what is wrong at p */
	unsigned int nr_pending;
	u8 pending[MAX_PENDING];	/* FILTER_AND, _OR, _NOT, PAREN */
};

static int fail(struct parser *ps, const char *what, int error)
{
	ps->error = what;
	return error;
}

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
	*op = (struct filter_op){ .kind = kind };
	return op;
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

static bool use_field(struct filter_op *op, const struct trace_field *f)
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
		return false;
	return strcmp(f->type, "const char *") && strcmp(f->type, "char *");
}

static bool find_field(struct parser *ps, const char *name, size_t len, struct filter_op *op)
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
		return false;
	return true;
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
	return fail(ps, "no such operator", -EINVAL);
}

static int parse_string(struct parser *ps, struct filter_op *op)
{
	char quote = *ps->p, *end;

	if (quote != '"' && quote != '\'')
		return fail(ps, "a string in quotes is wanted here", -EINVAL);
	if (op->cmp != CMP_EQ && op->cmp != CMP_NE && op->cmp != CMP_GLOB)
		return fail(ps, "that operator is not for strings", -EINVAL);
	end = strchr(ps->p + 1, quote);
	if (!end)
		return fail(ps, "the quote is not closed", -ESRCH);
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
		return fail(ps, "~ is for strings", -EINVAL);
	if (*end == '-')
		end++;
	while (is_name_char(*end))
		end++;
	saved = *end;
	*end = '\0';
	if (*ps->p == '-')
		error = kstrtoll(ps->p, 0, &value);
	else
		error = kstrtoull(ps->p, 0, (unsigned long long *)&value);
	*end = saved;
	if (error)
		return fail(ps, "a number is wanted here", -EINVAL);
	op->value = value;
	ps->p = end;
	return 0;
}

static int parse_comparison(struct parser *ps)
{
	struct filter_op *op = new_op(ps, FILTER_INT);
	char *name, *end;
	int cmp;

	if (!op)
		return fail(ps, "too long", -ENOSPC);
	name = end = ps->p = skip_spaces(ps->p);
	while (is_name_char(*end))
		end++;
	if (end == name)	/* Linux's number for that */
		return fail(ps, "a field is wanted here", *name ? -EPERM : -EINVAL);
	if (!find_field(ps, name, end - name, op))
		return fail(ps, "the event has no such field, or it cannot be compared", -EINVAL);
	ps->p = end;
	cmp = parse_cmp(ps);
	if (cmp < 0)
		return cmp;
	op->cmp = cmp;
	ps->p = skip_spaces(ps->p);
	if (op->kind == FILTER_STRING || op->kind == FILTER_DYN_STRING || op->kind == FILTER_COMM)
		return parse_string(ps, op);
	return parse_number(ps, op);
}

/* ---------------------------------------------------------------- && || ! ( ) */

static int push(struct parser *ps, u8 what)
{
	if (ps->nr_pending >= MAX_PENDING)
		return fail(ps, "too deep", -EINVAL);
	ps->pending[ps->nr_pending++] = what;
	return 0;
}

static u8 top(const struct parser *ps)
{
	return ps->nr_pending ? ps->pending[ps->nr_pending - 1] : PAREN;
}

/* Operators on the stack go to the program, down to a parenthesis or to one that binds less. */
static int flush(struct parser *ps, bool also_or, bool also_and)
{
	u8 t;

	while ((t = top(ps)) != PAREN) {
		if ((t == FILTER_OR && !also_or) || (t == FILTER_AND && !also_and))
			break;
		if (!new_op(ps, t))
			return fail(ps, "too long", -ENOSPC);
		ps->nr_pending--;
	}
	return 0;
}

/* What may stand in front of a comparison, and it. */
static int parse_operand(struct parser *ps)
{
	int error = 0;

	while (!error) {
		if (accept(ps, "!"))
			error = push(ps, FILTER_NOT);
		else if (accept(ps, "("))
			error = push(ps, PAREN);
		else
			return parse_comparison(ps);
	}
	return error;
}

/* All ')' behind an operand. What negates the whole parenthesis is flushed with it. */
static int close_parens(struct parser *ps)
{
	int error = flush(ps, false, false);

	while (!error && accept(ps, ")")) {
		error = flush(ps, true, true);
		if (!error && !ps->nr_pending) {
			ps->p--;
			return fail(ps, "no parenthesis is open", -EPERM);
		}
		ps->nr_pending--;
		if (!error)
			error = flush(ps, false, false);
	}
	return error;
}

static int parse_all(struct parser *ps)
{
	for (;;) {
		int error = parse_operand(ps);

		if (!error)
			error = close_parens(ps);
		if (error)
			return error;
		if (accept(ps, "&&"))
			error = flush(ps, false, true) ?: push(ps, FILTER_AND);
		else if (accept(ps, "||"))
			error = flush(ps, true, true) ?: push(ps, FILTER_OR);
		else
			break;
		if (error)
			return error;
	}
	if (*ps->p)
		return fail(ps, "&& or || is wanted here", -EPERM);
	if (flush(ps, true, true))
		return -ENOSPC;
	return ps->nr_pending ? fail(ps, "a parenthesis is not closed", -ENOENT) : 0;
}

/*
 * *where: what is wrong, at which byte of the text. -EINVAL, and as on Linux -EPERM or
 * -ENOENT for parentheses, -ESRCH for quotes; -ENOSPC: too long; -ENOMEM.
 */
int filter_parse(struct trace_filter *filter, event_handle e, struct filter_error *where)
{
	struct parser *ps = kzalloc(sizeof(*ps), GFP_KERNEL);
	int error;

	if (!ps)
		return -ENOMEM;
	ps->p = filter->strings;
	ps->filter = filter;
	ps->event = e;
	error = parse_all(ps);
	where->what = ps->error;
	where->at = ps->p - filter->strings;
	kfree(ps);
	return error;
}
