/* SPDX-License-Identifier: MIT */
/* getdents64(2): every entry exactly once, whatever the buffer, while entries come and go. */
#include "abi.h"
#include <dirent.h>

struct ent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static int seen[300];

/* List fd with a buffer of this size; the number of entries, -1 on error. */
static int list(int fd, int size, int remove)
{
	char buf[32768], path[32];
	int n, total = 0;

	memset(seen, 0, sizeof(seen));
	while ((n = syscall(SYS_getdents64, fd, buf, size)) > 0) {
		for (int i = 0; i < n;) {
			struct ent *e = (void *)(buf + i);

			CHECK(e->reclen >= 20 && e->reclen % 8 == 0 && i + e->reclen <= n);
			CHECK(e->ino != 0);
			CHECK(memchr(e->name, 0, e->reclen - 19));
			if (e->name[0] == 'f') {
				seen[atoi(e->name + 1)]++;
				CHECK_EQ(e->type, DT_REG);
				snprintf(path, sizeof(path), "d/%s", e->name);
				if (!remove)
					CHECK_EQ(e->ino, stat_of(path).st_ino);
				else
					CHECK_OK(unlink(path));
			}
			total++;
			i += e->reclen;
		}
	}
	return n < 0 ? -1 : total;
}

static void types(void)
{
	static const struct { const char *name; int type; } want[] = {
		{ "reg", DT_REG }, { "dir", DT_DIR }, { "lnk", DT_LNK }, { "fifo", DT_FIFO },
		{ "chr", DT_CHR }, { ".", DT_DIR }, { "..", DT_DIR },
	};
	char buf[4096];
	int fd, n, i, found = 0;

	CHECK_OK(mkdir("t", 0755));
	put_file("t/reg", "");
	CHECK_OK(mkdir("t/dir", 0755));
	CHECK_OK(symlink("x", "t/lnk"));
	CHECK_OK(mknod("t/fifo", S_IFIFO | 0600, 0));
	CHECK_OK(mknod("t/chr", S_IFCHR | 0600, 0x103));
	fd = NEED(open("t", O_RDONLY));
	n = CHECK_OK(syscall(SYS_getdents64, fd, buf, sizeof(buf)));
	for (i = 0; i < n; i += ((struct ent *)(buf + i))->reclen) {
		struct ent *e = (void *)(buf + i);

		for (unsigned k = 0; k < sizeof(want) / sizeof(*want); k++)
			if (!strcmp(e->name, want[k].name)) {
				CHECK_EQ(e->type, want[k].type);
				found++;
			}
	}
	CHECK_EQ(found, 7);
	close(fd);
}

int main(void)
{
	char path[32], buf[256];
	int fd, i;

	CHECK_OK(mkdir("d", 0755));
	for (i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "d/f%d", i);
		put_file(path, "");
	}
	fd = NEED(open("d", O_RDONLY | O_DIRECTORY));
	CHECK_EQ(list(fd, 32768, 0), 202);
	for (i = 0; i < 200; i++)
		CHECK_EQ(seen[i], 1);
	CHECK_EQ(syscall(SYS_getdents64, fd, buf, sizeof(buf)), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(list(fd, 64, 0), 202);
	for (i = 0; i < 200; i++)
		CHECK_EQ(seen[i], 1);

	/* d_off leads back to the entry after the one that it came with. */
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK(syscall(SYS_getdents64, fd, buf, 200) > 0);
	{
		struct ent *a = (void *)buf, *b = (void *)(buf + a->reclen);
		char second[64], again[256];

		snprintf(second, sizeof(second), "%s", b->name);
		CHECK_OK(lseek(fd, a->off, SEEK_SET));
		CHECK(syscall(SYS_getdents64, fd, again, 200) > 0);
		CHECK_STR(((struct ent *)again)->name, second);
	}

	/* Removing what was just listed must not lose the others: rm -r does this. */
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(list(fd, 512, 1), 202);
	for (i = 0; i < 200; i++)
		CHECK_EQ(seen[i], 1);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(list(fd, 4096, 0), 2);
	CHECK_OK(rmdir("d"));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, sizeof(buf)), ENOENT);
	close(fd);

	types();
	fd = NEED(open("t", O_RDONLY));
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, 8), EINVAL);
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, 0), EINVAL);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_getdents64, fd, p, 4096), EFAULT);
	CHECK_ERR(syscall(SYS_getdents64, -1, buf, 256), EBADF);
	fd = NEED(open("t/reg", O_RDWR));
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, 256), ENOTDIR);
	return abi_done();
}
