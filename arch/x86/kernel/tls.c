/* SPDX-License-Identifier: MIT */
/*
 * Thread-local segments: three slots of the GDT, 12 to 14, that each task has of its own. 32-bit
 * libraries keep a thread's data behind %gs, whose selector names such a slot. Linux's twin:
 * arch/x86/kernel/tls.c.
 *
 *	set_thread_area(2), clone(CLONE_SETTLS) --> thread.tls_array --load_TLS()--> this CPU's GDT
 *
 * thread.tls_array is written by the task itself, or by its parent before it runs; the GDT has the
 * running task's, put there at the switch (process.c) if a task is concerned that uses them.
 * Only data segments are let in: with code segments a program could build itself ways around the
 * entry code's expectations.
 */
#include <vitrix/err.h>
#include <vitrix/nospec.h>
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <arch/desc.h>
#include <arch/irqflags.h>
#include <arch/regset.h>
#include <asm/ldt.h>

static bool zero_but_rights(const struct user_desc *info)
{
	return !info->base_addr && !info->limit && !info->contents && !info->seg_32bit &&
	       !info->limit_in_pages && !info->useable;
}

bool desc_is_empty(const struct user_desc *info)
{
	return zero_but_rights(info) && info->read_exec_only && info->seg_not_present && !info->lm;
}

/* What says "no segment": with the flags of an empty slot, or with all zeroes. */
static bool names_nothing(const struct user_desc *info)
{
	return zero_but_rights(info) && info->read_exec_only == info->seg_not_present;
}

static bool acceptable(const struct user_desc *info)
{
	if (names_nothing(info))
		return true;
	return info->seg_32bit && info->contents <= 1 && !info->seg_not_present;
}

/* The descriptor (SDM vol. 3, 3.4.5), marked accessed, ring 3. */
u64 desc_of_user(const struct user_desc *info)
{
	u64 type = (u64)info->contents << 2 | (info->read_exec_only ^ 1) << 1 | 1;

	return (u64)(info->limit & 0xffff) | (u64)(info->base_addr & 0xffffff) << 16 |
	       type << 40 | 1UL << 44 | 3UL << 45 | (u64)(info->seg_not_present ^ 1) << 47 |
	       (u64)(info->limit >> 16 & 0xf) << 48 | (u64)info->useable << 52 |
	       (u64)info->seg_32bit << 54 | (u64)info->limit_in_pages << 55 |
	       (u64)(info->base_addr >> 24) << 56;
}

static void user_of_desc(struct user_desc *info, u64 desc)
{
	memset(info, 0, sizeof(*info));
	info->base_addr = (desc >> 16 & 0xffffff) | (desc >> 56 & 0xff) << 24;
	info->limit = (desc & 0xffff) | (desc >> 48 & 0xf) << 16;
	info->seg_32bit = desc >> 54 & 1;
	info->contents = desc >> 42 & 3;
	info->read_exec_only = !(desc >> 41 & 1);
	info->limit_in_pages = desc >> 55 & 1;
	info->seg_not_present = !(desc >> 47 & 1);
	info->useable = desc >> 52 & 1;
}

/* Interrupts off, or preemption: next's slots on this CPU. */
void load_TLS(const struct thread_struct *next)
{
	u64 *gdt = *this_cpu_ptr(&cpu_gdt);

	for (int i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++)
		gdt[GDT_ENTRY_TLS_MIN + i] = next->tls_array[i];
}

static int free_slot(const struct thread_struct *thread)
{
	for (int i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++)
		if (!thread->tls_array[i])
			return GDT_ENTRY_TLS_MIN + i;
	return -ESRCH;
}

/* Not behind the back of a task that runs. */
static void set_slot(struct thread_struct *thread, int slot, const struct user_desc *info)
{
	thread->tls_array[slot - GDT_ENTRY_TLS_MIN] = names_nothing(info) ? 0 : desc_of_user(info);
	if (thread->tls_array[0] || thread->tls_array[1] || thread->tls_array[2])
		thread->rare |= RARE_TLS;
	else
		thread->rare &= ~RARE_TLS;
}

/*
 * Sets a slot of p, which is current, does not run yet, or is stopped. slot -1: the one that u_info
 * names; if that is -1, too, any, where allocate says so, and the user is told which.
 * 0, -EFAULT, -EINVAL, -ESRCH.
 */
static int set_area(struct task_struct *p, int slot, struct user_desc *u_info, bool allocate)
{
	struct thread_struct *thread = &p->thread;
	struct user_desc info;

	if (copy_from_user(&info, u_info, sizeof(info)))
		return -EFAULT;
	if (!acceptable(&info))
		return -EINVAL;
	if (slot == -1)
		slot = info.entry_number;
	if (slot == -1 && allocate) {
		slot = free_slot(thread);
		if (slot < 0)
			return slot;
		if (put_user((unsigned int)slot, &u_info->entry_number))
			return -EFAULT;
	}
	if (slot < GDT_ENTRY_TLS_MIN || slot > GDT_ENTRY_TLS_MAX)
		return -EINVAL;
	local_irq_disable();
	set_slot(thread, slot, &info);
	if (p == current) {
		load_TLS(thread);
		refresh_segments(slot * 8 + 3);
	} else {
		/* With FSGSBASE the base is loaded after the selector, and counts. */
		if (thread->fsindex == slot * 8 + 3)
			thread->fsbase = info.base_addr;
		if (thread->gsindex == slot * 8 + 3)
			thread->gsbase = info.base_addr;
	}
	local_irq_enable();
	return 0;
}

/* slot -1: the one that u_info names. */
static int get_area(struct task_struct *p, int slot, struct user_desc *u_info)
{
	struct user_desc info;

	if (slot == -1 && get_user(slot, (int *)&u_info->entry_number))
		return -EFAULT;
	if (slot < GDT_ENTRY_TLS_MIN || slot > GDT_ENTRY_TLS_MAX)
		return -EINVAL;
	user_of_desc(&info, p->thread.tls_array[array_index_nospec(slot - GDT_ENTRY_TLS_MIN,
								   GDT_ENTRY_TLS_ENTRIES)]);
	info.entry_number = slot;
	return copy_to_user(u_info, &info, sizeof(info)) ? -EFAULT : 0;
}

/* For clone: p does not run yet. */
int do_set_thread_area(struct task_struct *p, struct user_desc *u_info)
{
	return set_area(p, -1, u_info, false);
}

/* PTRACE_GET_THREAD_AREA and SET_THREAD_AREA: the slot is named by the request's addr. */
long ptrace_thread_area(struct task_struct *child, int slot, struct user_desc *u_info, bool set)
{
	if (slot < 0)
		return -EIO;
	return set ? set_area(child, slot, u_info, false) : get_area(child, slot, u_info);
}

/* ---- NT_386_TLS: the task is stopped ---- */

long regset_tls_get(struct task_struct *task, void *user, size_t size)
{
	struct user_desc info[GDT_ENTRY_TLS_ENTRIES];

	for (int i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++) {
		user_of_desc(&info[i], task->thread.tls_array[i]);
		info[i].entry_number = GDT_ENTRY_TLS_MIN + i;
	}
	return copy_to_user(user, info, size) ? -EFAULT : 0;
}

/* All or none; which slot is said by the place in the set, not by entry_number. */
long regset_tls_set(struct task_struct *task, void *user, size_t size)
{
	struct user_desc info[GDT_ENTRY_TLS_ENTRIES];
	int n = size / sizeof(info[0]);

	if (copy_from_user(info, user, size))
		return -EFAULT;
	for (int i = 0; i < n; i++)
		if (!acceptable(&info[i]))
			return -EINVAL;
	for (int i = 0; i < n; i++)
		set_slot(&task->thread, GDT_ENTRY_TLS_MIN + i, &info[i]);
	return 0;
}

long __ia32_sys_set_thread_area(struct user_desc __user *u_info)
{
	return set_area(current, -1, u_info, true);
}

long __ia32_sys_get_thread_area(struct user_desc __user *u_info)
{
	return get_area(current, -1, u_info);
}
