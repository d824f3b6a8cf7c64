/* SPDX-License-Identifier: MIT */
/*
 * What the DEBUG build keeps of each slab object, for reports. mm/slab_debug.h writes it.
 */
#ifndef VITRIX_SLAB_DEBUG_H
#define VITRIX_SLAB_DEBUG_H

#include <vitrix/types.h>

#define TRACK_DEPTH	6		/* with 6, all that an object has behind it is 64 bytes */

/*
 * Who did it: return addresses, from the caller of kmalloc() or kfree() outwards. They lie in the
 * image, so their lower halves say all.
 */
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
/* fn for each object in use, with who took it. What comes and goes meanwhile may be missed. */
void slab_for_each_used(void (*fn)(const char *cache, const struct slab_track *by, void *arg),
			void *arg);

#endif
