/* SPDX-License-Identifier: MIT */
/*
 * The first C: brings what the loader left behind into the kernel's own variables, then calls
 * start_kernel() (init/main.c). Linux's twin: arch/x86/kernel/head64.c.
 *
 * Called once by head_64.S on the boot stack, interrupts off, .bss clear, in its early page tables:
 *
 *	physical                         after this file
 *	boot_params of the loader  --->  boot_params          (.bss)
 *	command line               --->  boot_command_line    (.bss)
 *	initrd, setup_data               where they are; e820.c reserves them
 *
 * No kernel service may be used here: no printk, no per-CPU lock, no allocation.
 */
#include <asm/bootparam.h>
#include <vitrix/init.h>
#include <vitrix/string.h>
#include <arch/page.h>
#include <arch/segment.h>
#include <arch/setup.h>
#include "../boot/bootparam-offsets.h"

struct boot_params boot_params;
char boot_command_line[COMMAND_LINE_SIZE];

#define CHECK_OFFSET(member) \
	static_assert(BP_##member == offsetof(struct boot_params, member), #member)
#define CHECK_SCREEN(member) \
	static_assert(BP_##member == offsetof(struct boot_params, screen_info.member), #member)
CHECK_SCREEN(orig_x);
CHECK_SCREEN(ext_mem_k);
CHECK_SCREEN(orig_video_mode);
CHECK_SCREEN(orig_video_cols);
CHECK_SCREEN(orig_video_lines);
CHECK_SCREEN(orig_video_isVGA);
CHECK_SCREEN(orig_video_points);
CHECK_OFFSET(alt_mem_k);
CHECK_OFFSET(e820_entries);
CHECK_OFFSET(sentinel);
CHECK_OFFSET(hdr);
CHECK_OFFSET(e820_table);
static_assert(BP_code32_start == offsetof(struct boot_params, hdr.code32_start), "code32_start");
static_assert(BP_SIZE == sizeof(struct boot_params), "boot_params");
static_assert(E820_ENTRY_SIZE == sizeof(struct boot_e820_entry), "boot_e820_entry");
static_assert(E820_ENTRIES_MAX == E820_MAX_ENTRIES_ZEROPAGE, "e820_table");

/* An interrupt gate of the 64-bit IDT (SDM vol. 3, 6.14.1). */
struct early_gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_mid;
	u32 offset_high, reserved;
};
#define GATE_INTERRUPT	0x8e	/* present, ring 0 */
#define NR_EXCEPTIONS	32
#define STUB_SIZE	16	/* of early_idt_handlers, head_64.S */

/* What the stubs and the CPU push. */
struct early_frame {
	u64 vector, error_code, ip, cs, flags, sp, ss;
};

extern char early_idt_handlers[];
static struct early_gate early_idt[NR_EXCEPTIONS] __initdata;

/*
 * Until trap_init() an exception is the end; without a table it would be a silent triple fault.
 * Called by head_64.S with interrupts off.
 */
void __init __used __noreturn early_exception(struct early_frame *frame)
{
	static const char *const label[] = {
		"\nvector ", " error ", "\nip ", " cs ", "\nflags ", " sp ", " ss ",
	};
	const u64 *value = &frame->vector;
	u64 cr2;

	static_assert(ARRAY_SIZE(label) == sizeof(*frame) / sizeof(u64), "early_frame");
	for (int i = 0; i < ARRAY_SIZE(label); i++) {
		early_serial_write(label[i], strlen(label[i]));
		early_serial_hex(value[i]);
	}
	__asm__ volatile("movq %%cr2,%0" : "=r"(cr2));
	early_serial_write("\ncr2 ", 5);
	early_serial_hex(cr2);
	early_serial_write("\n", 1);
	early_die("exception before trap_init()");
}

static void __init load_early_idt(void)
{
	struct { u16 limit; u64 base; } __packed idtr = {
		sizeof(early_idt) - 1, (u64)early_idt
	};

	for (int i = 0; i < NR_EXCEPTIONS; i++) {
		u64 stub = (u64)early_idt_handlers + i * STUB_SIZE;

		early_idt[i] = (struct early_gate) {
			.offset_low = stub, .offset_mid = stub >> 16, .offset_high = stub >> 32,
			.selector = __KERNEL_CS, .type = GATE_INTERRUPT,
		};
	}
	__asm__ volatile("lidt %0" : : "m"(idtr));
}

/*
 * A loader that copied more of bzImage's first sectors than the header brought the sentinel along:
 * what it did not set itself is then setup.S's bytes. Believes only what such loaders do set.
 */
static void __init sanitize_boot_params(struct boot_params *bp)
{
	if (!bp->sentinel)
		return;
	bp->ext_ramdisk_image = 0;
	bp->ext_ramdisk_size = 0;
	bp->ext_cmd_line_ptr = 0;
	bp->acpi_rsdp_addr = 0;
	bp->cc_blob_address = 0;
	memset(&bp->efi_info, 0, sizeof(bp->efi_info));
	bp->eddbuf_entries = 0;
	bp->edd_mbr_sig_buf_entries = 0;
	bp->sentinel = 0;
}

/* A command line that cannot be reached is none; a longer one is cut, as the header promises. */
static void __init copy_command_line(const struct boot_params *bp)
{
	u64 phys = bp->hdr.cmd_line_ptr | (u64)bp->ext_cmd_line_ptr << 32;

	if (!phys || phys >= EARLY_DIRECT_MAP_END - COMMAND_LINE_SIZE)
		return;
	strscpy(boot_command_line, __va(phys), COMMAND_LINE_SIZE);
}

/* The image is where it stays. */
static void __init __noreturn go_on(void)
{
	load_early_idt();
	start_kernel();
	early_die("start_kernel() returned");
}

void __init __noreturn x86_64_start_kernel(struct boot_params *boot)
{
	early_serial_init();
	load_early_idt();
	if (pvh_start_info) {
		pvh_fill_boot_params(&boot_params);
	} else {
		memcpy(&boot_params, boot, sizeof(boot_params));
		sanitize_boot_params(&boot_params);
	}
	copy_command_line(&boot_params);
	kaslr_move(go_on);
	go_on();
}
