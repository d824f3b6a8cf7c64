/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of a machine in which functions are watched; tests/trace/run.py starts it. Says
 * "ok NAME" or "FAIL NAME: why" for each test and ends the machine.
 *
 * What works on Linux in the same way is tried there too (run.py --linux); the rest reads raw
 * records, which only Vitrix has. The last argument of the command line chooses:
 *	tests=files,calls,graph,toggle,keys,nmi,panic
 */
#include "trace.h"

/* ---- files: what the control files say, on Linux as well ---- */

static void test_files(void)
{
	char text[65536];

	CHECK(get("available_tracers", text, sizeof(text)) && strstr(text, "function_graph"));
	CHECK(get("available_filter_functions", text, sizeof(text)));
	CHECK(has_line("available_filter_functions", "schedule"));
	CHECK(has_line("available_filter_functions", "vfs_read"));

	CHECK_STR("set_ftrace_filter", "#### all functions enabled ####\n");
	CHECK_STR("set_ftrace_notrace", "#### no functions disabled ####\n");
	CHECK_STR("set_graph_function", "#### all functions enabled ####\n");
	CHECK_STR("set_graph_notrace", "#### no functions disabled ####\n");
	CHECK_STR("set_ftrace_pid", "no pid\n");

	CHECK(put("set_ftrace_filter", "schedule") == 0);
	CHECK_STR("set_ftrace_filter", "schedule\n");
	CHECK(append("set_ftrace_filter", "vfs_read") == 0);
	CHECK(has_line("set_ftrace_filter", "schedule"));
	CHECK(has_line("set_ftrace_filter", "vfs_read"));
	CHECK(append("set_ftrace_filter", "!schedule") == 0);
	CHECK_STR("set_ftrace_filter", "vfs_read\n");
	CHECK(append("set_ftrace_filter", "no_such_function") == EINVAL);
	CHECK_STR("set_ftrace_filter", "vfs_read\n");
	CHECK(put("set_ftrace_filter", "vfs_[rw]*") == 0);
	CHECK(has_line("set_ftrace_filter", "vfs_read"));
	CHECK(has_line("set_ftrace_filter", "vfs_write"));
	CHECK(!has_line("set_ftrace_filter", "schedule"));
	CHECK(put("set_ftrace_filter", "") == 0);
	CHECK_STR("set_ftrace_filter", "#### all functions enabled ####\n");

	CHECK(put("set_graph_function", "schedule") == 0);
	CHECK_STR("set_graph_function", "schedule\n");
	CHECK(put("set_graph_function", "no_such_function") == EINVAL);
	CHECK(put("set_graph_function", "") == 0);
	CHECK(put("max_graph_depth", "3") == 0);
	CHECK_STR("max_graph_depth", "3\n");
	CHECK(put("max_graph_depth", "0") == 0);

	CHECK(put("current_tracer", "no_such_tracer") == EINVAL);
	/* Linux takes its time for all functions. */
	CHECK(put("set_ftrace_filter", "vfs_read schedule") == 0);
	CHECK(put("current_tracer", "function") == 0);
	CHECK(has_line("enabled_functions", "vfs_read"));
	CHECK_STR("current_tracer", "function\n");
	CHECK(put("current_tracer", "nop") == 0);
	CHECK_STR("current_tracer", "nop\n");
	CHECK(put("set_ftrace_filter", "") == 0);
}

/* ---- calls: each call of a watched function is told once, of the chosen tasks only ---- */

#define CALLS 1000

static void test_calls(void)
{
	unsigned long func = symbol("__x64_sys_getppid");
	int told = 0, others = 0;
	pid_t child;

	quiet();
	CHECK(put("set_ftrace_filter", "__x64_sys_getppid") == 0);
	put_number("set_ftrace_pid", getpid());
	CHECK(put("current_tracer", "function") == 0);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 50; i++)
			getppid();
		_exit(0);
	}
	for (int i = 0; i < CALLS; i++)
		getppid();
	waitpid(child, NULL, 0);
	CHECK(put("tracing_on", "0") == 0);
	for (struct record *r; (r = next_record()); ) {
		struct trace_raw_function *f = (void *)r->data;

		if (r->type != EVENT_function)
			continue;
		if (r->pid == getpid() && f->ip == func)
			told++;
		else
			others++;
		CHECK(!(r->flags & 1));		/* the fast path has interrupts on here */
	}
	CHECK_EQ(told, CALLS);
	CHECK_EQ(others, 0);
	quiet();
	for (int i = 0; i < 10; i++)
		getppid();
	CHECK(next_record() == NULL);
}

/* ---- graph: entries and returns fit together, over fork, exec, exit, signals, interrupts ---- */

#define DEPTH	200
#define TASKS	64

struct task {
	pid_t pid;
	int depth;
	unsigned long func[DEPTH];
	unsigned long long when[DEPTH];
};
static struct task tasks[TASKS];

static struct task *find_task(pid_t pid)
{
	struct task *t = tasks;

	while (t->pid && t->pid != pid)
		if (++t == tasks + TASKS)
			return NULL;
	t->pid = pid;
	return t;
}

static const char *check_entry(struct record *r)
{
	struct trace_raw_funcgraph_entry *e = (void *)r->data;
	struct task *t = find_task(r->pid);

	if (!t)
		return "too many tasks";
	/* Functions that never returned (do_exit, exec of process 1) end with what comes next. */
	if (e->depth < 0 || e->depth > t->depth || e->depth >= DEPTH)
		return "a call deeper than its caller";
	t->func[e->depth] = e->func;
	t->when[e->depth] = r->stamp >> 8;
	t->depth = e->depth + 1;
	return NULL;
}

static const char *check_return(struct record *r)
{
	struct trace_raw_funcgraph_exit *x = (void *)r->data;
	struct task *t = find_task(r->pid);

	if (!t)
		return "too many tasks";
	if (x->depth != t->depth - 1)
		return "a return of another depth than the last call's";
	if (x->func != t->func[x->depth])
		return "a return of another function than the last call's";
	if (x->calltime > x->rettime || x->calltime < t->when[x->depth])
		return "times run backwards";
	if (x->overrun)
		return "overrun";
	t->depth--;
	return NULL;
}

static void test_graph(void)
{
	unsigned long getppid_func = symbol("__x64_sys_getppid"), retvals = 0;
	unsigned long entries = 0, returns = 0, lost = 0;
	const char *why = NULL;

	quiet();
	CHECK(put("buffer_size_kb", "32768") == 0);
	CHECK(put("options/function-fork", "1") == 0);
	put_number("set_ftrace_pid", getpid());
	CHECK(put("current_tracer", "function_graph") == 0);
	load(3);
	CHECK(put("tracing_on", "0") == 0);
	memset(tasks, 0, sizeof(tasks));
	for (struct record *r; !why && (r = next_record()); ) {
		if (r->type == EVENT_LOST) {
			lost++;
		} else if (r->type == EVENT_funcgraph_entry) {
			entries++;
			why = check_entry(r);
		} else if (r->type == EVENT_funcgraph_exit) {
			struct trace_raw_funcgraph_exit *x = (void *)r->data;

			returns++;
			if (x->func == getppid_func && x->retval == (unsigned long)getpid())
				retvals++;
			why = check_return(r);
		}
	}
	if (why)
		fail("after %lu entries, %lu returns: %s", entries, returns, why);
	CHECK_EQ(lost, 0);
	CHECK(entries > 5000 && returns > 5000 && returns <= entries);
	CHECK(retvals > 0);
	quiet();
	CHECK(put("options/function-fork", "0") == 0);
	CHECK(put("buffer_size_kb", "1408") == 0);
}

/* Only chosen functions, with what they call; only so deep; not what is hidden. */
static void test_limits(void)
{
	unsigned long open = symbol("__x64_sys_openat"), alloc = symbol("kmem_cache_alloc");
	int outer = 0, deep = 0, hidden = 0, outside = 0;

	quiet();
	CHECK(put("set_graph_function", "__x64_sys_openat") == 0);
	CHECK(put("set_graph_notrace", "kmem_cache_alloc") == 0);
	CHECK(put("max_graph_depth", "4") == 0);
	put_number("set_ftrace_pid", getpid());
	CHECK(put("current_tracer", "function_graph") == 0);
	for (int i = 0; i < 20; i++) {
		close(open_file("/init"));
		getppid();
	}
	CHECK(put("tracing_on", "0") == 0);
	for (struct record *r; (r = next_record()); ) {
		struct trace_raw_funcgraph_entry *e = (void *)r->data;

		if (r->type != EVENT_funcgraph_entry)
			continue;
		outer += e->func == open;
		outside += e->func != open && e->depth == 0;
		deep += e->depth >= 4;
		hidden += e->func == alloc;
	}
	CHECK(outer >= 20);
	CHECK_EQ(outside, 0);
	CHECK_EQ(deep, 0);
	CHECK_EQ(hidden, 0);
	quiet();
}

/* ---- toggle: tracers come and go while a load runs, which must not notice ---- */

static void test_toggle(void)
{
	static const char *const tracer[] = { "function", "nop", "function_graph", "nop",
					      "function", "function_graph", "nop" };
	pid_t child[3];
	int status;

	quiet();
	for (int i = 0; i < 3; i++)
		if ((child[i] = fork()) == 0)
			_exit(load(12));
	for (int i = 0; i < 35; i++) {
		CHECK(put("current_tracer", tracer[i % 7]) == 0);
		if (i % 5 == 0)
			CHECK(put("set_ftrace_notrace", "*lock*") == 0);
		if (i % 5 == 3)
			CHECK(put("set_ftrace_notrace", "") == 0);
		usleep(3000);
	}
	CHECK(put("current_tracer", "function_graph") == 0);
	for (int i = 0; i < 3; i++) {
		CHECK(waitpid(child[i], &status, 0) == child[i]);
		CHECK_EQ(status, 0);
	}
	quiet();
}

/* ---- keys: static keys are turned while a load runs through their branches ---- */

static void test_keys(void)
{
	pid_t child;
	int status;

	quiet();
	child = fork();
	if (child == 0)
		_exit(load(12));
	for (int i = 0; i < 20; i++) {
		CHECK(put("events/enable", i % 2 ? "0" : "1") == 0);
		usleep(2000);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK_EQ(status, 0);
	quiet();
}

/* ---- boot: the command line had the tracer watch from before the first program ---- */

static void test_boot(void)
{
	unsigned long execve = symbol("kernel_execve"), others = 0;
	bool told = false;

	CHECK_STR("current_tracer", "function_graph\n");
	for (struct record *r; (r = next_record()); ) {
		struct trace_raw_funcgraph_entry *e = (void *)r->data;

		if (r->type == EVENT_funcgraph_entry && e->func == execve)
			told = true;
		if (r->type == EVENT_funcgraph_entry && e->depth == 0)
			others += e->func != execve;
	}
	CHECK(told);
	CHECK_EQ(others, 0);
	quiet();
}

/* ---- nmi: run.py injects NMIs while this goes on ---- */

/* NMIs that the first CPU has had. */
static long nmis(void)
{
	static char text[16384];
	const char *line;

	if (!get("/proc/interrupts", text, sizeof(text)) || !(line = strstr(text, "NMI:")))
		return -1;
	return atol(line + 4);
}

/* Until so many have come. */
static void load_under_nmis(long wanted)
{
	long before = nmis();

	CHECK(before >= 0);
	while (before >= 0 && nmis() - before < wanted)
		CHECK_EQ(load(3), 0);
}

static void test_nmi(void)
{
	quiet();
	CHECK(put("current_tracer", "function_graph") == 0);
	say("NMI please\n");
	load_under_nmis(20);
	CHECK(put("current_tracer", "function") == 0);
	load_under_nmis(20);
	quiet();
}

/* ---- stack: call chains show where functions really return to ---- */

static void test_stack(void)
{
	char text[4096];
	int fd[2];
	pid_t child;

	quiet();
	CHECK(put("current_tracer", "function_graph") == 0);
	pipe(fd);
	child = fork();
	if (child == 0) {
		char c;

		read(fd[0], &c, 1);
		_exit(0);
	}
	usleep(20000);
	snprintf(text, sizeof(text), "/proc/%d/stack", child);
	CHECK(get(strdup(text), text, sizeof(text)));
	if (!strstr(text, "__x64_sys_read+0x") || strstr(text, "return_to_handler"))
		fail("the stack of a reader is %s", text);
	write(fd[1], "x", 1);
	waitpid(child, NULL, 0);
	quiet();
}

/* Process 1 ends: the kernel panics, with function_graph on. run.py reads the call trace. */
static void test_panic(void)
{
	quiet();
	CHECK(put("current_tracer", "function_graph") == 0);
	say("panic please\n");
	syscall(SYS_exit, 3);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } tests[] = {
		{ "boot", test_boot }, { "files", test_files }, { "calls", test_calls },
		{ "graph", test_graph }, { "limits", test_limits }, { "toggle", test_toggle },
		{ "keys", test_keys }, { "stack", test_stack }, { "nmi", test_nmi },
		{ "panic", test_panic },
	};

	if (argc == 2 && !strcmp(argv[1], "child"))
		return 0;
	start();
	for (unsigned int i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (wanted(tests[i].name))
			run_test(tests[i].name, tests[i].run);
	say("done\n");
	reboot(RB_POWER_OFF);
}
