/* SPDX-License-Identifier: MIT */
/* Process, signal and time calls with every kind of argument that walk decodes: as calls_files.c. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALL(name, ...) syscall(SYS_##name, __VA_ARGS__)
#define BAD ((void *)8)

static char buf[4096];

static void handler(int sig)
{
	(void)sig;
}

static void masks(void)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART }, old;
	sigset_t s, was;

	sigaction(SIGALRM, &sa, NULL);
	sigaddset(&sa.sa_mask, SIGINT);
	sigaddset(&sa.sa_mask, SIGRTMIN + 2);
	sa.sa_flags = SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_SIGINFO | SA_NOCLDSTOP;
	sigaction(SIGUSR1, &sa, &old);
	sigaction(SIGUSR1, NULL, &old);
	CALL(rt_sigaction, 99, BAD, NULL, 8);
	sigemptyset(&s);
	sigaddset(&s, SIGCHLD);
	sigaddset(&s, SIGRTMIN + 6);
	sigprocmask(SIG_BLOCK, &s, NULL);
	sigprocmask(SIG_SETMASK, NULL, &was);
	sigfillset(&s);
	sigdelset(&s, SIGINT);
	sigprocmask(SIG_SETMASK, &s, &was);
	sigemptyset(&s);
	sigprocmask(SIG_SETMASK, &s, &was);
	CALL(rt_sigprocmask, 9, &s, 0, 8);
	CALL(rt_sigprocmask, 0, &s, 0, 9);
	sigpending(&s);
	stack_t ss = { .ss_sp = buf, .ss_size = 4096 };
	sigaltstack(NULL, &ss);
}

static void signals(void)
{
	union sigval v = { .sival_int = 7 };
	struct timespec none = { 0, 0 };
	siginfo_t si;
	sigset_t s;

	kill(getpid(), SIGUSR1);
	raise(SIGUSR1);
	sigqueue(getpid(), SIGUSR1, v);
	kill(getpid(), 0);
	kill(getpid(), SIGWINCH);	/* ignored, which a tracer sees all the same */
	CALL(tkill, getpid(), 99);
	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	sigprocmask(SIG_BLOCK, &s, NULL);
	kill(getpid(), SIGUSR2);
	sigtimedwait(&s, &si, &none);
	sigtimedwait(&s, &si, &none);
}

static void timers(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 20000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct itimerspec its = { { 0, 0 }, { 500, 6 } };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
			       .sigev_value.sival_int = 9 };
	struct timespec t = { 0, 1000 }, left;
	int id = 0;

	setitimer(ITIMER_REAL, &soon, NULL);
	pause();
	setitimer(ITIMER_REAL, &off, NULL);
	nanosleep(&t, &left);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
	t.tv_nsec = 2000000000;
	nanosleep(&t, NULL);
	CALL(timer_create, CLOCK_REALTIME, &ev, &id);
	CALL(timer_settime, id, 0, &its, NULL);
	CALL(timer_delete, id);
	CALL(clock_gettime, CLOCK_THREAD_CPUTIME_ID, &t);
	CALL(clock_gettime, 99, &t);
	CALL(gettimeofday, buf, NULL);
	alarm(0);
	struct timespec zero = { 0, 0 };
	int word = 1;

	CALL(futex, &word, FUTEX_WAKE_PRIVATE, 1);
	CALL(futex, &word, FUTEX_WAIT, 2, NULL);
	CALL(futex, &word, FUTEX_WAIT_PRIVATE, 1, &zero);
	CALL(futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME | FUTEX_PRIVATE_FLAG, 1, &zero, 0, -1);
	CALL(futex, &word, FUTEX_CMP_REQUEUE, 1, 2, buf, 1);
	CALL(futex, &word, FUTEX_WAKE_OP, 1, 2, buf, 0x4000001);
}

static void state(void)
{
	struct rlimit lim;
	struct rusage ru;
	struct utsname u;
	gid_t groups[2] = { 0, 5 };
	uid_t a, b, c;
	cpu_set_t cpus;

	getrlimit(RLIMIT_NOFILE, &lim);
	CALL(getrlimit, RLIMIT_CORE, &lim);
	CALL(setrlimit, RLIMIT_CORE, &lim);
	CALL(prlimit64, 0, 99, NULL, &lim);
	getrusage(RUSAGE_SELF, &ru);
	times((void *)buf);
	uname(&u);
	getuid();
	setreuid(-1, 0);
	getresuid(&a, &b, &c);
	setgroups(2, groups);
	getgroups(0, NULL);
	getgroups(10, (void *)buf);
	setpgid(0, 0);
	getpgid(0);
	CALL(personality, 0xffffffff);
	sched_getscheduler(0);
	sched_getparam(0, (void *)buf);
	sched_get_priority_max(SCHED_RR);
	sched_getaffinity(0, sizeof cpus, &cpus);
	getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, 1);
	prctl(PR_SET_NAME, "hello");
	prctl(PR_GET_NAME, buf);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_GET_DUMPABLE);
	prctl(999, 1, 2, 3, 4);
	CALL(arch_prctl, 0x1003, buf);
	CALL(arch_prctl, 0x3001, buf);
	syscall(500, 1, 2, 3, 4, 5, 6);
}

static void children(void)
{
	struct clone_args ca = { .flags = CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID,
				 .exit_signal = SIGCHLD };
	struct rusage ru;
	int status, tid;
	siginfo_t si;
	cpu_set_t one;
	pid_t pid;

	/* Whether a child runs before its parent's next call is then no matter of chance. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	pid = fork();
	if (!pid)
		_exit(7);
	wait4(pid, &status, WUNTRACED, &ru);
	pid = fork();
	if (!pid) {
		raise(SIGSTOP);
		pause();
	}
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGCONT);
	waitpid(pid, &status, WCONTINUED);
	for (volatile long i = 0; i < 20000000; i++)
		;			/* some ticks: the child runs, and tells of it */
	sched_yield();
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	pid = vfork();
	if (!pid)
		_exit(0);
	CALL(waitid, P_PID, pid, &si, WEXITED | WNOWAIT, NULL);
	waitpid(-1, NULL, WNOHANG);
	wait4(-1, &status, 0, NULL);
	pid = fork();
	if (!pid)
		abort();
	waitpid(pid, &status, 0);
	ca.parent_tid = (long)&tid;
	pid = CALL(clone3, &ca, sizeof ca);
	if (!pid)
		_exit(1);
	waitpid(pid, &status, 0);
	CALL(clone3, BAD, 64);
	CALL(clone, CLONE_SIGHAND, 0, 0, 0, 0);
	execve("/missing", (char *[]){ "a", "b c", NULL }, (char *[]){ "X=1", NULL });
	execve("/missing", NULL, NULL);
	execve("/missing", BAD, (char *[]){ NULL });
	CALL(execveat, AT_FDCWD, "missing", (char *[]){ "a", NULL }, (char *[]){ "X=1", "Y=", NULL },
	     AT_EMPTY_PATH);
}

int main(void)
{
	masks();
	signals();
	timers();
	state();
	children();
	*(volatile int *)8 = 1;
	return 0;
}
