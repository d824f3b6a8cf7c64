/* SPDX-License-Identifier: MIT */
/*
 * host_trace PROGRAM [ARGS]: walk's decoders under ptrace, on any Linux. It prints what
 * `strace -f -o FILE` prints, so that the decoders can be held against strace without Vitrix.
 *
 * What the kernel's tracer would put into sys_data events is found by asking the decoders: each is
 * run at entry and at exit, and what it wants to see of the program's memory is kept.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call.h"

struct piece {
	struct piece *next;
	uint64_t addr;
	size_t len;
	enum phase phase;
	char bytes[];
};

struct task {
	struct memory mem;
	int pid;
	bool in_call, begun;
	bool fresh;		/* still to be let go for the first time */
	enum phase now;
	struct call call;
	struct piece *pieces;
};

static struct task tasks[256];

static size_t read_live(int pid, uint64_t addr, size_t len, void *buf)
{
	size_t got = 0;

	/* up to the first page that is not there */
	while (got < len) {
		size_t n = 4096 - ((addr + got) & 4095);
		struct iovec to = { (char *)buf + got, n < len - got ? n : len - got };
		struct iovec from = { (void *)(addr + got), to.iov_len };
		ssize_t r = process_vm_readv(pid, &to, 1, &from, 1, 0);

		if (r <= 0)
			break;
		got += r;
	}
	return got;
}

static size_t peek(struct memory *m, uint64_t addr, size_t len, enum phase phase, void *buf)
{
	struct task *t = (struct task *)m;

	for (struct piece *p = t->pieces; p; p = p->next)
		if (p->phase == phase && p->addr <= addr && addr + len <= p->addr + p->len) {
			memcpy(buf, p->bytes + (addr - p->addr), len);
			return len;
		}
	if (phase != t->now) {
		/* shorter than asked for, as a string at the end of a page */
		for (struct piece *p = t->pieces; p; p = p->next)
			if (p->phase == phase && p->addr == addr) {
				memcpy(buf, p->bytes, p->len);
				return p->len;
			}
		return 0;
	}
	size_t got = read_live(t->pid, addr, len, buf);
	struct piece *p = malloc(sizeof *p + got);

	*p = (struct piece){ t->pieces, addr, got, phase };
	memcpy(p->bytes, buf, got);
	t->pieces = p;
	return got;
}

static int strv(struct memory *m, uint64_t addr, int n, struct text *out)
{
	uint64_t ptr;
	char buf[4096];

	if (peek(m, addr + 8 * n, 8, PHASE_ENTER, &ptr) != 8)
		return -1;
	if (!ptr)
		return 0;
	size_t got = peek(m, ptr, sizeof buf, PHASE_ENTER, buf);

	if (!got)
		return -1;
	text_addn(out, buf, strnlen(buf, got));
	return 1;
}

static struct task *task_of(int pid)
{
	struct task *free_one = NULL;

	for (int i = 0; i < 256; i++) {
		if (tasks[i].pid == pid)
			return &tasks[i];
		if (!tasks[i].pid && !free_one)
			free_one = &tasks[i];
	}
	*free_one = (struct task){ .pid = pid, .mem = { peek, strv } };
	return free_one;
}

static void forget(struct task *t)
{
	while (t->pieces) {
		struct piece *p = t->pieces;

		t->pieces = p->next;
		free(p);
	}
}

static void print_call(FILE *out, struct task *t)
{
	struct text line = {0};

	call_text(&line, &t->call);
	fprintf(out, "%-5d %s\n", t->pid, line.s);
	text_free(&line);
}

static void syscall_stop(FILE *out, struct task *t)
{
	struct user_regs_struct r;
	struct text args[6] = {{0}};

	ptrace(PTRACE_GETREGS, t->pid, 0, &r);
	if (!t->in_call) {
		forget(t);
		t->call = (struct call){ .nr = r.orig_rax, .mem = &t->mem, .limit = 32,
			.args = { r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9 } };
		if (r.orig_rax == 15)
			t->call.args[0] = r.rsp + 40 + 256;	/* uc_sigmask */
		t->now = PHASE_ENTER;
		call_args(args, &t->call);
		t->in_call = t->begun = true;
		if (r.orig_rax == 60 || r.orig_rax == 231) {
			t->call.never = true;
			print_call(out, t);
		}
	} else {
		t->in_call = false;
		t->call.done = true;
		t->call.ret = r.rax;
		t->now = PHASE_EXIT;
		if (t->begun)
			print_call(out, t);
		t->begun = false;
	}
	for (int i = 0; i < 6; i++)
		text_free(&args[i]);
}

static void signal_stop(FILE *out, int pid, int *sig)
{
	siginfo_t si;
	struct text line = {0};

	if (ptrace(PTRACE_GETSIGINFO, pid, 0, &si) < 0)
		return;
	siginfo_text(&line, &si, sizeof si);
	fprintf(out, "%-5d --- ", pid);
	struct text name = {0};

	signal_name(&name, *sig);
	fprintf(out, "%s %s ---\n", name.s, line.s);
	text_free(&name);
	text_free(&line);
}

static void stopped(FILE *out, int pid, int sig)
{
	struct text name = {0};

	signal_name(&name, sig);
	fprintf(out, "%-5d --- stopped by %s ---\n", pid, name.s);
	text_free(&name);
}

static void ended(FILE *out, struct task *t, int status)
{
	struct text name = {0};

	if (WIFEXITED(status)) {
		fprintf(out, "%-5d +++ exited with %d +++\n", t->pid, WEXITSTATUS(status));
	} else {
		signal_name(&name, WTERMSIG(status));
		fprintf(out, "%-5d +++ killed by %s%s +++\n", t->pid, name.s,
			WCOREDUMP(status) ? " (core dumped)" : "");
	}
	text_free(&name);
	forget(t);
	t->pid = 0;
}

int main(int argc, char **argv)
{
	FILE *out = stderr;
	int status, pid, first;

	if (argc > 3 && !strcmp(argv[1], "-o")) {
		out = fopen(argv[2], "we");
		argv += 2;
		argc -= 2;
	}
	if (argc < 2 || !out)
		return 2;
	first = fork();
	if (!first) {
		raise(SIGSTOP);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	waitpid(first, &status, WUNTRACED);
	if (ptrace(PTRACE_SEIZE, first, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
		   PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
		   PTRACE_O_EXITKILL)) {
		perror("host_trace: ptrace");
		kill(first, SIGKILL);
		return 2;
	}
	task_of(first)->fresh = true;
	kill(first, SIGCONT);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		struct task *t = task_of(pid);
		int sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

		if (!sig) {
			ended(out, t, status);
			continue;
		}
		if (sig == (SIGTRAP | 0x80)) {
			syscall_stop(out, t);
			sig = 0;
		} else if (status >> 16 == PTRACE_EVENT_STOP && signal_stops(sig) && !t->fresh) {
			stopped(out, pid, sig);
			ptrace(PTRACE_LISTEN, pid, 0, 0);
			continue;
		} else if (status >> 16 || t->fresh) {
			/* the SIGCONT that lets the first one go is none of its own */
			t->fresh = t->fresh && sig != SIGCONT;
			sig = 0;
		} else {
			signal_stop(out, pid, &sig);
		}
		ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
	return 0;
}
