/* SPDX-License-Identifier: MIT */
/* execve(2): files that cannot be executed, and that the caller survives the attempt. */
#include "abi.h"
#include <elf.h>

#define EXEC(path) execl(path, path, NULL)

static void elf(const char *name, void (*spoil)(Elf64_Ehdr *, Elf64_Phdr *))
{
	struct { Elf64_Ehdr e; Elf64_Phdr p[2]; char code[256]; } f = { 0 };
	int fd;

	memcpy(f.e.e_ident, ELFMAG, SELFMAG);
	f.e.e_ident[EI_CLASS] = ELFCLASS64;
	f.e.e_ident[EI_DATA] = ELFDATA2LSB;
	f.e.e_ident[EI_VERSION] = EV_CURRENT;
	f.e.e_type = ET_EXEC;
	f.e.e_machine = EM_X86_64;
	f.e.e_version = EV_CURRENT;
	f.e.e_entry = 0x10000000 + offsetof(typeof(f), code);
	f.e.e_phoff = sizeof(f.e);
	f.e.e_ehsize = sizeof(f.e);
	f.e.e_phentsize = sizeof(f.p[0]);
	f.e.e_phnum = 1;
	f.p[0].p_type = PT_LOAD;
	f.p[0].p_flags = PF_R | PF_X;
	f.p[0].p_vaddr = 0x10000000;
	f.p[0].p_filesz = f.p[0].p_memsz = sizeof(f);
	f.p[0].p_align = PAGE;
	/* mov $60, %eax; mov $21, %edi; syscall: exit(21) */
	memcpy(f.code, "\xb8\x3c\0\0\0\xbf\x15\0\0\0\x0f\x05", 12);
	if (spoil)
		spoil(&f.e, f.p);
	fd = NEED(open(name, O_CREAT | O_TRUNC | O_WRONLY, 0755));
	CHECK_EQ(write(fd, &f, sizeof(f)), (long)sizeof(f));
	close(fd);
}

static void bad_magic(Elf64_Ehdr *e, Elf64_Phdr *p)
{
	e->e_ident[0] = 0x7e;
}

static void bad_machine(Elf64_Ehdr *e, Elf64_Phdr *p)
{
	e->e_machine = EM_AARCH64;
}

static void bad_type(Elf64_Ehdr *e, Elf64_Phdr *p)
{
	e->e_type = ET_REL;
}

static void bad_phentsize(Elf64_Ehdr *e, Elf64_Phdr *p)
{
	e->e_phentsize = 55;
}

static void no_phdrs(Elf64_Ehdr *e, Elf64_Phdr *p)
{
	e->e_phnum = 0;
}

static void phdrs_past_end(Elf64_Ehdr *e, Elf64_Phdr *p)
{
	e->e_phoff = 1 << 20;
}

static void missing_interp(Elf64_Ehdr *e, Elf64_Phdr *p)
{
	e->e_phnum = 2;
	p[1].p_type = PT_INTERP;
	p[1].p_offset = sizeof(*e) + 2 * sizeof(*p) + 100;
	p[1].p_filesz = p[1].p_memsz = 9;
	memcpy((char *)e + p[1].p_offset, "/no/ld.so", 9);
	((char *)e)[p[1].p_offset + 8] = 0;
}

static void bad_entry(Elf64_Ehdr *e, Elf64_Phdr *p)
{
	e->e_entry = 0x4141410000;
}

static pid_t start(const char *path)
{
	pid_t pid = FORK();

	if (!pid) {
		EXEC(path);
		_exit(90 + (errno == ENOEXEC));
	}
	return pid;
}

int main(void)
{
	char *e;
	int fd;

	put_file("text", "exit 0\n");
	put_file("empty", "");
	CHECK_OK(mkdir("dir", 0755));
	CHECK_ERR(EXEC("none"), ENOENT);
	CHECK_ERR(EXEC(""), ENOENT);
	CHECK_ERR(EXEC("text"), EACCES);	/* no x bit, not even for root */
	CHECK_ERR(EXEC("text/x"), ENOTDIR);
	CHECK_ERR(EXEC("dir"), EACCES);
	CHECK_ERR(EXEC("/dev/null"), EACCES);
	CHECK_OK(mknod("fifo", S_IFIFO | 0777, 0));
	CHECK_ERR(EXEC("fifo"), EACCES);
	CHECK_OK(symlink("loop", "loop"));
	CHECK_ERR(EXEC("loop"), ELOOP);
	chmod("text", 0755);
	chmod("empty", 0755);
	CHECK_ERR(EXEC("text"), ENOEXEC);
	CHECK_ERR(EXEC("empty"), ENOEXEC);

	/* The smallest program that works, then one mistake at a time. */
	elf("good", NULL);
	EXPECT_EXIT(start("good"), 21);
	elf("bad", bad_magic);
	CHECK_ERR(EXEC("bad"), ENOEXEC);
	elf("bad", bad_machine);
	CHECK_ERR(EXEC("bad"), ENOEXEC);
	elf("bad", bad_type);
	CHECK_ERR(EXEC("bad"), ENOEXEC);
	elf("bad", bad_phentsize);
	CHECK_ERR(EXEC("bad"), ENOEXEC);
	elf("bad", no_phdrs);
	CHECK_ERR(EXEC("bad"), ENOEXEC);
	elf("bad", phdrs_past_end);
	fd = execl("bad", "bad", NULL);
	CHECK(fd == -1 && (errno == EIO || errno == ENOEXEC));
	elf("bad", missing_interp);
	CHECK_ERR(EXEC("bad"), ENOENT);
	elf("bad", bad_entry);
	EXPECT_SIGNAL(start("bad"), SIGSEGV);
	/* Cut off within the header. */
	elf("bad", NULL);
	CHECK_OK(truncate("bad", 50));
	CHECK_ERR(EXEC("bad"), ENOEXEC);

	/* ETXTBSY: not while somebody writes it; not to be written while it runs. */
	copy_self("prog");
	fd = NEED(open("prog", O_RDWR));
	CHECK_ERR(EXEC("prog"), ETXTBSY);
	close(fd);
	CHECK_ERR(open("/proc/self/exe", O_WRONLY), ETXTBSY);
	CHECK_ERR(truncate("/proc/self/exe", 0), ETXTBSY);

	chmod(".", 0755);
	chmod("good", 0700);
	CHECK_OK(mkdir("closed", 0700));
	CHECK_OK(link("good", "closed/good"));
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(EXEC("good"), EACCES);
		CHECK_ERR(EXEC("closed/good"), EACCES);
	});
	/* Execute permission is enough: no read permission is needed. */
	chmod("good", 0711);
	IN_CHILD({
		become_user(1000);
		EXPECT_EXIT(start("good"), 21);
		CHECK_ERR(open("good", O_RDONLY), EACCES);
	});
	e = malloc(5000);
	memset(e, 'x', 4999);
	e[4999] = 0;
	CHECK_ERR(EXEC(e), ENAMETOOLONG);
	e[4999 - 4000] = 0;
	CHECK_ERR(EXEC(e), ENAMETOOLONG);
	return abi_done();
}
