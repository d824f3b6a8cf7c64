/* SPDX-License-Identifier: MIT */
/*
 * No page can be found anywhere: one process has to go. Linux's twin: mm/oom_kill.c.
 *
 *	alloc_pages() --> out_of_memory() --> a victim is dying already?  wait for it
 *	     ^                  |
 *	     |                  +--> the caller itself is dying?  it may use the reserve
 *	     |                  +--> largest oom_badness() --> SIGKILL to all that share its memory
 *	     +---- waits, tries again; its victim may use the reserve (TIF_MEMDIE)
 *
 * Badness is what a kill would free, in pages: resident memory and page tables, plus
 * oom_score_adj thousandths of all memory (proc(5)); -1000 protects altogether. Init and kernel
 * threads are never killed. A victim that has not died after VICTIM_TICKS is stuck: another
 * follows.
 *
 * Locks: oom_deciding lets one caller decide at a time; tasklist_lock inside it, then alloc_lock
 * for each task->mm, which is only tried. Called from process context, with no spinlock held.
 */
#include <vitrix/bug.h>
#include <vitrix/cred.h>
#include <vitrix/mm.h>
#include <vitrix/printk.h>
#include <vitrix/rcu.h>
#include <vitrix/signal.h>
#include <linux/oom.h>

#define LONG_MIN	(-__LONG_MAX__ - 1)
#define VICTIM_TICKS	(5 * HZ)
#define KB(pages)	((pages) << (PAGE_SHIFT - 10))

/* Only tried: whoever loses finds that another caller is deciding already. */
static int oom_deciding;
static unsigned long last_kill;		/* jiffies; by the one who decides */

/*
 * A thread of p that still has p's memory, alloc_lock held; NULL, unlocked. tasklist_lock held. So
 * alloc_lock is only tried: an interrupt in its holder may wait for tasklist_lock. *busy: it could
 * not be had, and NULL says nothing.
 */
static struct task_struct *lock_task_mm(struct task_struct *p, bool *busy)
{
	struct task_struct *t;

	*busy = false;
	for_each_thread(p, t) {
		if (!READ_ONCE(t->mm))
			continue;
		if (!spin_trylock(&t->alloc_lock)) {
			*busy = true;
			continue;
		}
		if (t->mm)
			return t;
		spin_unlock(&t->alloc_lock);
	}
	return NULL;
}

static bool unkillable(struct task_struct *p)
{
	return is_global_init(p) || (p->flags & PF_KTHREAD);
}

static long mm_pages(struct mm_struct *mm)
{
	return mm_rss(mm) + (atomic_long_read(&mm->pgtables_bytes) >> PAGE_SHIFT);
}

/* tasklist_lock held. LONG_MIN: not to be killed; or, if *busy, not known. */
static long badness_locked(struct task_struct *p, bool *busy)
{
	struct task_struct *t;
	long points, adj;

	*busy = false;
	if (unkillable(p))
		return LONG_MIN;
	adj = p->signal->oom_score_adj;
	if (adj == OOM_SCORE_ADJ_MIN)
		return LONG_MIN;
	t = lock_task_mm(p, busy);
	if (!t)
		return LONG_MIN;
	points = mm_pages(t->mm);
	spin_unlock(&t->alloc_lock);
	return points + adj * (long)(totalram_pages / 1000);
}

/* In pages, may be negative; LONG_MIN: never killed. No spinlock held. */
long oom_badness(struct task_struct *p)
{
	long points;
	bool busy;

	do {
		spin_lock_irq(&tasklist_lock);
		points = badness_locked(p, &busy);
		spin_unlock_irq(&tasklist_lock);
	} while (busy);
	return points;
}

static bool has_victim_flag(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t)
		if (test_tsk_thread_flag(t, TIF_MEMDIE))
			return true;
	return false;
}

/*
 * The worst process, referenced; NULL: none can be killed. *dying: a victim still has its memory,
 * wait for that one; also if a process could not be looked at now. tasklist_lock held.
 */
static struct task_struct *select_victim(bool *dying)
{
	struct task_struct *p, *worst = NULL, *t;
	bool stuck = jiffies - last_kill > VICTIM_TICKS, busy;
	long most = LONG_MIN;

	*dying = false;
	for_each_process(p) {
		long points;

		if (has_victim_flag(p)) {
			t = lock_task_mm(p, &busy);
			if (t)
				spin_unlock(&t->alloc_lock);
			if ((t || busy) && !stuck) {
				*dying = true;
				return NULL;
			}
			continue;
		}
		points = badness_locked(p, &busy);
		if (busy) {
			*dying = true;
			return NULL;
		}
		if (points > most) {
			most = points;
			worst = p;
		}
	}
	if (worst)
		get_task_struct(worst);
	return worst;
}

static void report(struct task_struct *victim, struct mm_struct *mm)
{
	uid_t uid;

	rcu_read_lock();
	uid = __task_cred(victim)->uid;
	rcu_read_unlock();
	pr_err("Out of memory: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, "
	       "file-rss:%lukB, shmem-rss:%lukB, UID:%u pgtables:%lukB oom_score_adj:%d\n",
	       victim->pid, victim->comm, KB(mm->total_vm),
	       KB((unsigned long)atomic_long_read(&mm->rss_anon)),
	       KB((unsigned long)atomic_long_read(&mm->rss_file)),
	       KB((unsigned long)atomic_long_read(&mm->rss_shmem)), uid,
	       (unsigned long)atomic_long_read(&mm->pgtables_bytes) >> 10,
	       victim->signal->oom_score_adj);
}

static void report_memory(gfp_t gfp, unsigned int order)
{
	struct meminfo mi;

	pr_warn("%s invoked oom-killer: gfp_mask=%#x, order=%u, oom_score_adj=%d\n",
		current->comm, gfp, order, current->signal->oom_score_adj);
	si_meminfo_pages(&mi);
	pr_warn("Mem-Info: total:%lukB free:%lukB anon:%lukB cached:%lukB shmem:%lukB slab:%lukB "
		"pagetables:%lukB stacks:%lukB vmalloc:%lukB\n", KB(mi.total), KB(mi.free),
		KB(mi.anon), KB(mi.cached), KB(mi.shmem), KB(mi.slab), KB(mi.pagetables),
		KB(mi.kernel_stacks), KB(mi.vmalloc));
}

static void mark_victim(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t)
		set_tsk_thread_flag(t, TIF_MEMDIE);
}

/*
 * The victim, and whoever else would keep its memory alive; but for one whose alloc_lock is held
 * just now: with the victim gone that one is the worst. tasklist_lock held. Its memory, for the
 * caller to mmdrop(): while we hold it no other is at the same address. NULL: it was faster.
 */
static struct mm_struct *kill_sharers(struct task_struct *victim)
{
	bool busy;
	struct task_struct *p, *t = lock_task_mm(victim, &busy);
	struct mm_struct *mm;

	if (!t)
		return NULL;			/* it was faster, or is busy */
	mm = t->mm;
	mmgrab(mm);
	set_bit(MMF_OOM_KILLED, &mm->flags);
	report(victim, mm);
	spin_unlock(&t->alloc_lock);
	for_each_process(p) {
		bool shares;

		if (unkillable(p))
			continue;
		t = lock_task_mm(p, &busy);
		if (!t)
			continue;
		shares = t->mm == mm;
		spin_unlock(&t->alloc_lock);
		if (!shares)
			continue;
		mark_victim(p);
		do_send_sig_info(SIGKILL, SEND_SIG_PRIV, p, PIDTYPE_TGID);
	}
	return mm;
}

/* false: nobody can be killed, the allocation has to fail. A call soon after kills nobody more. */
bool out_of_memory(gfp_t gfp, unsigned int order)
{
	struct mm_struct *mm = NULL;
	struct task_struct *victim;
	bool dying;

	ASSERT(!in_atomic());
	/* Whoever is on its way out, and there is no need of another victim. */
	if (current->mm && (fatal_signal_pending(current) || (current->flags & PF_EXITING))) {
		set_thread_flag(TIF_MEMDIE);
		return true;
	}
	if (xchg(&oom_deciding, 1))
		return true;
	spin_lock_irq(&tasklist_lock);
	victim = select_victim(&dying);
	if (victim) {
		report_memory(gfp, order);
		last_kill = jiffies;
		mm = kill_sharers(victim);
	}
	spin_unlock_irq(&tasklist_lock);
	if (mm)
		mmdrop(mm);
	if (victim)
		put_task_struct(victim);
	smp_store_release(&oom_deciding, 0);
	return victim || dying;
}
