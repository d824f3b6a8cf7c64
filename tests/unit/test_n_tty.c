/* SPDX-License-Identifier: MIT */
/*
 * The line discipline: tty/n_tty_input.c (what happens to a character that arrives) and the reading and
 * writing half of tty/n_tty.c, with a driver that only remembers what it was given.
 *
 * Interrupts, CPUs and sleeping do not exist here. Locks are flags that complain when they are taken
 * twice; files are O_NONBLOCK, so that what would sleep says -EAGAIN.
 */
#include "unit.h"
#include <vitrix/bug.h>

/* In place of <vitrix/spinlock.h>, whose instructions are the kernel's own. */
#define VITRIX_SPINLOCK_H
#include <vitrix/lock_classes.h>
typedef struct spinlock {
	int held;
	int class;
} spinlock_t;
#define SPINLOCK_INIT(cls)	{ .class = (cls) }
#define DEFINE_SPINLOCK(name, cls) spinlock_t name = SPINLOCK_INIT(cls)
#define assert_spin_locked(l)	CHECK((l)->held)
static inline void spin_lock_init(spinlock_t *l, enum lock_class cls)
{
	*l = (spinlock_t)SPINLOCK_INIT(cls);
}
static inline void spin_lock(spinlock_t *l)
{
	CHECK(!l->held);
	l->held = 1;
}
static inline void spin_unlock(spinlock_t *l)
{
	CHECK(l->held);
	l->held = 0;
}
static inline void spin_lock_irq(spinlock_t *l) { spin_lock(l); }
static inline void spin_unlock_irq(spinlock_t *l) { spin_unlock(l); }
#define spin_lock_irqsave(l, flags)	do { (flags) = 0; spin_lock(l); } while (0)
static inline void spin_unlock_irqrestore(spinlock_t *l, unsigned long flags) { spin_unlock(l); }

/* Nobody sleeps, so a mutex is never busy and might_sleep() has nothing to ask. */
#include <vitrix/preempt.h>
#undef might_sleep
#define might_sleep()	do { } while (0)

#include "../../tty/tty_internal.h"
#include <vitrix/string.h>
#undef current
#define current		((struct task_struct *)NULL)

#include "../../tty/n_tty_input.c"
#include "../../tty/n_tty.c"

/* ---- the world around ---- */

#define OUT_SIZE	65536

static struct {
	char out[OUT_SIZE];		/* what the driver was given */
	size_t len;
	unsigned int room;		/* that it has for more */
	bool stuck;			/* it sends nothing by itself: chars_in_buffer says so */
	unsigned int kicks, flushes, throttles, unthrottles, wakeups;
	int signals[8], nr_signals;
	int pgrp_refs;
} world;

static struct tty_struct tty;
static struct file file;
static struct pid pgrp;

static int test_write(struct tty_struct *t, const u8 *buf, int n)
{
	unsigned int i;

	CHECK(t->ldata->lock.held);
	CHECK(n >= 0);
	if (!n)
		world.kicks++;
	for (i = 0; i < n && world.room; i++, world.room--)
		if (world.len < OUT_SIZE - 1)
			world.out[world.len++] = buf[i];
	world.out[world.len] = '\0';
	return i;
}
static unsigned int test_write_room(struct tty_struct *t) { return world.room; }
static unsigned int test_chars_in_buffer(struct tty_struct *t) { return world.stuck; }
static void test_flush_buffer(struct tty_struct *t) { world.flushes++; }
static void test_throttle(struct tty_struct *t) { world.throttles++; }
static void test_unthrottle(struct tty_struct *t) { world.unthrottles++; }

static const struct tty_operations test_ops = {
	.write = test_write, .write_room = test_write_room, .chars_in_buffer = test_chars_in_buffer,
	.flush_buffer = test_flush_buffer, .throttle = test_throttle, .unthrottle = test_unthrottle,
};

struct pid *tty_get_pgrp(struct tty_struct *t)
{
	CHECK(!t->ldata->lock.held);
	world.pgrp_refs++;
	return &pgrp;
}
void put_pid(struct pid *pid) { world.pgrp_refs -= pid == &pgrp; }
int kill_pgrp(struct pid *pid, int sig, int priv)
{
	CHECK(pid == &pgrp && priv && !tty.ldata->lock.held);
	if (world.nr_signals < 8)
		world.signals[world.nr_signals++] = sig;
	return 0;
}
/* As in tty/tty_io.c. */
void tty_wakeup(struct tty_struct *t)
{
	spin_lock(&t->ldata->lock);
	n_tty_flush_echoes(t);
	spin_unlock(&t->ldata->lock);
}
void __wake_up(wait_queue_head_t *wq, unsigned int mode, int nr_exclusive, void *key)
{
	world.wakeups += wq == &tty.read_wait;
}
int tty_check_background(struct tty_struct *t, int sig) { return 0; }
int tty_check_change(struct tty_struct *t) { return 0; }
int tty_mode_ioctl(struct tty_struct *t, struct file *f, unsigned int cmd, unsigned long arg)
{
	return -ENOIOCTLCMD;
}
void __kill_fasync(struct fasync_struct **list, int band) { CHECK(!"__kill_fasync"); }
void mutex_init(struct mutex *m, enum lock_class cls) { m->owner = NULL; }
void mutex_lock(struct mutex *m) { m->nr_waiters++; }
int mutex_lock_interruptible(struct mutex *m) { m->nr_waiters++; return 0; }
void mutex_unlock(struct mutex *m) { m->nr_waiters--; }
void *kmalloc(size_t size, gfp_t gfp) { return gfp & __GFP_ZERO ? unit_zalloc(size) : unit_alloc(size); }
void kfree(const void *p) { unit_free((void *)p); }

/* Sleeping is not to happen. */
void schedule(void) { CHECK(!"schedule"); }
int schedule_hrtimeout(ktime_t expires) { CHECK(!"schedule_hrtimeout"); return 0; }
ktime_t ktime_get(void) { return 0; }
void prepare_to_wait(wait_queue_head_t *wq, struct wait_queue_entry *e, unsigned int state) { }
void prepare_to_wait_exclusive(wait_queue_head_t *wq, struct wait_queue_entry *e, unsigned int s) { }
void finish_wait(wait_queue_head_t *wq, struct wait_queue_entry *e) { }
int autoremove_wake_function(struct wait_queue_entry *e, unsigned int mode, void *key) { return 0; }
bool __fatal_signal_pending(struct task_struct *t) { return false; }

/* iov_iter over one kernel buffer; nofault stands for user memory that is not there. */
size_t copy_to_iter(const void *from, size_t n, struct iov_iter *i)
{
	if (i->nofault)
		return 0;
	n = n < i->count ? n : i->count;
	memcpy(i->base, from, n);
	i->base += n;
	i->count -= n;
	return n;
}
size_t copy_from_iter(void *to, size_t n, struct iov_iter *i)
{
	if (i->nofault)
		return 0;
	n = n < i->count ? n : i->count;
	memcpy(to, i->base, n);
	i->base += n;
	i->count -= n;
	return n;
}

/* ---- the terminal under test ---- */

/* The settings of a terminal that nobody has touched (tty_std_termios), and VEOL, VEOL2. */
static void open_terminal(void)
{
	if (tty.ldata)
		n_tty_close(&tty);
	memset(&world, 0, sizeof(world));
	memset(&tty, 0, sizeof(tty));
	memset(&file, 0, sizeof(file));
	world.room = OUT_SIZE;
	tty.ops = &test_ops;
	tty.termios = (struct ktermios) {
		.c_iflag = ICRNL | IXON,
		.c_oflag = OPOST | ONLCR,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
		.c_cc = { [VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VMIN] = 1,
			  [VSTART] = 17, [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15,
			  [VWERASE] = 23, [VLNEXT] = 22 },
	};
	file.private_data = &tty;
	file.f_flags = O_NONBLOCK;
	CHECK_EQ(n_tty_open(&tty), 0);
}

static void type_bytes(const char *s, int n)
{
	/* A copy of the exact size: a read beyond it is seen. */
	u8 *copy = unit_dup(s, n);

	n_tty_receive_buf(&tty, copy, NULL, n);
	unit_free(copy);
}
static void type(const char *s) { type_bytes(s, strlen(s)); }

static void type_flagged(u8 c, u8 flag)
{
	n_tty_receive_buf(&tty, &c, &flag, 1);
}

static char got[2 * N_TTY_BUF_SIZE + 1];

static long read_up_to(size_t n)
{
	struct iov_iter to;
	char *buf = unit_alloc(n);
	long ret;

	iov_iter_kbuf(&to, buf, n);
	ret = n_tty_read(&tty, &file, &to);
	CHECK(ret <= (long)n && !tty.ldata->lock.held && !tty.ldata->read_mutex.nr_waiters);
	if (ret > 0)
		memcpy(got, buf, ret);
	got[ret > 0 ? ret : 0] = '\0';
	unit_free(buf);
	return ret;
}

/* One read(2) of a large buffer gives these bytes, and nothing is left to be seen of the screen. */
#define READS(expected) do {						\
	CHECK_EQ(read_up_to(sizeof(got) - 1), sizeof(expected) - 1);	\
	CHECK(!memcmp(got, expected, sizeof(expected)));		\
} while (0)
#define NOTHING_TO_READ()	CHECK_EQ(read_up_to(100), -EAGAIN)

/* What the screen got since the last time. */
#define SHOWS(expected) do { CHECK_STR(world.out, expected); world.out[world.len = 0] = '\0'; } while (0)

/* What a terminal of one line makes of its output: backspaces go back, blanks overwrite. */
static const char *screen(void)
{
	static char line[OUT_SIZE];
	size_t at = 0, len = 0;

	memset(line, 0, sizeof(line));
	for (size_t i = 0; i < world.len; i++) {
		char c = world.out[i];

		if (c == '\b')
			at -= at > 0;
		else if (c == '\r')
			at = 0;
		else if (c == '\n')
			memset(line, 0, len), at = len = 0;
		else if (c == '\t')
			do
				line[at] = line[at] ? line[at] : ' ', at++;
			while (at % 8);
		else
			line[at++] = c;
		len = at > len ? at : len;
	}
	while (len && line[len - 1] == ' ')
		line[--len] = '\0';
	return line;
}

static void set_flags(tcflag_t *word, tcflag_t on, tcflag_t off)
{
	struct ktermios old = tty.termios;

	*word = (*word | on) & ~off;
	n_tty_set_termios(&tty, &old);
}
#define LFLAGS(on, off)	set_flags(&tty.termios.c_lflag, on, off)
#define IFLAGS(on, off)	set_flags(&tty.termios.c_iflag, on, off)
#define OFLAGS(on, off)	set_flags(&tty.termios.c_oflag, on, off)

/* ---- lines ---- */

TEST(a_line_is_read_when_it_is_complete)
{
	open_terminal();
	type("hel");
	NOTHING_TO_READ();
	CHECK_EQ(world.wakeups, 0);
	type("lo\r");
	CHECK_EQ(world.wakeups, 1);
	SHOWS("hello\r\n");
	READS("hello\n");
	NOTHING_TO_READ();
}

TEST(one_read_gives_one_line)
{
	open_terminal();
	type("one\ntwo\n\nfour");
	READS("one\n");
	READS("two\n");
	READS("\n");
	NOTHING_TO_READ();
	type("\n");
	READS("four\n");
}

TEST(a_short_buffer_takes_a_line_in_pieces)
{
	open_terminal();
	type("abcdef\nx\n");
	CHECK_EQ(read_up_to(4), 4);
	CHECK_STR(got, "abcd");
	CHECK_EQ(read_up_to(2), 2);
	CHECK_STR(got, "ef");
	READS("\n");
	READS("x\n");
}

TEST(a_line_longer_than_a_chunk)
{
	open_terminal();
	for (int i = 0; i < 300; i++)
		type(i % 2 ? "y" : "x");
	type("\nnext\n");
	CHECK_EQ(read_up_to(1000), 301);
	CHECK_EQ(got[300], '\n');
	CHECK_EQ(got[299], 'y');
	READS("next\n");
}

TEST(end_of_file)
{
	open_terminal();
	type("\4");
	CHECK_EQ(world.wakeups, 1);
	CHECK_EQ(read_up_to(100), 0);
	NOTHING_TO_READ();
	/* In the middle of a line: what is there, without more. */
	type("abc\4def\n");
	READS("abc");
	READS("def\n");
	/* A buffer of just the right size takes the mark along: no second end. */
	type("abc\4");
	CHECK_EQ(read_up_to(3), 3);
	NOTHING_TO_READ();
	SHOWS("abcdef\r\nabc");
}

TEST(other_line_ends)
{
	open_terminal();
	tty.termios.c_cc[VEOL] = ';';
	tty.termios.c_cc[VEOL2] = '!';
	type("a;b!c\n");
	READS("a;");
	READS("b!");
	READS("c\n");
	SHOWS("a;b!c\r\n");
	LFLAGS(0, IEXTEN);
	type("b!\n");
	READS("b!\n");
}

TEST(bytes_available)
{
	open_terminal();
	type("abc\n\4de");
	CHECK_EQ(count_readable(&tty), 4);
	LFLAGS(0, ICANON);
	CHECK_EQ(count_readable(&tty), 7);
}

/* ---- editing ---- */

TEST(erase)
{
	open_terminal();
	type("abx\177c\n");
	SHOWS("abx\b \bc\r\n");
	READS("abc\n");
	/* Not beyond the line's beginning, and not into the line before. */
	type("1\na\177\177\177b\n");
	SHOWS("1\r\na\b \bb\r\n");
	READS("1\n");
	READS("b\n");
}

TEST(erase_of_what_takes_two_columns_or_none)
{
	open_terminal();
	type("a\1\177b\n");
	SHOWS("a^A\b \b\b \bb\r\n");
	READS("ab\n");
	LFLAGS(0, ECHOCTL);
	type("a\1\177b\n");
	SHOWS("a\1b\r\n");
	READS("ab\n");
}

TEST(erase_on_paper)
{
	open_terminal();
	LFLAGS(0, ECHOE);
	type("ab\177c\n");
	SHOWS("ab^?c\r\n");
	READS("ac\n");
}

TEST(erase_of_tabs)
{
	open_terminal();
	type("ab\t\177");
	CHECK_STR(screen(), "ab");
	CHECK_EQ(tty.ldata->column, 2);
	type("c\n");
	READS("abc\n");
	SHOWS("ab\t\b \b\b \b\b \b\b \b\b \b\b \bc\r\n");
	/* behind another tab, behind ^X, behind a prompt that a program wrote */
	type("a\tbc\t\177");
	CHECK_EQ(tty.ldata->column, 10);
	type("\25\1\t\177");
	CHECK_EQ(tty.ldata->column, 2);
	type("\25");
	CHECK_EQ(tty.ldata->column, 0);
	CHECK_EQ(output_chunk(&tty, (const u8 *)"123> ", 5), 5);
	type("ab\t\177");
	CHECK_EQ(tty.ldata->column, 7);
	CHECK_STR(screen(), "123> ab");
	type("\177\177\177\177");
	CHECK_EQ(tty.ldata->column, 5);
}

TEST(erase_of_utf8)
{
	open_terminal();
	IFLAGS(IUTF8, 0);
	type("a\303\244\177b\n");
	SHOWS("a\303\244\b \bb\r\n");
	READS("ab\n");
	/* Only continuation bytes: no way beyond the beginning. */
	type("\244\244\177x\n");
	READS("x\n");
	IFLAGS(0, IUTF8);
	type("a\303\244\177\n");
	READS("a\303\n");
}

TEST(erase_a_word)
{
	open_terminal();
	type("one two_2 ++ \27x\n");
	READS("one x\n");
	CHECK_EQ(tty.ldata->column, 0);
	type("one\27\27\27x\n");
	READS("x\n");
	/* IEXTEN off: an ordinary character */
	LFLAGS(0, IEXTEN);
	type("a\27\n");
	READS("a\27\n");
}

TEST(kill_a_line)
{
	open_terminal();
	type("abc\25d\n");
	SHOWS("abc\b \b\b \b\b \bd\r\n");
	READS("d\n");
	/* Nothing there: nothing to be seen. */
	type("\25");
	SHOWS("");
	LFLAGS(0, ECHOKE);
	type("abc\25d\n");
	SHOWS("abc^U\r\nd\r\n");
	READS("d\n");
	type("\25");
	SHOWS("");
	LFLAGS(0, ECHOK);
	type("abc\25d\n");
	SHOWS("abc^Ud\r\n");
	READS("d\n");
	LFLAGS(0, ECHO);
	type("abc\25d\n");
	SHOWS("");
	READS("d\n");
}

TEST(kill_of_a_long_line_clears_the_screen)
{
	open_terminal();
	for (int i = 0; i < 2000; i++)
		type("x");
	world.out[world.len = 0] = '\0';
	type("\25");
	CHECK_EQ(world.len, 3 * 2000);
	CHECK_EQ(tty.ldata->column, 0);
}

TEST(literal_next)
{
	open_terminal();
	type("a\26\3b\26\177\26\4c\n");
	CHECK_EQ(world.nr_signals, 0);
	SHOWS("a^\b^Cb^\b^?^\b^Dc\r\n");
	READS("a\3b\177\4c\n");
	/* A newline that ends no line; it takes ICRNL to make one of a CR. */
	type("x\26\ny\26\r\n");
	READS("x\ny\r\n");
	/* VLNEXT itself, and across two interrupts */
	type("\26\26\26");
	type("\23z\n");
	CHECK(!tty.flow_stopped);
	READS("\26\23z\n");
	IFLAGS(ISTRIP, 0);
	type("\26\301\n");
	READS("A\n");
}

TEST(reprint)
{
	open_terminal();
	type("ab\1\22");
	SHOWS("ab^A^R\r\nab^A");
	type("\n");
	READS("ab\1\n");
}

/* ---- echo ---- */

TEST(echo_of_control_characters)
{
	open_terminal();
	type("\33[A\t\n");
	SHOWS("^[[A\t\r\n");
	LFLAGS(0, ECHOCTL);
	type("\33[A\n");
	SHOWS("\33[A\r\n");
}

TEST(no_echo)
{
	open_terminal();
	LFLAGS(0, ECHO);
	type("secret\177\n");
	SHOWS("");
	READS("secre\n");
	LFLAGS(ECHONL, 0);
	type("secret\n");
	SHOWS("\r\n");
	READS("secret\n");
	type("x\4");
	SHOWS("");
}

TEST(echo_waits_for_room)
{
	open_terminal();
	world.room = 3;
	type("abcdef");
	SHOWS("abc");
	CHECK_EQ(tty.ldata->echo_head - tty.ldata->echo_tail, 3);
	world.room = 100;
	tty_wakeup(&tty);
	SHOWS("def");
	/* What a program writes comes behind the echoes. */
	world.room = 0;
	type("gh");
	world.room = 100;
	CHECK_EQ(output_chunk(&tty, (const u8 *)"IJ", 2), 2);
	SHOWS("ghIJ");
	/* More than the buffer holds is lost, and nothing else. */
	world.room = 0;
	for (int i = 0; i < ECHO_BUF_SIZE + 100; i++)
		type("x");
	world.room = OUT_SIZE;
	tty_wakeup(&tty);
	CHECK_EQ(world.len, ECHO_BUF_SIZE);
	type("\n");
	CHECK_EQ(read_up_to(4000), 2 + 6 + ECHO_BUF_SIZE + 100 + 1);
}

TEST(output_processing)
{
	u8 out[8];

	open_terminal();
	CHECK_EQ(n_tty_output_char(&tty, '\n', out), 2);
	CHECK(!memcmp(out, "\r\n", 2));
	OFLAGS(XTABS, 0);
	tty.ldata->column = 5;
	CHECK_EQ(n_tty_output_char(&tty, '\t', out), 3);
	CHECK(!memcmp(out, "   ", 3));
	CHECK_EQ(tty.ldata->column, 8);
	CHECK_EQ(n_tty_output_char(&tty, '\t', out), 8);
	OFLAGS(OLCUC, ONLCR);
	CHECK_EQ(n_tty_output_char(&tty, 'a', out), 1);
	CHECK_EQ(out[0], 'A');
	CHECK_EQ(n_tty_output_char(&tty, '\n', out), 1);
	CHECK_EQ(tty.ldata->column, 17);
	OFLAGS(OCRNL | ONOCR, 0);
	CHECK_EQ(n_tty_output_char(&tty, '\r', out), 1);
	CHECK_EQ(out[0], '\n');
	tty.ldata->column = 0;
	CHECK_EQ(n_tty_output_char(&tty, '\r', out), 0);
	OFLAGS(0, OPOST);
	CHECK_EQ(n_tty_output_char(&tty, '\n', out), 1);
	CHECK_EQ(out[0], '\n');
}

/* ---- translation ---- */

TEST(carriage_return_and_newline)
{
	open_terminal();
	type("a\r");
	READS("a\n");
	IFLAGS(0, ICRNL);
	type("a\rb\n");
	READS("a\rb\n");
	IFLAGS(INLCR, 0);
	type("a\nb\4");
	READS("a\rb");
	IFLAGS(IGNCR | ICRNL, INLCR);
	type("a\rb\n");
	READS("ab\n");
}

TEST(strip_and_lower_case)
{
	open_terminal();
	IFLAGS(ISTRIP | IUCLC, 0);
	type("\301BC\212");
	READS("abc\n");
	/* a control character with the eighth bit is one */
	type("x\203");
	CHECK_EQ(world.signals[0], SIGINT);
	LFLAGS(0, IEXTEN);
	type("ABC\n");
	READS("ABC\n");
}

/* ---- raw mode ---- */

TEST(raw_mode)
{
	open_terminal();
	LFLAGS(0, ICANON | ECHO | ISIG | IEXTEN);
	IFLAGS(0, ICRNL | IXON);
	type_bytes("a\0\3\4\r\n\177\23", 8);
	CHECK_EQ(world.nr_signals, 0);
	READS("a\0\3\4\r\n\177\23");
	SHOWS("");
	CHECK_EQ(world.wakeups, 1 + 2);		/* and two changes of settings */
	type("xyz");
	CHECK_EQ(read_up_to(2), 2);
	CHECK_EQ(read_up_to(2), 1);
}

TEST(changing_modes_with_input_waiting)
{
	open_terminal();
	type("abc");
	LFLAGS(0, ICANON);
	READS("abc");
	type("de");
	LFLAGS(ICANON, 0);
	READS("de");
	type("fg\n");
	READS("fg\n");
	/* marks of old lines mean nothing to new ones */
	for (int i = 0; i < 3 * N_TTY_BUF_SIZE; i += 16) {
		LFLAGS(i & 16 ? ICANON : 0, i & 16 ? 0 : ICANON);
		type("0123456789abcde\n");
		READS("0123456789abcde\n");
	}
}

TEST(vmin_and_poll)
{
	open_terminal();
	LFLAGS(0, ICANON | ECHO);
	tty.termios.c_cc[VMIN] = 3;
	type("ab");
	CHECK(!(n_tty_poll(&tty, &file, NULL) & EPOLLIN));
	type("c");
	CHECK(n_tty_poll(&tty, &file, NULL) & EPOLLIN);
	READS("abc");
	/* VMIN 0 and VTIME 0: never wait */
	tty.termios.c_cc[VMIN] = 0;
	file.f_flags = 0;
	CHECK_EQ(read_up_to(0), 0);
}

/* ---- signals ---- */

TEST(signals_from_the_keyboard)
{
	open_terminal();
	type("abc\3d\n");
	CHECK_EQ(world.nr_signals, 1);
	CHECK_EQ(world.signals[0], SIGINT);
	CHECK_EQ(world.flushes, 1);
	CHECK_EQ(world.pgrp_refs, 0);
	READS("d\n");
	type("\34\32");
	CHECK_EQ(world.nr_signals, 3);
	CHECK_EQ(world.signals[1], SIGQUIT);
	CHECK_EQ(world.signals[2], SIGTSTP);
	SHOWS("^Cd\r\n^Z");		/* each throws away the echoes before it */
	/* whatever the mode */
	LFLAGS(0, ICANON);
	type("x\3");
	CHECK_EQ(world.nr_signals, 4);
	NOTHING_TO_READ();
	LFLAGS(0, ISIG);
	type("\3");
	CHECK_EQ(world.nr_signals, 4);
	READS("\3");
}

TEST(signals_without_flush)
{
	open_terminal();
	LFLAGS(NOFLSH, 0);
	type("one\nab\3c\n");
	CHECK_EQ(world.nr_signals, 1);
	CHECK_EQ(world.flushes, 0);
	SHOWS("one\r\nab^Cc\r\n");
	READS("one\n");
	READS("abc\n");
}

TEST(a_disabled_character_is_ordinary)
{
	open_terminal();
	tty.termios.c_cc[VINTR] = 0;
	type_bytes("a\0\3b\n", 5);
	CHECK_EQ(world.nr_signals, 0);
	READS("a\0\3b\n");
}

TEST(a_signal_starts_stopped_output_only_with_ixon)
{
	open_terminal();
	type("\23");
	CHECK(tty.flow_stopped);
	type("\3");
	CHECK(!tty.flow_stopped);
	IFLAGS(0, IXON);
	tty.flow_stopped = true;	/* by TCOOFF */
	type("\3");
	CHECK(tty.flow_stopped);
}

/* ---- flow control ---- */

static long write_all(const char *s)
{
	struct iov_iter from;

	iov_iter_kbuf(&from, s, strlen(s));
	return n_tty_write(&tty, &file, &from);
}

TEST(stop_and_start)
{
	open_terminal();
	CHECK_EQ(write_all("a\n"), 2);
	SHOWS("a\r\n");
	type("\23");
	CHECK(tty.flow_stopped);
	CHECK_EQ(write_all("b"), -EAGAIN);
	CHECK(!(n_tty_poll(&tty, &file, NULL) & EPOLLOUT));
	world.stuck = true;
	type("x");
	CHECK_EQ(world.kicks, 0);
	type("\21");
	CHECK(!tty.flow_stopped);
	/* what the driver still had goes on without another write */
	CHECK(world.kicks > 0);
	CHECK_EQ(write_all("b"), 1);
	SHOWS("xb");
	type("\n");
	READS("x\n");
	IFLAGS(0, IXON);
	type("\23\n");
	CHECK(!tty.flow_stopped);
	READS("\23\n");
}

TEST(any_character_starts)
{
	open_terminal();
	type("\23a");
	CHECK(tty.flow_stopped);
	IFLAGS(IXANY, 0);
	type("b");
	CHECK(!tty.flow_stopped);
	type("\n");
	READS("ab\n");
}

TEST(switching_ixon_off_starts)
{
	open_terminal();
	type("\23");
	IFLAGS(0, IXON);
	CHECK(!tty.flow_stopped);
}

TEST(write_in_parts)
{
	struct iov_iter from;

	open_terminal();
	world.room = 10;		/* fewer than 8 left after three: a tab may become as many */
	CHECK_EQ(write_all("abcdef"), 3);
	SHOWS("abc");
	OFLAGS(0, OPOST);
	CHECK_EQ(write_all("defghijklm"), 7);
	SHOWS("defghij");
	iov_iter_kbuf(&from, "x", 1);
	from.nofault = true;
	CHECK_EQ(n_tty_write(&tty, &file, &from), -EFAULT);
}

/* ---- full ---- */

TEST(a_line_may_have_4095_characters_and_its_end)
{
	open_terminal();
	LFLAGS(0, ECHO);
	for (int i = 0; i < 5000; i++)
		type("x");
	CHECK(tty.ldata->overrun);
	CHECK_EQ(world.throttles, 0);	/* or the end could never come */
	type("\n");
	CHECK_EQ(world.throttles, 1);
	CHECK_EQ(read_up_to(sizeof(got) - 1), 4096);
	CHECK_EQ(got[4095], '\n');
	CHECK_EQ(got[4094], 'x');
	CHECK_EQ(world.unthrottles, 1);
	type("y\n");
	READS("y\n");
	/* kill works on a full line, too */
	for (int i = 0; i < 5000; i++)
		type("x");
	type("\25ok\n");
	READS("ok\n");
}

TEST(throttled_and_unthrottled)
{
	int lines = 0;

	open_terminal();
	LFLAGS(0, ECHO);
	while (!world.throttles) {
		type("0123456789abcde\n");
		lines++;
	}
	CHECK(tty.throttled && lines * 16 > N_TTY_BUF_SIZE - 128 && lines * 16 < N_TTY_BUF_SIZE);
	for (int i = 0; i < lines; i++)
		READS("0123456789abcde\n");
	CHECK_EQ(world.unthrottles, 1);
	CHECK(!tty.throttled);
	NOTHING_TO_READ();
}

/* A short line, then a long one without an end: the reader who has taken the first must get the second. */
TEST(half_a_line_does_not_throttle)
{
	open_terminal();
	LFLAGS(0, ECHO);
	type("x\n");
	for (int i = 0; i < 4050; i++)
		type("y");
	CHECK(!tty.throttled);
	READS("x\n");
	type("\n");
	CHECK_EQ(read_up_to(sizeof(got) - 1), 4051);
}

TEST(raw_mode_full)
{
	open_terminal();
	LFLAGS(0, ICANON | ECHO | ISIG);
	for (int i = 0; i < 5000; i++)
		type("x");
	CHECK_EQ(world.throttles, 1);
	CHECK_EQ(read_up_to(1000), 1000);
	CHECK_EQ(world.unthrottles, 0);
	CHECK_EQ(read_up_to(sizeof(got) - 1), 3095);
	CHECK_EQ(world.unthrottles, 1);
}

/* ---- errors of the line ---- */

TEST(breaks)
{
	open_terminal();
	type_flagged(0, TTY_BREAK);
	type("\n");
	READS("\0\n");
	IFLAGS(PARMRK, 0);
	type_flagged(0, TTY_BREAK);
	type("\377\n");
	READS("\377\0\0\377\377\n");
	IFLAGS(BRKINT, 0);
	SHOWS("\r\n\377\r\n");
	type_flagged(0, TTY_BREAK);
	CHECK_EQ(world.nr_signals, 1);
	CHECK_EQ(world.signals[0], SIGINT);
	SHOWS("");			/* nobody typed a ^C */
	IFLAGS(IGNBRK, 0);
	type_flagged(0, TTY_BREAK);
	CHECK_EQ(world.nr_signals, 1);
	type("\n");
	READS("\n");
}

TEST(parity_errors)
{
	open_terminal();
	type_flagged('a', TTY_PARITY);
	IFLAGS(IGNPAR, 0);
	type_flagged('b', TTY_FRAME);	/* not asked to check: as it came */
	type("\n");
	READS("ab\n");
	IFLAGS(INPCK, 0);
	type_flagged('c', TTY_PARITY);
	IFLAGS(0, IGNPAR);
	type_flagged('d', TTY_PARITY);
	IFLAGS(PARMRK, 0);
	type_flagged('e', TTY_PARITY);
	type("\n");
	READS("\0\377\0e\n");
}

TEST(overrun_keeps_the_character_that_came)
{
	open_terminal();
	type_flagged('a', TTY_OVERRUN);
	type_flagged('\3', TTY_OVERRUN);
	CHECK_EQ(world.nr_signals, 1);
	type_flagged('b', TTY_OVERRUN);
	type_flagged('\r', TTY_OVERRUN);
	CHECK(tty.ldata->overrun);
	READS("b\n");
}

/* ---- anything at all ---- */

static void check_invariants(void)
{
	struct n_tty_data *ld = tty.ldata;

	CHECK(ld->read_head - ld->read_tail <= N_TTY_BUF_SIZE);
	CHECK(ld->echo_head - ld->echo_tail <= ECHO_BUF_SIZE);
	CHECK(!ld->lock.held && !ld->signal);
	if (T_L(&tty, ICANON)) {
		CHECK(ld->canon_head - ld->read_tail <= ld->read_head - ld->read_tail);
		for (unsigned long i = ld->canon_head; i != ld->read_head; i++)
			CHECK(!test_bit(i & (N_TTY_BUF_SIZE - 1), ld->end_mark) ||
			      ld->read_head - ld->read_tail == N_TTY_BUF_SIZE);
	}
}

TEST(random_input)
{
	static const u8 special[] = { 3, 28, 127, 21, 4, 17, 19, 26, 18, 23, 22, '\r', '\n', '\t', ' ', 0,
				      0xff, 0xc3, 0xa4 };

	open_terminal();
	for (int round = 0; round < 20000; round++) {
		u8 data[64], flags[64];
		int n = 1 + unit_below(sizeof(data));

		for (int i = 0; i < n; i++) {
			data[i] = unit_below(4) ? 'a' + unit_below(26) :
				  special[unit_below(ARRAY_SIZE(special))];
			flags[i] = unit_below(20) ? TTY_NORMAL : unit_below(5);
		}
		if (!unit_below(8)) {
			static const tcflag_t l[] = { ICANON, ECHO, ECHOE, ECHOK, ECHOKE, ECHOCTL, ISIG,
						      IEXTEN, NOFLSH, ECHONL };
			static const tcflag_t in[] = { IUTF8, IXON, IXANY, ICRNL, INLCR, IGNCR, ISTRIP,
						       PARMRK, INPCK, IGNPAR, BRKINT, IGNBRK };

			LFLAGS(l[unit_below(ARRAY_SIZE(l))], l[unit_below(ARRAY_SIZE(l))]);
			IFLAGS(in[unit_below(ARRAY_SIZE(in))], in[unit_below(ARRAY_SIZE(in))]);
			OFLAGS(unit_below(2) ? XTABS : OPOST, unit_below(2) ? OPOST : XTABS);
		}
		world.room = unit_below(4) ? 4096 : unit_below(20);
		world.len = world.nr_signals = 0;
		n_tty_receive_buf(&tty, data, unit_below(2) ? flags : NULL, n);
		check_invariants();
		if (unit_below(2)) {
			long ret = read_up_to(1 + unit_below(300));

			CHECK(ret >= 0 || ret == -EAGAIN);
			check_invariants();
		}
	}
}
