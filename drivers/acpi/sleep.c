/* SPDX-License-Identifier: MIT */
/*
 * FADT: how the machine is turned off and reset, and where its timer is. Linux's twins:
 * drivers/acpi/{sleep,reboot}.c; ACPI specification, 4.8.3 and 5.2.9.
 *
 * Off is sleep state S5: write SLP_TYP and SLP_EN to the PM1 control registers (to the sleep
 * control register of "hardware-reduced" machines). SLP_TYP differs from machine to machine and
 * stands in AML:
 *
 *   DSDT: ... 08 "_S5_" 12 len n  elements ...   Name (_S5_, Package () { SLP_TYPa, SLP_TYPb })
 *                       |         0x00 | 0x01 | 0x0a byte | 0x0b word | 0x0c dword
 *
 * No interpreter runs: the bytes are searched for, in the DSDT and then the SSDTs, every step
 * inside the table. Registers in memory are mapped at boot, so that panic can use them.
 */
#include <vitrix/acpi.h>
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include <vitrix/vmalloc.h>
#include <arch/io.h>
#include <arch/time.h>

/* Offsets in the FADT; it grew from version to version, so its length is asked each time. */
#define FADT_DSDT		40
#define FADT_SMI_CMD		48
#define FADT_ACPI_ENABLE	52
#define FADT_PM1A_EVT		56
#define FADT_PM1A_CNT		64
#define FADT_PM1B_CNT		68
#define FADT_PM_TMR		76
#define FADT_PM_TMR_LEN		91
#define FADT_CENTURY		108
#define FADT_BOOT_ARCH		109
#define FADT_FLAGS		112
#define FADT_RESET_REG		116
#define FADT_RESET_VALUE	128
#define FADT_X_DSDT		140
#define FADT_X_PM1A_CNT		172
#define FADT_X_PM1B_CNT		184
#define FADT_X_PM_TMR		208
#define FADT_SLEEP_CONTROL	244
#define FLAG_TMR_32BIT		(1U << 8)
#define FLAG_RESET_REG		(1U << 10)
#define FLAG_HW_REDUCED		(1U << 20)
#define BOOT_ARCH_NO_RTC	(1U << 5)

#define PM1_SCI_EN		1
#define PM1_SLP_TYP_SHIFT	10
#define PM1_SLP_EN		(1U << 13)
#define PM1_STS_WAKE		(1U << 15)
#define SLEEP_SLP_TYP_SHIFT	2
#define SLEEP_SLP_EN		(1U << 5)

#define AML_ZERO		0x00
#define AML_ONE			0x01
#define AML_NAME		0x08
#define AML_BYTE		0x0a
#define AML_WORD		0x0b
#define AML_DWORD		0x0c
#define AML_PACKAGE		0x12

/* A register ready for use. */
struct reg { bool valid, io; u16 port; volatile char *mem; };

static struct reg pm1a_control, pm1b_control, sleep_control, reset_register;
static u16 smi_port, pm1a_status_port;
static u8 acpi_enable, reset_value, s5_type_a, s5_type_b;
static bool s5_known;

static const struct acpi_table_header *fadt __initdata;

/* n bytes at that offset, 0 where this version of the FADT has none. */
static u64 __init fadt_get(u32 offset, u32 n)
{
	u64 value = 0;

	if (offset + n <= fadt->length)
		memcpy(&value, (const char *)fadt + offset, n);
	return value;
}

static void __init map_register(struct reg *reg, u8 space, u64 address)
{
	if (!address)
		return;
	if (space == ACPI_SPACE_IO && address <= 0xffff) {
		*reg = (struct reg){ .valid = true, .io = true, .port = address };
	} else if (space == ACPI_SPACE_MEMORY) {
		reg->mem = ioremap(address, 8);
		reg->valid = reg->mem != NULL;
	}
}

/* The generic address if the FADT has one, else the port of its first version (0: none). */
static void __init fadt_register(struct reg *reg, u32 gas_offset, u32 port_offset)
{
	struct acpi_gas gas = { 0 };

	if (gas_offset + sizeof(gas) <= fadt->length)
		memcpy(&gas, (const char *)fadt + gas_offset, sizeof(gas));
	if (gas.address)
		map_register(reg, gas.space_id, gas.address);
	else if (port_offset)
		map_register(reg, ACPI_SPACE_IO, fadt_get(port_offset, 4));
}

/* An integer constant at *p; moves behind it. false: it is none, or does not end before end. */
static bool __init aml_integer(const u8 **p, const u8 *end, u8 *value)
{
	size_t n;

	if (*p >= end)
		return false;
	switch (*(*p)++) {
	case AML_ZERO:
		*value = 0;
		return true;
	case AML_ONE:
		*value = 1;
		return true;
	case AML_BYTE:
		n = 1;
		break;
	case AML_WORD:
		n = 2;
		break;
	case AML_DWORD:
		n = 4;
		break;
	default:
		return false;
	}
	if (end - *p < n)
		return false;
	*value = **p;			/* SLP_TYP has three bits */
	*p += n;
	return true;
}

/* p is behind "_S5_". */
static bool __init parse_s5_package(const u8 *p, const u8 *end)
{
	u8 a, b = 0, count;

	if (end - p < 3 || *p++ != AML_PACKAGE)
		return false;
	p += 1 + (*p >> 6);		/* PkgLength: the first byte says how many follow */
	if (p >= end)
		return false;
	count = *p++;
	if (count < 1 || !aml_integer(&p, end, &a))
		return false;
	if (count > 1 && !aml_integer(&p, end, &b))
		return false;
	s5_type_a = a & 7;
	s5_type_b = b & 7;
	return true;
}

static bool __init find_s5(const struct acpi_table_header *table)
{
	const u8 *start = (const u8 *)(table + 1), *end = (const u8 *)table + table->length;

	for (const u8 *p = start; end - p > 4; p++) {
		if (memcmp(p, "_S5_", 4))
			continue;
		if (p == start || (p[-1] != AML_NAME && p[-1] != '\\'))
			continue;
		if (parse_s5_package(p + 4, end))
			return true;
	}
	return false;
}

static void __init search_s5(void)
{
	const struct acpi_table_header *table;

	table = acpi_map_table(fadt_get(FADT_X_DSDT, 8) ?: fadt_get(FADT_DSDT, 4));
	s5_known = table && find_s5(table);
	for (table = NULL; !s5_known && (table = acpi_find_table("SSDT", table)); )
		s5_known = find_s5(table);
	if (!s5_known)
		pr_warn("ACPI: no _S5_: the machine cannot be turned off\n");
}

static void __init find_pm_timer(u32 flags)
{
	struct reg timer = { 0 };

	if (acpi_info.hw_reduced || fadt_get(FADT_PM_TMR_LEN, 1) < 4)
		return;
	fadt_register(&timer, FADT_X_PM_TMR, FADT_PM_TMR);
	if (timer.valid && timer.io)
		acpi_info.pm_timer_port = timer.port;
	acpi_info.pm_timer_32bit = flags & FLAG_TMR_32BIT;
}

void __init acpi_parse_fadt(void)
{
	u32 flags;

	fadt = acpi_find_table("FACP", NULL);
	if (!fadt)
		return;
	flags = fadt_get(FADT_FLAGS, 4);
	acpi_info.hw_reduced = flags & FLAG_HW_REDUCED;
	acpi_info.century_register = fadt_get(FADT_CENTURY, 1) & 0x7f;
	acpi_info.no_cmos_rtc = fadt_get(FADT_BOOT_ARCH, 2) & BOOT_ARCH_NO_RTC;
	find_pm_timer(flags);
	if (acpi_info.hw_reduced) {
		fadt_register(&sleep_control, FADT_SLEEP_CONTROL, 0);
	} else {
		fadt_register(&pm1a_control, FADT_X_PM1A_CNT, FADT_PM1A_CNT);
		fadt_register(&pm1b_control, FADT_X_PM1B_CNT, FADT_PM1B_CNT);
		pm1a_status_port = fadt_get(FADT_PM1A_EVT, 4);
		smi_port = fadt_get(FADT_SMI_CMD, 4);
		acpi_enable = fadt_get(FADT_ACPI_ENABLE, 1);
	}
	if (flags & FLAG_RESET_REG) {
		fadt_register(&reset_register, FADT_RESET_REG, 0);
		reset_value = fadt_get(FADT_RESET_VALUE, 1);
	}
	search_s5();
}

static u16 read_control(const struct reg *reg)
{
	return reg->io ? inw(reg->port) : readw(reg->mem);
}

static void write_control(const struct reg *reg, u16 value)
{
	if (!reg->valid)
		return;
	if (reg->io)
		outw(value, reg->port);
	else
		writew(value, reg->mem);
}

static void write_byte(const struct reg *reg, u8 value)
{
	if (reg->io)
		outb(value, reg->port);
	else
		writeb(value, reg->mem);
}

/* The firmware hands the registers over when asked: SCI_EN says that it has. */
static void enter_acpi_mode(void)
{
	if ((read_control(&pm1a_control) & PM1_SCI_EN) || !smi_port || !acpi_enable)
		return;
	outb(acpi_enable, smi_port);
	for (int i = 0; i < 300 && !(read_control(&pm1a_control) & PM1_SCI_EN); i++)
		mdelay(1);
}

static u16 sleep_value(const struct reg *reg, u8 type)
{
	u16 keep = reg->valid ? read_control(reg) & ~(7U << PM1_SLP_TYP_SHIFT | PM1_SLP_EN) : 0;

	return keep | type << PM1_SLP_TYP_SHIFT;
}

void acpi_power_off(void)
{
	u16 a, b;

	if (!s5_known)
		return;
	if (sleep_control.valid) {
		write_byte(&sleep_control, s5_type_a << SLEEP_SLP_TYP_SHIFT | SLEEP_SLP_EN);
	} else if (pm1a_control.valid) {
		enter_acpi_mode();
		if (pm1a_status_port)
			outw(PM1_STS_WAKE, pm1a_status_port);
		a = sleep_value(&pm1a_control, s5_type_a);
		b = sleep_value(&pm1b_control, s5_type_b);
		/* First the type, then the type and the order to go. */
		write_control(&pm1a_control, a);
		write_control(&pm1b_control, b);
		write_control(&pm1a_control, a | PM1_SLP_EN);
		write_control(&pm1b_control, b | PM1_SLP_EN);
	}
	mdelay(100);
}

void acpi_reset(void)
{
	if (!reset_register.valid)
		return;
	write_byte(&reset_register, reset_value);
	mdelay(10);
}
