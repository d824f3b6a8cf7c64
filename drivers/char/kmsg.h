/* SPDX-License-Identifier: MIT */
/* /dev/kmsg, for drivers/char/mem.c. */
#ifndef DRIVERS_CHAR_KMSG_H
#define DRIVERS_CHAR_KMSG_H

#include <vitrix/fs.h>

extern const struct file_operations kmsg_fops;

#endif
