/* SPDX-License-Identifier: MIT */
/* Ends of the machine's run. kernel/reboot.c; arch/x86/kernel/reboot.c does it. */
#ifndef VITRIX_REBOOT_H
#define VITRIX_REBOOT_H

#include <vitrix/compiler.h>

void kernel_restart(const char *cmd);
void kernel_power_off(void);
void kernel_halt(void);
void ctrl_alt_del(void);			/* the keys were pressed; any context */
void machine_restart(void) __noreturn;		/* ACPI reset, keyboard controller, triple fault */
void machine_power_off(void);			/* ACPI S5; returns if it does not work */
void machine_halt(void) __noreturn;
void emergency_restart(void) __noreturn;
extern int panic_timeout;			/* panic=: seconds; 0 wait for ever; < 0 at once */

#endif
