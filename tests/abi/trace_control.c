/* SPDX-License-Identifier: MIT */
/* The control files of tracefs: what they say, what they take, which error rubbish gets. */
#include "tracefs.h"

static void modes(void)
{
	static const struct { const char *name; int mode; } files[] = {
		{ ".", 0700 }, { "README", 0440 }, { "available_events", 0440 },
		{ "available_tracers", 0440 }, { "buffer_size_kb", 0640 },
		{ "current_tracer", 0640 }, { "free_buffer", 0200 }, { "options", 0750 },
		{ "options/overwrite", 0640 }, { "per_cpu", 0750 }, { "per_cpu/cpu0", 0750 },
		{ "per_cpu/cpu0/stats", 0440 }, { "per_cpu/cpu0/trace_pipe_raw", 0440 },
		{ "saved_cmdlines", 0440 }, { "set_event", 0640 }, { "set_event_pid", 0640 },
		{ "trace", 0640 }, { "trace_marker", 0220 }, { "trace_pipe", 0440 },
		{ "tracing_on", 0640 }, { "events", 0750 }, { "events/enable", 0640 },
		{ "events/header_page", 0440 }, { "events/sched", 0750 },
		{ "events/sched/filter", 0640 }, { "events/sched/sched_switch/format", 0440 },
		{ "events/ftrace/print", 0750 }, { "events/ftrace/print/id", 0440 },
	};

	for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (mode_of(files[i].name) != files[i].mode)
			FAIL("%s has mode %o", files[i].name, mode_of(files[i].name));
	CHECK_ERR(open("nothing", O_RDONLY), ENOENT);
	CHECK_ERR(open("nothing", O_CREAT | O_WRONLY, 0644), EACCES);
	CHECK_ERR(mkdir("nothing", 0755), EPERM);
	CHECK_ERR(mkdir("events/nothing", 0755), EPERM);
	CHECK_ERR(unlink("tracing_on"), EPERM);
	CHECK_ERR(rmdir("options"), EPERM);
	CHECK_ERR(rename("tracing_on", "tracing_off"), EPERM);
	CHECK_ERR(symlink("a", "b"), EPERM);
	CHECK_ERR(open("events/ftrace/print/enable", O_RDONLY), ENOENT);
	CHECK_EQ(chmod("tracing_on", 0644), 0);
	CHECK_EQ(mode_of("tracing_on"), 0644);
	CHECK_EQ(chmod("tracing_on", 0640), 0);
}

static void switches(void)
{
	TR_IS("tracing_on", "1\n");
	TR_SET("tracing_on", "0");
	TR_IS("tracing_on", "0\n");
	TR_SET("tracing_on", "7");
	TR_IS("tracing_on", "1\n");
	TR_ERR("tracing_on", "x", EINVAL);
	TR_ERR("tracing_on", "-1", EINVAL);
	TR_ERR("tracing_on", "", EINVAL);
	TR_ERR("tracing_on", "0x1", EINVAL);
	TR_ERR("tracing_on", "99999999999999999999", ERANGE);

	TR_IS("options/print-parent", "1\n");
	TR_SET("trace_options", "noprint-parent");
	TR_IS("options/print-parent", "0\n");
	TR_HAS("trace_options", "noprint-parent\n");
	TR_SET("options/print-parent", "1");
	TR_HAS("trace_options", "print-parent\n");
	TR_HAS_NOT("trace_options", "noprint-parent\n");
	TR_ERR("options/print-parent", "2", EINVAL);
	TR_ERR("options/print-parent", "x", EINVAL);
	TR_ERR("trace_options", "nonsense", EINVAL);
	TR_ERR("trace_options", "no", EINVAL);

	CHECK(!strncmp(get_file("trace_clock"), "[local]", 7));
	TR_SET("trace_clock", "local");
	TR_ERR("trace_clock", "sundial", EINVAL);
	TR_HAS("available_tracers", "nop\n");
	TR_IS("current_tracer", "nop\n");
	TR_ERR("current_tracer", "nonsense", EINVAL);
	TR_ERR("current_tracer", "", EINVAL);
	TR_SET("current_tracer", "nop");

	TR_SET("buffer_size_kb", "64");		/* perhaps a little more */
	CHECK_EQ(atoi(get_file("buffer_size_kb")) / 10, 6);
	CHECK_EQ(atoi(get_file("per_cpu/cpu0/buffer_size_kb")) / 10, 6);
	TR_ERR("buffer_size_kb", "0", EINVAL);
	TR_ERR("buffer_size_kb", "-5", EINVAL);
	TR_ERR("buffer_size_kb", "many", EINVAL);
	CHECK_EQ(atoi(get_file("buffer_size_kb")) / 10, 6);
	TR_SET("buffer_percent", "100");
	TR_ERR("buffer_percent", "101", EINVAL);
	TR_SET("buffer_percent", "50");
	TR_ERR("saved_cmdlines_size", "0", EINVAL);
	TR_SET("saved_cmdlines_size", "256");
	TR_ERR("README", "x", EINVAL);
	TR_ERR("available_events", "x", EINVAL);
	TR_ERR("events/sched/sched_switch/id", "1", EINVAL);
	EACH_BAD_NONNULL(bad) {
		int fd = NEED(open("tracing_on", O_RDWR));

		CHECK_ERR(write(fd, bad, 2), EFAULT);
		CHECK_ERR(read(fd, bad, 2), EFAULT);
		close(fd);
	}
}

static void events(void)
{
	char line[100];

	TR_IS("set_event", "");
	TR_IS("events/sched/sched_switch/enable", "0\n");
	TR_IS("events/sched/enable", "0\n");
	TR_SET("set_event", "sched:sched_switch");
	TR_IS("set_event", "sched:sched_switch\n");
	TR_IS("events/sched/sched_switch/enable", "1\n");
	TR_IS("events/sched/enable", "X\n");
	TR_IS("events/enable", "X\n");
	CHECK_EQ(tr_write("set_event", "sched_waking ", O_APPEND), 0);
	CHECK_EQ(tr_write("set_event", "signal:* ", O_APPEND), 0);
	TR_HAS("set_event", "sched:sched_waking\n");
	TR_IS("events/signal/enable", "1\n");
	TR_SET("set_event", "!sched_waking");
	TR_HAS_NOT("set_event", "sched_waking");
	TR_ERR("set_event", "sched:nonsense", EINVAL);
	TR_ERR("set_event", "nonsense:*", EINVAL);
	TR_ERR("set_event", "nonsense", EINVAL);
	CHECK_EQ(tr_write("set_event", "", O_TRUNC), 0);
	TR_IS("set_event", "");
	TR_SET("events/sched/enable", "1");
	TR_IS("events/sched/sched_switch/enable", "1\n");
	TR_SET("events/sched/enable", "0");
	TR_ERR("events/sched/enable", "2", EINVAL);
	TR_ERR("events/sched/enable", "on", EINVAL);
	TR_ERR("events/sched/sched_switch/enable", "2", EINVAL);
	TR_HAS("available_events", "sched:sched_switch\n");
	TR_HAS("available_events", "syscalls:sys_exit_read\n");

	snprintf(line, sizeof(line), "name: sched_switch\nID: %d\nformat:\n"
		 "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n",
		 atoi(get_file("events/sched/sched_switch/id")));
	CHECK(!strncmp(get_file("events/sched/sched_switch/format"), line, strlen(line)));
	TR_HAS("events/sched/sched_switch/format",
	       "\n\n\tfield:char prev_comm[16];\toffset:8;\tsize:16;");
	TR_HAS("events/syscalls/sys_enter_openat/format",
	       "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
	       "\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n"
	       "\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n"
	       "\tfield:int flags;\toffset:32;\tsize:8;\tsigned:0;\n"
	       "\tfield:umode_t mode;\toffset:40;\tsize:8;\tsigned:0;\n\n"
	       "print fmt: \"dfd: 0x%08lx, filename: 0x%08lx, flags: 0x%08lx, mode: 0x%08lx\", "
	       "((unsigned long)(REC->dfd)), ((unsigned long)(REC->filename)), "
	       "((unsigned long)(REC->flags)), ((unsigned long)(REC->mode))\n");
	TR_HAS("events/syscalls/sys_exit_openat/format",
	       "\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;\n\nprint fmt: \"0x%lx\", REC->ret\n");
	CHECK_EQ(atoi(get_file("events/ftrace/function/id")), 1);
	CHECK_EQ(atoi(get_file("events/ftrace/print/id")), 5);
	TR_IS("events/header_page",
	      "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	      "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	      "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	      "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n");
}

#define FILTER "events/sched/sched_switch/filter"

static void filters(void)
{
	static const struct { const char *text; int error; } bad[] = {
		{ "prev_pid", EINVAL }, { "prev_pid ==", EINVAL }, { "prev_pid = 1", EINVAL },
		{ "prev_pid == 1 &&", EINVAL }, { "prev_pid == x", EINVAL },
		{ "nothing == 1", EINVAL }, { "prev_comm == 1", EINVAL },
		{ "prev_comm == sh", EINVAL }, { "prev_comm == \"sh", ESRCH },
		{ "prev_comm < \"sh\"", EINVAL }, { "prev_pid == \"sh\"", EINVAL },
		{ "prev_pid ~ \"sh\"", EINVAL }, { "(prev_pid == 1", ENOENT },
		{ "prev_pid == 1)", EPERM }, { "*", EPERM }, { "none", EINVAL },
		{ "prev_pid == 1 prev_pid == 2", EPERM },
	};
	static const char *const good[] = {
		"prev_pid == 1", "prev_pid!=0x10", "prev_comm == \"sh\"", "prev_comm != 'sh'",
		"prev_comm ~ \"s*\"", "prev_pid & 3", "!(prev_pid == 1)", "common_pid > 5",
		"(prev_pid < 1 || next_pid >= -1) && !(prev_prio <= 120)", "cpu == 0", "CPU != 1",
		"comm == \"x\"", "prev_pid==1&&prev_pid==2||prev_pid==3",
		"((((((((((((((((((((((((((((prev_pid == 1))))))))))))))))))))))))))))",
	};
	char line[200];

	TR_IS(FILTER, "none\n");
	for (unsigned i = 0; i < sizeof(good) / sizeof(*good); i++) {
		if (tr_write(FILTER, good[i], 0))
			FAIL("\"%s\" is not taken", good[i]);
		snprintf(line, sizeof(line), "%s\n", good[i]);
		TR_IS(FILTER, line);
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int error = tr_write(FILTER, bad[i].text, 0);

		if (error != bad[i].error)
			FAIL("\"%s\" gives %s", bad[i].text, strerrorname_np(error));
		if (*bad[i].text != '*' && !strstr(get_file(FILTER), "\nparse_error: "))
			FAIL("\"%s\" is read back as %s", bad[i].text, get_file(FILTER));
	}
	CHECK_EQ(tr_write(FILTER, "0", 0), 0);
	TR_IS(FILTER, "none\n");
	CHECK_EQ(tr_write("events/sched/filter", "prev_pid == 7", 0), 0);
	TR_IS(FILTER, "prev_pid == 7\n");
	CHECK(!strncmp(get_file("events/sched/filter"), "### global filter ###\n", 22));
	CHECK_EQ(tr_write("events/sched/filter", "nothing == 7", 0), 0);
	TR_HAS(FILTER, "parse_error");
	CHECK_EQ(tr_write("events/sched/filter", "0", 0), 0);
	TR_IS(FILTER, "none\n");
}

/* A filter lets through what it says, and nothing else. */
static void filtering(void)
{
	TR_SET("events/syscalls/sys_enter_close/filter", "fd == 4242 || fd == 4244");
	TR_SET("events/syscalls/sys_enter_close/enable", "1");
	for (int fd = 4240; fd < 4248; fd++)
		close(fd);
	TR_SET("events/syscalls/sys_enter_close/enable", "0");
	TR_HAS("trace", "sys_close(fd: 1092)\n");
	TR_HAS("trace", "sys_close(fd: 1094)\n");
	TR_HAS_NOT("trace", "sys_close(fd: 1091)\n");
	TR_HAS_NOT("trace", "sys_close(fd: 1093)\n");
	TR_SET("events/syscalls/sys_enter_close/filter", "0");
}

static void pids(void)
{
	char text[40], *trace;
	pid_t pid;

	TR_IS("set_event_pid", "");
	snprintf(text, sizeof(text), "%d", getpid());
	CHECK_EQ(tr_write("set_event_pid", text, 0), 0);
	strcat(text, "\n");
	TR_IS("set_event_pid", text);
	TR_ERR("set_event_pid", "x", EINVAL);
	TR_ERR("set_event_pid", "-1", EINVAL);
	TR_SET("events/syscalls/sys_enter_getppid/enable", "1");
	getppid();
	pid = FORK();
	if (!pid) {
		getppid();
		_exit(0);
	}
	EXPECT_EXIT(pid, 0);
	trace = get_file("trace");
	CHECK(strstr(trace, "sys_getppid") != NULL);
	trace = strstr(trace, "sys_getppid");
	CHECK(trace && !strstr(trace + 1, "sys_getppid"));

	/* and with children */
	TR_SET("options/event-fork", "1");
	CHECK_EQ(tr_write("trace", "", O_TRUNC), 0);
	pid = FORK();
	if (!pid) {
		getppid();
		_exit(0);
	}
	EXPECT_EXIT(pid, 0);
	TR_HAS("trace", "sys_getppid");
	TR_SET("options/event-fork", "0");
	CHECK_EQ(tr_write("set_event_pid", "", O_TRUNC), 0);
	TR_IS("set_event_pid", "");
}

static void markers(void)
{
	static char big[3000];
	int fd = NEED(open("trace_marker", O_WRONLY));

	tr_mark("hello, world");
	TR_HAS("trace", ": tracing_mark_write: hello, world\n");
	CHECK_EQ(write(fd, "\n", 1), 1);
	CHECK_ERR(write(fd, UNMAPPED, 10), EFAULT);
	memset(big, 'b', sizeof(big));
	CHECK_EQ(write(fd, big, sizeof(big)), 1024);
	CHECK_ERR(lseek(fd, 0, SEEK_SET), ESPIPE);
	TR_SET("tracing_on", "0");
	CHECK_ERR(write(fd, "x", 1), EBADF);
	TR_SET("tracing_on", "1");
	TR_SET("options/markers", "0");
	CHECK_ERR(write(fd, "x", 1), EINVAL);
	TR_SET("options/markers", "1");
	close(fd);
}

int main(void)
{
	void (*const parts[])(void) = { modes, switches, events, filters, filtering, pids, markers };

	tracefs_mount();
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		tr_reset();
		parts[i]();
	}
	tr_reset();
	return abi_done();
}
