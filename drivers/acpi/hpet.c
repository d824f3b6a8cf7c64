/* SPDX-License-Identifier: MIT */
/*
 * The HPET table: where the high precision event timer's registers are. IA-PC HPET specification,
 * 3.2.4. Linux's twin: acpi_parse_hpet() in arch/x86/kernel/acpi/boot.c. arch/x86/kernel/hpet.c
 * drives it.
 */
#include <vitrix/acpi.h>
#include <vitrix/init.h>

struct acpi_hpet {
	struct acpi_table_header header;
	u32 block_id;
	struct acpi_gas address;
	u8 number;
	u16 minimum_tick;
	u8 flags;
} __packed;

void __init acpi_parse_hpet(void)
{
	const struct acpi_hpet *hpet = (const void *)acpi_find_table("HPET", NULL);

	if (hpet && hpet->header.length >= sizeof(*hpet) &&
	    hpet->address.space_id == ACPI_SPACE_MEMORY)
		acpi_info.hpet_address = hpet->address.address;
}
