/* SPDX-License-Identifier: MIT */
/*
 * The events of a system call: its number and arguments, its result, and the user memory that its
 * pointers lead to. Linux's twin: kernel/trace/trace_syscalls.c, which has no memory.
 *
 *	do_syscall_64 --> trace_sys_enter    sys_enter, syscalls/sys_enter_NAME, sys_data of `in`
 *	              --> the call
 *	              --> trace_sys_exit     sys_exit, syscalls/sys_exit_NAME,   sys_data of `out`
 *
 * What lies behind a pointer is told by the kinds of syscalls.tbl, through syscalls_metadata. An
 * object is first touched, so that it is there, and then copied into the ring with page faults off,
 * since a writer of the ring may not sleep. Another thread may change the memory in between: the
 * event says what was there, not what the call saw.
 *
 * int $0x80 comes here, too: its numbers are those of the i386 table, and the events of the group
 * syscalls, which are the other table's, leave it out, as on Linux.
 * sys_data.arg: the argument's index 0..5; of an array's element i also 8 * (i + 1).
 * Context: a task with TIF_SYSCALL_TRACEPOINT, interrupts on. No locks.
 */
#include <vitrix/err.h>
#include <vitrix/trace_syscall.h>
#include <vitrix/uaccess.h>
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <asm/prctl.h>
#include <asm/sigcontext.h>
#include <linux/signal.h>
#include <asm/ucontext.h>
#include <asm/unistd_64.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/uio.h>
#include <arch/ptrace.h>
#include "internal.h"

#define STRING_MAX	4096U		/* PATH_MAX */
#define MEMORY_MAX	2048U		/* of one argument */
#define BUFFER_MAX	256U		/* of what read and write move */
#define ELEMENTS_MAX	30U		/* strings of an array, buffers of an iovec */
#define COMM_LEN	16U

static bool in_compat(void)
{
	return current->thread.status & TS_COMPAT;
}

/* NULL: nobody serves the number. */
static const struct syscall_metadata *metadata_of(unsigned int nr)
{
	if (in_compat())
		return nr < IA32_NR_syscalls ? &ia32_syscalls_metadata[nr] : NULL;
	return nr < NR_syscalls ? &syscalls_metadata[nr] : NULL;
}

static unsigned long syscall_arg(const struct pt_regs *regs, int i)
{
	if (in_compat()) {
		const u32 args32[6] = { regs->bx, regs->cx, regs->dx, regs->si, regs->di,
					regs->bp };
		return args32[i];
	}
	const unsigned long args[6] = { regs->di, regs->si, regs->dx, regs->r10, regs->r8,
					regs->r9 };

	return args[i];
}

/* ---- memory behind pointers ---- */

struct where {
	u32 nr;
	u8 arg, phase;
};

/* Every page of it is there, unless somebody takes it away again. false: it cannot be read. */
static bool touch_user(unsigned long addr, size_t len)
{
	unsigned long last = addr + len - 1;
	char byte __maybe_unused;

	if (last < addr)
		return false;
	for (unsigned long at = addr; at <= last; at = (at | ~PAGE_MASK) + 1)
		if (get_user(byte, (const char *)at))
			return false;
	return true;
}

/* One sys_data event: len bytes at addr, of `wanted` that are there. */
static void put_memory(struct where w, unsigned long addr, size_t len, size_t wanted)
{
	struct trace_raw_sys_data *rec;
	int status = len && !touch_user(addr, len) ? -EFAULT : 0;

	if (status)
		len = 0;
	rec = trace_reserve(EVENT_sys_data, sizeof(*rec) + len);
	if (!rec)
		return;
	if (len) {
		pagefault_disable();
		if (copy_from_user(rec + 1, (const void *)addr, len))
			status = -EFAULT;
		pagefault_enable();
	}
	*rec = (struct trace_raw_sys_data){
		.nr = w.nr, .arg = w.arg, .phase = w.phase, .len = status ? 0 : len,
		.addr = addr, .status = status, .wanted = wanted,
	};
	trace_commit(rec);
}

/* Without its NUL; a longer one than STRING_MAX is cut, and `wanted` says so. */
static void put_string(struct where w, unsigned long addr, size_t max)
{
	long len = strnlen_user((const char *)addr, STRING_MAX + 1);

	if (len <= 0)
		put_memory(w, addr, 1, 0);	/* says -EFAULT, by trying */
	else
		put_memory(w, addr, min((size_t)len - 1, max), len - 1);
}

/* The nth pointer of an array in user memory, which has the width of the call. 0 or -EFAULT. */
static int get_pointer(unsigned long *pointer, unsigned long array, unsigned long n)
{
	if (in_compat())
		return get_user(*pointer, (const u32 *)array + n);
	return get_user(*pointer, (const unsigned long *)array + n);
}

/* First how many there are (`wanted` of an event without bytes), then each. */
static void put_strings(struct where w, unsigned long array)
{
	unsigned long string;
	u32 nr = 0;
	u8 arg = w.arg;

	if (!array)
		return;
	while (nr < 0x10000 && !get_pointer(&string, array, nr) && string)
		nr++;
	/* of an array that cannot be read a word is tried, so that the event says -EFAULT */
	put_memory(w, array, nr || !get_pointer(&string, array, 0) ? 0 : sizeof(u32), nr);
	for (u32 i = 0; i < min(nr, ELEMENTS_MAX); i++) {
		w.arg = arg + 8 * (i + 1);
		if (!get_pointer(&string, array, i))
			put_string(w, string, BUFFER_MAX);
	}
}

/* The array, and of the buffers as many bytes as the call moved (at entry: all). */
static void put_iovec(struct where w, unsigned long addr, unsigned long nr, unsigned long moved)
{
	size_t word = in_compat() ? sizeof(u32) : sizeof(long);
	unsigned long base, len;
	struct iovec iov;
	u8 arg = w.arg;

	nr = min(nr, (unsigned long)ELEMENTS_MAX);
	if (!nr)
		return;
	put_memory(w, addr, nr * 2 * word, nr * 2 * word);
	for (unsigned int i = 0; i < nr && moved; i++) {
		if (get_pointer(&base, addr, 2 * i) || get_pointer(&len, addr, 2 * i + 1))
			return;
		iov = (struct iovec){ (void *)base, len };
		w.arg = arg + 8 * (i + 1);
		iov.iov_len = min(iov.iov_len, moved);
		moved -= iov.iov_len;
		put_memory(w, (unsigned long)iov.iov_base,
			   min(iov.iov_len, (size_t)BUFFER_MAX), iov.iov_len);
	}
}

static unsigned long arg_count(const struct syscall_arg *arg, const struct pt_regs *regs)
{
	if (arg->count_arg == SYS_COUNT_FIXED)
		return arg->count;
	if (arg->count_arg == SYS_COUNT_RET)
		return regs->ax;
	return syscall_arg(regs, arg->count_arg);
}

static void put_arg(struct where w, const struct syscall_arg *arg, const struct pt_regs *regs)
{
	unsigned long addr = syscall_arg(regs, w.arg), count, bytes;
	size_t max = arg->size == 1 ? BUFFER_MAX : MEMORY_MAX;

	if (!addr)
		return;
	switch (arg->kind) {
	case SYS_ARG_STRING:
		put_string(w, addr, STRING_MAX);
		break;
	case SYS_ARG_STRINGS:
		put_strings(w, addr);
		break;
	case SYS_ARG_IOVEC:
		put_iovec(w, addr, arg_count(arg, regs), w.phase ? regs->ax :
			  arg->dir & SYS_ARG_OUT ? 0 : ~0UL);
		break;
	case SYS_ARG_MEMORY:
		count = min(arg_count(arg, regs), 0xffffUL);
		bytes = count * arg->size;
		if (bytes)
			put_memory(w, addr, min(bytes, max), bytes);
		break;
	}
}

/* What ioctl's and fcntl's third argument leads to depends on the second. 0: not told. */
static unsigned int command_size(unsigned int nr, unsigned int cmd, int *dir)
{
	*dir = SYS_ARG_OUT;
	if (nr == __NR_fcntl) {
		*dir = cmd == F_GETLK ? SYS_ARG_IN | SYS_ARG_OUT : SYS_ARG_IN;
		return cmd == F_GETLK || cmd == F_SETLK || cmd == F_SETLKW ?
		       sizeof(struct flock) : 0;
	}
	switch (cmd) {
	case TCGETS:
		return sizeof(struct termios);
	case TIOCGWINSZ:
		return sizeof(struct winsize);
	case TIOCGPGRP: case FIONREAD: case TIOCGSID:
		return sizeof(int);
	case TCSETS: case TCSETSW: case TCSETSF:
		*dir = SYS_ARG_IN;
		return sizeof(struct termios);
	case TIOCSWINSZ:
		*dir = SYS_ARG_IN;
		return sizeof(struct winsize);
	case TIOCSPGRP: case FIONBIO:
		*dir = SYS_ARG_IN;
		return sizeof(int);
	default:
		return 0;
	}
}

/* Directory entries: all, in pieces, since only the whole tells how many there are. */
static void put_entries(struct where w, unsigned long addr, unsigned long len)
{
	for (unsigned long done = 0; done < len; done += STRING_MAX) {
		size_t n = min(len - done, (unsigned long)STRING_MAX);

		put_memory(w, addr + done, n, n);
	}
}

/* The mask of pselect6 lies behind a pair of pointer and size. */
static void put_sigmask(struct where w, unsigned long addr)
{
	unsigned long pair[2];

	put_memory(w, addr, sizeof(pair), sizeof(pair));
	if (!copy_from_user(pair, (const void *)addr, sizeof(pair)) && pair[0])
		put_memory(w, pair[0], sizeof(u64), sizeof(u64));
}

static void put_prctl(const struct pt_regs *regs, int phase)
{
	struct where w = { __NR_prctl, 1, phase };

	switch (regs->di) {
	case PR_SET_NAME:
		if (!phase)
			put_string(w, regs->si, COMM_LEN - 1);
		break;
	case PR_GET_NAME:
		if (phase)
			put_memory(w, regs->si, COMM_LEN, COMM_LEN);
		break;
	case PR_GET_PDEATHSIG: case PR_GET_CHILD_SUBREAPER:
		if (phase)
			put_memory(w, regs->si, sizeof(int), sizeof(int));
		break;
	}
}

/*
 * What the kinds of syscalls.tbl cannot say, as it depends on other arguments or on other memory.
 * true: this was all that there is to tell.
 */
static bool put_special(const struct pt_regs *regs, unsigned int nr, int phase)
{
	struct clone_args args;

	switch (nr) {
	case __NR_getdents: case __NR_getdents64:
		if (phase)
			put_entries((struct where){ nr, 1, phase }, regs->si, regs->ax);
		return true;
	case __NR_rt_sigreturn:
		if (!phase)
			put_memory((struct where){ nr, 0, phase },
				   regs->sp + offsetof(struct ucontext, uc_sigmask), sizeof(u64),
				   sizeof(u64));
		return true;
	case __NR_prctl:
		put_prctl(regs, phase);
		return true;
	case __NR_arch_prctl:
		if (phase && (regs->di == ARCH_GET_FS || regs->di == ARCH_GET_GS))
			put_memory((struct where){ nr, 1, phase }, regs->si, 8, 8);
		return true;
	case __NR_pselect6:
		if (!phase && regs->r9)
			put_sigmask((struct where){ nr, 5, phase }, regs->r9);
		return false;
	case __NR_clone3:
		if (phase && !copy_from_user(&args, (const void *)regs->di, CLONE_ARGS_SIZE_VER0) &&
		    (args.flags & CLONE_PARENT_SETTID))
			put_memory((struct where){ nr, 0, phase }, args.parent_tid, 4, 4);
		return false;
	default:
		return false;
	}
}

/* A sleep that a signal has ended says how much of it was left, although it failed. */
static void put_remaining(const struct pt_regs *regs, unsigned int nr)
{
	int arg = nr == __NR_nanosleep ? 1 : nr == __NR_clock_nanosleep ? 3 : -1;
	unsigned long addr;

	if (arg < 0 || in_compat() || (long)regs->ax != -ERESTART_RESTARTBLOCK)
		return;
	addr = syscall_arg(regs, arg);
	if (addr)
		put_memory((struct where){ nr, arg, 1 }, addr, 16, 16);
}

static void put_args(const struct pt_regs *regs, unsigned int nr, int phase)
{
	const struct syscall_metadata *meta = metadata_of(nr);
	int wanted = phase ? SYS_ARG_OUT : SYS_ARG_IN, dir;
	unsigned int size;

	if (!meta)
		return;
	if (!in_compat() && (nr == __NR_ioctl || nr == __NR_fcntl)) {
		size = command_size(nr, regs->si, &dir);
		if (size && (dir & wanted) && regs->dx)
			put_memory((struct where){ nr, 2, phase }, regs->dx, size, size);
		return;
	}
	if (!in_compat() && put_special(regs, nr, phase))
		return;
	for (int i = 0; i < meta->nr_args; i++)
		if (meta->args[i].dir & wanted)
			put_arg((struct where){ nr, i, phase }, &meta->args[i], regs);
}

/* What is done to look at the arguments is no part of the call. */
static void watch_args(const struct pt_regs *regs, unsigned int nr, int phase)
{
	current->trace_flags |= TRACE_TASK_BUSY;
	put_args(regs, nr, phase);
	current->trace_flags &= ~TRACE_TASK_BUSY;
}

/* ---- the events ---- */

static void commit_syscall(unsigned int id, void *rec)
{
	if (trace_syscall_filter_match(id, rec - TRACE_ENTRY_SIZE))
		trace_commit(rec);
	else
		trace_discard(rec);
}

/* syscalls/sys_enter_NAME: the number, then each argument in eight bytes. */
static void put_enter(const struct pt_regs *regs, unsigned int nr)
{
	int nr_args = syscalls_metadata[nr].nr_args;
	unsigned long *rec = trace_reserve(EVENT_FIRST_SYSCALL + 2 * nr, 8 + 8 * nr_args);

	if (!rec)
		return;
	rec[0] = nr;
	for (int i = 0; i < nr_args; i++)
		rec[1 + i] = syscall_arg(regs, i);
	commit_syscall(EVENT_FIRST_SYSCALL + 2 * nr, rec);
}

static void put_exit(const struct pt_regs *regs, unsigned int nr)
{
	unsigned long *rec = trace_reserve(EVENT_FIRST_SYSCALL + 2 * nr + 1, 16);

	if (!rec)
		return;
	rec[0] = nr;
	rec[1] = regs->ax;
	commit_syscall(EVENT_FIRST_SYSCALL + 2 * nr + 1, rec);
}

void trace_sys_enter(struct pt_regs *regs)
{
	unsigned int nr = regs->orig_ax;

	if (!trace_event_wanted(current))
		return;
	if (static_branch_unlikely(&trace_key_sys_enter)) {
		struct trace_raw_sys_enter *rec = trace_reserve(EVENT_sys_enter, sizeof(*rec));

		if (rec) {
			rec->id = (int)nr;
			for (int i = 0; i < 6; i++)
				rec->args[i] = syscall_arg(regs, i);
			trace_event_commit(trace_event_by_id(EVENT_sys_enter), rec);
		}
	}
	if (!in_compat() && nr < NR_syscalls && test_bit(nr, trace_syscall_enter_on))
		put_enter(regs, nr);
	if (static_branch_unlikely(&trace_key_sys_data))
		watch_args(regs, nr, 0);
}

void trace_sys_exit(struct pt_regs *regs)
{
	unsigned int nr = regs->orig_ax;

	if (!trace_event_wanted(current))
		return;
	/* The memory comes first: who reads sys_exit knows that the call is told. */
	if (static_branch_unlikely(&trace_key_sys_data)) {
		if ((long)regs->ax >= 0)
			watch_args(regs, nr, 1);
		else
			put_remaining(regs, nr);
	}
	if (!in_compat() && nr < NR_syscalls && test_bit(nr, trace_syscall_exit_on))
		put_exit(regs, nr);
	if (static_branch_unlikely(&trace_key_sys_exit)) {
		struct trace_raw_sys_exit *rec = trace_reserve(EVENT_sys_exit, sizeof(*rec));

		if (!rec)
			return;
		rec->id = (int)nr;
		rec->ret = regs->ax;
		trace_event_commit(trace_event_by_id(EVENT_sys_exit), rec);
	}
}
