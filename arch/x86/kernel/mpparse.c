/* SPDX-License-Identifier: MIT */
/*
 * The MultiProcessor tables from before ACPI: some virtual machines without ACPI have them still.
 * Linux's twin: arch/x86/kernel/mpparse.c; Intel's MultiProcessor Specification 1.4, chapter 4.
 *
 *   "_MP_" in the EBDA, the last KiB of low memory or the BIOS --> "PCMP" header, entries:
 *      0 CPU (20 bytes)   1 bus   2 IOAPIC   3 interrupt   4 local interrupt (8 bytes each)
 *
 * Sums are checked and nothing is followed out of the first MiB. Boot only.
 */
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include <vitrix/vmalloc.h>
#include <arch/apic.h>

#define LOW_MEMORY	0x100000UL	/* all of it is looked at through one mapping */
#define EBDA_SEGMENT	0x40e
#define BIOS_START	0xf0000UL
#define MP_CPU_ENABLED	1
#define MP_IOAPIC_USABLE 1
#define MAX_BUSES	32

struct mp_floating {
	char signature[4];
	u32 config;
	u8 length, revision, checksum, features[5];
} __packed;

struct mp_config {
	char signature[4];
	u16 length;
	u8 revision, checksum;
	char oem[20];
	u32 oem_table;
	u16 oem_size, nr_entries;
	u32 lapic;
	u16 ext_length;
	u8 ext_checksum, reserved;
} __packed;

union mp_entry {
	u8 type;
	struct { u8 type, apic_id, version, flags; u32 signature, features, r[2]; } __packed cpu;
	struct { u8 type, id; char name[6]; } __packed bus;
	struct { u8 type, id, version, flags; u32 addr; } __packed ioapic;
	struct { u8 type, kind; u16 flags; u8 bus, bus_irq, dst_id, dst_pin; } __packed intr;
};
enum { MP_CPU, MP_BUS, MP_IOAPIC, MP_INTR, MP_LINTR };

static u64 isa_buses;			/* bit n: bus n is an ISA bus */

static bool __init sum_is_zero(const u8 *p, size_t n)
{
	u8 sum = 0;

	while (n--)
		sum += *p++;
	return !sum;
}

static const struct mp_floating * __init scan(const char *low, unsigned long start,
					      unsigned long len)
{
	for (unsigned long a = start; len >= 16 && a <= start + len - 16; a += 16) {
		const struct mp_floating *mp = (const void *)(low + a);

		if (!memcmp(mp->signature, "_MP_", 4) && mp->length == 1 &&
		    sum_is_zero((const u8 *)mp, 16))
			return mp;
	}
	return NULL;
}

static const struct mp_floating * __init find_floating(const char *low)
{
	unsigned long ebda = (unsigned long)*(const u16 *)(low + EBDA_SEGMENT) << 4;
	const struct mp_floating *mp = NULL;

	if (ebda >= 0x400 && ebda <= 0xa0000 - 1024)
		mp = scan(low, ebda, 1024);
	if (!mp)
		mp = scan(low, 639 * 1024, 1024);
	if (!mp)
		mp = scan(low, BIOS_START, LOW_MEMORY - BIOS_START);
	return mp;
}

/*
 * flags: bits 0-1 polarity (3: low), bits 2-3 trigger (3: level); 0: as the bus does, edge and
 * high.
 */
static void __init parse_intr(const union mp_entry *e)
{
	unsigned int flags = 0;

	if (e->intr.kind != 0 || e->intr.bus >= MAX_BUSES || !(isa_buses >> e->intr.bus & 1))
		return;
	if ((e->intr.flags & 3) == 3)
		flags |= IRQ_FLAG_ACTIVE_LOW;
	if ((e->intr.flags >> 2 & 3) == 3)
		flags |= IRQ_FLAG_LEVEL;
	isa_irq_override(e->intr.bus_irq, e->intr.dst_pin, flags);
}

static void __init parse_entry(const union mp_entry *e)
{
	switch (e->type) {
	case MP_CPU:
		if (e->cpu.flags & MP_CPU_ENABLED)
			smp_register_cpu(e->cpu.apic_id);
		break;
	case MP_BUS:
		if (e->bus.id < MAX_BUSES && !memcmp(e->bus.name, "ISA", 3))
			isa_buses |= BIT(e->bus.id);
		break;
	case MP_IOAPIC:
		if (e->ioapic.flags & MP_IOAPIC_USABLE)
			ioapic_register(e->ioapic.id, e->ioapic.addr, 0);
		break;
	case MP_INTR:
		parse_intr(e);
		break;
	case MP_LINTR:
		if (e->intr.kind == 1)
			lapic_set_nmi_lint(e->intr.dst_pin);
		break;
	}
}

static bool __init parse_config(const char *low, u32 addr)
{
	const struct mp_config *config = (const void *)(low + addr);
	const char *p, *end;

	if (addr > LOW_MEMORY - sizeof(*config) || memcmp(config->signature, "PCMP", 4) ||
	    config->length < sizeof(*config) || config->length > LOW_MEMORY - addr ||
	    !sum_is_zero((const u8 *)config, config->length)) {
		pr_warn("mptable: broken\n");
		return false;
	}
	end = (const char *)config + config->length;
	p = (const char *)(config + 1);
	for (int i = 0; i < config->nr_entries; i++) {
		size_t size = p < end && *p == MP_CPU ? 20 : 8;

		if (size > end - p)
			break;
		parse_entry((const union mp_entry *)p);
		p += size;
	}
	return nr_ioapics_found() > 0;
}

bool __init mptable_parse(void)
{
	const char *low = memremap(0, LOW_MEMORY);
	const struct mp_floating *mp;
	bool ok = false;

	if (!low)
		return false;
	mp = find_floating(low);
	if (mp && mp->config)
		ok = parse_config(low, mp->config);
	if (ok)
		pr_info("mptable: %d CPUs\n", smp_nr_cpus_found());
	iounmap((volatile void *)low);
	return ok;
}
