/* SPDX-License-Identifier: MIT */
/*
 * The ends of the machine's run: reboot(2), Ctrl-Alt-Del. Linux's twin: kernel/reboot.c. How the
 * hardware is told is in arch/x86/kernel/reboot.c. Nothing is written back first: that is
 * sync(2)'s. Task context; the way to the hardware takes no lock. Left out: kexec, hibernation,
 * software suspend.
 */
#include <vitrix/reboot.h>
#include <vitrix/cred.h>
#include <vitrix/init.h>
#include <vitrix/pid.h>
#include <vitrix/printk.h>
#include <vitrix/rcu.h>
#include <vitrix/signal.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <linux/reboot.h>

/* Ctrl-Alt-Del restarts at once; else init gets a SIGINT. One word, no lock. */
static bool cad_restarts = true;

void kernel_restart(const char *cmd)
{
	system_state = SYSTEM_RESTART;
	if (cmd)
		pr_emerg("Restarting system with command '%s'\n", cmd);
	else
		pr_emerg("Restarting system\n");
	machine_restart();
}

void kernel_halt(void)
{
	system_state = SYSTEM_POWER_OFF;
	pr_emerg("System halted\n");
	machine_halt();
}

/* Where the machine cannot switch itself off it halts. */
void kernel_power_off(void)
{
	system_state = SYSTEM_POWER_OFF;
	pr_emerg("Power down\n");
	machine_power_off();
	machine_halt();
}

void ctrl_alt_del(void)
{
	if (READ_ONCE(cad_restarts)) {
		kernel_restart(NULL);
		return;
	}
	rcu_read_lock();
	kill_pid(find_pid(1), SIGINT, 1);
	rcu_read_unlock();
}

static bool magic_is_right(int magic1, int magic2)
{
	return magic1 == (int)LINUX_REBOOT_MAGIC1 &&
	       (magic2 == LINUX_REBOOT_MAGIC2 || magic2 == LINUX_REBOOT_MAGIC2A ||
		magic2 == LINUX_REBOOT_MAGIC2B || magic2 == LINUX_REBOOT_MAGIC2C);
}

static long restart_with_command(const char __user *arg)
{
	char command[256] = "";

	if (strncpy_from_user(command, arg, sizeof(command) - 1) < 0)
		return -EFAULT;
	kernel_restart(command);
	return 0;
}

long __x64_sys_reboot(int magic1, int magic2, unsigned int cmd, void __user *arg)
{
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (!magic_is_right(magic1, magic2))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART:
		kernel_restart(NULL);
		return 0;
	case LINUX_REBOOT_CMD_RESTART2:
		return restart_with_command(arg);
	case LINUX_REBOOT_CMD_HALT:
		kernel_halt();
		return 0;
	case LINUX_REBOOT_CMD_POWER_OFF:
		kernel_power_off();
		return 0;
	case LINUX_REBOOT_CMD_CAD_ON:
		WRITE_ONCE(cad_restarts, true);
		return 0;
	case LINUX_REBOOT_CMD_CAD_OFF:
		WRITE_ONCE(cad_restarts, false);
		return 0;
	default:
		return -EINVAL;
	}
}
