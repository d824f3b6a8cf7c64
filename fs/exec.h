/* SPDX-License-Identifier: MIT */
/* What fs/exec.c and fs/exec_commit.c share. */
#ifndef FS_EXEC_H
#define FS_EXEC_H

#include <vitrix/binfmts.h>

#define ARG_MAX			131072
#define MAX_ARG_STRINGS		0x7fffffff
/* in open flags: opened for execution (not part of the ABI) */
#define __FMODE_EXEC_FLAG	0x20

int exec_check_file(struct file *file);
int exec_check_nproc(void);
const char *exec_display_name(int dfd, struct filename *name, char *buf, size_t size);

#endif
