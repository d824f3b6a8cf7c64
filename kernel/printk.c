/* SPDX-License-Identifier: MIT */
/*
 * The kernel's log. Linux's twin: kernel/printk/printk.c.
 *
 * A ring of variable-length records in LOG_BUF_SIZE bytes; each has a number that only grows. New
 * records push the oldest out:
 *
 *   first_off (first_seq)                     next_off (next_seq)
 *   v                                         v
 *   | entry text | entry text | ... | entry text |  free  | entry text ...
 *                                       0 <- a header of len 0xffff: go on at the start
 *
 * printk() may be called from anywhere, so it takes only log_lock (never held while anything else
 * is taken but a console's port) and wakes nobody: the tick does (printk_tick). From an NMI it
 * drops the line if the lock is taken. A line without a newline waits for its continuation
 * (KERN_CONT).
 *
 * Consoles get each line as it is stored. console= on the command line names those that are wanted;
 * the last is also /dev/console. The boot console is dropped for the first real one.
 */
#include <vitrix/printk.h>
#include <vitrix/printf.h>
#include <vitrix/string.h>
#include <vitrix/kstrtox.h>
#include <vitrix/ctype.h>
#include <vitrix/init.h>
#include <vitrix/sched.h>
#include <vitrix/ktime.h>
#include <vitrix/bug.h>
#include <vitrix/err.h>

#define DEFAULT_MESSAGE_LOGLEVEL 4
#define WRAP_MARK	0xffff
#define MAX_CONSOLES	8

static DEFINE_SPINLOCK(log_lock, LC_PRINTK);
static u8 log_buf[LOG_BUF_SIZE] __aligned(8);
static u32 first_off, next_off;		/* log_lock */
static u64 first_seq, next_seq;		/* log_lock */
static u64 dropped_nmi;

/* The line being put together. log_lock. */
static struct { char text[LOG_LINE_MAX]; size_t len; int level; } line;

static struct console *consoles;	/* log_lock to change */
static struct { char name[16]; int index; } wanted_consoles[MAX_CONSOLES];
static int nr_wanted;
static struct console *preferred;
int console_loglevel = 7;
static bool printk_time = true;
static bool wake_readers;
DECLARE_WAIT_QUEUE_HEAD(log_wait);

static u32 record_size(u16 len)
{
	return ALIGN((u32)sizeof(struct log_entry) + len, 8);
}

static struct log_entry *record_at(u32 off)
{
	return (struct log_entry *)(log_buf + off);
}

static u32 next_record(u32 off)
{
	const struct log_entry *e = record_at(off);

	off += record_size(e->len);
	if (off + sizeof(struct log_entry) > LOG_BUF_SIZE || record_at(off)->len == WRAP_MARK)
		return 0;
	return off;
}

/* Is there room for size bytes at next_off without touching the oldest record? */
static bool log_has_room(u32 size)
{
	if (first_seq == next_seq)
		return true;
	if (next_off > first_off)
		return LOG_BUF_SIZE - next_off >= size + sizeof(struct log_entry) ||
			first_off > size;
	return first_off - next_off > size;
}

static void store_record(int facility, int level, u64 ts, const char *text, size_t len)
{
	u32 size;
	struct log_entry *e;

	len = min(len, (size_t)LOG_LINE_MAX);
	size = record_size(len);
	while (!log_has_room(size)) {
		first_off = next_record(first_off);
		first_seq++;
	}
	if (first_seq == next_seq)
		first_off = next_off;
	if (next_off + size + sizeof(struct log_entry) > LOG_BUF_SIZE) {
		if (next_off + sizeof(struct log_entry) <= LOG_BUF_SIZE)
			record_at(next_off)->len = WRAP_MARK;
		if (first_seq == next_seq)
			first_off = 0;
		next_off = 0;
	}
	e = record_at(next_off);
	*e = (struct log_entry){ .seq = next_seq, .ts_nsec = ts, .level = level,
				 .facility = facility, .len = len };
	memcpy(e + 1, text, len);
	next_off += size;
	next_seq++;
	WRITE_ONCE(wake_readers, true);
}

static void consoles_write(const char *s, size_t n)
{
	for (struct console *con = consoles; con; con = con->next)
		con->write(con, s, n);
}

static void emit_to_consoles(int level, u64 ts, const char *text, size_t len)
{
	char prefix[32];

	if (level >= console_loglevel)
		return;
	if (printk_time)
		consoles_write(prefix, scnprintf(prefix, sizeof(prefix), "[%5llu.%06llu] ",
			       ts / NSEC_PER_SEC, ts % NSEC_PER_SEC / 1000));
	consoles_write(text, len);
	consoles_write("\n", 1);
}

static void flush_line(void)
{
	u64 ts = ktime_get_mono_fast_ns();

	store_record(0, line.level, ts, line.text, line.len);
	emit_to_consoles(line.level, ts, line.text, line.len);
	line.len = 0;
}

static void add_to_line(const char *s, size_t n)
{
	for (; n; s++, n--) {
		if (*s == '\n') {
			flush_line();
			continue;
		}
		if (line.len < sizeof(line.text))
			line.text[line.len++] = *s;
	}
}

/* log_lock for any context: false in an NMI that interrupted the holder. */
static bool lock_log(unsigned long *flags)
{
	*flags = local_irq_save();
	if (!in_nmi()) {
		spin_lock(&log_lock);
		return true;
	}
	if (spin_trylock(&log_lock))
		return true;
	dropped_nmi++;
	local_irq_restore(*flags);
	return false;
}

int vprintk(const char *fmt, va_list args)
{
	static char text[LOG_LINE_MAX];		/* log_lock */
	int level = DEFAULT_MESSAGE_LOGLEVEL, n;
	bool cont = false;
	unsigned long flags;
	char *p = text;

	if (!lock_log(&flags))
		return 0;
	n = vscnprintf(text, sizeof(text), fmt, args);
	if (n >= 2 && p[0] == '\001') {
		cont = p[1] == 'c';
		if (isdigit(p[1]))
			level = p[1] - '0';
		p += 2;
		n -= 2;
	}
	if (!cont) {
		if (line.len)
			flush_line();
		line.level = level;
	}
	add_to_line(p, n);
	spin_unlock_irqrestore(&log_lock, flags);
	return n;
}

int printk(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintk(fmt, args);
	va_end(args);
	return n;
}

void log_write(int facility, int level, const char *text, size_t len)
{
	unsigned long flags;
	u64 ts = ktime_get_mono_fast_ns();

	if (!lock_log(&flags))
		return;
	if (line.len)
		flush_line();
	store_record(facility, level, ts, text, len);
	emit_to_consoles(level, ts, text, min(len, (size_t)LOG_LINE_MAX));
	spin_unlock_irqrestore(&log_lock, flags);
}

bool log_read(u64 *seq, struct log_entry *entry, char *buf)
{
	unsigned long flags;
	bool found = false;
	u32 off;

	spin_lock_irqsave(&log_lock, flags);
	if (*seq < first_seq)
		*seq = first_seq;
	if (*seq < next_seq) {
		off = first_off;
		for (u64 s = first_seq; s < *seq; s++)
			off = next_record(off);
		*entry = *record_at(off);
		ASSERT(entry->seq == *seq && entry->len <= LOG_LINE_MAX);
		memcpy(buf, record_at(off) + 1, entry->len);
		found = true;
	}
	spin_unlock_irqrestore(&log_lock, flags);
	return found;
}

u64 log_first_seq(void) { return READ_ONCE(first_seq); }
u64 log_next_seq(void) { return READ_ONCE(next_seq); }

void log_wait_for(u64 seq, int *error)
{
	*error = wait_event_interruptible(&log_wait, log_next_seq() > seq);
}

void printk_tick(void)
{
	if (READ_ONCE(wake_readers)) {
		WRITE_ONCE(wake_readers, false);
		if (waitqueue_active(&log_wait))
			wake_up_all(&log_wait);
	}
}

/* At most 10 lines in 5 seconds for messages that users can cause. */
bool printk_ratelimit(void)
{
	static DEFINE_SPINLOCK(lock, LC_PRINTK);
	static ktime_t begin;
	static int printed;
	unsigned long flags;
	ktime_t now = ktime_get();
	bool ok;

	spin_lock_irqsave(&lock, flags);
	if (!begin || now - begin > 5 * NSEC_PER_SEC) {
		begin = now;
		printed = 0;
	}
	ok = printed++ < 10;
	spin_unlock_irqrestore(&lock, flags);
	return ok;
}

/* The machine is going down: whoever holds the lock will not come back to release it. */
void console_flush_on_panic(void)
{
	spin_lock_init(&log_lock, LC_PRINTK);
	if (line.len)
		flush_line();
}

static int wanted_position(const struct console *con)
{
	for (int i = 0; i < nr_wanted; i++)
		if (!strcmp(wanted_consoles[i].name, con->name) &&
		    wanted_consoles[i].index == con->index)
			return i;
	return -1;
}

static void drop_boot_consoles(void)
{
	struct console **p = &consoles;

	while (*p) {
		if ((*p)->boot_console)
			*p = (*p)->next;
		else
			p = &(*p)->next;
	}
}

/* Lines that were printed before the first console came are written to it. */
static void replay_log(struct console *con)
{
	u32 off = first_off;

	for (u64 s = first_seq; s < next_seq; s++, off = next_record(off)) {
		struct log_entry *e = record_at(off);

		if (e->level >= console_loglevel)
			continue;
		con->write(con, (char *)(e + 1), e->len);
		con->write(con, "\n", 1);
	}
}

void register_console(struct console *con)
{
	unsigned long flags;
	int pos = wanted_position(con);

	spin_lock_irqsave(&log_lock, flags);
	if (!con->boot_console && nr_wanted && pos < 0) {
		spin_unlock_irqrestore(&log_lock, flags);
		return;
	}
	if (!con->boot_console && (!preferred || pos == nr_wanted - 1))
		preferred = con;
	if (!consoles)
		replay_log(con);
	if (!con->boot_console)
		drop_boot_consoles();
	con->next = consoles;
	consoles = con;
	spin_unlock_irqrestore(&log_lock, flags);
}

struct console *preferred_console(void)
{
	return preferred;
}

/* console=NAMEn[,options]: "ttyS0", "ttyS0,115200n8". */
static int __init console_setup(const char *value)
{
	size_t n = 0, digits;
	unsigned long index = 0;

	while (value[n] && value[n] != ',' && !isdigit(value[n]))
		n++;
	if (nr_wanted == MAX_CONSOLES || n >= sizeof(wanted_consoles[0].name))
		return -ENOSPC;
	for (digits = n; isdigit(value[digits]); digits++)
		index = index * 10 + value[digits] - '0';
	memcpy(wanted_consoles[nr_wanted].name, value, n);
	wanted_consoles[nr_wanted].index = index;
	nr_wanted++;
	return 0;
}
__setup("console=", console_setup);

static int __init loglevel_setup(const char *value)
{
	int level;

	if (kstrtoint(value, 0, &level))
		return -EINVAL;
	console_loglevel = clamp(level, 0, 15);
	return 0;
}
__setup("loglevel=", loglevel_setup);

static int __init quiet_setup(const char *value)
{
	console_loglevel = 4;
	return 0;
}
__setup("quiet", quiet_setup);

static int __init debug_setup(const char *value)
{
	console_loglevel = 10;
	return 0;
}
__setup("debug", debug_setup);
