/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_SETS_H
#define FUZZ_SETS_H

#include "fuzz.h"

/* Flags are or-ed together, values of an enumeration are not. Zeros at the end do not count. */
struct set {
	const char *name;
	int flags;
	int64_t v[40];
};
extern const struct set sets[];
extern const int nr_sets;

#endif
