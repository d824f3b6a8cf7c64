/* SPDX-License-Identifier: MIT */
/* vdso(7): the shared object that the kernel maps into each program. */
#include "abi.h"
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

typedef int (*gettime_fn)(clockid_t, struct timespec *);
typedef int (*gettod_fn)(struct timeval *, struct timezone *);
typedef time_t (*time_fn)(time_t *);
typedef long (*getcpu_fn)(unsigned *, unsigned *, void *);

static Elf64_Ehdr *ehdr;
static Elf64_Phdr *load;
static Elf64_Sym *symtab;
static char *strtab;
static Elf64_Versym *versym;
static Elf64_Verdef *verdef;
static uint32_t *hash, *gnu_hash;
static unsigned long image_len;

static void *at(unsigned long vaddr)
{
	return (char *)ehdr + vaddr - load->p_vaddr + load->p_offset;
}

/* Finds the tables by the program headers, as a libc does. */
static void parse(void)
{
	Elf64_Phdr *ph = (void *)((char *)ehdr + ehdr->e_phoff);
	Elf64_Dyn *dyn = NULL;
	unsigned long soname = 0, notes = 0;

	CHECK(!memcmp(ehdr->e_ident, ELFMAG, SELFMAG));
	CHECK_EQ(ehdr->e_ident[EI_CLASS], ELFCLASS64);
	CHECK_EQ(ehdr->e_type, ET_DYN);
	CHECK_EQ(ehdr->e_machine, EM_X86_64);
	for (int i = 0; i < ehdr->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD) {
			CHECK(!load);
			load = &ph[i];
			CHECK_EQ(load->p_flags, PF_R | PF_X);
		} else if (ph[i].p_type == PT_DYNAMIC) {
			dyn = (void *)((char *)ehdr + ph[i].p_offset);
		} else if (ph[i].p_type == PT_NOTE) {
			notes++;
		}
	}
	if (!load || !dyn)
		_exit(1);
	CHECK(notes);
	image_len = (load->p_offset + load->p_memsz + PAGE - 1) & -PAGE;
	for (; dyn->d_tag != DT_NULL; dyn++) {
		void *p = at(dyn->d_un.d_ptr);

		switch (dyn->d_tag) {
		case DT_SONAME: soname = dyn->d_un.d_val; break;
		case DT_STRTAB: strtab = p; break;
		case DT_SYMTAB: symtab = p; break;
		case DT_HASH: hash = p; break;
		case DT_GNU_HASH: gnu_hash = p; break;
		case DT_VERSYM: versym = p; break;
		case DT_VERDEF: verdef = p; break;
		case DT_RELA: case DT_REL: case DT_JMPREL: FAIL("relocations"); break;
		}
	}
	if (!strtab || !symtab || !hash)
		_exit(1);
	CHECK(gnu_hash && versym && verdef);
	CHECK_STR(strtab + soname, "linux-vdso.so.1");
}

/* A symbol by DT_HASH; its version must be LINUX_2.6. */
static void *lookup(const char *name)
{
	unsigned long h = 0, g;

	for (const char *s = name; *s; s++) {
		h = (h << 4) + (unsigned char)*s;
		g = h & 0xf0000000;
		h = (h ^ g >> 24) & ~g;
	}
	for (uint32_t i = hash[2 + h % hash[0]]; i; i = hash[2 + hash[0] + i]) {
		Elf64_Verdef *v = verdef;

		if (strcmp(strtab + symtab[i].st_name, name))
			continue;
		CHECK_EQ(ELF64_ST_TYPE(symtab[i].st_info), STT_FUNC);
		while (v->vd_ndx != (versym[i] & 0x7fff) && v->vd_next)
			v = (void *)((char *)v + v->vd_next);
		CHECK_STR(strtab + ((Elf64_Verdaux *)((char *)v + v->vd_aux))->vda_name,
			  "LINUX_2.6");
		return at(symtab[i].st_value);
	}
	FAIL("no symbol %s", name);
	_exit(1);
}

static long long ns_of(struct timespec ts)
{
	CHECK(ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static long long call_ns(clockid_t clock)
{
	struct timespec ts;

	NEED(syscall(SYS_clock_gettime, clock, &ts));
	return ns_of(ts);
}

/* Between two system calls the vDSO's time lies between theirs. */
static void check_clock(gettime_fn gettime, clockid_t clock)
{
	for (int i = 0; i < 2000; i++) {
		struct timespec ts;
		long long before = call_ns(clock), now, after;

		CHECK_EQ(gettime(clock, &ts), 0);
		now = ns_of(ts);
		after = call_ns(clock);
		if (now < before || now > after) {
			FAIL("clock %d: %lld, then %lld, then %lld", clock, before, now, after);
			return;
		}
	}
}

static void check_clocks(void)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_TAI,
		CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_PROCESS_CPUTIME_ID,
		CLOCK_THREAD_CPUTIME_ID,
	};
	gettime_fn gettime = lookup("__vdso_clock_gettime"), getres = lookup("__vdso_clock_getres");
	static const clockid_t bad[] = { 10, 12, 16, 31, 32, 63, 64, 1000, INT_MAX, INT_MIN };
	struct timespec a, b;
	long long last = 0;
	volatile int ret;

	for (unsigned i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		check_clock(gettime, clocks[i]);
		CHECK_EQ(getres(clocks[i], &a), 0);
		CHECK_OK(syscall(SYS_clock_getres, clocks[i], &b));
		CHECK_EQ(ns_of(a), ns_of(b));
		CHECK_EQ(getres(clocks[i], NULL), 0);
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK_EQ(gettime(bad[i], &a), -EINVAL);
		CHECK_EQ(getres(bad[i], &a), -EINVAL);
	}
	/* The program's own access, unless the kernel had to be asked. */
	ret = 0;
	CHECK(FAULT(ret = gettime(CLOCK_MONOTONIC, UNMAPPED)) == SIGSEGV || ret == -EFAULT);

	/* Never back, over many ticks. */
	for (long long end = call_ns(CLOCK_MONOTONIC) + 100000000; last < end;) {
		long long now;

		gettime(CLOCK_MONOTONIC, &a);
		now = ns_of(a);
		if (now < last)
			FAIL("back by %lld ns", last - now);
		last = now;
	}
}

static void check_old_calls(void)
{
	gettod_fn gettod = lookup("__vdso_gettimeofday");
	time_fn vtime = lookup("__vdso_time");
	struct timezone tz = { -1, -1 }, tz2;
	struct timeval before, tv, after;
	time_t t = 0, s;

	syscall(SYS_gettimeofday, &before, &tz2);
	CHECK_EQ(gettod(&tv, &tz), 0);
	syscall(SYS_gettimeofday, &after, NULL);
	CHECK(!timercmp(&tv, &before, <) && !timercmp(&tv, &after, >));
	CHECK(tz.tz_minuteswest == tz2.tz_minuteswest && tz.tz_dsttime == tz2.tz_dsttime);
	CHECK_EQ(gettod(NULL, NULL), 0);
	CHECK_EQ(gettod(NULL, &tz), 0);
	CHECK_EQ(gettod(&tv, NULL), 0);

	s = syscall(SYS_time, NULL);
	CHECK_EQ(vtime(&t), t);
	CHECK(t >= s && t <= syscall(SYS_time, NULL));
	CHECK(vtime(NULL) >= t);
}

static void check_getcpu(void)
{
	getcpu_fn getcpu = lookup("__vdso_getcpu");
	unsigned cpu = 99, node = 99, cpu2, node2;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	CHECK_OK(sched_setaffinity(0, sizeof(set), &set));
	CHECK_EQ(getcpu(&cpu, &node, NULL), 0);
	CHECK_OK(syscall(SYS_getcpu, &cpu2, &node2, NULL));
	CHECK_EQ(cpu, cpu2);
	CHECK_EQ(node, node2);
	CHECK_EQ(getcpu(NULL, NULL, NULL), 0);
}

/* start, end of the area with this name at the end of its line; 0 if there is none */
static int find_area(const char *name, unsigned long *start, unsigned long *end, char *perms)
{
	for (char *line = strtok(get_file("/proc/self/maps"), "\n"); line;
	     line = strtok(NULL, "\n")) {
		size_t n = strlen(line), len = strlen(name);

		if (n > len && !strcmp(line + n - len, name) &&
		    sscanf(line, "%lx-%lx %4s", start, end, perms) == 3)
			return 1;
	}
	return 0;
}

static void check_areas(void)
{
	unsigned long start, end, vvar, vvar_end;
	char perms[5], *copy = malloc(image_len);
	int fd;

	CHECK(find_area("[vdso]", &start, &end, perms));
	CHECK_EQ(start, ehdr);
	CHECK(end - start >= image_len);
	CHECK_STR(perms, "r-xp");
	CHECK(find_area("[vvar]", &vvar, &vvar_end, perms));
	CHECK_EQ(vvar_end, start);
	CHECK_STR(perms, "r--p");

	CHECK_EQ(FAULT(POKE(vvar, 1)), SIGSEGV);
	CHECK_EQ(FAULT(POKE(start, 1)), SIGSEGV);
	CHECK_ERR(mprotect((void *)vvar, PAGE, PROT_READ | PROT_WRITE), EACCES);

	/* Debuggers read the code, and may write to a copy; the clock is not theirs. */
	fd = NEED(open("/proc/self/mem", O_RDWR));
	CHECK_EQ(pread(fd, copy, image_len, start), (long)image_len);
	CHECK(!memcmp(copy, ehdr, image_len));
	CHECK_EQ(pread(fd, copy, 8, vvar), -1);
	IN_CHILD({
		unsigned long last = start + image_len - 1;
		char old = PEEK(last);

		fd = open("/proc/self/mem", O_RDWR);
		CHECK_EQ(pwrite(fd, "\x5a", 1, last), 1);
		CHECK_EQ(PEEK(last), 0x5a);
		IN_CHILD(CHECK_EQ(PEEK(last), 0x5a));
		CHECK_EQ(pwrite(fd, &old, 1, last), 1);
	});
	CHECK_EQ(pread(fd, copy, image_len, start), (long)image_len);
	CHECK(!memcmp(copy, ehdr, image_len));
	close(fd);
	free(copy);
}

/* Programs may do with the areas what they like. */
static void check_moves(void)
{
	gettime_fn gettime = lookup("__vdso_clock_gettime");
	unsigned long start, end, vvar, vvar_end;
	struct timespec ts;
	char perms[5];

	find_area("[vdso]", &start, &end, perms);
	find_area("[vvar]", &vvar, &vvar_end, perms);
	IN_CHILD(check_clock(gettime, CLOCK_MONOTONIC));
	IN_CHILD({
		size_t all = end - vvar;
		char *to = (char *)pages(all / PAGE);
		long moved;

		CHECK_EQ(mremap((void *)vvar, vvar_end - vvar, vvar_end - vvar,
				MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
		to += vvar_end - vvar;
		CHECK_EQ(mremap(ehdr, end - start, end - start, MREMAP_MAYMOVE | MREMAP_FIXED, to),
			 to);
		moved = to - (char *)ehdr;
		check_clock((gettime_fn)((char *)gettime + moved), CLOCK_MONOTONIC);
		IN_CHILD(check_clock((gettime_fn)((char *)gettime + moved), CLOCK_REALTIME));
	});
	IN_CHILD({
		CHECK_OK(munmap((void *)vvar, end - vvar));
		CHECK(!find_area("[vdso]", &start, &end, perms));
		CHECK_EQ(FAULT(gettime(CLOCK_MONOTONIC, &ts)), SIGSEGV);
		IN_CHILD(call_ns(CLOCK_MONOTONIC));
	});
	IN_CHILD({
		CHECK_OK(mprotect(ehdr, end - start, PROT_READ | PROT_WRITE | PROT_EXEC));
		POKE((char *)ehdr + 9, 7);
		CHECK_EQ(PEEK((char *)ehdr + 9), 7);
		check_clock(gettime, CLOCK_MONOTONIC);
	});
	CHECK(PEEK((char *)ehdr + 9) != 7);
	CHECK_OK(madvise(ehdr, PAGE, MADV_DONTNEED));
	check_clock(gettime, CLOCK_REALTIME);
}

int main(void)
{
	static const char *const names[] = { "clock_gettime", "gettimeofday", "time",
					     "clock_getres", "getcpu" };

	ehdr = (void *)getauxval(AT_SYSINFO_EHDR);
	NEED(ehdr ? 0 : -1);
	CHECK_EQ((uintptr_t)ehdr & (PAGE - 1), 0);
	parse();
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char vdso_name[32];

		snprintf(vdso_name, sizeof(vdso_name), "__vdso_%s", names[i]);
		CHECK(lookup(names[i]) == lookup(vdso_name));
	}
	check_clocks();
	check_old_calls();
	check_getcpu();
	check_areas();
	check_moves();
	return abi_done();
}
