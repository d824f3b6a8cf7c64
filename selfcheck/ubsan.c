/* SPDX-License-Identifier: MIT */
/*
 * What C leaves undefined, and gcc may compile to anything: shifts by too much, indices behind the
 * end of an array, a bool that is neither 0 nor 1, places that cannot be reached, and so on. In the
 * DEBUG build gcc puts a test in front of each such operation (-fsanitize=..., UBSAN in the
 * Makefile). A test that fails calls one of the functions below, whose names and arguments are
 * gcc's; most can go on, with whatever the operation gives.
 *
 * Overflow of signed numbers is not among them: -fwrapv defines it. NULL and misaligned pointers
 * neither: the MMU tells of the first, and x86 has no objection to the second.
 *
 * Any context; in an NMI nothing is reported. No locks. Linux's twin: lib/ubsan.c.
 */
#include <vitrix/preempt.h>
#include <vitrix/printf.h>
#include <vitrix/selfcheck.h>
#include <vitrix/string.h>

struct source_location {
	const char *file;
	u32 line, column;
};

struct type_descriptor {
	u16 kind;			/* 0: an integer */
	u16 info;			/* of an integer: bit 0 signed, above log2 of its bits */
	char name[];			/* in quotes */
};

/* Each kind of test has its own structure; all begin with the place. */
struct shift_data {
	struct source_location where;
	const struct type_descriptor *left, *right;
};

struct bounds_data {
	struct source_location where;
	const struct type_descriptor *array, *index;
};

struct mismatch_data {
	struct source_location where;
	const struct type_descriptor *type;
	u8 log_alignment, kind;
};

struct typed_data {
	struct source_location where;
	const struct type_descriptor *type;
};

struct builtin_data {
	struct source_location where;
	u8 kind;
};

#define REPORT(data, fmt, ...)							\
	selfcheck_report("undefined behaviour at %s:%u: " fmt, (data)->where.file,	\
			 (data)->where.line, ##__VA_ARGS__)

static bool reportable(void)
{
	return !in_nmi() && selfcheck_active();
}

/* gcc passes a number of up to 64 bits itself, in a register; a wider one by its address. */
static s64 number(const struct type_descriptor *type, unsigned long value)
{
	unsigned int bits = 1U << (type->info >> 1);

	if (type->kind)
		return value;
	if (bits > 64)
		return *(const s64 *)value;	/* the lower half */
	if (bits < 64 && (type->info & 1))
		return (s64)(value << (64 - bits)) >> (64 - bits);
	return value;
}

void __ubsan_handle_shift_out_of_bounds(struct shift_data *data, unsigned long left,
					unsigned long right);
void __ubsan_handle_out_of_bounds(struct bounds_data *data, unsigned long index);
void __ubsan_handle_type_mismatch_v1(struct mismatch_data *data, unsigned long address);
void __ubsan_handle_load_invalid_value(struct typed_data *data, unsigned long value);
void __ubsan_handle_divrem_overflow(struct typed_data *data, unsigned long left,
				    unsigned long right);
void __ubsan_handle_vla_bound_not_positive(struct typed_data *data, unsigned long bound);
void __ubsan_handle_invalid_builtin(struct builtin_data *data);
void __ubsan_handle_builtin_unreachable(struct typed_data *data) __noreturn;

void __ubsan_handle_shift_out_of_bounds(struct shift_data *data, unsigned long left,
					unsigned long right)
{
	s64 by = number(data->right, right);

	if (!reportable())
		return;
	REPORT(data, "shift of %s %lld by %lld", data->left->name,
	       (long long)number(data->left, left), (long long)by);
}

void __ubsan_handle_out_of_bounds(struct bounds_data *data, unsigned long index)
{
	if (reportable())
		REPORT(data, "index %lld of %s", (long long)number(data->index, index),
		       data->array->name);
}

/* Of the causes only the size of the object is compiled in. */
void __ubsan_handle_type_mismatch_v1(struct mismatch_data *data, unsigned long address)
{
	if (reportable())
		REPORT(data, "%s at %lx does not fit into the object there", data->type->name,
		       address);
}

void __ubsan_handle_load_invalid_value(struct typed_data *data, unsigned long value)
{
	if (reportable())
		REPORT(data, "%lld is no value of %s", (long long)number(data->type, value),
		       data->type->name);
}

/* The division itself is still to come: the CPU's exception is the end of the task. */
void __ubsan_handle_divrem_overflow(struct typed_data *data, unsigned long left,
				    unsigned long right)
{
	if (reportable())
		REPORT(data, "division of %s %lld by %lld", data->type->name,
		       (long long)number(data->type, left), (long long)number(data->type, right));
}

void __ubsan_handle_vla_bound_not_positive(struct typed_data *data, unsigned long bound)
{
	if (reportable())
		REPORT(data, "array of %lld elements", (long long)number(data->type, bound));
}

void __ubsan_handle_invalid_builtin(struct builtin_data *data)
{
	if (reportable())
		REPORT(data, "the lowest or highest bit of 0");
}

/* There is no code behind it. */
void __ubsan_handle_builtin_unreachable(struct typed_data *data)
{
	selfcheck_fatal("undefined behaviour at %s:%u: reached what cannot be reached",
			data->where.file, data->where.line);
}
