/* SPDX-License-Identifier: MIT */
/*
 * What the way from the loader to start_kernel() shares: head_64.S, head64.c, pvh.c, e820.c,
 * early_printk.c. boot_params, boot_command_line and kin are in <vitrix/init.h>.
 * Linux's twins: arch/x86/include/asm/setup.h, e820/api.h.
 */
#ifndef ARCH_SETUP_H
#define ARCH_SETUP_H

#include <vitrix/types.h>

struct boot_params;

/* The windows of head_64.S's page tables: physical addresses below are reachable by __va(). */
#define EARLY_DIRECT_MAP_END	(4ULL << 30)

extern u32 pvh_start_info;		/* physical; 0: entered by another protocol */
extern char boot_stack[], boot_stack_top[];	/* THREAD_SIZE bytes */

/* boot: in the direct map; not looked at if pvh_start_info is set. */
void __noreturn x86_64_start_kernel(struct boot_params *boot);
void kaslr_move(void (*next)(void));	/* goes on at next if the image moves, returns if not */

/* Fills *bp, which is zeroed, from pvh_start_info. Halts if that is no hvm_start_info. */
void pvh_fill_boot_params(struct boot_params *bp);

/*
 * The first serial port, by polling: works from the first line of C, in any context, without a
 * lock (the caller orders writers). Where there is no port, writes go nowhere.
 */
void early_serial_init(void);
void early_serial_write(const char *s, size_t n);
void early_serial_hex(u64 value);	/* 16 digits */
void __noreturn early_die(const char *why);	/* says why on the port and halts */

/* E820_TYPE_*: numbers of the BIOS. 0 asks for any type. */
#define E820_TYPE_RAM		1
#define E820_TYPE_RESERVED	2
#define E820_TYPE_ACPI		3
#define E820_TYPE_NVS		4
#define E820_TYPE_UNUSABLE	5
#define E820_TYPE_PMEM		7

/* Are all bytes of [start, end) of that type? Only after e820_memory_setup(). */
bool e820_mapped_all(u64 start, u64 end, u32 type);

#endif
