/* SPDX-License-Identifier: MIT */
/*
 * The guard of stack frames: gcc puts a secret word between a function's buffers and its return
 * address, and looks at it before it returns. What runs over a buffer runs over the word first.
 *
 *	| return address | rbp | guard | buffers ... |
 *	                          ^         ----->
 *	                 %gs:__stack_chk_guard
 *
 * -fstack-protector-strong: in functions that have arrays, or whose locals' addresses go elsewhere.
 *
 * Each task has a word of its own (task_struct.stack_canary): who has read one off a stack knows
 * nothing of the others. __switch_to_asm makes the next task's the CPU's. The lowest byte is 0, at
 * which strings end.
 *
 * Linux's twins: kernel/panic.c, arch/x86/include/asm/stackprotector.h. Left out of it: code before
 * start_kernel(), the vDSO, zlib.
 */
#include <vitrix/bug.h>
#include <vitrix/printk.h>
#include <vitrix/random.h>
#include <vitrix/sched.h>
#include <vitrix/stackprotector.h>

DEFINE_PER_CPU(unsigned long, __stack_chk_guard);

static_assert(offsetof(struct task_struct, stack_canary) == TASK_STACK_CANARY, "stack_canary");

unsigned long new_stack_canary(void)
{
	return get_random_u64() & ~0xffUL;
}

/* gcc calls it: the word is not what it was. Nothing on this stack can be trusted. */
__no_stack_protector void __stack_chk_fail(void)
{
	panic("stack-protector: Kernel stack is corrupted in: %pS", __builtin_return_address(0));
}
