/* SPDX-License-Identifier: MIT */
/*
 * MADT: the CPUs by their APIC ids, the IOAPICs, and how the ISA lines are wired to them.
 * Linux's twin: arch/x86/kernel/acpi/boot.c; ACPI specification, 5.2.12.
 *
 *   header | local APIC address | flags | entry: type, length, ... | entry | ...
 *
 * Each entry's length is checked against its type's and against the end. Boot only.
 */
#include <vitrix/acpi.h>
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <arch/apic.h>

#define MADT_PCAT_COMPAT	1	/* the two 8259 exist */
#define CPU_ENABLED		1

enum { MADT_LAPIC, MADT_IOAPIC, MADT_OVERRIDE, MADT_NMI_SOURCE, MADT_LAPIC_NMI,
       MADT_X2APIC = 9, MADT_X2APIC_NMI };

struct acpi_madt {
	struct acpi_table_header header;
	u32 lapic_address, flags;
} __packed;

struct entry { u8 type, length; } __packed;
struct lapic_entry { struct entry e; u8 processor_uid, apic_id; u32 flags; } __packed;
struct ioapic_entry { struct entry e; u8 id, reserved; u32 address, gsi_base; } __packed;
struct override_entry { struct entry e; u8 bus, source; u32 gsi; u16 flags; } __packed;
struct lapic_nmi_entry { struct entry e; u8 processor_uid; u16 flags; u8 lint; } __packed;
struct x2apic_entry { struct entry e; u16 reserved; u32 apic_id, flags, processor_uid; } __packed;
struct x2apic_nmi_entry {
	struct entry e;
	u16 flags;
	u32 processor_uid;
	u8 lint, reserved[3];
} __packed;

/*
 * Polarity in bits 0-1, trigger in bits 2-3: 1 high or edge, 3 low or level, 0 as ISA: high,
 * edge.
 */
static unsigned int __init inti_flags(u16 flags)
{
	return ((flags & 3) == 3 ? IRQ_FLAG_ACTIVE_LOW : 0) |
	       ((flags >> 2 & 3) == 3 ? IRQ_FLAG_LEVEL : 0);
}

static void __init register_cpu(u32 apic_id, u32 flags)
{
	if (flags & CPU_ENABLED)
		smp_register_cpu(apic_id);
}

static size_t __init minimum_length(u8 type)
{
	switch (type) {
	case MADT_LAPIC: return sizeof(struct lapic_entry);
	case MADT_IOAPIC: return sizeof(struct ioapic_entry);
	case MADT_OVERRIDE: return sizeof(struct override_entry);
	case MADT_LAPIC_NMI: return sizeof(struct lapic_nmi_entry);
	case MADT_X2APIC: return sizeof(struct x2apic_entry);
	case MADT_X2APIC_NMI: return sizeof(struct x2apic_nmi_entry);
	default: return sizeof(struct entry);
	}
}

static void __init parse_entry(const void *p)
{
	const struct entry *e = p;
	const struct lapic_entry *lapic = p;
	const struct ioapic_entry *ioapic = p;
	const struct override_entry *override = p;
	const struct lapic_nmi_entry *nmi = p;
	const struct x2apic_entry *x2apic = p;
	const struct x2apic_nmi_entry *x2nmi = p;

	switch (e->type) {
	case MADT_LAPIC:
		register_cpu(lapic->apic_id, lapic->flags);
		break;
	case MADT_IOAPIC:
		ioapic_register(ioapic->id, ioapic->address, ioapic->gsi_base);
		break;
	case MADT_OVERRIDE:
		isa_irq_override(override->source, override->gsi, inti_flags(override->flags));
		break;
	case MADT_LAPIC_NMI:
		lapic_set_nmi_lint(nmi->lint);
		break;
	case MADT_X2APIC:
		register_cpu(x2apic->apic_id, x2apic->flags);
		break;
	case MADT_X2APIC_NMI:
		lapic_set_nmi_lint(x2nmi->lint);
		break;
	}
}

void __init acpi_parse_madt(void)
{
	const struct acpi_madt *madt = (const void *)acpi_find_table("APIC", NULL);
	const char *p, *end;

	if (!madt || madt->header.length < sizeof(*madt))
		return;
	has_legacy_pic = madt->flags & MADT_PCAT_COMPAT;
	end = (const char *)madt + madt->header.length;
	for (p = (const char *)(madt + 1); end - p >= sizeof(struct entry); ) {
		const struct entry *e = (const void *)p;

		if (e->length < minimum_length(e->type) || e->length > end - p) {
			pr_warn("ACPI: MADT entry of type %u has length %u\n", e->type, e->length);
			break;
		}
		parse_entry(p);
		p += e->length;
	}
}
