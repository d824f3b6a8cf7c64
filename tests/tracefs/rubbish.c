/* SPDX-License-Identifier: MIT */
/*
 * Rubbish into every file of tracefs, and what each says: "FILE WHAT ERRNO" a line, to be compared
 * with what Linux says.
 *
 *	rubbish          the files that Linux has, too
 *	rubbish all      each file that is there, events and all
 *
 * After each file everything is as before. Whatever hangs is killed by the alarm.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECONDS_A_FILE 120

static char *volatile nowhere = (char *)8;
static char page_of_x[5000], digits[201];
static const char *inputs[] = {
	"", "\n", " ", "x\n", "-1\n", "2\n", "1x\n", "99999999999999999999\n", "0x1\n", "0\n", "1\n",
	"nofoo\n", "!\n", ":\n", "a:b\n", "\t\v\n", "%s%n\n", "prev_pid\n", "prev_pid==\n",
	"prev_pid == 1 &&\n", "nope == 1\n", "prev_comm == 1\n", "prev_comm == \"a\"\n",
	"prev_comm < \"a\"\n", "prev_pid == \"a\"\n", "prev_pid & 3\n", "!(prev_pid == 1)\n",
	"comm == \"x\"\n", "cpu == 0\n", "local\n", "nop\n", "sched:sched_switch\n", page_of_x, digits,
};
#define NR_INPUTS (sizeof(inputs) / sizeof(*inputs))

static const char *said(long ret)
{
	return ret < 0 ? strerrorname_np(errno) : "ok";
}

static void quiet_write(const char *file, const char *text, int flags)
{
	int fd = open(file, O_WRONLY | flags);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		errno = 0;
	close(fd);
}

static void restore(void)
{
	static const char *const lists[] = {
		"set_event", "set_event_pid", "set_ftrace_pid", "set_ftrace_filter",
		"set_ftrace_notrace", "set_graph_function", "set_graph_notrace", "trace",
	};

	static const char *const options[] = {
		"print-parent", "nosym-offset", "nosym-addr", "annotate", "context-info", "record-cmd",
		"norecord-tgid", "overwrite", "irq-info", "markers", "noevent-fork", "nofunction-fork",
		"funcgraph-cpu", "funcgraph-overhead", "nofuncgraph-proc", "funcgraph-duration",
		"nofuncgraph-abstime", "nofuncgraph-tail",
	};

	quiet_write("current_tracer", "nop", 0);
	quiet_write("events/enable", "0", 0);
	quiet_write("buffer_size_kb", "512", 0);
	quiet_write("buffer_percent", "50", 0);
	quiet_write("max_graph_depth", "0", 0);
	quiet_write("saved_cmdlines_size", "128", 0);
	for (unsigned i = 0; i < sizeof(options) / sizeof(*options); i++)
		quiet_write("trace_options", options[i], 0);
	for (unsigned i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		quiet_write(lists[i], "", O_TRUNC);
	quiet_write("tracing_on", "1", 0);
}

static void try_reads(const char *file)
{
	static char buf[65536];
	int fd = open(file, O_RDONLY | O_NONBLOCK);
	long n;

	printf("%s open-r %s\n", file, said(fd));
	if (fd < 0)
		return;
	n = read(fd, buf, 1);
	printf("%s read-1 %s\n", file, n < 0 ? said(n) : "ok");
	n = read(fd, nowhere, 4096);
	printf("%s read-bad %s\n", file, n < 0 ? said(n) : "ok");
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	poll(&(struct pollfd){ .fd = fd, .events = POLLIN | POLLOUT }, 1, 0);
	n = lseek(fd, 3, SEEK_SET);
	printf("%s lseek %s\n", file, said(n));
	printf("%s lseek-minus %s\n", file, said(lseek(fd, -3, SEEK_SET)));
	n = ioctl(fd, 0x5401, buf);
	printf("%s ioctl %s\n", file, said(n));
	close(fd);
}

/* One open file for each write: what one leaves behind is not the next one's. */
static void try_write(const char *file, const char *what, const char *text, size_t len, int flags)
{
	int fd = open(file, O_WRONLY | flags);
	long n;

	if (fd < 0)
		return;
	n = write(fd, text, len);
	printf("%s %s %s\n", file, what, n < 0 ? said(n) : n == (long)len ? "ok" : "short");
	close(fd);
}

static void try_file(const char *file)
{
	char what[40];
	int fd;

	alarm(SECONDS_A_FILE);
	printf("FILE %s\n", file);
	fflush(stdout);
	try_reads(file);
	fd = open(file, O_WRONLY);
	printf("%s open-w %s\n", file, said(fd));
	if (fd >= 0) {
		close(fd);
		try_write(file, "write-bad", nowhere, 10, 0);
		for (unsigned i = 0; i < NR_INPUTS; i++) {
			snprintf(what, sizeof(what), "input-%u", i);
			try_write(file, what, inputs[i], strlen(inputs[i]), 0);
		}
		try_write(file, "truncated", "x\n", 2, O_TRUNC);
	}
	/* Of the thousand events' files each undoes what it did itself. */
	if (strncmp(file, "events/", 7))
		restore();
	else
		quiet_write(file, "0", 0);
	fflush(stdout);
}

static void walk(const char *dir)
{
	char path[512];
	struct dirent *d;
	DIR *dp = opendir(dir);

	if (!dp)
		return;
	while ((d = readdir(dp))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		if (d->d_type == DT_DIR)
			walk(path);
		else
			try_file(path + 2);
	}
	closedir(dp);
}

int main(int argc, char **argv __attribute__((unused)))
{
	static const char *const files[] = {
		"tracing_on", "buffer_size_kb", "buffer_total_size_kb", "buffer_percent", "trace_clock",
		"timestamp_mode", "README", "trace_options", "options/overwrite",
		"options/print-parent", "options/event-fork", "options/funcgraph-tail",
		"saved_cmdlines_size", "set_event_pid", "set_event", "available_events",
		"available_tracers", "current_tracer", "trace", "trace_pipe", "trace_marker",
		"per_cpu/cpu0/trace", "per_cpu/cpu0/trace_pipe", "per_cpu/cpu0/stats",
		"per_cpu/cpu0/buffer_size_kb", "per_cpu/cpu0/trace_pipe_raw", "events/enable",
		"events/header_page", "events/sched/enable", "events/sched/filter",
		"events/sched/sched_switch/enable", "events/sched/sched_switch/filter",
		"events/sched/sched_switch/id", "events/sched/sched_switch/format",
		"events/syscalls/sys_enter_close/enable", "events/syscalls/sys_enter_close/filter",
		"events/ftrace/print/format", "set_ftrace_pid", "set_ftrace_filter",
		"set_ftrace_notrace", "set_graph_function", "set_graph_notrace", "max_graph_depth",
		"enabled_functions", "available_filter_functions", "free_buffer", "nothing",
	};

	memset(page_of_x, 'x', sizeof(page_of_x) - 1);
	memset(digits, '1', sizeof(digits) - 1);
	if (chdir("/sys/kernel/tracing"))
		return 1;
	restore();
	if (argc > 1)
		walk(".");
	else
		for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++)
			try_file(files[i]);
	alarm(0);
	puts("RUBBISH IS OVER");
	return 0;
}
