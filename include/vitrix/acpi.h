/* SPDX-License-Identifier: MIT */
/*
 * What the kernel takes from ACPI's tables (no AML is run): drivers/acpi/. The CPUs and
 * interrupt controllers go straight to arch/x86 (<arch/apic.h>); the rest stays here.
 */
#ifndef VITRIX_ACPI_H
#define VITRIX_ACPI_H

#include <vitrix/types.h>

/* Where a register is: ACPI specification, Generic Address Structure. */
struct acpi_gas {
	u8 space_id, bit_width, bit_offset, access_size;
	u64 address;
} __packed;
#define ACPI_SPACE_MEMORY	0
#define ACPI_SPACE_IO		1

struct acpi_info {
	bool present;			/* tables were found and are sound */
	bool no_cmos_rtc, hw_reduced;
	u8 century_register;		/* index in CMOS; 0: none */
	bool pm_timer_32bit;
	u16 pm_timer_port;		/* 0: none */
	phys_addr_t hpet_address;	/* 0: none */
};
extern struct acpi_info acpi_info;

/* Next table of that signature after prev (NULL: the first), mapped and checked; NULL: no more.
 * Boot only, after mm_init(). Tables stay mapped. */
struct acpi_table_header {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem_id[6], oem_table_id[8];
	u32 oem_revision;
	char asl_compiler_id[4];
	u32 asl_compiler_revision;
} __packed;
const struct acpi_table_header *acpi_find_table(const char *signature,
						const struct acpi_table_header *prev);

/* Tries to turn the machine off, to reset it. Any context; return if that did not work. */
void acpi_power_off(void);
void acpi_reset(void);

/* between the files of drivers/acpi */
void acpi_parse_madt(void);
void acpi_parse_fadt(void);
void acpi_parse_hpet(void);
const struct acpi_table_header *acpi_map_table(phys_addr_t phys);	/* NULL: unsound */

#endif
