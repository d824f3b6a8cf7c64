/* SPDX-License-Identifier: MIT */
/*
 * walk's side of tracefs: finds it, remembers every setting that it changes, sets what is needed,
 * and puts all back at the end. A setting is a file whose text is read before and written after.
 *
 * What cannot be put back: the contents of the buffers, which are emptied.
 */
#define _GNU_SOURCE
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
static int dir = -1;

struct saved {
	struct saved *next;
	char name[96];
	char text[4096];
};
static struct saved *saved;
static long buffer_kb;

/* Which events serve which part of the story. What the decoders need is always on. */
static const struct { const char *name; unsigned int show; } events[] = {
	{ "raw_syscalls/sys_enter", SHOW_ALL }, { "raw_syscalls/sys_exit", SHOW_ALL },
	{ "glass/sys_data", SHOW_ALL }, { "glass/new_image", SHOW_ALL },
	{ "glass/signal_info", SHOW_ALL }, { "glass/task_end", SHOW_ALL },
	{ "sched/sched_process_fork", SHOW_ALL }, { "sched/sched_process_exec", SHOW_ALL },
	{ "sched/sched_process_exit", SHOW_ALL }, { "signal/signal_deliver", SHOW_ALL },
	{ "glass/user_enter", SHOW_ALL }, { "glass/user_exit", SHOW_CROSSINGS },
	{ "glass/context_switch", SHOW_SCHED }, { "sched/sched_wakeup", SHOW_SCHED },
	{ "sched/sched_wakeup_new", SHOW_SCHED }, { "sched/sched_migrate_task", SHOW_SCHED },
	{ "glass/fault", SHOW_FAULTS }, { "glass/stack_growth", SHOW_FAULTS },
	{ "signal/signal_generate", SHOW_SIGNALS },
	{ "irq/irq_handler_entry", SHOW_IRQ }, { "irq/irq_handler_exit", SHOW_IRQ },
	{ "irq_vectors/local_timer_entry", SHOW_IRQ }, { "irq_vectors/local_timer_exit", SHOW_IRQ },
	{ "timer/hrtimer_start", SHOW_TIMER }, { "timer/hrtimer_cancel", SHOW_TIMER },
	{ "timer/hrtimer_expire_entry", SHOW_TIMER }, { "timer/hrtimer_expire_exit", SHOW_TIMER },
	{ "kmem/mm_page_alloc", SHOW_MEM }, { "kmem/mm_page_free", SHOW_MEM },
};

static ssize_t read_file(const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	close(fd);
	buf[len] = 0;
	return len;
}

static bool write_file(const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
	size_t len = strlen(text);
	bool good;

	if (fd < 0)
		return false;
	good = !len || write(fd, text, len) == (ssize_t)len;
	if (close(fd) < 0)
		good = false;
	return good;
}

/* Writes, and remembers what stood there. */
static bool set(const char *name, const char *text)
{
	struct saved *s = calloc(1, sizeof *s);

	if (!s || read_file(name, s->text, sizeof s->text) < 0) {
		free(s);
		return false;
	}
	snprintf(s->name, sizeof s->name, "%s", name);
	s->next = saved;
	saved = s;
	return write_file(name, text);
}

static bool must_set(const char *name, const char *text)
{
	if (set(name, text))
		return true;
	complain("%s: cannot write '%s': %s", name, text, strerror(errno));
	return false;
}

bool tracefs_open(void)
{
	struct stat st;

	if (geteuid()) {
		complain("only root may trace");
		return false;
	}
	for (size_t i = 0; i < 2; i++) {
		char path[64];

		snprintf(path, sizeof path, "%s/set_event_pid", places[i]);
		if (stat(path, &st) && i == 0)
			mount("tracefs", places[i], "tracefs", 0, NULL);	/* it stays */
		if (!stat(path, &st)) {
			dir = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			break;
		}
	}
	if (dir < 0) {
		complain("no tracefs at %s, and it cannot be mounted there: "
			 "mount -t tracefs tracefs %s", places[0], places[0]);
		return false;
	}
	if (faccessat(dir, "events/glass/user_enter/enable", F_OK, 0)) {
		complain("this kernel has no events of the group glass: walk is for Vitrix");
		return false;
	}
	if (flock(dir, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		complain("another walk is running");
		return false;
	}
	return true;
}

/* Room for a second of a busy program; a small machine gets less. */
static long buffer_size(void)
{
	struct sysinfo si;
	long kb = 16384;

	if (opt.buffer_kb)
		return opt.buffer_kb;
	if (!sysinfo(&si)) {
		long most = si.freeram * (unsigned long long)si.mem_unit / 1024 / 8 / reader_cpus();

		kb = most < 512 ? 512 : most < kb ? most : kb;
	}
	return kb;
}

static bool enable_events(void)
{
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		char name[96];

		if (!(events[i].show & opt.show))
			continue;
		snprintf(name, sizeof name, "events/%s/enable", events[i].name);
		if (faccessat(dir, name, F_OK, 0))
			continue;	/* this kernel has not got it */
		if (!must_set(name, "1"))
			return false;
	}
	return true;
}

static bool enable_functions(const char *pids)
{
	char depth[16];

	if (faccessat(dir, "set_ftrace_pid", F_OK, 0)) {
		complain("-g: this kernel has no function tracer");
		return false;
	}
	snprintf(depth, sizeof depth, "%d", opt.depth);
	set("options/function-fork", opt.follow ? "1" : "0");
	set("max_graph_depth", depth);
	return must_set("set_ftrace_pid", pids) && must_set("current_tracer", "function_graph");
}

bool tracefs_setup(const char *pids)
{
	char text[32];

	if (!must_set("tracing_on", "0"))
		return false;
	/* One that was killed, or somebody by hand: events of others would come in between. */
	if (read_file("set_event_pid", text, sizeof text) > 0)
		complain("set_event_pid was not empty: what was set comes back when walk ends");
	set("options/overwrite", "0");
	buffer_kb = buffer_size();
	snprintf(text, sizeof text, "%ld", buffer_kb);
	if (!must_set("buffer_size_kb", text)) {
		complain("no room for buffers of %ld MB a CPU (-b MB)", buffer_kb / 1024);
		return false;
	}
	write_file("trace", "");
	if (!must_set("options/event-fork", opt.follow ? "1" : "0") ||
	    !must_set("set_event_pid", pids) || !enable_events())
		return false;
	if (opt.functions && !enable_functions(pids))
		return false;
	return must_set("tracing_on", "1");
}

void tracefs_stop(void)
{
	write_file("tracing_on", "0");
}

/* In the reverse order. A file that shows what it does not take back is left as it was set. */
void tracefs_restore(void)
{
	if (dir < 0)
		return;
	while (saved) {
		struct saved *s = saved;
		char *text = s->text;

		/* "#### all functions enabled ####", "no pid": nothing was set */
		if (text[0] == '#' || !strncmp(text, "no pid", 6))
			text[0] = 0;
		if (!write_file(s->name, text) && text[0])
			complain("%s: cannot be put back to '%.*s': %s", s->name,
				 (int)strcspn(text, "\n"), text, strerror(errno));
		saved = s->next;
		free(s);
	}
}

static char followed[1 << 18];		/* set_event_pid: a line for each task */

bool tracefs_followed(void)
{
	char text[64];

	return read_file("set_event_pid", text, sizeof text) > 0;
}

/* How many are followed: the kernel knows it also when events of forks were lost. */
int tracefs_count_followed(void)
{
	int n = 0;

	if (read_file("set_event_pid", followed, sizeof followed) > 0)
		for (const char *p = followed; (p = strchr(p, '\n')); p++)
			n++;
	return n;
}

/* All that are followed are killed. They may fork meanwhile, so it is done until none is left. */
void tracefs_kill_followed(void)
{
	for (int i = 0; i < 100 && read_file("set_event_pid", followed, sizeof followed) > 0; i++) {
		for (char *p = followed; *p;) {
			long pid = strtol(p, &p, 10);

			if (pid > 1 && pid != getpid())
				kill(pid, SIGKILL);
			p += strspn(p, "\n");
		}
		usleep(10000);
	}
}

int tracefs_records(int cpu)
{
	char name[48];

	snprintf(name, sizeof name, "per_cpu/cpu%d/records", cpu);
	return openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static uint64_t stat_of(int cpu, const char *word)
{
	char name[48], text[1024];
	const char *at;

	snprintf(name, sizeof name, "per_cpu/cpu%d/stats", cpu);
	if (read_file(name, text, sizeof text) <= 0 || !(at = strstr(text, word)))
		return 0;
	return strtoull(at + strlen(word), NULL, 10);
}

uint64_t tracefs_missed(void)
{
	uint64_t sum = 0;

	for (int cpu = 0; cpu < reader_cpus(); cpu++)
		sum += stat_of(cpu, "\noverrun: ") + stat_of(cpu, "\ndropped events: ");
	return sum;
}

bool tracefs_filling(void)
{
	for (int cpu = 0; cpu < reader_cpus(); cpu++)
		if (stat_of(cpu, "\nbytes: ") > (uint64_t)buffer_kb * 1024 / 4)
			return true;
	return false;
}
