/* SPDX-License-Identifier: MIT */
/*
 * The *_init() calls of start_kernel() (init/main.c), in call order. Each is called once by the
 * boot CPU; until local_irq_enable() in start_kernel() with interrupts off.
 */
#ifndef VITRIX_INIT_H
#define VITRIX_INIT_H

#include <vitrix/types.h>

#define COMMAND_LINE_SIZE 2048
extern char boot_command_line[COMMAND_LINE_SIZE];	/* as the loader gave it */
extern struct boot_params boot_params;
extern u64 boot_entry_tsc;
/* What the command line holds for the first program; [0] of argv is its name. kernel/params.c */
extern const char *argv_init[], *envp_init[];
void parse_early_params(void);
void pti_check_boottime_disable(void);	/* sets pti_enabled: arch/x86/mm/pti.c */
void rest_init(void);
extern phys_addr_t initrd_start_phys;
extern u64 initrd_size;
extern char _text[], _stext[], _etext[], __entry_text_start[], __entry_text_end[],
	__start_rodata[], __end_rodata[], _sdata[], _edata[],
	__entry_data_start[], __entry_data_end[],
	__init_begin[], __init_end[], __bss_start[], __bss_stop[], _end[],
	__per_cpu_start[], __per_cpu_end[], __per_cpu_entry_start[], __per_cpu_entry_end[];

enum system_states { SYSTEM_BOOTING, SYSTEM_RUNNING, SYSTEM_POWER_OFF, SYSTEM_RESTART };
extern enum system_states system_state;

/* Value of NAME=value on the command line (copied, NUL-terminated, "" if no '='), or NULL. */
const char *cmdline_find(const char *name);
bool cmdline_has(const char *name);

/*
 * A kernel parameter: __setup("name=", fn) calls fn(value) once, early in start_kernel (memory
 * allocation is not up). Parameters that nobody claims go to init's argv or environment.
 */
struct kernel_param { const char *name; int (*setup)(const char *value); };
#define __setup(pname, fn) \
	static const struct kernel_param __param_##fn \
		__used __section(".init.param") = { pname, fn }
extern const struct kernel_param __start_init_param[], __stop_init_param[];

void start_kernel(void);
void e820_memory_setup(void);
void early_console_init(void);

void cpu_early_init(void);	/* features, CR4, GDT, TSS of CPU 0: arch/x86/kernel/cpu/ */
void trap_init(void);		/* IDT: arch/x86/kernel/traps.c */
void mm_init(void);	/* final page tables, page allocator, slab, vmalloc: mm/, arch/x86/mm/ */
/* CPU 0's copy; before mm_init, and before the GDT is loaded: memblock only */
void setup_per_cpu_areas(void);
int setup_per_cpu_area(int cpu);	/* another CPU's copy, once cpu is known: 0 or -ENOMEM */
void pti_init(void);
void sched_init(void);
void sched_init_smp(void);
void rcu_init(void);
void acpi_tables_init(void);	/* RSDP, MADT, FADT ... : drivers/acpi/tables.c */
void irq_init(void);		/* PIC off, IOAPIC, LAPIC: arch/x86/kernel/apic/ */
void time_init(void);		/* clocksource, calibration, clock event: arch/x86/kernel/time.c */
void timers_init(void);		/* hrtimers: kernel/time/ */
void syscall_init(void);	/* MSRs: arch/x86/kernel/cpu/common.c */
void fpu_init(void);
void random_init(void);
void pid_init(void);
void cred_init(void);
void fork_init(void);
void signals_init(void);
void futex_init(void);
void vfs_caches_init(void);	/* dcache, inodes, files, mounts: then mounts rootfs (tmpfs) */
void pagecache_init(void);
void proc_root_init(void);
void shmem_init(void);
void smp_found_cpus_report(void);
extern initcall_t __initcall_start[], __initcall_end[];
void do_initcalls(void);
void populate_rootfs(void);	/* init/initramfs.c: may sleep, run by process 1 */

#endif
