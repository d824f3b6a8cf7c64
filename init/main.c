/* SPDX-License-Identifier: MIT */
/*
 * From the first C to the first program. Linux's twin: init/main.c.
 *
 *   start_kernel()            one CPU, interrupts off at first; each line brings up one subsystem
 *     rest_init()             makes process 1; the boot context becomes the idle task, pid 0
 *       kernel_init()         process 1: the other CPUs, drivers, initramfs, then /init or kin
 *         move_to_user_mode() ring 3
 *
 * The order of the calls is the order in which subsystems need each other: memory before objects,
 * tasks before files, files before drivers.
 */
#include <vitrix/init.h>
#include <vitrix/sched.h>
#include <vitrix/mm.h>
#include <vitrix/fs.h>
#include <vitrix/binfmts.h>
#include <vitrix/kallsyms.h>
#include <vitrix/printk.h>
#include <vitrix/printf.h>
#include <vitrix/stackprotector.h>
#include <vitrix/string.h>
#include <vitrix/rcu.h>
#include <vitrix/pid.h>
#include <vitrix/smp.h>
#include <arch/alternative.h>
#include <arch/desc.h>
#include <arch/mitigations.h>
#include <arch/pgtable.h>
#include <arch/processor.h>

enum system_states system_state = SYSTEM_BOOTING;
extern const char linux_banner[];

static const char *ramdisk_execute_command = "/init";
static bool rdinit_given;
static const char *execute_command;

/* No guard in its frame: it makes the first one. */
__path __no_stack_protector void start_kernel(void)
{
	early_console_init();
	printf_symbol = sprint_symbol_n;
	parse_early_params();
	pr_notice("%s", linux_banner);
	pr_info("Command line: %s\n", boot_command_line);
	pr_info("vitrix: entry tsc=%llu\n", boot_entry_tsc);

	e820_memory_setup();
	setup_per_cpu_areas();
	cpu_early_init();
	mitigations_init();
	pti_check_boottime_disable();
	trap_init();
	apply_alternatives();
	mm_init();
	pti_init();
	espfix_init();
	fpu_init();

	sched_init();
	rcu_init();
	cred_init();
	pid_init();
	fork_init();
	signals_init();
	futex_init();
	random_init();
	current->stack_canary = new_stack_canary();
	this_cpu_write(__stack_chk_guard, current->stack_canary);

	acpi_tables_init();
	irq_init();
	timers_init();
	time_init();
	syscall_init();

	pagecache_init();
	shmem_init();
	vfs_caches_init();
	proc_root_init();
	local_irq_enable();

	rest_init();
}

/* Opens /dev/console as 0, 1 and 2 of process 1, whose children inherit them. */
static void __init console_on_rootfs(void)
{
	struct file *file = filp_open("/dev/console", O_RDWR, 0);

	if (IS_ERR(file)) {
		pr_err("Warning: unable to open an initial console.\n");
		return;
	}
	for (int i = 0; i < 3; i++) {
		int fd = get_unused_fd_flags(0);

		if (fd >= 0)
			fd_install(fd, get_file(file));
	}
	fput(file);
}

static int run_init_process(const char *filename)
{
	argv_init[0] = filename;
	pr_info("Run %s as init process\n", filename);
	return kernel_execve(filename, argv_init, envp_init);
}

/* A program of that name that is there but does not start is worth a line. */
static int try_to_run_init_process(const char *filename)
{
	int error = run_init_process(filename);

	if (error && error != -ENOENT)
		pr_err("Starting init: %s exists but couldn't execute it (error %d)\n", filename,
		       error);
	return error;
}

/* Tries what Linux tries, in that order. 0: current's pt_regs lead into the program. */
static int start_init(void)
{
	static const char *const fallback[] = { "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
	int error;

	if (ramdisk_execute_command) {
		error = run_init_process(ramdisk_execute_command);
		if (!error)
			return 0;
		pr_err("Failed to execute %s (error %d)\n", ramdisk_execute_command, error);
	}
	if (execute_command) {
		error = run_init_process(execute_command);
		if (!error)
			return 0;
		panic("Requested init %s failed (error %d).", execute_command, error);
	}
	for (int i = 0; i < ARRAY_SIZE(fallback); i++)
		if (!try_to_run_init_process(fallback[i]))
			return 0;
	panic("No working init found. Tried: %s%s/sbin/init, /etc/init, /bin/init, /bin/sh. "
	      "Try passing init= option to kernel.",
	      ramdisk_execute_command ? ramdisk_execute_command : rdinit_given ? "" : "/init",
	      ", ");
}

/* Process 1, still a kernel thread. What it calls may sleep. */
static int kernel_init(void *unused)
{
	struct path path;

	smp_init();
	sched_init_smp();
	do_initcalls();
	populate_rootfs();
	console_on_rootfs();
	if (!rdinit_given) {
		/* Without an /init in the initramfs the root's own init is meant. */
		if (kern_path(ramdisk_execute_command, LOOKUP_FOLLOW, &path))
			ramdisk_execute_command = NULL;
		else
			path_put(&path);
	}
	free_initmem();
	system_state = SYSTEM_RUNNING;
	start_init();
	move_to_user_mode(current_pt_regs());
}

__path void rest_init(void)
{
	pid_t pid = kernel_thread(kernel_init, NULL, CLONE_FS);

	ASSERT(pid == 1);
	schedule();
	sched_idle_loop();
}

void __init do_initcalls(void)
{
	for (initcall_t *fn = __initcall_start; fn < __initcall_end; fn++) {
		int error = (*fn)();

		if (error)
			pr_warn("initcall %pS returned %d\n", *fn, error);
		ASSERT(!in_atomic() && !irqs_disabled());
	}
}

static int __init init_setup(const char *value)
{
	execute_command = value;
	return 0;
}
__setup("init=", init_setup);

static int __init rdinit_setup(const char *value)
{
	ramdisk_execute_command = value;
	rdinit_given = true;
	return 0;
}
__setup("rdinit=", rdinit_setup);
