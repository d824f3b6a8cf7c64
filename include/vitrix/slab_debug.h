/* SPDX-License-Identifier: MIT */
/*
 * What the DEBUG build keeps of each slab object, for reports. mm/slab_debug.h writes it.
 */
#ifndef VITRIX_SLAB_DEBUG_H
#define VITRIX_SLAB_DEBUG_H

#include <vitrix/types.h>

#define TRACK_DEPTH	7

/* Who did it: addresses in the image, of which the lower half says all. */
struct slab_track {
	int pid;
	u32 callers[TRACK_DEPTH];
};

struct slab_object {
	const char *cache;
	unsigned long start;
	unsigned int size;		/* that the owner may use */
	const struct slab_track *alloc, *free;	/* pid -1: never */
};

/* The object that addr lies in, or in the redzone behind. false: not of a slab. */
bool slab_find_object(unsigned long addr, struct slab_object *found);

#endif
