/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own symbol table: address to name and back (Linux's include/linux/kallsyms.h).
 *
 * The table is made from the linked kernel by tools/kallsyms.py and linked into it, so the first
 * link pass sees an empty one. Constant data: no locks, any context, also while panicking.
 */
#ifndef _VITRIX_KALLSYMS_H
#define _VITRIX_KALLSYMS_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

#define KSYM_NAME_LEN	128
/* "name+0xffffffffffffffff/0xffffffffffffffff" */
#define KSYM_SYMBOL_LEN	(KSYM_NAME_LEN + 40)

/*
 * The symbol that covers @addr: its name, and if the pointers are not NULL the distance from its
 * start and the distance from there to the next symbol. NULL outside of the table.
 */
const char *kallsyms_lookup(unsigned long addr, unsigned long *offset, unsigned long *size);

/* Address of the symbol, 0 if there is none. Linear: for the tracer's commands and gdb stubs. */
unsigned long kallsyms_lookup_name(const char *name);

/* "name+0x12/0x34", or the number when no symbol covers it. Returns @buf; fits printf_symbol. */
const char *sprint_symbol_n(unsigned long addr, char *buf, size_t size);

/* The same as text length, into a buffer of @size bytes. */
int sprint_symbol(char *buf, size_t size, unsigned long addr);

/* The symbols in order of address, with nm's letter, for /proc/kallsyms; NULL behind the last. */
const char *kallsyms_nth(unsigned int n, unsigned long *addr, char *type);
unsigned int kallsyms_count(void);

/*
 * May somebody with those rights see the kernel's addresses? /proc/sys/kernel/kptr_restrict says: 0
 * and 1: with CAP_SYSLOG; 2: nobody. fs/proc/kallsyms.c
 */
struct cred;
extern int kptr_restrict;
bool kallsyms_show_value(const struct cred *cred);

/* Is @addr inside of the table's range? */
static inline bool kallsyms_covers(unsigned long addr)
{
	return kallsyms_lookup(addr, NULL, NULL) != NULL;
}

#endif
