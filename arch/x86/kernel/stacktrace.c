/* SPDX-License-Identifier: MIT */
/*
 * The call chain of a task that sleeps, and of current. Linux's twins:
 * arch/x86/kernel/{stacktrace,unwind_frame}.c.
 *
 *   thread.sp -> | r15 r14 r13 r12 rbx | rbp | return to context_switch |    __switch_to_asm's
 *                                        |
 *                                        v
 *                                      | rbp | return to schedule | ... and so on, to entry code
 *
 * Entry code calls C with %rsp at a struct pt_regs, so behind a return address in entry code stands
 * the interrupted context: user mode ends the chain, kernel mode (a page fault of copy_to_user()
 * that sleeps) continues it with the saved ip and bp.
 *
 * Another task's stack may change under us if the task wakes up. Each pointer is checked to lie in
 * the stack and above the one before, each return address to be code: the walk ends and touches
 * nothing else, whatever it reads. No locks; any context. dumpstack.c prints, for panics, and knows
 * all the other stacks too.
 */
#include <vitrix/ftrace.h>
#include <vitrix/init.h>
#include <vitrix/sched.h>
#include <vitrix/stacktrace.h>
#include <arch/ptrace.h>
#include <arch/setup.h>

extern char __sched_text_start[], __sched_text_end[];
void ret_from_fork(void);

/* __switch_to_asm pushed rbp and five more; thread.sp points to the last of them */
#define SWITCH_FRAME_RBP	5
#define RET_FROM_FORK_LEN	64

struct unwind_state {
	const struct task_struct *task;
	unsigned long begin, end;	/* of the stack */
	unsigned long bp;		/* frame to look at next */
	unsigned long ip;		/* 0: nothing; else to be reported before that frame */
};

bool in_sched_functions(unsigned long addr)
{
	return addr >= (unsigned long)__sched_text_start && addr < (unsigned long)__sched_text_end;
}

static bool is_text(unsigned long addr)
{
	return addr >= (unsigned long)_text && addr < (unsigned long)_etext;
}

static bool behind_are_regs(unsigned long ret)
{
	unsigned long fork = (unsigned long)ret_from_fork;

	return (ret >= (unsigned long)__entry_text_start &&
		ret < (unsigned long)__entry_text_end) ||
	       (ret >= fork && ret < fork + RET_FROM_FORK_LEN);
}

static bool in_stack(const struct unwind_state *s, unsigned long addr, size_t size)
{
	return IS_ALIGNED(addr, 8) && addr >= s->begin && addr <= s->end - size;
}

static unsigned long word(unsigned long addr)
{
	return READ_ONCE(*(const unsigned long *)addr);
}

/* Of current: from the caller's caller's frame at bp on. false: there is nothing to be walked. */
static bool unwind_start(struct unwind_state *s, struct task_struct *task, unsigned long bp)
{
	unsigned long sp = READ_ONCE(task->thread.sp);

	s->task = task;
	s->begin = (unsigned long)READ_ONCE(task->stack);
	s->end = s->begin + THREAD_SIZE;
	s->ip = 0;
	s->bp = bp;
	if (!s->begin)
		return false;
	if (task == current)
		return true;
	if (!in_stack(s, sp, (SWITCH_FRAME_RBP + 2) * 8))
		return false;
	s->bp = word(sp + SWITCH_FRAME_RBP * 8);
	s->ip = word(sp + (SWITCH_FRAME_RBP + 1) * 8);
	return true;
}

/* The next return address, or 0 at the end. */
static unsigned long unwind_next(struct unwind_state *s)
{
	unsigned long bp = s->bp, ret = s->ip, next;

	s->ip = 0;
	if (ret)
		return is_text(ret) ? ret : 0;
	if (!in_stack(s, bp, 16))
		return 0;
	ret = ftrace_graph_ret_addr(s->task, word(bp + 8), (const void *)(bp + 8));
	if (!is_text(ret))
		return 0;
	next = word(bp);
	if (behind_are_regs(ret)) {
		const struct pt_regs *regs = (const struct pt_regs *)(bp + 16);

		next = 0;
		if (in_stack(s, bp + 16, sizeof(*regs)) && READ_ONCE(regs->cs) &&
		    !user_mode(regs)) {
			s->ip = READ_ONCE(regs->ip);
			next = READ_ONCE(regs->bp);
		}
	}
	/* Callers lie above; anything else is rubbish. */
	s->bp = next > bp ? next : 0;
	return ret;
}

noinline unsigned int stack_trace_save_tsk(struct task_struct *task, unsigned long *store,
					   unsigned int size)
{
	struct unwind_state s;
	unsigned int n = 0;
	unsigned long ip;

	if (!unwind_start(&s, task, (unsigned long)__builtin_frame_address(0)))
		return 0;
	while (n < size && (ip = unwind_next(&s)))
		if (!in_sched_functions(ip))
			store[n++] = ip;
	return n;
}

noinline unsigned long get_wchan(struct task_struct *task)
{
	bool asleep = task != current;
	struct unwind_state s;
	unsigned long ip;

	if (asleep && (READ_ONCE(task->state) & ~TASK_DEAD) == TASK_RUNNING)
		return 0;
	if (!unwind_start(&s, task, (unsigned long)__builtin_frame_address(0)))
		return 0;
	while ((ip = unwind_next(&s))) {
		if (in_sched_functions(ip))
			asleep = true;
		else if (asleep)
			return ip;
	}
	return 0;
}
