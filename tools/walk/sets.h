/* SPDX-License-Identifier: MIT */
/*
 * Names of flags and of enumerations. sets.c holds the tables, one for each kind of syscalls.tbl
 * that names a set; the values come from the ABI's headers, never typed in.
 */
#ifndef WALK_SETS_H
#define WALK_SETS_H

#include "text.h"

struct name {
	unsigned long long value;
	const char *name;
};

struct set {
	const char *unknown;		/* what strace writes behind a value without a name */
	const struct name *names;	/* ends with a NULL name */
	int flags;			/* bits that are joined with | , not one value */
};

/* "A|B|0x40", or "0x40 // X_???" as a C comment when no bit has a name */
void set_flags(struct text *t, const struct set *s, unsigned long long value);
/* the name, or "0x40 / * X_??? * /" */
void set_value(struct text *t, const struct set *s, unsigned long long value);
/* either, by what the set is */
void set_text(struct text *t, const struct set *s, unsigned long long value);
const char *set_name(const struct set *s, unsigned long long value);

#define SET_LIST \
	SET(access_mode) SET(af) SET(arch_prctl) SET(at_flags) SET(at_stat) SET(at_access) \
	SET(at_remove) SET(baud) SET(cap) SET(cap_version) SET(c_cflag) SET(c_iflag) SET(c_lflag) SET(c_oflag) SET(csize) \
	SET(clock) SET(clone_flags) SET(dup_flags) SET(epoll_create) \
	SET(epoll_events) \
	SET(epoll_op) SET(eventfd_flags) SET(fadvise) SET(falloc_mode) SET(fcntl) SET(fd_flags) \
	SET(flock) SET(flock_type) SET(fs_magic) SET(futex_op) SET(idtype) SET(inotify_init) \
	SET(inotify_mask) SET(ioctl) SET(ipc_flags) SET(itimer) SET(madvise) SET(map_flags) \
	SET(map_type) SET(membarrier) SET(memfd_flags) SET(mlock_flags) SET(mlockall_flags) \
	SET(mount_flags) SET(mremap_flags) SET(msg_flags) SET(msync_flags) SET(open_acc) \
	SET(open_flags) SET(personality) SET(poll_events) SET(prctl) SET(prio_which) SET(prot) \
	SET(random_flags) SET(reboot_cmd) SET(rename_flags) SET(rlimit) SET(rusage_who) SET(rwf) \
	SET(sa_flags) SET(sched_policy) SET(shut_how) SET(si_bus) SET(si_chld) SET(si_code) \
	SET(si_fpe) SET(si_ill) SET(si_segv) SET(sig_how) SET(sigev) SET(signalfd_flags) SET(sock_flags) SET(sock_type) \
	SET(splice_flags) SET(ss_flags) SET(st_flags) SET(statx_attr) SET(statx_mask) \
	SET(statx_sync) SET(timer_flags) SET(timerfd_create) SET(timerfd_flags) \
	SET(umount_flags) SET(wait_options) SET(whence) SET(xattr_flags)
#define SET(name) extern const struct set set_##name;
SET_LIST
#undef SET

#endif
