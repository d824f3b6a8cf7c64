/* SPDX-License-Identifier: MIT */
/*
 * A worker is a nanny, who stays outside of the box and starts one batch after the other in it: a process with fresh
 * memory and descriptors, which spoils both, and ends or is ended. So nothing of what a batch does to itself lasts.
 *
 * The 32-bit program is nothing but a nanny: `fuzz32 WORKER SEED`, with the descriptors that fuzz.h names.
 */
#include "fuzz.h"
#include <stdarg.h>

struct shared *shared;
int is_root = 1, me, doubtful;

static void vsay(const char *tag, const char *fmt, va_list ap)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "<0>FUZZ %s", tag);

	n += vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	raw(SYS_write, FD_KMSG, (long)line, n, 0, 0, 0);
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay("", fmt, ap);
	va_end(ap);
}

void wrong(const char *fmt, ...)
{
	va_list ap;

	if (doubtful)
		return;
	count(&shared->counts.wrong);
	va_start(ap, fmt);
	vsay("WRONG ", fmt, ap);
	va_end(ap);
}

static void on_alarm(int sig)
{
}

static void limit(int what, unsigned long value)
{
	setrlimit(what, &(struct rlimit){ value, value });
}

/* A call has taken away memory that arguments are made in: there it is again. */
static void heal(int sig, siginfo_t *info, void *context)
{
	char *page = (char *)((unsigned long)info->si_addr & -PAGE);

	if (page < ARENA || page >= ARENA + ARENA_SOUND ||
	    mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		_exit(2);
}

/* Signals that others send end a call, but not the batch. */
static void catch_signals(void)
{
	struct sigaction healing = { .sa_sigaction = heal, .sa_flags = SA_SIGINFO | SA_NODEFER };
	struct sigaction sa = { .sa_handler = on_alarm };

	for (int sig = 1; sig < 65; sig++)
		if (sig != SIGSEGV && sig != SIGBUS && sig != SIGILL && sig != SIGFPE && sig != SIGTRAP && sig != SIGCHLD)
			sigaction(sig, &sa, NULL);
	sigaction(SIGSEGV, &healing, NULL);
	sigaction(SIGBUS, &healing, NULL);
}

static struct rng batch_rng;
static int stormy;

static void batch(void)
{
	struct rng *r = &batch_rng;

	if (shared->settings.only >= 0)
		calls_burst(r, 1000);
#ifdef __x86_64__
	else if (stormy)
		storm(r);
#endif
	else if (!pick(r, 6))
		frames_burst(r, 200);
	else if (!pick(r, 12))
		tracee_burst(r, 100);
	else
		calls_burst(r, 300 + pick(r, 2000));
	_exit(0);
}

static void on_low_stack(void (*fn)(void))
{
	char *top = LOW_STACK + LOW_STACK_SIZE - 64;

	mmap(LOW_STACK, LOW_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#ifdef __x86_64__
	asm volatile("mov %0, %%rsp; call *%1; ud2" : : "r"(top), "r"(fn) : "memory");
#else
	asm volatile("mov %0, %%esp; call *%1; ud2" : : "r"(top), "r"(fn) : "memory");
#endif
}

static void start_batch(int n, u64 seed)
{
	struct rng *r = &batch_rng;

	r->s = seed | 1;
	for (int i = 0; i < 8; i++)
		rnd(r);
	setsid();
	if (chroot(BOX) || chdir("/") || access("/f0", F_OK))
		_exit(1);		/* another batch has unmounted the box */
	catch_signals();
	limit(RLIMIT_NPROC, 64);
	limit(RLIMIT_FSIZE, 1 << 18);
	limit(RLIMIT_CORE, pick(r, 8) ? 0 : 1 << 16);
	stormy = sizeof(long) == 8 && !pick(r, shared->settings.storm_every);
	if (pick(r, 8))
		limit(RLIMIT_AS, (stormy ? 1024UL : 64UL) << 20);
	if (n & 2) {
		is_root = 0;
		if (setgid(1000) || setuid(1000))
			_exit(1);
	}
	open_files(r);
	map_arena(r);
	on_low_stack(batch);
}

void nanny(int n, u64 seed)
{
	struct rng r = { seed | 1 };
	u64 batch_seed;
	int pid, status;

	me = n;
	for (;;) {
		batch_seed = rnd(&r);
		pid = fork();
		if (!pid)
			start_batch(n, batch_seed);
		if (pid < 0) {
			usleep(5000);
			continue;
		}
		shared->pid[n] = pid;
		count(&shared->counts.batches[n]);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
			usleep(5000);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

#ifndef __x86_64__
int main(int argc, char **argv)
{
	if (argc != 3)			/* a batch executed this */
		return 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, FD_SHARED, 0);
	if (shared == MAP_FAILED)
		return 1;
	resolve_table();
	find_doors();
	nanny(atoi(argv[1]), strtoull(argv[2], NULL, 10));
}
#endif
