/* SPDX-License-Identifier: MIT */
/* What happens between a way in and a way out: switches, forks, new images, faults, signals. */
#include "story.h"

#include <string.h>

#define X(v) (unsigned long long)(v)

static void who(struct text *t, const char *comm, pid_t pid)
{
	if (pid)
		text_addf(t, "%.16s/%d", comm, pid);
	else
		text_add(t, "idle");
}

static void reason(struct text *t, const struct trace_raw_context_switch *s)
{
	struct task *by = s->by_pid ? task_find(s->by_pid) : NULL;

	if (!s->prev_pid) {
		text_add(t, "there is something to do");
		return;
	}
	text_add(t, switch_why(s->why));
	if (s->why == 1 && s->wait_on[0])
		text_addf(t, " in %.32s", s->wait_on);
	if (s->why == 3 && s->by_pid)
		text_addf(t, ", %.16s was woken by %s/%d", s->next_comm, by ? by->comm : "pid",
			  s->by_pid);
}

/* Both stacks, and where each task goes on. */
void story_switch(const struct event *e)
{
	const struct trace_raw_context_switch *s = e->data;
	struct text prev = {0}, next = {0}, why = {0}, at = {0};
	bool newborn;

	who(&prev, s->prev_comm, s->prev_pid);
	who(&next, s->next_comm, s->next_pid);
	reason(&why, s);
	kernel_symbol(&at, s->next_ip);
	newborn = at.s && !strncmp(at.s, "ret_from_fork", 13);
	print(SWITCH, "====== %11.1f us  CPU %d: %s -> %s", us_since_start(e->ns), e->cpu, prev.s, next.s);
	print(DIM, "  (%s)\n", why.s);
	if (opt.verbose || first_time("switch")) {
		print(SWITCH, "               %-16s rsp %#llx", prev.s, X(s->prev_sp));
		print(DIM, "  stays here, %llu bytes deep in its kernel stack; state %s\n",
		      X(s->prev_top - s->prev_sp), task_state(s->prev_state));
		print(SWITCH, "               %-16s cr3 %#llx -> %#llx", "page tables",
		      X(s->cr3_before), X(s->cr3_after));
		print(DIM, "  %s\n", s->cr3_before == s->cr3_after ? "the same address space" :
		      "another address space");
		print(SWITCH, "               %-16s rsp %#llx", next.s, X(s->next_sp));
		print(DIM, "  its kernel stack's top is %#llx\n", X(s->next_top));
	}
	if (newborn && first_time("newborn"))
		print(DIM, "               %s runs for the first time: its stack was made by fork so "
		      "that it begins in ret_from_fork\n", next.s);
	else if (opt.verbose || first_time("goes on"))
		print(DIM, "               %s goes on at %s: it returns from the switch in which it gave "
		      "the CPU away\n", next.s, at.s);
	text_free(&prev);
	text_free(&next);
	text_free(&why);
	text_free(&at);
}

void story_fork(const struct event *e)
{
	const struct trace_raw_sched_process_fork *f = e->data;
	struct task *child = task_find(f->child_pid), *t = e->task;

	tell(t, BOLD, "    fork       %s/%d has a child, %s/%d%s\n", f->parent_comm, f->parent_pid,
	     f->child_comm, f->child_pid, !child ? " (not followed: -f)" :
	     t && child->tgid == t->tgid ? ", a thread of the same process" : "");
	if (first_time("fork"))
		tell(t, DIM, "               the call returns twice: here with the child's pid, there "
		     "with 0, from ret_from_fork\n");
}

void story_image(const struct event *e)
{
	const struct trace_raw_new_image *n = e->data;

	tell(e->task, BOLD, "    new image  %s\n", record_string(e, n->__data_loc_filename));
	tell(e->task, KERNEL, "               entry point %#llx, stack pointer %#llx", X(n->entry),
	     X(n->stack));
	if (n->load_bias)
		tell(e->task, KERNEL, ", loaded %#llx behind its own addresses", X(n->load_bias));
	tell(e->task, PLAIN, "\n");
	if (first_time("image"))
		tell(e->task, DIM, "               the old memory is gone; pt_regs->ip is the entry "
		     "point: the way out leads into the new program\n");
}

static void explain_fault(struct task *t, unsigned int done)
{
	static const char *const why[] = {
		[1] = "nothing was there to read: the one page of zeros is mapped, read-only",
		[2] = "the page cache has the file's page; it is mapped",
		[3] = "two share the page and one wants to write: it gets a copy of its own",
		[4] = "the page was shared once, but nobody else has it any more: just made writable",
		[5] = "memory that was promised (mmap, brk, stack) is given on the first touch",
		[8] = "the page was there, the entry in the page table did not allow it yet",
		[11] = "a private mapping of a file is written: the page is copied first",
	};

	if (done < sizeof why / sizeof *why && why[done] && first_time(why[done]))
		tell(t, DIM, "               (%s)\n", why[done]);
}

void story_fault(const struct event *e)
{
	const struct trace_raw_fault *f = e->data;
	struct task *t = e->task;
	struct scene *s = scene_of(t);
	struct text cause = {0}, at = {0};
	const char *access, *file = "";
	bool user = f->error_code & 4;

	fault_cause(&cause, f->error_code, &access);
	if (user)
		space_symbol(t->space, f->ip, &at, &file);
	else
		kernel_symbol(&at, f->ip);
	if (s->number && !s->full && !s->begun && t->enter_how == 4) {
		text_clear(&s->head);
		text_addf(&s->head, "page fault: %s of %#llx, %s -> %s", access, X(f->address),
			  cause.s, fault_done(f->done));
	} else {
		tell(t, FAULT, "    %s %s of %#llx by %s, %s -> %s\n",
		     user ? "page fault" : "fault in the kernel:", access, X(f->address),
		     at.len ? at.s : "?", cause.s, fault_done(f->done));
	}
	explain_fault(t, f->done);
	text_free(&cause);
	text_free(&at);
}

void story_signal(const struct event *e)
{
	const struct trace_raw_signal_generate *g = e->data;
	const struct trace_raw_signal_deliver *d = e->data;
	struct text name = {0}, handler = {0};
	const char *file = "";

	signal_name(&name, g->sig);
	if (e->type == EVENT_signal_generate) {
		tell(e->task, SIGNAL, "    signal     %s is sent to %.16s/%d%s\n", name.s, g->comm, g->pid,
		     g->result == 1 ? ": thrown away, it is ignored" :
		     g->result == 2 ? ": one waits there already" : "");
	} else if (d->sa_handler == 0) {
		tell(e->task, SIGNAL, "    signal     %s is taken: the default action\n", name.s);
	} else if (d->sa_handler == 1) {
		tell(e->task, SIGNAL, "    signal     %s is taken and ignored\n", name.s);
	} else {
		space_symbol(e->task->space, d->sa_handler, &handler, &file);
		tell(e->task, SIGNAL, "    signal     %s is taken: its handler is %#lx%s%s%s\n", name.s,
		     d->sa_handler, handler.len ? " <" : "", handler.len ? handler.s : "",
		     handler.len ? ">" : "");
		if (first_time("handler"))
			tell(e->task, DIM, "               the registers go into a frame on the user's "
			     "stack; pt_regs->ip is the handler; its return calls rt_sigreturn, "
			     "which takes the frame down\n");
	}
	text_free(&name);
	text_free(&handler);
}

void story_other(const struct event *e)
{
	struct text fn = {0};

	switch (e->type) {
	case EVENT_sched_wakeup: case EVENT_sched_wakeup_new: {
		const struct trace_raw_sched_wakeup *w = e->data;

		if (e->task)
			tell(e->task, SWITCH, "    %s   %s/%d can run now\n",
			     e->type == EVENT_sched_wakeup ? "wakes up" : "starts  ", w->comm, w->pid);
		else
			print(SWITCH, "       %11.1f us  %s/%d can run now, woken by pid %d\n",
			      us_since_start(e->ns), w->comm, w->pid, e->rec->pid);
		break;
	}
	case EVENT_sched_migrate_task: {
		const struct trace_raw_sched_migrate_task *m = e->data;

		tell(e->task, SWITCH, "    moves      %s/%d from CPU %d to CPU %d\n", m->comm, m->pid,
		     m->orig_cpu, m->dest_cpu);
		break;
	}
	case EVENT_stack_growth:
		tell(e->task, FAULT, "    stack      grows down to %#llx\n",
		     X(((const struct trace_raw_stack_growth *)e->data)->start));
		break;
	case EVENT_irq_handler_entry: {
		const struct trace_raw_irq_handler_entry *i = e->data;

		tell(e->task, CPU, "    interrupt  %d (%s): its handler runs\n", i->irq,
		     record_string(e, i->__data_loc_name));
		break;
	}
	case EVENT_irq_handler_exit:
		tell(e->task, CPU, "    interrupt  %d: done\n",
		     ((const struct trace_raw_irq_handler_exit *)e->data)->irq);
		break;
	case EVENT_local_timer_entry:
		tell(e->task, CPU, "    interrupt  of this CPU's timer begins\n");
		break;
	case EVENT_local_timer_exit:
		tell(e->task, CPU, "    interrupt  of this CPU's timer is done\n");
		break;
	case EVENT_hrtimer_start:
		kernel_symbol(&fn, (uintptr_t)((const struct trace_raw_hrtimer_start *)e->data)->function);
		tell(e->task, CPU, "    timer      set: %s, at %lld ns\n", fn.s,
		     (long long)((const struct trace_raw_hrtimer_start *)e->data)->expires);
		break;
	case EVENT_hrtimer_cancel:
		tell(e->task, CPU, "    timer      taken back\n");
		break;
	case EVENT_hrtimer_expire_entry:
		kernel_symbol(&fn, (uintptr_t)((const struct trace_raw_hrtimer_expire_entry *)e->data)->function);
		tell(e->task, CPU, "    timer      is due: %s\n", fn.s);
		break;
	case EVENT_mm_page_alloc: case EVENT_mm_page_free:
		tell(e->task, DIM, "    page       %s frame %#lx, order %u\n",
		     e->type == EVENT_mm_page_alloc ? "takes" : "gives back",
		     ((const struct trace_raw_mm_page_free *)e->data)->pfn,
		     ((const struct trace_raw_mm_page_free *)e->data)->order);
		break;
	}
	text_free(&fn);
}
