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
 * The new instruction must therefore be one that only says where to go on: a nop or a jump.
 *
 * Kernel text is read-only in both of its mappings. The direct map's is never executable, and it is
 * the one that becomes writable, a page at a time and with interrupts off.
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

/*
 * Returns when every CPU has executed a serialising instruction. Only CPU 0 runs today; when others
 * do, here is the place for an interrupt to each that returns through one.
 */
static void sync_cores(void)
{
	u32 a, b, c, d;

	ASSERT(num_online_cpus() <= 1);
	cpuid_count(0, 0, &a, &b, &c, &d);
}

static void write_pte(unsigned long addr, u64 set, u64 clear)
{
	pte_t *pte = kernel_lookup_pte(addr);

	ASSERT(pte && pte_present(*pte));
	set_pte(pte, (pte_t){ (pte_val(*pte) | set) & ~clear });
	invlpg(addr);
}

/* No other CPU uses the alias, so only this one's TLB matters. One store where len is 1 or 2. */
static void write_text(u8 *addr, const u8 *bytes, unsigned int len)
{
	volatile u8 *alias = __va(__pa(addr));
	unsigned long first = (unsigned long)alias & PAGE_MASK;
	unsigned long last = ((unsigned long)alias + len - 1) & PAGE_MASK;
	unsigned long flags;

	ASSERT(addr >= (u8 *)_text && addr + len <= (u8 *)_etext);
	flags = local_irq_save();
	write_pte(first, _PAGE_RW, 0);
	if (last != first)
		write_pte(last, _PAGE_RW, 0);
	for (unsigned int i = 0; i < len; i++)
		alias[i] = bytes[i];
	write_pte(first, 0, _PAGE_RW);
	if (last != first)
		write_pte(last, 0, _PAGE_RW);
	local_irq_restore(flags);
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

/* What was written so far is what every CPU executes from now on. */
static void end_step(void)
{
	sync_cores();
#ifdef CONFIG_DEBUG
	if (text_poke_step)
		text_poke_step();
#endif
}

static void flush_pokes(void)
{
	static const u8 int3 = INT3;

	if (!nr_pokes)
		return;
	sort(pokes, nr_pokes, sizeof(pokes[0]), cmp_poke);
	smp_store_release(&nr_armed, nr_pokes);

	for (unsigned int i = 0; i < nr_pokes; i++)
		write_text(pokes[i].addr, &int3, 1);
	end_step();
	for (unsigned int i = 0; i < nr_pokes; i++)
		if (pokes[i].len > 1)
			write_text(pokes[i].addr + 1, pokes[i].insn + 1, pokes[i].len - 1);
	end_step();
	for (unsigned int i = 0; i < nr_pokes; i++)
		write_text(pokes[i].addr, pokes[i].insn, 1);
	end_step();

	WRITE_ONCE(nr_armed, 0);
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
