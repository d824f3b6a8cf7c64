/* SPDX-License-Identifier: MIT */
/*
 * What is no system call with bad arguments, and still bad input: mappings that change under a program's feet (with a
 * model that says what it must see), every /proc and /dev file, program files, traps.
 */
#include "fuzz.h"
#include <elf.h>
#include <setjmp.h>

static sigjmp_buf back;

static void jump_back(int sig)
{
	siglongjmp(back, 1);
}

static void catch_faults(void)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	static char stack[32768];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = jump_back, .sa_flags = SA_ONSTACK | SA_NODEFER };

	sigaltstack(&ss, NULL);
	for (unsigned int i = 0; i < COUNT(sigs); i++)
		sigaction(sigs[i], &sa, NULL);
}

/* Run `fn` in a child and see it out; init kills us if it does not end. */
static void in_child(struct rng *r, void (*fn)(struct rng *))
{
	int pid = fork();

	if (!pid) {
		struct rlimit rl = { 1, 1 };

		r->s ^= rnd(r);
		setrlimit(RLIMIT_CPU, &rl);
		alarm(1);
		signal(SIGALRM, SIG_DFL);
		fn(r);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* ---- mappings, against a model ---------------------------------------------------------------------------------- */

#define AREA	((char *)0x300000000000)
#define PAGES	64

struct model {
	unsigned char mapped, prot;
	u64 value;
};

static struct model model[PAGES];

/* One page: does it read as the model says, and fault where it says so? */
static void check_page(int i, const char *after)
{
	volatile u64 *p = (u64 *)(AREA + i * PAGE);
	u64 value;

	if (!sigsetjmp(back, 0)) {
		value = *p;
		if (!model[i].mapped || !(model[i].prot & (PROT_READ | PROT_WRITE | PROT_EXEC)))
			wrong("mm: page %d can be read after %s", i, after);
		else if (value != model[i].value)
			wrong("mm: page %d holds %#lx, not %#lx, after %s", i, value, model[i].value, after);
	} else if (model[i].mapped && model[i].prot) {
		wrong("mm: page %d (prot %d) cannot be read after %s", i, model[i].prot, after);
	}
}

static void write_page(struct rng *r, int i)
{
	u64 value = rnd(r);

	if (!sigsetjmp(back, 0)) {
		*(volatile u64 *)(AREA + i * PAGE) = value;
		if (!model[i].mapped || !(model[i].prot & PROT_WRITE))
			wrong("mm: page %d can be written", i);
		model[i].value = value;
	} else if (model[i].mapped && model[i].prot & PROT_WRITE) {
		wrong("mm: page %d cannot be written", i);
	}
}

static void mm_move(struct rng *r)
{
	int from = pick(r, PAGES), to = pick(r, PAGES), n = 1 + pick(r, 8), m = 1 + pick(r, 8);
	struct model copy[PAGES];
	void *p;

	if (from + n > PAGES || to + m > PAGES || (from < to + m && to < from + n))
		return;
	p = mremap(AREA + from * PAGE, n * PAGE, m * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, AREA + to * PAGE);
	if (p == MAP_FAILED) {
		/* The target is unmapped in some failures and not in others: start it over. */
		munmap(AREA + to * PAGE, m * PAGE);
		memset(model + to, 0, m * sizeof(*model));
		if (m < n) {
			munmap(AREA + from * PAGE, n * PAGE);
			memset(model + from, 0, n * sizeof(*model));
		}
		return;
	}
	memcpy(copy, model, sizeof(copy));
	memset(model + from, 0, n * sizeof(*model));
	for (int i = 0; i < m; i++) {
		model[to + i] = i < n ? copy[from + i] : (struct model){ 1, copy[from + n - 1].prot, 0 };
		if (!model[to + i].mapped)
			wrong("mm: mremap moved what is not mapped");
	}
}

static void mm_change(struct rng *r)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_EXEC };
	int at = pick(r, PAGES), n = 1 + pick(r, 10), prot = prots[pick(r, COUNT(prots))], ok;
	char *addr = AREA + at * PAGE;

	if (at + n > PAGES)
		n = PAGES - at;
	switch (pick(r, 8)) {
	case 0:
	case 1:
		ok = mmap(addr, n * PAGE, prot, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS |
			  (pick(r, 6) ? 0 : MAP_POPULATE), -1, 0) != MAP_FAILED;
		for (int i = at; i < at + n && ok; i++)
			model[i] = (struct model){ 1, prot, 0 };
		break;
	case 2:
		if (!munmap(addr, n * PAGE))
			memset(model + at, 0, n * sizeof(*model));
		break;
	case 3:
	case 4:
		/* How far one that fails gets depends on holes and limits. */
		if (mprotect(addr, n * PAGE, prot) && !munmap(addr, n * PAGE))
			memset(model + at, 0, n * sizeof(*model));
		for (int i = at; i < at + n && model[i].mapped; i++)
			model[i].prot = prot;
		break;
	case 5:
		ok = !madvise(addr, n * PAGE, MADV_DONTNEED);
		for (int i = at; i < at + n && (ok || errno == ENOMEM); i++)
			model[i].value = 0;
		break;
	case 6:
		mm_move(r);
		break;
	case 7:
		if (pick(r, 2))
			mlock(addr, n * PAGE);
		else
			munlock(addr, n * PAGE);
		/* What mlock locks MADV_DONTNEED refuses. */
		munlock(AREA, PAGES * PAGE);
		for (int i = 0; i < PAGES; i++)
			munlock(AREA + i * PAGE, PAGE);
	}
}

static void mm_steps(struct rng *r, int n)
{
	while (n--) {
		mm_change(r);
		for (int i = 0; i < 6; i++)
			write_page(r, pick(r, PAGES));
		for (int i = 0; i < 6; i++)
			check_page(pick(r, PAGES), "a step");
	}
}

static void mm_model(struct rng *r)
{
	struct rlimit rl = { 1UL << 30, 1UL << 30 };

	setrlimit(RLIMIT_AS, &rl);
	catch_faults();
	munmap(AREA, PAGES * PAGE);
	memset(model, 0, sizeof(model));
	for (int round = 0; round < 4; round++) {
		mm_steps(r, 30);
		if (!fork()) {
			for (int i = 0; i < PAGES; i++)
				check_page(i, "fork, in the child");
			mm_steps(r, 20);
			_exit(0);
		}
		mm_steps(r, 20);
		for (int i = 0; i < PAGES; i++)
			check_page(i, "fork, in the parent");
	}
	while (wait(NULL) > 0)
		;
}

/* No model: files, shared memory, threads on the same pages, growth, and any flag. */
static int toucher(void *arg)
{
	struct rng r = { (u64)arg | 1 };

	for (int i = 0; i < 2000; i++) {
		volatile char *p = AREA + pick(&r, PAGES * PAGE);

		if (pick(&r, 3))
			raw(SYS_read, 0, (long)p, 10, 0, 0, 0);
		else
			raw(SYS_madvise, (long)p & -PAGE, PAGE * pick(&r, 8), pick(&r, 26), 0, 0, 0);
		if (!pick(&r, 8))
			raw(SYS_mprotect, (long)p & -PAGE, PAGE * pick(&r, 8), pick(&r, 8), 0, 0, 0);
		if (!pick(&r, 8))
			raw(SYS_munmap, (long)p & -PAGE, PAGE * pick(&r, 4), 0, 0, 0, 0);
	}
	raw(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

static void mm_race(struct rng *r)
{
	static char stack[2][16384] __attribute__((aligned(16)));
	int fds[4];

	catch_faults();
	close(0);
	fds[0] = open("/f2", O_RDWR);
	fds[1] = syscall(SYS_memfd_create, "race", 0);
	fds[2] = open("/dev/zero", O_RDWR);
	fds[3] = -1;
	(void)!ftruncate(fds[1], 40 * PAGE);
	for (int i = 0; i < 2; i++)
		clone(toucher, stack[i] + 16000, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		      (void *)rnd(r));
	for (int i = 0; i < 300; i++) {
		char *at = AREA + pick(r, PAGES) * PAGE;
		unsigned long len = (1 + pick(r, 12)) * PAGE;
		int fd = fds[pick(r, 4)];

		switch (pick(r, 8)) {
		case 0 ... 2:
			mmap(at, len, pick(r, 8), MAP_FIXED | (1 + pick(r, 2)) | (fd < 0 ? MAP_ANONYMOUS : 0) |
			     (pick(r, 9) ? 0 : 1 << pick(r, 20)), fd, pick(r, 30) * PAGE);
			break;
		case 3:
			mremap(at, len, (1 + pick(r, 12)) * PAGE, pick(r, 8), AREA + pick(r, PAGES) * PAGE);
			break;
		case 4:
			msync(at, len, pick(r, 8));
			break;
		case 5:
			(void)!ftruncate(fds[pick(r, 2)], pick(r, 50 * PAGE));
			break;
		case 6:
			fallocate(fds[1], pick(r, 64), pick(r, 50 * PAGE), pick(r, 50 * PAGE));
			break;
		case 7:
			if (!fork())
				_exit(0);
		}
		for (int k = 0; k < 8; k++)
			if (!sigsetjmp(back, 0)) {
				volatile char *p = AREA + pick(r, PAGES * PAGE);

				if (pick(r, 2))
					*p = k;
				else
					(void)*p;
			}
	}
}

/* ---- files of /proc and /dev ------------------------------------------------------------------------------------ */

static void proc_files(struct rng *r)
{
	static char buf[70000];
	char path[5120];

	for (int i = 0; i < 40; i++) {
		const char *p = random_path(r, path);
		int fd, n;

		if (strncmp(p, "/proc", 5) && strncmp(p, "/dev", 4) && pick(r, 4))
			continue;
		fd = open(p, (pick(r, 3) ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_NOCTTY);
		if (fd < 0)
			continue;
		for (n = pick(r, 6); n; n--) {
			switch (pick(r, 6)) {
			case 0:
				lseek(fd, pick(r, 3) ? pick(r, 10000) : rnd(r), pick(r, 5));
				break;
			case 1:
				(void)!pread(fd, buf, pick(r, sizeof(buf)), pick(r, 2) ? pick(r, 10000) : rnd(r));
				break;
			case 2:
				fill(r, buf, 64, 64);
				if (pick(r, 2))
					sprintf(buf, "%ld", (long)rnd(r) >> pick(r, 64));
				(void)!pwrite(fd, buf, pick(r, 64), 0);
				break;
			case 3:
				(void)!write(fd, buf, pick(r, 100));
				break;
			default:
				(void)!read(fd, buf, 1 + pick(r, pick(r, 4) ? 300 : sizeof(buf)));
			}
		}
		close(fd);
	}
}

/* ---- program files ---------------------------------------------------------------------------------------------- */

/* exit(0), as small as an ELF program can be. */
static int tiny_elf(struct rng *r, unsigned char *buf)
{
	static const unsigned char code[] = { 0xb8, 0x3c, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05 };
	Elf64_Ehdr *eh = (Elf64_Ehdr *)buf;
	Elf64_Phdr *ph = (Elf64_Phdr *)(eh + 1);
	int n = 1 + pick(r, 5), interp = pick(r, 4);

	memset(buf, 0, 1024);
	memcpy(eh->e_ident, "\177ELF\2\1\1", 7);
	*eh = (Elf64_Ehdr){ .e_ident = "\177ELF\2\1\1", .e_type = pick(r, 2) ? ET_EXEC : ET_DYN, .e_machine = EM_X86_64,
		.e_version = 1, .e_entry = 0x400000 + 800, .e_phoff = sizeof(*eh), .e_ehsize = sizeof(*eh),
		.e_phentsize = sizeof(*ph), .e_phnum = n };
	ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = 5, .p_vaddr = 0x400000, .p_filesz = 1024, .p_memsz = 1024,
		.p_align = PAGE };
	for (int i = 1; i < n; i++) {
		static const unsigned int types[] = { PT_LOAD, PT_LOAD, PT_INTERP, PT_NOTE, PT_GNU_STACK, PT_TLS,
			PT_GNU_PROPERTY, PT_PHDR };

		ph[i] = (Elf64_Phdr){ .p_type = types[pick(r, COUNT(types))], .p_flags = pick(r, 8),
			.p_offset = pick(r, 3) * PAGE, .p_vaddr = 0x400000 + pick(r, 40) * PAGE + pick(r, 2) * pick(r, PAGE),
			.p_filesz = pick(r, 2000), .p_memsz = pick(r, 200000), .p_align = 1UL << pick(r, 20) };
		if (ph[i].p_type == PT_INTERP) {
			ph[i].p_offset = 900;
			ph[i].p_filesz = 8;
		}
	}
	memcpy(buf + 800, code, sizeof(code));
	memcpy(buf + 900, interp == 1 ? "/prog\0\0" : interp == 2 ? "/f1\0\0\0\0" : "/prog2\0", 8);
	return 1024;
}

static void spoil_elf(struct rng *r, unsigned char *buf, int len)
{
	int n = pick(r, 6);

	while (n--) {
		int at = pick(r, pick(r, 2) ? 64 : 64 + 56 * 4);

		switch (pick(r, 4)) {
		case 0:
			buf[at] = rnd(r);
			break;
		case 1:
			buf[at] ^= 1 << pick(r, 8);
			break;
		case 2:
			fill(r, buf + (at & ~7), 8, 64);
			break;
		case 3:
			*(u64 *)(buf + (at & ~7)) = pick(r, 2) ? -rnd(r) % 100000 : 1UL << pick(r, 64);
		}
	}
}

static void programs(struct rng *r)
{
	static unsigned char buf[8192];
	char *argv[] = { "prog", "x", NULL }, *empty[] = { NULL }, name[32];
	int fd, len;

	sprintf(name, "/prog%s", pick(r, 2) ? "" : "2");
	unlink(name);
	fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0755);
	if (pick(r, 4)) {
		len = tiny_elf(r, buf);
		spoil_elf(r, buf, len);
		if (!pick(r, 5))
			len = pick(r, len);
	} else {
		static const char *const lines[] = { "#!/prog", "#! /prog2 arg arg\n", "#!", "#! \t \n", "#!/f1\n",
			"#!/d\n", "#!/proc/self/exe\n", "#!\n", "#!prog2", "#!/fifo\n", "#!/prog\0x\n" };

		fill(r, buf, 512, 64);
		strcpy((char *)buf, lines[pick(r, COUNT(lines))]);
		len = pick(r, 2) ? 250 + pick(r, 10) : strlen((char *)buf);
	}
	(void)!write(fd, buf, len);
	if (!pick(r, 3))
		(void)!ftruncate(fd, pick(r, 100000));
	if (pick(r, 20))
		close(fd);
	if (pick(r, 8))
		execve(name, pick(r, 9) ? argv : empty, empty);
	else
		syscall(SYS_execveat, open(name, O_PATH), "", argv, empty, AT_EMPTY_PATH);
}

/* ---- traps ------------------------------------------------------------------------------------------------------ */

#define TRY(code) asm volatile(code : : "a"(rnd(r)), "b"(rnd(r)), "c"(rnd(r)), "d"(rnd(r)), "D"(wild), "S"(wild) : \
			       "memory", "cc", "r8", "r9", "r10", "r11")

static void one_trap(struct rng *r)
{
	static const u64 targets[] = { 0xffffffff81000000, 0xffff888000000000, 0xffffffffff600000, 0xffffffffff600400,
		0x800000000000, 0x7ffffffff000, 0, 0xdeadbeefdeadbeef, 0xfffffe0000000000 };
	u64 wild = targets[pick(r, COUNT(targets))];
	unsigned char *code = (unsigned char *)AREA;

	switch (pick(r, 32)) {
	case 0: ((void (*)(void))wild)(); break;
	case 1: (void)*(volatile char *)wild; break;
	case 2: *(volatile char *)wild = 1; break;
	case 3: TRY("hlt"); break;
	case 4: TRY("cli"); break;
	case 5: TRY("mov %%rax, %%cr3"); break;
	case 6: TRY("mov %%cr0, %%rax"); break;
	case 7: TRY("wrmsr"); break;
	case 8: TRY("rdmsr"); break;
	case 9: TRY("lgdt (%%rdi)"); break;
	case 10: TRY("push %%rax; popfq; nop; nop"); break;
	case 11: TRY("swapgs"); break;
	case 12: TRY("int $0x80"); break;
	case 13: TRY("int3"); break;
	case 14: TRY("int $1"); break;
	case 15: TRY("int $4"); break;
	case 16: TRY("int $0x20; int $0xef"); break;
	case 17: TRY("ud2"); break;
	case 18: TRY("mov %%ax, %%ds; mov %%bx, %%es; mov %%cx, %%fs"); break;
	case 19: TRY("mov %%ax, %%gs"); break;
	case 20: TRY("mov %%ax, %%ss"); break;
	case 21: TRY("push %%rax; push %%rdi; lretq"); break;
	case 22: TRY("push %%rax; push %%rbx; push %%rcx; push %%rdx; push %%rdi; iretq"); break;
	case 23: TRY("mov %%rdi, %%rsp; push %%rax"); break;
	case 24: TRY("mov %%rdi, %%rsp; mov $39, %%eax; syscall; int3"); break;
	case 25: TRY("sysenter"); break;
	case 26: TRY("in %%dx, %%al; out %%al, %%dx"); break;
	case 27: TRY("fldcw (%%rsp); fld1; fldz; fdivrp; fwait"); break;
	case 28: TRY("pushq $0x302; popfq; mov $39, %%eax; syscall; pushq $0x202; popfq"); break;
	case 29: TRY("xor %%edx, %%edx; xor %%ecx, %%ecx; div %%rcx"); break;
	case 30: TRY("sgdt -64(%%rsp); sidt -64(%%rsp); smsw %%eax; str %%eax; sldt %%eax"); break;
	case 31:
		mmap(code, 2 * PAGE, 7, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (int i = 0; i < 256; i++)
			code[i] = rnd(r);
		/* A call at the very end of the address space returns to an address that is none. */
		((void (*)(void))code)();
	}
}

static void traps(struct rng *r)
{
	if (pick(r, 2))
		catch_faults();
	for (int i = 0; i < 10; i++)
		if (!sigsetjmp(back, 0))
			one_trap(r);
}

/* `syscall` as the last instruction below the hole: its return address is not canonical. */
static void last_page(struct rng *r)
{
	char *top = (char *)0x7ffffffff000 - PAGE;
	char *p = mmap(top, PAGE, 7, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	memcpy(p + PAGE - 2, "\x0f\x05", 2);
	asm volatile("jmp *%0" : : "r"(p + PAGE - 2), "a"(39L + pick(r, 300)) : "memory");
}

/* ---- signals ---------------------------------------------------------------------------------------------------- */

static void nothing(int sig)
{
}

static void signals(struct rng *r)
{
	int pids[4], n = 1 + pick(r, 4);

	for (int i = 1; i < 65; i++)
		if (pick(r, 3))
			signal(i, pick(r, 2) ? nothing : SIG_IGN);
	for (int i = 0; i < n; i++) {
		pids[i] = fork();
		if (!pids[i])
			for (;;) {
				u64 set = rnd(r);

				raw(SYS_rt_sigprocmask, pick(r, 3), (long)&set, 0, sizeof(set), 0, 0);
				kill(getppid() > 1 ? getppid() : getpid(), pick(r, 65));
				if (!pick(r, 10))
					usleep(100);
				if (!pick(r, 30))
					_exit(pick(r, 256));
			}
	}
	for (int i = 0; i < 200; i++) {
		siginfo_t info;

		if (pids[pick(r, n)] > 1)
			kill(pids[pick(r, n)], pick(r, 65));
		if (!pick(r, 4))
			waitid(P_ALL, 0, &info, WNOHANG | (pick(r, 16) & 0xe) | (pick(r, 2) ? WNOWAIT : 0));
	}
	for (int i = 0; i < n; i++)
		if (pids[i] > 1)
			kill(pids[i], SIGKILL);
}

void storm(struct rng *r)
{
	static void (*const storms[])(struct rng *) = {
		mm_model, mm_race, proc_files, programs, programs, traps, traps, last_page, signals, race, race, race,
		race, race, race, race,
	};

	for (int n = 1 + pick(r, 8); n; n--) {
		in_child(r, storms[pick(r, COUNT(storms))]);
		count(&shared->progress[me]);
		count(&shared->counts.storms[me]);
	}
}
