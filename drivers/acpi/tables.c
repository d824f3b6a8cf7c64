/* SPDX-License-Identifier: MIT */
/*
 * Finds ACPI's tables and checks them. Linux's twin: drivers/acpi/tables.c and ACPICA's table
 * manager; ACPI specification 6.4, chapter 5.2.
 *
 *   RSDP --> XSDT (64-bit addresses) or RSDT (32-bit) --> MADT "APIC"  CPUs, interrupt controllers
 *                                                         FADT "FACP"  off, reset, timer --> DSDT
 *                                                         "HPET"       timer
 *
 * The RSDP comes from the boot loader, from EFI's configuration table, or from a search in BIOS
 * memory. Everything comes from outside: signature, length and sum are checked before a table is
 * used; a broken one is reported and left out, and the kernel goes on without it. No AML is
 * interpreted. Boot only (after mm_init(): tables are mapped by memremap()), no locks. acpi=off
 * ignores all.
 */
#include <asm/bootparam.h>
#include <vitrix/acpi.h>
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include <vitrix/vmalloc.h>
#include <arch/page.h>

#define MAX_TABLE_LENGTH	(16U << 20)	/* more is a broken length */
#define MAX_TABLES		128
#define EBDA_SEGMENT		0x40eUL
#define BIOS_START		0xe0000UL
#define BIOS_END		0x100000UL
#define EFI_ACPI20_GUID	{ 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11, \
			  0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 }

struct acpi_rsdp {
	char signature[8];
	u8 checksum;
	char oem_id[6];
	u8 revision;
	u32 rsdt_address;
	u32 length;			/* this and the rest from revision 2 on */
	u64 xsdt_address;
	u8 extended_checksum, reserved[3];
} __packed;
#define RSDP_V1_SIZE	20

struct efi_system_table {
	u64 signature, r1[2];
	u64 vendor, r2[9];
	u64 nr_tables, tables;
};
struct efi_config_table { u8 guid[16]; u64 address; };

struct acpi_info acpi_info;
static const struct acpi_table_header *tables[MAX_TABLES];
static int nr_tables;

static bool sum_is_zero(const void *table, size_t n)
{
	const u8 *p = table;
	u8 sum = 0;

	while (n--)
		sum += *p++;
	return !sum;
}

/* The table at phys, mapped; NULL with a message if it is not sound. */
const struct acpi_table_header * __init acpi_map_table(phys_addr_t phys)
{
	const struct acpi_table_header *h = phys ? memremap(phys, sizeof(*h)) : NULL;
	char name[5] = "";
	u32 length;

	if (!h)
		return NULL;
	length = h->length;
	memcpy(name, h->signature, 4);
	iounmap((volatile void *)h);
	if (length < sizeof(*h) || length > MAX_TABLE_LENGTH) {
		pr_warn("ACPI: table at %llx has length %u\n", phys, length);
		return NULL;
	}
	h = memremap(phys, length);
	if (h && !sum_is_zero(h, length)) {
		pr_warn("ACPI: %s at %llx has a wrong checksum\n", name, phys);
		iounmap((volatile void *)h);
		return NULL;
	}
	return h;
}

const struct acpi_table_header * __init acpi_find_table(const char *signature,
							const struct acpi_table_header *prev)
{
	bool behind = !prev;

	for (int i = 0; i < nr_tables; i++) {
		if (behind && !memcmp(tables[i]->signature, signature, 4))
			return tables[i];
		behind |= tables[i] == prev;
	}
	return NULL;
}

static bool __init rsdp_is_sound(const struct acpi_rsdp *rsdp)
{
	return !memcmp(rsdp->signature, "RSD PTR ", 8) && sum_is_zero(rsdp, RSDP_V1_SIZE);
}

/* [phys, phys+len) in steps of 16. 0: not there. */
static phys_addr_t __init scan_for_rsdp(phys_addr_t phys, size_t len)
{
	const char *mem = memremap(phys, len);
	phys_addr_t found = 0;

	if (!mem)
		return 0;
	for (size_t i = 0; i + sizeof(struct acpi_rsdp) <= len && !found; i += 16)
		if (rsdp_is_sound((const void *)(mem + i)))
			found = phys + i;
	iounmap((volatile void *)mem);
	return found;
}

static phys_addr_t __init rsdp_from_bios(void)
{
	const u16 *segment = memremap(EBDA_SEGMENT, sizeof(u16));
	phys_addr_t ebda = segment ? (phys_addr_t)*segment << 4 : 0, found = 0;

	if (segment)
		iounmap((volatile void *)segment);
	if (ebda >= 0x400 && ebda < 0xa0000 - 1024)
		found = scan_for_rsdp(ebda, 1024);
	return found ?: scan_for_rsdp(BIOS_START, BIOS_END - BIOS_START);
}

/* UEFI specification 2.9, 4.3 and 4.6: the system table has a list of (GUID, address). */
static phys_addr_t __init rsdp_from_efi(void)
{
	static const u8 guid[16] __initconst = EFI_ACPI20_GUID;
	const struct efi_info efi = boot_params.efi_info;
	const struct efi_system_table *systab;
	const struct efi_config_table *list;
	phys_addr_t found = 0;
	u64 n, at;

	if (memcmp(&efi.efi_loader_signature, "EL64", 4))
		return 0;
	systab = memremap((u64)efi.efi_systab_hi << 32 | efi.efi_systab, sizeof(*systab));
	if (!systab)
		return 0;
	n = min_t(u64, systab->nr_tables, 64);
	at = systab->tables;
	iounmap((volatile void *)systab);
	list = n ? memremap(at, n * sizeof(*list)) : NULL;
	if (!list)
		return 0;
	for (u64 i = 0; i < n; i++)
		if (!memcmp(list[i].guid, guid, sizeof(guid)))
			found = list[i].address;
	iounmap((volatile void *)list);
	return found;
}

static phys_addr_t __init find_rsdp(void)
{
	if (boot_params.acpi_rsdp_addr)
		return boot_params.acpi_rsdp_addr;
	return rsdp_from_efi() ?: rsdp_from_bios();
}

/* entry_size: 4 in an RSDT, 8 in an XSDT; the addresses are not aligned. */
static bool __init read_root(phys_addr_t phys, const char *signature, size_t entry_size)
{
	const struct acpi_table_header *root = acpi_map_table(phys);
	const char *p, *end;

	if (!root)
		return false;
	if (memcmp(root->signature, signature, 4)) {
		iounmap((volatile void *)root);
		return false;
	}
	end = (const char *)root + root->length;
	for (p = (const char *)(root + 1); end - p >= entry_size; p += entry_size) {
		u64 address = 0;
		const struct acpi_table_header *table;

		memcpy(&address, p, entry_size == 4 ? 4 : 8);
		table = acpi_map_table(address);
		if (table && nr_tables < MAX_TABLES)
			tables[nr_tables++] = table;
	}
	iounmap((volatile void *)root);
	return nr_tables > 0;
}

static bool __init read_rsdp(phys_addr_t phys)
{
	const struct acpi_rsdp *mapped = phys ? memremap(phys, sizeof(*mapped)) : NULL;
	struct acpi_rsdp rsdp;
	bool v2;

	if (!mapped)
		return false;
	rsdp = *mapped;
	v2 = rsdp.revision >= 2 && rsdp.length >= sizeof(rsdp) && rsdp.length <= PAGE_SIZE;
	iounmap((volatile void *)mapped);
	if (!rsdp_is_sound(&rsdp)) {
		pr_warn("ACPI: no RSDP at %llx\n", phys);
		return false;
	}
	if (v2 && rsdp.xsdt_address && sum_is_zero(&rsdp, sizeof(rsdp)) &&
	    read_root(rsdp.xsdt_address, "XSDT", 8))
		return true;
	return read_root(rsdp.rsdt_address, "RSDT", 4);
}

static void __init print_names(void)
{
	pr_info("ACPI:");
	for (int i = 0; i < nr_tables; i++)
		pr_cont(" %.4s", tables[i]->signature);
	pr_cont("\n");
}

void __init acpi_tables_init(void)
{
	const char *choice = cmdline_find("acpi");

	if (choice && !strcmp(choice, "off"))
		return;
	if (!read_rsdp(find_rsdp())) {
		pr_info("ACPI: no tables\n");
		return;
	}
	acpi_info.present = true;
	print_names();
	acpi_parse_madt();
	acpi_parse_fadt();
	acpi_parse_hpet();
}
