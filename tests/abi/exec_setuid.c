/* SPDX-License-Identifier: MIT */
/* execve(2) of set-user-ID and set-group-ID programs. */
#include "abi.h"
#include <sys/auxv.h>
#include <sys/prctl.h>

/* Report this program's ids as text. */
static int report(void)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	dprintf(50, "%d %d %d, %d %d %d, %lu %d", r, e, s, rg, eg, sg, getauxval(AT_SECURE),
		prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1);
	return 0;
}

/* CLONE_FS: the program's root and working directory are those of another process, too. */
static int fork_flags;

static const char *run(const char *path, uid_t uid)
{
	static char buf[100];
	int p[2], n;
	pid_t pid;

	NEED(pipe(p));
	pid = FORK();
	if (!pid) {
		if (uid)
			become_user(uid);
		dup2(p[1], 50);
		pid = fork_flags ? NEED(syscall(SYS_clone, fork_flags | SIGCHLD, 0, 0, 0, 0)) : 0;
		if (pid)
			_exit(WEXITSTATUS(abi_wait(pid)));
		execl(path, path, "report", NULL);
		dprintf(50, "%s", strerrorname_np(errno));
		_exit(0);
	}
	close(p[1]);
	EXPECT_EXIT(pid, 0);
	n = read(p[0], buf, sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = 0;
	close(p[0]);
	return buf;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return report();
	chmod(".", 0755);
	copy_self("plain");
	copy_self("suid");
	copy_self("sgid");
	copy_self("both");
	CHECK_OK(chown("suid", 500, 600));
	CHECK_OK(chown("sgid", 500, 600));
	CHECK_OK(chown("both", 500, 600));
	CHECK_OK(chmod("suid", 04755));
	CHECK_OK(chmod("sgid", 02755));
	CHECK_OK(chmod("both", 06755));
	CHECK_STR(run("./plain", 0), "0 0 0, 0 0 0, 0 1");
	CHECK_STR(run("./plain", 1000), "1000 1000 1000, 1000 1000 1000, 0 1");
	CHECK_STR(run("./suid", 1000), "1000 500 500, 1000 1000 1000, 1 0");
	CHECK_STR(run("./sgid", 1000), "1000 1000 1000, 1000 600 600, 1 0");
	CHECK_STR(run("./both", 1000), "1000 500 500, 1000 600 600, 1 0");
	CHECK_STR(run("./suid", 500), "500 500 500, 500 500 500, 0 1");
	CHECK_STR(run("./suid", 0), "0 500 500, 0 0 0, 1 0");
	/* Set-group-ID without group execute is not that. */
	CHECK_OK(chmod("sgid", 02745));
	CHECK_STR(run("./sgid", 1000), "1000 1000 1000, 1000 1000 1000, 0 1");
	/* With another process in its directory it gets nothing: chroot(2) there would fool it. */
	fork_flags = CLONE_FS;
	CHECK_STR(run("./both", 1000), "1000 1000 1000, 1000 1000 1000, 1 1");
	CHECK_STR(run("./suid", 0), "0 500 500, 0 0 0, 1 0");
	fork_flags = 0;
	/* Who may run a file but not read it may not look into the process. */
	copy_self("unreadable");
	CHECK_OK(chmod("unreadable", 0711));
	CHECK_STR(run("./unreadable", 1000), "1000 1000 1000, 1000 1000 1000, 0 0");
	CHECK_STR(run("./unreadable", 0), "0 0 0, 0 0 0, 0 1");
	/* Saved ids follow the effective ones over a plain exec. */
	IN_CHILD({
		NEED(setresuid(1000, 1001, 1002));
		CHECK_STR(run("./plain", 0), "1000 1001 1001, 0 0 0, 1 0");
	});
	/* no_new_privs turns the bits off; scripts never had them. */
	put_file("script", "#!./plain report\n");
	CHECK_OK(chown("script", 500, 600));
	CHECK_OK(chmod("script", 06755));
	CHECK_STR(run("./script", 1000), "1000 1000 1000, 1000 1000 1000, 0 1");
	IN_CHILD({
		CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		CHECK_STR(run("./suid", 1000), "1000 1000 1000, 1000 1000 1000, 0 1");
	});
	return abi_done();
}
