/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of the fuzzer: bad input of every kind, for SECONDS= or CALLS= (from the kernel's command line).
 *
 * Time is cut into rounds. In each, WORKERS nannies (worker.c) start one batch after the other in a fresh chroot: system
 * calls with random arguments, sigreturn frames, ptrace, storms. A batch that sleeps gets a signal, then SIGKILL; some
 * get it at random. At the end of a round everything is killed, reaped, unmounted, and the free memory is counted.
 *
 * Says `FUZZ seed n`, `FUZZ round n free k kB ... calls c`, `FUZZ total name value`, `FUZZ slab name +n`, `FUZZ WRONG ...`,
 * `FUZZ done`; tools/fuzz judges. SEED= repeats the choices (not the timing), FUZZLOG=1 says each call before it is made,
 * ONLY=name makes mostly one call, STORMS=n: one batch in n is a storm. SELFTEST=1: selftest.c instead.
 */
#include "fuzz.h"
#include <sys/sendfile.h>

#define ROUND_MS	3000
#define TICK_MS		20

static struct rng rng;
static int with_tty;		/* in this round */
static struct counts counts;	/* all that was seen in shared->counts */
static struct settings settings;
static int nannies[WORKERS];

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static long env(const char *name, long otherwise)
{
	return getenv(name) ? atol(getenv(name)) : otherwise;
}

static u64 sum(const u64 *counters)
{
	u64 total = 0;

	for (int i = 0; i < WORKERS; i++)
		total += counters[i];
	return total;
}

static u64 total_calls(void)
{
	u64 total = 0;

	for (int i = 0; i < WORKERS; i++)
		for (int door = 0; door < NR_DOORS; door++)
			total += counts.by_door[i][door];
	return total;
}

/* Whoever sets the shared memory back to 0, or to something else, takes nothing away and adds little. */
static void look_at_counts(void)
{
	static struct counts last;
	u64 *new = (u64 *)&shared->counts, *old = (u64 *)&last, *kept = (u64 *)&counts;

	for (unsigned int i = 0; i < sizeof(counts) / sizeof(u64); i++) {
		u64 now = __atomic_load_n(&new[i], __ATOMIC_RELAXED), more = now - old[i];

		kept[i] += more < 100000 ? more : 0;
		old[i] = now;
	}
	shared->settings = settings;
}

/* ---- workers ---------------------------------------------------------------------------------------------------- */

static void start_nanny(int n)
{
	u64 seed = rnd(&rng);
	char number[8], text[24];
	int pid = fork();

	if (!pid) {
		sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 });
		if (!with_tty)		/* a byte for the serial line costs as much as a call */
			for (int fd = 0, null = open("/dev/null", O_RDWR); fd < 3; fd++)
				dup2(null, fd);
		if (n & 1) {
			snprintf(number, sizeof(number), "%d", n);
			snprintf(text, sizeof(text), "%llu", (unsigned long long)seed);
			fchmod(FD_FUZZ32, 0755);
			execveat(FD_FUZZ32, "", (char *[]){ "fuzz32", number, text, NULL }, environ, AT_EMPTY_PATH);
			say("no 32-bit program: errno %d", errno);
		}
		nanny(n, seed);
	}
	shared->nanny[n] = nannies[n] = pid > 0 ? pid : 0;
	if (pid < 0)
		restore_sysctls();
}

static void reap(void)
{
	int pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (int i = 0; i < WORKERS; i++)
			if (nannies[i] == pid)
				shared->nanny[i] = nannies[i] = 0;
}

/* Does it wait for something, or only for the CPU? */
static int runs(int pid)
{
	char name[32], text[512], *at;

	snprintf(name, sizeof(name), "%d/stat", pid);
	if (read_proc(name, text, sizeof(text)) <= 0)
		return 0;
	at = strrchr(text, ')');
	return at && at[2] == 'R';
}

/* One look at a worker that has made no progress for `ticks`. */
static void wake(int n, int ticks)
{
	int pid = shared->pid[n];

	if (pid <= 1 || (ticks < 100 && runs(pid)))
		return;
	if (ticks == 2)
		kill(pid, SIGALRM);
	else if (ticks > 3)
		kill(pid, SIGKILL);
}

static void run_workers(long end, u64 calls)
{
	u64 seen[WORKERS] = { 0 };
	int stuck[WORKERS] = { 0 };
	struct timespec tick = { 0, TICK_MS * 1000000 };

	while (now_ms() < end && total_calls() < calls) {
		reap();
		look_at_counts();
		for (int i = 0; i < WORKERS; i++) {
			if (!nannies[i])
				start_nanny(i);
			stuck[i] = shared->progress[i] == seen[i] ? stuck[i] + 1 : 0;
			seen[i] = shared->progress[i];
			if (stuck[i] >= 2)
				wake(i, stuck[i]);
			if (!pick(&rng, 200) && shared->pid[i] > 1)
				kill(shared->pid[i], SIGKILL);
		}
		nanosleep(&tick, NULL);
	}
}

static void kill_all(void)
{
	long start = now_ms();
	int pid, told = 0;

	for (;;) {
		kill(-1, SIGKILL);
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			break;
		usleep(2000);
		if (!told && now_ms() - start > 20000) {
			told = 1;
			wrong("processes survive SIGKILL");
			say_survivors();
		}
		if (now_ms() - start > 40000)
			break;
	}
	memset(shared->pid, 0, sizeof(shared->pid));
	memset(shared->nanny, 0, sizeof(shared->nanny));
	memset(nannies, 0, sizeof(nannies));
	look_at_counts();
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static long meminfo(const char *field)
{
	static char text[8192];
	char *at;

	if (read_proc("meminfo", text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, field);
	return at ? strtol(at + strlen(field), NULL, 10) : -1;
}

struct slab {
	char name[32];
	long objects;
};

static int read_slabs(struct slab *slabs, int max)
{
	static char text[65536];
	int n = 0;

	if (read_proc("slabinfo", text, sizeof(text)) < 0)
		return 0;
	for (char *line = strtok(text, "\n"); line && n < max; line = strtok(NULL, "\n"))
		if (sscanf(line, "%31s %ld", slabs[n].name, &slabs[n].objects) == 2)
			n++;
	return n;
}

static void say_growth(const struct slab *old, int n_old)
{
	static struct slab slabs[128];
	int n = read_slabs(slabs, 128);

	for (int i = 0; i < n; i++)
		for (int k = 0; k < n_old; k++)
			if (!strcmp(slabs[i].name, old[k].name) && slabs[i].objects != old[k].objects)
				say("slab %s %ld -> %ld", old[k].name, old[k].objects, slabs[i].objects);
}

/* ---- rounds ----------------------------------------------------------------------------------------------------- */

static void do_round(int n, u64 calls)
{
	static struct slab slabs[128];
	long t0, t1, filp = 0;
	u64 before = total_calls();

	with_tty = n % 20 == 19;	/* noise in the log: seldom */
	make_box(with_tty);
	t0 = now_ms();
	run_workers(t0 + ROUND_MS, calls);
	t1 = now_ms();
	kill_all();
	restore_sysctls();
	remove_box();
	usleep(50000);			/* freeing is deferred a little */
	for (int i = read_slabs(slabs, 128) - 1; i >= 0; i--)
		if (!strcmp(slabs[i].name, "filp"))
			filp = slabs[i].objects;
	say("round %d free %ld kB slab %ld mounts %d files %d filp %ld calls %llu, %llu/s, batches %llu, end %ld ms", n,
	    meminfo("MemFree:"), meminfo("Slab:"), count_mounts(), count_files(), filp, (unsigned long long)total_calls(),
	    (unsigned long long)(total_calls() - before) * 1000 / (t1 - t0 + 1), (unsigned long long)sum(counts.batches),
	    now_ms() - t1);
}

static void say_total(const char *name, u64 value)
{
	say("total %s %llu", name, (unsigned long long)value);
}

static void say_totals(long ms)
{
	for (int door = 0; door < NR_DOORS; door++) {
		u64 n = 0;

		for (int i = 0; i < WORKERS; i++)
			n += counts.by_door[i][door];
		say_total(door_names[door], n);
	}
	say_total("frames", sum(counts.frames));
	say_total("batches", sum(counts.batches));
	say_total("tracees", sum(counts.tracees));
	say_total("storms", sum(counts.storms));
	say_total("wrong", counts.wrong);
	say_total("leaks", counts.leaks);
	say_total("ms", ms);
}

/* Calls that never succeeded: where the arguments are not good enough to get anywhere. */
static void say_idle(void)
{
	for (int i = 0; i < nr_calls; i++)
		for (int wide = 0; wide < 2; wide++)
			if ((wide ? table[i].nr64 : table[i].nr32) >= 0 && !shared->succeeded[i][wide])
				say("no success in %u of %s (%d)", shared->made[i][wide], table[i].name, wide ? 64 : 32);
}

static int move_fd(int fd, int where)
{
	dup2(fd, where);
	close(fd);
	return where;
}

/* A root's batch finds the way out of its box, through /proc, and what it removes there is gone. */
static void keep_fuzz32(void)
{
	int from = open("/fuzz32", O_RDONLY), to = syscall(SYS_memfd_create, "fuzz32", 2);
	struct stat st;
	char name[32];

	fstat(from, &st);
	if (sendfile(to, from, NULL, st.st_size) != st.st_size)
		say("no 32-bit program: errno %d", errno);
	fcntl(to, 1033, 15);		/* F_ADD_SEALS: all */
	close(from);
	/* What somebody may write to is not executed. */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", to);
	move_fd(open(name, O_RDONLY), FD_FUZZ32);
	close(to);
}

static void set_up(void)
{
	const char *only = getenv("ONLY");

	rng.s = env("SEED", 1) * 2654435761u + 1;
	for (int i = 0; i < 16; i++)
		rnd(&rng);
	mkdir("/proc", 0555);
	mkdir("/dev", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	move_fd(open("/dev/kmsg", O_WRONLY), FD_KMSG);
	proc_fd = move_fd(open("/proc", O_RDONLY | O_DIRECTORY), FD_PROC);
	move_fd(syscall(SYS_memfd_create, "shared", MFD_ALLOW_SEALING), FD_SHARED);
	(void)!ftruncate(FD_SHARED, sizeof(*shared));
	fcntl(FD_SHARED, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, FD_SHARED, 0);
	settings.logging = env("FUZZLOG", 0);
	settings.debug = env("DEBUG", 0);
	settings.storm_every = env("STORMS", 4);
	settings.only = only && call_named(only) ? call_named(only) - table : -1;
	shared->settings = settings;
	keep_fuzz32();
	resolve_table();
	save_sysctls();
}

int main(void)
{
	static struct slab base[128];
	struct sched_param sp = { .sched_priority = 50 };
	long start = now_ms(), end = start + env("SECONDS", 60) * 1000;
	u64 calls = env("CALLS", 1L << 60);
	int n_base = 0;

	if (getpid() != 1)		/* a batch executed this */
		return 0;
	set_up();
	sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &sp);
	say("seed %ld", env("SEED", 1));
	if (env("SELFTEST", 0))
		selftest();
	else
		for (int n = 0; now_ms() < end && total_calls() < calls; n++) {
			do_round(n, calls);
			if (n == 2)
				n_base = read_slabs(base, 128);
		}
	if (n_base)
		say_growth(base, n_base);
	say_idle();
	if (count_mounts() > 3)
		say_mounts();
	say_totals(now_ms() - start);
	say("done");
	sync();
	return syscall(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc, NULL);
}
