/* SPDX-License-Identifier: MIT */
/*
 * Records of all CPUs, in the order of time.
 *
 * Each CPU's records come in order; between CPUs they must be merged. What one pass over all CPUs
 * has read was written before the pass ended. So when the next pass is through, nothing older can
 * still come: records up to the newest of the pass before may go out. A CPU that had more than its
 * buffer takes holds all back to what it gave.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPUS_MAX	256
#define CHUNK		(64 * 1024)
#define HELD_MAX	(4 << 20)	/* unread bytes of one CPU that are kept at most */

struct stream {
	int fd;
	char *buf;
	size_t head, len, size;		/* unread: head..len */
	uint64_t newest;		/* stamp of the last record that came */
	bool more;			/* its buffer was full: there may be more */
};

static struct stream streams[CPUS_MAX];
static int nr_cpus;
static uint64_t safe, next_safe;	/* stamps up to here are complete */

int reader_cpus(void)
{
	if (!nr_cpus) {
		long n = sysconf(_SC_NPROCESSORS_CONF);

		nr_cpus = n < 1 ? 1 : n > CPUS_MAX ? CPUS_MAX : n;
	}
	return nr_cpus;
}

bool reader_open(void)
{
	for (int i = 0; i < reader_cpus(); i++) {
		streams[i].fd = tracefs_records(i);
		if (streams[i].fd < 0 && i == 0) {
			complain("per_cpu/cpu0/records: %s", strerror(errno));
			return false;
		}
		if (streams[i].fd < 0)
			nr_cpus = i;
	}
	return true;
}

static size_t size_of(const struct record *r)
{
	return (r->stamp & 0xff) * SLOT_SIZE;
}

/* Room for one more chunk; what was taken out goes. */
static bool make_room(struct stream *s)
{
	if (s->head) {
		memmove(s->buf, s->buf + s->head, s->len - s->head);
		s->len -= s->head;
		s->head = 0;
	}
	if (s->size - s->len >= CHUNK)
		return true;
	if (s->len >= HELD_MAX)
		return false;
	s->size = s->len + 4 * CHUNK;
	s->buf = realloc(s->buf, s->size);
	if (!s->buf)
		die(1, "out of memory");
	return true;
}

static bool fill(struct stream *s)
{
	bool any = false;

	s->more = false;
	for (int i = 0; i < 16; i++) {
		ssize_t n;

		if (!make_room(s)) {
			s->more = true;
			break;
		}
		n = read(s->fd, s->buf + s->len, CHUNK);
		if (n <= 0)
			break;
		for (size_t at = s->len, end = s->len + n; at + SLOT_SIZE <= end;) {
			const struct record *r = (const struct record *)(s->buf + at);

			if (!size_of(r))
				break;
			s->newest = r->stamp;
			at += size_of(r);
		}
		s->len += n;
		any = true;
		s->more = i == 15;
	}
	return any;
}

bool reader_fill(int ms)
{
	bool any = false;
	uint64_t newest = 0, limit = UINT64_MAX;
	struct pollfd fds[CPUS_MAX];

	if (ms) {
		for (int i = 0; i < nr_cpus; i++)
			fds[i] = (struct pollfd){ streams[i].fd, POLLIN, 0 };
		poll(fds, nr_cpus, ms);
	}
	for (int i = 0; i < nr_cpus; i++) {
		any |= fill(&streams[i]);
		if (streams[i].newest > newest)
			newest = streams[i].newest;
		if (streams[i].more && streams[i].newest < limit)
			limit = streams[i].newest;
	}
	safe = next_safe < limit ? next_safe : limit;
	next_safe = newest;
	if (nr_cpus == 1)
		safe = newest;
	return any;
}

const struct record *reader_next(int *cpu, bool all)
{
	struct stream *best = NULL;
	const struct record *r;

	for (int i = 0; i < nr_cpus; i++) {
		struct stream *s = &streams[i];

		if (s->head + SLOT_SIZE > s->len)
			continue;
		r = (const struct record *)(s->buf + s->head);
		if (!best || r->stamp >> 8 < ((const struct record *)(best->buf + best->head))->stamp >> 8)
			best = s;
	}
	if (!best)
		return NULL;
	r = (const struct record *)(best->buf + best->head);
	if (!size_of(r) || best->head + size_of(r) > best->len) {
		best->head = best->len;		/* not a record: nothing behind it can be read */
		return NULL;
	}
	if (!all && r->stamp > safe)
		return NULL;
	best->head += size_of(r);
	*cpu = best - streams;
	return r;
}
