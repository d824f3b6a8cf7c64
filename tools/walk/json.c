/* SPDX-License-Identifier: MIT */
/*
 * --json: one object a line, for programs. 64-bit values are strings "0x..", times are ns since the
 * kernel's start. docs/walk.md lists the objects; tools/walkpage/ reads them.
 */
#include "walk.h"

#include <string.h>
#include <sys/utsname.h>

static struct text line;
static bool meta_told;

static void begin(const char *ev, uint64_t ns)
{
	text_clear(&line);
	text_addf(&line, "{\"ev\":\"%s\",\"t\":%llu", ev, (unsigned long long)ns);
}

static void flush(void)
{
	text_add(&line, "}\n");
	fwrite(line.s, 1, line.len, json_out);
}

static void number(const char *name, long long v)
{
	text_addf(&line, ",\"%s\":%lld", name, v);
}

static void hex(const char *name, uint64_t v)
{
	text_addf(&line, ",\"%s\":\"0x%llx\"", name, (unsigned long long)v);
}

static void string(const char *name, const char *v)
{
	text_addf(&line, ",\"%s\":", name);
	text_json(&line, v);
}

static void pair(const char *name, uint64_t a, uint64_t b)
{
	text_addf(&line, ",\"%s\":[\"0x%llx\",\"0x%llx\"]", name, (unsigned long long)a,
		  (unsigned long long)b);
}

static void begin_on(const char *ev, const struct event *e)
{
	begin(ev, e->ns);
	number("cpu", e->cpu);
	if (e->task || e->rec)
		number("pid", e->task ? e->task->pid : e->rec->pid);
}

static void meta(bool pti)
{
	struct utsname u;

	meta_told = true;
	uname(&u);
	text_clear(&line);
	text_add(&line, "{\"ev\":\"meta\",\"version\":1");
	string("kernel", u.release);
	string("program", opt.argv ? opt.argv[0] : "");
	text_add(&line, ",\"argv\":[");
	for (char **a = opt.argv; a && *a; a++) {
		text_add(&line, a == opt.argv ? "" : ",");
		text_json(&line, *a);
	}
	text_addf(&line, "],\"cpus\":%d,\"pti\":%s,\"pid\":%d,\"start\":%llu", reader_cpus(),
		  pti ? "true" : "false", first_pid, (unsigned long long)first_ns);
	flush();
}

static void task(const struct task *t, uint64_t ns)
{
	begin("task", ns);
	number("pid", t->pid);
	number("tgid", t->tgid);
	string("comm", t->comm);
	flush();
}

/* The 21 words of pt_regs, from r15 on. */
static void regs(const __u64 *r)
{
	static const char *const names[] = { "r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10",
		"r9", "r8", "ax", "cx", "dx", "si", "di", "orig_ax", "ip", "cs", "flags", "sp",
		"ss" };

	text_add(&line, ",\"regs\":{");
	for (int i = 0; i < 21; i++)
		text_addf(&line, "%s\"%s\":\"0x%llx\"", i ? "," : "", names[i],
			  (unsigned long long)r[i]);
	text_add(&line, "}");
}

static void user(struct task *t, unsigned int how, uint64_t ip)
{
	struct text s = {0}, insn = {0};
	const char *file = "";

	space_symbol(t->space, how == 1 || how == 2 ? ip - 2 : ip, &s, &file);
	user_instruction(&insn, t->space, how, ip);
	text_add(&line, ",\"user\":{\"symbol\":");
	text_json(&line, s.s ? s.s : "");
	string("insn", insn.s ? insn.s : "");
	string("file", file);
	text_add(&line, "}");
	text_free(&s);
	text_free(&insn);
}

static void enter(const struct event *e)
{
	const struct trace_raw_user_enter *u = e->data;

	begin_on("enter", e);
	string("how", how_entered(u->how));
	number("vector", u->vector);
	string("name", vector_name(u->how, u->vector));
	hex("error", u->error_code);
	hex("cr2", u->cr2);
	pair("cr3", u->cr3_before, u->cr3_after);
	pair("sp", u->sp, u->sp_after);
	hex("top", u->top_of_stack);
	regs(&u->r15);
	user(e->task, u->how, u->ip);
	flush();
}

static void leave(const struct event *e)
{
	const struct trace_raw_user_exit *u = e->data;

	begin_on("exit", e);
	string("how", how_left(u->how));
	string("why", why_iret(u->why));
	pair("cr3", u->cr3_before, u->cr3_after);
	hex("top", u->top_of_stack);
	regs(&u->r15);
	flush();
}

static void call_begin(const struct event *e)
{
	const struct call *c = &e->task->call;
	struct text args[6] = {{0}};
	int n = call_args(args, c);

	begin_on("sys_enter", e);
	number("nr", c->nr);
	string("name", call_name(c));
	text_add(&line, ",\"args\":[");
	for (int i = 0; i < n; i++) {
		text_add(&line, i ? "," : "");
		text_json(&line, args[i].s ? args[i].s : "");
	}
	text_add(&line, "]");
	flush();
	for (int i = 0; i < 6; i++)
		text_free(&args[i]);
}

static void call_end(const struct event *e)
{
	const struct call *c = &e->task->call;
	struct text t = {0}, one = {0};

	begin_on("sys_exit", e);
	number("nr", c->nr);
	string("name", call_name(c));
	hex("ret", c->ret);
	if (e->task->in_call)
		call_text(&t, c);
	else
		text_addf(&t, "%s = %lld (the child's return)", call_name(c), (long long)c->ret);
	/* without the blanks that put results below each other */
	for (size_t i = 0; i < t.len; i++)
		if (t.s[i] != ' ' || t.s[i + 1] != ' ' || !strstr(t.s + i, " = "))
			text_addn(&one, t.s + i, 1);
	string("text", one.s ? one.s : "");
	flush();
	text_free(&t);
	text_free(&one);
}

static void call_fn(const struct event *e)
{
	const struct trace_raw_funcgraph_entry *f = e->data;
	struct text name = {0};

	kernel_symbol(&name, f->func);
	begin_on("call", e);
	string("fn", name.s);
	number("depth", f->depth);
	flush();
	text_free(&name);
}

static void ret_fn(const struct event *e)
{
	const struct trace_raw_funcgraph_exit *f = e->data;
	struct text name = {0};

	kernel_symbol(&name, f->func);
	begin_on("ret", e);
	string("fn", name.s);
	number("depth", f->depth);
	hex("ret", f->retval);
	number("dur", f->rettime - f->calltime);
	flush();
	text_free(&name);
}

static void side(const char *name, pid_t pid, const char *comm, const char *state, uint64_t sp,
		 uint64_t top, uint64_t ip)
{
	text_addf(&line, ",\"%s\":{\"pid\":%d", name, pid);
	string("comm", comm);
	if (state)
		string("state", state);
	hex("sp", sp);
	hex("top", top);
	if (!state) {
		struct text at = {0};

		kernel_symbol(&at, ip);
		hex("ip", ip);
		string("at", at.s);
		text_free(&at);
	}
	text_add(&line, "}");
}

static void context_switch(const struct event *e)
{
	const struct trace_raw_context_switch *s = e->data;

	begin("switch", e->ns);
	number("cpu", e->cpu);
	side("prev", s->prev_pid, s->prev_comm, task_state(s->prev_state), s->prev_sp, s->prev_top, 0);
	side("next", s->next_pid, s->next_comm, NULL, s->next_sp, s->next_top, s->next_ip);
	string("why", switch_why(s->why));
	string("on", s->wait_on);
	number("by", s->by_pid);
	pair("cr3", s->cr3_before, s->cr3_after);
	flush();
}

static void fault(const struct event *e)
{
	const struct trace_raw_fault *f = e->data;
	struct text cause = {0};
	const char *access;

	fault_cause(&cause, f->error_code, &access);
	begin_on("fault", e);
	hex("address", f->address);
	hex("ip", f->ip);
	string("access", access);
	string("cause", cause.s);
	string("done", fault_done(f->done));
	flush();
	text_free(&cause);
}

static void signal_event(const struct event *e)
{
	const struct trace_raw_signal_generate *g = e->data;	/* sig and code lie alike in both */
	bool sent = e->type == EVENT_signal_generate;
	struct text name = {0};

	signal_name(&name, g->sig);
	begin_on(sent ? "signal_generate" : "signal_deliver", e);
	string("sig", name.s);
	number("code", g->code);
	if (sent) {
		number("target", g->pid);
		string("result", g->result == 1 ? "ignored" : g->result == 2 ? "pending already" : "");
	} else {
		hex("handler", ((const struct trace_raw_signal_deliver *)e->data)->sa_handler);
	}
	flush();
	text_free(&name);
}

static void interrupt(const struct event *e)
{
	bool timer = e->type == EVENT_local_timer_entry || e->type == EVENT_local_timer_exit;
	bool first = e->type == EVENT_local_timer_entry || e->type == EVENT_irq_handler_entry;

	begin_on("irq", e);
	number("irq", *(const int *)e->data);
	if (timer)
		string("name", "timer");
	else if (first)
		string("name", record_string(e, ((const struct trace_raw_irq_handler_entry *)
						 e->data)->__data_loc_name));
	string("phase", first ? "begin" : "end");
	flush();
}

static void timer(const struct event *e, const char *what)
{
	begin_on("timer", e);
	string("what", what);
	hex("timer", *(const uint64_t *)e->data);
	if (e->type == EVENT_hrtimer_start || e->type == EVENT_hrtimer_expire_entry) {
		const struct trace_raw_hrtimer_start *s = e->data;
		const struct trace_raw_hrtimer_expire_entry *x = e->data;
		struct text fn = {0};

		kernel_symbol(&fn, e->type == EVENT_hrtimer_start ? (uintptr_t)s->function :
			      (uintptr_t)x->function);
		string("fn", fn.s);
		text_free(&fn);
	}
	flush();
}

static void event(const struct event *e)
{
	if (!meta_told) {
		const struct trace_raw_user_enter *u = e->data;

		meta(e->type == EVENT_user_enter && u->cr3_before != u->cr3_after);
		if (e->task)
			task(e->task, e->ns);
	}
	switch (e->type) {
	case CALL_BEGIN:
		if (opt.show & SHOW_SYSCALLS)
			call_begin(e);
		break;
	case EVENT_sys_exit:
		if (opt.show & SHOW_SYSCALLS)
			call_end(e);
		break;
	case EVENT_user_enter:
		if (opt.show & SHOW_CROSSINGS)
			enter(e);
		break;
	case EVENT_user_exit: leave(e); break;
	case EVENT_funcgraph_entry: call_fn(e); break;
	case EVENT_funcgraph_exit: ret_fn(e); break;
	case EVENT_context_switch: context_switch(e); break;
	case EVENT_fault: fault(e); break;
	case EVENT_sched_wakeup: case EVENT_sched_wakeup_new: {
		const struct trace_raw_sched_wakeup *w = e->data;

		begin_on("wakeup", e);
		number("target", w->pid);
		string("comm", w->comm);
		text_addf(&line, ",\"new\":%s",
			  e->type == EVENT_sched_wakeup_new ? "true" : "false");
		flush();
		break;
	}
	case EVENT_sched_process_fork: {
		const struct trace_raw_sched_process_fork *f = e->data;
		struct task *child = task_find(f->child_pid);

		begin("fork", e->ns);
		number("cpu", e->cpu);
		number("parent", f->parent_pid);
		number("child", f->child_pid);
		string("comm", f->child_comm);
		flush();
		if (child)
			task(child, e->ns);
		break;
	}
	case EVENT_sched_process_exec: {
		const struct trace_raw_sched_process_exec *x = e->data;

		begin_on("exec", e);
		string("file", record_string(e, x->__data_loc_filename));
		number("old", x->old_pid);
		flush();
		if (e->task)
			task(e->task, e->ns);
		break;
	}
	case EVENT_task_end: {
		const struct trace_raw_task_end *x = e->data;

		begin_on("task_exit", e);
		number("code", x->code);
		flush();
		break;
	}
	case EVENT_signal_generate: case EVENT_signal_deliver:
		if (opt.show & SHOW_SIGNALS)
			signal_event(e);
		break;
	case EVENT_irq_handler_entry: case EVENT_irq_handler_exit:
	case EVENT_local_timer_entry: case EVENT_local_timer_exit:
		interrupt(e);
		break;
	case EVENT_hrtimer_start: timer(e, "start"); break;
	case EVENT_hrtimer_cancel: timer(e, "cancel"); break;
	case EVENT_hrtimer_expire_entry: timer(e, "begin"); break;
	case EVENT_hrtimer_expire_exit: timer(e, "end"); break;
	case EVENT_mm_page_alloc: case EVENT_mm_page_free:
		begin_on(e->type == EVENT_mm_page_alloc ? "page_alloc" : "page_free", e);
		hex("pfn", ((const struct trace_raw_mm_page_free *)e->data)->pfn);
		number("order", ((const struct trace_raw_mm_page_free *)e->data)->order);
		flush();
		break;
	case EVENT_sched_migrate_task: {
		const struct trace_raw_sched_migrate_task *m = e->data;

		begin("migrate", e->ns);
		number("cpu", e->cpu);
		number("pid", m->pid);
		number("from", m->orig_cpu);
		number("to", m->dest_cpu);
		flush();
		break;
	}
	}
}

static void lost(uint64_t count, uint64_t ns, int cpu)
{
	begin("lost", ns);
	number("cpu", cpu);
	number("count", count);
	flush();
}

static void end(const char *status, uint64_t missed)
{
	if (!meta_told)
		meta(false);
	begin("end", last_ns);
	string("status", status);
	number("lost", missed);
	number("events", events_seen);
	flush();
}

const struct sink json_sink = { event, lost, end };
