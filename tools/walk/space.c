/* SPDX-License-Identifier: MIT */
/*
 * Which file is mapped where in a process, so that user addresses have names. It is put together
 * from the trace itself: what execve mapped (event new_image), what open and mmap did since. So it
 * is right for the moment of each record, also when the process is long gone. With -p the state at
 * the beginning comes from /proc/PID/maps.
 */
#include "walk.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct mapping {
	struct mapping *next;
	uint64_t start, end;
	uint64_t bias;		/* address - bias: address in the ELF file */
	struct elf *elf;	/* NULL: no file that has names */
	const char *file;
};

struct descriptor {
	struct descriptor *next;
	int fd;
	char path[];
};

struct space {
	int users;
	struct mapping *maps;	/* the newest first */
	struct descriptor *fds;
	char cwd[PATH_MAX];
};

static const char *keep(const char *s)
{
	static struct kept { struct kept *next; char s[]; } *all;
	struct kept *k;

	for (k = all; k; k = k->next)
		if (!strcmp(k->s, s))
			return k->s;
	k = malloc(sizeof *k + strlen(s) + 1);
	if (!k)
		die(1, "out of memory");
	strcpy(k->s, s);
	k->next = all;
	all = k;
	return k->s;
}

/* Those that lie in there are gone. One that sticks out stays: what is left of it may be asked for. */
static void drop_mappings(struct space *s, uint64_t start, uint64_t end)
{
	struct mapping **p = &s->maps, *m;

	while ((m = *p))
		if (m->start >= start && m->end <= end) {
			*p = m->next;
			free(m);
		} else {
			p = &m->next;
		}
}

static void add_mapping(struct space *s, uint64_t start, uint64_t end, uint64_t bias,
			struct elf *elf, const char *file)
{
	struct mapping *m = malloc(sizeof *m);

	if (!m)
		die(1, "out of memory");
	*m = (struct mapping){ s->maps, start, end, bias, elf, keep(file) };
	s->maps = m;
}

static void add_fd(struct space *s, int fd, const char *path)
{
	struct descriptor *d, **p;

	for (p = &s->fds; (d = *p); p = &d->next)
		if (d->fd == fd) {
			*p = d->next;
			free(d);
			break;
		}
	if (!path)
		return;
	d = malloc(sizeof *d + strlen(path) + 1);
	if (!d)
		die(1, "out of memory");
	d->fd = fd;
	strcpy(d->path, path);
	d->next = s->fds;
	s->fds = d;
}

static const char *path_of(struct space *s, int fd)
{
	for (struct descriptor *d = s->fds; d; d = d->next)
		if (d->fd == fd)
			return d->path;
	return NULL;
}

static void clear_maps(struct space *s)
{
	while (s->maps) {
		struct mapping *m = s->maps;

		s->maps = m->next;
		free(m);
	}
}

struct space *space_new(struct space *old)
{
	struct space *s = calloc(1, sizeof *s);

	if (!s)
		die(1, "out of memory");
	s->users = 1;
	if (!old) {
		if (!getcwd(s->cwd, sizeof s->cwd))
			strcpy(s->cwd, "/");
		return s;
	}
	strcpy(s->cwd, old->cwd);
	/* in the old order: each is put in front, so from the end; short lists, recursion is not needed */
	struct mapping **tail = &s->maps;

	for (struct mapping *m = old->maps; m; m = m->next) {
		*tail = malloc(sizeof *m);
		if (!*tail)
			die(1, "out of memory");
		**tail = *m;
		(*tail)->next = NULL;
		tail = &(*tail)->next;
	}
	for (struct descriptor *d = old->fds; d; d = d->next)
		add_fd(s, d->fd, d->path);
	return s;
}

struct space *space_get(struct space *s)
{
	if (s)
		s->users++;
	return s;
}

void space_put(struct space *s)
{
	if (!s || --s->users)
		return;
	clear_maps(s);
	while (s->fds) {
		struct descriptor *d = s->fds;

		s->fds = d->next;
		free(d);
	}
	free(s);
}

/* A path as the process means it. */
static void absolute(struct space *s, const char *path, char *buf)
{
	if (path[0] == '/')
		snprintf(buf, PATH_MAX, "%s", path);
	else
		snprintf(buf, PATH_MAX, "%.2000s/%.2000s", s->cwd, path);
}

/*
 * The program lies load_bias behind its addresses. A dynamic one has its loader mapped too: that is
 * where it begins, so the entry point tells where.
 */
void space_exec(struct space *s, const char *file, uint64_t load_bias, uint64_t entry)
{
	char path[PATH_MAX];
	struct elf *e, *loader;
	const char *interpreter;

	clear_maps(s);
	absolute(s, file, path);
	e = elf_open(path);
	add_mapping(s, 0, UINT64_MAX, load_bias, e, path);
	if (!e || !(interpreter = elf_interpreter(e)))
		return;
	loader = elf_open(interpreter);
	if (loader)
		add_mapping(s, entry - elf_entry(loader), entry - elf_entry(loader) + (16 << 20),
			    entry - elf_entry(loader), loader, interpreter);
}

void space_read_maps(struct space *s, pid_t pid)
{
	char name[32], line[PATH_MAX + 128], path[PATH_MAX];
	unsigned long start, end, offset;
	FILE *f;

	snprintf(name, sizeof name, "/proc/%d/maps", pid);
	f = fopen(name, "re");
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		struct elf *e;

		if (sscanf(line, "%lx-%lx %*s %lx %*s %*s %4095[^\n]", &start, &end, &offset,
			   path) != 4)
			continue;
		e = path[0] == '/' ? elf_open(path) : NULL;
		add_mapping(s, start, end, e ? start - elf_vaddr(e, offset) : start, e, path);
	}
	fclose(f);
	snprintf(name, sizeof name, "/proc/%d/cwd", pid);
	ssize_t n = readlink(name, s->cwd, sizeof s->cwd - 1);

	s->cwd[n > 0 ? n : 0] = 0;
}

static bool call_is(const struct call *c, const char *name)
{
	const struct call_desc *d = call_desc(c);

	return d && !strcmp(d->abi, name);
}

static void opened(struct space *s, const struct call *c, int path_arg)
{
	char name[PATH_MAX], path[PATH_MAX];
	size_t n = c->mem->peek(c->mem, c->args[path_arg], sizeof name - 1, PHASE_ENTER, name);
	const char *dir = path_arg && (int)c->args[0] >= 0 ? path_of(s, c->args[0]) : NULL;

	name[n] = 0;
	if (dir && name[0] != '/')
		snprintf(path, sizeof path, "%.2000s/%.2000s", dir, name);
	else
		absolute(s, name, path);
	add_fd(s, c->ret, path);
}

static void mapped(struct space *s, const struct call *c)
{
	const char *file = c->args[3] & MAP_ANONYMOUS ? NULL : path_of(s, c->args[4]);
	uint64_t len = (c->args[1] + 0xfff) & ~0xfffUL;
	struct elf *e = file ? elf_open(file) : NULL;

	drop_mappings(s, c->ret, c->ret + len);
	if (e)
		add_mapping(s, c->ret, c->ret + len, c->ret - elf_vaddr(e, c->args[5]), e, file);
}

void space_call(struct space *s, const struct call *c)
{
	if (!s || (c->ret < 0 && c->ret >= -4095))
		return;
	if (call_is(c, "openat"))
		opened(s, c, 1);
	else if (call_is(c, "open"))
		opened(s, c, 0);
	else if (call_is(c, "mmap"))
		mapped(s, c);
	else if (call_is(c, "munmap"))
		drop_mappings(s, c->args[0], c->args[0] + ((c->args[1] + 0xfff) & ~0xfffUL));
	else if (call_is(c, "close"))
		add_fd(s, c->args[0], NULL);
	else if (call_is(c, "dup2") || call_is(c, "dup3") || call_is(c, "dup"))
		add_fd(s, c->ret, path_of(s, c->args[0]));
	else if (call_is(c, "chdir")) {
		char name[PATH_MAX], path[PATH_MAX];
		size_t n = c->mem->peek(c->mem, c->args[0], sizeof name - 1, PHASE_ENTER, name);

		name[n] = 0;
		absolute(s, name, path);
		strcpy(s->cwd, path);
	}
}

static struct mapping *find(struct space *s, uint64_t addr)
{
	struct mapping *m = s ? s->maps : NULL;

	while (m && (addr < m->start || addr >= m->end))
		m = m->next;
	return m;
}

bool space_symbol(struct space *s, uint64_t addr, struct text *symbol, const char **file)
{
	struct mapping *m = find(s, addr);
	const char *name, *base;
	uint64_t offset;

	if (!m)
		return false;
	*file = m->file;
	if (m->elf && elf_symbol(m->elf, addr - m->bias, &name, &offset)) {
		text_addf(symbol, "%s+0x%llx", name, (unsigned long long)offset);
		return true;
	}
	/* the mapping that stands for the whole program has no end: an address far off is not in it */
	if (!m->elf || (m->end == UINT64_MAX && !elf_bytes(m->elf, addr - m->bias, &offset, 1)))
		return false;
	base = strrchr(m->file, '/');
	text_addf(symbol, "%s+0x%llx", base ? base + 1 : m->file,
		  (unsigned long long)(addr - m->bias));
	return true;
}

size_t space_code(struct space *s, uint64_t addr, void *buf, size_t len)
{
	struct mapping *m = find(s, addr);

	return m && m->elf ? elf_bytes(m->elf, addr - m->bias, buf, len) : 0;
}
