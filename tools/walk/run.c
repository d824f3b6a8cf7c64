/* SPDX-License-Identifier: MIT */
/*
 * One run: the program is started and held until tracing is set up, records are read while it runs,
 * and what is left when it has ended. walk itself runs before everybody else, so that it gets the
 * CPU also when what it watches takes all of it; but it sleeps long, so as not to disturb.
 */
#define _GNU_SOURCE
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

#define TASKS_MAX	1024	/* followed at once: a program that forks without end is ended */
#define LOOK_MS		200	/* SIGCHLD ends the wait */

static volatile sig_atomic_t stop_signal;
static pid_t child;
static int child_status = -1;

static void on_signal(int sig)
{
	stop_signal = sig;
}

static void on_child(int sig)
{
	(void)sig;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGQUIT, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sa.sa_handler = on_child;
	sigaction(SIGCHLD, &sa, NULL);
}

/* The path of the program, or the end with the shell's exit status. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	static char buf[4096];
	int error = ENOENT;
	struct stat st;

	if (strlen(name) >= sizeof buf)
		die(127, "%.40s...: %s", name, strerror(ENAMETOOLONG));
	if (strchr(name, '/')) {
		if (!stat(name, &st) && S_ISDIR(st.st_mode))
			die(126, "%s is a directory", name);
		if (access(name, X_OK) == 0)
			return strcpy(buf, name);
		die(errno == ENOENT || errno == ENOTDIR ? 127 : 126, "%s: %s", name,
		    strerror(errno));
	}
	for (const char *p = path ? path : "/bin:/usr/bin"; *name && *p;) {
		size_t n = strcspn(p, ":");

		snprintf(buf, sizeof buf, "%.*s/%s", n ? (int)n : 1, n ? p : ".", name);
		if (!stat(buf, &st) && S_ISREG(st.st_mode) && access(buf, X_OK) == 0)
			return buf;
		if (errno != ENOENT && errno != ENOTDIR)
			error = errno;
		p += n + (p[n] == ':');
	}
	die(error == ENOENT ? 127 : 126, "%s: %s", name,
	    error == ENOENT ? "no such program on PATH" : strerror(error));
}

/* The child has no more to do than to wait for the byte: what it does then is the program's. */
static void wait_until_it_waits(void)
{
	char name[32], text[512], *state;
	bool waits = false;

	snprintf(name, sizeof name, "/proc/%d/stat", child);
	while (!waits) {
		FILE *f = fopen(name, "re");

		if (!f)
			return;			/* no /proc: its calls before the execve are seen */
		waits = !fgets(text, sizeof text, f) || !(state = strrchr(text, ')')) ||
			state[2] != 'R';
		fclose(f);
		if (!waits)
			sched_yield();		/* a sleep would end at a tick, and the story begin there */
	}
}

/*
 * Forks the program, which waits for a byte. An exec that fails comes back as an errno through the
 * second pipe; one that works closes it.
 */
static void start(int *go, int *failed)
{
	char *path = find_program(opt.argv[0]);
	int gate[2], report[2], error;
	char byte;

	if (pipe2(gate, O_CLOEXEC) || pipe2(report, O_CLOEXEC))
		die(1, "pipe: %s", strerror(errno));
	child = fork();
	if (child < 0)
		die(1, "fork: %s", strerror(errno));
	if (!child) {
		struct sigaction sa = { .sa_handler = SIG_DFL };

		sigaction(SIGPIPE, &sa, NULL);
		close(gate[1]);
		if (read(gate[0], &byte, 1) != 1)
			_exit(1);
		execve(path, opt.argv, environ);
		error = errno;
		if (write(report[1], &error, sizeof error) < 0)
			_exit(125);
		_exit(error == ENOENT ? 127 : 126);
	}
	close(gate[0]);
	close(report[1]);
	*go = gate[1];
	*failed = report[0];
	first_pid = child;
	wait_until_it_waits();
}

static void run_first(void)
{
	struct sched_param p = { .sched_priority = 1 };

	/* children do not inherit it; nothing is lost if it fails */
	sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p);
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == child)
			child_status = status;
}

static bool target_gone(void)
{
	if (opt.pid)
		return kill(opt.pid, 0) && errno == ESRCH && !(opt.follow && tracefs_followed());
	reap();
	return child_status >= 0 && !(opt.follow && tracefs_followed());
}

static void take(bool all)
{
	const struct record *r;
	int cpu;

	while ((r = reader_next(&cpu, all)))
		dispatch(r, cpu);
	if (out)
		fflush(out);
}

/* Stopped from outside: what we started must not go on alone, as nobody waits for it. */
static void end_program(void)
{
	if (!stop_signal || !child)
		return;
	if (opt.follow)
		tracefs_kill_followed();
	reap();
	if (child_status >= 0)
		return;
	kill(child, stop_signal == SIGINT ? SIGINT : SIGTERM);
	for (int i = 0; i < 50 && child_status < 0; i++) {
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
		reap();
	}
	if (child_status < 0) {
		kill(child, SIGKILL);
		waitpid(child, &child_status, 0);
	}
}

static bool too_many_tasks(void)
{
	return task_count() > TASKS_MAX ||
	       (opt.follow && events_lost && tracefs_count_followed() > TASKS_MAX);
}

/*
 * Every look takes the CPU away from the program, which can be seen in the story. So records are
 * taken out only when a terminal waits for them or a buffer fills.
 */
static void follow_program(void)
{
	bool told = false, live = isatty(fileno(out ? out : json_out));

	while (!stop_signal) {
		bool gone = target_gone();

		if (live || gone || tracefs_filling()) {
			reader_fill(0);
			take(false);
		}
		if (gone)
			break;
		if (ferror(out ? out : json_out)) {
			complain("the output is gone");
			stop_signal = SIGPIPE;
		}
		if (too_many_tasks() && !told) {
			complain("more than %d tasks at once: a program that forks without end? "
				 "It is ended", TASKS_MAX);
			told = true;
			stop_signal = SIGTERM;
		}
		nanosleep(&(struct timespec){ 0, LOOK_MS * 1000000L }, NULL);
	}
	end_program();
	tracefs_stop();
	while (reader_fill(0))
		take(false);
	take(true);
}

/* What the program's end makes of ours. */
static int status_of(struct text *text)
{
	if (stop_signal) {
		text_add(text, "stopped by ");
		signal_name(text, stop_signal);
		return opt.pid && stop_signal == SIGINT ? 0 : 128 + stop_signal;
	}
	if (child_status >= 0 && WIFSIGNALED(child_status)) {
		text_add(text, "killed by ");
		signal_name(text, WTERMSIG(child_status));
		return 128 + WTERMSIG(child_status);
	}
	if (child_status >= 0) {
		text_addf(text, "exited %d", WEXITSTATUS(child_status));
		return WEXITSTATUS(child_status);
	}
	text_add(text, "ended");
	return 0;
}

static struct task *known_task(pid_t pid, pid_t tgid)
{
	struct task *t = task_get(pid);
	char name[48];
	FILE *f;

	t->tgid = tgid;
	if (!opt.pid) {
		strcpy(t->comm, "walk");	/* until its execve */
		return t;
	}
	snprintf(name, sizeof name, "/proc/%d/task/%d/comm", tgid, pid);
	f = fopen(name, "re");
	if (f) {
		if (fgets(t->comm, sizeof t->comm, f))
			t->comm[strcspn(t->comm, "\n")] = 0;
		fclose(f);
	}
	return t;
}

/* Whom to watch, as the files of tracefs want it: with -p and -f all threads of the process. */
static void first_tasks(struct text *pids)
{
	struct task *first = known_task(first_pid, first_pid);
	char name[32];
	struct dirent *entry;
	DIR *dir;

	/* of a program that we start: walk's own, for the execve that begins it */
	first->space = space_new(NULL);
	space_read_maps(first->space, first_pid);
	first->wants_exec = !opt.pid;
	text_addf(pids, "%d", first_pid);
	snprintf(name, sizeof name, "/proc/%d/task", first_pid);
	if (!opt.pid || !opt.follow || !(dir = opendir(name)))
		return;
	while ((entry = readdir(dir)) && pids->len < 4000) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0 || pid == first_pid)
			continue;
		known_task(pid, first_pid)->space = space_get(first->space);
		text_addf(pids, " %d", pid);
	}
	closedir(dir);
}

int run(void)
{
	int go = -1, failed = -1, error = 0, result;
	struct text status = {0}, pids = {0};

	if (opt.pid && kill(opt.pid, 0) && errno == ESRCH)
		die(1, "-p %d: no such process", opt.pid);
	if (opt.argv)
		find_program(opt.argv[0]);	/* before the machine is changed */
	if (!tracefs_open())
		return 1;
	catch_signals();
	if (opt.pid)
		first_pid = opt.pid;
	else
		start(&go, &failed);
	first_tasks(&pids);
	if (!tracefs_setup(pids.s) || !reader_open()) {
		stop_signal = SIGTERM;
		end_program();
		tracefs_restore();
		return 1;
	}
	run_first();
	if (go >= 0) {
		if (write(go, "", 1) != 1)
			complain("the program is gone before it began");
		close(go);
	}
	follow_program();
	if (failed >= 0 && fcntl(failed, F_SETFL, O_NONBLOCK) == 0 &&
	    read(failed, &error, sizeof error) == sizeof error)
		complain("%s: %s", opt.argv[0], strerror(error));
	events_lost = tracefs_missed() > events_lost ? tracefs_missed() : events_lost;
	tracefs_restore();
	result = status_of(&status);
	dispatch_end(status.s, events_lost);
	if (events_lost)
		complain("%llu events were lost: the buffers were too small (-b MB makes them larger)",
			 (unsigned long long)events_lost);
	if (!events_seen && !error)
		complain("nothing was seen of the program");
	else if (opt.name && !names_matched && !error)
		complain("-n %s: no call of that name was made", opt.name);
	text_free(&status);
	text_free(&pids);
	return result;
}
