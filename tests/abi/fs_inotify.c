/* SPDX-License-Identifier: MIT */
/* inotify(7): events of a directory and a file. Skipped where there is none. */
#include "abi.h"
#include <sys/inotify.h>

static int fd, wd;

/* The next event must be this one. */
static void expect(uint32_t mask, const char *name)
{
	static char buf[4096] __attribute__((aligned(8)));
	static int at, len;
	struct inotify_event *e;

	if (at >= len) {
		at = 0;
		len = read(fd, buf, sizeof(buf));
		if (len <= 0) {
			FAIL("no event for 0x%x %s", mask, name);
			len = 0;
			return;
		}
	}
	e = (void *)(buf + at);
	at += sizeof(*e) + e->len;
	CHECK_EQ(e->mask, mask);
	CHECK_STR(e->len ? e->name : "", name);
}

int main(void)
{
	struct pollfd f;

	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd < 0 && errno == ENOSYS)
		SKIP("no inotify");
	NEED(fd);
	CHECK_OK(mkdir("d", 0755));
	wd = NEED(inotify_add_watch(fd, "d", IN_CREATE | IN_DELETE | IN_MOVE | IN_CLOSE_WRITE |
				    IN_MODIFY | IN_DELETE_SELF));
	CHECK_EQ(wd, 1);
	f = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_EQ(poll(&f, 1, 0), 0);
	put_file("d/f", "text");
	CHECK_EQ(poll(&f, 1, 0), 1);
	expect(IN_CREATE, "f");
	expect(IN_MODIFY, "f");
	expect(IN_CLOSE_WRITE, "f");
	CHECK_OK(rename("d/f", "d/g"));
	expect(IN_MOVED_FROM, "f");
	expect(IN_MOVED_TO, "g");
	CHECK_OK(mkdir("d/sub", 0755));
	expect(IN_CREATE | IN_ISDIR, "sub");
	CHECK_OK(unlink("d/g"));
	expect(IN_DELETE, "g");
	CHECK_OK(rmdir("d/sub"));
	expect(IN_DELETE | IN_ISDIR, "sub");
	CHECK_OK(rmdir("d"));
	expect(IN_DELETE_SELF, "");
	expect(IN_IGNORED, "");
	CHECK_ERR(read(fd, &f, sizeof(f)), EAGAIN);
	CHECK_ERR(inotify_rm_watch(fd, wd), EINVAL);
	CHECK_ERR(inotify_add_watch(fd, "none", IN_CREATE), ENOENT);
	CHECK_ERR(inotify_add_watch(fd, ".", 0), EINVAL);
	CHECK_ERR(inotify_add_watch(0, ".", IN_CREATE), EINVAL);
	CHECK_ERR(inotify_init1(1), EINVAL);
	return abi_done();
}
