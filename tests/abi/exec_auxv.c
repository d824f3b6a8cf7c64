/* SPDX-License-Identifier: MIT */
/* execve(2): the first stack: alignment, argc, vectors, and the auxiliary vector. */
#include "abi.h"
#include <elf.h>
#include <sys/auxv.h>

extern char **environ;
extern char __executable_start[];
extern int main(int argc, char **argv);

int main(int argc, char **argv)
{
	unsigned long *sp = (unsigned long *)argv - 1, *aux;
	int seen[64] = { 0 }, null = 0;
	unsigned char *rnd = NULL;
	char *execfn = NULL;
	Elf64_Ehdr *eh = (void *)__executable_start;
	char *top;

	/* [argc][argv...][0][env...][0][aux pairs...]: one block, 16-byte aligned. */
	CHECK_EQ(*sp, argc);
	CHECK_EQ((uintptr_t)sp & 15, 0);
	CHECK(!argv[argc]);
	CHECK(environ == argv + argc + 1);
	for (aux = (unsigned long *)environ; *aux; aux++)
		;
	for (aux++; !null; aux += 2) {
		unsigned long v = aux[1];

		if (aux[0] < 64)
			seen[aux[0]]++;
		switch (aux[0]) {
		case AT_NULL:
			null = 1;
			break;
		case AT_PHDR:
			CHECK_EQ(v, (uintptr_t)eh + eh->e_phoff);
			break;
		case AT_PHENT:
			CHECK_EQ(v, sizeof(Elf64_Phdr));
			break;
		case AT_PHNUM:
			CHECK_EQ(v, eh->e_phnum);
			break;
		case AT_PAGESZ:
			CHECK_EQ(v, 4096);
			break;
		case AT_BASE:
			CHECK_EQ(v, 0);
			break;
		case AT_ENTRY:
			CHECK_EQ(v, eh->e_entry);
			break;
		case AT_UID:
			CHECK_EQ(v, getuid());
			break;
		case AT_EUID:
			CHECK_EQ(v, geteuid());
			break;
		case AT_GID:
			CHECK_EQ(v, getgid());
			break;
		case AT_EGID:
			CHECK_EQ(v, getegid());
			break;
		case AT_SECURE:
			CHECK_EQ(v, 0);
			break;
		case AT_CLKTCK:
			CHECK_EQ(v, 100);
			break;
		case AT_RANDOM:
			rnd = (void *)v;
			break;
		case AT_EXECFN:
			execfn = (void *)v;
			break;
		case AT_PLATFORM:
			CHECK_STR((char *)v, "x86_64");
			break;
		}
	}
	for (unsigned i = 0; i < 64; i++)
		CHECK(seen[i] <= 1);
	CHECK(seen[AT_PHDR] && seen[AT_PHENT] && seen[AT_PHNUM] && seen[AT_PAGESZ]);
	CHECK(seen[AT_ENTRY] && seen[AT_UID] && seen[AT_EUID] && seen[AT_GID] && seen[AT_EGID]);
	CHECK(seen[AT_SECURE] && seen[AT_CLKTCK] && seen[AT_RANDOM] && seen[AT_EXECFN]);
	CHECK(seen[AT_HWCAP] && seen[AT_PLATFORM]);

	/* The strings lie above, in order, back to back; the file name is the last. */
	for (int i = 0; i + 1 < argc; i++)
		CHECK(argv[i] + strlen(argv[i]) + 1 == argv[i + 1]);
	for (char **e = environ; e[0] && e[1]; e++)
		CHECK(e[0] + strlen(e[0]) + 1 == e[1]);
	CHECK(rnd && execfn);
	CHECK((char *)aux <= (char *)rnd);
	top = execfn + strlen(execfn) + 1;
	CHECK_EQ((uintptr_t)(top + 8) & (PAGE - 1), 0);
	CHECK_EQ(*(long *)top, 0);

	/* Sixteen random bytes, others for every program. */
	if (argc == 1) {
		int p[2];
		unsigned char other[16];
		pid_t pid;

		NEED(pipe(p));
		pid = FORK();
		if (!pid) {
			dup2(p[1], 50);
			execl("/proc/self/exe", "x", "print", NULL);
			_exit(1);
		}
		CHECK_EQ(read(p[0], other, 16), 16);
		EXPECT_EXIT(pid, 0);
		CHECK(memcmp(other, rnd, 16));
	} else {
		CHECK_STR(execfn, "/proc/self/exe");
		CHECK_EQ(write(50, rnd, 16), 16);
	}
	return abi_done();
}
