/* SPDX-License-Identifier: MIT */
/* Strings, buffers, arrays of both: quoted as strace does, shortened to what -s says. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "decode.h"

void d_quote(struct dec *d, const void *bytes, size_t len, bool more, enum quote how)
{
	const unsigned char *p = bytes;
	struct text *t = d->t;

	text_add(t, "\"");
	for (size_t i = 0; i < len; i++) {
		static const char from[] = "\"\\\f\n\r\t\v", to[] = "\"\\fnrtv";
		const char *short_form = p[i] ? strchr(from, p[i]) : NULL;
		bool digit = i + 1 < len && p[i + 1] >= '0' && p[i + 1] <= '7';

		if (how == QUOTE_HEX)
			text_addf(t, "\\x%02x", p[i]);
		else if (short_form)
			text_addf(t, "\\%c", to[short_form - from]);
		else if (p[i] >= ' ' && p[i] < 0x7f)
			text_addn(t, (const char *)p + i, 1);
		else
			text_addf(t, digit ? "\\%03o" : "\\%o", p[i]);
	}
	text_add(t, more ? "\"..." : "\"");
}

/* As much of a string as is known; *end says whether its NUL was there. */
static size_t string_at(struct dec *d, uint64_t addr, char *buf, size_t size, enum phase phase,
			bool *end)
{
	size_t n = 0, len;

	buf[0] = 0;
	if (d->c->mem && addr)
		n = d->c->mem->peek(d->c->mem, addr, size, phase, buf);
	len = strnlen(buf, n);
	*end = len < n;
	return len;
}

void d_path(struct dec *d, uint64_t addr)
{
	char buf[PATH_MAX];
	bool end;
	size_t len = string_at(d, addr, buf, sizeof buf, PHASE_ENTER, &end);

	if (!len && !end)
		d_addr(d, addr);
	else
		d_quote(d, buf, len, !end, QUOTE_PLAIN);
}

/* A path of known length without a NUL, as readlink gives it. */
void d_path_n(struct dec *d, uint64_t addr, size_t len, enum phase phase)
{
	char buf[PATH_MAX];
	size_t n = len < sizeof buf ? len : sizeof buf;
	size_t got = d->c->mem && addr ? d->c->mem->peek(d->c->mem, addr, n, phase, buf) : 0;

	if (!got && len)
		d_addr(d, addr);
	else
		d_quote(d, buf, got, got < len, QUOTE_PLAIN);
}

void d_str(struct dec *d, uint64_t addr, enum phase phase)
{
	size_t size = d->c->limit + 1;
	char *buf = malloc(size);
	bool end = false;
	size_t len = buf ? string_at(d, addr, buf, size, phase, &end) : 0;

	if (!len && !end)
		d_addr(d, addr);
	else
		d_quote(d, buf, len < size ? len : size - 1, !end, QUOTE_PLAIN);
	free(buf);
}

void d_buf(struct dec *d, uint64_t addr, uint64_t len, enum phase phase, enum quote how)
{
	size_t want = len < d->c->limit ? len : d->c->limit, got;
	char *buf = malloc(want + 1);

	if (!addr) {
		text_add(d->t, "NULL");
	} else if (!len) {
		text_add(d->t, "\"\"");
	} else if (!buf || !d->c->mem ||
		   !(got = d->c->mem->peek(d->c->mem, addr, want, phase, buf)) || got < want) {
		/* strace, too, prints all that it wanted or the address */
		if (buf && d->c->mem && got && phase == PHASE_ENTER && got >= 64)
			d_quote(d, buf, got, true, how);
		else
			d_addr(d, addr);
	} else {
		d_quote(d, buf, want, want < len, how);
	}
	free(buf);
}

/* One struct iovec, which is half as long in a 32-bit program. */
static bool read_iov(struct dec *d, uint64_t addr, uint64_t i, struct iovec *iov)
{
	uint32_t small[2];

	if (!d->c->compat)
		return d_read(d, addr + i * sizeof *iov, iov, sizeof *iov, PHASE_ENTER);
	if (!d->c->mem || d->c->mem->peek(d->c->mem, addr + i * sizeof small, sizeof small,
					  PHASE_ENTER, small) != sizeof small)
		return false;
	*iov = (struct iovec){ (void *)(uintptr_t)small[0], small[1] };
	return true;
}

/* total: how many bytes are there in all buffers together; the rest of them is not shown. */
void d_iov(struct dec *d, uint64_t addr, uint64_t nr, enum phase phase, uint64_t total)
{
	struct iovec iov;

	if (!addr || !nr) {
		if (addr && !nr)
			text_add(d->t, "[]");
		else
			d_addr(d, addr);
		return;
	}
	for (uint64_t i = 0; i < nr; i++) {
		if (!read_iov(d, addr, i, &iov)) {
			if (!i)
				d_addr(d, addr);
			else
				text_addf(d->t, ", ... /* 0x%llx */]",
					  (unsigned long long)addr + i * (d->c->compat ? 8 : 16));
			return;
		}
		text_add(d->t, i ? ", " : "[");
		if (i >= d->c->limit) {
			text_add(d->t, "...");
			break;
		}
		uint64_t len = iov.iov_len < total ? iov.iov_len : total;

		text_add(d->t, "{iov_base=");
		if (phase == PHASE_EXIT && d_failed(d))
			d_addr(d, (uintptr_t)iov.iov_base);
		else
			d_buf(d, (uintptr_t)iov.iov_base, len, phase, QUOTE_PLAIN);
		text_addf(d->t, ", iov_len=%zu}", iov.iov_len);
		if (total != (uint64_t)-1)
			total -= len;
	}
	text_add(d->t, "]");
}

void d_strv(struct dec *d, uint64_t addr)
{
	struct text s = {0};
	int n = 0, r = -1;

	if (!addr || !d->c->mem || (r = d->c->mem->strv(d->c->mem, addr, 0, &s)) < 0) {
		d_addr(d, addr);
		text_free(&s);
		return;
	}
	text_add(d->t, "[");
	for (; r > 0; r = d->c->mem->strv(d->c->mem, addr, n, &s)) {
		if (n)
			text_add(d->t, ", ");
		if (n >= (int)d->c->limit) {
			text_add(d->t, "...");
			break;
		}
		size_t len = s.len < d->c->limit ? s.len : d->c->limit;

		d_quote(d, s.s ? s.s : "", len, len < s.len, QUOTE_PLAIN);
		text_clear(&s);
		n++;
	}
	if (r < 0)
		text_add(d->t, ", ...");
	text_add(d->t, "]");
	text_free(&s);
}

/* The environment: how many there are is enough. */
void d_strv_count(struct dec *d, uint64_t addr)
{
	struct text s = {0};
	int n = 0, r = -1;

	d_addr(d, addr);
	if (!addr || !d->c->mem)
		return;
	while ((r = d->c->mem->strv(d->c->mem, addr, n, &s)) > 0) {
		text_clear(&s);
		n++;
	}
	text_free(&s);
	if (r < 0 && !n)
		return;
	text_addf(d->t, " /* %d var%s%s */", n, n == 1 ? "" : "s", r < 0 ? ", unterminated" : "");
}
