/* SPDX-License-Identifier: MIT */
/* System calls with wild arguments from a fixed seed: whatever they answer, all go on. */
#include "abi.h"

static uint64_t state = 88172645463325252;

static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static char *page;

static uint64_t argument(void)
{
	switch (rnd() % 10) {
	case 0:
		return 0;
	case 1:
		return rnd() % 64;
	case 2:
		return -(rnd() % 64);
	case 3:
		return (uint64_t)page + rnd() % PAGE;
	case 4:
		return (uint64_t)page + PAGE - rnd() % 16;
	case 5:
		return (uint64_t)bad_ptrs[rnd() % (sizeof(bad_ptrs) / sizeof(*bad_ptrs))];
	case 6:
		return 1UL << rnd() % 64;
	case 7:
		return 0x100000000000 + rnd() % 4096 * PAGE;
	case 8:
		return (1UL << rnd() % 64) - 1;
	default:
		return rnd();
	}
}

/* Calls that would end the test, the machine or the wait: not those. */
static int skip(long nr)
{
	static const short not[] = {
		SYS_exit, SYS_exit_group, SYS_fork, SYS_vfork, SYS_clone, SYS_clone3,
		SYS_execve, SYS_execveat, SYS_pause, SYS_kill, SYS_tkill, SYS_tgkill,
		SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_reboot, SYS_rt_sigreturn,
		SYS_rt_sigsuspend, SYS_futex, SYS_wait4, SYS_waitid, SYS_select, SYS_pselect6,
		SYS_poll, SYS_ppoll, SYS_munmap, SYS_mmap, SYS_mprotect, SYS_mremap, SYS_brk,
		SYS_madvise, SYS_arch_prctl, SYS_nanosleep, SYS_clock_nanosleep,
		SYS_rt_sigtimedwait, SYS_shmat, SYS_shmdt, SYS_semop, SYS_semtimedop,
		SYS_msgrcv, SYS_msgsnd, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,
		SYS_clock_adjtime, SYS_umount2, SYS_mount, SYS_chroot, SYS_pivot_root,
		SYS_unlink, SYS_rmdir, SYS_rename, SYS_unlinkat, SYS_renameat, SYS_renameat2,
		SYS_setrlimit, SYS_prlimit64, SYS_ptrace, SYS_seccomp, SYS_prctl, SYS_vhangup,
		SYS_sync, SYS_syncfs, SYS_swapon, SYS_swapoff, SYS_syslog, SYS_sethostname,
		SYS_setdomainname, SYS_init_module, SYS_finit_module, SYS_delete_module,
		SYS_kexec_load, SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_userfaultfd, SYS_bpf,
		SYS_io_getevents, SYS_io_uring_enter, SYS_epoll_wait, SYS_epoll_pwait,
		SYS_mlockall, SYS_mlock, SYS_mlock2, SYS_pkey_mprotect, SYS_setuid, SYS_setgid,
		SYS_setsid, SYS_personality, SYS_sched_setaffinity, SYS_sched_setscheduler,
		SYS_sched_setattr, SYS_sched_setparam, SYS_setpriority, SYS_ioctl, SYS_rseq,
		SYS_set_robust_list, SYS_set_tid_address, SYS_remap_file_pages,
		SYS_process_madvise, SYS_move_pages, SYS_migrate_pages, SYS_unshare, SYS_setns,
		SYS_fallocate, SYS_ftruncate, SYS_truncate, SYS_memfd_create, SYS_flock,
		SYS_fcntl, SYS_acct, SYS_quotactl, SYS_vmsplice, SYS_fsmount, SYS_move_mount,
		SYS_landlock_restrict_self, SYS_process_vm_writev, SYS_perf_event_open,
		SYS_mq_timedreceive, SYS_mq_timedsend, SYS_alarm, SYS_setitimer,
		SYS_timer_create, SYS_timer_settime, SYS_restart_syscall, SYS_setreuid,
		SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups, SYS_capset,
		SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_sigaltstack, SYS_accept, SYS_accept4,
		SYS_connect, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_read, SYS_readv,
		SYS_keyctl, SYS_add_key, SYS_request_key, SYS_preadv2, SYS_fanotify_init,
		SYS_setxattr, SYS_lookup_dcookie, SYS_splice, SYS_tee, SYS_sendfile, SYS_write,
		SYS_writev, SYS_pwritev2, SYS_chmod, SYS_chown, SYS_lchown,
		SYS_process_mrelease, SYS_open_by_handle_at, SYS_epoll_pwait2,
		449 /* futex_waitv */, SYS_membarrier, SYS_pidfd_send_signal, 335,
		336, /* later kernels' uretprobe and uprobe: SIGILL by design */ SYS_mbind,
		SYS_set_mempolicy, SYS_get_mempolicy, 450 /* set_mempolicy_home_node */,
	};

	for (unsigned i = 0; i < sizeof(not) / sizeof(*not); i++)
		if (not[i] == nr)
			return 1;
	return 0;
}

int main(void)
{
	pid_t pid;

	/* In a child without descriptors that could block, as a user who may harm nobody. */
	CHECK_OK(chmod(".", 0777));
	for (int round = 0; round < 4; round++) {
		state += round * 12345;
		pid = FORK();
		if (!pid) {
			int null = open("/dev/null", O_RDWR);

			page = pages(2);
			CHECK_OK(munmap(page + PAGE, PAGE));
			for (int fd = 0; fd < 64; fd++)
				if (fd != null && fd != 1)
					close(fd);
			dup2(null, 0);
			dup2(null, 2);
			dup2(1, 60);
			dup2(null, 1);
			become_user(1000);
			ticks_start(0);	/* whatever sleeps is woken */
			for (int i = 0; i < 1500; i++) {
				long nr = rnd() % 450;
				uint64_t a[6];

				for (int k = 0; k < 6; k++)
					a[k] = argument();
				if (!skip(nr) && nr != SYS_close && nr != SYS_close_range &&
				    nr != SYS_dup2 && nr != SYS_dup3)
					syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
			}
			/* Still a healthy process. */
			ticks_stop();
			dup2(60, 1);
			CHECK_EQ(syscall(SYS_getpid), getpid());
			CHECK_OK(chdir("/"));
			_exit(abi_failed);
		}
		EXPECT_EXIT(pid, 0);
	}
	return abi_done();
}
