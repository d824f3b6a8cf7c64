/* SPDX-License-Identifier: MIT */
/*
 * Places in struct boot_params (<asm/bootparam.h>) and in its setup header, for assembler: the
 * 16-bit setup is linked apart from the kernel, so no generated file reaches it. head64.c asserts
 * at compile time that each number is what the ABI's struct says.
 */
#ifndef ARCH_BOOT_BOOTPARAM_OFFSETS_H
#define ARCH_BOOT_BOOTPARAM_OFFSETS_H

#define BP_orig_x		0x000
#define BP_ext_mem_k		0x002
#define BP_orig_video_mode	0x006
#define BP_orig_video_cols	0x007
#define BP_orig_video_lines	0x00e
#define BP_orig_video_isVGA	0x00f
#define BP_orig_video_points	0x010
#define BP_alt_mem_k		0x1e0
#define BP_e820_entries		0x1e8
#define BP_sentinel		0x1ef
#define BP_hdr			0x1f1
#define BP_code32_start		0x214
#define BP_e820_table		0x2d0
#define BP_SIZE			0x1000

#define E820_ENTRY_SIZE		20
#define E820_ENTRIES_MAX	128

#endif
