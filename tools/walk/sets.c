/* SPDX-License-Identifier: MIT */
/*
 * How values with names become text, in strace's way: the names joined with |, what is left as a
 * hexadecimal number behind them. The tables are in set_tables.c.
 */
#include "sets.h"

const char *set_name(const struct set *s, unsigned long long value)
{
	for (const struct name *n = s->names; n->name; n++)
		if (n->value == value)
			return n->name;
	return NULL;
}

void set_value(struct text *t, const struct set *s, unsigned long long value)
{
	const char *name = set_name(s, value);

	if (name)
		text_add(t, name);
	else if (s->unknown)
		text_addf(t, "%#llx /* %s */", value, s->unknown);
	else
		text_addf(t, "%#llx", value);
}

void set_flags(struct text *t, const struct set *s, unsigned long long value)
{
	unsigned long long left = value;
	const char *name = value ? NULL : set_name(s, 0);
	int any = 0;

	if (name || !value) {
		text_add(t, name ? name : "0");
		return;
	}
	for (const struct name *n = s->names; n->name; n++) {
		if (!n->value || (left & n->value) != n->value)
			continue;
		text_addf(t, "%s%s", any ? "|" : "", n->name);
		left &= ~n->value;
		any = 1;
	}
	if (left && any)
		text_addf(t, "|%#llx", left);
	else if (left && s->unknown)
		text_addf(t, "%#llx /* %s */", left, s->unknown);
	else if (left)
		text_addf(t, "%#llx", left);
}

void set_text(struct text *t, const struct set *s, unsigned long long value)
{
	if (s->flags)
		set_flags(t, s, value);
	else
		set_value(t, s, value);
}
