/* SPDX-License-Identifier: MIT */
/*
 * modify_ldt(2): what the table takes and gives, who sees it (threads, fork, not exec), what its
 * segments do, and which signal a bad one is. Both widths.
 */
#include "abi.h"
#include <asm/ldt.h>

#define SELECTOR(n)	((n) << 3 | 7)
#define READ		0
#define WRITE_OLD	1
#define READ_DEFAULT	2
#define WRITE		0x11

/* The result is an int: libc's syscall() would take its errors for large numbers. */
static int modify_ldt(int func, void *ptr, unsigned long bytes)
{
#ifdef __x86_64__
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(SYS_modify_ldt), "D"(func), "S"(ptr), "d"(bytes)
		     : "rcx", "r11", "memory");
	CHECK_EQ(ret >> 32, 0);
#else
	int ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(SYS_modify_ldt), "b"(func), "c"(ptr), "d"(bytes)
		     : "memory");
#endif
	return ret;
}

static char *low;		/* a page below 4 GiB */

static struct user_desc data(unsigned int n)
{
	return (struct user_desc){ .entry_number = n, .base_addr = (unsigned long)low,
				   .limit = 99, .seg_32bit = 1 };
}

static int put(struct user_desc d)
{
	return modify_ldt(WRITE, &d, sizeof(d));
}

static int load_fs(int selector)
{
	int back;

	asm volatile("movl %%fs, %0" : "=r"(back));
	asm volatile("movl %0, %%fs" : : "r"(selector));
	return back;
}

/* Through fs, which 64-bit libc needs for itself. */
static unsigned char peek_fs(int selector, unsigned long at)
{
	unsigned char c;
#ifdef __x86_64__
	unsigned long base;

	syscall(SYS_arch_prctl, 0x1003, &base);
	asm volatile("movl %3, %%fs\n\tmovb %%fs:(%2), %0\n\tmovl %4, %%eax\n\t"
		     "movl $0x1002, %%edi\n\tsyscall"
		     : "=&r"(c) : "S"(base), "r"(at), "r"(selector), "i"(SYS_arch_prctl)
		     : "rax", "rdi", "rcx", "r11", "memory");
#else
	int back = load_fs(selector);

	asm volatile("movb %%fs:(%1), %0" : "=q"(c) : "r"(at));
	load_fs(back);
#endif
	return c;
}

static unsigned int access_rights(unsigned int selector)
{
	unsigned int rights = 0;

	asm volatile("larl %1, %0\n\tjz 1f\n\txorl %0, %0\n1:"
		     : "+r"(rights) : "r"(selector) : "cc");
	return rights & 0xf0ff00;	/* bits 16 to 19 are anything */
}

static void table(void)
{
	unsigned char buf[8192 * 8], zero[128] = { 0 };
	struct user_desc d = data(0);

	CHECK_EQ(modify_ldt(READ, buf, sizeof(buf)), 0);	/* there is none */
	CHECK_EQ(modify_ldt(READ, NONCANON, sizeof(buf)), 0);
	memset(buf, 1, sizeof(buf));
	CHECK_EQ(modify_ldt(READ_DEFAULT, buf, 5), 5);
	CHECK_EQ(modify_ldt(READ_DEFAULT, buf, sizeof(buf)), 128);
	CHECK(!memcmp(buf, zero, 128) && buf[128] == 1);
	CHECK_EQ(modify_ldt(READ_DEFAULT, KERNEL, 1), -EFAULT);
	CHECK_EQ(modify_ldt(3, buf, sizeof(buf)), -ENOSYS);
	CHECK_EQ(modify_ldt(-1, buf, sizeof(buf)), -ENOSYS);

	CHECK_EQ(modify_ldt(WRITE, &d, sizeof(d) - 1), -EINVAL);
	CHECK_EQ(modify_ldt(WRITE, &d, sizeof(d) + 1), -EINVAL);
	CHECK_EQ(modify_ldt(WRITE, NULL, sizeof(d)), -EFAULT);
	CHECK_EQ(modify_ldt(WRITE, edge(sizeof(d) - 1), sizeof(d)), -EFAULT);
	d.entry_number = 8192;
	CHECK_EQ(put(d), -EINVAL);
	d.entry_number = -1;
	CHECK_EQ(put(d), -EINVAL);
	d = data(0);
	d.contents = 3;			/* conforming code */
	CHECK_EQ(put(d), -EINVAL);
	CHECK_EQ(modify_ldt(READ, buf, sizeof(buf)), 0);
	d.seg_not_present = 1;
	CHECK_EQ(put(d), 0);
	CHECK_EQ(modify_ldt(WRITE_OLD, &d, sizeof(d)), -EINVAL);

	CHECK_EQ(put(data(2)), 0);
	memset(buf, 1, sizeof(buf));
	CHECK_EQ(modify_ldt(READ, buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(*(uint64_t *)(buf + 8), 0);
	CHECK_EQ(*(uint16_t *)(buf + 16), 99);
	CHECK_EQ(buf[16 + 5], 0xf3);	/* present, ring 3, data, writable, accessed */
	CHECK_EQ(buf[16 + 6], 0x40);
	CHECK(!memchr(buf + 24, 1, sizeof(buf) - 24));
	CHECK_EQ(modify_ldt(READ, buf, 10), 10);
	CHECK_EQ(modify_ldt(READ, buf, 65537), 65536);
	CHECK_EQ(modify_ldt(READ, edge(100), 101), -EFAULT);
	CHECK_EQ(modify_ldt(READ, edge(10), 24), -EFAULT);
	CHECK_EQ(modify_ldt(READ, edge(10), 10), 10);
}

/* As lar sees them: P DPL S type in bits 8 to 15, G D L AVL in 20 to 23. */
static void rights(void)
{
	struct user_desc d = data(2);

	CHECK_EQ(access_rights(SELECTOR(2)), 0x40f300);
	d.useable = d.limit_in_pages = d.read_exec_only = 1;
	CHECK_EQ(put(d), 0);
	CHECK_EQ(access_rights(SELECTOR(2)), 0xd0f100);
	CHECK_EQ(modify_ldt(WRITE_OLD, &d, sizeof(d)), 0);	/* no AVL in those days */
	CHECK_EQ(access_rights(SELECTOR(2)), 0xc0f100);
	d.contents = 1;
	CHECK_EQ(put(d), 0);
	CHECK_EQ(access_rights(SELECTOR(2)), 0xd0f500);
	d.contents = 2;
	CHECK_EQ(put(d), 0);
	CHECK_EQ(access_rights(SELECTOR(2)), 0xd0f900);
	d.seg_not_present = 1;
	CHECK_EQ(put(d), 0);
	CHECK_EQ(access_rights(SELECTOR(2)), 0xd07900);
	/* Nothing at all: the empty form, in the old mode also base and limit 0. */
	d = (struct user_desc){ .entry_number = 2, .read_exec_only = 1, .seg_not_present = 1 };
	CHECK_EQ(put(d), 0);
	CHECK_EQ(access_rights(SELECTOR(2)), 0);
	d = (struct user_desc){ .entry_number = 2 };
	CHECK_EQ(put(d), 0);
	CHECK_EQ(access_rights(SELECTOR(2)), 0xf300);
	CHECK_EQ(modify_ldt(WRITE_OLD, &d, sizeof(d)), 0);
	CHECK_EQ(access_rights(SELECTOR(2)), 0);
	CHECK_EQ(access_rights(SELECTOR(8191)), 0);
	CHECK_EQ(put(data(8191)), 0);
	CHECK_EQ(access_rights(SELECTOR(8191)), 0x40f300);
	CHECK_EQ(access_rights(SELECTOR(8190)), 0);
}

static void segments(void)
{
	struct user_desc d = data(1);

	low[0] = 'a';
	low[99] = 'z';
	CHECK_EQ(put(d), 0);
	CHECK_EQ(peek_fs(SELECTOR(1), 0), 'a');
	CHECK_EQ(peek_fs(SELECTOR(1), 99), 'z');
	d.base_addr++;
	low[1] = 'b';
	CHECK_EQ(put(d), 0);
	CHECK_EQ(peek_fs(SELECTOR(1), 0), 'b');
	d.seg_not_present = 1;
	CHECK_EQ(put(d), 0);
	DIES_BY(SIGBUS, load_fs(SELECTOR(1)));		/* #NP */
	DIES_BY(SIGSEGV, load_fs(SELECTOR(3)));		/* #GP: empty */
	DIES_BY(SIGSEGV, load_fs(SELECTOR(8000)));	/* beyond the end, or empty */
	DIES_BY(SIGSEGV, asm volatile("movl %0, %%ss" : : "r"(SELECTOR(3))));
	DIES_BY(SIGBUS, asm volatile("movl %0, %%ss" : : "r"(SELECTOR(1))));	/* #SS */
	/* That limits and read-only segments are obeyed is no matter of the kernel, nor of QEMU. */
}

/* A change is seen by who has the segment loaded: ds here. Its base is 0, as kernels expect. */
static void refresh(void)
{
	struct user_desc d = data(1);
	int ds;

	d.base_addr = 0;
	CHECK_EQ(put(d), 0);
#ifdef __x86_64__
	struct user_desc empty = { .entry_number = 1, .read_exec_only = 1, .seg_not_present = 1 };
	long ret = SYS_modify_ldt;

	asm volatile("movl %5, %%ds\n\tsyscall\n\tmovl %%ds, %1\n\tmovl %6, %%ds"
		     : "+a"(ret), "=&r"(ds)
		     : "D"(WRITE), "S"(&empty), "d"(sizeof(empty)), "r"(SELECTOR(1)), "r"(0)
		     : "rcx", "r11", "memory");
	CHECK_EQ(ret, 0);
	CHECK_EQ(ds, 0);
#else
	asm volatile("movl %0, %%es" : : "r"(SELECTOR(1)));
	asm volatile("movl %%es, %0" : "=r"(ds));
	CHECK_EQ(ds, SELECTOR(1));
	asm volatile("movl %%ds, %0\n\tmovl %0, %%es" : "=&r"(ds));
#endif
}

static void *other_thread(void *arg)
{
	struct user_desc d = data(5);

	CHECK_EQ(access_rights(SELECTOR(4)), 0x40f300);
	CHECK_EQ(put(d), 0);
	return arg;
}

static void sharing(char **argv)
{
	pthread_t thread;
	char buf[8];
	pid_t pid;

	CHECK_EQ(put(data(4)), 0);
	NEED(pthread_create(&thread, NULL, other_thread, NULL));
	pthread_join(thread, NULL);
	CHECK_EQ(access_rights(SELECTOR(5)), 0x40f300);

	/* fork copies; then each has its own */
	IN_CHILD(
		CHECK_EQ(access_rights(SELECTOR(5)), 0x40f300);
		CHECK_EQ(put(data(6)), 0);
		CHECK_EQ(access_rights(SELECTOR(6)), 0x40f300);
	);
	CHECK_EQ(access_rights(SELECTOR(6)), 0);
	IN_CHILD(CHECK_EQ(modify_ldt(READ, buf, sizeof(buf)), sizeof(buf)));

	/* exec does not */
	pid = FORK();
	if (!pid) {
		execl("/proc/self/exe", argv[0], "new program", NULL);
		_exit(99);
	}
	EXPECT_EXIT(pid, 0);
}

int main(int argc, char **argv)
{
	char buf[8];

	if (argc > 1) {
		CHECK_EQ(modify_ldt(READ, buf, sizeof(buf)), 0);
		CHECK_EQ(access_rights(SELECTOR(5)), 0);
		return abi_done();
	}
	if (modify_ldt(READ, buf, sizeof(buf)) == -ENOSYS)
		SKIP("no modify_ldt");
	low = mmap((void *)0x10000000, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(low != MAP_FAILED);
	table();
	rights();
	segments();
	refresh();
	sharing(argv);
	return abi_done();
}
