/* SPDX-License-Identifier: MIT */
/*
 * cpuN/topology and /proc/cpuinfo tell of one machine: ids that agree with each other and with what
 * CPUID says on that CPU, and sets of CPUs that follow from the ids.
 */
#include "abi.h"
#include <cpuid.h>
#include <stdbool.h>

#define MAX_CPUS 64
#define CPU "/sys/devices/system/cpu/"

static int nr_cpus;
static int package[MAX_CPUS], core[MAX_CPUS];

static char *topology(int cpu, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), CPU "cpu%d/topology/%s", cpu, name);
	return get_file(path);
}

/* The CPUs of cpu's package, or only those of its core. */
static unsigned long long set_of(int cpu, bool of_core)
{
	unsigned long long set = 0;

	for (int i = 0; i < nr_cpus; i++)
		if (package[i] == package[cpu] && (!of_core || core[i] == core[cpu]))
			set |= 1ULL << i;
	return set;
}

static unsigned long long parse_mask(const char *s)
{
	unsigned long long set = 0;
	int groups = 0;

	for (char *end; ; s = end + 1, groups++) {
		set = set << 32 | strtoul(s, &end, 16);
		if (*end != ',') {
			CHECK_STR(end, "\n");
			break;
		}
	}
	CHECK_EQ(groups, (nr_cpus - 1) / 32);
	return set;
}

static unsigned long long parse_list(const char *s)
{
	unsigned long long set = 0;

	for (char *end; ; s = end + 1) {
		int first = strtol(s, &end, 10), last = first;

		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		for (int i = first; i <= last; i++)
			set |= 1ULL << i;
		if (*end != ',') {
			CHECK_STR(end, "\n");
			return set;
		}
	}
}

static void check_sets(int cpu)
{
	static const char *const names[] = { "core_siblings", "package_cpus", "thread_siblings", "core_cpus" };
	char name[32];

	for (int i = 0; i < 4; i++) {
		unsigned long long want = set_of(cpu, i >= 2);

		CHECK_EQ(parse_mask(topology(cpu, names[i])), want);
		CHECK_EQ(strlen(topology(cpu, names[i])), (nr_cpus + 3) / 4 + (nr_cpus > 32) + 1);
		snprintf(name, sizeof(name), "%s_list", names[i]);
		CHECK_EQ(parse_list(topology(cpu, name)), want);
	}
}

/* The number behind name in the part of /proc/cpuinfo that tells of cpu. */
static int cpuinfo(int cpu, const char *name)
{
	char line[32], *part, *found;

	snprintf(line, sizeof(line), "processor\t: %d\n", cpu);
	part = strstr(get_file("/proc/cpuinfo"), line);
	snprintf(line, sizeof(line), "\n%s\t", name);
	found = part ? strstr(part, line) : NULL;
	return found ? atoi(strchr(found, ':') + 1) : -1;
}

static void check_cpuinfo(int cpu)
{
	unsigned int a, b, c, d;
	cpu_set_t set;
	int cores = 0;

	for (int i = 0; i < nr_cpus; i++)	/* the first thread of each core */
		cores += package[i] == package[cpu] && __builtin_ctzll(set_of(i, true)) == i;
	CHECK_EQ(cpuinfo(cpu, "physical id"), package[cpu]);
	CHECK_EQ(cpuinfo(cpu, "core id\t"), core[cpu]);
	CHECK_EQ(cpuinfo(cpu, "siblings"), __builtin_popcountll(set_of(cpu, false)));
	CHECK_EQ(cpuinfo(cpu, "cpu cores"), cores);

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	NEED(sched_setaffinity(0, sizeof(set), &set));
	__cpuid(1, a, b, c, d);
	CHECK_EQ(cpuinfo(cpu, "apicid\t"), b >> 24);
	CHECK_EQ(cpuinfo(cpu, "initial apicid"), b >> 24);
	/* A package id is the upper bits of the APIC id, a core's lies among the others. */
	CHECK(package[cpu] <= (int)(b >> 24) && core[cpu] <= (int)(b >> 24));
}

int main(void)
{
	nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	NEED(nr_cpus <= MAX_CPUS ? 0 : -1);
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		package[cpu] = atoi(topology(cpu, "physical_package_id"));
		core[cpu] = atoi(topology(cpu, "core_id"));
		CHECK(*topology(cpu, "physical_package_id") && *topology(cpu, "core_id"));
	}
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		check_sets(cpu);
		check_cpuinfo(cpu);
	}
	CHECK_EQ(mode_of(CPU "cpu0/topology"), 0755);
	CHECK_EQ(mode_of(CPU "cpu0/topology/core_id"), 0444);
	CHECK_EQ(stat_of(CPU "cpu0/topology/core_id").st_size, 4096);
	CHECK_ERR(open(CPU "cpu0/topology/core_id", O_WRONLY), EACCES);
	CHECK_ERR(open(CPU "cpu0/topology/nothing", O_RDONLY), ENOENT);
	CHECK_ERR(open(CPU "cpu99/topology/core_id", O_RDONLY), ENOENT);
	return abi_done();
}
