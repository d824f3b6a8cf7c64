/* SPDX-License-Identifier: MIT */
/* The system's names, for /proc/sys/kernel. kernel/utsname.c. */
#ifndef VITRIX_UTSNAME_H
#define VITRIX_UTSNAME_H

#include <vitrix/types.h>
#include <linux/utsname.h>

extern const char linux_banner[];
void uts_get(struct new_utsname *to);
void uts_set_name(bool domain, const char *name);

#endif
