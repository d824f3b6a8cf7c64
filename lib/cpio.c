/* SPDX-License-Identifier: MIT */
/*
 * Parser of newc cpio archives (Linux's init/initramfs.c). See <vitrix/cpio.h>.
 *
 *	"070701"  13 fields of 8 hex digits   name NUL  pad  data  pad
 *	|------------ 110 bytes ------------| |-- to 4 ---|  |- to 4 -|     "TRAILER!!!" is the last
 *
 * The archive comes from whoever booted the machine and is not trusted to be whole: each length
 * is checked against what is left of the buffer before it is used. Padding counts from the start
 * of the entry, so an archive may start at any address.
 */
#include <vitrix/cpio.h>
#include <vitrix/string.h>
#include <vitrix/err.h>
#include <linux/limits.h>
#include <linux/stat.h>

#define MAGIC_LEN	6
#define FIELD_LEN	8
#define HEADER_LEN	110

/* The fields in the order of the header. */
enum field {
	F_INO, F_MODE, F_UID, F_GID, F_NLINK, F_MTIME, F_FILESIZE, F_DEVMAJOR, F_DEVMINOR,
	F_RDEVMAJOR, F_RDEVMINOR, F_NAMESIZE, F_CHECK, N_FIELDS
};
static_assert(MAGIC_LEN + N_FIELDS * FIELD_LEN == HEADER_LEN, "the format has 110 bytes");

static const char *parse_entry(const char *p, size_t left, struct cpio_entry *entry,
			       size_t *total);

/* "07070" and one more; NULL or why not. */
static const char *check_magic(const char *p, size_t left)
{
	if (left < MAGIC_LEN)
		return "cpio: archive is cut off";
	if (!memcmp(p, "070701", MAGIC_LEN) || !memcmp(p, "070702", MAGIC_LEN))
		return NULL;
	if (!memcmp(p, "070707", MAGIC_LEN))
		return "cpio: old octal format, make it with `cpio -H newc`";
	return "cpio: no magic number where an entry should begin";
}

int cpio_walk(const void *buf, size_t len, const struct cpio_ops *ops, void *ctx,
	      size_t *consumed, const char **error)
{
	const char *p = buf;
	bool in_archive = false;
	size_t pos = 0;

	*error = NULL;
	for (;;) {
		struct cpio_entry entry;
		size_t total;
		int err;

		while (pos < len && p[pos] == '\0')
			pos++;
		*consumed = pos;
		if (pos == len)
			break;
		/* Behind a trailer something else may follow; the caller looks at it. */
		if (!in_archive && (len - pos < MAGIC_LEN || memcmp(p + pos, "07070", 5)))
			break;
		*error = parse_entry(p + pos, len - pos, &entry, &total);
		if (*error)
			return -EINVAL;
		if (!strcmp(entry.name, "TRAILER!!!")) {
			if (ops->trailer)
				ops->trailer(ctx);
			in_archive = false;
		} else {
			in_archive = true;
			err = ops->entry(ctx, &entry);
			if (err)
				return err;
		}
		pos += total;
	}
	/* The format allows an archive to end without a trailer. */
	if (in_archive && ops->trailer)
		ops->trailer(ctx);
	return 0;
}

static bool parse_hex(const char *s, u32 *value)
{
	*value = 0;
	for (int i = 0; i < FIELD_LEN; i++) {
		unsigned int c = (unsigned char)s[i], digit;

		if (c - '0' < 10)
			digit = c - '0';
		else if ((c | 0x20) - 'a' < 6)
			digit = (c | 0x20) - 'a' + 10;
		else
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

/* 070702: the sum of all bytes. Other links of a file may come without its contents. */
static bool checksum_ok(const struct cpio_entry *entry, u32 check)
{
	const u8 *data = entry->data;
	u32 sum = 0;

	if (!S_ISREG(entry->mode) || (!entry->size && entry->nlink > 1))
		return true;
	for (size_t i = 0; i < entry->size; i++)
		sum += data[i];
	return sum == check;
}

/*
 * The entry at @p, with @left bytes from there. *@total is its length with padding, cut to @left
 * for a last entry without it. Returns NULL or what is wrong.
 */
static const char *parse_entry(const char *p, size_t left, struct cpio_entry *entry,
			       size_t *total)
{
	const char *error = check_magic(p, left);
	size_t name_size, data_start;
	u32 f[N_FIELDS];

	if (error)
		return error;
	if (left < HEADER_LEN)
		return "cpio: archive is cut off in a header";
	for (int i = 0; i < N_FIELDS; i++)
		if (!parse_hex(p + MAGIC_LEN + i * FIELD_LEN, &f[i]))
			return "cpio: header field is not a hexadecimal number";

	name_size = f[F_NAMESIZE];
	if (name_size > left - HEADER_LEN)
		return "cpio: archive is cut off in a name";
	if (name_size > PATH_MAX)
		return "cpio: name is longer than PATH_MAX";
	if (name_size < 2 || !p[HEADER_LEN])
		return "cpio: name is empty";
	if (p[HEADER_LEN + name_size - 1])
		return "cpio: name does not end with a zero byte";

	data_start = ALIGN(HEADER_LEN + name_size, 4);
	if (f[F_FILESIZE] && (data_start > left || f[F_FILESIZE] > left - data_start))
		return "cpio: archive is cut off in a file's contents";
	*total = min(ALIGN(data_start + f[F_FILESIZE], 4), left);

	*entry = (struct cpio_entry) {
		.name = p + HEADER_LEN,
		.mode = f[F_MODE], .uid = f[F_UID], .gid = f[F_GID],
		.mtime = f[F_MTIME], .nlink = f[F_NLINK], .ino = f[F_INO],
		.rdev_major = f[F_RDEVMAJOR], .rdev_minor = f[F_RDEVMINOR],
		.dev_major = f[F_DEVMAJOR], .dev_minor = f[F_DEVMINOR],
		.data = p + min(data_start, left), .size = f[F_FILESIZE],
	};
	if (p[MAGIC_LEN - 1] == '2' && !checksum_ok(entry, f[F_CHECK]))
		return "cpio: checksum of a file's contents is wrong";
	return NULL;
}
