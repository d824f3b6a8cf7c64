/* SPDX-License-Identifier: MIT */
/*
 * /proc/irq: what may be written and what is read back, and that the interrupts of the serial port, which this test
 * makes, are counted on the CPU that was asked for. The timer's line stays where it is.
 */
#include "abi.h"
#include <termios.h>

#define MAX_CPUS 64
#define DEFAULT "/proc/irq/default_smp_affinity"

static int serial;		/* open */
static int irq;			/* its line */
static int nr_cpus;		/* of these there are columns in /proc/interrupts */

static char *path(const char *name)
{
	static char text[64];

	snprintf(text, sizeof(text), "/proc/irq/%d/%s", irq, name);
	return text;
}

static int put(const char *file, const char *text)
{
	int fd = NEED(open(file, O_WRONLY)), ret = write(fd, text, strlen(text)), err = errno;

	close(fd);
	errno = err;
	return ret;
}

/* Of the line whose driver is the serial port; sets irq. */
static void read_counts(unsigned long counts[MAX_CPUS])
{
	char *line = strdup(get_file("/proc/interrupts")), *save;

	nr_cpus = 0;
	for (char *s = line; (s = strstr(s, "CPU")); s++)
		nr_cpus++;
	for (line = strtok_r(line, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strstr(line, "ttyS"))
			continue;
		irq = strtol(line, &line, 10);
		for (int cpu = 0; cpu < nr_cpus; cpu++)
			counts[cpu] = strtoul(cpu ? line : line + 1, &line, 10);
		return;
	}
	FAIL("no serial port in /proc/interrupts");
	exit(abi_done());
}

/* More goes out of the port than it holds, so an interrupt comes when there is room for the rest. */
static void interrupt(void)
{
	static char text[40];

	memset(text, '\r', sizeof(text));
	CHECK_EQ(write(serial, text, sizeof(text)), sizeof(text));
	NEED(tcdrain(serial));
}

/* Ten interrupts, and all of them on this CPU? */
static int all_counted_on(int cpu)
{
	unsigned long before[MAX_CPUS], after[MAX_CPUS];
	int all;

	read_counts(before);
	for (int i = 0; i < 10; i++)
		interrupt();
	read_counts(after);
	all = after[cpu] > before[cpu];
	for (int i = 0; i < nr_cpus; i++)
		all &= i == cpu || after[i] == before[i];
	return all;
}

/*
 * Linux moves a line when its next interrupt comes. And what a CPU has been sent before it may count
 * late, if the computer lets it stand still: so some rounds are free.
 */
static void expect_counted_on(int cpu)
{
	for (int tries = 0; tries < 100; tries++)
		if (all_counted_on(cpu))
			return;
	FAIL("interrupts do not all come to CPU %d", cpu);
}

/* The mask of one CPU has as many digits as all CPUs need; get_file(DEFAULT) shows how many. */
static void check_each_cpu(void)
{
	char mask[32], list[32];
	int digits = strcspn(get_file(DEFAULT), ",\n");

	if (nr_cpus > 32)
		return;
	for (int round = 0; round < 2; round++)
		for (int cpu = 0; cpu < nr_cpus; cpu++) {
			snprintf(mask, sizeof(mask), "%0*x\n", digits, 1 << cpu);
			snprintf(list, sizeof(list), "%d\n", cpu);
			if (round)
				CHECK_EQ(put(path("smp_affinity"), mask), strlen(mask));
			else
				CHECK_EQ(put(path("smp_affinity_list"), list), strlen(list));
			CHECK_STR(get_file(path("smp_affinity")), mask);
			CHECK_STR(get_file(path("smp_affinity_list")), list);
			expect_counted_on(cpu);
			CHECK_STR(get_file(path("effective_affinity")), mask);
			CHECK_STR(get_file(path("effective_affinity_list")), list);
		}
}

static void check_masks(void)
{
	CHECK_ERR(put(path("smp_affinity"), "0"), EINVAL);
	CHECK_ERR(put(path("smp_affinity"), ""), EINVAL);
	CHECK_ERR(put(path("smp_affinity"), "\n"), EINVAL);
	CHECK_ERR(put(path("smp_affinity"), "g"), EINVAL);
	CHECK_ERR(put(path("smp_affinity"), "0x1"), EINVAL);
	CHECK_ERR(put(path("smp_affinity"), "000000001"), EOVERFLOW);
	CHECK_ERR(put(path("smp_affinity"), "1,00000000,00000000"), EOVERFLOW);
	CHECK_OK(put(path("smp_affinity"), "1"));
	CHECK_OK(put(path("smp_affinity"), " 1,"));
	CHECK_OK(put(path("smp_affinity"), "1\n9"));
	CHECK_STR(get_file(path("smp_affinity_list")), "0\n");
}

static void check_lists(void)
{
	CHECK_ERR(put(path("smp_affinity_list"), ""), EINVAL);
	CHECK_ERR(put(path("smp_affinity_list"), "0-"), EINVAL);
	CHECK_ERR(put(path("smp_affinity_list"), "1-0"), EINVAL);
	CHECK_ERR(put(path("smp_affinity_list"), "0x"), EINVAL);
	CHECK_ERR(put(path("smp_affinity_list"), "0:0/0"), EINVAL);
	CHECK_ERR(put(path("smp_affinity_list"), "0:2/1"), EINVAL);
	CHECK_ERR(put(path("smp_affinity_list"), "9999"), ERANGE);
	CHECK_ERR(put(path("smp_affinity_list"), "0-9999"), ERANGE);
	CHECK_ERR(put(path("smp_affinity_list"), "99999999999"), EOVERFLOW);
	CHECK_OK(put(path("smp_affinity_list"), "all:1/64"));
	CHECK_STR(get_file(path("smp_affinity_list")), "0\n");
	CHECK_OK(put(path("smp_affinity_list"), "0, 0,"));
	CHECK_OK(put(path("smp_affinity_list"), "0-N"));
	if (nr_cpus == 2) {
		CHECK_STR(get_file(path("smp_affinity_list")), "0-1\n");
		CHECK_ERR(put(path("smp_affinity"), "4"), EOVERFLOW);
	}
}

static void check_default(void)
{
	char *before = strdup(get_file(DEFAULT));

	CHECK_ERR(put(DEFAULT, "0"), EINVAL);
	CHECK_ERR(put(DEFAULT, "none"), EINVAL);
	CHECK_OK(put(DEFAULT, "1"));
	CHECK_EQ(strtoul(get_file(DEFAULT), NULL, 16), 1);
	CHECK_OK(put(DEFAULT, before));
	CHECK_STR(get_file(DEFAULT), before);
}

static void check_rest(void)
{
	unsigned int count, unhandled, ms;
	char *zero = strdup(get_file(path("smp_affinity")));
	int end = 0;

	for (char *s = zero; *s; s++)
		if (*s != ',' && *s != '\n')
			*s = '0';
	CHECK_STR(get_file(path("affinity_hint")), zero);
	CHECK_STR(get_file(path("node")), "0\n");
	CHECK_EQ(sscanf(get_file(path("spurious")), "count %u\nunhandled %u\nlast_unhandled %u ms\n%n", &count,
			&unhandled, &ms, &end), 3);
	CHECK_EQ(end, strlen(get_file(path("spurious"))));
	CHECK(unhandled <= count);
	CHECK_ERR(put(path("node"), "0"), EIO);
}

int main(void)
{
	unsigned long counts[MAX_CPUS];
	struct termios as_it_was, raw;
	char *before;

	serial = NEED(open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_NONBLOCK));
	NEED(tcgetattr(serial, &as_it_was));
	raw = as_it_was;
	raw.c_oflag &= ~OPOST;		/* so that all that is written comes to the driver in one piece */
	NEED(tcsetattr(serial, TCSANOW, &raw));
	read_counts(counts);
	before = strdup(get_file(path("smp_affinity")));
	CHECK_ERR(put("/proc/irq/0/smp_affinity", "1"), EIO);
	CHECK_ERR(put("/proc/irq/0/smp_affinity_list", "0"), EIO);
	CHECK_ERR(put("/proc/irq/2/smp_affinity", "nonsense"), EIO);
	check_masks();
	check_lists();
	check_each_cpu();
	check_default();
	check_rest();
	CHECK_OK(put(path("smp_affinity"), before));
	CHECK_STR(get_file(path("smp_affinity")), before);
	NEED(tcsetattr(serial, TCSANOW, &as_it_was));
	return abi_done();
}
