/* SPDX-License-Identifier: MIT */
/* What the tests of tracefs share: its files by their names below its mount point. */
#ifndef TRACEFS_H
#define TRACEFS_H

#include "abi.h"
#include <sys/mount.h>

#define TRACING "/sys/kernel/tracing"

ABI_FN void tracefs_mount(void)
{
	if (mount("nodev", TRACING, "tracefs", 0, NULL) && errno != EBUSY)
		SKIP("no tracefs: %s", strerrorname_np(errno));
	NEED(chdir(TRACING));
}

/* 0 or the errno of the write. */
ABI_FN int tr_write(const char *file, const char *text, int flags)
{
	int fd = open(file, O_WRONLY | flags), error = 0;
	ssize_t n;

	if (fd < 0)
		return errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		error = errno;
	else if (n != (ssize_t)strlen(text))
		error = -1;
	close(fd);
	return error;
}

#define TR_SET(file, text) CHECK_EQ(tr_write(file, text "\n", 0), 0)
#define TR_ERR(file, text, err) CHECK_EQ(tr_write(file, text "\n", 0), err)
#define TR_IS(file, text) CHECK_STR(get_file(file), text)
#define TR_HAS(file, text) CHECK(strstr(get_file(file), text) != NULL)
#define TR_HAS_NOT(file, text) CHECK(strstr(get_file(file), text) == NULL)

/* As after boot, with empty buffers. */
ABI_FN void tr_reset(void)
{
	CHECK_EQ(tr_write("tracing_on", "1", 0), 0);
	CHECK_EQ(tr_write("current_tracer", "nop", 0), 0);
	CHECK_EQ(tr_write("set_event", "", O_TRUNC), 0);
	CHECK_EQ(tr_write("set_event_pid", "", O_TRUNC), 0);
	CHECK_EQ(tr_write("options/overwrite", "1", 0), 0);
	CHECK_EQ(tr_write("options/markers", "1", 0), 0);
	CHECK_EQ(tr_write("buffer_size_kb", "1024", 0), 0);
	CHECK_EQ(tr_write("trace", "", O_TRUNC), 0);
}

ABI_FN void tr_mark(const char *text)
{
	CHECK_EQ(tr_write("trace_marker", text, 0), 0);
}

#endif
