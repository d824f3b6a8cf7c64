/* SPDX-License-Identifier: MIT */
/*
 * The page fault (vector 14; SDM vol. 3, 4.7 and 6.15). The CPU tells the address (CR2) and why:
 *
 *	error code   bit 0 P: the page was there, its rights forbid     bit 1 W: a write
 *	             bit 2 U: from user mode   bit 3: reserved bit set   bit 4 I: instruction fetch
 *
 *	do_page_fault -+- kernel address -------- user mode: SIGSEGV   kernel mode: fixup or die
 *	               +- user address, and no task memory, or faults are disabled: fixup or die
 *	               +- user address: find the area, check its rights
 *	                     none, or forbidden   user mode: SIGSEGV   kernel mode: fixup or die
 *	                     allowed: handle_mm_fault
 *	                         no memory, no data   OOM killer, SIGBUS; kernel mode: as above
 *	                         done                the instruction is tried again
 *
 * Kernel mode may touch user memory only by instructions in the exception table (usercopy,
 * get_user): anything else that faults there is a bug, and dies at once, with or without SMAP and
 * SMEP.
 *
 * Linux's twin: arch/x86/mm/fault.c. Called by the entry code with interrupts off.
 */
#include <vitrix/kasan.h>
#include <vitrix/mm.h>
#include <vitrix/signal.h>
#include <vitrix/uaccess.h>
#include <vitrix/printk.h>
#include <vitrix/printf.h>
#include <vitrix/vmalloc.h>
#include <generated/trace_events.h>
#include <arch/traps.h>
#include <arch/vsyscall.h>

/* sigcontext.cr2 and kin: what the program's handler gets to know. */
static void note_fault(unsigned long error_code, unsigned long address)
{
	struct thread_struct *t = &current->thread;

	t->cr2 = address;
	t->trap_nr = X86_TRAP_PF;
	t->error_code = error_code;
}

static void __cold kernel_fault(struct pt_regs *regs, unsigned long error_code,
				unsigned long address)
{
	char what[96];

	if (fixup_exception(regs)) {
		trace_fault(address, regs->ip, error_code, FAULT_DONE_FIXUP);
		return;
	}
	kasan_explain_fault(regs, address);
	if (is_stack_guard(address))
		snprintf(what, sizeof(what), "kernel stack overflow at %016lx", address);
	else if (address < PAGE_SIZE)
		snprintf(what, sizeof(what), "NULL pointer dereference at %016lx", address);
	else
		snprintf(what, sizeof(what), "page fault: %s %016lx (%s)",
			 error_code & X86_PF_INSTR ? "execution of" : error_code & X86_PF_WRITE ?
			 "write to" : "read of", address,
			 error_code & X86_PF_PROT ? "protected" : "not mapped");
	note_fault(error_code, address);
	die(what, regs, error_code);
}

/* A program that dies of it leaves a line in the log. */
static void log_segfault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	if (!unhandled_signal(current, SIGSEGV) || !printk_ratelimit())
		return;
	pr_info("%s[%d]: segfault at %lx ip %016lx sp %016lx error %lx\n", current->comm,
		current->pid,
		address, regs->ip, regs->sp, error_code);
}

static void __cold bad_area(struct pt_regs *regs, unsigned long error_code, unsigned long address,
			    int sig, int code)
{
	if (!user_mode(regs)) {
		kernel_fault(regs, error_code, address);
		return;
	}
	if (sig == SIGSEGV)
		trace_fault(address, regs->ip, error_code, FAULT_DONE_SIGSEGV);
	/* Whether a kernel address is mapped is nobody's business: always "protection". */
	if (address >= TASK_SIZE_MAX)
		error_code |= X86_PF_PROT;
	note_fault(error_code, address);
	if (sig == SIGSEGV)
		log_segfault(regs, error_code, address);
	force_sig_fault(sig, code, (void *)address);
}

/* Does the area forbid what was tried? */
static bool access_error(unsigned long error_code, const struct vm_area_struct *vma)
{
	if (error_code & X86_PF_WRITE)
		return !(vma->vm_flags & VM_WRITE);
	if (error_code & X86_PF_INSTR)
		return !(vma->vm_flags & VM_EXEC);
	/* A read. Present and yet forbidden to read: there is no such entry. */
	return (error_code & X86_PF_PROT) || !(vma->vm_flags & VM_ACCESS_FLAGS);
}

/*
 * address is below the area that find_vma() gave: let a stack grow down to it. The lock is let go
 * in between; it is held for read again at return. NULL: no area.
 */
static noinline struct vm_area_struct *grow_stack(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma;

	mmap_read_unlock(mm);
	mmap_write_lock(mm);
	vma = find_vma(mm, address);
	if (vma && address < vma->vm_start && expand_stack(vma, address))
		vma = NULL;
	downgrade_write(&mm->mmap_lock);
	return vma;
}

/* The area around address, with mmap_lock held for read. */
static struct vm_area_struct *find_area(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma = find_vma(mm, address);

	if (likely(vma && vma->vm_start <= address))
		return vma;
	if (!vma || !(vma->vm_flags & VM_GROWSDOWN))
		return NULL;
	return grow_stack(mm, address);
}

/* What failed was an allocation a moment ago: is that worth a kill still? */
static bool __cold memory_is_back(void)
{
	struct page *page = alloc_page(GFP_USER | __GFP_NORETRY | __GFP_NOWARN);

	if (page)
		__free_page(page);
	return page;
}

/* handle_mm_fault() could not help. mmap_lock is not held. */
static void __cold fault_failed(struct pt_regs *regs, unsigned long error_code,
				unsigned long address,
				vm_fault_t fault)
{
	if (fault & VM_FAULT_OOM) {
		if (!user_mode(regs)) {
			kernel_fault(regs, error_code, address);
			return;
		}
		/* Somebody is killed, maybe we; then the access is tried again. */
		if (memory_is_back())
			return;
		if (!fatal_signal_pending(current) && !out_of_memory(GFP_USER, 0))
			force_sig(SIGKILL);
		return;
	}
	if (fault & VM_FAULT_SIGBUS)
		bad_area(regs, error_code, address, SIGBUS, BUS_ADRERR);
	else
		bad_area(regs, error_code, address, SIGSEGV, SEGV_MAPERR);
}

static __trace_emitter void tell_fault(struct pt_regs *regs, unsigned long error_code,
				unsigned long address, vm_fault_t fault)
{
	trace_fault(address, regs->ip, error_code,
		    fault & VM_FAULT_SIGBUS ? FAULT_DONE_SIGBUS :
		    fault & VM_FAULT_OOM ? FAULT_DONE_NO_MEMORY : current->trace_fault_done);
}

/* Interrupts are on. */
static void user_address_fault(struct pt_regs *regs, unsigned long error_code,
			       unsigned long address)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned int flags = 0;
	vm_fault_t fault;

	if (error_code & X86_PF_WRITE)
		flags |= FAULT_FLAG_WRITE;
	if (error_code & X86_PF_INSTR)
		flags |= FAULT_FLAG_INSTRUCTION;
	if (user_mode(regs))
		flags |= FAULT_FLAG_USER;

	current->min_flt++;
	mmap_read_lock(mm);
	vma = find_area(mm, address);
	if (unlikely(!vma)) {
		mmap_read_unlock(mm);
		bad_area(regs, error_code, address, SIGSEGV, SEGV_MAPERR);
		return;
	}
	if (unlikely(access_error(error_code, vma))) {
		mmap_read_unlock(mm);
		bad_area(regs, error_code, address, SIGSEGV, SEGV_ACCERR);
		return;
	}
	if (static_branch_unlikely(&trace_key_fault))
		current->trace_fault_done = FAULT_DONE_NOTHING;
	fault = handle_mm_fault(vma, address, flags);
	mmap_read_unlock(mm);
	if (static_branch_unlikely(&trace_key_fault))
		tell_fault(regs, error_code, address, fault);

	if (unlikely(fault & VM_FAULT_MAJOR)) {
		current->min_flt--;
		current->maj_flt++;
	}
	if (unlikely(fault & VM_FAULT_ERROR))
		fault_failed(regs, error_code, address, fault);
	/* A dying task need not try for ever to get memory for a system call. */
	else if (unlikely(fault & VM_FAULT_RETRY) && !user_mode(regs) &&
		 fatal_signal_pending(current))
		kernel_fault(regs, error_code, address);
}

/* From the entry code: page_fault. Interrupts off, now and at return. */
void __path do_page_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	if (unlikely(error_code & X86_PF_RSVD))
		die("page table has reserved bits set", regs, error_code);

	if (user_mode(regs)) {
		trace_page_fault_user(address, regs->ip, error_code);
		local_irq_enable();
		if (likely(address < TASK_SIZE_MAX))
			user_address_fault(regs, error_code, address);
		else if (!emulate_vsyscall(regs, error_code, address))
			bad_area(regs, error_code, address, SIGSEGV, SEGV_MAPERR);
		local_irq_disable();
		return;
	}
	trace_page_fault_kernel(address, regs->ip, error_code);
	/*
	 * Not from the table, or where nobody may sleep, or without memory to fault in: no service.
	 */
	if (unlikely(address >= TASK_SIZE_MAX || pagefault_disabled() || !current->mm ||
		     !(regs->flags & X86_EFLAGS_IF) || (error_code & X86_PF_INSTR) ||
		     !has_fixup(regs->ip))) {
		kernel_fault(regs, error_code, address);
		return;
	}
	local_irq_enable();
	user_address_fault(regs, error_code, address);
	local_irq_disable();
}
