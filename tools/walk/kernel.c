/* SPDX-License-Identifier: MIT */
/* Names of kernel addresses, from /proc/kallsyms, read once. */
#include "walk.h"

#include <stdlib.h>
#include <string.h>

struct symbol {
	uint64_t value;
	char *name;
};

static struct symbol *symbols;
static size_t nr;
static bool loaded;

static int by_value(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

static void load(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], name[256], type;
	unsigned long value;
	size_t room = 0;

	loaded = true;
	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%lx %c %255s", &value, &type, name) != 3 || !value)
			continue;
		if (nr == room) {
			room = room ? room * 2 : 4096;
			symbols = realloc(symbols, room * sizeof *symbols);
		}
		if (!symbols || !(symbols[nr].name = strdup(name)))
			die(1, "out of memory");
		symbols[nr++].value = value;
	}
	if (f)
		fclose(f);
	if (nr)
		qsort(symbols, nr, sizeof *symbols, by_value);
}

void kernel_symbol(struct text *t, uint64_t addr)
{
	size_t lo = 0, hi;

	if (!loaded)
		load();
	hi = nr;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (symbols[mid].value <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr - symbols[lo - 1].value > 0x100000)
		text_addf(t, "0x%llx", (unsigned long long)addr);
	else if (addr == symbols[lo - 1].value)
		text_add(t, symbols[lo - 1].name);
	else
		text_addf(t, "%s+0x%llx", symbols[lo - 1].name,
			  (unsigned long long)(addr - symbols[lo - 1].value));
}

uint64_t kernel_address(const char *name)
{
	if (!loaded)
		load();
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(symbols[i].name, name))
			return symbols[i].value;
	return 0;
}
