/* SPDX-License-Identifier: MIT */
/* execve(2): argv and envp arrive as they were, up to their limits. */
#include "abi.h"

extern char **environ;

/* The second program: compare what came with what the mode says. */
static int child(int argc, char **argv)
{
	if (!strcmp(argv[1], "plain")) {
		CHECK_EQ(argc, 5);
		CHECK_STR(argv[0], "name zero");
		CHECK_STR(argv[2], "");
		CHECK_STR(argv[3], "with space\n\xff");
		CHECK_STR(argv[4], "last");
		CHECK(!argv[5]);
		CHECK_STR(environ[0], "A=1");
		CHECK_STR(environ[1], "no equals");
		CHECK_STR(environ[2], "");
		CHECK(!environ[3]);
	} else if (!strcmp(argv[1], "many")) {
		CHECK_EQ(argc, 5002);
		for (int i = 2; i < argc; i++)
			CHECK_EQ(atoi(argv[i]), i);
		CHECK(!environ[0]);
	} else if (!strcmp(argv[1], "long")) {
		CHECK_EQ(strlen(argv[2]), 131071);
		for (int i = 0; i < 131071; i++)
			if (argv[2][i] != 'a' + i % 26) {
				FAIL("byte %d differs", i);
				break;
			}
	}
	_exit(abi_failed);
}

static void run(char **argv, char **envp)
{
	pid_t pid = FORK();

	if (!pid) {
		execve("/proc/self/exe", argv, envp);
		FAIL("execve: %s", strerror(errno));
		_exit(1);
	}
	EXPECT_EXIT(pid, 0);
}

int main(int argc, char **argv)
{
	static char *many[6000], text[6000][8], big[131073];
	char *plain[] = { "name zero", "plain", "", "with space\n\xff", "last", NULL };
	char *env[] = { "A=1", "no equals", "", NULL };
	char *lng[] = { "x", "long", big, NULL };
	char *none[] = { NULL };
	pid_t pid;

	if (argc > 1)
		child(argc, argv);
	/* started with an empty argv by the end of this test */
	if (getenv("EMPTY_ARGV")) {
		CHECK_EQ(argc, 1);
		CHECK_STR(argv[0], "");
		_exit(abi_failed);
	}
	run(plain, env);
	many[0] = "x";
	many[1] = "many";
	for (int i = 2; i < 5002; i++) {
		snprintf(text[i], 8, "%d", i);
		many[i] = text[i];
	}
	run(many, none);

	/* One string may have 128 KiB with its NUL, not more. */
	for (int i = 0; i < 131072; i++)
		big[i] = 'a' + i % 26;
	big[131071] = 0;
	run(lng, NULL);
	big[131071] = 'x';
	CHECK_ERR(execve("/proc/self/exe", lng, none), E2BIG);
	CHECK_ERR(execve("/proc/self/exe", none, lng), E2BIG);

	/* All of it may have a quarter of the stack limit. */
	big[131071] = 0;
	{
		static char *lots[101];

		for (int i = 0; i < 100; i++)
			lots[i] = big;
		CHECK_ERR(execve("/proc/self/exe", lots, none), E2BIG);
	}

	EACH_BAD_NONNULL(p) {
		char *in[] = { "x", p, NULL };

		CHECK_ERR(syscall(SYS_execve, "/proc/self/exe", p, none), EFAULT);
		CHECK_ERR(syscall(SYS_execve, "/proc/self/exe", plain, p), EFAULT);
		CHECK_ERR(syscall(SYS_execve, "/proc/self/exe", in, none), EFAULT);
		CHECK_ERR(syscall(SYS_execve, "/proc/self/exe", plain, in), EFAULT);
		CHECK_ERR(syscall(SYS_execve, p, plain, none), EFAULT);
	}
	/* The vector may end at a hole, but not without its NULL. */
	{
		char **v = edge(2 * sizeof(char *));

		v[0] = v[1] = "x";
		CHECK_ERR(execve("/proc/self/exe", v, none), EFAULT);
	}
	/* An empty argv becomes one empty string. */
	pid = FORK();
	if (!pid) {
		char *e[] = { "EMPTY_ARGV=1", NULL };

		syscall(SYS_execve, "/proc/self/exe", NULL, e);
		_exit(2);
	}
	EXPECT_EXIT(pid, 0);
	return abi_done();
}
