/* SPDX-License-Identifier: MIT */
/* Between dumpstack.c, oops.c and kernel/panic.c's caller side: pieces of a report. */
#ifndef X86_KERNEL_DUMPSTACK_H
#define X86_KERNEL_DUMPSTACK_H

void print_task_line(void);
void show_control_registers(void);

#endif
