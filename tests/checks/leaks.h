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
 */
#ifndef LEAKS_H
#define LEAKS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAK_ROUNDS 3
#define LEAK_LINES 8192
#define OWNERS "/sys/kernel/debug/owners"
/* A page of a kind that has no site may come and go: the stack of a task that has just ended. */
#define LEAK_PAGES 8

static struct leak_line {
	char *what;
	long count[LEAK_ROUNDS];
} leak_lines[LEAK_LINES];

static struct leak_line *leak_line(const char *what)
{
	unsigned int at = 5381;

	for (const char *p = what; *p; p++)
		at = at * 33 + (unsigned char)*p;
	for (;; at++) {
		struct leak_line *l = &leak_lines[at % LEAK_LINES];

		if (!l->what)
			l->what = strdup(what);
		if (!strcmp(l->what, what))
			return l;
	}
}

/* After round number `round` of the workload. 0, or -1: there is no such file. */
static int leaks_count(int round)
{
	static char line[4096];
	int fd = open(OWNERS, O_WRONLY | O_CLOEXEC);
	FILE *f;

	if (fd < 0 || write(fd, "settle", 6) != 6)
		return -1;
	close(fd);
	f = fopen(OWNERS, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		char kind[16], *what;
		int at = 0;
		long n;

		if (sscanf(line, "%15s %ld %n", kind, &n, &at) < 2 || !at)
			continue;
		what = line + at - 1;
		what[strcspn(what, "\n")] = '\0';
		*what = kind[0];
		leak_line(what)->count[round] += n;
	}
	fclose(f);
	return 0;
}

/* Pages that have no site of their own: those of slabs have, those that are free are the rest. */
static int leak_counts(const char *what)
{
	if (*what == 'o')
		return 1;
	return strcmp(what, "pslab") && strcmp(what, "pfree") && strcmp(what, "preserved") &&
	       strcmp(what, "pstacks");
}

/* Prints "LEAK +N +M ... WHAT" for each; returns how many. */
static int leaks_report(void)
{
	int found = 0;

	for (int i = 0; i < LEAK_LINES; i++) {
		struct leak_line *l = &leak_lines[i];
		int grows = l->what && leak_counts(l->what);

		for (int r = 1; grows && r < LEAK_ROUNDS; r++)
			grows = l->count[r] - l->count[r - 1] >= (*l->what == 'p' ? LEAK_PAGES : 1);
		if (!grows)
			continue;
		found++;
		printf("LEAK");
		for (int r = 1; r < LEAK_ROUNDS; r++)
			printf(" +%ld", l->count[r] - l->count[r - 1]);
		printf(" %s %s\n", *l->what == 'p' ? "pages" : "objects", l->what + 1);
	}
	return found;
}

#endif
