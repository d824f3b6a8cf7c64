/* SPDX-License-Identifier: MIT */
/*
 * Does a workload leak kernel memory? Reads /sys/kernel/debug/owners (selfcheck/owners.c) after each
 * of some equal rounds. Whatever has grown from the first count to the second, and again to the
 * third, and so on, is a leak; once may be a cache that filled.
 *
 *	for (int round = 0; round < LEAK_ROUNDS; round++) {
 *		workload();
 *		leaks_count(round);
 *	}
 *	n = leaks_report();
 *
 * The program's own pages are counted as well. So all that counting needs is static, and written to
 * before the first count: no stdio, no heap. A line is known by a hash of its text; what is found to
 * grow is looked up in the file again.
 */
#ifndef LEAKS_H
#define LEAKS_H

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAK_ROUNDS 3
#define LEAK_LINES 4096
#define OWNERS "/sys/kernel/debug/owners"

static struct leak_line {
	unsigned long hash;		/* 0: none */
	int pages, count[LEAK_ROUNDS];
} leak_lines[LEAK_LINES];
static char leak_text[65536];
static int leaks_found;

static struct leak_line *leak_line(unsigned long hash)
{
	unsigned int at = hash % LEAK_LINES;

	for (int tries = 0; tries < LEAK_LINES; tries++, at = (at + 1) % LEAK_LINES)
		if (!leak_lines[at].hash || leak_lines[at].hash == hash)
			return &leak_lines[at];
	dprintf(1, "LEAK: more than %d lines in " OWNERS "\n", LEAK_LINES);
	exit(1);
}

/*
 * Kinds of pages that may grow: those of slabs are counted as objects, free ones are the rest, and maps are as
 * many as the most stacks at once need.
 */
static int leak_counts(const char *kind)
{
	static const char *const not[] = { "slab\n", "free\n", "reserved\n", "vmalloc-maps\n" };

	for (unsigned int i = 0; i < sizeof(not) / sizeof(*not); i++)
		if (!strncmp(kind, not[i], strlen(not[i])))
			return 0;
	return 1;
}

static void leak_note(const char *line, int round)
{
	int pages = *line == 'p';
	const char *number = strchr(line, ' '), *p;
	unsigned long hash = pages + 1;
	struct leak_line *l;
	char *what;
	long n;

	n = number ? strtol(number, &what, 10) : 0;
	if (!number || *what++ != ' ' || (pages && !leak_counts(what)))
		return;
	for (p = what; *p != '\n'; p++)
		hash = (hash ^ (unsigned char)*p) * 0x100000001b3;
	l = leak_line(hash);
	l->hash = hash;
	l->pages = pages;
	if (round < LEAK_ROUNDS) {
		l->count[round] += n;
		return;
	}
	for (int r = 1; r < LEAK_ROUNDS; r++)
		if (l->count[r] <= l->count[r - 1])
			return;
	dprintf(1, "LEAK");
	for (int r = 1; r < LEAK_ROUNDS; r++)
		dprintf(1, " +%d", l->count[r] - l->count[r - 1]);
	dprintf(1, " %s %.*s", pages ? "pages" : "objects", (int)(p - what + 1), what);
	l->count[LEAK_ROUNDS - 1] = 0;		/* said once, though two lines have the text */
	leaks_found++;
}

/* Each line of the file. 0, or -1: it cannot be read. */
static int leaks_read(int round)
{
	int fd = open(OWNERS, O_RDONLY | O_CLOEXEC);
	size_t kept = 0;
	ssize_t n = 0;

	while (fd >= 0 && (n = read(fd, leak_text + kept, sizeof(leak_text) - 1 - kept)) > 0) {
		char *line = leak_text, *end;

		leak_text[kept += n] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1)
			leak_note(line, round);
		kept -= line - leak_text;
		memmove(leak_text, line, kept);
	}
	if (fd < 0 || n < 0)
		return -1;
	return close(fd);
}

/* What each CPU keeps for itself goes back, too, and then this program is where it was. */
static int leaks_settle(void)
{
	int fd = open(OWNERS, O_WRONLY | O_CLOEXEC), bad = fd < 0;
	cpu_set_t before, one;

	bad |= sched_getaffinity(0, sizeof(before), &before);
	for (int cpu = 0; cpu < CPU_SETSIZE && !bad; cpu++) {
		if (!CPU_ISSET(cpu, &before))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		bad = sched_setaffinity(0, sizeof(one), &one) || write(fd, "settle", 6) != 6;
	}
	bad |= sched_setaffinity(0, sizeof(before), &before);
	return close(fd) || bad ? -1 : 0;
}

/* After round number `round` of the workload. 0, or -1: there is no such file. */
static int leaks_count(int round)
{
	if (round == 0) {
		memset(leak_text, 1, sizeof(leak_text));
		memset(leak_lines, 0, sizeof(leak_lines));
		leaks_read(0);			/* the way down is on the stack, and libc's */
		memset(leak_lines, 0, sizeof(leak_lines));
	}
	return leaks_settle() || leaks_read(round);
}

/* Prints "LEAK +N +M ... WHAT" for each; returns how many. */
static int leaks_report(void)
{
	leaks_found = 0;
	leaks_read(LEAK_ROUNDS);
	return leaks_found;
}

#endif
