/* SPDX-License-Identifier: MIT */
/* prctl(2): names, dumpable, no_new_privs, timer slack, seccomp's absence, bad operations. */
#include "abi.h"
#include <sys/prctl.h>

static void *thread(void *arg)
{
	char name[17] = "";

	CHECK_OK(prctl(PR_GET_NAME, name, 0, 0, 0));
	CHECK_STR(name, "parent");
	CHECK_OK(prctl(PR_SET_NAME, "thread", 0, 0, 0));
	CHECK_OK(prctl(PR_GET_NAME, name, 0, 0, 0));
	CHECK_STR(name, "thread");
	return NULL;
}

/* prctl(2): 0 goes back to the default, and a child's default is what its parent had at the fork. */
static void timer_slack(void)
{
	long old = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);

	CHECK_OK(prctl(PR_SET_TIMERSLACK, 70000, 0, 0, 0));
	IN_CHILD({
		CHECK_EQ(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 70000);
		CHECK_OK(prctl(PR_SET_TIMERSLACK, 123, 0, 0, 0));
		CHECK_EQ(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 123);
		CHECK_OK(prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0));
		CHECK_EQ(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 70000);
	});
	CHECK_OK(prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), old);
}

/* Yama's, with its ptrace_scope 0: it only wants to know that the process is there. */
static void ptracer(void)
{
	int status;
	pid_t gone = fork();

	if (!gone)
		_exit(0);
	waitpid(gone, &status, 0);
	CHECK_OK(prctl(PR_SET_PTRACER, 0, 0, 0, 0));
	CHECK_OK(prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0));
	CHECK_OK(prctl(PR_SET_PTRACER, getpid(), 0, 0, 0));
	CHECK_OK(prctl(PR_SET_PTRACER, 1, 0, 0, 0));
	CHECK_ERR(prctl(PR_SET_PTRACER, gone, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_SET_PTRACER, -2, 0, 0, 0), EINVAL);
}

int main(void)
{
	char name[17];
	pthread_t t;
	char *e;

	CHECK_OK(prctl(PR_GET_NAME, name, 0, 0, 0));
	CHECK_STR(name, "proc_prctl");
	/* Fifteen characters stay, and sixteen bytes come back. */
	CHECK_OK(prctl(PR_SET_NAME, "0123456789abcdefgh", 0, 0, 0));
	memset(name, '#', sizeof(name));
	CHECK_OK(prctl(PR_GET_NAME, name, 0, 0, 0));
	CHECK(!memcmp(name, "0123456789abcde\0#", 17));
	CHECK_STR(get_file("/proc/self/comm"), "0123456789abcde\n");
	CHECK_OK(prctl(PR_SET_NAME, "", 0, 0, 0));
	CHECK_OK(prctl(PR_GET_NAME, name, 0, 0, 0));
	CHECK_STR(name, "");
	CHECK_OK(prctl(PR_SET_NAME, "parent", 0, 0, 0));
	IN_CHILD({
		CHECK_OK(prctl(PR_GET_NAME, name, 0, 0, 0));
		CHECK_STR(name, "parent");
	});
	CHECK_EQ(pthread_create(&t, NULL, thread, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_OK(prctl(PR_GET_NAME, name, 0, 0, 0));
	CHECK_STR(name, "parent");
	e = edge(4);
	memcpy(e, "abc", 4);
	CHECK_OK(prctl(PR_SET_NAME, e, 0, 0, 0));
	CHECK_ERR(prctl(PR_GET_NAME, e, 0, 0, 0), EFAULT);
	EACH_BAD(p) {
		CHECK_ERR(prctl(PR_SET_NAME, p, 0, 0, 0), EFAULT);
		CHECK_ERR(prctl(PR_GET_NAME, p, 0, 0, 0), EFAULT);
	}

	CHECK_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	CHECK_OK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	CHECK_ERR(prctl(PR_SET_DUMPABLE, 2, 0, 0, 0), EINVAL);
	CHECK_OK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));

	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	IN_CHILD({
		CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
		CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
		CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
		IN_CHILD(CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1));
	});
	CHECK_EQ(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_GET_TIMING, 0, 0, 0, 0), PR_TIMING_STATISTICAL);

	CHECK_ERR(prctl(0x12345, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(-1, 0, 0, 0, 0), EINVAL);
	timer_slack();
	ptracer();
	return abi_done();
}
