/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own symbol table (Linux's kernel/kallsyms.c). tools/kallsyms.py makes the table:
 *
 *	kallsyms_offsets[]	address - kallsyms_base, ascending
 *	kallsyms_name_offsets[]	of the same symbol: where its name starts in kallsyms_names[]
 *	kallsyms_types[]	of the same symbol: nm's letter
 *
 * Of several symbols at one address the best name comes last. A symbol reaches up to the next
 * address that has one, the last of a section up to its end. Callers: panic, %pS, the tracer,
 * /proc/kallsyms.
 */
#include <vitrix/kallsyms.h>
#include <vitrix/string.h>
#include <vitrix/printf.h>

extern const u64 kallsyms_base;
extern const u32 kallsyms_num_syms;
extern const u32 kallsyms_offsets[];
extern const u32 kallsyms_name_offsets[];
extern const char kallsyms_types[], kallsyms_names[];
extern char _etext[];
extern char _sinittext[] __weak, _einittext[] __weak;

/* Code is .text and, until it is freed, .init.text; what lies between has no symbols. */
static unsigned long end_of_code(unsigned long addr)
{
	if (addr < (unsigned long)_etext)
		return (unsigned long)_etext;
	if (addr >= (unsigned long)_sinittext && addr < (unsigned long)_einittext)
		return (unsigned long)_einittext;
	return 0;
}

/* Index of the first symbol whose offset is above @offset. */
static u32 first_above(u64 offset)
{
	u32 low = 0, high = kallsyms_num_syms;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (kallsyms_offsets[mid] > offset)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

const char *kallsyms_lookup(unsigned long addr, unsigned long *offset, unsigned long *size)
{
	unsigned long start, end, limit = end_of_code(addr);
	u32 next;

	if (!kallsyms_num_syms || addr < kallsyms_base || !limit)
		return NULL;
	next = first_above(addr - kallsyms_base);
	if (next == 0)
		return NULL;
	start = kallsyms_base + kallsyms_offsets[next - 1];
	end = next < kallsyms_num_syms ? kallsyms_base + kallsyms_offsets[next] : limit;
	if (end > limit)
		end = limit;
	if (offset)
		*offset = addr - start;
	if (size)
		*size = end - start;
	return kallsyms_names + kallsyms_name_offsets[next - 1];
}

unsigned int kallsyms_count(void)
{
	return kallsyms_num_syms;
}

const char *kallsyms_nth(unsigned int n, unsigned long *addr, char *type)
{
	if (n >= kallsyms_num_syms)
		return NULL;
	*type = kallsyms_types[n];
	*addr = kallsyms_base + kallsyms_offsets[n];
	return kallsyms_names + kallsyms_name_offsets[n];
}

unsigned long kallsyms_lookup_name(const char *name)
{
	for (u32 i = 0; i < kallsyms_num_syms; i++)
		if (!strcmp(kallsyms_names + kallsyms_name_offsets[i], name))
			return kallsyms_base + kallsyms_offsets[i];
	return 0;
}

int sprint_symbol(char *buf, size_t size, unsigned long addr)
{
	unsigned long offset, len;
	const char *name = kallsyms_lookup(addr, &offset, &len);

	if (!name)
		return scnprintf(buf, size, "0x%lx", addr);
	return scnprintf(buf, size, "%s+0x%lx/0x%lx", name, offset, len);
}

const char *sprint_symbol_n(unsigned long addr, char *buf, size_t size)
{
	sprint_symbol(buf, size, addr);
	return buf;
}
