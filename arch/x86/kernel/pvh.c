/* SPDX-License-Identifier: MIT */
/*
 * The PVH boot protocol: a loader that starts the ELF file itself (QEMU -kernel vmlinux,
 * Xen, Firecracker, Cloud Hypervisor) hands a struct hvm_start_info over, not a boot_params.
 * This makes one of the other, so that nothing behind this file knows of PVH.
 * Linux's twin: arch/x86/platform/pvh/enlighten.c. The ABI: Xen's
 * xen/include/public/arch-x86/hvm/start_info.h (not part of linux-libc-dev, so typed here).
 *
 *	hvm_start_info   memmap_paddr ----> memmap entries       --> boot_params.e820_table
 *	                 modlist_paddr ---> first module         --> ramdisk_image, ramdisk_size
 *	                 cmdline_paddr ---> string               --> cmd_line_ptr
 *	                 rsdp_paddr                              --> acpi_rsdp_addr
 *
 * Called by head64.c before there is any service. All addresses come from outside: each is checked
 * to lie in the early direct map before it is followed.
 */
#include <asm/bootparam.h>
#include <vitrix/init.h>
#include <vitrix/string.h>
#include <arch/page.h>
#include <arch/setup.h>

#define HVM_START_MAGIC	0x336ec578	/* "xEn3" with bit 7 of the E set */
#define LOADER_XEN	(9 << 4)	/* type_of_loader: any but 0 makes the initrd count */

struct hvm_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modlist_paddr, cmdline_paddr, rsdp_paddr;
	u64 memmap_paddr;		/* this and the rest from version 1 on */
	u32 memmap_entries, reserved;
};

struct hvm_modlist_entry {
	u64 paddr, size, cmdline_paddr, reserved;
};

struct hvm_memmap_entry {
	u64 addr, size;
	u32 type, reserved;
};

/* The object of that size at phys, or NULL if the early page tables do not show it. */
static const void * __init early_object(u64 phys, u64 size)
{
	if (!phys || phys >= EARLY_DIRECT_MAP_END || size > EARLY_DIRECT_MAP_END - phys)
		return NULL;
	return __va(phys);
}

static void __init fill_memory_map(struct boot_params *bp, const struct hvm_start_info *info)
{
	u32 n = min_t(u32, info->memmap_entries, E820_MAX_ENTRIES_ZEROPAGE);
	const struct hvm_memmap_entry *map = early_object(info->memmap_paddr, n * sizeof(*map));

	if (info->version < 1 || !n || !map)
		early_die("PVH: the loader gave no memory map");
	for (u32 i = 0; i < n; i++) {
		bp->e820_table[i].addr = map[i].addr;
		bp->e820_table[i].size = map[i].size;
		bp->e820_table[i].type = map[i].type;
	}
	bp->e820_entries = n;
}

static void __init fill_initrd(struct boot_params *bp, const struct hvm_start_info *info)
{
	const struct hvm_modlist_entry *module;

	if (!info->nr_modules)
		return;
	module = early_object(info->modlist_paddr, sizeof(*module));
	if (!module)
		return;
	bp->hdr.ramdisk_image = module->paddr;
	bp->hdr.ramdisk_size = module->size;
	bp->ext_ramdisk_image = module->paddr >> 32;
	bp->ext_ramdisk_size = module->size >> 32;
}

void __init pvh_fill_boot_params(struct boot_params *bp)
{
	const struct hvm_start_info *info = early_object(pvh_start_info, sizeof(*info));

	if (!info || info->magic != HVM_START_MAGIC)
		early_die("PVH: no hvm_start_info");
	fill_memory_map(bp, info);
	fill_initrd(bp, info);
	bp->acpi_rsdp_addr = info->rsdp_paddr;
	bp->hdr.cmd_line_ptr = info->cmdline_paddr;
	bp->ext_cmd_line_ptr = info->cmdline_paddr >> 32;
	bp->hdr.type_of_loader = LOADER_XEN;
	bp->hdr.boot_flag = 0xaa55;
	bp->hdr.version = 0x020f;
	memcpy(&bp->hdr.header, "HdrS", 4);
}
