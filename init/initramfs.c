/* SPDX-License-Identifier: MIT */
/*
 * The first root file system: what the boot loader put into memory (-initrd), unpacked into rootfs.
 *
 *	initrd:  [cpio] 0 0 0 [gzip( cpio cpio )] 0 0 [cpio] ...       any mixture, zeroes between
 *
 *	plain cpio    cpio_walk() over the memory as it lies; a file's data goes straight into
 *	              its pages
 *	gzip          gunzip() hands over pieces; feed() cuts them into entries: header and name
 *	              are gathered in `head`, contents go on to the file piece by piece. So the
 *	              archive is never in memory unpacked a second time, and 16 MiB machines boot.
 *
 * Called once by process 1, before the first program; no other task touches rootfs. An error is
 * printed, with its cause, and ends the unpacking, not the boot: what was unpacked so far may do.
 * An entry that cannot be made (its directory is missing, say) is told and left out. Linux's twin:
 * init/initramfs.c; the format: buffer-format.rst of Linux, cpio(5). Left out: compression other
 * than gzip, initrd images (root file systems in a RAM disk).
 */
#include <vitrix/init.h>
#include <vitrix/cpio.h>
#include <vitrix/gunzip.h>
#include <vitrix/fs.h>
#include <vitrix/mm.h>
#include <vitrix/vmalloc.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>

#define HEADER_LEN	110
#define TRAILER		"TRAILER!!!"

/* A file with several names: later ones become its hard links. Until the archive's trailer. */
struct hard_link {
	struct list_head node;
	u32 ino, dev_major, dev_minor;
	char name[];
};

/* Directories get their times last: unpacking into them changes these. */
struct dir_time {
	struct list_head node;
	struct path path;
	time64_t mtime;
};

struct unpacker {
	struct list_head links, dirs;
	/* of gzip streams */
	bool streaming;
	char *head;			/* header, name, and a symbolic link's target */
	size_t have, need;
	struct file *file;		/* that the contents go to; NULL: nowhere */
	struct cpio_entry entry;	/* what file gets at its end; no name, no data */
	size_t body_left, pad_left;
	const char *error;
};
#define HEAD_SIZE	(HEADER_LEN + 2 * PATH_MAX + 8)

/* ---------------------------------------------------------------- making files */

static void set_attributes(struct dentry *dentry, const struct cpio_entry *e)
{
	struct iattr attr = {
		.ia_valid = ATTR_UID | ATTR_GID | ATTR_MTIME | ATTR_MTIME_SET | ATTR_ATIME |
			    ATTR_ATIME_SET | ATTR_FORCE,
		.ia_uid = e->uid, .ia_gid = e->gid,
		.ia_mtime.tv_sec = e->mtime, .ia_atime.tv_sec = e->mtime,
	};

	inode_lock(d_inode(dentry));
	notify_change(dentry, &attr);
	/* Afterwards: a change of owner takes the set-user-id bit away. */
	attr.ia_valid = ATTR_MODE | ATTR_FORCE;
	attr.ia_mode = e->mode;
	if (!S_ISLNK(e->mode))
		notify_change(dentry, &attr);
	inode_unlock(d_inode(dentry));
}

/* What has this name and is of another type goes; symbolic links always. */
static void clean_path(const char *name, umode_t mode)
{
	struct path path;
	struct dentry *parent;
	struct inode *dir;
	umode_t old;

	if (kern_path(name, 0, &path))
		return;
	old = d_inode(path.dentry)->i_mode;
	if (((old ^ mode) & S_IFMT) || S_ISLNK(old)) {
		parent = dget_parent(path.dentry);
		dir = d_inode(parent);
		inode_lock(dir);
		if (S_ISDIR(old))
			vfs_rmdir(dir, path.dentry);
		else
			vfs_unlink(dir, path.dentry);
		inode_unlock(dir);
		dput(parent);
	}
	path_put(&path);
}

static int remember_dir(struct unpacker *u, const char *name, const struct cpio_entry *e)
{
	struct dir_time *d = kmalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	if (kern_path(name, 0, &d->path)) {
		kfree(d);
		return 0;
	}
	set_attributes(d->path.dentry, e);
	d->mtime = e->mtime;
	list_add(&d->node, &u->dirs);
	return 0;
}

static void set_dir_times(struct unpacker *u)
{
	struct dir_time *d, *next;

	list_for_each_entry_safe(d, next, &u->dirs, node) {
		struct iattr attr = {
			.ia_valid = ATTR_MTIME | ATTR_MTIME_SET | ATTR_FORCE,
			.ia_mtime.tv_sec = d->mtime,
		};

		inode_lock(d_inode(d->path.dentry));
		notify_change(d->path.dentry, &attr);
		inode_unlock(d_inode(d->path.dentry));
		path_put(&d->path);
		kfree(d);
	}
	INIT_LIST_HEAD(&u->dirs);
}

/* Directories, links, nodes: all that has no contents. target: a symbolic link's text. */
static int make_node(struct unpacker *u, const struct cpio_entry *e, const char *target)
{
	struct path parent;
	struct dentry *d = kern_path_create(e->name, &parent,
					    S_ISDIR(e->mode) ? LOOKUP_DIRECTORY : 0);
	int error = PTR_ERR_OR_ZERO(d);

	if (!error) {
		struct inode *dir = d_inode(parent.dentry);

		if (S_ISDIR(e->mode))
			error = vfs_mkdir(dir, d, e->mode & 07777);
		else if (S_ISLNK(e->mode))
			error = vfs_symlink(dir, d, target);
		else
			error = vfs_mknod(dir, d, e->mode, MKDEV(e->rdev_major, e->rdev_minor));
		if (!error && !S_ISDIR(e->mode) && d_inode(d))
			set_attributes(d, e);
		done_path_create(&parent, d);
	}
	if (S_ISDIR(e->mode) && (!error || error == -EEXIST))
		return remember_dir(u, e->name, e);
	return error == -EEXIST && !S_ISLNK(e->mode) ? 0 : error;
}

static int make_symlink(struct unpacker *u, const struct cpio_entry *e)
{
	char *target;
	int error;

	if (e->size >= PATH_MAX)
		return -ENAMETOOLONG;
	target = kstrndup(e->data, e->size, GFP_KERNEL);
	if (!target)
		return -ENOMEM;
	clean_path(e->name, S_IFLNK);
	error = make_node(u, e, target);
	kfree(target);
	return error;
}

/* ---------------------------------------------------------------- regular files */

/* 1: it has become a link to a file that is there; 0: it is the first, and is remembered; -errno */
static int maybe_link(struct unpacker *u, const struct cpio_entry *e)
{
	struct hard_link *l;
	struct path old, parent;
	struct dentry *d;
	int error;

	list_for_each_entry(l, &u->links, node) {
		if (l->ino != e->ino || l->dev_major != e->dev_major ||
		    l->dev_minor != e->dev_minor)
			continue;
		error = kern_path(l->name, 0, &old);
		if (error)
			return error;
		clean_path(e->name, 0);
		d = kern_path_create(e->name, &parent, 0);
		error = PTR_ERR_OR_ZERO(d);
		if (!error) {
			error = vfs_link(old.dentry, d_inode(parent.dentry), d);
			done_path_create(&parent, d);
		}
		path_put(&old);
		return error ? error : 1;
	}
	l = kmalloc(sizeof(*l) + strlen(e->name) + 1, GFP_KERNEL);
	if (!l)
		return -ENOMEM;
	l->ino = e->ino;
	l->dev_major = e->dev_major;
	l->dev_minor = e->dev_minor;
	strscpy(l->name, e->name, strlen(e->name) + 1);
	list_add(&l->node, &u->links);
	return 0;
}

static void forget_links(void *ctx)
{
	struct unpacker *u = ctx;
	struct hard_link *l, *next;

	list_for_each_entry_safe(l, next, &u->links, node)
		kfree(l);
	INIT_LIST_HEAD(&u->links);
}

/* The file, open for its size bytes of contents; NULL if another name already brought them. */
static struct file *begin_file(struct unpacker *u, const struct cpio_entry *e, size_t size)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_LARGEFILE, linked = 0;

	if (e->nlink > 1)
		linked = maybe_link(u, e);
	if (linked < 0)
		return ERR_PTR(linked);
	if (linked) {
		if (!size)
			return NULL;
		flags &= ~(O_CREAT | O_TRUNC);
	} else {
		clean_path(e->name, S_IFREG);
	}
	return filp_open(e->name, flags, e->mode & 07777);
}

static int write_contents(struct file *file, const void *data, size_t size)
{
	while (size) {
		ssize_t n = kernel_write(file, data, size, &file->f_pos);

		if (n <= 0)
			return n ? n : -EIO;
		data += n;
		size -= n;
	}
	return 0;
}

static void end_file(struct file *file, const struct cpio_entry *e)
{
	set_attributes(file_dentry(file), e);
	filp_close(file, NULL);
}

static int make_file(struct unpacker *u, const struct cpio_entry *e)
{
	struct file *file = begin_file(u, e, u->streaming ? u->body_left : e->size);
	int error;

	if (IS_ERR_OR_NULL(file))
		return PTR_ERR_OR_ZERO(file);
	if (u->streaming && u->body_left) {
		u->file = file;
		u->entry = *e;
		return 0;
	}
	error = write_contents(file, e->data, e->size);
	end_file(file, e);
	return error;
}

/* ---------------------------------------------------------------- archives */

static int unpack_entry(void *ctx, const struct cpio_entry *e)
{
	struct unpacker *u = ctx;
	int error;

	switch (e->mode & S_IFMT) {
	case S_IFREG:
		error = make_file(u, e);
		break;
	case S_IFLNK:
		error = make_symlink(u, e);
		break;
	case S_IFDIR: case S_IFCHR: case S_IFBLK: case S_IFIFO: case S_IFSOCK:
		clean_path(e->name, e->mode);
		error = make_node(u, e, NULL);
		break;
	default:
		error = -EINVAL;
	}
	if (error == -ENOMEM || error == -ENOSPC)
		return error;
	if (error)
		pr_err("Initramfs: cannot make %s (error %d)\n", e->name, error);
	return 0;
}

static const struct cpio_ops whole_archive = { .entry = unpack_entry, .trailer = forget_links };
static const struct cpio_ops single_entry = { .entry = unpack_entry };

/* A field of the header that is being gathered; garbage is found out by cpio_walk(). */
static u32 header_field(const struct unpacker *u, int n)
{
	u32 v = 0;

	for (int i = 0; i < 8; i++) {
		char c = u->head[6 + n * 8 + i];

		v = v << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return v;
}
#define FIELD_MODE	1
#define FIELD_FILESIZE	6
#define FIELD_NAMESIZE	11

/* The header is there: how much of the entry has to be gathered before it can be parsed. */
static size_t entry_need(const struct unpacker *u)
{
	size_t name = header_field(u, FIELD_NAMESIZE), size = header_field(u, FIELD_FILESIZE);

	if (memcmp(u->head, "07070", 5) || name > PATH_MAX)
		return HEADER_LEN;	/* cpio_walk() says what is wrong */
	name = ALIGN(HEADER_LEN + name, 4);
	return S_ISLNK(header_field(u, FIELD_MODE)) && size < PATH_MAX ? name + size : name;
}

/*
 * Header and name (for a symbolic link its target too) are gathered. cpio_walk() parses them as an
 * archive of one entry. The contents are still to come: it is told that there are none, and no
 * checksum either, since gzip has its own.
 */
static int gathered_entry(struct unpacker *u)
{
	size_t size = header_field(u, FIELD_FILESIZE), used, inside;
	size_t name = ALIGN(HEADER_LEN + (size_t)header_field(u, FIELD_NAMESIZE), 4);
	int error;

	inside = u->have > name ? u->have - name : 0;
	u->body_left = inside ? 0 : size;
	u->pad_left = -size & 3;
	if (!inside)
		memset(u->head + 6 + FIELD_FILESIZE * 8, '0', 8);
	if (u->head[5] == '2')
		u->head[5] = '1';
	if (u->have >= HEADER_LEN + sizeof(TRAILER) &&
	    !memcmp(u->head + HEADER_LEN, TRAILER, sizeof(TRAILER)))
		forget_links(u);
	error = cpio_walk(u->head, u->have, &single_entry, u, &used, &u->error);
	if (!error && used < u->have) {
		u->error = "junk within compressed archive";
		error = -EINVAL;
	}
	u->have = 0;
	u->need = HEADER_LEN;
	return error;
}

static int feed_body(struct unpacker *u, const char *data, size_t n)
{
	int error = u->file ? write_contents(u->file, data, n) : 0;

	u->body_left -= n;
	if (u->file && (error || !u->body_left)) {
		end_file(u->file, &u->entry);
		u->file = NULL;
	}
	return error;
}

/* gunzip()'s output, piece by piece */
static int feed(void *ctx, const void *piece, size_t len)
{
	struct unpacker *u = ctx;
	const char *data = piece;
	int error = 0;

	while (len && !error) {
		size_t n;

		if (u->body_left) {
			n = min(len, u->body_left);
			error = feed_body(u, data, n);
		} else if (u->pad_left) {
			n = min(len, u->pad_left);
			u->pad_left -= n;
		} else if (!u->have && !*data) {
			n = 1;		/* between entries and archives */
		} else {
			n = min(len, u->need - u->have);
			ASSERT(u->need <= HEAD_SIZE);
			memcpy(u->head + u->have, data, n);
			u->have += n;
			if (u->have == HEADER_LEN)
				u->need = entry_need(u);
			if (u->have == u->need)
				error = gathered_entry(u);
		}
		data += n;
		len -= n;
	}
	return error;
}

static int unpack_gzip(struct unpacker *u, const char *buf, size_t len, size_t *used)
{
	void *workspace = vmalloc(GUNZIP_WORKSPACE_SIZE);
	const char *gzip_error = NULL;
	int error = -ENOMEM;

	u->head = kmalloc(HEAD_SIZE, GFP_KERNEL);
	u->have = u->body_left = u->pad_left = 0;
	u->need = HEADER_LEN;
	u->streaming = true;
	if (workspace && u->head)
		error = gunzip(buf, len, used, feed, u, workspace, GUNZIP_WORKSPACE_SIZE,
			       &gzip_error);
	if (gzip_error)
		u->error = gzip_error;
	if (!error && (u->have || u->body_left)) {
		u->error = "archive is cut off";
		error = -EINVAL;
	}
	if (u->file) {
		end_file(u->file, &u->entry);
		u->file = NULL;
	}
	u->streaming = false;
	forget_links(u);
	kfree(u->head);
	vfree(workspace);
	return error;
}

/* What else it could be, for the message. */
static const char *unknown_format(const char *buf, size_t len)
{
	static const struct { const char *magic, *text; } formats[] = {
		{ "\xfd" "7zXZ", "compression method xz not configured" },
		{ "\x28\xb5\x2f\xfd", "compression method zstd not configured" },
		{ "\x02\x21\x4c\x18", "compression method lz4 not configured" },
		{ "\x89LZO", "compression method lzo not configured" },
		{ "BZh", "compression method bzip2 not configured" },
		{ "\x5d", "compression method lzma not configured" },
	};

	for (int i = 0; i < ARRAY_SIZE(formats); i++) {
		size_t n = strlen(formats[i].magic);

		if (len >= n && !memcmp(buf, formats[i].magic, n))
			return formats[i].text;
	}
	return "invalid magic at start of archive";
}

/* NULL or what went wrong. */
static const char *unpack(struct unpacker *u, const char *buf, size_t len)
{
	size_t used;
	int error;

	while (len) {
		used = 0;
		if (!*buf) {
			used = 1;
			error = 0;
		} else if (is_gzip(buf, len)) {
			error = unpack_gzip(u, buf, len, &used);
		} else if (len >= 6 && !memcmp(buf, "07070", 5)) {
			error = cpio_walk(buf, len, &whole_archive, u, &used, &u->error);
		} else {
			return unknown_format(buf, len);
		}
		if (error == -ENOMEM)
			return "out of memory";
		if (error == -ENOSPC)
			return "no space left in rootfs: more memory is needed";
		if (error)
			return u->error ? u->error : "write error";
		ASSERT(used > 0 && used <= len);
		buf += used;
		len -= used;
	}
	return NULL;
}

/* What Linux's built-in archive holds: enough for a console before user space mounts anything. */
static void __init default_rootfs(struct unpacker *u)
{
	static const struct cpio_entry entries[] = {
		{ .name = "/dev", .mode = S_IFDIR | 0755 },
		{ .name = "/dev/console", .mode = S_IFCHR | 0600,
		  .rdev_major = 5, .rdev_minor = 1 },
		{ .name = "/root", .mode = S_IFDIR | 0700 },
	};

	for (int i = 0; i < ARRAY_SIZE(entries); i++) {
		struct cpio_entry e = entries[i];

		e.mtime = ktime_get_real_seconds();
		unpack_entry(u, &e);
	}
}

/* May sleep; process 1. */
void __init populate_rootfs(void)
{
	struct unpacker u = { .links = LIST_HEAD_INIT(u.links), .dirs = LIST_HEAD_INIT(u.dirs) };
	const char *error;

	default_rootfs(&u);
	if (initrd_size) {
		pr_info("Trying to unpack rootfs image as initramfs...\n");
		error = unpack(&u, __va(initrd_start_phys), initrd_size);
		if (error)
			pr_err("Initramfs unpacking failed: %s\n", error);
		forget_links(&u);
		pr_info("Freeing initrd memory: %lluK\n", initrd_size >> 10);
		free_reserved_range(initrd_start_phys, initrd_start_phys + initrd_size);
		initrd_size = 0;
	}
	set_dir_times(&u);
}
