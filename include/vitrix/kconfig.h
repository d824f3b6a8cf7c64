/* SPDX-License-Identifier: MIT */
/*
 * Included before the first line of every file, C and assembler alike (-include), so it may hold
 * nothing but macros that both can read.
 *
 * CONFIG_DEBUG comes from the command line (make DEBUG=1).
 */
#ifndef VITRIX_KCONFIG_H
#define VITRIX_KCONFIG_H

/* Marks a pointer into user memory: to be followed by the usercopy functions only. */
#define __user

#endif
