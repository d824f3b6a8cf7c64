/* SPDX-License-Identifier: MIT */
/* The shell at work: pipelines, redirections, substitution, background jobs, traps. */
#include "abi.h"

/* The output of a shell script. */
static const char *sh(const char *script)
{
	static char buf[8192];
	int p[2], n, len = 0;
	pid_t pid;

	NEED(pipe(p));
	pid = FORK();
	if (!pid) {
		dup2(p[1], 1);
		dup2(p[1], 2);
		close(p[0]);
		close(p[1]);
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(127);
	}
	close(p[1]);
	while ((n = read(p[0], buf + len, sizeof(buf) - 1 - len)) > 0)
		len += n;
	buf[len] = 0;
	close(p[0]);
	abi_wait(pid);
	return buf;
}

int main(void)
{
	if (access("/bin/sh", X_OK))
		SKIP("no /bin/sh");
	CHECK_STR(sh("echo one two"), "one two\n");
	CHECK_STR(sh("echo a; false || echo b; true && echo c"), "a\nb\nc\n");
	CHECK_STR(sh("echo hello >f; cat <f; echo more >>f; cat f"), "hello\nhello\nmore\n");
	CHECK_STR(sh("(exit 7); echo $?"), "7\n");
	CHECK_STR(sh("x=$(echo inner); echo \"<$x>\""), "<inner>\n");
	CHECK_STR(sh("printf 'b\\na\\n' | cat | while read l; do echo \"[$l]\"; done"),
		  "[b]\n[a]\n");
	CHECK_STR(sh("cat <<E\nhere $((6*7))\nE\n"), "here 42\n");
	CHECK(strstr(sh("sh -c 'kill -9 $$'; echo $?"), "137\n"));
	CHECK_STR(sh("(sleep 0; echo bg) & wait; echo done"), "bg\ndone\n");
	CHECK_STR(sh("trap 'echo trapped' USR1; kill -USR1 $$; echo after"), "trapped\nafter\n");
	CHECK_STR(sh("cd /; pwd; cd - >/dev/null; [ -d /proc ] && echo yes"), "/\nyes\n");
	CHECK_STR(sh("for i in 1 2 3; do mkdir d$i; done; echo d*; rmdir d*; echo d*"),
		  "d1 d2 d3\nd*\n");
	CHECK_STR(sh("exec 3>g; echo to3 >&3; exec 3>&-; cat g"), "to3\n");
	CHECK_STR(sh("set -e; false; echo not"), "");
	CHECK_STR(sh("i=0; while [ $i -lt 50 ]; do (:); i=$((i+1)); done; echo $i"), "50\n");
	return abi_done();
}
