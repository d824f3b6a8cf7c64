/* SPDX-License-Identifier: MIT */
/*
 * Static keys: conditions that are almost never true, asked without asking. While a key is off each
 * of its branches is one nop; turning it on writes jumps in their places.
 *
 *	DEFINE_STATIC_KEY_FALSE(watched);
 *
 *	if (static_branch_unlikely(&watched))		C: what follows lies out of the way
 *		...
 *	STATIC_JUMP watched, .Lwatched			assembler
 *
 *	static_key_inc(&watched);			counted: on until as many static_key_dec()
 *
 * Branches may stand in any code, interrupt handlers and NMI too. The counting is for task context
 * and sleeps. Works from mm_init() on; before that all keys are off. In __init code a key has no
 * effect. kernel/jump_label.c. Linux's twin: include/linux/jump_label.h. Left out: keys that are
 * true at first, and likely ones.
 */
#ifndef VITRIX_JUMP_LABEL_H
#define VITRIX_JUMP_LABEL_H

#ifdef __ASSEMBLY__
#include <arch/jump_label.h>
#else
#include <vitrix/types.h>
#include <vitrix/compiler.h>

struct static_key {
	int enabled;			/* how often: jump_label_mutex */
};

#define STATIC_KEY_INIT_FALSE	{ 0 }
#define DEFINE_STATIC_KEY_FALSE(name)	struct static_key name = STATIC_KEY_INIT_FALSE
#define DECLARE_STATIC_KEY_FALSE(name)	extern struct static_key name

static inline bool static_key_enabled(const struct static_key *key)
{
	return READ_ONCE(key->enabled) > 0;
}

#if __STDC_HOSTED__			/* unit tests: nothing is patched */
#define static_branch_unlikely(key) unlikely(static_key_enabled(key))
#else
#include <arch/jump_label.h>
/* The key's address must be a constant: a variable, or an element by a constant index. */
#define static_branch_unlikely(key) unlikely(arch_static_branch(key))
#endif

void static_key_inc(struct static_key *key);	/* task context; may sleep */
void static_key_dec(struct static_key *key);

#endif
#endif
