/* SPDX-License-Identifier: MIT */
/*
 * Changing instructions that CPUs may be executing. Linux's twin: text_poke_bp_batch() in
 * arch/x86/kernel/alternative.c.
 *
 * A CPU fetches an instruction in pieces; one whose bytes change meanwhile could be seen half old,
 * half new. Only its first byte changes at once. So a batch of instructions is changed in steps,
 * between which every CPU executes a serialising instruction:
 *
 *	old:     e9 11 22 33 44      jmp
 *	step 1   cc 11 22 33 44      int3: who comes here is sent on by poke_int3_handler(), which
 *	step 2   cc 1f 44 00 00      does what the new instruction would do
 *	step 3   0f 1f 44 00 00      nop, five bytes
 *
 * The new instruction must therefore be one that only says where to go on: a nop or a jump. A CPU
 * that is alone does it by one store, with interrupts off.
 *
 * Step 3 is done twice. An emulator translates code before it runs it; QEMU before 8.1 lets a CPU
 * read the int3 just before it goes away and keep the translation for ever, since the page was not
 * watched yet. After everybody has answered it is watched, and the second store drops what is old.
 *
 * Kernel text is read-only in both of its mappings. The direct map's is never executable, and it is
 * the one that becomes writable, two pages at a time and with interrupts off.
 *
 * Locks: text_mutex, from text_poke_begin() to _end(). poke_int3_handler() takes none: the list is
 * complete before the first int3 is written, and is emptied when no CPU can be in the handler any
 * more: sync_cores() interrupts each, and the handler runs with interrupts off.
 * An int3's IRET lets the next NMI in while one is being served (arch/x86/kernel/nmi.c): what NMIs
 * execute should not be patched while NMIs are expected. Nothing here may be traced.
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/mutex.h>
#include <vitrix/sched.h>
#include <vitrix/smp.h>
#include <vitrix/sort.h>
#include <arch/irqflags.h>
#include <arch/pgtable.h>
#include <arch/processor.h>
#include <arch/ptrace.h>
#include <arch/text_poke.h>
#include <arch/tlbflush.h>

#define INT3		0xcc
#define BATCH		128

struct poke {
	u8 *addr;
	const u8 *resume;
	u8 len;
	u8 insn[TEXT_POKE_MAX];
};

static DEFINE_MUTEX(text_mutex, LC_TEXT);
static struct poke pokes[BATCH];	/* text_mutex; sorted while nr_armed */
static unsigned int nr_pokes;		/* text_mutex */
static unsigned int nr_armed;		/* how many the handler looks through; 0: none of ours */

static void serialise(void *unused)
{
	u32 a, b, c, d;

	cpuid_count(0, 0, &a, &b, &c, &d);
}

/* Returns when every CPU has executed a serialising instruction. */
static void sync_cores(void)
{
	on_each_cpu(serialise, NULL);
}

/*
 * The page of the alias that is writable, and the one behind it, since an instruction may straddle
 * them. Interrupts are off as long as one is. No other CPU uses the alias, so only this one's TLB
 * matters.
 */
static void set_writable(unsigned long page, bool writable)
{
	for (unsigned long addr = page; addr <= page + PAGE_SIZE; addr += PAGE_SIZE) {
		pte_t *pte = kernel_lookup_pte(addr);

		ASSERT(pte && pte_present(*pte));
		set_pte(pte, writable ? pte_mkwrite(*pte) : pte_wrprotect(*pte));
		invlpg(addr);
	}
}

static int cmp_poke(const void *a, const void *b)
{
	const struct poke *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

#ifdef CONFIG_DEBUG
void (*text_poke_step)(void);
unsigned long text_poke_hits;
#endif

enum step { STEP_INT3, STEP_TAIL, STEP_FIRST, STEP_WHOLE };

static void write_insn(volatile u8 *alias, const struct poke *p, enum step step)
{
	union { u64 all; u8 byte[8]; } word;

	switch (step) {
	case STEP_INT3:
		alias[0] = INT3;
		break;
	case STEP_TAIL:
		for (unsigned int i = 1; i < p->len; i++)
			alias[i] = p->insn[i];
		break;
	case STEP_FIRST:
		alias[0] = p->insn[0];
		break;
	case STEP_WHOLE:		/* by one store: an NMI comes before it or behind it */
		word.all = *(volatile u64 *)alias;
		for (unsigned int i = 0; i < p->len; i++)
			word.byte[i] = p->insn[i];
		*(volatile u64 *)alias = word.all;
		break;
	}
}

/* One step for all of the batch; afterwards every CPU executes what is written. */
static void do_step(enum step step)
{
	unsigned long flags = local_irq_save(), open = 0;

	for (unsigned int i = 0; i < nr_pokes; i++) {
		unsigned long alias = (unsigned long)__va(__pa(pokes[i].addr));

		if ((alias & PAGE_MASK) != open) {
			if (open)
				set_writable(open, false);
			open = alias & PAGE_MASK;
			set_writable(open, true);
		}
		write_insn((u8 *)alias, &pokes[i], step);
	}
	set_writable(open, false);
	local_irq_restore(flags);
	sync_cores();
#ifdef CONFIG_DEBUG
	if (text_poke_step)
		text_poke_step();
#endif
}

/* A CPU that is alone need not be told apart from others; the debug build does it all the same. */
static bool alone(void)
{
#ifdef CONFIG_DEBUG
	return false;
#else
	return num_online_cpus() <= 1;
#endif
}

static void flush_pokes(void)
{
	if (!nr_pokes)
		return;
	sort(pokes, nr_pokes, sizeof(pokes[0]), cmp_poke);
	if (alone()) {
		do_step(STEP_WHOLE);
	} else {
		smp_store_release(&nr_armed, nr_pokes);
		do_step(STEP_INT3);
		do_step(STEP_TAIL);
		do_step(STEP_FIRST);
		do_step(STEP_FIRST);	/* for emulators: see above */
		WRITE_ONCE(nr_armed, 0);
	}
	nr_pokes = 0;
}

void text_poke_begin(void)
{
	mutex_lock(&text_mutex);
}

void text_poke_queue(void *addr, const void *insn, unsigned int len, const void *resume)
{
	struct poke *p;

	ASSERT(len && len <= TEXT_POKE_MAX);
	ASSERT((char *)addr >= _text && (char *)addr + len <= _etext);
	if (nr_pokes == BATCH)
		flush_pokes();
	p = &pokes[nr_pokes++];
	p->addr = addr;
	p->resume = resume;
	p->len = len;
	for (unsigned int i = 0; i < len; i++)
		p->insn[i] = ((const u8 *)insn)[i];
}

void text_poke_end(void)
{
	flush_pokes();
	mutex_unlock(&text_mutex);
}

bool poke_int3_handler(struct pt_regs *regs)
{
	const u8 *addr = (const u8 *)regs->ip - 1;
	unsigned int lo = 0, hi = smp_load_acquire(&nr_armed);

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (pokes[mid].addr == addr) {
			regs->ip = (unsigned long)pokes[mid].resume;
#ifdef CONFIG_DEBUG
			text_poke_hits++;
#endif
			return true;
		}
		if (pokes[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}
