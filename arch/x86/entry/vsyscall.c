/* SPDX-License-Identifier: MIT */
/*
 * The vsyscall page: before there was a vDSO, gettimeofday(), time() and getcpu() lay at three
 * fixed addresses, and old static programs still call them. Nothing is mapped there: to fetch an
 * instruction faults, and the fault makes the call and returns for the program. Linux's twin:
 * arch/x86/entry/vsyscall/vsyscall_64.c.
 *
 *   0xffffffffff600000  gettimeofday      rdi, rsi as for the call; the return address at (rsp)
 *                  +400  time
 *                  +800  getcpu
 *
 * vsyscall=none (the default, as Debian's Linux has it), =xonly. Called by do_page_fault() with
 * interrupts on, for 64-bit user code. Left out: vsyscall=emulate, in which the page can also be
 * read; it means xonly.
 */
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/signal.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <arch/traps.h>
#include <arch/vsyscall.h>

static bool vsyscall_none = true;

bool vsyscall_enabled(void)
{
	return !vsyscall_none;
}

static int __init vsyscall_init(void)
{
	const char *mode = cmdline_find("vsyscall");

	vsyscall_none = !mode || !strncmp(mode, "none", 4);
	return 0;
}
device_initcall(vsyscall_init);

/* Bad pointers are the program's fault at that address, as they were when it was user code. */
static bool check_pointer(unsigned long ptr, size_t size)
{
	if (access_ok((void *)ptr, size))
		return true;
	current->thread.error_code = X86_PF_USER | X86_PF_WRITE;
	current->thread.cr2 = ptr;
	current->thread.trap_nr = X86_TRAP_PF;
	force_sig_fault(SIGSEGV, SEGV_MAPERR, (void *)ptr);
	return false;
}

/* false: a pointer was bad, and a signal is on its way. */
static bool call(struct pt_regs *regs, int nr, long *ret)
{
	void *di = (void *)regs->di, *si = (void *)regs->si;

	switch (nr) {
	case 0:
		if (!check_pointer(regs->di, sizeof(struct __kernel_old_timeval)) ||
		    !check_pointer(regs->si, sizeof(struct timezone)))
			return false;
		*ret = __x64_sys_gettimeofday(di, si);
		break;
	case 1:
		if (!check_pointer(regs->di, sizeof(long)))
			return false;
		*ret = __x64_sys_time(di);
		break;
	default:
		if (!check_pointer(regs->di, sizeof(int)) || !check_pointer(regs->si, sizeof(int)))
			return false;
		*ret = __x64_sys_getcpu(di, si, NULL);
	}
	if (*ret != -EFAULT)
		return true;
	force_sig(SIGSEGV);
	return false;
}

/* The fetch at address faulted. false: it is none of ours. */
bool emulate_vsyscall(struct pt_regs *regs, unsigned long address)
{
	unsigned long caller, offset = address - VSYSCALL_ADDR;
	long ret;

	if (offset >= PAGE_SIZE || regs->ip != address || vsyscall_none ||
	    regs->cs != __USER_CS || (offset & 0x3ff) || offset == 0xc00)
		return false;
	if (get_user(caller, (unsigned long *)regs->sp)) {
		force_sig(SIGSEGV);
		return true;
	}
	regs->orig_ax = -1UL;
	if (!call(regs, offset >> 10, &ret))
		return true;
	regs->ax = ret;
	regs->ip = caller;
	regs->sp += sizeof(long);
	return true;
}
