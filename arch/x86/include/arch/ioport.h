/* SPDX-License-Identifier: MIT */
/* Ports that a task may use: arch/x86/kernel/ioport.c. */
#ifndef ARCH_IOPORT_H
#define ARCH_IOPORT_H

#include <arch/processor.h>

struct task_struct;
void switch_io_bitmap(const struct thread_struct *next);	/* interrupts off */
void io_bitmap_share(struct task_struct *tsk);
void io_bitmap_exit(struct task_struct *tsk);
const void *io_bitmap_bits(const struct task_struct *tsk);	/* of IO_BITMAP_BYTES; NULL: none */

#endif
