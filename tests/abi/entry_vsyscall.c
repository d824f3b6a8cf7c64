/* SPDX-License-Identifier: MIT */
/*
 * The vsyscall page, in the mode that vsyscall= on the kernel's command line says: none (Debian's default), xonly or
 * emulate. tests/boot runs this program as /init in the other modes, too.
 */
#include "abi.h"
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/uio.h>
#include <ucontext.h>

#define PAGE_ADDR	0xffffffffff600000UL
#define CALL(n)		(PAGE_ADDR + (n) * 1024UL)

static enum { NONE, XONLY, EMULATE } mode;

typedef long call2(void *a, void *b);

static sigjmp_buf out;
static siginfo_t got;
static unsigned long got_error, got_cr2, got_ip;

static void on_segv(int sig, siginfo_t *info, void *uc)
{
	const greg_t *regs = ((ucontext_t *)uc)->uc_mcontext.gregs;

	got = *info;
	got_error = regs[REG_ERR];
	got_cr2 = regs[REG_CR2];
	got_ip = regs[REG_RIP];
	siglongjmp(out, sig);
}

/* The call's result, or -1 and *sig set. */
static long try_call(unsigned long address, void *a, void *b, int *sig)
{
	*sig = sigsetjmp(out, 1);
	if (*sig)
		return -1;
	return ((call2 *)address)(a, b);
}

static void catch_segv(void)
{
	struct sigaction sa = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

static void read_mode(void)
{
	char line[4096] = "";
	int fd = open("/proc/cmdline", O_RDONLY);
	const char *p;

	NEED(fd);
	read(fd, line, sizeof(line) - 1);
	close(fd);
	p = strstr(line, "vsyscall=");
	if (p)
		mode = !strncmp(p + 9, "emulate", 7) ? EMULATE : !strncmp(p + 9, "xonly", 5) ? XONLY : NONE;
}

static void the_line_of_maps(void)
{
	static const char *const perms[] = { "", "--xp", "r-xp" };
	char line[256], found[8] = "";
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, end;

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[vsyscall]")) {
			CHECK_EQ(sscanf(line, "%lx-%lx %7s 00000000 00:00 0 ", &start, &end, found), 3);
			CHECK_EQ(start, PAGE_ADDR);
			CHECK_EQ(end, PAGE_ADDR + PAGE);
		}
	if (f)
		fclose(f);
	CHECK_STR(found, perms[mode]);
}

static void a_read(void)
{
	static const unsigned char code[] = { 0x48, 0xc7, 0xc0, SYS_gettimeofday, 0, 0, 0, 0x0f, 0x05, 0xc3 };
	int sig = sigsetjmp(out, 1);

	if (sig) {
		CHECK(mode != EMULATE);
		CHECK_EQ(sig, SIGSEGV);
		CHECK_EQ(got.si_code, SEGV_MAPERR);
		CHECK_EQ(got.si_addr, PAGE_ADDR + 0x123);
		CHECK_EQ(got_error, 5);
		return;
	}
	*(volatile char *)(PAGE_ADDR + 0x123);
	CHECK_EQ(mode, EMULATE);
	CHECK(!memcmp((void *)PAGE_ADDR, code, sizeof(code)));
	CHECK_EQ(*(unsigned char *)CALL(3), 0xcc);
	/* Its code is good anywhere. */
	struct timeval tv = { 0 };
	void *copy = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(copy, (void *)PAGE_ADDR, PAGE);
	CHECK_OK(mprotect(copy, PAGE, PROT_READ | PROT_EXEC));
	CHECK_EQ(((call2 *)copy)(&tv, NULL), 0);
	CHECK(tv.tv_sec > 0);
}

static void a_write(void)
{
	int sig = sigsetjmp(out, 1);

	if (!sig) {
		*(volatile char *)PAGE_ADDR = 0;
		FAIL("the page was written");
	}
	CHECK_EQ(sig, SIGSEGV);
	CHECK_EQ(got.si_addr, PAGE_ADDR);
	CHECK_EQ(got_error, 7);
}

/* process_vm_readv() sees what the program could read; ptrace() looks only at its own memory. */
static void from_outside(void)
{
	unsigned char buf[16];
	struct iovec local = { buf, sizeof(buf) }, remote = { (void *)PAGE_ADDR, sizeof(buf) };
	int fd = open("/proc/self/mem", O_RDWR), status;
	pid_t pid;

	if (mode == EMULATE) {
		CHECK_EQ(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), sizeof(buf));
		CHECK_EQ(buf[0], 0x48);
		CHECK_EQ(buf[9], 0xc3);
	} else {
		CHECK_ERR(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), EFAULT);
	}
	CHECK_ERR(process_vm_writev(getpid(), &local, 1, &remote, 1, 0), EFAULT);
	/* No offset that is a loff_t below zero. */
	CHECK_ERR(syscall(SYS_pread64, fd, buf, sizeof(buf), PAGE_ADDR), EINVAL);
	close(fd);

	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	NEED(waitpid(pid, &status, 0));
	CHECK_ERR(ptrace(PTRACE_PEEKDATA, pid, PAGE_ADDR, 0), EIO);
	CHECK_ERR(ptrace(PTRACE_POKEDATA, pid, PAGE_ADDR, 0), EIO);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void the_calls(void)
{
	struct timeval tv = { 0 }, before;
	struct timezone tz = { 77, 77 };
	unsigned int cpu = 77, node = 77;
	long t = 0, ret;
	int sig;

	gettimeofday(&before, NULL);
	ret = try_call(CALL(0), &tv, &tz, &sig);
	if (mode == NONE) {
		CHECK_EQ(sig, SIGSEGV);
		CHECK_EQ(got.si_code, SEGV_MAPERR);
		CHECK_EQ(got.si_addr, CALL(0));
		CHECK_EQ(got_ip, CALL(0));
		CHECK_EQ(got_error, 0x15);
		return;
	}
	CHECK_EQ(ret, 0);
	CHECK(tv.tv_sec >= before.tv_sec && tv.tv_sec < before.tv_sec + 1000);
	CHECK_EQ(tz.tz_minuteswest, 0);
	ret = try_call(CALL(1), &t, NULL, &sig);
	CHECK_EQ(sig, 0);
	CHECK(ret == t && t >= tv.tv_sec);
	CHECK(try_call(CALL(1), NULL, NULL, &sig) >= t);
	ret = try_call(CALL(2), &cpu, &node, &sig);
	CHECK_EQ(ret, 0);
	CHECK(cpu < 64 && node == 0);
}

static void expect_segv(unsigned long address, void *a, void *b, unsigned long ip, void *where, int code)
{
	int sig;

	try_call(address, a, b, &sig);
	CHECK_EQ(sig, SIGSEGV);
	CHECK_EQ(got_ip, ip);
	CHECK_EQ(got.si_code, code);
	CHECK_EQ(got.si_addr, where);
}

static void bad_calls(void)
{
	void *unmapped = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mode == NONE)
		return;
	/* No call lies there. */
	expect_segv(CALL(3), NULL, NULL, CALL(3), NULL, SI_KERNEL);
	expect_segv(CALL(0) + 9, NULL, NULL, CALL(0) + 9, NULL, SI_KERNEL);
	/* Bad pointers: one outside of user memory has its address told, one that the call cannot use has not. */
	expect_segv(CALL(0), (void *)0x5000000000000000, NULL, CALL(0), (void *)0x5000000000000000, SEGV_MAPERR);
	CHECK_EQ(got_error, 6);
	CHECK_EQ(got_cr2, 0x5000000000000000);
	expect_segv(CALL(1), unmapped, NULL, CALL(1), NULL, SI_KERNEL);
	expect_segv(CALL(2), NULL, UNMAPPED, CALL(2), NULL, SI_KERNEL);
}

/* With TF set, no step ends inside: the call is one of them. */
static volatile int steps_inside;

static void on_trap(int sig, siginfo_t *info, void *uc)
{
	const greg_t *regs = ((ucontext_t *)uc)->uc_mcontext.gregs;

	steps_inside += (regs[REG_RIP] & ~0xfffL) == (long)PAGE_ADDR;
}

static void stepping(void)
{
	struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	long ret;

	if (mode == NONE)
		return;
	sigaction(SIGTRAP, &sa, NULL);
	asm volatile("subq $128, %%rsp; pushfq; orl $0x100, (%%rsp); popfq; call *%1;"
		     "pushfq; andl $~0x100, (%%rsp); popfq; addq $128, %%rsp"
		     : "=a"(ret) : "r"(CALL(1)), "D"(0L) : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
	CHECK(ret > 0);
	CHECK_EQ(steps_inside, 1);		/* the step of `call` itself ends on the page */
}

int main(void)
{
	bool boot = getpid() == 1;

	if (boot) {
		mkdir("/proc", 0755);
		mount("proc", "/proc", "proc", 0, NULL);
	}
	read_mode();
	catch_segv();
	the_line_of_maps();
	a_read();
	a_write();
	from_outside();
	the_calls();
	bad_calls();
	stepping();
	if (boot) {
		dprintf(1, "VSYSCALL %s\n", abi_failed ? "wrong" : "right");
		reboot(RB_POWER_OFF);
	}
	return abi_done();
}
