/* SPDX-License-Identifier: MIT */
/* A static position-independent program: it relocates itself before main. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char **)a, *(const char **)b);
}

static const char *words[] = { "relocated", "pointers", "in", "data" };
static int (*volatile order)(const void *, const void *) = compare;

int main(int argc, char **argv)
{
	unsigned int i;

	qsort(words, 4, sizeof(words[0]), order);
	for (i = 0; i < 4; i++)
		puts(words[i]);
	printf("argc %d, %s, page %lu, phdr %s, entry %s\n", argc, argv[0], getauxval(AT_PAGESZ),
	       getauxval(AT_PHDR) ? "there" : "missing", getauxval(AT_ENTRY) ? "there" : "missing");
	return 0;
}
