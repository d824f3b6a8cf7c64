/* SPDX-License-Identifier: MIT */
/*
 * Sets of CPUs to text and back, as /proc and /sys have them. Linux's twin: lib/bitmap.c. No locks,
 * any context.
 */
#include <vitrix/cpumask.h>
#include <vitrix/ctype.h>
#include <vitrix/err.h>
#include <vitrix/fs.h>
#include <vitrix/string.h>

void seq_cpumask(struct seq_file *m, u64 cpus)
{
	cpus &= cpu_possible_bits();
	if (nr_cpu_ids > 32)
		seq_printf(m, "%0*x,%08x\n", (nr_cpu_ids - 32 + 3) / 4, (u32)(cpus >> 32),
			   (u32)cpus);
	else
		seq_printf(m, "%0*x\n", (nr_cpu_ids + 3) / 4, (u32)cpus);
}

void seq_cpulist(struct seq_file *m, u64 cpus)
{
	const char *comma = "";

	cpus &= cpu_possible_bits();
	for (int first = 0; first < NR_CPUS; first++) {
		int last = first;

		if (!(cpus >> first & 1))
			continue;
		while (last + 1 < NR_CPUS && (cpus >> (last + 1) & 1))
			last++;
		seq_printf(m, last > first ? "%s%d-%d" : "%s%d", comma, first, last);
		comma = ",";
		first = last;
	}
	seq_putc(m, '\n');
}

static bool ends_line(char c)
{
	return !c || c == '\n';
}

static bool separates(char c)
{
	return c == ',' || (isspace(c) && c != '\n');
}

static int hex_digit(char c)
{
	if (isdigit(c))
		return c - '0';
	return isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* One group of up to 32 bits. Returns where it ends, or an error. */
static const char *parse_group(const char *s, u32 *group)
{
	int digits = 0;

	for (*group = 0; !ends_line(*s) && !separates(*s); s++) {
		int digit = hex_digit(*s);

		if (digit < 0)
			return ERR_PTR(-EINVAL);
		if (digits++ == 8)
			return ERR_PTR(-EOVERFLOW);
		*group = *group << 4 | digit;
	}
	return s;
}

int cpumask_parse(const char *text, u64 *cpus)
{
	int groups = 0;
	u64 mask = 0;

	while (!ends_line(*text)) {
		u32 group;

		if (separates(*text)) {
			text++;
			continue;
		}
		text = parse_group(text, &group);
		if (IS_ERR(text))
			return PTR_ERR(text);
		if (groups++ == (nr_cpu_ids + 31) / 32)
			return -EOVERFLOW;
		mask = mask << 32 | group;
	}
	if (mask & ~cpu_possible_bits())
		return -EOVERFLOW;
	*cpus = mask;
	return 0;
}

/* A decimal number, or N for the last CPU. Returns where it ends, or an error. */
static const char *parse_number(const char *s, unsigned int *number)
{
	u64 n = 0;

	if (*s == 'N') {
		*number = nr_cpu_ids - 1;
		return s + 1;
	}
	if (!isdigit(*s))
		return ERR_PTR(-EINVAL);
	for (; isdigit(*s); s++) {
		n = n * 10 + (*s - '0');
		if (n > ~0U)
			return ERR_PTR(-EOVERFLOW);
	}
	*number = n;
	return s;
}

/* Of first-last:used/group, the first `used` of each `group`. */
struct region { unsigned int first, last, used, group; };

static const char *parse_region(const char *s, struct region *r)
{
	if (strncmp(s, "all", 3) == 0) {
		*r = (struct region){ 0, nr_cpu_ids - 1, 1, 1 };
		s += 3;
	} else {
		s = parse_number(s, &r->first);
		if (IS_ERR(s))
			return s;
		r->last = r->first;
		r->used = r->group = 1;
		if (*s != '-')
			return s;
		s = parse_number(s + 1, &r->last);
	}
	if (IS_ERR(s) || *s != ':')
		return s;
	s = parse_number(s + 1, &r->used);
	if (IS_ERR(s))
		return s;
	return *s == '/' ? parse_number(s + 1, &r->group) : ERR_PTR(-EINVAL);
}

int cpulist_parse(const char *text, u64 *cpus)
{
	u64 mask = 0;

	while (!ends_line(*text)) {
		struct region r;

		if (separates(*text)) {
			text++;
			continue;
		}
		text = parse_region(text, &r);
		if (IS_ERR(text))
			return PTR_ERR(text);
		if (!ends_line(*text) && !separates(*text))
			return -EINVAL;
		if (r.first > r.last || !r.group || r.used > r.group)
			return -EINVAL;
		if (r.last >= nr_cpu_ids)
			return -ERANGE;
		for (unsigned int cpu = r.first; cpu <= r.last; cpu++)
			if ((cpu - r.first) % r.group < r.used)
				mask |= BIT(cpu);
	}
	*cpus = mask;
	return 0;
}
