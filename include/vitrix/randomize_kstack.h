/* SPDX-License-Identifier: MIT */
/*
 * Where on its kernel stack a system call works differs from call to call, with
 * randomize_kstack_offset=on: who can place bytes on the kernel's stack, or read some, does not
 * know what lies there the next time.
 *
 *	top  | pt_regs                    |   where it always is
 *	     | do_syscall_64's frame      |
 *	     | 0 to 1008 bytes, unused    |   <- alloca, a multiple of 16
 *	     | __x64_sys_...              |
 *
 * A call's offset was chosen when the one before on this CPU began, by what the time stamp counter
 * was then. Off, it costs a nop in the slow paths; on, all calls take the slow path
 * (arch/x86/kernel/alternative.c), as assembler has no alloca.
 *
 * The three C functions behind the doors use it, which have no other buffer. Linux's twin:
 * include/linux/randomize_kstack.h.
 */
#ifndef VITRIX_RANDOMIZE_KSTACK_H
#define VITRIX_RANDOMIZE_KSTACK_H

#include <vitrix/jump_label.h>
#include <vitrix/percpu.h>
#include <arch/processor.h>

DECLARE_STATIC_KEY_FALSE(randomize_kstack_offset);
DECLARE_PER_CPU(u32, kstack_offset);
bool randomize_kstack_wanted(void);	/* by the command line */

#define KSTACK_OFFSET_MASK	0x3f0

/* Interrupts off. */
static inline u32 next_kstack_offset(void)
{
	u32 old = this_cpu_read(kstack_offset);

	/* The low bits of the counter are the ones that nobody knows. */
	this_cpu_write(kstack_offset, (old >> 5 | old << 27) ^ ((u32)rdtsc() & 0xff) << 4);
	return old;
}

/* In the frame of the function that uses it, before it calls what shall lie lower. */
#define add_random_kstack_offset() do {						\
	if (static_branch_unlikely(&randomize_kstack_offset)) {			\
		u8 *__pad = __builtin_alloca(next_kstack_offset() & KSTACK_OFFSET_MASK); \
		/* gcc must not find out that nobody needs it. */		\
		__asm__ volatile("" : : "r"(__pad) : "memory");			\
	}									\
} while (0)

#endif
