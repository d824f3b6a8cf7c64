/* SPDX-License-Identifier: MIT */
/* Symbol lookup over a table of our own, laid over a piece of data that plays the text. */
#include "unit.h"
#include <vitrix/types.h>

#define _etext		fake_etext
#include "../../lib/kallsyms.c"

asm(".pushsection .data\n"
    ".globl fake_text, fake_etext\n"
    "fake_text: .zero 0x1000\n"
    "fake_etext: .byte 0\n"
    ".popsection");
extern char fake_text[];

const u64 kallsyms_base = (u64)fake_text;
const u32 kallsyms_num_syms = 5;
const u32 kallsyms_offsets[] = { 0x10, 0x20, 0x20, 0x40, 0x800 };
const u32 kallsyms_name_offsets[] = { 0, 4, 10, 15, 20 };
const char kallsyms_types[] = "TtTWt";
const char kallsyms_names[] = "one\0local\0twos\0four\0last";

static const char *name_at(unsigned long offset)
{
	return kallsyms_lookup((unsigned long)fake_text + offset, NULL, NULL);
}

TEST(lookup)
{
	char type = 0;
	unsigned long base = (unsigned long)fake_text, offset, size, addr;

	CHECK(name_at(0) == NULL && name_at(0xf) == NULL && name_at(-1) == NULL);
	CHECK_STR(name_at(0x10), "one");
	CHECK_STR(name_at(0x1f), "one");
	CHECK_STR(name_at(0x20), "twos");
	CHECK_STR(name_at(0x3f), "twos");
	CHECK_STR(name_at(0x40), "four");
	CHECK_STR(name_at(0xfff), "last");
	CHECK(name_at(0x1000) == NULL);
	CHECK_STR(kallsyms_lookup(base + 0x25, &offset, &size), "twos");
	CHECK(offset == 5 && size == 0x20);
	kallsyms_lookup(base + 0x801, &offset, &size);
	CHECK(offset == 1 && size == 0x800);
	CHECK(kallsyms_covers(base + 0x10) && !kallsyms_covers(base));

	CHECK_EQ(kallsyms_lookup_name("local"), base + 0x20);
	CHECK_EQ(kallsyms_lookup_name("last"), base + 0x800);
	CHECK_EQ(kallsyms_lookup_name("none"), 0);
	CHECK_STR(kallsyms_nth(3, &addr, &type), "four");
	CHECK_EQ(type, 'W');
	CHECK_EQ(addr, base + 0x40);
	CHECK(kallsyms_nth(5, &addr, &type) == NULL && kallsyms_count() == 5);
}

TEST(printing)
{
	char buf[KSYM_SYMBOL_LEN];

	printf_symbol = sprint_symbol_n;
	snprintf(buf, sizeof(buf), "<%pS>", fake_text + 0x25);
	CHECK_STR(buf, "<twos+0x5/0x20>");
	sprint_symbol(buf, sizeof(buf), 0x1234);
	CHECK_STR(buf, "0x1234");
	CHECK_EQ(sprint_symbol(buf, 5, (unsigned long)fake_text + 0x10), 4);
	CHECK_STR(buf, "one+");
}
