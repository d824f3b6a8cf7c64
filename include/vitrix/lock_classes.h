/* SPDX-License-Identifier: MIT */
/*
 * Every lock has a class, and the classes stand here in the order in which they may be taken: while
 * holding a lock, take only locks that stand below it. Two locks of one class are taken together
 * only where the line says so. docs/locking.md says what each protects. "irq" means that an
 * interrupt handler takes it too, so that it is held with interrupts off.
 *
 *	X(NAME, "name", kind)
 *
 * The debug build reads kind (selfcheck/lockcheck.c). Its first word is the lock's type. "irq" must
 * be held with interrupts off. "two by address" and "two by cpu" may be held two at a time, the
 * lower one first, "all by cpu" any number; "outer then inner": one inside of another, as those two
 * words say.
 */
#ifndef VITRIX_LOCK_CLASSES_H
#define VITRIX_LOCK_CLASSES_H

#define LOCK_CLASSES(X)								\
	/* sleeping locks, outermost first */					\
	X(LC_FILE_POS,		"file->f_pos_lock",	"mutex")		\
	X(LC_SEQ_FILE,		"seq_file->lock",	"mutex")		\
	X(LC_KMSG,		"log reader",		"mutex")		\
	X(LC_TRACE_CONTROL,	"trace_types_lock",	"mutex")		\
	X(LC_TRACE_READER,	"trace reader->lock",	"mutex")		\
	X(LC_TRACE_ACCESS,	"trace_access",		"mutex, all by cpu")	\
	X(LC_TRACE_RESIZE,	"resize_mutex",	"mutex")		\
	X(LC_TRACE_READ,	"ring->read_mutex",	"mutex")		\
	X(LC_CRED_GUARD,	"signal->cred_guard",	"mutex")		\
	X(LC_SB_CREATE,		"sb_create_mutex",	"mutex")		\
	X(LC_EPOLL_CTL,		"epmutex",		"mutex")		\
	X(LC_EPOLL,		"ep->mtx",		"mutex, watching epoll then watched one") \
	X(LC_PIPE,		"pipe->mutex",		"mutex, two by address")	\
	X(LC_NAMESPACE,		"namespace_sem",	"rwsem")		\
	X(LC_RENAME_MUTEX,	"sb->s_rename_mutex",	"mutex")		\
	X(LC_TTY_MUTEX,		"tty_mutex",		"mutex")		\
	X(LC_TTY_LDISC,		"ldata->read_mutex",	"mutex")		\
	X(LC_TTY_TERMIOS,	"tty->termios_mutex",	"mutex")		\
	X(LC_TTY_WRITE,		"tty->write_mutex",	"mutex")		\
	X(LC_SB_UMOUNT,		"sb->s_umount",		"rwsem")		\
	X(LC_INODE,		"inode->i_mutex",	"mutex, parent then child, address") \
	X(LC_MMAP,		"mm->mmap_lock",	"rwsem")		\
	X(LC_PAGE_SLEEP,	"page lock",		"bit")			\
	X(LC_FTRACE,		"ftrace_lock",		"mutex")		\
	X(LC_JUMP_LABEL,	"jump_label_mutex",	"mutex")		\
	X(LC_TEXT,		"text_mutex",		"mutex")		\
	X(LC_MISC_MUTEX,	"other mutexes (leaf)",	"mutex")		\
	/* spinlocks */								\
	X(LC_FASYNC,		"fasync lists",		"spin, irq")		\
	X(LC_TASKLIST,		"tasklist_lock",	"spin, irq")		\
	X(LC_SIGHAND,		"sighand->siglock",	"spin, irq")		\
	X(LC_FUTEX,		"futex bucket",		"spin, two by address")	\
	X(LC_ALARM_LOCK,	"posix timer",		"spin, irq")		\
	X(LC_ALLOC,		"task->alloc_lock",	"spin")			\
	X(LC_FILES,		"files->file_lock",	"spin")			\
	X(LC_FS,		"fs->lock",		"spin")			\
	X(LC_MOUNT,		"mount_lock",		"spin")			\
	X(LC_RENAME_LOCK,	"rename_lock",		"spin")			\
	X(LC_DENTRY,		"dentry->d_lock",	"spin, parent then child") \
	X(LC_DCACHE,		"dcache bucket, lru",	"spin")			\
	X(LC_INODE_HASH,	"inode_hash_lock",	"spin")			\
	X(LC_SB_INODES,		"sb->s_inode_list_lock", "spin")		\
	X(LC_I_LOCK,		"inode->i_lock",	"spin")			\
	X(LC_FLOCK_CONTEXTS,	"contexts_lock",	"spin")			\
	X(LC_FLOCK,		"file locks",		"spin")			\
	X(LC_FLOCK_BLOCKED,	"blocked_lock",		"spin")			\
	X(LC_I_MMAP,		"mapping->i_mmap_lock",	"spin")			\
	X(LC_PAGE_TABLE,	"mm->page_table_lock",	"spin, parent mm then child at fork") \
	X(LC_PAGE_CACHE,	"mapping->lock",	"spin")			\
	X(LC_FILE,		"file->f_lock",		"spin")			\
	X(LC_TTY_READ,		"tty->read_lock",	"spin, irq")		\
	X(LC_TTY_CTRL,		"tty->ctrl_lock",	"spin, irq")		\
	X(LC_UART,		"uart->lock",		"spin, irq")		\
	X(LC_MISC_SPIN,		"other spinlocks (leaf)", "spin")		\
	X(LC_WAITQUEUE,		"wait queue",		"spin, irq")		\
	X(LC_EPOLL_POLL,	"ep->poll_wait",	"spin, irq, watched then watching") \
	X(LC_EPOLL_WQ,		"ep->wq",		"spin, irq")		\
	X(LC_PID,		"pidmap_lock",		"spin, irq")		\
	X(LC_USER,		"uidhash_lock",		"spin, irq")		\
	X(LC_SLEEPLOCK,		"mutex/rwsem wait list", "spin, irq")		\
	X(LC_HRTIMER,		"hrtimer cpu base",	"spin, irq")		\
	X(LC_TIMEKEEPER,	"timekeeper",		"spin, irq")		\
	X(LC_RQ,		"run queue",		"spin, irq, two by cpu")	\
	X(LC_RCU,		"rcu callbacks",	"spin, irq")		\
	X(LC_VMALLOC,		"vmalloc areas",	"spin")			\
	X(LC_STACKS,		"idle stacks",		"spin, irq")		\
	X(LC_SLAB,		"slab cache",		"spin, irq")		\
	X(LC_ZONE,		"page allocator",	"spin, irq")		\
	X(LC_IRQ_DESC,		"irq descriptor",	"spin, irq")		\
	X(LC_IRQ_CHIP,		"irq controller",	"spin, irq")		\
	X(LC_RANDOM,		"random pool",		"spin, irq")		\
	X(LC_PRINTK,		"log buffer",		"spin, irq")		\
	X(LC_CONSOLE,		"console output",	"spin, irq")

enum lock_class {
	LC_NONE,		/* memory that nobody made a lock of */
#define X(id, name, kind) id,
	LOCK_CLASSES(X)
#undef X
	NR_LOCK_CLASSES
};

extern const char *const lock_class_names[NR_LOCK_CLASSES];

#endif
