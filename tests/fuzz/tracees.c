/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2) on a process that stands: requests at random, with registers that no program can have, and resumption with
 * them. What the requests give is looked through. The tracee makes random calls until it is stopped.
 */
#include "fuzz.h"

#define OUT	(ARENA + 4 * PAGE)
#define OUT_LEN	2048

enum { PEEKUSER = 3, POKEUSER = 6, GETREGS = 12, SETREGS = 13, GETREGSET = 0x4204, SETREGSET = 0x4205, SEIZE = 0x4206,
	INTERRUPT = 0x4207 };

static enum door random_door(struct rng *r)
{
	for (;;) {
		enum door door = doors_here[pick(r, nr_doors_here)];

		if (door_exists(door))
			return door;
	}
}

static s64 trace(struct rng *r, long request, int pid, u64 addr, u64 data)
{
	static const struct call *call;
	enum door door = random_door(r);
	int is_64 = door == SYSCALL64 || door == SYSCALL64_FAR;
	u64 v[6] = { request, pid, addr, data };

	if (!call)
		call = call_named("ptrace");
	count_call(door);
	return through(door, is_64 ? call->nr64 : call->nr32, v);
}

static void stop(struct rng *r, int pid)
{
	trace(r, INTERRUPT, pid, 0, 0);
	for (int tries = 0; tries < 3; tries++)
		if (waitpid(pid, NULL, WNOHANG | __WALL | WUNTRACED) > 0)
			return;
		else
			raw0(SYS_sched_yield);
	waitpid(pid, NULL, __WALL);
}

/* An iovec as both widths want it: the length twice. */
static void put_iovec(struct rng *r, char *at, int bits)
{
	u32 len = pick(r, 8) ? pick(r, OUT_LEN) & -8 : (u32)edge(r);

	if (bits == 64) {
		((u64 *)at)[0] = (unsigned long)OUT;
		((u64 *)at)[1] = len;
	} else {
		((u32 *)at)[0] = (unsigned long)OUT;
		((u32 *)at)[1] = len;
	}
}

static void one_request(struct rng *r, int pid)
{
	static const u32 notes[] = { 1, 2, 0x200, 0x201, 0x202, 0x46e62b7f, 3, 6 };
	static const u32 reads[] = { 1, 2, 3, 12, 14, 18, 25, 0x4201, 0x4202, 0x4209, 0x420a, 0x420b, 0x420e };
	static const u32 writes[] = { 4, 5, 6, 13, 15, 19, 26, 30, 0x4200, 0x4203 };
	static const u32 goes[] = { 7, 9, 24, 31, 32, 33, 0x4208, 0x4207 };
	u64 addr = pick(r, 2) ? pick(r, 120) * 8 : edge(r);
	char *iov = ARENA + 2 * PAGE;

	switch (pick(r, 8)) {
	case 0 ... 1:
		memset(OUT, FILL_BYTE, OUT_LEN);
		trace(r, reads[pick(r, COUNT(reads))], pid, addr, (unsigned long)OUT);
		check_memory("ptrace", OUT, OUT_LEN, LEAK_POISON);
		break;
	case 2 ... 3:
		memset(OUT, FILL_BYTE, OUT_LEN);
		put_iovec(r, iov, pick(r, 2) ? 64 : 32);
		trace(r, GETREGSET, pid, notes[pick(r, COUNT(notes))], (unsigned long)iov);
		check_memory("ptrace's register set", OUT, OUT_LEN, LEAK_POISON);
		break;
	case 4:		/* registers as they were, but for one or two */
		trace(r, GETREGS, pid, 0, (unsigned long)OUT);
		((u64 *)OUT)[pick(r, 27)] = edge(r);
		if (pick(r, 2))
			((u32 *)OUT)[pick(r, 54)] = pick(r, 128);
		trace(r, SETREGS, pid, 0, (unsigned long)OUT);
		break;
	case 5:
		put_iovec(r, iov, pick(r, 2) ? 64 : 32);
		trace(r, GETREGSET, pid, 0x202, (unsigned long)iov);
		for (int n = pick(r, 4); n; n--)
			((u64 *)OUT)[pick(r, 2) ? 58 + pick(r, 14) : pick(r, 120)] = edge(r);
		trace(r, SETREGSET, pid, notes[pick(r, COUNT(notes))], (unsigned long)iov);
		break;
	case 6:
		if (pick(r, 2))
			fill(r, OUT, 1024, pick(r, 2) ? 64 : 32);
		trace(r, writes[pick(r, COUNT(writes))], pid, addr, pick(r, 2) ? (unsigned long)OUT : edge(r));
		break;
	case 7:
		trace(r, goes[pick(r, COUNT(goes))], pid, 0, pick(r, 3) ? 0 : pick(r, 65));
		stop(r, pid);
	}
}

void tracee_burst(struct rng *r, int n)
{
	int pid = fork();

	if (!pid) {
		doubtful = 1;
		for (int i = 0; i < 2000; i++)
			one_random_call(r);
		_exit(0);
	}
	if (pid < 0 || process_is_taboo(pid))
		return;
	count(&shared->counts.tracees[me]);
	trace(r, SEIZE, pid, 0, pick(r, 2) ? 0 : pick(r, 256));
	stop(r, pid);
	while (n-- && !raw(SYS_kill, pid, 0, 0, 0, 0, 0))
		one_request(r, pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
}
