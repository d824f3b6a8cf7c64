/* SPDX-License-Identifier: MIT */
/*
 * ioperm(2), iopl(2): ports for user programs. Linux's twin: arch/x86/kernel/ioport.c.
 *
 * The CPU asks the bitmap behind this CPU's TSS, bit n for port n, clear: allowed. It lies beyond
 * the reach of io_bitmap_base for tasks without ports. A task's own bitmap is shared with its
 * children until one of them changes it; __switch_to() has the TSS follow the task (RARE_IO).
 *
 * iopl(3) gives all ports by a bitmap of zeroes. IOPL in the flags stays 0, as on Linux since 5.5:
 * a program with it could switch interrupts off.
 *
 * thread.io_bitmap and iopl belong to the task itself; TSS and bitmap change with interrupts off.
 */
#include <vitrix/cred.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <vitrix/sched.h>
#include <generated/syscalls.h>
#include <arch/desc.h>
#include <arch/ioport.h>
#include <arch/irqflags.h>
#include <linux/capability.h>

struct io_bitmap {
	atomic_t users;
	u8 bits[IO_BITMAP_BYTES];
};

void switch_io_bitmap(const struct thread_struct *next)
{
	struct x86_hw_tss *tss = this_cpu_ptr(&cpu_tss);

	if (!(next->rare & RARE_IO)) {
		tss->io_bitmap_base = IO_BITMAP_INVALID;
		return;
	}
	if (next->iopl == 3)
		memset(tss->io_bitmap, 0, IO_BITMAP_BYTES);
	else
		memcpy(tss->io_bitmap, next->io_bitmap->bits, IO_BITMAP_BYTES);
	tss->io_bitmap[IO_BITMAP_BYTES] = 0xff;		/* the CPU reads two bytes at a time */
	tss->io_bitmap_base = offsetof(struct x86_hw_tss, io_bitmap);
}

/*
 * What current may do from here on. In one step: a switch in between would find RARE_IO without
 * ports, or the other way round.
 */
static void set_ports(struct thread_struct *thread, struct io_bitmap *map, unsigned int iopl)
{
	local_irq_disable();
	thread->io_bitmap = map;
	thread->iopl = iopl;
	if (thread->io_bitmap || thread->iopl == 3)
		thread->rare |= RARE_IO;
	else
		thread->rare &= ~RARE_IO;
	switch_io_bitmap(thread);
	local_irq_enable();
}

static void put_bitmap(struct io_bitmap *map)
{
	if (map && refcount_dec_and_test(&map->users))
		kfree(map);
}

/* A stopped task's: a bit set for each port that it may not use; NULL: all. */
const void *io_bitmap_bits(const struct task_struct *tsk)
{
	return tsk->thread.io_bitmap ? tsk->thread.io_bitmap->bits : NULL;
}

/* A new task has its parent's ports; RARE_IO is set. */
void io_bitmap_share(struct task_struct *tsk)
{
	if (tsk->thread.io_bitmap)
		refcount_inc(&tsk->thread.io_bitmap->users);
}

void io_bitmap_exit(struct task_struct *tsk)
{
	struct io_bitmap *map = tsk->thread.io_bitmap;

	if (tsk == current) {
		set_ports(&tsk->thread, NULL, 0);
	} else {
		tsk->thread.io_bitmap = NULL;
		tsk->thread.iopl = 0;
		tsk->thread.rare &= ~RARE_IO;
	}
	put_bitmap(map);
}

/* A bitmap that is current's alone, as the old one was; NULL without memory. */
static struct io_bitmap *own_bitmap(struct io_bitmap *old)
{
	struct io_bitmap *map;

	if (old && atomic_read(&old->users) == 1)
		return old;
	map = kmalloc(sizeof(*map), GFP_KERNEL);
	if (!map)
		return NULL;
	atomic_set(&map->users, 1);
	if (old)
		memcpy(map->bits, old->bits, sizeof(map->bits));
	else
		memset(map->bits, 0xff, sizeof(map->bits));
	return map;
}

long __x64_sys_ioperm(unsigned long from, unsigned long num, int turn_on)
{
	struct thread_struct *thread = &current->thread;
	struct io_bitmap *old = thread->io_bitmap, *map;
	bool any = false;

	if (from + num <= from || from + num > IO_BITMAP_BYTES * 8)
		return -EINVAL;
	if (turn_on && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (!old && !turn_on)
		return 0;
	map = own_bitmap(old);
	if (!map)
		return -ENOMEM;
	for (unsigned long port = from; port < from + num; port++) {
		if (turn_on)
			map->bits[port / 8] &= ~(1 << port % 8);
		else
			map->bits[port / 8] |= 1 << port % 8;
	}
	for (int i = 0; i < IO_BITMAP_BYTES && !any; i++)
		any = map->bits[i] != 0xff;
	set_ports(thread, any ? map : NULL, thread->iopl);
	if (old != map)
		put_bitmap(old);
	if (!any)
		put_bitmap(map);
	return 0;
}

long __x64_sys_iopl(unsigned int level)
{
	struct thread_struct *thread = &current->thread;

	if (level > 3)
		return -EINVAL;
	if (level > thread->iopl && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	set_ports(thread, thread->io_bitmap, level);
	return 0;
}
