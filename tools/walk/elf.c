/* SPDX-License-Identifier: MIT */
/*
 * ELF files of the programs that are watched: names of addresses, and code bytes. A file is mapped
 * once and kept, also when it is no ELF, so that it is looked at once only. Everything in it is
 * taken for possibly broken.
 */
#include "walk.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct symbol {
	uint64_t value, size;
	const char *name;
};

struct elf {
	struct elf *next;
	char *path;
	const char *map;		/* NULL: no ELF file of ours */
	size_t size;
	struct symbol *symbols;		/* by value */
	size_t nr_symbols;
};

static struct elf *files;

static const void *at(const struct elf *e, uint64_t offset, uint64_t len)
{
	return offset <= e->size && len <= e->size - offset ? e->map + offset : NULL;
}

static const Elf64_Ehdr *header(const struct elf *e)
{
	const Elf64_Ehdr *h = at(e, 0, sizeof *h);

	return h && !memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_machine == EM_X86_64 ? h : NULL;
}

static const Elf64_Phdr *program_header(const struct elf *e, int i)
{
	const Elf64_Ehdr *h = header(e);

	if (i >= h->e_phnum || h->e_phentsize != sizeof(Elf64_Phdr))
		return NULL;
	return at(e, h->e_phoff + i * sizeof(Elf64_Phdr), sizeof(Elf64_Phdr));
}

static int by_value(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	/* of two names the one with a size, then the shorter one without underscores */
	if (!x->size != !y->size)
		return x->size ? 1 : -1;
	return strlen(y->name) > strlen(x->name) ? 1 : -1;
}

static void add_symbols(struct elf *e, const Elf64_Shdr *sh, const Elf64_Shdr *str)
{
	size_t n = sh->sh_entsize == sizeof(Elf64_Sym) ? sh->sh_size / sizeof(Elf64_Sym) : 0;
	const Elf64_Sym *sym = at(e, sh->sh_offset, n * sizeof *sym);
	const char *strings = at(e, str->sh_offset, str->sh_size);

	if (!sym || !strings || !str->sh_size || strings[str->sh_size - 1])
		return;
	e->symbols = realloc(e->symbols, (e->nr_symbols + n) * sizeof *e->symbols);
	if (!e->symbols)
		die(1, "out of memory");
	for (size_t i = 0; i < n; i++) {
		int type = ELF64_ST_TYPE(sym[i].st_info);

		if ((type != STT_FUNC && type != STT_NOTYPE && type != STT_GNU_IFUNC) ||
		    !sym[i].st_value || sym[i].st_shndx == SHN_UNDEF ||
		    sym[i].st_shndx == SHN_ABS || sym[i].st_name >= str->sh_size ||
		    !strings[sym[i].st_name])
			continue;
		e->symbols[e->nr_symbols++] = (struct symbol){ sym[i].st_value, sym[i].st_size,
							       strings + sym[i].st_name };
	}
}

static void read_symbols(struct elf *e)
{
	const Elf64_Ehdr *h = header(e);
	const Elf64_Shdr *sh = h->e_shentsize == sizeof *sh ?
			       at(e, h->e_shoff, h->e_shnum * sizeof *sh) : NULL;

	for (int want = SHT_SYMTAB; sh && !e->nr_symbols; want = SHT_DYNSYM) {
		for (int i = 0; i < h->e_shnum; i++)
			if ((int)sh[i].sh_type == want && sh[i].sh_link < h->e_shnum)
				add_symbols(e, &sh[i], &sh[sh[i].sh_link]);
		if (want == SHT_DYNSYM)
			break;
	}
	if (e->nr_symbols)
		qsort(e->symbols, e->nr_symbols, sizeof *e->symbols, by_value);
}

struct elf *elf_open(const char *path)
{
	struct elf *e;
	struct stat st;
	int fd;

	for (e = files; e; e = e->next)
		if (!strcmp(e->path, path))
			return e->map ? e : NULL;
	e = calloc(1, sizeof *e);
	if (!e || !(e->path = strdup(path)))
		die(1, "out of memory");
	e->next = files;
	files = e;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > (off_t)sizeof(Elf64_Ehdr)) {
		void *map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		e->map = map == MAP_FAILED ? NULL : map;
		e->size = st.st_size;
	}
	close(fd);
	if (e->map && !header(e))
		e->map = NULL;
	if (e->map)
		read_symbols(e);
	return e->map ? e : NULL;
}

bool elf_symbol(struct elf *e, uint64_t vaddr, const char **name, uint64_t *offset)
{
	size_t lo = 0, hi = e->nr_symbols;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (e->symbols[mid].value <= vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return false;
	const struct symbol *s = &e->symbols[lo - 1];

	if (s->size && vaddr - s->value >= s->size)
		return false;
	if (!s->size && vaddr - s->value > 0x1000)
		return false;
	*name = s->name;
	*offset = vaddr - s->value;
	return true;
}

uint64_t elf_vaddr(struct elf *e, uint64_t offset)
{
	const Elf64_Phdr *p;

	for (int i = 0; (p = program_header(e, i)); i++)
		if (p->p_type == PT_LOAD && offset >= (p->p_offset & ~0xfffUL) &&
		    offset < p->p_offset + p->p_filesz)
			return offset - p->p_offset + p->p_vaddr;
	return offset;
}

size_t elf_bytes(struct elf *e, uint64_t vaddr, void *buf, size_t len)
{
	const Elf64_Phdr *p;

	for (int i = 0; (p = program_header(e, i)); i++) {
		const void *from;
		uint64_t in = vaddr - p->p_vaddr;

		if (p->p_type != PT_LOAD || vaddr < p->p_vaddr || in >= p->p_filesz)
			continue;
		if (len > p->p_filesz - in)
			len = p->p_filesz - in;
		from = at(e, p->p_offset + in, len);
		if (!from)
			return 0;
		memcpy(buf, from, len);
		return len;
	}
	return 0;
}

bool elf_fixed(struct elf *e)
{
	return header(e)->e_type == ET_EXEC;
}

uint64_t elf_entry(struct elf *e)
{
	return header(e)->e_entry;
}

const char *elf_interpreter(struct elf *e)
{
	const Elf64_Phdr *p;

	for (int i = 0; (p = program_header(e, i)); i++) {
		const char *s = p->p_type == PT_INTERP ? at(e, p->p_offset, p->p_filesz) : NULL;

		if (s && p->p_filesz && !s[p->p_filesz - 1])
			return s;
	}
	return NULL;
}
