/* SPDX-License-Identifier: MIT */
/*
 * What 32-bit programs hand in and get out, where it looks different from the 64-bit form: longs
 * and pointers have four bytes, and a 64-bit member needs an alignment of four only. The structs
 * are the i386's ABI; the names are Linux's. The calls that use them are marked `compat` in
 * syscalls.tbl, or are of the i386 table alone.
 *
 * Who fills one clears it first, or has no gap in it: every byte goes to the user.
 * Linux's twin: arch/x86/include/asm/compat.h, include/linux/compat.h.
 */
#ifndef VITRIX_COMPAT_H
#define VITRIX_COMPAT_H

#include <vitrix/types.h>
#include <asm/statfs.h>		/* struct compat_statfs64 */

#define __compat_packed	__attribute__((packed, aligned(4)))

/* A pointer of a 32-bit program. */
typedef u32 compat_uptr_t;
static inline void *compat_ptr(compat_uptr_t uptr) { return (void *)(unsigned long)uptr; }
static inline compat_uptr_t ptr_to_compat(const void *uptr) { return (unsigned long)uptr; }

/* ---- time: kernel/time/compat_time.c ---- */
struct old_timespec32 { s32 tv_sec, tv_nsec; };
struct old_timeval32 { s32 tv_sec, tv_usec; };
struct old_itimerval32 { struct old_timeval32 it_interval, it_value; };
struct old_itimerspec32 { struct old_timespec32 it_interval, it_value; };
struct old_utimbuf32 { s32 actime, modtime; };
struct old_timex32 {
	u32 modes;
	s32 offset, freq, maxerror, esterror, status, constant, precision, tolerance;
	struct old_timeval32 time;
	s32 tick, ppsfreq, jitter, shift, stabil, jitcnt, calcnt, errcnt, stbcnt, tai;
	s32 unused[11];
};

struct timespec64;
int get_old_timespec32(struct timespec64 *ts, const void *uts);
int put_old_timespec32(const struct timespec64 *ts, void *uts);
/* The width as an argument, for calls that have both. 0 or -EFAULT. */
int get_timespec64(struct timespec64 *ts, const void *uts);
int put_timespec64(const struct timespec64 *ts, void *uts);
static inline int get_timespec(struct timespec64 *ts, const void *uts, bool time32)
{
	return time32 ? get_old_timespec32(ts, uts) : get_timespec64(ts, uts);
}
static inline int put_timespec(const struct timespec64 *ts, void *uts, bool time32)
{
	return time32 ? put_old_timespec32(ts, uts) : put_timespec64(ts, uts);
}
/* value and interval of a timer, from and to the user's itimerspec. 0 or -EFAULT. */
int get_itimerspec(struct timespec64 *value, struct timespec64 *interval, const void *uspec,
		   bool time32);
int put_itimerspec(s64 value, s64 interval, void *uspec, bool time32);

/* ---- files ---- */
struct compat_iovec { compat_uptr_t iov_base; u32 iov_len; };
struct compat_stat {
	u32 st_dev, st_ino;
	u16 st_mode, st_nlink, st_uid, st_gid;
	u32 st_rdev, st_size, st_blksize, st_blocks;
	u32 st_atime, st_atime_nsec, st_mtime, st_mtime_nsec, st_ctime, st_ctime_nsec;
	u32 unused[2];
};
struct stat64 {
	u64 st_dev;
	u32 pad0, __st_ino;
	u32 st_mode, st_nlink, st_uid, st_gid;
	u64 st_rdev;
	u32 pad3;
	s64 st_size;
	u32 st_blksize;
	u64 st_blocks;
	u32 st_atime, st_atime_nsec, st_mtime, st_mtime_nsec, st_ctime, st_ctime_nsec;
	u64 st_ino;
} __compat_packed;
struct compat_statfs {
	u32 f_type, f_bsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	s32 f_fsid[2];
	u32 f_namelen, f_frsize, f_flags, f_spare[4];
};
struct compat_ustat { s32 f_tfree; u32 f_tinode; char f_fname[6], f_fpack[6]; };
struct compat_flock { s16 l_type, l_whence; s32 l_start, l_len, l_pid; };
struct compat_flock64 { s16 l_type, l_whence; s64 l_start, l_len; s32 l_pid; } __compat_packed;
struct compat_linux_dirent { u32 d_ino, d_off; u16 d_reclen; char d_name[]; };
struct compat_old_linux_dirent { u32 d_ino, d_offset; u16 d_namlen; char d_name[]; };
struct compat_sel_arg_struct { u32 n; compat_uptr_t inp, outp, exp, tvp; };
struct mmap_arg_struct32 { u32 addr, len, prot, flags, fd, offset; };

/* ---- processes ---- */
struct compat_rlimit { u32 rlim_cur, rlim_max; };
struct compat_rusage {
	struct old_timeval32 ru_utime, ru_stime;
	s32 ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap, ru_inblock,
	    ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
};
struct compat_tms { s32 tms_utime, tms_stime, tms_cutime, tms_cstime; };
struct compat_sysinfo {
	s32 uptime;
	u32 loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	u16 procs, pad;
	u32 totalhigh, freehigh, mem_unit;
	char _f[8];
};
struct compat_robust_list_head {
	compat_uptr_t list;
	s32 futex_offset;
	compat_uptr_t list_op_pending;
};
struct rusage;
int put_compat_rusage(const struct rusage *r, struct compat_rusage *ru);

/* ---- signals: kernel/compat_signal.c ---- */
struct compat_sigaction {
	compat_uptr_t sa_handler;
	u32 sa_flags;
	compat_uptr_t sa_restorer;
	u64 sa_mask;
} __compat_packed;
struct compat_old_sigaction {
	compat_uptr_t sa_handler;
	u32 sa_mask, sa_flags;
	compat_uptr_t sa_restorer;
};
struct compat_sigaltstack { compat_uptr_t ss_sp; s32 ss_flags; u32 ss_size; };
struct compat_sigevent {
	u32 value;
	s32 signo, notify, thread_id;
	s32 pad[12];
};
struct compat_siginfo {
	s32 si_signo, si_errno, si_code;
	union {
		s32 pad[29];
		struct { s32 pid; u32 uid; u32 value; } rt;		/* kill's, too */
		struct { s32 tid, overrun; u32 value; } timer;
		struct { s32 pid; u32 uid; s32 status, utime, stime; } chld;
		struct {
			u32 addr;
			union {
				s16 addr_lsb;
				struct { u32 gap, lower, upper; } bnd;
				struct { u32 gap, pkey; } pkey;
			};
		} fault;
		struct { s32 band, fd; } poll;
		struct { u32 call_addr; s32 syscall; u32 arch; } sys;
	};
};
static_assert(sizeof(struct compat_siginfo) == 128 && sizeof(struct compat_sigevent) == 64, "ABI");
static_assert(sizeof(struct compat_stat) == 64 && sizeof(struct stat64) == 96, "ABI");
static_assert(sizeof(struct compat_statfs) == 64 && sizeof(struct compat_statfs64) == 84, "ABI");
static_assert(sizeof(struct compat_flock64) == 24 && sizeof(struct compat_sysinfo) == 64, "ABI");

struct k_siginfo;
struct ksignal;
struct pt_regs;
int copy_siginfo_to_user32(struct compat_siginfo *to, const struct k_siginfo *from);
int copy_siginfo_from_user32(struct k_siginfo *to, int sig, const struct compat_siginfo *from);
int __compat_save_altstack(struct compat_sigaltstack *uss, unsigned long sp);
int compat_restore_altstack(const struct compat_sigaltstack *uss);
/* k_sigaction.flags: set by an i386 call, so the handler gets a 32-bit frame. Not the user's. */
#define SA_IA32_ABI	0x02000000u
/* arch/x86/ia32/signal.c. 0 or -EFAULT; regs change only when all is written. */
int ia32_setup_frame(struct ksignal *ksig, struct pt_regs *regs);
int ia32_setup_rt_frame(struct ksignal *ksig, struct pt_regs *regs);

#endif
