/* SPDX-License-Identifier: MIT */
/*
 * Which physical memory there is: from the BIOS's table (int 15h, ax = e820h, or what another
 * loader put in its place) to memblock. Linux's twins: arch/x86/kernel/e820.c, setup.c.
 *
 *	boot_params.e820_table --+
 *	setup_data E820_EXT    --+--> raw --> sorted, disjoint --> mem=N cuts --> e820_table
 *	(or only a size: e801) --+                                                    |
 *	                                      memblock_add(usable)  <-----------------+
 *	                                      memblock_reserve(what is in use already)
 *
 * What is in use when the kernel starts:
 *
 *	0       64 KiB          9f000            1 MiB                 _end
 *	+----------+---------------+----------------+----------------------+-- - - --+--------+
 *	| BIOS,    |    usable     | EBDA, VGA,     | kernel image         |  usable | initrd |
 *	| trampol. |               | option ROMs    | _text .. .bss        |         |        |
 *	+----------+---------------+----------------+----------------------+-- - - --+--------+
 *	  reserved                     reserved           reserved                    reserved
 *
 * BIOSes scribble on the lowest pages, so they are never given out; SMP_TRAMPOLINE_PHYS lies there.
 *
 * e820_memory_setup() runs once in start_kernel(), in head_64.S's page tables, before memblock
 * hands out anything. Afterwards the table is constant: no lock. All of it comes from outside.
 */
#include <asm/bootparam.h>
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/kstrtox.h>
#include <vitrix/memblock.h>
#include <vitrix/printk.h>
#include <vitrix/sort.h>
#include <vitrix/string.h>
#include <arch/page.h>
#include <arch/setup.h>
#include <arch/smp.h>

#define E820_MAX	256
#define LOW_END		0x10000ULL	/* see the picture */
#define HOLE_START	0x9f000ULL
#define HOLE_END	0x100000ULL
#define DIRECT_MAP_SIZE	(1ULL << 46)	/* of <arch/page.h>'s map: RAM beyond is out of reach */
#define SETUP_DATA_MAX	64		/* nodes: a list from outside may be a ring */

struct e820_range {
	u64 start, end;			/* bytes; end is one past */
	u32 type;
};

phys_addr_t initrd_start_phys;
u64 initrd_size;

static struct e820_range e820_table[E820_MAX];
static unsigned int e820_nr;

static struct e820_range raw[E820_MAX] __initdata;
static unsigned int raw_nr __initdata;
static u64 edges[2 * E820_MAX] __initdata;

static void __init add_raw(u64 start, u64 size, u32 type)
{
	if (!size || start + size < start || !type)
		return;
	if (raw_nr == E820_MAX) {
		printk(KERN_WARNING "e820: more than %d ranges, the rest is ignored\n", E820_MAX);
		return;
	}
	raw[raw_nr++] = (struct e820_range) { start, start + size, type };
}

static void __init add_entries(const struct boot_e820_entry *entry, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		add_raw(entry[i].addr, entry[i].size, entry[i].type);
}

/* Calls fn for each node of the loader's list that can be trusted to be one. */
static void __init for_each_setup_data(void (*fn)(u64 phys, const struct setup_data *data))
{
	u64 phys = boot_params.hdr.setup_data;
	u64 image = __pa(_text), image_end = __pa(_end);

	for (int i = 0; phys && i < SETUP_DATA_MAX; i++) {
		const struct setup_data *data;

		if (phys >= EARLY_DIRECT_MAP_END - sizeof(*data))
			return;
		data = __va(phys);
		/* QEMU 7.2 can put a node right behind the file, where .bss is: it is gone. */
		if (phys < image_end && phys + sizeof(*data) > image)
			return;
		if (data->len > EARLY_DIRECT_MAP_END - sizeof(*data) - phys)
			return;
		fn(phys, data);
		phys = data->next;
	}
}

static void __init add_extension(u64 phys, const struct setup_data *data)
{
	if (data->type == SETUP_E820_EXT)
		add_entries((const void *)data->data, data->len / sizeof(struct boot_e820_entry));
}

/* All that the loader said. Without a table there is at least a size: memory from 1 MiB on. */
static void __init collect_raw(void)
{
	unsigned int nr = min_t(unsigned int, boot_params.e820_entries, E820_MAX_ENTRIES_ZEROPAGE);

	add_entries(boot_params.e820_table, nr);
	for_each_setup_data(add_extension);
	if (!raw_nr) {
		u64 kib = max_t(u64, boot_params.alt_mem_k, boot_params.screen_info.ext_mem_k);

		add_raw(0, HOLE_START, E820_TYPE_RAM);
		add_raw(HOLE_END, kib << 10, E820_TYPE_RAM);
	}
}

static int __init compare_edges(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* The type of [start, end), which no raw range begins or ends in: the most restrictive one wins. */
static u32 __init type_between(u64 start, u64 end)
{
	u32 type = 0;

	for (unsigned int i = 0; i < raw_nr; i++)
		if (raw[i].start <= start && raw[i].end >= end)
			type = max(type, raw[i].type);
	return type;
}

static void __init append(u64 start, u64 end, u32 type)
{
	struct e820_range *last = e820_nr ? &e820_table[e820_nr - 1] : NULL;

	if (last && last->type == type && last->end == start)
		last->end = end;
	else if (e820_nr < E820_MAX)
		e820_table[e820_nr++] = (struct e820_range) { start, end, type };
}

/* raw -> e820_table: cut at every edge, ask each piece for its type, join equal neighbours. */
static void __init sanitize(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < raw_nr; i++) {
		edges[nr++] = raw[i].start;
		edges[nr++] = raw[i].end;
	}
	sort(edges, nr, sizeof(edges[0]), compare_edges);
	e820_nr = 0;
	for (unsigned int i = 0; i + 1 < nr; i++) {
		u32 type = edges[i] == edges[i + 1] ? 0 : type_between(edges[i], edges[i + 1]);

		if (type)
			append(edges[i], edges[i + 1], type);
	}
}

/* mem=N: as if RAM ended at N. Other ranges stay: devices' memory is still known as such. */
static bool __init cut_ram(u64 limit)
{
	unsigned int out = 0;

	if (limit <= __pa(_end))		/* also mem=nopentium and other non-numbers: 0 */
		return false;
	for (unsigned int i = 0; i < e820_nr; i++) {
		struct e820_range range = e820_table[i];

		if (range.type == E820_TYPE_RAM) {
			if (range.start >= limit)
				continue;
			range.end = min(range.end, limit);
		}
		e820_table[out++] = range;
	}
	e820_nr = out;
	return true;
}

static void __init print_table(const char *who)
{
	static const char *const name[] = {
		[E820_TYPE_RAM] = "usable",
		[E820_TYPE_RESERVED] = "reserved",
		[E820_TYPE_ACPI] = "ACPI data",
		[E820_TYPE_NVS] = "ACPI NVS",
		[E820_TYPE_UNUSABLE] = "unusable",
		[E820_TYPE_PMEM] = "persistent",
	};

	for (unsigned int i = 0; i < e820_nr; i++) {
		const struct e820_range *range = &e820_table[i];

		printk(KERN_INFO "%s: [mem 0x%016llx-0x%016llx] ", who,
		       range->start, range->end - 1);
		if (range->type < ARRAY_SIZE(name) && name[range->type])
			printk(KERN_CONT "%s\n", name[range->type]);
		else
			printk(KERN_CONT "type %u\n", range->type);
	}
}

static void __init reserve_setup_data(u64 phys, const struct setup_data *data)
{
	memblock_reserve(phys, sizeof(*data) + data->len);
	if (data->type == SETUP_INDIRECT && data->len >= sizeof(struct setup_indirect)) {
		const struct setup_indirect *far = (const void *)data->data;

		if (far->addr + far->len > far->addr)
			memblock_reserve(far->addr, far->len);
	}
}

/* Publishes what the boot loader left in RAM that nobody uses; a wrong one is as good as none. */
static void __init find_initrd(void)
{
	u64 start = boot_params.hdr.ramdisk_image | (u64)boot_params.ext_ramdisk_image << 32;
	u64 size = boot_params.hdr.ramdisk_size | (u64)boot_params.ext_ramdisk_size << 32;

	if (!boot_params.hdr.type_of_loader || !start || !size)
		return;
	if (start + size < start || !e820_mapped_all(start, start + size, E820_TYPE_RAM) ||
	    (start < __pa(_end) && start + size > __pa(_text))) {
		printk(KERN_ERR "initrd: [mem 0x%016llx-0x%016llx] is not free RAM, ignored\n",
		       start, start + size - 1);
		return;
	}
	initrd_start_phys = start;
	initrd_size = size;
	printk(KERN_INFO "RAMDISK: [mem 0x%08llx-0x%08llx]\n", start, start + size - 1);
}

/*
 * Boot loaders put the initrd as high as they can: mem= may have cut off the RAM below it. Then it
 * moves; head_64.S's page tables still reach both places. Last, as this allocates.
 */
static void __init reserve_initrd(void)
{
	phys_addr_t from = initrd_start_phys, to;

	if (!initrd_size)
		return;
	memblock_reserve(from, initrd_size);
	if (e820_mapped_all(from, from + initrd_size, E820_TYPE_RAM))
		return;
	to = memblock_alloc_raw(initrd_size, PAGE_SIZE, EARLY_DIRECT_MAP_END);
	if (!to || from + initrd_size > EARLY_DIRECT_MAP_END)
		panic("initrd: no room below mem= for its %llu bytes", initrd_size);
	memcpy(__va(to), __va(from), initrd_size);
	memblock_free(from, initrd_size);
	initrd_start_phys = to;
	printk(KERN_INFO "RAMDISK: moved to [mem 0x%08llx-0x%08llx]\n", to,
	       to + initrd_size - 1);
}

static void __init feed_memblock(void)
{
	for (unsigned int i = 0; i < e820_nr; i++) {
		u64 start = ALIGN(min(e820_table[i].start, DIRECT_MAP_SIZE), PAGE_SIZE);
		u64 end = ALIGN_DOWN(min(e820_table[i].end, DIRECT_MAP_SIZE), PAGE_SIZE);

		if (e820_table[i].type == E820_TYPE_RAM && start < end)
			memblock_add(start, end - start);
	}
	memblock_reserve(0, LOW_END);
	memblock_reserve(HOLE_START, HOLE_END - HOLE_START);
	memblock_reserve(__pa(_text), _end - _text);
	for_each_setup_data(reserve_setup_data);
	reserve_initrd();
}

void __init e820_memory_setup(void)
{
	const char *limit = cmdline_find("mem");

	static_assert(SMP_TRAMPOLINE_PHYS + PAGE_SIZE <= LOW_END, "trampoline");
	collect_raw();
	sanitize();
	printk(KERN_INFO "BIOS-provided physical RAM map:\n");
	print_table("BIOS-e820");
	find_initrd();
	if (limit && cut_ram(memparse(limit, NULL))) {
		printk(KERN_INFO "user-defined physical RAM map:\n");
		print_table("user");
	}
	if (!e820_mapped_all(__pa(_text), __pa(_end), E820_TYPE_RAM))
		panic("the firmware's memory map has no RAM under the kernel");
	feed_memblock();
}

bool e820_mapped_all(u64 start, u64 end, u32 type)
{
	for (unsigned int i = 0; i < e820_nr && start < end; i++) {
		const struct e820_range *range = &e820_table[i];

		ASSERT(range->start < range->end);
		if ((!type || range->type == type) && range->start <= start && range->end > start)
			start = range->end;	/* sorted: the next one may go on from here */
	}
	return start >= end;
}
