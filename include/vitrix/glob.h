/* SPDX-License-Identifier: MIT */
/* Patterns of names: * any text, ? one character, [a-z], [!a-z], \ takes the next one as it is. */
#ifndef VITRIX_GLOB_H
#define VITRIX_GLOB_H

#include <vitrix/types.h>

bool glob_match(const char *pattern, const char *text);	/* the whole text */

#endif
