/* SPDX-License-Identifier: MIT */
/*
 * The files of tracefs that events are read from: trace, trace_pipe, trace_pipe_raw. What is in
 * them, who waits and who is woken, what full buffers do, readers that are killed.
 * TIMEOUT: 40
 */
#include "tracefs.h"
#include <sched.h>

/* Linux keeps the kernel's own output out of the text, but not other tasks' markers: there are none. */
static int count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void looking(void)
{
	char *text;
	unsigned long sec, usec;
	char comm[64], flags[16], rest[64];
	char head[128];
	int pid, cpu, fd;

	snprintf(head, sizeof(head), "# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   "
		 "#P:%ld\n#\n", sysconf(_SC_NPROCESSORS_ONLN));
	TR_HAS("trace", head);
	TR_HAS("trace", "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
			"#              | |         |   |||||     |         |\n");
	tr_mark("first");
	tr_mark("second\n");
	text = get_file("trace");
	CHECK_EQ(count(text, "tracing_mark_write: first\n"), 1);
	CHECK_EQ(count(text, "tracing_mark_write: second\n"), 1);
	CHECK(strstr(text, "first") < strstr(text, "second"));
	TR_HAS("trace", "entries-in-buffer/entries-written: 2/2 ");
	TR_HAS("per_cpu/cpu0/trace", ": second\n");
	text = strrchr(text, '#');
	text = strchr(text, '\n') + 1;
	CHECK_EQ(sscanf(text, " %[^-]-%d [%d] %s %lu.%lu: %s", comm, &pid, &cpu, flags, &sec, &usec,
			rest), 7);
	CHECK_EQ(pid, getpid());
	CHECK_EQ(cpu, 0);
	CHECK_EQ(strlen(flags), 5);
	CHECK_STR(rest, "tracing_mark_write:");
	CHECK(!strcmp(comm, "trace_read") || !strcmp(comm, "<...>"));
	TR_SET("options/irq-info", "0");
	TR_HAS("trace", "#           TASK-PID     CPU#     TIMESTAMP  FUNCTION\n");
	TR_SET("options/irq-info", "1");
	TR_SET("options/context-info", "0");
	TR_HAS("trace", "\ntracing_mark_write: first\ntracing_mark_write: second\n");
	TR_SET("options/context-info", "1");
	TR_HAS("per_cpu/cpu0/stats", "entries: 2\noverrun: 0\n");
	fd = NEED(open("trace", O_WRONLY));
	CHECK_EQ(write(fd, "ignored", 7), 7);
	close(fd);
	TR_HAS("trace", ": second\n");
	CHECK_EQ(tr_write("trace", "", O_TRUNC), 0);
	TR_HAS_NOT("trace", ": second\n");
}

static void taking(void)
{
	char buf[4096] = "";
	int fd = NEED(open("trace_pipe", O_RDONLY | O_NONBLOCK)), n;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	pid_t pid;

	CHECK_ERR(read(fd, buf, sizeof(buf)), EAGAIN);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_ERR(open("trace_pipe", O_RDONLY), EBUSY);
	CHECK_ERR(open("per_cpu/cpu0/trace_pipe", O_RDONLY), EBUSY);
	CHECK_ERR(lseek(fd, 0, SEEK_SET), ESPIPE);
	CHECK_ERR(pread(fd, buf, 10, 0), ESPIPE);
	tr_mark("one");
	tr_mark("two");
	CHECK_EQ(poll(&p, 1, 2000), 1);
	CHECK_EQ(p.revents, POLLIN);
	n = CHECK_OK(read(fd, buf, sizeof(buf) - 1));
	buf[n > 0 ? n : 0] = 0;
	CHECK_EQ(count(buf, "tracing_mark_write: one\n"), 1);
	CHECK_EQ(count(buf, "tracing_mark_write: two\n"), 1);
	CHECK_ERR(read(fd, buf, sizeof(buf)), EAGAIN);
	TR_HAS_NOT("trace", "tracing_mark_write");

	/* who waits is woken */
	fcntl(fd, F_SETFL, 0);
	pid = FORK();
	if (!pid) {
		n = read(fd, buf, sizeof(buf) - 1);
		buf[n > 0 ? n : 0] = 0;
		_exit(!strstr(buf, "three"));
	}
	let_block(pid);
	tr_mark("three");
	EXPECT_EXIT(pid, 0);
	ticks_start(0);
	CHECK_ERR(read(fd, buf, sizeof(buf)), EINTR);
	CHECK_EQ(poll(&p, 1, 10000), -1);
	ticks_stop();
	EACH_BAD_NONNULL(bad) {
		tr_mark("lost to a bad address");
		CHECK_ERR(read(fd, bad, 100), EFAULT);
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	/* Switched off, it ends. */
	tr_mark("last");
	CHECK(read(fd, buf, sizeof(buf)) > 0);
	TR_SET("tracing_on", "0");
	CHECK_ERR(read(fd, buf, sizeof(buf)), EAGAIN);
	fcntl(fd, F_SETFL, 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	TR_SET("tracing_on", "1");
	pid = FORK();
	if (!pid)
		_exit(read(fd, buf, sizeof(buf)) != 0);
	let_block(pid);
	TR_SET("tracing_on", "0");
	EXPECT_EXIT(pid, 0);
	close(fd);
	fd = NEED(open("trace_pipe", O_RDONLY));
	close(fd);
}

/* The text of the first ftrace/print event of a page, or NULL. */
static const char *find_print(const unsigned char *page)
{
	uint64_t commit = *(uint64_t *)(page + 8);
	const unsigned char *p = page + 16, *end = p + (commit & 0xfffff);

	while (p < end) {
		uint32_t head = *(uint32_t *)p, len = head & 31;

		p += 4;
		if (len == 30 || len == 31) {
			p += 4;
			continue;
		}
		if (len == 29)
			return NULL;
		if (len) {
			len *= 4;
		} else {
			len = *(uint32_t *)p - 4;
			p += 4;
		}
		if (*(uint16_t *)p == 5)
			return (const char *)p + 16;
		p += len;
	}
	return NULL;
}

static void raw(void)
{
	static unsigned char page[4096] __attribute__((aligned(8)));
	static char text[600];
	int fd = NEED(open("per_cpu/cpu0/trace_pipe_raw", O_RDONLY | O_NONBLOCK)), p[2];
	struct pollfd pf = { .fd = fd, .events = POLLIN };

	NEED(pipe(p));
	CHECK_ERR(read(fd, page, sizeof(page)), EAGAIN);
	tr_mark("binary");
	CHECK_EQ(read(fd, page, 16), 0);	/* no room for an event */
	CHECK_EQ(read(fd, page, sizeof(page)), 4096);
	CHECK(find_print(page) && !strcmp(find_print(page), "binary\n"));
	CHECK(*(uint64_t *)page > 0);
	CHECK_ERR(read(fd, page, sizeof(page)), EAGAIN);

	/* An event of more than 112 bytes has its length in a word of its own. A page in two reads. */
	memset(text, 't', sizeof(text) - 1);
	tr_mark(text);
	CHECK_EQ(read(fd, page, 1000), 1000);
	CHECK_EQ(read(fd, page + 1000, sizeof(page)), 3096);
	CHECK(find_print(page) && !strncmp(find_print(page), text, strlen(text)));

	CHECK_ERR(splice(fd, NULL, p[1], NULL, 100, 0), EINVAL);
	CHECK_ERR(splice(fd, NULL, p[1], NULL, 4096, 0), EAGAIN);
	CHECK_EQ(poll(&pf, 1, 0), 0);
	for (int i = 0; i < 100; i++)
		tr_mark(text);
	CHECK_EQ(splice(fd, NULL, p[1], NULL, 5 * 4096 + 100, 0), 5 * 4096);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(read(p[0], page, sizeof(page)), 4096);
		CHECK(find_print(page) && !strncmp(find_print(page), text, strlen(text)));
	}
	TR_SET("buffer_percent", "0");
	CHECK_EQ(poll(&pf, 1, 1000), 1);
	TR_SET("buffer_percent", "50");
	CHECK_EQ(ioctl(fd, 0, 0), 0);
	CHECK_ERR(ioctl(fd, 3, 0), ENOTTY);
	fcntl(fd, F_SETFL, 0);
	while (poll(&pf, 1, 0) == 1)
		read(fd, page, sizeof(page));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, page, sizeof(page)) > 0)
		;
	fcntl(fd, F_SETFL, 0);
	ticks_start(0);
	CHECK_ERR(read(fd, page, sizeof(page)), EINTR);
	CHECK_ERR(splice(fd, NULL, p[1], NULL, 4096, 0), EINTR);
	ticks_stop();
	close(fd);
	close(p[0]);
	close(p[1]);
}

/* Number behind a word of per_cpu/cpu0/stats. */
static long stat_of_ring(const char *word)
{
	char *p = strstr(get_file("per_cpu/cpu0/stats"), word);

	return p ? atol(p + strlen(word)) : -1;
}

static void overflow(void)
{
	static char buf[8192];
	char text[40];
	int fd, n;

	TR_SET("buffer_size_kb", "4");
	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "mark number %d", i);
		tr_mark(text);
	}
	CHECK(stat_of_ring("overrun: ") > 1000);
	CHECK(stat_of_ring("entries: ") > 10);
	TR_HAS("trace", ": mark number 2999\n");
	TR_HAS_NOT("trace", ": mark number 0\n");
	fd = NEED(open("trace_pipe", O_RDONLY | O_NONBLOCK));
	n = CHECK_OK(read(fd, buf, sizeof(buf) - 1));
	buf[n > 0 ? n : 0] = 0;
	CHECK(!strncmp(buf, "CPU:0 [LOST ", 12));
	CHECK(strstr(buf, " EVENTS]\n") != NULL);
	close(fd);
	fd = NEED(open("per_cpu/cpu0/trace_pipe_raw", O_RDONLY | O_NONBLOCK));
	while (read(fd, buf, 4096) > 0)
		;
	for (int i = 0; i < 3000; i++)
		tr_mark("again");
	n = 0;
	while (read(fd, buf, 4096) == 4096)
		n |= *(uint32_t *)(buf + 8) >> 31;
	CHECK(n);
	close(fd);

	/* The other way: the newest go. */
	CHECK_EQ(tr_write("trace", "", O_TRUNC), 0);
	TR_SET("options/overwrite", "0");
	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "mark number %d", i);
		tr_write("trace_marker", text, 0);
	}
	CHECK(stat_of_ring("dropped events: ") > 1000);
	CHECK_EQ(stat_of_ring("overrun: "), 0);
	TR_HAS("trace", ": mark number 0\n");
	TR_HAS_NOT("trace", ": mark number 2999\n");
}

/* Killed while it waits, killed while it reads: the next one gets on. */
static void killed(void)
{
	char buf[4096];
	pid_t pid;
	int fd;

	for (int i = 0; i < 4; i++) {
		pid = FORK();
		if (!pid) {
			fd = NEED(open(i % 2 ? "trace_pipe" : "per_cpu/cpu0/trace_pipe_raw", O_RDONLY));
			for (;;)
				read(fd, buf, i % 2 ? 7 : 100);
		}
		if (i < 2)
			let_block(pid);
		for (int n = 0; n < 200; n++)
			tr_mark("for the one who dies");
		kill(pid, SIGKILL);
		EXPECT_SIGNAL(pid, SIGKILL);
	}
	fd = NEED(open("trace_pipe", O_RDONLY | O_NONBLOCK));
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	tr_mark("for the next");
	CHECK(read(fd, buf, sizeof(buf)) > 0);
	close(fd);

	/* Buffers that change under a reader. */
	pid = FORK();
	if (!pid) {
		for (;;) {
			tr_write("trace_marker", "mark", 0);
			get_file("trace");
			fd = NEED(open("per_cpu/cpu0/trace_pipe_raw", O_RDONLY | O_NONBLOCK));
			read(fd, buf, sizeof(buf));
			close(fd);
		}
	}
	for (int i = 0; i < 50; i++) {
		tr_write("buffer_size_kb", i % 2 ? "8" : "64", 0);	/* may be busy */
		tr_write("trace_marker", "mark", 0);
		CHECK_EQ(tr_write("trace", "", O_TRUNC), 0);
	}
	kill(pid, SIGKILL);
	EXPECT_SIGNAL(pid, SIGKILL);
}

int main(void)
{
	void (*const parts[])(void) = { looking, taking, raw, overflow, killed };
	cpu_set_t cpu0 = { 0 };

	/* What is looked for stands in CPU 0's buffer. */
	CPU_SET(0, &cpu0);
	NEED(sched_setaffinity(0, sizeof(cpu0), &cpu0));
	tracefs_mount();
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		tr_reset();
		parts[i]();
	}
	tr_reset();
	return abi_done();
}
