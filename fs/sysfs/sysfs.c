/* SPDX-License-Identifier: MIT */
/*
 * sysfs, as far as there is something to tell: which CPUs there are, and the places where other
 * file systems are mounted. C libraries count CPUs by it.
 *
 *	/sys/devices/system/cpu/{online,offline,possible,present,kernel_max,cpuN/}
 *	/sys/devices/system/cpu/cpuN/topology/{physical_package_id,core_id,core_siblings,...}
 *	/sys/devices/system/cpu/vulnerabilities/{meltdown,spectre_v1,...}
 *	/sys/fs/, /sys/kernel/, /sys/kernel/debug/, /sys/kernel/tracing/
 *
 * CPUs are found at boot and only looked at here: no locks. Linux's twins: fs/sysfs/,
 * drivers/base/cpu.c. Left out: the device model, so no buses, classes or drivers.
 */
#include <vitrix/cpumask.h>
#include <vitrix/kernfs.h>
#include <vitrix/percpu.h>
#include <vitrix/printf.h>
#include <arch/mitigations.h>
#include <arch/topology.h>
#include <linux/magic.h>

#define SYSFS_FILE_SIZE PAGE_SIZE

/* ---------------------------------------------------------------- CPUs */

static int show_possible(struct seq_file *m, void *v)
{
	seq_cpulist(m, cpu_possible_bits());
	return 0;
}

static int show_online(struct seq_file *m, void *v)
{
	seq_cpulist(m, cpu_online_bits[0]);
	return 0;
}

static int show_offline(struct seq_file *m, void *v)
{
	seq_cpulist(m, cpu_possible_bits() & ~cpu_online_bits[0]);
	return 0;
}

static int show_kernel_max(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", NR_CPUS - 1);
	return 0;
}

typedef int (*show_fn)(struct seq_file *m, void *v);

/* Also root gets no further with a file that nobody may write. */
static int show_open(struct inode *inode, struct file *file)
{
	if (file->f_mode & FMODE_WRITE)
		return -EACCES;
	return single_open(file, (show_fn)inode->i_private, NULL);
}

static const struct file_operations show_fops = {
	.open = show_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
	.splice_read = generic_file_splice_read,
};
#define SHOW(name, fn) { name, 0444, .fops = &show_fops, .data = (void *)(show_fn)fn }

static const struct kernfs_dir empty_dir = { };

/* ---- cpuN/topology: the data of its files is N + 1 ---- */

static int topology_cpu(struct seq_file *m)
{
	return (int)(long)m->private - 1;
}

#define TOPOLOGY(name, show)							\
	static int show_##name(struct seq_file *m, void *v)			\
	{									\
		int cpu = topology_cpu(m);					\
										\
		return show;							\
	}									\
	static int open_##name(struct inode *inode, struct file *file)		\
	{									\
		if (file->f_mode & FMODE_WRITE)					\
			return -EACCES;						\
		return single_open(file, show_##name, inode->i_private);	\
	}									\
	static const struct file_operations name##_fops = {			\
		.open = open_##name,						\
		.read_iter = seq_read_iter,					\
		.llseek = seq_lseek,						\
		.release = single_release,					\
		.splice_read = generic_file_splice_read,			\
	};
TOPOLOGY(physical_package_id, (seq_printf(m, "%u\n", topology_package_id(cpu)), 0))
TOPOLOGY(core_id, (seq_printf(m, "%u\n", topology_core_id(cpu)), 0))
TOPOLOGY(core_siblings, (seq_cpumask(m, topology_package_cpus(cpu)), 0))
TOPOLOGY(core_siblings_list, (seq_cpulist(m, topology_package_cpus(cpu)), 0))
TOPOLOGY(thread_siblings, (seq_cpumask(m, topology_core_cpus(cpu)), 0))
TOPOLOGY(thread_siblings_list, (seq_cpulist(m, topology_core_cpus(cpu)), 0))

#define TOPOLOGY_FILE(name, fn) { name, 0444, .fops = &fn##_fops }
/* Linux's later names beside the older ones. */
static const struct kernfs_entry topology_files[] = {
	TOPOLOGY_FILE("core_cpus", thread_siblings),
	TOPOLOGY_FILE("core_cpus_list", thread_siblings_list),
	TOPOLOGY_FILE("core_id", core_id),
	TOPOLOGY_FILE("core_siblings", core_siblings),
	TOPOLOGY_FILE("core_siblings_list", core_siblings_list),
	TOPOLOGY_FILE("package_cpus", core_siblings),
	TOPOLOGY_FILE("package_cpus_list", core_siblings_list),
	TOPOLOGY_FILE("physical_package_id", physical_package_id),
	TOPOLOGY_FILE("thread_siblings", thread_siblings),
	TOPOLOGY_FILE("thread_siblings_list", thread_siblings_list),
	{ }
};
static const struct kernfs_dir topology_dir = { .table = topology_files };
/* A CPU that is not online belongs nowhere. */
static const struct kernfs_entry online_cpu_files[] = {
	{ "topology", 0755, .dir = &topology_dir }, { }
};
static const struct kernfs_dir online_cpu_dir = { .table = online_cpu_files };

static bool cpu_entry(void *data, unsigned int n, struct kernfs_entry *e)
{
	if (n >= nr_cpu_ids)
		return false;
	snprintf(e->buf, sizeof(e->buf), "cpu%u", n);
	e->name = e->buf;
	e->mode = 0755;
	e->dir = cpu_online(n) ? &online_cpu_dir : &empty_dir;
	e->data = (void *)(n + 1UL);
	return true;
}

/* ---- what programs could use against the kernel, and what is done about it ---- */

#define VULNERABILITY(name, BUG)						\
	static int show_##name(struct seq_file *m, void *v)			\
	{									\
		return show_vulnerability(m, X86_BUG_##BUG);			\
	}
VULNERABILITY(gather_data_sampling, GDS)
VULNERABILITY(itlb_multihit, ITLB_MULTIHIT)
VULNERABILITY(l1tf, L1TF)
VULNERABILITY(mds, MDS)
VULNERABILITY(meltdown, MELTDOWN)
VULNERABILITY(mmio_stale_data, MMIO_STALE_DATA)
VULNERABILITY(retbleed, RETBLEED)
VULNERABILITY(spec_rstack_overflow, SRSO)
VULNERABILITY(spec_store_bypass, SPEC_STORE_BYPASS)
VULNERABILITY(spectre_v1, SPECTRE_V1)
VULNERABILITY(spectre_v2, SPECTRE_V2)
VULNERABILITY(srbds, SRBDS)

static const struct kernfs_entry vulnerability_files[] = {
	SHOW("gather_data_sampling", show_gather_data_sampling),
	SHOW("itlb_multihit", show_itlb_multihit),
	SHOW("l1tf", show_l1tf),
	SHOW("mds", show_mds),
	SHOW("meltdown", show_meltdown),
	SHOW("mmio_stale_data", show_mmio_stale_data),
	SHOW("retbleed", show_retbleed),
	SHOW("spec_rstack_overflow", show_spec_rstack_overflow),
	SHOW("spec_store_bypass", show_spec_store_bypass),
	SHOW("spectre_v1", show_spectre_v1),
	SHOW("spectre_v2", show_spectre_v2),
	SHOW("srbds", show_srbds),
	{ }
};
static const struct kernfs_dir vulnerability_dir = { .table = vulnerability_files };

static const struct kernfs_entry cpu_files[] = {
	SHOW("online", show_online),
	SHOW("offline", show_offline),
	SHOW("possible", show_possible),
	SHOW("present", show_possible),
	SHOW("kernel_max", show_kernel_max),
	{ "vulnerabilities", 0755, .dir = &vulnerability_dir },
	{ }
};
static const struct kernfs_dir cpu_dir = { .table = cpu_files, .entry = cpu_entry };

/* ---------------------------------------------------------------- the tree */

#define DIR(name, table_) \
	{ name, 0755, .dir = &(const struct kernfs_dir){ .table = table_ } }

static const struct kernfs_entry system_files[] = { { "cpu", 0755, .dir = &cpu_dir }, { } };
static const struct kernfs_entry devices_files[] = { DIR("system", system_files), { } };
static const struct kernfs_entry kernel_files[] = {
	{ "debug", 0755, .dir = &empty_dir },		/* where debugfs is mounted */
	{ "tracing", 0755, .dir = &empty_dir },		/* where tracefs is mounted */
	{ }
};
static const struct kernfs_entry root_files[] = {
	DIR("devices", devices_files),
	{ "fs", 0755, .dir = &empty_dir },
	DIR("kernel", kernel_files),
	{ }
};
static const struct kernfs_dir root_dir = { .table = root_files };
static const struct kernfs_entry root = { .name = "/", .mode = 0555, .dir = &root_dir };

static int sysfs_fill_super(struct super_block *sb, const char *source, void *data, int silent)
{
	return kernfs_fill_super(sb, SYSFS_MAGIC, &root, SYSFS_FILE_SIZE);
}

static struct file_system_type sysfs_type = {
	.name = "sysfs",
	.fill_super = sysfs_fill_super,
	.single = true,
};

static int __init sysfs_init(void)
{
	return register_filesystem(&sysfs_type);
}
device_initcall(sysfs_init);
