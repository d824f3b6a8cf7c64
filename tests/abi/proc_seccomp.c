/* SPDX-License-Identifier: MIT */
/* seccomp(2): strict mode and filters that refuse, kill, trap. Skipped where there is none. */
#include "abi.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(k, t, f) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, t, f)
#define RET(k) BPF_STMT(BPF_RET | BPF_K, k)

static struct sock_filter prog[] = {
	LOAD(arch),
	IF(AUDIT_ARCH_X86_64, 1, 0),
	RET(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	IF(SYS_getppid, 0, 1),
	RET(SECCOMP_RET_ERRNO | ENOTTY),
	IF(SYS_getpgrp, 0, 1),
	RET(SECCOMP_RET_KILL_PROCESS),
	IF(SYS_times, 0, 1),
	RET(SECCOMP_RET_TRAP | 77),
	/* close(42) is refused, other closes are not */
	IF(SYS_close, 0, 3),
	LOAD(args[0]),
	IF(42, 0, 1),
	RET(SECCOMP_RET_ERRNO | EBUSY),
	RET(SECCOMP_RET_ALLOW),
};

static struct sock_fprog fprog = { sizeof(prog) / sizeof(*prog), prog };
static siginfo_t si;

static void on_sys(int sig, siginfo_t *i, void *uc)
{
	si = *i;
}

static int install(void)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog);
}

int main(void)
{
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == -1)
		SKIP("no seccomp");
	CHECK_EQ(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 0);
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(install(), EACCES);	/* only with no_new_privs */
		CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		CHECK_OK(install());
		CHECK_EQ(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 2);
		CHECK_ERR(syscall(SYS_getppid), ENOTTY);
		CHECK_ERR(syscall(SYS_close, 42), EBUSY);
		CHECK_ERR(syscall(SYS_close, 43), EBADF);
		CHECK_EQ(syscall(SYS_getpid), getpid());
		IN_CHILD(CHECK_ERR(syscall(SYS_getppid), ENOTTY));
		DIES_BY(SIGSYS, syscall(SYS_getpgrp));
		DIES_BY(SIGSYS, syscall(SYS_times, NULL));
		catch_info(SIGSYS, on_sys, 0);
		syscall(SYS_times, NULL);
		CHECK_EQ(si.si_code, 1);	/* SYS_SECCOMP */
		CHECK_EQ(si.si_syscall, SYS_times);
		CHECK_EQ(si.si_errno, 77);
		CHECK_EQ(si.si_arch, AUDIT_ARCH_X86_64);
	});
	IN_CHILD({
		CHECK_OK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0));
		write(1, "", 0);
		syscall(SYS_exit, abi_failed);
	});
	DIES_BY(SIGKILL, prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0); getpid());
	CHECK_ERR(syscall(SYS_seccomp, 99, 0, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, UNMAPPED), EFAULT);
	prog[0].code = 0xffff;
	CHECK_ERR(install(), EINVAL);
	return abi_done();
}
