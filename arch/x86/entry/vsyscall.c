/* SPDX-License-Identifier: MIT */
/*
 * The vsyscall page: before there was a vDSO, gettimeofday(), time() and getcpu() lay at three
 * fixed addresses, and old static programs still call them. To fetch an instruction there faults,
 * and the fault makes the call and returns for the program. Linux's twin:
 * arch/x86/entry/vsyscall/vsyscall_64.c.
 *
 *   0xffffffffff600000  gettimeofday      rdi, rsi as for the call; the return address at (rsp)
 *                  +400  time
 *                  +800  getcpu
 *
 *	                vsyscall=none       xonly     emulate
 *	call            SIGSEGV             done      done
 *	read            SIGSEGV             SIGSEGV   the page: three real calls
 *	/proc/PID/maps  -                   --xp      r-xp
 *
 * none is the default, as Debian's Linux has it. With emulate there is a page, for those that read
 * code to find out what it does (it may be run elsewhere: all calls are in it); it is not
 * executable, so calls fault and are made here all the same: no code lies at a known address.
 *
 * Called by do_page_fault() with interrupts on, for user code; a fetch above all user memory can
 * only be 64-bit code's. Locks: none; the mode and the page are set once, before the first program.
 */
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/printk.h>
#include <vitrix/signal.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <arch/traps.h>
#include <arch/vsyscall.h>
#include <asm/unistd_64.h>

#define STUB_SIZE	1024
#define INT3		0xcc

static enum { NONE, XONLY, EMULATE } vsyscall_mode;
static const int call_nr[] = { __NR_gettimeofday, __NR_time, __NR_getcpu };
static u8 *vsyscall_page;		/* with EMULATE */

static int __init vsyscall_setup(const char *value)
{
	if (!strcmp(value, "emulate"))
		vsyscall_mode = EMULATE;
	else if (!strcmp(value, "xonly"))
		vsyscall_mode = XONLY;
	else if (!strcmp(value, "none"))
		vsyscall_mode = NONE;
	else
		return -EINVAL;
	return 0;
}
__setup("vsyscall=", vsyscall_setup);

/* movq $nr, %rax; syscall; ret: and breakpoints up to the next. */
static void __init write_stubs(u8 *page)
{
	memset(page, INT3, PAGE_SIZE);
	for (int i = 0; i < ARRAY_SIZE(call_nr); i++) {
		u8 stub[] = { 0x48, 0xc7, 0xc0, call_nr[i], call_nr[i] >> 8, 0, 0,
			      0x0f, 0x05, 0xc3 };

		memcpy(page + i * STUB_SIZE, stub, sizeof(stub));
	}
}

static int __init map_vsyscall(void)
{
	u8 *page;

	if (vsyscall_mode != EMULATE)
		return 0;
	page = (u8 *)__get_free_page(GFP_KERNEL);
	if (!page || kernel_map_for_user(VSYSCALL_ADDR, __pa(page)))
		panic("no memory for the vsyscall page");
	write_stubs(page);
	vsyscall_page = page;
	return 0;
}
device_initcall(map_vsyscall);

/* VM_* of the page as maps shows it to programs of 64 bits; 0: there is none. */
unsigned long vsyscall_vm_flags(void)
{
	return vsyscall_mode == NONE ? 0 : vsyscall_mode == XONLY ? VM_EXEC : VM_READ | VM_EXEC;
}

/* For process_vm_readv(): how much of len could be read at an address of the kernel's half. */
size_t read_vsyscall_page(struct mm_struct *mm, unsigned long address, void *buf, size_t len)
{
	if (!vsyscall_page || mm->task_size != TASK_SIZE_MAX ||
	    (address & PAGE_MASK) != VSYSCALL_ADDR)
		return 0;
	len = min(len, PAGE_SIZE - offset_in_page(address));
	memcpy(buf, vsyscall_page + offset_in_page(address), len);
	return len;
}

static void __cold tell(struct pt_regs *regs, const char *what)
{
	if (printk_ratelimit())
		pr_info("%s[%d] %s ip:%lx sp:%lx ax:%lx di:%lx\n", current->comm,
			current->pid, what, regs->ip, regs->sp, regs->ax, regs->di);
}

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

	if (nr == 0 ? !check_pointer(regs->di, sizeof(struct __kernel_old_timeval)) ||
		      !check_pointer(regs->si, sizeof(struct timezone)) :
	    nr == 1 ? !check_pointer(regs->di, sizeof(long)) :
		      !check_pointer(regs->di, sizeof(int)) ||
		      !check_pointer(regs->si, sizeof(int)))
		return false;
	*ret = nr == 0 ? __x64_sys_gettimeofday(di, si) :
	       nr == 1 ? __x64_sys_time(di) : __x64_sys_getcpu(di, si, NULL);
	if (*ret == -EFAULT)
		force_sig(SIGSEGV);
	return *ret != -EFAULT;
}

/* User mode faulted there. false: it was not a call, and is not answered. */
bool emulate_vsyscall(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	unsigned long caller, offset = address - VSYSCALL_ADDR;
	long ret;

	if (offset >= PAGE_SIZE || (error_code & X86_PF_WRITE))
		return false;
	if (!(error_code & X86_PF_INSTR)) {
		if (vsyscall_mode != EMULATE)
			tell(regs, "read the vsyscall page: see vsyscall= on the command line");
		return false;
	}
	if (vsyscall_mode == NONE) {
		tell(regs, "made a vsyscall: see vsyscall= on the command line");
		return false;
	}
	if (offset % STUB_SIZE || offset / STUB_SIZE >= ARRAY_SIZE(call_nr) ||
	    get_user(caller, (unsigned long *)regs->sp)) {
		tell(regs, "jumped into the vsyscall page, to no call or without a stack");
		force_sig(SIGSEGV);
		return true;
	}
	regs->orig_ax = -1UL;
	if (!call(regs, offset / STUB_SIZE, &ret)) {
		tell(regs, "made a vsyscall with a bad pointer");
		return true;
	}
	regs->ax = ret;
	regs->ip = caller;
	regs->sp += sizeof(long);
	return true;
}
