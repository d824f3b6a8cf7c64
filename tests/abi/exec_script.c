/* SPDX-License-Identifier: MIT */
/* execve(2) of scripts: the #! line, its one argument, nesting. */
#include "abi.h"

/* As interpreter: write argv to the file "out", one a line. */
static int interpreter(int argc, char **argv)
{
	int fd = open("out", O_CREAT | O_TRUNC | O_WRONLY, 0666);

	for (int i = 1; i < argc; i++)
		dprintf(fd, "<%s>", argv[i]);
	return 0;
}

static const char *run(const char *line)
{
	pid_t pid;

	put_file("script", line);
	chmod("script", 0755);
	unlink("out");
	pid = FORK();
	if (!pid) {
		execl("./script", "ignored", "one", "two", NULL);
		_exit(100 + errno % 100);
	}
	EXPECT_EXIT(pid, 0);
	return get_file("out");
}

#define SCRIPT_ERR(line, err) do {						\
	put_file("bad", line);							\
	chmod("bad", 0755);							\
	CHECK_ERR(execl("./bad", "bad", NULL), err);				\
} while (0)

int main(int argc, char **argv)
{
	char home[4096], line[4300], name[64], text[128];

	if (argc > 1)
		return interpreter(argc, argv);
	CHECK_OK(syscall(SYS_getcwd, home, sizeof(home)));
	copy_self("interp");
	copy_self("a");

	/* argv[0] becomes the interpreter, then its argument, then the script's path. */
	snprintf(line, sizeof(line), "#!%s/interp\nbody\n", home);
	CHECK_STR(run(line), "<./script><one><two>");
	CHECK_STR(run("#!./interp"), "<./script><one><two>");
	CHECK_STR(run("#! \t ./interp \t \n"), "<./script><one><two>");
	CHECK_STR(run("#!./interp -x\n"), "<-x><./script><one><two>");
	CHECK_STR(run("#!./interp   -x  y z \t\n"), "<-x  y z><./script><one><two>");

	/* The line may have 255 characters, where a cut argument is accepted. */
	memset(line, 'q', 400);
	memcpy(line, "#!./interp ", 11);
	line[400] = 0;
	strcat(line, "\n");
	{
		const char *got = run(line);

		CHECK(!strncmp(got, "<qqqq", 5));
		CHECK_EQ(strchr(got, '>') - got - 1, 256 - 11 - 1);
	}
	/* An interpreter's name that is cut is not. */
	memset(line + 2, '/', 300);
	memcpy(line + 300, "dev/null\n", 10);
	SCRIPT_ERR(line, ENOEXEC);

	SCRIPT_ERR("#!\n", ENOEXEC);
	SCRIPT_ERR("#!   \n", ENOEXEC);
	SCRIPT_ERR("#!/no/such/file\n", ENOENT);
	SCRIPT_ERR("#!/\n", EACCES);
	put_file("noexec", "#!./interp\n");
	CHECK_ERR(execl("./noexec", "noexec", NULL), EACCES);

	/* Scripts as interpreters of scripts: each adds its argument. */
	put_file("s1", "#!./interp one\n");
	chmod("s1", 0755);
	for (int i = 2; i <= 6; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		snprintf(text, sizeof(text), "#!./s%d arg%d\n", i - 1, i);
		put_file(name, text);
		chmod(name, 0755);
	}
	CHECK_STR(run("#!./s2\n"), "<one><./s1><arg2><./s2><./script><one><two>");
	CHECK_ERR(execl("./s6", "s6", NULL), ELOOP);
	IN_CHILD({
		CHECK_ERR(execl("./s6", "s6", NULL), ELOOP);
		execl("./s5", "s5", "end", NULL);
		FAIL("five levels: %s", strerror(errno));
	});
	CHECK_STR(get_file("out"),
		  "<one><./s1><arg2><./s2><arg3><./s3><arg4><./s4><arg5><./s5><end>");
	put_file("selfloop", "#!./selfloop\n");
	chmod("selfloop", 0755);
	CHECK_ERR(execl("./selfloop", "selfloop", NULL), ELOOP);

	/* A real one. */
	put_file("sh", "#!/bin/sh\nexit $1\n");
	chmod("sh", 0755);
	if (!access("/bin/sh", X_OK)) {
		pid_t pid = FORK();

		if (!pid) {
			execl("./sh", "sh", "42", NULL);
			_exit(1);
		}
		EXPECT_EXIT(pid, 42);
	}
	/* close-on-exec through fexecve: the interpreter could not open the script. */
	{
		int fd = NEED(open("script", O_RDONLY | O_CLOEXEC));
		char *args[] = { "x", NULL };

		CHECK_ERR(syscall(SYS_execveat, fd, "", args, NULL, AT_EMPTY_PATH), ENOENT);
	}
	return abi_done();
}
